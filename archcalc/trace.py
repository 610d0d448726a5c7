"""From a document to a stream of steps: one operation each, with the tensors it reads.

Two passes over the same stream. The first finds out who reads each tensor last; the second hands the steps to the calculators one
at a time. What a layer makes of a shape is worked out once, however often it is repeated.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from archcalc.algebra import Op, Refused, Tensor, axes_of
from archcalc.layers import meant
from archcalc.spec.complaints import complaints
from archcalc.spec.diagnostics import Diagnostic, SpecError
from archcalc.spec.document import BlockCall, Branches, Document, Entry, Formula, Group, LayerCall, Loop, Place, Promise, Residual
from archcalc.spec.entries import NAME, misfit
from archcalc.spec.scope import Reading

if TYPE_CHECKING:
    from archcalc.layers.base import Layer

__all__ = ["KEPT", "LAYERS", "Network", "Ref", "Step", "Watch"]

LAYERS = 100_000  #: rows that a file may make
STEPS = 1_000_000  #: iterations, conditions and calls that it may take to make them
NESTED = 64  #: calls of blocks inside each other
KEPT = 50_000  #: steps that are remembered between the two passes; longer networks are walked twice


class Ref(NamedTuple):
    """A tensor in the network."""

    id: int
    tensor: Tensor
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """An expectation beside an entry: all steps made under it carry it."""

    path: str
    promises: tuple[Promise, ...]
    shapes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation in the network."""

    path: str
    type: str
    op: Op
    reads: tuple[int, ...]  #: ids of the tensors that the operation reads
    out: int  #: id of the tensor it makes; ids count on from the inputs
    group: str | None
    entry: Entry
    tied: frozenset[str] = frozenset()  #: weights that are an earlier step's
    frozen: bool = False
    watches: tuple[Watch, ...] = ()


class Frame(Mapping[str, object]):
    """What names mean at one place of the run: variables, and tensors with their sizes."""

    __slots__ = ("names", "values", "x")

    def __init__(self, values: dict[str, object], names: dict[str, _Named], x: Ref | None) -> None:
        self.values, self.names, self.x = values, names, x

    def child(self, **values: object) -> Frame:
        """Open an inner frame with more variables; names of tensors are shared."""
        return Frame({**self.values, **values}, self.names, self.x)

    def __getitem__(self, name: str) -> object:
        if name in self.values:
            return self.values[name]
        if name == "x":
            return self.x.tensor if self.x else None
        return self.names[name].ref.tensor

    def __contains__(self, name: object) -> bool:
        return name in self.values or name == "x" or name in self.names

    def __iter__(self) -> Iterator[str]:
        yield from self.values
        yield "x"
        yield from self.names

    def __len__(self) -> int:
        return len(self.values) + len(self.names) + 1


@dataclass(slots=True)
class _Named:
    """A name that an entry gave to its tensor."""

    ref: Ref
    entry: Entry | None
    turn: int = 0  #: the iteration it was given in
    again: bool = False  #: whether several iterations gave it


class Row(NamedTuple):
    """A row of a layer with its wiring: indices into the layer's inputs, then its earlier rows."""

    role: str
    type: str
    op: Op
    wires: tuple[int, ...]


@dataclass(slots=True)
class _Inventory:
    """The weights that an entry made, by role and name, for others to share."""

    shapes: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def add(self, role: str, op: Op) -> None:
        for name, axes in op.weights.items():
            self.shapes.setdefault((role, name), _weight_shape(op, axes))

    def shared(self, role: str, op: Op) -> frozenset[str]:
        """Give the names of weights that have a partner of equal role and shape; a matrix may be transposed."""
        return frozenset(name for name, axes in op.weights.items() if self._fits(self.shapes.get((role, name)), _weight_shape(op, axes)))

    @staticmethod
    def _fits(mine: tuple[int, ...] | None, theirs: tuple[int, ...]) -> bool:
        return mine == theirs or (mine is not None and len(mine) == 2 and mine[::-1] == theirs)  # noqa: PLR2004 - a matrix


