"""What earlier runs found out about files that have not changed since: which of them hold which words.

No file's content is kept, and no word: a question is known by its digest. Kept are the paths of the files,
what the system says of them, and which of them a question was answered with; in a file of the user's own
cache folder that nobody else may write.

**Why it never hides a change.** The system stamps a file with the time at which its content, or anything
else of it, last changed (``st_ctime``); that time cannot be set, not even by who sets the time of the
content back. A file is remembered with that stamp, and only if the stamp was older than ``SETTLED`` by the
clock of its own file system when the run began, so before the file was read. A change after that reading
carries a later stamp, as does another file that is put in its place. What differs in anything is read.
Where the system gives no such stamp (Windows), or the clock of a file's file system is not known (it is
another one than the cache's), nothing is remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ..files import STAMP, read
from .walk import Tree

SETTLED = 60
"""Seconds. A program that writes through a mapping of memory changes a file for longer than its stamp says,
until the system has written the pages: on Linux for 35 seconds at most."""
MANY_CHANGES = 1_000
"""Changed files from which on all are searched again: it costs no more."""
CACHES = 64
"""Trees that are remembered; the one that was looked at least recently is forgotten."""
_LARGEST = 256 * 1024 * 1024
_MAGIC = b"jwt2oauth cache 1\n"
_DIGEST = 32


class Cache:
    """What is known of the examined files of one tree; what is found out now is kept for the next run."""

    def __init__(self, folder: Path, tree: Tree, targets: Sequence[Path]) -> None:
        """Take what the file in ``folder`` holds of the ``targets`` of a tree that was just listed.

        Raises ``OSError`` where the folder cannot be had, or is not the user's own.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        device, now = _clock(folder)
        above = device.to_bytes(8, "big"), (now - SETTLED * 1_000_000_000).to_bytes(8, "big")
        self._stamps = {
            path: stamp
            for path in tree.examined
            if (stamp := tree.stamps.get(path, b""))[:8] == above[0] and stamp[-8:] < above[1]
        }
        name = _digest(b"\0".join(map(os.fsencode, (tree.root, *sorted(targets)))))
        self._file = folder / f"{name}.cache"
        known = _read(self._file)
        mine = [*self._stamps]
        self._is_equal = mine == known.paths and b"".join(self._stamps.values()) == known.packed
        if self._is_equal:
            self._same: Sequence[str | None] = mine
            self.changed = tuple(path for path in tree.examined if path not in self._stamps)
        else:
            self._same = [path if stamp == self._stamps.get(path) else None for path, stamp in known.stamps()]
            same = frozenset(self._same)
            self.changed = tuple(path for path in tree.examined if path not in same)
        self._before = known.answers
        if len(self.changed) > MANY_CHANGES:
            self.changed, self._before = tree.examined, {}
        self._found: dict[str, frozenset[str]] = {}

    changed: tuple[str, ...]
    """The examined files that are not as they were: all that are not known, too."""

    def answer(self, question: bytes) -> frozenset[str] | None:
        """Give those of the other files that a question was answered with; None if nobody has asked it."""
        known = self._before.get(_digest(question))
        if known is None:
            return None
        return frozenset(path for number in known if (path := self._same[number]) is not None)

    def keep(self, question: bytes, answer: Iterable[str]) -> None:
        """Take the answer to a question about all examined files."""
        self._found[_digest(question)] = frozenset(answer)

    def forget(self, path: str) -> None:
        """Do not remember a file: it could not be read."""
        self._is_equal &= self._stamps.pop(path, None) is None

    def save(self) -> None:
        """Write what is known now; a folder that takes nothing costs the next run its time, and no more."""
        with contextlib.suppress(OSError):
            if self._is_equal and self._found.keys() <= self._before.keys():
                os.utime(self._file)
                return
            number = {path: number for number, path in enumerate(self._stamps)}
            answers: dict[str, Sequence[int]] = dict(self._before) if self._is_equal else {}
            for question, paths in self._found.items():
                answers[question] = sorted(number[path] for path in paths if path in number)
            _write(self._file, self._stamps, answers)
            _clear(self._file.parent)


def folder() -> Path:
    """Give the place of the caches, as the system has it for what may be deleted at any time."""
    from platformdirs import user_cache_path

    return user_cache_path("jwt2oauth", appauthor=False)


def opened(tree: Tree, targets: Sequence[Path]) -> Cache | None:
    """Give what is known of a tree; None where nothing can be remembered.

    Nothing is written into the tree itself, nor where a user without a home would have one.
    """
    place = folder()
    if (
        os.name != "posix"
        or not place.is_absolute()
        or Path(os.path.realpath(place)).is_relative_to(tree.root)
    ):
        return None
    try:
        return Cache(place, tree, targets)
    except OSError:
        return None


def _clock(folder: Path) -> tuple[int, int]:
    """The number of the folder's file system, and its clock, in nanoseconds."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise PermissionError(1, "The folder is not the user's own", str(folder))
    with tempfile.TemporaryFile(dir=folder) as file:
        status = os.fstat(file.fileno())
    return status.st_dev, status.st_ctime_ns


def _digest(question: bytes) -> str:
    return hashlib.blake2b(question, digest_size=_DIGEST).hexdigest()


class _Known(NamedTuple):
    """What a file of ours holds."""

    paths: list[str]
    packed: bytes = b""
    """The stamps of the paths, one behind the other."""
    answers: Mapping[str, Sequence[int]] = MappingProxyType({})
    """By digests of questions, the numbers of paths."""

    def stamps(self) -> Iterator[tuple[str, bytes]]:
        """Each path with its stamp."""
        size = STAMP.size
        return ((path, self.packed[at * size : (at + 1) * size]) for at, path in enumerate(self.paths))


def _read(file: Path) -> _Known:
    """What is known; nothing of a file that is not whole."""
    try:
        data = memoryview(read(file, _LARGEST))
    except OSError:
        return _Known([])
    start = len(_MAGIC) + _DIGEST
    body = data[start:]
    if data[:start] != _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest():
        return _Known([])
    head, _, rest = body.tobytes().partition(b"\n")
    header: dict[str, Any] = json.loads(head)
    names = rest[header["stamps"] :]
    paths = os.fsdecode(names).split("\0") if names else []
    return _Known(paths, rest[: header["stamps"]], header["answers"])


def _write(file: Path, stamps: dict[str, bytes], answers: dict[str, Sequence[int]]) -> None:
    head = json.dumps({"stamps": len(stamps) * STAMP.size, "answers": answers}).encode()
    body = b"".join((head, b"\n", *stamps.values(), os.fsencode("\0".join(stamps))))
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".new", delete=False) as new:
        try:
            new.write(_MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body)
            new.close()
            os.replace(new.name, file)
        except OSError:
            os.unlink(new.name)
            raise


def _clear(folder: Path) -> None:
    """Forget what was looked at least recently, and what runs left that were killed while they wrote."""
    files = sorted(_aged(folder), reverse=True)
    for _, name in files[CACHES:]:
        os.unlink(folder / name)


def _aged(folder: Path) -> Iterator[tuple[float, str]]:
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):  # another run cleared it
            yield entry.stat().st_mtime, entry.name
