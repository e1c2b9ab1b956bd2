"""The action for GitHub: the rules for such files, and its steps run by a runner in small."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import contract
import pulls
import pytest
import yaml
from github_double import PATH, GitHub
from pulls import AUTH, FIXED

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
README = (ROOT / "README.md").read_text("utf-8")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def workflow() -> dict[Any, Any]:
    (block,) = [block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "jobs:" in block]
    page: dict[Any, Any] = yaml.safe_load(block)
    return page


def test_no_expression_stands_in_the_text_of_a_shell() -> None:
    for step in STEPS:
        assert not EXPRESSION.search(step.get("run", "")), step
        assert ("shell" in step) == ("run" in step), step


def test_third_parties_are_pinned() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    block = "\n".join(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
    for used in re.findall(r"uses: (.*)", text + block):
        if not used.startswith("jwt2oauth/"):
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_inputs_and_outputs_are_there_and_said() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    for name in re.findall(r"inputs\.([\w-]+)", text):
        assert name in ACTION["inputs"], name
    for name, page in ACTION["inputs"].items():
        assert page["description"], name
        assert isinstance(page["default"], str), name
        assert f"inputs.{name}" in text, name
    known = {step["id"] for step in STEPS if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)", text)) <= known
    assert {*ACTION["outputs"]} == {"found", "sarif"}


def test_the_example_asks_for_as_little_as_there_is() -> None:
    page = workflow()
    assert page["permissions"] == {}
    (job,) = page["jobs"].values()
    assert job["permissions"] == {"contents": "read", "pull-requests": "write", "security-events": "write"}
    checkout, ours = job["steps"]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert ours["with"].keys() <= ACTION["inputs"].keys()
    assert page[True] == "pull_request", "never pull_request_target, which has the token of the repository"


class Runner:
    """Runs the steps as GitHub does, but for those of others and the installation."""

    def __init__(self, github: GitHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.github = github
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.said = ""
        self.steps: dict[str, dict[str, str]] = {}
        binary = folder / "temp/jwt2oauth/bin/jwt2oauth"
        binary.parent.mkdir(parents=True)
        binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jwt2oauth "$@"\n')
        binary.chmod(0o755)

    def run(self, event: str = "pull_request", **inputs: str) -> int:
        """Run the action; give the code of the first step that fails."""
        pulls.at_github(self._monkeypatch, self.github.repository, self.github.address, self._folder)
        self.github.wrong.clear()
        self.said = ""
        values = {name: page["default"] for name, page in ACTION["inputs"].items()} | inputs
        context = {f"inputs.{name}": value for name, value in values.items()}
        context |= {"github.event_name": event, "github.token": "ghs_CANARYtoken"}
        context |= {"github.event.pull_request.base.sha": self._base() if event == "pull_request" else ""}
        for step in STEPS:
            if step.get("name") == "Install" or "run" not in step or not _holds(step.get("if", ""), context):
                continue
            code = self._step(step, context)
            if code:
                return code
        return 0

    def _base(self) -> str:
        from forge import git

        return git(self.github.repository.root, "rev-parse", "main")

    def _step(self, step: Mapping[str, Any], context: dict[str, str]) -> int:
        output = self._folder / "output"
        output.write_text("")
        given = {name: _filled(value, context) for name, value in step.get("env", {}).items()}
        environment = os.environ | given | {
            "RUNNER_TEMP": str(self._folder / "temp"),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_ACTION_PATH": str(ROOT),
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.github.repository.root, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            context[f"steps.{step['id']}.outputs.{name}"] = value
            self.steps.setdefault(step["id"], {})[name] = value
        return done.returncode


def _filled(text: str, context: Mapping[str, str]) -> str:
    """Fill expressions in: names, also with another one for the case that the first is empty."""

    def value(match: re.Match[str]) -> str:
        values = [_filled(context[name.strip()], context) for name in match[1].split("||")]
        return next((each for each in values if each), "")

    return EXPRESSION.sub(value, text)


def _holds(condition: str, context: Mapping[str, str]) -> bool:
    """Say whether comparisons with a word hold, all of them."""
    for part in filter(None, condition.split(" && ")):
        name, word = re.fullmatch(r"([\w.-]+) == '(\w+)'", part).groups()  # type: ignore[union-attr]
        if context.get(name, "") != word:
            return False
    return True


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    assert contract.violations("GET", f"{PATH}/pulls/7", {}, None) == []
    with GitHub(pulls.start(tmp_path / "a repository")) as github:
        yield Runner(github, tmp_path, monkeypatch)
        assert github.wrong == []


@pytest.mark.slow
def test_the_action_comments_and_writes_sarif(runner: Runner) -> None:
    runner.github.push({"auth.py": AUTH})
    assert runner.run() == 1
    assert "The pull request uses Adobe's Service Account" in runner.said
    assert [comment.path for comment in runner.github.shown] == ["auth.py"]
    assert runner.steps["review"] == {"found": "true"}
    sarif = json.loads(Path(runner.steps["sarif"]["file"]).read_text())
    assert {result["ruleId"] for run in sarif["runs"] for result in run["results"]} >= {"jwt-exchange"}
    assert runner.run(fail="false") == 0
    runner.github.push({"auth.py": FIXED})
    assert runner.run() == 0
    assert runner.steps["review"] == {"found": "false"}
    assert runner.github.shown == []


def test_the_action_without_posting_and_elsewhere(runner: Runner) -> None:
    runner.github.push({"auth.py": AUTH})
    assert runner.run(post="false", sarif="false", fail="false") == 0
    assert '"commit_id"' in runner.said
    assert "sarif" not in runner.steps
    assert runner.run(event="push") == 0
    assert "sarif" in runner.steps
    assert runner.github.threads == []


@pytest.mark.slow
def test_what_goes_wrong_fails_the_action(runner: Runner) -> None:
    runner.github.push({"auth.py": AUTH})
    runner.github.writable = False
    assert runner.run(fail="false") == 0
    assert "::error file=auth.py" in runner.said
    assert runner.run(token="ghs_CANARYtoken-of-somebody-else", fail="false") != 0
    assert "CANARYtoken" not in runner.said
    assert runner.run(base="nowhere", fail="false") != 0
    assert "there is no commit nowhere" in runner.said
    assert runner.run(base="$(touch x)", path="; touch y", fail="false") != 0
    assert not list(runner.github.repository.root.glob("[xy]"))
