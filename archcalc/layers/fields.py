"""The types of layer fields: what may be written, evaluated where it is text, and checked.

Text in a numeric or boolean field is an expression. The validation context (`Context`) evaluates it; in the static pass over a
file most values are not known yet, and `UNKNOWN` stands in for them. No field is a union, so an error's location is exactly
the place in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypeVar

from pydantic import AfterValidator, Field, PlainValidator, Strict, WrapValidator
from pydantic_core import PydanticCustomError

from archcalc.algebra import need
from archcalc.layers import meant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationInfo, ValidatorFunctionWrapHandler

__all__ = [
    "UNKNOWN", "Amounts", "Bool", "Bools", "Context", "Int", "Maybe",
    "NonNeg", "Number", "Padding", "Pairs", "PerAxis", "PerAxisInt", "PerAxisNonNeg",
    "PerAxisNumber", "PerAxisOrNone", "Pos", "Probability", "Refs", "Sizes", "Text", "evaluated", "integer", "one_of", "pairs", "spread",
]  # fmt: skip


class _Unknown:
    """Stands for a value that only the expansion of the file will know."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final[Any] = _Unknown()


class Context(Protocol):
    """What the values of a file are read with: pydantic's validation context."""

    def number(self, text: str) -> object:
        """Evaluate an expression: a number, a boolean, a list, or `UNKNOWN`."""

    def text(self, text: str) -> object:
        """Fill `$name` and `$(expression)` in a text, or `UNKNOWN`."""

    def knows(self, word: str) -> bool:
        """Tell whether a variable has this name."""


