"""A network on a device: published times and energies, laws of kernels, and what can't be estimated."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import archcalc, net, spec, wrong
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import load, zoo
from archcalc.devices import known
from archcalc.devices import load as device
from archcalc.devices.reading import read
from archcalc.performance.energy import ADD, DRAM, MAC, SRAM, ratio, spent, sram
from archcalc.performance.kernels import kernels
from archcalc.spec.diagnostics import Source

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from archcalc.devices import Profile
    from archcalc.performance.estimate import Estimate
    from archcalc.performance.kernels import Kernel

ROOT = Path(__file__).parent.parent
PLAIN = "peak: {fp32: 20 MFLOP/s, fp16: 40 MFLOP/s, int8: 80 MOP/s}\nbandwidth: 1 TB/s\nlaunch: 0 s\n"
#: A layer of a million multiply-accumulates: 100 ms on a board of 20 MFLOP/s.
MILLION = net("- linear: {out: 1000, bias: false}", "{x: [1000]}")
ZOO = sorted({entry.name for entry in zoo.entries()})
#: Small enough to be run many times.
SMALL = ("lenet5", "alexnet", "resnet18", "mobilenet_v2", "vit_b_16", "gpt2", "unet", "efficientnet_b0", "transformer_base")


def board(text: str = PLAIN) -> Profile:
    return read(Source("board.yaml", text))


def estimated(
    layers: str, given: str = "{image: [3, 32, 32]}", head: str = "", on: Profile | str = "a100-80-sxm", **options: Any
) -> Estimate:
    return spec(net(layers, given, head)).estimate(on, **options)


def listed(text: str, **options: Any) -> list[Kernel]:
    """List the kernels of a spec."""
    run = spec(text).run()
    return list(kernels(run.network, run.settings, **options))


def close(value: Fraction | None, expected: float, rel: float = 5e-4) -> bool:
    return value is not None and float(value) == pytest.approx(expected, rel=rel)


# ---- published and worked by hand


def test_deep_and_narrow_against_wide_and_shallow() -> None:
    """As many parameters and multiply-accumulates, and 15.7 times the latency."""
    deep = estimated("- {repeat: 64, linear: {out: 512, bias: false}}", "{x: [512]}", dtype="fp16")
    wide = estimated("- linear: {out: 4096, bias: false}", "{x: [4096]}", dtype="fp16")
    assert sum(row.operations for row in deep.rows) == sum(row.operations for row in wide.rows) == 2 * 64 * 512**2
    assert deep.latency == 64 * (Fraction(2 * (512**2 + 2 * 512), 2039 * 10**9) + Fraction(5, 10**6))
    assert close(deep.latency, 336.5e-6)
    assert close(wide.latency, 21.5e-6, 2e-3)
    assert deep.latency is not None
    assert wide.latency is not None
    assert round(float(deep.latency / wide.latency), 1) == 15.7
    assert {row.bound for row in deep.rows} == {"launch"}
    assert {row.bound for row in wide.rows} == {"memory"}


def test_engines_side_by_side() -> None:
    """The lecture's two designs: one engine of 50 ms, or four of 100 ms."""
    four = spec(MILLION).estimate(board(), engines=4)
    assert (four.latency, four.throughput) == (Fraction(1, 10), Fraction(40))
    one = spec(MILLION).estimate(board(PLAIN.replace("20 M", "40 M")))
    assert (one.latency, one.throughput) == (Fraction(1, 20), Fraction(20))


@pytest.mark.parametrize(
    ("layer", "given", "intensity"),
    [
        ("conv: {out: 256, kernel: 3, padding: 1, bias: false}", "[256, 14, 14]", 83.8),
        ("conv: {out: 256, kernel: 1, bias: false}", "[256, 14, 14]", 38.7),
        ("conv: {out: 256, kernel: 3, padding: 1, groups: 256, bias: false}", "[256, 14, 14]", 2.2),
        ("linear: {out: 4096, bias: false}", "[4096]", 0.5),
    ],
)
def test_intensities(layer: str, given: str, intensity: float) -> None:
    (row,) = estimated(f"- {layer}", f"{{x: {given}}}").rows
    assert row.intensity is not None
    assert float(row.intensity) == pytest.approx(intensity, abs=0.05)


