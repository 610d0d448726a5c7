"""Comparing networks: what is the same, what differs, what merely follows; of specs, settings and revisions."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import net, spec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from archcalc import zoo
from archcalc.api import load
from archcalc.cli.compare import FORMATS
from archcalc.cli.options import columns as picked
from archcalc.comparing import Comparison, Subject, compare, subject
from archcalc.comparing.contenders import split
from archcalc.comparing.difference import CHANGES
from archcalc.comparing.sequence import best, common, once, rising
from archcalc.comparing.totals import differences, percent
from archcalc.comparing.words import sentence
from archcalc.report import compared
from archcalc.report.compared import View, renderer
from archcalc.report.compared.lines import lines
from archcalc.report.compared.pieces import Alike, Changed
from archcalc.report.view import EVERY_LEVEL
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.document import LayerCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.difference import Pair
    from archcalc.spec.document import Entry

ROOT = Path(__file__).parent.parent
ENTRIES = [entry.name for entry in zoo.entries()]
FILES = zoo.files()


def made(text: str, label: str = "A", **options: Any) -> Subject:
    return subject(spec(text, folder=zoo.folder()).run(**options), label, label)


def both(before: str, after: str, **options: Any) -> Comparison:
    return compare(made(before, "A", **options), made(after, "B", **options))


@cache
def shipped(name: str) -> Subject:
    return subject(load(name).run(), name, name)


def networks(before: str, after: str) -> Comparison:
    return compare(shipped(before), shipped(after))


def causes(found: Comparison) -> list[Pair]:
    """Give the rows to which something happened, rather than those that follow."""
    return [pair for pair in found.found.values() if pair.change not in ("alike", "follows")]


def happened(found: Comparison) -> list[tuple[str, str, str]]:
    return [(pair.change, pair.before.row.path if pair.before else "", pair.after.row.path if pair.after else "") for pair in causes(found)]


def shown(found: Comparison | Sequence[Comparison], name: str = "table", view: View | None = None) -> str:
    out = io.StringIO()
    renderer(name).write([found] if isinstance(found, Comparison) else found, out, view or View())
    return out.getvalue()


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound no width, whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


# ---- what is alike


@pytest.mark.parametrize("name", ENTRIES)
def test_a_network_is_like_itself(name: str) -> None:
    old = shipped(name)
    again = subject(load(name).run(), "again", "again") if len(old.items) < 300 else old  # a large one is not worked out twice
    found = compare(old, replace(again, name="again"))
    assert not found.differs
    assert found.counts == {**dict.fromkeys(CHANGES, 0), "alike": len(shipped(name).items)}
    assert sentence(found).startswith(f"again is like {name}: ")
    assert lines(found, None) == [Alike(len(shipped(name).items))]
    assert all(one.by == 0 for one in differences(found.before.totals, found.after.totals, every=True))


def test_another_way_of_writing_is_no_difference() -> None:
    short = net("  - conv: {out: 8, kernel: 3, padding: 1}\n  - max_pool: 2\n  - flatten\n  - linear: 10")
    long = net(
        "  - conv: {out: 8, kernel: [3, 3], padding: [1, 1], stride: 1, bias: true, groups: 1}\n"
        "  - max_pool: {kernel: [2, 2], stride: 2}\n  - flatten: {start: 0}\n  - linear: {out: 2 * 5}"
    )
    assert not both(short, long).differs


def test_the_same_layers_in_other_groups_are_renamed_and_nothing_else() -> None:
    found = networks("vgg16", "vgg")
    assert {change: n for change, n in found.counts.items() if n} == {"renamed": 37, "alike": 3}
    assert sentence(found) == "vgg renames 37 layers: as many parameters and MACs"
    stretches = [piece for piece in lines(found, None) if isinstance(piece, Alike)]
    assert sum(piece.rows for piece in stretches) == 40
    assert len(lines(found, EVERY_LEVEL)) > 30


# ---- what differs: one thing at a time

CONV, NORM, POOL = "conv: {out: 8, kernel: 3, padding: 1}", "batch_norm", "max_pool: 2"
LAYERS = [CONV, NORM, "relu", POOL, "conv: {out: 16, kernel: 3, padding: 1}", NORM, "relu", "global_avg_pool", "dropout: 0.5", "linear: 10"]
NAMED = ["{name: a, conv: {out: 8, kernel: 3, padding: 1}}", "{name: b, conv: {out: 8, kernel: 3, padding: 1}}",
         "{name: c, conv: {out: 8, kernel: 3, padding: 1}}", "add: [a, x]"]  # fmt: skip


def listed(layers: Sequence[str], given: str = "{image: [3, 32, 32]}") -> str:
    return net("".join(f"  - {layer}\n" for layer in layers), given)


def instead(i: int, layer: str, layers: Sequence[str] = LAYERS) -> list[str]:
    return [*layers[:i], layer, *layers[i + 1 :]]


class Case(NamedTuple):
    after: list[str]
    happened: list[tuple[str, str, str]]
    follows: int
    said: str
    before: list[str] = LAYERS


CASES = {
    "a name": Case(
        instead(0, "{name: stem, " + CONV + "}"), [("renamed", "conv_1", "stem")], 0,
        "B renames conv_1 to stem: as many parameters and MACs",
    ),
    "a name like a number": Case(
        instead(0, "{name: conv_9, " + CONV + "}"), [("renamed", "conv_1", "conv_9")], 0, "B renames conv_1 to conv_9: as many",
    ),
    "a name and a field": Case(
        instead(0, "{name: stem, conv: {out: 9, kernel: 3, padding: 1}}"), [("changed", "conv_1", "stem")], 4,
        "B changes stem (out 8 → 9) and renames conv_1 to stem: +",
    ),
    "a layer more": Case(
        [*LAYERS[:3], CONV, *LAYERS[3:]], [("added", "", "conv_2")], 0, "B has one more conv layer (conv_2): +584 parameters (+",
    ),
    "a layer in front": Case([NORM, *LAYERS], [("added", "", "batch_norm_1")], 0, "B has one more batch_norm layer (batch_norm_1): "),
    "a layer at the end": Case([*LAYERS, "tanh"], [("added", "", "tanh_1")], 0, "B has a new tanh layer (tanh_1): as many"),
    "a layer less": Case([*LAYERS[:2], *LAYERS[3:]], [("removed", "relu_1", "")], 0, "B lacks a relu layer (relu_1): as many"),
    "a layer moved": Case(
        [*LAYERS[:1], *LAYERS[2:3], *LAYERS[1:2], *LAYERS[3:]], [("moved", "batch_norm_1", "batch_norm_1")], 0,
        "B moves batch_norm_1: as many",
    ),
    "a layer moved far": Case(
        [*LAYERS[:3], *LAYERS[4:7], LAYERS[3], *LAYERS[7:]], [("moved", "max_pool_1", "max_pool_1")], 3,
        "B moves max_pool_1: as many parameters, +",
    ),
    "channels": Case(
        instead(0, "conv: {out: 12, kernel: 3, padding: 1}"), [("changed", "conv_1", "conv_1")], 4, "B changes conv_1 (out 8 → 12): +",
    ),
    "a kernel": Case(
        instead(4, "conv: {out: 16, kernel: 5, padding: 2}"), [("changed", "conv_2", "conv_2")], 0,
        "B changes conv_2 (kernel 3 → 5, padding 1 → 2): ",
    ),
    "a figure that counts for nothing": Case(
        instead(8, "dropout: 0.1"), [("changed", "dropout_1", "dropout_1")], 0,
        "B changes dropout_1 (p 0.5 → 0.1): as many parameters and MACs",
    ),
    "a kind": Case(
        instead(3, "avg_pool: 2"), [("changed", "max_pool_1", "avg_pool_1")], 0, "B changes avg_pool_1 (max_pool → avg_pool): as many",
    ),
    "weights that are not trained": Case(
        instead(0, "{freeze: true, " + CONV + "}"), [("changed", "conv_1", "conv_1")], 0,
        "B changes conv_1 (freeze false → true): as many",
    ),
    "what comes along with a layer": Case(
        instead(0, "conv: {out: 8, kernel: 3, padding: 1, act: tanh}"), [("changed", "conv_1", "conv_1"), ("added", "", "conv_1.act")], 0,
        "B changes conv_1 (act none → tanh): as many",
    ),
    "another class of the same kind": Case(
        [*LAYERS[:9], "linear: 12"], [("changed", "linear_1", "linear_1")], 0, "B changes linear_1 (out 10 → 12): +34 parameters (+",
    ),
    "layers in a group": Case(
        ["{name: body, layers: [" + ", ".join(LAYERS[:8]) + "]}", *LAYERS[8:]],
        [("renamed", f"{name}", f"body.{name}") for name in
         ("conv_1", "batch_norm_1", "relu_1", "max_pool_1", "conv_2", "batch_norm_2", "relu_2", "global_avg_pool_1")], 0,
        "B renames 8 layers: as many parameters and MACs",
    ),
    "copies": Case(
        ["{repeat: 3, " + CONV + "}"], [("added", "", "conv_1[2]")], 0, "B has one more conv layer (conv_1[2]): +584",
        ["{repeat: 2, " + CONV + "}"],
    ),
    "what a layer reads": Case(
        [*NAMED[:3], "add: [b, x]"], [("changed", "add_1", "add_1")], 0, "B changes add_1 (reads a, c → b, c): as many", NAMED,
    ),
    "one operand more": Case(
        [*NAMED[:3], "add: [a, b, x]"], [("changed", "add_1", "add_1")], 0, "B changes add_1 (reads a, c → a, b, c): as many", NAMED,
    ),
    "a name that others read": Case(
        ["{name: z" + NAMED[0][8:], *NAMED[1:3], "add: [z, x]"], [("renamed", "a", "z")], 0, "B renames a to z: as many", NAMED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_thing_is_named_alone(name: str) -> None:
    case = CASES[name]
    found = both(listed(case.before), listed(case.after))
    assert happened(found) == case.happened
    assert found.counts["follows"] == case.follows
    assert sentence(found).startswith(case.said)
    assert found.differs


@pytest.mark.parametrize("name", CASES)
def test_one_thing_is_named_alone_the_other_way_round(name: str) -> None:
    case = CASES[name]
    found = both(listed(case.after), listed(case.before))
    other = {"added": "removed", "removed": "added"}
    expected = sorted((other.get(change, change), old) for change, _, old in case.happened if change != "moved")
    assert (
        sorted((pair.change, pair.before.row.path if pair.before else "") for pair in causes(found) if pair.change != "moved") == expected
    )
    assert sum(pair.change == "moved" for pair in causes(found)) == sum(change == "moved" for change, _, _ in case.happened)


def test_an_input_makes_everything_follow() -> None:
    found = compare(shipped("resnet50"), subject(load("resnet50").run(inputs={"image": (3, 256, 256)}), "B", "B"))
    assert causes(found) == []
    assert sentence(found).startswith("B reads image 3×256×256 instead of 3×224×224: as many parameters, +1.251 G MACs (+30.6 %)")
    first = lines(found, None)[0]
    assert isinstance(first, Changed)
    assert (first.change, first.line.row.path) == ("changed", "image")


def test_fields_that_are_said_in_sizes_follow() -> None:
    layers = ["{name: stem, conv: {out: %d, kernel: 1}}", "squeeze_excite: x.c // 4", "conv: {out: x.c * 2, kernel: 1}"]
    found = both(listed([layers[0] % 8, *layers[1:]]), listed([layers[0] % 16, *layers[1:]]))
    assert happened(found) == [("changed", "stem", "stem")]
    assert found.counts["alike"] == 0
    found = both(listed([layers[0] % 8, *layers[1:]]), listed([layers[0] % 8, "squeeze_excite: x.c // 2", layers[2]]))
    assert [pair.after.entry for pair in causes(found) if pair.after] == ["squeeze_excite_1"]


def test_auto_is_compared_by_what_comes_of_it() -> None:
    pool, text = "max_pool: {kernel: 2%s}", "  - {name: deep, conv: {out: 4, kernel: 1%s}}"
    assert not both(listed([pool % ""]), listed([pool % ", stride: 2"])).differs
    assert happened(both(listed([pool % ""]), listed([pool % ", stride: 1"]))) == [("changed", "max_pool_1", "max_pool_1")]
    assert happened(both(net(text % ""), net(text % ", bias: false"))) == [("changed", "deep", "deep")]


def test_a_block_with_more_in_it_is_the_same_block() -> None:
    head = "blocks: {%s: {layers: [{residual: [{conv: {out: 8, kernel: 3, padding: 1, norm: batch, act: relu}}, %s]}, relu]}}\n"
    before = net(f"  - {CONV}\n  - {{repeat: 4, Block: }}", head=head % ("Block", CONV))
    after = net(f"  - {CONV}\n  - {{repeat: 4, Wide: }}", head=head % ("Wide", f"{CONV}, squeeze_excite: 2"))
    found = both(before, after)
    assert found.counts["removed"] == 0
    assert found.counts["added"] == 4 * 6
    found = both(before, net(f"  - {CONV}\n  - {{repeat: 4, Wide: }}", head=head % ("Wide", CONV)))
    assert {change: n for change, n in found.counts.items() if n} == {"renamed": 4 * 6, "alike": 1}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("resnet50", "resnet101", "resnet101 has 17 more blocks in stage[2]: +18,992,128 parameters (+74.3 %), +3.712 G MACs (+90.8 %)"),
        ("resnet101", "resnet50", "resnet50 lacks 17 blocks in stage[2]: -18,992,128 parameters (-42.6 %), -3.712 G MACs (-47.6 %)"),
        ("resnet50", "resnet50_paper", "resnet50_paper changes 6 layers (stride): as many parameters, -231.21 M MACs (-5.7 %)"),
        ("vit_b_16", "vit_b_32", "vit_b_32 changes patches (kernel 16 → 32, stride 16 → 32): +1,656,576 parameters (+1.9 %), -13.15 G"),
        ("alexnet", "one_tower", "one_tower changes conv2, conv4 and conv5 (groups): +1,413,120 parameters (+2.3 %), +410.85 M MACs"),
        ("llama_7b", "llama2_7b", "llama2_7b reads tokens 4096 instead of 2048: as many parameters, +16.83 T MACs (+115.0 %)"),
        ("gpt2", "gpt2_medium", "gpt2_medium has 12 more layers and changes 37 layers (dim, heads, out): +230,383,360 parameters"),
        ("resnet50", "vit_b_16", "vit_b_16 is another network than resnet50, with 2 of 175 layers in common: +61,010,624 parameters"),
    ],
)  # fmt: skip
def test_the_zoo_in_words(before: str, after: str, said: str) -> None:
    assert sentence(networks(before, after)).startswith(said)


# ---- what differs: one number of a spec of the zoo


class Number(NamedTuple):
    """A number in a spec of the zoo: whose it is, and where it stands."""

    path: Path
    entry: tuple[int, int]
    line: int
    start: int
    end: int
    value: int


def entries(path: Path) -> Iterator[Entry]:
    """Give the entries that are written in a file."""
    document = spec(path.read_text(encoding="utf-8"), folder=path.parent).document
    waiting = [document.body, *(block.body for block in document.blocks.values() if block.place.source == document.source)]
    while waiting:
        for entry in waiting.pop():
            waiting += entry.bodies()
            yield entry


@cache
def numbers() -> list[Number]:
    """Find the whole numbers that stand in the fields of layers."""
    found = []
    for path in FILES:
        for entry in entries(path):
            if not isinstance(entry.content, LayerCall):
                continue
            for name, value in entry.content.args.items():
                if type(value) is int and value > 0:
                    node = entry.content.nodes[0]
                    span = node.at((name,)) if isinstance(node.value, dict) else node.span
                    line = path.read_text(encoding="utf-8").split("\n")[span.line - 1]
                    own = (span.line, span.column) > (entry.place.span.line, entry.place.span.column)  # not of the file's `defaults`
                    if own and line[span.column : span.end].replace("_", "") == str(value):
                        found.append(Number(path, (entry.place.span.line, entry.place.span.column), *span_of(span), value))
    return found


def span_of(span: Any) -> tuple[int, int, int]:
    return span.line, span.column, span.end


def changed(number: Number, value: int) -> str:
    lines_ = number.path.read_text(encoding="utf-8").split("\n")
    text = lines_[number.line - 1]
    lines_[number.line - 1] = text[: number.start] + str(value) + text[number.end :]
    return "\n".join(lines_)


def test_there_are_numbers_to_change() -> None:
    assert len(numbers()) > 100
    assert len({number.path for number in numbers()}) > 25


@cache
def variants(path: Path) -> list[str | None]:
    found = spec(path.read_text(encoding="utf-8"), folder=path.parent)
    return [None, *found.variants]


@settings(max_examples=80)
@given(st.data())
def test_a_changed_number_names_its_layer_alone(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(numbers()))
    variant = data.draw(st.sampled_from(variants(number.path)))
    value = data.draw(st.sampled_from([number.value + 1, number.value * 2, max(number.value // 2, 1)]))
    old = spec(number.path.read_text(encoding="utf-8"), variant, folder=number.path.parent)
    try:
        new = spec(changed(number, value), variant, folder=number.path.parent)
        summaries = old.summary(), new.summary()
    except SpecError:
        return
    found = compare(subject(old.run(), "A", "A"), subject(new.run(), "B", "B"))
    for pair in causes(found):
        assert pair.change in ("changed", "added", "removed")
        if pair.before and pair.after:
            place = pair.after.step.entry.place
            assert (place.source.name, place.span.line, place.span.column) == ("net.yaml", *number.entry)
    for one in differences(found.before.totals, found.after.totals, every=True):
        assert one.by == getattr(summaries[1].totals, one.name) - getattr(summaries[0].totals, one.name)
    assert found.differs == bool(causes(found))
    if [row.path for row in summaries[0].layers] == [row.path for row in summaries[1].layers]:
        for pair, x, y in zip(found.found.values(), summaries[0].layers, summaries[1].layers, strict=True):
            assert pair.before is not None
            assert pair.after is not None
            assert (pair.before.row, pair.after.row) == (x, y)
            assert (pair.change == "alike") <= (x._replace(**SEEN) == y._replace(**SEEN))


#: What follows from other rows, as nothing.
SEEN: dict[str, Any] = {
    "inputs": (), "receptive_field": None, "receptive_field_min": None, "effective_stride": None, "effective_padding": None,
    "aligned": True, "live": 0, "live_bytes": 0, "in_out": 0, "in_out_bytes": 0, "line": 0,
}  # fmt: skip


@settings(max_examples=100)
@given(st.lists(st.integers(1, 400), min_size=4, max_size=30, unique=True), st.data())
def test_what_stays_is_found_again(sizes: list[int], data: st.DataObject) -> None:
    kept = list(sizes)
    gone = kept.pop(data.draw(st.integers(0, len(kept) - 1)))
    at = data.draw(st.integers(0, len(kept)))
    after = [*kept[:at], 1000, *kept[at:]]
    found = both(*(listed([f"linear: {n}" for n in one], "[8]") for one in (sizes, after)))
    for pair in found.found.values():
        if pair.before and pair.after:
            out = pair.before.row.output, pair.after.row.output
            assert out[0] == out[1] or out == ((gone,), (1000,))
    assert len([pair for pair in found.found.values() if pair.before and pair.after]) >= len(kept)


# ---- sequences


def longest(a: str, b: str) -> int:
    best_ = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            best_[i + 1][j + 1] = best_[i][j] + 1 if x == y else max(best_[i][j + 1], best_[i + 1][j])
    return best_[-1][-1]


@given(st.text("abc", max_size=14), st.text("abc", max_size=14))
def test_a_longest_common_subsequence_is_found(a: str, b: str) -> None:
    for pairs in (common(a, b), best(a, b, lambda x, y: int(x == y), ())):
        assert pairs == sorted(pairs)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs) == longest(a, b)
        assert all(a[i] == b[j] for i, j in pairs)


@given(st.text("abcdefghij", max_size=20), st.text("abcdefghij", max_size=20))
def test_what_occurs_once_is_paired_in_order(a: str, b: str) -> None:
    pairs = once(a, b)
    assert all(a[i] == b[j] and a.count(a[i]) == b.count(b[j]) == 1 for i, j in pairs)
    assert pairs == sorted(pairs)
    assert rising(pairs) == pairs


def test_long_sequences_are_cut_where_they_agree() -> None:
    a = [f"{i % 7}" for i in range(3000)]
    b = [*a[:1000], "new", *a[1000:2000], *a[2001:]]
    pairs = best(a, b, lambda x, y: int(x == y), (str,))
    assert len(pairs) == 2999
    assert all(a[i] == b[j] for i, j in pairs)


def test_long_sequences_that_have_nothing_in_common_are_left_alone() -> None:
    assert best(range(2000), range(5000, 7000), lambda x, y: int(x == y), (int,)) == []
    assert best(range(2000), [*range(5000, 6000), 3, *range(6000, 7000)], lambda x, y: int(x == y), (int,)) == [(3, 1000)]


BASE = ["linear: 8", "relu"] * 5_000


def shuffled() -> list[str]:
    layers = list(BASE)
    random.Random(1).shuffle(layers)  # noqa: S311 - any order will do
    return layers


@pytest.mark.parametrize(
    "after",
    [
        [*BASE[:5000], "tanh", *BASE[5000:]],
        ["linear: 9" if layer == "linear: 8" else layer for layer in BASE],
        ["tanh" if i % 3 else "linear: 7" for i in range(10_000)],
        shuffled(),
        ["{repeat: 5000, layers: [linear: 8, relu]}"],
    ],
    ids=["one more", "half of them", "all of them", "shuffled", "grouped"],
)
def test_ten_thousand_rows_are_compared(after: list[str]) -> None:
    assert sentence(compare(base(), made(listed(after, "[8]"))))


@cache
def base() -> Subject:
    return made(listed(BASE, "[8]"))


def test_ten_thousand_lines_are_written() -> None:
    found = compare(base(), made(listed(["linear: 9" if layer == "linear: 8" else layer for layer in BASE], "[8]"), "B"))
    for name in ("table", "json"):
        assert shown(found, name)


# ---- how it is shown


@pytest.mark.parametrize("width", [24, 40, 60, 80, 120, 200])
@pytest.mark.parametrize("depth", [None, 1, EVERY_LEVEL])
@pytest.mark.parametrize("names", [("resnet50", "resnet101"), ("resnet50", "vit_b_16"), ("vgg16_bn", "vgg16"), ("lenet5", "lenet5_1998")])
def test_nothing_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int, depth: int | None, names: tuple[str, str]) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for text in (shown(networks(*names), view=View(depth=depth)), shown([networks(*names), networks(names[0], "alexnet")])):
        assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("width", "there"), [(80, ("Output", "Params", "MACs")), (200, ("Type", "Output", "Params", "MACs", "RF", "Stride"))]
)
def test_what_changed_finds_room_first(monkeypatch: pytest.MonkeyPatch, width: int, there: tuple[str, ...]) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = shown(compare(shipped("mobilenet_v2"), subject(load("mobilenet_v2").run(sets={"alpha": "0.75"}), "B", "B")))
    titles = next(line for line in text.splitlines() if "Layer" in line).split()
    assert set(there) <= set(titles)
    assert "928 → 696" in text
    assert "32×112×112 → 24×112×112" in text
    assert "out 32 → 24" in text


def test_a_table_says_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = shown(networks("resnet50", "resnet101"))
    assert (
        "   140 layers alike\n+  stage[2].block[6..22]  17 × Bottleneck  1024×14×14  18,992,128  3,712,221,184\n   34 layers alike" in text
    )
    assert "params              25,557,032      44,549,160     +18,992,128  +74.3 %\n" in text
    assert "peak activation      2,408,448       2,408,448               =\n" in text
    assert "RF differs in 32" in text


def test_totals_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = shown(networks("gpt2", "gpt2_medium")).split("\n\n")[1].splitlines()
    for title in ("gpt2", "gpt2_medium", "difference"):
        end = table[0].index(f" {title}  ") + len(title) + 1
        assert all(line.ljust(80)[end] == " " and line.ljust(80)[end - 1] in "0123456789B=M" for line in table[2:])


def test_folding_keeps_the_sums() -> None:
    found = networks("gpt2", "gpt2_medium")
    for depth in (1, 2, 3, EVERY_LEVEL):
        for side, of in (("before", found.before), ("after", found.after)):
            pieces = [getattr(piece, side) for piece in lines(found, depth) if isinstance(piece, Changed)]
            assert sum(line.row.params for line in pieces if line) == of.totals.params
            assert sum(line.row.macs for line in pieces if line) == of.totals.macs


def test_every_row_is_in_some_line() -> None:
    for names in (("resnet50", "resnet101"), ("vgg16", "vgg"), ("vgg16_bn", "vgg16"), ("lenet5", "lenet5_1998"), ("resnet50", "vit_b_16")):
        found = networks(*names)
        for depth in (None, 1, 3, EVERY_LEVEL):
            pieces = [piece for piece in lines(found, depth) if not (isinstance(piece, Changed) and piece.line.input)]
            assert sum(piece.rows if isinstance(piece, Alike) else piece.after.rows if piece.after else 0 for piece in pieces) == len(
                found.after.items
            )


def test_at_a_glance_is_not_more_than_a_glance() -> None:
    for before, after in (("gpt2", "gpt2_medium"), ("resnet50", "resnet101"), ("bert_base", "bert_large"), ("swin_t", "swin_b")):
        assert len(lines(networks(before, after), None)) <= 30


def test_columns_that_are_asked_for_are_shown() -> None:
    text = shown(networks("resnet50", "resnet50_paper"), view=View(columns=picked("rf,stride")))
    assert next(line for line in text.splitlines() if "Layer" in line).split() == ["Layer", "RF", "Stride"]
    assert "43 → 51" in text


def test_copies_that_are_renamed_are_one_line() -> None:
    text = "  - {name: %s, repeat: 4, layers: [" + CONV + ", relu]}"
    shown_ = shown(both(net("  - tanh\n" + text % "layer"), net("  - tanh\n" + text % "block")))
    assert "=  layer[0] → block[0] " in shown_
    assert "=  layer[1..3] → block[1..3]" in shown_


def test_moves_say_from_where() -> None:
    text = shown(both(listed(CASES["a layer moved far"].before), listed(CASES["a layer moved far"].after)))
    assert "\n>  max_pool_1" in text
    assert "was behind relu_1\n" in text
    assert "> moved · no sign: follows from the others" in text


def test_several_networks_are_compared_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    found = [networks("resnet18", name) for name in ("resnet34", "resnet50")]
    text = shown(found)
    assert "resnet34  21,797,672   +86.5 %  3,663,761,408  +102.0 %   87.19 MB   +86.5 %" in text
    assert "\nresnet18 → resnet34\nresnet34 has 8 more blocks in " in text
    assert "\nresnet18 → resnet50\n" in text
    assert "+  stage" not in shown(found, view=View(totals=True))


def test_totals_that_are_bounds_have_no_difference() -> None:
    layers = "  - {name: odd, custom: {output: [8, 4, 4], params: %s, note: said}}"
    known = made(net(layers % 7))
    totals = replace(known.totals, incomplete=("params",))
    found = compare(known, replace(known, label="B", name="B", totals=totals))
    assert next(line.split() for line in shown(found).splitlines() if line.startswith("params")) == ["params", "7", ">=", "7", "n/a"]
    assert "parameters not known" in sentence(found)
    parsed = json.loads(shown(found, "json"))["comparisons"][0]
    assert parsed["totals"]["params"] == {"before": 7, "after": 7, "difference": None, "percent": None}


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 4, "+25.0 %"), (-1, 3, "-33.3 %"), (1, 2000, "+0.1 %"), (1, 300_000, "+0.0003 %"), (-1, 10**12, "-0.0 %"), (0, 5, "="),
        (5, 0, ""), (10**40, 10**38, "+10,000.0 %"), (-5, 5, "-100.0 %"),
    ],
)  # fmt: skip
def test_percentages_show_that_there_is_a_difference(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


# ---- files

TOP = {"format", "networks", "comparisons"}
NETWORK = {"name", "model", "variant", "source", "batch", "convention", "dtype", "settings", "inputs", "outputs", "totals"}
COMPARISON = {"before", "after", "differs", "summary", "counts", "totals", "layers"}
LAYER = {"change", "before", "after", "fields", "differs"}


def test_json_holds_the_contract_and_nothing_else() -> None:
    found = json.loads(shown([networks("resnet50", "resnet101"), networks("resnet50", "resnet50_paper")], "json"))
    assert set(found) == TOP
    assert found["format"] == "archcalc.compare/1"
    assert [set(one) for one in found["networks"]] == [NETWORK] * 3
    assert [set(one) for one in found["comparisons"]] == [COMPARISON] * 2
    deeper, paper = found["comparisons"]
    assert (deeper["before"], deeper["after"], paper["before"], paper["after"]) == (0, 1, 0, 2)
    assert deeper["totals"]["params"] == {"before": 25_557_032, "after": 44_549_160, "difference": 18_992_128, "percent": 74.312729}
    assert deeper["counts"]["added"] == len(deeper["layers"]) == 170
    assert {frozenset(layer) for layer in (*deeper["layers"], *paper["layers"])} == {frozenset(LAYER)}
    assert all(layer["before"] is None and layer["change"] == "added" for layer in deeper["layers"])
    assert deeper["summary"] == sentence(networks("resnet50", "resnet101"))
    first = paper["layers"][0]
    assert (first["change"], first["fields"]) == ("changed", {"stride": ["1", "2"]})
    assert first["before"]["output"] == [128, 56, 56]
    assert first["after"]["output"] == [128, 28, 28]
    assert set(first["differs"]) == {"output", "macs", "activations", "effective_stride"}


def test_json_of_what_does_not_differ_says_so() -> None:
    found = json.loads(shown(compare(shipped("lenet5"), shipped("lenet5")), "json"))["comparisons"][0]
    assert (found["differs"], found["layers"]) == (False, [])
    assert "layers" not in json.loads(shown(networks("lenet5", "lenet5_1998"), "json", View(totals=True)))["comparisons"][0]


def test_csv_has_both_networks_beside_each_other() -> None:
    found = list(csv.DictReader(io.StringIO(shown(networks("resnet50", "resnet50_paper"), "csv"))))
    assert len(found) == sum(n for change, n in networks("resnet50", "resnet50_paper").counts.items() if change != "alike")
    assert (found[0]["change"], found[0]["output_before"], found[0]["output_after"], found[0]["fields"]) == (
        "changed", "128x56x56", "128x28x28", "stride=1->2",
    )  # fmt: skip
    added = list(csv.DictReader(io.StringIO(shown(networks("resnet50", "resnet101"), "csv", View(columns=picked("params"), depth=3)))))
    assert (added[0]["path_before"], added[0]["params_before"]) == ("", "")
    assert sum(int(line["params_after"]) for line in added) == 18_992_128
    totals = list(csv.DictReader(io.StringIO(shown(networks("resnet50", "resnet101"), "csv", View(totals=True)))))
    assert totals[0] == {"figure": "params", "before": "25557032", "after": "44549160", "difference": "18992128", "percent": "74.312729"}
    several = csv.DictReader(io.StringIO(shown([networks("lenet5", "lenet5_1998"), networks("lenet5", "mlp")], "csv")))
    assert {line["network"] for line in several} == {"lenet5_1998", "mlp"}


def test_markdown_is_made_for_a_comment() -> None:
    text = shown(networks("resnet50", "resnet101"), "markdown")
    assert text.startswith("### resnet50 → resnet101\n\n**resnet101 has 17 more blocks in stage[2]: +18,992,128 parameters (+74.3 %), ")
    assert "| params          |    25,557,032 |     44,549,160 |    +18,992,128 | +74.3 % |" in text
    assert text.count("<details><summary>170 layers differ, 174 alike</summary>\n\n|") == text.count("\n</details>\n") == 1
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        assert len({len(line) for line in table}) == 1
        assert len({line.count("|") for line in table}) == 1
    assert "<details>" not in shown(networks("resnet50", "resnet101"), "markdown", View(totals=True))
    assert "<details>" not in shown(compare(shipped("lenet5"), shipped("lenet5")), "markdown")


def test_markdown_of_several_has_one_table_of_totals() -> None:
    text = shown([networks("resnet18", "resnet34"), networks("resnet18", "resnet50")], "markdown", View(totals=True))
    assert text.count("| resnet18 ") == 1
    assert text.count("\n### resnet18 → ") == 2


def test_every_format_has_a_module() -> None:
    assert tuple(compared.FORMATS) == FORMATS
    assert all(callable(renderer(name).write) for name in FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_names_cannot_command_the_terminal(name: str) -> None:
    evil = "\x1b[31m\u202e\x9b2J"
    markup = "[red]<b>|`*a*"
    old = made("name: A\n" + listed(LAYERS))
    for text in (evil, markup):
        items = tuple(
            item._replace(row=item.row._replace(path=f"{item.row.path}{text}", type=f"{item.row.type}{text}", group=None))
            for item in old.items
        )
        header = replace(old.header, model=text, source=text, inputs={text: (3, 8, 8)}, settings={text: text})
        new = replace(old, label=text, name=text, header=header, items=items[1:] + items[:1], outputs={text: (7,)})
        for found in (compare(old, new), compare(new, old)):
            for said in (shown(found, name), shown([found, found], name)):
                assert not set("\x1b\u202e\x9b") & set(said)
                assert text is evil or name != "markdown" or not set("<>") & set(said.replace("\\<", "").replace("\\>", "").replace(
                    "<details><summary>", "").replace("</summary>", "").replace("</details>", "").replace("`>`", ""))  # fmt: skip


# ---- settings


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a=1", ["a=1"]), ("a=1,b=2", ["a=1", "b=2"]), ("depths=[3, 4, 23, 3],width=2", ["depths=[3, 4, 23, 3]", "width=2"]),
        ("image=3,256,256", ["image=3,256,256"]), ("image=3,64,64,classes=10", ["image=3,64,64", "classes=10"]),
        ("a=x, b == c", ["a=x, b == c"]), ("a=1, _b2=3", ["a=1", " _b2=3"]),
    ],
)  # fmt: skip
def test_settings_are_taken_apart(text: str, parts: list[str]) -> None:
    assert split(text) == parts


# ---- the command line, as processes


def archcalc(*args: str, folder: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    environment.pop("COLUMNS", None)
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *args],
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        timeout=120,
        env=environment,
    )


def test_the_command(tmp_path: Path) -> None:
    ran = archcalc("compare", "resnet50", "resnet101")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "resnet101 has 17 more blocks in stage[2]: +18,992,128 parameters (+74.3 %)" in ran.stdout
    assert "\x1b" not in ran.stdout
    out = tmp_path / "out.md"
    ran = archcalc("compare", "resnet50", "resnet101", "-f", "markdown", "-o", str(out))
    assert (ran.returncode, ran.stdout) == (0, "")
    assert out.read_text(encoding="utf-8").startswith("### resnet50 → resnet101\n")


def test_exit_codes(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in ("a.yaml", "b.yaml", "c.yaml"))
    a.write_text(listed(LAYERS), encoding="utf-8")
    b.write_text(listed(CASES["a figure that counts for nothing"].after), encoding="utf-8")
    c.write_text("layers: [\n", encoding="utf-8")
    assert archcalc("compare", str(a), str(b)).returncode == 0
    assert archcalc("compare", str(a), str(b), "--exit-code").returncode == 1
    assert archcalc("compare", str(a), str(a), "--exit-code").returncode == 0
    assert archcalc("compare", str(a), str(a), str(b), "--exit-code").returncode == 1
    out = tmp_path / "out.json"
    ran = archcalc("compare", str(a), str(b), "--exit-code", "-f", "json", "-o", str(out))
    assert (ran.returncode, json.loads(out.read_text(encoding="utf-8"))["comparisons"][0]["differs"]) == (1, True)
    ran = archcalc("compare", str(a), str(c), "--exit-code", "-o", str(out))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"{c}:" in ran.stderr
    assert json.loads(out.read_text(encoding="utf-8")), "left as it was"


def test_a_stream_without_arrows_gets_others() -> None:
    ran = archcalc("compare", "lenet5", "lenet5_1998", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0
    assert "act tanh > none" in ran.stdout
    assert "?" not in ran.stdout


def test_settings_of_all_and_of_others() -> None:
    args = ("compare", "mobilenet_v2", "--set", "alpha=0.5", "--with", "alpha=1,classes=10", "--with", "image=3,96,96", "-f", "json")
    found = json.loads(archcalc(*args, "--batch", "2", "--dtype", "int8", "--convention", "fvcore").stdout)
    first, second, third = found["networks"]
    assert [one["name"] for one in found["networks"]] == ["alpha=0.5", "alpha=1, classes=10", "alpha=0.5, image=3,96,96"]
    assert first["settings"] == {"alpha": "0.5"}
    assert second["settings"] == {"alpha": "1", "classes": "10"}
    assert (third["inputs"], third["settings"]) == ({"image": [3, 96, 96]}, {"alpha": "0.5"})
    assert {(one["batch"], one["dtype"]["weights"], one["convention"]) for one in found["networks"]} == {(2, "int8", "fvcore")}


def test_inputs_of_all() -> None:
    found = json.loads(archcalc("compare", "resnet18", "resnet50", "--input", "3,64,64", "-f", "json", "--totals").stdout)
    assert [one["inputs"] for one in found["networks"]] == [{"image": [3, 64, 64]}] * 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["lenet5"], "name a second spec, or say --against REVISION or --with NAME=VALUE"),
        ([], "Missing argument"),
        (["lenet5", "mlp", "--against", "HEAD"], "--against compares one spec with itself"),
        (["lenet5", "mlp", "--with", "a=1"], "--with compares one spec with itself"),
        (["lenet5", "--against", "HEAD", "--with", "a=1"], "one of them at a time"),
        (["lenet5", "--with", "width"], "write --with name=value"),
        (["mobilenet_v2", "--with", "alfa=1"], "--with alfa: the spec has no variable `alfa` = help: did you mean `alpha`"),
        (["resnet50", "--with", "image=3,x"], "--with image: "),
        (["lenet5", "nope"], "no spec is called `nope`"),
        (["lenet5", "nope.yaml"], "nope.yaml"),
        (["lenet5", "mlp", "--columns", "prams"], "did you mean `params`"),
        (["lenet5", "mlp", "--depth", "0"], "--depth takes"),
        (["lenet5", "mlp", "--format", "jsonl"], "did you mean `json`"),
        (["-", "--against", "HEAD"], "standard input has no revisions"),
        (["lenet5", "a\x1b[31mb"], "a\\x1b[31mb"),
    ],
)
def test_what_is_wrong_is_said_on_standard_error(args: list[str], said: str) -> None:
    ran = archcalc("compare", *args)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert said in " ".join(ran.stderr.split())
    assert "Traceback" not in ran.stderr
    assert "internal error" not in ran.stderr


def test_what_has_no_effect_is_said() -> None:
    assert "json holds every row that differs" in archcalc("compare", "lenet5", "mlp", "-f", "json", "--depth", "2").stderr
    assert "--totals shows no layers" in archcalc("compare", "lenet5", "mlp", "--totals", "--columns", "params").stderr


def test_nothing_of_it_is_imported_by_others() -> None:
    code = "import sys; from archcalc.cli import main; main(sys.argv[1:]); print(' '.join(sys.modules), file=sys.stderr)"
    for args in (("summarize", "vgg16"), ("--help",), ("compare", "--help")):
        ran = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, check=True, cwd=ROOT, encoding="utf-8", timeout=60)
        loaded = set(ran.stderr.split())
        assert not {name for name in loaded if name.startswith(("archcalc.comparing", "archcalc.report.compared"))}
    for name in ("json", "csv", "markdown"):
        command = [sys.executable, "-c", code, "compare", "lenet5", "mlp", "-f", name]
        ran = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, encoding="utf-8", timeout=60)
        assert "archcalc.report.compared.table" not in ran.stderr.split()


# ---- revisions

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="revisions are read with git")
BLOCKS = "blocks: {Part: {layers: [{conv: {out: %d, kernel: 3, padding: 1}}, relu]}}\n"
USES = "name: Net\nuse: [parts/blocks.yaml]\nvars: {classes: 10}\nvariants: {big: {classes: 20}}\ninput: {image: [3, 16, 16]}\nlayers:\n"


def git(folder: Path, *args: str) -> None:
    names = {f"GIT_{who}_{what}": "someone" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run([GIT or "git", *args], cwd=folder, env=environment, check=True, capture_output=True, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository of three revisions: another block, then another head, then changes that are not committed."""
    top = tmp_path / "work and play"
    (top / "nets" / "parts").mkdir(parents=True)
    spec_, blocks = top / "nets" / "net.yaml", top / "nets" / "parts" / "blocks.yaml"
    git(top, "init", "-b", "main")
    for out, classes in ((8, "linear: 5"), (12, "linear: 5"), (12, "linear: classes")):
        blocks.write_text(BLOCKS % out, encoding="utf-8")
        spec_.write_text(f"{USES}  - Part\n  - global_avg_pool\n  - {classes}\n", encoding="utf-8")
        git(top, "add", ".")
        git(top, "commit", "-m", "a step")
    git(top, "tag", "v1", "HEAD~2")
    spec_.write_text(f"{USES}  - Part\n  - Part\n  - global_avg_pool\n  - linear: classes\n", encoding="utf-8")
    return top


