"""Drawing values, and finding simpler ones: each value is the distance from the simplest one, so that shorter and smaller is simpler."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
Each = int | list[int]


class Draw:
    """Draws at random, from a seed; or again what was drawn before, and the simplest values when that is at its end."""

    def __init__(self, source: str | Sequence[int]) -> None:
        self.drawn: list[int] = []
        self._random = Random(source) if isinstance(source, str) else None  # noqa: S311 - no secret
        self._again = [] if isinstance(source, str) else list(source)

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number; the lowest is the simplest."""
        if self._random is not None:
            value = self._random.randint(0, high - low)
        else:
            at = len(self.drawn)
            value = min(self._again[at], high - low) if at < len(self._again) else 0
        self.drawn.append(value)
        return low + value

    def one(self, choices: Sequence[T]) -> T:
        """Draw one of several; the first is the simplest."""
        return choices[self.whole(0, len(choices) - 1)]

    def flag(self, percent: int = 50) -> bool:
        """Draw whether something holds, so often; that it does not is the simplest."""
        return self.whole(0, 99) >= 100 - percent

    def size(self, high: int) -> int:
        """Draw a size that may be none, which is an error in most places."""
        return self.whole(1, high) - self.flag(3)

    def each(self, rank: int, low: int, high: int) -> Each:
        """Draw one number for all axes, or one for each; sometimes too many."""
        if not self.flag(40):
            return self.whole(low, high)
        return [self.whole(low, high) for _ in range(rank + self.flag(2))]

    def sizes(self, rank: int, high: int) -> Each:
        """Draw as `each` does, from 1, or 0 for an error."""
        return self.each(rank, 1 - self.flag(3), high)

    def divisor(self, n: int) -> int:
        """Draw what mostly divides a number."""
        return self.whole(1, 6) if self.flag(8) else self.one([i for i in range(1, n + 1) if n % i == 0])

    def axis(self, rank: int) -> int:
        """Draw an axis, counted from either end; sometimes one that is not there."""
        axis = self.whole(0, rank - 1 + self.flag(3))
        return -1 - axis if self.flag() else axis

    def order(self, n: int) -> list[int]:
        """Draw an order of so many axes."""
        left = list(range(n))
        return [left.pop(self.whole(0, len(left) - 1)) for _ in range(n)]


def simplest(drawn: Sequence[int], fails: Callable[[Sequence[int]], bool], tries: int = 600) -> list[int]:
    """Find simpler values that fail as well, in so many tries.

    >>> simplest([7, 90, 3, 52], lambda values: sum(values) >= 60)
    [60]
    """
    best, left = list(drawn), tries
    while left > 0:
        for values in simpler(best):
            left -= 1
            if fails(values):
                best = values
                break
            if left == 0:
                break
        else:
            break
    return best


def simpler(drawn: list[int]) -> Iterator[list[int]]:
    """Give values that are simpler: fewer, then smaller."""
    for many in (32, 8, 4, 2, 1):
        for at in range(0, len(drawn) - many + 1, many if many > 2 else 1):
            yield drawn[:at] + drawn[at + many :]
    for at, value in enumerate(drawn):
        for less in sorted({0, value // 2, value - 1} - {value, -1}):
            yield [*drawn[:at], less, *drawn[at + 1 :]]
