"""Records: classes of named fields, as `dataclasses` makes them, but in a fortieth of the time.

A frozen dataclass with slots is made twice and has six methods written and compiled, which takes longer than all that most commands
work out: a program that starts on every save has none of that to spare. Here methods are shared, and the one that must be written,
`__init__`, is written when the first instance is made. `dataclasses.field` and `dataclasses.replace` serve these classes too.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Record"]

Fields = dict[str, Field[Any]]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class _Type(type):
    """Makes the classes. Annotations are texts here, as `from __future__ import annotations` leaves them."""

    __dataclass_fields__: Fields

    def __new__(
        mcs, name: str, bases: tuple[type, ...], space: dict[str, Any],
        *, frozen: bool = True, eq: bool = True, kw_only: bool = False, slots: bool = True,
    ) -> _Type:  # fmt: skip
        """Make a class; what it can be told is what `dataclass` can be told."""
        hints = {key for key, hint in space.get("__annotations__", {}).items() if not hint.startswith("ClassVar")}
        inherited: Fields = {key: one for base in bases if isinstance(base, _Type) for key, one in base.__dataclass_fields__.items()}
        own = {key: _field(key, space.pop(key, MISSING), kw_only=kw_only) for key in space.get("__annotations__", {}) if key in hints}
        every = inherited | own
        compared = [key for key, one in every.items() if one.compare]
        space |= {"__dataclass_fields__": every, "__match_args__": tuple([k for k, one in every.items() if one.init and not one.kw_only])}
        if slots:
            space["__slots__"] = tuple([key for key in own if key not in inherited])
        if own:
            space.setdefault("__init__", _first)
        if frozen:
            space |= {"__setattr__": _refuse, "__delattr__": _refuse}
        if eq:
            space["_compared"] = attrgetter(*compared or ["__class__"])
            space.setdefault("__eq__", _equal)
            space.setdefault("__hash__", _hash if frozen else None)
        return super().__new__(mcs, name, bases, space)


class Record(metaclass=_Type, frozen=False, eq=False):
    """Named fields, given in order or by name. Frozen and compared by value, unless the class says `frozen=False` or `eq=False`.

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(3), Point(y=1, x=2) == Point(2, 1)
    (Point(x=3, y=0), True)
    >>> Point(3).x = 4
    Traceback (most recent call last):
    dataclasses.FrozenInstanceError: cannot change 'x'
    >>> class Told(Record, kw_only=True):
    ...     fields: int
    ...     told: list[int] = field(default_factory=list)
    >>> Told(fields=2), Told(told=[1], fields=2)
    (Told(fields=2, told=[]), Told(fields=2, told=[1]))
    """

    __dataclass_fields__: ClassVar[Fields]
    _compared: ClassVar[attrgetter[object]]

    def __repr__(self) -> str:
        told = ", ".join(f"{key}={getattr(self, key)!r}" for key, one in self.__dataclass_fields__.items() if one.repr)
        return f"{type(self).__qualname__.rpartition('.')[2]}({told})"

    def __getstate__(self) -> dict[str, object]:
        return {key: getattr(self, key) for key in self.__dataclass_fields__}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        for key, value in state.items():
            object.__setattr__(self, key, value)


def _field(name: str, told: Any, *, kw_only: bool) -> Field[Any]:
    one: Field[Any] = told if isinstance(told, Field) else field(default=told)
    one.name = name
    one.kw_only = kw_only if one.kw_only is MISSING else one.kw_only
    return one


def _first(self: Record, *given: Any, **named: Any) -> None:
    """Write the `__init__` that was not needed until now, and be it."""
    made = type(self).__init__ = _init(type(self))  # type: ignore[method-assign]
    made(self, *given, **named)


def _init(cls: type[Record]) -> Callable[..., None]:
    fields = cls.__dataclass_fields__.values()
    names: dict[str, Any] = {"_MISSING_": MISSING, "_put_": object.__setattr__, "_fields_": {one.name: one for one in fields}}
    named = [_parameter(one) for one in fields if one.init and one.kw_only]
    told = [_parameter(one) for one in fields if one.init and not one.kw_only] + ["*"] * bool(named) + named
    body = [*(line for one in fields for line in _lines(one)), *["self.__post_init__()"] * hasattr(cls, "__post_init__"), "pass"]
    exec(f"def __init__(self, {', '.join(told)}):\n  " + "\n  ".join(body), names)  # noqa: S102 - of names of fields alone
    init: Callable[..., None] = names["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


def _parameter(one: Field[Any]) -> str:
    if one.default is not MISSING:
        return f"{one.name}=_fields_[{one.name!r}].default"
    return one.name if one.default_factory is MISSING else f"{one.name}=_MISSING_"


def _lines(one: Field[Any]) -> Iterator[str]:
    value = one.name if one.init else f"_fields_[{one.name!r}].default"
    if one.default_factory is not MISSING:
        made = f"_fields_[{one.name!r}].default_factory()"
        value = f"{made} if {one.name} is _MISSING_ else {one.name}" if one.init else made
    elif not one.init and one.default is MISSING:  # `__post_init__` fills it in
        return
    yield f"_put_(self, {one.name!r}, {value})"


def _equal(self: Record, other: object) -> bool:
    return self._compared(self) == self._compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Record) -> int:
    return hash(self._compared(self))


def _refuse(_: Record, name: str, *value: object) -> None:  # noqa: ARG001 - it is not even looked at
    raise FrozenInstanceError(f"cannot change {name!r}")
