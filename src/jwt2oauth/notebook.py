"""Notebooks: the code cells of an ``.ipynb`` as one Python text, and a changed text back into its bytes.

The cells stand one below the other, each followed by a border, a statement that no edit may move. What
IPython understands and Python does not (magics, shell lines, help, cells in other languages) is hidden
behind a statement of the same indentation that reads the names which the hidden text reads. Only the
``source`` of a cell that changed is written anew, line by line in the file's own way.
"""

from __future__ import annotations

import ast
import codecs
import json
import keyword
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from .edits import Conflict, Text, UnreadableText, decode
from .prefilter import load_prefilter
from .records import dataclass

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


class Notebook:
    """The code of one notebook as ``text``; raises ``UnreadableText`` for what cannot be examined."""

    SUFFIX = ".ipynb"

    def __init__(self, data: bytes) -> None:
        """Decode and take apart."""
        self._bom = data.startswith(codecs.BOM_UTF8)
        try:
            self._json = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UnreadableText(f"line {line} is not valid utf-8") from error
        sources = _sources(self._json)
        self.newline = _newline(source.text for source in sources)
        self._tag = _unused_word(source.text for source in sources)
        self._hidden: dict[int, _Hidden] = {}
        self.cells = tuple(self._cells(sources))
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
        parts: list[str] = []
        at = 0
        writer = _Writer(self._json, [cell.value for cell in self.cells])
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

    # -- in -----------------------------------------------------------------------------------------

    def _cells(self, sources: Sequence[_Source]) -> Iterator[Cell]:
        drafts = [_draft(source) for source in sources]
        known = {word for draft in drafts for word in draft.words()}
        line = 1
        for source, draft in zip(sources, drafts, strict=True):
            text = self._shown(draft, known)
            cell = Cell(source.number, line, text, source.text, source.value, draft.doubtful)
            line += len(_BREAK.findall(text + self._border(cell)))
            yield cell

    def _shown(self, draft: _Draft, known: set[str]) -> str:
        """Give the text of a cell with what is hidden replaced."""
        lines = []
        for line in draft.lines:
            if not isinstance(line, _Line):
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
_BLANK_HEAD = re.compile(r"\A(?:[ \t]*+\r?\n)++")


def _newline(texts: Iterable[str]) -> str:
    counts = Counter(ending for text in texts for ending in re.findall(r"\r?\n", text))
    return "\r\n" if counts["\r\n"] > counts["\n"] else "\n"


def _unused_word(texts: Iterable[str]) -> str:
    """Give a name that stands nowhere in the notebook."""
    taken = {word for text in texts for word in re.findall(r"_hidden_\d+", text)}
    return next(word for number in range(len(taken) + 1) if (word := f"_hidden_{number}") not in taken)


