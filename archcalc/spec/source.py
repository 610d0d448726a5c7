"""Read a spec's text, and YAML that keeps its positions and allows no surprises.

The reader walks the parser's events and builds plain nodes itself, so nothing is constructed, expanded or resolved that the file
does not say: no anchors, tags, dates, octal or base-60 numbers, and `no` is a word. Every refusal has a place and a way out.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
import unicodedata
from difflib import get_close_matches
from itertools import islice
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from archcalc.spec.diagnostics import Source, Span, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.error import Mark

__all__ = ["MOST_BYTES", "MOST_DEPTH", "MOST_DIGITS", "MOST_NODES", "Node", "parse", "read_text"]

MOST_BYTES = 2**20
MOST_NODES = 200_000
MOST_DEPTH = 64
MOST_DIGITS = 18  # below 2**63 whatever the digits are

Scalar = None | bool | int | float | str

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # twenty times as fast; what it reads otherwise is refused below
_STDIN = "<stdin>"
_LONGEST_NAME = 200

_ONE_DOCUMENT = "a spec is one document: remove what separates them, or write two files"

#: What YAML calls unprintable, a lone carriage return, and what YAML takes for a line end and editors do not.
_FORBIDDEN = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)")
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")
_NUMBER = re.compile(r"([-+]?)([0-9]+(?:_[0-9]+)*)?(\.(?:[0-9]+(?:_[0-9]+)*)?)?([eE][-+]?[0-9]+)?")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_WORDS = {
    "": None,
    "~": None,
    **{f(w): v for w, v in (("null", None), ("true", True), ("false", False)) for f in (str, str.title, str.upper)},
}


class Node:
    """A value, where it stands, and where its keys stand."""

    __slots__ = ("keys", "plain", "span", "value")

    def __init__(
        self, value: Scalar | list[Node] | dict[str, Node], span: Span, keys: dict[str, Span] | None = None, *, plain: bool = False
    ) -> None:
        self.value = value
        self.span = span  #: of a value that is left out: its key
        self.keys = keys or {}  #: of a mapping
        self.plain = plain  #: whether a scalar was written without quotes

    def data(self) -> object:
        """Give the value as plain Python, without positions."""
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items()}
        return [node.data() for node in self.value] if isinstance(self.value, list) else self.value

    def at(self, loc: tuple[int | str, ...], *, key: bool = False) -> Span:
        """Find the value, or the key, at a path, or at as much of it as there is."""
        node, span = self, self.span
        for part in loc:
            if isinstance(node.value, dict) and isinstance(part, str) and part in node.value:
                span, node = node.keys[part], node.value[part]
            elif isinstance(node.value, list) and isinstance(part, int) and 0 <= part < len(node.value):
                node = node.value[part]
                span = node.span
            else:
                break
        return span if key else node.span


# ---- files


def read_text(path: str) -> Source:
    """Read a file, or standard input for `-`. Raises `SpecError`: E112 for the file, E101 for its encoding."""
    name = _STDIN if path == "-" else path
    called = name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME:]}"
    try:
        data = _standard_input() if path == "-" else _file(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL or a lone surrogate in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        fail("E112", f"cannot read `{called}`: {(reason or type(error).__name__).lower()}", help=_nearest(path))
    if len(data) > MOST_BYTES:
        _too_large(name)
    return _decode(name, data)


def _standard_input() -> bytes:
    if sys.stdin is None:
        fail("E112", "there is no standard input")
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def _file(path: str) -> bytes:
    """Read a regular file; a pipe or a device is not even opened, since that may block or do something."""
    about = os.stat(path)  # noqa: PTH116 - a path that may be anything
    if stat.S_ISDIR(about.st_mode):
        fail("E112", f"`{path}` is a directory", help="name a file in it")
    if not stat.S_ISREG(about.st_mode):
        fail("E112", f"`{path}` is not a regular file", help="write `-` to read from standard input")
    if about.st_size > MOST_BYTES:
        _too_large(path)
    with Path(path).open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _too_large(name: str) -> NoReturn:
    fail("E112", f"`{name}` is larger than 1 MiB", help="a spec is a page or two; is this the right file?")


def _nearest(path: str) -> str:
    """Suggest a spec in the same folder whose name is like the one asked for."""
    folder = Path(path).parent
    try:
        names = [file.name for file in islice(folder.iterdir(), 10_000) if file.suffix in {".yaml", ".yml"}]
    except (OSError, ValueError):
        return ""
    stems = {stem: name for name in names for stem in (name, name.rpartition(".")[0])}
    close = get_close_matches(Path(path).name, stems, 1)
    return f"did you mean `{folder / stems[close[0]]}`?" if close else ""


def _decode(name: str, data: bytes) -> Source:
    """Decode what was read; a byte order mark is dropped."""
    marked = data.startswith(codecs.BOM_UTF8) * len(codecs.BOM_UTF8)
    body = data[marked:]
    try:
        return Source(name, body.decode())
    except UnicodeDecodeError as error:
        start = body.rfind(b"\n", 0, error.start) + 1
        line, column = body.count(b"\n", 0, start) + 1, len(body[start : error.start].decode())
        message = f"byte {marked + error.start} (line {line}) is not UTF-8"
        utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        advice = f"save the file as UTF-8{', not UTF-16' if utf_16 else ''}"
        fail("E101", message, Source(name, body.decode(errors="replace")), Span(line, column, column + 1), advice)


# ---- scalars


class _Refusal(Exception):
    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code, self.message, self.advice = code, message, advice


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:30]}…"


def _resolve(text: str) -> Scalar:
    """Read a plain scalar: nothing, a boolean, a decimal number, or text."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in "+-.0123456789" else text


