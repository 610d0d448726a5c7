"""What differs between rows that belong together, and what of it the author said: the rest follows from it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from archcalc.comparing.fields import Field, differing, word
from archcalc.comparing.match import renamed
from archcalc.comparing.tree import FIGURES
from archcalc.record import Record
from archcalc.spec.document import LayerCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.comparing.match import Match
    from archcalc.comparing.subject import Item, Subject
    from archcalc.comparing.tree import Node
    from archcalc.spec.document import Entry

__all__ = ["CHANGES", "SEEN", "Change", "Pair", "pairs"]

Change = Literal["added", "removed", "moved", "changed", "renamed", "follows", "alike"]
CHANGES: tuple[Change, ...] = ("added", "removed", "moved", "changed", "renamed", "follows", "alike")
#: What follows from the rows before, and makes no row another one.
SEEN = ("inputs", "receptive_field", "receptive_field_min", "effective_stride", "effective_padding", "aligned")


class Pair(Record):
    """A row before and after; one of the two is missing where it was added or removed."""

    before: Item | None
    after: Item | None
    change: Change
    fields: tuple[Field, ...] = ()  #: what the author says otherwise
    figures: tuple[str, ...] = ()  #: which figures differ
    seen: tuple[str, ...] = ()  #: which of `SEEN` differ

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        return self.change != "alike" or bool(self.seen)


def pairs(root: Match, before: Subject, after: Subject) -> dict[int, Pair]:
    """Say of all rows what became of them, by the identity of their nodes: of what is now, and of what is gone."""
    leaves = list(_leaves(root))
    judge = _Judge(before, after, [(x.items[0], y.items[0], state) for x, y, state in leaves if x and y])
    return {id(y or x): judge.pair(_item(x), _item(y), state) for x, y, state in leaves}


def _item(leaf: Node | None) -> Item | None:
    return leaf.items[0] if leaf else None


def _leaves(found: Match, state: str = "") -> Iterator[tuple[Node | None, Node | None, str]]:
    """Give all rows, each with its partner, and whether they were moved or renamed."""
    x, y = found.before, found.after
    if x is None or y is None:
        yield from ((x and leaf, y and leaf, "") for leaf in found.node.leaves())
        return
    state = "moved" if found.moved else state or ("renamed" if found.regrouped or renamed(x, y) else "")
    if found.inner:
        for inner in found.inner:
            yield from _leaves(inner, state)
    else:
        yield from ((old, new, state) for old, new in zip(x.leaves(), y.leaves(), strict=True))


class _Judge:
    """Knows who belongs to whom, and says what is different."""

    def __init__(self, before: Subject, after: Subject, matched: Sequence[tuple[Item, Item, str]]) -> None:
        self.before, self.after = _Wires(before), _Wires(after)
        self.known: dict[tuple[object, ...], tuple[Field, ...]] = {}
        self.sized = before.sized | after.sized
        self.told: set[tuple[str, str]] = set()  #: entries of which it was said what differs
        staying = [(x.step.out, y.step.out) for x, y, state in matched if state != "moved"]
        staying += [(i, self.after.inputs[name]) for name, i in self.before.inputs.items() if name in self.after.inputs]
        self.partner = dict(staying)
        self.kept = {new for _, new in staying}

    def pair(self, x: Item | None, y: Item | None, state: str) -> Pair:
        """Say what became of a row."""
        if x is None or y is None:
            return Pair(x, y, "added" if x is None else "removed")
        figures, seen = (tuple(name for name in names if getattr(x.row, name) != getattr(y.row, name)) for names in (FIGURES, SEEN))
        fields = tuple(self.fields(x, y, stays=state != "moved"))
        own: Change = "changed" if fields or "type" in figures else "renamed" if state else "follows" if figures else "alike"
        return Pair(x, y, "moved" if state == "moved" else own, fields, figures, seen)

    def fields(self, x: Item, y: Item, *, stays: bool) -> Iterator[Field]:
        """Say what the author says otherwise; of an entry of several rows at the first that there was before."""
        first = (x.entry, y.entry) not in self.told
        if first:
            self.told.add((x.entry, y.entry))
            yield from self.said(x, y)
        if x.step.frozen != y.step.frozen and x.row.params:
            yield Field("freeze", *(word(item.step.frozen) for item in (x, y)))
        if first and x.step.precision != y.step.precision:
            yield Field("precision", *map(_stated, (x, y)))
        if x.step.tied != y.step.tied:
            yield Field("tied", *(", ".join(sorted(item.step.tied)) or "none" for item in (x, y)))
        if first and stays and self.rewired(x, y):
            yield Field("reads", *(", ".join(names) for names in self.reads(x, y)))

    def said(self, x: Item, y: Item) -> tuple[Field, ...]:
        """Compare two layers, once for the same ones on the same operands."""
        key = (id(x.layer), id(y.layer), id(x.step.entry), id(y.step.entry), *((one.tensor.shape, one.tensor.names) for one in x.operands))
        if key not in self.known:
            self.known[key] = (
                () if self.follows(x.step.entry, y.step.entry) else tuple(differing(x.layer, y.layer, [one.tensor for one in x.operands]))
            )
        return self.known[key]

    def follows(self, x: Entry, y: Entry) -> bool:
        """Whether a layer is written in sizes, and in the same words: then its fields follow, as its figures do."""
        old, new = x.content, y.content
        same = isinstance(old, LayerCall) and isinstance(new, LayerCall) and old.args == new.args
        return same and x in self.sized and y in self.sized

    def reads(self, x: Item, y: Item) -> tuple[list[str], list[str]]:
        """Name what a layer read and what it reads, by the names of today where there are any."""
        old = [self.after.paths[self.partner[i]] if i in self.partner else self.before.paths[i] for i in _ids(x)]
        return old, [self.after.paths[i] for i in _ids(y)]

    def rewired(self, x: Item, y: Item) -> bool:
        """Whether a layer reads others than it did, apart from those that are gone, new or moved."""
        before, after = _ids(x), _ids(y)
        if [self.partner.get(i) for i in before] == after:
            return False
        old, new = [self.partner[i] for i in before if i in self.partner], [i for i in after if i in self.kept]
        gone, come = len(before) - len(old), len(after) - len(new)
        lost, won = Counter(old) - Counter(new), Counter(new) - Counter(old)
        return lost.total() > come or won.total() > gone or (not lost and not won and old != new)


def _stated(item: Item) -> str:
    """Write what a row states of its precision."""
    own = item.step.precision
    told = {} if own is None else {key: value for key, value in own._asdict().items() if value is not None}
    return ", ".join(f"{key} {value}" for key, value in told.items()) or "none"


def _ids(item: Item) -> list[int]:
    return [ref.id for ref in item.operands]


class _Wires:
    """Knows what the tensors of a network are called."""

    def __init__(self, subject: Subject) -> None:
        self.inputs = {name: i for i, name in enumerate(subject.header.inputs)}
        self.paths: Mapping[int, str] = {i: name for name, i in self.inputs.items()} | {it.step.out: it.row.path for it in subject.items}
