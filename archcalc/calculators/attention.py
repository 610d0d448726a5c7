"""Attention in a list of operations: where its scores begin, and what one kernel of it all never makes as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.trace import Step

__all__ = ["SCORES", "VALUES", "inside"]

#: Kinds of operations that attention begins and ends with.
SCORES, VALUES = "matmul:scores", "matmul:values"


def inside(steps: Iterable[Step]) -> frozenset[int]:
    """Find what attention in one kernel never makes as a whole: scores, and all that becomes of them before they meet values."""
    found: set[int] = set()
    for step in steps:
        if step.op.kind == SCORES or (step.op.kind != VALUES and not found.isdisjoint(step.reads)):
            found.add(step.out)
    return frozenset(found)
