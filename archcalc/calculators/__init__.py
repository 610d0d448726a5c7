"""The calculators: each reads operations and the graph, and none knows a layer.

A calculator is a module with a class: `row(step)` gives the figures of one operation by the names of `report.result.Row`, `totals`
those of `Totals` after the last one. Most figures are the same wherever an operation stands; they are worked out once for all like it,
and added up by how often it is there.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from archcalc.calculators.precision import DType
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from archcalc.trace import Network, Step

__all__ = ["BY_BATCH", "Counter", "Follower", "Settings", "Sums", "calculators"]


class Settings(Record):
    """What the figures are worked out for."""

    batch: int = 1
    dtype: DType = field(default_factory=DType)
    convention: str = "paper"  #: how multiply-accumulates, FLOPs and parameters are counted
    strict: bool = field(default=False, compare=False)  #: whether what the convention has no rule for is an error
    meta: Mapping[str, object] = field(default_factory=dict, compare=False)  #: what the file says of itself


class Sums:
    """The figures of all rows added up, those of rows that are alike by how many they are.

    >>> sums = Sums()
    >>> sums.add({"params": 9}, 2), sums.add({"params": 1, "macs": 5, "incomplete": ("flops",)}, 3)
    (None, None)
    >>> sums["params"], sums["macs"], sums["buffers"], sums.rows, sums.unknown
    (21, 15, 0, 5, {'flops'})
    """

    def __init__(self) -> None:
        self.rows = 0
        self.unknown: set[str] = set()  #: figures that some row does not know
        self.known: dict[str, Any] = {}

    def add(self, figures: Mapping[str, Any], times: int) -> None:
        """Count so many rows with these figures."""
        self.rows += times
        self.unknown.update(figures.get("incomplete", ()))
        for name, value in figures.items():
            if isinstance(value, int | Fraction):
                self.known[name] = self.known.get(name, 0) + times * value

    def __getitem__(self, name: str) -> Any:
        """Give the sum of a figure."""
        return self.known.get(name, 0)


class Counter(Protocol):
    """What a calculator does whose figures are the same wherever an operation stands; it counts one sample."""

    def __init__(self, network: Network, settings: Settings) -> None: ...

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the figures of one operation, and of all that are alike."""

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the figures of the whole batch."""


#: Figures of these that the batch multiplies.
BY_BATCH = ("macs", "flops")


class Follower(Protocol):
    """What a calculator does that follows tensors from operation to operation; it looks at one sample."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None: ...

    @staticmethod
    def depends(settings: Settings) -> Hashable:
        """Give what of the settings changes what is found."""

    def follow(self, step: Step) -> Any:
        """Find out about one operation."""

    @staticmethod
    def row(found: Any, batch: int) -> Mapping[str, Any]:
        """Give the figures of what was found, for a batch."""

    def end(self) -> Any:
        """Find out about the whole, after the last operation."""

    @staticmethod
    def totals(ended: Any, batch: int) -> Mapping[str, object]:
        """Give the figures of that, for a batch."""


def calculators(convention: str = "paper") -> tuple[tuple[type[Counter], ...], tuple[type[Follower], ...]]:
    """List the calculators, each kind in running order; a convention other than `paper` has one of its own."""
    from archcalc.calculators.activations import Activations
    from archcalc.calculators.macs import Macs
    from archcalc.calculators.model_size import ModelSize
    from archcalc.calculators.parameters import Parameters
    from archcalc.calculators.receptive_field import ReceptiveField
    from archcalc.calculators.shape import Shapes

    followers = ReceptiveField, Activations
    if convention == "paper":
        return (Shapes, Parameters, Macs, ModelSize), followers
    from archcalc.conventions.calculator import Conventional

    return (Shapes, Parameters, Conventional, ModelSize), followers
