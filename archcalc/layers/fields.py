"""The types of layer fields: what may be written, evaluated where it is text, and checked.

Text in a numeric or boolean field is an expression. The validation context (`Context`) evaluates it; in the static pass over a
file most values are not known yet, and `UNKNOWN` stands in for them. No field is a union, so an error's location is exactly
the place in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypeVar

from pydantic import Field, GetPydanticSchema, PlainValidator, Strict, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError, core_schema

from archcalc.algebra import need
from archcalc.layers import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import ValidationInfo, ValidatorFunctionWrapHandler

__all__ = [
    "CONDITION", "UNKNOWN", "Amounts", "Bool", "Bools", "Context", "Int", "Maybe",
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
        raise PydanticCustomError("word", "takes `true` or `false`, not the text `{value}`", {"value": value, "help": f"write `{word}`"})
    return _wrap(value, handler, info)


def _text(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    if isinstance(value, str) and info.context is not None:
        value = info.context.text(value)
    return value if value is UNKNOWN else handler(value)


# What a JSON schema says of a field follows from its type and from what else may be written there. It plays no part in validation.

Json = dict[str, Any]
#: Text that may be a condition: anything but what other languages take for booleans.
CONDITION: Json = {
    "pattern": f"^(?!({'|'.join(''.join(f'[{c.upper()}{c}]' for c in word) for word in WORDS)})$)",
    "patternErrorMessage": "write `true` or `false`",
}


def _or(made: Json, other: str) -> Json:
    """Let something else be written."""
    types = made.get("type", [])
    return {**made, "type": [*([types] if isinstance(types, str) else types), other]} if types else {"anyOf": [made, {"type": other}]}


def _told(change: Callable[[Json], Json]) -> GetPydanticSchema:
    """Make a mark that changes what the schema says."""
    return GetPydanticSchema(get_pydantic_json_schema=lambda schema, handler: change(handler(schema)))


OR_TEXT = _told(lambda made: _or(made, "string"))
OR_CONDITION = _told(lambda made: {**_or(made, "string"), **CONDITION})
OR_SOME = _told(lambda made: {**made, **_or(made["items"], "array"), "minItems": 1})
OR_NOTHING = _told(lambda made: _or(made["anyOf"][0], "null"))

Int = Annotated[int, Strict(), WrapValidator(_wrap), OR_TEXT]
Pos = Annotated[int, Strict(), Field(ge=1), WrapValidator(_wrap), OR_TEXT]
NonNeg = Annotated[int, Strict(), Field(ge=0), WrapValidator(_wrap), OR_TEXT]
Number = Annotated[float, WrapValidator(_wrap), OR_TEXT]
Probability = Annotated[float, Field(ge=0, le=1), WrapValidator(_wrap), OR_TEXT]
Bool = Annotated[bool, Strict(), WrapValidator(_boolean), OR_CONDITION]
Text = Annotated[str, Strict(), WrapValidator(_text)]


T = TypeVar("T")


def _maybe(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    flag = isinstance(value, str) and value.lower() in WORDS  # for the field itself to speak of
    value = value if flag else evaluated(value, info)
    return None if value is None else handler(value)


#: A field that may be left out, also by an expression that comes to nothing: a block passes on what it was not given.
Maybe = Annotated[T | None, WrapValidator(_maybe), OR_NOTHING]


def one_of(words: Iterable[str]) -> GetPydanticSchema:
    """Accept nothing but these words in a text field."""
    choices = tuple(words)

    def check(word: str) -> str:
        if word is not UNKNOWN and word not in choices:
            close = meant(word, choices) or "one of " + ", ".join(f"`{choice}`" for choice in choices)
            raise PydanticCustomError("word", "can't be `{word}`", {"word": word, "help": close})
        return word

    return GetPydanticSchema(
        lambda source, handler: core_schema.no_info_after_validator_function(check, handler(source)),
        lambda schema, handler: {"anyOf": [{"enum": list(choices)}, {**handler(schema), "pattern": r"\$"}]},
    )


def _several(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    value = evaluated(value, info)
    if value is UNKNOWN:
        return value
    if value in ([], ()):
        raise PydanticCustomError("several", "takes a number or a list of them, not an empty list")
    return handler(value if isinstance(value, list | tuple) else [value])


PerAxis = Annotated[tuple[Pos, ...], WrapValidator(_several), OR_SOME]
PerAxisNonNeg = Annotated[tuple[NonNeg, ...], WrapValidator(_several), OR_SOME]
PerAxisInt = Annotated[tuple[Int, ...], WrapValidator(_several), OR_SOME]
PerAxisNumber = Annotated[tuple[Number, ...], WrapValidator(_several), OR_SOME]


def _flags(value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    return handler([value]) if isinstance(value, str) and value.lower() in WORDS else _several(value, handler, info)


#: One boolean, or a list of them.
Bools = Annotated[tuple[Bool, ...], WrapValidator(_flags), OR_SOME]


def _names(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    if not isinstance(value, str | list | tuple):
        said = "a mapping" if isinstance(value, dict) else f"`{str(value).lower()}`"
        raise PydanticCustomError("names", "takes the name of a tensor, or a list of names, not {said}", {"said": said})
    return handler([value] if isinstance(value, str) else value)


#: Names of tensors; a pattern such as `skip*` stands for all that match.
Refs = Annotated[tuple[Text, ...], WrapValidator(_names), OR_SOME]


def integer(value: object, info: ValidationInfo) -> int:
    """Read one whole number, for validators that normalise by hand; may be `UNKNOWN`, which is let through."""
    number: Any = evaluated(value, info)
    if number is not UNKNOWN and type(number) is not int:
        raise PydanticCustomError("int_type", "takes a whole number, not {value}", {"value": repr(number)})
    whole: int = number
    return whole


Pairs = tuple[tuple[int, int], ...]
#: Whole numbers in a JSON schema, for what is read by hand.
_WHOLE: Json = {"type": ["integer", "string"]}


def _list(one: Json, item: Json | None = None) -> Json:
    """Say that a value is `one`, or a list of such, or of items."""
    return {**_or(one, "array"), "items": item or one, "minItems": 1}


def _paired(one: Json) -> Json:
    """Say that the items of a list may be `[before, after]`."""
    return _list(one, {**_or(one, "array"), "items": one, "minItems": 2, "maxItems": 2})


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


#: Paddings that follow from the input.
FITS = ("same", "valid")


def _padding(value: object, info: ValidationInfo) -> str | Pairs:
    if isinstance(value, str) and value in FITS:
        return value
    try:
        made = pairs(value, info)
    except PydanticCustomError as error:
        if isinstance(value, str) and (hint := meant(value, FITS)):
            raise PydanticCustomError(error.type, error.message_template, {**(error.context or {}), "help": hint}) from None
        raise
    if any(n is not UNKNOWN and n < 0 for pair in made for n in pair):
        raise PydanticCustomError("padding", "padding can't be negative; to cut a border off, use `crop` or a negative `pad`")
    return made


#: `same`, `valid`, or pairs; a single pair stands for every axis.
Padding = Annotated[str | Pairs, PlainValidator(_padding), WithJsonSchema({**_paired({**_WHOLE, "minimum": 0}), "examples": [*FITS]})]
#: Pairs that may be negative; a single pair stands for every axis.
Amounts = Annotated[Pairs, PlainValidator(pairs), WithJsonSchema(_paired(_WHOLE))]


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
Sizes = Annotated[
    tuple[tuple[str, int], ...],
    PlainValidator(_sizes),
    WithJsonSchema({**_or(_list(_WHOLE), "object"), "additionalProperties": _WHOLE, "minProperties": 1}),
]


def _keepable(value: object, info: ValidationInfo) -> tuple[int | None, ...]:
    if value != "none":
        value = evaluated(value, info)
    value = value if isinstance(value, list | tuple) else [value]
    return tuple(None if n in (None, "none") else integer(n, info) for n in value)


#: One size for each axis, `none` to keep the axis as it is.
PerAxisOrNone = Annotated[tuple[int | None, ...], PlainValidator(_keepable), WithJsonSchema(_list(_or(_WHOLE, "null")))]


def spread(values: tuple[Any, ...], rank: int, what: str) -> tuple[Any, ...]:
    """Give one value per spatial axis: a single one stands for all.

    >>> spread((3,), 2, "kernel")
    (3, 3)
    """
    if len(values) == 1:
        return values * rank
    need(len(values) == rank, "`{what}` has {n} values for {rank} spatial axes", what=what, n=len(values), rank=rank)
    return values
