"""The rows of a network as autograd sees them: what each reads, makes and keeps, and what has a gradient."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.activations import VIEW, WEIGHT
from archcalc.calculators.attention import SCORES, VALUES
from archcalc.record import Record
from archcalc.training.saved import Saved, saved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.memory.graph import Bits
    from archcalc.trace import Network, Step

__all__ = ["Kept", "Row", "Tape", "Widths"]


class Widths(NamedTuple):
    """Bits of numbers."""

    activation: Bits = 32
    gradient: Bits = 32  #: of a weight
    mask: Bits = 8  #: of an element that dropout keeps or drops
    stat: int = 32
    integer: int = 64


class Kept(Record):
    """What autograd keeps, in elements over the whole batch, each storage once."""

    floats: int = 0
    masks: int = 0
    stats: int = 0
    indices: int = 0

    def bits(self, widths: Widths) -> Bits:
        """Give the room that it takes."""
        return self.floats * widths.activation + self.masks * widths.mask + self.stats * widths.stat + self.indices * widths.integer


class Row(Record):
    """A row with what it reads and makes as values; a view reads and makes the same one."""

    step: Step
    reads: tuple[int, ...]  #: for each operand
    made: int
    keeps: Saved
    needs: bool  #: whether its output has a gradient
    trained: Mapping[str, int]  #: elements of each of its trained weights
    own: tuple[int, ...]  #: and of those among them that no earlier row has

    @property
    def view(self) -> bool:
        """Whether it makes nothing of its own."""
        return self.made in self.reads or self.step.op.family == WEIGHT

    def beside(self, batch: int) -> Kept:
        """Say what it keeps that it neither read nor made."""
        it = self.keeps
        return Kept(it.floats * batch, it.masks * batch, it.stats * batch + it.fixed, it.indices * batch)

    def kept(self) -> tuple[int, ...]:
        """Give the values that it keeps."""
        reads = [self.reads[i] for i in self.keeps.reads]
        return tuple(dict.fromkeys([*reads, self.made] if self.keeps.made else reads))


class Tape(Record, frozen=False):
    """Rows, and the values between them."""

    batch: int
    flash: bool = False  #: whether scores of attention are never kept, nor made as a whole
    rows: list[Row] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  #: for each value, the row that makes it
    sizes: list[int] = field(default_factory=list)  #: and its elements over the batch
    grads: set[int] = field(default_factory=set)  #: values that have a gradient
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  #: rows of which it is not known what they keep
    scores: set[int] = field(default_factory=set)  #: values that are scores of attention, or made of them

    @classmethod
    def of(cls, network: Network, batch: int, *, flash: bool = False) -> Tape:
        """Record a network."""
        tape = cls(batch, flash)
        of: dict[int, int] = {}
        for ref in network.inputs:
            of[ref.id] = tape.value(ref.path, ref.tensor.size)
            tape.inputs.append(of[ref.id])
        for step in network.steps():
            of[step.out] = tape.add(step, tuple(of[read] for read in step.reads))
        tape.outputs = list(dict.fromkeys(of[ref.id] for ref in network.outputs))
        return tape

    def value(self, name: str, size: int) -> int:
        """Make a value of so many elements for each sample."""
        self.names.append(name)
        self.sizes.append(size * self.batch)
        return len(self.names) - 1

    def add(self, step: Step, reads: tuple[int, ...]) -> int:
        """Record a row, and give the value that it makes."""
        op = step.op
        trained = {} if step.frozen else {name: op.count(axes) for name, axes in op.weights.items()}
        needs = bool(trained) or any(read in self.grads for read in reads)
        keeps = saved(step) if needs else Saved()
        if keeps is not None and keeps.mutual:
            keeps = keeps._replace(reads=tuple(i for i in keeps.reads if self.grads.intersection(reads[:i] + reads[i + 1 :])))
        scores = self.flash and (op.kind == SCORES or any(read in self.scores for read in reads))
        if scores and keeps is not None:
            keeps = self.fused(step, reads, keeps)
        unmade = op.family == WEIGHT or (scores and op.kind != VALUES)
        made = reads[0] if op.family == VIEW and reads else self.value(step.path, 0 if unmade else op.size)
        if scores and op.kind != VALUES:
            self.scores.add(made)
        if needs:
            self.grads.add(made)
        if keeps is None:
            self.unknown.append(step.path)
        own = tuple(n for name, n in trained.items() if name not in step.tied)
        self.rows.append(Row(step, reads, made, keeps or Saved(), needs, trained, own))
        return made

    def fused(self, step: Step, reads: tuple[int, ...], keeps: Saved) -> Saved:
        """Say what a row of attention keeps where one kernel does it all (Dao et al. 2022): queries, keys, values, the output, and one
        number for each query and head.
        """
        if step.op.kind == SCORES:
            return keeps
        if step.op.kind != VALUES:
            return Saved()
        weights = step.op.reads[0]
        others = tuple(i for i, read in enumerate(reads) if read not in self.scores)
        return Saved(reads=others, made=True, stats=weights.size // weights.shape[-1])

    def kept(self) -> Kept:
        """Add up what is kept; values that several rows keep count once."""
        values = {value for row in self.rows for value in row.kept()}
        extras = [row.beside(self.batch) for row in self.rows]
        return Kept(
            sum(self.sizes[v] for v in values) + sum(extra.floats for extra in extras),
            sum(extra.masks for extra in extras), sum(extra.stats for extra in extras), sum(extra.indices for extra in extras),
        )  # fmt: skip
