"""Text for people: a line for each spec, what is wrong in full, and a line that says it all."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from archcalc.report.grid import open_console
from archcalc.report.verdicts import plural, tally, wrongs
from archcalc.spec.diagnostics import render, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from rich.console import Console

    from archcalc.check import Checked


def write(checked: Iterable[Checked], out: TextIO) -> None:
    """Write spec by spec, as they are worked out."""
    screen = open_console(out)
    good, bad = _marks(screen)
    every: list[Checked] = []
    for asked, group in groupby(checked, key=lambda one: one.asked):
        networks = list(group)
        every += networks
        wrong = wrongs(networks)
        mark, style = (bad, "bold red") if wrong else (good, "green")
        screen.print(Text.assemble((f"{mark} ", style), visible(asked), (f"  {_count(networks)}", "dim")), soft_wrap=True)
        shown = [(one.diagnostic, one.networks) for one in wrong]
        render([replace(one, notes=(*one.notes, names)) if names else one for one, names in shown], screen)
    counts = tally(every)
    screen.print(Text(str(counts), "bold red" if counts.missed or counts.broken else "green"), soft_wrap=True)


def _marks(screen: Console) -> tuple[str, str]:
    """Choose marks that can be written."""
    try:
        "✓✗".encode(screen.encoding)
    except UnicodeEncodeError:
        return "ok", "x "
    return "✓", "✗"


def _count(networks: Sequence[Checked]) -> str:
    count = tally(networks)
    if not count.expectations:
        return "can't be worked out" if count.broken else "nothing is expected"
    return f"{plural(count.networks, 'network')}, {plural(count.expectations, 'expectation')}".removeprefix("1 network, ")
