"""The language, rule by rule: what a file means, and what is said of one that means nothing."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from helpers import Wrong, calculate, marked, net, rows, spec, wrong

from archcalc import load, trace
from archcalc.expectations import Tally, figures_of, judged
from archcalc.layers import ALIASES, KINDS, find
from archcalc.report.result import Row, Totals
from archcalc.spec.calls import STRUCTURES
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.diagnostics import MOST_ERRORS, SpecError
from archcalc.spec.foreign import ADVICE, COMPOSED, OURS
from archcalc.spec.shelf import shelf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from archcalc.report.result import Summary

VECTOR = "{x: {d: 8}}"
PATHS = "input: [3, 8, 8]\nlayers:\n"


def paths(text: str) -> list[str]:
    return [row.path for row in calculate(text).layers]


def outputs(text: str) -> dict[str, tuple[int, ...]]:
    return {path: row.output for path, row in rows(text).items()}


def width(layers: str, head: str = "", given: str = VECTOR) -> tuple[int, ...]:
    """Give the shape that a pipeline ends with."""
    return calculate(net(layers, given, head)).layers[-1].output


# 3.1 the file


def test_everything_a_file_may_say() -> None:
    text = dedent("""\
        archcalc: 1
        name: My net
        meta: {paper: A paper, year: 2015}
        vars: {width: 64, wide: 2 * width}
        variants: {small: {width: 32, name: My small net, meta: {year: 2016}, expect: {params: 585}}}
        defaults: {linear: {bias: false}}
        input: {v: {d: 8}}
        blocks: {Head: {layers: [linear: 10]}}
        layers: [linear: wide, Head]
        output: [v]
        expect: {params: 1664}
    """)
    made = calculate(text)
    assert (made.header.model, made.header.variant, made.header.meta) == ("My net", None, {"paper": "A paper", "year": 2015})
    assert made.totals.params == 8 * 128 + 128 * 10
    assert made.outputs == {"v": (8,)}
    small = calculate(text, "small")
    assert (small.header.model, small.header.variant, small.header.meta["year"]) == ("My small net", "small", 2016)
    assert small.totals.params == 8 * 64 + 64 * 10
    assert made.warnings == ("params: expected 1664, got 2304",) or "2,304" in made.warnings[0]
    assert "585" in small.warnings[0]
    assert len(small.warnings) == 1, "a variant's keys override the file's"


def test_a_name_is_the_files_where_none_is_given() -> None:
    assert spec(net("  - relu", VECTOR)).name == "net"


@pytest.mark.parametrize(
    ("given", "shape", "names"),
    [
        ("[3, 8, 9]", (3, 8, 9), ("c", "h", "w")),
        ("{image: [3, 8, 9]}", (3, 8, 9), ("c", "h", "w")),
        ("{signal: [3, 8]}", (3, 8), ("n", "d")),
        ("{signal: {c: 3, t: 8}}", (3, 8), ("c", "t")),
        ("{clip: [3, 4, 8, 9]}", (3, 4, 8, 9), ("c", "t", "h", "w")),
        ("{v: [7]}", (7,), ("d",)),
        ("{v: 7}", (7,), ("d",)),
        ("{nodes: {n: 2708, d: 1433}}", (2708, 1433), ("n", "d")),
        ("{ids: {shape: {src: 64}, dtype: int64}}", (64,), ("src",)),
        ("{image: [3, 4*2, 9]}", (3, 8, 9), ("c", "h", "w")),
    ],
)
def test_inputs(given: str, shape: tuple[int, ...], names: tuple[str, ...]) -> None:
    made = spec(net("  - relu", given)).run()
    (ref,) = made.network.inputs
    assert (ref.tensor.shape, ref.tensor.names) == (shape, names)
    assert made.header.inputs == {ref.path: shape}


def test_the_first_input_is_the_first_x() -> None:
    text = net("  - linear: 5\n  - {from: b, linear: 6}", "{a: {d: 2}, b: {e: 3}}")
    assert [row.params for row in calculate(text).layers] == [15, 24]


def test_dims_of_inputs_are_variables() -> None:
    text = net("  - linear: src + 2 * tgt", "{a: {src: 64, d: 3}, b: {tgt: 5}}")
    assert calculate(text).layers[-1].output == (64, 74)
    assert calculate(text, sets={"src": 10}).layers[-1].output == (10, 20)


def test_an_input_may_be_called_x_and_x_is_always_the_incoming_tensor() -> None:
    assert width("  - linear: 5\n  - linear: 2 * x.d") == (10,)


def test_output_names_what_comes_out() -> None:
    layers = "  - {name: a, linear: 4}\n  - {name: b, linear: 5}\n  - {from: a, name: c, linear: 6}"
    text = net(layers, VECTOR) + "output: [c, b]\n"
    made = calculate(text)
    assert made.outputs == {"c": (6,), "b": (5,)}
    assert list(made.outputs) == ["c", "b"]
    assert calculate(net(layers, VECTOR)).outputs == {"c": (6,)}


# 3.2 entries

BARE: Mapping[str, tuple[int, ...]] = {
    "relu": (8,),
    "{relu: }": (8,),
    "{linear: 10}": (10,),
    "{linear: {out: 10}}": (10,),
    "{linear: 2 * 5}": (10,),
    '{linear: "max(3, 10)"}': (10,),
    "{layers: [relu, linear: 10]}": (10,),
    "{layers: }": (8,),
    "{repeat: 0, linear: 10}": (8,),
    "{if: false, linear: 10}": (8,),
    "{if: x.d == 8, linear: 10}": (10,),
    "{if: x.d > 8, linear: 10}": (8,),
    "{note: a word about it, linear: 10}": (10,),
    "{linear: {out: 10, norm: layer, act: {leaky_relu: 0.2}}}": (10,),
    "{linear: {out: 10, norm: none, act: none}}": (10,),
}


@pytest.mark.parametrize(("entry", "shape"), BARE.items())
def test_entries(entry: str, shape: tuple[int, ...]) -> None:
    assert width(f"  - relu\n  - {entry}") == shape


def test_norm_and_act_are_rows_of_their_own() -> None:
    made = rows(net("  - {name: stem, conv: {out: 4, kernel: 3, norm: batch, act: relu}}\n  - conv: {out: 2, kernel: 1, norm: {group: 2}}"))
    assert {path: row.type for path, row in made.items()} == {
        "stem": "conv", "stem.norm": "batch_norm", "stem.act": "relu", "conv_2": "conv", "conv_2.norm": "group_norm",
    }  # fmt: skip
    assert made["stem"].params == 3 * 4 * 9, "no bias before a norm"
    assert (made["stem.norm"].params, made["stem.norm"].buffers) == (8, 9)


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ("", 3 * 4 + 4),
        (", norm: batch", 3 * 4 + 8),
        (", norm: batch, bias: true", 3 * 4 + 4 + 8),
        (", norm: none", 3 * 4 + 4),
        (", bias: false", 3 * 4),
        (", bias: 1 > 2", 3 * 4),
        (", norm: {batch: {affine: false}}", 3 * 4),
        (", norm: {batch: {frozen: true}}", 3 * 4),
        (", norm: layer", 3 * 4 + 8),
        (", norm: instance", 3 * 4),
        (", norm: {group: 2}", 3 * 4 + 8),
        (", norm: rms_norm", 3 * 4 + 4),
        (", act: prelu", 3 * 4 + 4 + 4),
    ],
)
def test_bias_is_there_unless_a_norm_follows(fields: str, params: int) -> None:
    assert calculate(net(f"  - conv: {{out: 4, kernel: 1{fields}}}")).totals.params == params


PATH_CASES = {
    "- relu\n- relu\n- conv: {out: 4, kernel: 1}\n- conv: {out: 4, kernel: 1}": ["relu_1", "relu_2", "conv_1", "conv_2"],
    "- {name: a, relu: }\n- relu": ["a", "relu_2"],
    "- {repeat: 2, relu: }": ["relu_1[0]", "relu_1[1]"],
    "- {repeat: 2, name: a, relu: }": ["a[0]", "a[1]"],
    "- {repeat: 2, name: a$i, relu: }": ["a0", "a1"],
    "- {name: g, layers: [relu, {name: b, tanh: }]}": ["g.relu_1", "g.b"],
    "- layers: [relu]\n- layers: [relu]": ["layers_1.relu_1", "layers_2.relu_1"],
    "- {name: s, for: {k: [1, 2]}, layers: [repeat: 2\n    layers: [relu]]}": [],
    "- residual: [relu]": ["residual_1.relu_1", "residual_1.add"],
    "- {name: r, residual: [relu], shortcut: [tanh]}": ["r.relu_1", "r.shortcut.tanh_1", "r.add"],
    "- branches: {a: [relu], b: [relu, relu]}": ["branches_1.a.relu_1", "branches_1.b.relu_1", "branches_1.b.relu_2", "branches_1.concat"],
    "- {merge: add, name: m, branches: {a: [relu], b: []}}": ["m.a.relu_1", "m.add"],
    "- branches: {for: {k: [1, 3]}, layers: [conv: {out: 4, kernel: k, padding: same}]}": [
        "branches_1.0.conv_1", "branches_1.1.conv_1", "branches_1.concat",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("layers", "wanted"), [case for case in PATH_CASES.items() if case[1]])
def test_paths(layers: str, wanted: list[str]) -> None:
    assert paths(PATHS + layers) == wanted


def test_paths_of_nested_loops_and_blocks() -> None:
    text = dedent("""\
        input: [3, 8, 8]
        blocks:
          Two: {args: {out: int}, layers: [{repeat: 2, conv: {out: out, kernel: 1, act: relu}}]}
        layers:
          - name: stage
            for: {depth: [2, 1]}
            layers:
              - {repeat: depth, Two: 4}
          - Two: 5
    """)
    two = ["conv_1[0]", "conv_1[0].act", "conv_1[1]", "conv_1[1].act"]
    wanted = [f"stage[{i}].Two_1[{j}].{row}" for i, depth in ((0, 2), (1, 1)) for j in range(depth) for row in two]
    made = calculate(text).layers
    assert [row.path for row in made] == [*wanted, *(f"Two_1.{row}" for row in two)]
    assert made[0].group == made[1].group == "stage[0].Two_1[0].conv_1[0]"
    assert calculate(net("  - relu")).layers[0].group is None


# 3.3 expressions

EXPRESSIONS: Mapping[str, int] = {
    "2 + 3 * 4": 14,
    "(2 + 3) * 4": 20,
    "7 // 2": 3,
    "7 % 4": 3,
    "2 ** 5": 32,
    "8 / 2": 4,
    "-3 + 5": 2,
    "w": 64,
    "w // 2 if wide else w": 32,
    "4 if not wide else 5": 5,
    "5 if 1 < 2 < 3 else 6": 5,
    "5 if wide and w == 64 else 6": 5,
    "5 if w > 64 or false else 6": 6,
    '"min(3, 7)"': 3,
    '"max(3, w, 7)"': 64,
    "abs(0 - 3)": 3,
    "sum(list)": 6,
    "len(list)": 3,
    "sqrt(w)": 8,
    "log2(w)": 6,
    "ceil(2.1)": 3,
    "floor(2.9)": 2,
    "round(2.5)": 3,
    "round(3.5)": 4,
    "round(2.4)": 2,
    "int(7.9)": 7,
    "divisible(w * 0.5)": 32,
    "divisible(30)": 32,
    "divisible(36)": 40,
    "divisible(17)": 16,
    '"divisible(30, 12)"': 36,
    '"divisible(30, d=16)"': 32,
    "1_000": 1000,
    "1e3": 1000,
    "0.5 * w": 32,
    "x.d": 8,
    "x.size + x.rank": 9,
}


@pytest.mark.parametrize(("text", "value"), EXPRESSIONS.items())
def test_expressions(text: str, value: int) -> None:
    head = "vars: {w: 64, wide: true, list: [1, 2, 3]}\n"
    assert width(f"  - linear: {text}", head) == (value,)
    assert width(f"  - linear: {{out: {text}}}", head) == (value,)


def test_items_of_lists_in_block_style() -> None:
    assert width("  - linear:\n      out: list[1] + list[-1]", "vars: {list: [1, 2, 3]}\n") == (5,)


def test_dims_by_name() -> None:
    layers = "  - {name: feat, conv: {out: 6, kernel: 3}}\n  - flatten\n  - linear: feat.c * 100 + feat.h * 10 + feat.w"
    assert width(layers, given="[3, 8, 7]") == (6 * 100 + 6 * 10 + 5,)


def test_texts_are_filled_in() -> None:
    layers = "  - {repeat: 3, name: s$i, linear: 4 + i}\n  - concat: [s$(3 - 1), s$k, s0]\n  - {linear: {out: 3, act: $a}}"
    made = calculate(net(layers, VECTOR, "vars: {a: silu, k: 1}\n")).layers
    assert made[3].output == (6 + 5 + 4,)
    assert made[-1].type == "silu"


def test_a_lone_unknown_word_is_text_in_vars_only() -> None:
    head = "vars: {act: relu, same: act, n: 4, m: n, flag: true, words: [relu, tanh]}\n"
    made = calculate(net("  - {for: {a: words}, linear: {out: m, act: $a}}\n  - linear: {out: n, act: $same}", VECTOR, head)).layers
    assert [row.type for row in made] == ["linear", "relu", "linear", "tanh", "linear", "relu"]


def test_variables_may_be_lists_of_lists_but_no_mappings() -> None:
    layers = "  - {repeat: 2, linear: 4}\n  - linear: len(n) + len(e)"
    assert width(layers, "vars: {n: [[1, 2], [3, 4]], e: []}\n") == (2,)
    assert wrong(net(layers, VECTOR, "vars: {n: {a: 1}, e: []}\n")).places() == [("E212", 1, 11)]


def test_no_is_not_false() -> None:
    found = wrong(net("  - linear: {out: 4, bias: no}", VECTOR))
    assert found.places() == [("E233", 3, 28)]
    assert "`false`" in found.words()


# 3.4 structures


def test_residuals() -> None:
    def conv(out: int, stride: int = 1) -> str:
        return f"conv: {{out: {out}, kernel: 3, stride: {stride}, padding: 1}}"

    plain = rows(net(f"  - residual: [{conv(3)}]"))
    assert list(plain) == ["residual_1.conv_1", "residual_1.add"]
    assert plain["residual_1.add"].inputs == ((3, 32, 32), (3, 32, 32))
    assert list(rows(net(f"  - {{residual: [{conv(3)}], shortcut: true}}"))) == ["residual_1.conv_1", "residual_1.add"]
    assert list(rows(net(f"  - {{residual: [{conv(5)}], shortcut: false}}"))) == ["residual_1.conv_1"]
    assert list(rows(net(f"  - {{residual: [{conv(5)}], shortcut: x.c == 5}}"))) == ["residual_1.conv_1"]
    assert list(rows(net(f"  - {{residual: [{conv(3)}], shortcut: x.c == 3}}"))) == ["residual_1.conv_1", "residual_1.add"]
    project = "{if: x.c != 6, conv: {out: 6, kernel: 1, stride: 2}}"
    shortcut = rows(net(f"  - {{residual: [{conv(6, 2)}], shortcut: [{project}]}}"))
    assert list(shortcut) == ["residual_1.conv_1", "residual_1.shortcut.conv_1", "residual_1.add"]
    assert list(rows(net(f"  - {{residual: [{conv(3)}], shortcut: [{project.replace('!=', '==')}]}}"))) == list(plain)
    assert list(rows(net(f"  - {{residual: [{conv(3)}], shortcut: []}}"))) == list(plain)
    assert rows(net("  - residual: []"))["residual_1.add"].inputs == ((3, 32, 32), (3, 32, 32))


@pytest.mark.parametrize(
    ("merge", "shape", "kind"),
    [
        ("", (8, 8, 8), "concat"),
        (", merge: concat", (8, 8, 8), "concat"),
        (", merge: add", (4, 8, 8), "add"),
        (", merge: multiply", (4, 8, 8), "multiply"),
        (", merge: concat, axis: 1", (4, 16, 8), "concat"),
        (", merge: concat, axis: -1", (4, 8, 16), "concat"),
    ],
)
def test_branches(merge: str, shape: tuple[int, ...], kind: str) -> None:
    made = calculate(net(f"  - {{branches: {{a: [conv: {{out: 4, kernel: 1}}], b: []}}{merge}}}", "[4, 8, 8]"))
    assert (made.layers[-1].output, made.layers[-1].type, len(made.layers)) == (shape, kind, 2)
    assert made.outputs == {"branches_1": shape}


def test_without_a_merge_the_parts_have_names() -> None:
    layers = "  - {name: two, branches: {a: [linear: 4], b: [linear: 5], c: []}, merge: none}\n"
    assert width(layers + "  - {from: two.b, linear: 6}") == (6,)
    assert width(layers + "  - concat: [two.a, two.b, two.c]") == (17,)
    found = wrong(net(layers + "  - relu", VECTOR))
    assert found.places() == [("E307", 4, 5)]
    assert "two" in found.words() or "name.part" in found.words()


def test_branches_over_rows() -> None:
    layers = "  - branches: {for: {k: [1, 3, 5]}, layers: [conv: {out: 2 * k + i, kernel: k, padding: same}]}"
    assert calculate(net(layers)).layers[-1].output == (2 + 7 + 12, 32, 32)


def test_from_and_names() -> None:
    layers = "  - {name: a, linear: 4}\n  - {name: b, linear: 5}\n  - {from: a, linear: 6}\n"
    assert [row.inputs for row in calculate(net(layers, VECTOR)).layers] == [((8,),), ((4,),), ((4,),)]
    assert width(layers + "  - concat: [a, b, x]") == (15,)
    assert width(layers + "  - {from: [b, x], concat: }") == (11,)
    assert width("  - {name: a, layers: [linear: 4, relu]}\n  - linear: 5\n  - concat: [x, a]") == (9,), "a group's name is its output"


def test_names_that_match_a_pattern() -> None:
    layers = "  - {name: skip$i, repeat: 3, linear: 4 + i}\n  - {name: other, relu: }\n  - concat: skip*"
    assert calculate(net(layers, VECTOR)).layers[-1].inputs == ((4,), (5,), (6,))
    assert width(layers + "\n  - concat: [skip*, other]") == (4 + 5 + 6 + 6,)


def test_the_last_iteration_wins_for_a_loops_own_name() -> None:
    layers = "  - {name: stage, repeat: 3, linear: 4 + i}\n  - relu\n  - {from: stage, linear: 1}"
    assert calculate(net(layers, VECTOR)).layers[-1].inputs == ((6,),)
    layers = "  - {repeat: 3, layers: [{name: a, linear: 4 + i}]}\n  - {from: a, linear: 1}"
    found = wrong(net(layers, VECTOR))
    assert found.places() == [("E306", 4, 12)]
    assert "a$i" in found.words()


def test_names_inside_a_loop_are_known_to_the_same_iteration() -> None:
    layers = "  - {repeat: 3, layers: [{name: a, linear: 4 + i}, relu, concat: [a, x]]}"
    assert width(layers) == (12,)


def test_references_point_backwards_only() -> None:
    assert wrong(net("  - {from: late, relu: }\n  - {name: late, relu: }", VECTOR)).places() == [("E310", 3, 12)]


def test_from_beside_groups_and_blocks() -> None:
    head = "blocks: {B: {vars: {w: x.d}, layers: [linear: 7, linear: w]}}\n"
    layers = (
        "  - {name: a, linear: 4}\n  - linear: 5\n  - {from: a, layers: [linear: 6]}\n  - {from: a, B: }\n  - {from: a, residual: [relu]}"
    )
    made = calculate(net(layers, VECTOR, head)).layers
    assert [row.inputs[0] for row in made[2:]] == [(4,), (4,), (7,), (4,), (4,)]
    assert made[4].output == (4,)


def test_names_in_branches_and_groups_are_not_private() -> None:
    layers = "  - branches: {a: [{name: p, linear: 4}, relu], b: [layers: [{name: q, linear: 5}]]}\n  - concat: [p, q, p]"
    assert width(layers) == (13,)


def test_one_name_in_two_alternatives() -> None:
    layers = "  - {if: x.d == 8, name: a, linear: 4}\n  - {if: x.d != 4, name: a, linear: 5}\n  - linear: 6\n  - {from: a, relu: }"
    assert width(layers) == (4,)


def test_layers_with_several_results() -> None:
    layers = "  - {name: s, split: {parts: 2, axis: 0}}\n  - concat: [s.1, s.0]\n  - {from: s.0, linear: 3}"
    made = calculate(net(layers, VECTOR)).layers
    assert [row.inputs for row in made[-2:]] == [((4,), (4,)), ((4,),)]
    assert wrong(net("  - {name: s, split: {parts: 2, axis: 0}}\n  - relu", VECTOR)).codes == ["E307"]


def test_a_tensor_that_several_read() -> None:
    layers = "  - {name: a, relu: }\n  - {name: b, from: a, linear: 4}\n  - {name: c, from: a, linear: 4}\n  - add: [b, c, b]"
    made = calculate(net(layers, VECTOR)).layers
    assert made[-1].inputs == ((4,), (4,), (4,))
    assert made[-1].in_out == 12, "a tensor read twice counts once"


# 3.5 loops


def test_an_inner_name_hides_an_outer_one() -> None:
    layers = "  - {for: {w: [5, 6]}, linear: w}\n  - linear: w"
    assert [row.output for row in calculate(net(layers, VECTOR, "vars: {w: 3}\n")).layers] == [(5,), (6,), (3,)]


@pytest.mark.parametrize(
    ("loop", "widths"),
    [
        ("repeat: 3, linear: 10 + i", [10, 11, 12]),
        ("for: {s: 3}, linear: 10 + s", [10, 11, 12]),
        ("for: {w: [5, 6]}, linear: 10 * w + i", [50, 61]),
        ("for: {w: [5, 6], v: [1, 2]}, linear: w * v", [5, 12]),
        ("for: {w: list, s: 3}, linear: w + s", [4, 6, 8]),
        ("for: {'a, b': [[1, 2], [3, 4]]}, linear: 10 * a + b", [12, 34]),
        ("for: {'a, b': [[1, 2], [3, 4]], c: [5, 6]}, linear: a * b * c", [10, 72]),
        ("for: {w: [2 * n, n]}, linear: w", [8, 4]),
        ("repeat: n - 2, linear: 7", [7, 7]),
        ("repeat: n if n < 3 else 1, linear: 7", [7]),
        ("for: {w: []}, linear: w", []),
        ("for: {self: [5, 6]}, linear: self", [5, 6]),
    ],
)
def test_loops(loop: str, widths: list[int]) -> None:
    made = calculate(net(f"  - relu\n  - {{{loop}}}", VECTOR, "vars: {n: 4, list: [4, 5, 6]}\n"))
    assert [row.output for row in made.layers[1:]] == [(w,) for w in widths]


def test_tables_in_block_style() -> None:
    layers = "  - for:\n      t, c:\n        - [1, 16]\n        - [6, 24]\n    linear: t * c"
    assert [row.output for row in calculate(net(layers, VECTOR)).layers] == [(16,), (144,)]
    layers = "  - for:\n      t, c: [[1, 16], [6, 24]]\n    linear: t * c"
    assert [row.output for row in calculate(net(layers, VECTOR)).layers] == [(16,), (144,)]


def test_i_is_the_innermost_index() -> None:
    layers = "  - for: {s: 2}\n    layers:\n      - {repeat: 2, linear: 10 + 10 * s + i}\n      - linear: 50 + i"
    assert [row.output[0] for row in calculate(net(layers, VECTOR)).layers] == [10, 11, 50, 20, 21, 51]


def test_if_and_from_apply_to_each_copy() -> None:
    layers = "  - {repeat: 4, if: i % 2 == 1, linear: 10 + i}"
    assert [row.path for row in calculate(net(layers, VECTOR)).layers] == ["linear_1[1]", "linear_1[3]"]
    layers = "  - {name: a, linear: 4}\n  - {repeat: 2, from: a, linear: 5}"
    assert [row.inputs for row in calculate(net(layers, VECTOR)).layers[1:]] == [((4,),), ((4,),)]


# 3.6 blocks

BLOCKS = """\
vars: {w: 5}
blocks:
  Two:
    args: {out: int, times: 2, act: relu, bias: false, scale: 1.5, sizes: [1, 2], skip: out > 3}
    vars: {hidden: out * times + x.d}
    layers:
      - linear: {out: hidden, bias: bias, act: $act}
      - {if: skip, linear: out}
