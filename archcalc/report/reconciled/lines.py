"""The lines of a reconciliation: one for each figure, and one for each cause of its difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.report.columns import Column
from archcalc.report.numbers import at_least, human, percent, thousands
from archcalc.report.shapes import TIMES, shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.conventions.claims import Match, Verdict
    from archcalc.conventions.reconcile import Figure, Reconciliation
    from archcalc.report.result import Header

__all__ = ["CLAIMED", "COLUMNS", "Line", "answer", "lines", "notes", "setting"]

#: What a quantity is called where nothing else calls it otherwise.
QUANTITIES = {"macs": "MACs", "flops": "FLOPs", "params": "params"}
MARK = "*"
#: Conventions that a line names.
NAMED = 4


class Line(NamedTuple):
    """A figure, or a cause of its difference to that of `paper`."""

    convention: str
    figure: str  #: what the tool calls it, and what it is if that is something else
    total: int | None  #: of a figure
    difference: int
    base: int
    bound: bool = False  #: whether the total is a lower bound
    cause: str = ""  #: "" of a figure
    quirk: bool = False  #: whether the cause is this tool's alone


def lines(found: Reconciliation) -> Iterator[Line]:
    """Give each figure, and below it what its difference is made of."""
    for figure in found.figures:
        name, called, base = figure.convention.name, _called(figure), figure.base
        yield Line(name, called, figure.total, figure.difference, base, bound=bool(figure.unknown))
        for cause, n in figure.causes.items():
            yield Line(name, called, None, n, base, cause=cause, quirk=cause in figure.convention.quirks)


def _called(figure: Figure) -> str:
    said, meant = figure.called, QUANTITIES[figure.quantity]
    return f"{said} (MACs)" if said == "flops" and meant == "MACs" else said


def _name(line: Line) -> str:
    return f"  {line.cause}{MARK * line.quirk}" if line.cause else line.convention


def _total(line: Line) -> str:
    return "" if line.total is None else at_least(thousands(line.total), bound=line.bound)


def _signed(line: Line) -> str:
    return f"{line.difference:+,}" if line.difference else ""


def _percent(line: Line) -> str:
    """Write a difference in percent of what `paper` counts."""
    share = percent(abs(line.difference), line.base)
    return f"{'-' if line.difference < 0 else '+'}{share}" if share.strip("0.") else ""


COLUMNS: tuple[Column[Line], ...] = (
    Column(name="convention", title="Convention", value=lambda it: it.convention, shown=_name, rank=0, right=False),
    Column(name="figure", title="Figure", value=lambda it: it.figure, shown=lambda it: "" if it.cause else it.figure, rank=3, right=False),
    Column(name="cause", title="Cause", value=lambda it: it.cause or "total", shown=lambda it: it.cause, rank=9, right=False),
    Column(name="total", title="Total", value=lambda it: it.total, shown=_total, rank=1),
    Column(name="short", title="", value=lambda it: it.total, shown=lambda it: human(it.total) if it.total else "", rank=5),
    Column(name="difference", title="To paper", value=lambda it: it.difference, shown=_signed, rank=2),
    Column(name="percent", title="%", value=_percent, shown=_percent, rank=6),
)


def setting(header: Header) -> str:
    """Say what the figures are of."""
    parts = [f"{name} {shape(sizes)}" for name, sizes in header.inputs.items()]
    return visible(" · ".join([*parts, f"batch {thousands(header.batch)}", *(f"{k} = {v}" for k, v in header.settings.items())]))


def notes(found: Reconciliation) -> Iterator[str]:
    """Explain quirks, what is not known, and what was taken for granted."""
    said: dict[tuple[str, str], list[str]] = {}
    for figure in found.figures:
        for cause, text in figure.quirks.items():
            names = said.setdefault((cause, text), [])
            if figure.convention.name not in names:
                names.append(figure.convention.name)
    for (cause, text), names in said.items():
        yield f"{MARK} {cause}, of {_listed(names)}: {text}"
    for figure in found.figures:
        if figure.unknown:
            kinds = _listed([f"{n} {TIMES} {kind}" if n > 1 else kind for kind, n in figure.unknown.items()])
            yield f">= {figure.convention.name} has no rule for the {_called(figure)} of {kinds}"
    if found.assumed:
        yield "attention is taken as dense layers with one fused call; `meta: {mha: fast_path}` makes it nn.MultiheadAttention"


def _listed(names: Sequence[str]) -> str:
    """Write a list as a sentence does.

    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def answer(verdict: Verdict) -> str:
    """Say whether anything gives the claimed figure."""
    claim = verdict.claim
    if verdict.matches:
        return f"{visible(claim.text)} is"
    nearest = verdict.nearest
    if nearest is None:
        return f"nothing gives {visible(claim.text)}"
    away = nearest.total - (claim.low if nearest.total < claim.low else claim.high)
    return f"nothing gives {visible(claim.text)}; the nearest, {away:+,} away, is"


def _what(match: Match) -> str:
    return match.scenario.words or "the network as it is"


def _by(match: Match) -> str:
    """Name the first of those that agree, and say how many more do."""
    names = match.conventions
    return _listed(names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"])


CLAIMED: tuple[Column[Match], ...] = (
    Column(name="network", title="Network", value=_what, shown=_what, rank=0, right=False, least=16),
    Column(name="quantity", title="Figure", value=lambda it: it.quantity, shown=lambda it: QUANTITIES[it.quantity], rank=3, right=False),
    Column(name="total", title="Total", value=lambda it: it.total, shown=lambda it: at_least(thousands(it.total), bound=it.bound), rank=1),
    Column(name="conventions", title="By", value=lambda it: " ".join(it.conventions), shown=_by, rank=2, right=False, least=16),
)
