"""A formula in the columns of a terminal: on one line if there is room, else broken at its equal signs, or a sum as an account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcalc.formulas.expr import TEXT, chain
from archcalc.report.explained.layout import ACCOUNT, terms, title
from archcalc.report.grid import cells, elide
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.formulas.figures import Line

__all__ = ["Pieces", "Style", "folded", "formula", "measured"]

Pieces = list[tuple[str, str]]  # a line: texts with their styles

#: Columns that a formula has at least, however narrow the terminal is.
ROOM = 20
EQUALS, REST = " = ", "   "
#: Where a formula may be broken that is too long for a line: before an operator, or after a comma.
BREAKS = re.compile(r" (?=[-+·/=] )|(?<=,) ")


class Style(NamedTuple):
    """How formulas are set."""

    width: int
    names: int = 11  #: columns that names of figures take, so that all equal signs stand below each other
    indent: int = 2
    letters: bool = False  #: whether they are left in letters


def measured(line: Pieces) -> int:
    """Give the columns that a line takes."""
    return sum(cells(text) for text, _ in line)


def folded(text: str, width: int, breaks: re.Pattern[str] = re.compile(" ")) -> list[str]:
    """Fold a text to a width; a word that is too long is cut.

    >>> folded("H_out · W_out · C_out + C_out", 16, BREAKS)
    ['H_out · W_out', '· C_out + C_out']
    """
    found = [""]
    for word in breaks.split(text):
        if found[-1] and cells(found[-1]) + 1 + cells(word) <= width:
            found[-1] += f" {word}"
        elif found[-1]:
            found.append(elide(word, width, levels=True))
        else:
            found[-1] = elide(word, width, levels=True)
    return found


def formula(line: Line, style: Style) -> Iterator[Pieces]:
    """Set a formula."""
    name = visible(title(line))
    start = f"{'':{style.indent}}{name}{'':{max(style.names - cells(name), 0)}}"
    note = visible(line.note)
    steps = _steps(line, style)
    if line.written is None or not steps:
        yield from _noted([[(f"{start} ", "")]], note, style)
        return
    room = max(style.width - cells(start) - len(EQUALS), ROOM)
    account = len(terms(line.written))
    if account < 2 or sum(map(cells, steps)) + len(EQUALS) * len(steps) <= room:
        lines = _broken(start, steps, room)
    else:
        lines = _account(line, start, room) if account <= ACCOUNT else _broken(start, steps[1:], room)
    yield from _noted(lines, note, style)


def _steps(line: Line, style: Style) -> list[str]:
    """Give what stands between the equal signs."""
    if line.written is None:
        return []
    if style.letters:
        letters = line.written.write(TEXT)
        return [letters] if letters != line.name else []
    *before, last = chain(line.name, line.written, TEXT)
    return [*before, f"{last} {line.unit}" if line.unit else last]


def _broken(start: str, steps: Sequence[str], room: int) -> list[Pieces]:
    """Break a formula at its equal signs, and what is still too long inside."""
    lines: list[Pieces] = [[(start, "")]]
    full = cells(start) + len(EQUALS) + room
    for i, step in enumerate(steps):
        last = "bold" if i == len(steps) - 1 else ""
        for k, part in enumerate(folded(step, room, BREAKS)):
            piece: Pieces = [(EQUALS if k == 0 else REST, ""), (part, last)]
            if (i == k == 0) or (k == 0 and measured(lines[-1]) + measured(piece) <= full):
                lines[-1] += piece
            else:
                lines.append([(" " * cells(start), ""), *piece])
    return lines


def _account(line: Line, start: str, room: int) -> list[Pieces]:
    """Write a sum as an account: a number and what it belongs to on each line, and what it comes to."""
    account = [(term.write(TEXT.numbers), name.write(TEXT)) for term, name in terms(line.written)]
    result = line.written.result(TEXT) if line.written is not None else ""
    width = max(cells(number) for number in (*(number for number, _ in account), result))
    lines: list[Pieces] = []
    for i, (number, name) in enumerate(account):
        sign = " + " if i else EQUALS
        lines.append([(start if not i else " " * cells(start), ""), (f"{sign}{number:>{width}}", ""),
                      (f"  {elide(name, max(room - width - 2, 1), levels=True)}", "dim")])  # fmt: skip
    lines.append([(" " * cells(start) + EQUALS, ""), (f"{result:>{width}}", "bold")])
    return lines


def _noted(lines: list[Pieces], note: str, style: Style) -> Iterator[Pieces]:
    """Put a note behind the last line, or below it."""
    *before, last = lines
    yield from before
    if note and measured(last) + 2 + cells(note) <= style.width:
        yield [*last, (f"  {note}", "dim")]
        return
    yield last
    if note:
        start = style.indent + style.names + len(EQUALS)
        yield from ([(" " * start + part, "dim")] for part in folded(note, max(style.width - start, ROOM)))
