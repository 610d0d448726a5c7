"""Mistakes in receptive fields: the recurrence with another radius, another stride, without poolings, with padding added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide, Window
from archcalc.calculators.receptive_field import ReceptiveField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcalc.algebra import Op
    from archcalc.grading.ledger import Ledger

__all__ = ["FIELDS", "FieldRule", "fields"]

MOST = 3000  #: operations that are followed anew for each mistake
BRIEF = 150  #: … and for each pair of mistakes

Seen = Window | None


class FieldRule(NamedTuple):
    """A mistake in what a window sees."""

    id: str
    said: str
    change: Callable[[Window, Slide, Op], Window]
    rank: int = 2


def _grown(window: Window, by: int) -> Window:
    return window._replace(hi=tuple(h + by for h in window.hi))


def _radius(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, it.dilation)


def _own_stride(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, it.dilation * (it.kernel - 1) * (it.stride - 1))


def _pools_skipped(window: Window, _: Slide, op: Op) -> Window:
    return Window(window.out) if op.family == "pool" else window


def _pools_unseen(window: Window, it: Slide, op: Op) -> Window:
    return _grown(window, -it.dilation * (it.kernel - 1)) if op.family == "pool" else window


def _pools_unstrided(window: Window, _: Slide, op: Op) -> Window:
    return window._replace(step=1) if op.family == "pool" else window


def _padded(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, it.before + it.after)


def _padded_once(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, it.before)


def _no_stride(window: Window, _: Slide, __: Op) -> Window:
    return window._replace(step=1)


def _no_dilation(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, -(it.dilation - 1) * (it.kernel - 1))


def _dilated_kernel(window: Window, it: Slide, _: Op) -> Window:
    return _grown(window, it.dilation * it.kernel - it.dilation * (it.kernel - 1) - 1)


FIELDS = (
    FieldRule("kernel_radius_rf", "each layer adds k times the stride so far, not k - 1 times", _radius, 1),
    FieldRule("stride_ignored", "the strides before a layer are not multiplied in", _no_stride, 0),
    FieldRule("own_stride_rf", "a layer's own stride is multiplied in, which only those after it feel", _own_stride, 1),
    FieldRule("pools_skipped_rf", "the poolings are left out", _pools_skipped, 1),
    FieldRule("pools_skipped_rf", "the poolings' strides count, but not their kernels", _pools_unseen, 2),
    FieldRule("pools_skipped_rf", "the poolings' kernels count, but not their strides", _pools_unstrided, 2),
    FieldRule("padding_added_rf", "the padding is added, which does not change the field", _padded, 2),
    FieldRule("padding_added_rf", "the padding of one side is added, which does not change the field", _padded_once, 3),
    FieldRule("dilation_ignored", "the dilation is ignored", _no_dilation, 1),
    FieldRule("dilation_radius_rf", "a dilated kernel is taken for k·D wide, not D(k - 1) + 1", _dilated_kernel, 2),
)


def fields(graph: Ledger, rules: Iterable[FieldRule]) -> Mapping[int, Mapping[str, object]]:
    """Follow the fields through the network with mistakes in every window; gives the figures of each tensor."""
    chosen = tuple(rules)
    if len(graph.parts) > (MOST if len(chosen) < 2 else BRIEF):
        return {}
    follower = ReceptiveField(graph.run.network, graph.run.lasts, graph.run.settings)
    changed: dict[int, Op] = {}
    found: dict[int, Mapping[str, object]] = {}
    for part in graph.parts:
        op = changed.get(id(part.step.op))
        if op is None:
            op = changed[id(part.step.op)] = _changed(part.step.op, chosen)
        found[part.step.out] = follower.follow(part.step._replace(op=op))
    return found


def _changed(op: Op, rules: Iterable[FieldRule]) -> Op:
    windows: dict[str, Seen] = dict(op.windows)
    for route, window in op.windows.items():
        made = window.made if window is not None else None
        if window is None or not isinstance(made, Slide) or not window.tracked or (made.kernel == 1 and made.stride == 1 and not _conv(op)):
            continue
        for rule in rules:
            window = rule.change(window, made, op)  # noqa: PLW2901 - one mistake after another
        windows[route] = window
    return replace(op, windows=windows) if windows != op.windows else op


def _conv(op: Op) -> bool:
    return op.family in {"conv", "pool"}
