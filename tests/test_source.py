"""The YAML that specs are written in: what is read, what is refused, and where."""

from __future__ import annotations

import codecs
import io
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from archcalc.spec import source as reader
from archcalc.spec.diagnostics import MOST_ERRORS, Diagnostic, Source, Span, SpecError, fail, render, text
from archcalc.spec.files import MOST_BYTES, read_text
from archcalc.spec.source import MOST_DEPTH, MOST_NODES, Node, parse

if TYPE_CHECKING:
    from pathlib import Path

PARSERS = sorted({getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader}, key=lambda loader: loader.__name__)


@pytest.fixture(params=PARSERS, ids=lambda loader: loader.__name__)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test with each of PyYAML's parsers, which differ in what they let pass."""
    monkeypatch.setattr(reader, "_LOADER", request.param)


def read(written: str) -> object:
    return parse(Source("net.yaml", written)).data()


def refusal(written: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        parse(Source("net.yaml", written))
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


def same(a: object, b: object) -> bool:
    """Compare types too: `True` is not 1, and 1.0 is not."""
    return repr(a) == repr(b)


# ---- what is read


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[
            (word, word)
            for word in ("no", "yes", "on", "off", "No", "y", "n", "inf", "nan", ".inf", "-.inf", ".nan", ".NaN", "nULL", "tRUE")
        ],
        *[
            (word, word)
            for word in ("1998-11-01", "2001-12-14t21:59:43.10-05:00", "0x10", "0o10", "0b1", "1x1", "3a", "1.2.3", "1:99", "16-9")
        ],
        *[(word, word) for word in (".", "+", "e5", ".e5", "1e", "1_", "_1", "1__0", "1e_5", "٣", "=", "1 000")],
        *[
            (word, word)
            for word in ("4*d", "max(8, w)", "a[i]", "${w}", "x.c // 2", "~25.6 M", "<= 15.5 G", "4.0 .. 4.2 G", "b (h w) c -> b c")
        ],
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("0", 0),
        ("-0", 0),
        ("+5", 5),
        ("-12", -12),
        ("1_000", 1000),
        ("25_557_032", 25557032),
        ("9" * 18, 10**18 - 1),
        ("1e6", 10**6),
        ("5e4", 50000),
        ("1E+2", 100),
        ("0e5", 0),
        ("0e99", 0),
        ("1e17", 10**17),
        ("100e-2", 1),
        ("1E-5", 1e-5),
        ("1e-05", 1e-5),
        ("1.0e6", 1e6),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1_000.5", -1000.5),
        ("0.0", 0.0),
        ('"1"', "1"),
        ("'true'", "true"),
        ('""', ""),
        ('"a\\tb\\n\\u00e9"', "a\tb\né"),
        ("a\n  b", "a b"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("名前", "名前"),
    ],
)
def test_scalars(written: str, value: object) -> None:
    assert same(read(f"a: {written}"), {"a": value})


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1x1: a", {"1x1": "a"}),
        ("3a: a", {"3a": "a"}),
        ("1: a", {"1": "a"}),
        ("010: a", {"010": "a"}),
        ("null: a", {"null": "a"}),
        ("no: a", {"no": "a"}),
        ("1e6: a", {"1e6": "a"}),
        ("t, c, n, s: [[1, 16, 1, 1]]", {"t, c, n, s": [[1, 16, 1, 1]]}),
        ("{if: x, Merge: }", {"if": "x", "Merge": None}),
        ("{a, b}", {"a": None, "b": None}),
        ('{"a":1, b: 2}', {"a": 1, "b": 2}),
        ("[conv: {out: 6}, relu]", [{"conv": {"out": 6}}, "relu"]),
        ("- a\n- - b\n  - c\n- ", ["a", ["b", "c"], None]),
        ("a:\n- b\n- c", {"a": ["b", "c"]}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("\ufeffa: 1", {"a": 1}),
        ("---\na: 1\n...\n", {"a": 1}),
        ("%YAML 1.2\n---\na: 1", {"a": 1}),
        ("a: 1 #\ttab in a comment\n#\tanother", {"a": 1}),
        ("a: 'a\ttab'", {"a": "a\ttab"}),
        ("a: |\n  a\ttab", {"a": "a\ttab"}),
        ("use: [lib:resnet]", {"use": ["lib:resnet"]}),
        ("- linear: max(8, w)", [{"linear": "max(8, w)"}]),
        ("[(a + b) * 2, (c)]", ["(a + b) * 2", "(c)"]),
        ("[-, -a]", ["-", "-a"]),
        ("hello", "hello"),
    ],
)
def test_structures(written: str, value: object) -> None:
    assert same(read(written), value)


