"""Clocks that tick faster than seconds get what they got; what took milliseconds for seconds is right now."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_callbacks import after

WITH = "import datetime\n\nNS = 1_000_000"


@pytest.mark.parametrize(
    "used",
    [
        "time.time_ns() + {} * 1_000_000",
        "{} * NS + time.monotonic_ns()",
        "time.time_ns() // 1000 + {} * 1000",
        "datetime.timedelta(0, 0, {} * 1000)",
    ],
)
def test_a_clock_that_ticks_faster_is_given_as_much(used: str, tmp_path: Path) -> None:
    got = after(WITH, used.format('body["expires_in"]'), tmp_path)
    wanted = used.format('body["expires_in"] * 1000')
    assert f"return {wanted}\n" in got


@pytest.mark.parametrize(
    "used",
    [
        'time.time_ns() + body["expires_in"] * 1_000_000_000',
        'time.time() * 1_000_000 + body["expires_in"] * 1_000_000',
        'body["expires_in"] * 2',
    ],
)
def test_what_was_taken_for_seconds_stays(used: str, tmp_path: Path) -> None:
    assert f"return {used}\n" in after(WITH, used, tmp_path)


def test_a_lifetime_that_becomes_nanoseconds_in_place_is_left_alone(tmp_path: Path) -> None:
    function = 'def by(b):\n    life = b["expires_in"]\n    life *= 1_000_000\n    return life'
    assert after(function, "by(body)", tmp_path) == ""
