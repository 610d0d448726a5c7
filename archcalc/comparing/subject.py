"""What is compared: the rows of a network, each with the layer that made it and what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.comparing.sizes import given, sized
from archcalc.record import Record
from archcalc.trace import Network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.api import Run
    from archcalc.layers.base import Layer
    from archcalc.report.result import Header, Row, Shape, Totals
    from archcalc.spec.document import Entry
    from archcalc.trace import Ref, Step
    from archcalc.trace.step import Row as Made
    from archcalc.trace.walk import Walk

__all__ = ["Item", "Subject", "subject"]


class Item(NamedTuple):
    """A row, and what its figures follow from."""

    row: Row
    layer: Layer
    operands: tuple[Ref, ...]  #: what the layer reads
    step: Step

    @property
    def entry(self) -> str:
        """The path of the entry that it is a row of."""
        return self.row.group or self.row.path


class Subject(Record, kw_only=True):
    """One network among those that are compared."""

    label: str  #: above its column: `resnet50`, `HEAD~1`, `width=2`
    name: str  #: in a sentence: `ResNet-50`, `LeNet-5 with width=2`
    header: Header
    totals: Totals
    outputs: Mapping[str, Shape]
    items: tuple[Item, ...]
    given: frozenset[str] = frozenset()  #: the names that the author gave, which no counting made
    sized: frozenset[Entry] = frozenset()  #: entries whose fields depend on the sizes of tensors


class _Watched(Network):
    """A network that knows which layer the step is of that it is at."""

    repeats = False
    maker: Layer
    operands: tuple[Ref, ...]

    def rows(self, layer: Layer, refs: tuple[Ref, ...], entry: Entry, path: str, run: Walk) -> tuple[Made, ...]:
        """Let a layer make its operations, and remember it: its steps are next."""
        self.maker, self.operands = layer, refs
        return super().rows(layer, refs, entry, path, run)


def subject(run: Run, label: str, name: str) -> Subject:
    """Work a network out for comparing."""
    rows = tuple(run.rows())
    made = _made(run.network)
    return Subject(
        label=label,
        name=name,
        header=run.header,
        totals=run.totals(),
        outputs=run.outputs(),
        items=tuple(Item(row, *rest) for row, rest in zip(rows, made, strict=True)),
        given=frozenset(given(run.network.document)),
        sized=sized(run.network.document),
    )


def _made(network: Network) -> Iterator[tuple[Layer, tuple[Ref, ...], Step]]:
    """Walk once more, and give each step with its layer and what that reads."""
    inputs = [(ref.path, ref.tensor) for ref in network.inputs]
    watched = _Watched(network.document, inputs, network.values, most_layers=network.most_layers)
    for step in watched.steps():
        yield watched.maker, watched.operands, step
