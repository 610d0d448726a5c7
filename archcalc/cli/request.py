"""What is to be worked out: which networks, and how they are set up."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import typer

from archcalc.cli.door import WRONG, report, watched
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from archcalc.api import Run
    from archcalc.report.result import Header, Totals

__all__ = ["STREAMING", "Request"]

#: Formats that write one network while the next is worked out.
STREAMING = frozenset({"json", "jsonl", "csv"})


class Request(Record, kw_only=True):
    """Networks, and what the caller sets."""

    specs: list[str]
    sets: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    batch: int = 1
    dtype: str | None = None
    convention: str = "paper"
    strict: bool = False
    max_layers: int | None = None
    outside: bool = False
    failed: list[str] = field(default_factory=list)  #: those of several that are wrong

    def run(self, spec: str) -> Run:
        """Load a network, and set it up."""
        from archcalc import api

        loaded = api.load(spec, max_layers=self.max_layers, outside=self.outside)
        return loaded.run(
            sets=self.sets, inputs=self.inputs, batch=self.batch, dtype=self.dtype, convention=self.convention, strict=self.strict
        )  # fmt: skip

    def runs(self, out: TextIO, *, streaming: bool) -> Iterator[tuple[str, Run]]:
        """Set up one network after another; one that is wrong does not stop the others."""
        from archcalc.spec.diagnostics import SpecError

        for spec in watched(self.specs, out, streaming=streaming):
            try:
                run = self.run(spec)
            except SpecError as error:
                if len(self.specs) == 1:
                    raise
                report(error.diagnostics)
                self.failed.append(spec)
                continue
            yield spec, run
            report(run.warnings())

    def totals(self, out: TextIO, *, streaming: bool) -> Iterator[tuple[str, Header, Totals]]:
        """Give what each network comes to."""
        for spec, run in self.runs(out, streaming=streaming):
            for _ in run.rows():
                pass
            yield spec, run.header, run.totals()

    def close(self) -> None:
        """Answer for those that were wrong."""
        if self.failed:
            raise typer.Exit(WRONG)
