"""Pipelines: entries and structures, read and checked before anything runs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.layers import KINDS, find, known, meant
from archcalc.spec.calls import STRUCTURES, Calls
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.document import Branches, Entry, Experts, Formula, Group, LayerCall, Loop, Place, Residual
from archcalc.spec.foreign import instead
from archcalc.spec.precision import Precisions
from archcalc.spec.values import NAME, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.spec.document import Content
    from archcalc.spec.scope import Scope
    from archcalc.spec.source import Node

__all__ = ["Pipelines"]

#: How a residual and its shortcut meet, and how branches do unless they say.
SUM, JOIN = "add", "concat"
#: What the rows of experts are called beside those of their body.
PARTS = ("router", "dispatch", "combine", "shared", "add")
#: How tokens find their experts, go there and come back.
ROUTING, DISPATCH, COMBINE = "routing", "dispatch", "combine"
#: Modifiers that belong to one structure only.
BESIDE = {"merge": "branches", "axis": "branches", "shortcut": "residual", "count": "experts", "active": "experts", "router": "experts"}
IMPLS = ("module", "functional", "fused", "none")
#: Branches that are rows of a loop.
ROWS = ("for", "layers")


class Pipelines(Calls, Precisions):
    """Reads the pipelines of one file."""

    def pipeline(self, node: Node, scope: Scope, what: str = "`layers`") -> tuple[Entry, ...]:
        """Read a list of entries."""
        if node.value is None:
            return ()
        if not isinstance(node.value, list):
            self.report("E211", f"{what} is a list of entries, not {kind_of(node)}", node, "put `- ` in front of each entry")
            return ()
        ordinals: Counter[str] = Counter()
        entries = [entry for item in node.value if (entry := self.entry(item, scope, ordinals)) is not None]
        labels = {entry.label for entry in entries if entry.name is None}
        for entry in entries:
            if entry.name is not None and entry.name.value in labels:
                self.report(
                    "E209", f"`{entry.name.value}` is what an entry without a name is called here", entry.name.place, "choose another name"
                )
        return tuple(entries)

    def entry(self, node: Node, scope: Scope, ordinals: Counter[str]) -> Entry | None:
        """Read one entry: a bare word, or a mapping with exactly one kind."""
        if isinstance(node.value, str):
            return self.built(node.value, node, None, {}, scope, ordinals)
        if not isinstance(node.value, dict):
            self.report("E211", f"an entry is a layer, not {kind_of(node)}", node, "write `- relu` or `- conv: {out: 64, kernel: 3}`")
            return None
        keys = [key for key in node.value if key not in MODIFIERS]
        if len(keys) == 1:
            return self.built(keys[0], node, node.value[keys[0]], node.value, scope, ordinals)
        if not keys:
            self.report("E202", "this entry has no layer kind", node, "write `- conv: {…}`, or `layers:` for a group")
            return None
        first = next((key for key in keys if self.is_kind(key)), "")
        if first:
            self.two_kinds(node, keys, first)
        else:
            self.unknown(keys[0], Place(self.source, node.at((keys[0],), key=True)), node.value[keys[0]])
        return None

    def is_kind(self, key: str) -> bool:
        """Tell whether there is a kind, a structure or a block of this name."""
        return key in KINDS or key in STRUCTURES or key in self.blocks

    def two_kinds(self, node: Node, keys: list[str], first: str) -> None:
        """Say what is wrong with an entry that names several kinds."""
        modifiers = [word for word in MODIFIERS if BESIDE.get(word, first) == first]
        for key in keys:
            if key == first:
                continue
            place = Place(self.source, node.at((key,), key=True))
            if first in KINDS and key in find(first).model_fields:
                self.report("E203", f"`{key}` belongs inside `{first}`", place, f"write `{first}: {{{key}: …}}`")
            elif self.is_kind(key):
                sugar = f"; `{first}` has fields for `norm` and `act`" if first in KINDS and "act" in find(first).model_fields else ""
                hint = f"each needs a `- ` of its own{sugar}"
                self.report("E203", f"two kinds in one entry: `{first}` and `{key}`", place, hint)
            else:
                hint = instead(key, modifiers) or meant(key, modifiers) or f"beside `{first}:` stand {', '.join(modifiers)}"
                self.report("E204", f"an entry has no `{key}`", place, hint)

    def built(
        self, key: str, node: Node, args: Node | None, beside: Mapping[str, Node], scope: Scope, ordinals: Counter[str]
    ) -> Entry | None:  # fmt: skip
        """Put an entry together from its kind and what stands beside it."""
        place = Place(self.source, node.at((key,), key=True)) if isinstance(node.value, dict) else self.place(node)
        ordinals[key] += 1
        for word, owner in BESIDE.items():
            if word in beside and owner != key and self.is_kind(key):
                self.report(
                    "E204", f"`{word}` stands beside `{owner}:`, not beside `{key}:`", Place(self.source, node.at((word,), key=True))
                )
        loop, repeat, inner = self.looped(beside, scope)
        origin = self.references(beside.get("from"), inner)
        when = self.boolean(beside["if"], inner) if "if" in beside else None
        content = self.content(key, node, args, beside, inner, place)
        name = self.named(beside.get("name"), inner)
        if content is None:
            return None
        if "note" in beside and isinstance(beside["note"].value, list | dict):
            self.report("E212", f"a note is a text, not {kind_of(beside['note'])}", beside["note"])
        return Entry(
            content=content, key=key, label=f"{key}_{ordinals[key]}", place=place, name=name, origin=origin,
            repeat=repeat, loop=loop, when=when,
            tie=self.tied(beside.get("tie"), inner),
            freeze=self.boolean(beside["freeze"], inner) if "freeze" in beside else None,
            precision=self.precision(beside["precision"], inner) if "precision" in beside else None,
            shared=self.shared(beside, looped=loop is not None or repeat is not None),
            expect=self.promises(beside["expect"], inner, whole=False) if "expect" in beside else (),
            impl=self.implementation(beside.get("impl")),
        )  # fmt: skip

    def looped(self, beside: Mapping[str, Node], scope: Scope) -> tuple[Loop | None, Formula | None, Scope]:
        """Read `repeat` and `for`, and open the scope that their names are known in."""
        if "repeat" in beside and "for" in beside:
            self.report(
                "E205", "`repeat` and `for` in one entry", beside["for"], "put one of them into a group: `- {repeat: n, layers: [...]}`"
            )
        repeat = self.formula(beside["repeat"], scope) if "repeat" in beside else None
        loop = self.loop(beside["for"], scope) if "for" in beside else None
        names = [name for columns, _ in loop.columns for name in columns] if loop else []
        return loop, repeat, scope.child("i", *names) if loop or repeat else scope

    def named(self, node: Node | None, scope: Scope) -> Formula | None:
        """Read an entry's name; the tensors it gives are known from here on."""
        if node is None:
            return None
        if node.value is None or isinstance(node.value, dict | list):
            self.report("E209", f"a name is a text, not {kind_of(node)}", node)
            return None
        name = self.formula(node, scope, "text")
        if isinstance(name.value, str):
            if not NAME.fullmatch(name.value) or name.value == "x":
                hint = "names have no dots, brackets, stars or spaces, and are not `x`"
                self.report("E209", f"`{name.value}` can't be a name", node, hint)
            scope.define(re.escape(name.value) if not name.value.isidentifier() else name.value)
        elif name.value is not None:
            scope.define(name.value.pattern)  # type: ignore[attr-defined]
        return name

    def tied(self, node: Node | None, scope: Scope) -> Formula | None:
        """Read the name of the entry whose weights are used."""
        items = node.value if node is not None and isinstance(node.value, list) else [node]
        if len(items) != 1 and node is not None:
            given = f"not {len(items)}" if items else "not an empty list"
            self.report("E208", f"`tie` takes the name of one entry, {given}", node)
            return None
        return self.reference(items[0], scope, "an entry") if items[0] is not None else None

    def shared(self, beside: Mapping[str, Node], *, looped: bool) -> bool:
        """Read `shared`, which needs copies to share between."""
        node = beside.get("shared")
        if node is None or "experts" in beside:  # there it is a pipeline
            return False
        if not isinstance(node.value, bool):
            self.report("E233", f"`shared` takes `true` or `false`, not {kind_of(node)}", node)
        elif node.value and not looped:
            self.report(
                "E204",
                "`shared` stands beside `repeat` or `for`: there are no copies here to share weights",
                node,
                "to use an earlier layer's weights, write `tie: its_name`",
            )
        return node.value is True

    def implementation(self, node: Node | None) -> str:
        """Read `impl`: how reference code makes this operation."""
        if node is None:
            return "module"
        if node.value not in IMPLS:
            self.report("E233", f"`impl` is one of {', '.join(IMPLS)}", node)
        return str(node.value)

    def content(self, key: str, node: Node, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Content | None:
        """Read what an entry is."""
        match key:
            case "layers":
                return Group(self.pipeline(args, scope) if args else ())
            case "residual":
                return self.residual(args, beside, scope, place)
            case "branches":
                return self.branches(args, beside, scope, place)
            case "experts":
                return self.experts(args, node, scope, place)
        if key in KINDS:
            return self.layer(key, args, scope, place)
        if key in self.blocks:
            return self.call(self.blocks[key], node if args is None else args, args, scope, place)
        self.unknown(key, place, args)
        return None

    def residual(self, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Residual:
        """Read a residual: a pipeline whose input is added to its output."""
        body = self.pipeline(args, scope, "`residual`") if args else ()
        node = beside.get("shortcut")
        shortcut: tuple[Entry, ...] | Formula | None = None
        if node is not None:
            listed = isinstance(node.value, list | dict)
            shortcut = self.pipeline(node, scope, "`shortcut`") if listed else self.boolean(node, scope)
        return Residual(body, shortcut, LayerCall(find(SUM), {}, (), place.source, ()))

    def branches(self, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Branches:
        """Read branches, by name or one a row of a `for`."""
        merge = self.merge(beside, scope, place)
        items = self.mapping(args, "`branches`", "branches: {left: [...], right: [...]}") if args else {}
        if "for" in items:
            loop = self.loop(items["for"], scope)
            names = [name for columns, _ in loop.columns for name in columns]
            for key in items:
                if key not in ROWS:
                    self.report(
                        "E204", f"branches from `for` have no `{key}`", Place(self.source, args.at((key,), key=True)) if args else place
                    )
            body = self.pipeline(items["layers"], scope.child("i", *names)) if "layers" in items else ()
            return Branches((("", body),), merge, loop)
        if not items:
            self.report("E206", "`branches` has no branches", place, "write `branches: {left: [...], right: [...]}`")
        return Branches(tuple((name, self.pipeline(node, scope, f"branch `{name}`")) for name, node in items.items()), merge)

    def experts(self, args: Node | None, node: Node, scope: Scope, place: Place) -> Experts | None:
        """Read experts: a pipeline that there are several of, each with weights of its own."""
        beside = node.value if isinstance(node.value, dict) else {}
        hint = "write `- {experts: [...], count: 8, active: 2}`"
        if args is not None and isinstance(args.value, dict):
            self.report("E211", "`experts` is a list of entries, not a mapping", args, hint)
            return None
        body = self.pipeline(args, scope, "`experts`") if args else ()
        missing = [word for word in ("count", "active") if word not in beside]
        if missing:
            words = " and ".join(f"`{word}`" for word in missing)
            self.report("E204", f"`experts` needs {words} beside it", place, hint)
            return None
        fields = {word: beside[word].data() for word in ("count", "active")}
        dispatch = self.checked(find(DISPATCH), fields, (node,), scope, place, called="experts")
        route, combine = (replace(dispatch, cls=find(kind)) for kind in (ROUTING, COMBINE))  # with the same fields
        shared = beside.get("shared")
        for entry in body:
            if entry.name is not None and entry.name.value in PARTS:
                self.report("E209", f"`{entry.name.value}` is what a part of `experts` is called", entry.name.place, "choose another name")
        return Experts(
            body, self.pipeline(shared, scope, "`shared`") if shared is not None else (), self.formula(beside["count"], scope),
            self.formula(beside["active"], scope), self.boolean(beside["router"], scope) if "router" in beside else None,
            route, dispatch, combine, LayerCall(find(SUM), {}, (), place.source, ()),
        )  # fmt: skip

    def merge(self, beside: Mapping[str, Node], scope: Scope, place: Place) -> LayerCall | None:
        """Read how branches meet: any kind whose role is to merge."""
        node = beside.get("merge")
        word = node.value if node is not None else JOIN
        if word == "none" and node is not None:
            return None
        if not isinstance(word, str) or word not in known("merge"):
            there_are = f"there are {', '.join(known('merge'))} and none"
            hint = (isinstance(word, str) and meant(word, known("merge"), ["none"])) or there_are
            self.report("E233", f"{kind_of(node) if node else 'this'} is no way to merge", node or place, hint)
            return None
        cls = find(word)
        axis = beside.get("axis")
        if axis is not None and "axis" not in cls.model_fields:
            self.report("E204", f"`{word}` has no axis", axis)
        fields = {"axis": axis.data()} if axis is not None and "axis" in cls.model_fields else {}
        return self.checked(cls, fields, (axis,) if axis else (), scope, place)
