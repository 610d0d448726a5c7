"""The library blocks that ship with the tool, as a reference: for error messages and for the README."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.spec.files import read_text
from archcalc.spec.grammar import read
from archcalc.spec.library import SCHEME, SHIPPED, Library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.spec.document import Block, Formula

__all__ = ["Shelved", "markdown", "shelf"]


class Shelved(NamedTuple):
    """A block and what `use` calls its file."""

    use: str
    block: Block


def shelf() -> Iterator[Shelved]:
    """Give every block that ships with the tool, file by file, in the order they are written in."""
    for path in sorted(SHIPPED.glob("*.yaml")):
        document = read(read_text(str(path), f"{SCHEME}{path.stem}"), Library(SHIPPED))
        yield from (Shelved(f"{SCHEME}{path.stem}", block) for block in document.blocks.values() if block.place.source == document.source)


def signature(block: Block) -> str:
    """Write the arguments of a block as a spec would."""
    return ", ".join(f"{p.name}: {p.type}" if p.default is None else f"{p.name} = {_written(p.default)}" for p in block.params)


def _written(formula: Formula) -> str:
    """Write a value as it stands in the file."""
    value = formula.value
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(getattr(value, "text", value))


def markdown() -> str:
    """Write the reference as a table."""
    rows = [(f"`{block.name}`", f"`{use}`", signature(block), block.note.replace("|", "\\|")) for use, block in shelf()]
    return "\n".join(
        ["| block | `use` | arguments | what it is |", "| --- | --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)]
    )
