"""Every single layer that PyTorch was asked about: shape, parameters, buffers and MACs where it answered, a refusal where it refused."""

from __future__ import annotations

import re
from collections import Counter
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import axes, calculate, flow, recorded

from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Record = dict[str, Any]

RECORDS: dict[str, list[Record]] = recorded("single_layers.json.gz")
SPATIAL = {1: "c t", 2: "c h w", 3: "c t h w"}
ANY = "a b e f d"  # axes without a meaning, but none of them called `c`

#: PyTorch's words, by ours; what has no bearing on a figure is left out.
FIELDS = {
    "out_channels": "out", "kernel_size": "kernel", "ceil_mode": "ceil", "output_size": "size", "out_features": "out",
    "num_embeddings": "vocab", "embedding_dim": "dim", "num_groups": "groups", "upscale_factor": "scale", "downscale_factor": "scale",
    "scale_factor": "scale", "start_dim": "start", "end_dim": "end", "dim": "axis", "unflattened_size": "sizes",
    "track_running_stats": "running_stats", "elementwise_affine": "affine",
}  # fmt: skip
SILENT = {
    "in_channels", "in_features", "in1_features", "in2_features", "num_features", "num_channels", "normalized_shape",  # follow from x
    "padding_mode", "count_include_pad", "divisor_override", "padding_idx", "max_norm", "value",
}  # fmt: skip

#: Rows that can't be written in the language, and why; each reason with its number of rows.
INEXPRESSIBLE = {
    "channels": "the layer was told other channels than its input has; here they follow from the input",
    "rank": "the class is of another rank than its input; here the input decides",
    "padding_mode": "convolution over mirrored borders is `pad` and `conv` here, and PyTorch's borders did not fit",
    "padding_idx": "an index of no bearing on any figure",
}
#: Rows that archcalc decides otherwise, on purpose.
DELIBERATE = {
    "same": "`padding: same` works with a stride: out = ceil(in / stride)",
    "bilinear": "bilinear's multiply-accumulates are counted",
    "default": "`align_corners: false` may be written where it means nothing",
    "keep": "`none` keeps an axis in one dimension too",
    "empty": "a tensor without elements is refused",
}

SKIPPED = {
    "Conv1d": {"channels": 4}, "Conv2d": {"channels": 8, "rank": 3, "padding_mode": 2}, "Conv3d": {"channels": 9, "rank": 1},
    "ConvTranspose1d": {"channels": 2, "rank": 1}, "ConvTranspose2d": {"channels": 7, "rank": 1}, "ConvTranspose3d": {"channels": 2},
    "AdaptivePool": {"rank": 5}, "Linear": {"channels": 24}, "Bilinear": {"channels": 2}, "Embedding": {"padding_idx": 2},
    "Norm": {"rank": 19, "channels": 27},
}  # fmt: skip
DECIDED = {
    "Conv1d": {"same": 4}, "Conv2d": {"same": 2}, "Conv3d": {"same": 5}, "ConvTranspose3d": {"empty": 1}, "AdaptivePool": {"keep": 4},
    "Bilinear": {"bilinear": 28}, "Upsample": {"default": 7},
}  # fmt: skip


class Case(NamedTuple):
    kind: str
    fields: Mapping[str, object]
    inputs: list[Mapping[str, int]]
    batch: int = 1


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def image(row: Record) -> tuple[str, list[int], int] | None:
    """Take the batch axis off an image; PyTorch takes images without it too."""
    rank, shape = int(row["op"][-2]), row["in"][0]
    if len(shape) == rank + 2:
        return SPATIAL[rank], shape[1:], shape[0]
    return (SPATIAL[rank], shape, 1) if len(shape) == rank + 1 else None


def fields(config: Mapping[str, Any]) -> dict[str, Any]:
    made = {FIELDS.get(word, word): value for word, value in config.items() if word not in SILENT}
    return made | ({"mode": made["mode"].replace("-", "_")} if "mode" in made else {})


def spatial(kind: str) -> Callable[[Record], Case | str]:
    def case(row: Record) -> Case | str:
        found, config = image(row), row["config"]
        if found is None:
            return "rank"
        names, shape, batch = found
        if config.get("in_channels", shape[0]) != shape[0]:
            return "channels"
        if "padding_mode" in config and re.search(r"Padding size should be less|wrapping around", row.get("error", "")):
            return "padding_mode"
        return Case(kind, fields(config), [axes(names, shape)], batch)

    return case


