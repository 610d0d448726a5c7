"""Latent attention: what it holds, computes and keeps, against sums written out here, transformers, and what DeepSeek published."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import calculate, net, refused, rows, spec
from hypothesis import given
from hypothesis import strategies as st

from archcalc import load
from archcalc.calculators.parameters import active_params

if TYPE_CHECKING:
    from archcalc.api import Run
    from archcalc.report.result import Row


class Shape(NamedTuple):
    """The sizes of one such attention, called as in the paper where it has a letter."""

    d: int
    heads: int
    kv_rank: int
    nope: int
    rope: int
    v_dim: int
    q_rank: int | None

    @property
    def entry(self) -> str:
        """Write it as a spec does."""
        q_rank = "null" if self.q_rank is None else self.q_rank
        fields = {name: value for name, value in self._asdict().items() if name not in {"d", "q_rank"}}
        return f"latent_attention: {{{', '.join(f'{name}: {value}' for name, value in fields.items())}, q_rank: {q_rank}"

    def params(self, *, bias: bool = False) -> int:
        """Add up the matrices W^DQ, W^UQ with W^QR, W^DKV with W^KR, W^UK with W^UV and W^O, and the gains of two norms."""
        head = self.nope + self.rope
        if self.q_rank is None:
            queries = self.d * self.heads * head
        else:
            queries = self.d * self.q_rank + self.q_rank + self.q_rank * self.heads * head
        keys = self.d * (self.kv_rank + self.rope) + self.kv_rank + self.kv_rank * self.heads * (self.nope + self.v_dim)
        biases = (self.q_rank or 0) + self.kv_rank + self.rope + self.d
        return queries + keys + self.heads * self.v_dim * self.d + bias * biases

    def macs(self, n: int, past: int = 0) -> int:
        """Multiply each token by the matrices, past ones by W^UK and W^UV alone, and each query by all keys and values."""
        norms = self.kv_rank + (self.q_rank or 0)
        expand = self.kv_rank * self.heads * (self.nope + self.v_dim)
        pairs = self.heads * n * (n + past)
        return n * (self.params() - norms) + past * expand + pairs * (self.nope + self.rope) + pairs * self.v_dim


#: The first is small enough to follow; V2-Lite has no latent for its queries.
SMALL = Shape(32, 4, 12, 6, 4, 5, 10)
V2, LITE, V3 = (
    Shape(5120, 128, 512, 128, 64, 128, 1536),
    Shape(2048, 16, 512, 128, 64, 128, None),
    Shape(7168, 128, 512, 128, 64, 128, 1536),
)
SIZES = st.integers(1, 9)
SHAPES = st.builds(Shape, SIZES, SIZES, SIZES, SIZES, st.integers(1, 4).map(lambda half: 2 * half), SIZES, st.none() | SIZES)


def kept(run: Run) -> int:
    """Count the elements that stay for the next call."""
    return sum(step.op.count(step.op.state) for step in run.network.steps() if step.op.state)


def one(shape: Shape, n: int, more: str = "") -> str:
    return net(f"  - {shape.entry}{more}}}", f"{{x: {{n: {n}, d: {shape.d}}}}}")


def parts(text: str) -> dict[str, Row]:
    return {path.removeprefix("latent_attention_1."): row for path, row in rows(text).items()}


# what it is


def test_by_hand() -> None:
    made = parts(one(SMALL, 6))
    assert {path: row.params for path, row in made.items() if row.params} == {
        "query_latent": 32 * 10,
        "query_latent.norm": 10,
        "query": 10 * 4 * (6 + 4),
        "latent": 32 * (12 + 4),  # of which the last 4 are a key that heads share
        "latent.norm": 12,
        "expand": 12 * 4 * (6 + 5),
        "out": 4 * 5 * 32,
    }
    assert {path: row.macs for path, row in made.items() if row.macs} == {
        "query_latent": 6 * 32 * 10,
        "query": 6 * 10 * 40,
        "latent": 6 * 32 * 16,
        "expand": 6 * 12 * 44,
        "scores": 4 * 6 * 6 * 10,
        "values": 4 * 6 * 6 * 5,
        "out": 6 * 20 * 32,
    }


def test_what_it_makes() -> None:
    made = parts(one(SMALL, 6, ", past: 3"))
    assert {path: row.output for path, row in made.items()} == {
        "query_latent": (6, 10), "query_latent.norm": (6, 10), "query": (6, 40),
        "query.nope": (6, 24), "query.rope": (6, 16), "query.rope.rotary": (6, 16), "query.concat": (6, 40),
        "latent": (6, 16), "latent.slice": (6, 12), "latent.norm": (6, 12), "latent.concat": (9, 12),
        "key.rope": (6, 4), "key.rope.rotary": (6, 4), "key.rope.concat": (9, 4),
        "expand": (9, 44), "key.nope": (9, 24), "key.concat": (9, 40), "value": (9, 20),
        "scores": (4, 6, 9), "softmax": (4, 6, 9), "values": (6, 20), "out": (6, 32),
    }  # fmt: skip
    assert made["key.concat"].inputs == ((9, 24), (9, 4)), "one turned key, for all heads"


@given(SHAPES, st.integers(1, 9), st.integers(0, 9), st.booleans())
def test_sums(shape: Shape, n: int, past: int, bias: bool) -> None:  # noqa: FBT001
    run = spec(one(shape, n, f", past: {past}, bias: {str(bias).lower()}")).run()
    assert (run.totals().params, run.totals().macs) == (shape.params(bias=bias), shape.macs(n, past))
    assert kept(run) == (past + n) * (shape.kv_rank + shape.rope)


def test_nothing_stays_where_all_is_there_at_once() -> None:
    assert kept(spec(one(SMALL, 6, ", causal: false")).run()) == 0
    assert kept(spec(one(SMALL, 6, ", causal: false, past: 1")).run()) == 7 * 16


@given(SHAPES, st.integers(1, 5), st.integers(2, 4))
def test_what_is_in_front_is_batch(shape: Shape, n: int, batch: int) -> None:
    alone = calculate(one(shape, n)).totals
    layers = f"  - {shape.entry}}}"
    for given_, many in ((f"{{x: {{b: {batch}, n: {n}, d: {shape.d}}}}}", 1), (f"{{x: {{n: {n}, d: {shape.d}}}}}", batch)):
        made = calculate(net(layers, given_), batch=many).totals
        assert (made.params, made.macs) == (alone.params, batch * alone.macs)


def test_every_token_sees_all_others_and_before_that_itself() -> None:
    conv = "  - conv: {out: 8, kernel: 16, stride: 16}\n  - tokens\n"
    made = rows(net(f"{conv}  - {{name: at, {SMALL.entry}}}}}", "{image: [3, 64, 96]}"))
    before = [row for path, row in made.items() if path.startswith("at.") and path.split(".")[1] not in {"softmax", "values", "out"}]
    assert {row.receptive_field for row in before} == {(16, 16)}
    assert made["at.out"].receptive_field == (None, None)
    assert all(row.incomplete == () for row in made.values())


@pytest.mark.parametrize(
    ("entry", "given_", "word"),
    [
        ("{heads: 2, kv_rank: 4, nope: 2, rope: 3, v_dim: 2}", "{x: {n: 5, d: 8}}", "an odd number"),
        ("{heads: 2, kv_rank: 4, nope: 2, rope: 2, v_dim: 2}", "{image: [3, 8, 8]}", "add `tokens` before it"),
        ("{heads: 2, kv_rank: 4, nope: 2, rope: 2, v_dim: 2}", "{x: 8}", "works on (n, d)"),
    ],
)
def test_what_it_refuses(entry: str, given_: str, word: str) -> None:
    refused(net(f"  - «latent_attention»: {entry}", given_), "E401", word)


# transformers

TINY = """\
use: [lib:deepseek]
vars: {q_rank: 10, shared: 1, past: 0, heads: 4, kv_rank: 12, nope: 6, rope: 4, v_dim: 5}
variants: {v2: {q_rank: null, shared: 2}, v3: {}}
input: {tokens: {seq: 6}}
layers:
  - embedding: {vocab: 64, dim: 32}
  - DeepSeekLayer: {heads: heads, q_rank: q_rank, kv_rank: kv_rank, nope: nope, rope: rope, v_dim: v_dim, ff: 48, past: past}
  - repeat: 2
    DeepSeekLayer:
      {heads: heads, q_rank: q_rank, kv_rank: kv_rank, nope: nope, rope: rope, v_dim: v_dim, ff: 16, experts: 8, active: 2, shared: shared,
       past: past}
  - rms_norm
  - linear: {out: 64, bias: false}
