"""How figures are written: whole numbers with separators, short ones with a unit, bytes in both units.

Everything is integer arithmetic, so that no figure is too large and a rounding that crosses into the next unit moves on to it.
"""

from __future__ import annotations

from fractions import Fraction

__all__ = ["at_least", "binary", "brief", "capacity", "human", "percent", "quantity", "size", "thousands"]

COUNTS = ("", "K", "M", "G", "T", "P", "E", "Z", "Y")
DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")  # steps of 1000
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")  # steps of 1024

PARTS = ("", "m", "µ", "n", "p")  # steps of 1/1000
#: Digits of a measure.
DIGITS = 4


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


def binary(n: int) -> str:
    """Write a number of bytes in powers of two, where it stands beside all its digits.

    >>> binary(553_430_176), binary(92)
    ('527.79 MiB', '92 B')
    """
    return " ".join(_scaled(n, 1024, BINARY, 2))


def brief(value: Fraction) -> str:
    """Write a number in four digits at most, where there are no more of them before the point.

    >>> brief(Fraction(312, 2)), brief(Fraction(19500, 2039)), brief(Fraction(1, 2))
    ('156', '9.564', '0.5')
    """
    return _digits(_short(value, 1, 0))


def quantity(value: Fraction, unit: str) -> str:
    """Write a measure in four digits at most, with as large a unit as leaves a whole number before the point.

    >>> quantity(Fraction(312 * 10**12), "FLOP/s"), quantity(Fraction(2039 * 10**9), "B/s"), quantity(Fraction(5, 10**6), "s")
    ('312 TFLOP/s', '2.039 TB/s', '5 µs')
    >>> quantity(Fraction(999_996), "B/s"), quantity(Fraction(600, 7), ""), quantity(Fraction(0), "s")
    ('1 MB/s', '85.71', '0 s')
    """
    power = 0
    while value and -power < len(PARTS) - 1 and _short(value, 1000, power) < 1:
        power -= 1
    while power < len(COUNTS) - 1 and _short(value, 1000, power) >= 1000:
        power += 1
    prefix = PARTS[-power] if power < 0 else COUNTS[power].lower() if power == 1 else COUNTS[power]
    return f"{_digits(_short(value, 1000, power))} {prefix}{unit}".rstrip()


def capacity(n: int) -> str:
    """Write the size of a memory, in powers of ten or of two, whichever says it in fewer characters.

    >>> capacity(80 * 10**9), capacity(320 * 2**10), capacity(32 * 2**30), capacity(512)
    ('80 GB', '320 KiB', '32 GiB', '512 B')
    """
    power = 0
    while power < len(BINARY) - 1 and _short(Fraction(n), 1024, power) >= 1024:
        power += 1
    return min(quantity(Fraction(n), "B"), f"{_digits(_short(Fraction(n), 1024, power))} {BINARY[power]}", key=len)


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


def _short(value: Fraction, base: int, power: int) -> Fraction:
    """Scale, and round half up to four digits; those before the point all stay."""
    number = value / Fraction(base) ** power
    places = max(DIGITS - len(str(int(number))), 0)
    return Fraction(int(number * 10**places * 2 + 1) // 2, 10**places)


def _digits(number: Fraction) -> str:
    """Write a number that ends, without zeros at its end."""
    text = _decimal(number.numerator, number.denominator, DIGITS)
    return text.rstrip("0").removesuffix(".")
