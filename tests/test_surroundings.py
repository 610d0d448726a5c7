"""Unlucky surroundings, each with a process of its own: streams, signals, files, environments, encodings, installations."""

from __future__ import annotations

import codecs
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from helpers import ROOT, archcalc, at_terminal, plain

from archcalc import cli
from archcalc.cli.door import PIPE, WRONG
from archcalc.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Every command, with what is soon done; `SHEET` stands for a file of answers.
COMMANDS = {
    name: f"{name} {rest}".split()
    for name, rest in {
        "summarize": "lenet5", "check": "lenet5", "compare": "lenet5 alexnet", "memory": "lenet5", "train": "lenet5",
        "estimate": "lenet5 --device t4", "infer": "gpt2 --context 64", "export": "lenet5 --to svg", "explain": "lenet5", "formulas": "",
        "worksheet": "lenet5", "grade": "lenet5 SHEET", "reconcile": "lenet5", "report": "lenet5 -o -", "devices": "", "zoo": "lenet",
        "schema": "",
    }.items()
}  # fmt: skip
ALL = [*COMMANDS, "--help", "--version", "train --help"]
NET = "input: {image: [3, 8, 8]}\nlayers: [{conv: {out: 4, kernel: 3}}]\n"
FULL = "archcalc: standard output: No space left on device\n"
#: Before a command: makes the superuser heed what files allow.
HEEDFUL = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
heedful = pytest.mark.skipif(bool(HEEDFUL) and shutil.which("setpriv") is None, reason="the superuser may do everything")


def words(command: str, folder: Path) -> list[str]:
    """Give the arguments of a command; its sheet is written."""
    sheet = folder / "sheet.csv"
    if "SHEET" in COMMANDS.get(command, ()):
        sheet.write_text("layer,params\nconv_1,156\n", encoding="utf-8")
    return [str(sheet) if word == "SHEET" else word for word in COMMANDS.get(command, command.split())]


