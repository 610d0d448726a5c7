"""What a spec expects of its figures: `61706`, `<= 15.5 G`, `~25.6 M`, `4.0 .. 4.2 G`, `15.47 G ± 1%`.

All arithmetic is exact. Figures are whole numbers, so every expectation comes down to a first and a last integer that meet it; times are
in picoseconds and energies in picojoules.
"""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from archcalc.record import Record
from archcalc.spec.scalars import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["COSTS", "ELEMENTS", "FORMS", "KEYS", "ON_DEVICE", "PARTS", "SHAPES", "ExpectError", "Expectation", "parse"]

_COUNTS = ("params", "trainable", "frozen", "buffers", "macs", "flops", "layers")
_BYTES = ("weights", "model_size_bytes", "activations_bytes", "peak_activation_bytes", "ram", "kv_cache")
ELEMENTS = ("activations", "peak_activation", "peak_in_out")  # bytes where a byte unit is written
SHAPES = ("output", "receptive_field")
#: What a figure on a device is measured in: a time or an energy.
ON_DEVICE = {"latency": "s", "energy": "J"}
#: Figures of a whole network alone, worked out where they are expected.
COSTS = ("ram", "kv_cache", *ON_DEVICE)
KEYS = (*_COUNTS, *_BYTES, *ELEMENTS, *ON_DEVICE, *SHAPES)
#: What one of times and energies is, in their unit.
PARTS = 10**12

