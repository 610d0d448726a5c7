"""A whole network with wrong sizes: a mistake in every layer, or answered shapes in the place of the right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.mistakes.sizes import product, resized
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.grading.ledger import Ledger
    from archcalc.grading.mistakes.sizes import SizeRule, Sizes

__all__ = ["World", "everywhere", "world"]


class World(Record, frozen=False, eq=False):
    """A network with a mistake in every size, or with some shapes that are others: the sizes of each operation."""

    sizes: dict[int, Sizes]  #: by the id of the tensor that is made, as far as it goes
    own: dict[int, Sizes]  #: the same, with what is made as it was put in

    def of(self, tensor: int) -> Sizes | None:
        """Give the sizes of the operation that makes a tensor, if they are known."""
        return self.sizes.get(tensor)

    def with_own(self, tensor: int) -> Sizes | None:
        """Give them with the shape that was put in the place of what is made."""
        return self.own.get(tensor) or self.sizes.get(tensor)


def everywhere(graph: Ledger, rule: SizeRule) -> World:
    """Make a mistake in every size, and follow where that leads."""
    if rule not in graph.worlds:
        graph.worlds[rule] = world(graph, rule, {})
    return graph.worlds[rule]


def world(graph: Ledger, rule: SizeRule | None, shapes: Mapping[int, tuple[int, ...]]) -> World:
    """Make a mistake everywhere, or put shapes in the place of the right ones, and follow where that leads."""
    known: dict[int, tuple[int, ...]] = {ref.id: ref.tensor.shape for ref in graph.run.network.inputs}
    found = World({}, {})
    for part in graph.parts:
        step, op = part.step, part.step.op
        sizes = resized(op, [known[read] for read in step.reads], rule) if all(read in known for read in step.reads) else None
        if sizes is None:
            continue
        found.sizes[step.out] = sizes
        known[step.out] = tuple(product(sizes, dim) for dim in op.dims[1])
        if step.out in shapes:
            known[step.out] = shapes[step.out]
            found.own[step.out] = sizes | {dim[0]: n for dim, n in zip(op.dims[1], shapes[step.out], strict=True) if len(dim) == 1}
    return found
