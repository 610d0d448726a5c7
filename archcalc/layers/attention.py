"""Attention: every position weighs all others, or those of a window, by how well its query matches their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.algebra import Op, Tensor, Window, need
from archcalc.layers.base import Layer, Part, within
from archcalc.layers.dense import Linear, plane, positions
from archcalc.layers.fields import Bool, Bools, Maybe, NonNeg, Pos, Probability, Refs, Text, one_of
from archcalc.layers.heads import Heads, Meeting, shared_heads

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

LETTERS = "A sets of keys and values, G heads that share one, E features of a head, N queries, M keys, W those in sight"
NORMS, RELATIVE = ("none", "rms", "layer"), ("none", "bucketed", "decomposed")


class ScaledDotProductAttention(
    Layer, kind="scaled_dot_product_attention", arity=(3, 3), aliases=("sdpa", "SDPA", "dot_product_attention")
):
    """Values weighed by how queries match keys, by `from: [q, k, v]`: `(…, n, d), (…, m, d), (…, m, e) -> (…, n, e)`.

    Leading axes are batch. As `torch.nn.functional.scaled_dot_product_attention`, but heads lie side by side in the last axis; `kv_heads`
    of them have keys and values. All pairs are counted under `causal` too; a `window` counts n·min(m, window). `dropout` is a row between
    softmax and values, in training.
    """

    letters: ClassVar[str] = LETTERS

    called: ClassVar[tuple[str, ...]] = ("q", "k", "v")

    heads: Pos = 1
    kv_heads: Maybe[Pos] = None
    causal: Bool = False
    window: Maybe[Pos] = None
    dropout: Maybe[Probability] = None

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield scores, softmax and values."""
        q, k, v = xs
        for x in xs:
            positions(x, self.kind)
        sizes = shared_heads(self.heads, self.kv_heads)
        of_one(q, self.heads)
        need(
            k.shape[-1] * sizes["G"] == q.shape[-1],
            "a head of the queries {q} is {q_width} wide, one of the keys {k} {k_width}",
            q=q, k=k, q_width=q.shape[-1] // self.heads, k_width=k.shape[-1] // sizes["A"],
        )  # fmt: skip
        of_one(v, sizes["A"])
        paired(q, k, v)
        heads = Heads(sizes, causal=self.causal, window=self.window, cached=self.causal, dropout=self.dropout)
        yield from heads.attend(q, k, v)


