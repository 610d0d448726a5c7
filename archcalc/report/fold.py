"""Rows become the lines of a table: one each, or folded to so many levels of their paths, with nothing lost from the sums."""

from __future__ import annotations

import re
import sys
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record
from archcalc.report.result import SUMS
from archcalc.report.shapes import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.report.result import Row, Totals

__all__ = [
    "READABLE", "Block", "Line", "Node", "blocks", "branches", "drawn", "each", "entries", "fold", "likeness", "readable", "repeats",
    "tree",
]  # fmt: skip

#: Lines that are read with pleasure: folding goes as deep as stays within them.
READABLE = 30
#: Kinds of children that the type of a folded line names.
NAMED = 3
#: A name made from a kind or a block, `Bottleneck_1`, perhaps the copy of a repeat, `Bottleneck_1[0]`.
MADE = re.compile(r"(?P<kind>[A-Z]\w*|[a-z]\w*)_\d+(\[.*\])?")
LAYERS = "layers"  # a list of layers, which says nothing of what they are
COPY = re.compile(r"(?P<name>.*)\[(?P<index>\d+)\]")


class Line(Record):
    """One line of a table."""

    row: Row  #: a row, or the sum of several
    of: Totals  #: what it is a part of
    rows: int = 1  #: how many are in it
    peak: bool = False  #: whether the most elements are alive in it
    input: bool = False  #: whether it is what goes in, which counts activations only


class Node(NamedTuple):
    """One line in the tree of paths, or a line that only names what is below it."""

    level: int
    label: str
    line: Line | None


class Block(NamedTuple):
    """One line of all that a network can be folded to: a row, or what is below it in one."""

    level: int
    label: str
    line: Line
    depth: int = sys.maxsize  #: levels of paths up to which it is one line
    entry: bool = False  #: whether it is one entry of the file with what that brought along


def each(rows: Iterable[Row], totals: Totals) -> Iterator[Line]:
    """Give every row a line."""
    return (Line(row, totals, peak=row.path == totals.peak_at) for row in rows)


def fold(rows: Sequence[Row], totals: Totals, depth: int) -> list[Line]:
    """Fold rows to `depth` levels. The rows of one entry stay one line, unless `depth` is deep enough to show everything."""
    if depth >= _deepest(rows):
        return list(each(rows, totals))
    return entries(rows, totals, depth)


def entries(rows: Sequence[Row], totals: Totals, depth: int) -> list[Line]:
    """Fold rows to `depth` levels; the rows of one entry stay one line, however deep that is."""
    return [_sum(path, list(members), totals) for path, members in groupby(rows, key=lambda row: _place(row, depth))]


def readable(rows: Sequence[Row]) -> int:
    """Find the deepest folding that is still read at a glance."""

    def lines_at(depth: int) -> int:
        places = [path for path, _ in groupby(_place(row, depth) for row in rows)]
        return sum(1 for _ in drawn(places))

    counts = {depth: lines_at(depth) for depth in range(1, _deepest(rows))}
    return max((depth for depth, n in counts.items() if n <= READABLE), key=lambda depth: (counts[depth], -depth), default=1)


def repeats(lines: Sequence[Line]) -> list[Line]:
    """Draw copies that follow each other and equal each other in everything but the receptive field into one line."""
    return [_copies(list(copies)) for _, copies in groupby(lines, key=likeness)]


def tree(lines: Iterable[Line]) -> Iterator[Node]:
    """Write paths as a tree. Prefixes that are no line themselves get one of their own, together with an only child.

    >>> from archcalc.report.result import Row, Totals
    >>> rows = [Row(path=p, type="") for p in ("stem", "stem.act", "body.stage[0].conv_1", "body.stage[0].conv_2")]
    >>> [("  " * level + label) for level, label, line in tree(each(rows, Totals()))]
    ['stem', '  act', 'body.stage[0]', '  conv_1', '  conv_2']
    """
    found = list(lines)
    for level, label, i in drawn([line.row.path for line in found]):
        yield Node(level, label, None if i is None else found[i])


