"""Charts: bars that are as long as their figures, on lines that fit, in a terminal, in Markdown and in a page."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import helpers
import pytest
from helpers import calculate, net
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from archcalc import load, zoo
from archcalc.report import renderer
from archcalc.report.charts import CHARTS, Bar, Chart, UnknownChart, chart, pick
from archcalc.report.charts.bars import BLOCKS, LETTERS, Signs, picture, signs, stroke
from archcalc.report.charts.svg import svg
from archcalc.report.columns import find
from archcalc.report.markdown import block
from archcalc.report.result import Header
from archcalc.report.view import EVERY_LEVEL, View, lines

if TYPE_CHECKING:
    import subprocess

    from archcalc.report.result import Summary

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
BOTH = pytest.mark.parametrize("made_of", [BLOCKS, LETTERS], ids=["blocks", "letters"])
MADE_OF = st.sampled_from([BLOCKS, LETTERS])


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound no width, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def of(what: str, summary: Summary, depth: int | None = None, **more: bool) -> Chart:
    return chart(what, lines(summary.layers, summary.totals, View(depth=depth)).shown, summary.header, **more)


def drawn(one: Chart, width: int = 80, made_of: Signs = BLOCKS) -> list[str]:
    return ["".join(text for text, _ in line) for line in picture(one, width, made_of)]


def length(text: str, made_of: Signs = BLOCKS) -> int:
    """Measure a bar in steps."""
    return sum(made_of.steps if c == made_of.full else made_of.parts.index(c) + 1 for c in text)


def bars(**values: int | None) -> Chart:
    return Chart("macs", "Bars", tuple(Bar(path, "conv", n, "n/a" if n is None else str(n)) for path, n in values.items()))


# ---- laws

NUMBERS = st.integers(0, 10**15)


@given(NUMBERS, st.integers(1, 10**15), st.integers(1, 200), MADE_OF)
def test_a_bar_is_as_long_as_its_value(value: int, end: int, width: int, made_of: Signs) -> None:
    found = length(stroke(value, end, width, made_of), made_of)
    exact = min(value, end) * width * made_of.steps / end
    assert abs(found - exact) <= 0.5001 or (found == 1 and 0 < exact < 1)
    assert (found == 0) == (value == 0)
    assert found <= width * made_of.steps
    assert cell_len(stroke(value, end, width, made_of)) <= width


@given(NUMBERS, NUMBERS, st.integers(1, 10**15), st.integers(1, 200), MADE_OF)
def test_what_is_more_is_never_shorter(a: int, b: int, end: int, width: int, made_of: Signs) -> None:
    few, many = (length(stroke(n, end, width, made_of), made_of) for n in sorted((a, b)))
    assert few <= many


@given(NUMBERS, st.integers(1, 10**15), st.integers(1, 200))
def test_letters_are_as_long_as_blocks(value: int, end: int, width: int) -> None:
    blocks, letters = (length(stroke(value, end, width, made_of), made_of) for made_of in (BLOCKS, LETTERS))
    assert abs(letters * BLOCKS.steps - blocks) <= BLOCKS.steps


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
ANY = st.builds(
    Chart,
    st.sampled_from(list(CHARTS)),
    st.just("Title"),
    st.lists(st.builds(Bar, TEXTS, TEXTS, NUMBERS | st.none(), st.sampled_from(["n/a", "1.234 M", "all"]), st.booleans(), st.booleans()))
    .map(tuple),
    st.integers(1, 10**6) | st.none(),
    st.booleans(),
)  # fmt: skip


@given(ANY, st.integers(1, 220), MADE_OF)
def test_no_line_is_too_long(one: Chart, width: int, made_of: Signs) -> None:
    for text in drawn(one, width, made_of):
        assert cell_len(text) <= width
        assert text.isprintable()
        assert text == text.rstrip()


@given(ANY)
def test_every_bar_stands_in_a_picture_that_parses(one: Chart) -> None:
    root = ET.fromstring(svg(one))  # noqa: S314 - made here
    told = [element.text or "" for element in root.iter(f"{SVG}title")]
    assert len(told) == len(one.bars)
    assert all(any(bar.shown in text for text in told) for bar in one.bars)


# ---- networks

LENET = """\
Receptive field  the full width is the input's, 32
conv_1       conv + tanh    ███████▌ 5
avg_pool_1   avg_pool       █████████ 6
conv_2       conv + tanh    █████████████████████ 14
avg_pool_2   avg_pool       ████████████████████████ 16
conv_3       conv + tanh    ████████████████████████████████████████████████ 32
classifier
  flatten_1  flatten        ████████████████████████████████████████████████ 32
  linear_1   linear + tanh  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ all
  linear_2   linear         ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ all