# ---- what is refused: the text, the code, line and column counted from 1, and what the help says


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "code", "line", "column", "advice"),
    [
        # tabs, and what YAML takes for something else
        ("a:\tb", "E100", 1, 3, "use spaces"),
        ("\ta: b", "E100", 1, 1, "use spaces"),
        ("a:\n\tb: 1", "E100", 2, 1, "use spaces"),
        ("a: b\t# c", "E100", 1, 5, "use spaces"),
        ("a: b\tc", "E100", 1, 5, "use spaces"),
        ("a: b#c\td", "E100", 1, 7, "use spaces"),
        ("[a,\tb]", "E100", 1, 4, "use spaces"),
        ("-\ta", "E100", 1, 2, "use spaces"),
        ("- conv: {out: ${w}}", "E100", 1, 16, "write the name alone: `w`"),
        ("- conv: {out: a[i]}", "E100", 1, 16, "block style"),
        ("[a[i]]", "E100", 1, 3, "block style"),
        ("a: >= 3", "E100", 1, 4, 'quote it: `">= 3"`'),
        ("a: > 3", "E100", 1, 4, 'quote it: `"> 3"`'),
        ("a: >3\nb: 1", "E100", 1, 4, 'quote it: `">3"`'),
        ("{a: >= 3}", "E100", 1, 5, 'quote it: `">= 3"`'),
        ("a: |x|", "E100", 1, 4, "quote it"),
        ("a: @x", "E100", 1, 4, 'quote it: `"@x"`'),
        ("a: `x`", "E100", 1, 4, "quote it"),
        ("a: %x", "E100", 1, 4, "quote it"),
        ("{out:6}", "E100", 1, 2, "write `out: 6`"),
        ("{out:[6]}", "E100", 1, 2, "with a space"),
        ("[conv:{out: 6}]", "E100", 1, 2, "with a space"),
        ("{a: b, out:}", "E100", 1, 8, "with a space"),
        # structure
        ("a: b: c", "E100", 1, 5, "braces"),
        ("a\nb: 1", "E100", 2, 2, "line above"),
        ("a: - b", "E100", 1, 4, "next line"),
        ("a: 'abc", "E100", 1, 4, "closing quote"),
        ("a: 'b' c", "E100", 1, 8, "quote the text as a whole"),
        ("a: [b]c", "E100", 1, 7, "quote the text as a whole"),
        ("a: {b: 1 c: 2}", "E100", 1, 11, "comma"),
        ("a: [1, 2\nb: 3", "E100", 2, 2, "bracket"),
        ("a:\n  - b\n c: 3", "E100", 3, 2, "indentation"),
        ("- a\nb: 1", "E100", 2, 1, "indentation"),
        ("a: ]", "E100", 1, 4, "too much"),
        ("[1, , 2]", "E100", 1, 5, "write it"),
        ("[1, 2]]", "E100", 1, 7, "too many"),
        ("a: 1\n}", "E100", 2, 1, "open it"),
        (": b", "E100", 1, 1, "write `key: value`"),
        ('a: "\\q"', "E100", 1, 4, "backslash"),
        ('a: "\\x"', "E100", 1, 4, "backslash"),
        ("%YAML 3.0\n---\na: 1", "E100", 1, 1, "remove"),
        # characters
        ("a: \x00", "E101", 1, 4, "remove it"),
        ("a: b\n# \x1b[31m", "E101", 2, 3, "remove it"),
        ("a: b\x85c", "E101", 1, 5, "remove it"),
        ("a: 'b\u2028c'", "E101", 1, 6, "remove it"),
        ("a: b\u2029", "E101", 1, 5, "remove it"),
        ("a: b\rc: d", "E101", 1, 5, "line ends LF or CRLF"),
        ("a: \ufeff", "E101", 1, 4, "remove it"),
        ("a: \ud800", "E101", 1, 4, "remove it"),
        ('a: "\\0"', "E101", 1, 4, "remove the escape"),
        ('a: "\\e[31m"', "E101", 1, 4, "remove the escape"),
        # reuse, tags, keys
        ("a: &x 1", "E102", 1, 4, "use a var"),
        ("a: &x\n  b: 1", "E102", 1, 4, "use a var"),
        ("a: &x [1]", "E102", 1, 4, "use a var"),
        ("&x a: 1", "E102", 1, 1, "use a var"),
        ("a: *w", "E102", 1, 4, "`2*w`"),
        ("*w : 1", "E102", 1, 1, "`2*w`"),
        ("<<: {a: 1}", "E102", 1, 1, "`defaults:`"),
        ("a: * 2", "E102", 1, 4, "quote"),
        ("a: !!python/object/apply:os.system [ls]", "E103", 1, 4, "remove it"),
        ("a: !x 1", "E103", 1, 4, "remove it"),
        ("a: ! 1", "E103", 1, 4, "remove it"),
        ("a: !x", "E103", 1, 4, "remove it"),
        ("a: ![1]", "E103", 1, 4, ""),
        ("!!map {a: 1}", "E103", 1, 1, "remove it"),
        ("!x a: 1", "E103", 1, 1, "remove it"),
        ("%TAG ! x\n---\na: 1", "E103", 1, 1, "remove"),
        ("? [a]\n: b", "E104", 1, 3, "name alone"),
        ("{out: 1, {w}: 2}", "E104", 1, 10, "name alone"),
        ("a: {{w}}", "E104", 1, 5, "name alone"),
        ("? |\n  a\n: b", "E104", 1, 3, "one line"),
        ("{: b}", "E100", 1, 2, "write `key: value`"),
        # numbers
        ("a: " + "9" * 19, "E105", 1, 4, "18 digits"),
        ("a: " + "9" * 5000, "E105", 1, 4, "18 digits"),
        ("a: 1e18", "E105", 1, 4, "18 digits"),
        ("a: 1e" + "9" * 5000, "E105", 1, 4, "18 digits"),
        ("a: 1.0e400", "E105", 1, 4, "18 digits"),
        ("a: 1.0e-400", "E105", 1, 4, "18 digits"),
        ("a: 0." + "1" * 100, "E105", 1, 4, "18 digits"),
        ("a: 010", "E109", 1, 4, "write `10`"),
        ("a: 08", "E109", 1, 4, "write `8`"),
        ("a: -00", "E109", 1, 4, "write `-0`"),
        ("a: 00.5", "E109", 1, 4, "write `0.5`"),
        ("a: 1:30", "E109", 1, 4, "quote it"),
        ("a: 190:20:30", "E109", 1, 4, "quote it"),
        ("a: 1:30.5", "E109", 1, 4, "quote it"),
        # mappings, documents
        ("a: 1\nb: 2\na: 3", "E106", 3, 1, "keep one"),
        ("{a: 1, 'a': 2}", "E106", 1, 8, "keep one"),
        ("1: a\n'1': b", "E106", 2, 1, "keep one"),
        ("- conv: {out: max(8, w)}", "E110", 1, 15, 'quote it: `"max(8, w)"`'),
        ("- conv: {out: max(8, w), kernel: 3}", "E110", 1, 15, 'quote it: `"max(8, w)"`'),
        ("kernel: [max(3, k), 3]", "E110", 1, 10, 'quote it: `"max(3, k)"`'),
        ("{a: f(1, 2, 3)}", "E110", 1, 5, 'quote it: `"f(1, 2, 3)"`'),
        ("--- a\n--- b", "E108", 2, 1, "one document"),
        ("a: 1\n...\nb: 2", "E108", 3, 1, "one document"),
        ("--- \n---\na: 1", "E108", 2, 1, "one document"),
    ],
)
def test_refusals(written: str, code: str, line: int, column: int, advice: str) -> None:
    diagnostic = refusal(written)
    assert diagnostic.span is not None
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column + 1) == (code, line, column)
    assert advice in diagnostic.help
    assert diagnostic.span.end > diagnostic.span.column


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("written", ["", "\n", "# nothing", "---", "null", "--- ~\n...", "\ufeff"])
def test_empty_files(written: str) -> None:
    assert refusal(written).code == "E113"