def norm(kind: str) -> Callable[[Record], Case | str]:
    def case(row: Record) -> Case | str:
        config, shape = row["config"], row["in"][0]
        told = config.get("num_features", config.get("num_channels", shape[1] if len(shape) > 1 else None))
        rank = int(row["op"][-2]) if row["op"][-1] == "d" else len(shape) - 2
        if len(shape) == rank + 2 or (row["op"] == "BatchNorm1d" and len(shape) == 2):
            batch, shape = shape[0], shape[1:]
        elif len(shape) == rank + 1 and kind == "instance_norm":
            batch = 1
        else:
            return "rank"
        if told not in {shape[0], None}:
            return "channels"
        names = "c" if len(shape) == 1 else SPATIAL[len(shape) - 1]
        return Case(kind, fields(config), [axes(names, shape)], batch)

    return case


def trailing(kind: str) -> Callable[[Record], Case | str]:
    def case(row: Record) -> Case | str:
        config, shape = row["config"], row["in"][0]
        over = listed(config["normalized_shape"])
        if shape[-len(over) :] != over:
            return "channels"
        return Case(kind, fields(config) | {"axes": len(over)}, [axes(ANY, shape)])

    return case


def plain(kind: str, told: str = "") -> Callable[[Record], Case | str]:
    """Write a layer that works on any axes; the batch is one of them."""

    def case(row: Record) -> Case | str:
        shape = row["in"][0]
        if row["config"].get(told, shape[-1]) != shape[-1]:
            return "channels"
        return Case(kind, fields(row["config"]), [axes(ANY, shape) if len(shape) > 1 else {"d": shape[0]}])

    return case


def flatten(row: Record) -> Case | str:
    return Case("flatten", {"start": 1} | fields(row["config"]), [axes(ANY, row["in"][0])])


def embedding(row: Record) -> Case | str:
    return "padding_idx" if "Padding_idx" in row.get("error", "") else plain("embedding")(row)


def bilinear(row: Record) -> Case | str:
    config, (one, two) = row["config"], row["in"]
    if [config["in1_features"], config["in2_features"]] != [one[-1], two[-1]]:
        return "channels"
    return Case("bilinear", fields(config), [axes("n d", one), axes("n e", two)])


def with_batch(kind: str) -> Callable[[Record], Case | str]:
    """Write a layer on images of any rank, batch in front."""

    def case(row: Record) -> Case | str:
        batch, *shape = row["in"][0]
        return Case(kind, fields(row["config"]), [axes(SPATIAL[len(shape) - 1], shape)], batch)

    return case


def fold(row: Record) -> Case | str:
    batch, *shape = row["in"][0]
    return Case("fold", fields(row["config"]), [axes("d n", shape)], batch)


def pad(row: Record) -> Case | str:
    """Write PyTorch's borders, which start at the last axis."""
    found, told = image(row), row["config"]["padding"]
    if found is None:
        return "rank"
    names, shape, batch = found
    pairs = [[told, told]] * (len(shape) - 1) if isinstance(told, int) else [told[i : i + 2] for i in range(0, len(told), 2)][::-1]
    modes = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}
    mode = modes.get(row["op"].partition("Pad")[0], "constant")
    return Case("pad", {"amount": pairs, "mode": mode}, [axes(names, shape)], batch)


def adaptive(kind: str) -> Callable[[Record], Case | str]:
    def case(row: Record) -> Case | str:
        made = spatial(kind)(row)
        return made if isinstance(made, str) else made._replace(fields={"size": made.fields["size"]})

    return case


CASES: dict[str, Callable[[Record], Case | str]] = {
    "Conv": spatial("conv"), "ConvTranspose": spatial("conv_transpose"), "MaxPool": spatial("max_pool"), "AvgPool": spatial("avg_pool"),
    "AdaptiveAvgPool": adaptive("adaptive_avg_pool"), "AdaptiveMaxPool": adaptive("adaptive_max_pool"),
    "Linear": plain("linear", "in_features"), "Bilinear": bilinear, "Embedding": embedding,
    "BatchNorm": norm("batch_norm"), "InstanceNorm": norm("instance_norm"), "GroupNorm": norm("group_norm"),
    "LocalResponseNorm": norm("local_response_norm"), "LayerNorm": trailing("layer_norm"), "RMSNorm": trailing("rms_norm"),
    "Upsample": with_batch("upsample"), "PixelShuffle": with_batch("pixel_shuffle"), "PixelUnshuffle": with_batch("pixel_unshuffle"),
    "ChannelShuffle": with_batch("channel_shuffle"), "Unfold": with_batch("unfold"), "Fold": fold,
    "ConstantPad": pad, "ZeroPad": pad, "ReflectionPad": pad, "ReplicationPad": pad, "CircularPad": pad,
    "Flatten": flatten, "Unflatten": plain("unflatten"), "GLU": plain("glu"),
}  # fmt: skip


