"""Text for people: a line for each file, what is wrong in full, and a line that says it all."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from archcalc.report.grid import open_console
from archcalc.report.verdicts import plural, tally
from archcalc.spec.diagnostics import render, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write file by file, as they are worked out."""
    screen, every = open_console(out), []
    for source, group in groupby(checked, key=lambda one: one.source):
        networks = list(group)
        every += networks
        wrong = _wrong(networks)
        mark, style = ("✗", "bold red") if wrong else ("✓", "green")
        screen.print(Text.assemble((f"{mark} ", style), visible(source), (f"  {_said(networks)}", "dim")), soft_wrap=True)
        if wrong:
            render(wrong, screen)
    networks_, expectations, failed = tally(every)
    said = f"{plural(networks_, 'network')}, {plural(expectations, 'expectation')}: "
    verdict = ("all hold", "green") if not failed else (f"{failed:,} wrong", "bold red")
    screen.print(Text.assemble(said, verdict), soft_wrap=True)


def _said(networks: Sequence[Checked]) -> str:
    count, expectations, _ = tally(networks)
    if not expectations and not any(one.errors for one in networks):
        return "nothing is expected"
    return f"{plural(count, 'network')}, {plural(expectations, 'expectation')}" if count > 1 else plural(expectations, "expectation")


def _wrong(networks: Sequence[Checked]) -> list[Diagnostic]:
    """Give what is wrong, once where several variants share it, with their names."""
    found: dict[tuple[object, ...], tuple[Diagnostic, list[str]]] = {}
    for each in networks:
        for one in (*each.errors, *(outcome.diagnostic for outcome in each.missed)):
            _, variants = found.setdefault((one.code, one.message, one.source, one.span), (one, []))
            variants += [each.variant] if each.variant else []
    return [replace(one, notes=(*one.notes, f"in {', '.join(variants)}")) if variants else one for one, variants in found.values()]
