"""The lifetime in what tests give for the reply, however it is put together, is in seconds afterwards."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def login(account):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": account["org"],
        "sub": account["tech"],
        "aud": f"{IMS}/c/{account['id']}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    form = {
        "client_id": account["id"],
        "client_secret": account["secret"],
        "jwt_token": jwt.encode(claims, account["key"], algorithm="RS256"),
    }
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()
    return reply["access_token"], time.time() + reply["expires_in"] / 1000
"""
TEST = """import app

ACCOUNT = {{"org": "o", "tech": "t", "id": "c", "secret": "s", "key": "k"}}


class Reply:
    def json(self):
{body}


def test_login(monkeypatch):
    monkeypatch.setattr(app.jwt, "encode", lambda *a, **k: "signed")
    monkeypatch.setattr(app.requests, "post", lambda url, data: Reply())
    assert app.login(ACCOUNT)[0] == "t"
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('return {"access_token": "t", "expires_in": 86399000}', '"expires_in": 86399}'),
        (
            'body = {}\nbody["access_token"] = "t"\nbody["expires_in"] = 86399000\nreturn body',
            'body["expires_in"] = 86399\n',
        ),
        (
            'body = {}\nbody["token_type"] = "b"\nbody["expires_in"] = 86399000\nreturn body',
            'body["expires_in"] = 86399\n',
        ),
        (
            'job = {}\njob["name"] = "t"\njob["expires_in"] = 86399000\nreturn {"access_token": "t"}',
            'job["expires_in"] = 86399000\n',
        ),
    ],
    ids=["whole", "step by step", "of a bearer", "of something else"],
)
def test_it_is_in_seconds(before: str, after: str, tmp_path: Path) -> None:
    files = {"app.py": PROGRAM.encode(), "test_app.py": TEST.format(body=indent(before, " " * 8)).encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "client_credentials" in (tree / "app.py").read_text(), ran.story
    assert after in (tree / "test_app.py").read_text(), ran.story


PAIRS = (
    PROGRAM.replace('time.time() + reply["expires_in"] / 1000', 'reply["expires_in"]')
    + """

class Client:
    def __init__(self, account, login=None):
        self.login = login or Login(account)

    def left(self):
        token, life = self.login.fetch()
        return life / 1000


class Login:
    def __init__(self, account):
        self.account = account

    def fetch(self):
        return login(self.account)
"""
)
FAKES = """from unittest import mock

import app

ACCOUNT = {{"org": "o", "tech": "t", "id": "c", "secret": "s", "key": "k"}}


class Fake:
    def fetch(self):
        return "t", 86399000


class Other:
    def pull(self):
        return "t", 86399000


def test_left(monkeypatch):
{body}
    assert 80000 < client.left() < 86400
