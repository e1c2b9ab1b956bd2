"""Whoever searches says what ``word in bytes`` says, whatever the files and the repository are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwt2oauth import engine
from jwt2oauth.tree import native, search
from jwt2oauth.tree.git import Answer
from jwt2oauth.tree.matcher import is_fast, matcher
from jwt2oauth.tree.search import Words
from jwt2oauth.tree.walk import Tree

WORDS = [b"needle", b'"ent_', b"a.b*c", b"-e", b"caf\xc3\xa9", b"w\xfcrde", b" blank"]
FILES = {
    "plain.py": b"x = needle\n",
    "none.py": b"nothing\n",
    "quote.json": b'{"ent_user": 1}',
    "dots.py": b"a.b*c",
    "like.py": b"aXbYc need le",
    "dash.py": b"-e",
    "latin.py": b"w\xfcrde",
    "utf8.py": "café".encode(),
    "nul.py": b"\0\0 needle \0",
    "crlf.ini": b"\r\nneedle\r\n",
    "empty.py": b"",
    "long/" + "n" * 80 + "/x.py": b"needle",
    "odd name \xe9\n.py": b"needle",
    ".env.local": b"KEY=needle",
    "-f.py": b"needle",
    "sub/[a].py": b" blank",
    "hidden.py": b"needle",
    "stale.py": b"needle",
    "ignored.py": b"needle",
    "inner/own.py": b"needle",
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def search_by(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a few files be searched by one of the ways; skip where that is not installed."""
    monkeypatch.setattr(search, "MANY_FILES", 0)
    if way == "by the extra fast":
        if not is_fast():
            pytest.skip("hyperscan is not here")
        return
    monkeypatch.setattr(search, "matcher", lambda *_, **__: None)
    monkeypatch.setattr(search, "is_fast", lambda: False)
    if way == "by git":
        monkeypatch.setattr(native, "ripgrep", lambda: None)
    elif native.ripgrep() is None:
        pytest.skip("ripgrep is not here")


WAYS = ["by git", "by ripgrep", "by the extra fast"]


@pytest.fixture(params=WAYS)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A repository with all that could make a program look elsewhere than at the file."""
    search_by(request.param, monkeypatch)
    root = tmp_path / "root"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (root / ".gitignore").write_text("ignored.py\n")
    (root / ".gitattributes").write_text("*.py binary\n*.ini text eol=lf\n*.json filter=rot\n")
    git(root / "inner", "init", "-q")
    git(root, "init", "-q")
    git(root, "config", "filter.rot.clean", "tr a-z n-za-m")
    git(root, "config", "grep.patternType", "perl")
    git(root, "config", "grep.fullName", "true")
    git(root, "config", "grep.column", "true")
    tracked = [path for path in FILES if path not in ("inner/own.py", "dots.py", "-f.py")]
    git(root, "add", "-f", "--", *(f":(literal){path}" for path in tracked))
    git(root, "update-index", "--assume-unchanged", "stale.py")
    git(root, "update-index", "--skip-worktree", "hidden.py")
    (root / "stale.py").write_bytes(b"no more")
    (root / "none.py").touch()
    os.symlink("plain.py", root / "link.py")
    return root


def by_hand(tree: Tree, words: list[bytes]) -> list[str]:
    return [path for path in tree.examined if any(word in tree.peek(path) for word in words)]


def whole_by_hand(tree: Tree, words: list[bytes]) -> list[str]:
    """The same, where nothing of a name stands before or behind the word; in a notebook anything may."""

    def stands(path: str, word: bytes) -> bool:
        data = b"\n" + tree.peek(path) + b"\n"  # which no word holds
        ends = [at for at in range(len(data)) if data.startswith(word, at)]
        if path.endswith(".ipynb"):
            return bool(ends)
        return any(not is_named(data[at - 1]) and not is_named(data[at + len(word)]) for at in ends)

    def is_named(letter: int) -> bool:
        return chr(letter).isascii() and (chr(letter).isalnum() or chr(letter) == "_")

    return [path for path in tree.examined if any(stands(path, word) for word in words)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the program has found, search by search."""
    answers: list[object] = []
    real: Callable[..., Any] = native.found_in

    def found_in(*arguments: Any, **options: Any) -> Any:
        answers.append(real(*arguments, **options))
        return answers[-1]

    monkeypatch.setattr(native, "found_in", found_in)
    return answers


@pytest.mark.parametrize("words", [*([word] for word in WORDS), WORDS, [b"nowhere"]])
def test_what_is_found_is_what_is_there(root: Path, words: list[bytes], asked: list[object]) -> None:
    tree = Tree(root)
    assert "hidden.py" in tree.examined
    assert list(search.search(tree, words, tree.examined)) == by_hand(tree, words)
    assert search.is_fast() or (asked and asked[0])


