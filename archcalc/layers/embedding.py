"""What stands for a word, and for a place in the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import Layer
from archcalc.layers.dense import positions
from archcalc.layers.fields import Maybe, NonNeg, PerAxis, Pos, Text, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Embedding(Layer, kind="embedding", indices=True, aliases=("Embedding", "embed", "lookup")):
    """A row of a table of `vocab` rows for each index: `(…) -> (…, dim)`. As `torch.nn.Embedding`.

    Looking up makes no multiply-accumulates. A table is shared by `tie`, as `- {tie: wte, linear: {out: vocab, bias: false}}`.
    """

    letters: ClassVar[str] = "V words, E features"

    vocab: Pos
    dim: Pos

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the look-up."""
        (x,) = xs
        names = ("n",) if x.names == ("d",) else x.names
        axes, sizes = " ".join([*(f"B{i}" for i in range(len(names) - 1)), "N"]), {"V": self.vocab, "E": self.dim}
        yield Op("lookup", f"{axes} -> {axes} E", (x,), sizes, weights={"weight": "V E"}, names=(*names, "d"))


class PositionalEncoding(Layer, kind="positional_encoding", primary="type", aliases=("PositionalEncoding", "pos_embed", "positions")):
    """What tells positions apart, added: `(…, n, d)` keeps its shape; `learned` vectors, or `sinusoidal` ones, which are no weights.

    Learned without `length` follows the sequence; with it, a longer sequence is refused. On a plane `(h, w, d)` there is a vector for each
    place, and `length` has a number for each axis. `past` positions are in front of the sequence, in a decode step.
    """

    sample: ClassVar[Mapping[str, object]] = {"type": "learned"}

    type: Annotated[Text, one_of(("learned", "sinusoidal"))]
    past: NonNeg = 0
    length: Maybe[PerAxis] = None

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the sum."""
        (x,) = xs
        axes = " ".join([*positions(x, self.kind), "D"])
        weights, sizes = {"weight": axes}, {}
        if self.length is not None:
            places = x.shape[:-1]
            need(self.type == "learned", "`length` is how many positions are learned: sinusoidal ones have none")
            need(
                len(self.length) == len(places),
                "`length` needs a number for each of the {m} axes of positions of {x}, not {n}",
                n=len(self.length),
                m=len(places),
                x=x,
            )
            for n, most in zip(places, self.length, strict=True):
                need(n + self.past <= most, "{n} positions, but only {most} are learned: `length` says so", n=n + self.past, most=most)
            table = [f"L{i}" for i in range(len(places))]
            weights, sizes = {"weight": f"{' '.join(table)} D"}, dict(zip(table, self.length, strict=True))
        yield Op("merge:add", f"{axes} -> {axes}", (x,), sizes, weights=weights if self.type == "learned" else {}, names=x.names)
