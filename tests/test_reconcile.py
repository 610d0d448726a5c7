"""`archcalc reconcile`: why two tools disagree, as a process and as a function."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import net, spec, wrong

from archcalc import load
from archcalc.conventions import known

ROOT = Path(__file__).parent.parent
HEADS = """\
name: Heads
vars: {aux: false, size: 32, width: 8}
variants: {wide: {width: 16}}
input: {image: [3, size, size]}
layers:
  - conv: {out: width, kernel: 3, padding: 1}
  - {if: aux, name: more, conv: {out: width, kernel: 3, padding: 1}}
  - global_avg_pool
  - {linear: {out: 100, act: relu}}
  - linear: 10
"""


def archcalc(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *args],
        input=text, capture_output=True, check=False, cwd=ROOT, encoding="utf-8", env=environment, timeout=60,
    )  # fmt: skip


def matches(claim: str, name: str = "resnet50") -> list[tuple[str, str, tuple[str, ...]]]:
    """Say what gives a claim: of which network, which quantity, by whom."""
    verdict = (load(name) if "\n" not in name else spec(name)).reconcile("fvcore", claim=claim).verdict
    assert verdict is not None
    return [(match.scenario.words, match.quantity, match.conventions) for match in verdict.matches]


def test_the_difference_by_its_causes() -> None:
    made = {
        figure.convention.name: figure for figure in load("resnet50").reconcile("thop-0.1", "fvcore").figures if figure.quantity == "macs"
    }
    assert list(made) == ["paper", "thop-0.1", "fvcore"]
    assert made["thop-0.1"].causes == {"batch norm": 4 * 11_113_984, "pooling": 102_400}
    assert made["thop-0.1"].difference == 44_558_336
    assert made["fvcore"].causes == {"batch norm": 2 * 11_113_984, "pooling": 100_352}


def test_all_conventions_where_none_is_named() -> None:
    made = load("vit_b_16").reconcile()
    assert list(dict.fromkeys(figure.convention.name for figure in made.figures)) == list(known())
    thop = {figure.quantity: figure for figure in made.figures if figure.convention.name == "thop-0.1"}
    assert thop["params"].causes == {"not seen": 58_067_176 - 86_567_656}
    assert thop["macs"].causes["scores and values"] == -715_327_488
    assert made.verdict is None


def test_parameters_are_shown_where_they_differ() -> None:
    shown = {(figure.convention.name, figure.quantity) for figure in load("resnet50").reconcile().figures}
    assert {name for name, quantity in shown if quantity == "params"} == {"paper", "keras"}


def test_what_has_no_rule_is_a_cause() -> None:
    figure = next(one for one in load("lstm").reconcile("torchscan-0.2").figures if one.convention.name != "paper")
    assert figure.unknown["recurrent:input"]
    assert figure.causes == {"no rule": figure.total - figure.base}


def test_quirks_are_explained() -> None:
    figure = next(one for one in load("resnet50").reconcile("ptflops-pytorch").figures if one.convention.name != "paper")
    assert list(figure.quirks) == ["counted twice"]


@pytest.mark.parametrize(
    ("claim", "first"),
    [
        ("4.09 G", ("", "macs", ("paper", "torchinfo-1.8", "torchinfo-main"))),
        ("4,089,184,256", ("", "macs", ("paper", "calflops-0.3", "deepspeed", "netscope"))),
        ("4.11 GMACs", ("", "macs", ("fvcore",))),
        ("8.18 GFLOPs", ("", "flops", ("paper",))),
        ("25.56M params", ("", "params", ("paper",))),
        ("23.51 M", ("without its last dense layer", "params", ("paper",))),
        ("7.80 G", ("variant resnet101", "macs", ("paper",))),
        ("3.858 G", ("variant resnet50_paper", "macs", ("paper",))),
        ("5.34 G", ("image 3×256×256", "macs", ("paper",))),
        ("40.89 G", ("batch 10", "macs", ("paper",))),
        ("25.61 M", ("", "params", ("keras",))),
    ],
)
def test_what_gives_a_claim(claim: str, first: tuple[str, str, tuple[str, ...]]) -> None:
    words, quantity, conventions = first
    found = matches(claim)
    assert found[0][:2] == (words, quantity)
    assert found[0][2][0] == conventions[0]
    named = [name for at, what, names in found for name in names if (at, what) == (words, quantity)]
    assert set(conventions) <= set(named)


def test_the_plainest_comes_first() -> None:
    found = matches("4.1 G")
    assert found[0] == ("", "macs", ("paper", "calflops-0.3", "deepspeed", "netscope"))
    assert [words for words, _, _ in found] == sorted((words for words, _, _ in found), key=bool)


def test_ways_of_attention() -> None:
    assert ("attention by `mha: sdpa`", "macs", ("fvcore",)) in matches("16.87 G", "vit_b_16")
    assert ("", "macs", ("fvcore",)) in matches("11.29 G", "vit_b_16")


def test_switches_and_variants_and_heads_of_a_file() -> None:
    assert ("aux = true", "params") in [found[:2] for found in matches("2,718", HEADS)]
    assert ("variant wide", "params") in [found[:2] for found in matches("3,158", HEADS)]
    assert ("without its last dense layer", "params") in [found[:2] for found in matches("1,124", HEADS)]
    assert ("without its dense layers at the end", "params") in [found[:2] for found in matches("224", HEADS)]


def test_lengths_of_sequences() -> None:
    text = net("  - embedding: {vocab: 10, dim: 16}\n  - linear: 16", "{tokens: {seq: 100}}")
    assert matches("131,072 MACs", text)[0][:2] == ("tokens 512", "macs")


def test_the_nearest_where_nothing_gives_it() -> None:
    verdict = load("lenet5").reconcile("fvcore", claim="61,707 params").verdict
    assert verdict is not None
    assert not verdict.matches
    assert verdict.nearest is not None
    assert (verdict.nearest.total, verdict.nearest.conventions[0]) == (61_706, "paper")


@pytest.mark.parametrize("claim", ["", "many", "4.1 GB/s", "4.1 parsecs", "-3", "1..2"])
def test_a_claim_that_is_no_figure(claim: str) -> None:
    found = wrong(lambda: load("lenet5").reconcile(claim=claim))
    assert found.codes == ["E614"]
    assert "25.6 M params" in found.words()


def test_the_caller_sets_inputs_and_batch() -> None:
    made = load("resnet50").reconcile("fvcore", inputs={"": (3, 256, 256)}, batch=2)
    assert made.figures[0].total == 2 * load("resnet50").summary(inputs={"": (3, 256, 256)}).totals.macs
    assert made.figures[-1].total == load("resnet50").summary(convention="fvcore", inputs={"": (3, 256, 256)}, batch=2).totals.macs


def test_how_attention_is_written_is_said_where_it_is_assumed() -> None:
    assert load("bert").reconcile("fvcore").assumed
    assert not load("vit_b_16").reconcile("fvcore").assumed
    assert not load("swin_t").reconcile("fvcore").assumed
    assert "attention is taken as" in archcalc("reconcile", "bert", "--with", "fvcore").stdout


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("resnet50",), 0, "counted twice, of ptflops-pytorch"),
        (("resnet50", "--with", "fvcore, thop-0.1"), 0, "+22,227,968"),
        (("lenet5", "--claim", "416,520"), 0, "416,520 is"),
        (("lenet5", "--claim", "4.123456 G"), 1, "nothing gives 4.123456 G; the nearest, "),
        (("lenet5", "--claim", "4.123456 G", "--format", "json"), 1, '"nearest"'),
        (("lenet5", "--claim", "big"), 2, "is no figure that a tool gives"),
        (("resnet50", "--with", "fvcor"), 2, "did you mean `fvcore`?"),
        (("resnet5000",), 2, "no spec is called"),
        (("efficientnet_b0", "--with", "torchscan-0.2"), 0, ">= 401,669,632"),
        (("efficientnet_b0", "--with", "torchscan-0.2"), 0, ">= torchscan-0.2 has no rule for the MACs of 49 × act:silu"),
        (("efficientnet_b0", "--with", "torchscan-0.2", "--strict"), 2, "no rule for `act:silu`"),
        (("efficientnet_b0", "--with", "fvcore", "--strict"), 0, "401,659,392"),
        (("resnet50", "--set", "depths=1"), 2, "depths"),
        (("resnet50", "--format", "xml"), 2, "takes table, json, markdown, csv"),
    ],
)
def test_as_a_process(args: tuple[str, ...], code: int, said: str) -> None:
    ran = archcalc("reconcile", *args)
    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False)
    assert said in (ran.stdout + ran.stderr)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("resnet50", "--convention", "fvcore"), 0, "convention fvcore"),
        (("resnet50", "--convention", "fvcore"), 0, "4,111,512,576"),
        (("vit_b_16", "-c", "torchscan-0.2"), 0, "MACs             >= 11,271,124,992"),
        (("vit_b_16", "-c", "torchscan-0.2", "--strict"), 2, "E613"),
        (("vit_b_16", "-c", "thopp"), 2, "did you mean `thop-0.1`?"),
        (("vgg16", "resnet50", "--totals", "-c", "thop-0.1"), 0, "thop-0.1"),
        (("resnet50", "-c", "calflops-0.3"), 0, "FLOPs            8,211,108,352  8.211 G\n"),
    ],
)
def test_summarize_by_a_convention(args: tuple[str, ...], code: int, said: str) -> None:
    ran = archcalc("summarize", *args)
    assert ran.returncode == code
    assert said in (ran.stdout + ran.stderr)


def test_nothing_strict_is_half_written() -> None:
    ran = archcalc("summarize", "-", "--format", "json", "-c", "torchscan-0.2", "--strict", text=net("  - relu\n  - silu"))
    assert (ran.returncode, ran.stdout) == (2, "")


def test_json_of_rows_that_are_not_known() -> None:
    made = json.loads(archcalc("summarize", "-", "--format", "json", "-c", "torchscan-0.2", text=net("  - relu\n  - silu")).stdout)
    assert made["convention"] == "torchscan-0.2"
    assert [layer["macs"] for layer in made["layers"]] == [0, None]
    assert made["totals"]["incomplete"] == ["macs", "flops"]


def test_json() -> None:
    made = json.loads(archcalc("reconcile", "vit_b_16", "--format", "json", "--claim", "11.29 G").stdout)
    assert made["format"] == "archcalc.reconcile/1"
    assert (made["variant"], made["inputs"]) == ("vit_b_16", {"image": [3, 224, 224]})
    for figure in made["figures"]:
        assert sum(figure["causes"].values()) == figure["difference"]
    scan = next(figure for figure in made["figures"] if figure["convention"] == "torchscan-0.2")
    assert scan["incomplete"] is True
    assert {"network": "", "quantity": "macs", "total": 11_290_036_992, "conventions": ["fvcore"]} in made["claim"]["matches"]
    assert (made["claim"]["from"], made["claim"]["to"]) == (11_285_000_000, 11_294_999_999)


def test_csv() -> None:
    lines = list(csv.DictReader(archcalc("reconcile", "resnet50", "--with", "fvcore", "--format", "csv").stdout.splitlines()))
    mine = [(line["cause"], line["total"], line["difference"]) for line in lines if line["convention"] == "fvcore"]
    assert mine == [("total", "4111512576", "22328320"), ("batch norm", "n/a", "22227968"), ("pooling", "n/a", "100352")]
    claimed = archcalc("reconcile", "resnet50", "--claim", "4.11 G", "--format", "csv").stdout.splitlines()
    assert claimed[:2] == ["network,quantity,total,conventions", "the network as it is,macs,4111512576,fvcore"]


def test_markdown(tmp_path: Path) -> None:
    path = tmp_path / "why.md"
    ran = archcalc("reconcile", "resnet50", "--format", "markdown", "--output", str(path), "--claim", "4.11 G")
    text = path.read_text(encoding="utf-8")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert text.startswith("## ResNet (resnet50)\n\nimage 3×224×224 · batch 1\n\n| Convention")
    assert "- \\* counted twice, of ptflops-pytorch: a module" in text
    assert "\n4.11 G is\n\n| Network" in text


def test_summarize_needs_no_conventions() -> None:
    code = "import sys; from archcalc.cli import main; main(['summarize', 'vgg16']); sys.stderr.write(' '.join(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, encoding="utf-8", timeout=60)
    assert not [name for name in ran.stderr.split() if name.startswith(("archcalc.conventions", "archcalc.report.reconciled."))]


def test_the_example_in_the_readme_is_what_comes_out() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Why two tools disagree\n")[2]
    command, shown = re.findall(r"^`archcalc (reconcile .*)`:\n\n```\n(.*?)```$", section, re.DOTALL | re.MULTILINE)[0]
    assert archcalc(*shlex.split(command)).stdout == shown
