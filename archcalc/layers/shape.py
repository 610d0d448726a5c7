"""Other shapes for the same elements: axes joined, taken apart, reordered."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import Layer, axis_at, group, labels
from archcalc.layers.fields import Int, PerAxisInt, Sizes
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REST = -1  # a size that follows from the others


def filled(sizes: Sequence[int], n: int) -> tuple[int, ...]:
    """Work out the size written as -1, and check that `n` elements fit.

    >>> filled((-1, 7), 49)
    (7, 7)
    """
    need(sum(size == REST for size in sizes) <= 1, "only one size may be -1, not {sizes}", sizes=list(sizes))
    need(all(size >= 1 or size == REST for size in sizes), "sizes are 1 or more, or -1 for what is left, not {sizes}", sizes=list(sizes))
    known = prod(size for size in sizes if size != REST)
    need(n % known == 0 and (n == known or REST in sizes), "{n} elements do not fit into {sizes}", n=n, sizes=list(sizes))
    return tuple(n // known if size == REST else size for size in sizes)


class Flatten(Layer, kind="flatten", aliases=("Flatten",)):
    """Axes `start` to `end` joined: `(c, h, w) -> (d,)`. As `torch.nn.Flatten`, but the batch is no axis here."""

    start: Int = 0
    end: Int = -1

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        start, end, every = axis_at(x, self.start), axis_at(x, self.end), labels(x)
        need(start <= end, "`start` {start} is behind `end` {end} in {x}", start=self.start, end=self.end, x=x)
        dims = [*every[:start], f"({' '.join(every[start : end + 1])})", *every[end + 1 :]]
        names = (*x.names[:start], self._name(x, start, end), *x.names[end + 1 :])
        yield Op("view:flatten", f"{' '.join(every)} -> {' '.join(dims)}", (x,), names=names)

    @staticmethod
    def _name(x: Tensor, start: int, end: int) -> str:
        """Name what the axes become: features if they are the last ones, else positions."""
        if start == end and len(x.shape) > 1:
            return x.names[start]
        return "d" if end == len(x.shape) - 1 else "n"


class Unflatten(Layer, kind="unflatten", aliases=("Unflatten",)):
    """An axis taken apart: `(…, a·b, …) -> (…, a, b, …)`. As `torch.nn.Unflatten`; one size may be -1.

    The new axes have the names written, `sizes: {h: 7, w: -1}`, or are called a0, a1 …
    """

    sample: ClassVar[Mapping[str, object]] = {"axis": 0, "sizes": {"a": 2, "b": -1}}

    axis: Int
    sizes: Sizes

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        at = axis_at(x, self.axis)
        new, sizes = zip(*self.sizes, strict=True)
        sizes = filled(sizes, x.shape[at])
        end = at + len(sizes)
        made = Tensor((*x.shape[:at], *sizes, *x.shape[at + 1 :]), (*x.names[:at], *new, *x.names[at + 1 :]))
        every = labels(made)
        read = [*every[:at], f"({' '.join(every[at:end])})", *every[end:]]
        yield Op(
            "view:unflatten", f"{' '.join(read)} -> {' '.join(every)}", (x,), dict(zip(every[at:end], sizes, strict=True)), names=made.names
        )


def common_axes(before: Sequence[int], after: Sequence[int]) -> tuple[str, dict[str, int]]:
    """Take two shapes of one size apart into the finest axes they have in common, so that what an axis sees survives a reshape.

    An axis is called by its stride. Where two shapes have none in common, as in `(2, 3) -> (3, 2)`, what is made sees all that is read.

    >>> common_axes((768, 14, 14), (768, 196))
    ('r196 r14 r1 -> r196 (r14 r1)', {'r196': 768, 'r14': 14, 'r1': 14})
    >>> common_axes((5, 2, 3), (5, 3, 2))[0]
    'r6 i3 i1 -> r6 o2 o1'
    """
    strides = {"i": _strides(before), "o": _strides(after)}
    every = sorted({*strides["i"], *strides["o"]})
    shared = sorted({*strides["i"]} & {*strides["o"]})
    apart = {p for low, high in pairwise(shared) for p in every if low <= p < high and not _chain([q for q in every if low <= q <= high])}
    sizes: dict[str, int] = {}

    def axes(side: str, high: int, low: int) -> Iterator[str]:
        between = {low, high} if low in apart else {p for p in every if low <= p <= high}
        for above, p in pairwise(sorted(between, reverse=True)):
            name = f"{side if low in apart else 'r'}{p}"
            sizes[name] = above // p
            yield name

    read, made = (" ".join(group(axes(side, *ends)) for ends in pairwise(strides[side])) for side in strides)
    return f"{read} -> {made}", sizes


def _strides(shape: Sequence[int]) -> list[int]:
    """Give the products from each axis to the last, and 1: `(768, 14, 14)` has 150528, 196, 14, 1."""
    return [prod(shape[i:]) for i in range(len(shape) + 1)]


def _chain(strides: Sequence[int]) -> bool:
    """Tell whether each divides the next."""
    return all(q % p == 0 for p, q in pairwise(strides))


class Reshape(Layer, kind="reshape", primary="shape", aliases=("Reshape", "view", "View")):
    """The same elements in another shape, in order: `(…) -> shape`; one size may be -1. As `torch.reshape` without the batch.

    The axes have the names written, `{shape: {c: 768, h: 14, w: 14}}`, or are called a0, a1 …
    """

    sample: ClassVar[Mapping[str, object]] = {"shape": {"d": -1}}

    shape: Sizes

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        names, sizes = zip(*self.shape, strict=True)
        pattern, axes = common_axes(x.shape, filled(sizes, x.size))
        yield Op("view:reshape", pattern, (x,), axes, names=names)


class Permute(Layer, kind="permute", primary="axes", aliases=("Permute", "transpose", "Transpose")):
    """The axes in another order: `permute: [1, 2, 0]` is `(c, h, w) -> (h, w, c)`. As `torch.permute` without the batch."""

    sample: ClassVar[Mapping[str, object]] = {"axes": [1, 2, 0]}

    axes: PerAxisInt

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        order, every = [axis_at(x, axis) for axis in self.axes], labels(x)
        need(sorted(order) == list(range(len(every))), "{axes} is no order of the axes of {x}: each stands once", axes=list(self.axes), x=x)
        made = " ".join(every[i] for i in order)
        yield Op("view:permute", f"{' '.join(every)} -> {made}", (x,), names=tuple(x.names[i] for i in order))


class Tokens(Layer, kind="tokens", aliases=("patches", "to_tokens")):
    """Positions in a row, channels last: `(c, h, w) -> (n, d)`, n = h·w and d = c."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        Spatial(x, self.kind)
        c, *rest = labels(x)
        positions = " ".join(rest)
        yield Op("view:tokens", f"{c} {positions} -> ({positions}) {c}", (x,), names=("n", "d"))


