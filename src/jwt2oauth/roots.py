"""Folders that a tree itself says are on the import path: by ``sys.path``, ``PYTHONPATH`` and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .layout import Layout
from .python.dotted import ROOTS
from .search import Words

_SAID_BY = (b"sys.path", b"pythonpath", b"PYTHONPATH", b"package_dir")
_STATEMENT = re.compile(r"\bsys\.path(?:\.(?:insert|append|extend)\b|\[|[ \t]*\+?=)(?P<rest>[^\n]{0,400})")
_SETTING = re.compile(r"(?i)\bpythonpath\b(?P<rest>[^\n]{0,400})|\bpackage_dir\b(?P<dirs>[^\n]{0,200})")
_TEXT = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_FOLDER = re.compile(r"[\w./-]{1,200}")
_PROGRAMS = (".py", ".ipynb")


def declared(words: Words, layout: Layout) -> frozenset[str]:
    """Give the names of folders that may be on the import path wherever they are.

    Those that everybody uses so, and those that a program, its tests or its deployment put there.
    """
    known = {name for folder in layout.folders for name in folder}
    said = (name for path in words.holding(_SAID_BY) for name in _said(path, words.read(path)))
    return frozenset(ROOTS) | (known & frozenset(said))


def _said(path: str, data: bytes) -> Iterator[str]:
    """The last parts of the paths that stand in a line that says so."""
    text = data.decode("latin-1")
    for match in _STATEMENT.finditer(text) if path.endswith(_PROGRAMS) else ():
        for found in _TEXT.findall(match["rest"]):
            yield _last(found.rstrip("\\"))
    for match in _SETTING.finditer(text):
        for found in _FOLDER.findall(match["rest"] or match["dirs"]):
            yield _last(found)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
