"""What became of expectations, and a renderer per format: a module with `write(checked, out)`, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.expectations import Outcome
    from archcalc.spec.diagnostics import Diagnostic

__all__ = ["FORMATS", "Renderer", "place", "plural", "renderer", "shown", "tally"]

#: Format -> module.
FORMATS = {
    "text": "archcalc.report.verdicts.text",
    "json": "archcalc.report.verdicts.json_",
    "junit": "archcalc.report.verdicts.junit",
    "sarif": "archcalc.report.verdicts.sarif",
    "github": "archcalc.report.verdicts.github",
}


class Renderer(Protocol):
    """What the module of a format offers."""

    def write(self, checked: Iterable[Checked], out: TextIO) -> None:
        """Write what became of each network."""


def renderer(name: str) -> Renderer:
    """Import the renderer of a format."""
    return cast("Renderer", import_module(FORMATS[name]))


def place(one: Diagnostic) -> tuple[str, int, int, int]:
    """Give file, line, and first and last column of a diagnostic, all counted from 1; the last one is behind the place."""
    span = one.span
    return (one.source.name if one.source else "", span.line if span else 1, span.column + 1 if span else 1, span.end + 1 if span else 1)


def plural(n: int, what: str) -> str:
    """Count things.

    >>> plural(1, "network"), plural(1200, "expectation")
    ('1 network', '1,200 expectations')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def tally(checked: Sequence[Checked]) -> tuple[int, int, int]:
    """Count the networks, the expectations, and what does not hold or could not be checked."""
    wrong = sum(len(one.missed) + bool(one.errors) for one in checked)
    return len(checked), sum(len(one.outcomes) for one in checked), wrong


def shown(outcome: Outcome) -> object:
    """Give a figure as JSON has it: a shape as a list."""
    return list(outcome.got) if isinstance(outcome.got, tuple) else outcome.got
