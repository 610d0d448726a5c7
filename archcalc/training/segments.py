"""Where the forward pass is cut for checkpointing: about the square root of the rows, or entries by their names."""

from __future__ import annotations

from itertools import groupby, pairwise
from math import isqrt
from typing import TYPE_CHECKING

from archcalc.training.script import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.training.tape import Tape

__all__ = ["by_names", "by_root"]


def by_root(tape: Tape) -> list[Segment]:
    """Cut where a single tensor is handed on, into about as many segments as the square root of such places, alike in what they keep.

    The last segment is kept: its backward pass comes at once (Chen et al. 2016, https://arxiv.org/abs/1604.06174).
    """
    places = _narrow(tape)
    count = (isqrt(4 * (len(places) + 1)) + 1) // 2  # the root, rounded
    keeps = _keeps(tape)
    most = _least_most(places, keeps, count)
    cuts = [0, *_cuts(places, keeps, most), len(tape.rows)]
    return [Segment(a, b, again=b < len(tape.rows)) for a, b in pairwise(cuts)]


def by_names(tape: Tape, names: Sequence[str]) -> list[Segment]:
    """Make each entry with one of these names a segment, each copy for itself; the rows between are kept."""
    paths = [row.step.path for row in tape.rows]
    found: list[Segment] = []
    at = 0
    for key, members in groupby(paths, key=lambda path: _entry(path, names)):
        stop = at + sum(1 for _ in members)
        found.append(Segment(at, stop, again=bool(key)))
        at = stop
    return found


def _entry(path: str, names: Sequence[str]) -> str:
    """Give the beginning of a path that is one of the names, or a copy of one; of several the shortest."""
    for name in sorted(names, key=len):
        if path == name or path.startswith(f"{name}."):
            return name
        if path.startswith(f"{name}["):
            return path[: path.index("]", len(name)) + 1]
    return ""


def _narrow(tape: Tape) -> list[int]:
    """List the rows before which a single value is alive, what comes from outside apart."""
    last: dict[int, int] = {}
    for i, row in enumerate(tape.rows):
        last.update(dict.fromkeys(row.reads, i))
    last.update(dict.fromkeys(tape.outputs, len(tape.rows)))
    alive: set[int] = set()
    found = []
    for i, row in enumerate(tape.rows):
        alive = {value for value in alive if last[value] >= i}
        if len(alive) == 1 and not row.view:
            found.append(i)
        if row.made in last and tape.sizes[row.made] and row.made not in tape.inputs:
            alive.add(row.made)
    return found


def _keeps(tape: Tape) -> list[int]:
    """Say how much each row keeps that none before it does: elements, indices as two."""
    known: set[int] = set(tape.inputs)
    found = []
    for row in tape.rows:
        extra = row.beside(tape.batch)
        own = sum(tape.sizes[value] for value in row.kept() if value not in known)
        known.update(row.kept())
        found.append(own + extra.floats + extra.masks + extra.stats + 2 * extra.indices)
    return found


def _cuts(places: Sequence[int], keeps: Sequence[int], most: int) -> Iterator[int]:
    """Cut as late as can be, so that no segment keeps more than `most`, if it could be cut."""
    start = before = 0
    inside = 0
    for place in [*places, len(keeps)]:
        piece = sum(keeps[before:place])
        if inside + piece > most and before > start:
            yield before
            start, inside = before, 0
        inside += piece
        before = place


def _least_most(places: Sequence[int], keeps: Sequence[int], count: int) -> int:
    """Find the least that segments must be allowed to keep for there to be so many of them at most."""
    low, high = 0, sum(keeps)
    while low < high:
        middle = (low + high) // 2
        if sum(1 for _ in _cuts(places, keeps, middle)) < count:
            high = middle
        else:
            low = middle + 1
    return low
