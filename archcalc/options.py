"""What calculations may be told: options of all of them, and those that some have beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from archcalc.calculators.precision import DType
    from archcalc.devices import Profile

__all__ = [
    "ALIGN", "INPUTS", "REUSE", "SEARCH", "EstimateOptions", "InferOptions", "MemoryOptions", "Options", "TrainOptions", "apart",
]  # fmt: skip

#: What becomes of a network's inputs: freed after their last reader, kept to the end by the caller, or held elsewhere.
INPUTS = ("freed", "kept", "elsewhere")
#: What may write over what it reads, each with those before it.
REUSE = ("elementwise", "add", "depthwise")
#: Bytes that offsets are multiples of where nothing else is said, as in TensorFlow Lite for microcontrollers.
ALIGN = 16
#: Steps that are tried before the search for the best order gives up: about a second.
SEARCH = 100_000


class Options(TypedDict, total=False):
    """What a calculation may be told."""

    sets: Mapping[str, object]  #: variables of the file, and sizes of named input axes
    inputs: Mapping[str, object]  #: whole input shapes: `(3, 256, 256)` or `"3,256,256"`, or `128` of a single axis
    batch: int
    dtype: DType | str | None  #: `"int8"`, or `"weights=int4,activations=fp16,group=128"`; of none, as the file says, or fp32
    convention: str  #: how work is counted: `paper`, or as a tool does, `fvcore`
    strict: bool  #: whether what the convention has no rule for is an error


class MemoryOptions(Options, total=False):
    """What a plan of memory may be told beside them."""

    input_tensors: str  #: whether inputs are `freed` after their last reader, `kept` to the end, or `elsewhere`
    indices: bool  #: whether max pooling makes indices
    in_place: str  #: what writes over its input: `elementwise`, `add` too, `depthwise` too
    align: int  #: steps of offsets, in bytes
    search: int  #: steps after which the search for the best order gives up
    patches: Sequence[int]  #: in which the first stage runs, along each axis
    until: str  #: the path of that stage's last layer


class TrainOptions(Options, total=False):
    """What a training may be told beside them."""

    optimizer: str  #: sgd, momentum, adam, adamw, adam8bit
    precision: str  #: fp32, bf16, mixed
    devices: int  #: each with the batch
    stage: int  #: of ZeRO: what devices share
    checkpoint: tuple[str, ...]  #: `sqrt`, or entries that are run again instead of kept
    flash: bool  #: attention in one kernel
    mask: int  #: bytes of an element of dropout's mask
    tokens: int | None  #: of a whole training
    device: Profile | str | None  #: that it runs on
    utilisation: Fraction | float  #: the share of its peak that is reached


class EstimateOptions(Options, total=False):
    """What an estimate may be told beside them."""

    fused: bool  #: whether norms and activations go along with the product before them
    flash: bool  #: attention in one kernel
    engines: int  #: devices side by side
    compute: Fraction | float | None  #: the share of the peak that is reached
    memory: Fraction | float | None  #: and of the bandwidth
    launch: Fraction | float | None  #: seconds of a call


class InferOptions(Options, total=False):
    """What prompts and tokens may be told beside them."""

    kv: str | None  #: the precision of what is kept for the next token
    device: Profile | str | None  #: that they run on
    compute: Fraction | float | None  #: the share of its peak that is reached
    memory: Fraction | float | None  #: and of the bandwidth


def apart(options: Mapping[str, Any], own: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell options of one calculation from those of all; an unknown one is a mistake of the caller."""
    if unknown := set(options) - set(own.__annotations__) - set(Options.__annotations__):
        raise TypeError(f"there is no option {', '.join(sorted(unknown))}; there are {', '.join(own.__annotations__)}")
    return (
        {key: value for key, value in options.items() if key not in Options.__annotations__},
        {key: value for key, value in options.items() if key in Options.__annotations__},
    )
