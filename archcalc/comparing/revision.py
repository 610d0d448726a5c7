"""Files as they were: read from git by its own names, `HEAD~1:nets/small.yaml`, with the files that they use."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.api import chosen, located
from archcalc.spec.diagnostics import SpecError, fail
from archcalc.spec.files import MOST_BYTES, decoded, nearby
from archcalc.spec.grammar import read
from archcalc.spec.library import SCHEME, SHIPPED, Library

if TYPE_CHECKING:
    from archcalc.api import Spec
    from archcalc.spec.diagnostics import Source
    from archcalc.spec.document import Block, Place

__all__ = ["Revision", "load"]

#: Seconds that git may take; it reads what is there and asks nobody.
PATIENCE = 60
CODE = "E620"


def load(name: str, revision: str, *, max_layers: int | None = None, outside: bool = False) -> Spec:
    """Load a spec as it was at a revision. Raises `SpecError`."""
    path, variant = located(name)
    if str(path) == "-":
        fail(CODE, "standard input has no revisions", help="name a file")
    there = Revision(path, revision)
    return chosen(read(there.source(path), _Revised(path.parent, there, outside=outside)), variant, max_layers)


class Revision:
    """A commit of the repository that a file is in."""

    def __init__(self, file: Path, name: str) -> None:
        self.name = name  #: what the caller calls it
        self.git = shutil.which("git") or fail(CODE, "git is not installed, or not on the path", help="revisions are read with it")
        folder = _folder(file)
        top = self._ask(folder, "rev-parse", "--show-toplevel")
        if top.returncode:
            fail(CODE, f"`{nearby(file)}` is in no git repository", help=_last(top.stderr))
        self.top = Path(os.fsdecode(top.stdout.rstrip(b"\r\n"))).resolve()
        found = self._ask(self.top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") if _is_name(name) else None
        if found is None or found.returncode:
            fail(CODE, f"the repository of `{nearby(file)}` has no revision `{name}`", help="name a commit, a branch or a tag: `HEAD~1`")
        self.commit = found.stdout.decode("ascii").strip()

    def source(self, path: Path) -> Source:
        """Read a file as it was. Raises `SpecError`."""
        try:
            inside = (path.absolute().parent.resolve() / path.name).relative_to(self.top).as_posix()  # a link itself is git's to follow
        except ValueError:
            fail(CODE, f"`{nearby(path)}` is outside the repository `{self.top}`")
        called = f"{self.name}:{inside}"
        size = self._object(inside, "--batch-check")[0]
        if size > MOST_BYTES:
            fail("E112", f"`{called}` is larger than 1 MiB", help="a spec is a page or two; is this the right file?")
        if size < 0:
            fail(CODE, f"there is no `{nearby(path)}` at `{self.name}`", help="was it called otherwise, or not there yet?")
        return decoded(called, self._object(inside, "--batch")[1])

    def _object(self, inside: str, how: str) -> tuple[int, bytes]:
        """Ask for a file: its size, -1 where there is none, and what is in it."""
        if "\n" in inside:
            return -1, b""
        answer = self._ask(self.top, "cat-file", how, "--follow-symlinks", given=os.fsencode(f"{self.commit}:{inside}\n")).stdout
        head, _, body = answer.partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[1] != b"blob":
            return -1, b""
        size = int(words[2])
        return size, body[:size]

    def _ask(self, folder: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run git where the file is; nothing passes through a shell, and nothing of the repository is run."""
        env = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
        try:
            return subprocess.run(  # noqa: S603 - a list of words: what git is called, and names that are no options
                [self.git, *words], input=given, capture_output=True, check=False, cwd=folder, env=env, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            fail(CODE, f"git did not answer within {PATIENCE} seconds")


class _Revised(Library):
    """Finds the files that a file used when it was as it was; those that ship with the tool are as they are."""

    def __init__(self, folder: Path, revision: Revision, root: Path | None = None, *, outside: bool = False) -> None:
        super().__init__(folder, root, outside=outside)
        self.revision = revision

    def load(self, path: Path, name: str, place: Place) -> dict[str, Block]:
        """Read a file for its blocks."""
        if name.startswith(SCHEME) or path.is_relative_to(SHIPPED.resolve()):
            return super().load(path, name, place)
        inner = _Revised(path.parent, self.revision, self.root, outside=self.outside)
        inner.read, inner.chain = self.read, (*self.chain, path)
        try:
            source = self.revision.source(path)
        except SpecError as error:
            first = error.diagnostics[0]
            raise SpecError((place.problem("E226", f"can't use `{name}`: {first.message}", first.help),)) from None
        return dict(read(source, inner).blocks)


def _is_name(name: str) -> bool:
    """Whether a word may be the name of a revision, and is no option."""
    return bool(name) and name.isprintable() and not name.startswith("-")


def _folder(file: Path) -> Path:
    """Give the folder of a file, or the nearest that is still there."""
    return next((folder for folder in file.absolute().parents if folder.is_dir()), Path.cwd())


def _last(said: bytes) -> str:
    """Give what git said, where that is news."""
    text = said.decode(errors="replace").strip()
    return "" if "not a git repository" in text else text.partition("\n")[0]