def process(
    *args: str | bytes, python: tuple[str, ...] = (), before: list[str] | None = None, stdout: Any = subprocess.PIPE, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run the command with everything about the process as it is told."""
    command = [*(before or []), sys.executable, *python, "-m", "archcalc", *args]
    told = {"stdin": subprocess.DEVNULL, "env": plain(), "cwd": ROOT, "timeout": 60, **more}
    done: subprocess.CompletedProcess[bytes] = subprocess.run(command, check=False, stdout=stdout, stderr=subprocess.PIPE, **told)
    return done


def shell(redirections: str, *args: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command with its streams as a shell sets them."""
    return subprocess.run(
        ["/bin/bash", "-c", f'"$@" {redirections}', "-", sys.executable, "-m", "archcalc", *args],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=folder or ROOT, env=plain(), encoding="utf-8", timeout=60,
    )  # fmt: skip


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == {*cli.COMMANDS}


# ---- streams


@pytest.mark.parametrize("command", ALL)
def test_a_reader_that_is_gone_is_no_matter(command: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = process(*words(command, tmp_path), stdout=writer)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (PIPE, b"")


@pytest.mark.parametrize("name", FORMATS)
def test_a_reader_that_has_seen_enough_is_no_matter(name: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: {image: [3, 32, 32]}\nlayers:\n  - flatten\n" + "  - linear: 10\n" * 2000, encoding="utf-8")
    depth = ["--depth", "all"] if name in ("table", "markdown") else []
    ran = shell("| head -n 1; echo ${PIPESTATUS[0]}", "summarize", "net.yaml", *depth, "-f", name, folder=tmp_path)
    assert (ran.stderr, ran.stdout.splitlines()[-1]) == ("", str(PIPE))


@pytest.mark.parametrize("command", ALL)
def test_a_full_disk_behind_standard_output_is_told(command: str, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = process(*words(command, tmp_path), stdout=full)
    assert (ran.returncode, ran.stderr.decode()) == (WRONG, FULL)


@pytest.mark.parametrize(
    ("args", "redirections", "code", "says"),
    [
        ("summarize lenet5", ">&-", WRONG, "archcalc: standard output: Bad file descriptor\n"),
        ("--version", ">&-", WRONG, "archcalc: standard output: Bad file descriptor\n"),
        ("summarize lenet5 nope", ">/dev/full", WRONG, FULL),
        ("summarize lenet5", ">/dev/full 2>/dev/full", WRONG, ""),
        ("summarize nope", "2>/dev/full", WRONG, ""),
        ("summarize --nope", "2>&-", WRONG, ""),
        ("summarize nope", "2> >(true)", PIPE, ""),
        ("summarize -", "<&-", WRONG, "error[E112]: there is no standard input\n"),
        ("summarize -", "0>/dev/null", WRONG, "error[E112]: cannot read `<stdin>`: bad file descriptor\n"),
        ("schema -o /dev/null", "<&- >&- 2>&-", 0, ""),
    ],
)  # fmt: skip
def test_streams_that_are_closed_or_full(args: str, redirections: str, code: int, says: str) -> None:
    ran = shell(redirections, *args.split())
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", says)


def test_a_file_is_itself_where_all_streams_are_closed(tmp_path: Path) -> None:
    """The next file that is opened has the number of a stream that is closed."""
    ran = shell("<&- >&- 2>&-", "summarize", "lenet5", "-f", "csv", "-o", str(tmp_path / "out"))
    assert (ran.returncode, (tmp_path / "out").read_text(encoding="utf-8")) == (0, archcalc("summarize", "lenet5", "-f", "csv").stdout)


# ---- signals

#: Sends a signal where a module is imported, in the midst of an `exec`, as dataclasses are made by one.
AT_IMPORT = """
import os, runpy, sys
module, number, *args = sys.argv[1:]
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            exec(f"os.kill(os.getpid(), {number})")
sys.meta_path.insert(0, Finder())
sys.argv = ["archcalc", *args]
runpy.run_module("archcalc", run_name="__main__", alter_sys=True)
"""
MOMENTS = ["typer", "archcalc.cli.summarize", "yaml", "archcalc.trace", "rich.console"]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupt_is_no_error_whenever_it_comes(moment: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old", encoding="utf-8")
    command = [sys.executable, "-c", AT_IMPORT, moment, str(int(signal.SIGINT)), "summarize", "lenet5", "-o", str(out)]
    ran = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=plain(), timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")
    assert (out.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [out])


def waiting(folder: Path, **more: Any) -> subprocess.Popen[bytes]:
    """Start a command that has begun a file and waits for the spec."""
    (folder / "out").write_text("old", encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "-m", "archcalc", "summarize", "-", "-o", "out"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=plain(), **more,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not list(folder.glob(".out*.part")) and time.monotonic() < until:
        time.sleep(0.02)
    return started


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_half_done(number: signal.Signals, tmp_path: Path) -> None:
    with waiting(tmp_path) as running:
        running.send_signal(number)
        assert running.communicate(timeout=30) == (b"", b"")
    assert running.returncode == 128 + number
    assert (tmp_path / "out").read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_signals_that_a_shell_ignores_are_ignored(tmp_path: Path) -> None:
    """As `nohup` has it, and the background of a shell."""

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with waiting(tmp_path, preexec_fn=ignore) as running:
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGHUP)
        assert running.communicate(NET.encode(), timeout=30) == (b"", b"")
    assert running.returncode == 0
    assert "conv_1" in (tmp_path / "out").read_text(encoding="utf-8")


# ---- files


def test_names_may_be_as_long_as_the_system_has_them(tmp_path: Path) -> None:
    name = "é" * 125 + ".json"  # 255 bytes
    assert archcalc("schema", "-o", str(tmp_path / name)).returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_file_is_replaced_at_one_stroke(tmp_path: Path) -> None:
    out, link, twin = (tmp_path / name for name in ("out.json", "link", "twin"))
    out.write_text("old", encoding="utf-8")
    out.chmod(0o640)
    link.symlink_to("out.json")
    twin.hardlink_to(out)
    assert archcalc("summarize", "lenet5", "-f", "json", "-o", str(link)).stdout == ""
    assert json.loads(out.read_text(encoding="utf-8"))["model"] == "LeNet-5"
    assert (out.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)
    assert twin.read_text(encoding="utf-8") == "old", "another name of the old file keeps the old file"
    assert sorted(tmp_path.iterdir()) == [link, out, twin]


def test_a_new_file_is_as_private_as_others(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("new")
    ran = process("schema", "-o", str(tmp_path / "dangling"), umask=0o027)
    assert (ran.returncode, (tmp_path / "new").stat().st_mode & 0o777) == (0, 0o640)


def refusals(folder: Path) -> Iterator[tuple[str, str]]:
    """Give files that can't be written, and what is said of them."""
    (folder / "loop").symlink_to("loop")
    (folder / "lost").symlink_to("/nowhere/new")
    (folder / "file").write_text("old", encoding="utf-8")
    yield str(folder / "loop"), "Too many levels of symbolic links"
    yield str(folder / "lost"), "there is no folder `/nowhere`"
    yield str(folder / "no" / "new"), f"there is no folder `{folder / 'no'}`"
    yield str(folder / "file" / "new"), "Not a directory"
    yield "/dev/full", "No space left on device"


def test_what_can_not_be_written_is_called_by_its_name(tmp_path: Path) -> None:
    for name, says in refusals(tmp_path):
        ran = archcalc("schema", "-o", name)
        assert (ran.returncode, ran.stdout, ran.stderr) == (WRONG, "", f"archcalc: {name}: {says}\n")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "loop", "lost"]


def test_devices_and_pipes_are_written_to(tmp_path: Path) -> None:
    assert archcalc("schema", "-o", "/dev/null").returncode == 0
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ran = shell("& cat fifo; wait", "schema", "-o", "fifo", folder=tmp_path)
    assert (json.loads(ran.stdout)["title"], fifo.is_fifo()) == ("archcalc spec", True)


def test_standard_output_is_not_replaced(tmp_path: Path) -> None:
    """What others have written to the file that it is stays there."""
    (tmp_path / "log").write_text("old\n", encoding="utf-8")
    ran = shell(">> log", "summarize", "lenet5", "-o", "/dev/stdout", folder=tmp_path)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert (ran.returncode, text[:12], list(tmp_path.iterdir())) == (0, "old\nLeNet-5 ", [tmp_path / "log"])


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("net.yaml", "summarize lenet5 ./net.yaml#small"), ("old.json", "check net.yaml --baseline old.json"),
        ("net.yaml", "compare lenet5 net.yaml"), ("net.yaml", "memory net.yaml"), ("t4.yaml", "train net.yaml --device t4.yaml"),
        ("t4.yaml", "estimate net.yaml --device t4.yaml"), ("t4.yaml", "infer net.yaml --device t4.yaml"),
        ("net.yaml", "export net.yaml --to svg"), ("t4.yaml", "explain net.yaml --device t4.yaml"), ("net.yaml", "worksheet net.yaml"),
        ("sheet.csv", "grade net.yaml sheet.csv"), ("net.yaml", "reconcile net.yaml"), ("net.yaml", "report lenet5 net.yaml"),
        ("t4.yaml", "devices t4.yaml"),
    ],
)  # fmt: skip
def test_what_is_read_is_not_written_over(name: str, args: str, tmp_path: Path) -> None:
    for file in ("net.yaml", "sheet.csv", "t4.yaml", "old.json"):
        (tmp_path / file).write_text(NET, encoding="utf-8")
    ran = archcalc(*args.split(), "-o", name, folder=tmp_path)
    says = f"archcalc: {name}: this is read here, and would be written over; name another file\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (WRONG, "", says)
    assert (tmp_path / name).read_text(encoding="utf-8") == NET


def test_a_baseline_is_not_recorded_over_a_spec(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    ran = archcalc("check", "net.yaml", "--baseline", "net.yaml", "--record", folder=tmp_path)
    assert (ran.returncode, (tmp_path / "net.yaml").read_text(encoding="utf-8")) == (WRONG, NET)


@pytest.mark.parametrize("args", ["summarize lenet5 -f json", "report lenet5", "formulas"])
def test_a_full_disk_leaves_the_old_file(args: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("old", encoding="utf-8")
    ran = process(*args.split(), "-o", str(tmp_path / "out"), preexec_fn=_short)
    assert (ran.returncode, ran.stderr.decode()) == (WRONG, f"archcalc: {tmp_path / 'out'}: File too large\n")
    assert ((tmp_path / "out").read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [tmp_path / "out"])


def _short() -> None:
    """Allow no file of more than a line."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


def test_a_baseline_is_recorded_whole_or_not_at_all(tmp_path: Path) -> None:
    ran = process("check", "lenet5", "--baseline", "b.json", "--record", "-o", "/dev/null", cwd=tmp_path, preexec_fn=_short)
    assert (ran.returncode, ran.stderr, list(tmp_path.iterdir())) == (WRONG, b"archcalc: b.json: File too large\n", [])


@heedful
def test_what_somebody_protected_is_not_replaced(tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "folder"
    out.write_text("old", encoding="utf-8")
    out.chmod(0o444)
    folder.mkdir(mode=0o555)
    for path in (out, folder / "new"):
        ran = process("schema", "-o", str(path), before=HEEDFUL)
        assert (ran.returncode, ran.stderr.decode()) == (WRONG, f"archcalc: {path}: Permission denied\n")
    assert (out.read_text(encoding="utf-8"), list(folder.iterdir())) == ("old", [])


# ---- environments


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_does_with_nothing(command: str, tmp_path: Path) -> None:
    """No home, path, terminal, locale, standard input or working folder, no assertions; every warning is an error."""
    gone = tmp_path / "gone"
    gone.mkdir()
    nothing = {
        "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PATH": "", "LC_ALL": "C", "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }  # fmt: skip
    python = [sys.executable, "-B", "-O", "-W", "error", "-m", "archcalc"]
    ran = subprocess.run(
        ["/bin/bash", "-c", 'cd "$1"; rmdir "$1"; shift; exec "$@" <&-', "-", str(gone), *python, *words(command, tmp_path)],
        capture_output=True, check=False, env=nothing | {"PATH": os.environ["PATH"]}, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode("utf-8" if command in {"export", "report"} else "ascii")


@pytest.mark.parametrize(
    "args",
    ["summarize -", "schema -o out", "check lenet5 -f junit", "compare a.yaml --against HEAD"],
)
def test_a_working_folder_that_is_gone_is_told(args: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$1"; rmdir "$1"; shift; exec "$@"'
    ran = subprocess.run(
        ["/bin/bash", "-c", script, "-", str(gone), sys.executable, "-m", "archcalc", *args.split()],
        input=NET, capture_output=True, check=False, env=plain(), encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (WRONG, "archcalc: the folder that this runs in is gone; change to another one\n")


@pytest.mark.parametrize("size", ["0", "-5", "nonsense", "²", "99999999999", "", "9" * 5000])
@pytest.mark.parametrize("args", [["summarize", "lenet5"], ["memory", "lenet5"]])
def test_a_screen_without_a_size_is_none(size: str, args: list[str]) -> None:
    told = process(*args, env=plain() | {"COLUMNS": size, "LINES": size})
    assert (told.returncode, told.stderr, told.stdout) == (0, b"", process(*args).stdout)


@pytest.mark.parametrize(
    "command", ["summarize", "compare", "memory", "train", "estimate", "infer", "explain", "grade", "reconcile", "devices"]
)
def test_a_narrow_terminal_is_not_overrun(command: str, tmp_path: Path) -> None:
    shown = bare(at_terminal(40, *words(command, tmp_path), TERM="xterm")).split("\r\n")
    assert 30 < max(map(len, shown)) <= 40


@pytest.mark.parametrize("width", [0, 1, 60, 80, 120])
def test_a_terminal_is_filled_and_not_overrun(width: int) -> None:
    longest = max(map(len, bare(at_terminal(width, "summarize", "vgg16", TERM="xterm")).split("\r\n")))
    width = width or 80  # one that does not know is taken for such a one
    assert max(width - 15, 0) < longest <= max(width, 3)


def bare(text: str) -> str:
    """Take out what colours a text."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


COLOURED, STYLED, BARE = "coloured", "styled", "bare"


@pytest.mark.parametrize(
    ("env", "terminal", "elsewhere"),
    [
        ({}, COLOURED, BARE),
        ({"TERM": "dumb"}, BARE, BARE),
        ({"NO_COLOR": "0"}, STYLED, BARE),
        ({"FORCE_COLOR": "1"}, COLOURED, COLOURED),
        ({"FORCE_COLOR": ""}, COLOURED, BARE),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, STYLED, STYLED),
        ({"TTY_COMPATIBLE": "0"}, BARE, BARE),
    ],
)  # fmt: skip
def test_colours_are_for_those_who_want_them(env: dict[str, Any], terminal: str, elsewhere: str) -> None:
    """NO_COLOR takes the colours, and leaves bold and dim; FORCE_COLOR makes a terminal of everything."""
    env = {"TERM": "xterm", **env}
    piped = process("summarize", "lenet5", env=plain() | env).stdout.decode()
    assert [look(at_terminal(80, "summarize", "lenet5", **env)), look(piped)] == [terminal, elsewhere]


def look(text: str) -> str:
    """Say how a text is written."""
    return COLOURED if "\x1b[1;33m" in text else STYLED if "\x1b[1m" in text else BARE


def test_errors_are_coloured_alike() -> None:
    shown = [at_terminal(80, "summarize", "nope.yaml", code=WRONG, TERM=term) for term in ("xterm", "dumb")]
    assert ["\x1b[1;31m" in text for text in shown] == [True, False]


# ---- encodings


@pytest.mark.parametrize("encoding", ["ascii:strict", "cp1252", "cp437", "shift_jis"])
def test_a_stream_that_cannot_write_a_sign_gets_one_like_it(encoding: str, tmp_path: Path) -> None:
    net = tmp_path / "net.yaml"
    net.write_text('input: {image: [3, 32, 32]}\nlayers:\n  - {linear: 3, "größe×": "日本"}\n', encoding="utf-8")
    env = plain() | {"PYTHONIOENCODING": encoding}
    ran = process("summarize", str(net), env=env)
    line, caret = ran.stderr.decode(encoding.partition(":")[0]).splitlines()[2:4]
    assert ran.returncode == WRONG
    assert caret.index("^") == line.index('"')
    assert caret.count("^") == len(line.split('"')[1]) + 2  # its quotes


@pytest.mark.parametrize("args", ["report lenet5 -o -", "export lenet5 --to svg", "export lenet5 --to dot", "check lenet5 -f junit"])
def test_what_says_that_it_is_utf_8_is_utf_8(args: str) -> None:
    ran = process(*args.split(), env=plain() | {"PYTHONIOENCODING": "cp1252"})
    assert ran.stdout.decode().isascii() == ("junit" in args)
    if "svg" in args or "junit" in args:
        assert ET.fromstring(ran.stdout.decode()).tag  # noqa: S314 - our own


@pytest.mark.parametrize(
    "args",
    [
        ["summarize", "NET"], ["check", "NET", "-f", "junit"], ["report", "NET", "-o", "OUT"],
        ["compare", "NET", "lenet5", "-f", "markdown"], ["check", "NET", "--baseline", "OUT", "--record"],
    ],
)  # fmt: skip
def test_names_that_are_no_text_are_no_matter(args: list[str], tmp_path: Path) -> None:
    names = {"NET": os.fsencode(tmp_path) + b"/n\xff.yaml", "OUT": os.fsencode(tmp_path) + b"/o\xe9"}
    Path(os.fsdecode(names["NET"])).write_text(NET, encoding="utf-8")
    ran = process(*(names.get(word, word) for word in args))
    assert ran.returncode == 0
    shown = Path(os.fsdecode(names["OUT"])).read_bytes() if "OUT" in args else ran.stdout
    assert "n\\udcff" in shown.decode().replace("\\\\", "\\")


#: What a file is written in -> what is said of it, and where.
TEXT = NET.replace("kernel", "kernal")
OTHERS: dict[str, tuple[bytes, str, str]] = {
    "UTF-8": (TEXT.encode(), "`conv` has no field `kernal`", "2:26"),
    "a mark": (codecs.BOM_UTF8 + TEXT.encode(), "`conv` has no field `kernal`", "2:26"),
    "a mark, lines of Windows": (codecs.BOM_UTF8 + TEXT.replace("\n", "\r\n").encode(), "`conv` has no field `kernal`", "2:26"),
    "lines of an old Macintosh": (TEXT.replace("\n", "\r").encode(), "save the file with line ends LF or CRLF", "1:26"),
    "latin-1": (b"name: gr\xf6\xdfe\n" + NET.encode(), "byte 8 (line 1) is not UTF-8", "1:9"),
    **{name: (NET.encode(name), f"this is {name[:6].upper()}, not UTF-8", "1:1") for name in ("utf-16", "utf-16-be", "utf-32-le")},
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_encodings_are_called_by_their_names(name: str, tmp_path: Path) -> None:
    data, says, place = OTHERS[name]
    (tmp_path / "net.yaml").write_bytes(data)
    ran = archcalc("summarize", "net.yaml", folder=tmp_path)
    assert (ran.returncode, f"net.yaml:{place}\n" in ran.stderr) == (WRONG, True), ran.stderr
    assert says in ran.stderr
    if "utf-" in name:
        assert "1 | input: {image: [3, 8, 8]}\n" in ran.stderr, "the line can be read"


@pytest.mark.parametrize(
    ("name", "encoding", "end", "code"),
    [
        ("sheet.csv", "utf-8-sig", "\r\n", 0), ("sheet.csv", "utf-8", "\r", 0), ("sheet.csv", "utf-16", "\n", WRONG),
        ("t4.yaml", "utf-8-sig", "\r\n", 0), ("t4.yaml", "utf-16", "\n", WRONG),
        ("old.json", "utf-8-sig", "\r\n", 0), ("old.json", "utf-16", "\n", WRONG),
    ],
)  # fmt: skip
def test_other_files_are_read_alike(name: str, encoding: str, end: str, code: int, tmp_path: Path) -> None:
    text, args = {
        "sheet.csv": ("layer,params\nconv_1,156\nconv_2,2416\n", ["grade", "lenet5", name]),
        "t4.yaml": ((ROOT / "archcalc" / "devices" / "t4.yaml").read_text(encoding="utf-8"), ["devices", name]),
        "old.json": ('{"format": "archcalc.baseline/1",\n"networks": {}}', ["check", "lenet5", "--baseline", name]),
    }[name]
    (tmp_path / name).write_bytes(text.replace("\n", end).encode(encoding))
    ran = archcalc(*args, folder=tmp_path)
    assert ran.returncode == code, ran.stderr
    assert code == 0 or name in ran.stderr


# ---- Windows


def test_a_path_of_windows_is_understood() -> None:
    ran = archcalc("summarize", r"specs\lenet5.yaml")
    assert (ran.returncode, "did you mean `specs/lenet5.yaml`?" in ran.stderr) == (WRONG, True)


def test_a_used_path_of_windows_is_understood(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "own.yaml").write_text("blocks: {B: {layers: [relu]}}\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text("use: 'lib\\own.yaml'\ninput: [3]\nlayers: [B]\n", encoding="utf-8")
    ran = archcalc("summarize", "net.yaml", folder=tmp_path)
    assert (ran.returncode, "lib/own.yaml`?" in ran.stderr, "net.yaml:1:6" in ran.stderr) == (WRONG, True, True)


def test_what_windows_has_not_is_not_asked_for(tmp_path: Path) -> None:
    """A Python without what is of POSIX alone does all that a command does."""
    poor = (
        "import os, runpy, signal, sys\n"
        "for name in ('fcntl', 'grp', 'pwd', 'resource', 'termios', 'tty', 'pty'):\n    sys.modules[name] = None\n"
        "for name in ('SIGHUP', 'SIGPIPE', 'SIGALRM', 'SIGXFSZ'):\n    delattr(signal, name)\n"
        "for name in ('getuid', 'geteuid', 'mkfifo', 'fchmod', 'fchown', 'chown', 'umask'):\n    hasattr(os, name) and delattr(os, name)\n"
        "runpy.run_module('archcalc', run_name='__main__', alter_sys=True)\n"
    )
    for args in (["summarize", "lenet5"], ["check", "lenet5", "-f", "json"]):
        command = [sys.executable, "-c", poor, *args, "-o", str(tmp_path / "out")]
        ran = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=plain(), timeout=60)
        assert (ran.returncode, ran.stderr) == (0, b"")
        assert "lenet5" in (tmp_path / "out").read_text(encoding="utf-8")


# ---- installations


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install a copy that nobody can write to, as a wheel lays it out."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT / "archcalc", folder / "archcalc", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "specs", folder / "archcalc" / "specs")
    _allow(folder, 0o555, 0o444)
    yield folder
    _allow(folder, 0o755, 0o644)


def _allow(folder: Path, folders: int, files: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


@heedful
@pytest.mark.parametrize("args", ["summarize resnet50 --totals", "estimate lenet5 --device t4", "report lenet5 -o -", "reconcile lenet5"])
def test_an_installation_that_can_not_be_written_to_works(args: str, installed: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); from archcalc.__main__ import main; sys.exit(main())"
    before = sorted(installed.rglob("*"))
    command = [*HEEDFUL, sys.executable, "-I", "-c", code, *args.split()]
    ran = subprocess.run(command, capture_output=True, check=False, cwd="/", env={"PATH": os.environ["PATH"]}, timeout=60)
    assert (ran.returncode, ran.stderr, sorted(installed.rglob("*"))) == (0, b"", before)
    assert ran.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [("--help", "summarize"), ("explain lenet5", "= 61,706"), ("formulas", "C_out"), ("schema", '"title":"archcalc spec"')],
)
def test_without_docstrings_all_is_there_but_what_they_said(args: str, says: str) -> None:
    ran = process(*args.split(), python=("-OO",))
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert says in ran.stdout.decode()
