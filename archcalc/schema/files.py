"""What may be written at the top of a file, and in its blocks and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.schema.entries import pipeline
from archcalc.schema.kinds import PARTLY, call
from archcalc.schema.values import CAPITAL, MAPPING, TEXT, VARIABLES, ref
from archcalc.spec.grammar import BLOCK, TOP, TYPES, VARIANT, VARIANT_NAME, VERSION
from archcalc.spec.library import SCHEME, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.layers.base import Layer
    from archcalc.layers.fields import Json

__all__ = ["block", "definitions", "root", "top", "variant"]


def definitions() -> dict[str, Json]:
    """Define a block, and a block of files with `defaults`."""
    return {"Block": block(partly=False), f"Block{PARTLY}": block(partly=True)}


def root(classes: Sequence[type[Layer]]) -> Json:
    """Describe a whole file; one that has `blocks` needs no `layers`. With `defaults`, entries may lack what these give."""
    keys = top(classes)
    told = {partly: {"properties": {"layers": _layers(partly=partly), "blocks": _blocks(partly=partly)}} for partly in (False, True)}
    return {
        "description": "A neural network, from which archcalc works out shapes, parameters, MACs and memory.",
        "type": "object",
        "properties": {key: keys[key] for key in TOP},
        "additionalProperties": False,
        "if": {"required": ["defaults"]},
        "then": told[True],
        "else": told[False],
        "allOf": [{"if": {"required": ["blocks"], "not": {"required": ["layers"]}}, "else": {"required": ["input", "layers"]}}],
    }


def top(classes: Sequence[type[Layer]]) -> dict[str, Json]:
    """Describe the keys of a file."""
    return {
        "archcalc": {"description": "The version of the format.", "const": VERSION},
        "name": {"description": "What the network is called.", **TEXT},
        "meta": {"description": "What is said of the network: paper, authors, year, url, notes.", **_FREE},
        "use": {
            "description": f"Files that lend their blocks: beside this one, or `{SCHEME}NAME` of those that come with archcalc.",
            "type": ["array", "string", "null"],
            "items": _lent(),
        },
        "vars": {"description": "Variables, in order; `--set` changes them.", **VARIABLES},
        "variants": {
            "description": "Other values for variables, and what is expected of these networks.",
            **MAPPING,
            "propertyNames": {"pattern": f"^{VARIANT_NAME.pattern}$"},
            "additionalProperties": variant(),
        },
        "defaults": {
            "description": "Fields by kind, for the entries of this file that do not say them.",
            **MAPPING,
            "properties": {cls.kind: call(cls, partly=True) for cls in classes},
            "additionalProperties": False,
            "allOf": [{"additionalProperties": MAPPING}],
        },
        "input": {"description": "The tensors that come in, without the batch: `{image: [3, 224, 224]}`.", **ref("Inputs")},
        "blocks": {"description": "Parts with arguments, to be used like layer kinds; their names are capitalised.", **MAPPING},
        "layers": {"description": "The layers, in order; each reads what the one before makes.", "type": "array"},
        "output": {"description": "The tensors that go out, the last one if not said.", **ref("Names")},
        "precision": {"description": "How weights and activations are stored, fp32 if not said; `--dtype` changes it.", **ref("Precision")},
        "device": {"description": "What latency and energy are expected of: one of `archcalc devices`, or a file.", "type": "string"},
        "expect": {"description": "What the figures must be: `params: 61706`, `macs: <= 15.5 G`.", **ref("Expect")},
    }


_FREE: Json = {**MAPPING, "additionalProperties": {**TEXT, "type": [*TEXT["type"], "array"], "items": TEXT}}


def variant() -> Json:
    """Describe a variant: variables, and what may stand beside them."""
    keys = {"expect": ref("Expect"), "input": ref("Inputs"), "meta": _FREE, "name": TEXT}
    return {**MAPPING, "properties": {key: keys[key] for key in VARIANT}, "additionalProperties": ref("Value")}


def block(*, partly: bool) -> Json:
    """Describe a block."""
    keys = {
        "args": {
            "description": "Arguments: a type makes one required, any other value is its default.",
            **VARIABLES,
            "additionalProperties": {"anyOf": [{"enum": [*TYPES]}, ref("Value")]},
        },
        "vars": {"description": "Variables of each use, in order.", **VARIABLES},
        "layers": {"description": "What the block consists of.", **pipeline(partly=partly)},
        "note": {"description": "What the block is.", **TEXT},
    }
    return {"type": "object", "properties": {key: keys[key] for key in BLOCK}, "required": ["layers"], "additionalProperties": False}


def _layers(*, partly: bool) -> Json:
    return {**pipeline(partly=partly), "type": "array", "minItems": 1}


def _blocks(*, partly: bool) -> Json:
    return {
        **MAPPING,
        "propertyNames": {"pattern": CAPITAL, "patternErrorMessage": "blocks are capitalised"},
        "additionalProperties": ref(f"Block{PARTLY if partly else ''}"),
    }


def _lent() -> Json:
    """Describe what `use` lists."""
    shipped = [f"{SCHEME}{path.stem}" for path in sorted(SHIPPED.glob("*.yaml"))]
    return {"anyOf": [{"enum": shipped}, {"type": "string", "pattern": f"^(?!{SCHEME})"}]}