def test_a_duplicate_key_names_the_first() -> None:
    assert refusal("a: 1\n\n  \na: 3").notes == ("first written here: net.yaml:1:1",)


def test_what_is_not_closed_names_where_it_begins() -> None:
    assert refusal("a: [1, 2\nb: 3").notes == ("the list or mapping begins here: net.yaml:1:4",)


# ---- limits


@pytest.mark.parametrize("bomb", ["[" * 50_000, "{a: " * 50_000, "- " * 50_000, "".join(" " * i + "a:\n" for i in range(1000))])
def test_deep_files_are_refused_at_once(bomb: str) -> None:
    start = time.perf_counter()
    diagnostic = refusal(bomb)
    assert diagnostic.code == "E107"
    assert time.perf_counter() - start < 1


@pytest.mark.usefixtures("parser")
def test_the_deepest_file() -> None:
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    node = parse(Source("net.yaml", deep))
    for _ in range(MOST_DEPTH - 1):
        assert isinstance(node.value, list)
        node = node.value[0]
    assert node.value == []
    assert refusal(f"[{deep}]").span == Span(1, MOST_DEPTH, MOST_DEPTH + 1)


def test_the_largest_file() -> None:
    items = MOST_NODES - 1  # and the list
    assert read("[" + "1," * items + "]") == [1] * items
    assert refusal("[" + "1," * (items + 1) + "]").code == "E111"


