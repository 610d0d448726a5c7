"""Every figure with its arithmetic: what is printed comes to what the table says, in every format and at every width."""

from __future__ import annotations

import ast
import io
import json
import operator
import re
import subprocess
import sys
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import archcalc, net, spec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from archcalc import load, zoo
from archcalc.calculators.receptive_field import ReceptiveField, spatial_axes
from archcalc.cli.explain import figures as asked
from archcalc.formulas.card import families, sample
from archcalc.formulas.choice import choose
from archcalc.formulas.explain import Explainer
from archcalc.formulas.expr import LATEX, TEXT, Letter, Number, Product, Ratio, Sum, chain
from archcalc.formulas.sums import MOST, grouped
from archcalc.formulas.tex import LATIN
from archcalc.layers import KINDS, find
from archcalc.report.explained import ASKED, FORMATS, WHAT, renderer
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archcalc.api import Run
    from archcalc.formulas.explain import Explained
    from archcalc.formulas.figures import Line
    from archcalc.report.result import Row, Totals

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "explain_lenet5.txt"
ENTRIES = list(zoo.entries())
FIRSTS = [entry for i, entry in enumerate(ENTRIES) if entry.path not in {before.path for before in ENTRIES[:i]}]
BINARY: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
CALLS: dict[str, Callable[..., Any]] = {"floor": floor, "ceil": ceil, "max": max}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound no width, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


# ---- reading what is printed


def worth(text: str) -> Fraction:
    """Work out what is printed; it must be arithmetic, and nothing else."""
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text).replace("·", "*")
    return _worth(ast.parse(plain, mode="eval").body, plain)


def _worth(node: ast.expr, text: str) -> Fraction:
    match node:
        case ast.Constant():
            return Fraction(ast.get_source_segment(text, node) or "")
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_worth(inner, text)
        case ast.BinOp(left=left, op=op, right=right):
            return BINARY[type(op)](_worth(left, text), _worth(right, text))
        case ast.Call(func=ast.Name(id=name), args=args):
            return Fraction(CALLS[name](*(_worth(arg, text) for arg in args)))
    raise AssertionError(text)


def sizes(text: str) -> tuple[Fraction, ...]:
    """Work out a printed shape, whose sizes have no separators."""
    assert re.fullmatch(r"\([\d·, ]+\)", text), text
    return tuple(worth(size) for size in text[1:-1].split(", "))


def came_to(line: Line) -> Any:
    """Check that every step of a line comes to the same, and give it."""
    assert line.written is not None
    *steps, last = chain(line.name, line.written, TEXT)
    read: Callable[[str], Any] = sizes if last.startswith("(") else worth
    result = read(last)
    for step in steps:
        if numeric(step):
            assert read(step) == result, " = ".join((line.name, *steps, last))
    return result


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("floor((224 + 2·3 - 1·(7 - 1) - 1) / 2) + 1", 112),
        ("1,792 + 36,928", 38_720),
        ("ceil(3 · 1.58 / 8)", 1),
        ("max(28, 4)", 28),
        ("27 - (-28) + 1", 56),
        ("1·1/2", Fraction(1, 2)),
        ("-5 + (-7)", -12),
    ],
)
def test_the_reader_reads(text: str, n: Fraction) -> None:
    assert worth(text) == n


# ---- every row of every network that is shipped


def distinct(run: Run) -> frozenset[str]:
    """Choose the first row of each operation."""
    seen: dict[tuple[int, frozenset[str]], str] = {}
    for step in run.network.steps():
        seen.setdefault((id(step.op), step.tied), step.path)
    return frozenset(seen.values())


def of_row(row: Row) -> dict[str, object]:
    """Give the figures of the table by the names of the lines that explain them."""
    return {
        "output": row.output, "params": row.params, "buffers": row.buffers, "size": row.model_size_bytes, "MACs": row.macs,
        "FLOPs": row.flops, "activations": row.activations, "bytes": row.activations_bytes, "alive": row.live, "in + out": row.in_out,
    }  # fmt: skip


def agrees(explained: Explained, row: Row, axes: list[str]) -> None:
    """Compare a row of the table with its arithmetic."""
    assert (explained.path, explained.type) == (row.path, row.type)
    wanted, found = of_row(row), dict[str, object]()
    for line in explained.lines:
        if line.written is not None and line.what != "receptive_field" and (line.name in wanted):
            found[line.name] = came_to(line)
        elif line.written is not None:
            came_to(line)
    for name in wanted.keys() - found.keys():
        other = wanted["alive"] if name == "in + out" and row.in_out else 0
        assert wanted[name] == other, f"{row.path}: {name} is {wanted[name]}, and nothing says why"
    assert {name: wanted[name] for name in found} == found, row.path
    sees(explained, row, axes)