def test_a_kernel_at_the_ridge_is_bound_by_both() -> None:
    (row,) = spec(MILLION).estimate(board("peak: {fp32: 2 GFLOP/s}\nbandwidth: 4.008 GB/s")).rows
    assert row.compute == row.memory == Fraction(1, 1000)
    assert row.bound == "compute"
    more = spec(MILLION).estimate(board("peak: {fp32: 2 GFLOP/s}\nbandwidth: 4 GB/s")).rows
    assert [row.bound for row in more] == ["memory"]


# ---- energy

ALEXNET = net(
    """\
- conv: {out: 96, kernel: 11, stride: 4, padding: 2}
- max_pool
- conv: {out: 256, kernel: 5, padding: 2, groups: 2}
- max_pool
- conv: {out: 384, kernel: 3, padding: 1}
- conv: {out: 384, kernel: 3, padding: 1, groups: 2}
- conv: {out: 256, kernel: 3, padding: 1, groups: 2}
- max_pool
- flatten
- linear: {out: 4096, act: relu}
- linear: {out: 4096, act: relu}
- linear: 1000
""",
    "{image: [3, 224, 224]}",
    "defaults: {conv: {act: relu, bias: false}, linear: {bias: false}, max_pool: {kernel: 3, stride: 2}}\n",
)
#: mJ for arithmetic, weights and activations of the lecture's AlexNet.
MILLIJOULES = [("fp32", 3.332, 39.011, 1.193), ("fp16", 1.087, 19.505, 0.597), ("int8", 0.217, 9.753, 0.298)]


@pytest.mark.parametrize(("precision", "compute", "weights", "activations"), MILLIJOULES)
def test_the_energy_of_alexnet(precision: str, compute: float, weights: float, activations: float) -> None:
    width = {"fp32": 4, "fp16": 2, "int8": 1}[precision]
    found = spent(precision, 724_406_816, 0, Fraction(60_954_656 * width), Fraction(2 * 932_264 * width))
    assert found is not None
    assert [round(float(part) / 1e9, 3) for part in found] == [compute, weights, activations]
    made = spec(ALEXNET).estimate(board(), dtype=precision)
    assert made.energy is not None
    assert made.energy[1:] == found[1:]
    elementwise = sum(row.kernel.elementwise for row in made.rows)
    assert made.energy.compute == found.compute + elementwise * ADD[precision]
    assert float(made.energy.compute) / 1e9 == pytest.approx(compute, abs=1.5e-3)
    assert made.transfer.activations == (150_528 + 1_000) * width * DRAM
    total = made.transfer
    for one in made.rows_energy:
        assert one is not None
        total = total.plus(one)
    assert total == made.energy
    assert total.total == sum(total)


def test_horowitz() -> None:
    assert {name: float(pj) for name, pj in ADD.items()} == {"fp32": 0.9, "fp16": 0.4, "int32": 0.1, "int8": 0.03}
    assert {name: float(pj) for name, pj in MAC.items()} == pytest.approx({"fp32": 4.6, "fp16": 1.5, "int32": 3.2, "int8": 0.3})
    assert DRAM == 160
    assert [(size, float(pj)) for size, pj in SRAM] == [(8192, 1.25), (32768, 2.5), (1 << 20, 12.5)]
    known = {name: ratio(name) for name in ("fp32", "fp16", "bf16", "int8", "int4")}
    assert {name: found and round(found) for name, found in known.items()} == {
        "fp32": 139, "fp16": 427, "bf16": 427, "int8": 2133, "int4": None,
    }  # fmt: skip


@given(st.integers(1, 1 << 24), st.integers(0, 1 << 24))
def test_a_larger_memory_costs_no_less(size: int, more: int) -> None:
    assert SRAM[0][1] <= sram(size) <= sram(size + more) <= SRAM[-1][1]


def test_what_stays_on_the_chip_costs_less() -> None:
    far = spec(MILLION).estimate(board()).energy
    near = spec(MILLION).estimate(board(PLAIN + "sram: 8 MiB")).energy
    assert far is not None
    assert near is not None
    assert (near.compute, near.weights) == (far.compute, far.weights)
    assert near.activations == far.activations * Fraction("12.5") / DRAM == 4 * 4000 * Fraction("12.5")


