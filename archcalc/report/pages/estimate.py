"""What `archcalc estimate` shows."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.performance.energy import PICO, ratio
from archcalc.report.columns import UNKNOWN, Column
from archcalc.report.numbers import brief, capacity, human, quantity, size, thousands
from archcalc.report.pages import Figure, Figures, Listing, Page
from archcalc.report.pages.figures import setting
from archcalc.report.shapes import TIMES
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.performance.energy import Energy
    from archcalc.performance.estimate import Estimate, Point
    from archcalc.performance.roofline import Timed

__all__ = ["SHOWN", "page"]

#: Kernels that people see unless they ask for more: those that take longest.
SHOWN = 20
MANY = 1000


class _Row(NamedTuple):
    timed: Timed
    energy: Energy | None
    share: Fraction


def page(found: Estimate, top: int | None = SHOWN) -> Page:
    """Describe what was found, and the `top` kernels that take longest, or all in the order of their calls."""
    device = found.device
    total = found.work + (found.launches or 0)
    rows = [_Row(row, spent, row.time / total if total else Fraction(0)) for row, spent in zip(found.rows, found.rows_energy, strict=True)]
    shown = rows if top is None or len(rows) <= top else sorted(rows, key=lambda row: -row.timed.time)[:top]
    said = [
        device.title, "fused" if found.fused else "eager", *(["attention in one kernel"] if found.flash else []),
        *([f"{thousands(found.engines)} engines"] if found.engines > 1 else []), *_factors(found),
    ]  # fmt: skip
    title = f"The {len(shown)} of {thousands(len(rows))} kernels that take longest" if len(shown) < len(rows) else "Kernels"
    knee = next((point for point in found.points if point.batch == found.knee), None)
    parts: list[Figures | Listing] = [
        Figures("figures", "", [*_times(found), *_fits(found)]),
        Figures("energy", "Energy", list(_energy(found))),
        Listing("throughput", "Batches", POINTS, found.points, shown=bool(found.points), marked=knee),
        Listing("shown", title, KERNELS, shown),
        Listing("kernels", "Kernels", KERNELS, rows, shown=False),
    ]  # fmt: skip
    return Page(
        kind="archcalc.estimate/1", header=found.header, setting=setting(found.header, *map(visible, said)), parts=parts, main="kernels",
        notes=list(_notes(found)),
        more={
            "device": device.name, "fused": found.fused, "flash": found.flash, "engines": found.engines, "incomplete": list(found.unknown),
        },
    )  # fmt: skip


def _factors(found: Estimate) -> Iterator[str]:
    """Say which share of the device's figures is taken, if that is not all."""
    device = found.device
    for what, share in (("peak", device.compute_efficiency), ("bandwidth", device.memory_efficiency)):
        if share != 1:
            yield f"{float(share):.4g} of the {what}"


def seconds(name: str, label: str, value: Fraction | None, remark: str = "") -> Figure:
    """Write a time."""
    return Figure(name, label, value, UNKNOWN if value is None else quantity(value, "s"), "", remark)


def _times(found: Estimate) -> Iterator[Figure]:
    batch, whole = found.header.batch, found.bounds
    cost = found.device.launch
    calls = f"{thousands(len(found.rows))} kernels, one after the other" if len(found.rows) != 1 else "one kernel"
    yield seconds("latency", "latency", found.latency, "" if found.latency is None else f"at least: {calls}")
    yield seconds("work", "  arithmetic or bytes", found.work, "of each kernel, whichever takes longer")
    yield seconds("launches", "  calls", found.launches, "what one costs is not known" if cost is None else f"{quantity(cost, 's')} each")
    yield seconds("bound", "whole-net bound", whole.time, "as if one kernel: max(compute, memory)")
    yield seconds("compute", "  compute", whole.compute)
    yield seconds("memory", "  memory", whole.memory)
    rate = found.throughput
    each = f"batch {thousands(batch)}" + (f" {TIMES} {thousands(found.engines)} engines" if found.engines > 1 else "")
    yield Figure("throughput", "throughput", rate, UNKNOWN if rate is None else f"{brief(rate)}/s", "", f"samples at most, {each}")


def _fits(found: Estimate) -> Iterator[Figure]:
    for fit in found.fits:
        name = fit.what.lower()
        verdict = "fits" if fit.fits else "does not fit"
        of = {"memory": "weights and activations", "flash": "weights", "RAM": "peak activations"}[fit.what]
        yield Figure(name, fit.what, {"needs": fit.needs, "has": fit.has, "fits": fit.fits}, size(fit.needs).partition(" (")[0], "",
                     f"{verdict}: {capacity(fit.has)} for {of}")  # fmt: skip


