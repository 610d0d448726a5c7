from __future__ import annotations

import random
from math import floor
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from archcalc.algebra import Op, Refused, Tensor, Window
from archcalc.calculators.macs import macs
from archcalc.layers import ALIASES, KINDS, find, index, known
from archcalc.layers.merge import broadcast
from archcalc.layers.shape import common_axes

if TYPE_CHECKING:
    from archcalc.layers.base import Layer, Part

Given = object  # what stands behind a kind: fields, a lone value, or nothing
IMAGE, TOKENS, VECTOR = {"c": 8, "h": 12, "w": 10}, {"n": 6, "d": 8}, {"d": 12}
BATCH, MEMORY, PLANE = {"b": 3, "n": 6, "d": 8}, {"m": 5, "d": 12}, {"h": 4, "w": 6, "d": 8}


def tensor(axes: dict[str, int]) -> Tensor:
    return Tensor(tuple(axes.values()), tuple(axes))


def build(kind: str, args: Given) -> Layer:
    cls = find(kind)
    return cls.model_validate(args if isinstance(args, dict) else {} if args is None else {cls.primary: args})


def parts(kind: str, args: Given, *inputs: dict[str, int]) -> list[Part]:
    return list(build(kind, args).rows(*map(tensor, inputs)))


def rows(kind: str, args: Given, *inputs: dict[str, int]) -> list[Op]:
    return [part.op for part in parts(kind, args, *inputs)]


def last(kind: str, args: Given, *inputs: Tensor) -> Op:
    return list(build(kind, args).rows(*inputs))[-1].op


def made(op: Op) -> dict[str, int]:
    assert len(set(op.names)) == len(op.names), "a table of names needs different ones"
    return dict(zip(op.names, op.shape, strict=True))


def held(op: Op) -> tuple[int, int]:
    return sum(map(op.count, op.weights.values())), sum(map(op.count, op.buffers.values()))


def sized(op: Op) -> bool:
    return all(op.count(axes) > 0 for axes in (op.loops, op.state, *op.weights.values(), *op.buffers.values()))


def window(op: Op, axis: str) -> Window:
    (found,) = [w for axes, w in op.windows.items() if axes.rpartition(">")[2].removesuffix("_out").lower() == axis]
    assert found is not None
    return found


