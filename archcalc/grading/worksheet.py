"""The empty table that a student fills in: one line for each layer as `summarize` folds them, and one for the sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.ledger import TOTAL
from archcalc.record import Record
from archcalc.report import csv_, markdown
from archcalc.report.columns import Column, plain
from archcalc.report.fold import Line
from archcalc.report.result import Row
from archcalc.report.totals import setting, spec_name
from archcalc.report.view import View, entrances, lines
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from archcalc.api import Run
    from archcalc.grading.quantities import Quantity

__all__ = ["FORMATS", "Worksheet"]


class Worksheet(Record):
    """What is given, and what is asked."""

    head: tuple[str, ...]  #: what network it is of
    given: tuple[Column[Line], ...]
    asked: tuple[Quantity, ...]
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, run: Run, given: Sequence[Column[Line]], asked: Sequence[Quantity], depth: int | None) -> Worksheet:
        """Fold a network as its table is folded."""
        rows, totals = list(run.rows()), run.totals()
        shown = [*entrances(run.header, totals), *lines(rows, totals, View(depth=depth)).shown]
        taken = {row.path for row in rows} | set(run.header.inputs)
        name = f"({TOTAL})" if TOTAL in taken else TOTAL
        shown.append(Line(Row(path=name, type=""), totals))
        head = visible(f"{run.header.model}, {spec_name(run.header)}"), setting(run.header)
        return cls(head, tuple(given), tuple(asked), tuple(shown))

    @property
    def columns(self) -> list[Column[Line]]:
        """The columns, those that are asked without anything in them."""
        return [*self.given, *(Column(name=q.name, title=q.title, value=_empty, shown=_empty, rank=0, right=q.right) for q in self.asked)]

    def csv(self, out: TextIO) -> None:
        """Write a table for spreadsheets."""
        csv_.records(self.columns, self.lines, out)

    def markdown(self, out: TextIO) -> None:
        """Write a table in Markdown."""
        name, said = map(markdown.escape, self.head)
        out.write(f"## {name}\n\n{said}\n\n")
        markdown.records(self.columns, self.lines, out)

    def yaml(self, out: TextIO) -> None:
        """Write a mapping from layers to what is asked of them."""
        out.writelines(f"# {text}\n" for text in (*self.head, "write `none` where there is nothing to count"))
        for line in self.lines:
            out.write(f"\n{_key(line.row.path)}:{_remark(line, self.given)}\n")
            out.writelines(f"  {quantity.name}:\n" for quantity in self.asked)


def _empty(_: Line) -> str:
    return ""


def _key(path: str) -> str:
    """Write a path as a key of YAML: in quotes, unless it is a plain word."""
    text = visible(path)
    bare = text.replace("_", "").replace(".", "").replace("[", "").replace("]", "")
    return text if bare.isalnum() and bare.isascii() and text[0].isalpha() else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _remark(line: Line, given: Sequence[Column[Line]]) -> str:
    """Write what is given beside the layer."""
    said = " · ".join(plain(column.value(line)) for column in given if column.name != "path" and line.row.type)
    return f"  # {said}" if said else ""


#: Format -> how it is written.
FORMATS: dict[str, Callable[[Worksheet, TextIO], None]] = {"csv": Worksheet.csv, "markdown": Worksheet.markdown, "yaml": Worksheet.yaml}
