"""Model size: parameters times bits over 8, rounded up once at the end. Buffers are not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.parameters import params
from archcalc.calculators.precision import size_in_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["ModelSize"]


class ModelSize:
    """Sums the bytes of weights at the precision of weights."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.precision = settings.dtype.weights
        self.params = 0

    def row(self, step: Step) -> Mapping[str, object]:
        """Size one operation's own weights."""
        own = params(step)
        self.params += own
        return {"model_size_bytes": size_in_bytes(own, self.precision)} if own else {}

    def totals(self) -> Mapping[str, object]:
        """Give the size of all, rounded up once."""
        return {"model_size_bytes": size_in_bytes(self.params, self.precision)}