def _weight_shape(op: Op, axes: str) -> tuple[int, ...]:
    return tuple(op.sizes[a] for a in axes_of(axes))


@dataclass(frozen=True, slots=True)
class _Scope:
    """What holds for all rows made under an entry. Inventories come with the length of path that their roles leave out."""

    frozen: bool = False
    watches: tuple[Watch, ...] = ()
    recording: tuple[tuple[_Inventory, int], ...] = ()
    sharing: tuple[tuple[_Inventory, int], ...] = ()


Steps = Generator[Step, None, Ref | None]


class _Run:
    """One walk through a document."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.next = len(network.inputs)
        self.spent = 0  #: expansion steps
        self.turn = 0  #: iterations so far, for telling them apart
        self.depth = 0
        self.calls: tuple[str, ...] = ()
        self.scope = _Scope()
        self.inventories: dict[tuple[int, str], _Inventory] = {}
        self.barren: dict[int, int] = {}  #: what walking through an empty block costs
        self.watched: list[Watch] = []

    # budget and errors

    def spend(self, place: Place, steps: int = 1) -> None:
        self.spent += steps
        if self.spent > self.network.most_steps:
            hint = "if you trust this file, allow more with `--max-layers N`"
            raise self.error(place, "E501", f"the loops and calls of this file take more than {self.network.most_steps:,} steps", hint)

    def error(self, place: Place, code: str, message: str, hint: str = "") -> SpecError:
        return SpecError((place.problem(code, message, hint, self.calls),))

    def located(self, error: SpecError) -> SpecError:
        """Add the chain of calls to an error from inside a block."""
        if not self.calls:
            return error
        return SpecError(tuple(_noted(one, self.calls) for one in error.diagnostics))

    def value(self, formula: Formula, frame: Frame) -> Any:  # noqa: ANN401 - the language is typed by its fields
        try:
            return formula(frame)
        except SpecError as error:
            raise self.located(error) from None

    def typed(self, formula: Formula, frame: Frame, kind: str, what: str) -> Any:  # noqa: ANN401
        value = self.value(formula, frame)
        if reason := misfit(value, kind):
            raise self.error(formula.place, "E233", f"{what} {reason}")
        return int(value) if kind == "int" else value

    # structures

    def pipeline(self, body: tuple[Entry, ...], frame: Frame, path: str) -> Steps:
        for entry in body:
            frame.x = yield from self.entry(entry, frame, path)
        return frame.x

    def entry(self, entry: Entry, frame: Frame, path: str) -> Steps:
        if entry.repeat is None and entry.loop is None:
            return (yield from self.copy(entry, frame, path))
        before, names, result = self.scope, dict(frame.names), frame.x
        length, rows = self.iterations(entry, frame)
        self.watch(entry, frame, path)
        if entry.name is None or entry.name.constant:
            self.tying(entry, frame, _join(path, self.name(entry, frame) or entry.label))
        mine = _Inventory() if entry.shared else None
        empty = entry.when is None and _empty(entry)
        for turn, values in enumerate(rows):
            self.turn += 1
            spent = self.spent
            self.spend(entry.place)
            inner = frame.child(i=turn, **values)
            inner.x = result
            result = yield from self.copy(entry, inner, path, turn, mine)
            if empty:  # nothing can come out: the others cost what this one did
                self.spend(entry.place, (length - turn - 1) * (self.spent - spent))
                break
        self.scope = before
        _settle(frame.names, names, entry)
        return result

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
                raise self.error(formula.place, "E206", f"a column of `for` is a list or a count, not `{value}`")
            columns.append((names, value, formula.place))
        length = len(columns[0][1]) if columns else 0
        for names, value, place in columns:
            if len(value) != length:
                first = f"`{', '.join(columns[0][0])}` has {length}"
                raise self.error(place, "E206", f"columns of unequal length: {first}, `{', '.join(names)}` has {len(value)}")
        cells = zip(*(value for _, value, _ in columns), strict=True)
        return length, ({k: v for (names, _, at), cell in zip(columns, row, strict=True) for k, v in self.row(names, cell, at).items()} for row in cells)

    def row(self, names: tuple[str, ...], cell: object, place: Place) -> dict[str, object]:
        if len(names) == 1:
            return {names[0]: cell}
        if not isinstance(cell, list | tuple) or len(cell) != len(names):
            n = f"{len(cell)} values" if isinstance(cell, list | tuple) else f"`{cell}`"
            raise self.error(place, "E206", f"a row of `for` has {n} for {len(names)} columns ({', '.join(names)})")
        return dict(zip(names, cell, strict=True))

    def watch(self, entry: Entry, frame: Frame, path: str) -> None:
        """Open the watch of an entry that promises something."""
        if not entry.expect:
            return
        label = entry.label if entry.name is None or not entry.name.constant else str(self.value(entry.name, frame))
        shapes = {p.expectation.key: tuple(self.value(p.shape, frame)) for p in entry.expect if p.shape is not None}
        watch = Watch(_join(path, label), entry.expect, shapes)
        self.watched.append(watch)
        self.scope = replace(self.scope, watches=(*self.scope.watches, watch))

    def copy(self, entry: Entry, frame: Frame, path: str, turn: int | None = None, mine: _Inventory | None = None) -> Steps:
        """Run one copy of an entry: its condition, its input, what it is, and its name."""
        if entry.when is not None:
            self.spend(entry.place)
            if not self.typed(entry.when, frame, "bool", "`if`"):
                return frame.x
        before, name = self.scope, self.name(entry, frame)
        told_apart = entry.name is not None and not entry.name.constant
        here = _join(path, (name or entry.label) + ("" if turn is None or told_apart else f"[{turn}]"))
        origin = self.origin(entry, frame)
        if turn is None:
            self.watch(entry, frame, path)
        if turn is None or told_apart:
            self.tying(entry, frame, here)
        if entry.freeze is not None:
            self.scope = replace(self.scope, frozen=self.typed(entry.freeze, frame, "bool", "`freeze`"))
        if mine is not None and turn == 0:
            self.scope = replace(self.scope, recording=(*self.scope.recording, (mine, len(here))))
        elif mine is not None:
            self.scope = replace(self.scope, sharing=(*self.scope.sharing, (mine, len(here))))
        result = yield from self.content(entry, frame, here, origin)
        self.scope = before
        if name is not None and result is not None:
            self.define(name, result, entry, frame)
        return result

    def tying(self, entry: Entry, frame: Frame, here: str) -> None:
        """Record this entry's weights if others are tied to it, and look up those that it is tied to."""
        key = id(frame.names)
        if entry.name is not None and self.network.tied:
            inventory = self.inventories[key, str(self.value(entry.name, frame))] = _Inventory()
            self.scope = replace(self.scope, recording=(*self.scope.recording, (inventory, len(here))))
        if entry.tie is not None:
            target = str(self.value(entry.tie, frame))
            found = self.inventories.get((key, target))
            if found is None or not found.shapes:
                names = [name for where, name in self.inventories if where == key]
                hint = meant(target, names) or (f"named before: {', '.join(names[-8:])}" if names else "give the earlier entry a `name:`")
                what = "has no weights to share" if found else "is not the name of an entry before this one"
                raise self.error(entry.tie.place, "E302", f"`{target}` {what}", hint)
            self.scope = replace(self.scope, sharing=(*self.scope.sharing, (found, len(here))))

    def name(self, entry: Entry, frame: Frame) -> str | None:
        if entry.name is None:
            return None
        name = str(self.value(entry.name, frame))
        if not NAME.fullmatch(name):
            raise self.error(entry.name.place, "E209", f"`{name}` can't be a name", "names have no dots, brackets, stars or spaces")
        return name

    def define(self, name: str, ref: Ref, entry: Entry, frame: Frame) -> None:
        """Give a tensor a name."""
        old = frame.names.get(name)
        if old is not None and old.entry is not entry and entry.name is not None:
            where = f"the other one is at {old.entry.place}" if old.entry else "it is an input"
            raise self.error(entry.name.place, "E209", f"the name `{name}` is given twice", where)
        frame.names[name] = _Named(ref, entry, self.turn, again=old is not None)

    def origin(self, entry: Entry, frame: Frame) -> tuple[Ref, ...]:
        """Look up the tensors that an entry reads by name; one becomes the incoming tensor."""
        refs = tuple(ref for formula in entry.origin for ref in self.refer(str(self.value(formula, frame)), formula.place, frame))
        if len(refs) > 1 and not isinstance(entry.content, LayerCall):
            raise self.error(entry.origin[0].place, "E208", f"`{entry.key}` reads one tensor, not {len(refs)}")
        if refs:
            frame.x = refs[0]
        return refs

    def refer(self, name: str, place: Place, frame: Frame) -> list[Ref]:
        """Find a tensor by name, or all that a pattern matches, in order of definition."""
        if name in frame.names:
            found = frame.names[name]
            if found.again and found.turn < 0:
                raise self.error(place, "E306", f"`{name}` was given by several iterations", f"tell them apart: `name: {name}$i`")
            return [found.ref]
        if name == "x":
            if frame.x is None:
                hint = "after `merge: none` or a layer with several results, say `from: name.part`"
                raise self.error(place, "E307", "there is no incoming tensor here", hint)
            return [frame.x]
        if "*" in name:
            found_all = [named.ref for other, named in frame.names.items() if fnmatchcase(other, name)]
            if found_all:
                return found_all
            raise self.error(place, "E302", f"no tensor matches `{name}`", f"there are {', '.join(frame.names)}")
        hint = meant(name, frame.names) or f"there are {', '.join(list(frame.names)[-12:])}"
        raise self.error(place, "E302", f"no tensor is called `{name}` by here", hint)

    # contents

    def content(self, entry: Entry, frame: Frame, path: str, origin: tuple[Ref, ...]) -> Steps:
        match entry.content:
            case LayerCall() as call:
                return (yield from self.layer(call, entry, frame, path, origin))
            case BlockCall() as call:
                return (yield from self.block(call, entry, frame, path))
            case Group(body=body):
                inner = frame.child()
                return _renamed((yield from self.pipeline(body, inner, path)), path)
            case Residual() as residual:
                return (yield from self.residual(residual, entry, frame, path))
            case Branches() as branches:
                return (yield from self.branches(branches, entry, frame, path))

    def layer(self, call: LayerCall, entry: Entry, frame: Frame, path: str, origin: tuple[Ref, ...]) -> Steps:
        layer = self.network.layer(call, entry, frame, self)
        operands = self.operands(layer, call, entry, frame, origin)
        rows = self.network.rows(layer, operands, entry, path, self)
        return (yield from self.emit(rows, operands, entry, frame, path, group=path if len(rows) > 1 else None, many=layer.many))

    def operands(self, layer: Layer, call: LayerCall, entry: Entry, frame: Frame, origin: tuple[Ref, ...]) -> tuple[Ref, ...]:
        """Find the tensors that a layer reads."""
        low, high = layer.arity
        names = layer.operands(())
        if names and origin and "of" in layer.references:
            raise self.error(entry.place, "E208", f"`{layer.kind}` reads `from` or `of`, not both")
        place = next((Place(call.source, node.at(("of",))) for node in call.nodes), entry.place)
        refs = origin
        if names or not origin:
            given = ("x",) if high != 0 and not origin else ()
            named = [ref for name in layer.operands(given) for ref in self.refer(name, place, frame)]
            refs = (*origin, *named)
        if len(refs) < low or (high is not None and len(refs) > high):
            wanted = f"{low}" if high == low else f"at least {low}" if high is None else f"{low} to {high}"
            hint = f"write `{layer.kind}: [a, b]` with the names of tensors" if "of" in layer.references else "write `from: [a, b]` beside it" if low > 1 else ""
            raise self.error(entry.place, "E208", f"`{layer.kind}` reads {wanted} tensor{'s' if wanted != '1' else ''}, not {len(refs)}", hint)
        return refs

    def emit(  # noqa: PLR0913 - where the rows belong
        self, rows: tuple[Row, ...], operands: tuple[Ref, ...], entry: Entry, frame: Frame, path: str, *,
        group: str | None = None, many: bool = False,
    ) -> Steps:  # fmt: skip
        """Turn a layer's rows into steps."""
        local = [ref.id for ref in operands]
        scope, ref = self.scope, None
        for role, kind, op, wires in rows:
            self.limit(entry.place)
            where = f"{path}.{role}" if role else path
            tied = frozenset(name for inventory, skip in scope.sharing for name in inventory.shared(where[skip:], op))
            for inventory, skip in scope.recording:
                inventory.add(where[skip:], op)
            out = self.next
            self.next += 1
            local.append(out)
            yield Step(where, kind, op, tuple([local[w] for w in wires]), out, group, entry, tied, scope.frozen, scope.watches)
            ref = Ref(out, op, path)
            if many and role and entry.name is not None:
                self.define(f"{self.name(entry, frame)}.{role}", ref, entry, frame)
        return None if many else ref

    def limit(self, place: Place) -> None:
        if self.next - len(self.network.inputs) >= self.network.most_layers:
            hint = "if you trust this file, allow more with `--max-layers N`"
            raise self.error(place, "E502", f"this file makes more than {self.network.most_layers:,} layers", hint)

    def residual(self, residual: Residual, entry: Entry, frame: Frame, path: str) -> Steps:
        incoming = frame.x
        body = yield from self.pipeline(residual.body, frame.child(), path)
        skip = incoming
        if isinstance(residual.shortcut, Formula):
            if not self.typed(residual.shortcut, _at(frame, incoming), "bool", "`shortcut`"):
                return _renamed(body, path)
        elif residual.shortcut is not None:
            skip = yield from self.pipeline(residual.shortcut, _at(frame, incoming).child(), f"{path}.shortcut")
        if body is None or skip is None:
            raise self.error(entry.place, "E307", "a residual needs one tensor from its body and one from its shortcut")
        refs = (body, skip)
        return _renamed((yield from self.merge(residual.merge, refs, entry, frame, path)), path)

    def branches(self, branches: Branches, entry: Entry, frame: Frame, path: str) -> Steps:
        incoming = frame.x
        results: list[tuple[str, Ref]] = []
        for name, body, inner in self.parts(branches, frame, entry):
            inner.x = incoming
            result = yield from self.pipeline(body, inner, f"{path}.{name}")
            if result is not None:
                results.append((name, result))
            if result is not None and entry.name is not None:
                self.define(f"{self.name(entry, frame)}.{name}", result, entry, frame)
        if branches.merge is None:
            return None
        return _renamed((yield from self.merge(branches.merge, tuple(ref for _, ref in results), entry, frame, path)), path)

    def parts(self, branches: Branches, frame: Frame, entry: Entry) -> Iterator[tuple[str, tuple[Entry, ...], Frame]]:
        """Give each branch with its name and its frame."""
        if branches.loop is None:
            yield from ((name, body, frame.child()) for name, body in branches.parts)
            return
        for i, row in enumerate(self.rows(branches.loop, frame)):
            self.turn += 1
            self.spend(entry.place)
            yield str(i), branches.parts[0][1], frame.child(i=i, **row)

    def merge(self, call: LayerCall, refs: tuple[Ref, ...], entry: Entry, frame: Frame, path: str) -> Steps:
        layer = self.network.layer(call, entry, frame, self)
        rows = self.network.rows(layer, refs, entry, path, self)
        rows = tuple(row._replace(role=row.role or layer.kind) for row in rows)
        return (yield from self.emit(rows, refs, entry, frame, path))

    def block(self, call: BlockCall, entry: Entry, frame: Frame, path: str) -> Steps:
        """Call a block: a frame of its own, with its arguments and variables and nothing else."""
        block = call.block
        self.spend(entry.place)
        if block.barren and id(block) in self.barren:
            self.spend(entry.place, self.barren[id(block)])
            return frame.x
        if self.depth >= NESTED:
            raise self.error(entry.place, "E503", f"blocks call each other more than {NESTED} deep")
        spent, depth, calls = self.spent, self.depth, self.calls
        inner = self.arguments(call, entry, frame)
        self.depth, self.calls = depth + 1, (*calls, f"in {block.name} called here: {entry.place}")
        for name, formula in block.variables:
            inner.values[name] = self.value(formula, inner)
        try:
            result = yield from self.pipeline(block.body, inner, path)
        finally:
            self.depth, self.calls = depth, calls
        if block.barren:
            self.barren[id(block)] = self.spent - spent
        return _renamed(result, path)

    def arguments(self, call: BlockCall, entry: Entry, frame: Frame) -> Frame:
        """Evaluate the arguments at the call, and the defaults inside."""
        block, inner = call.block, Frame({}, {}, frame.x)
        for param in block.params:
            formula = call.args.get(param.name)
            if param.type == "tensor":
                if formula is not None:
                    place = formula.place
                    refs = self.refer(str(self.value(formula, frame)), place, frame)
                    inner.names[param.name] = _Named(refs[0], None)
                continue
            value = self.value(formula, frame) if formula is not None else self.value(param.default, inner) if param.default else None
            if formula is not None and (reason := misfit(value, param.type)):
                raise self.error(formula.place, "E223", f"`{param.name}` of {block.name} {reason}")
            inner.values[param.name] = int(value) if param.type == "int" and isinstance(value, float) else value
        return inner


