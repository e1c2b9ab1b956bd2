"""Metascopes of several credentials: what carries them to the claims carries the scopes of each."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time
from dataclasses import dataclass, field

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


{classes}

    def token(self):
        claims = {{
            "exp": int(time.time()) + 60,
            "iss": "7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg",
            "sub": "8E0A2C4F5A2C8E0A0A495EC7@techacct.adobe.com",
            "aud": f"{{IMS}}/c/{{self.client_id}}",
        }}
        for metascope in self.metascopes:
            claims[f"{{IMS}}/s/{{metascope}}"] = True
        with open("k.pem") as f:
            assertion = jwt.encode(claims, f.read(), algorithm="RS256")
        r = requests.post(
            f"{{IMS}}/ims/exchange/jwt",
            data={{"client_id": self.client_id, "client_secret": os.environ["S"], "jwt_token": assertion}},
        )
        r.raise_for_status()
        return r.json()["access_token"]


{objects}
"""
USERS = "openid,AdobeID,user_management_sdk"
PLATFORM = "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session"


@pytest.mark.parametrize(
    ("classes", "objects", "wanted"),
    [
        pytest.param(
            "class Base:\n    client_id = None\n    metascopes = ()",
            'class Users(Base):\n    client_id = "a"\n    metascopes = ("ent_user_sdk",)\n\n\n'
            'class Platform(Base):\n    client_id = "b"\n    metascopes = ["ent_dataservices_sdk"]\n\n\n'
            "print(Users().token(), Platform().token())",
            ('    metascopes = ""\n', f'    metascopes = "{USERS}"\n', f'    metascopes = "{PLATFORM}"\n'),
            id="subclasses",
        ),
        pytest.param(
            "@dataclass\nclass Account:\n    client_id: str\n"
            '    metascopes: list[str] = field(default_factory=lambda: ["ent_user_sdk"])',
            'print(Account("a").token(), Account("b", ["ent_dataservices_sdk"]).token())',
            (
                f'    metascopes: str = field(default_factory=lambda: "{USERS}")\n',
                f'Account("b", "{PLATFORM}")',
            ),
            id="defaults",
        ),
    ],
)
def test_each_credential_has_scopes_of_its_own(
    classes: str, objects: str, wanted: tuple[str, ...], tmp_path: Path
) -> None:
    program = PROGRAM.format(classes=classes, objects=objects)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "scope=self.metascopes" in made, ran.text
    for line in wanted:
        assert line in made, made


UNDER_A_CONDITION = """\
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def claims(admin={default}):
    found = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "a@techacct.adobe.com",
        "aud": IMS + "/c/" + os.environ["ADOBE_CLIENT_ID"],
    }}
    scopes = ["ent_dataservices_sdk"]
    if admin:
        scopes.append("ent_user_sdk")
    for scope in scopes:
        found[IMS + "/s/" + scope] = True
    return found


def token():
    form = {{
        "client_id": os.environ["ADOBE_CLIENT_ID"],
        "client_secret": os.environ["ADOBE_SECRET"],
        "jwt_token": jwt.encode(claims({given}), open("a.key").read(), algorithm="RS256"),
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token())
"""


@pytest.mark.parametrize(
    ("default", "given", "asked"),
    [
        ("False", "", False),
        ("None", "", False),
        ("True", "admin=False", False),
        ("False", "True", True),
        ("True", "", True),
        ("False", 'os.environ.get("ADMIN")', True),
        ("False", "*os.environ", True),
    ],
)
def test_what_no_call_asks_for_is_no_scope(default: str, given: str, asked: bool, tmp_path: Path) -> None:
    text = UNDER_A_CONDITION.format(default=default, given=given)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert ("user_management_sdk" in after) == asked, ran.story
    assert "projectedProductContext" in after


TABLE = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
ACCOUNTS = {{
    "users": {{"client_id": "a", "secret": "p8e-CANARY-a", "key": "a.pem", "{key}": {users}}},
    "platform": {{"client_id": "b", "secret": "p8e-CANARY-b", "key": "b.pem", "{key}": {platform}}},
}}


def token(client_id, secret, key, {key}):
    claims = {{"exp": int(time.time()) + 60, "aud": IMS + "/c/" + client_id}}
    {add}
    with open(key) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {{"client_id": client_id, "client_secret": secret, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token(**ACCOUNTS["users"]), token(**ACCOUNTS["platform"]))
"""


def after(text: str, tmp_path: Path) -> tuple[str, str]:
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    return (tree / "auth.py").read_text(), said


ONE = {"key": "metascope", "add": 'claims[IMS + "/s/" + metascope] = True'}
MANY = {"key": "metascopes", "add": 'claims.update({IMS + "/s/" + each: True for each in metascopes})'}


@pytest.mark.parametrize(
    ("row", "users", "platform"),
    [
        (ONE, '"ent_user_sdk"', '"ent_dataservices_sdk"'),
        (MANY, '["ent_user_sdk"]', '["ent_dataservices_sdk"]'),
    ],
)
def test_an_entry_that_is_spread_carries_the_scopes(
    row: dict[str, str], users: str, platform: str, tmp_path: Path
) -> None:
    text = TABLE.format(users=users, platform=platform, **row)
    made, said = after(text, tmp_path)
    assert f'"{row["key"]}": "{USERS}"}}' in made, said
    assert f'"{row["key"]}": "{PLATFORM}"}}' in made, said
    assert f"def token(client_id, secret, {row['key']}):" in made, said
    assert f"scope={row['key']}," in made, said


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("print(token", 'print(ACCOUNTS["users"]["metascope"], token'), id="read elsewhere"),
        pytest.param(('"ent_dataservices_sdk"', '"ent_campaign_sdk"'), id="scopes that nobody publishes"),
    ],
)
def test_an_entry_stays_where_it_cannot_carry_them(change: tuple[str, str], tmp_path: Path) -> None:
    text = TABLE.format(users='"ent_user_sdk"', platform='"ent_dataservices_sdk"', **ONE).replace(*change)
    made, said = after(text, tmp_path)
    assert made == text
    assert "ask for different metascopes" in said


SECTIONS = """\
[users]
client_id = a
key = a.pem
metascope = ent_user_sdk

[platform]
client_id = b
key = b.pem
metascope = {platform}
"""
READER = """\
import configparser
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token(name):
    ini = configparser.ConfigParser()
    ini.read("logins.ini")
    client_id, key = (ini[name][each] for each in ("client_id", "key"))
    metascope = ini[name]["metascope"]
    claims = {"exp": int(time.time()) + 60, "aud": IMS + "/c/" + client_id, IMS + "/s/" + metascope: True}
    with open(key) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": client_id, "client_secret": "p8e-CANARY-s", "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token("users"), token("platform"))
"""


@pytest.mark.parametrize(("platform", "stays"), [("ent_dataservices_sdk", True), ("ent_user_sdk", False)])
def test_no_credential_is_asked_for_the_scopes_of_another(platform: str, stays: bool, tmp_path: Path) -> None:
    files = {"logins.ini": SECTIONS.format(platform=platform).encode(), "auth.py": READER.encode()}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert ((tree / "auth.py").read_text() == READER) is stays, said
    assert ("ask for different metascopes" in said) is stays
