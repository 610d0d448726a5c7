"""The calls of kernels that a network is made of, each with its arithmetic and the bytes that it moves.

Views and what acts in training alone need no kernel. Fused, a product takes along the normalisation and the activations that follow it, if
nothing else reads what lies between; eager, each operation is a kernel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.calculators.activations import VIEW, WEIGHT, elementwise, is_view
from archcalc.calculators.macs import macs
from archcalc.calculators.precision import held_bits, resolved, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.calculators import Settings
    from archcalc.memory.graph import Bits
    from archcalc.trace import Network, Step

__all__ = ["Kernel", "Weights", "kernels"]

#: Families that act in training alone.
TRAINING = frozenset({"noise"})
#: What a product can take along: functions of one element, and norms whose statistics are known.
FOLDED = frozenset({"act", "norm", "scale"})
#: Where attention begins and ends.
SCORES, VALUES = "matmul:scores", "matmul:values"
#: Kinds that put new keys behind old ones, which stay where they are.
CACHE = "copy:keys"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that a kernel reads, as far as it needs them: of a table the rows that are looked up, of experts those that are met."""

    bits: Bits
    elements: int
    uses: int  #: elements read for one sample, if nothing is read twice

    def read(self, batch: int) -> Fraction:
        """Give the bits that are read for a batch."""
        return Fraction(self.bits) * min(self.elements, self.uses * batch) / self.elements if self.elements else Fraction(0)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One call: figures of one sample, weights of as many as there are."""

    path: str
    types: tuple[str, ...]  #: the kinds of layers that it does
    precision: str  #: that it computes in: of what it makes
    macs: int = 0
    elementwise: int = 0  #: operations beside multiply-accumulates: one for each element made
    read: Bits = 0  #: bits of tensors
    written: Bits = 0
    weights: tuple[Weights, ...] = ()
    unknown: bool = False  #: whether its work is not known
    reads: Mapping[int, Bits] = field(default_factory=dict, compare=False)  #: the tensors, for what follows
    members: tuple[str, ...] = ()  #: the rows that it does

    def operations(self, batch: int) -> int:
        """Give its arithmetic: a multiply-accumulate is two operations."""
        return (2 * self.macs + self.elementwise) * batch

    def moved(self, batch: int) -> Fraction:
        """Give the bits that it moves: what it reads, its weights, what it writes."""
        return self.weighed(batch) + batch * Fraction(self.read + self.written)

    def weighed(self, batch: int) -> Fraction:
        """Give the bits of its weights that are read."""
        return sum((one.read(batch) for one in self.weights), Fraction(0))


def kernels(network: Network, settings: Settings, *, fused: bool = True, flash: bool = False) -> Iterator[Kernel]:
    """List the kernels in the order of their calls; with `flash`, all of an attention's products are one."""
    launcher = _Launcher(network, settings, fused=fused, flash=flash)
    for step in network.steps():
        yield from launcher.add(step)
    yield from launcher.flush()


class _Launcher:
    """Puts kernels together, one row at a time."""

    def __init__(self, network: Network, settings: Settings, *, fused: bool, flash: bool) -> None:
        self.settings, self.fused, self.flash = settings, fused, flash
        self.readers = Counter(read for step in network.steps() for read in step.reads)
        self.readers.update(ref.id for ref in network.outputs)
        self.alias: dict[int, int] = {}  #: of what needs no kernel: what it is
        self.kernel: Kernel | None = None  #: the one that may still take something along
        self.made = -1  #: the tensor that it makes
        self.open = False  #: whether it is an attention that goes on
        self.scores: set[int] = set()

    def add(self, step: Step) -> Iterator[Kernel]:
        """Take a row along, or begin a kernel with it; gives those that are done."""
        op = step.op
        if op.family in TRAINING or (is_view(op) and step.reads):
            self.alias[step.out] = self.origin(step.reads[0])
            if self.readers[step.out] and self.alias[step.out] == self.made:
                self.readers[self.made] += self.readers[step.out] - 1
            if self.alias[step.out] in self.scores:
                self.scores.add(step.out)
            return
        if op.family in {WEIGHT, VIEW}:
            return
        if self.kernel is not None and self.follows(step):
            self.kernel = self.joined(self.kernel, step)
            self.made = step.out
            return
        yield from self.flush()
        self.kernel, self.made = self.alone(step), step.out
        if self.flash and op.kind == SCORES:
            self.scores.add(step.out)

    def flush(self) -> Iterator[Kernel]:
        """Give the kernel that nothing more follows in."""
        if self.kernel is not None:
            yield self.kernel
        self.kernel, self.made = None, -1

    def origin(self, tensor: int) -> int:
        """Find what a view is one of."""
        return self.alias.get(tensor, tensor)

    def follows(self, step: Step) -> bool:
        """Tell whether a row can be a part of the kernel before it."""
        op = step.op
        if self.flash and any(self.origin(read) in self.scores for read in step.reads):
            if op.kind != VALUES:
                self.scores.add(step.out)
            return True
        alone = len(step.reads) == 1 and self.origin(step.reads[0]) == self.made and self.readers[self.made] == 1
        simple = elementwise(op) and op.family in FOLDED and not op.windows
        return self.fused and alone and simple and self.kernel is not None and self.kernel.macs > 0

    def alone(self, step: Step) -> Kernel:
        """Make a kernel of one row."""
        op, dtype = step.op, resolved(step, self.settings.dtype)
        wide = width(dtype.activations)
        reads = {read: x.size * wide for read, x in zip(step.reads, op.reads, strict=True)}
        written = op.size * wide
        if op.kind == CACHE:  # what is there already is not moved
            written = sum(reads.values())
        count = macs(op)
        weights = tuple(
            Weights(held_bits(op, name, dtype), op.count(axes), op.count(op.loops) if op.loops else op.size)
            for name, axes in op.weights.items()
        )
        return Kernel(
            step.path, (step.type,), dtype.activations, count, 0 if count else op.size, sum(reads.values()), written, weights,
            op.family == "declared", reads, (step.path,),
        )  # fmt: skip

    def joined(self, kernel: Kernel, step: Step) -> Kernel:
        """Take a row along: what lies between is not moved."""
        own = self.alone(step)
        between = {self.origin(read) for read in step.reads} & {self.made, *self.scores}
        more = {read: size for read, size in own.reads.items() if self.origin(read) not in between and read not in kernel.reads}
        return replace(
            kernel, types=(*kernel.types, *own.types), macs=kernel.macs + own.macs, elementwise=kernel.elementwise + own.elementwise,
            read=kernel.read + sum(more.values()), written=own.written, weights=(*kernel.weights, *own.weights),
            reads={**kernel.reads, **more}, precision=own.precision, members=(*kernel.members, *own.members),
        )  # fmt: skip
