"""Grades for people at a terminal: the sheet with its marks, a paragraph for each answer that is wrong, what it comes to."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from archcalc.grading.marking import Verdict
from archcalc.report import grid
from archcalc.report.columns import Column
from archcalc.report.grades.words import MARKS, answered, explanations, sentence, summary
from archcalc.report.grid import Cell, Entry
from archcalc.report.totals import setting, title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from archcalc.grading.grade import Graded, Grades, Marked

__all__ = ["write"]

STYLES = {Verdict.RIGHT: "green", Verdict.ROUNDED: "cyan", Verdict.WRONG: "bold red", Verdict.OPEN: "dim", Verdict.UNKNOWN: "yellow"}
#: Marks for streams that can't write signs.
PLAIN = {"✓": "+", "≈": "~", "✗": "x"}
OPEN = "·"
#: A space that no line is broken at.
KEPT = "\N{NO-BREAK SPACE}"

Line = list[tuple[str, str]]
Signs = dict[Verdict, str]


def write(grades: Grades, out: TextIO) -> None:
    """Write the sheet, what is wrong with it, and what it comes to."""
    console = grid.open_console(out)
    signs = {verdict: sign if _writes(console.encoding, sign) else PLAIN.get(sign, sign) for verdict, sign in MARKS.items()}
    grid.write(console, _head(grades, console.width))
    columns = [_column("path", "Layer", right=False), *(_column(q.name, q.title, right=q.right) for q in grades.quantities)]
    entries = [_entry(line, grades, signs) for line in grades.lines]
    grid.write(console, grid.sheet(columns, entries, grid.fit(columns, entries, grid.room(console), asked=True)))
    grid.write(console, list(_wrong(grades, signs, console.width)))
    grid.write(console, [[], [(summary(grades), "bold green" if not grades.count(Verdict.WRONG) else "bold")]])


def _writes(encoding: str, sign: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _head(grades: Grades, width: int) -> Iterator[Line]:
    header = grades.header
    name = grid.elide(title(header), width)
    yield [(name, "bold"), (grid.elide(f"  {visible(header.source)} · {visible(grades.sheet)}", width - grid.cells(name)), "dim")]
    yield [(grid.elide(setting(header), width), "dim")]
    yield []


def _column(name: str, called: str, *, right: bool) -> Column[Graded]:
    """Make a column for the layout; what is in it is written apart."""
    return Column(name=name, title=called, value=str, shown=str, rank=0, right=right, least=8 if name == "path" else 0)


def _entry(line: Graded, grades: Grades, signs: Mapping[Verdict, str]) -> Entry:
    name = Cell(visible(line.asked.name), "bold" if line.asked.total else "")
    return Entry([name, *(_cell(line.cells.get(q.name), signs) for q in grades.quantities)])


def _cell(cell: Marked | None, signs: Mapping[Verdict, str]) -> Cell:
    if cell is None or cell.verdict is Verdict.OPEN:
        return Cell(OPEN if cell is not None else "", "dim")
    text, sign = answered(cell), signs[cell.verdict]
    return Cell(f"{text} {sign}" if cell.quantity.right else f"{sign} {text}", STYLES[cell.verdict])


def _wrong(grades: Grades, signs: Mapping[Verdict, str], width: int) -> Iterator[Line]:
    """Say of each wrong answer what is right, how that is worked out, and which mistakes give what was answered."""
    for line, cell in grades.wrong:
        yield []
        yield from _hung(f"{signs[cell.verdict]} ", sentence(line, cell), width, STYLES[cell.verdict])
        if cell.working:
            yield from _hung("  ", cell.working, width, "", "dim")
        words = [word for word, _ in explanations(cell)]
        room = max(map(len, words), default=0)
        for i, (word, said) in enumerate(explanations(cell)):
            lead = word if i == 0 or words[i - 1] != word else ""
            yield from _hung(f"  {lead:<{room}}  ", said, width, "bold")


def _hung(lead: str, text: str, width: int, style: str, rest: str = "") -> Iterator[Line]:
    """Break a text into lines that hang below each other."""
    kept = text.replace(" %", f"{KEPT}%")
    for i, piece in enumerate(wrap(kept, max(width - len(lead), 24), break_long_words=False, break_on_hyphens=False)):
        yield [(lead if i == 0 else " " * len(lead), style), (piece.replace(KEPT, " "), rest)]
