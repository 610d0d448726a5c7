"""Calls of builtin layers and of blocks: which fields and arguments they are given, and whether these fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from archcalc.layers import ALIASES, KINDS, find, meant
from archcalc.spec.complaints import MODIFIERS, complaints, word_hint
from archcalc.spec.diagnostics import SpecError
from archcalc.spec.document import BlockCall, LayerCall, Place
from archcalc.spec.foreign import composed, intended, same_word
from archcalc.spec.library import lender
from archcalc.spec.scope import StaticReading
from archcalc.spec.values import Values, data_of, misfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.layers.base import Layer
    from archcalc.spec.diagnostics import Source
    from archcalc.spec.document import Block, Formula
    from archcalc.spec.scope import Scope
    from archcalc.spec.source import Node

__all__ = ["STRUCTURES", "Calls"]

STRUCTURES = ("layers", "residual", "branches", "experts")


class Calls(Values):
    """Reads the calls of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.blocks: dict[str, Block] = {}
        self.defaults: dict[str, Node] = {}
        self.bare: dict[str, LayerCall | None] = {}  #: layers that have nothing to say are all alike

    def layer(self, kind: str, args: Node | None, scope: Scope, place: Place) -> LayerCall | None:
        """Read a builtin layer."""
        if args is not None or kind in self.defaults:
            return self.told(kind, args, scope, place)
        if kind not in self.bare or self.found:
            self.bare[kind] = self.told(kind, None, scope, place)
        return self.bare[kind]

    def told(self, kind: str, args: Node | None, scope: Scope, place: Place) -> LayerCall | None:
        """Read a builtin layer's fields, and check them as far as they are known."""
        cls = find(kind)
        data = self.arguments(cls.primary, kind, args)
        if data is None:
            return None
        nodes = [args] if args is not None else []
        if kind in self.defaults:
            nodes.append(self.defaults[kind])
            data = {**data_of(self.defaults[kind]), **data}
        if args is not None:
            self.operands(cls, args, scope)
        return self.checked(cls, data, nodes, scope, place)

    def checked(
        self, cls: type[Layer], data: dict[str, object], nodes: Sequence[Node], scope: Scope, place: Place, called: str = ""
    ) -> LayerCall:  # fmt: skip
        """Check a layer's fields, and note the names that they read; `called` is the kind that the author wrote."""
        reading = StaticReading(scope)
        try:
            cls.model_validate(data, context=reading)
        except ValidationError as error:
            self.add(*complaints(error, cls, nodes, self.source, place, called))
        return LayerCall(cls, data, tuple(nodes), self.source, tuple(reading.uses), called)

    def arguments(self, primary: str, kind: str, args: Node | None) -> dict[str, object] | None:
        """Bring a layer's arguments into one form: a mapping from fields to data."""
        if args is None or args.value is None:
            return {}
        if isinstance(args.value, dict):
            return data_of(args)
        if primary:
            return {primary: args.data()}
        what = "a list" if isinstance(args.value, list) else f"`{args.value}`"
        fields = find(kind).model_fields
        needed = [name for name, field in fields.items() if field.is_required()]
        hint = f"write `{kind}: {{{', '.join(f'{name}: …' for name in needed)}}}`" if needed else f"its fields are {', '.join(fields)}"
        self.report("E230", f"`{kind}` takes named fields, not {what}", args, hint)
        return None

    def operands(self, cls: type[Layer], args: Node, scope: Scope) -> None:
        """Check the names of tensors in a layer's fields."""
        value = args.value
        for field in cls.references:
            lone = args if not isinstance(value, dict) and field == cls.primary else None
            node = value.get(field) if isinstance(value, dict) else lone
            if node is not None and node.value == []:
                self.report("E208", "an empty list of tensors", node)
            for item in (node.value if isinstance(node.value, list) else [node]) if node is not None else ():
                if isinstance(item.value, str) and "$" not in item.value:
                    self.exists(item.value, item, scope)

    def call(self, block: Block, node: Node, args: Node | None, scope: Scope, place: Place) -> BlockCall:
        """Read the call of a block: arguments by name, by position, or a single one."""
        given: dict[str, Node] = {}
        value = args.value if args is not None else None
        if isinstance(value, dict):
            given = value
        elif value is not None and args is not None:
            items = value if isinstance(value, list) else [args]
            if len(items) > len(block.params):
                self.report(
                    "E221", f"{block.name} takes {_count(len(block.params), 'argument')}, not {len(items)}", args, _signature(block)
                )
            given = dict(zip((param.name for param in block.params), items, strict=False))
        params = {param.name: param for param in block.params}
        for name in given:
            if name not in params and isinstance(value, dict):
                self.report(
                    "E220",
                    f"{block.name} has no argument `{name}`",
                    Place(self.source, node.at((name,), key=True)),
                    word_hint(name, params, block.name) or _signature(block),
                )
        offered = {intended(name, params) for name in given if name not in params}
        for param in block.params:
            if param.default is None and param.name not in given and param.name not in offered:
                self.report("E222", f"{block.name} needs `{param.name}`", place, _signature(block))
        return BlockCall(block, {name: self.argument(item, params[name].type, scope) for name, item in given.items() if name in params})

    def argument(self, node: Node, kind: str, scope: Scope) -> Formula:
        """Read one argument as its type asks for."""
        if kind == "tensor":
            return self.reference(node, scope)
        if kind == "str":
            return self.formula(node, scope, "text")
        mode = "value" if kind in {"list", "any"} else "expression"
        made = self.boolean(node, scope) if kind == "bool" else self.formula(node, scope, mode)
        if made.constant and made.value is not None:
            try:
                if wrong := misfit(made({}), kind):
                    self.report("E223", f"an argument of type {kind} {wrong}", node)
            except SpecError as error:
                self.add(*error.diagnostics)
        return made

    def unknown(self, key: str, place: Place, args: Node | None = None) -> None:
        """Say which word is right for a kind that does not exist."""
        bare = key.rpartition(".")[2]
        lower, capital = bare.lower(), bare[:1].isupper()
        alias = ALIASES.get(bare) or ALIASES.get(lower) or (lower if lower in KINDS else "")
        block = "" if alias else next((name for name in self.blocks if same_word(name, bare)), "")
        lib, lent = lender(bare)
        if alias or block:
            hint = f"write `{alias or block}`"
        elif lib:
            hint = f"write `use: [{lib}]` above, {'which has it' if lent == key else f'and `{lent}` here'}"
        elif (hint := composed(bare)) or capital:
            there_are = f"blocks known here: {', '.join(self.blocks)}" if self.blocks else "blocks are defined under `blocks:`"
            hint = hint or meant(bare, self.blocks) or there_are
        elif _holds_layers(args):
            hint = meant(key, STRUCTURES) or f"for a group write `- {{name: {key}, layers: [...]}}`"
        else:
            hint = meant(key, KINDS, STRUCTURES, MODIFIERS)
        what = "block" if capital and not alias and not composed(bare) else "layer kind"
        self.report("E201", f"unknown {what} `{key}`", place, hint)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _holds_layers(args: Node | None) -> bool:
    """Tell a list of entries, or a mapping that has one."""
    value = args.value if args is not None else None
    return "layers" in value if isinstance(value, dict) else isinstance(value, list) and any(isinstance(n.value, dict) for n in value)


def _signature(block: Block) -> str:
    if not block.params:
        return "it takes none"
    return f"its arguments are {', '.join(f'{p.name}: {p.type}' if p.default is None else f'{p.name} (optional)' for p in block.params)}"
