"""Whether specs keep what they promise: which files, which of their variants, and what came of each expectation."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from archcalc.api import load
from archcalc.record import Record
from archcalc.spec import expect
from archcalc.spec.diagnostics import Diagnostic, Source, Span, SpecError, fail
from archcalc.spec.document import Place, Promise
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.api import Spec
    from archcalc.expectations import Outcome

__all__ = ["GROWING", "OPTION", "Checked", "Task", "check", "file_of", "found", "promised"]

#: Figures that a baseline holds: nobody wants them to grow unseen.
GROWING = ("params", "macs", "model_size_bytes", "activations", "peak_activation")
#: Where an expectation of the command line is written.
OPTION = "--expect"
#: What makes a YAML file a spec, where a folder is searched: a key at the top, or, of a file in braces, any key so called.
AT_TOP, IN_BRACES = (
    re.compile(before + r"""["']?(?:layers|expect|archcalc)["']?\s*:""", re.MULTILINE) for before in ("^", r"(?:^|[{,\s])")
)
ENDS = (".yaml", ".yml")
ENOUGH = 1 << 20  # bytes that are searched; a larger file is no spec
#: `macs <= 4 G`, `macs: 4 G`, `macs=4 G`: a key, and what is expected of it.
WRITTEN = re.compile(r"\s*(?P<key>\w*+)\s*(?:[:=](?![<>=])\s*)?(?P<value>.*)", re.DOTALL)
EXAMPLE = f'write `{OPTION} "macs <= 4 G"`'

Figures = dict[str, int | None]


class Checked(Record, kw_only=True):
    """One network, checked."""

    name: str  #: what to call it: `specs/resnet.yaml#resnet50`
    asked: str  #: the name that was asked for: of a file, a folder's file, or one network
    source: str  #: the file that it was read from
    variant: str | None = None
    shipped: bool = False  #: whether it was asked for by its name in the zoo
    place: Place | None = None  #: of the spec, or of the variant in it
    outcomes: tuple[Outcome, ...] = ()
    errors: tuple[Diagnostic, ...] = ()  #: what is wrong with the spec itself
    figures: Mapping[str, int | None] | None = None  #: those that a baseline holds; `None` where one is not known

    @property
    def missed(self) -> tuple[Outcome, ...]:
        """What does not hold."""
        return tuple(one for one in self.outcomes if not one.held)

    @property
    def wrong(self) -> tuple[Diagnostic, ...]:
        """All that there is to say."""
        return (*self.errors, *(one.diagnostic for one in self.missed))


class Task(Record):
    """What is asked of each spec, beside what its file says."""

    promises: tuple[Promise, ...] = ()
    max_layers: int | None = None
    outside: bool = False


# ---- which specs


def found(names: Iterable[str]) -> Iterator[str]:
    """Give the specs that names stand for: files, variants and networks of the zoo as they are, folders and patterns by what is in them.

    A name that nothing stands behind is given as it is, and `check` says so. Raises `OSError` for a folder that can't be read.
    """
    for name in names:
        if os.path.isdir(name):  # noqa: PTH112 - whatever the name is made of
            yield from _inside(Path(name)) or [name]
        elif _is_pattern(name):
            yield from _matched(Path(name)) or [name]
        else:
            yield name


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in "*?[") and not os.path.exists(name)  # noqa: PTH110 - whatever the name is made of


def _inside(folder: Path) -> list[str]:
    """List the specs in a folder and below it; what is hidden, and folders behind links, are passed over."""
    inside: list[Path] = []
    for at, folders, files in os.walk(folder, onerror=_raised):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside += [Path(at, name) for name in files if not name.startswith(".")]
    return [str(file) for file in sorted(inside) if _is_spec(file)]


def _raised(error: OSError) -> NoReturn:
    raise error


def _matched(pattern: Path) -> list[str]:
    """List the specs that a pattern matches; as in a shell, what is hidden only if the pattern says so."""
    hidden = any(_is_hidden(part) for part in pattern.parts)
    try:
        matches = sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    except (ValueError, NotImplementedError):  # it is no pattern
        return []
    names: list[str] = []
    for match in matches:
        if not hidden and any(map(_is_hidden, match.parts)):
            continue
        if not match.is_dir():
            names += [str(match)] if _is_spec(match) else []
        elif not (match.is_symlink() and "**" in pattern.parts):  # which looks behind no link, that it may end
            names += _inside(match)
    return names


def _is_hidden(part: str) -> bool:
    return part.startswith(".") and part not in {".", ".."}