# fields, inputs, what comes out, the kind of the last operation, (weights, buffers), why the row is here
CASES: list[tuple[str, Given, list[dict[str, int]], dict[str, int], str, tuple[int, int], str]] = [
    ("conv", {"out": 4, "kernel": 3}, [IMAGE], {"c": 4, "h": 10, "w": 8}, "conv", (292, 0), ""),
    ("conv", {"out": 4, "kernel": 3, "links": 10, "bias": False}, [IMAGE], {"c": 4, "h": 10, "w": 8}, "conv", (90, 0), "partial table"),
    ("conv", {"out": 4, "kernel": 3, "padding": "same", "stride": 4}, [IMAGE], {"c": 4, "h": 3, "w": 3}, "conv", (292, 0), "ceil(10 / 4)"),
    ("depthwise_conv", {"kernel": 3, "multiplier": 2}, [IMAGE], {"c": 16, "h": 10, "w": 8}, "conv", (160, 0), ""),
    ("conv_transpose", {"out": 4, "kernel": 2, "stride": 2}, [IMAGE], {"c": 4, "h": 24, "w": 20}, "conv:transpose", (132, 0), ""),
    ("max_pool", 2, [IMAGE], {"c": 8, "h": 6, "w": 5}, "pool:max", (0, 0), "the stride is the kernel"),
    ("max_pool", {"kernel": 3, "stride": 4, "ceil": True}, [IMAGE], {"c": 8, "h": 3, "w": 3}, "pool:max", (0, 0), "none starts at the end"),
    ("max_pool", {"kernel": 3, "dilation": 4}, [IMAGE], {"c": 8, "h": 2, "w": 1}, "pool:max", (0, 0), "spans 9"),
    ("avg_pool", {"kernel": [3, 2], "padding": 1}, [IMAGE], {"c": 8, "h": 4, "w": 6}, "pool:avg", (0, 0), ""),
    ("subsample", 2, [IMAGE], {"c": 8, "h": 6, "w": 5}, "pool:subsample", (16, 0), "a gain and a bias per map"),
    ("adaptive_avg_pool", [5, "none"], [IMAGE], {"c": 8, "h": 5, "w": 10}, "pool:adaptive_avg", (0, 0), "none keeps"),
    ("adaptive_max_pool", 20, [{"c": 2, "t": 7}], {"c": 2, "t": 20}, "pool:adaptive_max", (0, 0), "more cells than positions"),
    ("global_avg_pool", None, [IMAGE], {"c": 8}, "pool:global_avg", (0, 0), ""),
    ("global_max_pool", {"keep": True}, [IMAGE], {"c": 8, "h": 1, "w": 1}, "pool:global_max", (0, 0), ""),
    ("unfold", {"kernel": 3, "stride": 2}, [IMAGE], {"d": 72, "n": 20}, "copy:unfold", (0, 0), "5 x 4 windows"),
    ("fold", {"size": [12, 10], "kernel": 3, "stride": 2}, [{"d": 72, "n": 20}], IMAGE, "copy:fold", (0, 0), "one row is reached by none"),
    ("linear", 5, [TOKENS], {"n": 6, "d": 5}, "linear", (45, 0), ""),
    ("linear", {"out": 5, "norm": "layer"}, [VECTOR], {"d": 5}, "norm:layer", (10, 0), "no bias before a normalisation"),
    ("linear", 5, [{"c": 7}], {"d": 5}, "linear", (40, 0), "channels without positions are features"),
    ("bilinear", 5, [{"d": 3}, {"d": 4}], {"d": 5}, "linear:bilinear", (65, 0), ""),
    ("embedding", {"vocab": 10, "dim": 4}, [{"d": 5}], {"n": 5, "d": 4}, "lookup", (40, 0), "indices are a sequence"),
    ("embedding", {"vocab": 10, "dim": 4}, [{"b": 2, "src": 5}], {"b": 2, "src": 5, "d": 4}, "lookup", (40, 0), "names stay"),
    ("positional_encoding", "learned", [TOKENS], TOKENS, "merge:add", (48, 0), "as many as there are"),
    ("positional_encoding", {"type": "learned", "length": 10}, [TOKENS], TOKENS, "merge:add", (80, 0), "more than there are"),
    ("positional_encoding", {"type": "learned", "length": 6}, [TOKENS], TOKENS, "merge:add", (48, 0), "just as many"),
    ("positional_encoding", {"type": "learned", "length": [9, 7]}, [PLANE], PLANE, "merge:add", (504, 0), "9 x 7 places of 8"),
    ("positional_encoding", "learned", [PLANE], PLANE, "merge:add", (192, 0), "one for each place"),
    ("positional_encoding", "sinusoidal", [BATCH], BATCH, "merge:add", (0, 0), "nothing is learned"),
    ("rbf", 5, [VECTOR], {"d": 5}, "distance", (0, 60), "fixed centres are no parameters"),
    ("rbf", {"out": 5, "trainable": True}, [VECTOR], {"d": 5}, "distance", (60, 0), ""),
    ("batch_norm", None, [IMAGE], IMAGE, "norm:batch", (16, 17), "the counter is a buffer of one"),
    ("batch_norm", {"frozen": True}, [IMAGE], IMAGE, "norm:batch", (0, 32), "torchvision's has no counter"),
    ("batch_norm", {"scale": False}, [VECTOR], VECTOR, "norm:batch", (12, 25), "Keras' Inception"),
    ("batch_norm", {"affine": False, "running_stats": False}, [IMAGE], IMAGE, "norm:batch", (0, 0), ""),
    ("layer_norm", None, [TOKENS], TOKENS, "norm:layer", (16, 0), ""),
    ("layer_norm", {"axis": 0}, [IMAGE], IMAGE, "norm:layer", (16, 0), "ConvNeXt"),
    ("layer_norm", {"axes": 3, "bias": False}, [IMAGE], IMAGE, "norm:layer", (960, 0), ""),
    ("rms_norm", None, [TOKENS], TOKENS, "norm:rms", (8, 0), ""),
    ("group_norm", 4, [IMAGE], IMAGE, "norm:group", (16, 0), ""),
    ("instance_norm", None, [IMAGE], IMAGE, "norm:instance", (0, 0), "PyTorch's default is not affine"),
    ("instance_norm", {"affine": True, "running_stats": True}, [IMAGE], IMAGE, "norm:instance", (16, 17), ""),
    ("local_response_norm", None, [IMAGE], IMAGE, "norm:local_response", (0, 0), ""),
    *[
        (kind, None, [IMAGE], IMAGE, f"act:{kind}", (0, 0), "")
        for kind in (
            "relu", "relu6", "selu", "gelu", "silu", "mish", "softplus", "softsign", "hardswish", "hardsigmoid", "sigmoid", "tanh",
            "leaky_relu", "elu", "celu", "softmax", "log_softmax",
        )
    ],
    ("identity", None, [IMAGE], IMAGE, "view:identity", (0, 0), ""),
    ("leaky_relu", 0.2, [VECTOR], VECTOR, "act:leaky_relu", (0, 0), ""),
    ("prelu", None, [IMAGE], IMAGE, "act:prelu", (8, 0), "a weight per channel"),
    ("prelu", {"shared": True}, [TOKENS], TOKENS, "act:prelu", (1, 0), ""),
    ("glu", None, [TOKENS], {"n": 6, "d": 4}, "act:glu", (0, 0), ""),
    ("glu", 0, [IMAGE], {"c": 4, "h": 12, "w": 10}, "act:glu", (0, 0), ""),
    ("maxout", 4, [IMAGE], {"c": 2, "h": 12, "w": 10}, "act:maxout", (0, 0), ""),
    ("maxout", 4, [TOKENS], {"n": 6, "d": 2}, "act:maxout", (0, 0), "features where there are no channels"),
    ("elementwise", "sin", [VECTOR], VECTOR, "act:sin", (0, 0), ""),
    ("dropout", 0.2, [VECTOR], VECTOR, "noise:dropout", (0, 0), ""),
    ("drop_path", None, [IMAGE], IMAGE, "noise:drop_path", (0, 0), ""),
    ("flatten", None, [IMAGE], {"d": 960}, "view:flatten", (0, 0), ""),
    ("flatten", {"start": 1}, [IMAGE], {"c": 8, "d": 120}, "view:flatten", (0, 0), "the joined axis is the last"),
    ("flatten", {"end": 1}, [IMAGE], {"n": 96, "w": 10}, "view:flatten", (0, 0), "the joined axis is not the last"),
    ("flatten", {"start": 1, "end": 1}, [IMAGE], IMAGE, "view:flatten", (0, 0), "nothing is joined"),
    ("unflatten", {"axis": 0, "sizes": {"g": 2, "c": -1}}, [IMAGE], {"g": 2, "c": 4, "h": 12, "w": 10}, "view:unflatten", (0, 0), ""),
    ("unflatten", {"axis": -1, "sizes": [5, 2]}, [IMAGE], {"c": 8, "h": 12, "a0": 5, "a1": 2}, "view:unflatten", (0, 0), ""),
    ("reshape", {"shape": {"c": 4, "h": -1, "w": 20}}, [IMAGE], {"c": 4, "h": 12, "w": 20}, "view:reshape", (0, 0), ""),
    ("reshape", [-1], [IMAGE], {"a0": 960}, "view:reshape", (0, 0), ""),
    ("permute", [1, -1, 0], [IMAGE], {"h": 12, "w": 10, "c": 8}, "view:permute", (0, 0), ""),
    ("rearrange", "c h w -> h w c", [IMAGE], {"h": 12, "w": 10, "c": 8}, "view:rearrange", (0, 0), ""),
    ("rearrange", "c h w -> (h w) c", [IMAGE], {"hw": 120, "c": 8}, "view:rearrange", (0, 0), "h and w follow each other"),
    ("rearrange", "c h w -> (w h) c", [IMAGE], {"wh": 120, "c": 8}, "copy:rearrange", (0, 0), "and here they do not"),
    (
        "rearrange", {"pattern": "(h a) (w b) c -> h w (a b c)", "a": 2, "b": 2}, [{"h": 8, "w": 6, "c": 3}],
        {"h": 4, "w": 3, "abc": 12}, "copy:rearrange", (0, 0), "Swin's merging",
    ),
    ("rearrange", "c 1 1 -> c", [{"c": 8, "h": 1, "w": 1}], {"c": 8}, "view:rearrange", (0, 0), "einops' 1"),
    ("tokens", None, [IMAGE], {"n": 120, "d": 8}, "view:tokens", (0, 0), ""),
    ("pad", 1, [IMAGE], {"c": 8, "h": 14, "w": 12}, "pad:constant", (0, 0), ""),
    ("pad", [[0, 1], [-2, 0]], [IMAGE], {"c": 8, "h": 13, "w": 8}, "pad:constant", (0, 0), "negative amounts crop"),
    ("pad", {"amount": 4, "axis": 0}, [IMAGE], {"c": 16, "h": 12, "w": 10}, "pad:constant", (0, 0), "ResNet's shortcut A"),
    ("pad", {"amount": 9, "mode": "reflect"}, [IMAGE], {"c": 8, "h": 30, "w": 28}, "pad:reflect", (0, 0), "one less than the width"),
    ("pad", {"amount": 10, "mode": "circular"}, [IMAGE], {"c": 8, "h": 32, "w": 30}, "pad:circular", (0, 0), "as much as the width"),
    ("crop", 5, [IMAGE], {"c": 8, "h": 5, "w": 5}, "view:crop", (0, 0), ""),
    ("upsample", 2, [IMAGE], {"c": 8, "h": 24, "w": 20}, "resize:nearest", (0, 0), ""),
    ("upsample", {"scale": [0.3, 1.55], "mode": "bilinear"}, [IMAGE], {"c": 8, "h": 3, "w": 15}, "resize:bilinear", (0, 0), "rounded down"),
    ("upsample", {"size": 7, "mode": "nearest_exact"}, [IMAGE], {"c": 8, "h": 7, "w": 7}, "resize:nearest_exact", (0, 0), ""),
    ("pixel_shuffle", 2, [IMAGE], {"c": 2, "h": 24, "w": 20}, "copy:pixel_shuffle", (0, 0), ""),
    ("pixel_unshuffle", 2, [IMAGE], {"c": 32, "h": 6, "w": 5}, "copy:pixel_unshuffle", (0, 0), ""),
    ("channel_shuffle", 4, [IMAGE], IMAGE, "copy:channel_shuffle", (0, 0), ""),
    ("select", -6, [TOKENS], {"d": 8}, "view:select", (0, 0), "the first from the end"),
    ("select", {"index": 7, "axis": 1}, [TOKENS], {"n": 6}, "view:select", (0, 0), ""),
    ("slice", {"start": 1}, [TOKENS], {"n": 5, "d": 8}, "view:slice", (0, 0), ""),
    ("slice", {"start": -3, "stop": 100, "axis": 1}, [TOKENS], {"n": 6, "d": 3}, "view:slice", (0, 0), "Python's bounds are soft"),
    ("split", {"sizes": [2, 6], "axis": -1}, [TOKENS], {"n": 6, "d": 6}, "view:split", (0, 0), "the last part"),
    ("expand", [3, -1, -1], [{"n": 1, "d": 8}], {"a0": 3, "n": 1, "d": 8}, "copy:expand", (0, 0), "a new axis"),
    ("expand", {"shape": {"m": 3, "d": -1}}, [{"n": 1, "d": 8}], {"m": 3, "d": 8}, "copy:expand", (0, 0), "a new name"),
    ("stack", None, [VECTOR, VECTOR], {"a0": 2, "d": 12}, "copy:stack", (0, 0), ""),
    ("stack", {"axis": -1}, [VECTOR, VECTOR], {"d": 12, "a1": 2}, "copy:stack", (0, 0), ""),
    ("mean", 0, [TOKENS], {"d": 8}, "reduce:mean", (0, 0), ""),
    ("sum", [-1, 1], [IMAGE], {"c": 8}, "reduce:sum", (0, 0), ""),
    ("max", {"axis": [0, 1], "keep": True}, [TOKENS], {"n": 1, "d": 1}, "reduce:max", (0, 0), ""),
    ("custom", {"output": {"c": 5}, "params": 30, "buffers": 4, "macs": 99}, [IMAGE, TOKENS], {"c": 5}, "declared", (30, 4), ""),
    ("custom", {"output": [7]}, [IMAGE], {"d": 7}, "declared", (0, 0), "nothing declared"),
    ("add", None, [IMAGE, IMAGE, IMAGE], IMAGE, "merge:add", (0, 0), ""),
    ("subtract", None, [TOKENS, {"d": 8}], TOKENS, "merge:subtract", (0, 0), "broadcast from the last axis"),
    ("multiply", None, [{"c": 8, "h": 1, "w": 1}, IMAGE], IMAGE, "merge:multiply", (0, 0), ""),
    ("divide", None, [{"a": 3, "b": 1}, {"c": 1, "d": 4}], {"a": 3, "b": 4}, "merge:divide", (0, 0), "either is repeated"),
    ("concat", None, [IMAGE, {"c": 3, "h": 12, "w": 10}], {"c": 11, "h": 12, "w": 10}, "merge:concat", (0, 0), "channels"),
    ("concat", None, [TOKENS, TOKENS], {"n": 6, "d": 16}, "merge:concat", (0, 0), "features"),
    ("concat", {"axis": 0}, [TOKENS, TOKENS], {"n": 12, "d": 8}, "merge:concat", (0, 0), "positions"),
    ("matmul", None, [TOKENS, {"d": 8, "m": 5}], {"n": 6, "m": 5}, "matmul", (0, 0), ""),
    ("matmul", {"transpose": True}, [{"b": 3, "n": 6, "d": 8}, {"m": 5, "d": 8}], {"b": 3, "n": 6, "m": 5}, "matmul", (0, 0), ""),
    ("parameter", {"shape": {"n": 100, "d": 256}}, [], {"n": 100, "d": 256}, "parameter", (25600, 0), ""),
    ("zeros", {"shape": {"n": 3, "d": 4}}, [], {"n": 3, "d": 4}, "constant", (0, 0), ""),
    ("zeros", [2, 3], [], {"a0": 2, "a1": 3}, "constant", (0, 0), "axes without names"),
    ("prepend", None, [TOKENS], {"n": 7, "d": 8}, "copy:prepend", (8, 0), ""),
    ("prepend", 3, [TOKENS], {"n": 9, "d": 8}, "copy:prepend", (24, 0), ""),
    ("scale", None, [IMAGE], IMAGE, "scale", (8, 0), ""),
    ("scale", -1, [TOKENS], TOKENS, "scale", (8, 0), ""),
    ("squeeze_excite", 2, [IMAGE], IMAGE, "merge:multiply", (0, 0), "the last of its rows"),
    ("dispatch", {"count": 4, "active": 2}, [TOKENS], {"n": 12, "d": 8}, "copy:dispatch", (0, 0), "each token twice"),
    ("dispatch", {"count": 4, "active": 4}, [TOKENS, {"n": 6, "d": 4}], {"n": 24, "d": 8}, "copy:dispatch", (0, 0), "by scores, to all"),
    ("combine", {"count": 4, "active": 2}, [{"n": 12, "d": 8}], TOKENS, "merge:combine", (0, 0), ""),
    ("combine", {"count": 4, "active": 2}, [{"n": 12, "d": 8}, {"n": 6, "d": 4}], TOKENS, "merge:combine", (0, 0), "weighed by scores"),
    *[
        ("aggregate", {"op": op, "edges": 20}, [TOKENS], TOKENS, f"scatter:{op}", (0, 0), "") for op in ("sum", "mean", "max")
    ],
]  # fmt: skip