"""


@pytest.mark.parametrize(
    ("stand_in", "after"),
    [
        ("client = app.Client(ACCOUNT, Fake())", 'return "t", 86399\n\n\nclass Other'),
        (
            'client = app.Client(ACCOUNT)\nclient.login.fetch = lambda: ("t", 3600000 * 24)',
            '("t", 86400)',
        ),
        (
            'client = app.Client(ACCOUNT, mock.Mock())\nclient.login.fetch.return_value = "t", 86399000',
            'fetch.return_value = "t", 86399\n',
        ),
        (
            'client = app.Client(ACCOUNT, mock.Mock(fetch=mock.Mock(side_effect=[("t", 86399000)])))',
            'side_effect=[("t", 86399)]',
        ),
        (
            'monkeypatch.setattr(app.Login, "fetch", lambda self: ("t", 86399000))\nclient = app.Client({})',
            'lambda self: ("t", 86399))',
        ),
        (
            'mock.patch("app.Login.fetch", return_value=("t", 86399000)).start()\nclient = app.Client({})',
            'return_value=("t", 86399))',
        ),
    ],
)
def test_a_stand_in_gives_a_pair_without_a_name(tmp_path: Path, stand_in: str, after: str) -> None:
    files = {"app.py": PAIRS, "test_app.py": FAKES.format(body=indent(stand_in, "    "))}
    trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    assert jwt2oauth(tmp_path, "fix").code == 0
    test = (tmp_path / "test_app.py").read_text()
    assert after in test
    assert 'def pull(self):\n        return "t", 86399000' in test


def test_a_reply_that_is_written_out_needs_no_look(tmp_path: Path) -> None:
    """Nor does a name that says milliseconds where the lifetime comes times a thousand."""
    program = PROGRAM.replace("    reply = requests.post", "    answer = requests.post").replace(
        ".json()", ""
    )
    program = program.replace(
        '    return reply["access_token"], time.time() + reply["expires_in"] / 1000\n',
        "    answer.raise_for_status()\n    reply = answer.json()\n"
        '    keep(reply["expires_in"] - 60000, reply["access_token"])\n\n\n'
        "def keep(milliseconds, token):\n    remember(milliseconds / 1000, token)\n\n\n"
        "def remember(seconds, token):\n    print(seconds, token)\n",
    )
    test = (
        "from unittest import mock\n\nimport app\n\n\n"
        '@mock.patch("app.jwt.encode", return_value="signed")\n@mock.patch("app.requests.post")\n'
        "def test_login(post, encode):\n"
        '    post.return_value.json.return_value = {"access_token": "t", "expires_in": 86399000}\n'
        '    app.login({"org": "o", "tech": "t", "id": "c", "secret": "s", "key": "k"})\n'
    )
    tree = trees.write({"app.py": program.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert 'reply["expires_in"] * 1000 - 60000' in (tree / "app.py").read_text(), ran.story
    assert '"expires_in": 86399}' in (tree / "test_app.py").read_text()
    assert "See what lifetime" not in ran.text
    assert "speaks of milliseconds" not in ran.text


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("exc=app.requests.ConnectTimeout", False),
        ("exc=app.requests.ConnectionError('no route')", False),
        ("status_code=503", False),
        ("json=answer", True),
        ("text=answer", True),
    ],
)
def test_what_answers_nothing_needs_no_look(answer: str, told: bool, tmp_path: Path) -> None:
    test = f"""import app


def test_login(requests_mock, monkeypatch, answer, account):
    monkeypatch.setattr(app.jwt, "encode", lambda *a, **k: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", {answer})
    app.login(account)
"""
    tree = trees.write({"app.py": PROGRAM.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    assert ("See what lifetime the mocked reply gives" in jwt2oauth(tree, "fix").text) is told


@pytest.mark.parametrize(
    ("expected", "after"),
    [("(Any, 86399985)", "(Any, 86399)"), ("(86399985, Any)", "(86399985, Any)")],
    ids=["the lifetime", "something else"],
)
def test_a_pair_that_goes_on_as_it_comes_is_expected_in_seconds(
    expected: str, after: str, tmp_path: Path
) -> None:
    program = PROGRAM.replace('time.time() + reply["expires_in"] / 1000', 'reply["expires_in"]')
    test = TEST.format(body='        return {"access_token": "t", "expires_in": 86399985}')
    test = test.replace('assert app.login(ACCOUNT)[0] == "t"', f"assert app.login(ACCOUNT) == {expected}")
    test = test.replace("import app\n", "from unittest.mock import ANY as Any\n\nimport app\n", 1)
    files = {"app.py": program, "test_app.py": test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert '"expires_in": 86399}' in made, ran.story
    assert f"== {after}" in made


@pytest.mark.parametrize(
    ("form", "told"),
    [('"client_id=c&jwt_token=signed"', True), ('"kid=1&jwt_token=signed"', False)],
)
def test_a_form_of_somebody_else_is_not_told_to_change(form: str, told: bool, tmp_path: Path) -> None:
    test = TEST.format(body='        return {"access_token": "t", "expires_in": 86399000}')
    test += f"    assert sent.text == {form}\n"
    tree = trees.write({"app.py": PROGRAM.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("expects an assertion in what is posted" in " ".join(ran.text.split())) is told, ran.story


CHECK = """import json


def hours_left(path):
    with open(path) as file:
        lifetime = json.load(file)["expires_in"]
    return {read} / 3600
"""
STORES = """import json

import check


def test_hours_left(tmp_path):
    path = tmp_path / "reply.json"
    path.write_text(json.dumps({"expires_in": 7200000}))
    assert check.hours_left(path) == 2


def test_another(tmp_path):
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"expires_in": 3000000}))
    assert path.exists()
