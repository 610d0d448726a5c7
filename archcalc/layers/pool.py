"""Pooling: sliding, adaptive and global."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.algebra import Op, Tensor, Window, need
from archcalc.layers.base import Layer
from archcalc.layers.fields import Bool, Maybe, PerAxis, PerAxisNonNeg, PerAxisOrNone, spread
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VOLUME = 3  # spatial axes from which PyTorch's average pooling no longer counts padding as room


def pooled(kind: str, x: Tensor, at: Spatial, windows: Sequence[Window], **weights: str) -> Op:
    """Make one position out of those in its window, channel by channel."""
    return Op(kind, f"C {at.ins} -> C {at.outs}", (x,), weights=weights, windows=at.windows(windows), names=x.names)


class _Pool(Layer, primary="kernel"):
    kernel: PerAxis
    stride: Maybe[PerAxis] = None
    padding: PerAxisNonNeg = (0,)
    ceil: Bool = False

    def slides(self, at: Spatial, dilation: tuple[int, ...]) -> list[Window]:
        """Slide along each axis, within PyTorch's bound on padding, which knows no dilation."""
        kernel, padding, dilation = at.each(kernel=self.kernel, padding=self.padding, dilation=dilation)
        stride = kernel if self.stride is None else spread(self.stride, at.rank, "stride")
        for k, p in zip(kernel, padding, strict=True):
            need(p <= k // 2, "padding {p} is more than half of kernel {k}", p=p, k=k)
        every = zip(at.ns, kernel, stride, padding, dilation, strict=True)
        return [Window.slide(n, k, s, p, p, d, ceil=self.ceil) for n, k, s, p, d in every]


class MaxPool(
    _Pool,
    kind="max_pool",
    aliases=("MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "MaxPool", "maxpool", "maxpool2d"),
):
    """The largest value of each window: `(c, h, w) -> (c, h', w')`; `stride` is the kernel if not said. As `torch.nn.MaxPool2d`.

    With `ceil`, a last window that runs over the end is kept if it starts inside the input or its left padding.
    """

    dilation: PerAxis = (1,)

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the pool."""
        (x,) = xs
        at = Spatial(x, self.kind)
        yield pooled("pool:max", x, at, self.slides(at, self.dilation))


class AvgPool(
    _Pool, kind="avg_pool",
    aliases=("AvgPool1d", "AvgPool2d", "AvgPool3d", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
             "AveragePool", "average_pool", "avgpool", "avgpool2d"),
):  # fmt: skip
    """The mean of each window: `(c, h, w) -> (c, h', w')`; `stride` is the kernel if not said. As `torch.nn.AvgPool2d`.

    In three dimensions PyTorch wants the kernel to fit into the input without its padding, and so does this.
    """

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the pool."""
        (x,) = xs
        at = Spatial(x, self.kind)
        windows = self.slides(at, (1,))
        if at.rank == VOLUME:
            for n, k in zip(at.ns, spread(self.kernel, at.rank, "kernel"), strict=True):
                need(n >= k, "a kernel of {k} is larger than the input's {n} positions, which padding does not help in 3-D", k=k, n=n)
        yield pooled("pool:avg", x, at, windows)


class Subsample(Layer, kind="subsample", primary="kernel", aliases=("subsampling",)):
    """Average pooling with a learned gain and bias per map: `(c, h, w) -> (c, h', w')`, 2·c parameters, the stride is the kernel.

    LeNet-5's S2 and S4 (LeCun et al. 1998, section II.B).
    """

    kernel: PerAxis

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the pool."""
        (x,) = xs
        at = Spatial(x, self.kind)
        (kernel,) = at.each(kernel=self.kernel)
        yield pooled("pool:subsample", x, at, [Window.slide(n, k, k) for n, k in zip(at.ns, kernel, strict=True)], weight="C", bias="C")


class _AdaptivePool(Layer, primary="size"):
    size: PerAxisOrNone

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the pool."""
        (x,) = xs
        at = Spatial(x, self.kind)
        (size,) = at.each(size=self.size)
        windows = [Window.resample(n, n if out is None else out, area=True) for n, out in zip(at.ns, size, strict=True)]
        yield pooled(f"pool:{self.kind.removesuffix('_pool')}", x, at, windows)


class AdaptiveAvgPool(_AdaptivePool, kind="adaptive_avg_pool", aliases=("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d")):
    """The mean over as many cells as asked for: `(c, h, w) -> (c, *size)`; `none` keeps an axis. As `torch.nn.AdaptiveAvgPool2d`."""


class AdaptiveMaxPool(_AdaptivePool, kind="adaptive_max_pool", aliases=("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d")):
    """The largest value of as many cells as asked for: `(c, h, w) -> (c, *size)`; `none` keeps an axis. As `torch.nn.AdaptiveMaxPool2d`."""


class _GlobalPool(Layer):
    keep: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the pool."""
        (x,) = xs
        at = Spatial(x, self.kind)
        made, names = ("C" + " ()" * at.rank, x.names) if self.keep else ("C", x.names[:1])
        yield Op(f"pool:{self.kind.removesuffix('_pool')}", f"C {at.ins} -> {made}", (x,), names=names)


class GlobalAvgPool(
    _GlobalPool, kind="global_avg_pool",
    aliases=("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
             "GlobalAveragePool", "global_average_pool", "global_average_pooling", "gap"),
):  # fmt: skip
    """The mean over all positions: `(c, h, w) -> (c,)`, with `keep` `(c, 1, 1)`."""


class GlobalMaxPool(
    _GlobalPool,
    kind="global_max_pool",
    aliases=("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalMaxPool", "global_max_pooling", "gmp"),
):
    """The largest value over all positions: `(c, h, w) -> (c,)`, with `keep` `(c, 1, 1)`."""
