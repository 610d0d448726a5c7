"""What a walk may spend, and what it says when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.spec.diagnostics import SpecError
from archcalc.spec.values import misfit

if TYPE_CHECKING:
    from archcalc.spec.diagnostics import Diagnostic
    from archcalc.spec.document import Entry, Formula, Place
    from archcalc.spec.precision import Precision
    from archcalc.trace import Network
    from archcalc.trace.frame import Frame

__all__ = ["LEVELS", "Budget"]

LEVELS = 100  #: pipelines inside each other, those of called blocks included


class Budget:
    """Counts steps and rows, evaluates formulas, and adds the chain of calls to every error."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.next = len(network.inputs)  #: id of the tensor that is made next
        self.spent = 0  #: expansion steps
        self.calls: tuple[str, ...] = ()
        self.fewest: dict[Entry, int] = {}  #: rows that a copy of an entry makes, as far as that is known before it runs

    def spend(self, place: Place, steps: int = 1) -> None:
        """Spend expansion steps; the budget is bounded."""
        self.spent += steps
        if self.spent > self.network.most_steps:
            hint = "if you trust this file, allow more with `--max-layers N`"
            raise self.error(place, "E501", f"the loops and calls of this file take more than {self.network.most_steps:,} steps", hint)

    def limit(self, place: Place, more: int = 0) -> None:
        """Refuse to make more rows than allowed, one now and `more` after it."""
        if self.next - len(self.network.inputs) + more >= self.network.most_layers:
            hint = "if you trust this file, allow more with `--max-layers N`"
            raise self.error(place, "E502", f"this file makes more than {self.network.most_layers:,} layers", hint)

    def error(self, place: Place, code: str, message: str, hint: str = "") -> SpecError:
        """Make an error with the chain of calls that led here."""
        return self.located(SpecError((place.problem(code, message, hint),)))

    def located(self, error: SpecError) -> SpecError:
        """Add the chain of calls to an error from inside a block."""
        if not self.calls:
            return error
        return SpecError(tuple(_noted(one, self.calls) for one in error.diagnostics))

    def value(self, formula: Formula | Precision, frame: Frame) -> Any:
        """Evaluate a formula."""
        try:
            return formula(frame)
        except SpecError as error:
            raise self.located(error) from None

    def typed(self, formula: Formula, frame: Frame, kind: str, what: str) -> Any:
        """Evaluate a formula and check its type."""
        value = self.value(formula, frame)
        if reason := misfit(value, kind):
            raise self.error(formula.place, "E233", f"{what} {reason}")
        return int(value) if kind == "int" else value


def _noted(one: Diagnostic, calls: tuple[str, ...]) -> Diagnostic:
    return replace(one, notes=(*one.notes, *reversed(calls)))  # the innermost call first
