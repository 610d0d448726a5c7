"""YAML: a mapping from layers to their answers, or a list of mappings that name their `layer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.sheets import HOW, Cell, Entry, is_layer
from archcalc.spec.diagnostics import fail
from archcalc.spec.source import Node, parse

if TYPE_CHECKING:
    from archcalc.spec.diagnostics import Source, Span

__all__ = ["read"]


def read(source: Source) -> list[Entry]:
    """Take a document apart."""
    root = parse(source)
    if isinstance(root.value, dict):
        return [Entry(Cell(name, root.keys[name]), _answers(source, node)) for name, node in root.value.items()]
    if isinstance(root.value, list):
        return [_named(source, item) for item in root.value]
    return fail("E801", "this is no answer sheet", source, root.span, HOW)


def _named(source: Source, item: Node) -> Entry:
    """Read a mapping that says itself which layer it is of."""
    cells = _answers(source, item)
    layer = next((answer for title, answer in cells if is_layer(title.text)), None)
    if layer is None:
        fail("E801", "nothing says which layer this is of", source, item.span, "write `- {layer: conv_1, params: 156}`")
    return Entry(layer, tuple((title, answer) for title, answer in cells if answer is not layer))


def _answers(source: Source, node: Node) -> tuple[tuple[Cell, Cell], ...]:
    if node.value is None:
        return ()
    if not isinstance(node.value, dict):
        fail("E801", "answers stand beside what is asked", source, node.span, "write `conv_1: {params: 156}`")
    return tuple((Cell(key, node.keys[key]), Cell(_text(source, one), one.span)) for key, one in node.value.items())


def _text(source: Source, node: Node) -> str:
    """Give an answer as it is written: `2.40e5` has three digits."""
    if isinstance(node.value, list):
        return f"[{', '.join(_text(source, item) for item in node.value)}]"
    if isinstance(node.value, dict):
        fail("E801", "an answer is a number or a shape", source, node.span, 'quote what has a comma: `"61,706"`')
    if node.value is None:
        return ""
    return node.value if isinstance(node.value, str) else _raw(source, node.span)


def _raw(source: Source, span: Span) -> str:
    return source.line(span.line)[span.column : span.end].strip()