def sees(explained: Explained, row: Row, axes: list[str]) -> None:
    """Compare the receptive field of a row with its arithmetic, axis by axis."""
    lines = [line for line in explained.lines if line.what == "receptive_field"]
    if row.receptive_field is None or not axes:
        assert all(line.written is None for line in lines)
        return
    by_axis: dict[str, dict[str, object]] = {axis: {} for axis in axes}
    for line in lines:
        for axis in line.axis.split(",") if line.axis else axes:
            by_axis[axis][line.name] = came_to(line) if line.written is not None else None
    seen = (("R", row.receptive_field), ("J", row.effective_stride), ("padding", row.effective_padding))
    for name, of_axes in seen:
        assert tuple(by_axis[axis].get(name) for axis in axes) == of_axes, f"{row.path}: {name}"
    least = row.receptive_field_min or row.receptive_field
    assert tuple(by_axis[axis].get("R_min", by_axis[axis].get("R")) for axis in axes) == least


def spatial(run: Run) -> dict[str, list[str]]:
    """Give the axes of the input that each row sees, by the row's path."""
    fields, found = ReceptiveField(run.network, run.lasts, run.settings), dict[str, list[str]]()
    for step in run.network.steps():
        fields.follow(step)
        field = fields.fields[step.out]
        x = run.network.inputs[field.input].tensor if field is not None else None
        found[step.path] = [x.names[i] for i in spatial_axes(x)] if x is not None else []
    return found


def holds(run: Run) -> None:
    """Compare the first row of each operation, and the totals, with their arithmetic."""
    axes, table, firsts = spatial(run), {row.path: row for row in run.rows()}, distinct(run)
    chosen = Explainer(run.network, run.lasts, run.settings, WHAT, firsts)
    for explained in chosen.rows():
        agrees(explained, table[explained.path], axes[explained.path])
    everything = run.explain(what=set(WHAT) - ASKED - {"shape", "receptive_field"})
    assert [explained.path for explained in everything.rows()] == list(table)
    adds_up({line.name: came_to(line) for line in everything.totals() if line.name != "bytes"}, run.totals())


def adds_up(found: dict[str, Any], totals: Totals) -> None:
    wanted = {
        "params": totals.params, "frozen": totals.frozen, "trainable": totals.trainable, "buffers": totals.buffers, "MACs": totals.macs,
        "FLOPs": totals.flops, "size": totals.model_size_bytes, "activations": totals.activations, "peak": totals.peak_activation,
        "peak in + out": totals.peak_in_out,
    }  # fmt: skip
    assert found == {name: wanted[name] for name in found}
    assert all(wanted[name] == 0 for name in {"frozen", "buffers", "peak in + out"} - found.keys())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_what_is_explained_is_what_the_table_says(entry: zoo.Entry) -> None:
    holds(load(entry.name).run())


@pytest.mark.parametrize("entry", FIRSTS, ids=lambda entry: entry.name)
def test_of_a_batch_too(entry: zoo.Entry) -> None:
    holds(load(entry.name).run(batch=3, dtype="weights=1.58,activations=int8"))


SPANS = st.integers(1, 4)
WINDOWS = st.tuples(
    st.sampled_from(["conv", "max_pool", "conv_transpose", "upsample", "adaptive_avg_pool", "pad", "crop"]),
    SPANS, SPANS, st.integers(0, 2), SPANS,
)  # fmt: skip


BRANCHES = """
  - branches:
      wide: [{conv: {out: 3, kernel: 3, padding: 1}}]
      narrow: [relu]
      aside: [{max_pool: {kernel: 2, stride: 1}}, {pad: [[0, 1]]}]
    merge: concat"""


def window(kind: str, kernel: int, stride: int, padding: int, dilation: int) -> str:
    """Write a layer of a kind."""
    match kind:
        case "conv":
            fields = f"out: 2, kernel: [{kernel}, 2], stride: {stride}, padding: [[{padding}, 1], [0, 2]], dilation: {dilation}"
        case "conv_transpose":
            fields = f"out: 2, kernel: {kernel}, stride: {stride}, padding: {min(padding, 1)}, dilation: {dilation}"
        case "max_pool":
            fields = f"kernel: {kernel}, stride: {stride}, padding: {min(padding, kernel // 2)}, ceil: true"
        case "upsample":
            fields = f"scale: {stride}, mode: {'bilinear' if padding else 'nearest'}"
        case "pad":
            fields = f"amount: [[{padding}, {-padding}], [{dilation}, 0]]"
        case _:
            fields = f"size: {kernel + dilation}"
    return f"  - {kind}: {{{fields}}}"


