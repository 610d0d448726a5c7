"""Networks: layers in series, side by side, around others, again, and with what came before; PyTorch leads, as it knows the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers import flow

from live.answers import Refusal
from live.both import Given, Pair, code
from live.cases import Case, called, written
from live.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from live.answers import PyTorch
    from live.draw import Draw

Entry = dict[str, Any]

#: Layers that may stand anywhere as they keep the shape.
KEEPING = (
    "activation", "elementwise", "prelu", "dropout", "batch_norm", "instance_norm", "group_norm", "layer_norm", "local_response_norm",
    "scale", "squeeze_excite", "channel_shuffle", "attention", "grouped_attention", "transformer_encoder",
)  # fmt: skip
#: Layers of several results, or of none that go on.
ENDS = ("split", "given")
DEPTH = 2  #: of structures in structures


class Tensor(NamedTuple):
    """A tensor on the way."""

    variable: str
    given: Given


@dataclass(slots=True)
class Network:
    """A network that grows on both sides."""

    draw: Draw
    torch: PyTorch
    names: Mapping[str, Any]  #: what PyTorch's script has left so far
    lines: list[str]
    refuses: bool  #: whether the first layer that PyTorch refuses stays, as the end
    broken: bool = False
    count: int = 0  #: tensors
    layers: int = 0
    uses: set[str] = field(default_factory=set)
    kept: dict[str, Tensor] = field(default_factory=dict)  #: by the names that the spec gives them

    def ran(self, lines: Sequence[str]) -> bool:
        """Run lines; keep them if PyTorch takes them."""
        made = self.torch.run("\n".join(lines), before=self.names)
        if isinstance(made, Refusal):
            self.broken = self.refuses
        else:
            self.names = made
        if not isinstance(made, Refusal) or self.broken:
            self.lines += lines
            return True
        return False

    def made(self, expression: str, names: Sequence[str], batch: int | None, before: Sequence[str] = ()) -> Tensor | None:
        """Make a tensor after some statements; nothing if it can't be, or is none to go on with."""
        self.count += 1
        variable = f"t{self.count}"
        if not self.ran([*before, f"{variable} = {expression}"]):
            return None
        if self.broken:
            return Tensor(variable, Given({}, batch))
        sizes = tuple(self.names[variable].shape)
        sizes = sizes if batch is None else sizes[1:]
        if len({*names}) == len(names) == len(sizes) > 0 and 0 not in sizes and len(sizes) <= 4:
            return Tensor(variable, Given(dict(zip(names, sizes, strict=True)), batch))
        return None

    def layer(self, x: Tensor, pair: Pair, *, again: bool = False) -> Tensor | None:
        """Put a layer behind a tensor, the last one `again` or a new one."""
        self.layers += not again
        statements, call = called(pair, f"layer{self.layers}", [x.variable], again=again)
        first = f"{call}[0]" if pair.outputs else call
        return self.made(first, pair.names.split() or x.given.names, x.given.batch, statements)

    def pipeline(self, x: Tensor, most: int, depth: int, only: Sequence[str] = ()) -> tuple[list[Entry], Tensor]:
        """Draw steps behind a tensor."""
        entries: list[Entry] = []
        for _ in range(self.draw.whole(1 + (depth == 0), most)):
            if self.broken:
                break
            for _ in range(6):  # what can't be is drawn anew, so often
                before = self.names, len(self.lines), dict(self.kept)
                made = self.step(x, depth, only)
                if made is not None:
                    more, x = made
                    entries += more
                    break
                self.names, self.lines[before[1] :], self.kept = before[0], [], before[2]
        return entries, x

    def step(self, x: Tensor, depth: int, only: Sequence[str]) -> tuple[list[Entry], Tensor] | None:
        """Draw a layer, or a structure of layers."""
        what = self.draw.whole(0, 99)
        if what >= 90 and depth < DEPTH and not x.given.below:
            return self.residual(x, depth) if what >= 95 else self.branches(x, depth)
        if what >= 84 and self.kept and not only:
            return self.merged(x)
        if what >= 70:
            return self.repeated(x, only)
        made = self.one(x, only)
        if made is None:
            return None
        entries, y, _ = made
        if not only and depth == 0 and self.draw.flag(20) and not self.broken:
            name = f"s{len(self.kept)}"
            self.kept[name] = y
            entries[-1] = {"name": name, **entries[-1]}
        return entries, y

    def drawn(self, x: Given, only: Sequence[str]) -> Pair | None:
        """Draw a layer that such a tensor may go through."""
        fitting = [name for name in only or TABLE if name not in ENDS and TABLE[name].on.fits(x)]
        if not fitting:
            return None
        name = self.draw.one([name for name in fitting for _ in range(TABLE[name].share)])
        pair = TABLE[name].pair(self.draw, x)
        return pair if pair.counted and not pair.stricter and pair.names != "?" else None

    def one(self, x: Tensor, only: Sequence[str]) -> tuple[list[Entry], Tensor, Pair] | None:
        """Draw one layer, its weights perhaps frozen."""
        pair = self.drawn(x.given, only)
        y = self.layer(x, pair) if pair is not None else None
        if pair is None or y is None:
            return None
        self.uses |= {pair.use} - {""}
        entries = [dict(pair.entry), *map(dict, pair.then)]
        if pair.layer and not self.broken and self.draw.flag(8):
            self.ran([f"layer{self.layers}.requires_grad_(False)"])
            entries = [{"freeze": True, "layers": entries} if len(entries) > 1 else {"freeze": True, **entries[0]}]
        return entries, y, pair

    def repeated(self, x: Tensor, only: Sequence[str]) -> tuple[list[Entry], Tensor] | None:
        """Draw a layer several times: with weights of their own, or with the same."""
        made = self.one(x, only)
        if made is None or self.broken:
            return made and made[:2]
        entries, y, pair = made
        if not pair.layer or y.given != x.given or "freeze" in entries[0] or pair.then:
            return entries, y
        weighted = self.torch.owned({"": self.names[f"layer{self.layers}"]}, "parameters") != []
        how, times = self.draw.one(["repeat", "shared", "tie"] if weighted else ["repeat", "shared"]), self.draw.whole(2, 3)
        for _ in range(times - 1):
            one = self.layer(y, pair, again=how != "repeat")
            if one is None:
                return None
            y = one
        if how == "tie":
            name = f"w{self.count}"
            return [{"name": name, **entries[0]}, *[{"tie": name, **entries[0]}] * (times - 1)], y
        return [{"repeat": times, **({"shared": True} if how == "shared" else {}), **entries[0]}], y

    def same(self, x: Given, out: int) -> Pair:
        """Write a layer that makes so many channels, or features, and changes nothing else."""
        if x.image:
            kernel = self.draw.one([1, 3])
            made = code(f"nn.Conv{x.rank}d", x.sizes[0], out, kernel, padding=kernel // 2)
            return Pair({"conv": {"out": out, "kernel": kernel, "padding": kernel // 2}}, made)
        return Pair({"linear": out}, code("nn.Linear", x.width, out), names=" ".join([*x.names[:-1], "d"]))

    def closed(self, x: Tensor, out: int, depth: int) -> tuple[list[Entry], Tensor] | None:
        """Draw layers that keep the shape but for the number of channels, or features, at the end."""
        entries, y = self.pipeline(x, 3, depth + 1, KEEPING) if self.draw.flag(70) else ([], x)
        if self.broken:
            return entries, y
        pair = self.same(y.given, out)
        z = self.layer(y, pair)
        return ([*entries, dict(pair.entry)], z) if z is not None else None

    def residual(self, x: Tensor, depth: int) -> tuple[list[Entry], Tensor] | None:
        """Draw layers with a way around them."""
        if x.given.image and not x.given.rank:
            return None
        width = x.given.sizes[0] if x.given.image else x.given.width
        out = self.draw.whole(1, 9) if self.draw.flag(30) else width
        inner = self.closed(x, out, depth)
        if inner is None or self.broken:
            return inner and ([{"residual": inner[0]}], inner[1])
        entry: Entry = {"residual": inner[0]}
        side = x
        if out != width and self.draw.flag(95):
            pair = self.same(x.given, out)
            made = self.layer(x, pair)
            if made is None:
                return None
            side, entry["shortcut"] = made, [dict(pair.entry)]
        y = self.made(f"{inner[1].variable} + {side.variable}", inner[1].given.names, x.given.batch)
        return ([entry], y) if y is not None else None

    def branches(self, x: Tensor, depth: int) -> tuple[list[Entry], Tensor] | None:
        """Draw layers side by side, and what becomes of their results."""
        if x.given.image and not x.given.rank:
            return None
        merge = self.draw.one(["concat", "add", "multiply"])
        width = self.draw.whole(1, 9)
        made: dict[str, tuple[list[Entry], Tensor]] = {}
        for name in "pqr"[: self.draw.whole(2, 3)]:
            one = self.closed(x, self.draw.whole(1, 9) if merge == "concat" else width, depth)
            if one is None or self.broken:
                return one and ([{"branches": {name: one[0]}, "merge": "none"}], one[1])
            made[name] = one
        every = [one.variable for _, one in made.values()]
        axis = x.given.lead if x.given.image else -1
        call = {"concat": f"torch.cat([{', '.join(every)}], {axis})", "add": " + ".join(every), "multiply": " * ".join(every)}[merge]
        y = self.made(call, made["p"][1].given.names, x.given.batch)
        entry = {"branches": {name: entries for name, (entries, _) in made.items()}, "merge": merge}
        return ([entry], y) if y is not None else None

    def merged(self, x: Tensor) -> tuple[list[Entry], Tensor] | None:
        """Draw what joins a tensor with one of before."""
        name = self.draw.one([*self.kept])
        other, word = self.kept[name], self.draw.one(["add", "multiply", "subtract", "concat"])
        if other.given.below or x.given.below or len(other.given.sizes) != len(x.given.sizes):
            return None
        axis = other.given.lead if other.given.image else -1
        sign = {"add": "+", "multiply": "*", "subtract": "-"}.get(word)
        call = f"{other.variable} {sign} {x.variable}" if sign else f"torch.cat([{other.variable}, {x.variable}], {axis})"
        y = self.made(call, other.given.names, x.given.batch)
        return ([{word: [name, "x"]}], y) if y is not None else None

    def tied(self, entries: list[Entry], x: Tensor) -> tuple[list[Entry], Tensor]:
        """Put the table of the embedding at the start to use again at the end, if its rows are as wide as what is there."""
        vocab, dim = (entries[0]["embedding"][word] for word in ("vocab", "dim"))
        if x.given.image or x.given.width != dim:
            return [], x
        self.layers += 1
        head = f"layer{self.layers}"
        lines = [f"{head} = {code('nn.Linear', dim, vocab, bias=False)}", f"{head}.weight = layer1.weight"]
        y = self.made(f"{head}({x.variable})", [f"a{i}" for i in range(len(x.given.sizes))], x.given.batch, lines)
        if y is None:
            raise TypeError(f"a table of {vocab} x {dim} can't follow {x}")
        name = entries[0].setdefault("name", "table")
        return [{"tie": name, "linear": {"out": vocab, "bias": False}}], y


def network(draw: Draw, torch: PyTorch) -> Case:
    """Draw a network, and write both sides."""
    form = draw.one(["conv", "conv", "conv", "attention", "embedding", "linear"])
    (x,) = TABLE[form].on.draw(draw)
    x = Given(x.axes, draw.whole(2, 3), x.below)  # a single example is refused by some norms
    first = f"x = {x.torch()}"
    made = torch.run(first)
    if isinstance(made, Refusal):
        raise TypeError(made.why)
    grown = Network(draw, torch, made, [first], refuses=draw.flag(30))
    entries, end = grown.pipeline(Tensor("x", x), 9, 0)
    if x.below and not grown.broken and draw.flag():
        more, end = grown.tied(entries, end)
        entries += more
    lines = [*grown.lines, f"out = {end.variable}"]
    spec = written({"x": x}, [flow(entry) for entry in entries] or ["identity"], use="".join(grown.uses))
    return Case(spec, "\n".join(lines) + "\n", x.batch)
