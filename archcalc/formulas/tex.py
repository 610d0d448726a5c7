r"""What LaTeX needs to be told: letters with their index, and texts with characters that mean something to it."""

from __future__ import annotations

import re

__all__ = ["escaped", "prose", "symbol"]

#: Characters that LaTeX would read as its own, or has no letter for.
SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    **{c: f"\\{c}" for c in "{}$&#_%"},
    "·": r"\ensuremath{\cdot}", "×": r"\ensuremath{\times}", "…": r"\ldots{}", "Φ": r"\ensuremath{\Phi}", "–": "--",
    "⌊": r"\ensuremath{\lfloor}", "⌋": r"\ensuremath{\rfloor}",
}  # fmt: skip
#: Letters beyond ASCII that LaTeX's T1 fonts have: those of European languages.
LATIN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž"
)


def escaped(text: str) -> str:
    r"""Write a text so that it stays one; what LaTeX has no letter for is written by its number.

    >>> print(escaped("50% of a_1"), escaped("日"))
    50\% of a\_1 \textbackslash{}u65e5
    """
    return "".join(SPECIAL.get(c) or (c if c in LATIN or (c.isascii() and c.isprintable()) else _number(c)) for c in text)


def _number(c: str) -> str:
    return ascii(c)[1:-1].replace("\\", SPECIAL["\\"])


def prose(text: str) -> str:
    r"""Write a sentence, with what stands between backquotes as code.

    >>> print(prose("keeps `(n, d)`"))
    keeps \texttt{(n, d)}
    """
    parts = re.split(r"`([^`]*)`", text)
    return "".join(rf"\texttt{{{escaped(part)}}}" if i % 2 else escaped(part) for i, part in enumerate(parts))


def symbol(name: str) -> str:
    r"""Write a letter with its index, or a word.

    >>> print(symbol("k_h"), symbol("C_in"), symbol("edges"), symbol("rows_0"))
    k_h C_{\mathrm{in}} \mathrm{edges} \mathrm{rows}_0
    """
    stem, _, index = name.partition("_")
    if not stem or not f"{stem}{index}".isascii():
        return rf"\text{{{escaped(name)}}}"
    return _upright(stem) + (f"_{_upright(index, braced=True)}" if index else "")


def _upright(text: str, *, braced: bool = False) -> str:
    """Set a word upright; a single character is a letter of the formula."""
    if len(text) == 1 and text.isalnum():
        return text
    written = rf"\mathrm{{{escaped(text)}}}"
    return f"{{{written}}}" if braced else written
