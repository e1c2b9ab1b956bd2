"""Several files replaced as one: all of them or none, whenever the power goes.

New and old contents are put beside each file first, then a journal at the root says that it is decided, then
each file is renamed into its place. Whoever finds a journal that nobody holds finishes it, or takes it back.
A journal holds names and digests; what a file held is only ever in a copy beside it, with that file's mode.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from .files import read
from .records import dataclass

JOURNAL = ".jwt2oauth.journal"
_DECIDED, _TAKEN_BACK = b"write\n", b"take back\n"
_CHANGED = "the file has changed since it was read; run again"
_LOOK = f"see whether it and what it belongs to are as they should be (git diff), then remove {JOURNAL}"
_NO_JOURNAL = "it is no journal of this tool: look at it and remove it"
_OTHER = "other"
"""In place of a digest: what stands there is no file any more."""
_COPY = re.compile(r"\.[^/\\\0]+\.jwt2oauth")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class WriteFailed(Exception):
    """A file could not be written; nothing of its flow was changed, or the journal says how to go on."""

    def __init__(self, path: str, why: str) -> None:
        """Name the file, relative to the root, and the reason in words."""
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Recovered(NamedTuple):
    """What became of an interrupted write."""

    paths: tuple[str, ...]
    finished: bool
    """False if it was taken back."""


def write_all(root: Path, files: Mapping[str, bytes | None], expected: Mapping[str, bytes | None]) -> None:
    """Replace all ``files`` (``None`` removes one) or none of them; raise ``WriteFailed`` naming the file.

    Nothing is replaced unless every file still holds what ``expected`` says. Modes and owners are
    kept. A link inside the root is written through, a link that leads out of it never.
    """
    base = os.path.realpath(root)
    token = os.urandom(4).hex()
    changes = [_Change.of(base, path, token, files[path], expected.get(path)) for path in sorted(files)]
    if not changes:
        return
    journal = _Journal.begin(base, changes)
    try:
        _carry_out(journal, base, changes, files, expected)
    finally:
        journal.close()


def _carry_out(
    journal: _Journal,
    base: str,
    changes: Sequence[_Change],
    files: Mapping[str, bytes | None],
    expected: Mapping[str, bytes | None],
) -> None:
    decided = complete = False
    try:
        for change, path in zip(changes, sorted(files), strict=True):
            with _named(path):
                change.prepare(base, files[path], expected.get(path))
        for change in changes:
            change.check(base)
        decided = True
        journal.note(_DECIDED)
        for change in changes:
            with _named(change.path):
                change.go_on(base)
        complete = True
    finally:
        if decided and not complete:
            with contextlib.suppress(
                WriteFailed
            ):  # a full disk; without the note a second run goes on instead
                journal.note(_TAKEN_BACK)
            _go_back(base, changes)
        if all(change.clean(base) for change in changes):
            journal.remove()


def _go_back(base: str, changes: Sequence[_Change]) -> None:
    """Take back all that can be taken back; raise the last ``WriteFailed``."""
    failed: WriteFailed | None = None
    for change in reversed(changes):
        try:
            with _named(change.path):
                change.go_back(base, mine=True)
        except WriteFailed as error:
            failed = error
    if failed is not None:
        raise failed


def pending(root: Path) -> Path | None:
    """Give the journal at ``root`` or the nearest above it in the same repository; None if there is none."""
    for folder in (root, *root.parents):
        if os.path.lexists(folder / JOURNAL):
            return folder / JOURNAL
        if os.path.lexists(folder / ".git"):
            return None
    return None


def recover(folder: Path) -> Recovered | None:
    """Finish what the journal in ``folder`` says, or take it back; None if there was nothing to do.

    Raises ``WriteFailed`` if another process is at work there, or if somebody has to look at a file.
    """
    base = os.path.realpath(folder)
    with _named(JOURNAL):
        journal = _Journal.open(base)
    if journal is None:
        return None
    try:
        changes, notes = journal.read()
        forward = _DECIDED in notes and _TAKEN_BACK not in notes and all(c.can_go_on(base) for c in changes)
        for change in changes:
            with _named(change.path):
                if forward:
                    change.go_on(base)
                elif _DECIDED in notes:
                    change.go_back(base)
        if all(change.clean(base) for change in changes):
            journal.remove()
    finally:
        journal.close()
    return Recovered(tuple(change.path for change in changes), forward) if _DECIDED in notes else None


@dataclass(frozen=True, slots=True)
class _Change:
    """One file on its way from its old content to its new one; what the journal says of it."""

    path: str
    """Its real place, from the root."""
    new: str | None
    """Name of the file beside it with the new content; none if it is to be removed."""
    old: str | None
    """Name of the file beside it with the old content, for the way back; none if it is new."""
    before: str | None
    after: str | None
    """Digests of both contents."""

    @classmethod
    def of(cls, base: str, path: str, token: str, data: bytes | None, expected: bytes | None) -> _Change:
        """Look at the file, and touch nothing."""
        target = _inside(base, path)
        name = os.path.basename(target)
        with _named(path):
            if expected is not None and not os.access(target, os.W_OK):
                os.stat(target)
                raise WriteFailed(path, "the file is read-only")
        # A name may be 255 bytes long.
        stem = os.fsdecode(os.fsencode(name)[:200])
        new = None if data is None else f".{stem}.{token}.new.jwt2oauth"
        old = None if expected is None else f".{stem}.{token}.old.jwt2oauth"
        return cls(os.path.relpath(target, base), new, old, _digest(expected), _digest(data))

    def prepare(self, base: str, data: bytes | None, expected: bytes | None) -> None:
        """Put old and new content on the disk beside the file, without touching it."""
        target = os.path.join(base, self.path)
        status = os.stat(target) if expected is not None else None
        for name, content in ((self.new, data), (self.old, expected)):
            if name is not None and content is not None:
                _create(self._beside(base, name), content, status)

    def check(self, base: str) -> None:
        """Raise ``WriteFailed`` unless the file still holds what it held when it was read."""
        with _named(self.path):
            if self._now(base) != self.before:
                raise WriteFailed(self.path, _CHANGED)

    def can_go_on(self, base: str) -> bool:
        """Say whether the file has its new content, or can have it."""
        now = self._now(base)
        ready = self.new is None or _content(self._beside(base, self.new)) == self.after
        return now == self.after or (now == self.before and ready)

    def go_on(self, base: str) -> None:
        """Let the new content take the file's place in one step, if it has not."""
        target = os.path.join(base, self.path)
        now = self._now(base)
        if now == self.after:
            return
        if now != self.before:
            raise WriteFailed(self.path, _CHANGED)
        if self.new is None:
            os.unlink(target)
        else:
            os.replace(self._beside(base, self.new), target)
        _settle(os.path.dirname(target))

    def go_back(self, base: str, *, mine: bool = False) -> None:
        """Let the old content take the file's place again, if it has lost it.

        What is neither the old nor the new content is somebody else's; with ``mine`` it came before ours.
        """
        target = os.path.join(base, self.path)
        now = self._now(base)
        if now == self.before or (mine and now != self.after):
            return
        if now != self.after:
            raise WriteFailed(self.path, f"it has changed since a run was interrupted; {_LOOK}")
        try:
            if self.old is None:
                os.unlink(target)
            elif _content(self._beside(base, self.old)) == self.before:
                os.replace(self._beside(base, self.old), target)
            else:
                raise WriteFailed(self.path, f"replaced, and the copy of what it held is gone; {_LOOK}")
        except OSError as error:
            raise WriteFailed(self.path, "replaced, and could not be put back; run again") from error

    def clean(self, base: str) -> bool:
        """Remove what is left of the copies; say whether nothing is."""
        for name in (self.new, self.old):
            try:
                if name is not None:
                    os.unlink(self._beside(base, name))
            except FileNotFoundError:
                pass
            except OSError:
                return False
        return True

    def _now(self, base: str) -> str | None:
        target = os.path.join(base, self.path)
        if os.path.realpath(target) != target:
            return _OTHER  # a link by now
        return _content(target)

    def _beside(self, base: str, name: str) -> str:
        return os.path.join(base, os.path.dirname(self.path), name)


