"""The comparison as Markdown, for the comment under a change: what happened in a sentence, the totals, and the layers folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.comparing.words import sentence
from archcalc.report.columns import COLUMNS, NOTHING
from archcalc.report.compared import totals
from archcalc.report.compared.cells import alike, cell, notes
from archcalc.report.compared.lines import lines
from archcalc.report.compared.pieces import ARROW, Alike, Changed, placed
from archcalc.report.compared.rows import SIGNS
from archcalc.report.markdown import DRAWN, block, escape, laid
from archcalc.report.totals import setting
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from archcalc.comparing import Comparison
    from archcalc.report.columns import Column
    from archcalc.report.compared import View
    from archcalc.report.compared.pieces import Placed
    from archcalc.report.fold import Line

__all__ = ["write"]

#: What is shown unless other columns are asked for.
USUAL = ("path", "type", "output", "params", "macs")
#: How deep a line is set in; spaces at the start of a cell are dropped.
INDENT = "&nbsp;&nbsp;"


def write(found: Sequence[Comparison], out: TextIO, view: View) -> None:
    """Write comparisons, all with the same network."""
    if len(found) > 1:
        out.writelines(f"{line}\n" for line in laid(*_standings(found)))
        out.write("\n")
    if view.charts and (len(found) > 1 or view.totals):
        out.writelines(f"{line}\n" for line in _sums(found, view))
    for i, one in enumerate(found):
        out.write("\n" if i else "")
        out.writelines(f"{line}\n" for line in _comparison(one, view, several=len(found) > 1))


def _comparison(found: Comparison, view: View, *, several: bool) -> Iterator[str]:
    yield f"### {escape(visible(f'{found.before.label} {ARROW} {found.after.label}'))}"
    yield ""
    yield f"**{escape(visible(sentence(found)))}**"
    yield ""
    if not several:
        columns = totals.beside(found)
        rows = [[escape(column.shown(it)) for column in columns] for it in totals.figures(found)]
        yield from laid([(escape(column.title), column.right) for column in columns], rows)
        yield ""
    if found.differs and not view.totals:
        yield from _layers(found, view)
    settings = dict.fromkeys(setting(one.header) for one in (found.before, found.after))
    yield escape(f" {ARROW} ".join(settings))


def _standings(found: Sequence[Comparison]) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    columns = totals.standing(len(totals.TITLES), differences=False)
    rows = [[escape(column.shown(it)) for column in columns] for it in totals.standings(found)]
    return [(escape(column.title), column.right) for column in columns], rows


def _layers(found: Comparison, view: View) -> Iterator[str]:
    """Write the layers, behind a line that says how many there are."""
    drawn = list(placed(lines(found, view.depth)))
    rows = len(found.found) - found.counts["alike"]
    yield f"<details><summary>{rows:,} layer{'s' * (rows != 1)} differ{'s' * (rows == 1)}, {found.counts['alike']:,} alike</summary>"
    yield ""
    yield from _drawn(found, view) if view.charts else _lines(drawn, view)
    yield ""
    yield "</details>"
    yield ""


def _drawn(found: Comparison, view: View) -> Iterator[str]:
    """Draw them."""
    from archcalc.report.charts.bars import BLOCKS
    from archcalc.report.compared import charts

    yield from block(charts.layers(found, view, DRAWN, BLOCKS))


def _sums(found: Sequence[Comparison], view: View) -> Iterator[str]:
    """Draw the totals of all networks."""
    from archcalc.report.charts.bars import BLOCKS
    from archcalc.report.compared import charts

    drawn = list(charts.sums([found[0].before, *(one.after for one in found)], view, DRAWN, BLOCKS))
    if drawn:
        yield from block(drawn[1:])
        yield ""


def _lines(drawn: Sequence[Placed], view: View) -> Iterator[str]:
    """Write them as a table."""
    columns = list(view.columns) or [column for column in COLUMNS if column.name in USUAL]
    columns = [column for column in columns if view.columns or _telling(column, drawn)]
    cells = [_cells(one, columns) for one in drawn]
    yield from laid([("", False), *((column.title, column.right) for column in columns), ("What", False)], cells)


def _telling(column: Column[Line], drawn: Sequence[Placed]) -> bool:
    return any(isinstance(one.piece, Changed) and cell(column, one.piece).text not in ("", NOTHING) for one in drawn)


def _cells(one: Placed, columns: Sequence[Column[Line]]) -> list[str]:
    """Write a line; what is alike, and what only stands above others, says nothing in its columns."""
    indent = INDENT * one.level
    if not isinstance(one.piece, Changed):
        name = f"*{escape(alike(one.piece))}*" if isinstance(one.piece, Alike) else escape(one.label)
        return ["", *(indent + name if column.name == "path" else "" for column in columns), ""]
    texts = [indent + escape(one.label) if column.name == "path" else _marked(column, one.piece) for column in columns]
    sign = SIGNS[one.piece.change]
    return [f"`{sign}`" if sign else "", *texts, escape("; ".join(notes(one.piece)))]


def _marked(column: Column[Line], piece: Changed) -> str:
    text = cell(column, piece)
    return f"**{escape(text.text)}**" if text.changed else escape(text.text)
