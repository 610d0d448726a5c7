"""Documents built from the language's grammar: its keys, the kinds with their fields as the classes declare them, values that fit or don't.

A third of the documents hold nothing that is wrong by itself; in the others one value in twenty or in a hundred is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from trees import EXPRESSIONS, NAMES, NUMBERS, TEXTS, VALUES, Pairs

from archcalc.devices import known as devices
from archcalc.layers import KINDS, find, known
from archcalc.spec.complaints import MODIFIERS
from archcalc.spec.entries import BESIDE, IMPLS
from archcalc.spec.expect import COSTS, KEYS
from archcalc.spec.grammar import INPUT_NAME, TYPES
from archcalc.spec.values import NAME, RESERVED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["documents"]

Any_ = st.SearchStrategy[Any]

#: One value in so many is wrong; in some documents none is.
ODDS = st.shared(st.sampled_from([0, 0, 0, 20, 100, 100]), key="odds")
WRONG = st.sampled_from(VALUES)
SMALL = st.sampled_from([1, 1, 2, 2, 3, 4, 8])
WORD = st.sampled_from(["a", "b", "c", "d"])
BLOCKS = ("B0", "B1", "B2")
#: What fits tensors of a shape, so that some networks come out whole.
FITTING = {
    "images": [
        "{conv}",
        "{max_pool}",
        "{avg_pool}",
        "{depthwise_conv}",
        "{conv_transpose}",
        "{squeeze_excite}",
        "{upsample}",
        "{pad}",
        "batch_norm",
        "instance_norm",
        "relu",
        "prelu",
        "softmax",
        "dropout",
        "local_response_norm",
        "identity",
        "global_avg_pool",
        "tokens",
    ],
    "tokens": [
        "{linear}",
        "{attention}",
        "{lstm}",
        "{gru}",
        "{prepend}",
        "{positional_encoding}",
        "{maxout}",
        "layer_norm",
        "rms_norm",
        "gelu",
        "relu",
        "dropout",
        "softmax",
        "identity",
        "flatten",
        "{mean}",
    ],
}
SHAPES = {
    "images": [[8, 16, 16], {"image": [3, 32, 32]}, {"image": [4, 8, 8, 8]}],
    "tokens": [[16, 8], {"a": {"seq": 16, "d": 8}}, {"image": [64, 4]}],
}
FLAVOUR = st.shared(st.sampled_from([*FITTING]), key="flavour")


def usual(strategy: Any_) -> Any_:
    """Give what a strategy gives, and once in a while something else."""
    return ODDS.flatmap(lambda odds: st.integers(0, odds)).flatmap(lambda n: WRONG if n == 1 else strategy)


def seldom(right: Any_, other: Any_) -> Any_:
    """Give what fits where nothing may be wrong, and elsewhere something else, too."""
    return ODDS.flatmap(lambda odds: right | other if odds else right)


#: What entries, inputs and variables may be called; few of these are what anyone would call them.
_NAMES = st.sampled_from(["stem", "skip", *(name for name in NAMES if NAME.fullmatch(name) and name != "x" and "$" not in name)])
NAMED = WORD | seldom(_NAMES, st.sampled_from(NAMES))
INPUTS = st.sampled_from(["image", "a", *(name for name in NAMES if INPUT_NAME.fullmatch(name) and name != "x")])
VARIABLE = st.sampled_from(
    ["a", "b", "n", "past", "seq", *(name for name in NAMES if name.isidentifier() and name not in {*RESERVED, "i"})]
)
REFERRED = st.just("x") | seldom(st.just("x"), NAMED)
SAID = st.sampled_from([text for text in TEXTS if len(text) < 100])


def _like(schema: dict[str, Any]) -> Any_:
    """Make values that a field's schema describes."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([_like(one) for one in schema["anyOf"]])
    types = schema.get("type", "any")
    words = ["x", "same", "relu", *schema.get("examples", ())]
    sums = ["2 + 1", "4 // 2", "1 if true else 2"] if "integer" in types else ["1 < 2", "not true"] if "boolean" in types else words
    made = {
        "integer": SMALL,
        "number": st.sampled_from([0.1, 0.5, 1, 2]),
        "boolean": st.booleans(),
        "null": st.none(),
        "string": st.sampled_from(sums),
        "array": st.lists(_like(schema["items"]) if "items" in schema else SMALL, min_size=1, max_size=3),
        "object": st.dictionaries(WORD, SMALL, min_size=1, max_size=2),
        "any": st.sampled_from(["relu", "batch", "none", None]),
    }
    return st.one_of([made[one] for one in ([types] if isinstance(types, str) else types)])


