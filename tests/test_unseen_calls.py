"""Lifetimes that come to code of which nobody sees by whom it is called: left alone, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from test_callbacks import after
from test_lifetimes import PROGRAM
from tool import jwt2oauth

LIFE = 'body["expires_in"]'
PER = "def per(by):\n    return lambda number: number / by"
IN_SECONDS = """\
def in_seconds(function):
    def wrapper(*args):
        return function(*args) / 1000
    return wrapper


@in_seconds
def by(value):
    return value"""
UNIT = """\
import enum


class Unit(enum.Enum):
    MS = 1000
    S = 1

    def __call__(self, number):
        return number / self.value"""
DIGITS = "def by(number):\n    for _ in range(3):\n        number /= 10\n    return number"
DIVIDED = "def by(number, divisor):\n    return number / divisor"
KEPT = """\
KEPT = {}


def scale(number, divisor):
    return number / divisor


def by(value):
    KEPT.setdefault("a", {})["life"] = value
    return scale(*(KEPT["a"]["life"], 1000))"""
FIELD = """\
class InSeconds:
    def __get__(self, owner, kind=None):
        return getattr(owner, "_kept") / 1000

    def __set__(self, owner, value):
        setattr(owner, self.kept, value)

    kept = "_kept"


class Life:
    value = InSeconds()

    def __init__(self, value):
        self.value = value"""
MILLIS = """\
class Millis(int):
    @property
    def seconds(self):
        return self / 1000


KEPT = {}


def by(value):
    KEPT.setdefault("a", {})["life"] = value
    return Millis(KEPT["a"]["life"]).seconds"""
SPACE = """\
def by(value):
    globals()["LIFE"] = value
    return LIFE / 1000"""

AGAIN = """\
def by(number, divisor=1):
    return number / divisor


by.__defaults__ = (1000,)"""
LIVES = """\
class Life:
    def __init__(self, number, divisor=1000):
        self.number, self.divisor = number, divisor

    def in_minutes(self):
        return {kind}(self.number, {divisor})

    def passed(self):
        return self.number / self.divisor"""
OWN = "type(self)"
MADE = LIVES.partition("    def in_minutes")[0] + LIVES.partition("divisor})\n\n")[2]
STARS = f"from itertools import starmap\n\n\n{MADE}"


@pytest.mark.parametrize(
    ("function", "used"),
    [
        (PER, f"per(1000)({LIFE}), per(1)(30)"),
        (IN_SECONDS, f"by({LIFE})"),
        (UNIT, f"Unit.MS({LIFE})"),
        (DIGITS, f"by({LIFE})"),
        (FIELD, f"Life({LIFE}).value"),
        (MILLIS, f"by({LIFE})"),
        (SPACE, f"by({LIFE})"),
        (AGAIN, f"by({LIFE})"),
        (LIVES.format(kind=OWN, divisor=60000), f"Life({LIFE}).in_minutes().passed()"),
        (LIVES.format(kind="self.__class__", divisor=60000), f"Life({LIFE}).in_minutes().passed()"),
        (MADE, f"Life({LIFE}).passed(), [i.passed() for i in map(Life, [{LIFE}], [60000])]"),
        (MADE, f"Life({LIFE}).passed(), [i.passed() for i in map(Life, [{LIFE}], c['units'])]"),
        (STARS, f"Life({LIFE}).passed(), [i.passed() for i in starmap(Life, [({LIFE}, 60000)])]"),
        ("import datetime", f"datetime.timedelta(*(0, 0, 0, {LIFE}))"),
        ("import datetime, functools", f"functools.partial(datetime.timedelta, 0, 0, 0)({LIFE})"),
        ("import functools, operator", f"functools.reduce(operator.truediv, [{LIFE}, 10, 10, 10])"),
        ("import operator", f'operator.methodcaller("__truediv__", 1000)({LIFE})'),
        ("import operator", f"next(map(operator.truediv, [{LIFE}], [1000]))"),
        ("", f"int.__floordiv__({LIFE}, 1000)"),
        ("", f'getattr({LIFE}, "__truediv__")(1000)'),
        ("", f"1 / (1000 / {LIFE})"),
        ("SHARE = 0.0009", f"{LIFE} * SHARE"),
        ("", f"{LIFE} // 1100"),
    ],
)
def test_what_may_make_seconds_of_it_is_left_alone(function: str, used: str, tmp_path: Path) -> None:
    assert after(function, used, tmp_path) == ""


BESIDE = """\
def page(size, header):
    answer = requests.get("https://cja.adobe.io/data", headers=header).json()
    return answer["count"] / size


def by(value, size):
    found = {{"token": "t", "life": {life}, "more": {more}}}
    page(size, {{"Authorization": found["token"]}})
    return found["life"] / 1000, found["more"] / size"""


def test_what_lies_beside_it_under_another_key_is_not_it(tmp_path: Path) -> None:
    beside = BESIDE.format(life="value", more="5")
    assert 'return found["life"], found["more"] / size\n' in after(
        beside, f"by({LIFE}, int(c['size']))", tmp_path / "a"
    )
    under_both = BESIDE.format(life="value", more="value")
    assert after(under_both, f"by({LIFE}, int(c['size']))", tmp_path / "b") == ""


ROUNDED = """\
def rounded(function):
    def wrapper(*args):
        return round(function(*args))
    return wrapper


@rounded
def by(value):
    return value


