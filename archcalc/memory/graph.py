"""A network as memory sees it: values that take room, and tasks that read some and make others.

Views are no values and no tasks: who reads one reads what it is a view of. Sizes are in bits, which are whole numbers but for
precisions such as 1.58.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from archcalc.calculators.activations import WEIGHT, elementwise, is_view
from archcalc.calculators.precision import resolved, weight_bits, width
from archcalc.layers import meant
from archcalc.options import INPUTS, REUSE
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.trace import Network, Ref, Step

__all__ = ["INDEXED_POOLS", "INDICES", "Bits", "Graph", "Rules", "Task", "Value", "octets", "size_of", "weights_of"]

Bits = int | Fraction

#: Bits of an index that max pooling keeps for each value it makes, as in PyTorch.
INDICES = 64
INDEXED_POOLS = frozenset({"pool:max", "pool:adaptive_max", "pool:global_max"})


class Rules(Record):
    """What is counted, and what may write over its input."""

    inputs: str = INPUTS[0]
    indices: bool = False  #: whether max pooling makes indices beside its output
    reuse: str = REUSE[0]

    def __post_init__(self) -> None:
        for word, words in ((self.inputs, INPUTS), (self.reuse, REUSE)):
            if word not in words:
                raise ValueError(f"there is no `{word}`: {meant(word, words) or 'there are ' + ', '.join(words)}")

    def allows(self, reuse: str) -> bool:
        """Tell whether a way to write over inputs is allowed."""
        return REUSE.index(reuse) <= REUSE.index(self.reuse)


class Value(Record):
    """What takes room from the task that makes it to the last one that reads it."""

    name: str
    bits: Bits
    what: str = "activation"
    kept: bool = False  #: never written over: inputs, weights
    out: bool = False  #: needed to the end


class Task(Record):
    """One operation that makes something new, or writes over what it reads."""

    name: str
    kind: str
    reads: tuple[int, ...]  #: values, each once
    makes: tuple[int, ...]
    touched: Bits = 0  #: what it reads, views counted as they are
    over: tuple[int, ...] = ()  #: of what it reads, what its output may take the place of
    workspace: Bits = 0  #: room that it needs while it runs
    shrinks: bool = False  #: whether what it took the place of becomes as small as its output

    def room(self, *, taken: bool) -> Bits:
        """Give the workspace; one that writing over needs is needed then alone."""
        return self.workspace if taken or not self.shrinks else 0

    def fits(self, size: Bits, held: Bits) -> bool:
        """Tell whether a value's place can be taken; of several, one that is no larger than the value."""
        return len(self.over) == 1 or size == held


class Graph(Record, slots=False):
    """Values, and tasks in the listed order."""

    values: Sequence[Value]
    tasks: Sequence[Task]
    inputs: Sequence[int] = ()  #: values that are there before the first task

    @cached_property
    def readers(self) -> tuple[tuple[int, ...], ...]:
        """For each value, the tasks that read it."""
        found: list[list[int]] = [[] for _ in self.values]
        for i, task in enumerate(self.tasks):
            for read in task.reads:
                found[read].append(i)
        return tuple(map(tuple, found))

    @cached_property
    def makers(self) -> Mapping[int, int]:
        """For each value that is made, the task that makes it."""
        return {value: i for i, task in enumerate(self.tasks) for value in task.makes}

    @classmethod
    def of(cls, network: Network, settings: Settings, rules: Rules | None = None) -> Graph:
        """Draw the graph of a whole network."""
        steps = list(network.steps())
        return drawn(steps, network.inputs, {ref.id for ref in network.outputs}, settings, rules or Rules())


