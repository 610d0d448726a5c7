"""Which columns a page has room for, where nothing says how wide it is, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.columns import COLUMNS, NOTHING, PLAIN, SHARES
from archcalc.report.numbers import thousands
from archcalc.report.view import entrances, lines, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.report.columns import Column
    from archcalc.report.fold import Line
from archcalc.report.view import Run, View

__all__ = ["more", "table"]


def table(run: Run, view: View) -> tuple[Sequence[Column[Line]], list[list[str]], int]:
    """Choose the columns, write what is in them, and say how many lines are left out."""
    rows = list(run.rows())
    totals = run.totals()
    content = lines(rows, totals, view)
    shown = [*entrances(run.header, totals), *content.shown]
    usual = [column for column in COLUMNS if column.rank <= PLAIN]
    columns = [*(view.columns or usual), *(share for share in SHARES if view.shares and share not in view.columns)]
    cells = [[told(column, line) for column in columns] for line in shown]
    telling = [i for i in range(len(columns)) if view.columns or any(row[i] not in ("", NOTHING) for row in cells)]
    return [columns[i] for i in telling], [[row[i] for i in telling] for row in cells], content.left_out


def more(left_out: int) -> str:
    """Say that lines are left out.

    >>> more(3)
    '… 3 more; the totals are of everything.'
    """
    return f"… {thousands(left_out)} more; the totals are of everything."
