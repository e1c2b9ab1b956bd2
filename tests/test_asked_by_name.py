"""Attributes and globals that are asked for by names in a list: the list loses those that go."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

CONFIG = """import os
import sys

CLIENT_ID = os.environ.get("ID", "")
SECRET = os.environ.get("SECRET", "")
ACCOUNT = os.environ.get("TECH", "")
KEY = os.environ.get("KEY", "")


def missing():
    return [name for name in ("CLIENT_ID", "SECRET", "ACCOUNT") if not {asked}]
"""
PROGRAM = """import time

import jwt
import requests

import config

IMS = "https://ims-na1.adobelogin.com"
if config.missing():
    raise SystemExit("not set: %s" % config.missing())
claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": config.ACCOUNT}
claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + config.CLIENT_ID}
form = {
    "client_id": config.CLIENT_ID,
    "client_secret": config.SECRET,
    "jwt_token": jwt.encode(claims, config.KEY, algorithm="RS256"),
}
print(bool(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]))
"""
OTHER = """ACCOUNT = "of a shop"
SIZE = 3
for name in ("ACCOUNT", "SIZE"):
    print(globals()[name])
"""


@pytest.mark.parametrize(
    "asked",
    [
        "globals()[name]",
        "globals().get(name)",
        "vars()[name]",
        "sys.modules[__name__].__dict__[name]",
        "vars(sys.modules[__name__]).get(name)",
        "getattr(sys.modules[__name__], name)",
    ],
)
def test_a_list_of_globals_loses_what_goes(asked: str, tmp_path: Path) -> None:
    files = {"config.py": CONFIG.replace("{asked}", asked), "main.py": PROGRAM, "other.py": OTHER}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "config.py").read_text()
    assert '("CLIENT_ID", "SECRET")' in made, ran.text + made
    assert "ACCOUNT" not in made
    assert (tree / "other.py").read_text() == OTHER


def test_a_global_that_is_asked_for_in_another_way_stays(tmp_path: Path) -> None:
    config = CONFIG.replace("{asked}", "name") + '\n\ndef shown():\n    return globals()["ACCOUNT"]\n'
    tree = trees.write({"config.py": config.encode(), "main.py": PROGRAM.encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert 'ACCOUNT = os.environ.get("TECH", "")' in (tree / "config.py").read_text()


DEMANDING = """import os
import time
from operator import itemgetter

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def required(name):
    if not os.environ.get(name):
        raise SystemExit(name)
    return os.environ[name]


{settings}

claims = {{"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": ACCOUNT}}
claims |= {{IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + ID}}
form = {{"client_id": ID, "client_secret": SECRET, "jwt_token": jwt.encode(claims, KEY, algorithm="RS256")}}
print(bool(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]))
"""
NAMED = '["ID", "SECRET", "ACCOUNT", "KEY"]'
LEFT = '["ID", "SECRET"]'
WORDS = '"ID SECRET ACCOUNT KEY".split()'
SPLIT = f"""NAMES = {WORDS}
assert all(n in os.environ for n in NAMES)
ID, SECRET, ACCOUNT, KEY = (os.environ[n] for n in NAMES)"""
BY_CASE = """match os.environ:
    case {"ID": ID, "SECRET": SECRET, "ACCOUNT": ACCOUNT, "KEY": KEY}:
        pass
    case _:
        raise SystemExit("not set")"""
BY_FUNCTION = """def settings(environ):
    match environ:
        case {"ID": one, "ACCOUNT": two, "SECRET": three, "KEY": four}:
            return one, two, three, four
    raise SystemExit("not set")


