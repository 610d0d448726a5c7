"""What stands in the cells: of one network, or of two with an arrow between."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.comparing.totals import BYTES, Difference, percent
from archcalc.report.columns import NOTHING
from archcalc.report.compared.pieces import ARROW
from archcalc.report.numbers import at_least, human, size, thousands
from archcalc.report.view import told
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.comparing.fields import Field
    from archcalc.report.columns import Column
    from archcalc.report.compared.pieces import Alike, Changed
    from archcalc.report.fold import Line

__all__ = ["Text", "alike", "amount", "cell", "difference", "notes", "share"]

#: What rows read and see, in few words.
SEEN = {"inputs": "input", "aligned": "RF", "receptive_field": "RF", "receptive_field_min": "RF", "effective_stride": "RF",
        "effective_padding": "RF"}  # fmt: skip

#: Entries in a part of which it is said what changed in them.
NOTED = 6


class Text(NamedTuple):
    """What stands in a cell, and whether it is a change."""

    text: str
    changed: bool = False


def cell(column: Column[Line], it: Changed, *, short: bool = False) -> Text:
    """Write a cell; numbers with their units where they are to be `short`."""
    old, new = (_shown(column, line) for line in (it.before, it.after))
    if old is None or new is None or old == new:
        return Text(new if new is not None else old or "")
    if short and it.before and it.after:
        before, after = column.value(it.before), column.value(it.after)
        if isinstance(before, int) and isinstance(after, int):
            return Text(_brief(before, after), changed=True)
    return Text(f"{old} {ARROW} {new}", changed=True)


def _shown(column: Column[Line], line: Line | None) -> str | None:
    return None if line is None else told(column, line)


def _brief(old: int, new: int) -> str:
    """Write two numbers, with one unit where it is the same.

    >>> _brief(1_180_160, 2_359_808), _brief(999, 1_000), _brief(0, 5)
    ('1.180 → 2.360 M', '999 → 1.000 K', '– → 5')
    """
    before, after = (human(n) if n else NOTHING for n in (old, new))
    if before.partition(" ")[2] == after.partition(" ")[2]:
        before = before.partition(" ")[0]
    return f"{before} {ARROW} {after}"


def notes(it: Changed) -> list[str]:
    """Say what the author says otherwise, and where it stood."""
    said = [f"{path}: {_fields(fields)}" if path else _fields(fields) for path, fields in it.fields]
    more = [f"… {len(said) - NOTED} more"] if len(said) > NOTED else []
    moved = [] if it.behind is None else [f"was behind {it.behind}" if it.behind else "was in front"]
    return [visible(text) for text in (" · ".join([*said[:NOTED], *more]), *moved) if text]


def _fields(fields: Sequence[Field]) -> str:
    return ", ".join(f"{one.name or 'kind'} {one.before} {ARROW} {one.after}" for one in fields)


def alike(it: Alike) -> str:
    """Say how much is alike.

    >>> from archcalc.report.compared.pieces import Alike
    >>> alike(Alike(1)), alike(Alike(60, 40, frozenset({"receptive_field"}))), alike(Alike(9, other="a … b → c … d"))
    ('1 layer alike', '60 layers alike (RF differs in 40)', '9 layers alike under other names: a … b → c … d')
    """
    text = f"{thousands(it.rows)} layer{'s' * (it.rows != 1)} alike"
    if it.other:
        return visible(f"{text} under other names: {it.other}")
    words = sorted({SEEN[name] for name in it.what})
    return f"{text} ({' and '.join(words)} differ{'s' * (len(words) == 1)} in {thousands(it.seen)})" if it.seen else text


# ---- totals


def amount(it: Difference, side: int, *, short: bool = False) -> str:
    """Write a figure of one network."""
    n = (it.before, it.after)[side]
    text = f"{thousands(n)} B" if it.name in BYTES else thousands(n)
    if short:
        text = size(n).partition(" (")[0] if it.name in BYTES else human(n)
    return at_least(text, bound=it.bounds[side])


def difference(it: Difference, *, short: bool = False) -> str:
    """Write how far apart two figures are."""
    if not it.known:
        return "n/a"
    if not it.by:
        return "="
    n = abs(it.by)
    text = size(n).partition(" (")[0] if short and it.name in BYTES else human(n) if short else thousands(n)
    return f"{'+' if it.by > 0 else '-'}{text}{' B' * (it.name in BYTES and not short)}"


def share(it: Difference) -> str:
    """Write by how much a figure grew."""
    return percent(it.by, it.before) if it.known and it.by else ""
