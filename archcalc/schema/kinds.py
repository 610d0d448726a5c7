"""What may be written for a layer kind, from its class."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from archcalc.layers import fields as types
from archcalc.layers.base import Role
from archcalc.layers.reference import kind
from archcalc.schema.values import FILLED, ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import core_schema

    from archcalc.layers.base import Layer
    from archcalc.layers.fields import Json

__all__ = ["PARTLY", "call", "definitions", "fields", "required"]

#: Marks what may stand in files with `defaults`, where nothing is required: what is missing may be said there.
PARTLY = ".partly"
#: What a JSON schema says of lists.
LISTS = ("items", "minItems", "maxItems")


class _Fields(GenerateJsonSchema):
    """What pydantic says of fields, without titles and defaults."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - none should
        """Say no."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Json:
        """Describe the field alone."""
        return self.generate_inner(schema["schema"])


def definitions(classes: Iterable[type[Layer]]) -> dict[str, Json]:
    """Define types of fields, roles that fields give to kinds, and kinds, twice if there is anything that they need."""
    every = tuple(classes)
    made = {_called(role): _role(role, every) for role in _roles(every)}
    for cls in every:
        if required(cls):
            made[_name(cls, partly=False)] = _whole(cls)
        made[_name(cls, partly=True)] = _partly(cls)
    used = json.dumps(made)
    return {name: json.loads(told) for told, name in _named().items() if json.dumps(ref(name)["$ref"]) in used} | made


def call(cls: type[Layer], *, partly: bool) -> Json:
    """Point at what a kind may be given."""
    return ref(_name(cls, partly=partly))


def _name(cls: type[Layer], *, partly: bool) -> str:
    return f"{cls.kind}{PARTLY}" if partly and required(cls) else cls.kind


def required(cls: type[Layer]) -> list[str]:
    """List the fields that need a value."""
    return [name for name, field in cls.model_fields.items() if field.is_required()]


def fields(cls: type[Layer]) -> dict[str, Json]:
    """Describe the fields of a kind, those first that need a value."""
    made = cls.model_json_schema(schema_generator=_Fields)["properties"]
    return {name: _field(cls.model_fields[name], made[name], default) for name, default in kind(cls).fields}


def _field(field: FieldInfo, made: Json, default: str) -> Json:
    """Describe a field. Its default is said in words: editors would write it down if they could read it."""
    said = {"description": f"{default} if not said"} if default not in {"", "auto"} else {}
    roles = [mark for mark in field.metadata if isinstance(mark, Role)]
    return {**said, **(ref(_called(roles[0])) if roles else _pointed(_shaped(made)))}


def _shaped(made: Json) -> Json:
    """Put text first and lists apart: editors begin to write what they meet first."""
    told = {key: value for key, value in made.items() if key not in LISTS}
    if "type" in made:
        told["type"] = sorted(_types(made), key=lambda name: name != "string")
    lists = {key: made[key] for key in LISTS if key in made}
    return {**told, **({"allOf": [lists]} if lists else {})}


def _types(made: Json) -> list[str]:
    return [made["type"]] if isinstance(made["type"], str) else made["type"]


def _pointed(told: Json) -> Json:
    """Point at the type of fields that is described so, if there is one."""
    name = _named().get(_key(told))
    return told if name is None else ref(name)


@cache
def _named() -> Mapping[str, str]:
    """Give the types of fields, as they are described, with their names."""
    hints = {name: hint for name in types.__all__ if hasattr(hint := getattr(types, name), "__metadata__") and not hint.__parameters__}
    maybe: Any = types.Maybe
    hints |= {f"Maybe{name}": maybe[hint] for name, hint in hints.items()}
    return {_key(_shaped(TypeAdapter(hint).json_schema(schema_generator=_Fields))): name for name, hint in hints.items()}


def _key(told: Json) -> str:
    return json.dumps(told, sort_keys=True)


def _partly(cls: type[Layer]) -> Json:
    """Let a kind be given its fields, or the one that a lone value fills, or nothing."""
    told, made = fields(cls), cls.model_json_schema(schema_generator=_Fields)
    lone = _lone(_shaped(made["properties"][cls.primary])) if cls.primary else {}
    more = made["additionalProperties"]
    return {
        "description": kind(cls).summary,
        **({"properties": told} if told else {}),
        "additionalProperties": _pointed(_shaped(more)) if isinstance(more, dict) else more,
        **lone,
        "type": ["object", *lone.get("type", ["string"] if lone else []), "null"],
    }


def _whole(cls: type[Layer]) -> Json:
    """Ask for what a kind needs: a lone value is enough if it is all."""
    needed, partly = required(cls), _partly(cls)
    given = partly["type"][1:-1] if needed == [cls.primary] else []
    return {
        "description": partly["description"],
        "type": ["object", *given] if given else "object",
        "required": needed,
        "properties": {name: told for name, told in fields(cls).items() if name in needed},  # for editors, which begin with these
        "allOf": [call(cls, partly=True)],
    }


def _lone(field: Json) -> Json:
    """Describe the value that fills the primary field by itself. A mapping would be fields; nothing is no value."""
    if "anyOf" in field:
        return {"if": {"type": "string"}, "then": field}
    about_mappings = {"additionalProperties", "minProperties"}
    lone = {key: value for key, value in field.items() if key not in about_mappings}
    return {**lone, "type": [name for name in lone["type"] if name not in {"object", "null"}]}


def _roles(classes: Iterable[type[Layer]]) -> Iterator[Role]:
    marks = (mark for cls in classes for field in cls.model_fields.values() for mark in field.metadata if isinstance(mark, Role))
    yield from dict.fromkeys(marks)


def _called(role: Role) -> str:
    return role.name.capitalize()


def _role(role: Role, classes: Iterable[type[Layer]]) -> Json:
    """Describe a field where another layer may be written: its kind, with or without its ending, and perhaps its fields."""
    choices = {word: cls for cls in classes if cls.role == role.name for word in (cls.kind.removesuffix(role.ending), cls.kind)}
    words = ["none", *(word for word, cls in choices.items() if not required(cls))]
    given = {
        "type": "object",
        "properties": {word: call(cls, partly=False) for word, cls in choices.items()},
        "patternProperties": {FILLED: {}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": FILLED}, given, {"type": "null"}]}