def _number(text: str) -> int | float | str:
    """Read a decimal number; without a dot and integral it is an `int`. What is no number is text."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        if _BASE_60.fullmatch(text):
            raise _Refusal("E109", f"`{_short(text)}` is a number in base 60 to YAML", f'quote it if it is text: `"{_short(text)}"`')
        return text
    sign, whole, dot, power = match.groups()
    digits = (whole or "").replace("_", "")
    if not digits and dot in {None, "."}:
        return text
    if len(digits) > 1 and digits[0] == "0":
        advice = f"write `{sign}{_short(digits.lstrip('0') or '0')}{_short((dot or '') + (power or ''))}`, or quote it if it is text"
        raise _Refusal("E109", f"`{_short(text)}` starts with a zero, which is octal to YAML", advice)
    if len(power or "") > MOST_DIGITS:
        raise _too_long(text)
    exponent = int((power or "e0")[1:])
    if dot is None and (exponent >= 0 or not power):
        if len(digits) + exponent * (digits != "0") > MOST_DIGITS:
            raise _too_long(text)
        return int(sign + digits + "0" * exponent * (digits != "0"))
    return _float(text, integral=dot is None)


def _float(text: str, *, integral: bool) -> int | float:
    """Read a number with a dot or a negative power of ten; one that only a float's limits would make 0 or infinite is refused."""
    value = float(text.replace("_", ""))
    vanished = value == 0 and re.search("[1-9]", re.split("[eE]", text)[0])
    if len(text) > 2 * MOST_DIGITS or isinf(value) or vanished:
        raise _too_long(text)
    return int(value) if integral and value.is_integer() else value


def _too_long(text: str) -> _Refusal:
    return _Refusal("E105", f"the number `{_short(text)}` is too long", f"numbers have up to {MOST_DIGITS} digits")


# ---- structure


class _Open:
    """A list or a mapping that has begun."""

    __slots__ = ("flow", "items", "key", "keys", "mark", "pairs", "split")

    def __init__(self, event: CollectionStartEvent) -> None:
        self.mark = _marks(event)[0]
        self.flow = event.flow_style
        self.items: list[Node] = []
        self.pairs: dict[str, Node] | None = {} if isinstance(event, MappingStartEvent) else None
        self.keys: dict[str, Span] = {}
        self.key: str | None = None  #: that waits for its value
        self.split: Mark | None = None  #: where, between { } or [ ], a round bracket was left open


def _marks(event: yaml.Event) -> tuple[Mark, Mark]:
    """Give where an event begins and ends. Both parsers say it of every event, which the stubs do not know."""
    return cast("tuple[Mark, Mark]", (event.start_mark, event.end_mark))


