"""Configuration files of SDKs: what goes and what comes, and that nothing else moves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
import yaml
from tool import jwt2oauth

from jwt2oauth.config.documents import kind_of, read
from jwt2oauth.edits import apply
from jwt2oauth.project import sdk_files
from jwt2oauth.project.documents import as_module
from jwt2oauth.rules.load import load
from jwt2oauth.sdk import SdkFile

SDKS = {sdk.name: sdk for sdk in load().sdks}


def _row(name: str) -> SdkFile:
    """The file that the importConfigFile of an SDK reads."""
    return next(call.file for call in SDKS[name].calls if call.file is not None)


def changed(path: str, text: str, row: SdkFile) -> str | None:
    tree = read(kind_of(path) or "", text)
    assert tree is not None
    edits = sdk_files.edits(as_module(path, text, tree), row, "openid,AdobeID")
    return None if edits is None else apply(text, edits)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '{\n  "client_id": "c",\n  "tech_id": "t",\n  "secret": "s",\n  "pathToKey": "k"\n}\n',
            '{\n  "client_id": "c",\n  "secret": "s",\n  "scopes": "openid,AdobeID"\n}\n',
        ),
        (
            '{\n\t"pathToKey": "k",\n\t"secret" : "s",\n\t"x": [1, 2],\n\t"tech_id": "t"\n}',
            '{\n\t"secret" : "s",\n\t"scopes" : "openid,AdobeID",\n\t"x": [1, 2]\n}',
        ),
        (
            '{"secret": "s", "tech_id": "t", "pathToKey": "k"}',
            '{"secret": "s", "scopes": "openid,AdobeID"}',
        ),
        (
            '{"scopes": "mine", "secret": "s", "pathToKey": "k", "tech_id": "t"}',
            '{"scopes": "mine", "secret": "s"}',
        ),
    ],
)
def test_json(before: str, after: str, newline: str) -> None:
    made = changed("c.json", before.replace("\n", newline), _row("aanalytics2"))
    assert made == after.replace("\n", newline)
    json.loads(made)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (  # all of a block goes, and what is said in it
            "server:\n  #host: h\n  ims_endpoint_jwt: /i/e\nenterprise:\n  org_id: o\n  tech_acct: t\n",
            "authentication_method: oauth\nenterprise:\n  org_id: o\n",
        ),
        (  # in blocks of their own, the last ones of the file
            "enterprise:\n  org_id: o\n\n  # who\n  tech_acct: t\n\n  # the file\n  priv_key_path: k\n",
            "authentication_method: oauth\nenterprise:\n  org_id: o\n",
        ),
        (
            "---\n# mine\nenterprise:\n    tech_acct: t # who\n    org_id: 'o' # us\n    priv_key_data: k\n",
            "---\n# mine\nauthentication_method: oauth\nenterprise:\n    org_id: 'o' # us\n",
        ),
        (  # what is said of it stood above the whole group
            "enterprise:\n  # the technical account\n  tech_acct: t\n  org_id: o\n",
            "authentication_method: oauth\nenterprise:\n  org_id: o\n",
        ),
        (
            "enterprise:\n  # of the console\n  tech_acct: t\n  org_id: o\n",
            "authentication_method: oauth\nenterprise:\n  # of the console\n  org_id: o\n",
        ),
        (
            "server:\n  auth_endpoint: /exchange/\n  auth_host: h\nenterprise: {org_id: o, tech_acct: t}\n",
            "authentication_method: oauth\nserver:\n  auth_host: h\nenterprise: {org_id: o}\n",
        ),
    ],
)
def test_yaml(before: str, after: str) -> None:
    made = changed("connector-umapi.yml", before, SDKS["user-sync"].files[0])
    assert made == after
    yaml.safe_load(made)


def test_what_is_not_certain_is_left_alone() -> None:
    text = "base: &base\n  tech_acct: t\nenterprise:\n  <<: *base\n  org_id: o\n  tech_acct: t\n"
    assert changed("connector-umapi.yml", text, SDKS["user-sync"].files[0]) is None


def test_a_file_that_fills_a_model_of_the_program_is_the_program_s(tmp_path: Path) -> None:
    """``Enterprise(**yaml.safe_load(f)["enterprise"])`` spells the keys as fields."""
    connector = """enterprise:
  org_id: o@AdobeOrg
  client_id: id
  client_secret: p8e-CANARY-x
  tech_acct_id: t@techacct.adobe.com
  priv_key_path: k.pem
