"""The order of execution that needs the least memory at its peak, by exact search.

A state is the set of tasks that have run; what is alive follows from it, but for outputs that took the place of something larger, which
are remembered. States are taken up by the peak on the way to them, the lowest first, so that the first end that is reached is the best
(a min-max variant of Dijkstra's algorithm). The problem is NP-hard (Sethi 1975), so the search gives up after a number of steps.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from archcalc.memory.liveness import in_out, peak
from archcalc.options import SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.memory.graph import Bits, Graph

__all__ = ["Order", "best_order"]

#: Tasks of a graph that is searched at all.
TASKS = 20_000


class Order(NamedTuple):
    """The best order that was found."""

    bits: Bits  #: its peak
    order: Sequence[int] | None  #: `None` is the listed order
    proven: bool  #: whether none is better


class _State(NamedTuple):
    """Tasks that have run, as bits of a number."""

    ran: int
    larger: int  #: of these, those whose output lives in the place of something larger
    ready: int
    live: Bits


def best_order(graph: Graph, steps: int = SEARCH) -> Order:
    """Search for the order with the lowest peak; beyond so many steps the listed order stands, not proven."""
    listed, bound = peak(graph), in_out(graph)[0]
    start = sum(graph.values[v].bits for v in graph.inputs)
    bound = max(bound, start)
    if listed <= bound or not graph.tasks:
        return Order(listed, None, proven=True)
    if len(graph.tasks) > TASKS:
        return Order(listed, None, proven=False)
    return _Search(graph, bound, listed).best(steps)


class _Search:
    """Looks at sets of tasks, the one with the lowest peak on the way first."""

    def __init__(self, graph: Graph, bound: Bits, listed: Bits) -> None:
        self.graph, self.bound, self.listed = graph, bound, listed
        self.readers = [sum(1 << i for i in tasks) for tasks in graph.readers]
        makers = graph.makers
        before = [{makers[read] for read in task.reads if read in makers} for task in graph.tasks]
        self.needs = [sum(1 << i for i in tasks) for tasks in before]
        self.after: list[list[int]] = [[] for _ in graph.tasks]
        for i, those in enumerate(before):
            for maker in those:
                self.after[maker].append(i)
        self.least: dict[int, Bits] = {}  #: for values that may be written over, the smallest that could take their place
        for task in graph.tasks:
            for v in task.over:
                self.least[v] = min(self.least.get(v, graph.values[v].bits), graph.values[task.makes[0]].bits)
        self.all = (1 << len(graph.tasks)) - 1
        self.tried = 0
        self.costs: dict[tuple[int, int], Bits] = {}  #: of states, the lowest peak on the way that was found
        self.came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}  #: the state before, and the task that ran

    def best(self, steps: int) -> Order:
        """Search; gives the listed order where nothing is below it."""
        ready = sum(1 << i for i, needs in enumerate(self.needs) if not needs)
        live: Bits = sum(self.graph.values[v].bits for v in self.graph.inputs)
        first = _State(0, 0, ready, live)
        heap: list[tuple[Bits, int, int, _State]] = [(self.bound, 0, 0, first)]
        seen: set[tuple[int, int]] = set()
        while heap:
            most, _, _, state = heappop(heap)
            key = state.ran, state.larger
            if key in seen:
                continue
            seen.add(key)
            if state.ran == self.all:
                return Order(most, self.path(key), proven=True)
            if self.tried > steps:
                return Order(self.listed, None, proven=False)
            for cost, task, then in self.moves(state, most):
                to = then.ran, then.larger
                if cost < self.costs.get(to, self.listed):
                    self.costs[to], self.came[to] = cost, (key, task)
                    heappush(heap, (cost, -then.ran.bit_count(), len(self.costs), then))
        return Order(self.listed, None, proven=True)

    def path(self, key: tuple[int, int]) -> tuple[int, ...]:
        """Give the tasks on the way to a state, in order."""
        tasks = []
        while key in self.came:
            key, task = self.came[key]
            tasks.append(task)
        return tuple(reversed(tasks))

    def moves(self, state: _State, most: Bits) -> Iterator[tuple[Bits, int, _State]]:
        """Give what may run next; where something frees as much as it takes, and needs no new peak, it runs at once and alone."""
        found = [(self.run(state, i), i) for i in _ones(state.ready)]
        for (during, then), i in found:
            if during <= most and then.live <= state.live and then.larger == state.larger and not self.leaves(i, then):
                yield most, i, then
                return
        for (during, then), i in found:
            yield max(most, during), i, then

    def leaves(self, i: int, then: _State) -> bool:
        """Tell whether a task leaves behind what something smaller may now take the place of, and keep too large."""
        reads = (v for v in self.graph.tasks[i].reads if v in self.least)
        return any(not self.dead(v, then.ran) and self.held(v, then.larger) > self.least[v] for v in reads)

    def run(self, state: _State, i: int) -> tuple[Bits, _State]:
        """Run one task: gives the bits alive meanwhile, and the state after it."""
        self.tried += 1
        task, values = self.graph.tasks[i], self.graph.values
        ran = state.ran | 1 << i
        live, larger = state.live, state.larger
        taken = next((v for v in task.over if self.dead(v, ran) and task.fits(values[v].bits, self.held(v, larger))), None)
        live += sum(values[v].bits for v in task.makes)
        if taken is not None:
            live -= values[task.makes[0]].bits
        during = live + task.room(taken=taken is not None)
        if taken is not None and (spare := self.held(taken, larger) - values[task.makes[0]].bits):
            live -= spare if task.shrinks else 0
            larger |= 0 if task.shrinks else 1 << i
        for v in task.reads:
            if v != taken and self.dead(v, ran):
                live -= self.held(v, larger)
        for v in task.makes:
            if self.dead(v, ran):
                live -= self.held(v, larger)
        ready = state.ready & ~(1 << i)
        for j in self.after[i]:
            if not self.needs[j] & ~ran:
                ready |= 1 << j
        return during, _State(ran, larger, ready, live)

    def dead(self, value: int, ran: int) -> bool:
        """Tell whether nobody needs a value any more."""
        return not self.readers[value] & ~ran and not self.graph.values[value].out

    def held(self, value: int, larger: int) -> Bits:
        """Give the room that a value takes: more than its size where it took the place of something larger."""
        graph = self.graph
        while (maker := graph.makers.get(value)) is not None and larger >> maker & 1 and graph.tasks[maker].makes[0] == value:
            value = graph.tasks[maker].over[0]
        return graph.values[value].bits


def _ones(bits: int) -> Iterator[int]:
    """Give the places of the ones of a number."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