@given(st.lists(WINDOWS, min_size=1, max_size=4), st.booleans())
@settings(max_examples=150)
def test_any_windows_in_any_order_are_explained(windows: list[tuple[str, int, int, int, int]], branch: bool) -> None:  # noqa: FBT001
    layers = "\n".join(window(*one) for one in windows)
    if branch:
        layers += BRANCHES
    try:
        run = spec(net(layers, "{image: [2, 31, 29]}")).run()
        list(run.rows())
    except SpecError:
        return
    holds(run)


IMAGE, WORDS, VECTOR = "{x: [3, 8, 8]}", "{x: {n: 6, d: 8}}", "{x: [8]}"
#: layers, what they read, and what is printed of them, with single spaces
CASES: list[tuple[str, str, list[str]]] = [
    ("conv: {out: 6, kernel: 3, groups: 3}", IMAGE, ["params = C_out · (C_in/G) · k_h · k_w + C_out = 6 · 1 · 3 · 3 + 6 = 60"]),
    (
        "conv: {out: 4, kernel: 3, padding: [[1, 2]], dilation: 2}", IMAGE,
        ["H_out = floor((H_in + P_1 + P_2 - D(k - 1) - 1) / S) + 1 = floor((8 + 1 + 2 - 2·(3 - 1) - 1) / 1) + 1 = 7 W_out alike"],
    ),
    ("conv: {out: 4, kernel: 1}", IMAGE, ["H_out = H_in = 8 W_out alike", "(R = 1, J = 1, padding = 0 as before)"]),
    ("conv: {out: 4, kernel: [3, 5]}", IMAGE, ["R_h = R_in + D(k - 1)·J_in = 1 + 1·(3 - 1)·1 = 3", "R_w = R_in + D(k - 1)·J_in = 1 +"]),
    ("conv: {out: 4, kernel: 5, links: 7}", IMAGE, ["MACs = H_out · W_out · links · k_h · k_w = 4 · 4 · 7 · 5 · 5 = 2,800"]),
    (
        "max_pool: {kernel: 2, padding: 1, ceil: true}", "{x: [3, 7, 7]}",
        ["= ceil((7 + 2·1 - 1·(2 - 1) - 1) / 2) + 1 - 1 = 4 less 1: the last window would start beyond the input; W_out alike"],
    ),
    (
        "conv_transpose: {out: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1}", IMAGE,
        ["H_out = (H_in - 1)·S - 2P + D(k - 1) + 1 + P_out = (8 - 1)·2 - 2·1 + 1·(3 - 1) + 1 + 1 = 16 W_out alike",
         "MACs = C_in · H_in · W_in · (C_out/G) · k_h · k_w = 3 · 8 · 8 · 4 · 3 · 3",
         "R = R_in + (n - 1)·J_in = 1 + (2 - 1)·1 = 2", "J = J_in / S = 1 / 2", "R_min = 1"],
    ),
    ("conv_transpose: {out: 4, kernel: 1, stride: 2}", IMAGE, ["R_min = 0 between the positions that are written nothing is seen"]),
    ("adaptive_avg_pool: 3", IMAGE, ["H_out = 3 as the layer says; W_out alike", "J = J_in·S = 1·8/3 = 8/3"]),
    ("pad: [[1, -2], [3, 3]]", IMAGE, ["H_out = H_in + P_1 - cut_2 = 8 + 1 - 2 = 7", "W_out = W_in + 2P = 8 + 2·3 = 14"]),
    ("slice: {start: 1, axis: 1}", IMAGE, ["H_out = H_in - cut = 8 - 1 = 7"]),
    ("prepend", WORDS, ["N_out = N_in + P = 6 + 1 = 7", "params = k · D = 1 · 8 = 8"]),
    ("concat: [x, x]", IMAGE, ["C = C_0 + C_1 = 3 + 3 = 6"]),
    ("reshape: {shape: {n: 64, c: 3}}", IMAGE, ["output = (64, 3)", "R all: the whole axis is seen", "(a view)"]),
    ("reshape: {shape: {c: 3, n: -1}}", IMAGE, ["(C, H·W) = (3, 8·8) = (3, 64)"]),
    ("reshape: {shape: {c: 6, h: 4, w: -1}}", IMAGE, ["output = (C·2, 4, W) = (3·2, 4, 8) = (6, 4, 8)"]),
    ("permute: [0, 2, 1]", IMAGE, ["(C, W, H) = (3, 8, 8)"]),
    ("batch_norm: {frozen: true}", IMAGE, ["buffers = C + C + C + C = 3 + 3 + 3 + 3 = 12"]),
    ("freeze: true, linear: 2", VECTOR, ["D_out · D_in + D_out = 2 · 8 + 2 = 18 frozen", "trainable = params - frozen = 18 - 18 = 0"]),
    ("name: a, linear: 8}\n  - {tie: a, linear: 8", VECTOR, ["params = 0 weight, bias shared with an earlier layer"]),
    ("custom: {output: [4], params: 7, macs: 9}", VECTOR, ["params = declared = 7 declared in the file", "MACs = declared = 9"]),
    ("experts: [{linear: 8}], count: 4, active: 2", WORDS, ["params = sets · D_out · D_in + sets · D_out = 4 · 8 · 8 + 4 · 8 = 288"]),
    (
        "experts: [{experts: [{linear: {out: 8, bias: false}}], count: 3, active: 1}], count: 4, active: 2", WORDS,
        ["params = sets · D_out · D_in = 12 · 8 · 8 = 768"],
    ),
    ("graph_conv: {out: 5, edges: 9}", WORDS, ["uncounted = edges · D = 9 · 5 = 45 no MACs by the convention", "R not known"]),
    ("attention: {heads: 4, kv_heads: 2}", WORDS, ["MACs = A · G · N · M · E = 2 · 2 · 6 · 6 · 2 = 288", "attention: A sets of keys"]),
    (
        "residual: [{conv: {out: 3, kernel: 3, padding: 1}}]", IMAGE,
        ["R = max(3, 1) = 3 the widest", "alive = x + residual_1.conv_1 + residual_1.add = 192 + 192 + 192 = 576"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "given_", "said"), CASES)
def test_special_cases_are_said(layers: str, given_: str, said: list[str]) -> None:
    run = spec(net("  - {" + layers + "}" if ":" in layers else f"  - {layers}", given_)).run()
    text = " ".join(printed(run).split())
    for words in said:
        assert words in text
    holds(run)


# ---- how it is printed


def printed(run: Run, *layers: str, width: int = 300, name: str = "text", what: Iterable[str] = ()) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        renderer(name).network(run.header, run.explain(*layers, what=what), out)
    return out.getvalue()


SHOWN = ["lenet5", "resnet18", "unet", "swin_t", "bilstm", "gat", "r3d_18", "transformer_base"]


def formulas_of(text: str) -> Iterator[str]:
    """Read formulas back from what is printed, however they were broken; of an account the numbers."""
    formula, remark = "", re.compile(r"^  \((?:in place|a view|R[ _])[^)]*\)$", re.MULTILINE)
    for line in [*remark.sub("", text).splitlines(), ""]:
        start = re.match(r"  (?:.{11}|.{13})( = .*)", line)
        more = re.match(r" {13,}(?=[=+·/-] )", line)
        if formula and not more:
            yield formula
            formula = ""
        if start or (formula and more):
            piece = re.sub(r"([=+]) +", r"\1 ", (start[1] if start else line).strip())
            formula += " " + piece.split("  ")[0]


def numeric(step: str) -> bool:
    return re.search(r"[^\W\d]", re.sub("floor|ceil|max", "", step)) is None


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_printed_evaluates_and_is_no_wider_than_the_terminal(name: str, width: int) -> None:
    text = printed(load(name).run(), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    read = list(formulas_of(text))
    assert len(read) > 30
    for formula in read:
        steps = [step.removesuffix(" bytes") for step in formula.strip().removeprefix("= ").split(" = ")]
        numbers = [step for step in steps if numeric(step) and not step.startswith("(")]
        assert len({worth(step) for step in numbers}) <= 1, formula
        assert numbers or steps[-1].startswith("("), formula


def golden() -> str:
    return printed(load(ROOT / "specs" / "lenet5.yaml").run(), width=80)


def test_a_small_network_is_printed_as_ever() -> None:
    assert golden() == GOLDEN.read_text(encoding="utf-8"), "run `python tests/test_explain.py` if that is meant"


def test_the_readme_shows_what_is_printed() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Every number with its arithmetic\n")[1].split("\n## ")[0]
    assert section.split("```\n")[1] in golden()


def test_receptive_fields_are_a_list() -> None:
    text = printed(load("lenet5").run(), width=80, what=["receptive_field"])
    rows = [line.split() for line in text.split("─\n")[1].split("\n\n")[0].splitlines()]
    assert rows[0] == ["image", "1", "1", "0"]
    assert " ".join(rows[3]) == "avg_pool_1 5 + 1·(2 - 1)·1 = 6 1·2 = 2 0 + 0·1 = 0"
    assert rows[-1] == ["linear_2", "all", "–", "–"]
    assert "R = R_in + D(k - 1)·J_in" in text


@pytest.mark.parametrize("name", ["unet", "r3d_18", "gcn", "swin_t"])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_row_is_in_the_list_and_its_recurrence_evaluates(name: str, width: int) -> None:
    run = load(name).run()
    table = {row.path: row for row in run.rows()}
    text = printed(run, width=width, what=["receptive_field"])
    assert max(map(cell_len, text.splitlines())) <= width
    cells = [cell for line in text.splitlines()[5:] for cell in re.split(r" {2,}", line.strip())]
    formulas = [cell.split(" = ") for cell in cells if " = " in cell and numeric(cell)]
    assert len(formulas) >= (0 if name == "gcn" else 20)
    assert all(worth(steps) == worth(result) for steps, result in formulas)
    assert text.count("\n") > len(table)


def test_one_figure_alone_is_given_for_every_row_that_has_it() -> None:
    run = load("lenet5").run()
    peaks = printed(run, what=["peak"])
    assert [line.split()[0] for line in peaks.splitlines() if " alive = " in line] == [row.path for row in run.rows()]
    assert "tanh" not in printed(run, what=["params"])


def test_a_row_where_nothing_is_computed_takes_one_line() -> None:
    lines = printed(load("lenet5").run(), width=80).splitlines()
    assert "conv_1.act  tanh  (c 6, h 28, w 28)  in place" in lines
    assert "classifier.flatten_1  flatten  (C·H·W) = (120·1·1) = (120)  (a view)" in lines


def test_long_sums_are_folded_and_copies_multiplied() -> None:
    text = printed(load("bert_base").run(), width=80, what=["params"])
    assert re.search(r"\+ 12 · 7,087,872  \S*layer\S*\[0\.\.11\]", text)


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(["a", "b", "c[0]", "c[1]", "c[2]"]), min_size=1, max_size=4), st.integers(1, 9)), max_size=60
    )
)
def test_a_folded_sum_is_the_same_sum(terms: list[tuple[list[str], int]]) -> None:
    flat = [(".".join(path), n) for path, n in terms]
    sum_ = grouped(flat)
    assert sum_.value == sum(n for _, n in flat) == worth(sum_.write(TEXT.numbers))
    runs = sum(1 for i, (path, _) in enumerate(flat) if i == 0 or path.split(".")[0] != flat[i - 1][0].split(".")[0])
    assert len(sum_.terms if isinstance(sum_, Sum) else (sum_,)) <= max(MOST, runs)


