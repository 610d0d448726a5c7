"""An autoregressive network: a prompt at once (prefill), then one token after another (decode), whose keys and values are kept.

A decode step is the same network on one token, with the tokens before it in its variable `past`: attention takes it. What is kept for the
next call is the sum of what its rows say stays, so that grouped heads, windows and latents need no rule of their own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.calculators.parameters import params
from archcalc.calculators.precision import bits
from archcalc.memory.graph import octets, weights_of
from archcalc.performance.alive import alive, kept
from archcalc.performance.kernels import kernels
from archcalc.performance.roofline import bounds, timed
from archcalc.record import Record
from archcalc.spec.diagnostics import SpecError, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.api import Run, Spec
    from archcalc.devices import Profile
    from archcalc.memory.graph import Bits
    from archcalc.report.result import Header

__all__ = ["PAST", "Inference", "Room", "Stage", "infer"]

#: The variable that says how many tokens are there already.
PAST = "past"
#: The longest context that is looked for.
LONGEST = 1 << 40


class Stage(Record, kw_only=True):
    """One pass, over the whole batch."""

    macs: int
    activations: int  #: bytes alive at once
    weights: int  #: bytes of weights that are read
    moved: int  #: bytes in all: weights, tensors, keys and values
    time: Fraction | None = None  #: seconds at least, on the device; `None` where the work of some row is not known
    bound: str = ""  #: what most of that is


class Room(Record, kw_only=True):
    """What fits into a device's memory."""

    has: int  #: bytes
    needs: int  #: at this batch and context
    batch: int  #: the most at this context; 0 where not even one sample fits
    context: int | None  #: the longest at this batch; `None` where none is too long
    limit: str = ""  #: what else ends it: the network has no positions beyond


class Inference(Record, kw_only=True):
    """What prompts and tokens take; bytes."""

    header: Header
    context: int  #: tokens of a sample, the one that is worked out last among them
    weights: int
    params: int
    prefill: Stage
    decode: Stage
    kv: str  #: the precision of what is kept
    per_token: int  #: of what is kept, for each token of a sample as long as no window is full
    fixed: int  #: of what is kept, however many tokens there are
    cache: int  #: of the whole batch at this context
    device: Profile | None = None
    once: Fraction | None = None  #: seconds to read every weight once, whatever is needed of it
    room: Room | None = None

    @property
    def rate(self) -> Fraction | None:
        """Tokens a second at most, of the whole batch."""
        return self.header.batch / self.decode.time if self.decode.time else None


def infer(
    spec: Spec, context: int | None, options: Mapping[str, object], *, kv: str | None = None, device: Profile | None = None
) -> Inference:  # fmt: skip
    """Work out a prompt of `context` tokens, as many as the file's input if not said, and the last of them alone, after the others."""
    model = _Model(spec, dict(options), kv)
    whole = model.length if context is None else context
    if whole < 1:
        fail("E642", f"a context has at least 1 token, not {whole}")
    prompt, step = model.prompt(whole), model.step(whole - 1)
    one, two = (model.kept(model.prompt(n)) for n in (1, 2))
    weights, batch, cache = weights_of(prompt.network, prompt.settings), prompt.settings.batch, model.kept(prompt)
    once = Fraction(weights) / (device.bandwidth * device.memory_efficiency) if device is not None else None
    return Inference(
        header=replace(prompt.header, settings=model.sets), context=whole, weights=weights,
        params=sum(map(params, prompt.network.steps())),
        prefill=_stage(model, prompt, device), decode=_stage(model, step, device), kv=model.kv,
        per_token=octets(two - one), fixed=octets(2 * one - two), cache=octets(batch * cache),
        device=device, once=once, room=_room(model, device, weights, step) if device is not None else None,
    )  # fmt: skip


