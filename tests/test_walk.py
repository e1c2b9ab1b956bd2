"""Which files belong to a project, with git and without."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jwt2oauth.engine import Settings, exit_code, run
from jwt2oauth.tree import git as asking
from jwt2oauth.tree import listing, walk
from jwt2oauth.tree.walk import Tree


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments],
        cwd=root,
        check=True,
        capture_output=True,
    )


@pytest.fixture(params=["git", "no git"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with ignored files, which both ways of listing must see alike."""
    root = tmp_path / "project"
    make(
        root,
        "b.py",
        "a.pyi",
        "conf/x.ini",
        "conf/keep.log",
        "out/x.py",
        "noise.log",
        "sub/noise.py",
        "README.md",
    )
    make(root, "sub/deep/y.ipynb", "__pycache__/z.py")
    (root / ".gitignore").write_text("*.log\n/out/\n__pycache__/\n")
    (root / "conf/.gitignore").write_text("!keep.log\n")
    (root / "sub/.gitignore").write_text("noise.*\n")
    if request.param == "git":
        git(root, "init", "-q")
    return root


EXPECTED = (
    ".gitignore", "README.md", "a.pyi", "b.py", "conf/.gitignore", "conf/keep.log", "conf/x.ini",
    "sub/.gitignore", "sub/deep/y.ipynb",
)  # fmt: skip


def test_lists_what_is_not_ignored_in_order(project: Path) -> None:
    tree = Tree(project)
    assert tree.paths == EXPECTED
    assert tree.examined == ("a.pyi", "b.py", "conf/x.ini", "sub/deep/y.ipynb")
    assert tree.skipped == ()


def test_targets_and_exclude(project: Path) -> None:
    assert Tree(project, [project / "sub"]).paths == ("sub/.gitignore", "sub/deep/y.ipynb")
    assert Tree(project, exclude=["sub/", "*.md", ".gitignore"]).paths == (
        "a.pyi", "b.py", "conf/keep.log", "conf/x.ini",
    )  # fmt: skip


def test_a_named_file_is_examined_though_ignored_but_not_though_excluded(project: Path) -> None:
    assert Tree(project, [project / "noise.log"]).paths == ("noise.log",)
    tree = Tree(project, [project / "b.py"], exclude=["b.py"])
    assert tree.paths == ()
    assert [skipped.path for skipped in tree.skipped] == ["b.py"]


def test_what_is_excluded_is_said_once_a_folder(project: Path) -> None:
    tree = Tree(project, exclude=["sub/", "*.md", "conf/*.ini"])
    assert [(skipped.path, skipped.reason) for skipped in tree.skipped] == [
        ("conf/x.ini", "excluded by --exclude or the configuration"),
        ("sub", "excluded by --exclude or the configuration"),
    ]


def test_a_named_directory_is_examined_though_ignored(project: Path) -> None:
    assert Tree(project, [project / "out"]).paths == ("out/x.py",)


def test_repositories_inside_are_listed(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "inner/b.py", "inner/ignored.py")
    (tmp_path / "inner/.gitignore").write_text("ignored.py\n")
    git(tmp_path, "init", "-q")
    git(tmp_path / "inner", "init", "-q")
    assert Tree(tmp_path).paths == ("a.py", "inner/.gitignore", "inner/b.py")
    git(tmp_path / "inner", "add", ".")
    git(tmp_path / "inner", "commit", "-qm", "inner")
    git(tmp_path, "add", ".")  # now a gitlink
    assert Tree(tmp_path).paths == ("a.py", "inner/.gitignore", "inner/b.py")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="links")
@pytest.mark.parametrize("with_git", [True, False])
def test_links_are_not_followed_out(tmp_path: Path, with_git: bool) -> None:
    root = tmp_path / "root"
    make(root, "a.py", "in/b.py")
    make(tmp_path, "outside/c.py")
    (root / "link.py").symlink_to("a.py")
    (root / "out.py").symlink_to(tmp_path / "outside/c.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    if with_git:
        git(root, "init", "-q")
    tree = Tree(root)
    assert tree.paths == ("a.py", "in/b.py")
    assert [skipped.path for skipped in tree.skipped] == ["folder", "out.py"]
    for path in ("out.py", "folder/c.py", "../outside/c.py"):
        with pytest.raises(OSError, match="outside"):
            tree.read(path)


@pytest.mark.parametrize("with_git", [True, False])
def test_foreign_directories_are_named(tmp_path: Path, with_git: bool) -> None:
    make(
        tmp_path, "a.py", "env/pyvenv.cfg", "env/lib/b.py", "web/node_modules/c.py", "web/b.py", "environ.py"
    )
    make(tmp_path, "web/node_modules/d/node_modules/e.py")
    if with_git:
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "web")
    tree = Tree(tmp_path)
    assert tree.paths == ("a.py", "environ.py", "web/b.py")
    assert [skipped.path for skipped in tree.skipped] == ["env", "web/node_modules"]
    assert Tree(tmp_path, [tmp_path / "env"]).paths == ("env/lib/b.py", "env/pyvenv.cfg")


def test_oversized_and_deleted_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LIMIT", 100)
    make(tmp_path, "a.py", "gone.py")
    (tmp_path / "big.json").write_bytes(b" " * 101)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    (tmp_path / "gone.py").unlink()
    tree = Tree(tmp_path)
    assert tree.paths == ("a.py",)
    assert [(skipped.path, skipped.reason) for skipped in tree.skipped] == [
        ("big.json", "larger than 16 MiB")
    ]


