"""The figures of a network by the lines of a sheet: rows and operations side by side, and who makes and reads what."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.precision import size_in_bytes
from archcalc.calculators.receptive_field import spatial_axes
from archcalc.record import Record
from archcalc.report.result import SUMS, Row
from archcalc.spec.diagnostics import SpecError, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archcalc.api import Run
    from archcalc.grading.mistakes.worlds import World
    from archcalc.trace import Step

__all__ = ["TOTAL", "Asked", "Figure", "Ledger", "Part"]

#: What the line of the sums is called; with brackets where a layer has that name.
TOTAL = "total"
TOTALS = frozenset({TOTAL, f"({TOTAL})", "totals", "sum", "network", "somme"})
COPIES = re.compile(r"(?P<start>.*?)\[(?P<first>\d{1,6})\.\.(?P<last>\d{1,6})\](?P<rest>.*)")
SIGHTS = ("receptive_field", "receptive_field_min", "effective_stride", "effective_padding")

Figure = int | Fraction | tuple[object, ...] | None


class Part(NamedTuple):
    """One operation and its figures."""

    step: Step
    row: Row


class Asked(Record):
    """What a line of a sheet stands for."""

    name: str
    parts: tuple[Part, ...]  #: the operations that it stands for; none for an input
    figures: Mapping[str, Figure]
    unknown: frozenset[str] = frozenset()  #: names of figures that cannot be known
    total: bool = False
    channels_first: bool = True
    view: tuple[int, ...] = ()  #: sizes of the axes that a receptive field has on the input

    @property
    def type(self) -> str:
        """The kinds of layers in it."""
        kinds = list(dict.fromkeys(part.row.type for part in self.parts))
        return " + ".join(kinds[:3]) + " + …" * (len(kinds) > 3)


class Ledger(Record, frozen=False, eq=False, slots=False):
    """A network, worked out."""

    run: Run
    others: Mapping[str, Callable[[], Run]] = field(default_factory=dict)  #: the other networks of the file
    known: Mapping[str, int] = field(default_factory=dict)  #: what is known of the whole network beside what is calculated
    parts: list[Part] = field(init=False)
    fields: dict[object, Mapping[int, Mapping[str, object]]] = field(default_factory=dict)  #: worked out with mistakes in them
    worlds: dict[object, World] = field(default_factory=dict)  #: the same of sizes

    def __post_init__(self) -> None:
        rows = list(self.run.rows())
        self.parts = [Part(step, row) for step, row in zip(self.run.network.steps(), rows, strict=True)]
        self.totals = self.run.totals()
        self.paths = {visible(part.row.path): part for part in self.parts}

    def variants(self) -> Iterator[tuple[str, Ledger]]:
        """Work the other networks of the file out, as far as they can be set up alike."""
        for name, run in self.others.items():
            if name not in self._variants:
                try:
                    self._variants[name] = Ledger(run())
                except SpecError:
                    self._variants[name] = None
            found = self._variants[name]
            if found is not None:
                yield name, found

    @cached_property
    def _variants(self) -> dict[str, Ledger | None]:
        return {}

    @cached_property
    def view(self) -> tuple[int, ...]:
        """Give the sizes of the axes of the first input that a receptive field has."""
        tensor = self.run.network.inputs[0].tensor if self.run.network.inputs else None
        return tuple(tensor.shape[i] for i in spatial_axes(tensor)) if tensor else ()

    @cached_property
    def makers(self) -> dict[int, Part]:
        """Say which operation makes a tensor."""
        return {part.step.out: part for part in self.parts}

    @cached_property
    def head(self) -> Part | None:
        """Give the last operation that multiplies."""
        return next((part for part in reversed(self.parts) if part.step.op.loops), None)

    @cached_property
    def readers(self) -> dict[int, list[Part]]:
        """Say which operations read a tensor."""
        found: dict[int, list[Part]] = defaultdict(list)
        for part in self.parts:
            for read in dict.fromkeys(part.step.reads):
                found[read].append(part)
        return found

    def lines(self, names: Iterable[str]) -> dict[str, Asked]:
        """Find what lines stand for, by their names; those that name nothing are left out.

        A name stands for everything at or below that path that has no line of its own; one that only stands above others, for all
        of them. `block[0..3]` is four copies, `block` all of them.
        """
        wanted = {name: _copies(name.strip()) for name in names}
        claims: dict[str, list[str]] = defaultdict(list)
        for name, paths in wanted.items():
            for path in paths:
                claims[path].append(name)
        below: dict[str, list[Part]] = defaultdict(list)
        own: dict[str, list[Part]] = defaultdict(list)
        for part in self.parts:
            above = [name for path in _prefixes(part.row.path) for name in claims.get(path, ())]
            for i, name in enumerate(above):
                below[name].append(part)
                if i == 0:
                    own[name].append(part)
        found = {}
        for name in wanted:
            asked = self._line(name, own[name] if name in self.paths else below[name])
            if asked is not None:
                found[name] = asked
        return found

    def line(self, name: str) -> Asked | None:
        """Find what one line stands for."""
        if name not in self._known:
            self._known[name] = self.lines([name]).get(name)
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, Asked | None]:
        return {}

    def _line(self, name: str, parts: Sequence[Part]) -> Asked | None:
        if parts:
            return self._sum(name, parts)
        if name in self.run.header.inputs:
            return self._input(name)
        return self.total(name) if name.lower() in TOTALS else None

    @property
    def total_name(self) -> str:
        """What to call the line of the sums."""
        taken = {*self.paths, *self.run.header.inputs}
        return f"({TOTAL})" if TOTAL in taken else TOTAL

    def _sum(self, name: str, parts: Sequence[Part]) -> Asked:
        rows = [part.row for part in parts]
        first, last = rows[0], rows[-1]
        figures: dict[str, Figure] = {key: sum(getattr(row, key) for row in rows) for key in SUMS}
        figures |= {key: getattr(last, key) for key in ("output", *SIGHTS)}
        figures |= {"inputs": first.inputs, "live": max(row.live for row in rows), "in_out": max(row.in_out for row in rows)}
        unknown = frozenset(key for row in rows for key in row.incomplete)
        return Asked(
            name, tuple(parts), figures | self._shares(figures), unknown, channels_first=parts[-1].step.op.channels_first, view=self.view
        )

    def _shares(self, figures: Mapping[str, Figure]) -> dict[str, Figure]:
        """Give the shares of the sums, in percent."""
        found: dict[str, Figure] = {}
        for of in ("params", "macs"):
            part, whole = figures[of], getattr(self.totals, of)
            found[f"{of}_percent"] = Fraction(100 * part, whole) if isinstance(part, int) and whole else None
        return found

    def _input(self, name: str) -> Asked:
        """Give what is known of an input: it sees itself, and has nothing to learn."""
        ref = next(ref for ref in self.run.network.inputs if ref.path == name)
        size, axes = ref.tensor.size * self.run.settings.batch, len(spatial_axes(ref.tensor))
        figures: dict[str, Figure] = dict.fromkeys((*SUMS, "params_percent", "macs_percent"), 0)
        figures |= {"output": ref.tensor.shape, "inputs": (), "receptive_field_min": None, "effective_padding": (0,) * axes}
        figures |= {"receptive_field": (1,) * axes, "effective_stride": (1,) * axes, "activations": size}
        figures |= {"activations_bytes": size_in_bytes(size, self.run.settings.dtype.activations)}
        return Asked(name, (), figures, channels_first=ref.tensor.channels_first)

    def total(self, name: str = TOTAL) -> Asked:
        """Give the sums, and what comes out."""
        totals, last = self.totals, self.parts[-1]
        figures: dict[str, Figure] = {key: getattr(totals, key) for key in SUMS}
        figures |= {key: getattr(last.row, key) for key in SIGHTS}
        figures |= {"live": totals.peak_activation, "in_out": totals.peak_in_out, "output": next(iter(self.run.outputs().values()))}
        figures |= {"inputs": tuple(self.run.header.inputs.values()), **self.known}
        out = self.run.network.outputs[0].tensor
        unknown = frozenset({*totals.incomplete, *last.row.incomplete})
        return Asked(
            name, tuple(self.parts), figures | self._shares(figures), unknown, total=True, channels_first=out.channels_first, view=self.view
        )


def _copies(name: str) -> list[str]:
    """Write `block[0..2].conv` out.

    >>> _copies("block[0..2].conv")
    ['block[0].conv', 'block[1].conv', 'block[2].conv']
    """
    match = COPIES.fullmatch(name)
    if match is None:
        return [name]
    first, last = int(match["first"]), int(match["last"])
    return [f"{match['start']}[{i}]{match['rest']}" for i in range(first, min(last, first + 10_000) + 1)]


def _prefixes(path: str) -> list[str]:
    """List the lines that a row may be part of, the nearest first.

    >>> _prefixes("stage[0].conv_1")
    ['stage[0].conv_1', 'stage[0]', 'stage']
    """
    parts = visible(path).split(".")
    found = []
    for n in range(len(parts), 0, -1):
        above = ".".join(parts[:n])
        found.append(above)
        if above.endswith("]"):
            found.append(above[: above.rindex("[")])
    return found
