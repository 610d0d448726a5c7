"""What a person wants to see of a network: how deep, which columns, in which order, how much of it."""

from __future__ import annotations

import sys
from math import prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from archcalc.record import Record
from archcalc.report.columns import order
from archcalc.report.fold import READABLE, Line, fold, readable, repeats
from archcalc.report.result import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.report.columns import Column
    from archcalc.report.result import Header, Shape, Totals

__all__ = ["EVERY_LEVEL", "OF_INPUTS", "Lines", "Run", "View", "entrances", "lines", "told"]

#: A depth that nothing is below.
EVERY_LEVEL = sys.maxsize

#: What is known of an input.
OF_INPUTS = frozenset({"path", "type", "output", "activations"})


class Run(Protocol):
    """A network being worked through: the header at once, the rows one by one, then what is known at the end."""

    @property
    def header(self) -> Header:
        """What is computed, and by which conventions."""

    def rows(self) -> Iterator[Row]:
        """Give the rows in execution order."""

    def totals(self) -> Totals:
        """Give the sums, after the last row."""

    def outputs(self) -> Mapping[str, Shape]:
        """Give what comes out, after the last row."""


class View(Record, kw_only=True):
    """The choices."""

    depth: int | None = None  #: levels of paths shown; `None` = as many as are read at a glance
    columns: tuple[Column[Line], ...] = ()  #: in this order; none = the important ones that there is room for
    sort: Column[Line] | None = None
    top: int | None = None  #: lines shown
    shares: bool = False  #: whether percentages of the totals are shown
    charts: tuple[str, ...] = ()  #: what is drawn in the place of the table
    several: bool = False  #: whether several networks are shown


class Lines(NamedTuple):
    """The lines that are shown, and what of the network they are."""

    shown: list[Line]
    depth: int
    rows: int  #: rows in all
    left_out: int  #: lines that `top` leaves out


def lines(rows: Sequence[Row], totals: Totals, view: View) -> Lines:
    """Fold, sort and cut."""
    depth = readable(rows) if view.depth is None else view.depth
    folded = fold(rows, totals, depth)
    if view.depth is None and len(folded) > READABLE:
        folded = repeats(folded)
    if view.sort:
        folded = order(view.sort, folded)
    shown = folded[: view.top]
    return Lines(shown, depth, len(rows), len(folded) - len(shown))


def entrances(header: Header, totals: Totals) -> Iterable[Line]:
    """Give the inputs lines of their own, which count activations only."""
    for name, shape in header.inputs.items():
        row = Row(path=name, type="input", output=shape, activations=prod(shape) * header.batch)
        yield Line(row, totals, input=True)


def told(column: Column[Line], line: Line) -> str:
    """Write what stands in a cell; of an input what is known of one."""
    return "" if line.input and column.name not in OF_INPUTS else column.shown(line)
