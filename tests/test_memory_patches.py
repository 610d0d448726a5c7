"""Patches: what each needs of the image and how much work is done again, counted position by position; what can't be cut."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, prod
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import net, spec, wrong
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.memory import MemoryPlan
    from archcalc.memory.patches import Patched

IMAGE = 2  #: channels of the image


class Layer(NamedTuple):
    """A convolution, a pool, or a residual around a convolution that changes no size."""

    kind: str
    channels: int
    kernel: int
    stride: int
    padding: int
    dilation: int

    @property
    def text(self) -> str:
        """Write it down."""
        window = f"kernel: {self.kernel}, stride: {self.stride}, padding: {self.padding}, dilation: {self.dilation}"
        if self.kind == "pool":
            return f"max_pool: {{{window}}}"
        conv = f"conv: {{out: {self.channels}, {window}}}"
        return f"residual: [{conv}]" if self.kind == "residual" else conv

    def size(self, n: int) -> int:
        """Count the positions that it makes of `n`."""
        return (n + 2 * self.padding - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def needs(self, positions: Iterable[int], n: int) -> set[int]:
        """Collect what some positions are made of, those in between and the identity of a residual included."""
        seen = {y * self.stride - self.padding + u * self.dilation for y in positions for u in range(self.kernel)}
        seen |= {*positions} if self.kind == "residual" else set()
        return {i for i in range(min(seen), max(seen) + 1) if 0 <= i < n}


@st.composite
def stacks(draw: st.DrawFn) -> list[Layer]:
    """Make layers that each read the one before; no window lies in the padding alone."""
    made: list[Layer] = []
    channels = IMAGE
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["conv", "conv", "pool", "residual"]))
        kernel, stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        padding = draw(st.integers(0, dilation * (kernel - 1) if kind == "conv" else kernel // 2))
        if kind == "residual":
            kernel, stride, padding = 3, 1, dilation
        channels = draw(st.integers(1, 4)) if kind == "conv" else channels
        made.append(Layer(kind, channels, kernel, stride, padding, dilation))
    return made


class Counted(NamedTuple):
    """What patches need, by counting."""

    tile: tuple[int, ...]
    macs: int
    stage: int


def counted(stack: Sequence[Layer], image: Sequence[int], grid: Sequence[int]) -> Counted:
    """Cut the output into patches, and go back from each, axis by axis, over sets of positions."""
    sizes = [tuple(image)]
    for layer in stack:
        sizes.append(tuple(map(layer.size, sizes[-1])))
    cut = [[range(k * n // parts, (k + 1) * n // parts) for k in range(parts)] for n, parts in zip(sizes[-1], grid, strict=True)]
    tile, macs, inside = [0] * len(grid), 0, 0
    for patch in product(*cut):
        needed = [[set(part)] for part in patch]  # along each axis, from the last tensor to the image
        for i in reversed(range(len(stack))):
            for axis, sets in enumerate(needed):
                sets.append(stack[i].needs(sets[-1], sizes[i][axis]))
        tile = [max(before, len(sets[-1])) for before, sets in zip(tile, needed, strict=True)]
        positions = [prod(len(sets[-1 - i]) for sets in needed) for i in range(len(stack) + 1)]
        channels = [IMAGE, *(layer.channels for layer in stack)]
        for i, layer in enumerate(stack):
            if layer.kind != "pool":
                macs += positions[i + 1] * channels[i + 1] * channels[i] * layer.kernel ** len(grid)
            before = positions[i] * channels[i] if i else 0
            inside = max(inside, before + positions[i + 1] * channels[i + 1])
    return Counted(tuple(tile), macs, IMAGE * prod(image) + inside + stack[-1].channels * prod(sizes[-1]))


def whole_macs(stack: Sequence[Layer], image: Sequence[int]) -> int:
    """Count the work without patches, what no later layer sees included."""
    macs, channels, sizes = 0, IMAGE, tuple(image)
    for layer in stack:
        sizes = tuple(map(layer.size, sizes))
        macs += prod(sizes) * layer.channels * channels * layer.kernel ** len(sizes) if layer.kind != "pool" else 0
        channels = layer.channels
    return macs


def cut(text: str, grid: Sequence[int], until: str, input_tensors: str = "freed") -> tuple[MemoryPlan, Patched]:
    """Plan a network in patches; a byte is an element."""
    found = spec(text).memory(patches=grid, until=until, dtype="int8", input_tensors=input_tensors)
    assert found.patches is not None
    return found, found.patches


@settings(max_examples=300)
@given(stacks(), st.tuples(st.integers(4, 14), st.integers(4, 14)), st.tuples(st.integers(1, 4), st.integers(1, 4)), st.booleans())
def test_patches_against_counting(stack: list[Layer], image: tuple[int, int], grid: tuple[int, int], flat: bool) -> None:  # noqa: FBT001 - drawn
    axes = 1 if flat else 2
    sizes = image[:axes]
    for layer in stack:
        assume(all(n + 2 * layer.padding > layer.dilation * (layer.kernel - 1) for n in sizes))
        sizes = tuple(map(layer.size, sizes))
    grid_ = tuple(min(parts, n) for parts, n in zip(grid, sizes, strict=False))
    lines = "\n".join(f"  - {{name: l{i}, {layer.text}}}" for i, layer in enumerate(stack))
    given_ = f"{{image: {{c: {IMAGE}, {'t: ' if flat else 'h: '}{image[0]}{'' if flat else f', w: {image[1]}'}}}}}"
    found, patches = cut(net(lines, given_), grid_, f"l{len(stack) - 1}", input_tensors="kept")
    wanted = counted(stack, image[:axes], grid_)
    assert (patches.grid, patches.tile, patches.macs_patched) == (grid_, wanted.tile, wanted.macs)
    assert patches.macs == whole_macs(stack, image[:axes])
    assert patches.rest == patches.output[0] * prod(patches.output[1:])
    if all(layer.kind != "residual" for layer in stack) and len(found.layout) == len(stack) + 1:
        assert patches.stage == wanted.stage


@settings(max_examples=100)
@given(stacks(), st.integers(6, 16))
def test_one_patch_is_the_whole(stack: list[Layer], n: int) -> None:
    size = n
    for layer in stack:
        assume(size + 2 * layer.padding > layer.dilation * (layer.kernel - 1))
        size = layer.size(size)
    lines = "\n".join(f"  - {{name: l{i}, {layer.text}}}\n  - relu" for i, layer in enumerate(stack))
    found, patches = cut(net(lines, f"{{image: [{IMAGE}, {n}, {n}]}}"), (1,), f"l{len(stack) - 1}", input_tensors="kept")
    assert patches.recomputed <= 1, "what no later window sees is not made"
    assert patches.stage <= found.liveness + prod(patches.output)
    assert patches.peak == max(patches.stage, patches.rest)


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("resnet18", "max_pool_1"),
        ("mobilenet_v2", "stage[2].InvertedResidual_1[0]"),
        ("unet", "layers_1[0].skip0"),
        ("squeezenet", "fire3"),
    ],
)
def test_networks_in_one_patch(name: str, until: str) -> None:
    whole = load(name).memory(input_tensors="kept", patches=(1,), until=until)
    assert whole.patches is not None
    assert whole.patches.recomputed == 1
    assert max(whole.patches.stage - 4 * prod(whole.patches.output), whole.patches.rest) <= whole.liveness
    finer = load(name).memory(input_tensors="kept", patches=(4,), until=until).patches
    assert finer is not None
    assert finer.stage < whole.patches.stage
    assert finer.rest == whole.patches.rest
    assert finer.recomputed > 1


def test_the_patches_of_mobilenet_v2() -> None:
    """Cut where MCUNetV2 (https://arxiv.org/abs/2110.15352) cuts it: before the 28 by 28 maps of 32 channels, in 4 by 4 patches."""
    found = load("mobilenet_v2").memory(
        dtype="int8", in_place="depthwise", patches=(4,), until="stage[2].InvertedResidual_1[0]", input_tensors="elsewhere"
    )
    patches = found.patches
    assert patches is not None
    assert (patches.grid, patches.output, patches.tile) == ((4, 4), (32, 28, 28), (75, 75))
    assert patches.peak == patches.rest == 200_704
    assert found.liveness == 1_404_928


RESIDUAL = "  - {name: a, conv: {out: 4, kernel: 3, padding: 1}}\n  - {name: b, conv: {out: 4, kernel: 1}}\n  - {name: c, add: [a, b]}\n"
REFUSED: dict[str, tuple[str, tuple[int, ...], str, str]] = {
    "past a global pool": ("  - {name: a, conv: {out: 4, kernel: 3}}\n  - {name: b, global_avg_pool: }\n", (2,), "b", "no image"),
    "past what sees all": (
        "  - {name: a, conv: {out: 4, kernel: 3}}\n  - {name: b, squeeze_excite: 2}\n", (2,), "b", "sees the whole image"),
    "past flatten": ("  - {name: a, conv: {out: 4, kernel: 3}}\n  - flatten\n  - {name: b, linear: 4}\n", (2,), "b", "no image"),
    "more patches than positions": ("  - {name: a, conv: {out: 4, kernel: 31}}\n", (3,), "a", "2 positions can't be cut into 3 patches"),
    "no patches": ("  - {name: a, conv: {out: 4, kernel: 3}}\n", (0,), "a", "can't be cut into 0 patches"),
    "too many patches": ("  - {name: a, conv: {out: 4, kernel: 3, padding: 1}}\n  - {upsample: 9}\n", (65,), "upsample_1", "65 patches"),
    "patches along axes that are none": ("  - {name: a, conv: {out: 4, kernel: 3}}\n", (2, 2, 2), "a", "2 spatial axes, the patches 3"),
    "what several tensors cross": (RESIDUAL, (2,), "b", "2 tensors of the stage"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_cut(name: str) -> None:
    layers, grid, until, says = REFUSED[name]
    found = wrong(lambda: cut(net(layers), grid, until))
    assert found.codes == ["E640"]
    assert says in found.words()
    assert f"patches up to `{until}`" in found.words()


def test_a_layer_that_is_not_there() -> None:
    found = wrong(lambda: load("resnet18").memory(patches=(2,), until="max_pol_1"))
    assert (found.codes, "did you mean `max_pool_1`?" in found.words()) == (["E606"], True)


def test_what_later_layers_read_of_the_image_stays() -> None:
    layers = "  - {name: a, conv: {out: 1, kernel: 3, padding: 1}}\n  - {name: b, from: [a, image], concat: {axis: 0}}\n"
    _, patches = cut(net(layers, "{image: [1, 8, 8]}"), (2,), "a")
    assert patches.rest == 64 + 64 + 128
    assert patches.stage == 64 + 64 + 16


def test_bits_are_rounded_once() -> None:
    text = net("  - {name: a, conv: {out: 3, kernel: 1}}\n", "{image: [1, 5, 5]}")
    patches = spec(text).memory(patches=(1,), until="a", dtype="1.58").patches
    assert patches is not None
    assert patches.stage == ceil((1 + 3 + 3) * 25 * Fraction("1.58") / 8)
