"""What the script of a page reads: the contract of `--format json`, and beside it how lines are folded, written, sorted and explained."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from archcalc.report.columns import find, ranks
from archcalc.report.json_ import dump, summary
from archcalc.report.page.markup import embedded, tag
from archcalc.report.view import OF_INPUTS, View, told
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.report.columns import Column
    from archcalc.report.fold import Block, Line
    from archcalc.report.page.markup import Markup
    from archcalc.report.page.network import Network

__all__ = ["COLUMNS_SHOWN", "data"]

#: The columns of a page, in their order.
COLUMNS_SHOWN = tuple(
    find(name)
    for name in (
        "path", "type", "output", "params", "params_percent", "macs", "macs_percent", "receptive_field", "effective_stride", "activations",
        "live",
    )
)  # fmt: skip


def data(networks: Sequence[Network]) -> Iterator[Markup]:
    """Write the data of a page."""
    contract = StringIO()
    summary((network for network in networks), contract, View(several=len(networks) > 1))
    yield tag("script", embedded(contract.getvalue()), type="application/json", id="summary")
    yield tag("script", embedded(dump([_shown(one) for one in networks])), type="application/json", id="shown")


def _shown(network: Network) -> dict[str, object]:
    """Give the lines of a network as they are shown; what is left out of a line is nothing, or false."""
    lines = [block.line for block in network.blocks]
    return {
        "columns": [{"title": column.title, "name": column.name, "right": column.right} for column in COLUMNS_SHOWN],
        "lines": list(_lines(network)),
        "ranks": [_ranks(column, lines) for column in COLUMNS_SHOWN],
        "formulas": network.arithmetic.lines,
    }


def _ranks(column: Column[Line], lines: Sequence[Line]) -> list[int | None]:
    return [
        None if line.input and column.name not in OF_INPUTS else rank for line, rank in zip(lines, ranks(column, lines), strict=True)
    ]  # fmt: skip


def _lines(network: Network) -> Iterator[dict[str, object]]:
    row = 0
    for block in network.blocks:
        line, found = block.line, _line(block)
        if line.rows > 1:
            found |= {"rows": line.rows, "open": block.depth < network.depth, "entry": block.entry}
        elif not line.input:
            found |= {"row": row, "formulas": network.arithmetic.of.get(row, [])}
            row += 1
        yield {key: value for key, value in found.items() if value is not False and value != []}


def _line(block: Block) -> dict[str, object]:
    line = block.line
    cells = [told(column, line) for column in COLUMNS_SHOWN[1:]]
    return {
        "level": block.level, "label": visible(block.label), "path": visible(line.row.path), "cells": cells, "peak": line.peak,
    }  # fmt: skip
