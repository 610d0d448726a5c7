"""A step of training against PyTorch's figures and published ones: what is kept, the peak, static memory and FLOPs."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from helpers import net, recorded, spec, wrong

from archcalc import load, zoo
from archcalc.memory.liveness import moments, peak
from archcalc.training.script import Segment, script
from archcalc.training.states import OPTIMIZERS, PRECISIONS, STAGES, static
from archcalc.training.tape import Tape, Widths

if TYPE_CHECKING:
    from archcalc.training.plan import Training

RECORDED: dict[str, Any] = recorded("training.json")
#: What the zoo calls the networks that the recording calls otherwise.
OURS = {"alexnet": "alexnet#torchvision"}
#: Networks whose attention is one kernel.
FLASH = {"vit_b_16"}
#: The loss, and its gradient, are 4 bytes each in what was measured.
LOSS = 8
DENSE = "  - repeat: 8\n    layers: [linear: {out: 512, act: relu}]"
RESIDUAL = """\
  - conv: {out: 8, kernel: 3, padding: 1, bias: false}
  - residual:
      - conv: {out: 8, kernel: 3, padding: 1, bias: false, norm: NORM, act: relu}
      - conv: {out: 8, kernel: 3, padding: 1, bias: false, norm: NORM}
  - relu
  - flatten
  - linear: 10
"""
LENET = """\
  - conv: {out: 6, kernel: 5, padding: 2, act: tanh}
  - avg_pool: 2
  - conv: {out: 16, kernel: 5, act: tanh}
  - avg_pool: 2
  - flatten
  - linear: {out: 120, act: tanh}
  - linear: {out: 84, act: tanh}
  - linear: 10
"""
#: Small networks that were measured.
SMALL = {
    "conv-relu-pool-linear": "  - conv: {out: 16, kernel: 3, padding: 1, act: relu}\n  - max_pool: 2\n  - flatten\n  - linear: 10",
    "linear8x512": DENSE,
    "residual block bn": RESIDUAL.replace("NORM", "batch_norm"),
    "residual block no bn": RESIDUAL.replace("NORM", "none"),
    "lenet tanh": LENET,
    "gain": "  - conv: {out: 8, kernel: 3, padding: 1}\n  - scale\n  - conv: {out: 8, kernel: 1}\n  - tanh",
    "gate": (
        "  - {name: c, conv: {out: 8, kernel: 3, padding: 1}}\n  - global_avg_pool: {keep: true}\n  - {name: s, sigmoid: {}}\n"
        "  - {from: [c, s], multiply: {}}\n  - conv: {out: 8, kernel: 1}\n  - tanh"
    ),
}
#: Networks whose peak is another, by how many bytes it is below PyTorch's at batch 2, and why; what they keep is the same.
APART = {
    "vit_b_16": 960_976,  # queries, keys and values are one product, whose gradients, and copies to unpack them, are there at once
    "convnext_tiny": 549_952,  # gradients of dense layers behind a permutation are copied once more when they are taken over
}
#: One layer of a transformer as Korthikanti et al. 2022 (https://arxiv.org/abs/2205.05198) count it.
LAYER = """\
vars: {s: 2048, h: 12288, a: 96, depth: 1}
input: {x: {n: s, d: h}}
layers:
  - name: layer
    repeat: depth
    layers:
      - residual: [layer_norm, attention: {heads: a, causal: true, dropout: 0.1}, dropout: 0.1]
      - residual: [layer_norm, linear: {out: 4 * h, act: gelu}, linear: h, dropout: 0.1]
