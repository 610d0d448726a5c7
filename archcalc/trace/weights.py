"""Weights that several entries share: `tie` and `shared`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcalc.algebra import axes_of

if TYPE_CHECKING:
    from archcalc.algebra import Op

__all__ = ["Inventory"]


@dataclass(slots=True)
class Inventory:
    """The weights that an entry made, by role and name, for others to share."""

    shapes: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def add(self, role: str, op: Op) -> None:
        """Note the weights of an operation."""
        for name, axes in op.weights.items():
            self.shapes.setdefault((role, name), _weight_shape(op, axes))

    def shared(self, role: str, op: Op) -> frozenset[str]:
        """Give the names of weights that have a partner of equal role and shape; a matrix may be transposed."""
        return frozenset(name for name, axes in op.weights.items() if self._fits(self.shapes.get((role, name)), _weight_shape(op, axes)))

    @staticmethod
    def _fits(mine: tuple[int, ...] | None, theirs: tuple[int, ...]) -> bool:
        return mine == theirs or (mine is not None and len(mine) == 2 and mine[::-1] == theirs)


def _weight_shape(op: Op, axes: str) -> tuple[int, ...]:
    return tuple(op.sizes[a] for a in axes_of(axes))
