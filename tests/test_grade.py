"""Answer sheets: what is right is called right, and what is wrong is traced to the mistake that gives it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers import archcalc
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import SpecError, load, zoo
from archcalc.grading.amounts import COUNTS, SHARES, SIZES
from archcalc.grading.claims import claims
from archcalc.grading.grade import Grades, grade
from archcalc.grading.ledger import Ledger
from archcalc.grading.marking import Verdict, mark
from archcalc.grading.mistakes import Case, Scene, named, singles
from archcalc.grading.quantities import QUANTITIES, Kind, read
from archcalc.report import csv_, markdown
from archcalc.report.columns import COLUMNS
from archcalc.report.grades import FORMATS, renderer
from archcalc.report.shapes import extents, shape
from archcalc.report.view import View
from archcalc.spec.diagnostics import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.api import Spec
    from archcalc.grading.grade import Marked
    from archcalc.grading.ledger import Asked, Part
    from archcalc.grading.quantities import Quantity

ROOT = Path(__file__).parent.parent
ANSWERS = Path(__file__).parent / "answers"
GOOD = {Verdict.RIGHT, Verdict.ROUNDED}


@cache
def network(name: str) -> Spec:
    """Load a network of the zoo, or one that stands beside the sheets."""
    return load(ANSWERS / name if ".yaml" in name else name)


def sheet(text: str, name: str = "answers.csv") -> Source:
    return Source(name, text)


def one(spec: str, line: str, quantity: str, text: str, **options: Any) -> Marked:
    """Grade a single answer."""
    out = io.StringIO()
    csv.writer(out).writerows([["layer", quantity], [line, text]])
    (graded,) = grade(network(spec), sheet(out.getvalue()), **options).lines
    (cell,) = graded.cells.values()
    return cell


def ids(cell: Marked) -> set[str]:
    """Give what an answer is traced to."""
    return {" + ".join(suspect.ids) for suspect in cell.suspects} | ({cell.claim.id} if cell.claim else set())


# ---- sheets with the figures of the course


@dataclass(frozen=True)
class Homework:
    """A sheet, and what is to be said of it."""

    of: str
    spec: str
    source: Source
    dtype: str
    wrong: dict[str, list[str]]
    unknown: dict[str, list[str]]


def cases() -> list[Homework]:
    found = []
    for entry in yaml.safe_load((ANSWERS / "cases.yaml").read_text(encoding="utf-8")):
        name = entry.get("sheet", "answers.yaml")
        text = (ANSWERS / name).read_text(encoding="utf-8") if "sheet" in entry else yaml.safe_dump(entry["answers"])
        named = (
            {key: value if isinstance(value, list) else [value] for key, value in entry.get(kind, {}).items()}
            for kind in ("wrong", "unknown")
        )
        found.append(Homework(entry["of"], entry["spec"], sheet(text, name), entry.get("dtype", "fp32"), *named))
    return found


def graded(case: Homework) -> Grades:
    return grade(network(case.spec), case.source, dtype=case.dtype)


#: Columns as cases name them.
SHORT = {"size": "model_size_bytes", "rf": "receptive_field"}


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.spec}: {case.of}")
def test_figures_of_the_course(case: Homework) -> None:
    found = {(line.asked.name, name): cell for line in graded(case).lines for name, cell in line.cells.items()}
    wrong = {}
    for key, mistakes in {**case.wrong, **case.unknown}.items():
        layer, _, column = key.rpartition(" ")
        wrong[layer, SHORT.get(column, column)] = mistakes
    assert not set(wrong) - set(found)
    for place, cell in found.items():
        if cell.verdict is not Verdict.OPEN:
            assert (cell.verdict in GOOD) == (place not in wrong), (place, cell.text, cell.verdict, cell.figure)
            assert set(wrong.get(place, ())) <= ids(cell), (place, ids(cell))


def test_every_sheet_is_used() -> None:
    listed = yaml.safe_load((ANSWERS / "cases.yaml").read_text(encoding="utf-8"))
    used = {entry.get("sheet") for entry in listed} | {entry["spec"].partition("#")[0] for entry in listed} | {"cases.yaml"}
    assert {file.name for file in ANSWERS.iterdir()} <= used


def test_claims_are_borne_out() -> None:
    """What a claim says is right is so in every network that it is made of, and what it says is wrong is named."""
    named = {case.spec.removesuffix(".yaml") for case in cases()} | set(zoo.names())
    for claim in claims():
        for name in claim.networks:
            assert name in named, name
            spec = f"{name}.yaml" if (ANSWERS / f"{name}.yaml").exists() else name
            for value in claim.values:
                cell = one(spec, claim.layer or "total", claim.quantity, value)
                assert cell.claim
                assert cell.claim.id == claim.id
            if claim.right:
                assert one(spec, claim.layer or "total", claim.quantity, claim.right).verdict in GOOD


# ---- mistakes


def said(quantity: Quantity, value: object) -> str:
    """Write a wrong figure as an answer; what nobody would write is left out."""
    if isinstance(value, tuple):
        return shape(value) if quantity.kind is Kind.SHAPE else extents(value)
    return str(value) if isinstance(value, int) else ""


def likeness(part: Part) -> tuple[object, ...]:
    """Give what tells operations apart that mistakes are made in differently."""
    op = part.step.op
    made = [window.made if window is not None else None for window in op.windows.values()]
    slides = [it and (type(it), it.kernel > 1, it.stride > 1, it.before > 0, it.dilation > 1) for it in made]
    shares = [op.sizes[axis] == 1 for axis in op.sizes if "/" in axis and op.sizes[axis] != op.sizes[axis.partition("/")[0]]]
    return op.kind, op.pattern, *op.weights, *op.buffers, *slides, *shares, bool(part.step.tied)


def lines() -> Iterator[tuple[Asked, Ledger]]:
    """Give lines of the zoo that differ in what can be mistaken, and all totals, with a batch of two."""
    known: set[tuple[object, ...]] = set()
    for file in zoo.files():
        ledger = Ledger(load(file.stem).run(batch=2))
        yield ledger.total(), ledger
        for name, asked in ledger.lines(part.row.path for part in ledger.parts).items():
            if (like := likeness(ledger.paths[name])) not in known:
                known.add(like)
                yield asked, ledger


def test_every_mistake_is_found_from_its_number_alone() -> None:
    met: set[tuple[object, ...]] = set()
    for asked, ledger in lines():
        scene = Scene(ledger, [asked])
        for quantity in (one for one in QUANTITIES.values() if one.name in asked.figures and one.kind not in {Kind.SHARE, Kind.SHAPES}):
            for suspect in singles(Case(quantity, read(quantity, "1"), asked, scene)):
                key = (suspect.ids, quantity.name, asked.total or asked.parts[0].step.op.kind)
                text = said(quantity, suspect.value)
                if key in met or not text:
                    continue
                case = Case(quantity, read(quantity, text), asked, scene)
                if mark(quantity, case.answer, asked, batch=2, precision="fp32") is Verdict.WRONG:
                    met.add(key)
                    assert suspect.ids in [one.ids for one in named(case)], (ledger.run.header.model, asked.name, quantity.name, suspect)
    assert len({key[0] for key in met}) > 60


TINY = """\
name: Tiny
vars: {pad: 1}
variants: {bare: {pad: 0}}
input: {image: [3, 33, 33]}
layers:
  - {name: a, conv: {out: 8, kernel: 3, stride: 2, norm: batch}}
  - {name: b, conv: {out: 8, kernel: 3, stride: 2, padding: pad, dilation: 2, act: relu}}
  - {name: c, max_pool: 2}
  - flatten
  - {name: d, linear: 10}
