"""Names that go from module to module by ``from module import *``, and what ``__all__`` says of them."""

from __future__ import annotations

from pathlib import Path

import trees
from tool import jwt2oauth

KEYS = 'PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----"\nKEY_ID = "2023"\n'
COMMON = """from keys import *

__all__ = ["PRIVATE_KEY", "KEY_ID", "IMS", "seconds"]

IMS = "https://ims-na1.adobelogin.com"


def seconds(milliseconds):
    return milliseconds // 1000
"""
LOGIN = """import os
import time

import jwt
import requests

from common import *


def token():
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/id",
        IMS + "/s/ent_user_sdk": True,
    }
    reply = requests.post(
        IMS + "/ims/exchange/jwt",
        data={
            "client_id": "id",
            "client_secret": os.environ["SECRET"],
            "jwt_token": jwt.encode(claims, PRIVATE_KEY.strip(), algorithm="RS256"),
        },
    ).json()
    return reply["access_token"], seconds(reply["expires_in"])
"""
TEST = "import common\n\n\ndef test_seconds():\n    assert common.seconds(2000) == 2\n"


def fixed(tmp_path: Path, **more: str) -> tuple[Path, str]:
    files = {"keys": KEYS, "common": COMMON, "login": LOGIN, "test_common": TEST, **more}
    tree = trees.write({f"{name}.py": text.encode() for name, text in files.items()}, tmp_path / "tree")
    return tree, " ".join(jwt2oauth(tree, "fix").text.split())


def test_a_name_that_is_gone_is_offered_no_more(tmp_path: Path) -> None:
    tree, story = fixed(tmp_path)
    assert "PRIVATE_KEY" not in (tree / "keys.py").read_text(), story
    assert '__all__ = ["KEY_ID", "IMS", "seconds"]\n' in (tree / "common.py").read_text()


def test_a_module_between_the_two_hands_it_on_as_well(tmp_path: Path) -> None:
    middle = 'from base import *\n\n__all__ = ["PRIVATE_KEY"]\n'
    common = COMMON.replace("from keys", "from middle")
    tree, story = fixed(tmp_path, base="from keys import *\n", middle=middle, common=common)
    assert "PRIVATE_KEY" not in (tree / "keys.py").read_text(), story
    assert "PRIVATE_KEY" not in (tree / "common.py").read_text()
    assert "PRIVATE_KEY" not in (tree / "middle.py").read_text()


def test_another_of_that_name_is_still_offered(tmp_path: Path) -> None:
    other = 'from keys import *\n\n__all__ = ["PRIVATE_KEY"]\nPRIVATE_KEY = "of the door"\n'
    tree, _ = fixed(tmp_path, other=other)
    assert (tree / "other.py").read_text() == other


def test_a_function_that_stays_for_its_tests_is_given_no_lifetime(tmp_path: Path) -> None:
    tree, story = fixed(tmp_path)
    assert 'return reply["access_token"], reply["expires_in"]\n' in (tree / "login.py").read_text(), story
    assert "def seconds(" in (tree / "common.py").read_text()
    assert "goes on as it comes" not in story
