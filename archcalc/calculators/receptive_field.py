"""Receptive fields: what a position of a tensor sees of the input, per spatial axis of the first input that it depends on.

With each tensor goes, for every such axis, where its positions are now (a dimension, or a factor of one after axes were joined) and
the `Window` from there to the input. Windows compose along edges and meet in the hull at joins; an axis that an operation sums
over is seen whole. The statistics of norms don't count. Recurrences: Araujo, Norris and Sim, Distill 2019.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import LARGEST, PHASES, Indices, Op, Refused, Tensor, Window

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from fractions import Fraction

    from archcalc.calculators import Settings
    from archcalc.trace import Network, Step

__all__ = ["ReceptiveField", "extents", "spatial_axes"]


class Carrier(NamedTuple):
    """Where the positions of an input axis are: `(position - start) // inner % size` along a dimension."""

    dim: int
    inner: int
    size: int
    start: int = 0  #: positions in front of the first, such as learned tokens
    once: bool = False  #: whether `position - start` runs through all of it once, and does not come round again


#: Windows in series, by which two they are.
Met = dict[tuple[int, int], Window]
#: What is seen through each place that an input axis went to; `None` is all of it, an empty mapping what has no field.
Views = dict[Carrier, Window] | None
NOTHING: dict[Carrier, Window] = {}


#: Ways through operations that are remembered.
MOST_WAYS = 10_000


class Field(NamedTuple):
    """What the positions of a tensor see of one input."""

    input: int
    axes: tuple[Views, ...]


#: Places that all that is seen comes out at, where one is not known `None`; each with what sees it there, `None` where nothing changes.
Ways = tuple[tuple[Carrier | None, Window | None], ...]


class _Axis(NamedTuple):
    """An axis of an operation inside a dimension."""

    name: str
    inner: int
    size: int


def spatial_axes(x: Tensor) -> tuple[int, ...]:
    """Give the axes of an input that have a field: not its channels, nor its features; indices have neither.

    >>> spatial_axes(Tensor((3, 8, 8), ("c", "h", "w"))), spatial_axes(Tensor((10, 4), ("n", "d"))), spatial_axes(Tensor((10,), ("d",)))
    ((1, 2), (0,), ())
    >>> spatial_axes(Indices((3, 16), ("b", "n"))), spatial_axes(Indices((10,), ("d",)))
    ((0, 1), (0,))
    """
    if isinstance(x, Indices):
        return tuple(range(len(x.shape)))
    if x.channels_first:
        return tuple(range(1, len(x.shape)))
    if len(x.shape) == 1:
        return () if x.names == ("d",) else (0,)
    return tuple(range(len(x.shape) - 1))


def extents(x: Tensor) -> tuple[int, ...]:
    """Give the sizes of these axes.

    >>> extents(Tensor((3, 224, 192), ("c", "h", "w"))), extents(Tensor((10, 4), ("n", "d")))
    ((224, 192), (10,))
    """
    return tuple(x.shape[axis] for axis in spatial_axes(x))


class Routes:
    """The ways through the operations of a network, each looked up once; equal windows are one, so that axes alike are seen to be."""

    def __init__(self) -> None:
        self.known: dict[tuple[Op, int, Carrier], Ways] = {}
        self.windows: dict[Window, Window] = {}
        self.passing: dict[Op, bool] = {}

    def start(self, tensor: int, x: Tensor) -> Field:
        """Give the field of an input."""
        return Field(tensor, tuple([{Carrier(i, 1, x.shape[i]): self.one(Window(x.shape[i]))} for i in spatial_axes(x)]))

    def ways(self, op: Op, k: int, carrier: Carrier) -> Ways:
        """Give the places where the positions of an operand's carrier come out, with what sees them there."""
        found = self.known.get((op, k, carrier))
        if found is None:
            operands, out = op.dims
            ways = _lead(op, _axes(op, operands[k][carrier.dim]), carrier, Window(carrier.size), out)
            found = self.known[op, k, carrier] = tuple([(place, None if way.identity else self.one(way)) for place, way in ways])
        return found

    def passes(self, op: Op) -> bool:
        """Tell whether every position stays where it is."""
        found = self.passing.get(op)
        if found is None:
            operands, out = op.dims
            found = self.passing[op] = not op.windows and operands[0] == out
        return found

    @property
    def full(self) -> bool:
        """Whether more is remembered than should be."""
        return len(self.known) + len(self.passing) >= MOST_WAYS

    def one(self, window: Window) -> Window:
        """Give the window that stands for all that are equal."""
        return self.windows.setdefault(window, window)


