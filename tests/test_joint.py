"""What only several flows needed goes with the last of them, and only if all of them are rewritten."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import trees
from tool import Ran, jwt2oauth

from jwt2oauth import engine, series

PROGRAM = """\
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
SECRET = {secret}


def token():
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": os.environ["ADOBE_ACCOUNT"],
        "aud": IMS + "/c/" + os.environ["{client}"],
        IMS + "/s/{metascope}": True,
    }}
    with open(os.environ["ADOBE_KEY"]) as file:
        signed = jwt.encode(claims, file.read(), algorithm="RS256")
    form = {{"client_id": os.environ["{client}"], "client_secret": SECRET, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
ENVIRONMENT = 'os.environ["ADOBE_SECRET"]'
TEMPLATE = (
    "ONE_CLIENT_ID=\nTWO_CLIENT_ID=\n\n# the service account\nADOBE_ACCOUNT=\nADOBE_KEY=a.key\n\nLOG=info\n"
)
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"


def laid_out(root: Path, one: str = ENVIRONMENT, metascope: str = "ent_user_sdk") -> Path:
    texts = {
        "one/ims.py": PROGRAM.format(client="ONE_CLIENT_ID", metascope="ent_user_sdk", secret=one),
        "two/ims.py": PROGRAM.format(client="TWO_CLIENT_ID", metascope=metascope, secret=ENVIRONMENT),
        "a.key": KEY,
        ".env.example": TEMPLATE,
        "requirements.txt": "PyJWT==2.8.0\nrequests\n",
        "README.md": "Set ADOBE_ACCOUNT and `ADOBE_KEY`.\n",
    }
    tree = trees.write({path: text.encode() for path, text in texts.items()}, root / "tree")
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "all")
    return tree


def git(tree: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *who, *arguments], cwd=tree, check=True, capture_output=True)


def read(tree: Path) -> dict[str, str]:
    return {path: data.decode() for path, data in trees.read(tree).items()}


def is_as_before(made: dict[str, str], ran: Ran) -> None:
    assert "ADOBE_ACCOUNT=\nADOBE_KEY=a.key\n" in made[".env.example"], ran.story
    assert "PyJWT==2.8.0" in made["requirements.txt"], ran.story
    assert made["a.key"] == KEY, ran.story


def test_with_the_last_flow(tmp_path: Path) -> None:
    tree = laid_out(tmp_path)
    ran = jwt2oauth(tree, "fix", "--remove-keys")
    made = read(tree)
    scopes = "SCOPES=openid,AdobeID,user_management_sdk"
    assert [line for line in made[".env.example"].splitlines() if line] == [
        "ONE_CLIENT_ID=", f"ONE_{scopes}", "TWO_CLIENT_ID=", f"TWO_{scopes}", "LOG=info",
    ], ran.story  # fmt: skip
    assert made["requirements.txt"] == "Authlib>=1.6\nrequests\n"
    assert "a.key" not in made
    assert "README.md:1 (ADOBE_ACCOUNT, ADOBE_KEY)" in " ".join(ran.story.split())


def test_not_if_one_of_them_stays(tmp_path: Path) -> None:
    tree = laid_out(tmp_path)
    text = (tree / "two/ims.py").read_text()
    (tree / "two/ims.py").write_text(
        text.replace(
            "    return requests", "    # jwt2oauth: ignore[jwt-exchange] later\n    return requests"
        )
    )
    git(tree, "commit", "-qam", "known")
    ran = jwt2oauth(tree, "fix", "--remove-keys")
    made = read(tree)
    assert "client_credentials" in made["one/ims.py"], ran.story
    assert "Authlib>=1.6" in made["requirements.txt"]
    is_as_before(made, ran)


