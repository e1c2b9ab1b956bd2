"""Edits in, text and bytes out: decoding, applying, unified diffs, atomic writes.

Everything works on whole files in memory. What no edit touches stays byte for byte: encoding, byte
order mark, line endings, a missing final newline.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import stat
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from .model import Edit

CONTEXT = 3
"""Lines of context around a change, as git has them."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class UnreadableText(ValueError):
    """The bytes are no text in the encoding that they claim, or a text does not fit that encoding."""


class Conflict(ValueError):
    """Edits overlap or lie outside the text."""


class WriteFailed(Exception):
    """A file could not be written; nothing of its flow was changed."""

    def __init__(self, path: str, why: str) -> None:
        """Name the file, relative to the root, and the reason in words."""
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Text:
    """The decoded text of a file and what it takes to turn a changed one back into bytes."""

    text: str
    """Without the byte order mark; line endings as they are in the file."""
    encoding: str
    bom: bool
    newline: str
    """The line ending that the file uses most: for lines that are added."""

    def encode(self, text: str) -> bytes:
        """Give the bytes of ``text`` in this encoding; raise ``UnreadableText`` if it cannot hold it."""
        try:
            data = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            what = f"U+{ord(error.object[error.start]):04X}"
            raise UnreadableText(f"the file's encoding, {self.encoding}, has no character {what}") from error
        return (_bom(self.encoding) + data) if self.bom else data


def decode(data: bytes) -> Text:
    """Decode a file as Python does: byte order mark, then PEP 263 cookie, then UTF-8."""
    encoding, bom = _encoding(data)
    body = data[len(_bom(encoding)) :] if bom else data
    try:
        text = body.decode(encoding)
        exact = text.encode(encoding) == body
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableText(f"line {line} is not valid {encoding}") from error
    except (LookupError, UnicodeError) as error:
        raise UnreadableText(f"{encoding} is not a text encoding that can be read") from error
    if not exact:
        raise UnreadableText(f"the file cannot be written back exactly in its encoding, {encoding}")
    return Text(text=text, encoding=encoding, bom=bom, newline=_newline(text))


def apply(text: str, edits: Sequence[Edit]) -> str:
    """Apply edits of one file, all given in positions of ``text``; raise ``Conflict`` if they disagree.

    Insertions at one point keep the order in which they are given.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        start, end = edit.span.start, edit.span.end
        if not 0 <= start <= end <= len(text):
            raise Conflict(f"{edit.path}: an edit at {start}..{end} lies outside the text of {len(text)}")
        if start < at:
            raise Conflict(f"{edit.path}: an edit at {start}..{end} overlaps one that ends at {at}")
        parts += text[at:start], edit.text
        at = end
    return "".join(parts) + text[at:]


def diff(path: str, before: bytes | None, after: bytes | None, *, mode: int = 0o100644) -> bytes:
    """Give the change of one file as a patch that ``git apply`` takes; empty if nothing changes.

    ``None`` for ``before`` is a file that appears, for ``after`` one that goes.
    """
    if before == after:
        return b""
    old, new = quote_path(f"a/{path}"), quote_path(f"b/{path}")
    head = [b"diff --git %s %s\n" % (old, new)]
    if before is None:
        head.append(b"new file mode %o\n" % mode)
    if after is None:
        head.append(b"deleted file mode %o\n" % mode)
    hunks = _hunks(_lines(before or b""), _lines(after or b""))
    if hunks:
        head.append(b"--- %s\n" % (b"/dev/null" if before is None else _header_name(old)))
        head.append(b"+++ %s\n" % (b"/dev/null" if after is None else _header_name(new)))
    else:  # an empty file that appears or goes: git wants the blob names instead
        names = (b"0000000", b"e69de29")
        head.append(b"index %s..%s\n" % (names if before is None else names[::-1]))
    return b"".join(head + hunks)


def quote_path(path: str) -> bytes:
    """Write a path as git does in a patch: in C quotes if it holds quotes, controls or bytes beyond ASCII."""
    raw = os.fsencode(path)
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return raw
    short = dict(zip(b'\a\b\t\n\v\f\r"\\', b'abtnvfr"\\', strict=True))
    out = bytearray()
    for byte in raw:
        if byte in short:
            out += bytes((0x5C, short[byte]))
        elif 0x20 <= byte < 0x7F:
            out.append(byte)
        else:
            out += b"\\%03o" % byte
    return b'"%s"' % bytes(out)


def write_all(root: Path, files: Mapping[str, bytes | None], expected: Mapping[str, bytes | None]) -> None:
    """Replace all ``files`` (``None`` removes one) or none of them; raise ``WriteFailed`` naming the file.

    Nothing is replaced unless every file still holds what ``expected`` says. Modes and owners are
    kept. A link inside the root is written through, a link that leads out of it never.
    """
    done: list[_Swap] = []
    swaps: list[_Swap] = []
    complete = False
    try:
        for path in sorted(files):
            swaps.append(_Swap.prepare(root, path, files[path], expected.get(path)))  # noqa: PERF401
        for swap in swaps:
            swap.check()
        for swap in swaps:
            done.append(swap)
            swap.commit()
        complete = True
    finally:
        if not complete:
            for swap in reversed(done):
                swap.undo()
        for swap in swaps:
            swap.clean()


@dataclass(slots=True)
class _Swap:
    """One file on its way from its old content to its new one."""

    path: str
    target: str
    expected: bytes | None
    new: str | None
    """Name of the temporary file with the new content; none if the file is to be removed."""
    old: str | None
    """Name of the temporary file with the old content, for the way back."""
    committed: bool = False

    @classmethod
    def prepare(cls, root: Path, path: str, data: bytes | None, expected: bytes | None) -> _Swap:
        """Put old and new content on the disk beside the file, without touching it."""
        target = _inside(root, path)
        swap = cls(path, target, expected, None, None)
        with _named(path):
            status = os.stat(target) if expected is not None else None
            if status is not None and not os.access(target, os.W_OK):
                raise WriteFailed(path, "the file is read-only")
            try:
                swap.new = None if data is None else _temporary(target, data, status)
                swap.old = None if expected is None else _temporary(target, expected, status)
            except OSError:
                swap.clean()
                raise
        return swap

    def check(self) -> None:
        """Raise ``WriteFailed`` unless the file still holds what it held when it was read."""
        with _named(self.path):
            try:
                now: bytes | None = Path(self.target).read_bytes()
            except FileNotFoundError:
                now = None
            if now != self.expected:
                raise WriteFailed(self.path, "the file has changed since it was read; run again")

    def commit(self) -> None:
        """Let the new content take the file's place in one step."""
        with _named(self.path):
            if self.new is None:
                os.unlink(self.target)
            else:
                os.replace(self.new, self.target)
        self.committed = True

    def undo(self) -> None:
        """Let the old content take the file's place again."""
        if not self.committed:
            return
        try:
            if self.old is not None:
                os.replace(self.old, self.target)
            else:
                os.unlink(self.target)
        except OSError as error:
            raise WriteFailed(self.path, "replaced, and could not be put back") from error

    def clean(self) -> None:
        """Remove what is left of the temporary files."""
        for name in (self.new, self.old):
            if name is not None:
                with contextlib.suppress(OSError):
                    os.unlink(name)


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn an error of the system into ``WriteFailed`` with the customer's name of the file."""
    try:
        yield
    except PermissionError as error:
        raise WriteFailed(path, "no permission to write there") from error
    except OSError as error:
        raise WriteFailed(path, (error.strerror or str(error)).lower()) from error


