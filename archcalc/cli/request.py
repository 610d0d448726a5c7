"""What is to be worked out: which networks, and how they are set up."""

from __future__ import annotations

from dataclasses import field
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import typer

from archcalc.cli import options
from archcalc.cli.door import WRONG, report, watched
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from archcalc.api import Run, Spec
    from archcalc.report.result import Header, Totals

__all__ = ["STREAMING", "Request", "requesting"]

#: Formats that write one network while the next is worked out.
STREAMING = frozenset({"json", "jsonl", "csv"})
#: What a calculation may be told, with the option that says it and its default.
TOLD: dict[str, tuple[Any, object]] = {
    "sets": (options.Sets, None), "inputs": (options.Inputs, None), "batch": (options.Batch, 1), "dtype": (options.Precision, None),
    "convention": (options.Convention, "paper"), "strict": (options.Strict, False),
}  # fmt: skip
#: How far a file is trusted; every command that reads one has these, and has them last.
TRUST: dict[str, tuple[Any, object]] = {"max_layers": (options.MaxLayers, None), "allow_outside": (options.AllowOutside, False)}
#: How what is written as a list is read.
READ: dict[str, Callable[[list[str]], object]] = {"sets": lambda texts: options.pairs(texts, "--set"), "inputs": options.inputs}


def requesting(*told: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these names in the place of its parameter `request`, which gets all of them in one."""

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        written = signature(command, eval_str=True)

        def parameters() -> Iterator[Parameter]:
            for parameter in written.parameters.values():
                yield from _options({name: TOLD[name] for name in told}) if parameter.name == "request" else [parameter]
            yield from _options(TRUST)

        @wraps(command)
        def run(**given: Any) -> None:
            mine = {name: given.pop(name) for name in told}
            trust = {name: given.pop(name) for name in TRUST}
            command(**given, request=Request({name: READ[name](v or []) if name in READ else v for name, v in mine.items()}, **trust))

        every = list(parameters())
        run.__signature__ = written.replace(parameters=every)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
        return run

    return with_options


def _options(known: Mapping[str, tuple[Any, object]]) -> Iterator[Parameter]:
    for name, (annotation, default) in known.items():
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


class Request(Record):
    """How networks are to be worked out: what the caller sets, and how far files are trusted."""

    told: dict[str, Any]  #: options of a calculation
    max_layers: int | None = None
    allow_outside: bool = False
    failed: list[str] = field(default_factory=list)  #: those of several specs that are wrong

    def load(self, spec: str) -> Spec:
        """Load a network."""
        from archcalc import api

        return api.load(spec, max_layers=self.max_layers, outside=self.allow_outside)

    def run(self, spec: str) -> Run:
        """Load a network, and set it up."""
        return self.load(spec).run(**self.told)

    def runs(self, specs: list[str], out: TextIO, *, streaming: bool) -> Iterator[tuple[str, Run]]:
        """Set up one network after another; one that is wrong does not stop the others."""
        from archcalc.spec.diagnostics import SpecError

        for spec in watched(specs, out, streaming=streaming):
            try:
                run = self.run(spec)
            except SpecError as error:
                if len(specs) == 1:
                    raise
                report(error.diagnostics)
                self.failed.append(spec)
                continue
            yield spec, run
            report(run.warnings())

    def totals(self, specs: list[str], out: TextIO, *, streaming: bool) -> Iterator[tuple[str, Header, Totals]]:
        """Give what each network comes to."""
        for spec, run in self.runs(specs, out, streaming=streaming):
            for _ in run.rows():
                pass
            yield spec, run.header, run.totals()

    def close(self) -> None:
        """Answer for those that were wrong."""
        if self.failed:
            raise typer.Exit(WRONG)