def evaluated(value: object, info: ValidationInfo) -> object:
    """Evaluate `value` if it is text and there is a context to do it with."""
    if isinstance(value, str) and info.context is not None:
        value = info.context.number(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
    return value


def _wrap(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    value = evaluated(value, info)
    return value if value is UNKNOWN else handler(value)


#: What other languages take for booleans.
WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _boolean(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    if isinstance(value, str) and value.lower() in WORDS:
        word = WORDS[value.lower()]
        raise PydanticCustomError("word", "`{value}` is text here, not a boolean", {"value": value, "help": f"write `{word}`"})
    return _wrap(value, handler, info)


def _text(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    if isinstance(value, str) and info.context is not None:
        value = info.context.text(value)
    return value if value is UNKNOWN else handler(value)


_NUMBER_INPUT = Any

Int = Annotated[int, Strict(), WrapValidator(_wrap, json_schema_input_type=_NUMBER_INPUT)]
Pos = Annotated[int, Strict(), Field(ge=1), WrapValidator(_wrap, json_schema_input_type=_NUMBER_INPUT)]
NonNeg = Annotated[int, Strict(), Field(ge=0), WrapValidator(_wrap, json_schema_input_type=_NUMBER_INPUT)]
Number = Annotated[float, WrapValidator(_wrap, json_schema_input_type=_NUMBER_INPUT)]
Probability = Annotated[float, Field(ge=0, le=1), WrapValidator(_wrap, json_schema_input_type=_NUMBER_INPUT)]
Bool = Annotated[bool, Strict(), WrapValidator(_boolean, json_schema_input_type=_NUMBER_INPUT)]
Text = Annotated[str, Strict(), WrapValidator(_text, json_schema_input_type=_NUMBER_INPUT)]


T = TypeVar("T")


def _maybe(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    flag = isinstance(value, str) and value.lower() in WORDS  # for the field itself to speak of
    value = value if flag else evaluated(value, info)
    return None if value is None else handler(value)


#: A field that may be left out, also by an expression that comes to nothing: a block passes on what it was not given.
Maybe = Annotated[T | None, WrapValidator(_maybe)]


def one_of(words: Iterable[str]) -> AfterValidator:
    """Accept nothing but these words in a text field."""
    choices = tuple(words)

    def check(word: str) -> str:
        if word is not UNKNOWN and word not in choices:
            close = meant(word, choices) or "one of " + ", ".join(f"`{choice}`" for choice in choices)
            raise PydanticCustomError("word", "can't be `{word}`", {"word": word, "help": close})
        return word

    return AfterValidator(check)


def _several(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    value = evaluated(value, info)
    if value is UNKNOWN:
        return value
    if value in ([], ()):
        raise PydanticCustomError("several", "takes a number or a list of them, not an empty list")
    return handler(value if isinstance(value, list | tuple) else [value])


PerAxis = Annotated[tuple[Pos, ...], WrapValidator(_several, json_schema_input_type=_NUMBER_INPUT)]
PerAxisNonNeg = Annotated[tuple[NonNeg, ...], WrapValidator(_several, json_schema_input_type=_NUMBER_INPUT)]
PerAxisInt = Annotated[tuple[Int, ...], WrapValidator(_several, json_schema_input_type=_NUMBER_INPUT)]
PerAxisNumber = Annotated[tuple[Number, ...], WrapValidator(_several, json_schema_input_type=_NUMBER_INPUT)]


def _flags(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    return handler([value]) if isinstance(value, str) and value.lower() in WORDS else _several(value, handler, info)


#: One boolean, or a list of them.
Bools = Annotated[tuple[Bool, ...], WrapValidator(_flags, json_schema_input_type=_NUMBER_INPUT)]


def _names(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    return handler([value] if isinstance(value, str) else value)


#: Names of tensors; a pattern such as `skip*` stands for all that match.
Refs = Annotated[tuple[Text, ...], WrapValidator(_names, json_schema_input_type=_NUMBER_INPUT)]


def integer(value: object, info: ValidationInfo) -> int:
    """Read one whole number, for validators that normalise by hand; may be `UNKNOWN`, which is let through."""
    number: Any = evaluated(value, info)
    if number is not UNKNOWN and type(number) is not int:
        raise PydanticCustomError("int_type", "takes a whole number, not {value}", {"value": repr(number)})
    whole: int = number
    return whole


Pairs = tuple[tuple[int, int], ...]


def pairs(value: object, info: ValidationInfo) -> Pairs:
    """Read a number, a list with one per axis, or a list of `[before, after]` pairs."""
    read: Any = evaluated(value, info)
    if read is UNKNOWN:
        return ((read, read),)
    items = read if isinstance(read, list | tuple) else [read]
    if not items:
        raise PydanticCustomError("pairs", "takes a number, one per axis, or `[before, after]` pairs, not an empty list")
    made: list[tuple[int, int]] = []
    for item in items:
        if isinstance(item, list | tuple):
            if len(item) != 2:
                raise PydanticCustomError("pairs", "a pair is `[before, after]`, not {n} numbers", {"n": len(item)})
            made.append((integer(item[0], info), integer(item[1], info)))
        else:
            made.append((integer(item, info),) * 2)
    return tuple(made)


def _padding(value: object, info: ValidationInfo) -> str | Pairs:
    if isinstance(value, str) and value in {"same", "valid"}:
        return value
    try:
        made = pairs(value, info)
    except PydanticCustomError as error:
        if isinstance(value, str) and (hint := meant(value, ("same", "valid"))):
            raise PydanticCustomError(error.type, error.message_template, {**(error.context or {}), "help": hint}) from None
        raise
    if any(n is not UNKNOWN and n < 0 for pair in made for n in pair):
        raise PydanticCustomError("padding", "padding can't be negative; to cut a border off, use `crop` or a negative `pad`")
    return made


#: `same`, `valid`, or pairs; a single pair stands for every axis.
Padding = Annotated[str | Pairs, PlainValidator(_padding, json_schema_input_type=_NUMBER_INPUT)]
#: Pairs that may be negative; a single pair stands for every axis.
Amounts = Annotated[Pairs, PlainValidator(pairs, json_schema_input_type=_NUMBER_INPUT)]


def _sizes(value: object, info: ValidationInfo) -> tuple[tuple[str, int], ...]:
    read: Any = evaluated(value, info)
    if read is UNKNOWN:
        return (("a0", read),)
    items = read if isinstance(read, list | tuple) else [read]
    named = read if isinstance(read, dict) else {f"a{i}": n for i, n in enumerate(items)}
    for name in named:
        if not str(name).isidentifier():
            raise PydanticCustomError("name", "can't have an axis called `{name}`", {"name": str(name)})
    if not named:
        raise PydanticCustomError("sizes", "takes the sizes of one axis or more")
    return tuple((str(name), integer(n, info)) for name, n in named.items())


#: Sizes of axes with their names: `{c: 64, h: 7, w: 7}`, or `[64, 7, 7]`, whose axes are called a0, a1, a2.
Sizes = Annotated[tuple[tuple[str, int], ...], PlainValidator(_sizes, json_schema_input_type=_NUMBER_INPUT)]


def _keepable(value: object, info: ValidationInfo) -> tuple[int | None, ...]:
    if value != "none":
        value = evaluated(value, info)
    value = value if isinstance(value, list | tuple) else [value]
    return tuple(None if n in (None, "none") else integer(n, info) for n in value)


#: One size for each axis, `none` to keep the axis as it is.
PerAxisOrNone = Annotated[tuple[int | None, ...], PlainValidator(_keepable, json_schema_input_type=_NUMBER_INPUT)]


def spread(values: tuple[Any, ...], rank: int, what: str) -> tuple[Any, ...]:
    """Give one value per spatial axis: a single one stands for all.

    >>> spread((3,), 2, "kernel")
    (3, 3)
    """
    if len(values) == 1:
        return values * rank
    need(len(values) == rank, "`{what}` has {n} values for {rank} spatial axes", what=what, n=len(values), rank=rank)
    return values
