"""Files made to break the program: each ends with a clear message and exit code 2, soon, whatever is in it."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import spec
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import zoo
from archcalc.layers import KINDS
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SECONDS = 20  # of processor time: far more than any of these needs, far less than any of them could burn
MEMORY = 1 << 30  # bytes of address space, beyond which a process fails
NET = "input: [3, 8, 8]\nlayers:\n"


class Ran(NamedTuple):
    code: int
    out: str
    err: str
    seconds: float


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def archcalc(*args: str, given: bytes = b"", folder: Path = ROOT) -> Ran:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, "-m", "archcalc", *args],
        input=given, capture_output=True, check=False, cwd=folder, timeout=120, preexec_fn=limited,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode(), seconds)


def refused(ran: Ran) -> str:
    """Check that a process refused in the way it should; give what it said."""
    assert ran.code == 2, f"exit code {ran.code}: {ran.err[-2000:]}"
    assert ran.out == ""
    assert "Traceback" not in ran.err
    first = ran.err.split("\n", 1)[0]
    assert first.startswith(("error[E", "archcalc: ")), first
    assert len(ran.err) < 20_000
    assert ran.err.replace("\n", "").isprintable()
    assert ran.seconds < SECONDS / 2
    return ran.err


def nested(depth: int, inner: str, *, repeat: int = 10_000) -> str:
    return "".join("{repeat: " + str(repeat) + ", layers: [" for _ in range(depth)) + inner + "]}" * depth


def doubling(depth: int, last: str) -> str:
    """Write blocks that each call the next one twice."""
    lines = [f"  B{i}: {{layers: [B{i + 1}, B{i + 1}]}}" for i in range(depth)]
    return "\n".join(["blocks:", *lines, f"  B{depth}: {{layers: [{last}]}}", "input: [8]", "layers: [relu, B0]", ""])


def chain(depth: int, before: str = "", after: str = "", times: int = 0, *, backwards: bool = False) -> str:
    """Write blocks that each call the next one once, inside of something."""
    lines = [f"  B{i}: {{layers: [{before * times}B{i + 1}{after * times}]}}" for i in range(depth)]
    lines.append(f"  B{depth}: {{layers: [relu]}}")
    return "\n".join(["blocks:", *(lines[::-1] if backwards else lines), "input: [8]", "layers: [B0]", ""])


def conditional(depth: int) -> str:
    """Write doubling blocks whose layer is never there, which only the run can tell."""
    return doubling(depth, "{if: x.d > 8, relu: }")


def branching(depth: int) -> str:
    return "input: [8]\nlayers:\n  - relu\n  - " + "{branches: {a: [" * depth + "relu" + "], b: []}}" * depth + "\n"


#: what a file holds, and the code that it is refused with
FILES: dict[str, tuple[str | bytes | Callable[[], str | bytes], str]] = {
    "a tab": (NET + "\t- relu\n", "E1"),
    "a tab between key and value": ("input:\t[3]\nlayers:\t[rleu]\n", "E"),
    "a key twice": ("input: [3]\nlayers: [relu]\nlayers: [tanh]\n", "E106"),
    "an anchor": ("input: &a [3]\nlayers: [relu]\n", "E102"),
    "an alias": ("input: *a\nlayers: [relu]\n", "E102"),
    "a merge key": ("input: [3]\nlayers: [{<<: {relu: }}]\n", "E"),
    "a tag": ("input: !!python/object/apply:os.system [echo]\nlayers: [relu]\n", "E"),
    "a bomb of aliases": ("a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 30)), "E102"),
    "two documents": ("input: [3]\n---\nlayers: [relu]\n", "E"),
    "empty": ("", "E113"),
    "a comment": ("# nothing\n", "E113"),
    "null": ("null\n", "E113"),
    "a number": ("3\n", "E210"),
    "a byte": (b"\x00", "E"),
    "invalid UTF-8": (b"input: [3]\nlayers: [\xff\xfe]\n", "E"),
    "UTF-16": ("input: [3]\nlayers: [rleu]\n".encode("utf-16"), "E"),
    "binary noise": (lambda: b"".join(hashlib.sha256(bytes([i % 256, i // 256])).digest() for i in range(3_000)), "E"),
    "control characters": ("input: [3]\nlayers: ['\\e[31mred\\a']\n", "E"),
    "a terminal's commands": ('input: [3]\nlayers: ["\\e[31mred\\e[0m\\u202e\\a"]\n', "E101"),
    "4 MB": (lambda: "# " + "x" * 4_000_000 + "\n" + NET + "  - relu\n", "E"),
    "one long line": (lambda: "input: [3]\nlayers: [" + "relu, " * 20_000 + "rleu]\n", "E201"),
    "50,000 brackets": ("[" * 50_000, "E107"),
    "50,000 closed brackets": ("layers: " + "[" * 50_000 + "]" * 50_000, "E107"),
    "50,000 braces": ("{a: " * 50_000, "E107"),
    "50,000 dashes": ("- " * 50_000 + "relu\n", "E107"),
    "deep by indentation": (lambda: "".join(" " * i + "a:\n" for i in range(900)), "E107"),
    "a long key": (lambda: "k" * 200_000 + ": 3\n" + NET + "  - relu\n", "E"),
    "a long word": (lambda: NET + "  - " + "r" * 500_000 + "\n", "E201"),
    "a long number": (lambda: NET + "  - linear: " + "9" * 100_000 + "\n", "E"),
    "a huge number": (NET + "  - linear: 99999999999999999999999999\n", "E"),
    "a huge power": (NET + "  - linear: 9**9**9**9\n", "E3"),
    "a huge layer": ("input: [1000000000000000000]\nlayers: [relu]\n", "E105"),
    "infinity": (NET + "  - linear: .inf\n", "E"),
    "not a number": (NET + "  - dropout: .nan\n", "E"),
    "1e400": (NET + "  - linear: 1e400\n", "E"),
    "a deep expression": (lambda: NET + "  - linear: '" + "(" * 10_000 + "3" + ")" * 10_000 + "'\n", "E302"),
    "an expression of minuses": (NET + "  - linear: '" + "-" * 190 + "3'\n", "E"),
    "nested brackets in an expression": (NET + "  - linear: '" + "[" * 95 + "]" * 95 + "'\n", "E"),
    "attributes": (NET + "  - linear: x.__class__\n", "E304"),
    "a call": (NET + "  - linear: '__import__(\"os\").getcwd()'\n", "E303"),
    "a comprehension": (NET + "  - linear: 'sum([i for i in [1]])'\n", "E303"),
    "a list times a number": (NET + "  - linear: 'len([0] * 1000000000)'\n", "E3"),
    "text times a number": (NET + "  - linear: \"len('a' * 1000000000)\"\n", "E3"),
    "a template without end": (NET + "  - {name: 'a$(', relu: }\n", "E302"),
    "empty loops": (NET + "  - " + nested(5, "") + "\n", "E"),
    "empty loops around a condition": (NET + "  - " + nested(3, "{if: false, relu: }") + "\n", "E501"),
    "loops around a layer": (NET + "  - " + nested(4, "relu") + "\n", "E502"),
    "a long loop": (NET + "  - {repeat: 1000000000000, if: false, relu: }\n", "E501"),
    "a long count": (NET + "  - {for: {i0: 1000000000000}, if: false, relu: }\n", "E50"),
    "a loop over loops": (NET + "  - {for: {a: 10000}, layers: [{for: {b: 10000}, layers: [{for: {c: 10000}, layers: []}]}]}\n", "E"),
    "no layers": (doubling(60, ""), "E"),
    "doubling blocks without a layer": (doubling(60, "layers: []").replace("relu, ", ""), "E"),
    "doubling blocks of one layer": (doubling(60, "relu"), "E50"),
    "doubling blocks, conditionally": (conditional(60), "E50"),
    "a chain of blocks": (chain(70), "E503"),
    "a long chain of blocks": (chain(5_000), "E503"),
    "a chain of blocks, backwards": (chain(70, backwards=True), "E503"),
    "a long circle of blocks": (chain(5_000).replace("[B5000]", "[B0]"), "E503"),
    "groups in blocks in groups": (chain(40, "{layers: [", "]}", 10), "E503"),
    "residuals in blocks in residuals": (chain(40, "{residual: [", "]}", 10), "E503"),
    "branches in blocks in branches": (chain(40, "{branches: {a: [", "]}}", 10), "E503"),
    "loops in blocks in loops": (chain(40, "{repeat: 1, layers: [", "]}", 10), "E503"),
    "blocks in a circle": ("blocks: {A: {layers: [B, B]}, B: {layers: [A, A]}}\ninput: [3]\nlayers: [A]\n", "E224"),
    "variables in a circle": ("vars: {a: b + 1, b: a + 1}\ninput: [3]\nlayers: [relu]\n", "E301"),
    "branches in branches": (branching(40), "E107"),
    "too many branches": (lambda: NET + "  - branches: {" + ", ".join(f"b{i}: [rleu]" for i in range(5000)) + "}\n", "E201"),
    "many errors": (lambda: NET + "  - rleu\n" * 50_000, "E201"),
    "many blocks": (lambda: "blocks:\n" + "".join(f"  B{i}: {{layers: [rleu]}}\n" for i in range(10_000)) + NET + "  - relu\n", "E201"),
    "an input of many axes": ("input: [" + "3, " * 10_000 + "]\nlayers: [relu]\n", "E215"),
    "many names": (lambda: NET + "".join(f"  - {{name: n{i}, relu: }}\n" for i in range(5_000)) + "  - {from: m, relu: }\n", "E310"),
    "it uses itself": ("use: [net.yaml]\ninput: [3]\nlayers: [relu]\n", "E225"),
    "it uses a device": ("use: [/dev/zero]\ninput: [3]\nlayers: [relu]\n", "E227"),
    "it uses a folder": ("use: [.]\ninput: [3]\nlayers: [relu]\n", "E226"),
    "it uses nothing": ("use: ['']\ninput: [3]\nlayers: [relu]\n", "E"),
    "it uses a null byte": ('use: ["a\\0b"]\ninput: [3]\nlayers: [relu]\n', "E101"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files(name: str, tmp_path: Path) -> None:
    holds, code = FILES[name]
    holds = holds() if callable(holds) else holds
    path = tmp_path / "net.yaml"
    path.write_bytes(holds if isinstance(holds, bytes) else holds.encode())
    said = refused(archcalc("summarize", str(path)))
    assert said.startswith(f"error[{code}"), said[:300]
    assert "net.yaml" in said


ARGUMENTS: dict[str, list[str]] = {
    "a missing file": ["nothing.yaml"],
    "a folder": ["."],
    "a name that nothing has": ["vgg61"],
    "an empty name": [""],
    "a device": ["/dev/null"],
    "a null byte's stand-in": ["net\u0001.yaml"],
    "a long name": ["n" * 5_000],
    "a variant that the file has not": ["vgg16#nothing"],
    "a batch of nothing": ["vgg16", "--batch", "0"],
    "an endless batch": ["vgg16", "--batch", "9" * 40],
    "a precision that nothing has": ["vgg16", "--dtype", "fp31"],
    "a variable that the file has not": ["vgg16", "--set", "nothing=3"],
    "a value that is no expression": ["vgg16", "--set", "classes=9**9**9"],
    "an input that does not fit": ["vgg16", "--input", "image=3,2,2"],
    "an input without size": ["vgg16", "--input", "image=,,"],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str) -> None:
    ran = archcalc("summarize", *ARGUMENTS[name])
    assert ran.code == 2, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert ran.err.strip()
    assert ran.seconds < SECONDS / 2


def test_standard_input() -> None:
    assert "E" in refused(archcalc("summarize", "-", given=b"[" * 50_000))
    assert refused(archcalc("summarize", "-", given=b""))


def test_files_that_use_files(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"f{i}.yaml").write_text(f"use: [f{i + 1}.yaml]\nblocks: {{A{i}: {{layers: [relu]}}}}\n")
    (tmp_path / "f300.yaml").write_text("blocks: {B: {layers: [relu]}}\n")
    said = refused(archcalc("summarize", str(tmp_path / "f0.yaml")))
    assert said.startswith("error[E503]")


def test_files_that_are_none(tmp_path: Path) -> None:
    loop, pipe, missing = (tmp_path / name for name in ("loop.yaml", "pipe.yaml", "missing.yaml"))
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    for path in (loop, pipe, missing, Path("/dev/zero")):
        assert path.name in refused(archcalc("summarize", str(path)))


def test_what_is_large_but_well_formed(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [8]\nlayers:\n" + "  - relu\n" * 10_000)
    assert archcalc("summarize", str(path), "--format", "jsonl").code == 0
    large = 10**17
    path.write_text(f"input: [{large}]\nlayers: [linear: {large}, linear: {large}]\n")
    ran = archcalc("summarize", str(path), "--format", "json")
    assert ran.code == 0, ran.err
    assert str(2 * large**2) in ran.out, "figures are exact, however large"


# the zoo with words changed: most of it is wrong, none of it may be anything but a result or a diagnostic

TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
ZOO = [TOKEN.findall(path.read_text(encoding="utf-8")) for path in zoo.files()]
WORDS = [
    *KINDS, "x", "x.c", "x.d", "null", "~", "true", "no", "-1", "0", "7.5", "[]", "{}", '""', "$x", "$(", "$i", "*", "skip*", "none", "all",
    "1e3", ".inf", "i", "self", "name", "from", "repeat", "for", "if", "tie", "freeze", "precision", "shared", "expect", "impl", "merge",
    "axis", "shortcut", "of", "same", "1 // 0", "99999999999", "from: x", "tie: x", "2**70", "[[1]]", "[x, x]", "{a: 1}", "1 .. 2", "± 1%",
    "\t", "&a",
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Take a spec of the zoo and change a few words."""
    tokens = list(draw(st.sampled_from(ZOO)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["replace", "replace", "insert", "drop", "swap"])):
            case "replace":
                tokens[at] = draw(st.sampled_from(WORDS))
            case "insert":
                tokens.insert(at, draw(st.sampled_from(WORDS)))
            case "drop":
                tokens[at] = ""
            case "swap":
                other = draw(st.integers(0, len(tokens) - 1))
                tokens[at], tokens[other] = tokens[other], tokens[at]
    return "".join(tokens)


@settings(max_examples=400)
@given(broken())
def test_changed_words(text: str) -> None:
    try:
        made = spec(text, max_layers=2_000).summary()
    except SpecError as error:
        said = str(error)
    else:
        said = "\n".join(made.warnings)
        assert made.totals.layers == len(made.layers) > 0
    assert said.replace("\n", "").isprintable()
