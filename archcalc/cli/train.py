"""`archcalc train`: what a step of training takes, and how much work it is."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.report.pages import FORMATS

__all__ = ["train"]

OPTIMIZERS = ("sgd", "momentum", "adam", "adamw", "adam8bit")
PRECISIONS = ("fp32", "bf16", "mixed")


@requesting("sets", "inputs", "batch")
def train(
    spec: options.OneSpec,
    *,
    optimizer: Annotated[str, options.choice("--optimizer", OPTIMIZERS, "What keeps states of each parameter.")] = "adamw",
    precision: Annotated[
        str, options.choice("--precision", PRECISIONS, "How numbers are kept; mixed has a copy of the weights in fp32.")
    ] = "mixed",
    checkpoint: Annotated[
        str | None,
        typer.Option("--checkpoint", metavar="sqrt|A,B,...", help="Run segments again instead of keeping them: sqrt, or entries."),
    ] = None,
    flash: Annotated[bool, typer.Option("--flash", help="Attention in one kernel, without its scores as a whole.")] = False,
    masks: Annotated[
        int, typer.Option("--mask-bytes", min=1, max=8, metavar="N", help="Of an element of dropout's mask: 1 on a GPU, 4 on a CPU.")
    ] = 1,
    devices: Annotated[int, typer.Option("--devices", min=1, max=10**9, metavar="N", help="Devices, each with the batch.")] = 1,
    zero: Annotated[
        int, typer.Option("--zero", min=0, max=3, metavar="STAGE", help="What devices share: 1 states, 2 gradients too, 3 weights too.")
    ] = 0,
    tokens: Annotated[str | None, typer.Option("--tokens", metavar="N", help="Tokens of a whole training, 300e9 or 1.4T.")] = None,
    device: options.Device = None,
    utilisation: Annotated[
        str, typer.Option("--utilisation", metavar="SHARE", help="Share of the device's peak that is reached, 0.4 or 40%.")
    ] = "1",
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Work out a step of training: weights, gradients, optimizer, what autograd keeps, the peak, and FLOPs.

    \b
    archcalc train resnet50 --batch 32 --optimizer momentum --precision fp32
    archcalc train gpt2 --batch 8 --checkpoint layer --flash
    archcalc train llama_7b --devices 64 --zero 3
    archcalc train gpt3 --tokens 300e9 --device a100-80-sxm --devices 1024 --utilisation 0.4
    """
    names = tuple(name.strip() for name in (checkpoint or "").split(",") if name.strip())
    if checkpoint is not None and not names:
        raise typer.BadParameter("--checkpoint takes sqrt, or names of entries with commas between them")
    if utilisation != "1" and (tokens is None or device is None):
        typer.echo("note: --utilisation is for the days of a training: say --tokens and --device too", err=True)
    if zero and devices == 1:
        typer.echo("note: one device shares nothing: say with --devices how many there are", err=True)
    with door(), opened(output, spec, device or "") as out:
        from archcalc.report.pages import write_page
        from archcalc.report.pages.train import page

        found = request.load(spec).train(
            optimizer=optimizer, precision=precision, devices=devices, stage=zero, flash=flash, mask=masks,
            checkpoint=names, tokens=options.whole(tokens, "--tokens") if tokens is not None else None,
            device=device, utilisation=options.share(utilisation, "--utilisation"),
            **request.told,
        )  # fmt: skip
        write_page(page(found), out, format)
