"""The JSON schema: it takes what the reader takes, refuses what can be seen to be wrong, and knows every kind and field."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import archcalc, net, spec
from jsonschema import Draft7Validator
from pydantic import ValidationError
from test_cli import modules

from archcalc.layers.base import Act, Layer, Role
from archcalc.layers.fields import UNKNOWN, Pos
from archcalc.layers.index import classes
from archcalc.schema import entries, files, schema, text, values
from archcalc.spec.calls import STRUCTURES
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.diagnostics import Source, SpecError
from archcalc.spec.entries import ROWS
from archcalc.spec.expect import KEYS
from archcalc.spec.grammar import BLOCK, LONG, TOP, VARIANT
from archcalc.spec.scope import Scope, StaticReading
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SHIPPED = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "archcalc" / "library").glob("*.yaml"))]
KINDS = {cls.kind: cls for cls in classes()}
ROLES = sorted({mark for cls in KINDS.values() for field in cls.model_fields.values() for mark in field.metadata if isinstance(mark, Role)})


@cache
def validator(definition: str = "") -> Draft7Validator:
    made = schema()
    return Draft7Validator({"definitions": made["definitions"], "$ref": f"#/definitions/{definition}"} if definition else made)


def complaints(written: str, judge: Draft7Validator | None = None) -> list[str]:
    """Say what the schema has against a file, and where."""
    data = parse(Source("net.yaml", written)).data()
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in (judge or validator()).iter_errors(data)]


# ---- what is right


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_shipped_is_right(path: Path) -> None:
    assert complaints(path.read_text(encoding="utf-8")) == []


def test_something_is_shipped() -> None:
    assert len(SHIPPED) > 40


# ---- what is wrong


class Pair(NamedTuple):
    """An entry with a mistake, where the schema finds it, and how it is right."""

    wrong: str
    place: str
    right: str


ENTRIES = [
    # kinds
    Pair("cnov: {out: 4, kernel: 3}", "", "conv: {out: 4, kernel: 3}"),
    Pair("maxpool: 2", "", "max_pool: 2"),
    Pair("rleu", "", "relu"),
    Pair("{conv: {out: 4, kernel: 3}, relu: }", "", "{conv: {out: 4, kernel: 3, act: relu}}"),
    Pair("{layers: [relu], residual: [relu]}", "", "{layers: [{residual: [relu]}]}"),
    Pair("{relu: , B: 3}", "", "{B: 3}"),
    Pair("{name: a}", "", "{name: a, relu: }"),
    Pair("{}", "", "{relu: }"),
    Pair("3", "", "linear: 3"),
    Pair("[relu]", "", "layers: [relu]"),
    # fields
    Pair("conv: {out: 4, kernal: 3}", "conv", "conv: {out: 4, kernel: 3}"),
    Pair("conv: {out: 4}", "conv", "conv: {out: 4, kernel: 3}"),
    Pair("conv", "", "conv: {out: 4, kernel: 3}"),
    Pair("conv:", "conv", "conv: {out: 4, kernel: 3}"),
    Pair("conv: 4", "conv", "conv: {out: 4, kernel: 3}"),
    Pair("graph_conv: 4", "graph_conv", "graph_conv: {out: 4, edges: 9}"),
    Pair("relu: 3", "relu", "leaky_relu: 0.1"),
    Pair("relu: {slope: 3}", "relu", "leaky_relu: {slope: 0.1}"),
    Pair("dropout: {p: 0.1, q: 3}", "dropout", "dropout: {p: 0.1}"),
    # values
    Pair("conv: {out: [4], kernel: 3}", "conv.out", "conv: {out: w, kernel: [3, k]}"),
    Pair("conv: {out: 4, kernel: [3, 1.5]}", "conv.kernel.1", "conv: {out: 4, kernel: [3, 15 / 5]}"),
    Pair("conv: {out: 4, kernel: []}", "conv.kernel", "conv: {out: 4, kernel: [3]}"),
    Pair("conv: {out: 0, kernel: 3}", "conv.out", "conv: {out: 1, kernel: 3}"),
    Pair("conv: {out: 4, kernel: 3, padding: -1}", "conv.padding", "conv: {out: 4, kernel: 3, padding: 0}"),
    Pair("conv: {out: 4, kernel: 3, padding: [[1, 2, 3]]}", "conv.padding.0", "conv: {out: 4, kernel: 3, padding: [[1, 2], 3]}"),
    Pair("conv: {out: 4, kernel: 3, bias: no}", "conv.bias", "conv: {out: 4, kernel: 3, bias: false}"),
    Pair("conv: {out: 4, kernel: 3, bias: 1}", "conv.bias", "conv: {out: 4, kernel: 3, bias: w > 3}"),
    Pair("linear: 0", "linear", "linear: 4 * w"),
    Pair("linear: true", "linear", "linear: 3"),
    Pair("dropout: 1.5", "dropout", "dropout: 0.5"),
    Pair("dropout: {p: -1}", "dropout.p", "dropout: {p: 1}"),
    Pair("upsample: {scale: 2, mode: neerest}", "upsample.mode", "upsample: {scale: 2, mode: nearest}"),
    Pair("elementwise: sine", "elementwise", "elementwise: sin"),
    Pair("elementwise: {function: sine}", "elementwise.function", "elementwise: {function: $f}"),
    Pair("reshape: {shape: {c: 1.5}}", "reshape.shape.c", "reshape: {shape: {c: -1}}"),
    Pair("rearrange: {pattern: c h w -> (h w) c, a: 0}", "rearrange.a", "rearrange: {pattern: c (a h) w -> (h a w) c, a: 2}"),
    Pair("attention: {heads: 2, bias: [true, off]}", "attention.bias.1", "attention: {heads: 2, bias: [true, false, true, true]}"),
    Pair("add: 3", "add", "add: [image, x]"),
    # layers inside layers
    Pair("conv: {out: 4, kernel: 3, norm: bach}", "conv.norm", "conv: {out: 4, kernel: 3, norm: batch}"),
    Pair("conv: {out: 4, kernel: 3, norm: relu}", "conv.norm", "conv: {out: 4, kernel: 3, norm: batch_norm}"),
    Pair("conv: {out: 4, kernel: 3, norm: group}", "conv.norm", "conv: {out: 4, kernel: 3, norm: {group: 2}}"),
    Pair("conv: {out: 4, kernel: 3, norm: {group: {}}}", "conv.norm", "conv: {out: 4, kernel: 3, norm: {group: {groups: 2}}}"),
    Pair("conv: {out: 4, kernel: 3, act: {elu: {slope: 2}}}", "conv.act", "conv: {out: 4, kernel: 3, act: {elu: {alpha: 2}}}"),
    Pair("conv: {out: 4, kernel: 3, act: [relu]}", "conv.act", "conv: {out: 4, kernel: 3, act: none}"),
    Pair("squeeze_excite: {squeeze: 2, gate: 3}", "squeeze_excite.gate", "squeeze_excite: {squeeze: 2, gate: $f}"),
    # what stands beside
    Pair("{nmae: a, relu: }", "", "{name: a, relu: }"),
    Pair("{name: a.b, relu: }", "name", "{name: ab, relu: }"),
    Pair("{name: x, relu: }", "name", "{name: $f$w, relu: }"),
    Pair("{name: [a], relu: }", "name", "{name: 3, relu: }"),
    Pair("{from: {image: x}, relu: }", "from", "{from: image, relu: }"),
    Pair("{from: [], relu: }", "from", "{from: [image], relu: }"),
    Pair("{tie: [image, image], relu: }", "tie", "{tie: [image], relu: }"),
    Pair("{repeat: 2, for: {a: 2}, relu: }", "", "{repeat: 2, relu: }"),
    Pair("{repeat: [2], relu: }", "repeat", "{repeat: 2 * w, relu: }"),
    Pair("{for: 3, relu: }", "for", "{for: {a: 3}, relu: }"),
    Pair("{for: {}, relu: }", "for", '{for: {"a, b": [[1, 2]]}, relu: }'),
    Pair("{for: {1a: 3}, relu: }", "for", "{for: {a1: 3}, relu: }"),
    Pair('{for: {"a, max": [[1, 2]]}, relu: }', "for", '{for: {"a , maxi": [[1, 2]]}, relu: }'),
    Pair("{if: no, relu: }", "if", "{if: false, relu: }"),
    Pair("{freeze: yes, relu: }", "freeze", "{freeze: true, relu: }"),
    Pair("{precision: [int8], relu: }", "precision", "{precision: int8, relu: }"),
    Pair("{precision: {weight: int8}, relu: }", "precision", "{precision: {weights: int8}, relu: }"),
    Pair("{precision: 0, relu: }", "precision", "{precision: 1.58, relu: }"),
    Pair("{precision: {group: 0}, relu: }", "precision.group", "{precision: {group: 32 * w}, relu: }"),
    Pair("{precision: {group: 1.5}, relu: }", "precision.group", "{precision: {group: channel}, relu: }"),
    Pair("{precision: {scale: [8]}, relu: }", "precision.scale", '{precision: {scale: "$(3)2", zero: none}, relu: }'),
    Pair("{note: [a], relu: }", "note", "{note: a, relu: }"),
    Pair("{impl: fusd, relu: }", "impl", "{impl: fused, relu: }"),
    Pair("{shared: 1, repeat: 2, relu: }", "shared", "{shared: true, repeat: 2, relu: }"),
    Pair("{shared: true, relu: }", "", "{shared: true, for: {a: 2}, relu: }"),
    Pair("{expect: {parms: 3}, relu: }", "expect", "{expect: {params: 0}, relu: }"),
    Pair("{expect: {params: big}, relu: }", "expect.params", "{expect: {params: <= 3 M}, relu: }"),
    Pair("{expect: {output: [-1]}, relu: }", "expect.output.0", "{expect: {output: [3, w, 32]}, relu: }"),
    # structures
    Pair("layers: {relu: }", "layers", "layers: [{relu: }]"),
    Pair("residual: [rleu]", "residual.0", "residual: [relu]"),
    Pair("{residual: [relu], shortcut: [rleu]}", "shortcut.0", "{residual: [relu], shortcut: [relu]}"),
    Pair("{residual: [relu], shortcut: off}", "shortcut", "{residual: [relu], shortcut: w > 3}"),
    Pair("{layers: [relu], shortcut: [relu]}", "", "{residual: [relu], shortcut: [relu]}"),
    Pair("branches: {}", "branches", "branches: {a: [relu], b: [relu]}"),
    Pair("branches: [relu]", "branches", "branches: {a: [relu]}"),
    Pair("branches: {a: [rleu]}", "branches.a.0", "branches: {a: []}"),
    Pair("branches: {for: {a: 2}, layers: [relu], b: [relu]}", "branches", "branches: {for: {a: 2}, layers: [relu]}"),
    Pair("{branches: {a: [relu]}, merge: adds}", "merge", "{branches: {a: [relu]}, merge: none}"),
    Pair("{relu: , merge: add}", "", "{branches: {a: [relu], b: [relu]}, merge: add}"),
    Pair("{branches: {a: [relu]}, axis: 1.5}", "axis", "{branches: {a: [relu]}, axis: -1}"),
    Pair("{experts: [relu], count: 4}", "", "{experts: [relu], count: 4, active: 2}"),
    Pair("{experts: [relu], count: 0, active: 2}", "count", "{experts: [relu], count: w, active: 2}"),
    Pair("{experts: [rleu], count: 4, active: 2}", "experts.0", "{experts: [relu], count: 4, active: 2, router: false}"),
    Pair("{experts: [relu], count: 4, active: 2, shared: true}", "shared", "{experts: [relu], count: 4, active: 2, shared: [relu]}"),
    # calls of blocks
    Pair("B: {b: {c: 3}}", "B.b", "B: {b: 3}"),
    Pair("B: [{b: 3}]", "B.0", "B: [3]"),
]  # fmt: skip
#: What stands above a network, which is `REST`.
HEADS = [
    Pair("archcalc: 2", "archcalc", "archcalc: 1"),
    Pair("name: [a]", "name", "name: 3"),
    Pair("meta: [a]", "meta", "meta: {paper: A, authors: [B, C], year: 1998}"),
    Pair("use: [3]", "use.0", "use: [lib:resnet]"),
    Pair("use: [lib:resnets]", "use.0", "use: lib:resnet"),
    Pair("vars: {a-b: 3}", "vars", "vars: {a_b: 3, ä: no}"),
    Pair("vars: {max: 3}", "vars", "vars: {maximum: 3, _1: [1, [2]]}"),
    Pair("vars: {a: {b: 3}}", "vars.a", "vars: {a: [2, 3], b: 3}"),
    Pair("vars: [a]", "vars", "vars:"),
    Pair("variants: {a b: {}}", "variants", "variants: {a-b: {}}"),
    Pair(
        "vars: {w: 1}\nvariants: {a: {w: {b: 3}}}",
        "variants.a.w",
        "vars: {w: 1}\nvariants: {a: {w: 3, name: A, expect: {macs: 0}, input: [4], meta: {}}}",
    ),
    Pair("precision: true", "precision", "precision: int8"),
    Pair("precision: {weights: int4, group: -1}", "precision.group", "precision: {weights: int4, group: 128, zero: int4}"),
    Pair("defaults: {cnov: {out: 3}}", "defaults", "defaults: {conv: {out: 3}}"),
    Pair("defaults: {conv: {outs: 3}}", "defaults.conv", "defaults: {conv: }"),
]  # fmt: skip
REST = "\ninput: [3]\nlayers: [relu]\n"
#: Files, whole.
FILES = [
    Pair("input: [3]", "", "input: [3]\nlayers: [relu]"),
    Pair("layers: [relu]", "", "input: [3]\nlayers: [relu]"),
    Pair("input: [3]\nlayers: []", "layers", "input: [3]\nlayers: [relu]"),
    Pair("input: [3]\nlayers: relu", "layers", "input: [3]\nlayers: [relu]"),
    Pair("inputs: [3]\ninput: [3]\nlayers: [relu]", "", "input: [3]\nlayers: [relu]"),
    Pair("[relu]", "", "input: [3]\nlayers: [relu]"),
    Pair(
        "defaults: {max_pool: 3}\ninput: [3, 9, 9]\nlayers: [max_pool]",
        "defaults.max_pool",
        "defaults: {max_pool: {kernel: 3}}\ninput: [3, 9, 9]\nlayers: [max_pool, {residual: [{max_pool: {stride: 1, padding: 1}}]}]",
    ),
    Pair(
        "defaults: {conv: {kernel: 3}}\ninput: [3, 9, 9]\nlayers: [conv: {outs: 4}]",
        "layers.0.conv",
        "defaults: {conv: {kernel: 3}}\ninput: [3, 9, 9]\nlayers: [conv: {out: 4}]",
    ),
    Pair("input: {a: [0]}\nlayers: [relu]", "input.a.0", "input: {a: [n]}\nvars: {n: 3}\nlayers: [relu]"),
    Pair("input: {a: []}\nlayers: [relu]", "input.a", "input: {a: 3}\nlayers: [relu]"),
    Pair("input: {a: [1, 2, 3, 4, 5]}\nlayers: [relu]", "input.a", "input: {a: {b: 1, c: 2, d: 3, e: 4, f: 5}}\nlayers: [relu]"),
    Pair("input: {a.b: [3]}\nlayers: [relu]", "input", "input: {a-b: [3]}\nlayers: [relu]"),
    Pair("input: {a: {1b: 3}}\nlayers: [relu]", "input.a", "input: {a: {b: 3}}\nlayers: [relu]"),
    Pair("input: {a: {shape: [3], type: int8}}\nlayers: [relu]", "input.a", "input: {a: {shape: [3], dtype: int8}}\nlayers: [relu]"),
    Pair("input: {a: {shape: [3], dtype: int9}}\nlayers: [relu]", "input.a.dtype", "input: {a: {shape: {n: 3}}}\nlayers: [relu]"),
    Pair("input: [3]\nlayers: [relu]\noutput: {a: x}", "output", "input: {a: [3]}\nlayers: [relu]\noutput: [a, x]"),
    Pair("input: [3]\nlayers: [relu]\nexpect: [3]", "expect", "input: [3]\nlayers: [relu]\nexpect: {output: 3}"),
    Pair("input: [3]\nlayers: [relu]\nexpect: {params: 1.5}", "expect.params", "input: [3]\nlayers: [relu]\nexpect: {params: ~0 M}"),
    Pair("blocks: {b: {layers: [relu]}}", "blocks", "blocks: {B: {layers: [relu]}}"),
    Pair("blocks: {B: {}}", "blocks.B", "blocks: {B: {layers: }}"),
    Pair("blocks: {B: [relu]}", "blocks.B", "blocks: {B: {layers: [relu], note: a}}"),
    Pair("blocks: {B: {args: {x: int}, layers: [relu]}}", "blocks.B.args", "blocks: {B: {args: {y: int, z: relu}, layers: [relu]}}"),
    Pair("blocks: {B: {layers: [relu], vars: {a: {}}}}", "blocks.B.vars.a", "blocks: {B: {layers: [relu], vars: {a: 3}}}"),
    Pair("blocks: {B: {layers: [relu], arg: {}}}", "blocks.B", "blocks: {B: {layers: [relu], args: }}"),
    Pair("blocks: {B: {layers: [conv: {out: 3}]}}", "blocks.B.layers.0.conv", "blocks: {B: {layers: [conv: {out: 3, kernel: 1}]}}"),
]  # fmt: skip
HEAD = "vars: {w: 4, k: 3, f: relu}\nblocks: {B: {args: {b: int}, layers: [relu]}}\n"


def holds(make: Callable[[], object]) -> bool:
    """Tell whether a spec can be read, or be run."""
    try:
        make()
    except SpecError:
        return False
    return True


def seen(wrong: str, place: str, right: str) -> None:
    assert complaints(right) == []
    assert holds(lambda: spec(right))
    assert not holds(lambda: spec(wrong).summary())
    assert place in [complaint.partition(":")[0] for complaint in complaints(wrong)]


@pytest.mark.parametrize("pair", ENTRIES, ids=lambda pair: pair.wrong)
def test_mistakes_in_entries_are_seen(pair: Pair) -> None:
    wrong, right = (net(f"  - {entry}", head=HEAD) for entry in (pair.wrong, pair.right))
    seen(wrong, f"layers.0.{pair.place}".rstrip("."), right)


@pytest.mark.parametrize("pair", HEADS, ids=lambda pair: pair.wrong)
def test_mistakes_above_a_network_are_seen(pair: Pair) -> None:
    seen(pair.wrong + REST, pair.place, pair.right + REST)


@pytest.mark.parametrize("pair", FILES, ids=lambda pair: pair.wrong)
def test_mistakes_in_files_are_seen(pair: Pair) -> None:
    seen(*pair)


# ---- fields: the schema is as strict as the classes, and no stricter

#: `w` is a variable; other text is judged by the reader alone.
WRITTEN: tuple[Any, ...] = (
    *(0, 1, -1, 2, 7, 1.5, 0.5, -0.5, True, False, None, "w", "2 * w", "no", "No"),
    *([1], [1, 2], [0], [-1], [1.5], [True], [None], [[0, 1]], [[1]], [[1, 2, 3]], [[-1, 0]], [[0, 1], 2], ["w", "w"], [["w", "w"]]),
    *({}, {"a": 1}, {"a": -1}, {"a": 1.5}, {"a": [1]}, {"a": "w"}),
    *({"relu": None}, {"leaky_relu": 0.2}, {"leaky_relu": {"slope": 1}}, {"leaky_relu": {"a": 1}}, {"relu": None, "gelu": None}),
    *({"batch": None}, {"group": None}, {"group": 8}, {"group": 0}, {"group_norm": {"groups": "w"}}),
)  # fmt: skip
FIELDS = [(cls, name) for cls in KINDS.values() for name in cls.model_fields]


def accepts(cls: type[Layer], data: dict[str, object]) -> bool:
    try:
        cls.model_validate(data, context=StaticReading(Scope({"w": UNKNOWN}, [])))
    except ValidationError:
        return False
    return True


def has_text(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list | dict) and any(map(has_text, value if isinstance(value, list) else value.values()))
    )


def is_odd(name: str, value: object) -> bool:
    """Tell where a class looks at two fields at once, or takes a boolean for a fraction."""
    return name in {"count", "active"} or isinstance(value, bool) or value == [True]


@pytest.mark.parametrize(("cls", "name"), FIELDS, ids=[f"{cls.kind}-{name}" for cls, name in FIELDS])
def test_fields_are_judged_as_by_their_class(cls: type[Layer], name: str) -> None:
    base = {needed: 2 for needed, field in cls.model_fields.items() if field.is_required()} | dict(cls.sample)
    assert accepts(cls, base)
    for value in WRITTEN:
        data = {**base, name: value}
        by_class, by_schema = accepts(cls, data), validator(cls.kind).is_valid(data)
        if is_odd(name, value):
            assert by_class or not by_schema or name in {"count", "active"}, value
        elif has_text(value):
            assert by_schema or not by_class, value
        else:
            assert by_schema == by_class, value


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_a_lone_value_is_judged_as_the_field_it_fills(cls: type[Layer]) -> None:
    lone = validator(cls.kind)
    if not cls.primary:
        assert not any(lone.is_valid(value) for value in WRITTEN if not isinstance(value, dict | None))
        return
    enough = {cls.primary}.issuperset(name for name, field in cls.model_fields.items() if field.is_required())
    for value in WRITTEN:
        if not isinstance(value, dict | None):
            assert lone.is_valid(value) == (enough and lone.is_valid({cls.primary: value})), value


# ---- what is in it


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(schema())


def parts(value: object) -> list[dict[str, Any]]:
    """List the mappings in a schema."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [*([value] if isinstance(value, dict) else []), *(part for one in inner for part in parts(one))]


