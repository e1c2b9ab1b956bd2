"""Callers of SDKs that are no customer of their own: what is found, what is told, what is left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import trees
from tool import Ran, jwt2oauth

OLD = {"org_id": "1@AdobeOrg", "client_id": "c", "tech_id": "t", "secret": "s", "pathToKey": "k"}
PDF = "from adobe.pdfservices.operation.auth.credentials import Credentials\n"


def scanned(folder: Path, files: Mapping[str, str]) -> Ran:
    tree = trees.write({path: text.encode() for path, text in files.items()}, folder / "tree")
    return jwt2oauth(tree, "scan", "--format", "json")


def outcomes(ran: Ran) -> list[tuple[str, str | None]]:
    return [(finding["rule"], finding["unfixed"]) for finding in ran.page["findings"]]


def test_two_sdks_that_read_one_file_get_one_list_of_scopes(tmp_path: Path) -> None:
    files = {
        "star.py": "from aanalytics2 import *\n\nimportConfigFile('conf.json')\n",
        "wrapped.py": "import cjapy\n\ndef init(at):\n    cjapy.importConfigFile(at)\n\ninit('conf.json')\n",
        "conf.json": json.dumps(OLD, indent=2),
    }
    assert len(outcomes(scanned(tmp_path, files))) == 3
    fixed = jwt2oauth(tmp_path / "tree", "fix", "--scopes", "openid,AdobeID,both")
    assert fixed.code == 0, fixed.story
    pairs = json.loads((tmp_path / "tree/conf.json").read_text(), object_pairs_hook=list)
    assert [key for key, _ in pairs] == ["org_id", "client_id", "secret", "scopes"]


BY_HAND = """import json, time, jwt, requests

IMS = "https://ims-na1.adobelogin.com"
with open("conf.json") as file:
    conf = json.load(file)
claims = {"exp": int(time.time()) + 60, "iss": conf["org_id"], "sub": conf["tech_id"]}
claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + conf["client_id"]}
with open(conf["pathToKey"]) as file:
    signed = jwt.encode(claims, file.read(), algorithm="RS256")