def test_of_long_words_the_whole_is_found(root: Path) -> None:
    words = [b"needle", *(b"%02d of the long words" % number for number in range(40))]
    (root / "end.py").write_bytes(b"41 of the long words, 5 of the long words")
    (root / "whole.py").write_bytes(b"39 of the long words")
    tree = Tree(root)
    found = list(search.search(tree, words, tree.examined))
    assert found == by_hand(tree, words)
    assert "whole.py" in found
    assert "end.py" not in found


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_is_written_in_utf16_is_found(root: Path, encoding: str) -> None:
    for path, text in {"held.json": '{"a": "needle"}', "part.json": '{"a": "need"}'}.items():
        (root / path).write_bytes(f"\ufeff{text}".encode(encoding))
    tree = Tree(root)
    plain = list(search.search(tree, [b"needle"], tree.examined))
    assert plain == by_hand(tree, [b"needle"])
    found = list(search.search(tree, [b"needle"], tree.examined, decoded=True))
    assert {*found} - {"part.json"} == {*plain, "held.json"}


def test_below_the_top_and_of_another_time(root: Path) -> None:
    (root / "sub/more.py").write_bytes(b"needle")
    tree = Tree(root, [root / "sub", root / "ignored.py"])
    assert list(search.search(tree, [b"needle"], tree.examined)) == ["ignored.py", "sub/more.py"]
    tree = Tree(root).overlay(
        {"plain.py": b"gone", "none.py": b"needle", "new.py": b"needle", "dash.py": None}
    )
    assert list(search.search(tree, WORDS, tree.examined)) == by_hand(tree, WORDS)
    pinned = Tree(root).pinned({"plain.py": b"as it was"})
    assert "plain.py" not in list(search.search(pinned, [b"needle"], pinned.examined))


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_said(root: Path) -> None:
    (root / "plain.py").chmod(0)
    lost: list[str] = []
    tree = Tree(root)
    found = list(search.search(tree, [b"needle"], tree.examined, lost=lambda path, _: lost.append(path)))
    assert lost == ["plain.py"]
    assert "nul.py" in found


def test_where_git_stumbles_the_files_are_read(
    root: Path, monkeypatch: pytest.MonkeyPatch, asked: list[object]
) -> None:
    real = native.ask

    def ask(folder: str, *arguments: str, **options: Any) -> Any:
        answer = real(folder, *arguments, **options)
        if "grep" in arguments:
            return Answer(0, b"", "error: 'x.py': short read")
        return answer

    monkeypatch.setattr(native, "ask", ask)
    monkeypatch.setattr(native, "ripgrep", lambda: None)
    tree = Tree(root)
    assert list(search.search(tree, [b"needle"], tree.examined)) == by_hand(tree, [b"needle"])
    assert search.is_fast() or asked == [None]


