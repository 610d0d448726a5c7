"""Everything that is to be known of a step of training, and of a whole training."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.macs import macs
from archcalc.calculators.parameters import active_params, params
from archcalc.layers import meant
from archcalc.memory.graph import octets
from archcalc.memory.liveness import moments
from archcalc.record import Record
from archcalc.spec.diagnostics import fail
from archcalc.training.script import script
from archcalc.training.segments import by_names, by_root
from archcalc.training.states import OPTIMIZERS, PRECISIONS, STAGES, Static, static
from archcalc.training.tape import Kept, Tape, Widths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.calculators import Settings
    from archcalc.devices import Profile
    from archcalc.memory.graph import Bits, Graph
    from archcalc.memory.liveness import Moment
    from archcalc.report.result import Header
    from archcalc.trace import Network
    from archcalc.training.script import Segment

__all__ = ["ROOT", "Goal", "Recipe", "Training", "train"]

#: What checkpointing is asked for by, beside names of entries.
ROOT = "sqrt"
#: The backward pass is twice the forward pass: a product for the gradient of the input, and one for that of the weights.
PASSES = 3


class Recipe(Record, kw_only=True):
    """How a network is trained. Raises `SpecError` for what there is none of."""

    optimizer: str = "adamw"
    precision: str = "mixed"
    devices: int = 1  #: each with a batch of its own
    stage: int = 0  #: of ZeRO
    checkpoint: tuple[str, ...] = ()  #: `sqrt`, or names of entries that are run again instead of kept
    flash: bool = False  #: whether one kernel does all of attention, without scores as a whole
    mask: int = 1  #: bytes of an element of dropout's mask: 1 on a GPU, 4 on a CPU, as PyTorch has them

    def __post_init__(self) -> None:
        told = (
            ("optimizer", self.optimizer, [*OPTIMIZERS]),
            ("precision", self.precision, [*PRECISIONS]),
            ("stage", self.stage, [*STAGES]),
        )
        for what, word, known in told:
            if word not in known:
                fail("E641", f"there is no {what} `{word}` in training", help=f"there are {', '.join(map(str, known))}")
        if self.devices < 1 or self.mask < 1:
            fail("E641", "a training has at least 1 device, and masks of at least 1 byte")
        if isinstance(self.checkpoint, str):
            fail("E641", f"checkpoints are a tuple of names, not {self.checkpoint!r}", help=f"write `checkpoint=({self.checkpoint!r},)`")

    @property
    def widths(self) -> Widths:
        """Give the bits of numbers; from stage 2 of ZeRO on a gradient is spread over the devices."""
        numbers, share = PRECISIONS[self.precision], self.devices if self.stage >= 2 else 1
        return Widths(8 * numbers.weight, Fraction(8 * numbers.gradient, share) if share > 1 else 8 * numbers.gradient, 8 * self.mask)

    def static(self, trainable: int, frozen: int) -> Mapping[int, Static]:
        """Give what stays from step to step, for each stage of ZeRO."""
        return {stage: static(trainable, frozen, self.optimizer, self.precision, self.devices, stage) for stage in STAGES}


class Goal(Record, kw_only=True):
    """How much a network is trained, and on what. Raises `SpecError` for what can't be."""

    tokens: int | None = None
    device: Profile | None = None
    utilisation: Fraction = Fraction(1)  #: the share of the device's peak that is reached

    def __post_init__(self) -> None:
        if self.tokens is not None and self.tokens < 1:
            fail("E641", f"a training has at least 1 token, not {self.tokens}")
        if not 0 < self.utilisation <= 1:
            fail("E641", f"a share of the peak is above 0 and at most 1, not {float(self.utilisation):g}")


class Work(NamedTuple):
    """What a whole training takes."""

    exact: int  #: FLOPs: three times those of the forward pass, and what is recomputed
    simple: int  #: 6·N·D
    rate: Fraction | None  #: FLOPs a second of all devices

    def days(self, flops: int) -> Fraction | None:
        """Give the days that so many FLOPs take."""
        return None if self.rate is None else flops / self.rate / 86400


