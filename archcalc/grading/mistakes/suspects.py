"""A wrong figure, the mistakes that lead to it, and how plain they are."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.grading.ledger import Figure

__all__ = ["Suspect", "both", "plainest", "whole_number"]


class Suspect(NamedTuple):
    """A figure that mistakes lead to."""

    ids: tuple[str, ...]
    said: str  #: as a sentence
    value: Figure
    rank: int = 3  #: the lowest is the plainest


def both(first: Suspect, second: str, said: str, value: Figure, rank: int) -> Suspect:
    """Add a second mistake to a first."""
    return Suspect((*first.ids, second), f"{first.said}; and {said}" if first.said else said, value, first.rank + rank)


def plainest(found: Iterable[Suspect]) -> list[Suspect]:
    """Put the plainest first, and say of each mistake the plainest way to make it."""
    ordered = sorted(found, key=lambda one: (len(one.ids), one.rank))
    return list({(one.ids, one.said * (one.ids == ("variant",))): one for one in reversed(ordered)}.values())[::-1]


def whole_number(value: int | Fraction, *, up: bool = False) -> int | None:
    """Give a count as a whole number, if it is one; bytes are rounded up.

    >>> whole_number(Fraction(5, 2)), whole_number(Fraction(5, 2), up=True)
    (None, 3)
    """
    exact = Fraction(value)
    if exact < 0:
        return None
    return -(-exact.numerator // exact.denominator) if up or exact.denominator == 1 else None
