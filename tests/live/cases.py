"""Cases: a spec, and the same in PyTorch, both as they can be run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers import flow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from live.both import Given, Pair, Row
    from live.draw import Draw

NAMES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Case:
    """What both are asked."""

    spec: str
    script: str  #: it makes `out`
    batch: int | None  #: PyTorch's first axis, where there is one
    products: bool = True  #: whether multiply-accumulates are compared
    stricter: str = ""  #: why archcalc refuses it although PyTorch takes it

    def __str__(self) -> str:
        """Write both sides as they can be run."""
        told = f"archcalc summarize spec.yaml{'' if self.batch is None else f' --batch {self.batch}'}"
        head = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\ntorch.set_default_device('meta')"
        return f"--- spec.yaml ({told})\n{self.spec}--- PyTorch\n{head}\n{self.script}"


def written(inputs: Mapping[str, Given], entries: Sequence[str], outputs: Sequence[str] = (), use: str = "") -> str:
    """Write a spec."""
    lines = [f"use: [{use}]"] if use else []
    lines += [f"input: {flow({name: x.axes for name, x in inputs.items()})}", "layers:", *(f"  - {entry}" for entry in entries)]
    lines += [f"output: {flow(outputs)}"] if outputs else []
    return "\n".join(lines) + "\n"


def called(pair: Pair, layer: str, reads: Sequence[str], *, again: bool = False) -> tuple[list[str], str]:
    """Write a layer in PyTorch, or its use where it is there already: statements, and then an expression."""
    places = {"layer": layer, **dict(zip(NAMES, reads, strict=False))}
    made = [f"{layer} = {pair.layer}"] if pair.layer and not again else []
    return [*made, *([pair.first.format(**places)] if pair.first else [])], pair.call.format(**places)


def alone(draw: Draw, row: Row) -> Case:
    """Draw a layer by itself."""
    given = row.on.draw(draw)
    pair = row.pair(draw, *given)
    inputs = dict(zip(NAMES, given, strict=False))
    first = {"name": "out", **pair.entry} if pair.outputs else pair.entry
    statements, call = called(pair, "layer", NAMES)
    script = [*(f"{name} = {x.torch()}" for name, x in inputs.items()), *statements, f"out = {call}"]
    return Case(
        spec=written(inputs, [flow(entry) for entry in (first, *pair.then)], pair.outputs, pair.use),
        script="\n".join(script) + "\n", batch=given[0].batch, products=row.products and pair.counted, stricter=pair.stricter,
    )  # fmt: skip
