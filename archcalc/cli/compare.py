"""`archcalc compare`: what differs between networks, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting

if TYPE_CHECKING:
    from archcalc.comparing.contenders import Contest

__all__ = ["DIFFERENT", "FORMATS", "compare"]

#: The exit code where networks differ, if that is asked for.
DIFFERENT = 1
#: How it can be written: those that `archcalc.report.compared` has a module for, which is imported when it is needed.
FORMATS = ("table", "json", "markdown", "csv")
#: The format that holds every row that differs, so that nothing shapes it.
WHOLE = "json"
#: Formats that can be drawn in.
DRAWN = frozenset({"table", "markdown"})


@requesting("sets", "inputs", "batch", "dtype", "convention", "strict")
def compare(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="Files, FILE#VARIANT or names from `archcalc zoo`: two or more, or one with --against or --with.",
        ),
    ],
    *,
    against: Annotated[
        str,
        typer.Option("--against", metavar="REVISION", help="Compare the file with itself at a git revision, HEAD~1, or at two, v1..v2."),
    ] = "",
    others: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE,...", help="Compare the spec with itself, set up so; variables and inputs; repeatable."),
    ] = None,
    request: Request,
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="N|all", help="Levels of the layers; without it, as many as are read at a glance.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,...|all", help="Columns of the layers, such as output,params,macs,rf.")
    ] = None,
    chart: options.Charts = None,
    totals: Annotated[bool, typer.Option("--totals", help="The totals alone.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 if anything differs, as `git diff` does.")] = False,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Say what differs between networks: totals side by side, and the layers that were added, removed, changed, moved or renamed.

    \b
    archcalc compare resnet50 resnet101
    archcalc compare specs/vit.yaml#vit_b_16 specs/vit.yaml#vit_b_32
    archcalc compare net.yaml --against HEAD~1 --format markdown
    archcalc compare mobilenet_v2 --with alpha=0.75 --with alpha=0.5
    archcalc compare mobilenet_v1 mobilenet_v2 --totals --chart macs
    archcalc compare resnet50 --with image=3,256,256 --exit-code
    """
    from archcalc.comparing.contenders import Contest, split
    from archcalc.report.compared import View, renderer

    told = dict(request.told)
    contest = Contest(
        specs=specs,
        against=against,
        others=[options.pairs(split(text), "--with") for text in others or []],
        sets=told.pop("sets"),
        inputs=told.pop("inputs"),
        more=told,
        max_layers=request.max_layers,
        outside=request.allow_outside,
    )
    _possible(contest)
    if (depth or columns) and (totals or format == WHOLE):
        reason = "--totals shows no layers" if totals else "json holds every row that differs"
        typer.echo(f"note: {reason}; --depth and --columns shape the layers of tables, csv and markdown", err=True)
    charts = options.charts(chart or [])
    if charts and format not in DRAWN:
        typer.echo(f"note: {format} holds figures; --chart draws in a terminal and in markdown", err=True)
    elif charts and columns:
        typer.echo("note: a chart stands in the place of the table, which --columns shapes", err=True)
    view = View(depth=options.depth(depth), columns=options.columns(columns), charts=charts, totals=totals)

    from archcalc.comparing import compare as compared

    with door(), opened(output, *specs) as out:
        first, *rest = contest.subjects()
        found = [compared(first, one) for one in rest]
        renderer(format).write(found, out, view)
    if exit_code and any(one.differs for one in found):
        raise typer.Exit(DIFFERENT)


def _possible(contest: Contest) -> None:
    """Refuse what can't be compared."""
    if contest.against and contest.others:
        raise typer.BadParameter("--against compares revisions, --with settings: one of them at a time")
    alone = "--against" if contest.against else "--with" if contest.others else ""
    if alone and len(contest.specs) > 1:
        raise typer.BadParameter(f"{alone} compares one spec with itself")
    if not alone and len(contest.specs) == 1:
        raise typer.BadParameter("name a second spec, or say --against REVISION or --with NAME=VALUE")
