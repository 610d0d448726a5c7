"""What nodes do, in a few families, and the colour of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.trace import Step

__all__ = ["COLOURS", "Colour", "family"]

#: Family of an operation -> family of a node; what is not here is `other`.
FAMILIES = {
    "conv": "conv", "linear": "dense", "matmul": "attention", "norm": "norm", "act": "act", "scale": "act", "pool": "pool",
    "reduce": "pool", "merge": "merge", "view": "shape", "copy": "shape", "pad": "shape", "scatter": "shape", "lookup": "embedding",
    "recurrent": "recurrent",
}  # fmt: skip


class Colour(NamedTuple):
    """What a node is filled with and bounded by, on a light page and on a dark one."""

    fill: str
    line: str
    dark_fill: str
    dark_line: str


COLOURS = {
    "conv": Colour("#dbeafe", "#2563eb", "#1e3a5f", "#60a5fa"),
    "dense": Colour("#ede9fe", "#7c3aed", "#3b2a63", "#a78bfa"),
    "attention": Colour("#fae8ff", "#c026d3", "#53205a", "#e879f9"),
    "recurrent": Colour("#fce7f3", "#db2777", "#5a1f3f", "#f472b6"),
    "embedding": Colour("#ccfbf1", "#0d9488", "#134e4a", "#2dd4bf"),
    "norm": Colour("#fef9c3", "#a16207", "#4a3a0a", "#facc15"),
    "act": Colour("#ffedd5", "#ea580c", "#562a10", "#fb923c"),
    "pool": Colour("#fee2e2", "#dc2626", "#5c1f1f", "#f87171"),
    "merge": Colour("#dcfce7", "#16a34a", "#14472a", "#4ade80"),
    "shape": Colour("#f1f5f9", "#64748b", "#2b3442", "#94a3b8"),
    "block": Colour("#e0e7ff", "#4f46e5", "#2c2f66", "#818cf8"),
    "other": Colour("#f5f5f4", "#78716c", "#33302d", "#a8a29e"),
    "input": Colour("#ffffff", "#334155", "#0f172a", "#cbd5e1"),
    "output": Colour("#ffffff", "#334155", "#0f172a", "#cbd5e1"),
}


def family(path: str, steps: Sequence[Step]) -> str:
    """Say what the rows of a node do: an entry by what its first row does, attention by its products, several entries are a block."""
    if len(steps) > 1 and not all(path in {step.group, step.path} for step in steps):
        return "block"
    found = [FAMILIES.get(step.op.family, "other") for step in steps]
    return "attention" if "attention" in found else next((what for what in found if what != "shape"), "shape")
