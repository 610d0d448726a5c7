"""Patch-based execution: the first stage of a network runs on one part of the image after another (MCUNetV2, Lin et al. 2021).

Each patch of the stage's output needs as much of every tensor before it as its windows see, so that neighbours overlap and are worked
out again. While a patch runs, the input and the stage's whole output stand beside its own tensors.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Refused, need
from archcalc.calculators.activations import WEIGHT
from archcalc.calculators.macs import PAPER, macs
from archcalc.memory.graph import drawn, octets, size_of
from archcalc.memory.liveness import peak
from archcalc.record import Record
from archcalc.trace.step import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.algebra import Op
    from archcalc.calculators import Settings
    from archcalc.memory.graph import Bits, Rules
    from archcalc.trace import Network, Step

__all__ = ["Patched", "patched"]

#: Patches along one axis, at most.
MOST = 64

Span = tuple[int, int]  # first and last position
Spans = dict[int, Span]  # by tensors


class Patched(NamedTuple):
    """What patches bring and cost."""

    grid: tuple[int, ...]  #: patches along each axis
    until: str  #: the last row of the stage
    output: tuple[int, ...]  #: shape of what the stage makes
    tile: tuple[int, ...]  #: the most that one patch needs of the input, along each axis
    stage: int  #: bytes alive at most while patches run
    rest: int  #: bytes alive at most afterwards
    macs: int  #: of the stage without patches
    macs_patched: int  #: and with them

    @property
    def peak(self) -> int:
        """The larger of both."""
        return max(self.stage, self.rest)

    @property
    def recomputed(self) -> Fraction:
        """The work of the stage as a multiple of what it is without patches."""
        return Fraction(self.macs_patched, self.macs) if self.macs else Fraction(1)


def patched(network: Network, settings: Settings, rules: Rules, until: str, grid: Sequence[int]) -> Patched:
    """Run everything up to the row `until` in patches, the rest as usual. Raises `Refused` where that can't be."""
    steps = list(network.steps())
    at = max(i for i, step in enumerate(steps) if step.path == until) + 1
    stage = _Stage(network, steps[:at], _border(network, steps, at))
    grid = stage.grid(grid)
    along = [
        [stage.spans(axis, cut) for cut in _cuts(n, k)] for axis, (n, k) in enumerate(zip(stage.border.op.shape[1:], grid, strict=True))
    ]
    tiles = {tuple(map(_extents, combination)): combination for combination in product(*along)}
    image = network.inputs[0].id
    widest = tuple(max(last - first + 1 for first, last in (spans.get(image, (0, -1)) for spans in every)) for every in along)
    again = sum(_macs(step.op, [spans[step.out] for spans in combination]) for combination in product(*along) for step in stage.steps)
    kept = replace(rules, inputs="elsewhere" if rules.inputs == "elsewhere" else "kept")
    buffer = size_of(stage.border, settings)
    inside = max(stage.peak(settings, kept, combination) for combination in tiles.values())
    made = Ref(stage.border.out, stage.border.op, stage.border.path)
    ends = {ref.id for ref in network.outputs}
    later = [ref for ref in network.inputs if any(ref.id in step.reads for step in steps[at:])]
    rest = drawn(steps[at:], later, ends, settings, rules, made=(made, buffer)) if steps[at:] else None
    return Patched(
        grid, until, stage.border.op.shape, widest, octets(buffer + inside), octets(peak(rest) if rest else buffer),
        sum(macs(step.op) for step in stage.steps) * settings.batch, again * settings.batch,
    )  # fmt: skip


class _Stage(Record, slots=False):
    """The rows that run in patches, and the last one, whose output all later ones read."""

    network: Network
    steps: Sequence[Step]
    border: Step

    def grid(self, grid: Sequence[int]) -> tuple[int, ...]:
        """Give the number of patches along each axis, one for all or each apart."""
        made = self.border.op
        axes = len(made.shape) - 1
        need(made.channels_first and axes >= 1, "{x} is no image that could be cut into patches", x=made)
        grid = tuple(grid) if len(grid) > 1 else (*grid,) * axes
        need(len(grid) == axes, "{x} has {axes} spatial axes, the patches {n}", x=made, axes=axes, n=len(grid))
        for n, parts in zip(made.shape[1:], grid, strict=True):
            need(1 <= parts <= min(n, MOST), "{n} positions can't be cut into {parts} patches", n=n, parts=parts)
        return grid

    def spans(self, axis: int, cut: Span) -> Spans:
        """Say which positions of each tensor a part of the output needs along one axis."""
        found: Spans = {self.border.out: cut}
        for step in reversed(self.steps):
            span = found.setdefault(step.out, (0, -1))
            for read, (first, last) in zip(step.reads, _seen(step, axis, span), strict=True):
                before = found.get(read)
                wider = (first, last) if before is None or _empty(before) else (min(before[0], first), max(before[1], last))
                found[read] = before if before is not None and last < first else wider
        return found

    def peak(self, settings: Settings, rules: Rules, spans: Sequence[Spans]) -> Bits:
        """Give the most that is alive while one patch runs."""

        def size(step: Step) -> Bits:
            return size_of(step, settings) * Fraction(prod(_long(of[step.out]) for of in spans), prod(step.op.shape[1:]))

        return peak(drawn(self.steps, self.network.inputs, {self.border.out}, settings, rules, sizes=size))


def _border(network: Network, steps: Sequence[Step], at: int) -> Step:
    """Find the one row of the stage that is read after it."""
    inside = {step.out: step for step in steps[:at]}
    later = (*(read for step in steps[at:] for read in step.reads), *(ref.id for ref in network.outputs))
    read = dict.fromkeys(one for one in later if one in inside and inside[one].op.family != WEIGHT)
    need(len(read) == 1, "{n} tensors of the stage are needed after it, and patches are cut for one", n=len(read))
    return inside[next(iter(read))]


def _cuts(n: int, parts: int) -> Iterator[Span]:
    """Cut positions into parts that differ by one at most."""
    return ((k * n // parts, (k + 1) * n // parts - 1) for k in range(parts))


def _seen(step: Step, axis: int, span: Span) -> Iterator[Span]:
    """Say which positions of each operand some positions of the output are made of, along one spatial axis."""
    op = step.op
    operands, out = op.dims
    for x, dims in zip(op.reads, operands, strict=True):
        fits = x.channels_first and op.channels_first and len(dims) == len(out)
        need(fits, "{path} makes {y} of {x}: patches are cut from images that stay images", path=step.path, y=op, x=x)
        mine, theirs, n = dims[axis + 1], out[axis + 1], x.shape[axis + 1]
        if _empty(span) or not mine:
            yield span if _empty(span) else (0, n - 1)
        elif mine == theirs and f"{mine[0]}>{mine[0]}" not in op.windows:
            yield span
        else:
            window = op.windows.get(f"{' '.join(mine)}>{' '.join(theirs)}")
            if window is None or not window.tracked:
                raise Refused(f"{step.path} sees the whole image, and a patch is a part of it")
            yield max(window.sees(span[0])[0], 0), min(window.sees(span[1])[1], n - 1)


def _macs(op: Op, spans: Sequence[Span]) -> int:
    """Count the work of one patch: that of the whole, by the positions made."""
    return macs(op) * prod(map(_long, spans)) // prod(op.shape[1:]) if op.loops and op.family in PAPER else 0


def _extents(spans: Mapping[int, Span]) -> tuple[int, ...]:
    return tuple(map(_long, spans.values()))


def _long(span: Span) -> int:
    return span[1] - span[0] + 1


def _empty(span: Span) -> bool:
    return span[1] < span[0]