class _Model:
    """A network that can be run on a prompt, or on one token more."""

    def __init__(self, spec: Spec, options: dict[str, object], kv: str | None) -> None:
        self.spec, self.options = spec, options
        self.sets: dict[str, object] = dict(options.get("sets") or {})  # type: ignore[call-overload]
        if PAST not in spec.document.variables:
            what = f"{spec.source} has no variable `{PAST}`, so that it is not known how one token follows others"
            fail("E642", what, help=f"write `vars: {{{PAST}: 0}}`, and `{PAST}: {PAST}` in its attention, as the zoo's gpt2 has it")
        first = self.run({})
        shapes = {ref.path: ref.tensor.shape for ref in first.network.inputs}
        if [len(shape) for shape in shapes.values()] != [1]:
            fail("E642", f"{spec.source} reads {', '.join(shapes)}, which is no single sequence of tokens")
        ((self.length,),) = shapes.values()
        self.kv = kv or first.settings.dtype.activations
        try:
            bits(self.kv)
        except ValueError as error:
            fail("E603", str(error))
        self.own = kv is not None

    def run(self, sets: Mapping[str, object], tokens: int | None = None) -> Run:
        """Set the network up for so many tokens."""
        told = {**self.options, "sets": {**self.sets, **sets}}
        if tokens is not None:
            told["inputs"] = {"": (tokens,)}
        return self.spec.run(**told)  # type: ignore[arg-type]

    def prompt(self, tokens: int) -> Run:
        """Run so many tokens at once."""
        return self.run({PAST: 0}, tokens)

    def step(self, past: int) -> Run:
        """Run one token after so many others."""
        return self.run({PAST: past}, 1)

    def refuses(self, tokens: int) -> str:
        """Say why so many tokens are too many, whatever the memory."""
        try:
            self.prompt(tokens)
        except SpecError as error:
            return error.diagnostics[0].message
        return ""

    def kept(self, run: Run) -> Bits:
        """Give the bits that stay of one sample for the next call."""
        return kept(run.network, run.settings, self.kv if self.own else None)


def _stage(model: _Model, run: Run, device: Profile | None) -> Stage:
    """Work one pass out; attention is one kernel."""
    batch = run.settings.batch
    calls = list(kernels(run.network, run.settings, flash=True, kept=model.kv if model.own else None))
    known = device is not None and not any(kernel.unknown for kernel in calls)
    rows = [timed(kernel, device, batch) for kernel in calls] if device is not None and known else []
    whole = bounds(rows)
    return Stage(
        macs=batch * sum(kernel.macs for kernel in calls), activations=octets(alive(run.network, run.settings, flash=True, cached=True)),
        weights=octets(sum((kernel.weighed(batch) for kernel in calls), Fraction(0))),
        moved=octets(sum((kernel.moved(batch) for kernel in calls), Fraction(0))),
        time=sum((row.work for row in rows), Fraction(0)) if known else None,
        bound=whole.bound if known else "",
    )  # fmt: skip


def _room(model: _Model, device: Profile, weights: int, step: Run) -> Room | None:
    """Find the largest batch and the longest context that fit beside the weights; a decode step needs the cache and what it has alive."""
    has = device.memory
    if has is None:
        return None
    batch, free = step.settings.batch, 8 * (has - weights)

    def needs(run: Run) -> Bits:
        return model.kept(run) + alive(run.network, replace(run.settings, batch=1), flash=True, cached=True)

    def grown(tokens: int) -> Bits | None:
        return None if model.refuses(tokens) else batch * needs(model.step(tokens - 1))

    each, longest = needs(step), _longest(grown, free)
    return Room(
        has=has, needs=weights + octets(batch * each), batch=max(int(free // each), 0), context=longest,
        limit=model.refuses(longest + 1) if longest is not None else "",
    )  # fmt: skip


def _longest(needs: Callable[[int], Bits | None], has: Bits) -> int | None:
    """Find the longest context that fits; `None` where none is too long. A longer one needs as much or more.

    >>> _longest(lambda n: 100 + 3 * min(n, 50), 1000), _longest(lambda n: 100 + 3 * n, 1000), _longest(lambda n: n if n < 7 else None, 99)
    (None, 300, 6)
    """

    # Where each token needs as much as the one before, the first guess is the last one that fits; halving finds all else.
    def fits(tokens: int) -> bool:
        found = needs(tokens)
        return found is not None and found <= has

    if not fits(1):
        return 0
    low, end = 1, LONGEST  # what fits, and what is too long
    while end - low > 1:
        here, more = needs(low) or 0, needs(low + 1)
        if more is None or more > has:
            return low
        ahead = low + int((has - here) // (more - here)) if more > here else end - 1
        for guess in (ahead, (low + end) // 2):
            if low < guess < end:
                low, end = (guess, end) if fits(guess) else (low, guess)
    return None if end == LONGEST else low