def parse(source: Source) -> Node:
    """Read the one document of a source. Raises `SpecError` with the first thing that is wrong (E100 to E113)."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text.removeprefix("\ufeff")
        self.lines = source.lines
        self.tabs = "\t" in self.text
        self.odd = re.search(r"\?|:[,\[\]{}]", self.text) is not None  # most files need no look at each scalar
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.documents = self.nodes = self.seen = 0

    def read(self) -> Node:
        """Build the nodes in one walk over the events; nothing here recurses."""
        self.check_characters()
        for event in self.events():
            if self.tabs:
                self.check_tabs(event)
            if type(event) is ScalarEvent:
                self.scalar(event)
            elif type(event) is MappingEndEvent or type(event) is SequenceEndEvent:
                self.close(event)
            elif type(event) is MappingStartEvent or type(event) is SequenceStartEvent:
                self.open(event)
            elif type(event) is DocumentStartEvent:
                self.document(event)
            elif type(event) is AliasEvent:
                self.refuse_reuse(event)
        if self.root is None or self.root.value is None:
            fail("E113", "the file is empty", self.source, help="a spec has at least `input:` and `layers:`")
        return self.root

    def events(self) -> Iterator[yaml.Event]:
        """Let the parser run no further than the reader has come, so that what is refused early costs little."""
        try:
            yield from yaml.parse(self.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            _syntax_error(self, error)
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # the parser in Python lets its own slips out
            fail("E100", f"this is not YAML: {error}", self.source)

    def span(self, start: Mark, end: Mark) -> Span:
        """Give the first line of what stands between two marks; a mark behind the last line is moved to its end."""
        lines, line, column = self.lines, start.line, start.column
        if end.line == line < len(lines):
            return Span(line + 1, column, end.column)
        if line >= len(lines):
            line = len(lines) - 1
            column = len(lines[line])
        return Span(line + 1, column, max(len(lines[line].rstrip()), column))

    def check_characters(self) -> None:
        if bad := _FORBIDDEN.search(self.text):
            at = bad.start()
            start = self.text.rfind("\n", 0, at) + 1
            span = Span(self.text.count("\n", 0, at) + 1, at - start, at - start + 1)
            fail("E101", f"{_name(bad[0])} is not allowed in a spec", self.source, span, "remove it")

    def check_tabs(self, event: yaml.Event) -> None:
        """Refuse tabs outside comments, quotes and text blocks: parsers disagree about them."""
        verbatim = type(event) is ScalarEvent and event.style
        start, end = (mark.index for mark in _marks(event))
        between = self.text[self.seen : start if verbatim else max(start, end)]
        bare = _COMMENT.sub(lambda comment: " " * len(comment[0]), between)
        if (offset := bare.find("\t")) >= 0:
            at = self.seen + offset
            line, column = self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at) - 1
            fail("E100", "a tab outside quotes", self.source, Span(line, column, column + 1), "use spaces")
        self.seen = max(self.seen, end)

    def document(self, event: DocumentStartEvent) -> None:
        span = self.span(*_marks(event))
        self.documents += 1
        if self.documents > 1:
            fail("E108", "a second document starts here", self.source, span, _ONE_DOCUMENT)
        if event.tags:
            fail("E103", "tags are not allowed in a spec", self.source, span, "remove the `%TAG` line")
        if event.version not in {None, (1, 1), (1, 2)}:
            fail("E100", "this is another version of YAML", self.source, span, "remove the `%YAML` line")

    def refuse_reuse(self, event: AliasEvent | ScalarEvent | CollectionStartEvent) -> NoReturn:
        span = self.span(*_marks(event))
        name = _short(event.anchor or "")
        if type(event) is AliasEvent:
            advice = f"use a var or a block; if this is a product, write both factors: `2*{name}`"
            fail("E102", f"`*{name}` is an alias, and a spec has none", self.source, span, advice)
        at = Span(span.line, span.column, min(span.column + len(name) + 1, max(span.end, span.column + 1)))
        fail("E102", f"`&{name}` is an anchor, and a spec has none", self.source, at, "use a var for a value and a block for a part")

    def check_properties(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor is not None:
            self.refuse_reuse(event)
        if event.tag is not None:
            span = self.span(*_marks(event))
            written = re.match(r"\S*", self.source.line(span.line)[span.column :])
            tag = _short(written[0] if written else "!")
            span = Span(span.line, span.column, span.column + len(tag))
            fail("E103", f"`{tag}` is a tag, and a spec has none", self.source, span, "remove it; quote text that starts with `!`")

    def scalar(self, event: ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self.check_properties(event)
        value, style = event.value, event.style
        span = self.span(*_marks(event))
        top = self.stack[-1] if self.stack else None
        if style == '"' and (bad := _FORBIDDEN.search(value)):
            fail("E101", f"{_name(bad[0])} is not allowed in a spec", self.source, span, "remove the escape")
        if not style and top is not None and top.flow and (self.odd or "(" in value or ")" in value):
            self.check_flow(top, event, span)
        if top is not None and top.pairs is not None and top.key is None:
            self.key(top, event, span)
            return
        if style and not value:
            self.check_block(span)
        if not style and not value and top is not None and top.key is not None:
            span = top.keys[top.key]
            self.check_colon(top.key, span)
        try:
            self.put(Node(value if style else _resolve(value), span, plain=not style))
        except _Refusal as refusal:
            fail(refusal.code, refusal.message, self.source, span, refusal.advice)

    def key(self, top: _Open, event: ScalarEvent, span: Span) -> None:
        """Take a scalar for the next key of a mapping; a key is text however it is spelled."""
        key = event.value
        if event.style in {">", "|"}:
            fail("E104", "a key is one line of text", self.source, span, "write the key in one line, without `|` or `>`")
        if not key and not event.style:
            fail("E104", "a key is missing before this", self.source, span, "write `key: value`")
        if key == "<<" and not event.style:
            advice = "use a block with arguments, or `defaults:`"
            fail("E102", "`<<` merges mappings, and a spec has no merge keys", self.source, span, advice)
        if key in top.keys:
            where = self.source.where(top.keys[key])
            fail("E106", f"`{_short(key)}` is written twice", self.source, span, "keep one of them", (f"first written here: {where}",))
        top.key = key
        top.keys[key] = span

    def check_flow(self, top: _Open, event: ScalarEvent, span: Span) -> None:
        """Refuse what the two parsers read differently between { } or [ ]: `a?b` and `a:[b]`."""
        value, end = event.value, _marks(event)[1].index
        if "?" in value:
            fail("E100", "a question mark inside { } or [ ]", self.source, span, f"quote it: {_quoted(value)}")
        if self.text[end : end + 1] == ":" and self.text[end + 1 : end + 2] in set(",[]{}"):
            fail("E100", "a space is missing after the colon", self.source, span, "write `key: value`, with a space")
        if "(" in value or ")" in value:
            self.check_split(top, event)

    def check_split(self, top: _Open, event: ScalarEvent) -> None:
        """Refuse an expression that a comma between { } or [ ] has cut into two scalars.

        Only there can a scalar without quotes end before its brackets do and another go on.
        """
        balance = event.value.count("(") - event.value.count(")")
        if balance > 0 and top.split is None:
            top.split = _marks(event)[0]
        elif balance < 0 and top.split is not None:
            span = self.span(top.split, _marks(event)[1])
            whole = _short(self.source.line(span.line)[span.column : span.end])
            braces = "[ ]" if top.pairs is None else "{ }"
            fail("E110", f"a comma inside {braces} split an expression", self.source, span, f'quote it: `"{whole}"`')

    def check_colon(self, key: str, span: Span) -> None:
        """Refuse `{out:6}`, which YAML reads as a key named `out:6` without a value."""
        if match := re.fullmatch(r"([A-Za-z_]\w*):(\S.*)", key):
            advice = f"write `{_short(match[1])}: {_short(match[2])}`"
            fail("E100", "a space is missing after the colon", self.source, span, advice)

    def check_block(self, span: Span) -> None:
        """Refuse `params: >3`, which YAML reads as an empty text block, indented by three."""
        header = self.lines[span.line - 1][span.column : span.column + MOST_DEPTH].rstrip()
        if re.match(r"[>|][-+]?[1-9]", header):
            fail("E100", f"`{header[0]}` starts a text block in YAML", self.source, span, f"quote it: {_quoted(header)}")

    def open(self, event: CollectionStartEvent) -> None:
        self.check_properties(event)
        top = self.stack[-1] if self.stack else None
        if top is not None and top.pairs is not None and top.key is None:
            advice = "if this is an expression in braces, write the name alone: `w`, not `{w}`"
            fail("E104", "a key is a word, not a list or a mapping", self.source, self.first(event), advice)
        if len(self.stack) >= MOST_DEPTH:
            fail("E107", f"nested deeper than {MOST_DEPTH} levels", self.source, self.first(event), "use blocks")
        self.stack.append(_Open(event))

    def first(self, event: yaml.Event) -> Span:
        """Give the first character of an event."""
        span = self.span(*_marks(event))
        return Span(span.line, span.column, span.column + 1)

    def close(self, event: CollectionEndEvent) -> None:
        top = self.stack.pop()
        self.put(Node(top.items if top.pairs is None else top.pairs, self.span(top.mark, _marks(event)[1]), top.keys))

    def put(self, node: Node) -> None:
        """Give a finished node to what it stands in."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            fail("E111", f"more than {MOST_NODES:,} values", self.source, node.span, "use `repeat`, `for` or blocks")
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if top.pairs is None:
            top.items.append(node)
        elif top.key is not None:
            top.pairs[top.key] = node
            top.key = None


