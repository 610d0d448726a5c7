"""Figures as pages write them: bytes, counts, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.columns import UNKNOWN
from archcalc.report.numbers import binary, human, thousands
from archcalc.report.pages import Figure

if TYPE_CHECKING:
    from archcalc.report.result import Header

__all__ = ["count", "octets", "setting"]


def octets(name: str, label: str, n: int | None, remark: str = "", path: str = "") -> Figure:
    """Write a number of bytes."""
    if n is None:
        return Figure(name, label, None, UNKNOWN, "", remark, path)
    return Figure(name, label, n, f"{thousands(n)} B", binary(n) if n >= 1000 else "", remark, path)


def count(name: str, label: str, n: int | None, remark: str = "", path: str = "") -> Figure:
    """Write a number."""
    if n is None:
        return Figure(name, label, None, UNKNOWN, "", remark, path)
    return Figure(name, label, n, thousands(n), human(n) if n >= 1000 else "", remark, path)


def setting(header: Header, *more: str) -> str:
    """Say what the figures are of, the convention left out: no work is counted, or it is said elsewhere."""
    from archcalc.report import totals

    parts = [part for part in totals.setting(header).split(" · ") if not part.startswith("convention ")]
    return " · ".join([*parts, *more])
