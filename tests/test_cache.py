"""What is remembered between runs never hides a change, and nobody can read a word out of it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jwt2oauth import engine
from jwt2oauth.tree import cache, search
from jwt2oauth.tree.walk import Tree

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SHAPES = ("nightly-sync", "key-from-environment")
HIT = b"""import requests

HOST = "https://ims-na1.adobelogin.com"

def token(client_id, client_secret, assertion):
    form = {"client_id": client_id, "client_secret": client_secret, "jwt_token": assertion}
    return requests.post(HOST + "/ims/exchange/jwt/", data=form).json()["access_token"]
"""
CLEAN = b"x = 'nothing of it here'".ljust(len(HIT) - 1) + b"\n"
REMEMBERING = engine.Settings(cache=True)


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the caches; every tree counts as large, and a file as settled after a tick."""
    place = tmp_path / "caches"
    monkeypatch.setattr(cache, "folder", lambda: place)
    monkeypatch.setattr(cache, "SETTLED", 0)
    monkeypatch.setattr(engine, "MANY_FILES", 0)
    return place


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name in SHAPES:
        shutil.copytree(FIXTURES / name / "before", root / name)
    for number in range(20):
        (root / f"clean{number}.py").write_bytes(CLEAN)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    settle()
    return root


def settle() -> None:
    """Wait until the clock of the file system, which ticks, is past what was written."""
    time.sleep(0.05)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are looked into one by one; git does not search here."""
    paths: list[str] = []
    real: Callable[..., bytes] = Tree.peek

    def peek(self: Tree, path: str) -> bytes:
        paths.append(path)
        return real(self, path)

    monkeypatch.setattr(Tree, "peek", peek)
    return paths


def test_what_has_not_changed_is_not_read_again(tree: Path, caches: Path, looked: list[str]) -> None:
    first = engine.run([tree], REMEMBERING)
    assert any(path.startswith("clean") for path in looked)
    looked.clear()
    assert engine.run([tree], REMEMBERING) == first == engine.run([tree], engine.Settings())
    again = looked[: looked.index("clean0.py")]  # then the run without a cache begins
    assert again
    assert not any(path.startswith("clean") for path in again)


def put_back(path: Path, data: bytes) -> None:
    """Write other content of the same size, and set the time of the content back."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def exchanged(path: Path, data: bytes) -> None:
    """Put another file in the place of this one, as old as it."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(data)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    settle()
    other.replace(path)


def mapped(path: Path, data: bytes) -> None:
    """Write through the memory."""
    import mmap

    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[:] = data


CHANGES = [put_back, Path.write_bytes]
RARE = [pytest.param(change, marks=pytest.mark.slow) for change in (exchanged, mapped)]


@pytest.mark.parametrize("change", [*CHANGES, *RARE], ids=lambda change: change.__name__)
def test_no_change_is_hidden(tree: Path, caches: Path, change: Callable[[Path, bytes], object]) -> None:
    engine.run([tree], REMEMBERING)
    change(tree / "clean7.py", HIT)
    found = engine.run([tree], REMEMBERING)
    assert "clean7.py" in {finding.place.path for finding in found.report.findings}
    assert found == engine.run([tree], engine.Settings())
    change(tree / "clean7.py", CLEAN)
    assert engine.run([tree], REMEMBERING) == engine.run([tree], engine.Settings())


@pytest.mark.slow
def test_whatever_happens_between_two_runs(tree: Path, caches: Path) -> None:
    """Files come, go, move and change; words of the flows appear in others, and vanish."""
    chance = random.Random(2611)
    contents = [CLEAN, HIT, b"import sync\n", b"KEY_FILE = 'private.key'\n", b"from nightly import token\n"]
    for _ in range(5):
        for number in chance.sample(range(24), 4):
            path = tree / f"clean{number}.py"
            what = chance.randrange(4)
            if what == 0 and path.exists():
                path.unlink()
            elif what == 1 and path.exists():
                path.rename(tree / f"clean{chance.randrange(24)}.py")
            else:
                path.write_bytes(chance.choice(contents))
        settle()
        assert engine.run([tree], REMEMBERING) == engine.run([tree], engine.Settings())


def test_a_file_that_was_just_written_is_not_remembered(
    tree: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SETTLED", 60)
    listed = Tree(tree)
    engine.run([tree], REMEMBERING)
    assert cache.Cache(caches, listed, [tree]).changed == listed.examined
    monkeypatch.setattr(cache, "SETTLED", 0)
    engine.run([tree], REMEMBERING)
    assert cache.Cache(caches, listed, [tree]).changed == ()
    (tree / "clean3.py").write_bytes(HIT)
    changed = cache.Cache(caches, Tree(tree), [tree]).changed
    assert changed == ("clean3.py",)


def test_what_could_not_be_read_is_not_remembered(
    tree: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "clean9.py").write_bytes(HIT)
    settle()
    real: Callable[..., bytes] = Tree.peek

    def peek(self: Tree, path: str) -> bytes:
        if path == "clean9.py":
            raise OSError(5, "Input/output error", path)
        return real(self, path)

    with monkeypatch.context() as broken:
        broken.setattr(Tree, "peek", peek)
        assert [each.path for each in engine.run([tree], REMEMBERING).report.files.failed] == ["clean9.py"]
    whole = engine.run([tree], REMEMBERING)
    assert "clean9.py" in {finding.place.path for finding in whole.report.findings}


def test_no_word_and_no_content_is_in_it(tree: Path, caches: Path) -> None:
    engine.run([tree], REMEMBERING)
    (file,) = caches.iterdir()
    kept = file.read_bytes()
    assert b"clean7.py" in kept
    flows = engine.run([tree], engine.Settings()).report.flows
    assert flows
    for word in (b"metascope", b"jwt_token", b"AdobeOrg", b"CLIENT_SECRET", b"PRIVATE KEY", b"nothing of it"):
        assert word not in kept
    assert file.stat().st_mode & 0o077 == 0
    assert caches.stat().st_mode & 0o077 == 0


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def turned(data: bytes) -> bytes:
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


@pytest.mark.parametrize("harm", [cut, turned, lambda _: b"", lambda data: data * 2])
def test_a_broken_one_is_none(tree: Path, caches: Path, harm: Callable[[bytes], bytes]) -> None:
    first = engine.run([tree], REMEMBERING)
    (file,) = caches.iterdir()
    good = file.read_bytes()
    file.write_bytes(harm(good))
    assert cache.Cache(caches, Tree(tree), [tree]).changed == Tree(tree).examined
    assert engine.run([tree], REMEMBERING) == first
    assert file.read_bytes() == good


def test_a_folder_of_somebody_elses_is_not_used(tree: Path, caches: Path) -> None:
    caches.mkdir()
    caches.chmod(0o777)
    assert engine.run([tree], REMEMBERING).report.flows
    assert not any(caches.iterdir())


def test_a_folder_that_takes_nothing_does_no_harm(
    tree: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    first = engine.run([tree], engine.Settings())
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        assert engine.run([tree], REMEMBERING) == first
    assert not any(caches.iterdir())
    with monkeypatch.context() as disk:
        disk.setattr(cache, "_clock", full)
        assert engine.run([tree], REMEMBERING) == first
    caches.rmdir()
    caches.write_text("no folder")
    assert engine.run([tree], REMEMBERING) == first


def test_nothing_is_written_into_the_tree_or_a_home_that_is_none(
    tree: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    inside = tree.parent / "link"
    inside.symlink_to(tree)
    for place in (tree / ".cache", inside / ".cache", Path("~/.cache")):
        monkeypatch.setattr(cache, "folder", lambda place=place: place)
        assert engine.run([], REMEMBERING).report.flows
        assert not place.exists()


@pytest.mark.slow
def test_only_so_many_trees_are_remembered(tree: Path, caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "CACHES", 2)
    places = [tree, *(tree / name for name in SHAPES[:2])]
    for place in places:
        engine.run([place], REMEMBERING)
        settle()
    assert len(list(caches.iterdir())) == 2
    assert cache.Cache(caches, Tree(tree), [tree]).changed == Tree(tree).examined


def test_a_part_of_the_tree_asks_for_no_memory(tree: Path, caches: Path) -> None:
    engine.run([tree / "clean1.py"], REMEMBERING)
    engine.run([tree], engine.Settings(cache=True, changed=frozenset({"clean1.py"})))
    engine.run([tree], REMEMBERING, instead={"clean1.py": HIT})
    assert not caches.exists()


@pytest.mark.parametrize(("options", "kept"), [([], 1), (["--no-cache"], 0)])
def test_the_command_line(tmp_path: Path, options: list[str], kept: int) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    for number in range(search.MANY_FILES):
        (root / f"m{number}.py").write_bytes(CLEAN)
    home = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "caches"), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "jwt2oauth", "scan", *options, "."]
    assert subprocess.run(command, cwd=root, env=home, check=False).returncode == 0
    assert len(list(tmp_path.glob("**/*.cache"))) == kept
