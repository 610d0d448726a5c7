"""Why two tools disagree: what each convention makes of a network, and the difference to `paper` by its causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.conventions.calculator import refuse_unknown
from archcalc.conventions.claims import judge
from archcalc.conventions.convention import CAUSES
from archcalc.conventions.counting import Inventory
from archcalc.conventions.reading import known, load
from archcalc.conventions.seen import Sight
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.api import Spec
    from archcalc.conventions.claims import Verdict
    from archcalc.conventions.convention import Convention
    from archcalc.options import Options
    from archcalc.report.result import Header

__all__ = ["Figure", "Reconciliation", "reconcile"]

#: What all others are compared with.
BASE = "paper"


class Figure(Record):
    """One figure of one convention, and how it comes about."""

    convention: Convention
    quantity: str  #: macs, flops or params
    total: int
    base: int  #: the same quantity by `paper`
    causes: Mapping[str, int]  #: what the difference is made of; it is their sum
    unknown: Mapping[str, int]  #: kinds that there is no rule for, with how many operations: the total is a lower bound

    @property
    def called(self) -> str:
        """What the tool calls it."""
        return self.convention.figures[self.quantity]

    @property
    def difference(self) -> int:
        """The total less that of `paper`."""
        return self.total - self.base

    @property
    def quirks(self) -> Mapping[str, str]:
        """Causes that are this tool's alone, each with an explanation."""
        return {cause: said for cause, said in self.convention.quirks.items() if cause in self.causes}


class Reconciliation(Record):
    """Figures of one network by several conventions."""

    header: Header
    figures: Sequence[Figure]
    assumed: bool  #: whether it had to be guessed how code writes attention
    verdict: Verdict | None = None  #: what gives the figure that was claimed


def reconcile(spec: Spec, names: Sequence[str] = (), claim: str | None = None, options: Options | None = None) -> Reconciliation:
    """Compare conventions, all if none is named, and find what gives a claimed figure. Raises `SpecError`."""
    conventions = tuple(load(name) for name in dict.fromkeys([BASE, *(names or known())]))
    run = spec.run(**(options or {}))
    sight = Sight(run.network, spec.meta)
    if run.settings.strict:
        refuse_unknown(conventions, run.network, sight)
    inventory = Inventory((sight(step) for step in run.network.steps()), run.settings.batch)
    figures = tuple(figure for convention in conventions for figure in _figures(inventory, convention))
    assumed = any(seen.attention and seen.impl == "module" and not seen.mha for seen in inventory.counts)
    verdict = judge(claim, spec, options or {}, tuple(map(load, known()))) if claim is not None else None
    return Reconciliation(run.header, figures, assumed, verdict)


def _figures(inventory: Inventory, convention: Convention) -> Iterator[Figure]:
    """Give the figures of a convention; parameters where it is all that the tool counts, or where they differ."""
    base = load(BASE)
    for quantity in convention.figures:
        mine, theirs = inventory.sum(convention, quantity), inventory.sum(base, quantity)
        causes = inventory.difference(convention, base, quantity)
        if quantity != "params" or convention is base or mine.total != theirs.total or len(convention.figures) == 1:
            yield Figure(convention, quantity, mine.total, theirs.total, _ordered(causes), mine.unknown)


def _ordered(causes: Mapping[str, int]) -> Mapping[str, int]:
    """Put causes in the order of reports, those of a tool alone last."""
    return {cause: causes[cause] for cause in sorted(causes, key=lambda cause: CAUSES.index(cause) if cause in CAUSES else len(CAUSES))}
