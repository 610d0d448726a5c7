"""The precision of weights and activations: of a file, of entries, of the command line, with scales; in sizes, peaks and every report."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import archcalc, calculate, net, refused, rows, spec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import Node, graphs, written

from archcalc import load
from archcalc.api import DType
from archcalc.calculators.precision import BITS, GROUPS, PrecisionError, Stated, resolved, weight_bits

if TYPE_CHECKING:
    from pathlib import Path

VECTOR, WORDS, IMAGE = "{x: [8]}", "{x: {n: 6, d: 8}}", "{x: [3, 8, 8]}"


# ---- how many bits weights take


class Case(NamedTuple):
    """Layers, what they read, what is said of the whole, and the bits of all weights, worked out by hand."""

    layers: str
    given: str
    said: str
    bits: int | Fraction
    why: str


CASES = [
    Case("  - linear: 4", VECTOR, "int8", 36 * 8, "a word is of weights and of activations; a bias is a weight"),
    Case("  - linear: 4", VECTOR, "{activations: int8}", 36 * 32, "what is not said is fp32"),
    Case("  - linear: 4", VECTOR, "1.58", 36 * Fraction(158, 100), "a number of bits"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 8}", 36 * 4 + 4 * 16, "a row is a group; the bias has no scale"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 4}", 36 * 4 + 8 * 16, "two groups a row"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 3}", 36 * 4 + 12 * 16, "three, and the last one is smaller"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 1}", 36 * 4 + 32 * 16, "a scale for each weight"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 128}", 36 * 4 + 4 * 16, "a group never reaches into the next row"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: channel}", 36 * 4 + 4 * 16, "one for each output"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: tensor}", 36 * 4 + 16, "one for the matrix, none for the bias"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 4, scale: fp32}", 36 * 4 + 8 * 32, "wider scales"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: 4, zero: int4}", 36 * 4 + 8 * 20, "a zero point beside each scale"),
    Case("  - linear: 4", VECTOR, "{weights: int4, group: none}", 36 * 4, "none says that there are none"),
    Case("  - linear: {out: 4, bias: false}", WORDS, "{weights: int4, group: 8}", 32 * 4 + 4 * 16, "positions have nothing to do with it"),
    Case("  - conv: {out: 4, kernel: 3}", IMAGE, "{weights: int8, group: channel}", 112 * 8 + 4 * 16, "one for each output channel"),
    Case("  - conv: {out: 4, kernel: 3}", IMAGE, "{weights: int8, group: 9}", 112 * 8 + 12 * 16, "27 weights make a channel: three groups"),
    Case("  - conv: {out: 4, kernel: 3}", IMAGE, "{weights: int8, group: 2}", 112 * 8 + 56 * 16, "14 groups of 27, the last of one"),
    Case("  - depthwise_conv: {kernel: 3}", IMAGE, "{weights: int8, group: channel}", 30 * 8 + 3 * 16, "as of any convolution"),
    Case("  - conv_transpose: {out: 5, kernel: 2}", IMAGE, "{weights: int8, group: channel}", 65 * 8 + 3 * 16, "the first axis, C_in"),
    Case("  - batch_norm", IMAGE, "{weights: int8, group: channel}", 6 * 8, "gains and shifts have no scales"),
    Case("  - layer_norm: {axes: 2}", WORDS, "{weights: int8, group: 2}", 96 * 8, "whatever their axes"),
    Case("  - embedding: {vocab: 10, dim: 8}", "{x: [6]}", "{weights: int4, group: 4}", 80 * 4 + 20 * 16, "a table has two axes"),
    Case("  - embedding: {vocab: 10, dim: 8}", "{x: [6]}", "{weights: int4, group: channel}", 80 * 4 + 10 * 16, "one for each word"),
    Case("  - lstm: {hidden: 4}", WORDS, "{weights: int8, group: channel}", (4 * 4 * (8 + 4) + 32) * 8 + 32 * 16,
         "one for each row of a gate: 4·H of either matrix; PyTorch's two biases have none"),
    Case("  - {experts: [linear: {out: 8}], count: 3, active: 1, router: false}", WORDS, "{weights: int8, group: tensor}",
         3 * (72 * 8 + 16), "each expert has tensors of its own"),
    Case("  - {experts: [linear: {out: 8}], count: 3, active: 1, router: false}", WORDS, "{weights: int8, group: channel}",
         3 * (72 * 8 + 8 * 16), "and channels; the biases of experts are biases"),
    Case("  - {experts: [linear: {out: 8}], count: 3, active: 1, router: false}", WORDS, "{weights: int8, group: 4}",
         3 * (72 * 8 + 16 * 16), "and groups"),
    Case("  - {name: a, linear: 8}\n  - {tie: a, linear: 8}", VECTOR, "{weights: int4, group: 8}", 72 * 4 + 8 * 16,
         "tied weights have one set of scales"),
    Case("  - {repeat: 3, shared: true, linear: 8}", VECTOR, "{weights: int4, group: 8}", 72 * 4 + 8 * 16, "shared ones too"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.said} {case.layers.strip()}")
def test_bits_of_weights(case: Case) -> None:
    run = spec(net(case.layers, case.given, f"precision: {case.said}\n")).run()
    made = list(run.rows())
    assert sum(row.weight_bits for row in made) == case.bits, case.why
    assert run.totals().model_size_bytes == -(-case.bits // 8)
    steps = list(run.network.steps())
    assert sum(weight_bits(step, run.settings.dtype) for step in steps) == case.bits
    assert all(resolved(step, run.settings.dtype) == run.settings.dtype for step in steps)
    by_entry = net(f"  - precision: {case.said}\n    layers:\n" + "\n".join("    " + line for line in case.layers.splitlines()), case.given)
    assert calculate(by_entry).totals.model_size_bytes == run.totals().model_size_bytes, "an entry says it as well as a file"


def test_llama_in_groups_of_int4() -> None:
    """LLaMA 7B as AWQ and GPTQ store it: dense layers of blocks in groups of 128, the rest fp16."""
    layers = """
  - embedding: {vocab: 32000, dim: 4096}
  - repeat: 32
    precision: {weights: int4, group: 128, zero: int4}
    layers:
      - residual: [{precision: fp16, rms_norm: }, attention: {heads: 32, rotary: true, causal: true, bias: false}]
      - residual: [{precision: fp16, rms_norm: }, SwiGLU: 11008]
  - rms_norm
  - linear: {out: 32000, bias: false}
