"""Learned tensors that are not the weights of a product, zeros, and figures declared by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import UNNAMED, Op, Tensor, Window, axes_of, need
from archcalc.layers.base import Layer, axis_at, labels, pointwise
from archcalc.layers.dense import positions
from archcalc.layers.fields import Int, NonNeg, Pos, Sizes, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def shaped(sizes: tuple[tuple[str, int], ...]) -> Tensor:
    """Make a tensor of sizes with names, all of them 1 or more."""
    need(all(n >= 1 for _, n in sizes), "sizes are 1 or more, not {sizes}", sizes=[n for _, n in sizes])
    return Tensor(tuple(n for _, n in sizes), tuple(name for name, _ in sizes))


class _Given(Layer, primary="shape", arity=(0, 0)):
    """A tensor made of nothing; its axes have the names written, or are called a0, a1 … where none are."""

    sample: ClassVar[Mapping[str, object]] = {"shape": {"n": 2, "d": 2}}

    family: ClassVar[str]
    shape: Sizes

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the tensor."""
        need(xs == (), "`{kind}` reads nothing", kind=self.kind)
        made = shaped(self.shape)
        every = labels(made)
        axes = " ".join(every)
        yield Op(self.family, f"-> {axes}", sizes=dict(zip(every, made.shape, strict=True)), weights=self.held(axes), names=made.names)

    def held(self, axes: str) -> dict[str, str]:  # noqa: ARG002 - what is learned has its axes
        """Give the weights."""
        return {}


class Parameter(_Given, kind="parameter", aliases=("Parameter", "param")):
    """A learned tensor: `() -> shape`. As `torch.nn.Parameter`.

    The axes have the names written, `{shape: {n: 100, d: 256}}`, or are called a0, a1 …
    """

    family: ClassVar[str] = "parameter"

    def held(self, axes: str) -> dict[str, str]:
        """Give the weights."""
        return {"weight": axes}


class Zeros(_Given, kind="zeros", aliases=("zeros_like",)):
    """A tensor of zeros: `() -> shape`; nothing is learned. As `torch.zeros`, with axes as a `parameter` has them."""

    family: ClassVar[str] = "constant"


class Prepend(Layer, kind="prepend", primary="tokens", aliases=("cls_token", "class_token")):
    """Learned tokens put in front: `(…, n, d) -> (…, tokens + n, d)`, as the [class] token of ViT (Dosovitskiy et al. 2021)."""

    letters: ClassVar[str] = "k tokens"

    tokens: Pos = 1

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the longer sequence."""
        (x,) = xs
        *batch, _ = positions(x, self.kind)
        front = " ".join([*batch, ""])
        window = Window.slide(x.shape[-2], 1, 1, self.tokens, 0)
        sizes, weights = {"k": self.tokens}, {"weight": "k D"}
        pattern = f"{front}N_in D -> {front}N_out D"
        yield Op("copy:prepend", pattern, (x,), sizes, weights=weights, windows={"N_in>N_out": window}, names=x.names)


class Scale(Layer, kind="scale", primary="axis", aliases=("LayerScale", "layer_scale")):
    """A learned gain for each position of `axis`: the shape stays; the channels of an image if not said, as ConvNeXt's layer scale."""

    axis: Int = 0

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the product."""
        (x,) = xs
        yield pointwise("scale", x, weights={"weight": labels(x)[axis_at(x, self.axis)]})


class Custom(Layer, kind="custom", arity=(1, None)):
    """Figures that the author declares, for what the language can't express: any inputs `-> output`, and what it holds and computes.

    The axes of `output` have the names written, `{output: {n: 100, d: 64}}`, or those of an input of as many: `[256, 7, 7]` is (c, h, w).
    What its positions see is not known.
    """

    sample: ClassVar[Mapping[str, object]] = {"output": {"n": 2, "d": 2}, "params": 1, "macs": 1}

    output: Sizes
    params: NonNeg = 0
    buffers: NonNeg = 0
    macs: NonNeg = 0
    note: Text = ""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the declaration, which sees all of its inputs."""
        made = shaped(self.output)
        if all(re.fullmatch(r"a\d+", name) for name in made.names):
            made = Tensor(made.shape, UNNAMED.get(len(made.shape), made.names))
        every = labels(made)
        reads = ", ".join(" ".join(f"{label}_in{k}" for label in labels(x)) for k, x in enumerate(xs))
        declared = {"params": self.params, "buffers": self.buffers, "macs": self.macs}
        yield Op(
            "declared",
            f"{reads} -> {' '.join(every)}",
            xs,
            dict(zip(every, made.shape, strict=True)) | declared,
            loops="macs" if self.macs > 0 else "",
            weights={"weight": "params"} if self.params > 0 else {},
            buffers={"buffer": "buffers"} if self.buffers > 0 else {},
            windows={f"{axis}>{every[0]}": Window(made.shape[0], 1, (), ()) for axis in axes_of(reads.replace(",", " "))},
            names=made.names,
        )
