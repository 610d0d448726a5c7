"""Two networks beside each other: which rows are the same ones, what differs between them, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.comparing.difference import CHANGES, pairs
from archcalc.comparing.match import match
from archcalc.comparing.subject import Subject, subject
from archcalc.comparing.tree import Keys, tree
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.comparing.difference import Change, Pair
    from archcalc.comparing.match import Match
    from archcalc.comparing.tree import Node

__all__ = ["Comparison", "Subject", "compare", "subject"]


class Comparison(Record, eq=False, slots=False):
    """What became of one network in another."""

    before: Subject
    after: Subject
    root: Match  #: which parts belong together
    found: Mapping[int, Pair]  #: all rows in order, by the identity of their nodes

    def pair(self, node: Node) -> Pair:
        """Say what became of a row: of one that there is now, or that is gone."""
        return self.found[id(node)]

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """How many rows there are of each change."""
        changes = [pair.change for pair in self.found.values()]
        return {change: changes.count(change) for change in CHANGES}

    @property
    def differs(self) -> bool:
        """Whether there is any difference."""
        old, new = self.before, self.after
        ends = [(dict(one.header.inputs), list(one.outputs.values()), replace(one.totals, peak_at="")) for one in (old, new)]
        return ends[0] != ends[1] or any(pair.differs for pair in self.found.values())


def compare(before: Subject, after: Subject) -> Comparison:
    """Compare two networks."""
    keys = Keys()
    root = match(tree(before.items, before.given, keys), tree(after.items, after.given, keys))
    return Comparison(before, after, root, pairs(root, before, after))
