"""Functions of an SDK that a program hands on instead of calling them: found, and changed or told."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

CONF = '{"org_id": "o", "client_id": "c", "tech_id": "t", "pathToKey": "k.key", "secret": "p8e-CANARY-h"}'
UNSEEN = ("it is handed on, to be called elsewhere", "what it calls is taken out of a table")
LOAD = "def load(importer):\n    importer({})\n"


def fixed(files: dict[str, str], tmp_path: Path) -> tuple[Path, str]:
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    return tree, " ".join(jwt2oauth(tree, "fix").text.split())


@pytest.mark.parametrize(
    "main",
    [
        "from conf import load\n\nload(aepp.importConfigFile)\n",
        'importer = aepp.importConfigFile\nimporter("conf.json")\n',
        'getattr(aepp, "importConfigFile")("conf.json")\n',
        'TABLE = {"aep": aepp.importConfigFile}\nTABLE["aep"]("conf.json")\n',
        'def go(importer=aepp.importConfigFile):\n    return importer("conf.json")\n\n\ngo()\n',
    ],
)
def test_whoever_calls_it_reads_the_file(main: str, tmp_path: Path) -> None:
    files = {"main.py": f"import aepp\n{main}", "conf.json": CONF, "conf.py": LOAD.format('"conf.json"')}
    tree, said = fixed(files, tmp_path)
    assert "pathToKey" not in (tree / "conf.json").read_text(), said


@pytest.mark.parametrize(
    "main",
    [
        'import functools\n\nconnect = functools.partial(aepp.importConfigFile, "conf.json")\nconnect()\n',
        'from functools import partial\n\nmake = partial(aepp.configure, path_to_key="k.key")\nmake("o")\n',
        'list(map(aepp.importConfigFile, ["conf.json"]))\n',
        'TABLE = {"aep": aepp.importConfigFile}\nTABLE[input()]("conf.json")\n',
        'from tenacity import retry\n\nretry(aepp.importConfigFile)("conf.json")\n',
    ],
)
@pytest.mark.parametrize("conf", [CONF, CONF.replace('"tech_id": "t"', '"scopes": "openid,AdobeID"')])
def test_what_calls_it_unseen_is_told(main: str, conf: str, tmp_path: Path) -> None:
    files = {"main.py": f"import aepp\n{main}", "conf.json": conf, "requirements.txt": "aepp==0.3.2\n"}
    tree, said = fixed(files, tmp_path)
    is_jwt = "scopes" not in conf or "path_to_key" in main
    assert any(each in said for each in UNSEEN) == is_jwt, said
    assert {path: (tree / path).read_text() for path in files} == files


TABLE = """\
import aepp

def other({other}):
    return {gives}

LOGINS = {{"platform": aepp.configure, "other": other}}

def connect(name):
    {called}(org_id="o", tech_id="t", secret="p8e-CANARY-t", client_id="c", path_to_key="k.key")

