"""Variables and input shapes: the file's, the variant's, the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.algebra import UNNAMED, Tensor
from archcalc.layers import meant
from archcalc.spec.diagnostics import Source, SpecError, fail
from archcalc.spec.entries import Pipelines
from archcalc.spec.scope import Scope
from archcalc.spec.source import parse
from archcalc.spec.values import misfit
from archcalc.trace import Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.spec.document import Document, Formula, Input, Variant

__all__ = ["LARGEST", "Values"]

LARGEST = 10**18  #: of a size, and of a batch


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
        for name, one in self.inputs.items():
            both = [axis for axis in one.axes or () if axis in self.sets and axis not in self.declared and name in self.given]
            if both:
                fail("E604", f"--input {name} and --set {both[0]} both say how long axis `{both[0]}` is")
        values = self.variables()
        tensors = [(name, self.tensor(one, values, first=i == 0)) for i, (name, one) in enumerate(self.inputs.items())]
        values |= self.named_sizes(values, tensors)
        return values, tensors

    def named_sizes(self, values: Mapping[str, object], tensors: list[tuple[str, Tensor]]) -> dict[str, int]:
        """Give the axes that have one size wherever they are named; `left.h` tells apart those that differ."""
        sizes: dict[str, set[int]] = {}
        for name, tensor in tensors:
            for axis, size in zip(self.inputs[name].axes or (), tensor.shape, strict=False):
                sizes.setdefault(axis, set()).add(size)
                if axis in self.declared and not {name, ""} & set(self.given) and values[axis] != size:
                    message = f"`{axis}` is {values[axis]} as a variable and {size} as an axis of `{name}`"
                    raise SpecError((self.inputs[name].place.problem("E207", message, "give one of them another name"),))
        return {axis: min(several) for axis, several in sizes.items() if len(several) == 1}

    def variables(self) -> dict[str, object]:
        """Evaluate the variables in order."""
        values: dict[str, object] = {}
        for name, formula in self.declared.items():
            frame = Frame(values, {}, None)
            value = self.overrides.get(name, formula)(frame)
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

    def tensor(self, one: Input, values: dict[str, object], *, first: bool) -> Tensor:
        """Give the shape of an input."""
        given = self.given.get(one.name, self.given.get("") if first else None)
        if given is not None:
            shape = _shape(one.name, given)
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
        size = self.set_value(axis, 1, frame)
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


def _shape(name: str, given: object) -> tuple[Any, ...]:
    if isinstance(given, str):
        parts = given.replace("x", ",").split(",")
        if not all(part.strip().isdecimal() and len(part) < 20 for part in parts):
            fail("E604", f"--input {name}: `{given[:40]}` is no shape", help="write `--input image=3,256,256`")
        return tuple(map(int, parts))
    return tuple(given)  # type: ignore[arg-type]
