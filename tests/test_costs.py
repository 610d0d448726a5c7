"""What files expect of time, energy, RAM and KV cache, and how explanations work such figures out."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import archcalc, net, refused, spec, wrong
from hypothesis import given
from hypothesis import strategies as st

from archcalc import load
from archcalc.performance.costs import costs
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.expect import PARTS, parse

if TYPE_CHECKING:
    from archcalc.api import Run, Spec

#: 1,000 x 1,000 multiply-accumulates at 20 MFLOP/s are 100 ms; the bytes are nothing beside that.
BOARD = "name: Board\npeak: {fp32: 20 MFLOP/s}\nbandwidth: 1 TB/s\nlaunch: 0 s\n"
SQUARE = "input: {x: [1000]}\nlayers:\n  - linear: {out: 1000, bias: false}\n"


def with_board(folder: Path, more: str = "", *, device: str = "board.yaml") -> Spec:
    """Write a spec beside a profile of one's own, and load it."""
    (folder / "board.yaml").write_text(BOARD, encoding="utf-8")
    (folder / "net.yaml").write_text(f"device: {device}\n{SQUARE}{more}", encoding="utf-8")
    return load(folder / "net.yaml")


def missed(run: Run) -> list[str]:
    """Give what is said of promises that do not hold."""
    return [one.diagnostic.message for one in run.outcomes() if not one.held]


# ---- latency and energy on the device of the file


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("latency: <= 100 ms", ""),
        ("latency: 100 ms", ""),
        ("latency: <= 0.1 s", ""),
        ("latency: <= 99 ms", "latency: expected <= 99 ms, got 100 ms (+1.01 %)"),
        ('latency: ">= 200000 us"', "latency: expected >= 200000 us, got 100 ms (-50.00 %)"),
        ("latency: ~100 ms", ""),
        ("latency: 90 .. 110 ms", ""),
        ("latency: 101 ms ± 2%", ""),
        # 1,000,000 x 4.6 pJ, 4,000,000 B x 160 pJ, and 4 x 4,000 B x 160 pJ: in, read, written, out.
        ("energy: <= 647.16 uJ", ""),
        ("energy: <= 647.15 uJ", "energy: expected <= 647.15 uJ, got 647.2 µJ (+0.00 %)"),
        ("energy: <= 1 mJ", ""),
    ],
)
def test_expectations_on_a_device(tmp_path: Path, expected: str, said: str) -> None:
    found = missed(with_board(tmp_path, f"expect: {{{expected}}}\n").run())
    assert found == ([said] if said else [])


def test_an_unknown_figure_does_not_hold(tmp_path: Path) -> None:
    """A device that does not say what a call costs has no latency; one without integers has no energy of them."""
    (tmp_path / "slow.yaml").write_text("peak: {int4: 1 TOP/s}\nbandwidth: 1 TB/s\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text(
        f"device: slow.yaml\nprecision: int4\n{SQUARE}expect: {{latency: <= 1 s, energy: <= 1 J}}\n", encoding="utf-8"
    )
    run = load(tmp_path / "net.yaml").run()
    assert missed(run) == [
        "latency: expected <= 1 s, but it is not known",
        "energy: expected <= 1 J, but it is not known",
    ]


