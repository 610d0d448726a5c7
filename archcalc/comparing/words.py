"""What changed, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.comparing.deeds import deeds, verbs
from archcalc.comparing.grammar import joined
from archcalc.comparing.totals import differences, percent
from archcalc.report.numbers import human, thousands
from archcalc.report.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.comparing import Comparison
    from archcalc.comparing.totals import Difference

__all__ = ["sentence"]

#: Things done that are read at a glance; of more the first are said, the rest counted.
CLAUSES = 5
#: Networks that have less than this share of their layers in common are not told apart layer by layer.
AKIN = 0.25
#: What the sentence says of the figures.
COUNTED = {"params": "parameters", "macs": "MACs"}


def sentence(found: Comparison) -> str:
    """Say what became of a network."""
    old, new = found.before, found.after
    if not found.differs:
        figures = f"{thousands(new.totals.layers)} layers, {thousands(new.totals.params)} parameters, {human(new.totals.macs)} MACs"
        return f"{new.name} is like {old.name}: {figures}"
    sums = {one.name: one for one in differences(old.totals, new.totals)}
    return f"{new.name} {_done(found)}: {', '.join(_sums(sums))}"


def _done(found: Comparison) -> str:
    both = sum(n for change, n in found.counts.items() if change not in ("added", "removed"))
    most = max(len(found.before.items), len(found.after.items))
    if both < AKIN * most:
        return f"is another network than {found.before.name}, with {both} of {most:,} layers in common"
    clauses = [("reads", text) for text in _inputs(found)] + list(deeds(found).clauses())
    if not clauses:
        return f"is not quite like {found.before.name}"
    if len(clauses) > CLAUSES:
        clauses = [*clauses[: CLAUSES - 1], ("differs", f"in {len(clauses) - CLAUSES + 1} more ways")]
    return joined(verbs(clauses))


def _inputs(found: Comparison) -> Iterator[str]:
    old, new = found.before.header.inputs, found.after.header.inputs
    for name, sizes in new.items():
        if name in old and old[name] != sizes:
            yield f"{name} {shape(sizes)} instead of {shape(old[name])}"
    if set(old) != set(new):
        yield f"{joined(list(new))} instead of {joined(list(old))}"


def _sums(sums: Mapping[str, Difference]) -> Iterator[str]:
    """Say what it comes to; what takes memory only where nothing else differs."""
    alike = [word for name, word in COUNTED.items() if sums[name].known and not sums[name].by]
    if alike:
        yield f"as many {joined(alike)}"
    for name, word in COUNTED.items():
        if word not in alike:
            yield _grown(sums[name], word)
    if len(alike) == len(COUNTED) and sums["activations"].by:
        yield _grown(sums["activations"], "activations")


def _grown(it: Difference, word: str) -> str:
    if not it.known:
        return f"{word} not known"
    amount = thousands(abs(it.by)) if it.name == "params" else human(abs(it.by))
    share = f" ({percent(it.by, it.before)})" if it.before else ""
    return f"{'+' if it.by > 0 else '-'}{amount} {word}{share}"
