"""Variables of the environment that a table has beside the keys for which they are read."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

NAMES = 'NAMES = {"client": "CID", "secret": "CSECRET", "org": "ORG", "account": "TECH", "key": "KEYFILE"}\n'
AUTH = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token(cfg):
    with open({key}) as f:
        key = f.read()
    claims = {{"exp": int(time.time()), "iss": {org}, "sub": {account}, "aud": IMS + "/c/" + {client}}}
    claims[IMS + "/s/ent_user_sdk"] = True
    signed = jwt.encode(claims, key, algorithm="RS256")
    form = {{"client_id": {client}, "client_secret": {secret}, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
LOOP = "cfg = {}\nfor field, name in NAMES.items():\n    cfg[field] = os.environ[name]\n"
MADE = "cfg = {field: os.environ.get(name) for field, name in NAMES.items()}\n"


def after(main: str, tmp_path: Path, how: str = 'cfg["{}"]') -> tuple[str, str, str]:
    auth = AUTH.format(**{word: how.format(word) for word in ("client", "secret", "org", "account", "key")})
    files = {"auth.py": auth.encode(), "main.py": f"import os\n\nfrom auth import token\n\n{main}".encode()}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    return (tree / "auth.py").read_text(), (tree / "main.py").read_text(), said


@pytest.mark.parametrize("fill", [LOOP, MADE], ids=["a loop", "a comprehension"])
def test_the_rows_that_nothing_needs_go(fill: str, tmp_path: Path) -> None:
    _, main, said = after(f'{NAMES}{fill}print(token(cfg), cfg["org"])\n', tmp_path)
    assert 'NAMES = {"client": "CID", "secret": "CSECRET", "org": "ORG"}\n' in main, said
    assert "KEYFILE" in said


def test_a_row_stays_for_whoever_asks_for_its_key(tmp_path: Path) -> None:
    _, main, said = after(f'{NAMES}{MADE}print(token(cfg), cfg["account"])\n', tmp_path)
    assert '"account": "TECH"' in main, said
    assert '"key": "KEYFILE"' not in main, said


def test_an_object_that_a_table_fills_has_no_scopes(tmp_path: Path) -> None:
    made = "import types\n\ncfg = types.SimpleNamespace(**{f: os.environ[n] for f, n in NAMES.items()})"
    auth, _, said = after(f"{NAMES}{made}\nprint(token(cfg))\n", tmp_path, "cfg.{}")
    assert 'scope="openid,AdobeID,user_management_sdk"' in auth, said


OPTIONS = """\
import argparse


def main():
    parser = argparse.ArgumentParser()
    for name in ("--client", "--secret", "--org", "--account", "--key"):
        parser.add_argument(name)
    args = parser.parse_args()
    for name in ("client", "secret", "account", "key"):
        if not getattr(args, name):
            parser.error(name + " is missing")
    print(token(args), args.org{shown})


main()
"""


@pytest.mark.parametrize(
    ("shown", "left"),
    [("", '("client", "secret")'), (", args.account", '("client", "secret", "account")')],
    ids=["unused", "shown"],
)
def test_a_check_of_options_does_without(shown: str, left: str, tmp_path: Path) -> None:
    _, main, said = after(OPTIONS.format(shown=shown), tmp_path, "cfg.{}")
    assert f"for name in {left}:" in main, said


ASKED = """\
def ask(name):
    return os.environ.get(name) or input(name + ": ")


cfg = {
    "client": ask("CID"),
    "secret": ask("CSECRET"),
    "org": ask("ORG"),
    "account": ask("TECH"),
    "key": ask("KEYFILE"),
}
print(token(cfg), cfg["org"]%s)
"""


@pytest.mark.parametrize(("shown", "told"), [("", True), (', cfg["account"]', False)])
def test_a_person_is_told_of_what_is_asked_for_in_vain(shown: str, told: bool, tmp_path: Path) -> None:
    _, main, said = after(ASKED % shown, tmp_path)
    assert '"key": ask("KEYFILE"),' in main
    assert "`key` is no longer asked for, but what computes it may have an effect" in said
    assert ("`account` is no longer asked for" in said) is told
