"""Why tools disagree, as GitHub renders it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.report import markdown
from archcalc.report.reconciled.lines import CLAIMED, COLUMNS, answer, lines, notes, setting
from archcalc.report.totals import title

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.conventions.reconcile import Reconciliation

__all__ = ["write_all"]

#: A list has no levels: the cause has a column of its own.
SHOWN = tuple(
    replace(column, shown=lambda line: "" if line.cause else line.convention) if column.name == "convention" else column
    for column in COLUMNS
    if column.name != "short"
)


def write_all(found: Reconciliation, out: TextIO) -> None:
    """Write the figures, their causes, the notes, and what gives the figure that was claimed."""
    out.write(f"## {markdown.escape(title(found.header))}\n\n{markdown.escape(setting(found.header))}\n\n")
    markdown.records(SHOWN, list(lines(found)), out)
    said = list(notes(found))
    out.write("\n" if said else "")
    out.writelines(f"- {markdown.escape(note)}\n" for note in said)
    if found.verdict is not None:
        out.write(f"\n{markdown.escape(answer(found.verdict))}\n\n")
        markdown.records(CLAIMED, list(found.verdict.matches or filter(None, [found.verdict.nearest])), out)
