"""What may be written in a list of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.layers import find
from archcalc.layers.fields import CONDITION
from archcalc.schema.kinds import PARTLY, call, fields, required
from archcalc.schema.values import CAPITAL, NAMED, TEXT, names, ref
from archcalc.spec.calls import STRUCTURES
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.entries import BESIDE, DISPATCH, IMPLS, JOIN, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.layers.base import Layer
    from archcalc.layers.fields import Json

__all__ = ["definitions", "modifiers", "pipeline", "structures"]


def definitions(classes: Sequence[type[Layer]]) -> dict[str, Json]:
    """Define an entry, and an entry of files with `defaults`."""
    return {
        "Entry": _entry(classes, partly=False),
        f"Entry{PARTLY}": _entry(classes, partly=True),
        "Beside": _beside(classes),
        "Arguments": {
            "description": "A block, with arguments by name, by position, or a single one.",
            "type": ["object", "array", "string", "number", "boolean", "null"],
            "additionalProperties": ref("Value"),
            "allOf": [{"items": ref("Value")}],
        },
    }


def pipeline(*, partly: bool) -> Json:
    """Describe a list of layers."""
    return {"type": ["array", "null"], "items": ref(f"Entry{PARTLY if partly else ''}")}


def structures(body: Json) -> dict[str, Json]:
    """Describe what holds layers, `body` being a list of them."""
    rows = {"for": ref("Loop"), "layers": body}
    return {
        "layers": {"description": "A group of layers, to name, to repeat or to leave out as a whole.", **body},
        "residual": {"description": "Layers whose input is added to what they make, or what `shortcut` makes of it.", **body},
        "branches": {
            "description": "Lists of layers by name, which read the same tensor and meet by `merge`; or `for` and `layers`, for one a row.",
            "type": "object",
            "minProperties": 1,
            "properties": {"for": rows["for"]},
            "additionalProperties": body,
            "if": {"required": ["for"]},
            "then": {"properties": {key: rows[key] for key in ROWS}, "additionalProperties": False},
        },
        "experts": {"description": "Layers that there are `count` copies of, each with weights of its own; tokens go to `active`.", **body},
    }


def modifiers(classes: Iterable[type[Layer]], body: Json) -> dict[str, Json]:
    """Describe what stands beside a kind."""
    merges = [cls.kind for cls in classes if cls.role == "merge"]
    experts = fields(find(DISPATCH))
    return {
        "name": {"description": "What this layer, and the tensor it makes, is called.", **NAMED},
        "from": {"description": "The tensor to read, or several, instead of the one before.", **ref("Names")},
        "repeat": {"description": "How many copies follow each other; `i` counts them.", "type": ["string", "integer"], "minimum": 0},
        "for": {"description": "One copy for each row: variables, and a list of values or a count for each.", **ref("Loop")},
        "if": {"description": "Whether this layer is there.", **ref("Condition")},
        "tie": {"description": "The name of an earlier layer whose weights this one uses.", **names(maxItems=1)},
        "freeze": {"description": "Whether the weights count as not trained.", **ref("Condition")},
        "precision": {
            "description": "How weights and activations of what is here are stored, unlike those of the file.",
            **ref("Precision"),
        },
        "shared": {
            "description": "Whether all copies use one set of weights; beside `experts`, layers that every token goes through.",
            "type": ["boolean", "array", "null"],
        },
        "expect": {"description": "What the figures of this layer must be, over all copies.", **ref("Expect")},
        "note": {"description": "A remark.", **TEXT},
        "impl": {"description": "How reference code makes this operation, for conventions of counting.", "enum": [*IMPLS]},
        "merge": {"description": f"How branches meet; {JOIN} if not said.", "enum": [*merges, "none"]},
        "axis": {**fields(find(JOIN))["axis"], "description": f"The axis that `merge: {JOIN}` runs along."},
        "shortcut": {
            "description": "Layers that the input goes through before it is added, or whether there is a shortcut at all.",
            "type": ["array", "boolean", "string"],
            **CONDITION,
            "items": body["items"],
        },
        "count": {**experts["count"], "description": "How many experts there are."},
        "active": {**experts["active"], "description": "How many experts a token goes to."},
        "router": {"description": "Whether a dense layer chooses the experts; true if not said.", **ref("Condition")},
    }


def _entry(classes: Sequence[type[Layer]], *, partly: bool) -> Json:
    """Describe an entry: the name of a kind, or one kind with what it is given and what stands beside it."""
    body = pipeline(partly=partly)
    holds, beside = structures(body), modifiers(classes, body)
    listed = {**{key: holds[key] for key in STRUCTURES}, **{cls.kind: call(cls, partly=partly) for cls in classes}}
    words = [cls.kind for cls in classes if partly or not required(cls)]
    return {
        "type": ["object", "string"],
        "properties": {**listed, **{key: beside[key] for key in MODIFIERS}},
        "patternProperties": {CAPITAL: ref("Arguments")},
        "additionalProperties": False,
        "allOf": [
            ref("Beside"),
            {"if": {"type": "string"}, "then": {"anyOf": [{"enum": words}, {"type": "string", "pattern": CAPITAL}]}},
            {
                "if": {"required": ["experts"]},
                "then": {"properties": {"shared": body}},
                "else": {"properties": {"shared": {"type": "boolean"}}},
            },
        ],
    }


def _beside(classes: Iterable[type[Layer]]) -> Json:
    """Say what may stand together: one kind, modifiers, and those of a structure beside it alone."""
    alone = {
        kind: {"patternProperties": {f"^(?!({'|'.join([kind, *MODIFIERS])})$)": False}}
        for kind in (*STRUCTURES, *(c.kind for c in classes))
    }
    return {
        "if": {"type": "object", "propertyNames": {"enum": [*MODIFIERS]}},
        "then": {"required": [STRUCTURES[0]], "errorMessage": "this entry has no layer kind"},  # or any other
        "dependencies": {**{word: [owner] for word, owner in BESIDE.items()}, **alone},
        "allOf": [
            {"if": {"required": ["experts"]}, "then": {"required": ["count", "active"]}},
            {"if": {"required": ["repeat"]}, "then": {"properties": {"for": False}}},
            {
                "if": {"required": ["shared"], "properties": {"shared": {"const": True}}},
                "then": {"anyOf": [{"required": ["repeat"]}, {"required": ["for"]}]},
            },
        ],
    }
