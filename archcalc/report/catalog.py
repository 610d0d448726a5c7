"""What is said of the specs that are shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from archcalc.report.columns import NOTHING, Column
from archcalc.report.numbers import at_least, thousands
from archcalc.report.shapes import shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.report.result import Header, Totals

__all__ = ["CATALOG", "Shipped"]


class _Entry(Protocol):
    """A spec that is shipped."""

    @property
    def name(self) -> str: ...
    @property
    def variant(self) -> str | None: ...
    @property
    def meta(self) -> Mapping[str, object]: ...


class Shipped(NamedTuple):
    """A shipped spec, worked out."""

    entry: _Entry
    header: Header
    totals: Totals


def _sizes(it: Shipped) -> dict[str, tuple[int, ...]]:
    return dict(it.header.inputs)


def _inputs(it: Shipped) -> str:
    return ", ".join(f"{visible(name)} {shape(sizes)}" for name, sizes in it.header.inputs.items())


def _count(name: str, title: str, rank: int) -> Column[Shipped]:
    def shown(it: Shipped) -> str:
        n: int = getattr(it.totals, name)
        return at_least(thousands(n), bound=name in it.totals.incomplete) if n else NOTHING

    return Column(name=name, title=title, value=lambda it: getattr(it.totals, name), shown=shown, rank=rank)


def _meta(name: str, title: str, rank: int, *, right: bool = False, least: int = 0) -> Column[Shipped]:
    def shown(it: Shipped) -> str:
        return visible(str(it.entry.meta.get(name) or ""))

    return Column(name=name, title=title, value=lambda it: it.entry.meta.get(name) or "", shown=shown, rank=rank, right=right, least=least)


def _name(it: Shipped) -> str:
    """Set variants in below their file."""
    return ("  " if it.entry.variant else "") + visible(it.entry.name)


CATALOG: tuple[Column[Shipped], ...] = (
    Column(name="spec", title="Spec", value=lambda it: it.entry.name, shown=_name, rank=0, right=False),
    Column(name="input", title="Input", value=_sizes, shown=_inputs, rank=4, right=False),
    _count("params", "Params", 1),
    _count("macs", "MACs", 2),
    _meta("year", "Year", 3, right=True),
    _meta("paper", "Paper", 5, least=12),
    _meta("url", "URL", 6),
)