def _is_spec(file: Path) -> bool:
    """Tell a spec from other YAML; a file that can't be read may be one, and whoever reads it says what is wrong."""
    if file.suffix not in ENDS or (not file.is_file() and (file.exists() or not file.is_symlink())):
        return False
    try:
        with file.open("rb") as opened:
            data = opened.read(ENOUGH)
    except OSError:
        return True
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16" if wide else "utf-8-sig", "replace")
    return (IN_BRACES if text.lstrip().startswith("{") else AT_TOP).search(text) is not None


# ---- what is expected on the command line


def promised(texts: Iterable[str]) -> tuple[Promise, ...]:
    """Read expectations from the command line: `macs <= 4 G`, `output: [10]`. Raises `SpecError` with all that is wrong with them."""
    promises: list[Promise] = []
    wrong: list[Diagnostic] = []
    for text in dict.fromkeys(texts):
        try:
            promises.append(_promise(text))
        except SpecError as error:
            wrong += error.diagnostics
    if wrong:
        raise SpecError(wrong)
    return tuple(promises)


def _promise(text: str) -> Promise:
    source = Source(OPTION, text)
    match = WRITTEN.fullmatch(text)
    if match is None or not (match["key"] and match["value"].strip()):
        fail("E240", f"`{text.strip()}` is no expectation", source, Span(1, 0, len(text)), EXAMPLE)
    key, value = match["key"], match["value"].rstrip()
    about, at = Span(1, match.start("key"), match.end("key")), Span(1, match.start("value"), match.start("value") + len(value))
    try:
        made = expect.parse(key, value)
        if made.shape is not None:  # sizes are YAML, figures with their units are not
            made = expect.parse(key, _data(source, at))
    except expect.ExpectError as error:
        fail("E240", error.message, source, at if key in expect.KEYS else about, error.help)
    for size in made.shape or ():
        if isinstance(size, str) and (size, key) != ("all", "receptive_field"):
            fail("E240", f"`{size}` is not a size", source, at, f'write numbers: `{OPTION} "{key}: [6, 28, 28]"`')
    return Promise(made, Place(source, Span(1, 0, len(text))))


def _data(source: Source, at: Span) -> object:
    """Read a list from a part of an option, as it would be read in a file."""
    try:
        return parse(Source(OPTION, source.text[at.column : at.end])).data()
    except SpecError as error:
        one = error.diagnostics[0]
        fail(one.code, one.message, source, at, one.help)


# ---- what comes of it


def check(name: str, task: Task) -> Iterator[Checked]:
    """Check a spec; of a file that is named without a variant, every variant."""
    try:
        spec = load(name, max_layers=task.max_layers, outside=task.outside)
    except SpecError as error:
        yield Checked(name=name, asked=name, source=name, errors=_nothing(name) or error.diagnostics)
        return
    except OSError as error:  # a name that no system takes
        reason = (error.strerror or type(error).__name__).lower()
        yield Checked(name=name, asked=name, source=name, errors=(Diagnostic("E112", f"cannot read `{name}`: {reason}"),))
        return
    file = name if Path(name).is_file() else file_of(name)
    shipped = file != "-" and not Path(file).is_file()
    called = name if shipped or file == "-" else Path(spec.source).as_posix() + (f"#{spec.variant}" if spec.variant else "")
    first = Checked(name=called, asked=name, source=spec.source, variant=spec.variant, shipped=shipped, place=spec.document.place)
    yield _checked(spec, first, task)
    if spec.variant is None:
        for variant in spec.variants:
            yield _checked(spec.of(variant), replace(first, name=f"{called}#{variant}", variant=variant), task)


def _nothing(name: str) -> tuple[Diagnostic, ...]:
    """Say of a folder or a pattern that there is nothing to check."""
    advice = "a spec is a YAML file with `layers:`"
    if os.path.isdir(name):  # noqa: PTH112 - whatever the name is made of
        return (Diagnostic("E602", f"there is no spec in `{name}`", help=advice),)
    return (Diagnostic("E602", f"no spec matches `{name}`", help=advice),) if _is_pattern(name) else ()


def _checked(spec: Spec, one: Checked, task: Task) -> Checked:
    place = spec.chosen.place if spec.chosen else one.place
    try:
        run = spec.run()
        outcomes = tuple(run.outcomes(task.promises))
    except SpecError as error:
        return replace(one, place=place, errors=error.diagnostics)
    totals = run.totals()
    figures = {key: None if key in totals.incomplete else getattr(totals, key) for key in GROWING}
    return replace(one, place=place, outcomes=outcomes, figures=figures)


def file_of(name: str) -> str:
    """Leave the variant out of a name."""
    return name.rpartition("#")[0] or name
