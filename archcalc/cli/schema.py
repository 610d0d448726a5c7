"""`archcalc schema`: the JSON schema of specs, for editors."""

from __future__ import annotations

from archcalc.cli import options  # noqa: TC001 - typer reads the annotations
from archcalc.cli.door import door, opened

__all__ = ["schema"]


def schema(output: options.Output = None) -> None:
    """Print the JSON schema of specs, with which editors complete and check them.

    \b
    archcalc schema --output archcalc.schema.json
    """
    from archcalc.schema import text

    with door(), opened(output) as out:
        out.write(text())
