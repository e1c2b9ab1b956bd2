"""Patches that git takes, byte for byte, whatever the files are like."""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jwt2oauth import patches
from jwt2oauth.delta import binary_patch
from jwt2oauth.model import Edit, Flow, Rewrite, Safety, Span
from jwt2oauth.redact import Redactor


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
        "0001-a-py.patch",
        "0002-a-py.patch",
    ]
    for mail in mails:
        (repository / mail.name).write_bytes(mail.data)
        git(repository, "am", "--keep-cr", "--whitespace=nowarn", mail.name)
    assert {name: (repository / name).read_bytes() for name in FILES} == {
        name: new for name, (_, new) in FILES.items()
    }
    assert git(repository, "log", "-1", "--format=%s").strip() == "Hol den Schlüssel – später (a.py)"
    body = git(repository, "log", "-1", "--format=%b")
    assert "größe (a.py) signs an assertion" in " ".join(body.split())
    assert "\nThen:\n- To do.\n" in body
    assert patches.mails(flows, changes) == mails


def test_a_patch_is_named_after_the_file_of_its_flow() -> None:
    """A log of twenty of them says which is which."""
    paths = {
        "services/sync/auth.py": ("services-sync-auth-py", "auth.py"),
        "jobs/nightly/__main__.py": ("jobs-nightly-main-py", "nightly/__main__.py"),
        "äöü.py": ("py", "äöü.py"),
        "a/" * 40 + "x (1).py": ("a-" * 26 + "x-1-py", "x (1).py"),
    }
    for path, (name, where) in paths.items():
        for title in (path, f"f ({path})"):
            one = flow(1, where=title)
            assert one.rewrite is not None
            one = replace(one, rewrite=replace(one.rewrite, edits=(Edit(path, Span(0, 0), ""),)))
            (mail,) = patches.mails([one], {"flow-1": {}})
            assert mail.name == f"0001-{name}.patch"
            assert patches.message(one).startswith(f"Get the token with client_credentials ({where})\n")
    (mail,) = patches.mails([flow(1, where="somewhere")], {"flow-1": {}})
    assert mail.name == "0001-get-the-token-with-client-credentials.patch"


def test_a_hostile_title_stays_a_line_of_the_message() -> None:
    (mail,) = patches.mails([flow(1, "T\nX-Evil: 1", "w\n---\ndiff --git a/x b/x")], {"flow-1": {}})
    head, _, body = mail.data.partition(b"\n\n")
    assert b"\nX-Evil" not in head
    assert b"\n---\ndiff" not in body
    assert b"/" not in mail.name.encode()


KEY = b"""KEY = \"\"\"-----BEGIN PRIVATE KEY-----
MIICANARYCANARYCANARY0123456789
-----END PRIVATE KEY-----\"\"\"
"""
WITH_SECRETS: dict[str, tuple[bytes, bytes | None]] = {
    "a.py": (KEY + b'secret = "p8e-CANARY-0123"\nf(secret)\n', b"x = 1\n"),
    "b.py": (b"a\n", b"b\n"),
    "moved.py": (
        KEY + b'post(data={"client_secret": "p8e-CANARY-4567", "jwt": sign(KEY)})\n',
        b'oauth = OAuth2Session("me", "p8e-CANARY-4567", scope="openid")\n' * 3,
    ),
    "empty.py": (KEY, b""),
    "gone.py": (KEY, None),
    "long näme.py": (KEY * 900 + b"a\r\n" * 90_000, b"b\r\n" + KEY + b"a\r\n" * 89_999),
}
CANARY = re.compile(rb"CANARY")
LINES = (
    KEY,
    b'client_secret = "p8e-CANARY-9876"\n',
    b"import jwt\n",
    b"\n",
    b"def f():\r\n    return 1\r\n",
    b"x",
)


@pytest.fixture(params=["sha1", pytest.param("sha256", marks=pytest.mark.slow)])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    algorithm: str = request.param
    git(tmp_path, "init", "-q", f"--object-format={algorithm}")
    for name, (before, _) in WITH_SECRETS.items():
        (tmp_path / name).write_bytes(before)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    return tmp_path, algorithm


def held(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def inflated(patch: bytes) -> Iterator[bytes]:
    """What git unpacks from the binary parts."""
    for part in re.findall(rb"^(?:delta|literal) \d+\n((?:[A-Za-z].+\n)+)\n", patch, re.MULTILINE):
        lines = part.splitlines()
        sizes = [b" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(line[:1]) for line in lines]
        packed = (base64.b85decode(line[1:])[:size] for line, size in zip(lines, sizes, strict=True))
        yield zlib.decompress(b"".join(packed))


def test_git_applies_what_no_reader_may_see(guarded: tuple[Path, str]) -> None:
    root, algorithm = guarded
    patch = patches.diff(WITH_SECRETS, algorithm=algorithm)
    assert patch.masked == ("a.py", "empty.py", "gone.py", "long näme.py", "moved.py")
    assert not patch.lost
    deltas = [*inflated(patch.data)]
    assert len(deltas) == len(patch.masked)
    assert not any(CANARY.search(data) for data in (patch.data, *deltas))
    (root / "patch").write_bytes(patch.data)
    git(root, "apply", "patch")
    assert {name: held(root / name) for name in WITH_SECRETS} == {
        name: new for name, (_, new) in WITH_SECRETS.items()
    }


@pytest.mark.slow
def test_git_am_takes_it_and_commits_the_message_alone(guarded: tuple[Path, str]) -> None:
    root, algorithm = guarded
    between = {name: (new, b"y\n" + new) for name, (_, new) in WITH_SECRETS.items() if new is not None}
    changes = {"flow-1": WITH_SECRETS, "flow-2": between}
    for mail in patches.mails([flow(1), flow(2)], changes, algorithm=algorithm):
        assert not CANARY.search(mail.data)
        assert mail.name.endswith(".patch")
        (root / mail.name).write_bytes(mail.data)
        git(root, "am", "--keep-cr", mail.name)
        assert "hidden" not in git(root, "log", "-1", "--format=%B")
    for name, (_, new) in between.items():
        assert (root / name).read_bytes() == new


def test_a_secret_that_is_new_to_the_file_is_in_no_patch(tmp_path: Path) -> None:
    files = {"a.py": (b"x = 1\n", b'secret = "p8e-CANARY-0123"\n'), "b.py": (b"a\n", b"b\n")}
    patch = patches.diff(files)
    assert patch.lost == ("a.py",)
    (mail,) = patches.mails([flow(1)], {"flow-1": files})
    assert mail.name.endswith(".masked.diff")
    assert b"CANARY" not in mail.data
    assert b"Secrets are hidden in a.py: this does not apply." in mail.data


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LINES)), st.lists(st.sampled_from(LINES)))
def test_any_change_of_any_file(before: list[bytes], after: list[bytes]) -> None:
    old, new = b"".join(before), b"".join(after)
    assume(old != new)
    hidden = Redactor([("a.py", old), ("a.py", new)]).hidden("a.py", new)
    made = binary_patch(b"diff --git a/a.py b/a.py\n", old, new, hidden)
    if made is None:
        assert any(new[start:end] not in old for start, end in hidden)
        return
    (delta,) = inflated(made)
    assert not CANARY.search(delta)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.py").write_bytes(old)
        subprocess.run(["git", "apply", "-"], cwd=folder, input=made, check=True)
        assert Path(folder, "a.py").read_bytes() == new
