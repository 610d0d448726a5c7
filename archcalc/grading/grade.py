"""A sheet against a network: every cell with its verdict, and with what may have gone wrong in it."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.grading import sheets
from archcalc.grading.amounts import Amount, Unreadable
from archcalc.grading.claims import claimed, training
from archcalc.grading.ledger import Ledger
from archcalc.grading.marking import Verdict, in_unit, mark
from archcalc.grading.mistakes import PLAUSIBLE, Case, Scene, named
from archcalc.grading.quantities import GIVEN, Nothing, Quantity, find, read
from archcalc.layers import meant
from archcalc.record import Record
from archcalc.report.columns import UnknownColumn
from archcalc.spec.diagnostics import MOST_ERRORS, Diagnostic, SpecError
from archcalc.spec.scalars import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Unpack

    from archcalc.api import Run, Spec
    from archcalc.grading.claims import Claim
    from archcalc.grading.ledger import Asked, Figure
    from archcalc.grading.mistakes import Suspect
    from archcalc.grading.quantities import Answer
    from archcalc.grading.sheets import Cell, Entry, Sheet
    from archcalc.options import Options
    from archcalc.report.result import Header
    from archcalc.spec.diagnostics import Source

__all__ = ["Graded", "Grades", "Marked", "grade"]

#: Columns that have no answer and are still no mistake.
NOTED = frozenset({"note", "notes", "remark", "remarks"})


class Marked(Record):
    """One answer with its verdict."""

    quantity: Quantity
    text: str  #: as written
    answer: Answer
    verdict: Verdict
    figure: Figure = None  #: what is right, as it is answered
    suspects: tuple[Suspect, ...] = ()  #: mistakes that give the answer, the plainest first
    claim: Claim | None = None  #: where the answer is printed
    working: str = ""  #: how the right figure is worked out

    @property
    def off(self) -> int | Fraction | None:
        """By how much a number is wrong."""
        if self.verdict is not Verdict.WRONG or not isinstance(self.answer, Amount) or not isinstance(self.figure, int | Fraction):
            return None
        return self.answer.value - self.figure

    @property
    def percent(self) -> float | None:
        """The same in percent of what is right."""
        figure = self.figure
        return float(100 * self.off / figure) if self.off is not None and isinstance(figure, int | Fraction) and figure else None

    @property
    def sure(self) -> bool:
        """Whether a mistake is all but certain: it alone gives the answer, to all of its digits."""
        exact = not isinstance(self.answer, Amount) or len(self.answer.digits) > 2
        return len(self.suspects) == 1 and len(self.suspects[0].ids) == 1 and self.suspects[0].rank <= PLAUSIBLE and exact


class Graded(Record):
    """One line with its answers."""

    asked: Asked
    cells: Mapping[str, Marked]  #: by the names of quantities


class Grades(Record):
    """A sheet, graded."""

    header: Header
    sheet: str  #: where it was read from
    quantities: tuple[Quantity, ...]
    lines: tuple[Graded, ...] = field(repr=False)

    def count(self, *verdicts: Verdict) -> int:
        """Count answers."""
        return sum(cell.verdict in verdicts for line in self.lines for cell in line.cells.values())

    @property
    def wrong(self) -> Iterator[tuple[Graded, Marked]]:
        """Give the answers that are wrong, and those that cannot be checked but are printed somewhere."""
        for line in self.lines:
            for cell in line.cells.values():
                if cell.verdict is Verdict.WRONG or cell.claim is not None:
                    yield line, cell


def grade(spec: Spec, source: Source, **options: Unpack[Options]) -> Grades:
    """Read a sheet and compare it with a network. Raises `SpecError`: what is wrong with either."""
    sheet = sheets.read(source)
    run = spec.run(**options)
    graph = Ledger(run, _variants(spec, options))
    graph.known = training(run, graph.totals.params)
    lines = _lines(sheet, graph)
    answers = _Answers(sheet)
    if answers.wrong:
        raise SpecError(answers.wrong[: MOST_ERRORS + 1])
    scene = Scene(graph, tuple(lines[entry.layer.text] for entry in sheet.entries), answers.read)
    graded = tuple(
        Graded(line, {name: _marked(answers.columns[name], text, answers.read[line.name][name], line, scene) for name, text in of.items()})
        for line in scene.lines
        for of in (answers.texts[line.name],)
    )
    return Grades(run.header, source.name, tuple(answers.columns.values()), graded)


def _variants(spec: Spec, options: Options) -> dict[str, _Later]:
    """Name the other networks of the file."""
    return {name: _Later(spec, name, options) for name in spec.variants if name != spec.variant}


class _Later(Record):
    """A network that is set up when it is needed."""

    spec: Spec
    variant: str
    options: Options

    def __call__(self) -> Run:
        return self.spec.of(self.variant).run(**self.options)


def _lines(sheet: Sheet, graph: Ledger) -> dict[str, Asked]:
    """Find the lines of a sheet in the network. Raises `SpecError` (E802)."""
    found = graph.lines(entry.layer.text for entry in sheet.entries)
    unknown = [entry.layer for entry in sheet.entries if entry.layer.text not in found]
    if unknown:
        names = [*graph.run.header.inputs, *graph.paths, graph.total_name]
        raise SpecError([_unknown(sheet.source, layer, names) for layer in unknown[: MOST_ERRORS + 1]])
    return found


def _unknown(source: Source, layer: Cell, names: Sequence[str]) -> Diagnostic:
    hint = meant(layer.text, names) or "`archcalc worksheet` lists the layers; `total` is the line of the sums"
    return Diagnostic("E802", f"the network has no layer `{short(layer.text)}`", source, layer.span, hint)


class _Answers:
    """The answers of a sheet by line and quantity, and what cannot be read."""

    def __init__(self, sheet: Sheet) -> None:
        self.source = sheet.source
        self.columns: dict[str, Quantity] = {}
        self.texts: dict[str, dict[str, str]] = {}
        self.read: dict[str, dict[str, Answer]] = {}
        self.wrong: list[Diagnostic] = []
        self.titles: dict[str, Quantity | None] = {}
        for entry in sheet.entries:
            self._entry(entry)

    def _entry(self, entry: Entry) -> None:
        texts, answers = self.texts.setdefault(entry.layer.text, {}), self.read.setdefault(entry.layer.text, {})
        for title, cell in entry.cells:
            quantity = self._column(title)
            if quantity is None:
                continue
            if quantity.name in texts:
                self._fault("E806", f"`{short(title.text)}` is answered twice in this line", title, "keep one of them")
                continue
            self.columns[quantity.name] = quantity
            try:
                texts[quantity.name], answers[quantity.name] = cell.text, read(quantity, cell.text)
            except Unreadable as error:
                self._fault("E804", error.message, cell, error.help)

    def _column(self, title: Cell) -> Quantity | None:
        """Find what a column asks, and say once where there is no such thing."""
        name = title.text
        if name not in self.titles:
            self.titles[name] = None
            if name.strip().lower() not in NOTED | GIVEN and name.strip():
                try:
                    self.titles[name] = find(name)
                except UnknownColumn as error:
                    message, _, hint = str(error).partition(": ")
                    self._fault("E803", message, title, hint)
        return self.titles[name]

    def _fault(self, code: str, message: str, cell: Cell, hint: str) -> None:
        self.wrong.append(Diagnostic(code, message, self.source, cell.span, hint))


def _marked(quantity: Quantity, text: str, answer: Answer, asked: Asked, scene: Scene) -> Marked:
    """Compare one answer, and look for what went wrong."""
    graph = scene.graph
    run = graph.run
    precision = run.settings.dtype.activations
    verdict = mark(quantity, answer, asked, batch=run.settings.batch, precision=precision)
    figure = in_unit(quantity, asked.figures.get(quantity.name), answer, precision)
    if verdict is Verdict.UNKNOWN:
        return Marked(quantity, text, answer, verdict, claim=claimed(quantity, answer, asked, run))
    if verdict is not Verdict.WRONG:
        return Marked(quantity, text, answer, verdict, figure)
    suspects = () if isinstance(answer, Nothing) else tuple(named(Case(quantity, answer, asked, scene)))
    from archcalc.grading.workings import working

    return Marked(quantity, text, answer, verdict, figure, suspects, claimed(quantity, answer, asked, run), working(quantity, asked, graph))
