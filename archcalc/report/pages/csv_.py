"""Pages as lines of a file: their main table, or their figures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from archcalc.report import csv_
from archcalc.report.columns import Column
from archcalc.report.pages import Figures

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.report.pages import Figure, Page

__all__ = ["write_page"]

FIGURES: tuple[Column[Figure], ...] = (
    Column(name="figure", title="", value=lambda it: it.name, shown=lambda it: it.name, rank=0),
    Column(name="value", title="", value=lambda it: it.value, shown=lambda it: it.number, rank=0),
    Column(name="path", title="", value=lambda it: it.path, shown=lambda it: it.path, rank=0),
)


def write_page(page: Page, out: TextIO) -> None:
    """Write one line for each item of the main table, else for each figure."""
    if (main := page.listing) is not None:
        csv_.records([_number(column) for column in main.columns if column.name], main.items, out)
    else:
        figures = [figure for part in page.parts if isinstance(part, Figures) for figure in part.figures]
        csv_.records([_number(column) for column in FIGURES], figures, out)


def _number(column: Column[Any]) -> Column[Any]:
    """Write fractions as the nearest number."""

    def value(it: Any) -> object:
        found = column.value(it)
        return float(found) if isinstance(found, Fraction) else found

    return replace(column, value=value)