@cache
def _field(kind: str, name: str) -> Any_:
    return usual(_like(find(kind).model_json_schema()["properties"][name]))


@st.composite
def _fields(draw: st.DrawFn, kind: str, most: int = 2) -> Any:
    """Write the fields that a kind needs, and some of the others; or a lone value."""
    cls = find(kind)
    if cls.primary and draw(st.booleans()):
        return draw(_field(kind, cls.primary))
    needed = [name for name, field in cls.model_fields.items() if field.is_required()]
    more = draw(st.lists(st.sampled_from([*cls.model_fields]), max_size=most, unique=True)) if cls.model_fields else []
    sample = {name: value for name, value in cls.sample.items() if not isinstance(value, tuple)}
    return {**sample, **{name: draw(_field(kind, name)) for name in (*needed, *more) if name not in sample}} or None


def _entries(depth: int) -> Any_:
    return st.lists(_entry(depth), min_size=1, max_size=3)


@st.composite
def _entry(draw: st.DrawFn, depth: int) -> Any:
    """Write an entry: a bare word, a kind, a block or a structure, and what stands beside it."""
    fits = st.sampled_from(FITTING[draw(FLAVOUR)])
    what = draw(fits | fits | st.sampled_from(["block", *KINDS, *(["layers", "residual", "branches", "experts"] * 9 if depth else [])]))
    entry: dict[str, Any] = {}
    match what:
        case "block":
            entry[draw(st.sampled_from(BLOCKS))] = draw(usual(st.none() | st.dictionaries(WORD, SMALL, max_size=2)))
        case "branches":
            entry[what] = draw(usual(st.dictionaries(WORD, _entries(depth - 1), min_size=1, max_size=3)))
        case "experts":
            entry |= {what: draw(usual(_entries(depth - 1))), "count": draw(usual(SMALL)), "active": 1}
        case "layers" | "residual":
            entry[what] = draw(usual(_entries(depth - 1)))
        case _ if what in KINDS or what.startswith("{"):
            kind = what.strip("{}")
            entry[kind] = draw(_fields(kind, most=what in KINDS))
        case _:
            return draw(usual(st.just(what)))
    words = [word for word in MODIFIERS if BESIDE.get(word, what) == what and word != "tie"]
    for word in draw(st.lists(st.sampled_from(words) | seldom(st.sampled_from(words), st.sampled_from(MODIFIERS)), max_size=2)):
        if (word, what) != ("shared", "experts") and {word, *entry} >= {"repeat", "for"} - {word}:
            entry[word] = draw(usual(_beside(word, max(depth - 1, 0))))
    return entry


def _beside(word: str, depth: int) -> Any_:  # noqa: C901, PLR0911, PLR0912 - one case a word
    """Give what may stand behind a word that is no kind."""
    match word:
        case "name" | "tie":
            return NAMED
        case "from":
            return REFERRED | seldom(REFERRED, st.lists(REFERRED, max_size=3))
        case "for":
            return _LOOPS
        case "if":
            return st.booleans() | seldom(st.just("x.d > 1"), st.sampled_from(EXPRESSIONS))
        case "precision":
            return _PRECISION
        case "expect":
            return _promises([key for key in KEYS if key not in COSTS])
        case "note":
            return SAID
        case "impl":
            return st.sampled_from(IMPLS)
        case "merge":
            return st.sampled_from([*known("merge"), "none"])
        case "axis":
            return st.integers(-2, 2)
        case "shortcut":
            return st.booleans() | _entries(depth)
        case "freeze" | "router":
            return st.booleans()
        case "shared":
            return st.just(False) | seldom(st.just(False), st.booleans())  # noqa: FBT003 - a value of the language
    return SMALL


