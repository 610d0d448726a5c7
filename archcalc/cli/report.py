"""`archcalc report`: networks as a page for the browser."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request

__all__ = ["report"]


def report(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="A file, FILE#VARIANT, a name from `archcalc zoo`, or - for standard input; several are laid side by side.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page, which is replaced when all went well; - is standard output.")
    ],
    sets: options.Sets = None,
    inputs: options.Inputs = None,
    batch: options.Batch = 1,
    dtype: options.Precision = None,
    convention: options.Convention = "paper",
    strict: options.Strict = False,
    max_layers: options.MaxLayers = None,
    allow_outside: options.AllowOutside = False,
) -> None:
    """Write a page for the browser: figures, charts, a table that folds, sorts and filters, and the arithmetic of each row.

    The page is one file that asks for nothing from anywhere, to be mailed or kept.

    \b
    archcalc report resnet50 -o resnet50.html
    archcalc report resnet50 resnet101 --batch 8 -o both.html
    archcalc report net.yaml -o - > net.html
    """
    request = Request(
        specs=specs,
        sets=options.pairs(sets or [], "--set"),
        inputs=options.inputs(inputs or []),
        batch=batch,
        dtype=dtype,
        convention=convention,
        strict=strict,
        max_layers=max_layers,
        outside=allow_outside,
    )
    with door(), opened(output, *specs, utf_8=True) as out:
        from archcalc.report.page import write
        from archcalc.report.page.network import network

        networks = [network(spec, run) for spec, run in request.runs(out, streaming=False)]
        request.close()
        write(networks, out)
