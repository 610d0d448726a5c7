"""The comparison as CSV: a line for each row that differs, with both networks' figures beside each other; or one for each total."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.comparing.totals import differences
from archcalc.report.columns import COLUMNS, plain
from archcalc.report.compared.lines import lines
from archcalc.report.compared.pieces import Changed
from archcalc.report.csv_ import Writer
from archcalc.report.view import EVERY_LEVEL, OF_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from archcalc.comparing import Comparison
    from archcalc.report.columns import Column
    from archcalc.report.compared import View
    from archcalc.report.fold import Line

__all__ = ["write"]

#: What a line holds unless other columns are asked for.
USUAL = ("path", "type", "output", "params", "trainable", "buffers", "macs", "activations", "receptive_field")


def write(found: Sequence[Comparison], out: TextIO, view: View) -> None:
    """Write lines; of several networks each starts with the one that it is of."""
    writer = Writer(out)
    columns = view.columns or tuple(column for column in COLUMNS if column.name in USUAL)
    names = ["figure", "before", "after", "difference", "percent"]
    if not view.totals:
        names = ["change", *(f"{column.name}_{side}" for column in columns for side in ("before", "after")), "fields"]
    several = len(found) > 1
    writer.writerow([*(["network"] if several else []), *names])
    for one in found:
        start = [plain(one.after.label)] if several else []
        writer.writerows([*start, *line] for line in (_totals(one) if view.totals else _lines(one, columns, view)))


def _totals(it: Comparison) -> Iterator[list[object]]:
    for one in differences(it.before.totals, it.after.totals, every=True):
        yield [one.name, one.before, one.after, one.by if one.known else "", "" if one.percent is None else one.percent]


def _lines(it: Comparison, columns: Sequence[Column[Line]], view: View) -> Iterator[list[object]]:
    for piece in lines(it, EVERY_LEVEL if view.depth is None else view.depth):
        if isinstance(piece, Changed):
            cells = [_cell(column, line) for column in columns for line in (piece.before, piece.after)]
            said = [
                f"{path}.{one.name or 'kind'}".strip(".") + f"={one.before}->{one.after}" for path, all_ in piece.fields for one in all_
            ]
            yield [piece.change, *cells, plain(";".join(said))]


def _cell(column: Column[Line], line: Line | None) -> str:
    if line is None or (line.input and column.name not in OF_INPUTS):
        return ""
    return plain(column.value(line))