EXPRESSIONS = st.recursive(
    st.integers(-9, 9).map(Number) | st.tuples(st.sampled_from("abk"), st.integers(-9, 9)).map(lambda it: Letter(*it)),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda it: Product(tuple(it)))
        | st.lists(st.tuples(st.sampled_from([1, -1]), inner), min_size=2, max_size=3).map(lambda it: Sum(tuple(it)))
        | st.tuples(inner, st.integers(1, 9).map(Number)).map(lambda it: Ratio(*it))
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_an_expression_is_written_with_the_brackets_that_it_needs(expr: Any) -> None:
    assert worth(expr.write(TEXT.numbers)) == expr.value
    assert balanced(expr.write(LATEX))


def test_nothing_is_said_twice() -> None:
    assert chain("C_out", Letter("C_out", 64), TEXT) == ["64"]
    assert chain("size", Number(7), TEXT) == ["7"]
    assert " = ".join(chain("J", Ratio(Letter("J_in", 1), Letter("S", 2)), TEXT)) == "J_in / S = 1 / 2"


# ---- which layers


PATHS = ["stem.conv_1", "stem.conv_1.act", "stage[0].conv_1", "stage[0].conv_2", "stage[1].conv_1", "stage[10].conv_1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["stem.conv_1"], [0, 1]),
        (["stem.conv_1.act"], [1]),
        (["stage[1]"], [4]),
        (["stage"], [2, 3, 4, 5]),
        (["stage[?]"], [2, 3, 4]),
        (["*.conv_1"], [0, 1, 2, 4, 5]),
        (["stage[*].conv_1", "*.act"], [1, 2, 4, 5]),
    ],
)
def test_layers_are_chosen_by_paths_their_beginnings_and_patterns(wanted: list[str], found: list[int]) -> None:
    assert choose(PATHS, wanted) == {PATHS[i] for i in found}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("conv_2", "did you mean `stage[0].conv_2`?"),
        ("stem.conv1", "did you mean `stem.conv_1`?"),
        ("stag", "did you mean `stage["),
        ("tail*", "summarize --depth all"),
        ("", "summarize --depth all"),
    ],
)
def test_a_layer_that_is_not_there_is_said(name: str, hint: str) -> None:
    with pytest.raises(SpecError, match=re.escape(hint)):
        choose(PATHS, [name])


