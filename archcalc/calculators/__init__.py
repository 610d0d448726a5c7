"""The calculators: each reads operations and the graph, and none knows a layer.

A calculator is a module with a class: `row(step)` gives the figures of one operation by the names of `report.result.Row`, `totals`
those of `Totals` after the last one. Most figures are the same wherever an operation stands; they are worked out once for all like it,
and added up by how often it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from archcalc.calculators.precision import DType
from archcalc.record import Record

if TYPE_CHECKING:
    from archcalc.trace import Network, Step

__all__ = ["Counted", "Counter", "Follower", "Settings", "added", "calculators"]


class Settings(Record):
    """What the figures are worked out for."""

    batch: int = 1
    dtype: DType = field(default_factory=DType)
    convention: str = "paper"  #: how multiply-accumulates, FLOPs and parameters are counted
    strict: bool = field(default=False, compare=False)  #: whether what the convention has no rule for is an error
    meta: Mapping[str, object] = field(default_factory=dict, compare=False)  #: what the file says of itself


#: What the figures of the distinct operations are, each with how often it is there.
Counted = Collection[tuple[Mapping[str, Any], int]]


class Counter(Protocol):
    """What a calculator does whose figures are the same wherever an operation stands."""

    def __init__(self, network: Network, settings: Settings) -> None: ...

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the figures of one operation, and of all that are alike."""

    def totals(self, counted: Counted) -> Mapping[str, object]:
        """Give the figures of the whole."""


class Follower(Protocol):
    """What a calculator does that follows tensors from operation to operation."""

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the figures of one operation."""

    def totals(self) -> Mapping[str, object]:
        """Give the figures of the whole, after the last operation."""


def added(counted: Counted, *names: str) -> dict[str, Any]:
    """Add up figures.

    >>> added([({"params": 9}, 2), ({"params": 1, "macs": 5}, 3)], "params", "macs")
    {'params': 21, 'macs': 15}
    """
    return {name: sum([times * figures.get(name, 0) for figures, times in counted]) for name in names}


#: Makes one of them for a network, of whose tensors it is known which step reads them last.
Following = Callable[["Network", Mapping[int, int], Settings], Follower]


def calculators(convention: str = "paper") -> tuple[tuple[type[Counter], ...], tuple[Following, ...]]:
    """List the calculators, each kind in running order; a convention other than `paper` has one of its own."""
    from archcalc.calculators.activations import Activations
    from archcalc.calculators.macs import Macs
    from archcalc.calculators.model_size import ModelSize
    from archcalc.calculators.parameters import Parameters
    from archcalc.calculators.receptive_field import fields
    from archcalc.calculators.shape import Shapes

    followers = fields, Activations
    if convention == "paper":
        return (Shapes, Parameters, Macs, ModelSize), followers
    from archcalc.conventions.calculator import Conventional

    return (Shapes, Parameters, Conventional, ModelSize), followers
