"""Parsing in other processes: what kills or holds up the parser costs one file, and changes nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import trees
from trees import Keyring

from jwt2oauth.engine import Settings, exit_code, run
from jwt2oauth.python import workers
from jwt2oauth.python.parse import Unparsable
from jwt2oauth.report import json

SUM = "x = " + " + ".join(['"/ims/exchange/jwt"'] * 20_000) + "\n"
BRACKETS = "x = " + "(" * 4_000 + '"/ims/exchange/jwt"' + ")" * 4_000 + "\n"
STRINGS = "x = (" + "\n".join(['"/ims/exchange/jwt"'] * 3_000) + ")\n"
CHAIN = "if a == 0:\n    pass\n" + "".join(f"elif a == {n}:\n    pass\n" for n in range(3_000))


@pytest.fixture
def tree(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        f"{name}/{path}": data
        for name in ("two-functions", "cached-client", "notebook-script", "unparsable-python-2")
        for path, data in keyring.fill(trees.read(trees.FIXTURES / name / "before")).items()
    }
    monkeypatch.chdir(trees.write(files, tmp_path / "tree"))
    return tmp_path / "tree"


@pytest.mark.parametrize("text", [SUM, BRACKETS, STRINGS, CHAIN], ids=["sum", "brackets", "strings", "elif"])
def test_what_is_monstrous_is_recognised(text: str) -> None:
    assert workers.is_monstrous(text)


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parent.parent.glob("src/**/*.py")), ids=lambda p: p.name
)
def test_what_people_write_is_not(path: Path) -> None:
    assert not workers.is_monstrous(path.read_text())


def test_each_file_that_kills_its_parser_is_one_finding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SECONDS", 10.0)
    before = run([], Settings()).report
    monsters = {"sum.py": SUM, "brackets.py": BRACKETS, "strings.py": STRINGS}
    for name, text in monsters.items():
        (tree / name).write_text(text)
    outcome = run([], Settings())
    found = [each for each in outcome.report.findings if each.place.path in monsters]
    assert sorted((each.rule, each.place.path) for each in found) == [
        ("unparsable", name) for name in sorted(monsters)
    ]
    assert [each for each in outcome.report.findings if each not in found] == list(before.findings)
    assert outcome.report.flows == before.flows
    assert exit_code(outcome) == 1


def test_a_file_that_takes_too_long_is_one_finding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SECONDS", 0.0)
    monkeypatch.setattr(workers, "is_monstrous", lambda text: "slow" in text)
    (tree / "slow.py").write_text('slow = "/ims/exchange/jwt"\n')
    outcome = run([], Settings())
    assert "unparsable" in {each.rule for each in outcome.report.findings if each.place.path == "slow.py"}
    assert len(outcome.report.flows) == 3


def test_the_report_is_the_same_however_many_work_on_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run([], Settings(jobs=1))
    monkeypatch.setattr(workers, "PAYS", 0)
    for jobs in (2, 5):
        together = run([], Settings(jobs=jobs))
        assert json.render(together.report) == json.render(alone.report)
        assert together.total == alone.total


def test_a_worker_that_died_is_replaced() -> None:
    files = [("a.py", SUM), ("b.py", "x = 1\n"), ("c.py", "x =\n"), ("d.py", BRACKETS), ("e.py", "y = 2\n")]
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack():
        patch.setattr(workers, "SECONDS", 10.0)
        found = dict(workers.parse_all(files, 2))
    assert {path for path, parsed in found.items() if isinstance(parsed, Unparsable)} == {
        "a.py",
        "c.py",
        "d.py",
    }
    assert found.keys() == {path for path, _ in files}
