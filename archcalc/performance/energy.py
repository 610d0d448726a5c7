"""Energy by the table of Horowitz (ISSCC 2014, "Computing's energy problem", 45 nm, 0.9 V): arithmetic, and moving what it works on.

Each tensor is moved once, weights once a batch: what a better reuse on the chip can't go below. Newer chips take less of everything; the
ratios change slowly. Nothing else of a chip is counted: no control, no leakage, no waiting.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import log
from typing import NamedTuple

__all__ = ["ADD", "DRAM", "MAC", "PICO", "Energy", "as_written", "ratio", "spent", "sram"]

#: A picojoule, in joules.
PICO = Fraction(1, 10**12)

_ADD = {"fp32": "0.9", "fp16": "0.4", "int32": "0.1", "int8": "0.03"}
_MULTIPLY = {"fp32": "3.7", "fp16": "1.1", "int32": "3.1", "int8": "0.2"}
#: What a sum is kept in, where that is wider than what is multiplied.
_SUMS = {"int8": "int32"}
#: Precisions that the table does not have, and whose figures stand in for them.
STANDS_FOR = {"bf16": "fp16"}
#: pJ of an addition.
ADD = {name: Fraction(text) for name, text in _ADD.items()}
#: pJ of a multiply-accumulate.
MAC = {name: Fraction(text) + ADD[_SUMS.get(name, name)] for name, text in _MULTIPLY.items()}
#: pJ to move a byte to or from DRAM: 640 for 32 bits.
DRAM = Fraction(640, 4)
#: pJ to move a byte to or from memory on the chip, by its size in bytes.
SRAM = ((8 * 2**10, Fraction(10, 8)), (32 * 2**10, Fraction(20, 8)), (2**20, Fraction(100, 8)))


class Energy(NamedTuple):
    """Picojoules by what they are spent for."""

    compute: Fraction = Fraction(0)
    weights: Fraction = Fraction(0)
    activations: Fraction = Fraction(0)

    @property
    def total(self) -> Fraction:
        """All together."""
        return self.compute + self.weights + self.activations

    def plus(self, other: Energy) -> Energy:
        """Add another one."""
        return Energy(*(a + b for a, b in zip(self, other, strict=True)))


def as_written(precision: str) -> str:
    """Give the precision that the table has for one."""
    return STANDS_FOR.get(precision, precision)


def spent(
    precision: str, macs: int, elementwise: int, weight_bytes: Fraction, activation_bytes: Fraction, near: Fraction = DRAM
) -> Energy | None:  # fmt: skip
    """Add up what arithmetic and moving take; `near` is what a byte of activations costs. `None` where the table has no such precision.

    >>> alexnet = spent("fp32", 724_406_816, 0, 4 * 60_954_656, 2 * 4 * 932_264)
    >>> [round(float(part) / 1e9, 3) for part in alexnet]
    [3.332, 39.011, 1.193]
    """
    name = as_written(precision)
    if name not in MAC:
        return None
    return Energy(macs * MAC[name] + elementwise * ADD[name], Fraction(weight_bytes) * DRAM, Fraction(activation_bytes) * near)


def sram(size: int) -> Fraction:
    """Give what a byte costs in memory on the chip of so many bytes, between the table's sizes by their logarithms.

    >>> float(sram(8192)), float(sram(2**20)), round(float(sram(320 * 1024)), 2)
    (1.25, 12.5, 7.28)
    """
    if size <= SRAM[0][0]:
        return SRAM[0][1]
    for (small, low), (large, high) in itertools.pairwise(SRAM):
        if size <= large:
            part = Fraction(log(size / small) / log(large / small)).limit_denominator(10**6)
            return low * Fraction(float(high / low) ** float(part)).limit_denominator(10**6)
    return SRAM[-1][1]


def ratio(precision: str) -> Fraction | None:
    """Say how many multiply-accumulates an access of 32 bits to DRAM costs.

    >>> round(ratio("fp32"))
    139
    """
    name = as_written(precision)
    return 4 * DRAM / MAC[name] if name in MAC else None
