"""One walk through a document: structures, loops and calls unfold into steps, one at a time."""

from __future__ import annotations

from dataclasses import replace
from string import ascii_lowercase
from typing import TYPE_CHECKING

from archcalc.algebra import LARGEST
from archcalc.spec.document import BlockCall, Branches, Experts, Formula, Group, LayerCall, Place, Residual, names_read
from archcalc.spec.values import misfit
from archcalc.trace.again import Again, Steps
from archcalc.trace.budget import LEVELS
from archcalc.trace.frame import Frame, Named, frozen
from archcalc.trace.naming import join
from archcalc.trace.step import Ref, Row, Step
from archcalc.trace.weights import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.layers.base import Layer
    from archcalc.spec.document import Block, Entry
    from archcalc.trace import Network

__all__ = ["Walk"]

NESTED = 64  #: calls of blocks inside each other


class Walk(Again):
    """One walk through a document."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.depth = 0  #: of calls
        self.level = 0  #: of pipelines
        self.silent: dict[tuple[object, ...], int] = {}  #: calls that make nothing, and what they cost
        self.takes, self.taken = {}, 0
        self.tied: set[Entry] = set()  #: entries that share a weight with the one that they are tied to

    def pipeline(self, body: tuple[Entry, ...], frame: Frame, path: str) -> Steps:
        """Run entries in order; each reads what the one before it made."""
        self.level += 1
        for entry in body:
            if self.level > LEVELS:
                raise self.error(entry.place, "E503", f"blocks and groups stand inside each other more than {LEVELS} deep")
            frame.x = yield from self.entry(entry, frame, path)
        self.level -= 1
        return frame.x

    def entry(self, entry: Entry, frame: Frame, path: str) -> Steps:
        """Run an entry with all its copies."""
        made = self.next
        result = yield from self.copies(entry, frame, path)
        if entry.tie is not None and entry not in self.tied and self.next > made:
            hint = "weights and buffers of equal name and shape are shared, a matrix also transposed"
            raise self.error(entry.tie.place, "E311", f"this {entry.key} has no weight that fits one of its `tie`", hint)
        return result

    def copies(self, entry: Entry, frame: Frame, path: str) -> Steps:
        """Run an entry once, or as often as its loop says."""
        if entry.repeat is None and entry.loop is None:
            return (yield from self.copy(entry, frame, path))
        before, given, result = self.scope, len(self.given), frame.x
        length, rows = self.iterations(entry, frame)
        self.watch(entry, frame, path)
        if not entry.told_apart:
            here = join(path, self.name(entry, frame) or entry.label)
            self.labels[here] = entry.label
            self.record(entry, frame, here)
            if entry.tie is not None and entry.tie.constant:
                self.share(entry.tie, entry, frame, here)
        mine = Inventory() if entry.shared else None
        self.afford(entry, length)
        independent = alike = False  # of what is different in each copy
        loop = object()  # this one, here: what it reads beside tensors stays while it runs
        for turn, values in enumerate(rows):
            spent, made = self.spent, self.next
            self.spend(entry.place)
            inner = frame.child({"i": turn, **values})
            inner.x = before_it = result
            copy = self.copy(entry, inner, path, turn, mine)
            if alike and result is not None:
                copy = self.again(loop, (result,), join(path, f"{entry.label}[{turn}]"), copy, id(frame.names))
            result = yield from copy
            if turn == 0:
                independent = names_read(entry).isdisjoint(("i", *values))
                alike = independent and entry.name is None and mine is None
            if independent and self.next == made and _same(result, before_it):  # the others make nothing either, and cost the same
                self.spend(entry.place, (length - turn - 1) * (self.spent - spent))
                break
        self.forget(loop)
        self.scope = before
        if mine is not None and mine.misfit:
            what = f"the copies of `{entry.key}` can't share their weights: `{mine.misfit}` has another shape in each"
            raise self.error(entry.place, "E311", what, "leave out `shared`, or make the copies alike")
        self.settle(entry, given)
        return result

    def copy(self, entry: Entry, frame: Frame, path: str, turn: int | None = None, mine: Inventory | None = None) -> Steps:
        """Run one copy of an entry: its condition, its input, what it is, and its name."""
        if entry.when is not None:
            self.spend(entry.place)
            if not self.typed(entry.when, frame, "bool", "`if`"):
                return frame.x
        before, name = self.scope, self.name(entry, frame)
        here = join(path, (name or entry.label) + ("" if turn is None or entry.told_apart else f"[{turn}]"))
        if name is not None:
            self.labels[here] = entry.label + ("" if turn is None else f"[{turn}]")
        origin = self.origin(entry, frame)
        if turn is None:
            self.watch(entry, frame, path)
        if turn is None or entry.told_apart:
            self.record(entry, frame, here)
        tied = self.share(entry.tie, entry, frame, here) if entry.tie is not None else None
        self.hold(entry, frame)
        if mine is not None:  # of the copies before, and for those after
            set_of_all = (mine, len(self.role(here)))
            self.scope = replace(self.scope, sharing=(*self.scope.sharing, set_of_all), recording=(*self.scope.recording, set_of_all))
        result = yield from self.content(entry, frame, here, origin)
        self.scope = before
        if tied is not None and tied.used:
            self.tied.add(entry)
        if name is not None and result is not None:
            self.define(name, result, entry, frame)
        return result

    def content(self, entry: Entry, frame: Frame, path: str, origin: tuple[Ref, ...]) -> Steps:
        """Run what an entry is."""
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
            case Experts() as experts:
                return (yield from self.experts(experts, entry, frame, path))

    def layer(self, call: LayerCall, entry: Entry, frame: Frame, path: str, origin: tuple[Ref, ...]) -> Steps:
        """Run a builtin layer."""
        layer = self.network.layer(call, entry, frame, self)
        operands = self.operands(layer, call, entry, frame, origin)
        for ref in operands:
            if ref.id in self.network.unread:
                self.network.first_read(ref, layer)
            elif layer.indices and ref.id >= len(self.network.inputs) and len(ref.tensor.names) > 1 and ref.tensor.names[-1] == "d":
                what = f"`{layer.kind}` looks up indices, but the last axis of {ref.tensor} are features"
                raise self.error(entry.place, "E401", what, "indices come from an input: write `from:` and its name beside it")
        rows = self.network.rows(layer, operands, entry, path, self)
        return (yield from self.emit(rows, operands, entry, frame, path, group=path if len(rows) > 1 else None))

    def operands(self, layer: Layer, call: LayerCall, entry: Entry, frame: Frame, origin: tuple[Ref, ...]) -> tuple[Ref, ...]:
        """Find the tensors that a layer reads: those that a field names come after those of its place or its `from`, or instead."""
        low, high = layer.arity
        names = layer.operands(())
        field = next((field for field in layer.references if getattr(layer, field)), "")
        instead = layer.operands(("x",)) == names
        if names and len(origin) > (0 if instead else 1):
            raise self.error(_written(call, field, entry), "E208", f"`{layer.kind}` reads `from` or `{field}`, not both")
        refs = origin
        if names or not origin:
            places = {name: _written(call, field, entry, i) for i, name in enumerate(getattr(layer, field))} if field else {}
            given = ("x",) if high != 0 and not origin else ()
            named = [ref for name in layer.operands(given) for ref in self.refer(name, places.get(name, entry.place), frame)]
            refs = (*origin, *named)
        low = 1 if low and any("*" in name for name in names) else low  # however many match
        if low <= len(refs) <= (len(refs) if high is None else high):
            return refs
        if high is not None and len(refs) > high and names and not instead:
            what = f"`{field}` names at most {high - 1} tensors, not {len(refs) - 1}"
            raise self.error(_written(call, field, entry), "E208", what)
        wanted = f"{low}" if high == low else f"at least {low}" if high is None else f"{low} to {high}"
        what = f"`{layer.kind}` reads {wanted} tensor{'' if wanted == '1' else 's'}, not {len(refs)}"
        where = layer.kind if layer.primary in layer.references else "from"
        hint = f"write `{where}: [{', '.join(layer.called or ascii_lowercase[:low])}]` with their names"
        raise self.error(entry.place, "E208", what, hint if low > 1 else "")

    def emit(
        self, rows: tuple[Row, ...], operands: tuple[Ref, ...], entry: Entry, frame: Frame, path: str, *, group: str | None = None
    ) -> Steps:  # fmt: skip
        """Turn a layer's rows into steps."""
        local = [ref.id for ref in operands]
        scope, last = self.scope, None
        if scope.precision is not None and rows:
            self.network.stated.add(scope.precision)
        aside = entry.name is None and any(not row.result for row in rows)  # whether nobody can reach what is beside the output
        for role, kind, made, wires, result in rows:
            if result and aside:
                continue
            self.limit(entry.place)
            where = f"{path}.{role}" if role else path
            own = self.role(where) if scope.sharing or scope.recording else ""
            op = self.network.several(made, scope.sets, scope.active) if scope.sets > 1 else made
            if scope.tokens and not op.apart(scope.tokens):
                hint = "put what tells tokens apart or brings them together before or after the experts"
                raise self.error(entry.place, "E401", f"experts see one token at a time, and `{entry.key}` does not, at {where}", hint)
            tied = frozenset(name for inventory, skip in scope.sharing for name in inventory.shared(own[skip:], op))
            for inventory, skip in scope.recording:
                inventory.add(own[skip:], op)
            out = self.next
            self.next += 1
            local.append(out)
            yield Step(
                where, kind, op, tuple([local[w] for w in wires]), out, group, entry, tied, scope.frozen, scope.watches, result,
                scope.precision,
            )  # fmt: skip
            if not result:
                last = Ref(out, op, path)
            elif entry.name is not None:
                self.define(f"{self.name(entry, frame)}.{result}", Ref(out, op, path), entry, frame)
        return last

    def residual(self, residual: Residual, entry: Entry, frame: Frame, path: str) -> Steps:
        """Run a residual: its body, its shortcut, and their sum."""
        incoming = frame.x
        body = yield from self.pipeline(residual.body, frame.child(), path)
        skip = incoming
        if isinstance(residual.shortcut, Formula):
            if not self.typed(residual.shortcut, frame.at(incoming), "bool", "`shortcut`"):
                return _renamed(body, path)
        elif residual.shortcut is not None:
            skip = yield from self.pipeline(residual.shortcut, frame.at(incoming).child(), f"{path}.shortcut")
        if body is None or skip is None:
            raise self.error(entry.place, "E307", "a residual needs one tensor from its body and one from its shortcut")
        refs = (body, skip)
        return _renamed((yield from self.merge(residual.merge, refs, entry, frame, path)), path)

    def branches(self, branches: Branches, entry: Entry, frame: Frame, path: str) -> Steps:
        """Run branches on the same input, then merge them."""
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

    def experts(self, experts: Experts, entry: Entry, frame: Frame, path: str) -> Steps:
        """Run experts: each token goes to some of them, and what they make of it is added up."""
        incoming, scope = frame.x, self.scope
        if incoming is None:
            raise self.error(entry.place, "E307", "there is no incoming tensor here")
        scores: tuple[Ref, ...] = ()
        if experts.router is None or self.typed(experts.router, frame, "bool", "`router`"):
            routed = yield from self.merge(experts.route, (incoming,), entry, frame, path)
            scores = (routed,) if routed is not None else ()
        inner = frame.child()
        inner.x = yield from self.merge(experts.dispatch, (incoming, *scores), entry, frame, path)
        sent = inner.x
        tokens = sent.tensor.names[:-1] if sent else ()
        count, active = (self.typed(n, frame, "int", f"`{word}`") for n, word in ((experts.count, "count"), (experts.active, "active")))
        if scope.sets * count > LARGEST:
            raise self.error(entry.place, "E401", f"{scope.sets * count} experts, and 10^18 is the most")
        self.scope = replace(scope, sets=scope.sets * count, active=scope.active * active, tokens=tokens)
        result = yield from self.pipeline(experts.body, inner, path)
        self.scope = scope
        if result is None or sent is None:
            raise self.error(entry.place, "E307", "experts make one tensor")
        if result.tensor.shape[:-1] != sent.tensor.shape[:-1]:
            hint = "experts see one token at a time: their number stays"
            raise self.error(entry.place, "E401", f"the experts make {result.tensor} of {sent.tensor}", hint)
        result = yield from self.merge(experts.combine, (result, *scores), entry, frame, path)
        if experts.shared:
            other = yield from self.pipeline(experts.shared, frame.at(incoming).child(), f"{path}.shared")
            refs = tuple(ref for ref in (result, other) if ref is not None)
            result = yield from self.merge(experts.sum, refs, entry, frame, path)
        return _renamed(result, path)

    def parts(self, branches: Branches, frame: Frame, entry: Entry) -> Iterator[tuple[str, tuple[Entry, ...], Frame]]:
        """Give each branch with its name and its frame."""
        if branches.loop is None:
            yield from ((name, body, frame.child()) for name, body in branches.parts)
            return
        for i, row in enumerate(self.rows(branches.loop, frame)[1]):
            self.spend(entry.place)
            yield str(i), branches.parts[0][1], frame.child({"i": i, **row})

    def merge(self, call: LayerCall, refs: tuple[Ref, ...], entry: Entry, frame: Frame, path: str) -> Steps:
        """Bring several tensors together."""
        layer = self.network.layer(call, entry, frame, self)
        rows = self.network.rows(layer, refs, entry, path, self)
        rows = tuple(row._replace(role=row.role or layer.kind) for row in rows)
        return (yield from self.emit(rows, refs, entry, frame, path))

    def block(self, call: BlockCall, entry: Entry, frame: Frame, path: str) -> Steps:
        """Call a block: a frame of its own, with its arguments and variables and nothing else."""
        self.spend(entry.place)
        if self.depth >= NESTED:
            raise self.error(entry.place, "E503", f"blocks call each other more than {NESTED} deep")
        inner = self.arguments(call, frame)
        refs = tuple([ref for ref in (inner.x, *(named.ref for named in inner.names.values())) if ref is not None])
        told = (call.block, *map(frozen, inner.variables.values()))
        key = (*told, *((ref.tensor.shape, ref.tensor.names) for ref in refs))
        if key in self.silent:
            self.spend(entry.place, self.silent[key])
            return frame.x
        fresh = self.inside(call.block, inner, path, f"in {call.block.name} called here: {entry.place}")
        spent, made = self.spent, self.next
        result = yield from self.again((*told, *inner.names, self.depth, self.level), refs, path, fresh)
        if self.next == made and _same(result, frame.x):
            self.silent[key] = self.spent - spent
        return _renamed(result, path)

    def inside(self, block: Block, frame: Frame, path: str, call: str) -> Steps:
        """Run what a block is made of."""
        depth, calls = self.depth, self.calls
        self.depth, self.calls = depth + 1, (*calls, call)
        for name, formula in block.variables:
            frame.variables[name] = self.value(formula, frame)
        result = yield from self.pipeline(block.body, frame, path)
        self.depth, self.calls = depth, calls
        return result

    def arguments(self, call: BlockCall, frame: Frame) -> Frame:
        """Evaluate the arguments at the call, and the defaults inside."""
        block, inner = call.block, Frame({}, {}, frame.x)
        for param in block.params:
            formula = call.args.get(param.name)
            if param.type == "tensor":
                if formula is not None:
                    place = formula.place
                    refs = self.refer(str(self.value(formula, frame)), place, frame)
                    inner.names[param.name] = Named(refs[0], None)
                continue
            value = self.value(formula, frame) if formula is not None else self.value(param.default, inner) if param.default else None
            if formula is not None and (reason := misfit(value, param.type)):
                raise self.error(formula.place, "E223", f"`{param.name}` of {block.name} {reason}")
            inner.variables[param.name] = int(value) if param.type == "int" and isinstance(value, float) else value
        return inner


def _written(call: LayerCall, field: str, entry: Entry, item: int | None = None) -> Place:
    """Say where a field stands, or one item of it."""
    for node in call.nodes:
        inside = node.value.get(field) if isinstance(node.value, dict) else node if field == call.cls.primary else None
        if inside is not None:
            return Place(call.source, inside.at(() if item is None else (item,)))
    return entry.place


def _same(a: Ref | None, b: Ref | None) -> bool:
    return a is b or (a is not None and b is not None and a.id == b.id)


def _renamed(ref: Ref | None, path: str) -> Ref | None:
    return ref._replace(path=path) if ref is not None else None