class _Journal:
    """The file that says what is being written; held for as long as somebody is at it."""

    def __init__(self, path: str, handle: int) -> None:
        self._path = path
        self._handle = handle

    @classmethod
    def begin(cls, base: str, changes: Sequence[_Change]) -> _Journal:
        path = os.path.join(base, JOURNAL)
        page = json.dumps([asdict(change) for change in changes]).encode() + b"\n"
        with _named(JOURNAL):
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
            except FileExistsError as error:
                raise WriteFailed(
                    JOURNAL, "another run is at work here, or was interrupted: run again"
                ) from error
            journal = cls(path, handle)
            complete = False
            try:
                _hold(handle)
                _put(handle, page)
                _settle(base)
                complete = True
            finally:
                if not complete:
                    journal.remove()
                    journal.close()
        return journal

    @classmethod
    def open(cls, base: str) -> _Journal | None:
        path = os.path.join(base, JOURNAL)
        try:
            handle = os.open(path, os.O_RDWR | _BINARY | _UNFOLLOWED)
        except FileNotFoundError:
            return None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise WriteFailed(JOURNAL, _NO_JOURNAL)
            _hold(handle)
        except BlockingIOError as error:
            os.close(handle)
            raise WriteFailed(JOURNAL, "another run is at work here: wait for its end") from error
        return cls(path, handle)

    def read(self) -> tuple[list[_Change], bytes]:
        """Give the changes, and what was noted of them since; none if nothing had begun."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        data = b""
        while part := os.read(self._handle, 1 << 20):
            data += part
        head, ended, notes = data.partition(b"\n")
        if not ended:
            return [], b""
        try:
            return [_checked(item) for item in json.loads(head)], notes
        except (ValueError, TypeError, RecursionError) as error:
            raise WriteFailed(JOURNAL, _NO_JOURNAL) from error

    def note(self, line: bytes) -> None:
        with _named(JOURNAL):
            _put(self._handle, line)

    def remove(self) -> None:
        with contextlib.suppress(OSError):  # the next run tries again
            os.unlink(self._path)

    def close(self) -> None:
        os.close(self._handle)


_BINARY = getattr(os, "O_BINARY", 0)
_UNFOLLOWED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def _checked(item: dict[str, str | None]) -> _Change:
    """Read a change from a journal that anybody may have put there; raise ``ValueError``."""
    change = _Change(**item)  # type: ignore[arg-type]
    parts = change.path.split(os.sep)
    copies = [name for name in (change.new, change.old) if name is not None]
    digests = [digest for digest in (change.before, change.after) if digest is not None]
    if (
        os.path.isabs(change.path)
        or ".." in parts
        or not all(map(_COPY.fullmatch, copies))
        or not all(map(_DIGEST.fullmatch, digests))
        or (change.new is None) != (change.after is None)
        or (change.old is None) != (change.before is None)
    ):
        raise ValueError("a change that this tool does not write")
    return change


def _hold(handle: int) -> None:
    """Lock a file until it is closed, however that happens; raise ``BlockingIOError`` if another has it."""
    try:
        import fcntl
    except ImportError:  # Windows does not let go of an open file anyway
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return


def _put(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)


def _settle(folder: str) -> None:
    """See to it that renames in a folder outlive a power cut, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _create(path: str, data: bytes, status: os.stat_result | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666 if status is None else 0o600)
    try:
        _put(handle, data)
    finally:
        os.close(handle)
    if status is not None:
        with contextlib.suppress(AttributeError, OSError):  # none on Windows; not always allowed
            os.chown(path, status.st_uid, status.st_gid)
        os.chmod(path, stat.S_IMODE(status.st_mode))


def _content(path: str) -> str | None:
    """Give the digest of a file, None if there is none, ``_OTHER`` for a folder, a pipe and the like."""
    try:
        return _digest(read(path, None))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.EINVAL):
            return _OTHER
        raise


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn an error of the system into ``WriteFailed`` with the customer's name of the file."""
    try:
        yield
    except PermissionError as error:
        raise WriteFailed(path, "no permission to write there") from error
    except OSError as error:
        raise WriteFailed(path, (error.strerror or str(error)).lower()) from error


def _inside(base: str, path: str) -> str:
    """Give the real place of ``path``, which must lie inside ``base``."""
    target = os.path.realpath(os.path.join(base, path))
    if os.path.isabs(path) or not target.startswith(base.rstrip(os.sep) + os.sep):
        raise WriteFailed(path, "the file lies outside the scanned tree (a link leads there)")
    return target
