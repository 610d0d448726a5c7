"""One number from all positions of an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import Layer, axis_at, labels
from archcalc.layers.fields import Bool, PerAxisInt

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Reduce(Layer, primary="axis"):
    axis: PerAxisInt
    keep: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the reduction; the axes that go are seen whole."""
        (x,) = xs
        gone, every = {axis_at(x, axis) for axis in self.axis}, labels(x)
        need(len(gone) == len(self.axis), "`{kind}` over {axes} of {x}: an axis stands twice", kind=self.kind, axes=list(self.axis), x=x)
        need(self.keep or len(gone) < len(every), "`{kind}` over all of {x} leaves no axis: add `keep: true`", kind=self.kind, x=x)
        left = [i for i in range(len(every)) if self.keep or i not in gone]
        made = " ".join("()" if i in gone else every[i] for i in left)
        yield Op(f"reduce:{self.kind}", f"{' '.join(every)} -> {made}", (x,), names=tuple(x.names[i] for i in left))


class Mean(_Reduce, kind="mean", aliases=("reduce_mean",)):
    """The mean over one `axis` or several, which are gone then: `(n, d) -> (d,)`; with `keep` they stay, of size 1. As `torch.mean`."""


class Sum(_Reduce, kind="sum", aliases=("reduce_sum",)):
    """The sum over one `axis` or several, which are gone then: `(n, d) -> (d,)`; with `keep` they stay, of size 1. As `torch.sum`."""


class Max(_Reduce, kind="max", aliases=("amax", "reduce_max")):
    """The largest over one `axis` or several, which are gone then: `(n, d) -> (d,)`; with `keep` they stay, of size 1. As `torch.amax`."""
