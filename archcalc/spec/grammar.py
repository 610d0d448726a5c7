"""A whole file: from YAML nodes to a `Document`, checked throughout, up to twenty errors at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archcalc.algebra import MOST_AXES, UNNAMED
from archcalc.layers import ALIASES, KINDS, find, meant
from archcalc.layers.fields import UNKNOWN
from archcalc.spec.complaints import field_hint
from archcalc.spec.document import Block, BlockCall, Document, Entry, Formula, Input, Named, Param, Place, Variant
from archcalc.spec.entries import Pipelines
from archcalc.spec.expect import ON_DEVICE
from archcalc.spec.scope import WORD, Scope
from archcalc.spec.source import parse
from archcalc.spec.values import kind_of, misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.spec.diagnostics import Source
    from archcalc.spec.document import Promise
    from archcalc.spec.library import Library
    from archcalc.spec.source import Node

__all__ = ["read"]

TOP = ("archcalc", "name", "meta", "use", "vars", "variants", "defaults", "input", "blocks", "layers", "output", "precision", "device",
       "expect")  # fmt: skip
BLOCK = ("args", "vars", "layers", "note")
VARIANT = ("expect", "input", "meta", "name")  #: beside variables
LONG = ("shape", "dtype")  #: the long form of an input
INPUT_NAME, VARIANT_NAME = re.compile(r"[^\s.\[\]*$]+"), re.compile(r"[^\s#]+")
TYPES = ("int", "float", "bool", "str", "list", "tensor")
VERSION = 1
SUFFIXES = (".yaml", ".yml")  #: of a device's profile that is a file of one's own
NESTED = 64  #: blocks that call each other in a chain, from one file
#: What an input may consist of.
DTYPES = (
    "fp64",
    "fp32",
    "fp16",
    "bf16",
    "fp8",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
    "float64",
    "float32",
    "float16",
    "bfloat16",
)
#: Words that people try for the keys of a file.
SYNONYMS = {"inputs": "input", "outputs": "output", "variables": "vars", "params": "vars", "model": "layers", "network": "layers",
            "backbone": "layers", "head": "layers", "modules": "blocks", "imports": "use", "include": "use", "title": "name",
            "dtype": "precision", "quantization": "precision"}  # fmt: skip


def read(source: Source, library: Library) -> Document:
    """Read a file; `library` brings in the blocks of others."""
    return _File(source, library).document(parse(source))


class _File(Pipelines):
    """Reads the parts of a file in the order that names become known in."""

    def __init__(self, source: Source, library: Library) -> None:
        super().__init__(source)
        self.library = library

    def document(self, root: Node) -> Document:
        if not isinstance(root.value, dict):
            self.report("E210", "a spec is a mapping with `input:` and `layers:`", root)
            self.stop()
        top = self.mapping(root, "a spec", "layers: [...]")
        for key in top:
            if key not in TOP:
                self.report("E204", f"a spec has no `{key}`", self.key(root, key), self.top_hint(key))
        self.version(top.get("archcalc"))
        library_only = "blocks" in top and "layers" not in top
        variables, scope = self.variables(top.get("vars"), Scope({}, []))
        inputs = self.inputs(top.get("input"), scope)
        for one in inputs.values():
            scope.define(one.name if one.name.isidentifier() else re.escape(one.name))
            scope.known.update(dict.fromkeys(one.axes or (), UNKNOWN))
        variants = self.variants(top.get("variants"), variables, scope)
        self.bring_in(top.get("use"))
        self.default_fields(top.get("defaults"))
        self.define_blocks(top.get("blocks"), frozenset(scope.known))
        body = self.pipeline(top["layers"], scope) if "layers" in top else ()
        if not library_only:
            self.complete(root, top, inputs, body)
        outputs = self.references(top.get("output"), scope)
        precision = self.precision(top["precision"], scope, whole=True) if "precision" in top else None
        device = self.device(top["device"]) if "device" in top else None
        expect = self.promises(top["expect"], scope) if "expect" in top else ()
        if device is None:
            self.without_device(expect, *(variant.expect for variant in variants.values()))
        name, meta = self.text(top.get("name")) or _stem(self.source.name), self.meta(top.get("meta"))
        self.stop()
        return Document(
            source=self.source, name=name, meta=meta,
            variables=variables, variants=variants, inputs=inputs, blocks=dict(self.blocks), body=body, outputs=outputs, expect=expect,
            place=self.place(root), precision=precision, device=device,
        )  # fmt: skip

    def complete(self, root: Node, top: Mapping[str, Node], inputs: Mapping[str, Input], body: tuple[Entry, ...]) -> None:
        """Report what a spec can't do without."""
        if "layers" not in top:
            self.report("E213", "this spec has no `layers`", root, "write `layers:` and a list of entries")
        elif not body and not self.found:
            self.report("E213", "`layers` is empty: there is nothing to calculate", top["layers"])
        if not inputs and not self.found:
            self.report("E213", "this spec has no `input`", top.get("input", root), "write `input: {image: [3, 224, 224]}`")

    def key(self, node: Node, key: str) -> Place:
        return Place(self.source, node.at((key,), key=True))

    def top_hint(self, key: str) -> str:
        if key in SYNONYMS:
            return f"write `{SYNONYMS[key]}`"
        if key in KINDS or key in ALIASES:
            return "layers stand in the list under `layers:`"
        return meant(key, TOP) or f"there are {', '.join(TOP)}"

    def version(self, node: Node | None) -> None:
        if node is not None and node.value != VERSION:
            self.report("E214", f"this is format {node.value}; this archcalc reads format {VERSION}", node)

    def text(self, node: Node | None) -> str:
        if node is None or node.value is None:
            return ""
        if isinstance(node.value, dict | list):
            self.report("E212", "takes a text", node)
            return ""
        return str(node.value).strip()

    def meta(self, node: Node | None) -> dict[str, object]:
        items = self.mapping(node, "`meta`", "meta: {paper: …, year: 2015}") if node else {}
        return {key: self.said(item) for key, item in items.items()}

    def said(self, node: Node) -> object:
        """Read something said of the network: a text, a number, or a list of them, written one after another."""
        if isinstance(node.value, list):
            return ", ".join(str(self.said(item)) for item in node.value)
        return self.text(node) if isinstance(node.value, str | dict) else node.value

    def device(self, node: Node) -> Named | None:
        """Read which device the file speaks of: a shipped one, or a profile beside the file."""
        if not isinstance(node.value, str) or not node.value.strip():
            self.report("E212", f"`device` takes the name of one, not {kind_of(node)}", node, "`archcalc devices` lists them")
            return None
        name, place = node.value.strip(), self.place(node)
        return Named(str(self.library.path(name, place)) if name.endswith(SUFFIXES) or "/" in name else name, place)

    def without_device(self, *expected: tuple[Promise, ...]) -> None:
        """Report what is expected of a device where the file names none."""
        for promise in (promise for promises in expected for promise in promises):
            key = promise.expectation.key
            if key in ON_DEVICE:
                hint = "write `device: a100-80-sxm` at the top of the file; `archcalc devices` lists them"
                self.report("E240", f"`{key}` is of a device, and the file names none", promise.place, hint)

    # variables, inputs, variants

    def variables(self, node: Node | None, scope: Scope) -> tuple[dict[str, Formula], Scope]:
        """Read variables in order: a later one may use earlier ones."""
        made: dict[str, Formula] = {}
        items = self.mapping(node, "`vars`", "vars: {width: 64}") if node else {}
        for name, item in items.items():
            if node is not None:
                self.variable(name, self.key(node, name))
            if isinstance(item.value, str) and item.value in items and item.value not in made:
                self.report("E301", f"`{item.value}` is defined further down", item, "variables are worked out in order: put it first")
            else:
                made[name] = self.formula(item, scope, "value")
            scope = scope.child(name)
        return made, scope

    def inputs(self, node: Node | None, scope: Scope) -> dict[str, Input]:
        """Read the input tensors."""
        if node is None:
            return {}
        if isinstance(node.value, list):
            return {"input": self.input("input", node, scope, self.place(node))}
        items = self.mapping(node, "`input`", "input: {image: [3, 224, 224]}")
        return {name: self.input(name, item, scope, self.key(node, name)) for name, item in items.items()}

    def input(self, name: str, node: Node, scope: Scope, place: Place) -> Input:
        """Read one input: sizes, or sizes with names, or the long form with `shape`."""
        if not INPUT_NAME.fullmatch(name):
            self.report("E209", f"`{name}` can't be the name of an input", place)
        dtype = None
        if isinstance(node.value, dict) and "shape" in node.value:
            for key in node.value:
                if key not in LONG:
                    self.report("E204", f"an input has no `{key}`", self.key(node, key), "the long form is `{shape: [...], dtype: int64}`")
            dtype = self.text(node.value.get("dtype"))
            if dtype and dtype not in DTYPES:
                self.report(
                    "E233",
                    f"`{dtype}` is no type of numbers",
                    node.value["dtype"],
                    meant(dtype, DTYPES) or f"there are {', '.join(DTYPES)}",
                )
            node = node.value["shape"]
        if isinstance(node.value, dict):
            for axis in node.value:
                self.variable(axis, self.key(node, axis))
            if len(node.value) > MOST_AXES:
                self.report("E215", f"an input of {len(node.value)} axes, and {MOST_AXES} are the most", node)
            return Input(name, tuple(self.size(item, scope) for item in node.value.values()), tuple(node.value), place, dtype)
        items = node.value if isinstance(node.value, list) else [node]
        if not 1 <= len(items) <= len(UNNAMED):
            hint = "name the axes: `{batch_of: 4, c: 3, t: 8, h: 64, w: 64}`" if items else "write `[3, 224, 224]`"
            self.report("E215", f"an input of {len(items)} axes without names", node, hint)
        return Input(name, tuple(self.size(item, scope) for item in items), None, place, dtype)

    def size(self, node: Node, scope: Scope) -> Formula:
        made = self.formula(node, scope)
        if made.constant and made.value is not None:
            value = made({})
            reason = misfit(value, "int") or ("" if value >= 1 else f"must be at least 1, not {value}")
            if reason:
                self.report("E233", f"the size of an axis {reason}", node)
        return made

    def variants(self, node: Node | None, variables: Mapping[str, Formula], scope: Scope) -> dict[str, Variant]:
        """Read variants: overrides of declared variables, and what is expected of them."""
        made = {}
        for name, item in (self.mapping(node, "`variants`", "variants: {small: {width: 32}}") if node else {}).items():
            fields = self.mapping(item, f"variant `{name}`", f"{name}: {{width: 32}}")
            place = self.key(node, name) if node else self.place(item)
            if not VARIANT_NAME.fullmatch(name):
                self.report("E209", f"`{name}` can't be the name of a variant", place, "no spaces and no #")
            values = {}
            for key, value in fields.items():
                if key in variables:
                    values[key] = self.formula(value, scope, "value")
                    self.alike(values[key], variables[key], value)
                elif key not in VARIANT:
                    hint = meant(key, variables) or f"a variant sets what `vars` declares: {', '.join(variables) or 'nothing here'}"
                    self.report("E216", f"variant `{name}` sets `{key}`, which `vars` does not declare", self.key(item, key), hint)
            promises = self.promises(fields["expect"], scope) if "expect" in fields else ()
            title = self.text(fields.get("name")) or None
            made[name] = Variant(
                name, place, values, self.inputs(fields.get("input"), scope), promises, self.meta(fields.get("meta")), title
            )
        return made

    def alike(self, new: Formula, old: Formula, node: Node) -> None:
        """Report a variant's value that is of another type than the variable's."""
        if new.constant and old.constant and new.value is not None and old.value is not None:
            kind = {bool: "bool", int: "float", float: "float", str: "str", list: "list"}.get(type(old({})), "any")
            if reason := misfit(new({}), kind):
                self.report("E223", reason, node, f"`vars` says {old({})}")

    def bring_in(self, node: Node | None) -> None:
        """Read the blocks of other files."""
        for item in (node.value if isinstance(node.value, list) else [node]) if node else ():
            if not isinstance(item.value, str):
                self.report("E217", "`use` takes a list of files", item, "write `use: [blocks/resnet.yaml]`")
                continue
            for name, block in self.library.blocks(item.value, self.place(item)).items():
                mine = self.blocks.setdefault(name, block)
                if mine is not block:
                    self.report("E218", f"two files have a block `{name}`", item, f"the other one is at {mine.place}")

    def default_fields(self, node: Node | None) -> None:
        """Read `defaults`: fields for the entries written in this file."""
        for kind, item in (self.mapping(node, "`defaults`", "defaults: {conv: {norm: batch}}") if node else {}).items():
            place = self.key(node, kind) if node else self.place(item)
            if kind not in KINDS:
                self.unknown(kind, place)
                continue
            cls = find(kind)
            for field in self.mapping(item, f"`{kind}`", f"{kind}: {{…}}"):
                if field not in cls.model_fields:
                    self.report("E231", f"`{kind}` has no field `{field}`", self.key(item, field), field_hint(field, cls))
            self.defaults[kind] = item

    def define_blocks(self, node: Node | None, outside: frozenset[str]) -> None:
        """Read all signatures first, so that blocks may call each other in any order, then the bodies."""
        items = self.mapping(node, "`blocks`", "blocks: {Name: {args: {...}, layers: [...]}}") if node else {}
        scopes: dict[str, Scope] = {}
        for name, item in items.items():
            place = self.key(node, name) if node else self.place(item)
            if not re.fullmatch(r"[A-Z]\w*", name):
                self.report(
                    "E219", f"`{name}` can't be the name of a block", place, f"blocks are capitalised: `{name[:1].upper()}{name[1:]}`"
                )
            if name in self.blocks:
                self.report("E218", f"block `{name}` comes from another file too", place, f"the other one is at {self.blocks[name].place}")
            fields = self.mapping(item, f"block `{name}`", f"{name}: {{args: {{...}}, layers: [...]}}")
            for key in fields:
                if key not in BLOCK:
                    self.report(
                        "E204", f"a block has no `{key}`", self.key(item, key), meant(key, BLOCK) or f"there are {', '.join(BLOCK)}"
                    )
            if "layers" not in fields:
                self.report("E213", f"block `{name}` has no `layers`", place)
            block = Block(name, place, note=self.text(fields.get("note")))
            scope = Scope({}, [], outside)
            block.params, scope = self.params(fields.get("args"), scope)
            variables, scopes[name] = self.variables(fields.get("vars"), scope)
            block.variables = tuple(variables.items())
            self.blocks[name] = block
        for name, item in items.items():
            fields = item.value if isinstance(item.value, dict) else {}
            self.blocks[name].body = self.pipeline(fields["layers"], scopes[name]) if "layers" in fields else ()
        self.no_cycles([self.blocks[name] for name in items])

    def params(self, node: Node | None, scope: Scope) -> tuple[tuple[Param, ...], Scope]:
        """Read a block's arguments: a type word makes one required, any other value is default and type."""
        made = []
        for name, item in (self.mapping(node, "`args`", "args: {out: int, stride: 1}") if node else {}).items():
            place = self.key(node, name) if node else self.place(item)
            self.variable(name, place)
            if isinstance(item.value, str) and item.value in TYPES and item.plain:
                made.append(Param(name, item.value, place))
                if item.value == "tensor":
                    scope.define(name)
                    continue
            else:
                default = self.formula(item, scope, "value")
                made.append(Param(name, _type_of(item, default), place, default))
            scope = scope.child(name)
        return tuple(made), scope

    def no_cycles(self, blocks: Iterable[Block]) -> None:
        """Report blocks that call themselves."""
        done: set[Block] = set()

        def visit(block: Block, chain: tuple[Block, ...]) -> None:
            if block in chain:
                names = " -> ".join(b.name for b in (*chain[chain.index(block) :], block))
                self.report("E224", f"blocks call each other in a circle: {names}", block.place)
            elif len(chain) > NESTED:
                self.report("E503", f"blocks call each other more than {NESTED} deep", block.place)
                self.stop()
            elif block not in done:
                for called in _calls(block.body):
                    visit(called, (*chain, block))
                done.add(block)

        for block in blocks:
            visit(block, ())


def _calls(body: tuple[Entry, ...]) -> Iterable[Block]:
    for entry in body:
        if isinstance(entry.content, BlockCall):
            yield entry.content.block
        for inner in entry.bodies():
            yield from _calls(inner)


def _type_of(node: Node, default: Formula) -> str:
    """Tell an argument's type from its default."""
    match node.value:
        case bool():
            return "bool"
        case int():
            return "float" if isinstance(default.value, float) else "int"
        case float():
            return "float"
        case list():
            return "list"
        case str() if isinstance(default.value, str) or (WORD.fullmatch(node.value) is None and not node.plain):
            return "str"
    return "any"


def _stem(name: str) -> str:
    return re.split(r"[/\\]", name)[-1].removesuffix(".yaml").removesuffix(".yml")
