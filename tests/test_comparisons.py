"""Who asks how large a lifetime is: the answer is the same as before, or the flow is left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import trees
from test_lifetimes import PROGRAM, WHOLE
from tool import jwt2oauth

LIFE = 't["expires_in"]'


def fixed(folder: Path, top: str, use: str) -> tuple[str, str]:
    """Rewrite a program that prints ``use``; give the program then, and what was said."""
    program = PROGRAM.format(top=top, given=indent(WHOLE, "    "), use=use)
    files = {"main.py": program.encode(), "limits.json": b'{"least": 3600000}\n'}
    tree = trees.write(files, folder / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "main.py").read_text(), ran.text


ENUM = "from enum import IntEnum\n\n\nclass Limit(IntEnum):\n    LONG = 3_600_000\n\n"
FILE = 'import json\n\nwith open("limits.json") as f:\n    LIMITS = json.load(f)\n'
TABLE = 'LIMITS = {"least": 3_600_000}\n'
KNOWN = "KNOWN = (86_399_000, 86_400_000)\n"


@pytest.mark.parametrize(
    ("top", "use", "after"),
    [
        pytest.param(ENUM, f"{LIFE} > Limit.LONG", f"{LIFE} > Limit.LONG", id="enum-is-scaled"),
        pytest.param(
            ENUM, f"{LIFE} > Limit.LONG, Limit.LONG", f"{LIFE} > Limit.LONG // 1000, Limit.LONG", id="enum"
        ),
        pytest.param("", f'{LIFE} < int(os.environ["LEAST"])', f'{LIFE} * 1000 < int(os.environ["LEAST"])'),
        pytest.param(FILE, f'LIMITS["least"] < {LIFE}', f'LIMITS["least"] < {LIFE} * 1000', id="file"),
        pytest.param(KNOWN, f"{LIFE} in KNOWN", f"{LIFE} * 1000 in KNOWN", id="known"),
        pytest.param("", f"{LIFE} not in range(60_000)", f"{LIFE} * 1000 not in range(60_000)", id="range"),
        pytest.param("", f"{LIFE} == 86399000", f"{LIFE} == 86399", id="equal"),
        pytest.param("", f"{LIFE} > 86_399_999", f"{LIFE} > 86399.999", id="odd-number"),
        pytest.param("", f"min([{LIFE}, 3_600_000]) / 1000", f"min([{LIFE}, 3600])", id="min-of-list"),
        pytest.param(
            "",
            f"{LIFE} // 3_600_000, {LIFE} % 3_600_000 // 60_000",
            f"{LIFE} // 3600, {LIFE} % 3600 // 60",
            id="rest",
        ),
        pytest.param("", f"{LIFE} * 100 // 86_400_000", f"{LIFE} * 100 // 86400", id="percent"),
        pytest.param(
            "", f'" ".join([str({LIFE}), "ms"])', f'" ".join([str({LIFE} * 1000), "ms"])', id="joined-text"
        ),
        pytest.param(
            "", f'"%(n)d ms" % dict(n={LIFE})', f'"%(n)d ms" % dict(n={LIFE} * 1000)', id="text-by-key"
        ),
        pytest.param(
            "",
            f"(time.time() - 5) * 1000 / {LIFE}",
            f"(time.time() - 5) * 1000 / ({LIFE} * 1000)",
            id="share",
        ),
        pytest.param("", f'str({LIFE}) == "86399000"', f'str({LIFE} * 1000) == "86399000"', id="text"),
        pytest.param("", f"{LIFE} - 3_600_000 > 0", f"{LIFE} - 3600 > 0", id="less-an-hour"),
        pytest.param("", f"{LIFE} - 60 > 0", f"{LIFE} - 60 > 0", id="less-a-minute-in-seconds"),
        pytest.param(TABLE, f'{LIFE} > LIMITS["least"]', f'{LIFE} > LIMITS["least"]', id="table-of-one"),
        pytest.param(
            TABLE,
            f'{LIFE} > LIMITS["least"], LIMITS["least"]',
            f'{LIFE} > LIMITS["least"] // 1000, LIMITS["least"]',
            id="table-that-others-read",
        ),
        pytest.param(
            TABLE,
            f'{LIFE} > LIMITS["least"], *LIMITS.values()',
            f'{LIFE} > LIMITS["least"] // 1000, *LIMITS.values()',
            id="table-that-is-gone-through",
        ),
        pytest.param(
            TABLE,
            f'min({LIFE}, LIMITS["least"]) / 1000, LIMITS["least"]',
            f'min({LIFE}, LIMITS["least"] // 1000), LIMITS["least"]',
            id="table-to-choose-from",
        ),
        pytest.param("", f"{LIFE} - 3_600_000 > 500", f"{LIFE} - 3600 > 0.5", id="less-an-hour-and-some"),
        pytest.param("", f"{LIFE} % 60_000 < 500", f"{LIFE} % 60 < 0.5", id="rest-of-a-minute"),
        pytest.param("", f"{LIFE} / 100 * 80 / 1000", f"{LIFE} / 100 * 80", id="percent-first"),
        pytest.param("", f"{LIFE} > 300", f"{LIFE} > 300", id="taken-for-seconds"),
        pytest.param("", f"{LIFE} in (None, 0)", f"{LIFE} in (None, 0)", id="nothing"),
        pytest.param("", f"{LIFE} < time.time()", f"{LIFE} < time.time()", id="clock"),
        pytest.param("", f"{LIFE} <= max({LIFE}, 0)", f"{LIFE} <= max({LIFE}, 0)", id="itself"),
        pytest.param("", f'{{"a:b": 1}}["a:b"], {LIFE}', f'{{"a:b": 1}}["a:b"], {LIFE}', id="another-key"),
        pytest.param("", f"{LIFE} - {LIFE} * 0.1", f"{LIFE} - {LIFE} * 0.1", id="a-tenth-less"),
    ],
)
def test_it_is_asked_of_milliseconds_as_before(top: str, use: str, after: str, tmp_path: Path) -> None:
    program, said = fixed(tmp_path, top, use)
    assert f"print({after})\n" in program, said
    assert "/ims/token/v3" in program


@pytest.mark.parametrize(
    ("top", "use"),
    [
        pytest.param("", f"len(range(0, {LIFE}, 3_600_000))", id="range"),
        pytest.param("from bisect import bisect\n", f"bisect([60_000, 3_600_000], {LIFE})", id="bisect"),
        pytest.param("import operator\n", f"operator.lt({LIFE}, 3_600_000)", id="operator"),
        pytest.param("", f"({LIFE}).__lt__(3_600_000)", id="method"),
        pytest.param('NAMES = {86_399_000: "a day"}\n', f"NAMES[{LIFE}]", id="table"),
        pytest.param('NAMES = {86_399_000: "a day"}\n', f'NAMES.get({LIFE}, "")', id="table-get"),
        pytest.param(ENUM, f"Limit({LIFE})", id="member-by-value"),
        pytest.param("", f"int(str({LIFE})[:5])", id="digits"),
        pytest.param("", f"{LIFE} - {LIFE} * 0.999", id="all-but-a-thousandth"),
        pytest.param("", f"{LIFE} in os.listdir()", id="unknown"),
        pytest.param("", f"{LIFE} % 1000", id="its-own-milliseconds"),
        pytest.param("", f"len(str({LIFE})) > 6", id="length"),
        pytest.param("is_long = lambda ms: ms > 3_600_000\n", f"is_long({LIFE})", id="lambda"),
        pytest.param("", f"[*filter(lambda ms: ms > 3_600_000, [{LIFE}])]", id="filter"),
        pytest.param(
            "def over(limit):\n    def check(value):\n        return value > limit\n\n    return check\n",
            f"over(3_600_000)({LIFE})",
            id="closure",
        ),
    ],
)
def test_what_only_fits_milliseconds_is_left_alone(top: str, use: str, tmp_path: Path) -> None:
    program, said = fixed(tmp_path, top, use)
    assert f"print({use})\n" in program
    assert "/ims/exchange/jwt" in program
    assert "expiry-reckoned" in said or "expiry-unknown" in said


BOUND = """LIMIT = 3_600_000


