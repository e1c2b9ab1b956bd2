"""Many words looked for in one pass, by the library of the extra ``fast``; nothing depends on it.

Hyperscan gives the same answers as ``word in data``, and as the pattern of a whole word; it only finds them
at the speed of the memory, however many words there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

_EDGE = b"[^A-Za-z0-9_]"


class Matcher:
    """Says which of some words stand in some bytes, as a whole or within longer ones."""

    def __init__(self, words: Sequence[bytes], *, whole: bool) -> None:
        """Compile the words; raise ``ImportError`` where the library is not there, or not able to."""
        import hyperscan

        self._words = words
        self._found: list[int] = []
        spelled = [b"".join(b"\\x%02x" % byte for byte in word) for word in words]
        if whole:
            spelled = [b"(?:^|%s)%s(?:$|%s)" % (_EDGE, word, _EDGE) for word in spelled]
        flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
        self._database = hyperscan.Database()
        try:
            self._database.compile(
                expressions=spelled, ids=range(len(words)), elements=len(words), flags=[flags] * len(words)
            )
        except hyperscan.error as error:
            raise ImportError(str(error)) from error

    def held(self, data: bytes) -> list[bytes]:
        """Give the words that ``data`` holds, each once."""
        self._found.clear()
        self._database.scan(data, match_event_handler=self._note)
        return [self._words[number] for number in self._found]

    def _note(self, number: int, *_where: object) -> None:
        self._found.append(number)


@cache
def is_fast() -> bool:
    """Say whether the library is there."""
    return matcher((b"x",)) is not None


def matcher(words: Sequence[bytes], *, whole: bool = False) -> Matcher | None:
    """Give what looks for all of ``words`` at once; None where that cannot be had."""
    try:
        return Matcher(words, whole=whole) if words else None
    except ImportError:
        return None
