"""A network on a device: latency, throughput, energy, and whether it fits."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.precision import width
from archcalc.memory.graph import octets, weights_of
from archcalc.performance.alive import alive
from archcalc.performance.energy import DRAM, Energy, spent, sram
from archcalc.performance.kernels import kernels
from archcalc.performance.roofline import bounds, latency, timed
from archcalc.record import Record
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.calculators import Settings
    from archcalc.devices import Profile
    from archcalc.performance.kernels import Kernel
    from archcalc.performance.roofline import Bounds, Timed
    from archcalc.report.result import Header
    from archcalc.trace import Network

__all__ = ["Estimate", "Fit", "Point", "estimate", "tuned"]

#: The largest batch that throughput is worked out for; each is twice the one before.
BATCHES = 1024
#: A batch is large enough where twice as many samples at once bring less than this part more of throughput.
KNEE = Fraction(1, 10)


class Fit(NamedTuple):
    """Whether something fits."""

    what: str
    needs: int  #: bytes
    has: int  #: bytes

    @property
    def fits(self) -> bool:
        """Whether there is room enough."""
        return self.needs <= self.has


class Point(NamedTuple):
    """What a batch takes."""

    batch: int
    latency: Fraction  #: seconds for all of it
    throughput: Fraction  #: samples a second, of all engines
    fits: bool | None  #: whether it fits into memory; `None` is not known


class Estimate(Record, kw_only=True):
    """What a network takes on a device. Times are bounds from below, in seconds; energy is in picojoules for the whole batch."""

    header: Header
    device: Profile
    fused: bool
    flash: bool
    engines: int
    rows: tuple[Timed, ...]
    bounds: Bounds
    points: tuple[Point, ...]  #: for batches of 1, 2, 4 …; none where the latency is not known
    knee: int | None  #: the batch from which on more brings little
    energy: Energy | None  #: `None` where the table has no figure for a precision, or the work of some row is not known
    rows_energy: tuple[Energy | None, ...]
    transfer: Energy  #: of this, to bring inputs in and take outputs out
    fits: tuple[Fit, ...]
    unknown: tuple[str, ...] = ()  #: rows whose work is not known

    @property
    def work(self) -> Fraction:
        """Arithmetic or bytes of each kernel, whichever takes longer."""
        return sum((row.work for row in self.rows), Fraction(0))

    @property
    def launches(self) -> Fraction | None:
        """The calls of kernels; `None` where the device does not say what one costs."""
        return None if self.device.launch is None else sum((row.launch for row in self.rows), Fraction(0))

    @property
    def latency(self) -> Fraction | None:
        """What one batch takes at least; `None` where that is not known."""
        return None if self.launches is None or self.unknown else self.work + self.launches

    @property
    def throughput(self) -> Fraction | None:
        """Samples a second, of all engines."""
        return None if not self.latency else self.header.batch * self.engines / self.latency


def tuned(device: Profile, *, compute: Fraction | None = None, memory: Fraction | None = None, launch: Fraction | None = None) -> Profile:
    """Give a device with other factors: shares of its peaks that are reached, seconds of a call. Raises `SpecError` for impossible ones."""
    for share in (compute, memory):
        if share is not None and not 0 < share <= 1:
            fail("E603", f"a share of what a device can do is above 0 and at most 1, not {float(share):g}")
    if launch is not None and launch < 0:
        fail("E603", f"a call takes 0 seconds or more, not {float(launch):g}")
    return replace(
        device,
        compute_efficiency=device.compute_efficiency if compute is None else compute,
        memory_efficiency=device.memory_efficiency if memory is None else memory,
        launch=device.launch if launch is None else launch,
    )


def estimate(
    network: Network, header: Header, settings: Settings, device: Profile, *, fused: bool = True, flash: bool = False, engines: int = 1
) -> Estimate:  # fmt: skip
    """Estimate a batch on each of some engines. Raises `SpecError` where the device has no peak in a precision."""
    calls = list(kernels(network, settings, fused=fused, flash=flash))
    rows = tuple(timed(kernel, device, settings.batch) for kernel in calls)
    spends = tuple(_energy(row, device, settings.batch) for row in rows)
    transfer = _transfer(network, settings, device)
    weights = weights_of(network, settings)
    held = alive(network, replace(settings, batch=1), flash=flash)
    unknown = tuple(kernel.path for kernel in calls if kernel.unknown)
    points = tuple(_points(calls, device, engines, weights, held)) if device.launch is not None and not unknown else ()
    return Estimate(
        header=header, device=device, fused=fused, flash=flash, engines=engines, rows=rows, bounds=bounds(rows), points=points,
        knee=_knee(points), rows_energy=spends, transfer=transfer, energy=_sum(spends, transfer),
        fits=tuple(_fits(device, weights, octets(held * settings.batch))), unknown=unknown,
    )  # fmt: skip


def _energy(row: Timed, device: Profile, batch: int) -> Energy | None:
    """Give what a kernel takes, if that is known; its tensors stay on the chip if all that it works on fits there."""
    kernel = row.kernel
    if kernel.unknown:
        return None
    weights = kernel.weighed(batch) / 8
    return spent(kernel.precision, kernel.macs * batch, kernel.elementwise * batch, weights, row.moved - weights, _near(device, row.moved))


def _near(device: Profile, size: Fraction) -> Fraction:
    """Give what a byte of activations costs: on the chip if so many bytes fit there."""
    inside = device.sram if device.sram is not None else device.ram
    return sram(inside) if inside is not None and size <= inside else DRAM


def _transfer(network: Network, settings: Settings, device: Profile) -> Energy:
    """Give what it takes to bring the inputs in and to take the outputs out."""
    size = sum(ref.tensor.size for ref in (*network.inputs, *network.outputs)) * settings.batch
    moved = Fraction(size) * width(settings.dtype.activations) / 8
    return Energy(activations=moved * _near(device, moved))


def _sum(spends: tuple[Energy | None, ...], transfer: Energy) -> Energy | None:
    total = transfer
    for one in spends:
        if one is None:
            return None
        total = total.plus(one)
    return total


def _points(calls: list[Kernel], device: Profile, engines: int, weights: int, held: int | Fraction) -> Iterator[Point]:
    """Time batches, each twice the one before; kernels that differ in no figure are timed once."""
    alike = Counter(replace(call, path="", types=(), members=()) for call in calls)
    batch, before = 1, Fraction(0)
    while batch <= BATCHES:
        time = latency(alike, device, batch)
        if not time:
            return
        fits, rate = [fit.fits for fit in _fits(device, weights, octets(held * batch))], batch * engines / time
        yield Point(batch, time, rate, all(fits) if fits else None)
        if rate < before * (1 + KNEE / 10):
            return
        batch, before = 2 * batch, rate


def _knee(points: tuple[Point, ...]) -> int | None:
    """Find the batch from which on twice as many bring little more."""
    for one, more in itertools.pairwise(points):
        if more.throughput < one.throughput * (1 + KNEE):
            return one.batch
    return None


def _fits(device: Profile, weights: int, held: int) -> Iterator[Fit]:
    """Compare with the memory that there is: one for all, or flash for weights and RAM for activations."""
    if device.memory is not None:
        yield Fit("memory", weights + held, device.memory)
    if device.flash is not None:
        yield Fit("flash", weights, device.flash)
    if device.ram is not None:
        yield Fit("RAM", held, device.ram)