def test_the_sum_of_the_chosen_rows_is_theirs() -> None:
    run = load("resnet18").run()
    rows = [row for row in run.rows() if row.path.startswith("stage[1]")]
    explainer = run.explain("stage[1]", what=["params", "macs"])
    assert [explained.path for explained in explainer.rows()] == [row.path for row in rows]
    assert {line.name: came_to(line) for line in explainer.totals()} == {
        "params": sum(row.params for row in rows), "MACs": sum(row.macs for row in rows),
    }  # fmt: skip
    alone = run.explain("conv_1.act")
    assert [explained.path for explained in alone.rows()] == ["conv_1.act"]
    assert list(alone.totals()) == []


def test_figures_go_by_several_names() -> None:
    assert asked("rf, MACs,output") == ("receptive_field", "macs", "shape")
    names = [name for what, others in WHAT.items() for name in (what, *others)]
    assert len(set(names)) == len(names)


# ---- the other formats


def balanced(text: str) -> bool:
    """Tell whether braces and growing brackets of LaTeX are closed in the order in which they were opened."""
    opened = []
    for found in re.findall(
        r"\\begin\{[\w*]+\}|\\end\{[\w*]+\}|\\left(?![a-z])|\\left(?=\\l)|\\right(?![a-z])|\\right(?=\\r)|\\.|[{}]", text
    ):
        match found:
            case "{" | r"\left":
                opened.append(found)
            case "}" | r"\right":
                if not opened or opened.pop() != ("{" if found == "}" else r"\left"):
                    return False
            case _ if found.startswith(r"\begin"):
                opened.append(found[6:])
            case _ if found.startswith(r"\end") and (not opened or opened.pop() != found[4:]):
                return False
    return not opened


