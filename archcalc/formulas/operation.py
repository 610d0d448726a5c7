"""The arithmetic of one operation: the sizes it makes, what it learns and keeps, what it multiplies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide, Stretch, axes_of
from archcalc.calculators.macs import PAPER
from archcalc.formulas.expr import Expr, Letter, Number, Product, Ratio, Rounded, Sum, product, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.algebra import Op, Window

__all__ = ["Formula", "held", "made", "multiplied", "shape", "sizes"]


class Formula(NamedTuple):
    """What a letter or a figure is worked out by; without an expression the note says why there is none."""

    name: str
    expr: Expr | None
    note: str = ""


def letters(op: Op, axes: str) -> Expr:
    """Multiply axes."""
    return product(*(Letter(axis, op.sizes[axis]) for axis in axes_of(axes)))


def held(op: Op, of: Mapping[str, str]) -> Expr:
    """Count weights or buffers."""
    return total(*(letters(op, axes) for axes in of.values()))


def multiplied(op: Op) -> Expr:
    """Count multiply-accumulates of one sample."""
    return letters(op, op.loops) if op.loops and op.family in PAPER else Number(0)


def made(op: Op) -> Expr:
    """Count the elements of what is made."""
    return product(*(Letter(axis, op.sizes[axis]) for dim in op.dims[1] for axis in dim))


def shape(op: Op) -> str:
    """Write what is made in letters: `(C_out, H_out, W_out)`."""
    return f"({', '.join('·'.join(dim) or '1' for dim in op.dims[1])})"


def sizes(op: Op) -> Iterator[Formula]:
    """Work out the sizes that are not simply those of what is read, one axis after another."""
    operands, out = op.dims
    read = {axis for operand in operands for dim in operand for axis in dim}
    for dim in out:
        if len(dim) > 1 and (dim not in {d for operand in operands for d in operand}):
            yield Formula("·".join(dim), product(*(Letter(axis, op.sizes[axis]) for axis in dim)))
    for axis in dict.fromkeys(axis for dim in out for axis in dim):
        routes = [(name.partition(">")[0], window) for name, window in op.windows.items() if name.partition(">")[2] == axis]
        if routes:
            yield from _slid(op, axis, [(source, window) for source, window in routes if window is not None])
        elif axis not in read and (axis,) in out:
            yield Formula(axis, Letter(axis, op.sizes[axis]))


def _slid(op: Op, axis: str, routes: Iterable[tuple[str, Window]]) -> Iterator[Formula]:
    """Work out the size of an axis that windows lead to."""
    known = [(source, window) for source, window in routes if source != axis]
    if not known:
        return
    n = op.sizes[axis]
    if len(known) > 1:  # ends put together
        parts = total(*(Letter(source, op.sizes[source]) for source, _ in known))
        yield Formula(axis, parts if parts.value == n else Letter(axis, n))
        return
    ((source, window),) = known
    expr: Expr = Letter(axis, n)
    if isinstance(window.made, Slide):
        expr = _slide(source, window.made)
    elif isinstance(window.made, Stretch):
        expr = _stretch(source, window.made)
    yield Formula(axis, expr if expr.value == n else Letter(axis, n))


def _padding(before: int, after: int) -> list[tuple[int, Expr]]:
    """Write the padding of both ends."""
    if before == after:
        return [(1, Product((Number(2), Letter("P", before)), tight=True))]
    return [(1, Letter("P_1", before)), (1, Letter("P_2", after))]


def _reach(it: Slide | Stretch) -> Expr:
    """`D(k - 1)`, what a kernel covers beside its first place."""
    return Product((Letter("D", it.dilation), Sum(((1, Letter("k", it.kernel)), (-1, Number(1))))), tight=True)


def _slide(source: str, it: Slide) -> Expr:
    """`floor((H_in + 2P - D(k - 1) - 1) / S) + 1`, or what is left of it where nothing slides."""
    n = Letter(source, it.n)
    if it.kernel == 1 and it.stride == 1:
        return Sum(((1, n), *_padding(it.before, it.after)))
    reach = _reach(it)
    room = Sum(((1, n), *_padding(it.before, it.after), (-1, reach), (-1, Number(1))))
    slid = Sum(((1, Rounded(Ratio(room, Letter("S", it.stride)), up=it.ceil)), (1, Number(1))))
    beyond = it.ceil and (slid.value - 1) * it.stride >= it.n + it.before
    return Sum((*slid.terms, (-1, Number(1)))) if beyond else slid


def _stretch(source: str, it: Stretch) -> Expr:
    """`(H_in - 1)·S - 2P + D(k - 1) + 1`, and what is added at the end."""
    steps = Product((Sum(((1, Letter(source, it.n)), (-1, Number(1)))), Letter("S", it.stride)), tight=True)
    reach = _reach(it)
    padding = [(-sign, expr) for sign, expr in _padding(it.before, it.after)]
    extra = [(1, Letter("P_out", it.extra))] if it.extra else []
    return Sum(((1, steps), *padding, (1, reach), (1, Number(1)), *extra))
