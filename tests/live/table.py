"""All that is drawn, and what is not."""

from __future__ import annotations

from live import dense, pointwise, sequences, shapes, windows
from live.both import TABLE

__all__ = ["EXCEPTIONS", "MODULES", "TABLE"]

#: The modules that fill the table.
MODULES = (windows, pointwise, shapes, dense, sequences)

#: Kinds, and fields of kinds, that are not compared, and why.
EXCEPTIONS: dict[str, str] = {}
