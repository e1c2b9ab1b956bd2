"""Rules of a project's own: ``[tool.jwt2oauth] rules = ["our_auth.toml"]``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

FIXTURE = trees.FIXTURES / "sdk-own-wrapper" / "before"
TABLE = "tools/our_auth.toml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A customer with a wrapper of its own, and nothing in its code that our own needles would find."""
    tree = shutil.copytree(FIXTURE, tmp_path / "project")
    program = tree / "main.py"
    program.write_text(program.read_text().replace("7E8F9A0B1C2D3E4F0A495F89@techacct.adobe.com", "account"))
    return tree


def test_what_only_the_own_table_names_is_found(project: Path) -> None:
    found = jwt2oauth(project, "scan", "--format", "json").page["findings"]
    assert {(each["rule"], each["path"]) for each in found} == {
        ("private-key-file", "corp.key"),
        ("private-key-read", "main.py"),
        ("sdk-jwt-credential", "main.py"),
    }


def test_without_the_table_nothing_is(project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    assert not jwt2oauth(project, "scan", "--format", "json").page["findings"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('jwt = ["key"]', 'jwt = ["key"]\nretired = true', "sdks[0].calls[0].retired: unknown key"),
        ('jwt = ["key"]', "", "sdks[0].calls[0].jwt: missing"),
        ('jwt = ["key"]', 'jwt = ["pem"]', "sdks[0].calls[0].jwt: 'pem' is not among the parameters"),
        ('client_id = "client"', "", "sdks[0].calls[0].client_id: missing"),
        ('scopes = "scopes"', 'scopes = "scope"', "'scope' is not among the parameters after"),
        ('bound = "2.0"', 'bound = ">=2.0"', "sdks[0].bound: must be a version"),
        ('bound = "2.0"', "bound = 2.0", "sdks[0].bound: must be a string, not a float"),
        ('modules = ["corp_adobe"]', "", "sdks[0].modules: nothing would ever be looked at"),
        ('distribution = "corp-adobe"', "", "sdks[0].distribution: missing key"),
        ("[[sdks]]", "[[sdks", "is not TOML"),
    ],
)
def test_a_table_is_read_strictly(project: Path, old: str, new: str, said: str) -> None:
    table = project / TABLE
    assert old in table.read_text()
    table.write_text(table.read_text().replace(old, new, 1))
    ran = jwt2oauth(project, "scan")
    assert ran.code == 2, ran.story
    assert "our_auth.toml" in ran.story
    assert said in " ".join(ran.story.split()), ran.story


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"tools/our_auth.toml"', "must be a list of files"),
        ("[1]", "must be a list of files"),
        ('["tools/none.toml"]', "there is no file tools/none.toml"),
        ('["tools/our_auth.py"]', "tools/our_auth.py is not called *.toml"),
        ('["../outside.toml"]', "../outside.toml lies outside"),
        ('["link.toml"]', "link.toml lies outside"),
    ],
)
def test_where_a_table_may_be(project: Path, value: str, said: str) -> None:
    outside = project.parent / "outside.toml"
    shutil.copy(project / TABLE, outside)
    (project / "link.toml").symlink_to(outside)
    (project / "pyproject.toml").write_text(f"[tool.jwt2oauth]\nrules = {value}\n")
    ran = jwt2oauth(project, "scan")
    assert ran.code == 2, ran.story
    assert f"tool.jwt2oauth.rules: {said}" in " ".join(ran.story.split()), ran.story
