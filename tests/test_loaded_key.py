"""Objects that load the key into a field when they are made: what loads it goes with the field."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
import requests
from pydantic import BaseModel, model_validator

IMS = "https://ims-na1.adobelogin.com"


{top}
    client_id: str = os.environ["ID"]
    secret: str = os.environ["SECRET"]
    org: str = os.environ["ORG"]
    key_file: Path = Path("k.pem")
    key: str | None = None
    margin: int = 60

{hook}


def login(config):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": config.org,
        "sub": "t@techacct.adobe.com",
        "aud": f"{{IMS}}/c/{{config.client_id}}",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, config.key, algorithm="RS256")
    form = {{"client_id": config.client_id, "client_secret": config.secret, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"], config.margin


print(login(Config()), Config().org)
"""
DATA = "@dataclass\nclass Config:"
MODEL = "class Config(BaseModel):"
AFTER = '@model_validator(mode="after")\ndef _load(self):\n{}    return self'
CHECK = """\
    if not self.key:
        if not self.key_file.is_file():
            raise ValueError(f"no key at {self.key_file}")
        self.key = self.key_file.read_text()
"""
TRIED = """\
    if self.key is None:
        try:
            with open(self.key_file) as stream:
                self.key = stream.read()
        except OSError as error:
            raise ValueError("cannot read the key") from error
"""
PLAIN = "    self.key = self.key_file.read_text()\n"


def after(top: str, hook: str, tmp_path: Path, also: tuple[str, str] = ("", "")) -> str:
    program = PROGRAM.format(top=top, hook=indent(hook, "    ")).replace(*also)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, ran.text
    return made


@pytest.mark.parametrize("body", [CHECK, TRIED, PLAIN])
@pytest.mark.parametrize(
    ("top", "hook"), [(DATA, "def __post_init__(self):\n{}"), (MODEL, AFTER)], ids=["dataclass", "pydantic"]
)
def test_what_loads_the_key_goes_with_it(top: str, hook: str, body: str, tmp_path: Path) -> None:
    made = after(top, hook.format(body), tmp_path)
    gone = ["__post_init__", "_load", "pass\n", "self.key"]
    gone += ["model_validator", "key"] if top == MODEL else []  # a dataclass keeps what others may fill
    assert not [each for each in gone if each in made], made


@pytest.mark.parametrize(
    ("top", "hook", "kept"),
    [
        (DATA, f"def __post_init__(self):\n{CHECK}    self.org = self.org.strip()\n", "self.org.strip()"),
        (
            MODEL,
            AFTER.format(f"{CHECK}    if '@' not in self.org:\n        raise ValueError\n"),
            "'@' not in self.org",
        ),
        (MODEL, AFTER.format("    self.org = self.org.strip()\n" + PLAIN), "model_validator"),
    ],
)
def test_what_else_is_done_there_stays(top: str, hook: str, kept: str, tmp_path: Path) -> None:
    made = after(top, hook, tmp_path)
    assert kept in made
    assert "self.key" not in made


def test_a_hook_that_another_class_calls_stays(tmp_path: Path) -> None:
    """It is what ``super()`` finds there."""
    hook = f"def __post_init__(self):\n{PLAIN}"
    heir = "\ndef login(config):"
    more = "\n@dataclass\nclass More(Config):\n    def __post_init__(self):\n"
    more += "        super().__post_init__()\n\n"
    made = after(DATA, hook, tmp_path, (heir, more + heir))
    assert made.count("__post_init__") == 3, made


HANDLED = """
def main(config):
    try:
        {body}
        return login(config)
    except FileNotFoundError:
        return "nothing there"


def login(config):"""


@pytest.mark.parametrize("body", ["pass", "print(open(config.org).read())"])
def test_a_handler_around_other_files_is_nothing_to_tell(body: str, tmp_path: Path) -> None:
    program = PROGRAM.format(top=DATA, hook=indent(f"def __post_init__(self):\n{PLAIN}", "    "))
    program = program.replace("\ndef login(config):", HANDLED.format(body=body))
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    assert "has a handler" not in jwt2oauth(tree, "fix").text


@pytest.mark.parametrize(
    ("also", "told"), [("", True), ("        print(open('other').read())\n", False)], ids=["alone", "beside"]
)
def test_a_handler_for_the_missing_key_is_told(also: str, told: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(top=DATA, hook="").replace("config.key,", "key,")
    program = program.replace(
        "    signed = ",
        f"    try:\n{also}        key = open('k.pem').read()\n        print(config.org)\n"
        "    except FileNotFoundError:\n        raise SystemExit('nothing there')\n    signed = ",
    )
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    assert ("has a handler" in jwt2oauth(tree, "fix").text) is told
