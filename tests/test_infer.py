"""Prompts and tokens: what is kept, read and computed, how long that takes at least, and what fits."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers import archcalc, recorded, spec, wrong
from hypothesis import given
from hypothesis import strategies as st

from archcalc import load
from archcalc.devices import load as device
from archcalc.performance.infer import LONGEST, _longest

if TYPE_CHECKING:
    import subprocess

    from archcalc.api import Spec
    from archcalc.devices import Profile
    from archcalc.performance.infer import Inference, Room

ROOT = Path(__file__).parent.parent
GIB = 1 << 30
#: What the zoo calls the networks that are recorded.
OURS = {
    "gpt2": "gpt2", "gpt2-medium": "gpt2_medium", "gpt2-large": "gpt2_large", "gpt2-xl": "gpt2_xl", "gpt3-175b": "gpt3",
    "llama-2-70b": "llama2_70b", "llama-7b": "llama_7b",
}  # fmt: skip
DECODERS = {name: record["decode_step"] for name, record in recorded("transformers.json").items() if "decode_step" in record}

#: A language model by hand: d 16, 4 heads of 4 features, 2 of keys and values, 50 tokens to choose from.
TINY = """\
vars: {past: 0, kv_heads: 2, window: 1_000_000, length: 64}
input: {tokens: [8]}
layers:
  - embedding: {vocab: 50, dim: 16}
  - repeat: 3
    layers:
      - residual: [rms_norm, attention: {heads: 4, kv_heads: kv_heads, causal: true, bias: false, window: window, past: past}]
  - linear: {out: 50, bias: false}
