"""`archcalc devices`: what networks run on."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options  # noqa: TC001 - typer reads the annotations
from archcalc.cli.door import door, opened, refuse

__all__ = ["devices"]


def _names(incomplete: str) -> list[str]:
    """Complete the name of a device."""
    from archcalc.devices import known

    return [name for name in known() if name.startswith(incomplete)]


def devices(
    part: Annotated[
        str,
        typer.Argument(
            metavar="NAME-PART",
            help="Only names and titles with this in them; of a whole name, or a path, every figure with its source.",
            autocompletion=_names,
        ),
    ] = "",
    format: options.Format = "table",
    output: options.Output = None,
) -> None:
    """List the devices that are shipped: dense peaks, bandwidth, memory, and the operations a byte at which these balance.

    \b
    archcalc devices
    archcalc devices a100
    archcalc devices a100-80-sxm
    archcalc devices my-board.yaml --format json
    """
    from archcalc.devices import is_path, known, load
    from archcalc.report import renderer
    from archcalc.report.devices import DEVICES, FIGURES, figures

    with door(), opened(output, part) as out:
        if part in known() or is_path(part):
            renderer(format).records(FIGURES, figures(load(part)), out)
            return
        profiles = [one for one in map(load, known()) if part.lower() in f"{one.name} {one.title}".lower()]
        if not profiles:
            refuse(f"no device has {part!r} in its name")
        renderer(format).records(DEVICES, profiles, out)
