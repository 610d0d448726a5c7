"""Warm calls from Python, against reading their own results as JSON: `python -m benchmarks.calls SPEC JOB ROUNDS SECONDS`."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from itertools import count
from pathlib import Path

from benchmarks.measure import Case, Effort, Found, answer, asked, interleaved, timed
from benchmarks.rows import repeated

#: A network that is no file: so many rows of one block.
REPEATED = 10_000
SUMMARY, AGAIN, READ = "summary of another batch", "the same summary again", "read and summary"
AGAINST = "json.loads of its JSON"


def cases() -> list[Case]:
    networks = [
        ("LeNet-5", "lenet5", ""),
        ("ResNet-152", "resnet152", "at most 4 ×, 8 µs a row"),
        ("LLaMA-2 70B", "llama2_70b", ""),
        (f"{REPEATED:,} layers by repeats", "repeated", "at most 2 µs a row"),
    ]
    return [
        Case("Warm calls", f"{name}, {job}", AGAINST, asked("benchmarks.calls", spec, job), aim if job == SUMMARY else "")
        for name, spec, aim in networks
        for job in (SUMMARY, AGAIN, READ)
    ]


def calls(name: str, job: str, effort: Effort) -> Found:
    """Measure a call."""
    from archcalc import load
    from archcalc.cli import main

    with redirect_stdout(StringIO()) as out:
        main(["summarize", name, "--format", "json"])
    text, spec, batches = out.getvalue(), load(name), count(2)
    jobs = {SUMMARY: lambda: spec.summary(batch=next(batches)), AGAIN: spec.summary, READ: lambda: load(name).summary()}
    ours = timed(jobs[job])
    return Found(interleaved(ours, timed(lambda: json.loads(text)), effort), len(spec.summary().layers))


if __name__ == "__main__":
    name, job, rounds, seconds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if name == "repeated":
            path = Path(folder, "net.yaml")
            path.write_text(repeated(REPEATED), encoding="utf-8")
            name = str(path)
        answer(calls(name, job, Effort(int(rounds), float(seconds))))
