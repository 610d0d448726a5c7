"""A figure of one operation as somebody may have worked it out: sums of products of axes, with sizes that may be wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import axes_of
from archcalc.calculators.macs import PAPER
from archcalc.calculators.precision import bits
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.grading.ledger import Ledger, Part

__all__ = [
    "BATCH",
    "COUNTED",
    "LEARNED",
    "MULTIPLIED",
    "Rule",
    "Sketch",
    "Term",
    "kernel",
    "made_anew",
    "places",
    "sketch",
    "steps_over",
    "whole",
]

#: The axis of samples.
BATCH = "B·"
#: Figures that are sums over operations: what is learned, what is multiplied, what is made.
LEARNED = ("params", "trainable", "frozen", "model_size_bytes")
MULTIPLIED = ("macs", "flops")
COUNTED = (*LEARNED, *MULTIPLIED, "buffers", "activations")


class Term(NamedTuple):
    """A product of axes."""

    name: str
    axes: tuple[str, ...]


class Sketch(Record):
    """One figure of one operation."""

    quantity: str
    part: Part
    graph: Ledger
    terms: tuple[Term, ...]
    sizes: Mapping[str, int | Fraction]
    factor: Fraction = Fraction(1)

    @property
    def op(self) -> Op:
        """The operation."""
        return self.part.step.op

    @property
    def value(self) -> Fraction:
        """What it comes to."""
        return self.factor * sum(prod([self.sizes[axis] for axis in term.axes]) for term in self.terms)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that is made."""
        return tuple(int(prod([self.sizes[axis] for axis in dim])) for dim in self.op.dims[1])

    def with_(self, terms: Iterable[Term]) -> Sketch | None:
        """Give the same with other terms, if they are others."""
        new = tuple(terms)
        return replace(self, terms=new) if new != self.terms else None

    def sized(self, **sizes: int | Fraction) -> Sketch | None:
        """Give the same with other sizes, if they are others."""
        return replace(self, sizes={**self.sizes, **sizes}) if any(self.sizes.get(axis) != n for axis, n in sizes.items()) else None

    def swapped(self, axes: Mapping[str, Iterable[str]]) -> Sketch | None:
        """Give the same with other axes in the place of some."""
        return self.with_(Term(t.name, tuple(b for a in t.axes for b in axes.get(a, (a,)))) for t in self.terms)

    def times(self, factor: Fraction | int) -> Sketch:
        """Multiply."""
        return replace(self, factor=self.factor * factor)


class Rule(NamedTuple):
    """A mistake in the arithmetic of one operation."""

    id: str
    said: str  #: as a sentence
    change: Callable[[Sketch], Sketch | None]  #: gives nothing where the mistake cannot be made
    rank: int = 3  #: the lowest is the plainest
    pairs: bool = True  #: whether it is often made together with another one
    repeats: bool = True  #: whether there may be several layers that it is made in


def sketch(quantity: str, part: Part, graph: Ledger, sizes: Mapping[str, int | Fraction] | None = None) -> Sketch:
    """Work a figure out as it is right; `sizes` are those of its axes, if they are others."""
    settings = graph.run.settings
    known = {**(sizes or part.step.op.sizes), BATCH: settings.batch}
    return Sketch(quantity, part, graph, tuple(_terms(quantity, part, settings)), known, _factor(quantity, settings))


def _terms(quantity: str, part: Part, settings: Settings) -> Iterable[Term]:
    step, op = part.step, part.step.op
    batch = (BATCH,) if settings.batch > 1 else ()
    if quantity == "buffers" and not step.tied:
        yield from (Term(name, axes_of(axes)) for name, axes in op.buffers.items())
    elif quantity in LEARNED and (quantity not in {"trainable", "frozen"} or step.frozen is (quantity == "frozen")):
        yield from (Term(name, axes_of(axes)) for name, axes in op.weights.items() if name not in step.tied)
    elif quantity in MULTIPLIED and op.loops and op.family in PAPER:
        yield Term("loops", (*batch, *axes_of(op.loops)))
    elif quantity == "activations" and part.row.activations:
        yield Term("made", (*batch, *(axis for dim in op.dims[1] for axis in dim)))


def _factor(quantity: str, settings: Settings) -> Fraction:
    if quantity == "model_size_bytes":
        return bits(settings.dtype.weights) / 8
    return Fraction(2 if quantity == "flops" else 1)


def whole(op: Op, axis: str) -> str | None:
    """Give the axis that this one is a group's share of: `C_in` for `C_in/G`."""
    name = axis.rpartition("/")[0]
    return name if name in op.sizes else None


def kernel(op: Op) -> tuple[str, ...]:
    """List the axes of a kernel."""
    return tuple(axis for axis in op.sizes if axis.startswith("k_"))


def places(op: Op) -> dict[str, str]:
    """Say from which axis a window leads to which: `{"H_out": "H_in"}`."""
    routes = (route.split(">") for route, window in op.windows.items() if window is not None)
    return {after: before for before, after in routes if before != after}


def made_anew(op: Op) -> tuple[str, ...]:
    """List the axes that an operation makes: neither read nor led to by a window; the features of a convolution."""
    operands, out = op.dims
    read = {axis for operand in operands for dim in operand for axis in dim}
    return tuple(axis for dim in out for axis in dim if axis not in read and axis not in places(op))


def steps_over(op: Op) -> bool:
    """Tell whether what is made is passed on as it is: elementwise operations and views of one input of the same shape."""
    return len(op.reads) == 1 and op.shape == op.reads[0].shape and not op.windows and not op.loops
