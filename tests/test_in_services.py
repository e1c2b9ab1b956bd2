"""What services, packages and their own tests have around a flow: what is changed, and what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_seldom import fixed as fixed_here

IMS = "https://ims-na1.adobelogin.com"


def login(client: str, secret: str, org: str, account: str, key: str, *, indent: int = 4) -> str:
    """The claims and the exchange, of expressions."""
    lines = f"""\
claims = {{
    "exp": int(time.time()) + 300,
    "iss": {org},
    "sub": {account},
    "aud": "{IMS}/c/" + {client},
    "{IMS}/s/ent_user_sdk": True,
}}
signed = jwt.encode(claims, {key}, algorithm="RS256")
form = {{"client_id": {client}, "client_secret": {secret}, "jwt_token": signed}}
reply = requests.post("{IMS}/ims/exchange/jwt", data=form, timeout=9)
reply.raise_for_status()
""".splitlines(keepends=True)
    return "".join(" " * indent + line for line in lines)


def fixed(tree: Path, files: dict[str, str]) -> dict[str, str]:
    """The same with what is said on one line."""
    made = fixed_here(tree, files)
    return made | {"said": " ".join(made["said"].split())}


IMPORTS = "import time\n\nimport jwt\nimport requests\n\n\n"

# -- heirs of one base ---------------------------------------------------------------------------

BASE = """\
import requests

kinds = {}


def register(kind):
    def decorate(cls):
        kinds[kind] = cls
        return cls

    return decorate


class Connector:
    def __init__(self, settings):
        self.settings = settings

    def token(self):
        reply = requests.post(self.token_url, data=self.grant(), timeout=9)
        if not reply.ok:
            raise RuntimeError(reply.status_code)
        return reply.json()["access_token"]
"""
OKTA = """\
from base import Connector, register


@register("okta")
class Okta(Connector):
    @property
    def token_url(self):
        return self.settings["OKTA_URL"]

    def grant(self):
        return {"grant_type": "client_credentials", "client_id": "o", "client_secret": "p"}
"""
ADOBE = f"""\
import time

import jwt

from base import Connector, register


@register("adobe")
class Adobe(Connector):
    @property
    def token_url(self):
        return {{url}}

    def grant(self):
        claims = {{{{
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": "{IMS}/c/c1",
            "{IMS}/s/ent_user_sdk": True,
        }}}}
        signed = jwt.encode(claims, open("private.key").read(), algorithm="RS256")
        return {{{{"client_id": "c1", "client_secret": self.settings["SECRET"], "jwt_token": signed}}}}
"""


@pytest.mark.parametrize("is_asked", [False, True])
def test_the_address_of_another_heir_is_its_own_affair(is_asked: bool, tmp_path: Path) -> None:
    url = f'"{IMS}/ims/exchange/jwt"'
    asked = f'self.settings["IMS_URL"] if "IMS_URL" in self.settings else {url}'
    files = {
        "base.py": BASE,
        "okta.py": OKTA,
        "adobe.py": ADOBE.format(url=asked if is_asked else url),
        "main.py": "import os\n\nimport adobe\nimport okta\nfrom base import kinds\n\n"
        'print(kinds["adobe"](os.environ).token())\n',
    }
    made = fixed(tmp_path, files)
    assert "/ims/token/v3" in made["adobe.py"]
    assert "OKTA_URL" not in made["said"]
    assert ('let its "IMS_URL" end in' in made["said"]) == is_asked


TIMED = """\
    def lifetime(self, reply):
        return reply["expires_in"]{scale}
