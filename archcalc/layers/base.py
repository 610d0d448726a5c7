"""What a layer kind is: fields, a docstring, and one method that yields operations."""

from __future__ import annotations

from contextlib import suppress
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from archcalc.algebra import Op, Tensor, need
from archcalc.layers import find, known, meant
from archcalc.layers.fields import UNKNOWN, Bool, Maybe

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from pydantic import ValidationInfo

    from archcalc.layers.fields import Context

__all__ = [
    "MOST_ROWS", "Act", "Dressed", "Layer", "Norm", "Part", "Role", "alike", "axis_at", "feature_axis", "group", "labels", "pointwise",
    "within",
]  # fmt: skip


MOST_ROWS = 10_000  #: that one layer may make of itself


class Part(NamedTuple):
    """One row of a layer: an operation, and what it is called inside the layer that made it."""

    role: str  #: dotted, `""` for the layer itself: `norm`, `scores`, `fc1.act`
    type: str  #: the layer kind shown for it
    op: Op
    result: str = ""  #: where the tensor is no step on the way: it is reached as `name.result`, `name` being the entry's


class Facts:
    """What is said of a kind beside its fields."""

    kind: ClassVar[str] = ""
    primary: ClassVar[str] = ""
    role: ClassVar[str] = ""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    aliases: ClassVar[tuple[str, ...]] = ()
    indices: ClassVar[bool] = False
    references: ClassVar[tuple[str, ...]] = ()  #: fields that name tensors
    called: ClassVar[tuple[str, ...]] = ()  #: what the tensors that it reads are called, where they are not all alike
    sample: ClassVar[Mapping[str, object]] = {}  #: fields that show it at work, where 2 does not suggest itself
    letters: ClassVar[str] = ""  #: what axes are whose letters do not say it


Facts.__annotations__ = {}  # for people and type checkers; for each kind pydantic would evaluate them again


class Layer(Facts, BaseModel):
    """A layer kind. Class arguments: `kind`; `primary`, the field that a lone value fills; `role`, the place it may take in
    another layer (`norm`, `activation`, `merge`); `arity`, how many tensors it reads; `aliases`, names other libraries use; `indices`,
    whether it reads indices, so that an input of one axis without a name is a sequence of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, arbitrary_types_allowed=True)

    def __init_subclass__(
        cls, *, kind: str = "", primary: str = "", role: str = "", arity: tuple[int, int | None] | None = None,
        aliases: tuple[str, ...] = (), indices: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init_subclass__(**kwargs)
        cls.kind, cls.primary = kind, primary or cls.primary
        cls.role, cls.arity = role or cls.role, arity or cls.arity
        cls.aliases, cls.indices = aliases, indices
        cls.references = (*cls.references, *(name for name, hint in get_annotations(cls).items() if hint == "Refs"))

    def operands(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Name the tensors that are read, from those that the entry reads by its place or its `from`."""
        return given

    def over_channels(self, x: Tensor) -> Layer:  # noqa: ARG002 - norms may look at it
        """Give the layer that normalises `x` over its channels, for the place after a convolution."""
        return self

    def ops(self, *xs: Tensor) -> Iterator[Op | Part]:
        """Yield the operations in execution order; the last one that is no `result` makes the output."""
        raise NotImplementedError

    def rows(self, *xs: Tensor) -> Iterator[Part]:
        """Yield the rows of this layer."""
        for item in self.ops(*xs):
            yield item if isinstance(item, Part) else Part("", self.kind, item)


def within(role: str, layer: Layer, *xs: Tensor) -> Generator[Part, None, Op]:
    """Make another layer a part of this one, under a name of its own; returns its output.

    Used as `y = yield from within("norm", layer, x)`.
    """
    op: Op | None = None
    for part in layer.rows(*xs):
        yield Part(f"{role}.{part.role}" if part.role else role, part.type, part.op)
        op = part.op
    if op is None:
        raise TypeError(f"{layer.kind} yields no operation")
    return op


def labels(x: Tensor) -> list[str]:
    """Call the axes of a tensor what a pattern calls them: letters are capitals, repeated names are told apart.

    >>> labels(Tensor((3, 8, 8), ("c", "h", "w"))), labels(Tensor((7, 7), ("n", "n")))
    (['C', 'H', 'W'], ['N', 'N.1'])
    """
    seen: list[str] = []
    for i, name in enumerate(x.names):
        label = name.upper() if len(name) == 1 else name
        seen.append(f"{label}.{i}" if label in seen or not label else label)
    return seen


def group(axes: Iterable[str]) -> str:
    """Write one dimension of a pattern.

    >>> group(["C"]), group(["H", "W"]), group([])
    ('C', '(H W)', '()')
    """
    names = list(axes)
    return names[0] if len(names) == 1 else f"({' '.join(names)})"


def axis_at(x: Tensor, axis: int) -> int:
    """Count an axis from the front, or refuse.

    >>> axis_at(Tensor((3, 8, 8), ("c", "h", "w")), -1)
    2
    """
    rank = len(x.shape)
    need(-rank <= axis < rank, "there is no axis {axis} in {x}", axis=axis, x=x)
    return axis % rank