class Training(Record, kw_only=True):
    """What a step of training takes on each device, in bytes. Lower bounds where it is not known what rows keep."""

    header: Header
    recipe: Recipe
    params: int
    trainable: int
    active: int  #: parameters that one token meets
    shared: Mapping[int, Static]  #: what stays from step to step, for each stage of ZeRO
    kept: Kept  #: by autograd, from the forward to the backward pass, without checkpointing
    segments: tuple[Segment, ...]  #: of checkpointing
    step: int  #: most alive of activations and gradients at once
    peak_at: str
    parts: Mapping[str, int]  #: what is alive then, by what it is
    activations: int  #: bytes of all feature maps, for the course's formula
    forward: int  #: FLOPs of a forward pass
    again: int  #: of what is recomputed
    unknown: tuple[str, ...] = ()  #: rows of which it is not known what they keep
    goal: Goal | None = None
    work: Work | None = None

    @property
    def static(self) -> Static:
        """What stays from step to step."""
        return self.shared[self.recipe.stage]

    @property
    def kept_bytes(self) -> int:
        """What autograd keeps, in bytes."""
        return octets(self.kept.bits(self.recipe.widths))

    @property
    def peak(self) -> int:
        """The most that is alive at once: weights, states, activations, and gradients as far as there are any."""
        return self.static.weights + self.static.states + self.step

    @property
    def flops(self) -> int:
        """FLOPs of a step."""
        return PASSES * self.forward + self.again

    @property
    def course(self) -> tuple[int, int]:
        """M + B·m·layers, and the same with a gradient of each parameter."""
        numbers = PRECISIONS[self.recipe.precision]
        forward = self.params * numbers.weight + self.activations
        return forward, forward + self.trainable * numbers.gradient


def train(network: Network, header: Header, settings: Settings, activations: int, recipe: Recipe, goal: Goal | None = None) -> Training:
    """Work out a step of training on a batch, and with a goal a whole training; `activations` are those of the forward pass."""
    tape = Tape.of(network, settings.batch, flash=recipe.flash)
    segments = _segments(tape, recipe.checkpoint)
    graph = script(tape, recipe.widths, segments)
    most, parts = _fullest(graph)
    steps = [row.step for row in tape.rows]
    total, trained = (sum(params(step) for step in steps if not (frozen and step.frozen)) for frozen in (False, True))
    forward, again = (2 * settings.batch * sum(macs(steps[i].op) for i in rows) for rows in _runs(tape, segments))
    active = sum(map(active_params, steps))
    return Training(
        header=header, recipe=recipe, params=total, trainable=trained, active=active, shared=recipe.static(trained, total - trained),
        kept=tape.kept(), segments=tuple(segments), step=octets(most.bits), peak_at=most.task.name, parts=parts,
        activations=activations * PRECISIONS[recipe.precision].weight, forward=forward, again=again, unknown=tuple(tape.unknown), goal=goal,
        work=_work(network, settings.batch, PASSES * forward + again, active, recipe, goal),
    )  # fmt: skip


def _segments(tape: Tape, names: Sequence[str]) -> list[Segment]:
    """Cut the rows for checkpointing, if it is asked for."""
    if not names:
        return []
    if ROOT in names:
        if len(names) > 1:
            fail("E641", f"`{ROOT}` chooses what is run again by itself", help=f"write {ROOT} alone, or names of entries")
        return by_root(tape)
    paths = [f"{row.step.path}." for row in tape.rows]
    known = dict.fromkeys(path[:i] for path in paths for i, sign in enumerate(path) if sign in ".[")
    for name in names:
        if name not in known:
            hint = meant(name, known) or "write the beginning of a path, without patterns, or sqrt"
            fail("E641", f"`{name}` is no entry that could be run again", help=hint)
    return by_names(tape, names)


def _runs(tape: Tape, segments: Sequence[Segment]) -> tuple[Sequence[int], Sequence[int]]:
    """Give the rows of the forward pass, and those that run again."""
    return range(len(tape.rows)), [i for start, stop, again in segments if again for i in range(start, stop)]


def _fullest(graph: Graph) -> tuple[Moment, dict[str, int]]:
    """Find the task while which most is alive, and add up what that is."""
    at, _ = max(enumerate(moments(graph)), key=lambda pair: pair[1].bits)
    most = next(islice(moments(graph), at, None))
    found: dict[str, Bits] = {}
    for storage in most.storages:
        found[storage.what] = found.get(storage.what, 0) + storage.bits
    return most, {what: octets(size) for what, size in found.items()}


def _work(network: Network, batch: int, flops: int, active: int, recipe: Recipe, goal: Goal | None) -> Work | None:
    """Work out a whole training from a step of it, if it is said how long it is."""
    if goal is None or goal.tokens is None:
        return None
    places = network.inputs[0].tensor
    if len(places.shape) != 1:
        what = f"the first input, {network.inputs[0].path} {places}, is no sequence of tokens"
        fail("E641", what, help="how many FLOPs a token takes is known of networks that read tokens")
    rate = None
    if goal.device is not None:
        names = [name for name in PRECISIONS[recipe.precision].compute if name in goal.device.peak]
        peak = goal.device.peak_of(names[0] if names else PRECISIONS[recipe.precision].compute[0])
        rate = peak * goal.utilisation * recipe.devices
    exact = Fraction(flops * goal.tokens, batch * places.shape[0])
    return Work(round(exact), 6 * active * goal.tokens, rate)
