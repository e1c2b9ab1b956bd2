"""A change as git's binary patch: what is added, and where the rest is copied from.

The format is git's (``apply.c``, ``delta.h``): a header with both blobs' names, then a zlib-packed list of
"copy this range of the old file" and "insert these bytes", in base 85. Only the forward half is written: git
applies it, and what goes is in none of its bytes.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator

from .records import dataclass

SEED = 8
"""Bytes that must agree before a range is copied rather than inserted."""
_COPY, _INSERT, _LINE = 0xFFFF, 0x7F, 52
"""The most that one instruction copies or inserts, and the bytes of one line in base 85."""


@dataclass(frozen=True, slots=True)
class _Copy:
    start: int
    end: int


def binary_patch(
    head: bytes,
    before: bytes,
    after: bytes | None,
    hidden: Iterable[tuple[int, int]],
    *,
    algorithm: str = "sha1",
) -> bytes | None:
    """Give the patch below ``head`` (``diff --git`` and the modes); None if it would show something hidden.

    ``hidden`` are the ranges of ``after`` that must not be shown: each is copied from ``before``, or there is
    no patch. ``after`` is None for a file that goes. ``algorithm`` is how the repository names its objects.
    """
    gone, after = after is None, after or b""
    pieces = _pieces(before, after, sorted(hidden))
    if pieces is None:
        return None
    delta = _number(len(before)) + _number(len(after)) + b"".join(_encoded(pieces))
    kind = b"delta %d\n" % len(delta) if after else b"literal 0\n"  # git takes no delta that makes nothing
    name = _blob(before, algorithm)
    names = name, b"0" * len(name) if gone else _blob(after, algorithm)
    lines = [head, b"index %s..%s\n" % names, b"GIT binary patch\n"]
    return b"".join([*lines, kind, *_base85(zlib.compress(delta if after else b"", 9)), b"\n"])


def _pieces(before: bytes, after: bytes, hidden: list[tuple[int, int]]) -> list[_Copy | bytes] | None:
    """Put the new file together from ranges of the old one and from bytes of its own."""
    seeds: dict[bytes, int] = {}
    for at in range(len(before) - SEED + 1):
        seeds.setdefault(before[at : at + SEED], at)
    pieces: list[_Copy | bytes] = []
    done = 0
    for start, end in [*hidden, (len(after), len(after))]:
        pieces += _matched(before, after, seeds, done, start)
        if start < end:
            found = before.find(after[start:end])
            if found < 0:
                return None
            pieces.append(_Copy(found, found + end - start))
        done = max(done, end)
    return pieces


def _matched(
    before: bytes, after: bytes, seeds: dict[bytes, int], start: int, end: int
) -> Iterator[_Copy | bytes]:
    """Cover a range of the new file, with copies where the old one has the same bytes, as far as they go."""
    at = fresh = start
    while at < end:
        found = seeds.get(after[at : at + SEED]) if at + SEED <= end else None
        if found is None:
            at += 1
            continue
        length = SEED + _agreement(before, found + SEED, after, at + SEED, end)
        if fresh < at:
            yield after[fresh:at]
        yield _Copy(found, found + length)
        at = fresh = at + length
    if fresh < end:
        yield after[fresh:end]


def _agreement(before: bytes, there: int, after: bytes, here: int, end: int) -> int:
    """Count the bytes that agree from two places on."""
    most = min(len(before) - there, end - here)
    return next((n for n in range(most) if before[there + n] != after[here + n]), max(0, most))


def _encoded(pieces: Iterable[_Copy | bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            for at in range(0, len(piece), _INSERT):
                part = piece[at : at + _INSERT]
                yield bytes([len(part)]) + part
        else:
            for at in range(piece.start, piece.end, _COPY):
                yield _copy(at, min(_COPY, piece.end - at))


def _copy(start: int, length: int) -> bytes:
    """Encode one copy: which bytes of place and length follow, and those, the zeros left out."""
    op, tail = 0x80, bytearray()
    for bit, value in enumerate([*start.to_bytes(4, "little"), *length.to_bytes(3, "little")]):
        if value:
            op |= 1 << bit
            tail.append(value)
    return bytes([op]) + bytes(tail)


def _number(value: int) -> bytes:
    """Encode a length: seven bits a byte, the low ones first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _blob(data: bytes, algorithm: str) -> bytes:
    named = hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False)
    return named.hexdigest().encode()


def _base85(data: bytes) -> Iterator[bytes]:
    """Give lines of base 85, each with its length as a letter in front."""
    for at in range(0, len(data), _LINE):
        part = data[at : at + _LINE]
        size = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[len(part) - 1 : len(part)]
        yield size + base64.b85encode(part, pad=True) + b"\n"
