"""CSV as spreadsheets write it: commas, semicolons or tabs, quotes where needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcalc.grading.sheets import Cell, Entry, tabular
from archcalc.report.csv_ import QUOTED
from archcalc.spec.diagnostics import Span, fail

if TYPE_CHECKING:
    from archcalc.spec.diagnostics import Source

__all__ = ["read"]

DELIMITERS = ",;\t"


def read(source: Source) -> list[Entry]:
    """Take a table apart, line by line; empty lines and those that start with `#` don't count."""
    rows: list[list[Cell]] = []
    delimiter = ""
    for number, line in enumerate(source.lines, start=1):
        text = line.removesuffix("\r")
        if not text.strip(" \t,;") or text.lstrip().startswith("#"):
            continue
        if not rows and (told := re.fullmatch(r"sep=([,;\t])", text)):  # as Excel has it
            delimiter = told[1]
            continue
        delimiter = delimiter or max(DELIMITERS, key=re.sub(r'"[^"]*"', "", text).count)
        rows.append(_cells(source, text, number, delimiter))
    return tabular(source, rows) if rows else []


def _cells(source: Source, line: str, number: int, delimiter: str) -> list[Cell]:
    """Split a line into its cells; empty ones at its end, which spreadsheets add, are dropped."""
    cells, at = [], 0
    while at <= len(line):
        cell, at = _cell(source, line, at, number, delimiter)
        cells.append(cell)
    while len(cells) > 1 and not cells[-1].text:
        cells.pop()
    return cells


def _cell(source: Source, line: str, start: int, number: int, delimiter: str) -> tuple[Cell, int]:
    """Read one cell, and give where the next one begins."""
    quoted = re.compile(r'\s*"((?:[^"]|"")*)"\s*').match(line, start)
    if quoted and line[quoted.end() : quoted.end() + 1] in {"", delimiter}:
        span = Span(number, quoted.start(1), max(quoted.end(1), quoted.start(1) + 1))
        return Cell(_bare(quoted[1].replace('""', '"').strip()), span), quoted.end() + 1
    end = line.find(delimiter, start)
    end = len(line) if end < 0 else end
    raw = line[start:end]
    text = raw.strip()
    column = start + len(raw) - len(raw.lstrip())
    if text.startswith('"'):
        fail("E801", "this quote is not closed", source, Span(number, column, column + 1), "a cell stands in one line")
    return Cell(_bare(text), Span(number, column, max(column + len(text), column + 1))), end + 1


def _bare(text: str) -> str:
    """Leave out the mark that a worksheet has in front of what spreadsheets would take for a formula."""
    return text[1:] if QUOTED.match(text) else text