@pytest.mark.parametrize("path", ["one/ims.py", "two/ims.py"])
def test_not_if_one_of_them_cannot_be_written(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = laid_out(tmp_path)
    real = os.access
    monkeypatch.setattr(os, "access", lambda name, mode: not str(name).endswith(path) and real(name, mode))
    ran = jwt2oauth(tree, "fix", "--remove-keys")
    made = read(tree)
    assert ran.code == 1, ran.story
    assert path in ran.text
    assert "the file is read-only" in ran.text
    other = "two/ims.py" if path == "one/ims.py" else "one/ims.py"
    assert "ims/exchange/jwt" in made[path]
    assert "client_credentials" in made[other]
    is_as_before(made, ran)


def test_not_before_a_patch_that_a_person_has_to_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patch with a line that has to be masked does not apply: it comes last, and the rest with it."""
    tree = laid_out(tmp_path)
    monkeypatch.chdir(tree)
    outcome = engine.run([], engine.Settings(remove_keys=True))
    flows, changes = series.in_order(
        outcome.originals, outcome.report.flows, lambda files: "one/ims.py" not in files
    )
    assert [flow.title for flow in flows] == ["token (two/ims.py)", "token (one/ims.py)"]
    first, last = (changes[flow.id] for flow in flows)
    requirements, template = first["requirements.txt"][1], first[".env.example"][1]
    assert requirements is not None
    assert b"PyJWT==2.8.0" in requirements
    assert b"Authlib" in requirements
    assert template is not None
    assert b"ADOBE_ACCOUNT=" in template
    assert "a.key" not in first
    assert last["requirements.txt"][1] == b"Authlib>=1.6\nrequests\n"
    assert b"ADOBE_ACCOUNT=" not in (last[".env.example"][1] or b"ADOBE_ACCOUNT=")
    assert last["a.key"][1] is None
    said = [" ".join(flow.rewrite.notes) for flow in flows if flow.rewrite is not None]
    assert ["leaves requirements.txt" in notes for notes in said] == [False, True]


@pytest.mark.parametrize(
    ("one", "other"), [("http-client", "scopes-that-are-metascopes"), ("ini-getter", "adapters-by-name")]
)
def test_a_program_changes_the_same_way_beside_another(one: str, other: str, tmp_path: Path) -> None:
    """The other has a ``lib/http.py``, which is not Python's own ``http``; or an INI file as well."""
    for names, tree in (((one,), tmp_path / "alone"), ((one, other), tmp_path / "both")):
        for name in names:
            shutil.copytree(trees.FIXTURES / name / "before", tree / name)
        assert jwt2oauth(tree, "fix").code == 0
    assert trees.read(tmp_path / "both" / one) == trees.read(tmp_path / "alone" / one)


FLASK = {
    "one/web/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n"
    'app.config.from_object("web.config")\n\nfrom . import ims\n',
    "one/web/config.py": "import os\n\n"
    + "".join(
        f'{name} = os.environ["{name}"]\n'
        for name in ("ADOBE_ID", "ADOBE_SECRET", "ADOBE_ACCOUNT", "ADOBE_KEY")
    ),
}


def test_a_neighbour_with_the_same_variables_keeps_nothing_and_gains_nothing(tmp_path: Path) -> None:
    """Its environment is its own, and its ``os.environ["ADOBE_KEY"]`` asks no settings of the other."""
    program = PROGRAM.format(client="ADOBE_ID", metascope="ent_analytics_bulk_ingest_sdk", secret="S")
    web = program.replace("os.environ[", "current_app.config[").replace("SECRET = S\n", "")
    web = web.replace("import requests\n", "import requests\nfrom flask import current_app\n")
    web = web.replace('"client_secret": SECRET', '"client_secret": current_app.config["ADOBE_SECRET"]')
    variables = "ADOBE_ID=\nADOBE_SECRET=\nADOBE_ACCOUNT=\nADOBE_KEY=\n"
    texts = {**FLASK, "one/web/ims.py": web, "one/.env.example": variables}
    texts["two/ims.py"] = PROGRAM.format(client="ADOBE_ID", metascope="ent_user_sdk", secret=ENVIRONMENT)
    tree = trees.write({path: text.encode() for path, text in texts.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert "user_management_sdk" in made["two/ims.py"], ran.story
    assert "user_management_sdk" not in made["one/.env.example"]
    assert "ADOBE_SCOPES=openid,AdobeID,read_organizations" in made["one/.env.example"]
    for gone in ("ADOBE_ACCOUNT", "ADOBE_KEY"):
        assert gone not in made["one/web/config.py"] + made["one/.env.example"], ran.story


PROVIDER = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def sign(conf):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": conf["org"],
        "sub": conf["account"],
        "aud": IMS + "/c/" + conf["client_id"],
        IMS + "/s/{metascope}": True,
    }}
    return jwt.encode(claims, open(conf["paths"]["key"]).read(), algorithm="RS256")


class {name}:
    def __init__(self, conf):
        self.conf = conf

    def token(self):
        # {comment}
        reply = requests.post(
            IMS + "/ims/exchange/jwt",
            data={{
                "client_id": self.conf["client_id"],
                "client_secret": self.conf["client_secret"],
                "jwt_token": sign(
                    self.conf,
                ),
            }},
        ).json()
        # em milissegundos
        self.until = time.time() + reply["expires_in"] / 1000
        return reply["access_token"]
"""
CONNECTOR = """\
import json

from one import One
from two import Two

CONF = json.load(open("conf.json"))


class Connector:
    def __init__(self, conf, kind):
        self.provider = Two(conf) if kind == "two" else One(conf)
        print(conf["paths"]["out"])


print(Connector(CONF["{first}"], "one").provider.token(), Connector(CONF["two"], "two").provider.token())
"""
SECTION = {
    "org": "o@AdobeOrg",
    "account": "a@techacct.adobe.com",
    "client_id": "c",
    "client_secret": "p8e-CANARY-Sections",
    "paths": {"key": "a.key", "out": "out"},
}
STAND_INS = """\
import one


def test_token(monkeypatch):
    monkeypatch.setattr(one.jwt, "encode", lambda claims, key, algorithm: "signed")
    monkeypatch.setattr(one.requests, "post", lambda url, data: Reply())
    assert one.One({"client_id": "c", "client_secret": "s"}).token() == "t"


class Reply:
    def json(self):
        return {"access_token": "t", "expires_in": 3600000}
"""


def with_sections(root: Path, *sections: str, test: str = STAND_INS) -> Path:
    words = {"name": "One", "metascope": "ent_user_sdk", "comment": "ask for it"}
    texts = {
        "one.py": PROVIDER.format(**words),
        "two.py": PROVIDER.format(**{**words, "name": "Two", "metascope": "ent_dataservices_sdk"}),
        "main.py": CONNECTOR.format(first=sections[0]),
        "conf.json": json.dumps(dict.fromkeys(sections, SECTION), indent=2),
        "test_one.py": test,
    }
    return trees.write({path: text.encode() for path, text in texts.items()}, root / "tree")


def test_scopes_do_not_get_into_the_section_of_another_flow(tmp_path: Path) -> None:
    tree = with_sections(tmp_path, "one", "two")
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    kept = {name: SECTION[name] for name in ("client_id", "client_secret")} | {"paths": {"out": "out"}}
    assert json.loads(made["conf.json"]) == {"one": kept, "two": kept}, ran.story
    assert 'self.conf.get("scopes", "openid,AdobeID,user_management_sdk")' in made["one.py"]
    assert "still asks for" not in " ".join(ran.text.split())  # for paths, in which more stands than the key


def test_flows_of_one_section_share_its_scopes(tmp_path: Path) -> None:
    tree = with_sections(tmp_path, "two")
    ran = jwt2oauth(tree, "fix")
    scopes = json.loads(read(tree)["conf.json"])["two"]["scopes"]
    assert {"user_management_sdk", "session"} <= set(scopes.split(",")), ran.story


def test_a_stand_in_of_the_signing_goes_though_another_flow_signs(tmp_path: Path) -> None:
    tree = with_sections(tmp_path, "one", "two")
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert "jwt" not in made["test_one.py"] + made["one.py"].replace("ims/token", ""), ran.story
    assert "milissegundos" not in made["one.py"]


def test_but_not_where_what_is_tested_signs_for_others(tmp_path: Path) -> None:
    tree = with_sections(tmp_path, "one", "two", test=STAND_INS)
    (tree / "own.py").write_text(
        'import jwt\n\n\ndef own(key):\n    return jwt.encode({}, key, algorithm="RS256")\n'
    )
    text = (tree / "one.py").read_text().replace("import jwt\n", "import jwt\n\nimport own\n", 1)
    (tree / "one.py").write_text(text + "\n\ndef hello(key):\n    return own.own(key)\n")
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert 'setattr(one.jwt, "encode"' in made["test_one.py"], ran.story
    assert "import jwt" in made["one.py"]


BOTH = """\
import json
import time

import {sdk}
import jwt
import requests

from keys import read_key, settings

IMS = "https://ims-na1.adobelogin.com"


def platform():
    {login}


def token():
    conf = settings()
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": conf["org_id"],
        "sub": conf["tech_id"],
        "aud": IMS + "/c/" + conf["client_id"],
        IMS + "/s/ent_dataservices_sdk": True,
    }}
    signed = jwt.encode(claims, read_key(conf["pathToKey"]), algorithm="RS256")
    form = {{"client_id": conf["client_id"], "client_secret": conf["secret"], "jwt_token": signed}}
    {comment}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
