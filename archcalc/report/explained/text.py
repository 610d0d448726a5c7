"""Formulas for people at a terminal: equal signs below each other, long lines broken at them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.formulas.expr import TEXT, chain
from archcalc.report.explained.fields import RECURRENCE, columns, listed
from archcalc.report.explained.layout import FIELD, legends, only, puzzling, shown, sums, title
from archcalc.report.explained.lines import Style, folded, formula, measured
from archcalc.report.fold import each, tree
from archcalc.report.grid import Cell, Entry, cells, elide, fit, open_console, sheet, write
from archcalc.report.result import Row, Totals
from archcalc.report.totals import setting
from archcalc.report.totals import title as model
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from archcalc.formulas.card import Family, Kind
    from archcalc.formulas.explain import Explainer
    from archcalc.report.columns import Column
    from archcalc.report.explained.fields import FieldRow
    from archcalc.report.explained.layout import Shown
    from archcalc.report.explained.lines import Pieces
    from archcalc.report.result import Header

__all__ = ["card", "network"]

DOT, STAR = "·", "*"  # the sign of a product, and what stands for it where it can't be written
INDENT = 2  #: of each level of paths
LEAST = 16  #: columns that a path has at least
TOTALS = 13  #: columns that the names of totals take


def network(header: Header, explainer: Explainer, out: TextIO) -> None:
    """Print what an explainer says of a network."""
    console = open_console(out)
    _put(console, _head(header, console.width))
    if unclear := only(explainer) == FIELD:
        _put(console, _fields(explainer, console.width))
    else:
        unclear = _rows(console, explainer)
    if totals := list(explainer.totals()):
        _put(console, [[], [(sums(explainer), "bold")]])
        _put(console, (pieces for line in totals for pieces in formula(line, Style(console.width, TOTALS))))
    _put(console, _legend(explainer.letters, console.width, unclear=unclear))


def _legend(letters: Mapping[str, str], width: int, *, unclear: bool) -> Iterator[Pieces]:
    said = legends(letters, unclear=unclear)
    yield from [[]] if said else []
    yield from ([(line, "dim")] for text in said for line in folded(text, width))


def _put(console: Console, lines: Iterable[Pieces]) -> None:
    """Print lines."""
    try:
        DOT.encode(console.encoding)
    except UnicodeEncodeError:
        lines = ([(text.replace(DOT, STAR), style) for text, style in line] for line in lines)
    write(console, list(lines))


def _head(header: Header, width: int) -> Iterator[Pieces]:
    name = elide(model(header), width)
    yield [(name, "bold"), (elide("  " + visible(header.source), width - cells(name)), "dim")]
    yield [(elide(setting(header), width), "dim")]
    yield []


def _fields(explainer: Explainer, width: int) -> Iterator[Pieces]:
    """List receptive fields, a line for each row."""
    yield from ([(text, "dim")] for text in folded("   ".join(RECURRENCE), width))
    yield []
    rows = list(listed(explainer))
    chosen = columns(rows)
    entries = list(_entries(rows, chosen))
    yield from sheet(chosen, entries, fit(chosen, entries, width))


def _entries(rows: Sequence[FieldRow], chosen: Sequence[Column[FieldRow]]) -> Iterator[Entry]:
    """Draw rows as a tree, those that tell axes apart as lines of their own."""
    left = iter(rows)
    row = next(left, None)
    for level, label, line in tree(each((Row(path=one.path, type=one.type) for one in rows if one.path), Totals())):
        name = Cell(visible(label), "" if line else "dim", level * INDENT)
        if line is None or row is None:
            yield Entry([name, *(Cell("") for _ in chosen[1:])])
            continue
        yield Entry([name, *_cells(row, chosen[1:])])
        row = next(left, None)
        while row is not None and not row.path:
            yield Entry([Cell(""), *_cells(row, chosen[1:])])
            row = next(left, None)


def _cells(row: FieldRow, chosen: Sequence[Column[FieldRow]]) -> Iterator[Cell]:
    return (Cell(column.shown(row), "" if column.title else "dim") for column in chosen)


def _rows(console: Console, explainer: Explainer) -> bool:
    """Print row after row, and tell whether there are letters to explain."""
    unclear, before = False, 0
    for item in shown(explainer):
        block = list(_block(item, console.width))
        unclear = unclear or any(map(puzzling, item.lines))
        _put(console, [[], *block] if before and max(before, len(block)) > 1 else block)
        before = len(block)
    return unclear


def _block(item: Shown, width: int) -> Iterator[Pieces]:
    """Set a row: on one line if there is little to say."""
    row = item.row
    path, kind = visible(row.path), f"  {visible(row.type)}"
    said = _brief(item)
    if not item.lines:
        said = said if cells(path + kind) + measured(said) <= width else said[1:]
        path = elide(path, max(width - cells(kind) - measured(said), LEAST), levels=True)
    if not item.lines or (len(item.lines) == 1 and cells(path + kind) + measured(said) <= width):
        yield [(path, ""), (kind, ""), *said]
        return
    shapes = visible(f"  {', '.join(row.reads)} -> {row.output}")
    head = [(elide(path, max(width - cells(kind), LEAST), levels=True), "bold"), (kind, "")]
    if measured(head) + cells(shapes) <= width:
        yield [*head, (shapes, "dim")]
    else:
        yield head
        yield from ([(f"  {text}", "dim")] for text in folded(shapes.strip(), width - 2))
    for line in item.lines:
        yield from formula(line, Style(width))
    if item.remark:
        yield from ([(f"  {text}", "dim")] for text in folded(visible(f"({item.remark})"), width - 2))


def _brief(item: Shown) -> Pieces:
    """Say on one line what there is to say of a row."""
    pieces: Pieces = [] if item.lines else [(f"  {visible(item.row.output)}", "dim")]
    for line in item.lines:
        *before, last = chain(line.name, line.written, TEXT) if line.written is not None else ("",)
        name = "" if line.name == "output" else f"{visible(title(line))} = " if last else visible(title(line))
        pieces += [
            (f"  {name}{''.join(f'{step} = ' for step in before)}", ""),
            (last, "bold"),
            (f"  {line.note}" if line.note else "", "dim"),
        ]
    remark = f"({item.remark})" if item.lines else item.remark
    return [*pieces, (f"  {visible(remark)}", "dim")] if item.remark else pieces


def card(families: Iterable[Family], out: TextIO) -> None:
    """Print the general formulas of layer kinds."""
    console = open_console(out)
    for i, family in enumerate(families):
        _put(console, [[]] if i else [])
        _put(console, [[(text, "bold")] for text in folded(family.title, console.width)])
        before = len(family.kinds)
        for kind in family.kinds:
            block = list(_kind(kind, console.width))
            _put(console, [[], *block] if max(before, len(block)) > 1 else block)
            before = len(block)
    _put(console, _legend({}, console.width, unclear=True))


def _kind(kind: Kind, width: int) -> Iterator[Pieces]:
    """Set a kind: its name, what it is, and the formulas of its rows."""
    name = kind.name
    if cells(name) + 2 + cells(kind.summary) <= width:
        yield [(name, "bold cyan"), (f"  {kind.summary}", "")]
    else:
        yield [(name, "bold cyan")]
        yield from ([(f"  {text}", "")] for text in folded(kind.summary, width - 2))
    yield from ([(f"  {text}", "dim")] for text in folded(kind.letters, width - 2) if text)
    for row in kind.rows:
        if row.role:
            yield [(f"  {row.role}", "cyan"), (f"  {row.type}" if row.type != row.role else "", "")]
        style = Style(width, indent=4 if row.role else 2, letters=True)
        for line in row.lines:
            yield from formula(line, style)
