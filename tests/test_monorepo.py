"""Programs that lie in one tree and have nothing to do with each other change as each does alone."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import pytest
import trees
from tool import jwt2oauth
from trees import Keyring

from jwt2oauth.engine import Settings, run
from jwt2oauth.project import loading
from jwt2oauth.python.facts import index

FIXTURES = {fixture.name: fixture for fixture in trees.load_all()}
TOGETHER = {
    "files of one name": ("adapters-by-name", "signer-handed-on", "json-config-url", "nightly-sync"),
    "each with its .env": ("pydantic-env-file", "environs-prefixed", "dotenv-environment"),
    "settings at the top of a program": (
        "ini-section-chosen",
        "two-functions",
        "attrs-without-annotations",
        "unfixed-key-kept",
    ),
    "settings of a framework": ("django-settings", "django-settings-module", "flask-config"),
    "mocks of what another posts": ("two-functions", "not-adobe-mocks"),
    "lists of what has to be there": ("checks-of-presence", "required-names", "json-parts"),
    "a schema in the code": ("schema-in-the-code", "package-resources"),
    "templates of one name": ("options-default-config", "umapi-sample"),
    "attributes of one name": ("attributes-from-reply", "dual-oauth-first", "hook-remembers-connection"),
    "what an SDK wants otherwise": ("sdk-umapi-auth-dict", "sdk-umapi-jwtauth", "sdk-and-by-hand"),
    "choices by one word": ("dual-third-flow", "dual-by-environment", "dual-by-ini"),
}
SHARED = ("requirements.txt", "pyproject.toml", ".env")
"""A library or a variable that several flows used goes with the last of them."""


@pytest.mark.slow
@pytest.mark.parametrize("names", TOGETHER.values(), ids=list(TOGETHER))
def test_each_changes_as_it_does_alone(names: tuple[str, ...], keyring: Keyring, tmp_path: Path) -> None:
    before = {name: keyring.fill(trees.read(FIXTURES[name].before)) for name in names}
    tree = trees.write(
        {f"services/{name}/{path}": data for name, files in before.items() for path, data in files.items()},
        tmp_path / "tree",
    )
    for flow in jwt2oauth(tree, "scan", "--format", "json").page["flows"]:
        own = flow["trace"][0]["path"].split("/")[1]
        files = [path.split("/") for path in (flow["fix"] or {}).get("files", ())]
        assert not [parts for parts in files if parts[1] != own and parts[-1] not in SHARED], flow
    ran = jwt2oauth(tree, "fix")
    for name in names:
        after = FIXTURES[name].after
        wanted = keyring.fill(trees.read(after)) if after.is_dir() else before[name]
        assert trees.read(tree / "services" / name) == wanted, f"{name}\n{ran.story}"


ALONE = """import json, time
import jwt, requests

with open("{file}") as file:
    config = json.load(file)
ims = "https://" + config["ims"]
claims = {{"iss": config["org"], "exp": time.time() + 60, "aud": f"{{ims}}/c/" + config["id"]}}
claims[f"{{ims}}/s/ent_user_sdk"] = True
form = {{"client_id": config["id"], "client_secret": config["secret"]}}
form["jwt_token"] = jwt.encode(claims, config["key"], algorithm="RS256")
print(requests.post(ims + config["path"], data=form).json()["access_token"])
"""
CONFIG = b"""{
  "ims": "ims-na1.adobelogin.com",
  "path": "/ims/exchange/jwt",
  "id": "i",
  "secret": "s",
  "org": "o@AdobeOrg",
  "key": "k"
}
"""


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ({"services/one/conf.json": CONFIG}, True),
        ({"services/one/.keep": b""}, False),
        ({"services/one/conf.json.example": CONFIG}, True),
    ],
    ids=["its own file", "a file that is not here", "a template"],
)
def test_no_program_is_given_the_file_of_another(
    own: dict[str, bytes], *, kept: bool, tmp_path: Path
) -> None:
    """Where only the other program's file is here, what it holds is not what this one reads."""
    program = ALONE.format(file="conf.json").encode()
    files = {
        "services/one/main.py": program,
        "services/two/main.py": program,
        "services/two/conf.json": CONFIG,
    }
    tree = trees.write({**files, **own}, tmp_path / "tree")
    one, two = jwt2oauth(tree, "scan", "--format", "json").page["flows"]
    assert (one["fix"] is not None) is kept, one
    assert {path.split("/")[1] for path in two["fix"]["files"]} == {"two"}
    if kept:
        assert {path.split("/")[1] for path in one["fix"]["files"]} == {"one"}


