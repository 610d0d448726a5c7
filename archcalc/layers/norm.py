"""Normalisation: over the batch, over channels, over groups of them, over trailing axes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from archcalc.algebra import Op, Tensor, Window, need, share
from archcalc.layers.base import Layer, axis_at, labels, pointwise
from archcalc.layers.fields import Bool, Int, Maybe, Pos
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class _Norm(Layer, role="norm"):
    """What may stand behind `norm:`."""


def channels(x: Tensor, kind: str) -> str:
    """Name the channels of an image, or the only axis there is."""
    need(
        x.channels_first | (len(x.shape) == 1),
        "`{kind}` works on channels first or on a single axis, but its input is {x}: bring an axis `c` to the front with `rearrange`",
        kind=kind,
        x=x,
    )
    return labels(x)[0]


def whole(axes: Iterable[str]) -> dict[str, Window | None]:
    """Say that all of these axes is seen from each of their positions."""
    return {f"{a}>{a}": None for a in axes}


def running(axis: str) -> dict[str, str]:
    """Give the statistics kept from step to step: two per channel, and a counter."""
    return {"running_mean": axis, "running_var": axis, "num_batches_tracked": ""}


def affine(axes: str, *, scale: bool, shift: bool) -> dict[str, str]:
    """Give the learned gain and shift."""
    return ({"weight": axes} if scale else {}) | ({"bias": axes} if shift else {})


class BatchNorm(
    _Norm, kind="batch_norm",
    aliases=("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "BatchNorm", "BatchNormalization", "SyncBatchNorm", "FrozenBatchNorm2d",
             "batchnorm", "bn"),
):  # fmt: skip
    """Normalisation of each channel by the statistics of the batch: `(c, …)` keeps its shape. As `torch.nn.BatchNorm1d` to `BatchNorm3d`.

    Running mean, variance and a counter are buffers: 2·c + 1. `frozen` is torchvision's FrozenBatchNorm2d: gain and shift are
    buffers too, and nothing is counted.
    """

    affine: Bool = True
    scale: Maybe[Bool] = None
    shift: Maybe[Bool] = None
    running_stats: Bool = True
    frozen: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        c = channels(x, self.kind)
        need(len(x.shape) <= 4, "`batch_norm` takes up to 3 axes beside the channels, not {x}", x=x)
        need((not self.frozen) | self.running_stats, "a frozen `batch_norm` is its running statistics: they can't be left out")
        scale, shift = (self.affine if told is None else told for told in (self.scale, self.shift))
        learned = affine(c, scale=scale, shift=shift)
        kept = running(c) if self.running_stats else {}
        if self.frozen:
            kept = learned | {name: axes for name, axes in kept.items() if axes != ""}
            learned = {}
        yield pointwise("norm:batch", x, weights=learned, buffers=kept, windows={} if self.running_stats else whole(labels(x)[1:]))


class InstanceNorm(_Norm, kind="instance_norm", aliases=("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "InstanceNormalization")):
    """Normalisation of each channel of each example: `(c, h, w)` keeps its shape. As `torch.nn.InstanceNorm1d` to `InstanceNorm3d`."""

    affine: Bool = False
    running_stats: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        need(
            self.running_stats | (prod(Spatial(x, self.kind).ns) > 1),
            "`instance_norm` of {x} leaves nothing: each channel has a single position, which is its own mean",
            x=x,
        )
        c, *rest = labels(x)
        yield pointwise(
            "norm:instance",
            x,
            weights=affine(c, scale=self.affine, shift=self.affine),
            buffers=running(c) if self.running_stats else {},
            windows={} if self.running_stats else whole(rest),
        )


class GroupNorm(_Norm, kind="group_norm", primary="groups", aliases=("GroupNorm", "GroupNormalization")):
    """Normalisation over `groups` groups of channels and all positions: `(c, …)` keeps its shape. As `torch.nn.GroupNorm`."""

    groups: Pos
    affine: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        c = channels(x, self.kind)
        share(x.shape[0], self.groups, "channels", "groups")
        learned = affine(c, scale=self.affine, shift=self.affine)
        yield pointwise("norm:group", x, sizes={"groups": self.groups}, weights=learned, windows=whole(labels(x)))


class _AxesNorm(_Norm):
    """Normalisation over trailing axes, or over one that is named."""

    axes: Maybe[Pos] = None
    axis: Maybe[Int] = None
    affine: Bool = True

    def over_channels(self, x: Tensor) -> Layer:
        """Normalise an image over its channels at each position, unless told otherwise."""
        told = self.axes is not None or self.axis is not None
        return self if told or not x.channels_first or len(x.shape) == 1 else self.model_copy(update={"axis": 0})

    def over(self, x: Tensor) -> list[str]:
        """Name the axes normalised over."""
        need(
            self.axes is None or self.axis is None,
            "`axes` counts trailing axes and `axis` names one: `{kind}` takes one of them",
            kind=self.kind,
        )
        every = labels(x)
        if self.axis is not None:
            return [every[axis_at(x, self.axis)]]
        need(
            self.axes is not None or not x.channels_first or len(every) == 1,
            "`{kind}` takes the last axis, but {x} has channels first: write `axis: 0` for the channels, or `axes: {n}` for everything",
            kind=self.kind,
            x=x,
            n=len(every),
        )
        axes = 1 if self.axes is None else self.axes
        say = "`{kind}` over {axes} axes, but its input is {x}: a width follows from the input, leave it out"
        need(axes <= len(every), say, kind=self.kind, axes=axes, x=x)
        return every[-axes:]

    def normalise(self, x: Tensor, *, bias: bool) -> Op:
        """Make the normalisation; its weights have the axes it runs over."""
        over = self.over(x)
        weights = affine(" ".join(over), scale=self.affine, shift=self.affine & bias)
        return pointwise(f"norm:{self.kind.removesuffix('_norm')}", x, weights=weights, windows=whole(over))


class LayerNorm(_AxesNorm, kind="layer_norm", primary="axes", aliases=("LayerNorm", "LayerNormalization", "ln")):
    """Normalisation over the last `axes` axes (1 if not said), or over one `axis`: the shape stays. As `torch.nn.LayerNorm`.

    On an image one of the two must be given; `axis: 0` is over the channels at each position, as in ConvNeXt.
    """

    bias: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        yield self.normalise(x, bias=self.bias)


class RMSNorm(_AxesNorm, kind="rms_norm", primary="axes", aliases=("RMSNorm", "RMSNormalization", "rmsnorm")):
    """Division by the root mean square over the last `axes` axes, or over one `axis`: the shape stays. As `torch.nn.RMSNorm`."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        yield self.normalise(x, bias=False)


class LocalResponseNorm(_Norm, kind="local_response_norm", primary="size", aliases=("LocalResponseNorm", "lrn", "LRN")):
    """Division by the activity of `size` neighbouring channels: `(c, h, w)` keeps its shape. As `torch.nn.LocalResponseNorm`.

    AlexNet (Krizhevsky et al. 2012, section 3.3).
    """

    size: Pos = 5

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the normalisation."""
        (x,) = xs
        Spatial(x, self.kind)
        neighbours = Window.slide(x.shape[0], self.size, 1, self.size // 2, (self.size - 1) // 2)
        yield pointwise("norm:local_response", x, windows={f"{a}>{a}": neighbours for a in labels(x)[:1]})
