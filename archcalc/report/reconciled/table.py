"""Why tools disagree, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.report.grid import Cell, Entry, cells, elide, fit, open_console, sheet, write
from archcalc.report.reconciled.lines import CLAIMED, COLUMNS, answer, lines, notes, setting
from archcalc.report.totals import title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from rich.console import Console

    from archcalc.conventions.reconcile import Reconciliation
    from archcalc.report.columns import Column

__all__ = ["write_all"]

#: What stands under the name of a convention is set in and dim.
SHOWN = tuple(column for column in COLUMNS if column.name != "cause")


def write_all(found: Reconciliation, out: TextIO) -> None:
    """Print the figures, their causes, what there is to know about them, and what gives the figure that was claimed."""
    console = open_console(out)
    width = console.width
    name = elide(title(found.header), width)
    write(console, [[(name, "bold"), (elide("  " + visible(found.header.source), width - cells(name)), "dim")]])
    write(console, [[(elide(setting(found.header), width), "dim")], []])
    every = list(lines(found))
    _table(console, SHOWN, [Entry([Cell(column.shown(line), "dim" if line.cause else "") for column in SHOWN]) for line in every])
    write(console, [[(note, "dim")] for text in notes(found) for note in _folded(text, width)])
    if found.verdict is not None:
        matches = found.verdict.matches or tuple(filter(None, [found.verdict.nearest]))
        write(console, [[], [(answer(found.verdict), "bold")], []])
        _table(console, CLAIMED, [Entry([Cell(column.shown(match)) for column in CLAIMED]) for match in matches])


def _table(console: Console, columns: Sequence[Column[Any]], entries: Sequence[Entry]) -> None:
    write(console, sheet(columns, entries, fit(columns, entries, console.width)))


def _folded(text: str, width: int) -> Iterable[str]:
    """Fold a sentence to the width of the terminal."""
    from textwrap import wrap

    return wrap(text, width, subsequent_indent="  ")
