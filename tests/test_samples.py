"""A sample of the configuration that the program writes loses what nothing reads any more, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import json
import time

import jwt
import requests

with open("adobe.json") as handle:
    conf = json.load(handle)


def token():
    claims = {
        "iss": conf["org"],
        "sub": conf["tech_id"],
        "aud": "https://ims-na1.adobelogin.com/c/" + conf["client_id"],
        "exp": int(time.time()) + 600,
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }
    key = open(conf["key_file"]).read()
    body = {
        "client_id": conf["client_id"],
        "client_secret": conf["secret"],
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=body).json()["access_token"]


"""
CONFIG = (
    '{"client_id": "a1", "secret": "p8e-CANARY-samples", "org": "o", "tech_id": "t", "key_file": "k.pem"}'
)
SAMPLE = """\
def create(path):
    sample = {
        "client_id": "<client id>",
        "tech_id": "<something>@techacct.adobe.com",
        "key_file": "",
    }
    with open(path, "w") as handle:
        handle.write(json.dumps(sample, indent=4))
"""


def left(code: str, tmp_path: Path) -> tuple[str, str]:
    files = {"adobe.json": CONFIG, "main.py": PROGRAM + code}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    return (tree / "main.py").read_text().partition("\n\n\ndef token")[2].partition("\n\n\n")[2], said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("handle.write(json.dumps(sample, indent=4))", "json.dump(sample, handle)"),
        ('""', "None"),
    ],
)
def test_it_loses_what_nothing_reads(old: str, new: str, tmp_path: Path) -> None:
    code = SAMPLE.replace(old, new) if old else SAMPLE
    after, said = left(code, tmp_path)
    gone = [line for line in code.splitlines() if line not in after.splitlines()]
    assert [line.split('"')[1] for line in gone] == ["tech_id", "key_file"]
    assert "tech_id and key_file leave the sample configuration in main.py:31" in " ".join(said.split())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('        "key_file": "",\n', ""),  # one such key may be anything's
        ('""', "path"),
        ("handle.write(json.dumps(sample, indent=4))", "requests.post(path, json=sample)"),
        ("    with open", "    print(sample)\n    with open"),
        ('        "client_id": "<client id>",\n', ""),  # nothing would be left of it
        ('"client_id": "<client id>"', '"service": "box"'),  # another system's
    ],
)
def test_what_is_no_such_sample_stays(old: str, new: str, tmp_path: Path) -> None:
    code = SAMPLE.replace(old, new)
    assert left(code, tmp_path)[0] == code
