"""CSV: one line for each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.columns import plain
from archcalc.report.csv_ import Writer
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.grading.grade import Grades

TITLES = ("layer", "quantity", "answer", "verdict", "right", "percent_off", "mistakes", "claim")


def write(grades: Grades, out: TextIO) -> None:
    """Write all answers, line by line."""
    writer = Writer(out)
    writer.writerow(TITLES)
    for line in grades.lines:
        for name, cell in line.cells.items():
            mistakes = ";".join("+".join(one.ids) for one in cell.suspects)
            percent = "" if cell.percent is None else f"{cell.percent:.4g}"
            claim = cell.claim.id if cell.claim else ""
            figure = "" if cell.figure is None else plain(cell.figure)
            writer.writerow([visible(line.asked.name), name, visible(cell.text), cell.verdict.value, figure, percent, mistakes, claim])
