"""Pydantic's errors in the words of a spec file, at their place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.layers import meant
from archcalc.layers.fields import UNKNOWN
from archcalc.spec.document import Place
from archcalc.spec.foreign import instead, intended

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from archcalc.layers.base import Layer
    from archcalc.spec.diagnostics import Diagnostic, Source
    from archcalc.spec.source import Node

__all__ = ["MODIFIERS", "complaints", "field_hint", "word_hint"]

#: What stands beside a layer kind, not inside it.
MODIFIERS = ("name", "from", "repeat", "for", "if", "tie", "freeze", "precision", "shared", "expect", "note", "impl", "merge", "axis",
             "shortcut", "count", "active", "router")  # fmt: skip


def complaints(
    error: ValidationError, cls: type[Layer], nodes: Sequence[Node], source: Source, call: Place, called: str = ""
) -> Iterator[Diagnostic]:  # fmt: skip
    """Translate every error; unknown fields first, since they often explain the rest."""
    order = {"extra_forbidden": 0, "missing": 1}
    offered: set[str] = set()
    details = sorted(error.errors(include_url=False), key=lambda d: order.get(d["type"], 2))
    missing = [str(detail["loc"][0]) for detail in details if detail["type"] == "missing"]
    for detail in details:
        field = str(detail["loc"][0]) if detail["loc"] else ""
        if detail["type"] == "extra_forbidden":
            offered.add(intended(field, cls.model_fields))
        if detail.get("input") is not UNKNOWN and not (detail["type"] == "missing" and field in offered):
            if detail["type"] == "missing":
                kind = called or cls.kind
                yield call.problem("E232", f"`{kind}` needs `{field}`", f"write `{kind}: {_written(cls, missing, nodes)}`")
                continue
            yield _translate(detail, cls, nodes, source, call, called or cls.kind)


def _written(cls: type[Layer], missing: Sequence[str], nodes: Sequence[Node]) -> str:
    """Write a kind's fields as far as they are needed, with the value that was given alone, if any."""
    lone = nodes[0].value if nodes and not isinstance(nodes[0].value, dict | list) else None
    values = {name: word if isinstance(word := cls.sample.get(name), str) else "…" for name in missing}
    if cls.primary and lone is not None:
        values = {cls.primary: str(lone), **values}
    if [*values] == [cls.primary] and "…" not in values.values():
        return values[cls.primary]
    return f"{{{', '.join(f'{name}: {value}' for name, value in values.items())}}}"


def _translate(
    detail: ErrorDetails, cls: type[Layer], nodes: Sequence[Node], source: Source, call: Place, kind: str
) -> Diagnostic:  # fmt: skip
    loc, context = detail["loc"], detail.get("ctx", {})
    field = str(loc[0]) if loc else ""
    node = next((n for n in nodes if isinstance(n.value, dict) and field in n.value), None)
    match detail["type"]:
        case "extra_forbidden":
            place = Place(source, node.at(loc[:1], key=True)) if node else call
            return place.problem("E231", f"`{kind}` has no field `{field}`", field_hint(field, cls))
        case "expression":
            whole, quoted = _value_place(node, nodes, loc, source, call)
            place = whole.within(context["start"], context["end"], quoted=quoted)
            return place.problem(context["code"], context["message"], context["help"])
    place, _ = _value_place(node, nodes, loc, source, call)
    return place.problem("E233", f"`{field}` of `{kind}` {_reason(detail)}", str(context.get("help", "")))


def _value_place(node: Node | None, nodes: Sequence[Node], loc: tuple[int | str, ...], source: Source, call: Place) -> tuple[Place, bool]:
    if node is not None:
        found = node
        for step in loc:
            value = found.value
            if isinstance(value, dict) and step in value:
                found = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                found = value[step]
            else:
                break
        return Place(source, found.span), not found.plain
    if nodes and not isinstance(nodes[0].value, dict):  # `linear: 4*d`, a lone value
        lone = nodes[0]
        if isinstance(lone.value, list) and len(loc) > 1 and isinstance(loc[1], int) and loc[1] < len(lone.value):
            lone = lone.value[loc[1]]
        return Place(source, lone.span), not lone.plain
    return call, False


def field_hint(field: str, cls: type[Layer]) -> str:
    """Say what to write instead of a field that a kind does not have."""
    fields = cls.model_fields
    return word_hint(field, fields, cls.kind) or (f"its fields are {', '.join(fields)}" if fields else "it has no fields")


def word_hint(word: str, ours: Collection[str], kind: str) -> str:
    """Say what to write instead of a field or an argument that there is not, or nothing."""
    beside = f"`{word}` stands beside `{kind}:`, not inside it" if word in MODIFIERS else ""
    return instead(word, ours, kind) or beside or meant(word, ours)


def _reason(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    value = _shown(detail.get("input"))
    match detail["type"]:
        case "int_type" | "int_parsing" | "int_from_float":
            return f"takes a whole number, not {value}"
        case "float_type" | "float_parsing":
            return f"takes a number, not {value}"
        case "bool_type" | "bool_parsing":
            return f"takes `true` or `false`, not {value}"
        case "string_type":
            return f"takes a text, not {value}"
        case "tuple_type" | "list_type":
            return f"takes a list, not {value}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}, not {value}"
        case "less_than_equal":
            return f"must be at most {context['le']}, not {value}"
        case "literal_error" | "enum":
            return f"must be {context.get('expected', 'one of its words')}, not {value}"
        case "too_short":
            return "takes at least one value"
    return detail["msg"][:1].lower() + detail["msg"][1:] if detail["msg"][:1].isupper() else detail["msg"]


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
