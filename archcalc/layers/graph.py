"""Layers on graphs: nodes with features `(n, d)`, and edges that say who hears of whom.

Only products with weights are counted as multiply-accumulates; sums over edges are operations of a kind of their own, `scatter`. What
a node sees depends on the graph and is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.algebra import Op, Tensor, Window
from archcalc.layers.base import Layer, Part, within
from archcalc.layers.dense import Linear, positions
from archcalc.layers.fields import Bool, Pos, Text, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def neighbours(axis: str, n: int) -> dict[str, Window | None]:
    """Say that nodes see others, and nothing of which."""
    return {f"{axis}>{axis}": Window(n, 1, (), ())}


def gathered(kind: str, x: Tensor, edges: int, weights: Mapping[str, str], of: str) -> Op:
    """Bring together what comes to a node along its edges."""
    *batch, node = positions(x, of)
    axes = " ".join([*batch, node, "D"])
    return Op(
        kind, f"{axes} -> {axes}", (x,), {"edges": edges}, loops=" ".join([*batch, "edges D"]), weights=weights,
        windows=neighbours(node, x.shape[-2]), names=x.names,
    )  # fmt: skip


class GraphConv(Layer, kind="graph_conv", primary="out", aliases=("GCNConv", "GraphConv", "gcn_conv")):
    """A product with weights, then sums over neighbours: `(n, d) -> (n, out)` (GCN, Kipf and Welling 2017).

    `edges` counts directed edges, those from a node to itself included.
    """

    out: Pos
    edges: Pos
    bias: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield the product and the sums."""
        (x,) = xs
        positions(x, self.kind)
        y = yield from within("linear", Linear(out=self.out, bias=False), x)
        yield Part("sum", "aggregate", gathered("scatter:sum", y, self.edges, {"bias": "D"} if self.bias else {}, self.kind))


class Aggregate(Layer, kind="aggregate", primary="op", aliases=("MessagePassing", "SumAggregation", "MeanAggregation")):
    """The `sum`, `mean` or `max` over neighbours: `(n, d)` keeps its shape; nothing is learned. `edges` counts directed edges."""

    sample: ClassVar[Mapping[str, object]] = {"op": "sum"}

    op: Annotated[Text, one_of(("sum", "mean", "max"))]
    edges: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the sums."""
        (x,) = xs
        yield gathered(f"scatter:{self.op}", x, self.edges, {}, self.kind)


class GraphAttention(Layer, kind="graph_attention", primary="out", aliases=("GATConv", "gat_conv")):
    """Neighbours weighed by learned scores: `(n, d) -> (n, heads·out)`, or `(n, out)` without `concat` (GAT, Veličković et al. 2018).

    A score is a learned vector times the features of both ends of an edge, one for each head. `edges` counts directed edges, those from a
    node to itself included.
    """

    letters: ClassVar[str] = "A heads, E features of a head"

    out: Pos
    edges: Pos
    heads: Pos = 1
    concat: Bool = True
    bias: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield the product, the scores of edges, softmax over those of a node, and the weighed sums."""
        (x,) = xs
        positions(x, self.kind)
        y = yield from within("linear", Linear(out=self.heads * self.out, bias=False), x)
        *batch, node = positions(y, self.kind)
        front, n = " ".join([*batch, ""]), y.shape[-2]
        sizes, names = {"edges": self.edges, "ends": 2, "A": self.heads}, (*y.names[: len(batch)], "edges", "a")
        seen: dict[str, Window | None] = {f"{node}>edges": Window(self.edges, 1, (), ())}
        scores = Op(
            "scatter:scores", f"{front}{node} (A E) -> {front}edges A", (y,), sizes, loops=f"{front}ends {node} A E",
            weights={"source": "A E", "target": "A E"}, windows=seen, names=names,
        )  # fmt: skip
        yield Part("scores", "scores", scores)
        alike = f"{front}edges A"
        weights = Op("act:softmax", f"{alike} -> {alike}", (scores,), names=names)
        yield Part("softmax", "softmax", weights)
        made, bias = ("(A E)", "A E") if self.concat else ("E", "E")
        seen = neighbours(node, n) | {f"edges>{node}": Window(n, 1, (), ())}
        total = Op(
            "scatter:sum", f"{alike}, {front}{node} (A E) -> {front}{node} {made}", (weights, y), sizes, loops=f"{front}edges A E",
            weights={"bias": bias} if self.bias else {}, windows=seen, names=y.names,
        )  # fmt: skip
        yield Part("sum", "aggregate", total)
