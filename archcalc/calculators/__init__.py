"""The calculators: each reads operations and the graph, and none knows a layer.

A calculator is a module with a class: `row(step)` gives the figures of one operation by the names of `report.result.Row`,
`totals()` those of `Totals` after the last one. `CALCULATORS` is the running order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from archcalc.calculators.precision import DType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.trace import Network, Step

__all__ = ["Calculator", "Settings", "calculators"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the figures are worked out for."""

    batch: int = 1
    dtype: DType = field(default_factory=DType)


class Calculator(Protocol):
    """What a calculator does."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None: ...

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the figures of one operation."""

    def totals(self) -> Mapping[str, object]:
        """Give the figures of the whole, after the last operation."""


def calculators() -> tuple[type[Calculator], ...]:
    """List the calculators in running order."""
    from archcalc.calculators.activations import Activations
    from archcalc.calculators.macs import Macs
    from archcalc.calculators.model_size import ModelSize
    from archcalc.calculators.parameters import Parameters
    from archcalc.calculators.receptive_field import ReceptiveField
    from archcalc.calculators.shape import Shapes

    return Shapes, ReceptiveField, Parameters, Macs, ModelSize, Activations
