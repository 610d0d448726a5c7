r"""A table for a paper, with the lines of booktabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.formulas.tex import escaped
from archcalc.report.chosen import more, table
from archcalc.report.totals import facts, setting, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.result import Header, Totals
    from archcalc.report.view import Run, View

__all__ = ["records", "summary"]

NEEDS = r"% needs \usepackage{booktabs}, and \usepackage[T1]{fontenc} for letters with accents"


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Write networks, each a table with its totals below."""
    for i, run in enumerate(runs):
        columns, cells, left_out = table(run, view)
        foot = _foot(run.header, run.totals(), len(columns), left_out)
        caption = rf"\caption{{{escaped(title(run.header))}: {escaped(setting(run.header))}}}"
        _put(out, ["" if i else NEEDS, r"\begin{table}", r"\centering", caption, *_tabular(columns, cells, foot), r"\end{table}"])


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write one line for each item."""
    _put(out, [NEEDS, *_tabular(columns, ([column.shown(item) for column in columns] for item in items))])


def _put(out: TextIO, lines: Iterable[str]) -> None:
    out.writelines(f"{line}\n" for line in lines)


def _tabular(columns: Sequence[Column[Any]], rows: Iterable[Sequence[str]], foot: Iterable[str] = ()) -> Iterator[str]:
    """Lay a table out; figures stand flush right."""
    sides = "".join("r" if column.right else "l" for column in columns) + ("r" if len(columns) == 1 else "")
    yield rf"\begin{{tabular}}{{{sides}}}"
    yield r"\toprule"
    yield _row([column.title for column in columns])
    yield r"\midrule"
    for row in rows:
        yield _row(row)
    for i, line in enumerate(foot):
        yield from [line] if i else [r"\midrule", line]
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _row(texts: Iterable[str]) -> str:
    r"""Write a row. What begins it may not be taken for an argument of the `\\` before it.

    >>> print(_row(["[0] a&b", "1"]))
    {}[0] a\&b & 1 \\
    """
    row = " & ".join(map(escaped, texts))
    return f"{'{}' if row.startswith(('[', '*')) else ''}{row} \\\\"


def _foot(header: Header, totals: Totals, columns: int, left_out: int) -> Iterator[str]:
    """Write the totals, each over all columns but the first."""
    if left_out:
        yield rf"\multicolumn{{{max(columns, 2)}}}{{l}}{{{escaped(more(left_out))}}} \\"
    for fact in facts(header, totals):
        number = f"{fact.number} ({fact.short})" if fact.short else fact.number
        yield rf"{escaped(fact.label.strip())} & \multicolumn{{{max(columns - 1, 1)}}}{{r}}{{{escaped(number)}}} \\"
