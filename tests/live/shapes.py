"""The same elements in other shapes, parts of them, and what is left of an axis."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from live.both import Form, Given, Pair, X, batch, code, either, features, image, kind

if TYPE_CHECKING:
    from live.draw import Draw

ANY = either(image(), features())


def front(x: Given) -> list[int]:
    """Give PyTorch's batch as the beginning of a shape."""
    return [] if x.batch is None else [x.batch]


def left(x: Given, gone: set[int]) -> str:
    """Name the axes that are left when some are gone."""
    return " ".join(name for i, name in enumerate(x.names) if i not in gone)


def factors(draw: Draw, n: int, most: int = 3) -> list[int]:
    """Draw sizes that mostly make so many elements, and perhaps leave one to be worked out."""
    sizes = []
    for _ in range(draw.whole(0, most - 1)):
        sizes.append(draw.divisor(n))
        n = max(n // sizes[-1], 1)
    sizes.insert(draw.whole(0, len(sizes)), n)
    if draw.flag(40):
        sizes[draw.whole(0, len(sizes) - 1)] = -1
    return sizes


def named(draw: Draw, sizes: list[int]) -> object:
    """Name the axes, or not."""
    return dict(zip("pqrsuv", sizes, strict=False)) if draw.flag() else sizes


@kind("flatten", on=ANY)
def flatten(draw: Draw, x: Given) -> Pair:
    start = draw.axis(len(x.sizes)) if draw.flag() else 0
    end = draw.axis(len(x.sizes)) if draw.flag() else -1
    fields = ({"start": start} if start else {}) | ({"end": end} if end != -1 else {})
    names = "d" if not fields and len(x.sizes) > 1 else "?"
    return Pair({"flatten": fields}, code("nn.Flatten", x.axis(start), x.axis(end)), names=names)


@kind("unflatten", on=ANY)
def unflatten(draw: Draw, x: Given) -> Pair:
    axis = draw.axis(len(x.sizes))
    sizes = factors(draw, x.sizes[axis]) if -len(x.sizes) <= axis < len(x.sizes) else [-1]
    return Pair({"unflatten": {"axis": axis, "sizes": named(draw, sizes)}}, code("nn.Unflatten", x.axis(axis), sizes), names="?")


@kind("reshape", on=ANY)
def reshape(draw: Draw, x: Given) -> Pair:
    sizes = factors(draw, prod(x.sizes), 4)
    shape = named(draw, sizes)
    names = " ".join(shape if isinstance(shape, dict) else (f"a{i}" for i in range(len(sizes))))
    return Pair({"reshape": {"shape": shape}}, call=code("torch.reshape", X, [*front(x), *sizes]), names=names)


@kind("permute", on=ANY)
def permute(draw: Draw, x: Given) -> Pair:
    rank = len(x.sizes)
    axes = [i - rank if draw.flag(20) else i for i in draw.order(rank)]
    if draw.flag(5):
        axes[0] = draw.axis(rank)
    names = " ".join(x.names[i % rank] for i in axes)
    return Pair({"permute": axes}, call=code("torch.permute", X, [0] * x.lead + [x.axis(i) for i in axes]), names=names)


@kind("rearrange", on=ANY, share=3)
def rearrange(draw: Draw, x: Given) -> Pair:
    """Split some axes in two, reorder them all, and join some."""
    letters, told = iter("ijklmopq"), {}
    sizes: dict[str, int] = {}  # of the finest axes
    read: list[list[str]] = []
    for n in x.sizes:
        read.append([next(letters)])
        sizes[read[-1][0]] = n
        if draw.flag(40):
            part = draw.divisor(n)
            read[-1].append(next(letters))
            known, other = draw.one([read[-1], read[-1][::-1]])
            told[known] = sizes[known] = part
            sizes[other] = n // part
    every = [*sizes]
    order, made = draw.order(len(every)), list[list[str]]()
    for i in order:
        if made and draw.flag(30):
            made[-1].append(every[i])
        else:
            made.append([every[i]])
    left, right = (" ".join(dim[0] if len(dim) == 1 else f"({' '.join(dim)})" for dim in side) for side in (read, made))
    joined = [prod(sizes[axis] for axis in dim) for dim in made]
    call = code(f"{X}.reshape", *front(x), *(sizes[axis] for axis in every))
    call = code(f"{call}.permute", *[0] * x.lead, *(i + x.lead for i in order))
    call = code(f"{call}.reshape", *front(x), *joined)
    return Pair({"rearrange": {"pattern": f"{left} -> {right}", **told}}, call=call, names=" ".join(map("".join, made)))


@kind("tokens", on=image())
def tokens(draw: Draw, x: Given) -> Pair:
    return Pair({"tokens": {}}, call=f"{X}.flatten({-x.rank}).transpose(-1, -2)", names="n d")


def ones(draw: Draw) -> tuple[Given]:
    """Draw a tensor some of whose axes have one position."""
    names = ["a", "b", "d"][: draw.whole(1, 3)]
    return (Given({name: draw.one([1, 1, 2, 3]) for name in names}, batch(draw)),)


@kind("expand", on=Form(ones))
def expand(draw: Draw, x: Given) -> Pair:
    new = draw.whole(0, 2)
    sizes = [-1 if draw.flag(5) else draw.whole(1, 4) for _ in range(new)]
    sizes += [draw.whole(1, 4) if n == 1 or draw.flag(10) else draw.one([-1, n]) for n in x.sizes]
    wider = "".join(f".unsqueeze({x.lead})" for _ in range(new))
    if -1 in sizes[:new]:  # which PyTorch refuses where it is a new axis, and there is none after `unsqueeze`
        return Pair({"expand": sizes}, call=code("torch.Tensor.expand", X, [*sizes[:new], *front(x), *sizes[new:]]))
    return Pair({"expand": {"shape": named(draw, sizes)}}, call=code(f"{X}{wider}.expand", *front(x), *sizes))


@kind("select", on=ANY)
def select(draw: Draw, x: Given) -> Pair:
    axis = draw.axis(len(x.sizes))
    n = x.sizes[axis % len(x.sizes)]
    index = draw.whole(-n - draw.flag(4), n - 1 + draw.flag(4))
    call = code("torch.select", X, x.axis(axis), index)
    return Pair(
        {"select": {"index": index, "axis": axis}},
        call=call,
        names=left(x, {axis % len(x.sizes)}),
        stricter="scalar" if len(x.sizes) == 1 else "",
    )


@kind("slice", on=ANY)
def cut(draw: Draw, x: Given) -> Pair:
    axis = draw.whole(-len(x.sizes), len(x.sizes) - 1)
    at, n = axis % len(x.sizes), x.sizes[axis]
    start, stop = draw.whole(-n - 1, n) if draw.flag(70) else 0, draw.whole(-n, n + 2) if draw.flag(70) else None
    fields = ({"start": start} if start else {}) | ({"stop": stop} if stop is not None else {}) | ({"axis": axis} if axis else {})
    return Pair({"slice": fields}, call=f"{X}[{':, ' * (at + x.lead)}{start}:{'' if stop is None else stop}]")


@kind("split", on=ANY)
def split(draw: Draw, x: Given) -> Pair:
    axis = draw.whole(-len(x.sizes), len(x.sizes) - 1)
    n = x.sizes[axis]
    if draw.flag():
        parts = min(draw.divisor(n), n)
        names = tuple(f"out.{i}" for i in range(parts))
        call = code("torch.chunk", X, parts, x.axis(axis))
        return Pair({"split": {"parts": parts, "axis": axis}}, call=call, outputs=names, stricter="uneven" if n % parts else "")
    sizes, left = [], n + (draw.flag(4) - draw.flag(4))
    while left > 0:
        sizes.append(draw.whole(1, left))
        left -= sizes[-1]
    sizes = sizes or [1]
    names = tuple(f"out.{i}" for i in range(len(sizes)))
    return Pair({"split": {"sizes": sizes, "axis": axis}}, call=code("torch.split", X, sizes, x.axis(axis)), outputs=names)


@kind("mean", "sum", "max", on=ANY, share=3)
def reduction(draw: Draw, x: Given) -> Pair:
    word, keep, rank = draw.one(["mean", "sum", "max"]), draw.flag(), len(x.sizes)
    axes = [i - rank if draw.flag() else i for i in draw.order(rank)[: draw.whole(1, rank)]]
    if draw.flag(5):
        axes.append(draw.axis(rank))
    written: object = axes[0] if len(axes) == 1 and draw.flag() else axes
    call = code({"mean": "torch.mean", "sum": "torch.sum", "max": "torch.amax"}[word], X, [x.axis(i) for i in axes], keepdim=keep)
    gone = {i % rank for i in axes}
    alone = len(gone) == rank and not keep
    return Pair({word: {"axis": written, "keep": keep}}, call=call, names="" if keep else left(x, gone), stricter="scalar" if alone else "")
