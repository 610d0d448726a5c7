"""Rows become the lines of a table: one each, or folded to so many levels of their paths, with nothing lost from the sums."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from archcalc.report.shapes import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.report.result import Row, Totals

__all__ = ["READABLE", "Line", "Node", "each", "fold", "readable", "repeats", "tree"]

#: Lines that are read with pleasure: folding goes as deep as stays within them.
READABLE = 30
#: Kinds of children that the type of a folded line names.
NAMED = 3
#: Figures that add up; of the others the largest counts, or the last.
SUMS = ("params", "trainable", "frozen", "buffers", "macs", "flops", "model_size_bytes", "activations", "activations_bytes")
#: A name made from a kind or a block, `Bottleneck_1`, perhaps the copy of a repeat, `Bottleneck_1[0]`.
MADE = re.compile(r"(?P<kind>[A-Z]\w*|[a-z]\w*)_\d+(\[.*\])?")
COPY = re.compile(r"(?P<name>.*)\[(?P<index>\d+)\]")


@dataclass(frozen=True, slots=True)
class Line:
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


def each(rows: Iterable[Row], totals: Totals) -> Iterator[Line]:
    """Give every row a line."""
    return (Line(row, totals, peak=row.path == totals.peak_at) for row in rows)


def fold(rows: Sequence[Row], totals: Totals, depth: int) -> list[Line]:
    """Fold rows to `depth` levels. The rows of one entry stay one line, unless `depth` is deep enough to show everything."""
    if depth >= _deepest(rows):
        return list(each(rows, totals))
    return [_sum(path, list(members), totals) for path, members in groupby(rows, key=lambda row: _place(row, depth))]


def readable(rows: Sequence[Row]) -> int:
    """Find the deepest folding that is still read at a glance."""
    counts = {d: sum(1 for _ in groupby(_place(row, d) for row in rows)) for d in range(1, _deepest(rows))}
    return max((d for d, n in counts.items() if n <= READABLE), key=lambda d: (counts[d], -d), default=1)


def repeats(lines: Sequence[Line]) -> list[Line]:
    """Draw copies that follow each other and equal each other in everything but the receptive field into one line."""
    return [_copies(list(copies)) for _, copies in groupby(lines, key=_likeness)]


def tree(lines: Iterable[Line]) -> Iterator[Node]:
    """Write paths as a tree; prefixes that are no line themselves get one of their own.

    >>> from archcalc.report.result import Row, Totals
    >>> rows = [Row(path=p, type="") for p in ("stem", "stem.act", "stage[0].conv_1", "stage[0].conv_2")]
    >>> [("  " * level + label) for level, label, line in tree(each(rows, Totals()))]
    ['stem', '  act', 'stage[0]', '  conv_1', '  conv_2']
    """
    before: list[str] = []
    for line in lines:
        parts = line.row.path.split(".")
        known = next((i for i, (a, b) in enumerate(zip(parts[:-1], before, strict=False)) if a != b), min(len(parts) - 1, len(before)))
        for level in range(known, len(parts) - 1):
            yield Node(level, parts[level], None)
        yield Node(len(parts) - 1, parts[-1], line)
        before = parts


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
    whole = replace(
        last,
        path=path,
        type=_type(path, rows),
        group=None,
        inputs=first.inputs,
        tied=any(row.tied for row in rows),
        declared=any(row.declared for row in rows),
        live=max(row.live for row in rows),
        in_out=max(row.in_out for row in rows),
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
        return " + ".join(row.type for row in rows)
    name = path.rpartition(".")[2]
    if made := MADE.fullmatch(name):
        return made["kind"]
    children = dict.fromkeys(row.path[len(path) + 1 :].partition(".")[0] for row in rows)
    types = {row.path: row.type for row in rows}
    kinds = [made["kind"] if (made := MADE.fullmatch(child)) else types.get(f"{path}.{child}", child) for child in children]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    shown = [f"{n} {TIMES} {kind}" if n > 1 else kind for kind, n in counts.items()]
    return ", ".join(shown if len(shown) <= NAMED else [*shown[:NAMED], "…"])


def _likeness(line: Line) -> object:
    """Give what copies have in common; a line that is no copy is like itself alone."""
    copy = COPY.fullmatch(line.row.path)
    return (copy["name"], line.row.type, line.row.output, line.rows, *(getattr(line.row, name) for name in SUMS)) if copy else id(line)


def _copies(lines: list[Line]) -> Line:
    first, last = (COPY.fullmatch(line.row.path) for line in (lines[0], lines[-1]))
    if len(lines) == 1 or not first or not last:
        return lines[0]
    path = f"{first['name']}[{first['index']}..{last['index']}]"
    whole = _sum(path, [line.row for line in lines], lines[0].of).row
    row = replace(whole, type=f"{len(lines)} {TIMES} {lines[0].row.type}")
    return Line(row, lines[0].of, sum(line.rows for line in lines), any(line.peak for line in lines))
