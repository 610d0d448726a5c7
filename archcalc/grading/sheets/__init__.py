"""Answer sheets: layers, columns and cells with their places, from CSV, from Markdown tables and from YAML."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from archcalc.grading.quantities import find
from archcalc.record import Record
from archcalc.report.columns import UnknownColumn
from archcalc.report.columns import find as column
from archcalc.spec.diagnostics import Diagnostic, Source, Span, SpecError, fail
from archcalc.spec.scalars import short

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cell", "Entry", "Sheet", "read", "tabular"]

#: How a file is read, by how its name ends.
ENDINGS = {
    "csv": "csv_", "tsv": "csv_", "md": "markdown", "markdown": "markdown", "yaml": "yaml_", "yml": "yaml_",
}  # fmt: skip
HOW = "a sheet has a column `layer` and columns such as `output`, `params` or `macs`; `archcalc worksheet` writes one"


class Cell(Record):
    """A text and where it stands."""

    text: str
    span: Span


class Entry(Record):
    """One line: its layer, and answers with the columns that they stand in."""

    layer: Cell
    cells: tuple[tuple[Cell, Cell], ...]


class Sheet(Record):
    """What somebody has filled in."""

    source: Source
    entries: tuple[Entry, ...]


class Reader(Protocol):
    """What the module of a format offers."""

    def read(self, source: Source) -> Sequence[Entry]:
        """Take a text apart. Raises `SpecError`."""


def read(source: Source) -> Sheet:
    """Read a sheet in the format that its name or its text tells. Raises `SpecError` (E801, E802, E806)."""
    if not source.text.strip():
        fail("E801", "the sheet is empty", source, Span(1, 0, 1), HOW)
    if "\r" in source.text and "\n" not in source.text:  # as Excel writes it for a Macintosh
        source = Source(source.name, source.text.replace("\r", "\n"))
    name = ENDINGS.get(source.name.rpartition(".")[2].lower(), "") or _guess(source)
    reader = cast("Reader", import_module(f"{__name__}.{name}"))
    entries = tuple(reader.read(source))
    if not entries:
        fail("E801", "the sheet has no lines", source, Span(1, 0, 1), HOW)
    _once(source, entries)
    return Sheet(source, entries)


def _guess(source: Source) -> str:
    """Tell a format from a text."""
    lines = [line for line in source.lines if line.strip() and not line.lstrip().startswith("#")]
    if any(line.lstrip().startswith("|") for line in lines):
        return "markdown"
    first = lines[0] if lines else ""
    return "csv_" if re.match(r"\s*\"?(layer|path|name)\"?\s*[,;\t]", first, re.IGNORECASE) else "yaml_"


def _once(source: Source, entries: Sequence[Entry]) -> None:
    """Refuse lines that are written twice."""
    seen: dict[str, Span] = {}
    wrong = []
    for entry in entries:
        name = entry.layer.text
        if name in seen:
            note = f"first written here: {source.where(seen[name])}"
            wrong.append(
                Diagnostic("E806", f"`{short(name)}` is written twice", source, entry.layer.span, "keep one of them", notes=(note,))
            )
        seen.setdefault(name, entry.layer.span)
    if wrong:
        raise SpecError(wrong)


def tabular(source: Source, rows: Sequence[Sequence[Cell]]) -> list[Entry]:
    """Make entries of a table whose first row names the columns. Raises `SpecError`."""
    titles, *body = rows
    at = next((i for i, title in enumerate(titles) if is_layer(title.text)), 0 if not titles[0].text.strip() else None)
    if at is None:
        fail("E801", "no column says which layer a line is of", source, titles[0].span, HOW)
    wrong = [
        Diagnostic("E805", "there are more cells than columns", source, row[len(titles)].span, 'quote a number that has commas: `"61,706"`')
        for row in body
        if len(row) > len(titles)
    ]
    if wrong:
        raise SpecError(wrong)
    return [
        Entry(row[at], tuple((title, row[i] if i < len(row) else Cell("", row[-1].span)) for i, title in enumerate(titles) if i != at))
        for row in body
        if len(row) > at
    ]


def is_layer(title: str) -> bool:
    """Tell whether a column names layers."""
    try:
        return find(title) is None and column(title).name == "path"
    except UnknownColumn:
        return False
