"""Convolutions, in as many dimensions as the input has spatial axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, Window, need, share
from archcalc.layers.base import Dressed
from archcalc.layers.fields import Maybe, Padding, Pairs, PerAxis, PerAxisNonNeg, Pos, spread
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Sequence


def same(n: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Pad so that `out = ceil(in / stride)`, the odd position after: TensorFlow's rule.

    >>> same(224, 3, 2, 1), same(224, 7, 1, 1)
    ((0, 1), (3, 3))
    """
    short = (-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n
    total = short * (short > 0)
    return total // 2, total - total // 2


def paddings(
    padding: str | Pairs, ns: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Give `(before, after)` for each spatial axis."""
    if padding == "same":
        return tuple(map(same, ns, kernel, stride, dilation))
    if padding == "valid":
        return ((0, 0),) * len(ns)
    return spread(padding, len(ns), "padding")  # type: ignore[arg-type]


class _Conv(Dressed):
    """What both convolutions share: windows over the spatial axes, channels in groups."""

    letters: ClassVar[str] = "G groups, k_h and k_w the kernel"

    kernel: PerAxis
    stride: PerAxis = (1,)
    padding: Padding = ((0, 0),)
    dilation: PerAxis = (1,)

    def convolve(self, x: Tensor, out: int, groups: int, links: int | None = None) -> Op:
        """Slide the kernel over an image; `links` counts the pairs of maps that are connected, where not all are."""
        at = Spatial(x, self.kind)
        kernel, stride, dilation = at.each(kernel=self.kernel, stride=self.stride, dilation=self.dilation)
        pads = paddings(self.padding, at.ns, kernel, stride, dilation)
        windows = [Window.slide(n, k, s, b, a, d) for n, k, s, (b, a), d in zip(at.ns, kernel, stride, pads, dilation, strict=True)]
        sizes = {"C_out": out, "C_in/G": share(x.shape[0], groups, "input channels", "groups"), **at.kernel_sizes(kernel)}
        need(out % groups == 0, "{out} output channels do not divide into {groups} groups", out=out, groups=groups)
        pairs = "C_out C_in/G"
        if links is not None:
            need(links <= out * x.shape[0], "{links} links for {out} x {c} pairs of maps", links=links, out=out, c=x.shape[0])
            sizes, pairs = sizes | {"links": links}, "links"
        return Op(
            "conv",
            f"C_in {at.ins} -> C_out {at.outs}",
            (x,),
            sizes,
            loops=f"{at.outs} {pairs} {at.ks}",
            weights={"weight": f"{pairs} {at.ks}"} | ({"bias": "C_out"} if self.biased else {}),
            windows=at.windows(windows),
            names=x.names,
        )


class Conv(
    _Conv, kind="conv", aliases=("Conv1d", "Conv2d", "Conv3d", "Conv1D", "Conv2D", "Conv3D", "conv1d", "conv2d", "conv3d", "convolution")
):
    """Convolution over the spatial axes: `(c, h, w) -> (out, h', w')`, 1-D to 3-D by the rank of its input.

    `links` is the number of connected pairs of input and output maps, for partial tables such as LeNet-5's C3.
    `padding: same` gives `ceil(in / stride)`, also with a stride (TensorFlow's rule). As `torch.nn.Conv1d` to `Conv3d`.
    """

    out: Pos
    groups: Pos = 1
    links: Maybe[Pos] = None

    def core(self, x: Tensor) -> Op:
        """Make the convolution."""
        return self.convolve(x, self.out, self.groups, self.links)


class DepthwiseConv(_Conv, kind="depthwise_conv", aliases=("DepthwiseConv2D", "DepthwiseConv1D", "dwconv")):
    """Convolution of each channel by itself: `(c, h, w) -> (c·multiplier, h', w')`, groups = channels."""

    multiplier: Pos = 1

    def core(self, x: Tensor) -> Op:
        """Make the convolution."""
        return self.convolve(x, x.shape[0] * self.multiplier, x.shape[0])


class ConvTranspose(
    Dressed, kind="conv_transpose",
    aliases=("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Conv2DTranspose", "deconv", "Deconvolution"),
):  # fmt: skip
    """Transposed convolution: `(c, h, w) -> (out, h', w')`.

    `h' = (h - 1)·stride - 2·padding + dilation·(kernel - 1) + output_padding + 1`. Its multiply-accumulates run over
    input positions. As `torch.nn.ConvTranspose1d` to `ConvTranspose3d`.
    """

    letters: ClassVar[str] = "G groups, k_h and k_w the kernel"

    out: Pos
    kernel: PerAxis
    stride: PerAxis = (1,)
    padding: PerAxisNonNeg = (0,)
    output_padding: PerAxisNonNeg = (0,)
    dilation: PerAxis = (1,)
    groups: Pos = 1

    def core(self, x: Tensor) -> Op:
        """Make the transposed convolution."""
        at = Spatial(x, self.kind)
        kernel, stride, padding, dilation, extra = at.each(
            kernel=self.kernel, stride=self.stride, padding=self.padding, dilation=self.dilation, output_padding=self.output_padding
        )
        for e, s, d in zip(extra, stride, dilation, strict=True):
            need((e < s) | (e < d), "output_padding {e} must be smaller than stride {s} or dilation {d}", e=e, s=s, d=d)
        windows = [
            Window.stretch(n, k, s, p, p, d, e) for n, k, s, p, d, e in zip(at.ns, kernel, stride, padding, dilation, extra, strict=True)
        ]
        need(x.shape[0] % self.groups == 0, "{c} input channels do not divide into {groups} groups", c=x.shape[0], groups=self.groups)
        sizes = {"C_in": x.shape[0], "C_out": self.out, "C_out/G": share(self.out, self.groups, "output channels", "groups")}
        return Op(
            "conv:transpose",
            f"C_in {at.ins} -> C_out {at.outs}",
            (x,),
            sizes | at.kernel_sizes(kernel),
            loops=f"C_in {at.ins} C_out/G {at.ks}",
            weights={"weight": f"C_in C_out/G {at.ks}"} | ({"bias": "C_out"} if self.biased else {}),
            windows=at.windows(windows),
            names=x.names,
        )
