"""Tests fit a program that passes less around: stand-ins, looks at the key, rows of names."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Account:
    def __init__(self):
        self.client = os.environ["ADOBE_CLIENT_ID"]
        self.key = os.environ["ADOBE_PRIVATE_KEY"]


def sign(account):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "1@AdobeOrg",
        "sub": "2@techacct.adobe.com",
        "aud": f"{IMS}/c/{account.client}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    return jwt.encode(claims, account.key, algorithm="RS256")


def post(client, assertion, retries=1):
    data = {"client_id": client, "client_secret": os.environ["ADOBE_SECRET"], "jwt_token": assertion}
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=data, timeout=retries)
    reply.raise_for_status()
    return reply.json()["access_token"]


def token():
    account = Account()
    return post(account.client, sign(account), retries=2)
"""
HEAD = """from unittest.mock import call, patch

import pytest

import app

"""
MEMBERS = """
@patch("app.post", return_value="t")
@patch("app.sign", return_value="signed")
def test_token({params}):
    assert app.token() == "t"
    {check}
"""


def moved(test: str, tmp_path: Path) -> tuple[str, str]:
    """The test as it is after the rewrite, and all that was said."""
    files = {"app.py": PROGRAM, "tests/test_app.py": HEAD + test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "tests" / "test_app.py").read_text(), " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("check", "after"),
    [
        (
            'post.assert_called_once_with("c", "signed", retries=2)',
            'post.assert_called_once_with("c", retries=2)',
        ),
        ('post.assert_any_call("c", assertion="signed")', 'post.assert_any_call("c")'),
        (
            'assert post.call_args == call("c", "signed", retries=2)',
            'assert post.call_args == call("c", retries=2)',
        ),
        ('assert post.call_args_list == [call("c", "signed")]', 'assert post.call_args_list == [call("c")]'),
        ('assert post.call_args.kwargs["assertion"] == "signed"', None),
        ('assert post.call_args.kwargs["retries"] == 2', 'assert post.call_args.kwargs["retries"] == 2'),
        ("assert post.called", "assert post.called"),
    ],
)
def test_stand_ins_expect_what_is_passed(check: str, after: str | None, tmp_path: Path) -> None:
    text, said = moved(MEMBERS.format(params="sign, post", check=check), tmp_path)
    assert check not in text or check == after, said
    assert after is None or after in text, text
    assert "change or remove that test" not in said


@pytest.mark.parametrize(
    "check",
    [
        'assert post.call_args.args == ("c", "signed")',
        "args, kwargs = post.call_args",
        "post.assert_called_with(*ALL)",
    ],
)
def test_what_cannot_be_fitted_is_told(check: str, tmp_path: Path) -> None:
    text, said = moved(MEMBERS.format(params="sign, post", check=check), tmp_path)
    assert check in text
    assert "(test_token) expects post to be called with what it takes no more (assertion)" in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('lambda client, assertion, retries: "t"', 'lambda client, retries: "t"'),
        ('lambda c, jwt, retries: "t"', 'lambda c, retries: "t"'),
        ('lambda *args, **more: "t"', 'lambda *args, **more: "t"'),
        ('lambda client, retries=1: "t"', 'lambda client, retries=1: "t"'),
    ],
)
def test_what_stands_in_takes_what_is_passed(before: str, after: str, tmp_path: Path) -> None:
    test = f'def test_token(monkeypatch):\n    monkeypatch.setattr(app, "post", {before})\n    app.token()\n'
    text, said = moved(test, tmp_path)
    assert f'monkeypatch.setattr(app, "post", {after})' in text, f"{text}\n{said}"


def test_what_stands_in_and_writes_it_down_is_told(tmp_path: Path) -> None:
    test = """
def test_token(monkeypatch):
    calls = []

    def fake(client, assertion, retries):
        calls.append((client, assertion))
        return "t"

    monkeypatch.setattr(app, "post", fake)
    assert app.token() == "t"
    assert calls == [("c", "signed")]
"""
    text, said = moved(test, tmp_path)
    assert "def fake(client, assertion, retries):" in text
    assert "(test_token) expects post to be called with what it takes no more (assertion)" in said


@pytest.mark.parametrize(
    ("check", "goes"),
    [
        ("assert app.Account().key == key", True),
        ('assert app.Account().key.startswith("-----")', True),
        ("assert app.Account().key and key", False),
        ("account = app.Account()\n    print(account.key)", False),
    ],
)
def test_looks_at_the_key_go_where_they_are_no_more(check: str, goes: bool, tmp_path: Path) -> None:
    test = f"""
def test_account(monkeypatch):
    key = "k"
    monkeypatch.setenv("ADOBE_CLIENT_ID", "c")
    monkeypatch.setenv("ADOBE_PRIVATE_KEY", key)
    {check}
    assert app.Account().client == "c"
"""
    text, said = moved(test, tmp_path)
    assert (check not in text) is goes, text
    assert ("What looked at the key is gone" in said) is goes
    assert ("Only tests use key now" in said) is not goes


