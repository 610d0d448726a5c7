"""The layer kinds: one class each, one module per family.

A module is imported when the first layer of its family is met. Which kind is where is generated from the classes
(`python -m archcalc.layers.index`) and checked by the tests.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from archcalc.layers._index import ALIASES, KINDS, ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.layers.base import Layer

__all__ = ["ALIASES", "KINDS", "find", "known", "meant"]


def find(kind: str) -> type[Layer]:
    """Give the class of a kind, importing its module if need be."""
    module, name = KINDS[kind]
    cls: type[Layer] = getattr(import_module(f"archcalc.layers.{module}"), name)
    return cls


def known(role: str) -> tuple[str, ...]:
    """List the kinds that may take a place in another layer: `norm`, `activation`, `merge`."""
    return ROLES.get(role, ())


def meant(word: str, *choices: Iterable[str]) -> str:
    """Say what was meant by a word that is none of the choices, or nothing.

    >>> meant("kernal", ["kernel", "stride"])
    'did you mean `kernel`?'
    """
    everything = [choice for some in choices for choice in some]
    close = get_close_matches(word, everything, n=1, cutoff=0.6) or get_close_matches(word.lower(), everything, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""
