"""`archcalc check`: what it checks, what it says in each format, and how it ends."""

from __future__ import annotations

import functools
import importlib
import json
import os
import pickle
import re
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pytest
import yaml
from helpers import archcalc, at_terminal, spec
from hypothesis import given
from hypothesis import strategies as st
from test_cli import modules

from archcalc import zoo
from archcalc.baseline import Baseline
from archcalc.check import GROWING, Checked, Task, check, found, promised
from archcalc.cli import main
from archcalc.cli.door import PIPE
from archcalc.report.verdicts import wrongs
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.spec.document import Document, Entry, Promise

ROOT = Path(__file__).parent.parent
COMMAND = importlib.import_module("archcalc.cli.check")  # `archcalc.cli.check` is the function
FORMATS: list[str] = list(COMMAND.FORMATS)
NET = """\
name: Tiny
vars: {w: 4}
variants: {small: {w: 2, expect: {params: 56}}, same: {}}
input: {image: [3, 8, 8]}
layers:
  - {name: first, conv: {out: w, kernel: 3}, expect: {output: [w, 6, 6]}}
  - relu
expect: {params: 112, macs: <= 4 k, output: [w, 6, 6]}
"""
MISSED = NET.replace("params: 112", "params: 113")  # in the default, and in one variant
BROKEN = NET.replace("kernel", "kernal")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, as nobody in particular."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "GITHUB_WORKSPACE", "FORCE_COLOR", "ARCHCALC_DEBUG"):
        monkeypatch.delenv(name, raising=False)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process."""

    def ran(*args: str) -> Ran:
        code = main(["check", *args])
        return Ran(code, *capsys.readouterr())

    return ran


@functools.cache
def here() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT)}


def process(*args: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process, in the folder of the test."""
    command = [sys.executable, "-m", "archcalc", "check", *args]
    return subprocess.run(
        command, input=text, capture_output=True, check=False, encoding="utf-8", env={**os.environ, **here()}, timeout=120
    )  # fmt: skip


def write(name: str, text: str = NET) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


def lines(out: str) -> set[int]:
    """List the lines that a JSON result points at."""
    networks = json.loads(out)["networks"]
    return {one["line"] for net in networks for one in (*net["errors"], *net["expectations"]) if not one.get("held")}


# ---- exit codes


def test_exit_codes() -> None:
    write("good.yaml")
    write("missed.yaml", MISSED)
    write("broken.yaml", BROKEN)
    assert process("good.yaml").returncode == 0
    missed = process("missed.yaml")
    assert (missed.returncode, missed.stderr) == (1, "")
    assert "params: expected 113, got 112 (-1, -0.88 %)" in missed.stdout
    assert "missed.yaml:8:18" in missed.stdout
    assert process("broken.yaml").returncode == 2
    every = process("missed.yaml", "broken.yaml", "good.yaml", "nowhere.yaml")
    assert (every.returncode, every.stderr) == (2, "")
    assert every.stdout.endswith("8 networks, 24 expectations: 2 do not hold, 2 networks can't be worked out\n")


def test_the_zoo_holds_with_one_job_and_with_two() -> None:
    alone, aside = (archcalc("check", "specs", "--format", "json", "--jobs", jobs) for jobs in "12")
    assert (alone.returncode, alone.stderr) == (0, ""), alone.stdout
    assert (aside.returncode, aside.stdout) == (0, alone.stdout)
    found = json.loads(alone.stdout)
    assert {one["source"] for one in found["networks"]} == {f"specs/{path.name}" for path in zoo.files()}
    assert found["totals"]["networks"] == len(list(zoo.entries()))
    assert found["totals"]["expectations"] >= 3 * found["totals"]["networks"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "Missing argument"),
        (["a.yaml", "--format", "jsno"], "did you mean `json`?"),
        (["a.yaml", "--format", "sarfi"], "did you mean `sarif`?"),
        (["a.yaml", "--format", "table"], "takes text, json, junit, sarif, github"),
        (["a.yaml", "--jobs", "0"], "--jobs"),
        (["a.yaml", "--record"], "the file that --baseline names"),
        (["a.yaml", "--grow", "2"], "--grow is for comparing"),
        (["a.yaml", "--baseline", "b", "--record", "--grow", "2"], "--grow is for comparing"),
        *((["a.yaml", "--baseline", "b", "--grow", text], "takes a number of percent") for text in ("x", "-1", "nan", "1e9", "²", "1/3")),
        (["a.yaml", "--baseline", "nowhere.json"], "there is no baseline `nowhere.json`"),
        (["a.yaml", "--baseline", "."], "Is a directory"),
        (["a.yaml", "--output", "no/such/file"], "no/such/file"),
        (["a.yaml", "--expect", "macs"], "`macs` is no expectation"),
        (["a.yaml", "--expect", "mcas <= 3"], "did you mean `macs`?"),
    ],
)
def test_a_wrong_command_is_refused_before_anything_is_checked(args: list[str], said: str, run: Callable[..., Ran]) -> None:
    write("a.yaml", MISSED)
    ran = run(*args)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


# ---- every figure counts

CHANGED = ["lenet5", "lenet5_1998", "mlp", "alexnet", "googlenet", "resnet", "mobilenet_v2", "unet", "nested"]


def promises(document: Document) -> Iterator[Promise]:
    """Give everything that is expected in a file."""
    yield from document.expect
    for variant in document.variants.values():
        yield from variant.expect
    for body in (document.body, *(block.body for block in document.blocks.values() if block.place.source is document.source)):
        yield from promises_of(body)


def promises_of(body: tuple[Entry, ...]) -> Iterator[Promise]:
    for entry in body:
        yield from entry.expect
        for inner in entry.bodies():
            yield from promises_of(inner)


def one_more(number: re.Match[str]) -> str:
    """Count the last written digit of a number up by one."""
    digits = str(int(re.sub("[_,.]", "", number[0])) + 1)
    decimals = len(number[0].partition(".")[2])
    return f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits


@pytest.mark.parametrize("name", CHANGED)
def test_a_figure_changed_by_one_is_found_at_its_line(name: str, run: Callable[..., Ran]) -> None:
    text = (zoo.folder() / f"{name}.yaml").read_text(encoding="utf-8")
    document, rows, tried = spec(text).document, text.split("\n"), 0
    for promise in promises(document):
        at, expectation = promise.place.span, promise.expectation
        row = rows[at.line - 1]
        changed, times = re.subn(r"(?<!\w)[0-9][0-9_,.]*(?<![,.])", one_more, row[at.column : at.end], count=1)
        if not times or expectation.text.startswith(("<", ">")) or ".." in expectation.text or "±" in expectation.text:
            continue
        tried += 1
        file = write("net.yaml", "\n".join([*rows[: at.line - 1], row[: at.column] + changed + row[at.end :], *rows[at.line :]]))
        ran = run(file, "--format", "json")
        assert (ran.code, lines(ran.out)) == (1, {at.line}), changed
    assert tried >= 3


