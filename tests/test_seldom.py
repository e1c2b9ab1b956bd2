"""What few programs do: a small one for each way that no fixture goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tool import jwt2oauth

BEGIN = """\
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


"""
FORM = """\
    form = {
        "client_id": os.environ["ADOBE_CLIENT_ID"],
        "client_secret": os.environ["ADOBE_SECRET"],
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }
"""
LOGIN = f"""\
def login():
    with open(os.environ["ADOBE_KEY_FILE"]) as file:
        key = file.read()
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": os.environ["ADOBE_ORG"],
        "sub": os.environ["ADOBE_ACCOUNT"],
        "aud": IMS + "/c/" + os.environ["ADOBE_CLIENT_ID"],
        IMS + "/s/ent_user_sdk": True,
    }}
{FORM}    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()
"""
PROGRAM = BEGIN + LOGIN
EXCHANGE = "https://ims-na1.adobelogin.com/ims/exchange/jwt"
TOKEN = "https://ims-na1.adobelogin.com/ims/token/v3"


def fixed(tree: Path, files: dict[str, str]) -> dict[str, str]:
    """What ``fix`` makes of files, and of what it says: that is called "said"."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    ran = jwt2oauth(tree, "fix", "--exit-zero", ".")
    assert ran.code == 0, ran.story
    return {"said": ran.text} | {name: (tree / name).read_text() for name in files}


def test_a_variable_that_is_commented_out_goes(tmp_path: Path) -> None:
    example = "ADOBE_CLIENT_ID=\n# ADOBE_KEY_FILE=private.key\n# ADOBE_PROXY=http://localhost\n"
    after = fixed(tmp_path, {"main.py": PROGRAM, ".env.example": example})
    assert "KEY_FILE" not in after[".env.example"]
    assert "# ADOBE_PROXY=http://localhost\n" in after[".env.example"]
    assert "ADOBE_KEY_FILE leaves .env.example, where it was commented out" in after["said"]


def test_a_constant_of_a_test_that_names_the_field_goes_with_its_check(tmp_path: Path) -> None:
    check = f"""\
from urllib.parse import parse_qs, parse_qsl

import main

FIELD = "jwt_token"


def test_field(requests_mock):
    requests_mock.post("{EXCHANGE}", json={{"access_token": "t"}})
    main.login()
    assert parse_qs(requests_mock.last_request.text)[FIELD] == ["signed"]


def test_pairs(requests_mock):
    requests_mock.post("{EXCHANGE}", json={{"access_token": "t"}})
    main.login()
    sent = parse_qsl(requests_mock.last_request.text)
    assert sent == [("client_id", "x"), ("client_secret", "y"), ("jwt_token", "signed")]
"""
    after = fixed(tmp_path, {"main.py": PROGRAM, "test_main.py": check})["test_main.py"]
    assert "FIELD" not in after
    assert '["grant_type"] == ["client_credentials"]' in after
    assert '("grant_type", "client_credentials")' in after
    assert '("scope", "openid,AdobeID,user_management_sdk")' in after
    assert "jwt" not in after


def test_fixtures_that_give_stand_ins_go_with_what_they_stand_in_for(tmp_path: Path) -> None:
    check = """\
import pytest

import main


@pytest.fixture
def encode(mocker):
    return mocker.patch("main.jwt.encode", return_value="signed")


@pytest.fixture
def post(mocker):
    yield mocker.patch("main.requests.post")


def test_login(encode, post):
    post.return_value.json.return_value = {"access_token": "t", "expires_in": 86399000}
    assert main.login()["access_token"] == "t"
    encode.assert_called_once()
"""
    after = fixed(tmp_path, {"main.py": PROGRAM, "test_main.py": check})
    assert "encode" not in after["test_main.py"]
    assert "def test_login(post):" in after["test_main.py"]
    assert '"expires_in": 86399}' in after["test_main.py"]
    assert "requests.post(" in after["main.py"]


KEYWORD_OF_A_CLASS = """\
class Keeps(type):
    def __new__(mcs, name, bases, space, life=None):
        cls = super().__new__(mcs, name, bases, space)
        cls.until = life / 1000
        return cls


class Kept(metaclass=Keeps, life=login()["expires_in"]):
    pass
"""
CALLBACK_OF_A_LIBRARY = """\
from cachetools import TLRUCache

cache = TLRUCache(maxsize=4, ttu=lambda key, value, now: now + value / 1000)
cache["life"] = login()["expires_in"]
"""


