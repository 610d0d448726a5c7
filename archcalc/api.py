"""The public interface: load a spec, run it, get typed results. The command line uses nothing else.

>>> from archcalc import load
>>> load("lenet5").summary().totals.params
61706
"""

from __future__ import annotations

import os
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from archcalc import zoo
from archcalc.algebra import LARGEST
from archcalc.calculators import Settings
from archcalc.calculators.precision import DType
from archcalc.calculators.receptive_field import extents
from archcalc.expectations import Tally, figures_of, judged
from archcalc.layers import meant
from archcalc.options import EstimateOptions, InferOptions, MemoryOptions, Options, TrainOptions, apart
from archcalc.record import Record
from archcalc.report.result import Header, Summary
from archcalc.rows import Done, Traced
from archcalc.settings import Values
from archcalc.spec.diagnostics import Diagnostic, SpecError, fail
from archcalc.spec.expect import COSTS, ON_DEVICE
from archcalc.spec.files import nearby, read_text
from archcalc.spec.grammar import read
from archcalc.spec.library import Library
from archcalc.trace import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.conventions.reconcile import Reconciliation
    from archcalc.devices import Profile
    from archcalc.expectations import Outcome
    from archcalc.formulas.explain import Explainer
    from archcalc.memory import MemoryPlan
    from archcalc.performance.estimate import Estimate
    from archcalc.performance.infer import Inference
    from archcalc.report.result import Row, Totals
    from archcalc.spec.document import Document, Promise, Variant
    from archcalc.trace import Step
    from archcalc.training.plan import Training

__all__ = ["DType", "Run", "Spec", "load"]

SUFFIXES = (".yaml", ".yml")


def load(name: str | os.PathLike[str], *, max_layers: int | None = None, outside: bool = False) -> Spec:
    """Load a spec by path, by path and variant (`net.yaml#small`), by zoo name (`vgg16`), or from standard input (`-`).

    `outside` lets `use` leave the spec's folder. Raises `SpecError`, which says what is wrong and where.
    """
    path, variant = located(os.fspath(name))
    source = read_text(nearby(path))
    document = read(source, Library(Path() if str(path) == "-" else path.parent, outside=outside))
    return chosen(document, variant, max_layers)


def chosen(document: Document, variant: str | None, max_layers: int | None = None) -> Spec:
    """Choose a variant of a file that was read."""
    if variant is not None and variant not in document.variants:
        known = list(document.variants)
        hint = meant(variant, known) or (f"there are {', '.join(known)}" if known else "the file has none")
        fail("E601", f"{document.source.name} has no variant `{variant}`", help=hint)
    return Spec(document, document.variants[variant] if variant is not None else None, max_layers)


def located(name: str) -> tuple[Path, str | None]:
    """Tell a path from a zoo name."""
    if name == "-" or _is_file(name):
        return Path(name), None
    path, _, variant = name.rpartition("#") if "#" in name else (name, "", "")
    if path == "-" or _is_file(path) or path.endswith(SUFFIXES) or "/" in path or os.sep in path:
        return Path(path), variant or None
    if found := zoo.resolve(name):
        return found
    if path and Path(path).is_dir():
        return Path(path), None
    hint = meant(name, zoo.names()) or "`archcalc zoo` lists the shipped specs"
    return fail("E602", f"no spec is called `{name}`: it is neither a file nor in the zoo", help=hint)


def _is_file(name: str) -> bool:
    try:
        return bool(name) and Path(name).is_file()
    except (OSError, ValueError):
        return False