def test_a_shipped_device_by_its_name() -> None:
    text = f"device: a100-80-sxm\n{SQUARE}expect: {{latency: <= 8 us}}\n"
    made = spec(text)
    (device,) = [made.device]
    assert device is not None
    assert device.name == "a100-80-sxm"
    assert missed(made.run()) == []
    seconds = costs(made.run(), {"latency"}, device)["latency"]
    # 4,008,000 bytes at 2,039 GB/s, and 5 us for the call
    assert seconds == -(-(Fraction(4_008_000, 2_039 * 10**9) + Fraction(5, 10**6)) * PARTS // 1)


def test_the_device_of_the_file_is_that_of_an_estimate(tmp_path: Path) -> None:
    made = with_board(tmp_path)
    assert made.estimate().latency == Fraction(1, 10)
    with pytest.raises(SpecError, match="names no device"):
        spec(SQUARE).estimate()


def test_mistakes_about_devices() -> None:
    found = wrong(lambda: missed(spec(f"device: a100-80-smx\n{SQUARE}expect: {{latency: <= 1 ms}}\n").run()))
    assert found.codes == ["E630"]
    assert found.at() == "a100-80-smx"
    assert "a100-80-sxm" in found.words()
    refused(f"{SQUARE}expect: {{latency: «<= 1 ms»}}\n", "E240", "names none", "archcalc devices")
    refused(f"device: «[a, b]»\n{SQUARE}", "E212", "device")
    refused(f"device: «../board.yaml»\n{SQUARE}", "E227", "outside")
    refused(net("  - {linear: 10, expect: {«ram»: <= 1 KiB}}", "{x: [4]}"), "E240", "whole network")
    variant = "variants: {small: {n: 3, expect: {energy: «<= 1 J»}}}"
    refused(f"vars: {{n: 4}}\n{variant}\ninput: {{x: [n]}}\nlayers: [linear: 3]\n", "E240", "names none")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("latency: 5", "needs a unit"),
        ("latency: 5 MB", "no unit of `latency`"),
        ("energy: 5 ms", "no unit of `energy`"),
        ("ram: 5 K", "is in bytes"),
        ("kv_cache: 5 s", "no unit of `kv_cache`"),
    ],
)
def test_units(text: str, says: str) -> None:
    found = wrong(f"device: t4\n{SQUARE}expect: {{{text}}}\n")
    assert found.codes == ["E240"]
    assert says in found.words()


@given(st.integers(1, 999_999), st.sampled_from(["s", "ms", "us", "µs", "ns", "ps"]))
def test_times_are_read_exactly(n: int, unit: str) -> None:
    factor = {"s": 10**12, "ms": 10**9, "us": 10**6, "µs": 10**6, "ns": 10**3, "ps": 1}[unit]
    assert parse("latency", f"<= {n} {unit}").high == n * factor
    assert parse("latency", f"{n}.5 {unit} .. {n + 1} {unit}").high == (n + 1) * factor


# ---- memory and what is kept


def test_ram_is_the_plan_of_offsets() -> None:
    text = net("  - conv: {out: 8, kernel: 3, act: relu}\n  - max_pool: 2\n  - flatten\n  - linear: 10", "{image: [3, 16, 16]}")
    made = spec(f"{text}precision: int8\nexpect: {{ram: <= 2.3 KiB, weights: 4_154}}\n")
    assert missed(made.run()) == []
    assert costs(made.run(), {"ram"}, None)["ram"] == made.memory().arena == 3 * 256 + 8 * 196 + 0


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("gpt2", 2 * 12 * 768 * 1024 * 4),  # keys and values of 12 layers, fp32
        ("llama2_70b", 2 * 80 * 8 * 128 * 4096 * 4),  # 8 sets of keys
        ("mistral_7b", 2 * 32 * 8 * 128 * 4096 * 4),  # its window is 4,096 of 8,192 tokens
        ("deepseek_v3_671b", 61 * 576 * 4096 * 4),  # latents
        ("resnet50", 0),
    ],
)
def test_what_is_kept(name: str, kept: int) -> None:
    assert costs(load(name).run(), {"kv_cache"}, None) == {"kv_cache": kept}


def test_what_is_not_wanted_is_not_worked_out() -> None:
    assert costs(load("lenet5").run(), {"params"}, None) == {}


# ---- the command line


def test_check_answers_with_an_exit_code(tmp_path: Path) -> None:
    with_board(tmp_path, "expect: {latency: <= 99 ms, ram: <= 8 kB}\n")
    root = Path(__file__).parent.parent
    done = archcalc("check", str(tmp_path / "net.yaml"), folder=root)
    assert done.returncode == 1
    assert "got 100 ms" in done.stdout + done.stderr
    assert "1 does not hold" in done.stdout + done.stderr
    done = archcalc("check", str(tmp_path / "net.yaml"), "--expect", "latency <= 1 s", "--format", "json", folder=root)
    assert json.loads(done.stdout)
    done = archcalc("check", "lenet5", "--expect", "energy <= 1 J", folder=root)
    assert done.returncode == 2
    assert "names no device" in done.stdout + done.stderr