"""


@pytest.mark.parametrize(
    ("line", "quantity", "text", "mistake"),
    [
        ("a", "params", "216", "norm_forgotten"),
        ("a", "params", "224", "bn_2C_4C"),
        ("a", "params", "248", "bn_2C_4C"),
        ("a", "buffers", "16", "bn_2C_4C"),
        ("a", "output", "8x15x15", "plus1_forgotten"),
        ("a", "output", "8x31x31", "stride_ignored"),
        ("a", "output", "17x17x8", "padded_to_fit"),
        ("a", "output", "16x16x3", "channels_kept"),
        ("a", "macs", "55269", "transposed_digits"),
        ("a", "macs", "552960", "decimal_slip"),
        ("b", "output", "8x8x8", "dilation_ignored"),
        ("b", "output", "8x6x6", "padding_ignored"),
        ("b", "rf", "7", "dilation_ignored"),
        ("b", "rf", "16", "kernel_radius_rf"),
        ("b", "rf", "5", "own_window"),
        ("b", "stride", "2", "own_window"),
        ("b", "rf", "3", "layer_before"),
        ("c", "output", "8x4x4", "floor_vs_ceil"),
        ("c", "params", "4", "pool_params"),
        ("d", "params", "90", "flatten_forgotten"),
        ("d", "output", "72", "input_shape"),
        ("total", "params", "962", "line_forgotten"),
        ("total", "params", "1646", "one_digit"),
        ("total", "params", "1564", "transposed_digits"),
        ("total", "params", "730", "one_kind"),
        ("total", "size", "6.18 MB", "decimal_slip"),
        ("total", "size", "6.04 kB", "MB_MiB"),
        ("total", "size", "12.4 kB", "wrong_precision"),
        ("total", "size", "1546", "other_column"),
        ("total", "params", "1562", "bn_2C_4C"),
        ("total", "params", "1563", "bn_2C_4C"),
        ("total", "macs", "76,752", "variant"),
    ],
)
def test_mistakes_of_a_small_network(line: str, quantity: str, text: str, mistake: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    assert mistake in ids(one(str(tmp_path / "tiny.yaml"), line, quantity, text))


@pytest.mark.parametrize(
    ("line", "quantity", "text"), [("total", "params", "61,007"), ("conv_2", "output", "16x9x11"), ("conv_2", "rf", "77")]
)
def test_a_number_that_no_mistake_gives_is_just_wrong(line: str, quantity: str, text: str) -> None:
    cell = one("lenet5", line, quantity, text)
    assert (cell.verdict, cell.suspects, cell.claim) == (Verdict.WRONG, (), None)


def test_several_explanations_are_all_given_the_plainest_first() -> None:
    cell = one("alexnet", "conv2", "macs", "447,897,600")
    assert [suspect.ids[0] for suspect in cell.suspects] == ["mac_vs_flop", "groups_ignored", "variant"]
    assert not cell.sure
    assert one("alexnet", "conv2", "params", "153,856").sure


@pytest.mark.parametrize(("text", "mistake"), [("10", "kernel_radius_rf"), ("13", "own_stride_rf"), ("5", "stride_ignored")])
def test_two_convolutions_of_3_with_stride_2_see_7(text: str, mistake: str, tmp_path: Path) -> None:
    spec = tmp_path / "two.yaml"
    spec.write_text("input: [3, 33, 33]\nlayers: [{repeat: 2, conv: {out: 4, kernel: 3, stride: 2}}]\n", encoding="utf-8")
    assert one(str(spec), "total", "rf", "7").verdict is Verdict.RIGHT
    assert mistake in ids(one(str(spec), "total", "rf", text))


@pytest.mark.parametrize(
    ("line", "quantity", "text", "mistake"),
    [
        ("total", "macs", "724,406,816", "batch_forgotten"),
        ("conv1", "activations", "290,400", "batch_forgotten"),
        ("total", "live", "440,928", "batch_forgotten"),
        ("total", "activations", "932,264", "batch_forgotten"),
        ("fc8", "params", "32,776,000", "batch_on_weights"),
        ("total", "activations", "3.73 MB", "batch_forgotten"),
    ],
)
def test_mistakes_with_a_batch(line: str, quantity: str, text: str, mistake: str) -> None:
    assert mistake in ids(one("alexnet", line, quantity, text, batch=8))


def test_what_follows_from_a_wrong_answer_is_traced_to_it() -> None:
    text = 'layer,output,macs,params\nconv1,96x54x54,"101,616,768",\nfc6,,,"1,234"\ntotal,,,"1,234"\n'
    found = {line.asked.name: line.cells for line in grade(network("alexnet"), sheet(text)).lines}
    assert "carried" in ids(found["conv1"]["macs"])
    assert "carried" not in ids(found["conv1"]["output"])


def test_a_total_is_the_sum_of_what_stands_above() -> None:
    text = "layer,params,activations\nimage,0,1000\nconv_1,150,4704\nconv_2,2400,1600\ntotal,2550,7304\n"
    total = grade(network("lenet5"), sheet(text)).lines[-1].cells
    assert "carried" in ids(total["params"])
    assert "carried" in ids(total["activations"])


def test_a_total_may_follow_from_a_wrong_line_above() -> None:
    total = grade(network("lenet5"), sheet("layer,macs\nconv_2,480000\nconv_3,\ntotal,656520\n")).lines[-1].cells
    assert "carried" in ids(total["macs"])


def test_the_line_above_and_the_sum_without_a_line() -> None:
    text = "layer,params\nconv_1,156\nconv_2,156\nconv_3,48120\ntotal,59290\n"
    lines = grade(network("lenet5"), sheet(text)).lines
    assert "line_beside" in ids(lines[1].cells["params"])
    assert "line_forgotten" in ids(lines[3].cells["params"])


# ---- right answers, however they are written


@cache
def ledger(name: str) -> Ledger:
    return Ledger(load(name).run())


@cache
def everything(name: str) -> list[Asked]:
    """Give every row, what stands above them, the inputs and the totals of a network."""
    found = ledger(name)
    above = dict.fromkeys(path for row in found.parts for path in accumulate(row.row.path.split("."), lambda a, b: f"{a}.{b}"))
    return list(found.lines([*above, *found.run.header.inputs, found.total_name]).values())


def rounded(draw: st.DrawFn, figure: int | Fraction, units: dict[str, int]) -> str:
    """Round to some digits, with a unit or a power of ten."""
    digits = draw(st.integers(1, 6))
    power = len(str(int(figure))) - digits
    kept = round(Fraction(figure) / Fraction(10) ** power)
    if draw(st.booleans()):
        return f"{draw(st.sampled_from(['', '~', '≈ ']))}{Decimal(kept).scaleb(power):e}".replace("E", "e").replace("e+", "e")
    unit, factor = draw(st.sampled_from(sorted(units.items())))
    places = draw(st.integers(0, 4))
    value = round(Fraction(figure) / factor, places)
    if not value:
        return str(figure)
    return (
        f"{Decimal(value.numerator) / Decimal(value.denominator):.{places}f}{draw(st.sampled_from(['', ' ']))}{unit}"
        if unit
        else f"{figure}"
    )


def counted(draw: st.DrawFn, figure: int | Fraction, units: dict[str, int]) -> str:
    if figure == 0:
        return draw(st.sampled_from(["0", "-", "–", "none", "n/a", "0.0"]))
    if isinstance(figure, Fraction) or draw(st.booleans()):
        return rounded(draw, figure, units) if isinstance(figure, int) else f"{float(figure):.{draw(st.integers(1, 5))}f}"
    apart = draw(st.sampled_from(["", ",", " ", "_", "'", "\u00a0", "\u202f", "\u2009"]))
    return f"{figure:,}".replace(",", apart)


def shaped(draw: st.DrawFn, sizes: tuple[int, ...], *, channels_first: bool) -> str:
    if len(sizes) > 1 and channels_first and draw(st.booleans()):
        if draw(st.booleans()):
            sizes = (*sizes[1:], *sizes[:1])
        else:
            return (
                f"{sizes[0]}@{'x'.join(map(str, sizes[1:]))}"
                if len(set(sizes[1:])) > 1 or draw(st.booleans())
                else f"{sizes[0]}@{sizes[1]}"
            )
    if len(sizes) > 2 and sizes[0] == sizes[1] and draw(st.booleans()):
        return f"{sizes[0]}{draw(st.sampled_from(['^2', '²', '**2']))} x {sizes[2]}" + "".join(f" x {n}" for n in sizes[3:])
    left, right = draw(st.sampled_from(["[]", "()", ["", ""]]))
    cross = draw(st.sampled_from([", ", ",", "x", " x ", "×", "*"] if left else ["x", " x ", "×", " × ", "*"]))
    first = draw(st.sampled_from(["", "None", "?", "1"])) if left else ""
    return f"{left}{cross.join(filter(None, [first, *map(str, sizes)]))}{right}"


@st.composite
def right_answers(draw: st.DrawFn) -> tuple[str, Asked, Quantity, str]:
    """Draw a figure of the zoo, and a way to write it."""
    name = draw(st.sampled_from([file.stem for file in zoo.files()]))
    asked = draw(st.sampled_from(everything(name)))
    known = [one for one in QUANTITIES.values() if asked.figures.get(one.name) not in {None, ()} and one.name not in asked.unknown]
    quantity = draw(st.sampled_from(known))
    figure = asked.figures[quantity.name]
    if quantity.kind is Kind.ELEMENTS and draw(st.booleans()) and isinstance(figure, int):
        return name, asked, quantity, f"{4 * figure}{draw(st.sampled_from([' B', 'B', ' o', ' bytes']))}"
    if isinstance(figure, int | Fraction):
        units = {Kind.COUNT: COUNTS, Kind.ELEMENTS: {"": 1, "k": 1000, "M": 10**6, "G": 10**9}, Kind.SHARE: SHARES}.get(
            quantity.kind, SIZES
        )
        return name, asked, quantity, counted(draw, figure, units)
    assert isinstance(figure, tuple)
    if quantity.kind is Kind.SHAPE:
        return name, asked, quantity, shaped(draw, figure, channels_first=asked.channels_first)  # type: ignore[arg-type]
    if quantity.kind is Kind.SHAPES:
        return name, asked, quantity, ";".join(shape(one) for one in figure)  # type: ignore[arg-type]
    each = ["all" if n is None else str(n) for n in figure]
    return name, asked, quantity, each[0] if len(set(each)) == 1 and draw(st.booleans()) else "x".join(each) or "-"


@given(right_answers())
@settings(max_examples=3000)
def test_no_right_answer_is_called_wrong(drawn: tuple[str, Asked, Quantity, str]) -> None:
    name, asked, quantity, text = drawn
    verdict = mark(quantity, read(quantity, text), asked, batch=1, precision="fp32")
    assert verdict in GOOD, (name, asked.name, quantity.name, text, asked.figures[quantity.name])


@pytest.mark.parametrize("name", [file.stem for file in zoo.files()])
def test_what_summarize_writes_is_all_right(name: str) -> None:
    whole = View(columns=COLUMNS)
    for writer, ending, view in ((csv_, "csv", View()), (csv_, "csv", whole), (markdown, "md", whole), (markdown, "md", View(depth=1))):
        out = io.StringIO()
        writer.summary([load(name).run()], out, view)
        grades = grade(load(name), sheet(out.getvalue(), f"answers.{ending}"))
        assert grades.count(Verdict.WRONG) == 0, [(line.asked.name, cell.quantity.name, cell.text) for line, cell in grades.wrong]
        assert grades.count(Verdict.RIGHT, Verdict.ROUNDED) > grades.count(Verdict.OPEN) + grades.count(Verdict.UNKNOWN)


# ---- what cannot be read


@given(st.text(max_size=300), st.sampled_from(["csv", "md", "yaml", "txt", ""]))
@settings(max_examples=600)
def test_garbage_ends_in_a_message(text: str, ending: str) -> None:
    _graded_or_refused(text, ending)


@given(st.data())
@settings(max_examples=600)
def test_damaged_sheets_end_in_a_message(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(ANSWERS.glob("alexnet_*"))))
    text = file.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 5))):
        at, gone = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 3))
        put = data.draw(st.sampled_from([*'|,;"\n\t@x[]{}()-–0123456789KMB%^.e', "\x00", "é", "∞", ""]))
        text = text[:at] + put + text[at + gone :]
    _graded_or_refused(text, file.suffix.removeprefix("."))


def _graded_or_refused(text: str, ending: str) -> None:
    try:
        grades = grade(network("one_tower"), sheet(text, f"answers.{ending}"))
    except SpecError as error:
        said = str(error)
    else:
        for name in FORMATS:
            renderer(name).write(grades, out := io.StringIO())
        said = out.getvalue()
    assert said


@pytest.mark.parametrize(
    ("text", "name", "code", "place", "words"),
    [
        ("layer,params\nconv_9,156\n", "a.csv", "E802", (2, 1), "did you mean `conv_"),
        ("layer,params\n\n# a remark\n  conv1,156\n", "a.csv", "E802", (4, 3), "did you mean `conv_1`"),
        ("layer,prams\nconv_1,156\n", "a.csv", "E803", (1, 7), "did you mean `params`"),
        ('layer,params\nconv_1,"156x"\n', "a.csv", "E804", (2, 9), "`x` is no unit"),
        ("layer,params\nconv_1,1,56\n", "a.csv", "E805", (2, 10), "quote a number"),
        ("layer,output\nconv_1,6x2y\n", "a.csv", "E804", (2, 8), "is no shape"),
        ("layer,rf\nconv_1,five\n", "a.csv", "E804", (2, 8), "is no extent"),
        ("layer,params\nconv_1,61,706,5\n", "a.csv", "E805", (2, 11), ""),
        ("layer,params\nconv_1,156 MB\n", "a.csv", "E804", (2, 8), "`MB` is no unit"),
        ("layer,size\nconv_1,156 M\n", "a.csv", "E804", (2, 8), "`M` is no unit"),
        ('layer,params\nconv_1,"1,56 7"\n', "a.csv", "E804", (2, 9), "groups of three"),
        ("layer,params\nconv_1,156\nconv_1,157\n", "a.csv", "E806", (3, 1), "written twice"),
        ("layer,params,param\nconv_1,156,156\n", "a.csv", "E806", (1, 14), "answered twice"),
        ("params,macs\n156,1\n", "a.csv", "E801", (1, 1), "which layer"),
        ('layer,params\nconv_1,"156\n', "a.csv", "E801", (2, 8), "not closed"),
        ("", "a.csv", "E801", (1, 1), "empty"),
        ("no table here\n", "a.md", "E801", (1, 1), "no lines"),
        ("| Layer | Params |\n|---|---|\n| conv\\_1 | 15k6 |\n", "a.md", "E804", (3, 13), "not a number"),
        ("| Layer | Params |\n|---|---|\n| conv\\_7 | 156 |\n", "a.md", "E802", (3, 3), "conv_7"),
        ("conv_1: {params: 15k6}\n", "a.yaml", "E804", (1, 18), "not a number"),
        ("conv_1: {params: 61,706}\n", "a.yaml", "E803", (1, 21), "no column is called"),
        ("conv_7:\n  params: 156\n", "a.yaml", "E802", (1, 1), "did you mean"),
        ("conv_1: 156\n", "a.yaml", "E801", (1, 9), "beside what is asked"),
        ("- {params: 156}\n", "a.yaml", "E801", (1, 3), "which layer"),
        ("conv_1: {params: [1, 56]}\n", "a.yaml", "E804", (1, 18), "not a number"),
        ("conv_1: {params: &a 156}\n", "a.yaml", "E102", (1, 18), "anchor"),
        ("true\n", "a.yaml", "E801", (1, 1), "no answer sheet"),
    ],
)
def test_what_cannot_be_read_is_shown_with_its_place(text: str, name: str, code: str, place: tuple[int, int] | None, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        grade(network("lenet5"), sheet(text, name))
    first = caught.value.diagnostics[0]
    assert first.code == code, str(caught.value)
    assert (first.span and (first.span.line, first.span.column + 1)) == place, str(caught.value)
    assert words in f"{first.message} {first.help}"


@pytest.mark.parametrize(
    ("quantity", "text", "verdict"),
    [
        ("params", "61,706", "right"), ("params", "61 706", "right"), ("params", "61_706", "right"), ("params", "6.1706e4", "right"),
        ("params", "62K", "rounded"), ("params", "61.7 k", "rounded"), ("params", "61,7 k", "rounded"), ("params", "6.2 × 10^4", "rounded"),
        ("params", "0M", "wrong"),
        ("params", "61.8K", "wrong"), ("params", "61,700", "wrong"), ("params", "60K", "wrong"), ("params", "-", "wrong"),
        ("params", "?", "open"), ("params", "", "open"), ("params", "0.06M", "rounded"), ("params", "~61,700", "rounded"),
        ("size", "246824", "right"), ("size", "247 kB", "rounded"), ("size", "247 ko", "rounded"), ("size", "241 KiB", "rounded"),
        ("size", "241 kB", "wrong"), ("activations", "9118", "right"), ("activations", "36.5 kB", "rounded"), ("live", "5,880", "right"),
        ("output", "10", "right"), ("output", "1x10", "right"), ("output", "(None, 10)", "right"), ("output", "11", "wrong"),
        ("params_percent", "100%", "right"), ("rf", "all", "right"), ("rf", "32", "right"), ("rf", "31", "wrong"),
    ],
)  # fmt: skip
def test_ways_to_write_answers(quantity: str, text: str, verdict: str) -> None:
    assert one("lenet5", "total", quantity, text).verdict.value == verdict


@pytest.mark.parametrize(
    "text", ["6@28x28", "28x28x6", "[6, 28, 28]", "(6, 28, 28)", "6×28×28", "6@28", "28^2 x 6", "6,28,28", "6 x 28 x 28"]
)
def test_ways_to_write_shapes(text: str) -> None:
    assert one("lenet5", "conv_1", "output", text).verdict is Verdict.RIGHT


@pytest.mark.parametrize("text", ["28x6x28", "6@27x27", "6x28", "6", "28x28", "6@28x29"])
def test_other_shapes(text: str) -> None:
    assert one("lenet5", "conv_1", "output", text).verdict is Verdict.WRONG


def test_an_input_sees_itself() -> None:
    text = "sep=;\nlayer;rf;stride;padding;params;live\nimage;1;-;0;;12\n"
    (line,) = grade(network("lenet5"), sheet(text)).lines
    assert [cell.verdict.value for cell in line.cells.values()] == ["right", "right", "right", "open", "unknown"]


# ---- the command


SHEET = "layer,params\nconv_1,156\nconv_2,2400\ntotal,62K\n"


def test_exit_codes(tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    answers.write_text(SHEET.replace("2400", "2416"), encoding="utf-8")
    done = archcalc("grade", "lenet5", str(answers))
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 of 3 right" in done.stdout
    wrong = archcalc("grade", "lenet5", "-", text=SHEET)
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert "2400 is answered, right is 2,416" in wrong.stdout
    for args, text, words in (
        (("lenet5", "-"), "layer,params\nnope,1\n", "<stdin>:2:1"),
        (("lenet5", "nothing.csv"), "", "cannot read"),
        (("nope", str(answers)), "", "no spec is called `nope`"),
        (("-", "-"), SHEET, "either the spec or the answers"),
        (("lenet5", str(answers), "--set", "x=1"), "", "no variable `x`"),
        (("lenet5", str(answers), "--format", "xml"), "", "takes text, json, markdown, csv"),
    ):
        refused = archcalc("grade", *args, text=text)
        assert (refused.returncode, refused.stdout) == (2, ""), refused.stderr
        assert words in " ".join(refused.stderr.split())
        assert "Traceback" not in refused.stderr


def test_the_sheet_is_shown_with_marks() -> None:
    shown = archcalc("grade", "lenet5", "-", text=SHEET).stdout
    assert shown.splitlines() == [
        "LeNet-5  specs/lenet5.yaml · <stdin>",
        "image 1×32×32 · batch 1 · convention paper · fp32",
        "",
        "Layer   Params",
        "──────────────",
        "conv_1   156 ✓",
        "conv_2  2400 ✗",
        "total    62K ≈",
        "",
        "✗ conv_2, Params: 2400 is answered, right is 2,416 (16 too few, -0.7 %)",
        "  params = C_out · (C_in/G) · k_h · k_w + C_out = 16 · 6 · 5 · 5 + 16 = 2,416",
        "  because  the biases are missing (no_bias)",
        "",
        "2 of 3 right",
    ]


def test_marks_survive_where_colours_and_signs_do_not() -> None:
    assert "\x1b" not in archcalc("grade", "lenet5", "-", text=SHEET, NO_COLOR="1").stdout
    coloured = archcalc("grade", "lenet5", "-", text=SHEET, FORCE_COLOR="1", TERM="xterm-256color").stdout
    assert "\x1b[32m156 ✓" in coloured
    assert "\x1b[1;31m2400 ✗" in coloured
    plain = archcalc("grade", "lenet5", "-", text=SHEET, PYTHONIOENCODING="ascii").stdout
    assert "2400 x" in plain
    assert "156 +" in plain
    assert "62K ~" in plain


def test_formats() -> None:
    found = json.loads(archcalc("grade", "lenet5", "-", "-f", "json", text=SHEET).stdout)
    assert (found["format"], found["totals"]) == ("archcalc.grade/1", {"right": 1, "rounded": 1, "wrong": 1, "open": 0, "unknown": 0})
    cell = found["lines"][1]["answers"]["params"]
    assert (cell["right"], cell["off"], cell["sure"]) == (2416, -16, True)
    assert cell["mistakes"] == [{"ids": ["no_bias"], "said": "the biases are missing"}]
    rows = list(csv.DictReader(io.StringIO(archcalc("grade", "lenet5", "-", "-f", "csv", text=SHEET).stdout)))
    assert [(row["layer"], row["verdict"], row["mistakes"]) for row in rows] == [
        ("conv_1", "right", ""), ("conv_2", "wrong", "no_bias"), ("total", "rounded", ""),
    ]  # fmt: skip
    text = archcalc("grade", "lenet5", "-", "-f", "markdown", text=SHEET).stdout
    assert "| conv_2 | 2400 ✗ |" in text
    assert "**2 of 3 right**" in text


def test_what_is_set_is_graded() -> None:
    text = "layer,macs\ntotal,833040\n"
    assert archcalc("grade", "lenet5", "-", "--batch", "2", text=text).returncode == 0
    assert archcalc("grade", "lenet5", "-", text=text).returncode == 1
    assert archcalc("grade", "lenet5", "-", "--dtype", "int8", text="layer,size\ntotal,61.7 kB\n").returncode == 0


def test_summarize_needs_nothing_of_it() -> None:
    code = "import sys; from archcalc.cli import main; main(['summarize', 'lenet5', '--totals']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, encoding="utf-8", timeout=60)
    assert not [name for name in done.stderr.split() if name.startswith("archcalc.grading")]


# ---- the README's example; `python tests/test_grade.py` writes it anew


def example(text: str) -> str:
    """Grade the sheet that stands in the README."""
    sheet_ = re.search(r"```csv\n(layer,.*?)```", text, re.DOTALL)
    assert sheet_
    out = io.StringIO()
    renderer("text").write(grade(load("lenet5"), sheet(sheet_[1], "homework.csv")), out)
    return f"```\n{out.getvalue().rstrip()}\n```".replace(f"{ROOT}{os.sep}", "")


def test_the_example_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- begin grade -->\n(.*?)\n<!-- end grade -->", text, re.DOTALL)
    assert shown
    assert shown[1] == example(text), "run `python tests/test_grade.py`"


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    README = ROOT / "README.md"
    content = README.read_text(encoding="utf-8")
    new = f"<!-- begin grade -->\n{example(content)}\n<!-- end grade -->"
    README.write_text(re.sub(r"<!-- begin grade -->.*?<!-- end grade -->", lambda _: new, content, flags=re.DOTALL), encoding="utf-8")
