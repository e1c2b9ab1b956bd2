"""Hunks as rows of two columns: lines that belong together are paired, and the words that changed marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from ..escape import escape
from ..model import Hunk
from ..records import dataclass

Run = tuple[str, str]
"""A piece of a line and what it is: plain (empty), ``mark`` for what changed, ``odd`` for a character that is
spelled out, ``tab``, ``cut`` for our own words where something is left out."""

ALIKE = 0.5
"""Lines that are less alike than this do not face each other."""
BLOCK = 4000
"""Pairs of lines to compare at most; in a larger block the lines stand one after the other."""
LONG = 2000
"""Characters: in a longer line only the ends are compared, and only so much of it is shown."""
WORDS = 60
"""Words of a line that are compared to find its counterpart."""
KEPT = 400
"""Characters of a long piece that are shown at its beginning and at its end."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset({"and", "as", "async", "await", "class", "def", "else", "for", "from", "if", "import"})
_EMPTY |= {"in", "is", "not", "or", "return", "self", "with"}
"""Words that two lines may share by chance."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A line on one side."""

    number: int
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line before, a line after, or both."""

    kind: str
    """``same``, ``changed``, ``removed`` or ``added``."""
    old: Cell | None
    new: Cell | None


def rows(hunk: Hunk) -> Iterator[Row]:
    """Lay out a hunk."""
    old, new = hunk.before, hunk.after
    for gone, come, same in _blocks(hunk.lines):
        for left, right in _paired(gone, come):
            yield _row(left, right, gone, come, old, new)
        old, new = old + len(gone), new + len(come)
        for text in same:
            runs = tuple(_runs([(text.rstrip("\r\n"), "")]))
            yield Row("same", Cell(old, runs), Cell(new, runs))
            old, new = old + 1, new + 1


Block = tuple[list[str], list[str], list[str]]
"""Lines that go, lines that come in their place, lines that stay behind them."""


def _blocks(lines: Sequence[tuple[str, str]]) -> Iterator[Block]:
    block: Block = ([], [], [])
    for sign, text in lines:
        if sign != " " and block[2]:
            yield block
            block = ([], [], [])
        block["-+ ".index(sign)].append(text)
    yield block


def _paired(gone: Sequence[str], come: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Match lines in order so that the sum of their likeness is the greatest."""
    pairs = _matches(gone, come) if gone and come and len(gone) * len(come) <= BLOCK else []
    at, to = 0, 0
    for left, right in [*pairs, (len(gone), len(come))]:
        yield from ((number, None) for number in range(at, left))
        yield from ((None, number) for number in range(to, right))
        if left < len(gone):
            yield left, right
        at, to = left + 1, right + 1


def _matches(gone: Sequence[str], come: Sequence[str]) -> list[tuple[int, int]]:
    ours, theirs = [_words(text) for text in gone], [_words(text) for text in come]
    score = [[_likeness(a, b) for b in theirs] for a in ours]
    best = [[0.0] * (len(come) + 1) for _ in range(len(gone) + 1)]
    for i in reversed(range(len(gone))):
        for j in reversed(range(len(come))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], score[i][j] + best[i + 1][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(gone) and j < len(come):
        if score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text[:LONG]) if word not in _EMPTY][:WORDS]


def _likeness(a: list[str], b: list[str]) -> float:
    """Give the part of their words that two lines share, from 0 to 1; 0 if it is too small to pair them."""
    total = sum(map(len, a)) + sum(map(len, b))
    if 2 * sum(map(len, (Counter(a) & Counter(b)).elements())) < ALIKE * total or not total:
        return 0.0
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    ratio = 2 * sum(len(word) for block in blocks for word in a[block.a : block.a + block.size]) / total
    return ratio if ratio >= ALIKE else 0.0


def _row(
    left: int | None, right: int | None, gone: Sequence[str], come: Sequence[str], old: int, new: int
) -> Row:
    if right is None:
        assert left is not None, "a row has a side"
        return Row("removed", Cell(old + left, tuple(_alone(gone[left]))), None)
    if left is None:
        return Row("added", None, Cell(new + right, tuple(_alone(come[right]))))
    before, after = _compared(gone[left], come[right])
    return Row("changed", Cell(old + left, tuple(_runs(before))), Cell(new + right, tuple(_runs(after))))


def _alone(text: str) -> Iterator[Run]:
    return _runs([(text.rstrip("\r\n"), "")])


def _compared(before: str, after: str) -> tuple[list[Run], list[Run]]:
    """Mark the words in which two lines differ; the line ending only counts if nothing else does."""
    a, b = before.rstrip("\r\n"), after.rstrip("\r\n")
    if a == b:
        a, b = before.rstrip("\n"), after.rstrip("\n")
    if a == b:
        return _ended(before), _ended(after)
    if max(len(a), len(b)) > LONG:
        return _ends_compared(a, b)
    ours, theirs = _TOKEN.findall(a), _TOKEN.findall(b)
    left: list[Run] = []
    right: list[Run] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        kind = "" if tag == "equal" else "mark"
        left.append(("".join(ours[i1:i2]), kind))
        right.append(("".join(theirs[j1:j2]), kind))
    return _joined(left), _joined(right)


def _ended(text: str) -> list[Run]:
    return [(text[:-1], "")] if text.endswith("\n") else [(text, ""), (" no newline at the end", "cut")]


def _ends_compared(a: str, b: str) -> tuple[list[Run], list[Run]]:
    shortest = min(len(a), len(b))
    head = next((n for n in range(shortest) if a[n] != b[n]), shortest)
    tail = next((n for n in range(shortest - head) if a[-1 - n] != b[-1 - n]), shortest - head)
    sides = [
        [(text[:head], ""), (text[head : len(text) - tail], "mark"), (text[len(text) - tail :], "")]
        for text in (a, b)
    ]
    return sides[0], sides[1]


def _joined(runs: list[Run]) -> list[Run]:
    """Let two marks with no more than a blank between them become one; mark no indentation."""
    out: list[Run] = []
    for text, kind in runs:
        if not text:
            continue
        if not out and text.isspace():
            out.append((text, ""))
        elif kind == "mark" and len(out) > 1 and out[-1][0].isspace() and out[-2][1] == "mark":
            blank, _ = out.pop()
            out[-1] = (out[-1][0] + blank + text, "mark")
        else:
            out.append((text, kind))
    return out


def _runs(pieces: Sequence[Run]) -> Iterator[Run]:
    """Shorten what is long, and spell what a browser or an eye would be deceived by."""
    long = sum(len(text) for text, _ in pieces) > LONG
    for text, kind in pieces:
        if kind == "cut":
            yield text, kind
        elif long and len(text) > 3 * KEPT:
            yield from _spelled(text[:KEPT], kind)
            yield f" … {len(text) - 2 * KEPT:,} more characters … ", "cut"
            yield from _spelled(text[-KEPT:], kind)
        else:
            yield from _spelled(text, kind)


def _spelled(text: str, kind: str) -> Iterator[Run]:
    for odd, piece in _grouped(text, lambda character: not character.isprintable()):
        if not odd:
            yield piece, kind
            continue
        for tab, inner in _grouped(piece, lambda character: character == "\t"):
            yield (inner, "tab") if tab else (escape(inner), "odd")


def _grouped(text: str, test: Callable[[str], bool]) -> Iterator[tuple[bool, str]]:
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or test(text[end]) != test(text[start]):
            yield test(text[start]), text[start:end]
            start = end
