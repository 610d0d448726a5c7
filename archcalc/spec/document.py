"""A spec file as values: what `grammar` reads out of the YAML and `trace` runs through."""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.record import Record
from archcalc.spec.diagnostics import Diagnostic, Source, Span, SpecError
from archcalc.spec.expression import LONGEST_LIST, Expression, ExpressionError, leaves
from archcalc.spec.template import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.layers.base import Layer
    from archcalc.spec.expect import Expectation
    from archcalc.spec.precision import Precision
    from archcalc.spec.source import Node

__all__ = [
    "Block", "BlockCall", "Branches", "Document", "Entry", "Experts", "Formula", "Group", "Input",
    "LayerCall", "Loop", "Param", "Place", "Promise",
    "Residual", "Variant", "copies_written", "fewest_rows", "names_read",
]  # fmt: skip

Env = Any  # a mapping from names to values and tensors; see `trace.Frame`


class Place(Record):
    """Where something stands: a file and a part of one of its lines."""

    source: Source
    span: Span

    def __str__(self) -> str:
        return f"{self.source.name}:{self.span.line}:{self.span.column + 1}"

    def problem(self, code: str, message: str, hint: str = "", notes: tuple[str, ...] = ()) -> Diagnostic:
        """Make a diagnostic that points here."""
        return Diagnostic(code, message, self.source, self.span, hint, notes)

    def within(self, start: int, end: int, *, quoted: bool) -> Place:
        """Point at a part of a text that stands here."""
        if end <= start:
            return self
        column = self.span.column + quoted + start
        if column >= self.span.end:  # a text over several lines, or with escapes: the whole of it
            return self
        return Place(self.source, Span(self.span.line, column, min(column + end - start, self.span.end)))


class Formula(Record):
    """A value as written: a literal, an expression or a text with `$` in it, or a list of these."""

    value: object  #: a literal, an `Expression`, a `Template`, or a tuple of formulas
    place: Place
    quoted: bool = False

    def __call__(self, env: Env) -> Any:
        """Evaluate it; an error points into the file."""
        value = self.value
        if isinstance(value, Expression | Template):
            try:
                return value(env)
            except ExpressionError as error:
                raise SpecError((located(error, self.place, quoted=self.quoted),)) from None
        if isinstance(value, tuple):
            items = [item(env) for item in value]
            if leaves(items) > LONGEST_LIST:
                raise SpecError((self.place.problem("E305", f"a list of more than {LONGEST_LIST:,} values"),))
            return items
        return value

    @property
    def names(self) -> frozenset[str]:
        """The names that it reads."""
        match self.value:
            case Expression(uses=uses) | Template(uses=uses):
                return frozenset(use.name for use in uses)
            case tuple() as items:
                return frozenset().union(*(item.names for item in items))
        return frozenset()

    @property
    def constant(self) -> bool:
        """Whether it is the same everywhere."""
        match self.value:
            case Expression() | Template():
                return self.value.constant
            case tuple() as items:
                return all(item.constant for item in items)
        return True


def located(error: ExpressionError, place: Place, *, quoted: bool) -> Diagnostic:
    """Turn a place in an expression into a place in the file."""
    return place.within(error.start, error.end, quoted=quoted).problem(error.code, error.message, error.hint)


class Promise(Record):
    """An expectation and where it is written."""

    expectation: Expectation
    place: Place
    shape: Formula | None = None  #: an `output` or `receptive_field`, whose sizes may be expressions


class Loop(Record):
    """The columns of a `for`: one or several names, and a count, a list, or rows of a table."""

    columns: tuple[tuple[tuple[str, ...], Formula], ...]
    place: Place


class LayerCall(Record, eq=False):
    """A builtin layer kind with its fields as written."""

    cls: type[Layer]
    args: Mapping[str, object]  #: plain data, defaults of the file included
    nodes: tuple[Node, ...]  #: where the fields stand: the entry's own, then the file's defaults
    source: Source
    uses: tuple[tuple[str, str | None], ...]  #: names (and their sizes) that the fields read
    called: str = ""  #: what the author wrote, where that is not the kind


class BlockCall(Record, eq=False):
    """A call of a block with its arguments."""

    block: Block
    args: Mapping[str, Formula]


class Group(Record, eq=False):
    """`layers:`, a sequence."""

    body: tuple[Entry, ...]


class Residual(Record, eq=False):
    """`residual:` and `shortcut:`; a shortcut of `None` is the identity."""

    body: tuple[Entry, ...]
    shortcut: tuple[Entry, ...] | Formula | None
    merge: LayerCall


class Branches(Record, eq=False):
    """`branches:` and `merge:`; with a loop, one branch a row."""

    parts: tuple[tuple[str, tuple[Entry, ...]], ...]
    merge: LayerCall | None
    loop: Loop | None = None


class Experts(Record, eq=False):
    """`experts:`, a pipeline with `count` sets of weights, of which each token meets some; `shared:` is one that all tokens meet."""

    body: tuple[Entry, ...]
    shared: tuple[Entry, ...]
    count: Formula
    active: Formula
    router: Formula | None
    route: LayerCall
    dispatch: LayerCall
    combine: LayerCall
    sum: LayerCall


