"""Files of the tree that hold a flow's private key: which they are, and what becomes of them."""

from __future__ import annotations

import fnmatch
import io
import json
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import NamedTuple

from ..model import Edit, Flow, Span
from ..paths import depth
from ..records import dataclass
from ..tree.search import Words, holds

_PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
BINARY = (".p12", ".pfx", ".der", ".pk8", ".key", ".p8", ".jks")
_DER = b"\x30"
"""An ASN.1 sequence: PKCS #1, #8 and #12."""
_PROGRAMS = (".py", ".ipynb")
_JKS = b"\xfe\xed\xfe\xed"


_QUOTED = re.compile(r"\"([^\"\\\n]{1,200})\"|'([^'\\\n]{1,200})'")
_FILLED = re.compile(r"\{[^{}]*\}|%s|%\(\w+\)s")
"""What is filled in."""
_LISTING = re.compile(r"\*[\"'](?:(?<=[\"'/]\*[\"'])|(?<=[\"'/]\*\*[\"']))")
_LISTS = ("listdir", "scandir", "iterdir", "os.walk")
"""What gives all files of a folder."""
_LOOKING = (b"listdir", b"scandir", b"iterdir", b"walk", b"glob", b"rglob", b"iglob", b"fnmatch")
"""One of these is in every program that looks for files, but for one that knows their ending."""

_TEST = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py$|conftest\.py$|[^/]*_test\.py$)")
_SHOWN = 3
"""Files that are named; of the others only the number."""
_BEGINS = (tokenize.ENCODING, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
"""What stands before a statement."""
_MAKES = re.compile(r"\b(?:NamedTemporaryFile|TemporaryFile|mkstemp|mktemp)\(")
"""Where a file of a new name is made: ``NamedTemporaryFile(suffix=".key")``"""
_TEMPORARY = re.compile(rb"\b(?:tmp_?path|tmpdir|TemporaryDirectory|mkdtemp|mktemp)")
_ANCHORED = re.compile(rb"__file__|\bparents?\b|\b[A-Z][A-Z_]{2,}\b ?[/,]|\bopen\(|\bPath\(|\bcwd\b|chdir")
"""What a line says that means a file of the tree: a place to begin at."""


@dataclass(slots=True)
class Fate:
    """What becomes of the keys of one flow."""

    edits: list[Edit] = field(default_factory=list)
    """For each file that goes; what it held is of no matter."""
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)


def holds_key(path: str, data: bytes) -> bool:
    """Say whether a file that a flow reads its key from holds one: PEM, encrypted or not, or DER."""
    if _PEM.search(data[:65536]):
        return True
    return path.lower().endswith(BINARY) and data.startswith((_DER, _JKS))


def given(names: Collection[str], texts: Iterable[str]) -> Iterator[str]:
    """Give the paths that texts give for variables or options: ``KEY_FILE=…``, ``--key …``.

    What is put together from others (``$HOME/key``) is none.
    """
    words = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    pattern = re.compile(
        rf"(?<![\w-])(?:{words})[\"']?(?:\s*+[=:]\s*+|[^\S\n]*+\n\s*+value:\s*+|[ \t,]++[\"']?)[\"']?"
        r"(?P<path>[\w./~-]+)(?=[\s\"',;)\]}]|\Z)"
    )
    for text in texts if names else ():
        yield from (match["path"] for match in pattern.finditer(text))


def fates(
    words: Words,
    may_name: Callable[[str], bool],
    flows: Sequence[Flow],
    steps: Sequence[Mapping[str, bytes | None]],
    left: Collection[str],
    *,
    remove: bool,
) -> Iterator[Fate]:
    """Say what becomes of the key files, flow by flow, in the order in which they are rewritten.

    ``steps`` are the contents of files after each flow, ``left`` the keys of flows that are left alone. A key
    goes with the last flow that reads it, if ``remove`` says so and no file that ``may_name`` it does then.
    """
    now: dict[str, bytes | None] = {}
    mine = {flow.id: {*flow.keys} for flow in flows}
    for flow in flows:  # what clears up after others does so for their keys
        mine[flow.id] = mine[flow.id].union(*(mine.get(other, ()) for other in flow.needs))
    keys = {key for flow in flows for key in flow.keys}
    words.learn(key.rpartition("/")[2].encode() for key in keys)
    searches = _Searches(words, keys)
    for number, (flow, step) in enumerate(zip(flows, steps, strict=True)):
        now.update(step)
        later = {key for other in flows[number + 1 :] for key in mine[other.id]}
        fate = Fate()
        for key in (*flow.keys, *sorted(mine[flow.id] - {*flow.keys})):
            if key in later:
                continue
            by, how = _needed_by(words, may_name, now, key, searches, keys.union(left))
            if flow.still_read and not (by and by[0].endswith(_PROGRAMS)):
                by, how = [flow.still_read[0]], "reads it"
            if key in left:
                by, how = ["another flow, which is left alone,"], "names it"
            if remove and not by:
                fate.edits.append(Edit(key, Span(0, 0), ""))
                fate.notes.append(f"{key} goes: it held the private key, and nothing here names it any more.")
            elif remove:
                fate.todos.append(f"{key} holds the private key and stays: {by[0]} {how}.")
            else:
                fate.todos.append(
                    f"Delete {key}, which holds the private key (jwt2oauth fix --remove-keys does)."
                    if not by
                    else f"Delete {key}, which holds the private key, when {_need(by)} it no more."
                )
            fate.todos.append(
                f"Git history keeps {key}; git filter-repo --invert-paths --path {_quoted(key)} takes it out"
                " of every commit, and only revoking it makes all copies worthless."
            )
        yield fate


