"""Comparisons, and a renderer per format.

A renderer is a module with a function `write(found, out, view)`: each network compared with the first one. It is imported when its
format is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from archcalc.comparing import Comparison
    from archcalc.report.columns import Column
    from archcalc.report.fold import Line

__all__ = ["FORMATS", "Renderer", "View", "renderer"]

#: Format -> module.
FORMATS = {
    "table": "archcalc.report.compared.table",
    "json": "archcalc.report.compared.json_",
    "markdown": "archcalc.report.compared.markdown",
    "csv": "archcalc.report.compared.csv_",
}


class View(Record, kw_only=True):
    """The choices."""

    depth: int | None = None  #: levels of paths shown; `None` = as many as are read at a glance
    columns: tuple[Column[Line], ...] = ()  #: in this order; none = the important ones that there is room for
    charts: tuple[str, ...] = ()  #: what is drawn in the place of the layers' table
    totals: bool = False  #: whether the totals are all that is asked for


class Renderer(Protocol):
    """What the module of a format offers."""

    def write(self, found: Sequence[Comparison], out: TextIO, view: View) -> None:
        """Write comparisons, all with the same network."""


def renderer(name: str) -> Renderer:
    """Import the renderer of a format."""
    return cast("Renderer", import_module(FORMATS[name]))
