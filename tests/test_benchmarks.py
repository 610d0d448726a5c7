"""Benchmarks run and say what they measure; how long anything takes is no test."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from benchmarks import peers, rows
from benchmarks.cli import cases, measured
from benchmarks.measure import Case, Effort, Found, Sample
from helpers import ROOT, calculate
from test_readme import README, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHEAP = {
    "--version": "Cold start",
    "LeNet-5, the same summary again": "Warm calls",
    "1,000 layers by repeats": "Rows",
}


def test_a_round_of_each_part(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    pattern = ": --version|LeNet-5, the same|1,000 layers by repeats"
    options = ("--rounds", "1", "--only", pattern, "--format", "markdown", "--json", str(file))
    done = subprocess.run(
        [sys.executable, "tests/benchmarks", *options], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )  # fmt: skip
    data = json.loads(file.read_text(encoding="utf-8"))
    assert {one["name"]: one["part"] for one in data["figures"]} == CHEAP
    for one in data["figures"]:
        assert one["rounds"] == len(one["samples"]) == 1
        assert all(sample["wall"] > 0 and sample["cpu"] > 0 for pair in one["samples"] for sample in pair)
        assert f"| {one['name']} " in done.stdout.replace("\\", "")
    assert data["machine"] in done.stdout


def test_the_readme_has_the_figure_of_each_quick_case() -> None:
    section = written(README.read_text(encoding="utf-8"), "figures")[1].replace("\\", "")
    assert [case.name for case in cases(quick=True) if f"| {case.name} " not in section] == []


@pytest.mark.parametrize("text", [form for _, form, _ in rows.FORMS])
def test_long_networks_are_as_long_as_they_say(text: Callable[[int], str]) -> None:
    assert len(calculate(text(30)).layers) == 30


def test_a_loop_makes_the_layers_that_are_written_out() -> None:
    one, other = (
        [(row.output, row.params, row.receptive_field) for row in calculate(text(12)).layers] for text in (rows.written, rows.varied)
    )
    assert one == other
    assert len(set(one)) == 12


def test_figures_are_of_the_least_and_of_the_median() -> None:
    found = Found([(Sample(6, 4), Sample(2, 2)), (Sample(9, 8, 70), Sample(1, 1)), (Sample(8, 5, 50), Sample(2, 2))], rows=10, start=1)
    assert found.took("cpu") == (4, 5)
    assert found.ratios("wall") == (6, 4)
    assert found.ratios("cpu") == (4, 2.5)
    assert found.a_row() == (0.3, 0.4)
    assert found.peak == 70


@pytest.mark.parametrize(
    ("error", "kept", "says"),
    [
        (RuntimeError("no such module"), ["first", "third"], "part: second: no such module"),
        (KeyboardInterrupt(), ["first"], "interrupted, 2 of 3 are missing"),
    ],
)
def test_figures_outlive_what_goes_wrong_after_them(
    error: BaseException, kept: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fine(effort: Effort) -> Found:
        return Found([(Sample(effort.seconds, 1), Sample(1, 1))])

    def wrong(_: Effort) -> Found:
        raise error

    chosen = [Case("part", name, "nothing", wrong if name == "second" else fine) for name in ("first", "second", "third")]
    assert [figure.case.name for figure in measured(chosen, Effort(1, 1))] == kept
    assert says in capsys.readouterr().err


def test_what_tools_answer_is_compared() -> None:
    ours = peers.Counts(25_557_032, 4_111_512_576)
    assert peers.agreement(ours, ours) == "same params and MACs"
    assert peers.agreement(ours._replace(params=1), ours) == "params 1, not 25,557,032"
