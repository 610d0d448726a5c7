"""Mistakes in the figure as a whole: FLOPs for MACs, bits for bytes, MiB for MB, another precision, the batch, the decimal point."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.precision import bits
from archcalc.grading.quantities import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.calculators import Settings
    from archcalc.grading.amounts import Amount
    from archcalc.grading.quantities import Quantity

__all__ = ["Twist", "twists"]

#: Precisions that are taken for others.
WIDTHS = {"fp64": 64, "fp32": 32, "fp16": 16, "int8": 8, "int4": 4}
#: Steps of powers of ten that a decimal point slips by, and units by.
SLIPS = (1, 2, 3, 6)
#: Of bytes: steps of a thousand, or of 1024.
PREFIXES = "KMGT"


class Twist(NamedTuple):
    """A factor that a figure is wrong by."""

    id: str
    said: str
    factor: Fraction
    rank: int = 2


def twists(quantity: Quantity, answer: Amount, settings: Settings) -> Iterator[Twist]:
    """Give the factors that an answer may be wrong by."""
    if quantity.name == "macs":
        yield Twist("mac_vs_flop", "FLOPs are given, and each multiply-accumulate is two of them", Fraction(2), 0)
        yield Twist("mac_vs_flop", "it is divided by two, as if multiply-accumulates were FLOPs", Fraction(1, 2), 1)
    elif quantity.name == "flops":
        yield Twist("mac_vs_flop", "multiply-accumulates are given, and each is two FLOPs", Fraction(1, 2), 0)
        yield Twist("mac_vs_flop", "it is multiplied by two twice", Fraction(2), 1)
    elif quantity.name == "training_flops":
        yield Twist("2ND_vs_6ND", "two FLOPs for each parameter and token are the forward pass alone", Fraction(1, 3), 0)
    in_bytes = quantity.kind is Kind.BYTES or answer.bytes
    if in_bytes or quantity.kind is Kind.ELEMENTS:
        yield from _sizes(quantity, answer, settings, in_bytes=in_bytes)
    if settings.batch > 1 and (quantity.kind is Kind.ELEMENTS or quantity.name == "activations_bytes"):
        yield Twist("batch_forgotten", "one sample is counted, not the batch", Fraction(1, settings.batch), 0)
    for steps in SLIPS:
        what = "the decimal point has slipped" if steps < 3 else "a unit is mistaken: thousands of something for the thing"
        yield Twist("decimal_slip", what, Fraction(10) ** steps, 3 + steps // 2)
        yield Twist("decimal_slip", what, Fraction(1, 10**steps), 3 + steps // 2)


def _sizes(quantity: Quantity, answer: Amount, settings: Settings, *, in_bytes: bool) -> Iterator[Twist]:
    precision = settings.dtype.weights if quantity.name == "model_size_bytes" else settings.dtype.activations
    width = bits(precision)
    if not in_bytes:
        yield Twist("elements_bytes", f"bytes are given, {width / 8} for each element, not elements", width / 8, 2)
        return
    yield Twist("bits_bytes", "bits are given, and eight of them are a byte", Fraction(8), 0)
    yield Twist("bits_bytes", "it is divided by eight once more, as if bytes were bits", Fraction(1, 8), 1)
    for name, bits_ in WIDTHS.items():
        if bits_ != width:
            yield Twist("wrong_precision", f"the numbers are taken for {name}, but they are {precision}", Fraction(bits_) / width, 1)
    power = PREFIXES.find(answer.unit[:1].upper()) + 1 if len(answer.unit) in {2, 3} else 0
    if power:
        binary = len(answer.unit) == 3
        other = answer.unit[::2] if binary else f"{answer.unit[0].upper()}i{answer.unit[1]}"
        factor = Fraction(1024**power, 1000**power)
        said = f"the number is right in {other}, not in {answer.unit}: powers of 1000 and of 1024"
        yield Twist("MB_MiB", said, factor if binary else 1 / factor, 0)
