"""The wrong receptive fields, strides and paddings of a line."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from archcalc.grading.mistakes.fields import FIELDS, fields
from archcalc.grading.mistakes.graph import before
from archcalc.grading.mistakes.suspects import Suspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.grading.ledger import Asked, Figure, Ledger, Part
    from archcalc.grading.mistakes.fields import FieldRule

__all__ = ["pairs", "singles"]


def singles(quantity: str, asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Make one mistake in every window."""
    if not asked.parts:
        return
    out = asked.parts[-1].step.out
    for rule in FIELDS:
        found = _found(graph, (rule,), out, quantity)
        if found is not None:
            yield Suspect((rule.id,), rule.said, found, rule.rank)
    yield from _near(quantity, asked, graph)


def pairs(quantity: str, asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Make two mistakes in every window."""
    if not asked.parts:
        return
    out = asked.parts[-1].step.out
    for one, two in combinations(FIELDS, 2):
        found = _found(graph, (one, two), out, quantity) if one.id != two.id else None
        if found is not None:
            yield Suspect((one.id, two.id), f"{one.said}; and {two.said}", found, one.rank + two.rank)


def _found(graph: Ledger, rules: tuple[FieldRule, ...], out: int, quantity: str) -> Figure:
    known = graph.fields.get(rules)
    if known is None:
        known = graph.fields[rules] = fields(graph, rules)
    found = known.get(out, {}).get(quantity)
    return found if isinstance(found, tuple) else None


def _near(quantity: str, asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Give the figures of what is read, of the window alone, and what is seen at least."""
    figure = asked.figures.get(quantity)
    if not isinstance(figure, tuple):
        return
    part = next((p for p in asked.parts if any(w is not None and w.made for w in p.step.op.windows.values())), asked.parts[0])
    read = before(graph, part, over=False)
    if read is not None:
        yield Suspect(("layer_before",), "that is the figure of the layer before", getattr(read.row, quantity), 3)
    alone = _alone(quantity, part)
    if alone:
        yield Suspect(("own_window",), "that is the layer's own, as if nothing stood before it", alone, 2)
    yield from _seen(quantity, asked, figure)


def _seen(quantity: str, asked: Asked, figure: tuple[object, ...]) -> Iterator[Suspect]:
    least = asked.figures.get("receptive_field_min")
    if quantity != "receptive_field":
        return
    if isinstance(least, tuple):
        yield Suspect(("least_for_most",), "that is what some positions see; the largest counts", least, 1)
    if asked.view and len(asked.view) == len(figure):
        cut = tuple(min(n, seen) if isinstance(seen, int) else n for n, seen in zip(asked.view, figure, strict=True))
        yield Suspect(("clipped",), "it is cut at the input's border, but the field reaches over it into the padding", cut, 2)
        full = tuple(None if isinstance(seen, int) and seen >= n else seen for n, seen in zip(asked.view, figure, strict=True))
        yield Suspect(("clipped",), "it covers the input, but only an operation over the whole axis sees all of it", full, 2)


def _alone(quantity: str, part: Part) -> tuple[int, ...]:
    made = [window.made for window in part.step.op.windows.values() if window is not None and window.made is not None]
    which = {"receptive_field": lambda it: it.dilation * (it.kernel - 1) + 1, "effective_stride": lambda it: it.stride}
    which["effective_padding"] = lambda it: it.before
    return tuple(which[quantity](it) for it in made) if quantity in which else ()
