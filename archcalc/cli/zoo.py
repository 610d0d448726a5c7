"""`archcalc zoo`: what is shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options  # noqa: TC001 - typer reads the annotations
from archcalc.cli.door import door, opened, refuse
from archcalc.cli.request import STREAMING, Request

__all__ = ["zoo"]


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
    from archcalc.report.catalog import CATALOG, Shipped
    from archcalc.spec.diagnostics import visible
    from archcalc.zoo import entries as shipped

    if names and format != "table":
        raise typer.BadParameter("--names is a list of names, which has no other format")
    with door(), opened(output) as out:
        entries = {entry.name: entry for entry in shipped() if part.lower() in f"{entry.name} {entry.title}".lower()}
        if not entries:
            refuse(f"nothing that is shipped has {part!r} in its name")
        if names:
            out.writelines(f"{visible(name)}\n" for name in entries)
            return
        request = Request({})
        items = (
            Shipped(entries[name], header, totals)
            for name, header, totals in request.totals([*entries], out, streaming=format in STREAMING)
        )
        renderer(format).records(CATALOG, items, out)
        request.close()
