"""Shapes: of what an operation reads and of what it makes, without the batch axis, in PyTorch's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings, Sums
    from archcalc.trace import Network, Step

__all__ = ["Shapes"]


class Shapes:
    """Reads the shapes off the operations, and counts the rows."""

    def __init__(self, network: Network, settings: Settings) -> None:
        pass

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the shapes of one operation."""
        return {"inputs": tuple([x.shape for x in step.op.reads]), "output": step.op.shape}

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the number of rows."""
        return {"layers": sums.rows}
