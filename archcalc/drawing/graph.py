"""A network as a graph to be drawn: nodes that rows were folded to, edges between them, and the blocks they stand in.

Nodes are in execution order, and what is in a cluster stands together in it, so every edge leads forward, between clusters as well.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.report.result import Shape

__all__ = ["Cluster", "Edge", "Graph", "Kind", "Node"]

Kind = Literal["input", "layer", "merge", "output"]


class Node(Record, kw_only=True):
    """Rows that are drawn as one, an input or an output."""

    id: str  #: `n1`, `n2` …: never a name from the file
    path: str
    label: str  #: the path within the cluster
    type: str
    output: Shape  #: what the last of its rows makes
    kind: Kind = "layer"
    family: str = ""  #: what it does, as colours tell it: `conv`, `norm` …; `block` where that is several things
    params: int | None = 0  #: `None` where they are not known
    macs: int | None = 0
    rows: int = 0  #: how many rows are in it
    cluster: str | None = None  #: the innermost one that it stands in


class Edge(Record, kw_only=True):
    """Tensors that one node reads of another; all of them are one edge."""

    source: str
    target: str
    shapes: tuple[Shape, ...]  #: each once
    skip: bool = False  #: whether there is a longer way, through other nodes


class Cluster(Record, kw_only=True):
    """A block that several nodes stand in."""

    id: str  #: `c1`, `c2` …
    path: str
    label: str
    parent: str | None = None


class Graph(Record, slots=False):
    """A network folded to a depth."""

    title: str
    depth: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()

    @cached_property
    def named(self) -> Mapping[str, Node]:
        """The nodes by their ids."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def chains(self) -> Mapping[str, tuple[str, ...]]:
        """For each node and cluster, what it stands in, from the outside in, and itself."""
        found: dict[str, tuple[str, ...]] = {}
        for cluster in self.clusters:
            found[cluster.id] = (*(found[cluster.parent] if cluster.parent else ()), cluster.id)
        for node in self.nodes:
            found[node.id] = (*(found[node.cluster] if node.cluster else ()), node.id)
        return found

    @cached_property
    def inside(self) -> Mapping[str | None, tuple[str, ...]]:
        """For each cluster, and for `None`, what stands directly in it, in execution order."""
        found: dict[str | None, dict[str, None]] = {}
        for node in self.nodes:
            outer: str | None = None
            for part in self.chains[node.id]:
                found.setdefault(outer, {})[part] = None
                outer = part
        return {outer: tuple(parts) for outer, parts in found.items()}

    def walk(self) -> Iterator[tuple[int, Node | Cluster | None]]:
        """Give everything with its level: a cluster, what is in it, and `None` where it ends."""
        clusters = {cluster.id: cluster for cluster in self.clusters}
        todo: list[tuple[int, str | None]] = [(0, part) for part in reversed(self.inside[None])]
        while todo:
            level, part = todo.pop()
            if part is None:
                yield level, None
            elif part in clusters:
                yield level, clusters[part]
                todo += [(level, None), *((level + 1, inner) for inner in reversed(self.inside[part]))]
            else:
                yield level, self.named[part]
