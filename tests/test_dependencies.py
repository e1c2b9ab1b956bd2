"""Manifests: what leaves, what joins, in each file's own style; every other line stays byte for byte."""

from __future__ import annotations

import ast
import json
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from adversary import taken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from jwt2oauth.config import conda, requirements, specifiers, toml
from jwt2oauth.config.manifests import groups, is_manifest
from jwt2oauth.config.requirements import Wanted
from jwt2oauth.dependencies import Declared, Outlook, outlooks
from jwt2oauth.edits import apply
from jwt2oauth.model import Edit, Span
from jwt2oauth.rules.load import load
from jwt2oauth.tree.walk import Tree

BEFORE = "import jwt\nimport requests\n\nrequests.post(URL, data={'jwt_token': jwt.encode(C, K)})\n"
AFTER = "from authlib.integrations.requests_client import OAuth2Session\n\nOAuth2Session()\n"
OTHER = "import jwt\n\njwt.decode(session)\n"


def changed(root: Path, files: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], Outlook]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")
    contents = {path: text.encode() for path, text in after.items()}
    (found,) = outlooks(Tree(root), [contents], load().dependencies)
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
    "constraints.txt": ("requests<3\nPyJWT<3", "requests<3\n"),
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
        Authlib = "^1.6"
        requests = "*"
    """),
)


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_kind(name: str, tmp_path: Path) -> None:
    text, wanted = MANIFESTS[name]
    made, found = changed(tmp_path, {"auth.py": BEFORE, name: text}, {"auth.py": AFTER})
    assert made == {name: wanted}
    assert "no longer imported" in " ".join(found.notes)


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


NOTEBOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": ["%matplotlib inline\n", "import jwt\n"],
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    },
    indent=1,
)
ELSEWHERE = {
    "sessions.py": OTHER,
    "tests/test_sessions.py": "import pytest\n\njwt = pytest.importorskip('jwt')\n",
    "tools/notebook.ipynb": NOTEBOOK,
    "tools/one_line.py": "try: import jwt\nexcept ImportError: jwt = None\n",
    "tests/test_stand_in.py": "def test_it(mocker):\n    mocker.patch('jwt.decode')\n",
    "tools/ends_in_cr.py": "import os\rimport jwt\r",
    "lazy.py": "import importlib\n\njwt = importlib.import_module('jwt')\n",
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_what_is_imported_elsewhere_stays(where: str, tmp_path: Path) -> None:
    files = {"auth.py": BEFORE, where: ELSEWHERE[where], "requirements.txt": "PyJWT\nrequests\n"}
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert "PyJWT\n" in made["requirements.txt"]
    assert "Authlib>=1.6\n" in made["requirements.txt"]
    assert not found.losses


@pytest.mark.parametrize("other", [OTHER, "import jwt\n\nprint jwt.decode(session)\n"])
def test_what_stays_for_a_file_that_cannot_be_parsed_is_said(other: str, tmp_path: Path) -> None:
    files = {"requirements.txt": "requests\nPyJWT\n", "ims.py": BEFORE, "tools/old.py": other}
    _, found = changed(tmp_path, files, {"ims.py": AFTER})
    said = ["PyJWT stays: tools/old.py, which cannot be parsed, still imports it."]
    assert found.notes == ([] if other == OTHER else said)


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
    assert made == {"requirements.txt": "Authlib>=1.6\nPyJWT\nrequests\n"}


def test_a_script_with_a_list_of_its_own(tmp_path: Path) -> None:
    script = manifest("""
        #!/usr/bin/env python3
        # Signs jwt tokens.
        # /// script
        # requires-python = ">=3.11"
        # dependencies = [
        #     "keyring",
        #     "pyjwt[crypto]>=2.8",  # signs
        #     "requests",
        # ]
        # ///
        import jwt
    """)
    files = {"tools/a.py": script, "other.py": OTHER, "requirements.txt": "PyJWT\n"}
    after, found = changed(tmp_path, files, {"tools/a.py": AFTER})
    assert list(after) == ["tools/a.py"]
    without = script.replace('#     "pyjwt[crypto]>=2.8",  # signs\n', "")
    assert after["tools/a.py"] == without.replace("= [\n", '= [\n#     "authlib>=1.6",\n')
    assert not found.todos


def test_lines_of_bazel_and_pants(tmp_path: Path) -> None:
    build = """
        py_library(deps = [
            requirement("pyjwt"),
            requirement("requests"),
        ])
        python_sources(dependencies=["3rdparty/python#pyjwt"])
        python_requirement(name="r", requirements=["PyJWT[crypto]==2.8"])
        py_library(name = "pyjwt", deps = [":pyjwt"])
    """
    _, found = changed(tmp_path, {"a.py": BEFORE, "BUILD.bazel": manifest(build)}, {"a.py": AFTER})
    told = " ".join(found.todos)
    assert all(f"BUILD.bazel:{line}" in told for line in (2, 5, 6)), told
    assert "BUILD.bazel:7" not in told, told


def test_comments_that_only_look_like_a_list(tmp_path: Path) -> None:
    script = '# dependencies = ["pyjwt"]\nimport jwt\n'
    after, _ = changed(tmp_path, {"a.py": script, "requirements.txt": "PyJWT\nrequests\n"}, {"a.py": AFTER})
    assert list(after) == ["requirements.txt"]


def test_the_nearest_manifest_rules(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "PyJWT\ncryptography\nrequests\n",
        "docker/requirements.txt": "pyjwt\nrequests\n",
        "login.py": OTHER,
        "jobs/sync/auth.py": BEFORE,
        "jobs/sync/pyproject.toml": '[project]\ndependencies = ["requests", "pyjwt[crypto]>=2"]\n',
        "jobs/sync/tests/requirements.txt": "pytest\npyjwt\n",
    }
    made, _ = changed(tmp_path, files, {"jobs/sync/auth.py": AFTER})
    assert made == {
        "jobs/sync/pyproject.toml": '[project]\ndependencies = ["requests", "authlib>=1.6"]\n',
        "jobs/sync/tests/requirements.txt": "pytest\n",
    }


def test_a_manifest_beside_no_code_is_for_the_code_above(tmp_path: Path) -> None:
    files = {"auth.py": BEFORE, "docker/requirements.txt": "pyjwt\nrequests\n"}
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"docker/requirements.txt": "authlib>=1.6\nrequests\n"}


def test_what_another_distribution_needs_stays(tmp_path: Path) -> None:
    text = "PyJWT==2.8\nPyMySQL\ncryptography\nrequests\n"
    made, _ = changed(tmp_path, {"auth.py": BEFORE, "requirements.txt": text}, {"auth.py": AFTER})
    assert made == {"requirements.txt": "Authlib>=1.6\nPyMySQL\ncryptography\nrequests\n"}


def test_cryptography_stays_beside_a_pyjwt_that_stays(tmp_path: Path) -> None:
    files = {"auth.py": BEFORE, "login.py": OTHER, "requirements.txt": "PyJWT\ncryptography\nrequests\n"}
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"requirements.txt": "Authlib>=1.6\nPyJWT\ncryptography\nrequests\n"}


def test_what_came_by_an_extra_and_is_imported_still_is_told(tmp_path: Path) -> None:
    posts = "import requests\n\nrequests.post(URL)\n"
    files = {
        "auth.py": BEFORE,
        "tests/test_auth.py": "from cryptography.hazmat.primitives import hashes\n",
        "pyproject.toml": '[project]\ndependencies = ["pyjwt[crypto]>=2", "requests"]\n',
    }
    made, found = changed(tmp_path, files, {"auth.py": posts})
    assert made == {"pyproject.toml": '[project]\ndependencies = ["requests"]\n'}
    (told,) = [todo for todo in found.todos if "came with" in todo]
    assert told.startswith(
        "cryptography came with PyJWT, which leaves pyproject.toml, and tests/test_auth.py"
    )
    for still in (
        '"pyjwt>=2", ',
        '"pyjwt[tests]>=2", ',
        '"pyjwt[crypto]>=2", "cryptography", ',
        '"pyjwt[crypto]>=2", "joserfc", ',
    ):
        files["pyproject.toml"] = f'[project]\ndependencies = [{still}"requests"]\n'
        assert not any("came with" in todo for todo in changed(tmp_path, files, {"auth.py": posts})[1].todos)


def test_a_key_that_is_called_like_a_module_imports_nothing(tmp_path: Path) -> None:
    files = {
        "auth.py": BEFORE,
        "requirements.txt": "PyJWT\nrequests\n",
        "tests/test_auth.py": 'def test(monkeypatch):\n    monkeypatch.setattr(auth, "CONF", {"jwt": {}})\n',
    }
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"requirements.txt": "Authlib>=1.6\nrequests\n"}
    files["tests/test_auth.py"] = 'def test(monkeypatch):\n    monkeypatch.setattr("jwt.decode", print)\n'
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"requirements.txt": "Authlib>=1.6\nPyJWT\nrequests\n"}


def test_the_last_flow_takes_out_what_both_used(tmp_path: Path) -> None:
    files = {
        "one.py": BEFORE,
        "two.py": BEFORE,
        "setup.py": "setup(install_requires=['PyJWT'])\n",
        "requirements.txt": "PyJWT\ncryptography\nrequests\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    steps = [{"one.py": AFTER.encode()}, {"two.py": AFTER.encode()}]
    first, second = outlooks(Tree(tmp_path), steps, load().dependencies)
    assert not first.losses
    assert {edit.path for edit in first.gains} == {"setup.py", "requirements.txt"}
    assert first.gains == second.gains  # each of them can be applied alone
    edits = sorted({*first.gains, *second.gains, *second.losses})
    after_first = {path: apply(files[path], [e for e in first.gains if e.path == path]) for path in files}
    after = {path: apply(files[path], [e for e in edits if e.path == path]) for path in files}
    assert after_first["requirements.txt"] == "Authlib>=1.6\nPyJWT\ncryptography\nrequests\n"
    assert "'Authlib>=1.6', 'requests>=2.20', 'PyJWT'" in after_first["setup.py"]
    assert after["requirements.txt"] == "Authlib>=1.6\nrequests\n"
    assert ast.literal_eval(after["setup.py"].partition("=")[2].strip(")\n")) == [
        "Authlib>=1.6",
        "requests>=2.20",
    ]


def test_a_flow_that_leaves_its_file_takes_its_imports_along(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(BEFORE)
    (tmp_path / "sign.py").write_text("import jwt\n")
    (tmp_path / "requirements.txt").write_text("PyJWT\nrequests\n")
    steps = [{"one.py": AFTER.encode(), "sign.py": None}]
    (found,) = outlooks(Tree(tmp_path), steps, load().dependencies)
    assert [edit.text for edit in found.losses] == [""]


def test_a_list_that_is_not_read_is_said(tmp_path: Path) -> None:
    text = "NEEDS = open('needs').read().split() + ['PyJWT']\nsetup(install_requires=NEEDS)\n"
    made, found = changed(tmp_path, {"auth.py": BEFORE, "setup.py": text}, {"auth.py": AFTER})
    assert made == {}
    assert any(todo.startswith("setup.py still names PyJWT") for todo in found.todos)
    assert any(todo.startswith("Add Authlib") for todo in found.todos)


def test_hashes_are_not_written_by_hand(tmp_path: Path) -> None:
    text = "pyjwt==2.8.0 \\\n    --hash=sha256:aa\nrequests==2.31.0 \\\n    --hash=sha256:bb\n"
    made, found = changed(tmp_path, {"auth.py": BEFORE, "requirements.txt": text}, {"auth.py": AFTER})
    assert made == {}
    assert found.todos == [
        "requirements.txt carries hashes: take out PyJWT and add Authlib>=1.6 by the tool that wrote them."
    ]


def test_what_is_installed_with_hashes_has_hashes(tmp_path: Path) -> None:
    files = {
        "auth.py": BEFORE,
        "requirements.txt": "-r requirements/base.txt\nPyJWT==2.8.0\nrequests\n",
        "requirements/base.txt": "zeep==4.2.1 --hash=sha256:aa\n",
    }
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {}
    assert any(todo.startswith("requirements.txt carries hashes") for todo in found.todos)


def test_lock_files_are_a_command(tmp_path: Path) -> None:
    compiled = (
        "#\n# This file is autogenerated by pip-compile with Python 3.11\n# by the following command:\n#\n"
        "#    pip-compile --output-file=requirements.txt requirements.in\n#\npyjwt==2.8.0\n"
    )
    files = {
        "auth.py": BEFORE,
        "requirements.in": "pyjwt\nrequests\n",
        "requirements.txt": compiled,
        "pyproject.toml": POETRY[0],
        "poetry.lock": "",
        "other/poetry.lock": "",
    }
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"requirements.in": "authlib>=1.6\nrequests\n", "pyproject.toml": POETRY[1]}
    assert found.todos == [
        "Write poetry.lock anew: poetry lock.",
        "Write requirements.txt anew: pip-compile --output-file=requirements.txt requirements.in.",
    ]


@pytest.mark.parametrize("via", ["    # via -r requirements.in\n", "    # via\n    #   -r requirements.in\n"])
def test_what_was_compiled_without_a_header_is_not_edited(tmp_path: Path, via: str) -> None:
    pins = f"cffi==1.16.0\n    # via cryptography\ncryptography==42.0.5\n    # via pyjwt\npyjwt==2.8.0\n{via}"
    files = {"auth.py": BEFORE, "requirements.in": "pyjwt[crypto]\nrequests\n", "requirements.txt": pins}
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert "requirements.txt" not in made
    assert "Write requirements.txt anew: pip-compile." in found.todos


def test_without_any_manifest_it_is_said(tmp_path: Path) -> None:
    _, found = changed(tmp_path, {"auth.py": BEFORE}, {"auth.py": AFTER})
    assert found.todos[0].startswith("Add Authlib to what this project installs")


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


# What a project says of one distribution

STYLES = [  # dialect, before, bound, after
    (specifiers.PEP508, "~=0.3.1", "0.5.0", "~=0.5.0"),
    (specifiers.PEP508, "~= 0.3", "0.5.0", "~= 0.5"),
    (specifiers.PEP508, "~=0.3", "0.3.2", ">=0.3.2,<1"),
    (specifiers.PEP508, "~=2.1", "3.0.1", ">=3.0.1,<4"),
    (specifiers.PEP508, "~=2.22.0", "3.0.1", "~=3.0.1"),
    (specifiers.PEP508, "~=0.3.1, !=0.3.4", "0.3.2", "~=0.3.2, !=0.3.4"),
    (specifiers.PEP508, "==0.3.*", "0.5.0", "==0.5.*"),
    (specifiers.PEP508, "==0.2.*", "0.3.2", ">=0.3.2,<0.4"),
    (specifiers.PEP508, "== 0.2.1", "0.3.2", "== 0.3.2"),
    (specifiers.PEP508, "===0.2.1", "0.3.2", "===0.3.2"),
    (specifiers.PEP508, ">=0.2,<0.4", "0.3.2", ">=0.3.2,<0.4"),
    (specifiers.PEP508, ">=0.2,<0.3", "0.3.2", ">=0.3.2"),
    (specifiers.PEP508, "> 0.2", "0.3.2", ">= 0.3.2"),
    (specifiers.POETRY, "~0.2.1", "0.3.2", "~0.3.2"),
    (specifiers.POETRY, "~2", "3.0.1", ">=3.0.1,<4"),
    (specifiers.POETRY, "^0.2", "0.3.2", "^0.3.2"),
    (specifiers.POETRY, "0.2.1", "0.3.2", "0.3.2"),
    (specifiers.POETRY, "0.2.*", "0.3.0", "0.3.*"),
    (specifiers.POETRY, "*", "0.3.2", ">=0.3.2"),
    (specifiers.CONDA, "=0.2", "0.3.2", "=0.3.2"),
    (specifiers.CONDA, "=0.2.*", "0.3.0", "=0.3.*"),
    (specifiers.CONDA, ">=0.2,<1", "0.3.2", ">=0.3.2,<1"),
]


@pytest.mark.parametrize(("dialect", "before", "bound", "after"), STYLES)
def test_an_operator_keeps_its_meaning(dialect: str, before: str, bound: str, after: str) -> None:
    assert specifiers.raised(before, dialect, Version(bound)) == after
    assert specifiers.raised(after, dialect, Version(bound)) is None
    versions = specifiers.allowed(after, dialect)
    assert versions is not None
    assert Version(bound) in versions


RAISED = {
    "requirements.txt": ("aepp==0.2.1 # pinned\n", "aepp==0.5.0 # pinned\n"),
    "requirements.in": (
        "aepp[x] >= 0.2, <2 ; python_version > '3'\n",
        "aepp[x] >= 0.5.0, <2 ; python_version > '3'\n",
    ),
    "requirements/a.txt": ("aepp<0.4,!=0.3\n", "aepp>=0.5.0\n"),
    "constraints.txt": ("aepp\n", "aepp>=0.5.0\n"),
    "setup.cfg": (
        "[options]\ninstall_requires =\n    aepp~=0.3 ; python_version>'3'\n",
        "[options]\ninstall_requires =\n    aepp~=0.5 ; python_version>'3'\n",
    ),
    "setup.py": (
        "setup(install_requires=['aepp (>=0.2)'])\n",
        "setup(install_requires=['aepp (>=0.5.0)'])\n",
    ),
    "Pipfile": ('[packages]\naepp = "*"\n', '[packages]\naepp = ">=0.5.0"\n'),
    "environment.yml": (
        "dependencies:\n  - aepp=0.2\n  - pip:\n    - aepp==0.2\n",
        "dependencies:\n  - aepp=0.5.0\n  - pip:\n    - aepp==0.5.0\n",
    ),
    "pyproject.toml": (
        '[tool.poetry.dependencies]\naepp = {version = "^0.2", extras = ["x"]}\n',
        '[tool.poetry.dependencies]\naepp = {version = "^0.5.0", extras = ["x"]}\n',
    ),
}


@pytest.mark.parametrize("name", RAISED)
def test_a_lower_bound_is_raised(name: str, tmp_path: Path) -> None:
    text, wanted = RAISED[name]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "main.py").touch()
    declared = Declared(Tree(tmp_path), load().dependencies)
    versions = declared.versions("main.py", "AEPP")
    assert versions is not None
    assert versions.can_be_below("0.5.0")
    raised = declared.raised("main.py", "aepp", "0.5.0")
    assert apply(text, raised.edits) == wanted
    assert bool(raised.notes) == ("<0.4" in text)
    (tmp_path / name).write_text(wanted)
    again = Declared(Tree(tmp_path), load().dependencies)
    assert again.raised("main.py", "aepp", "0.5.0").edits == ()
    versions = again.versions("main.py", "aepp")
    assert versions is not None
    assert not versions.can_be_below("0.5.0")
    assert versions.can_be_at_least("0.5.0")


def test_what_is_known_of_versions(tmp_path: Path) -> None:
    files = {
        "one/main.py": "",
        "one/pyproject.toml": '[project]\nname = "x"\ndependencies = ["aepp>=0.2,<1", "cjapy @ git+https://x/y"]\n',
        "one/uv.lock": '[[package]]\nname = "aepp"\nversion = "0.4.1"\n',
        "two/main.py": "",
        "two/requirements.txt": "launchpy<0.3 --hash=sha256:aa\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    declared = Declared(Tree(tmp_path), load().dependencies)
    versions = declared.versions("one/main.py", "aepp")
    assert versions is not None
    assert (str(versions.locked), str(versions.allowed)) == ("0.4.1", "<1,>=0.2")
    assert versions.can_be_below("0.5")
    assert not versions.can_be_at_least("0.5")
    assert declared.versions("two/main.py", "aepp") is None
    assert declared.declares("one/main.py", "cjapy")
    raised = declared.raised("one/main.py", "aepp", "0.5")
    assert [edit.text for edit in raised.edits] == [">=0.5,<1"]
    assert raised.todos == ("Write one/uv.lock anew: uv lock (in one).",)
    assert declared.raised("one/main.py", "cjapy", "1").todos == (
        "Let one/pyproject.toml have cjapy>=1: see cjapy there.",
    )
    assert declared.raised("two/main.py", "launchpy", "0.3").edits == ()
    assert "hashes" in declared.raised("two/main.py", "launchpy", "0.3").todos[0]


# Any document: what is not named stays as it is

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests run beside

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
            coming, going = group.changed(lost, [Wanted("Authlib", ">=1.6")], lost)
            changes = [*coming, *going]
            edits += [Edit(path, span, new) for span, new in changes]
    return apply(text, edits)


def without_remarks(lines: list[str]) -> list[str]:
    """A comment that heads nothing any more may be gone, with a blank line above it."""
    return [line for line in lines if line.strip() and not line.strip().startswith("#")]


@calmly
@given(requirement_lines())
def test_any_requirements_file(text: str) -> None:
    made = rewritten("requirements.txt", text)
    kept = [line for line in text.splitlines() if not line.lower().startswith(("pyjwt", "crypt"))]
    seen = [line for line in made.splitlines() if not line.lower().startswith("authlib")]
    assert without_remarks(seen) == without_remarks(kept)
    assert all(line in kept for line in seen)
    assert made.lower().count("authlib") == (len(kept) < len(text.splitlines()))
    assert rewritten("requirements.txt", made) == made


@calmly
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


@calmly
@given(toml_text())
def test_places_are_those_of_the_values(text: str) -> None:
    found = toml.places(text)
    assert found is not None
    value = found["project", "dependencies"]
    assert len(value.items) == len(tomllib.loads(text)["project"]["dependencies"])


BY_NAME = {
    "Dockerfile": manifest(r"""
        FROM python
        RUN pip install --no-cache-dir \
            requests \
            'PyJWT[crypto]==2.8.0' && echo cryptography
    """),
    ".github/workflows/ci.yml": "steps:\n  - run: python -m pip install -U pyjwt requests\n",
    "tox.ini": manifest("""
        [testenv]
        deps =
            pytest  # PyJWT
            py311: PyJWT>=2

            requests
        commands = pytest
    """),
    "noxfile.py": manifest("""
        def tests(session):
            session.install(
                "requests",
                "PyJWT",
            )
    """),
    ".pre-commit-config.yaml": "- id: mypy\n  additional_dependencies:\n    - requests\n    - PyJWT<3\n",
    "docs/install.md": "Type `uv add pyjwt requests`, then drink tea with cryptography.\n",
    "nb.ipynb": '{"cells": [\n {"cell_type": "code",\n  "source": ["!pip install requests pyjwt\\n"]}]}\n',
    "recipe/meta.yaml": manifest("""
        package: { name: pyjwt }
        requirements:
          run:
            - requests
            - pyjwt >=2
        about: { summary: pyjwt }
    """),
    "jobs/databricks.yml": manifest("""
        libraries:
          - pypi:
              package: pyjwt==2.4.0
          - pypi: { package: requests }
    """),
    "jobs/glue.tf": '"--additional-python-modules" = "requests,PyJWT==2.4.0"\n"--modules" = "PyJWT"\n',
    "near.sh": manifest("""
        apt-get install python3-jwt
        pip install my-pyjwt pyjwt-key ./pyjwt https://x/pyjwt
        conda list pyjwt
    """),
    "README.md": "We sign with PyJWT. pip installs things.\n",
    "requirements.txt": "PyJWT\nrequests\n",
}


def test_lines_that_install_by_name_are_told(tmp_path: Path) -> None:
    magic = "# MAGIC %pip install pyjwt[crypto] requests\n# pip comes with Python; install pyjwt\n"
    files = {"main.py": magic + BEFORE, "other.py": magic, **BY_NAME}
    _, found = changed(tmp_path, files, {"main.py": magic + AFTER})
    told, of_system = found.todos
    assert of_system == "Settings of tools still name PyJWT, which nothing here imports any more: near.sh:1."
    assert told == (
        "Let these lines install Authlib>=1.6 instead of PyJWT, which nothing here imports any more: "
        ".github/workflows/ci.yml:2, .pre-commit-config.yaml:4, Dockerfile:4, docs/install.md:1, "
        "jobs/databricks.yml:3, jobs/glue.tf:1, nb.ipynb (cell 1), noxfile.py:4, recipe/meta.yaml:5, "
        "tox.ini:4, main.py:1."
    )


def test_lines_for_other_code_that_install_by_name_stay(tmp_path: Path) -> None:
    files = {
        "a/main.py": BEFORE,
        "a/other.py": OTHER,
        "a/Dockerfile": "RUN pip install requests PyJWT\n",
        "b/main.py": OTHER,
        "b/Dockerfile": "RUN pip install PyJWT\n",
    }
    _, found = changed(tmp_path, files, {"a/main.py": AFTER})
    assert found.todos == ["Let these lines install Authlib>=1.6 beside PyJWT: a/Dockerfile:1."]


def test_an_image_for_what_uses_a_shared_library_is_told(tmp_path: Path) -> None:
    files = {
        "libs/auth/auth.py": BEFORE,
        "libs/auth/requirements.txt": "PyJWT\nrequests\n",
        "services/a/main.py": "import auth\n",
        "services/a/Dockerfile": "RUN pip install requests PyJWT\n",
    }
    _, found = changed(tmp_path, files, {"libs/auth/auth.py": AFTER})
    idle = "which nothing here imports any more"
    assert found.todos == [f"Let these lines no longer install PyJWT, {idle}: services/a/Dockerfile:1."]
    files["services/a/main.py"] = "import auth\nimport jwt\n"
    _, found = changed(tmp_path, files, {"libs/auth/auth.py": AFTER})
    assert not found.todos


TOOLS = {
    ".github/dependabot.yml": 'updates:\n  - groups:\n      crypto:\n        patterns: ["pyjwt", "attrs"]\n',
    "pyproject.toml": manifest("""
        [tool.ruff.lint.isort]
        known-third-party = ["requests", "jwt"]

        [[tool.mypy.overrides]]
        module = [
            "attrs",
            "jwt.*",
        ]

        [tool.jwt]
        name = "jwt"
        modules = ["jwt-bearer"]
    """),
    "setup.cfg": "[mypy-jwt.*]\nignore_missing_imports = True\n[mypy-jwtools]\nignore_errors = True\n",
    "debian/control": "Package: ours\nDepends: python3-requests, python3-jwt (>= 2), python3-jwtools\n",
    "Dockerfile": "FROM alpine\nRUN apk add py3-jwt\n",
}


def test_settings_of_tools_are_told(tmp_path: Path) -> None:
    files = {"main.py": BEFORE, "requirements.txt": "PyJWT\nrequests\n", **TOOLS}
    _, found = changed(tmp_path, files, {"main.py": AFTER})
    places = ".github/dependabot.yml:4, Dockerfile:2, debian/control:2, pyproject.toml:2, pyproject.toml:7"
    places += ", setup.cfg:1"
    assert found.todos == [
        f"Settings of tools still name PyJWT, which nothing here imports any more: {places}."
    ]
    _, found = changed(tmp_path, {**files, "other.py": OTHER}, {"main.py": AFTER})
    assert not found.todos


def test_a_version_that_is_installed_by_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    (tmp_path / "run.sh").write_text("pip install aepp==0.2.11 'aepp>=0.6'\npip install aepp\n")
    raised = Declared(Tree(tmp_path), load().dependencies).raised("main.py", "aepp", "0.3.2")
    assert raised.todos == ("Let these lines install aepp>=0.3.2: run.sh:1, run.sh:2.",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '[{include-group = "lint"}, "PyJWT"]',
            '[{include-group = "lint"}, "Authlib>=1.6", "requests>=2.20"]',
        ),
        (
            '["PyJWT", {include-group = "lint"}, "requests"]',
            '["Authlib>=1.6", {include-group = "lint"}, "requests"]',
        ),
        (
            '["requests", {include-group = "lint"}, "types-PyJWT", "PyJWT"]',
            '["requests", {include-group = "lint"}, "Authlib>=1.6"]',
        ),
    ],
)
def test_a_group_that_includes_another(before: str, after: str, tmp_path: Path) -> None:
    head = '[project]\nname = "x"\n\n[dependency-groups]\nlint = ["ruff"]\nrun = '
    files = {"auth.py": BEFORE, "pyproject.toml": f"{head}{before}\n"}
    made, found = changed(tmp_path, files, {"auth.py": AFTER})
    assert made == {"pyproject.toml": f"{head}{after}\n"}, found.todos


@pytest.mark.parametrize("table", ["constraint", "override"])
def test_what_uv_constrains_is_raised_and_gains_nothing(table: str, tmp_path: Path) -> None:
    pinned = '[tool.uv]\n%s-dependencies = ["PyJWT<3", "aepp<0.3", "urllib3<2"]\n'
    head = '[project]\nname = "x"\ndependencies = ["requests", "aepp"]\n\n'
    files = {"auth.py": BEFORE, "pyproject.toml": head + pinned % table}
    made, _ = changed(tmp_path, files, {"auth.py": AFTER})
    assert made["pyproject.toml"] == (head + pinned % table).replace('"PyJWT<3", ', "").replace(
        '"aepp"]', '"aepp", "authlib>=1.6"]'
    )
    raised = Declared(Tree(tmp_path), load().dependencies).raised("auth.py", "aepp", "0.3.2")
    assert [edit.text for edit in raised.edits] == [">=0.3.2", ">=0.3.2"]


def test_a_long_list_takes_a_line_of_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "named", lambda value: value)
    monkeypatch.setattr(requirements, "versions_in", lambda text, span: None)

    def listed(number: int) -> tuple[str, list[tuple[str, Span]]]:
        items = [f'"a{at:09}",\n' for at in range(number)]
        size = len(items[0])
        return "[" + "".join(items), [
            (item, Span(1 + at * size, at * size + 13)) for at, item in enumerate(items)
        ]

    few, many = (listed(number) for number in (2_000, 32_000))
    times = [
        min(taken(lambda _: requirements.array(text, elements, 0), text) for _ in range(3))  # noqa: B023
        for text, elements in (few, many)
    ]
    assert times[1] < 60 * times[0], "sixteen times as long"


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        ("", "dependencies:\n  - pip\n"),
        ("      - zeep\n", "dependencies:\n  - pip\n  - pip:\n      - zeep\n"),
    ],
)
def test_a_list_of_pip_in_an_environment_goes_with_its_last_line(rest: str, left: str) -> None:
    text = f"dependencies:\n  - pip\n  - pip:\n      - jwcrypto\n{rest}"
    _, inner = conda.lists(text)
    assert apply(text, [Edit("environment.yml", *change) for change in inner.without({"jwcrypto"})]) == left


def test_an_edit_that_is_not_proved_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jwt2oauth.dependencies.outlook._proved", lambda *_: False)
    files = {"main.py": "import jwt\n\njwt.encode()\n", "requirements.txt": "PyJWT==2.8.0\n"}
    made, found = changed(tmp_path, files, {"main.py": AFTER})
    assert made == {}
    (todo,) = found.todos
    assert "is not edited, since that could not be proved: take out PyJWT and add Authlib" in todo