class Spec(Record, slots=False):
    """A spec file, checked, with the variant that was asked for."""

    document: Document = field(repr=False)
    chosen: Variant | None = None
    max_layers: int | None = None

    @property
    def name(self) -> str:
        """What the file calls the network."""
        return (self.chosen.title if self.chosen else None) or self.document.name

    @property
    def variant(self) -> str | None:
        """The variant's name."""
        return self.chosen.name if self.chosen else None

    @property
    def source(self) -> str:
        """Where it was read from."""
        return self.document.source.name

    @property
    def meta(self) -> Mapping[str, object]:
        """Paper, year, url and what else the file says of itself."""
        return {**self.document.meta, **(self.chosen.meta if self.chosen else {})}

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the file's variants."""
        return tuple(self.document.variants)

    def of(self, variant: str) -> Spec:
        """Give one of the file's variants."""
        return replace(self, chosen=self.document.variants[variant])

    @property
    def device(self) -> Profile | None:
        """The device that the file names. Raises `SpecError`, which says where it does."""
        named = self.document.device
        if named is None:
            return None
        try:
            return _device(named.name)
        except SpecError as error:
            one = error.diagnostics[0]
            if one.source is not None:
                raise
            raise SpecError((named.place.problem(one.code, one.message, one.help),)) from None

    def on(self, device: Profile | str | None) -> Profile:
        """Give a device, or the one that the file names. Raises `SpecError` where there is none."""
        profile = self.device if device is None else _device(device)
        if profile is None:
            fail("E643", f"{self.source} names no device", help="write `--device a100-80-sxm`; `archcalc devices` lists them")
        return profile

    def run(self, **options: Unpack[Options]) -> Run:
        """Start the calculation: rows one at a time."""
        if unknown := set(options) - set(Options.__annotations__):
            raise TypeError(f"a calculation has no {', '.join(sorted(unknown))}; it has {', '.join(Options.__annotations__)}")
        batch, dtype = options.get("batch", 1), options.get("dtype")
        sets, inputs = dict(options.get("sets") or {}), dict(options.get("inputs") or {})
        if type(batch) is not int or not 1 <= batch <= LARGEST:
            fail("E603", f"the batch is a whole number of at least 1, not {batch}")
        try:
            given = DType.parse(dtype) if isinstance(dtype, str) else dtype
        except ValueError as error:
            fail("E603", str(error))
        convention = options.get("convention", "paper")
        if convention != "paper":
            from archcalc.conventions import load as known

            known(convention)
        traced = self._traced(sets, inputs)
        said = self.document.precision
        stated = DType() if said is None else said(traced.network.frame).of(DType())
        settings = Settings(batch, given or stated, convention, options.get("strict", False), self.meta)
        return Run(self, traced, settings, {"sets": sets, "inputs": inputs}, stated)

    @cached_property
    def _last(self) -> dict[str, Traced]:
        return {}

    def _traced(self, sets: Mapping[str, object], inputs: Mapping[str, object]) -> Traced:
        """Trace the network for these variables and inputs; the last one is kept for the next time."""
        told = repr((sets, inputs))
        if told not in self._last:
            values, tensors = Values(self.document, self.chosen, sets, inputs).settle()
            traced = Traced(Network(self.document, tensors, values, most_layers=self.max_layers), self.source)
            self._last.clear()
            self._last[told] = traced
        return self._last[told]

    def summary(self, **options: Unpack[Options]) -> Summary:
        """Calculate everything."""
        run = self.run(**options)
        rows = tuple(run.rows())
        return Summary(
            header=run.header, layers=rows, totals=run.totals(), outputs=run.outputs(), warnings=tuple(w.message for w in run.warnings())
        )

    def reconcile(self, *conventions: str, claim: str | None = None, **options: Unpack[Options]) -> Reconciliation:
        """Compare how tools count, those named or all, and find what gives a claimed figure, `"4.12 G"`."""
        from archcalc.conventions.reconcile import reconcile

        return reconcile(self, conventions, claim, options)

    def memory(self, **options: Unpack[MemoryOptions]) -> MemoryPlan:
        """Plan the memory of feature maps: each peak, what is alive at it, and where each tensor lies."""
        from archcalc.memory import Rules, plan

        mine, common = apart(options, MemoryOptions)
        run = self.run(**common)
        try:
            rules = Rules(mine.pop("input_tensors", "freed"), mine.pop("indices", False), mine.pop("in_place", "elementwise"))
        except ValueError as error:
            fail("E603", str(error))
        if mine.get("align", 1) < 1:
            fail("E603", f"offsets are multiples of at least 1 byte, not {mine['align']}")
        if bool(mine.get("patches")) != bool(mine.get("until")):
            fail("E603", "patches go together with `until`, where the stage that runs in them ends")
        if "search" in mine:
            mine["steps"] = mine.pop("search")
        return plan(run.network, run.header, run.settings, rules, **mine)

    def train(self, **options: Unpack[TrainOptions]) -> Training:
        """Work out a step of training on a batch, and with `tokens` a whole training."""
        from archcalc.training.plan import Goal, Recipe, train

        mine, common = apart(options, TrainOptions)
        goal = None
        device, share, tokens = mine.pop("device", None), mine.pop("utilisation", Fraction(1)), mine.pop("tokens", None)
        if tokens is not None or device is not None:
            goal = Goal(tokens=tokens, device=None if device is None else _device(device), utilisation=Fraction(share))
        run = self.run(**common)
        recipe = Recipe(**mine)
        return train(run.network, run.header, run.settings, run.totals().activations, recipe, goal)

    def estimate(self, device: Profile | str | None = None, **options: Unpack[EstimateOptions]) -> Estimate:
        """Estimate latency, throughput and energy of a batch on a device, by its name or path, or on the one that the file names."""
        from archcalc.performance.estimate import estimate, tuned

        mine, common = apart(options, EstimateOptions)
        told = {key: mine.pop(key, None) for key in ("compute", "memory", "launch")}
        shares = {key: Fraction(share) for key, share in told.items() if share is not None}
        profile = self.on(device)
        run = self.run(**common)
        return estimate(run.network, run.header, run.settings, tuned(profile, **shares), **mine)

    def infer(self, context: int | None = None, **options: Unpack[InferOptions]) -> Inference:
        """Work out a prompt of so many tokens, and the token after it; the file's input says how many if nothing else does."""
        from archcalc.performance.estimate import tuned
        from archcalc.performance.infer import infer

        mine, common = apart(options, InferOptions)
        told, kv = mine.pop("device", None), mine.pop("kv", None)
        shares = {key: Fraction(share) for key, share in mine.items() if share is not None}
        device = tuned(_device(told), **shares) if told is not None else None
        return infer(self, context, common, kv=kv, device=device)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What the file expects of this variant: its own keys override the file's."""
        mine = {p.expectation.key: p for p in (self.chosen.expect if self.chosen else ())}
        return (*(p for p in self.document.expect if p.expectation.key not in mine), *mine.values())


