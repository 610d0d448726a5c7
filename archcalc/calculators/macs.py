"""Multiply-accumulates by the convention `paper`: convolutions, dense layers and matrix products.

Attention's scores and values are matrix products; biases and elementwise work are not counted, multiplications by zero padding are.
One MAC is two FLOPs. This is torchvision's published `_ops` and PyTorch's flop counter over two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.algebra import Op
    from archcalc.calculators import Settings, Sums
    from archcalc.trace import Network, Step

__all__ = ["PAPER", "Macs", "macs"]

#: Families of operations that are counted; `declared` figures are their author's.
PAPER = frozenset({"conv", "linear", "matmul", "recurrent", "declared"})


def macs(op: Op) -> int:
    """Multiply the loops of one operation, for one sample."""
    return op.count(op.loops) if op.loops and op.family in PAPER else 0


class Macs:
    """Sums multiply-accumulates."""

    def __init__(self, network: Network, settings: Settings) -> None:
        pass

    def row(self, step: Step) -> Mapping[str, object]:
        """Count one operation."""
        count = macs(step.op)
        return {"macs": count, "flops": 2 * count} if count else {}

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the sums."""
        return {"macs": sums["macs"], "flops": sums["flops"]}
