"""What `reconcile` finds, in each format.

A renderer is a module with one function, `write_all(found, out)`. It is imported when its format is asked for.
"""

from __future__ import annotations

__all__ = ["FORMATS"]

#: Format -> module.
FORMATS = {"table": "table", "json": "json_", "markdown": "markdown", "csv": "csv_"}
