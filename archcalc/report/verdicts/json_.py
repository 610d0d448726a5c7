"""JSON: every network with every expectation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archcalc.report.verdicts import place, shown, tally

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.expectations import Outcome
    from archcalc.spec.diagnostics import Diagnostic

#: Name and version of the contract.
FORMAT = "archcalc.check/1"


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write one object."""
    every = list(checked)
    networks, expectations, wrong = tally(every)
    totals = {"networks": networks, "expectations": expectations, "wrong": wrong}
    json.dump({"format": FORMAT, "networks": [_network(one) for one in every], "totals": totals}, out, indent=1)
    out.write("\n")


def _network(one: Checked) -> dict[str, object]:
    return {
        "name": one.name, "source": one.source, "variant": one.variant, "held": not one.missed and not one.errors,
        "expectations": [_expectation(outcome) for outcome in one.outcomes], "errors": [_error(error) for error in one.errors],
    }  # fmt: skip


def _expectation(outcome: Outcome) -> dict[str, object]:
    return {
        "key": outcome.key, "path": outcome.path, "expected": outcome.expected, "got": shown(outcome), "held": outcome.held,
        "percent": outcome.percent, "message": outcome.diagnostic.message if not outcome.held else "", **_where(outcome.diagnostic),
    }  # fmt: skip


def _error(error: Diagnostic) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "help": error.help, **_where(error)}


def _where(one: Diagnostic) -> dict[str, object]:
    return dict(zip(("file", "line", "column", "end_column"), place(one), strict=True))
