"""Laws: what must hold of every window, every network and every expression, tried on random ones against brute force."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import calculate, net
from hypothesis import assume, given
from hypothesis import strategies as st

from archcalc import load
from archcalc.algebra import PHASES, Refused, Window
from archcalc.spec.expression import ExpressionError, expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.report.result import Row, Summary

SMALL = st.integers(1, 6)


# windows


@st.composite
def chains(draw: st.DrawFn, most: int = 4) -> list[Window]:
    """Make windows that can stand in series, each reading what the one before it makes."""
    n, made = draw(st.integers(1, 24)), []
    for _ in range(draw(st.integers(1, most))):
        window = draw(windows(n))
        made.append(window)
        n = window.out
        assume(n <= 200)
    return made


@st.composite
def windows(draw: st.DrawFn, n: int) -> Window:
    """Make one window over `n` positions."""
    kind = draw(st.sampled_from(["slide", "crop", "stretch", "nearest", "bilinear", "bicubic", "area"]))
    kernel, stride, dilation = draw(SMALL), draw(SMALL), draw(st.integers(1, 3))
    before, after = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    try:
        match kind:
            case "slide":
                return Window.slide(n, kernel, stride, before, after, dilation, ceil=draw(st.booleans()))
            case "crop":
                return Window.slide(n, 1, 1, -before, -after)
            case "stretch":
                return Window.stretch(n, kernel, stride, before, after, dilation, draw(st.integers(0, stride - 1)))
            case "nearest":
                return Window.resample(n, draw(st.integers(1, 40)))
            case "bilinear":
                return Window.resample(n, draw(st.integers(1, 40)), above=1, half=True)
            case "bicubic":
                return Window.resample(n, draw(st.integers(1, 40)), 1, 2, half=True)
        return Window.resample(n, draw(st.integers(1, 40)), area=True)
    except Refused:
        return Window(n)


def brute(chain: list[Window], position: int) -> tuple[int, int]:
    """Follow all positions seen back through a chain, one window at a time; where nothing is seen, its two ends have passed."""
    first = last = position
    for window in reversed(chain):
        if first <= last:
            all_seen = [window.sees(y) for y in range(first, last + 1)]
            first, last = min(lo for lo, _ in all_seen), max(hi for _, hi in all_seen)
        else:
            first, last = window.sees(first)[0], window.sees(last)[1]
    return first, last


@given(chains())
def test_windows_in_series(chain: list[Window]) -> None:
    whole = reduce(Window.__or__, chain)
    assert whole.out == chain[-1].out
    if not whole.tracked:
        assert prod(len(window.lo) for window in chain) > PHASES
        return
    for position in range(-3, whole.out + 3):
        assert whole.sees(position) == brute(chain, position)
    field = [b - a + 1 for a, b in (brute(chain, y) for y in range(len(whole.lo)))]
    assert (whole.field, whole.least) == (max(field), min(field))
    assert whole.padding == -brute(chain, 0)[0]
    period = len(whole.lo)
    assert whole.stride * period == brute(chain, period)[0] - brute(chain, 0)[0]


def same(a: Window, b: Window) -> bool:
    """Tell whether two windows are one map, however many phases they are written with."""
    if (a.out, a.aligned, a.stride) != (b.out, b.aligned, b.stride):
        return False
    return all(a.sees(y) == b.sees(y) for y in range(len(a.lo) * len(b.lo)))


@given(chains(3))
def test_series_is_associative(chain: list[Window]) -> None:
    for i in range(1, len(chain)):
        left, right = reduce(Window.__or__, chain[:i]), reduce(Window.__or__, chain[i:])
        assert same(left | right, reduce(Window.__or__, chain))


@given(chains())
def test_the_identity_is_a_unit(chain: list[Window]) -> None:
    whole = reduce(Window.__or__, chain)
    assert same(Window(99) | whole, whole)
    assert same(whole | Window(whole.out), whole)
    assert Window(7).identity


@given(st.integers(1, 30), SMALL, SMALL, st.integers(0, 4), st.integers(0, 4), st.integers(1, 3))
def test_sliding_is_counting(n: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> None:
    reach = dilation * (kernel - 1)
    starts = [start for start in range(-before, n + after, stride) if start + reach < n + after]
    loose = [start for start in range(-before, n, stride) if start == -before or start + reach - stride < n + after - 1 or start in starts]
    if not starts:
        with pytest.raises(Refused):
            Window.slide(n, kernel, stride, before, after, dilation)
        return
    window = Window.slide(n, kernel, stride, before, after, dilation)
    assert window.out == len(starts)
    assert [window.sees(y) for y in range(window.out)] == [(start, start + reach) for start in starts]
    if max(before, after) <= kernel // 2:  # as pools are bound to
        rounded = Window.slide(n, kernel, stride, before, after, dilation, ceil=True)
        assert rounded.out == len(loose) >= window.out
        assert rounded.sees(rounded.out - 1)[0] < n


@given(st.integers(1, 12), SMALL, SMALL, st.integers(0, 3), st.integers(1, 3))
def test_stretching_is_spreading(n: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    try:
        window = Window.stretch(n, kernel, stride, padding, padding, dilation)
    except Refused:
        assert (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 < 1
        return
    assert window.out == (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
    endless = range(-60, 60)  # inputs, as if they had no ends
    for y in range(window.out):
        seen = [i for i in endless if any(i * stride + u * dilation - padding == y for u in range(kernel))]
        first, last = window.sees(y)
        assert (not seen) or first <= min(seen) <= max(seen) <= last
        if dilation == 1:
            assert (first, last) == (min(seen), max(seen)) if seen else last < first


@given(st.integers(1, 40), st.integers(1, 40))
def test_resampling_reads_the_right_places(n: int, out: int) -> None:
    nearest, area = Window.resample(n, out), Window.resample(n, out, area=True)
    linear, cubic = Window.resample(n, out, above=1, half=True), Window.resample(n, out, 1, 2, half=True)
    for y in range(out):
        assert nearest.sees(y) == (y * n // out, y * n // out)
        assert area.sees(y) == (y * n // out, -(-(y + 1) * n // out) - 1)
        centre = Fraction(2 * y + 1, 2) * Fraction(n, out) - Fraction(1, 2)
        between, at = centre.denominator > 1, centre // 1
        assert linear.sees(y) == (at, at + between), "of a centre that is hit, the next one has no weight"
        assert cubic.sees(y) == ((at - 1, at + 2) if n != out else (y, y)), "the hull"
    assert nearest.out == area.out == linear.out == cubic.out == out


@st.composite
def parallel(draw: st.DrawFn) -> tuple[Window, Window, Window]:
    """Make three windows from one axis to one axis, with the same stride."""
    step, phases, out = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 9))

    def one() -> Window:
        turns = draw(st.integers(1, 2))
        lo = [draw(st.integers(-5, 5)) for _ in range(phases * turns)]
        return Window(out, step * turns, tuple(lo), tuple(a + draw(st.integers(0, 4)) for a in lo))

    return one(), one(), one()


@given(parallel())
def test_joining_is_the_hull(three: tuple[Window, Window, Window]) -> None:
    a, b, c = three
    for y in range(-4, 12):
        (lo, hi), (low, high) = a.sees(y), b.sees(y)
        assert (a & b).sees(y) == (min(lo, low), max(hi, high))
    assert same(a & b, b & a)
    assert a & a == a
    assert all(((a & b) & c).sees(y) == (a & (b & c)).sees(y) for y in range(24))
    centred = all(sum(a.sees(y)) == sum(b.sees(y)) for y in range(24))
    assert (a & b).aligned is centred


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
def test_unequal_strides_do_not_join(a: int, b: int, phases: int, others: int) -> None:
    one = Window(4, a, tuple(range(phases)), tuple(range(phases)))
    two = Window(4, b, tuple(range(others)), tuple(range(1, others + 1)))
    assume(one != two)
    if Fraction(a, phases) == Fraction(b, others):
        assert (one & two).stride == Fraction(a, phases)
    else:
        with pytest.raises(Refused, match="strides"):
            one & two


@given(parallel(), st.integers(1, 3), st.integers(1, 3))
def test_what_is_seen_through_a_join(three: tuple[Window, Window, Window], kernel: int, stride: int) -> None:
    a, b, _ = three
    assume(a.out >= kernel)
    assume(len(a.lo) == len(b.lo) == 1)  # within one period fields are monotone, so joining and going on commute
    then = Window.slide(a.out, kernel, stride)
    assert same(((a & b) | then)._replace(aligned=True), ((a | then) & (b | then))._replace(aligned=True))


def test_untracked_windows_stay_untracked() -> None:
    unknown, plain = Window(4, 1, (), ()), Window(4)
    for made in (unknown | plain, plain | unknown, unknown & plain, plain & unknown):
        assert not made.tracked
        assert made.out == 4


# networks


class Node(NamedTuple):
    """A layer of a random network: its kind, its own number, and the numbers of what it reads; 0 is the input."""

    kind: str
    reads: tuple[int, ...]


ONE = {"relu": 0, "conv": 1, "identity": 0, "flat": 0, "pool": 0, "norm": 8, "pad": 0, "shuffle": 0}


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> list[Node]:
    """Make a network whose tensors are all alike, (4, 4, 4), so that anything can be wired to anything."""
    made: list[Node] = []
    for i in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["relu", "relu", "conv", "identity", "pool", "norm", "shuffle", "add", "concat", "multiply"]))
        count = draw(st.integers(2, 3)) if kind in {"add", "concat", "multiply"} else 1
        made.append(Node(kind, tuple(draw(st.integers(max(0, i - 4), i)) for _ in range(count))))
    return made


def written(graph: list[Node]) -> str:
    """Write a network; `concat` is followed by a convolution, so that the next tensor is like all others."""
    kinds = {
        "relu": "relu: ", "conv": "conv: {out: 4, kernel: 1}", "identity": "identity: ", "pool": "max_pool: {kernel: 1}",
        "norm": "batch_norm: ", "shuffle": "channel_shuffle: 2", "add": "add: ", "multiply": "multiply: ", "concat": "concat: {axis: 0}",
    }  # fmt: skip
    lines = []
    for i, node in enumerate(graph, 1):
        reads = ", ".join(f"t{k}" for k in node.reads)
        lines.append(f"  - {{name: {'c' if node.kind == 'concat' else 't'}{i}, from: [{reads}], {kinds[node.kind]}}}")
        if node.kind == "concat":
            lines.append(f"  - {{name: t{i}, from: c{i}, conv: {{out: 4, kernel: 1}}}}")
    return net("\n".join(lines), "{t0: [4, 4, 4]}")


@dataclass
class Machine:
    """Runs a network with its storages in a list, the slow way: who still needs what is asked of all later steps, every time."""

    steps: list[tuple[str, tuple[int, ...], int]] = field(default_factory=list)  #: kind, tensors read, size made

    def run(self) -> tuple[int, int, int]:
        """Give the activations in all, the most alive at once, and the largest inputs + output."""
        count = len(self.steps)
        size, home = {0: 64}, {0: 0}  # of storages; of tensors
        total, peak, in_out = 64, 0, 0
        for i, (kind, reads, made) in enumerate(self.steps):
            tensor = i + 1
            storage = home[reads[0]]
            later = any(home.get(k) == storage for _, others, _ in self.steps[i + 1 :] for k in others)
            is_output = home[count] == storage if count in home else False
            view = kind in {"identity", "pool"}
            over = kind in {"relu", "norm"} and storage != 0 and not later and not is_output
            if view or over:
                home[tensor] = storage
            else:
                home[tensor] = tensor
                size[tensor] = made
                total += made
                in_out = max(in_out, made + sum(self.steps[k - 1][2] if k else 64 for k in {*reads}))
            needed = {home[tensor]} | {home[k] for k in reads}
            needed |= {home[k] for _, others, _ in self.steps[i + 1 :] for k in others if k in home}
            peak = max(peak, sum(size[s] for s in needed))
        return total, peak, in_out


def machine(graph: list[Node]) -> Machine:
    steps: list[tuple[str, tuple[int, ...], int]] = []
    at = {0: 0}
    for i, node in enumerate(graph, 1):
        steps.append((node.kind, tuple(at[k] for k in node.reads), 64 * (len(node.reads) if node.kind == "concat" else 1)))
        if node.kind == "concat":
            steps.append(("conv", (len(steps),), 64))
        at[i] = len(steps)
    return Machine(steps)


@given(graphs())
def test_memory_against_a_machine(graph: list[Node]) -> None:
    made = calculate(written(graph)).totals
    total, peak, in_out = machine(graph).run()
    assert made.activations == total
    assert made.peak_activation == max(peak, 64)
    assert made.peak_in_out == in_out


@given(graphs(5), st.integers(2, 5))
def test_batch_scales_macs_and_activations_and_nothing_else(graph: list[Node], batch: int) -> None:
    one, many = calculate(written(graph)), calculate(written(graph), batch=batch)
    scaled = {"macs", "flops", "activations", "activations_bytes", "activation_bits", "live", "live_bytes", "in_out", "in_out_bytes"}
    for before, after in zip(one.layers, many.layers, strict=True):
        assert after._replace(**{w: getattr(before, w) for w in scaled}) == before
        assert all(getattr(after, w) == batch * getattr(before, w) for w in scaled)
    sums = {"macs", "flops", "activations", "activations_bytes", "peak_activation", "peak_activation_bytes", "peak_in_out"}
    sums.add("peak_in_out_bytes")
    assert replace(many.totals, **{w: getattr(one.totals, w) for w in sums}) == one.totals
    assert all(getattr(many.totals, w) == batch * getattr(one.totals, w) for w in sums)


BITS = {"fp64": 64, "fp32": 32, "fp16": 16, "bf16": 16, "int8": 8, "int4": 4, "ternary": 2, "binary": 1, "3": 3}


@given(graphs(5), st.sampled_from(sorted(BITS)), st.sampled_from(sorted(BITS)))
def test_precision_scales_bytes_and_nothing_else(graph: list[Node], weights: str, activations: str) -> None:
    one, other = calculate(written(graph)), calculate(written(graph), dtype=f"weights={weights},activations={activations}")
    sizes = ("model_size_bytes", "activations_bytes")
    stored = (*sizes, "weight_bits", "activation_bits", "live_bytes", "in_out_bytes")
    for before, after in zip(one.layers, other.layers, strict=True):
        assert after._replace(**{w: getattr(before, w) for w in stored}) == before
        assert after.model_size_bytes == -(-before.params * BITS[weights] // 8)
        assert after.activations_bytes == -(-before.activations * BITS[activations] // 8)
        assert after.live_bytes == -(-before.live * BITS[activations] // 8)
        assert after.in_out_bytes == -(-before.in_out * BITS[activations] // 8)
    totals, before_all = other.totals, one.totals
    assert totals.model_size_bytes == -(-totals.params * BITS[weights] // 8), "rounded up once, at the end"
    assert totals.activations_bytes == -(-totals.activations * BITS[activations] // 8)
    assert totals.peak_activation_bytes == -(-totals.peak_activation * BITS[activations] // 8)
    assert totals.peak_in_out_bytes == -(-totals.peak_in_out * BITS[activations] // 8)
    sums = (*sizes, "peak_activation_bytes", "peak_in_out_bytes")
    assert replace(totals, **{w: getattr(before_all, w) for w in sums}) == before_all


LAYERS = [
    "conv: {out: 4, kernel: 3, padding: 1, norm: batch, act: relu}", "conv: {out: 6, kernel: 1}", "relu: ", "batch_norm: ",
    "max_pool: {kernel: 3, stride: 1, padding: 1}", "residual: [conv: {out: x.c, kernel: 3, padding: 1}]", "upsample: 2", "pad: 1",
    "branches: {a: [relu], b: [conv: {out: 2, kernel: 1}]}", "Wide: 3", "conv_transpose: {out: 5, kernel: 2, stride: 2}",
    "layers: [relu, {freeze: true, conv: {out: 4, kernel: 1}}]", "depthwise_conv: {kernel: 3, stride: 2, padding: 1}",
]  # fmt: skip
HEAD = "blocks: {Wide: {args: {by: int}, layers: [conv: {out: x.c * by, kernel: 1}, conv: {out: 4, kernel: 1}]}}\n"


def bare(made: Summary) -> list[Row]:
    """Give the rows without what tells where they are written."""
    return [row._replace(path="", line=0, group=None) for row in made.layers]


@given(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=3), st.integers(0, 3), st.sampled_from(LAYERS))
def test_repeating_is_writing_it_again(body: list[str], count: int, first: str) -> None:
    group = "{" + f"layers: [{', '.join(f'{{{layer}}}' for layer in body)}]" + "}"
    lines = "\n".join([f"  - {{{first}}}", *[f"  - {group}"] * count])
    once = f"  - {{{first}}}\n  - {{repeat: {count}, {group[1:]}"
    looped = f"  - {{{first}}}\n  - {{for: {{k: {count}}}, {group[1:]}"
    wanted = calculate(net(lines, "[4, 8, 8]", HEAD))
    for text in (once, looped):
        made = calculate(net(text, "[4, 8, 8]", HEAD))
        assert bare(made) == bare(wanted)
        assert replace(made.totals, peak_at="") == replace(wanted.totals, peak_at="")


@given(graphs())
def test_totals_are_sums_of_rows(graph: list[Node]) -> None:
    made = calculate(written(graph))
    assert made.totals.activations == 64 + sum(row.activations for row in made.layers)
    assert made.totals.params == sum(row.params for row in made.layers)
    assert (
        made.totals.macs
        == sum(row.macs for row in made.layers)
        == 16 * sum(prod((row.inputs[0][0], row.output[0])) for row in made.layers if row.type == "conv")
    )
    assert made.totals.flops == 2 * made.totals.macs
    assert made.totals.peak_activation == max(row.live for row in made.layers)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_a_chain_of_layers(widths: list[int]) -> None:
    layers = "\n".join(f"  - linear: {n}" for n in widths[1:])
    made = calculate(net(layers, f"{{v: {{d: {widths[0]}}}}}")).totals
    assert made.macs == sum(a * b for a, b in pairwise(widths))
    assert made.params == made.macs + sum(widths[1:])
    assert made.activations == sum(widths)
    assert made.peak_activation == made.peak_in_out == max(a + b for a, b in pairwise(widths))


# the rules of what takes memory, one network each: layers, activations, peak

STORAGE: dict[str, tuple[str, int, int]] = {
    "an activation works in place": ("conv: {out: 4, kernel: 1}, relu", 64 + 64, 128),
    "but not on an input": ("relu", 64 + 64, 128),
    "nor on what is read later": ("{name: a, conv: {out: 4, kernel: 1}}, relu, add: [a, x]", 64 * 4, 192),
    "nor on what is read later through a view": (
        "{name: a, conv: {out: 4, kernel: 1}}, flatten, {name: r, relu: }, {from: a, flatten: }, add: [r, x]", 64 * 4, 192),
    "norms, dropout and scale too": ("conv: {out: 4, kernel: 1}, batch_norm, dropout: 0.5, drop_path: 0.1, scale, softmax", 128, 128),
    "local response too": ("conv: {out: 4, kernel: 1}, local_response_norm", 128, 128),
    "views take nothing": ("flatten, unflatten: {axis: 0, sizes: {c: 4, h: 4, w: 4}}, permute: [0, 2, 1], tokens", 64, 64),
    "a slice takes nothing": ("slice: {start: 0, stop: 2, axis: 0}", 64, 64),
    "a crop takes nothing": ("crop: 2", 64, 64),
    "a pool of one position takes nothing": ("max_pool: 1, adaptive_avg_pool: 4", 64, 64),
    "a pool of many does": ("max_pool: {kernel: 3, stride: 1, padding: 1}", 128, 128),
    "resizing to its own size takes nothing": ("upsample: {size: 4}", 64, 64),
    "a padding of nothing is new": ("pad: 0", 128, 128),
    "a shuffle is new": ("channel_shuffle: 2", 128, 128),
    "an addition is new": ("{name: a, conv: {out: 4, kernel: 1}}, residual: [conv: {out: 4, kernel: 1}]", 64 * 4, 192),
    "a parameter is a weight": ("{name: a, parameter: {shape: {c: 4, h: 4, w: 4}}}, {from: [a, image], add: }", 64 + 64, 128),
    "glu and maxout are new": ("glu: 0, maxout: 2", 64 + 32 + 16, 96),
    "a smaller output may still not be in place": ("global_avg_pool", 64 + 4, 68),
    "prelu works in place": ("conv: {out: 4, kernel: 1}, prelu", 128, 128),
}  # fmt: skip


@pytest.mark.parametrize("rule", STORAGE)
def test_storage(rule: str) -> None:
    layers, total, peak = STORAGE[rule]
    made = calculate(f"input: {{image: [4, 4, 4]}}\nlayers: [{layers}]\n").totals
    assert (made.activations, made.peak_activation) == (total, peak)


def test_an_output_is_not_written_over() -> None:
    text = "input: [4, 4, 4]\nlayers: [{name: a, conv: {out: 4, kernel: 1}}, {name: b, relu: }]\n"
    assert calculate(text).totals.activations == 128
    assert calculate(text + "output: [a, b]\n").totals.activations == 192
    assert calculate(text + "output: [b]\n").totals.activations == 128


@pytest.mark.parametrize(
    ("name", "total", "peak"),
    [
        ("alexnet", 932_264, 440_928),
        ("vgg16", 15_237_608, 6_422_528),
        ("resnet18", 3_589_096, 1_003_520),
        ("resnet50", 16_987_624, 2_408_448),
    ],
)
def test_published_memory(name: str, total: int, peak: int) -> None:
    made = load(name).summary().totals
    assert (made.activations, made.peak_activation) == (total, peak)


# tied weights


@given(st.lists(st.sampled_from([4, 5]), min_size=1, max_size=5), st.booleans())
def test_tied_weights_count_once(widths: list[int], bias: bool) -> None:  # noqa: FBT001 - drawn
    flag = str(bias).lower()
    lines = [f"  - {{name: l{n}, from: v, linear: {{out: {n}, bias: {flag}}}}}" for n in (4, 5)]
    lines += [f"  - {{from: v, tie: l{n}, linear: {{out: {n}, bias: {flag}}}}}" for n in widths]
    made = calculate(net("\n".join(lines), "{v: {d: 7}}")).totals
    assert made.params == 9 * (7 + bias)
    assert made.macs == 7 * (9 + sum(widths))


@given(st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_a_tied_matrix_may_be_transposed(a: int, b: int, bias: bool) -> None:  # noqa: FBT001 - drawn
    lines = f"  - {{name: e, linear: {{out: {b}, bias: false}}}}\n  - {{tie: e, linear: {{out: {a}, bias: {str(bias).lower()}}}}}"
    made = calculate(net(lines, f"{{v: {{d: {a}}}}}"))
    assert [row.params for row in made.layers] == [a * b, a * bias]
    assert made.layers[1].tied


# expressions

NUMBERS = st.integers(0, 50) | st.sampled_from([0.5, 1.25, 2.0])
NAMES = {"w": 7, "half": 0.5, "on": True, "list": [1, 2, 3]}


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 3) -> str:
    """Write an expression as Python and the language both read it."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["w", "half", "list[1]"])) if draw(st.booleans()) else str(draw(NUMBERS))
    a, b, c = (draw(arithmetic(depth - 1)) for _ in range(3))
    form = draw(st.sampled_from(
        ["({a}) + ({b})", "{a} - {b}", "({a}) * {b}", "({a}) / ({b})", "({a}) // ({b})", "({a}) % ({b})", "-({a})", "({a}) ** 2",
         "({a} if {b} < {c} else {c})", "min({a}, {b})", "max({a}, {b}, {c})", "abs({a})", "int({a})",
         "({a} if not {b} <= {c} != {a} and on or {c} == 3 else {b})"]
    ))  # fmt: skip
    return form.format(a=a, b=b, c=c)


