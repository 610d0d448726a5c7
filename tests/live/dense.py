"""Sums over features, tables that are looked up, learned tensors, and several tensors made one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live.both import Form, Given, Pair, Raw, X, batch, code, either, features, image, kind
from live.windows import dressed, module

if TYPE_CHECKING:
    from live.draw import Draw


@kind("linear", on=either(features(), features(), features(), image((0,)), image((1, 2))), products=True, share=4)
def linear(draw: Draw, x: Given) -> Pair:
    out = draw.whole(1, 20)
    extra, after = dressed(draw, x, out)
    layer = module("nn.Linear", x.width, out, after=after, fields=extra)
    return Pair(
        {"linear": {"out": out, **extra}}, layer, names=" ".join([*x.names[:-1], "d"]), stricter="image" if x.image and x.rank else ""
    )


def two(draw: Draw) -> tuple[Given, Given]:
    """Draw two tensors that mostly have all axes but the last in common."""
    (x,) = features(1, 3).draw(draw)
    y = dict(x.axes) | {"d": draw.whole(1, 9)}
    if draw.flag(4):
        y[x.names[0]] += 1
    return x, Given(y, x.batch)


@kind("bilinear", on=Form(two))
def bilinear(draw: Draw, x: Given, y: Given) -> Pair:
    out, fields = draw.whole(1, 9), {"bias": False} if draw.flag() else {}
    entry = {"from": ["x", "y"], "bilinear": {"out": out, **fields}}
    return Pair(entry, code("nn.Bilinear", x.width, y.width, out, **fields), "{layer}({x}, {y})", counted=False)


def indices(draw: Draw) -> tuple[Given]:
    """Draw indices of a table of 50 rows."""
    names = ["n"] if draw.flag(70) else ["b", "n"]
    return (Given({name: draw.whole(1, 12) for name in names}, batch(draw), 50),)


@kind("embedding", on=Form(indices, lambda x: x.below > 0))
def embedding(draw: Draw, x: Given) -> Pair:
    vocab, dim = draw.whole(50, 99), draw.whole(1, 16)
    silent = {"padding_idx": 0} if draw.flag(20) else {}
    entry = {"embedding": {"vocab": vocab, "dim": dim}}
    return Pair(entry, code("nn.Embedding", vocab, dim, **silent), names=" ".join([*x.names, "d"]))


@kind("parameter", "zeros", on=Form(lambda _: (Given({"d": 1}),)))
def given(draw: Draw, x: Given) -> Pair:
    sizes = [draw.whole(1, 9) for _ in range(draw.whole(1, 4))]
    shape = dict(zip("abef", sizes, strict=False)) if draw.flag() else sizes
    if draw.flag():
        return Pair({"zeros": {"shape": shape}}, call=code("torch.zeros", *sizes))
    return Pair({"parameter": {"shape": shape}}, code("nn.Parameter", code("torch.empty", *sizes)), "{layer}")


@kind("prepend", on=features(2, 4))
def prepend(draw: Draw, x: Given) -> Pair:
    many = draw.whole(1, 4)
    layer = code("nn.Parameter", code("torch.empty", many, x.width))
    return Pair({"prepend": many}, layer, "torch.cat([{layer}.expand(*{x}.shape[:-2], -1, -1), {x}], -2)")


@kind("positional_encoding", on=features(2, 3))
def positional_encoding(draw: Draw, x: Given) -> Pair:
    if draw.flag(30):
        return Pair({"positional_encoding": "sinusoidal"}, call=f"{X} + {code('torch.empty', *x.sizes)}")
    if draw.flag(30):
        return Pair({"positional_encoding": "learned"}, code("nn.Parameter", code("torch.empty", *x.sizes)), "{x} + {layer}")
    places, past = x.sizes[:-1], draw.whole(0, 3) if draw.flag() else 0
    length = [n + past + draw.whole(-draw.flag(5), 5) for n in places]
    tables = [code("torch.arange", past, past + n) for n in places]
    flat = tables[0] if len(places) == 1 else f"{tables[0]}[:, None] * {length[1]} + {tables[1]}"
    layer = code("nn.Embedding", max(length[0] * length[-1], 1) if len(places) > 1 else length[0], x.width)
    if len(places) > 1 and any(n + past > most for n, most in zip(places, length, strict=True)):
        length, layer = [n + past for n in places], code("nn.Embedding", (places[0] + past) * (places[1] + past), x.width)
        flat = f"{tables[0]}[:, None] * {length[1]} + {tables[1]}"
    fields: dict[str, object] = {"type": "learned", "length": length} | ({"past": past} if past else {})
    return Pair({"positional_encoding": fields}, layer, f"{X} + {{layer}}({flat})")


# several tensors


def many(draw: Draw) -> tuple[Given, ...]:
    """Draw two or three tensors whose sizes mostly broadcast."""
    names = ["c", "h", "w"] if draw.flag(40) else ["a", "b", "d"]
    names = names[: draw.whole(1, 3)]
    sizes, count = {name: draw.whole(1, 9) for name in names}, draw.whole(2, 3)
    each = [{name: 1 if draw.flag(20) else n + draw.flag(3) for name, n in sizes.items()} for _ in range(count)]
    if draw.flag(30):  # fewer axes, which go with the last ones; with a batch in front they would not
        fewer = names[draw.whole(0, len(names) - 1) :]
        each[-1] = {name: each[-1][name] for name in fewer}
        return tuple(Given(axes) for axes in each)
    put = batch(draw)
    return tuple(Given(axes, put) for axes in each)


@kind("add", "subtract", "multiply", "divide", on=Form(many), share=3)
def elementwise_merge(draw: Draw, *xs: Given) -> Pair:
    signs = {"add": "+", "multiply": "*"} | ({"subtract": "-", "divide": "/"} if len(xs) == 2 else {})
    word, names = draw.one([*signs]), ["x", "y", "z"][: len(xs)]
    return Pair({word: names} if draw.flag() else {"from": names, word: {}}, call=f" {signs[word]} ".join(f"{{{name}}}" for name in names))


def alike(draw: Draw) -> tuple[Given, ...]:
    """Draw two or three tensors that mostly differ in one axis alone."""
    ((x,), count) = either(image(), features()).draw(draw), draw.whole(2, 3)
    at, more = draw.one(x.names), draw.flag(50)
    changed = [{at: draw.whole(1, 9)} if more else {} for _ in range(count - 1)]
    return x, *(Given({**x.axes, **change}, x.batch) for change in changed)


@kind("concat", on=Form(alike), share=3)
def concat(draw: Draw, *xs: Given) -> Pair:
    first, names = xs[0], ["x", "y", "z"][: len(xs)]
    different = [i for i, ns in enumerate(zip(*[x.sizes for x in xs], strict=True)) if len({*ns}) > 1]
    at = different[0] if different and draw.flag(85) else draw.whole(0, len(first.sizes) - 1)
    fields: dict[str, object] = {"axis": at - len(first.sizes) if draw.flag(40) else at}
    fields = {} if at == (0 if first.image else len(first.sizes) - 1) and draw.flag() else fields
    reads = [f"{{{name}}}" for name in names]
    if first.image and first.rank and draw.flag(30):
        size = [min(ns) for ns in zip(*[x.sizes[1:] for x in xs], strict=True)]
        fields["crop"] = True
        reads = [name + cropped(x, size) for name, x in zip(reads, xs, strict=True)]
    return Pair({"concat": {"of": names, **fields}}, call=code("torch.cat", Raw(f"[{', '.join(reads)}]"), first.axis(at)))


def cropped(x: Given, size: list[int]) -> str:
    """Write the centre of an image."""
    starts = [((n - m) // 2, m) for n, m in zip(x.sizes[1:], size, strict=True)]
    return "".join(f".narrow({x.axis(i)}, {start}, {m})" for i, (start, m) in enumerate(starts, start=1))


@kind("stack", on=Form(alike))
def stack(draw: Draw, *xs: Given) -> Pair:
    first, names = xs[0], ["x", "y", "z"][: len(xs)]
    rank = len(first.sizes)
    axis = draw.whole(-rank - 1, rank)
    call = code("torch.stack", Raw(f"[{', '.join(f'{{{name}}}' for name in names)}]"), axis if axis < 0 else axis + first.lead)
    return Pair({"stack": {"of": names, "axis": axis}}, call=call)


def matrices(draw: Draw) -> tuple[Given, Given]:
    """Draw two matrices, or stacks of them, that mostly fit."""
    n, k, m = draw.whole(1, 9), draw.whole(1, 9), draw.whole(1, 9)
    turned = draw.flag(40)
    lead = {name: draw.whole(1, 5) for name in "ab"[: draw.whole(0, 2)]}
    other = {name: 1 if draw.flag(20) else size + draw.flag(3) for name, size in lead.items()}
    met = k + draw.flag(4)
    second = {"m": m, "k": met} if turned else {"k": met, "m": m}
    if lead and draw.flag(20):
        return Given({**lead, "n": n, "k": k}), Given(second)
    put = batch(draw)
    return Given({**lead, "n": n, "k": k}, put), Given({**other, **second}, put)


@kind("matmul", on=Form(matrices), products=True)
def matmul(draw: Draw, x: Given, y: Given) -> Pair:
    turned = y.names[-1] == "k"
    fields = {"transpose": True} if turned else {}
    return Pair({"matmul": {"of": ["x", "y"], **fields}}, call="{x} @ {y}" + ".mT" * turned)
