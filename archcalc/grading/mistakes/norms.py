"""Mistakes in normalisations, which learn two numbers per channel and keep two more, and in poolings, which learn nothing."""

from __future__ import annotations

from dataclasses import replace

from archcalc.algebra import Slide
from archcalc.grading.mistakes.sketch import Rule, Sketch, Term, places

__all__ = ["NORMS"]


def norm_forgotten(it: Sketch) -> Sketch | None:
    """Leave a normalisation out."""
    return it.with_(()) if it.op.family == "norm" else None


def norm_once(it: Sketch) -> Sketch | None:
    """Count gain or shift alone."""
    return it.with_(it.terms[:1]) if it.op.family == "norm" and len(it.terms) > 1 else None


def norm_statistics(it: Sketch) -> Sketch | None:
    """Count running statistics, too."""
    kept = {name: axes for name, axes in it.op.buffers.items() if axes}
    return it.with_((*it.terms, *(Term(name, tuple(axes.split())) for name, axes in kept.items()))) if kept else None


def norm_buffers(it: Sketch) -> Sketch | None:
    """Count running statistics and their counter, too."""
    kept = it.op.buffers
    return it.with_((*it.terms, *(Term(name, tuple(axes.split())) for name, axes in kept.items()))) if "" in kept.values() else None


def _pool(it: Sketch, axes: tuple[str, ...]) -> Sketch | None:
    """Count weights of a pooling, of which there are none."""
    slides = [window.made for window in it.op.windows.values() if window is not None and isinstance(window.made, Slide)]
    if it.op.family != "pool" or it.terms or not slides or it.quantity not in {"params", "trainable"}:
        return None
    sizes = {f"k.{i}": slide.kernel for i, slide in enumerate(slides)}
    channels = [axis for axis in it.op.dims[1][0] if axis not in places(it.op)]
    every = {"k": tuple(sizes), "C": tuple(channels)}
    return replace(it, terms=(Term("pool", tuple(b for a in axes for b in every[a])),), sizes={**it.sizes, **sizes})


def pool_params(it: Sketch) -> Sketch | None:
    """Give a pooling a kernel for each channel."""
    return _pool(it, ("k", "C"))


def pool_kernel(it: Sketch) -> Sketch | None:
    """Give a pooling a kernel."""
    return _pool(it, ("k",))


def pool_channels(it: Sketch) -> Sketch | None:
    """Give a pooling a number for each channel."""
    return _pool(it, ("C",))


NORMS = (
    Rule("norm_forgotten", "the normalisation is missing", norm_forgotten, 1),
    Rule("bn_2C_4C", "the normalisation is counted with one number per channel, not with gain and shift", norm_once, 2),
    Rule("bn_2C_4C", "the running statistics of the normalisation are counted, which are not learned", norm_statistics, 1),
    Rule("bn_2C_4C", "the running statistics of the normalisation and their counter are counted, which are not learned", norm_buffers, 2),
    Rule("pool_params", "the pooling is given a kernel of weights for each channel, but it has none", pool_params, 1),
    Rule("pool_params", "the pooling is given a kernel of weights, but it has none", pool_kernel, 2),
    Rule("pool_params", "the pooling is given a number for each channel, but it learns nothing", pool_channels, 2),
)
