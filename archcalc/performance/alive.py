"""What is alive at once while kernels run one after the other, and what stays when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.calculators.attention import inside
from archcalc.calculators.precision import resolved, width
from archcalc.memory.graph import Rules, drawn, size_of
from archcalc.memory.liveness import peak
from archcalc.performance.kernels import CACHE

if TYPE_CHECKING:
    from archcalc.calculators import Settings
    from archcalc.memory.graph import Bits
    from archcalc.trace import Network, Step

__all__ = ["alive", "kept"]


def alive(network: Network, settings: Settings, *, flash: bool = False, cached: bool = False) -> Bits:
    """Give the most bits of a batch's tensors at once.

    With `flash`, attention has no scores as a whole; where keys and values are `cached`, they take no room beside the cache.
    """
    steps = list(network.steps())
    unmade = inside(steps) if flash else frozenset()

    def size(step: Step) -> Bits:
        return 0 if step.out in unmade or (cached and step.op.kind == CACHE) else size_of(step, settings)

    return peak(drawn(steps, network.inputs, {ref.id for ref in network.outputs}, settings, Rules(), size))


def kept(network: Network, settings: Settings, precision: str | None = None) -> Bits:
    """Give the bits of a sample that stay for the next call, keys and values, latents, states: in that precision, or in their rows'."""
    held = (step for step in network.steps() if step.op.state)
    return sum(step.op.count(step.op.state) * width(precision or resolved(step, settings.dtype).activations) for step in held)
