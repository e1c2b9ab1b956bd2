"""Every fixture is executed: as the customer wrote it, and as the tool left it."""

from __future__ import annotations

import codecs
import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trees
from ims import Mode, Request
from runner import Result, Stand
from tool import Ran, jwt2oauth
from trees import Expected, Fixture, Keyring, each

FIXTURES = trees.load_all()
CHANGING = tuple(fixture for fixture in FIXTURES if fixture.changes)
UNTOUCHED = tuple(fixture for fixture in FIXTURES if not fixture.changes)


@dataclass(frozen=True, slots=True)
class Fixed:
    """What ``fix`` made of a tree."""

    ran: Ran
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Workshop:
    """Writes trees out, runs the customers' programs, and the tool once on each fixture."""

    stand: Stand
    keyring: Keyring

    def before(self, fixture: Fixture) -> dict[str, bytes]:
        """The customer's files, with keys."""
        return self.keyring.fill(trees.read(fixture.before))

    def golden(self, fixture: Fixture) -> dict[str, bytes]:
        """What ``fix`` must make of them."""
        return self.keyring.fill(trees.read(fixture.after if fixture.after.exists() else fixture.before))

    @functools.cache  # noqa: B019 (as long as the session)
    def fixed(self, fixture: Fixture) -> Fixed:
        """Run ``fix`` on a copy, once a session."""
        with tempfile.TemporaryDirectory() as folder:
            tree = trees.write(self.before(fixture), Path(folder, "tree"))
            ran = jwt2oauth(tree, "fix", *fixture.fix_args)
            return Fixed(ran, trees.read(tree))

    @functools.cache  # noqa: B019 (as long as the session)
    def run_before(self, fixture: Fixture, mode: Mode = Mode.NORMAL) -> Result:
        """Run the program as the customer wrote it, with its key, while the exchange still works; once."""
        with tempfile.TemporaryDirectory() as folder:
            tree = trees.write(self.before(fixture), Path(folder, "tree"))
            return self._run(fixture, tree, fixture.env, mode, migrated=False)

    def run_after(
        self, fixture: Fixture, files: Mapping[str, bytes], folder: Path, mode: Mode = Mode.NORMAL
    ) -> Result:
        """Run these files in its place, without any key, as the exchange refuses."""
        tree = trees.write({path: data for path, data in files.items() if path not in fixture.key}, folder)
        env = {name: value for name, value in fixture.env.items() if name not in fixture.key_env}
        return self._run(fixture, tree, {**env, **fixture.after_env}, mode, migrated=True)

    def _run(
        self, fixture: Fixture, tree: Path, env: Mapping[str, str], mode: Mode, *, migrated: bool
    ) -> Result:
        return self.stand.run(
            tree,
            fixture.argv,
            self.keyring.fill_env(env),
            mode=mode,
            migrated=migrated,
            sites=fixture.sites,
            old_pyjwt=fixture.old_pyjwt,
        )


@pytest.fixture(scope="session")
def workshop(stand: Stand, keyring: Keyring) -> Workshop:
    return Workshop(stand, keyring)


# The customers, by themselves


@each(FIXTURES, fast=8)
def test_before_runs(fixture: Fixture, workshop: Workshop) -> None:
    if fixture.skip:
        pytest.skip(fixture.skip)
    result = workshop.run_before(fixture)
    assert result.code == 0, result.story
    assert result.stdout, result.story
    assert not result.stderr, result.story
    assert all(status < 300 for _, status in result.requests), result.story
    if not fixture.near_miss_for:
        assert result.asked("exchange"), result.story


def test_expectations_name_real_places() -> None:
    for fixture in FIXTURES:
        tree = trees.read(fixture.before)
        assert all(finding.line(tree) for finding in fixture.findings), fixture.name
        assert fixture.changes <= bool(fixture.findings), fixture.name
        assert set(fixture.key) <= set(tree), fixture.name