form = {"client_id": conf["client_id"], "client_secret": conf["secret"], "jwt_token": signed}
print(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"])
"""


@pytest.mark.parametrize("other", ["", "import json\n\nprint(json.load(open('conf.json'))['tech_id'])\n"])
def test_a_flow_and_an_sdk_that_share_a_file(other: str, tmp_path: Path) -> None:
    """It holds the scopes of both; where the SDK's login stays as it is, the flow's own make it go over."""
    files = {"hand.py": BY_HAND, "sdk.py": "import aepp\n\naepp.importConfigFile('conf.json')\n"}
    files |= {"conf.json": json.dumps(OLD, indent=2), "check.py": other}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    conf = json.loads((tree / "conf.json").read_text())
    more = "read_organizations,additional_info.projectedProductContext,session"
    assert conf["scopes"] == "openid,AdobeID,user_management_sdk" + ("" if other else f",{more}"), said
    assert ("tech_id" in conf) is bool(other)
    assert ("aepp finds scopes in conf.json from now on" in said) is bool(other), said
    assert ("session in conf.json with the credential's page" in said) is not bool(other), said


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (PDF + "b = Credentials.service_account_credentials_builder()\nb.from_file('x').build()\n", "call"),
        (PDF + "Credentials.service_account_credentials_builder().with_region('eu').build()\n", "call"),
        ("import aepp\n\naepp.configure(*ALL, path_to_key='k')\n", "call"),
        ("import json, aepp\n\nwith open('other.json') as f:\n    aepp.configure(**json.load(f))\n", "call"),
        ("from umapi_client.auth import JWT\n\njwt = JWT('o', 't', 'h', 'k', open('key'))\n", "call"),
        ("import aepp\n\naepp.importConfigFile('multi.json')\n", "config"),
    ],
)
def test_what_cannot_be_followed_is_told(tmp_path: Path, program: str, reason: str) -> None:
    other = {**OLD, "path_to_key": OLD["pathToKey"]}
    files = {"main.py": program, "other.json": json.dumps(other), "multi.json": json.dumps([OLD])}
    found = {unfixed for _, unfixed in outcomes(scanned(tmp_path, files))}
    assert found == {f"sdk-{reason}-unknown"}


@pytest.mark.parametrize(
    ("program", "requirement"),
    [
        ("import aepp\n\naepp.configure(path_to_key=None, scopes='a')\n", ""),
        ("import aepp\n\naepp.importConfigFile(NAME)\n", "aepp>=0.4"),
        ("import aepp\n\naepp.importConfigFile(NAME, auth_type='oauthV2')\n", "aepp"),
        ("import umapi_client as u\n\nu.Connection('o', u.OAuthS2S('c', 's'))\n", "umapi-client>=3"),
        ("def connect(auth):\n    import umapi_client\n    return umapi_client.Connection('o', auth)\n", ""),
        ("import aanalytics2_tools as t\n\nt.configure(path_to_key='k')\n", ""),
    ],
)
def test_what_is_no_jwt_is_silent(tmp_path: Path, program: str, requirement: str) -> None:
    assert not outcomes(scanned(tmp_path, {"main.py": program, "requirements.txt": requirement + "\n"}))


def test_a_call_that_stays_is_told_when_the_version_moves(tmp_path: Path) -> None:
    program = (
        "import umapi_client\n\n"
        "one = umapi_client.Connection('o', auth_dict=CONFIG, throttle_groups=3)\n"
        "two = umapi_client.Connection('o', **OTHER)\n"
    )
    ran = scanned(tmp_path, {"main.py": program, "requirements.txt": "umapi-client==2.22\nAuthlib\n"})
    (finding,) = ran.page["findings"]
    told = " ".join(finding["fix"]["todo"])
    assert "See that this call suits umapi-client 3.0.1, too (main.py:4)." in told
    assert "umapi-client and Authlib cannot be installed together" in told


def test_a_list_of_organisations_changes_entry_by_entry(tmp_path: Path) -> None:
    migrated = {"org_name": "us", "org_id": "2@AdobeOrg", "client_id": "d", "secret": "s", "scopes": "openid"}
    files = {
        "main.py": "import launchpy\n\nlaunchpy.importConfigFile('orgs.json')\n",
        "orgs.json": json.dumps([{"org_name": "eu", **OLD}, migrated, {"org_name": "jp", **OLD}], indent=2),
        "requirements.txt": "launchpy==0.4.6\n",
    }
    assert outcomes(scanned(tmp_path, files))
    fixed = jwt2oauth(tmp_path / "tree", "fix", "--scopes", "openid,AdobeID", "--force")
    assert fixed.code == 0, fixed.story
    first, second, third = json.loads((tmp_path / "tree/orgs.json").read_text())
    assert second == migrated
    for each in (first, third):
        assert list(each) == ["org_name", "org_id", "client_id", "secret", "scopes"]
    assert (tmp_path / "tree/requirements.txt").read_text() == "launchpy==0.5.0\n"


def test_a_library_that_only_signs_is_told(tmp_path: Path) -> None:
    program = "import audiencemanager as aam\n\naam.importConfigFile('config_aam.json')\n"
    found = outcomes(scanned(tmp_path, {"main.py": program, "config_aam.json": json.dumps(OLD)}))
    assert {unfixed for _, unfixed in found} == {"sdk-jwt-only"}


AEP = """import aepp


def connect(conf):
    return aepp.configure(
        org_id=conf["org_id"],
        client_id=conf["client_id"],
        path_to_key=conf["path_to_key"],
    )
"""
TESTED = """from unittest import mock

import aep

CONF = {"org_id": "o", "path_to_key": "k"}


@mock.patch("aepp.configure")
def test_connect(configure):
    aep.connect({**CONF, "client_id": "c"})
    assert configure.call_args[1]["path_to_key"] == "k"
    assert CONF["org_id"] == "o"
"""
WRITING = """import json

import aepp

with open("/tmp/c.json", "w") as f:
    json.dump({"pathToKey": "k"}, f)
aepp.importConfigFile("/tmp/c.json")
"""


def test_what_tests_look_for_in_a_call_is_told(tmp_path: Path) -> None:
    scanned(tmp_path, {"aep.py": AEP, "tests/test_aep.py": TESTED})
    page = jwt2oauth(tmp_path / "tree", "fix", "--format", "json").page
    todos = {todo for finding in page["findings"] for todo in finding["fix"]["todo"]}
    call = "configure() at aep.py:5 is not given path_to_key any more."
    assert f"Change what tests/test_aep.py:11 expects: {call}" in todos


def test_who_writes_a_file_that_is_not_here_is_named(tmp_path: Path) -> None:
    trees.write({"main.py": WRITING.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tmp_path / "tree", "fix").text.split())
    assert "see what main.py:6 writes" in told


def test_what_a_template_names_is_looked_for(tmp_path: Path) -> None:
    template = {**OLD, "tech_id": "${CJA_TECH_ID}", "pathToKey": "keys/cja.key"}
    files = {
        "main.py": "import cjapy\n\ncjapy.importConfigFile('cja.json')\n",
        "cja.json.tmpl": json.dumps(template, indent=2),
        ".github/workflows/run.yml": "env:\n  CJA_TECH_ID: x\n  OTHER: y\nrun: echo $KEY > keys/cja.key\n",
        "CHANGELOG.md": "- `pathToKey` may be relative\n",
    }
    scanned(tmp_path, files)
    page = jwt2oauth(tmp_path / "tree", "fix", "--format", "json").page
    todos = {todo for finding in page["findings"] for todo in finding["fix"]["todo"]}
    places = ".github/workflows/run.yml:2 (CJA_TECH_ID), .github/workflows/run.yml:4 (cja.key)"
    assert f"CI still speaks of the JWT credential: {places}." in todos
    assert not any("CHANGELOG" in todo for todo in todos)


UMAPI = """import os

import umapi_client


def connect():
    org = os.environ["ORG"]
    auth = {
        "org_id": org,
        "tech_acct_id": os.environ["TECH"],
        "api_key": os.environ["KEY"],
        "client_secret": os.environ["SECRET"],
        "private_key_file": "k.pem",
    }
    connection = umapi_client.Connection(org_id=org, auth_dict=auth)
    return connection%s
"""


@pytest.mark.parametrize(
    ("more", "stays"),
    [("", False), (', auth["org_id"]', True), (", auth[os.environ['WHAT']]", True), (", auth", True)],
    ids=["only the call", "asked for", "asked for by another name", "given away"],
)
def test_what_only_the_old_login_took_of_a_mapping(more: str, stays: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (UMAPI % more).encode(), "k.pem": b""}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "OAuthS2S(" in after, ran.story
    assert ('"org_id": org' in after) == stays


@pytest.mark.parametrize(
    ("looked_at", "stays"),
    [("key", False), ("'reports'", True)],
)
def test_a_look_at_the_key_whose_path_the_sdk_is_given(looked_at: str, stays: bool, tmp_path: Path) -> None:
    program = f"""import os

import aepp


def connect(key, secret):
    if not os.path.isfile({looked_at}):
        raise SystemExit("missing")
    aepp.configure(org_id="o", tech_id="t", secret=secret, client_id="c", path_to_key=key)


connect("aep.key", os.environ["SECRET"])
"""
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "path_to_key" not in made, ran.story
    assert ("isfile" in made) is stays


@pytest.mark.parametrize(
    ("pin", "imports", "left"),
    [
        ("pyjwt==1.7.1", "", ["umapi-client==3.0.1"]),
        ("pyjwt>=1.7", "", ["umapi-client==3.0.1", "pyjwt>=1.7"]),
        ("pyjwt==1.7.1", "import jwt\n", ["umapi-client==3.0.1", "pyjwt==1.7.1"]),
    ],
)
def test_what_bars_the_version_that_an_sdk_takes(
    pin: str, imports: str, left: list[str], tmp_path: Path
) -> None:
    program = """import os

import umapi_client

auth = {"tech_acct_id": "t", "api_key": "c", "client_secret": os.environ["S"], "private_key_file": "k"}
connection = umapi_client.Connection(org_id="o", auth_dict=auth)
"""
    files = {
        "main.py": program,
        "own.py": imports + "print(1)\n",
        "requirements.txt": f"umapi-client==2.17\n{pin}\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "requirements.txt").read_text().split() == left, ran.story
    assert ("Let requirements.txt have PyJWT 2.4.0" in ran.text) is bool(imports)


@pytest.mark.parametrize(
    "kept",
    [
        'made = {"C": Credentials}\nC = made["C"]',
        "C = Credentials",
        "def kind():\n    return Credentials\n\n\nC = kind()",
    ],
)
def test_what_a_class_was_taken_from_stays(kept: str, tmp_path: Path) -> None:
    build = 'C.{}.with_client_id("a").with_client_secret("b"){}.build()\n'
    program = f"{PDF}\n{kept}\n" + build.format(
        "service_account_credentials_builder()", '.with_account_id("x")'
    )
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "main.py").read_text()
    assert made == f"{PDF}\n{kept}\n" + build.format("service_principal_credentials_builder()", ""), said


@pytest.mark.parametrize("helper", [True, False])
def test_secrets_that_only_the_jwt_needed(helper: bool, tmp_path: Path) -> None:
    ask = 'dbutils.secrets.get("adobe", "%s")' if not helper else 'secret("%s")'
    given = {"org_id": "org", "tech_id": "tech-id", "secret": "client-secret", "client_id": "id"}
    given["private_key"] = "private-key"
    arguments = ", ".join(f"{name}={ask % key}" for name, key in given.items())
    program = (
        "import aepp\n\n\ndef secret(name):\n    return dbutils.secrets.get(scope='adobe', key=name)\n\n\n"
        f"aepp.configure({arguments}, connectInstance=True)\nprint(secret('tech-id-of-another'))\n"
    )
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "Nothing here fetches the secrets private-key and tech-id any more." in said


@pytest.mark.parametrize(
    ("other", "fixed"),
    [
        ('print(self.config["sandbox"])', True),
        ('print(self.config["path_to_key"])', False),
        ('self.config["tech_id"] = "t"', False),
        ("print(self.config)", False),
    ],
)
def test_a_mapping_that_is_spread_may_be_asked_for_what_stays(
    other: str, fixed: bool, tmp_path: Path
) -> None:
    given = {
        "org_id": "o",
        "tech_id": "t",
        "secret": "p8e-CANARY-x",
        "client_id": "c",
        "path_to_key": "k.key",
    }
    program = (
        "import aepp\n\n\nclass Platform:\n    def __init__(self, sandbox):\n"
        f"        self.config = {given | {'sandbox': 's'}}\n"
        "        self.instance = aepp.configure(connectInstance=True, **self.config)\n\n"
        f"    def tell(self):\n        {other}\n\n\nPlatform('dev').tell()\n"
    )
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert ("'scopes': " in made and "'path_to_key'" not in made) is fixed, ran.text
    assert fixed or made == program