def _need(files: Sequence[str]) -> str:
    """``a.py needs``, ``a.py and b.py need``, ``a.py, b.py and 3 more need``"""
    if len(files) == 1:
        return f"{files[0]} needs"
    more = len(files) - _SHOWN
    last = f"{more} more" if more > 0 else files[-1]
    return f"{', '.join(files[:_SHOWN] if more > 0 else files[:-1])} and {last} need"


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./-]+", path) else "'" + path.replace("'", "'\\''") + "'"


_PLAIN = 20
"""Lines of one program that are looked at, before it is taken apart."""


def without_prose(path: str, data: bytes) -> bytes:
    """Give what a notebook runs, or a Python program without comments and docstrings, line for line."""
    if path.endswith(".py"):
        return _without_remarks(data)
    if not path.endswith(".ipynb"):
        return data
    try:
        cells = json.loads(data)["cells"]
        return "".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return data


def _is_in_code(path: str, data: bytes, name: bytes) -> bool:
    """Does a line of a program plainly name it, neither behind a ``#`` nor in a text that begins a line?

    Nothing is said by False: it takes hundred times as long to tell all remarks from all texts.
    """
    at = data.find(name) if path.endswith(".py") else -1
    for _ in range(_PLAIN):
        if at < 0:
            break
        ends = at
        if data.count(b'"""', 0, at) % 2 or data.count(b"'''", 0, at) % 2:
            ends = max(data.rfind(b'"""', 0, at), data.rfind(b"'''", 0, at))
        before = data[data.rfind(b"\n", 0, ends) + 1 : ends]
        if before.strip(b" \trRbBuU") and b"#" not in before and before.lstrip()[:1] not in (b'"', b"'"):
            return True
        at = data.find(name, at + 1)
    return False


def _without_remarks(data: bytes) -> bytes:
    """A program without what it tells people; as a whole, if Python cannot take it apart."""
    try:
        tokens = [each for each in tokenize.tokenize(io.BytesIO(data).readline) if each.type != tokenize.NL]
    except (SyntaxError, ValueError, tokenize.TokenError):
        return data
    encoding, lines = tokens[0].string, data.split(b"\n")
    statements = [each for each in tokens if each.type != tokenize.COMMENT]
    for before, token, after in zip(statements, statements[1:], statements[2:], strict=False):
        if token.type == tokenize.STRING and before.type in _BEGINS and after.type == tokenize.NEWLINE:
            lines[token.start[0] - 1 : token.end[0]] = [b""] * (token.end[0] - token.start[0] + 1)
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row = token.start[0] - 1
            lines[row] = lines[row].decode(encoding, "replace")[: token.start[1]].encode(encoding, "replace")
    return b"\n".join(lines)


def _needed_by(
    words: Words,
    may_name: Callable[[str], bool],
    now: Mapping[str, bytes | None],
    key: str,
    searches: _Searches,
    keys: Collection[str],
) -> tuple[list[str], str]:
    """The files that name a key, programs before their configuration, or the first that may find it.

    Who names it and has one of the other ``keys`` by that name nearer means that, unless it says the folder.
    """

    def with_now(found: Iterable[str]) -> list[str]:
        """Those that are still there, and what the flows have changed, programs first."""
        there = {path for path in {*found, *now} - {key} if now.get(path, b"") is not None}
        return sorted(there, key=lambda path: (not path.endswith(".py"), path))

    def content(path: str) -> bytes:
        return (now[path] or b"") if path in now else words.read(path)

    name, named = key.rpartition("/")[2].encode(), []
    for path in with_now(words.holding((name,))):
        data = content(path)
        is_named = name in data and may_name(path)
        is_named = is_named and (_is_in_code(path, data, name) or name in without_prose(path, data))
        if is_named and not _means_another(path, data, key, keys) and not _is_temporary(path, data, key):
            named.append(path)
    if named:
        return named, "names it"
    for path in with_now(searches.programs):
        if path.endswith(_PROGRAMS):
            line = searches.line(path, None if path not in now else content(path), key)
            if line and may_name(path):
                return [path if path.endswith(".ipynb") else f"{path}:{line}"], "may find it"
    return [], ""


def _means_another(path: str, data: bytes, key: str, keys: Collection[str]) -> bool:
    name, whole = key.rpartition("/")[2], f"{_folder(key)}/{key.rpartition('/')[2]}"
    if len(whole) > len(name) + 1 and whole.encode() in data:
        return False
    same = (other for other in keys if other.rpartition("/")[2] == name)
    return any(depth(path, other) > depth(path, key) for other in same)