Content = LayerCall | BlockCall | Group | Residual | Branches | Experts


class Entry(Record, eq=False, kw_only=True):
    """One item of a pipeline: what it is, and how it is wired."""

    content: Content
    key: str
    label: str  #: kind and ordinal in its pipeline, its path where it has no name
    place: Place
    name: Formula | None = None
    origin: tuple[Formula, ...] = ()  #: `from`
    repeat: Formula | None = None
    loop: Loop | None = None
    when: Formula | None = None
    tie: Formula | None = None
    freeze: Formula | None = None
    precision: Precision | None = None
    shared: bool = False
    expect: tuple[Promise, ...] = ()
    impl: str = "module"

    @property
    def told_apart(self) -> bool:
        """Whether its copies have names of their own, because the name depends on the loop."""
        if self.name is None or self.name.constant:
            return False
        return not self.name.names.isdisjoint({"i", *(name for names, _ in (self.loop.columns if self.loop else ()) for name in names)})

    def bodies(self) -> Iterator[tuple[Entry, ...]]:
        """Give the pipelines inside, a called block's not included."""
        match self.content:
            case Group(body=body):
                yield body
            case Residual(body=body, shortcut=shortcut):
                yield body
                if isinstance(shortcut, tuple):
                    yield shortcut
            case Branches(parts=parts):
                for _, body in parts:
                    yield body
            case Experts(body=body, shared=shared):
                yield body
                yield shared


@lru_cache(maxsize=4096)
def names_read(entry: Entry) -> frozenset[str]:
    """List the names that anything in an entry depends on; called blocks see their arguments only."""
    formulas = [*entry.origin, entry.name, entry.repeat, entry.when, entry.tie, entry.freeze]
    names: set[str] = set()
    for loop in (entry.loop, getattr(entry.content, "loop", None)):
        formulas += [formula for _, formula in loop.columns] if loop else []
    match entry.content:
        case LayerCall(uses=uses) | Branches(merge=LayerCall(uses=uses)) | Experts(dispatch=LayerCall(uses=uses)):
            names.update(name for name, _ in uses)
        case BlockCall(args=args):
            formulas += args.values()
        case Residual(shortcut=Formula() as shortcut):
            formulas.append(shortcut)
    formulas.append(getattr(entry.content, "router", None))
    names.update(*(formula.names for formula in (*formulas, entry.precision) if formula is not None))
    return frozenset(names).union(*(names_read(inner) for body in entry.bodies() for inner in body))


def fewest_rows(entry: Entry, known: dict[Entry, int], levels: int) -> int:
    """Count the rows that one copy of an entry makes whatever the values are; what is more levels down is not looked at."""
    if entry not in known:
        bodies = [entry.content.block.body] if isinstance(entry.content, BlockCall) else [*entry.bodies()]
        inside = sum(copies_written(inner) * fewest_rows(inner, known, levels - 1) for body in bodies for inner in body) if levels else 0
        maybe = entry.when is not None or getattr(entry.content, "loop", None) is not None
        known[entry] = 0 if maybe else 1 if isinstance(entry.content, LayerCall) else inside
    return known[entry]


def copies_written(entry: Entry) -> int:
    """Give the number of copies where it is written as a number; of others there may be none."""
    copies = 0 if entry.loop is not None else 1 if entry.repeat is None else entry.repeat.value
    return max(copies, 0) if type(copies) is int else 0


class Param(Record):
    """An argument of a block: its type word, and its default if it is not required."""

    name: str
    type: str  #: int, float, bool, str, list, tensor, or any
    place: Place
    default: Formula | None = None


class Block(Record, frozen=False, eq=False):
    """A function from a tensor to a tensor. Its body is filled in when all signatures of the file are known."""

    name: str
    place: Place
    params: tuple[Param, ...] = ()
    variables: tuple[tuple[str, Formula], ...] = ()
    body: tuple[Entry, ...] = ()
    note: str = ""


class Input(Record):
    """An input tensor: its axes, and the names that its file gives them."""

    name: str
    sizes: tuple[Formula, ...]
    axes: tuple[str, ...] | None  #: `None` where the file names none
    place: Place
    dtype: str | None = None


class Variant(Record):
    """Other values for declared variables, and what is expected then."""

    name: str
    place: Place
    values: Mapping[str, Formula] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    expect: tuple[Promise, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    title: str | None = None


class Named(NamedTuple):
    """What a file names that is read elsewhere, and where it says so."""

    name: str
    place: Place


class Document(Record, kw_only=True):
    """A whole file, checked as far as it can be without running it."""

    source: Source
    name: str
    meta: Mapping[str, object]
    variables: Mapping[str, Formula]
    variants: Mapping[str, Variant]
    inputs: Mapping[str, Input]
    blocks: Mapping[str, Block]
    body: tuple[Entry, ...]
    outputs: tuple[Formula, ...]
    expect: tuple[Promise, ...]
    place: Place
    precision: Precision | None = None
    device: Named | None = None  #: what latency and energy are expected of
