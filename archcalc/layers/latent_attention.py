"""Attention whose keys and values are made of a latent, which is all that stays of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Window
from archcalc.layers.attention import lengthened, turned
from archcalc.layers.base import Layer, Part, within
from archcalc.layers.cut import between
from archcalc.layers.dense import Linear, positions
from archcalc.layers.fields import Bool, Maybe, NonNeg, Pos, Probability
from archcalc.layers.heads import Heads, shared_heads
from archcalc.layers.norm import RMSNorm

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from archcalc.algebra import Tensor


class LatentAttention(
    Layer, kind="latent_attention",
    aliases=("MLA", "mla", "MultiHeadLatentAttention", "MultiheadLatentAttention", "multi_head_latent_attention", "DeepseekV2Attention",
             "DeepseekV3Attention"),
):  # fmt: skip
    """Multi-head latent attention: `(…, n, d)` keeps its shape (DeepSeek-V2, DeepSeek-AI 2024). As in transformers' DeepSeek.

    A token leaves a normalised latent of `kv_rank` features, of which each head makes `nope` of its key and its value of `v_dim`, and a
    key of `rope` features that all heads share, turned by its position: these two stay for the next call. With `q_rank`, queries come of a
    latent as well. The latents of `past` tokens are expanded again; code that absorbs that product into those of queries and output does
    other work with the same parameters. `bias` is one for the latents and for the output. All pairs are counted under `causal` too.
    """

    sample: ClassVar[Mapping[str, object]] = {"q_rank": 2}
    letters: ClassVar[str] = (
        "A heads, E features of a head, Q of them without its position and P with it, R features of the latent, U that a head makes of it, "
        "N queries, M keys"
    )

    heads: Pos
    kv_rank: Pos
    nope: Pos
    rope: Pos
    v_dim: Pos
    q_rank: Maybe[Pos] = None
    bias: Bool = False
    causal: Bool = True
    past: NonNeg = 0
    dropout: Maybe[Probability] = None

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield queries, the latent, the key that heads share, keys and values, scores, softmax, values and the output's projection."""
        (x,) = xs
        positions(x, self.kind)
        q = yield from self._queries(x)
        k, v = yield from self._keys(x)
        heads = Heads(shared_heads(self.heads, None), causal=self.causal, dropout=self.dropout)
        y = yield from heads.attend(q, k, v)
        yield from within("out", Linear(out=x.shape[-1], bias=self.bias), y)

    def _queries(self, x: Tensor) -> Generator[Part, None, Op]:
        """Make queries, at once or of a latent, and turn the last features of each head."""
        if self.q_rank is not None:
            x = yield from within("query_latent", Linear(out=self.q_rank, bias=self.bias), x)
            x = yield from within("query_latent.norm", RMSNorm(), x)
        q = yield from within("query", Linear(out=self.heads * (self.nope + self.rope), bias=False), x)
        rows = self._rows(q, "N")
        still = yield from self._part("query.nope", rows, q, 0, self.nope)
        moved = yield from self._part("query.rope", rows, q, self.nope, self.rope)
        moved = yield from turned("query.rope", moved, self.rope)
        return (yield from self._joined("query", rows, still, moved, f"{rows} (A P)"))

    def _keys(self, x: Tensor) -> Generator[Part, None, tuple[Op, Op]]:
        """Make the latent and the key that heads share, put those of before in front of both, and make keys and values of them."""
        both = yield from within("latent", Linear(out=self.kv_rank + self.rope, bias=self.bias), x)
        last, kept = len(both.shape) - 1, self.causal or self.past > 0
        c = between("view:slice", both, last, 0, self.kv_rank)
        yield Part("latent.slice", "slice", c)
        c = yield from within("latent.norm", RMSNorm(), c)
        c = yield from lengthened("latent", c, self.past)
        moved = between("view:slice", both, last, self.kv_rank, self.kv_rank + self.rope)
        yield Part("key.rope", "slice", moved)
        moved = yield from turned("key.rope", moved, self.rope)
        moved = yield from lengthened("key.rope", moved, self.past)
        rows = self._rows(c, "M")
        every = Op(
            "linear", f"{rows} R -> {rows} (A U)", (c,), {"A": self.heads, "U": self.nope + self.v_dim}, loops=f"{rows} A U R",
            weights={"weight": "A U R"}, state=f"{rows} R" if kept else "", names=c.names,
        )  # fmt: skip
        yield Part("expand", "linear", every)
        still = yield from self._part("key.nope", rows, every, 0, self.nope)
        k = yield from self._joined("key", rows, still, moved, f"{rows} P", state=f"{rows} P" if kept else "")
        v = yield from self._part("value", rows, every, self.nope, self.v_dim)
        return k, v

    def _rows(self, x: Tensor, n: str) -> str:
        """Name the axes before the features."""
        return " ".join([*positions(x, self.kind)[:-1], n])

    def _part(self, role: str, rows: str, x: Op, start: int, width: int) -> Generator[Part, None, Op]:
        """Take some features of each head."""
        whole = x.shape[-1] // self.heads
        window = Window.slide(whole, 1, 1, -start, start + width - whole)
        op = Op(
            "view:slice", f"{rows} (A E_in) -> {rows} (A E_out)", (x,), {"A": self.heads}, windows={"E_in>E_out": window}, names=x.names
        )  # fmt: skip
        yield Part(role, "slice", op)
        return op

    def _joined(self, role: str, rows: str, still: Op, moved: Op, read: str, state: str = "") -> Generator[Part, None, Op]:
        """Put what a position turns behind what it does not, in each head; `read` are the axes of the former."""
        routes = {"Q>E": Window.slide(self.nope, 1, 1, 0, self.rope), "P>E": Window.slide(self.rope, 1, 1, self.nope, 0)}
        op = Op(
            "merge:concat", f"{rows} (A Q), {read} -> {rows} (A E)", (still, moved), {"A": self.heads}, windows=routes, state=state,
            names=still.names,
        )  # fmt: skip
        yield Part(f"{role}.concat", "concat", op)
        return op
