"""Layers that keep the shape of a tensor: activations, normalisations, dropout, learned gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.both import Form, Given, Pair, Raw, X, code, either, features, image, kind

if TYPE_CHECKING:
    from live.draw import Draw

ANY = either(image(), features())
ONE = image((0,))  #: channels alone

MODULES = {
    "identity": "Identity", "relu": "ReLU", "relu6": "ReLU6", "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish",
    "softplus": "Softplus", "softsign": "Softsign", "hardswish": "Hardswish", "hardsigmoid": "Hardsigmoid", "sigmoid": "Sigmoid",
    "tanh": "Tanh", "leaky_relu": "LeakyReLU", "elu": "ELU", "celu": "CELU",
}  # fmt: skip
TOLD = {"leaky_relu": "slope", "elu": "alpha", "celu": "alpha"}


@kind(*MODULES, on=ANY, share=3)
def activation(draw: Draw, x: Given) -> Pair:
    word = draw.one([*MODULES])
    told = [draw.whole(1, 20) / 10] if word in TOLD and draw.flag() else []
    return Pair({word: {TOLD[word]: told[0]} if told else {}}, code(f"nn.{MODULES[word]}", *told))


CALLS = {
    "square": "torch.square({x})", "pow": "torch.pow({x}, 3)", "clamp": "torch.clamp({x}, -1, 1)", "hardtanh": "F.hardtanh({x})",
    "quick_gelu": "{x} * torch.sigmoid(1.702 * {x})", "logsigmoid": "F.logsigmoid({x})", "hardshrink": "F.hardshrink({x})",
    "softshrink": "F.softshrink({x})", "tanhshrink": "F.tanhshrink({x})", "threshold": "F.threshold({x}, 0.1, 20)",
}  # fmt: skip
NAMED = (
    "sin cos tan asin acos atan sinh cosh exp exp2 expm1 log log2 log10 log1p sqrt rsqrt abs neg reciprocal sign floor ceil round trunc erf"
)


@kind("elementwise", on=ANY)
def elementwise(draw: Draw, x: Given) -> Pair:
    calls = CALLS | {word: f"torch.{word}({{x}})" for word in NAMED.split()}
    word = draw.one([*calls])
    return Pair({"elementwise": word}, call=calls[word])


@kind("prelu", on=either(image(bare=False), Form(lambda draw: (Given({"d": draw.whole(1, 9)}, draw.whole(1, 3)),))))
def prelu(draw: Draw, x: Given) -> Pair:
    shared = draw.flag(40)
    return Pair({"prelu": {"shared": True} if shared else {}}, code("nn.PReLU", 1 if shared else x.sizes[0]))


@kind("softmax", "log_softmax", "glu", on=ANY)
def along(draw: Draw, x: Given) -> Pair:
    word, axis = draw.one(["softmax", "log_softmax", "glu"]), draw.axis(len(x.sizes))
    module = {"softmax": "nn.Softmax", "log_softmax": "nn.LogSoftmax", "glu": "nn.GLU"}[word]
    return Pair({word: {"axis": axis}}, code(module, x.axis(axis)))


@kind("maxout", on=ANY)
def maxout(draw: Draw, x: Given) -> Pair:
    at = 0 if x.image else len(x.sizes) - 1
    pieces = draw.divisor(x.sizes[at])
    return Pair({"maxout": pieces}, call=f"{{x}}.unflatten({x.axis(at)}, (-1, {pieces})).amax({x.axis(at) + 1})")


@kind("dropout", on=ANY)
def dropout(draw: Draw, x: Given) -> Pair:
    p = draw.whole(0, 20) / 20
    modules = ["nn.Dropout", "nn.AlphaDropout", *([f"nn.Dropout{x.rank}d"] if x.image and x.rank and x.batch is not None else [])]
    return Pair({"dropout": p}, code(draw.one(modules), p))


#: PyTorch refuses to normalise the only value of a whole batch; here a network is the same for any batch, so there are two examples.
TWO = image((0, 1, 2, 3), bare=False, least=2)


@kind("batch_norm", on=either(TWO, features(1, 1, bare=False, least=2)))
def batch_norm(draw: Draw, x: Given) -> Pair:
    fields = ({"affine": False} if draw.flag(40) else {}) | ({"running_stats": False} if draw.flag(40) else {})
    told = {"track_running_stats" if word == "running_stats" else word: value for word, value in fields.items()}
    return Pair({"batch_norm": fields}, code(f"nn.BatchNorm{x.rank or 1}d", x.sizes[0], **told) + ".eval()")


@kind("instance_norm", on=image())
def instance_norm(draw: Draw, x: Given) -> Pair:
    fields = ({"affine": True} if draw.flag(40) else {}) | ({"running_stats": True} if draw.flag(40) else {})
    told = {"track_running_stats" if word == "running_stats" else word: value for word, value in fields.items()}
    return Pair({"instance_norm": fields}, code(f"nn.InstanceNorm{x.rank}d", x.sizes[0], **told) + ".eval()")


@kind("group_norm", on=TWO)
def group_norm(draw: Draw, x: Given) -> Pair:
    groups, fields = draw.divisor(x.sizes[0]), {"affine": False} if draw.flag(40) else {}
    return Pair({"group_norm": {"groups": groups, **fields}}, code("nn.GroupNorm", groups, x.sizes[0], **fields))


@kind("layer_norm", "rms_norm", on=ANY, share=3)
def layer_norm(draw: Draw, x: Given) -> Pair:
    word = draw.one(["layer_norm", "rms_norm"])
    fields: dict[str, object] = {"affine": False} if draw.flag(40) else {}
    fields |= {"bias": False} if word == "layer_norm" and draw.flag(40) else {}
    told = {"elementwise_affine" if field == "affine" else field: value for field, value in fields.items()}
    module = {"layer_norm": "nn.LayerNorm", "rms_norm": "nn.RMSNorm"}[word]
    if draw.flag(25):
        axis = draw.whole(-len(x.sizes), len(x.sizes) - 1)
        at = axis % len(x.sizes) + x.lead
        layer = code(module, x.sizes[axis], **told)
        return Pair({word: {"axis": axis, **fields}}, layer, f"{{layer}}({{x}}.movedim({at}, -1)).movedim(-1, {at})")
    axes = draw.whole(1, len(x.sizes))
    written = {} if axes == 1 and not x.image and draw.flag() else {"axes": axes}
    return Pair({word: written | fields}, code(module, x.sizes[-axes:], **told))


@kind("local_response_norm", on=image(bare=False))
def local_response_norm(draw: Draw, x: Given) -> Pair:
    size = draw.size(7)
    call = "{layer}({x}.contiguous())"  # in 3-D PyTorch refuses what lies otherwise in memory; here there is no memory
    return Pair({"local_response_norm": size}, code("nn.LocalResponseNorm", size), call)


@kind("scale", on=ANY)
def scale(draw: Draw, x: Given) -> Pair:
    axis = draw.whole(-len(x.sizes), len(x.sizes) - 1)
    at = axis % len(x.sizes)
    shape = [x.sizes[at], *[1] * (len(x.sizes) - 1 - at)]
    return Pair({"scale": axis}, f"nn.Parameter({code('torch.empty', *shape)})", "{x} * {layer}")


@kind("squeeze_excite", on=image(), products=True)
def squeeze_excite(draw: Draw, x: Given) -> Pair:
    squeeze, c = draw.whole(1, 9), x.sizes[0]
    acts = {"relu": "nn.ReLU()", "silu": "nn.SiLU()"}
    gates = {"sigmoid": "nn.Sigmoid()", "hardsigmoid": "nn.Hardsigmoid()"}
    act, gate = draw.one([*acts]), draw.one([*gates])
    fields = {"squeeze": squeeze} | ({"act": act} if act != "relu" else {}) | ({"gate": gate} if gate != "sigmoid" else {})
    pool, *convs = (
        code(f"nn.AdaptiveAvgPool{x.rank}d", 1),
        code(f"nn.Conv{x.rank}d", c, squeeze, 1),
        code(f"nn.Conv{x.rank}d", squeeze, c, 1),
    )
    layer = code("nn.Sequential", pool, convs[0], Raw(acts[act]), convs[1], Raw(gates[gate]))
    return Pair({"squeeze_excite": fields}, layer, f"{X} * {{layer}}({X})")
