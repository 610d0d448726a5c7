"""Noise for training: nothing happens to the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.layers.base import Layer, pointwise
from archcalc.layers.fields import Probability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.algebra import Op, Tensor


class _Noise(Layer, primary="p"):
    """A layer that acts in training alone: the shape stays."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the noise."""
        (x,) = xs
        yield pointwise(f"noise:{self.kind}", x)


class Dropout(
    _Noise, kind="dropout",
    aliases=("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
):  # fmt: skip
    """Zeroes each element with probability `p`, in training. As `torch.nn.Dropout`."""

    p: Probability = 0.5


class DropPath(_Noise, kind="drop_path", aliases=("DropPath", "StochasticDepth", "stochastic_depth")):
    """Drops a whole branch with probability `p`, in training: stochastic depth (Huang et al. 2016)."""

    p: Probability = 0.0
