"""Which parts of two networks are the same one: by their names first, then by what they are, in order; then what was moved."""

from __future__ import annotations

from dataclasses import field
from operator import attrgetter
from typing import TYPE_CHECKING

from archcalc.comparing.sequence import best
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.tree import Node

__all__ = ["Match", "match", "renamed"]

#: How alike parts are. All is equal: as much as with the same name, with a name of the same kind, with another; then the same for what
#: is said but makes other figures; then a name that the author gave, one that counting made, and a kind alone.
ALIKE, SAID = (100, 95, 80), (78, 55, 30)
NAMED, COUNTED, KIND = 45, 20, 15
#: Parts of other names are the same one if this share of their rows is.
SHARED = 0.7
#: Rows in other places are the same ones if this share of all that are left over there is.
REGROUPED = 0.6
#: What is added up of how rows of one kind and of exchanged kinds are alike, where nothing else is.
ONE_KIND, EXCHANGED = 40, 30


class Match(Record, frozen=False, eq=False):
    """Parts that are the same one, or a part that only one network has."""

    before: Node | None
    after: Node | None
    inner: list[Match] = field(default_factory=list)  #: none where both are alike throughout, and of rows
    moved: bool = False
    regrouped: bool = False  #: whether it is in other groups than it was

    @property
    def node(self) -> Node:
        """What it is now, or was."""
        node = self.after or self.before
        if node is None:
            raise TypeError("a match of nothing")
        return node

    def parts(self) -> Sequence[Match]:
        """Give what is inside, also where both are alike throughout."""
        if self.inner or self.before is None or self.after is None:
            return self.inner
        return [Match(x, y) for x, y in zip(self.before.children, self.after.children, strict=True)]


def match(before: Node, after: Node) -> Match:
    """Match two trees."""
    root = _pair(before, after)
    _find_moved(root)
    return root


def renamed(before: Node, after: Node) -> bool:
    """Whether a part has another name, and not only another number, nor the name of another kind."""
    made = before.made and after.made and bool(before.kind or after.kind)
    return before.stem != after.stem and "" not in (before.label, after.label) and not made


def _pair(before: Node, after: Node) -> Match:
    found = Match(before, after)
    if before.whole != after.whole and (before.children or after.children):
        found.inner = list(_align(before.children or (before,), after.children or (after,)))
    return found


def _align(before: Sequence[Node], after: Sequence[Node]) -> Iterator[Match]:
    """Align the parts of two parts; what is left between the pairs is looked at again."""
    pairs = best(before, after, _likeness, (attrgetter("whole"), attrgetter("own"), attrgetter("label")))
    i = j = 0
    for k, m in [*pairs, (len(before), len(after))]:
        yield from _rest(before[i:k], after[j:m])
        if k < len(before):
            yield _pair(before[k], after[m])
        i, j = k + 1, m + 1


def _likeness(x: Node, y: Node) -> int:
    """Weigh how much speaks for two parts being the same one."""
    name = 0 if x.label == y.label else 1 if x.stem == y.stem else 2
    if x.whole == y.whole:
        return ALIKE[name]
    if x.own == y.own:
        return SAID[name]
    return ((COUNTED if x.counted else NAMED), KIND, 0)[name]


def _rest(before: Sequence[Node], after: Sequence[Node]) -> Iterator[Match]:
    """Match parts of different names that stand in the same place: renamed, or grouped in another way."""
    share = _share(before, after) if before and after else 0.0
    if share >= REGROUPED and (len(before), len(after)) != (1, 1):
        yield from _regrouped(before, after)
        return
    i = j = 0
    for k, m in [*best(before, after, _kinship, ()), (len(before), len(after))]:
        yield from (Match(x, None) for x in before[i:k])
        yield from (Match(None, y) for y in after[j:m])
        if k < len(before):
            yield _pair(before[k], after[m])
        i, j = k + 1, m + 1


def _kinship(x: Node, y: Node) -> int:
    """Weigh how much speaks for two parts of different names being the same one."""
    share = _share((x,), (y,))
    if share >= SHARED:
        return int(100 * share)
    if x.kind and x.kind == y.kind:
        return ONE_KIND
    old, new = x.items[0].row, y.items[0].row
    exchanged = (old.inputs, old.output, old.params, old.macs) == (new.inputs, new.output, new.params, new.macs)
    return EXCHANGED if exchanged and len(x.items) == len(y.items) == 1 else 0


def _share(before: Sequence[Node], after: Sequence[Node]) -> float:
    """Give the share of rows that both have."""
    old, new = (sum((one.rows for one in nodes), start=type(nodes[0].rows)()) for nodes in (before, after))
    return 2 * (old & new).total() / (old.total() + new.total())


def _regrouped(before: Sequence[Node], after: Sequence[Node]) -> Iterator[Match]:
    """Match entries one by one, whatever groups they are in."""
    old, new = ([entry for node in nodes for entry in _entries(node)] for nodes in (before, after))
    i = j = 0
    for k, m in [*best(old, new, _likeness, (attrgetter("whole"), attrgetter("own"))), (len(old), len(new))]:
        yield from (Match(x, None) for x in old[i:k])
        yield from (Match(None, y) for y in new[j:m])
        if k < len(old):
            found = _pair(old[k], new[m])
            found.regrouped = True
            yield found
        i, j = k + 1, m + 1


def _entries(node: Node) -> Iterator[Node]:
    """Take a part apart into the entries that it consists of."""
    if node.kind or not node.children:
        yield node
    else:
        for child in node.children:
            yield from _entries(child)


# ---- moves


def _find_moved(root: Match) -> None:
    """Match what is gone in one place and new in another."""
    gone: dict[tuple[object, ...], list[Match]] = {}
    for parent, one in _lone(root, "before"):
        for key in _traces(one.node, parent):
            gone.setdefault(key, []).append(one)
    taken: set[int] = set()
    for parent, here in _lone(root, "after"):
        for key in _traces(here.node, parent):
            there = next((one for one in gone.get(key, ()) if id(one) not in taken), None)
            if there is not None and there.before is not None and here.after is not None:
                taken.add(id(there))
                here.before, here.moved = there.before, True
                here.inner = _pair(there.before, here.after).inner
                break
    if taken:
        _drop(root, taken)


def _lone(parent: Match, side: str) -> Iterator[tuple[Match, Match]]:
    """Give the largest parts that one side only has, each with what it stands in."""
    for inner in parent.inner:
        if inner.before is None or inner.after is None:
            if getattr(inner, side) is not None:
                yield parent, inner
        else:
            yield from _lone(inner, side)


def _traces(node: Node, parent: Match) -> Iterator[tuple[object, ...]]:
    """Give the keys under which a part may be found again elsewhere, the surest first."""
    for key in (node.whole, node.own):
        yield key, id(parent)
        if not node.counted:
            yield key, node.label
    if any(item.row.params for item in node.items):
        yield (node.whole,)


def _drop(parent: Match, taken: set[int]) -> None:
    """Take out what was moved where it was."""
    parent.inner = [inner for inner in parent.inner if id(inner) not in taken]
    for inner in parent.inner:
        _drop(inner, taken)