def life(t):
    ms = t["expires_in"]
    if ms > {limit}:
        ms = {limit}
    return ms / 1000

"""


@pytest.mark.parametrize("limit", ["LIMIT", "3_600_000"])
def test_a_bound_that_takes_its_place_is_scaled(limit: str, tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, BOUND.format(limit=limit), "life(t), LIMIT / 3_600_000")
    space: dict[str, Any] = {}
    exec(program[program.index("LIMIT =") : program.index("IMS =")], space)
    assert space["life"]({"expires_in": 86399}) == 3600
    assert space["LIMIT"] == 3_600_000


PATTERN = """
def name(t):
    match t["expires_in"]:
        case 86_399_000:
            return 1
    return 0

"""


def test_a_pattern_of_milliseconds_is_left_alone(tmp_path: Path) -> None:
    program, said = fixed(tmp_path, PATTERN, "name(t)")
    assert "/ims/exchange/jwt" in program
    assert "expiry-reckoned" in said


RETURNED = """LIMIT = 3_600_000


def life(t):
    if t["expires_in"] > LIMIT:
        return LIMIT
    return t["expires_in"]

"""


def test_a_bound_that_is_returned_is_scaled(tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, RETURNED, "life(t) / 1000, LIMIT / 60_000")
    space: dict[str, Any] = {}
    exec(program[program.index("LIMIT =") : program.index("IMS =")], space)
    assert space["life"]({"expires_in": 86399}) == 3600
    assert space["LIMIT"] == 3_600_000
    assert "print(life(t), LIMIT / 60_000)" in program


STEPS = """def tenths(t):
    return t["expires_in"] / 100

