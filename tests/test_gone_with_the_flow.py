"""What goes with a flow although nothing of it was used by the flow's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """import time

import jwt
import requests
%s
from settings import Settings


def login(settings: Settings):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": settings.org,
        "sub": settings.account,
        "aud": "https://ims-na1.adobelogin.com/c/" + settings.client,
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }
    with open(settings.key) as pem:
        signed = jwt.encode(claims, pem.read(), algorithm="RS256")
    form = {"client_id": settings.client, "client_secret": settings.secret, "jwt_token": signed}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]


if __name__ == "__main__":
    settings = Settings()
    print(settings.org, len(login(settings)))
"""
SETTINGS = """import os
from dataclasses import dataclass, field


def variable(name):
    return field(default_factory=%s)


@dataclass
class Settings:
    client: str = variable("CLIENT")
    secret: str = variable("SECRET")
    org: str = variable("ORG")
    account: str = variable("ACCOUNT")
    key: str = variable("KEY")
"""
ASKED = "lambda: os.environ[name]"


def fixed(tmp_path: Path, imports: str = "", default: str = ASKED) -> tuple[str, str, str]:
    files = {"login.py": LOGIN % imports, "settings.py": SETTINGS % default}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "login.py").read_text(), (tree / "settings.py").read_text(), ran.text


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("from jwt.exceptions import PyJWTError", True),
        ("from jwt import PyJWKClient as Keys, InvalidTokenError", True),
        ("from jwt.exceptions import PyJWTError  # noqa: F401", False),
        ("from jose import JWTError", False),
        ("import colorsys", False),
    ],
)
def test_what_nobody_ever_used_of_the_library_goes_with_it(line: str, goes: bool, tmp_path: Path) -> None:
    after, _, story = fixed(tmp_path, line)
    assert "import jwt\n" not in after, story
    assert (line not in after) == goes, story


def test_a_field_that_a_function_of_the_project_fills_is_asked_for_no_more(tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path)
    assert '"KEY"' not in after, story
    assert '"ACCOUNT"' not in after
    assert '"ORG"' in after


def test_a_field_that_says_nothing_may_be_filled_by_others(tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path, default="str")
    assert '"ORG"' in after, story
