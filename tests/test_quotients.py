"""Quotients and rests of the lifetime, in seconds from now on."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
MINUTE = 60 * 1000


def login(key):
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims["aud"] = IMS + "/c/id"
    claims[IMS + "/s/ent_user_sdk"] = True
    signed = jwt.encode(claims, key, algorithm="RS256")
    form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
    reply = requests.post(IMS + "/ims/exchange/jwt", data=form).json()
    %s
    return reply["access_token"], minutes


print(login(open("k.pem").read())[1])
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'minutes, _ = divmod(reply["expires_in"], 60 * 1000)',
            'minutes, _ = divmod(reply["expires_in"], 60)',
        ),
        (
            'minutes, rest = divmod(reply["expires_in"], 60000)',
            'minutes, rest = divmod(reply["expires_in"], 60)',
        ),
        ('minutes, _ = divmod(reply["expires_in"], MINUTE)', 'minutes, _ = divmod(reply["expires_in"], 60)'),
        ('minutes = divmod(reply["expires_in"], 60000)[0]', 'minutes = divmod(reply["expires_in"], 60)[0]'),
        (
            'minutes, ms = divmod(reply["expires_in"], 60000); print(ms)',
            'minutes, ms = divmod(reply["expires_in"] * 1000, 60000); print(ms)',
        ),
        ('minutes = divmod(reply["expires_in"], 60000)[1]', 'divmod(reply["expires_in"] * 1000, 60000)[1]'),
        (
            "minutes = f'{reply[\"expires_in\"] / 1000=}'",
            'minutes = f\'reply["expires_in"] / 1000={reply["expires_in"]!r}\'',
        ),
        (
            "minutes = f'{reply[\"expires_in\"] / 1000 = :.0f}'",
            'minutes = f\'reply["expires_in"] / 1000 = {reply["expires_in"]:.0f}\'',
        ),
        ("minutes = f'{len(reply)=}'", "minutes = f'{len(reply)=}'"),
    ],
    ids=[
        "a product",
        "a rest of a name",
        "a constant",
        "the first",
        "a rest that is shown",
        "the second",
        "a label",
        "a label with a format",
        "another label",
    ],
)
def test_parts_of_which_nobody_looks_at_the_rest(before: str, after: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (LOGIN % before).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert after in (tree / "main.py").read_text(), ran.story
