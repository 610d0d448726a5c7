"""Why tools disagree, for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archcalc.report.reconciled.lines import notes

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.conventions.claims import Match, Verdict
    from archcalc.conventions.reconcile import Figure, Reconciliation

__all__ = ["FORMAT", "write_all"]

#: Name and version of the contract.
FORMAT = "archcalc.reconcile/1"


def write_all(found: Reconciliation, out: TextIO) -> None:
    """Write one object."""
    header = found.header
    made: dict[str, object] = {
        "format": FORMAT,
        "model": header.model,
        "variant": header.variant,
        "source": header.source,
        "batch": header.batch,
        "inputs": {name: list(shape) for name, shape in header.inputs.items()},
        "figures": [_figure(figure) for figure in found.figures],
        "notes": list(notes(found)),
    }
    if found.verdict is not None:
        made["claim"] = _verdict(found.verdict)
    out.write(json.dumps(made, indent=1, default=str) + "\n")


def _figure(figure: Figure) -> dict[str, object]:
    convention = figure.convention
    made: dict[str, object] = {
        "convention": convention.name,
        "tool": convention.tool,
        "version": convention.version,
        "url": convention.url,
        "quantity": figure.quantity,
        "called": figure.called,
        "total": figure.total,
        "difference": figure.difference,
        "causes": dict(figure.causes),
    }
    if figure.quirks:
        made["quirks"] = dict(figure.quirks)
    if figure.unknown:
        made |= {"incomplete": True, "unknown": dict(figure.unknown)}
    return made


def _verdict(verdict: Verdict) -> dict[str, object]:
    claim = verdict.claim
    nearest = {} if verdict.matches or verdict.nearest is None else {"nearest": _match(verdict.nearest)}
    return {"text": claim.text, "from": claim.low, "to": claim.high, "matches": [_match(match) for match in verdict.matches], **nearest}


def _match(match: Match) -> dict[str, object]:
    made: dict[str, object] = {
        "network": match.scenario.words, "quantity": match.quantity, "total": match.total, "conventions": list(match.conventions)
    }  # fmt: skip
    return {**made, "incomplete": True} if match.bound else made
