"""Edits in, text and bytes out: decoding, applying, unified diffs.

Everything works on whole files in memory. What no edit touches stays byte for byte: encoding, byte
order mark, line endings, a missing final newline.
"""

from __future__ import annotations

import codecs
import io
import os
import tokenize
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from .model import Edit, FileDiff, Hunk
from .records import dataclass

CONTEXT = 3
"""Lines of context around a change, as git has them."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class UnreadableText(ValueError):
    """The bytes are no text in the encoding that they claim, or a text does not fit that encoding."""


class Conflict(ValueError):
    """Edits overlap or lie outside the text."""


@dataclass(frozen=True, slots=True)
class Text:
    """The decoded text of a file and what it takes to turn a changed one back into bytes."""

    text: str
    """Without the byte order mark; line endings as they are in the file."""
    encoding: str
    bom: bool

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
    return Text(text=text, encoding=encoding, bom=bom)


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


Mask = Callable[[bytes], list[bytes]]
"""Gives the lines of a file as they may be shown, one for one."""


@dataclass(frozen=True, slots=True)
class Diff:
    """The change of one file as a patch."""

    data: bytes
    applicable: bool
    """False if a line is masked that git would need."""


def masked_diff(path: str, before: bytes, after: bytes | None, mask: Mask) -> Diff:
    """Give the change of one file as a patch that ``git apply`` takes; empty if nothing changes.

    ``None`` for ``after`` is a file that goes. Every line is as ``mask`` shows it; context that would have
    to be masked is left out where git can do without it.
    """
    if before == after:
        return Diff(b"", True)
    old, new = quote_path(f"a/{path}"), quote_path(f"b/{path}")
    head = [b"diff --git %s %s\n" % (old, new)]
    if after is None:
        head.append(b"deleted file mode 100644\n")
    sides, hunks = _compared(before, after or b"", mask)
    if hunks:
        head.append(b"--- %s\n" % _header_name(old))
        head.append(b"+++ %s\n" % (b"/dev/null" if after is None else _header_name(new)))
    else:  # an empty file that goes: git wants the blob names instead
        head.append(b"index e69de29..0000000\n")
    data = b"".join(head + [_hunk(hunk, *sides) for hunk in hunks])
    return Diff(data, not any(_is_masked(hunk, *sides) for hunk in hunks))


def shown_diff(path: str, before: bytes, after: bytes, mask: Mask) -> FileDiff:
    """Give the hunks of ``masked_diff`` as text, for reports."""
    sides, hunks = _compared(before, after, mask)
    try:
        encoding = decode(before).encoding
    except UnreadableText:
        encoding = "utf-8"
    return FileDiff(
        path,
        tuple(_shown_hunk(hunk, *sides, encoding) for hunk in hunks),
        any(_is_masked(hunk, *sides) for hunk in hunks),
    )


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


def _lines(data: bytes) -> list[bytes]:
    """Split as git does: at line feeds only."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


_Tag = Literal["replace", "delete", "insert", "equal"]
_Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Side:
    """The lines of a file before or after, as they are and as they are shown."""

    lines: list[bytes]
    shown: list[bytes]
    hidden: frozenset[int]

    @classmethod
    def of(cls, data: bytes, mask: Mask) -> _Side:
        lines, shown = _lines(data), mask(data)
        pairs = enumerate(zip(lines, shown, strict=True))
        return cls(lines, shown, frozenset(number for number, (line, seen) in pairs if line != seen))

    def text(self, number: int, encoding: str) -> str:
        """Give a line as it is shown, decoded; one that hides something is UTF-8."""
        return self.shown[number].decode("utf-8" if number in self.hidden else encoding, "surrogateescape")


def _compared(before: bytes, after: bytes, mask: Mask) -> tuple[tuple[_Side, _Side], list[list[_Opcode]]]:
    """Give both sides of a change and its hunks."""
    sides = _Side.of(before, mask), _Side.of(after, mask)
    groups = _Trimmed(sides[0].lines, sides[1].lines).get_grouped_opcodes(CONTEXT)
    return sides, [hunk for group in groups for hunk in _without_masked_context(list(group), sides[0])]