def test_a_changed_figure_ends_a_process_with_1() -> None:
    write("resnet.yaml", (zoo.folder() / "resnet.yaml").read_text(encoding="utf-8").replace("25_557_032", "25_557_033", 1))
    ran = process("resnet.yaml")
    assert ran.returncode == 1
    assert "params: expected 25,557,033, got 25,557,032 (-1, -0.000004 %)" in ran.stdout
    assert "25_557_033" in ran.stdout


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ("params: 112", True),
        ("params: 111", False),
        ("params: <= 112", True),
        ("params: <= 111", False),
        ('params: ">= 112"', True),
        ('params: ">= 113"', False),
        ("params: ~110", False),
        ("params: ~0.11 k", True),
        ("params: 100 .. 120", True),
        ("params: 113 .. 120", False),
        ("params: 110 ± 2 %", True),
        ("params: 110 ± 1 %", False),
        ("output: [w, 6, 6]", True),
        ("output: [w, 6, 7]", False),
        ("receptive_field: 3", False),  # one number speaks of every axis only where it is written alone
        ("receptive_field: [3, 3]", True),
        ("receptive_field: [3, all]", False),
        ("weights: 448", True),
        ("peak_activation: <= 1 KiB", False),
    ],
)
def test_every_form_is_enforced_on_a_file_a_variant_and_an_entry(written: str, holds: bool, run: Callable[..., Ran]) -> None:  # noqa: FBT001
    holds |= written == "receptive_field: 3"
    net = NET.replace("variants: {small: {w: 2, expect: {params: 56}}, same: {}}\n", "")
    file = net.replace("{params: 112, macs: <= 4 k, output: [w, 6, 6]}", f"{{{written}}}")
    entry = net.replace("expect: {output: [w, 6, 6]}}", f"expect: {{{written.replace('peak_activation: <= 1 KiB', 'params: 1')}}}}}")
    variant = net.replace("vars: {w: 4}", f"vars: {{w: 4}}\nvariants: {{v: {{expect: {{{written}}}}}}}")
    for text, line in ((file, 7), (entry, 5), (variant, 3)):
        ran = run(write("net.yaml", text), "--format", "json")
        assert (ran.code, lines(ran.out)) == ((0, set()) if holds else (1, {line}))


# ---- what is checked


def test_folders_are_searched_for_specs() -> None:
    for name in ("nets/a.yaml", "nets/deep/b.yml", "nets/.hidden/c.yaml", "nets/.d.yaml", "other/e.yaml"):
        write(name)
    write("nets/blocks.yaml", "blocks: {A: {layers: [relu]}}\n")
    write("nets/compose.yaml", "services:\n  web: {layers: [x]}\n")
    write("nets/readme.md", NET)
    write("nets/typo.yaml", NET.replace("\nlayers:", "\nlayres:"))  # says what it expects, so it is meant to be a spec
    write("nets/braces.yaml", '{"input": {"image": [3, 8, 8]},\n "layers": ["relu"]}')
    Path("nets/wide.yaml").write_text(NET, encoding="utf-16")
    Path("nets/marked.yaml").write_text("layers: [relu]\ninput: [3]\n", encoding="utf-8-sig")
    Path("nets/folder.yaml").mkdir()
    names = ["a", "braces", "marked", "typo", "wide"]
    assert list(found(["nets"])) == sorted([*(f"nets/{name}.yaml" for name in names), "nets/deep/b.yml"])
    assert list(found(["nets/"])) == list(found(["./nets"])) == list(found(["nets"]))


def test_patterns_are_those_of_a_shell() -> None:
    for name in ("nets/a.yaml", "nets/deep/b.yaml", "nets/deep/er/c.yaml", "nets/.hidden/d.yaml", "nets/[x].yaml"):
        write(name)
    write("nets/other.yaml", "a: 1\n")
    write("nets/notes.txt")
    assert list(found(["nets/*.yaml"])) == ["nets/[x].yaml", "nets/a.yaml"]
    assert list(found(["nets/[x].yaml"])) == ["nets/[x].yaml"]  # a file is itself before it is a pattern
    assert list(found(["nets/**/*.yaml"])) == ["nets/[x].yaml", "nets/a.yaml", "nets/deep/b.yaml", "nets/deep/er/c.yaml"]
    assert list(found(["nets/.hidden/*"])) == ["nets/.hidden/d.yaml"]
    assert list(found(["nets/de*"])) == ["nets/deep/b.yaml", "nets/deep/er/c.yaml"]
    assert list(found([f"{Path.cwd()}/nets/?.yaml"])) == [f"{Path.cwd()}/nets/a.yaml"]
    assert list(found(["nets/../nets/a*"])) == ["nets/../nets/a.yaml"]


def test_links_that_lead_back_end(run: Callable[..., Ran]) -> None:
    write("nets/a.yaml")
    Path("nets/round").symlink_to(".")
    Path("nets/up").symlink_to("..")
    assert list(found(["nets"])) == ["nets/a.yaml"]
    assert set(found(["nets/**/*.yaml", "nets/**"])) == {"nets/a.yaml"}
    Path("nets/self.yaml").symlink_to("self.yaml")
    Path("nets/lost.yaml").symlink_to("nowhere.yaml")
    ran = run("nets", "--format", "json")
    assert ran.code == 2
    assert [one["name"] for one in json.loads(ran.out)["networks"] if one["errors"]] == ["nets/lost.yaml", "nets/self.yaml"]


def test_what_is_no_file_is_passed_over_and_what_is_large_is_refused(run: Callable[..., Ran]) -> None:
    write("nets/a.yaml")
    os.mkfifo("nets/pipe.yaml")
    assert list(found(["nets"])) == ["nets/a.yaml"]
    write("nets/large.yaml", NET + "#" * (1 << 20))
    ran = run("nets")
    assert (ran.code, "larger than 1 MiB" in ran.out) == (2, True)


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    write("nets/a.yaml")

    def refused(path: Path, *_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refused)
    ran = run("nets", "--format", "json")
    assert (ran.code, "permission denied" in ran.out) == (2, True)
    monkeypatch.setattr(os, "scandir", refused)
    ran = run("nets")
    assert (ran.code, ran.out, ran.err) == (2, "", "archcalc: nets: Permission denied\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", "there is no spec in `empty`"),
        ("nets/*.yml", "no spec matches `nets/*.yml`"),
        ("**x", "no spec matches `**x`"),
        ("nowhere.yaml", "cannot read `nowhere.yaml`: no such file or directory"),
        ("vgg61", "no spec is called `vgg61`"),
        ("nets/a.yaml#smal", "has no variant `smal`"),
        ("n" * 5000, "file name too long"),
    ],
)
def test_a_name_with_nothing_behind_it_does_not_stop_the_others(name: str, said: str, run: Callable[..., Ran]) -> None:
    Path("empty").mkdir()
    write("nets/a.yaml")
    ran = run(name, "nets/a.yaml", "--format", "json")
    first, *others = json.loads(ran.out)["networks"]
    assert (ran.code, [one["held"] for one in others]) == (2, [True] * 3)
    assert said in first["errors"][0]["message"]


