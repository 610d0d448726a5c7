"""Formulas in Markdown: a heading for each row, a list of its figures, the formulas as code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcalc.formulas.expr import TEXT, chain
from archcalc.report.explained.fields import RECURRENCE, columns, listed
from archcalc.report.explained.layout import ACCOUNT, FIELD, legends, only, puzzling, shown, sums, terms, title
from archcalc.report.markdown import escape, records
from archcalc.report.totals import setting
from archcalc.report.totals import title as model
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

    from archcalc.formulas.card import Family, Kind
    from archcalc.formulas.explain import Explainer
    from archcalc.formulas.figures import Line
    from archcalc.report.explained.layout import Shown
    from archcalc.report.result import Header

__all__ = ["card", "network"]


def network(header: Header, explainer: Explainer, out: TextIO) -> None:
    """Write what an explainer says of a network."""
    _put(out, [f"## {escape(model(header))}", "", f"{escape(visible(header.source))}  ", escape(setting(header))])
    if unclear := only(explainer) == FIELD:
        _put(out, ["", ", ".join(map(_code, RECURRENCE)), ""])
        rows = list(listed(explainer))
        records(columns(rows), rows, out)
    else:
        for item in shown(explainer):
            unclear = unclear or any(map(puzzling, item.lines))
            _put(out, ["", *_row(item)])
    if totals := list(explainer.totals()):
        _put(out, ["", f"### {sums(explainer)}", "", *(text for line in totals for text in _figure(line))])
    _put(out, _legend(explainer.letters, unclear=unclear))


def card(families: Iterable[Family], out: TextIO) -> None:
    """Write the general formulas of layer kinds."""
    for i, family in enumerate(families):
        _put(out, ["", f"## {_prose(family.title)}"] if i else [f"## {_prose(family.title)}"])
        for kind in family.kinds:
            _put(out, ["", *_kind(kind)])
    _put(out, _legend({}, unclear=True))


def _put(out: TextIO, lines: Iterable[str]) -> None:
    out.writelines(f"{line}\n" for line in lines)


def _code(text: str) -> str:
    """Write a text as code, whatever it holds.

    >>> _code("a · b"), _code("a`b")
    ('`a · b`', '`` a`b ``')
    """
    inside = visible(text)
    if "`" not in inside:
        return f"`{inside}`"
    fence = "`" * (max(map(len, re.findall("`+", inside))) + 1)
    return f"{fence} {inside} {fence}"


def _prose(text: str) -> str:
    """Write a sentence of ours, whose code is marked already."""
    parts = re.split("(`[^`]*`)", text)
    return "".join(part if i % 2 else escape(part) for i, part in enumerate(parts))


def _row(item: Shown) -> Iterator[str]:
    row = item.row
    if not item.lines:
        yield ", ".join(filter(None, (f"{_code(row.path)} {escape(visible(row.type))} {_code(row.output)}", escape(visible(item.remark)))))
        return
    yield f"### {_code(row.path)} {escape(visible(row.type))}"
    yield ""
    yield _code(f"{', '.join(row.reads)} -> {row.output}".strip())
    yield ""
    for line in item.lines:
        yield from _figure(line)
    if item.remark:
        yield f"- {escape(visible(item.remark))}"


def _figure(line: Line) -> Iterator[str]:
    """Write one figure; a sum of what belongs to rows has a line for each."""
    note = f" ({escape(visible(line.note))})" if line.note else ""
    if line.written is None:
        yield f"- {escape(visible(title(line)))}{note}"
        return
    *steps, result = chain(line.name, line.written, TEXT)
    account = terms(line.written)
    if 2 < len(account) <= ACCOUNT:
        yield f"- {escape(visible(title(line)))} = **{result}**, the sum of{note}"
        yield from (f"  - {_code(f'{term.write(TEXT.numbers)}')} {_code(name.write(TEXT))}" for term, name in account)
        return
    steps = steps[1:] if len(account) > ACCOUNT else steps
    formula = " = ".join((title(line), *steps, f"{result} {line.unit}".strip()))
    yield f"- {_code(formula)}{note}"


def _legend(letters: Mapping[str, str], *, unclear: bool) -> Iterator[str]:
    for text in legends(letters, unclear=unclear):
        yield from ("", escape(text))


def _kind(kind: Kind) -> Iterator[str]:
    """Write a kind with the formulas of its rows."""
    yield f"### {_code(kind.name)}"
    yield from ("", _prose(kind.summary))
    if kind.letters:
        yield from ("", escape(kind.letters))
    yield from [""] if any(row.role or row.lines for row in kind.rows) else []
    for row in kind.rows:
        if row.role:
            yield f"- {_code(row.role)}{f' {escape(row.type)}' if row.type != row.role else ''}"
        for line in row.lines:
            letters = line.written.write(TEXT) if line.written is not None else ""
            formula = title(line) if letters in ("", line.name) else f"{title(line)} = {letters}"
            note = f" ({_prose(line.note)})" if line.note else ""
            yield f"{'  ' if row.role else ''}- {_code(formula)}{note}"
