"""Operations as tools see them: how code makes each, and whether it is a part of an attention.

`impl` beside an entry says how reference code makes it; `functional` in the file's `meta` names kinds that it calls as functions
throughout. Beside a layer that brings its norm or activation along it speaks of what has no weights: the layer and its norm are modules.
Beside attention, `functional` means functions throughout (F.linear, torch.matmul), and anything else projections that are modules of
their own, with one fused call for the rest; unless `meta` says `mha`, which of its ways nn.MultiheadAttention takes: `fast_path`, `sdpa`
or `explicit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.attention import SCORES
from archcalc.calculators.parameters import params
from archcalc.record import Record
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.algebra import Op
    from archcalc.trace import Network, Step

__all__ = ["WAYS", "Seen", "Sight"]

#: What `meta: {mha: …}` may say.
WAYS = ("fast_path", "sdpa", "explicit")


class Seen(NamedTuple):
    """One operation as a tool sees it."""

    op: Op
    impl: str = "module"
    attention: bool = False  #: whether it is a part of one
    mha: str = ""  #: the way that nn.MultiheadAttention takes, where it is a part of one
    own: int = 0  #: parameters that no earlier operation has
    frozen: bool = False  #: whether they are not trained

    @property
    def products(self) -> str:
        """How attention multiplies."""
        if not self.attention:
            return ""
        return {"explicit": "matmul", "": "matmul" if self.impl == "functional" else "sdpa"}.get(self.mha, self.mha)


class Group(Record):
    """The rows of one entry together."""

    attention: bool = False
    dressed: bool = False  #: whether the first row is the layer itself, and the others are what it brings along


class Sight:
    """Sees the steps of a network as tools do; `meta` is what its file says of itself."""

    def __init__(self, network: Network, meta: Mapping[str, object] | None = None) -> None:
        self.mha, self.functional = _way(meta or {}), _functional(meta or {})
        self.groups = _groups(network.steps())

    def __call__(self, step: Step) -> Seen:
        """See one step."""
        op, impl = step.op, step.entry.impl
        group = self.groups.get(step.group, Group()) if step.group is not None else Group()
        if impl == "module" and step.type in self.functional:
            impl = "functional"
        if group.dressed and op.weights:
            impl = "module"
        mha = self.mha if group.attention and impl == "module" else ""
        return Seen(op, impl, group.attention, mha, params(step), step.frozen)


def _groups(steps: Iterable[Step]) -> Mapping[str, Group]:
    """Look at the rows of each entry together; those that are nothing of note are left out."""
    attention, dressed = set(), set()
    for step in steps:
        if step.group is not None and step.op.kind == SCORES:
            attention.add(step.group)
        if step.group is not None and step.path == step.group:
            dressed.add(step.group)
    return {group: Group(group in attention, group in dressed) for group in attention | dressed}


def _way(meta: Mapping[str, object]) -> str:
    """Read which way nn.MultiheadAttention takes, if the file says that it is one."""
    told = meta.get("mha", "")
    if told not in ("", *WAYS):
        fail("E612", f"`mha` in `meta` is one of {', '.join(WAYS)}, not `{told}`")
    return str(told)


def _functional(meta: Mapping[str, object]) -> frozenset[str]:
    """Read which kinds the code calls as functions."""
    return frozenset(kind.strip() for kind in str(meta.get("functional", "")).split(","))