def test_what_is_named_twice_is_checked_once(run: Callable[..., Ran]) -> None:
    write("nets/a.yaml", MISSED)
    ran = run("nets", "nets/a.yaml", "./nets/a.yaml", "nets/a.yaml#small", str(Path("nets/a.yaml").absolute()), "--format", "json")
    names = [one["name"] for one in json.loads(ran.out)["networks"]]
    assert names == ["nets/a.yaml", "nets/a.yaml#small", "nets/a.yaml#same"]


def test_one_variant_is_named_where_it_alone_is_checked(run: Callable[..., Ran]) -> None:
    write("a.yaml", MISSED)
    assert run("a.yaml#small") == (0, "✓ a.yaml#small  4 expectations\n1 network, 4 expectations: all hold\n", "")
    ran = run("a.yaml#same")
    assert ran.code == 1
    assert ran.out.startswith("✗ a.yaml#same  4 expectations\n")
    assert "= note: in same\n" in ran.out


def test_names_of_the_zoo(run: Callable[..., Ran]) -> None:
    ran = run("vgg16", "resnet", "alexnet#torchvision", "--format", "json")
    names = [one["name"] for one in json.loads(ran.out)["networks"]]
    assert names[:3] == ["vgg16", "resnet", "resnet#resnet18"]
    assert names[-1] == "alexnet#torchvision"


def test_standard_input_also_beside_others_and_with_jobs() -> None:
    write("a.yaml")
    write("b.yaml")
    ran = process("a.yaml", "-", "b.yaml", "--jobs", "3", "--format", "json", text=MISSED)
    assert ran.returncode == 1
    networks = json.loads(ran.stdout)["networks"]
    assert [one["name"] for one in networks[3:6]] == ["-", "-#small", "-#same"]
    assert networks[3]["expectations"][0] | {"message": ""} == {
        "key": "params", "path": "", "expected": "113", "got": 112, "held": False, "percent": pytest.approx(-0.885, abs=0.001),
        "message": "", "file": None, "line": None, "column": None, "end_column": None,
    }  # fmt: skip
    for name in FORMATS:
        assert process("-", "--format", name, text=BROKEN).returncode == 2


# ---- one mistake is said once


def test_a_mistake_of_several_variants_is_said_once(run: Callable[..., Ran]) -> None:
    write("a.yaml", NET.replace("macs: <= 4 k", "layers: 3"))
    ran = run("a.yaml")
    assert ran.out.count("layers: expected 3, got 2") == 1
    assert "note: in" not in ran.out, "it is so in all of them"
    write("a.yaml", MISSED)
    ran = run("a.yaml")
    assert ran.out.count("params: expected 113") == 1
    assert "= note: in the default, same\n" in ran.out
    assert ran.out.endswith("3 networks, 12 expectations: 2 do not hold\n")
    for name in ("github", "sarif"):
        assert run("a.yaml", "--format", name).out.count("params: expected 113") == 1
    assert run("a.yaml", "--format", "junit").out.count("<failure") == 2


def test_many_variants_are_not_all_named(run: Callable[..., Ran]) -> None:
    variants = ", ".join(f"v{i}: {{}}" for i in range(20))
    write("a.yaml", MISSED.replace("same: {}", variants))
    assert "in the default, v0, v1, v2, v3, v4, v5, v6 and 13 more" in run("a.yaml").out


def test_a_mistake_in_a_file_that_two_use_is_said_once(run: Callable[..., Ran]) -> None:
    write("blocks.yaml", "blocks: {A: {layers: [rleu]}}\n")
    for name in "ab":
        write(f"{name}.yaml", "use: [blocks.yaml]\ninput: [3]\nlayers: [A]\n")
    ran = run("a.yaml", "b.yaml", "--format", "github")
    assert (ran.code, ran.out.count("::error")) == (2, 1)
    assert "file=blocks.yaml,line=1," in ran.out
    assert "%0Ain a.yaml, b.yaml" in ran.out


def test_what_fails_only_as_it_runs_is_an_error_of_each_variant(run: Callable[..., Ran]) -> None:
    write("a.yaml", NET.replace("w: 2,", "w: 0,"))
    ran = run("a.yaml")
    assert ran.code == 2
    assert "= note: in small" in ran.out
    assert ran.out.endswith("3 networks, 8 expectations: 1 network can't be worked out\n")


# ---- more is expected on the command line


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("params <= 112", True),
        ("params<=112", True),
        ("params: 112", True),
        ("params=112", True),
        ("params == 112", True),
        ("params 112", True),
        ("params < 112", False),
        ("  macs\n<= 4 k ", True),
        ("peak_activation <= 1 MB", True),
        ("output: [4, 6, 6]", True),
        ("output [4, 6]", False),
        ("receptive_field 3", True),
        ("receptive_field all", False),
        ("receptive_field: [3, 3]", True),
    ],
)
def test_expect(text: str, holds: bool, run: Callable[..., Ran]) -> None:  # noqa: FBT001
    write("a.yaml", NET.replace("same: {}", "").replace("small: {w: 2, expect: {params: 56}},", ""))
    assert run("a.yaml", "--expect", text).code == (0 if holds else 1)


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", "is no expectation", ""),
        ("macs", "is no expectation", "macs"),
        ("params=", "is no expectation", "params="),
        ("<= 4 G", "is no expectation", "<= 4 G"),
        ("mcas <= 4 G", "nothing is called `mcas`", "mcas"),
        ("macs <= 4 furlongs", "`furlongs` is no unit", "<= 4 furlongs"),
        ("macs => 5", "`> 5` is not a number", "=> 5"),
        ("macs [3]", "`[3]` is not a number", "[3]"),
        ("output: [10", "expected `,` or `]`", "[10"),
        ("output: [n, 3]", "`n` is not a size", "[n, 3]"),
        ("output all", "`all` is not a size", "all"),
        ("output: {a: 1}", "a mapping is not a size", "{a: 1}"),
        ("receptive_field &a [1]", "", "&a [1]"),
    ],
)
def test_a_wrong_expectation_is_shown_with_a_caret(text: str, message: str, at: str) -> None:
    with pytest.raises(SpecError) as caught:
        promised([text])
    (one,) = caught.value.diagnostics
    assert message in one.message
    assert one.source is not None
    assert one.span is not None
    assert (one.source.name, text[one.span.column : one.span.end]) == ("--expect", at)
    assert one.help


