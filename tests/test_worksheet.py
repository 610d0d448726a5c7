"""Empty sheets: what they ask, and that they come back as they went out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from helpers import archcalc
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import load, zoo
from archcalc.cli.worksheet import FORMATS as OFFERED
from archcalc.grading.grade import grade
from archcalc.grading.marking import Verdict
from archcalc.grading.quantities import asked
from archcalc.grading.worksheet import FORMATS, Worksheet
from archcalc.report.columns import COLUMNS, plain
from archcalc.spec.diagnostics import Source
from archcalc.spec.source import parse

ROOT = Path(__file__).parent.parent
ENDINGS = {"csv": "csv", "markdown": "md", "yaml": "yaml"}


def sheet(name: str, format: str, columns: str = "output,params,macs,rf", depth: int | None = None) -> str:  # noqa: A002
    out = io.StringIO()
    FORMATS[format](Worksheet.of(load(name).run(), *asked(columns), depth), out)
    return out.getvalue()


def test_one_line_for_each_layer_and_one_for_the_sums() -> None:
    assert sheet("lenet5", "csv").splitlines() == [
        "path,type,output,params,macs,receptive_field",
        "image,input,,,,",
        "conv_1,conv + tanh,,,,",
        "avg_pool_1,avg_pool,,,,",
        "conv_2,conv + tanh,,,,",
        "avg_pool_2,avg_pool,,,,",
        "conv_3,conv + tanh,,,,",
        "classifier.flatten_1,flatten,,,,",
        "classifier.linear_1,linear + tanh,,,,",
        "classifier.linear_2,linear,,,,",
        "total,,,,,",
    ]


def test_markdown_and_yaml() -> None:
    table = sheet("lenet5", "markdown", "params")
    assert "| conv_1               | conv + tanh   |        |\n" in table
    assert "## LeNet-5, specs/lenet5.yaml\n" in table.replace(str(ROOT) + "/", "")
    text = sheet("lenet5", "yaml", "output,params")
    assert "\nconv_1:  # conv + tanh\n  output:\n  params:\n" in text
    assert yaml.safe_load(text)["total"] == {"output": None, "params": None}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("depth", [None, 1, 99])
@pytest.mark.parametrize("name", [file.stem for file in zoo.files()])
def test_empty_sheets_are_read_back_with_everything_open(name: str, depth: int | None, format_: str) -> None:
    text = sheet(name, format_, "params,output", depth)
    grades = grade(load(name), Source(f"sheet.{ENDINGS[format_]}", text))
    assert grades.count(Verdict.OPEN) == 2 * len(grades.lines) > 2
    assert grades.count(*(verdict for verdict in Verdict if verdict is not Verdict.OPEN)) == 0


@pytest.mark.parametrize("name", ["lenet5", "resnet50", "gpt2"])
@pytest.mark.parametrize("format_", FORMATS)
def test_filled_sheets_are_all_right(name: str, format_: str) -> None:
    run = load(name).run()
    work = Worksheet.of(run, *asked("output,params,macs,rf,acts,live"), None)
    columns = {column.name: column for column in COLUMNS}
    total = run.totals()
    sums = {"params": total.params, "macs": total.macs, "activations": total.activations, "live": total.peak_activation}
    filled = {line.row.path: {q.name: plain(columns[q.name].value(line)) for q in work.asked} for line in work.lines[:-1]}
    filled["total"] = {key: str(n) for key, n in sums.items()}
    if format_ == "yaml":
        text = yaml.safe_dump(filled)
    elif format_ == "csv":
        text = "layer," + ",".join(q.name for q in work.asked) + "\n"
        text += "".join(f"{path}," + ",".join(of.get(q.name, "") for q in work.asked) + "\n" for path, of in filled.items())
    else:
        text = "| layer | " + " | ".join(q.title for q in work.asked) + " |\n|---|" + "---|" * len(work.asked) + "\n"
        text += "".join(f"| {path} | " + " | ".join(of.get(q.name, "") for q in work.asked) + " |\n" for path, of in filled.items())
    grades = grade(load(name), Source(f"sheet.{ENDINGS[format_]}", text))
    assert grades.count(Verdict.WRONG) == 0, [(line.asked.name, cell.quantity.name, cell.text) for line, cell in grades.wrong]
    assert grades.count(Verdict.RIGHT) > 3 * len(grades.lines)


def test_a_layer_may_be_called_total(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [8]\nlayers:\n  - {name: total, linear: 4}\n  - linear: 2\n", encoding="utf-8")
    text = sheet(str(spec), "csv", "params")
    assert "\n(total),,\n" in text
    filled = text.replace("(total),,", "(total),,46").replace("total,linear,", "total,linear,36")
    assert grade(load(spec), Source("a.csv", filled)).count(Verdict.RIGHT) == 2


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
@settings(max_examples=200)
def test_any_path_is_a_key_of_yaml(path: str) -> None:
    from archcalc.grading.worksheet import _key
    from archcalc.spec.diagnostics import visible

    assert list(parse(Source("a.yaml", f"{_key(path)}: 1\n")).value) == [visible(path)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("lenet5", "--columns", "prams"), "did you mean `params`"),
        (("lenet5", "--columns", "type"), "nothing is asked"),
        (("lenet5", "--depth", "0"), "--depth takes a number"),
        (("lenet5", "--format", "table"), "takes csv, markdown, yaml"),
        (("lenet55",), "no spec is called"),
    ],
)
def test_refusals(args: tuple[str, ...], words: str) -> None:
    done = archcalc("worksheet", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())


def test_there_and_back(tmp_path: Path) -> None:
    out = tmp_path / "homework.csv"
    assert archcalc("worksheet", "alexnet", "--columns", "all", "--depth", "all", "-o", str(out)).returncode == 0
    done = archcalc("grade", "alexnet", str(out))
    assert (done.returncode, "nothing is answered" in done.stdout) == (0, True)
    assert archcalc("worksheet", "-", text="input: [3]\nlayers: [linear: 2]\n").stdout.endswith("total,,,,,,\n")


def test_the_door_offers_every_format() -> None:
    assert tuple(FORMATS) == OFFERED
