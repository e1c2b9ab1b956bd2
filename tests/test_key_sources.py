"""Nothing asks for the key any more, wherever it came from; what asks for more is left alone, or told."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests
{top}

IMS = "https://ims-na1.adobelogin.com"


def token():
    claims = {{
        "exp": int(time.time()) + 60,
        "iss": "7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg",
        "sub": "8E0A2C4F5A2C8E0A0A495EC7@techacct.adobe.com",
        "aud": IMS + "/c/" + {client_id},
        IMS + "/s/ent_user_sdk": True,
    }}
    assertion = jwt.encode(claims, {private_key}, algorithm="RS256")
    r = requests.post(
        IMS + "/ims/exchange/jwt",
        data={{"client_id": {client_id}, "client_secret": {client_secret}, "jwt_token": assertion}},
    )
    r.raise_for_status()
    return r.json()["access_token"]


print(token())
"""
NAMES = ("client_id", "client_secret", "private_key")
FIELDS = "\n".join(f"    {name}: str" for name in NAMES)
LOWER = ", ".join(f'"{name}"' for name in NAMES)
UPPER = LOWER.upper()
VARIABLES = UPPER.replace('"C', '"ADOBE_C').replace('"P', '"ADOBE_P')
DATACLASS = f"from dataclasses import dataclass, field, fields\n\n\n@dataclass\nclass Config:\n{FIELDS}\n\n\n"
BY_NAME = 'os.environ["ADOBE_" + name.upper()]'
GETTER = """import yaml


def setting(path, root=yaml.safe_load(open("adobe.yml"))):
    for part in path.split("."):
        root = root[part]
    return root
"""
INDEXED = (
    f"class Config:\n    def __getitem__(self, name):\n        return {BY_NAME}\n\n\nconfig = Config()\n"
)
PYDANTIC = f"""import functools

from pydantic_settings import BaseSettings


class Config(BaseSettings):
{FIELDS}


@functools.lru_cache
def config():
    return Config()
"""


@pytest.mark.parametrize(
    ("top", "form"),
    [
        pytest.param(
            f'cfg = {{key: os.environ["ADOBE_" + key] for key in [{UPPER}]}}', 'cfg["{0}"]', id="list"
        ),
        pytest.param(
            f"cfg = {{key: os.environ.get(key) for key in ({VARIABLES})}}\n"
            "if not all(cfg.values()):\n    raise SystemExit(1)",
            'cfg["ADOBE_{0}"]',
            id="all",
        ),
        pytest.param(
            "from dataclasses import dataclass, field\n\n\n@dataclass\nclass Config:\n"
            + "\n".join(
                f'    {name}: str = field(default_factory=lambda: os.environ["{name.upper()}"])'
                for name in NAMES
            )
            + "\n\n\nconfig = Config()",
            "config.{1}",
            id="factories",
        ),
        pytest.param(
            f"{DATACLASS}config = Config(**{{name: {BY_NAME} for name in Config.__annotations__}})",
            "config.{1}",
            id="annotations",
        ),
        pytest.param(
            "from types import SimpleNamespace\n\nconfig = SimpleNamespace(\n"
            + "\n".join(f'    {name}=os.environ["{name.upper()}"],' for name in NAMES)
            + "\n)",
            "config.{1}",
            id="namespace",
        ),
        pytest.param(PYDANTIC, "config().{1}", id="settings-of-a-function"),
    ],
)
def test_nothing_asks_for_it_any_more(top: str, form: str, tmp_path: Path) -> None:
    made, said = fixed(top, form, tmp_path)
    assert "/ims/token/v3" in made, said
    assert "private_key" not in made.lower(), made


@pytest.mark.parametrize(
    ("top", "form", "wanted"),
    [
        pytest.param(INDEXED, 'config["{1}"]', 'scope="openid,AdobeID,user_management_sdk"', id="no-get"),
        pytest.param(GETTER, 'setting("adobe.{1}")', 'scope="openid,AdobeID,user_management_sdk"', id="root"),
    ],
)
def test_the_scopes_are_asked_for_in_no_way_that_fails(
    top: str, form: str, wanted: str, tmp_path: Path
) -> None:
    made, said = fixed(top, form, tmp_path)
    assert wanted in made, said


