"""Networks as pictures: a graph folded to so many levels, and a language of pictures each.

The module of a language has one function of its name, `dot(graph)`, which gives the text. It is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from archcalc.drawing.graph import Graph

__all__ = ["DIRECTIONS", "FORMATS", "Artist", "artist"]

#: Languages, each a module here with a function of its name.
FORMATS = ("mermaid", "dot", "svg")
#: From the top down, and from left to right.
DIRECTIONS = ("TB", "LR")


class Artist(Protocol):
    """What draws a graph."""

    def __call__(self, graph: Graph, *, direction: str = "TB") -> str:
        """Give the picture as text."""


def artist(name: str) -> Artist:
    """Import what draws in a language."""
    return cast("Artist", getattr(import_module(f"archcalc.drawing.{name}"), name))
