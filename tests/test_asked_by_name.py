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