def test_a_file_beside_foreign_scripts_is_still_the_program_s(tmp_path: Path) -> None:
    """Nothing below ``deploy`` is kin to the program, but nothing there names the file either."""
    files = {
        "app/main.py": ALONE.format(file="conf.json").encode(),
        "deploy/conf.json": CONFIG,
        "deploy/release.py": b"print('out')\n",
    }
    (flow,) = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan", "--format", "json").page["flows"]
    assert "deploy/conf.json" in flow["fix"]["files"], flow


def test_the_importers_of_many_programs_are_counted_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has few: all of them are loaded, to the last one that divides the lifetime."""
    login = ALONE.format(file="conf.json").replace("print(", "body = (").replace('["access_token"]', "")
    program = {
        "login.py": login.encode(),
        "main.py": b"from login import body\n",
        "report.py": b'from main import body\n\nprint(body["expires_in"] / 1000)\n',
        "conf.json": CONFIG,
    }
    files = {f"services/s{n}/{name}": data for n in range(6) for name, data in program.items()}
    monkeypatch.setattr(loading, "FEW", 2)
    monkeypatch.setattr(loading, "IMPORTERS", 4)
    flows = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan", "--format", "json").page["flows"]
    assert len(flows) == 6
    for number, flow in enumerate(flows):
        assert f"services/s{number}/report.py" in flow["fix"]["files"], flow


def test_where_not_all_who_matter_are_loaded_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that divides the lifetime may be among the others."""
    login = ALONE.format(file="conf.json").replace("print(", "body = (").replace('["access_token"]', "")
    files = {f"p{n}.py": b'from login import body\n\nprint(body["access_token"])\n' for n in range(6)}
    files |= {"z.py": b'from login import body\n\nprint(body["expires_in"] / 1000)\n'}
    files |= {"login.py": login.encode(), "conf.json": CONFIG, "far/two.py": login.encode()}
    files |= {"far/conf.json": CONFIG}
    monkeypatch.setattr(loading, "FEW", 2)
    monkeypatch.setattr(loading, "IMPORTERS", 4)
    flows = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan", "--format", "json").page["flows"]
    assert [flow["unfixed"] and flow["unfixed"]["reason"] for flow in flows] == [None, "too-many-users"]
    monkeypatch.setattr(loading, "IMPORTERS", 9)
    flows = jwt2oauth(tmp_path / "tree", "scan", "--format", "json").page["flows"]
    assert "z.py" in flows[1]["fix"]["files"]


TAKING = {
    "the name": ("from login import body", True),
    "the name, under another": ("from login import (\n    other as o,  # ours\n    body as b,\n)", True),
    "the module": ("import login\n\nprint(login.body)", True),
    "everything": ("from login import *\n\nprint(body)", True),
    "some name": ("import login\n\nprint(getattr(login, NAME))", True),
    "what gives it": ("from login import fetch", True),
    "a text": ("from unittest.mock import patch\n\npatch('login.body')", True),
    "another name": ("from login import other\n\nbody = getattr(other, 'body')", False),
    "the module, for another name": ("import login\n\nprint(login.other)", False),
}
"""What is imported of a module that holds a login, and whether that matters."""


