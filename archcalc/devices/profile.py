"""A device: what it can do at most, what its memory holds and gives, and who says so."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.record import Record
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRECISIONS", "Profile", "rate"]

#: What a peak may be stated for, in the order of reports.
PRECISIONS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp4", "int32", "int16", "int8", "int4")
#: Where ridge points are looked for: floating point that networks are trained in.
FLOATING = ("fp64", "fp32", "tf32", "fp16", "bf16")

ONE = Fraction(1)


class Profile(Record, kw_only=True):
    """A device. What is `None` is not known; peaks are dense, and a multiply-accumulate is two operations."""

    name: str  #: of its file
    title: str
    peak: Mapping[str, Fraction]  #: operations a second by precision
    bandwidth: Fraction  #: bytes a second of the memory that weights live in
    year: int | None = None
    memory: int | None = None  #: bytes that weights and activations share
    ram: int | None = None  #: bytes for activations, where weights live apart
    flash: int | None = None  #: bytes for weights, where activations live apart
    sram: int | None = None  #: bytes on the chip, or of the last cache, that the working set of a layer may stay in
    power: Fraction | None = None  #: watts
    launch: Fraction | None = None  #: seconds that each call of a kernel costs beside its work
    compute_efficiency: Fraction = ONE  #: share of the peak that is reached
    memory_efficiency: Fraction = ONE  #: share of the bandwidth that is reached
    notes: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)  #: key -> where it stands
    cited: Mapping[str, str] = field(default_factory=dict)  #: figure, `peak.fp16` or `bandwidth` -> key of its source

    def peak_of(self, precision: str) -> Fraction:
        """Give the operations a second in a precision. Raises `SpecError` (E634) where none is stated."""
        if precision not in self.peak:
            fail("E634", f"`{self.name}` has no peak for `{precision}`", help=f"it has {', '.join(self.peak)}")
        return self.peak[precision]

    @property
    def floating(self) -> str | None:
        """The precision of the highest peak in floating point of 16 bits or more; the wider one of equals."""
        return max((name for name in FLOATING if name in self.peak), key=self.peak.__getitem__, default=None)

    @property
    def ridge(self) -> Fraction | None:
        """The operations for each byte at which, in that precision, the peak and not the bandwidth is the bound."""
        return self.peak[self.floating] / self.bandwidth if self.floating else None


def rate(precision: str) -> str:
    """Give the unit of a peak.

    >>> rate("bf16"), rate("int8")
    ('FLOP/s', 'OP/s')
    """
    return "FLOP/s" if precision.startswith(("fp", "tf", "bf")) else "OP/s"
