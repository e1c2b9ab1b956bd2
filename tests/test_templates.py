"""Addresses and claims out of ``string.Template``: followed where what is put in is known."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

from jwt2oauth.python.facts.formats import dollars

PROGRAM = """\
import os
import time
from string import Template

import jwt
import requests

HOST = "ims-na1.adobelogin.com"
AUDIENCE = Template("https://$host/c/$client")
METASCOPE = Template("https://${{host}}/s/$scope")
URL = Template("https://$host/{path}")

claims = {{
    "iss": os.environ["ORG"],
    "sub": os.environ["TECH"],
    "exp": int(time.time()) + 300,
    "aud": AUDIENCE.substitute(host=HOST, client=os.environ["ID"]),
    METASCOPE.substitute({{"host": HOST, "scope": "ent_user_sdk"}}): True,
}}
signed = jwt.encode(claims, os.environ["KEY"], algorithm="RS256")
form = {{"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": signed}}
print(requests.post(URL.{method}, data=form).json()["access_token"])
"""


@pytest.mark.parametrize(
    ("path", "method", "mended"),
    [
        ("ims/exchange/jwt", "substitute(host=HOST)", True),
        ("ims/exchange/jwt", "safe_substitute(**{'host': HOST})", True),
        ("$path", "substitute(host=HOST, path=os.environ['P'])", False),
        ("ims/exchange/jwt", "substitute(host=os.environ['IMS_HOST'])", True),
    ],
)
def test_a_template_is_filled_with_what_is_known(
    path: str, method: str, mended: bool, tmp_path: Path
) -> None:
    program = PROGRAM.format(path=path, method=method)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    if mended:
        assert 'URL = Template("https://$host/ims/token/v3")' in made, ran.text
        assert "openid,AdobeID,user_management_sdk" in made
        assert "AUDIENCE" not in made
    else:
        assert made == program, ran.text


def test_two_dollars_are_one() -> None:
    assert [*dollars("$$5 for $name, ${other}s")] == [
        ("$", None),
        ("5 for ", "name"),
        (", ", "other"),
        ("s", None),
    ]