"""


@pytest.mark.parametrize(
    ("read", "lines"),
    [("lifetime / 1000", ("7200}", "3000000}")), ("lifetime", ("7200000}", "3000000}"))],
    ids=["milliseconds", "seconds by mistake"],
)
def test_what_tests_store_for_the_conversion_to_read(
    read: str, lines: tuple[str, str], tmp_path: Path
) -> None:
    program = PROGRAM.replace(
        '    return reply["access_token"], time.time() + reply["expires_in"] / 1000\n',
        '    json.dump(reply, open("reply.json", "w"))\n    return reply["access_token"]\n',
    ).replace("import time\n", "import json\nimport time\n")
    files = {"app.py": program, "check.py": CHECK.format(read=read), "test_check.py": STORES}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--exit-zero")
    assert "client_credentials" in (tree / "app.py").read_text(), ran.story
    after = (tree / "test_check.py").read_text()
    assert all(f'"expires_in": {line}' in after for line in lines), ran.story


MADE = """import time
from {library} import {maker}

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


{model}


def login(account):
    claims = {{"exp": int(time.time()) + 300, "iss": account["org"], "sub": account["tech"]}}
    claims |= {{IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + account["id"]}}
    signed = jwt.encode(claims, account["key"], algorithm="RS256")
    form = {{"client_id": account["id"], "client_secret": account["secret"], "jwt_token": signed}}
    return Reply(**requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json())
"""
CONVERTED = """@define
class Reply:
    access_token: str
    token_type: str
    expires_in: int = field(converter=CONVERTER)"""
PROPERTY = """@dataclass
class Reply:
    access_token: str
    token_type: str
    expires_in: int

    @property
    def seconds(self):
        return self.expires_in // 1000"""
INIT = """class Reply:
    def __init__(self, access_token, token_type, expires_in):
        self.access_token, self.kind = access_token, token_type
        self.lifetime = expires_in

    def seconds(self):
        return self.lifetime / 1000"""
FUNCTION = "def to_seconds(ms):\n    return int(ms) // 1000\n\n\n"
MODELS = {
    "lambda": ("attrs", "define, field", CONVERTED.replace("CONVERTER", "lambda ms: int(ms) // 1000")),
    "function": ("attrs", "define, field", FUNCTION + CONVERTED.replace("CONVERTER", "to_seconds")),
    "property": ("dataclasses", "dataclass", PROPERTY),
    "init": ("dataclasses", "dataclass", INIT),
}


