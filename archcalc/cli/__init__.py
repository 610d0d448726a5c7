"""The command line: it parses, calls, and answers with an exit code. What is computed and how it is shown is said elsewhere.

Results go to standard output, everything else to standard error. Exit codes: 0 well, 1 an expectation does not
hold, 2 the spec or the command is wrong, 130 an interrupt and 128 + n another signal, 141 a closed pipe, 70 a fault of this program.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["COMMANDS", "app", "main"]

#: A call that is wrong in any way; typer has no name of its own for it.
WrongCall = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
#: The exit code where this program is at fault (EX_SOFTWARE of sysexits.h).
INTERNAL = 70


#: The commands in the order in which they are listed: each is the function of its name, in the module of its name.
COMMANDS = (
    "summarize", "check", "compare", "memory", "train", "estimate", "infer", "export", "explain", "formulas", "worksheet", "grade",
    "reconcile", "report", "devices", "zoo", "schema",
)  # fmt: skip
PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}  # a plain help page comes up in half the time


@contextmanager
def _printable() -> Iterator[None]:
    """Let nothing of a call reach the terminal as a command."""
    try:
        yield
    except WrongCall as error:
        from archcalc.spec.diagnostics import visible

        said = "\n".join(map(visible, error.format_message().split("\n")))
        error.format_message = lambda: said  # type: ignore[method-assign]
        raise


class Group(TyperGroup):
    """The commands, imported when they are asked for; who forgets to name one is told which.

    What is wrong with a call is said in characters that print.
    """

    def __init__(self, **told: Any) -> None:
        super().__init__(**{**told, "commands": dict.fromkeys(COMMANDS)})

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ARG002
        """Make a command of its function."""
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read what stands before the command."""
        with _printable():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Read the rest, and run the command."""
        with _printable():
            return super().invoke(ctx)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> tuple[str | None, object, list[str]]:  # type: ignore[override]
        """Find the command, or say what might have been meant."""
        from difflib import get_close_matches

        word = args[0]
        if word not in self.commands and not word.startswith("--") and not get_close_matches(word, self.commands):
            ctx.fail(f"there is no command {word!r}; did you mean `archcalc summarize {word}`?")
        return super().resolve_command(ctx, args)


@cache
def _command(name: str) -> Any:
    alone = typer.Typer(add_completion=False, **PLAIN)
    alone.command()(getattr(import_module(f"{__name__}.{name}"), name))
    return typer.main.get_command(alone)


app = typer.Typer(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, **PLAIN)


def _version(asked: bool) -> None:
    if asked:
        from archcalc import __version__

        typer.echo(f"archcalc {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def archcalc(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Work out shapes, receptive fields, parameters, MACs, sizes and memory of neural networks from a YAML file.

    \b
    archcalc summarize specs/vgg16.yaml          a file
    archcalc summarize resnet50 --depth all      a spec that is shipped, every row
    archcalc check specs                         whether specs keep what they promise
    archcalc compare resnet50 resnet101          what differs between networks
    archcalc reconcile resnet50                  why other tools give other figures
    archcalc report resnet50 -o resnet50.html    a page for the browser
    archcalc export resnet50 --to svg            a picture of a network
    archcalc devices                             what networks run on
    archcalc zoo                                 what is shipped
    archcalc COMMAND --help                      more
    """
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line, and give its exit code. No traceback leaves here, unless `ARCHCALC_DEBUG=1` asks for it."""
    from archcalc.cli.door import WRONG, reason, settle, silence

    settle()
    try:
        return _run(args)
    except BrokenPipeError:
        return silence()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        with suppress(OSError):
            typer.echo(f"archcalc: {reason(error)}", err=True)
        return silence(WRONG)
    except Exception as error:  # noqa: BLE001 - the last door
        return _internal(error)


def _run(args: Sequence[str] | None) -> int:
    try:
        typer.main.get_command(app).main(args=None if args is None else list(args), prog_name="archcalc")
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # which typer answers with a code of its own
            raise stop.__context__ from None
        sys.stdout.flush()
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def _internal(error: Exception) -> int:
    if os.environ.get("ARCHCALC_DEBUG") == "1":
        raise error
    said = " ".join(f"{type(error).__name__}: {error}".split())
    what = said.encode("ascii", "backslashreplace").decode()
    sys.stderr.write(
        f"archcalc: internal error: {what}\nThis is a bug: please report it with the spec and the output under ARCHCALC_DEBUG=1.\n"
    )
    return INTERNAL
