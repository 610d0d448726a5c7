"""What differs between networks, drawn: the bars of both below each other, at one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.charts import CHARTS, Bar, Chart, bar, limited
from archcalc.report.charts.bars import Drawn, foot, head, made
from archcalc.report.charts.bars import lines as laid
from archcalc.report.columns import NOTHING, UNKNOWN
from archcalc.report.compared.cells import alike
from archcalc.report.compared.lines import lines
from archcalc.report.compared.pieces import Alike, Changed, placed
from archcalc.report.compared.rows import SIGNS, STYLES, legend
from archcalc.report.numbers import at_least, human
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing import Comparison, Subject
    from archcalc.report.charts.bars import Signs, Text
    from archcalc.report.compared import View
    from archcalc.report.compared.pieces import Placed

__all__ = ["layers", "sums"]

#: The total that a chart draws of each network; a receptive field belongs to a position, not to a network.
TOTALS = {"activations": "peak_activation", "params": "params", "macs": "macs"}
TITLES = {**CHARTS, "activations": "Peak activation"}
BOTH = "both"


def layers(found: Comparison, view: View, width: int, made_of: Signs) -> Iterator[Text]:
    """Draw the layers that differ, with what is alike between them."""
    drawn = list(placed(lines(found, view.depth)))
    changed = [one.piece for one in drawn if isinstance(one.piece, Changed)]
    for i, what in enumerate(view.charts if changed else ()):
        limit = max((n for one in (found.before, found.after) if (n := limited(what, one.header)) is not None), default=None)
        rows = [row for one in drawn for row in _rows(one, what, found, limit)]
        chart = Chart(what, CHARTS[what], tuple(row.bar for row in rows if row.bar), limit)
        yield from [[]] if i else []
        yield from made(head(chart, width), made_of)
        yield from laid(chart, rows, width, made_of, tagged=True)
        yield from made(foot(chart, width, made_of), made_of)
    yield from made(legend(changed, [], width), made_of)


def sums(subjects: Sequence[Subject], view: View, width: int, made_of: Signs) -> Iterator[Text]:
    """Draw totals, a bar for each network."""
    for what in view.charts:
        if what in TOTALS:
            rows = [Drawn(visible(one.label), bar=_sum(one, TOTALS[what])) for one in subjects]
            chart = Chart(what, TITLES[what], tuple(row.bar for row in rows if row.bar))
            yield []
            yield from made(head(chart, width), made_of)
            yield from laid(chart, rows, width, made_of)


def _rows(one: Placed, what: str, found: Comparison, limit: int | None) -> Iterator[Drawn]:
    """Give the lines of a part: one for each network, or one for both where they agree."""
    if isinstance(one.piece, Alike):
        yield Drawn(alike(one.piece), one.level, remark=True)
    elif one.piece is None:
        yield Drawn(one.label, one.level)
    elif not one.piece.line.input:
        sign, style = SIGNS[one.piece.change], STYLES.get(one.piece.change, "")
        bars = _bars(one.piece, what, found, limit)
        for i, (tag, drawn) in enumerate(bars):
            yield Drawn("" if i else one.label, one.level, drawn, "" if i else sign, style, tag)


def _bars(piece: Changed, what: str, found: Comparison, limit: int | None) -> list[tuple[str, Bar]]:
    sides = ((found.before, piece.before), (found.after, piece.after))
    bars = [(visible(subject.label), bar(what, line, limit)._replace(marked=False)) for subject, line in sides if line is not None]
    same = len(bars) > 1 and bars[0][1][2:4] == bars[1][1][2:4]
    return [(BOTH, bars[0][1])] if same else bars


def _sum(subject: Subject, name: str) -> Bar:
    n: int = getattr(subject.totals, name)
    unknown = name in subject.totals.incomplete
    shown = at_least(human(n), bound=unknown) if n else UNKNOWN if unknown else NOTHING
    return Bar(subject.label, "", n, shown)