@pytest.mark.parametrize(("text", "is_"), [("{a}", True), (r"\{", True), ("{", False), (r"\left( {a \right)}", False), ("}{", False)])
def test_the_balance_balances(text: str, is_: bool) -> None:  # noqa: FBT001
    assert balanced(text) is is_


def compiles(text: str) -> None:
    """Check what LaTeX would stumble over."""
    assert balanced(text)
    assert all(c.isascii() or c in LATIN for c in text)
    for inside in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL):
        assert inside.strip()
        assert "\n\n" not in inside
        assert not inside.endswith("\\\\")
        for line in inside.split(" \\\\\n"):
            assert balanced(line), line
            assert "\n" not in line, line
    outside = re.sub(r"\\begin\{align\*\}.*?\\end\{align\*\}", "", text, flags=re.DOTALL)
    assert re.findall(r"(?<!\\)[&#%$^_~]", outside) == []
    assert text.count(r"\begin{document}") == text.count(r"\end{document}") == 1
    commands = {command for command in re.findall(r"\\([A-Za-z]+)", text) if command not in COMMANDS}
    assert commands == set()


#: What amsmath and the kernel of LaTeX know, as far as it is used.
COMMANDS = {
    "documentclass", "usepackage", "allowdisplaybreaks", "begin", "end", "section", "subsection", "paragraph", "emph", "texttt", "text",
    "left", "right", "lfloor", "rfloor", "lceil", "rceil", "frac", "cdot", "times", "mathrm", "max", "phantom", "quad", "ldots", "Phi",
    "ensuremath", "textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater",
}  # fmt: skip


@pytest.mark.parametrize("entry", FIRSTS, ids=lambda entry: entry.name)
def test_latex_compiles(entry: zoo.Entry) -> None:
    run = load(entry.name).run(batch=2)
    rows = [row.path for row in run.rows()][:60]  # as it goes on
    compiles(printed(run, *rows, name="latex"))
    compiles(printed(run, name="latex", what=["receptive_field"]))
    compiles(printed(run, name="latex", what=["size"]))


def test_latex_holds_the_formulas() -> None:
    text = printed(load("lenet5").run(), "conv_1", name="latex")
    assert r"\text{params} &= C_{\mathrm{out}} \cdot \frac{C_{\mathrm{in}}}{G} \cdot k_h \cdot k_w + C_{\mathrm{out}}" in text
    assert r"\left\lfloor \frac{32 + 2 \cdot 0 - 1 \cdot \left(5 - 1\right) - 1}{1} \right\rfloor + 1" in text
    assert "117{,}600" in text


