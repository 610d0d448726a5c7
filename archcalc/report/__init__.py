"""The results, and a renderer per format.

A renderer is a module with two functions: `summary(runs, out, view)` writes networks row by row, `records(columns, items, out)`
writes one line for each item. It is imported when its format is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.view import Run, View

__all__ = ["FORMATS", "Renderer", "renderer"]

#: Format -> module.
FORMATS = {
    "table": "archcalc.report.table",
    "json": "archcalc.report.json_",
    "jsonl": "archcalc.report.jsonl",
    "csv": "archcalc.report.csv_",
    "markdown": "archcalc.report.markdown",
    "latex": "archcalc.report.latex",
    "html": "archcalc.report.html_",
}


class Renderer(Protocol):
    """What the module of a format offers."""

    def summary(self, runs: Iterable[Run], out: TextIO, view: View) -> None:
        """Write networks."""

    def records(self, columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
        """Write one line for each item."""


def renderer(name: str) -> Renderer:
    """Import the renderer of a format."""
    return cast("Renderer", import_module(FORMATS[name]))
