"""What tests set for the program: the scopes where it needs them, and nothing that it no longer reads."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def assertion():
    claims = {
        "exp": int(time.time()) + 300,
        "iss": os.environ["ADOBE_ORG_ID"],
        "sub": os.environ["ADOBE_TECH"],
        "aud": f"{IMS}/c/{os.environ['ADOBE_CLIENT_ID']}",
    }
    for name in os.environ["ADOBE_METASCOPES"].split(","):
        claims[f"{IMS}/s/{name}"] = True
    return jwt.encode(claims, os.environ["ADOBE_KEY"], algorithm="RS256")


def token():
    data = {
        "client_id": os.environ["ADOBE_CLIENT_ID"],
        "client_secret": os.environ["ADOBE_CLIENT_SECRET"],
        "jwt_token": assertion(),
    }
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=data)
    reply.raise_for_status()
    return reply.json()["access_token"]


def org():
    return os.environ["ADOBE_ORG_ID"]
"""
TEST = """import app


def test_token(requests_mock, monkeypatch):
    monkeypatch.setattr(app, "assertion", lambda: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert app.token() == "t"
"""
HEAD = """import os
from unittest import mock

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\nmonkeypatch.setenv("ADOBE_ORG_ID", "1@AdobeOrg")\n'
            'monkeypatch.setenv("ADOBE_METASCOPES", "ent_user_sdk")\n',
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n'
            'monkeypatch.setenv("ADOBE_ORG_ID", "1@AdobeOrg")\n',
            id="setenv",
        ),
        pytest.param(
            'os.environ.setdefault("ADOBE_CLIENT_ID", "cid")\nos.environ.setdefault("ADOBE_TECH", "2")\n',
            'os.environ.setdefault("ADOBE_CLIENT_ID", "cid")\n'
            'os.environ.setdefault("ADOBE_SCOPES", "openid,AdobeID")\n',
            id="setdefault",
        ),
        pytest.param(
            'with mock.patch.dict(os.environ, ADOBE_CLIENT_ID="cid", ADOBE_KEY="k"):\n    yield\n',
            'with mock.patch.dict(os.environ, ADOBE_CLIENT_ID="cid", ADOBE_SCOPES="openid,AdobeID"):\n'
            "    yield\n",
            id="by keyword",
        ),
        pytest.param(
            'for name, value in [("ADOBE_TECH", "2"), ("ADOBE_CLIENT_ID", "cid")]:\n'
            "    monkeypatch.setenv(name, value)\n",
            'for name, value in [("ADOBE_CLIENT_ID", "cid"), ("ADOBE_SCOPES", "openid,AdobeID")]:\n'
            "    monkeypatch.setenv(name, value)\n",
            id="pairs",
        ),
        pytest.param(
            'for name in ("ADOBE_CLIENT_ID", "ADOBE_TECH", "ADOBE_ORG_ID"):\n'
            '    monkeypatch.setenv(name, "x")\n',
            'for name in ("ADOBE_CLIENT_ID", "ADOBE_SCOPES", "ADOBE_ORG_ID"):\n'
            '    monkeypatch.setenv(name, "x")\n',
            id="names in a loop",
        ),
        pytest.param(
            'for name in ("ADOBE_CLIENT_ID", "ADOBE_TECH"):\n    monkeypatch.setenv(name, name.lower())\n',
            'for name in ("ADOBE_CLIENT_ID",):\n    monkeypatch.setenv(name, name.lower())\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n',
            id="what is set is made of the name",
        ),
        pytest.param(
            'NAMES = ["ADOBE_CLIENT_ID", "ADOBE_TECH"]\nassert len(NAMES) == 2\n'
            'os.environ["ADOBE_CLIENT_SECRET"] = "s"\nkey = tmp_path / "k"\n'
            'os.environ["ADOBE_KEY"] = str(key)\n',
            'NAMES = ["ADOBE_CLIENT_ID", "ADOBE_TECH"]\nassert len(NAMES) == 2\n'
            'os.environ["ADOBE_CLIENT_SECRET"] = "s"\nos.environ["ADOBE_SCOPES"] = "openid,AdobeID"\n'
            'key = tmp_path / "k"\nos.environ["ADOBE_KEY"] = str(key)\n',
            id="what is done with it, too, stays",
        ),
        pytest.param(
            'key = tmp_path / "k"\nkey.write_text("pem")\nmonkeypatch.setenv("ADOBE_KEY", str(key))\n'
            'monkeypatch.setenv("ADOBE_CLIENT_ID", str(tmp_path))\n',
            'monkeypatch.setenv("ADOBE_CLIENT_ID", str(tmp_path))\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n',
            id="a file that is only written",
        ),
        pytest.param(
            'key = tmp_path / "k"\nkey.write_text("pem")\nmonkeypatch.setenv("ADOBE_KEY", str(key))\n'
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\nyield key\n',
            'key = tmp_path / "k"\nkey.write_text("pem")\nmonkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\nyield key\n',
            id="a file that is handed on",
        ),
        pytest.param(
            'key = tmp_path / "k"\nkey.write_text(str(mock))\nmonkeypatch.setenv("ADOBE_KEY", str(key))\n'
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n',
            'key = tmp_path / "k"\nkey.write_text(str(mock))\nmonkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n',
            id="a file for which something was imported",
        ),
        pytest.param(
            '(tmp_path / "k").write_text("pem")\nmonkeypatch.setenv("ADOBE_KEY", str(tmp_path / "k"))\n'
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n(tmp_path / "other").write_text("x")\n',
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n(tmp_path / "other").write_text("x")\n',
            id="a file without a name of its own",
        ),
        pytest.param(
            '(tmp_path / "k").write_text("pem")\nmonkeypatch.setenv("ADOBE_KEY", str(tmp_path / "k"))\n'
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\nyield tmp_path / "k"\n',
            '(tmp_path / "k").write_text("pem")\nmonkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\nyield tmp_path / "k"\n',
            id="a file without a name of its own that is handed on",
        ),
        pytest.param(
            'with tempfile.NamedTemporaryFile("w") as key:\n    key.write("pem")\n    key.flush()\n'
            '    monkeypatch.setenv("ADOBE_KEY", key.name)\n'
            '    monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n    yield\n',
            'monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            'monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\nyield\n',
            id="a file of tempfile",
        ),
        pytest.param(
            'with tempfile.NamedTemporaryFile("w") as key:\n    key.write("pem")\n'
            '    monkeypatch.setenv("ADOBE_KEY", key.name)\n'
            '    monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n    yield key.name\n',
            'with tempfile.NamedTemporaryFile("w") as key:\n    key.write("pem")\n'
            '    monkeypatch.setenv("ADOBE_CLIENT_ID", "cid")\n'
            '    monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")\n    yield key.name\n',
            id="a file of tempfile that is handed on",
        ),
    ],
)
def test_they_set_what_is_read(before: str, after: str, tmp_path: Path) -> None:
    files = {
        "app.py": PROGRAM,
        "tests/conftest.py": HEAD + indent(before, "    "),
        "tests/test_app.py": TEST,
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "tests" / "conftest.py").read_text()
    assert made == HEAD + indent(after, "    "), f"{made}\n{ran.text}"
    assert "for the tests as well" not in ran.text


FILES = """import configparser
import json
import time

