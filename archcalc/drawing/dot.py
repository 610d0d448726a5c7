"""A graph in the language of Graphviz."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

from archcalc.drawing.families import COLOURS
from archcalc.drawing.graph import Cluster
from archcalc.drawing.words import carried, short, words
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.drawing.graph import Edge, Graph, Node

__all__ = ["dot"]

FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=10'
INDENT = "  "


def dot(graph: Graph, *, direction: str = "TB") -> str:
    """Write a graph with its blocks as clusters."""
    return "\n".join(
        [
            f"digraph {_quoted([visible(graph.title)])} {{",
            f"{INDENT}rankdir={direction}",
            f"{INDENT}graph [{FONT}]",
            f'{INDENT}node [shape=box style="rounded,filled" {FONT}]',
            f'{INDENT}edge [color="#64748b" arrowsize=0.7 {FONT}]',
            *starmap(_part, graph.walk()),
            *(_edge(graph, edge) for edge in graph.edges),
            "}\n",
        ]
    )


def _part(level: int, part: Node | Cluster | None) -> str:
    """Write a node, or where a cluster begins or ends."""
    indent = INDENT * (level + 1)
    if part is None:
        return f"{indent}}}"
    if isinstance(part, Cluster):
        label = f'label={_quoted([short(part.label)])} labeljust=l style="rounded,dashed" color="#94a3b8"'
        return f"{indent}subgraph cluster_{part.id} {{\n{indent}{INDENT}graph [{label}]"
    colour = COLOURS[part.family]
    return f'{indent}{part.id} [label={_quoted(words(part))} fillcolor="{colour.fill}" color="{colour.line}"]'


def _edge(graph: Graph, edge: Edge) -> str:
    label = carried(graph, edge)
    told = [*([f"label={_quoted([short(label)])}"] if label else []), *(['color="#0891b2"'] if edge.skip else [])]
    return f"{INDENT}{edge.source} -> {edge.target}" + (f" [{' '.join(told)}]" if told else "")


def _quoted(lines: Iterable[str]) -> str:
    r"""Write lines as one text. Graphviz reads `\` and what HTML calls a character as its own.

    >>> print(_quoted(['a "b" \\N', "x &lt; y"]))
    "a \"b\" \\N\nx &amp;lt; y"
    """
    found = (text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") for text in lines)
    return '"' + "\\n".join(found) + '"'