def octets(size: Bits) -> int:
    """Give the bytes that bits take, rounded up once."""
    return ceil(Fraction(size) / 8) if isinstance(size, Fraction) else -(-size // 8)


def weights_of(network: Network, settings: Settings) -> int:
    """Give the bytes of all weights, scales and zero points included."""
    return octets(sum((weight_bits(step, settings.dtype) for step in network.steps()), Fraction(0)))


def size_of(step: Step, settings: Settings) -> Bits:
    """Give the bits of what a row makes, over the whole batch."""
    return step.op.size * settings.batch * width(resolved(step, settings.dtype).activations)


def drawn(
    steps: Iterable[Step], inputs: Iterable[Ref], outputs: Iterable[int], settings: Settings, rules: Rules,
    sizes: Callable[[Step], Bits] | None = None, made: tuple[Ref, Bits] | None = None,
) -> Graph:  # fmt: skip
    """Draw the graph of some steps, which read these inputs, and what was `made` before them, with its bits.

    `sizes` gives the bits of what each step makes, where they are others.
    """
    artist = _Artist(settings, rules, frozenset(outputs), sizes or (lambda step: size_of(step, settings)))
    for ref in inputs:
        artist.bring(ref)
    if made is not None:
        ref, size = made
        artist.inputs.append(artist.note(ref.id, Value(ref.path, size), Fraction(size) / (ref.tensor.size * settings.batch)))
    for step in steps:
        artist.add(step)
    return artist.graph()


class _Artist:
    """Draws a graph, one step at a time."""

    def __init__(self, settings: Settings, rules: Rules, outputs: frozenset[int], sizes: Callable[[Step], Bits]) -> None:
        self.settings, self.rules, self.outputs, self.sizes = settings, rules, outputs, sizes
        self.values: list[Value] = []
        self.tasks: list[Task] = []
        self.inputs: list[int] = []
        self.of: dict[int, int] = {}  #: for each tensor, the value that it is or is a view of
        self.room: dict[int, Bits] = {}  #: the bits of each tensor, a view's own
        self.width: dict[int, Bits] = {}  #: the bits of one element of each value
        self.ends: set[int] = set()  #: values that are needed to the end

    def graph(self) -> Graph:
        """Give what was drawn."""
        values = [Value(v.name, v.bits, v.what, v.kept, out=i in self.ends) for i, v in enumerate(self.values)]
        return Graph(tuple(values), tuple(self.tasks), tuple(self.inputs))

    def bring(self, ref: Ref) -> None:
        """Bring an input along."""
        wide = width(self.settings.dtype.activations)
        size = 0 if self.rules.inputs == "elsewhere" else ref.tensor.size * self.settings.batch * wide
        self.inputs.append(self.note(ref.id, Value(ref.path, size, "input", kept=True), wide))
        if self.rules.inputs == "kept":
            self.ends.add(self.of[ref.id])

    def note(self, tensor: int, value: Value, wide: Bits = 0) -> int:
        """Note which value a tensor is, and how many bits an element of it has."""
        self.of[tensor], self.room[tensor] = len(self.values), value.bits
        self.width[len(self.values)] = wide
        self.values.append(value)
        if tensor in self.outputs:
            self.ends.add(self.of[tensor])
        return self.of[tensor]

    def add(self, step: Step) -> None:
        """Add a step: a task, unless it is a view or a weight."""
        op = step.op
        if is_view(op) and step.reads:
            base = self.of[step.out] = self.of[step.reads[0]]
            self.room[step.out] = min(self.sizes(step), self.values[base].bits)
            if step.out in self.outputs:
                self.ends.add(base)
            return
        if op.family == WEIGHT:
            self.note(step.out, Value(step.path, 0, "weight", kept=True))
            return
        reads = tuple(dict.fromkeys(self.of[read] for read in step.reads))
        over, workspace, shrinks = self.places(step)
        made = self.note(step.out, Value(step.path, self.sizes(step)), self.wide(step))
        if self.rules.indices and op.kind in INDEXED_POOLS:
            workspace += op.size * self.settings.batch * INDICES
        self.tasks.append(Task(step.path, op.kind, reads, (made,), self.touched(step), over, workspace, shrinks))

    def touched(self, step: Step) -> Bits:
        """Add up what a step reads; two views of one value are no more than the value."""
        found: dict[int, Bits] = {}
        for read in dict.fromkeys(step.reads):
            base = self.of[read]
            found[base] = min(found.get(base, 0) + self.room[read], self.values[base].bits)
        return sum(found.values())

    def places(self, step: Step) -> tuple[tuple[int, ...], Bits, bool]:
        """Say which values a step may write over, which room it needs for that, and whether the rest becomes free."""
        op = step.op
        if elementwise(op):
            over: tuple[int, ...] = (self.of[step.reads[0]],)
            return self.writable(over, step), 0, False
        if self.rules.allows("add") and op.kind == "merge:add":
            over = tuple(self.of[read] for read, x in zip(step.reads, op.reads, strict=True) if x.shape == op.shape)
            return tuple(v for v in self.writable(over, step) if self.values[v].bits == self.sizes(step)), 0, False
        if self.rules.allows("depthwise") and depthwise(op):
            over = self.writable((self.of[step.reads[0]],), step)
            return over, (self.sizes(step) // op.shape[0] if over else 0), True
        return (), 0, False

    def wide(self, step: Step) -> Bits:
        """Give the bits of an element of what a step makes."""
        return width(resolved(step, self.settings.dtype).activations)

    def writable(self, values: Iterable[int], step: Step) -> tuple[int, ...]:
        """Leave out what is never written over, what has too little room, and what has elements of another width."""
        fits = (v for v in values if self.values[v].bits >= self.sizes(step) and self.width[v] == self.wide(step))
        return tuple(v for v in fits if not self.values[v].kept)


def depthwise(op: Op) -> bool:
    """Tell whether each channel is made of the same one alone, so that one after the other can be written over."""
    return op.family == "conv" and op.sizes.get("C_in/G") == 1 and op.shape[0] == op.reads[0].shape[0]
