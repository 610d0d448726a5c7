"""What every command owes to every file: an exit code, soon, in little memory, with a place where the file is at fault.

The command line runs in this process, which is some hundred times as fast as a process for each file; `processes` samples real ones.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import settings

from archcalc.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["COMMANDS", "LONG", "MEGABYTES", "SECONDS", "Ran", "budget", "call", "command", "judge", "judged"]

#: What a file within the language's limits may take, of the processor's time and of memory.
SECONDS, MEGABYTES = 2, 300
#: How many times the usual number of examples are tried, then with random seeds: `ARCHCALC_FUZZ=100 pytest tests/fuzz`.
LONG = int(os.environ.get("ARCHCALC_FUZZ", "1"))
#: The ways in: `{}` is the file. A sheet of answers stands where `grade` reads one.
COMMANDS: dict[str, tuple[str, ...]] = {
    "summarize": ("summarize", "{}"),
    "every column": ("summarize", "{}", "--depth", "all", "--columns", "all", "--shares"),
    "totals": ("summarize", "{}", "--totals"),
    "charts": ("summarize", "{}", "--chart", "all"),
    "json": ("summarize", "{}", "--format", "json"),
    "csv": ("summarize", "{}", "--format", "csv"),
    "markdown": ("summarize", "{}", "--format", "markdown"),
    "latex": ("summarize", "{}", "--format", "latex"),
    "html": ("summarize", "{}", "--format", "html"),
    "check": ("check", "{}"),
    "check for GitHub": ("check", "{}", "--format", "github"),
    "check in SARIF": ("check", "{}", "--format", "sarif"),
    "compare": ("compare", "{}", "lenet5"),
    "compare others": ("compare", "vgg16", "{}", "--columns", "all", "--depth", "all"),
    "memory": ("memory", "{}", "--layout", "--order"),
    "train": ("train", "{}"),
    "train with checkpoints": ("train", "{}", "--checkpoint", "sqrt", "--optimizer", "adam8bit", "--flash"),
    "estimate": ("estimate", "{}", "--device", "a100-80-sxm", "--all"),
    "infer": ("infer", "{}"),
    "svg": ("export", "{}", "--to", "svg"),
    "dot": ("export", "{}", "--to", "dot", "--depth", "all"),
    "mermaid": ("export", "{}", "--to", "mermaid", "--depth", "2"),
    "explain": ("explain", "{}"),
    "explain in LaTeX": ("explain", "{}", "--format", "latex"),
    "worksheet": ("worksheet", "{}"),
    "grade": ("grade", "lenet5", "{}"),
    "grade oneself": ("grade", "{}", "{}"),
    "reconcile": ("reconcile", "{}"),
    "report": ("report", "{}", "--output", "-"),
    "device": ("estimate", "lenet5", "--device", "{}"),
    "baseline": ("check", "lenet5", "--baseline", "{}"),
}  # fmt: skip

#: Codes of what is wrong with the call, or with a file as a whole: 6xx, and files that can't be read.
_OF_THE_CALL = re.compile(r"E6\d\d|E112")
_PLACE = re.compile(r"^ *--> (?P<file>.*?):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_HEAD = re.compile(r"error\[(?P<code>E\d\d\d)\]: ")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a call."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float  #: of the processor's time
    megabytes: float  #: that the process grew by, beyond the most that it ever had


def command(name: str, path: Path) -> tuple[str, ...]:
    """Give the words of a command that reads a file."""
    return tuple(word.replace("{}", str(path)) for word in COMMANDS[name])


@contextlib.contextmanager
def _faults_are_raised() -> Iterator[None]:
    before = os.environ.get("ARCHCALC_DEBUG")
    os.environ["ARCHCALC_DEBUG"] = "1"
    try:
        yield
    finally:
        os.environ.pop("ARCHCALC_DEBUG") if before is None else os.environ.update(ARCHCALC_DEBUG=before)


def call(*args: str, given: bytes = b"") -> Ran:
    """Run the command line in this process; a fault of the program is raised as it is."""
    made, said = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", newline="") for stream in (made, said))
    usual = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    most, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _faults_are_raised():
            code = main(args)
    finally:
        sys.stdin = usual
    seconds, grown = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most
    out.flush()
    err.flush()
    return Ran(args, code, made.getvalue().decode(), said.getvalue().decode(), seconds, grown / 1024)


def judge(ran: Ran, holds: bytes, path: Path) -> None:
    """Check a call against what it owes."""
    assert ran.code in {0, 1, 2}, ran
    assert ran.seconds < SECONDS * (1 + len(ran.out) / 10**6), f"{ran.seconds:.1f} s: {ran.args}"
    assert ran.megabytes < MEGABYTES - 100, f"{ran.megabytes:.0f} MB more: {ran.args}"
    for said in (ran.out, ran.err):
        assert (bad := {c for c in said if not c.isprintable() and c != "\n"}) == set(), (ran.args, bad)
    if ran.code == 2 and ran.args[0] != "check":
        _placed(ran.err, holds, path)


def _placed(said: str, holds: bytes, path: Path) -> None:
    """Check that what is wrong with a file is said with a place in it."""
    head = _HEAD.search(said)
    assert head is not None, said[:500]
    if _OF_THE_CALL.match(head["code"]):
        return
    found = _PLACE.search(said, head.start())
    assert found is not None, f"no place: {said[:500]}"
    if found["file"] == str(path):
        lines = holds.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n")
        line, column = int(found["line"]), int(found["column"])
        assert 1 <= line <= len(lines), said[:500]
        assert 1 <= column <= len(lines[line - 1]) + 1, said[:500]


def judged(name: str, holds: bytes, path: Path) -> Ran:
    """Run a command on a file with these bytes, and check it."""
    path.write_bytes(holds)
    ran = call(*command(name, path))
    judge(ran, holds, path)
    return ran


def budget(examples: int) -> settings:
    """Say how many examples are tried."""
    return settings(max_examples=examples * LONG, derandomize=LONG == 1)