@needs_git
@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("HEAD", "Net has one more Part block (Part_2): +1,308 parameters (+"),
        ("HEAD~1", "Net has one more Part block (Part_2) and changes linear_1 (out 5 → 10): "),
        ("v1..HEAD~1", "Net at HEAD~1 changes Part_1.conv_1 (out 8 → 12): "),
        ("HEAD~1..main", "Net at main changes linear_1 (out 5 → 10): "),
        ("HEAD~1..", "Net has one more Part block (Part_2) and changes linear_1 "),
    ],
)
def test_revisions_with_the_files_that_they_use(repository: Path, against: str, said: str) -> None:
    ran = archcalc("compare", "nets/net.yaml", "--against", against, "-f", "json", folder=repository)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["comparisons"][0]["summary"].startswith(said)
    assert found["networks"][0]["source"] == f"{against.partition('..')[0]}:nets/net.yaml"


@needs_git
def test_revisions_from_anywhere(repository: Path) -> None:
    for folder, path in ((repository / "nets", "net.yaml"), (ROOT, str(repository / "nets" / "net.yaml"))):
        ran = archcalc("compare", path, "--against", "HEAD~1", folder=folder)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "HEAD~1:nets/net.yaml" in ran.stdout


@needs_git
def test_revisions_of_a_variant(repository: Path) -> None:
    ran = archcalc("compare", "nets/net.yaml#big", "--against", "HEAD", "-f", "json", "--exit-code", folder=repository)
    assert ran.returncode == 1
    assert [one["variant"] for one in json.loads(ran.stdout)["networks"]] == ["big", "big"]


