"""Activations: elements in new storage, the inputs included, and the most that are alive at once.

An elementwise operation with one input of its own shape reuses that storage if no later operation reads it and it is no input or
output of the network; views take nothing; a learned tensor is a weight. The peak runs in the listed order: what is still needed
plus what is being made. The course's peak, `peak_in_out`, is the largest inputs + output; on a chain the two are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.calculators.precision import size_in_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["Activations"]

ELEMENTWISE = frozenset({"act", "norm", "noise", "scale"})
VIEW = "view"
RESIZING = frozenset({"pool", "resize"})  #: views where they change nothing
WEIGHT = "parameter"


@dataclass(slots=True)
class _Storage:
    """A piece of memory that one or several tensors live in."""

    size: int
    last: int  #: the last step that reads any of them
    kept: bool = False  #: an input or a weight, never written over


def is_view(op: Op) -> bool:
    """Tell whether an operation makes nothing of its own."""
    if op.family == VIEW:
        return True
    same = op.family in RESIZING and len(op.reads) == 1 and op.shape == op.reads[0].shape
    return same and all(window is not None and window.identity for window in op.windows.values())


def elementwise(op: Op) -> bool:
    """Tell whether an operation may write over what it reads, if nothing else reads that later."""
    return op.family in ELEMENTWISE and len(op.reads) == 1 and op.shape == op.reads[0].shape


class Activations:
    """Follows storages from the operation that makes them to the last one that reads them."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.batch, self.precision, self.lasts = settings.batch, settings.dtype.activations, lasts
        self.storages = {ref.id: _Storage(ref.tensor.size, self.last(ref.id), kept=True) for ref in network.inputs}
        self.total = self.live = sum(storage.size for storage in self.storages.values())
        self.peak, self.peak_at, self.in_out = 0, "", 0

    def last(self, tensor: int) -> int:
        """Say which step reads a tensor last; where nothing is noted it is the next one."""
        return self.lasts.get(tensor, tensor + 1)

    def row(self, step: Step) -> Mapping[str, object]:
        """Count one operation."""
        op, new = step.op, self.place(step)
        self.live += new
        live, in_out = self.live, self.inputs(step) + new if new else 0
        if live > self.peak:
            self.peak, self.peak_at = live, step.path
        self.total += new
        self.in_out = max(self.in_out, in_out)
        self.free(step)
        batch = self.batch
        found: dict[str, object] = {"live": live * batch, "declared": op.family == "declared"}
        if new:
            found |= {"activations": new * batch, "in_out": in_out * batch, "activations_bytes": size_in_bytes(new * batch, self.precision)}
        return found

    def place(self, step: Step) -> int:
        """Give the output a storage, and return how many elements of it are new."""
        op, last = step.op, self.last(step.out)
        storage = self.storages[step.reads[0]] if step.reads else None
        if storage is not None and (is_view(op) or self.in_place(step, storage)):
            storage.last = max(storage.last, last)
            self.storages[step.out] = storage
            return 0
        weight = op.family == WEIGHT
        self.storages[step.out] = _Storage(0 if weight else op.size, last, kept=weight)
        return 0 if weight else op.size

    @staticmethod
    def in_place(step: Step, storage: _Storage) -> bool:
        """Tell whether an operation may write over what it reads."""
        return elementwise(step.op) and not storage.kept and storage.last <= step.out

    def inputs(self, step: Step) -> int:
        """Count the elements that an operation reads, weights not included."""
        reads = {read: x.size for read, x in zip(step.reads, step.op.reads, strict=True)}
        return sum(size for read, size in reads.items() if self.storages[read].size)

    def free(self, step: Step) -> None:
        """Let go of what nobody reads after this step."""
        for tensor in {*step.reads, step.out}:
            storage = self.storages[tensor]
            if storage.last <= step.out:
                self.live -= storage.size
                storage.size = 0
            if self.last(tensor) <= step.out:
                del self.storages[tensor]

    def totals(self) -> Mapping[str, object]:
        """Give the sums and the peaks."""
        total, peak = self.total * self.batch, self.peak * self.batch
        return {
            "activations": total, "activations_bytes": size_in_bytes(total, self.precision),
            "peak_activation": peak, "peak_activation_bytes": size_in_bytes(peak, self.precision),
            "peak_at": self.peak_at, "peak_in_out": self.in_out * self.batch,
        }  # fmt: skip
