"""What paths say by themselves, and that a table mended for a change is the one that is made anew."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trees

from jwt2oauth.project import importers
from jwt2oauth.project.loading import declared
from jwt2oauth.python.facts.dotted import ROOTS, Names
from jwt2oauth.tree.layout import Layout
from jwt2oauth.tree.search import Words
from jwt2oauth.tree.walk import Tree

TABLES = ("named", "folders", "above", "spread")
PARTS = ("app", "ims", "__init__", "src", "a.b")
ENDINGS = (".py", ".pyi", ".ipynb", ".json")


def some(chance: random.Random, count: int) -> set[str]:
    return {
        "/".join(chance.choices(PARTS, k=chance.randint(1, 4))) + chance.choice(ENDINGS) for _ in range(count)
    }


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_layout_is_that_of_its_paths(seed: int) -> None:
    chance = random.Random(seed)
    paths = some(chance, 40)
    gone = set(chance.sample(sorted(paths), 7))
    added = some(chance, 7) - paths
    after = sorted(paths - gone | added)
    layout, fresh = Layout(sorted(paths)), Layout(after)
    for table in chance.sample(TABLES, chance.randint(0, len(TABLES))):
        getattr(layout, table)
    before = {table: dict(getattr(Layout(sorted(paths)), table)) for table in ("named", "folders", "spread")}
    mended = layout.changed(after, gone, added)
    for table in ("named", "folders", "above"):
        assert getattr(mended, table) == getattr(fresh, table)
    assert {k: n for k, n in mended.spread.items() if n} == dict(fresh.spread)
    assert {name: mended.modules(name) for name in PARTS} == {name: fresh.modules(name) for name in PARTS}
    assert before == {table: getattr(layout, table) for table in before}


def test_a_module_is_told_by_its_name_in_full() -> None:
    names = Names(
        Layout(["app/__init__.py", "app/ims.py", "app/ims.pyi", "lib/ims/__init__.py", "notes.ipynb"])
    )
    assert names.path(("app", "ims")) == "app/ims.py"
    assert names.path(("lib", "ims")) == "lib/ims/__init__.py"
    assert names.path(("app",)) == "app/__init__.py"
    assert names.path(("notes",)) is None


def test_a_distribution_is_imported_from_anywhere() -> None:
    names = Names(
        Layout(
            [
                "libs/ims-auth/ims_auth/__init__.py",
                "libs/ims-auth/ims_auth/account.py",
                "services/auth/auth.py",
                "services/mail/mail/__init__.py",
                "services/people/main.py",
            ]
        )
    )
    assert names.find("services/people", "ims_auth", 0) == "libs/ims-auth/ims_auth/__init__.py"
    assert names.find("services/people", "ims_auth.account", 0) == "libs/ims-auth/ims_auth/account.py"
    assert names.find("services/people", "mail", 0) == "services/mail/mail/__init__.py"
    assert names.find("services/people", "auth", 0) is None
    assert names.find("services/people", "account", 0) is None


def test_who_may_import_it_is_looked_for_where_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that lies beside others in a folder called like it is found by nobody else."""
    package, beside = "libs/ims-auth/ims_auth/__init__.py", "tools/my-box/box.py"
    monkeypatch.setattr(importers, "NEAR", 1)
    nobody: Any = SimpleNamespace(roots=ROOTS)
    finder = importers.Importers(nobody, Layout(["far/main.py", package, beside]), nobody, print)
    assert finder.words([package]) == {b"ims_auth"}
    assert finder.words([beside]) == frozenset()


def test_what_a_tree_says_is_on_the_path_is_imported_from_beside_it() -> None:
    layout = Layout(["hooks/adobe.py", "other/adobe2.py", "plugins/login/__init__.py", "tests/test_adobe.py"])
    said = Names(layout, roots=["hooks"])
    assert said.find("tests", "adobe", 0) == "hooks/adobe.py"
    assert said.find("tests", "adobe2", 0) is None
    assert Names(layout).find("tests", "adobe", 0) is None
    assert Names(layout).find("tests", "login", 0) == "plugins/login/__init__.py"


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("tests/conftest.py", 'sys.path.insert(0, os.path.join(HERE, "..", "hooks"))', {"hooks"}),
        ("tests/conftest.py", 'sys.path[:0] = ["deep/hooks", "other"]', {"hooks", "other"}),
        ("tests/conftest.py", 'print(sys.path, "hooks")', set()),
        ("pytest.ini", "[pytest]\npythonpath = hooks\n", {"hooks"}),
        ("pytest.ini", "[pytest]\n# not pythonpath\n", set()),
        ("compose.yml", "PYTHONPATH: /opt/app/hooks:/opt/other\n", {"hooks", "other"}),
        ("setup.py", 'setup(package_dir={"": "hooks"})', {"hooks"}),
        ("notes.md", "The hooks are on the path.", set()),
    ],
)
def test_who_says_what_is_on_the_path(tmp_path: Path, path: str, text: str, names: set[str]) -> None:
    trees.write(
        {path: text.encode(), "deep/hooks/a.py": b"", "hooks/b.py": b"", "other/c.py": b""}, tmp_path / "t"
    )
    tree = Tree(tmp_path / "t")
    assert declared(tree, Words(tree), ["hooks/b.py"]) - set(ROOTS) == names
