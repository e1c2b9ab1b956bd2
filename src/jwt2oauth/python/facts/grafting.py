"""A changed file from the records of what it was: only what is new in it is parsed.

A rewrite changes a few statements of a file. The others stand in the new text as they stood in the old one,
perhaps further up or down, and Python reads a statement at the top of a file alike whatever stands around it.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...model import Span
from ...records import made_of, values_of
from . import syntax as s

LOOKED = 40
"""Units of the old text that are looked for in the new one before all that is left counts as new."""


class _Piece(NamedTuple):
    """A range of the old text, or of what is new; in the whole it stands ``by`` code points further on."""

    start: int
    end: int
    by: int
    is_new: bool


class Graft:
    """How ``text`` comes out of a file that was parsed ``before``."""

    def __init__(self, before: s.Source, text: str) -> None:
        """Compare the texts; nothing is parsed."""
        self._before, self._text = before, text
        self._pieces: list[_Piece] = []
        self.new = ""
        """What has to be parsed, as the text of one file."""
        at = 0
        for start, end, place in _kept(before, text):
            self._note(at, place)
            self._pieces.append(_Piece(start, end, place - start, is_new=False))
            at = place + end - start
        self._note(at, len(text))

    def _note(self, start: int, end: int) -> None:
        """A range of the whole is new; it may be empty."""
        if start < end:
            size = len(self.new)
            self._pieces.append(_Piece(size, size + end - start, start - size, is_new=True))
            self.new += self._text[start:end]

    def source(self, new: s.Source) -> s.Source | None:
        """Give the records of the whole; ``new`` are those of what is new.

        None where the whole has to be parsed: the new pieces do not stand each for itself.
        """
        if not (new.exact and self._are_apart(new)):
            return None
        body: list[s.Stmt] = []
        comments: list[s.Comment] = []
        for start, end, by, is_new in self._pieces:
            there = new if is_new else self._before
            body += _moved(_within(there.body.body, start, end), by)
            comments += _moved(_within(there.comments, start, end), by)
        whole, before = Span(0, len(self._text)), self._before
        block = s.Block(whole, tuple(body), inline=False)
        return s.Source(
            whole, before.path, self._text, block, tuple(comments), before.newline, before.indent, exact=True
        )

    def _are_apart(self, new: s.Source) -> bool:
        """Does each new statement end, with its line, in the piece in which it begins?"""
        return not any(
            is_new
            and (
                _goes_on(self.new[start:end])
                or any(each.span.end > end for each in _within(new.body.body, start, end))
            )
            for start, end, _, is_new in self._pieces
        )


def _kept(before: s.Source, text: str) -> Iterator[tuple[int, int, int]]:
    """Ranges of the old text that stand in ``text`` as they are, in their order, and where that is."""
    units = _units(before) if before.exact else ()
    missed = at = 0
    for start, end in units:
        place = _place(before.text[start:end], text, at)
        if place is not None:
            yield start, end, place
            at = place + end - start
        missed = 0 if place is not None else missed + 1
        if missed > LOOKED:
            return


def _units(source: s.Source) -> Iterator[tuple[int, int]]:
    """Parts of a text that are whole lines: statements that share them, with what stands above."""
    start, text = 0, source.text
    statements = source.body.body
    for each, after in zip(statements, [*statements[1:], None], strict=True):
        end = text.find("\n", each.span.end) + 1 or len(text)
        if (after is None or s.head(after) >= end) and not _goes_on(text[start:end]):
            yield start, end
            start = end
    if start < len(text):
        yield start, len(text)


def _goes_on(lines: str) -> bool:
    """Does the line below them belong to them?"""
    return lines.rstrip("\r\n").endswith("\\")


def _place(unit: str, text: str, at: int) -> int | None:
    """Where ``unit`` stands as whole lines in ``text``, from ``at`` on, which is the beginning of a line."""
    place = text.find(unit, at)
    while place > at and text[place - 1] != "\n":
        place = text.find(unit, place + 1)
    is_whole = unit.endswith("\n") or place + len(unit) == len(text)
    return place if place >= 0 and is_whole else None


def _within(nodes: Sequence[Any], start: int, end: int) -> Sequence[Any]:
    """Those of statements or comments that begin in a range."""
    first = bisect.bisect_left(nodes, start, key=s.head)
    return nodes[first : bisect.bisect_left(nodes, end, first, key=s.head)]


def _moved(records: Any, by: int) -> Any:
    """The same records, and all that is in them, ``by`` code points further on."""
    if by == 0:
        return records
    if isinstance(records, Span):
        return Span(records.start + by, records.end + by)
    if isinstance(records, tuple):
        return tuple([_moved(each, by) if isinstance(each, _NESTED) else each for each in records])
    values: list[object] = []
    for value in values_of(records):
        if isinstance(value, _NESTED):
            value = _moved(value, by)
        values.append(value)
    return made_of(type(records), values)


_RECORDS = (s.Node, s.Comment)
_NESTED = (*_RECORDS, tuple, Span)
