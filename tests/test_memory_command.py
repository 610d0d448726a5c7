"""`archcalc memory` as a process: what people read, what programs read, and what is said where something is wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import helpers
import pytest

from archcalc.report.pages import FORMATS

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parent.parent
PATCHES = ("--patches", "3x2", "--until", "max_pool_1")
LENET5 = """\
LeNet-5  specs/lenet5.yaml
image 1×32×32 · batch 1 · fp32 · inputs freed after their last reader · elementwise layers write
  over their input

weights               246,824 B  241.04 KiB  beside all that follows
all feature maps       36,472 B   35.62 KiB
in + out               23,520 B   22.97 KiB  no order needs less  ▸ avg_pool_1
best order             23,520 B   22.97 KiB  the listed one
liveness               23,520 B   22.97 KiB  in the listed order  ▸ avg_pool_1
  additions in place   23,520 B   22.97 KiB  over an input, too
  depthwise in place   23,520 B   22.97 KiB  channel by channel, too
MCUNet's rule          22,912 B   22.38 KiB  products, and what residuals keep
arena                  23,520 B   22.97 KiB  0.00 % above liveness

Alive at the peak, while avg_pool_1 runs
Tensor      What         Bytes             From  To
───────────────────────────────────────────────────
conv_1      activation  18,816  18.38 KiB     1   3
avg_pool_1  activation   4,704  4.59 KiB      3   4

weights are read from where they are stored; code, stacks and buffers of kernels are not in these
  figures
"""


def archcalc(*args: str, text: str = "", columns: int = 100) -> subprocess.CompletedProcess[str]:
    return helpers.archcalc("memory", *args, text=text, COLUMNS=str(columns))


def test_what_people_read() -> None:
    ran = archcalc("lenet5")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == LENET5


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_no_line_is_longer_than_the_terminal(name: str, columns: int) -> None:
    until = PATCHES if name == "resnet18" else ("--patches", "4", "--until", "stage[2].InvertedResidual_1[0]")
    ran = archcalc(name, "--layout", "--order", *until, columns=columns)
    assert ran.returncode == 0, ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= columns
    assert "Where each tensor lies" in ran.stdout


def test_the_map_as_rows() -> None:
    ran = archcalc("resnet18", "--format", "csv", "--align", "64")
    rows = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert list(rows[0]) == ["path", "what", "offset", "bytes", "end", "first", "last"]
    assert rows[0] | {"offset": ""} == {
        "path": "image", "what": "input", "offset": "", "bytes": str(4 * 3 * 224**2), "end": rows[0]["end"], "first": "0", "last": "1",
    }  # fmt: skip
    assert all(int(row["offset"]) % 64 == 0 and int(row["end"]) == int(row["offset"]) + int(row["bytes"]) for row in rows)
    found = json.loads(archcalc("resnet18", "--format", "json", "--align", "64").stdout)
    assert max(int(row["end"]) for row in rows) == found["figures"]["arena"]
    assert [{key: str(value) for key, value in row.items()} for row in found["layout"]] == rows


def test_what_programs_read() -> None:
    found = json.loads(archcalc("resnet18", "--format", "json", *PATCHES, "--inputs", "kept", "--indices", "--in-place", "add").stdout)
    assert found["format"] == "archcalc.memory/1"
    assert list(found) == [
        "format", "model", "variant", "source", "batch", "convention", "dtype", "inputs", "rules", "proven", "figures", "figures_at",
        "patches", "patches_at", "alive", "layout", "order", "notes",
    ]  # fmt: skip
    assert found["rules"] == {"inputs": "kept", "indices": True, "in_place": "add", "align": 16}
    assert list(found["figures"]) == [
        "weights", "total", "in_out", "best", "liveness", "liveness_elementwise", "liveness_depthwise", "mcunet", "arena",
    ]  # fmt: skip
    assert list(found["patches"]) == ["peak", "stage", "rest", "tile", "macs", "recomputed"]
    assert list(found["alive"][0]) == ["path", "what", "bytes", "first", "last"]
    assert sum(row["bytes"] for row in found["alive"]) == found["figures"]["liveness"]
    assert (found["proven"], found["order"]) == (True, [])


def test_the_best_order() -> None:
    ran = archcalc("-", "--order", "--dtype", "int8", text=helpers.CROSSED)
    assert ran.returncode == 0, ran.stderr
    assert "The best order\n" in ran.stdout
    shown = ran.stdout[ran.stdout.index("The best order\n") :]
    assert shown.index("op4") < shown.index("op2")
    assert "--order shows it" in ran.stdout
    found = json.loads(archcalc("-", "--format", "json", "--dtype", "int8", text=helpers.CROSSED).stdout)
    assert (found["figures"]["liveness"], found["figures"]["best"]) == (5216, 4960)
    assert sorted(step["path"] for step in found["order"]) == [f"op{i}" for i in range(1, 8)]
    ran = archcalc("-", "--search", "0", "--order", text=helpers.CROSSED)
    assert "not proven" in ran.stdout
    assert "The best order" not in ran.stdout


def test_as_markdown() -> None:
    ran = archcalc("resnet18", "--format", "markdown", "--layout", *PATCHES)
    assert ran.stdout.startswith("## ResNet (resnet18)\n\nspecs/resnet.yaml")
    assert "- in + out: **4,014,080 B**" in ran.stdout
    assert "\n### In patches\n" in ran.stdout
    tables = [line for line in ran.stdout.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables if "Offset" in line}) == 1
    assert ran.stdout.splitlines()[-1].startswith("- weights are read from where they are stored")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("lenet5", "--layuot"), "--layout"),
        (("lenet5", "--ordre"), "--order"),
        (("lenet5", "--indicess"), "--indices"),
        (("lenet5", "--inputs", "feed"), "did you mean `freed`?"),
        (("lenet5", "--inputs", "nowhere-near"), "takes freed, kept, elsewhere"),
        (("lenet5", "--in-place", "ad"), "did you mean `add`?"),
        (("lenet5", "--patches", "4"), "--patches and --until go together"),
        (("lenet5", "--until", "conv_1"), "--patches and --until go together"),
        (("lenet5", "--patches", "4y2", "--until", "conv_1"), "--patches 4x2"),
        (("lenet5", "--patches", "2", "--until", "convv_1"), "did you mean `conv_1`?"),
        (("lenet5", "--patches", "2", "--until", "classifier"), "error[E640]: patches up to `classifier`"),
        (("lenet5", "--align", "0"), "--align"),
        (("lenet5", "--search", "-1"), "--search"),
        (("lenet5", "--format", "jsno"), "did you mean `json`?"),
        (("lenet6",), "did you mean `lenet5`?"),
    ],
)
def test_what_is_wrong(args: tuple[str, ...], says: str) -> None:
    ran = archcalc(*args, columns=200)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_what_is_wrong_in_a_spec() -> None:
    ran = archcalc("-", text="input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 99}\n")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ":3:" in ran.stderr
    assert "99" in ran.stderr


@pytest.mark.parametrize("form", FORMATS)
def test_files(form: str, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    assert archcalc("lenet5", "--format", form, "--output", str(path)).stdout == ""
    assert "avg_pool_1" in path.read_text(encoding="utf-8").replace("\\", "")
