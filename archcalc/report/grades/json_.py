"""JSON: every line with every answer."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading.marking import Verdict

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.grading.grade import Graded, Grades, Marked

#: Name and version of the contract.
FORMAT = "archcalc.grade/1"


def write(grades: Grades, out: TextIO) -> None:
    """Write one object."""
    header = grades.header
    json.dump(
        {
            "format": FORMAT, "model": header.model, "variant": header.variant, "source": header.source, "sheet": grades.sheet,
            "batch": header.batch, "convention": header.convention, "dtype": dict(header.dtype),
            "totals": {verdict.value: grades.count(verdict) for verdict in Verdict},
            "lines": [_line(line) for line in grades.lines],
        },
        out, indent=1,
    )  # fmt: skip
    out.write("\n")


def _line(line: Graded) -> dict[str, object]:
    return {"path": line.asked.name, "type": line.asked.type, "answers": {name: _cell(cell) for name, cell in line.cells.items()}}


def _cell(cell: Marked) -> dict[str, object]:
    claim = cell.claim
    return {
        "answer": cell.text, "verdict": cell.verdict.value, "right": plain(cell.figure), "off": plain(cell.off), "percent": cell.percent,
        "working": cell.working, "sure": cell.sure,
        "mistakes": [{"ids": list(one.ids), "said": one.said} for one in cell.suspects],
        "claim": None if claim is None else {"id": claim.id, "where": claim.where, "why": claim.why},
    }  # fmt: skip


def plain(value: object) -> object:
    """Give a figure as JSON has it: a shape as a list, a fraction as a number."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value
