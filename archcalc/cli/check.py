"""`archcalc check`: whether specs keep what they promise."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, cast

import typer

from archcalc.cli import options
from archcalc.cli.door import WRONG, door, opened, refuse, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from fractions import Fraction

    from archcalc.baseline import Baseline
    from archcalc.check import Checked, Task
    from archcalc.report.verdicts import Renderer

__all__ = ["FORMATS", "MISSED", "check"]

#: The exit code where an expectation does not hold.
MISSED = 1
#: Format -> module of `archcalc.report.verdicts`, imported when it is asked for.
FORMATS = {"text": "text", "json": "json_", "junit": "junit", "sarif": "sarif", "github": "github"}
#: The most processes that any system lets wait at once.
MOST_JOBS = 60
#: Names that a note lists before it says how many more there are.
LISTED = 3


def check(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="A file with all its variants, FILE#VARIANT, a folder, a pattern such as 'nets/**/*.yaml', a name from `archcalc zoo`, "
            "or - for standard input.",
        ),
    ],
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="EXPECTATION", help='Expect more of every network, "macs <= 4 G"; repeatable.')
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Compare parameters, MACs, size and memory with those recorded.")
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Write the baseline anew, from what is checked, instead.")] = False,
    grow: Annotated[str | None, typer.Option("--grow", metavar="PERCENT", help="How much more than the baseline is allowed.")] = None,
    format: Annotated[str, options.written(FORMATS)] = "text",
    output: options.Output = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that work side by side.")] = 1,
    max_layers: options.MaxLayers = None,
    allow_outside: options.AllowOutside = False,
) -> None:  # fmt: skip
    """Check specs against what they `expect`. Exit code 1 where something does not hold, 2 where a spec is broken.

    \b
    archcalc check specs
    archcalc check specs/resnet.yaml#resnet50 --format github
    archcalc check vgg16 --expect "macs <= 16 G" --expect "peak_activation <= 30 MB"
    archcalc check specs --baseline specs.json --record
    archcalc check specs --baseline specs.json --grow 2
    """
    if record and baseline is None:
        raise typer.BadParameter("--record writes the file that --baseline names")
    if grow is not None and (record or baseline is None):
        raise typer.BadParameter("--grow is for comparing with a --baseline")
    percent = _percent(grow or "0")

    from archcalc.baseline import Baseline
    from archcalc.check import Task, found, promised

    with door(), opened(output, *specs, str(baseline or ""), utf_8=format == "junit") as out:
        task = Task(promised(expect or ()), max_layers, allow_outside)
        names = list(dict.fromkeys(found(specs)))
        old = Baseline.read(baseline, percent) if baseline is not None and not record else None
        every: list[Checked] = []
        with _calls(names, task, jobs) as calls:
            renderer = cast("Renderer", import_module(f"archcalc.report.verdicts.{FORMATS[format]}"))
            renderer.write(_results(watched(calls, out, streaming=format == "text"), old, every), out)
        broken = any(one.errors for one in every)
        if old is not None and not broken:
            _note(f"not in {old.path}", old.new(every))
            _note(f"in {old.path}, but no longer there", old.gone(every))
        if baseline is not None and record:
            _record(Baseline(baseline, {}), every, broken=broken)
    if broken:
        raise typer.Exit(WRONG)
    if any(one.missed for one in every):
        raise typer.Exit(MISSED)


def _percent(text: str) -> Fraction:
    """Read `2`, `0.5` or `2 %`, exactly."""
    import re
    from fractions import Fraction

    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%?\s*", text, re.ASCII)
    if match is None:
        raise typer.BadParameter("--grow takes a number of percent, 2 or 0.5")
    return Fraction(match[1])


@contextmanager
def _calls(names: Sequence[str], task: Task, jobs: int) -> Iterator[list[Callable[[], Sequence[Checked]]]]:
    """Give a call for each spec, which does the work or waits for the process that does. Whatever ends this ends the work."""
    mine = {name for name in names if name.startswith("-")}  # standard input is read here
    jobs = min(jobs, len(names) - len(mine), MOST_JOBS)
    if jobs < 2:
        yield [partial(_one, name, task) for name in names]
        return
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
    from multiprocessing import active_children

    pool = ProcessPoolExecutor(jobs, initializer=_deaf)
    try:
        yield [partial(_one, name, task) if name in mine else pool.submit(_one, name, task).result for name in names]
        pool.shutdown()
    except BrokenExecutor:
        refuse("a process ended before its work was done, perhaps for want of memory; try --jobs 1")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        left = active_children()
        for child in left:  # whatever they are at, nobody waits for it
            child.terminate()
        for child in left:
            child.join(1)


def _deaf() -> None:
    """Let interrupts be the business of the process that started this one, which ends it with a signal."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _one(name: str, task: Task) -> Sequence[Checked]:
    from archcalc.check import check as checked

    return tuple(checked(name, task))


def _results(calls: Iterable[Callable[[], Sequence[Checked]]], old: Baseline | None, every: list[Checked]) -> Iterator[Checked]:
    """Work, compare with the baseline, and keep all that is passed on; what was asked for twice is passed on once."""
    seen: set[tuple[str, str | None]] = set()
    for call in calls:
        for one in call():
            if (one.source, one.variant) not in seen:
                seen.add((one.source, one.variant))
                every.append(old.compare(one) if old is not None else one)
                yield every[-1]


def _record(baseline: Baseline, every: Sequence[Checked], *, broken: bool) -> None:
    """Write the figures, all of them or none."""
    if broken:
        typer.echo("note: nothing is recorded, since a spec is broken", err=True)
        return
    with opened(baseline.path, *(one.source for one in every)) as out:
        baseline.write(every, out)
    _note(f"recorded in {baseline.path}", [one.name for one in every])


def _note(what: str, names: Sequence[str]) -> None:
    """Say something of networks on standard error."""
    from archcalc.spec.diagnostics import visible

    if names:
        more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
        typer.echo(visible(f"note: {what}: {', '.join(names[:LISTED])}{more}"), err=True)
