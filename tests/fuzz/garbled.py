"""Bytes: specs cut, spliced, flipped, repeated, in other encodings, and noise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from archcalc import zoo

__all__ = ["CORPUS", "garbled", "seeds"]

CORPUS = Path(__file__).parent / "corpus"
#: Pieces that mean something to YAML, to terminals or to whoever decodes.
PIECES = [
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xfe\xff",
    b"\xff\xfe",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\x1b[31m",
    b"\x1b]0;x\x07",
    b"\x9b2J",
    b"\x7f",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b" ",
    b"  ",
    b"&a ",
    b"*a",
    b"!!python/object/apply:os.system ",
    b"!x ",
    b"<<: ",
    b"? ",
    b"- ",
    b": ",
    b"#",
    b"%YAML 1.1\n",
    b"---\n",
    b"...\n",
    b"| ",
    b"> ",
    b"'",
    b'"',
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"@",
    b"`",
    b"%",
    b'"\\x1b"',
    b'"\\U00110000"',
    b"9" * 400,
    b"- " * 70,
    b"[" * 70,
    b"{a: " * 70,
]
ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "latin-1", "cp037", "utf-7", "shift-jis", "utf-8-sig")


@cache
def seeds() -> list[bytes]:
    """Read the specs of the zoo, and what was found."""
    return [path.read_bytes() for path in (*zoo.files(), *sorted(CORPUS.iterdir()))]


@st.composite
def garbled(draw: st.DrawFn) -> bytes:
    """Spoil a file."""
    kind = draw(st.sampled_from(["edit", "edit", "edit", "cut", "splice", "encode", "noise"]))
    holds = draw(st.sampled_from(seeds()))
    match kind:
        case "noise":
            return draw(st.binary(max_size=400) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
        case "cut":
            begin = draw(st.sampled_from([0, 0, draw(st.integers(0, len(holds)))]))
            return holds[begin : draw(st.integers(begin, len(holds)))]
        case "splice":
            other = draw(st.sampled_from(seeds()))
            return holds[: draw(st.integers(0, len(holds)))] + other[draw(st.integers(0, len(other))) :]
        case "encode":
            return holds.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(holds)))
        to = min(at + draw(st.sampled_from([0, 1, 1, 2, 9, 80])), len(holds))
        piece = draw(st.sampled_from([holds[at:to] * 2, bytes(b ^ 1 << draw(st.integers(0, 7)) for b in holds[at:to][:2]), b"", *PIECES]))
        holds = holds[:at] + piece + holds[to:]
    return holds
