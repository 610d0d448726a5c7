"""What `archcalc train` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report.columns import Column
from archcalc.report.numbers import at_least, human, size, thousands
from archcalc.report.pages import Figure, Figures, Listing, Page
from archcalc.report.pages.figures import count, octets, setting
from archcalc.report.shapes import TIMES
from archcalc.training.states import STAGES, Static

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.training.plan import Training

__all__ = ["page"]

NAMES = {
    "input": "inputs", "activation": "activations", "kept": "indices, masks …", "gradient": "their gradients",
    "weight gradient": "weights' gradients",
}  # fmt: skip
Stage = tuple[int, Static]


def page(found: Training) -> Page:
    """Describe what was found."""
    recipe = found.recipe
    said = [
        recipe.optimizer, {"mixed": "mixed precision"}.get(recipe.precision, recipe.precision),
        *([f"{thousands(recipe.devices)} devices, each with this batch"] if recipe.devices > 1 else []),
        *([f"ZeRO stage {recipe.stage}"] if recipe.stage else []),
        *(["attention in one kernel"] if recipe.flash else []),
        *([f"checkpoints: {', '.join(recipe.checkpoint)}"] if recipe.checkpoint else []),
    ]  # fmt: skip
    stages: list[Stage] = list(found.shared.items())
    parts: list[Figures | Listing] = [
        Figures("figures", "On each device" if recipe.devices > 1 else "", list(_memory(found))),
        Figures("kept", "Kept for the backward pass, as PyTorch does", list(_kept(found))),
        Listing("zero", f"From step to step, on each of {thousands(recipe.devices)} devices", ZERO, stages, shown=recipe.devices > 1),
        Figures("work", "Work", list(_work(found))),
    ]
    more = {
        "optimizer": recipe.optimizer, "precision": recipe.precision, "devices": recipe.devices, "stage": recipe.stage,
        "checkpoint": list(recipe.checkpoint), "flash": recipe.flash, "mask_bytes": recipe.mask, "params": found.params,
        "trainable": found.trainable, "active": found.active, "incomplete": list(found.unknown),
    }  # fmt: skip
    return Page(
        kind="archcalc.train/1", header=found.header, setting=" · ".join([_without_dtype(setting(found.header)), *said]), parts=parts,
        notes=list(_notes(found)), more=more,
    )  # fmt: skip


def _without_dtype(text: str) -> str:
    """Leave the precision of inference out."""
    return text.rpartition(" · ")[0] or text


def _memory(found: Training) -> Iterator[Figure]:
    static, bound = found.static, bool(found.unknown)
    frozen = found.params - found.trainable
    yield octets("weights", "weights", static.weights, f"{thousands(frozen)} parameters frozen" if frozen else "")
    yield octets("gradients", "gradients", static.gradients, "of weights, at the end")
    yield octets("states", "optimizer", static.states, "with weights in fp32" if found.recipe.precision == "mixed" else "")
    yield octets("static", "  from step to step", static.total)
    yield _bound(octets("kept", "kept by autograd", found.kept_bytes, _again(found)), bound=bound)
    yield _bound(octets("step", "in a step", found.step, "at once", found.peak_at), bound=bound)
    for what, n in found.parts.items():
        yield octets(f"step_{what.replace(' ', '_')}", f"  {NAMES[what]}", n)
    yield _bound(octets("peak", "peak", found.peak, "weights, optimizer, step"), bound=bound)
    forward, backward = found.course
    yield octets("course_forward", "the course's formula", forward, f"M + B{TIMES}m{TIMES}layers")
    yield octets("course_backward", "  backward", backward, "and M of gradients")
    if found.goal is not None and found.goal.device is not None and found.goal.device.memory is not None:
        fits = "does not fit" if found.peak > found.goal.device.memory else "fits, as far as it is known" if bound else "fits"
        yield octets("memory", f"memory of {found.goal.device.name}", found.goal.device.memory, fits)


def _again(found: Training) -> str:
    return "without checkpoints" if found.segments else "each storage once"


def _bound(figure: Figure, *, bound: bool) -> Figure:
    """Mark a figure that something unknown is missing from."""
    return figure._replace(number=at_least(figure.number, bound=bound))


def _kept(found: Training) -> Iterator[Figure]:
    kept, widths = found.kept, found.recipe.widths
    yield count("floats", "elements", kept.floats, f"{widths.activation} bits each")
    if kept.masks:
        yield count("masks", "elements of masks", kept.masks, f"{widths.mask} bits each")
    if kept.stats:
        yield count("stats", "statistics", kept.stats, f"{widths.stat} bits each")
    if kept.indices:
        yield count("indices", "indices", kept.indices, f"{widths.integer} bits each")


def _work(found: Training) -> Iterator[Figure]:
    yield count("forward", "forward", found.forward, "FLOPs: 2 for each MAC")
    if found.again:
        yield count("again", "run again", found.again, f"{sum(s.again for s in found.segments)} of {len(found.segments)} segments")
    how = f"3 {TIMES} forward" + (", and what is run again" if found.again else "")
    yield count("flops", "a step", found.flops, how)
    if found.goal is None or found.work is None:
        return
    goal, work = found.goal, found.work
    yield count("tokens", "tokens", goal.tokens)
    yield count("exact", "training", work.exact, f"{how}, token by token")._replace(short=f"{work.exact:.3e}")
    n = "N" if found.active == found.params else f"N, {human(found.active)} that a token meets,"
    yield count("simple", f"  6{TIMES}N{TIMES}D", work.simple, f"{n} tokens D")._replace(short=f"{work.simple:.3e}")
    for name, label, flops in (("days", "days", work.exact), ("days_simple", f"  by 6{TIMES}N{TIMES}D", work.simple)):
        days = work.days(flops)
        if goal.device is not None and days is not None:
            share = f"{float(goal.utilisation):.4g} of the peak of {thousands(found.recipe.devices)} {TIMES} {goal.device.name}"
            yield Figure(name, label, days, f"{float(days):,.2f}", "", share if name == "days" else "")


def _notes(found: Training) -> Iterator[str]:
    if found.unknown:
        yield f">= it is not known what autograd keeps of {', '.join(found.unknown[:3])}{' and others' if len(found.unknown) > 3 else ''}"
    yield "the loss, buffers of kernels and communication, and what an allocator wastes are not in these figures"
    if found.recipe.precision == "mixed":
        yield "mixed: activations, weights and gradients in 16 bits, the optimizer's copy and states in 32"


def _bytes(name: str, title: str, rank: int) -> Column[Stage]:
    def value(it: Stage) -> int:
        n: int = getattr(it[1], name)
        return n

    return Column(name=name, title=title, value=value, shown=lambda it: size(value(it)).partition(" (")[0], rank=rank)


ZERO: tuple[Column[Stage], ...] = (
    Column(name="stage", title="ZeRO", value=lambda it: it[0], shown=lambda it: f"stage {it[0]}", rank=0, right=False),
    Column(name="what", title="", value=lambda it: STAGES[it[0]], shown=lambda it: STAGES[it[0]], rank=4, right=False),
    _bytes("weights", "Weights", 3),
    _bytes("gradients", "Gradients", 3),
    _bytes("states", "Optimizer", 3),
    _bytes("total", "Total", 1),
)