"""


def test_a_thousand_in_steps_at_two_places_is_left_alone(tmp_path: Path) -> None:
    program, said = fixed(tmp_path, STEPS, "tenths(t) / 10")
    assert "/ims/exchange/jwt" in program
    assert "expiry-reckoned" in said


@pytest.mark.parametrize(
    "query", ["insert into t values (?, ? / 1000)", "INSERT INTO t VALUES (?, ? / 1000)"]
)
def test_a_query_that_divides_is_one_in_small_letters(query: str, tmp_path: Path) -> None:
    top = "import sqlite3\n\ndb = sqlite3.connect(':memory:')\n"
    program, _ = fixed(tmp_path, top, f'db.execute("{query}", (1, {LIFE}))')
    assert "/ims/exchange/jwt" in program


def test_values_of_nothing_that_is_asked_are_no_query(tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, "", f'"values / 1000", {LIFE}')
    assert "/ims/token/v3" in program


def test_a_table_is_asked_in_a_module_that_reckons_nothing(tmp_path: Path) -> None:
    program = PROGRAM.format(
        top="from names import name\n", given=indent(WHOLE, "    "), use='name(t["expires_in"])'
    )
    names = "from data import NAMES\n\n\ndef name(life):\n    return NAMES.get(life)\n"
    files = {"main.py": program, "names.py": names, "data.py": 'NAMES = {86_399_000: "a day"}\n'}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert (tree / "main.py").read_text() == program
    assert "expiry-reckoned" in said


SET = """import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--most", type=int, default=3_600_000)
LIMIT = parser.parse_args()


def life(t):
    left = t["expires_in"]
    if left > LIMIT.most:
        left = LIMIT.most
    return left

"""


def test_a_bound_from_elsewhere_that_takes_its_place_is_not_mixed_with_it(tmp_path: Path) -> None:
    program, said = fixed(tmp_path, SET, "life(t) / 1000")
    assert "/ims/exchange/jwt" in program
    assert "expiry-unknown" in said


FIELD = """from pydantic import BaseModel, Field


class Token(BaseModel):
    access_token: str
    life: int = Field(alias="expires_in", ge=60_000, le=90_000_000)
    seen: int = Field(default=0, le=90_000_000)

