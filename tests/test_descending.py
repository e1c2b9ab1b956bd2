"""Settings that a function of the program's own gets by a path of keys: ``conf("adobe.ims.host")``."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
import trees
from tool import jwt2oauth

CONFIG = """\
adobe:
  ims:
    host: ims-na1.adobelogin.com
    exchange: /ims/exchange/jwt
  client:
    id: abab01
    secret: p8e-CANARY-by-path
  org: AB@AdobeOrg
  technical_account: CD@techacct.adobe.com
  key_file: private.key
"""
MAIN = """\
import time

import jwt
import requests

from settings import *


def login():
    host = conf("adobe.ims.host")
    claims = {
        "iss": conf("adobe.org"),
        "sub": conf("adobe.technical_account"),
        "aud": "https://" + host + "/c/" + conf("adobe.client.id"),
        "exp": int(time.time()) + 600,
        "https://" + host + "/s/ent_user_sdk": True,
    }
    reply = requests.post(
        "https://" + host + conf("adobe.ims.exchange"),
        data={
            "client_id": conf("adobe.client.id"),
            "client_secret": conf("adobe.client.secret"),
            "jwt_token": jwt.encode(claims, open(conf("adobe.key_file")).read(), algorithm="RS256"),
        },
    )
    return reply.json()["access_token"]
"""
SETTINGS = """\
import os
from functools import reduce

import yaml

with open("config.yaml") as handle:
    ALL = yaml.safe_load(handle)


"""
LOOP = """\
def conf(path):
    node = ALL
    for part in path.split('.'):
        node = node[part]
    return node
"""
GETTERS = {
    "loop": LOOP,
    "override": LOOP.replace(
        "    node =", "    if path in os.environ:\n        return os.environ[path]\n    node =", 1
    ),
    "default": LOOP.replace("path)", "path, default=None)").replace(
        "        node = node[part]",
        "        if part not in node:\n            return default\n        node = node[part]",
    ),
    "get": LOOP.replace("node[part]", "node.get(part, {})").replace("return node", "return node or None"),
    "handler": LOOP.replace(
        "        node = node[part]\n",
        "        try:\n            node = node[part]\n        except KeyError:\n            return None\n",
    ),
    "of a list": LOOP.replace("node[part]", "node[int(part)] if part.isdigit() else node[part]"),
    "from elsewhere": LOOP.replace("path)", "path, node=None)").replace(
        "    node = ALL", "    node = ALL if node is None else node"
    ),
    "reduced": "def conf(path):\n    return reduce(lambda node, part: node[part], path.split('.'), ALL)\n",
    "object": """
        class Config:
            def __init__(self, data):
                self._data = data

            def __call__(self, path):
                value = self._data
                for name in path.split("."):
                    value = value[name]
                return value


        conf = Config(ALL)
        """,
}


def mended(getter: str, tmp_path: Path, more: str = "") -> tuple[str, str]:
    files = {"config.yaml": CONFIG, "main.py": MAIN, "settings.py": SETTINGS + dedent(getter)}
    files |= {"report.py": more} if more else {}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    return (tree / "config.yaml").read_text(), said


@pytest.mark.parametrize("name", GETTERS)
def test_what_lies_at_the_end_of_the_path_is_changed(name: str, tmp_path: Path) -> None:
    config, said = mended(GETTERS[name], tmp_path)
    assert "exchange: /ims/token/v3" in config, said
    assert "key_file" not in config, said
    assert "technical_account" not in config, said
    assert "  client:\n    id: abab01" in config


@pytest.mark.parametrize(
    "step",
    ["node[part.lower()]", "node[part] or ALL[part]", "expand(node[part])", "node[0]", "dict(node[part])"],
)
def test_a_function_that_does_more_is_not_followed(step: str, tmp_path: Path) -> None:
    config, said = mended(LOOP.replace("node[part]", step), tmp_path)
    assert config == CONFIG
    assert "decided at run time" in said


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ('print(conf("adobe.org"))', {"org"}),
        ('print(conf("adobe")["org"])', {"org"}),
        ('print(dict(conf("adobe")))', {"org", "technical_account", "key_file"}),
        ("print(conf(input()))", {"org", "technical_account", "key_file"}),
        ('print(conf("adobe.client"))', set()),
        ('print(ALL["adobe"]["key_file"])', {"key_file"}),
        ('print(list(map(conf, ["adobe.org", "adobe.key_file"])))', {"org", "technical_account", "key_file"}),
    ],
)
def test_what_others_ask_for_stays(more: str, kept: set[str], tmp_path: Path) -> None:
    config, said = mended(LOOP, tmp_path, f"from settings import ALL, conf\n\n{more}\n")
    assert {name for name in ("org", "technical_account", "key_file") if f"{name}:" in config} == kept, said


def test_a_loop_over_what_lies_elsewhere_stays(tmp_path: Path) -> None:
    more = 'from settings import conf\n\nfor name in ("org", "key_file"):\n    print(conf("box." + name))\n'
    mended(LOOP, tmp_path, more)
    assert (tmp_path / "tree" / "report.py").read_text() == more


def test_the_scopes_lie_beside_the_client_id(tmp_path: Path) -> None:
    config, said = mended(LOOP, tmp_path)
    assert indent("secret: p8e-CANARY-by-path\nscopes: openid,", "    ") in config, said
    assert '"adobe.client.scopes" in the configuration overrides them' in " ".join(said.split())


def test_so_they_do_behind_a_getter_of_a_getter(tmp_path: Path) -> None:
    two = LOOP.replace("conf", "deep") + "\n\ndef conf(path):\n    return str(deep(path))\n"
    config, said = mended(two, tmp_path)
    assert indent("secret: p8e-CANARY-by-path\nscopes: openid,", "    ") in config, said


def test_a_librarys_get_is_no_method_of_the_mapping(tmp_path: Path) -> None:
    by_library = MAIN.replace('conf("', 'pydash.get(ALL, "').replace(
        "import jwt\n", "import jwt\nimport pydash\n"
    )
    files = {"config.yaml": CONFIG, "main.py": by_library, "settings.py": SETTINGS}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "main.py").read_text()
    assert 'pydash.get(ALL, "adobe.client.secret"),\n        scope="openid,' in made, said
    assert "scopes" not in (tree / "config.yaml").read_text()
