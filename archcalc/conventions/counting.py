"""Sums of what a convention counts, by their causes, over the distinct operations of a network."""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.conventions.convention import NO_RULE
from archcalc.conventions.letters import letters
from archcalc.conventions.seen import Sight
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.conventions.convention import Convention, Terms
    from archcalc.conventions.seen import Seen
    from archcalc.trace import Network

__all__ = ["Inventory", "Sum"]


class Sum(Record, frozen=False):
    """A total by its causes."""

    causes: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)  #: kinds that there is no rule for, with how many operations

    @property
    def total(self) -> int:
        """The sum of all that is known."""
        return sum(self.causes.values())

    def add(self, terms: Mapping[str, int], times: int = 1) -> None:
        """Count terms so many times."""
        for cause, n in terms.items():
            self.causes[cause] = self.causes.get(cause, 0) + times * n

    def times(self, n: int) -> Sum:
        """Give the same so many times."""
        return self if n == 1 else Sum({cause: n * one for cause, one in self.causes.items()}, self.unknown)


class Inventory:
    """The distinct operations of a network, with how often each is there; what a convention makes of one is worked out once."""

    def __init__(self, seen: Iterable[Seen], batch: int = 1) -> None:
        self.counts, self.batch = Counter(seen), batch
        self.letters = {one: letters(one) for one in self.counts}
        self.sums: dict[tuple[str, str], Sum] = {}  #: of one sample, by convention and quantity

    @classmethod
    def of(cls, network: Network, meta: Mapping[str, object] | None = None, batch: int = 1) -> Inventory:
        """Take the inventory of a network; `meta` is what its file says of itself."""
        sight = Sight(network, meta)
        return cls((sight(step) for step in network.steps()), batch)

    def times(self, batch: int) -> Inventory:
        """Give the same for a larger batch."""
        other = copy(self)
        other.batch = self.batch * batch
        return other

    def sum(self, convention: Convention, quantity: str) -> Sum:
        """Add up what a convention counts."""
        known = self.sums.get((convention.name, quantity))
        if known is None:
            known = self.sums[convention.name, quantity] = self.of_one(convention, quantity)
        return known.times(self.each(quantity))

    def of_one(self, convention: Convention, quantity: str) -> Sum:
        """Add up what a convention counts for one sample."""
        found = Sum()
        for seen, times in self.counts.items():
            terms = convention.terms(quantity, seen, self.letters[seen])
            if terms is None:
                found.unknown[seen.op.kind] = found.unknown.get(seen.op.kind, 0) + times
            else:
                found.add(terms, times)
        return found

    def difference(self, convention: Convention, other: Convention, quantity: str) -> Terms:
        """Give what a convention counts less what the other one does, by causes; an operation without a rule counts nothing."""
        found = Sum()
        for seen, times in self.counts.items():
            theirs, mine = (one.terms(quantity, seen, self.letters[seen]) for one in (other, convention))
            if mine is None:
                found.add({NO_RULE: sum((theirs or {}).values())}, -times)
            else:
                found.add(theirs or {}, -times)
                found.add(mine, times)
        return {cause: n for cause, n in found.times(self.each(quantity)).causes.items() if n}

    def each(self, quantity: str) -> int:
        """Say how often each operation counts; parameters do not grow with the batch."""
        return 1 if quantity == "params" else self.batch
