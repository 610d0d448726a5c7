"""GitHub's workflow commands: one annotation for each thing that is wrong, at its line, and a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.verdicts import address, rule, said, tally, wrongs
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.report.verdicts import Wrong


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the commands; GitHub shows the first ten of a step, so each thing is said once."""
    every = list(checked)
    out.writelines(map(_command, wrongs(every)))
    out.write(f"{tally(every)}\n")


def _command(wrong: Wrong) -> str:
    """Write one annotation; what has a meaning in a command is escaped as GitHub says."""
    code, at = wrong.diagnostic.code, wrong.where
    properties = {"title": f"{rule(code)} ({code})"}
    if at:
        last = str(max(at.end - 1, at.column))
        place = {"file": visible(address(at.file)), "line": str(at.line), "endLine": str(at.line), "col": str(at.column), "endColumn": last}
        properties = place | properties
    listed = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in properties.items())
    text = "\n".join(said(wrong))
    return f"::error {listed}::{_escaped(text)}\n"


def _escaped(text: str, more: str = "") -> str:
    r"""Write the characters that mean something as numbers.

    >>> _escaped("50 %, at\n10:20", ",:")
    '50 %25%2C at%0A10%3A20'
    """
    return "".join(f"%{ord(c):02X}" if c in "%\r\n" + more else c for c in text)
