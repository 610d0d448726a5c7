"""Several tensors made one: element by element, end to end, stacked, multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from archcalc.algebra import Op, Tensor, Window, need
from archcalc.layers.base import Layer, Part, alike, axis_at, feature_axis, labels
from archcalc.layers.cut import Crop, centred
from archcalc.layers.fields import UNKNOWN, Bool, Int, Maybe, Refs
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Several(Layer, primary="of", arity=(1, None)):
    """A layer that reads several tensors: those `of` names, else those its place or `from` gives."""

    of: Refs = ()

    @field_validator("of")
    @classmethod
    def _several(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a single plain name: most likely the incoming tensor was meant to be the other one."""
        if len(names) == 1 and names[0] is not UNKNOWN and "*" not in names[0]:
            raise PydanticCustomError(
                "operands", "names `{name}` alone, which is one tensor", {"name": names[0], "help": f"write `[{names[0]}, x]`"}
            )
        return names

    def operands(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Name the tensors that are read."""
        return self.of or given


def broadcast(kind: str, xs: tuple[Tensor, ...]) -> tuple[Tensor, list[str]]:
    """Give what tensors broadcast to, and how a pattern writes each: matched from the last axis, an axis of one position is repeated.

    >>> image, gate = Tensor((8, 4, 4), ("c", "h", "w")), Tensor((8, 1, 1), ("c", "h", "w"))
    >>> broadcast("multiply", (image, gate))[1]
    ['C H W', 'C () ()']
    """
    rank = max(len(x.shape) for x in xs)
    model = next(x for x in xs if len(x.shape) == rank)
    shape: list[int] = []
    for i in range(-rank, 0):
        ns = [x.shape[i] for x in xs if len(x.shape) >= -i]
        wide = [n for n in ns if not _single(n)] or ns
        for n in wide:
            need(
                n == wide[0],
                "`{kind}` of {xs}: {axis} is {a} in one and {b} in the other",
                kind=kind, xs=" and ".join(map(str, xs)), axis=model.names[i], a=wide[0], b=n,
            )  # fmt: skip
        shape.append(wide[0])
    made = Tensor(tuple(shape), model.names)
    every = list(zip(labels(made), shape, strict=True))
    sides = [zip(every[rank - len(x.shape) :], x.shape, strict=True) for x in xs]
    return made, [" ".join("()" if _single(n) and not _single(size) else label for (label, size), n in side) for side in sides]


def _single(n: object) -> bool:
    """Tell an axis of one position, which is what broadcasting repeats."""
    return isinstance(n, int) and n == 1


class _Elementwise(_Several, role="merge"):
    """One element from one of each tensor; sizes broadcast."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the merge."""
        made, sides = broadcast(self.kind, xs)
        yield Op(f"merge:{self.kind}", f"{', '.join(sides)} -> {' '.join(labels(made))}", xs, names=made.names)


class Add(_Elementwise, kind="add", arity=(2, None), aliases=("Add", "plus")):
    """The sum of tensors, `add: [a, x]`; sizes broadcast as in PyTorch."""


class Subtract(_Elementwise, kind="subtract", arity=(2, 2), aliases=("Subtract", "sub", "minus")):
    """The first tensor less the second, `subtract: [a, x]`; sizes broadcast as in PyTorch."""


class Multiply(_Elementwise, kind="multiply", arity=(2, None), aliases=("Multiply", "mul", "times")):
    """The product of tensors, element by element, `multiply: [a, x]`; sizes broadcast as in PyTorch."""


class Divide(_Elementwise, kind="divide", arity=(2, 2), aliases=("div",)):
    """The first tensor over the second, `divide: [a, x]`; sizes broadcast as in PyTorch."""


class Concat(_Several, kind="concat", role="merge", aliases=("Concat", "Concatenate", "concatenate", "cat", "route")):
    """Tensors end to end along `axis`: `(c1, h, w), (c2, h, w) -> (c1 + c2, h, w)`; the channels if they are in front, else the last axis.

    With `crop`, larger images are cropped to the centre of the smallest first, as in U-Net (Ronneberger et al. 2015).
    """

    axis: Maybe[Int] = None
    crop: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op | Part]:
        """Yield the crops, if any, then the whole."""
        if self.crop:
            crops = list(self._crops(xs))
            for i, op in crops:
                yield Part(Crop.kind if len(crops) == 1 else f"{Crop.kind}_{i}", Crop.kind, op)
            xs = tuple(dict(crops).get(i, x) for i, x in enumerate(xs))
        first = xs[0]
        at = axis_at(first, feature_axis(first) if self.axis is None else self.axis)
        alike(self.kind, xs, but=at)
        yield self._joined(xs, at)

    @staticmethod
    def _crops(xs: tuple[Tensor, ...]) -> Iterator[tuple[int, Op]]:
        """Crop what is larger than the smallest, with its place among the operands."""
        ats = [Spatial(x, "concat` with `crop") for x in xs]
        need(len({at.rank for at in ats}) == 1, "`concat` of {xs}: they have different numbers of axes", xs=" and ".join(map(str, xs)))
        size = tuple(map(min, zip(*[at.ns for at in ats], strict=True)))
        for i, (x, at) in enumerate(zip(xs, ats, strict=True)):
            if at.ns != size:
                yield i, centred(x, at, size)

    @staticmethod
    def _joined(xs: tuple[Tensor, ...], at: int) -> Op:
        """Put tensors end to end; each starts where the one before it ends."""
        every, total = labels(xs[0]), sum(x.shape[at] for x in xs)
        before, name, after = every[:at], every[at], every[at + 1 :]
        reads, windows, start = [], {}, 0
        for k, x in enumerate(xs):
            n = x.shape[at]
            reads.append(" ".join([*before, f"{name}_{k}", *after]))
            windows[f"{name}_{k}>{name}"] = Window.slide(n, 1, 1, start, total - start - n)
            start = start + n
        return Op("merge:concat", f"{', '.join(reads)} -> {' '.join(every)}", xs, windows=windows, names=xs[0].names)