@pytest.mark.parametrize("use", [KEYWORD_OF_A_CLASS, CALLBACK_OF_A_LIBRARY], ids=["keyword", "callback"])
def test_a_lifetime_on_a_way_that_is_not_followed_keeps_the_flow_as_it_is(tmp_path: Path, use: str) -> None:
    program = f"{PROGRAM}\n\n{use}"
    after = fixed(tmp_path, {"main.py": program})
    assert after["main.py"] == program
    assert "code that cannot be followed" in after["said"]


def test_pairs_that_a_generator_hands_on_from_a_mapping_are_fields_of_it(tmp_path: Path) -> None:
    call = "    form = dict(fields(claims, key))\n"
    fields = """

def fields(claims, key):
    yield "client_id", os.environ["ADOBE_CLIENT_ID"]
    yield from {
        "client_secret": os.environ["ADOBE_SECRET"],
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }.items()
"""
    after = fixed(tmp_path, {"main.py": PROGRAM.replace(FORM, call) + fields})["main.py"]
    assert '        "grant_type": "client_credentials",\n        "scope": ' in after
    assert "form = dict(fields())" in after
    assert "jwt" not in after.replace("/ims/exchange/jwt", "")


def test_a_lifetime_that_is_divided_where_it_stands_is_divided_no_more(tmp_path: Path) -> None:
    use = '\n\nlife = login()["expires_in"]\nlife //= 1000\nprint(life)\n'
    after = fixed(tmp_path, {"main.py": PROGRAM + use})["main.py"]
    assert after.endswith('\n\nlife = login()["expires_in"]\nprint(life)\n')


def test_a_submodule_is_an_attribute_of_its_package(tmp_path: Path) -> None:
    program = PROGRAM.replace('IMS + "/ims/exchange/jwt"', "adobe.hosts.EXCHANGE")
    program = program.replace("import jwt\n", "import adobe.hosts\nimport jwt\n")
    host = f'EXCHANGE = "{EXCHANGE}"\n'
    after = fixed(tmp_path, {"main.py": program, "adobe/__init__.py": "", "adobe/hosts.py": host})
    assert after["adobe/hosts.py"] == f'EXCHANGE = "{TOKEN}"\n'


def test_attributes_with_a_word_before_their_names_are_what_the_file_says(tmp_path: Path) -> None:
    poured = """\
import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Account:
    def __init__(self, path):
        with open(path) as file:
            for name, value in json.load(file).items():
                setattr(self, f"adobe_{name}", value)

    def login(self):
        with open(self.adobe_key_file) as file:
            key = file.read()
        claims = {
            "exp": int(time.time()) + 300,
            "aud": f"{IMS}/c/{self.adobe_client_id}",
            f"{IMS}/s/ent_user_sdk": True,
        }
        form = {
            "client_id": self.adobe_client_id,
            "client_secret": self.adobe_secret,
            "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
        }
        return requests.post(IMS + self.adobe_path, data=form).json()


print(Account("adobe.json").login())
"""
    config = '{"client_id": "a", "secret": "p8e-CANARY-seldom", "path": "/ims/exchange/jwt"}\n'
    after = fixed(tmp_path, {"main.py": poured, "adobe.json": config})
    assert '"path": "/ims/token/v3"' in after["adobe.json"]
    assert "jwt" not in after["main.py"]


def test_settings_of_pydantic_1_say_their_prefix_in_an_inner_class(tmp_path: Path) -> None:
    program = PROGRAM.replace("import requests\n", "import requests\nfrom pydantic import BaseSettings\n")
    settings = """\
class Settings(BaseSettings):
    client_id: str
    secret: str
    org: str
    account: str
    key_file: str = "private.key"

    class Config:
        env_prefix = "ADOBE_"


settings = Settings()


"""
    for name in ("CLIENT_ID", "SECRET", "ORG", "ACCOUNT", "KEY_FILE"):
        program = program.replace(f'os.environ["ADOBE_{name}"]', f"settings.{name.lower()}")
    program = program.replace("def login", settings + "def login")
    after = fixed(
        tmp_path, {"main.py": program, ".env": "ADOBE_CLIENT_ID=a\nADOBE_ORG=o\nADOBE_KEY_FILE=k\n"}
    )
    assert '    scopes: str = "openid,AdobeID,user_management_sdk"\n' in after["main.py"]
    assert after[".env"] == "ADOBE_CLIENT_ID=a\nADOBE_SCOPES=openid,AdobeID,user_management_sdk\n"