def test_weights_are_read_once_for_a_batch() -> None:
    one, many = (spec(ALEXNET).estimate(board(), batch=n).energy for n in (1, 8))
    assert one is not None
    assert many is not None
    assert (many.compute, many.weights, many.activations) == (8 * one.compute, one.weights, 8 * one.activations)


def test_a_precision_that_the_table_does_not_have() -> None:
    found = spec(MILLION).estimate("h100-sxm", dtype="fp8")
    assert found.latency is not None
    assert (found.energy, found.rows_energy) == (None, (None,))


# ---- kernels


def types(text: str, **options: Any) -> list[str]:
    return [" + ".join(kernel.types) for kernel in listed(text, **options)]


CHAIN = "- conv: {out: 8, kernel: 3, padding: 1, norm: batch, act: relu}\n"


@pytest.mark.parametrize(
    ("layers", "fused", "eager"),
    [
        (CHAIN, ["conv + batch_norm + relu"], ["conv", "batch_norm", "relu"]),
        (CHAIN + "- dropout: 0.5\n- flatten\n- linear: {out: 3, act: gelu}",
         ["conv + batch_norm + relu", "linear + gelu"], ["conv", "batch_norm", "relu", "linear", "gelu"]),
        ("- flatten\n- linear: 4\n- dropout: 0.5\n- relu", ["linear + relu"], ["linear", "relu"]),
        ("- flatten\n- linear: 4\n- softmax", ["linear", "softmax"], ["linear", "softmax"]),
        ("- flatten\n- linear: 4\n- layer_norm", ["linear", "layer_norm"], ["linear", "layer_norm"]),
        ("- max_pool: 2\n- relu", ["max_pool", "relu"], ["max_pool", "relu"]),
        ("- residual: [conv: {out: 3, kernel: 1}]\n- relu", ["conv", "add", "relu"], ["conv", "add", "relu"]),
        ("- {name: a, conv: {out: 3, kernel: 1}}\n- {name: b, relu: }\n- add: [a, b]", ["conv", "relu", "add"], ["conv", "relu", "add"]),
        ("- {name: a, conv: {out: 3, kernel: 1}}\n- {name: b, relu: }\noutput: [a, b]", ["conv", "relu"], ["conv", "relu"]),
    ],
)  # fmt: skip
def test_what_goes_along(layers: str, fused: list[str], eager: list[str]) -> None:
    assert (types(net(layers)), types(net(layers), fused=False)) == (fused, eager)


ATTENTION = net("- attention: {heads: 4, causal: true, bias: false}", "{x: [10, 16]}")


@pytest.mark.parametrize("fused", [False, True])
def test_attention_in_one_kernel(fused: bool) -> None:  # noqa: FBT001 - a case
    apart, flash = listed(ATTENTION, fused=fused), listed(ATTENTION, fused=fused, flash=True)
    assert [kernel.types for kernel in apart][3:] == [("matmul",), ("softmax",), ("matmul",), ("linear",)]
    assert [kernel.types for kernel in flash][3:] == [("matmul", "softmax", "matmul"), ("linear",)]
    assert sum(kernel.macs for kernel in apart) == sum(kernel.macs for kernel in flash) == 4 * 10 * 16 * 16 + 2 * 10 * 10 * 16
    one = flash[3]
    assert (one.read, one.written) == (32 * 3 * 160, 32 * 160), "queries, keys and values in, as much as the queries out"
    assert sum(kernel.read for kernel in apart[3:6]) == 32 * (2 * 160 + 400 + 400 + 160)


def test_attention_in_one_kernel_comes_after_what_it_reads() -> None:
    """SAM's relative positions are worked out between scores and softmax, which read them."""
    run = load("sam_vit_b").run()
    rows = list(kernels(run.network, run.settings, flash=True))
    at, one = next((i, row) for i, row in enumerate(rows) if "softmax" in row.types)
    assert one.types == ("matmul", "add", "softmax", "matmul")
    assert [row.path.rpartition(".")[2] for row in rows[at - 2 : at + 2]] == ["relative_h", "relative_w", "scores", "out"]
    windows = 120_422_400  # bits of queries, and of keys and of values; relative_h and relative_w have 14 each for each query and head
    assert one.read == 3 * windows + rows[at - 2].written + rows[at - 1].written
    assert one.written == windows


