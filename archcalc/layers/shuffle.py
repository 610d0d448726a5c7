"""Channels traded for positions, and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, need, share
from archcalc.layers.base import Layer, labels
from archcalc.layers.fields import Pos
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = (2,)  # spatial axes


class PixelShuffle(Layer, kind="pixel_shuffle", primary="scale", aliases=("PixelShuffle", "depth_to_space", "DepthToSpace", "subpixel")):
    """Channels spread over a finer image: `(c·s·s, h, w) -> (c, h·s, w·s)`. As `torch.nn.PixelShuffle` (Shi et al. 2016)."""

    letters: ClassVar[str] = "a rows and b columns for each position"

    scale: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        Spatial(x, self.kind, IMAGE)
        share(x.shape[0], self.scale**2, "channels", f"for {self.scale} x {self.scale} positions")
        yield Op("copy:pixel_shuffle", "(C a b) H W -> C (H a) (W b)", (x,), {"a": self.scale, "b": self.scale}, names=x.names)


class PixelUnshuffle(Layer, kind="pixel_unshuffle", primary="scale", aliases=("PixelUnshuffle", "space_to_depth", "SpaceToDepth", "reorg")):
    """Blocks of an image stacked as channels: `(c, h·s, w·s) -> (c·s·s, h, w)`. As `torch.nn.PixelUnshuffle`."""

    letters: ClassVar[str] = "a rows and b columns for each position"

    scale: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        for n in Spatial(x, self.kind, IMAGE).ns:
            need(n % self.scale == 0, "{x} does not divide into blocks of {s} x {s}", x=x, s=self.scale)
        yield Op("copy:pixel_unshuffle", "C (H a) (W b) -> (C a b) H W", (x,), {"a": self.scale, "b": self.scale}, names=x.names)


class ChannelShuffle(Layer, kind="channel_shuffle", primary="groups", aliases=("ChannelShuffle",)):
    """Channels of `groups` groups dealt out in turn: `(c, h, w)` keeps its shape. As `torch.nn.ChannelShuffle` (Zhang et al. 2018)."""

    letters: ClassVar[str] = "g groups"

    groups: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        (x,) = xs
        Spatial(x, self.kind)
        share(x.shape[0], self.groups, "channels", "groups")
        rest = " ".join(labels(x)[1:])
        yield Op("copy:channel_shuffle", f"(g C) {rest} -> (C g) {rest}", (x,), {"g": self.groups}, names=x.names)
