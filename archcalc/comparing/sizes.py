"""Which layers are written in the sizes of tensors, be it by way of variables and arguments: their fields follow what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.spec.document import BlockCall, LayerCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.spec.document import Block, Document, Entry, Formula

__all__ = ["given", "sized"]


def given(document: Document) -> Iterator[str]:
    """Give the names that stand in a file as they are, those of the blocks that it calls included."""
    for entry in _entries(document.body, set()):
        if entry.name is not None and isinstance(entry.name.value, str):
            yield entry.name.value


def _entries(body: tuple[Entry, ...], called: set[Block]) -> Iterator[Entry]:
    for entry in body:
        yield entry
        for inner in entry.bodies():
            yield from _entries(inner, called)
        if isinstance(entry.content, BlockCall) and entry.content.block not in called:
            called.add(entry.content.block)
            yield from _entries(entry.content.block.body, called)


def sized(document: Document) -> frozenset[Entry]:
    """Give the entries whose fields depend on the sizes of tensors."""
    sizes = _Sizes({"x", *document.inputs, *given(document)})
    sizes.walk(document.body, frozenset())
    return frozenset(sizes.found)


class _Sizes:
    """Follows sizes through variables, arguments and loops."""

    def __init__(self, tensors: set[str]) -> None:
        self.tensors = tensors
        self.known: dict[Block, frozenset[str]] = {}  #: the arguments of blocks that any call makes of sizes
        self.found: set[Entry] = set()

    def walk(self, body: tuple[Entry, ...], names: frozenset[str]) -> None:
        """Look at entries, where some names stand for sizes."""
        for entry in body:
            columns = entry.loop.columns if entry.loop else ()
            inner = names.union(*(given for given, formula in columns if self.depends(formula, names)))
            match entry.content:
                case LayerCall(uses=uses):
                    if any(attribute is not None or name == "x" or name in inner for name, attribute in uses):
                        self.found.add(entry)
                case BlockCall(block=block, args=args):
                    self.call(block, args, inner)
            for part in entry.bodies():
                self.walk(part, inner)

    def call(self, block: Block, args: Mapping[str, Formula], names: frozenset[str]) -> None:
        """Look into a block, again if a call makes more of its arguments of sizes than those before."""
        known = self.known.get(block)
        more = frozenset(name for name, formula in args.items() if self.depends(formula, names))
        if known is None or not more <= known:
            self.known[block] = inner = more | (known or frozenset())
            for name, formula in self.defined(block):
                if self.depends(formula, inner):
                    inner |= {name}
            self.walk(block.body, inner)

    @staticmethod
    def defined(block: Block) -> Iterable[tuple[str, Formula]]:
        """Give the defaults and the variables of a block, in order."""
        return (*((param.name, param.default) for param in block.params if param.default is not None), *block.variables)

    def depends(self, formula: Formula, names: frozenset[str]) -> bool:
        """Whether a value is made of sizes."""
        return not formula.names.isdisjoint(self.tensors | names)
