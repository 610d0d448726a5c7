"""Whether a network keeps what its file promises."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from archcalc.calculators.precision import size_in_bytes
from archcalc.report.result import SUMS
from archcalc.spec.expect import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.report.result import Row, Totals
    from archcalc.spec.diagnostics import Diagnostic
    from archcalc.spec.document import Promise

__all__ = ["Outcome", "Tally", "figures_of", "judged"]

Figures = dict[str, "int | tuple[int | None, ...] | None"]


@dataclass(slots=True)
class Tally:
    """The figures of the rows under one entry, all its copies together."""

    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*SUMS, "layers", "peak_activation", "peak_in_out"), 0))
    output: tuple[int, ...] = ()
    receptive_field: tuple[int | None, ...] | None = None

    def add(self, row: Row) -> None:
        """Count one row more."""
        for figure in SUMS:
            self.sums[figure] += getattr(row, figure)
        self.sums["layers"] += 1
        self.sums["peak_activation"] = max(self.sums["peak_activation"], row.live)
        self.sums["peak_in_out"] = max(self.sums["peak_in_out"], row.in_out)
        self.output, self.receptive_field = row.output, row.receptive_field

    def figures(self) -> Figures:
        """Give the figures by the keys of expectations."""
        return {**self.sums, "weights": self.sums["model_size_bytes"], "output": self.output, "receptive_field": self.receptive_field}


def figures_of(totals: Totals, output: tuple[int, ...], seen: tuple[int | None, ...] | None) -> Figures:
    """Give the figures of a whole network by the keys of expectations."""
    found: Figures = {f.name: getattr(totals, f.name) for f in fields(totals) if isinstance(getattr(totals, f.name), int)}
    return {**found, "weights": totals.model_size_bytes, "output": output, "receptive_field": seen}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one promise."""

    key: str
    path: str  #: of the entry that promises it; "" for the whole network
    expected: str  #: as written
    got: int | tuple[int | None, ...] | None  #: `None` where it is not known
    held: bool
    percent: float | None  #: how far off, of what was expected; `None` where that says nothing
    diagnostic: Diagnostic  #: where it is written, and in words what is wrong


def judged(
    promises: Iterable[Promise], figures: Figures, precision: str, shapes: Mapping[str, tuple[int, ...]] | None = None, path: str = ""
) -> Iterator[Outcome]:  # fmt: skip
    """Compare promises with figures; elements are bytes at the precision of activations where bytes are meant."""
    for promise in promises:
        expectation = promise.expectation
        if shapes and expectation.key in shapes:
            expectation = replace(expectation, shape=shapes[expectation.key])
        got = _got(figures, expectation.key, precision, in_bytes=expectation.bytes)
        held = got is not None and expectation.holds(got)
        said = f"{expectation.key}: expected {expectation.text}, but it is not known" if got is None else expectation.miss(got)
        message = f"{path}: {said}" if path else said
        yield Outcome(
            expectation.key, path, expectation.text, got, held, expectation.percent(got), promise.place.problem("E701", message)
        )  # fmt: skip


def _got(figures: Figures, key: str, precision: str, *, in_bytes: bool) -> int | tuple[int | None, ...] | None:
    """Find a figure; bytes of elements are worked out from the elements."""
    elements = key.removesuffix("_bytes")
    if elements not in ELEMENTS or key == elements:
        in_bytes = in_bytes and key in ELEMENTS
    else:
        key, in_bytes = elements, True
    got = figures.get(key)
    return size_in_bytes(got, precision) if in_bytes and isinstance(got, int) else got
