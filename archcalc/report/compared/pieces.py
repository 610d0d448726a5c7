"""What a table of differences consists of, and how it stands in the tree of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record
from archcalc.report.fold import tree
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.difference import Change
    from archcalc.comparing.fields import Field
    from archcalc.report.fold import Line, Node

__all__ = ["ARROW", "Alike", "Changed", "Piece", "Placed", "called", "placed"]

ARROW = "→"


class Alike(Record):
    """A stretch of rows that are alike."""

    rows: int
    seen: int = 0  #: rows that are alike but for what they read and see
    what: frozenset[str] = frozenset()  #: which of that
    other: str = ""  #: by which names they went and go, where these are others

    def __add__(self, other: Alike) -> Alike:
        return Alike(self.rows + other.rows, self.seen + other.seen, self.what | other.what)


class Changed(Record):
    """One line: a row, or several, before and after."""

    change: Change
    before: Line | None
    after: Line | None
    was: str = ""  #: what it was called, where that is another name
    fields: tuple[tuple[str, tuple[Field, ...]], ...] = ()  #: what the author says otherwise, by the entry's path from here
    behind: str | None = None  #: of what was moved: what it stood behind; "" for the start
    regrouped: bool = False
    alike: int = 0  #: rows in it that are alike

    @property
    def line(self) -> Line:
        """What it is now, or was."""
        line = self.after or self.before
        if line is None:
            raise TypeError("a line of nothing")
        return line


Piece = Alike | Changed


class Placed(NamedTuple):
    """A line in a tree."""

    level: int
    label: str
    piece: Alike | Changed | None  #: none where there is only a name that stands above others


def placed(pieces: Sequence[Piece]) -> Iterator[Placed]:
    """Write lines as a tree; what is alike stands where the next line begins."""
    nodes = tree([piece.line for piece in pieces if isinstance(piece, Changed)])
    waiting: list[Alike] = []
    for piece in pieces:
        if isinstance(piece, Alike):
            waiting.append(piece)
            continue
        here = list(_until(nodes))
        yield from (Placed(here[0].level, "", one) for one in waiting)
        yield from (Placed(node.level, visible(node.label), None) for node in here[:-1])
        yield Placed(here[-1].level, called(piece, here[-1].label), piece)
        waiting = []
    yield from (Placed(0, "", one) for one in waiting)


def _until(nodes: Iterator[Node]) -> Iterator[Node]:
    """Give the names above the next line, and that line."""
    for node in nodes:
        yield node
        if node.line is not None:
            return


def called(piece: Changed, label: str) -> str:
    """Write what a line is called, and was."""
    return visible(f"{piece.was} {ARROW} {label}" if piece.was else label)
