"""`archcalc explain`: every figure with its arithmetic."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened, report
from archcalc.cli.request import Request, requesting
from archcalc.report.explained import FORMATS, WHAT

__all__ = ["explain"]


def figures(text: str) -> tuple[str, ...]:
    """Read a list of figures, by their names or other ones that they go by.

    >>> figures("params, rf")
    ('params', 'receptive_field')
    """
    known = {word: what for what, others in WHAT.items() for word in (what, *others)}
    found = []
    for name in text.split(","):
        word = name.strip().lower().replace("-", "_")
        if word not in known:
            from archcalc.layers import meant

            close = meant(word, known) or f"there are {', '.join(WHAT)}"
            raise typer.BadParameter(f"--what knows no {name.strip()!r}: {close}")
        found.append(known[word])
    return tuple(dict.fromkeys(found))


def _completed(incomplete: str) -> list[str]:
    """Complete the last of a list of figures."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{what}" for what in WHAT if what.startswith(last)]


@requesting("sets", "inputs", "batch", "dtype")
def explain(
    spec: options.OneSpec,
    layers: Annotated[
        list[str] | None,
        typer.Argument(metavar="LAYER", help="A path, the beginning of one (a stage, a block), or a pattern, '*.conv_1'; all if not said."),
    ] = None,
    *,
    what: Annotated[
        str | None, typer.Option("--what", metavar="A,B,...", autocompletion=_completed, help=f"Figures: {', '.join(WHAT)}.")
    ] = None,
    device: options.Device = None,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "text",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Show every figure with its arithmetic.

    In letters, with the numbers of the layer, and worked out. What training keeps, the KV cache, latency and energy are explained where
    they are asked for.

    \b
    archcalc explain lenet5
    archcalc explain vgg16 conv_1 linear_1
    archcalc explain resnet50 'stage[0]' --what params,macs
    archcalc explain resnet50 '*.residual_1.conv_2' --what macs
    archcalc explain alexnet --what receptive_field
    archcalc explain resnet50 conv_1 --what latency,energy --device a100-80-sxm --dtype fp16
    archcalc explain llama2_7b --what kv_cache --dtype fp16
    archcalc explain lenet5 --format latex --output lenet5.tex
    """
    from archcalc.report.explained import renderer

    wanted = figures(what) if what is not None else ()
    with door(), opened(output, spec, device or "") as out:
        run = request.run(spec)
        renderer(format).network(run.header, run.explain(*(layers or []), what=wanted, device=device), out)
        report(run.warnings())
