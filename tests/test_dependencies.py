"""Manifests: what leaves, what joins, in each file's own style; every other line stays byte for byte."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwt2oauth.config import toml
from jwt2oauth.config.manifests import groups, is_manifest
from jwt2oauth.config.requirements import Wanted
from jwt2oauth.dependencies import Outlook, outlook
from jwt2oauth.edits import apply
from jwt2oauth.model import Edit
from jwt2oauth.rules import load
from jwt2oauth.walk import Tree

BEFORE = "import jwt\nimport requests\n\nrequests.post(URL, data={'jwt_token': jwt.encode(C, K)})\n"
AFTER = "from authlib.integrations.requests_client import OAuth2Session\n\nOAuth2Session()\n"
OTHER = "import jwt\n\njwt.decode(session)\n"


def changed(root: Path, files: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], Outlook]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")
    found = outlook(Tree(root), after, load().dependencies, list(after))
    edits: dict[str, list[Edit]] = {}
    for edit in (*found.gains, *found.losses):
        edits.setdefault(edit.path, []).append(edit)
    return {path: apply(files[path], each) for path, each in edits.items()}, found


def manifest(text: str) -> str:
    return textwrap.dedent(text).removeprefix("\n")


MANIFESTS = {
    "requirements.txt": (
        manifest("""
            # ours
            -r base.txt
            requests==2.31.0  # http
            PyJWT[crypto]==2.8.0
            cryptography==41.0.1 ; python_version > "3" \\
                # why
            zeep
        """),
        manifest("""
            # ours
            -r base.txt
            requests==2.31.0  # http
            Authlib>=1.6
            zeep
        """),
    ),
    "requirements/prod.txt": ("click\nPyJWT\nrequests\n", "Authlib>=1.6\nclick\nrequests\n"),
    "requirements.in": ("pyjwt>=1.7\r\nrequests\r\n", "authlib>=1.6\r\nrequests\r\n"),
    "constraints.txt": ("requests<3\nPyJWT<3", "requests<3\nAuthlib>=1.6\n"),
    "setup.cfg": (
        manifest("""
            [options]
            packages = find:
            install_requires =
                requests
                PyJWT>=2  # signs
                cryptography
            zip_safe = no
        """),
        manifest("""
            [options]
            packages = find:
            install_requires =
                requests
                Authlib>=1.6
            zip_safe = no
        """),
    ),
    "setup.py": (
        "setup(name='x', install_requires=['requests', 'PyJWT', 'cryptography'], # ü\n)\n",
        "setup(name='x', install_requires=['requests', 'Authlib>=1.6'], # ü\n)\n",
    ),
    "Pipfile": (
        manifest("""
            [packages]
            requests = "*"
            pyjwt = {extras = ["crypto"], version = "*"}

            [requires]
            python_version = "3.11"
        """),
        manifest("""
            [packages]
            requests = "*"
            authlib = ">=1.6"

            [requires]
            python_version = "3.11"
        """),
    ),
    "environment.yml": (
        manifest("""
            dependencies:
              - python=3.11
              - pyjwt
              - conda-forge::cryptography=41
              - requests
              - pip:
                  - zeep
        """),
        manifest("""
            dependencies:
              - python=3.11
              - authlib>=1.6
              - requests
              - pip:
                  - zeep
        """),
    ),
    "pyproject.toml": (
        manifest("""
            [project]
            name = "x"
            dependencies = [
                "requests>=2",
                "PyJWT>=2",   # signs
                "cryptography",
            ]

            [project.optional-dependencies]
            dev = ["pytest", "PyJWT"]
        """),
        manifest("""
            [project]
            name = "x"
            dependencies = [
                "requests>=2",
                "Authlib>=1.6",
            ]

            [project.optional-dependencies]
            dev = ["pytest"]
        """),
    ),
}
POETRY = (
    manifest("""
        [tool.poetry.dependencies]
        python = "^3.11"
        PyJWT = {version="^2", extras=["crypto"]}
        requests = "*"
    """),
    manifest("""
        [tool.poetry.dependencies]
        python = "^3.11"
        Authlib = ">=1.6"
        requests = "*"
    """),
)


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_kind(name: str, tmp_path: Path) -> None:
    text, wanted = MANIFESTS[name]
    made, found = changed(tmp_path, {"auth.py": BEFORE, name: text}, {"auth.py": AFTER})
    assert made == {name: wanted}
    assert "no longer imported anywhere" in " ".join(found.notes)


def test_poetry(tmp_path: Path) -> None:
    made, _ = changed(tmp_path, {"auth.py": BEFORE, "pyproject.toml": POETRY[0]}, {"auth.py": AFTER})
    assert made == {"pyproject.toml": POETRY[1]}


def test_all_manifests_that_declare_it(tmp_path: Path) -> None:
    files = {
        "auth.py": BEFORE,
        "requirements.txt": "PyJWT\n",
        "requirements-dev.txt": "-r requirements.txt\npyjwt\npytest\n",
        "setup.py": 'setup(install_requires=["PyJWT", "click"])\n',
    }
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {
        "requirements.txt": "Authlib>=1.6\nrequests>=2.20\n",
        "requirements-dev.txt": "-r requirements.txt\npytest\n",
        "setup.py": 'setup(install_requires=["Authlib>=1.6", "requests>=2.20", "click"])\n',
    }


@pytest.mark.parametrize("where", ["sessions.py", "tests/test_sessions.py", "tools/notebook.ipynb"])
def test_what_is_imported_elsewhere_stays(where: str, tmp_path: Path) -> None:
    text = OTHER if where.endswith(".py") else f'{{"cells": [{{"source": ["import jwt\\n"]}}]}}\n{OTHER}'
    files = {"auth.py": BEFORE, where: text, "requirements.txt": "PyJWT\nrequests\n"}
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert "PyJWT\n" in made["requirements.txt"]
    assert "Authlib>=1.6\n" in made["requirements.txt"]
    assert not found.losses


def test_two_services_with_manifests_of_their_own(tmp_path: Path) -> None:
    files = {
        "one/auth.py": BEFORE,
        "one/requirements.txt": "PyJWT\nrequests\n",
        "two/login.py": OTHER,
        "two/requirements.txt": "PyJWT\nrequests\n",
    }
    made, _ = changed(tmp_path, files, {"one/auth.py": AFTER})
    assert made == {"one/requirements.txt": "Authlib>=1.6\nrequests\n"}


def test_a_manifest_that_two_services_share_keeps_what_one_needs(tmp_path: Path) -> None:
    files = {"one/auth.py": BEFORE, "two/login.py": OTHER, "requirements.txt": "PyJWT\nrequests\n"}
    made, _ = changed(tmp_path, files, {"one/auth.py": AFTER})
    assert made == {"requirements.txt": "PyJWT\nAuthlib>=1.6\nrequests\n"}


def test_hashes_are_not_written_by_hand(tmp_path: Path) -> None:
    text = "pyjwt==2.8.0 \\\n    --hash=sha256:aa\nrequests==2.31.0 \\\n    --hash=sha256:bb\n"
    made, found = changed(tmp_path, {"auth.py": BEFORE, "requirements.txt": text}, {"auth.py": AFTER})
    assert made == {"requirements.txt": "requests==2.31.0 \\\n    --hash=sha256:bb\n"}
    assert any("with its hashes" in todo for todo in found.todos)


def test_lock_files_are_a_command(tmp_path: Path) -> None:
    compiled = (
        "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the following command:\n#\n"
        "#    pip-compile --output-file=requirements.txt requirements.in\n#\npyjwt==2.8.0\n"
    )
    files = {
        "auth.py": BEFORE,
        "requirements.in": "pyjwt\nrequests\n",
        "requirements.txt": compiled,
        "poetry.lock": "",
        "other/poetry.lock": "",
    }
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"requirements.in": "authlib>=1.6\nrequests\n"}
    assert found.todos == [
        "Write poetry.lock anew: poetry lock.",
        "Write requirements.txt anew: pip-compile --output-file=requirements.txt requirements.in.",
    ]


def test_without_any_manifest_it_is_said(tmp_path: Path) -> None:
    _, found = changed(tmp_path, {"auth.py": BEFORE}, {"auth.py": AFTER})
    assert found.todos[0].startswith("Add Authlib>=1.6 to the dependencies")


def test_nothing_new_nothing_gone_nothing_written(tmp_path: Path) -> None:
    files = {"auth.py": OTHER, "requirements.txt": "PyJWT\nrequests\n"}
    made, found = changed(tmp_path, files, {"auth.py": OTHER + "\n"})
    assert made == {}
    assert not found.todos


def test_names_of_manifests() -> None:
    assert all(
        map(is_manifest, [*MANIFESTS, "a/requirements/base.in", "env-dev.yaml", "requirements_test.txt"])
    )
    assert not any(map(is_manifest, ["a.txt", "prod.yml", "setup.cfg.bak", "docs/require.md", "values.toml"]))


# Any document: what is not named stays as it is

NAMES = ("requests", "PyJWT", "click", "zeep", "Cryptography")
SPACES = st.sampled_from(["", " ", "  ", "\t"])
REMARKS = st.sampled_from(["", "  # why", ' # it\'s "quoted", [really]'])


@st.composite
def requirement_lines(draw: st.DrawFn) -> str:
    lines = [
        draw(st.sampled_from(["# a remark", "", "-r base.txt", "--index-url https://x/"]))
        if draw(st.booleans())
        else draw(st.sampled_from(NAMES))
        + draw(st.sampled_from(["", "==1.0", ">=1,<3", "[crypto]~=2.1"]))
        + draw(REMARKS)
        for _ in range(draw(st.integers(0, 8)))
    ]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from(["", newline]))


@st.composite
def toml_text(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=5))
    inline = draw(st.booleans())
    quote = draw(st.sampled_from("\"'"))
    if inline:
        items = f",{draw(SPACES)}".join(f"{quote}{name}>=1{quote}" for name in names)
        array = f"[{draw(SPACES)}{items}{draw(SPACES)}]"
    else:
        array = "[\n" + "".join(f"  {quote}{name}{quote},{draw(REMARKS)}\n" for name in names) + "]"
    head = draw(st.sampled_from(["", "# top\n", '[build-system]\nrequires = ["hatchling"]\n\n']))
    name = f'name{draw(SPACES)}= "x"{draw(REMARKS)}'
    return f'{head}[project]\n{name}\ndependencies = {array}{draw(REMARKS)}\nversion = "1"\n'


def rewritten(path: str, text: str) -> str:
    lost = {"pyjwt", "cryptography"}
    edits = []
    for group in groups(path, text):
        if group.names() & lost:
            changes = [*group.with_(Wanted("Authlib", ">=1.6"), lost), *group.without(lost)]
            edits += [Edit(path, span, new) for span, new in changes]
    return apply(text, edits)


@given(requirement_lines())
def test_any_requirements_file(text: str) -> None:
    made = rewritten("requirements.txt", text)
    kept = [line for line in text.splitlines() if not line.lower().startswith(("pyjwt", "crypt"))]
    seen = [line for line in made.splitlines() if not line.lower().startswith("authlib")]
    assert seen == kept
    assert made.lower().count("authlib") == (len(kept) < len(text.splitlines()))
    assert rewritten("requirements.txt", made) == made


@given(toml_text())
def test_any_pyproject(text: str) -> None:
    made = rewritten("pyproject.toml", text)
    before, after = tomllib.loads(text)["project"], tomllib.loads(made)["project"]
    kept = [each for each in before["dependencies"] if not each.lower().startswith(("pyjwt", "crypt"))]
    assert [each for each in after["dependencies"] if "uthlib" not in each] == kept
    assert len(after["dependencies"]) == len(kept) + (len(kept) < len(before["dependencies"]))
    assert {**before, "dependencies": 0} == {**after, "dependencies": 0}
    for line in text.splitlines():
        if not any(name.lower() in line.lower() for name in ("pyjwt", "crypt")):
            assert line in made.splitlines() or "dependencies" in line


@given(toml_text())
def test_places_are_those_of_the_values(text: str) -> None:
    found = toml.places(text)
    assert found is not None
    value = found["project", "dependencies"]
    assert len(value.items) == len(tomllib.loads(text)["project"]["dependencies"])
