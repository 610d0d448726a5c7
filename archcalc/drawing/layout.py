"""Where everything stands in a picture: each cluster is laid out by itself, and is one box in what it stands in."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from archcalc.drawing.level import Box, Level, Point, Wire
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.drawing.graph import Edge, Graph

__all__ = ["Layout", "Place", "Size", "arrange"]

#: Room around the picture, and between a cluster and what is in it.
MARGIN, PADDING = 16.0, 14.0


class Size(NamedTuple):
    """How much room something takes, to the right and downwards."""

    width: float
    height: float


class Place(NamedTuple):
    """Where a box stands: its upper left corner, and its size."""

    x: float
    y: float
    width: float
    height: float


class Layout(Record):
    """A picture before it is painted."""

    size: Size
    nodes: Mapping[str, Place]
    clusters: Mapping[str, Place]
    edges: Mapping[tuple[str, str], tuple[Point, ...]]  #: by source and target; between points in one line straight, else curved


def arrange(graph: Graph, size: Callable[[str], Size], *, direction: str = "TB") -> Layout:
    """Lay a graph out; `size` says how large a node is, and the label of a cluster."""
    return _Arrangement(graph, size, sideways=direction == "LR").layout()


class _Arrangement:
    """Levels, laid out from the inside out, then put in their places from the outside in."""

    def __init__(self, graph: Graph, size: Callable[[str], Size], *, sideways: bool) -> None:
        self.graph, self.size, self.sideways = graph, size, sideways
        self.levels: dict[str | None, Level] = {}
        self.corners: dict[str | None, Point] = {}  #: from the corner of a level's box to where its coordinates begin
        self.wires: dict[str | None, list[Wire]] = defaultdict(list)
        self.ways: dict[tuple[str, str], list[tuple[str | None, Wire]]] = {}
        for edge in graph.edges:
            way = self.ways[edge.source, edge.target] = list(self.way(edge))
            for level, wire in way:
                self.wires[level].append(wire)
        self.boxes = {node.id: self.box(node.id) for node in graph.nodes}
        for cluster in reversed(graph.clusters):
            self.levels[cluster.id] = self.level(cluster.id)
            self.boxes[cluster.id] = self.around(cluster.id, self.levels[cluster.id])
        self.levels[None] = self.level(None)

    def turned(self, size: Size) -> tuple[float, float]:
        """Give a size across and along."""
        return (size.height, size.width) if self.sideways else (size.width, size.height)

    def box(self, node: str) -> Box:
        """Make a node a box."""
        return Box(node, *self.turned(self.size(node)))

    def way(self, edge: Edge) -> Iterator[tuple[str | None, Wire]]:
        """Lead an edge out of the clusters of its source and into those of its target: a wire on each level."""
        source, target = self.graph.chains[edge.source], self.graph.chains[edge.target]
        shared = next(i for i, (a, b) in enumerate(zip(source, target, strict=False)) if a != b)
        for i in range(len(source) - 1, shared, -1):
            yield source[i - 1], Wire(edge.source, source[i], f"out {edge.source}")
        yield (source[shared - 1] if shared else None), Wire(edge.source, source[shared], target[shared])
        for i in range(shared + 1, len(target)):
            yield target[i - 1], Wire(edge.source, f"in {edge.source}", target[i])

    def level(self, cluster: str | None) -> Level:
        """Lay out what stands directly in a cluster, or outside of all."""
        wires = self.wires[cluster]
        ins = dict.fromkeys(wire.start for wire in wires if wire.start.startswith("in "))
        outs = dict.fromkeys(wire.end for wire in wires if wire.end.startswith("out "))
        inside = [self.boxes[part] for part in self.graph.inside[cluster]]
        return Level([*(Box(name, 0, 0, -1) for name in ins), *inside, *(Box(name, 0, 0, 1) for name in outs)], wires)

    def around(self, cluster: str, level: Level) -> Box:
        """Make a laid out cluster a box, with its label above and places where wires come in and go out."""
        label, (low, high) = self.size(cluster), level.reach
        before, above = (label.height, 0.0) if self.sideways else (0.0, label.height)
        least = self.turned(Size(label.width + 2 * PADDING, 0))
        across = max(high - low + before + 2 * PADDING, least[0])
        along = max(level.bottoms[-1] + above + 2 * PADDING, least[1])
        start = (across - before - (high - low)) / 2 + before - low
        self.corners[cluster] = Point(start, PADDING + above + (along - above - 2 * PADDING - level.bottoms[-1]) / 2)
        box = Box(cluster, across, along)
        for port in level.boxes.values():
            if port.edge:
                places = box.ends if port.edge < 0 else box.starts
                places[port.id.partition(" ")[2]] = port.at + start - across / 2
        return box

    def layout(self) -> Layout:
        """Put everything in its place."""
        level = self.levels[None]
        low, high = level.reach
        origins: dict[str | None, Point] = {None: Point(MARGIN - low, MARGIN)}
        places: dict[str, Place] = {}
        for cluster in (None, *(c.id for c in self.graph.clusters)):
            origin = origins[cluster]
            for part in self.graph.inside[cluster]:
                box = self.boxes[part]
                corner = Point(origin.across + box.at - box.across / 2, origin.along + self.levels[cluster].top(box))
                places[part] = Place(*self.drawn(corner), *self.turned(Size(box.across, box.along)))
                if part in self.corners:
                    inner = self.corners[part]
                    origins[part] = Point(corner.across + inner.across, corner.along + inner.along)
        size = self.drawn(Point(high - low + 2 * MARGIN, level.bottoms[-1] + 2 * MARGIN))
        clusters = {cluster.id: places.pop(cluster.id) for cluster in self.graph.clusters}
        return Layout(Size(*size), places, clusters, {ends: self.route(way, origins) for ends, way in self.ways.items()})

    def route(self, way: list[tuple[str | None, Wire]], origins: Mapping[str | None, Point]) -> tuple[Point, ...]:
        """Join the wires of an edge, each in the coordinates of its level."""
        points = [
            self.drawn(Point(at.across + origins[level].across, at.along + origins[level].along))
            for level, wire in way
            for at in self.levels[level].route(wire)
        ]
        return tuple(dict.fromkeys(points))

    def drawn(self, point: Point) -> Point:
        """Turn a point as the picture is turned."""
        return Point(point.along, point.across) if self.sideways else point
