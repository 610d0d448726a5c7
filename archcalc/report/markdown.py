"""Tables as GitHub renders them, legible as they are, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archcalc.report.chosen import more, table
from archcalc.report.totals import facts, origin, setting, title
from archcalc.report.view import lines
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.result import Header, Totals
    from archcalc.report.view import Run, View

__all__ = ["DRAWN", "block", "escape", "laid", "records", "summary"]

#: What Markdown or HTML would read as theirs; an underscore inside a word is only that.
SPECIAL = re.compile(r"[\\|`*<>&]|\](?=[(\[])|(?<![^\W_])_|_(?![^\W_])")

TICKS = re.compile(r"`+")
#: Columns of a chart.
DRAWN = 80


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Write networks, each with its table and its totals."""
    for i, run in enumerate(runs):
        out.write("\n" if i else "")
        body, left_out = _drawn(run, view) if view.charts else _tabled(run, view)
        out.writelines(f"{text}\n" for text in _head(run.header))
        out.writelines(f"{text}\n" for text in body)
        out.writelines(f"{text}\n" for text in _foot(run.header, run.totals(), left_out))


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write one line for each item."""
    cells = [[escape(column.shown(item)) for column in columns] for item in items]
    out.writelines(f"{text}\n" for text in laid([(column.title, column.right) for column in columns], cells))


def escape(text: str) -> str:
    r"""Write a text so that it stays one.

    >>> escape("a|b*[0]_c_1 <b> [0](x)")
    'a\\|b\\*[0]\\_c_1 \\<b\\> [0\\](x)'
    """
    return SPECIAL.sub(lambda found: "\\" + found[0], text)


def _head(header: Header) -> Iterator[str]:
    yield f"## {escape(title(header))}"
    yield ""
    for text in (visible(header.source), origin(header), setting(header)):
        if text:
            yield f"{escape(text)}  "  # two spaces are a line break
    yield ""


def _tabled(run: Run, view: View) -> tuple[Iterable[str], int]:
    """Lay the table out; gives with it how many lines are left out."""
    columns, cells, left_out = table(run, view)
    return laid([(column.title, column.right) for column in columns], [list(map(escape, row)) for row in cells]), left_out


def _drawn(run: Run, view: View) -> tuple[Iterable[str], int]:
    """Draw the lines of the table in its place, as blocks of text."""
    from archcalc.report.charts import chart
    from archcalc.report.charts.bars import BLOCKS, picture

    content = lines(list(run.rows()), run.totals(), view)
    found: list[str] = []
    for i, what in enumerate(view.charts):
        one = chart(what, content.shown, run.header, flat=bool(view.sort or view.top))
        found += [*([""] if i else []), *block(picture(one, DRAWN, BLOCKS))]
    return found, content.left_out


def block(drawn: Iterable[list[tuple[str, str]]]) -> Iterator[str]:
    """Write lines as they are; no name among them ends the block."""
    texts = ["".join(text for text, _ in line) for line in drawn]
    ticks = max((len(run) for text in texts for run in TICKS.findall(text)), default=0)
    fence = "`" * max(3, ticks + 1)
    yield from (fence, *texts, fence)


def laid(titles: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lay a table out so that its source lines up, too."""
    widths = [max(3, len(title), *(len(row[i]) for row in rows)) for i, (title, _) in enumerate(titles)]
    yield _row([title for title, _ in titles], titles, widths)
    yield "|" + "|".join("-" * (n + 1) + (":" if right else "-") for n, (_, right) in zip(widths, titles, strict=True)) + "|"
    for row in rows:
        yield _row(row, titles, widths)


def _row(cells: Sequence[str], titles: Sequence[tuple[str, bool]], widths: Sequence[int]) -> str:
    padded = (text.rjust(n) if right else text.ljust(n) for text, n, (_, right) in zip(cells, widths, titles, strict=True))
    return f"| {' | '.join(padded)} |"


def _foot(header: Header, totals: Totals, left_out: int) -> Iterator[str]:
    yield ""
    if left_out:
        yield more(left_out)
        yield ""
    for fact in facts(header, totals):
        short = f" ({fact.short})" if fact.short else ""
        remark = f", {fact.remark}" if fact.remark else ""
        at = f" at {fact.path}" if fact.path else ""
        indent = "  " if fact.label.startswith(" ") else ""
        yield f"{indent}- {fact.label.strip()}: **{escape(fact.number)}**{escape(short + remark + at)}"
