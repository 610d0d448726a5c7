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
    used: bool = False  #: whether any of them was shared since this was last set
    misfit: str = ""  #: a weight that should have been shared and has another shape

    def add(self, role: str, op: Op) -> None:
        """Note the weights of an operation."""
        for name, axes in op.weights.items():
            self.shapes.setdefault((role, name), _weight_shape(op, axes))

    def shared(self, role: str, op: Op) -> frozenset[str]:
        """Give the names of weights that have a partner of equal role and shape; a matrix may be transposed."""
        names = set()
        for name, axes in op.weights.items():
            mine = self.shapes.get((role, name))
            if self._fits(mine, _weight_shape(op, axes)):
                names.add(name)
            elif mine is not None:
                self.misfit = f"{role}.{name}".strip(".")
        self.used = self.used or bool(names)
        return frozenset(names)

    @staticmethod
    def _fits(mine: tuple[int, ...] | None, theirs: tuple[int, ...]) -> bool:
        return mine == theirs or (mine is not None and len(mine) > 1 and (*mine[:-2], *mine[:-3:-1]) == theirs)


def _weight_shape(op: Op, axes: str) -> tuple[int, ...]:
    return tuple(op.sizes[a] for a in axes_of(axes))
