"""Recurrent layers, attention, and the transformer's layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.both import Form, Given, Pair, X, batch, code, features, kind

if TYPE_CHECKING:
    from live.draw import Draw

SEQUENCE = features(2, 2)


def short(x: Given) -> bool:
    """Tell a sequence of few steps: on the meta device PyTorch runs them one by one."""
    return SEQUENCE.fits(x) and x.sizes[0] <= 6


def started(draw: Draw) -> tuple[Given, ...]:
    """Draw a sequence."""
    return (Given({"n": draw.whole(1, 5), "d": draw.whole(1, 9)}, batch(draw)),)


@kind("rnn", "gru", "lstm", on=Form(started, short), products=True)
def recurrent(draw: Draw, x: Given) -> Pair:
    word, hidden, layers, both = draw.one(["rnn", "gru", "lstm"]), draw.whole(1, 9), draw.one([1, 1, 2, 3]), draw.flag()
    fields: dict[str, object] = {"hidden": hidden}
    fields |= ({"layers": layers} if layers > 1 else {}) | ({"bidirectional": True} if both else {})
    fields |= {"bias": False} if draw.flag(30) else {}
    fields |= {"proj": draw.whole(1, max(hidden - draw.flag(90), 1))} if word == "lstm" and draw.flag(40) else {}
    words = {"hidden": "hidden_size", "layers": "num_layers", "proj": "proj_size"}
    told = {words.get(field, field): value for field, value in fields.items()}
    told |= {"dropout": 0.1} if layers > 1 and draw.flag(30) else {}
    told |= {"nonlinearity": "relu"} if word == "rnn" and draw.flag(30) else {}
    layer = code(f"nn.{word.upper()}", x.width, **told, batch_first=True)
    state = ".transpose(0, 1)" * x.lead  # PyTorch's batch is the second axis of states, always
    if word == "lstm":
        first, call = f"out, (h, c) = {{layer}}({X})", f"(out, h{state}, c{state})"
    else:
        first, call = f"out, h = {{layer}}({X})", f"(out, h{state})"
    outputs = ("out", "out.h", *(["out.c"] if word == "lstm" else []))
    return Pair({word: fields}, layer, call, first, outputs=outputs)


def with_states(draw: Draw) -> tuple[Given, ...]:
    """Draw a sequence and the states that a recurrent layer starts from: of so many rows, so wide."""
    (x,) = started(draw)
    rows, width = draw.whole(1, 4), draw.whole(1, 9)
    states = [Given({"r": rows, "d": width}, x.batch) for _ in range(draw.whole(1, 2))]
    return x, *states


@kind("rnn", "gru", "lstm", on=Form(with_states), share=1)
def recurrent_started(draw: Draw, x: Given, *states: Given) -> Pair:
    rows, hidden = states[0].sizes
    word = "lstm" if len(states) == 2 else draw.one(["rnn", "gru"])
    both = rows % 2 == 0 and draw.flag()
    layers = rows // (1 + both) + draw.flag(4)
    fields = {"hidden": hidden, "layers": layers, "bidirectional": both}
    layer = code(f"nn.{word.upper()}", x.width, hidden, layers, bidirectional=both, batch_first=True)
    turn = ".transpose(0, 1).contiguous()" * x.lead
    given = f"({{y}}{turn}, {{z}}{turn})" if word == "lstm" else f"{{y}}{turn}"
    entry = {"from": "x", word: {**fields, "state": ["y", "z"][: len(states)]}}
    return Pair(entry, layer, f"{{layer}}({X}, {given})[0]")


def heads(draw: Draw) -> tuple[Given]:
    """Draw a sequence whose width mostly divides into heads."""
    return (Given({"n": draw.whole(1, 9), "d": draw.one([4, 6, 8, 12, 16, draw.whole(1, 9)])}, batch(draw)),)


def memories(draw: Draw) -> tuple[Given, ...]:
    """Draw a sequence, and one or two that it attends to."""
    (x,) = heads(draw)
    m = draw.whole(1, 9)
    y = Given({"m": m, "d": x.width if draw.flag() else draw.whole(1, 12)}, x.batch)
    z = Given({"m": m + draw.flag(4), "d": y.width if draw.flag() else draw.whole(1, 12)}, x.batch)
    return (x, y, z) if draw.flag() else (x, y)


def attends(draw: Draw, x: Given) -> tuple[dict[str, object], dict[str, object]]:
    """Draw what attention to oneself and to others has in common, in both languages."""
    count = draw.divisor(x.width)
    biased = {"bias": False} if draw.flag(30) else {}
    ours: dict[str, object] = {"heads": count, **biased}
    theirs: dict[str, object] = {**biased}
    for field, word in (("bias_kv", "add_bias_kv"), ("zero_attn", "add_zero_attn")):
        if draw.flag(20):
            ours[field] = theirs[word] = True
    return ours, theirs


@kind("attention", on=Form(heads, SEQUENCE.fits), products=True, share=4)
def attention(draw: Draw, x: Given) -> Pair:
    ours, theirs = attends(draw, x)
    mask, n = "", x.sizes[0]
    if draw.flag(30):
        ours["causal"] = True
        mask = f", attn_mask={code('torch.zeros', n, n)}"
    if draw.flag(20):
        ours["dropout"] = theirs["dropout"] = 0.1
    silent = ", need_weights=False" if draw.flag() else ""
    layer = code("nn.MultiheadAttention", x.width, ours["heads"], **theirs, batch_first=True)
    return Pair({"attention": ours}, layer, f"{{layer}}({X}, {X}, {X}{mask}{silent})[0]")


@kind("attention", on=Form(memories), products=True, share=4)
def cross_attention(draw: Draw, x: Given, *memory: Given) -> Pair:
    ours, theirs = attends(draw, x)
    key, value = memory[0], memory[-1]
    for name, one in (("kdim", key), ("vdim", value)):
        told = one.width + draw.flag(2)
        if draw.flag(40) or told != one.width:
            ours[name] = told
        theirs[name] = told
    layer = code("nn.MultiheadAttention", x.width, ours["heads"], **theirs, batch_first=True)
    names = ["y", "z"][: len(memory)]
    entry = {"from": "x", "attention": {**ours, "kv": names}}
    return Pair(entry, layer, f"{{layer}}({X}, {{y}}, {{{names[-1]}}})[0]")


def apart(x: str, heads: int) -> str:
    """Take heads apart that lie side by side."""
    return f"{x}.unflatten(-1, ({heads}, -1)).transpose(-2, -3)"


@kind("attention", on=Form(heads, SEQUENCE.fits), products=True, share=3)
def grouped_attention(draw: Draw, x: Given) -> Pair:
    """Write what `nn.MultiheadAttention` does not have: heads that share keys, of any width, normalised, with keys of before."""
    of_keys, shared, past = draw.whole(1, 3), draw.whole(1, 3), draw.whole(0, 3) if draw.flag(40) else 0
    count = of_keys * shared + draw.flag(4)
    told = draw.flag() or x.width % count > 0
    width = draw.whole(1, 4) if told else x.width // count
    biases = [draw.flag() for _ in range(4)]
    norm = draw.one(["none", "rms", "layer"])
    ours: dict[str, object] = {"heads": count, "kv_heads": of_keys}
    ours |= {"head_dim": width} if told else {}
    ours |= {"bias": biases} if draw.flag() else {"bias": biases[:3], "out_bias": biases[3]}
    ours |= ({"past": past} if past else {}) | ({"qk_norm": norm} if norm != "none" else {})
    outs = [count * width, of_keys * width, of_keys * width]
    made = [code("nn.Linear", x.width, out, bias=bias) for out, bias in zip(outs, biases, strict=False)]
    made += [code("nn.Linear", count * width, x.width, bias=biases[3])]
    module = {"none": "nn.Identity", "rms": "nn.RMSNorm", "layer": "nn.LayerNorm"}[norm]
    layer = f"nn.ModuleList([{', '.join([*made, *[code(module, width)] * 2])}])"
    before = "" if x.batch is None else f"{x.batch}, "
    longer = [f"torch.cat([torch.zeros({before}{past}, {of_keys * width}), {{layer}}[{i}]({X})], -2)" for i in (1, 2)]
    q, k, v = apart(f"{{layer}}[0]({X})", count), *(apart(text, of_keys) for text in longer)
    call = f"F.scaled_dot_product_attention({{layer}}[4]({q}), {{layer}}[5]({k}), {v}, enable_gqa=True)"
    return Pair({"attention": ours}, layer, f"{{layer}}[3]({call}.transpose(-2, -3).flatten(-2))")


def matched(draw: Draw) -> tuple[Given, ...]:
    """Draw queries, keys and values of some heads side by side, mostly of one width."""
    count, width = draw.whole(1, 3), draw.whole(1, 4)
    lead = {"b": draw.whole(1, 3)} if draw.flag(30) else {}
    put, n, m = batch(draw), draw.whole(1, 9), draw.whole(1, 9)
    shared = draw.whole(1, 2)
    q = {**lead, "n": n, "d": count * shared * width}
    k = {**lead, "m": m, "d": count * (width + draw.flag(3))}
    v = {**lead, "m": m + draw.flag(3), "d": count * draw.whole(1, 4)}
    return tuple(Given(axes, put) for axes in (q, k, v))


@kind("scaled_dot_product_attention", on=Form(matched), products=True, share=3)
def dot_product_attention(draw: Draw, q: Given, k: Given, v: Given) -> Pair:
    whole = [i for i in range(1, 4) if k.width % i == 0 and v.width % i == 0]
    of_keys = draw.one(whole)
    count = of_keys * max(q.width // max(k.width, 1), 1)
    causal, shared = draw.flag(30), {"kv_heads": of_keys} if count != of_keys else {}
    fields = {"heads": count, **shared} | ({"causal": True} if causal else {})
    reads = [apart("{x}", count), apart("{y}", of_keys), apart("{z}", of_keys)]
    dropped = {"dropout": 0.1} if draw.flag(20) else {}
    told = ", is_causal=True" * causal + ", enable_gqa=True" * bool(shared) + ", dropout_p=0.1" * bool(dropped)
    call = f"F.scaled_dot_product_attention({', '.join(reads)}{told}).transpose(-2, -3).flatten(-2)"
    return Pair({"from": ["x", "y", "z"], "scaled_dot_product_attention": fields | dropped}, call=call)


def encoded(draw: Draw, x: Given) -> tuple[dict[str, object], dict[str, object]]:
    """Draw what the transformer's layers have in common, in both languages."""
    count, wide, act = draw.divisor(x.width), draw.whole(1, 20), draw.one(["relu", "gelu"])
    ours: dict[str, object] = {"heads": count, "ff": wide, "act": act}
    theirs: dict[str, object] = {"nhead": count, "dim_feedforward": wide, "activation": act}
    for field, value in (("norm_first", True), ("bias", False)):
        if draw.flag(40):
            ours[field] = theirs[field] = value
    return ours, theirs


