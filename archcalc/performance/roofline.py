"""How long kernels take on a device: at least as long as their arithmetic, and as their bytes, and then their calls."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.devices import Profile
    from archcalc.performance.kernels import Kernel

__all__ = ["Bounds", "Timed", "bounds", "latency", "timed"]

COMPUTE, MEMORY, LAUNCH = "compute", "memory", "launch"


class Timed(NamedTuple):
    """A kernel with its times, in seconds."""

    kernel: Kernel
    operations: int
    moved: Fraction  #: bytes
    compute: Fraction
    memory: Fraction
    launch: Fraction

    @property
    def work(self) -> Fraction:
        """Arithmetic or bytes, whichever takes longer."""
        return max(self.compute, self.memory)

    @property
    def time(self) -> Fraction:
        """What it takes at least."""
        return self.work + self.launch

    @property
    def bound(self) -> str:
        """What most of that is."""
        if self.launch > self.work:
            return LAUNCH
        return COMPUTE if self.compute >= self.memory else MEMORY

    @property
    def intensity(self) -> Fraction | None:
        """Operations for each byte."""
        return self.operations / self.moved if self.moved else None


def timed(kernel: Kernel, device: Profile, batch: int) -> Timed:
    """Time a kernel for a batch. Raises `SpecError` where the device has no peak in its precision."""
    operations, moved = kernel.operations(batch), kernel.moved(batch) / 8
    rate = device.peak_of(kernel.precision) * device.compute_efficiency
    return Timed(
        kernel, operations, moved, operations / rate, moved / (device.bandwidth * device.memory_efficiency), device.launch or Fraction(0)
    )


def latency(kernels: Mapping[Kernel, int], device: Profile, batch: int) -> Fraction:
    """Add up what kernels take, one after the other, each as often as it is called."""
    return sum((calls * timed(kernel, device, batch).time for kernel, calls in kernels.items()), Fraction(0))


class Bounds(Record):
    """All kernels at once, as if they were one: what no order of them goes below."""

    compute: Fraction
    memory: Fraction

    @property
    def time(self) -> Fraction:
        """The longer of both."""
        return max(self.compute, self.memory)

    @property
    def bound(self) -> str:
        """Which one that is."""
        return COMPUTE if self.compute >= self.memory else MEMORY


def bounds(rows: Sequence[Timed]) -> Bounds:
    """Add arithmetic and bytes up apart."""
    return Bounds(sum((row.compute for row in rows), Fraction(0)), sum((row.memory for row in rows), Fraction(0)))
