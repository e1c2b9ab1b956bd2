"""Several files are replaced in full or not at all, wherever a run ends: by a key, a kill, a full disk."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from jwt2oauth import writes
from jwt2oauth.writes import JOURNAL, WriteFailed, pending, recover, write_all

STEPS = ("open", "write", "fsync", "chmod", "chown", "replace", "unlink", "lseek")
"""What changes a disk, of all that is called."""
BEFORE = {"a.py": b"one " * 40, "in/b.py": b"two", "in/gone.key": b"three", "z.toml": b"four"}
AFTER = {"a.py": b"ONE", "in/b.py": b"TWO " * 40, "in/gone.key": None, "new.ini": b"five", "z.toml": b"FOUR"}
CHANGED = {path: data for path, data in AFTER.items() if data is not None}


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_write_all_replaces_and_keeps_the_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "a").chmod(0o751)
    (tmp_path / "b").write_bytes(b"2")
    write_all(tmp_path, {"a": b"one", "b": None, "c": b"new"}, {"a": b"1", "b": b"2", "c": None})
    assert tree(tmp_path) == {"a": b"one", "c": b"new"}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o751


def test_a_file_that_changed_meanwhile_stops_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"other")
    with pytest.raises(WriteFailed, match="b: the file has changed"):
        write_all(tmp_path, {"a": b"one", "b": b"two"}, {"a": b"1", "b": b"2"})
    assert tree(tmp_path) == {"a": b"1", "b": b"other"}


def test_a_failure_halfway_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a": b"one", "b": None, "c": b"three"}
    expected = {"a": b"1", "b": b"2", "c": b"3"}
    for name, data in expected.items():
        (tmp_path / name).write_bytes(data)
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("c"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(writes.os, "replace", replace)
    with pytest.raises(WriteFailed, match="c: no space left on device"):
        write_all(tmp_path, files, expected)
    assert tree(tmp_path) == expected


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
def test_links_inside_are_written_through_and_links_out_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "real").write_bytes(b"1")
    (root / "link").symlink_to("real")
    (tmp_path / "outside").write_bytes(b"1")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "folder").symlink_to(tmp_path)
    write_all(root, {"link": b"2"}, {"link": b"1"})
    assert (root / "link").is_symlink()
    assert (root / "real").read_bytes() == b"2"
    for path in ("out", "folder/outside", "../outside"):
        with pytest.raises(WriteFailed, match="outside the scanned tree"):
            write_all(root, {path: b"2"}, {path: b"1"})
    assert (tmp_path / "outside").read_bytes() == b"1"


def test_a_file_that_may_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"1")
    monkeypatch.setattr(writes.os, "access", lambda path, mode: False)
    with pytest.raises(WriteFailed, match="a: the file is read-only"):
        write_all(tmp_path, {"a": b"2"}, {"a": b"1"})
    assert tree(tmp_path) == {"a": b"1"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "root")


def lay_out(root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for path, data in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def write(root: Path) -> None:
    write_all(root, AFTER, {path: BEFORE.get(path) for path in AFTER})


class Steps:
    """Counts what is done to the disk; calls ``then`` before the step of a number, or in its middle."""

    def __init__(self, number: int, then: Callable[[], None]) -> None:
        self.number, self.then, self.count = number, then, 0
        self.real = {name: getattr(os, name) for name in STEPS}

    def __enter__(self) -> Self:
        for name, real in self.real.items():
            setattr(os, name, self.counting(name, real))
        return self

    def __exit__(self, *_: object) -> None:
        for name, real in self.real.items():
            setattr(os, name, real)

    def counting(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **kwargs: object) -> object:
            self.count += 1
            if self.count == self.number:
                if name == "write":
                    real(args[0], bytes(args[1])[: len(bytes(args[1])) // 2])  # type: ignore[call-overload]
                self.then()
            return real(*args, **kwargs)

        return step


def killed(number: int, act: Callable[[], object]) -> bool:
    """Do it in a process that is killed at a step; say whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            with Steps(number, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def state(root: Path) -> str:
    """Say what the files are; nothing else may lie about."""
    now = tree(root)
    assert now in (BEFORE, CHANGED), sorted(now)
    return "before" if now == BEFORE else "after"


posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")


@pytest.mark.slow
@posix
def test_a_kill_at_any_step_leaves_every_file_whole_and_a_second_run_finishes(root: Path) -> None:
    seen = set()
    for number in itertools.count(1):
        lay_out(root)
        was_killed = killed(number, lambda: write(root))
        for path, data in tree(root).items():
            if path in {**BEFORE, **CHANGED}:
                assert data in (BEFORE.get(path), CHANGED.get(path)), (number, path)
        if was_killed and pending(root) is None:
            assert state(root) == ("before" if number < 10 else "after")
        recover(root)
        seen.add(state(root))
        if state(root) == "before":
            write(root)
        assert state(root) == "after"
        if not was_killed:
            break
    assert seen == {"before", "after"}
    assert number > 40


@posix
@pytest.mark.slow
def test_the_second_run_may_be_killed_as_well(root: Path) -> None:
    for number in itertools.count(2, 4):
        lay_out(root)
        if not killed(number, lambda: write(root)):
            break
        half = root.parent / "half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(root, half)
        for second in itertools.count(1, 2):
            shutil.rmtree(root)
            shutil.copytree(half, root)
            again = killed(second, lambda: recover(root))
            recover(root)
            state(root)
            if not again:
                break


def test_ctrl_c_at_any_step_leaves_all_or_nothing(root: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    for number in itertools.count(1):
        lay_out(root)
        try:
            with Steps(number, interrupt):
                write(root)
        except KeyboardInterrupt:
            recover(root)
            state(root)
        else:
            break
    assert number > 40


def test_any_failing_step_is_named_and_leaves_nothing_half_done(root: Path) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    failed = 0
    for number in itertools.count(1):
        lay_out(root)
        with Steps(number, fail) as steps:
            try:
                write(root)
            except WriteFailed as error:
                failed += error.path in {*AFTER, JOURNAL}
        recover(root)
        state(root)
        if steps.count < number:
            break
    assert failed > 20


def test_a_journal_holds_no_content_and_is_gone_in_the_end(root: Path) -> None:
    seen = []
    real = os.replace

    def replace(source: str, target: str) -> None:
        seen.append((root / JOURNAL).read_bytes())
        real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        write(root)
    assert seen
    assert not any(word in page for page in seen for word in (b"one one", b"three", b"TWO TWO", b"FOUR"))
    assert state(root) == "after"


@posix
def test_two_runs_do_not_meet(root: Path) -> None:
    def other() -> None:
        with pytest.raises(WriteFailed, match="another run is at work"):
            recover(root)
        with pytest.raises(WriteFailed, match="another run is at work"):
            write(root)

    with Steps(14, other):
        write(root)
    assert state(root) == "after"


@pytest.mark.slow
@posix
def test_what_somebody_changed_meanwhile_is_theirs(root: Path) -> None:
    numbers = iter(range(25, 80))
    while True:  # to where one file of two is replaced
        lay_out(root)
        assert killed(next(numbers), lambda: write(root))
        if (root / "a.py").read_bytes() == CHANGED["a.py"] and (root / "z.toml").read_bytes() == BEFORE[
            "z.toml"
        ]:
            break
    (root / "z.toml").write_bytes(b"mine")
    with pytest.raises(WriteFailed, match=r"z\.toml: it has changed since"):
        recover(root)
    assert (root / "z.toml").read_bytes() == b"mine"
    (root / "z.toml").write_bytes(BEFORE["z.toml"])
    recover(root)
    state(root)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../outside"},
        {"path": "/etc/hostname"},
        {"new": "../../x.jwt2oauth"},
        {"new": "a.py"},
        {"after": "0"},
        {"more": 1},
    ],
)
def test_a_journal_that_came_with_the_tree_reaches_nothing_outside(
    root: Path, change: dict[str, object]
) -> None:
    digest = writes._digest(b"one")
    page = {"path": "a.py", "new": ".a.new.jwt2oauth", "old": None, "before": None, "after": digest, **change}
    (root / JOURNAL).write_bytes(json.dumps([page]).encode() + b"\nwrite\n")
    (root.parent / "outside").write_bytes(b"outside")
    with pytest.raises(WriteFailed, match="no journal of this tool"):
        recover(root)
    (root / JOURNAL).unlink()
    assert state(root) == "before"
    (root / JOURNAL).symlink_to(root.parent / "outside")
    with pytest.raises(WriteFailed):
        recover(root)
    assert (root.parent / "outside").read_bytes() == b"outside"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
