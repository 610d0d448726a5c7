"""What is wrong with a spec, where, and how to put it right; as plain text and in colour.

Whatever a user wrote may stand in a message or in a source line, so every piece of it passes through `visible`: nothing of it
reaches the terminal as a command.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Literal, NoReturn

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

__all__ = ["MOST_ERRORS", "Diagnostic", "Source", "Span", "SpecError", "fail", "render", "text", "visible"]

#: Longer lists are cut, and say so. Whoever collects may stop after one more than this.
MOST_ERRORS = 20
#: Characters of a message, a help or a note that are shown; a megabyte of user text in one helps nobody.
MOST_TEXT = 2000
#: Columns of a terminal where none is known, and the fewest that source lines are cropped to.
WIDTH, NARROWEST = 120, 24
#: A help up to this long stands beside the caret.
SHORT_HELP = 60

Piece = tuple[str, str]  # text that is safe to print, and its style


class Span(Record):
    """A stretch of one line, in code points."""

    line: int  #: counted from 1
    column: int  #: of the first character, counted from 0
    end: int  #: the column after the last character on that line


class Source(Record, slots=False):
    """The text of a file, and what to call it."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; a byte order mark counts for nothing."""
        return self.text.removeprefix("\ufeff").split("\n")

    def line(self, n: int) -> str:
        r"""Give line `n`, counted from 1, without its end; empty where there is none.

        >>> Source("net.yaml", "input: [3]\nlayers: [relu]").line(2)
        'layers: [relu]'
        """
        return self.lines[n - 1].removesuffix("\r") if 1 <= n <= len(self.lines) else ""

    def where(self, span: Span | None = None) -> str:
        """Write a place as people and editors do, both counted from 1.

        >>> Source("net.yaml", "").where(Span(7, 4, 9))
        'net.yaml:7:5'
        """
        return self.name if span is None else f"{self.name}:{span.line}:{span.column + 1}"


class Diagnostic(Record):
    """One thing that is wrong."""

    code: str  #: "E231": 1xx YAML, 2xx structure and fields, 3xx names and values, 4xx shapes, 5xx limits, 6xx the call, 7xx expectations
    message: str  #: what is wrong, in one line
    source: Source | None = None
    span: Span | None = None
    help: str = ""  #: what to do about it; may have several lines
    notes: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"


class SpecError(Exception):
    """A spec that cannot be read or built, with everything that was found wrong."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        if not diagnostics:
            raise ValueError("a SpecError says what is wrong")
        super().__init__(*diagnostics)
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return text(self.diagnostics)


def fail(
    code: str,
    message: str,
    source: Source | None = None,
    span: Span | None = None,
    help: str = "",  # noqa: A002 - the word that is printed
    notes: tuple[str, ...] = (),
) -> NoReturn:
    """Raise a `SpecError` of one diagnostic."""
    raise SpecError((Diagnostic(code, message, source, span, help, notes),))


def visible(text: str) -> str:
    r"""Escape whatever does not print: control characters, terminal escapes, direction marks, lone surrogates.

    >>> visible("\x1b[31m")
    '\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def text(diagnostics: Sequence[Diagnostic]) -> str:
    """Write diagnostics as plain text.

    >>> source = Source("net.yaml", "- conv: {out: 6, kernal: 5}")
    >>> print(text([Diagnostic("E231", "`conv` has no field `kernal`", source, Span(1, 17, 23), "did you mean `kernel`?")]))
    error[E231]: `conv` has no field `kernal`
     --> net.yaml:1:18
    1 | - conv: {out: 6, kernal: 5}
      |                  ^^^^^^ did you mean `kernel`?
    """
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in _report(diagnostics, WIDTH))