"""
    head = "use: [lib:llama]\nprecision: fp16\n"
    made = calculate(net(layers, "{tokens: {seq: 16}}", head)).totals
    assert made.params == 6_738_415_616, "as the zoo has it"
    weights = 4 * 4096**2 + 3 * 4096 * 11008
    # rows of 4,096 weights are 32 groups, rows of 11,008 are 86
    groups = 4 * 4096 * (4096 // 128) + 2 * 11008 * (4096 // 128) + 4096 * (11008 // 128)
    rest = 2 * 32000 * 4096 + (2 * 32 + 1) * 4096
    assert made.model_size_bytes == 32 * (weights * 4 + groups * (16 + 4)) // 8 + rest * 2 == 3_889_307_648


def test_llama_throughout() -> None:
    made = load("llama_7b").summary(dtype="weights=int4,activations=fp16,group=128", sets={"seq": 16}).totals
    layer = 4 * 4096 * 32 + 2 * 11008 * 32 + 4096 * 86
    assert made.model_size_bytes == (6_738_415_616 * 4 + (32 * layer + 2 * 32000 * 32) * 16) // 8


# ---- who says it


class Said(NamedTuple):
    """What the command line, the file and two entries, one in the other, say; and what holds in the inner one."""

    given: str | None
    file: str
    outer: str
    inner: str
    holds: DType
    why: str


PRECEDENCE = [
    Said(None, "", "", "", DType(), "nobody says anything"),
    Said(None, "int8", "", "", DType("int8", "int8"), "the file"),
    Said("fp16", "int8", "", "", DType("fp16", "fp16"), "the command line, over the file"),
    Said("weights=int4", "int8", "", "", DType("int4", "fp32"), "which it replaces as a whole"),
    Said("fp16", "{weights: int4, group: 8}", "", "", DType("fp16", "fp16"), "with its scales"),
    Said("fp16", "int8", "int2", "", DType("int2", "int2"), "an entry, over the command line"),
    Said(None, "int8", "int2", "", DType("int2", "int2"), "and over the file"),
    Said("fp16", "", "{weights: int4}", "", DType("int4", "fp16"), "key by key"),
    Said(None, "int8", "{activations: fp16}", "{weights: int4}", DType("int4", "fp16"), "the inner one keeps what it does not say"),
    Said(None, "int8", "{weights: int4}", "{weights: int2}", DType("int2", "int8"), "and says the rest anew"),
    Said(None, "{weights: int4, group: 8}", "{activations: int8}", "", DType("int4", "int8", 8), "scales stay where weights are not said"),
    Said(None, "{weights: int4, group: 8}", "fp16", "", DType("fp16", "fp16"), "and go where they are"),
    Said(None, "{weights: int4, group: 8}", "", "{weights: int4}", DType("int4", "fp32"), "even as the same"),
    Said(None, "", "{weights: int4, group: 8, zero: int4}", "{scale: fp32}", DType("int4", "fp32", 8, "fp32", "int4"), "a key of a group"),
    Said(None, "", "{weights: int4, group: 8, zero: int4}", "{zero: none}", DType("int4", "fp32", 8), "taken back"),
    Said(None, "", "{weights: int4, group: 8}", "{group: none}", DType("int4", "fp32"), "as a whole"),
    Said("weights=int4,group=4,zero=int4", "", "{activations: fp16}", "{group: channel}", DType("int4", "fp16", "channel", "fp16", "int4"),
         "of the command line's"),
]  # fmt: skip


@pytest.mark.parametrize("said", PRECEDENCE, ids=lambda said: said.why)
def test_who_says_it(said: Said) -> None:
    outer, inner = (f"precision: {word}, " if word else "" for word in (said.outer, said.inner))
    text = net(f"  - {{{outer}layers: [{{{inner}linear: 8}}]}}", VECTOR, f"precision: {said.file}\n" if said.file else "")
    run = spec(text).run(dtype=said.given)
    (step,) = run.network.steps()
    assert resolved(step, run.settings.dtype) == said.holds, said.why


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{precision: int8, repeat: 2, linear: 8}", "copies"),
        ("{precision: int8, residual: [linear: 8], shortcut: [linear: 8]}", "bodies and shortcuts"),
        ("{precision: int8, branches: {a: [linear: 8], b: [linear: 8]}, merge: add}", "branches and what brings them together"),
        ("{precision: int8, B: }", "blocks"),
        ("{precision: int8, linear: {out: 8, act: relu}}", "all rows of a layer"),
        ("{precision: int8, experts: [linear: 8], count: 2, active: 1}", "experts and their router"),
    ],
)
def test_it_holds_for_everything_under_an_entry(entry: str, why: str) -> None:
    text = net(f"  - {entry}\n  - linear: 2", WORDS, "blocks: {B: {layers: [linear: 8, linear: 8]}}\n")
    *inside, after = calculate(text).layers
    assert len(inside) > 1
    assert {json.dumps(row.dtype) for row in inside} == {'{"weights": "int8", "activations": "int8"}'}, why
    assert after.dtype is None


def test_blocks_of_other_files_bring_theirs_and_not_that_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(
        "precision: int2\nblocks: {B: {layers: [linear: 8, {precision: int4, linear: 8}]}}\n", encoding="utf-8"
    )
    made = spec(net("  - B", VECTOR, "use: [b.yaml]\n"), folder=tmp_path).summary()
    assert [row.model_size_bytes for row in made.layers] == [72 * 4, 72 // 2]


@pytest.mark.parametrize(
    ("entry", "bits"),
    [
        ("{precision: w, linear: 8}", 4),
        ("{precision: $w, linear: 8}", 4),
        ("{precision: int$n, linear: 8}", 8),
        ("{precision: n, linear: 8}", 8),
        ("{precision: n / 2, linear: 8}", 4),
        ("{precision: {weights: n - 2}, linear: 8}", 6),
        ("{precision: x.d, linear: 8}", 8),
        ("{precision: \"'int2' if n > 4 else 'int8'\", linear: 8}", 2),
        ("{for: {b: [3, fp16]}, precision: b, linear: 8}", 3),
        ("{repeat: 2, precision: 5 + i, linear: 8}", 5),
        ("{repeat: 2, layers: [{precision: 5 + i, linear: 8}]}", 5),
        ("{B: int2}", 2),
    ],
)
def test_what_is_written_may_use_variables(entry: str, bits: int) -> None:
    head = "vars: {w: int4, n: 8}\nblocks: {B: {args: {p: str}, layers: [{precision: p, linear: 8}]}}\n"
    made = calculate(net(f"  - {entry}", VECTOR, head)).layers
    assert made[0].model_size_bytes == 72 * bits // 8
    if "repeat" in entry:
        assert made[1].model_size_bytes == 72 * (bits + 1) // 8


def test_a_file_may_use_variables_and_its_variants_change_them() -> None:
    text = net("  - linear: 8", VECTOR, "vars: {p: fp16, g: 4}\nvariants: {small: {p: int4}}\nprecision: {weights: p, group: 2 * g}\n")
    assert calculate(text).totals.model_size_bytes == (72 * 16 + 8 * 16) // 8
    assert calculate(text, "small").totals.model_size_bytes == (72 * 4 + 8 * 16) // 8
    assert calculate(text, sets={"p": "int8", "g": 2}).totals.model_size_bytes == (72 * 8 + 16 * 16) // 8


STATED = st.builds(
    Stated, weights=st.sampled_from([None, "int4", "8"]), activations=st.sampled_from([None, "fp16", "int8"]),
    group=st.sampled_from([None, "none", 16, "channel"]), scale=st.sampled_from([None, "fp16", "fp32"]),
    zero=st.sampled_from([None, "none", "int4"]),
)  # fmt: skip
DTYPES = st.builds(
    DType, st.sampled_from(["fp32", "int4", "1.58"]), st.sampled_from(["fp32", "int8", "1.58"]), st.sampled_from(["none", 3, *GROUPS]),
    st.sampled_from(["fp16", "fp32"]), st.sampled_from(["none", "int4"]),
)  # fmt: skip


@given(STATED, STATED, STATED, DTYPES)
def test_entries_in_entries_come_to_the_same_in_any_order(inner: Stated, middle: Stated, outer: Stated, dtype: DType) -> None:
    assert inner.over(middle).over(outer) == inner.over(middle.over(outer))
    assert inner.over(outer).of(dtype) == inner.of(outer.of(dtype))
    assert Stated().over(outer) == outer.over(Stated()) == outer
    assert inner.over(inner) == inner


# ---- one precision is as before, several add up


def section(dtype: DType) -> str:
    return "precision: {" + ", ".join(f"{key}: {value}" for key, value in dtype.named().items()) + "}\n"


@given(graphs(5), DTYPES, st.integers(1, 3))
@settings(max_examples=50)
def test_a_section_equals_the_option(graph: list[Node], dtype: DType, batch: int) -> None:
    text = written(graph)
    option = calculate(text, dtype=dtype, batch=batch)
    told = calculate(section(dtype) + text, batch=batch)
    assert (told.layers, told.totals, told.header.dtype) == (
        tuple(row._replace(line=row.line + 1) for row in option.layers), option.totals, option.header.dtype,
    )  # fmt: skip
    entry = calculate(text.replace("layers:\n", f"layers:\n- {section(dtype).strip()}\n  layers:\n", 1)) if batch == 1 else None
    assert entry is None or entry.totals.model_size_bytes == option.totals.model_size_bytes


MIXED = """
  - {name: a, precision: int8, conv: {out: 4, kernel: 3, padding: 1}}
  - {name: b, precision: {weights: 1.58}, conv: {out: 5, kernel: 3}}
  - {name: c, precision: {weights: int4, activations: 3, group: 2}, conv: {out: 3, kernel: 3, act: relu}}
  - {name: d, precision: {activations: fp16}, relu: }
  - flatten
  - linear: 10
