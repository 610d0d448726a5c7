"""A comparison as the lines of a table: what differs, folded to so many levels, and how much is alike between."""

from __future__ import annotations

from dataclasses import field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.comparing.match import Match, renamed
from archcalc.record import Record
from archcalc.report.compared.pieces import ARROW, Alike, Changed, placed
from archcalc.report.fold import COPY, READABLE, Line, fold, likeness, repeats
from archcalc.report.view import entrances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing import Comparison
    from archcalc.comparing.difference import Change, Pair
    from archcalc.comparing.fields import Field
    from archcalc.comparing.tree import Node
    from archcalc.report.compared.pieces import Piece
    from archcalc.report.result import Totals

__all__ = ["lines"]

#: So many lines in a row that say nothing but that parts are in other groups are one.
REGROUPED = 4


def lines(found: Comparison, depth: int | None) -> list[Piece]:
    """Give the lines of a table, as deep as is asked for or is read at a glance."""
    deepest = max(item.row.path.count(".") + 1 for one in (found.before, found.after) for item in one.items)
    if depth is not None:
        return _Lines(found, min(depth, deepest), deepest, asked=True).all()
    drawn = [_Lines(found, depth, deepest, asked=False).all() for depth in range(1, max(deepest, 2))]
    return max((pieces for pieces in drawn if sum(1 for _ in placed(pieces)) <= READABLE), key=_detail, default=drawn[0])


def _detail(pieces: Sequence[Piece]) -> tuple[int, int]:
    """Weigh how much lines tell: how many there are, and how little is in them that is alike."""
    return len(pieces), -sum(piece.alike for piece in pieces if isinstance(piece, Changed))


class _Lines(Record, frozen=False):
    """Makes lines at one depth."""

    found: Comparison
    depth: int
    deepest: int
    asked: bool  #: whether somebody wants it as deep as this
    behind: dict[str, str] = field(default_factory=dict)  #: by its path: what a row of the network as it was stood behind

    def all(self) -> list[Piece]:
        paths = [item.row.path for item in self.found.before.items]
        self.behind = dict(zip(paths, ["", *paths], strict=False))
        pieces = [*self.entrances(), *self.inside(self.found.root)]
        if not self.asked:
            pieces = _regrouped(pieces)
        return list(_stretches(_copies(pieces) if self.depth < self.deepest or not self.asked else iter(pieces)))

    def entrances(self) -> Iterator[Changed]:
        """Give the inputs that differ."""
        old, new = ({line.row.path: line for line in entrances(one.header, one.totals)} for one in (self.found.before, self.found.after))
        for name in dict.fromkeys([*old, *new]):
            before, after = old.get(name), new.get(name)
            if before is None or after is None:
                yield Changed("added" if before is None else "removed", before, after)
            elif before.row.output != after.row.output:
                yield Changed("changed", before, after)

    def inside(self, it: Match) -> Iterator[Piece]:
        """Give the lines of the parts of a part; to copies that follow each other the same may have happened."""
        for _, group in groupby(it.parts(), key=_fate):
            several = list(group)
            for one in several:
                yield from self.pieces(one, folded=len(several) > 1 and not self.asked)

    def pieces(self, it: Match, *, folded: bool) -> Iterator[Piece]:
        """Give the lines of one part."""
        x, y = it.before, it.after
        if x is None or y is None:
            yield from self.lone(it)
            return
        pairs = [self.found.pair(leaf) for leaf in y.leaves()]
        pairs += [] if x.whole == y.whole else [self.found.pair(leaf) for leaf in _gone(it)]
        called = renamed(x, y) or it.moved or it.regrouped
        same = all(pair.change == "alike" or (pair.change == "renamed" and not pair.figures) for pair in pairs)
        if same and not called:
            yield _alike(pairs)
        elif folded or self.folded(y) or it.moved or (same and not self.asked):
            yield self.both(it, x, y, pairs)
        elif called and self.asked:
            yield from self.inside(replace(it, inner=[replace(inner, regrouped=True) for inner in it.parts()]))
        else:
            if called:
                yield self.both(it, x, y, pairs)
            yield from self.inside(it)

    def lone(self, it: Match) -> Iterator[Changed]:
        """Give the lines of what one network has."""
        if self.asked and not self.folded(it.node):
            for child in it.node.children:
                yield from self.lone(Match(child, None) if it.after is None else Match(None, child))
        elif it.after is None:
            yield Changed("removed", _line(it.node, self.found.before.totals), None)
        else:
            yield Changed("added", None, _line(it.node, self.found.after.totals))

    def folded(self, node: Node) -> bool:
        """Whether a part is one line: at the depth, and an entry unless everything is to be seen."""
        return not node.children or node.path.count(".") + 1 >= self.depth or bool(node.kind and self.depth < self.deepest)

    def both(self, it: Match, x: Node, y: Node, pairs: Sequence[Pair]) -> Changed:
        """Give the line of a part that both networks have."""
        before, after = _line(x, self.found.before.totals), _line(y, self.found.after.totals)
        changes = {pair.change for pair in pairs}
        own: Change = "changed" if changes & {"added", "removed", "changed"} else "follows" if "follows" in changes else "renamed"
        change: Change = "moved" if it.moved else "renamed" if own == "follows" and "renamed" in changes else own
        behind = self.behind[x.items[0].row.path] if it.moved else None
        alike = sum(pair.change == "alike" for pair in pairs)
        return Changed(change, before, after, _was(it, x, y), tuple(_said(y.path, pairs)), behind, it.regrouped, alike)


