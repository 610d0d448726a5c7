"""Variables and input shapes: the file's, the variant's, the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from archcalc.algebra import LARGEST, UNNAMED, Tensor
from archcalc.layers import meant
from archcalc.spec.diagnostics import Source, SpecError, fail
from archcalc.spec.entries import Pipelines
from archcalc.spec.expression import Unclear
from archcalc.spec.scope import Scope
from archcalc.spec.source import parse
from archcalc.spec.values import misfit
from archcalc.trace import Frame

if TYPE_CHECKING:
    from archcalc.spec.document import Document, Formula, Input, Variant

__all__ = ["Values"]


class Values:
    """Settles variables and inputs: the file's, the variant's, the caller's."""

    def __init__(
        self, document: Document, variant: Variant | None, sets: Mapping[str, object], inputs: Mapping[str, object]
    ) -> None:  # fmt: skip
        self.declared, self.sets, self.given = document.variables, sets, inputs
        self.overrides = variant.values if variant else {}
        self.inputs = {**document.inputs, **(variant.inputs if variant else {})}

    def settle(self) -> tuple[dict[str, object], list[tuple[str, Tensor]]]:
        """Give the variables, input sizes among them, and the input tensors."""
        dims = {axis for one in self.inputs.values() for axis in one.axes or ()}
        for name in self.sets:
            if name not in self.declared and name not in dims:
                known = [*self.declared, *dims]
                hint = meant(name, known) or (f"there are {', '.join(known)}" if known else "the file declares none")
                fail("E604", f"--set {name}: the spec has no variable `{name}`", help=hint)
        for name in self.given:
            if name not in self.inputs and name:
                fail(
                    "E604",
                    f"--input {name}: the spec has no input `{name}`",
                    help=meant(name, self.inputs) or f"there are {', '.join(self.inputs)}",
                )
        shapes = {name: _shape(name, given) for name in self.inputs if (given := self.asked(name)) is not None}
        values = self.variables(self.lengths(shapes))
        tensors = [(name, self.tensor(one, shapes.get(name), values)) for name, one in self.inputs.items()]
        values |= self.named_sizes(values, tensors)
        return values, tensors

    def asked(self, name: str) -> object:
        """Give the shape that the caller gave an input; one without a name is for the first."""
        return self.given.get(name, self.given.get("") if name == next(iter(self.inputs)) else None)

    def lengths(self, shapes: Mapping[str, tuple[Any, ...]]) -> dict[str, int]:
        """Give the variables whose values follow from the shapes that the caller gave: those that an axis is called as."""
        found: dict[str, int] = {}
        for name, shape in shapes.items():
            for axis, size in zip(self.inputs[name].axes or (), shape, strict=False):
                if axis in self.sets:
                    fail("E604", f"--input {name} and --set {axis} both say how long axis `{axis}` is")
                told = axis in self.declared and not misfit(size, "int") and size >= 1  # others are refused as sizes
                if told and found.setdefault(axis, int(size)) != size:
                    fail("E604", f"--input {name}: axis `{axis}` is {size} here and {found[axis]} in another, and one variable for both")
        return found

    def named_sizes(self, values: Mapping[str, object], tensors: list[tuple[str, Tensor]]) -> dict[str, object]:
        """Give the axes by their names; `left.h` tells apart those that differ."""
        sizes: dict[str, dict[str, int]] = {}
        for name, tensor in tensors:
            for axis, size in zip(self.inputs[name].axes or (), tensor.shape, strict=False):
                sizes.setdefault(axis, {})[name] = size
                if axis in self.declared and values[axis] != size:
                    message = f"`{axis}` is {values[axis]} as a variable and {size} as an axis of `{name}`"
                    raise SpecError((self.inputs[name].place.problem("E207", message, "give one of them another name"),))
        return {axis: _one_of(axis, several) for axis, several in sizes.items()}

    def variables(self, lengths: Mapping[str, int]) -> dict[str, object]:
        """Evaluate the variables in order; `lengths` are those of axes, which the caller told."""
        values: dict[str, object] = {}
        for name, formula in self.declared.items():
            frame = Frame(values, {}, None)
            value = lengths[name] if name in lengths else self.overrides.get(name, formula)(frame)
            values[name] = self.set_value(name, value, frame) if name in self.sets else value
        return values

    def set_value(self, name: str, old: object, frame: Frame) -> object:
        """Read a value from the command line as the file would, and keep to the type of what it replaces."""
        value = self.sets[name]
        if isinstance(value, str):
            value = _evaluated(f"--set {name}", value, frame)
        kind = {bool: "bool", int: "float", float: "float", list: "list", str: "str"}.get(type(old), "any")
        if reason := misfit(value, kind):
            fail("E604", f"--set {name}: {reason}", help=f"the file says {old}")
        return value

    def tensor(self, one: Input, given: tuple[Any, ...] | None, values: dict[str, object]) -> Tensor:
        """Give the shape of an input."""
        shape: tuple[Any, ...]
        if given is not None:
            shape = given
        else:
            frame = Frame(values, {}, None)
            axes_named = one.axes or ("",) * len(one.sizes)
            shape = tuple(self.size(axis, formula, frame) for axis, formula in zip(axes_named, one.sizes, strict=True))
        for n in shape:
            if misfit(n, "int") or not 1 <= n <= LARGEST:
                reason = misfit(n, "int") or f"must be at least 1 and at most 10^18, not {n}"
                raise SpecError((one.place.problem("E233", f"input `{one.name}`: the size of an axis {reason}"),))
        axes = one.axes or UNNAMED.get(len(shape))
        if axes is None or len(axes) != len(shape):
            wanted = f"{len(one.axes)} axes ({', '.join(one.axes)})" if one.axes else "1 to 4 axes"
            fail("E604", f"--input {one.name}: takes {wanted}, not {len(shape)}")
        return Tensor(tuple(map(int, shape)), tuple(axes))

    def size(self, axis: str, formula: Formula, frame: Frame) -> object:
        """Give the size of one axis: the caller's, if its name is not a variable's, or the file's."""
        if axis not in self.sets or axis in self.declared:
            return formula(frame)
        size = self.set_value(axis, formula(frame), frame)
        if reason := misfit(size, "int"):
            fail("E604", f"--set {axis}: {reason}")
        return size


def _evaluated(where: str, text: str, frame: Frame) -> object:
    """Read a text as a value of a spec file."""
    source = Source(where, text)
    reader = Pipelines(source)
    formula = reader.formula(parse(source), Scope(frame.variables, []), "value")
    reader.stop()
    return formula(frame)


def _one_of(axis: str, sizes: Mapping[str, int]) -> object:
    """Give the size that an axis has in all the inputs, or what stands for several."""
    if len(set(sizes.values())) == 1:
        return min(sizes.values())
    said = " and ".join(f"{size} in `{name}`" for name, size in sizes.items())
    return Unclear(f"`{axis}` is {said}", f"write `{next(iter(sizes))}.{axis}` to say which")


def _shape(name: str, given: object) -> tuple[Any, ...]:
    if isinstance(given, int) and not isinstance(given, bool):
        return (given,)
    if isinstance(given, str):
        parts = given.replace("x", ",").split(",")
        if not all(part.strip().isdecimal() and len(part) < 20 for part in parts):
            fail("E604", f"--input {name}: `{given[:40]}` is no shape", help="write `--input image=3,256,256`")
        return tuple(map(int, parts))
    if not isinstance(given, Iterable) or isinstance(given, Mapping | bytes):
        fail("E604", f"--input {name}: `{str(given)[:40]}` is no shape", help="a shape is a number, or a list of them")
    return tuple(given)
