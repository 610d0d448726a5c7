"""Devices: every figure has a source, every mistake in a profile a place."""

from __future__ import annotations

import csv
import json
import re
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest
from helpers import Wrong, archcalc, marked, wrong
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc.devices import PRECISIONS, Profile, known, load
from archcalc.devices.reading import FIGURES, KEYS, read
from archcalc.devices.units import POWER, RATE, SIZE, SPEED, TIME, Kind, Unreadable
from archcalc.report import FORMATS
from archcalc.report.devices import DEVICES, LISTED
from archcalc.report.numbers import capacity, quantity
from archcalc.spec.diagnostics import Source, SpecError

ROOT = Path(__file__).parent.parent
WHOLE = """\
name: A board
year: 2024
sources:
  sheet: its datasheet
  bench: a measurement
peak:
  fp32: [1.5 TFLOP/s, sheet]
  int8: 6 TOP/s
bandwidth: [100 GB/s, sheet]
memory: [8 GiB, sheet]
sram: 2 MB
power: [15 W, sheet]
launch: [20 us, bench]
compute_efficiency: [0.35, bench]
memory_efficiency: 0.8
notes: Of a kind.
"""
LEAST = "peak: {fp32: 1 GFLOP/s}\nbandwidth: 1 GB/s\n"


def profile(text: str) -> Profile:
    return read(Source("board.yaml", text))


def stated(it: Profile) -> set[str]:
    return {*(f"peak.{name}" for name in it.peak), *(name for name in FIGURES if getattr(it, name) is not None)}


# ---- those that are shipped

EXPECTED = (
    "gtx580", "t4", "v100-sxm2-16", "a100-40-sxm", "a100-80-sxm", "a100-80-pcie", "h100-sxm", "h200-sxm", "rtx4090", "rtx3090",
    "jetson-agx-orin-64", "jetson-orin-nano-super", "jetson-nano", "m1", "m2", "m3", "m4", "rpi4", "rpi5", "stm32f746", "stm32h743",
    "esp32-s3", "edge-tpu", "hexagon-sd8g3", "tpu-v4",
)  # fmt: skip


def test_what_is_shipped() -> None:
    assert known() == tuple(sorted(EXPECTED))


@pytest.mark.parametrize("name", known())
def test_every_figure_has_a_source_and_every_source_a_figure(name: str) -> None:
    made = load(name)
    assert stated(made) == set(made.cited)
    assert set(made.cited.values()) == set(made.sources)
    assert made.name == name
    assert made.title != name
    assert made.year
    assert made.compute_efficiency == made.memory_efficiency == 1
    assert (made.memory is None) or (made.ram is None and made.flash is None)
    for said in made.sources.values():
        assert "https://" in said or "http://" in said or said.startswith(("derived: ", "no driver: ", "NVIDIA "))


@pytest.mark.parametrize("name", [name for name in known() if "NVIDIA" in load(name).title])
def test_tensor_peaks_are_dense(name: str) -> None:
    """Sparse ones, printed twice as high, would show where some were taken and others not."""
    peak = load(name).peak
    times = 4 if name.startswith("rtx") else 2  # these accumulate fp16 at half the speed, where the result is to be fp32
    if {"fp16", "int8"} <= set(peak):
        assert float(peak["int8"] / peak["fp16"]) == pytest.approx(times, rel=1e-3)
    assert peak.get("bf16") in {None, peak.get("fp16")}


