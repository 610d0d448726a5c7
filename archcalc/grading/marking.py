"""Comparing an answer with the figure: right, right at its precision, wrong, open, or not to be known."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.calculators.precision import size_in_bytes
from archcalc.grading.amounts import Amount
from archcalc.grading.quantities import Answer, Kind, Nothing, Quantity
from archcalc.grading.sizes import Extents, Shape, Shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.grading.ledger import Asked, Figure
    from archcalc.grading.sizes import Extent

__all__ = ["Verdict", "in_unit", "mark", "same_extents"]


class Verdict(Enum):
    """What becomes of an answer."""

    RIGHT = "right"
    ROUNDED = "rounded"  #: right at its precision
    WRONG = "wrong"
    OPEN = "open"  #: not answered
    UNKNOWN = "unknown"  #: the figure itself is not known


def mark(quantity: Quantity, answer: Answer, asked: Asked, *, batch: int, precision: str) -> Verdict:
    """Compare an answer with the figure; `precision` is that of activations, for those that are given in bytes."""
    figure = asked.figures.get(quantity.name)
    if answer is Nothing.OPEN:
        return Verdict.OPEN
    if quantity.name in asked.unknown or quantity.name not in asked.figures:
        return Verdict.RIGHT if answer is Nothing.NONE else Verdict.UNKNOWN
    if isinstance(answer, Nothing):
        return Verdict.RIGHT if _nothing(quantity, figure, asked) else Verdict.WRONG
    if isinstance(answer, Amount):
        return _amount(answer, in_unit(quantity, figure, answer, precision))
    if isinstance(answer, Shape):
        right = isinstance(figure, tuple) and answer.is_(_sizes(figure), channels_first=asked.channels_first, batch=batch)
        return Verdict.RIGHT if right else Verdict.WRONG
    if isinstance(answer, Shapes):
        return Verdict.RIGHT if _shapes(answer, figure, batch) else Verdict.WRONG
    least = asked.figures.get("receptive_field_min") if quantity.name == "receptive_field" else None
    return Verdict.RIGHT if same_extents(answer, figure, least, asked.view) else Verdict.WRONG


def in_unit(quantity: Quantity, figure: Figure, answer: Answer, precision: str) -> Figure:
    """Give a figure as it is answered: elements in bytes, if the answer is."""
    if quantity.kind is Kind.ELEMENTS and isinstance(answer, Amount) and answer.bytes and isinstance(figure, int):
        return size_in_bytes(figure, precision)
    return figure


def _amount(answer: Amount, figure: Figure) -> Verdict:
    if not isinstance(figure, int | Fraction):
        return Verdict.WRONG
    if answer.value == figure:
        return Verdict.RIGHT
    return Verdict.ROUNDED if answer.rounds(figure) else Verdict.WRONG


def _sizes(figure: tuple[object, ...]) -> tuple[int, ...]:
    return tuple(n for n in figure if isinstance(n, int))


def _shapes(answer: Shapes, figure: Figure, batch: int) -> bool:
    """Compare the shapes of all that is read."""
    wanted = [_sizes(one) for one in figure if isinstance(one, tuple)] if isinstance(figure, tuple) else []
    return len(wanted) == len(answer.each) and all(one.is_(sizes, batch=batch) for one, sizes in zip(answer.each, wanted, strict=True))


def _nothing(quantity: Quantity, figure: Figure, asked: Asked) -> bool:
    """Tell whether there is nothing to answer: no count, no window before an input, no stride where all of every axis is seen."""
    whole = isinstance(figure, tuple) and set(figure) == {None} and quantity.name != "receptive_field"
    return not figure or figure == ((),) or (quantity.kind is Kind.EXTENTS and (whole or not asked.parts))


def same_extents(answer: Extents, figure: Figure, least: Figure = None, view: Sequence[int] = ()) -> bool:
    """Compare extents per axis; where positions differ, the largest alone is right too, and all of an axis is its size."""
    if not isinstance(figure, tuple):
        return False
    lows: Sequence[object] = least if isinstance(least, tuple) else figure
    given = answer.along(len(figure))
    sizes: Sequence[object] = view if len(view) == len(figure) else figure
    return len(given) == len(figure) and all(map(_same_extent, given, figure, lows, sizes))


def _same_extent(given: Extent, most: object, least: object, size: object) -> bool:
    return given in {(most, most), (least, most)} or (most is None and given == (size, size))
