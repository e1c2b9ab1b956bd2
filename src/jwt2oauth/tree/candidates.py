"""Which files can matter at all: what the bytes of every examined file are asked first.

Few hold anything of Adobe's. Those are kept with what they hold; of all others only some words are noted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..files import why
from ..model import Progress, Skipped
from ..prefilter import MARK, Prefilter
from .search import UTF16, holds, question, search
from .walk import Tree

if TYPE_CHECKING:
    from .cache import Cache

_LINE = 80
_LIMIT = 1024 * 1024
_NAMELESS = (
    "it asks the exchange for a token and is Python by its first line: let its name end in .py for a run"
)


def nameless(tree: Tree, prefilter: Prefilter) -> Iterator[Skipped]:
    """Give the programs that say in their first line that they are Python, by no name, and ask the exchange.

    They are not examined: a person is told, so that there is no silence.
    """
    paths = [needle for needle in prefilter.needles if needle.endswith(b"/jwt")]
    for path in tree.paths:
        if "." in path[path.rfind("/") + 1 :] or not tree.is_on_disk(path):
            continue
        try:
            with open(os.path.join(tree.root, path), "rb") as file:
                first = file.read(_LINE).partition(b"\n")[0]
                is_python = first.startswith(b"#!") and b"python" in first
                data = file.read(_LIMIT) if is_python else b""
        except OSError:
            continue
        if any(needle in data for needle in paths):
            yield Skipped(path, _NAMELESS)


class Candidates:
    """The files of a tree that can matter, as far as it was looked through."""

    def __init__(self, prefilter: Prefilter) -> None:
        """Look at nothing yet."""
        self._prefilter = prefilter
        self.hits: dict[str, bytes] = {}
        """The files that hold a needle, with their contents."""
        self.marked: dict[str, bytes] = {}
        """Those that hold a comment of ours."""
        self.spoken: dict[bytes, list[str]] = {word: [] for word in prefilter.also}
        """Words that are asked for wherever there is a flow, and the files that hold them as a whole."""
        self.failed: list[Skipped] = []
        """What could not be read."""

    def look(self, tree: Tree, paths: Sequence[str], progress: Progress, cache: Cache | None = None) -> None:
        """Look through ``paths``; a ``cache`` is only given where they are all examined files."""

        def lost(path: str, error: OSError) -> None:
            self.failed.append(Skipped(path, why(error)))
            if cache is not None:
                cache.forget(path)

        def told(number: int, path: str) -> None:
            progress("Reading", number, len(paths), path)

        known = self._remembered(cache) if cache is not None else None
        rest = paths if cache is None or known is None else cache.changed
        words = (*self._prefilter.needles, MARK, *self.spoken)
        for path in (*(known or ()), *search(tree, words, rest, lost, told, decoded=True)):
            try:
                data = tree.peek(path)
            except OSError as error:
                lost(path, error)
            else:
                self._note(path, data, is_new=known is None or path not in known)
        if cache is not None:
            cache.keep(self._question, (*self.hits, *self.marked))
            for word, holders in self.spoken.items():
                cache.keep(question((word,)), holders)

    def _note(self, path: str, data: bytes, *, is_new: bool) -> None:
        text = data.decode("utf-16", "replace").encode() if data.startswith(UTF16) else data
        if self._prefilter.hit(text):
            self.hits[path] = data
        if MARK in text:
            self.marked[path] = data
        if is_new:
            for word, paths in self.spoken.items():
                if holds(path, data, (word,)):
                    paths.append(path)

    def _remembered(self, cache: Cache) -> frozenset[str] | None:
        """Give those of the unchanged files that were kept before, and note the words; None if nobody did."""
        kept = cache.answer(self._question)
        spoken = {word: cache.answer(question((word,))) for word in self.spoken}
        if kept is None or None in spoken.values():
            return None
        for word, holders in spoken.items():
            self.spoken[word] += holders or ()
        return kept

    @property
    def _question(self) -> bytes:
        return repr(("kept", self._prefilter.needles, MARK)).encode()
