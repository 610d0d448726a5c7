"""`archcalc grade`: an answer sheet against a network."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.cli import options
from archcalc.cli.door import door, opened, refuse
from archcalc.cli.request import Request, requesting
from archcalc.report.grades import FORMATS

__all__ = ["grade"]

#: The exit code where an answer is wrong.
MISTAKEN = 1


@requesting("sets", "inputs", "batch", "dtype")
def grade(
    spec: options.OneSpec,
    answers: Annotated[str, typer.Argument(metavar="ANSWERS", help="A sheet in CSV, Markdown or YAML, or - for standard input.")],
    *,
    request: Request,
    format: Annotated[str, options.written(FORMATS)] = "text",
    output: options.Output = None,
) -> None:  # fmt: skip
    """Compare answers with a network's figures, and say what went wrong in those that differ. Exit code 1 where one is wrong.

    \b
    archcalc grade lenet5 homework.csv
    archcalc grade specs/alexnet.yaml#one_tower answers.md --format json
    archcalc grade vgg16 - --batch 8 < homework.yaml
    """
    from archcalc.report.grades import renderer

    with door(), opened(output, spec, answers) as out:
        if spec == answers == "-":
            refuse("standard input is either the spec or the answers")
        from archcalc.grading.grade import grade as graded
        from archcalc.grading.marking import Verdict
        from archcalc.spec.files import read_text

        grades = graded(request.load(spec), read_text(answers), **request.told)
        renderer(format).write(grades, out)
    if grades.count(Verdict.WRONG):
        raise typer.Exit(MISTAKEN)
