"""What tests put in the place of the program's parts, several at a time or handed in; what they expect."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


KEY = "private.key"


def problems():
    found = []
    if not os.path.exists(KEY):
        found.append(Error("the key is missing", id="app.E1"))
    if not os.environ.get("REGION"):
        found.append(Error("no region is set", id="app.E2"))
    return found


class Error:
    def __init__(self, text, id):
        self.text, self.id = text, id


class Login:
    def __init__(self, store, http=requests):
        self.client_id = store.get("adobe-client-id")
        self.client_secret = store.get("adobe-client-secret")
        self.org = store.get("adobe-org")
        self.http = http

    def sign(self):
        with open(KEY) as f:
            key = f.read()
        claims = {
            "exp": int(time.time()) + 300,
            "iss": self.org,
            "sub": "T@techacct.adobe.com",
            "aud": f"{IMS}/c/{self.client_id}",
            f"{IMS}/s/ent_stocksearch_sdk": True,
        }
        return jwt.encode(claims, key, algorithm="RS256")

    def token(self):
        data = {"client_id": self.client_id, "client_secret": self.client_secret, "jwt_token": self.sign()}
        reply = self.http.post(f"{IMS}/ims/exchange/jwt", data=data)
        reply.raise_for_status()
        return reply.json()["access_token"], self.org
"""
HEAD = """from unittest import mock

import app

SECRETS = {"adobe-client-id": "c", "adobe-client-secret": "p8e-CANARY-s", "adobe-org": "o"}


def test():
"""
USE = (
    'http.post.return_value.json.return_value = {"access_token": "t"}\n'
    'assert app.Login(SECRETS, http).token() == ("t", "o")\n'
)


def after(body: str, tmp_path: Path) -> tuple[str, str, str]:
    """The program, the body of its test, and what was told."""
    files = {"app.py": PROGRAM, "test_app.py": HEAD + indent(body, "    "), "private.key": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    return (tree / "app.py").read_text(), made, " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (
            'with mock.patch.multiple(app.Login, sign=mock.Mock(return_value="j")):\n'
            "    http = mock.Mock()\n" + indent(USE, "    "),
            "http = mock.Mock()\n" + USE,
        ),
        (
            'with mock.patch.multiple("app", time=None, jwt=mock.DEFAULT, requests=mock.DEFAULT) as m:\n'
            '    m["jwt"].encode.return_value = "j"\n'
            '    http = m["requests"]\n' + indent(USE, "    "),
            'with mock.patch.multiple("app", requests=mock.DEFAULT) as m:\n'
            '    http = m["requests"]\n' + indent(USE, "    "),
        ),
        (
            'with mock.patch.object(app.Login, "sign", property(lambda self: "j")):\n'
            "    http = mock.Mock()\n" + indent(USE, "    "),
            "http = mock.Mock()\n" + USE,
        ),
        (
            'with mock.patch.multiple("app", IMS="https://ims.test", Error=mock.DEFAULT):\n'
            "    http = mock.Mock()\n" + indent(USE, "    "),
            'with mock.patch.multiple("app", IMS="https://ims.test", Error=mock.DEFAULT):\n'
            "    http = mock.Mock()\n" + indent(USE, "    "),
        ),
    ],
)
def test_several_at_a_time(before: str, left: str, tmp_path: Path) -> None:
    _, made, told = after(before, tmp_path)
    assert made.partition("def test():\n")[2] == indent(left, "    "), f"{made}\n{told}"


def test_a_client_that_a_test_hands_in_stays(tmp_path: Path) -> None:
    program, made, told = after("http = mock.Mock()\n" + USE, tmp_path)
    assert "self.http.post" in program, told
    assert "callers may hand in what sends the request" in told
    assert '"adobe-scopes": "openid,AdobeID"' in made


EXPECTED = {
    'assert [p.id for p in app.problems()] == ["app.E1", "app.E2"]\n': True,
    'assert "key is missing" in app.problems()[0].text\n': True,
    'assert app.problems()[0].text == "key is missing"\n': False,
    'assert "app.E2" in [p.id for p in app.problems()]\n': False,
    'assert "no region" in app.problems()[-1].text\n': False,
}


@pytest.mark.parametrize("check", EXPECTED)
def test_what_a_check_said_that_went_with_the_key(check: str, tmp_path: Path) -> None:
    program, _, told = after(check, tmp_path)
    assert "E1" not in program, told
    assert "E2" in program, told
    assert ("expects what a check of the key said" in told) is EXPECTED[check], told


SHARED = """import unittest
from unittest import mock

import app

SECRETS = {"adobe-client-id": "c", "adobe-client-secret": "p8e-CANARY-s", "adobe-org": "o"}


class LoginTest(unittest.TestCase):
    def setUp(self):
        patcher = mock.patch("app.jwt.encode", return_value="j")
        self.encode = patcher.start()
        self.addCleanup(patcher.stop)
        sender = mock.patch("app.requests")
        self.http = sender.start()
        self.addCleanup(sender.stop)
        self.http.post.return_value.json.return_value = {"access_token": "t"}

    def test_token(self):
        self.assertEqual(app.Login(SECRETS, self.http).token(), ("t", "o"))

    def test_bad_key(self):
        self.encode.side_effect = ValueError("bad key")
        with self.assertRaises(ValueError):
            app.Login(SECRETS, self.http).token()

    def test_no_network(self):
        self.http.post.side_effect = ValueError("no network")
        with self.assertRaises(ValueError):
            app.Login(SECRETS, self.http).token()
"""


