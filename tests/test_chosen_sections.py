"""A section of a file that is chosen at run time and copied: all of them are read, and gain the scopes."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

INI = """[stage]
client = stage-id
org = s@AdobeOrg
tech = s@techacct.adobe.com

[prod]
client = prod-id
org = p@AdobeOrg
tech = p@techacct.adobe.com
"""
LOGIN = """import configparser
import os
import sys
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
ini = configparser.ConfigParser()
ini.read("tap.ini")
config = COPY
config["secret"] = os.environ["SECRET"]
claims = {
    "exp": int(time.time()) + 300,
    "iss": config["org"],
    "sub": config["tech"],
    "aud": IMS + "/c/" + config["client"],
    IMS + "/s/ent_user_sdk": True,
}
reply = requests.post(
    IMS + "/ims/exchange/jwt",
    data={
        "client_id": config["client"],
        "client_secret": config["secret"],
        "jwt_token": jwt.encode(claims, open("private.key").read(), algorithm="RS256"),
    },
)
print(reply.json()["access_token"])
"""


def fixed(tmp_path: Path, copy: str) -> tuple[dict[str, list[str]], str]:
    files = {"login.py": LOGIN.replace("COPY", copy), "tap.ini": INI}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    story = jwt2oauth(tree, "fix").text
    sections = (tree / "tap.ini").read_text().strip().split("\n\n")
    return {s.splitlines()[0]: [line.split()[0] for line in s.splitlines()[1:]] for s in sections}, story


@pytest.mark.parametrize("copy", ["dict(ini[sys.argv[1]])", "dict(ini[os.environ['STAGE']])"])
def test_each_section_that_may_be_meant_changes(copy: str, tmp_path: Path) -> None:
    sections, story = fixed(tmp_path, copy)
    assert sections == {"[stage]": ["client", "scopes"], "[prod]": ["client", "scopes"]}, story


def test_a_section_of_another_name_stays(tmp_path: Path) -> None:
    sections, story = fixed(tmp_path, 'dict(ini["prod"])')
    assert sections == {"[stage]": ["client", "org", "tech"], "[prod]": ["client", "scopes"]}, story
