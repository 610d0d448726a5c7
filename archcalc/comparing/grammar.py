"""Words for parts of networks, one or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.comparing.tree import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.comparing.tree import Node

__all__ = ["NAMED", "counted", "joined", "names", "noun", "places"]

#: Things of one sort that are named; more are counted.
NAMED = 4
#: What structures are called.
STRUCTURES = {"experts": "group of experts", "residual": "residual", "branches": "set of branches", "layers": "group of layers"}


def noun(node: Node) -> str:
    """Call a part by its kind: a layer, or a block by its name."""
    if node.kind or not node.children:
        return f"{node.kind or node.items[0].row.type} layer"
    own = node.stem.removeprefix(COUNT)
    if not own:
        return "branch"
    return f"{own} block" if own[0].isupper() else STRUCTURES.get(own, own) if node.stem != own else own


def counted(n: int, what: str, word: str = "") -> str:
    """Count things.

    >>> counted(17, "block", "more"), counted(1, "adaptive_avg_pool layer"), counted(2, "group of experts", "new")
    ('17 more blocks', 'an adaptive_avg_pool layer', '2 new groups of experts')
    >>> counted(3, "branch"), counted(6, "dense1")
    ('3 branches', '6 copies of dense1')
    """
    if n == 1:
        said = f"{word} {what}".strip()
        return f"one {said}" if word == "more" else f"a{'n' * (said[0] in 'aeiou')} {said}"
    head, of, tail = what.partition(" of ")
    if head[-1].isdecimal():
        return f"{n:,} {word} copies of {what}".replace("  ", " ")
    return f"{n:,} {word} {head}{'es' if head.endswith(('s', 'x', 'ch', 'sh')) else 's'}{of}{tail}".replace("  ", " ")


def places(inside: Sequence[str]) -> str:
    """Say where, unless it is the whole network."""
    if not all(inside):
        return ""
    return f" in {joined(inside)}" if len(inside) <= NAMED else f" in {len(inside)} places"


def names(paths: Sequence[str]) -> str:
    """Name layers, or count them."""
    return joined(paths) if len(paths) < NAMED else f"{len(paths):,} layers"


def joined(parts: Sequence[str]) -> str:
    """Join words.

    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), *parts[-1:]])
