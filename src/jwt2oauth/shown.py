"""What a rewrite changes, as values that reports show: masked as a patch is; a notebook's, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from .edits import Mask, UnreadableText, shown_diff
from .model import FileDiff
from .notebook import Cell, Notebook, open_text
from .redact import Redactor

_Part = tuple[int, bytes, bytes]
"""A cell's number, or 0, and its text before and after."""


def shown(
    files: Mapping[str, tuple[bytes, bytes | None]], secrets: Iterable[str] = ()
) -> tuple[FileDiff, ...]:
    """Give the changes of some files, each before and after; a file that goes is one that becomes empty."""
    left = {path: (before, after or b"") for path, (before, after) in sorted(files.items())}
    parts = {path: tuple(_parts(path, *change)) for path, change in left.items()}
    texts = [(path, text) for path, pieces in parts.items() for _, *texts in pieces for text in texts]
    raw = [(path, data) for path, change in left.items() for data in change]
    redactor = Redactor([*raw, *texts], secrets)
    return tuple(_shown(path, pieces, partial(redactor.lines, path)) for path, pieces in parts.items())


def _shown(path: str, parts: Iterable[_Part], mask: Mask) -> FileDiff:
    diffs = [(cell, shown_diff(path, before, after, mask)) for cell, before, after in parts]
    hunks = tuple(replace(hunk, cell=cell) for cell, diff in diffs for hunk in diff.hunks)
    return FileDiff(path, hunks, any(diff.masked for _, diff in diffs))


def _parts(path: str, before: bytes, after: bytes) -> Iterator[_Part]:
    """Give the file before and after, or, of a notebook, each cell that changes."""
    old, new = _cells(path, before), _cells(path, after)
    if not old or len(old) != len(new):
        yield 0, before, after
        return
    for one, other in zip(old, new, strict=True):
        texts = (one.source.encode("utf-8", "surrogatepass"), other.source.encode("utf-8", "surrogatepass"))
        if texts[0] != texts[1]:
            yield one.number, *texts


def _cells(path: str, data: bytes) -> tuple[Cell, ...]:
    """Give the code cells of a notebook; none for another file, or for one that cannot be taken apart."""
    try:
        opened = open_text(path, data)
    except UnreadableText:
        return ()
    return opened.cells if isinstance(opened, Notebook) else ()