ID, ACCOUNT, SECRET, KEY = settings(os.environ)"""


def demanded(settings: str, root: Path) -> tuple[str, str]:
    """Return what becomes of the settings, and what is said."""
    program = DEMANDING.format(settings=settings)
    tree = trees.write({"main.py": program.encode()}, root / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "main.py").read_text(), ran.text


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        (f"ID, SECRET, ACCOUNT, KEY = [os.environ[n] for n in {NAMED}]",
         f"ID, SECRET = [os.environ[n] for n in {LEFT}]"),
        (f"ID, SECRET, ACCOUNT, KEY = tuple(required(n) for n in {NAMED})",
         f"ID, SECRET = tuple(required(n) for n in {LEFT})"),
        (f"NAMES = {NAMED}\nID, SECRET, ACCOUNT, KEY = map(required, NAMES)",
         f"NAMES = {LEFT}\nID, SECRET = map(required, NAMES)"),
        (SPLIT, SPLIT.replace(WORDS, '"ID SECRET".split()').replace(", ACCOUNT, KEY", "")),
        ('ID, SECRET, ACCOUNT, KEY = itemgetter("ID", "SECRET", "ACCOUNT", "KEY")(os.environ)',
         'ID, SECRET = itemgetter("ID", "SECRET")(os.environ)'),
        (f"for name in {NAMED}:\n    globals()[name] = os.environ[name]",
         f"for name in {LEFT}:\n    globals()[name] = os.environ[name]"),
        (BY_CASE, 'case {"ID": ID, "SECRET": SECRET}:'),
        (BY_FUNCTION, 'case {"ID": one, "SECRET": three}:\n            return one, three\n'),
        (BY_FUNCTION, "ID, SECRET = settings(os.environ)"),
    ],
)  # fmt: skip
def test_what_is_asked_for_by_its_place_goes(settings: str, after: str, tmp_path: Path) -> None:
    made, said = demanded(settings, tmp_path)
    assert after in made, said + made
    assert "still asks" not in said
    assert "still reads" not in said


@pytest.mark.parametrize(
    "settings",
    [
        f"NAMES = {NAMED}\nprint(NAMES[3])\nID, SECRET, ACCOUNT, KEY = [os.environ[n] for n in NAMES]",
        f"NAMES = {NAMED}\nID, SECRET, ACCOUNT, KEY = VALUES = [os.environ[n] for n in NAMES]\nprint(VALUES)",
        f"ID, SECRET, ACCOUNT, KEY = [os.environ[n] for n in {NAMED} if n]",
        f"ID, SECRET, ACCOUNT, KEY = [input(n) for n in {NAMED}]",
        f"for name in {NAMED}:\n    globals()[name] = os.environ[name]\nprint(KEY, ACCOUNT)",
        BY_CASE.replace("case _:", 'case {"ID": ID, "SECRET": SECRET}:\n        print(1)\n    case _:'),
        BY_CASE.replace('"KEY": KEY}', '"KEY": KEY, **more}').replace("pass", "print(more)"),
        BY_CASE.replace("pass", "print(KEY, ACCOUNT)"),
    ],
)
def test_what_somebody_counts_or_chooses_by_stays(settings: str, tmp_path: Path) -> None:
    """A length, a list that goes elsewhere, a choice between two cases, what takes the rest of a mapping."""
    made, said = demanded(settings, tmp_path)
    assert settings in made, said + made


COPIED = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self, client, secret, account, key, *, timeout=9):
        self.client, self.secret = client, secret
        self.account = account
        self.key = {stored}
        self.timeout = timeout

    def slower(self):
        return {made}(self.client, self.secret, self.account, self.key, timeout=2 * self.timeout)

    def token(self):
        claims = {{"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": self.account}}
        claims |= {{IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + self.client}}
        signed = jwt.encode(claims, open(self.key).read(), algorithm="RS256")
        form = {{"client_id": self.client, "client_secret": self.secret, "jwt_token": signed}}
        reply = requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=self.timeout)
        return reply.json()["access_token"]


print(bool(Client("c", "s", "t@techacct.adobe.com", "a.key").slower().token()){more})
"""


@pytest.mark.parametrize("made", ["type(self)", "self.__class__", "Client"])
def test_what_an_object_only_hands_to_its_copy_goes(made: str, tmp_path: Path) -> None:
    program = COPIED.format(made=made, stored="key", more="")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert f"return {made}(self.client, self.secret, timeout=2 * self.timeout)" in after, ran.text + after
    assert "def __init__(self, client, secret, *, timeout=9):" in after
    assert 'Client("c", "s").slower()' in after


@pytest.mark.parametrize(
    ("stored", "more"), [("key", ', Client("c", "s", "t", "b.key").key'), ("print(key)", "")]
)
def test_what_its_copy_looks_at_stays(stored: str, more: str, tmp_path: Path) -> None:
    program = COPIED.format(made="type(self)", stored=stored, more=more)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "type(self)(self.client, self.secret, self.key, timeout=" in after, ran.text + after