class Expand(Layer, kind="expand", primary="shape", aliases=("Expand", "RepeatVector", "repeat_vector", "broadcast_to")):
    """Axes of size 1 repeated, and new ones in front: `(1, d) -> (n, d)`; -1 keeps an axis. As `torch.Tensor.expand`, but copied.

    An axis keeps its name unless another is written; a new one without a name is called a0, a1 …
    """

    sample: ClassVar[Mapping[str, object]] = {"shape": {"n": 2, "c": -1, "h": -1, "w": -1}}

    shape: Sizes

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        new = len(self.shape) - len(x.shape)
        need(new >= 0, "{sizes} has fewer axes than {x}", sizes=[n for _, n in self.shape], x=x)
        old = [(None, "")] * new + list(zip(x.shape, x.names, strict=True))
        told = [self._axis(i, *axes) for i, axes in enumerate(zip(self.shape, old, strict=True))]
        made = Tensor(tuple(n for n, _ in told), tuple(name for _, name in told))
        every = labels(made)
        read = [label if n == size else "()" for label, n, size in zip(every[new:], x.shape, made.shape[new:], strict=True)]
        yield Op("copy:expand", f"{' '.join(read)} -> {' '.join(every)}", (x,), dict(zip(every, made.shape, strict=True)), names=made.names)

    @staticmethod
    def _axis(i: int, wanted: tuple[str, int], old: tuple[int | None, str]) -> tuple[int, str]:
        """Give the size and the name of one axis made."""
        (name, size), (n, was) = wanted, old
        size = n if size == REST and n is not None else size
        need(size >= 1, "a new axis needs a size, not {size}", size=size)
        need(n is None or n in (1, size), "an axis of {n} can't be expanded to {size}: only axes of 1 can", n=n, size=size)
        return size, was if was != "" and name == f"a{i}" else name
