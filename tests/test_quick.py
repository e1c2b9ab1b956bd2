"""The quick answer: nearly nothing is loaded for it, and the command line would have said the same."""

from __future__ import annotations

import site
import subprocess
import sys
from pathlib import Path

import pytest
from tool import jwt2oauth

from jwt2oauth import quick
from jwt2oauth.python.facts import workers

CLEAN = b"x = 1\n"
ENV = {"PYTHONPATH": str(Path(quick.__file__).parent.parent)}
"""With -S: what the environment's .pth files import is not ours."""
HIT = b'URL = "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n'
FLOW = """\
import os
import time

import jwt
import requests


def token():
    claims = {
        "exp": int(time.time()) + 300,
        "iss": os.environ["ORG"],
        "sub": os.environ["ACCOUNT"],
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        "aud": "https://ims-na1.adobelogin.com/c/" + os.environ["CLIENT"],
    }
    with open("private.key") as file:
        assertion = jwt.encode(claims, file.read(), algorithm="RS256")
    form = {"client_id": os.environ["CLIENT"], "client_secret": os.environ["SECRET"], "jwt_token": assertion}
    reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
    return reply.json()["access_token"]
"""
"""Alone in its project: without configuration, manifests, tests and SDKs."""
UNUSED = {
    *("configparser", "httpx", "jinja2", "packaging", "pathspec", "rich", "yaml", "libcst.matchers"),
    *(
        f"jwt2oauth.{name}"
        for name in ("bot", "history", "patches", "project.sdk_files", "sources", "writes")
    ),
    *(f"jwt2oauth.config.{name}" for name in ("composed", "conda", "lines", "tables", "toml")),
    *(f"jwt2oauth.python.sdks.{name}" for name in ("calls", "chains", "companions", "plan", "readers")),
    *(f"jwt2oauth.report.{name}" for name in ("html", "json", "machine", "markdown", "sarif", "sidebyside")),
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a").mkdir()
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    for name in ("clean.py", "sub/clean.pyi", "sub/settings.yaml", "-q.py"):
        (folder / name).write_bytes(CLEAN)
    (folder / "hit.py").write_bytes(HIT)
    (folder / "marked.py").write_bytes(b"x = 1  # jwt2oauth: ignore[jwt-exchange]\n")
    (folder / "wide.py").write_bytes(HIT.decode().encode("utf-16"))
    (folder / "large.json").write_bytes(b" " * (1024 * 1024 + 1))
    (folder / "notebook.ipynb").write_bytes(b"{}")
    (folder / "notes.txt").write_bytes(CLEAN)
    (tmp_path / "a" / "far.py").write_bytes(CLEAN)
    (folder / "away.py").symlink_to(tmp_path / "a" / "far.py")
    (folder / "alias.py").symlink_to("clean.py")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("command", ["scan", "fix"])
@pytest.mark.parametrize(
    "paths",
    [
        ["clean.py"],
        ["./clean.py", "sub/../clean.py", "sub/clean.pyi", "sub/settings.yaml"],
        ["alias.py", "clean.py"],
    ],
    ids=" ".join,
)
def test_the_command_line_says_the_same(tree: Path, command: str, paths: list[str]) -> None:
    ran = jwt2oauth(tree, command, *paths)
    assert (quick.answer([command, *paths]), 0, b"") == (ran.stdout.decode(), ran.code, ran.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["scan"], ["explain", "clean.py"], ["scan", "-q", "clean.py"], ["scan", "--", "-q.py"]),
        *(["scan", "clean.py", name] for name in ("hit.py", "marked.py", "wide.py", "large.json")),
        *(["scan", "clean.py", name] for name in ("notebook.ipynb", "notes.txt", "away.py", "../a/far.py")),
        *(["scan", name] for name in (".", "sub", "none.py", "clean.py\0")),
    ],
    ids=ascii,
)
def test_the_rest_is_left_to_the_command_line(tree: Path, arguments: list[str]) -> None:
    assert quick.answer(["scan", "clean.py"])
    assert quick.answer(arguments) is None


@pytest.mark.parametrize("folder", [".", ".."])
@pytest.mark.parametrize("name", ["pyproject.toml", ".jwt2oauth.journal"])
def test_so_is_a_tree_that_speaks_of_us(tree: Path, folder: str, name: str) -> None:
    assert quick.answer(["scan", "clean.py"])
    (tree / folder / name).write_bytes(b"[tool.jwt2oauth]\n")
    assert quick.answer(["scan", "clean.py"]) is None


def test_so_is_a_shell_that_completes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_JWT2OAUTH_COMPLETE", "bash_complete")
    assert quick.answer(["scan", "clean.py"]) is None


def test_nothing_is_loaded_for_it(tree: Path) -> None:
    program = (
        "import sys; before = set(sys.modules); from jwt2oauth.__main__ import main;"
        "sys.argv[1:] = ['scan', 'clean.py']; code = main(); print(code, *set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=tree, env=ENV, capture_output=True)
    said, loaded = done.stdout.decode().splitlines()
    code, *names = loaded.split()
    assert (said, code) == ("Nothing found. 1 file seen.", "0")
    assert {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names} == {
        *("jwt2oauth", "jwt2oauth.__main__", "jwt2oauth.files", "jwt2oauth.prefilter", "jwt2oauth.quick")
    }
    assert not {"re", "dataclasses", "typing", "pathlib", "inspect", "subprocess"} & set(names)


def test_a_flow_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    (tmp_path / "auth.py").write_text(FLOW)
    program = (
        "import sys; from jwt2oauth.__main__ import main;"
        "sys.argv[1:] = ['scan', 'auth.py']; code = main(); print(code, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True)
    said, loaded = done.stdout.decode().rsplit("\n", 2)[:2]
    code, *names = loaded.split()
    assert "1 can be rewritten" in said
    assert code == "1"
    assert ("libcst" in names) is not workers.FORKS  # another process parses
    assert not UNUSED & set(names)
    known = Path(quick.__file__).parent
    for name in UNUSED:  # none of them is gone, or called otherwise
        if name.startswith("jwt2oauth."):
            place = known.joinpath(*name.split(".")[1:])
            assert place.with_suffix(".py").exists() or place.is_dir(), name


def test_a_full_disk_is_told(tree: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jwt2oauth", "scan", "clean.py"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 2
    assert b"the output could not be written" in done.stderr


def test_where_packages_are_installed_the_command_works() -> None:
    (folder,) = {path for path in site.getsitepackages() if Path(path, "click").is_dir()}
    command = [sys.executable, "-m", "jwt2oauth", "explain", "jwt-exchange"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_process_that_got_ready_in_vain_goes_with_us(tmp_path: Path) -> None:
    (tmp_path / "auth.py").write_bytes(HIT)
    command = [sys.executable, "-m", "jwt2oauth", "scan", "auth.py", "nowhere.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)  # it ends
    assert done.returncode == 2
    assert b"nowhere.py" in done.stderr
