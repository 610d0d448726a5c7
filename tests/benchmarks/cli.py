"""`python3 tests/benchmarks`: measure, then print."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from benchmarks import calls, peers, rows, starts
from benchmarks.measure import Case, Effort, Figure

app = typer.Typer(add_completion=False)
#: What `--quick` leaves: few rounds, networks that are not so long, the smallest of torchvision's.
QUICK = Effort(3, 5)
FEW_ROWS = 10_000


def cases(*, quick: bool = False) -> list[Case]:
    """List all cases."""
    networks = peers.NETWORKS[:1] if quick else peers.NETWORKS
    return [*starts.cases(), *calls.cases(), *rows.cases(FEW_ROWS if quick else sys.maxsize), *peers.cases(networks)]


@app.command()
def main(
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of each case, 7 if not told.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="No further round of a case starts after so many, 20 if not told.")] = None,
    only: Annotated[str, typer.Option(metavar="PATTERN", help="Only cases whose part or name this regular expression finds.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="3 rounds, 10,000 rows at most, other tools on one network.")] = False,
    format: Annotated[Literal["table", "markdown"], typer.Option(help="How to print.")] = "table",
    json: Annotated[typer.FileTextWrite | None, typer.Option(lazy=False, metavar="FILE", help="Write each round there, too.")] = None,
) -> None:
    """Measure archcalc against baselines, in turn with them: cold starts, warm calls, long networks, other tools."""
    usual = QUICK if quick else Effort(7, 20)
    effort = Effort(rounds or usual.rounds, usual.seconds if seconds is None else seconds)
    try:
        chosen = [case for case in cases(quick=quick) if re.search(only, f"{case.part}: {case.name}", re.IGNORECASE)]
    except re.error as error:
        raise typer.BadParameter(str(error), param_hint="--only") from None
    if not chosen:
        raise typer.BadParameter("no case is called so", param_hint="--only")
    figures = measured(chosen, effort)

    from archcalc.cli.door import settle
    from benchmarks import page

    settle()
    if json is not None:
        json.write(page.data(figures))
    page.write(figures, format, sys.stdout)
    if len(figures) < len(chosen):
        raise typer.Exit(1)


def measured(chosen: list[Case], effort: Effort) -> list[Figure]:
    """Measure one case after another, behind a bar that moves only in between."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    figures = []
    with Progress(*columns, console=console, auto_refresh=False, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(chosen))
        for case in chosen:
            bar.update(task, description=f"{case.part}: {case.name}", refresh=True)
            try:
                figures.append(Figure(case, case.find(effort)))
            except RuntimeError as error:  # the other figures took long, and hold
                console.print(f"{case.part}: {case.name}: {error}", markup=False, highlight=False)
            except KeyboardInterrupt:  # what was measured until then holds, too
                console.print(f"interrupted, {len(chosen) - len(figures)} of {len(chosen)} are missing")
                break
            bar.advance(task)
    return figures
