"""Which networks are compared: several specs, revisions of one, or settings of one; and what each is called."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.api import load
from archcalc.comparing.subject import subject
from archcalc.record import Record
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.api import Run, Spec
    from archcalc.comparing.subject import Subject

__all__ = ["Contest", "split"]

#: A comma before another `name=`.
NEXT = re.compile(r",(?=\s*[^\W\d]\w*\s*=(?!=))")
#: What a network is called where others are set up otherwise.
PLAIN = "as it is"
#: What a file is called where others are older.
NOW = "now"


def split(text: str) -> list[str]:
    """Take settings apart; a comma in a list is none between settings.

    >>> split("depths=[3, 4, 23, 3], width=2"), split("image=3,256,256")
    (['depths=[3, 4, 23, 3]', ' width=2'], ['image=3,256,256'])
    """
    return NEXT.split(text)


class Contest(Record, kw_only=True, slots=False):
    """What is to be compared."""

    specs: Sequence[str]
    against: str = ""  #: a revision, or `A..B`
    others: Sequence[Mapping[str, str]] = ()  #: settings, each of one network more
    sets: Mapping[str, str] = field(default_factory=dict)  #: of all
    inputs: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)  #: what else a calculation is told
    max_layers: int | None = None
    outside: bool = False

    def subjects(self) -> list[Subject]:
        """Work the networks out, in the order that they are named in."""
        if self.against:
            return self._revisions()
        if self.others:
            return self._settings()
        runs = [self._run(load(spec, max_layers=self.max_layers, outside=self.outside)) for spec in self.specs]
        names = _names(runs, labels := _labels(self.specs))
        return [subject(run, label, name) for run, label, name in zip(runs, labels, names, strict=True)]

    def _revisions(self) -> list[Subject]:
        """Take a file at a revision and now, or at two revisions."""
        from archcalc.comparing import revision

        (spec,) = self.specs
        before, _, after = self.against.partition("..")
        old, new = (
            self._run(
                revision.load(spec, name, max_layers=self.max_layers, outside=self.outside)
                if name
                else load(spec, max_layers=self.max_layers, outside=self.outside)
            )
            for name in (before or self.against, after)
        )
        label, model = after or NOW, new.header.model
        return [subject(old, before, f"{old.header.model} at {before}"), subject(new, label, f"{model} at {after}" if after else model)]

    def _settings(self) -> list[Subject]:
        """Take a file as it is, or as all are set up, and otherwise."""
        spec = load(self.specs[0], max_layers=self.max_layers, outside=self.outside)
        found = []
        for other in ({}, *self.others):
            label = ", ".join(f"{name}={value}" for name, value in {**self.sets, **other}.items()) or PLAIN
            run = self._told(spec, other)
            model = run.header.model
            found.append(subject(run, label, f"{model} with {label}" if label != PLAIN else f"{model} {PLAIN}"))
        return found

    def _told(self, spec: Spec, other: Mapping[str, str]) -> Run:
        """Set a network up otherwise; what is wrong with that is said of the option that says it."""
        try:
            return self._run(spec, other)
        except SpecError as error:
            wrong = [(f"--{option} {name}", f"--with {name}") for name in other for option in ("set", "input")]
            found = [(one, next((pair for pair in wrong if one.message.startswith(pair[0])), ("", ""))) for one in error.diagnostics]
            raise SpecError([replace(one, message=one.message.replace(*pair, 1)) for one, pair in found]) from None

    def _run(self, spec: Spec, other: Mapping[str, str] | None = None) -> Run:
        """Set a network up; of the settings those are input shapes that are called so."""
        inputs = {*spec.document.inputs, *(spec.chosen.inputs if spec.chosen else ())} - set(spec.document.variables)
        shapes = {name: value for name, value in (other or {}).items() if name in inputs}
        values = {name: value for name, value in (other or {}).items() if name not in inputs}
        return spec.run(sets={**self.sets, **values}, inputs={**self.inputs, **shapes}, **self.more)


def _labels(specs: Sequence[str]) -> list[str]:
    """Call specs as the caller does, files by their names where these differ."""
    short = [spec if "/" not in spec else Path(spec).name for spec in specs]
    return short if len(set(short)) == len(set(specs)) else list(specs)


def _names(runs: Sequence[Run], labels: Sequence[str]) -> list[str]:
    """Call networks by their models where these differ, else by their variants or files."""
    for names in ([run.header.model for run in runs], [run.header.variant or "" for run in runs]):
        if len(set(names)) == len(runs) and all(names):
            return names
    return list(labels)
