"""`archcalc worksheet`: the empty table that a student fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting

if TYPE_CHECKING:
    from archcalc.grading.quantities import Quantity
    from archcalc.report.columns import Column
    from archcalc.report.fold import Line

__all__ = ["worksheet"]

#: How an empty table is written.
FORMATS = ("csv", "markdown", "yaml")


@requesting("sets", "inputs", "batch", "dtype")
def worksheet(
    spec: options.OneSpec,
    *,
    columns: Annotated[
        str, typer.Option("--columns", metavar="A,B,...|all", help="What is asked, such as output,params,macs,rf,stride,live.")
    ] = "output,params,macs,receptive_field,activations",
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="N|all", help="Levels of the table; without it, as many as are read at a glance.")
    ] = None,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "csv",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Write the empty table of a network, one line for each layer, for somebody to fill in; `archcalc grade` reads it back.

    \b
    archcalc worksheet lenet5 --output homework.csv
    archcalc worksheet alexnet --columns output,params,macs,rf,live --format markdown
    archcalc worksheet resnet18 --depth all --format yaml
    """
    given, asked = _columns(columns)
    levels = options.depth(depth)
    with door(), opened(output, spec) as out:
        from archcalc.grading.worksheet import FORMATS as WRITERS
        from archcalc.grading.worksheet import Worksheet

        WRITERS[format](Worksheet.of(request.run(spec), given, asked, levels), out)


def _columns(text: str) -> tuple[tuple[Column[Line], ...], tuple[Quantity, ...]]:
    """Read a list of columns."""
    from archcalc.grading.quantities import asked
    from archcalc.report.columns import UnknownColumn

    try:
        return asked(text)
    except UnknownColumn as error:
        raise typer.BadParameter(str(error)) from None
