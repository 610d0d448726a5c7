"""Whether all that archcalc knows is compared with PyTorch, or is left out for a reason; without PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archcalc.layers.reference import kinds
from live.answers import Failure, Refusal, ours
from live.both import STRICTER
from live.cases import alone
from live.draw import Draw
from live.table import EXCEPTIONS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from live.both import Pair, Row

MANY, SOME = 200, 40  #: draws of each row, to look at and to run


def drawn(row: Row) -> Iterator[Pair]:
    for i in range(MANY):
        draw = Draw(f"{row.name} {i}")
        yield row.pair(draw, *row.on.draw(draw))


def fields(entry: Mapping[str, object]) -> Iterator[str]:
    """Give the kind of an entry, and its fields."""
    for kind, told in entry.items():
        yield kind
        yield from (f"{kind}.{field}" for field in (told if isinstance(told, dict) else ["*"]))


def test_every_kind_and_every_field_is_drawn_or_left_out_for_a_reason() -> None:
    seen = {what for row in TABLE.values() for pair in drawn(row) for entry in (pair.entry, *pair.then) for what in fields(entry)}
    wanted: set[str] = set()
    for kind in kinds():
        told = {f"{kind.name}.{name}" for name, _ in kind.fields if name != kind.primary or f"{kind.name}.*" not in seen}
        wanted |= {kind.name} if kind.name in EXCEPTIONS else {kind.name, *told}
    assert wanted - seen == EXCEPTIONS.keys()


def test_every_reason_to_be_stricter_is_drawn() -> None:
    assert {pair.stricter for row in TABLE.values() for pair in drawn(row)} - {""} == STRICTER.keys() - {"empty"}


@pytest.mark.parametrize("name", TABLE)
def test_a_row_draws_the_kinds_that_it_names(name: str) -> None:
    row, known = TABLE[name], {kind.name for kind in kinds()}
    seen = {kind for pair in drawn(row) for entry in (pair.entry, *pair.then) for kind in entry}
    assert seen & known == {*row.kinds}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_drawn_can_be_written(name: str) -> None:
    cases = [alone(Draw(f"{name} {i}"), TABLE[name]) for i in range(SOME)]
    found = [ours(case) for case in cases]
    assert [one for one in found if isinstance(one, Failure)] == []
    assert sum(isinstance(one, Refusal) for one in found) < SOME * 3 // 4, "most of what is drawn is refused"


@pytest.mark.parametrize("name", TABLE)
def test_what_was_drawn_can_be_drawn_again(name: str) -> None:
    draw = Draw(name)
    assert alone(draw, TABLE[name]) == alone(Draw(draw.drawn), TABLE[name]) != alone(Draw([]), TABLE[name])
