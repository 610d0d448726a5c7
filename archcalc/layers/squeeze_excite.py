"""Channels weighed by what is in the whole image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from archcalc.layers.activation import ReLU, Sigmoid
from archcalc.layers.base import Act, Layer, within
from archcalc.layers.conv import Conv
from archcalc.layers.fields import Pos
from archcalc.layers.merge import Multiply
from archcalc.layers.pool import GlobalAvgPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.algebra import Tensor
    from archcalc.layers.base import Part


class SqueezeExcite(Layer, kind="squeeze_excite", primary="squeeze", aliases=("SqueezeExcitation", "SqueezeExcite", "SEBlock", "se")):
    """Channels times gates from the mean over all positions, by way of `squeeze` channels: `(c, h, w)` keeps its shape (Hu et al. 2018).

    As `torchvision.ops.SqueezeExcitation`: two convolutions with kernel 1 and a bias.
    """

    squeeze: Pos
    act: Act = Field(default_factory=ReLU)
    gate: Act = Field(default_factory=Sigmoid)

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield pool, two convolutions with their activations, and the product."""
        (x,) = xs
        y = yield from within("avgpool", GlobalAvgPool(keep=True), x)
        y = yield from within("fc1", Conv(out=self.squeeze, kernel=(1,)), y)
        if self.act is not None:
            y = yield from within("act", self.act, y)
        y = yield from within("fc2", Conv(out=x.shape[0], kernel=(1,)), y)
        if self.gate is not None:
            y = yield from within("gate", self.gate, y)
        yield from within("multiply", Multiply(), x, y)
