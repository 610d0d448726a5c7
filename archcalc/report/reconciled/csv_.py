"""Why tools disagree, as lines of a file: each figure and each cause; with a claim, what gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report import csv_
from archcalc.report.reconciled.lines import CLAIMED, COLUMNS, lines

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.conventions.reconcile import Reconciliation

__all__ = ["write_all"]

HELD = tuple(column for column in COLUMNS if column.name not in {"short", "percent"})


def write_all(found: Reconciliation, out: TextIO) -> None:
    """Write one line for each figure and cause, or for each match of a claim."""
    if found.verdict is None:
        csv_.records(HELD, lines(found), out)
    else:
        csv_.records(CLAIMED, found.verdict.matches, out)
