"""The layers that differ, as a table in a terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.report.columns import COLUMNS, NOTHING, REMARK, SHARES, Column
from archcalc.report.compared.cells import alike, cell, notes
from archcalc.report.compared.lines import lines
from archcalc.report.compared.pieces import Alike, Changed, placed
from archcalc.report.grid import CORE, Cell, Entry, cells, elide, fit, room, sheet
from archcalc.report.numbers import thousands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from archcalc.comparing import Comparison
    from archcalc.comparing.difference import Change
    from archcalc.report.compared import View
    from archcalc.report.compared.pieces import Placed
    from archcalc.report.fold import Line

__all__ = ["SIGNS", "STYLES", "layers", "legend", "wrapped"]

Text = list[tuple[str, str]]

#: What stands in front of a line, and what it means.
SIGNS: dict[Change, str] = {"added": "+", "removed": "-", "changed": "~", "moved": ">", "renamed": "=", "follows": ""}
STYLES: dict[Change, str] = {"added": "green", "removed": "red", "changed": "bold yellow", "moved": "cyan", "renamed": "cyan"}
#: How a cell is set that changed, and what is said below a line.
CHANGED, SAID = "yellow", "yellow"
#: Columns in the order in which they find room; the first of them even if their figures must be short for it.
VITAL, USUAL = ("params", "macs", "output"), ("type", "activations", "buffers", "receptive_field")
#: Columns that say nothing of what differs.
UNASKED = frozenset({"live", "in_out", "rows", "line", "trainable"})
INDENT = 2
#: Where a text may be broken: at a space, but not before a unit.
BREAK = re.compile(r" (?![%KMGTPEZY](?!\w))")
#: Columns that a text has at least that changed.
ROOM = 18
#: Levels that texts without columns are set in at most.
MOST = 10
SIGN: Column[Any] = Column(name="change", title="", value=str, shown=str, rank=0, right=False)


def layers(found: Comparison, view: View, console: Console) -> Iterator[Text]:
    """Lay the layers out that differ, with what is alike between them."""
    drawn = list(placed(lines(found, view.depth)))
    frozen = bool(found.before.totals.frozen or found.after.totals.frozen)
    changed = [one.piece for one in drawn if isinstance(one.piece, Changed)]
    if not changed:
        yield from ([(elide(alike(one.piece), console.width), "dim")] for one in drawn if isinstance(one.piece, Alike))
        return
    columns, entries, widths = _fitted(drawn, _columns(changed, view, frozen=frozen), view, console)
    table = sheet(columns, entries, widths)
    yield next(table)
    yield next(table)
    for one in drawn:
        indent = " " * (widths[0] + 2 + min(one.level, MOST) * INDENT)
        if isinstance(one.piece, Alike):
            yield [(elide(indent + alike(one.piece), console.width), "dim")]
            continue
        yield next(table)
        if one.piece is not None:
            for note in notes(one.piece):
                yield from ([(f"{indent}  {text}", SAID)] for text in wrapped(note, console.width - len(indent) - 2))
    absent = [column.title for column, width in zip(columns, widths, strict=True) if not width and view.columns]
    yield from legend(changed, absent, console.width)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text into lines at its spaces; a word that is too long is cut.

    >>> list(wrapped("has 17 more blocks in stage[2]", 12))
    ['has 17 more', 'blocks in', 'stage[2]']
    """
    line = ""
    for word in BREAK.split(text):
        if line and cells(line) + 1 + cells(word) > width:
            yield elide(line, width)
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield elide(line, width)


def _columns(changed: Sequence[Changed], view: View, *, frozen: bool) -> list[Column[Line]]:
    """Choose the columns that may be shown: what was asked for, or all that say something, first those in which something changed."""
    if view.columns:
        return list(view.columns)
    unasked = UNASKED - {"trainable"} if frozen else UNASKED
    usual = [column for column in COLUMNS if column.rank < REMARK and column not in SHARES and column.name not in unasked]
    told = [column for column in usual if any(cell(column, it).text not in ("", NOTHING) for it in changed)]
    ranks = {name: rank for rank, name in enumerate((*VITAL, *USUAL))}
    moving = {column.name for column in told if any(cell(column, it).changed for it in changed)}
    ranked = [
        replace(column, rank=_rank(column, ranks, moving), least=ROOM if column.least and column.name in moving else column.least)
        for column in told
        if column.name != "path"
    ]
    return [replace(COLUMNS[0], rank=0), *ranked]


def _rank(column: Column[Line], ranks: dict[str, int], moving: set[str]) -> int:
    """Rank a column: what changed is at the core, then what is usual, then the rest."""
    if column.name not in ranks:
        return REMARK + column.rank
    return (1 if column.name in moving else CORE + 1) + ranks[column.name]


def _fitted(
    drawn: Sequence[Placed], columns: Sequence[Column[Line]], view: View, console: Console
) -> tuple[list[Column[Any]], list[Entry], list[int]]:
    """Find room for the columns, with whole figures, or with short ones where there is none for what matters."""
    shown: list[Column[Any]] = [SIGN, *columns]
    asked = bool(view.columns)
    for short in (False, True):
        entries = [_entry(one, columns, short=short) for one in drawn if not isinstance(one.piece, Alike)]
        widths = fit(shown, entries, room(console) if asked else console.width, asked=asked)
        if all(width for column, width in zip(shown, widths, strict=True) if asked or column.rank <= len(VITAL)):
            break
    return shown, entries, widths


def _entry(one: Placed, columns: Sequence[Column[Line]], *, short: bool) -> Entry:
    if not isinstance(one.piece, Changed):
        return Entry([Cell(""), *(Cell(one.label if column.name == "path" else "", "dim", one.level * INDENT) for column in columns)])
    style = STYLES.get(one.piece.change, "")
    return Entry([Cell(SIGNS[one.piece.change], style), *(_cell(column, one, one.piece, style, short=short) for column in columns)])


def _cell(column: Column[Line], one: Placed, piece: Changed, style: str, *, short: bool) -> Cell:
    if column.name == "path":
        return Cell(one.label, style, one.level * INDENT)
    text, changed = cell(column, piece, short=short)
    lone = style if piece.change in {"added", "removed"} else ""
    return Cell(text, CHANGED if changed else "dim" if text == NOTHING else lone)


def legend(changed: Sequence[Changed], absent: Sequence[str], width: int) -> Iterator[Text]:
    """Say what the signs mean, and what is not shown."""
    yield from ([(elide(note, width), "dim")] for note in _legend(changed, absent))


def _legend(changed: Sequence[Changed], absent: Sequence[str]) -> Iterator[str]:
    there = [piece.change for piece in changed]
    signs = [f"{sign} {change}" for change, sign in SIGNS.items() if change in there and sign]
    yield " · ".join([*signs, *(["no sign: follows from the others"] if "follows" in there else [])])
    if any(piece.line.rows > 1 for piece in changed):
        rows = sum(piece.line.rows for piece in changed)
        yield f"{thousands(rows)} rows folded into {len(changed)} line{'s' * (len(changed) != 1)}; --depth all shows each"
    if absent:
        yield f"no room for {', '.join(absent)}"
