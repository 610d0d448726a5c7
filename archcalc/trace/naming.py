"""Names of tensors, and of weights to tie to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.layers import meant
from archcalc.record import Record
from archcalc.spec.document import LayerCall
from archcalc.spec.values import NAME
from archcalc.trace.frame import Named
from archcalc.trace.loops import Loops
from archcalc.trace.step import Ref, Watch
from archcalc.trace.weights import Inventory

if TYPE_CHECKING:
    from archcalc.calculators.precision import Stated
    from archcalc.spec.document import Entry, Formula, Place
    from archcalc.trace import Network
    from archcalc.trace.frame import Frame

__all__ = ["Naming", "join"]


UNUSED = Inventory()  #: of entries that nobody is tied to


class Scope(Record):
    """What holds for all rows made under an entry. Inventories come with the length of path that their roles leave out."""

    frozen: bool = False
    precision: Stated | None = None
    sets: int = 1  #: of weights, of which each row uses one at a time
    active: int = 1  #: of these, that one token meets
    tokens: tuple[str, ...] = ()  #: axes, the leading ones, of tokens that each meet a set of their own
    watches: tuple[Watch, ...] = ()
    recording: tuple[tuple[Inventory, int], ...] = ()
    sharing: tuple[tuple[Inventory, int], ...] = ()


class Naming(Loops):
    """Gives names and finds what they stand for."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.scope = Scope()
        self.watched: list[Watch] = []
        self.labels: dict[str, str] = {}  #: of named entries by their path: what they would be called without a name
        self.given: list[tuple[int, str, Named]] = []  #: names in the order they were given, each with its scope

    def role(self, path: str) -> str:
        """Write a path without the names that authors gave: what an entry is, wherever it stands."""
        parent, _, last = path.rpartition(".")
        last = self.labels.get(path, last)
        return f"{self.role(parent)}.{last}" if parent else last

    def name(self, entry: Entry, frame: Frame) -> str | None:
        """Give an entry's name, if it has one."""
        if entry.name is None:
            return None
        name = str(self.value(entry.name, frame))
        if not NAME.fullmatch(name):
            raise self.error(entry.name.place, "E209", f"`{name}` can't be a name", "names have no dots, brackets, stars or spaces")
        return name

    def define(self, name: str, ref: Ref, entry: Entry, frame: Frame) -> None:
        """Give a tensor a name."""
        old = frame.names.get(name)
        if old is not None and old.entry is not entry and entry.name is not None:
            where = f"the other one is at {old.entry.place}" if old.entry else "it is an input"
            raise self.error(entry.name.place, "E209", f"the name `{name}` is given twice", where)
        named = frame.names[name] = Named(ref, entry)
        self.given.append((id(frame.names), name, named))

    def settle(self, entry: Entry, start: int) -> None:
        """After a loop, mark the names that several of its iterations gave, except the loop's own."""
        mine = [(scope, name) for scope, name, _ in self.given[start:]]
        twice = {place for place, times in Counter(mine).items() if times > 1}
        for scope, name, named in self.given[start:]:
            named.several = named.several or ((scope, name) in twice and named.entry is not entry)

    def origin(self, entry: Entry, frame: Frame) -> tuple[Ref, ...]:
        """Look up the tensors that an entry reads by name; one becomes the incoming tensor."""
        refs = tuple(ref for formula in entry.origin for ref in self.refer(str(self.value(formula, frame)), formula.place, frame))
        if len(refs) > 1 and not isinstance(entry.content, LayerCall):
            raise self.error(entry.origin[0].place, "E208", f"`{entry.key}` reads one tensor, not {len(refs)}")
        if refs:
            frame.x = refs[0]
        return refs

    def refer(self, name: str, place: Place, frame: Frame) -> list[Ref]:
        """Find a tensor by name, or all that a pattern matches, in order of definition."""
        if name == "x":  # always the incoming tensor, whatever the inputs are called
            if frame.x is None:
                hint = "after `merge: none` or a layer with several results, say `from: name.part`"
                raise self.error(place, "E307", "there is no incoming tensor here", hint)
            return [frame.x]
        if name in frame.names:
            found = frame.names[name]
            if found.several:
                raise self.error(place, "E306", f"`{name}` was given by several iterations", f"tell them apart: `name: {name}$i`")
            return [found.ref]
        if "*" in name:
            self.spend(place, len(frame.names))
            found_all = [named.ref for other, named in frame.names.items() if fnmatchcase(other, name)]
            if found_all:
                return found_all
            raise self.error(place, "E310", f"no tensor matches `{name}`", f"there are {', '.join(frame.names)}")
        hint = meant(name, frame.names) or f"there are {', '.join(list(frame.names)[-12:])}"
        raise self.error(place, "E310", f"no tensor is called `{name}` by here", hint)

    def hold(self, entry: Entry, frame: Frame) -> None:
        """Note what an entry says of all that stands in it; of precision, key by key, over what the entries around it say."""
        if entry.freeze is not None:
            self.scope = replace(self.scope, frozen=self.typed(entry.freeze, frame, "bool", "`freeze`"))
        if entry.precision is not None:
            own: Stated = self.value(entry.precision, frame)
            around = self.scope.precision
            self.scope = replace(self.scope, precision=own if around is None else own.over(around))

    def watch(self, entry: Entry, frame: Frame, path: str) -> None:
        """Open the watch of an entry that promises something."""
        if not entry.expect:
            return
        label = entry.label if entry.name is None or entry.told_apart else str(self.value(entry.name, frame))
        shapes = {p.expectation.key: tuple(self.value(p.shape, frame)) for p in entry.expect if p.shape is not None}
        watch = Watch(join(path, label), entry.expect, shapes)
        self.watched.append(watch)
        self.scope = replace(self.scope, watches=(*self.scope.watches, watch))

    def record(self, entry: Entry, frame: Frame, here: str) -> None:
        """Record this entry's weights if others are, or may be, tied to it; if to another one, only that it is there."""
        targets = self.network.targets
        if entry.name is None or targets == frozenset():
            return
        name = str(self.value(entry.name, frame))
        if targets is not None and name not in targets:
            frame.weights[name] = UNUSED
            return
        inventory = frame.weights[name] = Inventory()
        self.scope = replace(self.scope, recording=(*self.scope.recording, (inventory, len(self.role(here)))))

    def share(self, tie: Formula, entry: Entry, frame: Frame, here: str) -> Inventory:
        """Look up the weights that an entry is tied to; roles count from the entry, or from each of its copies."""
        target = str(self.value(tie, frame))
        if target == self.name(entry, frame):
            hint = "for copies with one set of weights write `shared: true`" if entry.repeat or entry.loop else "name an earlier entry"
            raise self.error(tie.place, "E311", f"`{target}` can't be tied to itself", hint)
        found = frame.weights.get(target)
        if found is None or found.empty:
            names = list(frame.weights)
            if found is not None:
                raise self.error(tie.place, "E311", f"`{target}` has no weights to share")
            hint = meant(target, names) or (f"named before: {', '.join(names[-8:])}" if names else "give the earlier entry a `name:`")
            raise self.error(tie.place, "E310", f"`{target}` is not the name of an entry before this one", hint)
        self.scope = replace(self.scope, sharing=(*self.scope.sharing, (found, len(self.role(here)))))
        found.used = False
        return found


def join(path: str, label: str) -> str:
    """Write a path one level longer."""
    return f"{path}.{label}" if path else label
