"""Authlib only where nobody handles what a refused login led to before."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def login():
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/" + os.environ["ID"],
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, open("private.key").read(), algorithm="RS256")
    form = {{"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": signed}}
    r = requests.post(IMS + "/ims/exchange/jwt", data=form)
    {check}
    return r.json()["access_token"]


def main():
    try:
        print(len(login()))
    except {handled}:
        print("failed")
"""


@pytest.mark.parametrize(
    ("check", "handled", "stays"),
    [
        ("time.sleep(0)", "KeyError", True),
        ("time.sleep(0)", "(ValueError, KeyError) as e", True),
        ("r.raise_for_status()", "OSError", True),
        ("r.raise_for_status()", "KeyError", False),  # of os.environ
        ("time.sleep(0)", "Exception", False),
        ("time.sleep(0)", "OSError", False),  # a refusal led to no OSError
    ],
)
def test_the_client_stays_where_callers_handle_a_refusal(
    check: str, handled: str, stays: bool, tmp_path: Path
) -> None:
    text = PROGRAM.format(check=check, handled=handled)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, ran.story
    assert ("requests.post(" in made) is stays
    assert ("OAuth2Session(" in made) is not stays


PROPERTY = """

class Client:
    @property
    def token(self):
        return login()

    def headers(self):
        return {{"Authorization": self.token}}


def main():
    try:
        print(len(Client().headers()))
    except KeyError:
        print("failed")
"""


def test_a_property_that_logs_in_is_entered_where_it_is_read(tmp_path: Path) -> None:
    text = PROGRAM[: PROGRAM.index("\n\ndef main")] + PROPERTY
    tree = trees.write({"main.py": text.format(check="time.sleep(0)").encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, ran.story
    assert "requests.post(" in made
