"""Thousands of files, searched by a program that was made for it: ripgrep where it is installed, else git.

Either says of a file what ``word in bytes`` says, and needs a fraction of the time; nothing depends on them.
What the user's settings, or those of the repository, ask of such a program is left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

from .git import SECONDS, ask
from .walk import Tree

_GIT = ("-l", "-z", "-a", "-F", "--no-recurse-submodules", "--no-textconv", "--no-color")
_RIPGREP = (
    *("--no-config", "--no-ignore", "--hidden", "--color=never"),
    *("--text", "--files-with-matches", "--null", "--file=-"),
)
_ROOM = 24_000 if os.name != "posix" else 1_300_000 if sys.platform == "linux" else 500_000
"""Bytes of names that a process is given at once, beside its variables: Linux takes two million of both."""
_AT_ONCE, _LEAST = 250, 8
"""Bytes of all words beyond which ripgrep 13 needs twice the time; those of one that make it rare enough."""


def found_in(
    tree: Tree,
    words: Collection[bytes],
    paths: Sequence[str],
    *,
    whole: bool = False,
    decoded: Collection[bytes] = (),
) -> dict[str, bool] | None:
    """Say of those of ``paths`` that could be searched whether they may hold one of ``words``; few else may.

    Where ``whole``, nothing of a name stands before or behind the word. What begins with one of ``decoded``
    is in UTF-16: such files may hold a word if their texts do. None if nobody can be asked, or stumbled over
    anything.
    """
    if not words or not paths or any(b"\n" in word or b"\0" in word or not word for word in words):
        return None
    mine = [path for path in paths if tree.is_on_disk(path)]
    found = _by_ripgrep(str(tree.root), words, mine, whole=whole, decoded=bool(decoded))
    if found is None:
        mine = [path for path in paths if tree.is_searched(path)]
        found = _by_git(tree, (*words, *decoded), paths, whole=whole)
    return None if found is None else {path: path in found for path in mine}


@cache
def ripgrep() -> str | None:
    """Give the program, if it is installed."""
    name = shutil.which("rg")
    if name is None or not os.path.isabs(name):
        return None
    said = _run([name, "--version"], os.path.dirname(name))
    return name if said is not None and said.startswith(b"ripgrep ") else None


def _by_ripgrep(
    root: str, words: Collection[bytes], paths: Sequence[str], *, whole: bool, decoded: bool
) -> set[str] | None:
    program = ripgrep()
    if program is None:
        return None
    pattern = b"(?-u:%s)" % b"|".join(_spelled(word) for word in (words if whole else _parts(words)))
    asked = ("--word-regexp", "--no-unicode") if whole else ()
    encoding = f"--encoding={'auto' if decoded else 'none'}"
    found: set[str] = set()
    for some in _portions(paths):
        said = _run([program, *_RIPGREP, *asked, encoding, "--", *some], root, pattern)
        if said is None:
            return None
        found.update(os.fsdecode(name).replace(os.sep, "/") for name in said.split(b"\0") if name)
    return found


def _parts(words: Collection[bytes]) -> Collection[bytes]:
    """Give the words, or of long ones a part, if that makes them few enough bytes for the fast way.

    What room is left goes to those that are cut within a word: its end may be one that everybody uses.
    """
    for most in range(max(map(len, words)), _LEAST - 1, -1):
        parts = {word: _part(word, most) for word in sorted(words)}
        room = _AT_ONCE - sum(map(len, parts.values()))
        if room >= 0:
            cut = [word for word in parts if len(word) > most and _joint(word) == len(word)]
            parts.update((word, _part(word, most + 1)) for word in cut[:room])
            return sorted({*parts.values()})
    return words


def _part(word: bytes, most: int) -> bytes:
    """Give ``most`` bytes of a word, around the last joint in it: halves of two words are rarer than one."""
    start = max(0, min(_joint(word) - most // 2, len(word) - most))
    return word[start : start + most]


def _joint(word: bytes) -> int:
    return max((at for at in range(len(word)) if not word[at : at + 1].isalnum()), default=len(word))


def _spelled(word: bytes) -> bytes:
    """Give the pattern of these bytes, in letters and digits and what no language of patterns minds."""
    return b"".join(
        b"%c" % each if chr(each).isascii() and chr(each).isalnum() else b"\\x%02X" % each for each in word
    )


def _portions(paths: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for path in paths:
        size += len(os.fsencode(path)) + 9  # and a pointer
        if some and size > _ROOM:
            yield some
            some, size = [], 0
        some.append(path)
    if some:
        yield some


def _run(command: list[str], folder: str, say: bytes = b"") -> bytes | None:
    """Give what a program says; None if it fails, stumbles, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, and names behind the end of the options
            command, cwd=folder, input=say, capture_output=True, check=False, timeout=SECONDS
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode in (0, 1) and not done.stderr else None


def _by_git(tree: Tree, words: Collection[bytes], paths: Sequence[str], *, whole: bool) -> set[str] | None:
    """Let git search its work trees; it knows them, and is given no names."""
    wanted = _patterns(paths)
    above = os.path.join(tree.root, "")
    found: set[str] = set()
    for folder in tree.folders:
        inside = os.path.join(os.path.realpath(folder), "")
        if not inside.startswith(above):
            return None
        asked = (
            "-c",
            "grep.fallbackToNoIndex=false",
            "grep",
            *_GIT,
            *(("-w",) if whole else ()),
            "-f",
            "-",
            "--",
            *wanted,
        )
        answer = ask(folder, *asked, say=b"\n".join(words))
        if answer is None or answer.code not in (0, 1) or answer.err:
            return None
        prefix = inside[len(above) :].replace(os.sep, "/")
        found.update(prefix + os.fsdecode(name) for name in answer.out.split(b"\0") if name)
    return found if tree.folders else None


def _patterns(paths: Iterable[str]) -> tuple[str, ...]:
    """Give what the names of ``paths`` end in, as git's patterns; nothing (all files) if they say little."""
    endings = {path[path.rfind(".") + 1 :] for path in paths}
    if len(endings) > 16 or not all(ending.isalnum() and ending.isascii() for ending in endings):
        return ()
    return tuple(f"*.{ending}" for ending in sorted(endings))