def _name(c: str) -> str:
    """Name a character that cannot be shown."""
    return f"U+{ord(c):04X} ({unicodedata.name(c, 'a control character').lower()})"


# ---- syntax errors in plain words

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


def _syntax_error(reader: _Reader, error: yaml.MarkedYAMLError) -> NoReturn:
    """Say where the parser gave up, and why, in words that do not ask for a knowledge of YAML's grammar."""
    source, mark, began = reader.source, error.problem_mark, error.context_mark
    said = f"{error.context or ''}: {error.problem or ''}"
    if mark is None:
        fail("E100", f"this is not YAML ({said})", source)
    tab = source.line(mark.line + 1)[mark.column : mark.column + 1] == "\t"
    of_scalar = began is not None and not tab and _OF_SCALARS.search(said)
    span = reader.span(began if began is not None and of_scalar else mark, mark)
    line = source.line(span.line)
    span = Span(span.line, span.column, max(min(span.end + 1, len(line)), span.column + 1))
    message, advice = _slip(line, span.column) or _after_a_value(line, span.column, said) or _plain_words(said, line[span.column :])
    apart = began is not None and re.match("while parsing a (block|flow)", said) and (began.line, began.column) != (mark.line, mark.column)
    notes = (f"the list or mapping begins here: {source.where(reader.span(began, began))}",) if began is not None and apart else ()
    code = "E102" if re.search("scanning an a", said) else "E103" if "scanning a tag" in said else "E100"
    if "<document start>" in said and any(above.startswith("...") for above in source.lines[: mark.line]):
        code, message, advice = "E108", "a second document starts here", _ONE_DOCUMENT
    fail(code, message, source, span, advice, notes)


def _slip(line: str, column: int) -> tuple[str, str] | None:
    """Recognise what people write that means something else to YAML."""
    before, rest = line[:column], line[column : column + 200]
    if rest.startswith("\t"):
        return "a tab outside quotes", "use spaces"
    if rest.startswith((">", "|")):
        return f"`{rest[0]}` starts a text block in YAML", f"quote it: {_quoted(rest)}"
    if rest.startswith("{") and before.endswith("$"):
        name = re.match(r"\{\s*([^{}]*?)\s*\}", rest)
        return "`${ }` does not exist here", f"write the name alone: `{_short(name[1]) if name else 'w'}`"
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
            return message.format(char=f"`{rest[0]}`" if rest else "the end"), advice.replace("{quoted}", _quoted(rest))
    return f"this is not YAML ({said.strip(': ')})", "check the indentation, the quotes and the brackets"


def _quoted(rest: str) -> str:
    """Show the text that begins here in quotes, as far as it seems to go."""
    whole = _short(re.split(r"[,}\]]| #", rest[:200])[0].strip())
    return f"`'{whole}'`" if '"' in whole else f'`"{whole}"`'