"""


def test_a_lifetime_that_is_asked_of_a_connector_out_of_a_table(tmp_path: Path) -> None:
    base = BASE + "\n    def until(self, reply):\n        return time.time() + self.lifetime(reply)\n"
    files = {
        "base.py": base.replace("import requests\n", "import time\n\nimport requests\n").replace(
            'return reply.json()["access_token"]',
            'self.expires = self.until(reply.json())\n        return reply.json()["access_token"]',
        ),
        "okta.py": OKTA + "\n" + TIMED.format(scale=""),
        "adobe.py": ADOBE.format(url=f'"{IMS}/ims/exchange/jwt"') + "\n" + TIMED.format(scale=" / 1000"),
        "main.py": "import os\n\nimport adobe\nimport okta\nfrom base import kinds\n\n"
        'print(kinds["adobe"](os.environ).token())\n',
        "test_kinds.py": "import main\nfrom base import kinds\n\n\ndef test_lifetime():\n"
        '    assert kinds["adobe"]({}).lifetime({"expires_in": 5000}) == 5\n',
    }
    made = fixed(tmp_path, files)
    assert 'expires_in"] / 1000' not in made["adobe.py"]
    assert "The mocked lifetime 5000 was milliseconds: is it right in seconds" in made["said"]


# -- what the tests of a service expect ----------------------------------------------------------

SETTINGS = """\
from pydantic import field_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    client_id: str
    client_secret: str = ""
    org_id: str = "o@AdobeOrg"
    account: str = "t@techacct.adobe.com"
    private_key: str = ""

    @field_validator("{field}")
    @classmethod
    def _judge(cls, value):
        if "x" in value:
            raise ValueError("not one of ours")
        return value
"""


@pytest.mark.parametrize(("field", "is_told"), [("account", True), ("client_id", False)])
def test_a_test_of_a_validator_that_went_with_its_field(field: str, is_told: bool, tmp_path: Path) -> None:
    given = dict.fromkeys(["client_id"], "c") | {field: "x"}
    program = IMPORTS.replace("requests\n", "requests\nfrom settings import Settings\n")
    program += "def token(settings: Settings):\n" + login(
        *(f"settings.{name}" for name in ("client_id", "client_secret", "org_id", "account", "private_key"))
    )
    files = {
        "settings.py": SETTINGS.format(field=field),
        "ims.py": program + '    return reply.json()["access_token"]\n\n\nprint(token(Settings()))\n',
        "test_settings.py": "import pytest\nfrom settings import Settings\n\n\ndef test_it_is_judged():\n"
        "    with pytest.raises(ValueError):\n"
        f"        Settings({', '.join(f'{name}={value!r}' for name, value in given.items())})\n",
    }
    made = fixed(tmp_path, files)
    assert ("expects an error that is raised no more" in made["said"]) == is_told


CLIENT = (
    "import os\n"
    + IMPORTS
    + """\
class Client:
    def conf(self, name):
        return os.environ["ADOBE_" + name]

    def send(self, path, **form):
        return requests.post(IMS + path, data=form, timeout=9).json()

    def signed(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": self.conf("ORG"),
            "sub": self.conf("ACCOUNT"),
            "aud": IMS + "/c/" + self.conf("CLIENT"),
            IMS + "/s/ent_user_sdk": True,
        }
        return jwt.encode(claims, self.conf("KEY"), algorithm="RS256")

    def token(self):
        secret = self.conf("SECRET")
        form = {"client_id": self.conf("CLIENT"), "client_secret": secret, "jwt_token": self.signed()}
        return self.send("/ims/exchange/jwt", **form)["access_token"]

    def headers(self):
        return {"x-gw-ims-org-id": self.conf("ORG"), "x-api-key": self.conf("CLIENT")}
"""
).replace("class Client", f'IMS = "{IMS}"\n\n\nclass Client', 1)
TESTS = """\
from unittest.mock import Mock, call

import pytest
from client import Client