@needs_git
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nets/net.yaml", "--against", "nothing"], "has no revision `nothing`"),
        (["nets/net.yaml", "--against", "--output=/tmp/x"], "has no revision `--output=/tmp/x`"),
        (["nets/net.yaml", "--against", "HEAD:nets/net.yaml"], "has no revision `HEAD:nets/net.yaml`"),
        (["nets/net.yaml", "--against", "..HEAD"], "has no revision `..HEAD`"),
        (["nets/net.yaml", "--against", "a\x1b[31mb"], "has no revision `a\\x1b[31mb`"),
        (["nets/other.yaml", "--against", "HEAD"], "there is no `nets/other.yaml` at `HEAD`"),
        (["nets/net.yaml#huge", "--against", "HEAD"], "HEAD:nets/net.yaml has no variant `huge`"),
        (["nets/late.yaml", "--against", "HEAD"], "there is no `nets/late.yaml` at `HEAD`"),
        (["nets/parts/../../../elsewhere/net.yaml", "--against", "HEAD"], "is in no git repository"),
    ],
)
def test_revisions_that_are_not_there(repository: Path, args: list[str], said: str) -> None:
    (repository / "nets" / "late.yaml").write_text(listed(LAYERS), encoding="utf-8")
    (repository.parent / "elsewhere").mkdir()
    (repository.parent / "elsewhere" / "net.yaml").write_text(listed(LAYERS), encoding="utf-8")
    ran = archcalc("compare", *args, folder=repository)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