class ReceptiveField:
    """Follows the fields through the network."""

    def __init__(self, network: Network, lasts: Mapping[int, int], settings: Settings) -> None:
        self.lasts = lasts
        self.routes = Routes()
        self.fields: dict[int, Field | None] = {ref.id: self.routes.start(ref.id, ref.tensor) for ref in network.inputs}
        self.told: tuple[Field | None, Mapping[str, object]] = (None, {})  #: the last field, and its figures

    @staticmethod
    def depends(settings: Settings) -> Hashable:
        """Say that no setting changes what is seen."""
        return None

    def follow(self, step: Step) -> Mapping[str, object]:
        """Give the field of one operation's output, in figures."""
        if self.routes.full:  # between operations, as windows are known by their identity while one is looked at
            self.routes = Routes()
        seen = [self.fields[read] for read in step.reads]
        field = self.fields[step.out] = through(step.op, seen, self.routes)
        if field is not self.told[0]:  # most operations leave every position where it is
            self.told = field, report(field) if field is not None else {}
        for read in {*step.reads}:
            if self.lasts.get(read, read + 1) <= step.out:
                del self.fields[read]
        return self.told[1]

    @staticmethod
    def row(found: Mapping[str, object], batch: int) -> Mapping[str, object]:
        """Give the figures of a row."""
        return found

    def end(self) -> Mapping[str, object]:
        """Give nothing: a field belongs to a position, not to a network."""
        return {}

    @staticmethod
    def totals(ended: Mapping[str, object], batch: int) -> Mapping[str, object]:
        """Give nothing."""
        return ended


def through(op: Op, seen: list[Field | None], routes: Routes) -> Field | None:
    """Work out what an operation's output sees, from what its operands see."""
    if len(seen) == 1 and (seen[0] is None or routes.passes(op)):
        return seen[0]
    first = min([field.input for field in seen if field is not None], default=None)
    if first is None:
        return None
    operands = [(k, field) for k, field in enumerate(seen) if field is not None and field.input == first]
    axes, met = range(len(operands[0][1].axes)), Met()
    return Field(first, tuple([_join([_follow(op, k, field.axes[axis], routes, met) for k, field in operands], op.shape) for axis in axes]))


def _near(window: Window) -> Window:
    """Lose track of what reaches farther than any axis is long, or positions would have more and more digits."""
    if not window.lo or (window.lo[0] >= -LARGEST and window.hi[-1] <= LARGEST and window.step <= LARGEST):
        return window
    return Window(window.out, 1, (), ())


def _level(views: list[Views], shape: tuple[int, ...]) -> list[Views]:
    """Let carriers that start at different places of a dimension speak of each of its positions."""
    starts: dict[int, set[int]] = {}
    for view in views:
        for carrier in view or ():
            starts.setdefault(carrier.dim, set()).add(carrier.start)
    if all(len(different) == 1 for different in starts.values()):
        return views
    moved = [view is not None and any(c.start and not c.once for c in view) for view in views]  # they come round again: all is seen
    return [
        None if lost or view is None else dict(_plain(c, w, shape[c.dim]) if c.start else (c, w) for c, w in view.items())
        for view, lost in zip(views, moved, strict=True)
    ]


def _join(views: list[Views], shape: tuple[int, ...]) -> Views:
    """Take the hull of what several operands see; all of it wins, and what has no field spoils the rest."""
    if len(views) == 1 and len(views[0] or ()) < 2:
        return views[0]
    views = _level(views, shape)
    if None in views:
        return None
    met: dict[Carrier, Window] = {}
    for view in views:
        if not view:
            return NOTHING
        for place, seen in view.items():
            carrier, window = place, seen
            rival = next((other for other in met if other.dim == carrier.dim and other != carrier), None)
            if rival is not None:
                inner = gcd(rival.inner, carrier.inner)
                carrier, window = _finer(carrier, window, inner)
                met.update([_finer(rival, met.pop(rival), inner)])
                if carrier not in met:
                    return NOTHING
            try:
                met[carrier] = met[carrier] & window if carrier in met else window
            except Refused:
                return NOTHING
    return met


