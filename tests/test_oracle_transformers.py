"""Language models and their relatives against transformers: parameters, products, the next token, and what is kept for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers import calculate, recorded, wrong

from archcalc import load, zoo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.report.result import Summary

#: What the zoo calls the networks that are recorded.
OURS = {
    "bert-base": "bert_base", "bert-large": "bert_large", "detr-resnet-50": "detr_resnet50", "gpt2": "gpt2",
    "gpt2-large": "gpt2_large", "gpt2-medium": "gpt2_medium", "gpt2-xl": "gpt2_xl", "gpt3-175b": "gpt3", "llama-2-70b": "llama2_70b",
    "llama-7b": "llama_7b", "transformer-base": "transformer_base", "transformer-big": "transformer_big",
}  # fmt: skip
RECORDS: Mapping[str, Any] = recorded("transformers.json")
DECODERS = {name: record["decode_step"] for name, record in RECORDS.items() if "decode_step" in record}
#: Every file of language models with all of its variants.
FILES = {"gpt2", "gpt3", "llama", "llama2", "llama3", "mistral", "mixtral"}
MODELS = [entry.name for entry in zoo.entries() if entry.path.stem in FILES]
#: Other names of networks that are among these.
SAME = {"gpt3_175b", "llama", "llama2", "llama3", "mistral", "mixtral"}

#: MACs of one token after 512 others, recorded from transformers where `transformers.json` has no such network.
NEXT = [
    ("gpt3_small", 132_987_648), ("gpt3_13b", 13_050_352_640),
    ("llama_13b", 13_061_734_400), ("llama_33b", 32_724_889_600), ("llama_65b", 65_694_597_120),
    ("llama2_7b", 6_741_557_248), ("llama2_13b", 13_061_734_400),
    ("llama3_8b", 7_639_138_304), ("llama3_70b", 70_174_113_792), ("llama3_405b", 405_865_955_328), ("llama3_2_1b", 1_269_366_784),
    ("mistral_7b", 7_244_873_728), ("mixtral_8x7b", 12_883_066_880),
]  # fmt: skip
#: Elements of keys and values for each token: 2 * layers * kv_heads * head_dim.
KEPT = [
    ("llama_13b", 2 * 40 * 40 * 128), ("llama2_7b", 2 * 32 * 32 * 128), ("llama3_8b", 2 * 32 * 8 * 128),
    ("llama3_405b", 2 * 126 * 8 * 128), ("mistral_7b", 2 * 32 * 8 * 128), ("mixtral_8x7b", 2 * 32 * 8 * 128),
]  # fmt: skip


def run(name: str, shapes: list[list[int]]) -> Summary:
    """Run a network on inputs of these shapes; the last one stands for all that the recording does not name."""
    given = load(name).run().header.inputs
    shapes = [*shapes, *[shapes[-1]] * (len(given) - len(shapes))]
    return load(name).summary(inputs=dict(zip(given, map(tuple, shapes), strict=True)))


def macs(name: str, seq: int, past: int = 0) -> int:
    return load(name).summary(sets={"seq": seq, "past": past}).totals.macs


def kept(name: str, seq: int, past: int = 0) -> int:
    """Count the elements of keys and values that stay for the next call."""
    steps = load(name).run(sets={"seq": seq, "past": past}).network.steps()
    return sum(step.op.count(step.op.state) for step in steps if step.op.state)


def test_all_that_is_recorded_is_in_the_zoo() -> None:
    assert OURS.keys() == RECORDS.keys()
    assert all(zoo.resolve(name) for name in OURS.values())


@pytest.mark.parametrize("name", RECORDS)
def test_parameters_and_products(name: str) -> None:
    for forward in RECORDS[name]["forward"]:
        made = run(OURS[name], forward["inputs"])
        assert (made.totals.params, made.totals.macs) == (RECORDS[name]["params"], forward["macs"]), forward["inputs"]
        attention = sum(row.macs for row in made.layers if row.type == "matmul")
        assert forward.get("attention", attention) == attention > 0


@pytest.mark.parametrize("name", DECODERS)
def test_next_token(name: str) -> None:
    record = DECODERS[name]
    before, for_each = record["context_before"], record["kv_elements_per_token"]
    assert macs(OURS[name], 1, before) == record["macs_for_next_token"]
    assert kept(OURS[name], before) == for_each * before
    assert kept(OURS[name], 1, before) == for_each * (before + 1)


@pytest.mark.parametrize(("name", "wanted"), NEXT)
def test_next_token_of_others(name: str, wanted: int) -> None:
    assert macs(name, 1, 512) == wanted


@pytest.mark.parametrize(("name", "for_each"), KEPT)
def test_keys_and_values(name: str, for_each: int) -> None:
    assert [kept(name, 1), kept(name, 512), kept(name, 3, 500)] == [for_each, 512 * for_each, 503 * for_each]


def test_every_model_has_a_figure_for_the_next_token() -> None:
    assert set(MODELS) == SAME | {*(OURS[name] for name in DECODERS), *(name for name, _ in NEXT)}


@pytest.mark.parametrize(("name", "depth", "width"), [("gpt2", 12, 768), ("llama_7b", 32, 4096), ("llama2_70b", 80, 8192)])
def test_work_grows_with_the_square_of_the_sequence(name: str, depth: int, width: int) -> None:
    at = [macs(name, n) for n in (10, 20, 30, 40)]
    squared = at[0] - 2 * at[1] + at[2]
    assert squared == at[1] - 2 * at[2] + at[3] == 2 * 10**2 * 2 * depth * width > 0
    assert 3 * at[0] - 3 * at[1] + at[2] == 0, "there is no work without tokens"
    assert macs(name, 7, 50) == macs(name, 7) + 2 * depth * width * 7 * 50


def test_a_window_makes_it_linear() -> None:
    at = [macs("mistral_7b", n) for n in (1000, 2000, 3000, 5000, 6000, 7000)]
    assert at[0] - 2 * at[1] + at[2] == 2 * 1000**2 * 2 * 32 * 4096
    assert at[3] - 2 * at[4] + at[5] == 0
    assert macs("mistral_7b", 1, 4095) == macs("mistral_7b", 1, 10_000) > macs("mistral_7b", 1, 4094)
    assert kept("mistral_7b", 1, 4095) == kept("mistral_7b", 1, 10_000) == 4096 * kept("mistral_7b", 1)


def test_two_of_eight_experts() -> None:
    made = load("mixtral_8x7b").summary(sets={"seq": 1}).totals
    assert (made.params, made.macs) == (46_702_792_704, 12_748_849_152)
    dense = load("mixtral_8x7b").summary(sets={"seq": 1, "active": 8}).totals
    assert (dense.params, dense.macs - made.macs) == (made.params, 6 * 32 * 3 * 4096 * 14336)
    assert load("mixtral_8x7b").summary(sets={"seq": 1, "experts": 2}).totals.macs == made.macs - 6 * 32 * 4096


@pytest.mark.parametrize("name", MODELS)
def test_parameters_do_not_move_with_the_sequence(name: str) -> None:
    once = load(name).summary().totals.params
    assert [load(name).summary(sets=sets).totals.params for sets in ({"seq": 1}, {"seq": 99}, {"seq": 1, "past": 99})] == 3 * [once]


@pytest.mark.parametrize(("name", "most"), [("gpt2", 1024), ("gpt2_xl", 1024), ("gpt3", 2048)])
def test_learned_positions_end(name: str, most: int) -> None:
    assert load(name).summary(sets={"seq": most}).totals.params
    found = wrong(lambda: load(name).summary(sets={"seq": most + 1}))
    assert found.codes == ["E401"]
    assert f"{most + 1} positions, but only {most} are learned" in found.words()


def llama(layer: str) -> Summary:
    return calculate(f"use: [lib:llama]\ninput: {{one: {{n: 5, d: 12}}}}\nlayers: [{layer}]\n")


def test_a_layer_of_llama() -> None:
    wide = llama("LlamaLayer: {heads: 3, kv_heads: 1, head_dim: 8, ff: 20}").totals
    assert wide.params == 2 * 12 * 24 + 2 * 12 * 8 + 3 * 12 * 20 + 2 * 12
    assert wide.macs == 5 * (wide.params - 2 * 12) + 2 * 3 * 5 * 5 * 8
    seen = [llama(f"LlamaLayer: {{heads: 3, ff: 20{window}}}").totals.macs for window in ("", ", window: 5", ", window: 2")]
    assert seen[0] == seen[1] == seen[2] + 2 * 5 * 3 * 12
    biased = llama("SwiGLU: {hidden: 20, bias: true}").totals
    assert biased.params == 3 * 12 * 20 + 20 + 20 + 12
    assert biased.macs == 5 * 3 * 12 * 20
