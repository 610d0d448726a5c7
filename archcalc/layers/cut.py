"""Parts of a tensor: one position, a range, several ranges, the centre."""

from __future__ import annotations

from itertools import accumulate, pairwise, repeat
from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, Window, need, share
from archcalc.layers.base import MOST_ROWS, Layer, Part, axis_at, labels
from archcalc.layers.fields import Int, Maybe, PerAxis, Pos
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def between(kind: str, x: Tensor, axis: int, start: int, stop: int) -> Op:
    """Keep the positions from `start` up to `stop` of one axis."""
    every, n = labels(x), x.shape[axis]
    need(start < stop, "nothing of the {n} positions of axis {axis} is left", n=n, axis=axis)
    name = every[axis]
    read, made = ([*every[:axis], f"{name}_{end}", *every[axis + 1 :]] for end in ("in", "out"))
    window = Window.slide(n, 1, 1, -start, stop - n)
    return Op(kind, f"{' '.join(read)} -> {' '.join(made)}", (x,), windows={f"{name}_in>{name}_out": window}, names=x.names)


class Select(Layer, kind="select", primary="index"):
    """One position of an axis, which is gone then: `(n, d) -> (d,)`; negative indices count from the end. As `torch.select`."""

    index: Int
    axis: Int = 0

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        at, every = axis_at(x, self.axis), labels(x)
        n = x.shape[at]
        need(len(every) > 1, "one position of {x} leaves no axis: keep it with `slice`", x=x)
        need(
            (-n <= self.index) & (self.index < n),
            "there is no index {i} in the {n} positions of axis {axis}",
            i=self.index,
            n=n,
            axis=self.axis,
        )
        made = " ".join(every[:at] + every[at + 1 :])
        yield Op("view:select", f"{' '.join(every)} -> {made}", (x,), names=(*x.names[:at], *x.names[at + 1 :]))


class Slice(Layer, kind="slice", aliases=("narrow",)):
    """The positions from `start` up to `stop` of an axis, as in Python: `(n, d) -> (stop - start, d)`; negative ones count from the end."""

    sample: ClassVar[Mapping[str, object]] = {"start": 1}

    start: Int = 0
    stop: Maybe[Int] = None
    axis: Int = 0

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        at = axis_at(x, self.axis)
        start, stop, _ = slice(self.start, self.stop).indices(x.shape[at])
        yield between("view:slice", x, at, start, stop)


class Split(Layer, kind="split", aliases=("chunk", "Split")):
    """An axis cut into ranges, called `name.0`, `name.1` …: by `sizes`, or into `parts` of one size. As `torch.split`."""

    sample: ClassVar[Mapping[str, object]] = {"parts": 2}

    sizes: Maybe[PerAxis] = None
    parts: Maybe[Pos] = None
    axis: Int = 0

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield a view for each part."""
        (x,) = xs
        at = axis_at(x, self.axis)
        edges = accumulate(self._sizes(x.shape[at]), initial=0)
        for i, (start, stop) in enumerate(pairwise(edges)):
            yield Part(str(i), self.kind, between("view:split", x, at, start, stop), str(i))

    def _sizes(self, n: int) -> Iterable[int]:
        """Give the sizes of the parts of `n` positions."""
        need((self.sizes is None) != (self.parts is None), "`split` takes `sizes` or `parts`, one of them")
        if self.parts is not None:
            need(self.parts <= MOST_ROWS, "{n} parts, and {most} are the most", n=self.parts, most=MOST_ROWS)
            return repeat(share(n, self.parts, "positions", "parts"), self.parts)
        sizes = self.sizes or ()
        need(sum(sizes) == n, "the parts {sizes} make {total}, not {n}", sizes=list(sizes), total=sum(sizes), n=n)
        return sizes


class Crop(Layer, kind="crop", primary="size", aliases=("CenterCrop", "center_crop", "Cropping1D", "Cropping2D", "Cropping3D")):
    """The centre of an image: `(c, h, w) -> (c, *size)`; of an odd border the larger part is cut off after it."""

    size: PerAxis

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        at = Spatial(x, self.kind)
        (size,) = at.each(size=self.size)
        yield centred(x, at, size)


def centred(x: Tensor, at: Spatial, size: tuple[int, ...]) -> Op:
    """Crop an image to its centre."""
    windows = []
    for n, out in zip(at.ns, size, strict=True):
        need(out <= n, "{x} has no centre of {size}", x=x, size=" x ".join(map(str, size)))
        before = (n - out) // 2
        windows.append(Window.slide(n, 1, 1, -before, before + out - n))
    return Op("view:crop", f"C {at.ins} -> C {at.outs}", (x,), windows=at.windows(windows), names=x.names)
