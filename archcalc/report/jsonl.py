"""JSON lines: one row a line as it is worked out, and what the network comes to at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.report.json_ import closing, dump, opening, record, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.view import Run, View

__all__ = ["records", "summary"]


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:  # noqa: ARG001 - renderers have one form
    """Write the rows, then a line with what was computed and the totals."""
    for run in runs:
        out.writelines(dump(row(each)) + "\n" for each in run.rows())
        out.write(dump(opening(run.header) | closing(run)) + "\n")


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write one line for each item."""
    out.writelines(dump(record(columns, item)) + "\n" for item in items)