# ---- explanations


def test_time_and_energy_are_explained(tmp_path: Path) -> None:
    made = with_board(tmp_path)
    explainer = made.run().explain(what=("latency", "energy"))
    (row,) = explainer.rows()
    values = {line.name: line.written.value for line in row.lines if line.written is not None and hasattr(line.written, "value")}
    estimate = made.estimate()
    (timed,) = estimate.rows
    assert values["ops"] == timed.operations == 2_000_000
    assert values["bytes"] == timed.moved == 4_008_000
    assert values["compute"] == timed.compute == Fraction(1, 10)
    assert values["memory"] == timed.memory
    assert values["time"] == timed.time
    totals = {line.name: line.written.value for line in explainer.totals() if line.written is not None and hasattr(line.written, "value")}
    assert totals == {"latency": estimate.latency, "energy": estimate.energy.total / 10**12 if estimate.energy else None}


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "vit_b_16", "gpt2", "bert_base", "googlenet", "unet"])
def test_the_sums_of_explanations_are_the_figures(name: str) -> None:
    """Of every kernel and every row: times and energies add up to the estimate, what is kept to what training and inference say."""
    made = load(name)
    explainer = made.run().explain(what=("latency", "energy", "training", "kv_cache"), device="a100-80-sxm")
    sums: dict[str, Fraction] = {}
    for row in explainer.rows():
        for line in row.lines:
            if line.written is not None and hasattr(line.written, "value"):
                key = f"{line.what} {line.name}"
                sums[key] = sums.get(key, Fraction(0)) + Fraction(line.written.value)
    estimate = made.estimate("a100-80-sxm")
    assert sums["latency time"] == estimate.latency
    assert estimate.energy is not None
    assert sums["energy energy"] == (estimate.energy.total - estimate.transfer.total) / 10**12
    kept = made.train().kept
    assert sums["training kept"] == kept.floats + kept.masks + kept.stats + kept.indices
    assert sums.get("kv_cache bytes", 0) == (costs(made.run(), {"kv_cache"}, None)["kv_cache"] or 0)


def test_what_stays_is_explained_in_the_precision_of_its_rows() -> None:
    attention = "{attention: {heads: 2, causal: true}"
    made = spec(f"input: {{x: {{n: 4, d: 16}}}}\nlayers:\n  - {attention}, precision: {{activations: fp16}}}}\n  - {attention}}}\n")
    explainer = made.run().explain(what=("kv_cache",))
    assert sum(bool(row.lines) for row in explainer.rows()) == 4, "scores and values of both"
    values = {line.name: line.written.value for line in explainer.totals() if line.written is not None and hasattr(line.written, "value")}
    assert (values["kept"], values["bits"], values["bytes"]) == (256, 128 * 16 + 128 * 32, 128 * 2 + 128 * 4)
    assert costs(made.run(), ("kv_cache",), None) == {"kv_cache": values["bytes"]}


def test_a_peak_of_integers_is_no_flops() -> None:
    said = archcalc("explain", "lenet5", "conv_1", "--what", "latency", "--device", "t4", "--dtype", "int8").stdout
    assert (" TOP/s" in said, "FLOP/s" in said) == (True, False)


def test_what_is_asked_for_apart_is_not_explained_of_itself() -> None:
    said = {line.what for row in load("lenet5").run().explain().rows() for line in row.lines}
    assert said.isdisjoint({"latency", "energy", "training", "kv_cache"})


def test_explanations_need_a_device() -> None:
    with pytest.raises(SpecError, match="names no device"):
        load("lenet5").run().explain(what=("latency",))