@pytest.mark.parametrize(("kind", "args", "inputs", "out", "family", "sizes", "why"), CASES)
def test_a_layer_makes(
    kind: str, args: Given, inputs: list[dict[str, int]], out: dict[str, int], family: str, sizes: tuple[int, int], why: str
) -> None:
    every = rows(kind, args, *inputs)
    assert (made(every[-1]), every[-1].kind, held(every[-1])) == (out, family, sizes), why
    assert all(map(sized, every))


GATES = (("rnn", 1, 1), ("gru", 3, 1), ("lstm", 4, 2))  # sums a step makes for each number of the state, states that stay
ATTENTION: list[tuple[dict[str, object], list[dict[str, int]], tuple[int, int, int, int], str]] = [
    ({"heads": 2}, [TOKENS], (288, 0, 2112, 0), "torch's MultiheadAttention"),
    ({"heads": 2, "bias": False}, [TOKENS], (256, 0, 2112, 0), "torch"),
    ({"heads": 2}, [BATCH], (288, 0, 3 * 2112, 0), "leading axes are batch"),
    ({"heads": 2, "causal": True}, [TOKENS], (288, 0, 2112, 2 * 6 * 8), "all pairs count; keys and values stay"),
    ({"heads": 2, "kv": ["m"], "kdim": 12, "vdim": 12}, [TOKENS, MEMORY], (352, 0, 2208, 2 * 5 * 8), "torch"),
    ({"heads": 2, "kv": ["k", "v"], "kdim": 12, "vdim": 10}, [TOKENS, MEMORY, {"m": 5, "d": 10}], (336, 0, 2128, 2 * 5 * 8), "torch"),
    ({"heads": 2, "kv": ["k", "v"]}, [TOKENS, MEMORY, {"m": 5, "d": 10}], (336, 0, 2128, 2 * 5 * 8), "widths follow the tensors"),
    ({"heads": 2, "bias_kv": True}, [TOKENS], (304, 0, 2208, 0), "torch's add_bias_kv"),
    ({"heads": 2, "zero_attn": True}, [TOKENS], (288, 0, 2208, 0), "torch's add_zero_attn"),
    ({"heads": 2, "bias_kv": True, "zero_attn": True}, [TOKENS], (304, 0, 2304, 0), "torch"),
    ({"heads": 4, "kv_heads": 4, "bias": False}, [TOKENS], (256, 0, 2112, 0), "transformers' Llama"),
    ({"heads": 4, "kv_heads": 2, "bias": False}, [TOKENS], (192, 0, 1728, 0), "transformers' Llama"),
    ({"heads": 4, "kv_heads": 1, "bias": False, "rotary": True}, [TOKENS], (160, 0, 1536, 0), "transformers' Llama"),
    ({"heads": 4, "kv_heads": 2, "causal": True}, [TOKENS], (216, 0, 1728, 2 * 6 * 4), "2·72 + 2·36; half as many numbers stay"),
    ({"heads": 2, "head_dim": 3}, [TOKENS], (3 * (8 * 6 + 6) + 6 * 8 + 8, 0, 6 * 4 * 48 + 2 * 6 * 6 * 6, 0), "2 heads of 3"),
    (
        {"heads": 2, "kv_heads": 1, "head_dim": 6, "bias": False, "qk_norm": "rms", "rotary": True}, [TOKENS],
        (300, 0, 2592, 0), "transformers' Qwen3",
    ),
    ({"heads": 2, "qk_norm": "layer"}, [TOKENS], (288 + 2 * (4 + 4), 0, 2112, 0), "gain and shift of queries and of keys"),
    ({"heads": 2, "rotary": True}, [TOKENS], (288, 0, 2112, 0), "turning is no product with weights"),
    ({"heads": 2, "bias": [False]}, [TOKENS], (256, 0, 2112, 0), ""),
    ({"heads": 2, "bias": [True, False, True]}, [TOKENS], (256 + 3 * 8, 0, 2112, 0), "Whisper; the output is as the query"),
    ({"heads": 2, "bias": [False, True, True]}, [TOKENS], (256 + 2 * 8, 0, 2112, 0), "the output is as the query"),
    ({"heads": 2, "bias": [True, True, True, False]}, [TOKENS], (256 + 3 * 8, 0, 2112, 0), ""),
    ({"heads": 2, "bias": False, "out_bias": True}, [TOKENS], (256 + 8, 0, 2112, 0), ""),
    ({"heads": 2, "bias": [True, True, True, True], "out_bias": False}, [TOKENS], (256 + 3 * 8, 0, 2112, 0), ""),
    ({"heads": 2, "window": 3}, [TOKENS], (288, 0, 4 * 6 * 64 + 2 * 6 * 3 * 8, 0), "each query meets 3 keys"),
    ({"heads": 2, "window": 9}, [TOKENS], (288, 0, 2112, 0), "or all there are"),
    ({"heads": 2, "window": 3, "causal": True}, [TOKENS], (288, 0, 4 * 6 * 64 + 2 * 6 * 3 * 8, 2 * 3 * 8), "older keys may go"),
    ({"heads": 2, "past": 5}, [{"n": 1, "d": 8}], (288, 0, 4 * 64 + 2 * 6 * 8, 2 * 6 * 8), "a decode step: 6 keys"),
    ({"heads": 2, "past": 9, "window": 3, "causal": True}, [{"n": 1, "d": 8}], (288, 0, 4 * 64 + 2 * 3 * 8, 2 * 3 * 8), ""),
    ({"heads": 2, "head_dim": 3, "bias": False, "relative": "bucketed"}, [TOKENS], (256, 0, 1584, 0), "transformers' T5, 32 buckets"),
    ({"heads": 2, "buckets": 8, "relative": "bucketed"}, [TOKENS], (288 + 8 * 2, 0, 2112, 0), ""),
    ({"heads": 2, "relative": "decomposed"}, [{"h": 4, "w": 4, "d": 8}], (344, 0, 9216, 0), "transformers' SAM"),
    (
        {"heads": 2, "relative": "decomposed"}, [{"b": 2, "h": 3, "w": 5, "d": 8}],
        (288 + (5 + 9) * 4, 0, 2 * (4 * 15 * 64 + 2 * 15 * 15 * 8 + 15 * 8 * (3 + 5)), 0), "5 + 9 distances; each query times 3 + 5",
    ),
]  # fmt: skip

LATENT = {"heads": 2, "kv_rank": 5, "nope": 3, "rope": 2, "v_dim": 6}