"""


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        ("Two: 4", [(16,), (16,), (4,)]),
        ("Two: [4]", [(16,), (16,), (4,)]),
        ("Two: [4, 3]", [(20,), (20,), (4,)]),
        ("Two: {out: 4}", [(16,), (16,), (4,)]),
        ("Two: {out: w, times: w}", [(33,), (33,), (5,)]),
        ("Two: {out: 2}", [(12,), (12,)]),
        ("Two: {out: 2, skip: true}", [(12,), (12,), (2,)]),
        ("Two: [4, 1, none]", [(12,), (4,)]),
    ],
)
def test_blocks(call: str, shapes: list[tuple[int, ...]]) -> None:
    assert [row.output for row in calculate(net(f"  - {call}", VECTOR, BLOCKS)).layers] == shapes


def test_a_block_sees_its_arguments_and_nothing_else() -> None:
    text = "vars: {w: 5}\nblocks: {B: {layers: [linear: w]}}\ninput: [8]\nlayers: [B]\n"
    assert wrong(text).places() == [("E301", 2, 31)]
    text = "blocks: {B: {layers: [concat: [a, x]]}}\ninput: [8]\nlayers: [{name: a, relu: }, B]\n"
    assert wrong(text).places() == [("E310", 1, 32)]


def test_names_in_a_block_are_private() -> None:
    text = "blocks: {B: {layers: [{name: a, linear: 4}, concat: [a, x]]}}\ninput: [8]\nlayers: [B, B, {name: a, relu: }, concat: [a, x]]\n"
    assert calculate(text).layers[-1].output == (16,)
    text = "blocks: {B: {layers: [{name: a, linear: 4}]}}\ninput: [8]\nlayers: [B, concat: [a, x]]\n"
    assert wrong(text).codes == ["E310"]


def test_a_block_takes_tensors() -> None:
    text = dedent("""\
        blocks: {Join: {args: {skip: tensor, out: int}, layers: [concat: [skip, x], linear: out * skip.d]}}
        input: [8]
        layers:
          - {name: a, linear: 3}
          - linear: 4
          - Join: [a, 2]
    """)
    made = calculate(text).layers
    assert made[-2].inputs == ((3,), (4,))
    assert made[-1].output == (6,)


def test_blocks_call_blocks_in_any_order() -> None:
    text = "blocks: {A: {layers: [B: 3, B: 4]}, B: {args: {n: int}, layers: [linear: n]}}\ninput: [8]\nlayers: [A]\n"
    assert paths(text) == ["A_1.B_1.linear_1", "A_1.B_2.linear_1"]


def test_arguments_may_default_to_sizes_of_the_input() -> None:
    text = "blocks: {B: {args: {out: 2 * x.d, half: out // 2}, layers: [linear: out, linear: half]}}\ninput: [8]\nlayers: [B, B: 4]\n"
    assert [row.output for row in calculate(text).layers] == [(16,), (8,), (4,), (2,)]


def test_defaults_are_for_the_entries_of_this_file(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text("blocks: {Other: {layers: [linear: 3]}}\n")
    text = dedent("""\
        use: [lib.yaml]
        vars: {n: 4}
        defaults: {linear: {bias: false, act: relu}}
        blocks: {Mine: {layers: [linear: 3]}}
        input: [8]
        layers: [linear: 3, Mine, Other, linear: {out: 3, bias: true, act: none}]
    """)
    made = spec(text, folder=tmp_path).summary().layers
    assert [(row.type, row.params) for row in made] == [
        ("linear", 24), ("relu", 0), ("linear", 9), ("relu", 0), ("linear", 12), ("linear", 12),
    ]  # fmt: skip
    assert [row.source_file is None for row in made] == [True, True, True, True, False, True]


# use


def test_use_brings_in_blocks_only(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yaml").write_text("use: [b.yaml]\nvars: {w: 3}\nblocks: {A: {layers: [B, relu]}}\n")
    (tmp_path / "sub" / "b.yaml").write_text("blocks: {B: {layers: [linear: 3]}}\n")
    text = "use: [sub/a.yaml, sub/b.yaml]\ninput: [8]\nlayers: [A, B]\n"
    assert [row.path for row in spec(text, folder=tmp_path).summary()] == ["A_1.B_1.linear_1", "A_1.relu_1", "B_1.linear_1"]
    found = wrong(lambda: spec("use: [sub/a.yaml]\ninput: [8]\nlayers: [linear: w]\n", folder=tmp_path))
    assert found.codes == ["E301"], "variables are not brought in"


def test_use_of_a_file_that_runs_by_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("blocks: {A: {layers: [linear: 3]}}\ninput: [8]\nlayers: [A]\nexpect: {params: 1}\n")
    made = spec("use: [a.yaml]\ninput: [8]\nlayers: [A]\n", folder=tmp_path).summary()
    assert made.totals.params == 27
    assert made.warnings == ()


def test_use_in_circles(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("use: [b.yaml]\nblocks: {A: {layers: [relu]}}\n")
    (tmp_path / "b.yaml").write_text("use: [a.yaml]\nblocks: {B: {layers: [relu]}}\n")
    found = wrong(lambda: spec("use: [a.yaml]\ninput: [8]\nlayers: [A]\n", folder=tmp_path))
    assert found.codes == ["E225"]
    assert "a.yaml -> b.yaml -> a.yaml" in found.words()


def test_use_of_itself(tmp_path: Path) -> None:
    (tmp_path / "me.yaml").write_text("use: [me.yaml]\nblocks: {A: {layers: [relu]}}\ninput: [8]\nlayers: [A]\n")
    found = wrong(lambda: load(tmp_path / "me.yaml"))
    assert found.codes == ["E225"]


@pytest.mark.parametrize("name", ["../lib.yaml", "sub/../../lib.yaml"])
def test_use_stays_inside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "here"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "lib.yaml").write_text("blocks: {A: {layers: [relu]}}\n")
    text = f"use: [{name}]\ninput: [8]\nlayers: [A]\n"
    found = wrong(lambda: spec(text, folder=folder))
    assert found.places() == [("E227", 1, 7)]
    assert spec(text, folder=folder, outside=True).summary().totals.layers == 1
    absolute = text.replace(name, str(tmp_path / "lib.yaml"))
    assert wrong(lambda: spec(absolute, folder=folder)).codes == ["E227"]
    (folder / "link.yaml").symlink_to(tmp_path / "lib.yaml")
    assert wrong(lambda: spec(text.replace(name, "link.yaml"), folder=folder)).codes == ["E227"]


def test_use_goes_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("blocks: {A: {layers: [rleu]}}\n")
    (tmp_path / "b.yaml").write_text("blocks: {A: {layers: [relu]}, B: {layers: [relu]}}\n")
    (tmp_path / "c.yaml").write_text("blocks: {B: {layers: [relu]}}\n")

    def use(*names: str, more: str = "") -> Wrong:
        return wrong(lambda: spec(f"use: [{', '.join(names)}]\n{more}input: [8]\nlayers: [relu]\n", folder=tmp_path))

    found = use("a.yaml")
    assert (found.codes, found.at(), found.found[0].source) == (["E201"], "rleu", found.found[0].source)
    assert found.found[0].source is not None
    assert found.found[0].source.name.endswith("a.yaml")
    assert use("b.yaml", "c.yaml").places() == [("E218", 1, 15)]
    assert use("b.yaml", more="blocks: {A: {layers: [tanh]}}\n").codes == ["E218"]
    assert use("nothing.yaml").places() == [("E226", 1, 7)]
    assert use("lib:nothing").codes == ["E226"]
    assert use("{a: b}").codes == ["E217"]


# variants, and what the caller sets

VARIANTS = """\
name: Net
vars: {k: 8, depth: 2, wide: 2 * k, act: relu, biased: true, scale: 1.0}
variants:
  deep: {depth: 4}
  wide: {k: 16}
  far: {input: {x: {d: 100}}}
