"""A convention: what one tool counts for each kind of operation, and why."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.conventions.letters import LETTERS, letters
from archcalc.record import Record
from archcalc.spec.diagnostics import fail
from archcalc.spec.expression import Expression, ExpressionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.conventions.seen import Seen

__all__ = ["CAUSES", "NO_RULE", "QUANTITIES", "UNKNOWN", "Convention", "Rule", "Terms"]

#: What a convention may count.
QUANTITIES = ("macs", "flops", "params")
#: Why something is counted, in the order of reports; what a tool alone does stands among its `quirks`.
CAUSES = (
    "convolutions", "dense layers", "matrix products", "attention projections", "scores and values", "recurrent layers", "declared",
    "bias", "batch norm", "other norms", "activations", "softmax", "pooling", "resizing", "elementwise", "embedding", "gates", "dropout",
    "scaling", "additions", "function calls", "parameters", "running statistics", "not seen", "not trained", "no rule",
)  # fmt: skip
#: What every product of an operation that has no rule goes by, where totals are compared.
NO_RULE = "no rule"
#: What the parameters of a tool that does nothing else go by.
PARAMETERS = "parameters"

#: What stands for an answer that is not known, for a kind or as the value of an expression.
UNKNOWN = "n/a"

Terms = dict[str, int]


class Rule(Record):
    """What is counted for one kind of operation: expressions by their causes."""

    terms: Mapping[str, Expression]

    def __call__(self, env: Mapping[str, object]) -> Terms | None:
        """Work the terms out, those that are zero left out; nothing where one of them is `'n/a'`."""
        found = {}
        for cause, expression in self.terms.items():
            value = expression(env)
            if value == UNKNOWN:
                return None
            if value:
                found[cause] = _whole(value)
        return found


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ExpressionError("E304", f"a count is a whole number, not {value}")
    return int(value)


class Convention(Record, kw_only=True):
    """How one version of a tool counts."""

    name: str
    tool: str
    version: str
    url: str
    figures: Mapping[str, str]  #: what the tool calls each quantity that it has
    rules: Mapping[str, Mapping[str, Rule | None]]  #: quantity -> key -> rule; `None` where it is not known
    quirks: Mapping[str, str] = field(default_factory=dict)  #: causes that are this tool's alone, each with an explanation
    _found: dict[tuple[str, str, bool], Rule | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def counts(self, quantity: str) -> bool:
        """Tell whether the tool gives a quantity; FLOPs are also twice what it gives for MACs."""
        return quantity in self.figures or (quantity == "flops" and "macs" in self.figures)

    def rule(self, quantity: str, seen: Seen) -> Rule | None:
        """Find the rule for an operation, the most specific one; nothing where there is none."""
        kind, attention = seen.op.kind, seen.attention
        if (quantity, kind, attention) not in self._found:
            rules, keys = self.rules.get(quantity, {}), (kind, kind.partition(":")[0])
            every = (*(f"attention.{key}" for key in keys if attention), *keys, "*")
            self._found[quantity, kind, attention] = next((rules[key] for key in every if key in rules), None)
        return self._found[quantity, kind, attention]

    def terms(self, quantity: str, seen: Seen, env: Mapping[str, object] | None = None) -> Terms | None:
        """Count one operation for one sample; nothing where it is not known what the tool answers."""
        if quantity == "flops" and quantity not in self.rules:
            half = self.terms("macs", seen, env)
            return half if half is None else {cause: 2 * n for cause, n in half.items()}
        if quantity == "params" and quantity not in self.rules:
            return {PARAMETERS: seen.own} if seen.own else {}
        rule = self.rule(quantity, seen)
        try:
            return rule(env if env is not None else letters(seen)) if rule is not None else None
        except ExpressionError as error:
            fail("E305", f"convention {self.name}, `{seen.op.kind}`: {error.message}", help=error.hint)

    def check(self) -> None:
        """Refuse causes that are not declared and letters that there are none of."""
        for quantity, rules in self.rules.items():
            if quantity not in QUANTITIES:
                fail("E611", f"convention {self.name}: there is no quantity `{quantity}`")
            for key, rule in rules.items():
                for cause, expression in rule.terms.items() if rule else ():
                    if cause not in CAUSES and cause not in self.quirks:
                        fail("E611", f"convention {self.name}, `{key}`: `{cause}` is neither a cause nor a quirk")
                    try:
                        expression.check(LETTERS)
                    except ExpressionError as error:
                        fail("E611", f"convention {self.name}, `{key}`: {error.message}", help=error.hint)
