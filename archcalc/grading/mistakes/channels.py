"""Mistakes in channels and kernels, which are made in parameters and in multiplications alike."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading.mistakes.sketch import Rule, Sketch, Term, kernel, made_anew, whole

if TYPE_CHECKING:
    from archcalc.algebra import Op

__all__ = ["BIAS", "CHANNELS", "depthwise"]

BIAS = "bias"


def groups_of(op: Op) -> int:
    """Count the groups of channels."""
    return next((op.sizes[name] // op.sizes[axis] for axis in op.sizes if (name := whole(op, axis))), 1)


def depthwise(op: Op) -> bool:
    """Tell whether each channel is on its own."""
    return groups_of(op) > 1 and any(n == 1 and whole(op, axis) for axis, n in op.sizes.items())


def groups_ignored(it: Sketch) -> Sketch | None:
    """Let every output see all inputs."""
    if depthwise(it.op):
        return None
    return it.swapped({axis: (name,) for axis in it.op.sizes if (name := whole(it.op, axis))})


def dw_as_dense(it: Sketch) -> Sketch | None:
    """Take a depthwise convolution for an ordinary one."""
    return it.swapped({axis: (name,) for axis in it.op.sizes if (name := whole(it.op, axis))}) if depthwise(it.op) else None


def groups_twice(it: Sketch) -> Sketch | None:
    """Divide inputs and outputs by the groups."""
    groups = groups_of(it.op)
    changed = it.with_(Term(t.name, (*t.axes, "1/G")) if t.name != BIAS else t for t in it.terms) if groups > 1 else None
    return replace(changed, sizes={**it.sizes, "1/G": Fraction(1, groups)}) if changed else None


def input_channels_ignored(it: Sketch) -> Sketch | None:
    """Forget that each output sums over the channels that it reads."""
    over = {axis for axis in (*it.op.sizes,) if whole(it.op, axis)}
    return it.swapped(dict.fromkeys(over, ())) if kernel(it.op) else None


def only_one_filter(it: Sketch) -> Sketch | None:
    """Count a single filter."""
    return it.swapped(dict.fromkeys(made_anew(it.op), ())) if kernel(it.op) else None


def kernel_once(it: Sketch) -> Sketch | None:
    """Take k for k·k."""
    axes = kernel(it.op)
    return it.swapped(dict.fromkeys(axes[1:], ())) if len(axes) > 1 else None


CHANNELS = (
    Rule("groups_ignored", "the groups are ignored: each output is taken to see all input channels", groups_ignored, 1),
    Rule("dw_as_dense", "the depthwise convolution is counted as an ordinary one, where each output sees all channels", dw_as_dense, 1),
    Rule("groups_twice", "both inputs and outputs are divided by the groups", groups_twice, 2),
    Rule("input_channels_ignored", "the input channels are missing from the product", input_channels_ignored, 2),
    Rule("only_one_filter", "a single filter is counted", only_one_filter, 3, pairs=False),
    Rule("kernel_once", "the kernel counts along one axis only: k in the place of k·k", kernel_once, 3),
)
