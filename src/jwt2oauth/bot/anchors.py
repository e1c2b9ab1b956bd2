"""Where a comment may stand: on lines that the diff of the pull request shows, and nowhere else.

A forge refuses a whole review for one comment on another line, so every anchor is checked here first: against
the diff that the forge itself gives where something is posted, else against that of git.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..history import Hunk

_UNSAFE = re.compile("[^\\S\n\t ]|[\0-\x08\x0e-\x1f\x7f\ufeff]")
"""What a forge's editor may not keep as it is: carriage returns, form feeds, a byte order mark."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The lines of a file that a comment is about, on the new side of the diff, both included."""

    path: str
    """From the top of the repository."""
    start: int
    line: int
    old_path: str
    old_line: int | None
    """What ``line`` was before; None if it was added."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What a pull request shows: the pieces of each file, and what the file was called."""

    hunks: Callable[[str], Sequence[Hunk]]
    old_path: Callable[[str], str | None]

    def anchor(self, path: str, start: int, line: int) -> Anchor | None:
        """Give the anchor of some lines; None unless one piece of the diff shows all of them."""
        if not _is_sayable(path):
            return None
        for hunk in self.hunks(path):
            if start in hunk and line in hunk and start <= line:
                return Anchor(path, start, line, self.old_path(path) or path, hunk.context.get(line))
        return None

    def best(self, path: str, lines: Sequence[int]) -> Anchor | None:
        """Give the anchor of one of some lines: the first that was added, else the first that is shown."""
        anchors = [anchor for line in lines if (anchor := self.anchor(path, line, line)) is not None]
        return next((anchor for anchor in anchors if anchor.old_line is None), next(iter(anchors), None))


NOWHERE = Diff(lambda _: (), lambda _: None)
"""A diff that shows nothing."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Whole lines of a file, from 1, both included, and what becomes of them."""

    start: int
    line: int
    text: str
    """With the end of its last line; empty if the lines go."""


def replacement(before: bytes, after: bytes) -> Replacement | None:
    """Give the one run of lines in which two contents differ; None if a forge could not apply it exactly."""
    try:
        old, new = (data.decode("utf-8").split("\n") for data in (before, after))
    except UnicodeDecodeError:
        return None
    shortest = min(len(old), len(new))
    head = next((n for n in range(shortest) if old[n] != new[n]), shortest)
    tail = next((n for n in range(shortest - head) if old[-1 - n] != new[-1 - n]), shortest - head)
    if head == len(old) - tail:  # lines are added: one that stays has to stand for the place
        head, tail = (head - 1, tail) if head else (head, tail - 1)
    if tail <= 0 or head < 0:  # it reaches the end of the file, which may have no line end
        return None
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    if any(_UNSAFE.search(line) for line in (*gone, *come)) or gone == come:
        return None
    return Replacement(head + 1, len(old) - tail, "".join(f"{line}\n" for line in come))


def _is_sayable(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