#: TFLOP/s or TOP/s by precision, GB/s, GB and W, as they are published for dense matrices.
PUBLISHED: dict[str, tuple[dict[str, float], float, float | None, float | None]] = {
    "gtx580": ({"fp32": 1.581}, 192.4, 1.5, 244),
    "t4": ({"fp32": 8.14, "fp16": 65.1, "int8": 130.3, "int4": 260}, 320, 16, 70),
    "v100-sxm2-16": ({"fp32": 15.7, "fp16": 125}, 900, 16, 300),
    "a100-40-sxm": ({"fp32": 19.5, "tf32": 156, "fp16": 312, "bf16": 312, "int8": 624}, 1555, 40, 400),
    "a100-80-sxm": ({"fp32": 19.5, "tf32": 156, "fp16": 312, "bf16": 312, "int8": 624}, 2039, 80, 400),
    "a100-80-pcie": ({"fp32": 19.5, "tf32": 156, "fp16": 312, "bf16": 312, "int8": 624}, 1935, 80, 300),
    "h100-sxm": ({"fp32": 66.9, "tf32": 494.7, "fp16": 989.4, "bf16": 989.4, "fp8": 1978.9, "int8": 1978.9}, 3350, 80, 700),
    "h200-sxm": ({"fp32": 66.9, "tf32": 494.7, "fp16": 989.4, "bf16": 989.4, "fp8": 1978.9, "int8": 1978.9}, 4800, 141, 700),
    "rtx4090": ({"fp32": 82.6, "fp16": 165.2, "int8": 660.6}, 1008, 24, 450),
    "rtx3090": ({"fp32": 35.6, "fp16": 71.2, "int8": 284.6}, 936, 24, 350),
    "jetson-agx-orin-64": ({"fp32": 5.3, "fp16": 42.5, "int8": 85}, 204.8, 64, 60),
    "jetson-orin-nano-super": ({"int8": 33.5}, 102, 8, 25),
    "jetson-nano": ({"fp16": 0.472}, 25.6, 4, 10),
    "m1": ({"fp32": 2.6, "fp16": 2.6}, 68.3, 16, None),
    "m2": ({"fp32": 3.55}, 100, 24, None),
    "m3": ({"fp32": 3.58}, 100, 24, None),
    "m4": ({"fp32": 3.76}, 120, 32, None),
    "rpi4": ({"fp32": 0.0576}, 12.8, 8, 15),
    "rpi5": ({"fp32": 0.1536, "fp16": 0.3072, "int8": 0.6144}, 17.1, 16, 25),
    "stm32f746": ({"fp32": 0.000432, "int8": 0.000864}, 0.864, None, None),
    "stm32h743": ({"fp32": 0.00096, "int8": 0.00192}, 1.92, None, None),
    "edge-tpu": ({"int8": 4}, 0.5, None, 2),
    "hexagon-sd8g3": ({"int8": 45}, 76.8, None, None),
    "tpu-v4": ({"bf16": 275, "int8": 275}, 1200, 34.36, 192),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures(name: str) -> None:
    made, (peaks, bandwidth, memory, power) = load(name), PUBLISHED[name]
    for precision, tera in peaks.items():
        assert float(made.peak_of(precision)) == pytest.approx(tera * 1e12, rel=2e-3), precision
    assert float(made.bandwidth) == pytest.approx(bandwidth * 1e9, rel=2e-3)
    assert made.memory == (None if memory is None else pytest.approx(memory * 1e9, rel=1e-3))
    assert made.power == (None if power is None else power)


@pytest.mark.parametrize(
    ("name", "ridge"),
    [
        ("gtx580", 8.2), ("a100-80-sxm", 153), ("a100-40-sxm", 201), ("h100-sxm", 295), ("h200-sxm", 206), ("t4", 203), ("rtx4090", 164),
        ("jetson-agx-orin-64", 208), ("stm32f746", 0.5),
    ],
)  # fmt: skip
def test_ridge_points(name: str, ridge: float) -> None:
    made = load(name).ridge
    assert made is not None
    assert float(made) == pytest.approx(ridge, rel=5e-3)


def test_a_ridge_needs_floating_point() -> None:
    assert (load("edge-tpu").floating, load("edge-tpu").ridge) == (None, None)
    assert load("m1").floating == "fp32"
    assert load("h100-sxm").floating == "fp16", "not fp8, though its peak is higher"


def test_microcontrollers_have_two_memories_and_no_driver() -> None:
    assert [(load(name).ram, load(name).flash) for name in ("stm32f746", "stm32h743")] == [(320 << 10, 1 << 20), (512 << 10, 2 << 20)]
    assert {load(name).launch for name in ("stm32f746", "stm32h743", "esp32-s3")} == {0}
    assert load("a100-80-sxm").launch == Fraction(5, 10**6)


def test_a_profile_is_read_once() -> None:
    assert load("t4") is load("t4")


def test_a_peak_that_is_not_stated() -> None:
    found = wrong(lambda: load("gtx580").peak_of("fp16"))
    assert found.codes == ["E634"]
    assert found.words() == "`gtx580` has no peak for `fp16`\nit has fp32"


# ---- one's own


def test_a_profile_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("board.yaml", "board.yml", "board"):
        Path(path).write_text(WHOLE, encoding="utf-8")
    made = load(str(tmp_path / "board.yaml"))
    assert made == load("board.yaml") == load("board.yml") == load("./board") == load("board")
    assert made == Profile(
        name="board", title="A board", year=2024, peak={"fp32": Fraction(15 * 10**11), "int8": Fraction(6 * 10**12)},
        bandwidth=Fraction(10**11), memory=8 << 30, sram=2 * 10**6, power=Fraction(15), launch=Fraction(2, 10**5),
        compute_efficiency=Fraction(7, 20), memory_efficiency=Fraction(4, 5), notes="Of a kind.",
        sources={"sheet": "its datasheet", "bench": "a measurement"},
        cited={
            "peak.fp32": "sheet", "bandwidth": "sheet", "memory": "sheet", "power": "sheet", "launch": "bench",
            "compute_efficiency": "bench",
        },
    )  # fmt: skip


def test_the_least_that_a_profile_can_say() -> None:
    assert profile(LEAST) == Profile(name="board", title="board", peak={"fp32": Fraction(10**9)}, bandwidth=Fraction(10**9))


def test_the_profile_in_the_readme() -> None:
    (text,) = re.findall(r"```yaml\n(name: My board\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    made = profile(text)
    assert stated(made) == {"peak.fp32", "peak.int8", "bandwidth", "memory", "sram", "power", "launch"}
    assert made.bandwidth == 34 * 10**9
    assert made.compute_efficiency == Fraction(3, 5)


def test_peaks_stand_in_the_order_of_precisions() -> None:
    text = f"peak: {{{', '.join(f'{name}: 1 OP/s' for name in reversed(PRECISIONS))}}}\nbandwidth: 1 B/s"
    assert tuple(profile(text).peak) == PRECISIONS


def at(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


UNKNOWN = "is none of the sources"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (at("notes:", "«note»:"), "E631", "a device has no `note`\ndid you mean `notes`?"),
        (at("sram:", "«l2»:"), "E631", "a device has no `l2`\nthere are name, year"),
        (at("  int8:", "  «int9»:"), "E631", "`peak` has no `int9`\ndid you mean `int8`?"),
        ("«- a»\n", "E631", "a device is a mapping"),
        ("«a device»", "E631", "a device is a mapping"),
        (at("2024", "«soon»"), "E631", "a year is"),
        (at("2024", "«1066»"), "E631", "a year is"),
        (at("2024", "«true»"), "E631", "a year is"),
        (at("A board", "«[A, board]»"), "E631", "a text is missing"),
        (at("its datasheet", "«{}»"), "E631", "a text is missing"),
        (at("notes: Of a kind.", "«notes»:"), "E631", "a text is missing"),
        ("sources: «[a]»\n" + LEAST, "E631", "`sources` is a mapping"),
        ("«peak: {fp32: 1 GFLOP/s}»\n", "E631", "`bandwidth` is missing"),
        ("«bandwidth: 1 GB/s»\n", "E631", "`peak` is missing"),
        ("peak: «{}»\nbandwidth: 1 GB/s\n", "E631", "`peak` states nothing"),
        ("«peak»:\nbandwidth: 1 GB/s\n", "E631", "`peak` is a mapping"),
        ("peak: «19.5 TFLOP/s»\nbandwidth: 1 GB/s\n", "E631", "`peak` is a mapping"),
        (at("sram:", "«ram»:"), "E631", "`memory` and `ram` exclude each other"),
        (at("100 GB/s", "«100»"), "E632", "`bandwidth`: `100` has no unit\nwrite a number and a unit: `2039 GB/s`"),
        (at("100 GB/s", "«1.5»"), "E632", "`1.5` has no unit"),
        (at("100 GB/s", "«100 GB»"), "E632", "`GB` is no unit of bytes a second\ndid you mean `GB/s`?"),
        (at("100 GB/s", "«100 Gbit/s»"), "E632", "`Gbit/s` is no unit"),
        (at("8 GiB", "«8 Gib»"), "E632", "`Gib` is no unit of bytes\ndid you mean `GiB`?"),
        (at("1.5 TFLOP/s", "«1.5 TFLOPS»"), "E632", "`peak.fp32`: `TFLOPS` is no unit of operations a second\ndid you mean `TFLOP/s`?"),
        (at("1.5 TFLOP/s", "«1.5 TMAC/s»"), "E632", "`TMAC/s` is no unit"),
        (at("15 W", "«15 V»"), "E632", "`V` is no unit of watts\nthere are W, mW"),
        (at("20 us", "«20 hours»"), "E632", "`hours` is no unit of seconds"),
        (at("15 W", "«0 W»"), "E632", "not more than nothing"),
        (at("15 W", "«-15 W»"), "E632", "not more than nothing"),
        (at("20 us", "«-20 us»"), "E632", "not more than nothing"),
        (at("15 W", "«fifteen W»"), "E632", "is not a number of watts"),
        (at("15 W", "«[15 W]»"), "E632", "`power` is a number and a unit"),
        (at("15 W", "«true»"), "E632", "`power` is a number and a unit"),
        (at("power: [15 W, sheet]", "«power»:"), "E632", "`power` is a number and a unit"),
        (at("[15 W, sheet]", "«[15 W]»"), "E632", "`power` is a figure, or one with its source"),
        (at("[15 W, sheet]", "«[15 W, sheet, bench]»"), "E632", "`power` is a figure, or one with its source"),
        (at("15 W", "«1234567890123456789 W»"), "E632", "too many digits"),
        (at("15 W", f"«{'9' * 5000} W»"), "E632", "too many digits"),
        (at("1.5 TFLOP/s", "«9999999999999 PFLOP/s»"), "E632", "more than any device has"),
        (at("2 MB", "«1.5 B»"), "E632", "`sram` is a whole number of bytes"),
        (at("0.8", "«0»"), "E632", "`memory_efficiency` is more than 0 and at most 1"),
        (at("0.8", "«1.2»"), "E632", "at most 1"),
        (at("0.8", "«80 %»"), "E632", "at most 1"),
        (at("0.35", "«true»"), "E632", "at most 1"),
        (at("[15 W, sheet]", "[15 W, «sheets»]"), "E633", f"`sheets` {UNKNOWN}\ndid you mean `sheet`?"),
        (at("[15 W, sheet]", "[15 W, «web»]"), "E633", f"`web` {UNKNOWN}\nthere are sheet, bench"),
        (at("[15 W, sheet]", "[15 W, «[sheet]»]"), "E633", UNKNOWN),
        (LEAST + "power: [15 W, «sheet»]\n", "E633", f"`sheet` {UNKNOWN}\nlist it under `sources:`"),
        (at("year: 2024", "«name»: twice"), "E106", "written twice"),
        (at("A board", "«&a» board"), "E102", "an anchor"),
    ],
)
def test_a_mistake_has_its_place(text: str, code: str, says: str) -> None:
    text, place = marked(text)
    found = wrong(lambda: profile(text))
    assert found.codes == [code], found.words()
    assert says in found.words()
    span = found.found[0].span
    assert span is not None
    assert (span.line, span.column + 1, span.end) == place, found.at()


def test_all_that_is_wrong_is_said_at_once_from_the_top_down() -> None:
    found = wrong(lambda: profile("year: no\nbandwith: 1 GB/s\npeak: {fp32: 1, fp61: 2}\n"))
    assert [(code, line) for code, line, _ in found.places()] == [("E631", 1), ("E631", 1), ("E631", 2), ("E632", 3), ("E631", 3)]
    many = "peak: {fp32: 1 OP/s}\nbandwidth: 1 B/s\n" + "".join(f"k{n}: 1\n" for n in range(50))
    assert "first 20 errors" in str(SpecError(wrong(lambda: profile(many)).found))


def file(tmp_path: Path, data: bytes) -> Wrong:
    path = tmp_path / "board.yaml"
    path.write_bytes(data)
    return wrong(lambda: load(str(path)))


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "E113"), (b"\xff\xfe", "E101"), (b"a: [", "E100"), (b"a" * (2**20 + 1), "E112"), (b"[" * 100, "E107"), (b"a: \x00", "E101")],
)
def test_files_that_are_no_yaml(tmp_path: Path, data: bytes, code: str) -> None:
    assert file(tmp_path, data).codes == [code]


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("a100-80-smx", "E630", "did you mean `a100-80-sxm`?"),
        ("cray", "E630", "`archcalc devices` lists them"),
        ("", "E630", "no device"),
        ("x" * 100_000, "E630", "no device"),
        ("a\x00b", "E630", "no device"),
        ("\ud800", "E630", "no device"),
        ("none.yaml", "E112", "cannot read"),
        ("none/such", "E112", "cannot read"),
        ("a\x00b.yaml", "E112", "cannot read"),
        (f"{'x' * 100_000}.yaml", "E112", "cannot read"),
        ("tests/", "E112", "is a directory"),
    ],
)
def test_there_is_no_such_device(name: str, code: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = wrong(lambda: load(name))
    assert found.codes == [code]
    assert says in found.words()


# ---- units

KINDS: dict[str, tuple[Kind, dict[str, Fraction]]] = {
    "rate": (RATE, {"FLOP/s": Fraction(1), "kOP/s": Fraction(10**3), "TOP/s": Fraction(10**12), "PFLOP/s": Fraction(10**15)}),
    "size": (SIZE, {"B": Fraction(1), "kB": Fraction(1000), "KiB": Fraction(1024), "TB": Fraction(10**12), "TiB": Fraction(2**40)}),
    "speed": (SPEED, {"B/s": Fraction(1), "MB/s": Fraction(10**6), "MiB/s": Fraction(2**20), "TB/s": Fraction(10**12)}),
    "power": (POWER, {"W": Fraction(1), "mW": Fraction(1, 1000)}),
    "time": (
        TIME,
        {"s": Fraction(1), "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "ns": Fraction(1, 10**9)},
    ),
}


@pytest.mark.parametrize("name", KINDS)
@given(number=st.decimals(min_value="0.001", max_value=999_999, places=3), space=st.sampled_from(["", " ", "   "]))
def test_units_are_read_exactly(name: str, number: object, space: str) -> None:
    kind, units = KINDS[name]
    for unit, factor in units.items():
        assert kind(f"{number:f}{space}{unit}") == Fraction(str(number)) * factor


@given(st.text(max_size=30))
@example("1e3 GB/s")
@example("٣ GB/s")
@example("1\nGB/s")
@example("0 GB/s")
def test_nothing_but_figures_is_read(text: str) -> None:
    for kind in (RATE, SIZE, SPEED, POWER, TIME):
        with suppress(Unreadable):
            assert kind(text) >= 0


@given(st.dictionaries(st.sampled_from(KEYS), st.recursive(st.text(max_size=9) | st.integers() | st.none() | st.booleans(), st.lists)))
def test_no_profile_ends_in_a_traceback(data: dict[str, object]) -> None:
    with suppress(SpecError):
        assert profile(json.dumps(data)).peak


@given(st.fractions(min_value=0, max_value=10**24), st.integers(min_value=0, max_value=2**70))
def test_measures_are_written_in_four_digits(value: Fraction, n: int) -> None:
    assert len(quantity(value, "").split()[0].replace(".", "").lstrip("0")) <= 4
    number, unit = capacity(n).split()
    factor = {"B": 1, **{f"{p}B": 1000**i for i, p in enumerate("kMGTPEZY", 1)}, **{f"{p}iB": 1024**i for i, p in enumerate("KMGTPEZY", 1)}}
    assert abs(Fraction(number.replace(",", "")) * factor[unit] - n) <= Fraction(n, 1000)


# ---- the command line


@pytest.mark.parametrize("args", [(), ("rtx3090",)])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit(args: tuple[str, ...], columns: int) -> None:
    ran = archcalc("devices", *args, COLUMNS=str(columns))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert max(map(len, ran.stdout.splitlines())) <= columns


def test_a_list_of_devices() -> None:
    wide = archcalc("devices", COLUMNS="250").stdout
    for words in ("312 TFLOP/s", "2.039 TB/s", "153 FLOP/B", "5 µs", "320 KiB + 1 MiB", "NVIDIA A100 80 GB (SXM)", "400 W"):
        assert words in wide
    narrow = archcalc("devices", COLUMNS="80").stdout.splitlines()
    assert narrow[0].split() == ["Device", "fp32", "fp16", "int8", "Bandwidth"]
    assert [line.split()[0] for line in narrow[2:]] == list(known())


def test_a_part_of_a_name_or_of_a_title() -> None:
    assert {one["name"] for one in json.loads(archcalc("devices", "A100", "-f", "json").stdout)} == {
        name for name in known() if "a100" in name
    }
    assert [one["name"] for one in json.loads(archcalc("devices", "raspberry", "-f", "json").stdout)] == ["rpi4", "rpi5"]
    ran = archcalc("devices", "cray")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "archcalc: no device has 'cray' in its name\n"


def test_files_of_devices_hold_numbers() -> None:
    one = next(one for one in json.loads(archcalc("devices", "-f", "json").stdout) if one["name"] == "stm32h743")
    assert list(one) == [column.name for column in DEVICES]
    assert (one["int8"], one["fp16"], one["ridge"], one["ram"], one["memory"], one["launch"]) == (
        1_920_000_000,
        None,
        0.5,
        524_288,
        None,
        0,
    )
    rows = {row["name"]: row for row in csv.DictReader(archcalc("devices", "-f", "csv").stdout.splitlines())}
    assert set(rows) == set(known())
    assert (rows["a100-80-sxm"]["fp16"], rows["a100-80-sxm"]["launch"]) == ("312000000000000", "5e-06")


def test_every_precision_that_a_shipped_device_has_is_listed() -> None:
    assert {precision for name in known() for precision in load(name).peak} == set(LISTED)


def test_every_figure_of_one_with_its_source() -> None:
    made = load("a100-80-sxm")
    rows = {row["figure"]: row for row in json.loads(archcalc("devices", "a100-80-sxm", "-f", "json").stdout)}
    assert set(rows) == {*stated(made), "ridge", "notes"}
    assert rows["peak.fp16"] == {"figure": "peak.fp16", "value": 312 * 10**12, "unit": "FLOP/s", "source": made.sources["datasheet"]}
    assert rows["ridge"]["source"] == "peak.fp16 / bandwidth"
    table = archcalc("devices", "a100-80-sxm", COLUMNS="80").stdout
    assert "peak.fp16    312  TFLOP/s  NVIDIA A100 datasheet" in table


def test_figures_of_ones_own_profile(tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(WHOLE, encoding="utf-8")
    rows = [json.loads(line) for line in archcalc("devices", str(path), "-f", "jsonl").stdout.splitlines()]
    assert {row["figure"]: row["value"] for row in rows}["compute_efficiency"] == 0.35
    assert {row["figure"]: row["source"] for row in rows}["peak.int8"] == ""
    path.write_text(at("15 W", "15 V"), encoding="utf-8")
    ran = archcalc("devices", str(path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"{path}:12:9" in ran.stderr
    assert "^^^^ there are W, mW" in ran.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = archcalc("devices", "jetson", "-f", name, "-o", str(out), COLUMNS="100")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert out.read_text(encoding="utf-8") == archcalc("devices", "jetson", "-f", name, COLUMNS="100").stdout


def test_a_micro_is_a_u_where_there_is_no_other() -> None:
    assert "5  us " in archcalc("devices", "t4", COLUMNS="100", PYTHONIOENCODING="ascii").stdout
