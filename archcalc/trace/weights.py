"""Weights and buffers that several entries share: `tie` and `shared`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.algebra import axes_of
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.algebra import Op

__all__ = ["Inventory"]


class Inventory(Record, frozen=False):
    """The weights and buffers that an entry made, by role and name, for others to share."""

    weights: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    buffers: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    used: bool = False  #: whether any of them was shared since this was last set
    misfit: str = ""  #: one that should have been shared and has another shape

    @property
    def empty(self) -> bool:
        """Whether there is nothing to share."""
        return not self.weights and not self.buffers

    def add(self, role: str, op: Op) -> None:
        """Note what an operation holds."""
        for known, held in ((self.weights, op.weights), (self.buffers, op.buffers)):
            for name, axes in held.items():
                known.setdefault((role, name), _shape(op, axes))

    def shared(self, role: str, op: Op) -> frozenset[str]:
        """Give the names of what has a partner of equal role and shape; a matrix may be transposed.

        Statistics belong together: the buffers of an operation are shared all or none.
        """
        kept = self._partners(self.buffers, role, op, op.buffers)
        names = self._partners(self.weights, role, op, op.weights) | (kept if len(kept) == len(op.buffers) else frozenset())
        self.used = self.used or bool(names)
        return names

    def _partners(self, known: Mapping[tuple[str, str], tuple[int, ...]], role: str, op: Op, held: Mapping[str, str]) -> frozenset[str]:
        names = set()
        for name, axes in held.items():
            mine = known.get((role, name))
            if self._fits(mine, _shape(op, axes)):
                names.add(name)
            elif mine is not None:
                self.misfit = f"{role}.{name}".strip(".")
        return frozenset(names)

    @staticmethod
    def _fits(mine: tuple[int, ...] | None, theirs: tuple[int, ...]) -> bool:
        return mine == theirs or (mine is not None and len(mine) > 1 and (*mine[:-2], *mine[:-3:-1]) == theirs)


def _shape(op: Op, axes: str) -> tuple[int, ...]:
    return tuple(op.sizes[a] for a in axes_of(axes))
