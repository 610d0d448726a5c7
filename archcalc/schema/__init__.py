"""The JSON schema of the spec language, for editors that complete and check specs: generated from the classes and the grammar.

It is draft-07, which every editor reads. What names stand for, and what an expression comes to, no schema can tell: there the reader is
stricter. Order: keys as the grammar lists them, kinds by name, fields as in their class with those first that need a value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archcalc.layers.index import classes
from archcalc.schema import entries, files, kinds, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.layers.base import Layer
    from archcalc.layers.fields import Json

__all__ = ["schema", "text"]


def schema(layers: Iterable[type[Layer]] | None = None) -> Json:
    """Make the schema from layer classes, which are all there are unless told."""
    every = tuple(classes() if layers is None else layers)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archcalc spec",
        **files.root(every),
        "definitions": {**values.DEFINITIONS, **files.definitions(), **entries.definitions(every), **kinds.definitions(every)},
    }


def text() -> str:
    """Write the schema with a line for each key and each definition, so that two versions of it can be compared.

    >>> text().splitlines()[1]
    '"$schema":"http://json-schema.org/draft-07/schema#",'
    """
    made = schema()
    return _lines({key: _lines(_each(value)) if key == "definitions" else _line(value) for key, value in made.items()}) + "\n"


def _each(parts: Mapping[str, object]) -> dict[str, str]:
    return {key: _line(value) for key, value in parts.items()}


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(parts: Mapping[str, str]) -> str:
    return "{\n" + ",\n".join(f"{_line(key)}:{value}" for key, value in parts.items()) + "\n}"
