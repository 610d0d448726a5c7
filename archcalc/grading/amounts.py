"""Numbers as people write them, with as much precision as is written: `61,706`, `61 706`, `61M`, `2.4e5`, `96 MB`."""

from __future__ import annotations

import re
from fractions import Fraction

from archcalc.record import Record
from archcalc.spec.scalars import short

__all__ = ["BYTES", "COUNTS", "ELEMENTS", "SHARES", "SIZES", "Amount", "Unreadable", "amount"]

COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12, "P": 10**15}
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
#: Bytes, and octets as French writes them.
BYTES = {
    **{f"{prefix}{unit}": n for prefix, n in {**_DECIMAL, **_BINARY}.items() for unit in ("B", "o")},
    "byte": 1, "bytes": 1, "octet": 1, "octets": 1,
}  # fmt: skip
#: What may stand beside sizes in bytes, beside elements (which are bytes where a unit of bytes is written), beside percentages.
SIZES = {"": 1, **BYTES}
ELEMENTS = {**_DECIMAL, **BYTES}
SHARES = {"": 1, "%": 1}

#: Zeros at the end of `800K` may stand for digits that are not given, if the figure is no further off than one part in so many.
CLOSE = 50
LONGEST = 60  #: characters of a number
SPACES = "\u00a0\u2007\u2009\u202f"
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<whole>[0-9](?:[0-9 ,_']*[0-9])?)?(?:\.(?P<part>[0-9]*))?"
    r"(?:[eE](?P<power>[-+]?[0-9]{1,2})|\s*[x×*·.]\s*10\s*(?:\^|\*\*)\s*\{?(?P<ten>[-+]?[0-9]{1,2})\}?)?\s*(?P<unit>[^\W\d_]*|%)"
)
_GROUPED = re.compile(r"[0-9]+|[0-9]+(?:_[0-9]+)+|[0-9]{1,3}(?:([ ,'])[0-9]{3})(?:\1[0-9]{3})*")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+")


class Unreadable(ValueError):
    """What cannot be read as an answer: why, and in `help` what to write."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word that is printed
        super().__init__(message)
        self.message, self.help = message, help


class Amount(Record):
    """A number, and how far from it a figure may be to be written so."""

    value: Fraction
    half: Fraction  #: half of what one more in the last digit adds
    slack: Fraction  #: the same, if zeros at the end stand for digits that are not given
    unit: str = ""
    bytes: bool = False
    digits: str = ""  #: all of them, where none is left out

    def rounds(self, figure: int | Fraction) -> bool:
        """Tell whether a figure is written so.

        >>> amount("61M", COUNTS).rounds(61_100_840), amount("800K", COUNTS).rounds(802_816), amount("61,706", COUNTS).rounds(61_707)
        (True, True, False)
        """
        nothing = self.value == 0 and isinstance(figure, int) and figure != 0  # a count is not 0 M
        return abs(figure - self.value) <= self.slack and not nothing

    def cut(self, figure: int | Fraction) -> Fraction:
        """Cut a figure off after as many digits as are written.

        >>> amount("667M", COUNTS).cut(667_942_912)
        Fraction(667000000, 1)
        """
        return figure // (2 * self.half) * 2 * self.half

    def gives(self, figure: int | Fraction) -> bool:
        """Tell whether a figure is exactly this one, as far as the digits go that are written."""
        return abs(figure - self.value) <= self.half


def amount(text: str, units: dict[str, int]) -> Amount:
    """Read a number with a unit. Raises `Unreadable`.

    >>> amount("2.4e5", COUNTS).value, amount("61 706", COUNTS).digits, amount("15,47 G", COUNTS).value
    (Fraction(240000, 1), '61706', Fraction(15470000000, 1))
    """
    plain = text.translate(dict.fromkeys(map(ord, SPACES), " ")).strip()
    about = plain[:1] in {"~", "≈"}
    match = _NUMBER.fullmatch(plain.lstrip("~≈* ").removeprefix(">=").strip()) if len(plain) <= LONGEST else None
    if match is None or not (match["whole"] or match["part"]):
        raise Unreadable(f"`{short(text)}` is not a number", _forms(units))
    unit = match["unit"]
    if unit not in units:
        raise Unreadable(f"`{short(unit)}` is no unit here", _forms(units))
    whole, part = _digits(text, match, units)
    power = match["power"] or match["ten"]
    factor = Fraction(10) ** int(power or "0") * units[unit]
    place = factor / 10 ** len(part)
    value = int(match["sign"] + whole + part) * place
    full = not part and not power and not unit
    zeros = 0 if part or (full and not about) else len(whole) - len(whole.rstrip("0"))
    slack = max(place / 2, min(place * 10**zeros / 2, abs(value) / CLOSE))
    return Amount(value, place / 2, slack, unit, unit in BYTES and units is not COUNTS, whole if full else "")


def _digits(text: str, match: re.Match[str], units: dict[str, int]) -> tuple[str, str]:
    """Give the digits before and after the point; a comma that parts no thousands is one."""
    whole, part = match["whole"] or "0", match["part"] or ""
    scaled = match["power"] or match["ten"] or match["unit"]
    if _DECIMAL_COMMA.fullmatch(whole) and not _GROUPED.fullmatch(whole) and scaled and not part:
        whole, part = whole.split(",")
    if not _GROUPED.fullmatch(whole):
        raise Unreadable(f"the digits of `{short(text)}` are not in groups of three", _forms(units))
    return re.sub("[ ,_']", "", whole).lstrip("0") or "0", part


def _forms(units: dict[str, int]) -> str:
    if units is SIZES:
        return "write `246,824`, `246.8 kB` or `241 KiB`"
    return "write `24.3` or `24.3%`" if units is SHARES else "write `61706`, `61,706`, `61 706`, `61.7K` or `6.17e4`, or `-` for none"