def test_what_is_pointed_at_is_there_and_nothing_else() -> None:
    made = schema()
    pointed = {part["$ref"].removeprefix("#/definitions/") for part in parts(made) if isinstance(part.get("$ref"), str)}
    assert pointed == made["definitions"].keys()


def test_every_kind_and_field_is_in_it_with_what_it_does() -> None:
    made = schema()["definitions"]
    for entry, mark in (("Entry", ""), ("Entry.partly", ".partly")):
        listed = made[entry]["properties"]
        assert list(listed) == [*STRUCTURES, *KINDS, *MODIFIERS]
        for kind, cls in KINDS.items():
            told = made[listed[kind]["$ref"].rpartition("/")[2]]
            assert told["description"]
            assert listed[kind]["$ref"].endswith(mark) or not told.get("required")
            whole = made.get(f"{kind}.partly", told)
            assert whole.get("properties", {}).keys() == cls.model_fields.keys()


def test_kinds_say_what_they_need() -> None:
    made = schema()["definitions"]
    for kind, cls in KINDS.items():
        needed = [name for name, field in cls.model_fields.items() if field.is_required()]
        assert made[kind].get("required", []) == needed
        assert [*made[kind].get("properties", {})][: len(needed)] != [] or not needed
        assert (f"{kind}.partly" in made) == bool(needed)


