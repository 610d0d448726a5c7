"""Everything that is to be known of a network's memory, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from archcalc.memory.arena import Placed, arena, extent
from archcalc.memory.graph import Graph, Rules, octets, weights_of
from archcalc.memory.liveness import WORKSPACE, Storage, in_out, mcunet, moments, peak, stored
from archcalc.memory.order import best_order
from archcalc.options import ALIGN, REUSE, SEARCH
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.calculators import Settings
    from archcalc.memory.graph import Bits
    from archcalc.memory.patches import Patched
    from archcalc.report.result import Header
    from archcalc.trace import Network

__all__ = ["Alive", "MemoryPlan", "plan"]


class Alive(NamedTuple):
    """A tensor that is alive at the peak."""

    name: str
    what: str  #: input, activation, or workspace
    size: int  #: in bytes
    first: int  #: the task that makes it, counted from 1; 0 of what is there before
    last: int  #: the last task that needs it


class MemoryPlan(Record, kw_only=True):
    """What a network's feature maps take, by each way to count; in bytes. `None` is not known."""

    header: Header
    rules: Rules
    align: int
    tasks: int  #: operations that make something, or write over what they read
    weights: int  #: the model's size, beside all of the following
    total: int  #: all storages together
    in_out: int  #: the largest inputs + output of a task
    in_out_at: str
    best: int  #: the peak of the best order
    proven: bool  #: whether there is no better order
    order: tuple[str, ...] | None  #: the best order, where it is another than the listed one
    liveness: int  #: the peak in the listed order
    peak_at: str
    reuse: Mapping[str, int]  #: the peak in the listed order, for each way to write over inputs
    mcunet: int  #: the peak by MCUNet's rule
    arena: int | None  #: what the plan of offsets takes
    alive: tuple[Alive, ...]  #: at the peak, the largest first
    layout: tuple[Placed, ...]  #: every tensor with its offset
    patches: Patched | None = None


def plan(
    network: Network, header: Header, settings: Settings, rules: Rules, *,
    align: int = ALIGN, steps: int = SEARCH, patches: Sequence[int] = (), until: str = "",
) -> MemoryPlan:  # fmt: skip
    """Plan the memory of a network. With `patches`, its rows up to `until` run on one part of the image after another."""
    graph = Graph.of(network, settings, rules)
    storages = stored(graph)
    placed = arena(storages, align)
    most, at = in_out(graph)
    best, listed = best_order(graph, steps), peak(graph)
    alive, where = _at_peak(graph, storages)
    return MemoryPlan(
        header=header, rules=rules, align=align, tasks=len(graph.tasks),
        weights=weights_of(network, settings),
        total=octets(sum(storage.most for storage in storages if storage.what != WORKSPACE)),
        in_out=octets(most), in_out_at=at,
        best=octets(best.bits), proven=best.proven,
        order=tuple(graph.tasks[i].name for i in best.order) if best.order is not None else None,
        liveness=octets(listed), peak_at=where,
        reuse={
            way: octets(listed if way == rules.reuse else peak(Graph.of(network, settings, replace(rules, reuse=way)))) for way in REUSE
        },
        mcunet=octets(mcunet(graph)),
        arena=extent(placed, align) if placed is not None else None,
        alive=alive, layout=placed or (),
        patches=_patched(network, settings, rules, until, patches) if patches else None,
    )  # fmt: skip


def _at_peak(graph: Graph, storages: Sequence[Storage]) -> tuple[tuple[Alive, ...], str]:
    """List what is alive at the peak, the largest first, and say which task that is; where none runs, the inputs."""
    found = [Alive(one.name, one.what, octets(one.most), 0, one.last + 1) for one in storages if one.most and not graph.tasks]
    lasts = {(storage.name, storage.first): storage.last for storage in storages}
    most: Bits = -1
    where = ""
    for at, moment in enumerate(moments(graph)):
        if moment.bits > most:
            most, where = moment.bits, moment.task.name
            room = moment.task.room(taken=moment.reused is not None)
            found = [
                *(Alive(s.name, s.what, octets(s.bits), s.first + 1, lasts[s.name, s.first] + 1) for s in moment.storages if s.bits),
                *([Alive(where, WORKSPACE, octets(room), at + 1, at + 1)] if room else []),
            ]
    return tuple(sorted(found, key=lambda alive: -alive.size)), where


def _patched(network: Network, settings: Settings, rules: Rules, until: str, patches: Sequence[int]) -> Patched:
    from archcalc.algebra import Refused
    from archcalc.formulas.choice import choose
    from archcalc.memory.patches import patched
    from archcalc.spec.diagnostics import fail

    paths = [step.path for step in network.steps()]
    chosen = choose(paths, (until,))
    try:
        return patched(network, settings, rules, next(path for path in reversed(paths) if path in chosen), patches)
    except Refused as refused:
        fail("E640", f"patches up to `{until}`: {refused}", help="name a stage near the input, whose layers each see a part of the image")