input: {x: {d: 8}}
layers:
  - {repeat: depth, linear: {out: wide, act: $act, bias: biased}}
"""


@pytest.mark.parametrize(
    ("variant", "params"),
    [(None, 8 * 16 + 16 + 16 * 16 + 16), ("deep", 8 * 16 + 16 + 3 * (16 * 16 + 16)), ("wide", 8 * 32 + 32 + 32 * 32 + 32)],
)
def test_variants(variant: str | None, params: int) -> None:
    assert calculate(VARIANTS, variant).totals.params == params


def test_a_variable_and_an_axis_of_one_name_agree() -> None:
    assert calculate("vars: {d: 8}\ninput: {x: {d: d}}\nlayers: [linear: d]\n").totals.params == 72
    with pytest.raises(SpecError, match="8 as a variable and 9 as an axis"):
        calculate("vars: {d: 8}\ninput: {x: {d: 9}}\nlayers: [linear: d]\n")


def test_copies_that_share_may_have_names_of_their_own() -> None:
    layers = "  - {shared: true, for: {k: 2}, layers: [{from: x, name: t$i, linear: 8}]}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 0]


def test_fields_beside_a_kind_that_is_filled_in_are_read_each_time() -> None:
    block = "blocks: {B: {args: {kind: str, one: bool}, layers: [{conv: {out: 4, kernel: 1, bias: false, act: {$kind: {shared: one}}}}]}}\n"
    text = block + "input: [4, 8, 8]\nlayers: [B: [prelu, true], B: [prelu, false]]\n"
    assert [row.params for row in calculate(text).layers] == [16, 1, 16, 4]


def test_a_pattern_may_match_one_tensor() -> None:
    assert calculate(net('  - {name: s0, linear: 4}\n  - add: "s*"', VECTOR)).totals.params == 36


def test_cells_are_text_even_if_a_tensor_has_that_name() -> None:
    layers = "  - {for: {side: [l, r]}, layers: [{from: $side, name: t$side, conv: {out: 3, kernel: 1}}]}\n"
    text = f"input: {{l: [1, 8, 8], r: [1, 8, 8]}}\nlayers:\n{layers}"
    assert [row.path for row in calculate(text).layers] == ["layers_1[0].tl", "layers_1[1].tr"]


def test_where_branches_merge_may_depend_on_what_comes_in() -> None:
    blocks = "blocks:\n  B: {layers: [{branches: {a: [relu], b: [relu]}, merge: concat, axis: x.c - 2}]}\n"
    text = blocks + "input: [2, 8, 8]\nlayers: [B, {conv: {out: 3, kernel: 1}}, B]\n"
    assert [row.output for row in calculate(text).layers if row.type == "concat"] == [(4, 8, 8), (3, 16, 8)]


@pytest.mark.parametrize(
    ("expect", "kept"),
    [
        ("peak_activation: <= 100 B", True),  # (8 + 8) * 4 = 64
        ("peak_activation: <= 60 B", False),
        ("peak_in_out: <= 60 B", False),
        ("peak_activation_bytes: 64", True),
    ],
)
def test_bytes_of_peaks_on_the_file_and_on_an_entry(expect: str, kept: bool) -> None:  # noqa: FBT001 - a table
    on_file = net("  - linear: 8", VECTOR, f"expect: {{{expect}}}\n")
    on_entry = net(f"  - {{linear: 8, expect: {{{expect}}}}}", VECTOR)
    for text in (on_file, on_entry):
        assert (calculate(text).warnings == ()) is kept, text


def test_variants_may_have_inputs_of_their_own() -> None:
    assert calculate(VARIANTS, "far").header.inputs == {"x": (100,)}


def test_what_the_caller_sets() -> None:
    assert calculate(VARIANTS, sets={"depth": 1}).totals.params == 8 * 16 + 16
    assert calculate(VARIANTS, sets={"depth": "1 + 2"}).totals.layers == 6
    assert calculate(VARIANTS, "deep", sets={"depth": 1}).totals.layers == 2
    assert calculate(VARIANTS, sets={"wide": "3 * k"}).layers[0].output == (24,)
    assert calculate(VARIANTS, sets={"act": "silu"}).layers[1].type == "silu"
    assert calculate(VARIANTS, sets={"biased": False}).totals.params == 8 * 16 + 16 * 16
    assert calculate(VARIANTS, sets={"biased": "false"}).totals.params == 8 * 16 + 16 * 16
    assert calculate(VARIANTS, sets={"scale": 2}).totals.layers == 4
    for given in ({"x": (20,)}, {"x": "20"}, {"": (20,)}):
        assert calculate(VARIANTS, inputs=given).layers[0].params == 20 * 16 + 16


@pytest.mark.parametrize(
    ("sets", "inputs", "code", "word"),
    [
        ({"dept": 3}, {}, "E604", "depth"),
        ({"depth": "many"}, {}, "E604", "takes a number"),
        ({"depth": 1.5}, {}, "", "1.5"),
        ({"biased": 3}, {}, "E604", "true"),
        ({}, {"y": (3,)}, "E604", "x"),
        ({}, {"x": (3, 4)}, "E604", "1 axes"),
        ({}, {"x": "3,a"}, "E604", "3,a"),
        ({}, {"x": (0,)}, "E233", "0"),
    ],
)
def test_what_the_caller_can_not_set(sets: Mapping[str, object], inputs: Mapping[str, object], code: str, word: str) -> None:
    found = wrong(VARIANTS, sets=sets, inputs=inputs)
    assert len(found.found) == 1
    assert code in found.codes[0]
    assert word in found.words()


def test_an_image_of_another_size() -> None:
    text = net("  - conv: {out: 4, kernel: 3}")
    assert calculate(text, inputs={"image": "3x64x48"}).layers[0].output == (4, 62, 46)


# weights that are shared, frozen


def test_tied_weights_count_once() -> None:
    layers = "  - {name: a, linear: 8}\n  - {tie: a, linear: 8}\n  - {tie: a, name: b, linear: {out: 8, bias: false}}"
    made = rows(net(layers, VECTOR))
    assert [(row.params, row.tied) for row in made.values()] == [(72, False), (0, True), (0, True)]
    assert [row.macs for row in made.values()] == [64, 64, 64]
    assert calculate(net(layers, VECTOR)).totals.params == 72


def test_a_matrix_is_tied_transposed_and_a_bias_without_a_partner_stays_own() -> None:
    layers = "  - {name: a, linear: {out: 5, bias: false}}\n  - {tie: a, linear: 8}"
    made = list(rows(net(layers, VECTOR)).values())
    assert [(row.params, row.tied, row.output) for row in made] == [(40, False, (5,)), (8, True, (8,))]
    layers = "  - {name: a, linear: 5}\n  - {tie: a, linear: 8}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [45, 8]


def test_groups_and_blocks_are_tied_by_role() -> None:
    head = "blocks: {B: {args: {out: 8}, layers: [linear: {out: 8, norm: layer}, linear: out]}}\n"
    layers = "  - {name: a, B: }\n  - {tie: a, B: }\n  - {tie: a, B: 9}"
    made = calculate(net(layers, VECTOR, head))
    assert [row.params for row in made.layers] == [64, 16, 72, 0, 0, 0, 0, 0, 81]
    layers = "  - {name: a, layers: [linear: 8, relu, linear: 8]}\n  - {tie: a, layers: [linear: 8, relu, linear: 8]}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 0, 72, 0, 0, 0]


def test_a_norms_statistics_are_tied_with_it() -> None:
    layers = "  - {name: a, conv: {out: 3, kernel: 1, norm: batch}}\n  - {tie: a, conv: {out: 3, kernel: 1, norm: batch}}"
    made = calculate(net(layers)).totals
    assert (made.params, made.buffers) == (9 + 6, 7)


def test_shared_copies_have_one_set_of_weights() -> None:
    layers = "  - {repeat: 3, shared: true, layers: [linear: {out: 8, norm: layer}, relu]}"
    made = calculate(net(layers, VECTOR))
    assert [row.params for row in made.layers] == [64, 16, 0] + [0] * 6
    assert made.totals.params == 80
    assert made.totals.macs == 3 * 64
    assert calculate(net(layers.replace("true", "false"), VECTOR)).totals.params == 240
    with pytest.raises(SpecError, match="another shape"):
        calculate(net("  - {for: {k: [8, 8, 5]}, shared: true, linear: k}", VECTOR))


def test_a_tie_shares_something() -> None:
    with pytest.raises(SpecError, match="no weight that fits"):
        calculate(net("  - {name: b, linear: 20}\n  - {tie: b, linear: 30}", VECTOR))
    with pytest.raises(SpecError, match="no weights to share"):
        calculate(net("  - {name: r, relu: }\n  - {tie: r, linear: 30}", VECTOR))


def test_tie_in_a_loop_ties_each_copy_with_its_own() -> None:
    layers = "  - {repeat: 2, name: a$i, linear: 8}\n  - {repeat: 2, tie: a$i, linear: 8}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 72, 0, 0]


def test_copies_are_tied_to_one_entry_or_to_its_copies() -> None:
    layers = "  - {name: first, linear: 8}\n  - {repeat: 3, tie: first, linear: 8}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 0, 0, 0]
    layers = "  - {name: first, layers: [linear: 8, tanh]}\n  - {repeat: 2, name: later$i, tie: first, layers: [linear: 8, tanh]}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 0, 0, 0, 0, 0]
    layers = "  - {name: first, repeat: 2, linear: 8}\n  - {repeat: 3, tie: first, linear: 8}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 72, 0, 0, 72]


def test_the_first_of_shared_copies_may_be_left_out() -> None:
    layers = "  - {repeat: 4, if: i > 0, shared: true, linear: 8}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers] == [72, 0, 0]
    layers = "  - {repeat: 4, shared: true, layers: [{if: i > 0, linear: 8}, relu]}"
    assert [row.params for row in calculate(net(layers, VECTOR)).layers if row.type == "linear"] == [72, 0, 0]


@pytest.mark.parametrize("calls", range(1, 14))
def test_a_block_is_tied_within_one_call(calls: int) -> None:
    text = dedent("""\
        blocks:
          B: {args: {own: bool}, layers: [{if: own, name: a, linear: 8}, {if: not own, tie: a, linear: 8}]}
        input: [8]
        layers: [{repeat: N, B: i < M}]
    """)
    assert calculate(text.replace("N", str(calls)).replace("M", str(calls))).totals.params == 72 * calls
    assert wrong(text.replace("N", str(calls + 1)).replace("M", str(calls))).codes == ["E310"]


def test_ties_and_promises_of_a_network_that_is_walked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = "  - {name: a, linear: 8, expect: {params: 71}}\n  - {tie: a, linear: 8}\n  - {repeat: 3, shared: true, linear: 8}"
    once = calculate(net(layers, VECTOR))
    monkeypatch.setattr(trace, "KEPT", 0)
    twice = calculate(net(layers, VECTOR))
    assert twice == once
    assert len(twice.warnings) == 1
    assert [row.params for row in twice.layers] == [72, 0, 72, 0, 0]


def test_frozen_weights() -> None:
    head = "blocks: {B: {layers: [linear: 8]}}\nvars: {cold: true}\n"
    layers = (
        "  - linear: 8\n  - {freeze: true, linear: 8}\n  - {freeze: cold, B: }\n"
        "  - {freeze: true, repeat: 2, layers: [linear: 8, {freeze: not cold, linear: 8}]}"
    )
    made = calculate(net(layers, VECTOR, head))
    assert [row.frozen for row in made.layers] == [0, 72, 72, 72, 0, 72, 0]
    totals = made.totals
    assert (totals.params, totals.trainable, totals.frozen) == (7 * 72, 3 * 72, 4 * 72)


# 3.7 expectations


def expected(expect: str, layers: str = "  - linear: 10", given: str = VECTOR) -> tuple[str, ...]:
    return calculate(f"{net(layers, given)}expect: {expect}\n").warnings


@pytest.mark.parametrize(
    "promise",
    [
        "{params: 90}", "{params: <= 90}", '{params: ">= 90"}', "{params: 80 .. 100}", "{params: ~0.09 k}", "{params: 89 ± 2%}",
        "{params: 89 +- 2%}", "{macs: 80}", "{flops: 160}", "{trainable: 90}", "{frozen: 0}", "{buffers: 0}", "{weights: 360 B}",
        "{layers: 1}", "{output: [10]}", "{activations: 18}", "{peak_activation: 18}", "{peak_activation: 72 B}", "{activations: 72 B}",
        "{activations: <= 1 KiB}",
    ],
)  # fmt: skip
def test_promises_kept(promise: str) -> None:
    assert expected(promise) == ()


@pytest.mark.parametrize(
    ("promise", "word"),
    [
        ("{params: 91}", "90"),
        ("{params: <= 89}", "90"),
        ("{macs: ~0.09 k}", "80"),
        ("{flops: 161}", "160"),
        ("{frozen: 1}", "0"),
        ("{weights: 361 B}", "360"),
        ("{layers: 2}", "1"),
        ("{output: [11]}", "10"),
        ("{output: [10, 1]}", "10"),
        ("{activations: 17}", "18"),
        ("{peak_activation: 73 B}", "72"),
        ("{params: 90, macs: 81}", "80"),
    ],
)
def test_promises_broken(promise: str, word: str) -> None:
    (warning,) = expected(promise)
    assert word in warning


def test_promises_are_silent_where_the_caller_changed_what_they_speak_of() -> None:
    text = net("  - linear: n", VECTOR, "vars: {n: 10}\n") + "expect: {params: 1, output: [n]}\n"
    assert len(calculate(text).warnings) == 1
    for options in ({"sets": {"n": 11}}, {"inputs": {"x": (9,)}}, {"batch": 2}, {"dtype": "int8"}):
        assert calculate(text, **options).warnings == ()


def test_promises_beside_an_entry_speak_of_all_its_copies() -> None:
    layers = "  - {repeat: 2, linear: 8, expect: {params: 144, layers: 2, output: [8]}}\n"
    assert calculate(net(layers, VECTOR)).warnings == ()
    layers += "  - {name: g, repeat: 2, layers: [linear: {out: 8, act: relu}, linear: 8], expect: {params: 289, macs: 256, layers: 6}}"
    (warning,) = calculate(net(layers, VECTOR)).warnings
    assert warning.startswith("g: params")
    assert "288" in warning


def test_promises_inside_a_body_speak_of_each_copy() -> None:
    layers = "  - {repeat: 2, layers: [{linear: 8 + i, expect: {output: [8]}}]}"
    (warning,) = calculate(net(layers, VECTOR)).warnings
    assert "[1]" in warning
    assert "9" in warning
    layers = "  - {repeat: 2, layers: [{linear: 8 + i, expect: {output: [8 + i], params: <= 81}}]}"
    assert calculate(net(layers, VECTOR)).warnings == ()


def test_promises_point_into_the_file() -> None:
    text = net("  - {linear: 8, expect: {params: 1}}", VECTOR) + "expect: {macs: 1}\n"
    run = spec(text).run()
    run.totals()
    found = Wrong(run.warnings())
    assert found.places() == [("E701", 4, 16), ("E701", 3, 34)]
    assert [one.severity for one in found.found] == ["warning", "warning"]


def test_an_entry_of_several_results_promises_no_output() -> None:
    layers = "  - {name: s, split: {parts: 2}, expect: {output: [4], layers: 2}}\n  - {from: s.0, relu: }"
    (warning,) = calculate(net(layers, VECTOR)).warnings
    assert warning == "s: output: expected [4], but it is not known"


def test_a_figure_that_is_only_a_lower_bound_keeps_no_promise() -> None:
    seen = Row(path="a", type="linear", params=3, macs=5, live=8, output=(3,))
    other = Row(path="b", type="custom", params=2, live=1, output=(4,), incomplete=("macs", "live", "receptive_field"))
    tally = Tally()
    tally.add(seen)
    assert tally.figures()["macs"] == 5
    tally.add(other)
    figures = tally.figures()
    assert (figures["params"], figures["output"], figures["layers"]) == (5, (4,), 2)
    assert {key for key, figure in figures.items() if figure is None} == {"macs", "peak_activation", "receptive_field"}
    totals = Totals(params=5, macs=7, model_size_bytes=20, incomplete=("macs", "model_size_bytes"))
    figures = figures_of(totals, (4,), None)
    assert (figures["params"], figures["macs"], figures["model_size_bytes"], figures["weights"]) == (5, None, None, None)
    promises = spec(net("  - {linear: 3, expect: {macs: <= 4 G, params: 5}}", VECTOR)).document.body[0].expect
    assert [(one.held, one.got) for one in judged(promises, figures)] == [(False, None), (True, 5)]


def test_receptive_fields_are_promised_too() -> None:
    layers = "  - {conv: {out: 4, kernel: 3}, expect: {receptive_field: 3}}\n"
    layers += "  - {conv: {out: 4, kernel: [3, 1]}, expect: {receptive_field: [5, 3]}}"
    assert calculate(net(layers)).warnings == ()
    assert len(calculate(net(layers.replace("[5, 3]", "[5, 4]"))).warnings) == 1


# every class of error: code, line, column, and the right word


FOREIGN = {
    "Conv2d": "conv", "nn.Conv2d": "conv", "nn.ReLU": "relu", "ReLU": "relu", "Dense": "linear", "MaxPooling2D": "max_pool",
    "BatchNorm2d": "batch_norm", "swish": "silu", "maxpool": "max_pool", "torch.nn.Linear": "linear", "Flatten": "flatten",
    "F.relu": "relu", "Upsample": "upsample", "fc": "linear", "deconv": "conv_transpose", "RELU": "relu",
}  # fmt: skip


@pytest.mark.parametrize(("word", "right"), FOREIGN.items())
def test_names_of_other_libraries(word: str, right: str) -> None:
    found = wrong(net(f"  - relu\n  - {word}: 3", VECTOR))
    assert found.places() == [("E201", 4, 5)]
    assert found.at() == word
    assert f"`{right}`" in found.words()
    assert wrong(net(f"  - {word}", VECTOR)).places() == [("E201", 3, 5)]


@pytest.mark.parametrize(("alias", "kind"), ALIASES.items())
def test_every_alias_is_an_error_that_names_the_kind(alias: str, kind: str) -> None:
    found = wrong(net(f"  - {alias}", VECTOR))
    assert found.places() == [("E201", 3, 5)]
    assert f"`{kind}`" in found.words()


@pytest.mark.parametrize(
    ("entry", "field", "right"),
    [
        ("conv: {out_channels: 4, kernel: 3}", "out_channels", "`out`"),
        ("conv: {out: 4, kernel_size: 3}", "kernel_size", "`kernel`"),
        ("conv: {filters: 4, kernel: 3}", "filters", "`out`"),
        ("linear: {units: 4}", "units", "`out`"),
        ("linear: {out_features: 4}", "out_features", "`out`"),
        ("conv: {out: 4, kernel: 3, strides: 2}", "strides", "`stride`"),
        ("conv: {out: 4, kernel: 3, activation: relu}", "activation", "`act`"),
        ("conv: {out: 4, kernal: 3}", "kernal", "`kernel`"),
        ("max_pool: {kernel: 2, ceil_mode: true}", "ceil_mode", "`ceil`"),
        ("conv: {in_channels: 3, out: 4, kernel: 3}", "in_channels", "leave it out"),
        ("linear: {in_features: 3, out: 4}", "in_features", "leave it out"),
        ("conv: {out: 4, kernel: 3, repeat: 2}", "repeat", "beside `conv:`"),
        ("conv: {out: 4, kernel: 3, name: a}", "name", "beside `conv:`"),
        ("relu: {inplace: true}", "inplace", "no fields"),
        ("attention: {num_heads: 4}", "num_heads", "`heads`"),
        ("attention: {heads: 4, embed_dim: 64}", "embed_dim", "leave it out"),
        ("attention: {heads: 4, d_model: 64}", "d_model", "leave it out"),
        ("attention: {heads: 4, batch_first: true}", "batch_first", "changes no figure"),
        ("lstm: {hidden: 10, dropout: 0.1}", "dropout", "changes no figure"),
        ("attention: {heads: 4, dropout_p: 0.1}", "dropout_p", "`dropout`"),
        ("attention: {heads: 4, num_key_value_heads: 2}", "num_key_value_heads", "`kv_heads`"),
        ("embedding: {vocab_size: 10, dim: 4}", "vocab_size", "`vocab`"),
        ("embedding: {vocab: 10, embed_dim: 4}", "embed_dim", "`dim`"),
        ("lstm: {hidden_size: 10}", "hidden_size", "`hidden`"),
        ("lstm: {units: 10}", "units", "`hidden`"),
        ("lstm: {hidden: 10, num_layers: 2}", "num_layers", "`layers`"),
        ("graph_conv: {out: 4, num_edges: 9}", "num_edges", "`edges`"),
    ],
)
def test_fields_of_other_libraries(entry: str, field: str, right: str) -> None:
    line = f"  - {entry}"
    found = wrong(net(line))
    assert found.places()[0] == ("E231", 3, line.index(field) + 1)
    assert found.at() == field
    assert right in found.words()


def test_the_words_of_other_libraries_lead_somewhere() -> None:
    fields = {kind: set(find(kind).model_fields) for kind in KINDS}
    arguments = {param.name for one in shelf() for param in one.block.params}
    ours = {name.partition(":")[0] for names in OURS.values() for name in names}
    assert ours <= {*arguments, *MODIFIERS}.union(*fields.values())
    for kind, _, word in (word.partition(".") for word in ADVICE if "." in word):
        assert word not in fields[kind]
    assert {word.replace("_", "").lower() for word in (*KINDS, *ALIASES, *STRUCTURES)}.isdisjoint(COMPOSED)


#: layers, with a mark around what is pointed at; the code; what is said
ERRORS: list[tuple[str, str, str]] = [
    ("  - {relu: , «tanh»: }", "E203", "- "),
    ("  - {conv: {out: 4, kernel: 3}, «padding»: 1}", "E203", "conv: {padding"),
    ("  - {conv: {out: 4, kernel: 3}, «relu»: }", "E203", "act"),
    ("  - {relu: , «repaet»: 2}", "E204", "repeat"),
    ("  - «{name: a, repeat: 2}»", "E202", "kind"),
    ("  - {relu: , «merge»: add}", "E204", "branches"),
    ("  - {relu: , «shortcut»: false}", "E204", "residual"),
    ("  - {relu: , shared: «true»}", "E204", "repeat"),
    ("  - {repeat: 2, for: «{a: 2}», relu: }", "E205", "group"),
    ("  - «rleu»", "E201", "`relu`"),
    ("  - «Widget»", "E201", "blocks"),
    ("  - «Bottleneck»: 64", "E201", "`use: [lib:resnet]`"),
    ("  - «graph_conv»: 5", "E232", "`graph_conv: {out: 5, edges: …}`"),
    ("  - {tie: «[]», relu: }", "E208", "empty"),
    ("  - «3»", "E211", "layer"),
    ("  - «[relu]»", "E211", "layer"),
    ("  - «conv»", "E232", "`kernel`"),
    ("  - «conv»: {out: 4}", "E232", "`kernel`"),
    ("  - conv: «3»", "E230", "named fields"),
    ("  - conv: «[64, 3]»", "E230", "named fields"),
    ("  - conv: {out: «7.5», kernel: 3}", "E233", "whole number"),
    ("  - conv: {out: «7 / 2», kernel: 3}", "E233", "whole number"),
    ("  - conv: {out: «true», kernel: 3}", "E233", "whole number"),
    ("  - conv: {out: «0», kernel: 3}", "E233", "at least 1"),
    ("  - conv: {out: 4, kernel: 3, stride: «0»}", "E233", "at least 1"),
    ("  - conv: {out: 4, kernel: 3, padding: «-1»}", "E233", "negative"),
    ("  - conv: {out: 4, kernel: [3, «0»]}", "E233", "at least 1"),
    ("  - conv: {out: 4, kernel: «[]»}", "E233", "empty"),
    ("  - conv: {out: 4, kernel: 3, bias: «3»}", "E233", "`true` or `false`"),
    ("  - conv: {out: 4, kernel: 3, act: «rleu»}", "E233", "`relu`"),
    ("  - conv: {out: 4, kernel: 3, norm: «relu»}", "E233", "norm"),
    ("  - pad: {amount: 1, mode: «reflet»}", "E233", "reflect"),
    ("  - conv: {out: «widht», kernel: 3}", "E301", "`width`"),
    ("  - conv: {out: 4 * «widht», kernel: 3}", "E301", "`width`"),
    ("  - conv: {out: «4 *», kernel: 3}", "E302", "not an expression"),
    ("  - conv: {out: «$width», kernel: 3}", "E302", "without `$`"),
    ("  - conv: {out: «x.f», kernel: 3}", "E304", "c, h, w"),
    ("  - conv: {out: «1 // 0», kernel: 3}", "E305", "zero"),
    ("  - conv: {out: «2 ** 99», kernel: 3}", "E305", "power"),
    ("  - conv: {out: «floor», kernel: 3}", "E303", "floor("),
    ("  - conv: {out: «cbrt(8)», kernel: 3}", "E303", "unknown function"),
    ("  - conv: {out: «width & 3», kernel: 3}", "E303", "operator"),
    ('  - conv: {out: "«(lambda: 3)()»", kernel: 3}', "E303", ""),
    ("  - {name: «a.b», relu: }", "E209", "dots"),
    ("  - {name: a, relu: }\n  - {name: «a», relu: }", "E209", "twice"),
    ("  - {name: «{a: b}», relu: }", "E209", "a mapping"),
    ("  - {name: «[a]», relu: }", "E209", "a list"),
    ("  - {name: «x», relu: }", "E209", "x"),
    ("  - {from: «nowhere», relu: }", "E310", "nowhere"),
    ("  - {name: stem, relu: }\n  - {from: «stme», relu: }", "E310", "`stem`"),
    ("  - {name: stem, relu: }\n  - concat: [«stme», x]", "E310", "`stem`"),
    ("  - {name: stem, relu: }\n  - concat: «skip*»", "E310", "skip*"),
    ("  - «add»", "E208", "2"),
    ("  - add: «image»", "E233", "[image, x]"),
    ("  - {from: [image, image], «relu»: }", "E208", "1 tensor"),
    ("  - {from: [image, image], add: «[image, x]»}", "E208", "not both"),
    ("  - {from: image, add: {of: «[image, x]»}}", "E208", "not both"),
    ("  - {tie: «later», relu: }\n  - {name: later, relu: }", "E310", "`later` is known only after the entry that gives it"),
    ("  - {from: «later», relu: }\n  - {layers: [{name: later, relu: }]}", "E310", "`later` is known only after"),
    ("  - {from: «later.h», relu: }\n  - {name: later, relu: }", "E310", "`later.h` is known only after"),
    ("  - {name: me, repeat: 2, concat: [«me», x]}", "E310", "`me` is known only after"),
    ("  - «Sequential»: [relu]", "E201", "{name: stem, layers: [...]}"),
    ("  - «backbone»: [relu, conv: {out: 4, kernel: 3}]", "E201", "{name: backbone, layers: [...]}"),
    ("  - «residul»: [conv: {out: 4, kernel: 3}]", "E201", "`residual`"),
    ("  - «bottleneck»: 64", "E201", "`use: [lib:resnet]` above, and `Bottleneck` here"),
    ("  - {«Conv2d»: {out: 4}, kernel_size: 3}", "E201", "`conv`"),
    ("  - {linear: 3, «in_features»: 4}", "E204", "leave it out"),
    ("  - {linear: 3, «dim»: 1}", "E204", "beside `linear:` stand name"),
    ("  - {if: «[1]», relu: }", "E233", "`true` or `false`, not a list"),
    ("  - {tie: «true», relu: }", "E208", "the name of an entry"),
    ("  - {from: «[]», relu: }", "E208", "empty"),
    ("  - {tie: «image», relu: }", "E310", "image"),
    ("  - {name: a, relu: }\n  - {tie: «a», linear: 3}", "E311", "no weights"),
    ("  - {repeat: «-1», relu: }", "E233", "at least 0"),
    ("  - {repeat: «1.5», relu: }", "E233", "whole number"),
    ("  - {repeat: «yes», relu: }", "E301", ""),
    ("  - {if: «3», relu: }", "E233", "`true` or `false`"),
    ("  - {if: «no», relu: }", "E233", "`false`"),
    ("  - {freeze: «1», relu: }", "E233", "`true` or `false`"),
    ("  - {for: {a: [1, 2], b: [1]}, relu: }", "E206", "1"),
    ("  - {for: «{}», relu: }", "E206", "columns"),
    ("  - {for: {'a, b': [[1, 2], [3]]}, relu: }", "E206", "2 columns"),
    ("  - {for: {«1a»: [1]}, relu: }", "E207", "1a"),
    ("  - {for: {«max»: [1]}, relu: }", "E207", "max"),
    ("  - «branches»: {}", "E206", "branches"),
    ("  - {branches: {a: [relu]}, merge: «sum»}", "E233", "merge"),
    ("  - {branches: {a: [relu]}, merge: «ad»}", "E233", "`add`"),
    ("  - branches: {a: «relu»}", "E211", "list"),
    ("  - residual: «relu»", "E211", "list"),
    ("  - {residual: [relu], shortcut: «3»}", "E233", "`true` or `false`"),
    ("  - layers: «relu»", "E211", "list"),
    ("  - «linear»: 3", "E401", "`flatten`"),
    ("  - «conv»: {out: 4, kernel: 40}", "E401", "40"),
    ("  - «conv»: {out: 4, kernel: [3, 3, 3]}", "E401", "kernel"),
    ("  - «conv»: {out: 4, kernel: 3, groups: 2}", "E401", "3"),
    ("  - «residual»: [conv: {out: 4, kernel: 3}]", "E401", "32"),
    ("  - {relu: , expect: {«parms»: 3}}", "E240", "params"),
    ("  - {relu: , expect: {params: «many»}}", "E240", "many"),
    ("  - {relu: , impl: «fast»}", "E233", "fused"),
]  # fmt: skip


def check(text: str, code: str, says: str) -> None:
    text, place = marked(text)
    found = wrong(text)
    first = found.found[0]
    assert first.code == code, found.words()
    assert {*found.codes[1:]} <= {"E213", "E222", "E232"}, "what follows from the first"
    assert says in found.words()
    if place is not None:
        assert first.span is not None
        assert (first.span.line, first.span.column + 1, first.span.end) == place, found.at()


@pytest.mark.parametrize(("layers", "code", "says"), ERRORS, ids=[case[0].strip() for case in ERRORS])
def test_errors(layers: str, code: str, says: str) -> None:
    check(net(layers, "{image: [3, 32, 32]}", "vars: {width: 4}\n"), code, says)


#: whole files, with a mark around what is pointed at; the code; what is said
FILES: list[tuple[str, str, str]] = [
    ("«[relu]»\n", "E210", "mapping"),
    ("«relu»\n", "E210", "mapping"),
    ("«input: [3]»\n", "E213", "layers"),
    ("«layers: [relu]»\n", "E213", "input"),
    ("input: [3]\nlayers: «[]»\n", "E213", "empty"),
    ("input: [3]\nlayers: [{if: false, relu: }]\n", "E213", "no layers"),
    ("input: [3]\nlayers: «relu»\n", "E211", "list"),
    ("input: [3]\n«layer»: [relu]\n", "E204", "`layers`"),
    ("«inputs»: [3]\nlayers: [relu]\n", "E204", "`input`"),
    ("input: [3]\nlayers: [relu]\n«conv»: {out: 3}\n", "E204", "layers:"),
    ("archcalc: «2»\ninput: [3]\nlayers: [relu]\n", "E214", "format 1"),
    ("input: [«0», 3]\nlayers: [relu]\n", "E233", "at least 1"),
    ("input: [«3.5»]\nlayers: [relu]\n", "E233", "whole number"),
    ("input: «[1, 2, 3, 4, 5]»\nlayers: [relu]\n", "E215", "name"),
    ("input: «[]»\nlayers: [relu]\n", "E215", "[3, 224, 224]"),
    ("input: {«a.b»: [3]}\nlayers: [relu]\n", "E209", "a.b"),
    ("input: {a: {shape: [3], «type»: int}}\nlayers: [relu]\n", "E204", "dtype"),
    ("vars: «[1]»\ninput: [3]\nlayers: [relu]\n", "E210", "mapping"),
    ("vars: {a: «b» + 1, b: 2}\ninput: [3]\nlayers: [relu]\n", "E301", "`b`"),
    ("vars: {width: 1, act: «widht»}\ninput: [3]\nlayers: [relu]\n", "E301", "`width`"),
    ("vars: {«x»: 1}\ninput: [3]\nlayers: [relu]\n", "E207", "x"),
    ("vars: {«two words»: 1}\ninput: [3]\nlayers: [relu]\n", "E207", "two words"),
    ("vars: {w: 3}\nvariants: {a: {«v»: 3}}\ninput: [3]\nlayers: [relu]\n", "E216", "`v`"),
    ("defaults: {«Conv2d»: {bias: false}}\ninput: [3]\nlayers: [relu]\n", "E201", "`conv`"),
    ("defaults: {conv: {«use_bias»: false}}\ninput: [3]\nlayers: [relu]\n", "E231", "`bias`"),
    ("blocks: {«low»: {layers: [relu]}}\ninput: [3]\nlayers: [relu]\n", "E219", "`Low`"),
    ("blocks: {«B»: {}}\ninput: [3]\nlayers: [relu]\n", "E213", "layers"),
    ("blocks: {B: {«arg»: {}, layers: [relu]}}\ninput: [3]\nlayers: [relu]\n", "E204", "`args`"),
    ("blocks: {«B»: {layers: [B]}}\ninput: [3]\nlayers: [relu]\n", "E224", "B -> B"),
    ("blocks: {«A»: {layers: [B]}, B: {layers: [residual: [C]]}, C: {layers: [A]}}\ninput: [3]\nlayers: [A]\n", "E224", "A -> B -> C -> A"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [«B»]\n", "E222", "`out`"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: «[1, 2]»]\n", "E221", "1 argument"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: {«ot»: 1}]\n", "E220", "`out`"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: {«units»: 1}]\n", "E220", "`out`"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: {out: 1, «in_features»: 1}]\n", "E220", "leave it out"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: {out: 1, «repeat»: 2}]\n", "E220", "beside `B:`"),
    ("blocks: {Basic: {layers: [relu]}}\ninput: [3]\nlayers: [«nn.Basic»]\n", "E201", "`Basic`"),
    ("blocks: {B: {args: {out: int}, layers: [relu]}}\ninput: [3]\nlayers: [B: «7.5»]\n", "E223", "whole number"),
    ("blocks: {B: {args: {on: bool}, layers: [relu]}}\ninput: [3]\nlayers: [B: «3»]\n", "E223", "`true` or `false`"),
    ("blocks: {B: {args: {on: true}, layers: [relu]}}\ninput: [3]\nlayers: [B: «3»]\n", "E223", "`true` or `false`"),
    ("blocks: {B: {args: {n: 3}, layers: [relu]}}\ninput: [3]\nlayers: [B: «true»]\n", "E223", "whole number"),
    ("blocks: {B: {args: {l: list}, layers: [relu]}}\ninput: [3]\nlayers: [B: {l: «3»}]\n", "E223", "list"),
    ("blocks: {B: {args: {t: tensor}, layers: [relu]}}\ninput: [3]\nlayers: [B: «nowhere»]\n", "E310", "nowhere"),
    ("vars: {w: 7}\nblocks: {B: {args: {n: 3}, layers: [relu]}}\ninput: [3]\nlayers: [B: «w / 2»]\n", "E223", "3.5"),
    ("input: [3]\nlayers: [relu]\noutput: [«nowhere»]\n", "E310", "nowhere"),
    ("input: [3]\nlayers: [relu]\nexpect: {«memory»: 3}\n", "E240", "memory"),
    ("input: [3]\nlayers: [relu]\nuse: «3»\n", "E217", "list"),
    ("vars: {w: 3}\ninput: {image: [3, 8, 8]}\nlayers: [conv: {out: max(8, w), kernel: 1}]\n", "E110", "quote"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "says"), FILES, ids=[case[0] for case in FILES])
def test_errors_of_whole_files(text: str, code: str, says: str) -> None:
    check(text, code, says)


def test_many_errors_at_once() -> None:
    layers = "  - rleu\n  - conv: {out_channels: 4, kernel: 3}\n  - {from: nowhere, relu: }\n"
    layers += "  - {conv: {out: 4, kernel: 3}, tanh: }\n  - linear: widht"
    found = wrong(net(layers))
    assert found.codes == ["E201", "E231", "E310", "E203", "E301"]
    assert [one.span.line for one in found.found if one.span] == [3, 4, 5, 6, 7]


def test_no_more_errors_than_one_can_read() -> None:
    found = wrong(net("\n".join(["  - rleu"] * 50)))
    assert len(found.found) == MOST_ERRORS + 1, "one more tells that there are more"
    said = str(SpecError(found.found))
    assert said.count("error[E201]") == MOST_ERRORS == 20
    assert said.endswith("first 20 errors")


def test_errors_in_blocks_that_nobody_calls() -> None:
    text = "blocks:\n  A: {layers: [rleu]}\n  B: {args: {out: int}, layers: [conv: {out: ot, kernel: 3}]}\ninput: [3]\nlayers: [relu]\n"
    assert wrong(text).places() == [("E201", 2, 16), ("E301", 3, 46)]


def test_a_block_passes_on_what_it_was_not_given() -> None:
    head = "blocks: {L: {args: {window: null, kv_heads: null}, layers: [attention: {heads: 4, window: window, kv_heads: kv_heads}]}}\n"
    given = "{x: {n: 6, d: 8}}"
    plain, windowed, grouped = (calculate(net(f"  - L: {args}", given, head)).totals for args in ("", "{window: 2}", "{kv_heads: 2}"))
    alone = calculate(net("  - attention: {heads: 4}", given)).totals
    assert (plain.params, plain.macs) == (alone.params, alone.macs)
    assert (windowed.params, windowed.macs) == (alone.params, alone.macs - 2 * 6 * (6 - 2) * 8)
    assert grouped.params == alone.params - 2 * 4 * (8 + 1)
    found = wrong(net("  - L: {window: 0}", given, head))
    assert (found.codes, "at least 1" in found.words()) == (["E233"], True)
    found = wrong(net("  - linear: nothing", given, "vars: {nothing: null}\n"))
    assert (found.codes, found.at()) == (["E233"], "nothing")


def test_errors_inside_blocks_name_the_calls() -> None:
    text = dedent("""\
        blocks:
          Inner: {args: {k: int}, layers: [conv: {out: 4, kernel: k}]}
          Outer: {layers: [{repeat: 3, Inner: 5}]}
        input: [3, 8, 8]
        layers:
          - {name: body, layers: [Outer]}
    """)
    found = wrong(text)
    assert found.places() == [("E401", 2, 36)]
    notes = found.found[0].notes
    assert notes[0].partition(",")[0] == "at body.Outer_1.Inner_1[1].conv_1"
    assert [note.partition(" called here: ")[::2] for note in notes[1:]] == [("in Inner", "net.yaml:3:32"), ("in Outer", "net.yaml:6:27")]


def test_values_inside_blocks_name_the_calls() -> None:
    text = "blocks:\n  B: {args: {n: int}, layers: [linear: n // 2]}\ninput: [8]\nlayers:\n  - B: 4\n  - B: 1\n"
    found = wrong(text)
    assert found.places() == [("E233", 2, 40)]
    assert found.found[0].notes == ("in B called here: net.yaml:6:5",)


def test_a_link_that_leads_nowhere_is_not_offered_for_itself(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").symlink_to(tmp_path / "nowhere.yaml")
    found = wrong(lambda: load(tmp_path / "net.yaml"))
    assert found.codes == ["E112"]
    assert "did you mean" not in found.words()
    (tmp_path / "net2.yaml").touch()
    assert "net2.yaml`?" in wrong(lambda: load(tmp_path / "net.yaml")).words()


def test_the_same_error_in_every_copy_is_told_once() -> None:
    assert len(wrong(net("  - {repeat: 5, conv: {out: 4, kernel: 40}}")).found) == 1


def test_limits_can_be_raised() -> None:
    found = wrong(net("  - {repeat: 400, layers: [{repeat: 400, relu: }]}", VECTOR))
    assert found.codes == ["E502"]
    assert "--max-layers" in found.words()
    text = net("  - {repeat: 20, layers: [{repeat: 20, relu: }]}", VECTOR)
    assert wrong(lambda: spec(text, max_layers=399).summary()).codes == ["E502"]
    assert spec(text, max_layers=400).summary().totals.layers == 400


def results(made: Summary) -> list[object]:
    return [(row.path, row.params) for row in made]


def test_equal_layers_are_worked_out_once() -> None:
    run = spec(net("  - {repeat: 50, linear: 8 + 0 * i}\n  - linear: 8\n  - linear: 4 + 4", VECTOR)).run()
    assert len({id(step.op) for step in run.network.steps()}) == 1
    run = spec(net("  - {repeat: 2, linear: {out: 8, act: relu}}\n  - linear: {out: 8, act: silu}", VECTOR)).run()
    assert len({id(step.op) for step in run.network.steps()}) == 4, "what a layer brings along is a part of it"


def test_quoted_and_plain_mean_the_same() -> None:
    assert results(calculate(net('  - "linear": {"out": "2 * 4"}', VECTOR))) == results(calculate(net("  - linear: {out: 2 * 4}", VECTOR)))
