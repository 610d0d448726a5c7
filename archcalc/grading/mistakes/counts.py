"""The wrong counts of a line, or of the whole network: a mistake in every row that it can be made in, or in one kind of row only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from archcalc.grading.mistakes import learned, multiplied
from archcalc.grading.mistakes.graph import after_depthwise, flattened, shared_keys, unflattened
from archcalc.grading.mistakes.sizes import SIZES, here
from archcalc.grading.mistakes.sketch import LEARNED, MULTIPLIED, Rule, Sketch, sketch
from archcalc.grading.mistakes.suspects import Suspect, whole_number
from archcalc.grading.mistakes.worlds import everywhere
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.grading.ledger import Asked, Ledger, Part
    from archcalc.grading.mistakes.sizes import SizeRule

__all__ = ["Counter", "rules_for"]

MOST = 400  #: different operations for which pairs of mistakes are tried


def _sized(rule: SizeRule) -> Rule:
    """Make a mistake in the sizes of one operation."""

    def change(it: Sketch) -> Sketch | None:
        sizes = here(it.op, rule)
        return it.sized(**sizes) if sizes else None

    return Rule(rule.id, f"{rule.said}, in the size of the output", change, rank=rule.rank + 1)


def _with_learned(it: Sketch) -> Sketch | None:
    more = sketch("params", it.part, it.graph).terms
    return it.with_((*it.terms, *more)) if it.terms and more else None


_SIZED = tuple(map(_sized, SIZES))
_BUFFERS = (
    Rule("bn_2C_4C", "the counter of the running statistics is missing", lambda it: it.with_(t for t in it.terms if t.axes), 1),
    Rule("bn_2C_4C", "gain and shift are counted as well, which are learned", _with_learned, 2),
    Rule("bn_2C_4C", "one of the two running statistics is counted", lambda it: it.with_(it.terms[:1]) if len(it.terms) > 1 else None, 3),
)


def rules_for(quantity: str) -> tuple[Rule, ...]:
    """Give the mistakes that are made in counting something, the plainest first."""
    if quantity in LEARNED:
        return learned.RULES
    if quantity in MULTIPLIED:
        return (*multiplied.RULES, *_SIZED)
    return _BUFFERS if quantity == "buffers" else (*multiplied.MADE, *_SIZED)


class Counter(Record, frozen=False, slots=False):
    """Works wrong counts of one line out."""

    quantity: str
    asked: Asked
    graph: Ledger
    alike: dict[tuple[object, ...], list[Part]] = field(init=False)  #: operations of which one stands for all

    def __post_init__(self) -> None:
        self.alike = defaultdict(list)
        for part in self.asked.parts:
            self.alike[_likeness(self.graph, part)].append(part)
        self.bytes = self.quantity.endswith("_bytes")
        self.sketches = [(sketch(self.quantity, parts[0], self.graph), len(parts)) for parts in self.alike.values()]

    @property
    def figure(self) -> int:
        """The right count."""
        found = self.asked.figures[self.quantity]
        return found if isinstance(found, int) else 0

    def singles(self) -> Iterator[Suspect]:
        """Make each mistake: everywhere, then in one kind of layer only, then, of sizes, from the start on."""
        for rule in rules_for(self.quantity):
            deltas = self._deltas((rule,))
            yield from self._suspects(rule, deltas)
        if self.quantity not in LEARNED and self.quantity != "buffers":
            yield from self._everywhere()

    def pairs(self) -> Iterator[Suspect]:
        """Make two mistakes at once, wherever either can be made."""
        if len(self.sketches) > MOST:
            return
        rules = [rule for rule in rules_for(self.quantity) if rule.pairs]
        alone = {rule: self._deltas((rule,)) for rule in rules}
        telling = [rule for rule in rules if alone[rule]]
        for one, two in combinations(telling, 2):
            if one.id == two.id:
                continue
            deltas = self._deltas((one, two))
            if deltas and deltas not in (alone[one], alone[two]):
                value = whole_number(self.figure + sum(deltas.values()), up=self.bytes)
                yield Suspect((one.id, two.id), f"{one.said}; and {two.said}", value, one.rank + two.rank)

    def _deltas(self, rules: Sequence[Rule]) -> dict[str, Fraction]:
        """Say how much is too much, by kinds of layers."""
        found: dict[str, Fraction] = defaultdict(Fraction)
        for right, times in self.sketches:
            wrong = right
            for rule in rules:
                wrong = rule.change(wrong) or wrong
            if wrong is not right and wrong.value != right.value:
                found[right.part.row.type] += (wrong.value - right.value) * times
        return dict(found)

    def _suspects(self, rule: Rule, deltas: dict[str, Fraction]) -> Iterator[Suspect]:
        if not deltas:
            return
        every = ", in every layer" if self.asked.total and rule.repeats else ""
        yield Suspect((rule.id,), rule.said + every, whole_number(self.figure + sum(deltas.values()), up=self.bytes), rule.rank)
        if len(deltas) > 1:
            for kind, delta in deltas.items():
                said = f"{rule.said}, in `{kind}` only"
                yield Suspect((rule.id,), said, whole_number(self.figure + delta, up=self.bytes), rule.rank + 1)

    def _everywhere(self) -> Iterator[Suspect]:
        """Make a mistake in every size from the start on."""
        for rule in SIZES:
            sizes = everywhere(self.graph, rule)
            known = [(part, sizes.of(part.step.out)) for part in self.asked.parts]
            if any(one is None for _, one in known):
                continue
            off = sum(
                (sketch(self.quantity, part, self.graph, one).value - sketch(self.quantity, part, self.graph).value for part, one in known),
                Fraction(),
            )
            value = whole_number(self.figure + off, up=self.bytes)
            if off:
                yield Suspect((rule.id,), f"{rule.said}, in the size of every layer up to here", value, rule.rank + 2)


def _likeness(graph: Ledger, part: Part) -> tuple[object, ...]:
    """Give what mistakes depend on; operations that have it in common are counted alike."""
    step, row = part.step, part.row
    return (
        id(step.op), step.tied, step.frozen, row.type, bool(row.activations), part is graph.head, flattened(graph, part),
        unflattened(graph, part), after_depthwise(graph, part), shared_keys(graph, part), shared_keys(graph, part, "values"),
    )  # fmt: skip
