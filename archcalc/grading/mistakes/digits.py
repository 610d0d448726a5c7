"""Slips of the pen: two digits in the place of each other, one digit wrong, missing or too many."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Slip", "slip", "slips"]

SHORTEST = 4  #: digits of a number in which one wrong digit says something


class Slip(NamedTuple):
    """What has become of the digits."""

    id: str
    said: str
    rank: int


SWAPPED = Slip("transposed_digits", "two digits stand in each other's place", 4)
ANAGRAM = Slip("transposed_digits", "the digits are in another order", 6)
ONE = Slip("one_digit", "one digit is wrong", 5)
MISSING = Slip("one_digit", "one digit is missing", 5)
MORE = Slip("one_digit", "there is one digit too many", 5)


def slip(written: str, right: int) -> Slip | None:
    """Compare digits that were written with those that are right.

    >>> slip("24848", 34848).said, slip("61607", 61706).said, slip("6176", 61706).said
    ('one digit is wrong', 'the digits are in another order', 'one digit is missing')
    """
    digits = str(right)
    if written == digits or len(digits) < SHORTEST:
        return None
    if len(written) == len(digits):
        apart = [i for i, (a, b) in enumerate(zip(written, digits, strict=True)) if a != b]
        if len(apart) == 1:
            return ONE
        if sorted(written) == sorted(digits):
            return SWAPPED if len(apart) == 2 and apart[1] - apart[0] == 1 else ANAGRAM
    if len(written) == len(digits) - 1 and _without_one(digits, written):
        return MISSING
    return MORE if len(written) == len(digits) + 1 and _without_one(written, digits) else None


def _without_one(long: str, short: str) -> bool:
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def slips(right: int) -> list[tuple[Slip, int]]:
    """Give numbers that a slip of the pen makes of the right one."""
    digits = str(right)
    if len(digits) < SHORTEST:
        return []
    swapped = [digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)]
    wrong = [str((int(digits[0]) % 9) + 1) + digits[1:], digits[:-1] + str((int(digits[-1]) + 1) % 10)]
    made = [*((SWAPPED, text) for text in swapped), *((ONE, text) for text in wrong), (MISSING, digits[:-2] + digits[-1:])]
    return [(kind, int(text)) for kind, text in made if text != digits and text[0] != "0" and slip(text, right) is not None]
