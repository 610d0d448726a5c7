"""A graph as a flowchart of Mermaid, which GitHub draws between fences of that name."""

from __future__ import annotations

import re
from itertools import starmap
from typing import TYPE_CHECKING

from archcalc.drawing.families import COLOURS
from archcalc.drawing.graph import Cluster
from archcalc.drawing.words import carried, short, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.drawing.graph import Edge, Graph, Node

__all__ = ["EDGES", "mermaid"]

INDENT = "    "
#: Edges that Mermaid draws unless its settings allow more, which those of GitHub do not.
EDGES = 500
#: What could be more than itself to Mermaid, to the Markdown in its labels, or to HTML: a label starts with a letter, too, or a number.
SPECIAL = re.compile(r"[^\w ,.()\[\]/+=·×…–-]|(?<![^\W_])_|_(?![^\W_])|(?<=\d)[.)](?= )|^[^\w]")
#: Shapes of nodes by their kind.
SHAPES = {"input": ("([", "])"), "output": ("([", "])"), "merge": ("(", ")"), "layer": ("[", "]")}


def mermaid(graph: Graph, *, direction: str = "TB") -> str:
    """Write a graph with its blocks as subgraphs, without the fence."""
    used = [family for family in COLOURS if any(node.family == family for node in graph.nodes)]
    return "\n".join(
        [f"flowchart {direction}", *starmap(_part, graph.walk()), *(_edge(graph, edge) for edge in graph.edges), *map(_class, used), ""]
    )


def _part(level: int, part: Node | Cluster | None) -> str:
    """Write a node, or where a subgraph begins or ends."""
    indent = INDENT * (level + 1)
    if part is None:
        return f"{indent}end"
    if isinstance(part, Cluster):
        return f"{indent}subgraph {part.id}[{_quoted([short(part.label)])}]"
    opening, closing = SHAPES[part.kind]
    return f"{indent}{part.id}{opening}{_quoted(words(part))}{closing}:::{part.family}"


def _edge(graph: Graph, edge: Edge) -> str:
    label = carried(graph, edge)
    return f"{INDENT}{edge.source} -->{f'|{_quoted([short(label)])}|' if label else ''} {edge.target}"


def _class(family: str) -> str:
    colour = COLOURS[family]
    return f"{INDENT}classDef {family} fill:{colour.fill},stroke:{colour.line},color:#0f172a"


def _quoted(lines: Iterable[str]) -> str:
    """Write lines as one label, with the numbers of the characters that could be more than that.

    >>> print(_quoted(['a["b"] --> c', "conv_1 + relu"]))
    "a[#34;b#34;] --#62; c<br/>conv_1 + relu"
    """
    texts = [SPECIAL.sub(lambda found: f"#{ord(found[0])};", text) for text in lines]
    return f'"{"<br/>".join(texts) or " "}"'