"""


def test_the_bounds_of_a_field_are_scaled_with_it(tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, FIELD, "Token(**t).life / 1000, Token(**t).seen")
    assert 'Field(alias="expires_in", ge=60, le=90000)' in program
    assert "Field(default=0, le=90_000_000)" in program
    assert "print(Token(**t).life, Token(**t).seen)" in program


def test_a_field_that_says_milliseconds_is_told_of(tmp_path: Path) -> None:
    top = FIELD.replace("life:", "life_ms:")
    _, said = fixed(tmp_path, top, "Token(**t).life_ms / 1000")
    assert "The name life_ms speaks of milliseconds" in " ".join(said.split())


KEPT = {
    "database": "import sqlite3\n\ndb = sqlite3.connect(':memory:')\n\n\ndef kept(t):\n"
    "    db.execute('INSERT INTO t VALUES (?)', (t['expires_in'],))\n"
    "    (life,) = db.execute('SELECT life FROM t').fetchone()\n    return life\n",
    "context": "from contextvars import ContextVar\n\nlife = ContextVar('life')\n\n\ndef kept(t):\n"
    "    life.set(t['expires_in'])\n    return life.get()\n",
    "generator": "def replies():\n    yield fetch()\n\n\ndef kept(t):\n"
    "    return next(replies())['expires_in']\n",
}


@pytest.mark.parametrize("way", KEPT)
@pytest.mark.parametrize(
    "asked",
    [
        "kept(t) < 3_600_000",
        "kept(t) == 86_399_000",
        'kept(t) > int(os.environ["LEAST"])',
        "kept(t) in (86_399_000, 86_400_000)",
        "range(0, kept(t), 3_600_000)",
        "min(kept(t), 3_600_000) / 1000",
        'f"{kept(t)} ms"',
    ],
)
def test_it_is_asked_where_nobody_followed_it(way: str, asked: str, tmp_path: Path) -> None:
    program, said = fixed(tmp_path, KEPT[way], asked)
    assert "/ims/exchange/jwt" in program
    assert "expiry-unknown" in said or "expiry-reckoned" in said


@pytest.mark.parametrize("asked", ["len(kept(t))", "kept(t) is None", "kept(t) > 300", "0 < 86_399_000"])
def test_what_asks_nothing_of_milliseconds_is_no_matter(asked: str, tmp_path: Path) -> None:
    program, said = fixed(tmp_path, KEPT["context"], asked)
    assert "/ims/token/v3" in program, said


OWN = """
class Store:
    def put(self, value, px=None):
        self.seconds = px / 1000
        return self.seconds

"""


def test_what_is_called_like_a_librarys_milliseconds_is_followed_where_it_is_of_the_project(
    tmp_path: Path,
) -> None:
    program, _ = fixed(tmp_path, OWN, f"Store().put(1, px={LIFE})")
    by_caller = f"px={LIFE} * 1000" in program
    assert by_caller is ("self.seconds = px / 1000" in program)


REST = """
def rest(t):
    left = t["expires_in"]
    left %= 3_600_000
    return left // 1000

"""


def test_a_rest_in_place_is_left_alone(tmp_path: Path) -> None:
    program, said = fixed(tmp_path, REST, "rest(t)")
    assert "/ims/exchange/jwt" in program, said


WRITING = """
class Store:
    def put(self, value, px):
        self.out.write(str(px))

"""


def test_milliseconds_that_are_only_written_stay_milliseconds(tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, WRITING, f"Store().put(1, px={LIFE})")
    assert f"Store().put(1, px={LIFE} * 1000)" in program


KEEPING = """
class Store:
    def put(self, value, px):
        self.life = px

    def left(self):
        return self.life / 1000

"""


def test_milliseconds_that_are_kept_and_divided_later_are_seconds(tmp_path: Path) -> None:
    program, _ = fixed(tmp_path, KEEPING, f"Store().put(1, px={LIFE})")
    assert f"Store().put(1, px={LIFE})" in program
    assert "return self.life\n" in program
