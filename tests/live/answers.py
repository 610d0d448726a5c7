"""What archcalc and PyTorch answer, and where they differ."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers import calculate

from archcalc.spec.diagnostics import SpecError
from live.both import STRICTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from live.cases import Case

Shape = tuple[int, ...]
#: What PyTorch refuses with; whatever else it raises is no answer.
REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, ZeroDivisionError)
#: What archcalc refuses with what PyTorch refuses too: a value of a field, or the shapes.
CODES = {"E233", "E401"}


class Answer(NamedTuple):
    """What there is to know of a layer or a network."""

    shapes: tuple[Shape, ...]
    trainable: int
    frozen: int
    buffers: int
    macs: int | None = None  #: where they are compared


class Refusal(NamedTuple):
    """Why there is no answer."""

    why: str


class Failure(NamedTuple):
    """What went wrong instead of an answer: a defect, of archcalc or of what was drawn."""

    why: str


def ours(case: Case) -> Answer | Refusal | Failure:
    """Ask archcalc."""
    try:
        made = calculate(case.spec, batch=case.batch or 1)
    except SpecError as error:
        first = error.diagnostics[0]
        return Refusal(first.message) if {one.code for one in error.diagnostics} <= CODES else Failure(f"{first.code}: {first.message}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is shown with its case
        return Failure(repr(error))
    totals = made.totals
    macs = totals.macs if case.products else None
    return Answer(tuple(made.outputs.values()), totals.trainable, totals.frozen, totals.buffers, macs)


class PyTorch:
    """Runs scripts; on the meta device nothing is computed."""

    def __init__(self, torch: Any) -> None:
        from torch.utils.flop_counter import FlopCounterMode  # type: ignore[import-not-found]

        self._torch, self._counter = torch, FlopCounterMode
        self._names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}

    def run(self, script: str, device: str = "meta", before: Mapping[str, Any] | None = None) -> dict[str, Any] | Refusal:
        """Give all names that a script leaves, those of `before` among them."""
        names = dict(self._names if before is None else before)
        try:
            with warnings.catch_warnings(action="ignore"), self._torch.no_grad(), self._torch.device(device):
                exec(script, names)  # noqa: S102 - the scripts are ours
        except REFUSALS as error:
            return Refusal(f"{type(error).__name__}: {error}".strip().splitlines()[0])
        return names

    def ask(self, case: Case, device: str = "meta") -> Answer | Refusal:
        """Run the script of a case, and look at what it made."""
        if case.products:
            with self._counter(display=False) as counter:
                names = self.run(case.script, device)
            macs = counter.get_total_flops() // 2
        else:
            names, macs = self.run(case.script, device), None
        if isinstance(names, Refusal):
            return names
        made = names["out"] if isinstance(names["out"], tuple | list) else [names["out"]]
        params = self.owned(names, "parameters")
        trained = sum(p.numel() for p in params if p.requires_grad)
        return Answer(
            tuple(without(case.batch, tuple(tensor.shape)) for tensor in made), trained, sum(p.numel() for p in params) - trained,
            sum(b.numel() for b in self.owned(names, "buffers")), macs,
        )  # fmt: skip

    def owned(self, names: Mapping[str, Any], what: str) -> list[Any]:
        """Give the parameters, or the buffers, of all modules that a script has made, each once."""
        seen: dict[int, Any] = {}
        for value in names.values():
            if isinstance(value, self._torch.nn.Module):
                seen.update((id(one), one) for one in getattr(value, what)())
            elif isinstance(value, self._torch.nn.Parameter) and what == "parameters":
                seen[id(value)] = value
        return list(seen.values())


def without(batch: int | None, shape: Shape) -> Shape:
    """Take the batch off a shape, which has it; where it was lost, the shape stays, and will differ."""
    return shape[1:] if batch is not None and shape[:1] == (batch,) else shape


def compared(case: Case, torch: PyTorch) -> tuple[Answer | Refusal, Answer | Refusal | Failure, str]:
    """Ask both: give what PyTorch answers, what archcalc answers, and how they differ, or nothing."""
    theirs, made = torch.ask(case), ours(case)
    if isinstance(theirs, Answer) and isinstance(made, Refusal):
        theirs = torch.ask(case, "cpu")  # meta tensors are let through where numbers are not
    reason = stricter(case, theirs)
    same = isinstance(made, Refusal) if isinstance(theirs, Refusal) else made == theirs
    if isinstance(made, Refusal) if reason else same:
        return theirs, made, ""
    must = f", which archcalc must refuse: {STRICTER[reason]}" if reason else ""
    return theirs, made, f"PyTorch: {theirs}{must}\narchcalc: {made}"


def stricter(case: Case, theirs: Answer | Refusal) -> str:
    """Say why archcalc must refuse what PyTorch takes, if it must."""
    if isinstance(theirs, Refusal):
        return ""
    return "empty" if any(0 in shape for shape in theirs.shapes) else case.stricter
