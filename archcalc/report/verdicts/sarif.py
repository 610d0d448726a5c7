"""SARIF 2.1.0 (OASIS 2020): what is wrong, for code scanning."""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote

from archcalc.report.verdicts import address, rule, said, wrongs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.report.verdicts import Where, Wrong

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the log."""
    from archcalc import __version__

    wrong = wrongs(list(checked))
    codes = sorted({one.diagnostic.code for one in wrong})
    rules = [{"id": code, "shortDescription": {"text": rule(code)}} for code in codes]
    run = {
        "tool": {"driver": {"name": "archcalc", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.diagnostic.code)) for one in wrong],
    }
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, out, indent=1)
    out.write("\n")


def _result(wrong: Wrong, rule: int) -> dict[str, object]:
    text = _message("\n".join(said(wrong)))
    result: dict[str, object] = {"ruleId": wrong.diagnostic.code, "ruleIndex": rule, "level": "error", "message": {"text": text}}
    return {**result, "locations": [_location(wrong.where)]} if wrong.where else result


def _message(text: str) -> str:
    """Write a text that says nothing but itself: braces are doubled (3.11.5), and nothing is a link (3.11.6).

    >>> _message("write `conv: {out: 6}` [here](https://example.com)")
    'write `conv: {{out: 6}}` [here] (https://example.com)'
    """
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _location(at: Where) -> dict[str, object]:
    region = {"startLine": at.line, "startColumn": at.column, "endColumn": max(at.end, at.column + 1)}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(PurePath(address(at.file)))}, "region": region}}


def _uri(file: PurePath) -> str:
    r"""Write a path as a reference: relative, or with its scheme.

    >>> from pathlib import PureWindowsPath as Windows
    >>> _uri(Windows(r"C:\my nets\a#1.yaml")), _uri(Windows(r"nets\50 %.yaml"))
    ('file:///C:/my%20nets/a%231.yaml', 'nets/50%20%25.yaml')
    """
    return file.as_uri() if file.is_absolute() else quote(os.fsencode(file.as_posix()))
