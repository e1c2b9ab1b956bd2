"""What IPython understands and Python does not: magics, shell lines, help, cells in other languages."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Iterator

from ..prefilter import load_prefilter
from ..records import dataclass
from .source import Source


@dataclass(frozen=True, slots=True)
class Line:
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
class Draft:
    """A cell, line by line, some of them hidden."""

    lines: tuple[str | Line, ...]
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
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<goes_on>\\\r?\n)|\\.""",
    re.DOTALL,
)
"""A backslash takes what it escapes with it, wherever it stands: so no more than one quote of each kind stays
open in a line, and its end is not sought again from every escaped one."""
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


def drafted(source: Source) -> Draft:
    """Decide what of a cell is hidden."""
    text = source.text
    if source.foreign:
        return Draft((_whole(text, python=False),))
    first = re.match(r"\s*%(?P<second>%?)(?P<name>\w*)", text)
    if first and first["second"] and first["name"] not in _TRANSPARENT:
        return Draft((_whole(text, python=first["name"].lower() not in _FOREIGN),))
    draft = Draft(tuple(_lines(text)))
    if _is_python(draft):
        return draft
    if first and first["name"].lower() in _FOREIGN:  # ``%sql`` as some hosts have it: all of the cell
        return Draft((_whole(text, python=False),))
    if load_prefilter().hit(text.encode("utf-8", "surrogatepass")):
        return Draft(draft.lines, doubtful=True)
    return Draft((_whole(text, python=True),))


def _whole(text: str, *, python: bool) -> Line:
    return Line("", text, reads=_reads(text, python=python), leads=True)


def _is_python(draft: Draft) -> bool:
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


def _lines(text: str) -> Iterator[str | Line]:
    """Give the lines of a cell; those that begin a statement and are none of Python's are hidden."""
    lines = re.findall(r"[^\n]*\n|[^\n]+\Z", text)
    depth, triple = 0, ""
    continues = False  # the line before ended in a backslash
    hiding: Line | None = None
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
                yield Line(hiding.indent, body, ending, reads=_reads(body, python=False))
            hiding = hiding if body.endswith("\\") else None
        else:
            yield line
            depth, triple, continues = _state(line, depth, triple)
        first = first and not body.strip()


def _hidden(body: str, ending: str, *, first: bool) -> Line | None:
    indent = body[: len(body) - len(body.lstrip())]
    match = _ASSIGNED.match(body)
    if match:
        reads = _reads(body[match.end() :], python=match["mark"] == "%" and match["name"] in _RUN_PYTHON)
        return Line(indent, body, ending, match["target"], reads)
    match = _MAGIC.match(body)
    if not match:
        return None
    if match["help"] or (match["mark"] or "").startswith("?"):
        return Line(indent, body, ending)
    mark = match["mark"]
    python = mark in ",;/" or (mark.startswith("%") and match["name"] in _RUN_PYTHON)
    reads = _reads(body[match.end() :], python=python)
    return Line(indent, body, ending, reads=reads, leads=first and mark == "%%")


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
        continues = match["goes_on"] is not None
    return max(depth, 0), triple, continues
