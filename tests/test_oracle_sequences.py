"""Recurrent layers and multi-head attention as PyTorch answered: shapes, last states, softmax, parameters and MACs, or a refusal."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import axes, calculate, flow, recorded

from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Record = dict[str, Any]
Sizes = list[int]

RECORDS: dict[str, list[Record]] = recorded("recurrent_and_attention.json.gz")

#: PyTorch's words, by ours; what follows from the input, or has no bearing on a figure, is left out.
FIELDS = {
    "hidden_size": "hidden", "num_layers": "layers", "proj_size": "proj",
    "num_heads": "heads", "add_bias_kv": "bias_kv", "add_zero_attn": "zero_attn",
}  # fmt: skip
SILENT = {"input_size", "embed_dim", "batch_first", "dropout", "nonlinearity"}

#: Rows that PyTorch refuses for what can't be said here, and why; each reason with its number of rows.
INEXPRESSIBLE = {
    "input_size": "the layer was told another width than its input has; here it follows from the input",
    "dropout": "the share that is dropped between layers; here it is no field, as it has no bearing on any figure",
}
#: Rows that archcalc decides otherwise, on purpose.
DELIBERATE = {"leading": "all axes in front of the sequence are batch, not one at most"}

SKIPPED = {"RNN": {"input_size": 23, "dropout": 12}, "MultiheadAttention": {}}
DECIDED = {"RNN": {"leading": 10}, "MultiheadAttention": {}}


class Case(NamedTuple):
    text: str
    batch: int


class Answer(NamedTuple):
    shape: Sizes
    beside: tuple[Sizes, ...]  #: last states, or the weights that softmax makes
    params: int
    macs: int


def reason(row: Record) -> str:
    """Say why a row is not compared, or nothing."""
    patterns = {"input_size": r"must be equal to input_size", "dropout": r"dropout should be", "leading": r"2D or 3D, got 4D"}
    return next((why for why, pattern in patterns.items() if re.search(pattern, row.get("error", ""))), "")


def apart(row: Record, shape: Sizes) -> tuple[int, Sizes]:
    """Take the batch out of the shape of a sequence: its first axis, or the second one unless `batch_first`."""
    if len(shape) == 2:
        return 1, shape
    at = 0 if row["config"].get("batch_first", False) or len(shape) > 3 else 1
    return shape[at], [*shape[:at], *shape[at + 1 :]]


def entry(given: Mapping[str, object], layer: Mapping[str, object]) -> str:
    return f"input: {flow(given)}\nlayers:\n  - {flow({'name': 'y', **layer})}\n"


def fields(config: Mapping[str, Any]) -> dict[str, Any]:
    return {FIELDS.get(word, word): value for word, value in config.items() if word not in SILENT}


def recurrent(row: Record) -> Case:
    batch, shape = apart(row, row["in"][0])
    return Case(entry({"given": axes("b n d", shape)}, {row["op"].lower(): fields(row["config"])}), batch)


def attention(row: Record) -> Case:
    """Write the widths of keys and values too, which are that of the queries unless PyTorch was told others."""
    sizes = [apart(row, shape) for shape in row["in"]]
    (batch,) = {size for size, _ in sizes}
    given = {name: axes(f"{name} d", shape) for name, (_, shape) in zip(("one", "two", "three"), sizes, strict=True)}
    width = row["config"]["embed_dim"]
    assert given["one"]["d"] == width
    told = {"kv": ["two", "three"], "kdim": width, "vdim": width, **fields(row["config"])}
    return Case(entry(given, {"from": "one", "attention": told}), batch)


def last_states(row: Record) -> tuple[Sizes, ...]:
    """Give `h`, or `h` and `c`; the batch is their second axis, whatever that of the sequence is."""
    _, states = row["out"]
    bare = len(row["in"][0]) == 2
    return tuple(state if bare else [state[0], state[2]] for state in (states if row["op"] == "LSTM" else [states]))


def softmax(row: Record) -> tuple[Sizes, ...]:
    """Give the shape of attention's weights, of all heads; PyTorch gives them, their mean over the heads, or nothing."""
    _, weights = row["out"]
    if weights is None:
        return ()
    each = weights if len(row["in"][0]) == 2 else weights[1:]
    return ([row["config"]["num_heads"], *each[-2:]],)


CASES: dict[str, tuple[Callable[[Record], Case], Callable[[Record], tuple[Sizes, ...]]]] = {
    "RNN": (recurrent, last_states), "MultiheadAttention": (attention, softmax),
}  # fmt: skip


def answer(case: Case) -> Answer | None:
    try:
        made = calculate(case.text, batch=case.batch)
    except SpecError:
        return None
    assert made.totals.buffers == 0
    (shape,) = made.outputs.values()
    beside = tuple(list(row.output) for row in made.layers if row.path in {"y.h", "y.c", "y.softmax"})
    return Answer(list(shape), beside, made.totals.params, made.totals.macs)


@pytest.mark.parametrize("group", RECORDS)
def test_every_row(group: str) -> None:
    skipped: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    mismatches = []
    write, beside = CASES[group]
    for row in RECORDS[group]:
        why = reason(row)
        skipped[why] += why in INEXPRESSIBLE
        decided[why] += why in DELIBERATE
        if why:
            continue
        case, wanted = write(row), None
        got = answer(case)
        if "error" not in row:
            _, shape = apart(row, row["out"][0])
            wanted = Answer(shape, beside(row), row["params"], row["macs"])
            got = got._replace(beside=()) if got is not None and wanted.beside == () else got
        if wanted != got:
            mismatches.append(f"{case.text}batch {case.batch}: {wanted} wanted, {got} got; PyTorch: {row.get('error', 'ok')}")
    assert not mismatches, f"{len(mismatches)} of {len(RECORDS[group])}\n" + "\n".join(mismatches[:5])
    assert +skipped == SKIPPED[group]
    assert +decided == DECIDED[group]


def test_all_axes_in_front_are_batch() -> None:
    rows = [row for row in RECORDS["RNN"] if reason(row) == "leading"]
    assert len(rows) == DECIDED["RNN"]["leading"]
    for row in rows:
        one, many, *sequence = row["in"][0]
        assert one == 1
        flat = answer(recurrent({**row, "config": {**row["config"], "batch_first": True}, "in": [[many, *sequence]]}))
        assert flat is not None
        beside = tuple([many, *shape] for shape in flat.beside)
        assert answer(recurrent(row)) == Answer([many, *flat.shape], beside, flat.params, flat.macs)


def test_all_reasons_are_used() -> None:
    assert {why for reasons in SKIPPED.values() for why in reasons} == INEXPRESSIBLE.keys()
    assert {why for reasons in DECIDED.values() for why in reasons} == DELIBERATE.keys()
