r"""Formulas in LaTeX: a document that compiles with amsmath alone; what stands between its `align*` can be taken elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.formulas.expr import LATEX, TEXT, chain
from archcalc.formulas.tex import escaped, prose, symbol
from archcalc.report.explained.fields import listed
from archcalc.report.explained.layout import ACCOUNT, FIELD, legends, only, puzzling, shown, sums, terms, title
from archcalc.report.totals import setting
from archcalc.report.totals import title as model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from archcalc.formulas.card import Family, Kind
    from archcalc.formulas.explain import Explainer
    from archcalc.formulas.figures import Line
    from archcalc.report.explained.fields import FieldRow
    from archcalc.report.explained.layout import Shown
    from archcalc.report.result import Header

__all__ = ["card", "network"]

HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath}
\allowdisplaybreaks
\begin{document}"""
FOOT = r"\end{document}"
#: Characters of a formula in plain text that fit on one line of a page.
LINE = 70


def network(header: Header, explainer: Explainer, out: TextIO) -> None:
    """Write what an explainer says of a network."""
    _put(out, [HEAD, rf"\section*{{{escaped(model(header))}}}", f"{escaped(header.source)}, {escaped(setting(header))}"])
    if unclear := only(explainer) == FIELD:
        _put(out, _aligned([text for row in listed(explainer) for text in _field(row)]))
    else:
        for item in shown(explainer):
            unclear = unclear or any(map(puzzling, item.lines))
            _put(out, ["", *_row(item)])
    if totals := list(explainer.totals()):
        _put(out, ["", rf"\subsection*{{{escaped(sums(explainer))}}}", *_aligned([text for line in totals for text in _figure(line)])])
    _put(out, [*_legend(explainer.letters, unclear=unclear), FOOT])


def card(families: Iterable[Family], out: TextIO) -> None:
    """Write the general formulas of layer kinds."""
    _put(out, [HEAD])
    for family in families:
        _put(out, ["", rf"\section*{{{prose(family.title)}}}"])
        for kind in family.kinds:
            _put(out, ["", *_kind(kind)])
    _put(out, [*_legend({}, unclear=True), FOOT])


def _put(out: TextIO, lines: Iterable[str]) -> None:
    out.writelines(f"{line}\n" for line in lines)


def _code(text: str) -> str:
    return rf"\texttt{{{escaped(text)}}}"


def _name(line: Line) -> str:
    """Write what a figure is called: a letter with its index, or words."""
    name = title(line)
    return symbol(name) if "_" in name or len(name) == 1 else rf"\text{{{escaped(name)}}}"


def _aligned(lines: Sequence[str]) -> Iterator[str]:
    """Put lines below each other, if there are any."""
    if lines:
        yield r"\begin{align*}"
        yield " \\\\\n".join(lines)
        yield r"\end{align*}"


def _row(item: Shown) -> Iterator[str]:
    row = item.row
    shapes = f"{', '.join(row.reads)} -> {row.output}".strip() if item.lines else row.output
    remark = f", {escaped(item.remark)}" if item.remark else ""
    yield rf"\paragraph{{{_code(row.path)}}} {escaped(row.type)}, {_code(shapes)}{remark}"
    yield from _aligned([text for line in item.lines for text in _figure(line)])


def _figure(line: Line) -> Iterator[str]:
    """Write one figure: a line if it fits on one, else one for each step; a sum of what belongs to rows has a line for each."""
    note = rf"\quad\text{{{escaped(line.note)}}}" if line.note else ""
    if line.written is None:
        yield f"{_name(line)} &{note}"
        return
    steps = chain(line.name, line.written, LATEX)
    account = terms(line.written)
    short = len(" = ".join(chain(line.name, line.written, TEXT))) <= LINE
    if len(account) > ACCOUNT:
        yield rf"{_name(line)} &= {steps[-1]}{note}\quad\text{{the sum of {len(account):,} terms}}"
        return
    if len(account) > 1 and not short:
        numbers = [rf"{term.write(LATEX.numbers)} && {name.write(LATEX)}" for term, name in account]
        lines = [f"{_name(line)} &= {numbers[0]}", *(rf"&\phantom{{={{}}}} + {number}" for number in numbers[1:]), f"&= {steps[-1]}"]
    elif short:
        lines = [f"{_name(line)} &= {' = '.join(steps)}"]
    else:
        lines = [f"{_name(line)} &= {steps[0]}", *(f"&= {step}" for step in steps[1:])]
    *before, last = lines
    yield from before
    yield last + (rf"\ \text{{{line.unit}}}" if line.unit else "") + note


def _field(row: FieldRow) -> Iterator[str]:
    """Write what a row sees on one line."""
    path = _code(row.path) if row.path else ""
    if not row.figures:
        yield f"{path} && R &= 1 & J &= 1"
        return
    cells = []
    for line in row.figures.values():
        steps = chain(line.name, line.written, LATEX) if line.written is not None else []
        cells.append(f"{_name(line)} &= {' = '.join(steps[-2:])}" if steps else rf"{_name(line)} & \quad\text{{{escaped(line.note)}}}")
    yield f"{path} && {' & '.join(cells)}"


def _legend(letters: Mapping[str, str], *, unclear: bool) -> Iterator[str]:
    for text in legends(letters, unclear=unclear):
        yield from ("", escaped(text))


def _kind(kind: Kind) -> Iterator[str]:
    """Write a kind with the formulas of its rows."""
    letters = rf" \emph{{{escaped(kind.letters)}}}." if kind.letters else ""
    yield rf"\paragraph{{{_code(kind.name)}}} {prose(kind.summary)}.{letters}"
    lines: list[str] = []
    for row in kind.rows:
        what = f", {escaped(row.type)}" if row.type != row.role else ""
        start = [rf"&\text{{{_code(row.role)}{what}}}"] if row.role else []
        lines += [*start, *map(_general, row.lines)]
    yield from _aligned(lines)


def _general(line: Line) -> str:
    """Write a formula in letters."""
    letters = line.written.write(LATEX) if line.written is not None else ""
    note = rf"\quad\text{{{prose(line.note)}}}" if line.note else ""
    return f"{_name(line)} &{f'= {letters}' if letters not in ('', symbol(line.name)) else ''}{note}"
