"""Parameters: learned scalars, tied weights once; trainable and frozen apart, buffers (running statistics) apart.

The model's size is parameters times bits over 8, rounded up once at the end. Buffers are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.precision import size_in_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["Parameters"]


class Parameters:
    """Sums the sizes of weights and buffers."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.precision = settings.dtype.weights
        self.trainable = self.frozen = self.buffers = 0

    def row(self, step: Step) -> Mapping[str, object]:
        """Count one operation's own weights and buffers."""
        op = step.op
        if not op.weights and not op.buffers:
            return {}
        params = sum([op.count(axes) for name, axes in op.weights.items() if name not in step.tied])
        frozen = params if step.frozen else 0
        buffers = sum([op.count(axes) for axes in op.buffers.values()]) if not step.tied else 0
        self.trainable += params - frozen
        self.frozen += frozen
        self.buffers += buffers
        return {
            "params": params, "trainable": params - frozen, "frozen": frozen, "buffers": buffers, "tied": bool(step.tied),
            "model_size_bytes": size_in_bytes(params, self.precision),
        }  # fmt: skip

    def totals(self) -> Mapping[str, object]:
        """Give the sums."""
        params = self.trainable + self.frozen
        return {
            "params": params, "trainable": self.trainable, "frozen": self.frozen, "buffers": self.buffers,
            "model_size_bytes": size_in_bytes(params, self.precision),
        }  # fmt: skip
