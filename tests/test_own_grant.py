"""Forms that say a grant or a scope beside the assertion: only ours are sent afterwards."""

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
ID, SECRET = os.environ["ID"], os.environ["SECRET"]


def sign():
    claims = {"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": IMS + "/c/" + ID, IMS + "/s/ent_user_sdk": True}
    return jwt.encode(claims, open("private.key").read(), algorithm="RS256")


def login():
    BODY
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
FORM = 'form = {"client_id": ID, "client_secret": SECRET, "jwt_token": sign()}'
PAIRS = 'form = [("client_id", ID), ("client_secret", SECRET)]'


def after(tmp_path: Path, *body: str) -> str:
    """What becomes of the login; empty where it is left alone for its form."""
    text = PROGRAM.replace("BODY", "\n    ".join(body))
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    got = (tree / "main.py").read_text()
    if got == text:
        assert "jwt2oauth explain form-unknown" in ran.text, ran.story
        return ""
    return got.partition("def login")[2]


@pytest.mark.parametrize(
    "body",
    [
        [FORM.replace("{", '{"scope": None, "grant_type": "jwt", ')],
        [FORM, 'form["grant_type"] = "jwt"', 'form["scope"] = "ent_user_sdk"'],
        [FORM, 'form.update(grant_type="jwt", scope="")'],
        ["form = dict(client_id=ID, client_secret=SECRET, grant_type='jwt', jwt_token=sign())"],
        [PAIRS, 'form.append(("grant_type", "jwt"))', 'form.append(("jwt_token", sign()))'],
    ],
    ids=["beside", "stored", "updated", "arguments", "appended"],
)
def test_a_grant_or_a_scope_of_their_own_goes(body: list[str], tmp_path: Path) -> None:
    got = after(tmp_path, *body)
    assert "client_credentials" in got
    assert "update(" not in got
    assert got.count("grant_type") == got.count("scope=") + got.count('"scope"') == 1
    assert "jwt" not in got.lower()


def test_what_else_is_sent_stays(tmp_path: Path) -> None:
    assert 'form.update({"debug": "1"})' in after(tmp_path, FORM, 'form.update({"scope": "x", "debug": "1"})')


@pytest.mark.parametrize(
    "body",
    [
        [FORM, 'if os.environ.get("OLD"):', '    form["grant_type"] = "jwt"'],
        ['form = "grant_type=jwt&client_id=" + ID + "&client_secret=" + SECRET + "&jwt_token=" + sign()'],
    ],
    ids=["perhaps", "text"],
)
def test_a_grant_that_may_win_is_left_to_a_person(body: list[str], tmp_path: Path) -> None:
    assert after(tmp_path, *body) == ""


def test_pairs_that_a_generator_gives(tmp_path: Path) -> None:
    got = after(
        tmp_path,
        "def fields():",
        '    yield "client_id", ID',
        '    yield "client_secret", SECRET',
        '    yield "jwt_token", sign()',
        "form = dict(fields())",
    )
    assert '        yield "grant_type", "client_credentials"\n        yield "scope", ' in got


def test_a_form_of_bytes_stays_one(tmp_path: Path) -> None:
    """Bytes and text cannot be joined."""
    lead = 'form = b"client_id=" + ID.encode() + b"&client_secret=" + SECRET.encode()'
    text = PROGRAM.replace("BODY", f"{lead} + FIELD + sign().encode()")
    text = text.replace("\n\n\ndef sign", '\nFIELD = b"&jwt_token="\n\n\ndef sign', 1)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert 'FIELD = b"&grant_type=client_credentials&scope="' in made, ran.story
    assert '+ FIELD + b"openid,AdobeID,user_management_sdk"\n' in made


VAULT = """\
import os


class Vault:
    def __init__(self, prefix):
        self.prefix = prefix

    def secret(self, name):
        return os.environ["%s_%s" % (self.prefix, name)]

    def again(self, name):
        return self.secret(name)
"""


@pytest.mark.parametrize("getter", ["secret", "again"])
def test_what_another_object_of_the_class_reads_is_another_variable(getter: str, tmp_path: Path) -> None:
    """Each vault puts its own prefix before the names."""
    form = '{"client_id": ID, "client_secret": SECRET, "jwt_token": vault.GET("JWT")}'
    text = PROGRAM.replace("BODY", f"form = {form}".replace("GET", getter))
    text = text.replace(
        "import requests\n", 'import requests\nfrom vault import Vault\n\nvault = Vault("ADOBE")\n'
    )
    other = (
        'from vault import Vault\n\nvault = Vault("FREIGHT")\n\n\ndef login():\n    return vault.GET("JWT")\n'
    )
    files = {"main.py": text, "vault.py": VAULT, "freight.py": other.replace("GET", getter)}
    tree = trees.write({path: each.encode() for path, each in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "Whatever sets ADOBE_JWT need not sign" in ran.text, ran.story
    assert "FREIGHT" not in ran.text
