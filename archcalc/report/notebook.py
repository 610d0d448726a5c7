"""The table and its charts as HTML, for notebooks: what `Summary` shows of itself."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from archcalc.report.charts import CHARTS, chart
from archcalc.report.charts.svg import svg
from archcalc.report.columns import COLUMNS, PLAIN
from archcalc.report.html_ import cell, row
from archcalc.report.totals import facts, origin, setting, title
from archcalc.report.view import View, entrances, lines, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.report.result import Summary

__all__ = ["html"]

RIGHT, LEFT = 'style="text-align: right"', 'style="text-align: left"'


def html(summary: Summary) -> str:
    """Write a summary as a table with its totals and charts; names from the file are data, never markup."""
    header, totals = summary.header, summary.totals
    columns = [column for column in COLUMNS if column.rank <= PLAIN]
    sides = [RIGHT if column.right else LEFT for column in columns]
    view = lines(summary.layers, totals, View())
    rows = [
        _row("td", sides, [told(column, line) for column in columns], bold=line.peak) for line in (*entrances(header, totals), *view.shown)
    ]
    figures = [
        _row("td", [LEFT, RIGHT, RIGHT, LEFT], [fact.label, fact.number, fact.short, f"{fact.remark} {fact.path}"])
        for fact in facts(header, totals)
    ]
    about = [escape(text) for text in (origin(header), setting(header)) if text]
    charts = [chart(what, view.shown, header) for what in CHARTS]
    pictures = "".join(f"<div>{svg(one)}</div>" for one in charts if one.most or any(bar.whole for bar in one.bars))
    warnings = "".join(f"<p><b>warning:</b> {escape(warning)}</p>" for warning in summary.warnings)
    return (
        f"<p><b>{escape(title(header))}</b><br>{'<br>'.join(about)}</p>"
        f"<table><thead>{_row('th', sides, [c.title for c in columns])}</thead><tbody>{''.join(rows)}</tbody></table>"
        f"<table><tbody>{''.join(figures)}</tbody></table>{pictures}{warnings}"
    )


def _row(tag: str, sides: Iterable[str], texts: Iterable[str], *, bold: bool = False) -> str:
    return row(cell(tag, text, side, bold=bold) for text, side in zip(texts, sides, strict=True))
