"""A graded sheet, and a renderer per format: a module with `write(grades, out)`, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.grading.grade import Grades

__all__ = ["FORMATS", "Renderer", "renderer"]

#: Format -> module.
FORMATS = {
    "text": "archcalc.report.grades.text",
    "json": "archcalc.report.grades.json_",
    "markdown": "archcalc.report.grades.markdown",
    "csv": "archcalc.report.grades.csv_",
}


class Renderer(Protocol):
    """What the module of a format offers."""

    def write(self, grades: Grades, out: TextIO) -> None:
        """Write what became of each answer."""


def renderer(name: str) -> Renderer:
    """Import the renderer of a format."""
    return cast("Renderer", import_module(FORMATS[name]))
