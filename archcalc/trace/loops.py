"""Loops: how many copies an entry has, and the variables of each."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from archcalc.spec.document import copies_written, fewest_rows
from archcalc.trace.budget import LEVELS, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.spec.document import Entry, Loop, Place
    from archcalc.trace.frame import Frame

__all__ = ["Loops"]


class Loops(Budget):
    """Unrolls `repeat` and `for`, lazily."""

    def foresee(self, body: Iterable[Entry]) -> None:
        """Refuse what will make more rows than allowed, as far as that can be known, before any is made."""
        rows = 0
        for entry in body:
            rows += copies_written(entry) * fewest_rows(entry, self.fewest, LEVELS)
            self.limit(entry.place, rows - 1)

    def afford(self, entry: Entry, length: int) -> None:
        """Refuse a loop that would end beyond what is allowed, before it starts."""
        if self.spent + length > self.network.most_steps:
            self.spend(entry.place, length)
        self.limit(entry.place, length * fewest_rows(entry, self.fewest, LEVELS) - 1)

    def iterations(self, entry: Entry, frame: Frame) -> tuple[int, Iterable[dict[str, object]]]:
        """Give the number of copies, and the variables of each."""
        if entry.loop is not None:
            return self.rows(entry.loop, frame)
        if entry.repeat is None:
            return 1, ({},)
        length = self.typed(entry.repeat, frame, "int", "`repeat`")
        if length < 0:
            raise self.error(entry.repeat.place, "E233", f"`repeat` must be at least 0, not {length}")
        return length, repeat({}, min(length, self.network.most_steps + 1))

    def rows(self, loop: Loop, frame: Frame) -> tuple[int, Iterable[dict[str, object]]]:
        """Zip the columns of a `for` into rows, made as they are needed."""
        columns: list[tuple[tuple[str, ...], Sequence[object], Place]] = []
        for names, formula in loop.columns:
            value = self.value(formula, frame)
            if type(value) is int:
                value = range(value)
            if not isinstance(value, list | tuple | range):
                hint = "inside { } a comma ends the name: write the columns in block style, or quote them" if value is None else ""
                what = "nothing" if value is None else f"`{str(value)[:40]}`"
                raise self.error(formula.place, "E206", f"a column of `for` is a list or a count, not {what}", hint)
            columns.append((names, value, formula.place))
        length = len(columns[0][1]) if columns else 0
        for names, value, place in columns:
            if len(value) != length:
                first = f"`{', '.join(columns[0][0])}` has {length}"
                raise self.error(place, "E206", f"columns of unequal length: {first}, `{', '.join(names)}` has {len(value)}")
        cells = zip(*(value for _, value, _ in columns), strict=True)
        return length, (
            {k: v for (names, _, at), cell in zip(columns, row, strict=True) for k, v in self.row(names, cell, at).items()} for row in cells
        )

    def row(self, names: tuple[str, ...], cell: object, place: Place) -> dict[str, object]:
        """Give the variables of one row of a `for`."""
        if len(names) == 1:
            return {names[0]: cell}
        if not isinstance(cell, list | tuple) or len(cell) != len(names):
            n = f"{len(cell)} value{'s' * (len(cell) != 1)}" if isinstance(cell, list | tuple) else f"`{str(cell)[:40]}`"
            raise self.error(place, "E206", f"a row of `for` has {n} for {len(names)} columns ({', '.join(names)})")
        return dict(zip(names, cell, strict=True))
