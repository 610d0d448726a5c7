"""JUnit's XML: a suite for each network, a case for each expectation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from archcalc.report.verdicts import address
from archcalc.spec.diagnostics import text, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write the document."""
    every = list(checked)
    tests, failures, errors = (sum(counts) for counts in zip((0, 0, 0), *map(_counts, every), strict=True))
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="archcalc" tests="{tests}" failures="{failures}" errors="{errors}">\n')
    for one in every:
        out.writelines(_suite(one))
    out.write("</testsuites>\n")


def _counts(one: Checked) -> tuple[int, int, int]:
    """Count cases, failures and errors; that a network can be worked out is a case of its own."""
    return len(one.outcomes) + 1, len(one.missed), int(bool(one.errors))


def _suite(one: Checked) -> Iterator[str]:
    tests, failures, errors = _counts(one)
    file = f" file={_attribute(address(one.source))}" if one.place and not one.name.startswith("-") else ""
    yield f'  <testsuite name={_attribute(one.name)}{file} tests="{tests}" failures="{failures}" errors="{errors}" skipped="0">\n'
    yield from _case("can be worked out", one, "error", one.errors)
    titles: dict[str, int] = {}
    for outcome in one.outcomes:
        title = f"{outcome.path}: {outcome.key} {outcome.expected}".removeprefix(": ")
        titles[title] = titles.get(title, 0) + 1
        again = f" ({titles[title]})" if titles[title] > 1 else ""  # two cases of one name would be taken for one
        found = replace(outcome.diagnostic, notes=(*outcome.diagnostic.notes, f"in {one.name}"))
        yield from _case(title + again, one, "failure", () if outcome.held else (found,))
    yield "  </testsuite>\n"


def _case(title: str, of: Checked, tag: str, wrong: Sequence[Diagnostic]) -> Iterator[str]:
    head = f"    <testcase name={_attribute(title)} classname={_attribute(of.name)}"
    if not wrong:
        yield f"{head}/>\n"
        return
    yield f"{head}>\n"
    yield f'      <{tag} message={_attribute(wrong[0].message)} type="{wrong[0].code}">{escape(text(wrong))}</{tag}>\n'
    yield "    </testcase>\n"


def _attribute(value: str) -> str:
    return quoteattr(visible(value))
