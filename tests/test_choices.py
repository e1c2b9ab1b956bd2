"""Two flows through one function that posts: one purpose, or two that have nothing to do with each other."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com/ims"


{post}


def by_jwt():
    host = "https://ims-na1.adobelogin.com"
    claims = {{
        "exp": int(time.time()) + 60,
        "iss": "7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg",
        "sub": "8E0A2C4F5A2C8E0A0A495EC7@techacct.adobe.com",
        "aud": host + "/c/" + os.environ["ADOBE_ID"],
        host + "/s/ent_user_sdk": True,
    }}
    with open("k.pem") as f:
        return post({ours}, jwt_token=jwt.encode(claims, f.read(), algorithm="RS256"))


def by_oauth():
    return post({theirs}, grant_type="client_credentials", scope=os.environ["SCOPES"])


LOGINS = {{"jwt": by_jwt, "oauth": by_oauth}}
print(LOGINS[os.environ.get("LOGIN", "jwt")]()["access_token"])
"""
KNOWING = """def post(path, **fields):
    form = {"client_id": os.environ["ADOBE_ID"], "client_secret": os.environ["ADOBE_SECRET"], **fields}
    return requests.post(f"{IMS}/{path}", data=form).json()
"""
TOLD = """def post(url, client_id, client_secret, **fields):
    form = {"client_id": client_id, "client_secret": client_secret, **fields}
    return requests.post(url, data=form).json()
"""
OURS = 'IMS + "/exchange/jwt", os.environ["ADOBE_ID"], os.environ["ADOBE_SECRET"]'
PARTNERS = '"https://login.partner.example/token", os.environ["PARTNER_ID"], os.environ["PARTNER_SECRET"]'