@pytest.mark.parametrize(
    "make",
    ['f"ADOBE_{name}"', '"ADOBE_" + name', 'f"ADOBE_{low.upper()}"'],
)
def test_rows_of_which_names_are_made_go(make: str, tmp_path: Path) -> None:
    rows = (
        '["secret", "client_id", "private_key"]'
        if "low" in make
        else '["SECRET", "CLIENT_ID", "PRIVATE_KEY"]'
    )
    name = "low" if "low" in make else "name"
    test = f"""
@pytest.mark.parametrize("{name}", {rows})
def test_missing(monkeypatch, {name}):
    for each in ("ADOBE_SECRET", "ADOBE_CLIENT_ID", "ADOBE_PRIVATE_KEY"):
        monkeypatch.setenv(each, "x")
    monkeypatch.delenv({make})
    with pytest.raises(KeyError):
        app.token()
"""
    text, said = moved(test, tmp_path)
    last = rows.rpartition(",")[2].strip(" ]")
    assert last not in text.partition("def test_missing")[0], f"{text}\n{said}"
    assert rows.partition(",")[0].strip("[") in text


@pytest.mark.parametrize(
    "key", ["adobe.pem", "bot.pem"], ids=["a key of its own", "one that another login has"]
)
def test_a_field_whose_default_reads_the_key_goes(key: str, tmp_path: Path) -> None:
    account = PROGRAM[PROGRAM.index("class Account:") : PROGRAM.index("def sign(")]
    config = f"""from dataclasses import dataclass, field


def read(name):
    with open(f"keys/{{name}}") as file:
        return file.read()


@dataclass
class Account:
    client: str = "c"
    bot: str = field(default_factory=lambda: read("bot.pem"), repr=False)
    key: str = field(default_factory=lambda: read("{key}"), repr=False)


def bot():
    return jwt.encode({{"iss": "4711"}}, Account().bot, algorithm="RS256")


"""
    tree = trees.write({"app.py": PROGRAM.replace(account, config).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "app.py").read_text()
    assert "    key: str" not in text, ran.text
    assert 'bot: str = field(default_factory=lambda: read("bot.pem"), repr=False)' in text
    assert 'jwt.encode({"iss": "4711"}' in text


def test_metascopes_of_tests_are_no_callers(tmp_path: Path) -> None:
    program = PROGRAM.replace(
        'f"{IMS}/s/ent_user_sdk": True,\n    }',
        '}\n    for name in scopes:\n        claims[f"{IMS}/s/{name}"] = True',
    )
    program = program.replace("def sign(account):", "def sign(account, scopes):")
    program = program.replace("sign(account)", 'sign(account, ["ent_user_sdk"])')
    test = 'def test_sign():\n    assert app.sign(app.Account(), ["ent_marketing_sdk", "ent_x_sdk"])\n'
    files = {"app.py": program, "tests/test_app.py": HEAD + test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "openid,AdobeID,user_management_sdk" in (tree / "app.py").read_text(), ran.text
    assert "ent_marketing_sdk" not in ran.text


def test_a_subclass_of_tests_is_no_credential_of_its_own(tmp_path: Path) -> None:
    program = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Login:
    metascope = "ent_user_sdk"

    def claims(self):
        aud = f"{IMS}/c/{os.environ['ADOBE_CLIENT_ID']}"
        who = {"iss": "1@AdobeOrg", "sub": "2@techacct.adobe.com", "exp": int(time.time()) + 60}
        return {**who, "aud": aud, f"{IMS}/s/{self.metascope}": True}

    def token(self):
        with open("adobe.pem") as file:
            signed = jwt.encode(self.claims(), file.read(), algorithm="RS256")
        data = {"client_id": os.environ["ADOBE_CLIENT_ID"], "client_secret": "s", "jwt_token": signed}
        return requests.post(f"{IMS}/ims/exchange/jwt", data=data).json()["access_token"]


print(Login().token())
"""
    test = """
class Other(app.Login):
    metascope = "ent_campaign_sdk"


def test_claims():
    assert f"{app.IMS}/s/ent_campaign_sdk" in Other().claims()
"""
    files = {"app.py": program, "tests/test_app.py": HEAD + test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "app.py").read_text()
    assert 'os.environ.get("ADOBE_SCOPES", "openid,AdobeID,user_management_sdk")' in " ".join(text.split()), (
        ran.text
    )
    assert "metascope" not in text
    assert "ent_campaign_sdk" not in ran.text


HEIRS = """import app


class Login:
    def _signed(self):
        return app.sign(app.Account())

    def token(self):
        return app.post(app.Account().client, self._signed())


class Users(Login):
    pass


class Others:
    def _signed(self):
        return "others"


print(Others()._signed())
"""


@pytest.mark.parametrize(("owner", "stays"), [("Login", False), ("Users", False), ("Others", True)])
def test_a_method_is_put_in_its_place_through_an_heir(owner: str, stays: bool, tmp_path: Path) -> None:
    test = (
        f"import users\n\n\ndef test_token(monkeypatch):\n"
        f'    monkeypatch.setattr(users.{owner}, "_signed", lambda self: "s")\n    assert users.Users()\n'
    )
    files = {"app.py": PROGRAM, "users.py": HEIRS, "tests/test_users.py": test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (tree / "app.py").read_text()
    assert ("monkeypatch" in (tree / "tests" / "test_users.py").read_text()) is stays
