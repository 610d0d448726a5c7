"""Cold starts: whole processes, against the least program of the same libraries."""

from __future__ import annotations

from benchmarks.measure import ROOT, Case, processes

LEAST = ("benchmarks.least",)
SPECS = ROOT / "specs"


def cases() -> list[Case]:
    files = len(list(SPECS.glob("*.yaml")))
    named: list[tuple[str, tuple[str, ...]]] = [
        ("summarize specs/vgg16.yaml", ("summarize", str(SPECS / "vgg16.yaml"))),
        (f"check specs, {files} files", ("check", str(SPECS))),
        ("--help", ("--help",)),
        ("--version", ("--version",)),
        ("summarize --help", ("summarize", "--help")),
    ]
    return [Case("Cold start", name, "the least program", processes(("archcalc", *args), LEAST)) for name, args in named]
