"""Which files hold which words: every question of that kind about a whole tree is asked here.

A look into thousands of files costs the system more than the search itself. So many words are looked for at
once, by a program that searches at the speed of the disk where there is one, and what was once found is
remembered. Either way ``search`` answers as ``word in bytes`` does; ``Words`` knows words
as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ..paths import NOTEBOOK, is_examined
from .matcher import is_fast, matcher
from .walk import Tree

if TYPE_CHECKING:
    from .cache import Cache

MANY_FILES = 1_000
"""Files from which on the start of a process is worth it."""
SAMPLE, COMMON = 512, 16
"""A word that more of so many files hold, taken evenly from all, is everybody's."""
EAGER = 2_000
"""Files that are looked into before a program is asked: most who ask stop at the first answer."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""What begins with one of these is not written in bytes of ASCII."""
KEPT = 2 * 1024 * 1024
"""Bytes of files that are kept at hand; more of them are read again instead."""

Lost = Callable[[str, OSError], None]
Told = Callable[[int, str], None]


def search(
    tree: Tree,
    words: Collection[bytes],
    paths: Sequence[str],
    lost: Lost = lambda _path, _error: None,
    told: Told = lambda _number, _path: None,
    *,
    decoded: bool = False,
) -> Iterator[str]:
    """Give those of ``paths``, in their order, whose bytes hold one of ``words``.

    Where ``decoded``, what is written in UTF-16 is among them if its text holds one, and perhaps if it does
    not. ``lost`` is told what cannot be read, ``told`` now and then how far the search is.
    """
    fast = matcher(tuple(words)) if len(paths) >= MANY_FILES else None
    found = _natively(tree, words, paths, decoded=decoded) if fast is None else {}
    for number, path in enumerate(paths):
        if number % 256 == 0:
            told(number, path)
        if not found.get(path, True):
            continue
        try:
            data = tree.peek(path)
        except OSError as error:
            lost(path, error)
            continue
        holds = fast.held(data) if fast is not None else any(word in data for word in words)
        if holds or (decoded and data.startswith(UTF16)):
            yield path


def _natively(
    tree: Tree, words: Collection[bytes], paths: Sequence[str], *, whole: bool = False, decoded: bool = False
) -> Mapping[str, bool]:
    """Say of the files that a program could search whether they may hold one of the words: none if few."""
    if len(paths) < MANY_FILES:
        return {}
    from .native import found_in

    return found_in(tree, words, paths, whole=whole, decoded=UTF16 if decoded else ()) or {}


def question(words: tuple[bytes, ...]) -> bytes:
    """Give what a cache is asked for the files that hold one of ``words`` as a whole."""
    return repr(("as a whole", words)).encode()


@cache
def whole(word: bytes) -> re.Pattern[bytes]:
    """Give the pattern of a word with nothing of a name before or behind it: what git calls ``-w``."""
    text = re.escape(word)  # first, so that the engine skips to it
    return re.compile(rb"%s(?![A-Za-z0-9_])(?<![A-Za-z0-9_]%s)" % (text, text))


def holds(path: str, data: bytes, words: Iterable[bytes]) -> bool:
    """Say whether one of ``words`` stands in the file as a whole.

    In a notebook, any: there the end of a line is spelled with a letter, and may touch a name.
    """
    return any(word in data and (path.endswith(NOTEBOOK) or whole(word).search(data)) for word in words)


