"""`archcalc memory`: what feature maps take, by each way to count, and where they lie."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.options import ALIGN, INPUTS, REUSE, SEARCH
from archcalc.report.pages import FORMATS

__all__ = ["memory"]


@requesting("sets", "inputs", "batch", "dtype")
def memory(
    spec: options.OneSpec,
    *,
    inputs_are: Annotated[
        str, options.choice("--inputs", INPUTS, "Whether inputs are freed after their last reader, kept to the end, or not counted.")
    ] = INPUTS[0],
    indices: Annotated[bool, typer.Option("--indices", help="Count the 64-bit indices that max pooling makes in PyTorch.")] = False,
    in_place: Annotated[
        str, options.choice("--in-place", REUSE, "What writes over its input: elementwise layers, additions too, depthwise too.")
    ] = REUSE[0],
    align: Annotated[
        int, typer.Option("--align", min=1, max=2**20, metavar="BYTES", help="Steps of offsets: 16 as TFLM, 64 as TFLite.")
    ] = ALIGN,
    patches: Annotated[
        str | None, typer.Option("--patches", metavar="N[xM]", help="Run the first stage in so many patches along each axis.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="LAYER", help="Where that stage ends: a path, or the beginning of one.")
    ] = None,
    layout: Annotated[bool, typer.Option("--layout", help="Show where each tensor lies, and from which step to which.")] = False,
    order: Annotated[bool, typer.Option("--order", help="Show the best order, where it is another than the listed one.")] = False,
    search: Annotated[int, typer.Option("--search", min=0, metavar="STEPS", help="How long to look for the best order.")] = SEARCH,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Show what feature maps take: each peak, what is alive at it, and a plan of offsets.

    \b
    archcalc memory mobilenet_v2 --dtype int8
    archcalc memory mobilenet_v2 --dtype int8 --in-place depthwise --patches 4 --until 'stage[2].InvertedResidual_1[0]'
    archcalc memory resnet50 --layout --align 64
    archcalc memory resnet50 --format csv > map.csv
    """
    if (patches is None) != (until is None):
        raise typer.BadParameter("--patches and --until go together: how many patches, and where the stage ends")
    with door(), opened(output, spec) as out:
        from archcalc.report.pages import write_page
        from archcalc.report.pages.memory import page

        found = request.load(spec).memory(
            input_tensors=inputs_are, indices=indices, in_place=in_place, align=align, search=search,
            patches=options.grid(patches) if patches is not None else (), until=until or "",
            **request.told,
        )  # fmt: skip
        write_page(page(found, layout=layout, order=order), out, format)