"""


def plain(name: str, **options: Any) -> Training:
    """Train a network of the zoo as it was recorded: in fp32, with masks as on a CPU."""
    return load(OURS.get(name, name)).train(optimizer="sgd", precision="fp32", mask=4, flash=name in FLASH, **options)


def in_zoo(name: str) -> bool:
    found = zoo.resolve(OURS.get(name, name))
    return found is not None and (found[1] is None or found[1] in load(str(found[0])).variants)


# what is kept


@pytest.mark.parametrize("name", [name for name in RECORDED["networks"] if in_zoo(name)])
def test_kept_by_networks(name: str) -> None:
    record = RECORDED["networks"][name]
    one, two = (plain(name, batch=batch).kept for batch in (1, 2))
    floats = [kept.floats + kept.masks + kept.stats for kept in (one, two)]
    assert two.indices == 2 * one.indices
    assert {"floats": floats[1] - floats[0], "stats": 2 * one.stats - two.stats, "indices": one.indices} == record


def test_there_are_enough_networks() -> None:
    assert sum(map(in_zoo, RECORDED["networks"])) >= 15


def test_bytes_of_a_batch() -> None:
    for batch in (1, 8, 32):
        assert plain("resnet18", batch=batch).kept_bytes == batch * (4 * 5_143_552 + 8 * 200_704) + 38_400


# the peak


@pytest.mark.parametrize("name", [name for name in RECORDED["peaks"] if name not in SMALL])
def test_peak_of_networks(name: str) -> None:
    record = RECORDED["peaks"][name]
    assert plain(name, batch=record["in"][0]).step - record["input"] + LOSS == record["peak"] - APART.get(name, 0)


@pytest.mark.parametrize("name", SMALL)
def test_peak_of_small_networks(name: str) -> None:
    record = RECORDED["peaks"][name]
    batch, *shape = record["in"]
    found = spec(net(SMALL[name], f"{{x: {shape}}}")).train(batch=batch, optimizer="sgd", precision="fp32", mask=4)
    assert found.step - record["input"] + LOSS == record["peak"]


@pytest.mark.parametrize(("batch", "count", "bytes_"), RECORDED["checkpoints"])
def test_peak_with_checkpoints(batch: int, count: int, bytes_: int) -> None:
    tape = Tape.of(spec(net(DENSE, "{x: {d: 512}}")).run(batch=batch).network, batch)
    blocks = 8 // count
    starts = [2 * blocks * i for i in range(count)]
    segments = [Segment(a, b, again=b < 16) for a, b in zip(starts, [*starts[1:], 16], strict=True)]
    found = peak(script(tape, Widths(), segments)) / 8 - 4 * 512 * batch + LOSS
    assert found == bytes_


@pytest.mark.parametrize(
    ("kind", "layer", "given"),
    [
        ("linear", "linear: {out: 512, act: relu}", "{x: {n: 2, d: 512}}"),
        ("conv", "conv: {out: 64, kernel: 3, padding: 1, bias: false, act: relu}", "{x: {c: 64, h: 4, w: 4}}"),
    ],
)
def test_peak_with_shared_weights(kind: str, layer: str, given: str) -> None:
    for copies, bytes_ in RECORDED["shared"][kind].items():
        found = spec(net(f"  - {{repeat: {copies}, shared: true, layers: [{layer}]}}", given)).train(optimizer="sgd", precision="fp32")
        assert found.step - 4 * found.header.inputs["x"][0] * (512 if kind == "linear" else 16) + LOSS == bytes_


def test_peak_with_a_tied_table() -> None:
    layers = "  - {name: embed, embedding: {vocab: 5000, dim: 64}}\n  - repeat: 2\n    layers: [linear: {out: 64, act: relu}]\n"
    tied = net(layers + "  - {tie: embed, linear: {out: 5000, bias: false}}", "{tokens: {n: 12}}")
    found = spec(tied).train(optimizer="sgd", precision="fp32")
    assert found.step - 4 * 12 + LOSS == RECORDED["shared"]["tied"]["1"]
    assert found.static.gradients == 4 * found.params < found.parts["weight gradient"]


def test_a_learned_tensor_has_a_gradient() -> None:
    text = net("  - {name: p, parameter: {shape: {n: 5, d: 8}}}\n  - {from: [x, p], add: {}}", "{x: {n: 5, d: 8}}")
    graph = script(Tape.of(spec(text).run().network, 1), Widths())
    assert [value.bits for value in graph.values if value.what == "weight gradient"] == [32 * 5 * 8]


# what stays from step to step


@pytest.mark.parametrize(
    ("optimizer", "precision", "bytes_"),
    [
        ("adam", "mixed", 16), ("adamw", "mixed", 16), ("adam", "fp32", 16), ("momentum", "fp32", 12), ("momentum", "mixed", 12),
        ("sgd", "fp32", 8), ("sgd", "mixed", 8), ("sgd", "bf16", 4), ("momentum", "bf16", 6), ("adam", "bf16", 8), ("adam8bit", "bf16", 6),
        ("adam8bit", "mixed", 10), ("adam8bit", "fp32", 10), ("adamw", "fp32", 16), ("adamw", "bf16", 8),
    ],
)  # fmt: skip
def test_bytes_of_a_parameter(optimizer: str, precision: str, bytes_: int) -> None:
    assert static(1000, 0, optimizer, precision).total == 1000 * bytes_


def test_every_optimizer_has_a_row() -> None:
    (mark,) = [mark for mark in test_bytes_of_a_parameter.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert {row[:2] for row in mark.args[1]} == {(optimizer, precision) for optimizer in OPTIMIZERS for precision in PRECISIONS}


def test_zero() -> None:
    """As figure 1 of Rajbhandari et al. 2020 has it."""
    shares = [static(7_500_000_000, 0, "adam", "mixed", 64, stage).total / 1e9 for stage in STAGES]
    assert [round(share, 1) for share in shares] == [120.0, 31.4, 16.6, 1.9]


def test_states_of_gpt2_xl() -> None:
    found = load("gpt2_xl").train()
    assert found.static.total == 16 * 1_557_611_200
    assert (found.static.weights, found.static.gradients, found.static.states) == (2 * found.params, 2 * found.params, 12 * found.params)


def test_the_courses_formula() -> None:
    found = load("vgg16").train(precision="fp32", batch=4)
    activations = load("vgg16").summary(batch=4).totals.activations
    assert found.course == (4 * (138_357_544 + activations), 4 * (2 * 138_357_544 + activations))


# transformers


@pytest.mark.parametrize(
    ("h", "a", "bytes_", "gib"),
    [(12288, 96, 2_868_903_936, 2.671875), (20480, 128, 4_110_417_920, 3.828125), (6144, 64, 1_769_996_288, 1.6484375)],
)
def test_a_layer_of_a_transformer(h: int, a: int, bytes_: int, gib: float) -> None:
    s = 2048
    assert bytes_ == s * h * 34 + 5 * a * s * s == gib * 2**30
    found = spec(LAYER).train(sets={"h": h, "a": a})
    assert (2 * found.kept.floats + found.kept.masks, found.kept.stats) == (bytes_, 4 * s)
    flash = spec(LAYER).train(sets={"h": h, "a": a}, flash=True)
    assert (2 * flash.kept.floats + flash.kept.masks, flash.kept.stats) == (34 * s * h, 4 * s + a * s)


def test_a_layer_that_is_run_again_keeps_what_it_reads() -> None:
    s, h = 2048, 12288
    tape = Tape.of(spec(LAYER).run(sets={"depth": 3}).network, 1)
    rows = len(tape.rows) // 3
    widths = Widths(16, 16, 8)
    tasks = moments(script(tape, widths, [Segment(rows * i, rows * (i + 1), again=True) for i in range(3)]))
    (loss,) = [tuple(moment.storages) for moment in tasks if moment.task.name == "loss"]
    assert [(storage.what, storage.bits // 8) for storage in loss] == [
        ("input", 2 * s * h), *[("activation", 2 * s * h)] * 3, ("gradient", 2 * s * h),
    ]  # fmt: skip
    found = spec(LAYER).train(sets={"depth": 3}, checkpoint=("layer",))
    assert [(segment.stop - segment.start, segment.again) for segment in found.segments] == [(rows, True)] * 3
    assert found.flops == 4 * found.forward


# work


def test_flops_of_a_step() -> None:
    """As nanoGPT's `transformer_sizing.ipynb` has them."""
    found = load("gpt2").train()
    assert (found.forward, found.flops) == (291_648_307_200, 874_944_921_600)
    assert load("gpt2").train(batch=100).flops == 100 * found.flops


