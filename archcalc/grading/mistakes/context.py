"""Mistakes in what stands beside an operation: flattened maps, the other half of a separable convolution, shared keys, experts, classes."""

from __future__ import annotations

from archcalc.grading.mistakes.channels import depthwise
from archcalc.grading.mistakes.graph import after_depthwise, flattened, shared_keys, unflattened
from archcalc.grading.mistakes.sketch import Rule, Sketch

__all__ = ["CONTEXT"]


def flatten_forgotten(it: Sketch) -> Sketch | None:
    """Let a dense layer read channels alone, where maps were flattened."""
    channels = flattened(it.graph, it.part)
    return it.sized(D_in=channels) if channels else None


def flatten_twice(it: Sketch) -> Sketch | None:
    """Let a dense layer read whole maps, where they were pooled to one position."""
    size = unflattened(it.graph, it.part)
    return it.sized(D_in=size) if size else None


def pointwise_forgotten(it: Sketch) -> Sketch | None:
    """Leave the pointwise half of a separable convolution out."""
    return it.with_(()) if after_depthwise(it.graph, it.part) else None


def depthwise_forgotten(it: Sketch) -> Sketch | None:
    """Leave the depthwise half of a separable convolution out."""
    return it.with_(()) if depthwise(it.op) else None


def kv_all_heads(it: Sketch) -> Sketch | None:
    """Give every head its own keys and values, where several share them."""
    times = shared_keys(it.graph, it.part)
    return it.sized(D_out=it.sizes["D_out"] * times) if times > 1 and "D_out" in it.sizes else None


def kv_no_factor2(it: Sketch) -> Sketch | None:
    """Count keys alone, not values."""
    return it.with_(()) if shared_keys(it.graph, it.part, "values") else None


def one_expert(it: Sketch) -> Sketch | None:
    """Count one of several sets of weights."""
    return it.swapped({"sets": ()})


def more_classes(it: Sketch) -> Sketch | None:
    """Count a class for the background."""
    return it.sized(D_out=it.sizes["D_out"] + 1) if _last(it) else None


def fewer_classes(it: Sketch) -> Sketch | None:
    """Leave a class out."""
    return it.sized(D_out=it.sizes["D_out"] - 1) if _last(it) else None


def _last(it: Sketch) -> bool:
    """Tell whether this makes the classes: the last dense layer, in a network that ends in one vector."""
    return it.part is it.graph.head and len(it.op.shape) == 1 and it.sizes.get("D_out", 0) > 2


CONTEXT = (
    Rule(
        "flatten_forgotten",
        "the dense layer is taken to read channels only, not every position of the flattened maps",
        flatten_forgotten,
        1,
    ),
    Rule("flatten_forgotten", "the dense layer is taken to read whole maps, which are pooled before it", flatten_twice, 2),
    Rule("pointwise_forgotten", "the pointwise half of the separable convolution is missing", pointwise_forgotten, 2),
    Rule("depthwise_forgotten", "the depthwise half of the separable convolution is missing", depthwise_forgotten, 2),
    Rule("kv_all_heads", "keys and values are counted for every head, but several heads share them", kv_all_heads, 2),
    Rule("kv_no_factor2", "keys are counted, values are not", kv_no_factor2, 3),
    Rule("one_expert", "one expert is counted, but each has weights of its own", one_expert, 2),
    Rule("classes", "there is a class more, for the background", more_classes, 3, pairs=False, repeats=False),
    Rule("classes", "there is a class less", fewer_classes, 4, pairs=False, repeats=False),
)