def _finer(carrier: Carrier, window: Window, inner: int) -> tuple[Carrier, Window]:
    """Say the same with a smaller `inner`: the positions below one of the carrier's see what it sees."""
    times = carrier.inner // inner
    if times == 1:
        return carrier, window
    size, phases = carrier.size * times, (0,) * times if times <= PHASES else ()
    return carrier._replace(inner=inner, size=size), window | Window(size, 1, phases, phases)


def _plain(carrier: Carrier, window: Window, n: int) -> tuple[Carrier, Window]:
    """Say the same of each of `n` positions by itself."""
    fine, window = _finer(carrier, window, 1)
    moved = Window(n, 1, (-carrier.start,), (-carrier.start,))
    return Carrier(fine.dim, 1, n), window | moved if carrier.start else window


def _follow(op: Op, k: int, views: Views, routes: Routes, met: Met) -> Views:
    """Follow one input axis from an operand to the output. What was met on another axis that is alike is not worked out again."""
    if not views:
        return views
    found: dict[Carrier, Window] = {}
    for carrier, window in views.items():
        for place, way in routes.ways(op, k, carrier):
            if place is None:
                return None
            view = window if way is None else met.get((id(window), id(way))) or met.setdefault((id(window), id(way)), _near(window | way))
            try:
                found[place] = found[place] & view if place in found else view
            except Refused:
                return NOTHING
    return found


def _axes(op: Op, dim: tuple[str, ...]) -> list[_Axis]:
    """Take a dimension apart into its axes, the outermost first."""
    return [_Axis(name, prod([op.sizes[n] for n in dim[i + 1 :]]), op.sizes[name]) for i, name in enumerate(dim)]


