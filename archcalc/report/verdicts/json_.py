"""JSON: every network with every expectation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archcalc.report.verdicts import tally, where

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
    json.dump({"format": FORMAT, "networks": [_network(one) for one in every], "totals": tally(every)._asdict()}, out, indent=1)
    out.write("\n")


def _network(one: Checked) -> dict[str, object]:
    return {
        "name": one.name, "source": one.source, "variant": one.variant, "held": not one.wrong,
        "expectations": [_expectation(outcome, one) for outcome in one.outcomes], "errors": [_error(error, one) for error in one.errors],
    }  # fmt: skip


def _expectation(it: Outcome, of: Checked) -> dict[str, object]:
    return {
        "key": it.key, "path": it.path, "expected": it.expected, "got": it.got, "held": it.held, "percent": it.percent,
        "message": "" if it.held else it.diagnostic.message, **_where(it.diagnostic, of),
    }  # fmt: skip


def _error(error: Diagnostic, of: Checked) -> dict[str, object]:
    return {"code": error.code, "message": error.message, "help": error.help, "notes": list(error.notes), **_where(error, of)}


def _where(one: Diagnostic, of: Checked) -> dict[str, object]:
    """Give file, line and columns, counted from 1; the last one is behind the place. Where there is no file, all are null."""
    return dict(zip(("file", "line", "column", "end_column"), where(one, of) or (None,) * 4, strict=True))
