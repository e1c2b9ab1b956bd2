"""Lists of what may be there: no name leaves them, the scopes join those that refuse what they have not."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

AUTH = """\
import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
{names}


def load():
    with open("adobe.json") as f:
        cfg = json.load(f)
{check}
    return cfg


def token(cfg):
    claims = {{"exp": int(time.time()) + 60, "iss": cfg["org"], "aud": IMS + "/c/" + cfg["client_id"]}}
    claims[IMS + "/s/ent_user_sdk"] = True
    with open(cfg["key_file"]) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {{"client_id": cfg["client_id"], "client_secret": cfg["secret"], "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token(load()))
"""
CONFIG = '{"client_id": "8c3e", "secret": "p8e-CANARY-all0wed", "org": "o@AdobeOrg", "key_file": "a.key"}\n'
KNOWN = 'KNOWN = {"client_id", "secret", "org", "key_file"}'
ADMITTED = 'KNOWN = {"client_id", "secret", "scopes", "org", "key_file"}'


def after(names: str, check: str, tmp_path: Path) -> tuple[str, str]:
    text = AUTH.format(names=names, check="\n".join(f"    {line}" for line in check.split("\n")))
    tree = trees.write({"main.py": text.encode(), "adobe.json": CONFIG.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    return (tree / "main.py").read_text(), said


@pytest.mark.parametrize(
    "check",
    [
        "if set(cfg) - KNOWN:\n    raise ValueError(sorted(cfg))",
        "assert set(cfg) <= KNOWN",
        "assert KNOWN.issuperset(cfg)",
        "if cfg.keys().difference(KNOWN):\n    raise ValueError(cfg.keys())",
        "for key in cfg:\n    if key not in KNOWN:\n        raise KeyError(key)",
        "for key, value in cfg.items():\n    assert key in KNOWN, key",
        "odd = [key for key in cfg if key not in KNOWN]\nassert not odd, odd",
    ],
)
def test_the_scopes_join_what_refuses_other_names(check: str, tmp_path: Path) -> None:
    made, said = after(KNOWN, check, tmp_path)
    assert ADMITTED in made, said
    assert "org and key_file stay in the list in main.py:8" in said


@pytest.mark.parametrize(
    ("names", "admitted"),
    [
        ('KNOWN = "client_id secret org key_file".split()', '"client_id scopes secret org key_file".split()'),
        (
            'KNOWN = {"client_id": str, "org": str, "key_file": str}',
            '{"client_id": str, "scopes": str, "org"',
        ),
        (
            'KNOWN = [\n    "client_id",\n    "secret",\n    "org",\n    "key_file",\n]',
            '    "secret",\n    "scopes",\n    "org",\n    "key_file",\n]',
        ),
    ],
    ids=["words", "a table", "lines"],
)
def test_however_the_list_is_written(names: str, admitted: str, tmp_path: Path) -> None:
    made, said = after(
        names, "for key in cfg:\n    if key not in KNOWN:\n        raise KeyError(key)", tmp_path
    )
    assert admitted in made, said


@pytest.mark.parametrize(
    "check",
    [
        "for key, value in cfg.items():\n    if key not in KNOWN:\n        print(key, value)",
        "print({key: cfg[key] for key in cfg if key not in KNOWN})",
        "for key in KNOWN:\n    print(cfg.pop(key, None) is None)",
        'shown = dict(cfg)\nfor key in KNOWN:\n    shown[key] = "***"\nprint(shown)',
        "for key in KNOWN:\n    del cfg[key]",
        'import re\nprint(re.sub("|".join(KNOWN), "***", str(cfg)))',
        "print([line for line in open('adobe.json') if not any(key in line for key in KNOWN)])",
        'print({key: "***" if key in KNOWN else value for key, value in cfg.items()})',
    ],
)
def test_what_hides_names_or_takes_them_away_does_so_still(check: str, tmp_path: Path) -> None:
    made, said = after(KNOWN, check, tmp_path)
    assert KNOWN in made, said
    assert "/ims/token/v3" in made or "del cfg" in check


VARIABLES = """\
VARIABLES = {"CLIENT": "the id", "SECRET": "its secret", "ORG": "of Adobe", "KEY": "the path of a PEM"}
cfg = {name[4:]: value for name, value in os.environ.items() if name.startswith("ADB_")}
assert not [name for name in cfg if name not in VARIABLES]
for name, text in VARIABLES.items():
    assert name in cfg, text
"""


def test_who_asks_for_all_variables_that_it_allows_is_not_made_to_ask_for_the_scopes(tmp_path: Path) -> None:
    text = AUTH.format(names=VARIABLES, check="    pass")
    for key, name in (("client_id", "CLIENT"), ("secret", "SECRET"), ("org", "ORG"), ("key_file", "KEY")):
        text = text.replace(f'["{key}"]', f'["{name}"]')
    text = "import os\n" + text.replace("token(load())", "token(cfg)")
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert VARIABLES in (tree / "main.py").read_text(), said
    assert "Add SCOPES to the list in main.py:9 before you set it." in said
    assert "still ask" in said


def test_what_a_table_requires_it_does_not_require_of_the_scopes(tmp_path: Path) -> None:
    row = '{"kind": str, "required": True}'
    names = f'KNOWN = {{"client_id": {row}, "secret": {row}, "org": {row}, "key_file": {row}}}'
    check = """for key, rule in KNOWN.items():
    assert key in cfg or not rule["required"]
for key in cfg:
    if key not in KNOWN:
        raise KeyError(key)"""
    made, said = after(names, check, tmp_path)
    assert '"scopes": {"kind": str, "required": False}' in made, said
    assert made.count("True") == 4, said


def test_tables_of_lists_allow_as_well(tmp_path: Path) -> None:
    names = 'KNOWN = {"adobe": {"client_id", "secret", "org", "key_file"}, "log": {"level"}}'
    check = 'for section in ("adobe", "log"):\n    assert not set(cfg) - KNOWN.get(section)'
    made, said = after(names, check, tmp_path)
    assert '{"client_id", "secret", "scopes", "org", "key_file"}' in made, said


def test_a_list_that_is_gone_through_as_well_still_asks(tmp_path: Path) -> None:
    check = "for key in KNOWN:\n    cfg[key]\nfor key in cfg:\n    assert key in KNOWN"
    made, said = after(KNOWN, check, tmp_path)
    assert ADMITTED in made, said
    assert "still ask" in said, said


def test_who_asks_for_what_is_missing_asks_no_more(tmp_path: Path) -> None:
    made, said = after(KNOWN, "assert KNOWN <= set(cfg)\nassert not KNOWN - set(cfg)", tmp_path)
    assert 'KNOWN = {"client_id", "secret"}' in made, said
