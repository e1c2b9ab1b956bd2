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