"""
#: Parameters, and MACs of so many tokens after so many others, from transformers 5.24: torch's FlopCounterMode, eager attention, its cache.
RECORDED = [
    ("v3", 44_354, {(1, 0): 23_764, (6, 0): 147_984, (40, 0): 1_231_360, (1, 9): 39_640}),
    ("v2", 49_076, {(1, 0): 28_516, (6, 0): 176_496, (40, 0): 1_421_440, (1, 9): 44_392}),
]


@pytest.mark.parametrize(("variant", "params", "macs"), RECORDED)
def test_small_networks_of_transformers(variant: str, params: int, macs: dict[tuple[int, int], int]) -> None:
    for (seq, past), wanted in macs.items():
        run = spec(TINY, variant).run(sets={"seq": seq, "past": past})
        assert (run.totals().params, run.totals().macs) == (params, wanted)
        assert kept(run) == (seq + past) * 48, "3 layers, 12 + 4 elements each; its cache has as many"


# what was published


class Model(NamedTuple):
    """A network as its configuration on the Hugging Face Hub has it."""

    name: str
    at: Shape
    depth: int
    dense: int  #: of these layers, the first ones, which have no experts
    ff: int  #: hidden features there
    expert: int  #: and in an expert
    experts: int
    active: int
    shared: int
    vocab: int

    def met(self, each: int) -> int:
        """Add up what a token meets of feed-forward nets, with so many experts in each layer: parameters, and as many MACs."""
        mixed = 3 * self.at.d * self.expert * (each + self.shared) + self.at.d * self.experts
        return self.dense * 3 * self.at.d * self.ff + (self.depth - self.dense) * mixed

    def params(self, each: int) -> int:
        norms = (2 * self.depth + 1) * self.at.d
        return 2 * self.vocab * self.at.d + norms + self.depth * self.at.params() + self.met(each)

    def macs(self, n: int, past: int) -> int:
        return n * self.met(self.active) + self.depth * self.at.macs(n, past) + n * self.vocab * self.at.d


#: With both embeddings. The papers say 21 B, 2.4 B (less one embedding: 2.45) and 37 B.
ACTIVE = {"deepseek_v2_236b": 21_375_800_320, "deepseek_v2_lite": 2_661_150_208, "deepseek_v3_671b": 37_552_282_624}
MODELS = [
    Model("deepseek_v2_236b", V2, 60, 1, 12288, 1536, 160, 6, 2, 102400),
    Model("deepseek_v2_lite", LITE, 27, 1, 10944, 1408, 64, 6, 2, 102400),
    Model("deepseek_v3_671b", V3, 61, 3, 18432, 2048, 256, 8, 1, 129280),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize(("seq", "past"), [(1, 0), (1, 512), (3, 500)])
def test_a_network_adds_up(model: Model, seq: int, past: int) -> None:
    run = load(model.name).run(sets={"seq": seq, "past": past})
    assert (run.totals().params, run.totals().macs) == (model.params(model.experts), model.macs(seq, past))
    assert kept(run) == (seq + past) * model.depth * 576


@pytest.mark.parametrize(("name", "elements"), [("deepseek_v2_236b", 34_560), ("deepseek_v3_671b", 35_136), ("deepseek_v2_lite", 15_552)])
def test_what_a_token_leaves(name: str, elements: int) -> None:
    assert [kept(load(name).run(sets={"seq": 1, "past": past})) for past in (0, 99)] == [elements, 100 * elements]


def test_a_latent_is_a_small_part_of_keys_and_values() -> None:
    plain = "attention: {heads: 128, head_dim: 128, causal: true, bias: false}"
    keys = kept(spec(net(f"  - {plain}", "{x: {n: 10, d: 5120}}")).run())
    ours = kept(spec(one(V2, 10)).run())
    assert (keys, ours) == (10 * 2 * 128 * 128, 10 * 576), "the paper's table 1: 2 n_h d_h against 9/2 d_h"
    assert 2 * ours == 10 * 9 * 128


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_parameters_that_a_token_meets(model: Model) -> None:
    steps = list(load(model.name).run(sets={"seq": 1}).network.steps())
    assert sum(map(active_params, steps)) == model.params(model.active) == ACTIVE[model.name]
