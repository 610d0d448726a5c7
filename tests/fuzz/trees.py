"""Specs as trees: values that are wrong in many ways, one mutation of a tree, and trees as YAML."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from archcalc import zoo
from archcalc.layers import KINDS
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.diagnostics import Source
from archcalc.spec.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXPRESSIONS", "NAMES", "NUMBERS", "TEXTS", "VALUES", "Pairs", "Plain", "mutated", "specs", "written"]


class Pairs(list[tuple[str, Any]]):
    """A mapping in which a key may stand twice."""


class Plain(str):
    """A scalar that is written as it is, without quotes."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes both, and the same list twice where it stands twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's
        return True


def _twice(dumper: yaml.SafeDumper, pairs: Pairs) -> yaml.MappingNode:
    nodes = [(dumper.represent_data(key), dumper.represent_data(value)) for key, value in pairs]
    return yaml.MappingNode("tag:yaml.org,2002:map", nodes)


def _plain(dumper: yaml.SafeDumper, text: Plain) -> yaml.ScalarNode:
    tag: str = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, text)


_Dumper.add_representer(Pairs, _twice)
_Dumper.add_representer(Plain, _plain)


def written(tree: object, *, flow: bool | None = None) -> bytes:
    """Write a tree as YAML."""
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=200).encode(
        "utf-8", "surrogatepass"
    )


NUMBERS: list[object] = [
    0,
    1,
    2,
    3,
    8,
    -1,
    10**9,
    10**17,
    10**18 - 1,
    10**18,
    2**63,
    2**64,
    -(10**18),
    Plain("9" * 100_000),
    Plain("1e17"),
    Plain("1e18"),
    0.5,
    7.5,
    -0.5,
    1e17,
    1e18,
    1e300,
    5e-324,
    Plain(".inf"),
    Plain("-.inf"),
    Plain(".nan"),
    Plain("1e400"),
    Plain("010"),
    Plain("1:30"),
    Plain("-0"),
]
#: Names and texts that terminals, markup, spreadsheets or people read as something else.
NAMES = [
    "x",
    "i",
    "self",
    "image",
    "[red]x[/red]",
    "[/]",
    "[link=file:///etc/passwd]a[/link]",
    ":smile:",
    "<script>alert(1)</script>",
    "a|b",
    "`a`",
    "100%",
    "a_b",
    "$",
    "$i",
    "$(i)",
    "a\"b'c",
    "=cmd()",
    "+1",
    "-1",
    "@SUM(1)",
    "\\input{x}",
    "a&b#c{d}~^",
    "]]>",
    "--></style>",
    "${x}",
    "%s%n",
    "名前" * 9,
    "e\u0301" * 9,
    "👩‍👩‍👧‍👦",
    "אבג",
    "\u202eabc",
    "\u2066a\u2069",
    "a\u200bb",
    "\ufffd",
    "\ue000",
    "\xad",
    "\U000e0041",
    "n" * 10_000,
    "a.b",
    "a[0]",
    "*",
    "a b",
    "a#b",
    "..",
    "/",
    "lib:x",
    "con",
    "__proto__",
    "constructor",
    "null",
    "true",
    "1",
    "1e6",
    "no",
    "residual",
    "add",
]
TEXTS = [
    *NAMES,
    "",
    " ",
    "a\nb",
    "a\tb",
    "none",
    "same",
    "valid",
    "all",
    "$",
    "$(",
    "$(1/0)",
    "$nothing",
    "skip*",
    "h w c -> c h w",
    "(h h) -> h",
    "n" * 100_000,
]
EXPRESSIONS = [
    "x",
    "x.c",
    "x.d",
    "x.h // 2",
    "x.size",
    "x.rank",
    "x.nothing",
    "x.c / 3",
    "-x.c",
    "x.c * 10**15",
    "i",
    "i + 1",
    "nothing",
    "true",
    "not x",
    "10**18",
    "10**18 + 1",
    "10**9 * 10**9",
    "9**9**9",
    "2**62",
    "1 / 0",
    "0 // 1",
    "1 % 0",
    "1e308 * 10",
    "0.1 + 0.2",
    "1 < 2",
    "1 if x else 2",
    "[1, 2]",
    "[[1], 2]",
    "[1, 2][5]",
    "len([1])",
    "min()",
    "max(1, 2)",
    "sum([1, 'a'])",
    "sqrt(-1)",
    "log2(0)",
    "divisible(7)",
    "round(2.5)",
    "'a'",
    "'a' < 1",
    "a.b.c",
    "f(x)",
    "(((1)))",
    "1 +",
    "9" * 150,
    "1_000",
    "x.__class__",
    "lambda: 1",
    "[i for i in x]",
    "x == x",
    "1 and []",
]
_LISTS: list[object] = [
    [],
    [[]],
    [1],
    [1, 2],
    [3, 8, 8],
    [0],
    [-1],
    [None],
    ["x"],
    ["x", "x"],
    [[1, 2], [3, 4]],
    [1, "a", None],
    [2] * 40,
    [[[[[1]]]]],
    {},
    {"a": 1},
    {"shape": [3]},
    {"x": None},
    [{"relu": None}],
    ["relu"],
    {"layers": ["relu"]},
    {"for": {"a": 2}, "layers": ["relu"]},
]
VALUES: list[object] = [None, True, False, *NUMBERS, *TEXTS, *EXPRESSIONS, *_LISTS]


