"""Rows as the tree that their paths make, each part with keys by which equal parts are found."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.comparing.fields import said
from archcalc.record import Record
from archcalc.report.fold import COPY, MADE

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence

    from archcalc.comparing.subject import Item
    from archcalc.layers.base import Layer

__all__ = ["FIGURES", "Keys", "Node", "tree"]

#: What counts of a row. What it reads and what it sees follow from the rows before it.
FIGURES = ("type", "output", "params", "trainable", "frozen", "buffers", "macs", "activations", "tied", "declared", "incomplete")

#: Stands before the stem of a name that the author did not give.
COUNT = "#"


class Node(Record, eq=False, slots=False):
    """A row, or everything below a path."""

    label: str  #: the last part of the path, "" for the own row of an entry that has more of them
    stem: str  #: the same without what counting made: `#conv` of `conv_3`, `block` of `block[2]`
    path: str
    items: Sequence[Item]
    children: tuple[Node, ...]  #: none of a row
    whole: int  #: equal where everything below is: what is said and the figures
    own: int  #: equal where everything that is said is, whatever the figures

    @property
    def counted(self) -> bool:
        """Whether its name is made by counting."""
        return self.stem != self.label

    @property
    def made(self) -> bool:
        """Whether its name is made of what it is."""
        return self.stem.startswith(COUNT)

    @property
    def kind(self) -> str:
        """The kind of its first row, if all its rows are of one entry."""
        first = self.items[0]
        return first.row.type if first.entry == self.path else ""

    @cached_property
    def rows(self) -> Counter[int]:
        """The keys of the rows below."""
        return Counter(leaf.whole for leaf in self.leaves())

    def leaves(self) -> Iterator[Node]:
        """Give the rows below, or itself."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


class Keys(Record, frozen=False):
    """Numbers for equal things, the same for both networks."""

    known: dict[Hashable, int] = field(default_factory=dict)
    layers: dict[int, tuple[Layer, int]] = field(default_factory=dict)

    def of(self, thing: Hashable) -> int:
        """Give the number of a thing."""
        return self.known.setdefault(thing, len(self.known))

    def layer(self, layer: Layer) -> int:
        """Give the number of what is said of a layer; the layer is kept, so that its identity stays its own."""
        found = self.layers.get(id(layer))
        if found is None:
            found = self.layers[id(layer)] = (layer, self.of(said(layer)))
        return found[1]


def tree(items: Sequence[Item], given: Collection[str], keys: Keys) -> Node:
    """Make the tree of all rows; names that are `given` are no numbering, whatever they look like."""
    paths = [item.row.path.split(".") for item in items]
    return _Grower(items, paths, given, keys).node(0, len(items), 0, "")


class _Grower:
    """Makes nodes from stretches of rows."""

    def __init__(self, items: Sequence[Item], paths: Sequence[Sequence[str]], given: Collection[str], keys: Keys) -> None:
        self.items, self.paths, self.given, self.keys = items, paths, given, keys
        self.stems: dict[str, str] = {}

    def node(self, start: int, end: int, level: int, label: str) -> Node:
        """Make a node of the rows whose paths agree up to a level."""
        path = ".".join(self.paths[start][:level])
        if end - start == 1 and len(self.paths[start]) == level:
            return self.leaf(start, label, path)
        children = tuple(self.children(start, end, level))
        whole = self.keys.of(("whole", *((child.stem, child.whole) for child in children)))
        own = self.keys.of(("own", *((child.stem, child.own) for child in children)))
        return Node(label, self.stem(label), path, self.items[start:end], children, whole, own)

    def children(self, start: int, end: int, level: int) -> Iterator[Node]:
        """Divide rows by the next part of their paths; rows that end here come by themselves."""
        for label, group in groupby(range(start, end), key=lambda i: self.paths[i][level] if level < len(self.paths[i]) else None):
            members = list(group)
            if label is None:
                yield from (self.leaf(i, "", self.items[i].row.path) for i in members)
            else:
                yield self.node(members[0], members[-1] + 1, level + 1, label)

    def leaf(self, i: int, label: str, path: str) -> Node:
        item = self.items[i]
        own = (item.row.type, self.keys.layer(item.layer), item.step.frozen, item.step.precision)
        seen = tuple((route, window) for route, window in item.step.op.windows.items())
        whole = (*own, *(getattr(item.row, name) for name in FIGURES), seen)
        return Node(label, self.stem(label), path, self.items[i : i + 1], (), self.keys.of(whole), self.keys.of(("row", *own)))

    def stem(self, label: str) -> str:
        """Take what counting made from a name."""
        if label not in self.stems:
            copy = COPY.fullmatch(label)
            name = copy["name"] if copy else label
            made = MADE.fullmatch(name) if name not in self.given else None
            self.stems[label] = COUNT if label.isdecimal() else COUNT + made["kind"] if made else name
        return self.stems[label]