@pytest.mark.parametrize(
    "written",
    [
        "- >\n" * 250_000,
        "- '\t'\n" * 150_000,
        "- 1 #\t\n" * 100_000,
        "[" + "(a, " * 200_000 + "]",
        "a: " + "1_" * 500_000,
        "a: " + "1:" * 500_000,
    ],
    ids=lambda written: written[:8],
)
def test_large_files_take_linear_time(written: str) -> None:
    start = time.perf_counter()
    with suppress(SpecError):
        parse(Source("net.yaml", written))
    assert time.perf_counter() - start < 10


# ---- positions


def test_at_finds_values_and_keys_or_as_much_as_there_is() -> None:
    node = parse(Source("net.yaml", "layers:\n  - conv: {out: 6, kernal: [1, 77], bias: }\n  - relu\n"))
    conv = ("layers", 0, "conv")
    assert node.at(("layers",), key=True) == Span(1, 0, 6)
    assert node.at((*conv, "kernal"), key=True) == Span(2, 19, 25)
    assert node.at((*conv, "kernal")) == Span(2, 27, 34)
    assert node.at((*conv, "kernal", 1)) == Span(2, 31, 33)
    assert node.at((*conv, "kernal", 1), key=True) == Span(2, 31, 33)
    assert node.at((*conv, "kernal", 7)) == Span(2, 27, 34)
    assert node.at((*conv, "kernel")) == Span(2, 10, 43)
    assert node.at((*conv, "kernel"), key=True) == Span(2, 4, 8)
    assert node.at((*conv, "bias")) == Span(2, 36, 40)
    assert node.at(("layers", 1, "x", "y")) == Span(3, 4, 8)
    assert node.at(("layers", "0")) == node.at(("layers",))
    assert node.at(()) == Span(1, 0, 7)


def test_columns_count_characters_whatever_their_width() -> None:
    node = parse(Source("net.yaml", "\ufeff# 😀\r\n名前: {é: 😀😀, b: x}\r\n"))
    assert node.at(("名前", "é")) == Span(2, 8, 10)
    assert node.at(("名前", "b"), key=True) == Span(2, 12, 13)


def walk(node: Node) -> list[Node]:
    children = list(node.value.values()) if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else []
    return [node, *(n for child in children for n in walk(child))]


def is_text(word: str) -> bool:
    """Leave out what YAML 1.1 and this reader may differ in taking for a number."""
    return bool(word) and word[0] not in "+-.0123456789"


WORDS = st.text("abcxyz_é名😀 0123456789.*+-/()$", min_size=1, max_size=8).map(str.strip).filter(is_text)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS | st.text(max_size=5).filter(is_text),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(TREES, st.booleans() | st.none())
def test_what_was_dumped_is_read_back(tree: object, flow: bool | None) -> None:  # noqa: FBT001
    written = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    try:
        assert read(written) == tree
    except SpecError as error:  # what this YAML does not have
        assert error.diagnostics[0].code in {"E100", "E101", "E104", "E109", "E110", "E113"}  # noqa: PT017


