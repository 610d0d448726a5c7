"""Receptive fields: measured with gradients, published in tables, and worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from helpers import calculate, net, recorded, rows

from archcalc import load
from archcalc.algebra import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.report.result import Row

MEASURED = recorded("receptive_field.json")
OURS = {"alexnet": "alexnet#torchvision"}
SLIDING = {"conv", "depthwise_conv", "max_pool", "avg_pool"}
DENSE = {"conv", "depthwise_conv"}

Seen = tuple[int, int, int]  # field, stride, padding


def square(row: Row) -> Seen:
    """Give field, stride and padding of a row that is alike in both axes."""
    fields = (row.receptive_field, row.effective_stride, row.effective_padding)
    for both in fields:
        assert both is not None
        assert both[0] == both[1]
    field, stride, padding = [both[0] for both in fields if both is not None]
    assert isinstance(field, int)
    assert isinstance(stride, int)
    assert isinstance(padding, int)
    return field, stride, padding


def last(name: str) -> Seen:
    """Give what the last row with a field that is not everything sees."""
    made = load(name).summary()
    found = [row for row in made.layers if row.receptive_field and None not in row.receptive_field]
    return square(found[-1])


def last_before_the_next(made: tuple[Row, ...]) -> Iterator[tuple[Row, Row]]:
    """Give each sliding row with the last row before the next one, which is where a block or a stage may end."""
    found: Row | None = None
    for row, then in zip(made, (*made[1:], None), strict=True):
        found = row if row.type in SLIDING else found
        if found is not None and (then is None or then.type in SLIDING):
            yield found, row


@pytest.mark.parametrize("name", MEASURED)
def test_every_layer_as_measured(name: str) -> None:
    record = MEASURED[name]
    made = load(OURS.get(name, name)).summary(inputs={"": (1 if name == "lenet5" else 3, *record["input"])})
    ours = last_before_the_next(tuple(row for row in made.layers if len(row.output) == 3))
    stage = row = made.layers[0]
    for where, kind, out, field, jump, first, clipped in record["rows"]:
        if kind in {"Conv2d", "MaxPool2d", "AvgPool2d"}:
            row, stage = next(ours)
        at = row if kind in {"Conv2d", "MaxPool2d", "AvgPool2d"} else stage
        assert at.output[1:] == tuple(out), where
        assert not clipped
        assert at.receptive_field == tuple(field), where
        assert at.effective_stride == tuple(jump), where
        assert at.effective_padding == tuple(-lo for lo in first), where
        assert at.aligned, where
        assert at.incomplete == (), where
    assert list(ours) == []


# Araujo, Norris and Sim's table for TF-slim, where their padding is this one's; and torchvision's networks
PUBLISHED: list[tuple[str, Seen]] = [
    ("alexnet#torchvision", (195, 32, 66)),
    ("vgg11", (150, 32, 59)),
    ("vgg16", (212, 32, 90)),
    ("resnet18", (435, 32, 217)),
    ("resnet34", (899, 32, 449)),
    ("resnet50", (427, 32, 213)),
    ("resnet50_paper", (483, 32, 241)),
    ("mobilenet_v2", (491, 32, 245)),
]
FIELDS = {"resnet101": 971, "resnet152": 1451, "resnet101_paper": 1027, "resnet152_paper": 1507, "mobilenet_v1": 315, "inception_v3": 1311}


@pytest.mark.parametrize(("name", "seen"), PUBLISHED)
def test_published(name: str, seen: Seen) -> None:
    assert last(name) == seen


@pytest.mark.parametrize(("name", "field"), FIELDS.items())
def test_published_fields(name: str, field: int) -> None:
    assert last(name)[:2] == (field, 32)


def test_vgg16_layer_by_layer() -> None:
    seen = [square(row)[0] for row in load("vgg16").summary().layers if row.type in SLIDING]
    assert seen == [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]


def test_mobilenet_v1_pointwise() -> None:
    made = [row for row in load("mobilenet_v1").summary().layers if row.type in DENSE]
    assert [square(row)[0] for row in made[2::2]] == [7, 11, 19, 27, 43, 59, 91, 123, 155, 187, 219, 251, 315]


def test_everything_is_seen_after_the_flattening_only() -> None:
    made = load("vgg16").summary(inputs={"": (3, 224, 224)}).layers
    convolutions = [row for row in made if len(row.output) == 3]
    assert all(row.receptive_field and None not in row.receptive_field for row in convolutions)
    assert all(row.receptive_field == (None, None) for row in made if row.type == "linear")


# the vectors of the library that the article came with


def joined(left: str, right: str, size: int = 9) -> Row:
    layers = f"  - {{branches: {{left: [{left}], right: [{right}]}}, merge: add}}"
    return calculate(net(layers, f"{{image: [1, {size}, {size}]}}")).layers[-1]


def conv(kernel: int, stride: int = 1, padding: str = "0") -> str:
    return f"conv: {{out: 1, kernel: {kernel}, stride: {stride}, padding: {padding}}}"


def test_net1_is_aligned() -> None:
    made = joined(conv(1, 4), f"pad: [[1, 0], [1, 0]], {conv(3, 2)}, {conv(1, 2)}", 8)
    assert square(made) == (3, 4, 1)
    assert made.aligned


def test_net3_meets_at_unequal_strides() -> None:
    made = joined(f"pad: [[2, 1], [2, 1]], {conv(5, 2)}", f"{conv(3)}, {conv(3)}", 8)
    assert made.output == (1, 4, 4)
    assert made.receptive_field is None
    assert set(made.incomplete) == {"receptive_field", "effective_stride", "effective_padding"}
    after = calculate(
        net(f"  - branches: {{a: [{conv(1, 2)}], b: [{conv(1)}, crop: 4]}}\n    merge: add\n  - {conv(3)}", "{image: [1, 8, 8]}")
    ).layers[-1]
    assert after.receptive_field is None
    assert after.incomplete


@pytest.mark.parametrize(("size", "aligned", "padding"), [(9, True, 1), (8, False, 0)])
def test_net4_depends_on_the_size(size: int, aligned: bool, padding: int) -> None:  # noqa: FBT001 - a column of the table
    made = joined(conv(1, 4, "same"), f"{conv(3, 2, 'same')}, {conv(1, 2, 'same')}", size)
    assert square(made) == (3, 4, padding)
    assert made.aligned is aligned


def test_net5_has_two_axes() -> None:
    layers = "  - conv: {out: 1, kernel: [3, 5], stride: 2}\n  - conv: {out: 1, kernel: [3, 1], stride: 2}"
    made = calculate(net(layers, "{image: [1, 32, 32]}")).layers[-1]
    assert (made.receptive_field, made.effective_stride, made.effective_padding) == ((7, 5), (4, 4), (0, 0))


def test_waterloo_cs480() -> None:
    layers = """
  - conv: {out: 100, kernel: 3}
  - conv: {out: 50, kernel: 5, stride: 3}
  - max_pool: 2
  - {name: last, conv: {out: 30, kernel: 3}}
  - max_pool: [2, 4]
  - flatten
  - linear: {out: 10, bias: false}
