"""`archcalc report`: networks as a page for the browser."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting

__all__ = ["report"]


@requesting("sets", "inputs", "batch", "dtype", "convention", "strict")
def report(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="A file, FILE#VARIANT, a name from `archcalc zoo`, or - for standard input; several are laid side by side.",
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page, which is replaced when all went well; - is standard output.")
    ],
    request: Request,
) -> None:
    """Write a page for the browser: figures, charts, a table that folds, sorts and filters, and the arithmetic of each row.

    The page is one file that asks for nothing from anywhere, to be mailed or kept.

    \b
    archcalc report resnet50 -o resnet50.html
    archcalc report resnet50 resnet101 --batch 8 -o both.html
    archcalc report net.yaml -o - > net.html
    """
    with door(), opened(output, *specs, utf_8=True) as out:
        from archcalc.report.page import write
        from archcalc.report.page.network import network

        networks = [network(spec, run) for spec, run in request.runs(specs, out, streaming=False)]
        request.close()
        write(networks, out)
