"""Layers whose windows slide over an image, and images resized."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from live.both import Form, Given, Pair, Raw, X, code, image, kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from live.draw import Draw, Each

ACTS = {"relu": "nn.ReLU()", "gelu": "nn.GELU()", "tanh": "nn.Tanh()", "{leaky_relu: 0.2}": "nn.LeakyReLU(0.2)"}


def listed(value: Each, rank: int) -> list[int]:
    return [value] * rank if isinstance(value, int) else value


def borders(pairs: Sequence[Sequence[int]], mode: str = "constant") -> str:
    """Write PyTorch's borders, which start at the last axis."""
    return code("F.pad", X, [n for pair in reversed(pairs) for n in pair], mode=mode)


def tensorflow(n: int, kernel: int, stride: int, dilation: int) -> list[int]:
    """Pad as TensorFlow's `SAME` does."""
    total = max(0, (-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n)
    return [total // 2, total - total // 2]


def dressed(draw: Draw, x: Given, out: int) -> tuple[dict[str, object], list[str]]:
    """Draw what may come along with weights: bias, normalisation, activation."""
    fields: dict[str, object] = {"bias": draw.flag()} if draw.flag(40) else {}
    after: list[str] = []
    if (x.batch or 0) > 1 and (len(x.sizes) == 1 or x.image) and draw.flag(20):
        groups = draw.divisor(out)
        norms = {"batch": code(f"nn.BatchNorm{x.rank or 1}d", out), "group": code("nn.GroupNorm", groups, out)}
        norms |= {"instance": code(f"nn.InstanceNorm{x.rank}d", out)} if x.rank else {}
        norm = draw.one([*norms])
        fields, after = fields | {"norm": {"group": groups} if norm == "group" else norm}, [f"{norms[norm]}.eval()"]
    if draw.flag(15):
        act = draw.one([*ACTS])
        fields, after = fields | {"act": act}, [*after, ACTS[act]]
    return fields, after


def module(name: str, *args: object, after: Sequence[str], fields: dict[str, object], **kwargs: object) -> str:
    """Write a module with weights and what comes after it; a bias is there unless a normalisation is."""
    made = code(name, *args, **kwargs, bias=fields.get("bias", "norm" not in fields))
    return f"nn.Sequential({', '.join([made, *after])})" if after else made


class Border(NamedTuple):
    """What stands around an image under a convolution, on both sides."""

    ours: Mapping[str, object] = {}
    theirs: Mapping[str, object] = {}
    call: str = "{layer}({x})"
    before: Mapping[str, object] | None = None


def bordered(draw: Draw, x: Given, kernel: Each, stride: Each, dilation: Each) -> Border:
    """Draw a border: of numbers, of pairs, as wide as it has to be, or of what is inside."""
    match draw.one(["none", "number", "pairs", "valid", "same", "mode"]):
        case "number":
            around = {"padding": draw.each(x.rank, 0, 4)}
            return Border(around, around)
        case "pairs":
            pairs = [[draw.whole(0, 4), draw.whole(0, 4)] for _ in range(x.rank)]
            return Border({"padding": pairs}, call=f"{{layer}}({borders(pairs)})")
        case "valid":
            return Border({"padding": "valid"}, {"padding": "valid"})
        case "same":
            each = [listed(value, x.rank) for value in (kernel, stride, dilation)]
            if {*each[1]} == {1} or 0 in {*each[0], *each[1], *each[2]} or {*map(len, each)} != {x.rank}:
                return Border({"padding": "same"}, {"padding": "same"})
            widths = [*map(tensorflow, x.sizes[1:], *each)]  # PyTorch knows none with a stride; TensorFlow's is meant
            return Border({"padding": "same"}, call=f"{{layer}}({borders(widths)})")
        case "mode":
            padding, mode = draw.each(x.rank, 0, 4), draw.one(["reflect", "replicate", "circular"])
            if isinstance(padding, list):
                padding = padding[: x.rank]  # PyTorch does not count them there: one too many is a border around the channels
            return Border(theirs={"padding": padding, "padding_mode": mode}, before={"pad": {"amount": padding, "mode": mode}})
    return Border()


@kind("conv", "depthwise_conv", "pad", on=image(), products=True, share=12)
def conv(draw: Draw, x: Given) -> Pair:
    c, rank, each_alone = x.sizes[0], x.rank, draw.flag(20)
    groups = c if each_alone else draw.divisor(c) if draw.flag(40) else 1
    times = draw.whole(1, 4)
    out = c * times if each_alone else times if draw.flag(5) else groups * times
    kernel, stride = draw.sizes(rank, 4), draw.sizes(rank, 3) if draw.flag() else 1
    dilation = draw.sizes(rank, 3) if draw.flag(30) else 1
    border, (extra, after) = bordered(draw, x, kernel, stride, dilation), dressed(draw, x, out)
    steps: dict[str, object] = {}
    steps |= {"stride": stride} if stride != 1 else {}
    steps |= {"dilation": dilation} if dilation != 1 else {}
    grouped = {"groups": groups} if groups > 1 else {}
    layer = module(f"nn.Conv{rank}d", c, out, kernel, after=after, fields=extra, **steps, **grouped, **border.theirs)
    fields = {"kernel": kernel, **steps, **extra, **border.ours}
    if each_alone:
        entry = {"depthwise_conv": fields | ({"multiplier": times} if times > 1 else {})}
    else:
        entry = {"conv": {"out": out, **fields, **grouped}}
    return Pair(entry, layer, border.call) if border.before is None else Pair(border.before, layer, border.call, then=(entry,))


@kind("conv_transpose", on=image(), products=True, share=4)
def conv_transpose(draw: Draw, x: Given) -> Pair:
    c, rank = x.sizes[0], x.rank
    groups = draw.divisor(c) if draw.flag(40) else 1
    out = groups * draw.whole(1, 4) if draw.flag(95) else draw.whole(1, 4)
    plain: dict[str, object] = {"stride": draw.sizes(rank, 3)} if draw.flag(70) else {}
    plain |= {"padding": draw.each(rank, 0, 3)} if draw.flag() else {}
    plain |= {"output_padding": draw.each(rank, 0, 2)} if draw.flag(40) else {}
    plain |= {"dilation": draw.each(rank, 1, 3)} if draw.flag(30) else {}  # of 0 there is none, though PyTorch takes it here alone
    plain |= {"groups": groups} if groups > 1 else {}
    kernel, (extra, after) = draw.sizes(rank, 4), dressed(draw, x, out)
    layer = module(f"nn.ConvTranspose{rank}d", c, out, kernel, after=after, fields=extra, **plain)
    return Pair({"conv_transpose": {"out": out, "kernel": kernel, **plain, **extra}}, layer)


@kind("max_pool", "avg_pool", on=image(), share=8)
def pool(draw: Draw, x: Given) -> Pair:
    rank, kernel = x.rank, draw.sizes(x.rank, 5)
    fields: dict[str, Each] = {"kernel": kernel}
    fields |= {"stride": draw.sizes(rank, 4)} if draw.flag(60) else {}
    ceil: dict[str, Each] = {"ceil": True} if draw.flag(40) else {}
    match draw.one(["max", "avg", "lp"]):
        case "lp":  # the root of a mean of powers, times the kernel's size: only the mean makes the shape; no tuples in one dimension
            plain = {word: value[0] if isinstance(value, list) and rank == 1 else value for word, value in fields.items()}
            layer = code(f"nn.LPPool{rank}d", draw.whole(1, 3), *plain.values(), ceil_mode="ceil" in ceil)
            return Pair({"avg_pool": plain | ceil}, layer)
        case "avg":
            more: dict[str, Each] = {"padding": draw.each(rank, 0, 3)} if draw.flag(40) else {}
            silent: dict[str, object] = {"count_include_pad": False} if draw.flag(20) else {}
            silent |= {"divisor_override": 3} if draw.flag(10) and rank > 1 else {}
            layer = code(f"nn.AvgPool{rank}d", *fields.values(), **more, ceil_mode="ceil" in ceil, **silent)
            return Pair({"avg_pool": fields | ceil | more}, layer)
    more = {"padding": draw.each(rank, 0, 3)} if draw.flag(40) else {}
    more |= {"dilation": draw.sizes(rank, 3)} if draw.flag(30) else {}
    return Pair({"max_pool": fields | ceil | more}, code(f"nn.MaxPool{rank}d", *fields.values(), **more, ceil_mode="ceil" in ceil))


@kind("adaptive_avg_pool", "adaptive_max_pool", on=image())
def adaptive_pool(draw: Draw, x: Given) -> Pair:
    which, rank = draw.one(["Avg", "Max"]), x.rank
    wanted = [None if draw.flag(20) else draw.size(9) for _ in range(1 if draw.flag() else rank + draw.flag(2))]
    each = wanted * rank if len(wanted) == 1 else wanted
    told = [x.sizes[1 + i % rank] if n is None else n for i, n in enumerate(each)]  # `None` keeps an axis, but not in one dimension
    written: object = wanted[0] if len(wanted) == 1 and draw.flag() else wanted
    return Pair({f"adaptive_{which.lower()}_pool": {"size": written}}, code(f"nn.Adaptive{which}Pool{rank}d", told))


@kind("global_avg_pool", "global_max_pool", on=image())
def global_pool(draw: Draw, x: Given) -> Pair:
    which, keep = draw.one(["avg", "max"]), draw.flag()
    call = code({"avg": "torch.mean", "max": "torch.amax"}[which], X, list(range(-x.rank, 0)), keepdim=keep)
    return Pair({f"global_{which}_pool": {"keep": keep}}, call=call, names="" if keep else "c")


@kind("subsample", on=image())
def subsample(draw: Draw, x: Given) -> Pair:
    kernel, c = draw.sizes(x.rank, 4), x.sizes[0]
    layer = code("nn.Sequential", code(f"nn.AvgPool{x.rank}d", kernel), code(f"nn.Conv{x.rank}d", c, c, 1, groups=c))
    return Pair({"subsample": kernel}, layer, counted=False)  # the gain is no product of matrices here


@kind("unfold", on=image((2,)))
def unfold(draw: Draw, x: Given) -> Pair:
    fields: dict[str, object] = {"kernel": draw.sizes(2, 4)}
    fields |= {"dilation": draw.sizes(2, 3)} if draw.flag(30) else {}
    fields |= {"padding": draw.each(2, 0, 3)} if draw.flag(40) else {}
    fields |= {"stride": draw.sizes(2, 3)} if draw.flag(40) else {}
    told = {"kernel_size" if word == "kernel" else word: value for word, value in fields.items()}
    return Pair({"unfold": fields}, code("nn.Unfold", **told), names="d n")


def columns(draw: Draw) -> tuple[Given]:
    """Draw columns that an image may have been unfolded to."""
    d, n = draw.one([4, 6, 8, 9, 12, 18, 36]), draw.one([1, 2, 4, 6, 9, 12, 16, 20, 25])
    return (Given({"d": d, "n": n}, draw.one([None, 1, 2])),)


@kind("fold", on=Form(columns))
def fold(draw: Draw, x: Given) -> Pair:
    kernel, stride, padding, dilation = ([draw.whole(low, 3) for _ in range(2)] for low in (1, 1, 0, 1))
    rows = draw.divisor(x.width)
    size = [
        max((many - 1) * s + d * (k - 1) + 1 - 2 * p + draw.whole(0, s - draw.flag(95)), 0)
        for many, k, s, p, d in zip((rows, x.width // rows), kernel, stride, padding, dilation, strict=True)
    ]
    told = {"stride": stride, "padding": padding, "dilation": dilation}
    return Pair({"fold": {"size": size, "kernel": kernel, **told}}, code("nn.Fold", size, kernel, **told), names="c h w")


@kind("pad", on=image(), share=4)
def pad(draw: Draw, x: Given) -> Pair:
    mode = draw.one(["constant", "reflect", "replicate", "circular"])
    low = -2 if draw.flag(30) else 0
    amount = [[draw.whole(low, 4), draw.whole(low, 4)] for _ in range(x.rank)]
    if mode == "constant" and draw.flag(20):
        axis = draw.whole(-len(x.sizes), x.rank)
        behind = -1 - axis if axis < 0 else x.rank - axis
        return Pair({"pad": {"amount": amount[:1], "axis": axis}}, call=code("F.pad", X, [0, 0] * behind + amount[0]))
    written: object = amount
    if draw.flag(30):
        amount = amount[:1] * x.rank
        written = amount[0][0] if len({*amount[0]}) == 1 else amount[:1]
    if draw.flag() and mode != "constant":
        name = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}[mode]
        layer = code(f"nn.{name}Pad{x.rank}d", [n for pair in reversed(amount) for n in pair])
        return Pair({"pad": {"amount": written, "mode": mode}}, layer)
    return Pair({"pad": {"amount": written, "mode": mode}}, call=borders(amount, mode))


@kind("crop", on=image())
def crop(draw: Draw, x: Given) -> Pair:
    size = [draw.whole(1, n + draw.flag(2)) for n in x.sizes[1:]]
    first = [(n - m) // 2 for n, m in zip(x.sizes[1:], size, strict=True)]
    call = X
    for i, (start, many) in enumerate(zip(first, size, strict=True), start=1):
        call = Raw(f"{call}.narrow({x.axis(i)}, {start}, {many})")
    return Pair({"crop": size}, call=call)


@kind("upsample", on=image(bare=False), share=4)
def upsample(draw: Draw, x: Given) -> Pair:
    smooth = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}
    every = ["nearest", "nearest-exact", *(smooth[x.rank] if draw.flag(92) else ["linear", "bilinear", "bicubic", "trilinear"])]
    mode, align = draw.one(every), draw.flag(30)
    fields: dict[str, object] = {"mode": mode.replace("-", "_")} if mode != "nearest" or draw.flag() else {}
    fields |= {"align_corners": True} if align else {}
    told: dict[str, object] = {"mode": mode} | ({"align_corners": True} if align else {})
    if draw.flag(40):
        size = draw.each(x.rank, 1, 20)
        return Pair({"upsample": fields | {"size": size}}, code("nn.Upsample", size=size, **told))
    scale: float | list[float] = [round(draw.whole(1, 60) / draw.one([10, 12, 16, 20]), 4) for _ in range(x.rank)]
    scale = scale if draw.flag() else scale[0]  # type: ignore[index]
    scale = float(draw.whole(1, 4)) if draw.flag(40) else scale
    return Pair({"upsample": fields | {"scale": scale}}, code("nn.Upsample", scale_factor=scale, **told))


@kind("pixel_shuffle", "pixel_unshuffle", on=image((2,)))
def pixel_shuffle(draw: Draw, x: Given) -> Pair:
    scale = draw.one([1, 2, 2, 2, 3, 4])
    name, module = draw.one([("pixel_shuffle", "nn.PixelShuffle"), ("pixel_unshuffle", "nn.PixelUnshuffle")])
    return Pair({name: scale}, code(module, scale))


@kind("channel_shuffle", on=image(bare=False))
def channel_shuffle(draw: Draw, x: Given) -> Pair:
    groups = draw.divisor(x.sizes[0])
    return Pair({"channel_shuffle": groups}, code("nn.ChannelShuffle", groups))