def text(case: Case) -> str:
    inputs = {f"x{i}": given for i, given in enumerate(case.inputs)}
    origin = {} if len(inputs) == 1 else {"from": list(inputs)}
    return f"input: {flow(inputs)}\nlayers:\n  - {flow({**origin, case.kind: case.fields})}\n"


def decided(row: Record, case: Case) -> str:
    """Say which deliberate difference a row falls under, or nothing."""
    refused = row.get("error", "")
    if "padding='same' is not supported for strided" in refused:
        return "same" if min(listed(row["config"]["stride"])) > 0 else ""
    if case.kind == "bilinear" and not refused:
        return "bilinear"
    if "NoneType" in refused:
        return "keep"
    if "align_corners option can only be set" in refused and not row["config"]["align_corners"]:
        spatial, scales = row["in"][0][2:], listed(row["config"].get("scale_factor", 1))
        return "default" if len(scales) in {1, len(spatial)} and min(scales) * min(spatial) >= 1 else ""
    return "empty" if not refused and 0 in row["out"] else ""


def expected(row: Record, case: Case, difference: str) -> tuple[list[int], int, int, int] | None:
    """Give shape, parameters, buffers and MACs, or nothing where the row is refused."""
    if difference == "empty" or ("error" in row and difference not in {"same", "keep", "default"}):
        return None
    (x, *_), batch = [list(given.values()) for given in case.inputs], case.batch
    if difference == "keep":
        return x, 0, 0, 0
    if difference == "default":
        config = row["config"]
        scales = listed(config.get("scale_factor", 1)) * len(x)
        sizes = listed(config["size"]) * len(x) if "size" in config else [int(n * s) for n, s in zip(x[1:], scales, strict=False)]
        return [x[0], *sizes[: len(x) - 1]], 0, 0, 0
    if difference == "same":
        config, rank = row["config"], len(x) - 1
        each = {word: (v * rank)[:rank] for word in ("stride", "kernel_size") for v in [listed(config[word])]}
        out = [config["out_channels"], *(-(-n // s) for n, s in zip(x[1:], each["stride"], strict=True))]
        weights = config["out_channels"] * x[0] // config.get("groups", 1) * prod(each["kernel_size"])
        return out, weights + config.get("bias", True) * config["out_channels"], 0, weights * prod(out[1:]) * batch
    bare = len(row["in"][0]) == len(x)
    out = row["out"] if bare else row["out"][1:]
    return (
        out,
        row["params"],
        row.get("buffers", 0),
        out[0] * out[1] * x[-1] * row["in"][1][-1] if difference == "bilinear" else row["macs"],
    )


def answer(case: Case) -> tuple[list[int], int, int, int] | None:
    try:
        made = calculate(text(case), batch=case.batch)
    except SpecError:
        return None
    totals = made.totals
    return list(made.layers[-1].output), totals.params, totals.buffers, totals.macs


@pytest.mark.parametrize("group", RECORDS)
def test_every_row(group: str) -> None:
    skipped: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    mismatches = []
    for row in RECORDS[group]:
        case = CASES[re.sub(r"[123]d$", "", row["op"])](row)
        if isinstance(case, str):
            skipped[case] += 1
            continue
        difference = decided(row, case)
        differing[difference] += difference != ""
        wanted, got = expected(row, case, difference), answer(case)
        if wanted != got:
            mismatches.append(f"{text(case)} batch {case.batch}: {wanted} wanted, {got} got; PyTorch: {row.get('error', 'ok')}")
    assert not mismatches, f"{len(mismatches)} of {len(RECORDS[group])}\n" + "\n".join(mismatches[:5])
    assert skipped == SKIPPED.get(group, {})
    assert +differing == DECIDED.get(group, {})


def test_all_reasons_are_used() -> None:
    assert {reason for reasons in SKIPPED.values() for reason in reasons} == INEXPRESSIBLE.keys()
    assert {reason for reasons in DECIDED.values() for reason in reasons} == DELIBERATE.keys()
