"""Arguments that a loop gathers by their names, for a call that spreads them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
import trees
from tool import jwt2oauth

LIBRARY = """\
import time

import jwt
import requests


class Source:
    FIELDS = [("client", "str"), ("secret", "str"), ("key", "str")]

    def connect(self, client, secret, key):
        claims = {"exp": int(time.time()), "aud": "https://ims-na1.adobelogin.com/c/" + client,
                  "https://ims-na1.adobelogin.com/s/ent_user_sdk": True}
        body = {"client_id": client, "client_secret": secret, "jwt_token": jwt.encode(claims, key, "RS256")}
        reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=body)
        self.token = reply.json()["access_token"]
"""
TABLE = 'NAMES = {\n    "client": "IMS_CLIENT",\n    "secret": "IMS_SECRET",\n    "key": "IMS_KEY",\n}\n'
RUN = "import os\n\nfrom library import Source\n\n{table}given = {{}}\n{fill}\nSource().connect(**given)\n"
LOOP = "for name, variable in NAMES.items():\n    given[name] = os.environ[variable]"
BY_CLASS = "for name, kind in Source.FIELDS:\n    given[name] = os.environ['IMS_' + name.upper()]"
BASE = (
    "class Base:\n    def connect(self, **given):\n        raise NotImplementedError\n\n\nclass Source(Base):"
)

CHECK = """
    def check(self, given):
        for name, kind in self.FIELDS:
            if name not in given:
                raise KeyError(name)
"""


def after(library: str, run: str, tmp_path: Path) -> tuple[str, str, str]:
    tree = trees.write({"library.py": library.encode(), "run.py": run.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    return (tree / "library.py").read_text(), (tree / "run.py").read_text(), said


@pytest.mark.parametrize(("table", "fill"), [(TABLE, LOOP), ("", BY_CLASS)])
def test_the_name_goes_and_the_loop_stays(table: str, fill: str, tmp_path: Path) -> None:
    library, run, said = after(LIBRARY, RUN.format(table=table, fill=fill), tmp_path)
    assert "def connect(self, client, secret):" in library, said
    assert fill in run, said
    names = run if table else library
    assert '"key"' not in names, said
    assert '"client"' in names, said


def test_a_parameter_that_stays_is_still_filled(tmp_path: Path) -> None:
    whole = RUN.format(table=TABLE, fill=LOOP)
    library, run, said = after(LIBRARY.replace("class Source:", BASE), whole, tmp_path)
    assert "def connect(self, client, secret, key):" in library, said
    assert run == whole
    assert "No flow needs IMS_KEY any more, but run.py:8 still asks for it" in said


def test_a_list_beside_a_method_that_keeps_the_parameter_keeps_the_name(tmp_path: Path) -> None:
    asks = LIBRARY.replace('("key", "str")]', '("account", "str"), ("key", "str")]').replace(
        "key):", "account, key):"
    )
    asks = asks.replace('{"exp"', '{"sub": self.account, "exp"') + CHECK
    asks = asks.replace("        claims", "        self.account = account\n        claims")
    run = RUN.format(
        table="",
        fill='given = json.load(open("given.json"))\ngiven["key"] = open("k.pem").read()',
    )
    settings = '{"client": "c", "secret": "p8e-CANARY-list", "account": "a@techacct.adobe.com"}'
    files = {"library.py": asks, "run.py": run.replace("import os", "import json"), "given.json": settings}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    library = (tree / "library.py").read_text()
    assert "def connect(self, client, secret, account):" in library, said
    assert '("account", "str")' in library, said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('os.environ["IMS_KEY"]', True),
        ('os.environ["IMS_KEY"].replace("x", "y")', True),
        ('os.environ.get("IMS_KEY", "")', False),
        ('"-"', False),
    ],
)
def test_what_a_parameter_that_stays_is_given_is_told(given: str, told: bool, tmp_path: Path) -> None:
    run = (
        f'import os\n\nfrom library import Source\n\nSource().connect(client="c", secret="s", key={given})\n'
    )
    _, left, said = after(LIBRARY.replace("class Source:", BASE), run, tmp_path)
    assert left == run
    assert ("No flow needs IMS_KEY any more, but run.py:5 still asks for it" in said) is told, said


def test_a_variable_that_is_spelled_out_in_an_unknown_place_is_not_unread(tmp_path: Path) -> None:
    table = dedent("""\
        SOURCES = {"adobe": (Source, {"client": "IMS_CLIENT", "secret": "IMS_SECRET", "key": "IMS_KEY"})}
        """)
    fill = """\
for kind, names in SOURCES.values():
    given = {name: os.environ[variable] for name, variable in names.items()}"""
    _, run, said = after(LIBRARY, RUN.format(table=table, fill=fill), tmp_path)
    assert "IMS_KEY" in run
    assert "Nothing here reads IMS_KEY" not in said


DECLARED = """\
import json
import time
from typing import TypedDict

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Account(TypedDict):
    client_id: str
    client_secret: str
    technical_account: str
{more}

def token(account: Account) -> str:
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": account["technical_account"],
        "aud": IMS + "/c/" + account["client_id"],
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, open("a.key").read(), algorithm="RS256")
    form = {{"client_id": account["client_id"], "client_secret": account["client_secret"]}}
    form["jwt_token"] = signed
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