def _temporary(target: str, data: bytes, status: os.stat_result | None) -> str:
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", suffix=".jwt2oauth", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if status is not None:
            with contextlib.suppress(AttributeError, PermissionError):  # no chown on Windows
                os.chown(temporary, status.st_uid, status.st_gid)
            os.chmod(temporary, stat.S_IMODE(status.st_mode))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _inside(root: Path, path: str) -> str:
    """Give the real place of ``path``, which must lie inside ``root``."""
    base = os.path.realpath(root)
    target = os.path.realpath(os.path.join(base, path))
    if os.path.isabs(path) or not target.startswith(base.rstrip(os.sep) + os.sep):
        raise WriteFailed(path, "the file lies outside the scanned tree (a link leads there)")
    return target


def _encoding(data: bytes) -> tuple[str, bool]:
    for bom, encoding in _UTF16.items():
        if data.startswith(bom):
            return encoding, True
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise UnreadableText(_cookie_problem(error)) from error
    return ("utf-8", True) if encoding == "utf-8-sig" else (encoding, False)


def _cookie_problem(error: SyntaxError) -> str:
    """Say what is wrong with the head of the file, without repeating its text."""
    if "unknown encoding" in str(error):
        return "its coding cookie names an encoding that does not exist"
    if "problem" in str(error):
        return "its byte order mark says UTF-8 and its coding cookie says something else"
    return "it is not valid UTF-8 and has no coding cookie"


def _bom(encoding: str) -> bytes:
    return next((bom for bom, name in _UTF16.items() if name == encoding), codecs.BOM_UTF8)


def _newline(text: str) -> str:
    windows = text.count("\r\n")
    counts = {"\n": text.count("\n") - windows, "\r\n": windows, "\r": text.count("\r") - windows}
    return max(counts, key=lambda newline: counts[newline])


def _lines(data: bytes) -> list[bytes]:
    """Split as git does: at line feeds only."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _hunks(old: list[bytes], new: list[bytes]) -> list[bytes]:
    """Give the hunks of a unified diff, each as one piece of bytes."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    # Common ends are cut off for speed, but for the lines of context.
    cut, keep = max(0, head - CONTEXT), max(0, tail - CONTEXT)
    old_part, new_part = old[cut : len(old) - keep], new[cut : len(new) - keep]
    matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
    groups = matcher.get_grouped_opcodes(CONTEXT) if old != new else ()
    return [_hunk(group, old_part, new_part, cut) for group in groups]


def _hunk(
    group: Sequence[tuple[str, int, int, int, int]], old: list[bytes], new: list[bytes], shift: int
) -> bytes:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
    where = _range(old_start, old_end, shift), _range(new_start, new_end, shift)
    out = [b"@@ -%s +%s @@\n" % where]
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            out += (_line(b" ", line) for line in old[i1:i2])
        else:
            out += (_line(b"-", line) for line in old[i1:i2])
            out += (_line(b"+", line) for line in new[j1:j2])
    return b"".join(out)


def _range(start: int, end: int, shift: int) -> bytes:
    length = end - start
    first = start + shift + (1 if length else 0)
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _header_name(name: bytes) -> bytes:
    """A name with a blank in it ends with a tab, so that nobody takes the rest for a date."""
    return name + b"\t" if b" " in name else name
