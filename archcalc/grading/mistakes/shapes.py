"""The wrong shapes of a line: sizes, channels, axes in another order, maps that are not flattened or not put together."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcalc.grading.mistakes.sizes import SIZES, channels_kept, here
from archcalc.grading.mistakes.sketch import sketch
from archcalc.grading.mistakes.suspects import Suspect
from archcalc.grading.mistakes.worlds import everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.algebra import Op
    from archcalc.grading.ledger import Asked, Ledger, Part

__all__ = ["pairs", "singles"]

Shape = tuple[int, ...]


def telling(asked: Asked) -> Part | None:
    """Find the operation that gives a line its shape: the last one that changes it."""
    changing = [part for part in asked.parts if part.step.op.reads and part.step.op.shape != part.step.op.reads[0].shape]
    weighted = [part for part in asked.parts if part.step.op.loops]
    chosen = (changing or weighted or list(asked.parts))[-1:]
    return chosen[0] if chosen and chosen[0].step.op.shape == asked.parts[-1].step.op.shape else None


def singles(asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Make one mistake."""
    part = telling(asked)
    if part is None:
        return
    op = part.step.op
    for rule in SIZES:
        sizes = here(op, rule)
        if sizes:
            yield Suspect((rule.id,), rule.said, sketch("output", part, graph, sizes).shape, rule.rank)
    for id_, said, shape, rank in _others(op):
        yield Suspect((id_,), said, shape, rank)
    for rule in SIZES:
        known = everywhere(graph, rule).of(part.step.out)
        if known is not None:
            yield Suspect((rule.id,), f"{rule.said}, in every layer up to here", sketch("output", part, graph, known).shape, rule.rank + 1)


def pairs(asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Mistake the size and the channels."""
    part = telling(asked)
    if part is None:
        return
    op = part.step.op
    for rule in SIZES:
        sizes = here(op, rule)
        shape = sketch("output", part, graph, sizes).shape if sizes else None
        kept = channels_kept(op, shape) if shape else None
        if kept:
            yield Suspect((rule.id, "channels_kept"), f"{rule.said}; and {_KEPT}", kept, rule.rank + 2)


_KEPT = "the channels are those that are read, not those that are made"


def _others(op: Op) -> Iterator[tuple[str, str, Shape, int]]:
    """Give what is wrong without a size of a window being wrong."""
    kept = channels_kept(op, op.shape)
    if kept:
        yield "channels_kept", _KEPT, kept, 1
    if len(op.shape) == 1 and op.reads and len(op.reads[0].shape) > 1:
        yield from _flat(op.reads[0].shape, op)
    if len(op.reads) > 1:
        yield from _joined(op)
    if len(op.shape) > 1:
        *rest, before, last = op.shape
        yield "axes_swapped", "the last two axes stand in each other's place", (*rest, last, before), 3
    if op.reads:
        yield "input_shape", "that is the shape of what is read", op.reads[0].shape, 3


def _flat(read: Shape, op: Op) -> Iterator[tuple[str, str, Shape, int]]:
    yield "flatten_forgotten", "only the channels are counted, not every position of them", read[:1], 1
    yield "flatten_forgotten", "only the positions are counted, not every channel of them", (prod(read[1:]),), 2
    if op.size != prod(read):
        yield "pooling_forgotten", "every position is kept, but they are pooled to one", (prod(read),), 2


def _joined(op: Op) -> Iterator[tuple[str, str, Shape, int]]:
    """Take adding for putting end to end, or the other way round."""
    first, *others = (x.shape for x in op.reads)
    for axis, n in enumerate(op.shape):
        sizes = [shape[axis] for shape in (first, *others) if len(shape) == len(op.shape)]
        if len(sizes) != len(op.reads):
            return
        for other in dict.fromkeys((*sizes, sum(sizes))):
            if other != n and (axis == 0 or sum(sizes) == n):
                said = "the branches are put end to end, but they are added" if other == sum(sizes) else "the channels of one branch alone"
                yield "branches_mistaken", said, (*op.shape[:axis], other, *op.shape[axis + 1 :]), 2
