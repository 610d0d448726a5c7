"""What each operation keeps for the backward pass, against PyTorch: operands, output, and how much besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import net, recorded, spec

from archcalc.training.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS: dict[str, dict[str, Any]] = {record["op"]: record for record in recorded("autograd.json.gz")}
BATCH = 2
SPATIAL = {1: "d", 2: "c t", 3: "c h w", 4: "c t h w"}
ROWS = {1: "d", 2: "n d", 3: "b n d", 4: "b h n d"}

SAME_NAME = (
    "relu", "relu6", "selu", "gelu", "silu", "mish", "softplus", "softsign", "hardswish", "hardsigmoid", "sigmoid", "tanh", "leaky_relu",
    "elu", "celu",
)  # fmt: skip
ELEMENTWISE = ("logsigmoid", "hardshrink", "softshrink", "tanhshrink", "threshold", "hardtanh", "quick_gelu")
FUNCTIONS = (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt",
    "square", "abs", "neg", "reciprocal", "sign", "floor", "ceil", "round", "trunc", "erf",
)  # fmt: skip
#: Operations of one tensor with its channels in front, by PyTorch's call.
IMAGES = {
    "conv1d": "conv: {out: 16, kernel: 3, padding: 1}",
    "conv2d": "conv: {out: 16, kernel: 3, padding: 1}",
    "conv2d no bias": "conv: {out: 16, kernel: 3, padding: 1, bias: false}",
    "conv2d same padding": "conv: {out: 16, kernel: 3, padding: same}",
    "conv2d pointwise": "conv: {out: 16, kernel: 1}",
    "conv2d frozen weight": "freeze: true, conv: {out: 16, kernel: 3, padding: 1}",
    "conv2d, x without grad": "conv: {out: 16, kernel: 3, padding: 1}",
    "conv2d grouped": "conv: {out: 16, kernel: 3, padding: 1, groups: 2}",
    "conv2d depthwise": "depthwise_conv: {kernel: 3, padding: 1}",
    "conv3d": "conv: {out: 8, kernel: 3, padding: 1}",
    "conv_transpose1d": "conv_transpose: {out: 16, kernel: 2, stride: 2}",
    "conv_transpose2d": "conv_transpose: {out: 16, kernel: 2, stride: 2}",
    "conv_transpose3d": "conv_transpose: {out: 8, kernel: 2, stride: 2}",
    **{name: name for name in SAME_NAME},
    "softmax": "softmax: 0",
    "softmax last axis": "softmax",
    "log_softmax": "log_softmax: 0",
    "glu": "glu: 0",
    "gelu tanh": "gelu",
    "maxout by view+max": "maxout: 2",
    **{name: f"elementwise: {name}" for name in ELEMENTWISE},
    **{f"torch.{name}": f"elementwise: {name}" for name in FUNCTIONS},
    "torch.tanh": "tanh",
    "torch.sigmoid": "sigmoid",
    "torch.pow(x,2)": "elementwise: pow",
    "torch.pow(x,3)": "elementwise: pow",
    "torch.clamp(x,0,1)": "elementwise: clamp",
    "prelu per channel": "prelu",
    "prelu shared": "prelu: {shared: true}",
    "batch_norm train": "batch_norm",
    "batch_norm1d train 2-D": "batch_norm",
    "batch_norm train no affine": "batch_norm: {affine: false}",
    "batch_norm train no running stats": "batch_norm: {running_stats: false}",
    "batch_norm train, frozen affine": "freeze: true, batch_norm",
    "torchvision FrozenBatchNorm2d": "batch_norm: {frozen: true}",
    "layer_norm over chw": "layer_norm: 3",
    "group_norm": "group_norm: 4",
    "group_norm no affine": "group_norm: {groups: 4, affine: false}",
    "instance_norm affine": "instance_norm: {affine: true}",
    "instance_norm": "instance_norm",
    "instance_norm running stats": "instance_norm: {affine: true, running_stats: true}",
    "local_response_norm": "local_response_norm: 5",
    "max_pool1d": "max_pool: {kernel: 3, stride: 2}",
    "max_pool2d": "max_pool: {kernel: 3, stride: 2}",
    "max_pool2d ceil": "max_pool: {kernel: 2, ceil: true}",
    "max_pool2d dilated": "max_pool: {kernel: 2, dilation: 2}",
    "max_pool3d": "max_pool: 2",
    "avg_pool1d": "avg_pool: {kernel: 3, stride: 2}",
    "avg_pool2d": "avg_pool: {kernel: 3, stride: 2}",
    "avg_pool3d": "avg_pool: 2",
    "adaptive_avg_pool2d to 1": "adaptive_avg_pool: 1",
    "adaptive_avg_pool2d 13 to 6": "adaptive_avg_pool: 6",
    "adaptive_avg_pool2d to own size": "adaptive_avg_pool: 13",
    "adaptive_avg_pool2d (1,None)": "adaptive_avg_pool: [1, none]",
    "adaptive_avg_pool1d to 1": "adaptive_avg_pool: 1",
    "adaptive_avg_pool1d to 5": "adaptive_avg_pool: 5",
    "adaptive_avg_pool3d to 1": "adaptive_avg_pool: 1",
    "adaptive_avg_pool3d to 2": "adaptive_avg_pool: 2",
    "adaptive_max_pool2d to 1": "adaptive_max_pool: 1",
    "adaptive_max_pool2d to 6": "adaptive_max_pool: 6",
    "adaptive_max_pool1d to 5": "adaptive_max_pool: 5",
    "global_avg_pool by mean": "global_avg_pool",
    "global_avg_pool by mean keepdim": "global_avg_pool: {keep: true}",
    "global_max_pool by F.max_pool2d": "global_max_pool: {keep: true}",
    "dropout": "dropout",
    "dropout p=0.2": "dropout: 0.2",
    "alpha_dropout": "dropout",
    "stochastic depth row": "drop_path: 0.5",
    "drop_path of timm": "drop_path: 0.5",
    "pad constant": "pad: 1",
    "pad reflect": "pad: {amount: 1, mode: reflect}",
    "pad replicate": "pad: {amount: 1, mode: replicate}",
    "pad circular": "pad: {amount: 1, mode: circular}",
    "pad negative (crop)": "crop: 11",
    "interpolate nearest": "upsample: 2",
    "interpolate bilinear": "upsample: {scale: 2, mode: bilinear}",
    "interpolate bilinear aligned": "upsample: {scale: 2, mode: bilinear, align_corners: true}",
    "interpolate bicubic": "upsample: {scale: 2, mode: bicubic}",
    "interpolate linear 1-D": "upsample: {scale: 2, mode: linear}",
    "pixel_shuffle": "pixel_shuffle: 2",
    "pixel_unshuffle": "pixel_unshuffle: 2",
    "F.channel_shuffle": "channel_shuffle: 2",
    "unfold": "unfold: {kernel: 3}",
    "permute+reshape": "tokens",
    "permute": "permute: [1, 2, 0]",
    "flatten": "flatten",
    "identity": "identity",
    "scale (learned gain per channel)": "scale",
    "scale, frozen gain": "freeze: true, scale",
    "subsample (LeNet)": "subsample: 2",
}
#: Operations of one tensor with its features at the end.
SEQUENCES = {
    "linear": "linear: 16",
    "linear no bias": "linear: {out: 16, bias: false}",
    "linear 3-D input": "linear: 16",
    "linear 3-D input no bias": "linear: {out: 16, bias: false}",
    "linear, x without grad": "linear: 16",
    "linear frozen": "freeze: true, linear: 16",
    "linear frozen 3-D input": "freeze: true, linear: 16",
    "layer_norm": "layer_norm",
    "layer_norm over 2 axes": "layer_norm: 2",
    "layer_norm no affine": "layer_norm: {affine: false}",
    "layer_norm no bias": "layer_norm: {bias: false}",
    "layer_norm frozen": "freeze: true, layer_norm",
    "rms_norm": "rms_norm",
    "rms_norm no affine": "rms_norm: {affine: false}",
    "nn.RMSNorm": "rms_norm",
    "mean axis": "mean: 0",
    "sum axis": "sum: 0",
    "max axis .values": "max: 0",
    "max axis keepdim": "max: {axis: 0, keep: true}",
    "select": "select: 0",
    "slice": "slice: {start: 1, stop: 4}",
    "positional_encoding learned": "positional_encoding: learned",
    "prepend": "prepend: 1",
    "rbf by cdist squared": "rbf: {out: 4, trainable: true}",
    "rnn 1 steps": "rnn: {hidden: 10}",
    "gru 1 steps": "gru: {hidden: 10}",
}
#: Operations of several tensors.
SEVERAL = {
    "bilinear": "bilinear: 4",
    "add same": "add",
    "add broadcast": "add",
    "subtract": "subtract",
    "multiply same": "multiply",
    "multiply broadcast (squeeze-excite)": "multiply",
    "divide": "divide",
    "divide broadcast": "divide",
    "concat": "concat: {axis: 0}",
    "stack": "stack: {axis: 0}",
    "matmul": "matmul",
    "matmul transposed": "matmul: {transpose: true}",
    "matmul 3-D": "matmul",
    "bmm": "matmul",
    "multiply same, b without grad": "multiply",
    "matmul, b without grad": "matmul",
    "divide, a without grad": "divide",
}
#: What has tests of its own below.
APART = {
    "embedding", "embedding frozen", "sdpa flash_attention", "attention by hand", "nn.MultiheadAttention self need_weights=False",
    "nn.MultiheadAttention cross need_weights=False",
}  # fmt: skip
#: What is kept otherwise here, and why.
OTHERWISE = {
    "conv2d same padding, even kernel": "PyTorch pads a copy where the sides differ, and keeps that instead of the input",
    "conv2d padding_mode reflect": "mirrored borders are a `pad` of their own here, whose input is kept beside its output, as in PyTorch",
    "global_max_pool by amax": "PyTorch has three ways to say it, and each keeps something else: here it is max pooling",
    "global_max_pool by flatten+max": "PyTorch has three ways to say it, and each keeps something else: here it is max pooling",
    "maxout by view+amax": "the largest of some axis is `max`, which keeps indices; `amax` keeps input and output",
    "amax axis": "the largest of some axis is `max`, which keeps indices; `amax` keeps input and output",
    "dropout2d": "a mask for each channel: here it is dropout, of every element",
    "divide, b without grad": "the dividend is kept whether or not the divisor needs a gradient",
    "torch.pow(2.0,x)": "`pow` is a power of the elements, not of a number",
}
#: What the language has no word for, or several, and why; names are separated by semicolons.
ABSENT = {
    "written by hand of several operations, of which each is here": (
        "silu by hand; mish by hand; hardswish by hand; hardsigmoid by hand; gelu tanh by hand (GPT-2 NewGELU); relu squared; geglu;"
        " swiglu; rms_norm by hand (Llama); rbf by hand; attention scores by hand; attention by hand, causal (nanoGPT); cosine_similarity;"
        " channel_shuffle by view/transpose/reshape; nn.TransformerEncoderLayer dropout=0; learned bias"
    ),
    "no layer of its own": (
        "torch.asinh; torch.acosh; torch.atanh; torch.erfc; rrelu train; 1/x; x+1; x*2; x/2; 1-x; -x; torch.where(x>0,x,0.0);"
        " torch.maximum(x,torch.zeros(())); F.normalize (L2); weight standardised / torch.var_mean; lp_pool2d; amax 2 axes; min axis; std;"
        " var; norm; logsumexp; cumsum; argmax; topk; sort; flip; repeat; repeat_interleave; index by list; tril; detach; maximum; baddbmm;"
        " einsum; einsum heads; lerp; addcmul; gather; masked_fill; interpolate area; cdist; cdist no matmul; cdist frozen;"
        " cdist, 30 centres (mm path); rnn cell; gru cell; lstm cell; roll; clone; max axis"
    ),
    "other words for what is here": (
        "torch.pow(x,0.5); torch.pow(x,1); x**2; torch.clamp(x,min=0); torch.clamp_min(x,0); permute+contiguous; add x+x; multiply x*x;"
        " fold; layer_norm over axis 0 (LayerNorm2d of ConvNeXt); expand; split; chunk"
    ),
    "views that PyTorch copies, so that the copy is kept instead": (
        "linear, permuted input; linear, permuted 4-D input; softmax, last axis, of a permuted;"
        " nn.MultiheadAttention self batch second need_weights=False"
    ),
    "training is meant, with noise and statistics of the batch": (
        "batch_norm eval; batch_norm eval no affine; batch_norm frozen (eval, no grads of affine); dropout p=0, training;"
        " dropout p=1, training; dropout, evaluation; stochastic depth row p=0; stochastic depth row, evaluation"
    ),
    "weights are frozen all or none": "linear frozen weight, trainable bias",
    "a mean over the whole image is `global_avg_pool`, which needs the size alone": "global_avg_pool by F.avg_pool2d",
    "attention is in one kernel, or in rows: PyTorch's other ways scale and repeat copies": (
        "sdpa math; sdpa math causal; sdpa math GQA; sdpa math dropout; sdpa math mask; sdpa flash_attention causal;"
        " sdpa flash_attention GQA; sdpa flash_attention mask; sdpa default backend on CPU; nn.MultiheadAttention self need_weights=True;"
        " nn.MultiheadAttention self batch second need_weights=True; nn.MultiheadAttention self dropout=0.1 need_weights=False;"
        " nn.TransformerEncoderLayer dropout=0.1"
    ),
    "the batch in front is copied, so that the copy is kept instead; `recurrent` of training.json has it behind": (
        "rnn 7 steps; rnn 7 steps, mkldnn off; rnn 7 steps, no bias; rnn 7 steps, bidirectional; rnn 7 steps, batch second; gru 7 steps;"
        " gru 7 steps, mkldnn off; gru 7 steps, no bias; gru 7 steps, bidirectional; gru 7 steps, batch second; lstm 7 steps, mkldnn off"
    ),
    "a kernel of oneDNN, with a workspace of its own": (
        "lstm 7 steps; lstm 1 steps; lstm 7 steps, no bias; lstm 7 steps, bidirectional; lstm 7 steps, batch second"
    ),
    "what is kept is not known": (
        "aggregate sum by index_add; aggregate sum by index_select+scatter_add; aggregate max by scatter_reduce;"
        " aggregate mean by scatter_reduce"
    ),
    "the loss is not counted": "cross_entropy; mse_loss; sum of all",
    "no operation": "checkpoint(linear,relu,linear)",
}


class Found(NamedTuple):
    """What is kept: of the operands, of the output, and besides, over a batch."""

    operands: list[bool]
    output: bool
    numbers: int  #: in floating point, masks as a CPU has them
    indices: int


def case(op: str) -> str:
    """Write a network of one operation, behind learned gains, so that its operands need gradients, except where they are said not to."""
    record = RECORDS[op]
    layer = IMAGES.get(op) or SEQUENCES.get(op) or SEVERAL[op]
    axes = SPATIAL if op in IMAGES or (op in SEVERAL and len(record["in"][0]) == 3 and "matmul" not in layer) else ROWS
    names = "ab"[: len(record["in"])]
    given = ", ".join(
        f"{name}: {{{', '.join(f'{axis}: {n}' for axis, n in zip(axes[len(shape)].split(), shape, strict=True))}}}"
        for name, shape in zip(names, record["in"], strict=True)
    )
    constant = [name for name in names if f"{name} without grad" in op or "x without grad" in op]
    gains = [f"  - {{name: of_{name}, from: {name}, scale: 0}}" for name in names if name not in constant]
    reads = [name if name in constant else f"of_{name}" for name in names]
    asked = layer if ":" in layer.rpartition("true, ")[2] else f"{layer}: {{}}"
    return net("\n".join([*gains, f"  - {{from: [{', '.join(reads)}], {asked}}}"]), f"{{{given}}}")


def found(text: str, *, flash: bool = False) -> Found:
    """Find what the rows behind the gains keep."""
    tape = Tape.of(spec(text).run(batch=BATCH).network, BATCH, flash=flash)
    gains, rows = [[row for row in tape.rows if row.step.path.startswith("of_") is gain] for gain in (True, False)]
    given = {tape.names[value]: value for value in tape.inputs}
    values = [next((gain.made for gain in gains if gain.step.path == f"of_{name}"), value) for name, value in given.items()]
    kept = {value for row in rows for value in row.kept()}
    besides = [row.beside(BATCH) for row in rows]
    output = rows[-1].made
    between = sum(tape.sizes[value] for value in kept - {*values, output})
    numbers = between + sum(extra.floats + extra.masks + extra.stats for extra in besides)
    assert not tape.unknown
    return Found([value in kept for value in values], output in kept and output not in values, numbers, sum(e.indices for e in besides))


@pytest.mark.parametrize("op", [*IMAGES, *SEQUENCES, *SEVERAL])
def test_operations(op: str) -> None:
    record = RECORDS[op]
    operands = record["input"] if isinstance(record["input"], list) else [record["input"]]
    more = {kind: BATCH * n + fixed for kind, (n, fixed) in record["more"].items()}
    assert set(more) <= {"float", "int64"}
    assert found(case(op)) == Found(operands, record["output"], more.get("float", 0), more.get("int64", 0))


@pytest.mark.parametrize(("op", "freeze"), [("embedding", False), ("embedding frozen", True)])
def test_a_table_keeps_its_indices_if_it_is_trained(op: str, *, freeze: bool) -> None:
    text = net(f"  - {{freeze: {str(freeze).lower()}, embedding: {{vocab: 50, dim: 16}}}}\n  - scale: -1", "{tokens: {n: 7}}")
    tape = Tape.of(spec(text).run().network, 1)
    assert (tape.rows[0].beside(1).indices, tape.rows[0].kept()) == (7 if RECORDS[op]["input"] else 0, ())
    assert RECORDS[op]["in"] == [[7]]


def test_attention_in_one_kernel() -> None:
    record = RECORDS["sdpa flash_attention"]
    heads, n, width = record["in"][0]
    layers = [f"  - {{name: of_{name}, from: {name}, scale: 0}}" for name in "abc"]
    layers.append(f"  - {{from: [of_a, of_b, of_c], scaled_dot_product_attention: {{heads: {heads}}}}}")
    given = ", ".join(f"{name}: {{n: {n}, d: {heads * width}}}" for name in "abc")
    made = found(net("\n".join(layers), f"{{{given}}}"), flash=True)
    assert made == Found(record["input"], record["output"], BATCH * record["more"]["float"][0], 0)
    in_rows = found(net("\n".join(layers), f"{{{given}}}"))
    assert in_rows == Found([True] * 3, output=False, numbers=BATCH * heads * n * n, indices=0)
    copies = RECORDS["attention by hand"]["more"]["float"][0]  # of queries, keys and values, which are transposed there
    assert copies == 3 * n * heads * width + heads * n * n


@pytest.mark.parametrize(
    ("op", "attention"),
    [
        ("nn.MultiheadAttention self need_weights=False", "{heads: 2}"),
        ("nn.MultiheadAttention cross need_weights=False", "{heads: 2, kv: [of_b]}"),
    ],
)
def test_multi_head_attention(op: str, attention: str) -> None:
    record = RECORDS[op]
    names = "ab"[: len(record["in"])]
    gains = "\n".join(f"  - {{name: of_{name}, from: {name}, scale: 0}}" for name in names)
    given = ", ".join(f"{name}: {{n: {n}, d: {d}}}" for name, (n, d) in zip(names, record["in"], strict=True))
    made = found(net(f"{gains}\n  - {{from: of_a, attention: {attention}}}", f"{{{given}}}"), flash=True)
    assert made.operands == [True] * len(names)  # PyTorch keeps copies of them
    assert made.numbers + BATCH * sum(n * d for n, d in record["in"]) == BATCH * record["more"]["float"][0]


def test_every_record_is_met() -> None:
    absent = [name for names in ABSENT.values() for name in names.split("; ")]
    assert sorted([*IMAGES, *SEQUENCES, *SEVERAL, *APART, *OTHERWISE, *absent]) == sorted(RECORDS)


def recurrent() -> Iterator[Any]:
    for it in recorded("training.json")["recurrent"]:
        proj = f", proj: {it['proj']}" if it["proj"] else ""
        told = f"hidden: {it['hidden']}, layers: {it['layers']}, bidirectional: {str(it['bidirectional']).lower()}{proj}"
        yield pytest.param(f"{it['kind']}: {{{told}}}", it, id=f"{it['kind']}-{it['steps']}-{it['in']}-{told}")


@pytest.mark.parametrize(("layer", "record"), [*recurrent()])
def test_recurrent_layers(layer: str, record: dict[str, Any]) -> None:
    given = f"{{a: {{n: {record['steps']}, d: {record['in']}}}}}"
    made = found(net(f"  - {{name: of_a, scale: 0}}\n  - {{from: of_a, {layer}}}", given))
    assert made == Found([True], output=False, numbers=BATCH * record["floats"], indices=0)