"""
    program = """import argparse
import time
from dataclasses import dataclass

import jwt
import requests
import yaml

IMS = "https://ims-na1.adobelogin.com"


@dataclass
class Enterprise:
    org_id: str
    client_id: str
    client_secret: str
    tech_acct_id: str
    priv_key_path: str


def login(e):
    claims = {"exp": int(time.time()) + 60, "iss": e.org_id, "sub": e.tech_acct_id}
    claims["aud"] = IMS + "/c/" + e.client_id
    claims[IMS + "/s/ent_user_sdk"] = True
    with open(e.priv_key_path) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": e.client_id, "client_secret": e.client_secret, "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


parser = argparse.ArgumentParser()
parser.add_argument("--connector", default="connector-umapi.yml")
with open(parser.parse_args().connector) as f:
    enterprise = Enterprise(**yaml.safe_load(f)["enterprise"])
print(enterprise.org_id, bool(login(enterprise)))
"""
    files = {"connector-umapi.yml": connector, "main.py": program, "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "authentication_method" not in (tree / "connector-umapi.yml").read_text(), ran.story
    assert "user-sync" not in ran.text
    assert "jwt_token" not in (tree / "main.py").read_text()


READS = """import yaml

with open("connector-umapi.yml") as f:
    print(yaml.safe_load(f)["server"]["ims_endpoint_jwt"])
"""
HANDS_ON = "import subprocess\n\nsubprocess.run(['user-sync', '-c', 'connector-umapi.yml'])\n"
ASKS = """import yaml


class Config:
    def __init__(self, path):
        with open(path) as f:
            self.sections = yaml.safe_load(f)

    def __getattr__(self, name):
        for section in self.sections.values():
            if name in section:
                return section[name]
        raise AttributeError(name)


config = Config(%s)
print(config.tech_acct)
"""
SPELLS = "import sys\n\nprint(sys.argv, 'tech_acct', 'priv_key_path')\n"


@pytest.mark.parametrize(
    ("program", "other", "reason"),
    [
        pytest.param(READS, "", "sdk-config-shared", id="read"),
        pytest.param(HANDS_ON, "", None, id="handed-on"),
        pytest.param(SPELLS, "", "sdk-config-shared", id="spelled"),
        pytest.param(ASKS % "'connector-umapi.yml'", "", "sdk-config-shared", id="asked-as-attributes"),
        pytest.param(ASKS % "'other.yml'", "", None, id="attributes-of-another"),
        pytest.param(SPELLS, "[x]\ntech_acct = t\npriv_key_path = k\n", None, id="spelled-for-another"),
    ],
)
def test_whose_a_connector_file_is(program: str, other: str, reason: str | None, tmp_path: Path) -> None:
    connector = """enterprise:
  org_id: o
  client_id: c
  client_secret: p8e-CANARY-x
  tech_acct: t
  priv_key_path: k
server:
  ims_host: ims-na1.adobelogin.com
  ims_endpoint_jwt: /ims/exchange/jwt
"""
    files = {"connector-umapi.yml": connector, "main.py": "# metascopes\n" + program, "own.config": other}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "scan", "--format", "json")
    found = {f["unfixed"] for f in ran.page["findings"] if f["path"] == "connector-umapi.yml"}
    assert found == {reason}, ran.story


CLIENT = """import umapi_client
import yaml

with open("connector-umapi.yml") as f:
    e = yaml.safe_load(f)["enterprise"]
