"""Figures that follow from other answers of the same sheet: sums of a column, and what is made of an answered shape."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading.amounts import Amount
from archcalc.grading.mistakes.sketch import COUNTED, sketch
from archcalc.grading.mistakes.suspects import Suspect, whole_number
from archcalc.grading.mistakes.worlds import world
from archcalc.grading.quantities import Nothing
from archcalc.grading.sizes import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.grading.ledger import Asked, Ledger
    from archcalc.grading.mistakes.worlds import World
    from archcalc.grading.quantities import Answer, Quantity

__all__ = ["answered_world", "carried", "summed"]


def summed(quantity: Quantity, asked: Asked, answers: Mapping[str, Mapping[str, Answer]], lines: Sequence[Asked]) -> Iterator[Suspect]:
    """Add up what is answered in the other lines, or put it in the place of what is right in the sum."""
    whole = asked.figures.get(quantity.name)
    if not asked.total or not isinstance(whole, int) or quantity.name in {"live", "in_out"}:
        return
    above = [(line, answers.get(line.name, {}).get(quantity.name)) for line in lines if not line.total]
    given = [(line, answer) for line, answer in above if isinstance(answer, Amount)]
    off = sum((answer.value - figure for line, answer in given if not answer.rounds(figure := _count(line, quantity))), Fraction())
    yield Suspect(("carried",), "that follows from the answers above", whole + off, 0)
    if len(given) < 2 or any(answer is Nothing.OPEN for _, answer in above):
        return
    said = "that is the sum of the answers above"
    yield Suspect(("carried",), said, sum((answer.value for _, answer in given), Fraction()), 1)
    maps = [answer.value for line, answer in given if line.parts]
    if len(maps) < len(given):
        yield Suspect(("carried", "total_without_input"), f"{said} without the input", sum(maps, Fraction()), 1)


def _count(line: Asked, quantity: Quantity) -> int:
    figure = line.figures.get(quantity.name)
    return figure if isinstance(figure, int) else 0


def answered_world(graph: Ledger, lines: Sequence[Asked], answers: Mapping[str, Mapping[str, Answer]], but: str = "") -> World | None:
    """Put the answered shapes, but that of one line, in the place of the right ones; nothing where all of them are right."""
    shapes: dict[int, tuple[int, ...]] = {}
    for asked in lines:
        answer, right = answers.get(asked.name, {}).get("output"), asked.figures.get("output")
        if not isinstance(answer, Shape) or not isinstance(right, tuple) or asked.total or asked.name == but:
            continue
        shape = _ordered(answer, right)
        if shape is None or shape == right:
            continue
        for part in reversed(asked.parts):
            if part.step.op.shape != right:
                break
            shapes[part.step.out] = shape
    return world(graph, None, shapes) if shapes else None


def _ordered(answer: Shape, right: tuple[object, ...]) -> tuple[int, ...] | None:
    """Read an answered shape in the order of the right one."""
    readings = [shape for one in answer.readings if len(one) == len(right) for shape in (one, (*one[-1:], *one[:-1]))]
    return max(readings, key=lambda shape: sum(a == b for a, b in zip(shape, right, strict=True)), default=None)


def carried(quantity: str, asked: Asked, graph: Ledger, following: World | None) -> Iterator[Suspect]:
    """Work a figure out from the answered shapes."""
    said = "that follows from the shapes that are answered"
    known = [(part, following.of(part.step.out)) for part in asked.parts] if following else []
    if not following or not known or asked.total or any(sizes is None for _, sizes in known):
        return
    if quantity == "output":
        part, sizes = known[-1]
        yield Suspect(("carried",), said, sketch("output", part, graph, sizes).shape, 0)
    elif quantity in COUNTED:
        value = sum((sketch(quantity, part, graph, following.with_own(part.step.out)).value for part in asked.parts), Fraction())
        yield Suspect(("carried",), said, whole_number(value, up=quantity.endswith("_bytes")), 0)