account: Account = json.load(open("account.json"))
print(token(account))
"""
ACCOUNT = (
    '{"client_id": "i", "client_secret": "p8e-CANARY-Typed", "technical_account": "a@techacct.adobe.com"}\n'
)


@pytest.mark.parametrize("more", ["", "    region: str\n"])
def test_what_a_file_fills_is_declared(more: str, tmp_path: Path) -> None:
    """The class of the mapping has the keys that the file has; not one that the file never had."""
    files = {"main.py": DECLARED.format(more=more).encode(), "account.json": ACCOUNT.encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    declared = after.partition("TypedDict):\n")[2].partition("\n\n")[0].split("\n")
    expected = ["client_id: str", "scopes: str", "client_secret: str", *more.strip().splitlines()]
    assert sorted(line.strip() for line in declared if line) == sorted(expected), ran.story
    assert "technical_account" not in (tree / "account.json").read_text()


@pytest.mark.parametrize("names", ["technical_account", "client_id"])
def test_a_docstring_that_names_what_went_is_told(names: str, tmp_path: Path) -> None:
    text = DECLARED.format(more="").replace(
        "def token(account: Account) -> str:\n",
        f'def token(account: Account) -> str:\n    """Log in; {names} has to be there."""\n',
    )
    tree = trees.write({"main.py": text.encode(), "account.json": ACCOUNT.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    told = "A docstring still names technical_account: main.py:18." in said
    assert told == (names == "technical_account"), said


BY_FIELDS = """import os
from dataclasses import dataclass, fields


@dataclass
class Inputs:
    client_id: str
    client_secret: str
    organization_id: str
    private_key: str

    @classmethod
    def read(cls):
        values = {}
        for field in fields(cls):
            values[field.name] = os.environ.get("INPUT_" + field.name.upper(), "")
            if not values[field.name]:
                raise SystemExit(field.name)
        return cls(**values)
"""
OF_GITHUB = """inputs:
  client_id: {required: true}
  private_key:
    required: true
"""
LOGGING_IN = """import time

import jwt
import requests

from inputs import Inputs

IMS = "https://ims-na1.adobelogin.com"
inputs = Inputs.read()
claims = {"exp": int(time.time()) + 60, "iss": inputs.organization_id, "sub": "t@techacct.adobe.com"}
claims.update({"aud": f"{IMS}/c/{inputs.client_id}", f"{IMS}/s/ent_user_sdk": True})
form = {"client_id": inputs.client_id, "client_secret": inputs.client_secret}
form["jwt_token"] = jwt.encode(claims, inputs.private_key, algorithm="RS256")
token = requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
print(requests.get("https://api.example", headers={"org": inputs.organization_id, "token": token}))
"""


def test_a_field_that_went_is_told_of_where_it_is_filled_and_no_other(tmp_path: Path) -> None:
    files = {
        "inputs.py": BY_FIELDS.encode(),
        "main.py": LOGGING_IN.encode(),
        "action.yml": OF_GITHUB.encode(),
    }
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "private_key" not in (tree / "inputs.py").read_text(), said
    assert "action.yml:3 (private_key)" in said, said
    assert "No flow needs" not in said, said


TYPED = """import json
import os
from typing import TypedDict{import}


class Config(TypedDict):
    client_id: str
    client_secret: str
    private_key: str


def load() -> Config:
    found = json.loads(os.environ["CONFIG"])
    if {asks} - found.keys():
        raise SystemExit("incomplete")
    return found
"""


@pytest.mark.parametrize(
    ("more", "asks"),
    [
        ("", "Config.__annotations__.keys()"),
        ("", "Config.__required_keys__"),
        (", get_type_hints", "get_type_hints(Config).keys()"),
        ("", "{'client_id'}"),
    ],
)
def test_what_a_class_declares_and_a_check_asks_for_must_stay_set(
    more: str, asks: str, tmp_path: Path
) -> None:
    send = LOGGING_IN.replace("from inputs import Inputs", "from config import load")
    send = send.replace("inputs.organization_id", '"o@AdobeOrg"').replace("Inputs.read()", "load()")
    for name in ("client_id", "client_secret", "private_key"):
        send = send.replace(f"inputs.{name}", f"inputs['{name}']")
    config = TYPED.replace("{import}", more).replace("{asks}", asks)
    files = {"config.py": config.encode(), "main.py": send.encode()}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    stays = "No flow needs private_key any more, but config.py:14 still asks for it."
    assert (stays in said) == ("Config" in asks), said
    assert ("Nothing here reads private_key from the configuration any more." in said) != (stays in said)


PREFIXED = """import configparser
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self, client_id, client_secret, {params}):
        self.client_id, self.client_secret = client_id, client_secret
        self.org, self.key = org, open(key_file).read()

    def token(self):
        claims = {"exp": int(time.time()) + 60, "iss": self.org, "sub": "t@techacct.adobe.com"}
        claims.update({"aud": IMS + "/c/" + self.client_id, IMS + "/s/ent_user_sdk": True})
        form = {"client_id": self.client_id, "client_secret": self.client_secret}
        form["jwt_token"] = jwt.encode(claims, self.key, algorithm="RS256")
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def make(settings):
    found = {k[6:]: v for k, v in settings.items() if k.startswith("adobe.")}
    return Client(**found)
"""


@pytest.mark.parametrize(
    ("params", "after"),
    [
        ("org, key_file", "org=None, key_file=None"),
        ("*, org, key_file", "*, org=None, key_file=None"),
        ("org, key_file, timeout=9", "org=None, key_file=None, timeout=9"),
        ("org, key_file, name", "org, key_file, name"),
    ],
)
def test_what_settings_may_still_fill_they_need_not_fill(params: str, after: str, tmp_path: Path) -> None:
    program = PREFIXED.replace("{params}", params)
    program = program.replace("self.org,", "self.name, self.org,", 1) if "name" in params else program
    program = program.replace("= org, open", "= name, org, open") if "name" in params else program
    program += "\n\nprint(make({}).name)\n" if "name" in params else ""
    tree = trees.write({"client.py": program.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "client.py").read_text()
    assert f"def __init__(self, client_id, client_secret, {after}):" in made, said + made
    assert "open(" not in made