@pytest.mark.parametrize(("client", "scopes"), [("AdobeClientId", "AdobeScopes"), ("CLIENT_ID", "SCOPES")])
def test_variables_of_azure_functions_are_spelled_as_the_code_asks_for_them(
    client: str, scopes: str, tmp_path: Path
) -> None:
    program = PROGRAM.replace("ADOBE_CLIENT_ID", client)
    values = f'{{\n  "Values": {{\n    "{client}": "a",\n    "Other": ""\n  }}\n}}\n'
    after = fixed(tmp_path, {"main.py": program, "local.settings.json": values})
    assert f'os.environ.get("{scopes}", "openid,AdobeID,user_management_sdk")' in after["main.py"]
    assert f'"{scopes}": "openid,AdobeID,user_management_sdk",' in after["local.settings.json"]


def test_a_class_that_goes_leaves_the_unions_of_annotations(tmp_path: Path) -> None:
    program = PROGRAM.replace(
        '    with open(os.environ["ADOBE_KEY_FILE"]) as file:\n        key = file.read()\n',
        '    key = Key(os.environ["ADOBE_KEY_FILE"]).text\n',
    ).replace(
        "def login():",
        "class Key:\n    def __init__(self, path):\n        with open(path) as file:\n"
        "            self.text = file.read()\n\n\nlast: Key | str | None = None\n\n\ndef login():",
    )
    after = fixed(tmp_path, {"main.py": program})["main.py"]
    assert "\nlast: str | None = None\n" in after
    assert "Key" not in after


def test_a_variable_that_a_helper_is_told_to_read_is_read_no_more(tmp_path: Path) -> None:
    helper = """\
def loaded(path, variable):
    with open(path, "rb") as file:
        return load_pem_private_key(file.read(), os.environ[variable].encode())


def login"""
    program = PROGRAM.replace("def login", helper).replace(
        "import requests\n",
        "import requests\nfrom cryptography.hazmat.primitives.serialization import load_pem_private_key\n",
    )
    program = program.replace(
        '    with open(os.environ["ADOBE_KEY_FILE"]) as file:\n        key = file.read()\n',
        '    key = loaded("private.key", "ADOBE_PASSPHRASE")\n',
    )
    after = fixed(tmp_path, {"main.py": program, ".env.example": "ADOBE_CLIENT_ID=\nADOBE_PASSPHRASE=\n"})
    assert "PASSPHRASE" not in after[".env.example"] + after["main.py"]
    assert "ADOBE_PASSPHRASE leaves .env.example" in after["said"]


@pytest.mark.parametrize(
    ("other", "goes"),
    [("print(1)\n", True), ("from main import KEYS\n\nprint(KEYS)\n", False)],
    ids=["alone", "shared"],
)
def test_keys_that_are_remembered_in_a_mapping_of_a_module(tmp_path: Path, other: str, goes: bool) -> None:
    remembered = """\
KEYS = {}


def key_of(path):
    if path not in KEYS:
        with open(path) as file:
            KEYS[path] = file.read()
    return KEYS[path]


def login"""
    program = PROGRAM.replace("def login", remembered).replace(
        '    with open(os.environ["ADOBE_KEY_FILE"]) as file:\n        key = file.read()\n',
        '    key = key_of(os.environ["ADOBE_KEY_FILE"])\n',
    )
    after = fixed(tmp_path, {"main.py": program, "other.py": other})["main.py"]
    assert ("KEYS" not in after) is goes
    assert (after == program) is not goes


