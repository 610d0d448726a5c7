"""The reference card: of every layer kind, its rows with their formulas in letters, read off an example of it."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from archcalc.algebra import Refused, Tensor
from archcalc.formulas.expr import TEXT
from archcalc.formulas.figures import Line, counts, shape
from archcalc.formulas.operation import Letters
from archcalc.layers import ALIASES, KINDS, find, meant
from archcalc.layers.reference import kinds
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from archcalc.layers.base import Layer, Part

__all__ = ["Family", "Kind", "Row", "families", "sample"]

#: What examples read, tried in turn: an image, a sequence of vectors, a vector, a plane of vectors, columns, indices.
INPUTS = ("c h w", "n d", "d", "h w d", "c t", "n")
SIZE = 16  #: of every axis: it divides by whatever a field says
FIELD = 2  #: what a field says that needs a number
SEVERAL = 2  #: tensors that are read where there is no bound


class Row(NamedTuple):
    """One operation of a kind."""

    role: str  #: what it is called inside the layer, nothing where it is the layer itself
    type: str
    lines: tuple[Line, ...]  #: none where the shape stays and nothing is learned or multiplied


class Kind(NamedTuple):
    """One layer kind."""

    name: str
    summary: str
    letters: str  #: what axes are whose letters do not say it
    rows: tuple[Row, ...]


class Family(NamedTuple):
    """The kinds of one module."""

    title: str
    kinds: tuple[Kind, ...]


def families(wanted: Collection[str] = ()) -> Iterator[Family]:
    """Give the card family by family; of some kinds alone, also by the names of other libraries. Raises `SpecError`."""
    names = {_known(name) for name in wanted}
    chosen = (kind for kind in kinds() if not names or kind.name in names)
    for family, members in groupby(chosen, key=lambda kind: kind.family):
        title = (import_module(f"archcalc.layers.{family}").__doc__ or "").split("\n", 1)[0]
        classes = ((kind, find(kind.name)) for kind in members)
        yield Family(title.rstrip("."), tuple(Kind(kind.name, kind.summary, cls.letters, tuple(_rows(cls))) for kind, cls in classes))


def _known(name: str) -> str:
    kind = ALIASES.get(name, name)
    if kind not in KINDS:
        fail("E607", f"no layer kind is called `{name}`", help=meant(name, KINDS, ALIASES) or "`archcalc formulas` shows all of them")
    return kind


def _rows(cls: type[Layer]) -> Iterator[Row]:
    for part in sample(cls):
        letters = Letters(part.op)
        reads = ", ".join(read.write(TEXT) for read in letters.read)
        made, *follow = shape(part.op)
        lines = (made._replace(note=f"from {reads}" if reads else ""), *follow, *counts(part.op))
        yield Row(part.role, part.type, () if all(line.quiet for line in lines) else lines)


def sample(cls: type[Layer]) -> tuple[Part, ...]:
    """Give the rows of an example of a kind: with the fields that its class says show it, and of the inputs the first that it accepts."""
    needed = {name: FIELD for name, field in cls.model_fields.items() if field.is_required()}
    try:
        layer = cls.model_validate({**needed, **cls.sample})
    except ValidationError as error:
        raise TypeError(f"`{cls.kind}` needs a `sample` of its fields: {error}") from None
    for axes in INPUTS if not cls.indices else INPUTS[::-1]:
        for xs in _operands(cls, tuple(axes.split())):
            with suppress(Refused):
                return tuple(layer.rows(*xs))
    raise TypeError(f"`{cls.kind}` reads none of {', '.join(INPUTS)}")


def _operands(cls: type[Layer], names: tuple[str, ...]) -> Iterator[tuple[Tensor, ...]]:
    """Give as many tensors as a kind reads: two where there is no bound, else as few as it takes."""
    low, high = cls.arity
    for n in dict.fromkeys((max(low, SEVERAL) if high is None else low, low)):
        yield tuple(Tensor((SIZE,) * len(names), names) for _ in range(n))
