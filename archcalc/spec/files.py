"""Reading a spec's text: regular files of a bounded size, in UTF-8, and standard input."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import NoReturn

from archcalc.spec.diagnostics import Source, Span, fail

__all__ = ["MOST_BYTES", "decoded", "nearby", "read_text"]

MOST_BYTES = 2**20

_STDIN = "<stdin>"
_LONGEST_NAME = 200


def nearby(path: Path) -> str:
    """Write a path as a person would: from the working folder if it is below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


def read_text(path: str, called: str = "") -> Source:
    """Read a file, or standard input for `-`. Raises `SpecError`: E112 for the file, E101 for its encoding."""
    name = called or (_STDIN if path == "-" else path)
    short = name if len(name) <= _LONGEST_NAME else f"…{name[-_LONGEST_NAME:]}"
    try:
        data = _standard_input() if path == "-" else _file(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL or a lone surrogate in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        fail("E112", f"cannot read `{short}`: {(reason or type(error).__name__).lower()}", help=_nearest(path))
    return decoded(name, data)


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
    folder, name = Path(path).parent, Path(path).name
    try:
        if os.sep == "/" and "\\" in path and Path(turned := path.replace("\\", "/")).is_file():  # as Windows has it
            return f"did you mean `{turned}`?"
        names = [file.name for file in islice(folder.iterdir(), 10_000) if file.suffix in {".yaml", ".yml"} and file.name != name]
    except (OSError, ValueError):
        return ""
    stems = {stem: name for name in names for stem in (name, name.rpartition(".")[0])}
    close = get_close_matches(name, stems, 1)
    return f"did you mean `{folder / stems[close[0]]}`?" if close else ""


def decoded(name: str, data: bytes) -> Source:
    """Decode what was read; a byte order mark is dropped."""
    if len(data) > MOST_BYTES:
        _too_large(name)
    marked = data.startswith(codecs.BOM_UTF8) * len(codecs.BOM_UTF8)
    body = data[marked:]
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        _refuse_wide(name, data)
        start = body.rfind(b"\n", 0, error.start) + 1
        line, column = body.count(b"\n", 0, start) + 1, len(body[start : error.start].decode())
        message = f"byte {marked + error.start} (line {line}) is not UTF-8"
        fail("E101", message, Source(name, body.decode(errors="replace")), Span(line, column, column + 1), "save the file as UTF-8")
    if "\0" in text:
        _refuse_wide(name, data)
    return Source(name, text)


def _refuse_wide(name: str, data: bytes) -> None:
    """Call UTF-16 and UTF-32 by their names: by the mark at the beginning, or by the zeros between letters."""
    from json import detect_encoding

    encoding = detect_encoding(data)[:6].upper()
    if encoding in {"UTF-16", "UTF-32"}:
        source = Source(name, data.decode(detect_encoding(data), "replace"))
        fail("E101", f"this is {encoding}, not UTF-8", source, Span(1, 0, 1), "save the file as UTF-8")
