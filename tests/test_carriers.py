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
