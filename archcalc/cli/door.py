"""What goes out and what comes back: streams, files, errors, exit codes, and the bar for who waits."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
import sys
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO, TypeVar, cast

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.report.grid import Screen
    from archcalc.spec.diagnostics import Diagnostic

__all__ = ["WRONG", "door", "opened", "reason", "refuse", "report", "settle", "silence", "watched"]

#: Exit codes: the spec or the command is wrong; a reader closed the pipe, as a shell gives it.
WRONG, PIPE = 2, 141
#: More of something than this is worth a progress bar.
MANY = 5
#: What stands for a character that a stream can't write.
PLAIN = {"×": "x", "–": "-", "…": ".", "─": "-", "▸": ">", "·": "|", "µ": "u"}
#: What a screen's size may be in the environment; rich believes whatever Python takes for digits.
SIZE = re.compile(r"0*[1-9][0-9]{0,4}")
#: Errors of a write, which do not know what they were writing to.
UNWRITTEN = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF, getattr(errno, "EDQUOT", errno.ENOSPC)}
#: Characters of a file's name in the name of what becomes it, which may have 255 bytes as well.
STEM = 40

T = TypeVar("T")


@contextmanager
def door() -> Iterator[None]:
    """Answer whatever goes wrong in a command with a message and an exit code."""
    from archcalc.spec.diagnostics import SpecError

    try:
        yield
        sys.stdout.flush()
    except SpecError as error:
        report(error.diagnostics)
        raise typer.Exit(WRONG) from None
    except BrokenPipeError:
        raise typer.Exit(silence()) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except OSError as error:
        silence()
        refuse(reason(error))


def reason(error: OSError) -> str:
    """Say what an error of the system is about."""
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if error.errno in UNWRITTEN:
        return f"standard output: {error.strerror}"
    if not _has_folder():
        return "the folder that this runs in is gone; change to another one"
    return str(error)


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except OSError:
        return False


def refuse(message: str) -> NoReturn:
    """Say why nothing is done."""
    from archcalc.spec.diagnostics import visible

    typer.echo(f"archcalc: {visible(message)}", err=True)
    raise typer.Exit(WRONG)


def report(diagnostics: Sequence[Diagnostic]) -> None:
    """Print diagnostics on standard error."""
    if not diagnostics:
        return
    from archcalc.spec.diagnostics import render

    sys.stdout.flush()
    render(diagnostics, _screen())


@cache
def _screen() -> Screen:
    """Give the one console on standard error: what is said while a bar is shown appears above it."""
    from archcalc.report.grid import Screen

    return Screen(stderr=True)


def silence(code: int = PIPE) -> int:
    """Leave streams alone that can't be written to: nothing more goes there, not even when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a stream may be no file, or be closed
            stream.flush()
            continue
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    return code


def settle() -> None:
    """Make the best of the surroundings: of streams that are closed, or can't write every character, and of a screen without a size."""
    for name in ("COLUMNS", "LINES"):
        if not SIZE.fullmatch(os.environ.get(name, "")):
            os.environ.pop(name, None)
    if os.environ.get("FORCE_COLOR") == "":  # which rich would take for a terminal's absence
        del os.environ["FORCE_COLOR"]
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)  # in its place, or else the next file that is opened would be there
    codecs.register_error("archcalc", _alike)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            closed = os.open(os.devnull, os.O_RDONLY if name == "stdout" else os.O_WRONLY)  # results must not get lost in silence
            setattr(sys, name, os.fdopen(closed, "w", encoding="utf-8", closefd=False))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="archcalc")


def _alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


@contextmanager
def opened(path: Path | None, *read: str, utf_8: bool = False) -> Iterator[TextIO]:
    """Open what results are written to. A file is replaced when all is well, at one stroke, or left as it was.

    What was `read` is not written over. A format that says of itself that it is UTF-8 is that on standard output as well.
    """
    about = _about(path) if path is not None and str(path) != "-" else None
    if path is None or str(path) == "-" or _is_standard(about):
        if utf_8 and hasattr(sys.stdout, "reconfigure") and not sys.stdout.isatty():
            sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
    elif about is not None and not stat.S_ISREG(about.st_mode):
        with _named(path), path.open("w", encoding="utf-8", newline="\n") as out:  # a device, or a folder, which is refused
            yield out
    else:
        if about is not None:
            _may_replace(path, about, read)
        with _replaced(path, about) as out:
            yield out


def _about(path: Path) -> os.stat_result | None:
    """Ask what a file is, if there is one."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_standard(about: os.stat_result | None) -> bool:
    """Tell whether a file is where standard output goes, as `/dev/stdout` is: what others wrote there must stay."""
    with suppress(OSError, ValueError):
        return about is not None and stat.S_ISREG(about.st_mode) and os.path.samestat(about, os.fstat(sys.stdout.fileno()))
    return False


def _may_replace(path: Path, about: os.stat_result, read: Iterable[str]) -> None:
    """Refuse to write over what was read, and over what somebody has protected."""
    for name in read:
        for file in (name, name.rpartition("#")[0]):
            with suppress(OSError, ValueError):
                if os.path.samestat(about, os.stat(file)):  # noqa: PTH116 - a name that may be anything
                    refuse(f"{path}: this is read here, and would be written over; name another file")
    os.close(os.open(path, os.O_WRONLY))  # raises what is in the way; to put another file in its place asks for less


@contextmanager
def _replaced(path: Path, about: os.stat_result | None) -> Iterator[TextIO]:
    """Write a file beside, then put it in the place of the other; only what is safe on the disk gets there."""
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name[:STEM]}.{os.urandom(4).hex()}.part")
    try:
        with _named(path, part):
            with part.open("x", encoding="utf-8", newline="\n") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            if about is not None:
                part.chmod(stat.S_IMODE(about.st_mode))
            part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def _named(path: Path, part: Path | None = None) -> Iterator[None]:
    """Let errors call a file what the caller calls it."""
    try:
        yield
    except OSError as error:
        if error.filename == str(part or path) or (error.filename is None and error.errno in UNWRITTEN):
            error.filename = str(path)
            if part is not None and not part.parent.is_dir():
                error.strerror = f"there is no folder `{part.parent}`"
        raise


def watched(items: Sequence[T], out: TextIO, *, streaming: bool) -> Iterable[T]:
    """Show a bar to a person who waits for many, unless results stream to the same screen."""
    if len(items) <= MANY or not sys.stderr.isatty() or (streaming and out.isatty()):
        return items
    from rich.progress import track

    return cast("Iterable[T]", track(items, description="", console=_screen(), transient=True))