@needs_git
def test_a_revision_that_is_broken_is_shown_with_its_place(repository: Path) -> None:
    blocks = repository / "nets" / "parts" / "blocks.yaml"
    good = blocks.read_text(encoding="utf-8")
    blocks.write_text(good.replace("kernel", "kernal"), encoding="utf-8")
    git(repository, "commit", "-am", "broken")
    blocks.write_text(good, encoding="utf-8")
    ran = archcalc("compare", "nets/net.yaml", "--against", "HEAD", folder=repository)
    assert ran.returncode == 2
    assert "HEAD:nets/parts/blocks.yaml:1:" in ran.stderr
    assert "did you mean `kernel`" in ran.stderr
    git(repository, "rm", "-f", "nets/parts/blocks.yaml")
    git(repository, "commit", "-m", "gone")
    ran = archcalc("compare", "nets/net.yaml", "--against", "HEAD..HEAD~2", folder=repository)
    assert ran.returncode == 2
    assert "can't use `parts/blocks.yaml`: there is no " in ran.stderr


@needs_git
def test_a_file_that_is_gone_has_revisions(repository: Path) -> None:
    shutil.rmtree(repository / "nets")
    ran = archcalc("compare", "nets/net.yaml", "--against", "HEAD~1..HEAD", folder=repository)
    assert ran.returncode == 0, ran.stderr
    assert "changes linear_1 (out 5 → 10)" in ran.stdout


