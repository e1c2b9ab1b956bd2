"""What tests set for the program: the scopes where it needs them, and nothing that it no longer reads."""

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


def assertion():
    claims = {
        "exp": int(time.time()) + 300,
        "iss": os.environ["ADOBE_ORG_ID"],
        "sub": os.environ["ADOBE_TECH"],
        "aud": f"{IMS}/c/{os.environ['ADOBE_CLIENT_ID']}",
    }
    for name in os.environ["ADOBE_METASCOPES"].split(","):
        claims[f"{IMS}/s/{name}"] = True
    return jwt.encode(claims, os.environ["ADOBE_KEY"], algorithm="RS256")


def token():
    data = {
        "client_id": os.environ["ADOBE_CLIENT_ID"],
        "client_secret": os.environ["ADOBE_CLIENT_SECRET"],
        "jwt_token": assertion(),
    }
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=data)
    reply.raise_for_status()
    return reply.json()["access_token"]


def org():
    return os.environ["ADOBE_ORG_ID"]
"""
TEST = """import app


def test_token(requests_mock, monkeypatch):
    monkeypatch.setattr(app, "assertion", lambda: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert app.token() == "t"
"""
HEAD = """import os
from unittest import mock

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\nmonkeypatch.setenv("ADOBE_ORG_ID", "1@AdobeOrg")\n'
            'monkeypatch.setenv("ADOBE_METASCOPES", "ent_user_sdk")\n',
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n'
            'monkeypatch.setenv("ADOBE_ORG_ID", "1@AdobeOrg")\n',
            id="setenv",
        ),
        pytest.param(
            'os.environ.setdefault("ADOBE_CLIENT_ID", "cid")\nos.environ.setdefault("ADOBE_TECH", "2")\n',
            'os.environ.setdefault("ADOBE_CLIENT_ID", "cid")\n'
            'os.environ.setdefault("ADOBE_SCOPES", "openid,AdobeID")\n',
            id="setdefault",
        ),
        pytest.param(
            'with mock.patch.dict(os.environ, ADOBE_CLIENT_ID="cid", ADOBE_KEY="k"):\n    yield\n',
            'with mock.patch.dict(os.environ, ADOBE_CLIENT_ID="cid", ADOBE_SCOPES="openid,AdobeID"):\n'
            "    yield\n",
            id="by keyword",
        ),
        pytest.param(
            'for name, value in [("ADOBE_TECH", "2"), ("ADOBE_CLIENT_ID", "cid")]:\n'
            "    monkeypatch.setenv(name, value)\n",
            'for name, value in [("ADOBE_CLIENT_ID", "cid"), ("ADOBE_SCOPES", "openid,AdobeID")]:\n'
            "    monkeypatch.setenv(name, value)\n",
            id="pairs",
        ),
        pytest.param(
            'for name in ("ADOBE_CLIENT_ID", "ADOBE_TECH", "ADOBE_ORG_ID"):\n'
            '    monkeypatch.setenv(name, "x")\n',
            'for name in ("ADOBE_CLIENT_ID", "ADOBE_SCOPES", "ADOBE_ORG_ID"):\n'
            '    monkeypatch.setenv(name, "x")\n',
            id="names in a loop",
        ),
        pytest.param(
            'NAMES = ["ADOBE_CLIENT_ID", "ADOBE_TECH"]\nassert len(NAMES) == 2\n'
            'os.environ["ADOBE_CLIENT_SECRET"] = "s"\nkey = tmp_path / "k"\n'
            'os.environ["ADOBE_KEY"] = str(key)\n',
            'NAMES = ["ADOBE_CLIENT_ID", "ADOBE_TECH"]\nassert len(NAMES) == 2\n'
            'os.environ["ADOBE_CLIENT_SECRET"] = "s"\nos.environ["ADOBE_SCOPES"] = "openid,AdobeID"\n'
            'key = tmp_path / "k"\nos.environ["ADOBE_KEY"] = str(key)\n',
            id="what is done with it, too, stays",
        ),
    ],
)
def test_they_set_what_is_read(before: str, after: str, tmp_path: Path) -> None:
    files = {
        "app.py": PROGRAM,
        "tests/conftest.py": HEAD + indent(before, "    "),
        "tests/test_app.py": TEST,
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "tests" / "conftest.py").read_text()
    assert made == HEAD + indent(after, "    "), f"{made}\n{ran.text}"
    assert "for the tests as well" not in ran.text
