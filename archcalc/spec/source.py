"""YAML that keeps its positions and allows no surprises.

The reader walks the parser's events and builds plain nodes itself, so nothing is constructed, expanded or resolved that the file
does not say: no anchors, tags, dates, octal or base-60 numbers, and `no` is a word. Every refusal has a place and a way out.
"""

from __future__ import annotations

import re
import unicodedata
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
from yaml.reader import Reader

from archcalc.spec.diagnostics import Source, Span, fail
from archcalc.spec.scalars import Refusal, Scalar, resolve, short
from archcalc.spec.syntax import ONE_DOCUMENT, quoted, syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml.error import Mark

__all__ = ["MOST_DEPTH", "MOST_NODES", "Node", "parse"]

MOST_NODES = 200_000
MOST_DEPTH = 64

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # twenty times as fast; what it reads otherwise is refused below
#: What YAML takes for a line end and editors do not, marks inside a text, and a lone carriage return.
_ODD = re.compile("[\x85\u2028\u2029\ufeff]|\r(?!\n)")
_COMMENT = re.compile(r"(?<!\S)#[^\n]*")


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


def _forbidden(text: str) -> re.Match[str] | None:
    """Find the first character that is not allowed: what YAML calls unprintable, and what is odd."""
    found = [match for pattern in (Reader.NON_PRINTABLE, _ODD) if (match := pattern.search(text))]
    return min(found, key=re.Match.start, default=None)


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
            fail("E113", "the file is empty", self.source, Span(1, 0, 1), "a spec has at least `input:` and `layers:`")
        return self.root

    def events(self) -> Iterator[yaml.Event]:
        """Let the parser run no further than the reader has come, so that what is refused early costs little."""
        try:
            yield from yaml.parse(self.text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            syntax_error(self.source, self.span, error)
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # the parser in Python lets its own slips out
            fail("E100", f"this is not YAML: {error}", self.source, Span(1, 0, 1))

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
        if bad := _forbidden(self.text):
            at = bad.start()
            start = self.text.rfind("\n", 0, at) + 1
            span = Span(self.text.count("\n", 0, at) + 1, at - start, at - start + 1)
            advice = "save the file with line ends LF or CRLF" if bad[0] == "\r" else "remove it"
            fail("E101", f"{_name(bad[0])} is not allowed in a spec", self.source, span, advice)

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
            fail("E108", "a second document starts here", self.source, span, ONE_DOCUMENT)
        if event.tags:
            fail("E103", "tags are not allowed in a spec", self.source, span, "remove the `%TAG` line")
        if event.version not in {None, (1, 1), (1, 2)}:
            fail("E100", "this is another version of YAML", self.source, span, "remove the `%YAML` line")

    def refuse_reuse(self, event: AliasEvent | ScalarEvent | CollectionStartEvent) -> NoReturn:
        span = self.span(*_marks(event))
        name = short(event.anchor or "")
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
            tag = short(written[0] if written else "!")
            span = Span(span.line, span.column, span.column + len(tag))
            fail("E103", f"`{tag}` is a tag, and a spec has none", self.source, span, "remove it; quote text that starts with `!`")

    def scalar(self, event: ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self.check_properties(event)
        value, style = event.value, event.style
        span = self.span(*_marks(event))
        top = self.stack[-1] if self.stack else None
        if style == '"' and (bad := _forbidden(value)):
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
            self.put(Node(value if style else resolve(value), span, plain=not style))
        except Refusal as refusal:
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
            fail("E106", f"`{short(key)}` is written twice", self.source, span, "keep one of them", (f"first written here: {where}",))
        top.key = key
        top.keys[key] = span

    def check_flow(self, top: _Open, event: ScalarEvent, span: Span) -> None:
        """Refuse what the two parsers read differently between { } or [ ]: `a?b` and `a:[b]`."""
        value, end = event.value, _marks(event)[1].index
        if "?" in value:
            fail("E100", "a question mark inside { } or [ ]", self.source, span, f"quote it: {quoted(value)}")
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
            whole = short(self.source.line(span.line)[span.column : span.end])
            braces = "[ ]" if top.pairs is None else "{ }"
            fail("E110", f"a comma inside {braces} split an expression", self.source, span, f'quote it: `"{whole}"`')

    def check_colon(self, key: str, span: Span) -> None:
        """Refuse `{out:6}`, which YAML reads as a key named `out:6` without a value."""
        if match := re.fullmatch(r"([A-Za-z_]\w*):(\S.*)", key):
            advice = f"write `{short(match[1])}: {short(match[2])}`"
            fail("E100", "a space is missing after the colon", self.source, span, advice)

    def check_block(self, span: Span) -> None:
        """Refuse `params: >3`, which YAML reads as an empty text block, indented by three."""
        header = self.lines[span.line - 1][span.column : span.column + MOST_DEPTH].rstrip()
        if re.match(r"[>|][-+]?[1-9]", header):
            fail("E100", f"`{header[0]}` starts a text block in YAML", self.source, span, f"quote it: {quoted(header)}")

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
