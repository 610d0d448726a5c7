"""Networks of convolutions and attention, DETR and EfficientViT, and the library blocks that they are made of."""

from __future__ import annotations

import pytest
from helpers import calculate

from archcalc import load


def test_detr_trains_all_but_norms_and_the_first_stage() -> None:
    made = load("detr").summary()
    frozen = {row.path for row in made.layers if row.frozen}
    assert sum(row.path in frozen for row in made.layers) == 1 + 3 * 3 + 1
    assert all(path.startswith(("backbone.conv_1", "backbone.stage[0].")) for path in frozen)
    norms = [row for row in made.layers if row.type == "batch_norm"]
    assert len(norms) == 53
    assert all(row.params == 0 and row.buffers == 4 * row.output[0] for row in norms)


def test_detr_heads_read_the_queries() -> None:
    shapes = {row.path: row.output for row in load("detr").summary(inputs={"image": (3, 640, 512)}).layers}
    assert shapes["tokens_1"] == (20 * 16, 256)
    assert (shapes["class"], shapes["boxes.linear_2"]) == ((100, 92), (100, 4))


def test_linear_attention_costs_as_much_for_each_pixel() -> None:
    small, large = (
        sum(row.macs for row in load("efficientvit").summary(sets={"size": size}).layers if row.type == "matmul") for size in (224, 448)
    )
    assert large == 4 * small


@pytest.mark.parametrize("block", ["Basic", "Bottleneck"])
def test_frozen_norms_learn_nothing(block: str) -> None:
    free, frozen = (
        calculate(f"use: [lib:resnet]\ninput: [64, 8, 8]\nlayers: [{block}: {{width: 32, stride: 2, frozen: {word}}}]\n").totals
        for word in ("false", "true")
    )
    widths = {"Basic": 3 * 32, "Bottleneck": 2 * 32 + 2 * 128}[block]
    assert (free.params - frozen.params, free.buffers) == (2 * widths, 2 * widths + (3 if block == "Basic" else 4))
    assert frozen.buffers == 4 * widths
    assert free.macs == frozen.macs


def test_an_inverted_residual_without_inner_norms_has_biases() -> None:
    def params(norm: str) -> int:
        text = f"use: [lib:mobile]\ninput: [8, 8, 8]\nlayers: [InvertedResidual: {{out: 8, expand: 2, inner_norm: {norm}}}]\n"
        return calculate(text).totals.params

    assert params("none") == (8 * 16 + 16) + (9 * 16 + 16) + 16 * 8 + 2 * 8
    assert params("batch") == params("none") + 2 * 16
