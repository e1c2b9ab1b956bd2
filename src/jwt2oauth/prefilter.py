"""Decide, from a file's bytes alone, whether it can matter at all.

The one part of the rules that a clean file needs. It is kept apart from the room ``rules``, and the needles
in a plain text file, because a hook that looks at one clean file would otherwise spend more time on
``tomllib`` and on building dataclasses than on everything else it does.
"""

from __future__ import annotations

import os

MARK = b"jwt2oauth: ignore"
"""Every comment of ours holds this."""
_WEAK, _ALSO = b"?", b"+"


class Prefilter:
    """The needles of which every flow holds at least one."""

    __slots__ = ("also", "needles", "strong")

    def __init__(
        self, needles: tuple[bytes, ...], weak: tuple[bytes, ...] = (), also: tuple[bytes, ...] = ()
    ) -> None:
        """Take the needles in the order in which they are to be looked for, and the ``weak`` among them.

        ``also`` are words that are none, and that are asked for wherever there is a flow.
        """
        self.needles, self.also = needles, also
        self.strong = tuple(needle for needle in needles if needle not in weak)

    def hit(self, data: bytes) -> bool:
        """Say whether ``data`` holds any needle; case-sensitive."""
        return any(needle in data for needle in self.needles)


def rules_root() -> str:
    """Return the folder of the rules: the copy in the wheel, else the one of the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    packed = os.path.join(here, "_rules")
    if os.path.isdir(packed):
        return packed
    return os.path.join(os.path.dirname(os.path.dirname(here)), "rules")


def load_prefilter() -> Prefilter:
    """Read ``needles.txt`` and nothing else; ``OSError`` if the rules are not there."""
    with open(os.path.join(rules_root(), "needles.txt"), "rb") as file:
        lines = [line.rstrip() for line in file if line.strip() and not line.startswith(b"#")]
    weak = tuple(line[1:] for line in lines if line.startswith(_WEAK))
    also = tuple(line[1:] for line in lines if line.startswith(_ALSO))
    needles = tuple(line.removeprefix(_WEAK) for line in lines if not line.startswith(_ALSO))
    return Prefilter(needles, weak, also)