@pytest.mark.parametrize("broken", ["exit 2", "echo none.py: gone >&2; exit 0", "exec kill -9 $$"])
def test_where_ripgrep_stumbles_others_are_asked(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    program = tmp_path / "rg"
    program.write_text(f"#!/bin/sh\n{broken}\n")
    program.chmod(0o755)
    monkeypatch.setattr(native, "ripgrep", lambda: str(program))
    tree = Tree(root)
    assert list(search.search(tree, [b"needle"], tree.examined)) == by_hand(tree, [b"needle"])


def test_only_ripgrep_itself_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not another program of that name, and none that a relative entry of PATH finds in the tree."""
    program = tmp_path / "rg"
    program.write_text(f"#!/bin/sh\necho ran >>{tmp_path / 'ran'}\necho something 1.0\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for path, ran in ((".", False), ("", False), (str(tmp_path), True)):
        monkeypatch.setenv("PATH", path)
        native.ripgrep.cache_clear()
        assert native.ripgrep() is None
        assert (tmp_path / "ran").exists() == ran
    native.ripgrep.cache_clear()


def test_ripgrep_follows_no_settings(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".ignore", ".rgignore"):
        (root / name).write_text("*\n")
    (tmp_path / "settings").write_text("--invert-match\n--max-filesize=1\n")
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", str(tmp_path / "settings"))
    monkeypatch.setattr(native, "_ROOM", 64)
    tree = Tree(root)
    assert list(search.search(tree, WORDS, tree.examined)) == by_hand(tree, WORDS)


def test_a_word_that_git_cannot_be_asked_for(root: Path) -> None:
    tree = Tree(root)
    for word in (b"needle\r\n", b"needle \0", b""):
        assert list(search.search(tree, [word], tree.examined)) == by_hand(tree, [word])


@pytest.mark.parametrize("kept", [0, search.KEPT])
def test_what_is_remembered_is_what_is_there(root: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(search, "KEPT", kept)
    tree = Tree(root)
    words = Words(tree)
    words.learn([b"needle", b"blank", b"nowhere"])
    changes = {"plain.py": b"gone", "none.py": b"needle", "new.py": b"needle", "dash.py": None}
    later = tree.overlay(changes)
    over = words.over(later, changes.keys())
    for asked in ([b"needle"], [b"blank", b"nowhere"], [b"-e"], WORDS):
        next(words.holding(asked), None)  # who stops early must not leave half an answer
        for _ in range(2):
            assert list(words.holding(asked)) == whole_by_hand(tree, asked)
            assert list(over.holding(asked)) == whole_by_hand(later, asked)


@pytest.mark.parametrize("eager", [0, 3, search.EAGER])
def test_what_is_asked_for_are_whole_words(root: Path, monkeypatch: pytest.MonkeyPatch, eager: int) -> None:
    monkeypatch.setattr(search, "EAGER", eager)
    for path, data in {
        "like.py": b"needles",
        "later.py": b"needless needle",
        "inner.py": b"x_needle",
        "umlaut.py": b"\xe4needle\xff",
        "point.py": b"a.key .key",
        "touching.py": b"a.key",
        "ended.ipynb": b'{"source": "x\\nneedle"}',
    }.items():
        (root / path).write_bytes(data)
    tree = Tree(root)
    words = Words(tree)
    found = list(words.holding([b"needle"]))
    assert found == whole_by_hand(tree, [b"needle"])
    assert {"later.py", "umlaut.py", "ended.ipynb"} <= set(found)
    assert not {"like.py", "inner.py"} & set(found)
    assert list(words.holding([b".key"])) == ["point.py"]
    after = tree.overlay({"none.py": b"needle"})
    assert "none.py" in words.over(after, {"none.py"}).holding([b"needle"])


def test_a_word_of_everybody_is_known_by_a_sample(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "COMMON", 4)
    words = Words(Tree(root))
    assert words.is_common(b"needle")
    assert not words.is_common(b"nothing")
    words.learn([b"needle", b"nothing"])
    assert list(words.holding([b"needle"])) == whole_by_hand(Tree(root), [b"needle"])


@pytest.mark.skipif(not is_fast(), reason="hyperscan is not here")
@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=5, unique=True),
    st.lists(
        st.one_of(st.sampled_from([b"_", b"\n", b"\r\n", b"a", b"\0", b"\xff", b"."]), st.binary(max_size=6))
    ),
)
def test_the_matcher_finds_what_python_finds(words: list[bytes], pieces: list[bytes]) -> None:
    data = b"".join(piece + word for piece, word in zip(pieces, words * len(pieces), strict=False))
    for text in (data, data + b"\n", data[1:], b"".join(words), b"\n".join(words)):
        plain, whole = matcher(words), matcher(words, whole=True)
        assert plain is not None
        assert whole is not None
        assert sorted(plain.held(text)) == sorted(word for word in words if word in text)
        assert sorted(whole.held(text)) == sorted(w for w in words if search.holds("x.py", text, [w]))


@pytest.mark.skipif(native.ripgrep() is None, reason="ripgrep is not here")
@settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=5, unique=True), st.data())
def test_ripgrep_finds_what_python_finds(words: list[bytes], drawn: st.DataObject) -> None:
    piece = st.one_of(st.sampled_from([b"_", b"\n", b"\r\n", b"a", b"\0", b"\xff\xfe", *words]), st.binary())
    words = [word for word in words if not {b"\n", b"\0"} & {word[i : i + 1] for i in range(len(word))}]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(8):
            data = b"".join(drawn.draw(st.lists(piece, max_size=5)))
            Path(folder, f"{number}.py").write_bytes(data)
        tree = Tree(Path(folder))
        for whole in (False, True):
            found = native.found_in(tree, words, tree.paths, whole=whole)
            by_python = whole_by_hand if whole else by_hand
            expected = by_python(tree, words)
            assert not words or found == {path: path in expected for path in tree.paths}


@pytest.mark.parametrize("way", WAYS)
def test_a_sweep_says_the_same_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    for name in ("ini-sections", "not-adobe-twin"):
        shutil.copytree(Path(__file__).parents[1] / "fixtures" / name / "before", tmp_path / name)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    plain = engine.run([tmp_path], engine.Settings())
    search_by(way, monkeypatch)
    assert len(plain.report.flows) == 1
    assert engine.run([tmp_path], engine.Settings()) == plain
