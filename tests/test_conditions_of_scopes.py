"""Metascopes that were only asked for on a condition: the to-do says on which."""

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


def login(cfg):
    names = ["ent_dataservices_sdk"]
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims["aud"] = IMS + "/c/id"
    %s
    for name in names:
        claims[f"{IMS}/s/{name}"] = True
    signed = jwt.encode(claims, open("k.pem").read(), algorithm="RS256")
    form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


if __name__ == "__main__":
    if not os.path.exists("token"):
        print(login({"users": True}))
"""


USERS = "claims[IMS + '/s/ent_user_sdk']"
ASKED = f"{USERS} = True"
OTHERS, EVENTS = "claims[IMS + '/s/ent_reactor_sdk']", "claims[IMS + '/s/ent_adobeio_sdk']"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ('if cfg["users"]: claims[IMS + "/s/ent_user_sdk"] = True', "14"),
        ('claims[IMS + ("/s/ent_user_sdk" if cfg["users"] else "/s/ent_reactor_sdk")] = True', "14"),
        ('if cfg["users"]: names.append("ent_user_sdk")', "14"),
        ('claims[IMS + "/s/ent_user_sdk"] = True', ""),
        (
            "at = IMS if cfg['users'] else IMS.replace('na1', 'eu1')\n    claims[at + '/s/ent_user_sdk'] = 1",
            "",
        ),
        (f"{ASKED}\n    if not cfg['users']: del {USERS}", "15"),
        (f"{ASKED}\n    if not cfg['users']: {USERS.replace('[', '.pop(').replace(']', ', None)')}", "15"),
        (f"{ASKED}\n    if not cfg['users']: del {USERS}\n    else: {OTHERS} = True", "15"),
        (f"{ASKED}\n    if cfg['tags']: {OTHERS} = True\n    else: {EVENTS} = True", ""),
    ],
)
def test_what_hangs_on_a_condition_is_told(asked: str, where: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (LOGIN % asked).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    told = " ".join(ran.text.split())
    assert "/ims/token/v3" in (tree / "main.py").read_text(), ran.text
    shown = f"ent_user_sdk was only asked for on the condition in main.py:{where}"
    assert (shown in told) is bool(where), ran.text
    assert "ent_dataservices_sdk was only" not in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ('names.append({"users": "ent_user_sdk", "tags": "ent_reactor_sdk"}["users"])', True),
        ('claims[IMS + ("/s/ent_user_sdk" if cfg["users"] else "/s/ent_reactor_sdk")] = True', False),
        ('names.append("ent_user_sdk"); print("ent_reactor_sdk")', False),
    ],
)
def test_metascopes_that_nobody_here_asks_for_are_told(asked: str, told: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (LOGIN % asked).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "/ims/token/v3" in (tree / "main.py").read_text(), said
    assert ("The code that is gone named ent_reactor_sdk (main.py:14), too" in said) is told, said
