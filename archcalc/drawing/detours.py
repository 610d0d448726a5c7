"""Edges beside which there is a longer way."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["detoured"]

#: Nodes that are met per node and edge in search of longer ways; where that is not enough, there is taken to be one.
EFFORT = 50


def detoured(edges: Iterable[tuple[int, int]], count: int) -> set[tuple[int, int]]:
    """Find the edges beside which there is a longer way.

    >>> sorted(detoured([(0, 1), (1, 2), (0, 2), (0, 3), (2, 3)], 4))
    [(0, 2), (0, 3)]
    """
    reads: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        reads[b].append(a)
    left = EFFORT * (count + sum(map(len, reads)))
    found: set[tuple[int, int]] = set()
    for b, sources in enumerate(reads):
        if len(sources) > 1:
            longer, met = _longer(reads, sources, left)
            left -= met
            found.update((a, b) for a in longer)
    return found


def _longer(reads: Sequence[Sequence[int]], sources: Sequence[int], most: int) -> tuple[set[int], int]:
    """Find those of a node's sources that lead to another of them, meeting nodes from the last to the first; say how many it met."""
    own, first, met = set(sources), min(sources), 0
    led: set[int] = set()  #: nodes that lead to one of the sources
    todo = [-a for a in sources]
    heapify(todo)
    while todo and met < most:
        met += 1
        for c in reads[-heappop(todo)]:
            if c >= first and c not in led:
                led.add(c)
                if c not in own:
                    heappush(todo, -c)
    return own & led | {-a for a in todo} & own, met
