"""No output ever shows a key or the value of a secret: not a report, not a patch, not a traceback."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import trees
from ims import SECRET_PREFIX
from tool import jwt2oauth
from trees import Fixture, Keyring, each

from jwt2oauth.redact import Redactor

FIXTURES = trees.load_all()

COMMANDS = (
    ("scan",),
    ("scan", "-v", "--color", "always"),
    ("scan", "--format", "json"),
    ("scan", "--format", "html"),
    ("scan", "--format", "markdown"),
    ("fix", "--diff"),
    ("fix", "--diff", "--client", "keep"),
    ("fix", "--patches", "../patches"),
    ("fix", "--patches", "../more-patches", "--format", "json"),
    ("fix",),
)
"""In this order, on one tree: what writes comes last."""

FEW = (
    ("scan", "-v", "--color", "always"),
    ("fix", "--diff"),
    ("fix", "--patches", "../patches", "--format", "json"),
    ("fix",),
)
"""Most of the text that the others show."""


def leaks(text: str, keyring: Keyring) -> list[str]:
    """Each canary of a fixture, and each line of a key, that a text holds."""
    lines = [line.decode() for line in keyring.key_lines]
    return [canary for canary in (SECRET_PREFIX, *lines) if canary in text]


@pytest.fixture
def tree(fixture: Fixture, keyring: Keyring, tmp_path: Path) -> Path:
    return trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree")


@each(
    tuple(fixture for number, fixture in enumerate(FIXTURES) if fixture.inline_key or number % 6 == 0),
    fast=4,
    always=lambda fixture: bool(fixture.inline_key),
)
def test_no_secret_is_shown(fixture: Fixture, tree: Path, keyring: Keyring) -> None:
    _run(FEW, fixture, tree, keyring)


@each(FIXTURES, fast=42, slow=6)
def test_no_command_shows_a_secret(fixture: Fixture, tree: Path, keyring: Keyring) -> None:
    _run(COMMANDS, fixture, tree, keyring)


def _run(commands: Sequence[Sequence[str]], fixture: Fixture, tree: Path, keyring: Keyring) -> None:
    for command in commands:
        ran = jwt2oauth(tree, *command)
        assert not leaks(ran.text, keyring), f"{command}: {ran.story}"
    patches = [
        path for name in ("patches", "more-patches") for path in sorted((tree.parent / name).rglob("*"))
    ]
    assert patches or not fixture.changes
    for patch in patches:
        assert not leaks(patch.read_text("utf-8", "replace"), keyring), patch.name


def test_no_failure_shows_a_secret(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours that holds all of the customer's text says nothing of it."""
    fixture = next(fixture for fixture in FIXTURES if fixture.inline_key and fixture.changes)
    tree = trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree")
    everything = b"\n".join(trees.read(tree).values()).decode("latin-1")
    assert leaks(everything, keyring)

    def analyse(*_: object) -> None:
        try:
            raise KeyError(everything)
        except KeyError as error:
            raise ValueError(everything) from error

    monkeypatch.setattr("jwt2oauth.project.analysis.analyse", analyse)
    for command in COMMANDS:
        ran = jwt2oauth(tree, *command)
        assert ran.code == 2, command
        assert not leaks(ran.text, keyring), command


SHOWING = (("fix", "--diff"), ("scan", "--format", "html"), ("scan", "--format", "markdown"))
"""What shows text of a customer."""
MACHINES = tuple(
    ("scan", "--format", form) for form in ("text", "json", "sarif", "rdjson", "gitlab", "github")
)


@pytest.mark.slow
def test_what_shows_code_would_leak_but_for_the_redactor(
    keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the tests above can fail; what has no code in it has no secret even then."""
    fixture = next(fixture for fixture in FIXTURES if fixture.inline_key and fixture.changes)
    tree = trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree")
    for command in (*SHOWING, *MACHINES):
        assert not leaks(jwt2oauth(tree, *command).text, keyring), command
    monkeypatch.setattr(Redactor, "lines", lambda _, __, data: data.splitlines(keepends=True))
    for command in SHOWING:
        assert leaks(jwt2oauth(tree, *command).text, keyring), command
    for command in MACHINES:
        assert not leaks(jwt2oauth(tree, *command).text, keyring), command
    jwt2oauth(tree, "fix", "--patches", "../patches")
    assert any(leaks(path.read_text("utf-8"), keyring) for path in (tmp_path / "patches").glob("*.patch"))


BY_PLACE = """\
import time

import jwt
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

IMS = "https://ims-na1.adobelogin.com"


def get_token(client, word):
    with open("private.key", "rb") as file:
        key = load_pem_private_key(file.read(), b"Summer of canaries")
    claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "exp": int(time.time()) + 60}
    claims |= {"aud": f"{IMS}/c/{client}", f"{IMS}/s/ent_user_sdk": True}
    form = {"client_id": client, "client_secret": word, "jwt_token": jwt.encode(claims, key, "RS256")}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


print(get_token("abc", "Winter of canaries"))
"""


def test_what_is_sent_as_the_secret_is_hidden_whatever_it_looks_like(tmp_path: Path) -> None:
    """Nothing in the text tells that it is one; a patch that hides it applies all the same."""
    tree = trees.write({"main.py": BY_PLACE.encode()}, tmp_path / "tree")
    for command in (*SHOWING, *MACHINES[3:], *FEW[2:]):
        text = jwt2oauth(tree, *command).text
        assert "canaries" not in text, command
    shown = [path for path in tmp_path.glob("*patches/*") if "canaries" in path.read_text("utf-8")]
    assert not shown
    made = (tree / "main.py").read_text()
    assert 'print(get_token("abc", "Winter of canaries"))' in made
    again = trees.write({"main.py": BY_PLACE.encode()}, tmp_path / "again")
    subprocess.run(["git", "init", "-q", "."], cwd=again, check=True)
    patch = jwt2oauth(again, "fix", "--diff").stdout
    subprocess.run(["git", "apply"], input=patch, cwd=again, check=True)
    assert (again / "main.py").read_text() == made


def test_the_canary_is_found(keyring: Keyring) -> None:
    files: Mapping[str, bytes] = keyring.fill({"private.key": trees.PLACEHOLDER})
    assert leaks(files["private.key"].decode(), keyring)