def test_a_full_disk(small_disk: Path) -> None:
    (small_disk / "a").write_bytes(b"1" * 20_000)
    (small_disk / "b").write_bytes(b"2" * 20_000)
    before = tree(small_disk)
    with pytest.raises(WriteFailed, match="no space left on device"):
        write_all(small_disk, {"a": b"x" * 20_000, "b": b"y" * 20_000}, {"a": before["a"], "b": before["b"]})
    assert tree(small_disk) == before


@posix
def test_a_limit_on_the_size_of_files(root: Path) -> None:
    """``ulimit -f``: what would be larger is refused, and Python does not die of the signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))  # the journal fits in, a file does not
            large = {**AFTER, "in/b.py": b"TWO " * 400}
            write_all(root, large, {path: BEFORE.get(path) for path in AFTER})
        except WriteFailed as error:
            code = 0 if "file too large" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert state(root) == "before"


def mount(*arguments: str) -> None:
    if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
        pytest.skip("may not mount")


@pytest.mark.skipif(sys.platform != "linux", reason="mounts")
@pytest.mark.parametrize(("place", "read_only"), [("in", True), (".", True), ("in/b.py", False)])
def test_a_tree_parts_of_which_are_mounted(root: Path, place: str, read_only: bool) -> None:
    """A folder of it is read-only, or all of it is; a file is one of the host's, as containers have them."""
    target = str(root / place)
    mount("--bind", target, target)
    try:
        if read_only:
            mount("-o", "remount,ro,bind", target)
        with pytest.raises(WriteFailed, match="read-only" if read_only else "busy"):
            write(root)
        assert state(root) == "before"
    finally:
        subprocess.run(["umount", target], check=True)
    write(root)
    assert state(root) == "after"