░ all of the input
"""
VGG = """\
Elements alive at each step  peak 6.423 M at conv_2
  conv_1               █████████████████████████▏ 3.362 M
▸ conv_2               ████████████████████████████████████████████████ 6.423 M
  max_pool_1           ██████████████████████████████ 4.014 M
  conv_3               ██████████████████ 2.408 M
  conv_4               ████████████████████████ 3.211 M
  max_pool_2           ███████████████ 2.007 M
  conv_5               █████████ 1.204 M
  conv_6               ████████████ 1.606 M
  conv_7               ████████████ 1.606 M
  max_pool_3           ███████▌ 1.004 M
  conv_8               ████▌ 602.11 K
  conv_9               ██████ 802.82 K
  conv_10              ██████ 802.82 K
  max_pool_4           ███▊ 501.76 K
  conv_11              █▌ 200.70 K
  conv_12              █▌ 200.70 K
  conv_13              █▌ 200.70 K
  max_pool_5           █ 125.44 K
  adaptive_avg_pool_1  ▎ 25.09 K
  flatten_1            ▎ 25.09 K
  linear_1             ▎ 29.18 K
  dropout_1            ▏ 4.096 K
  linear_2             ▏ 8.192 K
  dropout_2            ▏ 4.096 K
  linear_3             ▏ 5.096 K