@pytest.mark.parametrize("way", TAKING)
def test_of_very_many_importers_those_matter_that_take_what_leads_to_the_flow(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``seen.py`` divides the lifetime if it has it; the others make the importers very many."""
    taken, matters = TAKING[way]
    login = ALONE.format(file="conf.json").replace("print(", "body = (").replace('["access_token"]', "")
    login += "\n\ndef fetch():\n    return body\n\n\nclass other:\n    age = 1\n"
    files = {f"p{n}.py": b"from login import other\n" for n in range(4)}
    files |= {"seen.py": f"{taken}\n".encode(), "login.py": login.encode(), "conf.json": CONFIG}
    monkeypatch.setattr(loading, "FEW", 2)
    loaded: set[str] = set()
    follow = loading.Loader._follow

    def noted(self: loading.Loader, paths: Iterable[str]) -> None:
        follow(self, paths)
        loaded.update(() if loaded else (module.path for module in self.index.loaded))

    monkeypatch.setattr(loading.Loader, "_follow", noted)
    jwt2oauth(trees.write(files, tmp_path / "tree"), "scan")
    assert ("seen.py" in loaded) is matters, loaded
    assert "p0.py" not in loaded


@pytest.mark.parametrize("spelled", [False, True], ids=["of its own", "of ours"])
def test_what_another_program_loads_is_followed_only_if_it_spells_the_file(
    *, spelled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks for a key as ours is called; where it loads it from is looked up if that may be our file."""
    name = "app/conf.json" if spelled else "else.json"
    files = {
        "app/main.py": ALONE.format(file="conf.json").encode(),
        "app/conf.json": CONFIG,
        "other/report.py": b"import json\n\nfrom .paths import PATH\n\n"
        b"with open(PATH) as file:\n    print(json.load(file)['org'])\n",
        "other/paths.py": b"from .names import NAME\n\nPATH = '../' + NAME\n",
        "other/names.py": f"NAME = '{name}'\n".encode(),
        "other/__init__.py": b"",
    }
    tree = trees.write(files, tmp_path / "tree")
    loaded: list[str] = []
    load = index.Index.module
    monkeypatch.setattr(index.Index, "module", lambda self, path: loaded.append(path) or load(self, path))
    (flow,) = jwt2oauth(tree, "scan", "--format", "json").page["flows"]
    assert ("other/paths.py" in loaded) is spelled
    assert flow["fix"] is not None


def test_nobody_of_another_program_is_asked_for_an_entry_that_is_gone(
    keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims go: who else of ours spells ``sub`` is loaded for the tests' sake, and a stranger is not."""
    reading = b"def owner(data):\n    return data['sub']\n"
    own = keyring.fill(trees.read(FIXTURES["urllib-request"].before))
    own |= {"owners.py": reading, "test_catalog.py": b"import pytest\n\nimport catalog\n"}
    files = {f"one/{path}": data for path, data in own.items()}
    loaded: set[str] = set()
    load = index.Index.module
    monkeypatch.setattr(index.Index, "module", lambda self, path: loaded.add(path) or load(self, path))
    tree = trees.write({**files, "two/owners.py": reading}, tmp_path / "tree")
    (flow,) = jwt2oauth(tree, "scan", "--format", "json").page["flows"]
    assert flow["fix"] is not None
    assert "one/owners.py" in loaded
    assert "two/owners.py" not in loaded


def test_deployment_and_keys_are_told_with_the_program_beside_which_they_lie(tmp_path: Path) -> None:
    """Both programs have the same names for all; a file beside neither is told with both."""
    program = ALONE.format(file="conf.json").replace('config["key"]', 'open("private.key").read()').encode()
    key = b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"
    files = {
        f"services/{name}/{path}": data
        for name in ("one", "two")
        for path, data in {
            "main.py": program,
            "conf.json": CONFIG,
            "private.key": key,
            "Dockerfile": b"COPY private.key /\n",
        }.items()
    }
    files["Jenkinsfile"] = b"withCredentials([file('private.key')]) { sh 'run' }\n"
    tree = trees.write(files, tmp_path / "tree")
    for flow in jwt2oauth(tree, "scan", "--format", "json").page["flows"]:
        own = flow["trace"][0]["path"].split("/")[1]
        said = " ".join(flow["fix"]["todo"])
        assert f"services/{own}/Dockerfile:1" in said
        assert "Jenkinsfile:1" in said
        assert f"Delete services/{own}/private.key, which holds the private key (" in said
        assert f"services/{'one' if own == 'two' else 'two'}/" not in said


def calls(tree: Path, flows: int) -> int:
    """How many calls of Python functions it takes to rewrite all ``flows`` of a tree."""
    count = itertools.count()

    def counted(_frame: FrameType, event: str, _arg: object) -> None:
        if event == "call":
            next(count)

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        report = run([tree], Settings()).report
    finally:
        sys.setprofile(before)
    assert sum(flow.rewrite is not None for flow in report.flows) == flows
    return next(count)


@pytest.mark.slow
def test_the_work_grows_with_the_number_of_programs_and_no_faster(keyring: Keyring, tmp_path: Path) -> None:
    """Counted are the calls of Python functions: they would grow with its square if each asked all others."""
    files = keyring.fill(trees.read(FIXTURES["cached-client"].before))

    def taken(copies: int) -> int:
        copied = {f"services/s{n}/{path}": data for n in range(copies) for path, data in files.items()}
        return calls(trees.write(copied, tmp_path / "tree"), copies)

    taken(1)  # what is loaded once
    four, twelve = taken(4), taken(12)
    assert twelve <= 3 * four * 1.25, (four, twelve)


@pytest.mark.slow
def test_the_work_grows_with_a_file_and_no_faster(keyring: Keyring, tmp_path: Path) -> None:
    """Functions that have nothing to do with the login, and names that all of them have for their own."""
    login = keyring.fill(trees.read(FIXTURES["one-function"].before))["adobe_token.py"]
    other = """

def total_{number}(rows, *, rate=1.0, skip=()):
    found = {{}}
    for number, row in enumerate(rows):
        if row["state"] in skip or not row.get("amount"):
            continue
        name = f"{{row['customer']}}-{{number % 10}}"
        found[name] = found.get(name, 0) + round(row["amount"] * rate, 2)
    return sorted(found.items())
"""

    def taken(functions: int) -> int:
        others = "".join(other.format(number=number) for number in range(functions))
        return calls(trees.write({"adobe_token.py": login + others.encode()}, tmp_path / "tree"), 1)

    taken(1)  # what is loaded once
    twenty, sixty = taken(20), taken(60)
    assert sixty <= 3 * twenty, (twenty, sixty)
