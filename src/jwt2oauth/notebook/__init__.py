"""Notebooks: the code cells of an ``.ipynb`` as one Python text, and a changed text back into its bytes.

The cells stand one below the other, each followed by a border, a statement that no edit may move. What
IPython understands and Python does not (magics, shell lines, help, cells in other languages) is hidden
behind a statement of the same indentation that reads the names which the hidden text reads. Only the
``source`` of a cell that changed is written anew, line by line in the file's own way.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..edits import Conflict, Text, UnreadableText, decode
from ..records import dataclass

if TYPE_CHECKING:
    from .hidden import Draft, Line
    from .source import Source

Borders = tuple[tuple[int, int], ...]
"""For each code cell, its first line in the text and its number among all cells; both from 1."""


def open_text(path: str, data: bytes) -> Text | Notebook:
    """Decode a file that holds Python; raise ``UnreadableText`` with the reason if that is impossible.

    The answer has a ``text`` to which edits apply, and gives the bytes of a changed one (``encode``).
    """
    return Notebook(data) if path.endswith(Notebook.SUFFIX) else decode(data)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell and where it stands."""

    number: int
    """Among all cells of the notebook, from 1."""
    line: int
    """Its first line in ``Notebook.text``, from 1."""
    text: str
    """Its part of ``Notebook.text``, without the border."""
    source: str
    """As the customer wrote it."""
    value: tuple[int, int]
    """Where the JSON value of its source begins and ends in the file's text."""
    doubtful: bool
    """Python's own parser takes offence at it."""


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What stands in the text in place of a hidden line."""

    body: str
    line: Line


class Notebook:
    """The code of one notebook as ``text``; raises ``UnreadableText`` for what cannot be examined."""

    SUFFIX = ".ipynb"

    def __init__(self, data: bytes) -> None:
        """Decode and take apart."""
        from .source import sources

        self._bom = data.startswith(codecs.BOM_UTF8)
        try:
            self._json = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UnreadableText(f"line {line} is not valid utf-8") from error
        found = sources(self._json)
        self.newline = _newline(source.text for source in found)
        self._tag = _unused_word(source.text for source in found)
        self._hidden: dict[int, _Hidden] = {}
        self.cells = tuple(self._cells(found))
        self.text = "".join(cell.text + self._border(cell) for cell in self.cells)

    @property
    def borders(self) -> Borders:
        """Where the cells begin."""
        return tuple((cell.line, cell.number) for cell in self.cells)

    @property
    def doubtful(self) -> tuple[Cell, ...]:
        """Cells that may be no Python, and that are not hidden, for they matter."""
        return tuple(cell for cell in self.cells if cell.doubtful)

    def encode(self, text: str) -> bytes:
        """Give the notebook's bytes with ``text`` in place of its own.

        Raises ``Conflict`` if a border or something hidden was moved, changed or removed.
        """
        from .writer import Writer

        parts: list[str] = []
        at = 0
        writer = Writer(self._json, [cell.value for cell in self.cells])
        for cell, new in zip(self.cells, self._split(text), strict=True):
            restored = cell.source if new == cell.text else self._restored(cell, new)
            if restored == cell.source:
                continue
            start, end = cell.value
            parts += self._json[at:start], writer.value(cell.value, _tidied(cell.source, restored))
            at = end
        data = ("".join(parts) + self._json[at:]).encode("utf-8")
        return codecs.BOM_UTF8 + data if self._bom else data

    def emptied(self, text: str) -> list[int]:
        """The numbers of the cells that have code and would have none with ``text`` in place of its own."""
        pairs = zip(self.cells, self._split(text), strict=True)
        return [cell.number for cell, new in pairs if cell.text.strip() and not new.strip()]

    def headings(self, emptied: Sequence[int]) -> list[int]:
        """The numbers of the cells with a heading below which all that has code is ``emptied``."""
        page, code = json.loads(self._json), {cell.number for cell in self.cells}
        found: list[int] = []
        for above in (number - 1 for number in emptied if {number, number - 1} & code == {number}):
            below = itertools.takewhile(code.__contains__, itertools.count(above + 1))
            source = page["cells"][above - 1].get("source", "") if above else ""
            if set(below) <= set(emptied) and "".join(source).lstrip().startswith("#"):
                found.append(above)
        return found

    # -- in -----------------------------------------------------------------------------------------

    def _cells(self, sources: Sequence[Source]) -> Iterator[Cell]:
        from .hidden import drafted

        drafts = [drafted(source) for source in sources]
        known = {word for draft in drafts for word in draft.words()}
        line = 1
        for source, draft in zip(sources, drafts, strict=True):
            text = self._shown(draft, known)
            cell = Cell(source.number, line, text, source.text, source.value, draft.doubtful)
            line += len(_BREAK.findall(text + self._border(cell)))
            yield cell

    def _shown(self, draft: Draft, known: set[str]) -> str:
        """Give the text of a cell with what is hidden replaced."""
        lines = []
        for line in draft.lines:
            if isinstance(line, str):
                lines.append(line)
                continue
            number = len(self._hidden)
            names = ", ".join(sorted(line.reads & known))
            if line.target or names:
                body = f"{line.target}{self._tag}({names})  # {self._tag} {number}"
            else:
                body = f"pass  # {self._tag} {number}"
            self._hidden[number] = _Hidden(body, line)
            lines.append(line.indent + body + line.ending)
        return "".join(lines)

    def _border(self, cell: Cell) -> str:
        return f"{self.newline}pass  # {self._tag} end {cell.number}{self.newline}"

    # -- out ----------------------------------------------------------------------------------------

    def _split(self, text: str) -> Iterator[str]:
        """Give the new text of each cell."""
        borders = list(re.finditer(rf"^pass  # {self._tag} end (\d+)\r?\n", text, re.MULTILINE))
        if [int(border[1]) for border in borders] != [cell.number for cell in self.cells]:
            raise Conflict("the border of a notebook's cell would be lost")
        if text[borders[-1].end() if borders else 0 :]:
            raise Conflict("a change lies behind the last cell of a notebook")
        at = 0
        for border in borders:
            part = text[at : border.start()]
            yield part[: -len(self.newline)] if part.endswith(self.newline) else part.removesuffix("\n")
            at = border.end()

    def _restored(self, cell: Cell, text: str) -> str:
        """Put back what was hidden."""
        mark = re.compile(rf"^([ \t]*+)([^\r\n]*?# {self._tag} (\d+))(?=\r?$)|{self._tag}", re.MULTILINE)
        wanted = [int(match[3]) for match in mark.finditer(cell.text) if match[3]]
        met: list[int] = []

        def put_back(match: re.Match[str]) -> str:
            hidden = self._hidden.get(int(match[3])) if match[3] else None
            if hidden is None or match[2] != hidden.body:
                raise Conflict("a line of a notebook that is no Python would change")
            if hidden.line.leads and text[: match.start()].strip():
                raise Conflict("a cell's magic would no longer be its first line")
            met.append(int(match[3]))
            return hidden.line.restored(match[1])

        restored = mark.sub(put_back, text)
        if met != wanted:
            raise Conflict("a line of a notebook that is no Python would be lost")
        return restored


def _tidied(before: str, after: str) -> str:
    """Take blank lines from the ends of a changed cell that it did not have before.

    A magic that would lead an empty cell goes as well: IPython refuses ``%%time`` without a body.
    """
    if not after.strip() or _LONE_MAGIC.fullmatch(after):
        return ""
    if not _BLANK_HEAD.match(before):
        after = _BLANK_HEAD.sub("", after)
    tail, kept = _blank_tail(after), _blank_tail(before)
    return after[: len(after) - len(tail)] + kept if len(tail) > len(kept) else after


def _blank_tail(text: str) -> str:
    """Give the blank lines at the end, from the line end before them."""
    blanks = text[len(text.rstrip(" \t\r\n")) :]
    start = blanks.find("\n")
    return blanks[start - blanks.startswith("\r\n", start - 1) if start else 0 :] if start >= 0 else ""


_BREAK = re.compile(r"\r\n|\n|\r")
_LONE_MAGIC = re.compile(r"\s*%%[^\r\n]*\s*")
_BLANK_HEAD = re.compile(r"\A(?:[ \t]*+\r?\n)+")


def _newline(texts: Iterable[str]) -> str:
    counts = Counter(ending for text in texts for ending in re.findall(r"\r?\n", text))
    return "\r\n" if counts["\r\n"] > counts["\n"] else "\n"


def _unused_word(texts: Iterable[str]) -> str:
    """Give a name that stands nowhere in the notebook."""
    taken = {word for text in texts for word in re.findall(r"_hidden_\d+", text)}
    return next(word for number in range(len(taken) + 1) if (word := f"_hidden_{number}") not in taken)
