"""Right figures in the wrong place: of another column, of a line beside, of another variant; sums with a line missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.mistakes.suspects import Suspect
from archcalc.grading.quantities import QUANTITIES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.grading.ledger import Asked, Figure, Ledger
    from archcalc.grading.quantities import Quantity

__all__ = ["beside", "incomplete", "other_columns", "variants"]

_NUMBERS = frozenset({Kind.COUNT, Kind.BYTES, Kind.ELEMENTS})
#: Figures that say nothing new of each other.
_ALIKE = ({"params", "trainable", "frozen"}, {"macs", "flops"}, {"activations", "activations_bytes"}, {"live", "in_out"})


def other_columns(quantity: Quantity, asked: Asked) -> Iterator[Suspect]:
    """Give the other figures of the same line."""
    like = _NUMBERS if quantity.kind in _NUMBERS else {quantity.kind}
    for other in QUANTITIES.values():
        figure = asked.figures.get(other.name)
        if other.kind in like and figure and other is not quantity and not any({quantity.name, other.name} <= few for few in _ALIKE):
            yield Suspect(("other_column",), f"that is what stands under {other.title}", figure, 5)


def beside(quantity: Quantity, asked: Asked, lines: Sequence[Asked]) -> Iterator[Suspect]:
    """Give the figures of the lines above and below."""
    at = next((i for i, line in enumerate(lines) if line is asked), None)
    if at is None or asked.total:
        return
    for i, where in ((at - 1, "above"), (at + 1, "below")):
        if 0 <= i < len(lines) and not lines[i].total:
            figure = lines[i].figures.get(quantity.name)
            if figure:
                yield Suspect(("line_beside",), f"that is the figure of {lines[i].name}, the line {where}", figure, 4)


def incomplete(quantity: Quantity, asked: Asked, lines: Iterable[Asked], graph: Ledger) -> Iterator[Suspect]:
    """Give totals with one line missing or counted twice, and with a kind of layer missing or alone."""
    whole = asked.figures.get(quantity.name)
    if not asked.total or not isinstance(whole, int) or quantity.kind not in _NUMBERS or quantity.name in {"live", "in_out"}:
        return
    tops = dict.fromkeys(part.row.path.partition(".")[0] for part in asked.parts)
    for line in [one for one in lines if not one.total] or graph.lines(tops).values():
        figure = line.figures.get(quantity.name)
        if isinstance(figure, int) and figure:
            yield Suspect(("line_forgotten",), f"{line.name} is missing from the sum", whole - figure, 4)
            yield Suspect(("line_twice",), f"{line.name} is in the sum twice", whole + figure, 5)
    kinds: dict[str, int] = {}
    for part in asked.parts:
        kinds[part.row.type] = kinds.get(part.row.type, 0) + getattr(part.row, quantity.name, 0)
    for kind, figure in kinds.items():
        if figure and figure != whole:
            yield Suspect(("kind_forgotten",), f"every `{kind}` is missing from the sum", whole - figure, 4)
            yield Suspect(("one_kind",), f"that is `{kind}` alone", figure, 4)


def variants(quantity: Quantity, asked: Asked, graph: Ledger) -> Iterator[Suspect]:
    """Give the figures of the file's other variants, which are worked out when they are first asked for."""
    named: dict[Figure, list[str]] = {}
    for name, other in graph.variants():
        line = other.total() if asked.total else other.line(asked.name)
        figure = line.figures.get(quantity.name) if line else None
        if figure is not None:
            named.setdefault(figure, []).append(name)
    for figure, names in named.items():
        yield Suspect(("variant",), f"that is the figure of {' and '.join(names)} in the same file", figure, 3)