@pytest.mark.parametrize(
    ("depth", "d", "heads", "flops"),
    [(10, 640, 10, 929_877_196_800), (20, 1024, 16, 4_135_248_199_680), (24, 1280, 10, 7_353_453_772_800)],
)
def test_flops_of_chinchilla(depth: int, d: int, heads: int, flops: int) -> None:
    """Hoffmann et al. 2022, table A4: without embeddings and logits, but with 3 FLOPs for each score in softmax."""
    found = spec(LAYER).train(sets={"s": 2048, "h": d, "a": heads, "depth": depth})
    assert found.flops + 3 * depth * 3 * heads * 2048**2 == flops


def days(name: str, tokens: str, **options: Any) -> Training:
    return load(name).train(tokens=int(Fraction(tokens)), **options)


@pytest.mark.parametrize(
    ("name", "tokens", "simple", "published"),
    [
        ("gpt3", "300e9", 314_287_666_790_400_000_000_000, "3.14e+23"),  # Brown et al. 2020, table D.1
        ("gpt3_small", "300e9", 225_407_232_000_000_000_000, "2.25e+20"),
        ("llama_7b", "1e12", 40_430_493_696_000_000_000_000, "4.04e+22"),
        ("llama2_70b", "2e12", 827_719_778_304_000_000_000_000, "8.28e+23"),
        ("llama_65b", "1.4e12", 548_399_549_644_800_000_000_000, "5.48e+23"),
    ],
)
def test_flops_of_a_training(name: str, tokens: str, simple: int, published: str) -> None:
    work = days(name, tokens).work
    assert work is not None
    assert (work.simple, f"{work.simple:.2e}") == (simple, published)
    assert 1 < work.exact / work.simple < 1.3  # scores of attention are not in 6·N·D


