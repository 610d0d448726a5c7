"""What is written in a picture: the lines of a node, what an edge carries, and how long a text is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from archcalc.report.columns import UNKNOWN
from archcalc.report.numbers import human, thousands
from archcalc.report.shapes import shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from archcalc.drawing.graph import Edge, Graph, Node

__all__ = ["carried", "columns", "legend", "short", "words"]

#: Characters of a line.
MOST = 44


def words(node: Node) -> tuple[str, ...]:
    """Write a node: its name, what it is, its shape and its parameters.

    >>> from archcalc.drawing.graph import Node
    >>> words(Node(id="n1", path="conv_1", label="conv_1", type="conv", output=(6, 28, 28), params=156, rows=1))
    ('conv_1', 'conv', '6×28×28 · 156 params')
    """
    count = UNKNOWN if node.params is None else human(node.params)
    params = f" · {count} params" if node.params != 0 else ""
    return short(node.label), short(node.type), short(f"{shape(node.output)}{params}")


def legend(node: Node) -> str:
    """Write all that is known of a node on one line."""
    counts = [f"{UNKNOWN if n is None else thousands(n)} {unit}" for n, unit in ((node.params, "params"), (node.macs, "MACs")) if n != 0]
    rows = [f"{thousands(node.rows)} rows"] if node.rows > 1 else []
    return visible(", ".join([f"{node.path}: {node.type}", shape(node.output), *counts, *rows]))


def carried(graph: Graph, edge: Edge) -> str:
    """Write the shapes that an edge carries, where its source does not say so."""
    return "" if edge.shapes == (graph.named[edge.source].output,) else ", ".join(map(shape, edge.shapes))


def short(text: str) -> str:
    """Cut a text to the length of a line, and write what does not print so that it does."""
    text = visible(text)
    return text if len(text) <= MOST else f"{text[: MOST - 1].rstrip()}…"


def columns(text: str) -> int:
    """Count the columns that a text takes, as wide as most letters.

    >>> columns("conv_1"), columns("畳み込み")
    (6, 8)
    """
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
