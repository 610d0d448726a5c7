"""How many bits a number takes: weights and activations apart, and the scales that quantized weights share."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from math import ceil, prod
from typing import TYPE_CHECKING, NamedTuple

from archcalc.algebra import SETS, axes_of
from archcalc.layers import meant
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.algebra import Op
    from archcalc.trace import Step

__all__ = [
    "BITS", "GROUPS", "KEYS", "NONE", "DType", "PrecisionError", "Stated", "alone", "bits", "checked", "leading", "resolved", "scales",
    "scales_of", "size_in_bytes", "weight_bits", "whole_bytes", "width",
]  # fmt: skip

#: Ternary values are stored in 2 bits; write `1.58` for the information that they carry.
BITS = {
    "fp64": 64, "fp32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "fp4": 4,
    "int64": 64, "int32": 32, "int16": 16, "int8": 8, "int4": 4, "int2": 2, "ternary": 2, "binary": 1,
}  # fmt: skip
#: What is said of a precision. The last three are of quantized weights: how many share a scale, and what it and a zero point are kept in.
KEYS = ("weights", "activations", "group", "scale", "zero")
NONE = "none"
#: Weights that share a scale, where it is not a number of them: those of an output channel, those of a tensor.
CHANNEL, TENSOR = GROUPS = ("channel", "tensor")
#: Tensors without scales, whatever their axes: biases, and what norms learn.
BIAS, NORM = "bias", "norm"


class PrecisionError(ValueError):
    """What is no precision, and in `help` what there is."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 - the word that is printed
        super().__init__(f"{message}: {help}" if help else message)
        self.message, self.help = message, help


def bits(name: str) -> Fraction:
    """Give the bits of a precision by its name, or by a number of bits. Raises `PrecisionError`.

    >>> bits("int4"), bits("6"), bits("1.58")
    (Fraction(4, 1), Fraction(6, 1), Fraction(79, 50))
    """
    if name in BITS:
        return Fraction(BITS[name])
    if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", name) and Fraction(name) > 0:
        return Fraction(name)
    raise PrecisionError(f"unknown precision `{name}`", meant(name, BITS) or f"there are {', '.join(BITS)}, or a number of bits")


@lru_cache(maxsize=256)
def width(name: str) -> int | Fraction:
    """Give the bits of a precision, as an integer where they are one: sums of many are quick to work out then."""
    found = bits(name)
    return found.numerator if found.denominator == 1 else found


