"""Files of the tree that hold a flow's private key: which they are, and what becomes of them."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from .model import Edit, Flow, Span
from .records import dataclass
from .search import Words

_PEM = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")
BINARY = (".p12", ".pfx", ".der", ".pk8", ".key", ".p8", ".jks")
_DER = b"\x30"
"""An ASN.1 sequence: PKCS #1, #8 and #12."""
_JKS = b"\xfe\xed\xfe\xed"


_QUOTED = re.compile(r"([\"'])(?P<text>(?:(?!\1)[^\\\n]){1,200})\1")
_FILLED = re.compile(r"\{[^{}]*\}|%s|%\(\w+\)s")
"""What is filled in."""
_LISTING = re.compile(r"\b(?:listdir|scandir|iterdir|os\.walk)\b|[\"'/]\*{1,2}[\"']")
"""What gives all files of a folder."""


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
        rf"(?<![\w-])(?:{words})[\"']?(?:\s*[=:]\s*|[ \t,]+[\"']?|\s*\n\s*value:\s*)[\"']?"
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
    parts = frozenset(part for flow in flows for key in flow.keys for part in search_words(key))
    for number, (flow, step) in enumerate(zip(flows, steps, strict=True)):
        now.update(step)
        later = {key for other in flows[number + 1 :] for key in other.keys}
        fate = Fate()
        for key in flow.keys:
            if key in later:
                continue
            by, how = _needed_by(words, may_name, now, key, parts)
            if key in left:
                by, how = "another flow, which is left alone", "names it"
            if remove and not by:
                fate.edits.append(Edit(key, Span(0, 0), ""))
                fate.notes.append(f"{key} goes: it held the private key, and nothing here names it any more.")
            elif remove:
                fate.todos.append(f"{key} holds the private key and stays: {by} {how}.")
            else:
                fate.todos.append(
                    f"Delete {key}, which holds the private key (jwt2oauth fix --remove-keys does)."
                    if not by
                    else f"Delete {key}, which holds the private key, when {by} needs it no more."
                )
            fate.todos.append(
                f"Git history keeps {key}; git filter-repo --invert-paths --path {_quoted(key)} takes it out"
                " of every commit, and only revoking it makes all copies worthless."
            )
        yield fate


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./-]+", path) else "'" + path.replace("'", "'\\''") + "'"


def _without_prose(path: str, data: bytes) -> bytes:
    """What a notebook runs; any other file as a whole."""
    if not path.endswith(".ipynb"):
        return data
    try:
        cells = json.loads(data)["cells"]
        return "".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").encode()
    except (ValueError, LookupError, TypeError, RecursionError):
        return data


def _needed_by(
    words: Words,
    may_name: Callable[[str], bool],
    now: Mapping[str, bytes | None],
    key: str,
    parts: Collection[str],
) -> tuple[str, str]:
    """The first file that names a key, a program before its configuration, or may find it; else nothing.

    ``parts`` are those of all keys, so that one search is enough.
    """

    def holding(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        found = {*words.holding(name.encode() for name in names), *now}
        for path in sorted(found, key=lambda path: (not path.endswith(".py"), path)):
            data = now[path] if path in now else words.read(path)
            if path != key and may_name(path) and data is not None:
                yield path, data

    name = key.rpartition("/")[2]
    for path, data in holding((name,)):
        if name.encode() in data and name.encode() in _without_prose(path, data):
            return path, "names it"
    mine = [part.encode() for part in search_words(key)]
    for path, data in holding(parts):
        if not path.endswith((".py", ".ipynb")) or not any(part in data for part in mine):
            continue
        if line := _line_of_search(_without_prose(path, data), key):
            return path if path.endswith(".ipynb") else f"{path}:{line}", "may find it"
    return "", ""


def search_words(key: str) -> Iterator[str]:
    """Words of which one must stand in a program that finds a key by looking for files."""
    folder, _, name = key.rpartition("/")
    yield from filter(None, (folder.rpartition("/")[2], name[name.rfind(".") :] if "." in name else ""))


def _line_of_search(program: bytes, key: str) -> int:
    """The line in which a program looks for files like a key, by a pattern, an ending or a folder; or 0."""
    folder, _, name = key.rpartition("/")
    ending = name[name.rfind(".") :] if "." in name else name
    text = program.decode(errors="replace")
    lists = _LISTING.search(text) is not None
    signs = (*search_words(key), "*", "?")
    for number, line in enumerate(text.splitlines(), 1):
        for match in _QUOTED.finditer(line) if any(sign in line for sign in signs) else ():
            said = _FILLED.sub("*", match["text"]).rstrip("/")
            last = said.rpartition("/")[2]
            by_pattern = (
                re.search(r"[*?]", last) and re.search(r"\w{2}", last) and fnmatch.fnmatch(name, last)
            )
            in_folder = lists and folder and last == folder.rpartition("/")[2]
            if by_pattern or last == ending or in_folder:
                return number
    return 0