@pytest.mark.parametrize(("past", "queries"), [(9, 1), (0, 10)])
def test_a_window_leaves_keys_unread(past: int, queries: int) -> None:
    """One query behind others meets those in its window; all of them together meet each key."""
    text = net(f"- attention: {{heads: 4, causal: true, window: 4, bias: false, past: {past}}}", f"{{x: [{queries}, 16]}}")
    (one,) = (kernel for kernel in listed(text, flash=True) if "softmax" in kernel.types)
    assert one.read == 32 * 16 * (1 + 4 + 4 if past else 3 * 10)


def test_keys_that_are_there_already_are_not_moved() -> None:
    text = net("- attention: {heads: 4, causal: true, bias: false, past: 9}", "{x: [1, 16]}")
    copies = [kernel for kernel in listed(text) if kernel.types == ("concat",)]
    assert [(it.read, it.written, it.elementwise) for it in copies] == 2 * [(512, 512, 16)]
    (one,) = (kernel for kernel in listed(text, flash=True, kept="int8") if "softmax" in kernel.types)
    assert one.read == 32 * 16 + 2 * 8 * 160, "the query, and keys and values of 8 bits"


def test_a_table_is_read_as_far_as_it_is_looked_up() -> None:
    (row,) = listed(net("- embedding: {vocab: 1000, dim: 8}", "{t: [5]}"))
    assert [row.weighed(batch) for batch in (1, 2, 200, 201, 10**6)] == [32 * 40, 32 * 80, 32 * 8000, 32 * 8000, 32 * 8000]


def test_learned_tensors_are_weights() -> None:
    text = net("- {name: p, parameter: {shape: [4, 8]}}\n- add: [image, p]", "{image: [4, 8]}")
    (row,) = listed(text)
    assert [row.read, row.weighed(1), row.weighed(9)] == [32 * 32] * 3


def test_a_fused_kernel_computes_as_its_product() -> None:
    """An activation in fp32 behind a product in fp16 does not make that one slower."""
    layers = "- {linear: {out: 64, bias: false}, precision: fp16}\n- {relu: , precision: fp32}"
    (row,) = listed(net(layers, "{x: [64]}"))
    assert (row.precision, row.written) == ("fp16", 32 * 64)


# ---- several precisions at once


