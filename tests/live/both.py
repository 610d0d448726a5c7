"""One layer on both sides, and the table of all layers that can be drawn: `@kind` puts a function into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from live.draw import Draw

SPATIAL = {1: "c t", 2: "c h w", 3: "c t h w"}
FEATURES = "a b e d"  # axes without a meaning


@dataclass(frozen=True, slots=True)
class Given:
    """A tensor: axes with their names, and PyTorch's batch in front of them, if there is one."""

    axes: Mapping[str, int]
    batch: int | None = None
    below: int = 0  #: indices below this, instead of numbers

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(self.axes.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.axes)

    @property
    def rank(self) -> int:
        """How many axes there are beside the channels, or the features."""
        return len(self.axes) - 1

    @property
    def lead(self) -> int:
        """How many axes PyTorch has in front of ours."""
        return int(self.batch is not None)

    @property
    def image(self) -> bool:
        return self.names[0] == "c"

    @property
    def width(self) -> int:
        return self.sizes[-1]

    def torch(self) -> str:
        """Write it in PyTorch."""
        shape = (*([] if self.batch is None else [self.batch]), *self.sizes)
        return code("torch.randint", self.below, shape) if self.below else code("torch.empty", *shape)

    def axis(self, axis: int) -> int:
        """Count one of our axes as PyTorch does, so that one that is not there is none of its either."""
        if axis >= 0:
            return axis + self.lead
        return axis if -axis <= len(self.axes) else axis - self.lead


class Raw(str):
    """What stands in Python as it is: a name, or another call."""

    __slots__ = ()


X = Raw("{x}")  #: a call's place for the incoming tensor


def code(function: str, *args: object, **kwargs: object) -> Raw:
    """Write a call in Python.

    >>> code("nn.Conv2d", 3, [2, 1], bias=False)
    'nn.Conv2d(3, (2, 1), bias=False)'
    """
    told = [python(value) for value in args] + [f"{name}={python(value)}" for name, value in kwargs.items()]
    return Raw(f"{function}({', '.join(told)})")


def python(value: object) -> str:
    return value if isinstance(value, Raw) else repr(tuple(value) if isinstance(value, list) else value)


@dataclass(frozen=True, slots=True)
class Pair:
    """A layer on both sides: `entry` and what follows it in a spec; in PyTorch `call` of `{x}`, `{y}`, `{z}` and of its own `{layer}`."""

    entry: Mapping[str, object]
    layer: str = ""
    call: str = "{layer}({x})"
    first: str = ""  #: a statement before the call
    then: tuple[Mapping[str, object], ...] = ()
    outputs: tuple[str, ...] = ()  #: what is compared, where that is not the last tensor; `out` names the entry
    use: str = ""  #: a library that the spec brings in
    names: str = ""  #: of the axes made, where they are not the input's; `?` where no network goes on from there
    counted: bool = True  #: whether PyTorch's counter knows its products
    stricter: str = ""  #: why it is refused although PyTorch takes it: a word of STRICTER


class Form(NamedTuple):
    """What a layer can be drawn on: inputs to draw for it alone, and whether a tensor in a network is such an input."""

    draw: Callable[[Draw], tuple[Given, ...]]
    fits: Callable[[Given], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class Row:
    """How some kinds are drawn, and what they are in PyTorch."""

    name: str
    kinds: tuple[str, ...]
    on: Form
    pair: Callable[..., Pair]  #: of `Draw` and the inputs
    products: bool  #: whether multiply-accumulates are asked for too
    share: int  #: of all that is drawn


TABLE: dict[str, Row] = {}

#: Where archcalc refuses what PyTorch takes, and why.
STRICTER = {
    "scalar": "a tensor keeps an axis beside the batch: `keep` says how",
    "image": "the last axis of an image is no feature: `flatten`, `tokens` or an axis says what is meant",
    "uneven": "`parts` are of one size",
    "empty": "a tensor without elements is a mistake in a network",
}


def kind(*kinds: str, on: Form, products: bool = False, share: int = 2) -> Callable[[Callable[..., Pair]], Callable[..., Pair]]:
    """Put a function that writes both sides into the table."""

    def put(pair: Callable[..., Pair]) -> Callable[..., Pair]:
        TABLE[pair.__name__] = Row(pair.__name__, kinds, on, pair, products, share)
        return pair

    return put


def batch(draw: Draw, *, bare: bool = True, least: int = 1) -> int | None:
    """Draw PyTorch's batch."""
    return None if bare and draw.flag(30) else draw.whole(least, 3)


def image(ranks: Sequence[int] = (1, 2, 3), *, bare: bool = True, least: int = 1) -> Form:
    """Channels first, beside so many axes; `bare` where PyTorch takes it without a batch, which has `least` examples otherwise."""

    def fits(x: Given) -> bool:
        return x.image and x.rank in ranks and (bare if x.batch is None else x.batch >= least)

    def one(draw: Draw) -> tuple[Given]:
        rank = draw.one(ranks)
        c = draw.one([*range(1, 10), 12, 16])
        high = {0: 0, 1: draw.one([14, 60, 2000]), 2: 14, 3: 9}[rank]
        sizes = [c, *(draw.whole(1, high) for _ in range(rank))]
        return (Given(dict(zip((SPATIAL | {0: "c"})[rank].split(), sizes, strict=True)), batch(draw, bare=bare, least=least)),)

    return Form(one, fits)


def features(low: int = 1, high: int = 4, *, bare: bool = True, least: int = 1) -> Form:
    """So many axes without a meaning; `bare` and `least` as with an image."""

    def one(draw: Draw) -> tuple[Given]:
        names = FEATURES.split()[-draw.whole(low, high) :]
        return (Given({name: draw.one([*range(1, 10), 12, 16]) for name in names}, batch(draw, bare=bare, least=least)),)

    def fits(x: Given) -> bool:
        return not x.image and low <= len(x.axes) <= high and not x.below and (bare if x.batch is None else x.batch >= least)

    return Form(one, fits)


def either(*forms: Form) -> Form:
    """One of several forms."""
    return Form(lambda draw: draw.one(forms).draw(draw), lambda x: any(form.fits(x) for form in forms))
