"""archcalc: a calculator for neural-network architectures.

>>> import archcalc
>>> archcalc.load("vgg16").summary().totals.macs
15470264320
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.api import DType, Run, Spec, load
    from archcalc.report.result import Row, Summary, Totals
    from archcalc.spec.diagnostics import SpecError

__version__ = "0.1.0"
__all__ = ["DType", "Row", "Run", "Spec", "SpecError", "Summary", "Totals", "__version__", "load"]

_HOMES = {
    "DType": "archcalc.api", "Run": "archcalc.api", "Spec": "archcalc.api", "load": "archcalc.api", "Row": "archcalc.report.result",
    "Summary": "archcalc.report.result", "Totals": "archcalc.report.result", "SpecError": "archcalc.spec.diagnostics",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that `archcalc --version` stays quick."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `archcalc` has no `{name}`")
