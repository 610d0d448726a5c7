"""What is known of names before anything runs: the static pass, and the validation context of the run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NoReturn

from pydantic_core import PydanticCustomError

from archcalc.layers.fields import UNKNOWN
from archcalc.spec.expression import Expression, ExpressionError, expression
from archcalc.spec.template import Template, template

__all__ = ["Reading", "Scope", "StaticReading", "word_or_expression"]

WORD = re.compile(r"[A-Za-z_][\w-]*")
NEAR = 0.75  #: how much a word must resemble a variable to be taken for its misspelling


class Scope(Mapping[str, object]):
    """The names that an expression may read at one place in the file, with their values where these are fixed."""

    def __init__(self, values: Mapping[str, object], tensors: list[str], outside: frozenset[str] = frozenset()) -> None:
        self.known = dict(values)
        self.outside = outside  #: names of the file that a block does not see
        self.tensors = tensors  #: regular expressions of the names given so far; shared by groups and loops, not by blocks

    def child(self, *names: str) -> Scope:
        """Open an inner scope with more names."""
        return Scope({**self.known, **dict.fromkeys(names, UNKNOWN)}, self.tensors, self.outside)

    def define(self, pattern: str) -> None:
        """Note that a tensor has a name from here on."""
        self.tensors.append(pattern)

    def tensor(self, name: str) -> bool:
        """Tell whether a tensor of that name may exist here."""
        return name in self.tensors or any(re.fullmatch(pattern, name) for pattern in self.tensors)

    def __getitem__(self, name: str) -> object:
        if name in self.known:
            return self.known[name]
        if name == "x" or self.tensor(name):
            return UNKNOWN
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self.known or name == "x" or (isinstance(name, str) and self.tensor(name))

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        yield "x"
        yield from (name for name in self.tensors if name.isidentifier() and name not in self.known)

    def __len__(self) -> int:
        return len(list(iter(self)))


def word_or_expression(text: str, names: Mapping[str, object]) -> str | Expression:
    """Read a value as variables are: a lone word that names nothing is text, unless it nearly names something."""
    if not text.strip():
        return text
    if "$" in text:
        raise ExpressionError("E302", f"`{text}` is an expression", text.index("$"), len(text), "write names alone here, without `$`")
    if not WORD.fullmatch(text) or text in getattr(names, "known", names) or text in {"true", "false"}:
        made = expression(text)
        made.check(names)
        return made
    close = get_close_matches(text, list(getattr(names, "known", names)), n=1, cutoff=NEAR)
    if close:
        raise ExpressionError("E301", f"unknown name `{text}`", 0, len(text), f"did you mean `{close[0]}`?")
    return text


def _complain(error: ExpressionError, text: str) -> NoReturn:
    context = {"message": error.message, "code": error.code, "start": error.start, "end": error.end, "help": error.hint, "text": text}
    raise PydanticCustomError("expression", "{message}", context) from None


class Reading:
    """Evaluates the texts in a layer's fields: pydantic's validation context while a network is run."""

    def __init__(self, env: Mapping[str, object]) -> None:
        self.env = env

    def knows(self, word: str) -> bool:
        """Tell whether a variable has this name."""
        return word in self.env

    def number(self, text: str) -> object:
        """Evaluate an expression."""
        try:
            return expression(text)(self.env)
        except ExpressionError as error:
            _complain(error, text)

    def text(self, text: str) -> object:
        """Fill in a text."""
        try:
            return template(text)(self.env) if "$" in text else text
        except ExpressionError as error:
            _complain(error, text)


class StaticReading:
    """Checks the texts in a layer's fields before anything runs, and notes the names that they read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.uses: dict[tuple[str, str | None], None] = {}

    def knows(self, word: str) -> bool:
        """Tell whether a variable has this name."""
        return word in self.scope

    def number(self, text: str) -> object:
        """Evaluate what is constant; of the rest check grammar and names."""
        try:
            return self._check(expression(text))
        except ExpressionError as error:
            _complain(error, text)

    def text(self, text: str) -> object:
        """Fill in what is constant; of the rest check grammar and names."""
        try:
            return self._check(template(text)) if "$" in text else text
        except ExpressionError as error:
            _complain(error, text)

    def _check(self, made: Expression | Template) -> object:
        made.check(self.scope)
        self.uses.update({(use.name, use.attribute): None for use in made.uses})
        return made({}) if made.constant else UNKNOWN
