"""From a document to a stream of steps: one operation each, with the tensors it reads.

The stream is walked twice. The first pass finds out who reads each tensor last; the second hands the steps to the calculators one
at a time. What a layer makes of a shape is worked out once, however often it is repeated.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from pydantic import ValidationError

from archcalc.algebra import INDEXED, LARGEST, MOST_AXES, UNNAMED, Indices, Refused, Tensor, need
from archcalc.spec.complaints import complaints
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.document import Residual
from archcalc.spec.scope import Reading
from archcalc.trace.frame import Frame, Named, frozen
from archcalc.trace.step import Ref, Row, Step, Watch
from archcalc.trace.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.algebra import Op
    from archcalc.calculators.precision import Stated
    from archcalc.layers.base import Layer
    from archcalc.spec.document import Document, Entry, Formula, LayerCall

__all__ = ["REMEMBERED", "Frame", "Network", "Ref", "Step", "Watch"]

LAYERS = 100_000  #: rows that a file may make
STEPS = 1_000_000  #: iterations, conditions and calls that it may take to make them
KEPT = 20_000  #: steps that are remembered between the two passes; networks that are longer, or too varied, are walked twice
REMEMBERED = 4_000  #: different layers, and as many different rows, that are not worked out again when they are met again
NONE: Mapping[tuple[object, ...], Layer] = {}


class _Renamed(Exception):
    """The axes of an input have other names than what was made so far was made with."""


class Network:
    """A document with its settings: input tensors, and the steps that it makes of them."""

    repeats: ClassVar[bool] = True  #: whether parts that ran before repeat their steps, without asking layers again

    def __init__(
        self, document: Document, inputs: Sequence[tuple[str, Tensor]], values: Mapping[str, object], *, most_layers: int | None = None
    ) -> None:  # fmt: skip
        self.document = document
        self.values = dict(values)
        self.inputs = tuple(Ref(i, tensor, name) for i, (name, tensor) in enumerate(inputs))
        self.unread = {ref.id for ref in self.inputs}  #: inputs that no layer has read yet
        self.unnamed = {ref.id for ref in self.inputs if _unnamed(ref, document)}  #: of these, those whose axes the file does not name
        self.most_layers = most_layers or LAYERS
        self.most_steps = max(STEPS, 10 * self.most_layers)
        self.targets = _names(tie for body in (document.body, *(b.body for b in document.blocks.values())) for tie in _ties(body))
        self.outputs: tuple[Ref, ...] = ()
        self.watches: tuple[Watch, ...] = ()
        self.stated: set[Stated] = set()  #: what rows state of their precision
        self._layers: dict[LayerCall, dict[tuple[object, ...], Layer]] = {}
        self._alike: dict[Layer, Layer] = {}  #: equal layers are one, wherever they stand
        self._rows: dict[tuple[object, ...], tuple[Layer, tuple[Row, ...]]] = {}  #: with the layer, so that its identity stays its own
        self._several: dict[tuple[Op, int, int], Op] = {}
        self._kept: list[Step] | None = None
        self._forgetful = False  #: whether there is more than can be remembered

    def steps(self) -> Iterator[Step]:
        """Give the steps in execution order; `outputs` and `watches` are known afterwards."""
        if self._kept is not None:
            yield from self._kept
            return
        self._settle()
        kept: list[Step] | None = []
        for step in self._walk():
            if kept is not None:
                kept.append(step)
                if len(kept) > KEPT or self._forgetful:
                    kept = None
            yield step
        self._kept = kept

    @property
    def kept(self) -> bool:
        """Whether the steps are kept, so that it costs nothing to go through them again."""
        return self._kept is not None

    @property
    def frame(self) -> Frame:
        """What names mean at the start: the variables and the inputs."""
        return Frame(dict(self.values), {ref.path: Named(ref, None) for ref in self.inputs}, self.inputs[0] if self.inputs else None)

    def _settle(self) -> None:
        """Find out what the inputs are whose axes nobody names: who reads one first knows. Names that change change all that follows."""
        while self.unnamed:
            try:
                for _ in self._walk():
                    if not self.unnamed:
                        return
            except _Renamed:
                continue
            self.unnamed.clear()

    def first_read(self, ref: Ref, layer: Layer) -> None:
        """Note what an input is: indices, all of whose axes are positions, where a layer looks something up by it."""
        unnamed = ref.id in self.unnamed
        self.unread.discard(ref.id)
        self.unnamed.discard(ref.id)
        if layer.indices:
            names = INDEXED[len(ref.tensor.shape)] if unnamed else ref.tensor.names
            found = ref._replace(tensor=Indices(ref.tensor.shape, names))
            self.inputs = (*self.inputs[: ref.id], found, *self.inputs[ref.id + 1 :])
            if unnamed:
                raise _Renamed

    def _walk(self) -> Iterator[Step]:
        run, frame = Walk(self), self.frame
        run.foresee(self.document.body)
        last = yield from run.pipeline(self.document.body, frame, "")
        formulas = self.document.outputs
        self.outputs = tuple(ref for f in formulas for ref in run.refer(str(run.value(f, frame)), f.place, frame)) or (
            (last,) if last else ()
        )
        self.watches = tuple(run.watched)
        if not self.outputs and run.next > len(self.inputs):
            hint = "write `output: [a, b]` with the names of those that come out"
            raise SpecError(
                (self.document.place.problem("E213", "the network ends in several tensors, and does not say which come out", hint),)
            )
        if run.next == len(self.inputs):
            raise SpecError((self.document.place.problem("E213", "this makes no layers: there is nothing to calculate"),))

    def layer(self, call: LayerCall, entry: Entry, frame: Frame, run: Walk) -> Layer:
        """Evaluate a layer's fields, once for the same values of the names that they read."""
        key = tuple([_known(frame, name, attribute) for name, attribute in call.uses])
        layer = self._layers.get(call, NONE).get(key)
        if layer is None:
            if len(self._alike) >= REMEMBERED:  # a network of ever other layers takes no more memory than a small one
                self._layers.clear()
                self._alike.clear()
                self._forget()
            try:
                layer = call.cls.model_validate(call.args, context=Reading(frame))
            except ValidationError as error:
                found = tuple(complaints(error, call.cls, call.nodes, call.source, entry.place, call.called))
                raise run.located(SpecError(found)) from None
            layer = self._layers.setdefault(call, {})[key] = self._alike.setdefault(layer, layer)
        return layer

    def _forget(self) -> None:
        """Forget what layers make, and note that there is more than can be remembered."""
        self._forgetful = True
        self._rows.clear()
        self._several.clear()

    def several(self, op: Op, count: int, active: int) -> Op:
        """Give an operation with so many sets of weights, of which a token meets some, once for the same one."""
        if not op.weights and not op.buffers:
            return op
        known = self._several.get((op, count, active))
        if known is None:
            known = self._several[op, count, active] = op.sets(count, active)
        return known

    def rows(self, layer: Layer, refs: tuple[Ref, ...], entry: Entry, path: str, run: Walk) -> tuple[Row, ...]:
        """Let a layer make its operations, once for the same shapes."""
        key = (id(layer), *[part for ref in refs for part in (ref.tensor.shape, ref.tensor.names)])
        found = self._rows.get(key)
        if found is None:
            if len(self._rows) >= REMEMBERED:
                self._forget()
            xs = [Tensor(ref.tensor.shape, ref.tensor.names) for ref in refs]
            try:
                rows = tuple(islice(_wired(layer, xs), self.most_layers + 1))
                for row in rows:
                    _countable(row.op)
            except Refused as refused:
                where = f"at {path}, reading {' and '.join(map(str, xs))}" if xs else f"at {path}"
                hint = "a `shortcut:` brings the input to the body's shape" if isinstance(entry.content, Residual) and len(xs) > 1 else ""
                raise run.located(SpecError((entry.place.problem("E401", str(refused), hint, (where,)),))) from None
            found = self._rows[key] = layer, rows
        return found[1]


