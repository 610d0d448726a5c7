"""`precision`, of a file or beside an entry: a word for weights and activations, or each key apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.calculators.precision import BITS, GROUPS, KEYS, NONE, PrecisionError, Stated, alone, checked
from archcalc.layers import meant
from archcalc.record import Record
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.document import Formula, Place
from archcalc.spec.values import Values, kind_of

if TYPE_CHECKING:
    from archcalc.spec.scope import Scope
    from archcalc.spec.source import Node

__all__ = ["LONE", "Precision", "Precisions"]

#: What a lone value is of.
LONE = ("weights", "activations")
#: Words that mean themselves, unless a variable is called so.
WORDS = frozenset({*BITS, *GROUPS, NONE})
EXAMPLE = "write `precision: int8`, or `precision: {weights: int4, activations: fp16, group: 128}`"


class Precision(Record):
    """What is written of precision: formulas by their keys."""

    keys: tuple[tuple[str, Formula], ...]

    def __call__(self, env: Any) -> Stated:
        """Evaluate it; an error points into the file."""
        return Stated(**{key: _checked(key, formula, formula(env)) for key, formula in self.keys})

    @property
    def names(self) -> frozenset[str]:
        """The names that it reads."""
        return frozenset().union(*(formula.names for _, formula in self.keys))


class Precisions(Values):
    """Reads what is written of precision."""

    def precision(self, node: Node, scope: Scope, *, whole: bool = False) -> Precision:
        """Read `precision`; that of the `whole` file has nothing around it that it could be a part of."""
        if not isinstance(node.value, dict):
            formula = self.precise("weights", node, scope)
            return Precision(tuple((key, formula) for key in LONE) if formula else ())
        for key in node.value:
            place = Place(self.source, node.at((key,), key=True))
            if key not in KEYS:
                self.report("E204", f"`precision` has no `{key}`", place, meant(key, KEYS) or f"there are {', '.join(KEYS)}")
            elif key in alone(node.value) and (whole or "weights" in node.value):
                self.report("E204", f"there is no `{key}` without a group", place, "write `group: 128`, `channel` or `tensor` beside it")
        found = ((key, self.precise(key, item, scope)) for key, item in node.value.items() if key in KEYS)
        return Precision(tuple((key, formula) for key, formula in found if formula is not None))

    def precise(self, key: str, node: Node, scope: Scope) -> Formula | None:
        """Read the value of one key: a name, a number, an expression, or a text with `$` in it."""
        value = node.value
        if value is None or isinstance(value, list | dict):
            self.report("E233", f"`{key}` takes one value, not {kind_of(node)}", node, EXAMPLE)
            return None
        text = value.strip() if isinstance(value, str) else ""
        itself = text in WORDS and text not in scope.known
        formula = Formula(text, self.place(node)) if itself else self.formula(node, scope, "text" if "$" in text else "value")
        if formula.constant and formula.value is not None:
            try:
                _checked(key, formula, formula({}))
            except SpecError as error:
                self.add(*error.diagnostics)
        return formula


def _checked(key: str, formula: Formula, value: object) -> Any:
    try:
        return checked(key, value)
    except PrecisionError as error:
        raise SpecError((formula.place.problem("E233", error.message, error.help),)) from None
