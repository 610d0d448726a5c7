"""What the author says of a layer: its fields, as far as two layers can be compared by them, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Refused, Tensor
from archcalc.layers.base import Layer
from archcalc.report.shapes import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Field", "differing", "said", "word"]

#: How a field is written that is empty: of one that takes a layer, and of one that follows from others.
NONE, AUTO = "none", "auto"
#: Fields that take a layer.
DRESS = frozenset({"norm", "act", "gate"})


class Field(NamedTuple):
    """A field that differs, as it is written."""

    name: str  #: "" for the kind itself
    before: str
    after: str


def said(layer: Layer) -> tuple[object, ...]:
    """Give what tells a layer from others for certain: its kind, and its fields but those that may be `auto`."""
    known = type(layer).model_fields
    return (layer.kind, *(word(value) for name, value in _fields(layer).items() if known[name].default is not None))


def differing(before: Layer, after: Layer, operands: Sequence[Tensor]) -> Iterator[Field]:
    """Give the fields that differ. Whether `auto` comes to the same as a value is seen by what would be made with the other of the two."""
    if type(before) is not type(after):
        yield Field("", before.kind, after.kind)
        return
    old, new = _fields(before), _fields(after)
    for name in old:
        if word(old[name]) != word(new[name]) and (None not in (old[name], new[name]) or _matters(name, old[name], after, operands)):
            yield Field(name, _shown(name, old[name]), _shown(name, new[name]))


def _matters(name: str, value: object, layer: Layer, operands: Sequence[Tensor]) -> bool:
    """Whether a layer would make something else with another value in one field."""
    try:
        return _makes(layer.model_copy(update={name: value}), operands) != _makes(layer, operands)
    except Refused:
        return True


def _makes(layer: Layer, operands: Sequence[Tensor]) -> list[object]:
    """Give all that counts of what a layer makes."""
    parts = layer.rows(*(Tensor(x.shape, x.names) for x in operands))
    return [(role, kind, op.pattern, op.sizes, op.loops, op.weights, op.buffers, op.windows) for role, kind, op, _ in parts]


def word(value: object) -> str:
    """Write the value of a field: once where all axes agree.

    >>> word((3, 3)), word(((1, 1), (1, 1))), word(((0, 1), (0, 1))), word((3, 5)), word(False)
    ('3', '1', '0+1', '3×5', 'false')
    """
    match value:
        case bool():
            return str(value).lower()
        case Layer():
            known = type(value).model_fields
            own = [f"{name}: {word(one)}" for name, one in _fields(value).items() if one != known[name].default]
            return f"{value.kind}({', '.join(own)})" if own else value.kind
        case tuple() | list():
            parts = ["+".join(dict.fromkeys(map(word, one))) if isinstance(one, tuple) else word(one) for one in value]
            return parts[0] if len(set(parts)) == 1 else TIMES.join(parts)
    return str(value)


def _fields(layer: Layer) -> Mapping[str, object]:
    """Give all fields but names of tensors: those are wiring, and that is compared by what is read."""
    return {name: getattr(layer, name) for name in type(layer).model_fields if name not in layer.references}


def _shown(name: str, value: object) -> str:
    return word(value) if value is not None else NONE if name in DRESS else AUTO