BOTH = (
    PROGRAM.replace("def login", 'MODE = "oauth"\n\n\ndef by_jwt')
    + """

def by_oauth():
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["ADOBE_CLIENT_ID"],
        "client_secret": os.environ["ADOBE_SECRET"],
        "scope": "openid,AdobeID,user_management_sdk",
    }
    return requests.post(IMS + "/ims/token/v3", data=form).json()


def login():
"""
)
"""A program with both flows, which chooses in ``login``."""
LINES = '''\
    if MODE == "jwt":
        return by_jwt()
    else:
        print("""by
    OAuth
""")
        return by_oauth()
'''
LINES_LEFT = '''\
    print("""by
    OAuth
""")
    return by_oauth()
'''
LAST = """\
    if MODE == "none":
        raise SystemExit("nothing")
    elif MODE == "jwt":
        return by_jwt()
    return by_oauth()
"""
LAST_LEFT = """\
    if MODE == "none":
        raise SystemExit("nothing")
    return by_oauth()
"""
ALWAYS = """\
    if MODE == "none":
        raise SystemExit("nothing")
    elif MODE == "oauth":
        return by_oauth()
    elif MODE == "jwt":
        return by_jwt()
    elif MODE != "jwt":
        return by_oauth()
    else:
        raise ValueError(MODE)
"""
ALWAYS_LEFT = """\
    if MODE == "none":
        raise SystemExit("nothing")
    elif MODE == "oauth":
        return by_oauth()
    else:
        return by_oauth()
"""


@pytest.mark.parametrize(
    ("chain", "left"),
    [(LINES, LINES_LEFT), (LAST, LAST_LEFT), (ALWAYS, ALWAYS_LEFT)],
    ids=["text", "last", "always"],
)
def test_an_arm_of_a_chain_goes(tmp_path: Path, chain: str, left: str) -> None:
    program = (BOTH + chain).replace('MODE = "oauth"', 'MODE = os.environ.get("ADOBE_MODE", "oauth")')
    after = fixed(tmp_path, {"main.py": program})["main.py"]
    assert after.endswith(f"def login():\n{left}")
    assert "by_jwt" not in after


def test_the_users_own_scopes_of_a_metascope_come_first(tmp_path: Path) -> None:
    own = '[tool.jwt2oauth.scopes]\nent_user_sdk = "openid, AdobeID, our_scope"\n'
    after = fixed(tmp_path, {"main.py": PROGRAM, "pyproject.toml": own})
    assert 'os.environ.get("ADOBE_SCOPES", "openid,AdobeID,our_scope")' in after["main.py"]
    assert "[tool.jwt2oauth.scopes] ent_user_sdk" in " ".join(after["said"].split())


@pytest.mark.parametrize(
    ("divisor", "left"),
    [("(3600000)", "3600"), ("(1000 * 60)", "60"), ("(60 * 1000)", "60"), ("(60 * 60 * 1000)", "(60 * 60)")],
)
def test_parentheses_around_what_is_left_of_a_divisor_go(tmp_path: Path, divisor: str, left: str) -> None:
    use = '\n\nprint(login()["expires_in"] / %s)\n'
    after = fixed(tmp_path, {"main.py": PROGRAM + use % divisor})["main.py"]
    assert after.endswith(use % left)


def test_a_field_goes_from_a_named_tuple_whose_fields_are_a_list(tmp_path: Path) -> None:
    made = """\
Account = namedtuple("Account", ["client", "secret", "key_file"])
account = Account(os.environ["ADOBE_CLIENT_ID"], os.environ["ADOBE_SECRET"], os.environ["ADOBE_KEY_FILE"])


def login"""
    program = PROGRAM.replace("def login", made).replace(
        "import time\n", "import time\nfrom collections import namedtuple\n"
    )
    for name, field in (("CLIENT_ID", "client"), ("SECRET", "secret"), ("KEY_FILE", "key_file")):
        head, body = program.split("def login")
        program = head + "def login" + body.replace(f'os.environ["ADOBE_{name}"]', f"account.{field}")
    after = fixed(tmp_path, {"main.py": program})["main.py"]
    assert 'namedtuple("Account", ["client", "secret"])' in after
    assert 'Account(os.environ["ADOBE_CLIENT_ID"], os.environ["ADOBE_SECRET"])' in after


@pytest.mark.slow
def test_what_tests_still_ask_for_is_told_in_one_order(tmp_path: Path) -> None:
    asking = "import os\n\n\ndef test_all():\n" + "".join(
        f'    assert os.environ["ADOBE_{name}"]\n' for name in ("ORG", "ACCOUNT", "KEY_FILE")
    )
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    (tree / "main.py").write_text(PROGRAM)
    (tree / "tests" / "test_all.py").write_text(asking)
    told = set()
    for seed in range(4):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-m", "jwt2oauth", "scan", "--exit-zero", "-v", "."]
        told.add(subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True).stdout)
    (said,) = told
    assert "ADOBE_KEY_FILE, ADOBE_ORG and ADOBE_ACCOUNT stay, though no flow needs them" in " ".join(
        said.split()
    )
