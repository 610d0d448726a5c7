"""What stays from step to step: weights, their gradients, and what the optimizer keeps of each; shared over devices by ZeRO.

Bytes of each parameter, with Adam: 16 in fp32 and in mixed precision (2 + 2 + 4 for the copy in fp32 + 8), 8 in bf16 alone. Sources:
Rajbhandari et al. 2020 (ZeRO, https://arxiv.org/abs/1910.02054, section 3), Dettmers et al. 2022 for Adam in 8 bits
(https://arxiv.org/abs/2110.02861).
"""

from __future__ import annotations

from typing import NamedTuple

from archcalc.record import Record

__all__ = ["OPTIMIZERS", "PRECISIONS", "STAGES", "Numbers", "Optimizer", "Static", "static"]


class Numbers(NamedTuple):
    """Bytes of numbers in a kind of training."""

    weight: int  #: as the passes use it
    gradient: int
    master: int  #: of a further copy that the optimizer changes; 0 where there is none
    state: int  #: that the optimizer keeps
    compute: tuple[str, ...]  #: precisions of products, the first that a device has


class Optimizer(NamedTuple):
    """What an optimizer keeps of each parameter."""

    states: int
    bytes: int = 0  #: of each; 0 is as the precision says


PRECISIONS = {
    "fp32": Numbers(4, 4, 0, 4, ("fp32",)),
    "bf16": Numbers(2, 2, 0, 2, ("bf16",)),
    "mixed": Numbers(2, 2, 4, 4, ("bf16", "fp16")),
}
OPTIMIZERS = {
    "sgd": Optimizer(0),
    "momentum": Optimizer(1),
    "adam": Optimizer(2),
    "adamw": Optimizer(2),
    "adam8bit": Optimizer(2, 1),
}
#: What each stage of ZeRO shares over devices, beside what those before it do.
STAGES = {0: "nothing shared", 1: "states of the optimizer shared", 2: "gradients too", 3: "weights too"}


class Static(Record):
    """Bytes on each device."""

    weights: int
    gradients: int
    states: int  #: a copy in fp32 included, where there is one

    @property
    def total(self) -> int:
        """All together."""
        return self.weights + self.gradients + self.states


def static(trainable: int, frozen: int, optimizer: str, precision: str, devices: int = 1, stage: int = 0) -> Static:
    """Give what stays on each of some devices at a stage of ZeRO.

    >>> [round(static(7_500_000_000, 0, "adam", "mixed", 64, stage).total / 1e9, 1) for stage in STAGES]
    [120.0, 31.4, 16.6, 1.9]
    """
    numbers, kept = PRECISIONS[precision], OPTIMIZERS[optimizer]
    shares = [devices if stage >= since else 1 for since in (3, 2, 1)]
    whole = (
        (trainable + frozen) * numbers.weight,
        trainable * numbers.gradient,
        trainable * (numbers.master + kept.states * (kept.bytes or numbers.state)),
    )
    return Static(*(-(-n // share) for n, share in zip(whole, shares, strict=True)))