def test_weights_in_groups() -> None:
    layers = "- {repeat: 3, linear: {out: 256, bias: false}}"
    found = estimated(layers, "{x: [256]}", dtype="weights=int4,activations=fp16,group=128")
    assert [row.kernel.precision for row in found.rows] == ["fp16"] * 3
    assert {row.compute for row in found.rows} == {Fraction(2 * 256**2) / device("a100-80-sxm").peak["fp16"]}
    weights = sum((row.kernel.weighed(1) for row in found.rows), Fraction(0)) / 8
    assert weights == 3 * (256**2 // 2 + 256 * 2 * 2)
    size = spec(net(layers, "{x: [256]}")).summary(dtype="weights=int4,activations=fp16,group=128").totals.model_size_bytes
    assert weights == size
    assert found.fits[0].needs == size + 2 * 2 * 256


def test_tensors_are_read_as_wide_as_they_were_made() -> None:
    layers = "- {linear: {out: 64, bias: false}, precision: int8}\n- {linear: {out: 64, bias: false}, precision: fp16}"
    first, second = listed(net(layers, "{x: [64]}"))
    assert (first.read, first.written, second.read, second.written) == (32 * 64, 8 * 64, 8 * 64, 16 * 64)


# ---- laws


def moved(rows: Sequence[Kernel], batch: int = 1) -> Fraction:
    return sum((row.moved(batch) for row in rows), Fraction(0))


@pytest.mark.parametrize("name", ZOO[::9])
def test_kernels_do_all_the_work(name: str) -> None:
    run = load(name).run()
    want = run.totals().macs
    lists = {
        (fused, flash): list(kernels(run.network, run.settings, fused=fused, flash=flash))
        for fused in (False, True)
        for flash in (False, True)
    }
    assert {key: sum(row.macs for row in rows) for key, rows in lists.items()} == dict.fromkeys(lists, want)
    assert len({sum(row.elementwise for row in rows) for rows in lists.values()}) == 1
    assert len({sum((row.weighed(1) for row in rows), Fraction(0)) for rows in lists.values()}) == 1
    for flash in (False, True):
        eager, fused = lists[False, flash], lists[True, flash]
        assert len(fused) <= len(eager)
        assert moved(fused) <= moved(eager)
    assert moved(lists[True, True]) <= moved(lists[True, False])
    steps = Counter(step.type for step in run.network.steps())
    assert not Counter(kind for row in lists[False, False] for kind in row.types) - steps
    for kernel in lists[False, False]:
        assert len(kernel.types) == 1


@pytest.mark.parametrize("name", SMALL)
def test_bytes_written_are_outputs(name: str) -> None:
    run = load(name).run()
    run.totals()
    written = {row.path: row.written for row in kernels(run.network, run.settings, fused=False)}
    for step in run.network.steps():
        if step.path in written and step.op.kind != "copy:keys":
            assert written[step.path] == 32 * step.op.size


@pytest.mark.parametrize("name", SMALL)
def test_times_add_up(name: str) -> None:
    fused, eager = (load(name).estimate("a100-80-sxm", dtype="fp16", fused=fused) for fused in (True, False))
    for found in (fused, eager):
        for row in found.rows:
            assert row.time == max(row.compute, row.memory) + row.launch
        assert found.launches == len(found.rows) * Fraction(5, 10**6)
        assert found.latency == sum(row.time for row in found.rows)
        assert found.work >= found.bounds.time == max(found.bounds.compute, found.bounds.memory)
    assert fused.latency is not None
    assert eager.latency is not None
    assert fused.latency <= eager.latency
    assert fused.fits == eager.fits


@settings(max_examples=15)
@given(st.sampled_from(SMALL[:3]), st.sampled_from(["a100-80-sxm", "h100-sxm", "t4"]), st.integers(1, 64), st.integers(1, 9))
def test_batches_and_engines(name: str, on: str, batch: int, engines: int) -> None:
    one = load(name).estimate(on, dtype="fp16", batch=batch)
    many = load(name).estimate(on, dtype="fp16", batch=batch, engines=engines)
    more = load(name).estimate(on, dtype="fp16", batch=batch + engines)
    half = load(name).estimate(on, dtype="fp16", batch=batch, compute=0.5, memory=0.5)
    assert one.throughput is not None
    assert more.throughput is not None
    assert (many.latency, many.throughput) == (one.latency, engines * one.throughput)
    assert more.throughput >= one.throughput
    assert half.work == 2 * one.work
    assert half.launches == one.launches
    assert half.energy == one.energy == many.energy


@pytest.mark.parametrize("name", SMALL)
def test_throughput_never_falls_with_the_batch(name: str) -> None:
    found = load(name).estimate("t4", dtype="fp16")
    rates = [point.throughput for point in found.points]
    assert rates == sorted(rates)
    assert [point.batch for point in found.points] == [1 << i for i in range(len(rates))]
    assert (found.points[0].latency, found.points[0].throughput) == (found.latency, found.throughput)
    fits = [bool(point.fits) for point in found.points]
    assert fits == sorted(fits, reverse=True)
    assert found.knee is None or any(point.batch == found.knee for point in found.points)
    for point in found.points[1:3]:
        there = load(name).estimate("t4", dtype="fp16", batch=point.batch)
        assert (there.latency, there.throughput) == (point.latency, point.throughput)
        assert all(fit.fits for fit in there.fits) == point.fits


@pytest.mark.parametrize(("name", "on"), [(ZOO[i * 7 % len(ZOO)], on) for i, on in enumerate(known())])
def test_every_device(name: str, on: str) -> None:
    for precision in device(on).peak:
        if precision != "tf32":
            found = load(name).estimate(on, dtype=precision)
            assert found.work > 0
            assert found.latency is None or found.latency >= found.work


# ---- what is not known, and what is wrong


def test_a_device_that_does_not_say_what_a_call_costs() -> None:
    found = spec(MILLION).estimate(board("peak: {fp32: 20 MFLOP/s}\nbandwidth: 1 TB/s"))
    assert (found.work, found.launches, found.latency, found.throughput, found.points) == (Fraction(1, 10), None, None, None, ())
    assert found.fits == ()
    assert found.knee is None


def test_a_device_without_a_memory() -> None:
    found = spec(MILLION).estimate(board())
    assert (found.fits, {point.fits for point in found.points}) == ((), {None})


def test_memories_apart() -> None:
    def fits(ram: int, flash: int) -> list[bool]:
        found = spec(MILLION).estimate(board(f"{PLAIN}ram: {ram} B\nflash: {flash} B"), batch=2)
        return [fit.fits for fit in found.fits]

    assert fits(16_000, 4_000_000) == [True, True]
    assert fits(15_999, 4_000_000) == [True, False]
    assert fits(16_000, 3_999_999) == [False, True]


def test_attention_in_one_kernel_needs_no_room_for_scores() -> None:
    apart, flash = (spec(ATTENTION).estimate("t4", flash=flash).fits[0].needs for flash in (False, True))
    assert apart == 4 * (4 * 256 + 3 * 160 + 400), "weights; queries, keys, values and scores"
    assert flash == 4 * (4 * 256 + 4 * 160), "weights; the input, queries, keys and values"


def test_work_that_is_not_known() -> None:
    layers = "- flatten\n- {name: odd, custom: {output: [7], params: 9}}\n- linear: 3"
    found = estimated(layers, on="t4")
    assert found.unknown == ("odd",)
    assert (found.latency, found.throughput, found.energy, found.points) == (None, None, None, ())
    assert found.rows_energy[0] is None
    assert found.rows_energy[1] is not None
    assert found.work > 0
    stated = estimated(layers.replace("params: 9", "params: 9, macs: 5"), on="t4")
    assert stated.unknown == ()
    assert stated.latency is not None
    assert stated.rows[0].operations == 10


def test_a_device_without_the_precision() -> None:
    found = wrong(lambda: load("lenet5").estimate("edge-tpu"))
    assert (found.codes, found.words()) == (["E634"], "`edge-tpu` has no peak for `fp32`\nit has int8")
    own = "- flatten\n- {linear: 9, precision: int8}\n- linear: 3"
    found = wrong(lambda: estimated(own, on="gtx580"))
    assert (found.codes, found.words()) == (["E634"], "`gtx580` has no peak for `int8`\nit has fp32")


@pytest.mark.parametrize(
    ("options", "says"),
    [({"compute": 0}, "at most 1, not 0"), ({"memory": 1.5}, "at most 1, not 1.5"), ({"launch": -1}, "0 seconds or more, not -1")],
)
def test_factors_that_can_not_be(options: dict[str, Any], says: str) -> None:
    found = wrong(lambda: load("lenet5").estimate("t4", **options))
    assert found.codes == ["E603"]
    assert says in found.words()


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="there is no option fuse"):
        load("lenet5").estimate("t4", fuse=True)  # type: ignore[call-arg]