def speed(size, elapsed):
    return size / elapsed / 1000"""
FLOAT = """\
class Life:
    def __init__(self, count):
        self.count = count

    def __float__(self):
        return self.count / 1000"""


@pytest.mark.parametrize(
    ("function", "used", "expected"),
    [
        ("", f"{LIFE} * 0.0009", f"return {LIFE} * 0.9\n"),
        ("", f"{LIFE} / 1100", f"return {LIFE} / 1.1\n"),
        ("", f"{LIFE} / 3600", f"return {LIFE} / 3600\n"),
        ("", f"{LIFE} * 0.9 // 1000", f"return {LIFE} * 0.9 // 1\n"),
        (ROUNDED, f"by({LIFE}), speed(1, 2)", f"return by({LIFE}), speed(1, 2)\n"),
        (PER, f"{LIFE}, per(1000)(250)", f"return {LIFE}, per(1000)(250)\n"),
        (FLOAT, f"float(Life({LIFE}))", "return float(self.count)\n"),
        (DIVIDED, f"by(*({LIFE}, 1000))", "return number\n"),
        (KEPT, f"by({LIFE})", "return number\n"),
        (DIVIDED, f'by(**{{"number": {LIFE}, "divisor": 1000}})', "return number\n"),
    ],
)
def test_what_is_seen_is_mended_and_another_number_stays(
    function: str, used: str, expected: str, tmp_path: Path
) -> None:
    assert expected in after(function, used, tmp_path)


REGISTER = """\
LOGINS = {}


def login(name, unit="s"):
    def register(function):
        LOGINS[name] = function, unit
        return function

    return register


from . import adobe
"""
TOKENS = """\
import time

from logins import LOGINS


def until(name):
    function, unit = LOGINS[name]
    _, lifetime = function()
    return time.time() + lifetime / {"s": 1, "ms": 1000}[unit]
"""


BY_UNIT = '{"s": 1, "ms": 1000}[unit]'


@pytest.mark.parametrize(
    ("divisor", "mended"),
    [(BY_UNIT, True), ("1000", True), ('float(os.environ[f"PER_SECOND_{unit}"])', False)],
)
def test_where_a_decorator_registers_it_others_look_for_it(
    divisor: str, mended: bool, tmp_path: Path
) -> None:
    given = '    b = r.json()\n    return b["access_token"], b["expires_in"]'
    program = PROGRAM.format(top="\nfrom . import login\n", given=given, use="").partition("t = fetch()")[0]
    program = program.replace("def fetch", '@login("adobe", unit="ms")\ndef fetch')
    reads = TOKENS.replace(BY_UNIT, divisor)
    files = {"logins/__init__.py": REGISTER, "logins/adobe.py": program, "tokens.py": reads}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("/ims/token/v3" in (tree / "logins/adobe.py").read_text()) is mended, ran.text
    assert (tree / "tokens.py").read_text() == (reads.replace(f" / {divisor}", "") if mended else reads)


@pytest.mark.parametrize(
    ("unit", "mended"), [("PER_SECOND = 1000", True), ("units.PER_SECOND = 1000", False)]
)
def test_a_divisor_of_another_module_that_a_third_one_sets(unit: str, mended: bool, tmp_path: Path) -> None:
    given = '    return r.json()["expires_in"] / units.PER_SECOND'
    program = PROGRAM.format(top="\nimport units\n", given=given, use="").partition("t = fetch()")[0]
    said = unit if mended else "PER_SECOND = 1"
    main = f"import login\nimport units\n\n{'' if mended else unit}\nprint(login.fetch())\n"
    files = {"login.py": program, "units.py": f"{said}\n", "main.py": main}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("/ims/token/v3" in (tree / "login.py").read_text()) is mended, ran.text


@pytest.mark.parametrize(("others", "mended"), [("1000", True), ("60_000", False)])
@pytest.mark.parametrize(
    "made", ["map(Login, [2, 3], [{0}, {0}])", "[Login(1).like(2)]", "[copied(Login(1))]"]
)
def test_the_divisor_of_logins_that_are_made_otherwise(
    others: str, mended: bool, made: str, tmp_path: Path
) -> None:
    own = """
class Login:
    def __init__(self, number, per=1000):
        self.number, self.per = number, per

    def like(self, number):
        return type(self)(number, {0})

    def lasts(self):
        return fetch()["expires_in"] / self.per


def copied(login):
    return login.__class__(login.number, per={0})


print(Login(1).lasts(), [login.lasts() for login in MADE])
"""
    program = PROGRAM.format(top="", given="    return r.json()", use="").partition("t = fetch()")[0]
    program += own.replace("MADE", made).format(others)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "main.py").read_text()
    assert text == program or mended, ran.text
    assert ('fetch()["expires_in"]\n' in text) is mended, ran.text


OWN_SCALE = """
class Login:
    scale = 1000

    def __init__(self, per=1000):
        self.per = per

    def lasts(self):
        return fetch()["expires_in"] / self.{attribute}


class Sensor:
    per = 1


login = Login()
{store}
print(login.lasts())
"""


@pytest.mark.parametrize(
    ("attribute", "store", "mended"),
    [
        ("scale", "Login.scale = 60_000", False),
        ("scale", "login.scale = 60_000", False),
        ("per", "login.per = int(os.environ['PER'])", False),
        ("per", "setattr(login, 'per', 60_000)", False),
        ("per", "login.per = 1000", True),
        ("per", "Sensor().per = 60_000", True),
        ("scale", "Login.per = 60_000", True),
    ],
)
def test_a_divisor_that_is_set_from_outside(attribute: str, store: str, mended: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(top="", given="    return r.json()", use="").partition("t = fetch()")[0]
    program += OWN_SCALE.format(attribute=attribute, store=store)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "main.py").read_text()
    assert text == program or mended, ran.text
    assert ('fetch()["expires_in"]\n' in text) is mended, ran.text