KEYS = """\
import json


def settings():
    with open("adobe.json") as file:
        return json.load(file)


def read_key(path):
    with open(path) as file:
        return file.read()
"""
CONFIGURED = """\
conf = settings()
    return aepp.configure(
        org_id=conf["org_id"],
        tech_id=conf["tech_id"],
        secret=conf["secret"],
        private_key=read_key(conf["pathToKey"]),
        client_id=conf["client_id"],
    )"""
SHARED = {
    "org_id": "o@AdobeOrg",
    "client_id": "c",
    "tech_id": "t@techacct.adobe.com",
    "secret": "p8e-CANARY-Shared",
    "pathToKey": "a.key",
}


def beside_an_sdk(root: Path, sdk: str, login: str, comment: str = "# sent", more: str = "") -> Path:
    texts = {
        "clients.py": BOTH.format(sdk=sdk, login=login, comment=comment),
        "keys.py": KEYS + more,
        "adobe.json": json.dumps(SHARED, indent=2) + "\n",
        "a.key": KEY,
    }
    return trees.write({path: text.encode() for path, text in texts.items()}, root / "tree")


def test_an_sdk_goes_on_with_the_flow_of_its_program(tmp_path: Path) -> None:
    """What both needed goes with both, in one run: neither left it to a second one, which found nothing."""
    tree = beside_an_sdk(tmp_path, "aepp", CONFIGURED)
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert "read_key" not in made["keys.py"] + made["clients.py"], ran.story
    assert json.loads(made["adobe.json"]).keys() == {"org_id", "client_id", "secret", "scopes"}, ran.story
    assert "tech_id and pathToKey leave adobe.json" in " ".join(ran.text.split())
    assert "Delete a.key, which holds the private key (" in " ".join(ran.text.split())
    assert jwt2oauth(tree, "fix").code == 0
    assert read(tree) == made


