"""What names mean while a document is walked through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from archcalc.record import Record

if TYPE_CHECKING:
    from archcalc.spec.document import Entry
    from archcalc.trace.step import Ref
    from archcalc.trace.weights import Inventory

__all__ = ["Frame", "Named", "frozen"]


class Named(Record, frozen=False):
    """A name that an entry gave to its tensor."""

    ref: Ref
    entry: Entry | None = None  #: none gave it where it is an input or an argument
    several: bool = False  #: whether several iterations of a loop that is over gave it


class Frame(Mapping[str, object]):
    """What names mean at one place of the run: variables, and tensors with their sizes."""

    __slots__ = ("names", "variables", "weights", "x")

    def __init__(
        self, variables: dict[str, object], names: dict[str, Named], x: Ref | None, weights: dict[str, Inventory] | None = None
    ) -> None:
        self.variables, self.names, self.x = variables, names, x
        self.weights = {} if weights is None else weights

    def child(self, more: Mapping[str, object] | None = None) -> Frame:
        """Open an inner frame with more variables; names of tensors, and of weights to tie to, are shared."""
        return Frame({**self.variables, **(more or {})}, self.names, self.x, self.weights)

    def at(self, x: Ref | None) -> Frame:
        """Give the same frame with another incoming tensor."""
        return Frame(self.variables, self.names, x, self.weights)

    def __getitem__(self, name: str) -> object:
        if name in self.variables:
            return self.variables[name]
        if name == "x":
            return self.x.tensor if self.x else None
        return self.names[name].ref.tensor

    def __contains__(self, name: object) -> bool:
        return name in self.variables or name == "x" or name in self.names

    def __iter__(self) -> Iterator[str]:
        yield from self.variables
        yield "x"
        yield from self.names

    def __len__(self) -> int:
        return len(self.variables) + len(self.names) + 1


def frozen(value: object) -> object:
    """Give a value in a form that can be compared and kept: lists as tuples, numbers apart from booleans."""
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else (type(value), value)
