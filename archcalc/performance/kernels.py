"""The calls of kernels that a network is made of, each with its arithmetic and the bytes that it moves.

Views and what acts in training alone need no kernel. Fused, a product takes along the normalisation and the activations that follow it, if
nothing else reads what lies between; eager, each operation is a kernel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.calculators.activations import WEIGHT, elementwise, is_view
from archcalc.calculators.attention import SCORES, VALUES, inside
from archcalc.calculators.macs import macs
from archcalc.calculators.precision import held_bits, resolved, width
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.memory.graph import Bits
    from archcalc.trace import Network, Step

__all__ = ["CACHE", "Kernel", "Weights", "kernels"]

#: Families that act in training alone.
TRAINING = frozenset({"noise"})
#: What a product can take along: functions of one element, and norms whose statistics are known.
FOLDED = frozenset({"act", "norm", "scale"})
#: Kinds that put new keys behind old ones, which stay where they are.
CACHE = "copy:keys"


class Weights(Record):
    """Weights that a kernel reads, as far as it needs them: of a table the rows that are looked up, of experts those that are met."""

    bits: Bits
    elements: int
    uses: int  #: elements read for one sample, if nothing is read twice

    def read(self, batch: int) -> Fraction:
        """Give the bits that are read for a batch."""
        return Fraction(self.bits) * min(self.elements, self.uses * batch) / self.elements if self.elements else Fraction(0)


class Kernel(Record):
    """One call: figures of one sample, weights of as many as there are."""

    path: str
    types: tuple[str, ...]  #: the kinds of layers that it does
    precision: str  #: that it computes in: of what its first row makes
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


def kernels(
    network: Network, settings: Settings, *, fused: bool = True, flash: bool = False, kept: str | None = None
) -> Iterator[Kernel]:  # fmt: skip
    """List the kernels in the order of their calls; with `flash`, all of an attention's products are one.

    `kept` is the precision of keys and values that are there already, if not that of their rows.
    """
    launcher = _Launcher(network, settings, fused=fused, flash=flash, kept=kept)
    for step in network.steps():
        yield from launcher.add(step)
    yield from launcher.end()


class _Launcher:
    """Puts kernels together, one row at a time."""

    def __init__(self, network: Network, settings: Settings, *, fused: bool, flash: bool, kept: str | None) -> None:
        self.settings, self.fused, self.kept = settings, fused, kept
        self.readers = Counter(read for step in network.steps() for read in step.reads)
        self.readers.update(ref.id for ref in network.outputs)
        self.alias: dict[int, int] = {}  #: of what needs no kernel: what it is
        self.kernel: Kernel | None = None  #: the one that may still take something along
        self.made = -1  #: the tensor that it makes
        self.attention: Kernel | None = None  #: one that has met no values yet
        self.scores = inside(network.steps()) if flash else frozenset()
        self.learned: dict[int, Weights] = {}  #: tensors that are weights
        self.wide = {ref.id: width(settings.dtype.activations) for ref in network.inputs}  #: bits of an element of each tensor

    def add(self, step: Step) -> Iterator[Kernel]:
        """Take a row along, or begin a kernel with it; gives those that are done."""
        op = step.op
        if op.family in TRAINING or (is_view(op) and step.reads):
            self.alias[step.out] = self.origin(step.reads[0])
            if self.readers[step.out] and self.alias[step.out] == self.made:
                self.readers[self.made] += self.readers[step.out] - 1
            return
        dtype = resolved(step, self.settings.dtype)
        self.wide[step.out] = width(self.kept if self.kept is not None and op.kind == CACHE else dtype.activations)
        if op.family == WEIGHT:
            bits = sum(held_bits(op, name, dtype) for name in op.weights)
            self.learned[step.out] = Weights(bits, op.size, op.size)
            return
        if self.attention is not None and not self.scores.isdisjoint(step.reads):
            self.attention = self.joined(self.attention, step, self.scores)
            if op.kind == VALUES:
                yield from self.flush()
                self.kernel, self.made, self.attention = self.attention, step.out, None
        elif self.kernel is not None and self.follows(step):
            self.kernel = self.joined(self.kernel, step, {self.made})
            self.made = step.out
        elif op.kind == SCORES and step.out in self.scores:
            yield from self.end()
            self.attention = self.alone(step)
        else:
            yield from self.flush()
            self.kernel, self.made = self.alone(step), step.out

    def flush(self) -> Iterator[Kernel]:
        """Give the kernel that nothing more follows in."""
        if self.kernel is not None:
            yield self.kernel
        self.kernel, self.made = None, -1

    def end(self) -> Iterator[Kernel]:
        """Give all kernels; an attention comes after what it reads."""
        yield from self.flush()
        if self.attention is not None:
            yield self.attention
        self.attention = None

    def origin(self, tensor: int) -> int:
        """Find what a view is one of."""
        return self.alias.get(tensor, tensor)

    def follows(self, step: Step) -> bool:
        """Tell whether a row can be a part of the kernel before it."""
        op = step.op
        alone = len(step.reads) == 1 and self.origin(step.reads[0]) == self.made and self.readers[self.made] == 1
        simple = elementwise(op) and op.family in FOLDED and not op.windows
        return self.fused and alone and simple and self.kernel is not None and self.kernel.macs > 0

    def alone(self, step: Step) -> Kernel:
        """Make a kernel of one row."""
        op, dtype = step.op, resolved(step, self.settings.dtype)
        weights = [
            Weights(held_bits(op, name, dtype), op.count(axes), op.count(op.loops) if op.loops else op.size)
            for name, axes in op.weights.items()
        ]
        reads: dict[int, Bits] = {}
        for i, (read, base) in enumerate((read, self.origin(read)) for read in step.reads):
            if base in self.learned:
                weights.append(self.learned[base])
            else:
                reads[read] = seen(op, i) * self.wide[base]
        count = macs(op)
        made = sum(x.size for x in op.reads) if op.kind == CACHE else op.size  # what is there already is not moved
        return Kernel(
            step.path, (step.type,), dtype.activations, count, 0 if count else made, sum(reads.values()), made * self.wide[step.out],
            tuple(weights), op.family == "declared" and not count, reads, (step.path,),
        )  # fmt: skip

    def joined(self, kernel: Kernel, step: Step, between: Collection[int]) -> Kernel:
        """Take a row along: what lies between is not moved."""
        own = self.alone(step)
        more = {read: size for read, size in own.reads.items() if self.origin(read) not in between and read not in kernel.reads}
        return replace(
            kernel, types=(*kernel.types, *own.types), macs=kernel.macs + own.macs, elementwise=kernel.elementwise + own.elementwise,
            read=kernel.read + sum(more.values()), written=own.written, weights=(*kernel.weights, *own.weights),
            reads={**kernel.reads, **more}, members=(*kernel.members, *own.members),
        )  # fmt: skip


def seen(op: Op, i: int) -> int:
    """Count the elements that an operation meets of what it reads: of keys and values, those in the window of some query."""
    x, window = op.reads[i], op.windows.get("M>N")
    if i == 0 or window is None or op.kind not in {SCORES, VALUES}:
        return x.size
    keys = x.shape[-2]
    first, last = max(window.sees(0)[0], 0), min(window.sees(window.out - 1)[1], keys - 1)
    return x.size // keys * (last - first + 1)