def test_all_wrong_expectations_are_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        promised(["a 1", "params 3", "b 2", "a 1"])
    assert len(caught.value.diagnostics) == 2


@given(st.text() | st.from_regex(r"(params|output|weights)\s*[:=<>~]*\s*[\[\]0-9a-zA-Z, .%±]*", fullmatch=True))
def test_whatever_is_expected_is_read_or_refused(text: str) -> None:
    try:
        assert len(promised([text])) == 1
    except SpecError as error:
        safe(str(error))


def test_what_is_expected_on_the_command_line_points_there_for_people_and_at_the_spec_for_machines(run: Callable[..., Ran]) -> None:
    write("a.yaml", "# a comment\n" + NET)
    args = ("a.yaml", "--expect", "layers <= 1")
    assert "--> --expect:1:1\n1 | layers <= 1\n" in run(*args).out
    assert run(*args, "-f", "github").out.startswith("::error file=a.yaml,line=2,endLine=2,col=1,")
    assert run("a.yaml#small", *args[1:], "-f", "github").out.startswith("::error file=a.yaml,line=4,endLine=4,col=12,")
    (result,) = json.loads(run(*args, "-f", "sarif").out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert lines(run(*args, "-f", "json").out) == {2, 4}
    assert lines(run("a.yaml#small", *args[1:], "-f", "json").out) == {4}


def test_one_expectation_of_two_files_is_two_things(run: Callable[..., Ran]) -> None:
    write("a.yaml")
    write("b.yaml")
    ran = run("a.yaml", "b.yaml", "--expect", "layers <= 1", "-f", "github")
    assert re.findall("file=(.).yaml", ran.out) == ["a", "b"]


def test_what_is_not_known_does_not_hold(run: Callable[..., Ran]) -> None:
    unknown = "input: {words: {n: 6, d: 5}}\nlayers: [graph_conv: {out: 5, edges: 9}]\nexpect: {receptive_field: 3}\n"
    ran = run(write("a.yaml", unknown))
    assert (ran.code, "expected [3], but it is not known" in ran.out) == (1, True)


# ---- baselines


def test_a_baseline_is_recorded_and_kept(run: Callable[..., Ran]) -> None:
    write("nets/a.yaml")
    ran = run("nets", "--baseline", "kept/b.json", "--record")
    assert (ran.code, "kept" in ran.err) == (2, True), "the folder is not there"
    ran = run("nets", "--baseline", "b.json", "--record")
    assert (ran.code, ran.err) == (0, "note: recorded in b.json: nets/a.yaml, nets/a.yaml#small, nets/a.yaml#same\n")
    assert json.loads(Path("b.json").read_text(encoding="utf-8")) == {
        "format": "archcalc.baseline/1",
        "networks": {
            "nets/a.yaml": {"params": 112, "macs": 3888, "model_size_bytes": 448, "activations": 336, "peak_activation": 336},
            "nets/a.yaml#same": {"params": 112, "macs": 3888, "model_size_bytes": 448, "activations": 336, "peak_activation": 336},
            "nets/a.yaml#small": {"params": 56, "macs": 1944, "model_size_bytes": 224, "activations": 264, "peak_activation": 264},
        },
    }
    ran = run("nets", "--baseline", "b.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("3 networks, 27 expectations: all hold\n")
    assert sorted(path.name for path in Path().iterdir()) == ["b.json", "nets"]


def test_growth_is_found_and_shown_where_the_network_begins(run: Callable[..., Ran]) -> None:
    write("a.yaml")
    run("a.yaml", "--baseline", "b.json", "--record")
    write("a.yaml", NET.replace("w: 2", "w: 3").replace("params: 56", "params: 84"))
    ran = run("a.yaml", "--baseline", "b.json")
    assert ran.code == 1
    assert "error[E702]: params: expected <= 56 (baseline), got 84 (+28, +50.00 %)\n --> a.yaml:3:12\n" in ran.out
    assert "= note: in small\n" in ran.out
    assert run("a.yaml", "--baseline", "b.json", "--grow", "50").code == 0
    assert run("a.yaml", "--baseline", "b.json", "--grow", "50%").code == 0
    ran = run("a.yaml", "--baseline", "b.json", "--grow", "49.999999")
    assert (ran.code, "expected <= 56 + 50 % (baseline)" in ran.out) == (1, True)
    write("a.yaml", NET.replace("w: 2", "w: 1").replace("params: 56", "params: 28"))
    assert run("a.yaml", "--baseline", "b.json").code == 0, "less is well"


def test_a_baseline_is_the_same_from_everywhere(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    write("nets/a.yaml")
    Path("deep").mkdir()
    run("nets/a.yaml", "vgg16", "--baseline", "b.json", "--record")
    recorded = Path("b.json").read_text(encoding="utf-8")
    monkeypatch.chdir("deep")
    ran = run("../nets", "vgg16", "--baseline", "../b.json")
    assert (ran.code, ran.err) == (0, "")
    run("vgg16", "../nets", "--baseline", "../b.json", "--record")
    assert Path("../b.json").read_text(encoding="utf-8") == recorded


def test_what_is_new_or_gone_is_said(run: Callable[..., Ran]) -> None:
    for name in "abcd":
        write(f"{name}.yaml")
    run(".", "--baseline", "b.json", "--record")
    write("a.yaml", NET.replace(", same: {}", ""))
    write("e.yaml")
    Path("d.yaml").unlink()
    ran = run(".", "--baseline", "b.json")
    assert ran.code == 0
    assert ran.err == (
        "note: not in b.json: e.yaml, e.yaml#small, e.yaml#same\n"
        "note: in b.json, but no longer there: a.yaml#same, d.yaml, d.yaml#same and 1 more\n"
    )
    ran = run("b.yaml", "c.yaml#small", "--baseline", "b.json")
    assert (ran.code, ran.err) == (0, "note: in b.json, but no longer there: d.yaml, d.yaml#same, d.yaml#small\n"), "what was not asked for"


def test_nothing_is_recorded_while_a_spec_is_broken(run: Callable[..., Ran]) -> None:
    write("a.yaml", MISSED)
    assert run("a.yaml", "--baseline", "b.json", "--record").code == 1, "what does not hold can be recorded"
    before = Path("b.json").read_text(encoding="utf-8")
    write("b.yaml", BROKEN)
    ran = run("a.yaml", "b.yaml", "--baseline", "b.json", "--record")
    assert (ran.code, ran.err) == (2, "note: nothing is recorded, since a spec is broken\n")
    assert Path("b.json").read_text(encoding="utf-8") == before
    assert not list(Path().glob(".*"))


def test_a_baseline_behind_a_link_stays_behind_it(run: Callable[..., Ran]) -> None:
    write("a.yaml")
    Path("real.json").write_text("old", encoding="utf-8")
    Path("b.json").symlink_to("real.json")
    assert run("a.yaml", "--baseline", "b.json", "--record").code == 0
    assert Path("b.json").is_symlink()
    assert json.loads(Path("real.json").read_text(encoding="utf-8"))["format"] == "archcalc.baseline/1"


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ("", "is no baseline"),
        ("{", "is no baseline"),
        ("[]", "is no baseline"),
        ("[" * 100_000, "is no baseline"),
        ('{"networks": {}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1"}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": 3}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": {"params": "3"}}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": {"params": 3.5}}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": {"params": true}}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": {"params": -1}}}', "is no baseline"),
        ('{"format": "archcalc.baseline/1", "networks": {"a.yaml": {"parms": 1}}}', "is no baseline"),
        ('{"format": "archcalc.baseline/2", "networks": {}}', "is of format archcalc.baseline/2"),
        (b"\xff\xfe", "is no baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(holds: str | bytes, said: str, run: Callable[..., Ran]) -> None:
    write("a.yaml")
    Path("b.json").write_bytes(holds if isinstance(holds, bytes) else holds.encode())
    ran = run("a.yaml", "--baseline", "b.json")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "--record" in ran.err


def measured(**figures: int | None) -> Checked:
    """Make a network with these figures."""
    (one, *_) = check(write("a.yaml"), Task())
    return replace(one, outcomes=(), figures=dict.fromkeys(GROWING, 0) | figures)


def test_what_was_known_and_is_not_any_more_does_not_hold() -> None:
    old = Baseline(Path("b.json"), {"a.yaml": {"macs": 5, "params": None, "activations": 0}})
    (missed,) = old.compare(measured(macs=None, params=7)).missed
    assert missed.diagnostic.message == "macs: expected <= 5 (baseline), but it is not known now"
    assert (missed.got, missed.percent) == (None, None)
    (grown,) = old.compare(measured(macs=5, activations=1)).missed
    assert grown.diagnostic.message == "activations: expected <= 0 (baseline), got 1 (+1)"


def test_what_is_not_known_is_recorded_as_such(tmp_path: Path) -> None:
    old = Baseline(Path("b.json"), {})
    with (tmp_path / "b.json").open("w") as out:
        old.write([measured(macs=None)], out)
    assert Baseline.read(Path("b.json"), Fraction()).networks["a.yaml"]["macs"] is None


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.integers(0, 10**9), st.integers(0, 9))
def test_growth_is_compared_exactly(was: int, got: int, digits: int, decimals: int) -> None:
    percent = Fraction(digits, 10**decimals)
    (one,) = Baseline(Path("b.json"), {"-": {"params": was}}, percent).compare(holding(got)).outcomes
    assert one.held == (100 * got <= was * (100 + percent))


def holding(got: int) -> Checked:
    document = spec(NET).document
    return Checked(name="-", asked="-", source="<stdin>", place=document.place, figures=dict.fromkeys(GROWING, got))


# ---- several at once


def test_results_survive_the_way_between_processes(run: Callable[..., Ran]) -> None:
    names = [write("good.yaml"), write("missed.yaml", MISSED), write("broken.yaml", BROKEN), "nowhere.yaml", "vgg61"]
    names.append(write("many.yaml", "input: [3]\nlayers:\n" + "  - rleu\n" * 50))
    task = Task(promised(["layers <= 1", "output: [4, 6, 6]"]))
    for name in names:
        results = tuple(check(name, task))
        assert pickle.loads(pickle.dumps(results)) == results  # noqa: S301 - our own
        assert pickle.loads(pickle.dumps(task)) == task  # noqa: S301
    for format_ in FORMATS:
        alone, aside = (run(*names, "--format", format_, "--jobs", jobs, "--expect", "layers <= 1") for jobs in "14")
        assert alone == aside
        assert alone.code == 2


def dies(*_: object) -> object:
    os._exit(1)


def test_a_process_that_dies_is_said(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    names = [write(f"{i}.yaml") for i in range(4)]
    monkeypatch.setattr(COMMAND, "_one", dies)
    ran = run(*names, "--jobs", "2")
    assert ran.code == 2
    assert "a process ended before its work was done" in ran.err


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("everywhere", [False, True], ids=["the process", "the terminal"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_all_of_it(jobs: int, everywhere: bool) -> None:  # noqa: FBT001
    slow = "input: [8]\nlayers:\n  - {repeat: 9000, layers: [relu, tanh, relu, tanh, relu, tanh, relu, tanh, relu, tanh]}\n"
    names = [write(f"{i}.yaml", slow) for i in range(8)]
    with subprocess.Popen(
        [sys.executable, "-m", "archcalc", "check", *names, "--jobs", str(jobs), "--output", "out.txt"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, **here()}, start_new_session=True,
    ) as running:  # fmt: skip
        waited = time.monotonic() + 30
        while time.monotonic() < waited and not (len(children(running.pid)) == jobs if jobs > 1 else list(Path().glob(".out*"))):
            time.sleep(0.05)
        time.sleep(0.3)
        helpers = children(running.pid)
        (os.killpg if everywhere else os.kill)(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (130, "", "")
    assert len(helpers) == (jobs if jobs > 1 else 0)
    assert not any(map(alive, helpers))
    assert {path.name for path in Path().iterdir()} == set(names), "nothing half done is left"


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("name", FORMATS)
def test_a_closed_pipe_is_no_matter(name: str, jobs: str) -> None:
    names = [write(f"{i}.yaml", MISSED) for i in range(8)]
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "archcalc", "check", *names, "-f", name, "-j", jobs],
        stdout=writer, stderr=subprocess.PIPE, check=False, env={**os.environ, **here()}, timeout=120,
    )  # fmt: skip
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (PIPE, b"")


# ---- files, screens


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_written_whatever_does_not_hold(name: str, run: Callable[..., Ran]) -> None:
    files = [write("a.yaml", MISSED), write("b.yaml", BROKEN)]
    Path("out").write_text("old", encoding="utf-8")
    shown = run(*files, "--format", name)
    assert run(*files, "--format", name, "--output", "out") == (2, "", "")
    assert Path("out").read_text(encoding="utf-8") == shown.out
    assert run(*files, "--expect", "nothing", "--format", name, "--output", "out").out == ""
    assert Path("out").read_text(encoding="utf-8") == shown.out, "left alone where the command is wrong"
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", "b.yaml", "out"]


def test_people_see_a_bar_where_nothing_else_moves() -> None:
    folder = Path.cwd()
    for i in range(9):
        write(f"nets/{i}.yaml")
    nets, out = str(folder / "nets"), str(folder / "out.json")
    for jobs in "12":
        assert "━" in at_terminal(80, "check", nets, "-f", "json", "-o", out, "-j", jobs, TERM="xterm")
        assert json.loads(Path(out).read_text(encoding="utf-8"))["totals"]["networks"] == 27
    shown = at_terminal(80, "check", nets, TERM="xterm", NO_COLOR="1")
    assert "━" not in shown, "the lines themselves show how far it is"
    assert "27 networks, 108 expectations: all hold" in shown


def test_marks_can_be_told_apart_in_ascii() -> None:
    write("a.yaml")
    write("b.yaml", MISSED)
    ran = subprocess.run(
        [sys.executable, "-m", "archcalc", "check", "a.yaml", "b.yaml"],
        capture_output=True, check=False, encoding="ascii", env={**os.environ, **here(), "PYTHONIOENCODING": "ascii"}, timeout=60,
    )  # fmt: skip
    assert re.findall("^(ok|x) +[ab].yaml", ran.stdout, re.MULTILINE) == ["ok", "x"]


def test_a_file_that_expects_nothing_says_so(run: Callable[..., Ran]) -> None:
    write("a.yaml", "input: [3]\nlayers: [relu]\n")
    assert run("a.yaml") == (0, "✓ a.yaml  nothing is expected\n1 network, 0 expectations: all hold\n", "")


# ---- JSON


def test_json(run: Callable[..., Ran]) -> None:
    write("a.yaml", MISSED)
    write("b.yaml", BROKEN)
    made = json.loads(run("a.yaml#same", "b.yaml", "--format", "json").out)
    assert made["format"] == "archcalc.check/1"
    assert made["totals"] == {"networks": 2, "expectations": 4, "missed": 1, "broken": 1}
    first, second = made["networks"]
    assert {key: first[key] for key in ("name", "source", "variant", "held", "errors")} == {
        "name": "a.yaml#same", "source": "a.yaml", "variant": "same", "held": False, "errors": [],
    }  # fmt: skip
    by_key = {(one["path"], one["key"]): one for one in first["expectations"]}
    assert by_key["", "params"]["message"] == "params: expected 113, got 112 (-1, -0.88 %)"
    assert [by_key["", "params"][key] for key in ("file", "line", "column", "end_column")] == ["a.yaml", 8, 18, 21]
    assert by_key["first", "output"] | {"line": 0} == {
        "key": "output", "path": "first", "expected": "[w, 6, 6]", "got": [4, 6, 6], "held": True, "percent": None, "message": "",
        "file": "a.yaml", "line": 0, "column": 63, "end_column": 72,
    }  # fmt: skip
    assert second["errors"][0]["help"] == "did you mean `kernel`?"


# ---- JUnit, by the schema of Jenkins (xunit-plugin's junit-10.xsd)

ELEMENTS = {
    "testsuites": ({"testsuite"}, set[str](), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    ),
    "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name"}, {"time", "classname", "group"}),
    "failure": (set[str](), set[str](), {"type", "message"}),
    "error": (set[str](), set[str](), {"type", "message"}),
}  # children, attributes that must be there, attributes that may


def junit(out: str) -> ET.Element:
    """Read a report, and hold it against the schema and its own counts."""
    root = ET.fromstring(out)  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for element in root.iter():
        children_, needed, allowed = ELEMENTS[element.tag]
        assert {child.tag for child in element} <= children_
        assert needed <= set(element.attrib) <= needed | allowed
    for suite in (root, *root):
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.attrib[attribute]) == len(list(suite.iter(tag)))
    for suite in root:
        names = [case.attrib["name"] for case in suite]
        assert len(set(names)) == len(names)
        assert {case.attrib["classname"] for case in suite} == {suite.attrib["name"]}
    return root


def test_junit(run: Callable[..., Ran]) -> None:
    write("a.yaml", MISSED)
    write("b.yaml", BROKEN)
    args = ("--expect", "params 113", "--expect", "params: 113", "--format", "junit")
    root = junit(run("a.yaml", "b.yaml", "nowhere.yaml", *args).out)
    assert root.attrib == {"name": "archcalc", "tests": "23", "failures": "8", "errors": "2"}
    assert [suite.attrib["name"] for suite in root] == ["a.yaml", "a.yaml#small", "a.yaml#same", "b.yaml", "nowhere.yaml"]
    assert root[0].attrib["file"] == "a.yaml"
    assert sorted(case.attrib["name"] for case in root[0]) == [
        "can be worked out", "first: output [w, 6, 6]", "macs <= 4 k", "output [w, 6, 6]", "params 113", "params 113 (2)", "params 113 (3)",
    ]  # fmt: skip
    failure = root[0][1][0]
    assert failure.attrib == {"message": "params: expected 113, got 112 (-1, -0.88 %)", "type": "E701"}
    assert "a.yaml:8:18" in (failure.text or "")
    assert junit(run("a.yaml#small", "--format", "junit").out).attrib["failures"] == "0"


# ---- SARIF, by what the standard asks for (OASIS, SARIF 2.1.0), and what it allows

MEMBERS = {
    "log": ({"version", "runs"}, {"$schema", "inlineExternalProperties", "properties"}),
    "run": ({"tool"}, {"results", "columnKind", "invocations", "artifacts", "originalUriBaseIds", "automationDetails", "properties"}),
    "driver": ({"name"}, {"version", "semanticVersion", "informationUri", "rules", "organization", "properties"}),
    "rule": ({"id"}, {"name", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration", "properties"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "kind", "locations", "partialFingerprints", "properties"}),
    "region": (set[str](), {"startLine", "startColumn", "endLine", "endColumn", "snippet", "properties"}),
}  # what must be there, what may


def member(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    needed, allowed = MEMBERS[kind]
    assert needed <= set(value) <= needed | allowed, kind
    return value


def sarif(out: str) -> list[dict[str, Any]]:
    """Read a log, hold it against the standard, and give its results."""
    log = member("log", json.loads(out))
    assert log["version"] == "2.1.0"
    (run,) = (member("run", run) for run in log["runs"])
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert set(run["tool"]) == {"driver"}
    rules = [member("rule", rule)["id"] for rule in member("driver", run["tool"]["driver"])["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        member("result", result)
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert not re.search(r"(?<!\{)\{(\{\{)*[0-9]", result["message"]["text"]), "a placeholder (3.11.5)"
        assert "](" not in result["message"]["text"], "a link (3.11.6)"
        for location in result.get("locations", []):
            physical = location["physicalLocation"]
            uri, region = physical["artifactLocation"]["uri"], member("region", physical["region"])
            assert re.fullmatch(r"(file:///)?[\w.~!$&'()*+,;=@:/%-]+", uri, re.ASCII), "characters of a reference (RFC 3986)"
            assert ":" not in uri.removeprefix("file:").partition("/")[0], "a relative one has no colon in its first part"
            assert region["startLine"] >= 1
            assert 1 <= region["startColumn"] < region["endColumn"]
    results: list[dict[str, Any]] = run["results"]
    return results


def test_sarif(run: Callable[..., Ran]) -> None:
    write("nets/a b.yaml", MISSED)
    write("b.yaml", BROKEN)
    results = sarif(run("nets/a b.yaml", "b.yaml", "nowhere.yaml", "--format", "sarif").out)
    assert [one["ruleId"] for one in results] == ["E701", "E231", "E112"]
    first = results[0]
    assert first["message"]["text"] == "params: expected 113, got 112 (-1, -0.88 %)\nin the default, same"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "nets/a%20b.yaml"},
        "region": {"startLine": 8, "startColumn": 18, "endColumn": 21},
    }
    assert "locations" not in results[2]
    assert sarif(run("nets/a b.yaml#small", "--format", "sarif").out) == []


# ---- GitHub's workflow commands, read as its runner reads them


class Annotation(NamedTuple):
    properties: dict[str, str]
    text: str


def github(out: str) -> list[Annotation]:
    """Read annotations as GitHub does; after them comes one line for people."""
    *commands, last = out.splitlines()
    assert re.fullmatch(r"[0-9,]+ networks?, [0-9,]+ expectations?: [a-z0-9', ]+", last)
    found = []
    for line in commands:
        assert line.startswith("::error "), line
        head, text = line.removeprefix("::error ").split("::", 1)
        properties = {key: plain(value, ",:") for key, value in (pair.split("=", 1) for pair in head.split(","))}
        assert set(properties) in ({"title"}, {"title", "file", "line", "endLine", "col", "endColumn"})
        if "line" in properties:
            line_, end, first, final = (int(properties[key]) for key in ("line", "endLine", "col", "endColumn"))
            assert 1 <= line_ == end
            assert 1 <= first <= final
        found.append(Annotation(properties, plain(text)))
    return found


def plain(text: str, more: str = "") -> str:
    assert not set(re.sub("%(25|0D|0A|3A|2C)", "", text)) & set("%\r\n" + more)
    return unquote(text)


def test_github(run: Callable[..., Ran]) -> None:
    write("a, b.yaml", MISSED)
    write("broken.yaml", BROKEN)
    first, second, third = github(run("a, b.yaml", "broken.yaml", "nowhere.yaml", "--format", "github").out)
    assert first == (
        {"file": "a, b.yaml", "line": "8", "endLine": "8", "col": "18", "endColumn": "20", "title": "An expectation does not hold (E701)"},
        "params: expected 113, got 112 (-1, -0.88 %)\nin the default, same",
    )
    assert second.properties["line"] == "6"
    assert second.text.endswith("\nhelp: did you mean `kernel`?")
    assert set(third.properties) == {"title"}
    assert github(run("a, b.yaml#small", "--format", "github").out) == []


@pytest.mark.parametrize("name", ["github", "sarif", "junit"])
def test_files_are_named_from_the_root_of_the_repository(name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    write("sub/nets/a.yaml", MISSED)
    root = Path.cwd()
    monkeypatch.chdir("sub")
    address = {"github": "file=(.*?),", "sarif": '"uri": "(.*?)"', "junit": ' file="(.*?)"'}[name]

    def named(file: str) -> set[str]:
        return set(re.findall(address, run(file, "--format", name).out))

    assert named("nets/a.yaml") == {"nets/a.yaml"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
    assert named("nets/a.yaml") == named(str(root / "sub/nets/a.yaml")) == named("../sub/nets/a.yaml") == {"sub/nets/a.yaml"}
    monkeypatch.setenv("GITHUB_WORKSPACE", "/elsewhere")
    assert named("nets/a.yaml") == {("file://" if name == "sarif" else "") + f"{root}/sub/nets/a.yaml"}


# ---- texts of somebody who means harm

TEXTS = [
    "]]></failure><script>alert(1)</script>", '"><x a="', "&amp;<!-- -->", "[bold red]red[/] :smile:", "[here](https://example.com)",
    "{0} {1}", "100%0A::error::x", "::set-output name=x::y", "##[error]x", "a,b:c=d%", "\\u202e\\u2066", "é∂ 한글 🎉",
]  # fmt: skip


def safe(out: str) -> None:
    assert out.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_spec_means_anything(text: str, run: Callable[..., Ran]) -> None:
    quoted = json.dumps(text, ensure_ascii=False)
    write("kind.yaml", f"name: {quoted}\ninput: [3]\nlayers: [{quoted}]\n")
    write("name.yaml", f"input: [3]\nlayers:\n  - {{name: {quoted}, relu: , expect: {{params: 1}}}}\n")
    write("note.yaml", f"input: [3]\nlayers: [relu: {{{quoted}: 1}}]\nmeta: {{{quoted}: 1}}\n")
    write("value.yaml", f"input: [3]\nlayers: [linear: 3]\nexpect: {{params: {quoted}}}\n")
    every(["kind.yaml", "name.yaml", "note.yaml", "value.yaml"], run)


FILES = [
    "a\x1b[31mred.yaml", "a\nb.yaml", "::error::x.yaml", "%0A.yaml", "a,b:c=d.yaml", "<b>&'\".yaml", "a#b.yaml", "[bold]x[/bold].yaml",
    "](x).yaml", "{0}.yaml", "\u202egnp.yaml", " .yaml", "a\\b.yaml", "\udcff.yaml", "#.yaml", "한글.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_no_name_of_a_file_means_anything(name: str, run: Callable[..., Ran]) -> None:
    for text in (MISSED, BROKEN):
        try:
            write(f"nets/{name}", text)
        except (OSError, UnicodeError):
            pytest.skip("no such name here")
        every(["nets"], run)
        every([f"nets/{name}"], run)


def every(names: list[str], run: Callable[..., Ran]) -> None:
    """Check that each format stays what it is, to the screen and to a file."""
    codes = set()
    for name in FORMATS:
        ran = run(*names, "--format", name, "--expect", "layers <= 0")
        assert ran.err == ""
        codes.add(ran.code)
        safe(ran.out)
        {"junit": junit, "sarif": sarif, "github": github, "json": json.loads}.get(name, str)(ran.out)  # type: ignore[operator]
        assert run(*names, "--format", name, "--output", "result", "--expect", "layers <= 0").code == ran.code
        assert Path("result").read_text(encoding="utf-8") == ran.out
        Path("result").unlink()
    assert codes <= {1, 2}
    assert len(codes) == 1


def test_notes_are_safe_too(run: Callable[..., Ran]) -> None:
    write("nets/\x1b[31m.yaml")
    ran = run("nets", "--baseline", "b.json", "--record")
    assert "\\x1b[31m" in ran.err
    safe(ran.err)


def test_diagnostics_of_the_default_and_of_variants_are_told_apart() -> None:
    networks = list(check(write("a.yaml", MISSED), Task()))
    assert [one.networks for one in wrongs(networks)] == ["in the default, same"]
    assert [one.networks for one in wrongs(networks[:1])] == [""]
    assert [one.networks for one in wrongs(networks[2:])] == ["in same"]


# ---- start-up

MINE = ("archcalc.check", "archcalc.report.verdicts", "multiprocessing", "concurrent.futures.process", "xml.sax", "urllib.request")


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("check", "--help"), ("summarize", "vgg16"), ("zoo", "--names")])
def test_nothing_of_this_is_imported_by_others(args: tuple[str, ...]) -> None:
    assert [name for name in modules(*args) if name.startswith(MINE)] == []


def test_a_format_imports_what_it_needs() -> None:
    plain_ = modules("check", "specs/lenet5.yaml", "--format", "json")
    assert not [name for name in plain_ if name.startswith(("rich", "multiprocessing", "xml", "concurrent.futures.process"))]
    assert not {f"archcalc.report.verdicts.{name}" for name in ("text", "junit", "sarif", "github")} & plain_


def test_help_names_every_format() -> None:
    ran = archcalc("check", "--help")
    assert "|".join(FORMATS) in ran.stdout
    assert "\n  archcalc check specs\n" in ran.stdout


def test_shells_complete_formats() -> None:
    words = "archcalc check -f "
    ran = archcalc(COMP_WORDS=words, COMP_CWORD="3", _ARCHCALC_COMPLETE="complete_bash")
    assert ran.stdout.split() == FORMATS


# ---- what others run

ACTION, WORKFLOW, HOOKS = (
    ROOT / name for name in (".github/actions/check/action.yml", ".github/workflows/specs.yml", ".pre-commit-hooks.yaml")
)


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_hook_has_what_pre_commit_needs() -> None:
    (hook,) = loaded(HOOKS)
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("archcalc-check", "python", False)
    command, *args = shlex.split(hook["entry"])
    assert command == "archcalc"
    assert archcalc(*args, "--help").returncode == 0
    assert archcalc(*args, "specs/lenet5.yaml", *hook["args"][1:]).returncode == 0
    assert (ROOT / hook["args"][0]).is_dir()


def steps(runs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step in runs["steps"]:
        assert ("run" in step) != ("uses" in step)
        yield step


def test_the_action_has_what_github_needs() -> None:
    action = loaded(ACTION)
    assert {"name", "description", "runs"} <= set(action)
    assert action["runs"]["using"] == "composite"
    assert {"specs", "format", "output", "arguments", "python-version"} == set(action["inputs"])
    assert all(given["description"] and "default" in given for given in action["inputs"].values())
    text = ACTION.read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    for step in steps(action["runs"]):
        assert "run" not in step or step["shell"] == "bash", "a composite action needs to be told"
        assert "${{" not in step.get("run", ""), "what is given is no part of a script"
        assert "uses" not in step or re.fullmatch(r"actions/[\w-]+@v[0-9]+", step["uses"])


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({}, 0, "expectations: all hold"),
        ({"SPECS": "specs/lenet5.yaml 'specs/vgg*.yaml'", "ARGUMENTS": '--expect "params <= 100 k" --jobs 2'}, 1, "::error file=specs/vgg"),
        ({"SPECS": "specs/lenet5.yaml", "FORMAT": "json", "OUTPUT": "{tmp}/o.json"}, 0, ""),
        ({"SPECS": "'no such; exit 0'"}, 2, "::error title=What was asked for is not there"),
    ],
)
def test_the_action_does_what_it_says(given: dict[str, str], code: int, said: str, tmp_path: Path) -> None:
    action = loaded(ACTION)
    script = next(step for step in steps(action["runs"]) if step["name"] == "Check specs")
    defaults = {name.upper(): given_["default"] for name, given_ in action["inputs"].items() if name != "python-version"}
    assert set(defaults) <= set(script["env"])
    environment = {**os.environ, **defaults, **{name: text.replace("{tmp}", str(tmp_path)) for name, text in given.items()}}
    ran = subprocess.run(
        ["/bin/bash", "-c", script["run"]], capture_output=True, check=False, cwd=ROOT, encoding="utf-8", timeout=120,
        env={**environment, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "GITHUB_WORKSPACE": str(ROOT)},
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (code, "")
    assert said in ran.stdout
    assert ("OUTPUT" in given) == (tmp_path / "o.json").exists()


def test_the_workflow_has_what_github_needs() -> None:
    workflow = loaded(WORKFLOW)
    triggers = workflow[True]  # what YAML 1.1 makes of `on`
    assert {"push", "pull_request", "workflow_dispatch"} == set(triggers)
    assert workflow["permissions"] == {"contents": "read"}
    action = loaded(ACTION)
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        uses = [step["uses"] for step in steps(job)]
        assert uses[0].startswith("actions/checkout@v")
        assert "./.github/actions/check" in uses
        for step in steps(job):
            if step["uses"].startswith("./"):
                assert (ROOT / step["uses"] / "action.yml").is_file()
                assert set(step["with"]) <= set(action["inputs"])
                assert step["with"].get("format", "github") in FORMATS
    scan = workflow["jobs"]["scan"]
    assert scan["permissions"]["security-events"] == "write"
    *_, checked, uploaded = steps(scan)
    assert checked["with"]["output"] == uploaded["with"]["sarif_file"]
    assert checked["continue-on-error"] is True


def test_the_readme_names_options_that_exist() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Specs that hold in CI\n")[2].partition("\n## ")[0]
    shown = archcalc("check", "--help").stdout
    named = set(re.findall(r"(?<!-)--[a-z][a-z-]+", section))
    assert {"--baseline", "--expect", "--grow", "--record", "--format", "--jobs", "--output"} <= named
    assert all(option in shown for option in named)
    snippets = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]
    (hook,) = snippets[0]["repos"][0]["hooks"]
    assert hook["id"] == loaded(HOOKS)[0]["id"]
    assert set(snippets[1][0]["with"]) <= set(loaded(ACTION)["inputs"])
    assert snippets[1][0]["uses"].split("/", 2)[2].partition("@")[0] == ACTION.parent.relative_to(ROOT).as_posix()
