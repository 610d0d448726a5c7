"""What a command does not need, it does not import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archcalc.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PROBE = """
import contextlib, io, json, sys
from archcalc.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]))
"""


def modules(*args: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", PROBE, *args], cwd=ROOT, capture_output=True, check=True, text=True)
    code, found = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    return set(found)


#: Never needed by any command here: frameworks, and what only looks useful.
HEAVY = {
    "numpy",
    "torch",
    "jsonschema",
    "asyncio",
    "http.client",
    "ssl",
    "sqlite3",
    "pygments",
    "rich.markdown",
    "rich.progress",
    "hypothesis",
}


@pytest.mark.parametrize(
    ("args", "absent"),
    [
        (("--version",), {"pydantic", "yaml", "rich", "archcalc.api", "archcalc.algebra", "archcalc.cli.summarize"}),
        (("--help",), {"pydantic", "yaml", "rich", "archcalc.api", "archcalc.algebra"}),
        (("summarize", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.cli.check"}),
        (("train", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.training"}),
        (("summarize", "specs/vgg16.yaml"), {"archcalc.layers.norm", "archcalc.layers.resize", "archcalc.layers.squeeze_excite"}),
        (("summarize", "specs/vgg16.yaml", "--format", "json"), {"rich", "archcalc.report.table"}),
        (("summarize", "specs/vgg16.yaml", "--format", "csv"), {"rich", "archcalc.report.table"}),
        (("memory", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.memory"}),
        (("memory", "lenet5", "--format", "json"), {"rich", "archcalc.report.table", "archcalc.memory.patches"}),
        (("zoo", "--names"), {"archcalc.trace", "archcalc.layers", "rich"}),
        (("report", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.report.page", "archcalc.drawing.folding"}),
        (("estimate", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.performance"}),
        (("infer", "--help"), {"yaml", "rich", "archcalc.api", "archcalc.performance"}),
        (("estimate", "specs/lenet5.yaml", "--device", "t4", "--format", "json"), {"rich", "archcalc.report.table"}),
        (("infer", "specs/gpt2.yaml", "--device", "t4", "--format", "json"), {"rich", "archcalc.report.table"}),
        (("devices", "--format", "json"), {"archcalc.trace", "archcalc.layers", "archcalc.api", "rich"}),
    ],
)
def test_nothing_heavy_is_imported(args: tuple[str, ...], absent: set[str]) -> None:
    assert modules(*args) & (absent | HEAVY) == set()


def test_a_command_imports_no_other() -> None:
    commands = {name for name in modules("summarize", "specs/vgg16.yaml") if name.removeprefix("archcalc.cli.") in COMMANDS}
    assert commands == {"archcalc.cli.summarize"}


def test_a_spec_imports_its_own_families_only() -> None:
    families = {name for name in modules("summarize", "specs/vgg16.yaml") if name.startswith("archcalc.layers.")}
    needed = {"conv", "pool", "dense", "activation", "shape", "noise"}
    shared = {"_index", "base", "fields", "spatial"}
    assert {name.rpartition(".")[2] for name in families} <= needed | shared
