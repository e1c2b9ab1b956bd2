"""Fields of a named tuple that only the key filled: they go where they are spelled, or are told."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import time
from collections import namedtuple

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
FIELDS = "id secret key"
Account = namedtuple("Account", FIELDS)


def token(account):
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": f"{IMS}/c/{account.id}", f"{IMS}/s/ent_user_sdk": True}
    form = {"client_id": account.id, "client_secret": account.secret}
    form["jwt_token"] = jwt.encode(claims, account.key, algorithm="RS256")
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def main():
    with open("private.key") as key:
        print(len(token(Account(os.environ["ID"], os.environ["SECRET"], key.read()))))
"""


@pytest.mark.parametrize("more", ["", 'print("columns:", FIELDS)\n'], ids=["alone", "used elsewhere"])
def test_a_constant_that_spells_the_fields(more: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (PROGRAM + more).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, ran.story
    assert ('FIELDS = "id secret"\n' in made) is not bool(more)
    assert ("key.read()" in made) is bool(more)
    assert ("goes on reading the key" in " ".join(ran.text.split())) is bool(more)


@pytest.mark.parametrize("read", ["", "print(FIRST.path)\n"], ids=["idle", "read"])
def test_fields_that_stay_for_those_who_fill_them_are_told(read: str, tmp_path: Path) -> None:
    program = PROGRAM[: PROGRAM.index("def main")].replace("id secret key", "id secret path")
    program = program.replace("account.key", "open(account.path).read()")
    filled = 'ACCOUNTS = {"us": Account("i", "p8e-CANARY-u", "us.key")}\nFIRST = ACCOUNTS["us"]\n'
    tree = trees.write(
        {"main.py": f"{program}{filled}{read}print(token(FIRST))\n".encode()}, tmp_path / "tree"
    )
    ran = jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (made := (tree / "main.py").read_text()), ran.story
    assert '"us.key"' in made
    told = "The field path of Account is no longer read and kept for those who fill it (main.py:10)."
    assert (told in " ".join(ran.text.split())) is not bool(read), ran.text


READ = "Account(*(os.environ[name] for name in NAMES))"
NAMES = 'NAMES = ("ID", "SECRET", "PRIVATE_KEY")\n'
ENUM = "import enum\n\n\nclass Names(enum.Enum):\n    A = 'ID'\n    B = 'SECRET'\n    C = 'PRIVATE_KEY'\n"


@pytest.mark.parametrize(
    ("names", "read"),
    [(NAMES, READ), (ENUM, READ.replace("[name]", "[name.value]").replace("NAMES", "Names"))],
    ids=["a tuple", "an enum"],
)
@pytest.mark.parametrize("kind", ["namedtuple", "NamedTuple"])
def test_variables_by_their_places(names: str, read: str, kind: str, tmp_path: Path) -> None:
    program = PROGRAM.replace("import os\n", f"import os\n{names}", 1).partition("def main")[0]
    if kind == "NamedTuple":
        fields = "".join(f"    {name}: str\n" for name in ("id", "secret", "key"))
        made = f"class Account(NamedTuple):\n{fields}"
        program = program.replace('Account = namedtuple("Account", FIELDS)\n', made)
        program = program.replace("from collections import namedtuple", "from typing import NamedTuple")
    program += f"print(len(token({read})))\n"
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    text = (tree / "main.py").read_text()
    assert "/ims/token/v3" in text, told
    assert names in text
    assert read in text
    assert "No flow needs PRIVATE_KEY any more, but main.py:" in told


@pytest.mark.parametrize(
    ("made", "definition"),
    [
        (
            "Account(**entry)",
            'from collections import namedtuple\nAccount = namedtuple("Account", "id secret url key")',
        ),
        ("Account(**entry)", "from types import SimpleNamespace as Account"),
        (
            "Account(dict(entry, times=1))",
            "class Account:\n    def __init__(self, entry):\n        self.__dict__.update(entry)",
        ),
    ],
    ids=["a named tuple", "a namespace", "a copy"],
)
def test_each_of_several_in_a_file_is_meant(made: str, definition: str, tmp_path: Path) -> None:
    program = PROGRAM.replace("from collections import namedtuple\n", "import json\n").partition("FIELDS")[0]
    program += f"{definition}\n\n\n" + PROGRAM[PROGRAM.index("def token") : PROGRAM.index("def main")]
    program = program.replace('IMS + "/ims/exchange/jwt"', "account.url").replace(
        "account.key,", "open(account.key).read(),"
    )
    program += f'with open("a.json") as file:\n    print([token({made}) for entry in json.load(file)])\n'
    entry = '{{"id": "{0}", "secret": "s", "url": "https://{1}/ims/exchange/jwt", "key": "{0}.pem"}}'
    hosts = ("ims-na1.adobelogin.com", "ims-na1-stg1.adobelogin.com")
    listed = ",\n".join(entry.format(name, host) for name, host in zip("ab", hosts, strict=True))
    tree = trees.write({"main.py": program.encode(), "a.json": f"[{listed}]\n".encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made_of = (tree / "a.json").read_text()
    assert [f"https://{host}/ims/token/v3" in made_of for host in hosts] == [True, True], ran.story
    assert "account.scopes" not in (tree / "main.py").read_text() or "namedtuple" not in definition
    assert '"scopes"' not in made_of or "namedtuple" not in definition


TABLE = 'URLS = {"eu": "https://ims-na1.adobelogin.com/ims/exchange/jwt", "x": "%s"}\n'
STAGE = "https://ims-na1-stg1.adobelogin.com/ims/exchange/jwt"
HOSTS = {
    "written": TABLE % STAGE,
    "gone through": 'HOSTS = {"eu": "ims-na1.adobelogin.com", "x": "ims-na1-stg1.adobelogin.com"}\n'
    'URLS = {name: f"https://{host}/ims/exchange/jwt" for name, host in HOSTS.items()}\n',
}


@pytest.mark.parametrize("table", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize(
    "asked", ['URLS[os.environ["R"]]', 'URLS.get(os.environ["R"], URLS["eu"])', 'URLS.get(R) or URLS["eu"]']
)
def test_a_table_of_addresses_of_which_one_is_chosen(asked: str, table: str, tmp_path: Path) -> None:
    program = PROGRAM.replace("FIELDS =", f'{table}R = os.environ.get("R")\nFIELDS =')
    program = program.replace('IMS + "/ims/exchange/jwt"', asked)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "main.py").read_text()
    assert "/exchange/" not in text, ran.story
    assert asked in text


def test_a_table_with_somebody_elses_address_is_left_alone(tmp_path: Path) -> None:
    program = PROGRAM.replace("FIELDS =", TABLE % "https://login.corp.example/token" + "FIELDS =")
    program = program.replace('IMS + "/ims/exchange/jwt"', 'URLS.get(os.environ["R"], URLS["eu"])')
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "main.py").read_text() == program
    assert "another address is at login.corp.example" in " ".join(ran.text.split())
