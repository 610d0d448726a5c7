"""One network on a page: all that is shown of it, worked out once."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from archcalc.drawing.folding import folded
from archcalc.record import Record
from archcalc.report.charts import CHARTS, chart
from archcalc.report.fold import Block, blocks, readable
from archcalc.report.page.arithmetic import Arithmetic, arithmetic
from archcalc.report.totals import title
from archcalc.report.view import entrances

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.api import Run
    from archcalc.drawing.graph import Graph
    from archcalc.expectations import Outcome
    from archcalc.report.charts import Chart
    from archcalc.report.result import Header, Row, Shape, Totals

__all__ = ["Network", "network"]

#: Lines that a browser shows and sorts without delay.
ENOUGH = 5000
#: Bars and nodes that are still told apart.
MANY = 200


class Network(Record, kw_only=True):
    """What is shown of a network."""

    spec: str  #: what the caller calls it
    header: Header
    sums: Totals
    made: Mapping[str, Shape]  #: what comes out
    layers: tuple[Row, ...]  #: the rows that the page holds
    left_out: int  #: those that it does not
    blocks: tuple[Block, ...]
    depth: int  #: how deep it is unfolded at first
    graph: Graph | None  #: nothing where it has too many nodes, which are too many bars as well
    places: Mapping[str, int]  #: of paths, which of the lines has them
    arithmetic: Arithmetic
    outcomes: tuple[Outcome, ...]
    changed: bool  #: whether the caller set what the file's expectations do not speak of

    @property
    def name(self) -> str:
        """What the network is called."""
        return title(self.header)

    @property
    def shown(self) -> tuple[Block, ...]:
        """The lines that are there at first and have no others below them, without the inputs."""
        return self.unfolded(self.depth)

    def unfolded(self, depth: int) -> tuple[Block, ...]:
        """Give the lines that have no others below them where blocks are unfolded to a depth."""
        return tuple(_shown([block for block in self.blocks if not block.line.input], depth))

    def charts(self, depth: int) -> tuple[Chart, ...]:
        """Make the charts, with a bar for each of these lines; none where they are too many."""
        lines = [] if self.graph is None else [block.line for block in self.unfolded(depth)]
        return tuple(chart(what, lines, self.header) for what in CHARTS if lines)

    def rows(self) -> Iterator[Row]:
        """Give the rows that the page holds."""
        return iter(self.layers)

    def totals(self) -> Totals:
        """Give the sums over all rows."""
        return self.sums

    def outputs(self) -> Mapping[str, Shape]:
        """Give what comes out."""
        return self.made


def network(spec: str, run: Run, enough: int = ENOUGH) -> Network:
    """Work out a network."""
    rows = list(run.rows())
    totals, depth = run.totals(), readable(rows)
    kept = _kept(list(blocks(rows, totals)), enough)
    layers = tuple(block.line.row for block in kept if block.line.rows == 1)
    inputs = [Block(0, line.row.path, line) for line in entrances(run.header, totals)]
    every = (*inputs, *kept)
    drawn = sum(1 for _ in _shown(kept, depth)) <= MANY
    explained = len(layers) == len(rows) and run.header.convention == "paper"
    return Network(
        spec=spec, header=run.header, sums=totals, made=run.outputs(), layers=layers, left_out=len(rows) - len(layers),
        blocks=every, depth=depth, graph=folded(run) if drawn else None, places=_places(every),
        arithmetic=arithmetic(run.explain()) if explained else Arithmetic(),
        outcomes=() if run.changed else tuple(run.outcomes()), changed=run.changed,
    )  # fmt: skip


def _places(every: Iterable[Block]) -> dict[str, int]:
    """Find the line of each path, the outermost of several; of a block that is drawn together with another, that one."""
    places: dict[str, int] = {}
    for place, block in enumerate(every):
        path = block.line.row.path
        while path and path not in places:
            places[path] = place
            path = path.rpartition(".")[0]
    return places


def _kept(every: Sequence[Block], enough: int) -> Sequence[Block]:
    """Leave out what is too much: the deepest levels, and of one level what comes last."""
    at, level, n = Counter(block.level for block in every), 0, 0
    while at[level] and n + at[level] <= enough:
        n += at[level]
        level += 1
    return [block for block in every if block.level < level] if level else list(islice((one for one in every if not one.level), enough))


def _shown(every: Sequence[Block], depth: int) -> Iterator[Block]:
    """Give the lines that are there at first and have no others below them."""
    closed = None
    for block in every:
        if closed is None or block.level <= closed:
            closed = block.level if block.line.rows == 1 or block.depth >= depth else None
            if closed is not None:
                yield block