def test_days_of_a_training() -> None:
    """Touvron et al. 2023 write 380 tokens a second and device, which is 47.7 % of its peak, and about 21 days."""
    found = days("llama_65b", "1.4e12", device="a100-80-sxm", devices=2048, utilisation=Fraction(477, 1000))
    assert found.work is not None
    simple = found.work.days(found.work.simple)
    assert simple is not None
    assert simple == Fraction(found.work.simple, 2048 * 312 * 10**12 * 86400) / Fraction(477, 1000)
    assert round(float(simple), 1) == 20.8
    assert found.work.rate is not None
    assert round(found.work.rate / 2048 / (6 * found.params)) == 380


def test_experts_count_as_far_as_a_token_meets_them() -> None:
    found = days("mixtral", "1e12")
    assert found.work is not None
    assert (found.params, found.active) == (46_702_792_704, 12_879_925_248)
    assert found.work.simple == 6 * found.active * 10**12


def test_tokens_of_images() -> None:
    found = wrong(lambda: load("resnet18").train(tokens=10**9))
    assert (found.codes, "image (c 3, h 224, w 224)" in found.words(), "tokens" in found.words()) == (["E641"], True, True)
    assert load("resnet18").train(device="a100-80-sxm").work is None


# fine-tuning


def test_a_frozen_stem_keeps_nothing() -> None:
    stem = "  - {freeze: true, conv: {out: 8, kernel: 3, act: relu}}\n  - max_pool: 2\n  - flatten\n"
    found = spec(net(f"{stem}  - linear: 10")).train(precision="fp32")
    assert (found.kept.floats, found.kept.indices) == (8 * 15 * 15, 0)
    assert (found.trainable, found.parts["weight gradient"]) == (8 * 15 * 15 * 10 + 10, 4 * (8 * 15 * 15 * 10 + 10))


@pytest.mark.parametrize(("layer", "kept"), [("conv: {out: 4, kernel: 3}", True), ("linear: 4", False)])
def test_a_frozen_layer_behind_a_trained_one(layer: str, *, kept: bool) -> None:
    """PyTorch's convolutions keep their input whether or not they are trained; dense layers do so for their weights alone."""
    given = "{x: {c: 3, h: 8, w: 8}}" if "conv" in layer else "{x: {n: 3, d: 8}}"
    tape = Tape.of(spec(net(f"  - scale: 0\n  - {{freeze: true, {layer}}}", given)).run().network, 1)
    assert (tape.rows[1].kept() == (tape.rows[0].made,), tape.rows[1].trained) == (kept, {})


def test_a_mask_is_made_where_a_gradient_comes_through() -> None:
    assert spec(net("  - dropout\n  - linear: 3", "{x: {d: 8}}")).train().kept.masks == 0
    assert spec(net("  - scale\n  - dropout\n  - linear: 3", "{x: {d: 8}}")).train().kept.masks == 8


def test_nothing_to_train() -> None:
    found = spec(net("  - {freeze: true, conv: {out: 4, kernel: 3}}")).train()
    assert (found.kept_bytes, found.trainable, found.static.gradients, found.static.states) == (0, 0, 0, 0)
    assert "gradient" not in found.parts


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tokens": 0}, "at least 1 token, not 0"),
        ({"tokens": 10, "device": "t4", "utilisation": 0}, "above 0 and at most 1, not 0"),
        ({"tokens": 10, "device": "t4", "utilisation": 1.5}, "above 0 and at most 1, not 1.5"),
        ({"checkpoint": "layer"}, "a tuple of names, not 'layer'"),
    ],
)
def test_what_no_training_has(options: Any, says: str) -> None:
    found = wrong(lambda: load("lenet5").train(**options))
    assert (found.codes, says in found.words()) == (["E641"], True)
