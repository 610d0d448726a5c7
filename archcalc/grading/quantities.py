"""What can be asked of a line: the columns of the table that have an answer, and how an answer is read."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from archcalc.grading import amounts
from archcalc.grading.amounts import Amount, Unreadable, amount
from archcalc.grading.sizes import Extents, Shape, Shapes, extents, shape, shapes
from archcalc.record import Record
from archcalc.report.columns import COLUMNS, UnknownColumn
from archcalc.report.columns import find as column

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.report.columns import Column
    from archcalc.report.fold import Line

__all__ = ["ASKED", "GIVEN", "NONE", "QUANTITIES", "Answer", "Kind", "Nothing", "Quantity", "asked", "find", "read"]


class Kind(Enum):
    """How an answer is written."""

    COUNT = "count"
    BYTES = "bytes"
    ELEMENTS = "elements"  #: bytes where a unit of bytes is written
    SHARE = "share"
    SHAPE = "shape"
    SHAPES = "shapes"
    EXTENTS = "extents"


class Nothing(Enum):
    """An answer that is none."""

    OPEN = ""  #: not answered
    NONE = "–"  #: there is nothing to count, or it is not known


Answer = Amount | Shape | Shapes | Extents | Nothing
NONE = Nothing.NONE


class Quantity(Record):
    """Something that is asked."""

    name: str
    title: str
    kind: Kind

    @property
    def right(self) -> bool:
        """Whether its column is set flush right."""
        return self.kind not in {Kind.SHAPE, Kind.SHAPES}


_KINDS = {
    "inputs": Kind.SHAPES, "output": Kind.SHAPE, "params": Kind.COUNT, "params_percent": Kind.SHARE, "trainable": Kind.COUNT,
    "frozen": Kind.COUNT, "buffers": Kind.COUNT, "model_size_bytes": Kind.BYTES, "macs": Kind.COUNT, "macs_percent": Kind.SHARE,
    "flops": Kind.COUNT, "receptive_field": Kind.EXTENTS, "effective_stride": Kind.EXTENTS, "effective_padding": Kind.EXTENTS,
    "activations": Kind.ELEMENTS, "activations_bytes": Kind.BYTES, "live": Kind.ELEMENTS, "in_out": Kind.ELEMENTS,
    "receptive_field_min": Kind.EXTENTS,
}  # fmt: skip
#: Training is asked of the whole network; how many tokens it saw stands with the claims.
TRAINING = Quantity("training_flops", "Training FLOPs", Kind.COUNT)
QUANTITIES = {c.name: Quantity(c.name, c.title, _KINDS[c.name]) for c in COLUMNS if c.name in _KINDS} | {TRAINING.name: TRAINING}
#: Columns that only say which line it is.
GIVEN = frozenset(c.name for c in COLUMNS if c.name not in _KINDS)
#: What is asked unless somebody says.
ASKED = ("output", "params", "macs", "receptive_field", "activations")

_OPEN = frozenset({"", "?", "…", "..."})
_NONE = frozenset({"-", "–", "—", "−", "none", "n/a", "na", "tied", "nothing", "aucun"})

_READERS: dict[Kind, Callable[[str], Answer]] = {
    Kind.COUNT: lambda text: amount(text, amounts.COUNTS),
    Kind.BYTES: lambda text: amount(text, amounts.SIZES),
    Kind.ELEMENTS: lambda text: amount(text, amounts.ELEMENTS),
    Kind.SHARE: lambda text: amount(text, amounts.SHARES),
    Kind.SHAPE: shape,
    Kind.SHAPES: shapes,
    Kind.EXTENTS: extents,
}


def find(name: str) -> Quantity | None:
    """Find what a column asks; `None` for one that only says which line it is. Raises `UnknownColumn`.

    >>> find("RF").name, find("training").name, find("Type")
    ('receptive_field', 'training_flops', None)
    """
    if name.strip().lower().replace(" ", "_") in {TRAINING.name, "training", "train_flops"}:
        return TRAINING
    found = column(name)
    return QUANTITIES.get(found.name)


def asked(names: str) -> tuple[tuple[Column[Line], ...], tuple[Quantity, ...]]:
    """Choose the columns of an empty sheet: those that are given, and what is asked. Raises `UnknownColumn`."""
    given, wanted = [c for c in COLUMNS if c.name in {"path", "type"}], []
    for name in names.split(",") if names.strip().lower() != "all" else _KINDS:
        quantity = find(name)
        if quantity is None:
            given.append(column(name))
        else:
            wanted.append(quantity)
    if not wanted:
        raise UnknownColumn(f"nothing is asked: {', '.join(QUANTITIES)} have answers")
    return tuple(dict.fromkeys(given)), tuple(dict.fromkeys(wanted))


def read(quantity: Quantity, text: str) -> Answer:
    """Read an answer. Raises `Unreadable`.

    >>> read(QUANTITIES["params"], " - "), read(QUANTITIES["params"], "")
    (<Nothing.NONE: '–'>, <Nothing.OPEN: ''>)
    """
    bare = text.strip().lower()
    if bare in _OPEN:
        return Nothing.OPEN
    if bare in _NONE:
        return Nothing.NONE
    try:
        return _READERS[quantity.kind](text)
    except Unreadable as error:
        raise Unreadable(f"{quantity.title}: {error.message}", error.help) from None
