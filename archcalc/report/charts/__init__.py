"""Figures of a network along its depth, to be drawn: what each line of its table comes to, whatever draws it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record
from archcalc.report.columns import NOTHING, UNKNOWN, find
from archcalc.report.fold import drawn
from archcalc.report.numbers import at_least, human, thousands
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.report.fold import Line
    from archcalc.report.result import Header

__all__ = ["ALL", "CHARTS", "Bar", "Chart", "Placed", "UnknownChart", "bar", "chart", "legend", "limited", "pick", "placed"]

#: What can be drawn, and what it is called.
CHARTS = {
    "activations": "Elements alive at each step",
    "params": "Parameters",
    "macs": "Multiply-accumulates",
    "receptive_field": "Receptive field",
}
#: Other words for these.
ALIASES = {
    "activation": "activations", "memory": "activations", "live": "activations", "peak": "activations",
    "param": "params", "parameters": "params", "mac": "macs", "rf": "receptive_field", "field": "receptive_field",
}  # fmt: skip
#: All of them.
ALL = "all"


class UnknownChart(ValueError):
    """There is no such chart."""


class Bar(NamedTuple):
    """One line of the table, as a bar."""

    path: str
    type: str
    value: int | None  #: how long it is; `None` is not known, or there is nothing of the kind
    shown: str  #: how people read it
    marked: bool = False  #: whether it stands out: the peak
    whole: bool = False  #: whether it is more than can be drawn: a field that is everything
    rows: int = 1  #: how many rows of the network are in it


class Chart(Record, slots=False):
    """Bars along the depth of a network."""

    what: str
    title: str
    bars: tuple[Bar, ...]
    limit: int | None = None  #: what the bars are held against: the size of the input, of receptive fields
    flat: bool = False  #: whether the bars are in another order than the network's, and so in no tree
    peak: str = ""  #: the path of the row in the bar that stands out
    scale: int | None = None  #: the figure that fills the width, where several charts have one scale

    @cached_property
    def most(self) -> int:
        """The longest bar."""
        return max((bar.value or 0 for bar in self.bars), default=0)

    @property
    def end(self) -> int:
        """The figure that fills the width: the size of the input, or else the longest bar, here or beside this."""
        return self.scale or self.limit or self.most

    def beyond(self, bar: Bar) -> bool:
        """Whether a bar would be longer than there is width for."""
        return not bar.whole and (bar.value or 0) > self.end


class Placed(NamedTuple):
    """A bar in the tree of paths, or a name that only stands above others."""

    level: int
    label: str
    bar: Bar | None


def pick(names: str) -> tuple[str, ...]:
    """Read a list of charts.

    >>> pick("rf, macs"), len(pick("all"))
    (('receptive_field', 'macs'), 4)
    """
    return tuple(dict.fromkeys(what for name in names.split(",") for what in _find(name)))


def _find(name: str) -> tuple[str, ...]:
    if name.strip().lower() == ALL:
        return tuple(CHARTS)
    word = name.strip().lower().replace("-", "_").replace(" ", "_")
    found = ALIASES.get(word, word)
    if found not in CHARTS:
        from archcalc.layers import meant

        help_ = meant(word, (*CHARTS, "rf")) or f"there are {', '.join(CHARTS)} and {ALL}"
        raise UnknownChart(f"no chart is called `{visible(name.strip())}`: {help_}")
    return (found,)


def chart(what: str, lines: Iterable[Line], header: Header, *, flat: bool = False) -> Chart:
    """Make a chart of the lines of a table: of rows, of stages, of whatever they were folded to. Inputs are left out."""
    shown = [line for line in lines if not line.input]
    limit = limited(what, header)
    bars = tuple(bar(what, line, limit) for line in shown)
    peak = next((line.of.peak_at for line, one in zip(shown, bars, strict=True) if one.marked), "")
    return Chart(what, CHARTS[what], bars, limit, flat, peak)


def limited(what: str, header: Header) -> int | None:
    """Give what the bars of a chart are held against, if anything: of receptive fields, the longest axis that they lie on."""
    return max(header.extents, default=None) if what == "receptive_field" else None


def bar(what: str, line: Line, limit: int | None = None) -> Bar:
    """Make a bar of one line."""
    return _field(line, limit) if what == "receptive_field" else _count(line, "live" if what == "activations" else what)


def placed(chart: Chart) -> Iterator[Placed]:
    """Write the bars of a chart as the tree that their paths are, or one below the other where their order is another."""
    if chart.flat:
        yield from (Placed(0, visible(one.path), one) for one in chart.bars)
        return
    for level, label, i in drawn([one.path for one in chart.bars]):
        yield Placed(level, visible(label), None if i is None else chart.bars[i])


def legend(chart: Chart) -> tuple[str, str]:
    """Say what the bars are held against, or which of them stands out: in words, and with the path that they end in, if any."""
    marked = next((one for one in chart.bars if one.marked), None)
    if marked is not None:
        return f"peak {marked.shown} at ", visible(chart.peak or marked.path)
    return f"the full width is the input's, {thousands(chart.limit)}" if chart.limit is not None else "", ""


def _count(line: Line, name: str) -> Bar:
    row = line.row
    n: int = getattr(row, name)
    unknown = name in row.incomplete
    if n == 0:
        shown = UNKNOWN if unknown else "tied" if row.tied and name == "params" else NOTHING
        return Bar(row.path, row.type, None if unknown else 0, shown, rows=line.rows)
    text = at_least(human(n) if n >= 1000 else thousands(n), bound=unknown)
    shown = f"*{text}" if row.declared else text
    return Bar(row.path, row.type, n, shown, marked=line.peak and name == "live", rows=line.rows)


def _field(line: Line, limit: int | None) -> Bar:
    """Give the extent of the field along its longest axis; one that is everything is as long as the input."""
    row = line.row
    shown = find("receptive_field").shown(line)
    every = () if "receptive_field" in row.incomplete else row.receptive_field or ()
    whole = None in every
    longest = limit if whole else max((n for n in every if n is not None), default=None)
    return Bar(row.path, row.type, longest, shown, whole=whole, rows=line.rows)
