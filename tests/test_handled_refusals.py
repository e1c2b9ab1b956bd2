"""A reply without a token that the program handles by itself: Authlib would raise before it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self):
        self.token = None

    def login(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": IMS + "/c/id",
            IMS + "/s/ent_user_sdk": True,
        }
        reply = requests.post(
            IMS + "/ims/exchange/jwt",
            data={
                "client_id": "id",
                "client_secret": os.environ["SECRET"],
                "jwt_token": jwt.encode(claims, open("private.key").read(), algorithm="RS256"),
            },
        )
        self.token = reply.json()READ
        INSIDE

    def users(self):
        USERS
"""
GET, INDEX = '.get("access_token")', '["access_token"]'


def fixed(tmp_path: Path, read: str, inside: str, users: str) -> tuple[str, str]:
    text = LOGIN.replace("READ", read).replace("INSIDE", inside).replace("USERS", users)
    tree = trees.write({"client.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "client.py").read_text(), " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("inside", "users"),
    [
        (
            "return",
            "self.login()\n        if not self.token:\n            return []\n        return [self.token]",
        ),
        ("return", "self.login()\n        return [self.token] if self.token is not None else []"),
        ("return", 'self.login()\n        return self.token or "nobody"'),
        ('if self.token is None:\n            raise SystemExit("no token")', "return self.token"),
    ],
)
def test_who_asks_afterwards_keeps_the_client(inside: str, users: str, tmp_path: Path) -> None:
    after, story = fixed(tmp_path, GET, inside, users)
    assert "requests.post(" in after, story
    assert "a reply without access_token is handled (client.py:" in story


@pytest.mark.parametrize(
    ("read", "users"),
    [
        (GET, "if not self.token:\n            self.login()\n        return self.token"),
        (GET, "self.login()\n        return self.token"),
        (INDEX, "self.login()\n        return self.token or None"),
    ],
)
def test_who_asks_before_the_login_only_looks_for_an_old_token(read: str, users: str, tmp_path: Path) -> None:
    after, story = fixed(tmp_path, read, "return", users)
    assert "OAuth2Session(" in after, story


@pytest.mark.parametrize(
    ("cut", "stays"), [("text[text.index('expires_in') + 13 :]", True), ("reply.reason[:200]", False)]
)
def test_what_is_looked_for_in_the_text_of_the_reply_is_not_known(
    cut: str, stays: bool, tmp_path: Path
) -> None:
    after, story = fixed(tmp_path, GET, f"text = reply.text\n        print({cut})", "return self.token")
    assert ("jwt_token" in after) is stays, story
