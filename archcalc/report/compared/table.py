"""The comparison for people at a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.comparing.words import sentence
from archcalc.report.compared import totals
from archcalc.report.compared.pieces import ARROW
from archcalc.report.compared.rows import layers, wrapped
from archcalc.report.grid import Cell, Entry, cells, elide, fit, open_console, sheet
from archcalc.report.grid import write as put
from archcalc.report.shapes import shape
from archcalc.report.totals import setting, spec_name, title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from archcalc.comparing import Comparison, Subject
    from archcalc.report.columns import Column
    from archcalc.report.compared import View
    from archcalc.report.result import Shape

__all__ = ["write"]

Text = list[tuple[str, str]]

#: How a figure of the totals is set that changed.
CHANGED = "yellow"
#: Columns that a network's name has at least above its figures.
LABEL, LEAST = 14, 8


def write(found: Sequence[Comparison], out: TextIO, view: View) -> None:
    """Print comparisons, all with the same network."""
    console = open_console(out)
    several = len(found) > 1
    _put(console, _head([found[0].before, *(one.after for one in found)], console.width))
    _put(console, _standings(found, console.width) if several else _beside(found[0], console.width))
    if view.charts and (several or view.totals):
        _put(console, _sums(found, view, console))
    for one in found:
        heading = f"{one.before.label} {ARROW} {one.after.label}"
        _put(console, [[], [(elide(visible(heading), console.width), "bold")]] if several else [[]])
        _put(console, ([(text, "" if several else "bold")] for text in wrapped(visible(sentence(one)), console.width)))
        if not view.totals and one.differs:
            _put(console, [[]])
            _put(console, _drawn(one, view, console) if view.charts else layers(one, view, console))
    if not several:
        _put(console, _outputs(found[0], console.width))


def _drawn(found: Comparison, view: View, console: Console) -> Iterator[Text]:
    """Draw the layers that differ."""
    from archcalc.report.charts.bars import terminal
    from archcalc.report.compared import charts

    return charts.layers(found, view, console.width, terminal(console.encoding))


def _sums(found: Sequence[Comparison], view: View, console: Console) -> Iterator[Text]:
    """Draw the totals of all networks."""
    from archcalc.report.charts.bars import terminal
    from archcalc.report.compared import charts

    return charts.sums([found[0].before, *(one.after for one in found)], view, console.width, terminal(console.encoding))


def _put(console: Console, lines: Iterable[Text]) -> None:
    """Print lines; where there are no arrows, they are made of two signs."""
    try:
        ARROW.encode(console.encoding)
    except UnicodeEncodeError:
        lines = ([(text.replace(f" {ARROW} ", " > "), style) for text, style in line] for line in lines)
    put(console, list(lines))


def _head(subjects: Sequence[Subject], width: int) -> Iterator[Text]:
    """Say what is compared, and what the figures are of."""
    names = list(dict.fromkeys(title(one.header) for one in subjects))
    sources = list(dict.fromkeys(visible(spec_name(one.header)) for one in subjects))
    name = elide(f" {ARROW} ".join(names), width)
    yield [(name, "bold"), (elide(f"  {f' {ARROW} '.join(sources)}", width - cells(name)), "dim")]
    settings = {one.label: setting(one.header) for one in subjects}
    if len(set(settings.values())) == 1:
        yield [(elide(setting(subjects[0].header), width), "dim")]
    else:
        labels = max(cells(visible(label)) for label in settings)
        for label, text in settings.items():
            shown = visible(label)
            yield [(elide(f"{shown}{' ' * (labels - cells(shown))}  {text}", width), "dim")]
    yield []


def _beside(found: Comparison, width: int) -> Iterator[Text]:
    """Lay the totals of two networks out: with their names in full, or shorter, in the end with short numbers, too."""
    items = totals.figures(found)
    for short, label in ((False, width), (False, LABEL), (True, LABEL), (True, LEAST)):
        columns = totals.beside(found, short=short)
        entries = [Entry([Cell(column.shown(it), _style(column, it.by == 0)) for column in columns]) for it in items]
        numbers = [max(label, *(cells(entry.cells[i].text) for entry in entries)) for i in range(len(columns))]
        columns = tuple(replace(column, title=elide(column.title, n)) for column, n in zip(columns, numbers, strict=True))
        widths = fit(columns, entries, width, asked=True)
        if all(widths):
            break
    yield from sheet(columns, entries, widths)


def _standings(found: Sequence[Comparison], width: int) -> Iterator[Text]:
    """Lay the totals of several networks out: as many of them as there is room for, with differences where there is plenty."""
    items = totals.standings(found)
    most = len(totals.TITLES)
    for names, differences in ((most, True), *((n, False) for n in range(most, 0, -1))):
        columns = totals.standing(names, differences=differences)
        entries = [Entry([Cell(column.shown(it), _style(column, column.shown(it) in ("", "="))) for column in columns]) for it in items]
        widths = fit(columns, entries, width, asked=True)
        if all(widths):
            break
    yield from sheet(columns, entries, widths)


def _style(column: Column[Any], same: bool) -> str:  # noqa: FBT001 - a style for each case
    compares = column.name.endswith(("difference", "percent"))
    return ("dim" if same else CHANGED) if compares else ""


def _outputs(found: Comparison, width: int) -> Iterator[Text]:
    """Say what comes out, where that is something else."""
    old, new = found.before.outputs, found.after.outputs
    if list(old.values()) != list(new.values()):
        yield from ([(text, "")] for text in wrapped(f"outputs  {_named(old)} {ARROW} {_named(new)}", width))


def _named(outputs: Mapping[str, Shape]) -> str:
    return ", ".join(f"{visible(name)} {shape(sizes)}" for name, sizes in outputs.items())
