"""The renderers: what is shown at which width, what folding keeps, and the contract of the files."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from archcalc.report import FORMATS, renderer
from archcalc.report.columns import COLUMNS, STREAMED, UnknownColumn, find, order, pick
from archcalc.report.fold import READABLE, each, fold, readable, repeats, tree
from archcalc.report.numbers import at_least, human, percent, size
from archcalc.report.result import SUMS, Header, Row, Totals
from archcalc.report.totals import TALLIES, Tally
from archcalc.report.view import EVERY_LEVEL, View, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGE = (3, 224, 224)
HEADER = Header(
    model="ResNet",
    variant="resnet50",
    source="specs/resnet.yaml",
    inputs={"image": IMAGE},
    meta={"paper": "Deep Residual Learning for Image Recognition", "year": 2015},
)


@dataclass
class Fake:
    """A network that was worked out by hand."""

    layers: list[Row]
    header: Header = HEADER
    out: list[io.StringIO] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        yield from self.layers

    def totals(self) -> Totals:
        return totals(self.layers)

    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        return {"linear_1": self.layers[-1].output}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound no width, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


def totals(rows: list[Row]) -> Totals:
    sums = {name: sum(getattr(row, name) for row in rows) for name in SUMS}
    peak = max(rows, key=lambda row: row.live)
    unknown = tuple(dict.fromkeys(name for row in rows for name in row.incomplete))
    return Totals(
        peak_activation=peak.live,
        peak_activation_bytes=4 * peak.live,
        peak_at=peak.path,
        peak_in_out=max(row.in_out for row in rows),
        layers=len(rows),
        incomplete=unknown,
        **sums,
    )


def row(path: str, type_: str = "conv", output: tuple[int, ...] = (64, 56, 56), params: int = 0, macs: int = 0, **more: Any) -> Row:
    new = prod(output) if macs else 0
    figures = {
        "trainable": params, "flops": 2 * macs, "model_size_bytes": 4 * params, "activations": new, "activations_bytes": 4 * new,
        "live": new, "in_out": new, "receptive_field": (7, 7), "effective_stride": (2, 2), "effective_padding": (3, 3), "line": 7,
    }  # fmt: skip
    return Row(path=path, type=type_, inputs=((64, 56, 56),), output=output, params=params, macs=macs, **{**figures, **more})


def dressed(path: str, channels: int = 64, params: int = 9408, macs: int = 118_013_952) -> list[Row]:
    shape = (channels, 56, 56)
    return [
        row(path, "conv", shape, params, macs, group=path),
        row(f"{path}.norm", "batch_norm", shape, 2 * channels, buffers=2 * channels, group=path),
        row(f"{path}.act", "relu", shape, group=path),
    ]


def resnet() -> Fake:
    layers = dressed("conv_1")
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            path = f"stage[{stage}].Bottleneck_1[{block}]"
            layers += [
                inner for i in (1, 2, 3) for inner in dressed(f"{path}.residual_1.conv_{i}", 64 << stage, 16_384 << stage, 51_380_224)
            ]
            layers.append(row(f"{path}.residual_1", "add", (64 << stage, 56, 56)))
    layers.append(row("linear_1", "linear", (1000,), 2_049_000, 2_048_000, receptive_field=(None, None), effective_stride=(None, None)))
    return Fake(layers)


NAMES = st.sampled_from(["conv_1", "Block_1", "stage[0]", "stage[1]", "act", "x"])
ROWS = st.lists(
    st.builds(
        lambda names, numbers, grouped: Row(
            path=".".join(names),
            type="conv",
            group=".".join(names[:1]) if grouped else None,
            **dict(zip(SUMS, numbers, strict=True)),
            live=numbers[0],
        ),
        st.lists(NAMES, min_size=1, max_size=5),
        st.lists(st.integers(0, 10**12), min_size=len(SUMS), max_size=len(SUMS)),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def shown(run: Fake, name: str = "table", view: View | None = None) -> str:
    out = io.StringIO()
    renderer(name).summary([run], out, view or View())
    return out.getvalue()


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.000 K"),
        (9_999, "9.999 K"),
        (10_000, "10.00 K"),
        (61_706, "61.71 K"),
        (999_994, "999.99 K"),
        (999_995, "1.000 M"),  # 1000.00 K is no way to write it
        (999_999, "1.000 M"),
        (9_999_500, "10.00 M"),  # 9.9995 has five digits, and rounds up
        (138_357_544, "138.36 M"),
        (15_470_264_320, "15.47 G"),
        (10**27, "1000.00 Y"),
    ],
)
def test_numbers_have_four_digits_and_move_to_the_next_unit(n: int, text: str) -> None:
    assert human(n) == text


@given(st.integers(0, 10**40))
def test_no_number_is_too_large_and_none_is_written_in_too_small_a_unit(n: int) -> None:
    number, _, unit = human(n).partition(" ")
    assert unit == "Y" or float(number.replace(",", "")) < 1000
    assert size(n)
    assert 0 <= float(percent(n, 10**40)) <= 100


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB (1000 B)"),
        (1024, "1.02 kB (1.00 KiB)"),
        (2**20, "1.05 MB (1.00 MiB)"),
        (244_403_360, "244.40 MB (233.08 MiB)"),  # AlexNet's weights, which are both "MB" elsewhere
    ],
)
def test_bytes_are_written_in_both_units(n: int, text: str) -> None:
    assert size(n) == text


def test_a_bound_is_marked() -> None:
    assert (at_least("7", bound=True), at_least("7", bound=False)) == (">= 7", "7")


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("depth", [None, 1, 3, EVERY_LEVEL])
@pytest.mark.parametrize("columns", ["", "all", "macs,rf,line"])
def test_nothing_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int, depth: int | None, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = shown(resnet(), view=View(depth=depth, columns=pick(columns) if columns else ()))
    assert max(map(len, text.splitlines())) <= width


@given(ROWS, st.integers(3, 150), st.integers(1, 7), st.booleans())
def test_no_network_is_wider_than_the_terminal(rows: list[Row], width: int, depth: int, asked: bool) -> None:  # noqa: FBT001
    deep = [r._replace(path=f"a.b.日本語.c.{r.path}.{r.path}") for r in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        text = shown(Fake(deep), view=View(depth=depth * 2, columns=COLUMNS if asked else ()))
    assert max(map(cell_len, text.splitlines())) <= width


def test_a_name_without_end_is_no_matter() -> None:
    layers = [row("x" * 500_000, "conv")]
    started = time.perf_counter()
    assert max(map(len, shown(Fake(layers)).splitlines())) <= 100
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (80, "Layer Type Output Params MACs RF"),
        (120, "Layer Type Output Params MACs RF Stride Padding Activations"),
        (200, "Layer Type Input Output Params Buffers Size (B) MACs FLOPs RF Stride Padding Activations Act. (B) Live In+out Line"),
    ],
)
def test_more_columns_appear_where_there_is_room(monkeypatch: pytest.MonkeyPatch, width: int, titles: str) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = shown(resnet())
    assert " ".join(next(line for line in text.splitlines() if "Params" in line).split()) == titles
    assert "conv + batch_norm" in text


def test_columns_line_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    table = shown(resnet()).split("\n\n")[1].splitlines()[:-1]
    for title in ("Params", "MACs", "RF"):
        end = table[0].index(f" {title} ") + len(title) + 1
        cells = [line.ljust(120)[:end].rsplit(" ", 1)[-1] for line in table[2:]]
        assert all(line.ljust(120)[end] == " " for line in table[2:])
        assert all(cell in ("", "–", "all") or cell.replace(",", "").isdigit() for cell in cells)
    start = table[0].index("Output")
    assert all(line.ljust(120)[start - 1] == " " for line in table[2:])


def test_a_network_is_folded_to_what_is_read_at_a_glance() -> None:
    content = lines(resnet().layers, resnet().totals(), View())
    assert (content.depth, len(content.shown)) == (2, 18)
    assert [line.row.type for line in content.shown[:2]] == ["conv + batch_norm + relu", "Bottleneck"]
    stages = fold(resnet().layers, resnet().totals(), 1)
    assert [line.row.type for line in stages] == ["conv + batch_norm + relu", *(f"{n} × Bottleneck" for n in (3, 4, 6, 3)), "linear"]


def test_a_big_depth_shows_every_row() -> None:
    layers = resnet().layers
    assert [line.row for line in fold(layers, Totals(), 5)] == layers
    assert [line.row for line in fold(layers, Totals(), EVERY_LEVEL)] == layers


def test_the_tree_is_set_in_by_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    view = View(depth=EVERY_LEVEL, columns=pick("layer"))
    layers = [line[2:].rstrip() for line in shown(resnet(), view=view).splitlines()]
    assert layers[layers.index("image") :][:9] == [
        "image", "conv_1", "  norm", "  act", "stage[0]", "  Bottleneck_1[0].residual_1", "    conv_1", "      norm", "      act",
    ]  # fmt: skip


def test_a_header_is_drawn_together_with_an_only_child() -> None:
    paths = ["body.layers_1[0].Block_1.conv_1", "body.layers_1[0].Block_1.relu_1", "body.layers_1[1].conv_1", "head.fc"]
    nodes = tree(each([row(path) for path in paths], Totals()))
    assert [f"{'  ' * node.level}{node.label}" for node in nodes] == [
        "body", "  layers_1[0].Block_1", "    conv_1", "    relu_1", "  layers_1[1].conv_1", "head.fc",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "type_"),
    [
        (["a.conv_1", "a.conv_1.act"], "conv"),
        (["a.conv_1", "a.conv_2", "a.pool"], "2 × conv, max"),
        (["a.layers_1[0].Block_1.x", "a.layers_1[1].Block_1.x"], "2 × Block"),
        (["a.b.conv_1", "a.c[0].conv_1", "a.c[1].conv_1"], "b, 2 × c"),
        (["a.b.x", "a.c.x", "a.d.x", "a.e.x"], "b, c, d, …"),
    ],
)
def test_a_folded_line_says_what_is_inside(paths: list[str], type_: str) -> None:
    rows = [row(path, "max" if path.endswith("pool") else "conv") for path in paths]
    assert [line.row.type for line in fold(rows, Totals(), 1)] == [type_]


@given(ROWS)
def test_the_tree_holds_every_line_in_order(rows: list[Row]) -> None:
    nodes = list(tree(each(rows, Totals())))
    assert [node.line.row for node in nodes if node.line] == rows
    above: list[str] = []
    for node in nodes:
        above = [*above[: node.level], node.label]
        assert len(above) == node.level + 1
        assert not node.line or ".".join(above) == node.line.row.path


def test_copies_are_drawn_together_where_there_are_too_many() -> None:
    layers = [row("embed", "embedding"), *(row(f"layer[{i}].{name}", macs=7) for i in range(80) for name in ("a", "b")), row("head")]
    content = lines(layers, totals(layers), View())
    assert [(line.row.path, line.row.macs, line.rows) for line in content.shown] == [
        ("embed", 0, 1), ("layer[0..79]", 80 * 2 * 7, 160), ("head", 0, 1),
    ]  # fmt: skip


@given(ROWS, st.integers(1, 7))
def test_folding_at_any_depth_keeps_the_totals(rows: list[Row], depth: int) -> None:
    whole = totals(rows)
    for folded in (fold(rows, whole, depth), repeats(fold(rows, whole, depth))):
        assert totals([line.row for line in folded]) == replace(
            whole, layers=len(folded), peak_at=totals([line.row for line in folded]).peak_at
        )
        assert sum(line.rows for line in folded) == len(rows)
        assert sum(line.peak for line in folded) >= 1
        assert folded[-1].row.output == rows[-1].output


@given(ROWS)
def test_more_depth_never_means_fewer_lines(rows: list[Row]) -> None:
    counts = [len(fold(rows, Totals(), depth)) for depth in range(1, 7)]
    assert counts == sorted(counts)
    assert readable(rows) == 1 or counts[readable(rows) - 1] <= READABLE


@given(ROWS, st.sampled_from(COLUMNS))
def test_sorting_loses_no_line(rows: list[Row], column: Any) -> None:
    found = list(each(rows, totals(rows)))
    assert sorted(map(id, order(column, found))) == sorted(map(id, found))
    if column.name == "macs":
        assert [line.row.macs for line in order(column, found)] == sorted((r.macs for r in rows), reverse=True)


def test_top_says_how_much_is_left_out() -> None:
    text = shown(resnet(), view=View(depth=1, sort=find("macs"), top=2))
    body = text.split("─\n")[1].splitlines()
    assert [line.split()[0] for line in body[1:3]] == ["stage[2]", "stage[1]"]
    assert "… 4 more; the totals are of everything" in body[3]
    assert shown(resnet()).split("\n\n")[-1] == text.split("\n\n")[-1]


def test_marks_say_what_they_mean() -> None:
    layers = [
        row("opaque_1", "opaque", params=10, macs=5, declared=True),
        row("opaque_2", "opaque", receptive_field=None, incomplete=("params", "macs", "receptive_field")),
        row("tied_1", "linear", tied=True, macs=5, receptive_field=(204, 204), receptive_field_min=(188, 188)),
        row("add_1", "add", receptive_field=(1, 7), aligned=False),
        row("ids", "embedding", receptive_field=None),
    ]
    text = shown(Fake(layers), view=View(columns=pick("params,macs,rf")))
    cells = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.startswith("  ")}
    assert cells["opaque_2"] == ["n/a", "n/a", "n/a"]
    assert cells["tied_1"] == ["tied", "5", "188–204"]
    assert cells["add_1"][-1] == "1×7~"
    assert cells["ids"] == ["–"] * 3
    assert "*10" in text
    assert ">= 10" in text
    for note in ("* declared in the file", "~ branches that are centred differently meet", "n/a: not known"):
        assert note in text
    folded = fold([r._replace(path=f"a.{r.path}") for r in layers], totals(layers), 1)[0]
    assert (find("params").shown(folded), find("params").value(folded)) == ("*>= 10", None)


def test_what_the_caller_chose_is_on_top() -> None:
    header = replace(HEADER, batch=8, dtype={"weights": "int4", "activations": "int8"}, settings={"depth": 50})
    text = shown(replace(resnet(), header=header))
    assert "image 3×224×224 · batch 8 · convention paper · weights int4, activations int8 · depth = 50" in text
    assert "Deep Residual Learning for Image Recognition, 2015" in text


@pytest.mark.parametrize("name", FORMATS)
def test_names_cannot_command_the_terminal(name: str) -> None:
    evil = "\x1b[31m\u202e\x9b2J"
    out = io.StringIO()
    run = Fake(
        [row(f"a{evil}", f"b{evil}", source_file=evil)],
        replace(HEADER, model=evil, source=evil, meta={"paper": evil}, inputs={evil: IMAGE}),
    )
    renderer(name).summary([run], out, View(columns=COLUMNS if name not in ("json", "jsonl") else ()))
    renderer(name).records(TALLIES, [Tally(evil, run.header, run.totals())], out)
    assert not set("\x1b\u202e\x9b") & set(out.getvalue())


# ---- files

TOTALS = {
    "params", "trainable", "frozen", "buffers", "macs", "flops", "model_size_bytes", "activations", "activations_bytes", "peak_activation",
    "peak_activation_bytes", "peak_at", "peak_in_out", "layers",
}  # fmt: skip
LAYER = {
    "path", "type", "inputs", "output", "params", "trainable", "frozen", "buffers", "macs", "flops", "activations", "receptive_field",
    "effective_stride", "effective_padding", "line",
}  # fmt: skip
TOP = {"format", "model", "variant", "source", "batch", "convention", "dtype", "inputs", "outputs", "totals", "layers"}


def test_json_holds_the_contract_and_nothing_else() -> None:
    found = json.loads(shown(resnet(), "json"))
    assert set(found) == TOP
    assert set(found["totals"]) == TOTALS
    assert found["format"] == "archcalc.summary/1"
    assert (found["inputs"], found["outputs"]) == ({"image": [3, 224, 224]}, {"linear_1": [1000]})
    assert len(found["layers"]) == found["totals"]["layers"] == len(resnet().layers)
    assert {frozenset(layer) for layer in found["layers"]} == {frozenset(LAYER), frozenset(LAYER | {"group"})}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"receptive_field": (None, 7)}, {"receptive_field": [None, 7]}),
        ({"receptive_field": None}, {"receptive_field": None}),
        ({"effective_stride": (Fraction(1, 2), 2)}, {"effective_stride": ["1/2", 2]}),
        ({"receptive_field_min": (6, 6)}, {"receptive_field_min": [6, 6]}),
        ({"aligned": False}, {"aligned": False}),
        ({"tied": True}, {"tied": True}),
        ({"declared": True}, {"declared": True}),
        ({"source_file": "lib.yaml"}, {"source_file": "lib.yaml"}),
        ({"group": "conv_1"}, {"group": "conv_1"}),
        ({"incomplete": ("macs", "flops")}, {"incomplete": ["macs", "flops"], "macs": None, "flops": None}),
    ],
)
def test_json_rows_say_more_only_where_it_applies(more: dict[str, Any], expected: dict[str, Any]) -> None:
    layer = json.loads(shown(Fake([row("conv_1", **more)]), "json"))["layers"][0]
    assert {key: layer[key] for key in expected} == expected
    assert set(layer) == LAYER | set(expected)


def test_totals_that_are_bounds_are_named() -> None:
    found = json.loads(shown(Fake([row("a", params=3), row("b", incomplete=("params",))]), "json"))["totals"]
    assert (found["params"], found["incomplete"]) == (3, ["params"])


def test_several_networks_are_one_list() -> None:
    out = io.StringIO()
    renderer("json").summary([resnet(), resnet()], out, View(several=True))
    assert [found["model"] for found in json.loads(out.getvalue())] == ["ResNet", "ResNet"]


def test_json_lines_are_rows_then_totals() -> None:
    found = [json.loads(line) for line in shown(resnet(), "jsonl").splitlines()]
    assert found[:-1] == json.loads(shown(resnet(), "json"))["layers"]
    assert set(found[-1]) == TOP - {"layers"}


def test_csv_has_a_line_a_row() -> None:
    found = list(csv.DictReader(io.StringIO(shown(resnet(), "csv"))))
    assert list(found[0]) == [column.name for column in STREAMED]
    assert len(found) == len(resnet().layers)
    assert sum(int(line["params"]) for line in found) == resnet().totals().params
    assert (found[0]["output"], found[0]["receptive_field"], found[-1]["receptive_field"]) == ("64x56x56", "7x7", "all")


def test_csv_folds_sorts_and_shares_when_asked() -> None:
    found = list(
        csv.reader(io.StringIO(shown(resnet(), "csv", View(depth=1, columns=pick("params"), sort=find("params"), top=2, shares=True))))
    )
    assert found[0] == ["path", "params", "params_percent", "macs_percent"]
    assert [line[0] for line in found[1:]] == ["linear_1", "stage[2]"] or [line[0] for line in found[1:]] == ["stage[2]", "linear_1"]


def test_csv_of_several_networks_says_which() -> None:
    out = io.StringIO()
    renderer("csv").summary([resnet(), resnet()], out, View(several=True, depth=1))
    found = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert {line["spec"] for line in found} == {"specs/resnet.yaml#resnet50"}
    assert len(found) == 12


@pytest.mark.parametrize("name", ["json", "jsonl", "csv"])
def test_rows_are_written_as_they_come(name: str) -> None:
    out = io.StringIO()
    written: list[int] = []

    class Streamed(Fake):
        def rows(self) -> Iterator[Row]:
            for each_row in self.layers:
                yield each_row
                written.append(out.getvalue().count("conv_"))

    renderer(name).summary([Streamed([row(f"conv_{i}") for i in range(5)])], out, View())
    assert written[1:] == sorted(set(written[1:]))


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_written_of_a_network_that_is_wrong(name: str) -> None:
    class Wrong(Fake):
        def rows(self) -> Iterator[Row]:
            raise ValueError
            yield

    out = io.StringIO()
    with pytest.raises(ValueError):  # noqa: PT011 - the one above
        renderer(name).summary([Wrong([])], out, View())
    assert not out.getvalue()


def test_markdown_lines_up_and_escapes() -> None:
    text = shown(Fake([row("a|b", "conv", params=1, macs=2), row("c", "relu")]), "markdown")
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(line) for line in table} == {len(table[0])}
    assert {line.replace("\\|", "").count("|") for line in table} == {table[0].count("|")}
    assert table[1].startswith("|---")
    assert "a\\|b" in text
    assert "- params: **1**" in text


@pytest.mark.parametrize("name", FORMATS)
def test_totals_of_several_networks_are_a_line_each(name: str) -> None:
    out = io.StringIO()
    tallies = [Tally(spec, HEADER, resnet().totals()) for spec in ("a.yaml", "b.yaml")]
    renderer(name).records(TALLIES, tallies, out)
    text = out.getvalue()
    assert sum("a.yaml" in line for line in text.splitlines()) == 1
    assert str(resnet().totals().params) in text.replace(",", "")


# ---- columns


def test_every_name_of_a_column_means_one_column() -> None:
    names = [name.lower() for column in COLUMNS for name in {column.name, column.title.lower(), *column.aliases}]
    assert sorted(set(names)) == sorted(names)
    assert all(find(name) in COLUMNS for name in names)


def test_an_unknown_column_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(UnknownColumn, match="did you mean `params`"):
        find("prams")
    with pytest.raises(UnknownColumn, match="there are path, type"):
        pick("layer,???????")


def test_columns_that_were_asked_for_are_shown_in_that_order() -> None:
    assert [column.name for column in pick("MACs,rf,layer")] == ["macs", "receptive_field", "path"]
    assert pick("all") == COLUMNS
    text = shown(resnet(), view=View(columns=pick("macs,rf")))
    assert any(line.split() == ["Layer", "MACs", "RF"] for line in text.splitlines())


def test_columns_that_do_not_fit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no room" not in shown(resnet(), view=View(columns=COLUMNS))  # nothing bounds the width of a file
    monkeypatch.setenv("COLUMNS", "80")
    assert "no room for" in shown(resnet(), view=View(columns=COLUMNS))
