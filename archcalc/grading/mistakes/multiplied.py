"""Mistakes in counting multiplications and feature maps: positions, the batch, biases, products that are forgotten."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from archcalc.algebra import Stretch
from archcalc.grading.mistakes.channels import CHANNELS
from archcalc.grading.mistakes.context import CONTEXT
from archcalc.grading.mistakes.sketch import BATCH, Rule, Sketch, Term, kernel, places

__all__ = ["MADE", "RULES"]


def in_for_out(it: Sketch) -> Sketch | None:
    """Count positions of the input."""
    routes = {**places(it.op), **_stretched(it)}
    return it.swapped({a: (b,) for a, b in routes.items() if a in _axes(it)}) if it.op.loops else None


def _stretched(it: Sketch) -> dict[str, str]:
    """Say where a transposed convolution leads: its products run over the input."""
    stretched = any(window is not None and isinstance(window.made, Stretch) for window in it.op.windows.values())
    return {before: after for after, before in places(it.op).items()} if stretched else {}


def _axes(it: Sketch) -> set[str]:
    return {axis for t in it.terms for axis in t.axes}


def _spatial(it: Sketch) -> list[str]:
    """List the axes of positions that are multiplied over."""
    routes = places(it.op)
    return [axis for axis in (*routes, *routes.values()) if axis in _axes(it)]


def one_axis(it: Sketch) -> Sketch | None:
    """Count positions along one axis."""
    axes = _spatial(it)
    return it.swapped(dict.fromkeys(axes[1:], ())) if len(axes) > 1 else None


def no_positions(it: Sketch) -> Sketch | None:
    """Count no positions."""
    axes = _spatial(it) if kernel(it.op) else [axis for axis in _axes(it) if axis in _kept(it)]
    return it.swapped(dict.fromkeys(axes, ()))


def _kept(it: Sketch) -> set[str]:
    """List the axes that a dense layer goes along: positions of a sequence."""
    operands, out = it.op.dims
    return {dim[0] for dim in out if len(dim) == 1 and dim in operands[0]} if len(operands) == 1 and it.op.weights else set()


def bias_added(it: Sketch) -> Sketch | None:
    """Count the addition of biases as well."""
    adds = it.op.loops and "bias" in it.op.weights and it.quantity in {"macs", "flops"}
    made = tuple(axis for dim in it.op.dims[1] for axis in dim)
    batch = tuple(axis for axis in it.terms[0].axes if axis == BATCH) if it.terms else ()
    return it.with_((*it.terms, Term("bias", (*batch, *made)))) if adds else None


def bias_flop(it: Sketch) -> Sketch | None:
    """Count the addition of biases as one operation each."""
    changed = bias_added(it) if it.quantity == "flops" else None
    half = {**it.sizes, "1/2": Fraction(1, 2)}
    return replace(changed, terms=(*it.terms, Term("bias", (*changed.terms[-1].axes, "1/2"))), sizes=half) if changed else None


def batch_forgotten(it: Sketch) -> Sketch | None:
    """Count one sample."""
    return it.swapped({BATCH: ()})


def attention_forgotten(it: Sketch) -> Sketch | None:
    """Leave the products without weights out."""
    return it.with_(()) if it.op.family == "matmul" and not it.op.weights else None


def heads_twice(it: Sketch) -> Sketch | None:
    """Give every head the whole width."""
    heads = tuple(axis for axis in ("A", "G") if axis in it.op.sizes)
    return it.with_(Term(t.name, (*t.axes, *heads)) for t in it.terms) if it.op.family == "matmul" and heads else None


def one_channel(it: Sketch) -> Sketch | None:
    """Count one map."""
    return it.swapped(dict.fromkeys(it.op.dims[1][0], ())) if it.op.channels_first and len(it.op.shape) > 1 else None


def channels_alone(it: Sketch) -> Sketch | None:
    """Count one position."""
    return it.swapped({axis: () for dim in it.op.dims[1][1:] for axis in dim}) if it.op.channels_first and len(it.op.shape) > 1 else None


_BATCH = Rule("batch_forgotten", "one sample is counted, not the batch", batch_forgotten, 0)
RULES = (
    _BATCH,
    *CHANNELS,
    Rule("wrong_spatial", "the positions of the other side are counted: input for output", in_for_out, 1),
    Rule("wrong_spatial", "positions are counted along one axis only", one_axis, 2),
    Rule("wrong_spatial", "the kernel's products are counted for one position only", no_positions, 2),
    *CONTEXT,
    Rule("bias_added", "adding the biases is counted as well, which is no multiplication", bias_added, 2),
    Rule("bias_added", "adding the biases is counted as well, one operation each", bias_flop, 2),
    Rule("attention_forgotten", "the products of queries, keys and values are missing", attention_forgotten, 2),
    Rule("heads_twice", "every head is given the whole width, but the heads share it", heads_twice, 3),
)
#: Of feature maps.
MADE = (
    _BATCH,
    Rule("wrong_spatial", "one map is counted, not one for each channel", one_channel, 2, pairs=False),
    Rule("wrong_spatial", "one position is counted, not a whole map", channels_alone, 3, pairs=False),
)
