"""Figures of a network along its depth, to be drawn: what each line of its table comes to, whatever draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.report.columns import UNKNOWN
from archcalc.report.numbers import human, thousands
from archcalc.report.shapes import extents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.report.fold import Line
    from archcalc.report.result import Header, Row

__all__ = ["CHARTS", "Bar", "Chart", "chart"]

#: What can be drawn, and what it is called.
CHARTS = {
    "activations": "Elements alive at each step",
    "params": "Parameters",
    "macs": "Multiply-accumulates",
    "receptive_field": "Receptive field",
}
#: Other words for these.
ALIASES = {"memory": "activations", "live": "activations", "parameters": "params", "rf": "receptive_field", "field": "receptive_field"}


class Bar(NamedTuple):
    """One line of the table, as a bar."""

    path: str
    type: str
    value: int | None  #: how long it is; `None` is not known
    shown: str  #: how people read it
    marked: bool = False  #: whether it stands out: the peak
    whole: bool = False  #: whether it is more than can be drawn: a field that is everything
    rows: int = 1  #: how many rows of the network are in it


class Chart(NamedTuple):
    """Bars along the depth of a network."""

    what: str
    title: str
    bars: tuple[Bar, ...]
    limit: int | None = None  #: what the bars are held against: the size of the input, of receptive fields

    @property
    def most(self) -> int:
        """The longest bar."""
        return max((bar.value or 0 for bar in self.bars), default=0)


def chart(what: str, lines: Iterable[Line], header: Header) -> Chart:
    """Make a chart of the lines of a table: of rows, of stages, of whatever they were folded to. Inputs are left out."""
    shown = [line for line in lines if not line.input]
    if what == "receptive_field":
        sizes = [n for shape in list(header.inputs.values())[:1] for n in (shape[1:] if len(shape) > 1 else shape)]
        limit = max(sizes, default=1)
        return Chart(what, CHARTS[what], tuple(_field(line, limit) for line in shown), limit)
    name = "live" if what == "activations" else what
    return Chart(what, CHARTS[what], tuple(_count(line, name) for line in shown))


def _count(line: Line, name: str) -> Bar:
    row = line.row
    known = name not in row.incomplete
    n: int = getattr(row, name)
    shown = (human(n) if n >= 1000 else thousands(n)) if known else UNKNOWN
    return Bar(row.path, row.type, n if known else None, shown, marked=line.peak and name == "live", rows=line.rows)


def _field(line: Line, limit: int) -> Bar:
    """Give the extent of the field along its longest axis; one that is everything is as long as the input."""
    row = line.row
    seen = _longest(row)
    if row.receptive_field is None:
        return Bar(row.path, row.type, None, UNKNOWN, rows=line.rows)
    return Bar(row.path, row.type, limit if seen is None else seen, extents(row.receptive_field), whole=seen is None, rows=line.rows)


def _longest(row: Row) -> int | None:
    """Give the longest extent; `None` where an axis is seen whole."""
    every = row.receptive_field or ()
    return None if None in every or not every else max(n for n in every if n is not None)