@pytest.mark.parametrize("name", SHOWN)
def test_markdown_evaluates(name: str) -> None:
    text = printed(load(name).run(), name="markdown")
    spans = re.findall(r"^- `([^`]*)`", text, re.MULTILINE)
    assert len(spans) > 30
    for span in spans:
        numbers = [step for step in span.removesuffix(" bytes").split(" = ")[1:] if numeric(step) and not step.startswith("(")]
        assert len({worth(step) for step in numbers}) <= 1, span
    for total, terms in re.findall(r"= \*\*([\d,]+)\*\*, the sum of.*\n((?:  - .*\n)+)", text):
        assert sum(worth(term) for term in re.findall(r"^  - `([^`]*)`", terms, re.MULTILINE)) == worth(total)


def test_markdown_is_plain() -> None:
    text = printed(load("lenet5").run(), "conv_1", name="markdown")
    assert text.startswith("## LeNet-5\n\n")
    assert "\n### `conv_1` conv\n\n`(c 1, h 32, w 32) -> (c 6, h 28, w 28)`\n\n- `output = (C_out, H_out, W_out) = (6, 28, 28)`\n" in text
    assert "\n`conv_1.act` tanh `(c 6, h 28, w 28)`, in place\n" in text


# ---- what a hostile file says is data


HOSTILE = """\
name: "[bold]x[/bold] $`_^{}\\\\input{x} 日本 ---"
input: {"größe": {日本: 6, d: 4}}
layers:
  - {name: "a_b-`c", linear: 3}
  - {name: "p|q<i>&%#~^{}", from: größe, linear: 3}
  - add: ["a_b-`c", "p|q<i>&%#~^{}"]
"""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("what", [(), ("receptive_field",), ("peak",)])
def test_hostile_names_are_data(name: str, what: tuple[str, ...]) -> None:
    text = printed(spec(HOSTILE).run(), name=name, what=what)
    assert "\x1b" not in text
    if name == "text":
        assert "[bold]x[/bold] $`_" in text
        assert "a_b-`c" in text
    if name == "latex":
        compiles(text)
    if name == "markdown":
        assert not re.search(r"(?<!\\)<i>", re.sub(r"(`+).*?[^`]\1(?!`)", "", text))


def test_long_names_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run = spec("input: [8]\nlayers:\n" + "".join(f"  - {{name: {'x' * 5000}{i}, linear: 3}}\n" for i in range(3))).run()
    for what in ((), ("receptive_field",), ("peak",)):
        assert max(map(cell_len, printed(run, width=80, what=what).splitlines())) <= 80


# ---- the card


def test_every_kind_has_a_card_with_formulas_in_letters() -> None:
    every = list(families())
    assert {kind.name for family in every for kind in family.kinds} == set(KINDS)
    for family in every:
        assert family.title
        for kind in family.kinds:
            assert kind.summary
            for line in (line for row in kind.rows for line in row.lines if line.written is not None):
                assert line.written is not None
                letters = line.written.write(TEXT)
                assert not re.search(r"(?<![\w.])(?:16|256|4096)(?!\w)", letters), f"{kind.name}: {letters}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sample_that_it_accepts(kind: str) -> None:
    cls = find(kind)
    assert set(cls.sample) <= set(cls.model_fields), kind
    assert sample(cls)


def card(name: str, *kinds: str, width: int = 120) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        renderer(name).card(families(kinds), out)
    return out.getvalue()


def test_the_card_of_a_convolution() -> None:
    lines = card("text", "conv").splitlines()
    assert lines[0] == "Convolutions, in as many dimensions as the input has spatial axes"
    assert lines[4:8] == [
        "  output      = (C_out, H_out, W_out)  from (C_in, H_in, W_in)",
        "  H_out       = floor((H_in + 2P - D(k - 1) - 1) / S) + 1  W_out alike",
        "  params      = C_out · (C_in/G) · k_h · k_w + C_out",
        "  MACs        = H_out · W_out · C_out · (C_in/G) · k_h · k_w",
    ]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_card_is_no_wider_than_the_terminal(width: int) -> None:
    assert max(map(cell_len, card("text", width=width).splitlines())) <= width


def test_kinds_go_by_the_names_of_other_libraries() -> None:
    assert card("text", "Conv2d") == card("text", "conv")
    assert card("markdown", "relu", "ReLU").count("relu") == 1
    with pytest.raises(SpecError, match="did you mean `conv`"):
        card("text", "convv")


def test_the_card_in_latex_compiles() -> None:
    compiles(card("latex"))


def test_the_card_in_markdown_has_every_kind() -> None:
    assert set(re.findall(r"^### `(\w+)`$", card("markdown"), re.MULTILINE)) == set(KINDS)


