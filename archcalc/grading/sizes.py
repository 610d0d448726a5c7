"""Shapes and extents as people write them: `6@28x28`, `28×28×6`, `[6, 28, 28]`, `27^2 x 96`, `all`, `1x7`, `188–204`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading.amounts import SPACES, Unreadable
from archcalc.record import Record
from archcalc.spec.scalars import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ALL", "Extent", "Extents", "Shape", "Shapes", "extents", "shape", "shapes"]

ALL = "all"
#: What stands for a batch that is not said.
BATCH = frozenset({"none", "?", "n", "b", "-1", "batch"})
MOST = 12  #: axes
LARGEST = 10**18
_CROSS = re.compile(r"\s*[x×*,;]\s*|(?<=[0-9²])\s+(?=[0-9])")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:([, ])[0-9]{3})(?:\1[0-9]{3})*")
_FORMS = "write `6x28x28`, `6@28x28`, `28x28x6` or `[6, 28, 28]`"
_SQUARE = re.compile(r"([0-9]+)\s*(?:\^\s*|\*\*\s*)([2-4])|([0-9]+)([²³])")

Sizes = tuple[int, ...]
Extent = tuple["Fraction | None", "Fraction | None"]  #: the least and the most; `None` is all of an axis


class Shape(Record):
    """Sizes of axes, in the order written."""

    readings: tuple[Sizes, ...]  #: `9,216` may be one size or two
    maps: bool = False  #: whether `@` says that channels come first

    def is_(self, sizes: Sequence[int], *, channels_first: bool = True, batch: int = 1) -> bool:
        """Compare with a shape: channels first or last, axes of size 1 and the batch said or not.

        >>> shape("28x28x6").is_((6, 28, 28)), shape("120@1").is_((120, 1, 1)), shape("28x6x28").is_((6, 28, 28))
        (True, True, False)
        """
        wanted = [_bare(one) for one in orders(sizes, channels_first=channels_first and not self.maps)]
        if self.maps and len(sizes) > 2 and not channels_first:
            wanted.append(_bare((sizes[-1], *sizes[:-1])))
        return any(_bare(one) in wanted for reading in self.readings for one in self._spread(reading, len(sizes), batch))

    def _spread(self, reading: Sizes, axes: int, batch: int) -> Iterable[Sizes]:
        yield reading
        if self.maps and len(reading) == 2:
            yield reading[:1] + reading[1:] * (axes - 1)
        if batch > 1 and reading[:1] == (batch,):
            yield reading[1:]


class Shapes(Record):
    """The shapes of several tensors."""

    each: tuple[Shape, ...]


class Extents(Record):
    """Extents along axes; a single one speaks of every axis."""

    each: tuple[Extent, ...]

    def along(self, axes: int) -> tuple[Extent, ...]:
        """Give one for each axis."""
        return self.each * axes if len(self.each) == 1 else self.each


def orders(sizes: Sequence[int], *, channels_first: bool) -> list[Sizes]:
    """Give the orders that a shape is right in: with channels in front also with channels last."""
    return [tuple(sizes), (*sizes[1:], *sizes[:1])] if channels_first and len(sizes) > 1 else [tuple(sizes)]


def _bare(sizes: Sequence[int]) -> Sizes:
    return tuple(n for n in sizes if n != 1)


def shape(text: str) -> Shape:
    """Read a shape. Raises `Unreadable`.

    >>> shape("6@28x28").readings, shape("(None, 27^2, 96)").readings, shape("9,216").readings
    (((6, 28, 28),), ((27, 27, 96),), ((9216,), (9, 216)))
    """
    plain = _plain(text)
    maps, at, rest = plain.partition("@")
    if at and "@" in rest:
        raise Unreadable(f"`{short(text)}` is no shape", _FORMS)
    pieces = [*_CROSS.split(maps.strip()), *_CROSS.split(rest.strip())] if at else _CROSS.split(plain)
    if pieces[0].lower() in BATCH and len(pieces) > 1:
        pieces = pieces[1:]
    if not at and _THOUSANDS.fullmatch(plain):
        whole = (int(re.sub("[, ]", "", plain)),)
        return Shape((whole,) if any(len(p) > 1 and p[0] == "0" for p in pieces) else (whole, _sizes(text, pieces)))
    return Shape((_sizes(text, pieces),), maps=bool(at))


def shapes(text: str) -> Shapes:
    """Read the shapes of several tensors, with `;`, or with a comma and a space between them."""
    plain = _plain(text)
    parts = plain.split(";") if ";" in plain else re.split(r"\)\s*,\s*\(|\]\s*,\s*\[|(?<=[0-9]),\s+(?=[0-9]+\s*[x×])", plain)
    return Shapes(tuple(shape(part) for part in parts))


def _plain(text: str) -> str:
    plain = text.translate(dict.fromkeys(map(ord, SPACES), " ")).strip()
    for left, right in ("[]", "()", "{}"):
        if plain[:1] == left and plain[-1:] == right:
            plain = plain[1:-1].strip()
    squares = {"²": 2, "³": 3}
    plain = _SQUARE.sub(lambda m: "x".join([m[1] or m[3]] * (int(m[2]) if m[2] else squares[m[4]])), plain[:200])
    return plain.rstrip(", ")


def _sizes(text: str, pieces: Sequence[str]) -> Sizes:
    if not all(p.isascii() and p.isdigit() and len(p) <= 18 for p in pieces) or len(pieces) > MOST or len(text) > 200:
        raise Unreadable(f"`{short(text)}` is no shape", _FORMS)
    return tuple(map(int, pieces))


_EXTENT = re.compile(r"(-?[0-9]{1,18}(?:/[1-9][0-9]{0,8}|\.[0-9]{1,9})?)(?:\s*(?:–|—|\.\.|to|-)\s*([0-9]{1,18}))?")


def extents(text: str) -> Extents:
    """Read extents along axes. Raises `Unreadable`.

    >>> extents("188–204").each[0][1], extents("all x 7").each[0], extents("1/2").along(2)[1][0]
    (Fraction(204, 1), (None, None), Fraction(1, 2))
    """
    plain = _plain(text).removesuffix("~").strip().lower()
    pieces = re.split(r"\s*[x×*,;]\s*", plain)
    if len(pieces) > MOST or len(text) > 200:
        raise Unreadable(f"`{short(text)}` is no extent", "write `11`, `1x7` or `all`")
    return Extents(tuple(_extent(text, piece) for piece in pieces))


def _extent(text: str, piece: str) -> Extent:
    if piece in {ALL, "full", "∞", "inf", "tout"}:
        return None, None
    match = _EXTENT.fullmatch(piece)
    if match is None:
        raise Unreadable(f"`{short(text)}` is no extent", "write `11`, `1x7` or `all`")
    least, most = match.groups()
    return Fraction(least), Fraction(most or least)