def _said(path: str, pairs: Sequence[Pair]) -> Iterator[tuple[str, tuple[Field, ...]]]:
    """Give what the author says otherwise in a part, entry by entry."""
    told: set[str] = set()
    for pair in pairs:
        if pair.fields and pair.after and pair.after.entry not in told:
            told.add(pair.after.entry)
            yield pair.after.entry.removeprefix(path).removeprefix("."), pair.fields


def _fate(it: Match) -> object:
    """Give what copies have in common to which the same happened; what is no copy is like itself alone."""
    x, y = it.before, it.after
    if x is None or y is None or not (COPY.fullmatch(x.label) and COPY.fullmatch(y.label)):
        return id(it)
    return x.stem, y.stem, x.whole, y.whole


def _was(it: Match, x: Node, y: Node) -> str:
    """Give another name that a part had: the whole path where that is in another place."""
    if not (it.regrouped or it.moved or renamed(x, y)) or x.path == y.path:
        return ""
    return x.label if x.path.rpartition(".")[0] == y.path.rpartition(".")[0] else x.path


def _gone(it: Match) -> Iterator[Node]:
    """Give the rows that a part had and has no longer."""
    for inner in it.inner:
        if inner.after is None and inner.before is not None:
            yield from inner.before.leaves()
        elif inner.before is not None:
            yield from _gone(inner)


def _line(node: Node, totals: Totals) -> Line:
    """Fold the rows of a part into one line."""
    rows = [item.row for item in node.items]
    (line,) = fold(rows, totals, node.path.count(".") + 1)
    return line if len(rows) == 1 or line.row.path == node.path else replace(line, row=line.row._replace(path=node.path))


def _alike(pairs: Sequence[Pair]) -> Alike:
    seen = [pair.seen for pair in pairs if pair.seen]
    return Alike(len(pairs), len(seen), frozenset(name for names in seen for name in names))


def _copies(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Draw copies that follow each other and to which the same happened into one line."""
    for _, group in groupby(pieces, key=_likeness):
        several = list(group)
        first = several[0]
        if len(several) == 1 or isinstance(first, Alike):
            yield from several
            continue
        sides = [[getattr(one, side) for one in several] for side in ("before", "after")]
        before, after = (repeats(side)[0] if side[0] is not None else None for side in sides)
        start, end = (COPY.fullmatch(one.was) for one in (first, several[-1]) if isinstance(one, Changed))
        was = f"{start['name']}[{start['index']}..{end['index']}]" if start and end else first.was
        yield replace(first, before=before, after=after, was=was)


def _likeness(piece: Piece) -> object:
    if isinstance(piece, Alike):
        return id(piece)
    sides = [likeness(line) for line in (piece.before, piece.after) if line]
    return (piece.change, bool(piece.was), piece.fields, *sides)


def _regrouped(pieces: Sequence[Piece]) -> list[Piece]:
    """Draw what only is in other groups into one line, where there is much of it."""
    found: list[Piece] = []
    for same, group in groupby(pieces, key=lambda it: isinstance(it, Changed) and it.regrouped and it.change == "renamed"):
        several = list(group)
        if not same or len(several) < REGROUPED:
            found += several
            continue
        parts = [it for it in several if isinstance(it, Changed)]
        old, new = ([line.row.path for it in parts if (line := getattr(it, side))] for side in ("before", "after"))
        found.append(Alike(sum(it.line.rows for it in parts), other=f"{old[0]} … {old[-1]} {ARROW} {new[0]} … {new[-1]}"))
    return found


def _stretches(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Draw stretches that follow each other into one."""
    last: Alike | None = None
    for piece in pieces:
        if isinstance(piece, Alike) and not piece.other:
            last = last + piece if last else piece
            continue
        if last:
            yield last
        last = None
        yield piece
    if last:
        yield last
