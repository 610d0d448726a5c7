"""How many bits a number takes: weights and activations apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from archcalc.calculators.parameters import params
from archcalc.layers import meant

if TYPE_CHECKING:
    from archcalc.trace import Step

__all__ = ["BITS", "DType", "bits", "resolved", "size_in_bytes", "weight_bits"]

#: Ternary values are stored in 2 bits; write `1.58` for the information that they carry.
BITS = {
    "fp64": 64, "fp32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "fp4": 4,
    "int64": 64, "int32": 32, "int16": 16, "int8": 8, "int4": 4, "int2": 2, "ternary": 2, "binary": 1,
}  # fmt: skip


def bits(name: str) -> Fraction:
    """Give the bits of a precision by its name, or by a number of bits.

    >>> bits("int4"), bits("6"), bits("1.58")
    (Fraction(4, 1), Fraction(6, 1), Fraction(79, 50))
    """
    if name in BITS:
        return Fraction(BITS[name])
    if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", name) and Fraction(name) > 0:
        return Fraction(name)
    choices = f"there are {', '.join(BITS)}, or a number of bits"
    raise ValueError(f"unknown precision `{name}`: {meant(name, BITS) or choices}")


@dataclass(frozen=True, slots=True)
class DType:
    """The precision of weights and of activations, as named by the user."""

    weights: str = "fp32"
    activations: str = "fp32"

    def __post_init__(self) -> None:
        bits(self.weights)
        bits(self.activations)

    @classmethod
    def parse(cls, text: str) -> DType:
        """Read one name for both, or each apart.

        >>> DType.parse("int8")
        DType(weights='int8', activations='int8')
        >>> DType.parse("weights=int4,activations=fp16")
        DType(weights='int4', activations='fp16')
        """
        if "=" not in text:
            return cls(text.strip(), text.strip())
        given = {}
        for part in text.split(","):
            name, _, value = part.partition("=")
            if name.strip() not in {"weights", "activations"}:
                raise ValueError(f"a precision is of `weights` or `activations`, not of `{name.strip()}`")
            given[name.strip()] = value.strip()
        return cls(**given)


def size_in_bytes(count: int, precision: str) -> int:
    """Multiply by the bits and divide by 8, rounded up once.

    >>> size_in_bytes(3, "int4"), size_in_bytes(10, "1.58")
    (2, 2)
    """
    return ceil(count * bits(precision) / 8)


def resolved(step: Step, dtype: DType) -> DType:  # noqa: ARG001 - rows may have a precision of their own
    """Give the precision of one row: its own as far as the file states one, else that of the whole."""
    return dtype


def weight_bits(step: Step, dtype: DType) -> Fraction:
    """Count the bits of the weights that a row has to itself."""
    return params(step) * bits(resolved(step, dtype).weights)