def render(diagnostics: Sequence[Diagnostic], console: Console) -> None:
    """Print diagnostics in colour, as far as the console shows any; source lines are cropped to its width."""
    from rich.text import Text

    for line in _report(diagnostics, max(console.width, NARROWEST), console.encoding):
        shown = [(_encodable(piece, console.encoding), style) for piece, style in line]
        # Nothing but `Text` is printed, since rich would read markup and emoji in a string; the terminal folds long lines.
        console.print(Text.assemble(*shown), soft_wrap=True, highlight=False)


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _report(diagnostics: Sequence[Diagnostic], width: int, encoding: str = "utf-8") -> Iterator[list[Piece]]:
    for diagnostic in islice(diagnostics, MOST_ERRORS):
        yield from _lines(diagnostic, width, encoding)
    if len(diagnostics) > 1:
        yield [(_summary(diagnostics), "bold")]


def _summary(diagnostics: Sequence[Diagnostic]) -> str:
    if len(diagnostics) > MOST_ERRORS:
        return f"first {MOST_ERRORS} {diagnostics[0].severity}s"
    found = [d.severity for d in diagnostics]
    counts = [(found.count(severity), severity) for severity in ("error", "warning")]
    return ", ".join(f"{n} {severity}{'s' * (n > 1)}" for n, severity in counts if n)


def _lines(diagnostic: Diagnostic, width: int, encoding: str) -> Iterator[list[Piece]]:
    """Lay one diagnostic out, line by line."""
    source, span = diagnostic.source, diagnostic.span
    colour = "bold red" if diagnostic.severity == "error" else "bold yellow"
    yield [(f"{diagnostic.severity}[{diagnostic.code}]", colour), (": ", "bold"), (_short(diagnostic.message), "bold")]
    indent = " " * len(str(span.line)) if span else " "
    if source:
        yield [(f"{indent}--> ", "blue"), (visible(source.where(span)), "")]
    help_lines = diagnostic.help.split("\n") if diagnostic.help else []
    beside = help_lines[0] if len(help_lines) == 1 and len(help_lines[0]) <= SHORT_HELP else ""
    if source and span:
        number = [(f"{span.line} | ", "blue")]
        head, body, tail = _crop(source.line(span.line), span, width - len(indent) - 3, encoding)
        offset = _cells(head)
        fits = len(indent) + 3 + offset + _cells(body) + 1 + len(beside) <= width
        yield [*number, (head + body + tail, "")]
        caret = (" " * offset + "^" * max(_cells(body), 1), colour)
        yield [(f"{indent} | ", "blue"), caret, (f" {visible(beside)}" if beside and fits else "", colour)]
        help_lines = [] if beside and fits else help_lines
    for note in diagnostic.notes:
        yield [(f"{indent} = ", "blue"), ("note: ", "bold"), (_short(note), "")]
    for i, line in enumerate(help_lines):
        yield [(f"{indent} = ", "blue"), ("help: ", "bold"), (_short(line), "")] if i == 0 else [(f"{indent}         {_short(line)}", "")]


def _short(text: str) -> str:
    return visible(text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…")


def _crop(line: str, span: Span, room: int, encoding: str) -> tuple[str, str, str]:
    """Give what stands before, in and after a span, in `room` columns at most; of a long line only what can show is looked at."""
    column, end = min(span.column, len(line)), max(span.end, span.column)
    parts = line[max(0, column - room) : column], line[column:end][:room], line[end : end + room]
    head, body, tail = (_encodable(visible(part.replace("\t", "    ")), encoding) for part in parts)
    mark = "…" if len(_encodable("…", encoding)) == 1 else "~"
    body = _fit(body, max(room * 2 // 3, 1), mark)
    after = min(_cells(tail), room // 4)
    head = _fit(head, room - _cells(body) - after, mark, last=True)
    return head, body, _fit(tail, room - _cells(head) - _cells(body), mark)


def _fit(text: str, room: int, mark: str, *, last: bool = False) -> str:
    """Keep the first or the last characters that fit, with a mark where something is missing."""
    if _cells(text) <= room:
        return text
    kept, left = "", room - 1
    for c in reversed(text) if last else text:
        left -= _cells(c)
        if left < 0:
            break
        kept = c + kept if last else kept + c
    mark = mark if room > 0 else ""
    return mark + kept if last else kept + mark


def _cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