@pytest.mark.parametrize("name", ["ADOBE_ORG", "ADOBE_CLIENT"])
def test_without(monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(KeyError):
        Client().token()


def test_sent(monkeypatch):
    client = Client()
    client.signed = Mock(return_value="j")
    client.send = Mock(return_value={"access_token": "a"})
    client.token()
    client.send.assert_called_once_with("/ims/exchange/jwt", client_id="c", client_secret="s", jwt_token="j")
    assert client.send.mock_calls == [
        call("/ims/exchange/jwt", client_id="c", client_secret="s", jwt_token="j")
    ]
    partner = Mock()
    partner.assert_not_called()
    partner.call(kid="k", jwt_token="theirs")
    partner.call.assert_called_once_with(kid="k", jwt_token="theirs")
"""


def test_what_a_client_is_tested_for(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"client.py": CLIENT, "test_client.py": TESTS})
    assert "expects an error without ADOBE_ORG, which the login asks for no more" in made["said"]
    assert "without ADOBE_CLIENT" not in made["said"]
    tests = made["test_client.py"]
    assert 'jwt_token="j"' not in tests
    assert tests.count('grant_type="client_credentials"') == 2
    assert tests.count('jwt_token="theirs"') == 2


STORE = """\
import time


class Store:
    \"\"\"Keeps values for so many milliseconds.\"\"\"

    def __init__(self):
        self.values = {}

    def put(self, key, value, ttl_ms):
        self.values[key] = value, time.monotonic() + ttl_ms / 1000
"""


def test_a_store_that_still_takes_milliseconds(tmp_path: Path) -> None:
    program = IMPORTS.replace("requests\n", "requests\nfrom store import Store\n")
    program += "def keep(store, client, secret, org, account, key):\n"
    program += login("client", "secret", "org", "account", "key")
    program += (
        '    body = reply.json()\n    store.put(client, body["access_token"], body["expires_in"] - 60_000)'
    )
    program += '\n\n\nkeep(Store(), "c", "s", "o", "t", open("private.key").read())\n'
    tests = "from store import Store\n\n\ndef test_put():\n    store = Store()\n    store.put('k', 'v', 50)\n"
    made = fixed(tmp_path, {"store.py": STORE, "ims.py": program, "test_store.py": tests})
    assert 'body["expires_in"] * 1000 - 60_000' in made["ims.py"]
    assert made["store.py"] == STORE
    assert "speaks of milliseconds" not in made["said"]
    assert "was milliseconds: is it right" not in made["said"]


# -- settings ------------------------------------------------------------------------------------


def test_a_prefix_that_starlette_puts_before_all_names(tmp_path: Path) -> None:
    config = 'from starlette.config import Config\n\nconfig = Config(env_prefix="APP_")\n' + "".join(
        f'{name} = config("ADOBE_{name}")\n' for name in ("ID", "SECRET", "ORG", "ACCOUNT", "KEY")
    )
    program = IMPORTS.replace("requests\n", "requests\nimport config\n") + "def token():\n"
    program += login(*(f"config.{name}" for name in ("ID", "SECRET", "ORG", "ACCOUNT", "KEY")))
    program += '    return reply.json()["access_token"]\n\n\nprint(token())\n'
    made = fixed(tmp_path, {"config.py": config, "ims.py": program})
    assert 'config("ADOBE_SCOPES", default=' in made["config.py"]
    assert "the environment variable APP_ADOBE_SCOPES" in made["said"]
    assert "Nothing here reads APP_ADOBE_ORG, APP_ADOBE_ACCOUNT and APP_ADOBE_KEY" in made["said"]


PREFIXED = (
    "import os\n"
    + IMPORTS
    + 'def token(prefix="SYNC_"):\n'
    + login(
        *(f'os.environ[f"{{prefix}}{name}"]' for name in ("CLIENT", "SECRET", "ORG", "ACCOUNT", "ADOBE_KEY"))
    )
    + '    return reply.json()["access_token"]\n\n\nprint(token())\n'
)


@pytest.mark.parametrize("other", ["", 'print(os.environ["SYNC_ORG"])\n', 'print(os.environ["ORG"])\n'])
def test_names_that_a_default_begins(other: str, tmp_path: Path) -> None:
    made = fixed(tmp_path, {"ims.py": PREFIXED + other})
    org = "" if "SYNC_ORG" in other else "SYNC_ORG, "
    assert f"Nothing here reads {org}SYNC_ACCOUNT" in made["said"]


NAMESPACE = (
    "import os\n"
    "from types import SimpleNamespace\n"
    + IMPORTS
    + """\
def env(name, default=None, cast=str):
    return cast(os.environ.get("HUB_" + name, default))


conf = SimpleNamespace(
    client=env("CLIENT"),
    secret=env("SECRET"),
    key=env("ADOBE_KEY"),
    metascopes=env("METASCOPES", "ent_user_sdk", lambda text: text.split(",")),
    hosts=env("HOSTS", "a,b", lambda text: text.split(",")),
)


def token():
    claims = {"exp": int(time.time()) + 9, "iss": "o@AdobeOrg", "aud": IMS + "/c/" + conf.client}
    for name in conf.metascopes:
        claims[IMS + "/s/" + name] = True
    signed = jwt.encode(claims, conf.key, algorithm="RS256")
    form = {"client_id": conf.client, "client_secret": conf.secret, "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token(), conf.hosts)
"""
).replace("def env", f'IMS = "{IMS}"\n\n\ndef env', 1)


def test_metascopes_that_a_helper_takes_apart(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"ims.py": NAMESPACE})
    assert "metascopes" not in made["ims.py"]
    assert 'hosts=env("HOSTS"' in made["ims.py"]
    assert "HUB_METASCOPES" in made["said"]
    assert "HUB_HOSTS" not in made["said"]


@pytest.mark.parametrize(
    ("use", "stays"),
    [
        ("print(token(), conf.hosts)\n", False),
        ("print(token(), conf)\n", True),
        ("print(token(), [conf == other for other in SEEN])\n", True),
        ("print(token(), conf.org)\n", True),
    ],
)
def test_constants_of_a_namespace_that_nobody_asks_for(use: str, stays: bool, tmp_path: Path) -> None:
    program = NAMESPACE.replace('key=env("ADOBE_KEY"),', 'key=env("ADOBE_KEY"),\n    org="o@AdobeOrg",')
    program = program.replace('"iss": "o@AdobeOrg"', '"iss": conf.org')
    made = fixed(tmp_path, {"ims.py": program.replace("print(token(), conf.hosts)\n", use)})
    assert ('    org="o@AdobeOrg",\n' in made["ims.py"]) is stays, made["said"]


TENANTS = (
    "import json\nimport os\n"
    + IMPORTS
    + 'ACCOUNTS = {each["name"]: each for each in json.loads(os.environ["ACCOUNTS"])}\n\n\n'
    + "def token(name):\n    account = ACCOUNTS[name]\n"
    + login(*(f'account["{name}"]' for name in ("client", "secret", "org", "tech", "pem")))
    + '    return reply.json()["access_token"]\n\n\nfor name in ACCOUNTS:\n'
    + '    print(token(name), ACCOUNTS[name]["org"])\n'
)


def test_tenants_of_a_table_that_is_not_here(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"ims.py": TENANTS})
    assert "Nothing here reads tech and pem from the configuration" in made["said"]


def test_a_setting_that_falls_back_on_its_base_is_told_once(tmp_path: Path) -> None:
    config = """\
import os


class Config:
    ID = os.environ.get("ADOBE_ID", "")
    SECRET = os.environ.get("ADOBE_SECRET", "")
    KEYFILE = "adobe.key"


class Production(Config):
    KEYFILE = os.environ.get("ADOBE_KEYFILE", Config.KEYFILE)
"""
    program = IMPORTS.replace("requests\n", "requests\nfrom flask import Flask, current_app\n")
    program += "def token():\n    config = current_app.config\n"
    program += '    with open(config["KEYFILE"]) as file:\n        key = file.read()\n'
    program += login('config["ID"]', 'config["SECRET"]', '"o@AdobeOrg"', '"t@techacct.adobe.com"', "key")
    program += '    return reply.json()["access_token"]\n\n\napp = Flask(__name__)\n'
    program += 'app.config.from_object("config.Production")\n'
    made = fixed(tmp_path, {"config.py": config, "app.py": program})
    assert "still reads it, for" not in made["said"]


# -- what else there is --------------------------------------------------------------------------

DOTTED = """\
import json
from collections.abc import Mapping


class Conf(Mapping):
    def __init__(self, path):
        with open(path) as file:
            self.data = json.load(file)

    def __getitem__(self, key):
        here = self.data
        for part in key.split("."):
            here = here[part]
        return here

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)
"""


def test_keys_below_keys_of_a_class_that_goes_down(tmp_path: Path) -> None:
    program = IMPORTS.replace("requests\n", "requests\nfrom conf import Conf\n")
    program += "def token(conf):\n    key = open(conf['adobe.key.file']).read()\n"
    program += login(*(f"conf['adobe.{name}']" for name in ("id", "secret", "org", "techAccount")), "key")
    program += '    return reply.json()["access_token"]\n\n\n'
    program += 'conf = Conf("conf.json")\nprint(token(conf), conf["adobe.org"])\n'
    adobe = {"id": "c", "secret": "s", "org": "o@AdobeOrg", "techAccount": "t", "key": {"file": "a.key"}}
    files = {"conf.py": DOTTED, "main.py": program, "conf.json": json.dumps({"adobe": adobe}, indent=2)}
    made = fixed(tmp_path, files)
    assert json.loads(made["conf.json"])["adobe"].keys() - {"scopes"} == {"id", "secret", "org"}


STORE_OF_SECRETS = """\
from google.cloud import secretmanager


def access(name):
    client = secretmanager.SecretManagerServiceClient()
    path = f"projects/acme/secrets/{name}/versions/latest"
    return client.access_secret_version(request={"name": path}).payload.data.decode("UTF-8")
"""


def test_a_secret_that_tests_still_name_is_looked_for_in_deployment(tmp_path: Path) -> None:
    program = IMPORTS.replace("requests\n", "requests\nfrom secret_store import access\n") + "def token():\n"
    names = ("client-id", "client-secret", "org-id", "technical-account", "private-key")
    program += login(*(f'access("aep-{name}")' for name in names))
    program += '    return reply.json()["access_token"]\n\n\nprint(token())\n'
    files = {
        "secret_store.py": STORE_OF_SECRETS,
        "ims.py": program,
        "test_ims.py": 'import ims\n\nims.access = {"aep-private-key": "k", "aep-client-id": "c"}.get\n',
        "deploy.sh": "gcloud secrets versions add aep-private-key --data-file=$1\n",
    }
    made = fixed(tmp_path, files)
    assert "what only the JWT needed: deploy.sh:1 (aep-private-key)" in made["said"]


SECTIONS = """\
from configparser import ConfigParser
from dataclasses import dataclass


@dataclass
class Integration:
    client: str
    secret: str
    org: str
    account: str
    key: str
    metascope: str


def integrations(path="broker.ini"):
    parser = ConfigParser()
    parser.read(path)
    for section in parser.sections():
        kind, _, name = section.partition(":")
        if kind == "adobe":
            yield Integration(**parser[section])
"""


@pytest.mark.parametrize(
    ("metascopes", "other", "told"),
    [
        (("ent_user_sdk", "ent_user_sdk"), "server", "the scopes openid,AdobeID,user_management_sdk with"),
        (("ent_user_sdk", "ent_reactor_sdk"), "server", "ask for different metascopes"),
        (("ent_user_sdk", "ent_user_sdk"), "mail:in", "the metascope could not be read from the code"),
    ],
)
def test_sections_of_one_kind(metascopes: tuple[str, ...], other: str, told: str, tmp_path: Path) -> None:
    """``[mail:in]`` and ``[mail:out]`` are of a kind, too: which is meant is not known then."""
    program = IMPORTS.replace("requests\n", "requests\nfrom config import integrations\n")
    program += "def token(i):\n"
    program += login(*(f"i.{name}" for name in ("client", "secret", "org", "account", "key"))).replace(
        f'"{IMS}/s/ent_user_sdk"', f'"{IMS}/s/" + i.metascope'
    )
    program += (
        '    return reply.json()["access_token"]\n\n\nfor each in integrations():\n    print(token(each))\n'
    )
    lines = "client = c\nsecret = s\norg = o\naccount = t\nkey = k\n"
    sections = [f"[adobe:{n}]\n{lines}metascope = {name}\n" for n, name in enumerate(metascopes)]
    sections += [f"[{each}]\nport = 1\n" for each in (other, other.replace("in", "out")) if ":" in each]
    made = fixed(tmp_path, {"config.py": SECTIONS, "ims.py": program, "broker.ini": "".join(sections)})
    assert told in made["said"]


COLUMNS = """\
class Column:
    def __get__(self, record, owner=None):
        return record.__dict__.get(id(self))
{stores}

class Model:
    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)
{collects}
"""
ENTITY = """\
def entity(cls):
    cls.columns = [name for name in dir(cls) if not name.startswith("_")]
    return cls
