"""What the formats have in common: which lines of a row are shown in full, and what is said of the others in a few words."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archcalc.formulas.expr import TEXT, Named, Product, Sum
from archcalc.report.explained import WHAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.formulas.explain import Explained, Explainer
    from archcalc.formulas.expr import Expr, Written
    from archcalc.formulas.figures import Line

__all__ = ["ACCOUNT", "FIELD", "LEGEND", "Shown", "legends", "only", "puzzling", "shown", "sums", "terms", "title"]

#: Terms of a sum that get a line each; more are numbers one behind the other.
ACCOUNT = 40
#: The figure that reads best as a list of rows.
FIELD = "receptive_field"
#: What the letters mean that are not called after axes.
LEGEND = (
    "In sizes and receptive fields k is the kernel, P the padding, S the stride, D the dilation and n a number of positions; R is how much "
    "of the input is seen, J how far a position moves on it, and padding how far the first position reaches before its start."
)


class Shown(NamedTuple):
    """A row as it is shown."""

    row: Explained
    lines: tuple[Line, ...]  #: what is worked out
    remark: str  #: what is said of the others


def only(explainer: Explainer) -> str:
    """Give the figure that is asked for, if it is one alone."""
    asked = [what for what in WHAT if what in explainer.what]
    return asked[0] if len(asked) == 1 else ""


def shown(explainer: Explainer) -> Iterator[Shown]:
    """Give the rows; where one figure alone is asked for, those that have it, and every line of it."""
    every = bool(only(explainer))
    for row in explainer.rows():
        loud = tuple(line for line in row.lines if every or not line.quiet)
        figured = any(line.what != "shape" for line in loud)  # where nothing is, the field is as before, too, which is no news
        quiet = [line for line in row.lines if line.quiet and line.note and not every and (figured or line.what != FIELD)]
        if row.lines or explainer.chosen is not None:
            yield Shown(row, loud, "; ".join(_remarks(quiet)))


def _remarks(lines: Iterable[Line]) -> Iterator[str]:
    """Say in a few words what lines say that share a note."""
    for note, members in groupby(lines, key=lambda line: line.note):
        yield f"{', '.join(said for line in members if (said := _figure(line)))} {note}".strip()


def _figure(line: Line) -> str:
    if line.what != FIELD:
        return ""
    return f"{title(line)} = {line.written.result(TEXT)}" if line.written is not None else title(line)


def title(line: Line) -> str:
    """Name a figure, and the axis that it is of where axes differ."""
    return f"{line.name}_{line.axis}" if line.axis else line.name


def puzzling(line: Line) -> bool:
    """Tell whether a line has letters that are not called after axes."""
    return not line.quiet and line.written is not None and (line.what == FIELD or (line.what == "shape" and line.name != "output"))


def sums(explainer: Explainer) -> str:
    """Say what the totals are of."""
    return "totals" if explainer.chosen is None else f"sums of these {explainer.explained:,} rows"


def terms(written: Written | None) -> Sequence[tuple[Expr, Named]]:
    """Give the terms of a sum over tensors or rows with what they belong to; nothing where it is another expression."""
    if not isinstance(written, Sum):
        return ()
    found = [(term, term.factors[-1] if isinstance(term, Product) else term) for _, term in written.terms]
    named = [(term, name) for term, name in found if isinstance(name, Named)]
    return named if len(named) == len(found) else ()


def legends(letters: Mapping[str, str], *, unclear: bool) -> list[str]:
    """Say what letters mean that do not say it themselves: those of sizes and fields, and those of layer kinds."""
    return ([LEGEND] if unclear else []) + [f"{kind}: {said}" for kind, said in letters.items()]
