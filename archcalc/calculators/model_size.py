"""Model size: parameters times bits, scales included, over 8, rounded up once at the end. Buffers are not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.parameters import params
from archcalc.calculators.precision import weight_bits, whole_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings, Sums
    from archcalc.trace import Network, Step

__all__ = ["ModelSize"]


class ModelSize:
    """Sums the bits of weights, each row's at its own precision."""

    def __init__(self, network: Network, settings: Settings) -> None:
        self.dtype = settings.dtype

    def row(self, step: Step) -> Mapping[str, object]:
        """Size one operation's own weights."""
        if not params(step):
            return {}
        own = weight_bits(step, self.dtype)
        return {"model_size_bytes": whole_bytes(own), "weight_bits": own}

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the size of all, rounded up once."""
        return {"model_size_bytes": whole_bytes(sums["weight_bits"])}
