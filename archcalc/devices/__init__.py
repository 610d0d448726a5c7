"""What networks run on: devices as data, one file for each, every figure with its source.

A file states peaks by precision, the bandwidth of the memory that weights live in, how much of it there is, power, and what launching a
kernel costs. Figures are dense: those that vendors print for matrices of which half is zero count work that is not done. A figure is a
value with its unit, or that and the key of a source. What is not known is left out, and is `n/a` then.
"""

from __future__ import annotations

from archcalc.devices.profile import PRECISIONS, Profile
from archcalc.devices.reading import is_path, known, load

__all__ = ["PRECISIONS", "Profile", "is_path", "known", "load"]
