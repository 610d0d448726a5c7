"""Which operations a person means by parts of their paths."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import accumulate
from typing import TYPE_CHECKING

from archcalc.layers import meant
from archcalc.spec.diagnostics import fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["choose"]

#: Names that are compared with one that is unknown; more would take longer than they help.
NEAR = 2000


def choose(paths: Sequence[str], wanted: Iterable[str]) -> frozenset[str]:
    """Give the paths that are wanted: whole ones, beginnings of some, or patterns with `*` and `?`. Raises `SpecError`.

    >>> sorted(choose(["conv_1", "stage[0].conv_1", "stage[0].conv_1.act", "stage[1].conv_1"], ["stage[0]"]))
    ['stage[0].conv_1', 'stage[0].conv_1.act']
    >>> sorted(choose(["conv_1", "stage[0].conv_1", "stage[0].conv_1.act", "stage[1].conv_1"], ["*.conv_1"]))
    ['stage[0].conv_1', 'stage[0].conv_1.act', 'stage[1].conv_1']
    """
    found: set[str] = set()
    for one in wanted:
        pattern = one.replace("[", "[[]")  # brackets are a part of paths here, and no set of characters
        matched = [path for path in paths if any(fnmatchcase(path, pattern + end) for end in ("", ".*", "[[]*"))]
        if not matched:
            fail("E606", f"no layer is called `{one}`", help=_hint(one, paths))
        found.update(matched)
    return frozenset(found)


def _hint(name: str, paths: Sequence[str]) -> str:
    """Say which layer was meant: one of this name further down, or one with a name like it."""
    below = next((path for path in paths if path.endswith(f".{name}")), "")
    every = dict.fromkeys(start for path in paths[:NEAR] for start in accumulate(path.split("."), "{}.{}".format))
    close = f"did you mean `{below}`?" if below else meant(name, list(every)[:NEAR])
    return close or "`archcalc summarize --depth all` lists them"
