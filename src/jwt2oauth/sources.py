"""Where a finding stands in the bytes of its file, in the units that each output counts in.

A ``Place`` counts in a person's words: in a notebook, lines of a cell. The formats for machines want lines of
the file. Columns are code points from 1 unless a name says otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from .edits import UnreadableText, apply
from .model import Edit, Place, Span
from .notebook import Cell, Notebook, open_text
from .records import dataclass

_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Region:
    """Lines of a file, from 1, both included; columns from 1, the end excluded, or 0 for whole lines."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file, from 1, both included, and what becomes of them; without the last line's end."""

    line: int
    end_line: int
    text: str
    before: str
    """All of the file's text that stands before them."""
    after: str
    """All that stands behind them."""


class Source:
    """The bytes of one file as a place to point into."""

    def __init__(self, path: str, data: bytes) -> None:
        """Take the file as it was read; what no encoding fits is read as Latin-1, for its lines."""
        self._data = data
        self._notebook: Notebook | None = None
        try:
            opened = open_text(path, data)
        except UnreadableText:
            self._text = data.decode("latin-1")
        else:
            self._notebook = opened if isinstance(opened, Notebook) else None
            self._text = opened.text
        if self._notebook is not None:
            self._text = data.decode("utf-8-sig")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the file without their ends."""
        return tuple(_BREAK.split(self._text))

    def region(self, place: Place) -> Region:
        """Give the lines of the file in which a place stands; in a notebook, those of its first line."""
        if self._notebook is None:
            return Region(place.line, place.column, place.end_line, place.end_column)
        cell = next((each for each in self._notebook.cells if each.number == place.cell), None)
        line = self._line_in_json(cell, place.line) if cell is not None else 1
        return Region(line, 0, line, 0)

    def edited(self, edit: Edit) -> Region | None:
        """Give what an edit replaces; None in a notebook, where the text is none of the file's."""
        if self._notebook is not None:
            return None
        (line, column), (end_line, end_column) = (self._position(at) for at in _ends(edit))
        return Region(line, column, end_line, end_column)

    def block(self, edits: Sequence[Edit]) -> Block | None:
        """Give the lines that edits touch, all in one piece, as they become; None in a notebook."""
        if self._notebook is not None or not edits:
            return None
        start = min(edit.span.start for edit in edits)
        end = max(edit.span.end for edit in edits)
        start -= self._position(start)[1] - 1
        rest = _BREAK.search(self._text, end)
        end = rest.start() if rest is not None else len(self._text)
        moved = [replace(e, span=Span(e.span.start - start, e.span.end - start)) for e in edits]
        text = apply(self._text[start:end], moved)
        lines = self._position(start)[0], self._position(end)[0]
        return Block(*lines, text, before=self._text[:start], after=self._text[end:])

    def byte_column(self, line: int, column: int) -> int:
        """Give a column as the number of the UTF-8 byte in its line, from 1."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return len(text[: column - 1].encode("utf-8", "surrogatepass")) + 1

    @cached_property
    def line_hashes(self) -> tuple[str, ...]:
        """The identity of each line as GitHub's code scanning has it (``primaryLocationLineHash``).

        The algorithm is that of github/codeql-action, ``src/fingerprints.ts``: a rolling hash of the hundred
        characters from the line's start, blanks left out, and an ordinal among equals.
        """
        codes, starts = _stream(self._data)
        seen: Counter[int] = Counter()
        hashes = []
        for start in starts:
            value = 0
            for code in codes[start : start + _BLOCK]:
                value = (value * 37 + code) & _MASK
            value = value * pow(37, max(0, start + _BLOCK - len(codes)), 1 << 64) & _MASK
            seen[value] += 1
            hashes.append(f"{value:x}:{seen[value]}")
        return tuple(hashes)

    def line_hash(self, line: int) -> str:
        """Give the hash of one line, from 1; empty beyond the end."""
        return self.line_hashes[line - 1] if 0 < line <= len(self.line_hashes) else ""

    def _position(self, offset: int) -> tuple[int, int]:
        last = 0
        line = 1
        for match in _BREAK.finditer(self._text, 0, offset):
            line, last = line + 1, match.end()
        return line, offset - last + 1

    def _line_in_json(self, cell: Cell, line: int) -> int:
        """Give the line of the file where a line of a cell is written, or where its cell's source begins."""
        start, end = cell.value
        items = [start + match.start() for match in _JSON_STRING.finditer(self._text[start:end])]
        at = items[line - 1] if self._text[start] == "[" and line <= len(items) else start
        return len(_BREAK.findall(self._text, 0, at)) + 1


def sources(files: Mapping[str, bytes]) -> dict[str, Source]:
    """Open the files that are pointed at."""
    return {path: Source(path, data) for path, data in sorted(files.items())}


def region_of(place: Place, known: Mapping[str, Source]) -> Region:
    """Give the lines of the file in which a place stands; only its first, where the file is not at hand."""
    source = known.get(place.path)
    return source.region(place) if source is not None else Region(place.line, 0, place.line, 0)


_JSON_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_BLOCK = 100
_MASK = (1 << 64) - 1
_EOF = 65535


def _ends(edit: Edit) -> Iterator[int]:
    yield edit.span.start
    yield edit.span.end


def _stream(data: bytes) -> tuple[list[int], list[int]]:
    """Give the UTF-16 units that count, line ends as LF, and where among them each line begins."""
    wide = data.decode("utf-8", "replace").encode("utf-16-le", "surrogatepass")
    units = memoryview(wide).cast("H")
    codes: list[int] = []
    starts: list[int] = []
    after_cr, fresh = False, True
    for unit in (*units, _EOF):
        if unit in (0x20, 0x09) or (after_cr and unit == 0x0A):
            after_cr = False
            continue
        after_cr = unit == 0x0D
        if fresh:
            starts.append(len(codes))
        codes.append(0x0A if after_cr else unit)
        fresh = codes[-1] == 0x0A
    return codes, starts