class _Trimmed(SequenceMatcher[bytes]):
    """A comparison whose common ends are equal without a look.

    That is fast, and it leaves context at the end of a hunk: git refuses one without, where the file goes on.
    """

    def __init__(self, a: list[bytes], b: list[bytes]) -> None:
        shortest = min(len(a), len(b))
        head = next((n for n in range(shortest) if a[n] != b[n]), shortest)
        tail = next((n for n in range(shortest - head) if a[-1 - n] != b[-1 - n]), shortest - head)
        self._ends = head, len(a) - tail, len(b) - tail
        self._lengths = len(a), len(b)
        super().__init__(None, a[head : len(a) - tail], b[head : len(b) - tail], autojunk=False)

    def get_opcodes(self) -> list[tuple[_Tag, int, int, int, int]]:
        """Give what became of the lines, counted in the whole of both sides."""
        head, *ends = self._ends
        codes: list[tuple[_Tag, int, int, int, int]] = [("equal", 0, head, 0, head)] if head else []
        for tag, i1, i2, j1, j2 in super().get_opcodes():
            codes.append((tag, i1 + head, i2 + head, j1 + head, j2 + head))
        if ends[0] < self._lengths[0]:
            codes.append(("equal", ends[0], self._lengths[0], ends[1], self._lengths[1]))
        return codes


def _without_masked_context(group: list[_Opcode], old: _Side) -> list[list[_Opcode]]:
    """Split and shorten a hunk so that hidden lines of context fall out where that leaves it applicable.

    Git finds a hunk that ends without context at the end of the file only, so one line has to stay there.
    """
    hunks: list[list[_Opcode]] = [[]]
    for index, (tag, i1, i2, j1, j2) in enumerate(group):
        hidden = [i - i1 for i in range(i1, i2) if i in old.hidden] if tag == "equal" else []
        if not hidden:
            hunks[-1].append((tag, i1, i2, j1, j2))
            continue
        first, last, length = hidden[0], hidden[-1], i2 - i1
        leads, follows = index == 0, index == len(group) - 1
        needed = not leads and first == 0  # the line right below a change cannot fall out
        if needed:
            hunks[-1].append((tag, i1, i2, j1, j2))
            continue
        if not leads:
            hunks[-1].append((tag, i1, i1 + first, j1, j1 + first))
        if not follows:
            rest = [("equal", i1 + last + 1, i2, j1 + last + 1, j2)] if last + 1 < length else []
            hunks[-1 if leads else len(hunks) :] = [rest]
    return hunks


def _is_masked(hunk: list[_Opcode], old: _Side, new: _Side) -> bool:
    """Say whether a line that the hunk shows is hidden."""
    before = range(hunk[0][1], hunk[-1][2])
    after = range(hunk[0][3], hunk[-1][4])
    return not old.hidden.isdisjoint(before) or not new.hidden.isdisjoint(after)


def _hunk(hunk: list[_Opcode], old: _Side, new: _Side) -> bytes:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = hunk[0], hunk[-1]
    out = [b"@@ -%s +%s @@\n" % (_range(old_start, old_end), _range(new_start, new_end))]
    for tag, i1, i2, j1, j2 in hunk:
        if tag == "equal":
            out += (_line(b" ", line) for line in old.shown[i1:i2])
        else:
            out += (_line(b"-", line) for line in old.shown[i1:i2])
            out += (_line(b"+", line) for line in new.shown[j1:j2])
    return b"".join(out)


def _shown_hunk(hunk: list[_Opcode], old: _Side, new: _Side, encoding: str) -> Hunk:
    lines: list[tuple[str, str]] = []
    for tag, i1, i2, j1, j2 in hunk:
        lines += ((" " if tag == "equal" else "-", old.text(number, encoding)) for number in range(i1, i2))
        if tag != "equal":
            lines += (("+", new.text(number, encoding)) for number in range(j1, j2))
    return Hunk(hunk[0][1] + 1, hunk[0][3] + 1, tuple(lines))


def _range(start: int, end: int) -> bytes:
    length = end - start
    first = start + (1 if length else 0)
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _header_name(name: bytes) -> bytes:
    """A name with a blank in it ends with a tab, so that nobody takes the rest for a date."""
    return name + b"\t" if b" " in name else name
