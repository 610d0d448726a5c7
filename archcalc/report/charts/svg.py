"""A chart as a picture in a page: SVG with no script and no style sheet, in colours that suit light and dark.

A page may choose the colours: `--chart-bar`, `--chart-peak`, `--chart-beyond`. Names are data, never markup.
"""

from __future__ import annotations

from html import escape
from itertools import chain
from typing import TYPE_CHECKING

from archcalc.report.charts import legend, placed
from archcalc.report.grid import MARK, cells, elide
from archcalc.report.numbers import thousands
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.report.charts import Bar, Chart, Placed

__all__ = ["svg"]

#: Heights of a line, of a bar in it, and of the title above all.
LINE, BAR, TITLE = 18, 11, 28
#: The width of a character of the labels and figures, of what a label is set in, and of what keeps things apart.
CHARACTER, INDENT, GAP = 6.7, 12, 8
#: Characters that a label has at most.
LABEL = 34
#: How much wider a character of the title is.
WIDER = 1.25
#: The least width of a bar that is not zero.
LEAST = 1.0
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
PLAIN, PEAK, BEYOND = (
    f"var(--chart-{name}, {colour})" for name, colour in (("bar", "#4c8bc9"), ("peak", "#e0912f"), ("beyond", "#8a63c9"))
)


def svg(chart: Chart, *, ids: Mapping[str, str] | None = None, width: int = 720, beside: Sequence[Chart] = ()) -> str:
    """Draw a chart. `ids` gives, by their paths, bars a `data-row` by which a page finds them; charts beside it take the same room."""
    lines, every = list(placed(chart)), (chart, *beside)
    labels = max((min(_wide(one), LABEL * CHARACTER) for one in chain.from_iterable(map(placed, every))), default=0.0) + GAP
    figures = max((cells(bar.shown) for one in every for bar in one.bars), default=0) * CHARACTER + GAP
    room = max(width - labels - figures - 2 * GAP, width / 5)
    height = TITLE + LINE * max(len(lines), 1)
    told = "; ".join([chart.title, *filter(None, ["".join(legend(chart))])])
    inner = [*_head(chart, width)]
    for i, one in enumerate(lines):
        inner += _line(chart, one, TITLE + LINE * i, labels, room, ids or {})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="max-width: 100%; height: auto" role="img" aria-label="{escape(told)}" '
        f'font-family="{FONT}" font-size="11" fill="currentColor">{"".join(inner)}</svg>'
    )


def _head(chart: Chart, width: int) -> Iterator[str]:
    """Write the title, and beside it what the bars are held against."""
    text, path = legend(chart)
    about = text + elide(path, int(width / CHARACTER - cells(chart.title) * WIDER - cells(text)), levels=True)
    beside = f'<tspan dx="{GAP}" font-weight="normal" opacity="0.7">{escape(about)}</tspan>' if about else ""
    yield f'<text x="0" y="15" font-size="13" font-weight="bold" font-family="system-ui, sans-serif">{escape(chart.title)}{beside}</text>'


def _line(chart: Chart, one: Placed, top: int, labels: float, room: float, ids: Mapping[str, str]) -> Iterator[str]:
    bar, middle = one.bar, top + LINE - 5
    start = one.level * INDENT
    label = elide(one.label, int(max(labels - start, 8 * CHARACTER) / CHARACTER), levels=True)
    if bar is None:
        yield f'<text x="{start + GAP}" y="{middle}" opacity="0.6">{escape(label)}</text>'
        return
    row = f' data-row="{escape(visible(ids[bar.path]))}"' if bar.path in ids else ""
    bold = ' font-weight="bold"' if bar.marked else ""
    length = _length(chart, bar, room)
    yield f"<g{row}><title>{escape(_told(chart, bar))}</title>"
    if bar.marked:
        yield f'<text x="-1" y="{middle}" fill="{PEAK}">{MARK}</text>'
    yield f'<text x="{start + GAP}" y="{middle}"{bold}>{escape(label)}</text>'
    if length:
        yield _shape(chart, bar, labels + GAP, top + (LINE - BAR) / 2, length)
    faint = ' opacity="0.6"' if not bar.value else ""
    yield f'<text x="{labels + GAP + length + (GAP / 2 if length else 0):.1f}" y="{middle}"{bold}{faint}>{escape(bar.shown)}</text></g>'


def _shape(chart: Chart, bar: Bar, x: float, y: float, length: float) -> str:
    """Draw a bar: a field that is everything is an outline, one beyond the input ends in a point."""
    if bar.whole:
        look = f'fill="{PLAIN}" fill-opacity="0.15" stroke="{PLAIN}" stroke-dasharray="3 2"'
        return f'<rect x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{length - 1:.2f}" height="{BAR - 1}" {look}/>'
    if chart.beyond(bar):
        back, end, low = x + length - BAR / 2, x + length, y + BAR
        return f'<path d="M{x:.1f} {y:.1f}H{back:.2f}L{end:.2f} {y + BAR / 2:.1f}L{back:.2f} {low:.1f}H{x:.1f}Z" fill="{BEYOND}"/>'
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{length:.2f}" height="{BAR}" fill="{PEAK if bar.marked else PLAIN}"/>'


def _length(chart: Chart, bar: Bar, room: float) -> float:
    if bar.whole or chart.beyond(bar):
        return room
    return max(room * (bar.value * 1000 // chart.end) / 1000, LEAST) if bar.value else 0.0


def _told(chart: Chart, bar: Bar) -> str:
    """Say in full what a bar stands for."""
    exact = bar.value is not None and chart.what != "receptive_field"
    figure = f"{bar.shown} ({thousands(bar.value or 0)})" if exact else bar.shown
    more = [f"{bar.rows} rows"] if bar.rows > 1 else []
    more += ["the peak"] if bar.marked else []
    more += ["beyond the input"] if chart.beyond(bar) else []
    return visible("".join([bar.path, f" ({bar.type})" if bar.type else "", ": ", figure, *(f", {text}" for text in more)]))


def _wide(one: Placed) -> float:
    return one.level * INDENT + cells(one.label) * CHARACTER
