"""Conventions as files beside this one."""

from __future__ import annotations

from functools import cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.conventions.convention import UNKNOWN, Convention, Rule
from archcalc.layers import meant
from archcalc.spec.diagnostics import fail
from archcalc.spec.expression import ExpressionError, expression
from archcalc.spec.files import read_text
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["known", "load"]

FOLDER = Path(__file__).parent
#: The first of all, and the order of what stands beside it in reports.
ORDER = (
    "paper", "fvcore", "torchinfo-1.8", "torchinfo-main", "ptflops-pytorch", "ptflops-pytorch-module", "ptflops-aten", "thop-0.1",
    "thop-ultralytics-2.2", "calflops-0.3", "deepspeed", "torchscan-0.2", "keras", "netscope", "onnx-tool",
)  # fmt: skip


def known() -> tuple[str, ...]:
    """Name all conventions, `paper` first."""
    found = {path.stem for path in FOLDER.glob("*.yaml")}
    return (*(name for name in ORDER if name in found), *sorted(found - {*ORDER}))


@cache
def load(name: str) -> Convention:
    """Read a convention by its name. Raises `SpecError` where there is none."""
    if name not in known():
        fail("E610", f"no convention is called `{name}`", help=meant(name, known()) or f"there are {', '.join(known())}")
    data: Any = parse(read_text(str(FOLDER / f"{name}.yaml"))).data()
    base = load(data["like"]) if "like" in data else None
    rules = _rules(name, data, base.rules if base else {})
    causes = {cause for of in rules.values() for rule in of.values() for cause in (rule.terms if rule else ())}
    quirks = {**(base.quirks if base else {}), **(data.get("quirks") or {})}
    convention = Convention(
        name=name,
        tool=str(data.get("tool") or (base.tool if base else name)),
        version=str(data.get("version", "")),
        url=str(data.get("url") or (base.url if base else "")),
        figures=data.get("figures") or (base.figures if base else {}),
        rules=rules,
        quirks={cause: said for cause, said in quirks.items() if cause in causes},
    )
    convention.check()
    return convention


def _rules(name: str, data: Mapping[str, Any], before: Mapping[str, Mapping[str, Rule | None]]) -> dict[str, dict[str, Rule | None]]:
    """Read the rules of each quantity that the tool has a figure for."""
    quantities = dict.fromkeys([*before, *(key for key in data.get("rules") or {})])
    mine = data.get("rules") or {}
    return {
        quantity: {**before.get(quantity, {}), **{key: _rule(f"{name}, `{key}`", told) for key, told in (mine.get(quantity) or {}).items()}}
        for quantity in quantities
    }


def _rule(where: str, told: object) -> Rule | None:
    """Read one rule: terms by their causes, nothing at all, or `n/a`."""
    if told == UNKNOWN:
        return None
    try:
        return Rule({cause: expression(str(text), inf) for cause, text in told.items()} if isinstance(told, dict) else {})
    except ExpressionError as error:
        fail("E611", f"convention {where}: {error.message}", help=error.hint)
