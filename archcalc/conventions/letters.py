"""The letters that rules of conventions are written in: what a tool may know of one operation."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import SETS, axes_of
from archcalc.calculators.macs import macs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.algebra import Op, Slide, Stretch
    from archcalc.conventions.seen import Seen

__all__ = ["LETTERS", "Letter", "letters"]


class Letter(NamedTuple):
    """A name that rules may use."""

    meaning: str
    of: Callable[[Seen], object]


def letters(seen: Seen) -> Mapping[str, object]:
    """Give all letters of one operation."""
    return {name: letter.of(seen) for name, letter in LETTERS.items()}


def _read(seen: Seen) -> int:
    return seen.op.reads[0].size if seen.op.reads else 0


def _channels(seen: Seen) -> int:
    op = seen.op
    return (op.shape[0] if op.channels_first else op.shape[-1]) if op.shape else 1


def _weights(op: Op) -> int:
    return sum(op.count(axes) for name, axes in op.weights.items() if name != "bias")


def _bias(op: Op) -> int:
    """Count the bias of one expert, where there are several: each token meets that of its own."""
    return prod(op.sizes[axis] for axis in axes_of(op.weights["bias"]) if not axis.startswith(SETS)) if "bias" in op.weights else 0


def _statistics(seen: Seen) -> int:
    return sum(seen.op.count(axes) for name, axes in seen.op.buffers.items() if axes and name not in seen.op.weights)


def _kernels(op: Op) -> list[int]:
    """Give the kernel along each axis; those of adaptive and global pools are what a cell reads."""
    made = [window.made for window in op.windows.values() if window is not None and window.made is not None]
    return [one.kernel for one in made]


def _kernel(seen: Seen) -> int:
    kernels = _kernels(seen.op)
    return prod(kernels) if kernels else max(_read(seen) // max(seen.op.size, 1), 1)


def _one_number(seen: Seen) -> int:
    kernels = _kernels(seen.op)
    return kernels[0] if kernels and len(set(kernels)) == 1 else _kernel(seen)


def _groups(seen: Seen) -> int:
    op = seen.op
    weights = _weights(op)
    if op.family != "conv" or not weights:
        return 1
    return op.reads[0].shape[0] * op.shape[0] * _kernel(seen) // weights


def _rows(seen: Seen) -> int:
    return seen.op.size // max(seen.op.shape[-1], 1) if seen.op.shape else 1


def _strides(seen: Seen) -> int:
    return prod(window.made.stride for window in seen.op.windows.values() if window is not None and window.made is not None)


def _forward(seen: Seen) -> int:
    slides = [window.made for window in seen.op.windows.values() if window is not None]
    return prod(_slid(made) for made in slides if made is not None)


def _slid(made: Slide | Stretch) -> int:
    return max((made.n + made.before + made.after - made.dilation * (made.kernel - 1) - 1) // made.stride + 1, 0)


def _whole(op: Op) -> Iterator[str]:
    """Name the axes that each of their positions sees whole."""
    return (axis for axis, _, other in (route.partition(">") for route, window in op.windows.items() if window is None) if axis == other)


def _over(seen: Seen) -> int:
    op = seen.op
    whole = list(_whole(op))
    return prod(op.sizes[axis] for axis in whole) if whole else (op.shape[-1] if op.shape else 1)


def _trailing(seen: Seen) -> bool:
    whole, made = set(_whole(seen.op)), [axis for dim in seen.op.dims[1] for axis in dim]
    return not whole or set(made[-len(whole) :]) == whole


LETTERS: Mapping[str, Letter] = {
    "n": Letter("elements read, of the first tensor", _read),
    "y": Letter("elements made", lambda seen: seen.op.size),
    "macs": Letter("multiply-accumulates by the convention `paper`", lambda seen: macs(seen.op)),
    "weights": Letter("elements of the weights, biases apart, tied or not", lambda seen: _weights(seen.op)),
    "bias": Letter("elements of the bias, of one expert where there are several", lambda seen: _bias(seen.op)),
    "own": Letter("parameters that no earlier operation has", lambda seen: seen.own),
    "stats": Letter("running means and variances", _statistics),
    "over": Letter("elements that a norm or a softmax takes together", _over),
    "trailing": Letter("whether these are the last axes, as `nn.LayerNorm` wants it", _trailing),
    "channels": Letter("channels made, or features", _channels),
    "operands": Letter("tensors read", lambda seen: len(seen.op.reads)),
    "k": Letter("positions of the kernel, or of a cell that a pool reads", _kernel),
    "k_int": Letter("the kernel where one number says it, not squared; else `k`", _one_number),
    "dims": Letter("spatial axes", lambda seen: len(seen.op.reads[0].shape) - 1 if seen.op.reads else 0),
    "rows": Letter("positions of a sequence: elements made over the size of the last axis", _rows),
    "places": Letter("positions made, of each channel", lambda seen: seen.op.size // max(_channels(seen), 1)),
    "strides": Letter("the strides of all axes, multiplied", _strides),
    "gates": Letter(
        "sums for each number of a recurrent state: 1 of an RNN, 3 of a GRU, 4 of an LSTM", lambda seen: seen.op.sizes.get("gates", 0)
    ),
    "frozen": Letter("`own` where it is not trained", lambda seen: seen.own if seen.frozen else 0),
    "groups": Letter("groups of a convolution", _groups),
    "forward": Letter("positions that an ordinary convolution with a transposed one's settings makes", _forward),
    "impl": Letter("how code makes it: module, functional, fused, none", lambda seen: seen.impl),
    "mha": Letter("which way `nn.MultiheadAttention` takes: fast_path, sdpa, explicit; empty outside one", lambda seen: seen.mha),
    "products": Letter("how attention multiplies: matmul, sdpa, fast_path; empty outside of attention", lambda seen: seen.products),
}
