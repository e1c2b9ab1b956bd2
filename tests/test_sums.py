"""In one sum, or in two that are compared, all has one unit: beside a clock in milliseconds, that one."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_callbacks import after

WITH = """import datetime
import json

def since():
    with open("state.json") as file:
        return json.load(file)["since"]

def now():
    return int(time.time() * 1000)

def until(life):
    return since() + life"""


@pytest.mark.parametrize(
    "used",
    [
        "since() + {} - 300000 > now()",
        "now() < since() + {} - 300000",
        "-300000 + since() + {} > now()",
        "0 < now() < since() + {} - 300000",
        "{} - (now() - since()) > 300000",
        "{} - now() + since() > 300000",
        "since() + {} - now() > 5 * 60 * 1000",
        "max(0, since() + {} - now())",
        "(since() + {} - now()) // 60000",
        "divmod(since() + {} - now(), 60000)",
        "(since() + {} - 300000) / 1000 < time.time()",
        "datetime.datetime.fromtimestamp((now() + {}) / 1000)",
        "(time.time() * 1000.0 + {} - 300000.0) / 1000.0",
        "sum([since(), {}, -300000]) > now()",
        "now() < sum((since(), {}), -300000)",
        "max(0, sum([since(), {}, -now()]))",
        "sum([since(), {}, -now()]) / 1000",
        "-now() + {} + since() > 300000",
    ],
)
def test_the_lifetime_is_given_in_milliseconds(used: str, tmp_path: Path) -> None:
    got = after(WITH, used.format('body["expires_in"]'), tmp_path)
    wanted = used.format('body["expires_in"] * 1000')
    assert f"return {wanted}\n" in got


@pytest.mark.parametrize("used", ["(now() - since()) / {} < 0.9", "(now() - since()) * 100 // {} < 90"])
def test_a_part_of_the_lifetime_is_told_in_its_unit(used: str, tmp_path: Path) -> None:
    got = after(WITH, used.format('body["expires_in"]'), tmp_path)
    wanted = used.format('(body["expires_in"] * 1000)')
    assert f"return {wanted}\n" in got


def test_a_moment_that_is_made_elsewhere(tmp_path: Path) -> None:
    got = after(WITH, 'datetime.datetime.fromtimestamp(until(body["expires_in"]) / 1000)', tmp_path)
    assert "return since() + life * 1000" in got
    assert 'fromtimestamp(until(body["expires_in"]) / 1000)' in got


def test_a_sum_that_is_made_elsewhere(tmp_path: Path) -> None:
    got = after(WITH, 'until(body["expires_in"]) - 300000 > now()', tmp_path)
    assert "return since() + life * 1000" in got
    assert 'return until(body["expires_in"]) - 300000 > now()' in got


@pytest.mark.parametrize(
    "used",
    [
        "time.time() + {} - 300 > since()",
        "since() + {} > time.time() + 300",
        "since() - 300000 > now() and {}",
        "sum([time.time(), {}, -300]) > since()",
        "sum([since(), now()]) > 0 and {}",
    ],
)
def test_beside_another_clock_it_stays_as_it_is(used: str, tmp_path: Path) -> None:
    given = used.format('body["expires_in"]')
    assert f"return {given}\n" in after(WITH, given, tmp_path)


KEPT = """
import collections

_kept = {kept}

def put(key, body):
    _kept[key] = {{"life": body["expires_in"], "at": now()}}

def is_fresh(key):
    entry = _kept.get(key)
    return {check}"""


@pytest.mark.parametrize(
    ("check", "is_left_alone"),
    [
        ('entry["life"] - (now() - entry["at"]) > 300000', True),
        ('entry["at"] + entry["life"] - 300000 > now()', True),
        ('entry["at"] + min(entry["life"], 3600000) > now()', True),
        ('(now() - entry["at"]) / entry["life"] < 0.9', True),
        ('sum([entry["at"], entry["life"], -300000]) > now()', True),
        ('sum([entry["at"], -300000]) > now()', False),
        ('now() - entry["at"] < 300000', False),
    ],
)
def test_where_the_lifetime_is_not_followed_it_is_left_alone(
    check: str, is_left_alone: bool, tmp_path: Path
) -> None:
    kept = KEPT.format(kept="collections.OrderedDict()", check=check)
    got = after(WITH + kept, 'put("a", body) or is_fresh("a")', tmp_path)
    assert (got == "") == is_left_alone


@pytest.mark.parametrize(
    ("check", "wanted"),
    [
        (
            'entry["life"] - (now() - entry["at"]) > 90000',
            'entry["life"] * 1000 - (now() - entry["at"]) > 90000',
        ),
        ('entry["at"] + entry["life"] - 9000 > now()', 'entry["at"] + entry["life"] * 1000 - 9000 > now()'),
        (
            'entry["at"] + min(entry["life"], 9000) > now()',
            'entry["at"] + min(entry["life"], 9) * 1000 > now()',
        ),
        (
            '(now() - entry["at"]) / entry["life"] < 0.9',
            '(now() - entry["at"]) / (entry["life"] * 1000) < 0.9',
        ),
    ],
)
def test_what_is_kept_under_any_name_is_followed(check: str, wanted: str, tmp_path: Path) -> None:
    kept = KEPT.format(kept="{}", check=check)
    got = after(WITH + kept, 'put("a", body) or is_fresh("a")', tmp_path)
    assert f"return {wanted}\n" in got
