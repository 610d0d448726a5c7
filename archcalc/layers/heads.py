"""How queries meet keys: products of every pair, softmax, and the values weighed by it.

Axes: A sets of keys, G heads that share one, E features of a head; N queries, M keys, W keys in a window.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.algebra import Op, Tensor, Window, axes_of, need
from archcalc.layers.activation import Softmax
from archcalc.layers.base import Part, group, within
from archcalc.layers.noise import Dropout
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["Heads", "Meeting", "shared_heads"]


def shared_heads(heads: int, kv_heads: int | None) -> dict[str, int]:
    """Give the sizes of axes A and G.

    >>> shared_heads(32, 8), shared_heads(12, None)
    ({'A': 8, 'G': 4}, {'A': 12, 'G': 1})
    """
    sets = heads if kv_heads is None else kv_heads
    need(heads % sets == 0, "{heads} heads can't share {sets} sets of keys: `kv_heads` must divide `heads`", heads=heads, sets=sets)
    return {"A": sets, "G": heads // sets}


class Meeting(Record):
    """Where queries meet keys, as axes; the features E of a head come last in both."""

    queries: str  #: the axes of a tensor of queries, `N (A G E)`
    keys: str  #: the axes of a tensor of keys or of values, `M (A E)`
    scores: str  #: the axes of what they make, `(A G) N M`
    pairs: str  #: the axes of all pairs that meet, `A G N M`
    sizes: Mapping[str, int]
    names: tuple[str, ...]  #: of the scores' axes
    windows: Mapping[str, Window | None] = field(default_factory=dict)
    learned: Mapping[str, str] = field(default_factory=dict)  #: weights added to the scores: name -> axes
    buffers: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""  #: the axes of the keys that stay for the next call
    dropout: float | None = None  #: with which probability a weight is zeroed in training

    def score(self, q: Tensor, k: Tensor) -> Part:
        """Multiply each query by the keys that it meets."""
        op = Op(
            "matmul:scores", f"{self.queries}, {self.keys} -> {self.scores}", (q, k), self.sizes, loops=f"{self.pairs} E",
            weights=self.learned, buffers=self.buffers, windows=self.windows, state=self._state, names=self.names,
        )  # fmt: skip
        return Part("scores", "matmul", op)

    def weigh(self, scores: Op, v: Tensor, q: Tensor) -> Generator[Part, None, Op]:
        """Let the scores of a query add up to one, and sum the values by them; `q` says what the axes are called."""
        weights = yield from within("softmax", Softmax(), scores)
        if self.dropout is not None:
            weights = yield from within("dropout", Dropout(p=self.dropout), weights)
        op = Op(
            "matmul:values", f"{self.scores}, {self.keys} -> {self.queries}", (weights, v), self.sizes, loops=f"{self.pairs} E",
            windows=self.windows, state=self._state, names=q.names,
        )  # fmt: skip
        yield Part("values", "matmul", op)
        return op

    @property
    def _state(self) -> str:
        return f"{self.kept} E" if self.kept else ""


class Heads(Record):
    """Attention along the last axis before the features, or over a `plane` of the last two; what is in front is batch."""

    sizes: Mapping[str, int]  #: of A and G, and of axes of learned scores
    causal: bool = False
    window: int | None = None
    cached: bool = False  #: whether keys and values stay for the next call
    plane: bool = False
    learned: Mapping[str, str] = field(default_factory=dict)
    dropout: float | None = None

    def meeting(self, q: Tensor, k: Tensor) -> Meeting:
        """Say how these queries meet these keys; keys that are more than the queries stand in front of them."""
        n, m = ("N_h N_w", "M_h M_w") if self.plane else ("N", "M")
        batch = [f"B{i}" for i in range(len(q.shape) - 1 - len(axes_of(n)))]
        lead, sees = " ".join([*batch, ""]), m
        sizes, windows = dict(self.sizes), {}
        if self.plane:
            sizes |= dict(zip(axes_of(f"{n} {m}"), (*q.shape[-3:-1], *k.shape[-3:-1]), strict=True))
        if self.window is not None:
            sees, sizes["W"] = "W", min(self.window, k.shape[-2])
            windows["M>N"] = self._sliding(q.shape[-2], k.shape[-2], self.window)
        return Meeting(
            queries=f"{lead}{n} (A G E)", keys=f"{lead}{m} (A E)",
            scores=f"{lead}(A G) {group(axes_of(n))} {group(axes_of(sees))}", pairs=f"{lead}A G {n} {sees}",
            sizes=sizes, names=(*q.names[: len(batch)], "a", "n", "m"), windows=windows, learned=self.learned,
            kept=f"{lead}{sees} A" if self.cached else "", dropout=self.dropout,
        )  # fmt: skip

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Generator[Part, None, Op]:
        """Yield scores, softmax and values: `(…, n, a·g·e), (…, m, a·e), (…, m, a·e') -> (…, n, a·g·e')`."""
        at = self.meeting(q, k)
        scores = at.score(q, k)
        yield scores
        return (yield from at.weigh(scores.op, v, q))

    def _sliding(self, queries: int, keys: int, window: int) -> Window:
        """See the `window` keys up to one's own, or those around it."""
        past = keys - queries
        need(
            past >= 0,
            "a `window` slides over keys as many as the queries or more: {keys} keys, {queries} queries",
            keys=keys,
            queries=queries,
        )
        before = window - 1 if self.causal else window // 2
        return Window(queries, 1, (past - before,), (past - before + window - 1,))
