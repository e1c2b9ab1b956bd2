"""One program with settings of its own, written otherwise in one place: what becomes of its files, too."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from test_in_one_place import ORG, SCOPES, TESTED, fixed
from tool import jwt2oauth

CONFIG = {
    "import os\n": "import json\nimport os\n",
    "IMS =": 'with open("config.json") as handle:\n    CONFIG = json.load(handle)\nIMS =',
    "os.environ['ID']": "CONFIG['id']",
    'os.environ["ID"]': 'CONFIG["id"]',
    'os.environ["SECRET"]': 'CONFIG["secret"]',
    ORG: 'CONFIG["org"]',
    '"k.pem"': 'CONFIG["key"]',
}
JSON = f'{{"id": "abab", "secret": "p8e-CANARY-1", "org": {ORG}, "key": "k.pem"}}\n'


def test_a_list_of_all_keys_that_is_compared_elsewhere_is_told(tmp_path: Path) -> None:
    test = """import json

KEYS = ["id", "secret", "org", "key"]


def test_keys():
    with open("config.json") as handle:
        assert sorted(json.load(handle)) == sorted(KEYS)
"""
    _, told = fixed(tmp_path, CONFIG, {"config.json": JSON, "tests/test_main.py": test})
    assert "tests/test_main.py:3 names all keys of a mapping that has scopes as well now" in told


@pytest.mark.parametrize(("folder", "goes"), [("tempfile.mkdtemp()", True), ('"somewhere"', False)])
def test_a_file_of_that_name_in_a_temporary_folder_is_a_tests_own(
    folder: str, goes: bool, tmp_path: Path
) -> None:
    test = f"""import json
import os
import tempfile

import main


def test_it(monkeypatch):
    folder = {folder}
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump({{"id": "x", "secret": "p8e-CANARY-2", "org": "o", "key": "k.pem"}}, f)
    monkeypatch.chdir(folder)
    assert main.fetch()
"""
    made, told = fixed(tmp_path, CONFIG | TESTED, {"config.json": JSON, "tests/test_main.py": test})
    assert ("k.pem" not in made["config.json"]) is goes, told


def test_what_is_put_over_a_configuration_is_read_with_it(tmp_path: Path) -> None:
    more = CONFIG | {
        "IMS =": CONFIG["IMS ="].replace("IMS", 'CONFIG.update(json.load(open("own.json")))\nIMS')
    }
    own = '{"key": "own.pem"}\n'
    made, told = fixed(tmp_path, more, {"config.json": JSON, "own.json": own})
    assert made["own.json"] == own
    assert "key stays in own.json, where no flow needs it any more: main.py:10 takes it as a whole" in told


@pytest.mark.parametrize(("more", "said"), [("", True), ('OWN = open("own.txt").read()\nIMS =', False)])
def test_nobody_misses_a_file_any_more(more: str, said: bool, tmp_path: Path) -> None:
    test = """import pytest
from main import fetch


def test_no_key(monkeypatch):
    monkeypatch.setenv("ID", "x")
    with pytest.raises(FileNotFoundError):
        fetch()
"""
    _, told = fixed(tmp_path, {**TESTED, "IMS =": more or "IMS ="}, {"tests/test_main.py": test})
    assert ("(test_no_key) expects an error that is raised no more" in told) is said


def test_an_error_that_comes_no_more_is_told_once(tmp_path: Path) -> None:
    test = """import pytest
from main import fetch


def test_no_key(monkeypatch):
    monkeypatch.setenv("KEY_PATH", "/nowhere")
    with pytest.raises(FileNotFoundError):
        fetch()
"""
    texts = TESTED | {'"k.pem"': 'os.environ["KEY_PATH"]'}
    _, told = fixed(tmp_path, texts, {"tests/test_main.py": test})
    assert told.count("(test_no_key) expects an error") == 1, told


@pytest.mark.parametrize("kind", ["Adobe", "str"])
def test_a_group_of_settings_is_needed_for_what_else_is_in_it(kind: str, tmp_path: Path) -> None:
    """``ADOBE='{"id": …}'``: the key is one of its parts."""
    models = "from pydantic_settings import BaseSettings\nfrom pydantic import BaseModel\n\n"
    models += "class Adobe(BaseModel):\n    id: str\n    key: str\n\n"
    models += f"class Settings(BaseSettings):\n    adobe: {kind}\n\nsettings = Settings()\nIMS ="
    texts = {
        "IMS =": models,
        "os.environ['ID']": "settings.adobe.id",
        'os.environ["ID"]': "settings.adobe.id",
        '"k.pem"': "settings.adobe.key" if kind == "Adobe" else "settings.adobe",
    }
    _, told = fixed(tmp_path, texts)
    assert ("No flow needs adobe any more" in told) is (kind == "str"), told


def test_settings_in_stages(tmp_path: Path) -> None:
    made = 'settings = Dynaconf(settings_files=["settings.toml"], environments=True)\nIMS ='
    texts = {
        "import requests\n": "import requests\nfrom dynaconf import Dynaconf\n",
        "IMS =": made,
        "os.environ['ID']": "settings.ID",
        'os.environ["ID"]': "settings.ID",
        'os.environ["SECRET"]': "settings.SECRET",
        '"k.pem"': "settings.KEY",
    }
    toml = '[default]\nid = "a"\nsecret = "p8e-CANARY-3"\nkey = "k.pem"\n\n[live]\nid = "b"\nkey = "p.pem"\n'
    after, told = fixed(tmp_path, texts, {"settings.toml": toml})
    scopes = f'scopes = "{SCOPES}"\n'
    assert after["settings.toml"] == (
        f'[default]\nid = "a"\nsecret = "p8e-CANARY-3"\n{scopes}\n[live]\nid = "b"\n{scopes}'
    ), told


def test_the_prefix_of_variables_in_a_mapping(tmp_path: Path) -> None:
    settings = """class Settings(BaseSettings):
    model_config = {"env_prefix": "ACME_"}

    id: str
    secret: str
    key: str


settings = Settings()
IMS ="""
    texts = {
        "import requests\n": "import requests\nfrom pydantic_settings import BaseSettings\n",
        "os.environ['ID']": "settings.id",
        'os.environ["ID"]': "settings.id",
        'os.environ["SECRET"]': "settings.secret",
        '"k.pem"': "settings.key",
        "IMS =": settings,
    }
    _, told = fixed(tmp_path, texts)
    assert "Set ACME_SCOPES where this runs" in told
    assert "Nothing here reads ACME_KEY from the environment any more." in told


@pytest.mark.parametrize(
    ("head", "asked", "made"),
    [
        ("def __init__(self, environ=os.environ):", "environ.get('IO_ID', 'c')", "environ['IO_SCOPES']"),
        ("def __init__(self):", "os.environ.get('IO_ID', 'c')", "os.environ['IO_SCOPES']"),
        ("def __init__(self):", "os.getenv('IO_ID', 'c')", "os.environ['IO_SCOPES']"),
    ],
)
def test_an_environment_that_is_handed_in_is_asked(head: str, asked: str, made: str, tmp_path: Path) -> None:
    settings = f"""import os


class Settings:
    {head}
        self.client_id = {asked}
        self.jwt = os.environ['IO_JWT']
"""
    program = """import requests
from settings import Settings

s = Settings()
form = {"client_id": s.client_id, "client_secret": "p8e-CANARY-x", "jwt_token": s.jwt}
r = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
print(r.json()["access_token"])
"""
    files = {"settings.py": settings.encode(), "main.py": program.encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert f"self.scopes = {made}\n" in (tree / "settings.py").read_text(), ran.story