# What Python does not understand


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, or a whole cell, that is hidden."""

    indent: str
    text: str
    """All of it, without the line's end."""
    ending: str = ""
    target: str = ""
    """``x = ``, where it is ``x = !ls``."""
    reads: frozenset[str] = frozenset()
    leads: bool = False
    """It must stay the first of its cell."""

    def restored(self, indent: str) -> str:
        """Give the text again, at the indentation that its place has now."""
        if indent == self.indent or not self.text.startswith(self.indent):
            return self.text
        return indent + self.text[len(self.indent) :]


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What stands in the text in place of a hidden line."""

    body: str
    line: _Line


@dataclass(frozen=True, slots=True)
class _Draft:
    """A cell, line by line, some of them hidden."""

    lines: tuple[str | _Line, ...]
    doubtful: bool = False

    def words(self) -> Iterator[str]:
        """The names in its Python."""
        for line in self.lines:
            if isinstance(line, str):
                yield from _NAME.findall(line)
            elif line.target:
                yield from _NAME.findall(line.target)


_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_INTERPOLATED = re.compile(r"\{[^{}\n]*\}|\$\w+")
_MAGIC = re.compile(
    r"[ \t]*(?:(?P<mark>%%?|!!?|\?\??|[,;/])(?P<name>[\w.]*)"
    r"|(?P<help>%{0,2}[A-Za-z_*][\w.*\[\]]*\?\??[ \t]*$))"
)
_ASSIGNED = re.compile(
    r"[ \t]*(?P<target>[A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)*[ \t]*=[ \t]*)"
    r"(?P<mark>[%!])(?P<name>\w*)"
)
_LEXEME = re.compile(
    r"""#[^\n]*|(?P<triple>\"{3}|'{3})|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|\\\r?\n""",
    re.DOTALL,
)
_RUN_PYTHON = frozenset(
    ("time", "timeit", "prun", "lprun", "mprun", "memit", "store", "page", "pinfo", "edit", "macro", "xdel")
)
_TRANSPARENT = frozenset(("time", "capture", "prun"))
"""Magics of a cell that run the rest of it as if they were not there."""
_FOREIGN = frozenset(
    """bash sh cmd script system sx html javascript js latex markdown md svg ruby perl sql bigquery
    writefile file python2 pypy r cython configure scala fs""".split()  # noqa: SIM905
)
"""Magics of a cell whose rest is no Python, or is not run by this kernel."""


def _draft(source: _Source) -> _Draft:
    """Decide what of a cell is hidden."""
    text = source.text
    if source.foreign:
        return _Draft((_whole(text, python=False),))
    first = re.match(r"\s*%(?P<second>%?)(?P<name>\w*)", text)
    if first and first["second"] and first["name"] not in _TRANSPARENT:
        return _Draft((_whole(text, python=first["name"].lower() not in _FOREIGN),))
    draft = _Draft(tuple(_lines(text)))
    if _is_python(draft):
        return draft
    if first and first["name"].lower() in _FOREIGN:  # ``%sql`` as some hosts have it: all of the cell
        return _Draft((_whole(text, python=False),))
    if load_prefilter().hit(text.encode("utf-8", "surrogatepass")):
        return _Draft(draft.lines, doubtful=True)
    return _Draft((_whole(text, python=True),))


def _whole(text: str, *, python: bool) -> _Line:
    return _Line("", text, reads=_reads(text, python=python), leads=True)


def _is_python(draft: _Draft) -> bool:
    """Say whether Python's own parser takes a cell (``await`` outside of functions is fine here)."""
    shown = [line if isinstance(line, str) else f"{line.indent}pass{line.ending}" for line in draft.lines]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("".join(shown))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _reads(text: str, *, python: bool) -> frozenset[str]:
    """Give the names that hidden text may read: all, or those between braces and after a dollar sign."""
    pieces = [text] if python else _INTERPOLATED.findall(text)
    return frozenset(
        name
        for piece in pieces
        for name in _NAME.findall(piece.replace("$", " "))
        if not keyword.iskeyword(name)
    )


def _lines(text: str) -> Iterator[str | _Line]:
    """Give the lines of a cell; those that begin a statement and are none of Python's are hidden."""
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    depth, triple = 0, ""
    continues = False  # the line before ended in a backslash
    hiding: _Line | None = None
    first = True
    for line in lines:
        body = line.rstrip("\r\n")
        ending = line[len(body) :]
        if hiding is None and not depth and not triple and not continues:
            hiding = _hidden(body, ending, first=first)
        if hiding is not None:
            if hiding.text == body and hiding.ending == ending:
                yield hiding
            else:
                yield _Line(hiding.indent, body, ending, reads=_reads(body, python=False))
            hiding = hiding if body.endswith("\\") else None
        else:
            yield line
            depth, triple, continues = _state(line, depth, triple)
        first = first and not body.strip()


