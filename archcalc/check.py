"""Whether specs keep what they promise: which files, which of their variants, and what came of each expectation."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.api import load
from archcalc.expectations import Outcome
from archcalc.spec import expect
from archcalc.spec.diagnostics import Diagnostic, Source, Span, SpecError, fail
from archcalc.spec.document import Place, Promise
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.api import Run, Spec

__all__ = ["GROWING", "Baseline", "Checked", "Task", "check", "found", "promised"]

#: Figures that a baseline holds: nobody wants them to grow unseen.
GROWING = ("params", "macs", "model_size_bytes", "activations", "peak_activation")
#: Name and version of the baseline's format.
FORMAT = "archcalc.baseline/1"
#: What makes a YAML file a spec, where a folder is searched.
LAYERS = re.compile(r"^layers\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checked:
    """One network, checked."""

    name: str  #: what to call it: `specs/resnet.yaml#resnet50`
    source: str
    variant: str | None
    outcomes: tuple[Outcome, ...] = ()
    errors: tuple[Diagnostic, ...] = ()  #: what is wrong with the spec itself
    figures: Mapping[str, int] | None = None  #: those that a baseline holds

    @property
    def missed(self) -> tuple[Outcome, ...]:
        """What does not hold."""
        return tuple(one for one in self.outcomes if not one.held)


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of each spec, beside what its file says."""

    promises: tuple[Promise, ...] = ()
    baseline: Baseline | None = None
    max_layers: int | None = None
    outside: bool = False


def found(names: Sequence[str]) -> Iterator[str]:
    """Give the specs that names stand for: files and variants as they are, folders and globs by what is in them.

    In a folder only YAML files with `layers:` are specs. Raises `SpecError` where there is nothing.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*.y*ml") if file.suffix in {".yaml", ".yml"} and _is_spec(file, path))
            if not inside:
                fail("E602", f"there is no spec in {name}", help="a spec is a YAML file with `layers:`")
            yield from map(str, inside)
        elif any(mark in name for mark in "*?[") and not path.exists():
            matched = (
                sorted(Path().glob(name)) if not path.is_absolute() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
            )
            if not matched:
                fail("E602", f"nothing matches {name}")
            yield from found([str(one) for one in matched])
        else:
            yield name


def _is_spec(file: Path, folder: Path) -> bool:
    if any(part.startswith(".") for part in file.relative_to(folder).parts) or not file.is_file():
        return False
    return LAYERS.search(file.read_bytes()[: 1 << 20].decode("utf-8", "replace")) is not None


def promised(text: str) -> Promise:
    """Read an expectation from the command line: `macs <= 4 G`, `output: [10]`. Raises `SpecError`."""
    source = Source("--expect", text)
    match = re.fullmatch(r"\s*(\w+)\s*[:=]?\s*(.+)", text)
    if match is None:
        fail("E240", f"`{text}` is no expectation", help='write `--expect "macs <= 4 G"`')
    key, value = match.groups()
    try:
        made = expect.parse(key, parse(Source("--expect", value)).data() if value.lstrip().startswith("[") else value)
    except expect.ExpectError as error:
        fail("E240", error.message, help=error.help)
    return Promise(made, Place(source, Span(1, 0, len(text))))


def check(name: str, task: Task) -> Iterator[Checked]:
    """Check a spec; of a file that is named without a variant, every variant."""
    try:
        spec = load(name, max_layers=task.max_layers, outside=task.outside)
    except SpecError as error:
        yield Checked(name, name, None, errors=error.diagnostics)
        return
    yield _checked(spec, task)
    if spec.variant is None:
        for variant in spec.variants:
            yield _checked(spec.of(variant), task)


def _checked(spec: Spec, task: Task) -> Checked:
    name = spec.source + (f"#{spec.variant}" if spec.variant else "")
    try:
        run = spec.run()
        outcomes = list(run.outcomes(task.promises))
    except SpecError as error:
        return Checked(name, spec.source, spec.variant, errors=error.diagnostics)
    figures = {key: getattr(run.totals(), key) for key in GROWING}
    if task.baseline is not None:
        outcomes += task.baseline.compare(name, figures, run)
    return Checked(name, spec.source, spec.variant, tuple(outcomes), figures=figures)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Figures of another day, and how much in percent they may have grown since."""

    figures: Mapping[str, Mapping[str, int]]
    percent: float = 0.0

    @classmethod
    def read(cls, path: Path, percent: float) -> Baseline:
        """Read a file that `write` made. Raises `SpecError`."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            known = {FORMAT: data["networks"]}[data["format"]]
            figures = {str(name): {str(k): int(v) for k, v in of.items()} for name, of in known.items()}
        except FileNotFoundError:
            fail("E605", f"there is no baseline {path}", help="record one with `--record`")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            fail("E605", f"{path} is no baseline", help="record one with `--record`")
        return cls(figures, percent)

    @staticmethod
    def write(path: Path, checked: Iterable[Checked]) -> None:
        """Record figures, at one stroke."""
        networks = {one.name: dict(one.figures) for one in checked if one.figures is not None}
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps({"format": FORMAT, "networks": networks}, indent=1) + "\n", encoding="utf-8")
        part.replace(path)

    def compare(self, name: str, figures: Mapping[str, int], run: Run) -> Iterator[Outcome]:
        """Compare a network's figures with those recorded; a network that was not there is not compared."""
        place = run.spec.document.place
        for key, was in self.figures.get(name, {}).items():
            got = figures.get(key)
            if got is None:
                continue
            held = got * 100 <= was * (100 + self.percent)
            grown = 100 * (got - was) / was if was else None
            allowed = f" ({self.percent:g} % more is allowed)" if self.percent else ""
            by = f" ({got - was:+,}{f', {grown:+.2f} %' if grown is not None else ''})" if got != was else ""
            message = f"{key}: the baseline says {was:,}{allowed}, got {got:,}{by}"
            yield Outcome(
                key, "", f"<= {was:,}{f' + {self.percent:g} %' if self.percent else ''}", got, held, grown, place.problem("E702", message)
            )
