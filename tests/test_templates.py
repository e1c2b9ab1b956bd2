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


FILLED = """\
import os
import time
from string import Template

import jinja2
import jwt
import requests
import yaml

IMS = "https://ims-na1.adobelogin.com"


def login(client, secret, account, key):
    claims = {{
        "iss": "o@AdobeOrg",
        "sub": account,
        "exp": int(time.time()) + 300,
        "aud": IMS + "/c/" + client,
        IMS + "/s/ent_user_sdk": True,
    }}
    form = {{
        "client_id": client,
        "client_secret": secret,
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def load(path):
    with open(path) as file:
        text = file.read()
    return yaml.safe_load({filled})


config = load("config.yml")
print(login(config["client"], config["secret"], config["account"], config["key"]))
"""
VARIABLES = (
    'account: "{0}ADOBE_ACCOUNT{1}"\nclient: "{0}ADOBE_CLIENT{1}"\nkey: "{0}ADOBE_KEY{1}"\nsecret: "x"\n'
)


@pytest.mark.parametrize(
    ("filled", "signs"),
    [
        ("os.path.expandvars(text)", ("${", "}")),
        ("Template(text).substitute(os.environ)", ("$", "")),
        (
            "jinja2.Template(text, undefined=jinja2.StrictUndefined).render(env=os.environ)",
            ("{{ env.", " }}"),
        ),
    ],
    ids=["expandvars", "Template", "jinja2"],
)
def test_what_is_filled_into_a_file_would_be_missed(
    filled: str, signs: tuple[str, str], tmp_path: Path
) -> None:
    files = {"main.py": FILLED.format(filled=filled), "config.yml": VARIABLES.format(*signs)}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert 'login(config["client"], config["secret"])' in (tree / "main.py").read_text(), told
    assert [line[:6] for line in (tree / "config.yml").read_text().splitlines()] == ["client", "secret"]
    assert "Nothing here is filled with ADOBE_ACCOUNT and ADOBE_KEY any more." in told


def test_what_a_file_says_itself_may_be_given_by_others(tmp_path: Path) -> None:
    config = VARIABLES.format("", "")
    files = {"main.py": FILLED.format(filled="text").encode(), "config.yml": config.encode()}
    tree = trees.write(files, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "The parameters key and account of login are no longer used and kept" in told
    assert (tree / "config.yml").read_text() == config
