"""Recurrent layers: a state that each step of a sequence changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import MOST_ROWS, Layer, Part
from archcalc.layers.dense import featured, positions
from archcalc.layers.fields import Bool, Maybe, Pos, Refs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Recurrent(Layer, arity=(1, None)):
    """What all of them have; `gates` is how many sums a step makes for each number of the state, `states` what the last step leaves."""

    letters: ClassVar[str] = "H hidden features, R those that the next step sees, P those of the projection"

    gates: ClassVar[int] = 1
    states: ClassVar[tuple[str, ...]] = ("h",)

    hidden: Pos
    layers: Pos = 1
    bidirectional: Bool = False
    bias: Bool = True
    state: Refs = ()

    @property
    def narrowed(self) -> int | None:
        """The width that the output is projected to, if it is."""
        return None

    def operands(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Name the tensors that are read."""
        return (*given, *self.state)

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield for each layer the sums over its input, the recurrence, and the projection if any; at the end the last states."""
        x, *initial = xs
        positions(x, self.kind)
        need(self.layers <= MOST_ROWS, "{n} layers in one, and {most} are the most", n=self.layers, most=MOST_ROWS)
        need(
            self.narrowed is None or self.narrowed < self.hidden,
            "`proj` {p} is not smaller than `hidden` {n}",
            p=self.narrowed,
            n=self.hidden,
        )
        self._fitting(x, initial)
        cells, outputs, y = [], [], x
        for i in range(self.layers):
            gates, cell, *projection = self._layer(y, initial)
            role = f"layer_{i}." if self.layers > 1 else ""
            yield Part(f"{role}gates", "linear", gates)
            yield Part(f"{role}recurrence", self.kind, cell)
            for op in projection:
                yield Part(f"{role}projection", "linear", op)
            y = projection[0] if projection else cell
            cells.append(cell)
            outputs.append(y)
        for name, ends in zip(self.states, (outputs, cells), strict=False):
            yield Part(name, "state", self._last(ends), name)

    def _layer(self, x: Tensor, initial: Sequence[Tensor]) -> tuple[Op, ...]:
        """Make one layer, both directions together."""
        *batch, step = positions(x, self.kind)
        rows = " ".join([*batch, step])
        names, sizes = featured(x), {"dirs": 1 + self.bidirectional, "gates": self.gates, "H": self.hidden}
        bias = {"bias": "dirs gates H"} if self.bias else {}
        gates = Op(
            "recurrent:input", f"{rows} D -> {rows} (dirs gates H)", (x,), sizes, loops=f"{rows} dirs gates H D",
            weights={"weight": "dirs gates H D"} | bias, names=names,
        )  # fmt: skip
        starts = "".join(f", {' '.join([*batch, f'rows_{i} state_{i}'])}" for i in range(len(initial)))
        kept = len(self.states) - (self.narrowed is not None)  # what is projected is kept as that
        cell = Op(
            f"recurrent:{self.kind}", f"{rows} (dirs gates H){starts} -> {rows} (dirs H)", (gates, *initial),
            sizes | {"R": self.narrowed or self.hidden, "states": kept}, loops=f"{rows} dirs gates H R",
            weights={"weight": "dirs gates H R"} | bias, windows={f"{step}>{step}": None},
            state=" ".join([*batch, "states dirs H"]), names=names,
        )  # fmt: skip
        if self.narrowed is None:
            return gates, cell
        projection = Op(
            "recurrent:projection", f"{rows} (dirs H) -> {rows} (dirs P)", (cell,), {"dirs": sizes["dirs"], "P": self.narrowed},
            loops=f"{rows} dirs P H", weights={"weight": "dirs P H"}, state=" ".join([*batch, "dirs P"]), names=names,
        )  # fmt: skip
        return gates, cell, projection

    def _last(self, ends: Sequence[Op]) -> Op:
        """Make a state after the last step: of all layers and directions, one below the other."""
        *batch, step = positions(ends[0], self.kind)
        reads = ", ".join([" ".join([*batch, step, "(dirs R)"])] * len(ends))
        sizes = {"dirs": 1 + self.bidirectional, "layers": self.layers}
        names = (*ends[0].names[: len(batch)], "layers", "d")
        return Op("copy:state", f"{reads} -> {' '.join([*batch, '(layers dirs)', 'R'])}", tuple(ends), sizes, names=names)

    def _fitting(self, x: Tensor, initial: Sequence[Tensor]) -> None:
        """Refuse initial states of another shape than the last ones have."""
        n, names = len(self.states), ", ".join(f"name.{state}" for state in self.states)
        say = "`state` takes {n} tensor{s}, not {given}: write `[{names}]`, with the name of the layer that leaves them"
        need(len(initial) in {0, n}, say, n=n, s="s" * (n > 1), given=len(initial), names=names)
        rows = self.layers * (1 + self.bidirectional)
        for name, given, width in zip(self.states, initial, (self.narrowed or self.hidden, self.hidden), strict=False):
            wanted = (*x.shape[:-2], rows, width)
            need(given.shape == wanted, "the state `{name}` is {wanted}, not {x}", name=name, wanted=wanted, x=given)


class RNN(_Recurrent, kind="rnn", aliases=("RNN", "RNNCell", "SimpleRNN", "simple_rnn", "elman")):
    """A recurrent layer: `(n, d) -> (n, hidden)`, twice as wide if `bidirectional` (Elman 1990). As `torch.nn.RNN`.

    With a `name`, the state after the last step is `name.h`: a row for each layer and direction. `state` names the one it starts from.
    """


class GRU(_Recurrent, kind="gru", aliases=("GRU", "GRUCell")):
    """A recurrent layer with 2 gates: `(n, d) -> (n, hidden)`, twice as wide if `bidirectional` (Cho et al. 2014). As `torch.nn.GRU`.

    With a `name`, the state after the last step is `name.h`: a row for each layer and direction. `state` names the one it starts from.
    """

    gates: ClassVar[int] = 3


class LSTM(_Recurrent, kind="lstm", aliases=("LSTM", "LSTMCell")):
    """A recurrent layer with 3 gates and a memory: `(n, d) -> (n, hidden)`, twice as wide if `bidirectional`. As `torch.nn.LSTM`.

    With `proj` the output is projected to so many features (Sak et al. 2014). With a `name`, output and memory after the last step are
    `name.h` and `name.c`: a row for each layer and direction. `state: [h, c]` names those that it starts from.
    """

    gates: ClassVar[int] = 4
    states: ClassVar[tuple[str, ...]] = ("h", "c")
    proj: Maybe[Pos] = None

    @property
    def narrowed(self) -> int | None:
        """The width that the output is projected to, if it is."""
        return self.proj
