"""Figures of another day, to compare those of today with."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc import zoo
from archcalc.check import GROWING, file_of
from archcalc.expectations import Outcome
from archcalc.record import Record
from archcalc.spec import expect
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from archcalc.check import Checked, Figures
    from archcalc.spec.document import Place

__all__ = ["Baseline"]

#: Name and version of the format.
FORMAT = "archcalc.baseline/1"


class Baseline(Record):
    """Figures of another day, and how much in percent they may have grown since.

    A network of a file is found by the way from the baseline to the file, so that it does not matter where the command is run.
    """

    path: Path
    networks: Mapping[str, Figures]
    percent: Fraction = Fraction()

    @classmethod
    def read(cls, path: Path, percent: Fraction) -> Baseline:
        """Read a file that `write` made. Raises `SpecError`, and `OSError` where it can't be read."""
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            fail("E605", f"there is no baseline `{path}`", help="record one with `--record`")
        except (ValueError, RecursionError):
            data = None
        match data:
            case {"format": str(kind), "networks": dict(networks)} if kind == FORMAT and all(map(_are_figures, networks.values())):
                return cls(path, networks, percent)
            case {"format": str(kind)} if kind != FORMAT and kind.startswith("archcalc.baseline/"):
                fail("E605", f"`{path}` is of format {kind[:40]}; this archcalc reads {FORMAT}", help="record it anew with `--record`")
        return fail("E605", f"`{path}` is no baseline", help="record one with `--record`")

    def write(self, every: Sequence[Checked], out: TextIO) -> None:
        """Record figures."""
        networks = {self.key(one): dict(one.figures) for one in every if one.figures is not None}
        json.dump({"format": FORMAT, "networks": dict(sorted(networks.items()))}, out, indent=1)
        out.write("\n")

    def key(self, one: Checked) -> str:
        """Name a network as the file does."""
        if one.shipped or file_of(one.name) == "-":
            return one.name
        return self._way(one.source) + (f"#{one.variant}" if one.variant else "")

    def _way(self, file: str) -> str:
        try:
            return Path(os.path.relpath(file, self.path.absolute().parent)).as_posix()
        except ValueError:  # another drive
            return Path(file).absolute().as_posix()

    def compare(self, one: Checked) -> Checked:
        """Compare a network's figures with those recorded, if any are."""
        before = self.networks.get(self.key(one), {})
        if one.figures is None or one.place is None:
            return one
        more = [self._outcome(key, was, one.figures[key], one.place) for key, was in before.items() if was is not None]
        return replace(one, outcomes=(*one.outcomes, *more))

    def _outcome(self, key: str, was: int, got: int | None, place: Place) -> Outcome:
        most = f"<= {was:,}{f' + {float(self.percent):g} %' if self.percent else ''} (baseline)"
        limit = expect.Expectation(key, most, high=floor(was * (100 + self.percent) / 100), bytes=key.endswith("_bytes"), aim=was)
        said = limit.miss(got) if got is not None else f"{key}: expected {most}, but it is not known now"
        held = got is not None and limit.holds(got)
        return Outcome(key, "", most, got, held, limit.percent(got), place.problem("E702", said))

    def new(self, every: Iterable[Checked]) -> list[str]:
        """List the networks that it has nothing to say of."""
        return [one.name for one in every if one.figures is not None and self.key(one) not in self.networks]

    def gone(self, every: Sequence[Checked]) -> list[str]:
        """List what it holds of networks that are no longer there: of files that were checked, or that don't exist."""
        here = {self.key(one) for one in every}
        whole = {self.key(one) for one in every if one.variant is None and not one.errors}
        return [name for name in self.networks if name not in here and (file_of(name) in whole or not self._exists(name))]

    def _exists(self, name: str) -> bool:
        near = self.path.absolute().parent
        return file_of(name) == "-" or any((near / one).exists() for one in (name, file_of(name))) or zoo.resolve(name) is not None


def _are_figures(value: object) -> bool:
    """Tell whether a value is what `write` writes of a network."""
    return isinstance(value, dict) and all(key in GROWING and (n is None or (type(n) is int and n >= 0)) for key, n in value.items())