def joules(name: str, label: str, value: Fraction | None, remark: str = "") -> Figure:
    """Write an energy, given in picojoules."""
    return Figure(
        name, label, None if value is None else value * PICO, UNKNOWN if value is None else quantity(value * PICO, "J"), "", remark
    )


def _energy(found: Estimate) -> Iterator[Figure]:
    energy, batch = found.energy, found.header.batch
    dtype = str(found.header.dtype["activations"])
    if energy is None:
        missing = dict.fromkeys(row.kernel.precision for row, one in zip(found.rows, found.rows_energy, strict=True) if one is None)
        why = "not all work is known" if found.unknown else f"the table has no figures for {', '.join(missing)}"
        yield joules("total", "an inference", None, why)
        return
    one = energy.total / batch
    known = ratio(dtype)
    apart = f"32 bits from DRAM cost as much as {float(known):,.0f} MACs" if known else ""
    yield joules("total", "an inference", one, "by Horowitz's table, 45 nm")
    yield joules("compute", "  arithmetic", energy.compute / batch, apart)
    yield joules("weights", "  weights", energy.weights / batch, "each read once a batch" if batch > 1 else "each read once")
    yield joules("activations", "  activations", energy.activations / batch, "of kernels; inputs in, outputs out")
    yield joules("thousand", "1,000 inferences", one * MANY, f"{float(one * MANY * PICO / 3600):.3g} Wh")


def _notes(found: Estimate) -> Iterator[str]:
    if found.unknown:
        yield f"n/a: it is not known how much work {', '.join(found.unknown[:3])} is"
    yield "times are bounds from the device's peaks and bandwidth, nothing is measured; --efficiency takes shares of them"
    if found.knee is not None:
        yield f"▸ from a batch of {thousands(found.knee)} on, twice as many samples bring less than a tenth more of throughput"
    if found.device.flash is not None:
        yield "weights are counted as read from DRAM: the table has no figure for flash"


def _time(name: str, title: str, rank: int) -> Column[_Row]:
    def value(it: _Row) -> Fraction:
        found: Fraction = getattr(it.timed, name)
        return found

    return Column(name=name, title=title, value=value, shown=lambda it: quantity(value(it), "s") if value(it) else "", rank=rank)


def _types(it: _Row) -> str:
    return " + ".join(it.timed.kernel.types)


def _macs(it: _Row) -> int:
    return it.timed.kernel.macs


def _intensity(it: _Row) -> str:
    return "" if it.timed.intensity is None else brief(it.timed.intensity)


def _spent(it: _Row) -> Fraction | None:
    return None if it.energy is None else it.energy.total * PICO


def _joules(it: _Row) -> str:
    spent = _spent(it)
    return UNKNOWN if spent is None else quantity(spent, "J")


def _path(it: _Row) -> str:
    return it.timed.kernel.path


KERNELS: tuple[Column[_Row], ...] = (
    Column(name="path", title="Kernel", value=_path, shown=lambda it: visible(_path(it)), rank=0, right=False, least=16),
    Column(name="type", title="Type", value=_types, shown=lambda it: visible(_types(it)), rank=7, right=False, least=10),
    Column(name="macs", title="MACs", value=_macs, shown=lambda it: human(_macs(it)) if _macs(it) else "", rank=8),
    Column(name="operations", title="Ops", value=lambda it: it.timed.operations, shown=lambda it: human(it.timed.operations), rank=9),
    Column(name="bytes", title="Bytes", value=lambda it: it.timed.moved, shown=lambda it: quantity(it.timed.moved, "B"), rank=6),
    Column(name="intensity", title="Ops/B", value=lambda it: it.timed.intensity, shown=_intensity, rank=5),
    _time("compute", "Compute", 3),
    _time("memory", "Memory", 3),
    _time("launch", "Call", 10),
    _time("time", "Time", 1),
    Column(name="share", title="%", value=lambda it: it.share, shown=lambda it: f"{float(100 * it.share):.1f}", rank=4),
    Column(name="bound", title="Bound", value=lambda it: it.timed.bound, shown=lambda it: it.timed.bound, rank=2, right=False),
    Column(name="energy", title="Energy", value=_spent, shown=_joules, rank=11),
)
FITS = {True: "yes", False: "no", None: UNKNOWN}
POINTS: tuple[Column[Point], ...] = (
    Column(name="batch", title="Batch", value=lambda it: it.batch, shown=lambda it: thousands(it.batch), rank=0),
    Column(name="latency", title="Latency", value=lambda it: it.latency, shown=lambda it: quantity(it.latency, "s"), rank=1),
    Column(name="throughput", title="Samples/s", value=lambda it: it.throughput, shown=lambda it: brief(it.throughput), rank=2),
    Column(name="fits", title="Fits", value=lambda it: it.fits, shown=lambda it: FITS[it.fits], rank=3, right=False),
)