import jwt
import requests
import yaml

IMS = "https://ims-na1.adobelogin.com"


def load(path):
    with open(path) as f:
        if path.suffix == ".json":
            return json.load(f)
        return yaml.safe_load(f)


def load_ini(path):
    parser = configparser.ConfigParser()
    parser.read(path)
    return parser["adobe"]


def assertion(config):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": config["org"],
        "sub": config["tech"],
        "aud": f"{IMS}/c/{config['client_id']}",
        f"{IMS}/s/ent_cja_sdk": True,
    }
    return jwt.encode(claims, config["key"], algorithm="RS256")


def token(config):
    data = {
        "client_id": config["client_id"],
        "client_secret": config["client_secret"],
        "jwt_token": assertion(config),
    }
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=data)
    reply.raise_for_status()
    return reply.json()["access_token"]
"""
WRITES = '''import app
import pytest

TEXT = """{}"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "app.{}"
    path.write_text(TEXT)
    return app.{}(path)


def test_token(config, requests_mock, monkeypatch):
    monkeypatch.setattr(app, "assertion", lambda config: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={{"access_token": "t"}})
    assert app.token(config) == "t"
'''


@pytest.mark.parametrize(
    ("suffix", "before", "after"),
    [
        pytest.param(
            "ini",
            "[adobe]\nclient_id = cid\nclient_secret = s\norg = 1@AdobeOrg\n",
            "[adobe]\nclient_id = cid\nscopes = openid,AdobeID\nclient_secret = s\norg = 1@AdobeOrg\n",
            id="ini",
        ),
        pytest.param(
            "yml",
            "org: 1@AdobeOrg\nclient_secret: 's'\nclient_id: 'cid'\n",
            "org: 1@AdobeOrg\nclient_secret: 's'\nclient_id: 'cid'\nscopes: 'openid,AdobeID'\n",
            id="yaml",
        ),
        pytest.param(
            "json",
            '{\n  "client_id": "cid",\n  "client_secret": "s",\n  "org": "1@AdobeOrg"\n}\n',
            '{\n  "client_id": "cid",\n  "scopes": "openid,AdobeID",\n  "client_secret": "s",\n'
            '  "org": "1@AdobeOrg"\n}\n',
            id="json",
        ),
        pytest.param(
            "json",
            '{\n  "org": "1@AdobeOrg",\n  "client_secret": "s",\n  "client_id": "cid"\n}\n',
            '{\n  "org": "1@AdobeOrg",\n  "client_secret": "s",\n  "scopes": "openid,AdobeID",\n'
            '  "client_id": "cid"\n}\n',
            id="the last of an object",
        ),
        pytest.param(
            "ini", "[other]\nclient_id = cid\n", "[other]\nclient_id = cid\n", id="settings of something else"
        ),
    ],
)
def test_they_write_what_is_read(suffix: str, before: str, after: str, tmp_path: Path) -> None:
    loader = "load_ini" if suffix == "ini" else "load"
    files = {"app.py": FILES, "test_app.py": WRITES.format(before, suffix, loader)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert f'TEXT = """{after}"""' in made, f"{made}\n{ran.text}"


NESTED = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token(config):
    app, who = config["app"], config["who"]
    claims = {"exp": int(time.time()) + 300, "iss": who["org"], "sub": who["account"]}
    claims["aud"] = f"{IMS}/c/{app['id']}"
    claims[f"{IMS}/s/ent_documentcloud_sdk"] = True
    with open(who["pem"]) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": app["id"], "client_secret": app["secret"], "jwt_token": signed}
    reply = requests.post(f"{IMS}/ims/exchange/jwt", data=form)
    reply.raise_for_status()
    return reply.json()["access_token"], who["org"]
"""
NESTED_TEST = """import app

CONFIG = %s


def test_token(requests_mock, monkeypatch):
    monkeypatch.setattr(app.jwt, "encode", lambda *args, **kwargs: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert app.token(CONFIG) == ("t", "o")
"""


@pytest.mark.parametrize(
    ("config", "filled"),
    [
        ('{"app": {"id": "i", "secret": "s"}, "who": {"org": "o", "account": "a", "pem": "k"}}', True),
        ('{"partner": {"id": "i", "name": "p"}, "rows": {"org": "o"}}', False),
    ],
    ids=["settings in groups", "something else"],
)
def test_groups_of_settings_gain_the_scopes(config: str, filled: bool, tmp_path: Path) -> None:
    files = {"app.py": NESTED, "test_app.py": NESTED_TEST % config}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ('"scopes": "openid,AdobeID"' in (tree / "test_app.py").read_text()) == filled, ran.story


CLASSES = """import os


class Base:
    CAMPAIGN_ID = "c0ffee"
    CAMPAIGN_TECH = "t@techacct.adobe.com"


class Production(Base):
    CAMPAIGN_SECRET = os.environ.get("CAMPAIGN_SECRET", "")
    CAMPAIGN_KEY = os.environ.get("CAMPAIGN_KEY", "").replace("x", "y")
"""
CLIENT = """import time

import jwt
import requests
from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Production")
IMS = "https://ims-na1.adobelogin.com"


def token(cfg):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": cfg["CAMPAIGN_TECH"],
        "aud": f"{IMS}/c/{cfg['CAMPAIGN_ID']}",
        f"{IMS}/s/ent_campaign_sdk": True,
    }
    signed = jwt.encode(claims, cfg["CAMPAIGN_KEY"], algorithm="RS256")
    data = {"client_id": cfg["CAMPAIGN_ID"], "client_secret": cfg["CAMPAIGN_SECRET"], "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=data).json()["access_token"]


def current():
    return token(app.config)
"""
HANDED = """import client
import config

CONFIG = {
    "CAMPAIGN_ID": "id",
    "CAMPAIGN_SECRET": "secret",
    "CAMPAIGN_TECH": "t",
    "CAMPAIGN_KEY": "key",
}


def test_token(requests_mock, monkeypatch):
    monkeypatch.setattr(client.jwt, "encode", lambda *a, **k: "signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert client.token(CONFIG) == "t"


def test_key():
    assert config.Production.CAMPAIGN_KEY == ""
    assert client.app.config["CAMPAIGN_KEY"] == ""
"""


def test_settings_that_are_handed_in_are_no_environment(tmp_path: Path) -> None:
    files = {"config.py": CLASSES, "client.py": CLIENT, "test_client.py": HANDED}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    text = (tree / "test_client.py").read_text()
    assert 'CAMPAIGN_SCOPES = os.environ.get("ADOBE_SCOPES", "")' in (tree / "config.py").read_text(), said
    assert '"CAMPAIGN_SCOPES": "openid,AdobeID",' in text
    assert '"ADOBE_SCOPES": ' not in text
    assert "so it must stay set" not in said


TENANTS = """[defaults]
ims = "https://ims-na1.adobelogin.com"
metascope = "ent_marketing_sdk"

[tenants.emea]
client_id = "c0ffee"
client_secret = "p8e-CANARY-tenant"
tech_account = "t@techacct.adobe.com"
key_file = "emea.key"
"""
LOADED = """import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import jwt
import requests


@dataclass(frozen=True)
class Tenant:
    client_id: str
    client_secret: str
    tech_account: str
    key_file: str
    ims: str
    metascope: str


def load(path="tenants.toml"):
    page = tomllib.loads(Path(path).read_text())
    return {name: Tenant(**{**page["defaults"], **table}) for name, table in page["tenants"].items()}


def token(tenant):
    with open(tenant.key_file) as file:
        key = file.read()
    claims = {"exp": int(time.time() + 600), "iss": "o@AdobeOrg", "sub": tenant.tech_account}
    claims |= {"aud": tenant.ims + "/c/" + tenant.client_id, tenant.ims + "/s/" + tenant.metascope: True}
    data = {"client_id": tenant.client_id, "client_secret": tenant.client_secret}
    data["jwt_token"] = jwt.encode(claims, key, algorithm="RS256")
    return requests.post(tenant.ims + "/ims/exchange/jwt", data=data).json()["access_token"]


def main(names):
    tenants = load()
    for name in names or tenants:
        print(token(tenants[name]))
"""
LOOKS = """import app


def test_load():
    assert app.load()["emea"].key_file == "emea.key"


def test_token(requests_mock, monkeypatch):
    monkeypatch.setattr(app, "token", lambda tenant: "t")
    assert app.token(app.load()["emea"]) == "t"
"""


def test_a_field_that_stays_may_be_looked_at(tmp_path: Path) -> None:
    files = {"app.py": LOADED, "tenants.toml": TENANTS, "test_app.py": LOOKS}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "/ims/token/v3" in (tree / "app.py").read_text(), said
    assert "    key_file: str\n" in (tree / "app.py").read_text()
    assert '.key_file == "emea.key"' in (tree / "test_app.py").read_text()
    assert "tech_account and metascope stay in tenants.toml" in said
    assert "Files of settings still set" not in said


GETTER = """import json
import time

import jwt
import requests

with open("a.json") as file:
    CONFIG = json.load(file)
IMS = "https://ims-na1.adobelogin.com"


def get(path):
    node = CONFIG
    for part in path.split("."):
        node = node[part]
    return node


def token():
    with open(get("ims.key_file")) as file:
        key = file.read()
    claims = {"exp": int(time.time() + 60), "iss": "o@AdobeOrg", "sub": get("ims.account")}
    claims |= {"aud": IMS + "/c/" + get("ims.id"), IMS + "/s/ent_user_sdk": True}
    data = {"client_id": get("ims.id"), "client_secret": get("ims.secret")}
    data["jwt_token"] = jwt.encode(claims, key, algorithm="RS256")
    return requests.post(IMS + "/ims/exchange/jwt", data=data).json()["access_token"]


print(token())
"""


def test_a_key_by_a_path_that_is_taken_apart(tmp_path: Path) -> None:
    page = '{"ims": {"id": "c", "secret": "p8e-CANARY-path", "account": "t", "key_file": "conf/ims.key"}}\n'
    tree = trees.write({"app.py": GETTER.encode(), "a.json": page.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "a mistake of ours" not in ran.text
    assert "/ims/token/v3" in (tree / "app.py").read_text(), ran.story


ASKS_AS_IT_IS_IMPORTED = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def config(name):
    return os.environ[name]


ORG = config("ADOBE_ORG")
CLIENT_ID = config("ADOBE_CLIENT_ID")
CLIENT_SECRET = config("ADOBE_CLIENT_SECRET")
TECH = config("ADOBE_TECH")


def token():
    claims = {"exp": int(time.time()) + 60, "iss": ORG, "sub": TECH, "aud": f"{IMS}/c/{CLIENT_ID}"}
    claims[f"{IMS}/s/ent_campaign_sdk"] = True
    signed = jwt.encode(claims, "key", algorithm="RS256")
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
ASKED_FOR = "def test_token(requests_mock):\n    requests_mock.post(URL, json={'access_token': 'T'})\n"
BY_NAME = "for name in ('ORG', 'CLIENT_ID', 'CLIENT_SECRET', 'TECH'):\n    "
LATE = "Set ADOBE_SCOPES for the tests before they import app.py."


@pytest.mark.parametrize(
    ("sets", "made"),
    [
        (BY_NAME + "os.environ['ADOBE_' + name] = 'x'\n", "os.environ['ADOBE_SCOPES'] = 'openid,AdobeID'\n"),
        (
            BY_NAME + "os.environ.setdefault(f'ADOBE_{name}', 'x')\n",
            "os.environ.setdefault('ADOBE_SCOPES', 'openid,AdobeID')\n",
        ),
        (
            "for name in 'ADOBE_CLIENT_ID ADOBE_CLIENT_SECRET'.split():\n    os.environ[name] = 'x'\n",
            "os.environ['ADOBE_SCOPES'] = 'openid,AdobeID'\n",
        ),
        (BY_NAME + "os.environ['OTHERS_' + name] = os.environ['ADOBE_%s' % name] = 'x'\n", ""),
        (BY_NAME + "os.environ.update({'ADOBE_' + name: 'x'})\n", ""),
    ],
)
def test_what_a_program_asks_as_it_is_imported(sets: str, made: str, tmp_path: Path) -> None:
    files = {
        "app.py": ASKS_AS_IT_IS_IMPORTED,
        "tests/conftest.py": "import os\n\n" + sets,
        "tests/test_app.py": "import app\n\nURL = app.IMS + '/ims/exchange/jwt'\n\n\n"
        f"{ASKED_FOR}    assert app.token() == 'T'\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "tests/conftest.py").read_text() == "import os\n\n" + sets + made, ran.text
    assert "monkeypatch" not in (tree / "tests/test_app.py").read_text()
    assert (LATE in " ".join(ran.text.split())) is not bool(made), ran.text


def test_what_tests_import_when_it_is_set(tmp_path: Path) -> None:
    files = {
        "app.py": ASKS_AS_IT_IS_IMPORTED,
        "tests/test_app.py": "URL = 'https://ims-na1.adobelogin.com/ims/exchange/jwt'\n\n\n"
        f"{ASKED_FOR}    import app\n    assert app.token() == 'T'\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "monkeypatch.setenv" in (tree / "tests/test_app.py").read_text(), ran.text
    assert LATE not in " ".join(ran.text.split())
