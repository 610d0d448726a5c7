"""What was found: every file of the corpus, by several commands. A new file is a new test."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from garbled import CORPUS
from helpers import ROOT
from oracle import COMMANDS, MEGABYTES, SECONDS, command, judged

from archcalc import cli

if TYPE_CHECKING:
    from pathlib import Path

FILES = sorted(CORPUS.iterdir())
#: Commands that every file is read by here; the fuzzers try all of them.
ALWAYS = ("summarize", "every column", "memory", "train", "estimate", "dot", "explain", "grade", "reconcile")


def test_there_is_a_corpus() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_found(path: Path, tmp_path: Path) -> None:
    for name in ALWAYS:
        judged(name, path.read_bytes(), tmp_path / "net.yaml")


SAMPLE = ("recurrent-layers-beyond-counting.yaml", "upsampled-beyond-floats.yaml", "doubling-blocks.yaml", "names-of-all-kinds.yaml")


@pytest.mark.parametrize("name", SAMPLE)
@pytest.mark.parametrize("what", ["summarize", "report"])
def test_processes_keep_to_their_bounds(name: str, what: str, tmp_path: Path) -> None:
    """Measure a process of its own: its exit code, its time and its memory."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    args = [sys.executable, "-m", "archcalc", *command(what, CORPUS / name)]
    with (tmp_path / "said").open("wb") as said, subprocess.Popen(args, stdout=said, stderr=said, env=env) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in {0, 1, 2}, (tmp_path / "said").read_text()
    assert used.ru_utime + used.ru_stime < SECONDS + 1, "start-up takes a part of it, and machines are busy"
    assert used.ru_maxrss / 1024 < MEGABYTES
    assert "Traceback" not in (tmp_path / "said").read_text()


def test_commands_are_all_ways_in() -> None:
    assert {words[0] for words in COMMANDS.values()} == {*cli.COMMANDS} - {"devices", "formulas", "schema", "zoo"}, (
        "a command that reads a file"
    )
