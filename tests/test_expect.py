"""What a spec may expect, and when it is met."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc.spec.expect import KEYS, ExpectError, parse

COUNTS = st.integers(0, 10**18)


@pytest.mark.parametrize(
    ("key", "value", "low", "high"),
    [
        ("params", 61706, 61706, 61706),
        ("params", "61_706", 61706, 61706),
        ("params", "61,706", 61706, 61706),
        ("params", "= 61706", 61706, 61706),
        ("params", 1e6, 10**6, 10**6),
        ("params", "1e6", 10**6, 10**6),
        ("params", "1.5e3", 1500, 1500),
        ("params", "25.6 M", 25_600_000, 25_600_000),
        ("params", "25.6M", 25_600_000, 25_600_000),
        ("params", "7 B", 7 * 10**9, 7 * 10**9),
        ("macs", "<= 15.5 G", None, 15_500_000_000),
        ("macs", "≤ 15.5 G", None, 15_500_000_000),
        ("macs", ">= 3 M", 3_000_000, None),
        ("macs", "< 5 M", None, 4_999_999),
        ("macs", "> 1", 2, None),
        ("macs", "< 1.5", None, 1),
        ("macs", "> 1.5", 2, None),
        ("params", "~25.6 M", 25_550_000, 25_649_999),
        ("params", "~25.60 M", 25_595_000, 25_604_999),
        ("params", "~ 60 k", 59_500, 60_499),
        ("params", "~1e6", 500_000, 1_499_999),
        ("params", "~7", 7, 7),
        ("macs", "4.0 .. 4.2 G", 4_000_000_000, 4_200_000_000),
        ("macs", "900 M .. 1.1 G", 900_000_000, 1_100_000_000),
        ("macs", "4..5", 4, 5),
        ("macs", "15.47 G ± 1%", 15_315_300_000, 15_624_700_000),
        ("macs", "15.47 G +- 1%", 15_315_300_000, 15_624_700_000),
        ("macs", "15.47G+/-1 %", 15_315_300_000, 15_624_700_000),
        ("weights", "~97.8 MiB", 102_498_304, 102_603_161),
        ("weights", "<= 256 KiB", None, 262_144),
        ("weights", "1 kB", 1000, 1000),
        ("weights", "1 KB", 1000, 1000),
        ("weights", "<= 1.5 TB", None, 1_500_000_000_000),
        ("layers", "<= 50", None, 50),
    ],
)
def test_forms(key: str, value: object, low: int | None, high: int | None) -> None:
    expectation = parse(key, value)
    assert (expectation.low, expectation.high) == (low, high)


@pytest.mark.parametrize(
    ("key", "value", "in_bytes"),
    [
        ("peak_activation", 4704, False),
        ("peak_activation", "<= 1 M", False),
        ("peak_activation", "<= 1 MiB", True),
        ("activations", "0.5 .. 1 MB", True),
        ("peak_in_out", "~440.9 k", False),
        ("weights", 4, True),
        ("peak_activation_bytes", 4, True),
        ("params", "7 B", False),
    ],
)
def test_a_bare_number_for_memory_is_elements_and_one_with_a_byte_unit_bytes(key: str, value: object, in_bytes: bool) -> None:  # noqa: FBT001
    assert parse(key, value).bytes is in_bytes


@pytest.mark.parametrize(
    ("key", "value", "message", "advice"),
    [
        ("parms", 1, "nothing is called `parms`", "did you mean `params`?"),
        ("width", 1, "nothing is called `width`", "one of: params"),
        ("params", "25 m", "`m` is no unit", "did you mean `M`?"),
        ("weights", "25 mib", "`mib` is no unit", "did you mean `MiB`?"),
        ("weights", "25 Mb", "`Mb` is no unit", "did you mean `MB`?"),
        ("params", "5 furlongs", "`furlongs` is no unit", "one of: k, K, M"),
        ("params", "25 MB", "MB is a unit of bytes", "write `M`"),
        ("weights", "25 M", "M is not", "write `MB` (decimal) or `MiB` (binary)"),
        ("params", "1.5", "no whole number is `1.5`", "`~`"),
        ("weights", "97.8 MiB", "no whole number", "`~`"),
        ("params", "0.1 .. 0.9", "no whole number", "`~`"),
        ("params", "5 .. 4", "ends before it begins", "smaller number first"),
        ("peak_activation", "1 M .. 2 MB", "one end of the range is in bytes", "once"),
        ("params", "1 .. 2 .. 3", "not a number", "write"),
        ("params", "1,00", "not a number", "write"),
        ("params", "-5", "not a number", "write"),
        ("params", "", "not a number", "write"),
        ("params", "5 ± 3", "not a number", "write"),
        ("params", "٣", "not a number", "write"),
        ("params", "1e999", "not a number", "write"),
        ("params", "9" * 100, "too long", "write"),
        ("params", 10**4000, "not a number", "write"),
        ("params", None, "not with nothing", "write"),
        ("params", True, "not with true or false", "write"),
        ("params", 1.5, "not with a fraction", "write"),
        ("params", float("inf"), "not with a fraction", "write"),
        ("params", [1], "not with a list", "write"),
        ("output", [], "empty", "write"),
        ("output", None, "nothing is not a size", "write"),
        ("output", [True], "true or false is not a size", "write"),
        ("output", [1.5], "a fraction is not a size", "write"),
        ("output", [-1], "`-1` is not a size", "write"),
        ("output", {"a": 1}, "a mapping is not a size", "write"),
    ],
)
def test_refusals_say_what_to_write(key: str, value: object, message: str, advice: str) -> None:
    with pytest.raises(ExpectError) as caught:
        parse(key, value)
    assert message in caught.value.message
    assert advice in caught.value.help


@pytest.mark.parametrize(
    ("key", "value", "got", "text"),
    [
        ("params", 25_557_032, 25_557_096, "params: expected 25,557,032, got 25,557,096 (+64, +0.0003 %)"),
        ("params", 4, 3, "params: expected 4, got 3 (-1, -25.00 %)"),
        ("params", 0, 3, "params: expected 0, got 3 (+3)"),
        ("macs", "<= 5 M", 5_100_000, "macs: expected <= 5 M, got 5,100,000 (+100,000, +2.00 %)"),
        ("macs", "4 .. 5", 2, "macs: expected 4 .. 5, got 2 (-2, -50.00 %)"),
        ("params", "~25.6 M", 26_600_000, "params: expected ~25.6 M, got 26,600,000 (+1,000,000, +3.91 %)"),
        ("weights", 10, 20, "weights: expected 10 bytes, got 20 bytes (+10, +100.00 %)"),
        ("output", [6, 28, 28], (6, 24, 24), "output: expected [6, 28, 28], got [6, 24, 24]"),
        ("receptive_field", [11, 11], (11, None), "receptive_field: expected [11, 11], got [11, all]"),
        ("output", [10], 10, "output: expected [10], got 10"),
    ],
)
def test_a_miss_names_both_figures_and_their_distance(key: str, value: object, got: int | tuple[int | None, ...], text: str) -> None:
    expectation = parse(key, value)
    assert not expectation.holds(got)
    assert expectation.miss(got) == text


def test_shapes() -> None:
    assert parse("output", [6, 28, 28]).holds((6, 28, 28))
    assert parse("output", 10).holds((10,))
    assert not parse("output", [6]).holds((6, 6))
    assert parse("output", ["n", " 2*d "]).shape == ("n", "2*d")
    assert parse("receptive_field", 11).holds((11, 11))
    assert parse("receptive_field", "all").holds((None, None))
    assert parse("receptive_field", ["all", 3]).holds((None, 3))
    assert not parse("params", 3).holds((3,))


@given(st.sampled_from(KEYS), st.text() | st.text("0123456789.,_ ~<>=±%+-kMGTiBe") | st.integers() | st.floats() | st.none())
def test_whatever_is_written_is_read_or_refused(key: str, value: object) -> None:
    try:
        parse(key, value)
    except ExpectError as error:
        assert error.message  # noqa: PT017 - most values are read, a few refused


@given(COUNTS)
def test_a_number_expects_itself_alone(n: int) -> None:
    for form in (n, str(n), f"{n:_}", f"{n:,}"):
        assert parse("params", form).holds(n)
        assert not parse("params", form).holds(n + 1)


@given(COUNTS, COUNTS)
def test_bounds_are_what_they_say(n: int, got: int) -> None:
    for sign, holds in (("<", got < n), ("<=", got <= n), (">", got > n), (">=", got >= n)):
        assert parse("macs", f"{sign} {n}").holds(got) is holds
    low, high = sorted((n, got))
    assert parse("macs", f"{low} .. {high}").holds(got)


@given(st.integers(0, 10**6), st.integers(0, 3), st.sampled_from([("", 1), (" k", 10**3), (" M", 10**6), (" G", 10**9)]), COUNTS)
@example(256, 1, (" M", 10**6), 25_650_000)  # half a digit up is the next figure
@example(256, 1, (" M", 10**6), 25_550_000)
def test_about_means_equal_as_rounded(digits: int, decimals: int, unit: tuple[str, int], got: int) -> None:
    factor = Fraction(unit[1], 10**decimals)
    written = f"{digits // 10**decimals}.{digits % 10**decimals:0{decimals}}" if decimals else str(digits)
    try:
        expectation = parse("params", f"~{written}{unit[0]}")
    except ExpectError:
        assert unit[1] < 10**decimals
        return
    assert expectation.holds(got) == (floor(got / factor + Fraction(1, 2)) == digits)


@given(COUNTS, st.integers(0, 99), COUNTS)
def test_a_tolerance_is_a_share_of_what_is_expected(n: int, percent: int, got: int) -> None:
    assert parse("macs", f"{n} ± {percent}%").holds(got) == (100 * abs(got - n) <= percent * n)