def test_an_sdk_goes_without_a_flow_that_stays(tmp_path: Path) -> None:
    tree = beside_an_sdk(tmp_path, "aepp", CONFIGURED, "# jwt2oauth: ignore[jwt-exchange] later")
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert "private_key=" not in made["clients.py"], ran.story
    assert "ims/exchange/jwt" in made["clients.py"]
    assert made["keys.py"] == KEYS
    assert {**SHARED, **json.loads(made["adobe.json"])} == json.loads(made["adobe.json"])


@pytest.mark.parametrize("path", ["clients.py", "keys.py"])
def test_an_sdk_that_goes_on_with_a_flow_is_written_after_it(path: str, tmp_path: Path) -> None:
    """Each patch holds upon those before it; what cannot be written takes what needs it along."""
    tree = beside_an_sdk(tmp_path, "aepp", CONFIGURED)
    os.chdir(tree)
    outcome = engine.run([], engine.Settings())
    flows, changes = series.in_order(outcome.originals, outcome.report.flows, lambda files: path not in files)
    assert [flow.title for flow in flows] == ["token (clients.py)", "platform (clients.py)"]
    first, last = (changes[flow.id] for flow in flows)
    assert b"read_key(" in (first["clients.py"][1] or b"")
    assert "keys.py" not in first
    assert b"read_key" not in (last["keys.py"][1] or b"read_key")
    lost = engine.write(
        replace(outcome, report=replace(outcome.report, flows=tuple(f for f in flows if f.needs)))
    )
    assert not lost.report.written