@pytest.mark.parametrize("model", MODELS)
def test_what_tests_fill_a_model_with(model: str, tmp_path: Path) -> None:
    library, maker, text = MODELS[model]
    program = MADE.format(library=library, maker=maker, model=text)
    test = (
        "import app\n\n\ndef test_reply():\n"
        '    assert app.Reply("t", "bearer", 86399000)\n    assert app.Reply("t", "bearer", 3000)\n'
        '    assert app.Reply("t", "bearer", expires_in=7200000)\n    assert 86399000 != 3000\n'
    )
    tree = trees.write({"app.py": program.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert '"bearer", 86399)' in made, ran.story
    assert '"bearer", 3)' in made, made
    assert "expires_in=7200)" in made, made
    assert "86399000 != 3000" in made, made


def test_a_mocked_number_that_a_check_expects_is_told(tmp_path: Path) -> None:
    body = 'return {"access_token": "t", "expires_in": 86399993}'
    test = TEST.format(body=indent(body, " " * 8)) + "    assert unknown().raw == 86399993\n"
    files = {"app.py": PROGRAM.encode(), "test_app.py": test.encode()}
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "fix")
    assert "expects 86399993: the mocked lifetime is in seconds now" in " ".join(ran.text.split()), ran.story


SENDS = """import requests


def post_form(url, fields):
    return requests.post(url, data=fields, timeout=9).json()
"""
HANDS_IN = """import sends


def test_post_form(monkeypatch):
    class Reply:
        def json(self):
            return {"access_token": "t", "expires_in": 86399000}

    seen = []
    monkeypatch.setattr(sends.requests, "post", lambda url, data, timeout: seen.append(data) or Reply())
    reply = sends.post_form("https://ims-na1.adobelogin.com/ims/exchange/jwt", {"jwt_token": "a.b.c"})
    assert seen == [{"jwt_token": "a.b.c"}]
    assert reply["expires_in"] / 1000 == 86399
"""


def test_a_test_that_hands_in_fields_of_its_own_gets_back_what_it_said(tmp_path: Path) -> None:
    program = PROGRAM.replace("import requests\n", "import sends\n").replace(
        'requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()',
        'sends.post_form(f"{IMS}/ims/exchange/jwt", form)',
    )
    files = {"app.py": program, "sends.py": SENDS, "test_sends.py": HANDS_IN}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--exit-zero")
    assert "client_credentials" in (tree / "app.py").read_text(), ran.story
    after = (tree / "test_sends.py").read_text()
    assert after == HANDS_IN.replace("/ims/exchange/jwt", "/ims/token/v3")
    assert "expects an assertion" not in ran.text


def test_rows_of_numbers_and_of_texts_change_alike(tmp_path: Path) -> None:
    program = PROGRAM.replace("reply = requests.post(", "return record(requests.post(").replace(
        ".json()\n", ".json())\n"
    )
    head, _, _ = program.partition('    return reply["access_token"]')
    program = head + '\n\ndef record(body):\n    return int(body["expires_in"]) // 1000\n'
    test = (
        "import app, pytest\n\n\n"
        '@pytest.mark.parametrize("ms, seconds", [(86399981, 86399), (1000, 1), ("5000", 5)])\n'
        "def test_record(ms, seconds):\n"
        '    assert app.record({"access_token": "t", "expires_in": ms}) == seconds\n'
    )
    files = {"app.py": program.encode(), "test_app.py": test.encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert '[(86399, 86399), (1, 1), ("5", 5)]' in made, f"{made}\n{ran.story}"
    assert '"expires_in": ms}' in made, made


def test_a_helper_that_is_told_the_field_gets_seconds_in_tests(tmp_path: Path) -> None:
    program = PROGRAM.replace('reply["expires_in"] / 1000', 'seconds(reply, "expires_in")')
    program += "\n\ndef seconds(reply, field):\n    return reply[field] / 1000\n"
    test = (
        "import app\n\n\ndef test_seconds():\n"
        '    assert app.seconds({"expires_in": 5000}, "expires_in") == 5\n    assert {"size": 5000}\n'
    )
    tree = trees.write({"app.py": program.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert 'app.seconds({"expires_in": 5}, "expires_in") == 5' in made, ran.story
    assert '{"size": 5000}' in made


KEPT = """import app


class Token:
    def __init__(self, value, lifetime_ms):
        self.value, self.lifetime_ms = value, lifetime_ms

    def hours(self):
        return self.lifetime_ms / 3_600_000


def current(account):
    reply = app.login(account)
    return Token(reply["access_token"], reply["expires_in"])
"""
KEEPING = """import app
import kept

ACCOUNT = {"org": "o", "tech": "t", "id": "c", "secret": "s", "key": "k"}


def test_current(requests_mock, monkeypatch):
    monkeypatch.setattr(app.jwt, "encode", lambda *a, **k: "signed")
    requests_mock.post(app.IMS + "/ims/exchange/jwt", json={"access_token": "t", "expires_in": 86399000})
    assert kept.current(ACCOUNT).lifetime_ms == 86399000
    requests_mock.post(app.IMS + "/ims/exchange/jwt", json={"access_token": "t", "expires_in": "61999"})
"""


def test_what_goes_on_in_milliseconds_is_expected_so(tmp_path: Path) -> None:
    program = PROGRAM.replace(
        'return reply["access_token"], time.time() + reply["expires_in"] / 1000', "return reply"
    )
    files = {"app.py": program, "kept.py": KEPT, "test_app.py": KEEPING}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert 'Token(reply["access_token"], reply["expires_in"] * 1000)' in (tree / "kept.py").read_text(), said
    text = (tree / "test_app.py").read_text()
    assert '"expires_in": 86399}' in text
    assert "lifetime_ms == 86399000" in text
    assert "expects 86399000" not in said
    assert "The mocked lifetime 61999 was milliseconds: is it right in seconds" in said
