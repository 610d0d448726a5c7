"""A graph as a picture by itself: no script, no font, nothing from elsewhere; light or dark as the page is."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.drawing.families import COLOURS
from archcalc.drawing.layout import Place, Size, arrange
from archcalc.drawing.words import carried, columns, legend, short, words
from archcalc.report.shapes import shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.drawing.graph import Cluster, Edge, Graph, Node
    from archcalc.drawing.layout import Layout
    from archcalc.drawing.level import Point

__all__ = ["svg"]

#: Size of letters, height of a line, and width of most letters, as a share of their size.
LETTER, LINE, WIDE, BOLD = 12, 16, 0.58, 0.63
#: Between the border of a node and its text.
ROOM = 10
STYLE = """\
.archcalc-graph text { font: 12px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #0f172a; }
.archcalc-graph .node text { text-anchor: middle; }
.archcalc-graph .name { font-weight: 600; }
.archcalc-graph .more { fill: #475569; }
.archcalc-graph .frame { fill: #64748b; fill-opacity: 0.07; stroke: #94a3b8; stroke-dasharray: 4 3; }
.archcalc-graph .edge { fill: none; stroke: #64748b; stroke-width: 1.3; }
.archcalc-graph .skip { stroke: #0891b2; }
.archcalc-graph .tip { fill: #64748b; }"""
DARK = """\
.archcalc-graph text { fill: #f1f5f9; }
.archcalc-graph .more { fill: #cbd5e1; }
.archcalc-graph .edge { stroke: #94a3b8; }
.archcalc-graph .skip { stroke: #22d3ee; }
.archcalc-graph .tip { fill: #94a3b8; }"""


def svg(graph: Graph, *, ids: Mapping[str, str] | None = None, direction: str = "TB", tip: str = "archcalc-tip") -> str:
    """Draw a graph. Each node says in `data-row` which path it is of, or what `ids` calls that; the ends of edges are called `tip`."""
    layout = arrange(graph, _Sizes(graph), direction=direction)
    clusters = [_cluster(cluster, layout.clusters[cluster.id]) for cluster in graph.clusters]
    edges = [_edge(graph, edge, layout, tip, sideways=direction == "LR") for edge in graph.edges]
    nodes = [_node(node, layout.nodes[node.id], (ids or {}).get(node.path, node.path)) for node in graph.nodes]
    return "\n".join([*_head(graph, layout.size, tip), *clusters, *edges, *nodes, "</svg>\n"])


def _head(graph: Graph, size: Size, tip: str) -> Iterator[str]:
    width, height = _number(size.width), _number(size.height)
    room = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" class="archcalc-graph" role="img" {room}>'
    yield f"<title>{_text(graph.title)}</title>"
    yield f"<style>\n{_style(graph)}\n</style>"
    end = '<path class="tip" d="M0 0 8 4 0 8z"/>'
    yield f'<defs><marker id="{tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">{end}'
    yield "</marker></defs>"


class _Sizes:
    """How large nodes are, and the labels of clusters, as far as that can be told without their font."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.named
        self.labels = {cluster.id: cluster.label for cluster in graph.clusters}

    def __call__(self, id_: str) -> Size:
        if id_ in self.labels:
            return Size(columns(short(self.labels[id_])) * LETTER * BOLD, LINE)
        name, *more = words(self.nodes[id_])
        widest = max(columns(name) * BOLD, *(columns(text) * WIDE for text in more))
        return Size(round(widest * LETTER) + 2 * ROOM, LINE * (1 + len(more)) + ROOM)


def _style(graph: Graph) -> str:
    used = [family for family in COLOURS if any(node.family == family for node in graph.nodes)]
    light = [f".archcalc-graph .{f} rect {{ fill: {COLOURS[f].fill}; stroke: {COLOURS[f].line}; }}" for f in used]
    dark = [f".archcalc-graph .{f} rect {{ fill: {COLOURS[f].dark_fill}; stroke: {COLOURS[f].dark_line}; }}" for f in used]
    return "\n".join([STYLE, *light, "@media (prefers-color-scheme: dark) {", DARK, *dark, "}"])


def _cluster(cluster: Cluster, place: Place) -> str:
    rect = f'<rect class="frame" {_place(place)} rx="8"/>'
    label = f'<text class="more" x="{_number(place.x + 10)}" y="{_number(place.y + LINE + 2)}">{_text(short(cluster.label))}</text>'
    return f'<g class="cluster">{rect}{label}<title>{_text(cluster.path)}</title></g>'


def _node(node: Node, place: Place, row: str) -> str:
    middle, top = place.x + place.width / 2, place.y + ROOM / 2 - 4
    lines = [
        f'<text class="{"more" if i else "name"}" x="{_number(middle)}" y="{_number(top + LINE * (i + 1))}">{_text(text)}</text>'
        for i, text in enumerate(words(node))
    ]
    return (
        f'<g class="node {node.family}" data-row="{_text(row)}"><title>{_text(legend(node))}</title>'
        f'<rect {_place(place)} rx="5"/>{"".join(lines)}</g>'
    )


def _edge(graph: Graph, edge: Edge, layout: Layout, tip: str, *, sideways: bool) -> str:
    """Draw an edge; what it carries is said where its source does not say so."""
    ends = f"{graph.named[edge.source].path} → {graph.named[edge.target].path}"
    told = _text(f"{ends}: {carried(graph, edge) or ', '.join(map(shape, edge.shapes))}")
    line = " ".join(_line(layout.edges[edge.source, edge.target], sideways=sideways))
    return f'<path class="edge{" skip" if edge.skip else ""}" d="{line}" marker-end="url(#{tip})"><title>{told}</title></path>'


def _line(points: Sequence[Point], *, sideways: bool) -> Iterator[str]:
    """Draw straight where points are in line, and else a curve that leaves and arrives in the direction of the picture."""
    yield f"M{_at(*points[0])}"
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(to_y - y if sideways else to_x - x) < 0.1:
            yield f"L{_at(to_x, to_y)}"
        elif sideways:
            half = (x + to_x) / 2
            yield f"C{_at(half, y)} {_at(half, to_y)} {_at(to_x, to_y)}"
        else:
            half = (y + to_y) / 2
            yield f"C{_at(x, half)} {_at(to_x, half)} {_at(to_x, to_y)}"


def _place(place: Place) -> str:
    return f'x="{_number(place.x)}" y="{_number(place.y)}" width="{_number(place.width)}" height="{_number(place.height)}"'


def _at(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    """Write a text so that it stays one: what does not print is escaped, and markup is none."""
    return escape(visible(text))
