"""What is said of an answer: figures as they were answered, by how much they are wrong, which mistakes give them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading.amounts import Amount
from archcalc.grading.marking import Verdict
from archcalc.grading.quantities import Kind, Nothing
from archcalc.report.numbers import size, thousands
from archcalc.report.shapes import DASH, extents, shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.grading.grade import Graded, Grades, Marked
    from archcalc.grading.ledger import Figure
    from archcalc.grading.quantities import Quantity

__all__ = ["MARKS", "answered", "explanations", "right", "sentence", "summary"]

#: Numbers from here on are written in powers of ten.
LARGE = 10**18
#: What stands beside an answer.
MARKS = {Verdict.RIGHT: "✓", Verdict.ROUNDED: "≈", Verdict.WRONG: "✗", Verdict.OPEN: "", Verdict.UNKNOWN: "?"}


def answered(cell: Marked) -> str:
    """Write an answer as it was written; none as a dash."""
    return DASH if cell.answer is Nothing.NONE else visible(cell.text.strip())


def right(quantity: Quantity, figure: Figure, *, in_bytes: bool = False) -> str:
    """Write the right figure."""
    if figure is None or figure == "":
        return DASH
    if isinstance(figure, Fraction):
        return f"{float(figure):.2f}"
    if isinstance(figure, int):
        return size_of(figure) if in_bytes or quantity.kind is Kind.BYTES else whole(figure)
    if quantity.kind is Kind.SHAPES:
        return ", ".join(shape(one) for one in figure if isinstance(one, tuple)) or DASH
    if quantity.kind is Kind.SHAPE:
        return shape([n for n in figure if isinstance(n, int)])
    return extents([n for n in figure if n is None or isinstance(n, int | Fraction)])


def whole(n: int) -> str:
    """Write a whole number; one that nobody reads digit by digit in powers of ten.

    >>> whole(61706), whole(40430493696 * 10**12)
    ('61,706', '4.043e22')
    """
    return thousands(n) if n < LARGE else f"{n:.3e}".replace("e+", "e")


def size_of(n: int) -> str:
    """Write bytes in full, and in both units."""
    return f"{thousands(n)} B" if n < 1000 else f"{thousands(n)} B, {size(n).replace(' (', ' or ').rstrip(')')}"


def sentence(line: Graded, cell: Marked) -> str:
    """Say what was answered, and what is right.

    >>> from archcalc.grading.amounts import COUNTS, amount
    >>> from archcalc.grading.grade import Graded, Marked
    >>> from archcalc.grading.ledger import Asked
    >>> from archcalc.grading.quantities import QUANTITIES
    >>> cell = Marked(QUANTITIES["params"], "1600", amount("1600", COUNTS), Verdict.WRONG, 2416)
    >>> sentence(Graded(Asked("conv_2", (), {}), {}), cell)
    'conv_2, Params: 1600 is answered, right is 2,416 (816 too few, -33.8 %)'
    """
    where = f"{visible(line.asked.name)}, {cell.quantity.title}"
    if cell.verdict is Verdict.UNKNOWN:
        return f"{where}: {answered(cell)} is answered, and the figure is not known"
    in_bytes = isinstance(cell.answer, Amount) and cell.answer.bytes
    return f"{where}: {answered(cell)} is answered, right is {right(cell.quantity, cell.figure, in_bytes=in_bytes)}{_apart(cell)}"


def _apart(cell: Marked) -> str:
    """Say by how much an answer is wrong."""
    off, percent = cell.off, cell.percent
    if off is None:
        return ""
    n = whole(abs(int(off))) if int(off) == off else f"{abs(float(off)):,.2f}"
    few = "few" if cell.quantity.kind in {Kind.COUNT, Kind.ELEMENTS} else "little"
    share = "" if percent is None else f", {percent:+.1f} %" if 0.05 <= abs(percent) < 1000 else ""
    return f" ({n} too {few if off < 0 else 'many' if few == 'few' else 'much'}{share})"


def explanations(cell: Marked) -> Iterator[tuple[str, str]]:
    """Give what may have gone wrong: a word in front, and a sentence with the ids of mistakes."""
    if cell.claim is not None:
        yield "printed in", f"{cell.claim.where}: {cell.claim.why} ({cell.claim.id})"
    word = "because" if cell.sure and cell.claim is None else "could be"
    for one in cell.suspects:
        yield word, f"{visible(one.said)} ({' + '.join(one.ids)})"


def summary(grades: Grades) -> str:
    """Count what is right of what was answered."""
    good, bad = grades.count(Verdict.RIGHT, Verdict.ROUNDED), grades.count(Verdict.WRONG)
    left, unknown = grades.count(Verdict.OPEN), grades.count(Verdict.UNKNOWN)
    said = f"{good:,} of {good + bad:,} right" if good + bad else "nothing is answered"
    return said + (f", {left:,} open" if left else "") + (f", {unknown:,} that cannot be checked" if unknown else "")
