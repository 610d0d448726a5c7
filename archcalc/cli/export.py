"""`archcalc export`: a network as a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.drawing import DIRECTIONS, FORMATS

__all__ = ["export"]


@requesting("sets", "inputs")
def export(
    spec: options.OneSpec,
    *,
    to: Annotated[str, options.choice("--to", FORMATS, "The language of the picture.")],
    depth: Annotated[
        str | None, typer.Option("--depth", metavar="N|all", help="Levels drawn; without it, as many as are read at a glance.")
    ] = None,
    direction: Annotated[str, options.choice("--direction", DIRECTIONS, "From the top down, or from left to right.")] = "TB",
    request: Request,
    output: options.Output = None,
) -> None:
    """Draw the network: for a README in Mermaid, for Graphviz in its language, or as a picture.

    \b
    archcalc export lenet5 --to mermaid
    archcalc export resnet50 --to svg --output resnet50.svg
    archcalc export unet --to dot --depth 2 | dot -Tpdf -o unet.pdf
    archcalc export specs/resnet.yaml#resnet18 --to svg --depth all --direction LR
    """
    level = options.depth(depth)
    with door(), opened(output, spec, utf_8=True) as out:
        from archcalc.drawing import artist
        from archcalc.drawing.folding import folded

        for _, run in request.runs([spec], out, streaming=True):
            graph = folded(run, level)
            if to == "mermaid":
                _fits(len(graph.edges))
            out.write(artist(to)(graph, direction=direction))


def _fits(edges: int) -> None:
    """Say so where Mermaid will not draw what is written."""
    from archcalc.drawing.mermaid import EDGES

    if edges > EDGES:
        typer.echo(f"note: Mermaid draws at most {EDGES} edges, and here are {edges}; --depth draws less", err=True)