@given(TREES, st.booleans() | st.none())
def test_the_text_at_a_span_is_what_was_written(tree: object, flow: bool | None) -> None:  # noqa: FBT001
    source = Source("net.yaml", yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow, width=10_000))
    try:
        nodes = walk(parse(source))
    except SpecError:
        return
    for node in nodes:
        for key, span in node.keys.items():
            assert key in {yaml.safe_load(part) for part in [source.line(span.line)[span.column : span.end]]} | {
                source.line(span.line)[span.column : span.end].strip("'\"")
            } or "\\" in source.line(span.line)
        if node.plain and isinstance(node.value, str):
            assert source.line(node.span.line)[node.span.column : node.span.end] == node.value
        if node.plain and isinstance(node.value, int):
            assert source.line(node.span.line)[node.span.column : node.span.end] in {str(node.value), str(node.value).lower()}


YAMLISH = st.text(st.sampled_from("ab01 \n\t:-,[]{}()#&*!|>'\"%@`~?.<=\\é\r\x00\x85\ufeff") | st.characters(), max_size=60)


@settings(max_examples=500)
@given(st.text() | YAMLISH)
@example('"\\U00110000"')
@example("%YAML 1.1\n%YAML 1.1\n---")
def test_any_text_is_read_or_refused_with_a_place(written: str) -> None:
    for loader in PARSERS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reader, "_LOADER", loader)
            try:
                node = parse(Source("net.yaml", written))
            except SpecError as error:
                text(error.diagnostics)
            else:
                assert all(0 <= n.span.column <= n.span.end and n.span.line >= 1 for n in walk(node))


# ---- files


def test_a_file_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read_text(str(path)) == Source(str(path), "a: 1\r\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 2")))
    assert read_text("-") == Source("<stdin>", "a: 2")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"#" * (MOST_BYTES + 1))))
    with pytest.raises(SpecError, match="larger than 1 MiB"):
        read_text("-")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("resnet", "did you mean `.*resnet50.yaml`"),
        ("resnet5.yaml", "did you mean `.*resnet50.yaml`"),
        ("folder", "is a directory"),
        ("resnet50.yaml/x", "not a directory"),
        ("no/folder/x.yaml", "no such file"),
        ("pipe", "not a regular file"),
        ("large.yaml", "larger than 1 MiB"),
        ("x" * 5000, "too long"),
        ("a\0b", "null"),
        ("a\ud800b", "cannot read"),
    ],
)
def test_files_that_cannot_be_read(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resnet50.yaml").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "large.yaml").write_bytes(b"#" * (MOST_BYTES + 1))
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=message) as caught:
        read_text(path)
    assert caught.value.diagnostics[0].code == "E112"


def test_no_name_and_a_device() -> None:
    for path in ("", "/dev/null"):
        with pytest.raises(SpecError, match="E112"):
            read_text(path)


def test_a_file_without_permission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(SpecError, match="permission denied"):
        read_text(str(path))


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a: 1\nb\xc3\xa9: \xff", 2, 5, "byte 10 "),
        (b"\xef\xbb\xbfa: \xc3", 1, 4, "byte 6 "),
        ("a: ×".encode("utf-16"), 1, 1, "this is UTF-16"),
        (codecs.BOM_UTF16_BE + "a: ×".encode("utf-16-be"), 1, 1, "this is UTF-16"),
        ("a: 1".encode("utf-16-le"), 1, 1, "this is UTF-16"),
        ("a: 1".encode("utf-32"), 1, 1, "this is UTF-32"),
        (codecs.BOM_UTF32_BE + "a: ×".encode("utf-32-be"), 1, 1, "this is UTF-32"),
        ("a: 1".encode("utf-32-be"), 1, 1, "this is UTF-32"),
        ("a: 日本".encode("shift-jis"), 1, 4, "byte 3 "),
        ("a: 日本".encode("gb18030"), 1, 4, "byte 3 "),
        (b"\x1f\x8b\x08\x00", 1, 2, "byte 1 "),
    ],
)
def test_other_encodings(data: bytes, line: int, column: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError, match=message) as caught:
        read_text(str(path))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E101"
    assert diagnostic.span == Span(line, column - 1, column)


