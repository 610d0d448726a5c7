"""GitHub's workflow commands: one annotation for each thing that is wrong, at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.verdicts import place, plural, tally

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the commands, and a line for people."""
    every = list(checked)
    for one in every:
        wrong = (*one.errors, *(outcome.diagnostic for outcome in one.missed))
        out.writelines(_command(diagnostic, one.name) for diagnostic in wrong)
    networks, expectations, failed = tally(every)
    out.write(f"{plural(networks, 'network')}, {plural(expectations, 'expectation')}, {failed:,} wrong\n")


def _command(one: Diagnostic, name: str) -> str:
    """Write one annotation; what has a meaning in a command is escaped as GitHub says."""
    file, line, column, end = place(one)
    where = {"file": file, "line": line, "col": column, "endColumn": max(end - 1, column), "title": f"{name}: {one.code}"}
    properties = ",".join(f"{key}={_escaped(str(value), ',:')}" for key, value in where.items() if value != "")
    return f"::error {properties}::{_escaped(one.message + (f' ({one.help})' if one.help else ''))}\n"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)
