"""Configurations that random comparison with PyTorch 2.13 found to differ; the figures are what PyTorch answers or measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import axes, calculate, flow, net, wrong

if TYPE_CHECKING:
    from archcalc.report.result import Row


def last(layers: str, given: str) -> Row:
    return calculate(net(layers, given)).layers[-1]


# places of an upsampling with `scale` are 1 / scale apart, also where the size is rounded; measured by back-propagation


@pytest.mark.parametrize(
    ("layer", "n", "field", "stride", "padding"),
    [
        ("upsample: {scale: 0.5}", 33, 1, 2, 0),
        ("upsample: {scale: 0.5, mode: linear}", 33, 2, 2, 0),
        ("upsample: {scale: 1/3, mode: nearest_exact}", 511, 1, 3, -1),
        ("upsample: {scale: 0.25}", 9, 1, 4, 0),
        ("upsample: {size: 16}", 32, 1, 2, 0),
    ],
)
def test_places_follow_the_scale(layer: str, n: int, field: int, stride: int, padding: int) -> None:
    made = last(f"  - {layer}", f"{{x: {{c: 1, t: {n}}}}}")
    assert (made.receptive_field, made.effective_stride, made.effective_padding) == ((field,), (stride,), (padding,))


# axes that were split and joined again


def test_branches_at_unlike_places_meet_in_the_hull() -> None:
    layers = """
  - branches:
      plain: []
      blocks: [rearrange: {pattern: "c (h w) -> c h w", w: 2}, conv: {out: 2, kernel: [3, 1], padding: [1, 0]}, flatten: {start: 1}]
    merge: concat
"""
    made = last(layers, "{x: {c: 1, t: 60}}")
    swapped = last(layers.replace("plain: []", "").rstrip().replace("    merge", "      plain: []\n    merge"), "{x: {c: 1, t: 60}}")
    assert made.receptive_field == swapped.receptive_field == (6,)


def test_blocks_that_do_not_divide_are_no_mixing() -> None:
    made = last("  - pixel_shuffle: 2\n  - pixel_unshuffle: 3", "{image: [4, 48, 48]}")
    assert made.receptive_field == (2, 2)


def test_nothing_seen_is_no_negative_extent() -> None:
    layers = "  - conv: {out: 1, kernel: 1, stride: 3}\n  - conv_transpose: {out: 1, kernel: 1, stride: 2}"
    made = last(layers, "{x: {c: 1, t: 60}}")
    assert (made.receptive_field, made.receptive_field_min) == ((1,), (0,))


# what PyTorch refuses


@pytest.mark.parametrize(
    ("layer", "given"),
    [
        ("pad: [[0, -3], [2, -3]]", "{x: {c: 6, h: 5, w: 2}}"),  # cropped before it is padded
        ("pad: [[3, -3]]", "{x: {c: 1, t: 2}}"),
        ("instance_norm", "{x: {c: 5, t: 1}}"),
        ("instance_norm: {affine: true}", "{x: {c: 5, h: 1, w: 1}}"),
        ("mean: [0, 2, 0]", "{x: {a: 5, b: 3, d: 5}}"),
        ("sum: {axis: [1, -1], keep: true}", "{x: {a: 5, d: 5}}"),
    ],
)
def test_refused(layer: str, given: str) -> None:
    assert wrong(net(f"  - {layer}", given)).codes == ["E401"]


@pytest.mark.parametrize(
    ("layer", "given", "output"),
    [
        ("pad: [[2, -2]]", "{x: {c: 1, t: 2}}", (1, 2)),
        ("pad: {amount: [[-2, 3]], mode: reflect}", "{x: {c: 1, t: 5}}", (1, 6)),
        ("instance_norm: {running_stats: true}", "{x: {c: 5, t: 1}}", (5, 1)),
    ],
)
def test_accepted(layer: str, given: str, output: tuple[int, ...]) -> None:
    assert last(f"  - {layer}", given).output == output


# a block of the library is as wide as the last axis, whatever the axes are called


@pytest.mark.parametrize(("n", "d", "params", "macs"), [(9, 25, 2776, 27_000), (2, 5, 156, 260)])
def test_a_library_block_is_as_wide_as_the_last_axis(n: int, d: int, params: int, macs: int) -> None:
    layer = "  - TransformerEncoderLayer: {heads: 1, ff: 1}"
    for names in ("n d", "d n"):
        made = calculate(net(layer, f"{{x: {flow(axes(names, [n, d]))}}}", "use: [lib:transformer]\n"))
        assert (made.layers[-1].output, made.totals.params, made.totals.macs) == ((n, d), params, macs)


def test_sizes_of_the_last_axis_by_itself() -> None:
    assert last("  - linear: 10 * x.last + x.d", "{x: {d: 3, n: 4}}").output == (3, 43)