@each(CHANGING, fast=8)
def test_after_does_the_same_without_the_key(fixture: Fixture, workshop: Workshop, tmp_path: Path) -> None:
    files = workshop.golden(fixture) if fixture.after.exists() else workshop.fixed(fixture).files
    for mode in (Mode.NORMAL, *fixture.modes):
        before = workshop.run_before(fixture, mode)
        after = workshop.run_after(fixture, files, tmp_path / f"after-{mode}", mode)
        story = f"{mode}\n--- before\n{before.story}\n--- after\n{after.story}"
        assert (after.code, after.stdout) == (before.code, before.stdout), story
        assert not after.asked("exchange"), story
        assert len(after.asked("token")) == len(before.asked("exchange")), story
        assert [_asked(request) for request in after.asked("api")] == [
            _asked(request) for request in before.asked("api")
        ], story


def _asked(request: Request) -> tuple[object, ...]:
    identity = [
        request.headers.get(name) for name in ("x-api-key", "x-gw-ims-org-id", "accept", "user-agent")
    ]
    return request.method, request.host, request.path, request.query, identity


# What the tool says


@each(FIXTURES, fast=4)
def test_findings(fixture: Fixture, workshop: Workshop, tmp_path: Path) -> None:
    files = workshop.before(fixture)
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan", "--format", "json")
    found = {
        (finding["rule"], finding["path"], finding.get("cell", 0), finding["line"], finding["suppressed"])
        for finding in ran.page["findings"]
    }
    assert found == {_place(finding, files) for finding in fixture.findings}, ran.story
    assert ran.code == any(not finding.suppressed for finding in fixture.findings), ran.story
    reasons = {finding["unfixed"] for finding in ran.page["findings"]} - {None}
    assert reasons == ({fixture.unfixed} if fixture.unfixed else set()), ran.story


def _place(finding: Expected, files: Mapping[str, bytes]) -> tuple[str, str, int, int, bool]:
    return finding.rule, finding.path, finding.cell, finding.line(files), finding.suppressed


@each(tuple(fixture for fixture in FIXTURES if fixture.told or fixture.untold), fast=4)
def test_what_a_person_is_told(fixture: Fixture, workshop: Workshop, tmp_path: Path) -> None:
    ran = jwt2oauth(
        trees.write(workshop.before(fixture), tmp_path / "tree"),
        "fix",
        "--format",
        "json",
        *fixture.fix_args,
    )
    fixes = [finding["fix"] or {"notes": [], "todo": []} for finding in ran.page["findings"]]
    said = {text for fix in fixes for text in (*fix["notes"], *fix["todo"])}
    for told in fixture.told:
        assert any(told in text for text in said), f"{told}\n{ran.story}"
    for untold in fixture.untold:
        assert not any(untold in text for text in said), f"{untold}\n{ran.story}"


# What the tool does


@each(CHANGING, fast=4)
def test_fix_gives_the_golden_tree(
    fixture: Fixture, workshop: Workshop, keyring: Keyring, request: pytest.FixtureRequest
) -> None:
    fixed = workshop.fixed(fixture)
    if request.config.getoption("--update-goldens"):
        trees.write(keyring.empty(fixed.files), fixture.after)
    assert fixture.after.exists(), f"no golden yet: pytest --update-goldens, and review it\n{fixed.ran.story}"
    assert _text(fixed.files) == _text(workshop.golden(fixture)), fixed.ran.story
    assert fixed.files == workshop.golden(fixture)
    assert fixed.ran.code == 0, fixed.ran.story
    assert not _changed_form(workshop.before(fixture), fixed.files)


@each(UNTOUCHED, fast=4)
def test_fix_leaves_alone(fixture: Fixture, workshop: Workshop) -> None:
    fixed = workshop.fixed(fixture)
    assert fixed.files == workshop.before(fixture), fixed.ran.story
    assert fixed.ran.code == any(not finding.suppressed for finding in fixture.findings), fixed.ran.story