# ---- the commands, as processes


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["explain", "lenet5"], "61,706"),
        (["explain", "specs/resnet.yaml#resnet18", "stage[0]", "--what", "params,macs"], "sums of these"),
        (["explain", "resnet18", "*.conv_1", "--what", "macs"], "MACs = H_out"),
        (["explain", "vgg16", "--what", "rf", "-f", "markdown"], "| conv_2"),
        (["explain", "mobilenet_v2", "--set", "alpha=0.75", "--input", "3,128,128", "--batch", "4", "--dtype", "1.58"], "ceil("),
        (["formulas"], "conv_transpose"),
        (["formulas", "lstm", "-f", "latex"], r"\end{document}"),
        (["explain", "--help"], "archcalc explain lenet5"),
        (["formulas", "--help"], "archcalc formulas conv"),
    ],
)  # fmt: skip
def test_the_commands_answer(args: list[str], said: str) -> None:
    ran = archcalc(*args, COLUMNS="200")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert said in ran.stdout
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["explain", "lenet5", "linear_1"], "did you mean `classifier.linear_1`?"),
        (["explain", "lenet5", "conv_1", "conv_11"], "no layer is called `conv_11`"),
        (["explain", "lenet5", "a\x1b[31m*"], "a\\x1b[31m*"),
        (["explain", "lenet5", "--what", "parms"], "did you mean `params`?"),
        (["explain", "lenet5", "--what", ""], "there are shape, params"),
        (["explain", "lenet5", "--format", "latx"], "did you mean `latex`?"),
        (["explain", "lenet6"], "did you mean `lenet5`?"),
        (["explain"], "Missing argument"),
        (["explain", "lenet5", "--set", "width=1"], "no variable `width`"),
        (["explain", "lenet5", "-o", "specs"], "specs"),
        (["explain", "lenet5", "--max-layers", "3"], "--max-layers"),
        (["formulas", "convv"], "did you mean `conv`?"),
        (["formulas", "-f", "json"], "takes text, markdown, latex"),
    ],
)
def test_what_is_wrong_is_said(args: list[str], said: str) -> None:
    ran = archcalc(*args)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert said in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
    assert "internal error" not in ran.stderr


def test_a_spec_from_standard_input_and_an_expectation_that_fails() -> None:
    ran = archcalc("explain", "-", text="input: [8]\nlayers: [{linear: 3}]\nexpect: {params: 12}\n")
    assert (ran.returncode, "8 · 3" in ran.stdout or "3 · 8" in ran.stdout) == (0, True)
    assert "warning" in ran.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_written(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert archcalc("explain", "lenet5", "-f", name, "-o", str(out)).stdout == ""
    assert "61" in out.read_text(encoding="utf-8")
    before = out.read_bytes()
    assert archcalc("explain", "lenet5", "nothing", "-f", name, "-o", str(out)).returncode == 2
    assert (out.read_bytes(), list(tmp_path.iterdir())) == (before, [out])


def test_colours_are_restrained_and_can_be_done_without() -> None:
    plain, coloured = archcalc("explain", "lenet5"), archcalc("explain", "lenet5", FORCE_COLOR="1", TERM="xterm-256color", COLUMNS="100")
    without = archcalc("explain", "lenet5", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color", COLUMNS="100")
    assert "\x1b[1m" in coloured.stdout
    assert not re.search(r"\x1b\[[\d;]*3\d", without.stdout)
    for shown in (coloured, without):
        assert re.sub(r"\x1b\[[\d;]*m", "", shown.stdout) == plain.stdout


def test_a_stream_that_cannot_write_a_dot_gets_a_star() -> None:
    ran = archcalc("explain", "lenet5", "conv_1", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert "C_out * (C_in/G) * k_h * k_w + C_out = 6 * 1 * 5 * 5 + 6" in ran.stdout
    assert "|" not in ran.stdout.split("\n\n", 1)[1]


def test_who_does_not_ask_for_formulas_does_not_wait_for_them() -> None:
    code = (
        "import contextlib, io, json, sys\nfrom archcalc.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n    main(sys.argv[1:])\nprint(json.dumps(sorted(sys.modules)))"
    )

    def modules(*args: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, check=True, encoding="utf-8", timeout=60)
        return set(json.loads(done.stdout.splitlines()[-1]))

    for args in (("summarize", "lenet5"), ("zoo", "--names"), ("explain", "--help")):
        assert not any(name.startswith(("archcalc.formulas", "archcalc.report.explained.")) for name in modules(*args))
    assert "archcalc.report.explained.text" not in modules("explain", "lenet5", "-f", "latex")


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
