"""`archcalc check`: whether specs keep what they promise."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import WRONG, door, opened, watched
from archcalc.report.verdicts import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.check import Checked, Task

__all__ = ["check"]

#: The exit code where an expectation does not hold.
MISSED = 1


def check(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC",
            autocompletion=options.spec_names,
            help="A file with all its variants, FILE#VARIANT, a folder, a pattern such as 'nets/*.yaml', or a name from `archcalc zoo`.",
        ),
    ],
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="EXPECTATION", help='Expect more of every network, "macs <= 4 G"; repeatable.')
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Compare parameters, MACs, size and memory with those recorded.")
    ] = None,
    record: Annotated[bool, typer.Option("--record", help="Write the baseline anew instead.")] = False,
    grow: Annotated[float, typer.Option("--grow", min=0, metavar="PERCENT", help="How much more than the baseline is allowed.")] = 0.0,
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="|".join(FORMATS), callback=options.one_of(FORMATS), autocompletion=options.completed(FORMATS),
            help="How the result is written.",
        ),
    ] = "text",
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
    from archcalc.check import Baseline, Task, found, promised
    from archcalc.report.verdicts import renderer

    if record and baseline is None:
        raise typer.BadParameter("--record writes the file that --baseline names")
    with door(), opened(output) as out:
        names = list(dict.fromkeys(found(specs)))
        compared = Baseline.read(baseline, grow) if baseline is not None and not record else None
        task = Task(tuple(promised(text) for text in expect or ()), compared, max_layers, allow_outside)
        every: list[Checked] = []
        renderer(format).write(_kept(_worked(watched(names, out, streaming=format == "text"), task, jobs), every), out)
        if record and baseline is not None:
            Baseline.write(baseline, every)
    if any(one.errors for one in every):
        raise typer.Exit(WRONG)
    if any(one.missed for one in every):
        raise typer.Exit(MISSED)


def _worked(names: Iterable[str], task: Task, jobs: int) -> Iterator[Checked]:
    """Check one file after another, or several side by side, in order."""
    if jobs == 1:
        for name in names:
            yield from _one(name, task)
        return
    from concurrent.futures import ProcessPoolExecutor
    from functools import partial

    with ProcessPoolExecutor(jobs) as pool:
        for results in pool.map(partial(_one, task=task), names):
            yield from results


def _one(name: str, task: Task) -> Sequence[Checked]:
    from archcalc.check import check as checked

    return list(checked(name, task))


def _kept(items: Iterable[Checked], every: list[Checked]) -> Iterator[Checked]:
    """Pass results on, and keep them."""
    for one in items:
        every.append(one)
        yield one