def _hidden(body: str, ending: str, *, first: bool) -> _Line | None:
    indent = body[: len(body) - len(body.lstrip())]
    match = _ASSIGNED.match(body)
    if match:
        reads = _reads(body[match.end() :], python=match["mark"] == "%" and match["name"] in _RUN_PYTHON)
        return _Line(indent, body, ending, match["target"], reads)
    match = _MAGIC.match(body)
    if not match:
        return None
    if match["help"] or (match["mark"] or "").startswith("?"):
        return _Line(indent, body, ending)
    mark = match["mark"]
    python = mark in ",;/" or (mark.startswith("%") and match["name"] in _RUN_PYTHON)
    reads = _reads(body[match.end() :], python=python)
    return _Line(indent, body, ending, reads=reads, leads=first and mark == "%%")


def _state(line: str, depth: int, triple: str) -> tuple[int, str, bool]:
    """Say, after a line, how many brackets are open, in which long string it ends, whether it goes on."""
    at, continues = 0, False
    while at < len(line):
        if triple:
            end = re.compile(rf"(?:\\.|(?!{triple}).)*", re.DOTALL).match(line, at)
            at = end.end() if end else len(line)
            if at >= len(line):
                return depth, triple, False
            at, triple = at + 3, ""
            continue
        match = _LEXEME.search(line, at)
        if match is None:
            break
        at = match.end()
        triple = match["triple"] or ""
        depth += bool(match["open"]) - bool(match["close"])
        continues = match.group().startswith("\\")
    return max(depth, 0), triple, continues


