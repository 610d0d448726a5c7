"""What networks come to, figure by figure, and how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.report.result import Totals

__all__ = ["BYTES", "MEASURES", "Difference", "differences", "percent"]

#: The figures, and what they are called.
MEASURES = {
    "params": "params",
    "trainable": "  trainable",
    "frozen": "  frozen",
    "buffers": "buffers",
    "macs": "MACs",
    "flops": "FLOPs",
    "model_size_bytes": "model size",
    "activations": "activations",
    "peak_activation": "peak activation",
    "peak_in_out": "peak in + out",
    "layers": "layers",
}
#: Those counted in bytes.
BYTES = frozenset({"model_size_bytes"})
#: Places behind the point that a percentage has at most.
PLACES = 6


class Difference(NamedTuple):
    """One figure of two networks."""

    name: str
    before: int
    after: int
    bounds: tuple[bool, bool]  #: which of the two is a lower bound

    @property
    def known(self) -> bool:
        """Whether the difference is known."""
        return not any(self.bounds)

    @property
    def by(self) -> int:
        """How much more it is."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """How much more it is, in percent of what it was."""
        return round(100 * self.by / self.before, PLACES) if self.known and self.before else None


def differences(before: Totals, after: Totals, *, every: bool = False) -> Iterator[Difference]:
    """Give the figures of two networks; some only where there is something to them, unless `every` one is to be."""
    frozen = bool(before.frozen or after.frozen)
    told = {"trainable": frozen, "frozen": frozen, "buffers": bool(before.buffers or after.buffers)}
    for name in MEASURES:
        if every or told.get(name, True):
            yield Difference(name, getattr(before, name), getattr(after, name), (name in before.incomplete, name in after.incomplete))


def percent(part: int, whole: int) -> str:
    """Write by how much something grew: one decimal, or as many as it takes to show that it did.

    >>> percent(1, 4), percent(-1, 3), percent(1, 300_000), percent(0, 5), percent(5, 0), percent(10**30, 1)
    ('+25.0 %', '-33.3 %', '+0.0003 %', '=', '', '+100,000,000,000,000,000,000,000,000,000,000.0 %')
    """
    if not part or not whole:
        return "" if part else "="
    for places in range(1, PLACES + 1):
        ten: int = 10**places
        rounded = (2 * abs(part) * 100 * ten + whole) // (2 * whole)
        if rounded:
            return f"{'+' if part > 0 else '-'}{rounded // ten:,}.{rounded % ten:0{places}d} %"
    return f"{'+' if part > 0 else '-'}0.0 %"