def alike(kind: str, xs: tuple[Tensor, ...], but: int | None = None) -> None:
    """Refuse tensors whose shapes differ, in another axis than `but`."""
    said = {"kind": kind, "xs": " and ".join(map(str, xs))}
    for x in xs[1:]:
        need(len(x.shape) == len(xs[0].shape), "`{kind}` of {xs}: they have different numbers of axes", **said)
        for i, (n, m) in enumerate(zip(xs[0].shape, x.shape, strict=True)):
            need((i == but) | (n == m), "`{kind}` of {xs}: {axis} is {n} in one and {m} in another", axis=x.names[i], n=n, m=m, **said)


def feature_axis(x: Tensor) -> int:
    """Say where channels or features are: in front if they are called `c`, else last."""
    return 0 if x.channels_first else -1


def pointwise(kind: str, x: Tensor, **told: Any) -> Op:
    """Make an operation that keeps every axis; `told` goes to the `Op`.

    >>> pointwise("act:relu", Tensor((3, 8, 8), ("c", "h", "w"))).pattern
    'C H W -> C H W'
    """
    axes = " ".join(labels(x))
    return Op(kind, f"{axes} -> {axes}", (x,), names=x.names, **told)


def _layer(value: object, info: ValidationInfo, role: str, ending: str) -> Layer | None:
    """Read `relu`, `{leaky_relu: 0.2}`, `batch` (short for `batch_norm`) or `none` where a layer may be written."""
    if value in (None, "none") or value is UNKNOWN:
        return None
    if isinstance(value, Layer):
        return value
    word, args = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else (value, {})
    if isinstance(word, str) and info.context is not None:
        word = info.context.text(word)
        if word is UNKNOWN:
            _note(args, info.context)
        if word is UNKNOWN or word == "none":
            return None
    choices = known(role)
    if not isinstance(word, str):
        raise PydanticCustomError("layer", "takes the name of {role} kind, not {value}", {"role": _a(role), "value": repr(word)})
    kind = next((k for k in (word, word + ending) if k in choices), None)
    if kind is None:
        short = tuple(k.removesuffix(ending) if ending else k for k in choices)
        variable = info.context is not None and info.context.knows(word)
        hint = f"write `${word}` for the variable" if variable else meant(word, short, choices)
        raise PydanticCustomError("layer", "takes {role} kind, not `{word}`", {"word": word, "role": _a(role), "help": hint})
    return _built(find(kind), args, word, info)


def _note(args: object, context: Context) -> None:
    """Let the context see what is read beside a kind that only the run will know."""
    for value in args.values() if isinstance(args, dict) else (args,):
        if isinstance(value, str):
            with suppress(PydanticCustomError):  # whether it fits is for the run to say
                context.number(value)


def _built(cls: type[Layer], args: object, word: str, info: ValidationInfo) -> Layer:
    """Make a layer that stands in another one's field."""
    if not isinstance(args, dict):
        args = {cls.primary: args} if cls.primary and args is not None else {}
    try:
        return cls.model_validate(args, context=info.context)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = {"kind": cls.kind, "place": place, "message": first["msg"], **first.get("ctx", {})}
        if first["type"] == "missing":
            raise PydanticCustomError("layer", "needs `{place}` of `{kind}`", {**said, "help": f"write `{{{word}: …}}`"}) from None
        raise PydanticCustomError("layer", "in `{kind}`: {place}: {message}", said) from None


def _a(role: str) -> str:
    return ("an " if role[0] in "aeiou" else "a ") + role


class Role(NamedTuple):
    """The mark of a field where a layer may be written: any kind whose role it is, with or without the ending of its name."""

    name: str
    ending: str = ""


NORM, ACT = Role("norm", "_norm"), Role("activation")


def _norm(value: object, info: ValidationInfo) -> Layer | None:
    return _layer(value, info, NORM.name, NORM.ending)


def _act(value: object, info: ValidationInfo) -> Layer | None:
    return _layer(value, info, ACT.name, ACT.ending)


#: A normalisation: `batch`, `{group: 32}`, `{batch: {frozen: true}}`, `none`, or any kind whose role it is.
Norm = Annotated[Layer | None, PlainValidator(_norm), NORM]
#: An activation: `relu`, `{leaky_relu: 0.2}`, `none`, or any kind whose role it is.
Act = Annotated[Layer | None, PlainValidator(_act), ACT]


class Dressed(Layer):
    """A layer with weights that may bring its normalisation and its activation along, as rows of their own."""

    bias: Maybe[Bool] = None
    norm: Norm = None
    act: Act = None

    @property
    def biased(self) -> bool:
        """Whether there is a bias: as written, else unless a normalisation follows."""
        return self.norm is None if self.bias is None else self.bias

    def core(self, x: Tensor) -> Op:
        """Make the operation itself."""
        raise NotImplementedError

    def ops(self, *xs: Tensor) -> Iterator[Op | Part]:
        """Yield the operation, then its normalisation, then its activation."""
        y = self.core(*xs)
        yield y
        if self.norm is not None:
            y = yield from within("norm", self.norm.over_channels(y), y)
        if self.act is not None:
            yield from within("act", self.act, y)
