"""The specs that ship with the tool: every file in `specs/`, and every variant in it, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Entry", "entries", "folder", "names", "resolve"]


class Entry(Record):
    """One network of the zoo."""

    name: str  #: what to call it on the command line
    variant: str | None
    path: Path
    title: str
    meta: Mapping[str, object]


def folder() -> Path:
    """Give the folder of the shipped specs: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "specs"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "specs"


def files() -> list[Path]:
    """List the shipped files."""
    return sorted(folder().glob("*.yaml"))


@cache
def _entries() -> tuple[Entry, ...]:
    from archcalc.spec.files import read_text
    from archcalc.spec.source import parse

    found: list[Entry] = []
    for path in files():
        data = parse(read_text(str(path))).data()
        top = data if isinstance(data, dict) else {}
        meta = top.get("meta") or {}
        title = str(top.get("name") or path.stem)
        variants = top.get("variants") or {}
        if "layers" in top:
            found.append(Entry(path.stem, None, path, title, meta))
        for variant, given in variants.items():
            values = given or {}
            more = values.get("meta") or {}
            found.append(Entry(f"{path.stem}#{variant}", variant, path, str(values.get("name") or title), {**meta, **more}))
    return tuple(_short(found))


def _short(found: list[Entry]) -> Iterator[Entry]:
    """Call a variant by its own name where that is no file's and no other variant's."""
    stems = {entry.path.stem for entry in found}
    variants = [entry.variant for entry in found]
    for entry in found:
        if entry.variant is not None and entry.variant not in stems and variants.count(entry.variant) == 1:
            yield Entry(entry.variant, entry.variant, entry.path, entry.title, entry.meta)
        else:
            yield entry


def entries() -> Iterator[Entry]:
    """Give every network of the zoo, file by file."""
    yield from _entries()


def names() -> list[str]:
    """List what the networks of the zoo are called."""
    return [entry.name for entry in _entries()]


def resolve(name: str) -> tuple[Path, str | None] | None:
    """Find a network: a file's stem first, then a variant's name that is unique; `stem#variant` always works."""
    stem, _, variant = name.partition("#")
    path = folder() / f"{stem}.yaml"
    if stem and "/" not in stem and "\\" not in stem and path.is_file():
        return path, variant or None
    if not variant:
        for entry in _entries():
            if entry.name == name:
                return entry.path, entry.variant
    return None
