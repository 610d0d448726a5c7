"""SARIF 2.1.0: what is wrong, for code scanning."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from archcalc.report.verdicts import place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: What the first digit of a code speaks of.
RULES = {
    "1": "The file is no YAML that a spec may be", "2": "The structure of the spec is wrong", "3": "A name or a value is wrong",
    "4": "Shapes do not fit", "5": "The spec is too large", "6": "The call is wrong", "7": "An expectation does not hold",
}  # fmt: skip


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the log."""
    from archcalc import __version__

    wrong = [one for each in checked for one in (*each.errors, *(outcome.diagnostic for outcome in each.missed))]
    wrong = list({(one.code, one.message, *place(one)): one for one in wrong}.values())
    rules = sorted({one.code for one in wrong})
    driver = {
        "name": "archcalc", "version": __version__,
        "rules": [{"id": code, "shortDescription": {"text": RULES.get(code[1:2], "Something is wrong")}} for code in rules],
    }  # fmt: skip
    results = [_result(one, rules.index(one.code)) for one in wrong]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, out, indent=1)
    out.write("\n")


def _result(one: Diagnostic, rule: int) -> dict[str, object]:
    file, line, column, end = place(one)
    text = f"{one.message}\n{one.help}" if one.help else one.message
    found: dict[str, object] = {"ruleId": one.code, "ruleIndex": rule, "level": "error", "message": {"text": text}}
    if file and not file.startswith("-"):
        region = {"startLine": line, "startColumn": column, "endColumn": max(end, column + 1)}
        uri = quote(PurePath(file).as_posix())
        found["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]
    return found
