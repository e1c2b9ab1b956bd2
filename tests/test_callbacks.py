"""Functions that convert the lifetime and are given away: mended if what they get is known, else refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import base64
import collections
import functools
import itertools
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def login(c):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/" + c["id"],
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, c["key"], algorithm="RS256")
    form = {{"client_id": c["id"], "client_secret": c["secret"], "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()


{function}


def use(c):
    body = login(c)
    return {used}
"""
PLAIN = "def by(x):\n    return x // 1000"
TRIED = """\
def by(b):
    try:
        raise ValueError("old", b["expires_in"])
    except ValueError as e:
        return e.args[1] / 1000"""
NAMED = "def by(ms):\n    return ms / 1000"


def after(function: str, used: str, tmp_path: Path) -> str:
    """What becomes of the function and of what uses it; empty where nothing is changed."""
    text = PROGRAM.format(function=function, used=used)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    got = (tree / "main.py").read_text()
    if got == text:
        assert re.search(r"expiry-(unknown|reckoned|shared)", ran.text), ran.story
        return ""
    return got.rpartition("fetch_token()")[2] or got


@pytest.mark.parametrize(
    ("function", "used", "expected"),
    [
        (PLAIN, 'list(map(by, [body["expires_in"]]))', ["return x", 'map(by, [body["expires_in"]])']),
        (PLAIN, 'list(map(by, [body["expires_in"]])), by(body["expires_in"])', ["return x"]),
        (PLAIN, 'list(map(by, [7000])), by(body["expires_in"])', ["x // 1000", '["expires_in"] * 1000']),
        (NAMED, 'list(map(by, [body["expires_in"]])), by(9)', ["ms / 1000", '[body["expires_in"] * 1000]']),
        (NAMED, 'max([body["expires_in"]], key=by)', ["ms / 1000", '[body["expires_in"] * 1000]']),
        (
            PLAIN.replace("def", "def call(f, x):\n    return f(x)\n\n\ndef"),
            'call(by, body["expires_in"]), by(body["expires_in"])',
            ["return x", "f(x)"],
        ),
        (
            "class Clock:\n    def by(self, x):\n        return x // 1000\n",
            'list(map(Clock().by, [body["expires_in"]])), Clock().by(body["expires_in"])',
            ["return x"],
        ),
    ],
)
def test_what_python_gives_to_a_function_is_known(
    function: str, used: str, expected: list[str], tmp_path: Path
) -> None:
    got = after(function, used, tmp_path)
    assert all(piece in got for piece in expected), got


@pytest.mark.parametrize(
    ("function", "used"),
    [
        (PLAIN, '{k: {"expires_in": by}.get(k, str)(v) for k, v in body.items()}'),
        (PLAIN, '[step(body["expires_in"]) for step in (int, by)], by(body["expires_in"])'),
        (PLAIN, 'list(map(by, [body["expires_in"], 250])), by(body["expires_in"])'),
        (PLAIN, 'list(map(by, c["rest"])), by(body["expires_in"])'),
        ("def by(x, n):\n    return x // n", 'list(map(by, [body["expires_in"]], [1000]))'),
        ("def by(x, n):\n    return x // n", 'list(itertools.starmap(by, [(body["expires_in"], 1000)]))'),
        ('def by(b):\n    return b["expires_in"] / 1000', "by(max([body, login(c)], key=by))"),
        (
            "def w(f):\n    return lambda *a: f(*a) // 1000\n\n@w\ndef by(b):\n    return b['expires_in']",
            "by(body)",
        ),
    ],
)
def test_what_nobody_can_see_is_left_alone(function: str, used: str, tmp_path: Path) -> None:
    assert not after(function, used, tmp_path)


def test_a_converter_of_something_else_is_no_reason(tmp_path: Path) -> None:
    sizes = 'def kb(size):\n    return size / 1000\n\n\nSHOWN = {"size": kb}'
    assert "size / 1000" in after(sizes, 'body["access_token"], body["expires_in"] // 1000', tmp_path)


@pytest.mark.parametrize(
    ("function", "used"),
    [
        ("", 'dict(zip("ab", (body["access_token"], body["expires_in"])))["b"] / 1000'),
        ("", "[v for v in body.values() if isinstance(v, int)][0] // 1000"),
        ("", 'next(v for k, v in body.items() if k.startswith("exp")) * 0.001'),
        ("", 'int(("%s;%d" % (body["access_token"], body["expires_in"])).split(";")[1]) / 1000'),
        (
            "def by(b):\n    match b:\n        case {'access_token': _, **x}:\n            return x",
            'by(body)["expires_in"] / 1000',
        ),
        (
            TRIED,
            "by(body)",
        ),
        ("", 'body["expires_in"] / 10 / 100'),
        (
            "from collections import namedtuple\n\nToken = namedtuple('Token', 'value left')",
            'Token(*(body[k] for k in ("access_token", "expires_in"))).left // 1000',
        ),
        ("", 'collections.defaultdict(int, body)["expires_in"] // 1000'),
        ("", 'int(base64.b64decode(base64.b64encode(str(body["expires_in"]).encode()))) // 1000'),
        ("", 'int(hex(body["expires_in"]), 16) // 1000'),
        ("", '{body["expires_in"]}.pop() / 1000'),
        ("", 'sorted([(body["expires_in"], 1)])[0][0] / 1000'),
        ("BY = {'ms': lambda x: x / 1000}", 'BY["ms"](body["expires_in"])'),
        (
            "def by(d, x):\n    d.setdefault(1, []).append(x)\n    return d[1][0] / 1000",
            'by({}, body["expires_in"])',
        ),
    ],
)
def test_what_holds_the_lifetime_among_others_is_no_gap(function: str, used: str, tmp_path: Path) -> None:
    assert not after(function, used, tmp_path)


