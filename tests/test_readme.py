"""What the README promises: its commands are those of CI, its diff and its settings are real."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
import shapes
import trees

from jwt2oauth import patches
from jwt2oauth.cli import cli
from jwt2oauth.engine import Settings, run
from jwt2oauth.report import json
from jwt2oauth.rules import load
from jwt2oauth.settings import load as load_settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIXTURE = "fixtures/two-functions/before"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_ci_runs_the_commands_of_the_readme() -> None:
    commands = [block.strip() for block in blocks("sh")]
    assert len(commands) == 2
    script = (ROOT / ".ci/run").read_text().splitlines()
    assert f"{commands[0]} >patch" in script
    assert commands[1] in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.skipif(importlib.util.find_spec("jwt2oauth.project") is None, reason="needs the engine room")
def test_the_diff_is_what_the_first_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    patch = patches.diff(run([Path(FIXTURE)], Settings()).total)
    assert blocks("diff") == [patch.data.decode()]


def test_the_shapes_are_those_of_the_fixtures(request: pytest.FixtureRequest) -> None:
    made = shapes.replaced(README, shapes.table(trees.load_all(), load()))
    if request.config.getoption("--update-goldens"):
        (ROOT / "README.md").write_text(made, encoding="utf-8")
    assert made == README, "pytest --update-goldens tests/test_readme.py"


def test_the_settings_are_understood(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    file = tmp_path / "pyproject.toml"
    file.write_text(block)
    settings = load_settings(file)
    assert set(settings.ignore) <= load().catalog.keys()
    assert settings.scope_settings == {"ent_user_sdk": "openid,AdobeID,user_management_sdk"}
    assert set(tomllib.loads(block)["tool"]["jwt2oauth"]) == {
        "exclude",
        "client",
        "select",
        "ignore",
        "scopes",
    }


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