class Stack(_Several, kind="stack", aliases=("Stack",)):
    """Tensors of one shape side by side along a new axis: `(d,), (d,) -> (2, d)`. As `torch.stack`."""

    letters: ClassVar[str] = "k tensors"

    axis: Int = 0

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        first, rank = xs[0], len(xs[0].shape)
        alike(self.kind, xs)
        need(-rank - 1 <= self.axis <= rank, "a new axis of {x} can't be at {axis}", x=first, axis=self.axis)
        at = self.axis % (rank + 1)
        every = labels(first)
        made, names = [*every[:at], "k", *every[at:]], (*first.names[:at], f"a{at}", *first.names[at:])
        yield Op("copy:stack", f"{', '.join([' '.join(every)] * len(xs))} -> {' '.join(made)}", xs, {"k": len(xs)}, names=names)


class MatMul(_Several, kind="matmul", arity=(2, 2), aliases=("MatMul", "bmm", "mm", "dot")):
    """The product of two matrices: `(…, n, k), (…, k, m) -> (…, n, m)`; `transpose` turns the second. As `torch.matmul`.

    Leading axes broadcast.
    """

    letters: ClassVar[str] = "n rows, m columns, k numbers in each"

    transpose: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the product."""
        a, b = xs
        need((len(a.shape) > 1) & (len(b.shape) > 1), "`matmul` multiplies matrices, not {a} by {b}", a=a, b=b)
        turned = -1 if self.transpose else -2
        say = "`matmul` of {a} by {b}: {k} columns meet {rows} rows"
        need(a.shape[-1] == b.shape[turned], say, a=a, b=b, k=a.shape[-1], rows=b.shape[turned])
        many, sides = broadcast(self.kind, tuple(Tensor(x.shape[:-2], x.names[:-2]) for x in xs))
        lead = " ".join(labels(many))
        second = "m k" if self.transpose else "k m"
        yield Op(
            "matmul",
            f"{sides[0]} n k, {sides[1]} {second} -> {lead} n m",
            xs,
            loops=f"{lead} n m k",
            names=(*many.names, a.names[-2], b.names[-3 - turned]),
        )
