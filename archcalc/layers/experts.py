"""The parts of a mixture of experts, which the structure `experts:` puts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from archcalc.algebra import Op, need
from archcalc.layers.activation import Softmax
from archcalc.layers.base import Layer, within
from archcalc.layers.dense import Linear, positions
from archcalc.layers.fields import UNKNOWN, Pos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.algebra import Tensor
    from archcalc.layers.base import Part


class _Expert(Layer, arity=(1, 2)):
    """What every part knows: how many experts there are, and how many of them each token goes to."""

    letters: ClassVar[str] = "K experts for each token"

    count: Pos
    active: Pos

    @field_validator("active")
    @classmethod
    def _of_all(cls, active: int, info: ValidationInfo) -> int:
        """Refuse more than there are."""
        count = info.data.get("count", UNKNOWN)
        if UNKNOWN not in {active, count} and active > count:
            raise PydanticCustomError("active", "can't be {active}: there are {count} experts", {"active": active, "count": count})
        return active

    def axes(self, x: Tensor, *scores: Tensor) -> tuple[str, str, str]:
        """Write the axes of tokens, the same with each one copied, and those of scores, `n experts`; refuse what does not fit."""
        *batch, n = positions(x, self.kind)
        for one in scores:
            need(one.shape[-1] == self.count, "the scores are {x}, for {count} experts", x=one, count=self.count)
        return " ".join([*batch, n]), " ".join([*batch, f"({n} K)"]), " ".join([*batch, n, "experts"])


class Routing(_Expert, kind="routing", arity=(1, 1), aliases=("TopKRouter", "SwitchRouter")):
    """How much each token has to do with each of `count` experts: `(n, d) -> (n, count)`. A product without bias, and softmax."""

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield the product and softmax."""
        (x,) = xs
        self.axes(x)
        y = yield from within("router", Linear(out=self.count, bias=False), x)
        yield from within("router.softmax", Softmax(), y)


class Dispatch(_Expert, kind="dispatch"):
    """Every token once for each of its `active` experts: `(n, d) -> (n·active, d)`, also by `from: [x, scores]`."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the copy."""
        x, *scores = xs
        rows, many, read = self.axes(x, *scores)
        sides = ", ".join([f"{rows} D", *([read] * len(scores))])
        yield Op("copy:dispatch", f"{sides} -> {many} D", xs, {"K": self.active}, names=x.names)


class Combine(_Expert, kind="combine"):
    """What the experts made of a token, weighed and added up: `(n·active, d) -> (n, d)`, also by `from: [x, scores]`."""

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the sum."""
        y, *scores = xs
        rows, many, read = self.axes(y, *scores)
        need(y.shape[-2] % self.active == 0, "{y} are not {active} rows for each token", y=y, active=self.active)
        sides = ", ".join([f"{many} D", *([read] * len(scores))])
        yield Op("merge:combine", f"{sides} -> {rows} D", xs, {"K": self.active}, names=y.names)
