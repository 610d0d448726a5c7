"""The figures of one operation with their arithmetic, and what follows from a figure: FLOPs, bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.precision import bits
from archcalc.formulas.expr import TEXT, Expr, Letter, Number, Product, Ratio, Rounded, Written
from archcalc.formulas.operation import DECLARED, Letters, sizes

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from archcalc.algebra import Op

__all__ = ["Line", "counts", "doubled", "in_bytes", "shape", "times"]


class Line(NamedTuple):
    """One figure: what it is called, how it is worked out, and what the arithmetic does not say."""

    what: str  #: what it belongs to, one of `report.explained.WHAT`
    name: str
    written: Written | None = None  #: nothing where it is not known, or no number
    note: str = ""
    axis: str = ""  #: of the input, or several with commas, where the figure is another one along the others
    quiet: bool = False  #: whether it says nothing new
    unit: str = ""


def shape(op: Op) -> Iterator[Line]:
    """Explain the shape of what is made."""
    letters = Letters(op)
    made, reads = letters.shape.write(TEXT), {read.write(TEXT) for read in letters.read}
    yield Line("shape", "output", letters.shape, quiet=made in reads)
    for name, expr, note in sizes(op):
        yield Line("shape", name, expr, note)


def counts(op: Op, tied: Container[str] = ()) -> Iterator[Line]:
    """Explain what one operation learns, keeps and multiplies, for one sample."""
    letters, note = Letters(op), "declared in the file" if op.family == DECLARED else ""
    for what, held in (("params", op.weights), ("buffers", op.buffers)):
        own = [axes for name, axes in held.items() if name not in tied]
        shared = ", ".join(name for name in held if name in tied)
        if held:
            yield Line(what, what, letters.held(own), f"{shared} shared with an earlier layer, counted there" if shared else note)
    if letters.counted:
        yield Line("macs", "MACs", letters.loops, note)
    elif op.loops:
        yield Line("macs", "uncounted", letters.loops, "no MACs by the convention")


def times(*factors: Expr) -> Expr:
    """Multiply, and multiply out what is a product already."""
    every = [one for factor in factors for one in (factor.factors if isinstance(factor, Product) else (factor,))]
    return every[0] if len(every) == 1 else Product(tuple(every))


def doubled(macs: int) -> Expr:
    """Write FLOPs: two per multiply-accumulate."""
    return Product((Number(2), Letter("MACs", macs)))


def in_bytes(name: str, count: int, precision: str) -> Expr:
    """Write the bytes of numbers at a precision, rounded up once.

    >>> in_bytes("params", 3, "1.58").write(TEXT.numbers), in_bytes("params", 4, "int8").write(TEXT)
    ('ceil(3 · 1.58 / 8)', 'params · bits / 8')
    """
    width = bits(precision)
    digits = precision if width.denominator > 1 else ""
    found = Ratio(Product((Letter(name, count), Letter("bits", width, digits))), Number(8))
    return found if found.value.denominator == 1 else Rounded(found, up=True)
