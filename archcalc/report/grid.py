"""A table in a terminal that never wraps: columns give way, texts are cut, and what is left lines up."""

from __future__ import annotations

import os
import sys
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column

__all__ = ["CORE", "MARK", "Cell", "Entry", "Screen", "cells", "elide", "fit", "open_console", "room", "sheet", "write"]

#: Columns up to this rank stay even if texts must be cut for them.
CORE = 5
#: Characters that a text may claim before a further column is shown.
ENOUGH = 40
#: Width where nobody looks: a file, a pipe.
PIPED = 100
#: Characters that are left to a label, however deep it is.
LABEL = 8
GAP = 2
#: Pieces that are printed at once; to print each for itself would take longer than to work it out.
PAGE = 10_000
MARK = "▸"
#: Characters of a path's end that stay where it is cut: the index of a copy.
TAIL = 7


class Cell(NamedTuple):
    """A text, its style, and how far it is set in."""

    text: str
    style: str = ""
    indent: int = 0


class Entry(NamedTuple):
    """A line of cells, perhaps with a mark in front."""

    cells: Sequence[Cell]
    marked: bool = False


class Screen(Console):
    """A console that leaves it to its caller what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Pass the error on; rich would end the program."""
        raise  # noqa: PLE0704 - called while the error is handled


Line = list[tuple[str, str]]  # pieces of text, each with its style


def open_console(out: TextIO) -> Console:
    """Make a console as wide as the terminal or as `COLUMNS` says; elsewhere as wide as a page."""
    console = Screen(file=out, markup=False, emoji=False, highlight=False)
    if not _bounded(console):
        console.width = PIPED
    return console


def room(console: Console) -> int:
    """Give the width that a table may have at most; where nothing bounds it, as much as was asked for."""
    return console.width if _bounded(console) else sys.maxsize


def write(console: Console, lines: Iterator[Line] | Sequence[Line]) -> None:
    """Print lines as they are."""
    pieces: list[Segment] = []
    for line in lines:
        pieces += [Segment(text, Style.parse(style) if style else None) for text, style in line]
        pieces.append(Segment.line())
        if len(pieces) > PAGE:
            console.print(Segments(pieces), crop=False, end="")
            pieces = []
    console.print(Segments(pieces), crop=False, end="")


def sheet(columns: Sequence[Column[Any]], entries: Sequence[Entry], widths: Sequence[int]) -> Iterator[Line]:
    """Lay a table out: titles, a rule, the entries. Columns of width 0 are not shown."""
    gutter = 2 if any(entry.marked for entry in entries) else 0
    shown = [i for i, width in enumerate(widths) if width]
    titles = [Cell(column.title, "bold") for column in columns]
    yield _line(Entry(titles), columns, widths, shown, gutter)
    yield [("─" * (gutter + sum(widths) + GAP * (len(shown) - 1)), "dim")]
    for entry in entries:
        yield _line(entry, columns, widths, shown, gutter)


def fit(columns: Sequence[Column[Any]], entries: Sequence[Entry], width: int, *, asked: bool = False) -> list[int]:
    """Choose the columns that there is room for, the lowest ranks first, and how wide each is; 0 is left out.

    Columns that were `asked` for may have texts cut for them; those that are a bonus may not.
    """
    full = [
        max(cells(column.title), *(cells(entry.cells[i].text) + entry.cells[i].indent for entry in entries), 1)
        for i, column in enumerate(columns)
    ]
    width -= 2 if any(entry.marked for entry in entries) else 0
    kept: list[int] = []
    for i in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        bonus = columns[i].rank > CORE and not asked
        needs = [min(full[k], (ENOUGH if bonus else columns[k].least) if columns[k].least else full[k]) for k in (*kept, i)]
        if not kept or sum(needs) + GAP * len(kept) <= width:
            kept.append(i)
    widths = [full[i] if i in kept else 0 for i in range(len(columns))]
    return _cut(columns, widths, width - GAP * (len(kept) - 1))


def elide(text: str, room: int, *, levels: bool = False) -> str:
    """Cut a text to `room` columns of a terminal: at its end, or in the middle of a path, whose ends tell the most.

    >>> elide("conv + batch_norm + relu", 12), elide("stage[0].Bottleneck_1.conv_2", 16, levels=True)
    ('conv + batc…', 'stage[0]…conv_2')
    >>> elide("InvertedResidual_1[0]", 16, levels=True), elide("stage[1].block[0]", 14, levels=True)
    ('Inverted…al_1[0]', 'stage[…lock[0]')
    """
    if cells(text) <= room:
        return text
    if levels:
        first, *rest = text.split(".")
        tails = list(accumulate(reversed(rest), lambda tail, part: f"{part}.{tail}"))
        kept = [short for tail in tails if cells(short := f"{first}…{tail}") <= room]
        if kept:
            return kept[-1]
        end = text[-min(room // 2, TAIL) :]
        if text.isascii() and room > TAIL:
            return f"{text[: room - 1 - len(end)]}…{end}"
    return set_cell_size(text, room - 1).rstrip() + "…" if room > 0 else ""


def _cut(columns: Sequence[Column[Any]], widths: list[int], room: int) -> list[int]:
    """Take what is too much from the widest text, again and again; the first column gives the rest."""
    widths = [min(width, max(room, column.least)) if column.least else width for column, width in zip(columns, widths, strict=True)]
    for _ in range(sum(widths) - room):
        able = [i for i, column in enumerate(columns) if column.least and widths[i] > column.least]
        if able:
            widths[max(able, key=lambda i: widths[i])] -= 1
    return widths if sum(widths) <= room else [max(room, 1), *(0 for _ in widths[1:])]


def _line(entry: Entry, columns: Sequence[Column[Any]], widths: Sequence[int], shown: Sequence[int], gutter: int) -> Line:
    line: Line = [((MARK if entry.marked else "").ljust(gutter), "bold yellow" if entry.marked else "")] if gutter else []
    for i in shown:
        cell = entry.cells[i]
        indent = min(cell.indent, max(widths[i] - LABEL, 0))  # what is too deep for the terminal is not set in further
        text = " " * indent + elide(cell.text, widths[i] - indent, levels=columns[i].name == "path")
        space = " " * (widths[i] - cells(text))
        gap = " " * GAP if i != shown[0] else ""
        right = columns[i].right
        line += [(gap + space, ""), (text, cell.style)] if right else [(gap, ""), (text, cell.style), (space if i != shown[-1] else "", "")]
    while line and not line[-1][0].strip():
        line.pop()
    return [(text, style) for text, style in line if text]


def _bounded(console: Console) -> bool:
    return console.is_terminal or os.environ.get("COLUMNS", "").isdigit()


def cells(text: str) -> int:
    """Give the columns of a terminal that a text takes."""
    return len(text) if text.isascii() else cell_len(text)
