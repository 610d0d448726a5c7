"""`archcalc summarize`: a network as a table of its layers, or several as a table of totals."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import STREAMING, Request, requesting

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.report import Renderer
    from archcalc.report.view import View

__all__ = ["summarize"]

#: Formats that hold every row as it is; what shapes a view is refused beside them.
WHOLE = frozenset({"json", "jsonl"})

#: Formats that can be drawn in.
DRAWN = frozenset({"table", "markdown"})


@requesting("sets", "inputs", "batch", "dtype", "convention", "strict")
def summarize(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="A file, FILE#VARIANT, a name from `archcalc zoo`, or - for standard input.",
        ),
    ],
    *,
    request: Request,
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="N|all", help="Levels of the table; without it, as many as are read at a glance.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,...|all", help="Columns, such as layer,output,params,macs,rf,stride.")
    ] = None,
    sort: Annotated[str | None, typer.Option("--sort", metavar="COLUMN", help="Sort by a column, the largest first.")] = None,
    top: Annotated[int | None, typer.Option("--top", min=1, metavar="N", help="Show the first N lines.")] = None,
    shares: Annotated[bool, typer.Option("--shares", help="Show percentages of the parameters and MACs.")] = False,
    chart: options.Charts = None,
    totals: Annotated[bool, typer.Option("--totals", help="One line for each spec.")] = False,
    format: options.Format = "table",
    output: options.Output = None,
) -> None:
    """Work out shapes, receptive fields, parameters, MACs and memory.

    \b
    archcalc summarize specs/vgg16.yaml
    archcalc summarize specs/resnet.yaml#resnet50 --depth all
    archcalc summarize resnet50 --input 3,256,256 --batch 8 --dtype int8
    archcalc summarize resnet50 --convention fvcore
    archcalc summarize resnet50 --sort macs --top 10 --shares
    archcalc summarize mobilenet_v2 --chart activations,macs
    archcalc summarize specs/*.yaml --totals --format csv
    archcalc summarize vgg16 --format latex --columns layer,output,params,macs
    """
    from archcalc.report import renderer
    from archcalc.report.view import View

    charts = options.charts(chart or [])
    if any((depth, columns, sort, top, shares)) and (totals or format in WHOLE):
        reason = "--totals is one line for each spec" if totals else f"{format} holds every row and every figure"
        typer.echo(f"note: {reason}; --depth, --columns, --sort, --top and --shares shape tables and csv", err=True)
    if charts and (totals or format not in DRAWN):
        reason = "--totals is one line for each spec" if totals else f"{format} holds figures"
        typer.echo(f"note: {reason}; --chart draws the layers in a terminal and in markdown", err=True)
    elif charts and (columns or shares):
        typer.echo("note: a chart stands in the place of the table, which --columns and --shares shape", err=True)
    view = View(
        depth=options.depth(depth),
        columns=options.columns(columns),
        sort=options.one_column(sort),
        top=top,
        shares=shares,
        charts=charts,
        several=len(specs) > 1,
    )
    with door(), opened(output, *specs) as out:
        _write(specs, request, renderer(format), out, None if totals else view, streaming=format in STREAMING)
        request.close()


def _write(specs: list[str], request: Request, chosen: Renderer, out: TextIO, view: View | None, *, streaming: bool) -> None:
    """Write the layers of each network, or, without a view, the totals of all."""
    if view is None:
        from archcalc.report.totals import CONVENTION, TALLIES, Tally

        columns = (*TALLIES, CONVENTION) if request.told["convention"] != "paper" else TALLIES
        chosen.records(columns, starmap(Tally, request.totals(specs, out, streaming=streaming)), out)
    else:
        # Networks are printed one after another, so that even a table appears while the next is worked out.
        chosen.summary((run for _, run in request.runs(specs, out, streaming=True)), out, view)