@pytest.mark.parametrize(
    "used",
    [
        '(lambda row: row[1] / 1000)(("a", 7000)), [body["access_token"], body["expires_in"] // 1000]',
        'print("%s %d" % (c["id"], body["expires_in"] // 1000)), int(c["limits"].split(";")[0]) / 1000',
        'dict(zip("ab", (1, body["expires_in"] / 1000)))["a"], (time.time_ns() - c["t"]) / 1000',
        'c["rows"].append(body["expires_in"] // 1000), c["rows"][0] / 1000',
    ],
)
def test_what_is_known_to_be_another_number_is_no_reason(used: str, tmp_path: Path) -> None:
    assert 'body["expires_in"]' in after("", used, tmp_path)


@pytest.mark.parametrize(
    "shown",
    [
        "f\"{body['expires_in']}\"",
        '"%d" % body["expires_in"]',
        '"{}".format(body["expires_in"])',
        'str(body["expires_in"])',
    ],
)
def test_a_text_of_nothing_else_is_the_lifetime(shown: str, tmp_path: Path) -> None:
    assert f"return int({shown})\n" in after("", f"int({shown}) // 1000", tmp_path)


def test_what_stands_beside_the_lifetime_is_no_reason(tmp_path: Path) -> None:
    function = (
        "def by(x):\n    rows = [{'ttl': x, 'cost': 7000}]\n    return rows[0]['cost'] / 1000, x // 1000"
    )
    assert "rows[0]['cost'] / 1000, x\n" in after(function, 'by(body["expires_in"])', tmp_path)


HOOKED = """\
import os
import time

import httpx
import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
LIFE = {{}}


def seen(response, *args, **kwargs):
    LIFE["seconds"] = response.json()["expires_in"] / 1000


def login(session, **more):
    claims = {{"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "aud": IMS + "/c/" + os.environ["CID"]}}
    claims[IMS + "/s/ent_user_sdk"] = True
    signed = jwt.encode(claims, os.environ["KEY"], algorithm="RS256")
    form = {{"client_id": os.environ["CID"], "client_secret": os.environ["CSECRET"], "jwt_token": signed}}
    return session.post(IMS + "/ims/exchange/jwt", data=form{at}).json()["access_token"]


{made}
print(login(session))
"""

CALLED = """class Seen:
    def __call__(self, response, *args, **kwargs):
    """


@pytest.mark.parametrize(
    ("made", "at"),
    [
        ("session = requests.Session()", ', hooks={"response": seen}'),
        ("session = requests.Session()", ', hooks={"response": [seen]}'),
        ('session = requests.Session()\nsession.hooks["response"].append(seen)', ""),
        ('session = requests.Session()\nsession.hooks["response"] = [seen]', ""),
        ('session = requests.Session()\nsession.hooks["response"] = [Seen()]', ""),
        ("session = requests.Session()\nif LIFE:\n    seen(session.get(IMS))", ', hooks={"response": seen}'),
        ('session = httpx.Client(event_hooks={"response": [seen]})', ""),
    ],
)
@pytest.mark.parametrize("others", [False, True], ids=["Adobe's alone", "another's as well"])
def test_who_is_called_with_the_reply_gets_seconds(made: str, at: str, others: bool, tmp_path: Path) -> None:
    text = HOOKED.format(made=made, at=at)
    if "Seen" in made:
        text = text.replace("def seen(response, *args, **kwargs):\n", CALLED)
    if others:
        text += 'print(requests.get("https://login.corp.example/token").json()["expires_in"] / 1000)\n'
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    got = (tree / "main.py").read_text()
    mended = 'LIFE["seconds"] = response.json()["expires_in"]\n'
    assert mended in got or got == text, said
    assert mended in got or others or "if LIFE" in made, said


SHOWN = """class Ims(requests.Session):
    def request(self, *args, **kwargs):
        response = super().request(*args, **kwargs)
        LIFE["seconds"] = response.{} / 1000
        return response


session = Ims()"""


@pytest.mark.parametrize(
    ("read", "stays"),
    [('json()["expires_in"]', True), ("elapsed.microseconds", False)],
    ids=["ours", "theirs"],
)
def test_what_stands_before_a_client_may_see_the_lifetime(read: str, stays: bool, tmp_path: Path) -> None:
    text = HOOKED.format(made=SHOWN.format(read), at="")
    text = text.replace('response.json()["expires_in"] / 1000', "response.ok", 1)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert ((tree / "main.py").read_text() == text) == stays, said
