"""The blocks that ship with the tool: each is called somewhere, and the transformer's are PyTorch's."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import calculate, flow, recorded, rows, spec, wrong

from archcalc import load, zoo
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.document import BlockCall
from archcalc.spec.files import read_text
from archcalc.spec.grammar import read
from archcalc.spec.library import SCHEME, SHIPPED, Library

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.spec.document import Block, Entry

Record = dict[str, Any]

DOCUMENTS = {path.stem: read(read_text(str(path)), Library(path.parent)) for path in sorted(SHIPPED.glob("*.yaml"))}
EVERY = [
    (stem, name)
    for stem, document in DOCUMENTS.items()
    for name, block in document.blocks.items()
    if Path(block.place.source.name).stem == stem
]


def calls(body: tuple[Entry, ...]) -> Iterator[Block]:
    """Give the blocks that a pipeline calls, and those that they call."""
    for entry in body:
        if isinstance(entry.content, BlockCall):
            yield entry.content.block
            yield from calls(entry.content.block.body)
        for inner in entry.bodies():
            yield from calls(inner)


@cache
def called_by_specs() -> frozenset[tuple[str, str]]:
    found = {block for path in zoo.files() for block in calls(load(path).document.body)}
    return frozenset((name.removeprefix(SCHEME), block.name) for block in found if (name := block.place.source.name).startswith(SCHEME))


@cache
def texts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


def called_by_tests(stem: str, name: str) -> bool:
    return any(f"lib:{stem}]" in text and re.search(rf"\b{name}: ", text) for text in texts())


@pytest.mark.parametrize(("stem", "name"), EVERY)
def test_every_block_is_called(stem: str, name: str) -> None:
    assert (stem, name) in called_by_specs() or called_by_tests(stem, name), "no spec and no test uses this block"


@pytest.mark.parametrize("stem", DOCUMENTS)
def test_a_library_is_blocks_and_nothing_else(stem: str) -> None:
    document = DOCUMENTS[stem]
    assert document.blocks
    assert [*document.body, *document.inputs, *document.variables, *document.variants, *document.outputs, *document.meta] == []


# the transformer's layers

RECORDS: dict[str, list[Record]] = recorded("transformer_layers.json.gz")

#: Rows that PyTorch refuses for what can't be said here, or need not be; each reason with its number of rows.
REASONS = {
    "width": "the layer was told another width than its input has; here it follows from the input",
    "act": "PyTorch's layers know two activations; here any will do",
}
SKIPPED = {"TransformerLayer": {"width": 8, "act": 4}, "Transformer": {}}


class Answer(NamedTuple):
    shape: list[int]
    params: int
    macs: int


def text(row: Record, **other: str) -> str:
    """Write a layer, or both stacks, as a spec; the batch is apart."""
    config, sizes = row["config"], [without_batch(row, shape) for shape in row["in"]]
    inputs = {name: {f"n_{name}": n, "d": d} for name, (n, d) in zip(("one", "two"), sizes, strict=False)}
    same = {
        "heads": config["nhead"], "ff": config.get("dim_feedforward", 2048), "act": config.get("activation", "relu"),
        "bias": config.get("bias", True), "norm_first": config.get("norm_first", False), **other,
    }  # fmt: skip
    encoder, decoder = ({"depth": config.get(f"num_{stack}_layers", 0), "final_norm": True, **same} for stack in ("encoder", "decoder"))
    layers = {
        "TransformerEncoderLayer": f"  - TransformerEncoderLayer: {flow(same)}\n",
        "TransformerDecoderLayer": f"  - TransformerDecoderLayer: {flow({**same, 'memory': 'two'})}\n",
        "Transformer": f"  - {{name: memory, TransformerEncoder: {flow(encoder)}}}\n"
        f"  - {{from: two, TransformerDecoder: {flow({**decoder, 'memory': 'memory'})}}}\n",
    }
    return f"use: [lib:transformer]\ninput: {flow(inputs)}\nlayers:\n{layers[row['op']]}"


def without_batch(row: Record, shape: list[int]) -> list[int]:
    n, batch = shape[:2][:: -1 if row["config"].get("batch_first", False) else 1]
    assert batch == batch_of(row)
    return [n, shape[2]]


def batch_of(row: Record) -> int:
    size: int = row["in"][0][0 if row["config"].get("batch_first", False) else 1]
    return size


def answer(row: Record, **other: str) -> Answer | None:
    try:
        made = calculate(text(row, **other), batch=batch_of(row))
    except SpecError:
        return None
    return Answer(list(made.layers[-1].output), made.totals.params, made.totals.macs)


def reason(row: Record) -> str:
    if "activation should be" in row.get("error", ""):
        return "act"
    return "width" if row["config"]["d_model"] != row["in"][0][2] else ""


@pytest.mark.parametrize("group", RECORDS)
def test_every_row(group: str) -> None:
    skipped: Counter[str] = Counter()
    mismatches = []
    for row in RECORDS[group]:
        if why := reason(row):
            assert "error" in row
            assert answer(row) == answer(row, act="relu") is not None or why != "act"
            skipped[why] += 1
            continue
        wanted = None if "error" in row else Answer(without_batch(row, row["out"]), row["params"], row["macs"])
        got = answer(row)
        if wanted != got:
            mismatches.append(f"{text(row)}batch {batch_of(row)}: {wanted} wanted, {got} got; PyTorch: {row.get('error', 'ok')}")
    assert not mismatches, f"{len(mismatches)} of {len(RECORDS[group])}\n" + "\n".join(mismatches[:5])
    assert skipped == SKIPPED[group]


def test_all_reasons_are_used() -> None:
    assert {reason for reasons in SKIPPED.values() for reason in reasons} == REASONS.keys()


#: Multiply-accumulates at other lengths than the file's, recorded from PyTorch and from transformers.
LENGTHS = [
    ("transformer_base", {"src": 10, "tgt": 10}, 631_685_120),
    ("transformer_base", {"src": 512, "tgt": 512}, 37_079_744_512),
    ("transformer_big", {"src": 10, "tgt": 10}, 2_144_174_080),
    ("transformer_big", {"src": 512, "tgt": 512}, 119_256_645_632),
    ("transformer_torch", {"src": 10, "tgt": 7}, 375_687_168),
    ("transformer_torch", {"src": 512, "tgt": 512}, 27_380_416_512),
    ("bert_base", {"seq": 512}, 48_318_971_904),
    ("bert_large", {"seq": 512}, 167_504_773_120),
    ("t5_small", {"src": 512, "tgt": 114}, 17_708_900_352),
    ("t5_base", {"src": 10, "tgt": 7}, 1_861_294_080),
    ("t5_base", {"src": 512, "tgt": 114}, 70_990_700_544),
    ("t5_large", {"src": 512, "tgt": 114}, 240_696_360_960),
    ("t5_3b", {"src": 512, "tgt": 114}, 951_533_961_216),
    ("t5_11b", {"src": 512, "tgt": 114}, 3_794_884_362_240),
]


@pytest.mark.parametrize(("name", "sizes", "macs"), LENGTHS)
def test_lengths(name: str, sizes: Mapping[str, int], macs: int) -> None:
    assert load(name).summary(sets=sizes).totals.macs == macs


def layer(more: str = "", given: str = "{one: {n: 5, d: 8}, two: {m: 3, d: 8}}", kind: str = "TransformerDecoderLayer") -> str:
    return f"use: [lib:transformer]\ninput: {given}\nlayers:\n  - {kind}: {{heads: 2, ff: 20, memory: two{more}}}\n"


#: Each argument as it is not by default.
UNUSUAL = "heads: 2, ff: 20, act: gelu, bias: false, norm_first: true, attention_bias: true"


@pytest.mark.parametrize(("kind", "more"), [("TransformerEncoder", "causal: true"), ("TransformerDecoder", "memory: two, causal: false")])
def test_a_stack_passes_its_arguments_on(kind: str, more: str) -> None:
    head = "use: [lib:transformer]\ninput: {one: {n: 5, d: 8}, two: {m: 3, d: 8}}\nlayers:\n"

    def steps(entry: str) -> list[tuple[object, ...]]:
        made = spec(f"{head}  - {{from: one, {entry}}}\n").run().network.steps()
        return [(step.type, step.op.shape, step.op.state, dict(step.op.weights)) for step in made]

    layer = steps(f"{kind}Layer: {{{UNUSUAL}, {more}}}")
    assert sum(bool(state) for _, _, state, _ in layer) == 2  # what is kept: keys and values of the past, or of the memory
    assert steps(f"{kind}: {{depth: 2, {UNUSUAL}, {more}}}") == 2 * layer
    assert steps(f"{kind}: {{depth: 2, {UNUSUAL}, {more}, final_norm: true}}") == [*layer, *layer, layer[0]]


@pytest.mark.parametrize(
    ("kind", "kept"), [("TransformerEncoderLayer: {heads: 2}", 0), ("TransformerDecoderLayer: {heads: 2, memory: x}", 4)]
)
def test_decoders_are_causal(kind: str, kept: int) -> None:
    made = spec(f"use: [lib:transformer]\ninput: [5, 8]\nlayers:\n  - {kind}\n").run().network.steps()
    assert sum(bool(step.op.state) for step in made) == kept


def test_the_encoder_makes_gpt2() -> None:
    head = "use: [lib:transformer]\ninput: {tokens: {seq: 1024}}\nlayers:\n"
    stack = "{depth: 12, heads: 12, ff: 3072, act: gelu, norm_first: true, causal: true, final_norm: true}"
    made = calculate(
        f"{head}  - {{name: wte, embedding: {{vocab: 50257, dim: 768}}}}\n  - positional_encoding: learned\n"
        f"  - TransformerEncoder: {stack}\n  - {{tie: wte, linear: {{out: 50257, bias: false}}}}\n"
    ).totals
    assert (made.params, made.macs) == (124_439_808, 145_824_153_600)


def test_biases_of_attention_may_be_left_out_alone() -> None:
    params = [calculate(layer(more)).totals.params for more in ("", ", attention_bias: false", ", bias: false")]
    assert params[0] - params[1] == 2 * 4 * 8
    assert params[1] - params[2] == 20 + 8 + 3 * 8
    assert calculate(layer(", bias: false, attention_bias: true")).totals.params == params[2] + 2 * 4 * 8


def test_norms_stand_where_norm_first_says() -> None:
    after, before = ([row.type for row in rows(layer(more)).values()] for more in ("", ", norm_first: true"))
    assert after[0] != "layer_norm" == after[-1]
    assert before[0] == "layer_norm" != before[-1]
    assert sorted(after) == sorted(before)


def test_feed_forward_keeps_the_width() -> None:
    found = rows("use: [lib:transformer]\ninput: [7, 12]\nlayers: [FeedForward: {hidden: 30, act: gelu, bias: false}]\n")
    assert [row.type for row in found.values()] == ["linear", "gelu", "linear"]
    assert [row.output for row in found.values()] == [(7, 30), (7, 30), (7, 12)]
    assert sum(row.params for row in found.values()) == 2 * 12 * 30


def test_a_memory_of_another_width_is_refused() -> None:
    found = wrong(layer(given="{one: {n: 5, d: 8}, two: {m: 3, d: 9}}"))
    assert found.codes == ["E401"]
    assert "9 wide" in found.words()
    assert "TransformerDecoderLayer called here: net.yaml:4" in found.words()
