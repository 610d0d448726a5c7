"""Devices as files: those beside this one, and the user's own."""

from __future__ import annotations

import os
from dataclasses import field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.devices.profile import PRECISIONS, Profile
from archcalc.devices.units import POWER, RATE, SIZE, SPEED, TIME, Kind, Unreadable
from archcalc.record import Record
from archcalc.spec.diagnostics import MOST_ERRORS, Diagnostic, Source, Span, SpecError, fail
from archcalc.spec.files import read_text
from archcalc.spec.scalars import short
from archcalc.spec.source import Node, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["is_path", "known", "load", "read"]

FOLDER = Path(__file__).parent
ENDINGS = (".yaml", ".yml")
#: The figures that have a unit, beside the peaks.
SIZES = ("memory", "ram", "flash", "sram")
FIGURES = {"bandwidth": SPEED, **dict.fromkeys(SIZES, SIZE), "power": POWER, "launch": TIME}
KEYS = ("name", "year", "sources", "peak", *FIGURES, "compute_efficiency", "memory_efficiency", "notes")
#: Before this there was nothing to run a network on.
YEARS = range(1940, 2101)


@cache
def known() -> tuple[str, ...]:
    """Name the devices that are shipped, from A to Z."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def is_path(name: str) -> bool:
    """Tell whether a device is asked for by the path of its file."""
    return name.endswith(ENDINGS) or "/" in name or os.sep in name or os.path.isfile(name)  # noqa: PTH113 - any text, however long


def load(name: str) -> Profile:
    """Read a device by its name, or from the path of a file. Raises `SpecError` where there is none, or something is wrong with it."""
    if name in known():
        return _shipped(name)
    if not is_path(name):
        from archcalc.layers import meant

        advice = meant(name, known()) or "`archcalc devices` lists them; a file of your own is named by its path"
        fail("E630", f"no device is called `{short(name)}`", help=advice)
    return read(read_text(name))


@cache
def _shipped(name: str) -> Profile:
    return read(read_text(str(FOLDER / f"{name}.yaml")))


def read(source: Source) -> Profile:
    """Read a device from the text of its file. Raises `SpecError` with all that is wrong."""
    node = parse(source)
    reader = _Reader(source)
    profile = reader.profile(node)
    if profile is None or reader.found:
        raise SpecError(sorted(reader.found, key=_line)[: MOST_ERRORS + 1])
    return profile


class _Reader(Record, frozen=False):
    """One file, and what was found in it so far."""

    source: Source
    found: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    cited: dict[str, str] = field(default_factory=dict)

    def profile(self, node: Node) -> Profile | None:
        """Read the whole; nothing where what can't be done without is wrong."""
        top = self.mapping(node, "a device", KEYS)
        self.sources = self.texts(top.get("sources"))
        peak = self.peaks(top.get("peak"), node)
        figures = {name: self.figure(name, top[name], kind) for name, kind in FIGURES.items() if name in top}
        if isinstance(node.value, dict) and "bandwidth" not in top:
            self.wrong("E631", "`bandwidth` is missing", node.span, "how many bytes a second its memory gives: `bandwidth: 2039 GB/s`")
        self.check_memories(node, top)
        sizes = {name: None if figures.get(name) is None else int(figures[name] or 0) for name in SIZES}
        shares = [self.share(name, top.get(name)) for name in ("compute_efficiency", "memory_efficiency")]
        title, year, notes = self.text(top.get("name")), self.year(top.get("year")), self.text(top.get("notes"))
        name, bandwidth = Path(self.source.name).stem, figures.get("bandwidth")
        if self.found or bandwidth is None:
            return None
        return Profile(
            name=name, title=title or name, year=year, peak=peak, bandwidth=bandwidth, **sizes, power=figures.get("power"),
            launch=figures.get("launch"), compute_efficiency=shares[0], memory_efficiency=shares[1],
            notes=notes, sources=self.sources, cited=self.cited,
        )  # fmt: skip

    def wrong(self, code: str, message: str, span: Span, advice: str = "") -> None:
        self.found.append(Diagnostic(code, message, self.source, span, advice))

    def mapping(self, node: Node, what: str, keys: Iterable[str] = ()) -> dict[str, Node]:
        """Read a mapping, with no keys but these if any are named."""
        if not isinstance(node.value, dict):
            self.wrong("E631", f"{what} is a mapping", node.span, "write `key: value`")
            return {}
        for key in node.value:
            if keys and key not in keys:
                self.wrong("E631", f"{what} has no `{short(key)}`", node.keys[key], _meant(key, keys))
        return node.value

    def text(self, node: Node | None) -> str:
        """Read a text, or a number that stands for one."""
        if node is None:
            return ""
        said = "" if isinstance(node.value, (list, dict, bool)) or node.value is None else str(node.value).strip()
        if not said:
            self.wrong("E631", "a text is missing here", node.span, "write it, in quotes if need be, or leave out its key")
        return said

    def texts(self, node: Node | None) -> dict[str, str]:
        """Read the sources by their keys."""
        return {key: self.text(value) for key, value in self.mapping(node, "`sources`").items()} if node else {}

    def year(self, node: Node | None) -> int | None:
        if node is None:
            return None
        if not isinstance(node.value, int) or node.value not in YEARS or isinstance(node.value, bool):
            self.wrong("E631", "a year is a whole number such as 2020", node.span)
            return None
        return node.value

    def peaks(self, node: Node | None, top: Node) -> dict[str, Fraction]:
        """Read the peaks, in the order of precisions."""
        if node is None:
            if isinstance(top.value, dict):
                self.wrong("E631", "`peak` is missing", top.span, "operations a second by precision: `peak: {fp32: 19.5 TFLOP/s}`")
            return {}
        stated = self.mapping(node, "`peak`", PRECISIONS)
        if not stated and isinstance(node.value, dict):
            self.wrong("E631", "`peak` states nothing", node.span, "operations a second by precision: `peak: {fp32: 19.5 TFLOP/s}`")
        made = {name: self.figure(f"peak.{name}", stated[name], RATE) for name in PRECISIONS if name in stated}
        return {name: value for name, value in made.items() if value is not None}

    def figure(self, name: str, node: Node, kind: Kind) -> Fraction | None:
        """Read a figure with its unit, which bytes are whole numbers of; nothing where it is wrong."""
        bare = self.cite(name, node, kind.example)
        if bare is None:
            return None
        if isinstance(bare.value, (list, dict, bool)) or bare.value is None:
            self.wrong("E632", f"`{name}` is a number and a unit", bare.span, f"write `{kind.example}`")
            return None
        try:
            value = kind(str(bare.value))
        except Unreadable as error:
            self.wrong("E632", f"`{name}`: {error.message}", bare.span, error.advice)
            return None
        if kind is SIZE and value.denominator != 1:
            self.wrong("E632", f"`{name}` is a whole number of bytes", bare.span)
        return value

    def cite(self, name: str, node: Node, example: str) -> Node | None:
        """Take the source from a figure, where it has one."""
        if not isinstance(node.value, list):
            return node
        if len(node.value) != 2:
            self.wrong("E632", f"`{name}` is a figure, or one with its source", node.span, f"write `[{example}, key of a source]`")
            return None
        bare, key = node.value
        said = str(key.value)
        if isinstance(key.value, (list, dict)) or said not in self.sources:
            advice = _meant(said, self.sources) if self.sources else "list it under `sources:`"
            self.wrong("E633", f"`{short(said)}` is none of the sources", key.span, advice)
            return bare
        self.cited[name] = said
        return bare

    def share(self, name: str, node: Node | None) -> Fraction:
        """Read a part of a whole, all of it where nothing is said."""
        if node is None:
            return Fraction(1)
        bare = self.cite(name, node, "0.6")
        value = bare.value if bare else None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1:
            return Fraction(str(value))
        if bare:
            self.wrong("E632", f"`{name}` is more than 0 and at most 1", bare.span, "write 0.6 for 60 %")
        return Fraction(1)

    def check_memories(self, node: Node, top: dict[str, Node]) -> None:
        """Refuse memory that is shared and apart at once."""
        apart = [name for name in ("ram", "flash") if name in top]
        if "memory" in top and apart:
            advice = "`memory` is what weights and activations share; `ram` and `flash` are apart"
            self.wrong("E631", f"`memory` and `{apart[0]}` exclude each other", node.keys[apart[0]], advice)


def _line(one: Diagnostic) -> tuple[int, int]:
    return (one.span.line, one.span.column) if one.span else (0, 0)


def _meant(word: str, choices: Iterable[str]) -> str:
    from archcalc.layers import meant

    return meant(word, choices) or f"there are {', '.join(map(short, choices))}"
