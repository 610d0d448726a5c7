"""Vision transformers: what a token sees before, inside and after attention, and the memory that the scores take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import calculate, net, rows

from archcalc import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.report.result import Row

ALL = (None, None)


def fields(made: Iterable[Row]) -> list[object]:
    return [row.receptive_field for row in made]


def block_ends(name: str, inputs: tuple[int, int, int]) -> dict[str, Row]:
    """Give the last row of each block of each stage, and of what stands before the blocks."""
    ends = {}
    for row in load(name).summary(inputs={"": inputs}).layers:
        stage, _, rest = row.path.partition(".")
        ends[f"{stage}.{rest.partition('.')[0]}" if stage.startswith("stage") else stage] = row
    return ends


# attention over everything


@pytest.mark.parametrize(("name", "patch"), [("vit_b_16", 16), ("vit_b_32", 32), ("vit_h_14", 14)])
def test_vit_sees_its_patch_and_then_everything(name: str, patch: int) -> None:
    made = load(name).summary().layers
    first = next(i for i, row in enumerate(made) if row.type == "softmax")
    assert [row.type for row in made[:2]] == ["conv", "tokens"]
    for row in made[:2]:
        assert (row.receptive_field, row.effective_stride, row.effective_padding) == ((patch, patch), (patch, patch), (0, 0))
    for row in made[2:first]:
        assert row.receptive_field is not None
        assert row.receptive_field[0] == patch, row.path
    assert set(fields(made[first:])) == {ALL}
    assert all(row.incomplete == () for row in made)


PATCHES = "conv: {out: 8, kernel: 16, stride: 16}"


def test_a_layer_for_each_token_keeps_the_field() -> None:
    dense = "  - layer_norm\n  - linear: {out: 32, norm: layer, act: gelu}\n  - linear: 8\n  - rms_norm"
    for turn in ("tokens", "rearrange: c h w -> h w c"):
        made = calculate(net(f"  - {PATCHES}\n  - {turn}\n  - positional_encoding: learned\n{dense}", "{image: [3, 64, 96]}")).layers
        assert set(fields(made)) == {(16, 16)}
        assert {(row.effective_stride, row.effective_padding) for row in made} == {((16, 16), (0, 0))}


def test_queries_keys_and_values_keep_the_field_too() -> None:
    made = rows(net(f"  - {PATCHES}\n  - tokens\n  - {{name: at, attention: {{heads: 2}}}}", "{image: [3, 64, 96]}"))
    assert fields(made[f"at.{part}"] for part in ("query", "key", "value", "scores")) == [(16, 16)] * 4
    assert fields(made[f"at.{part}"] for part in ("softmax", "values", "out")) == [ALL] * 3


def test_a_layer_over_the_tokens_sees_everything() -> None:
    mixer = f"  - {PATCHES}\n  - tokens\n  - permute: [1, 0]\n  - linear: 24\n  - permute: [1, 0]"
    assert fields(calculate(net(mixer, "{image: [3, 64, 96]}")).layers) == [(16, 16)] * 3 + [ALL] * 2


@pytest.mark.parametrize(("causal", "paddings"), [("false", (2, 4, 6)), ("true", (4, 8, 12))])
def test_a_sliding_window_grows_by_all_but_one_each_layer(causal: str, paddings: tuple[int, ...]) -> None:
    made = calculate(net(f"  - {{repeat: 3, attention: {{heads: 2, window: 5, causal: {causal}}}}}", "{x: {n: 64, d: 8}}")).layers
    ends = [row for row in made if row.path.endswith(".out")]
    assert fields(ends) == [(5,), (9,), (13,)]
    assert [row.effective_padding for row in ends] == [(padding,) for padding in paddings]


# windows of a plane

#: Measured with gradients in torchvision's Swin with positive weights, where queries and keys are zero, so that attention is a mean over
#: the window (its masks stay), and norms and activations are identities; 2688 pixels, so that there are positions whose field is not cut
#: off. Field (the largest, and the smallest where positions differ), stride, and how far position 0 would reach before the image.
SWIN: dict[str, tuple[int, int | None, int, int]] = {
    "patches": (4, None, 4, 0),
    "stage[0].block[0]": (28, None, 4, 0),
    "stage[0].block[1]": (56, None, 4, 28),
    "stage[1].merge": (84, 56, 8, 28),
    "stage[1].block[0]": (112, None, 8, 28),
    "stage[1].block[1]": (168, None, 8, 84),
    "stage[2].merge": (224, 168, 16, 84),
    "stage[2].block[0]": (280, None, 16, 84),
    "stage[2].block[1]": (392, None, 16, 196),
    "stage[2].block[2]": (504, None, 16, 196),
    "stage[2].block[3]": (616, None, 16, 308),
    "stage[2].block[4]": (728, None, 16, 308),
    "stage[2].block[5]": (840, None, 16, 420),
    "stage[3].merge": (952, 840, 32, 420),
    "stage[3].block[0]": (1064, None, 32, 420),
    "stage[3].block[1]": (1288, None, 32, 644),
}
#: At which block one window covers the plane, along each axis; measured in the same way.
COVERED: dict[tuple[int, int], tuple[str | None, str | None]] = {
    (2688, 28): (None, "stage[0].block[0]"),
    (448, 448): (None, None),
    (256, 256): (None, None),
    (224, 224): ("stage[3].block[0]", "stage[3].block[0]"),
    (200, 200): ("stage[3].block[0]", "stage[3].block[0]"),
    (160, 272): ("stage[3].block[0]", None),
    (100, 230): ("stage[2].block[0]", None),
}


@pytest.mark.parametrize(("size", "covered"), COVERED.items())
def test_swin_block_by_block(size: tuple[int, int], covered: tuple[str | None, str | None]) -> None:
    ends = block_ends("swin_t", (3, *size))
    places = list(SWIN)
    for at, (place, (field, least, stride, padding)) in enumerate(SWIN.items()):
        row = ends[place]
        everything = [start is not None and at >= places.index(start) for start in covered]
        assert row.receptive_field == tuple(None if seen else field for seen in everything), place
        assert row.effective_stride == tuple(None if seen else stride for seen in everything), place
        assert row.effective_padding == tuple(None if seen else padding for seen in everything), place
        smallest = tuple(None if seen else least for seen in everything)
        assert row.receptive_field_min == (smallest if least is not None and smallest != ALL else None), place
        assert row.incomplete == ()
    assert fields(row for place, row in ends.items() if place.startswith(("global", "linear"))) == [ALL] * 2


def test_inside_a_window_of_swin() -> None:
    made = {row.path.removeprefix("stage[0].block[0].residual_1."): row for row in load("swin_t").summary().layers}
    at = "window_attention_1."
    assert fields(made[at + part] for part in ("query", "key", "value")) == [(4, 4)] * 3
    assert fields(made[at + part] for part in ("scores", "softmax", "values", "out")) == [(28, 28)] * 4
    assert made[at + "values"].output == (56, 56, 96)
    assert not made["add"].aligned  # a token is not in the middle of its window


PLANE = "{x: {h: 24, w: 36, d: 8}}"


def test_windows_have_two_sides() -> None:
    made = calculate(net("  - window_attention: {heads: 2, window: [4, 6]}", PLANE)).layers
    assert fields(made[-1:]) == [(4, 6)]
    made = calculate(net("  - repeat: 2\n    window_attention: {heads: 2, window: [4, 6], shift: ['i * 2', 0]}", PLANE)).layers
    assert fields(made[-1:]) == [(8, 6)]


@pytest.mark.parametrize(("shift", "seen"), [(0, (4, 4)), (1, (8, 8)), (2, (8, 8)), (3, (8, 8))])
def test_any_shift_joins_two_windows(shift: int, seen: tuple[int, int]) -> None:
    layers = f"  - repeat: 2\n    window_attention: {{heads: 2, window: 4, shift: i * {shift}}}"
    assert calculate(net(layers, PLANE)).layers[-1].receptive_field == seen


def test_a_window_over_the_whole_plane_is_not_shifted() -> None:
    made = calculate(net("  - window_attention: {heads: 2, window: [24, 6], shift: [12, 3]}", PLANE)).layers
    assert fields(made[-1:]) == [(None, 6)]


def test_sam_sees_windows_until_the_first_block_without() -> None:
    made = load("sam_vit_b").summary().layers
    ends = {row.path.partition(".")[0]: row for row in made if row.path.startswith("block")}
    assert fields(ends.values()) == [(224, 224)] * 2 + [ALL] * 10  # gradients in transformers' give the same
    for place in ("block[0]", "block[1]"):
        assert (ends[place].effective_stride, ends[place].effective_padding) == ((16, 16), (0, 0))
    assert set(fields(row for row in made if row.path.startswith("neck"))) == {ALL}


# memory


def test_scores_dominate_the_peak() -> None:
    n, d, heads = 1000, 8, 4
    one, scores = n * d, heads * n * n
    made = calculate(net(f"  - {{name: at, attention: {{heads: {heads}}}}}", f"{{x: {{n: {n}, d: {d}}}}}"))
    assert made.totals.peak_activation == 3 * one + scores  # queries, keys, values; nobody reads the input any more
    assert made.totals.peak_at == "at.scores"
    assert made.totals.activations == one + 3 * one + scores + 2 * one  # the softmax writes over the scores

    made = calculate(net(f"  - residual: [{{name: at, attention: {{heads: {heads}}}}}]", f"{{x: {{n: {n}, d: {d}}}}}"), batch=3)
    assert made.totals.peak_activation == 3 * (4 * one + scores)  # and the residual's input
    by_path = {row.path.rpartition(".")[2]: row for row in made.layers}
    assert by_path["softmax"].live == 3 * (2 * one + scores)
    assert by_path["values"].live == 3 * (3 * one + scores)


def test_windows_have_smaller_scores() -> None:
    side, window, d, heads = 32, 4, 8, 2
    one, scores = side**2 * d, heads * side**2 * window**2
    made = calculate(net(f"  - window_attention: {{heads: {heads}, window: {window}}}", f"{{x: {{h: {side}, w: {side}, d: {d}}}}}"))
    assert made.totals.peak_activation == 3 * one + scores
    padded = calculate(net(f"  - window_attention: {{heads: {heads}, window: {window}}}", f"{{x: {{h: {side - 3}, w: {side}, d: {d}}}}}"))
    assert padded.totals.peak_activation == 3 * one + scores


def test_the_peak_of_vit() -> None:
    totals = load("vit_b_16").summary().totals
    tokens, scores, hidden = 197 * 768, 12 * 197 * 197, 197 * 3072
    assert totals.peak_activation == 4 * tokens + scores == 1_070_892
    assert totals.peak_at == "encoder.layer[0].self_attention.attention_1.scores"
    layer = 10 * tokens + scores + hidden  # two norms, queries, keys, values, values weighed, two products, two sums
    assert totals.activations == 3 * 224 * 224 + 196 * 768 + 2 * tokens + 12 * layer + 1000 == 31_610_872
    assert load("vit_b_16").summary(inputs={"": (3, 384, 384)}).totals.peak_activation == 4 * 577 * 768 + 12 * 577 * 577


def test_the_peak_of_sam() -> None:
    totals = load("sam_vit_b").summary().totals
    plane, scores, along = 64 * 64 * 768, 12 * 4096 * 4096, 12 * 4096 * 64
    assert totals.peak_activation == 2 * plane + 2 * scores + 2 * along  # what is added to the scores, of both axes, and the sum
    assert totals.peak_at == "block[2].residual_1.attention_1.add"
