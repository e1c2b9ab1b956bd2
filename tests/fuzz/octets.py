"""Bytes, bent: what a disk, an editor or a bad merge makes of a file."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

_PIECES = (
    b"\0", b"\r", b"\n", b"\r\n", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"'", b'"', b'"""', b"\\", b"\\\n",
    b"#",
    b"(", b")", b"[", b"]", b"{", b"}", b"{{", b"%", b"%s", b":", b",", b";", b"=", b"&a ", b"*a", b"<<: ",
    b"- ",
    b"\t", b"    ", b"\x0c", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xf0\x9f\x94\x91", b"\xed\xa0\x80",
    b"\\u0000",
    b"\\ud800", b"null", b"true", b"1e999", b"---\n", b"...\n", b"[adobe]\n", b"[[x]]\n", b"${X}",
    b"!!python/none ",
    b"export ", b"jwt_token", b"/ims/exchange/jwt", b"<<<<<<< HEAD\n", b"# coding: utf-7\n", b"\x1a", b"|\n",
    b">-\n",
)  # fmt: skip


def mutate(data: bytes, random: Random, times: int, others: Sequence[bytes]) -> bytes:
    """Give the bytes with some of them flipped, cut, doubled, moved, or put in."""
    for _ in range(times):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 1, 2, 4, 16, 64, 256)))
        piece = data[at:end]
        match random.randrange(8):
            case 0:
                data = data[:at] + data[end:]
            case 1:
                data = data[:at] + piece + piece + data[end:]
            case 2:
                to = random.randrange(len(data) + 1)
                data = data[:to] + piece + data[to:]
            case 3 if piece:
                flipped = bytes([piece[0] ^ 1 << random.randrange(8)])
                data = data[:at] + flipped + data[at + 1 :]
            case 4 if random.random() < 0.2:
                data = data[:at]
            case 5 if others:
                other = random.choice(others)
                start = random.randrange(len(other) + 1)
                data = data[:at] + other[start : start + random.choice((8, 64, 512))] + data[end:]
            case 6:
                lines = data.splitlines(keepends=True) or [b""]
                one, two = random.randrange(len(lines)), random.randrange(len(lines))
                lines[one], lines[two] = lines[two], lines[one]
                data = b"".join(lines)
            case _:
                data = data[:at] + random.choice(_PIECES) + data[at:]
    return data
