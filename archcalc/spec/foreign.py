"""The words of other libraries, and what is written here instead of them.

Other names of one kind are its own `aliases`. Here is what takes more than another name: words for fields, arguments and modifiers,
and for kinds that are put together from others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.layers import meant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["ADVICE", "COMPOSED", "OURS", "composed", "foreign", "instead", "intended", "same_word"]

FOLLOWS = "it follows from the input: leave it out"
SILENT = "it changes no figure: leave it out"
TIED = "for the weights of another entry write `tie: its_name` beside it"

#: Our names, those first that are meant most; only those that there are where the word stands are offered. An example may go with one.
OURS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("out_channels", "filters", "units", "out_features", "num_output", "channels", "features"), ("out", "hidden")),
    **dict.fromkeys(("kernel_size", "pool_size", "ksize"), ("kernel",)),
    **dict.fromkeys(("scale_factor", "upscale_factor", "downscale_factor"), ("scale",)),
    **dict.fromkeys(("num_groups", "n_groups"), ("groups",)),
    **dict.fromkeys(("num_heads", "n_heads", "nhead", "num_attention_heads", "n_head"), ("heads",)),
    **dict.fromkeys(("num_kv_heads", "n_kv_heads", "num_key_value_heads"), ("kv_heads",)),
    **dict.fromkeys(("key_dim", "d_kv", "d_head", "dim_head"), ("head_dim",)),
    "q_lora_rank": ("q_rank",), "kv_lora_rank": ("kv_rank",), "qk_nope_head_dim": ("nope",), "qk_rope_head_dim": ("rope",),
    "v_head_dim": ("v_dim",),
    **dict.fromkeys(("vocab_size", "n_vocab", "n_tokens"), ("vocab",)),
    **dict.fromkeys(("max_len", "max_length", "max_position_embeddings", "seq_len"), ("length",)),
    **dict.fromkeys(("num_layers", "n_layers", "num_hidden_layers", "n_layer"), ("layers", "depth")),
    **dict.fromkeys(("dim_feedforward", "intermediate_size", "d_ff", "ff_dim", "ffn_dim", "mlp_dim"), ("ff", "hidden")),
    **dict.fromkeys(("activation", "activation_function", "hidden_act", "act_layer"), ("act",)),
    **dict.fromkeys(("key", "keys", "value", "values", "memory", "context", "encoder_hidden_states"), ("kv", "memory")),
    **dict.fromkeys(("mask", "attn_mask", "attention_mask", "src_mask", "tgt_mask"), ("causal: true",)),
    **dict.fromkeys(("hx", "h0", "h_0", "initial_state"), ("state",)),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_experts", "n_routed_experts"), ("count",)),
    **dict.fromkeys(("top_k", "num_experts_per_tok", "n_activated_experts"), ("active",)),
    **dict.fromkeys(("dropout_p", "attn_dropout", "attention_dropout", "attn_drop"), ("dropout",)),
    "k": ("kernel", "active"), "strides": ("stride",), "s": ("stride",), "pad": ("padding",), "p": ("padding",),
    "dilation_rate": ("dilation",), "rate": ("p", "dilation"), "size": ("kernel",), "output_size": ("size",), "ceil_mode": ("ceil",),
    "use_bias": ("bias",), "normalization": ("norm",), "norm_layer": ("norm",), "num_embeddings": ("vocab",), "input_dim": ("vocab",),
    "embedding_dim": ("dim",), "output_dim": ("dim",), "hidden_size": ("hidden",), "hidden_dim": ("hidden",), "proj_size": ("proj",),
    "is_causal": ("causal",), "sliding_window": ("window",), "window_size": ("window",), "shift_size": ("shift",), "rope": ("rotary",),
    "add_bias_kv": ("bias_kv",), "add_zero_attn": ("zero_attn",), "qkv_bias": ("bias",), "num_edges": ("edges",), "edge_index": ("edges",),
    "relative_position_bias": ("relative_bias", "relative"), "d_model": ("dim",), "embed_dim": ("dim",), "hidden_channels": ("out",),
    "dim": ("axis",), "start_dim": ("start",), "end_dim": ("end",), "elementwise_affine": ("affine",),
    "track_running_stats": ("running_stats",), "negative_slope": ("slope",), "interpolation": ("mode",),
    "depth_multiplier": ("multiplier",), "squeeze_channels": ("squeeze",),
}  # fmt: skip

#: What to do about words that there is no name for; with a kind in front, about those that mean something of their own there.
ADVICE: Mapping[str, str] = {
    **dict.fromkeys(
        ("in_channels", "in_features", "input_size", "num_features", "num_channels", "input_channels", "input_shape", "embed_dim",
         "d_model", "n_embd", "model_dim", "normalized_shape", "layer_norm.dim", "rms_norm.dim", "attention.dim", "window_attention.dim"),
        FOLLOWS,
    ),
    **dict.fromkeys(
        ("batch_first", "dropout", "dropout_p", "attn_dropout", "attention_dropout", "attn_drop", "proj_drop", "recurrent_dropout", "eps",
         "momentum", "padding_idx", "return_sequences", "return_state", "stateful", "average_attn_weights", "need_weights", "nonlinearity",
         "device", "weight_init", "rope_theta", "attention.scale", "scaled_dot_product_attention.scale"),
        SILENT,
    ),
    **dict.fromkeys(("weight", "tie_weights", "tie_word_embeddings"), TIED),
    "query": "it is the input: `from:` beside it names another one",
    "reset_after": "`true` is what is counted here: leave it out",
}  # fmt: skip

#: What to write for kinds that are fields of another, a structure, or put together from several; in small letters without `_`.
COMPOSED: Mapping[str, str] = {
    **dict.fromkeys(("rope", "rotaryembedding", "rotaryembeddings", "rotarypositionalembedding"), "write `attention: {rotary: true}`"),
    **dict.fromkeys(("moe", "mixtureofexperts", "sparsemoe"), "write `experts: [...]` with `count: 8, active: 2` beside it"),
    **dict.fromkeys(("patchembed", "patchembedding"), "write `conv: {out: 768, kernel: 16, stride: 16}`, then `tokens`"),
    **dict.fromkeys(("sequential", "modulelist"), "for a group write `- {name: stem, layers: [...]}`"),
    **dict.fromkeys(("input", "inputlayer"), "what comes in stands under `input:`, above `layers:`"),
    "causalselfattention": "write `attention: {heads: 8, causal: true}`",
    "crossattention": "write `attention`, and its `kv` for what is attended to",
    "bidirectional": "write `bidirectional: true` inside the layer: `lstm: {hidden: 64, bidirectional: true}`",
}


def foreign(word: str, ours: Collection[str]) -> str:
    """Give our name for what other libraries call so, perhaps with an example, or nothing.

    >>> foreign("nhead", ["heads", "kv"]), foreign("mask", ["causal"]), foreign("nhead", ["out"])
    ('heads', 'causal: true', '')
    """
    return next((name for name in OURS.get(word, ()) if name.partition(":")[0] in ours), "")


def instead(word: str, ours: Collection[str], kind: str = "") -> str:
    """Say what to write instead of a word of another library, or nothing.

    >>> instead("mask", ["heads", "causal"]), instead("d_model", ["heads"]), instead("dim", ["axis"], "rms_norm")
    ('write `causal: true`', 'it follows from the input: leave it out', 'it follows from the input: leave it out')
    """
    here = ADVICE.get(f"{kind}.{word}")
    if here is None and (name := foreign(word, ours)):
        return f"write `{name}`"
    return here or ADVICE.get(word, "")


def intended(word: str, ours: Collection[str]) -> str:
    """Give our name that was meant by a word that is none, or nothing."""
    return foreign(word, ours).partition(":")[0] or meant(word, ours).removeprefix("did you mean `").removesuffix("`?")


def composed(word: str) -> str:
    """Say how to write what other libraries have a kind for, or nothing.

    >>> composed("RotaryEmbedding")
    'write `attention: {rotary: true}`'
    """
    return COMPOSED.get(_plain(word), "")


def same_word(one: str, other: str) -> bool:
    """Tell whether two words differ in capitals and `_` at most."""
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    return word.replace("_", "").lower()
