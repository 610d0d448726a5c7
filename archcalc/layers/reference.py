"""The reference of layer kinds, from the classes: for the command line and for the README."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import PlainValidator

from archcalc.layers.base import Layer
from archcalc.layers.index import classes
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

__all__ = ["Kind", "kind", "kinds", "markdown"]


class Kind(Record):
    """What there is to know of a layer kind to write it."""

    name: str
    fields: tuple[tuple[str, str], ...]  #: with their defaults as written in a spec; "" where a value is needed
    primary: str  #: the field that a lone value fills
    family: str  #: the module that it stands in
    text: str  #: the whole documentation

    @property
    def summary(self) -> str:
        """The first sentence."""
        return re.split(r"(?<!al)[.]\s", " ".join(self.text.split()) + " ", maxsplit=1)[0].rstrip(".")

    def written(self, mark: str = "") -> str:
        """Write the fields as a spec would, the primary one between marks."""
        names = [f"{mark}{name}{mark}" if name == self.primary else name for name, _ in self.fields]
        return ", ".join(name if not default else f"{name} = {default}" for name, (_, default) in zip(names, self.fields, strict=True))


def kinds() -> Iterator[Kind]:
    """Give every kind, family by family."""
    for cls in sorted(classes(), key=lambda c: (c.__module__, c.kind)):
        yield kind(cls)


def kind(cls: type[Layer]) -> Kind:
    """Tell what there is to know of one."""
    own = {name: field for name, field in cls.model_fields.items() if name in cls.__annotations__}
    fields = [(name, "" if field.is_required() else _default(field)) for name, field in {**own, **cls.model_fields}.items()]
    in_order = sorted(fields, key=lambda field: bool(field[1]))
    return Kind(cls.kind, tuple(in_order), cls.primary, cls.__module__.rpartition(".")[2], (cls.__doc__ or "").strip())


def _default(field: FieldInfo) -> str:
    """Write a default as a spec would; `auto` is worked out from the other fields or from the input."""
    value = field.get_default(call_default_factory=True, validated_data={})
    while isinstance(value, tuple) and value:
        value = value[0]
    if isinstance(value, Layer):
        return value.kind
    if value is None or value == ():
        return "none" if any(isinstance(mark, PlainValidator) for mark in field.metadata) else "auto"
    return str(value).lower() if isinstance(value, bool) else str(value)


def markdown() -> str:
    """Write the reference as a table."""
    rows = [(f"`{k.name}`", k.written("**"), k.summary.replace("|", "\\|")) for k in kinds()]
    return "\n".join(["| kind | fields (**primary**) | what it is |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)])