# ---- diagnostics

NET = Source("net.yaml", "a\nb\nc\n  - conv: {out: 6, kernal: 5}\n")
KERNAL = Diagnostic(
    "E231", "`conv` has no field `kernal`", NET, Span(4, 19, 25), "did you mean `kernel`?", ("in Stage called here: net.yaml:7:5",)
)


def shown(*diagnostics: Diagnostic, width: int = 80, **settings: bool) -> str:
    file = io.StringIO()
    render(diagnostics, Console(file=file, width=width, **settings))  # type: ignore[arg-type]
    return file.getvalue()


def test_a_diagnostic_shows_the_line_and_the_place() -> None:
    expected = """\
error[E231]: `conv` has no field `kernal`
 --> net.yaml:4:20
4 |   - conv: {out: 6, kernal: 5}
  |                    ^^^^^^ did you mean `kernel`?
  = note: in Stage called here: net.yaml:7:5
"""
    assert shown(KERNAL) == expected
    assert text([KERNAL]) + "\n" == expected
    assert str(SpecError([KERNAL])) + "\n" == expected
    assert "\x1b[1;31m" in shown(KERNAL, force_terminal=True)


def test_help_of_several_lines_stands_apart() -> None:
    assert text([Diagnostic("E1", "m", NET, Span(1, 0, 1), "one\ntwo")]).endswith("  | ^\n  = help: one\n          two")
    assert text([Diagnostic("E112", "no such file", help="look elsewhere")]) == "error[E112]: no such file\n  = help: look elsewhere"


def test_many_diagnostics_are_counted_and_cut() -> None:
    warning = Diagnostic("W1", "m", severity="warning")
    assert text([KERNAL, KERNAL, warning]).endswith("\n2 errors, 1 warning")
    assert text([warning]) == "warning[W1]: m"
    many = text([KERNAL] * 50)
    assert many.count("error[") == MOST_ERRORS
    assert many.endswith("\nfirst 20 errors")


def test_carets_stand_under_wide_characters_and_tabs() -> None:
    line, caret = text([Diagnostic("E1", "m", Source("n", "名前:\té é bad"), Span(1, 8, 11))]).split("\n")[2:]
    assert line == "1 | 名前:    é é bad"
    assert caret == "  |              ^^^"


def test_long_lines_are_cropped_to_the_place() -> None:
    long = Source("net.yaml", "x" * 500_000 + "BAD" + "y" * 500_000)
    for width in (1, 30, 80):
        lines = shown(Diagnostic("E1", "m", long, Span(1, 500_000, 500_003)), width=width).split("\n")
        assert max(map(len, lines[2:4])) <= max(width, 24)
        assert lines[2].index("BAD") == lines[3].index("^^^")
    whole = shown(Diagnostic("E1", "m", long, Span(1, 0, 1_000_003)), width=30)
    assert max(map(len, whole.split("\n")[2:])) <= 30


@given(st.text(), st.text(), st.builds(Span, st.integers(0, 9), st.integers(0, 99), st.integers(0, 99)), st.integers(1, 200))
@example("\x1b[2J\x9b[bold]:smile:", "\u202e[/]", Span(1, 0, 9), 30)
def test_nothing_of_the_users_reaches_the_terminal_as_a_command(message: str, line: str, span: Span, width: int) -> None:
    diagnostic = Diagnostic("E1", message, Source(message, line), span, message, (message,))
    for out in (text([diagnostic]), shown(diagnostic, width=width), shown(diagnostic, width=width, no_color=True)):
        assert all(c.isprintable() or c == "\n" for c in out)


def test_markup_is_text() -> None:
    assert "[bold]:smile:[/]" in shown(Diagnostic("E1", "[bold]:smile:[/]"))


def test_fail_raises_and_an_error_says_something() -> None:
    with pytest.raises(SpecError, match=r"error\[E1\]: m"):
        fail("E1", "m")
    with pytest.raises(ValueError, match="says what is wrong"):
        SpecError([])


def test_importing_diagnostics_does_not_import_rich() -> None:
    code = "import sys, archcalc.spec.diagnostics as d; d.text([d.Diagnostic('E1', 'm')]); sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
