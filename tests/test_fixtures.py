"""Every fixture is executed: as the customer wrote it, and as the tool left it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from ims import Mode
from runner import Stand
from trees import Fixture, Keyring

FIXTURES = trees.load_all()
every = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)


@every
def test_before_runs(fixture: Fixture, stand: Stand, keyring: Keyring, tmp_path: Path) -> None:
    tree = trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree")
    result = stand.run(tree, fixture.argv, fixture.env, site=fixture.site, old_pyjwt=fixture.old_pyjwt)
    assert result.code == 0, result.story
    assert result.stdout, result.story
    assert not result.stderr, result.story
    if not fixture.near_miss_for:
        assert result.asked("exchange"), result.story
        assert all(status == 200 for _, status in result.requests), result.story
    assert Mode.NORMAL not in fixture.modes


@every
def test_expectations_name_real_places(fixture: Fixture) -> None:
    tree = trees.read(fixture.before)
    assert all(finding.line(tree) for finding in fixture.findings)
    assert fixture.changes <= bool(fixture.findings)
    assert set(fixture.key) <= set(tree)