def _lead(
    op: Op, axes: list[_Axis], carrier: Carrier, window: Window, out: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[Carrier | None, Window]]:  # fmt: skip
    """Give the places in the output that see a carrier, `None` where the whole of it is seen."""
    if carrier.start and len(axes) == 1:
        yield from _arrive(op, axes[0].name, carrier._replace(dim=0), window, out)
        return
    if carrier.start:  # where the dimension is taken apart, positions in front are as any others
        if carrier.once:
            yield from _lead(op, axes, *_plain(carrier, window, prod([a.size for a in axes])), out)
        else:
            yield None, window
        return
    low, high = carrier.inner, carrier.inner * carrier.size
    inside = [a for a in axes if a.inner >= low and a.inner * a.size <= high and (a.size > 1 or a.inner == low)]
    if inside and prod([a.size for a in inside]) == carrier.size:
        together = _together(op, inside, out)
        if together is not None:
            yield together, window
            return
        below = prod([a.size for a in inside[1:]])
        if below > 1:  # the outer axis stands for all positions below one of its own
            window = window | Window(inside[0].size, below, (0,), (below - 1,))
        yield from _arrive(op, inside[0].name, Carrier(0, 1, inside[0].size), window, out)
        return
    around = next((a for a in axes if low % a.inner == 0 and a.inner * a.size % high == 0), None)  # borders on borders
    if around is None:
        if carrier.inner > 1:
            yield from _lead(op, axes, *_finer(carrier, window, 1), out)
        else:
            yield None, window
        return
    yield from _arrive(op, around.name, Carrier(0, low // around.inner, carrier.size), window, out)


def _together(op: Op, axes: list[_Axis], out: tuple[tuple[str, ...], ...]) -> Carrier | None:
    """Find axes that stay side by side in one dimension of the output."""
    names = tuple(a.name for a in axes)
    if any(f"{name}>" in route for route in op.windows for name in names):
        return None
    for i, dim in enumerate(out):
        for at in range(len(dim) - len(names) + 1):
            if dim[at : at + len(names)] == names:
                return Carrier(i, prod([op.sizes[n] for n in dim[at + len(names) :]]), prod([a.size for a in axes]))
    return None


def _arrive(
    op: Op, name: str, carrier: Carrier, window: Window, out: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[Carrier | None, Window]]:  # fmt: skip
    """Give the places that an axis (or a factor of it) comes out at."""
    routes = {route.partition(">")[2]: seen for route, seen in op.windows.items() if route.partition(">")[0] == name}
    if routes and carrier != Carrier(0, 1, op.sizes[name]):
        once = carrier.once or carrier.inner * carrier.size == op.sizes[name]
        moved = [_moved(carrier, seen, once=once) for seen in routes.values()]
        if None not in moved and all((target,) in out for target in routes):
            yield from ((one._replace(dim=out.index((target,))), window) for target, one in zip(routes, moved, strict=True) if one)
            return
        if not once:  # positions come round again: neighbours see both ends
            yield None, window
            return
        carrier, window = _plain(carrier, window, op.sizes[name])
    if name not in routes and any(name in dim for dim in out):
        routes[name] = Window(op.sizes[name])
    if not routes:
        yield None, window
    for target, seen in routes.items():
        if seen is None:
            yield None, window
            continue
        found = carrier if target == name else None
        yield from (_placed(op, i, dim, target, found, window, seen) for i, dim in enumerate(out) if target in dim)


def _placed(
    op: Op, i: int, dim: tuple[str, ...], target: str, carrier: Carrier | None, window: Window, seen: Window
) -> tuple[Carrier, Window]:  # fmt: skip
    """Say where an axis stands in a dimension of the output: as the carrier that it was, or whole."""
    below = prod([op.sizes[n] for n in dim[dim.index(target) + 1 :]])
    if carrier is None:
        return Carrier(i, below, op.sizes[target]), window | seen
    found = Carrier(i, below * carrier.inner, carrier.size, below * carrier.start, carrier.once)
    return found, window if seen.identity else window | seen


def _moved(carrier: Carrier, window: Window | None, *, once: bool) -> Carrier | None:
    """Give a carrier whose positions only moved along, some put in front or others cut off; nothing where it is simpler to look at each."""
    if window is None or window.step != 1 or len(window.lo) != 1 or window.lo != window.hi:
        return None
    start = carrier.start + window.padding
    if once and (start < 0 or start + carrier.inner * carrier.size != window.out):
        return None
    return carrier._replace(start=start, once=once and start != 0)


def seen_through(field: Field) -> list[Window | None] | None:
    """Give the window to the input along each of its axes, `None` where all is seen; nothing where one is not known."""
    windows: list[Window | None] = []
    for views in field.axes:
        window = next(iter(views.values()), None) if views is not None else None
        if views is not None and (window is None or not window.tracked):
            return None
        windows.append(window)
    return windows


def report(field: Field) -> Mapping[str, object]:
    """Put a field into figures: extents, strides and paddings per axis."""
    windows = seen_through(field)
    if windows is None:
        return {"incomplete": ("receptive_field", "effective_stride", "effective_padding")}
    known = {id(window): window for window in windows}  # axes that are alike once
    each = {key: _told(window) for key, window in known.items()}
    told = [each[id(window)] for window in windows]
    fields, strides, paddings, least, aligned = zip(*told, strict=True) if told else ((),) * 5
    found: dict[str, object] = {"receptive_field": fields, "effective_stride": strides, "effective_padding": paddings}
    if least != fields:
        found["receptive_field_min"] = least
    if not all(aligned):
        found["aligned"] = False
    return found


def _told(window: Window | None) -> tuple[int | None, int | Fraction | None, int | None, int | None, bool]:
    """Put one axis into figures: extent, stride, padding, the least extent, and whether all that met had the same centre."""
    if window is None:
        return None, None, None, None, True
    extent = _extent(window.field)
    return extent, window.stride, -window.lo[0], extent if len(window.lo) == 1 else _extent(window.least), window.aligned


def _extent(n: int) -> int:
    """Count no positions where nothing is seen: between the places that a transposed convolution with gaps writes to."""
    return n * (n > 0)
