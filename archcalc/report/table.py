"""The table for people at a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.report.columns import COLUMNS, NOTHING, REMARK, SHARES, UNKNOWN
from archcalc.report.fold import Node, tree
from archcalc.report.grid import MARK, Cell, Entry, cells, elide, fit, open_console, room, sheet, write
from archcalc.report.numbers import thousands
from archcalc.report.shapes import shape
from archcalc.report.totals import facts, origin, setting, title
from archcalc.report.view import entrances, lines, told
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from archcalc.report.columns import Column
    from archcalc.report.fold import Line
    from archcalc.report.result import Header, Shape, Totals
    from archcalc.report.totals import Fact
    from archcalc.report.view import Lines, Run, View

__all__ = ["laid_out", "records", "summary"]

#: Columns up to this rank are shown even where they are empty.
VITAL = 3
INDENT = 2
#: Where the peak is marked.
PEAK = frozenset({"live", "activations"})
STYLES = {NOTHING: "dim", UNKNOWN: "yellow", "tied": "dim", "input": "dim"}


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Print networks, each with its table and its totals."""
    for i, run in enumerate(runs):
        rows = list(run.rows())
        totals = run.totals()
        console = open_console(out)
        write(console, [[]] if i else [])
        write(console, _head(run.header, console.width))
        content = lines(rows, totals, view)
        if view.charts:
            _drawn(console, run.header, content, view)
        else:
            _body(console, run.header, totals, content, view)
        write(console, _foot(run.header, totals, console.width))
        write(console, _outputs(run.outputs(), console.width))


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Print one line for each item."""
    entries = [Entry([Cell(column.shown(item)) for column in columns]) for item in items]
    console = open_console(out)
    write(console, sheet(columns, entries, fit(columns, entries, console.width)))


def _head(header: Header, width: int) -> Iterator[list[tuple[str, str]]]:
    name = elide(title(header), width)
    yield [(name, "bold"), (elide("  " + visible(header.source), width - cells(name)), "dim")]
    for text in (origin(header), setting(header)):
        if text:
            yield [(elide(text, width), "dim")]
    yield []


def _body(console: Console, header: Header, totals: Totals, content: Lines, view: View) -> None:
    """Print the table, and what there is to know about it."""
    shown = [*entrances(header, totals), *content.shown]
    columns = _columns(view)
    nodes = [Node(0, line.row.path, line) for line in shown] if view.sort or view.top else list(tree(shown))
    entries = [_entry(node, columns) for node in nodes]
    if not view.columns:
        telling = [i for i, column in enumerate(columns) if column.rank <= VITAL or _telling(column, i, entries, totals)]
        columns = [columns[i] for i in telling]
        entries = [Entry([entry.cells[i] for i in telling], entry.marked) for entry in entries]
    widths = fit(columns, entries, room(console) if view.columns else console.width, asked=bool(view.columns))
    absent = [column.title for column, width in zip(columns, widths, strict=True) if not width and view.columns]
    write(console, sheet(columns, entries, widths))
    write(console, [[(elide(note, console.width), "dim")] for note in _notes(shown, content, absent)])


def _drawn(console: Console, header: Header, content: Lines, view: View) -> None:
    """Draw the lines of the table in its place."""
    from archcalc.report.charts import chart
    from archcalc.report.charts.bars import picture, terminal

    for i, what in enumerate(view.charts):
        write(console, [[]] if i else [])
        one = chart(what, content.shown, header, flat=bool(view.sort or view.top))
        write(console, list(picture(one, console.width, terminal(console.encoding))))
    write(console, [[(elide(note, console.width), "dim")] for note in _notes(content.shown, content, [])])


def _columns(view: View) -> list[Column[Line]]:
    """Choose what may be shown: what was asked for, or everything."""
    if view.columns:
        return [*view.columns, *(share for share in SHARES if view.shares and share not in view.columns)]
    usual = [column for column in COLUMNS if column.rank < REMARK and (view.shares or column not in SHARES)]
    return [replace(column, rank=VITAL) if column in SHARES else column for column in usual]


def _telling(column: Column[Line], i: int, entries: Sequence[Entry], totals: Totals) -> bool:
    """Whether a column says something that the others don't."""
    if column.name == "trainable":
        return totals.frozen > 0
    return any(entry.cells[i].text not in ("", NOTHING, "1" if column.name == "rows" else NOTHING) for entry in entries)


def _entry(node: Node, columns: Sequence[Column[Line]]) -> Entry:
    level, label, line = node
    name = Cell(visible(label), "" if line else "dim", level * INDENT)
    if line is None:
        return Entry([name if column.name == "path" else Cell("") for column in columns])
    cells = [name if column.name == "path" else _cell(column, line) for column in columns]
    return Entry(cells, marked=line.peak)


def _cell(column: Column[Line], line: Line) -> Cell:
    text = told(column, line)
    if not text:
        return Cell("")
    return Cell(text, STYLES.get(text) or ("bold yellow" if line.peak and column.name in PEAK else ""))


def _notes(shown: Sequence[Line], content: Lines, absent: Sequence[str]) -> Iterator[str]:
    """Say what is not shown, and what the marks mean."""
    if content.left_out:
        yield f"… {thousands(content.left_out)} more; the totals are of everything"
    if sum(line.rows for line in shown if not line.input) > len(shown) or any(line.rows > 1 for line in shown):
        yield f"{thousands(content.rows)} rows folded at depth {content.depth}; --depth all shows each"
    if absent:
        yield f"no room for {', '.join(absent)}"
    rows = [line.row for line in shown]
    if any(row.declared for row in rows):
        yield "* declared in the file, not computed"
    if any(not row.aligned for row in rows):
        yield "~ branches that are centred differently meet"
    if any(row.incomplete for row in rows):
        yield "n/a: not known; sums that miss it are lower bounds (>=)"


def _outputs(outputs: Mapping[str, Shape], width: int) -> Iterator[list[tuple[str, str]]]:
    """Name what comes out, where that is more than the last layer."""
    if len(outputs) > 1:
        text = " · ".join(f"{visible(name)} {shape(sizes)}" for name, sizes in outputs.items())
        yield [(elide(f"outputs  {text}", width), "")]


def _foot(header: Header, totals: Totals, width: int) -> Iterator[list[tuple[str, str]]]:
    yield []
    yield from laid_out(list(facts(header, totals)), width)


def laid_out(figures: Sequence[Fact], width: int) -> Iterator[list[tuple[str, str]]]:
    """Lay figures out: label, whole number, the same in short, a remark."""
    labels, numbers, shorts = (max((cells(fact[i]) for fact in figures), default=0) for i in range(3))
    for fact in figures:
        start = elide(f"{fact.label:<{labels}}  {fact.number:>{numbers}}", width)
        after = f"  {fact.short:>{shorts}}  {fact.remark}{f'  {MARK} ' if fact.path else ''}"
        path = elide(fact.path, max(width - cells(start) - cells(after), 0), levels=True)
        yield [(start, ""), (elide(after + path, width - cells(start)).rstrip(), "dim")]
