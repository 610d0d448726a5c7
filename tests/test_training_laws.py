"""What must hold of a step of training, whatever the network."""

from __future__ import annotations

from itertools import pairwise
from textwrap import indent
from typing import TYPE_CHECKING

import pytest
from helpers import net, spec
from hypothesis import given
from hypothesis import strategies as st

from archcalc import load, zoo
from archcalc.memory.graph import octets
from archcalc.memory.liveness import moments, peak
from archcalc.training.script import Segment, script
from archcalc.training.segments import by_names, by_root
from archcalc.training.states import OPTIMIZERS, PRECISIONS, STAGES, static
from archcalc.training.tape import Tape, Widths

if TYPE_CHECKING:
    from archcalc.api import Spec
    from archcalc.training.plan import Training

#: One variant of each file, the first: of the others the rows are the same kinds.
ZOO = [name for name in zoo.names() if load(name).variant is None]
LARGE = {"deepseek_v2", "deepseek_v3"}  # thousands of rows
FEW = ["alexnet", "resnet18", "densenet121", "mobilenet_v2", "gpt2", "transformer_base", "unet", "lstm_stacked", "swin_t", "t5_small"]
#: Layers that keep the shape of an image.
LAYERS = st.sampled_from(
    [
        "conv: {out: 4, kernel: 3, padding: 1, act: relu}",
        "conv: {out: 4, kernel: 3, padding: 1, norm: batch_norm, act: silu}",
        "freeze: true, conv: {out: 4, kernel: 1}",
        "depthwise_conv: {kernel: 3, padding: 1}",
        "group_norm: 2",
        "scale",
        "tanh",
        "gelu",
        "dropout",
        "max_pool: {kernel: 3, stride: 1, padding: 1}",
        "avg_pool: {kernel: 3, stride: 1, padding: 1}",
        "squeeze_excite: 2",
        "residual: [conv: {out: 4, kernel: 3, padding: 1}, relu]",
        "residual: [conv: {out: 4, kernel: 1}, residual: [conv: {out: 4, kernel: 1}]]",
        "drop_path: 0.1",
        "channel_shuffle: 2",
    ]
)


@st.composite
def networks(draw: st.DrawFn) -> Spec:
    """Make an image through a few layers, one after another or around one."""
    made = [
        f"  - {{name: l{i}, {layer if ':' in layer else f'{layer}: {{}}'}}}"
        for i, layer in enumerate(draw(st.lists(LAYERS, min_size=1, max_size=7)))
    ]
    return spec(
        net("\n".join([*made, *draw(st.sampled_from([[], ["  - global_avg_pool", "  - linear: 3"]]))]), "{image: {c: 4, h: 6, w: 5}}")
    )


def taped(net: Spec, batch: int = 1, *, flash: bool = False) -> Tape:
    return Tape.of(net.run(batch=batch).network, batch, flash=flash)


def holds(found: Training) -> None:
    """Check what holds of every step."""
    assert found.step >= found.kept_bytes
    assert abs(sum(found.parts.values()) - found.step) <= len(found.parts)
    assert found.static.total == found.static.weights + found.static.gradients + found.static.states
    assert found.peak == found.static.weights + found.static.states + found.step
    assert found.peak >= found.static.total
    assert found.trainable <= found.params
    assert found.active <= found.params
    assert found.flops == 3 * found.forward


def gradients(tape: Tape) -> int:
    """Add up the gradients of weights that are there at the end."""
    graph = script(tape, Widths(8, 8, 8))
    *_, last = moments(graph)
    assert last.task.name == "optimizer"
    return octets(sum(graph.values[value].bits for value in last.task.reads))


@pytest.mark.parametrize("name", sorted({*ZOO} - LARGE))
def test_every_network_can_be_trained(name: str) -> None:
    found = load(name).train()
    holds(found)
    assert not found.unknown or name in {"gat", "gcn"}
    assert gradients(taped(load(name))) == found.trainable


@given(networks())
def test_random_networks(net: Spec) -> None:
    found = net.train(precision="fp32")
    holds(found)
    assert not found.unknown
    if any(row.needs for row in taped(net).rows):
        assert gradients(taped(net)) == found.trainable


@given(networks(), st.integers(2, 9))
def test_the_batch_multiplies_what_is_kept(net: Spec, batch: int) -> None:
    one, several = taped(net), taped(net, batch)
    fixed = sum(row.keeps.fixed for row in one.rows)
    a, b = one.kept(), several.kept()
    assert (b.floats, b.masks, b.indices) == (batch * a.floats, batch * a.masks, batch * a.indices)
    assert b.stats - fixed == batch * (a.stats - fixed)
    assert peak(script(several, Widths())) <= batch * peak(script(one, Widths()))


@pytest.mark.parametrize("name", FEW)
def test_the_batch_multiplies_what_the_zoo_keeps(name: str) -> None:
    a, b = (taped(load(name), batch).kept() for batch in (1, 3))
    fixed = sum(row.keeps.fixed for row in taped(load(name)).rows)
    assert (b.floats, b.masks, b.indices, b.stats - fixed) == (3 * a.floats, 3 * a.masks, 3 * a.indices, 3 * (a.stats - fixed))


