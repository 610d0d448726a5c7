"""Text with `$name` and `$(expression)` in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.record import Record
from archcalc.spec.expression import Expression, ExpressionError, expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.spec.expression import Env, Use

__all__ = ["Template", "template"]


LONGEST_TEXT = 1000  #: characters, with everything filled in


class Template(Record):
    """Text with `$name` and `$(expression)` in it: `template("skip$i")({"i": 2})` is `skip2`."""

    text: str
    parts: tuple[str | Expression, ...]

    def __call__(self, env: Env) -> str:
        """Fill it in."""
        text = "".join([part if isinstance(part, str) else _plain(part(env)) for part in self.parts])
        if len(text) > LONGEST_TEXT:
            raise ExpressionError("E305", f"a text of {len(text)} characters; {LONGEST_TEXT:,} are allowed", 0, len(self.text))
        return text

    @property
    def uses(self) -> tuple[Use, ...]:
        """List the names it reads."""
        return tuple(use for part in self.parts if isinstance(part, Expression) for use in part.uses)

    @property
    def constant(self) -> bool:
        """Whether it is plain text."""
        return all(isinstance(part, str) for part in self.parts)

    def check(self, names: Mapping[str, object]) -> None:
        """Refuse names that nothing defines."""
        for part in self.parts:
            if isinstance(part, Expression):
                part.check(names)

    @property
    def pattern(self) -> str:
        """Give a regular expression for the texts it can become."""
        return "".join(re.escape(part) if isinstance(part, str) else ".+" for part in self.parts)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        raise ExpressionError("E304", "a list can't be filled into a text", 0, 0, "write one item of it: `$(name[0])`")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@lru_cache(maxsize=4096)
def template(text: str) -> Template:
    """Compile a text with `$` in it."""
    parts: list[str | Expression] = []
    at = 0
    for match in re.finditer(r"\$(?:([A-Za-z_]\w*)|(\())", text):
        if match.start() < at:
            continue
        parts.append(text[at : match.start()])
        if match[1]:
            inner, start, at = match[1], match.start(1), match.end()
        else:
            start, at = match.end(), _closing(text, match.end())
            inner = text[start : at - 1]
        parts.append(_shifted(inner, start))
    return Template(text, (*parts, text[at:]))


def _closing(text: str, at: int) -> int:
    depth = 1
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    raise ExpressionError("E302", "`$(` is never closed", at - 2, len(text))


def _shifted(inner: str, start: int) -> Expression:
    try:
        return expression(inner)
    except ExpressionError as error:
        raise ExpressionError(error.code, error.message, error.start + start, error.end + start, error.hint) from None
