"""Each figure of each operation with its arithmetic, and the totals as the sums that they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide, Window
from archcalc.calculators.activations import WEIGHT, Activations, is_view
from archcalc.calculators.macs import macs
from archcalc.calculators.parameters import params
from archcalc.calculators.precision import bits
from archcalc.calculators.receptive_field import ReceptiveField, seen_through
from archcalc.formulas.expr import Expr, Letter, Number, Product, Ratio, Rounded, Sum, product, total
from archcalc.formulas.operation import Formula, held, made, multiplied, shape, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["WHAT", "Explained", "Explainer", "Line"]

#: What can be explained, in the order it is shown in.
WHAT = ("shape", "params", "buffers", "macs", "flops", "size", "activations", "receptive_field", "peak")


class Line(NamedTuple):
    """One figure: what it is called, how it is worked out, and what it comes to in the words of the table."""

    what: str  #: one of `WHAT`
    name: str
    expr: Expr | None
    note: str = ""  #: what the arithmetic does not say


@dataclass(frozen=True, slots=True)
class Explained:
    """One operation with its arithmetic."""

    path: str
    type: str
    reads: tuple[str, ...]  #: shapes of what is read, with the names of their axes
    output: str  #: the shape of what is made
    line: int
    source: str
    lines: tuple[Line, ...]


class Held(Activations):
    """Activations, with what is alive while an operation runs."""

    alive: tuple[tuple[int, int], ...] = ()

    def free(self, step: Step) -> None:
        """Note what is alive, then let go."""
        first: dict[int, tuple[int, int]] = {}
        for tensor, storage in self.storages.items():
            first.setdefault(id(storage), (tensor, storage.size))
        self.alive = tuple((tensor, size) for tensor, size in first.values() if size)
        super().free(step)


class Explainer:
    """Walks through a network and explains its operations, one at a time; `totals` afterwards."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.network, self.settings = network, settings
        self.memory, self.fields = Held(network, lasts, settings), ReceptiveField(network, lasts, settings)
        self.paths = {ref.id: ref.path for ref in network.inputs}
        self.sums: dict[str, list[tuple[str, int]]] = {}

    def rows(self) -> Iterator[Explained]:
        """Explain every operation, in execution order."""
        for step in self.network.steps():
            self.paths[step.out] = step.path
            place = step.entry.place
            yield Explained(
                step.path,
                step.type,
                tuple(map(str, step.op.reads)),
                str(step.op),
                place.span.line,
                place.source.name,
                tuple(self._lines(step)),
            )

    def _lines(self, step: Step) -> Iterator[Line]:
        op = step.op
        for name, expr, note in (Formula("output", None, f"{shape(op)} = {op.shape}"), *sizes(op)):
            yield Line("shape", name, expr, note)
        yield from self._learned(step)
        batch = [Letter("B", self.settings.batch)] if self.settings.batch > 1 else []
        products = multiplied(op)
        counted = products.value != 0
        if counted:
            yield self._noted(step, Line("macs", "MACs", _times(batch, products)))
            yield self._noted(step, Line("flops", "FLOPs", Product((Number(2), Letter("MACs", macs(op) * self.settings.batch)))))
        yield from self._memory(step, batch)
        yield from self._field(step)

    def _noted(self, step: Step, line: Line) -> Line:
        """Remember a figure for the totals."""
        if line.expr is not None and line.expr.value:
            self.sums.setdefault(line.what, []).append((step.path, int(line.expr.value)))
        return line

    def _learned(self, step: Step) -> Iterator[Line]:
        """Explain what is learned and kept."""
        op = step.op
        if op.weights:
            own = {name: axes for name, axes in op.weights.items() if name not in step.tied}
            note = f"{' and '.join(sorted(step.tied))} shared with an earlier layer, counted there" if step.tied else ""
            yield self._noted(step, Line("params", "params", held(op, own), note))
        if op.buffers and not step.tied:
            yield self._noted(step, Line("buffers", "buffers", held(op, op.buffers)))
        count = params(step)
        if count:
            width = bits(self.settings.dtype.weights)
            bytes_ = Ratio(Product((Letter("params", count), Letter("bits", width))), Number(8))
            yield self._noted(step, Line("size", "bytes", bytes_ if bytes_.value.denominator == 1 else Rounded(bytes_, up=True)))

    def _memory(self, step: Step, batch: list[Letter]) -> Iterator[Line]:
        """Explain what new storage is made, and what is alive meanwhile."""
        op = step.op
        figures = self.memory.row(step)
        new = figures.get("activations", 0)
        if new:
            yield self._noted(step, Line("activations", "activations", _times(batch, made(op))))
            alive = total(
                *(Product((*batch, Letter(self.paths[t], n))) if batch else Letter(self.paths[t], n) for t, n in self.memory.alive)
            )
            yield Line("peak", "alive", alive)
        else:
            why = (
                "a view of what is read"
                if is_view(op)
                else "a weight, not a feature map"
                if op.family == WEIGHT
                else "written over what is read"
            )
            yield Line("activations", "activations", Number(0), why)

    def _field(self, step: Step) -> Iterator[Line]:
        """Explain the receptive field by that of what is read."""
        befores = [self.fields.fields[read] for read in step.reads]
        self.fields.row(step)
        field = self.fields.fields[step.out]
        after = seen_through(field) if field is not None else None
        if field is None:
            return
        if after is None:
            yield Line("receptive_field", "R", None, "not known")
            return
        sources = [seen_through(before) for before in befores if before is not None and before.input == field.input]
        names = self.network.inputs[field.input].tensor.names
        axes = [name for name in names if name != "c"][: len(after)]
        worked = [
            _recurrence(step, window, [source[axis] for source in sources if source is not None]) for axis, window in enumerate(after)
        ]
        alike = len({(expr.value if expr else None, note) for expr, note in worked}) == 1
        for name, (expr, note) in zip(axes, worked[: 1 if alike else None], strict=False):
            yield Line("receptive_field", "R" if alike else f"R_{name}", expr, note)


def _times(batch: list[Letter], expr: Expr) -> Expr:
    """Multiply by the batch."""
    if not batch:
        return expr
    return Product((*batch, *expr.factors)) if isinstance(expr, Product) else product(*batch, expr)


def _recurrence(step: Step, after: Window | None, befores: list[Window | None]) -> tuple[Expr | None, str]:
    """Write `R_in + D(k - 1)·J` where one window slides over what is read; else say what happens."""
    if after is None:
        return None, "all, as before" if befores and befores[0] is None else "all: the whole axis is seen"
    smallest = f", the least {after.least}" if after.least != after.field else ""
    known = [before for before in befores if before is not None]
    if len(known) == 1 and len(known[0].lo) == 1:
        before = known[0]
        if before == after:
            return Number(after.field), "as before"
        for window in step.op.windows.values():
            if window is not None and isinstance(window.made, Slide) and len(window.lo) == 1 and before | window == after:
                grown = Product(
                    (
                        Letter("D", window.made.dilation),
                        Sum(((1, Letter("k", window.made.kernel)), (-1, Number(1)))),
                        Letter("J_in", before.step),
                    ),
                    tight=True,
                )
                return Sum(
                    ((1, Letter("R_in", before.field)), (1, grown))
                ), f"and J = J_in·S = {before.step}·{window.made.stride} = {after.stride}"
    what = "the hull of what is read" if len(known) > 1 else "by the positions that are read"
    return Number(after.field), what + smallest
