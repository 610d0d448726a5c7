"""Which members of two sequences belong together, in order: the pairs whose likeness adds up to most.

Short sequences are solved exactly. Long ones are cut where they surely agree: at their ends, along the shortest way to make one
from the other (Myers 1986) while that is short, else by what occurs once in each.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import eq
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

__all__ = ["best", "common", "once", "rising"]

#: Pairs that are weighed one by one.
WEIGHED = 250_000
#: Steps of the shortest way that are looked for.
STEPS = 400

T = TypeVar("T")
Pair = tuple[int, int]


def best(before: Sequence[T], after: Sequence[T], likeness: Callable[[T, T], int], keys: Sequence[Callable[[T], Hashable]]) -> list[Pair]:
    """Give the pairs, by their places. `keys` find surely equal members of long sequences, the most telling key first.

    Ends whose members agree in all keys belong together.
    """
    head, tail = _ends(before, after, lambda x, y: all(key(x) == key(y) for key in keys)) if keys else (0, 0)
    pairs = [(i, i) for i in range(head)] + [(len(before) - i, len(after) - i) for i in range(tail, 0, -1)]
    work = [(head, len(before) - tail, head, len(after) - tail, 0)]
    while work:
        a, b, c, d, tried = work.pop()
        if (b - a) * (d - c) <= WEIGHED:
            pairs += ((a + i, c + j) for i, j in _weighed(before[a:b], after[c:d], likeness))
        elif tried < len(keys):
            old, new = [keys[tried](one) for one in before[a:b]], [keys[tried](one) for one in after[c:d]]
            found = common(old, new) or once(old, new)
            pairs += ((a + i, c + j) for i, j in found)
            work += ((a + i, a + k, c + j, c + m, tried + 1) for (i, j), (k, m) in _between(found, b - a, d - c))
    return sorted(pairs)


def _between(pairs: Sequence[Pair], rows: int, columns: int) -> Iterator[tuple[Pair, Pair]]:
    """Give the stretches that pairs leave, where each has something in them."""
    start = (0, 0)
    for i, j in [*pairs, (rows, columns)]:
        if i > start[0] and j > start[1]:
            yield start, (i, j)
        start = (i + 1, j + 1)


def _weighed(before: Sequence[T], after: Sequence[T], likeness: Callable[[T, T], int]) -> list[Pair]:
    """Weigh every pair with every other: the alignment of most likeness; of equals the one that pairs early."""
    weights = [[likeness(x, y) for y in after] for x in before]
    # most[i][j]: the likeness that there is in what comes from places i and j on
    most = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        row, below, mine = most[i], most[i + 1], weights[i]
        for j in reversed(range(len(after))):
            skip = max(below[j], row[j + 1])
            row[j] = max(skip, below[j + 1] + mine[j]) if mine[j] else skip
    pairs, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if weights[i][j] and most[i][j] == most[i + 1][j + 1] + weights[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif most[i][j] == most[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def common(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    """Find a longest common subsequence where the sequences differ in little; nothing where they differ in more.

    >>> common("abcabba", "cbabac")
    [(2, 0), (3, 2), (4, 3), (6, 4)]
    """
    head, tail = _ends(before, after, eq)
    middle = _shortest(before[head : len(before) - tail], after[head : len(after) - tail])
    if middle is None:
        return []
    start, end = [(i, i) for i in range(head)], [(len(before) - i, len(after) - i) for i in range(tail, 0, -1)]
    return [*start, *((head + i, head + j) for i, j in middle), *end]


def _ends(before: Sequence[T], after: Sequence[T], same: Callable[[T, T], bool]) -> tuple[int, int]:
    """Count how many members agree at the start, and how many of the others at the end."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if not same(before[i], after[i])), shorter)
    tail = next((i for i in range(shorter - head) if not same(before[-1 - i], after[-1 - i])), shorter - head)
    return head, tail


def _shortest(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair] | None:
    """Go the shortest way from one sequence to the other, by Myers' O(ND); `None` where it is too long."""
    reach, history = {1: 0}, []
    for step in range(STEPS + 1):
        history.append(dict(reach))
        for k in range(-step, step + 1, 2):
            down = k == -step or (k != step and reach[k - 1] < reach[k + 1])
            i = reach[k + 1] if down else reach[k - 1] + 1
            while i < len(before) and i - k < len(after) and before[i] == after[i - k]:
                i += 1
            reach[k] = i
            if i >= len(before) and i - k >= len(after):
                return _back(history, len(before), len(after))
    return None


def _back(history: Sequence[dict[int, int]], i: int, j: int) -> list[Pair]:
    """Go the way back, and give the pairs along it."""
    pairs: list[Pair] = []
    for step in range(len(history) - 1, -1, -1):
        reach, k = history[step], i - j
        down = k == -step or (k != step and reach[k - 1] < reach[k + 1])
        last = reach[k + 1] if down else reach[k - 1]
        to = (last, last - (k + 1)) if down else (last, last - (k - 1))
        stop = (max(to[0], 0), max(to[1], 0)) if step else (0, 0)
        while i > stop[0] and j > stop[1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        i, j = to
    return pairs[::-1]


def once(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    """Pair what occurs once in each, as far as it is in the same order.

    >>> once("axbxc", "bcyay")
    [(2, 0), (4, 1)]
    """
    places = {one: j for j, one in reversed(list(enumerate(after)))}
    old, new = _singles(before), _singles(after)
    return rising([(i, places[one]) for i, one in enumerate(before) if one in old and one in new])


def _singles(sequence: Sequence[Hashable]) -> set[Hashable]:
    seen: set[Hashable] = set()
    several: set[Hashable] = set()
    for one in sequence:
        (several if one in seen else seen).add(one)
    return seen - several


def rising(pairs: Sequence[Pair]) -> list[Pair]:
    """Keep the most pairs whose second places rise with their first, which must rise.

    >>> rising([(0, 3), (1, 1), (2, 2)])
    [(1, 1), (2, 2)]
    """
    ends: list[int] = []  # the lowest place that a chain of each length ends in
    chains: list[int] = []  # the pair that is there
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(chains[length - 1] if length else -1)
        ends[length : length + 1], chains[length : length + 1] = [j], [at]
    kept, at = [], chains[-1] if chains else -1
    while at >= 0:
        kept.append(pairs[at])
        at = before[at]
    return kept[::-1]
