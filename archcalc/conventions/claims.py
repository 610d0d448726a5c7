"""What gives a figure that somebody claims: which convention, which quantity, and of which network.

Beside the network as it is: cut off before its dense layers at the end, the file's other variants and switches, other ways of attention,
the usual input sizes, and batches. A figure matches where it equals the claim at the precision that it is written with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archcalc.conventions.scenarios import scenarios
from archcalc.record import Record
from archcalc.spec.diagnostics import fail
from archcalc.spec.expect import ExpectError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.api import Spec
    from archcalc.conventions.convention import Convention
    from archcalc.conventions.scenarios import Scenario
    from archcalc.options import Options

__all__ = ["Claim", "Match", "Verdict", "judge"]

#: What words mean: MACs are often called FLOPs.
WORDS = {
    "": ("macs", "flops", "params"), "mac": ("macs",), "madd": ("macs",), "mult-add": ("macs",), "flop": ("macs", "flops"),
    "op": ("macs", "flops"), "param": ("params",), "parameter": ("params",), "weight": ("params",),
}  # fmt: skip
#: A number with a unit, and what it is said to count.
WRITTEN = re.compile(rf"\s*[~≈]?\s*(?P<number>\d[\d.,_]*(?:[eE]\+?\d+)?)\s*(?P<unit>[kKMGTB]?)\s*(?P<word>(?i:{'|'.join(WORDS)})s?)\s*")
#: How far from plain it is to count twice the MACs, or to count as another tool does.
DOUBLED, OTHERWISE = 1, 2


class Claim(NamedTuple):
    """A figure as somebody wrote it."""

    text: str
    low: int  #: the least integer that it may stand for
    high: int  #: the greatest
    quantities: tuple[str, ...]


class Match(Record):
    """What gives a figure."""

    scenario: Scenario
    quantity: str
    total: int
    conventions: tuple[str, ...]  #: all that give this very figure
    bound: bool = False  #: whether the figure is a lower bound
    effort: int = 0  #: how far from plain this is


class Verdict(Record):
    """What gives a claimed figure, the plainest first; where nothing does, what comes nearest."""

    claim: Claim
    matches: tuple[Match, ...]
    nearest: Match | None


def judge(text: str, spec: Spec, options: Options, conventions: Sequence[Convention]) -> Verdict:
    """Find all that gives a claimed figure."""
    claim = _read(text)
    found = sorted(_merged(_candidates(claim, scenarios(spec, options), conventions)), key=lambda match: match.effort)
    matches = tuple(match for match in found if claim.low <= match.total <= claim.high)
    nearest = min(found, key=lambda match: (_far(claim, match.total), match.effort), default=None)
    return Verdict(claim, matches, nearest)


def _read(text: str) -> Claim:
    """Read `4.12 G`, `25.6M params` or `4,089,184,256`.

    >>> _read("4.12 GMACs")
    Claim(text='4.12 GMACs', low=4115000000, high=4124999999, quantities=('macs',))
    """
    written = WRITTEN.fullmatch(text)
    hint = "write `4.12 G`, `4.1 GFLOPs`, `25.6 M params` or a whole number"
    if written is None:
        fail("E614", f"`{text[:40]}` is no figure that a tool gives", help=hint)
    try:
        expected = parse("params", f"~{written['number']} {written['unit']}".strip())
    except ExpectError as error:
        fail("E614", error.message, help=hint)
    return Claim(text.strip(), expected.low or 0, expected.high or 0, WORDS[written["word"].lower().removesuffix("s")])


def _candidates(claim: Claim, every: Iterable[Scenario], conventions: Sequence[Convention]) -> Iterator[Match]:
    """Give every figure of every convention for every scenario; what changes nothing of the network as it is says nothing."""
    plain: dict[tuple[str, str], int] = {}
    for scenario in every:
        for convention in conventions:
            for quantity in filter(convention.counts, claim.quantities):
                found = scenario.inventory.sum(convention, quantity)
                total, known = found.total, plain.setdefault((convention.name, quantity), found.total)
                if total and (total != known or not scenario.words):
                    effort = scenario.effort + DOUBLED * (quantity == "flops") + OTHERWISE * (convention is not conventions[0])
                    yield Match(scenario, quantity, total, (convention.name,), bool(found.unknown), effort)


def _merged(candidates: Iterable[Match]) -> Iterator[Match]:
    """Name conventions that agree together."""
    groups: dict[tuple[int, str, int, bool], list[Match]] = {}
    for match in candidates:
        groups.setdefault((id(match.scenario), match.quantity, match.total, match.bound), []).append(match)
    for first, *others in groups.values():
        names = (*first.conventions, *(name for other in others for name in other.conventions))
        yield Match(first.scenario, first.quantity, first.total, names, first.bound, first.effort)


def _far(claim: Claim, total: int) -> int:
    return max(claim.low - total, total - claim.high, 0)
