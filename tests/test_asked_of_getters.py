"""Getters of files and of the project's own: what is asked of them, and what only looks like a file."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent

import pytest
from test_seldom import BEGIN, fixed

CLAIMS = """\
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/c1",
        IMS + "/s/ent_user_sdk": True,
    }
"""
OPENER = (
    BEGIN.replace("import requests\n", "").replace("import os\n", "import json\nimport urllib.request\n")
    + f"""\
opener = urllib.request.build_opener()


def call(url, body):
    with opener.open(url, body, timeout=30) as answer:
        return json.loads(answer.read())


def login(key):
{CLAIMS}    form = "client_id=c1&client_secret=s1&jwt_token=" + jwt.encode(claims, key, algorithm="RS256")
    reply = call(IMS + "/ims/exchange/jwt", form.encode())
    return reply["access_token"], reply["expires_in"] / 1000


with open("app.json") as file:
    print(login(open(json.load(file)["key"]).read()))
"""
)


def test_what_an_opener_opens_is_no_file(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"main.py": OPENER, "app.json": json.dumps({"key": "a.key", "limit": 1})})
    assert 'return reply["access_token"], reply["expires_in"]\n' in made["main.py"], made["said"]


VAULT = """\
import json
import os

with open(os.environ["VAULT"]) as file:
    everything = json.load(file)


def secret(name):
    return everything[name]
"""
BY_PATH = (
    BEGIN.replace("import os\n", "").replace(
        "import requests\n", "import requests\n\nfrom vault import secret\n"
    )
    + f"""\
def login():
{CLAIMS}    form = {{
        "client_id": "c1",
        "client_secret": secret("team/secret"),
        "jwt_token": jwt.encode(claims, secret("team/key"), algorithm="RS256"),
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]
"""
)


@pytest.mark.parametrize(("more", "told"), [("", True), ('\n\nprint(len(secret("team/key")))\n', False)])
def test_a_key_of_a_getter_of_the_projects_own_is_told(more: str, told: bool, tmp_path: Path) -> None:
    made = fixed(tmp_path, {"main.py": BY_PATH + more, "vault.py": VAULT})
    assert "/ims/token/v3" in made["main.py"]
    said = " ".join(made["said"].split())
    assert ("Nothing here reads team/key from the configuration any more." in said) is told


INI = """\
[app]
id = c1
secret = s1
key = a.key
beta = no
limit = 3
"""
BY_SECTION = BEGIN.replace("import os\n", "import configparser\n") + (
    CLAIMS.replace("    claims", "def claims(ini):\n    made", 1)
    + """\
    if ini.getboolean("app", "beta"):
        made[IMS + "/s/ent_reactor_sdk"] = True
    return made


def login(ini):
    with open(ini.get("app", "key")) as file:
        signed = jwt.encode(claims(ini), file.read(), algorithm="RS256")
    form = {
        "client_id": ini.get("app", "id"),
        "client_secret": ini.get("app", "secret"),
        "jwt_token": signed,
    }
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]


ini = configparser.ConfigParser()
ini.read("app.ini")
print(login(ini), bool(ini.getint("app", "limit")))
"""
)


def test_options_that_are_read_as_another_kind_go_and_sections_are_no_options(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"main.py": BY_SECTION, "app.ini": INI})
    options = {line.partition(" ")[0] for line in made["app.ini"].splitlines()}
    assert options == {"[app]", "id", "secret", "scopes", "limit"}
    assert "No flow needs app" not in made["said"]


ELSEWHERE = (
    BEGIN.replace("import os\n", "import asyncio\n")
    + f"""\
class Client:
    signed = None

    def sign(self):
{indent(CLAIMS, "    ")}        with open("a.key") as file:
            self.signed = jwt.encode(claims, file.read(), algorithm="RS256")

    def exchange(self):
        form = {{"client_id": "c1", "client_secret": "s1", "jwt_token": self.signed}}
        return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]

    async def login(self):
        await asyncio.to_thread(self.sign)
        return await asyncio.to_thread(self.exchange)


print(asyncio.run(Client().login()))
"""
)


def test_a_method_of_which_nothing_is_left_is_not_called_elsewhere(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"main.py": ELSEWHERE})["main.py"]
    assert "sign" not in made
    assert "return await asyncio.to_thread(self.exchange)" in made


GUESSED = f"""\
{BEGIN.replace("import os", "import json")}\
def secret(name):
    with open(FILE) as file:
        return json.load(file)[name]


