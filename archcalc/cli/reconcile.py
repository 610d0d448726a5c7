"""`archcalc reconcile`: why two tools disagree."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.check import MISSED
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.report.reconciled import FORMATS

__all__ = ["reconcile"]


@requesting("sets", "inputs", "batch", "strict")
def reconcile(
    spec: options.OneSpec,
    *,
    conventions: Annotated[
        str | None, typer.Option("--with", metavar="A,B,...", help="Conventions to compare, fvcore,thop-0.1; without it, all of them.")
    ] = None,
    claim: Annotated[
        str | None,
        typer.Option("--claim", metavar="FIGURE", help='Find what gives a figure, "4.12 G", "8.2 GFLOPs" or "25.6 M params".'),
    ] = None,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Say why tools disagree: what each counts, and the difference to `paper` by its causes.

    Exit code 1 where nothing gives the claimed figure, 2 where the spec or the command is wrong.

    \b
    archcalc reconcile resnet50
    archcalc reconcile vit_b_16 --with fvcore,thop-0.1
    archcalc reconcile resnet50 --claim "4.12 G"
    archcalc reconcile net.yaml --format markdown
    """
    with door(), opened(output, spec) as out:
        found = request.load(spec).reconcile(
            *(name.strip() for name in (conventions or "").split(",") if name.strip()),
            claim=claim,
            **request.told,
        )
        import_module(f"archcalc.report.reconciled.{FORMATS[format]}").write_all(found, out)
    if found.verdict is not None and not found.verdict.matches:
        raise typer.Exit(MISSED)
