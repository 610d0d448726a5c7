"""Which mistakes give exactly the number that was answered, the plainest first.

Each mistake is a rule with an id and a sentence. Rules of counts change a `Sketch`, sums of products of axes, so that two of them can
be made at once; rules of sizes and of receptive fields change what a `Window` was made with; the rest are factors, slips of the pen,
and right figures in the wrong place. None of them asks for a layer kind.
"""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.calculators.precision import size_in_bytes
from archcalc.grading.amounts import Amount
from archcalc.grading.marking import same_extents
from archcalc.grading.mistakes import carried, elsewhere, shapes, sights
from archcalc.grading.mistakes.counts import Counter
from archcalc.grading.mistakes.digits import slip
from archcalc.grading.mistakes.memory import guesses
from archcalc.grading.mistakes.sketch import COUNTED
from archcalc.grading.mistakes.suspects import Suspect, both, plainest
from archcalc.grading.mistakes.twists import twists
from archcalc.grading.quantities import Kind
from archcalc.grading.sizes import Extents, Shape
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.grading.ledger import Asked, Figure, Ledger
    from archcalc.grading.mistakes.worlds import World
    from archcalc.grading.quantities import Answer, Quantity

__all__ = ["PLAUSIBLE", "Case", "Scene", "Suspect", "named", "singles"]

#: Mistakes up to this rank are tried together with another one.
PLAUSIBLE = 2


class Scene(Record, slots=False):
    """What a cell stands in: the network, the lines of the sheet, and what is answered in them."""

    graph: Ledger
    lines: Sequence[Asked]
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)

    @cached_property
    def following(self) -> World | None:
        """The sizes that follow from the answered shapes."""
        return carried.answered_world(self.graph, self.lines, self.answers)

    def before(self, asked: Asked) -> World | None:
        """Give the sizes that follow from the answered shapes of other lines."""
        return carried.answered_world(self.graph, self.lines, self.answers, asked.name)


class Case(Record, slots=False):
    """One wrong answer."""

    quantity: Quantity
    answer: Answer
    asked: Asked
    scene: Scene

    @property
    def base(self) -> str:
        """The name of the figure that it is worked out from: elements for bytes of maps."""
        return "activations" if self.quantity.name == "activations_bytes" else self.quantity.name

    @property
    def figure(self) -> Figure:
        """The right figure, as it is answered."""
        return self.unit(self.asked.figures.get(self.base))

    def unit(self, figure: Figure) -> Figure:
        """Give a figure as it is answered: elements in bytes, if the answer is."""
        in_bytes = self.base != self.quantity.name or (isinstance(self.answer, Amount) and self.answer.bytes)
        if in_bytes and isinstance(figure, int) and self.quantity.name != "model_size_bytes":
            return size_in_bytes(figure, self.scene.graph.run.settings.dtype.activations)
        return figure

    def given_by(self, figure: Figure, *, loose: bool = False) -> bool:
        """Tell whether a wrong figure is what was answered; `loose` takes zeros at the end for digits that are not given."""
        if figure is None or figure == self.figure:
            return False
        if isinstance(self.answer, Amount):
            return isinstance(figure, int | Fraction) and (self.answer.rounds if loose else self.answer.gives)(figure)
        if isinstance(self.answer, Shape) and isinstance(figure, tuple):
            return self.answer.is_([n for n in figure if isinstance(n, int)], channels_first=self.asked.channels_first)
        return isinstance(self.answer, Extents) and same_extents(self.answer, figure)


def named(case: Case) -> list[Suspect]:
    """Name the mistakes that give an answer: one that gives its digits, else one that rounds to it, else two at once."""
    alone = [one for one in singles(case) if case.given_by(one.value, loose=True)]
    strict = [one for one in alone if case.given_by(one.value)]
    return plainest(strict or alone) or plainest(one for one in pairs(case) if case.given_by(one.value))


def singles(case: Case) -> Iterator[Suspect]:
    """Give every wrong figure that one mistake leads to, and what slips of the pen have made of the answer."""
    scene, quantity, asked = case.scene, case.quantity, case.asked
    yield from _carried(case)
    if quantity.kind is Kind.SHAPE:
        yield from shapes.singles(asked, scene.graph)
    elif quantity.kind is Kind.EXTENTS:
        yield from sights.singles(quantity.name, asked, scene.graph)
    elif isinstance(case.answer, Amount):
        yield from _arithmetic(case)
        yield from _altered(case, (Suspect((), "", case.figure, 0),))
        yield from _as_answered(case, elsewhere.incomplete(quantity, asked, scene.lines, scene.graph))
    yield from _as_answered(case, elsewhere.beside(quantity, asked, scene.lines))
    yield from elsewhere.other_columns(quantity, asked)
    yield from _as_answered(case, elsewhere.variants(quantity, asked, scene.graph))


def pairs(case: Case) -> Iterator[Suspect]:
    """Give the wrong figures that two mistakes lead to."""
    graph, asked = case.scene.graph, case.asked
    if case.quantity.kind is Kind.SHAPE:
        yield from shapes.pairs(asked, graph)
    elif case.quantity.kind is Kind.EXTENTS:
        yield from sights.pairs(case.quantity.name, asked, graph)
    elif isinstance(case.answer, Amount):
        alone = [one for one in _arithmetic(case) if one.rank <= PLAUSIBLE]
        if case.base in COUNTED:
            yield from _as_answered(case, Counter(case.base, asked, graph).pairs())
        yield from _altered(case, (*alone, *_as_answered(case, elsewhere.variants(case.quantity, asked, graph))))


def _carried(case: Case) -> Iterator[Suspect]:
    scene = case.scene
    yield from carried.summed(case.quantity, case.asked, scene.answers, scene.lines)
    following = scene.before(case.asked) if case.base == "output" else scene.following
    yield from _as_answered(case, carried.carried(case.base, case.asked, scene.graph, following))


def _arithmetic(case: Case) -> Iterator[Suspect]:
    """Give the counts that mistakes in the arithmetic lead to."""
    graph = case.scene.graph
    if case.base in COUNTED:
        yield from _as_answered(case, Counter(case.base, case.asked, graph).singles())
    found = (Suspect((guess.id,), guess.said, guess.value, guess.rank) for guess in guesses(case.base, case.asked, graph))
    yield from _as_answered(case, found)


def _as_answered(case: Case, found: Iterable[Suspect]) -> Iterator[Suspect]:
    """Give figures as the answer is: elements in bytes, if it is."""
    return (one._replace(value=case.unit(one.value)) for one in found)


def _altered(case: Case, found: Iterable[Suspect]) -> Iterator[Suspect]:
    """Give figures by a factor wrong, or with a slip of the pen, that are also otherwise wrong."""
    if not isinstance(case.answer, Amount):
        return
    factors = list(twists(case.quantity, case.answer, case.scene.graph.run.settings))
    for one in found:
        if not isinstance(one.value, int | Fraction):
            continue
        for twist in factors:
            yield both(one, twist.id, twist.said, one.value * twist.factor, twist.rank)
        yield both(one, "cut_off", "it is cut off, not rounded", case.answer.cut(one.value), 1)
        slipped = slip(case.answer.digits, one.value) if case.answer.digits and isinstance(one.value, int) else None
        if slipped:
            yield both(one, slipped.id, slipped.said, int(case.answer.digits), slipped.rank)