@given(arithmetic())
def test_arithmetic_is_pythons(text: str) -> None:
    assume(len(text) <= 200)
    try:
        wanted = eval(text, {"__builtins__": {"min": min, "max": max, "abs": abs, "int": int}}, dict(NAMES))  # noqa: S307 - made above
    except ZeroDivisionError:
        return
    got = expression(text)(NAMES)
    assert got == wanted
    if isinstance(wanted, int):
        assert type(got) is int


@given(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)))
def test_rounding(value: float) -> None:
    exact = Fraction(str(value))
    names = {"v": value}
    assert expression("round(v)")(names) == (exact + Fraction(1, 2)) // 1
    assert expression("ceil(v)")(names) == -(-exact // 1)
    assert expression("floor(v)")(names) == exact // 1


@given(st.integers(1, 4000), st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.1, 1.4, 2.0]), st.sampled_from([4, 8, 16]))
def test_divisible_is_mobilenets(channels: int, alpha: float, divisor: int) -> None:
    made = expression("divisible(c * alpha, d)")({"c": channels, "alpha": alpha, "d": divisor})
    assert isinstance(made, int)
    assert made % divisor == 0
    assert made >= 0.9 * channels * alpha
    assert made >= divisor
    assert abs(made - channels * alpha) <= max(divisor, 0.1 * channels * alpha)


