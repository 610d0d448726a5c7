"""`archcalc formulas`: the reference card of all layer kinds."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened
from archcalc.report.explained import FORMATS

__all__ = ["formulas"]


def _kinds(incomplete: str) -> list[str]:
    """Complete the name of a kind."""
    from archcalc.layers import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


def formulas(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND", autocompletion=_kinds, help="A layer kind, also as other libraries call it; all if not said."),
    ] = None,
    format: Annotated[str, options.written(FORMATS)] = "text",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Show the formulas of layer kinds in letters.

    Shapes, parameters and MACs: the reference card.

    \b
    archcalc formulas
    archcalc formulas conv conv_transpose
    archcalc formulas MultiheadAttention
    archcalc formulas --format latex --output formulas.tex
    """
    from archcalc.formulas.card import families
    from archcalc.report.explained import renderer

    with door(), opened(output) as out:
        renderer(format).card(list(families(kinds or [])), out)