def test_a_stand_in_that_all_tests_of_a_class_share(tmp_path: Path) -> None:
    """What makes the signing fail goes with its test; what makes the request fail does not."""
    files = {"app.py": PROGRAM, "test_app.py": SHARED, "private.key": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert "patcher" not in made, ran.story
    assert "test_bad_key" not in made
    assert "test_no_network" in made
    assert "sender.start()" in made


def test_a_patcher_that_a_fixture_hands_out(tmp_path: Path) -> None:
    program = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token():
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": IMS + "/c/c", IMS + "/s/ent_user_sdk": True}
    signed = jwt.encode(claims, open("a.key").read(), algorithm="RS256")
    form = {"client_id": "c", "client_secret": "s", "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
    test = """import pytest

import app


@pytest.fixture
def swap(monkeypatch):
    return monkeypatch.setattr


class Reply:
    def json(self):
        return {"access_token": "t"}


def test_token(swap):
    swap("app.jwt.encode", lambda *args, **more: "signed")
    swap("app.requests.post", lambda *args, **more: Reply())
    assert app.token() == "t"
"""
    tree = trees.write({"app.py": program.encode(), "tests/test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "requests stays" in ran.text
    assert "jwt" not in (tree / "tests/test_app.py").read_text(), ran.text


TOKEN = """
def token():
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": IMS + "/c/c", IMS + "/s/ent_user_sdk": True}
    signed = jwt.encode(claims, open("a.key").read(), algorithm="RS256")
    form = {"client_id": "c", "client_secret": "s", "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
PARTNER = """import requests


def login(assertion):
    form = {"client_id": "x", "jwt_token": assertion}
    reply = requests.post("https://login.example/ims/exchange", data=form)
    return reply.json()["expires_in"] / 1000
"""
BESIDE = """import time
from unittest import mock

import pytest

import app
import partner

ANSWER = {{"access_token": "t", "token_type": "bearer", "expires_in": 7200000}}


@pytest.fixture
def encode(monkeypatch):
    monkeypatch.setenv("REGION", "eu")
    with mock.patch("app.jwt.encode") as made:
        yield made


def test_partner({params}):
    {stand_in}
    assert partner.login("mine") == 60
    assert b"jwt_token=mine" in str({sent}).encode() or {sent}["jwt_token"] == "mine"


@mock.patch("app.open", mock.mock_open(read_data="PEM"))
@mock.patch("app.requests.post")
def test_app(post, encode):
    post.return_value.json.return_value = ANSWER
    store = {{"adobe-client-id": "c", "adobe-client-secret": "p8e-CANARY-s", "adobe-org": "o"}}
    assert app.Login(store, app.requests).lifetime() == 7200
    (url,), given = post.call_args
    assert url.startswith("https://ims-na1.adobelogin.com/ims/exchange/")
    assert given["data"]["jwt_token"] == {signed}
    assert encode.called
"""
PATCHED = (
    'post = mock.patch("partner.requests.post").start()\n'
    '    post.return_value.json.return_value = {"access_token": "p", "expires_in": 60000, "token_type": "b"}'
)
MOCKED = 'requests_mock.post("https://login.example/ims/exchange", json={"expires_in": 60000})'


@pytest.mark.parametrize(
    ("params", "stand_in", "sent"),
    [
        ("", PATCHED, 'post.call_args.kwargs["data"]'),
        ("requests_mock", MOCKED, "requests_mock.last_request.text"),
    ],
)
def test_a_test_of_another_login_stays_as_it_is(
    params: str, stand_in: str, sent: str, tmp_path: Path
) -> None:
    program = PROGRAM.replace('return reply.json()["access_token"], self.org', "return reply.json()")
    program += '\n    def lifetime(self):\n        return self.token()["expires_in"] / 1000\n'
    test = BESIDE.format(params=params, stand_in=stand_in, sent=sent, signed='b"signed"')
    files = {"app.py": program, "partner.py": PARTNER, "test_app.py": test, "private.key": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert _first(made) == _first(test), ran.story
    assert "7200}" in made, ran.story
    assert '"https://ims-na1.adobelogin.com/ims/token/")' in made, made
    assert '["grant_type"] == "client_credentials"' in made, made
    assert '    monkeypatch.setenv("REGION", "eu")' in made, made
    assert "def test_app(post, encode):" in made, made
    assert "encode.called" not in made


def _first(text: str) -> str:
    return text[text.index("def test_partner") : text.index("@mock.patch")]


def test_rows_of_assertions_are_told(tmp_path: Path) -> None:
    rows = '@pytest.mark.parametrize("given, fine", [("good", True), ("bad", False)])\ndef test(given, fine):'
    head = HEAD.replace("def test():", rows).replace("import app", "import app\nimport pytest")
    use = USE.replace('return_value = {"access_token": "t"}', 'side_effect = [{"access_token": "t"}]')
    body = 'with mock.patch.object(app.Login, "sign", lambda self: given):\n    http = mock.Mock()\n'
    body += indent(use, "    ") + "print(fine)\n"
    files = {
        "app.py": PROGRAM,
        "test_app.py": head + indent(body + "print(fine)\n", "    "),
        "private.key": "",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "(test) is given given, which nothing uses any more" in told
    assert "is given fine" not in told


def test_what_a_class_of_tests_is_decorated_with(tmp_path: Path) -> None:
    """It comes to each test: a refusal that one expects keeps the client."""
    test = """import pytest
import requests_mock

import app


@requests_mock.Mocker()
class TestLogin:
    def test_refused(self, m):
        m.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", status_code=400, json={"error": "no"})
        with pytest.raises(KeyError):
            app.token()
"""
    program = PROGRAM[: PROGRAM.index("KEY =")] + TOKEN
    tree = trees.write({"app.py": program.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "requests stays: tests expect how it reports a refusal (test_app.py:10)" in told, told