# JSON, with places


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a code cell in the file."""

    number: int
    text: str
    value: tuple[int, int]
    foreign: bool
    """The cell says that it is in another language."""


def _sources(text: str) -> list[_Source]:
    """Find the sources of all code cells; raise ``UnreadableText`` for what is no notebook that we know."""
    try:
        page = json.loads(text)
        places = _places(text)
    except RecursionError as error:
        raise UnreadableText("its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise UnreadableText(f"line {error.lineno} is not valid JSON") from error
    except ValueError as error:  # a number of thousands of digits
        raise UnreadableText("it is not valid JSON") from error
    _check(page)
    found = []
    for number, (cell, place) in enumerate(zip(page["cells"], places, strict=True), 1):
        if not isinstance(cell, dict) or "cell_type" not in cell:
            raise UnreadableText(f"cell {number} is not one of a notebook")
        if cell["cell_type"] == "code":
            source = cell.get("source")
            lines = [source] if isinstance(source, str) else source
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise UnreadableText(f"cell {number} has no source")
            found.append(_Source(number, "".join(lines), place["source"], _is_foreign(cell)))
    return found


def _check(page: Any) -> None:
    if not isinstance(page, dict):
        raise UnreadableText("it is not a notebook")
    version = page.get("nbformat")
    if "worksheets" in page or (isinstance(version, int) and version < 4):
        raise UnreadableText("it is a notebook in an old format; open it in Jupyter once and save it")
    if not isinstance(page.get("cells"), list):
        raise UnreadableText("it is not a notebook: it has no cells")
    metadata = page.get("metadata")
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(section) if isinstance(metadata, dict) else None
        language = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(language, str) and language:
            if "py" not in language.lower():
                raise UnreadableText("it is a notebook in another language than Python")
            return


def _is_foreign(cell: Mapping[str, Any]) -> bool:
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = editor.get("languageId") if isinstance(editor, dict) else None
    return isinstance(language, str) and language != "python"


_SPACE = re.compile(r"[ \t\n\r]*")
_decode = json.JSONDecoder().raw_decode


def _places(text: str) -> list[dict[str, tuple[int, int]]]:
    """Where the values of the members of each cell stand; ``text`` is known to be valid JSON."""
    start = _skip(text, 0)
    cells = _members(text, start).get("cells") if text[start : start + 1] == "{" else None
    if cells is None or text[cells[0]] != "[":
        return []
    return [_members(text, at) if text[at] == "{" else {} for at, _ in _items(text, cells[0])]


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    found = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _decode(text, start)
        found[key] = (start, end)
        at = _next(text, end)
    return found


def _items(text: str, at: int) -> list[tuple[int, int]]:
    found = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _decode(text, at)
        found.append((at, end))
        at = _next(text, end)
    return found


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


# Written in the file's own way

_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|.", re.DOTALL)


class _Writer:
    """Writes a source as the file's others are written: list or string, indentation, escapes."""

    def __init__(self, text: str, values: Sequence[tuple[int, int]]) -> None:
        """Remember where the sources are; they are studied only if one is to be written."""
        self._text = text
        self._values = values
        self._habits: dict[str, str] | None = None

    def value(self, place: tuple[int, int], source: str) -> str:
        """Give the JSON value of ``source``, to stand where ``place`` was."""
        if self._text[place[0]] == "[":
            value = self._list(place, source)
        else:
            old = _pieces(self._text[place[0] + 1 : place[1] - 1])
            value = f'"{"".join(raw for raw, _ in self._matched(old, source))}"'
        read = json.loads(value)
        assert (read if isinstance(read, str) else "".join(read)) == source, "written as it was meant"
        return value

    def _list(self, place: tuple[int, int], source: str) -> str:
        items = _items(self._text, place[0])
        lines = self._matched([(self._text[a + 1 : b - 1]) for a, b in items], source)
        if not lines:
            return "[]"
        head, gap, tail = self._spacing(place, items)
        value = "["
        for number, (raw, old) in enumerate(lines):
            before = lines[number - 1][1] if number else None
            if not number:
                value += head
            elif before is not None and old == before + 1:
                value += self._text[items[before][1] : items[old][0]]
            else:
                value += gap
            value += f'"{raw}"'
        return value + tail + "]"

    def _spacing(self, place: tuple[int, int], items: Sequence[tuple[int, int]]) -> tuple[str, str, str]:
        """What stands before, between and after the items of a list."""
        if not items:
            lists = (value for value in self._values if self._text[value[0]] == "[")
            other = next((value for value in lists if _items(self._text, value[0])), None)
            return self._spacing(other, _items(self._text, other[0])) if other else ("", ", ", "")
        head = self._text[place[0] + 1 : items[0][0]]
        tail = self._text[items[-1][1] : place[1] - 1]
        if len(items) > 1:
            return head, self._text[items[0][1] : items[1][0]], tail
        return head, f",{head}" if "\n" in head else ", ", tail

    def _matched(self, old: Sequence[str], source: str) -> list[tuple[str, int | None]]:
        """Give the lines of ``source`` as they are written, each with the old one that it is."""
        before = [_plain(raw) for raw in old]
        after = re.findall(r"[^\n]*\n|[^\n]+\Z", source)
        found: list[tuple[str, int | None]] = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                found += [(old[i], i) for i in range(i1, i2)]
            else:
                found += [(self._written(line), None) for line in after[j1:j2]]
        return found

    def _written(self, line: str) -> str:
        if self._habits is None:
            self._habits = self._study()
        plain = json.dumps(line, ensure_ascii=self._text.isascii())[1:-1]
        return "".join(self._habits.get(_plain(unit), unit) for unit in _UNIT.findall(plain))

    def _study(self) -> dict[str, str]:
        """For each character, how the file writes it most often, where that is not as usual."""
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for start, end in self._values:
            for literal in re.findall(r'"(?:\\.|[^"\\])*"', self._text[start:end]):
                for unit in _UNIT.findall(literal[1:-1]):
                    forms[unit if len(unit) == 1 else _plain(unit)][unit] += 1
        return {character: counts.most_common(1)[0][0] for character, counts in forms.items()}


def _plain(raw: str) -> str:
    """Decode the inside of a JSON string."""
    text: str = json.loads(f'"{raw}"') if "\\" in raw else raw
    return text


def _pieces(raw: str) -> list[str]:
    """Cut the inside of a JSON string behind its line feeds."""
    pieces = [""]
    for unit in _UNIT.findall(raw):
        pieces[-1] += unit
        if _plain(unit) == "\n":
            pieces.append("")
    return [piece for piece in pieces if piece]