connect("platform")
connect("other")
"""


@pytest.mark.parametrize("called", ['LOGINS["platform"]', "LOGINS[name]", "LOGINS.get(name)"])
@pytest.mark.parametrize(
    ("other", "gives", "fits"),
    [("**_", "None", True), ("**given", "given", False), ("path_to_key", "0", False)],
)
def test_what_a_table_has_is_called_without_the_key(
    called: str, other: str, gives: str, fits: bool, tmp_path: Path
) -> None:
    main = TABLE.format(other=other, gives=gives, called=called)
    tree, said = fixed({"main.py": main}, tmp_path)
    alone = fits or "platform" in called
    assert ("path_to_key=" not in (tree / "main.py").read_text()) == alone, said
    refused = ("other may be called here as well", "what it calls is taken out of a table")
    assert any(each in said for each in refused) != alone, said


@pytest.mark.parametrize(
    "main",
    [
        "print(aepp.importConfigFile.__doc__)\n",
        "def importConfigFile(path):\n    return path\n\n\nlist(map(importConfigFile, ['conf.json']))\n",
        "from unittest import mock\n\nmock.patch.object(aepp, 'importConfigFile')\n",
    ],
)
def test_what_only_looks_at_it_is_no_login(main: str, tmp_path: Path) -> None:
    _, said = fixed({"main.py": f"import aepp\n{main}", "conf.json": CONF}, tmp_path)
    assert "Nothing found" in said


@pytest.mark.parametrize("path", ["argv[1]", '"conf.json"'])
def test_what_writes_a_template_goes_with_what_reads_it(path: str, tmp_path: Path) -> None:
    main = (
        "from sys import argv\nimport aanalytics2\n\n"
        'aanalytics2.createConfigFile("conf.json", auth_type="jwt")\n'
        f'aanalytics2.importConfigFile({path}, auth_type="jwt")\n'
    )
    tree, said = fixed({"main.py": main, "conf.json": CONF}, tmp_path)
    assert (tree / "main.py").read_text().count("jwt") == (2 if path == "argv[1]" else 0), said


def test_what_fills_an_object_that_becomes_the_mapping_is_told(tmp_path: Path) -> None:
    main = (
        "import json\nfrom dataclasses import asdict, dataclass\n\nimport umapi_client\n\n\n"
        "@dataclass\nclass Account:\n    api_key: str\n    client_secret: str\n    tech_acct_id: str\n"
        "    private_key_file: str\n\n\n"
        'account = Account(**json.load(open("conf.json")))\n'
        'connection = umapi_client.Connection("o@AdobeOrg", auth_dict=asdict(account))\n'
    )
    conf = (
        '{"api_key": "c", "client_secret": "p8e-CANARY-u", "tech_acct_id": "t", "private_key_file": "k.key"}'
    )
    tree, said = fixed(
        {"main.py": main, "conf.json": conf, "k.key": "-----BEGIN PRIVATE KEY-----\n"}, tmp_path
    )
    assert "OAuthS2S" in (tree / "main.py").read_text(), said
    assert (tree / "conf.json").read_text() == conf
    assert "tech_acct_id and private_key_file stay in conf.json" in said
    assert "Delete k.key" in said


@pytest.mark.parametrize(
    "made",
    ["with key_file() as path:\n    {}\n", "path = key_file().__enter__()\n{}\n"],
)
def test_what_makes_a_file_of_the_key_is_told(made: str, tmp_path: Path) -> None:
    call = (
        'umapi_client.Connection("o@AdobeOrg", auth_dict={"api_key": "c", "client_secret": "p8e-CANARY-k", '
    )
    call += '"tech_acct_id": "t", "private_key_file": path})'
    main = (
        "import os\nimport tempfile\nfrom contextlib import contextmanager\n\nimport umapi_client\n\n\n"
        "@contextmanager\ndef key_file():\n    with tempfile.NamedTemporaryFile() as f:\n"
        '        f.write(os.environ["KEY"].encode())\n        yield f.name\n\n\n'
    )
    tree, said = fixed({"main.py": main + made.format(call)}, tmp_path)
    assert "OAuthS2S" in (tree / "main.py").read_text(), said
    assert "Nobody needs what is made at main.py:15 any more" in said


FIELDS = """import os

import aepp


class Env:
    FIELDS = {"client": "AEP_CLIENT", "secret": "AEP_SECRET", "key": "AEP_KEY"}

    def __init__(self, environ):
        for name, variable in self.FIELDS.items():
            setattr(self, name, environ.get(variable, ""))

    def faults(self):
        return [variable for name, variable in self.FIELDS.items() if not getattr(self, name)]


"""


@pytest.mark.parametrize(
    ("other", "told"), [("", True), ("size = len(open(env.key).read())\n", False)], ids=["alone", "read"]
)
def test_what_a_table_of_attributes_still_asks_for_is_told(other: str, told: bool, tmp_path: Path) -> None:
    main = (
        "import logging\nimport os\n\nimport aepp\nfrom env import Env\n\nenv = Env(os.environ)\n"
        'logging.info("with key %s", env.key)\n'
        'aepp.configure(org_id="o", secret=env.secret, client_id=env.client, path_to_key=env.key)\n'
    )
    tree, said = fixed({"env.py": FIELDS, "main.py": main + other}, tmp_path)
    assert "path_to_key" not in (tree / "main.py").read_text(), said
    assert ("env.py:7 still asks for key, which nothing needs any more" in said) == told, said
