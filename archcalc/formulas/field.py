"""The receptive field of an operation's output by that of what it reads: `R_in + D(k - 1)·J_in`, axis by axis.

R is the extent seen on the input, J how far one position moves on it (the effective stride), and the padding how far the first
position reaches before its start. With positions that differ, R is of those that see the most and R_min of those that see the least.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import Slide
from archcalc.calculators.receptive_field import Field, seen_through
from archcalc.formulas.expr import CLOSE, Expr, Largest, Letter, Number, Product, Ratio, Sum
from archcalc.formulas.operation import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.algebra import Op, Window

__all__ = ["Recurrence", "followed"]

BEFORE = "as before"


class Recurrence(NamedTuple):
    """One figure of what is seen along one axis."""

    name: str  #: R, R_min, J, padding
    expr: Expr | None
    note: str = ""


class _Axis(NamedTuple):
    """What is known along one axis of the input."""

    op: Op
    befores: tuple[Window, ...]  #: of the operands that see something of it
    after: Window
    slides: tuple[Slide, ...]  #: the kernels that slide along it here

    @property
    def alone(self) -> Window | None:
        """What each operand sees, where that is the same, and all its positions alike."""
        first = self.befores[0] if self.befores else None
        return first if first and len(first.lo) == 1 and all(before == first for before in self.befores) else None


def followed(op: Op, befores: list[Field | None], after: Field) -> list[list[Recurrence]]:
    """Explain the field along each axis of the input; nothing where it is not known."""
    windows = seen_through(after)
    if windows is None:
        return []
    of_same = [(k, field, seen_through(field)) for k, field in enumerate(befores) if field is not None and field.input == after.input]
    worked = []
    for axis, window in enumerate(windows):
        known = [seen[axis] for _, _, seen in of_same if seen is not None]
        if window is None:
            worked.append([Recurrence("R", None, f"all, {BEFORE}" if None in known else "all: the whole axis is seen")])
            continue
        slides = tuple(slide for k, field, _ in of_same for slide in _slides(op, k, field, axis))
        worked.append(list(_recur(_Axis(op, tuple(before for before in known if before is not None), window, slides))))
    return worked


def _slides(op: Op, k: int, field: Field, axis: int) -> Iterator[Slide]:
    """Find the kernels that slide over the places of operand `k` that an axis of the input went to."""
    for carrier in field.axes[axis] or ():
        for name in op.dims[0][k][carrier.dim]:
            for route, window in op.windows.items():
                made = window.made if window is not None and route.partition(">")[0] == name else None
                if isinstance(made, Slide) and (made.kernel, made.stride) != (1, 1):
                    yield made


def _recur(it: _Axis) -> Iterator[Recurrence]:
    if it.befores and all(before == it.after for before in it.befores):
        yield Recurrence("R", Number(it.after.field), BEFORE)
        if it.after.least != it.after.field:
            yield Recurrence("R_min", Number(it.after.least), BEFORE)
        yield Recurrence("J", Number(it.after.stride), BEFORE)
        yield Recurrence("padding", Number(it.after.padding), BEFORE)
        return
    extents = [b - a + 1 for a, b in zip(it.after.lo, it.after.hi, strict=True)]
    yield _extent(it, "R", extents.index(it.after.field))
    if it.after.least != it.after.field:
        yield _extent(it, "R_min", extents.index(it.after.least))
    yield _jump(it)
    yield _padding(it)


def _extent(it: _Axis, name: str, phase: int) -> Recurrence:
    """Explain how much is seen from one position of those that repeat."""
    low, high = it.after.lo[phase], it.after.hi[phase]
    if high < low:
        return Recurrence(name, Number(0), "between the positions that are written nothing is seen")
    if (before := it.alone) and (seen := _positions(before, low, high)):
        return Recurrence(name, Number(before.field), BEFORE) if seen == 1 else Recurrence(name, _grown(it, before, seen))
    fields = [before.field for before in it.befores if len(before.lo) == 1]
    if name == "R" and len(fields) > 1 and it.after.field == max(fields):
        return Recurrence(name, Largest(tuple(map(Number, fields))), _centred(it, "the widest"))
    expr = Sum(((1, Letter("last", high)), (-1, Letter("first", low)), (1, Number(1))))
    several = "the hull" if any(before != it.befores[0] for before in it.befores) else ""
    which = "" if len(it.after.lo) == 1 else f"at position {phase}"
    return Recurrence(name, expr, _centred(it, ", ".join(filter(None, (several, which)))))


def _centred(it: _Axis, note: str) -> str:
    """Say where branches meet that are centred differently."""
    met = not it.after.aligned and all(before.aligned for before in it.befores)
    return f"{note}; their centres differ" if met else note


def _positions(before: Window, low: int, high: int) -> int:
    """Count the positions of what is read from the one that begins at `low` to the one that ends at `high`, 0 if there are none such."""
    first, one = divmod(low - before.lo[0], before.step)
    last, other = divmod(high - before.hi[0], before.step)
    return last - first + 1 if one == other == 0 else 0


def _grown(it: _Axis, before: Window, seen: int) -> Expr:
    """`R_in + D(k - 1)·J_in` for a kernel that slides, and `R_in + (n - 1)·J_in` for whatever else sees n positions."""
    jump = Letter("J_in", before.step)
    slide = next((slide for slide in it.slides if slide.dilation * (slide.kernel - 1) == seen - 1), None)
    if slide is not None:
        grown = Product((*reach(slide).factors, jump), CLOSE)
    else:
        grown = Product((Sum(((1, Letter("n", seen)), (-1, Number(1)))), jump), CLOSE)
    return Sum(((1, Letter("R_in", before.field)), (1, grown)))


def _jump(it: _Axis) -> Recurrence:
    """`J_in·S`, or `J_in / S` where positions are spread out."""
    strides = {before.stride for before in it.befores}
    if len(strides) != 1 or not (stride := strides.pop()):
        return Recurrence("J", Number(it.after.stride))
    times = Fraction(it.after.stride) / stride
    if times == 1 and not it.slides:
        return Recurrence("J", Number(it.after.stride), BEFORE)
    jump = Letter("J_in", stride)
    if times.numerator == 1 and times.denominator > 1:
        return Recurrence("J", Ratio(jump, Letter("S", times.denominator)))
    return Recurrence("J", Product((jump, Letter("S", int(times) if times.denominator == 1 else times)), CLOSE))


def _padding(it: _Axis) -> Recurrence:
    """`padding_in + P·J_in`: P positions of what is read are before its start."""
    after, before = it.after.padding, it.alone
    if before is None or (after - before.padding) % before.step:
        return Recurrence("padding", Number(after))
    places = (after - before.padding) // before.step
    if not places and not it.slides:
        return Recurrence("padding", Number(after), BEFORE)
    grown = Product((Letter("P", places), Letter("J_in", before.step)), CLOSE)
    return Recurrence("padding", Sum(((1, Letter("padding_in", before.padding)), (1, grown))))