"""
STORES = """
    def __set__(self, record, value):
        record.__dict__[id(self)] = value
"""
COLLECTS = """
    def __init_subclass__(cls):
        cls.columns = [name for name, each in cls.__dict__.items() if isinstance(each, Column)]
"""
RECORD = """\
from entities import entity
from records import Column, Model


{head}
    api_key = Column()
    api_secret = Column()
    ims_org = Column()
    tech_account = Column()
    private_key = Column()
"""


@pytest.mark.parametrize(
    ("head", "stores", "collects", "stay"),
    [
        ("class Account(Model):", STORES, "", True),
        ("class Account(Model):", "", COLLECTS, True),
        ("@entity\nclass Account:", "", "", True),
        ("class Account:", STORES, "", False),
        ("class Account(Model):", "", "", False),
    ],
)
def test_columns_of_a_record_layer_of_ones_own(
    head: str, stores: str, collects: str, stay: bool, tmp_path: Path
) -> None:
    program = IMPORTS.replace("requests\n", "requests\nfrom models import Account\n")
    program += "def token(account: Account):\n"
    fields = ("api_key", "api_secret", "ims_org", "tech_account", "private_key")
    program += login(*(f"account.{name}" for name in fields))
    program += '    return reply.json()["access_token"]\n'
    check = 'def clean(data):\n    return not data.get("ims_org") or not data.get("private_key")\n'
    given = {"api_key": "k", "ims_org": "o", "private_key": "p"}
    files = {
        "records.py": COLUMNS.format(stores=stores, collects=collects),
        "entities.py": ENTITY,
        "models.py": RECORD.format(head=head),
        "ims.py": program,
        "forms.py": check,
        "test_forms.py": "import pytest\nfrom forms import clean\nfrom models import Account\nimport ims\n\n"
        f"GOOD = {json.dumps(given)}\n\n\n"
        '@pytest.mark.parametrize("name", list(GOOD))\ndef test_clean(name):\n    assert not clean(GOOD)\n',
    }
    made = fixed(tmp_path, files)
    assert ("private_key = Column()" in made["models.py"]) == stay
    assert ("private_key of Account are no longer read here, but its base class" in made["said"]) == stay
    assert made["test_forms.py"] == files["test_forms.py"]


@pytest.mark.parametrize("code", ["invalid_token", "invalid_client"])
def test_answers_to_a_wrong_assertion(code: str, tmp_path: Path) -> None:
    checked = f"""\
    if reply.status_code == 400 and reply.json()["error"] == "{code}":
        raise RuntimeError("renew the certificate")
"""
    program = IMPORTS + "def token(client, secret, org, account, key):\n"
    program += login("client", "secret", "org", "account", "key").replace(
        "    reply.raise_for_status()\n", checked
    )
    program += '    return reply.json()["access_token"]\n\n\n'
    program += 'print(token("c", "s", "o", "t", open("private.key").read()))\n'
    made = fixed(tmp_path, {"ims.py": program})
    assert (f"{code} was the answer to a wrong assertion" in made["said"]) == (code == "invalid_token")
