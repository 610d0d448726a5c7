"""What somebody may have counted who counted this network: itself, a part of it, a relative, or another input."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from archcalc.conventions.counting import Inventory
from archcalc.conventions.seen import WAYS, Sight
from archcalc.record import Record
from archcalc.report.shapes import TIMES
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.algebra import Tensor
    from archcalc.api import Run, Spec
    from archcalc.conventions.seen import Seen
    from archcalc.options import Options

__all__ = ["Scenario", "scenarios"]

#: Sides of images, lengths of sequences, and batches that are in use.
SIDES = (
    28, 32, 64, 96, 112, 128, 160, 192, 224, 227, 240, 256, 260, 288, 299, 300, 320, 331, 380, 384, 416, 448, 456, 480, 512, 518, 528,
    600, 608, 640, 800, 1024,
)  # fmt: skip
LENGTHS = (128, 256, 384, 512, 1024, 2048, 4096, 8192)
BATCHES = (2, 4, 8, 10, 16, 32, 64, 100, 128, 256)
#: How far from plain each is.
CUT, WAY, VARIANT, SWITCH, SIZE, BATCH = 3, 3, 4, 5, 6, 7
#: The dimensions of an image with its channels, and of a sequence of indices.
IMAGE, SEQUENCE = 3, 1


class Scenario(Record, eq=False):
    """A network, or a part of one, and what is said of it."""

    words: str  #: "" as it is
    inventory: Inventory
    effort: int = 0


def scenarios(spec: Spec, options: Options) -> Iterator[Scenario]:
    """Give the network as it is, then whatever else somebody may have meant."""
    run = spec.run(**options)
    batch = run.settings.batch
    seen = _seen(run, spec)
    plain = Inventory(seen, batch)
    yield Scenario("", plain)
    yield from _parts(seen, batch)
    for way in WAYS if any(one.mha for one in seen) else ():
        if way != spec.meta.get("mha"):
            inventory = Inventory.of(run.network, {**spec.meta, "mha": way}, batch)
            yield Scenario(f"attention by `mha: {way}`", inventory, WAY)
    for words, effort, relative, changed in _relatives(spec, run, options):
        try:
            other = relative.run(**changed)
            yield Scenario(words, Inventory(_seen(other, relative), batch), effort)
        except SpecError:  # not every network takes every size
            continue
    for n in BATCHES if batch == 1 else ():
        yield Scenario(f"batch {n}", plain.times(n), BATCH)


def _seen(run: Run, spec: Spec) -> list[Seen]:
    sight = Sight(run.network, spec.meta)
    return [sight(step) for step in run.network.steps()]


def _parts(seen: Sequence[Seen], batch: int) -> Iterator[Scenario]:
    """Cut the network off before its last dense layer, and before all that follow each other at its end."""
    weighted = [i for i, one in enumerate(seen) if one.op.weights]
    dense = list(takewhile(lambda i: seen[i].op.kind == "linear" and not seen[i].attention, reversed(weighted)))
    for words, at in (("without its last dense layer", dense[:1]), ("without its dense layers at the end", dense[1:][-1:])):
        for i in at:
            yield Scenario(words, Inventory(seen[:i], batch), CUT)


def _relatives(spec: Spec, run: Run, options: Options) -> Iterator[tuple[str, int, Spec, Options]]:
    """Give other variants, switches of the file turned over, and other sizes of the inputs."""
    for name in spec.variants:
        if name != spec.variant:
            yield f"variant {name}", VARIANT, spec.of(name), options
    sets = dict(options.get("sets") or {})
    for name in spec.document.variables:
        value = run.network.values.get(name)
        if isinstance(value, bool) and name not in sets:
            yield f"{name} = {str(not value).lower()}", SWITCH, spec, {**options, "sets": {**sets, name: not value}}
    given = dict(options.get("inputs") or {})
    for ref in run.network.inputs:
        for sizes in _sizes(ref.tensor) if not {ref.path, ""} & set(given) else ():
            yield f"{ref.path} {TIMES.join(map(str, sizes))}", SIZE, spec, {**options, "inputs": {**given, ref.path: sizes}}


def _sizes(x: Tensor) -> Iterator[tuple[int, ...]]:
    """Give other shapes of an image or of a sequence of indices."""
    usual: Iterator[tuple[int, ...]] = iter(())
    if len(x.shape) == IMAGE and x.channels_first:
        usual = ((x.shape[0], n, n) for n in SIDES)
    elif len(x.shape) == SEQUENCE and x.names != ("d",):
        usual = ((n,) for n in LENGTHS)
    return (sizes for sizes in usual if sizes != x.shape)
