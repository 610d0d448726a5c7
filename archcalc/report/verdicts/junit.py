"""JUnit's XML: a suite for each network, a case for each expectation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from archcalc.report.verdicts import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic

#: Characters that XML 1.0 has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the document."""
    every = list(checked)
    counts = [_counts(one) for one in every]
    tests, failures, errors = (sum(count[i] for count in counts) for i in range(3))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="archcalc" tests="{tests}" failures="{failures}" errors="{errors}" time="0">\n')
    for one, count in zip(every, counts, strict=True):
        out.writelines(_suite(one, *count))
    out.write("</testsuites>\n")


def _counts(one: Checked) -> tuple[int, int, int]:
    """Count cases, failures and errors; that a network can be worked out is a case of its own."""
    return len(one.outcomes) + 1, len(one.missed), int(bool(one.errors))


def _suite(one: Checked, tests: int, failures: int, errors: int) -> Iterator[str]:
    name = _attribute(one.name)
    yield f'  <testsuite name={name} tests="{tests}" failures="{failures}" errors="{errors}" skipped="0" time="0">\n'
    yield from _case("calculates", name, "error", one.errors)
    for outcome in one.outcomes:
        title = f"{outcome.path}: {outcome.key}" if outcome.path else outcome.key
        yield from _case(f"{title} {outcome.expected}", name, "failure", () if outcome.held else (outcome.diagnostic,))
    yield "  </testsuite>\n"


def _case(title: str, suite: str, tag: str, wrong: tuple[Diagnostic, ...]) -> Iterator[str]:
    head = f'    <testcase name={_attribute(title)} classname={suite} time="0"'
    if not wrong:
        yield f"{head}/>\n"
        return
    yield f"{head}>\n"
    said = "\n".join(f"{file}:{line}:{column}: {one.message}" for one in wrong for file, line, column, _ in [place(one)])
    yield f'      <{tag} message={_attribute(wrong[0].message)} type="{wrong[0].code}">{escape(_writable(said))}</{tag}>\n'
    yield "    </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_writable(text), {"\n": "&#10;", "\t": "&#9;"})


def _writable(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
