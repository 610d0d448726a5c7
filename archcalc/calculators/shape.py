"""Shapes: of what an operation reads and of what it makes, without the batch axis, in PyTorch's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["Shapes"]


class Shapes:
    """Reads the shapes off the operations, and counts the rows."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.layers = 0

    def row(self, step: Step) -> Mapping[str, object]:
        """Give the shapes of one operation."""
        self.layers += 1
        return {"inputs": tuple([x.shape for x in step.op.reads]), "output": step.op.shape}

    def totals(self) -> Mapping[str, object]:
        """Give the number of rows."""
        return {"layers": self.layers}
