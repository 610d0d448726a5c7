"""What became of expectations: a module for each format with `write(checked, out)`, and here what they share."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, Protocol

from archcalc.check import OPTION
from archcalc.record import Record
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from archcalc.check import Checked
    from archcalc.spec.diagnostics import Diagnostic, Source

__all__ = ["Renderer", "Tally", "Where", "Wrong", "address", "plural", "rooted", "rule", "said", "tally", "where", "wrongs"]

#: What is no file, though it is called like one: what is written there is shown where the spec begins.
NO_FILES = frozenset({"<stdin>", OPTION})
#: Variants that are named one by one.
NAMED = 8
#: What a network is called that is no variant, beside those that are.
DEFAULT = "the default"
#: What a code, or its first digit, speaks of.
RULES = {
    "E112": "The spec can't be read",
    "1": "The file is no YAML that a spec may be", "2": "The structure of the spec is wrong", "3": "A name or a value is wrong",
    "4": "Shapes do not fit", "5": "The spec is too large", "6": "What was asked for is not there", "7": "An expectation does not hold",
}  # fmt: skip


class Renderer(Protocol):
    """What the module of a format offers."""

    def write(self, checked: Iterable[Checked], out: TextIO) -> None:
        """Write what became of each network."""


class Where(NamedTuple):
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int
    end: int  #: the column behind it


def where(one: Diagnostic, checked: Checked) -> Where | None:
    """Say where something is wrong; of what is written in no file, where the network begins, if that stands in one."""
    source, span = one.source, one.span
    if not _in_a_file(source):
        source, span = (checked.place.source, checked.place.span) if checked.place else (None, None)
    if source is None or not _in_a_file(source):
        return None
    return Where(source.name, span.line, span.column + 1, span.end + 1) if span else Where(source.name, 1, 1, 1)


def _in_a_file(source: Source | None) -> bool:
    return source is not None and source.name not in NO_FILES


class Wrong(Record):
    """One thing that is wrong, however many networks share it."""

    diagnostic: Diagnostic
    where: Where | None
    networks: str  #: which they are, in words; "" where these are all of a file


def wrongs(checked: Sequence[Checked]) -> list[Wrong]:
    """List what is wrong, each thing once."""
    found: dict[tuple[object, ...], tuple[Diagnostic, Where | None, list[Checked]]] = {}
    for each in checked:
        for one in each.wrong:
            # what is written in no file is another thing for another spec, even if it says the same
            home = "" if _in_a_file(one.source) else each.source
            key = (one.code, one.message, one.source, one.span, home)
            found.setdefault(key, (one, where(one, each), []))[2].append(each)
    return [Wrong(one, at, _named(networks, checked)) for one, at, networks in found.values()]


def _named(networks: Sequence[Checked], checked: Sequence[Checked]) -> str:
    """Name networks by their variants, or in full where they are of several files."""
    source, among = networks[0].source, sum(one.source == networks[0].source for one in checked)
    if any(one.source != source for one in networks):
        names = [one.name for one in networks]
    elif len(networks) == among and (among > 1 or networks[0].variant is None):
        return ""
    else:
        names = [one.variant or DEFAULT for one in networks]
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"in {', '.join(names[:NAMED])}{more}"


def said(wrong: Wrong) -> list[str]:
    """Say what is wrong, in lines that are safe to print: the matter, the networks, what else is known, and what to do."""
    one = wrong.diagnostic
    lines = [one.message, wrong.networks, *one.notes, *(f"help: {line}" for line in one.help.split("\n") if line)]
    return [visible(line) for line in lines if line]


def rule(code: str) -> str:
    """Say what a code speaks of.

    >>> rule("E112"), rule("E701")
    ("The spec can't be read", 'An expectation does not hold')
    """
    return RULES.get(code) or RULES.get(code[1:2], "Something is wrong")


def address(file: str) -> str:
    """Write a file as those who keep a repository do: from its root, with forward slashes; in full if it is elsewhere."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.getcwd()  # noqa: PTH109 - as a text, like the other
    return rooted(PurePath(os.path.abspath(file)), PurePath(root))  # noqa: PTH100 - `..` goes, links stay


def rooted(file: PurePath, root: PurePath) -> str:
    r"""Write a path from a root, if it is below it.

    >>> from pathlib import PureWindowsPath as Windows
    >>> rooted(Windows(r"D:\a\nets\lenet.yaml"), Windows(r"D:\a")), rooted(Windows(r"C:\lenet.yaml"), Windows(r"D:\a"))
    ('nets/lenet.yaml', 'C:/lenet.yaml')
    """
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def plural(n: int, what: str) -> str:
    """Count things.

    >>> plural(1, "network"), plural(1200, "expectation")
    ('1 network', '1,200 expectations')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


class Tally(NamedTuple):
    """How many there are."""

    networks: int
    expectations: int
    missed: int  #: expectations that do not hold
    broken: int  #: networks that can't be worked out

    def __str__(self) -> str:
        missed = f"{self.missed:,} do{'es' if self.missed == 1 else ''} not hold"
        broken = f"{plural(self.broken, 'network')} can't be worked out"
        verdict = ", ".join([missed] * bool(self.missed) + [broken] * bool(self.broken)) or "all hold"
        return f"{plural(self.networks, 'network')}, {plural(self.expectations, 'expectation')}: {verdict}"


def tally(checked: Sequence[Checked]) -> Tally:
    """Count."""
    missed, broken = sum(len(one.missed) for one in checked), sum(bool(one.errors) for one in checked)
    return Tally(len(checked), sum(len(one.outcomes) for one in checked), missed, broken)
