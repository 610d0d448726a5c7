"""Sliding windows laid out as columns, and columns added up to an image again."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, Window, need, share
from archcalc.layers.base import Layer
from archcalc.layers.fields import PerAxis, PerAxisNonNeg, spread
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

IMAGE = 2  # both work on images alone, as in PyTorch


class _Windows(Layer):
    kernel: PerAxis
    stride: PerAxis = (1,)
    padding: PerAxisNonNeg = (0,)
    dilation: PerAxis = (1,)

    def each(self) -> list[tuple[int, ...]]:
        """Give kernel, stride, padding and dilation of both axes."""
        fields = {"kernel": self.kernel, "stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return [spread(values, IMAGE, what) for what, values in fields.items()]

    def slides(self, ns: Sequence[int]) -> list[Window]:
        """Slide over the axes of an image."""
        return [Window.slide(n, k, s, p, p, d) for n, k, s, p, d in zip(ns, *self.each(), strict=True)]


class Unfold(_Windows, kind="unfold", aliases=("Unfold", "im2col")):
    """Every window as a column: `(c, h, w) -> (d, n)` with d = c·kernel·kernel and one column per position. As `torch.nn.Unfold`."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        at = Spatial(x, self.kind, (IMAGE,))
        sizes = at.kernel_sizes(self.each()[0])
        windows = at.windows(self.slides(at.ns))
        yield Op("copy:unfold", f"C {at.ins} -> (C {at.ks}) ({at.outs})", (x,), sizes, windows=windows, names=("d", "n"))


class Fold(_Windows, kind="fold", aliases=("Fold", "col2im")):
    """Columns added up to an image: `(d, n) -> (c, h, w)` with c = d / (kernel·kernel); `size` is (h, w). As `torch.nn.Fold`."""

    sample: ClassVar[Mapping[str, object]] = {"size": 5}

    size: PerAxis

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        need(len(x.shape) == IMAGE, "`fold` takes columns, (d, n), but its input is {x}", x=x)
        size = spread(self.size, IMAGE, "size")
        rows, columns = (window.out for window in self.slides(size))
        need(x.shape[1] == rows * columns, "{n} columns for {a} x {b} places of the kernel", n=x.shape[1], a=rows, b=columns)
        kernel = self.each()[0]
        channels = share(x.shape[0], prod(kernel), "rows", "positions of the kernel")
        yield Op(
            "copy:fold",
            "(C k_h k_w) (H_in W_in) -> C H_out W_out",
            (x,),
            {"C": channels, "k_h": kernel[0], "k_w": kernel[1], "H_in": rows, "W_in": columns},
            windows={"H_in>H_out": self._spread(0, rows, size[0]), "W_in>W_out": self._spread(1, columns, size[1])},
            names=("c", "h", "w"),
        )

    def _spread(self, axis: int, n: int, size: int) -> Window:
        """Undo the slide along one axis; what the last window did not reach is `extra`."""
        k, s, p, d = (values[axis] for values in self.each())
        made = (n - 1) * s - 2 * p + d * (k - 1) + 1
        return Window.stretch(n, k, s, p, p, d, size - made)