"""


def test_lenet_is_drawn_so() -> None:
    assert "\n".join(drawn(of("receptive_field", load("lenet5").summary()))) + "\n" == LENET


def test_vgg_is_drawn_so() -> None:
    assert "\n".join(drawn(of("activations", load("vgg16").summary()))) + "\n" == VGG


def test_activations_of_mobilenet_rise_once_and_fall() -> None:
    one = of("activations", load("mobilenet_v2").summary(), depth=1)
    values = [bar.value or 0 for bar in one.bars]
    top = values.index(max(values))
    assert [bar.marked for bar in one.bars].index(True) == top
    assert values[:top] == sorted(values[:top])
    assert values[top : top + 3] == sorted(values[top : top + 3], reverse=True)
    assert one.peak == "stage[1].InvertedResidual_1[0].residual_1.depthwise_conv_1"
    text = drawn(one)
    assert "peak 1.505 M at" in text[0]
    (mark,) = (line for line in text if line.startswith("▸"))
    assert mark.endswith("1.505 M")


def test_params_of_mobilenet_lie_where_its_activations_do_not() -> None:
    """The U: activations are large in front, parameters behind."""
    summary = load("mobilenet_v2").summary()
    params, alive = ([bar.value or 0 for bar in of(what, summary).bars] for what in ("params", "activations"))
    half = len(params) // 2
    assert sum(params[:half]) * 5 < sum(params[half:])
    assert sum(alive[:half]) > 2 * sum(alive[half:])


def test_fields_beyond_the_input_and_fields_that_are_everything_differ() -> None:
    text = drawn(of("receptive_field", load("mobilenet_v2").summary()))
    last, pool = (next(line for line in text if line.startswith(name)) for name in ("last", "global_avg_pool"))
    assert last.endswith("█» 491")
    assert pool.endswith("░ all")
    assert text[-1] == "░ all of the input · » more than the input"


def test_fields_of_a_sequence_lie_on_its_length() -> None:
    summary = calculate(net("  - conv: {out: 4, kernel: 5}", given="{signal: {c: 8, l: 100}}"))
    assert summary.header.extents == (100,)
    assert calculate(net("  - linear: 4", given="{tokens: [20, 64]}")).header.extents == (20,)
    (bar,) = of("receptive_field", summary).bars
    assert (bar.value, of("receptive_field", summary).end) == (5, 100)


def test_what_has_no_field_has_no_bar() -> None:
    summary = load("mlp").summary()
    one = of("receptive_field", summary)
    assert {bar.value for bar in one.bars} == {None}
    assert one.end == 0
    assert all(line.endswith(("–", "classifier")) or i == 0 for i, line in enumerate(drawn(one)))


def test_unknown_is_not_zero() -> None:
    text = drawn(bars(a=None, b=0, c=1, d=10**9))
    assert text[1].endswith("n/a")
    assert "█" not in text[1]
    assert re.search(r"c .*▏ 1$", text[3])
    assert len(text) == 5


def test_nothing_and_one_line_are_drawn() -> None:
    assert drawn(bars()) == ["Bars"]
    assert drawn(bars(only=5), 20) == ["Bars", "only  ████████████ 5"]
    ET.fromstring(svg(bars()))  # noqa: S314
    assert chart("macs", [], Header(model="", variant=None, source="")).bars == ()


def test_bounds_are_bounds() -> None:
    summary = load("resnet50").summary(convention="keras")
    shown = {bar.shown for bar in of("macs", summary).bars}
    assert shown & {"n/a"}
    assert "–" not in {bar.shown for bar in of("macs", summary).bars if bar.value is None}


def test_every_network_is_drawn() -> None:
    for name in zoo.names():
        fits(load(name).summary(), 80)


@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v2", "unet", "gpt2"])
def test_networks_are_drawn_at_any_width(name: str) -> None:
    summary = load(name).summary()
    for width in (1, 7, 20, 40, 120, 200):
        fits(summary, width)


def fits(summary: Summary, width: int) -> None:
    for what in CHARTS:
        one = of(what, summary)
        blocks, letters = (drawn(one, width, made_of) for made_of in (BLOCKS, LETTERS))
        assert max(map(cell_len, (*blocks, *letters))) <= width
        assert all(text.isascii() for text in letters)
        ET.fromstring(svg(one))  # noqa: S314


def test_thousands_of_rows_are_folded() -> None:
    summary = calculate(net("  - repeat: 2000\n    layers: [conv: {out: 3, kernel: 3, padding: 1}, relu]"))
    assert len(summary.layers) == 4000
    assert len(drawn(of("params", summary))) < 40
    assert len(drawn(of("params", summary, depth=EVERY_LEVEL))) >= 4000


HOSTILE = [
    "<b>&\"'",
    "[red]x[/]",
    "\x1b[31mred",
    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
    "שלום",
    "\u202egnp",
    "a" * 300,
    "`````",
    "]]>",
]


@pytest.mark.parametrize("name", HOSTILE)
@BOTH
def test_names_are_data(name: str, made_of: Signs) -> None:
    one = Chart("macs", "Bars", (Bar(name, name, 3, "3", marked=True), Bar("b", "conv", 9, "9")), peak=name)
    for width in (20, 40, 80, 120):
        for text in drawn(one, width, made_of):
            assert cell_len(text) <= width
            assert text.isprintable()
        assert any(line.endswith(" 3") for line in drawn(one, width, made_of))
    picture = svg(one, ids={name: name})
    root = ET.fromstring(picture)  # noqa: S314
    assert {element.tag for element in root.iter()} <= {SVG + tag for tag in ("svg", "g", "title", "text", "tspan", "rect", "path")}
    assert "\x1b" not in picture
    assert "\u202e" not in picture


def test_a_name_does_not_end_the_block_in_markdown() -> None:
    first, *inner, last = block([[("````", "")], [("x", "")]])
    assert first == last == "`````"
    assert inner == ["````", "x"]


def test_pages_find_bars_by_their_rows() -> None:
    root = ET.fromstring(svg(bars(a=1, b=2), ids={"a": "row-1"}))  # noqa: S314
    assert [group.get("data-row") for group in root.iter(f"{SVG}g")] == ["row-1", None]
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Bars"


def test_widths_in_a_picture_are_proportional() -> None:
    root = ET.fromstring(svg(bars(a=1, b=2, c=4)))  # noqa: S314
    a, b, c = (float(rect.get("width", 0)) for rect in root.iter(f"{SVG}rect"))
    assert [2 * a, 2 * b] == pytest.approx([b, c], abs=0.5)


def test_notebooks_show_the_charts() -> None:
    text = load("lenet5").summary()._repr_html_()
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) == 4
    assert "peak 5.880 K at avg_pool_1" in pictures[0]
    assert "48,120" in pictures[1]
    assert "240,000" in pictures[2]
    assert "<script" not in text


def test_notebooks_leave_out_what_nothing_is_drawn_in() -> None:
    assert "Receptive field" not in load("mlp").summary()._repr_html_()


# ---- the formats and the command line


def test_lists_of_charts() -> None:
    assert pick("all") == tuple(CHARTS)
    assert pick("rf,live,rf") == ("receptive_field", "activations")
    with pytest.raises(UnknownChart, match="there are activations, params, macs, receptive_field and all"):
        pick("latency")


def test_letters_where_blocks_can_not_be_written() -> None:
    assert [signs(name) is BLOCKS for name in ("utf-8", "ascii", "latin-1", "cp437", "no such")] == [True, False, False, False, False]


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_order_and_number_of_bars_are_those_of_the_table(name: str) -> None:
    out = io.StringIO()
    renderer(name).summary([load("vgg16").run()], out, View(charts=("macs", "params"), sort=find("params"), top=3))
    found = re.findall(r"^(\w+) .*█.* M$", out.getvalue(), re.MULTILINE)
    assert found == ["linear_1", "linear_2", "linear_3"] * 2
    assert "more; the totals are of everything" in out.getvalue()
    assert "138,357,544" in out.getvalue()


def archcalc(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return helpers.archcalc(*args, **{"COLUMNS": "80", "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment})


def test_a_chart_stands_in_the_place_of_the_table() -> None:
    ran = archcalc("summarize", "lenet5", "--chart", "rf", "--chart", "macs")
    assert ran.returncode == 0
    assert LENET.splitlines()[1] in ran.stdout.splitlines()
    assert "─" not in ran.stdout
    assert re.search(r"params +61,706", ran.stdout)
    assert ran.stderr == ""


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}])
def test_ascii_where_there_is_nothing_else(environment: dict[str, str]) -> None:
    ran = archcalc("summarize", "mobilenet_v2", "--chart", "all", **environment)
    assert ran.returncode == 0
    drawn = ran.stdout[ran.stdout.index("Elements") : ran.stdout.index("152 rows")]
    assert drawn.isascii()
    assert re.search(r"^> +\S+ +#+ 1.505 M$", drawn, re.MULTILINE)
    assert re.search(r"^last +#+> 491$", drawn, re.MULTILINE)
    assert re.search(r"^linear_1 +:+ all$", drawn, re.MULTILINE)


def test_colours_say_nothing_that_signs_do_not() -> None:
    coloured = archcalc("summarize", "mobilenet_v2", "--chart", "all", FORCE_COLOR="1", NO_COLOR="").stdout
    plain = archcalc("summarize", "mobilenet_v2", "--chart", "all", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[1;33m▸" in coloured
    assert "\x1b[3" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == re.sub(r"\x1b\[[\d;]*m", "", plain)


@pytest.mark.parametrize("args", [("--format", "json"), ("--format", "jsonl"), ("--format", "csv"), ("--totals",)])
def test_where_nothing_is_drawn_that_is_said(args: tuple[str, ...]) -> None:
    ran, without = archcalc("summarize", "lenet5", "--chart", "macs", *args), archcalc("summarize", "lenet5", *args)
    assert ran.stderr.startswith("note: ")
    assert ran.stdout == without.stdout
    assert ran.returncode == 0


def test_unknown_charts_are_refused() -> None:
    for command in (("summarize", "lenet5"), ("compare", "lenet5", "vgg16")):
        ran = archcalc(*command, "--chart", "macz")
        assert ran.returncode == 2
        assert "macs" in ran.stderr
        assert ran.stdout == ""


def test_comparisons_draw_both_networks_at_one_scale() -> None:
    ran = archcalc("compare", "mobilenet_v2", "--with", "alpha=0.75", "--chart", "macs")
    assert ran.returncode == 0
    pair = re.search(r"^~ conv_1 +as it is +(█\S*) 10.84 M\n +alpha=0.75 +(█\S*) 8.129 M$", ran.stdout, re.MULTILINE)
    assert pair
    assert length(pair[2]) / length(pair[1]) == pytest.approx(0.75, abs=0.03)
    assert all(cell_len(line) <= 80 for line in ran.stdout.splitlines())


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_comparisons_fit(width: str) -> None:
    for args in (("resnet50", "resnet101"), ("lenet5", "vgg16"), ("vgg16", "resnet50", "mobilenet_v2")):
        ran = archcalc("compare", *args, "--chart", "all", COLUMNS=width)
        assert ran.returncode == 0, ran.stderr
        assert ran.stderr == ""
        drawn = [line for line in ran.stdout.splitlines() if re.search("[█░▏]", line)]
        assert drawn
        assert max(map(cell_len, drawn)) <= int(width)


def test_several_networks_are_drawn_by_their_totals() -> None:
    ran = archcalc("compare", "mobilenet_v1", "mobilenet_v2", "resnet50", "--totals", "--chart", "all", "--format", "markdown")
    assert re.search(r"^resnet50 +█+ 4.089 G$", ran.stdout, re.MULTILINE)
    assert ran.stdout.count("```") == 2
    assert "Receptive field" not in ran.stdout


def test_comparisons_in_files_hold_figures() -> None:
    ran = archcalc("compare", "lenet5", "vgg16", "--chart", "macs", "--format", "csv")
    assert ran.stderr.startswith("note: csv")
    assert ran.returncode == 0