def test_overlay(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.py")
    tree = Tree(tmp_path)
    other = tree.overlay({"a.py": b"new", "b.py": None, "c.py": b"added"}).overlay({"d.py": b""})
    assert other.paths == ("a.py", "c.py", "d.py")
    assert other.read("a.py") == b"new"
    with pytest.raises(FileNotFoundError):
        other.read("b.py")
    assert tree.paths == ("a.py", "b.py")
    assert tree.read("a.py") == b"# a.py\n"


def test_a_repository_cannot_make_git_run_a_program(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    git(tmp_path, "init", "-q")
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(program))
    assert Tree(tmp_path).paths == ("a.py", "evil")
    assert not (tmp_path / "ran").exists()


def test_git_in_the_environment_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "here/a.py", "there/b.py")
    git(tmp_path / "here", "init", "-q")
    git(tmp_path / "there", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "there/.git"))
    assert Tree(tmp_path / "here").paths == ("a.py",)


def test_git_prefix(tmp_path: Path) -> None:
    make(tmp_path, "deep/er/a.py")
    assert walk.git_prefix(tmp_path / "deep") is None
    git(tmp_path, "init", "-q")
    assert walk.git_prefix(tmp_path) == ""
    assert walk.git_prefix(tmp_path / "deep/er") == "deep/er"


@pytest.mark.parametrize("with_git", [True, False])
def test_what_is_read_for_the_sake_of_a_part(tmp_path: Path, with_git: bool) -> None:
    made = (
        *("setup.py", "app/__init__.py", "app/ims.py", "src/in/__init__.py", "src/in/low/__init__.py"),
        *("services/a/Pipfile", "services/a/src/main.py", "services/b/main.py", "tests/t.py"),
    )
    make(tmp_path, *made)
    if with_git:
        git(tmp_path, "init", "-q")
    project, app, service = tmp_path, tmp_path / "app", tmp_path / "services/a"
    assert walk.surroundings(project, [project]) == [project]
    assert walk.surroundings(project, [app]) == [project, app]
    assert walk.surroundings(project, [tmp_path / "src/in/low"])[0] == project
    assert walk.surroundings(project, [tmp_path / "tests", app / "ims.py"])[0] == project
    assert walk.surroundings(project, [service]) == [service]
    assert walk.surroundings(project, [service / "src"]) == [service, service / "src"]
    for alone in ("services", "services/b", "tests"):  # others lie around it, perhaps very many
        assert walk.surroundings(project, [tmp_path / alone]) == [tmp_path / alone]
    main = service / "src/main.py"
    assert walk.surroundings(project, [main]) == [project if with_git else service, main]
    assert walk.surroundings(app, [app]) == [app]


def test_a_tree_at_another_time(project: Path) -> None:
    tree = Tree(project, [project / "sub", project / "b.py"], exclude=["*.ini"])
    then = tree.revision(
        {
            "sub/old.py": b"1",
            "sub/old.ini": b"2",
            "conf/x.py": b"3",
            "b.py": b"4",
            "sub/.gitignore": None,
            "subtle.py": b"5",
        }
    )
    assert then.paths == ("b.py", "sub/deep/y.ipynb", "sub/old.py")
    assert then.read("b.py") == b"4"
    assert Tree(project, [project / "a.pyi"]).revision({"a.pyi": None}).paths == ()


def test_a_folder_that_may_not_be_listed_could_not_be_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shut").mkdir()
    (tmp_path / "open.py").write_text("x = 1\n")
    real = os.scandir

    def scandir(folder: str) -> object:
        if folder.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(walk.os, "scandir", scandir)
    report = run([tmp_path], Settings())
    assert [(each.path, each.reason) for each in report.report.files.failed] == [
        ("shut", "permission denied")
    ]
    assert exit_code(report) == 1


def test_git_names_the_folders_that_it_may_not_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open.py").write_text("x = 1\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    real = asking.ask

    def ask(folder: str, *arguments: str, **more: Any) -> asking.Answer | None:
        answer = real(folder, *arguments, **more)
        if answer is None or arguments[0] != "ls-files":
            return answer
        return asking.Answer(
            0, answer.out, "warning: could not open directory 'a/shut/': Permission denied\n"
        )

    monkeypatch.setattr(asking, "ask", ask)
    assert [(each.path, each.reason) for each in Tree(tmp_path).failed] == [("a/shut", "permission denied")]


def test_what_a_sparse_checkout_leaves_out_is_named(tmp_path: Path) -> None:
    make(tmp_path, "app/a.py", "conf/deep/app.cfg", "conf/logo.png", "conf/x.ini", "keep/b.py", "keep/c.py")
    (tmp_path / "keep/gone.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    git(tmp_path, "sparse-checkout", "set", "--no-cone", "/*", "!/conf/", "!/keep/c.py")
    (tmp_path / "keep/gone.py").unlink()  # who deletes a file knows
    (tmp_path / "app/a.py").unlink()
    git(tmp_path, "update-index", "--skip-worktree", "keep/b.py")
    tree = Tree(tmp_path)
    assert tree.paths == ("keep/b.py",)
    assert [each.path for each in tree.skipped] == ["conf", "keep/c.py"]
    assert all("sparse-checkout" in each.reason for each in tree.skipped)
    assert exit_code(run((tmp_path,), Settings())) == 0