@cache
def specs() -> dict[str, object]:
    """Read the specs of the zoo into trees."""
    return {path.stem: parse(Source(path.name, path.read_text(encoding="utf-8"))).data() for path in zoo.files()}


Path = tuple[int | str, ...]


def _paths(tree: object, at: Path = ()) -> Iterator[Path]:
    """Give the path of every value of a tree, what it holds included."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from _paths(value, (*at, key))


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


@st.composite
def mutated(draw: st.DrawFn, tree: object) -> object:
    """Change one thing in a tree."""
    paths = list(_paths(tree))
    tree = copy.deepcopy(tree)
    path = draw(st.sampled_from(paths))
    *above, key = path
    holder, value = _at(tree, tuple(above)), _at(tree, path)
    match draw(st.sampled_from(["drop", "double", "rename", "retype", "replace", "replace", "move", "wrap"])):
        case "drop":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder[int(key) : int(key)] = [value] * draw(st.sampled_from([1, 1, 2, 50]))
        case "double":
            _put(tree, tuple(above), Pairs([*holder.items(), (str(key), value)]))
        case "rename" if isinstance(holder, dict):
            other = draw(st.sampled_from([*KINDS, *MODIFIERS, *NAMES, f"{key}s", str(key).upper(), str(key)[1:] or "a"]))
            _put(tree, tuple(above), Pairs([(other if k == key else k, v) for k, v in holder.items()]))
        case "retype":
            holder[key] = draw(
                st.sampled_from([str(value), [value], {"a": value}, [value, value], None, value is None, len(str(value)), 0.5])
            )
        case "move":
            lists = [_at(tree, p) for p in paths if isinstance(_at(tree, p), list)]
            to = draw(st.sampled_from(lists)) if lists else []
            moved = value if draw(st.booleans()) else copy.deepcopy(value)
            if isinstance(holder, list) and moved is value:
                holder.remove(value)
            to.insert(draw(st.integers(0, len(to))), copy.deepcopy(value))
        case "wrap":
            wrapped = [value] if isinstance(holder, list) and isinstance(value, dict | str) else value
            word = draw(st.sampled_from(["residual", "layers", "branches", "experts", "repeat", "shape", "value"]))
            holder[key] = {word: {"a": wrapped} if word == "branches" else wrapped}
        case _:
            holder[key] = draw(st.sampled_from(VALUES))
    return tree


def _put(tree: Any, path: Path, value: object) -> None:
    """Put a value at a path; at no path it takes the place of what the tree holds."""
    if path:
        _at(tree, path[:-1])[path[-1]] = value
    else:
        tree.clear()
        tree.update(dict(value) if isinstance(value, Pairs) else value)
