"""What a file may expect of a whole network beside its sums: time and energy on a device, memory, what is kept for the next call."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from archcalc.spec.expect import COSTS, ON_DEVICE, PARTS

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from archcalc.api import Run
    from archcalc.devices import Profile
    from archcalc.performance.estimate import Estimate

__all__ = ["costs"]


def costs(run: Run, wanted: Container[str], device: Profile | None) -> Mapping[str, int | None]:
    """Work out those of the figures that are wanted; `None` where one is not known. Times and energies are rounded up."""
    found: dict[str, int | None] = {}
    if "ram" in wanted:
        found["ram"] = _ram(run)
    if "kv_cache" in wanted:
        from archcalc.memory.graph import octets
        from archcalc.performance.alive import kept

        found["kv_cache"] = octets(run.settings.batch * kept(run.network, run.settings))
    if device is not None and any(key in wanted for key in ON_DEVICE):
        from archcalc.performance.estimate import estimate

        found |= _on(estimate(run.network, run.header, run.settings, device))
    return {key: figure for key, figure in found.items() if key in wanted and key in COSTS}


def _ram(run: Run) -> int | None:
    """Give what a plan of offsets takes, in bytes."""
    from archcalc.memory.arena import arena, extent
    from archcalc.memory.graph import Graph
    from archcalc.memory.liveness import stored
    from archcalc.options import ALIGN

    placed = arena(stored(Graph.of(run.network, run.settings)), ALIGN)
    return None if placed is None else extent(placed, ALIGN)


def _on(found: Estimate) -> Mapping[str, int | None]:
    """Give latency and energy of an inference, in picoseconds and picojoules."""
    spent = None if found.energy is None or found.unknown else found.energy.total / found.header.batch
    return {
        "latency": None if found.latency is None else ceil(found.latency * PARTS),
        "energy": None if spent is None else ceil(spent),
    }
