"""Unlucky input by hand: numbers that no float is, names that spreadsheets run, files that lead elsewhere or go away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from helpers import calculate
from oracle import call

from archcalc.spec.diagnostics import SpecError
from archcalc.spec.files import read_text

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 10**18 - 1


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (str(LARGE), LARGE),
        ("10**18", 10**18),
        (f"({LARGE} - 1) / 2", (LARGE - 1) // 2),
        (f"round({LARGE})", LARGE),
        (str(2**53 + 1), 2**53 + 1),
    ],
)
def test_whole_numbers_are_exact(written: str, size: int) -> None:
    made = calculate(f"vars: {{w: {written}}}\ninput: [w]\nlayers: [linear: {{out: w, bias: false}}]\n")
    assert made.totals.params == size**2
    assert calculate("input: [8]\nlayers: [relu]\n", inputs={"": str(size)}).layers[0].output == (size,)


@pytest.mark.parametrize("option", ["--set", "--input"])
@pytest.mark.parametrize("value", [str(10**18 + 1), "9" * 100_000, "1e999"])
def test_numbers_beyond_are_refused_wherever_they_stand(option: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: {t: {w: 8}}\nlayers: [linear: w]\n")
    ran = call("summarize", str(path), option, f"{'w' if option == '--set' else 't'}={value}")
    assert ran.code == 2
    assert "error[E" in ran.err
    assert len(ran.err) < 1_000


@pytest.mark.parametrize("name", ["=cmd()", "+1+A1", "@SUM(1)", "-x"])
def test_no_name_is_a_formula_in_a_spreadsheet_and_worksheets_are_read_back(name: str, tmp_path: Path) -> None:
    path, sheet = tmp_path / "net.yaml", tmp_path / "sheet.csv"
    path.write_text(f"input: [8]\nlayers: [{{name: '{name}', linear: 8}}]\n")
    for line in call("summarize", str(path), "--format", "csv").out.splitlines():
        assert not line.startswith(("=", "+", "@", "-"))
    asked = call("worksheet", str(path), "--columns", "layer,params").out
    sheet.write_text(asked.replace(f"'{name},", f"'{name},72"))
    graded = call("grade", str(path), str(sheet))
    assert "1 of 1" in graded.out or graded.code == 0, graded
    assert "E8" not in graded.err


TRICKS = ["../other.yaml", "/etc/passwd", "link.yaml", "folder/../../other.yaml", "inner/link.yaml", "/proc/self/environ", "/dev/zero"]


@pytest.mark.parametrize("used", TRICKS)
def test_files_are_used_from_beside_the_spec_alone(used: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (tmp_path / "other.yaml").write_text("blocks: {B: {layers: [relu]}}\n")
    (home / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (home / "inner").symlink_to(tmp_path)
    (tmp_path / "link.yaml").symlink_to(tmp_path / "other.yaml")
    path = home / "net.yaml"
    path.write_text(f"use: ['{used}']\ninput: [8]\nlayers: [relu]\n")
    ran = call("summarize", str(path))
    assert ran.code == 2
    assert ran.err.startswith("error[E227]"), ran.err
    assert "net.yaml:1:7" in ran.err
    allowed = call("summarize", str(path), "--allow-outside")
    assert allowed.code == (0 if "yaml" in used else 2), allowed.err


@pytest.mark.parametrize("what", ["pipe", "folder", "loop", "gone"])
def test_what_is_no_file_is_not_used(what: str, tmp_path: Path) -> None:
    used = tmp_path / "used.yaml"
    match what:
        case "pipe":
            os.mkfifo(used)
        case "folder":
            used.mkdir()
        case "loop":
            used.symlink_to(used)
    path = tmp_path / "net.yaml"
    path.write_text("use: [used.yaml]\ninput: [8]\nlayers: [relu]\n")
    ran = call("summarize", str(path))
    assert (ran.code, ran.err[:11]) == (2, "error[E226]"), ran.err
    assert "net.yaml:1:7" in ran.err


def test_files_that_vanish_or_grow_while_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [8]\nlayers: [relu]\n")
    looked = os.stat

    def gone(name: str | Path, **more: bool) -> os.stat_result:
        found = looked(name, **more)
        path.unlink(missing_ok=True)
        return found

    def grown(name: str | Path, **more: bool) -> os.stat_result:
        found = looked(name, **more)
        path.write_bytes(b"#" * (1 << 21))
        return found

    for change, said in ((gone, "no such file"), (grown, "larger than 1 MiB")):
        path.write_text("input: [8]\nlayers: [relu]\n")
        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", change)
            with pytest.raises(SpecError, match=said):
                read_text(str(path))


ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202e"


@pytest.mark.parametrize(
    "args",
    [
        ("summarize", ESCAPES),
        ("summarize", f"./{ESCAPES}.yaml"),
        ("summarize", f"vgg16#{ESCAPES}"),
        ("summarize", "vgg16", "--set", f"{ESCAPES}=1"),
        ("summarize", "vgg16", "--set", f"classes={ESCAPES}"),
        ("summarize", "vgg16", "--input", f"{ESCAPES}=1"),
        ("summarize", "vgg16", "--dtype", ESCAPES),
        ("summarize", "vgg16", "--columns", ESCAPES),
        ("summarize", "vgg16", "--sort", ESCAPES),
        ("summarize", "vgg16", "--chart", ESCAPES),
        ("summarize", "vgg16", "--format", ESCAPES),
        ("summarize", "vgg16", "--depth", ESCAPES),
        ("summarize", "vgg16", "--output", f"/{ESCAPES}/x"),
        ("summarize", "vgg16", "--convention", ESCAPES),
        ("check", ESCAPES),
        ("check", "vgg16", "--expect", ESCAPES),
        ("check", "vgg16", "--baseline", ESCAPES),
        ("compare", "vgg16", ESCAPES),
        ("compare", "vgg16", "--with", ESCAPES),
        ("compare", "vgg16", "--against", ESCAPES),
        ("memory", "vgg16", "--until", ESCAPES, "--patches", "2"),
        ("train", "vgg16", "--checkpoint", ESCAPES),
        ("estimate", "vgg16", "--device", ESCAPES),
        ("infer", "gpt2", "--context", ESCAPES),
        ("explain", "vgg16", ESCAPES),
        ("reconcile", "vgg16", "--claim", ESCAPES),
        ("grade", "lenet5", ESCAPES),
        ("formulas", ESCAPES),
        ("zoo", ESCAPES),
        ("devices", ESCAPES),
        (ESCAPES,),
        ("summarize", f"--{ESCAPES}"),
    ],
)
def test_nothing_said_on_the_command_line_reaches_the_terminal_as_a_command(args: tuple[str, ...]) -> None:
    ran = call(*args)
    assert ran.code in {0, 2}
    assert not [c for c in ran.out + ran.err if not c.isprintable() and c != "\n"], repr(ran.err)