# what several rows of one layer add up to: fields, inputs, what comes out, (weights, buffers, MACs, what stays for the next call), source
COMPOSITES: list[tuple[str, Given, list[dict[str, int]], dict[str, int], tuple[int, int, int, int], str]] = [
    *[("attention", args, inputs, inputs[0], sums, why) for args, inputs, sums, why in ATTENTION],
    ("scaled_dot_product_attention", None, [TOKENS, {"m": 5, "d": 8}, {"m": 5, "d": 8}], TOKENS, (0, 0, 480, 0), "torch"),
    (
        "scaled_dot_product_attention", {"heads": 2}, [BATCH, {"b": 3, "m": 5, "d": 8}, {"b": 3, "m": 5, "d": 8}], BATCH,
        (0, 0, 1440, 0), "torch; leading axes are batch",
    ),
    (
        "scaled_dot_product_attention", {"heads": 2}, [TOKENS, {"m": 5, "d": 8}, {"m": 5, "d": 12}], {"n": 6, "d": 12},
        (0, 0, 600, 0), "torch; values of another width",
    ),
    (
        "scaled_dot_product_attention", {"heads": 4, "kv_heads": 2}, [TOKENS, {"m": 5, "d": 4}, {"m": 5, "d": 6}], {"n": 6, "d": 12},
        (0, 0, 600, 0), "torch's enable_gqa: 4 heads of 3",
    ),
    (
        "scaled_dot_product_attention", {"heads": 2, "window": 3, "causal": True}, [TOKENS, TOKENS, TOKENS], TOKENS,
        (0, 0, 2 * 6 * 3 * 8, 2 * 3 * 8), "6 queries, 3 keys each",
    ),
    *[
        ("latent_attention", {**LATENT, **args}, inputs, inputs[0], sums, "transformers' DeepSeek")
        for args, inputs, sums in (
            ({}, [TOKENS], (327, 0, 2724, 6 * 7)),
            ({"q_rank": 4}, [TOKENS], (323, 0, 2676, 6 * 7)),
            ({"q_rank": 4, "bias": True}, [TOKENS], (323 + 4 + 7 + 8, 0, 2676, 6 * 7)),
            ({"bias": True}, [TOKENS], (327 + 7 + 8, 0, 2724, 6 * 7)),
            ({"past": 4}, [TOKENS], (327, 0, 2724 + 4 * 5 * 2 * (3 + 6) + 2 * 6 * 4 * (5 + 6), 10 * 7)),
            ({"causal": False}, [TOKENS], (327, 0, 2724, 0)),
            ({}, [BATCH], (327, 0, 3 * 2724, 3 * 6 * 7)),
        )
    ],
    ("window_attention", {"heads": 2, "window": [2, 3]}, [PLANE], PLANE, (318, 36, 8448, 0), "torchvision's Swin"),
    ("window_attention", {"heads": 2, "window": [2, 3], "shift": 1}, [PLANE], PLANE, (318, 36, 8448, 0), "torchvision"),
    (
        "window_attention", {"heads": 2, "window": [2, 3]}, [{"h": 5, "w": 7, "d": 8}], {"h": 5, "w": 7, "d": 8},
        (318, 36, 19008, 0), "torchvision; as if 6 x 9",
    ),
    ("window_attention", {"heads": 2, "window": [4, 6], "shift": 1}, [PLANE], PLANE, (442, 576, 15360, 0), "torchvision; one window"),
    (
        "window_attention", {"heads": 2, "window": [4, 6], "shift": 1}, [{"h": 3, "w": 5, "d": 8}], {"h": 3, "w": 5, "d": 8},
        (442, 576, 15360, 0), "torchvision; a window larger than the plane",
    ),
    ("window_attention", {"heads": 2, "window": [2, 3], "bias": False}, [PLANE], PLANE, (286, 36, 8448, 0), "torchvision"),
    (
        "window_attention", {"heads": 2, "window": [2, 3], "relative_bias": False}, [PLANE], PLANE,
        (318 - (2 * 2 - 1) * (2 * 3 - 1) * 2, 0, 8448, 0), "3 x 5 distances for 2 heads less",
    ),
    *[
        (kind, {"hidden": 5, **args}, inputs, out, (gates * sums[0], 0, gates * sums[1], states * sums[2]), "torch")
        for kind, gates, states in GATES
        for args, inputs, out, sums in (
            ({}, [TOKENS], {"n": 6, "d": 5}, (75, 390, 5)),
            ({"bias": False}, [TOKENS], {"n": 6, "d": 5}, (65, 390, 5)),
            ({"layers": 3}, [TOKENS], {"n": 6, "d": 5}, (195, 990, 15)),
            ({"bidirectional": True}, [TOKENS], {"n": 6, "d": 10}, (150, 780, 10)),
            ({"bidirectional": True, "layers": 2}, [TOKENS], {"n": 6, "d": 10}, (320, 1680, 20)),
            ({}, [BATCH], {"b": 3, "n": 6, "d": 5}, (75, 1170, 15)),
            ({"state": ["h", "c"][:states]}, [TOKENS, *[{"layers": 1, "d": 5}] * states], {"n": 6, "d": 5}, (75, 390, 5)),
        )
    ],
    ("lstm", {"hidden": 5, "proj": 3}, [TOKENS], {"n": 6, "d": 3}, (275, 0, 1410, 3 + 5), "torch"),
    ("lstm", {"hidden": 5, "proj": 3, "bias": False}, [TOKENS], {"n": 6, "d": 3}, (235, 0, 1410, 3 + 5), "torch"),
    (
        "lstm", {"hidden": 5, "proj": 3, "layers": 2, "bidirectional": True, "state": ["h", "c"]},
        [TOKENS, {"layers": 4, "d": 3}, {"layers": 4, "d": 5}], {"n": 6, "d": 6}, (1020, 0, 5160, 4 * (3 + 5)), "torch",
    ),
    ("graph_conv", {"out": 5, "edges": 20}, [TOKENS], {"n": 6, "d": 5}, (8 * 5 + 5, 0, 6 * 8 * 5, 0), "dense products alone"),
    ("graph_conv", {"out": 5, "edges": 20, "bias": False}, [BATCH], {"b": 3, "n": 6, "d": 5}, (8 * 5, 0, 3 * 6 * 8 * 5, 0), ""),
    (
        "graph_attention", {"out": 5, "edges": 20, "heads": 3}, [TOKENS], {"n": 6, "d": 15},
        (8 * 15 + 2 * 15 + 15, 0, 6 * 8 * 15, 0), "a vector for either end of an edge",
    ),
    (
        "graph_attention", {"out": 5, "edges": 20, "heads": 3, "concat": False}, [TOKENS], {"n": 6, "d": 5},
        (8 * 15 + 2 * 15 + 5, 0, 6 * 8 * 15, 0), "the mean of 3 heads",
    ),
    (
        "graph_attention", {"out": 5, "edges": 20, "bias": False}, [BATCH], {"b": 3, "n": 6, "d": 5},
        (8 * 5 + 2 * 5, 0, 3 * 6 * 8 * 5, 0), "",
    ),
    ("routing", {"count": 4, "active": 2}, [TOKENS], {"n": 6, "d": 4}, (8 * 4, 0, 6 * 8 * 4, 0), "no bias"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "args", "inputs", "out", "sums", "why"), COMPOSITES)
def test_the_rows_of_a_layer_add_up(
    kind: str, args: Given, inputs: list[dict[str, int]], out: dict[str, int], sums: tuple[int, int, int, int], why: str
) -> None:
    every = parts(kind, args, *inputs)
    ops = [part.op for part in every]
    weights, buffers = (sum(column) for column in zip(*map(held, ops), strict=True))
    kept = sum(op.count(op.state) for op in ops if op.state)
    assert made([part.op for part in every if not part.result][-1]) == out
    assert (weights, buffers, sum(map(macs, ops)), kept) == sums, why
    assert all(map(sized, ops))