@each(CHANGING, fast=8, slow=5)
def test_fix_twice_changes_nothing(fixture: Fixture, workshop: Workshop, tmp_path: Path) -> None:
    fixed = workshop.fixed(fixture)
    tree = trees.write(fixed.files, tmp_path / "tree")
    again = jwt2oauth(tree, "fix", *fixture.fix_args)
    assert trees.read(tree) == fixed.files, again.story
    assert again.code == bool(fixture.left), again.story
    left = {finding["unfixed"] for finding in jwt2oauth(tree, "scan", "--format", "json").page["findings"]}
    assert left - {None} == ({fixture.left} if fixture.left else set())


def _changed_form(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """The files whose form is another; of one that is empty a person is told to delete it."""
    both = before.keys() & after.keys()
    return sorted(path for path in both if after[path] and _form(after[path]) != _form(before[path]))


def _form(data: bytes) -> tuple[object, ...]:
    """Byte order mark, line ends, tabs, the newline at the end."""
    newlines = data.count(b"\r\n"), data.count(b"\n")
    return (
        data.startswith(codecs.BOM_UTF8),
        newlines[0] == newlines[1],
        newlines[0] == 0,
        b"\n\t" in data,
        b"\n    " in data and b"\n\t" in data,
        data.endswith(b"\n"),
    )


def test_fix_leaves_nothing_unused(workshop: Workshop, tmp_path: Path) -> None:
    """No import, name or variable that was used before is unused or undefined after."""
    for fixture in CHANGING:
        trees.write(workshop.before(fixture), tmp_path / "before" / fixture.name)
        trees.write(workshop.golden(fixture), tmp_path / "after" / fixture.name)
    assert _complaints(tmp_path / "before")
    assert not _complaints(tmp_path / "after") - _complaints(tmp_path / "before")


def _complaints(tree: Path) -> set[tuple[str, str, str]]:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format", "json"]
    # F405: a name that comes by a star, which is how this customer imports.
    rules = ["--select", "F", "--ignore", "F405"]
    ran = subprocess.run([*command, *rules, "."], cwd=tree, capture_output=True, check=False)
    pages = json.loads(ran.stdout)
    return {(page["code"], str(Path(page["filename"]).relative_to(tree)), page["message"]) for page in pages}


@each(CHANGING, fast=8, slow=6)
@pytest.mark.parametrize("how", ["--diff", "--patches"])
def test_git_applies_what_fix_writes(fixture: Fixture, workshop: Workshop, tmp_path: Path, how: str) -> None:
    tree = trees.write(workshop.before(fixture), tmp_path / "tree")
    patches = tmp_path / "patches"
    args = (how,) if how == "--diff" else (how, str(patches))
    ran = jwt2oauth(tree, "fix", *args, *fixture.fix_args)
    assert trees.read(tree) == workshop.before(fixture), ran.story
    assert ran.code == 1, ran.story
    if how == "--diff":
        patches.mkdir()
        (patches / "0001.patch").write_bytes(ran.stdout)
    for patch in sorted(patches.glob("*.patch")):
        subprocess.run(["git", "apply", str(patch)], cwd=tree, check=True, capture_output=True)
    assert trees.read(tree) == workshop.fixed(fixture).files, ran.story
    assert trees.read(tree) != workshop.before(fixture), ran.story


def _text(files: Mapping[str, bytes]) -> dict[str, str]:
    """For the difference that pytest shows."""
    return {path: data.decode("utf-8", "replace") for path, data in files.items()}


# The set as a whole


def _shapes() -> Iterator[int]:
    for fixture in CHANGING:
        yield from fixture.shapes


def test_there_are_enough() -> None:
    assert len(CHANGING) >= 50
    assert sum(bool(fixture.near_miss_for) for fixture in FIXTURES) >= 24
    assert set(range(1, 17)) <= set(_shapes())


def test_no_key_in_the_repository() -> None:
    for fixture in FIXTURES:
        for tree in (fixture.before, fixture.after, *fixture.sites):
            for path, data in (trees.read(tree) if tree.exists() else {}).items():
                assert b"MII" not in data, f"{fixture.name}: {path} holds something like a key"