def branches(paths: Sequence[str]) -> Iterator[list[str]]:
    """Split each path where others branch off: names of what it stands in, and its own.

    >>> list(branches(["stem", "body.stage[0].conv_1", "body.stage[0].conv_2"]))
    [['stem'], ['body.stage[0]', 'conv_1'], ['body.stage[0]', 'conv_2']]
    """
    joints = _joints(paths)
    return (_joined(path, joints) for path in paths)


def drawn(paths: Sequence[str]) -> Iterator[tuple[int, str, int | None]]:
    """Draw paths as a tree: level, label, and which path it is, if any."""
    before: list[str] = []
    for i, parts in enumerate(branches(paths)):
        *above, label = parts
        known = next((i for i, (a, b) in enumerate(zip(above, before, strict=False)) if a != b), min(len(above), len(before)))
        for level in range(known, len(above)):
            yield level, above[level], None
        yield len(above), label, i
        before = parts


def _joints(paths: Iterable[str]) -> set[str]:
    """Find the prefixes that lines stand below: lines themselves, and those with several children."""
    own = set(paths)
    children: dict[str, set[str]] = {}
    for path in own:
        below, known = path, False
        while "." in below and not known:
            above = below.rpartition(".")[0]
            known = above in children
            children.setdefault(above, set()).add(below)
            below = above
    return own | {path for path, below in children.items() if len(below) > 1}


def _joined(path: str, joints: set[str]) -> list[str]:
    """Split a path at its joints."""
    ends = [i for i, c in enumerate(path) if c == "." and path[:i] in joints]
    return [path[a:b] for a, b in zip([0, *(end + 1 for end in ends)], [*ends, len(path)], strict=True)]


def _deepest(rows: Iterable[Row]) -> int:
    return max((row.path.count(".") + 1 for row in rows), default=1)


def _place(row: Row, depth: int) -> str:
    """Give the path of the line that a row belongs to."""
    path = row.group if row.group and f"{row.path}.".startswith(f"{row.group}.") else row.path
    return ".".join(path.split(".", depth)[:depth])


def _sum(path: str, rows: list[Row], totals: Totals) -> Line:
    first, last = rows[0], rows[-1]
    peak = any(row.path == totals.peak_at for row in rows)
    if len(rows) == 1:
        return Line(first, totals, peak=peak)
    sums = {name: sum(getattr(row, name) for row in rows) for name in SUMS}
    whole = last._replace(
        path=path,
        type=_type(path, rows),
        group=None,
        inputs=first.inputs,
        tied=any(row.tied for row in rows),
        declared=any(row.declared for row in rows),
        live=max(row.live for row in rows),
        live_bytes=max(row.live_bytes for row in rows),
        in_out=max(row.in_out for row in rows),
        in_out_bytes=max(row.in_out_bytes for row in rows),
        weight_bits=sum(row.weight_bits for row in rows),
        activation_bits=sum(row.activation_bits for row in rows),
        dtype=first.dtype if all(row.dtype == first.dtype for row in rows) else None,
        incomplete=tuple(dict.fromkeys(name for row in rows for name in row.incomplete)),
        line=first.line,
        source_file=first.source_file,
        **sums,
    )
    return Line(whole, totals, len(rows), peak)


def _type(path: str, rows: list[Row]) -> str:
    """Say what was folded: an entry with what it brought along, a block by its name, or what is inside.

    >>> from archcalc.report.result import Row
    >>> _type("conv_1", [Row(path="conv_1", type="conv"), Row(path="conv_1.act", type="relu")])
    'conv + relu'
    >>> _type("Bottleneck_1[2]", [Row(path="Bottleneck_1[2].conv_1", type="conv")])
    'Bottleneck'
    >>> _type("stem", [Row(path=f"stem.{name}", type="") for name in ("conv_1", "conv_2", "max_pool_1")])
    '2 × conv, max_pool'
    """
    if rows[0].path == path:
        return " + ".join([*(row.type for row in rows[:NAMED]), *("…" for _ in rows[NAMED : NAMED + 1])])
    made = MADE.fullmatch(path.rpartition(".")[2])
    if made and made["kind"] != LAYERS:
        return made["kind"]
    kinds = list(_kinds(path, rows))
    counts = [(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)]
    shown = [f"{n} {TIMES} {kind}" if n > 1 else kind for n, kind in counts[:NAMED]]
    return ", ".join([*shown, *("…" for _ in counts[NAMED : NAMED + 1])])


