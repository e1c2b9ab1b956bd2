"""Settings that a loop or a comprehension reads, renames or lays over others: each name has its own value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import json
import os
import time
from configparser import ConfigParser

import jwt
import requests

{settings}


def token():
    ims = "https://" + {host}
    claims = {{"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": {account}}}
    claims["aud"] = ims + "/c/" + {id}
    claims[ims + "/s/" + {metascope}] = True
    with open({key}) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {{"client_id": {id}, "client_secret": {secret}, "jwt_token": signed}}
    return requests.post(ims + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token())
"""
VALUES = {
    "secret": "0123456789abcdef0123",
    "id": "abab",
    "account": "t@techacct.adobe.com",
    "key": "k.pem",
    "metascope": "ent_user_sdk",
    "host": "ims-na1.adobelogin.com",
}
NAMES = f"({', '.join(map(repr, VALUES))})"
FILES = {
    "a.ini": "[adobe]\n" + "".join(f"{name} = {value}\n" for name, value in VALUES.items()),
    "a.json": json.dumps(VALUES) + "\n",
}
INI = "p = ConfigParser()\np.read('a.ini')\n"
JSON = "with open('a.json') as f:\n    d = json.load(f)\n"


def fixed(settings: str, asked: str, tmp_path: Path, **places: str) -> tuple[str, str]:
    """Return what becomes of the program, whose settings are asked for as ``asked``, and what is said."""
    places = {**{name: asked.format(name, up=name.upper()) for name in VALUES}, **places}
    files = {"main.py": PROGRAM.format(settings=settings, **places), **FILES}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert VALUES["secret"] not in said
    return (tree / "main.py").read_text(), said


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (f"{INI}c = {{k: v for k, v in p.items('adobe')}}", "c['{0}']"),
        (f"{INI}c = {{k.upper(): v for k, v in p.items('adobe')}}", "c['{up}']"),
        (f"{INI}c = {{}}\nfor k, v in p.items('adobe'):\n    c[k.upper()] = v", "c['{up}']"),
        (f"{INI}c = dict((k.upper(), v) for k, v in p.items('adobe'))", "c['{up}']"),
        (f"{JSON}c = {{'adobe_' + k: v for k, v in d.items()}}", "c['adobe_{0}']"),
        (f"{JSON}c = {{k.lower(): v.strip() for k, v in d.items()}}", "c['{0}']"),
        (f"{JSON}c = {{'host': ''}}\nfor k, v in d.items():\n    c[k] = v", "c['{0}']"),
        (f"{JSON}for k in d:\n    d[k] = os.environ.get('A_' + k.upper(), d[k])", "d['{0}']"),
        (f"{JSON}c = {{k: os.getenv('A_' + k.upper(), v) for k, v in d.items()}}", "c['{0}']"),
        (f"{JSON}{', '.join(VALUES)} = (d[k] for k in {NAMES})", "{0}"),
    ],
)
def test_each_name_has_its_value(settings: str, asked: str, tmp_path: Path) -> None:
    made, said = fixed(settings, asked, tmp_path)
    assert "jwt" not in made, said
    assert "openid,AdobeID,user_management_sdk" in made
    assert "published for" not in said


@pytest.mark.parametrize(
    ("more", "stays"),
    [
        ("", False),
        ("\nprint(d['account'])", True),
        ("\nWANTED = ('account', 'host')\nprint([d[k] for k in WANTED], WANTED[0])", True),
        ("\nfor k in d:\n    print(k, d[k])", True),
    ],
)
def test_what_leaves_the_list_leaves_the_file(more: str, stays: bool, tmp_path: Path) -> None:
    settings = f"{JSON}{', '.join(VALUES)} = (d[k] for k in {NAMES}){more}"
    _, said = fixed(settings, "{0}", tmp_path)
    assert ("account" in (tmp_path / "tree" / "a.json").read_text()) is stays, said


def test_what_may_be_any_of_them_is_not_shown(tmp_path: Path) -> None:
    """The secret stands first in the file, and is no host."""
    made, said = fixed(f"{JSON}c = {{k.upper(): d[n] for n in d for k in d}}", "c['{up}']", tmp_path)
    assert "/ims/exchange/jwt" in made
    assert "not known as Adobe's" in said


def test_a_secret_is_no_metascope(tmp_path: Path) -> None:
    settings = f"{JSON}c = {{k.upper(): d[n] for n in d for k in d}}"
    made, said = fixed(settings, "c['{up}']", tmp_path, host="'ims-na1.adobelogin.com'")
    assert "/ims/token/v3" in made, said
    assert "Adobe's own for ent_user_sdk" in said
    assert "published for" not in said


VARIABLES = ("CLIENT_ID", "SECRET", "ACCOUNT", "PEM")
PARTS = dict(zip(("id", "secret", "account", "key"), VARIABLES, strict=True))


@pytest.mark.parametrize(
    "settings",
    [
        f"NAMES = '{' '.join(PARTS)}'.split()\nc = {{n: os.environ['A_' + n.upper()] for n in NAMES}}",
        f"NAMES = [{', '.join(map(repr, PARTS))}]\nc = {{n: os.environ['A_' + n.upper()] for n in NAMES}}",
    ],
)
def test_names_that_a_prefix_begins_leave_a_text_as_they_leave_a_list(settings: str, tmp_path: Path) -> None:
    places = {
        **{n: f"c['{n}']" for n in PARTS},
        "host": "'ims-na1.adobelogin.com'",
        "metascope": "'ent_user_sdk'",
    }
    tree = trees.write({"main.py": PROGRAM.format(settings=settings, **places).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "main.py").read_text()
    assert "jwt" not in made, said
    assert "account" not in made
    assert "Nothing here reads A_ACCOUNT and A_KEY from the environment any more" in said
    assert "still asks for" not in said


@pytest.mark.parametrize(
    ("settings", "gone"),
    [
        ("M = {0}\nc = {{}}\nfor k in M:\n    c[k] = os.environ[M[k]]", True),
        ("M = {1}\nc = {{}}\nfor k in M:\n    c[M[k]] = os.environ[k]", True),
        ("M = {0}\nc = {{k: os.environ[v] for k, v in M.items()}}", True),
        ("M = {2}\nc = {{}}\nfor k, v in M:\n    c[k] = os.environ[v]", False),
    ],
)
def test_names_that_are_looked_up_by_others(settings: str, gone: bool, tmp_path: Path) -> None:
    """What is asked for by a table is not what its keys say."""
    back = {variable: name for name, variable in PARTS.items()}
    table = settings.format(PARTS, back, tuple(PARTS.items()))
    places = {
        **{n: f"c['{n}']" for n in PARTS},
        "host": "'ims-na1.adobelogin.com'",
        "metascope": "'ent_user_sdk'",
    }
    tree = trees.write({"main.py": PROGRAM.format(settings=table, **places).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "main.py").read_text()
    assert "import jwt" not in made, said
    assert ("PEM" not in made) is gone, said
    assert "No flow needs CLIENT_ID" not in said
    assert ("Nothing here reads ACCOUNT and PEM" in said) is gone, said
