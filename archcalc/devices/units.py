"""Figures with their units, read exactly."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.record import Record
from archcalc.spec.scalars import MOST_DIGITS, short

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["POWER", "RATE", "SIZE", "SPEED", "TIME", "Kind", "Unreadable"]

#: No device has so much of anything, in operations, bytes, watts or seconds.
MOST = 10**24

_FIGURE = re.compile(r"([-+]?)([0-9]+)(?:\.([0-9]+))?\s*([^0-9\s.].*)?")
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_PARTS = {"": Fraction(1), "m": Fraction(1, 10**3), "µ": Fraction(1, 10**6), "u": Fraction(1, 10**6), "n": Fraction(1, 10**9)}


class Unreadable(ValueError):
    """A figure that is none of its kind: why, and what to write."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.message, self.advice = message, advice


class Kind(Record):
    """A kind of figure: its units, each as a factor of the one that results are in."""

    what: str
    units: Mapping[str, Fraction]
    example: str
    least: int = 1  #: 0 where a figure may be nothing

    def __call__(self, text: str) -> Fraction:
        """Read a figure. Raises `Unreadable`.

        >>> RATE("19.5 TFLOP/s"), SPEED("1.5 KiB/s"), TIME("5 us")
        (Fraction(19500000000000, 1), Fraction(1536, 1), Fraction(1, 200000))
        """
        match = _FIGURE.fullmatch(text.strip())
        advice = f"write a number and a unit: `{self.example}`"
        if match is None:
            raise Unreadable(f"`{short(text)}` is not a number of {self.what}", advice)
        sign, whole, part, unit = match[1], match[2], match[3] or "", match[4]
        if unit is None:
            raise Unreadable(f"`{short(text)}` has no unit", advice)
        if unit not in self.units:
            raise Unreadable(f"`{short(unit)}` is no unit of {self.what}", self._advice(unit))
        if len(whole) + len(part) > MOST_DIGITS:
            raise Unreadable(f"`{short(text)}` has too many digits", f"numbers have up to {MOST_DIGITS} digits")
        value = Fraction(int(f"{sign}{whole}{part}"), 10 ** len(part)) * self.units[unit]
        if value < 0 or value == 0 < self.least:
            raise Unreadable(f"`{short(text)}` is not more than nothing", "leave out what is not known")
        if value > MOST:
            raise Unreadable(f"`{short(text)}` is more than any device has", advice)
        return value

    def _advice(self, unit: str) -> str:
        from archcalc.layers import meant

        return meant(unit, self.units) or f"there are {', '.join(self.units)}"


def _sized(end: str) -> dict[str, Fraction]:
    return {f"{prefix}{end}": Fraction(factor) for prefix, factor in {**_DECIMAL, **_BINARY}.items() if prefix != "P"}


RATE = Kind(
    "operations a second",
    {f"{prefix}{unit}/s": Fraction(factor) for unit in ("FLOP", "OP") for prefix, factor in _DECIMAL.items()},
    "19.5 TFLOP/s",
)
SIZE = Kind("bytes", _sized("B"), "80 GB")
SPEED = Kind("bytes a second", _sized("B/s"), "2039 GB/s")
POWER = Kind("watts", {"W": _PARTS[""], "mW": _PARTS["m"]}, "400 W")
#: The micro sign and the Greek letter look the same.
TIME = Kind("seconds", {**{f"{prefix}s": factor for prefix, factor in _PARTS.items()}, "\u03bcs": _PARTS["u"]}, "5 us", least=0)
