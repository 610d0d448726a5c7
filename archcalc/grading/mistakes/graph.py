"""What an operation stands beside: what was flattened before it, whose keys it makes, whether it follows a depthwise convolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.grading.mistakes.sketch import kernel, steps_over, whole

if TYPE_CHECKING:
    from archcalc.grading.ledger import Ledger, Part

__all__ = ["after_depthwise", "before", "flattened", "shared_keys", "unflattened"]

FAR = 8  #: elementwise operations and views that are looked past


def before(graph: Ledger, part: Part, *, over: bool = True) -> Part | None:
    """Find what makes the first operand, looking past what is elementwise."""
    found = graph.makers.get(part.step.reads[0]) if part.step.reads else None
    for _ in range(FAR):
        if found is None or not over or not steps_over(found.step.op) or not found.step.reads:
            return found
        found = graph.makers.get(found.step.reads[0])
    return found


def flattened(graph: Ledger, part: Part) -> int | None:
    """Give the channels of maps that were flattened for a dense layer, if there is more than one position."""
    if "D_in" not in part.step.op.sizes:
        return None
    found = before(graph, part)
    if found is None or found.step.op.family != "view" or len(found.step.op.shape) != 1 or len(found.step.op.reads) != 1:
        return None
    read = found.step.op.reads[0]
    return read.shape[0] if len(read.shape) > 1 and read.size > read.shape[0] else None


def unflattened(graph: Ledger, part: Part) -> int | None:
    """Give the size of maps that were pooled to one position each before a dense layer."""
    if "D_in" not in part.step.op.sizes:
        return None
    found = before(graph, part)
    if found is not None and found.step.op.family == "view":
        found = before(graph, found)
    if found is None or found.step.op.family != "pool" or found.step.op.size != part.step.op.sizes["D_in"]:
        return None
    return found.step.op.reads[0].size if found.step.op.reads[0].size > found.step.op.size else None


def after_depthwise(graph: Ledger, part: Part) -> bool:
    """Tell whether this is the pointwise half of a separable convolution."""
    op = part.step.op
    if not kernel(op) or any(op.sizes[axis] != 1 for axis in kernel(op)):
        return False
    found = before(graph, part)
    return found is not None and any(found.step.op.sizes[axis] == 1 and whole(found.step.op, axis) for axis in found.step.op.sizes)


def shared_keys(graph: Ledger, part: Part, role: str = "") -> int:
    """Say how many heads share the keys or values that a dense layer makes; 0 where it makes none."""
    if "D_out" not in part.step.op.sizes:
        return 0
    out = part.step.out
    for _ in range(FAR):
        for reader in graph.readers.get(out, ()):
            op = reader.step.op
            if op.family == "matmul" and "G" in op.sizes and len(reader.step.reads) > 1 and reader.step.reads[1] == out:
                return op.sizes["G"] if role in op.kind else 0
        following = [reader for reader in graph.readers.get(out, ()) if len(reader.step.op.reads) == 1 and not reader.step.op.loops]
        if len(following) != 1:
            return 0
        out = following[0].step.out
    return 0
