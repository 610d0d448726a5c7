"""Grades as GitHub renders them: the sheet with its marks, a list of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.marking import Verdict
from archcalc.report import markdown
from archcalc.report.columns import Column
from archcalc.report.grades.words import MARKS, answered, explanations, sentence, summary
from archcalc.report.markdown import escape
from archcalc.report.totals import setting, title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.grading.grade import Graded, Grades
    from archcalc.grading.quantities import Quantity

__all__ = ["write"]


def write(grades: Grades, out: TextIO) -> None:
    """Write the sheet, what is wrong with it, and what it comes to."""
    header = grades.header
    out.write(f"## {escape(title(header))}\n\n{escape(visible(grades.sheet))}  \n{escape(setting(header))}  \n\n")
    layer: Column[Graded] = Column(name="path", title="Layer", value=str, shown=lambda line: visible(line.asked.name), rank=0, right=False)
    markdown.records([layer, *map(_column, grades.quantities)], grades.lines, out)
    out.write(f"\n**{summary(grades)}**\n")
    for line, cell in grades.wrong:
        out.write(f"\n- {MARKS[cell.verdict]} {escape(sentence(line, cell))}\n")
        if cell.working:
            out.write(f"  - {escape(cell.working)}\n")
        out.writelines(f"  - {word} {escape(said)}\n" for word, said in explanations(cell))


def _column(quantity: Quantity) -> Column[Graded]:
    def shown(line: Graded) -> str:
        cell = line.cells.get(quantity.name)
        return "" if cell is None or cell.verdict is Verdict.OPEN else f"{answered(cell)} {MARKS[cell.verdict]}"

    return Column(name=quantity.name, title=quantity.title, value=shown, shown=shown, rank=0, right=quantity.right)