def _unnamed(ref: Ref, document: Document) -> bool:
    """Tell whether the axes of an input are called as those are that nobody names."""
    written = document.inputs.get(ref.path)
    return ref.tensor.names == UNNAMED.get(len(ref.tensor.shape)) and (written is None or written.axes is None)


def _wired(layer: Layer, xs: list[Tensor]) -> Iterator[Row]:
    places = {id(x): i for i, x in enumerate(xs)}
    for part in layer.rows(*xs):
        yield Row(part.role, part.type, part.op, tuple([places[id(x)] for x in part.op.reads]), part.result)
        places[id(part.op)] = len(places)


def _countable(op: Op) -> None:
    """Refuse what no machine has, or figures would have more digits than anyone could read."""
    axes, longest = len(op.shape), max((*op.sizes.values(), *op.shape), default=1)
    need(axes <= MOST_AXES, "a tensor of {axes} axes, and {most} are the most", axes=axes, most=MOST_AXES)
    need(longest <= LARGEST, "an axis of {longest} positions, and 10^18 is the longest", longest=longest)


def _known(frame: Frame, name: str, attribute: str | None) -> object:
    """Give what a layer's fields may depend on of a name, as something that can be compared."""
    found = frame.get(name)
    if isinstance(found, Tensor):
        return found.shape if attribute is None or attribute not in found.names else found.shape[found.names.index(attribute)]
    return frozen(found)


def _ties(body: tuple[Entry, ...]) -> Iterator[Formula]:
    for entry in body:
        if entry.tie is not None:
            yield entry.tie
        for inner in entry.bodies():
            yield from _ties(inner)


def _names(ties: Iterable[Formula]) -> frozenset[str] | None:
    """Collect the names of entries that others are tied to; `None` where only the run will know them."""
    found = [str(tie({})) if tie.constant else None for tie in ties]
    return None if None in found else frozenset(name for name in found if name)