"""


def test_bits_are_added_up_and_rounded_once() -> None:
    made = calculate(net(MIXED, IMAGE))
    assert made.totals.model_size_bytes == -(-sum(Fraction(row.weight_bits) for row in made.layers) // 8)
    inputs = 3 * 8 * 8 * 32
    assert made.totals.activations_bytes == -(-(inputs + sum(Fraction(row.activation_bits) for row in made.layers)) // 8)
    by_path = {row.path: row for row in made.layers}
    assert by_path["a"].weight_bits == 112 * 8
    assert by_path["b"].weight_bits == 185 * Fraction("1.58")
    assert by_path["c"].weight_bits == 138 * 4 + 3 * 23 * 16
    assert by_path["c"].activation_bits == 48 * 3
    several = calculate(net("  - {repeat: 8, precision: {weights: 1}, linear: {out: 1, bias: false}}", "{x: [1]}"))
    assert [row.model_size_bytes for row in several.layers] == [1] * 8
    assert several.totals.model_size_bytes == 1


def test_a_storage_is_as_wide_as_the_row_that_made_it() -> None:
    by_path = rows(net(MIXED, IMAGE))
    assert by_path["c.act"].activations == 0, "of the same precision: in place"
    assert by_path["d"].activations == 48, "of another one: not over what was there"
    assert by_path["d"].live_bytes == 48 * 3 // 8 + 48 * 2
    assert by_path["d"].in_out_bytes == by_path["d"].live_bytes
    assert by_path["a"].live_bytes == 3 * 8 * 8 * 4 + 4 * 8 * 8, "the input is of the whole network"
    assert by_path["flatten_1"].activations == 0, "a view takes nothing, whatever is said of it"
    assert by_path["linear_1"].live_bytes == 48 * 2 + 10 * 4


def test_widths_alone_decide_whether_storage_is_used_again() -> None:
    layers = "  - {precision: fp16, linear: 8}\n  - {precision: bf16, relu: }"
    assert [row.activations for row in calculate(net(layers, VECTOR)).layers] == [8, 0]


def test_the_most_bytes_are_not_always_where_the_most_elements_are() -> None:
    layers = "  - {precision: int4, linear: 100}\n  - {precision: int4, linear: 100}\n  - linear: 30\n  - linear: 30"
    made = calculate(net(layers, VECTOR)).totals
    assert (made.peak_activation, made.peak_at) == (200, "linear_2")
    assert made.peak_activation_bytes == max(8 * 4 + 50, 50 + 50, 50 + 120, 120 + 120) == 240
    assert (made.peak_in_out, made.peak_in_out_bytes) == (200, 240)


# ---- expectations


def test_expectations_speak_of_what_the_file_says() -> None:
    text = net("  - linear: 8", VECTOR, "precision: int8\nexpect: {weights: 72, activations_bytes: 16, peak_activation: 16 B}\n")
    assert calculate(text).warnings == ()
    assert len(calculate(text.replace("int8", "fp16")).warnings) == 3
    assert calculate(text, dtype="fp16").warnings == (), "what the caller changed is not what the file speaks of"
    (kept,) = {one.held for one in spec(text).run().outcomes()}
    assert kept


ENTRY = "  - {name: a, precision: {weights: int4, activations: 3}, expect: {%s}, layers: [linear: {out: 3, bias: false}, linear: 3]}\n"


@pytest.mark.parametrize(
    ("expected", "wrong", "why"),
    [
        ("weights: 18", 19, "24 · 4 + 12 · 4 bits"),
        ("activations_bytes: 3", 2, "6 · 3 bits, rounded up once"),
        ("activations: 3 B", 4, "the same in the words of elements"),
        ("peak_activation: 34 B", 35, "8 · 32 + 3 · 3 bits"),
        ("peak_activation_bytes: 34", 33, "likewise"),
        ("peak_in_out: 34 B", 33, "likewise"),
    ],
)
def test_entries_are_held_to_their_own_bytes(expected: str, wrong: int, why: str) -> None:
    assert calculate(net(ENTRY % expected, VECTOR)).warnings == (), why
    key, _, figure = expected.partition(": ")
    missed = f"{key}: {wrong}{' B' if figure.endswith('B') else ''}"
    assert len(calculate(net(ENTRY % missed, VECTOR)).warnings) == 1


def test_check_works_at_the_precision_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(net("  - linear: 8", VECTOR, "precision: {weights: int4, group: 8}\nexpect: {weights: 52}\n"), encoding="utf-8")
    assert archcalc("check", str(path)).returncode == 0
    assert archcalc("check", str(path), "--expect", "weights <= 51").returncode == 1


# ---- what is wrong


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("  - {precision: «int44», linear: 8}", "E233", "did you mean `int4`?"),
        ("  - {precision: {weights: «fp61»}, linear: 8}", "E233", "unknown precision `fp61`"),
        ("  - {precision: {«weight»: int8}, linear: 8}", "E204", "did you mean `weights`?"),
        ("  - {precision: «0», linear: 8}", "E233", "unknown precision `0`"),
        ("  - {precision: «-4», linear: 8}", "E233", "or a number of bits"),
        ("  - {precision: «true», linear: 8}", "E233", "takes a precision, not `true`"),
        ("  - {precision: «[int8]», linear: 8}", "E233", "not a list"),
        ("  - {precision: {weights: «{bits: 4}»}, linear: 8}", "E233", "not a mapping"),
        ("  - {precision: {group: «0»}, linear: 8}", "E233", "1 or more, not `0`"),
        ("  - {precision: {group: «1.5»}, linear: 8}", "E233", "whole number"),
        ("  - {precision: {group: «chanel»}, linear: 8}", "E233", "did you mean `channel`?"),
        ("  - {precision: {zero: «int5»}, linear: 8}", "E233", "did you mean"),
        ("  - {precision: {scale: «none»}, linear: 8}", "E233", "unknown precision `none`"),
        ("  - {precision: {weights: int4, «scale»: fp16}, linear: 8}", "E204", "no `scale` without a group"),
        ("  - {precision: {weights: «p»}, linear: 8}", "E233", "unknown precision `int99`"),
        ("  - {precision: «int$p», linear: 8}", "E233", "unknown precision `intint99`"),
        ("  - {precision: 2 * «nm», linear: 8}", "E301", "did you mean `n`"),
        ("  - {repeat: 2, precision: «4 - 4 * i», linear: 8}", "E233", "unknown precision `0`"),
    ],
)
def test_mistakes_in_entries(text: str, code: str, says: str) -> None:
    refused(net(text, VECTOR, "vars: {p: int99, n: 4}\n"), code, says)


@pytest.mark.parametrize(
    ("section", "code", "says"),
    [
        ("precision: «int9»\n", "E233", "did you mean"),
        ("«dtype»: int8\n", "E204", "write `precision`"),
        ("precision: {«bits»: 4}\n", "E204", "there are weights, activations, group, scale, zero"),
        ("precision: {«zero»: int4}\n", "E204", "without a group"),
        ("precision: {weights: int4, group: «channels»}\n", "E233", "did you mean `channel`?"),
        ("vars: {p: [1, 2]}\nprecision: {weights: «p»}\n", "E233", "not a list of 2"),
        ("precision: «x.d»\n", "E30", ""),
    ],
)
def test_mistakes_in_files(section: str, code: str, says: str) -> None:
    if code == "E30":
        assert calculate(net("  - linear: 8", WORDS, section.replace("«", "").replace("»", ""))).totals.model_size_bytes == 72
        return
    refused(section + net("  - linear: 8", VECTOR), code, says)


def test_errors_inside_blocks_say_who_called() -> None:
    head = "blocks: {B: {args: {p: str}, layers: [{precision: «p», linear: 8}]}}\n"
    refused(head + net("  - B: int7b", VECTOR), "E233", "unknown precision `int7b`", "in B called here")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("weights=int4,grup=3", "did you mean `group`?"),
        ("weights=int4,group=0", "1 or more"),
        ("weights=int4,scale=fp16", "no `scale` without a group"),
        ("int88", "did you mean `int8`?"),
        ("weights=int4,group=channel,zero=no", "unknown precision `no`"),
    ],
)
def test_mistakes_on_the_command_line(given: str, says: str) -> None:
    with pytest.raises(PrecisionError) as caught:
        DType.parse(given)
    assert says in str(caught.value)
    done = archcalc("summarize", "lenet5", "--dtype", given)
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.parametrize("name", BITS)
def test_every_name_means_itself(name: str) -> None:
    assert calculate(net(f"  - {{precision: {name}, linear: 8}}", VECTOR)).totals.model_size_bytes == -(-72 * BITS[name] // 8)


def test_a_variable_is_read_before_a_name() -> None:
    text = net("  - {precision: tensor, linear: 8}", VECTOR, "vars: {tensor: 4}\n")
    assert calculate(text).totals.model_size_bytes == 36


# ---- what is shown


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("specs") / "net.yaml"
    head = "precision: {weights: int4, activations: fp16, group: 16}\n"
    layers = "  - {name: first, precision: fp16, linear: 32}\n  - {name: next, linear: 16}\n"
    layers += "  - {name: last, precision: {zero: int4}, linear: 16}\n"
    path.write_text(net(layers, "{x: [32]}", head), encoding="utf-8")
    return str(path)


SIZES = [1056 * 2, (528 * 4 + 32 * 16) // 8, (272 * 4 + 16 * 20) // 8]


def test_json_says_which_rows_are_apart(mixed: str) -> None:
    found = json.loads(archcalc("summarize", mixed, "--format", "json").stdout)
    assert found["dtype"] == {"weights": "int4", "activations": "fp16", "group": 16, "scale": "fp16"}
    assert [row.get("dtype") for row in found["layers"]] == [
        {"weights": "fp16", "activations": "fp16"}, None,
        {"weights": "int4", "activations": "fp16", "group": 16, "scale": "fp16", "zero": "int4"},
    ]  # fmt: skip
    assert found["totals"]["model_size_bytes"] == sum(SIZES)
    plain = json.loads(archcalc("summarize", "lenet5", "--format", "json").stdout)
    assert plain["dtype"] == {"weights": "fp32", "activations": "fp32"}
    assert not any("dtype" in row for row in plain["layers"])


def test_the_line_above_the_table(mixed: str) -> None:
    shown = archcalc("summarize", mixed, "--format", "markdown").stdout
    assert "weights int4 (groups of 16, fp16 scales), activations fp16 · some rows apart" in shown
    assert "as int4 (groups of 16, fp16 scales), some rows apart" in shown
    shown = archcalc(
        "summarize", "lenet5", "--format", "markdown", "--dtype", "weights=int8,activations=int8,group=channel,zero=int8"
    ).stdout
    assert "weights int8 (one fp16 scale per channel, int8 zero points), activations int8" in shown
    assert "apart" not in shown


def test_columns_of_bytes(mixed: str) -> None:
    shown = archcalc("summarize", mixed, "--columns", "size,act_bytes", "--format", "csv").stdout
    cells = [line.split(",")[1:3] for line in shown.splitlines() if line.split(",")[0] in {"first", "next", "last"}]
    assert cells == [[str(size), str(n)] for size, n in zip(SIZES, (64, 32, 32), strict=True)]


def test_rows_that_say_what_the_file_says_are_not_apart() -> None:
    made = calculate(net("  - {precision: int8, linear: 8}", VECTOR, "precision: int8\n"))
    assert not made.header.apart
    assert made.layers[0].dtype is None
    assert calculate(net("  - {precision: int8, linear: 8}", VECTOR), dtype="int8").header.apart is False
    assert calculate(net("  - {precision: int8, linear: 8}", VECTOR)).header.apart


def test_compare_says_what_is_stored_otherwise(mixed: str, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    with open(mixed, encoding="utf-8") as file:  # noqa: PTH123
        other.write_text(file.read().replace("precision: fp16", "precision: int8"), encoding="utf-8")
    found = json.loads(archcalc("compare", mixed, str(other), "--format", "json").stdout)
    shown = archcalc("compare", mixed, str(other)).stdout
    assert "precision weights fp16, activations fp16 → weights int8, activations int8" in " ".join(shown.split())
    sizes = [one["totals"]["model_size_bytes"] for one in found["networks"]]
    assert sizes == [sum(SIZES), sum(SIZES) - 1056]


# ---- every number with its arithmetic


def test_explain_gives_the_arithmetic_of_scales(mixed: str) -> None:
    shown = archcalc("explain", mixed, "--what", "size").stdout
    told = " ".join(shown.split())
    assert "size = params · bits / 8 = 1,056 · 16 / 8 = 2,112" in told
    assert "scales = D_out · ceil(D_in / group) = 16 · ceil(32 / 16) = 32" in told
    assert "size = (params · bits + scales · bits) / 8 = (528 · 4 + 32 · 16) / 8 = 328 bytes" in told
    assert "size = (params · bits + scales · (scale + zero)) / 8 = (272 · 4 + 16 · (16 + 4)) / 8 = 176 bytes" in told
    bits = 1056 * 16 + 528 * 4 + 32 * 16 + 272 * 4 + 16 * 20
    assert f"size = bits / 8 = {bits:,} / 8 = {bits // 8:,} bytes" in told


EXPLAINED = [(net(MIXED, IMAGE), {}), (net(MIXED, IMAGE), {"batch": 3, "dtype": "weights=int4,activations=1.58,group=tensor"})]
EXPLAINED += [(net(case.layers, case.given, f"precision: {case.said}\n"), {}) for case in CASES]


@pytest.mark.parametrize(("text", "options"), EXPLAINED)
def test_what_is_explained_adds_up(text: str, options: dict[str, object]) -> None:
    run = spec(text).run(**options)  # type: ignore[arg-type]
    table = {row.path: row for row in run.rows()}
    explainer = run.explain(what=("size", "activations", "peak"))
    for row in explainer.rows():
        for line in row.lines:
            if (line.what, line.name) == ("size", "size"):
                assert line.written.value == table[row.path].model_size_bytes  # type: ignore[union-attr]
            if (line.what, line.name) == ("activations", "bytes"):
                assert line.written.value == table[row.path].activations_bytes  # type: ignore[union-attr]
    found = {(line.what, line.name): line.written.value for line in explainer.totals()}  # type: ignore[union-attr]
    totals = run.totals()
    assert found["size", "size"] == totals.model_size_bytes
    assert found["activations", "bytes"] == totals.activations_bytes
    assert found["peak", "bytes"] == totals.peak_activation_bytes


def test_a_column_of_a_plain_network_is_explained_as_ever() -> None:
    told = archcalc("explain", "lenet5", "--what", "size").stdout
    assert "bits / 8 = 61,706 · 32 / 8 = 246,824 bytes" in told
    assert "scales" not in told
