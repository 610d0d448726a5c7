"""The command line, tried as people use it: as a process, at a terminal, in a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import archcalc

from archcalc import api
from archcalc.cli import INTERNAL, main

ROOT = Path(__file__).parent.parent
VGG16 = "specs/vgg16.yaml"
NET = """\
name: Tiny
input: {image: [3, 32, 32]}
layers:
  - conv: {out: 6, kernel: 5, act: relu}
  - max_pool: 2
  - flatten
  - linear: 10
"""


def modules(*args: str) -> set[str]:
    """List the modules that a command imports."""
    code = f"import sys; from archcalc.cli import main; main({list(args)!r}); sys.stderr.write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, encoding="utf-8", timeout=60)
    return set(ran.stderr.split())


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound no width, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(NET, encoding="utf-8")
    return path


def test_the_main_job() -> None:
    ran = archcalc("summarize", VGG16)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("VGG-16  specs/vgg16.yaml\n")
    assert "138,357,544" in ran.stdout
    assert "15,470,264,320   15.47 G" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_json_of_a_published_network() -> None:
    found = json.loads(archcalc("summarize", "vgg16", "--format", "json").stdout)
    assert found["totals"] == {
        "params": 138_357_544, "trainable": 138_357_544, "frozen": 0, "buffers": 0, "macs": 15_470_264_320, "flops": 30_940_528_640,
        "model_size_bytes": 553_430_176, "activations": 15_237_608, "activations_bytes": 60_950_432, "peak_activation": 6_422_528,
        "peak_activation_bytes": 25_690_112, "peak_at": "conv_2", "peak_in_out": 6_422_528, "layers": 40,
    }  # fmt: skip
    assert found["layers"][0]["receptive_field"] == [3, 3]
    assert sum(layer["params"] for layer in found["layers"]) == 138_357_544


def test_every_option_reaches_the_calculation(net: Path) -> None:
    args = ("--input", "3,64,64", "--batch", "2", "--dtype", "weights=int4,activations=int8")
    found = json.loads(archcalc("summarize", str(net), *args, "-f", "json").stdout)
    assert (found["inputs"], found["batch"]) == ({"image": [3, 64, 64]}, 2)
    assert found["dtype"] == {"weights": "int4", "activations": "int8"}
    assert found["totals"]["macs"] == 2 * (60 * 60 * 6 * 75 + 5400 * 10)
    named = json.loads(archcalc("summarize", str(net), "--input", "image=3,64,64", "-f", "json").stdout)
    assert named["inputs"] == found["inputs"]


def test_standard_input() -> None:
    ran = archcalc("summarize", "-", "--totals", "-f", "csv", text=NET)
    assert ran.stdout.splitlines()[1].startswith("-,Tiny,12226,364560,")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["summarize", "lenet5", "--format", "json", "--depth", "2"], "json holds every row"),
        (["summarize", "lenet5", "--totals", "--sort", "macs"], "--totals is one line"),
    ],
)
def test_what_has_no_effect_is_said(args: list[str], said: str) -> None:
    ran = archcalc(*args)
    assert ran.returncode == 0
    assert "61706" in ran.stdout.replace(",", "")
    assert said in ran.stderr


def test_blocks_from_outside_the_folder_need_leave(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text("blocks: {Act: {layers: [relu]}}")
    (tmp_path / "inside").mkdir()
    spec = tmp_path / "inside" / "net.yaml"
    spec.write_text("use: [../blocks.yaml]\ninput: {image: [3, 8, 8]}\nlayers: [Act]\n")
    assert "--allow-outside" in archcalc("summarize", str(spec)).stderr
    assert archcalc("summarize", str(spec), "--allow-outside").returncode == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["summarize", "nope"], "no spec is called `nope`"),
        (["summarize", "neocognitrom"], "did you mean `neocognitron`"),
        (["summarize", "nope.yaml"], "nope.yaml"),
        (["summarize", "/"], "/"),
        (["summarize"], "Missing argument"),
        (["summarize", "vgg16", "--columns", "prams"], "did you mean `params`"),
        (["summarize", "vgg16", "--sort", "prams"], "did you mean `params`"),
        (["summarize", "vgg16", "--format", "jsno"], "did you mean `json`"),
        (["zoo", "--names", "-f", "json"], "--names is a list"),
        (["summarize", "vgg16", "--depth", "0"], "--depth takes"),
        (["summarize", "vgg16", "--depth", "²"], "--depth takes"),
        (["summarize", "vgg16", "--top", "0"], "--top"),
        (["summarize", "vgg16", "--batch", "0"], "--batch"),
        (["summarize", "vgg16", "--batch", "9" * 50], "batch"),
        (["summarize", "vgg16", "--dtype", "fp33"], "fp33"),
        (["summarize", "vgg16", "--set", "width"], "write --set name=value"),
        (["summarize", "vgg16", "--set", "width=1"], "no variable `width`"),
        (["summarize", "vgg16", "--set", "a=1", "--set", "a=2"], "twice"),
        (["summarize", "vgg16", "--input", "3,8", "--input", "3,9"], "only one --input"),
        (["summarize", "vgg16", "--input", "image=three"], "three"),
        (["summarize", "vgg16", "--max-layers", "3"], ""),
        (["summarize", "vgg16", "--fromat", "json"], "--format"),
        (["summarize", "vgg16", "-o", "no/such/folder"], "no/such/folder"),
        (["summarize", "vgg16", "-o", "specs"], "specs"),
        (["summarise", "vgg16"], "Did you mean 'summarize'"),
        (["specs/vgg16.yaml"], "did you mean `archcalc summarize specs/vgg16.yaml`"),
        (["vgg16", "--depth", "all"], "did you mean `archcalc summarize vgg16`"),
        (["zoo", "no such network"], "no such network"),
        (["summarize", "a\x1b[31mb"], "a\\x1b[31mb"),
    ],
)
def test_what_is_wrong_is_said_on_standard_error(args: list[str], said: str) -> None:
    ran = archcalc(*args)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert said in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
    assert "internal error" not in ran.stderr


def test_a_wrong_spec_is_shown_with_its_place(net: Path) -> None:
    net.write_text(NET.replace("kernel", "kernal"), encoding="utf-8")
    ran = archcalc("summarize", str(net), "--format", "json")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"{net}:4:" in ran.stderr
    assert "^^^^^^" in ran.stderr


def test_an_expectation_that_fails_is_a_warning(net: Path) -> None:
    net.write_text(NET + "expect: {params: 12}\n", encoding="utf-8")
    ran = archcalc("summarize", str(net))
    assert ran.returncode == 0
    assert "12,226" in ran.stdout
    assert "warning" in ran.stderr


def test_one_wrong_spec_of_several_does_not_stop_the_others(net: Path) -> None:
    ran = archcalc("summarize", "nope", str(net), "vgg16", "--totals", "-f", "jsonl")
    assert ran.returncode == 2
    assert [json.loads(line)["spec"] for line in ran.stdout.splitlines()] == [str(net), "vgg16"]
    assert "`nope`" in ran.stderr


def test_several_specs_are_printed_one_after_another(net: Path) -> None:
    assert archcalc("summarize", str(net), str(net)).stdout.count("Tiny") == 2
    assert len(json.loads(archcalc("summarize", str(net), str(net), "-f", "json").stdout)) == 2


# ---- start-up, help


def test_light_commands_stay_light() -> None:
    heavy = {"rich", "pydantic", "yaml"}
    assert not heavy & modules("--version")
    assert not heavy & modules("--help")
    assert not {"rich", "rich.table"} & modules("summarize", "vgg16", "--format", "json")
    assert not {"rich", "rich.table"} & modules("summarize", "vgg16", "--format", "csv")


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    assert archcalc(flag).stdout.startswith("archcalc 0.")


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"], ["summarize", "--help"], ["zoo", "-h"]])
def test_help_shows_examples(args: list[str]) -> None:
    ran = archcalc(*args)
    assert ran.returncode == 0
    assert "\n  archcalc " in ran.stdout


def test_shells_complete_names_files_and_formats() -> None:
    def completed(words: str) -> list[str]:
        n = len(words.split(" ")) - 1
        return archcalc(COMP_WORDS=words, COMP_CWORD=str(n), _ARCHCALC_COMPLETE="complete_bash").stdout.split()

    assert "vgg16" in completed("archcalc summarize vg")
    assert VGG16 in completed("archcalc summarize specs/vgg1")
    assert completed("archcalc summarize -f j") == ["json", "jsonl"]
    assert completed("archcalc summarize /no/such/") == []


# ---- the zoo


def test_the_zoo_is_listed() -> None:
    assert "vgg16" in archcalc("zoo", "--names").stdout.split()
    ran = archcalc("zoo", "vgg", "-f", "csv")
    assert ran.stdout.splitlines()[0] == "spec,input,params,macs,year,paper,url"
    assert "vgg16,image=3x224x224,138357544,15470264320,2014," in ran.stdout
    assert "138,357,544" in archcalc("zoo", "VGG16").stdout


# ---- the last resort


def test_what_nobody_expected_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("\x1b[31m\nsomething")

    monkeypatch.setattr(api, "load", broken)
    monkeypatch.delenv("ARCHCALC_DEBUG", raising=False)
    assert main(["summarize", "vgg16"]) == INTERNAL
    said = capsys.readouterr().err
    assert said.startswith("archcalc: internal error: KeyError: '\\x1b[31m\\nsomething'\n")
    assert "please report it" in said
    assert "Traceback" not in said
    monkeypatch.setenv("ARCHCALC_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["summarize", "vgg16"])