"""
POSITIONS = TINY.replace("dim: 16}\n", "dim: 16}\n  - positional_encoding: {type: learned, length: length, past: past}\n")
WINDOW = {"window": 5}


def tiny(text: str = TINY) -> Spec:
    return spec(text)


def with_memory(memory: int) -> Profile:
    return replace(device("a100-80-sxm"), memory=memory)


def room(found: Inference) -> Room:
    assert found.room is not None
    return found.room


# ---- what is kept


@pytest.mark.parametrize(
    ("name", "per_token"),
    [
        ("llama2_7b", 524_288), ("llama2_70b", 327_680), ("llama3_8b", 131_072), ("gpt3", 4_718_592),
        ("deepseek_v2", 2 * 34_560), ("deepseek_v3", 2 * 35_136),
    ],
)  # fmt: skip
def test_published_caches(name: str, per_token: int) -> None:
    found = load(name).infer(2048, dtype="fp16", batch=3)
    assert (found.per_token, found.fixed, found.cache) == (per_token, 0, 3 * 2048 * per_token)


def test_four_thousand_tokens_of_llama2_7b() -> None:
    assert load("llama2_7b").infer(4096, dtype="fp16").cache == 2 * GIB
    assert load("llama2_7b").infer(dtype="fp16").context == 4096, "as in the file"


@pytest.mark.parametrize(("context", "kept"), [(1, 1), (4095, 4095), (4096, 4096), (4097, 4096), (32_768, 4096)])
def test_a_full_window_keeps_no_more(context: int, kept: int) -> None:
    found = load("mistral_7b").infer(context, dtype="fp16")
    assert (found.per_token, found.cache) == (131_072, kept * 131_072)


def test_one_head_of_keys_and_values() -> None:
    every, one = (load("llama2_7b").infer(16, dtype="fp16", sets={"kv_heads": n}) for n in (32, 1))
    assert (every.per_token, one.per_token) == (524_288, 524_288 // 32)


@pytest.mark.parametrize(("kv", "part"), [("fp16", 1), ("fp8", 2), ("int4", 4)])
def test_a_precision_of_their_own(kv: str, part: int) -> None:
    plain, apart = load("llama3_8b").infer(1001, dtype="fp16"), load("llama3_8b").infer(1001, dtype="fp16", kv=kv)
    assert (apart.per_token * part, apart.cache * part) == (plain.per_token, plain.cache)
    assert (apart.weights, apart.decode.macs, apart.prefill) == (plain.weights, plain.decode.macs, plain.prefill)
    saved = 131_072 - 131_072 // part
    assert plain.decode.moved - apart.decode.moved == 1002 * saved, "the last token is written, and read with all others"


# ---- work


@pytest.mark.parametrize("name", DECODERS)
def test_recorded_tokens(name: str) -> None:
    record = DECODERS[name]
    found = load(OURS[name]).infer(record["context_before"] + 1, dtype="fp16")
    assert found.decode.macs == record["macs_for_next_token"]
    assert found.per_token == 2 * record["kv_elements_per_token"]


@pytest.mark.parametrize("name", ["gpt2", "llama3_8b", "mistral_7b", "mixtral_8x7b", "deepseek_v2"])
def test_a_prompt_is_the_network_at_its_length(name: str) -> None:
    found = load(name).infer(100, batch=2)
    want = load(name).summary(inputs={"": (100,)}, batch=2).totals
    assert (found.prefill.macs, found.params, found.weights) == (want.macs, want.params, want.model_size_bytes)
    one = load(name).infer(1, batch=2)
    assert one.prefill == one.decode, "of one token, the first pass is the last one"


def test_weights_over_bandwidth() -> None:
    found = load("llama_7b").infer(512, dtype="fp16", device="a100-80-sxm")
    assert found.once == Fraction(2 * 6_738_415_616, 2039 * 10**9)
    assert float(found.once) == pytest.approx(6.6095e-3, abs=1e-7)
    assert int(1 / found.once) == 151
    assert found.rate is not None
    assert 151 <= found.rate < 152
    assert found.decode.bound == "memory"
    half = load("llama_7b").infer(512, dtype="fp16", device="a100-80-sxm", memory=0.5, compute=0.5)
    assert half.once == 2 * found.once
    assert half.rate == found.rate / 2


def test_bytes_of_a_token_by_hand() -> None:
    """Of TINY at 8 tokens in fp16, elements: what each kernel reads and writes."""
    found = tiny().infer(8, dtype="fp16")
    assert found.weights == 2 * (50 * 16 + 3 * (16 + 16 * 16 * 2 + 2 * 16 * 8) + 16 * 50)
    layer = 16 + 2 * 16 * 16 + 2 * 16 * 8
    assert found.decode.weights == 2 * (16 + 3 * layer + 50 * 16), "of the table one row"
    norm, query, key, copy, attention, out, add = 32, 32, 16 + 8, 8 + 8, 16 + 2 * 8 * 8 + 16, 32, 48
    tensors = 1 + 16 + 3 * (norm + query + 2 * key + 2 * copy + attention + out + add) + 16 + 50
    assert found.decode.moved == found.decode.weights + 2 * tensors
    assert found.decode.macs == 3 * (2 * 16 * 16 + 2 * 16 * 8 + 2 * 16 * 8) + 16 * 50
    assert found.decode.activations == 2 * (16 + 50), "the last layer; keys and values lie in the cache"


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5, 100])
def test_experts_that_are_met(batch: int) -> None:
    """Of 8 experts, as many are read as tokens can choose, 2 each; of the table of tokens a row each."""
    found = load("mixtral_8x7b").infer(64, dtype="fp16", batch=batch)
    expert, table = 32 * 3 * 4096 * 14336, 32_000 * 4096
    rest = found.params - 8 * expert - table
    assert found.decode.weights == 2 * (rest + min(8, 2 * batch) * expert + batch * 4096)
    assert found.decode.macs == batch * (load("mixtral_8x7b").infer(64).decode.macs)


# ---- what fits


def fits(net_: Spec, context: int, batch: int, memory: int, **options: Any) -> bool:
    found = room(net_.infer(context, batch=batch, device=with_memory(memory), **options))
    return found.needs <= memory


CASES = [
    (TINY, {}, {}), (TINY, {"kv_heads": 1}, {"kv": "fp8"}), (TINY, WINDOW, {}), (POSITIONS, {}, {}),
    (POSITIONS, {"length": 4096}, {"kv": "int4"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sets", "more"), CASES)
@pytest.mark.parametrize("spare", [0, 300, 2000, 10_007, 99_991])
@pytest.mark.parametrize("batch", [1, 3])
def test_the_most_that_fits(text: str, sets: dict[str, object], more: dict[str, Any], spare: int, batch: int) -> None:
    """One sample more, or one token more, and it fits no longer."""
    made = tiny(text)
    options = {"dtype": "fp16", "sets": sets, **more}
    memory = made.infer(8, **options).weights + spare
    found = room(made.infer(8, batch=batch, device=with_memory(memory), **options))
    if found.batch:
        assert fits(made, 8, found.batch, memory, **options)
    assert not fits(made, 8, found.batch + 1, memory, **options)
    if found.context is None:
        assert sets == WINDOW
        assert fits(made, 10**9, batch, memory, **options)
        return
    if found.context:
        assert fits(made, found.context, batch, memory, **options)
    if found.limit:
        length = {"length": 64, **sets}["length"]
        assert found.context == length
        assert found.limit.startswith(f"{length + 1} positions, but only {length} are learned")
    else:
        assert not fits(made, found.context + 1, batch, memory, **options)


def test_what_fits_a_large_device() -> None:
    found = room(load("llama_7b").infer(512, dtype="fp16", device="a100-80-sxm"))
    assert found.context is not None
    beyond = [room(load("llama_7b").infer(found.context + n, dtype="fp16", device="a100-80-sxm")).needs for n in (0, 1)]
    assert beyond[0] <= found.has < beyond[1]
    assert room(load("mistral_7b").infer(512, dtype="fp16", device="a100-80-sxm")).context is None
    assert (found.limit, room(load("gpt2").infer(512, device="a100-80-sxm")).context) == ("", 1024)


def test_weights_that_do_not_fit() -> None:
    found = room(load("llama_7b").infer(512, dtype="fp32", device="t4"))
    assert (found.batch, found.context, found.limit) == (0, 0, "")
    assert found.needs > found.has


def test_a_device_without_one_memory() -> None:
    found = tiny().infer(dtype="int8", device="stm32h743")
    assert found.room is None
    assert found.rate is not None


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), min_size=1, max_size=4), st.integers(0, 3000), st.integers(1, 200))
def test_the_longest_context(terms: list[tuple[int, int]], has: int, positions: int) -> None:
    """Each term grows by a slope, until its window is full."""

    def needs(tokens: int) -> int | None:
        return sum(slope * min(tokens, full) for slope, full in terms) if tokens <= positions else None

    want = max((n for n in range(1, positions + 1) if (needs(n) or 0) <= has), default=0)
    assert _longest(needs, has) == want


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), max_size=4), st.integers(0, 9), st.integers(0, 3000), st.integers(0, 500)
)
def test_the_longest_context_of_any_growth(terms: list[tuple[int, int]], slope: int, has: int, least: int) -> None:
    """Without positions; what is alive may be the same for many tokens, and then more."""

    def needs(tokens: int) -> int:
        return max(least, slope * tokens) + sum(each * min(tokens, full) for each, full in terms)

    found = _longest(needs, has)
    if found is None:
        assert slope == 0
        assert needs(LONGEST) <= has
    else:
        assert found == 0 or needs(found) <= has
        assert needs(found + 1) > has


# ---- what is not known, and what is wrong


def test_work_that_is_not_known() -> None:
    found = tiny(TINY + "  - {name: odd, custom: {output: [8, 50]}}\n").infer(device="t4")
    assert (found.prefill.time, found.decode.time, found.rate, found.decode.bound) == (None, None, None, "")
    assert found.decode.moved > 0


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda: tiny().infer(0), "E642", "a context has at least 1 token, not 0"),
        (lambda: tiny().infer(-1), "E642", "a context has at least 1 token, not -1"),
        (lambda: load("gpt2").infer(1025), "E401", "1025 positions, but only 1024 are learned"),
        (lambda: load("resnet18").infer(), "E642", "no variable `past`"),
        (lambda: load("bert_base").infer(), "E642", "bert.yaml has no variable"),
        (lambda: tiny("vars: {past: 0}\ninput: {a: [4], b: [4]}\nlayers:\n  - add: [a, b]\n").infer(), "E642", "reads a, b"),
        (lambda: tiny("vars: {past: 0}\ninput: {a: [4, 4]}\nlayers:\n  - relu\n").infer(), "E642", "no single sequence"),
        (lambda: tiny().infer(kv="int9"), "E603", "unknown precision `int9`"),
        (lambda: tiny().infer(device="gtx580", dtype="fp16"), "E634", "it has fp32"),
        (lambda: tiny().infer(device="t44"), "E630", "no device is called"),
    ],
)
def test_what_is_wrong_is_said(make: Any, code: str, says: str) -> None:
    found = wrong(make)
    assert found.codes == [code]
    assert says in found.words()


# ---- the command


def command(*args: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    done = archcalc("infer", *args, COLUMNS=str(columns), PYTHONIOENCODING="utf-8")
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("columns", [80, 200])
def test_tables_fit(columns: int) -> None:
    dtype = "weights=int4,activations=fp16,group=128"
    done = command(
        "llama3_70b", "--context", "128k", "--batch", "8", "--dtype", dtype, "--kv-dtype", "fp8", "--device", "h100-sxm", columns=columns
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= columns
    assert "…" not in done.stdout, "no remark is cut off"
    for word in ("context 128,000", "keys and values fp8", "KV cache", "tokens a second", "does not fit 80 GB", "longest context"):
        assert word in done.stdout


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(POSITIONS, encoding="utf-8")
    args = (str(path), "--device", "t4", "--batch", "2")
    found, made = json.loads(command(*args, "--format", "json").stdout), load(path).infer(device="t4", batch=2)
    assert (found["format"], found["context"], found["kv"], found["device"]) == ("archcalc.infer/1", 8, "fp32", "t4")
    assert made.decode.time is not None
    assert found["cache"] == {"params": made.params, "weights": made.weights, "per_token": made.per_token, "total": made.cache}
    assert (found["decode"]["macs"], found["decode"]["time"]) == (made.decode.macs, float(made.decode.time))
    assert (found["room"]["batch"], found["room"]["context"]) == (room(made).batch, 64)
    for part in ("cache", "prefill", "decode", "room"):
        assert {type(value) for value in found[part].values()} <= {int, float}
    rows = {row["figure"]: row["value"] for row in csv.DictReader(io.StringIO(command(*args, "--format", "csv").stdout))}
    assert float(rows["once"]) == float(made.once or 0)
    text = command(*args, "--format", "markdown").stdout
    assert "### Kept for the next token" in text
    assert "65 positions, but only 64 are learned" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("gpt2", "--context", "1.5"), "--context takes a whole number of at least 1"),
        (("gpt2", "--context", "0"), "--context takes a whole number of at least 1"),
        (("gpt2", "--context", "many"), "--context"),
        (("gpt2", "--context", "2k"), "positions, but only 1024 are learned"),
        (("gpt2", "--kv-dtype", "fp9"), "unknown precision `fp9`"),
        (("gpt2", "--device", "edge-tpu"), "it has int8"),
        (("gpt2", "--device", "t4", "--efficiency", "1.5"), "a share above 0 and at most 1"),
        (("resnet18",), "no variable `past`"),
    ],
)
def test_a_command_that_is_wrong(args: tuple[str, ...], says: str) -> None:
    done = command(*args, columns=300)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
