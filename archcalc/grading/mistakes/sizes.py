"""Mistakes in sizes: padding, stride, dilation, rounding, the one that is added; here alone, or in every layer up to here."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide, Stretch
from archcalc.grading.mistakes.sketch import places, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from fractions import Fraction

    from archcalc.algebra import Op, Window

__all__ = ["SIZES", "SizeRule", "Sizes", "channels_kept", "here", "product", "resized"]

Length = int | None
Sizes = dict[str, "int | Fraction"]


class SizeRule(NamedTuple):
    """A mistake in how many positions a window has; nothing where it cannot be made."""

    id: str
    said: str
    slide: Callable[[Slide], Length]
    stretch: Callable[[Stretch], Length]
    rank: int = 2


def _slid(it: Slide, *, before: int | None = None, after: int | None = None, stride: int = 0, dilation: int = 0, ceil: bool = False) -> int:
    """Slide a kernel, some of its numbers being others."""
    stride, dilation = stride or it.stride, dilation or it.dilation
    room = it.n + (it.before if before is None else before) + (it.after if after is None else after) - dilation * (it.kernel - 1) - 1
    return (-(-room // stride) if ceil else room // stride) + 1


def right(it: Slide) -> int:
    """Slide as it is right."""
    out = _slid(it, ceil=it.ceil)
    return out - (it.ceil and (out - 1) * it.stride >= it.n + it.before)


def stretched(it: Stretch) -> int:
    """Stretch as it is right."""
    return (it.n - 1) * it.stride - it.before - it.after + it.dilation * (it.kernel - 1) + 1 + it.extra


def _rounded_otherwise(it: Slide) -> Length:
    return _slid(it, ceil=not it.ceil)


def _one_less(it: Slide) -> Length:
    return right(it) - 1


def _pad_once(it: Slide) -> Length:
    return _slid(it, after=0, ceil=it.ceil) if it.before and it.after else None


def _no_padding(it: Slide) -> Length:
    return _slid(it, before=0, after=0, ceil=it.ceil)


def _no_stride(it: Slide) -> Length:
    return _slid(it, stride=1)


def _no_dilation(it: Slide) -> Length:
    return _slid(it, dilation=1, ceil=it.ceil)


def _padded_to_fit(it: Slide) -> Length:
    return -(-it.n // it.stride)


def _kept(it: Slide | Stretch) -> Length:
    return it.n


def _none(_: Slide | Stretch) -> Length:
    return None


#: The plainest first.
SIZES = (
    SizeRule("padding_ignored", "the padding is ignored", _no_padding, lambda it: stretched(it) + it.before + it.after, 0),
    SizeRule("plus1_forgotten", "the one that is added at the end is forgotten", _one_less, lambda it: stretched(it) - 1, 1),
    SizeRule("pad_once", "the padding is added on one side only", _pad_once, lambda it: stretched(it) + it.before, 1),
    SizeRule("floor_vs_ceil", "it is rounded the other way, up for down or down for up", _rounded_otherwise, _none, 1),
    SizeRule("stride_ignored", "the stride is ignored", _no_stride, lambda it: stretched(it._replace(stride=1)), 1),
    SizeRule("dilation_ignored", "the dilation is ignored", _no_dilation, lambda it: stretched(it._replace(dilation=1)), 1),
    SizeRule("padded_to_fit", "it is taken to be padded so that only the stride counts", _padded_to_fit, lambda it: it.n * it.stride, 3),
    SizeRule("output_padding_ignored", "what is added at the end is ignored", _none, lambda it: stretched(it) - it.extra, 2),
    SizeRule("input_size_kept", "that is the size of the input", _kept, _kept, 3),
)  # fmt: skip


def length(window: Window, n: int, before: int, rule: SizeRule | None) -> int | None:
    """Say how many positions a window has over `n` positions, where it has `before` over other ones."""
    made = window.made
    if made is None:
        return window.out if n == before or window.out != before else n
    moved = made._replace(n=n)
    if isinstance(moved, Slide):
        found = rule.slide(moved) if rule and _slides(moved) else None
        return right(moved) if found is None else found
    found = rule.stretch(moved) if rule else None
    return stretched(moved) if found is None else found


def _slides(it: Slide) -> bool:
    """Tell whether a kernel moves at all; padding and cropping are windows, too."""
    return it.kernel > 1 or it.stride > 1


def here(op: Op, rule: SizeRule) -> Sizes | None:
    """Give the sizes of an operation with a mistake in it, if that makes a difference."""
    found = resized(op, [x.shape for x in op.reads], rule)
    return found if found is not None and found != op.sizes else None


def resized(op: Op, reads: Sequence[tuple[int, ...]], rule: SizeRule | None = None) -> Sizes | None:
    """Work out the sizes of axes from shapes that are read, which may be wrong; nothing where they do not fit."""
    read: dict[str, int] = {}
    operands, _ = op.dims
    for dims, shape in zip(operands, reads, strict=True):
        if len(dims) != len(shape):
            return None
        for dim, n in zip(dims, shape, strict=True):
            rest = product(op.sizes, dim[1:])
            if n % rest or (not dim and n != 1) or (dim and read.setdefault(dim[0], n // rest) != n // rest):
                return None
    sizes: Sizes = {**op.sizes, **read}
    return _consistent(op, sizes, _lengths(op, sizes, rule))


def _lengths(op: Op, sizes: Sizes, rule: SizeRule | None) -> dict[str, list[int]] | None:
    """Work out where windows lead; several that lead to one axis are ends put together."""
    found: dict[str, list[int]] = {}
    for route, window in op.windows.items():
        before, after = route.split(">")
        if window is None or before == after:
            continue
        out = length(window, int(sizes[before]), op.sizes[before], rule)
        if out is None or out < 1:
            return None
        found.setdefault(after, []).append(out if window.out != op.sizes[after] or len(_routes(op, after)) == 1 else int(sizes[before]))
    return found


def _routes(op: Op, axis: str) -> list[str]:
    return [route for route, window in op.windows.items() if route.partition(">")[2] == axis and window is not None]


def _consistent(op: Op, sizes: Sizes, lengths: Mapping[str, list[int]] | None) -> Sizes | None:
    if lengths is None:
        return None
    for axis, each in lengths.items():
        sizes[axis] = sum(each)
    for axis in op.sizes:
        name = whole(op, axis)
        if name is not None and sizes[name] != op.sizes[name]:
            groups = op.sizes[name] // op.sizes[axis]
            if sizes[name] % groups:
                return None
            sizes[axis] = sizes[name] // groups
    return sizes


def product(sizes: Mapping[str, int | Fraction], dim: tuple[str, ...]) -> int:
    """Multiply the sizes of axes."""
    return int(prod(sizes[axis] for axis in dim))


def channels_kept(op: Op, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Give the shape with the channels of what is read."""
    if not (op.channels_first and op.reads and len(op.reads[0].shape) == len(op.shape) and places(op)):
        return None
    return (op.reads[0].shape[0], *shape[1:])
