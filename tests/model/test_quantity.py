from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model.quantity import Duration, parse_bytes, parse_rate, parse_ratio, plain, plain_bytes

LONGEST_MS = 292 * 365 * 86_400_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0s", 0),
        ("300ms", 300),
        ("90s", 90_000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("26h16m", 94_560_000),
        ("4w", 28 * 86_400_000),
        ("1y", 365 * 86_400_000),
        ("1y2w3d4h5m6s7ms", (((365 + 14 + 3) * 24 + 4) * 60 + 5) * 60_000 + 6_007),
    ],
)
def test_a_duration_reads_as_prometheus_reads_it(text: str, ms: int) -> None:
    assert Duration.parse(text).ms == ms


@pytest.mark.parametrize(
    "text",
    ["", " ", "5", "m", "5 m", "5m ", "5M", "-5m", "+5m", "1.5h", "30m1h", "5m5m", "٥m", "5m\n", "1e3s", "293y", "9" * 39 + "s"],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|longer than 292 years"):
        Duration.parse(text)


@given(st.integers(0, LONGEST_MS))
def test_a_duration_reads_back_from_its_own_text(ms: int) -> None:
    assert Duration.parse(str(Duration(ms))) == Duration(ms)


@given(st.text(max_size=50))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert 0 <= Duration.parse(text).ms <= LONGEST_MS


def test_a_duration_prints_days_but_neither_weeks_nor_years() -> None:
    assert str(Duration.of(days=28)) == "28d"
    assert str(Duration.of(days=400, hours=1)) == "400d1h"
    assert str(Duration.of(minutes=90, seconds=1)) == "1h30m1s"
    assert str(Duration(1_001)) == "1s1ms"
    assert str(Duration.of()) == "0s"


def test_durations_order_by_length_and_know_their_seconds() -> None:
    assert Duration.parse("59m") < Duration.parse("1h") < Duration.parse("61m")
    assert Duration.parse("300ms").seconds == 0.3


@pytest.mark.parametrize("text", ["300ms", "1h30m", "28d", "400d1h", "1y2w3d4h5m6s7ms"])
def test_promtool_takes_a_duration_as_we_print_it(text: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    rule = {"alert": "A", "expr": f"rate(x[{Duration.parse(text)}]) > 0", "for": str(Duration.parse(text))}
    path = tmp_path / "rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
    done = subprocess.run([tool("promtool"), "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("value", "ratio"),
    [("99.9%", "0.999"), ("99.95 %", "0.9995"), ("1%", "0.01"), (0.999, "0.999"), (1, "1"), ("0.1", "0.1"), ("100%", "1")],
)
def test_a_ratio_is_exact_whether_written_as_percentage_or_number(value: str | float, ratio: str) -> None:
    assert parse_ratio(value) == Decimal(ratio)


def test_what_an_objective_leaves_is_exact() -> None:
    assert plain(1 - parse_ratio("99.9%")) == "0.001"
    assert plain(1 - parse_ratio("99.99%")) == "0.0001"


@pytest.mark.parametrize("value", ["", "%", "99,9%", "-1%", "1e-3", "nan", "inf", "0.", ".5", "1 % ", "1%\n", "1234567%", True])
def test_what_is_no_ratio_is_refused_with_an_example(value: str | bool) -> None:
    with pytest.raises(ValueError, match=r"99\.9%"):
        parse_ratio(value)


@given(st.decimals(0, 100, places=6))
def test_a_percentage_is_a_hundredth_of_its_number(number: Decimal) -> None:
    assert parse_ratio(f"{number:f}%") * 100 == parse_ratio(f"{number:f}")


@given(st.floats(0, 999_999), st.integers(0, 9))
def test_a_number_that_yaml_read_as_a_float_keeps_its_written_digits(number: float, places: int) -> None:
    number = round(number, places)
    assert float(parse_ratio(number)) == number


def test_a_small_ratio_that_python_prints_with_an_exponent_is_a_ratio() -> None:
    assert parse_ratio(0.00001) == Decimal("0.00001")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.5, 1e-13, 1e7])
def test_a_float_that_is_no_ratio_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=r"99\.9%"):
        parse_ratio(number)


@pytest.mark.parametrize(
    ("text", "rate"), [("0.1/s", "0.1"), ("6/m", "0.1"), ("3600/h", "1"), ("86400 / d", "1"), ("0/s", "0"), ("12/m", "0.2")]
)
def test_a_rate_is_events_per_second(text: str, rate: str) -> None:
    assert parse_rate(text) == Decimal(rate)


@pytest.mark.parametrize("text", ["", "1", "/s", "1/w", "1/5m", "-1/s", "1/s\n", "1 per s", "1e3/s"])
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"0\.1/s"):
        parse_rate(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9))
def test_a_plain_decimal_keeps_its_value_and_has_neither_exponent_nor_trailing_zeros(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith(("0", ".")))


def test_a_plain_decimal_of_a_large_or_small_power_of_ten_is_written_out() -> None:
    assert plain(Decimal("1E+3")) == "1000"
    assert plain(Decimal("1E-7")) == "0.0000001"
    assert plain(Decimal("-0.00")) == "0"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0),
        ("1B", 1),
        ("512MiB", 512 << 20),
        ("10GB", 10**10),
        ("1.5 KiB", 1536),
        ("0.5KB", 500),
        ("8192PiB", 1 << 63),
        ("1 TB", 10**12),
    ],
)
def test_a_size_is_whole_bytes_in_powers_of_two_or_of_ten(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "B", "1", "1KiB/s", "0.5B", "1.0001KiB", "-1B", "1kB", "1 MIB", "1B\n", "1e3B", "1" * 16 + "B", "8193PiB"]
)
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="512MiB"):
        parse_bytes(text)


@given(st.integers(0, 10**15 - 1))
def test_a_size_reads_back_from_its_own_text(size: int) -> None:
    assert parse_bytes(plain_bytes(Decimal(size))) == size


def test_a_size_is_printed_in_the_largest_unit_in_which_it_is_whole() -> None:
    assert [plain_bytes(Decimal(size)) for size in (0, 1, 1000, 1024, 512 << 20, 10**10, 1536)] == [
        *("0B", "1B", "1KB", "1KiB", "512MiB", "10GB", "1536B"),
    ]