def test_schema_and_grammar_know_the_same_words() -> None:
    body = entries.pipeline(partly=False)
    holds = entries.structures(body)
    assert tuple(holds) == STRUCTURES
    assert {*holds["branches"]["then"]["properties"]} == {*ROWS}
    assert {*entries.modifiers(KINDS.values(), body)} == {*MODIFIERS}
    assert tuple(files.top([*KINDS.values()])) == TOP
    assert {*files.block(partly=True)["properties"]} == {*BLOCK}
    assert {*files.variant()["properties"]} == {*VARIANT}
    assert {*values.DEFINITIONS["Input"]["then"]["properties"]} == {*LONG}
    assert tuple(values.DEFINITIONS["Expect"]["properties"]) == KEYS


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_roles_list_their_kinds(role: Role) -> None:
    (given,) = (form for form in schema()["definitions"][role.name.capitalize()]["anyOf"] if form.get("type") == "object")
    words = {cls.kind for cls in KINDS.values() if cls.role == role.name}
    assert {*given["properties"]} == words | {word.removesuffix(role.ending) for word in words}


def test_a_new_kind_is_there_by_itself() -> None:
    class Thrown(Layer, kind="thrown", primary="far", role="activation"):
        """A thing thrown `far`. Not for keeping."""

        far: Pos
        act: Act = None

    judge = Draft7Validator(schema([*KINDS.values(), Thrown]))
    thrown = net(
        "  - thrown: 3\n  - thrown: {far: 3, act: {thrown: 2}}\n  - conv: {out: 3, kernel: 3, act: {thrown: {far: w}}}",
        head="vars: {w: 3}\n",
    )
    assert complaints(thrown, judge) == []
    assert complaints(thrown)
    for wrong in ("thrown", "thrown: 0", "thrown: {fra: 3}", "{thrown: 3, relu: }", "conv: {out: 3, kernel: 3, act: thrown}"):
        assert complaints(net(f"  - {wrong}"), judge)
    assert judge.schema["definitions"]["thrown"]["description"] == "A thing thrown `far`"  # type: ignore[index]


# ---- as text


def test_it_is_compact_and_can_be_compared_line_by_line() -> None:
    written = text()
    assert json.loads(written) == schema()
    assert len(written.encode()) < 110_000
    assert len(gzip.compress(written.encode())) < 14_000
    lines = written.splitlines()
    assert sum(line.startswith('"conv":') for line in lines) == 1
    assert len(lines) > len(KINDS)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_it_is_the_same_every_time(seed: str) -> None:
    assert archcalc("schema", PYTHONHASHSEED=seed).stdout == text()


def test_it_is_written_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "archcalc.schema.json"
    ran = archcalc("schema", "--output", str(out))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert json.loads(out.read_text(encoding="utf-8"))["title"] == "archcalc spec"
    assert archcalc("schema", "-o", str(tmp_path / "no" / "folder")).returncode == 2


def test_nothing_else_needs_it() -> None:
    assert not {"archcalc.schema", "jsonschema"} & modules("summarize", "specs/vgg16.yaml")
    assert "jsonschema" not in modules("schema")
    assert not {"archcalc.schema", "yaml"} & modules("schema", "--help")