"""
    made = rows(net(layers, "{image: [3, 256, 256]}"))
    assert made["last"].receptive_field == (22, 22)
    assert [row.output for row in made.values()] == [
        (100, 254, 254), (50, 84, 84), (50, 42, 42), (30, 40, 40), (30, 20, 10), (6000,), (10,),
    ]  # fmt: skip
    assert [row.params for row in made.values()][::2] == [2_700 + 100, 0, 0, 60_000]
    assert made["conv_2"].params == 125_000 + 50
    assert made["last"].params == 13_500 + 30


def test_stacks_of_the_lecture() -> None:
    assert calculate(net(f"  - {{repeat: 7, {conv(5)}}}", "{image: [1, 64, 64]}")).layers[-1].receptive_field == (29, 29)
    for stride, field in ((1, 5), (2, 7)):
        assert calculate(net(f"  - {conv(3, stride)}\n  - {conv(3, stride)}", "{image: [1, 64, 64]}")).layers[-1].receptive_field == (
            field,
            field,
        )


def test_the_articles_example() -> None:
    window = Window.slide(30, 3, 3, 1, 1) | Window.slide(10, 2)
    assert window.sees(0) == (-1, 4)


# transposed convolutions and upsampling, where the field depends on the position

#: kernel, stride, padding -> how many inputs each phase reads
PHASES = {
    (2, 2, 0): [1, 1], (3, 2, 1): [1, 2], (4, 2, 1): [2, 2], (3, 1, 1): [3], (5, 2, 2): [3, 2], (5, 3, 1): [2, 1, 2],
}  # fmt: skip


@pytest.mark.parametrize(("given", "counts"), PHASES.items())
def test_phases_of_transposed_convolution(given: tuple[int, int, int], counts: list[int]) -> None:
    kernel, stride, padding = given
    window = Window.stretch(64, kernel, stride, padding, padding)
    assert [b - a + 1 for a, b in zip(window.lo, window.hi, strict=True)] == counts
    assert (window.field, window.least) == (max(counts), min(counts))
    assert window.stride == Fraction(1, stride)


UNET = """
blocks:
  Double: {{args: {{out: int}}, layers: [{{repeat: 2, conv: {{out: out, kernel: 3, padding: {padding}, act: relu}}}}]}}
input: {{image: [1, {size}, {size}]}}
layers:
  - for: {{level: 4}}
    layers: [{{name: skip$level, Double: 4}}, max_pool: 2]
  - Double: 4
  - for: {{level: [3, 2, 1, 0]}}
    layers:
      - {up}
      - concat: {{of: [skip$level, x], crop: true}}
      - Double: 4
"""
UPS = {
    "conv_transpose: {out: 4, kernel: 2, stride: 2}": (188, 204),
    "upsample: {scale: 2, mode: bilinear}": (220, 236),
}


@pytest.mark.parametrize(("size", "padding"), [(572, 0), (256, 1)])
@pytest.mark.parametrize(("up", "fields"), UPS.items())
def test_unet(up: str, fields: tuple[int, int], size: int, padding: int) -> None:
    made = calculate(UNET.format(up=up, size=size, padding=padding)).layers[-1]
    least, most = fields
    assert made.receptive_field == (most, most)
    assert made.receptive_field_min == (least, least)
    assert made.effective_stride == (1, 1)
    assert made.output[1:] == ((388, 388) if size == 572 else (256, 256))


def test_the_zoo_unet() -> None:
    made = load("unet").summary().layers[-1]
    assert (made.receptive_field, made.receptive_field_min) == ((204, 204), (188, 188))