_LOOPS = (
    st.just({"a": 2})
    | st.just({"a": [1, 2], "b": [3, 4]})
    | st.just({"a, b": [[1, 2], [2, 3]]})
    | seldom(st.just({"n": 1}), st.dictionaries(WORD, WRONG))
)
_BITS = st.sampled_from(["fp32", "int8", "int4", 3, "fp16"])
_PRECISION = _BITS | st.fixed_dictionaries(
    {"weights": _BITS}, optional={"activations": _BITS, "group": SMALL | st.just("channel"), "scale": _BITS, "zero": _BITS}
)


def _promises(keys: Sequence[str]) -> Any_:
    figures = [0, 1, 10**18 - 1, "~1 M", "<= 1 G", "1 .. 2 k", "1 M ± 1%"]
    odd = [-1, "all", [1], [3, 8, 8], ["x", "all"], "~0", "1e999", "1e-999", "<= 1 MiB", "1 ms", "1 mJ", "1 .. 0", "9" * 79, "1 ± 9999999%"]
    return st.dictionaries(st.sampled_from(keys), seldom(st.sampled_from(figures), st.sampled_from(odd)), min_size=1, max_size=3)


_SIZE = st.sampled_from([1, 2, 4, 8, 16, 32]) | seldom(st.just(8), st.sampled_from(NUMBERS))
_GIVEN = seldom(
    FLAVOUR.flatmap(lambda flavour: st.sampled_from(SHAPES[flavour])),
    st.lists(_SIZE, max_size=5)
    | st.dictionaries(INPUTS, st.lists(_SIZE, min_size=1, max_size=3), min_size=1, max_size=2)
    | st.just({"a": {"shape": [3, 8, 8], "dtype": "int8"}}),
)
_VARS = st.dictionaries(
    VARIABLE, usual(SMALL | st.lists(SMALL, max_size=3) | seldom(st.just("word"), st.sampled_from(EXPRESSIONS))), max_size=3
)
_BLOCK = st.fixed_dictionaries(
    {"layers": usual(_entries(1))},
    optional={
        "args": usual(st.dictionaries(WORD, seldom(SMALL, st.sampled_from([*TYPES, "relu", True, [1]])), max_size=2)),
        "vars": _VARS,
        "note": SAID,
    },
)
_VARIANT = st.fixed_dictionaries({}, optional={"expect": _promises([*KEYS]), "name": SAID, "meta": st.dictionaries(SAID, SAID, max_size=1)})
_TOP: dict[str, Any_] = {
    "archcalc": st.just(1),
    "name": SAID,
    "meta": st.dictionaries(st.sampled_from(["paper", "year", "mha", "url", *NAMES]), usual(SAID), max_size=3),
    "use": st.lists(
        st.just("lib:resnet") | seldom(st.just("lib:llama"), st.sampled_from(["lib:x", "..", "/dev/zero", "net.yaml", *NAMES])), max_size=2
    ),
    "vars": _VARS,
    "defaults": st.just({"conv": {"norm": "batch", "act": "relu"}})
    | seldom(st.just({}), st.dictionaries(st.sampled_from([*KINDS]), WRONG)),
    "output": REFERRED | st.lists(REFERRED, min_size=1, max_size=2),
    "precision": _PRECISION,
    "device": st.sampled_from(devices()[:3]) | seldom(st.just(devices()[0]), st.sampled_from(["net.yaml", "/dev/zero", *NAMES])),
    "expect": _promises([*KEYS]),
    "variants": st.dictionaries(st.sampled_from(["small", "[/]", "=1", "<b>", "\u202ea"]), _VARIANT, max_size=2),
}


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Write a document."""
    document = {key: draw(usual(_TOP[key])) for key in draw(st.lists(st.sampled_from([*_TOP]), max_size=3, unique=True))}
    document["blocks"] = {name: draw(usual(_BLOCK)) for name in BLOCKS}
    document["input"], document["layers"] = draw(usual(_GIVEN)), draw(usual(st.lists(_entry(2), min_size=1, max_size=5)))
    if draw(ODDS) == 20 and draw(st.booleans()):
        return Pairs([*document.items(), (draw(st.sampled_from([*document])), 1)])
    return document
