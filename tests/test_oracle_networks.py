"""Whole networks against PyTorch: every row that owns weights, in order, and the totals."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import pytest
from helpers import ORACLE, recorded

from archcalc import load, trace, zoo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.report.result import Row, Summary

#: What the zoo calls the networks that the recording calls otherwise.
OURS = {"alexnet": "alexnet#torchvision", "mobilenetv1_100": "mobilenet_v1", "unet_paper": "unet"}
MUST = {
    "alexnet", "googlenet", "lenet5", "mobilenet_v2", "mobilenetv1_100", "resnet152", "resnet18", "resnet50", "swin_t", "unet_paper",
    "vgg16", "vit_b_16",
}  # fmt: skip
#: Weights that a PyTorch module holds itself, so that they are no row of the recording.
HELD = {"scale", "prepend", "parameter", "positional_encoding"}
DENSE = {"conv", "depthwise_conv", "conv_transpose", "linear"}

Figures = tuple[tuple[int, ...], int, int, int]


def ours(name: str) -> str:
    return OURS.get(name, name)


def in_zoo(name: str) -> bool:
    found = zoo.resolve(ours(name))
    return found is not None and (found[1] is None or found[1] in load(str(found[0])).variants)


LAYERS = [path.stem for path in sorted((ORACLE / "layers").glob("*.json")) if in_zoo(path.stem)]
TOTALS = {name: record for name, record in recorded("torchvision.json").items() if in_zoo(name)}


def stripped(shape: Iterable[int]) -> tuple[int, ...]:
    """Drop axes of one position from the end: (c, 1, 1) is (c,)."""
    sizes = list(shape)
    while len(sizes) > 1 and sizes[-1] == 1:
        sizes.pop()
    return tuple(sizes)


def figures(rows: list[Row]) -> Figures:
    """Give shape, parameters, buffers and MACs of the rows of one layer."""
    sums = [sum(getattr(row, word) for row in rows) for word in ("params", "buffers", "macs")]
    return stripped(rows[-1].output), sums[0], sums[1], sums[2]


def theirs(record: dict[str, Any]) -> list[Figures]:
    """Give the rows of the recording; of a module with several results, which is attention with its weights, the first."""
    rows = [(out[0] if isinstance(out[0], list) else out, *figures) for _, out, *figures in record["rows"]]
    return [(stripped(out[1:]), params, buffers, macs) for out, params, buffers, macs in rows]


def layers(made: Summary, record: dict[str, Any]) -> Iterator[Figures]:
    """Give what owns weights, with rows of one composite together where the recording has them so."""
    classes = {row[0] for row in record["rows"]}
    together: list[Row] = []
    held = HELD if any("Norm" in name for name in classes) or not record["params_direct"] else HELD | {"batch_norm"}
    for row in made.layers:
        if together and row.group != together[-1].group:
            yield figures(together)
            together = []
        if "MultiheadAttention" in classes and row.group is not None:
            together.append(row)
        elif row.type not in held and (row.params or row.buffers):
            yield figures([row])
    if together:
        yield figures(together)


def beside(few: list[Figures], many: list[Figures]) -> list[Figures]:
    """Take these out of those, where they come in this order, and give the others."""
    rest, others = iter(few), []
    wanted = next(rest, None)
    for one in many:
        if one == wanted:
            wanted = next(rest, None)
        else:
            others.append(one)
    assert wanted is None
    return others


def test_the_zoo_has_what_the_course_asks_for() -> None:
    assert set(LAYERS) >= MUST


@pytest.mark.parametrize("name", LAYERS)
def test_layers_in_order(name: str) -> None:
    record = recorded(f"layers/{name}.json")
    made = load(ours(name)).summary()
    totals = made.totals
    assert next(iter(made.header.inputs.values())) == tuple(record["input"][1:])
    assert (totals.params, totals.buffers, totals.macs) == (record["params"], record["buffers"], record["macs"])
    assert stripped(next(iter(made.outputs.values()))) == stripped(record["output"][1:])
    got, wanted = list(layers(made, record)), theirs(record)
    if record["params_in_uncalled_leaves"]:  # weights that PyTorch uses by function calls: they are no rows of the recording
        others = beside(wanted, got)
        assert sum(params for _, params, _, _ in others) == record["params_in_uncalled_leaves"] + record["params_direct"]
        assert sum(buffers for _, _, buffers, _ in others) == record["buffers"]
    else:
        assert got == wanted
    assert len(wanted) == len(record["rows"]) > 0


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    record = TOTALS[name]
    for run in record["runs"]:
        made = load(ours(name)).summary(inputs={"": tuple(run["input"])})
        assert (made.totals.params, made.totals.macs) == (run["params"], run["macs"]), run["input"]
        assert record["buffers"] in {None, made.totals.buffers}
        if run["conv_linear_act"] is not None:
            assert sum(prod(row.output) for row in made.layers if row.type in DENSE) == run["conv_linear_act"]


#: Recorded from torchvision and transformers, built for other images: parameters and MACs. Windows and odd planes are padded.
SIZES: list[tuple[str, tuple[int, int], int, int]] = [
    ("vit_b_16", (384, 384), 86_859_496, 55_484_350_464),
    ("vit_b_32", (384, 384), 88_297_192, 13_043_564_544),
    ("vit_l_32", (384, 384), 306_632_680, 45_275_963_392),
    ("swin_t", (256, 256), 28_288_354, 7_345_441_536),
    ("swin_t", (200, 200), 28_288_354, 4_089_283_584),
    ("swin_t", (160, 272), 28_288_354, 4_697_236_224),
    ("swin_t", (100, 230), 28_288_354, 2_938_285_056),
    ("swin_t", (64, 512), 28_288_354, 4_157_880_192),
    ("swin_t", (32, 32), 28_288_354, 518_717_184),
    ("swin_s", (200, 200), 49_606_258, 7_957_386_240),
    ("swin_s", (160, 272), 49_606_258, 9_317_382_912),
    ("swin_b", (256, 256), 87_768_224, 25_188_045_824),
    ("swin_b", (100, 230), 87_768_224, 9_756_712_960),
    ("sam_vit_b", (512, 512), 87_278_848, 113_545_150_464),
    ("sam_vit_b", (224, 224), 86_624_512, 17_675_599_872),
    ("sam_vit_b", (160, 160), 86_546_688, 11_016_388_608),
]


@pytest.mark.parametrize(("name", "size", "params", "macs"), SIZES)
def test_vision_transformers_on_other_images(name: str, size: tuple[int, int], params: int, macs: int) -> None:
    totals = load(name).summary(inputs={"": (3, *size)}).totals
    assert (totals.params, totals.macs) == (params, macs)


@pytest.mark.parametrize("name", LAYERS)
def test_sums_are_of_the_rows(name: str) -> None:
    made = load(ours(name)).summary(batch=3)
    for word in ("params", "trainable", "frozen", "buffers", "macs", "flops"):
        assert getattr(made.totals, word) == sum(getattr(row, word) for row in made.layers), word
    given = 3 * sum(map(prod, made.header.inputs.values()))
    assert made.totals.activations == given + sum(row.activations for row in made.layers)
    assert made.totals.peak_activation == max(row.live for row in made.layers)
    assert made.totals.peak_in_out == max(row.in_out for row in made.layers)
    assert made.totals.layers == len({row.path for row in made.layers}) == len(made.layers)


def test_alexnet_as_lectured() -> None:
    made = load("alexnet").summary()
    macs = [row.macs for row in made.layers if row.macs]
    assert macs == [105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192, 37_748_736, 16_777_216, 4_096_000]
    in_out = [row.in_out for row in made.layers if row.in_out]
    assert in_out == [440_928, 360_384, 256_608, 229_888, 108_160, 129_792, 108_160, 52_480, 13_312, 8_192, 5_096]
    kept = [row.activations for row in made.layers if row.activations]
    assert kept == [290_400, 69_984, 186_624, 43_264, 64_896, 64_896, 43_264, 9_216, 4_096, 4_096, 1_000]
    assert made.totals.peak_at == "conv1"


@pytest.mark.parametrize("name", LAYERS)
def test_a_second_walk_gives_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    once = load(ours(name)).summary()
    monkeypatch.setattr(trace, "KEPT", 0)
    assert load(ours(name)).summary() == once