def test_an_sdk_reads_its_file_still(tmp_path: Path) -> None:
    """It had been said that nothing read the organisation any more: the library ended with a KeyError."""
    tree = beside_an_sdk(tmp_path, "aanalytics2", 'return aanalytics2.importConfigFile("adobe.json")')
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert json.loads(made["adobe.json"]).keys() == {"org_id", "client_id", "secret", "scopes"}, ran.story
    assert "2 rewritten" in ran.text
    assert jwt2oauth(tree, "fix").code == 0


@pytest.mark.parametrize(
    "more",
    [
        '\n\ndef health():\n    return [k for k in ("org_id", "tech_id") if not settings()[k]]\n',
        "\n\ndef shown():\n    print({k: v for k, v in settings().items() if k != 'secret'})\n",
        "\n\ndef rotate(new):\n    json.dump({**settings(), 'secret': new}, open('adobe.json', 'w'))\n",
    ],
)
def test_the_file_of_an_sdk_stays_where_others_read_it(more: str, tmp_path: Path) -> None:
    login = 'return aanalytics2.importConfigFile("adobe.json")'
    tree = beside_an_sdk(tmp_path, "aanalytics2", login, more=more)
    ran = jwt2oauth(tree, "fix")
    made = read(tree)
    assert {**SHARED, **json.loads(made["adobe.json"])} == json.loads(made["adobe.json"]), ran.story
    assert made["keys.py"].endswith(more)
    assert "also opened by other code" in " ".join(ran.text.split())


def test_an_sdk_leaves_its_file_where_the_flow_stays(tmp_path: Path) -> None:
    login = 'return aanalytics2.importConfigFile("adobe.json")'
    tree = beside_an_sdk(tmp_path, "aanalytics2", login, "# jwt2oauth: ignore[jwt-exchange] later")
    before = read(tree)
    ran = jwt2oauth(tree, "fix")
    assert read(tree) == before, ran.story
    assert "also opened by other code" in " ".join(ran.text.split())


def test_what_the_flow_needed_is_no_manifests_concern_for_an_sdk(tmp_path: Path) -> None:
    """It was said to be let in another version, or not be named, though it had left."""
    login = """conf = settings()
    auth = {"org_id": conf["org_id"], "tech_acct_id": conf["tech_id"], "api_key": conf["client_id"],
            "client_secret": conf["secret"], "private_key_data": read_key(conf["pathToKey"])}
    return umapi_client.Connection(org_id=conf["org_id"], auth_dict=auth)"""
    tree = beside_an_sdk(tmp_path, "umapi_client", login)
    (tree / "requirements.txt").write_text("umapi-client==2.17\nPyJWT==2.3.0\nrequests\n")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "requirements.txt").read_text() == "umapi-client==3.0.1\nrequests\n", ran.story
    assert "or not name it" not in ran.text
