"""Which files hold which words: every question of that kind about a whole tree is asked here.

A look into thousands of files costs the system more than the search itself. So many words are looked for at
once, by git where it knows the files (it searches at the speed of the disk, and needs no library), and what
was once found is remembered. Either way the answer is that of ``word in bytes``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from .walk import Tree, is_examined

MANY_FILES = 3_000
"""Files from which on a process of git's is worth its start."""
SAMPLE, MANY_HOLDERS = 256, 4
"""A word that more than so many of the first files hold is everybody's, and not written down."""
KEPT = 16 * 1024 * 1024
"""Bytes of files that are kept at hand; more of them are read again instead."""
_SMALL = 64 * 1024
_OPTIONS = ("-l", "-z", "-a", "-F", "--no-recurse-submodules", "--no-textconv", "--no-color")

Lost = Callable[[str, OSError], None]
Told = Callable[[int, str], None]


def search(
    tree: Tree,
    words: Collection[bytes],
    paths: Sequence[str],
    starts: tuple[bytes, ...] = (),
    lost: Lost = lambda _path, _error: None,
    told: Told = lambda _number, _path: None,
    found: Collection[str] | None = None,
) -> Iterator[str]:
    """Give those of ``paths``, in their order, whose bytes hold one of ``words``.

    What begins with one of ``starts`` is among them, and perhaps some more that hold one elsewhere. ``lost``
    is told what cannot be read, ``told`` now and then how far the search is. ``found`` is what git has found.
    """
    found = _by_git(tree, (*words, *starts), paths) if found is None else found
    for number, path in enumerate(paths):
        if number % 256 == 0:
            told(number, path)
        if found is not None and tree.is_searched(path):
            if path in found:
                yield path
            continue
        try:
            data = tree.peek(path)
        except OSError as error:
            lost(path, error)
            continue
        if any(word in data for word in words) or data.startswith(starts):
            yield path


def _by_git(
    tree: Tree, words: Collection[bytes], paths: Collection[str], *, whole: bool = False
) -> set[str] | None:
    """Let git search its work trees; None if it cannot, does not pay, or git stumbles over anything."""
    if len(paths) < MANY_FILES or not words or not tree.folders:
        return None
    if any(b"\n" in word or b"\0" in word or not word for word in words):
        return None
    from .git import ask

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
            *_OPTIONS,
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
    return found


def _patterns(paths: Iterable[str]) -> tuple[str, ...]:
    """Give what the names of ``paths`` end in, as git's patterns; nothing (all files) if they say little."""
    endings = {path[path.rfind(".") + 1 :] for path in paths}
    if len(endings) > 16 or not all(ending.isalnum() and ending.isascii() for ending in endings):
        return ()
    return tuple(f"*.{ending}" for ending in sorted(endings))


