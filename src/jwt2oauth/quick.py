"""The answer to ``scan FILE...`` and ``fix FILE...`` where no file holds anything that we look for.

That is what a hook asks most of the time, and the command line, the nouns and the report cost more than
reading a file. Whatever is not as plain as that (options, folders, links, a configuration, somebody at a
terminal) is left to ``cli.py``, which says the same where both have an answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from .files import read
from .prefilter import MARK, Prefilter, load_prefilter

COMMANDS = ("scan", "fix")
_PLAIN = (".py", ".pyi", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg")
"""Names of files that are read as they are, among those that are examined; a notebook is none."""
_LIMIT = 1024 * 1024
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONFIGURES = b"tool.jwt2oauth"
_JOURNAL = ".jwt2oauth.journal"  # of writes.py
_COMPLETES = "_JWT2OAUTH_COMPLETE"
"""The variable by which a shell asks click for completions."""


def answer(arguments: Sequence[str], found: Callable[[], None] = lambda: None) -> str | None:
    """Give what is to be said, with exit code 0, if the files hold nothing; None if somebody has to look.

    ``found`` is told if a file holds something: it will be parsed.
    """
    command, *paths = arguments or [""]
    if command not in COMMANDS or not paths or any(path.startswith("-") for path in paths):
        return None
    if _COMPLETES in os.environ or sys.stdout.isatty():
        return None
    try:
        here = os.path.realpath(".")
        if any(_speaks_of_us(folder) for folder in _upwards(here)):
            return None
        count = _clean(here, paths, load_prefilter(), found)
    except (OSError, ValueError, MemoryError):
        return None
    return f"Nothing found. {count:,} file{'' if count == 1 else 's'} seen.\n" if count else None


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _speaks_of_us(folder: str) -> bool:
    """Does a configuration lie here, or what an interrupted run has left?"""
    if os.path.lexists(os.path.join(folder, _JOURNAL)):
        return True
    try:
        return _CONFIGURES in _read(os.path.join(folder, "pyproject.toml"))
    except FileNotFoundError:
        return False


def _clean(here: str, paths: Iterable[str], prefilter: Prefilter, found: Callable[[], None]) -> int:
    """Count the files; 0 if one of them is not a plain one below ``here`` without a trace."""
    inside = here.rstrip(os.sep) + os.sep
    names = {os.path.realpath(path) for path in paths}
    for name in names:
        if not name.startswith(inside) or not name.endswith(_PLAIN) or not os.path.isfile(name):
            return 0
        data = _read(name)
        if prefilter.hit(data):
            found()
            return 0
        if data[:2] in _UTF16 or MARK in data:
            return 0
    return len(names)


def _read(name: str) -> bytes:
    return read(name, _LIMIT)
