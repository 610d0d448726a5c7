"""Pydantic's errors in the words of a spec file, at their place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.layers import meant
from archcalc.layers.fields import UNKNOWN
from archcalc.spec.document import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from archcalc.layers.base import Layer
    from archcalc.spec.diagnostics import Diagnostic, Source
    from archcalc.spec.source import Node

__all__ = ["FOREIGN", "MODIFIERS", "complaints", "field_hint"]

#: What stands beside a layer kind, not inside it.
MODIFIERS = ("name", "from", "repeat", "for", "if", "tie", "freeze", "shared", "expect", "note", "impl", "merge", "axis", "shortcut",
             "count", "active", "router")  # fmt: skip

#: Words of other libraries for our fields; only those that a kind has are offered.
FOREIGN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("out_channels", "filters", "units", "out_features", "num_output", "channels", "features"), ("out", "hidden")),
    **dict.fromkeys(("kernel_size", "pool_size", "ksize", "k"), ("kernel",)),
    **dict.fromkeys(("scale_factor", "upscale_factor", "downscale_factor"), ("scale",)),
    **dict.fromkeys(("num_groups", "n_groups"), ("groups",)),
    **dict.fromkeys(("num_heads", "n_heads", "nhead", "num_attention_heads", "n_head"), ("heads",)),
    **dict.fromkeys(("num_kv_heads", "n_kv_heads", "num_key_value_heads"), ("kv_heads",)),
    **dict.fromkeys(("key_dim", "d_kv", "d_head", "dim_head"), ("head_dim",)),
    **dict.fromkeys(("vocab_size", "n_vocab", "n_tokens"), ("vocab",)),
    **dict.fromkeys(("max_len", "max_length", "max_position_embeddings", "seq_len"), ("length",)),
    "strides": ("stride",), "s": ("stride",), "pad": ("padding",), "p": ("padding",), "dilation_rate": ("dilation",),
    "rate": ("p", "dilation"),
    "size": ("kernel",), "output_size": ("size",), "ceil_mode": ("ceil",), "use_bias": ("bias",), "activation": ("act",),
    "normalization": ("norm",), "num_embeddings": ("vocab",), "input_dim": ("vocab",), "embedding_dim": ("dim",), "output_dim": ("dim",),
    "hidden_size": ("hidden",), "hidden_dim": ("hidden",), "num_layers": ("layers",), "n_layers": ("layers",), "proj_size": ("proj",),
    "is_causal": ("causal",), "sliding_window": ("window",), "window_size": ("window",), "shift_size": ("shift",), "rope": ("rotary",),
    "add_bias_kv": ("bias_kv",), "add_zero_attn": ("zero_attn",), "qkv_bias": ("bias",), "memory": ("kv",), "context": ("kv",),
    "num_edges": ("edges",), "num_experts": ("count",), "top_k": ("active",), "relative_position_bias": ("relative_bias", "relative"),
    "d_model": ("dim",), "embed_dim": ("dim",), "hidden_channels": ("out",), "dim": ("axis",), "start_dim": ("start",), "end_dim": ("end",),
    "elementwise_affine": ("affine",), "track_running_stats": ("running_stats",), "negative_slope": ("slope",), "interpolation": ("mode",),
    "depth_multiplier": ("multiplier",), "normalized_shape": ("axes",), "squeeze_channels": ("squeeze",),
}  # fmt: skip
#: Fields that other libraries ask for and that follow from the input here.
IMPLIED = ("in_channels", "in_features", "input_size", "num_features", "num_channels", "input_channels", "input_shape", "embed_dim",
           "d_model", "n_embd", "model_dim")  # fmt: skip
#: Fields that other libraries ask for and that change nothing that is worked out here.
SILENT = ("batch_first", "dropout", "dropout_p", "attn_drop", "proj_drop", "eps", "momentum", "padding_idx", "return_sequences",
          "return_state", "average_attn_weights", "need_weights", "device", "weight_init")  # fmt: skip


def complaints(
    error: ValidationError, cls: type[Layer], nodes: Sequence[Node], source: Source, call: Place, called: str = ""
) -> Iterator[Diagnostic]:  # fmt: skip
    """Translate every error; unknown fields first, since they often explain the rest."""
    order = {"extra_forbidden": 0, "missing": 1}
    offered: set[str] = set()
    for detail in sorted(error.errors(include_url=False), key=lambda d: order.get(d["type"], 2)):
        field = str(detail["loc"][0]) if detail["loc"] else ""
        if detail["type"] == "extra_forbidden":
            offered.add(_ours(field, cls))
        if detail.get("input") is not UNKNOWN and not (detail["type"] == "missing" and field in offered):
            yield _translate(detail, cls, nodes, source, call, called or cls.kind)


def _ours(field: str, cls: type[Layer]) -> str:
    """Give the field that was meant by one that does not exist, or nothing."""
    fields = tuple(cls.model_fields)
    return _foreign(field, cls) or meant(field, fields).removeprefix("did you mean `").removesuffix("`?")


def _foreign(field: str, cls: type[Layer]) -> str:
    """Give the field that other libraries call so, or nothing."""
    return next((word for word in FOREIGN.get(field, ()) if word in cls.model_fields), "")


def _translate(
    detail: ErrorDetails, cls: type[Layer], nodes: Sequence[Node], source: Source, call: Place, kind: str
) -> Diagnostic:  # fmt: skip
    loc, context = detail["loc"], detail.get("ctx", {})
    field = str(loc[0]) if loc else ""
    node = next((n for n in nodes if isinstance(n.value, dict) and field in n.value), None)
    match detail["type"]:
        case "extra_forbidden":
            place = Place(source, node.at(loc[:1], key=True)) if node else call
            return place.problem("E231", f"`{kind}` has no field `{field}`", field_hint(field, cls))
        case "missing":
            lone = nodes[0].value if nodes and not isinstance(nodes[0].value, dict | list) else None
            given = f"{cls.primary}: {lone}, " if cls.primary and lone is not None else ""
            return call.problem("E232", f"`{kind}` needs `{field}`", f"write `{kind}: {{{given}{field}: …}}`")
        case "expression":
            whole, quoted = _value_place(node, nodes, loc, source, call)
            place = whole.within(context["start"], context["end"], quoted=quoted)
            return place.problem(context["code"], context["message"], context["help"])
    place, _ = _value_place(node, nodes, loc, source, call)
    return place.problem("E233", f"`{field}` of `{kind}` {_reason(detail)}", str(context.get("help", "")))


def _value_place(node: Node | None, nodes: Sequence[Node], loc: tuple[int | str, ...], source: Source, call: Place) -> tuple[Place, bool]:
    if node is not None:
        found = node
        for step in loc:
            value = found.value
            if isinstance(value, dict) and step in value:
                found = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                found = value[step]
            else:
                break
        return Place(source, found.span), not found.plain
    if nodes and not isinstance(nodes[0].value, dict):  # `linear: 4*d`, a lone value
        lone = nodes[0]
        if isinstance(lone.value, list) and len(loc) > 1 and isinstance(loc[1], int) and loc[1] < len(lone.value):
            lone = lone.value[loc[1]]
        return Place(source, lone.span), not lone.plain
    return call, False


def field_hint(field: str, cls: type[Layer]) -> str:
    """Say what to write instead of a field that a kind does not have."""
    fields = tuple(cls.model_fields)
    if ours := _foreign(field, cls):
        return f"write `{ours}`"
    if field in IMPLIED:
        return "it follows from the input: leave it out"
    if field in SILENT:
        return "it changes no figure: leave it out"
    if field in MODIFIERS:
        return f"`{field}` stands beside `{cls.kind}:`, not inside it"
    return meant(field, fields) or f"its fields are {', '.join(fields)}" if fields else "it has no fields"


def _reason(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    value = _shown(detail.get("input"))
    match detail["type"]:
        case "int_type" | "int_parsing" | "int_from_float":
            return f"takes a whole number, not {value}"
        case "float_type" | "float_parsing":
            return f"takes a number, not {value}"
        case "bool_type" | "bool_parsing":
            return f"takes `true` or `false`, not {value}"
        case "string_type":
            return f"takes a text, not {value}"
        case "tuple_type" | "list_type":
            return f"takes a list, not {value}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}, not {value}"
        case "less_than_equal":
            return f"must be at most {context['le']}, not {value}"
        case "literal_error" | "enum":
            return f"must be {context.get('expected', 'one of its words')}, not {value}"
        case "too_short":
            return "takes at least one value"
    return detail["msg"][:1].lower() + detail["msg"][1:] if detail["msg"][:1].isupper() else detail["msg"]


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
