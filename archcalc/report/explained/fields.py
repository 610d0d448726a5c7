"""The receptive field as a list: one line a row, with the recurrence in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.receptive_field import spatial_axes
from archcalc.formulas.expr import TEXT, chain
from archcalc.report.columns import NOTHING, UNKNOWN, Column
from archcalc.report.explained.layout import FIELD
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.formulas.explain import Explainer
    from archcalc.formulas.figures import Line

__all__ = ["RECURRENCE", "FieldRow", "columns", "listed"]

#: How the figures follow from those of the row before.
RECURRENCE = ("R = R_in + D(k - 1)·J_in", "J = J_in·S", "padding = padding_in + P·J_in")


class FieldRow(NamedTuple):
    """What a row sees along one axis, or along all of them alike."""

    path: str
    type: str
    axis: str
    figures: Mapping[str, Line]  #: by their names: R, R_min, J, padding


def listed(explainer: Explainer) -> Iterator[FieldRow]:
    """Give the inputs, then the rows."""
    if explainer.chosen is None:
        for ref in explainer.network.inputs:
            if spatial_axes(ref.tensor):
                yield FieldRow(ref.path, "input", "", {})
    for row in explainer.rows():
        axes = dict.fromkeys(line.axis for line in row.lines if line.what == FIELD)
        for i, axis in enumerate(axes):
            figures = {line.name: line for line in row.lines if line.axis == axis}
            yield FieldRow("" if i else row.path, "" if i else row.type, axis, figures)


def columns(rows: Iterable[FieldRow]) -> Sequence[Column[FieldRow]]:
    """Choose the columns: axes are named where they differ."""
    apart = any(row.axis for row in rows)
    return (LAYER, AXIS, *FIGURES) if apart else (LAYER, *FIGURES)


def _cell(row: FieldRow, name: str, at_start: str) -> str:
    """Write a figure in numbers."""
    line = row.figures.get(name)
    if line is None:
        return at_start if not row.figures else NOTHING
    if line.written is None:
        return UNKNOWN if line.note.startswith("not") else "all"
    steps = chain(name, line.written, TEXT)
    return " = ".join(steps[-2:])


def _note(row: FieldRow) -> str:
    field, least = row.figures.get("R"), row.figures.get("R_min")
    said = [field.note] if field is not None and field.written is not None and not field.quiet else []
    return "; ".join(filter(None, [f"at least {_cell(row, 'R_min', '')}" if least is not None else "", *said]))


def _figure(name: str, title: str, rank: int, at_start: str) -> Column[FieldRow]:
    def shown(row: FieldRow) -> str:
        return _cell(row, name, at_start)

    return Column(name=name, title=title, value=shown, shown=shown, rank=rank)


LAYER: Column[FieldRow] = Column(
    name="path", title="Layer", value=lambda row: row.path, shown=lambda row: visible(row.path), rank=0, right=False, least=24
)
AXIS: Column[FieldRow] = Column(
    name="axis", title="Axis", value=lambda row: row.axis, shown=lambda row: visible(row.axis), rank=2, right=False
)
FIGURES: tuple[Column[FieldRow], ...] = (
    _figure("R", "R", 1, "1"),
    _figure("J", "J", 3, "1"),
    _figure("padding", "Padding", 5, "0"),
    Column(name="note", title="", value=_note, shown=_note, rank=4, right=False, least=10),
)