REFUSED: list[tuple[str, Given, list[dict[str, int]], str]] = [
    ("conv", {"out": 4, "kernel": 3}, [TOKENS], "works on channels first"),
    ("max_pool", {"kernel": 3, "padding": 2, "dilation": 2}, [IMAGE], "padding 2 is more than half of kernel 3"),
    ("avg_pool", {"kernel": 5, "padding": 2}, [{"c": 1, "t": 4, "h": 9, "w": 9}], "a kernel of 5 is larger than the input's 4"),
    ("max_pool", 13, [IMAGE], "a window of 13 does not fit into 12"),
    ("max_pool", {"kernel": [2, 2, 2]}, [IMAGE], "`kernel` has 3 values for 2 spatial axes"),
    ("adaptive_avg_pool", 0, [IMAGE], "0 positions"),
    ("unfold", {"kernel": 3}, [{"c": 2, "t": 9}], "needs 2 spatial axes"),
    ("fold", {"size": 12, "kernel": 3}, [{"d": 72, "n": 20}], "20 columns for 10 x 10 places"),
    ("fold", {"size": [12, 10], "kernel": 3, "stride": 2}, [{"d": 70, "n": 20}], "70 rows do not divide into 9"),
    ("linear", 5, [IMAGE], "add `flatten` or `tokens`"),
    ("bilinear", 5, [TOKENS, {"n": 5, "d": 8}], "n is 6 in one and 5"),
    ("batch_norm", None, [TOKENS], "works on channels first or on a single axis"),
    ("batch_norm", {"frozen": True, "running_stats": False}, [IMAGE], "can't be left out"),
    ("layer_norm", None, [IMAGE], "write `axis: 0`"),
    ("layer_norm", {"axes": 1, "axis": 0}, [TOKENS], "takes one of them"),
    ("rms_norm", 3, [TOKENS], "over 3 axes"),
    ("group_norm", 3, [IMAGE], "8 channels do not divide into 3 groups"),
    ("instance_norm", None, [VECTOR], "works on channels first"),
    ("prelu", None, [TOKENS], "`prelu: {shared: true}`"),
    ("softmax", 2, [TOKENS], "there is no axis 2 in (n 6, d 8)"),
    ("glu", None, [{"d": 7}], "7 is odd"),
    ("maxout", 3, [IMAGE], "8 channels do not divide into 3 pieces"),
    ("flatten", {"start": 2, "end": 1}, [IMAGE], "is behind"),
    ("unflatten", {"axis": 0, "sizes": [3, -1]}, [IMAGE], "8 elements do not fit into [3, -1]"),
    ("unflatten", {"axis": 0, "sizes": [2, 2]}, [IMAGE], "8 elements do not fit into [2, 2]"),
    ("reshape", [-1, -1], [IMAGE], "only one size may be -1"),
    ("reshape", [0, 960], [IMAGE], "sizes are 1 or more"),
    ("permute", [0, 0, 1], [IMAGE], "each stands once"),
    ("rearrange", "c h w, -> c", [IMAGE], "is neither an axis nor axes in brackets"),
    ("rearrange", "c h w", [IMAGE], "a pattern is `axes -> axes`"),
    ("rearrange", "c h -> h c", [IMAGE], "has 2 axes, but the input is"),
    ("rearrange", "c h w -> h w", [IMAGE], "`c` is read, but not on the right side"),
    ("rearrange", "c h w -> c h w b", [IMAGE], "`b` is on the right side, but not read"),
    ("rearrange", "c h h -> c h", [IMAGE], "`h` stands twice on the left side"),
    ("rearrange", "(c a) h w -> c a h w", [IMAGE], "add `a: …`"),
    ("rearrange", {"pattern": "(c a) h w -> c a h w", "a": 3}, [IMAGE], "an axis of 8 is not `(c a)` with a 3"),
    ("rearrange", {"pattern": "c h w -> c h w", "a": 3}, [IMAGE], "`a` has a size, but is not in the pattern"),
    ("rearrange", "c h 2 -> c h 2", [IMAGE], "`2` is no name for an axis"),
    ("rearrange", "c h (w (a)) -> c h w a", [IMAGE], "is neither an axis nor axes in brackets"),
    ("tokens", None, [TOKENS], "works on channels first"),
    ("pad", [3, 5], [{"c": 2, "t": 9}], "`amount` has 2 values for 1 spatial axes"),
    ("pad", {"amount": 10, "mode": "reflect"}, [IMAGE], "10 positions can't be padded by 10 in mode `reflect`"),
    ("pad", {"amount": 11, "mode": "circular"}, [IMAGE], "10 positions can't be padded by 11"),
    ("pad", -5, [IMAGE], "does not fit into 10 positions"),
    ("crop", 11, [IMAGE], "has no centre of 11 x 11"),
    ("upsample", None, [IMAGE], "takes `scale` or `size`"),
    ("upsample", {"scale": 2, "size": 4}, [IMAGE], "takes `scale` or `size`"),
    ("upsample", {"scale": 2, "mode": "trilinear"}, [IMAGE], "`upsample` in mode `trilinear` needs 3 spatial axes"),
    ("upsample", {"scale": 2, "align_corners": True}, [IMAGE], "no corners to align"),
    ("upsample", 0.01, [IMAGE], "12 positions would become none"),
    ("upsample", -1, [IMAGE], "a number above 0"),
    ("pixel_shuffle", 3, [IMAGE], "8 channels do not divide into 9"),
    ("pixel_unshuffle", 3, [IMAGE], "does not divide into blocks of 3 x 3"),
    ("channel_shuffle", 3, [IMAGE], "8 channels do not divide into 3 groups"),
    ("select", 6, [TOKENS], "there is no index 6 in the 6 positions"),
    ("select", 0, [VECTOR], "leaves no axis"),
    ("slice", {"start": 4, "stop": 4}, [TOKENS], "is left"),
    ("split", None, [TOKENS], "`sizes` or `parts`"),
    ("split", {"parts": 4}, [TOKENS], "6 positions do not divide into 4 parts"),
    ("split", {"sizes": [4, 4]}, [TOKENS], "make 8, not 6"),
    ("expand", [3, 8], [TOKENS], "an axis of 6 can't be expanded to 3"),
    ("expand", [-1, 6, 8], [TOKENS], "a new axis needs a size"),
    ("stack", None, [VECTOR, TOKENS], "different numbers of axes"),
    ("mean", 0, [VECTOR], "add `keep: true`"),
    ("custom", {"output": [0]}, [IMAGE], "sizes are 1 or more"),
    ("add", None, [IMAGE, {"c": 8, "h": 12, "w": 5}], "10 in one and 5"),
    ("concat", None, [IMAGE, {"c": 8, "h": 12, "w": 5}], "in one and 5 in another"),
    ("concat", {"crop": True}, [IMAGE, TOKENS], "`concat` with `crop` works on channels first"),
    ("matmul", None, [TOKENS, TOKENS], "8 columns meet 6 rows"),
    ("matmul", None, [VECTOR, TOKENS], "multiplies matrices"),
    ("prepend", None, [IMAGE], "add `tokens` before it"),
    ("prepend", None, [{"c": 4, "t": 8}], "add `tokens` before it"),
    ("zeros", [0, 2], [], "sizes are 1 or more"),
    ("positional_encoding", {"type": "learned", "length": 5}, [TOKENS], "6 positions, but only 5 are learned: `length`"),
    ("positional_encoding", {"type": "learned", "length": [14, 5]}, [PLANE], "6 positions, but only 5 are learned"),
    ("positional_encoding", {"type": "learned", "length": 14}, [PLANE], "for each of the 2 axes of positions of (h 4, w 6, d 8), not 1"),
    ("positional_encoding", {"type": "sinusoidal", "length": 9}, [TOKENS], "sinusoidal ones have none"),
    ("attention", {"heads": 3}, [TOKENS], "a width of 8 does not divide into 3 heads"),
    ("attention", {"heads": 4, "kv_heads": 3}, [TOKENS], "4 heads can't share 3 sets of keys"),
    ("attention", {"heads": 4, "kv_heads": 8}, [TOKENS], "4 heads can't share 8 sets of keys"),
    ("attention", {"heads": 2, "kdim": 10}, [TOKENS], "`kdim` says 10, but (n 6, d 8) is 8 wide"),
    ("attention", {"heads": 2, "kv": ["m"], "kdim": 10}, [TOKENS, MEMORY], "`kdim` says 10, but (m 5, d 12) is 12 wide"),
    ("attention", {"heads": 2, "kv": ["m"], "kdim": 12, "vdim": 8}, [TOKENS, MEMORY], "`vdim` says 8, but (m 5, d 12) is 12 wide"),
    ("attention", {"heads": 2, "kv": ["k", "v"]}, [TOKENS, MEMORY, {"m": 4, "d": 12}], "each key needs its value"),
    ("attention", {"heads": 2, "kv": ["m"]}, [BATCH, {"b": 2, "m": 5, "d": 12}], "differ in the axes in front"),
    ("attention", {"heads": 8, "rotary": True}, [TOKENS], "rotary positions turn pairs of features"),
    ("attention", {"heads": 2, "head_dim": 5, "rotary": True}, [TOKENS], "a head has 5 of them: an odd number"),
    ("attention", {"heads": 2, "bias": [True, False]}, [TOKENS], "query, key, value and output, not 2 values"),
    ("attention", {"heads": 2, "bias": [True] * 5}, [TOKENS], "query, key, value and output, not 5 values"),
    (
        "attention", {"heads": 2, "relative": "decomposed"}, [TOKENS],
        "works on (h, w, d), a plane and its features, but its input is (n 6, d 8)",
    ),
    ("attention", {"heads": 2, "relative": "decomposed", "past": 3}, [PLANE], "a plane that attends to itself alone"),
    ("attention", {"heads": 2, "relative": "decomposed", "window": 3}, [PLANE], "a plane that attends to itself alone"),
    ("attention", {"heads": 2, "relative": "decomposed", "kv": ["m"]}, [PLANE, PLANE], "a plane that attends to itself alone"),
    ("attention", {"heads": 2, "window": 3, "kv": ["m"]}, [TOKENS, MEMORY], "without `kv`, `bias_kv` and `zero_attn`"),
    ("attention", {"heads": 2, "window": 3, "zero_attn": True}, [TOKENS], "without `kv`, `bias_kv` and `zero_attn`"),
    ("scaled_dot_product_attention", {"heads": 3}, [TOKENS, TOKENS, TOKENS], "a width of 8 does not divide into 3 heads"),
    ("scaled_dot_product_attention", {"heads": 2}, [TOKENS, MEMORY, MEMORY], "a head of the queries (n 6, d 8) is 4 wide"),
    (
        "scaled_dot_product_attention", {"heads": 2, "kv_heads": 1}, [TOKENS, TOKENS, TOKENS],
        "a head of the queries (n 6, d 8) is 4 wide, one of the keys (n 6, d 8) 8",
    ),
    ("scaled_dot_product_attention", {"heads": 4, "kv_heads": 3}, [TOKENS, TOKENS, TOKENS], "4 heads can't share 3 sets of keys"),
    ("scaled_dot_product_attention", None, [TOKENS, TOKENS, {"n": 5, "d": 8}], "each key needs its value"),
    ("scaled_dot_product_attention", {"heads": 2}, [TOKENS, TOKENS, {"n": 6, "d": 7}], "a width of 7 does not divide into 2 heads"),
    ("scaled_dot_product_attention", {"window": 3}, [TOKENS, {"m": 5, "d": 8}, {"m": 5, "d": 8}], "5 keys, 6 queries"),
    ("window_attention", {"heads": 3}, [PLANE], "a width of 8 does not divide into 3 heads"),
    ("window_attention", {"heads": 2, "shift": 7}, [PLANE], "(7, 7) is not smaller than (7, 7)"),
    ("window_attention", {"heads": 2, "window": [2, 3], "shift": [1, 3]}, [PLANE], "(1, 3) is not smaller than (2, 3)"),
    ("window_attention", {"heads": 2, "window": [2, 3, 4]}, [PLANE], "`window` has 3 values"),
    ("window_attention", {"heads": 2}, [TOKENS], "works on (h, w, d)"),
    ("window_attention", {"heads": 2}, [{"t": 2, **PLANE}], "works on (h, w, d)"),
    ("lstm", {"hidden": 5, "proj": 5}, [TOKENS], "`proj` 5 is not smaller than `hidden` 5"),
    ("lstm", {"hidden": 5, "state": ["h"]}, [TOKENS, {"layers": 1, "d": 5}], "`state` takes 2 tensors, not 1: write `[name.h, name.c]`"),
    (
        "gru", {"hidden": 5, "state": ["h", "c"]}, [TOKENS, {"layers": 1, "d": 5}, {"layers": 1, "d": 5}],
        "`state` takes 1 tensor, not 2: write `[name.h]`",
    ),
    ("gru", {"hidden": 5, "layers": 2, "state": ["h"]}, [TOKENS, {"layers": 1, "d": 5}], "the state `h` is (2, 5), not (layers 1, d 5)"),
    ("rnn", {"hidden": 5, "bidirectional": True, "state": ["h"]}, [TOKENS, {"layers": 1, "d": 5}], "the state `h` is (2, 5)"),
    (
        "lstm", {"hidden": 5, "proj": 3, "state": ["h", "c"]}, [TOKENS, {"layers": 1, "d": 5}, {"layers": 1, "d": 5}],
        "the state `h` is (1, 3)",
    ),
    ("gru", {"hidden": 5, "state": ["h"]}, [BATCH, {"layers": 1, "d": 5}], "the state `h` is (3, 1, 5), not (layers 1, d 5)"),
    ("dispatch", {"count": 4, "active": 2}, [TOKENS, {"n": 5, "d": 4}], "is 6 here and 5 there"),
    ("combine", {"count": 4, "active": 4}, [TOKENS], "(n 6, d 8) are not 4 rows for each token"),
    *[
        (kind, args, inputs, reason)
        for kind, args, more in (
            ("attention", {"heads": 2}, 0), ("latent_attention", LATENT, 0),
            ("scaled_dot_product_attention", None, 2), ("positional_encoding", "learned", 0),
            ("rnn", {"hidden": 5}, 0), ("gru", {"hidden": 5}, 0), ("lstm", {"hidden": 5}, 0), ("graph_conv", {"out": 5, "edges": 9}, 0),
            ("graph_attention", {"out": 5, "edges": 9}, 0), ("aggregate", {"op": "sum", "edges": 9}, 0),
            ("dispatch", {"count": 4, "active": 2}, 0), ("combine", {"count": 4, "active": 2}, 0),
        )
        for inputs, reason in (([IMAGE] * (1 + more), "`tokens`"), ([VECTOR] * (1 + more), f"`{kind}` works on (n, d)"))
    ],
    ("latent_attention", {**LATENT, "rope": 3}, [TOKENS], "a head has 3 of them: an odd number"),
    ("attention", {"heads": 2, "kv": ["m"]}, [TOKENS, IMAGE], "`tokens`"),
    ("attention", {"heads": 2, "kv": ["m"]}, [TOKENS, VECTOR], "works on (n, d)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "args", "inputs", "reason"), REFUSED)
def test_a_layer_refuses(kind: str, args: Given, inputs: list[dict[str, int]], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        rows(kind, args, *inputs)
    assert reason in str(refused.value)


MISWRITTEN: list[tuple[str, dict[str, object], str]] = [
    ("elementwise", {"function": "sine"}, "can't be `sine`"),
    ("pad", {"amount": 1, "mode": "zero"}, "can't be `zero`"),
    ("upsample", {"scale": 2, "mode": "bilinar"}, "can't be `bilinar`"),
    ("add", {"of": "skip"}, "names `skip` alone"),
    ("max_pool", {"kernel": 0}, "greater than or equal to 1"),
    ("dropout", {"p": 1.5}, "less than or equal to 1"),
    ("relu", {"inplace": True}, "Extra inputs"),
    ("reshape", {"shape": {"a b": 3}}, "can't have an axis called `a b`"),
    ("reshape", {"shape": []}, "one axis or more"),
    ("rearrange", {"pattern": "c -> c", "a": 0}, "greater than or equal to 1"),
    ("attention", {"heads": 0}, "greater than or equal to 1"),
    ("attention", {}, "Field required"),
    ("attention", {"heads": 2, "relative": "buckets"}, "can't be `buckets`"),
    ("attention", {"heads": 2, "qk_norm": "batch"}, "can't be `batch`"),
    ("attention", {"heads": 2, "past": -1}, "greater than or equal to 0"),
    ("attention", {"heads": 2, "dropout": 1.5}, "less than or equal to 1"),
    ("latent_attention", {"heads": 2, "kv_rank": 4, "nope": 2, "rope": 2}, "Field required"),
    ("latent_attention", {**LATENT, "nope": 0}, "greater than or equal to 1"),
    ("latent_attention", {**LATENT, "kv": ["m"]}, "Extra inputs"),
    ("attention", {"heads": 2, "bias": []}, "not an empty list"),
    ("positional_encoding", {"type": "rotary"}, "can't be `rotary`"),
    ("aggregate", {"op": "median", "edges": 9}, "can't be `median`"),
    ("graph_conv", {"out": 5}, "Field required"),
    ("gru", {"hidden": 5, "proj": 3}, "Extra inputs"),
    ("lstm", {"layers": 2}, "Field required"),
    ("dispatch", {"count": 4, "active": 5}, "can't be 5: there are 4 experts"),
    ("attention", {"heads": 2, "kv": 3}, "takes the name of a tensor, or a list of names, not `3`"),
    ("attention", {"heads": 2, "kv": {"key": "k"}}, "not a mapping"),
    ("attention", {"heads": 2, "causal": "yes"}, "takes `true` or `false`, not the text `yes`"),
]


@pytest.mark.parametrize(("kind", "fields", "reason"), MISWRITTEN)
def test_a_field_is_checked(kind: str, fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        find(kind).model_validate(fields)
    (error,) = wrong.value.errors()
    assert reason in error["msg"]


def test_a_word_for_a_choice_comes_with_the_nearest_one() -> None:
    with pytest.raises(ValidationError) as wrong:
        find("upsample").model_validate({"mode": "bilinar"})
    assert wrong.value.errors()[0]["ctx"]["help"] == "did you mean `bilinear`?"


def test_every_kind_is_tried() -> None:
    assert {case[0] for case in CASES} | {case[0] for case in COMPOSITES} == set(KINDS)


@pytest.mark.parametrize("cls", index.classes(), ids=lambda cls: cls.kind)
def test_a_class_says_what_it_is(cls: type[Layer]) -> None:
    assert cls.__doc__
    assert cls.__doc__ != cls.__bases__[0].__doc__
    assert not cls.primary or cls.primary in cls.model_fields
    assert KINDS[cls.kind] == (cls.__module__.rpartition(".")[2], cls.__name__)
    assert cls.kind == cls.kind.lower()


def test_the_index_is_up_to_date() -> None:
    assert index.render() == index.TARGET.read_text(encoding="utf-8"), "run `python -m archcalc.layers.index`"


def test_no_two_kinds_have_one_name() -> None:
    names = [name for cls in index.classes() for name in (cls.kind, *cls.aliases)]
    assert len(names) == len(set(names))
    assert not set(ALIASES) & set(KINDS)


def test_roles() -> None:
    assert {"batch_norm", "layer_norm", "group_norm"} <= set(known("norm"))
    assert {"relu", "softmax", "identity", "prelu"} <= set(known("activation"))
    assert {"glu", "maxout", "dropout"}.isdisjoint(known("activation"))
    assert set(known("merge")) == {"add", "concat", "divide", "multiply", "subtract"}


def test_a_pool_to_its_own_size_sees_nothing_but_its_own_position() -> None:
    for kind, args in (("avg_pool", 1), ("adaptive_avg_pool", [12, "none"]), ("max_pool", {"kernel": 1, "stride": 1})):
        (op,) = rows(kind, args, IMAGE)
        assert all(w is not None and w.identity for w in op.windows.values())


def test_a_normalisation_behind_a_convolution_is_over_its_channels() -> None:
    _, norm, act = parts("conv", {"out": 4, "kernel": 3, "norm": "layer", "act": {"leaky_relu": 0.1}}, IMAGE)
    assert (norm.role, norm.type, held(norm.op)) == ("norm", "layer_norm", (8, 0))
    assert (act.role, act.type) == ("act", "leaky_relu")
    (plain,) = [p for p in parts("conv", {"out": 4, "kernel": 3, "norm": {"layer": {"axes": 3}}}, IMAGE) if p.role == "norm"]
    assert held(plain.op) == (2 * 4 * 10 * 8, 0)


def test_statistics_of_the_image_are_seen_whole() -> None:
    seen = {
        kind: set(rows(kind, args, IMAGE)[0].windows) for kind, args in (("batch_norm", None), ("instance_norm", None), ("group_norm", 2))
    }
    assert seen == {"batch_norm": set(), "instance_norm": {"H>H", "W>W"}, "group_norm": {"C>C", "H>H", "W>W"}}
    assert rows("batch_norm", {"running_stats": False}, IMAGE)[0].windows == {"H>H": None, "W>W": None}
    assert rows("softmax", None, TOKENS)[0].windows == {"D>D": None}


def test_squeeze_excite_is_torchvisions() -> None:
    every = parts("squeeze_excite", {"squeeze": 2, "act": "silu"}, IMAGE)
    assert [(p.role, p.type) for p in every] == [
        ("avgpool", "global_avg_pool"), ("fc1", "conv"), ("act", "silu"), ("fc2", "conv"), ("gate", "sigmoid"), ("multiply", "multiply"),
    ]  # fmt: skip
    assert [held(p.op)[0] for p in every] == [0, 8 * 2 + 2, 0, 2 * 8 + 8, 0, 0]
    assert [p.op.count(p.op.loops) for p in every if p.op.loops] == [16, 16]


ATTENDS = ["query", "key", "value", "scores", "softmax", "values", "out"]
LATENTLY = [
    "query", "query.nope", "query.rope", "query.rope.rotary", "query.concat", "latent", "latent.slice", "latent.norm", "key.rope",
    "key.rope.rotary", "expand", "key.nope", "key.concat", "value",
]  # fmt: skip

ROLES: list[tuple[str, dict[str, object], list[dict[str, int]], list[str]]] = [
    ("attention", {"heads": 2}, [TOKENS], ATTENDS),
    (
        "attention", {"heads": 2, "rotary": True, "qk_norm": "rms", "past": 3}, [TOKENS],
        ["query", "query.norm", "query.rotary", "key", "key.norm", "key.rotary", "key.concat", "value", "value.concat", *ATTENDS[3:]],
    ),
    ("attention", {"heads": 2, "zero_attn": True}, [TOKENS], ["query", "key", "key.concat", "value", "value.concat", *ATTENDS[3:]]),
    ("attention", {"heads": 2, "relative": "decomposed"}, [PLANE], [*ATTENDS[:4], "relative_h", "relative_w", "add", *ATTENDS[4:]]),
    ("scaled_dot_product_attention", {}, [TOKENS, TOKENS, TOKENS], ATTENDS[3:6]),
    ("attention", {"heads": 2, "dropout": 0.1}, [TOKENS], [*ATTENDS[:5], "dropout", *ATTENDS[5:]]),
    ("attention", {"heads": 2, "dropout": 0}, [TOKENS], [*ATTENDS[:5], "dropout", *ATTENDS[5:]]),
    (
        "attention", {"heads": 2, "relative": "decomposed", "dropout": 0.1}, [PLANE],
        [*ATTENDS[:4], "relative_h", "relative_w", "add", "softmax", "dropout", *ATTENDS[5:]],
    ),
    ("scaled_dot_product_attention", {"dropout": 0.1}, [TOKENS, TOKENS, TOKENS], ["scores", "softmax", "dropout", "values"]),
    ("window_attention", {"heads": 2, "window": 2}, [PLANE], ATTENDS),
    ("window_attention", {"heads": 2, "window": 2, "shift": 1}, [PLANE], ["roll", *ATTENDS, "unroll"]),
    ("window_attention", {"heads": 2, "window": 4, "shift": [1, 0]}, [PLANE], ["pad", *ATTENDS, "crop"]),
    ("window_attention", {"heads": 2, "window": 5, "shift": 2}, [PLANE], ["pad", "roll", *ATTENDS, "unroll", "crop"]),
    ("window_attention", {"heads": 2, "window": 7, "shift": 3}, [PLANE], ["pad", *ATTENDS, "crop"]),
    ("latent_attention", {**LATENT, "causal": False}, [TOKENS], [*LATENTLY, *ATTENDS[3:]]),
    (
        "latent_attention", {**LATENT, "q_rank": 4, "past": 3, "dropout": 0.1}, [TOKENS],
        [
            "query_latent", "query_latent.norm", *LATENTLY[:8], "latent.concat", *LATENTLY[8:10], "key.rope.concat", *LATENTLY[10:],
            "scores", "softmax", "dropout", "values", "out",
        ],
    ),
    ("rnn", {"hidden": 5}, [TOKENS], ["gates", "recurrence", "h"]),
    (
        "lstm", {"hidden": 5, "layers": 2, "proj": 3}, [TOKENS],
        [f"layer_{i}.{role}" for i in (0, 1) for role in ("gates", "recurrence", "projection")] + ["h", "c"],
    ),
    ("graph_conv", {"out": 5, "edges": 20}, [TOKENS], ["linear", "sum"]),
    ("graph_attention", {"out": 5, "edges": 20}, [TOKENS], ["linear", "scores", "softmax", "sum"]),
    ("routing", {"count": 4, "active": 2}, [TOKENS], ["router", "router.softmax"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "args", "inputs", "roles"), ROLES)
def test_a_layer_is_made_of(kind: str, args: dict[str, object], inputs: list[dict[str, int]], roles: list[str]) -> None:
    assert [part.role for part in parts(kind, args, *inputs)] == roles


def the(role: str, kind: str, args: Given, *inputs: dict[str, int]) -> Op:
    (op,) = [part.op for part in parts(kind, args, *inputs) if part.role == role]
    return op


def test_dropout_is_noise_on_what_the_values_are_weighed_by() -> None:
    fields = {"heads": 2, "window": 3, "causal": True, "past": 4}
    without, noisy = (parts("attention", args, TOKENS) for args in (fields, {**fields, "dropout": 0.1}))
    (noise,) = [part for part in noisy if part.op.kind == "noise:dropout"]
    assert (noise.type, noise.op.shape, held(noise.op)) == ("dropout", (2, 6, 3), (0, 0))
    assert noise.op is the_values(noisy).reads[0]
    others = [part for part in noisy if part is not noise]
    assert [(p.role, p.op.shape, p.op.loops, p.op.state, held(p.op)) for p in others] == [
        (p.role, p.op.shape, p.op.loops, p.op.state, held(p.op)) for p in without
    ]


def the_values(every: list[Part]) -> Op:
    (op,) = [part.op for part in every if part.role == "values"]
    return op


def test_heads_meet_in_scores_that_have_an_axis_for_each() -> None:
    assert the("scores", "attention", {"heads": 4, "kv_heads": 2, "kv": ["m"]}, TOKENS, MEMORY).shape == (4, 6, 5)
    assert the("scores", "attention", {"heads": 2, "past": 3}, BATCH).shape == (3, 2, 6, 9)
    assert the("scores", "attention", {"heads": 2, "window": 3}, TOKENS).shape == (2, 6, 3)
    assert the("scores", "attention", {"heads": 2, "relative": "decomposed"}, PLANE).shape == (2, 24, 24)
    assert the("relative_h", "attention", {"heads": 2, "relative": "decomposed"}, PLANE).shape == (2, 24, 4)
    assert the("scores", "window_attention", {"heads": 2, "window": [2, 3]}, PLANE).shape == (4, 2, 6, 6)


def test_a_window_slides_over_the_keys_around_a_query_or_up_to_it() -> None:
    def seen(position: int, given: dict[str, int] = TOKENS, **more: object) -> tuple[int, int]:
        return window(the("values", "attention", {"heads": 2, "window": 3, **more}, given), "n").sees(position)

    assert (seen(0), seen(4)) == ((-1, 1), (3, 5))
    assert (seen(0, causal=True), seen(4, causal=True)) == ((-2, 0), (2, 4))
    assert (seen(0, {"n": 2, "d": 8}, past=4), seen(1, {"n": 2, "d": 8}, past=4, causal=True)) == ((3, 5), (3, 5))


def test_keys_of_before_stand_in_front_and_learned_ones_behind() -> None:
    longer = the("key.concat", "attention", {"heads": 2, "past": 4, "bias_kv": True, "zero_attn": True}, TOKENS)
    assert (made(longer), held(longer)) == ({"n": 12, "d": 8}, (8, 0))
    assert window(longer, "m").sees(4) == (0, 0)


def test_a_shifted_plane_comes_back() -> None:
    every = parts("window_attention", {"heads": 2, "window": 5, "shift": 2}, PLANE)
    moved = {part.role: [window(part.op, axis).sees(0)[0] for axis in "hw"] for part in every if part.role in {"roll", "unroll"}}
    assert moved == {"roll": [0, 2], "unroll": [0, -2]}, "one window covers the rows: nothing to shift there"
    assert [part.type for part in every if part.role.endswith("roll")] == ["roll", "roll"]


def last_states(kind: str, args: Given, *inputs: dict[str, int]) -> dict[str, dict[str, int]]:
    return {part.result: made(part.op) for part in parts(kind, args, *inputs) if part.result}


def test_recurrent_layers_leave_states() -> None:
    many = {"hidden": 5, "layers": 3, "bidirectional": True}
    assert last_states("rnn", {"hidden": 5}, TOKENS) == {"h": {"layers": 1, "d": 5}}
    assert last_states("gru", many, TOKENS) == {"h": {"layers": 6, "d": 5}}
    assert last_states("lstm", many, BATCH) == {name: {"b": 3, "layers": 6, "d": 5} for name in "hc"}
    assert last_states("lstm", {**many, "proj": 2}, TOKENS) == {"h": {"layers": 6, "d": 2}, "c": {"layers": 6, "d": 5}}


@pytest.mark.parametrize("given", [TOKENS, BATCH])
def test_a_recurrent_layer_starts_from_the_states_of_one_like_it(given: dict[str, int]) -> None:
    args = {"hidden": 5, "layers": 2, "bidirectional": True, "proj": 3}
    first = list(build("lstm", args).rows(tensor(given)))
    states = [part.op for part in first if part.result]
    again = list(build("lstm", {**args, "state": ["a.h", "a.c"]}).rows(tensor(given), *states))
    assert [(part.role, part.op.shape, part.op.weights) for part in again] == [(p.role, p.op.shape, p.op.weights) for p in first]
    assert all(set(map(id, states)) <= set(map(id, part.op.reads)) for part in again if part.role.endswith("recurrence"))


def test_every_step_of_a_recurrence_may_see_all_others() -> None:
    assert the("recurrence", "gru", {"hidden": 5}, TOKENS).windows == {"N>N": None}
    assert the("gates", "gru", {"hidden": 5}, TOKENS).windows == {}


def test_sums_over_edges_are_no_macs_and_what_nodes_see_is_not_known() -> None:
    total = the("sum", "graph_conv", {"out": 5, "edges": 20}, TOKENS)
    assert (total.family, total.count(total.loops), macs(total)) == ("scatter", 20 * 5, 0)
    scores = the("scores", "graph_attention", {"out": 5, "edges": 20, "heads": 3}, TOKENS)
    assert (made(scores), scores.count(scores.loops), macs(scores)) == ({"edges": 20, "a": 3}, 2 * 6 * 15, 0)
    weighed = the("sum", "graph_attention", {"out": 5, "edges": 20, "heads": 3}, TOKENS)
    assert (weighed.count(weighed.loops), macs(weighed)) == (20 * 15, 0)
    for op in (total, scores, weighed):
        assert op.windows
        assert not [seen for seen in op.windows.values() if seen is None or seen.tracked]


def test_concat_crops_what_is_larger() -> None:
    small = {"c": 2, "h": 9, "w": 10}
    crop, whole = parts("concat", {"crop": True}, IMAGE, small)
    assert (crop.role, crop.type, made(crop.op)) == ("crop", "crop", {"c": 8, "h": 9, "w": 10})
    assert window(crop.op, "h") == Window.slide(12, 1, 1, -1, -2)
    assert (whole.role, made(whole.op)) == ("", {"c": 10, "h": 9, "w": 10})
    assert whole.op.reads[0] is crop.op
    assert [p.role for p in parts("concat", {"crop": True}, IMAGE, small, IMAGE)] == ["crop_0", "crop_2", ""]
    assert [p.role for p in parts("concat", {"crop": True}, small, small)] == [""]


def test_concat_knows_where_each_part_lies() -> None:
    (op,) = rows("concat", None, {"c": 3, "t": 5}, {"c": 4, "t": 5})
    first, second = op.windows["C_0>C"], op.windows["C_1>C"]
    assert first is not None
    assert second is not None
    assert (first.sees(2), second.sees(3)) == ((2, 2), (0, 0))


def test_split_names_its_parts() -> None:
    assert [(p.role, p.op.shape) for p in parts("split", {"parts": 3}, TOKENS)] == [(str(i), (2, 8)) for i in range(3)]
    assert not [part for part in build("split", {"parts": 2}).rows(tensor({"n": 4, "d": 2})) if not part.result]


def test_matrix_products_count() -> None:
    (op,) = rows("matmul", {"transpose": True}, {"b": 3, "n": 6, "d": 8}, {"b": 3, "m": 5, "d": 8})
    assert op.count(op.loops) == 3 * 6 * 5 * 8
    (op,) = rows("bilinear", 5, {"n": 2, "d": 3}, {"n": 2, "d": 4})
    assert op.count(op.loops) == 2 * 5 * 3 * 4
    (op,) = rows("custom", {"output": [2], "macs": 99}, VECTOR)
    assert op.count(op.loops) == 99


def test_axes_of_one_name_are_told_apart() -> None:
    square = Tensor((5, 5, 3), ("n", "n", "d"))
    op = last("linear", 4, square)
    assert (op.shape, op.names, op.count(op.loops)) == ((5, 5, 4), ("n", "n", "d"), 300)
    conv = last("conv", {"out": 2, "kernel": [3, 2], "bias": False}, Tensor((3, 9, 9), ("c", "s", "s")))
    assert (conv.shape, conv.count(conv.weights["weight"])) == ((2, 7, 8), 36)


def test_a_reshape_keeps_the_axes_that_both_shapes_have() -> None:
    there, sizes = common_axes((768, 14, 14), (768, 196))
    assert (there, sizes) == ("r196 r14 r1 -> r196 (r14 r1)", {"r196": 768, "r14": 14, "r1": 14})
    assert common_axes((768, 196), (768, 14, 14))[0] == "r196 (r14 r1) -> r196 r14 r1"
    assert common_axes((8, 1, 1), (8,))[0] == "r1 () () -> r1"
    assert common_axes((2, 3, 4), (6, 2, 2))[0] == "r12 r4 (r2 r1) -> (r12 r4) r2 r1"
    assert common_axes((5, 2, 3, 7), (5, 3, 2, 7))[0] == "r42 i21 i7 r1 -> r42 o14 o7 r1", "only the middle is mixed"


def factors(rng: random.Random, n: int) -> tuple[int, ...]:
    shape = []
    while n > 1:
        f = rng.choice([d for d in range(2, n + 1) if n % d == 0])
        shape.append(f)
        n //= f
    return tuple(shape)


def test_any_reshape_is_a_pattern_that_fits() -> None:
    rng = random.Random(1)  # noqa: S311 - no secret
    for _ in range(300):
        n = rng.choice([24, 36, 60, 210, 256])
        before, after = factors(rng, n), factors(rng, n)
        pattern, sizes = common_axes(before, after)
        op = Op("view:reshape", pattern, (Tensor(before, tuple(f"x{i}" for i in range(len(before)))),), sizes)
        assert op.shape == after


def stretched(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    padded = (1,) * (len(to) - len(shape)) + shape
    return all(n in (1, m) for n, m in zip(padded, to, strict=True))


def test_broadcasting_follows_the_rule() -> None:
    rng = random.Random(2)  # noqa: S311 - no secret
    for _ in range(500):
        xs = [
            Tensor(s, tuple(f"x{i}" for i in range(len(s))))
            for s in [tuple(rng.choices([1, 1, 2, 3], k=rng.randint(1, 4))) for _ in range(2)]
        ]
        rank = max(len(x.shape) for x in xs)
        columns = list(zip(*[(1,) * (rank - len(x.shape)) + x.shape for x in xs], strict=True))
        wanted = tuple(max(column) for column in columns)
        if all(stretched(x.shape, wanted) for x in xs):
            assert broadcast("add", tuple(xs))[0].shape == wanted
            assert last("add", None, *xs).shape == wanted
        else:
            with pytest.raises(Refused):
                broadcast("add", tuple(xs))


def read_by(mode: str, n: int, out: int, y: int, *, align: bool) -> tuple[int, int]:
    """Say what PyTorch's interpolation reads for one position, weights of zero left out where corners are aligned."""
    if mode == "nearest":
        return (y * n // out,) * 2
    if mode == "nearest_exact":
        return (floor((y + 0.5) * n / out),) * 2
    if align:
        low, over = divmod(y * (n - 1), out - 1)
        return low, low + (over > 0)
    low = floor((2 * y + 1) * n / (2 * out) - 0.5)
    return low, low + 1


@pytest.mark.parametrize(("mode", "align"), [("nearest", False), ("nearest_exact", False), ("linear", False), ("linear", True)])
@pytest.mark.parametrize(("n", "out"), [(5, 10), (4, 7), (9, 4), (3, 8), (6, 6)])
def test_interpolation_reads_what_pytorch_reads(mode: str, align: bool, n: int, out: int) -> None:  # noqa: FBT001
    (op,) = rows("upsample", {"size": out, "mode": mode, "align_corners": align}, {"c": 1, "t": n})
    found = window(op, "t")
    assert found.out == out
    if n == out:
        assert found.identity
        return
    for y in range(out):
        assert found.sees(y) == read_by(mode, n, out, y, align=align)


def test_corners_of_a_single_position() -> None:
    for n, out in ((1, 4), (4, 1)):
        (op,) = rows("upsample", {"size": out, "mode": "linear", "align_corners": True}, {"c": 1, "t": n})
        assert all(window(op, "t").sees(y)[0] == 0 for y in range(out))


def test_fold_undoes_unfold() -> None:
    (columns,) = rows("unfold", {"kernel": 3, "stride": 2, "padding": 1}, IMAGE)
    image = last("fold", {"size": [12, 10], "kernel": 3, "stride": 2, "padding": 1}, columns)
    assert made(image) == IMAGE
    assert window(columns, "h").sees(0) == (-1, 1)
    for y in range(12):
        low, high = window(image, "h").sees(y)
        touching = [i for i in range(6) if window(columns, "h").sees(i)[0] <= y <= window(columns, "h").sees(i)[1]]
        assert (low, min(high, 5)) == (touching[0], touching[-1])


def test_cuts_and_borders_move_positions() -> None:
    (cut,) = rows("slice", {"start": 2, "stop": 5}, TOKENS)
    (border,) = rows("pad", [[1, 3], 0], IMAGE)
    (front,) = rows("prepend", 2, TOKENS)
    assert window(cut, "n").sees(0) == (2, 2)
    assert window(border, "h").sees(0) == (-1, -1)
    assert window(border, "w").identity
    assert window(front, "n").sees(2) == (0, 0)
