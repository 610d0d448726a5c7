"""The figures as a page: a table for each part, which machine it was, and what was not there."""

from __future__ import annotations

import json
import os
import platform
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc import __version__
from archcalc.report import renderer
from archcalc.report.columns import NOTHING, Column
from archcalc.report.json_ import record
from archcalc.report.numbers import brief, quantity
from benchmarks import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from benchmarks.measure import Figure

LIBRARIES = ("typer", "rich", "pyyaml", "pydantic", *peers.FRAMEWORK, *peers.TOOLS)
CPUINFO = Path("/proc/cpuinfo")
LEGEND = "Least / median of the rounds; × is the ratio to the baseline, of the least and the median round by round; CPU is processor time."


def machine() -> str:
    """Say in words what this ran on."""
    text = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    processor = models[0] if models else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {', '.join(_versions())}"


def _versions() -> list[str]:
    found = [f"archcalc {__version__}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def _seconds(value: tuple[float, float]) -> str:
    return " / ".join(quantity(Fraction(f"{seconds:.3g}"), "s") for seconds in value)


def _times(value: tuple[float, float]) -> str:
    return " / ".join(brief(Fraction(f"{ratio:.3g}")) for ratio in value)


def _text(name: str, title: str, value: Callable[[Figure], str], rank: int) -> Column[Figure]:
    return Column(name=name, title=title, value=value, shown=lambda it: value(it) or NOTHING, rank=rank, right=False, least=12)


def _pair(
    name: str, title: str, value: Callable[[Figure], tuple[float, float] | None], shown: Callable[[tuple[float, float]], str], rank: int
) -> Column[Figure]:  # fmt: skip
    def written(it: Figure) -> str:
        found = value(it)
        return NOTHING if found is None else shown(found)

    return Column(name=name, title=title, value=value, shown=written, rank=rank)


COLUMNS: tuple[Column[Figure], ...] = (
    _text("name", "What", lambda it: it.case.name, 0),
    _text("against", "Baseline", lambda it: it.case.against, 5),
    Column(name="rounds", title="Rounds", value=lambda it: len(it.found.pairs), shown=lambda it: str(len(it.found.pairs)), rank=9),
    _pair("cpu", "CPU", lambda it: it.found.took("cpu"), _seconds, 2),
    _pair("cpu_ratio", "× CPU", lambda it: it.found.ratios("cpu"), _times, 1),
    _pair("wall", "Wall", lambda it: it.found.took("wall"), _seconds, 7),
    _pair("wall_ratio", "× wall", lambda it: it.found.ratios("wall"), _times, 6),
    _pair("row", "A row", lambda it: it.found.a_row() if it.found.rows else None, _seconds, 3),
    Column(
        name="peak", title="Memory", value=lambda it: it.found.peak,
        shown=lambda it: quantity(Fraction(f"{it.found.peak:.3g}"), "B") if it.found.peak else NOTHING, rank=4,
    ),
    _text("aim", "Aim", lambda it: it.case.aim, 8),
    _text("remark", "Remark", lambda it: it.found.remark, 3),
)  # fmt: skip


def _used(figures: Sequence[Figure]) -> list[Column[Figure]]:
    """Leave out columns that say nothing in a part."""
    return [column for column in COLUMNS if any(column.shown(figure) != NOTHING for figure in figures)]


def write(figures: Sequence[Figure], form: str, out: TextIO) -> None:
    """Write all parts."""
    heading = "### " if form == "markdown" else ""
    for part, found in groupby(figures, key=lambda it: it.case.part):
        several = list(found)
        out.write(f"{heading}{part}\n\n")
        renderer(form).records(_used(several), several, out)
        out.write("\n")
    missing = peers.absent()
    if missing:
        out.write(f"Not installed, and not compared: {', '.join(missing)}; `pip install '.[bench]'` brings them.\n\n")
    out.write(f"{LEGEND}\n\nMeasured on: {machine()}.\n")


def data(figures: Sequence[Figure]) -> str:
    """Write everything as JSON, each round too."""
    found: list[dict[str, Any]] = [
        {"part": it.case.part, **record(COLUMNS, it), "samples": [[mine._asdict(), base._asdict()] for mine, base in it.found.pairs]}
        for it in figures
    ]
    return json.dumps({"machine": machine(), "figures": found}, indent=1)
