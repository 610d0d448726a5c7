"""Pages for other programs: each figure by its name, each table as a list."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.report import json_
from archcalc.report.pages import Figures

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.report.pages import Page

__all__ = ["data", "write_page"]


def data(page: Page) -> dict[str, object]:
    """Give the page as plain values; what is not known is null."""
    found = {**json_.opening(page.header), "format": page.kind, **page.more}
    for part in page.parts:
        if isinstance(part, Figures):
            found[part.name] = {figure.name: figure.value for figure in part.figures}
            found |= {f"{part.name}_at": {f.name: f.path for f in part.figures if f.path}} if any(f.path for f in part.figures) else {}
        else:
            found[part.name] = [json_.record([column for column in part.columns if column.name], item) for item in part.items]
    return {**found, "notes": list(page.notes)}


def write_page(page: Page, out: TextIO) -> None:
    """Write one object."""
    out.write(json.dumps(data(page), indent=1, default=_number) + "\n")


def _number(value: object) -> object:
    """Write a fraction as JSON can: the nearest number."""
    return float(value) if isinstance(value, Fraction) else str(value)