class Attention(
    Layer, kind="attention", arity=(1, 3),
    aliases=("MultiheadAttention", "MultiHeadAttention", "SelfAttention", "multihead_attention", "multi_head_attention", "self_attention",
             "mha"),
):  # fmt: skip
    """Multi-head attention: `(…, n, d)` keeps its shape (Vaswani et al. 2017). As `torch.nn.MultiheadAttention`.

    `kv` names what keys and values are made of, one tensor or `[keys, values]`, for cross attention; `kdim` and `vdim` may state their
    width. `kv_heads` sets of keys are shared by all heads (grouped or multi-query); `past` keys are there already, which makes a decode
    step. `bias` is one for all four projections or a list for query, key, value and output. All pairs are counted under `causal` too; a
    `window` counts n·min(m, window). Relative positions: `bucketed` (T5; a bias for each of `buckets` and each head) or
    `decomposed` (SAM; on `(…, h, w, d)`, a vector for each distance along both axes). `dropout` is a row behind the softmax, in training.
    """

    letters: ClassVar[str] = LETTERS

    heads: Pos
    kv_heads: Maybe[Pos] = None
    head_dim: Maybe[Pos] = None
    kv: Refs = ()
    kdim: Maybe[Pos] = None
    vdim: Maybe[Pos] = None
    bias: Bools = (True,)
    out_bias: Maybe[Bool] = None
    causal: Bool = False
    window: Maybe[Pos] = None
    rotary: Bool = False
    qk_norm: Annotated[Text, one_of(NORMS)] = "none"
    relative: Annotated[Text, one_of(RELATIVE)] = "none"
    buckets: Pos = 32
    bias_kv: Bool = False
    zero_attn: Bool = False
    past: NonNeg = 0
    dropout: Maybe[Probability] = None

    def operands(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Name the tensors that are read."""
        return (*given, *self.kv)

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield the projections, what is done to queries and keys, scores, softmax, values and the output's projection."""
        x, key, value = self._inputs(*xs)
        sizes = shared_heads(self.heads, self.kv_heads)
        width = of_one(x, self.heads) if self.head_dim is None else self.head_dim
        narrow = sizes["A"] * width
        of_q, of_k, of_v, of_out = self._biases()
        q = yield from self._projected("query", Linear(out=self.heads * width, bias=of_q), x, width)
        k = yield from self._projected("key", Linear(out=narrow, bias=of_k), key, width)
        k = yield from self._lengthened("key", k)
        v = yield from within("value", Linear(out=narrow, bias=of_v), value)
        v = yield from self._lengthened("value", v)
        y = yield from self._attended(sizes, q, k, v, cached=self.causal or self.past > 0 or len(xs) > 1)
        yield from within("out", Linear(out=x.shape[-1], bias=of_out), y)

    def _inputs(self, x: Tensor, *memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give what queries, keys and values are made of."""
        key, value = (memory[0], memory[-1]) if memory else (x, x)
        flat = self.relative == "decomposed"
        if flat:
            plane(x, "attention` with `relative: decomposed", batch=True)
        for one in (x, key, value):
            positions(one, self.kind)
        paired(x, key, value)
        for told, name, one in ((self.kdim, "kdim", key), (self.vdim, "vdim", value)):
            n = one.shape[-1]
            need(told is None or told == n, "`{name}` says {told}, but {one} is {n} wide", name=name, told=told, one=one, n=n)
        need(not memory or self.past == 0, "`past` keys are of the sequence itself: they don't go with `kv`")
        alone = not memory and self.past == 0 and not self.bias_kv and not self.zero_attn
        need(not flat or (alone and self.window is None), "decomposed relative positions are for a plane that attends to itself alone")
        need(
            self.window is None or not (memory or self.bias_kv or self.zero_attn),
            "a `window` slides over the sequence itself, without `kv`, `bias_kv` and `zero_attn`",
        )
        return x, key, value

    def _biases(self) -> tuple[bool, bool, bool, bool]:
        """Say which of query, key, value and output have a bias."""
        need(
            len(self.bias) in (1, 3, 4), "`bias` is one value, or a list for query, key, value and output, not {n} values", n=len(self.bias)
        )
        q, k, v, out = (*self.bias, self.bias[0])[:4] if len(self.bias) > 1 else self.bias * 4
        return q, k, v, out if self.out_bias is None else self.out_bias

    def _projected(self, role: str, layer: Linear, x: Tensor, width: int) -> Generator[Part, None, Op]:
        """Make queries or keys, normalise the features of each head, and turn them by their position."""
        x = yield from within(role, layer, x)
        axes = f"{' '.join(positions(x, self.kind))} (heads E)"
        if self.qk_norm != "none":
            learned = {"weight": "E"} | ({"bias": "E"} if self.qk_norm == "layer" else {})
            x = Op(f"norm:{self.qk_norm}", f"{axes} -> {axes}", (x,), {"E": width}, weights=learned, names=x.names)
            yield Part(f"{role}.norm", f"{self.qk_norm}_norm", x)
        return (yield from turned(role, x, width)) if self.rotary else x

    def _lengthened(self, role: str, x: Op) -> Generator[Part, None, Op]:
        """Put keys (or values) of before in front, and a learned one and one of zeros behind."""
        return (yield from lengthened(role, x, self.past, self.bias_kv + self.zero_attn, {"bias": "D"} if self.bias_kv else {}))

    def _attended(self, sizes: dict[str, int], q: Op, k: Op, v: Op, *, cached: bool) -> Generator[Part, None, Op]:
        """Yield scores, what is added to them, softmax and values."""
        learned = {"relative": "buckets A G"} if self.relative == "bucketed" else {}
        flat = self.relative == "decomposed"
        sizes = sizes | ({"buckets": self.buckets} if learned else {})
        heads = Heads(
            sizes, causal=self.causal, window=self.window, cached=cached, plane=flat, learned=learned, dropout=self.dropout
        )  # fmt: skip
        if not flat:
            return (yield from heads.attend(q, k, v))
        at = heads.meeting(q, k)
        scores = at.score(q, k)
        yield scores
        rows, of_rows = yield from self._distances(at, q, "h")
        columns, of_columns = yield from self._distances(at, q, "w")
        sides = f"{at.scores}, {of_rows}, {of_columns}"
        total = Op("merge:add", f"{sides} -> {at.scores}", (scores.op, rows, columns), at.sizes, names=scores.op.names)
        yield Part("add", "add", total)
        return (yield from at.weigh(total, v, q))

    @staticmethod
    def _distances(at: Meeting, q: Op, axis: str) -> Generator[Part, None, tuple[Op, str]]:
        """Multiply each query by the vectors of all distances along one axis; gives the product, and what a pattern calls it."""
        keys = f"M_{axis}"
        made = at.scores.replace("(M_h M_w)", keys)
        op = Op(
            "matmul:relative", f"{at.queries} -> {made}", (q,), {**at.sizes, "distances": 2 * at.sizes[keys] - 1},
            loops=at.pairs.replace("M_h M_w", f"{keys} E"), weights={"weight": "distances E"}, names=(*at.names[:-1], axis),
        )  # fmt: skip
        yield Part(f"relative_{axis}", "matmul", op)
        return op, made


def turned(role: str, x: Op, width: int) -> Generator[Part, None, Op]:
    """Turn the features of each head, so many, by its position."""
    need(width % 2 == 0, "rotary positions turn pairs of features, and a head has {width} of them: an odd number", width=width)
    axes = f"{' '.join(positions(x, 'attention'))} (heads E)"
    op = Op("scale:rotary", f"{axes} -> {axes}", (x,), {"E": width}, names=x.names)
    yield Part(f"{role}.rotary", "rotary", op)
    return op


def lengthened(role: str, x: Op, past: int, behind: int = 0, learned: Mapping[str, str] | None = None) -> Generator[Part, None, Op]:
    """Put what is there from before in front, and other rows behind, if there are any."""
    if past + behind == 0:
        return x
    axes = " ".join([*positions(x, "attention")[:-1], ""])
    longer = {"M_in>M_out": Window.slide(x.shape[-2], 1, 1, past, behind)}
    op = Op("copy:keys", f"{axes}M_in D -> {axes}M_out D", (x,), weights=learned or {}, windows=longer, names=x.names)
    yield Part(f"{role}.concat", "concat", op)
    return op


def paired(query: Tensor, key: Tensor, value: Tensor) -> None:
    """Refuse keys and values that are not as many, and keys that are no batch of their queries."""
    need(query.shape[:-2] == key.shape[:-2], "the queries {q} and the keys {k} differ in the axes in front", q=query, k=key)
    need(key.shape[:-1] == value.shape[:-1], "the keys are {key} and the values {value}: each key needs its value", key=key, value=value)


def of_one(x: Tensor, heads: int) -> int:
    """Give the width of one head.

    >>> of_one(Tensor((197, 768), ("n", "d")), 12)
    64
    """
    width = x.shape[-1]
    need(width % heads == 0, "a width of {width} does not divide into {heads} heads", width=width, heads=heads)
    return width // heads