@pytest.mark.parametrize(
    ("post", "ours", "theirs", "goes"),
    [
        pytest.param(KNOWING, '"exchange/jwt"', '"token/v3"', True, id="the client is known there"),
        pytest.param(TOLD, OURS, PARTNERS, False, id="a partner's"),
    ],
)
def test_what_goes_through_one_poster(post: str, ours: str, theirs: str, goes: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(post=post.rstrip(), ours=ours, theirs=theirs)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert ("by_jwt" not in made) is goes, ran.text
    assert "def by_oauth" in made
    assert goes or "login.partner.example" in made


AUTH = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class JwtAuth:
    def fetch(self):
        claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
        claims["aud"] = IMS + "/c/" + os.environ["CLIENT"]
        claims[IMS + "/s/ent_user_sdk"] = True
        with open("k.pem") as f:
            signed = jwt.encode(claims, f.read(), algorithm="RS256")
        form = {"client_id": os.environ["CLIENT"], "client_secret": os.environ["SECRET"], "jwt_token": signed}
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


class OAuth:
    def fetch(self):
        form = {"client_id": os.environ["CLIENT"], "client_secret": os.environ["SECRET"]}
        form |= {"grant_type": "client_credentials", "scope": os.environ["SCOPES"]}
        return requests.post(IMS + "/ims/token/v3", data=form).json()["access_token"]


def make():
    return JwtAuth() if os.environ.get("AUTH", "jwt") == "jwt" else OAuth()
"""
ROWS = """import pytest

import auth


@pytest.mark.parametrize(("kind", "cls"), [%s])
def test_kind(monkeypatch, kind, cls):
    monkeypatch.setenv("AUTH", kind)
    assert isinstance(auth.make(), cls)
"""
CALLED = """import auth


def test_fetch(monkeypatch):
    monkeypatch.setattr(auth.jwt, "encode", lambda *args, **kwargs: "signed")
    assert auth.JwtAuth().fetch() == "t"
"""


@pytest.mark.parametrize(
    ("tests", "left"),
    [
        (ROWS % '("jwt", auth.JwtAuth), ("oauth", auth.OAuth)', '[("oauth", auth.OAuth)]'),
        (ROWS % '("s2s", auth.OAuth), ("jwt", auth.JwtAuth), ("x", auth.OAuth)', '"s2s", auth.OAuth), ("x"'),
        (CALLED, ""),
    ],
    ids=["a row", "a row between others", "a test of its own"],
)
def test_what_tests_try_out_of_turn_chooses_nothing(tests: str, left: str, tmp_path: Path) -> None:
    main = "import auth\n\nprint(bool(auth.make().fetch()))\n"
    files = {"auth.py": AUTH, "main.py": main, "test_auth.py": tests, "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "JwtAuth" not in (tree / "auth.py").read_text(), ran.text
    made = (tree / "test_auth.py").read_text() if (tree / "test_auth.py").exists() else ""
    assert "JwtAuth" not in made
    assert left in made


def test_a_program_that_makes_both_is_no_test(tmp_path: Path) -> None:
    main = "import auth\n\nprint(auth.JwtAuth().fetch(), auth.OAuth().fetch(), auth.make())\n"
    files = {"auth.py": AUTH, "main.py": main, "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "auth.py").read_text() == AUTH, ran.text
    assert "choice-unknown" in ran.text


STATE = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
CONFIG = {"client_id": "c1", "client_secret": "s1", "org": "o@AdobeOrg", "key": "k.pem", "scopes": "openid"}


def by_jwt(config):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": config["org"],
        "sub": "8E0A2C4F5A2C8E0A0A495EC7@techacct.adobe.com",
        "aud": IMS + "/c/" + config["client_id"],
        IMS + "/s/ent_user_sdk": True,
    }
    with open(config["key"]) as f:
        form = {
            "client_id": config["client_id"],
            "client_secret": config["client_secret"],
            "jwt_token": jwt.encode(claims, f.read(), algorithm="RS256"),
        }
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def by_oauth(config):
    form = {
        "grant_type": "client_credentials",
        "client_id": config["client_id"],
        "client_secret": config["client_secret"],
        "scope": config["scopes"],
    }
    return requests.post(IMS + "/ims/token/v3", data=form).json()["access_token"]


class Client:
    def __init__(self, config):
        self.config = config
        if config.get("key") is not None or config.get("pem") is not None:
            self.kind = "jwt"
            self.token = by_jwt(config)
        elif config["scopes"]:
            self.kind = "oauth"
            self.token = by_oauth(config)

    def renew(self):
        if self.kind == "jwt":
            self.token = by_jwt(self.config)
        elif self.kind == "oauth":
            self.token = by_oauth(self.config)


client = Client(CONFIG)
client.renew()
print(client.token[:3])
"""


@pytest.mark.parametrize(
    ("also", "goes"),
    [("", True), ("print(by_jwt(CONFIG))\n", False)],
    ids=["two choices", "a way without one"],
)
def test_each_way_to_the_jwt_has_a_choice_of_its_own(also: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (STATE + also).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert ("by_jwt" not in made) is goes, ran.text
    assert not goes or '        if config["scopes"]:\n            self.token = by_oauth(config)\n' in made
    assert not goes or "def renew(self):\n        self.token = by_oauth(self.config)\n" in made


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(("ids", "left"), [('["a", "b"]', ['["b"]', '["a"]']), ("str", ["str", "str"])])
def test_the_name_of_a_row_goes_with_it(ids: str, left: list[str], at: int, tmp_path: Path) -> None:
    rows = ['("jwt", auth.JwtAuth)', '("oauth", auth.OAuth)']
    tests = ROWS.replace("[%s]", f"[%s], ids={ids}") % ", ".join(rows[at:] + rows[:at])
    main = "import auth\n\nprint(bool(auth.make().fetch()))\n"
    files = {"auth.py": AUTH, "main.py": main, "test_auth.py": tests, "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert f'[("oauth", auth.OAuth)], ids={left[at]})' in (tree / "test_auth.py").read_text(), ran.text


BY_ENUM = """\
import enum
import os
import time
from dataclasses import dataclass

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Kind(enum.Enum):
    {jwt} = "jwt"
    {oauth} = "oauth"


@dataclass
class Config:
    kind: Kind
    client_id: str
    client_secret: str


def by_jwt(config):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{{IMS}}/c/id",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    form = {{"client_id": config.client_id, "client_secret": config.client_secret}}
    with open("key.pem") as file:
        form["jwt_token"] = jwt.encode(claims, file.read(), algorithm="RS256")
    reply = requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()
    return reply["access_token"], reply["expires_in"] / 1000


def by_oauth(config):
    form = {{"client_id": config.client_id, "client_secret": config.client_secret}}
    form.update(grant_type="client_credentials", scope="openid,AdobeID")
    reply = requests.post(f"{{IMS}}/ims/token/v3", data=form).json()
    return reply["access_token"], reply["expires_in"]


def login(config):
    {choose}


def from_environment():
    kind = Kind(os.environ.get("ADOBE_KIND", "jwt"))
    return Config(kind, os.environ["ADOBE_ID"], os.environ["ADOBE_SECRET"])


if __name__ == "__main__":
    print(login(from_environment())[1])
"""
CHOOSE = [
    "return {{Kind.{jwt}: by_jwt, Kind.{oauth}: by_oauth}}[config.kind](config)",
    "return by_jwt(config) if config.kind is Kind.{jwt} else by_oauth(config)",
    "if config.kind == Kind.{jwt}:\n        return by_jwt(config)\n    return by_oauth(config)",
    (
        "match config.kind:\n        case Kind.{jwt}:\n            return by_jwt(config)\n"
        "        case Kind.{oauth}:\n            return by_oauth(config)"
    ),
]


@pytest.mark.parametrize("choose", CHOOSE, ids=["table", "expression", "if", "match"])
@pytest.mark.parametrize(("jwt", "oauth"), [("JWT", "OAUTH"), ("jwt_bearer", "server")])
def test_the_member_of_an_enum_that_may_still_be_looked_up_stays(
    choose: str, jwt: str, oauth: str, tmp_path: Path
) -> None:
    names = {"jwt": jwt, "oauth": oauth}
    text = BY_ENUM.format(choose=choose.format(**names), **names)
    tree = trees.write({"auth.py": text.encode()}, tmp_path)
    ran = jwt2oauth(tree, "fix")
    after = (tree / "auth.py").read_text()
    assert "exchange" not in after, ran.story
    assert "by_oauth(config)" in after
    assert f'    {jwt} = "jwt"\n' in after  # Kind("jwt") is what the default asks for
    assert "1000" not in after
