"""CSV: a line of names, then one line for each row as it is worked out."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.report.columns import SHARES, STREAMED, plain
from archcalc.report.fold import each
from archcalc.report.result import Totals
from archcalc.report.totals import spec_name
from archcalc.report.view import EVERY_LEVEL, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.fold import Line
    from archcalc.report.view import Run, View

__all__ = ["QUOTED", "Writer", "records", "summary"]

#: What a spreadsheet takes for a formula, though it is no number; a mark in front of it says that it is text.
_FORMULA = re.compile(r"[=@]|[-+](?![\d.,]+( ?%)?$)[^ ]")
#: The mark, where it stands in front of such a text.
QUOTED = re.compile(r"'(?=[-=@+])")


class Writer:
    """Writes lines in which no text of a file's becomes a formula."""

    def __init__(self, out: TextIO) -> None:
        self._rows = csv.writer(out, lineterminator="\n")

    def writerow(self, cells: Iterable[object]) -> None:
        """Write a line.

        >>> import sys
        >>> Writer(sys.stdout).writerow(["=cmd()", "+1+A1", "-3.5 %", -3, "conv"])
        '=cmd(),'+1+A1,-3.5 %,-3,conv
        """
        self._rows.writerow([f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell for cell in cells])

    def writerows(self, rows: Iterable[Iterable[object]]) -> None:
        """Write lines."""
        for row in rows:
            self.writerow(row)


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Write rows; of several networks each line starts with the spec that it is from."""
    columns = [*(view.columns or STREAMED), *(share for share in SHARES if view.shares and share not in view.columns)]
    writer = Writer(out)
    titles = [*(["spec"] if view.several else []), *(column.name for column in columns)]
    for run in runs:
        start = [plain(spec_name(run.header))] if view.several else []
        for line in _lines(run, view, columns):
            if titles:
                writer.writerow(titles)  # what is wrong with a network is found before anything is written
                titles = []
            writer.writerow([*start, *(plain(column.value(line)) for column in columns)])


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write one line for each item."""
    writer = Writer(out)
    writer.writerow([column.name for column in columns])
    writer.writerows([plain(column.value(item)) for column in columns] for item in items)


def _lines(run: Run, view: View, columns: Sequence[Column[Line]]) -> Iterator[Line]:
    """Stream the rows, unless what was asked for needs all of them first."""
    if view.depth is None and view.sort is None and view.top is None and not set(columns) & set(SHARES):
        yield from each(run.rows(), Totals())
        return
    rows = list(run.rows())
    yield from lines(rows, run.totals(), replace(view, depth=EVERY_LEVEL if view.depth is None else view.depth)).shown