@given(networks(), st.sampled_from(sorted(OPTIMIZERS)), st.sampled_from(sorted(PRECISIONS)), st.integers(1, 100))
def test_stages_share_more_and_more(net: Spec, optimizer: str, precision: str, devices: int) -> None:
    steps = [net.train(optimizer=optimizer, precision=precision, devices=devices, stage=stage) for stage in STAGES]
    for one, more in pairwise(steps):
        assert one.static.total >= more.static.total
        assert one.peak >= more.peak
    assert all(step.shared == steps[0].shared for step in steps)


@given(st.integers(0, 10**12), st.integers(0, 10**9), st.sampled_from(sorted(OPTIMIZERS)), st.sampled_from(sorted(PRECISIONS)))
def test_one_device_shares_nothing(trainable: int, frozen: int, optimizer: str, precision: str) -> None:
    whole = static(trainable, frozen, optimizer, precision)
    assert {static(trainable, frozen, optimizer, precision, 1, stage) for stage in STAGES} == {whole}
    shared = static(trainable, frozen, optimizer, precision, 7, 3)
    assert 0 <= 7 * shared.total - whole.total < 7 * 3  # rounded up, each of the three


# checkpoints


def covers(segments: list[Segment], rows: int) -> None:
    """Check that segments are all the rows, each once, in their order."""
    assert [row for start, stop, _ in segments for row in range(start, stop)] == list(range(rows))
    assert all(start < stop for start, stop, _ in segments)


@given(networks(), st.data())
def test_checkpoints(net: Spec, data: st.DataObject) -> None:
    tape = taped(net, 2)
    names = data.draw(st.lists(st.sampled_from([f"l{i}" for i in range(8)]), max_size=4))
    for segments in (by_root(tape), by_names(tape, names)):
        covers(segments, len(tape.rows))
    assert not by_root(tape)[-1].again
    plain, root = net.train(precision="fp32"), net.train(precision="fp32", checkpoint=("sqrt",))
    assert root.kept == plain.kept  # it is told without checkpoints
    assert 0 <= root.again <= plain.forward
    assert root.flops == plain.flops + root.again
    assert held(tape, by_root(tape)) <= held(tape)


def held(tape: Tape, segments: list[Segment] | None = None) -> int:
    """Give what is alive when the forward pass is over."""
    graph = script(tape, Widths(), segments or ())
    return octets(next(moment.bits for moment in moments(graph) if moment.task.name == "loss"))


@pytest.mark.parametrize("name", FEW)
def test_checkpoints_of_the_zoo(name: str) -> None:
    tape = taped(load(name), flash=True)
    segments = by_root(tape)
    covers(segments, len(tape.rows))
    assert held(tape, segments) <= held(tape)
    again = load(name).train(checkpoint=("sqrt",))
    assert again.again < again.forward


def test_checkpoints_of_a_deep_network() -> None:
    """About the square root of the layers is kept."""
    text = net("  - repeat: 100\n    layers: [linear: {out: 64, act: relu}]", "{x: {d: 64}}")
    tape = taped(spec(text), 1000)
    assert 8 <= len(by_root(tape)) <= 15
    assert held(tape, by_root(tape)) < held(tape) / 4
    assert peak(script(tape, Widths(), by_root(tape))) < peak(script(tape, Widths())) / 2


@pytest.mark.parametrize(
    ("name", "entry", "copies"), [("gpt2", "layer", 12), ("gpt2", "layer[3].feed_forward", 1), ("resnet50", "stage[2]", 1)]
)
def test_checkpoints_by_name(name: str, entry: str, copies: int) -> None:
    found = load(name).train(checkpoint=(entry,))
    covers(list(found.segments), len(taped(load(name)).rows))
    assert sum(segment.again for segment in found.segments) == copies
    assert 0 < found.again < found.forward
    assert found.step < load(name).train().step or copies == 1


# fine-tuning


@given(networks())
def test_frozen_networks_need_less(net: Spec) -> None:
    head, layers = net.document.source.text.split("layers:\n")
    frozen = spec(f"{head}layers:\n  - freeze: true\n    layers:\n{indent(layers, '    ')}")
    whole, none = net.train(), frozen.train()
    assert (none.trainable, none.kept_bytes, none.params) == (0, 0, whole.params)
    assert none.static.weights == whole.static.weights
    assert none.step <= whole.step


@pytest.mark.parametrize("count", range(1, 6))
def test_a_stem_keeps_nothing_before_the_first_trained_layer(count: int) -> None:
    frozen = ["  - {freeze: true, conv: {out: 4, kernel: 3, padding: 1, norm: batch_norm, act: relu}}"] * count
    tape = taped(spec(net("\n".join([*frozen, "  - conv: {out: 4, kernel: 1}"]))))
    assert [bool(row.kept()) for row in tape.rows] == [False] * 3 * count + [True]
    less = spec(net("\n".join([*frozen, "  - conv: {out: 4, kernel: 1}"]))).train(precision="fp32")
    more = spec(net("\n".join([*frozen, "  - conv: {out: 4, kernel: 1}"]).replace("freeze: true, ", ""))).train(precision="fp32")
    assert less.kept_bytes < more.kept_bytes
    assert less.peak < more.peak
