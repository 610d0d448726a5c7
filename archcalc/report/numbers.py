"""How figures are written: whole numbers with separators, short ones with a unit, bytes in both units.

Everything is integer arithmetic, so that no figure is too large and a rounding that crosses into the next unit moves on to it.
"""

from __future__ import annotations

__all__ = ["at_least", "human", "percent", "size", "thousands"]

COUNTS = ("", "K", "M", "G", "T", "P", "E", "Z", "Y")
DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")  # steps of 1000
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")  # steps of 1024


def thousands(n: int) -> str:
    """Write a whole number.

    >>> thousands(15470264320)
    '15,470,264,320'
    """
    return f"{n:,}"


def human(n: int, unit: str = "") -> str:
    """Write a number with a unit: four digits or more, two decimals or more.

    >>> [human(n) for n in (0, 999, 61_706, 999_499, 999_999, 25_557_032, 138_357_544)]
    ['0', '999', '61.71 K', '999.50 K', '1.000 M', '25.56 M', '138.36 M']
    >>> human(15_470_264_320, "MAC")
    '15.47 GMAC'
    """
    number, prefix = _scaled(n, 1000, COUNTS, 3)
    return f"{number} {prefix}{unit}".rstrip()


def size(n: int) -> str:
    """Write a number of bytes in powers of ten and in powers of two; the two are never called the same.

    >>> size(553_430_176)
    '553.43 MB (527.79 MiB)'
    >>> size(999_999), size(92)
    ('1.00 MB (976.56 KiB)', '92 B')
    """
    if n < 1000:
        return f"{n} B"
    return f"{' '.join(_scaled(n, 1000, DECIMAL, 2))} ({' '.join(_scaled(n, 1024, BINARY, 2))})"


def percent(part: int, whole: int) -> str:
    """Write a share of a whole, rounded half up.

    >>> percent(1, 3), percent(2, 2), percent(1, 0)
    ('33.33', '100.00', '')
    """
    return _decimal(part * 100, whole, 2) if whole else ""


def at_least(text: str, *, bound: bool) -> str:
    """Mark a figure that something unknown is missing from.

    >>> at_least("1,792", bound=True)
    '>= 1,792'
    """
    return f">= {text}" if bound else text


def _scaled(n: int, base: int, units: tuple[str, ...], places: int) -> tuple[str, str]:
    """Choose the unit by the number as it will be written, not as it is: 999,999 is 1.000 M and never 1000.00 K."""
    if n < base:
        return str(n), units[0]
    for power, unit in enumerate(units[1:], start=1):
        step: int = base**power
        decimals = places if _rounded(n, step, places) < 10 * 10**places else 2
        if _rounded(n, step, decimals) < base * 10**decimals or unit == units[-1]:
            return _decimal(n, step, decimals), unit
    raise AssertionError(units)


def _rounded(n: int, step: int, places: int) -> int:
    """Divide and round half up, in units of the last decimal place."""
    ten: int = 10**places
    return (2 * n * ten + step) // (2 * step)


def _decimal(n: int, step: int, places: int) -> str:
    whole, rest = divmod(_rounded(n, step, places), 10**places)
    return f"{whole:,}.{rest:0{places}d}" if whole >= 10_000 else f"{whole}.{rest:0{places}d}"
