"""All that is drawn, and what is not."""

from __future__ import annotations

from live import dense, pointwise, sequences, shapes, windows
from live.both import TABLE

__all__ = ["EXCEPTIONS", "MODULES", "TABLE"]

#: The modules that fill the table.
MODULES = (windows, pointwise, shapes, dense, sequences)

#: Kinds, and fields of kinds, that are not compared, and why.
EXCEPTIONS = {
    "attention.buckets": "T5's relative positions are in no layer of PyTorch",
    "attention.relative": "neither these nor SAM's",
    "attention.rotary": "turning by position is in no layer of PyTorch",
    "attention.window": "PyTorch computes all pairs and hides those outside of a window",
    "scaled_dot_product_attention.window": "the same",
    "aggregate": "graphs are PyTorch Geometric's",
    "graph_attention": "graphs are PyTorch Geometric's",
    "graph_conv": "graphs are PyTorch Geometric's",
    "batch_norm.frozen": "torchvision's FrozenBatchNorm2d",
    "batch_norm.scale": "PyTorch learns both or none",
    "batch_norm.shift": "PyTorch learns both or none",
    "conv.links": "PyTorch connects maps all, or in groups",
    "custom": "its author states the figures",
    "combine": "a part of `experts`, which is no layer of PyTorch",
    "dispatch": "a part of `experts`, which is no layer of PyTorch",
    "routing": "a part of `experts`, which is no layer of PyTorch",
    "drop_path": "torchvision's StochasticDepth",
    "latent_attention": "DeepSeek's, in transformers",
    "rbf": "LeNet-5's output is no layer of PyTorch",
    "window_attention": "torchvision's ShiftedWindowAttention",
}
