"""What is remembered, repeated and forgotten while rows are worked out changes none of them."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest
from helpers import net, spec

from archcalc import load
from archcalc.calculators import receptive_field
from archcalc.trace import again

if TYPE_CHECKING:
    from archcalc.api import Run

#: Blocks, copies, branches, several inputs, experts, ties, precisions, indices.
NETWORKS = ("resnet50", "densenet121", "mobilenet_v2", "unet", "gpt2", "llama2_7b", "vit_b_16", "mixtral_8x7b", "t5_small", "bert_base")
NAMED = """
blocks:
  Both:
    args: {other: tensor, width: int}
    layers:
      - {name: a, conv: {out: width, kernel: 3, padding: 1}}
      - {name: b, from: [a, other], add: }
input: {image: [8, 16, 16]}
layers:
  - {name: start, conv: {out: 8, kernel: 1}}
  - {name: again, repeat: 5, layers: [Both: {other: start, width: 8}, relu: ]}
  - repeat: 4
    layers: [{name: last, conv: {out: 8, kernel: 3, padding: 1}}, {from: [last, start], add: }]
  - {for: {k: [1, 3, 3, 3]}, conv: {out: 8, kernel: k, padding: k // 2}}
  - {repeat: 3, freeze: true, layers: [{conv: {out: 8, kernel: 3, padding: 1}, expect: {params: 584}}, batch_norm: ]}
  - {repeat: 3, precision: {weights: int8}, residual: [conv: {out: 8, kernel: 3, padding: 1}, relu: ]}
"""


def told(run: Run) -> list[object]:
    """Read a run to its end: the steps with their wiring, the rows, and what they come to."""
    found: list[object] = [(step.reads, step.out, step.tied, row) for step, row in run.worked()]
    return [*found, run.totals(), dict(run.outputs()), [(one.path, one.got) for one in run.outcomes()]]


@pytest.mark.parametrize("name", [*NETWORKS, "named"])
def test_what_is_repeated_is_what_would_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = spec(NAMED) if name == "named" else load(name)
    repeated = told(fresh.run())
    monkeypatch.setattr(again, "MOST_STEPS", -1)
    assert told((spec(NAMED) if name == "named" else load(name)).run()) == repeated


def test_blocks_repeat_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated: list[str] = []
    before = again.Again.repeated

    def noted(self: again.Again, take: again.Take, ids: list[int], path: str) -> again.Steps:
        repeated.append(path)
        return (yield from before(self, take, ids, path))

    monkeypatch.setattr(again.Again, "repeated", noted)
    load("resnet50").summary()
    assert "stage[2].block[5].Bottleneck_1" in repeated
    repeated.clear()
    spec(net("  - {repeat: 9, layers: [linear: 8, relu: ]}", "[8]")).summary()
    assert repeated == [f"layers_1[{i}]" for i in range(2, 9)]


@pytest.mark.parametrize("name", ["resnet50", "gpt2", "densenet121"])
def test_what_is_forgotten_is_worked_out_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = told(load(name).run())
    monkeypatch.setattr("archcalc.trace.REMEMBERED", 5)
    monkeypatch.setattr("archcalc.rows.REMEMBERED", 5)
    monkeypatch.setattr(receptive_field, "MOST_WAYS", 3)
    run = load(name).run()
    assert told(run) == remembered
    assert not run.network.kept


def test_windows_that_are_forgotten_are_taken_for_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: [4, 99, 99]\nlayers:\n" + "".join(
        f"  - conv: {{out: 4, kernel: [{1 + i % 3}, {2 + i % 5}], stride: [1, {1 + i % 2}]}}\n" for i in range(6)
    )
    remembered = told(spec(text).run())
    monkeypatch.setattr(receptive_field, "MOST_WAYS", 1)
    assert told(spec(text).run()) == remembered


def test_a_spec_is_asked_for_other_settings() -> None:
    one = load("resnet50")
    for options in ({}, {"batch": 8}, {"dtype": "int8"}, {"convention": "fvcore"}, {"inputs": {"image": (3, 64, 64)}}, {"batch": 8}, {}):
        assert told(one.run(**options)) == told(load("resnet50").run(**options))


def test_a_variable_of_another_type_is_another_variable() -> None:
    one = spec("vars: {n: 1}\ninput: [8]\nlayers: [{if: n == true, relu: }, {if: n != true, tanh: }]\n".replace("true", "1"))
    assert [len(one.summary(sets={"n": n}).layers) for n in (1, 2, 1)] == [1, 1, 1]
    assert [one.summary(sets={"n": n}).layers[0].type for n in (1, 2, 1)] == ["relu", "tanh", "relu"]


def test_runs_that_take_turns() -> None:
    one = load("lenet5")
    first, second = one.run(), one.run()
    pairs = list(zip_longest(first.rows(), second.rows()))
    assert all(a == b for a, b in pairs)
    assert first.totals() == second.totals() == load("lenet5").summary().totals
    other = one.run(batch=3)
    for _, row in zip(range(4), other.rows(), strict=False):
        assert row is not None
    assert other.totals() == load("lenet5").summary(batch=3).totals, "a run that was left in the middle"
