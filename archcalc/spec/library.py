"""The files that `use` brings in: beside the spec, or shipped with the tool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.layers import meant
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.files import nearby, read_text
from archcalc.spec.foreign import same_word

if TYPE_CHECKING:
    from archcalc.spec.document import Block, Place

__all__ = ["Library", "lender"]

SHIPPED = Path(__file__).parent.parent / "library"
SCHEME = "lib:"
NESTED = 32  #: files that use each other in a chain


def lender(word: str) -> tuple[str, str]:
    """Say which shipped file has a block of a name, by what `use` calls it, and how the name is written there; or nothing.

    >>> lender("feed_forward"), lender("Widget")
    (('lib:transformer', 'FeedForward'), ('', ''))
    """
    for path in sorted(SHIPPED.glob("*.yaml")):
        for name in re.findall(r"^  ([A-Z]\w*):", path.read_text(encoding="utf-8"), re.MULTILINE):
            if same_word(name, word):
                return f"{SCHEME}{path.stem}", name
    return "", ""


class Library:
    """Finds and reads the files that one file uses; each file is read once, whoever uses it."""

    def __init__(self, folder: Path, root: Path | None = None, *, outside: bool = False) -> None:
        self.folder = folder  #: of the file that says `use`
        self.root = (root or folder).resolve()  #: what paths may not leave
        self.outside = outside
        self.read: dict[Path, dict[str, Block]] = {}
        self.chain: tuple[Path, ...] = ()

    def blocks(self, name: str, place: Place) -> dict[str, Block]:
        """Give the blocks of a file by what `use` calls it."""
        path = self.path(name, place)
        if path in self.chain:
            names = " -> ".join(p.name for p in (*self.chain[self.chain.index(path) :], path))
            raise SpecError((place.problem("E225", f"files use each other in a circle: {names}"),))
        if len(self.chain) >= NESTED:
            raise SpecError((place.problem("E503", f"files use each other more than {NESTED} deep"),))
        if path not in self.read:
            self.read[path] = self.load(path, name, place)
        return self.read[path]

    def path(self, name: str, place: Place) -> Path:
        """Find the file, inside the spec's folder unless more is allowed."""
        if name.startswith(SCHEME):
            stem = name.removeprefix(SCHEME)
            shipped = sorted(p.stem for p in SHIPPED.glob("*.yaml"))
            if stem not in shipped:
                hint = meant(stem, shipped) or f"there are {', '.join(SCHEME + s for s in shipped)}" if shipped else ""
                raise SpecError((place.problem("E226", f"no library is called `{name}`", hint),))
            return SHIPPED / f"{stem}.yaml"
        try:
            path = (self.folder / name).resolve()
        except (OSError, ValueError, RuntimeError):
            raise SpecError((place.problem("E226", f"`{name}` is no path"),)) from None
        if not self.outside and not path.is_relative_to(self.root) and not path.is_relative_to(SHIPPED.resolve()):
            hint = "move the file beside the spec, or allow it with `--allow-outside`"
            raise SpecError((place.problem("E227", f"`{name}` is outside the spec's folder", hint),))
        return path

    def load(self, path: Path, name: str, place: Place) -> dict[str, Block]:
        """Read a file for its blocks."""
        from archcalc.spec.grammar import read

        inner = Library(path.parent, self.root, outside=self.outside)
        inner.read, inner.chain = self.read, (*self.chain, path)
        try:
            source = read_text(str(path), name if name.startswith(SCHEME) else nearby(path))
        except SpecError as error:
            raise SpecError(
                (place.problem("E226", f"can't use `{name}`: {error.diagnostics[0].message}", error.diagnostics[0].help),)
            ) from None
        return dict(read(source, inner).blocks)