class Words:
    """Remembers which of the examined files of a tree hold which words."""

    def __init__(
        self, tree: Tree, before: Words | None = None, changed: Collection[str] = frozenset()
    ) -> None:
        """Ask nothing yet; ``before`` are the words of the tree that this one overlays with ``changed``."""
        self._tree = tree
        self._before, self._changed = before, frozenset(changed)
        self._held: dict[tuple[bytes, ...], tuple[str, ...]] = {}
        self._contents: dict[str, bytes] = {}
        self._room = KEPT
        self._named: dict[frozenset[bytes], frozenset[str]] = {}
        self._common: set[bytes] = set()
        """Words that too many files hold to write them down."""

    def over(self, tree: Tree, changed: Collection[str]) -> Words:
        """Give the same for an overlay of the tree: only what is ``changed`` is looked into again."""
        return Words(tree, self, changed)

    def read(self, path: str) -> bytes:
        """Give what a file holds; nothing, if it cannot be read."""
        if self._before is not None and path not in self._changed:
            return self._before.read(path)
        data = self._contents.get(path)
        if data is None:
            try:
                data = self._tree.peek(path)
            except OSError:
                data = b""
            if len(data) <= self._room:
                self._room -= len(data)
                self._contents[path] = data
        return data

    def holding(self, words: Iterable[bytes]) -> Iterator[str]:
        """Give the examined files that hold one of ``words``, in order, as far as somebody wants to know."""
        key = tuple(sorted(set(words)))
        held = self._known(key)
        if held is not None:
            yield from held
            return
        found = []
        paths = self._tree.examined
        near = self._border(paths)
        for path in paths[:near]:
            if self._holds(path, key):
                found.append(path)
                yield path
        far = _by_git(self._tree, key, paths[near:])
        rest = search(self._tree, key, paths[near:], found=far)
        if far is not None:  # all at once
            self._held[key] = (*found, *rest)
            yield from self._held[key][len(found) :]
            return
        for path in rest:
            found.append(path)
            yield path
        self._held[key] = tuple(found)

    def naming(self, names: Collection[bytes]) -> frozenset[str]:
        """Give all examined files that hold one of ``names`` as a whole word, and perhaps some others."""
        wanted = frozenset(names)
        for words in (self, self._before) if self._before is not None else (self,):
            for known, found in words._named.items():
                if wanted <= known:
                    return found | self._changed
        paths = self._tree.examined
        far = _by_git(self._tree, wanted, paths, whole=True)
        if far is None:
            return frozenset(self.holding(wanted) if wanted else ())
        apart = {path for path in paths if not self._tree.is_searched(path)}
        self._named[wanted] = frozenset(far | apart)
        return self._named[wanted]

    def learn(self, words: Iterable[bytes]) -> None:
        """Look for words at once that will be asked for one by one; those that everybody has are left out."""
        paths = self._tree.examined
        unknown = sorted({word for word in words if word and not self._is_learnt(word)})
        if not unknown or len(paths) < MANY_FILES:
            return
        holders: dict[bytes, list[str]] = {word: [] for word in unknown}
        near = self._border(paths[:SAMPLE])
        for path in paths[:near]:
            data = self.read(path)
            for word in holders:
                if word in data:
                    holders[word].append(path)
        self._common.update(word for word, found in holders.items() if len(found) > MANY_HOLDERS)
        holders = {word: found for word, found in holders.items() if word not in self._common}
        for path in search(self._tree, holders.keys(), paths[near:]):
            data = self.read(path)
            for word in holders:
                if word in data:
                    holders[word].append(path)
        self._held.update({(word,): tuple(found) for word, found in holders.items()})

    def _is_learnt(self, word: bytes) -> bool:
        common = word in self._common or (self._before is not None and word in self._before._common)
        return common or self._known((word,)) is not None

    def _known(self, key: tuple[bytes, ...]) -> tuple[str, ...] | None:
        """What was found before, here or without the changes, for all of the words or for each."""
        held = self._held.get(key)
        if held is None and self._before is not None:
            before = self._before._known(key)
            if before is not None:
                mine = [path for path in self._changed if is_examined(path) and self._holds(path, key)]
                held = tuple(sorted({*mine, *(path for path in before if path not in self._changed)}))
        if held is None and len(key) > 1:
            each = [self._held.get((word,)) for word in key]
            if None not in each:
                held = tuple(sorted({path for found in each for path in found or ()}))
        if held is not None:
            self._held[key] = held
        return held

    def _holds(self, path: str, words: Iterable[bytes]) -> bool:
        data = self.read(path)
        return any(word in data for word in words)

    def _border(self, paths: Sequence[str]) -> int:
        """How many of the first files are at hand, or can be."""
        for number, path in enumerate(paths):
            if not self._is_at_hand(path):
                return number
            self.read(path)
        return len(paths)

    def _is_at_hand(self, path: str) -> bool:
        if self._before is not None and path not in self._changed:
            return self._before._is_at_hand(path)
        return path in self._contents or self._room > _SMALL
