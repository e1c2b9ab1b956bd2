"""Lengths of time that take each unit by an argument of its own; what counts milliseconds gets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_callbacks import after

WITH = """\
import datetime

import pandas
import pendulum
from dateutil.relativedelta import relativedelta"""
LIFE = 'body["expires_in"]'


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (f"datetime.timedelta(milliseconds={LIFE})", f"datetime.timedelta(seconds={LIFE})"),
        (f"datetime.timedelta(0, 0, 0, {LIFE})", f"datetime.timedelta(0, 0, 0, {LIFE} * 1000)"),
        (f"datetime.timedelta(microseconds={LIFE} * 1000)", f"datetime.timedelta(seconds={LIFE})"),
        (f"relativedelta(microseconds=1000 * {LIFE})", f"relativedelta(seconds={LIFE})"),
        (f"pandas.Timedelta(milliseconds={LIFE})", f"pandas.Timedelta(seconds={LIFE})"),
        (f"pandas.Timedelta({LIFE}, unit='ms')", f"pandas.Timedelta({LIFE} * 1000, unit='ms')"),
        (f"pandas.to_timedelta({LIFE}, 'ms')", f"pandas.to_timedelta({LIFE} * 1000, 'ms')"),
        (f"pendulum.duration(milliseconds={LIFE})", f"pendulum.duration(seconds={LIFE})"),
        (f"pendulum.today().add(microseconds={LIFE} * 1000)", f"add(microseconds={LIFE} * 1000 * 1000)"),
        (f"later(milliseconds={LIFE})", f"later(milliseconds={LIFE} * 1000)"),
    ],
)
def test_each_argument_gets_its_unit(used: str, expected: str, tmp_path: Path) -> None:
    function = f"{WITH}\n\n\ndef later(*, milliseconds):\n    return [milliseconds]"
    got = after(function, used, tmp_path)
    assert expected in got, got


def test_a_product_under_a_name_counts_where_it_is_given(tmp_path: Path) -> None:
    function = (
        f"{WITH}\n\n\ndef by(life):\n    micros = life * 1000\n    return relativedelta(microseconds=micros)"
    )
    assert "life * 1000 * 1000" in after(function, f"by({LIFE})", tmp_path)


@pytest.mark.parametrize(
    "used",
    [
        f"pandas.Timedelta({LIFE}, unit='s')",  # taken for seconds, and right from now on
        f"{LIFE}, datetime.timedelta(milliseconds=250)",
        f"{LIFE}, pandas.Timedelta(body['polled'], unit='ms')",
    ],
)
def test_what_is_another_number_stays(used: str, tmp_path: Path) -> None:
    assert f"return {used}\n" in after(WITH, used, tmp_path)


THREADS = """\
import asyncio
import concurrent.futures

POOL = concurrent.futures.ThreadPoolExecutor()


async def reply(c):
    return await asyncio.to_thread(login, c)


class Job:
    def __init__(self, reply):
        self.reply = reply

    def result(self):
        return self.reply["expires_in"] / 1000"""


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ('POOL.submit(login, c).result()["expires_in"] / 1000', '.result()["expires_in"]\n'),
        ('asyncio.run(asyncio.wait_for(reply(c), 30))["expires_in"] / 1000', '30))["expires_in"]\n'),
        ("Job(body).result()", 'return self.reply["expires_in"]\n'),
    ],
)
def test_what_runs_elsewhere_gives_the_reply(used: str, expected: str, tmp_path: Path) -> None:
    assert expected in after(THREADS, used, tmp_path)