def login():
{CLAIMS}    form = {{
        "client_id": "c1",
        "client_secret": secret("secret"),
        "jwt_token": jwt.encode(claims, secret("key"), algorithm="RS256"),
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]
"""


@pytest.mark.parametrize(("name", "goes"), [("vault.json", True), ("vault.yml", False)])
def test_a_file_that_nobody_names_is_of_its_loaders_own_kind(name: str, goes: bool, tmp_path: Path) -> None:
    program = GUESSED.replace("open(FILE)", 'open(os.environ["VAULT"])').replace(
        "import json", "import json\nimport os"
    )
    vault = json.dumps({"secret": "s1", "key": "k", "org": "o@AdobeOrg"}, indent=2)
    made = fixed(tmp_path, {"main.py": program, name: vault})
    assert ('"key"' not in made[name]) is goes
    assert (
        "Nothing here reads key from the configuration any more." in " ".join(made["said"].split())
    ) is not goes


OPTION = BEGIN.replace("import os\n", "import argparse\nimport json\nimport os\n") + (
    CLAIMS.replace("    claims", "def login(conf):\n    claims", 1)
    + """\
    with open(conf["key"]) as file:
        signed = jwt.encode(claims, file.read(), algorithm="RS256")
    form = {"client_id": conf["id"], "client_secret": conf["secret"], "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]


parser = argparse.ArgumentParser()
parser.add_argument("--config", default=os.environ.get("CONFIG", "conf.json"))
with open(parser.parse_args().config) as file:
    conf = json.load(file)
print(login({"id": conf["id"], "secret": conf["secret"], "key": conf["key"]}))
"""
)


def test_the_default_of_an_option_names_no_file_for_others(tmp_path: Path) -> None:
    conf = json.dumps({"id": "c1", "secret": "s1", "key": "a.key"}, indent=2)
    made = fixed(tmp_path, {"main.py": OPTION, "conf.json": conf})
    assert json.loads(made["conf.json"]).keys() == {"id", "secret", "scopes"}


READ = f"""\
{BEGIN}\
{{top}}


def login(cfg):
{CLAIMS.replace("{", "{{").replace("}", "}}")}    form = {{{{
        "client_id": "c1",
        "client_secret": {{secret}},
        "jwt_token": jwt.encode(claims, {{key}}, algorithm="RS256"),
    }}}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]
"""
NAMED = {"secret": "SECRET", "key": "ADOBE_KEY"}
BOTH = 'SECRET = os.environ.get("SECRET")\nADOBE_KEY = os.environ.get("ADOBE_KEY")\n'


@pytest.mark.parametrize(
    ("top", "after"),
    [
        (BOTH + 'assert SECRET and ADOBE_KEY, "both"', 'assert SECRET, "both"\n'),
        (BOTH + "assert ADOBE_KEY and SECRET", "assert SECRET\n"),
        (BOTH + "assert SECRET\nassert ADOBE_KEY", "assert SECRET\n"),
        (
            'if not (ADOBE_KEY := os.environ.get("ADOBE_KEY")):\n    raise SystemExit("no")\nSECRET = "s1"',
            "",
        ),
    ],
    ids=["beside another", "before another", "alone", "in the condition itself"],
)
def test_what_asks_for_the_key_goes_or_the_flow_stays(top: str, after: str, tmp_path: Path) -> None:
    before = READ.format(top=top, **NAMED)
    made = fixed(tmp_path, {"main.py": before})
    if after:
        assert after in made["main.py"], made["said"]
        assert "ADOBE_KEY" not in made["main.py"]
    else:
        assert made["main.py"] == before
        assert "key-kept" in made["said"]


@pytest.mark.parametrize("holder", ["Config", "Config()"], ids=["a class", "an object"])
def test_what_fills_a_key_by_a_name_that_is_computed_is_told(holder: str, tmp_path: Path) -> None:
    top = (
        f"class Config:\n    pass\n\n\nconfig = {holder}\n"
        'for name in ("SECRET", "ADOBE_KEY"):\n    setattr(config, name.lower(), os.environ[name])'
    )
    program = READ.format(top=top, secret="cfg.secret", key="cfg.adobe_key") + "\n\nprint(login(config))\n"
    said = " ".join(fixed(tmp_path, {"main.py": program})["said"].split())
    assert "What fills cfg.adobe_key was not found" in said
