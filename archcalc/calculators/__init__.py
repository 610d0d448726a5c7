"""The calculators: each reads operations and the graph, and none knows a layer.

A calculator is a module with a class: `row(step)` gives the figures of one operation by the names of `report.result.Row`,
`totals()` those of `Totals` after the last one. `CALCULATORS` is the running order.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from archcalc.calculators.precision import DType
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.trace import Network, Step

__all__ = ["Calculator", "Settings", "calculators"]


class Settings(Record):
    """What the figures are worked out for."""

    batch: int = 1
    dtype: DType = field(default_factory=DType)
    convention: str = "paper"  #: how multiply-accumulates, FLOPs and parameters are counted
    strict: bool = field(default=False, compare=False)  #: whether what the convention has no rule for is an error
    meta: Mapping[str, object] = field(default_factory=dict, compare=False)  #: what the file says of itself


class Calculator(Protocol):
    """What a calculator does."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None: ...

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the figures of one operation."""

    def totals(self) -> Mapping[str, object]:
        """Give the figures of the whole, after the last operation."""


def calculators(convention: str = "paper") -> tuple[type[Calculator], ...]:
    """List the calculators in running order; a convention other than `paper` has one of its own."""
    from archcalc.calculators.activations import Activations
    from archcalc.calculators.macs import Macs
    from archcalc.calculators.model_size import ModelSize
    from archcalc.calculators.parameters import Parameters
    from archcalc.calculators.receptive_field import ReceptiveField
    from archcalc.calculators.shape import Shapes

    if convention == "paper":
        return Shapes, ReceptiveField, Parameters, Macs, ModelSize, Activations
    from archcalc.conventions.calculator import Conventional

    return Shapes, ReceptiveField, Parameters, Conventional, ModelSize, Activations