def _kinds(path: str, rows: list[Row]) -> Iterator[str]:
    """Name what is directly inside; a mere list of layers is looked into."""
    for child, members in groupby(rows, key=lambda row: row.path[len(path) + 1 :].partition(".")[0]):
        inside, whole = list(members), f"{path}.{child}"
        made = MADE.fullmatch(child)
        if made and made["kind"] == LAYERS:
            yield from _kinds(whole, inside)
        elif made:
            yield made["kind"]
        else:
            copy = COPY.fullmatch(child)
            yield inside[0].type if inside[0].path == whole else copy["name"] if copy else child


def likeness(line: Line) -> object:
    """Give what copies have in common; a line that is no copy is like itself alone."""
    copy = COPY.fullmatch(line.row.path)
    return (copy["name"], line.row.type, line.row.output, line.rows, *(getattr(line.row, name) for name in SUMS)) if copy else id(line)


def _copies(lines: list[Line]) -> Line:
    first, last = (COPY.fullmatch(line.row.path) for line in (lines[0], lines[-1]))
    if len(lines) == 1 or not first or not last:
        return lines[0]
    path = f"{first['name']}[{first['index']}..{last['index']}]"
    whole = _sum(path, [line.row for line in lines], lines[0].of).row
    row = whole._replace(type=f"{len(lines)} {TIMES} {lines[0].row.type}")
    return Line(row, lines[0].of, sum(line.rows for line in lines), any(line.peak for line in lines))


def blocks(rows: Sequence[Row], totals: Totals) -> Iterator[Block]:
    """Give every line that rows can be folded to, blocks before what is in them, and many copies that are alike below one line for all.

    >>> from archcalc.report.result import Row, Totals
    >>> rows = [Row(path=p, type="") for p in ("stem", "body.stage[0].conv_1", "body.stage[0].conv_2", "body.stage[1].pool", "head")]
    >>> [("  " * block.level + block.label) for block in blocks(rows, Totals())]
    ['stem', 'body', '  stage[0]', '    conv_1', '    conv_2', '  stage[1].pool', 'head']
    """
    return _below("", 0, rows, totals)


def _below(path: str, level: int, rows: Sequence[Row], totals: Totals, depth: int = 0) -> Iterator[Block]:
    """Give what is below a path that is one line at `depth` levels."""
    lines = [_sum(place, list(members), totals) for place, members in groupby(rows, key=lambda row: _place(row, depth + 1))]
    first = 0
    for _, members in groupby(lines, key=likeness if len(lines) > READABLE else id):
        alike = list(members)
        deeper = len(alike) > 1
        if deeper:
            whole = _copies(alike)
            yield Block(level, _label(whole.row.path, path), whole)
        for line in alike:
            yield from _part(path, level + deeper, line, rows[first : first + line.rows], depth + 1)
            first += line.rows


def _part(above: str, level: int, line: Line, rows: Sequence[Row], depth: int) -> Iterator[Block]:
    """Give a line and what is below it; a block with nothing but another one in it is that one."""
    totals, deepest = line.of, _deepest(rows)
    if len(rows) == 1:
        yield Block(level, _label(line.row.path, above), line)
        return
    while depth < deepest and len({_place(row, depth + 1) for row in rows}) == 1:
        depth += 1
    path, entry = _place(rows[0], depth), depth == deepest
    yield Block(level, _label(path, above), _sum(path, list(rows), totals), depth, entry)
    if entry:
        yield from (Block(level + 1, _label(one.row.path, path), one) for one in each(rows, totals))
    else:
        yield from _below(path, level + 1, rows, totals, depth)


def _label(path: str, above: str) -> str:
    """Leave out of a path what is above it."""
    return path.removeprefix(f"{above}.") if path != above else path.rpartition(".")[2]