@kind(on=Form(heads, SEQUENCE.fits), products=True, share=1)
def transformer_encoder(draw: Draw, x: Given) -> Pair:
    ours, theirs = encoded(draw, x)
    layer = code("nn.TransformerEncoderLayer", x.width, **theirs, batch_first=True)
    if draw.flag():
        return Pair({"TransformerEncoderLayer": ours}, layer, use="lib:transformer")
    depth, final = draw.whole(1, 3), draw.flag()
    norm = code("nn.LayerNorm", x.width, bias=theirs.get("bias", True))
    stack = code("nn.TransformerEncoder", layer, depth, **({"norm": norm} if final else {}), enable_nested_tensor=False)
    return Pair({"TransformerEncoder": {"depth": depth, "final_norm": final, **ours}}, stack, use="lib:transformer")


def remembered(draw: Draw) -> tuple[Given, Given]:
    """Draw a sequence, and one of the same width that it attends to."""
    (x,) = heads(draw)
    return x, Given({"m": draw.whole(1, 9), "d": x.width + draw.flag(4)}, x.batch)


@kind(on=Form(remembered), products=True, share=1)
def transformer_decoder(draw: Draw, x: Given, y: Given) -> Pair:
    ours, theirs = encoded(draw, x)
    ours |= {"memory": "y", "causal": draw.flag()}
    layer, call = code("nn.TransformerDecoderLayer", x.width, **theirs, batch_first=True), "{layer}({x}, {y})"
    if draw.flag():
        return Pair({"from": "x", "TransformerDecoderLayer": ours}, layer, call, use="lib:transformer")
    depth, final = draw.whole(1, 3), draw.flag()
    norm = code("nn.LayerNorm", x.width, bias=theirs.get("bias", True))
    stack = code("nn.TransformerDecoder", layer, depth, **({"norm": norm} if final else {}))
    return Pair({"from": "x", "TransformerDecoder": {"depth": depth, "final_norm": final, **ours}}, stack, call, use="lib:transformer")
