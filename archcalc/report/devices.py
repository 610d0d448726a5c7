"""What is said of devices: a line for each, or a line for each figure of one."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.devices.profile import rate
from archcalc.report.columns import NOTHING, Column
from archcalc.report.numbers import brief, capacity, quantity
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.devices.profile import Profile

__all__ = ["DEVICES", "FIGURES", "Figure", "figures"]

#: The precisions that a list shows, each with its rank: three of them where there is little room, the others after all else.
LISTED = {"fp32": 4, "tf32": 12, "fp16": 2, "bf16": 12, "fp8": 12, "int16": 12, "int8": 3, "int4": 12}
#: Said in another column already.
TWICE = 13

Number = int | float | None


class Figure(NamedTuple):
    """A figure of a device, and who says so."""

    name: str
    value: Number  #: in its unit without a prefix
    unit: str
    shown: str  #: a number, and the unit with its prefix
    source: str


def _plain(value: Fraction | int | None) -> Number:
    """Give a number for machines: whole where it is."""
    return value if value is None or isinstance(value, int) else value.numerator if value.denominator == 1 else float(value)


def _peak(precision: str) -> Column[Profile]:
    def shown(it: Profile) -> str:
        return quantity(it.peak[precision], rate(precision)) if precision in it.peak else NOTHING

    return Column(name=precision, title=precision, value=lambda it: _plain(it.peak.get(precision)), shown=shown, rank=LISTED[precision])


def _measure(name: str, title: str, unit: str, rank: int, get: Callable[[Profile], Fraction | None]) -> Column[Profile]:
    def shown(it: Profile) -> str:
        value = get(it)
        return NOTHING if value is None else quantity(value, unit)

    return Column(name=name, title=title, value=lambda it: _plain(get(it)), shown=shown, rank=rank)


def _bytes(name: str, title: str, rank: int) -> Column[Profile]:
    def shown(it: Profile) -> str:
        n: int | None = getattr(it, name)
        return NOTHING if n is None else capacity(n)

    return Column(name=name, title=title, value=lambda it: getattr(it, name), shown=shown, rank=rank)


def _memory(it: Profile) -> str:
    """Write the memory, or the two that activations and weights have apart."""
    sizes = [capacity(n) for n in (it.memory, it.ram, it.flash) if n is not None]
    return " + ".join(sizes) or NOTHING


def _ridge(it: Profile) -> str:
    return "" if it.ridge is None else f"{brief(it.ridge)} FLOP/B"


def _title(it: Profile) -> str:
    return visible(it.title)


#: A line for each device.
DEVICES: tuple[Column[Profile], ...] = (
    Column(name="name", title="Device", value=lambda it: it.name, shown=lambda it: visible(it.name), rank=0, right=False),
    Column(name="title", title="Title", value=lambda it: it.title, shown=_title, rank=9, right=False, least=12),
    Column(name="year", title="Year", value=lambda it: it.year, shown=lambda it: str(it.year or NOTHING), rank=11),
    *(_peak(precision) for precision in LISTED),
    _measure("bandwidth", "Bandwidth", "B/s", 1, lambda it: it.bandwidth),
    Column(name="memory", title="Memory", value=lambda it: it.memory, shown=_memory, rank=5),
    _bytes("ram", "RAM", TWICE),
    _bytes("flash", "Flash", TWICE),
    _bytes("sram", "On chip", 10),
    Column(name="ridge", title="Ridge", value=lambda it: _plain(it.ridge), shown=lambda it: _ridge(it) or NOTHING, rank=6),
    _measure("power", "Power", "W", 7, lambda it: it.power),
    _measure("launch", "Launch", "s", 8, lambda it: it.launch),
)

#: A line for each figure.
FIGURES: tuple[Column[Figure], ...] = (
    Column(name="figure", title="Figure", value=lambda it: it.name, shown=lambda it: it.name, rank=0, right=False),
    Column(name="value", title="Value", value=lambda it: it.value, shown=lambda it: it.shown.partition(" ")[0], rank=1),
    Column(name="unit", title="Unit", value=lambda it: it.unit, shown=lambda it: it.shown.partition(" ")[2], rank=2, right=False),
    Column(name="source", title="Source", value=lambda it: it.source, shown=lambda it: visible(it.source), rank=3, right=False, least=16),
)


def figures(it: Profile) -> Iterator[Figure]:
    """Give all that a device's file states, the ridge that follows, and its notes."""

    def figure(name: str, value: Fraction | int | None, unit: str, shown: str = "") -> Iterator[Figure]:
        if value is not None:
            source = it.sources.get(it.cited.get(name, ""), "")
            yield Figure(name, _plain(value), unit, shown or quantity(Fraction(value), unit), source)

    for precision, value in it.peak.items():
        yield from figure(f"peak.{precision}", value, rate(precision))
    yield from figure("bandwidth", it.bandwidth, "B/s")
    for name in ("memory", "ram", "flash", "sram"):
        n: int | None = getattr(it, name)
        yield from figure(name, n, "B", capacity(n) if n else "")
    yield from figure("power", it.power, "W")
    yield from figure("launch", it.launch, "s")
    for name in ("compute_efficiency", "memory_efficiency"):
        if getattr(it, name) != 1:
            yield from figure(name, getattr(it, name), "")
    if it.ridge is not None:
        yield Figure("ridge", _plain(it.ridge), "FLOP/B", _ridge(it), f"peak.{it.floating} / bandwidth")
    if it.notes:
        yield Figure("notes", None, "", "", it.notes)
