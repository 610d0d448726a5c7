"""Parameters: learned scalars, those that are tied once; trainable and frozen apart, buffers (running statistics) apart.

Active ones are those that one token meets: of experts those that it goes to, of everything else all, whole embeddings included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings, Sums
    from archcalc.trace import Network, Step

__all__ = ["Parameters", "active_params", "params"]


def params(step: Step) -> int:
    """Count the weights that an operation has to itself."""
    op = step.op
    return sum([op.count(axes) for name, axes in op.weights.items() if name not in step.tied]) if op.weights else 0


def active_params(step: Step) -> int:
    """Count those of an operation's own weights that one token meets."""
    op = step.op
    return sum([op.met(axes) for name, axes in op.weights.items() if name not in step.tied]) if op.weights else 0


class Parameters:
    """Sums the sizes of weights and buffers."""

    def __init__(self, network: Network, settings: Settings) -> None:
        pass

    def row(self, step: Step) -> Mapping[str, object]:
        """Count one operation's own weights and buffers."""
        op = step.op
        if not op.weights and not op.buffers:
            return {}
        own = params(step)
        frozen = own if step.frozen else 0
        buffers = sum([op.count(axes) for name, axes in op.buffers.items() if name not in step.tied])
        tied = not step.tied.isdisjoint(op.weights)
        return {"params": own, "trainable": own - frozen, "frozen": frozen, "buffers": buffers, "tied": tied}

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the sums."""
        return {name: sums[name] for name in ("params", "trainable", "frozen", "buffers")}
