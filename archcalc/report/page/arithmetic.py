"""The arithmetic of a network as `explain` writes it, each line kept once however many rows say it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.record import Record
from archcalc.report.explained.layout import legends, puzzling, shown
from archcalc.report.explained.lines import Style, folded, formula
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.formulas.explain import Explainer
    from archcalc.formulas.figures import Line
    from archcalc.report.explained.layout import Shown

__all__ = ["Arithmetic", "arithmetic"]

#: Columns that a formula is set in.
WIDTH = 96
#: Characters of formulas that a page holds.
ENOUGH = 400_000


class Arithmetic(Record, frozen=False):
    """What is said of rows."""

    lines: list[str] = field(default_factory=list)  #: each once
    of: dict[int, list[int]] = field(default_factory=dict)  #: by the place of a row among all, which lines
    totals: list[str] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)  #: what letters mean that do not say it themselves


def arithmetic(explainer: Explainer, enough: int = ENOUGH) -> Arithmetic:
    """Write the arithmetic of rows until there is enough of it; the totals only where that is all."""
    found, known, size, unclear = Arithmetic(), dict[str, int](), 0, False
    for item in shown(explainer):
        said = list(_said(item))
        size += sum(len(line) for line in said if line not in known)
        if size > enough:
            return found
        found.of[explainer.explained - 1] = [known.setdefault(line, len(known)) for line in said]
        found.lines = list(known)
        unclear = unclear or any(map(puzzling, item.lines))
    found.totals = [text for line in explainer.totals() for text in _written(line)]
    found.legend = legends(explainer.letters, unclear=unclear)
    return found


def _said(item: Shown) -> Iterator[str]:
    """Say of a row what it reads and makes, how its figures are worked out, and what there is to say of the others."""
    yield visible(f"{', '.join(item.row.reads)} -> {item.row.output}")
    for line in item.lines:
        yield from _written(line)
    if item.remark:
        yield from folded(visible(f"({item.remark})"), WIDTH)


def _written(line: Line) -> Iterator[str]:
    return ("".join(text for text, _ in pieces) for pieces in formula(line, Style(WIDTH, indent=0)))
