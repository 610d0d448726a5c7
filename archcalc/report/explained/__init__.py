"""Figures with their arithmetic, and a renderer per format.

A renderer is a module with two functions: `network(header, explainer, out)` writes what an explainer says, `card(families, out)` the
general formulas of layer kinds. It is imported when its format is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from archcalc.spec.expect import ON_DEVICE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.formulas.card import Family
    from archcalc.formulas.explain import Explainer
    from archcalc.report.result import Header

__all__ = ["ASKED", "FORMATS", "WHAT", "Renderer", "renderer"]

#: Format -> module.
FORMATS = {
    "text": "archcalc.report.explained.text",
    "markdown": "archcalc.report.explained.markdown",
    "latex": "archcalc.report.explained.latex",
}
#: What can be explained, and what else it may be called.
WHAT = {
    "shape": ("output", "out"),
    "params": ("param", "parameters", "weights"),
    "buffers": ("buffer",),
    "size": ("model_size", "bytes"),
    "macs": ("mac",),
    "flops": ("flop",),
    "receptive_field": ("rf", "field"),
    "activations": ("activation", "memory"),
    "peak": ("peak_activation", "live", "alive"),
    "kv_cache": ("kv", "cache", "state"),
    "training": ("saved", "kept", "backward"),
    "latency": ("time", "roofline"),
    "energy": (),
}
#: What is explained where it is asked for, and not of itself.
ASKED = frozenset({"kv_cache", "training", *ON_DEVICE})


class Renderer(Protocol):
    """What the module of a format offers."""

    def network(self, header: Header, explainer: Explainer, out: TextIO) -> None:
        """Write what an explainer says of a network."""

    def card(self, families: Iterable[Family], out: TextIO) -> None:
        """Write the general formulas of layer kinds."""


def renderer(name: str) -> Renderer:
    """Import the renderer of a format."""
    return cast("Renderer", import_module(FORMATS[name]))