def _at(frame: Frame, x: Ref | None) -> Frame:
    return Frame(frame.values, frame.names, x)


def _renamed(ref: Ref | None, path: str) -> Ref | None:
    return ref._replace(path=path) if ref is not None else None


def _join(path: str, label: str) -> str:
    return f"{path}.{label}" if path else label


def _noted(one: Diagnostic, calls: tuple[str, ...]) -> Diagnostic:
    return replace(one, notes=(*one.notes, *reversed(calls))) if not one.notes else one


def _empty(entry: Entry) -> bool:
    """Tell whether no row can come out of an entry, so that its copies need not be walked one by one."""
    if isinstance(entry.content, LayerCall | Residual):
        return False
    if isinstance(entry.content, BlockCall):
        return entry.content.block.barren
    if isinstance(entry.content, Branches) and entry.content.merge is not None:
        return False
    return all(_empty(inner) for body in entry.bodies() for inner in body)


def _settle(names: dict[str, _Named], before: Mapping[str, _Named], entry: Entry) -> None:
    """After a loop, mark the names that several of its iterations gave, except the loop's own."""
    for name, named in names.items():
        if named.again and named.entry is not entry and before.get(name) is not named:
            named.turn = -1


class Network:
    """A document with its settings: input tensors, and the steps that it makes of them."""

    def __init__(
        self, document: Document, inputs: Sequence[tuple[str, Tensor]], values: Mapping[str, object], *, most_layers: int | None = None
    ) -> None:  # fmt: skip
        self.document = document
        self.values = dict(values)
        self.inputs = tuple(Ref(i, tensor, name) for i, (name, tensor) in enumerate(inputs))
        self.most_layers = most_layers or LAYERS
        self.most_steps = max(STEPS, 10 * self.most_layers)
        self.tied = _ties(document.body) or any(_ties(block.body) for block in document.blocks.values())
        self.outputs: tuple[Ref, ...] = ()
        self.watches: tuple[Watch, ...] = ()
        self._layers: dict[LayerCall, dict[tuple[object, ...], Layer]] = {}
        self._rows: dict[tuple[object, ...], tuple[Row, ...]] = {}
        self._kept: list[Step] | None = None

    def steps(self) -> Iterator[Step]:
        """Give the steps in execution order; `outputs` and `watches` are known afterwards."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[Step] | None = []
        for step in self._walk():
            if kept is not None:
                kept.append(step)
                if len(kept) > KEPT:
                    kept = None
            yield step
        self._kept = kept

    def _walk(self) -> Iterator[Step]:
        run = _Run(self)
        names = {ref.path: _Named(ref, None) for ref in self.inputs}
        frame = Frame(dict(self.values), names, self.inputs[0] if self.inputs else None)
        last = yield from run.pipeline(self.document.body, frame, "")
        formulas = self.document.outputs
        self.outputs = tuple(ref for f in formulas for ref in run.refer(str(run.value(f, frame)), f.place, frame)) or ((last,) if last else ())
        self.watches = tuple(run.watched)
        if run.next == len(self.inputs):
            raise SpecError((self.document.place.problem("E213", "this makes no layers: there is nothing to calculate"),))

    def layer(self, call: LayerCall, entry: Entry, frame: Frame, run: _Run) -> Layer:
        """Evaluate a layer's fields, once for the same values of the names that they read."""
        key = tuple([_known(frame, name, attribute) for name, attribute in call.uses])
        known = self._layers.setdefault(call, {})
        layer = known.get(key)
        if layer is None:
            try:
                layer = known[key] = call.cls.model_validate(call.args, context=Reading(frame))
            except ValidationError as error:
                found = tuple(complaints(error, call.cls, call.nodes, call.source, entry.place))
                raise run.located(SpecError(found)) from None
        return layer

    def rows(self, layer: Layer, refs: tuple[Ref, ...], entry: Entry, path: str, run: _Run) -> tuple[Row, ...]:
        """Let a layer make its operations, once for the same shapes."""
        key = (id(layer), *[part for ref in refs for part in (ref.tensor.shape, ref.tensor.names)])
        rows = self._rows.get(key)
        if rows is None:
            xs = [Tensor(ref.tensor.shape, ref.tensor.names) for ref in refs]
            try:
                rows = self._rows[key] = tuple(_wired(layer, xs))
            except Refused as refused:
                error = SpecError((entry.place.problem("E401", str(refused), notes=(f"at {path}",)),))
                raise (SpecError(tuple(replace(one, notes=(*one.notes, *reversed(run.calls))) for one in error.diagnostics))) from None
        return rows


def _wired(layer: Layer, xs: list[Tensor]) -> Iterator[Row]:
    places = {id(x): i for i, x in enumerate(xs)}
    for part in layer.parts(*xs):
        yield Row(part.role, part.type, part.op, tuple([places[id(x)] for x in part.op.reads]))
        places[id(part.op)] = len(places)


def _known(frame: Frame, name: str, attribute: str | None) -> object:
    """Give what a layer's fields may depend on of a name, as something that can be compared."""
    found = frame[name] if name in frame else None
    if isinstance(found, Tensor):
        return found.shape if attribute is None or attribute not in found.names else found.shape[found.names.index(attribute)]
    return _frozen(found)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else (type(value), value)


def _ties(body: tuple[Entry, ...]) -> bool:
    return any(entry.tie is not None or any(map(_ties, entry.bodies())) for entry in body)
