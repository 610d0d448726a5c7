"""The totals side by side: of two networks figure by figure, of more network by network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from archcalc.comparing.totals import BYTES, MEASURES, Difference, differences
from archcalc.record import Record
from archcalc.report.columns import Column
from archcalc.report.compared.cells import amount, difference, share
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.comparing import Comparison, Subject

__all__ = ["TITLES", "Standing", "beside", "figures", "standing", "standings"]

T = TypeVar("T")

#: What is said of several networks, the most important first.
TITLES = {
    "params": "Params", "macs": "MACs", "model_size_bytes": "Size", "activations": "Activations", "peak_activation": "Peak",
    "layers": "Layers",
}  # fmt: skip


def figures(found: Comparison) -> list[Difference]:
    """Give the figures of two networks."""
    return list(differences(found.before.totals, found.after.totals))


def beside(found: Comparison, *, short: bool = False) -> tuple[Column[Difference], ...]:
    """Make the columns for two networks."""
    before, after = (visible(one.label) for one in (found.before, found.after))
    return (
        _column("figure", "", 0, lambda it: MEASURES[it.name], right=False),
        _column("before", before, 1, lambda it: amount(it, 0, short=short)),
        _column("after", after, 2, lambda it: amount(it, 1, short=short)),
        _column("difference", "difference", 4, lambda it: difference(it, short=short)),
        _column("percent", "%", 3, share),
    )


class Standing(Record):
    """One of several networks, and how it differs from the first."""

    subject: Subject
    figures: dict[str, Difference]
    first: bool


def standings(found: Sequence[Comparison]) -> list[Standing]:
    """Give all networks, each with its figures against those of the first."""
    first = found[0].before
    return [
        Standing(one, {it.name: it for it in differences(first.totals, one.totals)}, one is first)
        for one in (first, *(each.after for each in found))
    ]


def standing(most: int, *, differences: bool) -> tuple[Column[Standing], ...]:
    """Make the columns for several networks: the first figures, each with its percentage, perhaps with its difference, too."""
    columns: list[Column[Standing]] = [_column("network", "Network", 0, lambda it: visible(it.subject.label), right=False, least=12)]
    for rank, (name, title) in enumerate(list(TITLES.items())[:most], start=1):
        columns.append(_column(name, title, rank, _of(name, lambda it: amount(it, 1, short=it.name in BYTES))))
        if differences:
            columns.append(_column(f"{name}_difference", "difference", rank, _of(name, difference, but_first=True)))
        columns.append(_column(f"{name}_percent", "%", rank, _of(name, share, but_first=True)))
    return tuple(columns)


def _of(name: str, shown: Callable[[Difference], str], *, but_first: bool = False) -> Callable[[Standing], str]:
    """Show one figure of a network, of the first one only if there is nothing to compare in it."""

    def one(it: Standing) -> str:
        return "" if (but_first and it.first) or name not in it.figures else shown(it.figures[name])

    return one


def _column(name: str, title: str, rank: int, shown: Callable[[T], str], *, right: bool = True, least: int = 0) -> Column[T]:
    return Column(name=name, title=title, value=shown, shown=shown, rank=rank, right=right, least=least)
