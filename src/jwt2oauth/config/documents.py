"""Configuration files as trees of mappings and scalars, each with its span in the text.

Nothing is ever re-dumped: a value is changed where it stands, by an edit. JSON and YAML are read by
PyYAML's composer, which builds no objects; TOML by a scanner that must agree with tomllib; INI and
.env line by line, the former after configparser has said that the file is well-formed.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from dataclasses import field

from ..model import Span
from ..records import dataclass
from . import toml


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value; ``span`` takes quotes in."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """One key with its value."""

    key: Scalar
    value: Scalar | Mapping | Listing


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the text."""

    fields: tuple[Field, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Scalar | Mapping | Listing, ...]
    span: Span


Tree = Scalar | Mapping | Listing
KINDS = {
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".ini": "ini", ".cfg": "ini",
    ".config": "ini", ".conf": "ini", ".properties": "ini",
}  # fmt: skip


_COPIED = re.compile(
    r"(?:^|(?<=[._-]))(?:example|sample|template|dist|tmpl|default)[._-]|[._-](?:example|sample|template|dist|tmpl)$"
)


def is_copied_to(template: str, name: str) -> bool:
    """Do people copy a file of the one name to the other: ``config.sample.ini`` to ``config.ini``?"""
    bare = _COPIED.sub("", template).strip("._-")
    return template != name and _COPIED.search(template) is not None and bare == name.strip("._-")


def kind_of(path: str) -> str | None:
    """``json``, ``yaml``, ``toml``, ``ini``, ``env``, or None for no configuration file."""
    name = path.rpartition("/")[2]
    if name.startswith(".env") or name.endswith(".env"):
        return "env"
    for suffix in (".example", ".sample", ".template", ".dist"):
        name = name.removesuffix(suffix)
    if name in ("env", "dotenv"):
        return "env"
    dot = name.rfind(".")
    return KINDS.get(name[dot:].lower()) if dot >= 0 else None


def read(kind: str, text: str) -> Mapping | Listing | None:
    """The tree of a file; None where it is not well-formed or holds a single value."""
    try:
        if kind in ("json", "yaml"):
            from . import composed  # to load PyYAML takes longer than to read most files

            return composed.tree(text)
        if kind == "toml":
            return _toml(text)
        if kind == "ini":
            return _sections(text) if is_ini(text) else None
        return _environment(text)
    except (RecursionError, ValueError):
        return None


def is_ini(text: str) -> bool:
    """Say whether configparser reads a file."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the latter: a key without a value goes on in the next line
        return False
    return True


_SECTION = re.compile(r"^\s*\[+\s*(?P<name>[^\]]+?)\s*\]+")
_PAIR = re.compile(r"^(?P<lead>\s*)(?P<key>[^\s=:#;\[][^=:]*?)\s*[=:]\s*(?P<value>.*?)\s*$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for match in _LINE.finditer(text):
        yield at, match[0].rstrip("\r\n")
        at = match.end()


def _sections(text: str) -> Mapping:
    top: list[Field] = []
    sections: list[tuple[Scalar, list[Field], int]] = []
    end = inside = 0
    for start, line in _lines(text):
        end = start + len(line)
        if start < inside:
            continue
        header = _SECTION.match(line)
        if header is not None:
            span = Span(start + header.start("name"), start + header.end("name"))
            sections.append((Scalar(header["name"], span), [], start))
            continue
        pair = _PAIR.match(line)
        if pair is None or line.lstrip().startswith(("#", ";")):
            continue
        field = _pair(start, pair)
        (sections[-1][1] if sections else top).append(field)
        inside = field.value.span.end
    for name, fields, start in sections:
        whole = Span(start, fields[-1].value.span.end if fields else start)
        top.append(Field(name, Mapping(tuple(fields), whole)))
    return Mapping(tuple(top), Span(0, end))


def _pair(start: int, pair: re.Match[str]) -> Field:
    key = Span(start + pair.start("key"), start + pair.end("key"))
    value = Span(start + pair.start("value"), start + pair.end("value"))
    return Field(Scalar(pair["key"].lower(), key), Scalar(pair["value"], value))


# --- TOML ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Table:
    """A table that is being put together."""

    start: int
    fields: dict[str, tuple[Scalar, _Table | list[_Table] | Tree]] = field(default_factory=dict)

    def inner(self, key: str, span: Span, start: int) -> _Table:
        """The table below ``key``: the one that is there, the last of several, or a new one."""
        _, value = self.fields.setdefault(key, (Scalar(key, span), _Table(start)))
        if isinstance(value, list):
            return value[-1]
        if not isinstance(value, _Table):
            raise ValueError(key)
        return value

    def done(self) -> Mapping:
        """The whole, from the header to the last value."""
        fields = tuple(Field(key, _done(value)) for key, value in self.fields.values())
        end = max((each.value.span.end for each in fields), default=self.start)
        return Mapping(fields, Span(self.start, end))


def _done(value: _Table | list[_Table] | Tree) -> Tree:
    if isinstance(value, list):
        items = tuple(table.done() for table in value)
        return Listing(items, Span(items[0].span.start, items[-1].span.end))
    return value.done() if isinstance(value, _Table) else value


def _toml(text: str) -> Mapping | None:
    statements = toml.scanned(text)
    if statements is None:
        return None
    whole = table = _Table(0)
    for each in statements:
        if isinstance(each, toml.Pair):
            _assign(table, text, each)
            continue
        table = whole
        for key, span in each.keys[:-1]:
            table = table.inner(key, span, each.start)
        last, span = each.keys[-1]
        if each.several:
            tables = table.fields.setdefault(last, (Scalar(last, span), []))[1]
            assert isinstance(tables, list)
            tables.append(_Table(each.start))
        table = table.inner(last, span, each.start)
    return Mapping(whole.done().fields, Span(0, len(text)))


def _assign(table: _Table, text: str, pair: toml.Pair) -> None:
    for key, span in pair.keys[:-1]:
        table = table.inner(key, span, span.start)
    last, span = pair.keys[-1]
    table.fields[last] = (Scalar(last, span), _written(text, pair.value))


def _written(text: str, raw: toml.Raw) -> Tree:
    if raw.pairs is not None:
        inside = _Table(raw.span.start)
        for pair in raw.pairs:
            _assign(inside, text, pair)
        return Mapping(inside.done().fields, raw.span)
    if raw.items is not None:
        return Listing(tuple(_written(text, item) for item in raw.items), raw.span)
    value = toml.plain(text, raw)
    shown = value if isinstance(value, str) else text[raw.span.start : raw.span.end]
    return Scalar(shown, raw.span)


# --- the environment ----------------------------------------------------------------------------------


_VARIABLE = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.]*)[ \t]*=[ \t]*"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^#\r\n]*?)[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)",
    re.DOTALL,
)


def _environment(text: str) -> Mapping:
    """Variables; a value in quotes may go on over several lines."""
    fields = []
    inside = 0
    for start, _ in _lines(text):
        match = _VARIABLE.match(text, start) if start >= inside else None
        if match is None:
            continue
        inside = match.end()
        key, value = Span(*match.span("key")), Span(*match.span("value"))
        fields.append(Field(Scalar(match["key"], key), Scalar(match["value"].strip("\"'"), value)))
    return Mapping(tuple(fields), Span(0, len(text)))
