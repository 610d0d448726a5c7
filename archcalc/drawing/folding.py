"""A run becomes a graph: rows are folded as those of the table are, and edges between rows to edges between what they are in."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from archcalc.drawing.detours import detoured
from archcalc.drawing.families import family
from archcalc.drawing.graph import Cluster, Edge, Graph, Node
from archcalc.report.fold import READABLE, branches, entries, readable, repeats
from archcalc.report.totals import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.api import Run
    from archcalc.drawing.graph import Kind
    from archcalc.report.fold import Line
    from archcalc.report.result import Shape
    from archcalc.trace import Step

__all__ = ["folded"]


def folded(run: Run, depth: int | None = None) -> Graph:
    """Fold a run to so many levels, or to as many as are read at a glance.

    >>> from archcalc import load
    >>> graph = folded(load("lenet5").run(), 1)
    >>> [node.label for node in graph.nodes]
    ['image', 'conv_1', 'avg_pool_1', 'conv_2', 'avg_pool_2', 'conv_3', 'classifier', 'classifier']
    """
    steps, rows = [], []
    for step, row in run.worked():
        steps.append(step)
        rows.append(row)
    level = readable(rows) if depth is None else depth
    lines = entries(rows, run.totals(), level)
    if depth is None and len(lines) > READABLE:
        lines = repeats(lines)
    canvas = _Canvas(run, steps, lines)
    return Graph(title(run.header), level, tuple(canvas.nodes), tuple(canvas.joined()), tuple(canvas.clusters))


class _Canvas:
    """Nodes and clusters as they come, and which tensor is whose."""

    def __init__(self, run: Run, steps: Sequence[Step], lines: Sequence[Line]) -> None:
        self.nodes: list[Node] = []
        self.clusters: list[Cluster] = []
        self.makers: dict[int, int] = {}  #: tensor -> the node that makes it
        self.shapes: dict[int, Shape] = {}
        self.reads: dict[tuple[int, int], dict[Shape, None]] = {}  #: between nodes, as indices
        for ref in run.network.inputs:
            self.own(ref.id, ref.tensor.shape)
            self.end(ref.path, "input", ref.tensor.shape)
        self.fold(steps, lines)
        for (name, shape), ref in zip(run.outputs().items(), run.network.outputs, strict=False):
            self.read(ref.id)
            self.end(name, "output", shape)

    def own(self, tensor: int, shape: Shape) -> None:
        """Note that the node which comes next makes a tensor."""
        self.makers[tensor], self.shapes[tensor] = len(self.nodes), shape

    def read(self, tensor: int) -> None:
        """Note that the node which comes next reads a tensor, unless that is its own."""
        maker, reader = self.makers[tensor], len(self.nodes)
        if maker != reader:
            self.reads.setdefault((maker, reader), {})[self.shapes[tensor]] = None

    def end(self, name: str, kind: Kind, shape: Shape) -> None:
        """Put down an input or an output."""
        self.nodes.append(Node(id=self.next(), path=name, label=name, type=kind, output=shape, kind=kind, family=kind))

    def next(self) -> str:
        """Name the node which comes next."""
        return f"n{len(self.nodes) + 1}"

    def fold(self, steps: Sequence[Step], lines: Sequence[Line]) -> None:
        """Put down the layers, each with the rows that are in it."""
        paths = [line.row.path for line in lines]
        ends = accumulate(line.rows for line in lines)
        stack: list[Cluster] = []
        for line, (*above, label), end in zip(lines, branches(paths), ends, strict=True):
            self.enter(stack, above)
            own = steps[end - line.rows : end]
            for step in own:
                for tensor in step.reads:
                    self.read(tensor)
                self.own(step.out, step.op.shape)
            self.nodes.append(self.node(line, label, own, stack[-1].id if stack else None))

    def enter(self, stack: list[Cluster], above: Sequence[str]) -> None:
        """Leave clusters that a node does not stand in, and enter those that it does; one that was left is not entered again."""
        same = next((i for i, (had, name) in enumerate(zip(stack, above, strict=False)) if had.label != name), min(len(stack), len(above)))
        del stack[same:]
        for name in above[same:]:
            outer = stack[-1] if stack else None
            path = f"{outer.path}.{name}" if outer else name
            stack.append(Cluster(id=f"c{len(self.clusters) + 1}", path=path, label=name, parent=outer.id if outer else None))
            self.clusters.append(stack[-1])

    def node(self, line: Line, label: str, steps: Sequence[Step], cluster: str | None) -> Node:
        """Make a node of a line of the table."""
        row, what = line.row, family(line.row.path, steps)
        params, macs = (None if name in row.incomplete else n for name, n in (("params", row.params), ("macs", row.macs)))
        return Node(
            id=self.next(), path=row.path, label=label, type=row.type, output=row.output, kind="merge" if what == "merge" else "layer",
            family=what, params=params, macs=macs, rows=line.rows, cluster=cluster,
        )  # fmt: skip

    def joined(self) -> Iterator[Edge]:
        """Give the edges, in the order of what they lead to."""
        skips = detoured(self.reads, len(self.nodes))
        for (a, b), shapes in self.reads.items():
            yield Edge(source=self.nodes[a].id, target=self.nodes[b].id, shapes=tuple(shapes), skip=(a, b) in skips)
