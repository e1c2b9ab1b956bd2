"""A check whether the file of a field is there, where whoever opened it was handed the object."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

CONFIG = """from dataclasses import dataclass, fields
from pathlib import Path


@dataclass
class Config:
    client_id: str
    client_secret: str
    org: str
    tech: str
    key_path: Path

    def __post_init__(self):
        self.key_path = Path(self.key_path)

    def problems(self):
        found = []
        for name in ("client_id", "tech"):
            if not getattr(self, name):
                found.append(f"{name} is empty")
        if not self.key_path.exists():
            found.append(f"{self.key_path} is not there")
        elif "PRIVATE KEY" not in self.key_path.read_text():
            found.append(f"{self.key_path} is no PEM")
        return found


def load(env):
    return Config(**{f.name: env[f.name] for f in fields(Config)})
"""
AUTH = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token(config):
    claims = {"exp": int(time.time()) + 300, "iss": config.org, "sub": config.tech}
    claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + config.client_id}
    assertion = jwt.encode(claims, config.key_path.read_text(), algorithm="RS256")
    form = {"client_id": config.client_id, "client_secret": config.client_secret, "jwt_token": assertion}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
MAIN = """import os

from auth import token
from config import load

COMMANDS = {"token": token}
config = load(os.environ)
if config.problems():
    raise SystemExit(config.problems())
print(COMMANDS[input()](config))
"""
TEST = """import pytest
from config import Config


@pytest.mark.parametrize("name", ["client_id", "tech"])
def test_empty(name):
    config = Config("c", "s", "o", "t", __file__)
    setattr(config, name, "")
    assert config.problems() == [f"{name} is empty"]
"""
OTHER = "\n\nclass Other:\n    key_path: Path\n"
SENT = "\n\ndef upload(config):\n    return config.key_path.read_bytes()\n"


@pytest.mark.parametrize(("more", "goes"), [("", True), ("\n\n@dataclass" + OTHER[1:], False)])
def test_whoever_is_handed_the_object_opens_the_file_of_its_field(
    more: str, goes: bool, tmp_path: Path
) -> None:
    files = {"config.py": CONFIG + more, "auth.py": AUTH, "main.py": MAIN, "test_config.py": TEST}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    after = (tree / "config.py").read_text()
    assert "client_credentials" in (tree / "auth.py").read_text(), said
    assert ("is not there" not in after) == ("is no PEM" not in after) == goes, after
    assert '("client_id",)' in after, after
    assert "return found" in after, after
    assert '"name", ["client_id"])' in (tree / "test_config.py").read_text(), said


def test_a_row_with_a_name_that_is_asked_for_no_more_is_told(tmp_path: Path) -> None:
    config = CONFIG.replace("Config(**{f.name: env[f.name] for f in fields(Config)})", "Config(**dict(env))")
    files = {"config.py": config, "auth.py": AUTH, "main.py": MAIN, "test_config.py": TEST}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "test_config.py:5 (test_empty) names tech, which is asked for no more" in said


def test_a_file_that_somebody_else_reads_is_still_looked_for(tmp_path: Path) -> None:
    files = {"config.py": CONFIG + SENT, "auth.py": AUTH, "main.py": MAIN + "upload(config)\n"}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    after = (tree / "config.py").read_text()
    assert "is not there" in after, said
    assert "is no PEM" in after, said
