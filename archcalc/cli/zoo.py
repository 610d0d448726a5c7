"""`archcalc zoo`: what is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened, refuse, watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from archcalc.report.catalog import Shipped
    from archcalc.zoo import Entry

__all__ = ["zoo"]

#: Formats that write while the next network is worked out.
STREAMING = frozenset({"json", "jsonl", "csv"})


def zoo(
    part: Annotated[str, typer.Argument(metavar="NAME-PART", help="Only names and titles with this in them.")] = "",
    names: Annotated[bool, typer.Option("--names", help="Names alone, without working anything out.")] = False,
    format: options.Format = "table",
    output: options.Output = None,
) -> None:
    """List the networks that are shipped, with what they come to.

    \b
    archcalc zoo
    archcalc zoo mobilenet
    archcalc zoo --format csv
    archcalc zoo --names
    """
    from archcalc.report import renderer
    from archcalc.report.catalog import CATALOG
    from archcalc.spec.diagnostics import visible
    from archcalc.zoo import entries as shipped

    with door(), opened(output) as out:
        entries = [entry for entry in shipped() if part.lower() in f"{entry.name} {entry.title}".lower()]
        if not entries:
            refuse(f"nothing that is shipped has {part!r} in its name")
        if names:
            out.writelines(f"{visible(entry.name)}\n" for entry in entries)
        else:
            renderer(format).records(CATALOG, _worked_out(entries, out, streaming=format in STREAMING), out)


def _worked_out(entries: list[Entry], out: TextIO, *, streaming: bool) -> Iterator[Shipped]:
    from archcalc import api
    from archcalc.report.catalog import Shipped

    for entry in watched(entries, out, streaming=streaming):
        run = api.load(entry.name).run()
        for _ in run.rows():
            pass
        yield Shipped(entry, run.header, run.totals())