@pytest.mark.skipif(sys.platform != "linux", reason="mounts")
def test_a_container_writes_over_what_its_image_holds(tmp_path: Path) -> None:
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged"))
    lay_out(lower)
    for folder in (upper, work, merged):
        folder.mkdir()
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount("-t", "overlay", "overlay", "-o", layers, str(merged))
    try:
        write(merged)
        assert state(merged) == "after"
    finally:
        subprocess.run(["umount", str(merged)], check=True)
    assert state(lower) == "before"


def becomes_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def becomes_link(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/hostname")


def goes(path: Path) -> None:
    path.unlink(missing_ok=True)


def changes(path: Path) -> None:
    path.write_bytes(b"mine")


@posix
@pytest.mark.parametrize("meanwhile", [becomes_folder, becomes_link, goes, changes])
def test_what_becomes_of_a_file_at_any_step_leaves_the_others_alike(
    root: Path, meanwhile: Callable[[Path], None]
) -> None:
    """Somebody else's file stays theirs; all others have their old content, or all have their new one."""
    for path in ("in/b.py", "z.toml"):
        for number in itertools.count(1):
            lay_out(root)
            steps = Steps(number, lambda path=path: meanwhile(root / path))  # type: ignore[misc]
            steps.real["fsync"] = lambda _: None
            with steps, contextlib.suppress(WriteFailed):
                write(root)
            if steps.count < number:
                break
            now = {name: data for name, data in tree(root).items() if name != path}
            old, new = ({n: d for n, d in files.items() if n != path} for files in (BEFORE, CHANGED))
            assert now in (old, new), (path, number)


@posix
def test_the_disk_is_full_at_any_step(root: Path) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    for number in itertools.count(1):
        lay_out(root)
        steps = Steps(number, full)
        steps.real["fsync"] = lambda _: None
        with steps, contextlib.suppress(WriteFailed):
            write(root)
        if steps.count < number:
            break
        if pending(root):
            recover(root)
        state(root)
