"""Activations: elements in new storage, the inputs included, and the most that are alive at once.

An elementwise operation with one input of its own shape reuses that storage if no later operation reads it and it is no input or
output of the network; views take nothing; a learned tensor is a weight. The peak runs in the listed order: what is still needed
plus what is being made. The course's peak, `peak_in_out`, is the largest inputs + output; on a chain the two are equal.

Bytes are worked out from bits: a storage is as wide as the row that makes it says, an input as the whole network. Numbers of another
width are not written over those that were there. The most bytes may be alive at another row than the most elements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.precision import resolved, whole_bytes, width
from archcalc.record import Record
from archcalc.trace import REMEMBERED

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from fractions import Fraction

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["Activations", "Ended", "Found", "Making"]

ELEMENTWISE = frozenset({"act", "norm", "noise", "scale"})
VIEW = "view"
RESIZING = frozenset({"pool", "resize"})  #: views where they change nothing
WEIGHT = "parameter"


class _Storage(Record, frozen=False):
    """A piece of memory that one or several tensors live in."""

    size: int
    last: int  #: the last step that reads any of them
    width: int | Fraction  #: bits of each element
    kept: bool = False  #: an input or a weight, never written over

    @property
    def bits(self) -> int | Fraction:
        """What it takes."""
        return self.size * self.width


def is_view(op: Op) -> bool:
    """Tell whether an operation makes nothing of its own."""
    if op.family == VIEW:
        return True
    same = op.family in RESIZING and len(op.reads) == 1 and op.shape == op.reads[0].shape
    return same and all(window is not None and window.identity for window in op.windows.values())


def elementwise(op: Op) -> bool:
    """Tell whether an operation may write over what it reads, if nothing else reads that later."""
    return op.family in ELEMENTWISE and len(op.reads) == 1 and op.shape == op.reads[0].shape


class Making(NamedTuple):
    """What an operation does with memory, wherever it stands and however wide numbers are."""

    reads: tuple[int, ...]  #: elements of each of its operands
    size: int  #: elements that it makes
    view: bool
    writes: bool  #: whether it may write over what it reads
    weight: bool
    declared: bool


class Found(NamedTuple):
    """What memory is in use while an operation runs on one sample."""

    live: int
    live_bits: int | Fraction
    declared: bool
    new: int = 0  #: in new storage
    bits: int | Fraction = 0
    in_out: int = 0
    in_out_bits: int | Fraction = 0


class Ended(NamedTuple):
    """What all that came to for one sample."""

    total: int
    total_bits: int | Fraction
    peak: int
    peak_bits: int | Fraction
    peak_at: str
    in_out: int
    in_out_bits: int | Fraction


class Activations:
    """Follows storages from the operation that makes them to the last one that reads them."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.dtype, self.lasts = settings.dtype, lasts
        wide = width(self.dtype.activations)
        self.storages = {ref.id: _Storage(ref.tensor.size, self.last(ref.id), wide, kept=True) for ref in network.inputs}
        self.total = self.live = sum(storage.size for storage in self.storages.values())
        self.peak, self.peak_at, self.in_out = 0, "", 0
        self.total_bits = self.live_bits = self.total * wide
        self.peak_bits: int | Fraction = 0
        self.in_out_bits: int | Fraction = 0
        self.usual = wide
        self.known: dict[Op, Making] = {}

    def last(self, tensor: int) -> int:
        """Say which step reads a tensor last; where nothing is noted it is the next one."""
        return self.lasts.get(tensor, tensor + 1)

    @staticmethod
    def depends(settings: Settings) -> Hashable:
        """Say that bits depend on the precision, and that the batch multiplies everything."""
        return settings.dtype

    def follow(self, step: Step) -> Found:
        """Count one operation."""
        makes = self.known.get(step.op) or self.makes(step.op)
        new = self.place(step, makes)
        bits = new * self.storages[step.out].width
        self.live += new
        self.live_bits += bits
        if self.live > self.peak:
            self.peak, self.peak_at = self.live, step.path
        self.peak_bits = max(self.peak_bits, self.live_bits)
        found = self.fresh(step, makes, new, bits) if new else Found(self.live, self.live_bits, makes.declared)
        self.free(step)
        return found

    @staticmethod
    def row(found: Found, batch: int) -> Mapping[str, object]:
        """Give the figures of a row."""
        live, live_bits, declared, new, bits, in_out, in_out_bits = found
        figures: dict[str, object] = {"live": live * batch, "live_bytes": whole_bytes(live_bits * batch)}
        if declared:
            figures["declared"] = True
        if new:
            figures["activations"], figures["in_out"], figures["activation_bits"] = new * batch, in_out * batch, bits * batch
            figures["activations_bytes"], figures["in_out_bytes"] = whole_bytes(bits * batch), whole_bytes(in_out_bits * batch)
        return figures

    def makes(self, op: Op) -> Making:
        """Look at an operation for the first time."""
        if len(self.known) >= REMEMBERED:
            self.known.clear()
        weight, reads = op.family == WEIGHT, tuple([x.size for x in op.reads])
        size = 0 if weight else op.size
        made = self.known[op] = Making(reads, size, is_view(op), elementwise(op), weight, op.family == "declared")
        return made

    def fresh(self, step: Step, makes: Making, new: int, bits: int | Fraction) -> Found:
        """Count what an operation makes in new storage, and what it reads to make it."""
        in_out, in_out_bits = new, bits
        for size, wide in self.inputs(step, makes):
            in_out += size
            in_out_bits += size * wide
        self.total += new
        self.total_bits += bits
        self.in_out = max(self.in_out, in_out)
        self.in_out_bits = max(self.in_out_bits, in_out_bits)
        return Found(self.live, self.live_bits, makes.declared, new, bits, in_out, in_out_bits)

    def place(self, step: Step, makes: Making) -> int:
        """Give the output a storage, and return how many elements of it are new."""
        out, last, wide = step.out, self.last(step.out), self.width(step)
        storage = self.storages[step.reads[0]] if step.reads else None
        if storage is not None and (makes.view or (makes.writes and not storage.kept and storage.last <= out and storage.width == wide)):
            storage.last = max(storage.last, last)
            self.storages[out] = storage
            return 0
        self.storages[out] = _Storage(makes.size, last, wide, makes.weight)
        return makes.size

    def width(self, step: Step) -> int | Fraction:
        """Give the bits of what an operation makes."""
        return self.usual if step.precision is None else width(resolved(step, self.dtype).activations)

    def inputs(self, step: Step, makes: Making) -> list[tuple[int, int | Fraction]]:
        """List what an operation reads, weights not included: how many elements, of how many bits."""
        reads = dict(zip(step.reads, makes.reads, strict=True))
        return [(size, self.storages[read].width) for read, size in reads.items() if self.storages[read].size]

    def free(self, step: Step) -> None:
        """Let go of what nobody reads after this step."""
        for tensor in {*step.reads, step.out}:
            storage = self.storages[tensor]
            if storage.last <= step.out and storage.size:
                self.live -= storage.size
                self.live_bits -= storage.bits
                storage.size = 0
            if self.lasts.get(tensor, tensor + 1) <= step.out:
                del self.storages[tensor]

    def end(self) -> Ended:
        """Give the sums and the peaks of one sample."""
        return Ended(self.total, self.total_bits, self.peak, self.peak_bits, self.peak_at, self.in_out, self.in_out_bits)

    @staticmethod
    def totals(ended: Ended, batch: int) -> Mapping[str, object]:
        """Give the sums and the peaks of a batch."""
        total, total_bits, peak, peak_bits, peak_at, in_out, in_out_bits = ended
        return {
            "activations": total * batch, "activations_bytes": whole_bytes(total_bits * batch),
            "peak_activation": peak * batch, "peak_activation_bytes": whole_bytes(peak_bits * batch), "peak_at": peak_at,
            "peak_in_out": in_out * batch, "peak_in_out_bytes": whole_bytes(in_out_bits * batch),
        }  # fmt: skip
