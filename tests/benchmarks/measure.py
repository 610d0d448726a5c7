"""What is measured, and how: a thing and its baseline in turn, so that both meet the machine in the same moods."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent
SPAWN = TESTS / "benchmarks" / "spawn.py"
#: A call is repeated until it takes so many seconds: clocks tick in steps.
LEAST = 0.02
#: Bytes of what the system counts memory in.
UNIT = 1 if sys.platform == "darwin" else 1024


class Sample(NamedTuple):
    """What one run took."""

    wall: float  #: seconds
    cpu: float  #: seconds of the processor, in the program and in the system for it
    peak: int = 0  #: bytes of memory at most; of processes


Pair = tuple[Sample, Sample]


class Effort(NamedTuple):
    """How often a case is measured: no further round starts when the seconds are over."""

    rounds: int
    seconds: float


class Found(NamedTuple):
    """What was found: rounds of the thing and its baseline."""

    pairs: list[Pair]
    rows: int = 0  #: layers worked out in each run, where that is what counts
    start: float = 0  #: seconds of the processor that are none of a row's
    remark: str = ""

    def took(self, what: str) -> tuple[float, float]:
        """Give the least and the median of `wall` or `cpu`, in seconds."""
        ours = [getattr(mine, what) for mine, _ in self.pairs]
        return min(ours), median(ours)

    def ratios(self, what: str) -> tuple[float, float]:
        """Give the ratio of the least, and the median of the ratios round by round."""
        ours, base = ([getattr(pair[side], what) for pair in self.pairs] for side in (0, 1))
        return min(ours) / min(base), median([a / b for a, b in zip(ours, base, strict=True)])

    def a_row(self) -> tuple[float, float]:
        """Give the least and the median of processor seconds that each row takes."""
        least, middle = self.took("cpu")
        return (least - self.start) / self.rows, (middle - self.start) / self.rows

    @property
    def peak(self) -> int:
        """The most memory of any round, in bytes."""
        return max(mine.peak for mine, _ in self.pairs)


class Case(NamedTuple):
    """One thing to measure."""

    part: str
    name: str
    against: str  #: the baseline
    find: Callable[[Effort], Found]
    aim: str = ""


class Figure(NamedTuple):
    """A case with what was found."""

    case: Case
    found: Found


def interleaved(ours: Callable[[], Sample], base: Callable[[], Sample], effort: Effort) -> list[Pair]:
    """Run both in turn."""
    pairs: list[Pair] = []
    end = perf_counter() + effort.seconds
    while not pairs or (len(pairs) < effort.rounds and perf_counter() < end):
        pairs.append((ours(), base()))
    return pairs


def environment() -> dict[str, str]:
    """Give the environment of what is measured: this checkout first, and compiled modules kept."""
    path = os.pathsep.join(filter(None, (str(ROOT), str(TESTS), os.environ.get("PYTHONPATH"))))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def process(*module: str, output: str = os.devnull) -> Sample:
    """Run a module as a process of this Python."""
    wall, cpu, peak = json.loads(_run("-I", "-S", str(SPAWN), output, sys.executable, "-W", "ignore", "-m", *module))
    return Sample(wall, cpu, peak * UNIT)


def _run(*args: str) -> str:
    """Run this Python, and give what it prints."""
    done = subprocess.run([sys.executable, *args], env=environment(), capture_output=True, check=False, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"`python {' '.join(args)}` ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def processes(ours: tuple[str, ...], base: tuple[str, ...]) -> Callable[[Effort], Found]:
    """Measure two modules as processes, after a run of each that compiles what they import."""

    def find(effort: Effort) -> Found:
        process(*ours)
        process(*base)
        return Found(interleaved(lambda: process(*ours), lambda: process(*base), effort))

    return find


def timed(call: Callable[[], object]) -> Callable[[], Sample]:
    """Measure a call in this process, after one that warms it up; as often as clocks need."""
    call()
    began = perf_counter()
    call()
    times = ceil(LEAST / (perf_counter() - began))

    def sample() -> Sample:
        wall, cpu = perf_counter(), process_time()
        for _ in range(times):
            call()
        return Sample((perf_counter() - wall) / times, (process_time() - cpu) / times)

    return sample


def answer(found: Found) -> None:
    """Say what was found, for `asked` in another process."""
    sys.stdout.write(json.dumps(found))


def asked(*module: str) -> Callable[[Effort], Found]:
    """Measure calls in a process of their own, which answers what it found."""

    def find(effort: Effort) -> Found:
        pairs, *rest = json.loads(_run("-W", "ignore", "-m", *module, str(effort.rounds), str(effort.seconds)))
        return Found([(Sample(*ours), Sample(*base)) for ours, base in pairs], *rest)

    return find
