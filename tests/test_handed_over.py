"""An assertion that one part of a program leaves somewhere, and another sends: neither is changed alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

STEP1 = """\
import json
import pickle
import queue
import shelve
import time
from pathlib import Path

import jwt

IMS = "https://ims-na1.adobelogin.com"
OUT = queue.Queue()


def signed():
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{{IMS}}/c/id",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    return jwt.encode(claims, Path("private.key").read_text(), algorithm="RS256")


def leave():
    {leave}
"""
STEP2 = """\
import json
import os
import pickle
import shelve
from pathlib import Path

import requests
{imports}

def login():
    {fetch}
    form = {{"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": assertion}}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]
"""
WAYS = {
    "file": (
        'with open("ims.jwt", "w") as file:\n        file.write(signed())',
        'assertion = open("ims.jwt").read().strip()',
    ),
    "path": ('Path("ims.jwt").write_text(signed())', 'assertion = Path("ims.jwt").read_text()'),
    "json": (
        'Path("state.json").write_text(json.dumps({"jwt": signed()}))',
        'assertion = json.loads(Path("state.json").read_text())["jwt"]',
    ),
    "pickle": (
        'pickle.dump(signed(), open("ims.bin", "wb"))',
        'assertion = pickle.load(open("ims.bin", "rb"))',
    ),
    "shelve": (
        'with shelve.open("cache") as kept:\n        kept["jwt"] = signed()',
        'assertion = shelve.open("cache")["jwt"]',
    ),
    "queue": ("OUT.put(signed())", "assertion = OUT.get()"),
}
MAIN = "import step1\nimport step2\n\nstep1.leave()\nprint(len(step2.login()))\n"


def files(way: str, *, joined: bool = True) -> dict[str, bytes]:
    leave, fetch = WAYS[way]
    imports = "from step1 import OUT\n" if way == "queue" else ""
    texts = {"step1.py": STEP1.format(leave=leave), "step2.py": STEP2.format(imports=imports, fetch=fetch)}
    if joined:
        texts["main.py"] = MAIN
    return {path: text.encode() for path, text in texts.items()}


@pytest.mark.parametrize("way", WAYS)
def test_what_signs_and_what_sends_stay_together(way: str, tmp_path: Path) -> None:
    before = files(way)
    tree = trees.write(dict(before), tmp_path)
    ran = jwt2oauth(tree, "fix")
    assert "assertion-unseen" in ran.text, ran.story
    assert trees.read(tree) == before


def test_two_programs_that_name_one_file_stay_together(tmp_path: Path) -> None:
    before = files("file", joined=False)
    tree = trees.write(dict(before), tmp_path)
    ran = jwt2oauth(tree, "fix")
    assert "read from ims.jwt, which step1.py names as well" in " ".join(ran.text.split()), ran.story
    assert trees.read(tree) == before


def test_what_another_program_signs_is_its_own_affair(tmp_path: Path) -> None:
    before = files("file", joined=False)
    signs = before.pop("step1.py").replace(b"ims.jwt", b"other.jwt")
    before = {"sync/login.py": before["step2.py"], "billing/sign.py": signs}
    before |= {
        f"{name}/pyproject.toml": f'[project]\nname = "{name}"\n'.encode() for name in ("sync", "billing")
    }
    tree = trees.write(dict(before), tmp_path)
    ran = jwt2oauth(tree, "fix")
    assert b"/ims/token/v3" in trees.read(tree)["sync/login.py"], ran.story


def test_what_the_environment_holds_is_sent_no_more(tmp_path: Path) -> None:
    before = files("file")
    fetch = WAYS["file"][1].encode()
    before["step2.py"] = before["step2.py"].replace(fetch, b'assertion = os.environ["IMS_JWT"]')
    tree = trees.write(dict(before), tmp_path)
    ran = jwt2oauth(tree, "fix")
    assert b"/ims/token/v3" in trees.read(tree)["step2.py"], ran.story
