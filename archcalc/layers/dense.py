"""Dense layers: sums and distances over the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import Dressed, Layer, alike, labels
from archcalc.layers.fields import Bool, Pos

if TYPE_CHECKING:
    from collections.abc import Iterator


def featured(x: Tensor) -> tuple[str, ...]:
    """Name the axes of `x` when its last one is made anew: `d`, unless another axis is called so.

    >>> featured(Tensor((4, 8), ("n", "d"))), featured(Tensor((8, 4), ("d", "n")))
    (('n', 'd'), ('d', 'n'))
    """
    return x.names if "d" in x.names[:-1] else (*x.names[:-1], "d")


def lead(x: Tensor, kind: str) -> str:
    """Name all axes but the last, which is the one summed over; refuse to sum over the width of an image by accident."""
    need(
        (not x.channels_first) | (len(x.shape) == 1),
        "`{kind}` sums over the last axis, which in {x} is no feature: add `flatten` or `tokens` before it",
        kind=kind,
        x=x,
    )
    return " ".join(labels(x)[:-1])


def positions(x: Tensor, kind: str) -> list[str]:
    """Name the axes before the features N, and B0, B1 … what is in front of it, whatever the tensor calls them; refuse what has none.

    >>> positions(Tensor((8, 197, 768), ("f", "h", "d")), "lstm")
    ['B0', 'N']
    """
    wants = "`{kind}` works on (n, d), positions and features, but its input is "
    need((not x.channels_first) | (len(x.shape) == 1), wants + "the image {x}: add `tokens` before it", kind=kind, x=x)
    need(len(x.shape) > 1, wants + "{x}: indices go through an `embedding` first", kind=kind, x=x)
    return [*(f"B{i}" for i in range(len(x.shape) - 2)), "N"]


def plane(x: Tensor, kind: str, *, batch: bool = False) -> None:
    """Refuse what is no plane of positions, features last; with `batch`, no number of them."""
    wants = "`{kind}` works on (h, w, d), a plane and its features, but its input is "
    need(not x.channels_first, wants + "the image {x}: add `rearrange: c h w -> h w c` before it", kind=kind, x=x)
    need(len(x.shape) == 3 or (batch and len(x.shape) > 3), wants + "{x}", kind=kind, x=x)


class Linear(
    Dressed,
    kind="linear",
    primary="out",
    aliases=("Linear", "LazyLinear", "Dense", "dense", "fc", "fully_connected", "InnerProduct", "Gemm"),
):
    """Every output from every input of the last axis: `(…, d) -> (…, out)`. As `torch.nn.Linear`."""

    out: Pos

    def core(self, x: Tensor) -> Op:
        """Make the matrix product."""
        rows = lead(x, self.kind)
        return Op(
            "linear",
            f"{rows} D_in -> {rows} D_out",
            (x,),
            {"D_out": self.out},
            loops=f"{rows} D_out D_in",
            weights={"weight": "D_out D_in"} | ({"bias": "D_out"} if self.biased else {}),
            names=featured(x),
        )


class Bilinear(Layer, kind="bilinear", primary="out", arity=(2, 2), aliases=("Bilinear",)):
    """Every output from every pair of inputs: `(…, d1), (…, d2) -> (…, out)`, by `from: [a, b]`. As `torch.nn.Bilinear`.

    Its out·d1·d2 multiply-accumulates are counted, which PyTorch's counter leaves out.
    """

    out: Pos
    bias: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the product."""
        x, y = xs
        rows = lead(x, self.kind)
        alike(self.kind, xs, but=len(x.shape) - 1)
        yield Op(
            "linear:bilinear",
            f"{rows} D_1, {rows} D_2 -> {rows} D_out",
            (x, y),
            {"D_out": self.out},
            loops=f"{rows} D_out D_1 D_2",
            weights={"weight": "D_out D_1 D_2"} | ({"bias": "D_out"} if self.bias else {}),
            names=featured(x),
        )


class RBF(Layer, kind="rbf", primary="out", aliases=("RBF",)):
    """Squared distances to `out` centres: `(…, d) -> (…, out)`; distances are no products, so there are no multiply-accumulates.

    Fixed centres are buffers, `trainable` ones weights. LeNet-5's output layer (LeCun et al. 1998, section II.B).
    """

    out: Pos
    trainable: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the distances."""
        (x,) = xs
        rows = lead(x, self.kind)
        held = {"centers": "D_out D_in"}
        weights, buffers = (held, {}) if self.trainable else ({}, held)
        names = featured(x)
        yield Op("distance", f"{rows} D_in -> {rows} D_out", (x,), {"D_out": self.out}, weights=weights, buffers=buffers, names=names)
