"""Very long networks, streamed as CSV: written out, by a `for` whose layers all differ, and by repeats of one block."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Case, Found, interleaved, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Effort, Sample

#: Rows of a block, as `repeated` writes it.
BLOCK = 10
#: What growth is measured from.
FROM = 10_000
#: A file holds 1 MiB at most, which is some 24,000 layers like these.
MOST_WRITTEN = 10_000


def written(rows: int) -> str:
    """Write each layer down; no two are alike."""
    layers = (f"  - conv: {{out: {8 + i}, kernel: {1 + 2 * (i % 3)}, padding: {i % 3}}}\n" for i in range(rows))
    return f"input: {{image: [3, 32, 32]}}\nlayers:\n{''.join(layers)}"


def varied(rows: int) -> str:
    """Let a loop write the same layers."""
    return f"""\
input: {{image: [3, 32, 32]}}
layers:
  - for: {{step: {rows}}}
    layers: [conv: {{out: 8 + step, kernel: 1 + 2 * (step % 3), padding: step % 3}}]
"""


def repeated(rows: int) -> str:
    """Repeat a block of `BLOCK` rows, which meets the same shapes each time."""
    return f"""\
input: {{image: [64, 32, 32]}}
layers:
  - repeat: {rows // BLOCK}
    layers:
      - residual:
          - conv: {{out: 16, kernel: 1, norm: batch, act: relu}}
          - conv: {{out: 16, kernel: 3, padding: 1, norm: batch, act: relu}}
          - conv: {{out: 64, kernel: 1, norm: batch}}
      - relu
"""


#: How a network is written, what that is called, and the most rows of it.
FORMS: tuple[tuple[str, Callable[[int], str], int], ...] = (
    ("written out", written, MOST_WRITTEN),
    ("by a loop", varied, 1_000_000),
    ("by repeats", repeated, 1_000_000),
)


def cases(most: int) -> list[Case]:
    found = []
    for name, text, limit in FORMS:
        series = Series(text)
        for power in range(3, 7):
            rows = 10**power
            if rows <= min(most, limit):
                aim = "at most 150 MB" if rows == 1_000_000 else ""
                found.append(Case("Rows", f"{rows:,} layers {name}", "copying that CSV", series.finder(rows), aim))
    return found


class Series:
    """Networks of one form, one longer than the other."""

    def __init__(self, text: Callable[[int], str]) -> None:
        self.text = text
        self.found: dict[int, Found] = {}
        self.start = cache(self._start)

    def _start(self, rounds: int) -> float:
        """Measure what it takes before any row counts."""
        with tempfile.TemporaryDirectory() as folder:
            return min(self._streamed(BLOCK, Path(folder)).cpu for _ in range(rounds))

    def _streamed(self, rows: int, folder: Path) -> Sample:
        spec = folder / "net.yaml"
        if not spec.exists():
            spec.write_text(self.text(rows), encoding="utf-8")
        limit = str(2 * rows)  # of rows, and of the steps that make them
        return process("archcalc", "summarize", str(spec), "--format", "csv", "--max-layers", limit, output=str(folder / "net.csv"))

    def finder(self, rows: int) -> Callable[[Effort], Found]:
        def find(effort: Effort) -> Found:
            start = self.start(effort.rounds)
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                copy = ("benchmarks.copied", str(folder / "net.csv"))
                pairs = interleaved(lambda: self._streamed(rows, folder), lambda: process(*copy, output=str(folder / "copy.csv")), effort)
            found = self.found[rows] = Found(pairs, rows, start)
            return found._replace(remark=self._grown(rows))

        return find

    def _grown(self, rows: int) -> str:
        """Say how a row's time and the memory have grown since there were fewer rows."""
        few, many = self.found.get(FROM), self.found[rows]
        if few is None or rows <= FROM:
            return ""
        return f"{many.a_row()[0] / few.a_row()[0]:.2f} × a row, {many.peak / few.peak:.2f} × memory"