# ---- the command


def command(*args: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    done = archcalc("estimate", *args, COLUMNS=str(columns), PYTHONIOENCODING="utf-8")
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(
    "args",
    [
        ("resnet50", "--device", "a100-80-sxm", "--dtype", "fp16", "--batch", "32", "--engines", "4"),
        ("mobilenet_v2", "--device", "stm32h743", "--dtype", "int8", "--efficiency", "compute=0.25,memory=80%", "--launch", "3 us"),
        ("vit_b_16", "--device", "t4", "--kernels", "eager", "--flash", "--all"),
    ],
)
def test_tables_fit(args: tuple[str, ...], columns: int) -> None:
    done = command(*args, columns=columns)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    figures = lines[: lines.index("Batches")]
    assert not any(line.endswith("…") for line in figures), "no remark is cut off"
    for word in ("latency", "whole-net bound", "throughput", "Energy", "1,000 inferences", "Bound"):
        assert word in done.stdout


def test_json() -> None:
    done = command("lenet5", "--device", "t4", "--batch", "2", "--format", "json")
    found = json.loads(done.stdout)
    made = load("lenet5").estimate("t4", batch=2)
    assert (found["format"], found["device"], found["fused"], found["flash"]) == ("archcalc.estimate/1", "t4", True, False)
    assert (found["engines"], found["incomplete"]) == (1, [])
    figures = found["figures"]
    assert {"latency", "work", "launches", "bound", "compute", "memory", "throughput"} <= figures.keys()
    assert made.latency is not None
    assert made.energy is not None
    assert figures["latency"] == float(made.latency)
    assert figures["bound"] == float(made.bounds.time)
    assert found["energy"]["total"] == pytest.approx(float(made.energy.total) / 2e12)
    assert [row["path"] for row in found["kernels"]] == [row.kernel.path for row in made.rows]
    assert sum(row["time"] for row in found["kernels"]) == pytest.approx(figures["latency"])
    assert sum(row["share"] for row in found["kernels"]) == pytest.approx(1)
    assert found["throughput"][0]["batch"] == 1
    for row in found["kernels"]:
        assert {type(value) for key, value in row.items() if key not in {"path", "type", "bound"}} <= {int, float}
    assert {type(value) for row in found["throughput"] for value in row.values()} <= {int, float, bool}


def test_json_of_what_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "board.yaml").write_text("peak: {fp32: 1 GFLOP/s}\nbandwidth: 1 GB/s\n", encoding="utf-8")
    args = ("lenet5", "--device", str(tmp_path / "board.yaml"))
    found = json.loads(command(*args, "--format", "json").stdout)
    assert (found["figures"]["latency"], found["figures"]["launches"], found["throughput"]) == (None, None, [])
    assert found["figures"]["work"] > 0
    shown = command(*args).stdout
    assert "n/a" in shown
    assert "what one costs is not known" in shown
    assert "Batches" not in shown


