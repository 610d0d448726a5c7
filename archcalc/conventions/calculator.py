"""MACs, FLOPs and parameters as another tool counts them, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.conventions.convention import QUANTITIES
from archcalc.conventions.letters import letters
from archcalc.conventions.reading import load
from archcalc.conventions.seen import Sight
from archcalc.spec.diagnostics import MOST_ERRORS, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.calculators import Settings, Sums
    from archcalc.conventions.convention import Convention
    from archcalc.conventions.seen import Seen
    from archcalc.spec.diagnostics import Diagnostic
    from archcalc.trace import Network, Step

__all__ = ["Conventional", "refuse_unknown"]


class Conventional:
    """Sums what a convention counts; what it has no rule for is not known, and makes the totals lower bounds."""

    def __init__(self, network: Network, settings: Settings) -> None:
        self.convention = load(settings.convention)
        self.sight = Sight(network, settings.meta)
        self.counted = tuple(quantity for quantity in QUANTITIES if quantity != "params" or quantity in self.convention.rules)
        self.known: dict[Seen, Mapping[str, object]] = {}
        if settings.strict:
            refuse_unknown((self.convention,), network, self.sight)

    def row(self, step: Step) -> Mapping[str, object]:
        """Count one operation."""
        seen = self.sight(step)
        found = self.known.get(seen)
        if found is None:
            found = self.known[seen] = self.figures(seen)
        return found

    def figures(self, seen: Seen) -> Mapping[str, object]:
        """Work out what is counted for an operation like this."""
        env, found, unknown = letters(seen), dict[str, object](), []
        for quantity in self.counted:
            terms = self.convention.terms(quantity, seen, env)
            if terms is None:
                unknown.append(quantity)
            elif quantity == "params":
                found |= _parameters(seen, sum(terms.values()))
            elif terms:
                found[quantity] = sum(terms.values())
        return {**found, "incomplete": tuple(unknown)} if unknown else found

    def totals(self, sums: Sums) -> Mapping[str, object]:
        """Give the sums."""
        incomplete = tuple(quantity for quantity in QUANTITIES if quantity in sums.unknown)
        names = ("macs", "flops", *(("params", "trainable", "frozen") if "params" in self.counted else ()))
        return {**{name: sums[name] for name in names}, **({"incomplete": incomplete} if incomplete else {})}


def _parameters(seen: Seen, count: int) -> dict[str, object]:
    """Split what a convention takes for parameters into those trained and all others."""
    trainable = min(0 if seen.frozen else seen.own, count)
    return {"params": count, "trainable": trainable, "frozen": count - trainable}


def refuse_unknown(conventions: tuple[Convention, ...], network: Network, sight: Sight) -> None:
    """Refuse a network with operations that one of the conventions has no rule for."""
    found = {(one.source, one.span, one.message): one for one in _unknown(conventions, network, sight)}
    if found:
        raise SpecError(tuple(found.values())[: MOST_ERRORS + 1])


def _unknown(conventions: tuple[Convention, ...], network: Network, sight: Sight) -> Iterator[Diagnostic]:
    answers: dict[tuple[str, Seen], str] = {}
    for step in network.steps():
        seen = sight(step)
        for convention in conventions:
            if (convention.name, seen) not in answers:
                answers[convention.name, seen] = _what(convention, seen)
            if said := answers[convention.name, seen]:
                yield step.entry.place.problem("E613", said)


def _what(convention: Convention, seen: Seen) -> str:
    """Say what is not known of an operation, if anything."""
    unknown = [convention.figures[q] for q in convention.figures if convention.terms(q, seen) is None]
    return f"{convention.name} has no rule for `{seen.op.kind}`: its {' and '.join(unknown)} are not known" if unknown else ""
