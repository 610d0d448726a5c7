"""`archcalc infer`: prompts and tokens of an autoregressive network."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.report.pages import FORMATS

__all__ = ["infer"]


@requesting("sets", "batch", "dtype")
def infer(
    spec: options.OneSpec,
    *,
    context: Annotated[
        str | None, typer.Option("--context", metavar="N", help="Tokens of a sample, 4096 or 128k; as in the file if not said.")
    ] = None,
    kv_dtype: Annotated[
        str | None, typer.Option("--kv-dtype", metavar="TYPE", help="Precision of keys and values that are kept; as activations.")
    ] = None,
    device: options.Device = None,
    efficiency: options.Efficiency = None,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Work out prefill, decode and KV cache of a language model, and which batch and context fit a device.

    \b
    archcalc infer llama2_7b --context 4096 --dtype fp16
    archcalc infer llama_7b --context 512 --dtype fp16 --device a100-80-sxm
    archcalc infer llama3_70b --context 128k --batch 8 --dtype weights=int4,activations=fp16,group=128 --kv-dtype fp8 --device h100-sxm
    """
    with door(), opened(output, spec, device or "") as out:
        from archcalc.report.pages import write_page
        from archcalc.report.pages.infer import page

        compute, memory = options.efficiencies(efficiency)
        found = request.load(spec).infer(
            options.whole(context, "--context") if context else None, kv=kv_dtype, device=device, compute=compute, memory=memory,
            **request.told,
        )  # fmt: skip
        write_page(page(found), out, format)