@pytest.mark.parametrize(
    ("args", "says"), [(("lenet5", "h100-sxm"), "no figures for fp8"), (("net.yaml", "h100-sxm"), "how much work odd is")]
)
def test_why_there_is_no_energy(args: tuple[str, str], says: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(net("- {name: odd, custom: {output: [7]}}"), encoding="utf-8")
    shown = command(args[0].replace("net.yaml", str(path)), "--device", args[1], "--dtype", "fp8").stdout
    assert "an inference  n/a" in shown
    assert says in shown


def test_csv_and_markdown() -> None:
    rows = list(csv.DictReader(io.StringIO(command("lenet5", "--device", "t4", "--format", "csv").stdout)))
    assert [row["path"] for row in rows] == [row.kernel.path for row in load("lenet5").estimate("t4").rows]
    assert float(rows[0]["time"]) > 0
    text = command("lenet5", "--device", "t4", "--format", "markdown", "--top", "2").stdout
    assert text.startswith("## LeNet-5")
    assert "### The 2 of " in text
    assert "- latency: **" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--device", "gtx580", "--dtype", "fp16"), "it has fp32"),
        (("--device", "a100-80-smx"), "did you mean `a100-80-sxm`"),
        (("--device", "t4", "--kernels", "fuse"), "did you mean `fused`"),
        (("--device", "t4", "--efficiency", "0"), "--efficiency takes a share above 0 and at most 1"),
        (("--device", "t4", "--efficiency", "1.5"), "--efficiency takes a share above 0 and at most 1"),
        (("--device", "t4", "--efficiency", "comput=0.5"), "--efficiency takes compute and memory, not 'comput'"),
        (("--device", "t4", "--efficiency", "compute=0.5,compute=1"), "sets 'compute' twice"),
        (("--device", "t4", "--launch", "5"), "has no unit; write a number and a unit"),
        (("--device", "t4", "--launch", "-5 us"), "not more than nothing"),
        (("--device", "t4", "--engines", "0"), "--engines"),
        (("--device", "t4", "--top", "0"), "--top"),
        (("--device", "t4", "--dtype", "int9"), "did you mean `int"),
        ((), "--device"),
    ],
)
def test_what_is_wrong_is_said(args: tuple[str, ...], says: str) -> None:
    done = command("lenet5", *args, columns=300)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
