"""Plain scalars: nothing, booleans, decimal numbers, and text for all else."""

from __future__ import annotations

import re
from math import isinf

__all__ = ["MOST_DIGITS", "Refusal", "Scalar", "resolve", "short"]

MOST_DIGITS = 18  # below 2**63 whatever the digits are

Scalar = None | bool | int | float | str

_NUMBER = re.compile(r"([-+]?)([0-9]+(?:_[0-9]+)*)?(\.(?:[0-9]+(?:_[0-9]+)*)?)?([eE][-+]?[0-9]+)?")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_WORDS = {
    "": None,
    "~": None,
    **{f(w): v for w, v in (("null", None), ("true", True), ("false", False)) for f in (str, str.title, str.upper)},
}


class Refusal(Exception):
    """A scalar that cannot be taken as it is written: why, and what to write."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code, self.message, self.advice = code, message, advice


def short(text: str) -> str:
    """Cut what a message quotes."""
    return text if len(text) <= 40 else f"{text[:30]}…"


def resolve(text: str) -> Scalar:
    """Read a plain scalar: nothing, a boolean, a decimal number, or text."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in "+-.0123456789" else text


def _number(text: str) -> int | float | str:
    """Read a decimal number; without a dot and integral it is an `int`. What is no number is text."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        if _BASE_60.fullmatch(text):
            raise Refusal("E109", f"`{short(text)}` is a number in base 60 to YAML", f'quote it if it is text: `"{short(text)}"`')
        return text
    sign, whole, dot, power = match.groups()
    digits = (whole or "").replace("_", "")
    if not digits and dot in {None, "."}:
        return text
    if len(digits) > 1 and digits[0] == "0":
        advice = f"write `{sign}{short(digits.lstrip('0') or '0')}{short((dot or '') + (power or ''))}`, or quote it if it is text"
        raise Refusal("E109", f"`{short(text)}` starts with a zero, which is octal to YAML", advice)
    if len(power or "") > MOST_DIGITS:
        raise _too_long(text)
    exponent = int((power or "e0")[1:])
    if dot is None and (exponent >= 0 or not power):
        if len(digits) + exponent * (digits != "0") > MOST_DIGITS:
            raise _too_long(text)
        return int(sign + digits + "0" * exponent * (digits != "0"))
    return _float(text, integral=dot is None)


def _float(text: str, *, integral: bool) -> int | float:
    """Read a number with a dot or a negative power of ten; one that only a float's limits would make 0 or infinite is refused."""
    value = float(text.replace("_", ""))
    vanished = value == 0 and re.search("[1-9]", re.split("[eE]", text)[0])
    if len(text) > 2 * MOST_DIGITS or isinf(value) or vanished:
        raise _too_long(text)
    return int(value) if integral and value.is_integer() else value


def _too_long(text: str) -> Refusal:
    return Refusal("E105", f"the number `{short(text)}` is too long", f"numbers have up to {MOST_DIGITS} digits")
