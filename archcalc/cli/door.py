"""What goes out and what comes back: streams, files, errors, exit codes, and the bar for who waits."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from archcalc.report.grid import Screen
    from archcalc.spec.diagnostics import Diagnostic

__all__ = ["WRONG", "degrade", "door", "opened", "refuse", "report", "silence", "watched"]

#: Exit codes: the spec or the command is wrong; a reader closed the pipe, as a shell gives it.
WRONG, PIPE = 2, 141
#: More of something than this is worth a progress bar.
MANY = 5
#: What stands for a character that a stream can't write.
PLAIN = {"×": "x", "–": "-", "…": ".", "─": "-", "▸": ">", "·": "|", "µ": "u"}

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
        refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def refuse(message: str) -> None:
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


def silence() -> int:
    """Leave a closed pipe alone: nothing more is written to it, not even when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return PIPE


def degrade() -> None:
    """Let streams that can't write every character write something like it, rather than fail."""
    codecs.register_error("archcalc", _alike)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="archcalc")


def _alike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Open what results are written to. A file is replaced when all is well, at one stroke, or left as it was."""
    if path is None or str(path) == "-":
        yield sys.stdout
    elif path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as out:  # a device, or a folder, which is refused
            yield out
    else:
        target = path.resolve()
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with part.open("x", encoding="utf-8") as out:
                yield out
            if target.exists():
                part.chmod(target.stat().st_mode)
            part.replace(target)
        except OSError as error:
            if error.filename == str(part):
                error.filename = str(path)
            raise
        finally:
            part.unlink(missing_ok=True)


def watched(items: Sequence[T], out: TextIO, *, streaming: bool) -> Iterable[T]:
    """Show a bar to a person who waits for many, unless results stream to the same screen."""
    if len(items) <= MANY or not sys.stderr.isatty() or (streaming and out.isatty()):
        return items
    from rich.progress import track

    return cast("Iterable[T]", track(items, description="", console=_screen(), transient=True))
