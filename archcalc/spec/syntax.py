"""Syntax errors in plain words: what the YAML parsers say, what it means, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from archcalc.spec.diagnostics import Source, Span, fail
from archcalc.spec.scalars import short

if TYPE_CHECKING:
    from collections.abc import Callable

    from yaml import MarkedYAMLError
    from yaml.error import Mark

__all__ = ["ONE_DOCUMENT", "quoted", "syntax_error"]

ONE_DOCUMENT = "a spec is one document: remove what separates them, or write two files"

#: What the parsers say (the one in C, or the one in Python), what it means, and what to do. The first that matches.
_SYNTAX = (
    (r"quoted scalar.*(end of stream|document separator)", "this quote is never closed", "write the closing quote"),
    (r"quoted scalar", "there is an escape here that does not exist", "write `\\\\` for a backslash, or use single quotes"),
    (r"incompatible YAML|%YAML", "this is another version of YAML", "remove the `%YAML` line"),
    (r"scanning an? (alias|anchor|tag|directive|%)", "{char} has a meaning of its own in YAML", "quote the text"),
    (r"unexpected ':'", "a space is missing after the colon", "write `key: value`, with a space"),
    (r"cannot start any token", "text cannot start with {char}", "quote it: {quoted}"),
    (
        r"mapping values are not allowed",
        "a second `: ` in one entry",
        "put the fields in braces, as in `conv: {out: 6, kernel: 5}`,\nand quote text with a colon in it; is the line above complete?",
    ),
    (r"sequence entries are not allowed", "a list item cannot start here", "start the list on the next line, or write it as `[a, b]`"),
    (r"flow sequence.*expected ',' or ']'", "expected `,` or `]`", "is a comma or a bracket missing?"),
    (r"flow mapping.*expected ',' or '}'", "expected `,` or `}}`", "is a comma or a brace missing?"),
    (r"expected (the )?node content", "a value is missing before {char}", "write it, or remove what is too much"),
    (r"expected '?<document start", "the document ended before this", "is there a bracket too many?"),
    (r"simple key.*expected ':'", "a `:` is missing", "write `key: value`; is the indentation of this line right?"),
    (
        r"block (mapping|collection|sequence)",
        "this does not line up with the entries above",
        "give all entries of one list or mapping the same indentation",
    ),
)
#: Problems of one scalar, which is what to point at; the parser says where in it.
_OF_SCALARS = re.compile(r"(block|quoted|plain) scalar|scanning an? (alias|anchor|tag|directive|%)")


def syntax_error(source: Source, span_of: Callable[[Mark, Mark], Span], error: MarkedYAMLError) -> NoReturn:
    """Say where the parser gave up, and why, in words that do not ask for a knowledge of YAML's grammar."""
    mark, began = error.problem_mark, error.context_mark
    said = f"{error.context or ''}: {error.problem or ''}"
    if mark is None:
        fail("E100", f"this is not YAML ({said})", source, Span(1, 0, 1))
    if "nesting depth" in said:  # newer parsers in C have a bound of their own, and reach it while they look ahead
        fail("E107", "brackets are nested too deep", source, span_of(mark, mark), "use blocks")
    tab = source.line(mark.line + 1)[mark.column : mark.column + 1] == "\t"
    of_scalar = began is not None and not tab and _OF_SCALARS.search(said)
    span = span_of(began if began is not None and of_scalar else mark, mark)
    line = source.line(span.line)
    span = Span(span.line, span.column, max(min(span.end + 1, len(line)), span.column + 1))
    message, advice = _slip(line, span.column) or _after_a_value(line, span.column, said) or _plain_words(said, line[span.column :])
    apart = began is not None and re.match("while parsing a (block|flow)", said) and (began.line, began.column) != (mark.line, mark.column)
    notes = (f"the list or mapping begins here: {source.where(span_of(began, began))}",) if began is not None and apart else ()
    code = "E102" if re.search("scanning an a", said) else "E103" if "scanning a tag" in said else "E100"
    if "<document start>" in said and any(above.startswith("...") for above in source.lines[: mark.line]):
        code, message, advice = "E108", "a second document starts here", ONE_DOCUMENT
    fail(code, message, source, span, advice, notes)


def _slip(line: str, column: int) -> tuple[str, str] | None:
    """Recognise what people write that means something else to YAML."""
    before, rest = line[:column], line[column : column + 200]
    if rest.startswith("\t"):
        return "a tab outside quotes", "use spaces"
    if rest.startswith((">", "|")):
        return f"`{rest[0]}` starts a text block in YAML", f"quote it: {quoted(rest)}"
    if rest.startswith("{") and before.endswith("$"):
        name = re.match(r"\{\s*([^{}]*?)\s*\}", rest)
        return "`${ }` does not exist here", f"write the name alone: `{short(name[1]) if name else 'w'}`"
    if rest.startswith("[") and re.search(r"[\w)\]]$", before[-1:]):
        return "an index cannot stand inside { } or [ ]", "write it in block style, on a line of its own, or quote it"
    if rest.startswith(":") and before.strip(" -?")[-1:] in {"", "{", ","}:
        return "a key is missing before `:`", "write `key: value`"
    return None


def _after_a_value(line: str, column: int, said: str) -> tuple[str, str] | None:
    """Recognise an entry that goes on after its closing quote, bracket or brace."""
    rest = line[column : column + 1]
    if not re.match("while parsing a block (mapping|collection)", said) or not rest:
        return None
    if rest in "]}":
        return f"there is nothing open that `{rest}` could close", "remove it, or open it"
    return ("the value ended before this", "quote the text as a whole, or start a new line") if line[:column].strip(" -") else None


def _plain_words(said: str, rest: str) -> tuple[str, str]:
    for pattern, message, advice in _SYNTAX:
        if re.search(pattern, said):
            return message.format(char=f"`{rest[0]}`" if rest else "the end"), advice.replace("{quoted}", quoted(rest))
    return f"this is not YAML ({said.strip(': ')})", "check the indentation, the quotes and the brackets"


def quoted(rest: str) -> str:
    """Show the text that begins here in quotes, as far as it seems to go."""
    whole = short(re.split(r"[,}\]]| #", rest[:200])[0].strip())
    return f"`'{whole}'`" if '"' in whole else f'`"{whole}"`'
