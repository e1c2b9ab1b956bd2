"""What a package offers to programs that are not here keeps its names and parameters, in their order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

TOKENS = b"""\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def get_token(client_id, client_secret, key=None, timeout=10):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/{client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    form = {
        "client_id": client_id,
        "client_secret": client_secret,
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form, timeout=timeout).json()["access_token"]
"""
PROJECT = b'[project]\nname = "corp"\nversion = "1"\ndependencies = ["PyJWT", "requests"]\n'
CALLER = b"""\
from corp import get_token

with open("a.key") as file:
    key = file.read()
print(get_token("id", "secret", key, 30))
"""


def functions(text: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize(
    "package",
    [
        {"corp/__init__.py": b"from .tokens import get_token\n", "corp/tokens.py": TOKENS},
        {"corp/__init__.py": TOKENS},
    ],
    ids=["handed on", "defined in __init__"],
)
def test_a_parameter_stays_and_a_call_by_place_keeps_its_places(
    package: dict[str, bytes], tmp_path: Path
) -> None:
    files = {**package, "pyproject.toml": PROJECT, "report.py": CALLER}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = {path: data.decode() for path, data in trees.read(tree).items()}
    home = "corp/tokens.py" if "corp/tokens.py" in made else "corp/__init__.py"
    (function,) = functions(made[home])
    assert [a.arg for a in function.args.args] == ["client_id", "client_secret", "key", "timeout"], ran.story
    (call,) = (
        node
        for node in ast.walk(ast.parse(made["report.py"]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_token"
    )
    assert [ast.literal_eval(arg) for arg in call.args] in (
        ["id", "secret", "", 30],
        ["id", "secret", None, 30],
    )
    assert "a.key" not in made["report.py"]


def test_of_a_private_package_it_goes(tmp_path: Path) -> None:
    files = {"corp/__init__.py": TOKENS, "report.py": CALLER}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    (function,) = functions((tree / "corp/__init__.py").read_text())
    assert [a.arg for a in function.args.args] == ["client_id", "client_secret", "timeout"], ran.story
    assert 'get_token("id", "secret", 30)' in (tree / "report.py").read_text()


@pytest.mark.parametrize(
    ("was", "after"),
    [
        (b"key: Path", "key: Optional[Path] = None"),
        (b"key: str", 'key: str = ""'),
        (b"key: Path | str", "key: Path | str | None = None"),
        (b"key: Optional[Path]", "key: Optional[Path] = None"),
        (b"key", "key=None"),
    ],
)
def test_a_type_says_that_nothing_need_be_given(was: bytes, after: str, tmp_path: Path) -> None:
    tokens = TOKENS.replace(b"key=None, timeout=10", was + b", timeout: int = 10").replace(
        b"import jwt\n", b"import jwt\nfrom pathlib import Path\nfrom typing import Optional\n"
    )
    caller = CALLER.replace(b", key, 30", b", key=key")
    files = {"corp/__init__.py": tokens, "pyproject.toml": PROJECT, "report.py": caller}
    tree = trees.write(files, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    made = (tree / "corp" / "__init__.py").read_text()
    assert "/ims/token/v3" in made
    assert f"client_secret, {after}, timeout: int = 10)" in made


def test_methods_that_others_may_call_are_told(tmp_path: Path) -> None:
    auth = PROGRAM_OF_A_CLASS
    files = {"kit/auth.py": auth, "kit/__init__.py": "from .auth import Account\n"}
    for published in (True, False):
        manifest = {"pyproject.toml": '[project]\nname = "kit"\n'} if published else {}
        root = tmp_path / str(published)
        tree = trees.write({path: text.encode() for path, text in {**files, **manifest}.items()}, root)
        ran = jwt2oauth(tree, "fix")
        said = "sign of Account is gone: programs that install this package may call it"
        assert (said in " ".join(ran.text.split())) is published, ran.text
        assert "def sign" not in (tree / "kit" / "auth.py").read_text()


PROGRAM_OF_A_CLASS = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Account:
    def __init__(self, config):
        self.config = config

    def sign(self):
        c = self.config
        claims = {
            "exp": int(time.time()) + 300,
            "iss": c["org"],
            "sub": c["account"],
            "aud": f"{IMS}/c/{c['id']}",
            f"{IMS}/s/ent_user_sdk": True,
        }
        return jwt.encode(claims, c["key"], algorithm="RS256")

    def token(self):
        c = self.config
        form = {"client_id": c["id"], "client_secret": c["secret"], "jwt_token": self.sign()}
        return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""


BASE = b"""\
import abc
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Flow(abc.ABC):
    @abc.abstractmethod
    def claims(self): ...

    def token(self, client_id, client_secret, key):
        claims = {**self.claims(), "exp": int(time.time()) + 300}
        form = {
            "client_id": client_id,
            "client_secret": client_secret,
            "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
        }
        return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
MINE = b"""\
from corp import Flow
from corp.flows import IMS


class Mine(Flow):
    def claims(self):
        claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": f"{IMS}/c/id"}
        return {**claims, f"{IMS}/s/ent_user_sdk": True}


print(Mine().token("id", "secret", open("a.key").read()))
"""


@pytest.mark.parametrize(("manifest", "mended"), [({"pyproject.toml": PROJECT}, False), ({}, True)])
def test_what_others_derive_from_keeps_its_contract(
    manifest: dict[str, bytes], mended: bool, tmp_path: Path
) -> None:
    files = {
        "corp/__init__.py": b"from .flows import Flow\n",
        "corp/flows.py": BASE,
        "report.py": MINE,
        **manifest,
    }
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (b"/ims/token/v3" in trees.read(tree)["corp/flows.py"]) is mended, ran.text
    assert mended or "subclasses elsewhere" in " ".join(ran.text.split())
