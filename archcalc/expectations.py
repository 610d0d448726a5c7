"""Whether a network keeps what its file promises."""

from __future__ import annotations

from dataclasses import field, replace
from operator import add, attrgetter
from typing import TYPE_CHECKING

from archcalc.calculators.precision import whole_bytes
from archcalc.record import Record
from archcalc.report.result import SUMS
from archcalc.spec.expect import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from fractions import Fraction

    from archcalc.report.result import Row, Totals
    from archcalc.spec.diagnostics import Diagnostic
    from archcalc.spec.document import Promise

__all__ = ["Outcome", "Tally", "figures_of", "judged"]

Shape = tuple[int, ...]
Extents = tuple[int | None, ...]
Figures = dict[str, "int | Extents | None"]
#: Figures that are the largest of any row, and what they are called there.
LARGEST = {
    "peak_activation": "live", "peak_in_out": "in_out", "peak_activation_bytes": "live_bytes", "peak_in_out_bytes": "in_out_bytes",
}  # fmt: skip
#: Bytes, and the bits that are added up before they are rounded.
BITS = {"model_size_bytes": "weight_bits", "activations_bytes": "activation_bits"}

SUMMED, COMPARED = attrgetter(*SUMS, *BITS.values()), attrgetter(*LARGEST.values())


class Tally(Record, frozen=False):
    """The figures of the rows under one entry, all its copies together."""

    rows: int = 0
    sums: tuple[int | Fraction, ...] = (0,) * (len(SUMS) + len(BITS))  #: of what adds up, then of bits
    largest: tuple[int, ...] = (0,) * len(LARGEST)
    unknown: set[str] = field(default_factory=set)  #: sums that are lower bounds: some row does not know its own
    output: Shape | None = None
    receptive_field: Extents | None = None

    def add(self, row: Row, *, beside: bool = False) -> None:
        """Count one row more; one that is `beside` the output of its layer makes no output of the entry."""
        self.rows += 1
        self.sums = tuple(map(add, self.sums, SUMMED(row)))
        self.largest = tuple(map(max, self.largest, COMPARED(row)))
        if row.incomplete:
            self.unknown.update(row.incomplete, (figure for figure, of_row in LARGEST.items() if of_row in row.incomplete))
        if not beside:
            self.output, self.receptive_field = row.output, row.receptive_field

    def figures(self) -> Figures:
        """Give the figures by the keys of expectations, `None` where one is not known."""
        found = dict(zip((*SUMS, *BITS), self.sums, strict=True))
        whole = {figure: whole_bytes(n) if figure in BITS else int(n) for figure, n in found.items()}
        largest = dict(zip(LARGEST, self.largest, strict=True))
        return _keyed({**whole, **largest, "layers": self.rows}, self.unknown, self.output, self.receptive_field)


def figures_of(totals: Totals, output: Shape, seen: Extents | None) -> Figures:
    """Give the figures of a whole network by the keys of expectations, `None` where one is not known."""
    sums = {name: found for name in totals.__dataclass_fields__ if isinstance(found := getattr(totals, name), int)}
    return _keyed(sums, totals.incomplete, output, seen)


def _keyed(sums: Mapping[str, int], unknown: Container[str], output: Shape | None, seen: Extents | None) -> Figures:
    """Leave out what is but a lower bound, and call the figures as expectations do."""
    found = {figure: None if figure in unknown else n for figure, n in sums.items()}
    return {**found, "weights": found["model_size_bytes"], "output": output, "receptive_field": seen}


class Outcome(Record):
    """What became of one promise."""

    key: str
    path: str  #: of the entry that promises it; "" for the whole network
    expected: str  #: as written
    got: int | Extents | None  #: `None` where it is not known
    held: bool
    percent: float | None  #: how far off, of what was expected; `None` where that says nothing
    diagnostic: Diagnostic  #: where it is written, and in words what is wrong


def judged(promises: Iterable[Promise], figures: Figures, shapes: Mapping[str, Shape] | None = None, path: str = "") -> Iterator[Outcome]:
    """Compare promises with figures; of elements their bytes, where bytes are meant."""
    for promise in promises:
        expectation = promise.expectation
        if shapes and expectation.key in shapes:
            expectation = replace(expectation, shape=shapes[expectation.key])
        got = _got(figures, expectation.key, in_bytes=expectation.bytes)
        held = got is not None and expectation.holds(got)
        said = f"{expectation.key}: expected {expectation.text}, but it is not known" if got is None else expectation.miss(got)
        message = f"{path}: {said}" if path else said
        yield Outcome(
            expectation.key, path, expectation.text, got, held, expectation.percent(got), promise.place.problem("E701", message)
        )  # fmt: skip


def _got(figures: Figures, key: str, *, in_bytes: bool) -> int | Extents | None:
    """Find a figure; bytes of elements are known where the elements are."""
    elements = key.removesuffix("_bytes")
    if elements not in ELEMENTS or (key == elements and not in_bytes):
        return figures.get(key)
    return None if figures.get(elements) is None else figures.get(f"{elements}_bytes")
