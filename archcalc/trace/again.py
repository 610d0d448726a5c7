"""Parts that run again: what made the same steps of the same tensors before makes them again, under another path."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import NamedTuple

from archcalc.trace.naming import Naming, Scope
from archcalc.trace.step import Ref, Step

__all__ = ["Again", "Steps"]

Steps = Generator[Step, None, Ref | None]

#: Steps of parts that are kept in all.
MOST_STEPS = 20_000


class Take(NamedTuple):
    """How a part ran."""

    path: str
    refs: tuple[Ref, ...]  #: the tensors that it read
    first: int  #: id of the first tensor that it made
    scope: Scope
    steps: tuple[Step, ...]
    result: Ref | None
    spent: int
    lasting: bool  #: whether it runs so wherever it meets tensors like these


class Again(Naming):
    """Runs a part once for the same tensors, and repeats its steps from then on.

    Only where nothing but the tensors themselves goes in or out: no inputs of the network, whose first reader is looked for, no names,
    no weights that are shared, no expectations of its own. Whatever is wrong is found by running.
    """

    takes: dict[Hashable, dict[Hashable, Take]]  #: by what ran, and by the tensors that it read
    taken: int  #: steps that are kept

    def again(self, key: Hashable, refs: tuple[Ref, ...], path: str, fresh: Steps, names: int | None = None) -> Steps:
        """Run a part, `fresh`, or repeat how it ran with this key; `names` are the names that it must not give anything in."""
        inputs = len(self.network.inputs)
        if not self.network.repeats or self.network.targets != frozenset() or self.scope.sharing or any(ref.id < inputs for ref in refs):
            return (yield from fresh)
        ids = [ref.id for ref in refs]
        alike = tuple([(ref.tensor.shape, ref.tensor.names, ids.index(ref.id)) for ref in refs])
        take = self.takes.get(key, {}).get(alike)
        if take is None or take.scope is not self.scope:
            take = yield from self.first(refs, path, fresh, names)
            if take.lasting and self.taken + len(take.steps) <= MOST_STEPS:
                self.taken += len(take.steps)
                self.takes.setdefault(key, {})[alike] = take
            return take.result
        if self.spent + take.spent > self.network.most_steps or self.next - inputs + len(take.steps) > self.network.most_layers:
            return (yield from fresh)
        return (yield from self.repeated(take, ids, path))

    def forget(self, key: Hashable) -> None:
        """Forget how a part ran that will not run again."""
        self.taken -= sum([len(take.steps) for take in self.takes.pop(key, {}).values()])

    def first(self, refs: tuple[Ref, ...], path: str, fresh: Steps, names: int | None) -> Generator[Step, None, Take]:
        """Run a part, and note how it runs."""
        first, spent, watched, given, scope = self.next, self.spent, len(self.watched), len(self.given), self.scope
        steps: list[Step] = []
        while True:
            try:
                step = next(fresh)
            except StopIteration as stop:
                result: Ref | None = stop.value
                break
            steps.append(step)
            yield step
        known = {ref.id for ref in refs}
        within = all(read >= first or read in known for step in steps for read in step.reads)
        named = any(place == names for place, _, _ in self.given[given:])
        lasting = within and not named and len(self.watched) == watched
        return Take(path, refs, first, scope, tuple(steps), result, self.spent - spent, lasting)

    def repeated(self, take: Take, ids: list[int], path: str) -> Steps:
        """Repeat the steps of a part with other tensors, under another path."""
        first, cut, onward = take.first, len(take.path), self.next - take.first
        same = {ref.id: new for ref, new in zip(take.refs, ids, strict=True)}
        self.next += len(take.steps)
        self.spent += take.spent
        for step in take.steps:
            where, kind, op, reads, out, group, entry, tied, frozen, watches, result, precision = step
            there = tuple([read + onward if read >= first else same[read] for read in reads])
            group = group and path + group[cut:]
            yield Step(path + where[cut:], kind, op, there, out + onward, group, entry, tied, frozen, watches, result, precision)
        end = take.result
        if end is None or end.id >= first:
            return end and Ref(end.id + onward, end.tensor, path + end.path[cut:])
        return Ref(same[end.id], end.tensor, end.path)
