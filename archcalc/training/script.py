"""A step of training as tasks: the forward pass, then the backward pass in reverse, for memory to be followed through.

A gradient is as large as what it belongs to. Where several operations contribute to one, it is added up in place, unless it is another
value's too: additions, concatenations and views hand theirs on as it is. Gradients of weights stay to the end; those of weights that rows
share are added up too, and not in place where the first is a view of a product, as it is of dense layers. A segment that runs again keeps
nothing in the forward pass but what it reads, and is worked out once more before its backward pass (Chen et al. 2016,
https://arxiv.org/abs/1604.06174).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.activations import elementwise
from archcalc.memory.graph import Graph, Task, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.memory.graph import Bits
    from archcalc.training.tape import Row, Tape, Widths

__all__ = ["Segment", "script"]

#: Kinds that hand the gradient of their output on as it is, or parts of it.
PASSING = frozenset({"merge:add", "merge:concat"})
#: Kinds whose gradient of what is broadcast is a product as large as their output, before it is summed.
SUMMED = frozenset({"merge:multiply", "scale"})
#: What the tensors of a step are.
ACTIVATION, KEPT, GRADIENT, WEIGHT_GRADIENT = "activation", "kept", "gradient", "weight gradient"


class Segment(NamedTuple):
    """Rows that follow each other."""

    start: int
    stop: int
    again: bool = False  #: whether they keep nothing, and run once more before their backward pass


def script(tape: Tape, widths: Widths, segments: Sequence[Segment] = ()) -> Graph:
    """Write the tasks of one step down; without segments everything is kept."""
    author = _Author(tape, widths)
    segments = segments or [Segment(0, len(tape.rows))]
    now = {value: author.new(tape.names[value], tape.sizes[value] * widths.activation, "input") for value in tape.inputs}
    inputs = tuple(now.values())
    kept: dict[int, tuple[int, ...]] = {}
    for start, stop, again in segments:
        for i in range(start, stop):
            author.forward(i, now, {} if again else kept)
    author.lost(now)
    for start, stop, again in reversed(segments):
        then = dict(now)
        for i in range(start, stop) if again else ():
            author.forward(i, then, kept, repeated=True)
        for i in reversed(range(start, stop)):
            author.backward(tape.rows[i], kept.get(i, ()))
    author.finished()
    return Graph(tuple(author.values), tuple(author.tasks), inputs)


class _Author:
    """Writes tasks, one row at a time."""

    def __init__(self, tape: Tape, widths: Widths) -> None:
        self.tape, self.widths = tape, widths
        self.values: list[Value] = []
        self.tasks: list[Task] = []
        self.grads: dict[int, int] = {}  #: for each value of the tape, its gradient so far
        self.missing = Counter(n for row in tape.rows for n in row.own)  #: how many weights of a size have no gradient yet
        self.weights: dict[int, list[int]] = {}  #: the gradients of those that have one
        self.turned: set[int] = set()  #: those that are a view, to which nothing can be added in place

    def new(self, name: str, bits: Bits, what: str, *, out: bool = False) -> int:
        """Make something that takes room."""
        self.values.append(Value(name, bits, what, kept=what == "input", out=out or what == "input"))
        return len(self.values) - 1

    def task(self, name: str, reads: Iterable[int], makes: Iterable[int], over: tuple[int, ...] = ()) -> None:
        self.tasks.append(Task(name, "", tuple(dict.fromkeys(reads)), tuple(makes), over=over))

    def forward(self, i: int, now: dict[int, int], kept: dict[int, tuple[int, ...]], *, repeated: bool = False) -> None:
        """Run a row, and note what it keeps; `now` are the values that there are."""
        row, widths = self.tape.rows[i], self.widths
        name = f"{row.step.path} (again)" if repeated else row.step.path
        if not row.view:
            reads = [now[read] for read in row.reads]
            out = row.made in self.tape.outputs and not repeated
            made = self.new(name, self.tape.sizes[row.made] * widths.activation, ACTIVATION, out=out)
            extra = row.beside(self.tape.batch).bits(widths)
            own = [self.new(name, extra, KEPT)] if extra else []
            over = (reads[0],) if elementwise(row.step.op) and not self.values[reads[0]].kept else ()
            self.task(name, reads, [made, *own], over)
            now[row.made] = made
            kept[i] = (*own, *(now[value] for value in row.kept()))
        else:
            now.setdefault(row.made, self.new(name, 0, ACTIVATION))
            kept[i] = tuple(now[value] for value in row.kept())

    def lost(self, now: dict[int, int]) -> None:
        """Begin the backward pass with gradients of what comes out."""
        outputs = [value for value in self.tape.outputs if value in self.tape.grads]
        for value in outputs:
            self.grads[value] = self.gradient(value)
        self.task("loss", [now[value] for value in self.tape.outputs], [self.grads[value] for value in outputs])

    def gradient(self, value: int) -> int:
        """Make a gradient, or one more contribution to it."""
        return self.new(f"gradient of {self.tape.names[value]}", self.tape.sizes[value] * self.widths.activation, GRADIENT)

    def backward(self, row: Row, kept: tuple[int, ...]) -> None:
        """Run the backward pass of a row, if anybody wants its gradient."""
        if not row.needs or row.made not in self.grads or (row.view and not row.trained):
            return
        mine = self.grads.pop(row.made)
        reads, makes, sums = [mine, *kept], [], []
        for value in dict.fromkeys(row.reads):
            if value not in self.tape.grads:
                continue
            more = mine if self.passes(row, value) else self.gradient(value)
            makes += [more] if more != mine else []
            before = self.grads.setdefault(value, more)
            if before != more:
                reads.append(before)
                sums += [(value, before, more)] if self.shared(before) else []
        makes += [self.gradient(row.made)] if self.summed(row) else []
        learned = {name: self.learned(row, n) for name, n in row.trained.items()}
        self.task(f"backward of {row.step.path}", reads, [*makes, *learned.values()])
        for value, before, more in sums:
            self.grads[value] = self.gradient(value)
            self.task(f"sum of gradients of {self.tape.names[value]}", (before, more), [self.grads[value]])
        for name, made in learned.items():
            self.collect(row, name, made)

    def summed(self, row: Row) -> bool:
        """Tell whether something that a product broadcasts has a gradient."""
        sizes = self.tape.sizes
        smaller = any(sizes[value] < sizes[row.made] for value in row.reads if value in self.tape.grads)
        return row.step.op.kind in SUMMED and (smaller or bool(row.trained))

    def learned(self, row: Row, n: int) -> int:
        """Make the gradient of a row's weights, so many."""
        return self.new(f"gradient of the weights of {row.step.path}", n * self.widths.gradient, WEIGHT_GRADIENT)

    def collect(self, row: Row, name: str, made: int) -> None:
        """Keep the gradient of a row's weights, or add it to that of another row which shares them: of several as large, the oldest."""
        n = row.trained[name]
        there = self.weights.setdefault(n, [])
        if self.missing[n]:
            self.missing[n] -= 1
            self.turned |= {made} if row.step.op.family == "linear" and name == "weight" else set()
        else:
            before = there.pop(0)
            total = self.learned(row, n) if before in self.turned else before
            if total != before:
                self.task(f"sum of gradients of the weights of {row.step.path}", (before, made), [total])
            made = total
        there.append(made)

    def finished(self) -> None:
        """End with all gradients of weights, for the optimizer."""
        self.task("optimizer", [one for some in self.weights.values() for one in some], ())

    def shared(self, gradient: int) -> bool:
        """Tell whether a gradient is several values', so that nothing can be added to it in place."""
        return sum(1 for one in self.grads.values() if one == gradient) > 1

    def passes(self, row: Row, value: int) -> bool:
        """Tell whether the gradient of what a row makes, or a part of it, is that of a value that it reads."""
        kind, sizes = row.step.op.kind, self.tape.sizes
        return kind in PASSING and (kind != "merge:add" or sizes[value] == sizes[row.made])
