"""Patches that git takes, byte for byte, whatever the files are like."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jwt2oauth import patches
from jwt2oauth.model import Edit, Flow, Rewrite, Safety, Span


def flow(number: int, title: str = "Get the token with client_credentials", where: str = "f (a.py)") -> Flow:
    edits = (Edit("a.py", Span(0, 0), ""),)
    rewrite = Rewrite(f"flow-{number}", title, "keep", Safety.REVIEW, edits, ("Note. " * 20,), ("To do.",))
    return Flow(f"flow-{number}", where, (), (), rewrite)


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


FILES: dict[str, tuple[bytes, bytes]] = {
    "unix.py": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "windows.py": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed.py": (b"a\r\nb\nc\r\n", b"A\r\nb\nC\r\n"),
    "bom.py": (b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfA\nb\n"),
    "latin.py": (b"# coding: latin-1\n# \xe9\nb\n", b"# coding: latin-1\n# \xe9\nB\n"),
    "no-newline.py": (b"a\nb", b"a\nB"),
    "newline-comes.py": (b"a\nb", b"a\nb\n"),
    "tabs.py": (b"\ta \n\tb\t\n\x0c\n", b"\tA \n\tb\t\n\x0c\n"),
    "odd näme \t.py": (b"a\n", b"b\n"),
    "mail.py": (
        b"From a Mon Sep 17 00:00:00 2001\n-- \n---\n",
        b"From b Mon Sep 17 00:00:00 2001\n-- \n---\n",
    ),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.autocrlf", "false")
    for name, (before, _) in FILES.items():
        (tmp_path / name).write_bytes(before)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    return tmp_path


def test_git_apply(repository: Path) -> None:
    (repository / "patch").write_bytes(patches.diff(FILES).data)
    git(repository, "apply", "--whitespace=nowarn", "patch")
    assert {name: (repository / name).read_bytes() for name in FILES} == {
        name: new for name, (_, new) in FILES.items()
    }


def test_git_am(repository: Path) -> None:
    names = list(FILES)
    flows = [flow(1), flow(2, "Hol den Schlüssel – später.", "größe (a.py)")]
    changes = {
        "flow-1": {name: FILES[name] for name in names[:5]},
        "flow-2": {name: FILES[name] for name in names[5:]},
    }
    mails = patches.mails(flows, changes)
    assert [mail.name for mail in mails] == [
        "0001-get-the-token-with-client-credentials.patch",
        "0002-hol-den-schl-ssel-sp-ter.patch",
    ]
    for mail in mails:
        (repository / mail.name).write_bytes(mail.data)
        git(repository, "am", "--keep-cr", "--whitespace=nowarn", mail.name)
    assert {name: (repository / name).read_bytes() for name in FILES} == {
        name: new for name, (_, new) in FILES.items()
    }
    assert git(repository, "log", "-1", "--format=%s").strip() == "Hol den Schlüssel – später"
    body = git(repository, "log", "-1", "--format=%b")
    assert "größe (a.py) signs an assertion" in " ".join(body.split())
    assert "\nThen:\n- To do.\n" in body
    assert patches.mails(flows, changes) == mails


def test_a_hostile_title_stays_a_line_of_the_message() -> None:
    (mail,) = patches.mails([flow(1, "T\nX-Evil: 1", "w\n---\ndiff --git a/x b/x")], {"flow-1": {}})
    head, _, body = mail.data.partition(b"\n\n")
    assert b"\nX-Evil" not in head
    assert b"\n---\ndiff" not in body
    assert b"/" not in mail.name.encode()


def test_secrets_are_masked_and_said_to_be() -> None:
    files = {"a.py": (b'secret = "p8e-CANARY-0123"\n', b"x = 1\n"), "b.py": (b"a\n", b"b\n")}
    patch = patches.diff(files)
    assert patch.masked == ("a.py",)
    (mail,) = patches.mails([flow(1)], {"flow-1": files})
    assert mail.name.endswith(".masked.diff")
    assert b"CANARY" not in mail.data
    assert b"Secrets are hidden in a.py: this does not apply." in mail.data
