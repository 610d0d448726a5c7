"""What was done to a network to make the other of it, gathered by what can be said together."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.comparing.grammar import NAMED, counted, joined, names, noun, places
from archcalc.comparing.match import renamed
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing import Comparison
    from archcalc.comparing.fields import Field
    from archcalc.comparing.match import Match
    from archcalc.comparing.tree import Node

__all__ = ["Deeds", "deeds"]


class Deeds(Record, frozen=False):
    """What was done; parts that were added and removed are kept with what they stand in."""

    added: dict[tuple[str, str], list[tuple[str, Node]]] = field(default_factory=dict)  #: by what it is, and whether it is new or more
    removed: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)
    changed: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str, int]] = field(default_factory=list)  #: from what, to what, and how many rows that are

    def clauses(self) -> Iterator[tuple[str, str]]:
        """Say it: verbs, each with what it is done to."""
        yield from (("has", _several(what, nodes, word)) for (what, word), nodes in self.added.items())
        yield from (("lacks", _several(what, nodes)) for what, nodes in self.removed.items())
        if self.changed:
            yield "changes", _changes(self.changed)
        if self.moved:
            yield "moves", names(self.moved)
        if self.renamed:
            rows = sum(n for _, _, n in self.renamed)
            yield "renames", " to ".join(self.renamed[0][:2]) if len(self.renamed) == 1 else f"{rows:,} layers"


def deeds(found: Comparison) -> Deeds:
    """Gather what was done."""
    gathered = Deeds()
    _inside(found, found.root, gathered)
    return gathered


def _inside(found: Comparison, parent: Match, to: Deeds) -> None:
    """Gather what was done in a part."""
    kept = {inner.after.stem for inner in parent.parts() if inner.before and inner.after}
    entries: set[str] = set()  # of which a row was gathered
    for inner in parent.parts():
        x, y = inner.before, inner.after
        if x is not None and y is not None:
            _both(found, inner, (x, y), to)
            continue
        lone = inner.node
        entry = lone.items[0].entry
        if entry not in entries or lone.path == entry:
            place = (parent.node.path, lone)
            if x is None:
                to.added.setdefault((noun(lone), "more" if lone.counted and lone.stem in kept else "new"), []).append(place)
            else:
                to.removed.setdefault(noun(lone), []).append(place)
        entries.add(entry)


def _both(found: Comparison, it: Match, nodes: tuple[Node, Node], to: Deeds) -> None:
    """Gather what was done to a part that both networks have."""
    x, y = nodes
    pairs = [(leaf.items[0], found.pair(leaf)) for leaf in y.leaves()]
    first = pairs[0][0]
    said = next((pair.fields for _, pair in pairs if pair.fields), ()) if y.kind else ()
    if it.moved:
        to.moved.append(y.path)
    elif renamed(x, y) or (it.regrouped and first.entry == first.row.path):
        to.renamed.append((x.path, y.path, len(pairs)))
    if said:
        to.changed[y.path] = said
    elif it.inner:
        _inside(found, it, to)
    else:
        to.changed.update({item.entry: pair.fields for item, pair in pairs if pair.fields})


def _several(what: str, found: Sequence[tuple[str, Node]], word: str = "") -> str:
    if len(found) == 1:
        return f"{counted(1, what, word)} ({found[0][1].path})"
    return counted(len(found), what, word) + places(list(dict.fromkeys(place for place, _ in found)))


def _changes(changed: dict[str, tuple[Field, ...]]) -> str:
    if len(changed) == 1:
        path, fields = next(iter(changed.items()))
        said = [f"{it.name} {it.before} → {it.after}".strip() for it in fields]
        return f"{path} ({_few(said)})"
    every = dict.fromkeys(it.name or "kind" for fields in changed.values() for it in fields)
    return f"{names(list(changed))} ({_few(list(every))})"


def _few(words: Sequence[str]) -> str:
    return ", ".join([*words[:NAMED], *("…" for _ in words[NAMED : NAMED + 1])])


def verbs(clauses: Sequence[tuple[str, str]]) -> list[str]:
    """Join clauses of one verb.

    >>> verbs([("has", "2 new blocks"), ("has", "a new relu layer"), ("lacks", "a pool")])
    ['has 2 new blocks and a new relu layer', 'lacks a pool']
    """
    by: dict[str, list[str]] = {}
    for verb, what in clauses:
        by.setdefault(verb, []).append(what)
    return [f"{verb} {joined(what)}" for verb, what in by.items()]
