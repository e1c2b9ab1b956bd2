"""``fix`` itself, ended by a kill or by Ctrl-C at every step that it takes on the disk, and run again."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tool
import trees
from test_writes import Steps, tree
from tool import jwt2oauth
from trees import Keyring

Files = dict[str, bytes]
FLOWS = ("two-functions", "ini-sections")
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")


@pytest.fixture
def before(keyring: Keyring) -> Files:
    """Two customers side by side: two flows, each in several files."""
    return {
        f"{name}/{path}": data
        for name in FLOWS
        for path, data in keyring.fill(trees.read(trees.FIXTURES / name / "before")).items()
    }


@pytest.fixture
def known() -> Iterator[None]:
    """What was analysed once is known in each of the processes that are forked."""
    with tool.remembering({}):
        yield


def lay_out(files: Files, root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    return trees.write(files, root)


def ended(root: Path, number: int, then: Callable[[], None]) -> int:
    """Run ``fix`` in a process in which ``then`` happens at a step; say how it ended."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            with Steps(number, then):
                code = jwt2oauth(root, "fix").code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt() -> None:
    raise KeyboardInterrupt


def uninterrupted(before: Files, root: Path) -> Files:
    assert jwt2oauth(lay_out(before, root), "fix").code == 0
    return tree(root)


def flows(now: Files, before: Files, after: Files) -> set[str]:
    """Say of each flow whether it is written; every file must be whole, and all of a flow alike."""
    seen = set()
    for name in FLOWS:
        changed = [p for p in before if p.startswith(name) and before[p] != after.get(p)]
        states = {"before" if now.get(path) == before[path] else "after" for path in changed}
        assert all(now.get(path) in (before[path], after.get(path)) for path in changed)
        assert len(states) == 1, (name, states)
        seen |= states
    return seen


@posix
@pytest.mark.slow
@pytest.mark.parametrize(("then", "code"), [(kill, -signal.SIGKILL), (interrupt, 130)])
def test_fix_may_end_at_any_step_and_the_next_one_finishes(
    then: Callable[[], None], code: int, before: Files, known: None, tmp_path: Path
) -> None:
    after = uninterrupted(before, tmp_path / "other")
    root = tmp_path / "root"
    seen: set[str] = set()
    for number in itertools.count(1):
        lay_out(before, root)
        how = ended(root, number, then)
        for path, data in tree(root).items():
            if path in before:
                assert data in (before[path], after.get(path)), (number, path)
        if how == 0:
            break
        assert how == code, number
        again = jwt2oauth(root, "fix")
        assert again.code == 0, again.story
        assert tree(root) == after, number
        assert jwt2oauth(root, "fix").text.count("Nothing found"), number
        seen.add(str(how))
    assert number > 60
    assert seen


@posix
def test_ctrl_c_between_two_flows_leaves_each_whole(before: Files, known: None, tmp_path: Path) -> None:
    after = uninterrupted(before, tmp_path / "other")
    root = lay_out(before, tmp_path / "root")
    seen: set[str] = set()
    for number in range(1, 200, 9):
        lay_out(before, root)
        how = ended(root, number, interrupt)
        if how == 0:
            break
        assert how == 130
        if not (root / ".jwt2oauth.journal").exists():
            seen |= flows(tree(root), before, after)
    assert seen == {"before", "after"}


def test_ctrl_c_while_it_is_loaded_is_no_accident() -> None:
    code = """
import sys
from jwt2oauth import __main__, quick
def answer(*_):
    raise KeyboardInterrupt
quick.answer = answer
sys.exit(__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"jwt2oauth: interrupted\n")


def elsewhere() -> Path | None:
    """A folder on another device than that of temporary files."""
    here = os.stat(tempfile.gettempdir()).st_dev
    for place in ("/dev/shm", "/run/shm", "/var/tmp"):
        if os.access(place, os.W_OK) and os.stat(place).st_dev != here:
            return Path(place)
    return None


@posix
@pytest.mark.parametrize("ends", ["lambda: 130", "lambda: os.kill(os.getpid(), signal.SIGINT)"])
def test_a_second_ctrl_c_changes_no_code(ends: str) -> None:
    """It comes when the run has ended by the first."""
    program = (
        "import gc, os, signal, sys, jwt2oauth.__main__ as program\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job of a shell ignores it
        f"program._run = {ends}\n"
        "gc.freeze = lambda: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(program.main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (130, False)


def test_a_work_tree_on_another_device(before: Files, tmp_path: Path) -> None:
    place = elsewhere()
    if place is None:
        pytest.skip("no folder on another device than the temporary files")
    after = uninterrupted(before, tmp_path / "here")
    root = Path(tempfile.mkdtemp(dir=place))
    try:
        assert jwt2oauth(trees.write(before, root), "fix").code == 0
        assert tree(root) == after
    finally:
        shutil.rmtree(root)


def test_a_folder_of_the_tree_on_another_device(before: Files, tmp_path: Path) -> None:
    """As a volume that is mounted into the tree: a copy goes beside each file, not to one place."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("only who may mount")
    after = uninterrupted(before, tmp_path / "here")
    root = tmp_path / "root"
    mounted = root / FLOWS[0]
    mounted.mkdir(parents=True)
    if os.system(f"mount -t tmpfs none '{mounted}' 2>/dev/null"):
        pytest.skip("may not mount")
    try:
        for path, data in before.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        assert jwt2oauth(root, "fix").code == 0
        assert tree(root) == after
    finally:
        os.system(f"umount '{mounted}'")
