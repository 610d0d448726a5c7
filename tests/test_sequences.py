"""Sequences and their names: inputs, cross attention, shared weights, recurrence, positions, and words of other libraries."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Unpack

import pytest
from helpers import calculate, marked, net, refused, rows, spec, wrong
from hypothesis import assume, given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.options import Options
    from archcalc.report.result import Row

PAIR = "{source: {src: 6}, target: {tgt: 4}}"
EMBED = "  - {name: e, embedding: {vocab: 10, dim: 8}}\n"
IDS = "{tokens: {seq: 6}}"
TOKENS = "{tokens: {n: 5, d: 8}}"


def embedded(layers: str, head: str = "", **options: Unpack[Options]) -> dict[str, Row]:
    """Run layers after an embedding of 10 words in 8 features."""
    return rows(net(EMBED + layers, IDS, head), **options)


def params(made: Mapping[str, Row]) -> dict[str, int]:
    return {path: row.params for path, row in made.items() if row.params}


def tied(made: Mapping[str, Row]) -> list[str]:
    return [path for path, row in made.items() if row.tied]


# inputs that have names, and inputs that have none


def test_axes_of_several_inputs_are_variables() -> None:
    layers = "  - {from: source, name: s, embedding: {vocab: 9, dim: 4}}\n  - {from: target, name: t, embedding: {vocab: 7, dim: 5}}\n"
    for expression, value in {
        "src": 6,
        "tgt": 4,
        "src * tgt": 24,
        "source.src + target.tgt": 10,
        "10 * s.d + t.d": 45,
        "s.src - t.tgt": 2,
    }.items():
        assert calculate(net(f"{layers}  - linear: {expression}", PAIR)).outputs == {"linear_1": (4, value)}, expression


@pytest.mark.parametrize(
    ("options", "source", "target"),
    [
        ({}, 6, 4),
        ({"sets": {"src": 9}}, 9, 4),
        ({"sets": {"tgt": "2 * 9"}}, 6, 18),
        ({"sets": {"src": 9, "tgt": 3}}, 9, 3),
        ({"inputs": {"source": "9"}}, 9, 4),
        ({"inputs": {"target": (9,)}}, 6, 9),
        ({"inputs": {"": "9"}}, 9, 4),  # the first input
        ({"inputs": {"source": "9"}, "sets": {"tgt": 3}}, 9, 3),
    ],
)
def test_lengths_may_be_set(options: Options, source: int, target: int) -> None:
    layers = (
        "  - {from: source, embedding: {vocab: 9, dim: 4}}\n  - {from: target, embedding: {vocab: 7, dim: 5}}\n  - linear: 100 * src + tgt"
    )
    made = calculate(net(layers, PAIR), **options)
    assert [row.output for row in made.layers] == [(source, 4), (target, 5), (target, 100 * source + target)]
    assert made.totals.params == 36 + 35 + 6 * (100 * source + target)


def test_an_axis_that_two_inputs_share() -> None:
    layers = "  - {from: a, embedding: {vocab: 9, dim: 4}}\n  - linear: 10 * b.seq + seq"
    assert calculate(net(layers, "{a: {seq: 5}, b: {seq: 5}}")).outputs == {"linear_1": (5, 55)}
    made = calculate(net(layers, "{a: {seq: 5}, b: {seq: 5}}"), sets={"seq": 7})
    assert made.outputs == {"linear_1": (7, 77)}, "set for both"
    assert made.header.inputs == {"a": (7,), "b": (7,)}
    assert calculate(net(layers, "{a: {seq: 5}, b: {seq: 5}}"), inputs={"a": "7", "b": "7"}).outputs == {"linear_1": (7, 77)}
    apart = "  - {from: a, embedding: {vocab: 9, dim: 4}}\n  - linear: 10 * b.seq + a.seq"
    assert calculate(net(apart, "{a: {seq: 5}, b: {seq: 6}}")).outputs == {"linear_1": (5, 65)}
    refused(net("  - {from: a, linear: «seq»}", "{a: {seq: 5}, b: {seq: 6}}"), "E301", "`seq` is 5 in `a` and 6 in `b`", "`a.seq`")
    refused(net("  - {from: a, linear: 2 * «nothing»}", "{a: {seq: 5}, b: {seq: 6}}"), "E301", "nothing")
    found = wrong(net("  - {from: a, linear: seq}", "{a: {seq: 5}, b: {seq: 5}}"), inputs={"a": "7"})
    assert "`seq` is 7 in `a` and 5 in `b`" in found.words()


def test_a_variable_for_the_length() -> None:
    layers = "  - {from: a, embedding: {vocab: 9, dim: 4}}\n  - positional_encoding: {type: learned, length: context}\n  - linear: seq"
    text = net(layers, "{a: {seq: context}, b: {seq: context}}", "vars: {context: 5}\n")
    assert calculate(text, sets={"context": 7}).outputs == {"linear_1": (7, 7)}
    assert calculate(text, sets={"context": 7}).header.inputs == {"a": (7,), "b": (7,)}
    assert [row.params for row in calculate(text, sets={"seq": 3}).layers] == [36, 20, 15], "a shorter text, with as many positions learned"


def test_variants_may_be_longer() -> None:
    text = net("  - {name: e, embedding: {vocab: 9, dim: 4}}\n  - linear: seq", IDS) + "variants: {long: {input: {tokens: {seq: 50}}}}\n"
    assert calculate(text, "long").outputs == {"linear_1": (50, 50)}
    assert calculate(text, "long", sets={"seq": 7}).outputs == {"linear_1": (7, 7)}


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ({"sets": {"sorc": 3}}, "E604", "`src`"),
        ({"sets": {"source": 3}}, "E604", "`src`"),
        ({"inputs": {"src": "3"}}, "E604", "`source`"),
        ({"inputs": {"source": "3"}, "sets": {"src": 3}}, "E604", "both"),
        ({"inputs": {"source": "3,4"}}, "E604", "(src)"),
        ({"inputs": {"source": "three"}}, "E604", "three"),
        ({"inputs": {"source": ""}}, "E604", "no shape"),
        ({"sets": {"src": 0}}, "E233", "at least 1"),
        ({"sets": {"src": 2.5}}, "E604", "whole number"),
        ({"sets": {"src": "many"}}, "E604", "takes a number"),
        ({"sets": {"src": True}}, "E604", "takes a number"),
        ({"sets": {"src": "src + 1"}}, "E301", "src"),
    ],
)
def test_lengths_that_can_not_be_set(options: Options, code: str, word: str) -> None:
    found = wrong(net("  - {from: source, embedding: {vocab: 9, dim: 4}}", PAIR), **options)
    assert found.codes == [code]
    assert word in found.words()


@pytest.mark.parametrize("shape", [9, (9,), [9], "9", range(9, 10)], ids=repr)
def test_a_length_may_be_a_number(shape: object) -> None:
    assert calculate(net("  - embedding: {vocab: 9, dim: 4}", IDS), inputs={"tokens": shape}).outputs == {"embedding_1": (9, 4)}


@pytest.mark.parametrize(
    ("shape", "code"), [(9.5, "E604"), (True, "E604"), ({"seq": 9}, "E604"), (b"9", "E604"), ([9.5], "E233"), (-9, "E233"), ((), "E604")]
)
def test_what_is_no_shape(shape: object, code: str) -> None:
    assert wrong(net("  - embedding: {vocab: 9, dim: 4}", IDS), inputs={"tokens": shape}).codes == [code]


@pytest.mark.parametrize("given_", ["{tokens: {seq: 6}}", "{tokens: {seq: 2 * 3}}", "{tokens: {seq: n + 2}}"])
def test_what_the_file_says_of_a_length(given_: str) -> None:
    found = wrong(net("  - embedding: {vocab: 9, dim: 4}", given_, "vars: {n: 4}\n"), sets={"seq": "many"})
    assert "the file says 6" in found.words()


@pytest.mark.parametrize(
    ("variables", "inputs"),
    [
        ("{seq: 5, half: seq // 2 * 2}", "{a: {seq: seq}, b: {n: 4}}"),
        ("{seq: 5, half: seq}", "{a: {seq: seq}, b: {seq: seq}}"),
        ("{first: 5, seq: first, half: seq}", "{a: {seq: first}, b: {n: 4}}"),
    ],
)
@pytest.mark.parametrize("options", [{"inputs": {"a": "8"}}, {"inputs": {"": 8}}, {"sets": {"seq": 8}}])
def test_a_variable_and_an_axis_agree_whatever_is_given(variables: str, inputs: str, options: Options) -> None:
    text = net("  - {from: a, embedding: {vocab: 9, dim: 4}}\n  - linear: 10 * seq + half", inputs, f"vars: {variables}\n")
    if "sets" in options and "first" in variables:
        assert wrong(text, **options).codes == ["E207"], "the axis is still `first`"
    else:
        assert calculate(text, **options).outputs == {"linear_1": (8, 88)}


@pytest.mark.parametrize(
    ("inputs", "options", "code", "says"),
    [
        ("{a: {seq: seq}, b: {seq: seq}}", {"inputs": {"a": 8, "b": 9}}, "E604", "9 here and 8 in another"),
        ("{a: {seq: seq}, b: {seq: 5}}", {"inputs": {"a": 8}}, "E207", "8 as a variable and 5 as an axis of `b`"),
        ("{a: {seq: seq}}", {"inputs": {"a": 8}, "sets": {"seq": 8}}, "E604", "both say how long"),
        ("{a: {seq: seq}}", {"inputs": {"": 8}, "sets": {"seq": 8}}, "E604", "both say how long"),
        ("{a: {seq: seq}}", {"inputs": {"a": 0}}, "E233", "must be at least 1"),
        ("{a: {seq: seq}}", {"inputs": {"a": (8, 8)}}, "E604", "takes 1 axes (seq)"),
    ],
)
def test_a_variable_has_one_value(inputs: str, options: Options, code: str, says: str) -> None:
    found = wrong(net("  - {from: a, embedding: {vocab: 9, dim: 4}}", inputs, "vars: {seq: 5, part: 10 // seq}\n"), **options)
    assert found.codes == [code]
    assert says in found.words()


def test_inputs_given_alike_share_a_variable() -> None:
    text = net("  - {from: b, embedding: {vocab: 9, dim: 4}}\n  - linear: seq", "{a: {seq: seq}, b: {seq: seq}}", "vars: {seq: 5}\n")
    assert calculate(text, inputs={"a": 8, "b": 8}).outputs == {"linear_1": (8, 8)}
    assert calculate(text, inputs={"b": 8}).header.inputs == {"a": (8,), "b": (8,)}


@pytest.mark.parametrize(
    ("layers", "names", "output"),
    [
        ("  - embedding: {vocab: 9, dim: 4}", ("n",), (6, 4)),
        ("  - linear: 4", ("d",), (4,)),
        ("  - relu\n  - linear: 4", ("d",), (4,)),
        ("  - layers: [embedding: {vocab: 9, dim: 4}]", ("n",), (6, 4)),
        ("  - {repeat: 1, embedding: {vocab: 9, dim: 4}}", ("n",), (6, 4)),
        ("  - {if: x.d == 6, embedding: {vocab: 9, dim: 4}}", ("n",), (6, 4)),  # nobody has read it yet
        ("  - Words", ("n",), (6, 4)),
        ("  - {name: a, linear: 4}\n  - {from: input, name: b, embedding: {vocab: 9, dim: 4}}", ("d",), (6, 4)),  # the first reader
        ("  - {name: a, embedding: {vocab: 9, dim: 5}}\n  - {from: input, linear: 4}", ("n",), (4,)),
        ("  - branches: {a: [embedding: {vocab: 9, dim: 1}], b: [embedding: {vocab: 7, dim: 3}]}", ("n",), (6, 4)),
        ("  - {merge: add, branches: {a: [embedding: {vocab: 9, dim: 4}], b: [embedding: {vocab: 7, dim: 4}]}}", ("n",), (6, 4)),
        ("  - residual: [{from: input, embedding: {vocab: 9, dim: 6}}]\n  - linear: 4", ("n",), (6, 4)),
    ],
)
def test_an_unnamed_input_is_what_its_first_reader_takes_it_for(layers: str, names: tuple[str, ...], output: tuple[int, ...]) -> None:
    run = spec(net(layers, "[6]", "blocks: {Words: {layers: [embedding: {vocab: 9, dim: 4}]}}\n")).run()
    assert [row.output for row in run.rows()][-1] == output
    assert run.network.inputs[0].tensor.names == names


def test_unnamed_inputs_are_settled_one_by_one() -> None:
    layers = "  - {name: f, from: features, linear: 4}\n  - {from: words, embedding: {vocab: 9, dim: 4}}\n"
    layers += "  - {from: places, embedding: {vocab: 9, dim: 4}}"
    run = spec(net(layers, "{words: [6], features: [7], places: {d: 5}}")).run()
    assert [row.output for row in run.rows()] == [(4,), (6, 4), (5, 4)]
    assert [ref.tensor.names for ref in run.network.inputs] == [("n",), ("d",), ("d",)], "the last one has a name of its author's"


def test_two_embeddings_of_one_input() -> None:
    layers = (
        "  - {name: word, embedding: {vocab: 9, dim: 4}}\n  - {name: kind, from: ids, embedding: {vocab: 2, dim: 4}}\n  - add: [word, kind]"
    )
    made = rows(net(layers, "{ids: [6]}"))
    assert params(made) == {"word": 36, "kind": 8}
    assert made["add_1"].inputs == ((6, 4), (6, 4))
    assert made["add_1"].receptive_field == (1,)


def test_what_positions_of_unnamed_ids_see() -> None:
    layers = "  - embedding: {vocab: 9, dim: 4}\n  - linear: 8\n  - residual: [layer_norm, linear: 8]\n"
    layers += "  - attention: {heads: 2, window: 3}\n  - linear: 4\n  - attention: {heads: 2}\n  - linear: 2\n  - select: 0"
    made = {path: row.receptive_field for path, row in rows(net(layers, "[16]")).items()}
    assert {made[path] for path in ("embedding_1", "linear_1", "residual_1.linear_1", "residual_1.add", "attention_1.key")} == {(1,)}
    assert made["attention_1.values"] == made["linear_2"] == (3,)
    assert {made[path] for path in ("attention_2.values", "linear_3", "select_1")} == {(None,)}, "all of it"


@pytest.mark.parametrize("named", ["{ids: [16]}", "{ids: {seq: 16}}", "{ids: 16}"])
@pytest.mark.parametrize(
    "layer", ["attention: {heads: 2}", "lstm: {hidden: 4}", "gru: {hidden: 2, bidirectional: true}", "mean: 0", "flatten\n  - linear: 2"]
)
def test_what_sees_the_whole_sequence(named: str, layer: str) -> None:
    made = calculate(net(f"  - embedding: {{vocab: 9, dim: 4}}\n  - linear: 4\n  - {layer}", named)).layers
    assert [row.receptive_field for row in made if row.path in {"embedding_1", "linear_1"}] == [(1,), (1,)]
    assert made[-1].receptive_field == (None,)


@pytest.mark.parametrize("given_", ["{ids: [3, 16]}", "{ids: {b: 3, n: 16}}", "{ids: {n: 3, d: 16}}"])
def test_what_positions_of_ids_of_several_axes_see(given_: str) -> None:
    made = calculate(net("  - embedding: {vocab: 9, dim: 4}\n  - attention: {heads: 2}", given_)).layers
    assert made[0].receptive_field == (1, 1)
    assert made[-1].receptive_field == (1, None)


@pytest.mark.parametrize(
    ("shape", "names", "sizes"),
    [([16], ("n",), "x.n"), ([3, 16], ("b", "n"), "10 * x.b + x.n"), ([2, 3, 4], ("b", "h", "w"), "x.b + x.h + x.w"),
     ([2, 3, 4, 5], ("b", "t", "h", "w"), "x.b + x.t")],
)  # fmt: skip
def test_axes_of_ids_that_nobody_names(shape: list[int], names: tuple[str, ...], sizes: str) -> None:
    layers = f"  - {{name: e, embedding: {{vocab: 9, dim: 4}}}}\n  - {{from: ids, name: f, embedding: {{vocab: {sizes}, dim: 4}}}}\n"
    run = spec(net(f"{layers}  - add: [e, f]\n  - linear: 10 * x.d + x.{names[-1]} + ids.{names[-1]}", f"{{ids: {shape}}}")).run()
    (*_, last) = run.rows()
    assert last.output == (*shape, 40 + 2 * shape[-1]), "the same before and after they are read"
    assert run.network.inputs[0].tensor.names == names
    assert last.receptive_field == (1,) * len(shape)


def test_images_and_features_keep_their_names() -> None:
    for layer, names in (("linear: 4", ("n", "d")), ("conv: {out: 4, kernel: 1}", ("c", "h", "w"))):
        run = spec(net(f"  - {layer}\n  - linear: 3", "[5, 8]") if names == ("n", "d") else net(f"  - {layer}", "[5, 8, 8]")).run()
        run.totals()
        assert run.network.inputs[0].tensor.names == names
    run = spec(net("  - relu", "{a: [5, 8], b: [3, 4]}")).run()
    run.totals()
    assert [ref.tensor.names for ref in run.network.inputs] == [("n", "d"), ("n", "d")], "also those that nobody reads"


@pytest.mark.parametrize("before", ["embedding: {vocab: 9, dim: 4}", "embedding: {vocab: 9, dim: 4}\n  - linear: 8"])
@pytest.mark.parametrize("given_", ["[16]", "[3, 16]", "{seq: 16}"])
def test_features_are_no_indices(before: str, given_: str) -> None:
    refused(net(f"  - {before}\n  - «embedding»: {{vocab: 9, dim: 4}}", f"{{ids: {given_}}}"), "E401", "features", "`from:`")


SQUARES = "rearrange: {pattern: c (h a) (w b) -> (h w) (a b) c, a: 2, b: 2}"


@pytest.mark.parametrize(
    ("given_", "layers", "field"),
    [
        ("[1, 14, 9]", "  - tokens\n  - rearrange: {pattern: (n a) d -> n (a d), a: 2}", (2, None)),  # a pair may be of two rows
        ("[1, 14, 9]", "  - tokens\n  - rearrange: {pattern: (n a) d -> n (a d), a: 9}", (1, 1)),
        ("[1, 14, 9]", "  - tokens\n  - rearrange: {pattern: (n a) d -> n (a d), a: 3}", (1, None)),
        ("[1, 14, 9]", "  - tokens\n  - rearrange: {pattern: (n a) d -> n a d, a: 9}", (1, 1)),
        ("[2, 11, 10]", "  - tokens\n  - rearrange: {pattern: (h w) c -> c h w, h: 11}", (1, 1)),
        ("[2, 11, 10]", "  - tokens\n  - rearrange: {pattern: (h w) c -> c h w, h: 2}", (6, None)),
        ("[2, 8, 11]", "  - tokens\n  - rearrange: {pattern: (h w) c -> c h w, h: 44}", (2, None)),
        ("[4, 14, 9]", f"  - pixel_shuffle: 2\n  - {SQUARES}\n  - window_attention: {{heads: 1, window: [2, 1]}}", (2, None)),
    ],
)
def test_groups_of_joined_positions(given_: str, layers: str, field: tuple[int | None, ...]) -> None:
    assert calculate(net(layers, given_)).layers[-1].receptive_field == field


# cross attention

MEMORY = (
    "  - {name: encoder, from: m, linear: 8}\n  - {name: keys, from: m, linear: 12}\n"
    "  - {name: values, from: m, linear: 10}\n  - {name: q, from: y, linear: 8}\n"
)
BOTH = "{m: {src: 6, d: 8}, y: {tgt: 4, d: 8}}"
DECODER = "blocks: {Dec: {args: {memory: tensor, heads: 2}, layers: [residual: [attention: {heads: heads, kv: memory}]]}}\n"


def crossed(entry: str, head: str = "") -> dict[str, Row]:
    return rows(net(f"{MEMORY}  - {entry}", BOTH, head))


@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        ("attention: {heads: 2, kv: encoder}", (6, 8), (6, 8)),
        ("attention: {heads: 2, kv: [encoder]}", (6, 8), (6, 8)),
        ("attention: {heads: 2, kv: [keys, values]}", (6, 12), (6, 10)),
        ("attention: {heads: 2, kv: [keys, values], kdim: 12, vdim: 10}", (6, 12), (6, 10)),
        ("{from: [q, encoder], attention: {heads: 2}}", (6, 8), (6, 8)),
        ("{from: [q, keys, values], attention: {heads: 2}}", (6, 12), (6, 10)),
        ("{from: q, attention: {heads: 2, kv: m}}", (6, 8), (6, 8)),
        ("attention: {heads: 2, kv: x}", (4, 8), (4, 8)),
        ("attention: {heads: 2, kv: q}", (4, 8), (4, 8)),
        ("attention: {heads: 2}", (4, 8), (4, 8)),
        ('attention: {heads: 2, kv: "enc*"}', (6, 8), (6, 8)),
        ("attention: {heads: 2, kv: $w}", (6, 8), (6, 8)),
        ("attention: {heads: 2, kv: [$(w), values]}", (6, 8), (6, 10)),
    ],
)
def test_what_attention_attends_to(entry: str, key: tuple[int, int], value: tuple[int, int]) -> None:
    made = crossed(entry, "vars: {w: encoder}\n")
    at = {path.rpartition(".")[2]: row for path, row in made.items() if path.startswith("attention_1.")}
    assert list(at) == ["query", "key", "value", "scores", "softmax", "values", "out"]
    assert (at["query"].inputs, at["key"].inputs, at["value"].inputs) == (((4, 8),), (key,), (value,))
    assert (at["key"].params, at["value"].params) == (8 * key[1] + 8, 8 * value[1] + 8)
    assert at["scores"].output == (2, 4, key[0])
    assert at["scores"].macs == at["values"].macs == 4 * key[0] * 8
    assert at["out"].output == (4, 8)


def test_cross_attention_in_a_block() -> None:
    made = crossed("{repeat: 2, Dec: encoder}", DECODER)
    keys = [row for path, row in made.items() if path.endswith(".key")]
    assert [row.inputs for row in keys] == [((6, 8),), ((6, 8),)], "both attend to the same memory"
    assert made["Dec_1[1].residual_1.add"].output == (4, 8)
    assert crossed("Dec: {memory: keys}", DECODER)["Dec_1.residual_1.attention_1.key"].inputs == ((6, 12),)
    assert crossed("Dec: x", DECODER)["Dec_1.residual_1.attention_1.key"].inputs == ((4, 8),)


def test_cross_attention_to_a_loop() -> None:
    stack = "{name: stack, from: m, repeat: 3, linear: 4 + i}\n  - {from: q, attention: {heads: 2, kv: stack}}"
    assert crossed(stack)["attention_1.key"].inputs == ((6, 6),), "its last iteration"
    group = "{name: stack, from: m, repeat: 2, layers: [linear: 5, linear: 4 + i]}\n  - {from: q, attention: {heads: 2, kv: stack}}"
    assert crossed(group)["attention_1.key"].inputs == ((6, 5),)
    each = (
        "{repeat: 3, from: m, layers: [{name: level$i, linear: 4 + i}]}\n  - {repeat: 3, from: q, attention: {heads: 2, kv: level$(2 - i)}}"
    )
    made = crossed(each)
    assert [made[f"attention_1[{i}].key"].inputs for i in range(3)] == [((6, 6),), ((6, 5),), ((6, 4),)]


def test_what_cross_attention_sees_is_the_first_input() -> None:
    made = crossed("attention: {heads: 2, kv: encoder}")
    assert made["attention_1.query"].receptive_field == (1,)
    assert made["attention_1.out"].receptive_field == (None,)


# one set of weights in several places

STACK = "layers: [{residual: [layer_norm, attention: {heads: 2}]}, {residual: [layer_norm, linear: {out: 16, act: relu}, linear: 8]}]"
STACKS = f"blocks: {{Stack: {{args: {{depth: int}}, layers: [{{repeat: depth, {STACK}}}]}}}}\n"
OF_STACK = 2 * 16 + 4 * 72 + (8 * 16 + 16) + (16 * 8 + 8)


@pytest.mark.parametrize(
    ("second", "own", "macs"),
    [
        ("linear: {out: 10, bias: false}", 0, 480),
        ("linear: 10", 10, 480),  # the head's own bias
        ("from: tokens, embedding: {vocab: 10, dim: 8}", 0, 0),
        ("from: tokens, embedding: {vocab: 8, dim: 10}", 0, 0),
        ("repeat: 1, linear: {out: 10, bias: false}", 0, 480),
        ("if: x.d == 8, linear: {out: 10, bias: false}", 0, 480),
    ],
)
def test_ties_to_an_embedding(second: str, own: int, macs: int) -> None:
    made = calculate(net(f"{EMBED}  - {{tie: e, {second}}}", IDS))
    assert (made.totals.params, made.totals.macs) == (80 + own, macs)
    assert made.layers[-1].tied


def test_ties_go_on() -> None:
    layers = "  - {name: h, tie: e, linear: {out: 10, bias: false}}\n  - {from: tokens, tie: h, embedding: {vocab: 10, dim: 8}}"
    made = embedded(layers)
    assert params(made) == {"e": 80}
    assert tied(made) == ["h", "embedding_2"]


@pytest.mark.parametrize(
    ("first", "second", "own"),
    [
        ("attention: {heads: 2}", "attention: {heads: 2}", {}),
        ("attention: {heads: 2}", "attention: {heads: 4, kv: e}", {}),  # neither heads nor what is attended to are weights
        ("attention: {heads: 2}", "attention: {heads: 2, causal: true, window: 3, rotary: true}", {}),
        ("attention: {heads: 2}", "attention: {heads: 2, kv_heads: 1}", {"key": 36, "value": 36}),
        ("attention: {heads: 2, bias: false}", "attention: {heads: 2}", {"query": 8, "key": 8, "value": 8, "out": 8}),
        ("attention: {heads: 2, relative: bucketed}", "attention: {heads: 2, relative: bucketed}", {}),
        ("attention: {heads: 2}", "attention: {heads: 2, relative: bucketed}", {"scores": 64}),
        ("attention: {heads: 2, qk_norm: rms}", "attention: {heads: 2, qk_norm: rms}", {}),
        ("attention: {heads: 2}", "attention: {heads: 2, qk_norm: rms}", {"query.norm": 4, "key.norm": 4}),
    ],
)
def test_ties_of_attention(first: str, second: str, own: dict[str, int]) -> None:
    made = embedded(f"  - {{name: a, {first}}}\n  - {{tie: a, {second}}}")
    assert {path: n for path, n in params(made).items() if path.startswith("attention_2")} == {
        f"attention_2.{k}": n for k, n in own.items()
    }
    of_matrices = [f"attention_2.{role}" for role in ("query", "key", "value", "out")]
    assert [path for path in of_matrices if made[path].tied] == [path for path in of_matrices if made[path].params in {0, 8}]


@pytest.mark.parametrize("stack", [f"repeat: 3, {STACK}", f"layers: [{{repeat: 3, {STACK}}}]", "Stack: 3"])
def test_ties_of_whole_stacks(stack: str) -> None:
    made = embedded(f"  - {{name: s, {stack}}}\n  - {{tie: s, {stack}}}", STACKS)
    assert sum(params(made).values()) == 80 + 3 * OF_STACK
    assert len(tied(made)) == 3 * 8, "two norms, four projections and two dense layers in each"
    first = [row for path, row in made.items() if path.startswith("s")]
    second = [row for path, row in made.items() if not path.startswith(("s", "e"))]
    assert [row.macs for row in first] == [row.macs for row in second], "the work is done again"


@pytest.mark.parametrize(("depth", "own"), [(1, 0), (2, 0), (3, 0), (5, 2)])
def test_ties_of_stacks_of_several_heights(depth: int, own: int) -> None:
    made = embedded(f"  - {{name: s, Stack: 3}}\n  - {{tie: s, Stack: {depth}}}", STACKS)
    assert sum(params(made).values()) == 80 + (3 + own) * OF_STACK


def test_copies_tied_in_another_order() -> None:
    made = embedded("  - {name: s$i, repeat: 3, linear: 8}\n  - {tie: s$(2 - i), repeat: 3, linear: 8}")
    assert params(made) == {"e": 80, "s0": 72, "s1": 72, "s2": 72}
    assert tied(made) == ["linear_2[0]", "linear_2[1]", "linear_2[2]"]


def test_ties_of_positions() -> None:
    for fields in ("learned", "{type: learned, length: 9}"):
        made = embedded(f"  - {{name: p, positional_encoding: {fields}}}\n  - {{from: e, tie: p, positional_encoding: {fields}}}")
        assert tied(made) == ["positional_encoding_2"]
        assert sum(params(made).values()) == 80 + (48 if fields == "learned" else 72)


def test_ties_of_recurrent_layers() -> None:
    made = embedded("  - {name: l, lstm: {hidden: 8, layers: 2}}\n  - {tie: l, lstm: {hidden: 8, layers: 3}}")
    assert tied(made) == [f"lstm_2.layer_{i}.{row}" for i in (0, 1) for row in ("gates", "recurrence")]
    assert [path for path in params(made) if path.startswith("lstm_2")] == ["lstm_2.layer_2.gates", "lstm_2.layer_2.recurrence"]


def test_ties_of_norms() -> None:
    made = embedded("  - {name: n, layer_norm: }\n  - {tie: n, layer_norm: {bias: false}}\n  - {tie: n, rms_norm: }")
    assert params(made) == {"e": 80, "n": 16}


@pytest.mark.parametrize(
    ("entry", "buffers"),
    [
        ("batch_norm", 7),
        ("batch_norm: {affine: false}", 7),
        ("batch_norm: {frozen: true}", 12),
        ("rearrange: c h w -> h w c, rbf: 3, rearrange: h w c -> c h w", 9),
    ],
)
def test_buffers_are_shared_as_weights_are(entry: str, buffers: int) -> None:
    layers = ", ".join(f"{{{part}: }}" if ":" not in part else f"{{{part}}}" for part in entry.split(", "))
    made = calculate(net(f"  - {{repeat: 3, shared: true, layers: [conv: {{out: 3, kernel: 1}}, {layers}]}}"))
    assert made.totals.params == 12 + (6 if entry == "batch_norm" else 0)
    assert made.totals.buffers == buffers


@pytest.mark.parametrize(
    ("first", "second", "params_", "buffers"),
    [
        ("batch_norm: {affine: false}", "batch_norm: {affine: false}", 0, 7),
        ("batch_norm: ", "batch_norm: {affine: false}", 6, 7),
        ("batch_norm: {affine: false}", "batch_norm: ", 6, 7),
        ("batch_norm: {running_stats: false}", "batch_norm: ", 6, 7),  # statistics that the first does not have
        ("batch_norm: {frozen: true}", "batch_norm: {frozen: true}", 0, 12),
        ("conv: {out: 3, kernel: 1, norm: batch}", "conv: {out: 3, kernel: 1, norm: {batch: {affine: false}}}", 9 + 6, 7),
    ],
)
def test_buffers_are_tied(first: str, second: str, params_: int, buffers: int) -> None:
    made = calculate(net(f"  - {{name: a, {first}}}\n  - {{tie: a, from: image, {second}}}", "{image: [3, 8, 8]}"))
    assert (made.totals.params, made.totals.buffers) == (params_, buffers)


def test_fixed_centres_are_tied() -> None:
    made = rows(net("  - {name: a, rbf: 5}\n  - {from: tokens, tie: a, rbf: 5}", TOKENS))
    assert [(row.buffers, row.tied) for row in made.values()] == [(40, False), (0, False)], "`tied` is said of weights"


@pytest.mark.parametrize("second", ["batch_norm: {affine: false}", "batch_norm: ", "batch_norm: {frozen: true}"])
def test_statistics_are_shared_together_or_not_at_all(second: str) -> None:
    layers = f"  - {{name: a, batch_norm: {{affine: false}}}}\n  - {{conv: {{out: 5, kernel: 1}}}}\n  - {{tie: «a», {second}}}"
    refused(net(layers, "[3, 8, 8]"), "E311", "no weight that fits")  # a counter fits any


#: second entries that can't be tied to an embedding, a sinusoidal encoding or an lstm; code; what is said
NOT_TIED: list[tuple[str, str, str]] = [
    ("{tie: «e», linear: 8}", "E311", "no weight that fits"),
    ("{tie: «e», linear: 9}", "E311", "no weight that fits"),
    ("{from: tokens, tie: «e», embedding: {vocab: 10, dim: 9}}", "E311", "no weight that fits"),
    ("{tie: «e», relu: }", "E311", "no weight that fits"),
    ("{tie: «e», residual: [linear: 10, linear: 8]}", "E311", "no weight that fits"),
    ("{tie: «p», positional_encoding: learned}", "E311", "no weights to share"),
    ("{tie: «l», gru: {hidden: 8}}", "E311", "no weight that fits"),
    ("{tie: «l», lstm: {hidden: 4}}", "E311", "no weight that fits"),
    ("{tie: «later», linear: 8}\n  - {name: later, linear: 8}", "E310", "later"),
    ("{name: me, tie: «me», linear: 8}", "E311", "`me` can't be tied to itself"),
    ("{name: me, repeat: 2, tie: «me», linear: 8}", "E311", "`shared: true`"),
    ("{tie: «emb», linear: 10}", "E310", "emb"),
    ("{tie: «e.weight», linear: 10}", "E310", "named before: e"),
    ("{tie: «l.h», lstm: {hidden: 8}}", "E310", "l"),
    ("{tie: «tokens», linear: 10}", "E310", "named before: e"),
    ("{tie: «x», linear: 10}", "E310", "named before: e"),
    ('{tie: «"e*"», linear: 10}', "E310", "`e`"),
    ("{tie: «true», linear: 10}", "E208", "name"),
    ("{tie: «{e: e}», linear: 10}", "E208", "name"),
    ("{tie: «[e, zz]», linear: 10}", "E208", "not 2"),
    ("{tie: [«zz»], linear: 10}", "E310", "zz"),
    ("{repeat: 2, tie: «e$i», linear: 10}", "E310", "`e`"),
    ("{tie: «[]», linear: 10}", "E208", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code", "says"), NOT_TIED, ids=[case[0] for case in NOT_TIED])
def test_what_can_not_be_tied(entry: str, code: str, says: str) -> None:
    before = "  - {name: l, lstm: {hidden: 8}}\n  - {name: p, positional_encoding: sinusoidal}\n"
    refused(net(f"{EMBED}{before}  - {entry}", IDS), code, says)


def test_one_name_to_tie_to() -> None:
    refused(net(f"{EMBED}  - {{name: l, linear: 8}}\n  - {{tie: «[e, l]», linear: 10}}", IDS), "E208", "one entry, not 2")
    assert tied(embedded("  - {tie: [e], linear: 10}")) == ["linear_1"]


def test_ties_stay_inside_a_block() -> None:
    inside = "blocks: {B: {layers: [{name: a, linear: 8}, {tie: a, linear: 8}]}}\n"
    assert params(rows(net("  - {name: one, B: }\n  - B", TOKENS, inside))) == {"one.a": 72, "B_2.a": 72}
    refused(net("  - {name: e, linear: 8}\n  - B", TOKENS, "blocks: {B: {layers: [{tie: «e», linear: 8}]}}\n"), "E310", "e")
    refused(net("  - B\n  - {tie: «a», linear: 8}", TOKENS, inside), "E310", "a")


# recurrence

RECURRENT = [("rnn", 1, ("h",)), ("gru", 3, ("h",)), ("lstm", 4, ("h", "c"))]


@pytest.mark.parametrize(("kind", "gates", "states"), RECURRENT)
def test_last_states_have_rows_where_somebody_can_read_them(kind: str, gates: int, states: tuple[str, ...]) -> None:
    without = rows(net(f"  - {kind}: {{hidden: 6}}", TOKENS))
    assert list(without) == [f"{kind}_1.gates", f"{kind}_1.recurrence"]
    having = rows(net(f"  - {{name: l, {kind}: {{hidden: 6}}}}", TOKENS))
    assert list(having) == ["l.gates", "l.recurrence", *(f"l.{state}" for state in states)]
    assert [row.params for row in having.values()] == [gates * 6 * 9, gates * 6 * 7] + [0] * len(states)
    assert {having[f"l.{state}"].output for state in states} == {(1, 6)}
    assert sum(row.macs for row in without.values()) == sum(row.macs for row in having.values()) == 5 * gates * 6 * (8 + 6)
    assert calculate(net(f"  - {kind}: {{hidden: 6}}", TOKENS)).outputs == {f"{kind}_1": (5, 6)}
    assert calculate(net(f"  - {{name: l, {kind}: {{hidden: 6}}}}", TOKENS)).outputs == {"l": (5, 6)}, "the sequence, not a state"


@pytest.mark.parametrize(("kind", "gates", "states"), RECURRENT)
def test_last_states_are_read_by_name(kind: str, gates: int, states: tuple[str, ...]) -> None:
    for state in states:
        made = rows(
            net(f"  - {{name: l, {kind}: {{hidden: 6, layers: 2, bidirectional: true}}}}\n  - {{from: l.{state}, linear: 3}}", TOKENS)
        )
        assert made["linear_1"].inputs == ((4, 6),), "a row for each layer and direction"
        assert made["linear_1"].receptive_field == (None,)
    assert gates == made["l.layer_0.gates"].output[1] // 12
    refused(net(f"  - {kind}: {{hidden: 6}}\n  - {{from: «{kind}_1.h», linear: 3}}", TOKENS), "E310", f"{kind}_1.h")
    refused(net(f"  - {{name: l, {kind}: {{hidden: 6}}}}\n  - {{from: «l.hh», linear: 3}}", TOKENS), "E310", "`l.h`")
    if "c" not in states:
        refused(net(f"  - {{name: l, {kind}: {{hidden: 6}}}}\n  - {{from: «l.c», linear: 3}}", TOKENS), "E310", "`l.h`")


def test_states_in_expressions_patterns_outputs_and_blocks() -> None:
    layers = "  - {name: l, lstm: {hidden: 6}}\n"
    assert calculate(net(f'{layers}  - concat: ["l.*"]', TOKENS)).outputs == {"concat_1": (1, 12)}
    assert calculate(net(layers, TOKENS) + "output: [l.c, l, l.h]\n").outputs == {"l.c": (1, 6), "l": (5, 6), "l.h": (1, 6)}
    head = "blocks: {Dec: {args: {h: tensor, c: tensor}, layers: [lstm: {hidden: 6, state: [h, c]}]}}\n"
    assert rows(net(f"{layers}  - {{from: tokens, Dec: [l.h, l.c]}}", TOKENS, head))["Dec_1.lstm_1.recurrence"].inputs[1:] == (
        (1, 6),
        (1, 6),
    )
    inside = "blocks: {B: {layers: [{name: l, lstm: {hidden: 6}}, {from: l.h, linear: 2}]}}\n"
    assert calculate(net("  - B", TOKENS, inside)).outputs == {"B_1": (1, 2)}
    refused(net("  - {name: b, B: }\n  - {from: «l.h», relu: }", TOKENS, inside), "E310", "l.h")


def test_states_of_loops() -> None:
    layers = "  - {name: l, repeat: 2, lstm: {hidden: 8}}\n  - {from: l.h, linear: 3}"
    made = rows(net(layers, TOKENS))
    assert [path for path in made if path.endswith((".h", ".c"))] == ["l[0].h", "l[0].c", "l[1].h", "l[1].c"]
    assert made["linear_1"].inputs == ((1, 8),)
    layers = "  - {repeat: 2, name: l$i, gru: {hidden: 4 + i}}\n  - concat: [l0.h, l1.h]"
    assert rows(net(layers, TOKENS))["concat_1"].inputs == ((1, 4), (1, 5))
    layers = "  - {repeat: 2, layers: [{name: l, gru: {hidden: 4}}]}\n  - {from: «l.h», relu: }"
    refused(net(layers, TOKENS), "E306", "several iterations")


def test_a_layer_that_starts_from_states() -> None:
    layers = "  - {name: l, lstm: {hidden: 6, proj: 4}}\n  - {from: tokens, name: m, lstm: {hidden: 6, proj: 4, state: [l.h, l.c]}}"
    made = rows(net(layers, TOKENS))
    assert made["m.recurrence"].inputs == ((5, 24), (1, 4), (1, 6))
    assert made["m.recurrence"].params == made["l.recurrence"].params, "states are no weights"
    assert [made[f"m.{s}"].output for s in ("h", "c")] == [(1, 4), (1, 6)]
    layers = "  - {name: l, gru: {hidden: 6}}\n  - {from: tokens, gru: {hidden: 6, state: l.h}}"
    assert rows(net(layers, TOKENS))["gru_2.recurrence"].inputs == ((5, 18), (1, 6))
    layers = "  - {name: h, parameter: {shape: {layers: 1, d: 6}}}\n  - {from: tokens, gru: {hidden: 6, state: h}}"
    assert calculate(net(layers, TOKENS)).totals.params == 6 + 18 * 8 + 18 * 6 + 36, "learned ones are"


#: second layers after `{name: l, lstm: {hidden: 6}}` and `{name: g, gru: {hidden: 6}}`; code; what is said
STATES: list[tuple[str, str, str]] = [
    ("{from: tokens, «lstm»: {hidden: 6, state: l.h}}", "E401", "not 1"),
    ("{from: tokens, «lstm»: {hidden: 6, state: [l.h, l.c, l.c]}}", "E401", "not 3"),
    ("{from: tokens, «gru»: {hidden: 6, state: [g.h, g.h]}}", "E401", "not 2"),
    ("{from: tokens, «lstm»: {hidden: 7, state: [l.h, l.c]}}", "E401", "(1, 7)"),
    ("{from: tokens, «lstm»: {hidden: 6, layers: 2, state: [l.h, l.c]}}", "E401", "(2, 6)"),
    ("{from: tokens, «lstm»: {hidden: 6, bidirectional: true, state: [l.h, l.c]}}", "E401", "(2, 6)"),
    ("{from: tokens, «lstm»: {hidden: 6, state: [l, l]}}", "E401", "(n 5, d 6)"),
    ("{from: tokens, «lstm»: {hidden: 6, proj: 4, state: [l.c, l.h]}}", "E401", "(1, 4)"),
    ("{from: tokens, gru: {hidden: 6, state: «l.x»}}", "E310", "`l"),
    ("{«lstm»: {hidden: 6, proj: 6}}", "E401", "not smaller"),
    ("{gru: {hidden: 6, «proj»: 4}}", "E231", "its fields are"),
    ("{name: «l.h», relu: }", "E209", "dots"),
    ("{name: «l», relu: }", "E209", "twice"),
    ("{from: tokens, lstm: «6»}", "E230", "lstm: {hidden: "),
    ("{linear: «l.h»}", "E304", "its axes are n, d"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code", "says"), STATES, ids=[case[0] for case in STATES])
def test_states_that_can_not_be(entry: str, code: str, says: str) -> None:
    before = "  - {name: l, lstm: {hidden: 6}}\n  - {name: g, gru: {hidden: 6}}\n"
    refused(net(f"{before}  - {entry}", TOKENS), code, says)


def test_promises_of_recurrent_layers() -> None:
    for entry, layers in (("lstm: {hidden: 6}", 2), ("name: l, lstm: {hidden: 6}", 4)):
        assert calculate(net(f"  - {{{entry}, expect: {{params: 384, macs: 1680, layers: {layers}}}}}", TOKENS)).warnings == ()
    (warning,) = calculate(net("  - {name: l, lstm: {hidden: 6}, expect: {params: 385}}", TOKENS)).warnings
    assert warning.startswith("l: params: expected 385, got 384")
    assert calculate(net("  - {lstm: {hidden: 6}, expect: {output: [5, 6]}}", TOKENS)).warnings == ()


@pytest.mark.parametrize(
    "entry",
    ["name: l, lstm: {hidden: 6}", "name: g, layers: [{name: l, lstm: {hidden: 6}}]", "name: l, repeat: 2, gru: {hidden: 6, layers: 2}"],
)
def test_the_output_that_a_named_layer_promises_is_its_own(entry: str) -> None:
    assert calculate(net(f"  - {{{entry}, expect: {{output: [5, 6]}}}}", TOKENS)).warnings == ()
    (warning,) = calculate(net(f"  - {{{entry}, expect: {{output: [1, 6]}}}}", TOKENS)).warnings
    assert "expected [1, 6], got [5, 6]" in warning


def test_what_a_network_that_ends_in_states_promises() -> None:
    layers = "  - {name: l, lstm: {hidden: 6}}\n"
    text = net(layers, TOKENS) + "expect: {output: [5, 6], receptive_field: [all]}\n"
    assert calculate(text).warnings == ()
    text = (
        net("  - {linear: 6}\n  - {name: s, split: {parts: 2}}", TOKENS)
        + "output: [s.0]\nexpect: {output: [n // 2, 6], receptive_field: 1}\n"
    )
    assert calculate(text.replace("n: 5", "n: 4")).warnings == ()


# positions and lengths


@pytest.mark.parametrize(
    ("fields", "options", "learned"),
    [
        ("learned", {}, 6),
        ("learned", {"sets": {"seq": 9}}, 9),
        ("learned", {"inputs": {"tokens": "9"}}, 9),
        ("{type: learned, length: 9}", {}, 9),
        ("{type: learned, length: 9}", {"sets": {"seq": 9}}, 9),
        ("{type: learned, length: seq}", {"sets": {"seq": 9}}, 9),
        ("{type: learned, length: 2 * x.seq}", {"sets": {"seq": 9}}, 18),
        ("{type: learned, length: [6]}", {}, 6),
        ("sinusoidal", {"sets": {"seq": 9}}, 0),
    ],
)
def test_learned_positions(fields: str, options: Options, learned: int) -> None:
    made = embedded(f"  - positional_encoding: {fields}", **options)
    assert made["positional_encoding_1"].params == 8 * learned


@pytest.mark.parametrize(
    ("fields", "options", "says"),
    [
        ("{type: learned, length: 4}", {}, ("6 positions", "4 are learned")),
        ("{type: learned, length: 6}", {"sets": {"seq": 7}}, ("7 positions", "6 are learned")),
        ("{type: learned, length: 6}", {"inputs": {"tokens": "1024"}}, ("1024 positions", "6 are learned")),
        ("{type: learned, length: [6, 6]}", {}, ("`length`", "1 axes")),
        ("{type: sinusoidal, length: 6}", {}, ("sinusoidal",)),
    ],
)
def test_more_positions_than_are_learned(fields: str, options: Options, says: tuple[str, ...]) -> None:
    found = wrong(net(f"{EMBED}  - positional_encoding: {fields}", IDS), **options)
    assert found.places() == [("E401", 4, 5)]
    assert found.at() == "positional_encoding"
    for word in says:
        assert word in found.words()


def test_positions_of_a_plane() -> None:
    text = net("  - positional_encoding: {type: learned, length: [4, 6]}", "{x: {h: 4, w: 5, d: 8}}")
    assert calculate(text).totals.params == 4 * 6 * 8
    assert wrong(text, sets={"w": 7}).codes == ["E401"]
    assert "7 positions, but only 6" in wrong(text, sets={"w": 7}).words()


# laws of small transformers


@dataclass(frozen=True)
class Small:
    """A transformer, and by hand what it holds and computes."""

    depth: int
    heads: int
    sets: int  #: of keys and values
    width: int  #: of a head
    ff: int
    vocab: int
    window: int | None
    bias: bool
    tie: bool
    learned: bool

    @property
    def d(self) -> int:
        return self.heads * self.width

    def written(self, n: int) -> str:
        fields = f"heads: {self.heads}, kv_heads: {self.sets}, bias: {str(self.bias).lower()}, causal: true"
        fields += f", window: {self.window}" if self.window else ""
        return dedent(f"""\
            input: {{tokens: {{seq: {n}}}}}
            layers:
              - {{name: wte, embedding: {{vocab: {self.vocab}, dim: {self.d}}}}}
              - positional_encoding: {"learned" if self.learned else "sinusoidal"}
              - name: h
                repeat: {self.depth}
                layers:
                  - residual: [layer_norm, attention: {{{fields}}}]
                  - residual: [layer_norm, linear: {self.ff}, gelu, linear: x.d * {self.d} // x.d]
              - layer_norm
              - {{{"tie: wte, " if self.tie else ""}linear: {{out: {self.vocab}, bias: false}}}}
        """)

    def params(self, n: int) -> int:
        d, narrow = self.d, self.sets * self.width
        attention = 2 * d * d + 2 * d * narrow + (2 * d + 2 * narrow) * self.bias
        layer = 2 * 2 * d + attention + 2 * d * self.ff + self.ff + d
        return self.vocab * d * (1 if self.tie else 2) + self.depth * layer + 2 * d + n * d * self.learned

    def macs(self, n: int) -> int:
        d, narrow = self.d, self.sets * self.width
        pairs = n * (min(n, self.window) if self.window else n)
        return self.depth * (n * (2 * d * d + 2 * d * narrow + 2 * d * self.ff) + 2 * pairs * d) + n * d * self.vocab


SMALLS = st.builds(
    lambda sets, group, **rest: Small(heads=sets * group, sets=sets, **rest),
    sets=st.integers(1, 3), group=st.integers(1, 3), depth=st.integers(0, 3), width=st.integers(1, 5), ff=st.integers(1, 9),
    vocab=st.integers(1, 20), window=st.none() | st.integers(1, 9), bias=st.booleans(), tie=st.booleans(), learned=st.booleans(),
)  # fmt: skip
LENGTHS = st.integers(1, 12)


@given(SMALLS, LENGTHS)
def test_transformers_by_hand(small: Small, n: int) -> None:
    made = calculate(small.written(n)).totals
    assert made.params == small.params(n)
    assert made.macs == small.macs(n)


@given(SMALLS, LENGTHS, LENGTHS)
def test_a_length_is_set_as_it_is_written(small: Small, n: int, m: int) -> None:
    text, wanted = small.written(n), calculate(small.written(m))
    for made in (calculate(text, sets={"seq": m}), calculate(text, inputs={"tokens": str(m)}), calculate(text, inputs={"": (m,)})):
        assert made.layers == wanted.layers
        assert made.totals == wanted.totals


@given(SMALLS, LENGTHS, LENGTHS)
def test_what_moves_with_the_length(small: Small, n: int, m: int) -> None:
    one, other = calculate(small.written(n)), calculate(small.written(n), sets={"seq": m})
    assert other.totals.params - one.totals.params == (m - n) * small.d * small.learned
    for before, after in zip(one.layers, other.layers, strict=True):
        if before.type != "positional_encoding":
            assert after.params == before.params
        if before.type == "matmul" and small.window is None:
            assert after.macs * n * n == before.macs * m * m, "every query meets every key"
        elif before.type == "matmul":
            assert after.macs * n * min(n, small.window or 0) == before.macs * m * min(m, small.window or 0)
        else:
            assert after.macs * n == before.macs * m


@given(SMALLS, st.integers(1, 9), st.integers(1, 4))
def test_windows_make_it_linear(small: Small, n: int, times: int) -> None:
    assume(small.window is not None and small.window <= n)
    text = small.written(n)
    assert calculate(text, sets={"seq": times * n}).totals.macs == times * calculate(text).totals.macs


@given(SMALLS, LENGTHS, LENGTHS)
def test_second_differences(small: Small, n: int, m: int) -> None:
    assume(small.window is None)
    text = small.written(n)
    at = [calculate(text, sets={"seq": k}).totals.macs for k in (m, m + 1, m + 2)]
    assert at[0] - 2 * at[1] + at[2] == 2 * small.depth * 2 * small.d


@given(
    st.sampled_from(RECURRENT), st.integers(1, 3), st.booleans(), st.booleans(), st.integers(2, 6), st.integers(0, 5), st.integers(1, 7),
    LENGTHS,
)  # fmt: skip
def test_recurrent_layers_by_hand(
    of: tuple[str, int, tuple[str, ...]], layers: int, both: bool, bias: bool, hidden: int, proj: int, d: int, n: int  # noqa: FBT001 - drawn
) -> None:  # fmt: skip
    kind, gates, states = of
    assume(proj < hidden)
    narrow = proj if kind == "lstm" and proj else hidden
    fields = f"hidden: {hidden}, layers: {layers}, bidirectional: {str(both).lower()}, bias: {str(bias).lower()}"
    fields += f", proj: {proj}" if narrow != hidden else ""
    made = calculate(net(f"  - {{name: l, {kind}: {{{fields}}}}}", f"{{x: {{n: {n}, d: {d}}}}}"))
    dirs = 1 + both
    reads = [d] + [dirs * narrow] * (layers - 1)
    weights = sum(dirs * (gates * hidden * (read + narrow) + (hidden * narrow if narrow != hidden else 0)) for read in reads)
    assert made.totals.macs == n * weights
    assert made.totals.params == weights + layers * dirs * 2 * gates * hidden * bias
    assert made.outputs == {"l": (n, dirs * narrow)}
    ends = {"h": (layers * dirs, narrow), "c": (layers * dirs, hidden)}
    assert {row.path: row.output for row in made.layers if row.type == "state"} == {f"l.{state}": ends[state] for state in states}


# what is said of mistakes

#: layers after those of `MEMORY`; code; what is said
CROSS: list[tuple[str, str, str]] = [
    ("attention: {heads: 2, kv: «encodr»}", "E310", "`encoder`"),
    ("attention: {heads: 2, kv: [keys, «valuse»]}", "E310", "`values`"),
    ("attention: {heads: 2, kv: [«kyes», values]}", "E310", "`keys`"),
    ("attention: {heads: 2, kv: «later»}\n  - {name: later, linear: 8}", "E310", "later"),
    ("{name: self, attention: {heads: 2, kv: «self»}}", "E310", "self"),
    ("{name: loop, repeat: 2, attention: {heads: 2, kv: «loop»}}", "E310", "loop"),
    ('attention: {heads: 2, kv: «"zz*"»}', "E310", "zz*"),
    ("attention: {heads: 2, kv: «m.d»}", "E310", "m.d"),
    ("{repeat: 2, layers: [{name: in, linear: 8}]}\n  - {from: q, attention: {heads: 2, kv: «in»}}", "E306", "in$i"),
    ("{repeat: 2, layers: [{name: in$i, linear: 8}]}\n  - {repeat: 3, from: q, attention: {heads: 2, kv: «in$i»}}", "E310", "`in2`"),
    ("Dec: «encodr»", "E310", "`encoder`"),
    ("Dec: {«memry»: encoder}", "E220", "`memory`"),
    ("«Dec»", "E222", "`memory`"),
    ("«attention»: {heads: 2, kv: [keys, values], kdim: 13}", "E401", "12 wide"),
    ("«attention»: {heads: 2, kv: [keys, y]}", "E401", "each key needs its value"),
    ("{from: [q, keys, y], «attention»: {heads: 2}}", "E401", "each key needs its value"),
    ("«attention»: {heads: 3, kv: encoder}", "E401", "8 does not divide into 3 heads"),
    ("«attention»: {heads: 2, kv: encoder, window: 2}", "E401", "window"),
    ("«attention»: {heads: 8, kv_heads: 3}", "E401", "`kv_heads`"),
    ("«attention»: {heads: 2, kv_heads: 4}", "E401", "`kv_heads`"),
    ("{from: [q, keys, values, x], «attention»: {heads: 2}}", "E208", "1 to 3"),
    ("{from: [q, «nothing»], attention: {heads: 2}}", "E310", "nothing"),
    ("attention: {heads: «0», kv: encoder}", "E233", "at least 1"),
    ("attention: «encoder»", "E230", "attention: {heads: "),
    ("{from: [q, keys], «scaled_dot_product_attention»: }", "E208", "3 tensors"),
    ("{from: [q, keys, values], «scaled_dot_product_attention»: }", "E401", "(src 6, d 12)"),
    ("attention: {heads: 2, kv: «[keys, values, encoder]»}", "E208", "`kv` names at most 2 tensors, not 3"),
    ('attention: {heads: 2, kv: «"*e*"»}', "E208", "`kv` names at most 2"),
    ("{from: [q, keys, values], attention: {heads: 2, kv: «encoder»}}", "E208", "`from` or `kv`, not both"),
    ("{from: [q, keys], attention: {heads: 2, kv: «values»}}", "E208", "`from` or `kv`, not both"),
    ("attention: {heads: 2, kv: «[]»}", "E208", "empty"),
    ("{name: in, lstm: {hidden: 8}}\n  - attention: {heads: 2, kv: [in, «in.x»]}", "E310", "`in.h`"),
    ("{name: in, lstm: {hidden: 8}}\n  - lstm: {hidden: 8, state: [in.h, «in.x»]}", "E310", "`in.h`"),
    ("{repeat: 2, name: in$i, linear: 8}\n  - {repeat: 3, attention: {heads: 2, kv: [in0, «in$i»]}}", "E310", "`in2`"),
    ("attention: {heads: 2, kv: «3»}", "E233", "the name of a tensor"),
    ("attention: {heads: 2, kv: «{key: keys}»}", "E233", "the name of a tensor"),
    ("attention: {heads: 2, kv: [keys, «3»]}", "E233", "a text"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code", "says"), CROSS, ids=[case[0] for case in CROSS])
def test_mistakes_of_cross_attention(entry: str, code: str, says: str) -> None:
    refused(net(f"{MEMORY}  - {entry}", BOTH, DECODER), code, says)


def test_mistakes_inside_a_block_name_what_it_sees() -> None:
    for word, right in (("memry", "`memory`"), ("encoder", "memory")):  # a misspelling, and what only the file knows
        head = DECODER.replace("kv: memory", f"kv: «{word}»")
        refused(net(f"{MEMORY}  - Dec: encoder", BOTH, head), "E310", right)
    refused(
        net(f"{MEMORY}  - Dec: [encoder, 3]", BOTH, DECODER.replace("attention", "«attention»")), "E401", "3 heads", "in Dec called here"
    )


#: entries as one writes them who knows another library; what is pointed at; the right word
HABITS: list[tuple[str, str]] = [
    ("attention: {«num_heads»: 4, heads: 2}", "`heads`"),
    ("attention: {heads: 2, «embed_dim»: 8}", "leave it out"),
    ("attention: {heads: 2, «d_model»: 8}", "leave it out"),
    ("attention: {heads: 2, «batch_first»: true}", "leave it out"),
    ("attention: {heads: 2, «dropout_p»: 0.1}", "`dropout`"),
    ("attention: {heads: 2, «need_weights»: false}", "leave it out"),
    ("attention: {heads: 2, «is_causal»: true}", "`causal`"),
    ("attention: {heads: 2, «num_key_value_heads»: 1}", "`kv_heads`"),
    ("attention: {heads: 2, «n_kv_heads»: 1}", "`kv_heads`"),
    ("attention: {heads: 2, «key_dim»: 4}", "`head_dim`"),
    ("attention: {heads: 2, «sliding_window»: 4}", "`window`"),
    ("attention: {heads: 2, «rope»: true}", "`rotary`"),
    ("attention: {heads: 2, «qkv_bias»: false}", "`bias`"),
    ("attention: {heads: 2, «add_bias_kv»: true}", "`bias_kv`"),
    ("attention: {heads: 2, «memory»: e}", "`kv`"),
    ("attention: {heads: 2, «context»: e}", "`kv`"),
    ("attention: {heads: 2, «name»: a}", "beside `attention:`"),
    ("attention: {heads: 2, «repeat»: 2}", "beside `attention:`"),
    ("«MultiheadAttention»: {num_heads: 4}", "`attention`"),
    ("«nn.MultiheadAttention»: {embed_dim: 8, num_heads: 4}", "`attention`"),
    ("«MultiHeadAttention»: {num_heads: 4}", "`attention`"),
    ("«self_attention»: {heads: 2}", "`attention`"),
    ("«nn.LSTM»: {input_size: 8, hidden_size: 6}", "`lstm`"),
    ("«LSTM»: 6", "`lstm`"),
    ("«GRU»: {units: 6}", "`gru`"),
    ("«SimpleRNN»: {units: 6}", "`rnn`"),
    ("lstm: {hidden: 6, «input_size»: 8}", "leave it out"),
    ("lstm: {«hidden_size»: 6}", "`hidden`"),
    ("lstm: {«units»: 6}", "`hidden`"),
    ("gru: {«hidden_dim»: 6}", "`hidden`"),
    ("lstm: {hidden: 6, «num_layers»: 2}", "`layers`"),
    ("lstm: {hidden: 6, «batch_first»: true}", "leave it out"),
    ("lstm: {hidden: 6, «return_sequences»: true}", "leave it out"),
    ("lstm: {hidden: 6, «proj_size»: 2}", "`proj`"),
    ("lstm: {hidden: 6, «num_directions»: 2}", "`bidirectional`"),
    ("lstm: {hidden: 6, bidirectional: «yes»}", "`true`"),
    ("{from: tokens, embedding: {«vocab_size»: 10, dim: 8}}", "`vocab`"),
    ("{from: tokens, embedding: {«num_embeddings»: 10, dim: 8}}", "`vocab`"),
    ("{from: tokens, embedding: {«input_dim»: 10, dim: 8}}", "`vocab`"),
    ("{from: tokens, embedding: {vocab: 10, «embedding_dim»: 8}}", "`dim`"),
    ("{from: tokens, embedding: {vocab: 10, «output_dim»: 8}}", "`dim`"),
    ("{from: tokens, embedding: {vocab: 10, «d_model»: 8}}", "`dim`"),
    ("{from: tokens, embedding: {vocab: 10, dim: 8, «padding_idx»: 0}}", "leave it out"),
    ("{from: tokens, embedding: {vocab: 10, dim: 8, «name»: wte}}", "beside `embedding:`"),
    ("{from: tokens, embedding: «[10, 8]»}", "vocab: …, dim: …"),
    ("{from: tokens, «nn.Embedding»: [10, 8]}", "`embedding`"),
    ("positional_encoding: {type: learned, «max_len»: 6}", "`length`"),
    ("positional_encoding: {type: learned, «max_position_embeddings»: 6}", "`length`"),
    ("positional_encoding: «rotary»", "`sinusoidal`"),
    ("«pos_embed»", "`positional_encoding`"),
    ("«cls_token»", "`prepend`"),
    ("linear: {out: 10, «tie»: e}", "beside `linear:`"),
    ("linear: {«out_features»: 10}", "`out`"),
    ("graph_conv: {«out_channels»: 4, edges: 9}", "`out`"),
    ("graph_conv: {out: 4, edges: 9, «in_channels»: 8}", "leave it out"),
    ("graph_conv: {out: 4, «num_edges»: 9}", "`edges`"),
    ("graph_attention: {out: 4, edges: 9, «num_heads»: 2}", "`heads`"),
    ("graph_attention: {out: 4, edges: 9, «dropout»: 0.6}", "leave it out"),
    ("«GCNConv»: {in_channels: 8, out_channels: 4}", "`graph_conv`"),
    ("«GATConv»: {out: 4, heads: 2}", "`graph_attention`"),
    ("«LayerNorm»: 8", "`layer_norm`"),
    ("«RMSNorm»", "`rms_norm`"),
    ("layer_norm: {«eps»: 1e-5}", "leave it out"),
    ("softmax: {«dim»: -1}", "`axis`"),
    ("mean: {«dim»: 0}", "`axis`"),
    ("«TransformerEncoderLayer»: {heads: 2}", "lib:transformer"),
    ("{experts: [linear: 8], count: 4, «actve»: 2}", "`active`"),
    ("«graph_conv»: 16", "out: "),
    ("{from: tokens, «attention»: {heads: 2}}", "`embedding`"),
    ("{from: tokens, «lstm»: {hidden: 2}}", "`embedding`"),
    ("«nn.TransformerEncoderLayer»: {heads: 2}", "`use: [lib:transformer]` above, and `TransformerEncoderLayer` here"),
    ("«transformer_encoder_layer»: {heads: 2}", "`TransformerEncoderLayer`"),
    ("«multi_head_attention»: {heads: 2}", "`attention`"),
    ("«cross_attention»: {heads: 2}", "`kv`"),
    ("attention: {heads: 2, «key»: e}", "`kv`"),
    ("attention: {heads: 2, «query»: e}", "`from:`"),
    ("attention: {heads: 2, «mask»: causal}", "`causal: true`"),
    ("attention: {heads: 2, «dim»: 8}", "leave it out"),
    ("attention: {heads: 2, «attn_dropout»: 0.1}", "`dropout`"),
    ("window_attention: {heads: 2, «attn_drop»: 0.1}", "leave it out"),
    ("latent_attention: {heads: 2, «kv_lora_rank»: 4, kv_rank: 4, nope: 2, rope: 2, v_dim: 2}", "`kv_rank`"),
    ("latent_attention: {heads: 2, «qk_rope_head_dim»: 4, kv_rank: 4, nope: 2, rope: 2, v_dim: 2}", "`rope`"),
    ("latent_attention: {heads: 2, kv_rank: 4, nope: 2, rope: 2, v_dim: 2, «num_heads»: 2}", "`heads`"),
    ("«mla»: {heads: 2}", "`latent_attention`"),
    ("attention: {heads: 2, «scale»: 0.1}", "leave it out"),
    ("«rope»: {theta: 10000}", "`attention: {rotary: true}`"),
    ("«swiglu»: {hidden_dim: 16}", "`use: [lib:llama]` above, and `SwiGLU` here"),
    ("«moe»: {num_experts: 8, top_k: 2}", "`experts: [...]`"),
    ("«MoE»: {num_experts: 8, top_k: 2}", "`experts: [...]`"),
    ("{«moe»: [linear: 8], count: 8, active: 2}", "`experts: [...]`"),
    ("{experts: [linear: 8], «num_experts»: 8, active: 2}", "`count`"),
    ("{experts: [linear: 8], count: 8, «top_k»: 2}", "`active`"),
    ("{experts: [linear: 8], count: 8, «num_experts_per_tok»: 2}", "`active`"),
    ("lstm: {hidden: 8, «hx»: e}", "`state`"),
    ("lstm: {hidden: 8, «initial_state»: e}", "`state`"),
    ("gru: {hidden: 8, «reset_after»: true}", "leave it out"),
    ("rnn: {hidden: 8, «nonlinearity»: tanh}", "leave it out"),
    ("rnn: {hidden: 8, bidirectional: «yes»}", "takes `true` or `false`, not the text `yes`"),
    ("«Bidirectional»: [lstm: {hidden: 8}]", "bidirectional: true"),
    ("«LSTMCell»: {hidden: 8}", "`lstm`"),
    ("graph_conv: {out: 4, «edge_index»: 9}", "`edges`"),
    ("«layer_norm»: 8", "leave it out"),
    ("layer_norm: {«normalized_shape»: 8}", "leave it out"),
    ("rms_norm: {«dim»: 8}", "leave it out"),
    ("linear: {out: 10, «weight»: e}", "`tie: its_name`"),
    ("linear: {out: 10, «tie_weights»: true}", "`tie: its_name`"),
    ("«encoder»: {repeat: 2, layers: [linear: 8]}", "{name: encoder, layers: [...]}"),
    ("«patch_embed»: {patch_size: 16}", "then `tokens`"),
    ("{from: tokens, «scaled_dot_product_attention»: }", "`from: [q, k, v]`"),
    ("«positional_encoding»", "`positional_encoding: learned`"),
    ("«aggregate»", "`aggregate: {op: sum, edges: …}`"),
    ("TransformerEncoder: {«num_layers»: 2, heads: 2}", "`depth`"),
    ("TransformerEncoderLayer: {heads: 2, «dim_feedforward»: 16}", "`ff`"),
    ("TransformerEncoderLayer: {heads: 2, «activation»: gelu}", "`act`"),
    ("TransformerEncoderLayer: {heads: 2, «batch_first»: true}", "leave it out"),
    ("TransformerEncoderLayer: {heads: 2, «d_model»: 8}", "leave it out"),
    ("TransformerEncoderLayer: {heads: 2, «repeat»: 2}", "beside `TransformerEncoderLayer:`"),
    ("TransformerEncoderLayer: {«nhead»: 2}", "`heads`"),
    ("{attention: {heads: 2}, «layer_norm»: }", "`- `"),
]  # fmt: skip


def pointed_at(text: str, right: str) -> None:
    """Check that the first complaint is at the mark and that the right word is said; a missing field may be complained of too."""
    text, place = marked(text)
    found = wrong(text)
    span = found.found[0].span
    assert span is not None
    assert (span.line, span.column + 1, span.end) == place, found.words()
    assert right in found.words(), found.words()


@pytest.mark.parametrize(("entry", "right"), HABITS, ids=[case[0] for case in HABITS])
def test_habits_of_other_libraries(entry: str, right: str) -> None:
    pointed_at(net(f"{EMBED}  - {entry}", IDS, "use: [lib:transformer]\n" if entry.startswith("Tr") else ""), right)


def test_sequences_from_images() -> None:
    for layer in ("attention: {heads: 2}", "lstm: {hidden: 4}", "positional_encoding: learned", "prepend: 1"):
        kind = layer.partition(":")[0]
        refused(net(f"  - «{kind}»{layer[len(kind) :]}", "[4, 8, 8]"), "E401", "`tokens`")
        assert calculate(net(f"  - tokens\n  - {layer}", "[4, 8, 8]")).totals.layers >= 2


def test_many_mistakes_of_a_newcomer_at_once() -> None:
    text = dedent("""\
        input: {tokens: {seq: 128}}
        layers:
          - Embedding: {num_embeddings: 100, embedding_dim: 8}
          - positional_encoding: {max_len: 128}
          - attention: {num_heads: 2, embed_dim: 8, batch_first: true}
          - lstm: {hidden_size: 8, num_layers: 2}
          - {from: lstm_1.h, linear: 2}
    """)
    found = wrong(text)
    assert [(one.code, one.span.line) for one in found.found if one.span] == [
        ("E201", 3), ("E231", 4), ("E232", 4), ("E231", 5), ("E231", 5), ("E231", 5), ("E231", 6), ("E231", 6), ("E310", 7),
    ]  # fmt: skip