@given(st.text(max_size=30) | st.text("0123456789.+-*/%()<>=!, wxde_[]'\"lambifnorts", max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with suppress(ExpressionError):
        made = expression(text)
        made.check(NAMES)
        assert made(NAMES) is not NotImplemented


def shapes(made: Summary) -> Iterator[tuple[int, ...]]:
    return (row.output for row in made.layers)


@given(st.integers(1, 4), st.integers(0, 2), st.integers(1, 3), st.integers(1, 2), st.integers(1, 16))
def test_rank_is_only_more_axes(kernel: int, padding: int, stride: int, dilation: int, n: int) -> None:
    assume(n + 2 * padding > dilation * (kernel - 1))
    fields = f"{{out: 4, kernel: {kernel}, stride: {stride}, padding: {padding}, dilation: {dilation}, bias: false}}"
    given_axes = [{"c": 2, "t": n}, {"c": 2, "h": n, "w": n}, {"c": 2, "t": n, "h": n, "w": n}]
    made = [calculate(f"input: {{x: {str(g).replace(chr(39), '')}}}\nlayers: [conv: {fields}]\n") for g in given_axes]
    (out,) = {size for one in made for shape in shapes(one) for size in shape[1:]}
    assert [one.totals.params for one in made] == [8 * kernel**rank for rank in (1, 2, 3)]
    assert [one.totals.macs for one in made] == [8 * kernel**rank * out**rank for rank in (1, 2, 3)]
