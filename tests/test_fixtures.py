"""Every fixture is executed: as the customer wrote it, and as the tool left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trees
from ims import Mode
from runner import Result, Stand
from trees import Fixture, Keyring

FIXTURES = trees.load_all()
every = pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.name)


@dataclass(frozen=True, slots=True)
class Customer:
    """Runs one customer's program, before and after Adobe switched the exchange off."""

    fixture: Fixture
    stand: Stand
    keyring: Keyring

    def checkout(self, folder: Path) -> Path:
        """Write the customer's tree to a new folder."""
        return trees.write(self.keyring.fill(trees.read(self.fixture.before)), folder)

    def run_before(self, tree: Path, mode: Mode = Mode.NORMAL) -> Result:
        """Run it with its key, while the exchange still works."""
        return self._run(tree, self.fixture.env, mode, migrated=False)

    def run_after(self, tree: Path, mode: Mode = Mode.NORMAL) -> Result:
        """Run it without any key, as the exchange refuses."""
        for path in self.fixture.key:
            (tree / path).unlink(missing_ok=True)
        env = {name: value for name, value in self.fixture.env.items() if name not in self.fixture.key_env}
        return self._run(tree, {**env, **self.fixture.after_env}, mode, migrated=True)

    def _run(self, tree: Path, env: Mapping[str, str], mode: Mode, *, migrated: bool) -> Result:
        return self.stand.run(
            tree,
            self.fixture.argv,
            self.keyring.fill_env(env),
            mode=mode,
            migrated=migrated,
            site=self.fixture.site,
            old_pyjwt=self.fixture.old_pyjwt,
        )


@pytest.fixture
def customer(fixture: Fixture, stand: Stand, keyring: Keyring) -> Customer:
    return Customer(fixture, stand, keyring)


@every
def test_before_runs(fixture: Fixture, customer: Customer, tmp_path: Path) -> None:
    result = customer.run_before(customer.checkout(tmp_path / "tree"))
    assert result.code == 0, result.story
    assert result.stdout, result.story
    assert not result.stderr, result.story
    assert all(status < 300 for _, status in result.requests), result.story
    if not fixture.near_miss_for:
        assert result.asked("exchange"), result.story


@every
def test_expectations_name_real_places(fixture: Fixture) -> None:
    tree = trees.read(fixture.before)
    assert all(finding.line(tree) for finding in fixture.findings)
    assert fixture.changes <= bool(fixture.findings)
    assert set(fixture.key) <= set(tree)
