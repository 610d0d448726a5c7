"""The waist of the hourglass: what one operation is (`Op`) and what one axis sees (`Window`).

Layers yield `Op`s, calculators read them, and neither knows the other. The arithmetic stays plain: no truth value of a size,
no `max` or `min` of sizes, and every refusal goes through `need`.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd, prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "INDEXED", "LARGEST", "MOST_AXES", "PHASES", "UNNAMED",
    "Indices", "Op", "Refused", "Slide", "Stretch", "Tensor", "Window", "axes_of", "need", "share",
]  # fmt: skip

#: The largest value that is written or calculated, and the longest axis. Figures, which are made of these, are exact and have no bound.
LARGEST = 10**18
#: The most axes of a tensor, as in PyTorch and NumPy.
MOST_AXES = 64
#: A window's pattern may repeat after this many positions at most; beyond that what it sees is not tracked (`n/a`).
PHASES = 4096

#: Fields of a window before `made`.
MADE = 5

#: What the axes of a tensor are called where nobody names them, by their number.
UNNAMED = {1: ("d",), 2: ("n", "d"), 3: ("c", "h", "w"), 4: ("c", "t", "h", "w")}
#: The same where it is one of indices, which have neither channels nor features.
INDEXED = {1: ("n",), 2: ("b", "n"), 3: ("b", "h", "w"), 4: ("b", "t", "h", "w")}

#: The axis of sets of weights, where an operation has several: one for each expert.
SETS = "sets"
#: The axis of those of them that one token meets.
ACTIVE = "active"


class Refused(ValueError):
    """A configuration that cannot exist, and why."""


def need(condition: bool, message: str, **values: object) -> None:  # noqa: FBT001 - a guard reads as a sentence
    """Refuse a configuration unless `condition` holds; `values` fill the braces of `message`.

    >>> need(7 % 2 == 0, "{n} channels do not divide into {groups} groups", n=7, groups=2)
    Traceback (most recent call last):
    archcalc.algebra.Refused: 7 channels do not divide into 2 groups
    """
    if not condition:
        raise Refused(message.format(**values))


def share(whole: int, parts: int, what: str, whom: str) -> int:
    """Divide exactly, or refuse.

    >>> share(64, 4, "channels", "groups")
    16
    """
    need(whole % parts == 0, "{whole} {what} do not divide into {parts} {whom}", whole=whole, what=what, parts=parts, whom=whom)
    return whole // parts


class Slide(NamedTuple):
    """How a kernel slid over `n` positions."""

    n: int
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int
    ceil: bool


class Stretch(NamedTuple):
    """How `n` positions were spread over a kernel each."""

    n: int
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int
    extra: int


class Window(NamedTuple):
    """What the positions of one axis see of another: a map that repeats.

    Position `q·len(lo) + r` sees everything from `lo[r] + q·step` to `hi[r] + q·step`. Ordinary convolutions repeat after one
    position; transposed convolutions, upsampling and adaptive pooling after several ("phases"), which is what makes them exact.
    Source of the recurrences: Araujo, Norris and Sim, Distill 2019, generalised to phases.

    >>> stem = Window.slide(224, 7, stride=2, before=3, after=3)
    >>> pool = Window.slide(stem.out, 3, stride=2, before=1, after=1)
    >>> (stem | pool).out, (stem | pool).field, (stem | pool).stride, (stem | pool).padding
    (56, 11, 4, 5)
    """

    out: int  #: number of positions
    step: int = 1  #: how far a whole period moves on the other axis
    lo: tuple[int, ...] = (0,)  #: first position seen, per phase; empty where it is not tracked
    hi: tuple[int, ...] = (0,)  #: last position seen, per phase
    aligned: bool = True  #: whether all that met here had the same centre
    made: Slide | Stretch | None = None  #: by which arithmetic, where a formula says more; not compared

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Window) and self[:MADE] == other[:MADE]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:MADE])

    @classmethod
    def slide(
        cls, n: int, kernel: int, stride: int = 1, before: int = 0, after: int = 0, dilation: int = 1, *, ceil: bool = False
    ) -> Window:
        """Slide a kernel over `n` positions: convolution, pooling; with kernel 1 also padding and (negative) cropping.

        `ceil` keeps a last window that runs over the end, if it starts inside the input or its left padding.

        >>> Window.slide(112, 3, 2).out, Window.slide(112, 3, 2, ceil=True).out
        (55, 56)
        """
        reach = dilation * (kernel - 1)
        room = n + before + after - reach - 1
        out = (-(-room // stride) if ceil else room // stride) + 1
        if ceil:
            out = out - ((out - 1) * stride >= n + before)
        need(
            out >= 1,
            "a window of {span} does not fit into {n} position{s}{padding}",
            span=reach + 1,
            n=n,
            s="s" * (n != 1),
            padding=f" with padding {before} + {after}" if (before, after) != (0, 0) else "",
        )
        return cls(out, stride, (-before,), (reach - before,), made=Slide(n, kernel, stride, before, after, dilation, ceil))

    @classmethod
    def stretch(cls, n: int, kernel: int, stride: int = 1, before: int = 0, after: int = 0, dilation: int = 1, extra: int = 0) -> Window:
        """Spread each of `n` positions over a kernel: transposed convolution, `y = i·stride + u·dilation - before`.

        >>> Window.stretch(28, 2, 2).out
        56
        """
        reach = dilation * (kernel - 1)
        out = (n - 1) * stride - before - after + reach + 1 + extra
        need(out >= 1, "the output would have {out} positions", out=out)
        made = Stretch(n, kernel, stride, before, after, dilation, extra)
        if stride > PHASES:
            return cls(out, 1, (), (), made=made)
        lo = tuple(-((reach - before - r) // stride) for r in range(stride))
        return cls(out, 1, lo, tuple((r + before) // stride for r in range(stride)), made=made)

    @classmethod
    def resample(cls, n: int, out: int, below: int = 0, above: int = 0, *, area: bool = False, half: bool = False) -> Window:
        """Read `n` positions at `out` places: interpolation and adaptive pooling. To its own size it is the identity.

        `area` reads everything from one place to the next (adaptive pooling); `half` takes pixel centres for places
        and `below` and `above` say how many neighbours on each side are read (bilinear: 0 and 1, bicubic: 1 and 2).

        >>> Window.resample(7, 7).field, Window.resample(10, 4, area=True).field, Window.resample(8, 16, above=1, half=True).field
        (1, 3, 2)
        """
        need(out >= 1, "the output would have {out} positions", out=out)
        if out == n:
            return cls(n)
        common = gcd(n, out)
        phases, step = out // common, n // common
        if phases > PHASES:
            return cls(out, step, (), ())
        places = [divmod((2 * r + 1) * n - out, 2 * out) if half else divmod(r * n, out) for r in range(phases)]
        spans = [(at, -(-(r + 1) * n // out) - 1) if area else _around(at, off, below, above) for r, (at, off) in enumerate(places)]
        return cls(out, step, tuple(lo for lo, _ in spans), tuple(hi for _, hi in spans))

    def sees(self, position: int) -> tuple[int, int]:
        """Give the first and last position seen from `position`, as if the other axis had no ends."""
        q, r = divmod(position, len(self.lo)) if len(self.lo) > 1 else (position, 0)
        return self.lo[r] + q * self.step, self.hi[r] + q * self.step

    def __or__(self, then: Window) -> Window:
        """In series, `self` nearer the input."""
        if not self.lo or not then.lo:
            return Window(then.out, 1, (), (), aligned=False)
        mine, theirs = len(self.lo), len(then.lo)
        aligned = self.aligned and then.aligned
        if mine == theirs == 1:  # the ordinary case, without a loop
            lo, hi, step = self.lo[0], self.hi[0], self.step
            return Window(then.out, step * then.step, (lo + step * then.lo[0],), (hi + step * then.hi[0],), aligned)
        turns = mine // gcd(mine, then.step)
        if turns * theirs > PHASES:
            return Window(then.out, 1, (), (), aligned=False)
        seen = [then.sees(y) for y in range(turns * theirs)]
        lo_all, hi_all = tuple(self.sees(a)[0] for a, _ in seen), tuple(self.sees(b)[1] for _, b in seen)
        return Window(then.out, self.step * then.step * turns // mine, lo_all, hi_all, aligned)

    def __and__(self, other: Window) -> Window:
        """In parallel: the hull of what two branches see. Unequal strides have no common field and are refused."""
        if self == other:
            return self
        if not self.lo or not other.lo:
            return Window(self.out, 1, (), (), aligned=False)
        mine, theirs = len(self.lo), len(other.lo)
        need(self.step * theirs == other.step * mine, "branches meet at strides {a} and {b}", a=self.stride, b=other.stride)
        phases = mine * theirs // gcd(mine, theirs)
        if phases > PHASES:
            return Window(self.out, 1, (), (), aligned=False)
        seen = [(*self.sees(y), *other.sees(y)) for y in range(phases)]
        lo, hi = tuple(_least(a, c) for a, _, c, _ in seen), tuple(_most(b, d) for _, b, _, d in seen)
        centred = all(a + b == c + d for a, b, c, d in seen)
        return Window(self.out, self.step * phases // mine, lo, hi, self.aligned and other.aligned and centred)

    @property
    def tracked(self) -> bool:
        """Whether what is seen is known."""
        return bool(self.lo)

    @property
    def field(self) -> int:
        """The extent seen, the largest over the phases."""
        if len(self.lo) == 1:
            return self.hi[0] - self.lo[0] + 1
        return max(b - a + 1 for a, b in zip(self.lo, self.hi, strict=True))

    @property
    def least(self) -> int:
        """The extent seen, the smallest over the phases."""
        return min(b - a + 1 for a, b in zip(self.lo, self.hi, strict=True))

    @property
    def stride(self) -> int | Fraction:
        """How far one position moves on the other axis, on average."""
        if len(self.lo) == 1:
            return self.step
        stride = Fraction(self.step, len(self.lo) or 1)
        return int(stride) if stride.denominator == 1 else stride

    @property
    def padding(self) -> int:
        """How far the first position reaches before the start."""
        return -self.lo[0]

    @property
    def identity(self) -> bool:
        """Whether each position sees its own and nothing else."""
        return self.step == 1 and self.lo == self.hi == (0,)


def _around(at: int, off: int, below: int, above: int) -> tuple[int, int]:
    """Give the neighbours that interpolation reads; on a position itself the next one weighs nothing.

    With neighbours on both sides (bicubic) the hull is kept: windows that shrink and grow again do not compose by their ends.
    """
    return (at - below, at + above) if off or below else (at, at)


def _most(a: int, b: int) -> int:
    return b + (a - b) * (a > b)


def _least(a: int, b: int) -> int:
    return a + (b - a) * (a > b)


@lru_cache(maxsize=4096)
def axes_of(axes: str) -> tuple[str, ...]:
    """Split axes into their names.

    >>> axes_of("C_out (H W)")
    ('C_out', 'H', 'W')
    """
    return tuple(re.findall(r"[^\s()]+", axes))


Dims = tuple[tuple[str, ...], ...]  # one tuple of axes per dimension


@lru_cache(maxsize=4096)
def _parse(pattern: str) -> tuple[tuple[Dims, ...], Dims]:
    reads, _, out = pattern.rpartition("->")
    sides = [tuple(map(axes_of, re.findall(r"\([^)]*\)|[^\s()]+", side))) for side in (*reads.split(","), out)]
    return tuple(sides[:-1]) if reads.strip() else (), sides[-1]


@lru_cache(maxsize=4096)
def _sources(pattern: str) -> tuple[tuple[int, int] | str, ...]:
    """For each dimension made: the operand and dimension it keeps the name of, or a name from its axes (`H_out` is `h`)."""
    operands, out = _parse(pattern)
    known = {dims[0]: (k, i) for k, operand in reversed(list(enumerate(operands))) for i, dims in enumerate(operand) if len(dims) == 1}
    return tuple(
        known[dims[0]] if len(dims) == 1 and dims[0] in known else "".join(a.removesuffix("_out").lower() for a in dims) for dims in out
    )


class Tensor(Record, eq=False):
    """A tensor without its batch axis."""

    shape: tuple[int, ...]
    names: tuple[str, ...]  #: one per axis; a tensor is channels first exactly when the first is `c`

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def channels_first(self) -> bool:
        """Whether this is an image, a signal or a volume with its channels in front."""
        return self.names[:1] == ("c",)

    def __str__(self) -> str:
        return "(" + ", ".join(f"{name} {n}" for name, n in zip(self.names, self.shape, strict=True)) + ")"


class Indices(Tensor, eq=False):
    """A tensor of indices that something is looked up by: every axis is one of positions."""


class Op(Tensor, eq=False):
    """One loop nest over named axes, and the tensor it makes.

    Sizes of axes come from the operands, from `windows` and from `sizes`; what does not fit is refused. An axis of an operand
    that does not come out is seen whole.

    >>> image = Tensor((3, 32, 32), ("c", "h", "w"))
    >>> rows = Window.slide(32, 5)
    >>> conv = Op(
    ...     "conv", "C_in H_in W_in -> C_out H_out W_out", (image,), {"C_out": 6, "k_h": 5, "k_w": 5},
    ...     loops="H_out W_out C_out C_in k_h k_w", weights={"weight": "C_out C_in k_h k_w", "bias": "C_out"},
    ...     windows={"H_in>H_out": rows, "W_in>W_out": rows},
    ... )
    >>> conv.shape, conv.names, conv.count(conv.loops), sum(map(conv.count, conv.weights.values()))
    ((6, 28, 28), ('c', 'h', 'w'), 352800, 456)
    """

    shape: tuple[int, ...] = field(init=False)
    kind: str  #: family[:member]; only counting conventions and memory read it
    pattern: str  #: axes read -> axes made, as in einops; a group is an axis in brackets, `()` an axis of one position
    reads: tuple[Tensor, ...] = ()  #: the operands: the layer's inputs or its earlier operations
    sizes: Mapping[str, int] = field(default_factory=dict)  #: of the axes that the operands do not tell
    loops: str = ""  #: axes of the multiply-accumulates; empty where there are none
    weights: Mapping[str, str] = field(default_factory=dict)  #: learned tensors: name -> axes
    buffers: Mapping[str, str] = field(default_factory=dict)  #: kept, not learned: name -> axes
    windows: Mapping[str, Window | None] = field(default_factory=dict)  #: "H_in>H_out" -> what is seen; `None` is all of it
    state: str = ""  #: axes of what stays for the next call
    names: tuple[str, ...] = field(default=(), kw_only=True)  #: of the axes made, where the pattern does not tell

    def __post_init__(self) -> None:
        sizes = dict(self.sizes)
        for axes, window in self.windows.items():
            if window is not None:
                sizes[axes.rpartition(">")[2]] = window.out
        operands, out = _parse(self.pattern)
        need(len(operands) == len(self.reads), "takes {n} inputs, not {given}", n=len(operands), given=len(self.reads))
        for dims, x in zip(operands, self.reads, strict=True):
            need(len(dims) == len(x.shape), "takes a tensor of {n} axes, not {x}", n=len(dims), x=x)
            for dim, n in zip(dims, x.shape, strict=True):
                _bind(sizes, dim, n)
        names = self.names or tuple([s if isinstance(s, str) else self.reads[s[0]].names[s[1]] for s in _sources(self.pattern)])
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "shape", tuple([prod([sizes[a] for a in dim]) for dim in out]))
        object.__setattr__(self, "names", names)

    def apart(self, places: tuple[str, ...]) -> bool:
        """Tell whether each place along the leading dimensions, which have these names, is made of that place of the operands alone.

        A mere other order of all axes brings nothing together, unless places have weights of their own. Where nothing is known of
        what is seen, nothing is said.
        """
        (operands, out), lead = self.dims, len(places)
        reads = [axis for dims in operands for dim in dims for axis in dim]
        learned = {axis for axes in self.weights.values() for axis in axes_of(axes)}
        if not self.windows and sorted(reads) == sorted(axis for dim in out for axis in dim):
            return not any(axis in learned for dim, name in zip(out, self.names, strict=True) if name in places for axis in dim)
        untracked = {route.partition(">")[0] for route, window in self.windows.items() if window is not None and not window.tracked}
        if untracked and untracked.issuperset(reads):
            return True
        made = {axis for dim in out[:lead] for axis in dim}
        moved = any(axis in made for route in self.windows for axis in route.split(">"))
        alike = all(a[: len(b)] == b[: len(a)] for dims in operands for a, b in zip(dims[:lead], out[:lead], strict=False))
        return alike and not moved and made.isdisjoint(learned)

    def sets(self, count: int, active: int) -> Op:
        """Give the same operation with so many sets of weights, of which it uses one at a time, and one token meets `active`.

        >>> x = Tensor((6, 8), ("n", "d"))
        >>> op = Op("linear", "N D_in -> N D_out", (x,), {"D_out": 4}, weights={"weight": "D_out D_in"}).sets(16, 2)
        >>> op.weights["weight"], op.count(op.weights["weight"]), op.met(op.weights["weight"])
        ('sets D_out D_in', 512, 64)
        """
        taken = not self.sizes.keys().isdisjoint((SETS, ACTIVE))
        several, some = (f"{axis}.{len(self.sizes)}" if taken else axis for axis in (SETS, ACTIVE))
        weights, buffers = ({name: f"{several} {axes}" for name, axes in held.items()} for held in (self.weights, self.buffers))
        return replace(self, sizes={**self.sizes, several: count, some: active}, weights=weights, buffers=buffers)

    def count(self, axes: str) -> int:
        """Multiply the sizes of axes; no axes count one."""
        return prod([self.sizes[a] for a in axes_of(axes)])

    def met(self, axes: str) -> int:
        """Multiply the sizes of a weight's axes; of several sets, which come first, those that one token meets."""
        first, *rest = axes_of(axes) or ("",)
        some = first.replace(SETS, ACTIVE, 1) if first.partition(".")[0] == SETS else ""
        return self.sizes[some] * prod([self.sizes[a] for a in rest]) if some in self.sizes else self.count(axes)

    @property
    def family(self) -> str:
        """The first part of the kind."""
        return self.kind.partition(":")[0]

    @property
    def dims(self) -> tuple[tuple[Dims, ...], Dims]:
        """The pattern taken apart: the dimensions of each operand, and those made."""
        return _parse(self.pattern)


def _bind(sizes: dict[str, int], dim: tuple[str, ...], n: int) -> None:
    """Find the one size that is not known yet among the axes that `n` positions are the product of, or check."""
    free = [a for a in dim if a not in sizes]
    known = prod([sizes[a] for a in dim if a in sizes])
    if not free:
        need(known == n, "axis {axis} is {known} here and {n} there", axis=" ".join(dim), known=known, n=n)
        return
    sizes[free[0]] = n if len(dim) == 1 else share(n, known, "positions", "of " + " x ".join(dim))
    for other in free[1:]:
        need(False, "the size of axis {other} is not told", other=other)  # noqa: FBT003 - the same
