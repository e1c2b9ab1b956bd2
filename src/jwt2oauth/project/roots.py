"""Folders that a tree itself says are on the import path: by ``sys.path``, ``PYTHONPATH`` and their like."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ..paths import is_examined
from ..python.facts.dotted import ROOTS
from ..tree.search import MANY_FILES, Words
from ..tree.walk import Tree

_STATEMENT = re.compile(r"\bsys\.path(?:\.(?:insert|append|extend)\b|\[|[ \t]*\+?=)(?P<rest>[^\n]{0,400})")
_SETTING = re.compile(r"(?:\bpythonpath\b|\bPYTHONPATH\b|\bpackage_dir\b)(?P<rest>[^\n]{0,400})")
_TEXT = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_FOLDER = re.compile(r"[\w./-]{1,200}")
_STATING, _SETTING_BY = (b"sys.path",), (b"pythonpath", b"PYTHONPATH", b"package_dir")
_SETUP = "setup.py"
_LONGEST = 500
"""Bytes of a line that are looked at before and behind the word."""


def declared(tree: Tree, words: Words, hits: Collection[str]) -> frozenset[str]:
    """Give the names of folders that may be on the import path wherever they are.

    Those that everybody uses so, and those that a program, its tests or its deployment put there. In a large
    tree, of configuration only what lies above one of ``hits`` is asked.
    """
    known = {name for folder in tree.layout.folders for name in folder}
    said = {name for path in words.holding(_STATING) for name in _stated(words.read(path))}
    said |= {name for path in _settings(tree, hits) for name in _set(words.read(path))}
    return frozenset(ROOTS) | (known & said)


def _settings(tree: Tree, hits: Collection[str]) -> Iterator[str]:
    """The files that may set it: configuration, and what installs a package."""
    above = {path[:at] for path in hits for at in (0, *(i for i, c in enumerate(path) if c == "/"))}
    is_large = len(tree.paths) >= MANY_FILES
    for path in (*tree.others, *(path for path in tree.code_paths if path.endswith(_SETUP))):
        if is_examined(path) and (not is_large or path.rpartition("/")[0] in above):
            yield path


def _stated(data: bytes) -> Iterator[str]:
    """The last parts of the texts in a statement that changes ``sys.path``."""
    for line in _lines(data, _STATING):
        statement = _STATEMENT.search(line)
        for found in _TEXT.findall(statement["rest"]) if statement is not None else ():
            yield _last(found.rstrip("\\"))


def _set(data: bytes) -> Iterator[str]:
    """The last parts of the folders behind the name of a setting."""
    for line in _lines(data, _SETTING_BY):
        setting = _SETTING.search(line)
        for found in _FOLDER.findall(setting["rest"]) if setting is not None else ():
            yield _last(found)


def _lines(data: bytes, words: tuple[bytes, ...]) -> Iterator[str]:
    """The lines that hold one of the words: a file may be large, and holds few."""
    for word in words:
        at = data.find(word)
        while at >= 0:
            start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
            end = min(end if end >= 0 else len(data), at + _LONGEST)
            yield data[max(start, at - _LONGEST) : end].decode("latin-1")
            at = data.find(word, end)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
