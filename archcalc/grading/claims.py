"""Figures that are known to be printed wrong, and the tokens that networks were trained on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from archcalc.grading.amounts import Amount
from archcalc.grading.marking import Verdict, mark
from archcalc.grading.quantities import QUANTITIES, read
from archcalc.grading.sizes import Shape
from archcalc.record import Record
from archcalc.spec.diagnostics import Source
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.api import Run
    from archcalc.grading.ledger import Asked
    from archcalc.grading.quantities import Answer, Quantity

__all__ = ["Claim", "claimed", "claims", "names", "tokens", "training"]


class Claim(Record):
    """A wrong figure, where it is printed, and why it is wrong."""

    id: str
    networks: tuple[str, ...]
    layer: str  #: "" for the whole network
    quantity: str
    values: tuple[str, ...]
    right: str  #: "" where it cannot be known
    where: str
    why: str


@cache
def _data() -> Mapping[str, Any]:
    path = Path(__file__).with_name("claims.yaml")
    return cast("Mapping[str, Any]", parse(Source(path.name, path.read_text(encoding="utf-8"))).data())


@cache
def claims() -> tuple[Claim, ...]:
    """Read all claims."""
    return tuple(
        Claim(
            one["id"], tuple(one["networks"]), one.get("layer", ""), one["quantity"], tuple(map(str, one["values"])),
            str(one.get("right", "")), one["where"], one["why"],
        )
        for one in _data()["claims"]
    )  # fmt: skip


def names(run: Run) -> frozenset[str]:
    """Say what a network is called: by its file, or by its variant."""
    stem, variant = Path(run.header.source).stem, run.header.variant
    return frozenset({variant, f"{stem}#{variant}"} if variant else {stem})


def tokens(run: Run) -> int | None:
    """Say how many tokens a network was trained on, where that was published and nothing of it is changed."""
    known = _data()["tokens"]
    found = [known[name] for name in names(run) if name in known]
    return int(found[0]) if found and not run.changed else None


def claimed(quantity: Quantity, answer: Answer, asked: Asked, run: Run) -> Claim | None:
    """Find the claim that an answer repeats, if what it says is right is so."""
    layer = "" if asked.total else asked.name
    same = {"activations_bytes": "activations"}.get(quantity.name, quantity.name)
    for claim in claims():
        here = claim.quantity == same and claim.layer == layer and set(claim.networks) & names(run)
        if here and any(_same(quantity, answer, value) for value in claim.values) and _borne_out(claim, asked, run):
            return claim
    return None


def _same(quantity: Quantity, answer: Answer, value: str) -> bool:
    other = read(QUANTITIES["activations"] if quantity.name == "activations_bytes" else quantity, value)
    if isinstance(answer, Amount) and isinstance(other, Amount):
        alike = quantity.name == "activations_bytes" or answer.bytes == other.bytes
        return alike and (answer.gives(other.value) or other.gives(answer.value))
    return isinstance(answer, Shape) and isinstance(other, Shape) and bool({*_turned(answer)} & {*_turned(other)})


def _turned(shape: Shape) -> list[tuple[int, ...]]:
    return [turned for one in shape.readings for turned in (one, (*one[-1:], *one[:-1]))]


def _borne_out(claim: Claim, asked: Asked, run: Run) -> bool:
    """Compare what a claim says is right with the calculation."""
    quantity = QUANTITIES[claim.quantity]
    if not claim.right:
        return claim.quantity not in asked.figures
    batch, precision = run.settings.batch, run.settings.dtype.activations
    return mark(quantity, read(quantity, claim.right), asked, batch=batch, precision=precision) in {Verdict.RIGHT, Verdict.ROUNDED}


def training(run: Run, params: int) -> dict[str, int]:
    """Work out the FLOPs of training: six for each parameter and token."""
    seen = tokens(run)
    return {"training_flops": 6 * params * seen} if seen else {}