def test_its_name_leaves_a_list_that_fills_it_with_others_by_their_places(tmp_path: Path) -> None:
    top = f"client_id, client_secret, private_key = (os.environ[name] for name in ({UPPER}))"
    made, said = fixed(top, "{1}", tmp_path)
    assert 'client_id, client_secret = (os.environ[name] for name in ("CLIENT_ID", "CLIENT_SECRET"))' in made
    assert "private_key" not in made.lower(), said


def test_what_fills_it_in_a_way_that_is_not_seen_is_told(tmp_path: Path) -> None:
    top = f"class Config:\n    def __init__(self):\n        for name in ({LOWER}):\n            "
    top += f"setattr(self, name, {BY_NAME})\n\n\nconfig = Config()\n"
    _, said = fixed(top, "config.{1}", tmp_path)
    assert "What fills config.private_key was not found (main.py" in " ".join(said.split())


TUPLE = (
    f"from typing import NamedTuple\n\n\nclass Config(NamedTuple):\n{FIELDS}\n\n\n"
    'config = Config(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], os.environ["PRIVATE_KEY"])'
)
STORED = (
    'import json\n\nwith open("config.json") as file:\n    config = json.load(file)\n'
    'config["private_key"] = os.environ["PRIVATE_KEY"]'
)


@pytest.mark.parametrize(
    ("top", "form", "private_key", "stays"),
    [
        pytest.param(TUPLE, "config.{1}", "open(config.private_key).read()", False, id="tuple"),
        pytest.param(
            f"{TUPLE}\nprint(len(config))",
            "config.{1}",
            "open(config.private_key).read()",
            True,
            id="tuple-counted",
        ),
        pytest.param(STORED, 'config["{1}"]', 'config["private_key"]', False, id="stored"),
        pytest.param(
            f"{STORED}\nprint(json.dumps(sorted(config.items())))",
            'config["{1}"]',
            'config["private_key"]',
            True,
            id="stored-and-shown",
        ),
    ],
)
def test_what_others_may_count_stays(
    top: str, form: str, private_key: str, stays: bool, tmp_path: Path
) -> None:
    names = {name: form.format(name.upper(), name) for name in NAMES} | {"private_key": private_key}
    tree = trees.write({"main.py": PROGRAM.format(top=top, **names).encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, said
    assert ("PRIVATE_KEY" in made) is stays, made


FETCHED = """import json

import boto3


def secret(name):
    return boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def load():
    config = json.loads(secret("adobe"))
    config["private_key"] = secret("adobe-private-key")
    return config


config = load()"""


@pytest.mark.parametrize(("shown", "stays"), [("", False), ("\nprint(json.dumps(config))", True)])
def test_a_secret_that_is_put_beside_others_is_fetched_no_more(
    shown: str, stays: bool, tmp_path: Path
) -> None:
    made, said = fixed(FETCHED + shown, 'config["{1}"]', tmp_path)
    assert "/ims/token/v3" in made, said
    assert ("adobe-private-key" in made) is stays, made
    assert ("Nothing here fetches the secret adobe-private-key any more." in said) is not stays


POPPED = """import json

with open("config.json") as file:
    config = json.load(file)
with open(config.pop("key_path")) as file:
    config["private_key"] = file.read()"""


@pytest.mark.parametrize(
    ("more", "goes"),
    [
        ("", True),
        ("\nprint(json.dumps(config))", False),
        ('\nprint("key_path" in config, config.get("key_path"))', False),
    ],
)
def test_a_path_that_is_taken_out_of_the_settings_goes_with_the_key(
    more: str, goes: bool, tmp_path: Path
) -> None:
    made, said = fixed(POPPED + more, 'config["{1}"]', tmp_path)
    assert ("/ims/token/v3" in made and "key_path" not in made) is goes, said
    assert ('open(config.pop("key_path"))' in made) is not goes, made


def test_a_file_that_may_not_be_left_unopened_is_told(tmp_path: Path) -> None:
    top = POPPED.replace("import json", "import corp\nimport json").replace("config.pop(", "corp.fetch(")
    made, said = fixed(top, 'config["{1}"]', tmp_path)
    assert 'open(corp.fetch("key_path")) as file:\n    pass\n' in made
    told = "`file` is no longer used, but what computes it may have an effect: main.py:"
    assert told in " ".join(said.split())


def program(top: str, form: str) -> str:
    """The program of a customer who reads settings so."""
    return PROGRAM.format(top=top, **{name: form.format(name.upper(), name) for name in NAMES})


def fixed(top: str, form: str, folder: Path) -> tuple[str, str]:
    """What becomes of it, and what is said."""
    tree = trees.write({"main.py": program(top, form).encode()}, folder / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "main.py").read_text(), ran.text


def test_a_signer_that_is_offered_by_habit_goes_from_the_lists_of_its_package(tmp_path: Path) -> None:
    signer, rest = split(program("", "os.environ['{0}']"))
    left = 'from .exchange import token\n\n__all__ = [{}"token"]\n'
    files = {
        "main.py": "from login import token\n\nprint(token())\n",
        "login/__init__.py": "from .assertion import sign\n" + left.format('"sign", '),
        "login/assertion.py": signer,
        "login/exchange.py": rest,
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert (
        tree / "login/__init__.py"
    ).read_text() == 'from .exchange import token\n\n__all__ = ["token"]\n', said
    assert not (tree / "login/assertion.py").exists()
    assert "sign is gone although __all__ offers" in " ".join(said.split())


def split(text: str) -> tuple[str, str]:
    """The signing in a module of its own, and the rest."""
    start, end = text.index("    claims = {"), text.index("    r = requests")
    signing = text[start:end].replace("    assertion = ", "    return ").rstrip()
    head = (
        'import os\nimport time\n\nimport jwt\n\n__all__ = ["sign"]\nIMS = "https://ims-na1.adobelogin.com"\n'
    )
    rest = f"{text[:start]}{text[end:]}".replace('"jwt_token": assertion', '"jwt_token": sign()')
    rest = rest.replace("import jwt\nimport requests\n", "import requests\n\nfrom .assertion import sign\n")
    return f"{head}\n\ndef sign():\n{signing}\n", rest.replace("\n\nprint(token())\n", "")


MINTED = """import os

import requests

assertion = os.environ["ADOBE_JWT"]


def exchange(signed):
    fields = {"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": signed}
    r = requests.post(
        "https://ims-na1.adobelogin.com/ims/exchange/jwt",
        files={name: (None, value) for name, value in fields.items()},
    )
    return r.json()


print(exchange(assertion)["access_token"])
"""


@pytest.mark.parametrize("spelled", ["by a comprehension", "field by field"])
def test_an_assertion_from_elsewhere_is_no_part_of_a_form_any_more(spelled: str, tmp_path: Path) -> None:
    program = MINTED
    if spelled == "field by field":
        program = MINTED.replace(
            "files={name: (None, value) for name, value in fields.items()}", "files=fields"
        )
        for value in ('os.environ["ID"]', 'os.environ["SECRET"]', "signed}"):
            name = value.rstrip("}")
            program = program.replace(f": {name}", f": (None, {name})")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "def exchange():" in made, ran.text
    assert "ADOBE_JWT" not in made
    assert "ADOBE_JWT" in ran.text


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ('"{begin}\\n" + os.environ["KEY"] + "\\n{end}\\n"', "private-key-read"),
        ("f\"{begin}\\n{{os.environ['KEY']}}\\n{end}\"", "private-key-read"),
        ('"{begin}\\n%s\\n{end}" % open("body.pem").read()', "private-key-read"),
        ('"{begin}\\nMIIEvQIBADANBg\\n" + os.environ["KEY"] + "\\n{end}\\n"', "private-key-inline"),
    ],
)
def test_lines_around_a_key_are_no_key(key: str, rule: str, tmp_path: Path) -> None:
    key = key.format(begin="-----BEGIN PRIVATE KEY-----", end="-----END PRIVATE KEY-----")
    program = PROGRAM.format(top="", client_id='"c"', client_secret='"p8e-CANARY-w"', private_key=key)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    page = jwt2oauth(tree, "scan", "--format", "json").page
    assert [one["rule"] for one in page["findings"] if one["rule"].startswith("private-key")] == [rule]
