"""A table in HTML, by itself, to be put in a page; how it looks is the page's affair."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from archcalc.report.chosen import more, table
from archcalc.report.totals import facts, origin, setting, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.result import Header, Totals
    from archcalc.report.view import Run, View

__all__ = ["cell", "records", "row", "summary"]


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Write networks, each a table with its totals below."""
    for run in runs:
        columns, cells, left_out = table(run, view)
        _put(out, ["<table>", _caption(run.header), *_head(columns), *_body(cells)])
        _put(out, [*_foot(run.header, run.totals(), len(columns), left_out), "</table>"])


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write one line for each item."""
    cells = ([column.shown(item) for column in columns] for item in items)
    _put(out, ["<table>", *_head(columns), *_body(cells), "</table>"])


def cell(tag: str, text: str, attributes: str = "", *, bold: bool = False) -> str:
    """Write a cell; texts are data, never markup.

    >>> cell("th", "a<b>", 'scope="row"')
    '<th scope="row">a&lt;b&gt;</th>'
    """
    inner = f"<b>{escape(text)}</b>" if bold else escape(text)
    return f"<{tag}{' ' if attributes else ''}{attributes}>{inner}</{tag}>"


def row(cells: Iterable[str]) -> str:
    """Put cells in a row."""
    return f"<tr>{''.join(cells)}</tr>"


def _put(out: TextIO, lines: Iterable[str]) -> None:
    out.writelines(f"{line}\n" for line in lines)


def _caption(header: Header) -> str:
    texts = (origin(header), setting(header))
    return f"<caption>{'<br>'.join([f'<b>{escape(title(header))}</b>', *(escape(text) for text in texts if text)])}</caption>"


def _head(columns: Sequence[Column[Any]]) -> Iterator[str]:
    yield "<thead>"
    yield row(cell("th", column.title, 'scope="col"') for column in columns)
    yield "</thead>"


def _body(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "<tbody>"
    for first, *others in rows:
        yield row([cell("th", first, 'scope="row"'), *(cell("td", text) for text in others)])
    yield "</tbody>"


def _foot(header: Header, totals: Totals, columns: int, left_out: int) -> Iterator[str]:
    yield "<tfoot>"
    if left_out:
        yield row([cell("td", more(left_out), f'colspan="{max(columns, 2)}"')])
    for fact in facts(header, totals):
        told = ", ".join(filter(None, (fact.short, fact.remark, f"at {fact.path}" if fact.path else "")))
        number = f"{fact.number} ({told})" if told else fact.number
        yield row([cell("th", fact.label.strip(), 'scope="row"'), cell("td", number, f'colspan="{max(columns - 1, 1)}"')])
    yield "</tfoot>"