@needs_git
def test_links_are_followed_and_what_is_large_is_not_read(repository: Path) -> None:
    (repository / "nets" / "link.yaml").symlink_to("net.yaml")
    (repository / "large.yaml").write_text("# " + "x" * 2_000_000 + "\n" + listed(LAYERS), encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "more")
    assert archcalc("compare", "nets/link.yaml", "--against", "HEAD", folder=repository).returncode == 0
    ran = archcalc("compare", "large.yaml", "--against", "HEAD", folder=repository)
    assert ran.returncode == 2
    assert "larger than 1 MiB" in ran.stderr


@needs_git
def test_library_blocks_are_those_that_are_shipped(repository: Path) -> None:
    path = repository / "res.yaml"
    text = "use: [lib:resnet]\ninput: {image: [3, 16, 16]}\nlayers:\n  - Basic: {width: 8}\n"
    path.write_text(text, encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "more")
    path.write_text(text.replace("8", "9"), encoding="utf-8")
    ran = archcalc("compare", "res.yaml", "--against", "HEAD", folder=repository)
    assert "(out 8 → 9)" in ran.stdout or "(out)" in ran.stdout, ran.stderr


def test_without_git(repository: Path) -> None:
    ran = archcalc("compare", "nets/net.yaml", "--against", "HEAD", folder=repository, PATH=os.devnull)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "git is not installed, or not on the path" in ran.stderr


@needs_git
def test_nothing_of_a_repository_is_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    (repository / ".gitattributes").write_text("*.yaml diff=trap\n", encoding="utf-8")
    git(repository, "config", "diff.trap.textconv", f"touch '{trap}'; cat")
    git(repository, "config", "core.pager", f"touch '{trap}'; cat")
    git(repository, "config", "core.fsmonitor", f"touch '{trap}'")
    assert archcalc("compare", "nets/net.yaml", "--against", "HEAD", folder=repository).returncode == 0
    assert not trap.exists()
