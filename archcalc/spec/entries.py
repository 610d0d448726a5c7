"""Pipelines: entries, blocks and structures, read and checked before anything runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from archcalc.layers import ALIASES, KINDS, find, known, meant
from archcalc.layers.fields import UNKNOWN
from archcalc.spec import expect as expectations
from archcalc.spec.complaints import MODIFIERS, complaints
from archcalc.spec.diagnostics import MOST_ERRORS, Diagnostic, Source, SpecError
from archcalc.spec.document import (
    Block, BlockCall, Branches, Content, Entry, Formula, Group, LayerCall, Loop, Place, Promise, Residual, located,
)  # fmt: skip
from archcalc.spec.expression import Expression, ExpressionError, expression, template
from archcalc.spec.scope import Scope, StaticReading, word_or_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.spec.source import Node

__all__ = ["STRUCTURES", "Pipelines", "Problems"]

STRUCTURES = ("layers", "residual", "branches")
#: Modifiers that belong to one structure only.
BESIDE = {"merge": "branches", "axis": "branches", "shortcut": "residual"}
NAME = re.compile(r"[^\s.\[\]*]+")
IMPLS = ("module", "functional", "fused", "none")


class Problems:
    """Collects what is wrong, and stops when it is enough."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def place(self, node: Node) -> Place:
        """Say where a node stands."""
        return Place(self.source, node.span)

    def add(self, *diagnostics: Diagnostic) -> None:
        """Note problems; more than enough of them end the reading."""
        self.found += [one for one in diagnostics if one not in self.found]
        if len(self.found) >= MOST_ERRORS:
            self.stop()

    def report(self, code: str, message: str, where: Node | Place, hint: str = "") -> None:
        """Note one problem."""
        place = where if isinstance(where, Place) else self.place(where)
        self.add(place.problem(code, message, hint))

    def stop(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise SpecError(tuple(self.found))


class Pipelines(Problems):
    """Reads the pipelines of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.blocks: dict[str, Block] = {}
        self.defaults: dict[str, Node] = {}

    # values

    def formula(self, node: Node, scope: Scope, mode: str = "expression") -> Formula:
        """Read a value: `expression`, `text` (with `$`), or `value` (a lone unknown word is text, as in `vars`)."""
        place, value, quoted = self.place(node), node.value, not node.plain
        if isinstance(value, list):
            return Formula(tuple(self.formula(item, scope, mode) for item in value), place)
        if isinstance(value, dict):
            if mode != "value":
                self.report("E212", "takes a value, not a mapping", node)
            return Formula({key: self.formula(item, scope, mode) for key, item in value.items()}, place)
        if not isinstance(value, str):
            return Formula(str(_yaml(value)) if mode == "text" else value, place)
        read: Callable[[str], object] = {
            "expression": lambda text: _checked(expression(text), scope),
            "text": lambda text: _checked(template(text), scope) if "$" in text else text,
            "value": lambda text: word_or_expression(text, scope),
        }[mode]
        try:
            return Formula(read(value), place, quoted)
        except ExpressionError as error:
            self.add(located(error, place, quoted=quoted))
            return Formula(None, place)

    def boolean(self, node: Node, scope: Scope) -> Formula:
        """Read a condition."""
        if isinstance(node.value, str) and node.value.lower() in {"no", "off", "yes", "on"}:
            word = "true" if node.value.lower() in {"yes", "on"} else "false"
            self.report("E233", f"`{node.value}` is text here, not a boolean", node, f"write `{word}`")
            return Formula(None, self.place(node))
        return self.formula(node, scope)

    def mapping(self, node: Node, what: str, shape: str = "name: …") -> dict[str, Node]:
        """Read a mapping; nothing counts as an empty one."""
        if isinstance(node.value, dict):
            return node.value
        if node.value is not None:
            self.report("E210", f"{what} is a mapping, not {_kind_of(node)}", node, f"write `{shape}`")
        return {}

    # pipelines

    def pipeline(self, node: Node, scope: Scope, what: str = "`layers`") -> tuple[Entry, ...]:
        """Read a list of entries."""
        if node.value is None:
            return ()
        if not isinstance(node.value, list):
            self.report("E211", f"{what} is a list of entries, not {_kind_of(node)}", node, "put `- ` in front of each entry")
            return ()
        ordinals: Counter[str] = Counter()
        entries = (self.entry(item, scope, ordinals) for item in node.value)
        return tuple(entry for entry in entries if entry is not None)

    def entry(self, node: Node, scope: Scope, ordinals: Counter[str]) -> Entry | None:
        """Read one entry: a bare word, or a mapping with exactly one kind."""
        if isinstance(node.value, str):
            return self.built(node.value, node, None, {}, scope, ordinals)
        if not isinstance(node.value, dict):
            self.report("E211", f"an entry is a layer, not {_kind_of(node)}", node, "write `- relu` or `- conv: {out: 64, kernel: 3}`")
            return None
        keys = [key for key in node.value if key not in MODIFIERS]
        if len(keys) == 1:
            return self.built(keys[0], node, node.value[keys[0]], node.value, scope, ordinals)
        if not keys:
            self.report("E202", "this entry has no layer kind", node, "write `- conv: {…}`, or `layers:` for a group")
            return None
        self.two_kinds(node, keys)
        return None

    def two_kinds(self, node: Node, keys: list[str]) -> None:
        """Say what is wrong with an entry that names several kinds."""
        first = next((key for key in keys if key in KINDS or key in STRUCTURES or key in self.blocks), keys[0])
        for key in keys:
            if key == first:
                continue
            place = Place(self.source, node.at((key,), key=True))
            if first in KINDS and key in find(first).model_fields:
                self.report("E203", f"`{key}` belongs inside `{first}`", place, f"write `{first}: {{{key}: …}}`")
            elif key in KINDS or key in STRUCTURES or key in self.blocks:
                hint = f"each needs a `- ` of its own{f'; `{first}` has fields for `norm` and `act`' if first in KINDS and 'act' in find(first).model_fields else ''}"
                self.report("E203", f"two kinds in one entry: `{first}` and `{key}`", place, hint)
            else:
                self.report("E204", f"an entry has no `{key}`", place, meant(key, MODIFIERS) or f"beside `{first}:` stand {', '.join(MODIFIERS)}")

    def built(
        self, key: str, node: Node, args: Node | None, beside: Mapping[str, Node], scope: Scope, ordinals: Counter[str]
    ) -> Entry | None:  # fmt: skip
        """Put an entry together from its kind and what stands beside it."""
        place = Place(self.source, node.at((key,), key=True)) if isinstance(node.value, dict) else self.place(node)
        ordinals[key] += 1
        for word, owner in BESIDE.items():
            if word in beside and owner != key:
                self.report("E204", f"`{word}` stands beside `{owner}:`, not beside `{key}:`", Place(self.source, node.at((word,), key=True)))
        loop, repeat, inner = self.looped(beside, scope)
        origin = self.references(beside.get("from"), inner)
        when = self.boolean(beside["if"], inner) if "if" in beside else None
        content = self.content(key, node, args, beside, inner, place)
        name = self.named(beside.get("name"), inner, content, looped=loop is not None or repeat is not None)
        if content is None:
            return None
        return Entry(
            content=content, key=key, label=f"{key}_{ordinals[key]}", place=place, name=name, origin=origin, repeat=repeat, loop=loop, when=when,
            tie=self.references(beside.get("tie"), inner)[0] if "tie" in beside else None,
            freeze=self.boolean(beside["freeze"], inner) if "freeze" in beside else None,
            shared=self.shared(beside, looped=loop is not None or repeat is not None),
            expect=self.promises(beside["expect"], inner) if "expect" in beside else (),
            impl=self.implementation(beside.get("impl")),
        )  # fmt: skip

    def looped(self, beside: Mapping[str, Node], scope: Scope) -> tuple[Loop | None, Formula | None, Scope]:
        """Read `repeat` and `for`, and open the scope that their names are known in."""
        if "repeat" in beside and "for" in beside:
            self.report("E205", "`repeat` and `for` in one entry", beside["for"], "put one of them into a group: `- {repeat: n, layers: [...]}`")
        repeat = self.formula(beside["repeat"], scope) if "repeat" in beside else None
        loop = self.loop(beside["for"], scope) if "for" in beside else None
        names = [name for columns, _ in loop.columns for name in columns] if loop else []
        return loop, repeat, scope.child("i", *names) if loop or repeat else scope

    def loop(self, node: Node, scope: Scope) -> Loop:
        """Read the columns of a `for`."""
        columns: list[tuple[tuple[str, ...], Formula]] = []
        for key, value in self.mapping(node, "`for`", "for: {width: [64, 128], depth: [2, 3]}").items():
            names = tuple(part.strip() for part in key.split(","))
            for name in names:
                self.variable(name, Place(self.source, node.at((key,), key=True)))
            columns.append((names, self.formula(value, scope, "value")))
        if not columns and isinstance(node.value, dict):
            self.report("E206", "`for` has no columns", node, "write `for: {width: [64, 128]}` or `for: {stage: 4}`")
        return Loop(tuple(columns), self.place(node))

    def variable(self, name: str, place: Place) -> None:
        """Check the name of a variable."""
        from archcalc.spec.expression import FUNCTIONS  # noqa: PLC0415 - the one use

        if not name.isidentifier():
            self.report("E207", f"`{name}` can't be a name in expressions", place, "names are letters, digits and _, and don't start with a digit")
        elif name in FUNCTIONS or name in {"x", "and", "or", "not", "if", "else", "true", "false"}:
            self.report("E207", f"`{name}` has a meaning of its own in expressions", place, "choose another name")

    def references(self, node: Node | None, scope: Scope) -> tuple[Formula, ...]:
        """Read one name of a tensor or several."""
        if node is None:
            return ()
        items = node.value if isinstance(node.value, list) else [node]
        if not items:
            self.report("E208", "an empty list of tensors", node)
        return tuple(self.reference(item, scope) for item in items)

    def reference(self, node: Node, scope: Scope) -> Formula:
        """Read one name of a tensor and check that it may exist by here."""
        if not isinstance(node.value, str | int) or isinstance(node.value, bool):
            self.report("E208", f"takes the name of a tensor, not {_kind_of(node)}", node)
            return Formula("x", self.place(node))
        made = self.formula(node, scope, "text")
        if isinstance(made.value, str):
            self.exists(made.value, node, scope)
        return made

    def exists(self, name: str, node: Node, scope: Scope) -> None:
        """Report a name that no earlier entry can have given."""
        if name == "x" or scope.tensor(name) or scope.tensor(name.partition(".")[0]):
            return
        if "*" in name:
            if not scope.tensors:
                self.report("E302", f"no tensor matches `{name}`", node)
            return
        literal = [pattern for pattern in scope.tensors if NAME.fullmatch(pattern) and "\\" not in pattern and "+" not in pattern]
        hint = meant(name, literal) or ("names given before this line: " + ", ".join(literal[:12]) if literal else "give an earlier entry a `name:`")
        self.report("E302", f"no tensor is called `{name}` by here", node, hint)

    def named(self, node: Node | None, scope: Scope, content: Content | None, *, looped: bool) -> Formula | None:
        """Read an entry's name; the tensors it gives are known from here on."""
        if node is None:
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

    def shared(self, beside: Mapping[str, Node], *, looped: bool) -> bool:
        """Read `shared`, which needs copies to share between."""
        node = beside.get("shared")
        if node is None:
            return False
        if not isinstance(node.value, bool):
            self.report("E233", f"`shared` takes `true` or `false`, not {_kind_of(node)}", node)
        elif node.value and not looped:
            self.report("E204", "`shared` stands beside `repeat` or `for`: there are no copies here to share weights", node, "to use an earlier layer's weights, write `tie: its_name`")
        return node.value is True

    def implementation(self, node: Node | None) -> str:
        """Read `impl`: how reference code makes this operation."""
        if node is None:
            return "module"
        if node.value not in IMPLS:
            self.report("E233", f"`impl` is one of {', '.join(IMPLS)}", node)
        return str(node.value)

    # contents

    def content(self, key: str, node: Node, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Content | None:
        """Read what an entry is."""
        match key:
            case "layers":
                return Group(self.pipeline(args, scope) if args else ())
            case "residual":
                return self.residual(args, beside, scope, place)
            case "branches":
                return self.branches(args, beside, scope, place)
        if key in KINDS:
            return self.layer(key, args, scope, place)
        if key in self.blocks:
            return self.call(self.blocks[key], node if args is None else args, args, scope, place)
        self.unknown(key, place)
        return None

    def unknown(self, key: str, place: Place) -> None:
        """Say which word is right for a kind that does not exist."""
        bare = key.rpartition(".")[2]
        alias = ALIASES.get(bare) or ALIASES.get(bare.lower()) or (bare if bare in KINDS and bare != key else None)
        lower = bare.lower()
        alias = alias or (lower if lower in KINDS else None)
        if alias:
            self.report("E201", f"unknown layer kind `{key}`", place, f"write `{alias}`")
        elif key[:1].isupper():
            hint = meant(key, self.blocks) or (f"blocks known here: {', '.join(self.blocks)}" if self.blocks else "blocks are defined under `blocks:`")
            self.report("E201", f"unknown block `{key}`", place, hint)
        else:
            self.report("E201", f"unknown layer kind `{key}`", place, meant(key, KINDS, STRUCTURES, MODIFIERS))

    def layer(self, kind: str, args: Node | None, scope: Scope, place: Place) -> LayerCall | None:
        """Read a builtin layer and check its fields as far as they are known."""
        cls = find(kind)
        data = self.arguments(cls.primary, kind, args)
        if data is None:
            return None
        nodes = [args] if args is not None else []
        if kind in self.defaults:
            nodes.append(self.defaults[kind])
            data = {**_dict(self.defaults[kind]), **data}
        reading = StaticReading(scope)
        try:
            cls.model_validate(data, context=reading)
        except ValidationError as error:
            self.add(*complaints(error, cls, nodes, self.source, place))
        if args is not None:
            self.operands(cls, args, scope)
        return LayerCall(cls, data, tuple(nodes), self.source, tuple(reading.uses))

    def operands(self, cls: Any, args: Node, scope: Scope) -> None:  # noqa: ANN401 - a layer class
        """Check the names of tensors in a layer's fields."""
        value = args.value
        for field in cls.references:
            lone = args if not isinstance(value, dict) and field == cls.primary else None
            node = value.get(field) if isinstance(value, dict) else lone
            for item in (node.value if isinstance(node.value, list) else [node]) if node is not None else ():
                if isinstance(item.value, str) and "$" not in item.value:
                    self.exists(item.value, item, scope)

    def arguments(self, primary: str, kind: str, args: Node | None) -> dict[str, object] | None:
        """Bring a layer's arguments into one form: a mapping from fields to data."""
        if args is None or args.value is None:
            return {}
        if isinstance(args.value, dict):
            return _dict(args)
        if primary:
            return {primary: args.data()}
        what = "a list" if isinstance(args.value, list) else f"`{args.value}`"
        self.report("E230", f"`{kind}` takes named fields, not {what}", args, f"write `{kind}: {{{next(iter(find(kind).model_fields), '…')}: …}}`")
        return None

    def residual(self, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Residual:
        """Read a residual: a pipeline whose input is added to its output."""
        body = self.pipeline(args, scope, "`residual`") if args else ()
        node = beside.get("shortcut")
        shortcut: tuple[Entry, ...] | Formula | None = None
        if node is not None:
            shortcut = self.pipeline(node, scope, "`shortcut`") if isinstance(node.value, list) else self.boolean(node, scope)
        return Residual(body, shortcut, LayerCall(find("add"), {}, (), place.source, ()))

    def branches(self, args: Node | None, beside: Mapping[str, Node], scope: Scope, place: Place) -> Branches:
        """Read branches, by name or one a row of a `for`."""
        merge = self.merge(beside, scope, place)
        items = self.mapping(args, "`branches`", "branches: {left: [...], right: [...]}") if args else {}
        if "for" in items:
            loop = self.loop(items["for"], scope)
            names = [name for columns, _ in loop.columns for name in columns]
            for key in items:
                if key not in {"for", "layers"}:
                    self.report("E204", f"branches from `for` have no `{key}`", Place(self.source, args.at((key,), key=True)) if args else place)
            body = self.pipeline(items["layers"], scope.child("i", *names)) if "layers" in items else ()
            return Branches((("", body),), merge, loop)
        if not items:
            self.report("E206", "`branches` has no branches", place, "write `branches: {left: [...], right: [...]}`")
        return Branches(tuple((name, self.pipeline(node, scope, f"branch `{name}`")) for name, node in items.items()), merge)

    def merge(self, beside: Mapping[str, Node], scope: Scope, place: Place) -> LayerCall | None:
        """Read how branches meet: any kind whose role is to merge."""
        node = beside.get("merge")
        word = node.value if node is not None else "concat"
        if word == "none" and node is not None:
            return None
        if word not in known("merge"):
            hint = meant(str(word), known("merge"), ["none"]) or f"there are {', '.join(known('merge'))} and none"
            self.report("E233", f"`{word}` is no way to merge", node or place, hint)
            return None
        cls = find(str(word))
        axis = beside.get("axis")
        if axis is not None and "axis" not in cls.model_fields:
            self.report("E204", f"`{word}` has no axis", axis)
        fields = {"axis": axis.data()} if axis is not None and "axis" in cls.model_fields else {}
        return LayerCall(cls, fields, (axis,) if axis else (), self.source, tuple((name, None) for name in scope.values) if fields else ())

    def call(self, block: Block, node: Node, args: Node | None, scope: Scope, place: Place) -> BlockCall:
        """Read the call of a block: arguments by name, by position, or a single one."""
        given: dict[str, Node] = {}
        value = args.value if args is not None else None
        if isinstance(value, dict):
            given = value
        elif value is not None and args is not None:
            items = value if isinstance(value, list) else [args]
            if len(items) > len(block.params):
                self.report("E221", f"{block.name} takes {_count(len(block.params), 'argument')}, not {len(items)}", args, _signature(block))
            given = dict(zip((param.name for param in block.params), items, strict=False))
        params = {param.name: param for param in block.params}
        for name in given:
            if name not in params and isinstance(value, dict):
                self.report("E220", f"{block.name} has no argument `{name}`", Place(self.source, node.at((name,), key=True)), meant(name, params) or _signature(block))
        for param in block.params:
            if param.default is None and param.name not in given:
                self.report("E222", f"{block.name} needs `{param.name}`", place, _signature(block))
        return BlockCall(block, {name: self.argument(item, params[name].type, scope) for name, item in given.items() if name in params})

    def argument(self, node: Node, kind: str, scope: Scope) -> Formula:
        """Read one argument as its type asks for."""
        if kind == "tensor":
            return self.reference(node, scope)
        if kind == "str":
            return self.formula(node, scope, "text")
        made = self.boolean(node, scope) if kind == "bool" else self.formula(node, scope, "value" if kind in {"list", "any"} else "expression")
        if made.constant and made.value is not None:
            try:
                wrong = misfit(made({}), kind)
            except SpecError as error:
                self.add(*error.diagnostics)
                wrong = ""
            if wrong:
                self.report("E223", wrong, node)
        return made

    def promises(self, node: Node, scope: Scope) -> tuple[Promise, ...]:
        """Read expectations."""
        made = []
        for key, item in self.mapping(node, "`expect`", "expect: {params: 61706}").items():
            shape = None
            value = item.data()
            if isinstance(item.value, list) and isinstance(value, list):
                parts = [Formula("all", self.place(n)) if n.value == "all" else self.formula(n, scope) for n in item.value]
                shape = Formula(tuple(parts), self.place(item))
            try:
                made.append(Promise(expectations.parse(key, value), self.place(item), shape))
            except expectations.ExpectError as error:
                known_key = key in expectations.KEYS
                place = self.place(item) if known_key else Place(self.source, node.at((key,), key=True))
                self.report("E240", error.message, place, error.help)
        return tuple(made)


def misfit(value: object, kind: str) -> str:
    """Say why a value is not of a type word, or nothing.

    >>> misfit(7.5, "int"), misfit([1], "list")
    ('takes a whole number, not 7.5', '')
    """
    if value is UNKNOWN:
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "int" if not (number and float(value) == int(value)):  # type: ignore[arg-type, call-overload]
            return f"takes a whole number, not {_plain(value)}"
        case "float" if not number:
            return f"takes a number, not {_plain(value)}"
        case "bool" if not isinstance(value, bool):
            return f"takes `true` or `false`, not {_plain(value)}"
        case "list" if not isinstance(value, list | tuple):
            return f"takes a list, not {_plain(value)}"
        case "str" if not isinstance(value, str):
            return f"takes a text, not {_plain(value)}"
    return ""


def _plain(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else str(_yaml(value))


def _yaml(value: object) -> object:
    return {True: "true", False: "false", None: "null"}.get(value, value) if isinstance(value, bool | None) else value


def _checked(made: Any, scope: Scope) -> Any:  # noqa: ANN401 - an expression or a template
    made.check(scope)
    if isinstance(made, Expression) and made.constant:
        return made({})
    return made


def _dict(node: Node) -> dict[str, object]:
    data = node.data()
    return data if isinstance(data, dict) else {}


def _kind_of(node: Node) -> str:
    match node.value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"`{str(node.value).lower()}`"
    text = str(node.value)
    return f"`{text if len(text) <= 40 else text[:37] + '…'}`"  # noqa: PLR2004 - what fits into a message


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _signature(block: Block) -> str:
    if not block.params:
        return "it takes none"
    return f"its arguments are {', '.join(f'{p.name}: {p.type}' if p.default is None else f'{p.name} (optional)' for p in block.params)}"
