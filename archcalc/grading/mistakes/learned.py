"""Mistakes in counting what is learned: biases, positions and strides multiplied in, the batch, weights that are shared."""

from __future__ import annotations

from dataclasses import replace

from archcalc.algebra import axes_of
from archcalc.grading.mistakes.channels import BIAS, CHANNELS
from archcalc.grading.mistakes.context import CONTEXT
from archcalc.grading.mistakes.norms import NORMS
from archcalc.grading.mistakes.sketch import BATCH, Rule, Sketch, Term, kernel, made_anew, places, whole

__all__ = ["RULES"]


def no_bias(it: Sketch) -> Sketch | None:
    """Leave the biases out."""
    return it.with_(t for t in it.terms if t.name != BIAS) if it.op.family != "norm" and len(it.terms) > 1 else None


def only_bias(it: Sketch) -> Sketch | None:
    """Leave the weights out."""
    return it.with_(t for t in it.terms if t.name == BIAS) if it.op.loops and any(t.name == BIAS for t in it.terms) else None


def extra_bias(it: Sketch) -> Sketch | None:
    """Count a bias that is not there."""
    learns = it.terms and it.op.loops and BIAS not in it.op.weights and made_anew(it.op)
    return it.with_((*it.terms, Term(BIAS, made_anew(it.op)))) if learns else None


def bias_per_input(it: Sketch) -> Sketch | None:
    """Count a bias for each pair of channels."""
    read = [axis for t in it.terms[:1] for axis in t.axes if whole(it.op, axis)]
    return it.with_(Term(t.name, (*t.axes, *read)) if t.name == BIAS else t for t in it.terms) if len(it.terms) > 1 else None


def one_bias(it: Sketch) -> Sketch | None:
    """Count one of the two biases of a recurrent layer."""
    return it.with_(t for t in it.terms if t.name != BIAS) if it.op.family == "recurrent" and it.op.state else None


def channels_as_params(it: Sketch) -> Sketch | None:
    """Give the number of channels that are read."""
    read = [axis for dims in it.op.dims[0][:1] for axis in dims[0][:1]] if kernel(it.op) else []
    return it.with_((Term("channels", tuple(read)),)) if read else None


def _strides(it: Sketch) -> dict[str, int]:
    slides = [window.made for window in it.op.windows.values() if window is not None and window.made is not None]
    return {f"S.{i}": slide.stride for i, slide in enumerate(slides)} if kernel(it.op) else {}


def stride_in_params(it: Sketch) -> Sketch | None:
    """Multiply by the strides."""
    strides = _strides(it)
    changed = it.with_(Term(t.name, (*t.axes, *strides)) if t.name != BIAS else t for t in it.terms)
    return replace(changed, sizes={**it.sizes, **strides}) if changed else None


def positions_in_params(it: Sketch) -> Sketch | None:
    """Multiply by the positions."""
    out = tuple(places(it.op)) if kernel(it.op) else ()
    return it.with_(Term(t.name, (*t.axes, *out)) if t.name != BIAS else t for t in it.terms)


def batch_on_weights(it: Sketch) -> Sketch | None:
    """Multiply weights by the batch."""
    return it.times(it.sizes[BATCH]) if it.sizes[BATCH] > 1 else None


def tied_twice(it: Sketch) -> Sketch | None:
    """Count weights again that an earlier layer has."""
    again = [Term(name, axes_of(axes)) for name, axes in it.op.weights.items() if name in it.part.step.tied]
    return it.with_((*it.terms, *again)) if it.quantity in {"params", "model_size_bytes"} else None


RULES = (
    Rule("no_bias", "the biases are missing", no_bias, 0),
    Rule("extra_bias", "a bias is counted that is not there", extra_bias, 1),
    *CHANNELS,
    *CONTEXT,
    Rule("tied_twice", "weights that are shared with an earlier layer are counted again", tied_twice, 1),
    *NORMS,
    Rule("one_bias", "one of the two biases of the recurrent layer is missing", one_bias, 2),
    Rule("only_bias", "only the biases are counted", only_bias, 3, pairs=False),
    Rule("bias_per_input", "a bias is counted for each input channel, but each output has one", bias_per_input, 3),
    Rule("stride_in_params", "the strides are multiplied in, which the weights don't depend on", stride_in_params, 4),
    Rule("stride_in_params", "the positions are multiplied in, but all of them share the same weights", positions_in_params, 3),
    Rule("batch_on_weights", "weights are multiplied by the batch, but all samples share them", batch_on_weights, 1),
    Rule("channels_as_params", "that is the number of channels that are read", channels_as_params, 5, pairs=False),
)  # fmt: skip
