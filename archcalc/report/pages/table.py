"""Pages for people at a terminal."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from archcalc.report.columns import NOTHING, UNKNOWN
from archcalc.report.grid import Cell, Entry, cells, elide, fit, open_console, sheet, write
from archcalc.report.pages import Figures
from archcalc.report.table import laid_out
from archcalc.report.totals import Fact, title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from archcalc.report.grid import Line
    from archcalc.report.pages import Listing, Page

__all__ = ["write_page"]

STYLES = {NOTHING: "dim", UNKNOWN: "yellow"}


def write_page(page: Page, out: TextIO) -> None:
    """Print the parts one below the other, the notes last."""
    console = open_console(out)
    width = console.width
    write(console, _head(page, width))
    for i, part in enumerate(part for part in page.parts if isinstance(part, Figures) or part.shown):
        write(console, [[]] if i else [])
        if part.title:
            write(console, [[(elide(part.title, width), "bold")]])
        if isinstance(part, Figures):
            facts = [Fact(f.label, f.number, f.short, visible(f.remark), visible(f.path)) for f in part.figures]
            write(console, laid_out(facts, width))
        else:
            write(console, _listed(part, width))
    said = [[(line, "dim")] for note in page.notes for line in wrap(visible(note), width, subsequent_indent="  ")]
    write(console, [[], *said] if said else [])


def _head(page: Page, width: int) -> Iterator[Line]:
    name = elide(title(page.header), width)
    yield [(name, "bold"), (elide("  " + visible(page.header.source), width - cells(name)), "dim")]
    yield from ([(line, "dim")] for line in wrap(page.setting, width, subsequent_indent="  "))
    yield []


def _listed(part: Listing, width: int) -> Iterator[Line]:
    """Lay a table out; columns that say nothing in any line are left out."""
    texts = [[column.shown(item) for column in part.columns] for item in part.items]
    telling = [i for i in range(len(part.columns)) if any(row[i] not in ("", NOTHING) for row in texts)]
    entries = [
        Entry([Cell(row[i], STYLES.get(row[i], "")) for i in telling], marked=part.marked is not None and item is part.marked)
        for item, row in zip(part.items, texts, strict=True)
    ]
    columns = [part.columns[i] for i in telling]
    return sheet(columns, entries, fit(columns, entries, width))
