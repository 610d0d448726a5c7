"""The figures of one operation with their arithmetic, and what follows from a figure: FLOPs, bytes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import axes_of
from archcalc.calculators.precision import CHANNEL, NONE, TENSOR, bits, leading, scales_of
from archcalc.formulas.expr import TEXT, Expr, Letter, Named, Number, Product, Ratio, Rounded, Sum, Written, product, total
from archcalc.formulas.operation import DECLARED, Letters, sizes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from archcalc.algebra import Op
    from archcalc.calculators.precision import DType

__all__ = ["Line", "added", "counts", "doubled", "eighth", "in_bytes", "in_groups", "shape", "sized", "times"]


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
    return eighth(Product((Letter(name, count), _bits(precision))))


def eighth(count: Expr) -> Expr:
    """Write the bytes of so many bits, rounded up once."""
    found = Ratio(count, Number(8))
    return found if Fraction(found.value).denominator == 1 else Rounded(found, up=True)


def _bits(precision: str, name: str = "bits") -> Letter:
    width = bits(precision)
    return Letter(name, width, precision if width.denominator > 1 else "")


def sized(own: int, scales: int, dtype: DType) -> Expr:
    """Write the bytes of weights with their scales, and with zero points where there are any.

    >>> from archcalc.calculators.precision import DType
    >>> sized(4096, 32, DType("int4", "fp16", 128)).write(TEXT)
    '(params · bits + scales · bits) / 8'
    >>> sized(4096, 32, DType("int4", "fp16", 128, zero="int4")).write(TEXT.numbers)
    '(4,096 · 4 + 32 · (16 + 4)) / 8'
    """
    if not scales:
        return in_bytes("params", own, dtype.weights)
    each: Expr = _bits(dtype.scale)
    if dtype.zero != NONE:
        each = Sum(((1, _bits(dtype.scale, "scale")), (1, _bits(dtype.zero, "zero"))))
    weights, theirs = Product((Letter("params", own), _bits(dtype.weights))), Product((Letter("scales", scales), each))
    return eighth(Sum(((1, weights), (1, theirs))))


def in_groups(op: Op, dtype: DType, tied: Container[str] = ()) -> Expr:
    """Write how many scales the weights of an operation have."""
    letters = Letters(op)
    scaled = [name for name in op.weights if name not in tied and scales_of(op, name, dtype.group)]
    return total(*(_scales(letters, axes_of(op.weights[name]), dtype.group) for name in scaled))


def _scales(letters: Letters, axes: tuple[str, ...], group: int | str) -> Expr:
    if group in {CHANNEL, TENSOR}:
        return letters.times(axes[: leading(letters.op, axes, group)])
    rows = letters.times(axes[:-1])
    return times(rows, Rounded(Ratio(letters.axis(axes[-1]), Letter("group", int(group))), up=True))


def added(terms: Iterable[tuple[str, int, str]]) -> Expr:
    """Add up the bits of tensors, each with its elements and its precision."""
    return total(*(product(Named(path, n), _bits(precision)) for path, n, precision in terms))
