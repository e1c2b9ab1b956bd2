"""What git says has changed: real repositories, in every state that a clone may be in."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from jwt2oauth.history import History, HistoryError
from jwt2oauth.tree.walk import Tree


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def numbered(*words: str, count: int = 40) -> str:
    """Forty lines; ``"5:x"`` writes another word into the fifth."""
    lines = [f"line {number}\n" for number in range(1, count + 1)]
    for word in words:
        number, _, text = word.partition(":")
        lines[int(number) - 1] = text
    return "".join(lines)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that has left main, which went on by itself."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "core.autocrlf", "false")
    write(
        root,
        a_py=numbered(),
        b_py=numbered(),
        gone_py="x\n",
        old__name_py=numbered("1:other\n"),
        same_py="x\n",
    )
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    git(root, "checkout", "-qb", "topic")
    write(root, a_py=numbered("5:five\nand a half\n", "30:"), new_py="a\nb")
    git(root, "rm", "-q", "gone.py")
    git(root, "mv", "old/name.py", "name.py")
    write(root, name_py=numbered("1:other\n", "9:nine\n"))
    git(root, "add", ".")
    git(root, "commit", "-qm", "second")
    git(root, "checkout", "-q", "main")
    write(root, b_py=numbered("5:on main\n"))
    git(root, "commit", "-qam", "third")
    git(root, "checkout", "-q", "topic")
    return root


@pytest.mark.parametrize("head", ["HEAD", None])
def test_files_since_the_merge_base(repository: Path, head: str | None) -> None:
    history = History(repository, "main", head)
    assert history.base == git(repository, "merge-base", "main", "topic")
    assert history.head == git(repository, "rev-parse", "topic")
    assert {path: one.before for path, one in history.files.items()} == {
        "a.py": "a.py", "name.py": "old/name.py", "new.py": None,
    }  # fmt: skip
    assert set(history.deleted) == {"gone.py"}
    assert history.old_path("name.py") == "old/name.py"
    assert history.old_path("same.py") == "same.py"
    assert history.old_path("new.py") is None


@pytest.mark.parametrize("head", ["HEAD", None])
def test_hunks_and_lines(repository: Path, head: str | None) -> None:
    history = History(repository, "main", head)
    first, second = history.hunks("a.py")
    assert (first.old_start, first.old_length, first.new_start, first.new_length) == (2, 7, 2, 8)
    assert first.added == {5, 6}
    assert first.context == {2: 2, 3: 3, 4: 4, 7: 6, 8: 7, 9: 8}
    assert second.added == set()
    assert 9 in first
    assert 10 not in first
    assert history.touched("a.py") == {5, 6}
    assert history.touched("new.py") == {1, 2}
    assert history.touched("name.py") == {9}
    assert history.hunks("same.py") == ()
    assert history.hunks("nowhere.py") == ()


def test_where_a_line_was(repository: Path) -> None:
    history = History(repository, "main")
    before, now = numbered().splitlines(), (repository / "a.py").read_text().splitlines()
    for number, line in enumerate(now, 1):
        was = history.old_line("a.py", number)
        assert was is None if number in (5, 6) else was is not None and before[was - 1] == line
    assert history.old_line("same.py", 7) == 7
    assert history.old_line("new.py", 1) is None


def test_contents(repository: Path) -> None:
    history = History(repository, "main")
    (repository / "a.py").write_text("dirty\n")
    assert history.old("a.py") == numbered().encode()
    assert history.old("name.py") == numbered("1:other\n").encode()
    assert history.old("same.py") == b"x\n"
    assert history.old("new.py") is None
    assert history.old("nowhere.py") is None
    assert history.now("new.py") == b"a\nb"
    assert history.now("old/name.py") is None
    assert history.now("old") is None


def test_the_merge_base_without_a_checkout(repository: Path) -> None:
    history = History(repository, "main")
    undone = history.undone(lambda path: path != "gone.py")
    assert {path: data is None for path, data in undone.items()} == {
        "a.py": False, "name.py": True, "new.py": True, "old/name.py": False,
    }  # fmt: skip
    then = Tree(repository).overlay(history.undone(lambda _: True))
    git(repository, "checkout", "-q", history.base)
    now = Tree(repository)
    assert then.paths == now.paths
    assert all(then.read(path) == now.read(path) for path in now.paths)


def test_a_dirty_tree(repository: Path) -> None:
    write(
        repository,
        a_py=numbered("5:five\n"),
        same_py="staged\n",
        untracked_py="x\ny\n",
        b_py=numbered("1:one\n"),
    )
    git(repository, "add", "same.py")
    git(repository, "rm", "-q", "--cached", "b.py")
    (repository / ".gitignore").write_text("ignored.py\n")
    (repository / "ignored.py").write_text("x\n")
    (repository / "name.py").unlink()
    git(repository, "init", "-q", "another")
    (repository / "another/x.py").write_text("x\n")
    history = History(repository, "main")
    assert set(history.files) == {".gitignore", "a.py", "b.py", "new.py", "same.py", "untracked.py"}
    assert set(history.deleted) == {"gone.py", "old/name.py"}
    assert history.touched("untracked.py") == {1, 2}
    assert history.touched("same.py") == {1}
    assert history.touched("a.py") == {5}
    assert 1 in history.touched("b.py")
    assert history.old("b.py") == numbered().encode()
    committed = History(repository, "main", "HEAD")
    assert set(committed.files) == {"a.py", "name.py", "new.py"}
    assert committed.touched("a.py") == {5, 6}


def test_below_the_top(repository: Path) -> None:
    write(repository, deep__er__x_py=numbered())
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "deep")
    write(repository, deep__er__x_py=numbered("3:three\n"), deep__y_py="y\n")
    history = History(repository / "deep", "HEAD")
    assert set(history.files) == {"er/x.py", "y.py"}
    assert history.touched("er/x.py") == {3}
    assert history.old("er/x.py") == numbered().encode()
    assert set(History(repository / "deep", "main").files) == {"er/x.py", "y.py"}
    assert set(History(repository / "old", "main").files if (repository / "old").is_dir() else ()) == set()


NAMES = (
    'q"uote.py',
    "tab\t.py",
    "new\nline.py",
    "bläh.py",
    " blank .py",
    "*.py",
    ":(top)x.py",
    "\\u.py",
    "-x.py",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_every_kind(repository: Path, name: str) -> None:
    write(repository, x_py=numbered())
    (repository / name).write_text(numbered())
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "names")
    (repository / name).write_text(numbered("7:seven\n"))
    (repository / "x.py").write_text(numbered("8:eight\n"))
    history = History(repository, "HEAD")
    assert set(history.files) == {name, "x.py"}
    assert history.touched(name) == {7}
    assert history.old(name) == numbered().encode()
    assert history.undone(lambda _: True)[name] == numbered().encode()


def test_bytes_of_every_kind(repository: Path) -> None:
    """No final newline, CRLF, a form feed, NUL bytes, lines that look like the heads of a diff."""
    before = b"a\r\nb\x0cc\n--- a/x\n\0\n+++ b/odd.py\n@@ -1 +1 @@\nend"
    (repository / "odd.py").write_bytes(before)
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "odd")
    (repository / "odd.py").write_bytes(before.replace(b"@@ -1 +1 @@", b"@@ -2 +2 @@") + b"\n")
    (hunk,) = History(repository, "HEAD").hunks("odd.py")
    assert hunk.added == {6, 7}
    assert hunk.context == {3: 3, 4: 4, 5: 5}


def test_links_and_types_that_change(repository: Path) -> None:
    (repository / "link.py").symlink_to("same.py")
    write(repository, file_py="x\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "link")
    (repository / "link.py").unlink()
    write(repository, link_py="now a file\n")
    (repository / "file.py").unlink()
    (repository / "file.py").symlink_to("same.py")
    history = History(repository, "HEAD")
    assert set(history.files) == {"link.py"}
    assert history.old("link.py") is None
    assert history.touched("link.py") == {1}
    assert set(history.deleted) == {"file.py"}
    assert history.undone(lambda _: True) == {"link.py": None, "file.py": b"x\n"}


def test_attributes_and_settings_do_not_hide_a_change(repository: Path) -> None:
    for name, value in (
        ("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("diff.renames", "false"),
        ("diff.context", "0"), ("diff.interHunkContext", "99"), ("diff.suppressBlankEmpty", "true"),
        ("color.ui", "always"), ("diff.orderFile", "nowhere"), ("diff.ignoreSubmodules", "none"),
        ("core.quotePath", "false"), ("diff.algorithm", "patience"), ("diff.wsErrorHighlight", "all"),
    ):  # fmt: skip
        git(repository, "config", name, value)
    (repository / ".gitattributes").write_text("*.py -diff\n")
    history = History(repository, "main")
    assert set(history.files) == {".gitattributes", "a.py", "name.py", "new.py"}
    assert [hunk.new_start for hunk in history.hunks("a.py")] == [2, 28]


def test_nothing_that_a_repository_names_is_run(repository: Path, tmp_path: Path) -> None:
    alarm = tmp_path / "alarm"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {alarm}\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for name in (
        "core.fsmonitor", "core.pager", "pager.diff", "pager.ls-files", "pager.cat-file", "diff.external",
        "diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge",
        "filter.evil.process", "filter.odd one.clean", "core.sshCommand", "core.editor", "core.askPass",
        "remote.origin.uploadpack", "core.gitProxy", "gpg.program", "merge.evil.driver",
    ):  # fmt: skip
        git(repository, "config", name, str(program))
    git(repository, "config", "filter.evil.required", "true")
    for event in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        hook = repository / ".git/hooks" / event
        hook.write_text(program.read_text())
        hook.chmod(0o755)
    (repository / ".gitattributes").write_text(
        "*.py diff=evil filter=evil\nb.py filter=odd\\ one\nname.py -diff\n"
    )
    os.utime(repository / "b.py", (1, 1))
    write(repository, a_py=numbered("5:five\n"))
    history = History(repository, "main")
    for path in history.files:
        assert history.hunks(path)
        history.old(path)
    history.undone(lambda _: True)
    assert not alarm.exists()


def test_a_partial_clone_fetches_nothing(repository: Path, tmp_path: Path) -> None:
    alarm = tmp_path / "alarm"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ntouch {alarm}\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    git(repository, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--branch=topic", f"file://{repository}", str(clone))
    git(clone, "config", "remote.origin.uploadpack", str(program))
    history = History(clone, "origin/main")
    with pytest.raises(HistoryError, match="partial one, make it without --filter"):
        history.undone(lambda _: True)
    assert not alarm.exists()


def test_a_shallow_clone(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=topic", f"file://{repository}", str(clone))
    with pytest.raises(
        HistoryError, match=r"no commit origin/main in this clone, which is shallow.*fetch-depth: 0"
    ):
        History(clone, "origin/main")
    git(clone, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(HistoryError, match=r"shallow and does not reach back to origin/main.*fetch-depth: 0"):
        History(clone, "origin/main")
    git(clone, "fetch", "-q", "--unshallow", "origin")
    assert "a.py" in History(clone, "origin/main").files


def test_an_index_that_git_cannot_read(repository: Path) -> None:
    (repository / ".git/index").write_bytes(b"DIRC")
    with pytest.raises(HistoryError, match=r"could not compare with \w{12} \(.*index"):
        _ = History(repository, "HEAD").files


@pytest.mark.parametrize("ref", ["nowhere", "", "-x", "--output=x", "main:a.py", "a\0b", "HEAD~99"])
def test_an_unknown_ref(repository: Path, ref: str) -> None:
    with pytest.raises(HistoryError, match="there is no commit"):
        History(repository, ref)
    assert not (repository / "x").exists()


def test_no_common_history(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "island")
    git(repository, "commit", "-qm", "alone")
    with pytest.raises(HistoryError, match="main and the head have no commit in common"):
        History(repository, "main")


def test_no_work_tree_no_commit_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HistoryError, match="this is no git work tree"):
        History(tmp_path, "main")
    git(tmp_path, "init", "-q")
    with pytest.raises(HistoryError, match="this is no git work tree"):
        History(tmp_path / ".git", "main")
    with pytest.raises(HistoryError, match="has no commit yet"):
        History(tmp_path, "main")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HistoryError, match="git is not installed"):
        History(tmp_path, "main")


def test_somebody_elses_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "fatal: detected dubious ownership in repository at '/x'"
    program = repository.parent / "git"
    program.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 128\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(repository.parent), prepend=os.pathsep)
    with pytest.raises(HistoryError, match=r"does not trust this repository.*safe\.directory"):
        History(repository, "main")