class Words:
    """Remembers which of the examined files of a tree hold which words, as whole words."""

    def __init__(
        self,
        tree: Tree,
        before: Words | None = None,
        changed: Collection[str] = frozenset(),
        cache: Cache | None = None,
    ) -> None:
        """Ask nothing yet; ``before`` are the words of the tree that this one overlays with ``changed``."""
        self._tree, self._cache = tree, cache
        self._before, self._changed = before, frozenset(changed)
        self._held: dict[tuple[bytes, ...], tuple[str, ...]] = {}
        self._contents: dict[str, bytes] = {}
        self._room = KEPT
        self._counted: dict[bytes, int] = {}
        self._inside: dict[bytes, int] = {}
        self._samples: dict[str, bytes] = {}

    def over(self, tree: Tree, changed: Collection[str]) -> Words:
        """Give the same for an overlay of the tree: only what is ``changed`` is looked into again."""
        return Words(tree, self, changed)

    def note(self, held: Mapping[bytes, Iterable[str]]) -> None:
        """Take what somebody has found out about all files: words, and who holds them as a whole."""
        self._held.update({(word,): tuple(sorted(paths)) for word, paths in held.items()})

    def keep(self) -> None:
        """Let the cache know the answers."""
        if self._cache is not None:
            for words, paths in self._held.items():
                self._cache.keep(question(words), paths)

    def read(self, path: str) -> bytes:
        """Give what a file holds; nothing, if it cannot be read."""
        if self._before is not None and path not in self._changed:
            return self._before.read(path)
        data = self._contents.get(path)
        if data is None:
            data = self._peek(path)
            if len(data) <= self._room:
                self._room -= len(data)
                self._contents[path] = data
        return data

    def holding(self, words: Iterable[bytes]) -> Iterator[str]:
        """Give the examined files that hold one of ``words``, in order, as far as somebody wants to know."""
        key = tuple(sorted({word for word in words if word}))
        known = self._known(key)
        if known is not None:
            yield from known
            return
        paths, found = self._tree.examined, []
        near = EAGER if len(paths) >= MANY_FILES else len(paths)
        if self._before is not None and near < len(paths):
            for _ in self._before.holding(key):
                pass
            yield from self._known(key) or ()
            return
        left = [word for word in key if (word,) not in self._held]
        there = {path for word in key for path in self._held.get((word,), ())}
        for path in paths[:near]:
            if path in there or self._holds(path, left):
                found.append(path)
                yield path
        if near < len(paths):
            there.update(path for path, _ in self._far(left, paths[near:]))
            rest = [path for path in paths[near:] if path in there]
            found += rest
            yield from rest
        self._held[key] = tuple(found)

    def learn(self, words: Iterable[bytes]) -> None:
        """Look at once for words that will be asked for one by one.

        Those that many files hold are better looked for when somebody asks. So are, where only git searches,
        those that many hold in longer ones: each makes the search for the others slow.
        """
        from .native import ripgrep

        paths = self._tree.examined
        if len(paths) < MANY_FILES:
            return
        if self._before is not None:
            self._before.learn(words)
            return
        unknown = {word for word in words if word and self._known((word,)) is None}
        counted = self._whole if is_fast() or ripgrep() else self._within
        wanted = sorted(word for word in unknown if counted(word) <= COMMON)
        holders: dict[bytes, list[str]] = {word: [] for word in wanted}
        for path, held in self._far(wanted, paths) if wanted else ():
            for word in held:
                holders[word].append(path)
        self._held.update({(word,): tuple(found) for word, found in holders.items()})

    def is_common(self, word: bytes) -> bool:
        """Say whether so many programs hold a word that it is everybody's; where there are few, none is."""
        if self._before is not None:
            return self._before.is_common(word)
        return self._whole(word) > COMMON

    def _within(self, word: bytes) -> int:
        """How many files of the sample hold a word, be it in a longer one."""
        if word not in self._inside:
            self._inside[word] = self._count(b"within", word, lambda _path, data: word in data)
        return self._inside[word]

    def _whole(self, word: bytes) -> int:
        """How many of them hold it as a whole."""
        held = self._known((word,))
        if held is not None:
            return len(self._sampled.intersection(held))
        if word not in self._counted:
            self._counted[word] = self._count(
                b"as a whole", word, lambda path, data: holds(path, data, (word,))
            )
        return self._counted[word]

    def _count(self, how: bytes, word: bytes, does: Callable[[str, bytes], bool]) -> int:
        """How many files of the sample hold a word; what the cache knows of this very sample is not read."""
        if self._cache is None:
            return sum(does(path, self._read_once(path)) for path in self._sample)
        question = repr((how, word, self._sample)).encode()
        known = self._cache.answer(question)
        unread = self._sample if known is None else self._sampled.intersection(self._cache.changed)
        found = {*(known or ()), *(path for path in unread if does(path, self._read_once(path)))}
        self._cache.keep(question, found)
        return len(found)

    def _read_once(self, path: str) -> bytes:
        """What a file of the sample holds: it is asked for word by word, and stays at hand."""
        data = self._samples.get(path)
        if data is None:
            data = self._samples[path] = self._peek(path)
        return data

    @cached_property
    def _sample(self) -> tuple[str, ...]:
        paths = self._tree.code_paths
        return paths[:: max(1, len(paths) // SAMPLE)] if len(paths) >= MANY_FILES else ()

    @cached_property
    def _sampled(self) -> frozenset[str]:
        return frozenset(self._sample)

    def _far(self, words: Sequence[bytes], paths: Sequence[str]) -> Iterator[tuple[str, list[bytes]]]:
        """Search many files: give those that hold some of the words as a whole, and these words."""
        fast = matcher(words, whole=True) if len(paths) >= MANY_FILES else None
        plain = [path for path in paths if not path.endswith(NOTEBOOK)] if fast is None else ()
        found = _natively(self._tree, words, plain, whole=True)
        for path in paths:
            if fast is not None and not path.endswith(NOTEBOOK):
                held = fast.held(self._peek(path))
            elif found.get(path, True):
                data = self.read(path)
                held = [word for word in words if holds(path, data, (word,))]
            else:
                continue
            if held:
                yield path, held

    def _peek(self, path: str) -> bytes:
        try:
            return self._tree.peek(path)
        except OSError:
            if self._cache is not None:
                self._cache.forget(path)
            return b""

    def _known(self, key: tuple[bytes, ...]) -> tuple[str, ...] | None:
        """What was found before, here or without the changes, for all of the words or for each."""
        held = self._held.get(key)
        if held is None and self._before is not None:
            before = self._before._known(key)
            if before is not None:
                mine = [path for path in self._changed if is_examined(path) and self._holds(path, key)]
                held = tuple(sorted({*mine, *(path for path in before if path not in self._changed)}))
        if held is None and self._cache is not None:
            held = self._remembered(self._cache, key)
        if held is None and len(key) > 1:
            each = [self._held.get((word,)) for word in key]
            if None not in each:
                held = tuple(sorted({path for found in each for path in found or ()}))
        if held is not None:
            self._held[key] = held
        return held

    def _remembered(self, cache: Cache, key: tuple[bytes, ...]) -> tuple[str, ...] | None:
        same = cache.answer(question(key))
        if same is None:
            return None
        return tuple(sorted({*same, *(path for path in cache.changed if self._holds(path, key))}))

    def _holds(self, path: str, words: Iterable[bytes]) -> bool:
        return holds(path, self.read(path), words)