_THOUSANDS = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BILLIONS = {"B": 10**9}  # of parameters, as language models are named; of memory it is a byte
_BYTE_UNITS = {
    "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_PARTS = {"": 1, "m": 10**3, "u": 10**6, "µ": 10**6, "μ": 10**6, "n": 10**9, "p": 10**12}
_MEASURES = {key: {f"{prefix}{unit}": PARTS // part for prefix, part in _PARTS.items()} for key, unit in ON_DEVICE.items()}

_QUANTITY = re.compile(r"([0-9][0-9_,]*)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]{1,2}))?\s*([^\W\d_]*)")
_GROUPED = re.compile(r"[0-9]+(_[0-9]+)*|[0-9]{1,3}(,[0-9]{3})+")
_TOLERANCE = re.compile(r"(.+?)\s*(?:±|\+/?-)\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%")
_COMPARISON = re.compile(r"(<=|>=|==|<|>|=|≤|≥|~|≈)\s*(.+)")
_LONGEST = 80  # characters of an expectation
FORMS = "write `61706`, `<= 15.5 G`, `~25.6 M`, `4.0 .. 4.2 G` or `15.47 G ± 1%`"


class ExpectError(ValueError):
    """An expectation that cannot be read: what is wrong, and in `help` what to write."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word that is printed
        super().__init__(message)
        self.message, self.help = message, help


class Expectation(Record):
    """The figures that one key may have."""

    key: str
    text: str  #: as written
    low: int | None = None  #: the least figure that is met; `None` is no bound
    high: int | None = None  #: the greatest
    shape: tuple[int | str, ...] | None = None  #: of `output` and `receptive_field`; names are for the caller to replace
    bytes: bool = False  #: whether the figure is to be given in bytes
    aim: int | None = None  #: what a miss is measured from, if it is not the bound

    def holds(self, got: int | tuple[int | None, ...]) -> bool:
        """Compare with a figure, or with a shape in which `None` is an axis seen whole.

        >>> parse("params", "~25.6 M").holds(25_557_032), parse("output", [6, 28, 28]).holds((6, 28, 28))
        (True, True)
        """
        if isinstance(got, tuple):
            return self.shape is not None and self._alike(got)
        return self.shape is None and (self.low is None or self.low <= got) and (self.high is None or got <= self.high)

    def _alike(self, got: tuple[int | None, ...]) -> bool:
        wanted = tuple(None if n == "all" else n for n in self.shape or ())
        if self.key == "receptive_field" and len(wanted) == 1:  # one number speaks of every axis
            wanted *= len(got)
        return wanted == got

    def percent(self, got: int | tuple[int | None, ...] | None) -> float | None:
        """Say how far a figure is from what was expected, in percent of that.

        >>> parse("macs", "<= 4 G").percent(5_000_000_000)
        25.0
        """
        bound = self._bound(got) if isinstance(got, int) else None
        return float(Fraction(100 * (got - bound), bound)) if isinstance(got, int) and bound else None

    def _bound(self, got: int) -> int | None:
        """Give what a figure is measured from."""
        return self.aim if self.aim is not None else self.low if self.low is not None and got < self.low else self.high

    def miss(self, got: int | tuple[int | None, ...]) -> str:
        """Say what was expected, what it is, and how far apart they are.

        >>> parse("params", 25_557_032).miss(25_557_096)
        'params: expected 25,557,032, got 25,557,096 (+64, +0.0003 %)'
        """
        if self.key in ON_DEVICE and isinstance(got, int):
            return self._measured(got)
        unit = " bytes" if self.bytes else ""
        if isinstance(got, tuple) or self.shape is not None:
            return f"{self.key}: expected {_listed(self.shape) if self.shape else self.text}, got {_listed(got)}"
        bound = self._bound(got)
        wanted = f"{int(self.text):,}{unit}" if self.text.isascii() and self.text.isdigit() else self.text
        apart = f" ({_apart(got, bound)})" if bound is not None else ""
        return f"{self.key}: expected {wanted}, got {got:,}{unit}{apart}"

    def _measured(self, got: int) -> str:
        """Say what a time or an energy was expected to be, and what it is."""
        from archcalc.report.numbers import quantity

        bound = self._bound(got)
        percent = f" ({float(Fraction(100 * (got - bound), bound)):+,.2f} %)" if bound else ""
        return f"{self.key}: expected {self.text}, got {quantity(Fraction(got, PARTS), ON_DEVICE[self.key])}{percent}"


def parse(key: str, value: object) -> Expectation:
    """Read what is written beside a key. Raises `ExpectError`.

    >>> parse("macs", "4.0 .. 4.2 G").low, parse("peak_activation", "<= 256 KiB").high
    (4000000000, 262144)
    """
    if key not in KEYS:
        raise ExpectError(
            f"nothing is called `{short(key)}` that could be expected", _did_you_mean(key, KEYS) or f"one of: {', '.join(KEYS)}"
        )
    if key in SHAPES:
        return _shape(key, value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ExpectError(f"`{key}` is compared with a number, not with {_kind(value)}", FORMS)
    text = str(value).strip() if isinstance(value, str) or abs(value) < 10**_LONGEST else "a number too long"
    if len(text) > _LONGEST:
        raise ExpectError(f"`{short(text)}` is too long for an expectation", FORMS)
    low, high, in_bytes, aim = _bounds(key, text)
    if low is not None and high is not None and low > high:
        raise ExpectError(f"no whole number is `{short(text)}`", "write all its digits, or `~` before it for one that rounds to it")
    return Expectation(key, text, low, high, bytes=in_bytes or key in _BYTES, aim=aim)


def _bounds(key: str, text: str) -> tuple[int | None, int | None, bool, int | None]:
    """Give the first and the last integer that meet an expectation, whether a byte unit stands in it, and what it aims at."""
    if ".." in text:
        return _range(key, *text.split("..", 1))
    if tolerance := _TOLERANCE.fullmatch(text):
        at = _Quantity.read(key, tolerance[1])
        width = at.value * Fraction(tolerance[2]) / 100
        return ceil(at.value - width), floor(at.value + width), at.bytes, round(at.value)
    comparison = _COMPARISON.fullmatch(text)
    sign, rest = comparison.groups() if comparison else ("=", text)
    at = _Quantity.read(key, rest)
    low, high = _compared(sign, at)
    return low, high, at.bytes, None if low is None or high is None else round(at.value)


def _range(key: str, first: str, last: str) -> tuple[int, int, bool, None]:
    """Read `4.0 .. 4.2 G`: a unit that is written once, at the end, is both's."""
    high = _Quantity.read(key, last.strip())
    low = _Quantity.read(key, first.strip(), high.unit)
    if low.bytes != high.bytes:
        raise ExpectError("one end of the range is in bytes and the other is not", "write the unit once, at the end")
    if low.value > high.value:
        raise ExpectError("the range ends before it begins", "write the smaller number first")
    return ceil(low.value), floor(high.value), high.bytes, None


def _compared(sign: str, at: _Quantity) -> tuple[int | None, int | None]:
    match sign:
        case "<=" | "≤":
            return None, floor(at.value)
        case ">=" | "≥":
            return ceil(at.value), None
        case "<":
            return None, ceil(at.value) - 1
        case ">":
            return floor(at.value) + 1, None
        case "~" | "≈":  # what rounds to it, half up
            return ceil(at.value - at.digit / 2), ceil(at.value + at.digit / 2) - 1
        case _:
            return ceil(at.value), floor(at.value)


class _Quantity(Record):
    """A number with a unit, exactly."""

    value: Fraction
    digit: Fraction  #: what one more in its last written digit would add
    unit: str
    bytes: bool

    @classmethod
    def read(cls, key: str, text: str, unit: str = "") -> _Quantity:
        """Read one; `unit` is the one to take where none is written."""
        match = _QUANTITY.fullmatch(text)
        if match is None or not _GROUPED.fullmatch(match[1]):
            raise ExpectError(f"`{short(text)}` is not a number with a unit", FORMS)
        whole, decimals, power, written = match.groups(default="")
        unit = written or unit
        if key in ON_DEVICE and not unit:
            raise ExpectError(f"`{key}` needs a unit", f"write `<= 5 {'ms' if key == 'latency' else 'mJ'}`")
        factor = Fraction(10) ** int(power or "0") * (_factor(key, unit) if unit else 1)
        digit = factor / 10 ** len(decimals)
        return cls(int(re.sub("[_,]", "", whole) + decimals) * digit, digit, unit, key not in _COUNTS and unit in _BYTE_UNITS)


def _factor(key: str, unit: str) -> int:
    if key in ON_DEVICE:
        if unit not in _MEASURES[key]:
            raise ExpectError(f"`{short(unit)}` is no unit of `{key}`", f"write `{'5 ms' if key == 'latency' else '3 mJ'}`")
        return _MEASURES[key][unit]
    units: Mapping[str, int] = {**_THOUSANDS, **_BILLIONS} if key in _COUNTS else _BYTE_UNITS
    if key in ELEMENTS:
        units = {**_THOUSANDS, **_BYTE_UNITS}
    if unit in units:
        return units[unit]
    if key in _COUNTS and unit in _BYTE_UNITS:
        raise ExpectError(f"`{key}` is a count, and {unit} is a unit of bytes", f"write `{unit[0].replace('K', 'k')}`, or expect `weights`")
    if key in _BYTES and unit in _THOUSANDS:
        binary = unit.upper() + "iB"
        raise ExpectError(f"`{key}` is in bytes, and {unit} is not", f"write `{unit.replace('K', 'k')}B` (decimal) or `{binary}` (binary)")
    raise ExpectError(f"`{short(unit)}` is no unit of `{key}`", _did_you_mean(unit, units) or f"one of: {', '.join(units)}")


def _shape(key: str, value: object) -> Expectation:
    items = list(value) if isinstance(value, list | tuple) else [value]
    if not items:
        raise ExpectError(f"`{key}` is a list of sizes, and this one is empty", f"write `{key}: [6, 28, 28]`")
    shape = tuple(_size(key, item) for item in items)
    return Expectation(key, _listed(shape), shape=shape)


def _size(key: str, item: object) -> int | str:
    if isinstance(item, str) and item.strip():
        return item.strip()
    if isinstance(item, int) and not isinstance(item, bool) and item >= 0:
        return item
    raise ExpectError(f"`{key}` is a list of sizes, and {_kind(item)} is not a size", f"write `{key}: [6, 28, 28]`")


def _listed(shape: int | Iterable[int | str | None] | None) -> str:
    if isinstance(shape, int):
        return f"{shape:,}"
    return "[" + ", ".join("all" if n is None else str(n) for n in shape or ()) + "]"


def _apart(got: int, bound: int) -> str:
    """Write a difference, and what part it is of what was expected; two decimals, or one digit where they would be zeros."""
    by = got - bound
    if bound == 0:
        return f"{by:+,}"
    percent = Decimal(100 * by) / Decimal(bound)
    small = abs(percent) < Decimal("0.01")
    return f"{by:+,}, {Decimal(f'{percent:.0e}') if small else percent:+{'' if small else ',.2'}f} %"


def _did_you_mean(word: str, words: Iterable[str]) -> str:
    """Find the word that differs in case, or else in a letter or two."""
    same = {w.casefold(): w for w in reversed(list(words))}
    close = get_close_matches(word[:_LONGEST].casefold(), same, 1)
    return f"did you mean `{same[close[0]]}`?" if close else ""


def _kind(value: object) -> str:
    names = {type(None): "nothing", bool: "true or false", list: "a list", dict: "a mapping", float: "a fraction"}
    return f"`{short(str(value))}`" if type(value) in {int, str} else names.get(type(value), "this")
