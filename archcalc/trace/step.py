"""What a trace is made of: tensors, the steps that make them, and the promises that they are counted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.algebra import Op, Tensor
    from archcalc.calculators.precision import Stated
    from archcalc.spec.document import Entry, Promise

__all__ = ["Ref", "Row", "Step", "Watch"]


class Ref(NamedTuple):
    """A tensor in the network."""

    id: int
    tensor: Tensor
    path: str


class Row(NamedTuple):
    """A row of a layer with its wiring: indices into the layer's inputs, then its earlier rows."""

    role: str
    type: str
    op: Op
    wires: tuple[int, ...]
    result: str = ""  #: what it is reached by, beside the layer's output


class Watch(Record, eq=False):
    """An expectation beside an entry: all steps made under it carry it."""

    path: str
    promises: tuple[Promise, ...]
    shapes: Mapping[str, tuple[int, ...]]


class Step(NamedTuple):
    """One operation in the network."""

    path: str
    type: str
    op: Op
    reads: tuple[int, ...]  #: ids of the tensors that the operation reads
    out: int  #: id of the tensor it makes; ids count on from the inputs
    group: str | None
    entry: Entry
    tied: frozenset[str] = frozenset()  #: weights and buffers that are an earlier step's
    frozen: bool = False
    watches: tuple[Watch, ...] = ()
    result: str = ""  #: what its tensor is reached by, beside the output of the layer that it is a row of
    precision: Stated | None = None  #: what the entries that it stands in state; the innermost first
