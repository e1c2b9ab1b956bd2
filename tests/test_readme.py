"""What the README promises: its commands are those of CI, its diff and its settings are real."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import shapes
import trees
from trees import Keyring

from jwt2oauth import patches
from jwt2oauth.cli import cli
from jwt2oauth.engine import Settings, run
from jwt2oauth.report import json
from jwt2oauth.rules.load import load
from jwt2oauth.settings import load as load_settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIXTURE = "fixtures/nightly-sync/before"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_ci_runs_the_commands_of_the_readme() -> None:
    commands = [block.strip() for block in blocks("sh")]
    assert len(commands) == 2
    script = (ROOT / ".ci/run").read_text().splitlines()
    assert f"{commands[0]} >patch" in script
    assert commands[1] in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.skipif(
    importlib.util.find_spec("jwt2oauth.project.analysis") is None, reason="needs the engine room"
)
def test_the_diff_is_what_the_first_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    patch = patches.diff(run([Path(FIXTURE)], Settings()).total)
    assert blocks("diff") == [patch.data.decode()]


def test_the_shapes_are_those_of_the_fixtures(request: pytest.FixtureRequest) -> None:
    page = (ROOT / "fixtures/README.md").read_text(encoding="utf-8")
    made = shapes.replaced(page, shapes.table(trees.load_all(), load()))
    if request.config.getoption("--update-goldens"):
        (ROOT / "fixtures/README.md").write_text(made, encoding="utf-8")
    assert made == page, "pytest --update-goldens tests/test_readme.py"


def test_the_settings_are_understood(tmp_path: Path) -> None:
    block, table = blocks("toml")
    file = tmp_path / "pyproject.toml"
    file.write_text(block)
    (tmp_path / "our_auth.toml").write_text(table)
    settings = load_settings(file)
    assert set(settings.ignore) <= load().catalog.keys()
    assert settings.scope_settings == {"ent_user_sdk": "openid,AdobeID,user_management_sdk"}
    assert set(tomllib.loads(block)["tool"]["jwt2oauth"]) == {
        "exclude",
        "client",
        "select",
        "ignore",
        "baseline",
        "per-path-ignores",
        "rules",
        "scopes",
    }
    rules = {rule for rules in settings.per_path.values() for rule in rules}
    assert rules <= load().catalog.keys()
    assert load(settings.rules).sdks[0].calls[0].names == ("corp_adobe.AdobeClient",)


def shown_commands() -> list[str]:
    """What the README tells people to type, but for what needs a network or a pull request."""
    lines = re.findall(r"^\$ (.*?)(?:\s+#.*)?$", "\n".join(blocks("console")), re.MULTILINE)
    return [line for line in lines if not line.startswith(("pip ", "jwt2oauth review"))]


@pytest.mark.slow
def test_every_command_does_what_it_is_shown_for(keyring: Keyring, tmp_path: Path) -> None:
    """In a customer's repository, one after the other, as somebody types them who reads from the top."""
    tree = trees.write(keyring.fill(trees.read(ROOT / "fixtures/two-functions/before")), tmp_path / "tree")
    binary = tmp_path / "bin/jwt2oauth"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jwt2oauth "$@"\n')
    binary.chmod(0o755)
    who = {
        f"GIT_{role}_{what}": "a@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environment = {"PATH": f"{binary.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), **who}

    def shell(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line], cwd=tree, env=environment, capture_output=True, text=True, check=False
        )

    assert shell("git init -qb main && git add -A && git commit -qm all").returncode == 0
    assert len(shown_commands()) >= 12
    changed = []
    for line in shown_commands():
        done = shell(line)
        assert done.returncode in (0, 1), (line, done.stderr)
        assert not re.search("^(?:Error|error|fatal|jwt2oauth|sh):", done.stderr, re.MULTILINE), (
            line,
            done.stderr,
        )
        if shell("git diff --quiet HEAD && test $(git rev-list --count HEAD) -eq 1").returncode:
            assert b"/ims/exchange/jwt" not in (tree / "auth.py").read_bytes(), line
            changed.append(line)
            shell("git reset -q --hard $(git rev-list --max-parents=0 HEAD)")
    assert changed == [
        "jwt2oauth fix --diff | git apply",
        "jwt2oauth fix",
        "jwt2oauth fix --remove-keys",
        "git am --keep-cr patches/*.patch",
    ]
    assert (tree / "report.html").read_text().startswith("<!doctype html>")
    assert "jwt-exchange auth.py" in (tree / "jwt2oauth-baseline.txt").read_text()


def test_commands_and_options_exist() -> None:
    for line in re.findall(
        r"^\$ jwt2oauth (\w+)(.*?)(?:#.*|\|.*|>.*)?$", "\n".join(blocks("console")), re.MULTILINE
    ):
        command = cli.commands[line[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[\w-]+", line[1])) <= known


def test_the_json_has_the_fields_that_are_shown() -> None:
    import json as parser

    (block,) = blocks("json")
    shown = parser.loads(block)
    given = parser.loads(json.render(run([ROOT / "LICENSE"], Settings()).report))
    assert list(shown) == list(given)
    assert list(shown["files"]) == list(given["files"])


def test_hooks_look_at_everything_in_one_process() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert re.findall(r"^- id: (.*)$", text, re.MULTILINE) == ["jwt2oauth", "jwt2oauth-fix"]
    assert re.findall(r"^  entry: jwt2oauth (.*)$", text, re.MULTILINE) == ["scan", "fix --force"]
    for line in ("language: python", "pass_filenames: false", "require_serial: true", "args: []"):
        assert text.count(f"  {line}\n") == 2


def test_no_machine_is_named() -> None:
    for path in [
        ROOT / "README.md",
        ROOT / ".ci/run",
        ROOT / "pyproject.toml",
        *(ROOT / "src").rglob("*.py"),
    ]:
        assert not re.search(r"/(?:home|root|work|Users)/", path.read_text(encoding="utf-8")), path
