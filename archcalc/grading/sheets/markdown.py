"""Tables in Markdown: pipes, a rule below the titles; other text is left alone."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.grading.sheets import Cell, Entry, tabular
from archcalc.spec.diagnostics import Span

if TYPE_CHECKING:
    from archcalc.spec.diagnostics import Source

__all__ = ["read"]

_RULE = re.compile(r"\|?(\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?")
_PIPE = re.compile(r"(?<!\\)\|")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def read(source: Source) -> list[Entry]:
    """Take every table apart."""
    entries: list[Entry] = []
    table: list[list[Cell]] = []
    for number, line in enumerate([*source.lines, ""], start=1):
        text = line.strip()
        if text.startswith("|"):
            if not _RULE.fullmatch(text) and (cells := _cells(line.rstrip(), number)):
                table.append(cells)
        elif table:
            entries += tabular(source, table)
            table = []
    return entries


def _cells(line: str, number: int) -> list[Cell]:
    """Split a line at its pipes."""
    ends = [pipe.start() for pipe in _PIPE.finditer(line)]
    ends += [len(line)] * (not line.endswith("|") or line.endswith("\\|"))
    cells = []
    for start, end in pairwise(ends):
        raw = line[start + 1 : end]
        column = start + 1 + len(raw) - len(raw.lstrip())
        bare = raw.strip()
        text = _ESCAPE.sub(r"\1", bare).strip("` ").removeprefix("**").removesuffix("**")
        cells.append(Cell(text, Span(number, column, max(column + len(bare), column + 1))))
    return cells
