"""What an operation costs, with its arithmetic: time and energy on a device, what stays for the next call, what training keeps of it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.calculators.precision import resolved, width
from archcalc.devices.profile import rate
from archcalc.formulas.expr import Expr, Largest, Letter, Named, Number, Product, Ratio, Sum, product, total
from archcalc.formulas.figures import Line, eighth, in_bytes
from archcalc.formulas.operation import Letters
from archcalc.formulas.sums import grouped
from archcalc.performance.energy import ADD, DRAM, MAC, PICO, as_written
from archcalc.performance.estimate import Estimate, estimate
from archcalc.report.numbers import quantity
from archcalc.training.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from archcalc.calculators import Settings
    from archcalc.devices import Profile
    from archcalc.formulas.expr import Writer
    from archcalc.performance.energy import Energy
    from archcalc.performance.roofline import Timed
    from archcalc.report.result import Header
    from archcalc.trace import Network, Step
    from archcalc.training.tape import Row

__all__ = ["Costs"]


class Measure(Expr):
    """An expression that comes to a measure, written with its unit.

    >>> from archcalc.formulas.expr import TEXT
    >>> time = Measure(Ratio(measured("bytes", Fraction(2039), "B"), measured("bandwidth", Fraction(2039 * 10**9), "B/s")), "s")
    >>> time.write(TEXT), time.write(TEXT.numbers), time.result(TEXT)
    ('bytes / bandwidth', '2.039 kB / 2.039 TB/s', '1 ns')
    """

    of: Expr
    unit: str

    @property
    def level(self) -> int:  # type: ignore[override]
        """As what it measures."""
        return self.of.level

    @property
    def value(self) -> int | Fraction:
        """What it measures."""
        return self.of.value

    def write(self, writer: Writer) -> str:
        """Write what it measures."""
        return self.of.write(writer)

    def result(self, writer: Writer) -> str:
        """Write what it comes to."""
        text = quantity(Fraction(self.value), self.unit)
        return rf"\text{{{text}}}" if writer.latex else text


def measured(name: str, value: Fraction, unit: str) -> Letter:
    """Make a letter of a measure."""
    return Letter(name, value, quantity(value, unit))


class Costs:
    """Explains the costs of operations, one at a time; `totals` afterwards."""

    def __init__(self, network: Network, header: Header, settings: Settings, what: Container[str], device: Profile | None) -> None:
        self.settings, self.what = settings, what
        self.estimate: Estimate | None = None
        self.kernels: dict[str, Timed] = {}
        self.spends: dict[str, Energy | None] = {}
        self.parts: dict[str, str] = {}  #: of rows that a kernel takes along: where it begins
        if device is not None and ("latency" in what or "energy" in what):
            self.estimate = estimate(network, header, settings, device)
            for row, spent in zip(self.estimate.rows, self.estimate.rows_energy, strict=True):
                self.kernels[row.kernel.path], self.spends[row.kernel.path] = row, spent
                self.parts.update(dict.fromkeys(row.kernel.members[1:], row.kernel.path))
        self.rows: dict[str, Row] = {}
        self.names: list[str] = []
        self.sizes: list[int] = []
        if "training" in what:
            tape = Tape.of(network, settings.batch)
            self.rows, self.names, self.sizes = {row.step.path: row for row in tape.rows}, tape.names, tape.sizes
        self.known: set[int] = set()  #: values that an earlier row keeps
        self.sums: dict[str, list[tuple[str, int]]] = {"kv_cache": [], "training": []}
        self.bits: list[tuple[str, int | Fraction]] = []  #: of what stays for the next call

    def lines(self, step: Step) -> Iterator[Line]:
        """Explain one operation."""
        yield from self._state(step)
        yield from self._kept(step)
        row = self.kernels.get(step.path)
        if row is None:
            within = self.parts.get(step.path)
            if within is not None:
                yield from (Line(what, what, None, f"in the kernel of {within}", quiet=True) for what in ("latency", "energy"))
            return
        yield from self._time(row)
        yield from self._energy(row)

    def _state(self, step: Step) -> Iterator[Line]:
        """Explain what stays for the next call."""
        op = step.op
        if not op.state or "kv_cache" not in self.what:
            return
        batch = (Letter("B", self.settings.batch),) if self.settings.batch > 1 else ()
        kept = product(*batch, Letters(op).held([op.state]))
        count = int(kept.value)
        precision = resolved(step, self.settings.dtype).activations
        self.sums["kv_cache"].append((step.path, count))
        self.bits.append((step.path, count * width(precision)))
        yield Line("kv_cache", "kept", kept, "for the next call")
        yield Line("kv_cache", "bytes", in_bytes("kept", count, precision))

    def _kept(self, step: Step) -> Iterator[Line]:
        """Explain what autograd keeps: tensors that were read or made, and further elements."""
        row = self.rows.get(step.path)
        if row is None:
            return
        values = [value for value in row.kept() if self.sizes[value]]
        new = [value for value in values if value not in self.known]
        self.known.update(values)
        beside = row.beside(self.settings.batch)
        terms = [Named(self.names[value], self.sizes[value]) for value in new]
        more = (("masks", beside.masks), ("statistics", beside.stats), ("indices", beside.indices), ("more", beside.floats))
        letters = [Letter(name, n) for name, n in more if n]
        shared = [self.names[value] for value in values if value not in new]
        note = f"{', '.join(shared)} kept already" if shared else ""
        count = sum(int(term.value) for term in (*terms, *letters))
        if count:
            self.sums["training"].append((step.path, count))
        nothing = not terms and not letters
        yield Line("training", "kept", Number(0) if nothing else total(*terms, *letters), note or "nothing" * nothing, quiet=nothing)

    def _time(self, row: Timed) -> Iterator[Line]:
        """Explain how long a kernel takes."""
        if self.estimate is None or "latency" not in self.what:
            return
        device, kernel, batch = self.estimate.device, row.kernel, self.settings.batch
        many = (Letter("B", batch),) if batch > 1 else ()
        terms: list[Expr] = [Product((Number(2), *many, Letter("MACs", kernel.macs)))] if kernel.macs else []
        terms += [product(*many, Letter("elementwise", kernel.elementwise))] if kernel.elementwise else []
        yield Line("latency", "ops", total(*terms), self._members(row))
        weights = kernel.weighed(batch) / 8
        moved = [Letter("weights", weights)] if weights else []
        moved += [Letter("read", Fraction(kernel.read) * batch / 8), Letter("written", Fraction(kernel.written) * batch / 8)]
        yield Line("latency", "bytes", total(*moved))
        peak = measured(f"peak {kernel.precision}", device.peak_of(kernel.precision) * device.compute_efficiency, rate(kernel.precision))
        width = measured("bandwidth", device.bandwidth * device.memory_efficiency, "B/s")
        yield Line("latency", "compute", Measure(Ratio(Letter("ops", row.operations), peak), "s"))
        yield Line("latency", "memory", Measure(Ratio(Letter("bytes", row.moved), width), "s"))
        longest = Largest((measured("compute", row.compute, "s"), measured("memory", row.memory, "s")))
        calls: list[tuple[int, Expr]] = [(1, measured("call", device.launch, "s"))] if device.launch is not None else []
        yield Line("latency", "time", Measure(Sum(((1, longest), *calls)), "s"), f"bound by {row.bound}")

    def _members(self, row: Timed) -> str:
        """Say what a kernel takes along."""
        more = len(row.kernel.members) - 1
        return f"one kernel with {', '.join(row.kernel.types[1:])}" if more else ""

    def _energy(self, row: Timed) -> Iterator[Line]:
        """Explain the energy of a kernel."""
        if self.estimate is None or "energy" not in self.what:
            return
        kernel, batch = row.kernel, self.settings.batch
        name = as_written(kernel.precision)
        spent = self.spends[kernel.path]
        if spent is None:
            yield Line("energy", "energy", None, f"not known of {kernel.precision}")
            return
        terms: list[Expr] = []
        if kernel.macs:
            terms.append(Product((Letter("MACs", kernel.macs * batch), measured(f"e_{name}", MAC[name] * PICO, "J"))))
        if kernel.elementwise:
            terms.append(Product((Letter("elementwise", kernel.elementwise * batch), measured("e_add", ADD[name] * PICO, "J"))))
        weights = kernel.weighed(batch) / 8
        if weights:
            terms.append(Product((Letter("weights", weights), measured("DRAM", DRAM * PICO, "J/B"))))
        tensors = row.moved - weights
        if tensors:
            terms.append(Product((Letter("tensors", tensors), measured("memory", spent.activations / tensors * PICO, "J/B"))))
        yield Line("energy", "energy", Measure(total(*terms), "J"))

    def _bytes(self, count: int) -> Iterator[Line]:
        """Explain the bytes of what stays: of the elements, or of the bits where rows have a precision of their own."""
        found, precision = grouped(self.bits), self.settings.dtype.activations
        if found.value == count * width(precision):
            yield Line("kv_cache", "bytes", in_bytes("kept", count, precision))
            return
        yield Line("kv_cache", "bits", found)
        yield Line("kv_cache", "bytes", eighth(Letter("bits", found.value)))

    def totals(self) -> Iterator[Line]:
        """Add up."""
        for what, name in (("kv_cache", "kept"), ("training", "kept")):
            if what in self.what and self.sums[what]:
                note = "for the next call" if what == "kv_cache" else "by autograd, each storage once; indices and statistics as elements"
                yield Line(what, name, grouped(self.sums[what]), note)
                if what == "kv_cache":
                    yield from self._bytes(sum(n for _, n in self.sums[what]))
        if self.estimate is None:
            return
        found = self.estimate
        if "latency" in self.what:
            parts: list[tuple[int, Expr]] = [(1, measured("work", found.work, "s"))]
            parts += [(1, measured("calls", found.launches, "s"))] if found.launches is not None else []
            yield Line("latency", "latency", Measure(Sum(tuple(parts)), "s"), f"of {len(found.rows):,} kernels on {found.device.title}")
        if "energy" in self.what and found.energy is not None:
            named = zip(("arithmetic", "weights", "activations"), found.energy, strict=True)
            yield Line("energy", "energy", Measure(total(*(measured(name, part * PICO, "J") for name, part in named)), "J"), "of the batch")
