"""Sums over rows, short enough to be read: rows of one stage together, and copies that come to the same as a multiple."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archcalc.formulas.expr import Expr, Named, Number, Product, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from fractions import Fraction

__all__ = ["MOST", "grouped"]

#: Terms that a sum is read with, if the paths can be folded to so few.
MOST = 12
COPY = re.compile(r"(?P<name>.*)\[(?P<index>\d+)\]")


class _Term(NamedTuple):
    """Rows that follow each other under one beginning of their paths."""

    place: str
    path: str  #: the same, or of a single row the whole path
    n: int | Fraction


def grouped(terms: Sequence[tuple[str, int | Fraction]], most: int = MOST) -> Expr:
    """Add up what belongs to paths, as deep as makes up to `most` terms.

    >>> from archcalc.formulas.expr import TEXT
    >>> sum_ = grouped([("stem", 7), *((f"stage[{i}].{name}", 3) for i in range(4) for name in "abcd")])
    >>> sum_.write(TEXT), sum_.write(TEXT.numbers)
    ('stem + 4 · stage[0..3]', '7 + 4 · 12')
    """
    deepest = max((path.count(".") + 1 for path, _ in terms), default=1)
    for depth in range(deepest, 0, -1):
        found = list(_multiples(_folded(terms, depth)))
        if len(found) <= most:
            break
    return total(*found)


def _folded(terms: Iterable[tuple[str, int | Fraction]], depth: int) -> Iterator[_Term]:
    for place, members in groupby(terms, key=lambda term: ".".join(term[0].split(".", depth)[:depth])):
        inside = list(members)
        yield _Term(place, inside[0][0] if len(inside) == 1 else place, sum(n for _, n in inside))


def _multiples(terms: Iterable[_Term]) -> Iterator[Expr]:
    """Write copies that follow each other and come to the same as a product."""
    run: list[_Term] = []
    for term in terms:
        if run and not _copies(run[-1], term):
            yield _multiple(run)
            run = []
        run.append(term)
    if run:
        yield _multiple(run)


def _copies(one: _Term, other: _Term) -> bool:
    """Tell whether one is the copy before the other, with as much in it."""
    a, b = COPY.fullmatch(one.place), COPY.fullmatch(other.place)
    return a is not None and b is not None and one.n == other.n and a["name"] == b["name"] and int(a["index"]) + 1 == int(b["index"])


def _multiple(run: Sequence[_Term]) -> Expr:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return Named(first.path, first.n)
    return Product((Number(len(run)), Named(f"{first.place[:-1]}..{last.place.rpartition('[')[2]}", first.n)))
