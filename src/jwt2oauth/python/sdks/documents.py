"""Configuration files of an SDK: which keys they hold, and edits that take some out and put others in.

Every edit is exact: comments, order, quotes and line ends of what stays are not touched.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence

from ...model import Edit, Span
from ...sdk import SdkFile
from .. import syntax as s
from ..changes import is_about_the_flow
from ..index import Module


def top(module: Module) -> s.Dict | None:
    """Give the mapping that a configuration file is."""
    statement = module.source.body.body[0]
    value = statement.value if isinstance(statement, s.ExprStmt) else None
    return value if isinstance(value, s.Dict) else None


def items(module: Module) -> dict[str, s.Item]:
    """Give every entry by its dotted path, those of inner mappings too."""
    found: dict[str, s.Item] = {}
    whole = top(module)
    stack = [("", whole)] if whole is not None else []
    while stack:
        path, here = stack.pop()
        for item in here.items:
            key = path + key_of(item)
            found[key] = item
            if isinstance(item.value, s.Dict):
                stack.append((key + ".", item.value))
    return found


def key_of(item: s.Item) -> str:
    """Give the key of an entry as text."""
    return str(item.key.value) if isinstance(item.key, s.Str) else ""


def value_of(item: s.Item) -> str:
    """Give the value of an entry, if it is a plain one."""
    return str(item.value.value) if isinstance(item.value, s.Str) else ""


def evidence(module: Module, row: SdkFile) -> list[s.Item]:
    """Give the entries that mean the JWT credential; none if the file has migrated."""
    entries = items(module)
    for sign in row.oauth:
        key, is_value, value = sign.partition("=")
        if key in entries and (not is_value or value_of(entries[key]) == value):
            return []
    return [entries[key] for key in row.jwt if key in entries]


def is_named(path: str, row: SdkFile) -> bool:
    """Say whether a file has one of the names of ``row``, or is a template of one."""
    name = path.rpartition("/")[2]
    for suffix in _TEMPLATES:
        name = name.removesuffix(suffix)
    return any(fnmatch.fnmatch(name, pattern) for pattern in row.names)


def templates(path: str) -> Iterator[str]:
    """Give the paths at which a template of a configuration file may be."""
    stem, dot, ending = path.rpartition(".")
    for suffix in _TEMPLATES:
        yield path + suffix
        yield f"{stem}{suffix}{dot}{ending}"
        yield f"{stem}{suffix.replace('.', '_')}{dot}{ending}"
        yield f"{stem}{suffix.replace('.', '-')}{dot}{ending}"


_ACCOUNT = re.compile(r"technical.account", re.IGNORECASE)
_TEMPLATES = (".example", ".sample", ".template", ".dist")


def edits(module: Module, row: SdkFile, scopes: str) -> list[Edit]:
    """Take out what only the JWT credential needs, and put in the scopes and what else has to be there."""
    entries = items(module)
    gone = {id(entries[key]) for key in row.drop if key in entries}
    for key, sign in row.drop_values.items():
        if key in entries and sign in value_of(entries[key]):
            gone.add(id(entries[key]))
    anchor = next((entries[key] for key in reversed(row.beside) if key in entries), None)
    added: dict[int, tuple[str, str]] = {}
    if row.scopes and row.scopes not in entries and anchor is not None:
        added[id(anchor)] = (row.scopes, scopes)
    whole = top(module)
    assert whole is not None
    writer = _Writer(module, gone, added)
    found = [*writer.mapping(whole), *writer.above(whole, _missing(entries, row.add))]
    newline = module.source.newline
    return [Edit(module.path, span, text.replace("\n", newline)) for span, text in found]


def _missing(entries: Mapping[str, s.Item], wanted: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if key not in entries}


Piece = tuple[Span, str]


class _Writer:
    """Changes one document."""

    def __init__(self, module: Module, gone: set[int], added: Mapping[int, tuple[str, str]]) -> None:
        self.module = module
        self.text = module.text
        self.gone = gone
        self.added = added
        self.is_json = module.path.endswith((".json", *(f".json{suffix}" for suffix in _TEMPLATES)))

    def mapping(self, node: s.Dict) -> Iterator[Piece]:
        """The changes inside a mapping."""
        if self.text[node.span.start : node.span.start + 1] == "{":
            yield from self._braces(node)
        else:
            yield from self._lines(node.items)
        for item in node.items:
            if id(item) not in self.gone and isinstance(item.value, s.Dict):
                yield from self.mapping(item.value)

    def _braces(self, node: s.Dict) -> Iterator[Piece]:
        entries = node.items
        last = max((n for n, item in enumerate(entries) if id(item) not in self.gone), default=-1)
        if last < 0:
            if entries:
                yield Span(entries[0].span.start, entries[-1].span.end), ""
            return
        for number, item in enumerate(entries[: last + 1]):
            if id(item) in self.gone:
                yield Span(item.span.start, entries[number + 1].span.start), ""
            elif number < last:
                yield from self._behind(item, Span(item.span.end, item.span.end))
        tail = Span(entries[last].span.end, entries[-1].span.end)
        made = list(self._behind(entries[last], tail))
        if made:
            yield from made
        elif tail.start < tail.end:
            yield tail, ""

    def _behind(self, item: s.Item, span: Span) -> Iterator[Piece]:
        """What is added behind an entry between braces, in the place of ``span``."""
        if id(item) in self.added:
            name, value = self.added[id(item)]
            start = self.module.line_start(item.span.start)
            lead = self.text[start : item.span.start]
            joint = ", " if lead.strip() else ",\n" + lead
            yield span, joint + self._pair(item, name, value)

    def _pair(self, model: s.Item, name: str, value: str) -> str:
        """A key and its value in the manner of another entry."""
        assert model.key is not None
        key, shown = self.module.snippet(model.key), self.module.snippet(model.value)
        between = self.text[model.key.span.end : model.value.span.start]
        quote = key[0] if key[:1] in ("'", '"') else ""
        mark = shown[0] if shown[:1] in ("'", '"') else '"' if self.is_json else ""
        return f"{quote}{name}{quote}{between}{mark}{value}{mark}"

    def _lines(self, entries: Sequence[s.Item]) -> Iterator[Piece]:
        """Entries of a block, each on lines of its own."""
        for item in entries:
            if id(item) in self.gone:
                yield Span(self._head(item), self._end(item)), ""
            elif id(item) in self.added:
                name, value = self.added[id(item)]
                start = self.module.line_start(item.span.start)
                lead = self.text[start : item.span.start]
                end = self._end(item)
                yield Span(end, end), f"{lead}{self._pair(item, name, value)}\n"

    def _end(self, item: s.Item) -> int:
        """Behind the line on which an entry ends."""
        end = item.span.start + len(self.text[item.span.start : item.span.end].rstrip())
        return self._next_line(end)

    def _next_line(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def _head(self, item: s.Item) -> int:
        """Where the line of an entry begins, or the remarks right above it that speak of nothing else."""
        start = self.module.line_start(item.span.start)
        column = item.span.start - start
        above = start
        while above > 0:
            line = self.module.line_start(above - 1)
            remark = self.text[line:above].strip()
            indented = len(self.text[line:above]) - len(self.text[line:above].lstrip())
            if not remark.startswith("#") or indented != column:
                break
            above = line
        remarks = self.text[above:start]
        return above if is_about_the_flow(remarks) or _ACCOUNT.search(remarks) else start

    def above(self, node: s.Dict, wanted: Mapping[str, str]) -> Iterator[Piece]:
        """Entries at the top, above the first one and the remarks that belong to it."""
        if not wanted or not node.items:
            return
        at = self.module.line_start(node.items[0].span.start)
        here = at
        while here > 0:
            line = self.module.line_start(here - 1)
            if not self.text[line:here].lstrip().startswith("#"):
                break
            here = line
        at = here if here > 0 and not self.text[:here].strip().endswith("---") else at
        apart = "\n" if at > 0 and not self.text[self.module.line_start(at - 1) : at].strip() else ""
        lines = "".join(f"{key}: {value}\n" for key, value in wanted.items())
        yield Span(at, at), lines + apart
