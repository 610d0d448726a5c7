"""`archcalc train`, tried as people use it: as a process, in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import archcalc, net

from archcalc import load
from archcalc.cli import main
from archcalc.cli.train import OPTIMIZERS as OFFERED
from archcalc.cli.train import PRECISIONS as PRECISE
from archcalc.report.pages.json_ import data
from archcalc.report.pages.train import page
from archcalc.training.states import OPTIMIZERS, PRECISIONS

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parent.parent
WHOLE = ("--tokens", "300e9", "--device", "a100-80-sxm", "--devices", "1024", "--utilisation", "40%")


def train(*args: str, text: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return archcalc("train", *args, text=text, **env)


def test_the_command_offers_what_there_is() -> None:
    assert (list(OPTIMIZERS), list(PRECISIONS)) == (list(OFFERED), list(PRECISE))


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("args", [("gpt2", *WHOLE, "--zero", "2", "--checkpoint", "layer"), ("gcn", "--devices", "8"), ("vgg16",)])
def test_tables(width: int, args: tuple[str, ...]) -> None:
    ran = train(*args, COLUMNS=str(width))
    lines = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert max(map(len, lines)) <= width
    for word in ("weights", "gradients", "optimizer", "from step to step", "kept by autograd", "in a step", "peak", "the course's formula"):
        assert any(line.strip().startswith(word) for line in lines), word


def test_what_a_table_says() -> None:
    said = train("gpt3", *WHOLE, "--zero", "1", COLUMNS="200").stdout
    for words in (
        "adamw · mixed precision · 1,024 devices, each with this batch · ZeRO stage 1", "with weights in fp32", "3.143e+23",
        "314,287,666,790,400,000,000,000", "states of the optimizer", "0.4 of the peak of 1,024 × a100-80-sxm", "does not fit",
    ):  # fmt: skip
        assert words in said


def test_rows_that_are_not_known_make_bounds() -> None:
    said = train("gcn", "--device", "a100-80-sxm", COLUMNS="200").stdout
    assert ">= it is not known what autograd keeps of graph_conv_1.sum, graph_conv_2.sum" in said
    assert "kept by autograd   " in said
    assert said.count(">= ") == 4
    assert "fits, as far as it is known" in said


def test_json() -> None:
    ran = train("gpt2", *WHOLE, "--zero", "3", "--flash", "--checkpoint", "layer,layer_norm_1", "--format", "json")
    found = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {key: found[key] for key in ("format", "model", "batch", "inputs", "optimizer", "precision", "devices", "stage", "flash")} == {
        "format": "archcalc.train/1", "model": "GPT-2", "batch": 1, "inputs": {"tokens": [1024]}, "optimizer": "adamw",
        "precision": "mixed", "devices": 1024, "stage": 3, "flash": True,
    }  # fmt: skip
    assert (found["checkpoint"], found["mask_bytes"], found["incomplete"]) == (["layer", "layer_norm_1"], 1, [])
    assert (found["params"], found["trainable"], found["active"]) == (124_439_808,) * 3
    figures, work = found["figures"], found["work"]
    assert figures["static"] == figures["weights"] + figures["gradients"] + figures["states"] == found["zero"][3]["total"]
    assert figures["peak"] == figures["weights"] + figures["states"] + figures["step"]
    assert [row["stage"] for row in found["zero"]] == [0, 1, 2, 3]
    assert found["zero"][0]["total"] == 16 * 124_439_808
    assert work["flops"] == 3 * work["forward"] + work["again"]
    assert work["simple"] == 6 * 124_439_808 * 300 * 10**9
    assert work["days_simple"] == pytest.approx(work["simple"] / (0.4 * 1024 * 312e12 * 86400))
    assert set(found["kept"]) == {"floats", "stats", "indices"}
    assert found["figures_at"]["step"]


def test_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(train("lenet5", "--precision", "fp32", "--optimizer", "sgd", "-f", "csv").stdout)))
    found = {row["figure"]: row["value"] for row in rows}
    assert (found["weights"], found["gradients"], found["states"], found["forward"]) == ("246824", "246824", "0", "833040")
    assert len(found) == len(rows)


def test_markdown() -> None:
    said = train("lenet5", "--devices", "4", "-f", "markdown").stdout
    assert said.startswith("## LeNet-5\n")
    assert "- weights: **123,412 B**, 120.52 KiB\n" in said
    assert "| stage 3 | weights too" in said


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--optimizer", "adan"), "did you mean `adam`?"),
        (("--optimizer", "lion"), "takes sgd, momentum, adam, adamw, adam8bit"),
        (("--precision", "fp8"), "takes fp32, bf16, mixed"),
        (("--checkpoint", "laier"), "did you mean `layer`?"),
        (("--checkpoint", "layer[0"), "did you mean `layer[0]`?"),
        (("--checkpoint", "layer*"), "did you mean `layer`?"),
        (("--checkpoint", ","), "sqrt, or names of entries"),
        (("--checkpoint", "0"), "the beginning of a path"),
        (("--checkpoint", "sqrt,layer"), "`sqrt` chooses what is run again by itself"),
        (("--device", "a100-80-sx"), "did you mean `a100-80-sxm`?"),
        (("--device", "edge-tpu", "--tokens", "1e9"), "it has int8"),
        (("--utilisation", "2"), "a share above 0 and at most 1"),
        (("--utilisation", "0%"), "a share above 0 and at most 1"),
        (("--tokens", "many"), "`many` is not a number"),
        (("--tokens", "0.5"), "a whole number of at least 1"),
        (("--zero", "4"), "--zero"),
        (("--devices", "0"), "--devices"),
    ],
)
def test_typos(capsys: pytest.CaptureFixture[str], args: tuple[str, ...], says: str) -> None:
    assert main(["train", "gpt2", *args]) == 2
    out, err = capsys.readouterr()
    assert (out, says in " ".join(err.split())) == ("", True)


def test_a_mistake_ends_a_process() -> None:
    ran = train("resnet50", "--tokens", "1e9")
    assert ran.returncode == 2
    assert "image (c 3, h 224, w 224), is no sequence of tokens" in ran.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--utilisation", "0.4"), "--utilisation is for the days of a training"),
        (("--zero", "3"), "one device shares nothing"),
    ],
)
def test_what_has_no_effect_is_said(capsys: pytest.CaptureFixture[str], args: tuple[str, ...], says: str) -> None:
    assert main(["train", "lenet5", *args]) == 0
    assert says in capsys.readouterr().err


def test_a_spec_on_standard_input() -> None:
    text = net("  - scale\n  - dropout\n  - linear: 3", "{x: {d: 8}}")
    found = json.loads(train("-", "-f", "json", "--mask-bytes", "4", text=text).stdout)
    assert found["kept"] == {"floats": 16, "masks": 8}
    assert found["figures"]["kept"] == 2 * 16 + 4 * 8


def test_a_page_has_no_name_twice() -> None:
    names = [figure.name for part in page(load("gpt2").train(devices=2)).parts for figure in getattr(part, "figures", ())]
    assert len(set(names)) == len(names)
    assert data(page(load("lenet5").train()))["format"] == "archcalc.train/1"
