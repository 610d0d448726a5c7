"""Each figure of each operation with its arithmetic, and the totals as the sums that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.activations import WEIGHT, is_view
from archcalc.calculators.precision import resolved, scales, weight_bits, width
from archcalc.calculators.receptive_field import ReceptiveField, spatial_axes
from archcalc.formulas.expr import TEXT, Expr, Letter, Number, Sum
from archcalc.formulas.field import BEFORE, Recurrence, followed
from archcalc.formulas.figures import Line, counts, doubled, eighth, in_bytes, in_groups, shape, sized, times
from archcalc.formulas.memory import Memory
from archcalc.formulas.operation import Letters
from archcalc.formulas.sums import grouped
from archcalc.record import Record
from archcalc.spec.document import LayerCall

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence
    from fractions import Fraction

    from archcalc.calculators import Settings
    from archcalc.calculators.receptive_field import Field
    from archcalc.formulas.costs import Costs
    from archcalc.trace import Network, Step

__all__ = ["Explained", "Explainer", "Line"]

#: Figures that are worked out from axes, which have letters.
LETTERED = ("shape", "params", "buffers", "macs", "activations")


class Explained(Record):
    """One operation with its arithmetic."""

    path: str
    type: str
    reads: tuple[str, ...]  #: shapes of what is read, with the names of their axes
    output: str  #: the shape of what is made, likewise
    lines: tuple[Line, ...]


class Explainer:
    """Walks through a network once and explains its operations, one at a time; `totals` afterwards.

    `what` are the figures that are explained, `chosen` the paths of the operations, `None` being all of them.
    """

    def __init__(
        self, network: Network, lasts: Mapping[int, int], settings: Settings, what: Container[str], chosen: Container[str] | None = None,
        costs: Costs | None = None,
    ) -> None:  # fmt: skip
        self.costs = costs
        self.network, self.settings, self.what, self.chosen = network, settings, what, chosen
        self.memory, self.fields = Memory(network, lasts, settings), ReceptiveField(network, lasts, settings)
        self.batch = (Letter("B", settings.batch),) if settings.batch > 1 else ()
        self.explained = 0  #: operations so far
        self.letters: dict[str, str] = {}  #: kinds of layers that they are of, and what letters mean there
        inputs = [(ref.path, ref.tensor.size * settings.batch) for ref in network.inputs] if chosen is None else []
        self.sums: dict[str, list[tuple[str, int]]] = {"activations": inputs}  #: for each figure, which rows come to what
        self.most: dict[str, tuple[str, Expr]] = {}  #: where the most is alive, and what that is
        dtype, own = settings.dtype, {stated.of(settings.dtype) for stated in network.stated}
        self.scaled = dtype.grouped or any(one.grouped or one.weights != dtype.weights for one in own)  #: whether bits are added up
        self.mixed = any(width(one.activations) != width(dtype.activations) for one in own)  #: likewise, of activations
        self.bits: dict[str, list[tuple[str, int | Fraction]]] = {
            "size": [], "activations": [(path, n * width(dtype.activations)) for path, n in inputs],
        }  # fmt: skip

    def rows(self) -> Iterator[Explained]:
        """Explain the chosen operations, in execution order."""
        for step in self.network.steps():
            befores = [self.fields.fields[read] for read in step.reads]
            self.fields.follow(step)
            new = bool(self.memory.follow(step).new)
            if self.chosen is not None and step.path not in self.chosen:
                continue
            self.explained += 1
            self._meanings(step)
            lines = [*self._counts(step), *self._memory(step, new=new)]
            lines[:0] = shape(step.op) if "shape" in self.what else ()
            lines += self._field(step, befores) if "receptive_field" in self.what else ()
            lines += self.costs.lines(step) if self.costs is not None else ()
            yield Explained(
                step.path, step.type, tuple(map(str, step.op.reads)), str(step.op),
                tuple(line for line in lines if line.what in self.what),
            )  # fmt: skip

    def _meanings(self, step: Step) -> None:
        """Note what letters mean in this kind of layer, if any of them is shown."""
        content = step.entry.content
        if isinstance(content, LayerCall) and content.cls.letters and any(what in self.what for what in LETTERED):
            self.letters[content.cls.kind] = content.cls.letters

    def _counts(self, step: Step) -> Iterator[Line]:
        """Explain counts over the whole batch, and what follows from them."""
        for line in counts(step.op, step.tied):
            match line:
                case Line(name="MACs", written=Expr() as one):
                    yield self._noted(step, line._replace(written=times(*self.batch, one)))
                    yield Line("flops", "FLOPs", doubled(self._last("macs")))
                case Line(name="uncounted", written=Expr() as one):
                    yield line._replace(written=times(*self.batch, one))
                case Line(what="params", written=Expr() as own):
                    note = "; ".join(filter(None, (line.note, "frozen" if step.frozen else "")))
                    yield self._noted(step, line._replace(note=note))
                    if step.frozen:
                        self._noted(step, line._replace(what="frozen"))
                    if own.value:
                        yield from self._size(step, int(own.value))
                case _:
                    yield self._noted(step, line)

    def _size(self, step: Step, own: int) -> Iterator[Line]:
        """Explain the bytes of the weights that a row has to itself, scales included."""
        dtype = resolved(step, self.settings.dtype)
        self.bits["size"].append((step.path, weight_bits(step, self.settings.dtype)))
        count = scales(step, dtype) if dtype.grouped else 0
        if count:
            yield Line("size", "scales", in_groups(step.op, dtype, step.tied))
        yield Line("size", "size", sized(own, count, dtype), unit="bytes")

    def _memory(self, step: Step, *, new: bool) -> Iterator[Line]:
        """Explain what new storage is made, and what is alive meanwhile."""
        memory = self.memory
        if new:
            yield self._noted(step, Line("activations", "activations", times(*self.batch, Letters(step.op).elements)))
            made, precision = self._last("activations"), resolved(step, self.settings.dtype).activations
            self.bits["activations"].append((step.path, made * width(precision)))
            yield Line("activations", "bytes", in_bytes("activations", made, precision))
        else:
            kept = "a weight, no feature map" if step.op.family == WEIGHT else "in place"
            why = "a view" if is_view(step.op) else kept
            yield Line("activations", "activations", Number(0), why, quiet=True)
        alive, touched = memory.sum(memory.alive), memory.sum(memory.touched)
        yield self._largest(step, Line("peak", "alive", alive, quiet=not new))
        if self.mixed:
            self._largest(step, Line("peak", "bits", memory.bits()))
        in_out = self._largest(step, Line("peak", "in + out", touched)) if new else None
        if in_out is not None and touched.value != alive.value:
            yield in_out

    def _field(self, step: Step, befores: list[Field | None]) -> Iterator[Line]:
        """Explain the receptive field by that of what is read."""
        field = self.fields.fields.get(step.out)
        if field is None:
            return
        worked = followed(step.op, befores, field)
        if not worked and field.axes:
            yield Line("receptive_field", "R", None, "not known")
        x = self.network.inputs[field.input].tensor
        alike: dict[object, tuple[list[str], list[Recurrence]]] = {}
        for axis, figures in zip(spatial_axes(x), worked, strict=False):
            alike.setdefault(_said(figures), ([], figures))[0].append(x.names[axis])
        for names, figures in alike.values():
            axis_names = ",".join(names) if len(alike) > 1 else ""
            for name, expr, note in figures:
                yield Line("receptive_field", name, expr, note, axis_names, quiet=note.endswith(BEFORE))

    def _noted(self, step: Step, line: Line) -> Line:
        """Remember a figure for the totals."""
        if isinstance(line.written, Expr) and line.written.value:
            self.sums.setdefault(line.what, []).append((step.path, int(line.written.value)))
        return line

    def _last(self, what: str) -> int:
        """Give the figure that was noted last."""
        return self.sums[what][-1][1]

    def _largest(self, step: Step, line: Line) -> Line:
        """Remember where the most is alive."""
        if isinstance(line.written, Expr) and (line.name not in self.most or line.written.value > self.most[line.name][1].value):
            self.most[line.name] = (step.path, line.written)
        return line

    def totals(self) -> Iterator[Line]:
        """Add up, after the last operation: everything, or what was chosen if that is more than one operation."""
        if self.chosen is None or self.explained > 1:
            yield from (line for line in self._totals() if line.what in self.what)
            yield from self.costs.totals() if self.costs is not None and self.chosen is None else ()

    def _totals(self) -> Iterator[Line]:
        dtype, sums = self.settings.dtype, {what: grouped(terms) for what, terms in self.sums.items()}
        own, macs, activations = (int(sums.get(what, Number(0)).value) for what in ("params", "macs", "activations"))
        yield Line("params", "params", sums.get("params", Number(0)))
        if "frozen" in sums:
            yield Line("params", "frozen", sums["frozen"])
            trainable = Sum(((1, Letter("params", own)), (-1, Letter("frozen", sums["frozen"].value))))
            yield Line("params", "trainable", trainable)
        if "buffers" in sums:
            yield Line("buffers", "buffers", sums["buffers"])
        yield Line("macs", "MACs", sums.get("macs", Number(0)))
        yield Line("flops", "FLOPs", doubled(macs))
        yield from self._bytes("size", "size", in_bytes("params", own, dtype.weights), unit="bytes", apart=self.scaled)
        yield Line("activations", "activations", sums["activations"])
        yield from self._bytes("activations", "bytes", in_bytes("activations", activations, dtype.activations), apart=self.mixed)
        for name, called in (("alive", "peak"), ("in + out", "peak in + out")):
            if name in self.most:
                path, expr = self.most[name]
                yield Line("peak", called, expr, f"at {path}")
                if name == "alive" and not self.mixed:
                    yield Line("peak", "bytes", in_bytes("peak", int(expr.value), dtype.activations))
        if "bits" in self.most:
            path, expr = self.most["bits"]
            yield Line("peak", "peak bits", expr, f"at {path}")
            yield Line("peak", "bytes", eighth(Letter("bits", expr.value)))

    def _bytes(self, what: str, name: str, plain: Expr, *, unit: str = "", apart: bool) -> Iterator[Line]:
        """Explain the bytes of a sum: of the elements, or of the bits where rows have a precision of their own, or scales."""
        if not apart:
            yield Line(what, name, plain, unit=unit)
            return
        found = grouped(self.bits[what])
        yield Line(what, "bits", found)
        yield Line(what, name, eighth(Letter("bits", found.value)), unit=unit)


def _said(figures: Sequence[Recurrence]) -> tuple[tuple[str, str, str], ...]:
    """Give what is shown of an axis, to tell whether another one is alike."""
    return tuple((name, expr.write(TEXT.numbers) if expr is not None else "", note) for name, expr, note in figures)
