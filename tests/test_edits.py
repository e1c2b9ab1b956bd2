"""Decoding, applying, and diffs that git takes."""

from __future__ import annotations

import codecs
import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt2oauth.edits import Conflict, UnreadableText, apply, decode, masked_diff
from jwt2oauth.model import Edit, Span

LINES = [b"a\n", b"b\n", b"    c\n", b"\n"]


def lines(data: bytes) -> list[bytes]:
    """All of them, unmasked; as git, split at line feeds alone."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def diff(path: str, before: bytes, after: bytes | None) -> bytes:
    return masked_diff(path, before, after, lines).data


def edit(start: int, end: int, text: str, path: str = "a.py") -> Edit:
    return Edit(path, Span(start, end), text)


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"", "utf-8", False),
        (b"a = 1\n", "utf-8", False),
        (b"a = 1\r\nb = 2\r\n", "utf-8", False),
        (b"a\r\nb\nc\r\n", "utf-8", False),
        (b"a\rb\r", "utf-8", False),
        (codecs.BOM_UTF8 + "a = 'é'\r\n".encode(), "utf-8", True),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso-8859-1", False),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'", "cp1252", False),
        (codecs.BOM_UTF16_LE + "[ims]\r\n".encode("utf-16-le"), "utf-16-le", True),
        (b"\tx = 1\n\x0c\nno_final_newline", "utf-8", False),
    ],
)
def test_decode_and_encode_give_back_the_same_bytes(data: bytes, encoding: str, bom: bool) -> None:
    text = decode(data)
    assert (text.encoding, text.bom) == (encoding, bom)
    assert not text.text.startswith("\ufeff")
    assert text.encode(text.text) == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x = '\xe9'\n", "not valid UTF-8"),
        (b"x = 1\ny = 2\nz = '\xe9'\n", "line 3 is not valid utf-8"),
        (b"# coding: klingon\n", "does not exist"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "byte order mark"),
        (b"# coding: rot13\nx = 1\n", "not a text encoding"),
        (b"# coding: undefined\n", "not a text encoding"),
    ],
)
def test_what_cannot_be_decoded_says_why(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableText, match=words):
        decode(data)


def test_a_character_that_the_encoding_lacks_is_an_error() -> None:
    with pytest.raises(UnreadableText, match="U\\+2026"):
        decode(b"# coding: latin-1\n").encode("…")


def test_apply_in_any_order() -> None:
    assert apply("abcdef", [edit(4, 5, "E"), edit(0, 1, ""), edit(6, 6, "!")]) == "bcdEf!"


def test_insertions_at_one_point_keep_their_order() -> None:
    assert apply("ab", [edit(1, 1, "x"), edit(1, 1, "y"), edit(1, 2, "B")]) == "axyB"


@pytest.mark.parametrize("bad", [[(0, 3), (2, 4)], [(1, 4), (2, 2)], [(0, 9)], [(-1, 0)], [(3, 2)]])
def test_apply_refuses(bad: list[tuple[int, int]]) -> None:
    with pytest.raises(Conflict):
        apply("abcdef", [edit(start, end, "") for start, end in bad])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def git_apply(repository: Path, patch: bytes) -> None:
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"],
        cwd=repository,
        input=patch,
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\nb\nc", b"a\nb\nC"),
        (b"a\nb\nc", b"a\nb\nc\n"),
        (b"a\nb\nc\n", b"a\nb\nc"),
        (b"a\r\nb\r\n", b"a\r\nB\r\n"),
        (b"a\rb\r", b"a\rB\r"),
        (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfA\n"),
        (b"\xe9\n" * 9, b"\xe9\n" * 4 + b"\xe8\n" * 5),
        (b"", b"a\n"),
        (b"a\n", b""),
        (b"a\n" * 60, b"b\n" + b"a\n" * 40 + b"c\n" + b"a\n" * 20),
        (b"\tx\x0c\n\ny", b"\tx\x0c\n\n\ny"),
    ],
)
@pytest.mark.parametrize("path", ["a.py", 'with space/ü "q" \\ \t.py', "-x.py"])
def test_git_applies_the_diff(repository: Path, path: str, before: bytes, after: bytes) -> None:
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    git_apply(repository, diff(path, before, after))
    assert file.read_bytes() == after


def test_git_applies_a_diff_of_lines_that_repeat(repository: Path) -> None:
    """Where the end of the file looks like what goes above it, a hunk could end without context."""
    dice = random.Random(0)
    files = {
        f"{number}.py": (b"".join(dice.choices(LINES, k=dice.randrange(40))), dice.randrange(3))
        for number in range(400)
    }
    patch, wanted = b"", {}
    for path, (before, changes) in files.items():
        lines = before.splitlines(keepends=True)
        for _ in range(changes + 1):
            at = dice.randrange(len(lines) + 1)
            lines[at : at + dice.randrange(12)] = dice.choices(LINES, k=dice.randrange(6))
        (repository / path).write_bytes(before)
        wanted[path] = b"".join(lines)
        if wanted[path] and before:
            patch += diff(path, before, wanted[path])
    git_apply(repository, patch)
    for path, (before, _) in files.items():
        if wanted[path] and before:
            assert (repository / path).read_bytes() == wanted[path]


@pytest.mark.parametrize("data", [b"", b"a\n", b"a"])
def test_git_applies_files_that_go(repository: Path, data: bytes) -> None:
    file = repository / "keys" / "private.key"
    file.parent.mkdir()
    file.write_bytes(data)
    git_apply(repository, diff("keys/private.key", data, None))
    assert not file.exists()


def test_no_change_no_diff() -> None:
    assert diff("a", b"a\n", b"a\n") == b""


@pytest.mark.skipif(os.name == "nt", reason="POSIX tools")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"b", b"", b"\r", b"c\xff"])),
    st.lists(st.sampled_from([b"a", b"b", b""])),
)
def test_any_diff_applies(
    tmp_path_factory: pytest.TempPathFactory, old: list[bytes], new: list[bytes]
) -> None:
    before, after = b"\n".join(old), b"\n".join(new)
    patch = diff("f", before, after)
    if not patch:
        assert before == after
        return
    folder = tmp_path_factory.mktemp("any")
    (folder / "f").write_bytes(before)
    git_apply(folder, patch)
    assert (folder / "f").read_bytes() == after


def test_git_shows_the_same_diff(repository: Path) -> None:
    before, after = (
        b"".join(b"%d\n" % n for n in range(40)),
        b"".join(b"%d\n" % (n + n // 30) for n in range(40)),
    )
    (repository / "a b.py").write_bytes(before)
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    (repository / "a b.py").write_bytes(after)
    shown = subprocess.run(
        ["git", "diff", "--no-color"], cwd=repository, check=True, capture_output=True
    ).stdout
    theirs = [line for line in shown.splitlines() if not line.startswith(b"index ")]
    ours = diff("a b.py", before, after).splitlines()
    assert [line.split(b" @@")[0] for line in theirs] == [line.split(b" @@")[0] for line in ours]
