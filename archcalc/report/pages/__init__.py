"""What commands find that is no list of layers: figures, tables and notes, described once and written in every format.

A page is made of parts in the order they are read. A renderer is a module with one function, `write_page(page, out)`; it is imported
when its format is asked for.
"""

from __future__ import annotations

from dataclasses import field
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.result import Header

__all__ = ["FORMATS", "Figure", "Figures", "Listing", "Page", "write_page"]

#: Format -> module.
FORMATS = {"table": "table", "json": "json_", "csv": "csv_", "markdown": "markdown"}


class Figure(NamedTuple):
    """One figure: what it is called, what it is, and how people read it."""

    name: str  #: in files
    label: str
    value: object  #: exact; `None` where it is not known
    number: str
    short: str = ""  #: the same to be read at a glance
    remark: str = ""
    path: str = ""  #: the layer where that is


class Figures(NamedTuple):
    """Figures below each other."""

    name: str
    title: str
    figures: Sequence[Figure]


class Listing(NamedTuple):
    """A table: one line for each item."""

    name: str
    title: str
    columns: Sequence[Column[Any]]
    items: Sequence[Any]
    shown: bool = True  #: whether people see it; files always have it
    marked: Any = None  #: the item that stands out


class Page(Record, kw_only=True):
    """All that a command found."""

    kind: str  #: name and version of the contract: `archcalc.memory/1`
    header: Header
    setting: str  #: what the figures are of
    parts: Sequence[Figures | Listing]
    notes: Sequence[str] = ()
    main: str = ""  #: the listing that makes a file of rows
    more: Mapping[str, object] = field(default_factory=dict)  #: for programs alone

    @property
    def listing(self) -> Listing | None:
        """The listing that makes a file of rows; without one the figures do."""
        return next((part for part in self.parts if isinstance(part, Listing) and part.name == self.main), None)


class _Renderer(Protocol):
    def write_page(self, page: Page, out: TextIO) -> None: ...


def write_page(page: Page, out: TextIO, form: str) -> None:
    """Write a page in a format."""
    cast("_Renderer", import_module(f"archcalc.report.pages.{FORMATS[form]}")).write_page(page, out)
