"""`archcalc estimate`: how long a network takes on a device, and where time and energy go."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.cli.request import Request, requesting
from archcalc.report.pages import FORMATS

__all__ = ["estimate"]

KERNELS = ("fused", "eager")


@requesting("sets", "inputs", "batch", "dtype")
def estimate(
    spec: options.OneSpec,
    *,
    device: options.Device = None,
    kernels: Annotated[
        str, options.choice("--kernels", KERNELS, "Whether norms and activations go along with the product before them.")
    ] = "fused",
    flash: Annotated[bool, typer.Option("--flash", help="Attention in one kernel, without its scores as a whole.")] = False,
    engines: Annotated[int, typer.Option("--engines", min=1, max=10**6, metavar="N", help="Devices side by side, each with a batch.")] = 1,
    efficiency: options.Efficiency = None,
    launch: Annotated[str | None, typer.Option("--launch", metavar="TIME", help="What the call of a kernel costs: 5us.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, metavar="N", help="Kernels shown, those that take longest.")] = 20,
    all_kernels: Annotated[bool, typer.Option("--all", help="Show every kernel, in the order of their calls.")] = False,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "table",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Estimate latency, throughput and energy on a device, and say whether the network fits.

    \b
    archcalc estimate resnet50 --device a100-80-sxm --dtype fp16
    archcalc estimate mobilenet_v2 --device stm32h743 --dtype int8 --efficiency 0.25
    archcalc estimate vit_b_16 --device t4 --dtype fp16 --batch 8 --kernels eager --flash
    archcalc estimate net.yaml --device my-board.yaml --format json
    """
    with door(), opened(output, spec, device or "") as out:
        from archcalc.report.pages import write_page
        from archcalc.report.pages.estimate import page

        compute, memory = options.efficiencies(efficiency)
        found = request.load(spec).estimate(
            device, fused=kernels == "fused", flash=flash, engines=engines,
            launch=options.duration(launch, "--launch") if launch else None, compute=compute, memory=memory,
            **request.told,
        )  # fmt: skip
        write_page(page(found, None if all_kernels else top), out, format)
