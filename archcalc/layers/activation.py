"""Activations: functions of one element, and those that look along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.algebra import Op, Tensor, need, share
from archcalc.layers.base import Layer, axis_at, feature_axis, labels, pointwise
from archcalc.layers.fields import Bool, Int, Number, Pos, Text, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class _Activation(Layer, role="activation"):
    """A function of each element: the shape stays."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function."""
        (x,) = xs
        yield pointwise(f"act:{self.kind}", x)


class Identity(_Activation, kind="identity", aliases=("Identity",)):
    """The tensor itself. As `torch.nn.Identity`."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view."""
        (x,) = xs
        yield pointwise("view:identity", x)


class ReLU(_Activation, kind="relu", aliases=("ReLU",)):
    """`max(0, x)`. As `torch.nn.ReLU`."""


class ReLU6(_Activation, kind="relu6", aliases=("ReLU6",)):
    """`min(max(0, x), 6)`. As `torch.nn.ReLU6`."""


class SELU(_Activation, kind="selu", aliases=("SELU",)):
    """The scaled exponential linear unit. As `torch.nn.SELU`."""


class GELU(_Activation, kind="gelu", aliases=("GELU", "gelu_new", "gelu_tanh")):
    """`x·Φ(x)`, Φ the normal distribution. As `torch.nn.GELU`."""


class SiLU(_Activation, kind="silu", aliases=("SiLU", "swish", "Swish")):
    """`x·sigmoid(x)`, also called swish. As `torch.nn.SiLU`."""


class Mish(_Activation, kind="mish", aliases=("Mish",)):
    """`x·tanh(softplus(x))`. As `torch.nn.Mish`."""


class Softplus(_Activation, kind="softplus", aliases=("Softplus",)):
    """`log(1 + exp(x))`. As `torch.nn.Softplus`."""


class Softsign(_Activation, kind="softsign", aliases=("Softsign",)):
    """`x / (1 + |x|)`. As `torch.nn.Softsign`."""


class Hardswish(_Activation, kind="hardswish", aliases=("Hardswish", "hard_swish", "hswish", "h_swish")):
    """`x·hardsigmoid(x)`. As `torch.nn.Hardswish`."""


class Hardsigmoid(_Activation, kind="hardsigmoid", aliases=("Hardsigmoid", "hard_sigmoid", "hsigmoid", "h_sigmoid")):
    """`min(max(0, x / 6 + 1/2), 1)`. As `torch.nn.Hardsigmoid`."""


class Sigmoid(_Activation, kind="sigmoid", aliases=("Sigmoid", "logistic")):
    """`1 / (1 + exp(-x))`. As `torch.nn.Sigmoid`."""


class Tanh(_Activation, kind="tanh", aliases=("Tanh",)):
    """The hyperbolic tangent. As `torch.nn.Tanh`."""


class LeakyReLU(_Activation, kind="leaky_relu", primary="slope", aliases=("LeakyReLU", "leaky", "lrelu", "leakyrelu")):
    """`x` above zero, `slope·x` below. As `torch.nn.LeakyReLU`."""

    slope: Number = 0.01


class ELU(_Activation, kind="elu", primary="alpha", aliases=("ELU",)):
    """`x` above zero, `alpha·(exp(x) - 1)` below. As `torch.nn.ELU`."""

    alpha: Number = 1.0


class CELU(_Activation, kind="celu", primary="alpha", aliases=("CELU",)):
    """`x` above zero, `alpha·(exp(x / alpha) - 1)` below. As `torch.nn.CELU`."""

    alpha: Number = 1.0


class PReLU(_Activation, kind="prelu", aliases=("PReLU",)):
    """`x` above zero, a learned multiple of it below: one weight per channel, a single one if `shared`. As `torch.nn.PReLU`."""

    shared: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function."""
        (x,) = xs
        need(
            self.shared | x.channels_first | (len(x.shape) == 1),
            "`prelu` has a weight per channel, but {x} has no channels in front: write `prelu: {{shared: true}}` for a single weight",
            x=x,
        )
        yield pointwise("act:prelu", x, weights={"weight": "" if self.shared else labels(x)[0]})


class Softmax(_Activation, kind="softmax", primary="axis", aliases=("Softmax", "Softmax2d")):
    """Exponentials along `axis` that add up to one: the shape stays. As `torch.nn.Softmax`."""

    axis: Int = -1

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function, which sees the whole axis."""
        (x,) = xs
        over = labels(x)[axis_at(x, self.axis)]
        yield pointwise(f"act:{self.kind}", x, windows={f"{over}>{over}": None})


class LogSoftmax(Softmax, kind="log_softmax", aliases=("LogSoftmax", "logsoftmax")):
    """The logarithm of a softmax along `axis`: the shape stays. As `torch.nn.LogSoftmax`."""


def folded(kind: str, x: Tensor, axis: int, parts: str, n: int) -> Op:
    """Take `n` parts, `k`, out of an axis and let only the rest come out; `parts` is their place, such as `(k {})`."""
    at, made = axis_at(x, axis), labels(x)
    read = [*made[:at], parts.format(made[at]), *made[at + 1 :]]
    return Op(kind, f"{' '.join(read)} -> {' '.join(made)}", (x,), {"k": n}, names=x.names)


class GLU(Layer, kind="glu", primary="axis", aliases=("GLU",)):
    """One half of `axis` times the sigmoid of the other: `(…, 2·d) -> (…, d)`. As `torch.nn.GLU`."""

    letters: ClassVar[str] = "k halves"

    axis: Int = -1

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function."""
        (x,) = xs
        n = x.shape[axis_at(x, self.axis)]
        need(n % 2 == 0, "axis {axis} of {x} has no two halves: {n} is odd", axis=self.axis, x=x, n=n)
        yield folded("act:glu", x, self.axis, "(k {})", 2)


class Maxout(Layer, kind="maxout", primary="pieces", aliases=("Maxout", "MaxOut")):
    """The largest of `pieces` neighbouring channels, or features: `(c·pieces, h, w) -> (c, h, w)` (Goodfellow et al. 2013)."""

    letters: ClassVar[str] = "k pieces"

    pieces: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function."""
        (x,) = xs
        at = feature_axis(x)
        share(x.shape[at], self.pieces, "channels", "pieces")
        yield folded("act:maxout", x, at, "({} k)", self.pieces)


FUNCTIONS = (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt",
    "square", "pow", "abs", "neg", "reciprocal", "sign", "floor", "ceil", "round", "trunc", "clamp", "erf", "hardtanh", "quick_gelu",
    "logsigmoid", "hardshrink", "softshrink", "tanhshrink", "threshold",
)  # fmt: skip


class Elementwise(Layer, kind="elementwise", primary="function", role="activation"):
    """A function of each element, without parameters: the shape stays.

    One of sin cos tan asin acos atan sinh cosh exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square pow abs neg reciprocal sign
    floor ceil round trunc clamp erf hardtanh quick_gelu logsigmoid hardshrink softshrink tanhshrink threshold.
    """

    sample: ClassVar[Mapping[str, object]] = {"function": "exp"}

    function: Annotated[Text, one_of(FUNCTIONS)]

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the function."""
        (x,) = xs
        yield pointwise(f"act:{self.function}", x)
