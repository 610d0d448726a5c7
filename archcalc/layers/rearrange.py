"""Axes split, joined and reordered by a pattern."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, pairwise
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict

from archcalc.algebra import Op, Tensor, need
from archcalc.layers.base import Layer, group
from archcalc.layers.fields import Pos, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DIMENSION = re.compile(r"\(([\w\s]*)\)|(\w+)")
ONE = "1"  # an axis of one position


def side(text: str) -> list[list[str]]:
    """Take one side of a pattern apart: the axes of each dimension, none for `1` and `()`.

    >>> side("(h a) w 1")
    [['h', 'a'], ['w'], []]
    """
    left = DIMENSION.sub("", text).strip()
    need(left == "", "`{left}` in `{text}` is neither an axis nor axes in brackets", left=left, text=text.strip())
    return [[axis for axis in f"{several} {single}".split() if axis != ONE] for several, single in DIMENSION.findall(text)]


class Rearrange(Layer, kind="rearrange", primary="pattern", aliases=("Rearrange", "einops", "einops_rearrange")):
    """Axes split, joined and reordered: `c h w -> (h w) c`, or `{pattern: (h a) (w b) c -> h w (a b c), a: 2, b: 2}`.

    The pattern is einops' (Rogozhnikov 2022): the left side names the axes of the input by their place, brackets split or join, and
    the right side gives the names of the result, those of a group joined. Joining axes that are not next to each other is a copy.
    """

    sample: ClassVar[Mapping[str, object]] = {"pattern": "c h w -> (h w) c"}

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Pos]

    pattern: Text

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the view, or the copy."""
        (x,) = xs
        need(self.pattern.count("->") == 1, "a pattern is `axes -> axes`, not `{pattern}`", pattern=self.pattern)
        read, made = map(side, self.pattern.split("->"))
        need(
            len(read) == len(x.shape),
            "the left side of `{pattern}` has {n} axes, but the input is {x}",
            pattern=self.pattern,
            n=len(read),
            x=x,
        )
        sizes = dict(self.__pydantic_extra__ or {})
        self._check(list(chain(*read)), list(chain(*made)), sizes)
        for dim, n in zip(read, x.shape, strict=True):
            self._fit(dim, n, sizes)
        pattern = " -> ".join(" ".join(map(group, dims)) for dims in (read, made))
        yield Op(f"{self._storage(read, made)}:rearrange", pattern, (x,), sizes, names=tuple("".join(dim) or ONE for dim in made))

    @staticmethod
    def _check(read: list[str], made: list[str], sizes: dict[str, int]) -> None:
        """Account for every axis on both sides, and for every size told."""
        for axes, where in ((read, "left"), (made, "right")):
            twice = [axis for axis, n in Counter(axes).items() if n > 1]
            need(twice == [], "`{axis}` stands twice on the {side} side", axis=" ".join(twice), side=where)
            odd = [axis for axis in axes if not axis.isidentifier()]
            need(odd == [], "`{axis}` is no name for an axis", axis=" ".join(odd))
        lost, new = [a for a in read if a not in made], [a for a in made if a not in read]
        need(lost == [], "`{axis}` is read, but not on the right side", axis=" ".join(lost))
        need(new == [], "`{axis}` is on the right side, but not read", axis=" ".join(new))
        need(made != [], "a pattern leaves one axis or more")
        unknown = [axis for axis in sizes if axis not in read]
        need(unknown == [], "`{axis}` has a size, but is not in the pattern", axis=" ".join(unknown))

    @staticmethod
    def _fit(dim: list[str], n: int, sizes: dict[str, int]) -> None:
        """Find the one size of a dimension that is not told, or check."""
        free, known = [axis for axis in dim if axis not in sizes], 1
        for axis in dim:
            known = known * sizes.get(axis, 1)
        need(
            len(free) <= 1,
            "of `{dim}` only one size can follow from {n}: add `{more}: …`",
            dim=group(dim),
            n=n,
            more=": …, ".join(free[1:]),
        )
        told = " x ".join(f"{axis} {sizes[axis]}" for axis in dim if axis in sizes) or "1"
        need(n % known == 0 if free else n == known, "an axis of {n} is not `{dim}` with {told}", n=n, dim=group(dim), told=told)
        sizes.update((axis, n // known) for axis in free)

    @staticmethod
    def _storage(read: list[list[str]], made: list[list[str]]) -> str:
        """Tell a view from a copy: a view joins only what follows each other."""
        follow = set(pairwise(chain(*read)))
        return "view" if all(pair in follow for dim in made for pair in pairwise(dim)) else "copy"
