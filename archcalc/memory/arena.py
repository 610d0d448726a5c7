"""Where each tensor lies in one piece of memory: offsets by greedy-by-size.

The largest tensor is placed first, each in the smallest gap between those that are alive at the same time, else behind them (Pisarchyk
and Lee 2020, https://arxiv.org/abs/2001.03288, algorithm 3; what TensorFlow Lite does). The best plan is NP-hard to find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.memory.graph import octets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.memory.liveness import Storage

__all__ = ["Placed", "arena", "extent"]

#: Comparisons of two tensors after which a plan is given up.
WORK = 20_000_000


class Placed(NamedTuple):
    """A tensor with its place."""

    name: str
    what: str
    offset: int  #: in bytes
    size: int  #: in bytes
    first: int  #: the task that makes it, -1 of what is there before
    last: int  #: the last task that needs it


def arena(storages: Sequence[Storage], align: int = 1) -> tuple[Placed, ...] | None:
    """Place storages at multiples of `align` bytes, in the order given; `None` where there are too many at once.

    >>> from archcalc.memory.liveness import Storage
    >>> lives = [("a", 32, 0, 1), ("b", 64, 1, 2), ("c", 32, 2, 3)]
    >>> [one.offset for one in arena([Storage(n, "", 8 * size, first, last, [n], 8 * size) for n, size, first, last in lives])]
    [64, 0, 64]
    """
    alive: dict[int, list[int]] = {}  #: for each task, which of those placed are alive
    found: dict[int, Placed] = {}
    work = 0
    for i in sorted(range(len(storages)), key=lambda i: (-storages[i].most, storages[i].first, i)):
        it = storages[i]
        size = octets(it.most)
        others = {k for at in range(it.first, it.last + 1) for k in alive.get(at, ())}
        work += sum(len(alive.get(at, ())) for at in range(it.first, it.last + 1)) + it.last - it.first
        if work > WORK:
            return None
        found[i] = Placed(it.name, it.what, _gap((found[k] for k in others), size, align), size, it.first, it.last)
        for at in range(it.first, it.last + 1) if size else ():
            alive.setdefault(at, []).append(i)
    return tuple(found[i] for i in range(len(storages)))


def extent(placed: Iterable[Placed], align: int = 1) -> int:
    """Give the bytes that a plan takes, whole steps of `align`."""
    return _up(max((one.offset + one.size for one in placed), default=0), align)


def _gap(others: Iterable[Placed], size: int, align: int) -> int:
    """Find the smallest gap between others that holds so many bytes, else the place behind them."""
    best, room, end = None, None, 0
    for one in sorted(others, key=lambda one: one.offset):
        free = one.offset - end
        if free >= size and (room is None or free < room):
            best, room = end, free
        end = max(end, _up(one.offset + one.size, align))
    return end if best is None else best


def _up(n: int, step: int) -> int:
    return -(-n // step) * step