def checked(key: str, value: object) -> int | str:
    """Check what is said of one key, and write numbers of bits as names. Raises `PrecisionError`.

    >>> checked("weights", 4), checked("scale", "fp16"), checked("group", "128"), checked("zero", "none")
    ('4', 'fp16', 128, 'none')
    """
    if key == "group":
        return _group(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise PrecisionError(f"`{key}` takes a precision, not {_kind(value)}", "write its name, `int8`, or a number of bits")
    name = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    if key != "zero" or name != NONE:
        bits(name)
    return name


def _group(value: object) -> int | str:
    """Check how many weights share a scale."""
    word = str(value).strip()
    if isinstance(value, str) and word in {*GROUPS, NONE}:
        return word
    number = not isinstance(value, bool) and isinstance(value, int | float | str) and re.fullmatch(r"\d{1,18}(\.0)?", word)
    if number and float(word) >= 1:
        return int(word.partition(".")[0])
    hint = (isinstance(value, str) and meant(word, (*GROUPS, NONE))) or "write `128`, `channel`, `tensor` or `none`"
    raise PrecisionError(f"`group` is a whole number of weights, 1 or more, not {_kind(value)}", hint)


def _kind(value: object) -> str:
    """Name what is no precision."""
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "nothing" if value is None else f"`{str(value).lower() if isinstance(value, bool) else str(value)[:40]}`"


class DType(Record):
    """The precision of weights and of activations, and of the scales that weights share."""

    weights: str = "fp32"
    activations: str = "fp32"
    group: int | str = NONE  #: how many weights of an output share a scale; or `channel`, `tensor`, `none`
    scale: str = "fp16"  #: the precision of a scale
    zero: str = NONE  #: that of the zero point beside it, or `none`

    def __post_init__(self) -> None:
        for key in KEYS:
            object.__setattr__(self, key, checked(key, getattr(self, key)))

    @classmethod
    def parse(cls, text: str) -> DType:
        """Read one name for weights and activations, or each apart. Raises `PrecisionError`.

        >>> DType.parse("int8") == DType("int8", "int8")
        True
        >>> DType.parse("weights=int4,activations=fp16,group=128")
        DType(weights='int4', activations='fp16', group=128, scale='fp16', zero='none')
        """
        if "=" not in text:
            return cls(text.strip(), text.strip())
        given = {}
        for part in text.split(","):
            key, _, value = (word.strip() for word in part.partition("="))
            if key not in KEYS:
                raise PrecisionError(f"a precision is of {', '.join(f'`{one}`' for one in KEYS)}, not of `{key}`", meant(key, KEYS))
            given[key] = value
        for key in alone(given):
            raise PrecisionError(f"there is no `{key}` without a group", "write `group=128`, `group=channel` or `group=tensor` beside it")
        return cls(**given)

    @property
    def grouped(self) -> bool:
        """Whether weights share scales."""
        return self.group != NONE

    def named(self) -> dict[str, int | str]:
        """Give what there is to say, key by key.

        >>> DType("int4", "fp16", 128).named()
        {'weights': 'int4', 'activations': 'fp16', 'group': 128, 'scale': 'fp16'}
        """
        told = {
            "weights": True,
            "activations": True,
            "group": self.grouped,
            "scale": self.grouped,
            "zero": self.grouped and self.zero != NONE,
        }
        return {key: getattr(self, key) for key in KEYS if told[key]}


def alone(keys: Mapping[str, object]) -> list[str]:
    """List what is said of scales where nothing says that there are any."""
    return [key for key in ("scale", "zero") if key in keys and "group" not in keys]


class Stated(NamedTuple):
    """What a file, or an entry of it, says of precision, key by key; `None` is not said.

    Who says what weights are says anew what scales they have: a layer in `fp16` among layers in groups of `int4` has none.
    """

    weights: str | None = None
    activations: str | None = None
    group: int | str | None = None
    scale: str | None = None
    zero: str | None = None

    def over(self, around: Stated) -> Stated:
        """Give what holds where this is said inside of what another one is said of.

        >>> Stated(weights="fp16").over(Stated(weights="int4", activations="int8", group=128))
        Stated(weights='fp16', activations='int8', group=None, scale=None, zero=None)
        """
        kept = around if self.weights is None else Stated(activations=around.activations)
        return kept._replace(**{key: value for key, value in self._asdict().items() if value is not None})

    def of(self, dtype: DType) -> DType:
        """Give the precision that holds where this is said in a network of another one."""
        return _of(self, dtype)


@lru_cache(maxsize=1024)
def _of(stated: Stated, dtype: DType) -> DType:
    base = dtype if stated.weights is None else DType(activations=dtype.activations)
    return replace(base, **{key: value for key, value in stated._asdict().items() if value is not None})


def size_in_bytes(count: int, precision: str) -> int:
    """Multiply by the bits and divide by 8, rounded up once.

    >>> size_in_bytes(3, "int4"), size_in_bytes(10, "1.58")
    (2, 2)
    """
    return ceil(count * bits(precision) / 8)


def whole_bytes(count: int | Fraction) -> int:
    """Give the bytes of so many bits, rounded up.

    >>> whole_bytes(16), whole_bytes(17), whole_bytes(Fraction(79, 5))
    (2, 3, 2)
    """
    return -(-count // 8)


def resolved(step: Step, dtype: DType) -> DType:
    """Give the precision of one row: its own as far as the file states one, else that of the whole."""
    return dtype if step.precision is None else step.precision.of(dtype)


def weight_bits(step: Step, dtype: DType) -> int | Fraction:
    """Count the bits of the weights that a row has to itself, scales and zero points included."""
    own = resolved(step, dtype)
    return sum(held_bits(step.op, name, own) for name in step.op.weights if name not in step.tied)


def held_bits(op: Op, name: str, dtype: DType) -> int | Fraction:
    """Count the bits of one weight tensor, whoever has it to itself, at the precision of its row."""
    found = op.count(op.weights[name]) * width(dtype.weights)
    if dtype.grouped:
        found += scales_of(op, name, dtype.group) * (width(dtype.scale) + (width(dtype.zero) if dtype.zero != NONE else 0))
    return found


def scales(step: Step, dtype: DType) -> int:
    """Count the scales of the weights that a row has to itself, at a precision of its own."""
    return sum(scales_of(step.op, name, dtype.group) for name in step.op.weights if name not in step.tied)


def scales_of(op: Op, name: str, group: int | str) -> int:
    """Count the scales of one weight tensor.

    Those of two axes or more have scales; biases and the gains of norms have none, as they are few and stay as they are. Groups run
    along all weights of one output channel, as in GPTQ (Frantar et al. 2022), and the last may be smaller: n weights have ceil(n / group).
    `channel` is one for each output channel, the positions of the first axis; `tensor` one in all. Each expert has tensors of its own.
    """
    axes = axes_of(op.weights[name])
    if group == NONE or len(axes) - _first(axes) < 2 or name == BIAS or op.family == NORM:
        return 0
    sizes = [op.sizes[axis] for axis in axes]
    if group in GROUPS:
        return prod(sizes[: leading(op, axes, group)])
    rows = leading(op, axes, CHANNEL)
    return prod(sizes[:rows]) * -(-prod(sizes[rows:]) // int(group))


def leading(op: Op, axes: tuple[str, ...], group: int | str) -> int:
    """Say how many leading axes have a scale for each of their positions.

    Of a tensor those that count experts; of channels the first one after these, and those that the operation makes together with it:
    what a recurrent layer learns is a row for each gate of each direction, and frameworks write these axes as one.
    """
    first = _first(axes)
    if group == TENSOR:
        return first
    made = {axis for dim in op.dims[1] for axis in dim} if op.loops else set()
    return 1 + max((i for i in range(first, len(axes) - 1) if axes[i] in made), default=first)


def _first(axes: tuple[str, ...]) -> int:
    """Find the first axis that does not count sets of weights."""
    return next((i for i, axis in enumerate(axes) if not axis.startswith(SETS)), 0)
