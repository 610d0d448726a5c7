"""A chart in a terminal: bars that are exact to an eighth of a column, on lines that never wrap."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from archcalc.report.charts import legend, placed
from archcalc.report.grid import ENOUGH, GAP, LABEL, MARK, cells, elide
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.report.charts import Bar, Chart

__all__ = ["BLOCKS", "LETTERS", "Drawn", "Signs", "Text", "foot", "head", "lines", "made", "picture", "signs", "stroke", "terminal"]

Text = list[tuple[str, str]]  # pieces, each with its style

INDENT = 2
#: Characters of a type, and of a bar, at most; longer ones are harder to compare, not easier.
TYPE, MOST = 24, 100
PEAK, BEYOND, PLAIN = "bold yellow", "magenta", "cyan"
#: What else stands on the lines, where there is ASCII alone.
ASCII = str.maketrans({"…": "~", "–": "-", "×": "x", "▸": ">", "·": "|"})  # a dot for what was cut out would make another path


class Signs(NamedTuple):
    """What bars are made of."""

    full: str
    parts: str  #: from the smallest up; with none, bars are whole characters
    whole: str  #: of a field that is everything
    beyond: str  #: the end of a bar that would be longer

    @property
    def steps(self) -> int:
        """Steps in a character."""
        return len(self.parts) + 1


BLOCKS = Signs("█", "▏▎▍▌▋▊▉", "░", "»")
LETTERS = Signs("#", "", ":", ">")


class Drawn(NamedTuple):
    """A line: a bar with its name, a name that stands above others, or a remark between them."""

    label: str
    level: int = 0
    bar: Bar | None = None
    sign: str = ""  #: in front
    style: str = ""  #: of the sign and the name
    tag: str = ""  #: what else is said of the bar
    remark: bool = False


def signs(encoding: str, *, dumb: bool = False) -> Signs:
    """Choose what bars are made of, by what can be written.

    >>> signs("utf-8").full, signs("latin-1").full, signs("utf-8", dumb=True).full
    ('█', '#', '#')
    """
    try:
        "".join(BLOCKS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return LETTERS
    return LETTERS if dumb else BLOCKS


def terminal(encoding: str) -> Signs:
    """Choose what bars are made of, by what the terminal says of itself, too."""
    return signs(encoding, dumb=os.environ.get("TERM") == "dumb")


def stroke(value: int, end: int, width: int, made_of: Signs = BLOCKS) -> str:
    """Draw a bar as long as its value is of `end`, which is as long as `width`; what is not zero can be seen.

    >>> [stroke(n, 16, 2) for n in (0, 1, 7, 8, 9, 16)], stroke(1, 10**9, 2), stroke(9, 16, 4, LETTERS)
    (['', '▏', '▉', '█', '█▏', '██'], '▏', '##')
    """
    if not value or not end or width < 1:
        return ""
    length = max(1, (2 * min(value, end) * width * made_of.steps + end) // (2 * end))
    full, rest = divmod(length, made_of.steps)
    return made_of.full * full + (made_of.parts[rest - 1] if rest else "")


def picture(chart: Chart, width: int, made_of: Signs) -> Iterator[Text]:
    """Draw the chart of a network: its title, its bars, and what their signs mean."""
    drawn = [
        Drawn(label, level)
        if bar is None
        else Drawn(label, level, bar, MARK if bar.marked else "", PEAK if bar.marked else "", visible(bar.type))
        for level, label, bar in placed(chart)
    ]
    yield from made(head(chart, width), made_of)
    yield from lines(chart, drawn, width, made_of)
    yield from made(foot(chart, width, made_of), made_of)


def head(chart: Chart, width: int) -> Iterator[Text]:
    """Say what is drawn."""
    title = elide(chart.title, width)
    text, path = legend(chart)
    about = elide(f"  {text}", width - cells(title))
    yield (
        [(title, "bold"), (about, "dim"), (elide(path, width - cells(title) - cells(about), levels=True), PEAK)]
        if text
        else [(title, "bold")]
    )


def foot(chart: Chart, width: int, made_of: Signs) -> Iterator[Text]:
    """Say what the signs mean that are not only bars."""
    told = [f"{made_of.whole} all of the input"] if any(bar.whole for bar in chart.bars) else []
    told += [f"{made_of.beyond} more than the input"] if any(map(chart.beyond, chart.bars)) else []
    if told:
        yield [(elide(" · ".join(told), width), "dim")]


def lines(chart: Chart, drawn: Sequence[Drawn], width: int, made_of: Signs, *, tagged: bool = False) -> Iterator[Text]:
    """Lay bars out, each with its name in front and its figure behind; tags that are no must stand where there is plenty of room."""
    gutter = 2 if any(one.sign for one in drawn) else 0
    figures = max((cells(bar.shown) for bar in chart.bars), default=0)
    longest = max((one.level * INDENT + cells(one.label) for one in drawn if not one.remark), default=0)
    labels = min(longest, max(width * (1 if tagged else 2) // (3 if tagged else 5), LABEL))
    tags = min(max((cells(one.tag) for one in drawn), default=0), max(width // 6, LABEL) if tagged else TYPE)
    room = width - gutter - labels - GAP - 1 - figures
    tags = tags if tagged or room - tags - GAP >= ENOUGH else 0
    room = min(room - (tags + GAP if tags else 0), MOST)
    for one in drawn:
        yield from made([_fitted(_line(chart, one, made_of, gutter, labels, tags, room), width)], made_of)


def _line(chart: Chart, one: Drawn, made_of: Signs, gutter: int, labels: int, tags: int, room: int) -> Text:
    front = (one.sign.ljust(gutter), one.style)
    indent = " " * min(one.level * INDENT, max(labels - LABEL, 0))
    if one.remark:
        return [(" " * gutter + indent + one.label, "dim")]
    label = elide(one.label, labels - len(indent), levels=True)
    if one.bar is None:
        return [front, (indent + label, "dim")]
    named = [front, (indent, ""), (label, one.style), (" " * (labels - len(indent) - cells(label) + GAP), "")]
    tag = elide(one.tag, tags, levels=True)
    said = [(tag, "dim"), (" " * (tags - cells(tag) + GAP), "")] if tags else []
    return [*named, *said, *_bar(chart, one.bar, room, made_of)]


def _bar(chart: Chart, bar: Bar, room: int, made_of: Signs) -> Text:
    """Draw a bar and its figure; nothing is drawn of what is not known."""
    style = PEAK if bar.marked else PLAIN
    if bar.whole:
        drawn = [(made_of.whole * room, "dim")]
    elif chart.beyond(bar):
        drawn = [(made_of.full * (room - 1), style), (made_of.beyond if room > 0 else "", BEYOND)]
    else:
        drawn = [(stroke(bar.value or 0, chart.end, room, made_of), style)]
    gap = " " if any(text for text, _ in drawn) else ""
    return [*drawn, (gap + bar.shown, PEAK if bar.marked else "dim" if not bar.value else "")]


def _fitted(line: Text, width: int) -> Text:
    """Cut what is too long for the narrowest of terminals."""
    fitted: Text = []
    for text, style in line:
        fitted.append((elide(text, width), style))
        width -= cells(fitted[-1][0])
    while fitted and not fitted[-1][0].strip():
        fitted.pop()
    return [(text, style) for text, style in fitted if text]


def made(drawn: Iterable[Text], made_of: Signs) -> Iterator[Text]:
    """Write lines in ASCII where bars are made of it."""
    for line in drawn:
        yield [(text.translate(ASCII), style) for text, style in line] if made_of is LETTERS else line