class Run:
    """One calculation, streamed: `rows()`, after it `totals()`, `outputs()` and `warnings()`."""

    def __init__(
        self, spec: Spec, traced: Traced, settings: Settings, changed: Mapping[str, Mapping[str, object]], stated: DType
    ) -> None:  # fmt: skip
        self.spec, self.network, self.lasts, self.settings = spec, traced.network, traced.lasts, settings
        self.working = traced.rows(settings)
        self.done: Done | None = None
        self.changed = any(changed.values()) or settings != Settings(dtype=stated)
        self.header = Header(
            model=spec.name, variant=spec.variant, source=spec.source, batch=settings.batch, convention=settings.convention,
            dtype=settings.dtype.named(), apart=any(own.of(settings.dtype) != settings.dtype for own in self.network.stated),
            inputs={ref.path: ref.tensor.shape for ref in self.network.inputs}, settings=changed["sets"], meta=spec.meta,
            extents=next(filter(None, (extents(ref.tensor) for ref in self.network.inputs)), ()),
        )  # fmt: skip

    def rows(self) -> Iterator[Row]:
        """Give the rows in execution order; each call starts afresh."""
        return (row for _, row in self.worked())

    def worked(self) -> Iterator[tuple[Step, Row]]:
        """Give the steps in execution order, each with its row; each call starts afresh."""
        done = Done()
        yield from self.working(done)
        self.done = done

    def totals(self) -> Totals:
        """Give the totals; where the rows were not read to the end, they are worked out for it."""
        return self._done().totals

    def _done(self) -> Done:
        while self.done is None:
            for _ in self.rows():
                pass
        return self.done

    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        """Give the shapes of the network's outputs by their names."""
        named = [str(f.value) for f in self.spec.document.outputs if isinstance(f.value, str) and "*" not in f.value]
        refs = self.network.outputs
        names = named if len(named) == len(refs) else [ref.path for ref in refs]
        return {name: ref.tensor.shape for name, ref in zip(names, refs, strict=True)}

    def outcomes(self, more: Iterable[Promise] = ()) -> Iterator[Outcome]:
        """Compare the figures with what the file and `more` expect of them, and its entries of theirs."""
        done = self._done()
        figures = figures_of(done.totals, next(iter(self.outputs().values()), ()), done.last.receptive_field if done.last else None)
        more = tuple(more)
        figures |= self.costs([*self.spec.promises, *more])
        shapes = {p.expectation.key: tuple(p.shape(self.network.frame)) for p in self.spec.promises if p.shape is not None}
        yield from judged(self.spec.promises, figures, shapes)
        yield from judged(more, figures)
        for watch in self.network.watches:
            tally = done.watched.get(watch, Tally())
            yield from judged(watch.promises, tally.figures(), watch.shapes, watch.path)

    def costs(self, promises: Iterable[Promise]) -> Mapping[str, int | None]:
        """Work out the figures that are expected beside the sums; on the device that the file names."""
        wanted = {promise.expectation.key: promise.place for promise in promises if promise.expectation.key in COSTS}
        if not wanted:
            return {}
        from archcalc.performance.costs import costs

        at = next((place for key, place in wanted.items() if key in ON_DEVICE), None)
        if at is not None and self.spec.document.device is None:
            hint = "write `device: a100-80-sxm` at the top of the file; `archcalc devices` lists them"
            raise SpecError((at.problem("E240", f"{self.spec.source} names no device to expect that of", hint),))
        return costs(self, wanted, self.spec.device if at is not None else None)

    def explain(self, *layers: str, what: Iterable[str] = (), device: Profile | str | None = None) -> Explainer:
        """Give figures with their arithmetic: those in `what` or those of the table, of the rows with these paths, or of all.

        A beginning of paths stands for all of them. Time and energy are explained on a device, that of the file if none is given.
        """
        from archcalc.formulas.choice import choose
        from archcalc.formulas.explain import Explainer
        from archcalc.report.explained import ASKED, WHAT

        named = choose([step.path for step in self.network.steps()], layers) if layers else None
        asked = frozenset(what) or frozenset(WHAT) - ASKED
        costs = None
        if asked & ASKED:
            from archcalc.formulas.costs import Costs

            profile = self.spec.on(device) if asked & ON_DEVICE.keys() else None
            costs = Costs(self.network, self.header, self.settings, asked, profile)
        return Explainer(self.network, self.lasts, self.settings, asked, named, costs)

    def warnings(self) -> tuple[Diagnostic, ...]:
        """Say which expectations of the file do not hold; nothing where the caller changed what they speak of."""
        if self.changed:
            return ()
        found = [replace(one.diagnostic, severity="warning") for one in self.outcomes() if not one.held]
        return tuple({(one.span, one.code, one.message.partition(": ")[2]): one for one in reversed(found)}.values())[::-1]


def _device(told: Profile | str) -> Profile:
    """Load a device by its name or path, if it is not there already."""
    if not isinstance(told, str):
        return told
    from archcalc.devices import load as known

    return known(told)