def _is_temporary(path: str, data: bytes, key: str) -> bool:
    """Does a test only write a file of that name into a folder of its own: ``tmp_path / "private.key"``?"""
    if not _TEST.search(path) or not _TEMPORARY.search(data):
        return False
    name = key.rpartition("/")[2].encode()
    lines = [line for line in data.splitlines() if name in line]
    folder = _folder(key).encode()
    return not any(_ANCHORED.search(line) or (folder and folder in line) for line in lines)


def search_words(key: str) -> Iterator[str]:
    """Words of which one must stand in a program that finds a key by looking for files."""
    if folder := _folder(key):
        yield folder
    if "." in key.rpartition("/")[2]:
        yield _ending(key)
        yield f"%s{_ending(key)}"  # with a letter before it the ending is no word


class _Said(NamedTuple):
    """A text of a program that may be a name of files: its line, and what it ends in."""

    line: str
    number: int
    last: str


class _Searches:
    """The places where programs look for files like some keys; each program is read once."""

    def __init__(self, words: Words, keys: Collection[str]) -> None:
        self._files = words
        self._words = frozenset(word for key in keys for word in search_words(key))
        self._endings = {word.encode() for word in self._words - {_folder(key) for key in keys}}
        self._names = {name for key in keys for name in (_folder(key), _ending(key)) if name}
        self._signs = _signs(keys)
        self._said: dict[str, tuple[bool, tuple[_Said, ...]]] = {}
        self._code: dict[str, list[bytes]] = {}

    @cached_property
    def programs(self) -> tuple[str, ...]:
        """The programs that may look for one of the keys: one search is enough for all of them."""
        found = self._files.holding(word.encode() for word in self._words)
        return tuple(path for path in found if path.endswith(_PROGRAMS))

    def line(self, path: str, data: bytes | None, key: str) -> int:
        """The line in which a program looks for files like ``key``, by pattern, ending or folder; or 0.

        ``data`` is what the program will be; None where it stays as it is.
        """
        if data is not None:
            lists, said = self._read(path, data)
        else:
            if path not in self._said:
                self._said[path] = self._read(path, self._files.read(path))
            lists, said = self._said[path]
        name, signs = key.rpartition("/")[2], _signs((key,))
        for line, number, last in said:
            by_pattern = _is_pattern(last) and fnmatch.fnmatch(name, last)
            in_folder = lists and last == _folder(key) != ""
            found = (by_pattern or last == _ending(key) or in_folder) and any(sign in line for sign in signs)
            if found and not _MAKES.search(line) and self._is_code(path, data, number):
                return number
        return 0

    def _is_code(self, path: str, data: bytes | None, number: int) -> bool:
        """Does the line of a program do anything but tell? Programs are taken apart only if they matter."""
        if not path.endswith(".py"):
            return True
        code = self._code.get(path) if data is None else None
        if code is None:
            code = without_prose(path, self._files.read(path) if data is None else data).split(b"\n")
        if data is None:
            self._code[path] = code
        return number <= len(code) and any(mark in code[number - 1] for mark in (b"'", b'"'))

    def _read(self, path: str, data: bytes) -> tuple[bool, tuple[_Said, ...]]:
        """Whether a program lists folders, and its texts that may be the name of a key."""
        if not holds(path, data, (*self._endings, *_LOOKING)):
            return False, ()
        text = (data if path.endswith(".py") else without_prose(path, data)).decode(errors="replace")
        found = self._texts(text)
        lists = found and (any(word in text for word in _LISTS) or _LISTING.search(text))
        return bool(lists), tuple(found)

    def _texts(self, text: str) -> list[_Said]:
        """The texts of a program that may be the name of a key, or a pattern of names."""
        found = []
        for start, line in self._lines(text):
            for match in _QUOTED.finditer(line):
                said = match[1] or match[2]
                last = (_FILLED.sub("*", said) if "{" in said or "%" in said else said).rstrip("/")
                last = last[last.rfind("/") + 1 :]
                if last in self._names or _is_pattern(last):
                    found.append(_Said(line, text.count("\n", 0, start) + 1, last))
        return found

    def _lines(self, text: str) -> Iterator[tuple[int, str]]:
        """The lines that hold a sign of any key, and where they start, in order."""
        lines: dict[int, str] = {}
        for sign in self._signs:
            at = text.find(sign)
            while at >= 0:
                start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
                end = len(text) if end < 0 else end
                lines[start] = text[start:end]
                at = text.find(sign, end)
        yield from sorted(lines.items())


def _signs(keys: Iterable[str]) -> frozenset[str]:
    """What a line must hold one of that looks for files like these."""
    return frozenset(("*", "?", *(word for key in keys for word in search_words(key))))


def _folder(key: str) -> str:
    return key.rpartition("/")[0].rpartition("/")[2]


def _ending(key: str) -> str:
    name = key.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else name


def _is_pattern(last: str) -> bool:
    return ("*" in last or "?" in last) and re.search(r"\w{2}", last) is not None
