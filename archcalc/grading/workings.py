"""How the right figure is worked out, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.formulas.explain import Explainer
from archcalc.formulas.expr import TEXT, chain
from archcalc.formulas.sums import grouped
from archcalc.grading.claims import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.algebra import Op
    from archcalc.formulas.explain import Line
    from archcalc.grading.ledger import Asked, Ledger
    from archcalc.grading.quantities import Quantity

__all__ = ["working"]

#: What explains a quantity, and what that is called there.
WHAT = {
    "output": ("shape", ""), "params": ("params", "params"), "trainable": ("params", "params"), "frozen": ("params", "params"),
    "buffers": ("buffers", "buffers"), "model_size_bytes": ("size", "size"), "macs": ("macs", "MACs"), "flops": ("flops", "FLOPs"),
    "activations": ("activations", "activations"), "activations_bytes": ("activations", "bytes"), "live": ("peak", "alive"),
    "in_out": ("peak", "in + out"), "receptive_field": ("receptive_field", "R"), "effective_stride": ("receptive_field", "J"),
}  # fmt: skip
LONGEST = 400  #: characters of a line
FEW = 6  #: terms of a sum over the rows of a line
#: What the peaks of a whole network are called.
PEAKS = {"alive": "peak", "in + out": "peak in + out"}


def working(quantity: Quantity, asked: Asked, graph: Ledger) -> str:
    """Write a figure in letters, in numbers and worked out; nothing where there is nothing to work out."""
    text = _worked(quantity, asked, graph)
    short = text if asked.total else text.replace(f"{asked.name}.", "")
    return short if len(short) <= LONGEST else f"{short[: LONGEST - 1]}…"


def _worked(quantity: Quantity, asked: Asked, graph: Ledger) -> str:
    if quantity.name == "training_flops":
        return f"6 · params · tokens = 6 · {graph.totals.params:,} · {tokens(graph.run) or 0:,}"
    if quantity.name not in WHAT or not asked.parts:
        return ""
    what, name = WHAT[quantity.name]
    paths = _telling(quantity, asked)
    every = asked.total and quantity.name != "output" and what != "receptive_field"
    explainer = Explainer(graph.run.network, graph.run.lasts, graph.run.settings, {what}, None if every else paths)
    rows = [line for row in explainer.rows() for line in row.lines]
    if every:
        return _written(line for line in explainer.totals() if line.name == PEAKS.get(name, name))
    if len(paths) > 1 and what in explainer.sums:
        return f"{name} = {' = '.join(chain(name, grouped(explainer.sums[what], FEW), TEXT))}"
    if len(paths) > 1 and what not in {"shape", "receptive_field"}:
        rows = list(explainer.totals())
    return _written(line for line in rows if not name or line.name.partition("_")[0] == name or line.name == name)


def _telling(quantity: Quantity, asked: Asked) -> list[str]:
    """List the operations that a figure comes from."""
    rows = [part.row for part in asked.parts]
    if quantity.name == "output":
        changing = [part.row for part in asked.parts if part.step.op.windows or part.step.op.loops]
        return [(changing or rows)[-1].path]
    if quantity.name in {"receptive_field", "effective_stride"}:
        seeing = [part.row for part in asked.parts if _sees_more(part.step.op) and part.row.receptive_field == rows[-1].receptive_field]
        return [(seeing or rows)[-1].path]
    if quantity.name in {"live", "in_out"}:
        return [max(rows, key=lambda row: int(getattr(row, quantity.name))).path]
    named = {"activations_bytes": "activations", "model_size_bytes": "params"}.get(quantity.name, quantity.name)
    return [row.path for row in rows if getattr(row, named)] or [rows[0].path]


def _sees_more(op: Op) -> bool:
    """Tell whether a kernel slides over more than one position."""
    return any(window is not None and window.made is not None and window.made.kernel > 1 for window in op.windows.values())


def _written(lines: Iterable[Line]) -> str:
    """Write lines with their equal signs, those that say nothing left out."""
    found = []
    for line in lines:
        if line.written is None:
            found += [f"{line.name}: {line.note}"] if line.note else []
            continue
        steps = chain(line.name, line.written, TEXT)
        note = f" ({line.note})" if line.note else ""
        axis = f" along {line.axis}" if line.axis else ""
        found.append(f"{line.name}{axis} = {' = '.join(steps)}{note}")
    return "; ".join(found)
