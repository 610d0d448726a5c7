"""What is alive while an operation runs, tensor by tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.activations import Activations
from archcalc.calculators.precision import resolved
from archcalc.formulas.expr import Expr, Letter, Named, Product, total
from archcalc.formulas.figures import added

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.calculators import Settings
    from archcalc.calculators.activations import Making
    from archcalc.trace import Network, Step

__all__ = ["Memory"]


class Memory(Activations):
    """The activations, each piece of storage called by what made it."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        super().__init__(network, lasts, settings)
        self.batch = settings.batch
        self.made = {ref.id: ref.path for ref in network.inputs}  #: for each tensor, what made the storage that it is in
        self.alive: tuple[tuple[str, int], ...] = ()  #: storages in use while the step runs, and their sizes
        self.wide: tuple[str, ...] = ()  #: and their precisions
        self.precisions = dict.fromkeys(self.made, settings.dtype.activations)  #: of what each tensor is stored as
        self.touched: tuple[tuple[str, int], ...] = ()  #: what the step reads and makes

    def place(self, step: Step, makes: Making) -> int:
        """Give the output a storage, and remember by whom it was made."""
        new = super().place(step, makes)
        shared = step.reads and self.storages[step.out] is self.storages[step.reads[0]]
        self.made[step.out] = self.made[step.reads[0]] if shared else step.path
        own = resolved(step, self.dtype).activations
        self.precisions[step.out] = self.precisions[step.reads[0]] if shared else own
        return new

    def free(self, step: Step) -> None:
        """Note what is alive, then let go of what nobody reads any more."""
        storages = {id(storage): (self.made[tensor], storage.size, self.precisions[tensor]) for tensor, storage in self.storages.items()}
        self.alive = tuple((path, size) for path, size, _ in storages.values() if size)
        self.wide = tuple(precision for _, size, precision in storages.values() if size)
        reads = {read: x.size for read, x in zip(step.reads, step.op.reads, strict=True) if self.storages[read].size}
        self.touched = (*((self.made[read], size) for read, size in reads.items()), (step.path, step.op.size))
        super().free(step)

    def bits(self) -> Expr:
        """Add up the bits of what is alive, each as often as the batch has samples."""
        return added((path, size * self.batch, precision) for (path, size), precision in zip(self.alive, self.wide, strict=True))

    def sum(self, sizes: Iterable[tuple[str, int]]) -> Expr:
        """Add sizes up, each as often as the batch has samples."""
        batch = (Letter("B", self.batch),) if self.batch > 1 else ()
        return total(*(Product((*batch, Named(path, n))) if batch else Named(path, n) for path, n in sizes))