conn = umapi_client.Connection(
    org_id=e["org_id"],
    auth_dict={
        "org_id": e["org_id"],
        "api_key": e["client_id"],
        "client_secret": e["client_secret"],
        "tech_acct_id": e["tech_acct"],
        "private_key_file": e["priv_key_path"],
    },
)
"""


@pytest.mark.parametrize("spells", [True, False])
def test_a_file_that_the_program_hands_to_a_client_is_the_program_s(spells: bool, tmp_path: Path) -> None:
    connector = "enterprise:\n  org_id: o\n  client_id: c\n  client_secret: p8e-CANARY-x\n"
    connector += "  tech_acct: t\n  priv_key_path: k.pem\n"
    program = CLIENT if spells else CLIENT.replace("connector-umapi.yml", "own.yml").replace("tech_acct", "t")
    files = {"connector-umapi.yml": connector, "main.py": program, "requirements.txt": "umapi-client==2.18\n"}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--format", "json")
    unfixed = {f["path"]: f["unfixed"] for f in ran.page["findings"] if f["unfixed"]}
    made = (tree / "connector-umapi.yml").read_text()
    assert "connector-umapi.yml" not in unfixed, ran.story
    assert ("authentication_method" in made) is not spells, made
    assert "priv_key_path" not in made


@pytest.mark.parametrize("handed", [True, False])
def test_a_connector_that_user_sync_is_handed_keeps_what_it_needs(handed: bool, tmp_path: Path) -> None:
    """A program of ours reads the same file: what only that needed no more stays for the tool."""
    fixture = trees.read(trees.FIXTURES / "connector-of-our-own" / "before")
    name = next(path for path in fixture if path.endswith("connector-umapi.yml"))
    other = "user-sync-config.yml" if handed else "notes.yml"
    files = {**fixture, other: b"connectors:\n  umapi: connector-umapi.yml\n"}
    files = {path: data for path, data in files.items() if "test" not in path}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = yaml.safe_load((tree / name).read_text())["enterprise"]
    assert ("priv_key_path" in made) is handed, ran.story
    assert ("scopes" in made) is not handed
    assert (f"{other} hands it on" in " ".join(ran.text.split())) is handed


PINS = [
    ("aepp", "==0.2.6", True),
    ("aepp", ">=0.1,<0.3", True),
    ("aepp", "==0.3.1", False),
    ("aepp", ">=0.2", False),
    ("aanalytics2", "~=0.3.5", True),
    ("aanalytics2", "==0.4.0", False),
    ("cjapy", "==0.1.4", True),
    ("cjapy", "", False),
]


@pytest.mark.parametrize(("sdk", "pin", "found"), PINS)
def test_scopes_mean_nothing_to_a_version_that_knows_none(
    sdk: str, pin: str, found: bool, tmp_path: Path
) -> None:
    conf = (
        '{"org_id": "o", "client_id": "c", "tech_id": "t", "pathToKey": "k.key", "secret": "p8e-CANARY-y",'
        ' "scopes": "openid,AdobeID,target_sdk"}'
    )
    files = {"main.py": f'import {sdk}\n\n{sdk}.importConfigFile("conf.json")\n', "conf.json": conf}
    files |= {"requirements.txt": f"{sdk}{pin}\n"}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "conf.json").read_text()
    assert ("pathToKey" not in after) == found, ran.story
    assert '"scopes": "openid,AdobeID,target_sdk"' in after
    assert ("Compare the scopes that conf.json holds already" in " ".join(ran.text.split())) == found
    assert "Put the scopes" not in ran.text
    assert ((tree / "requirements.txt").read_text() != f"{sdk}{pin}\n") == found


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_connector_that_user_sync_is_told_of_by_name(is_listed: bool, tmp_path: Path) -> None:
    connector = (
        'enterprise:\n  org_id: "o@AdobeOrg"\n  client_id: c\n  client_secret: p8e-CANARY-u\n'
        "  tech_acct: t@techacct.adobe.com\n  priv_key_path: us.key\n"
    )
    named = "us-branch.yml" if is_listed else "other.yml"
    listing = f"adobe_users:\n  connectors:\n    umapi:\n      - connector-umapi.yml\n      - us: {named}\n"
    files = {"conf/us-branch.yml": connector, "conf/user-sync-config.yml": listing}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "conf/us-branch.yml").read_text()
    assert ("authentication_method: oauth" in after) == is_listed, ran.story
    assert ("priv_key_path" not in after) == is_listed
    assert is_listed or after == connector
