"""What `archcalc infer` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.columns import UNKNOWN
from archcalc.report.numbers import brief, capacity, quantity, thousands
from archcalc.report.pages import Figure, Figures, Page
from archcalc.report.pages.estimate import seconds
from archcalc.report.pages.figures import count, octets, setting
from archcalc.report.shapes import TIMES
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from archcalc.performance.infer import Inference, Room, Stage

__all__ = ["page"]


def page(found: Inference) -> Page:
    """Describe what was found."""
    said = [
        f"context {thousands(found.context)}",
        *([f"keys and values {found.kv}"] if found.kv != found.header.dtype["activations"] else []),
    ]
    said += [visible(found.device.title)] if found.device is not None else []
    batch = found.header.batch
    prompts = f"{thousands(batch)} prompts of" if batch > 1 else "a prompt of"
    parts = [
        Figures("cache", "Kept for the next token", list(_cache(found))),
        Figures("prefill", f"Prefill, {prompts} {thousands(found.context)} tokens", list(_stage(found.prefill, found))),
        Figures("decode", f"Decode, the last token{' of each' * (batch > 1)}, after {thousands(found.context - 1)}", list(_decode(found))),
        *([Figures("room", "Room", list(_room(found.room)))] if found.room is not None else []),
    ]  # fmt: skip
    return Page(
        kind="archcalc.infer/1", header=found.header, setting=setting(found.header, *said), parts=parts, notes=list(_notes(found)),
        more={"context": found.context, "kv": found.kv, "device": found.device.name if found.device else None},
    )  # fmt: skip


def _cache(found: Inference) -> Iterator[Figure]:
    yield count("params", "parameters", found.params)
    yield octets("weights", "weights", found.weights)
    yield octets("per_token", "for each token", found.per_token, f"in {found.kv}")
    if found.fixed:
        yield octets("fixed", "for each sample", found.fixed, "whatever the context")
    yield octets("total", "KV cache", found.cache, f"{thousands(found.header.batch)} {TIMES} {thousands(found.context)} tokens")


def _stage(stage: Stage, found: Inference) -> Iterator[Figure]:
    yield count("macs", "MACs", stage.macs)
    yield octets("moved", "bytes moved", stage.moved)
    yield octets("weights", "  weights", stage.weights, "those needed")
    yield octets("activations", "peak activations", stage.activations)
    if found.device is not None:
        yield seconds("time", "time", stage.time, f"{stage.bound}-bound" if stage.bound else "")


def _decode(found: Inference) -> Iterator[Figure]:
    yield from _stage(found.decode, found)
    if found.device is not None:
        rate = found.rate
        yield Figure("rate", "tokens a second", rate, UNKNOWN if rate is None else brief(rate), "", "at most")
        yield seconds("once", "weights / bandwidth", found.once, _rule(found.once))


def _rule(once: Fraction | None) -> str:
    return f"{brief(1 / once)} a second" if once else ""


def _room(room: Room) -> Iterator[Figure]:
    longest = room.context
    yield octets("needs", "needs", room.needs, f"{'fits' if room.needs <= room.has else 'does not fit'} {capacity(room.has)}")
    yield count("batch", "largest batch", room.batch, "at this context")
    yield Figure("context", "longest context", longest, "no end" if longest is None else thousands(longest), "", "at this batch")


def _notes(found: Inference) -> Iterator[str]:
    if found.room is not None:
        yield "needs: weights, cache, and what a decode step has alive"
        if found.room.limit:
            yield f"no longer context, whatever the memory: {found.room.limit}"
    yield "bytes moved: weights as far as they are needed, tensors, keys and values; attention is one kernel"
    if found.device is not None:
        cost = found.device.launch
        calls = "" if cost is None else f", nor calls of kernels, {quantity(cost, 's')} each"
        yield f"times are bounds: each kernel's arithmetic or bytes, whichever takes longer; nothing is measured{calls}"
    if found.fixed < 0:
        yield "a window is smaller than two tokens: what is kept does not grow as is said here"
