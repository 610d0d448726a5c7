"""The functions that expressions may call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FUNCTIONS"]


def divisible(value: float, d: int = 8) -> int:
    """Round to a multiple of `d`, never down by more than 10 %: MobileNet's rule.

    >>> divisible(32 * 0.75), divisible(12), divisible(1.2 * 32), divisible(10**17 + 9)
    (24, 16, 40, 100000000000000008)
    """
    half = d // 2 if type(value) is type(d) is int else d / 2  # whole numbers stay exact, however large
    rounded = max(d, int(value + half) // d * d)
    return rounded + d if rounded < 0.9 * value else rounded


def _round(value: float) -> int:
    """Round half up, as school does and Python does not."""
    return int(value) if isinstance(value, int) else math.floor(value + 0.5)


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "min": min, "max": max, "abs": abs, "sum": sum, "len": len, "sqrt": math.sqrt, "log2": math.log2, "ceil": math.ceil,
    "floor": math.floor, "round": _round, "int": int, "divisible": divisible,
}  # fmt: skip
