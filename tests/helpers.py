"""What several tests need: run a spec from text, say what is wrong with one, and write YAML."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pytest

from archcalc.api import Spec
from archcalc.spec.diagnostics import Diagnostic, Source, SpecError
from archcalc.spec.grammar import read
from archcalc.spec.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.options import Options
    from archcalc.report.result import Row, Summary

ROOT = Path(__file__).parent.parent
ORACLE = ROOT / "tests" / "oracle"
#: What Liberis and Lane (2019, https://arxiv.org/abs/1910.05110) run in another order than the listed one, in bytes of int8.
CROSSED = """\
input: {image: [2, 28, 28]}
layers:
  - {name: op1, conv: {out: 4, kernel: 1}}
  - {name: op2, from: op1, conv: {out: 2, kernel: 1}}
  - {name: op3, from: op2, conv: {out: 32, kernel: 7, stride: 7}}
  - {name: op4, from: op1, conv: {out: 32, kernel: 7, stride: 7}}
  - {name: op5, from: op3, conv: {out: 16, kernel: 1}}
  - {name: op6, from: op4, conv: {out: 16, kernel: 1}}
  - {name: op7, from: [op5, op6], concat: {axis: 0}}
"""


def archcalc(*args: str, text: str = "", folder: Path | str = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process."""
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *args],
        input=text, capture_output=True, check=False, cwd=folder, encoding=env.get("PYTHONIOENCODING", "utf-8"),
        env={**os.environ, "PYTHONPATH": str(ROOT), **env}, timeout=60,
    )  # fmt: skip


def at_terminal(width: int, *args: str, code: int = 0, **env: str) -> str:
    """Run the command at a terminal of so many columns, and give what it shows."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (50, width))
    with subprocess.Popen(
        [sys.executable, "-m", "archcalc", *args], stdout=follower, stderr=follower, stdin=follower, cwd=ROOT, env={**plain(), **env}
    ) as running:
        os.close(follower)
        shown = b"".join(_chunks(leader))
        assert running.wait(timeout=60) == code
    os.close(leader)
    return shown.decode()


def plain() -> dict[str, str]:
    """Give the environment without what is said in it of screens and colours."""
    screens = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TERM"}
    return {**{name: value for name, value in os.environ.items() if name not in screens}, "PYTHONPATH": str(ROOT)}


def _chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # the other end is closed
            return
        if not chunk:
            return
        yield chunk


def recorded(name: str) -> Any:
    """Read a file of `oracle/`."""
    raw = (ORACLE / name).read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


def spec(
    text: str, variant: str | None = None, *, folder: Path | None = None, outside: bool = False, max_layers: int | None = None
) -> Spec:
    """Load a spec from text."""
    document = read(Source("net.yaml", text), Library(folder or Path(), outside=outside))
    return Spec(document, document.variants[variant] if variant is not None else None, max_layers)


def calculate(text: str, variant: str | None = None, **options: Unpack[Options]) -> Summary:
    """Run a spec from text."""
    return spec(text, variant).summary(**options)


def net(layers: str, given: str = "{image: [3, 32, 32]}", head: str = "") -> str:
    """Put a spec together from its layers, as they stand in the file."""
    return f"{head}input: {given}\nlayers:\n{layers.rstrip()}\n"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was found wrong, and where, with the words that the caret points at."""

    found: tuple[Diagnostic, ...]

    @property
    def codes(self) -> list[str]:
        """List the codes."""
        return [one.code for one in self.found]

    def places(self) -> list[tuple[str, int, int]]:
        """List codes with lines and columns, both counted from 1 as they are shown."""
        return [(one.code, one.span.line, one.span.column + 1) if one.span else (one.code, 0, 0) for one in self.found]

    def at(self, i: int = 0) -> str:
        """Give the piece of the line that diagnostic `i` points at."""
        one = self.found[i]
        if one.source is None or one.span is None:
            return ""
        return one.source.line(one.span.line)[one.span.column : one.span.end]

    def words(self, i: int = 0) -> str:
        """Give message, help and notes of diagnostic `i`."""
        one = self.found[i]
        return "\n".join((one.message, one.help, *one.notes))


def wrong(make: str | Callable[[], object], **options: Unpack[Options]) -> Wrong:
    """Load and run what can't be, and say why it can't; every diagnostic must also print."""
    with pytest.raises(SpecError) as caught:
        calculate(make, **options) if isinstance(make, str) else make()
    assert str(caught.value)
    return Wrong(caught.value.diagnostics)


def marked(text: str) -> tuple[str, tuple[int, int, int] | None]:
    """Take the mark out of a text; give line, first and last column, counted from 1."""
    if "«" not in text:
        return text, None
    before, _, rest = text.partition("«")
    at, _, after = rest.partition("»")
    column = len(before) - before.rfind("\n")
    return before + at + after, (before.count("\n") + 1, column, column + len(at) - 1)


def refused(text: str, code: str, *says: str) -> None:
    """Check that exactly one thing is wrong, at the mark, and that it says these words."""
    text, place = marked(text)
    found = wrong(text)
    assert found.codes == [code], found.words()
    for word in says:
        assert word in found.words()
    span = found.found[0].span
    assert span is not None
    assert (span.line, span.column + 1, span.end) == place, found.at()


def rows(text: str, **options: Unpack[Options]) -> dict[str, Row]:
    """Run a spec and give its rows by their paths, which must differ."""
    made = calculate(text, **options).layers
    by_path = {row.path: row for row in made}
    assert len(by_path) == len(made), "two rows of one path"
    return by_path


def flow(value: object) -> str:
    """Write a value as flow YAML.

    >>> flow({"out": 4, "padding": [1, None], "bias": False})
    '{out: 4, padding: [1, none], bias: false}'
    """
    match value:
        case dict():
            return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case bool():
            return str(value).lower()
        case None:
            return "none"
    return str(value)


def axes(names: str, sizes: tuple[int, ...] | list[int]) -> Mapping[str, int]:
    """Name the axes of a shape, the last ones where there are more names.

    >>> axes("a b d", [3, 4])
    {'b': 3, 'd': 4}
    """
    return dict(zip(names.split()[-len(sizes) :], sizes, strict=True))
