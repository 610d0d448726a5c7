"""The arithmetic of one operation: the sizes that it makes, what it learns and keeps, what it multiplies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide, Stretch, axes_of
from archcalc.calculators.macs import PAPER
from archcalc.formulas.expr import CLOSE, TEXT, TIGHT, Expr, Letter, Listed, Number, Product, Ratio, Rounded, Sum, product, total
from archcalc.layers.base import labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.algebra import Op, Window

__all__ = ["Formula", "Letters", "reach", "sizes"]

#: Axes that a reshape calls by their strides, which tell a reader nothing.
NAMELESS = re.compile(r"[rio]\d+")
#: The family of operations whose figures their author states.
DECLARED = "declared"


class Formula(NamedTuple):
    """What a letter is worked out by."""

    name: str
    expr: Expr
    note: str = ""  #: what the arithmetic does not say


class Letters:
    """An operation with letters for its axes.

    >>> from archcalc.algebra import Tensor
    >>> from archcalc.layers.shape import Reshape
    >>> (part,) = Reshape(shape={"n": 196, "d": 768}).rows(Tensor((14, 14, 768), ("h", "w", "c")))
    >>> Letters(part.op).shape.write(TEXT), Letters(part.op).shape.write(TEXT.numbers)
    ('(H·W, C)', '(14·14, 768)')
    """

    def __init__(self, op: Op) -> None:
        self.op = op
        self.dims = op.dims
        self.called = dict(_called(op)) if any(map(NAMELESS.fullmatch, op.sizes)) else {}

    def axis(self, axis: str) -> Expr:
        """Write the size of an axis: by its letter, or as a number where that says more."""
        n = self.op.sizes[axis]
        if NAMELESS.fullmatch(axis):
            return Letter(self.called[axis], n) if axis in self.called else Number(n)
        return Letter(_plain(axis), n)

    def times(self, axes: Iterable[str], *, tight: bool = False) -> Expr:
        """Multiply sizes."""
        factors = tuple(map(self.axis, axes))
        return Product(factors, TIGHT) if tight and len(factors) > 1 else product(*factors)

    def count(self, axes: str) -> Expr:
        """Multiply the sizes of axes that something is held or done for; what is declared is no product."""
        return Letter(DECLARED, self.op.count(axes)) if self.op.family == DECLARED else self.times(axes_of(axes))

    def held(self, tensors: Iterable[str]) -> Expr:
        """Count weights or buffers, each with its axes."""
        return total(*map(self.count, tensors))

    @property
    def shape(self) -> Listed:
        """The shape of what is made."""
        return Listed(tuple(self.times(dim, tight=True) for dim in self.dims[1]))

    @property
    def read(self) -> tuple[Listed, ...]:
        """The shapes of what is read."""
        return tuple(Listed(tuple(self.times(dim, tight=True) for dim in dims)) for dims in self.dims[0])

    @property
    def elements(self) -> Expr:
        """The number of elements of what is made."""
        return self.times(axis for dim in self.dims[1] for axis in dim)

    @property
    def loops(self) -> Expr:
        """The number of times that the innermost step is done, for one sample."""
        return self.count(self.op.loops) if self.op.loops else Number(0)

    @property
    def counted(self) -> bool:
        """Whether that step is a multiply-accumulate by the convention."""
        return bool(self.op.loops) and self.op.family in PAPER


def _plain(axis: str) -> str:
    """Write an axis whose name stands for several ones, `N.1`, as one of them."""
    return axis.replace(".", "_")


def _called(op: Op) -> Iterator[tuple[str, str]]:
    """Name axes that have a whole dimension of an operand for themselves by what that is called."""
    for dims, x in zip(op.dims[0], op.reads, strict=True):
        for dim, label in zip(dims, labels(x), strict=True):
            if len(dim) == 1:
                yield dim[0], _plain(label)


def sizes(op: Op) -> Iterator[Formula]:
    """Work out the sizes that follow from those of what is read, one axis after another; equal ones once."""
    found = list(_sizes(op))
    while found:
        first, *rest = found
        alike = [one.name for one in rest if _numbers(one) == _numbers(first)]
        found = [one for one in rest if one.name not in alike]
        said = f"{' and '.join(alike)} alike" if alike else ""
        yield first._replace(note="; ".join(filter(None, (first.note, said))))


def _numbers(one: Formula) -> tuple[str, str]:
    return one.expr.write(TEXT.numbers), one.note


def _sizes(op: Op) -> Iterator[Formula]:
    operands, out = op.dims
    read = {axis for operand in operands for dim in operand for axis in dim}
    routes = [(route.split(">"), window) for route, window in op.windows.items() if window is not None and window.tracked]
    for axis in dict.fromkeys(axis for dim in out for axis in dim if axis not in read):
        known = [(Letter(_plain(source), op.sizes[source]), window) for (source, target), window in routes if target == axis]
        if len(known) == 1:
            yield from _slid(_plain(axis), *known[0])
        elif known:  # put end to end
            yield Formula(_plain(axis), total(*(source for source, _ in known)))


def _slid(name: str, n: Letter, window: Window) -> Iterator[Formula]:
    """Work out the size of an axis that a window leads to."""
    match window.made:
        case Slide(kernel=1, stride=1) as it:
            yield Formula(name, _moved(n, it))
        case Slide() as it:
            expr = _slide(n, it)
            beyond = expr.value != window.out
            note = "less 1: the last window would start beyond the input"
            yield Formula(name, Sum((*expr.terms, (-1, Number(1)))) if beyond else expr, note if beyond else "")
        case Stretch() as it:
            yield Formula(name, _stretch(n, it))
        case _ if window.out != n.n:
            yield Formula(name, Letter(name, window.out), "as the layer says")


def _padding(before: int, after: int) -> list[tuple[int, Expr]]:
    """Write the padding of both ends."""
    if before == after:
        return [(1, Product((Number(2), Letter("P", before)), CLOSE))]
    return [(1, Letter("P_1", before)), (1, Letter("P_2", after))]


def reach(it: Slide | Stretch) -> Product:
    """Write `D(k - 1)`, what a kernel covers beside its first place."""
    return Product((Letter("D", it.dilation), Sum(((1, Letter("k", it.kernel)), (-1, Number(1))))), CLOSE)


def _moved(n: Expr, it: Slide) -> Expr:
    """`H_in + 2P` where a border is put around, `H_in - cut` where one is cut off."""
    if it.before == it.after > 0:
        return Sum(((1, n), *_padding(it.before, it.after)))
    ends = [(p > 0, abs(p), i) for i, p in ((1, it.before), (2, it.after)) if p]
    several = len(ends) > 1
    terms = [(1 if more else -1, Letter(("P" if more else "cut") + f"_{i}" * several, size)) for more, size, i in ends]
    return Sum(((1, n), *terms)) if terms else n


def _slide(n: Expr, it: Slide) -> Sum:
    """`floor((H_in + 2P - D(k - 1) - 1) / S) + 1`."""
    room = Sum(((1, n), *_padding(it.before, it.after), (-1, reach(it)), (-1, Number(1))))
    return Sum(((1, Rounded(Ratio(room, Letter("S", it.stride)), up=it.ceil)), (1, Number(1))))


def _stretch(n: Expr, it: Stretch) -> Expr:
    """`(H_in - 1)·S - 2P + D(k - 1) + 1`, and what is added at the end."""
    steps = Product((Sum(((1, n), (-1, Number(1)))), Letter("S", it.stride)), CLOSE)
    padding = [(-sign, expr) for sign, expr in _padding(it.before, it.after)]
    extra = [(1, Letter("P_out", it.extra))] if it.extra else []
    return Sum(((1, steps), *padding, (1, reach(it)), (1, Number(1)), *extra))
