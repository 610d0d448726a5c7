"""From steps to rows: what the calculators find, put together, one row at a time, and what the rows come to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from archcalc.calculators import BY_BATCH, Sums, calculators
from archcalc.calculators.lifetimes import lifetimes
from archcalc.calculators.precision import resolved
from archcalc.expectations import Tally
from archcalc.report.result import Row, Totals
from archcalc.trace import REMEMBERED

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from archcalc.calculators import Follower, Settings
    from archcalc.trace import Network, Step, Watch

__all__ = ["Done", "Rows", "Traced"]

#: Where the figures of a row stand in it.
PLACE = {name: i for i, name in enumerate(Row._fields)}
PATH, GROUP, INCOMPLETE = PLACE["path"], PLACE["group"], PLACE["incomplete"]


class Traced:
    """A network, when its tensors are read last, and what was found out about it for the settings that were asked for last."""

    def __init__(self, network: Network, home: str) -> None:
        self.network, self.lasts, self.home = network, lifetimes(network), home
        self.last: Rows | None = None
        self.counts: tuple[Hashable, dict[Hashable, Alike]] = (None, {})
        self.followed: dict[type[Follower], tuple[Hashable, dict[int, Any], Any]] = {}

    def rows(self, settings: Settings) -> Rows:
        """Give the rows at these settings: the same as last time, if these are the same."""
        last = self.last
        if last is None or (last.settings, last.settings.strict) != (settings, settings.strict):
            last = self.last = Rows(self, settings)
        return last

    def counted(self, settings: Settings) -> dict[Hashable, Alike]:
        """Give what is known of rows, for one sample, by what they have in common."""
        told = (settings.dtype, settings.convention)
        if self.counts[0] != told:
            self.counts = told, {}
        return self.counts[1]


class Following:
    """A calculator that follows tensors; what it finds is left with a network that keeps its steps, for the next time."""

    def __init__(self, kind: type[Follower], rows: Rows) -> None:
        self.kind, self.batch, self.kept = kind, rows.settings.batch, rows.network.kept
        self.told, self.followed = kind.depends(rows.settings), rows.followed
        told, self.found, self.ended = self.followed.get(kind, (self, {}, None))
        self.calculator = None
        if told != self.told:
            self.found, self.calculator = {}, kind(rows.network, rows.lasts, rows.settings)

    def row(self, step: Step) -> Mapping[str, Any]:
        """Give the figures of one operation."""
        if self.calculator is None:
            return self.kind.row(self.found[step.out], self.batch)
        found = self.calculator.follow(step)
        if self.kept:
            self.found[step.out] = found
        return self.kind.row(found, self.batch)

    def totals(self) -> Mapping[str, object]:
        """Give the figures of the whole."""
        if self.calculator is not None:
            self.ended = self.calculator.end()
            if self.kept:
                self.followed[self.kind] = (self.told, self.found, self.ended)
        return self.kind.totals(self.ended, self.batch)


class Alike:
    """What the rows of steps have in common that differ in nothing but their place."""

    def __init__(self, figures: Mapping[str, Any], common: list[Any]) -> None:
        self.figures, self.common = figures, common

    def times(self, batch: int) -> Alike:
        """Give the same for a batch."""
        if batch == 1:
            return self
        figures, common = dict(self.figures), self.common.copy()
        for name in BY_BATCH:
            if name in figures:
                figures[name] = common[PLACE[name]] = figures[name] * batch
        return Alike(figures, common)

    def row(self, step: Step, followed: Iterable[Mapping[str, Any]]) -> Row:
        """Make the row of one of them."""
        values = self.common.copy()
        values[PATH], values[GROUP] = step.path, step.group
        for figures in followed:
            for name, value in figures.items():
                values[PLACE[name]] = value
            if "incomplete" in figures:
                values[INCOMPLETE] = (*self.common[INCOMPLETE], *figures["incomplete"])
        return Row._make(values)


class Done:
    """What is known after the last row."""

    def __init__(self) -> None:
        self.watched: defaultdict[Watch, Tally] = defaultdict(Tally)
        self.last: Row | None = None  #: that makes an output
        self.totals = Totals()
        self.rows: list[Row] = []  #: those of a network that keeps its steps


class Rows:
    """The rows of a network at some settings. They are worked out while they are read, and again each time, unless they are kept."""

    def __init__(self, traced: Traced, settings: Settings) -> None:
        self.network, self.lasts, self.home, self.settings = traced.network, traced.lasts, traced.home, settings
        self.known: dict[Hashable, Alike] = {}
        self.counted, self.followed = traced.counted(settings), traced.followed
        self.kept: Done | None = None

    def __call__(self, done: Done) -> Iterator[tuple[Step, Row]]:
        """Give the steps in execution order, each with its row; `done` is filled in on the way."""
        if self.kept is not None:
            vars(done).update(vars(self.kept))
            yield from zip(self.network.steps(), done.rows, strict=True)
            return
        counters, followers = calculators(self.settings.convention)
        counting = [calculator(self.network, self.settings) for calculator in counters]
        following = [Following(kind, self) for kind in followers]
        times, sums, kept = dict[Alike, int](), Sums(), self.network.kept
        for step in self.network.steps():
            key = (step.op, step.type, step.entry, step.tied, step.frozen, step.precision)
            alike = self.known.get(key)
            if alike is None:
                if len(self.known) >= REMEMBERED:
                    _count(times, sums)
                    self.known.clear()
                    self.counted.clear()
                if key not in self.counted:
                    self.counted[key] = self.alike(step, together(calculator.row(step) for calculator in counting))
                alike = self.known[key] = self.counted[key].times(self.settings.batch)
            times[alike] = times.get(alike, 0) + 1
            row = alike.row(step, [calculator.row(step) for calculator in following])
            for watch in step.watches:
                done.watched[watch].add(row, beside=bool(step.result))
            if not step.result:
                done.last = row
            if kept:
                done.rows.append(row)
            yield step, row
        _count(times, sums)
        found = [calculator.totals(sums) for calculator in counting] + [calculator.totals() for calculator in following]
        done.totals = Totals(**together(found))
        self.kept = done if kept else None

    def alike(self, step: Step, figures: Mapping[str, Any]) -> Alike:
        """Prepare the rows of all steps that differ in nothing but their place, for one sample."""
        place, own = step.entry.place, resolved(step, self.settings.dtype)
        file = place.source.name if place.source.name != self.home else None
        dtype = own.named() if own != self.settings.dtype else None
        return Alike(figures, [*Row("", step.type, line=place.span.line, source_file=file, dtype=dtype)._replace(**figures)])


def _count(times: dict[Alike, int], sums: Sums) -> None:
    """Add up what rows have in common, and forget how many they were."""
    for alike, n in times.items():
        sums.add(alike.figures, n)
    times.clear()


def together(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put the figures of several calculators together; what any of them does not know is not known."""
    figures: dict[str, Any] = {}
    unknown: list[str] = []
    for some in found:
        figures.update(some)
        unknown += some.get("incomplete", ())
    return {**figures, "incomplete": tuple(unknown)} if unknown else figures
