"""What may be written where no layer stands: names, values of variables, sizes, loops, expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.algebra import UNNAMED
from archcalc.calculators.precision import BITS, GROUPS, NONE
from archcalc.calculators.precision import KEYS as PRECISE
from archcalc.layers.fields import CONDITION
from archcalc.spec.expect import FORMS, KEYS, SHAPES
from archcalc.spec.grammar import DTYPES, INPUT_NAME, LONG
from archcalc.spec.values import NAME, RESERVED

if TYPE_CHECKING:
    from archcalc.layers.fields import Json

__all__ = ["CAPITAL", "DEFINITIONS", "FILLED", "MAPPING", "NAMED", "TEXT", "VARIABLES", "names", "ref"]


def ref(name: str) -> Json:
    """Point at a definition. What stands beside it is for editors; validators pass over it in draft-07."""
    return {"$ref": f"#/definitions/{name}"}


#: Text in which `$name` or `$(expression)` stands for something else.
FILLED = r"\$"
#: How the name of a block begins.
CAPITAL = "^[A-Z]"
MAPPING: Json = {"type": ["object", "null"]}
TEXT: Json = {"type": ["string", "number", "boolean", "null"]}
#: What a layer is called, or the tensor that it makes.
NAMED: Json = {
    "type": ["string", "integer"],
    "pattern": rf"^(?!x$){NAME.pattern}$|{FILLED}",
    "patternErrorMessage": "names have no dots, brackets, stars or spaces, and are not `x`",
}
VARIABLES: Json = {**MAPPING, "propertyNames": ref("Variable"), "additionalProperties": ref("Value")}


def names(**bounds: int) -> Json:
    """Describe a name, or a list of them. What is said of lists stands apart, or editors begin with a list."""
    return {"type": ["string", "integer", "array"], "allOf": [{"items": {"type": ["string", "integer"]}, "minItems": 1, **bounds}]}


_LETTER = r"[^\s!-/:-@\[-^`{-~]"  # or a digit or `_`, of any script, in every dialect of regular expressions
_WORD = rf"(?!\d)(?!({'|'.join(sorted(RESERVED))})(?!{_LETTER})){_LETTER}+"
_WORDS = {"patternErrorMessage": "variables are words of letters, digits and _ that mean nothing else in expressions"}
_NUMBER: Json = {"type": ["string", "integer"]}
_SIZE: Json = {**_NUMBER, "minimum": 1}
_FIGURE: Json = {**_NUMBER, "pattern": "[0-9]", "patternErrorMessage": FORMS}
_EXTENT: Json = {"type": ["array", "string", "integer"], "minimum": 0, "items": {**_NUMBER, "minimum": 0}, "minItems": 1}
_RANK: Json = {"allOf": [{"items": _SIZE, "minItems": 1, "maxItems": len(UNNAMED)}]}
_AXES: Json = {"propertyNames": ref("Variable"), "additionalProperties": _SIZE}
_SIZES: Json = {"type": ["object", "array", "string", "integer"], "minimum": 1, "minProperties": 1, **_RANK}
_LONG = {"shape": {**_SIZES, **_AXES}, "dtype": {"enum": [*DTYPES]}}

_BITS: Json = {"anyOf": [{"enum": [*BITS]}, {"type": "string"}, {"type": "number", "exclusiveMinimum": 0}]}
_PRECISION: dict[str, Json] = {
    "weights": {"description": "What a weight is stored as: a name, or a number of bits.", **_BITS},
    "activations": {"description": "What an activation is stored as.", **_BITS},
    "group": {
        "description": "How many weights of an output share a scale; or those of a `channel`, of a `tensor`.",
        "anyOf": [{"enum": [*GROUPS, NONE]}, {"type": "string"}, {"type": "integer", "minimum": 1}],
    },
    "scale": {"description": "What a scale is stored as; fp16 if not said.", **_BITS},
    "zero": {"description": "What the zero point beside a scale is stored as; none if not said.", **_BITS},
}

DEFINITIONS: dict[str, Json] = {
    "Value": {"type": ["string", "number", "boolean", "array", "null"], "items": ref("Value")},
    "Condition": {"type": ["boolean", "string"], **CONDITION},
    "Variable": {"pattern": f"^{_WORD}$", **_WORDS},
    "Names": names(),
    "Precision": {
        "if": {"type": "object"},
        "then": {"properties": {key: _PRECISION[key] for key in PRECISE}, "additionalProperties": False},
        "else": _BITS,
    },
    "Loop": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": rf"^\s*{_WORD}(\s*,\s*{_WORD})*\s*$", **_WORDS},
        "additionalProperties": ref("Value"),
    },
    "Expect": {**MAPPING, "properties": {key: _EXTENT if key in SHAPES else _FIGURE for key in KEYS}, "additionalProperties": False},
    "Inputs": {
        "type": ["object", "array"],
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{INPUT_NAME.pattern}$"},
        "additionalProperties": ref("Input"),
        **_RANK,
    },
    "Input": {
        **_SIZES,
        "if": {"required": ["shape"]},
        "then": {"properties": {key: _LONG[key] for key in LONG}, "additionalProperties": False},
        "else": _AXES,
    },
}
