"""Configuration files as trees of mappings and scalars, each with its span in the text.

Nothing is ever re-dumped: a value is changed where it stands, by an edit. JSON and YAML are read by
PyYAML's composer, which builds no objects; TOML, INI and .env line by line, after a library has
said that the file is well-formed where there is one.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from ..model import Span


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


def read(kind: str, text: str) -> Mapping | None:
    """The tree of a file; None where it is not well-formed or its top is no mapping."""
    try:
        if kind in ("json", "yaml"):
            return _composed(text)
        if kind == "toml":
            tomllib.loads(text)
            return _sections(text, toml=True)
        if kind == "ini":
            return _sections(text, toml=False) if is_ini(text) else None
        return _environment(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def is_ini(text: str) -> bool:
    """Say whether configparser reads a file."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the latter: a key without a value goes on in the next line
        return False
    return True


def _composed(text: str) -> Mapping | None:
    # JSON may be indented with tabs, which YAML refuses; a string cannot hold a raw one.
    node = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)
    tree = _node(node, 0) if node is not None else None
    return tree if isinstance(tree, Mapping) else None


def _node(node: yaml.Node, depth: int) -> Tree | None:
    if depth > 40:
        return None
    span = Span(node.start_mark.index, node.end_mark.index)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(str(node.value), span)
    if isinstance(node, yaml.SequenceNode):
        items = [_node(item, depth + 1) for item in node.value]
        return Listing(tuple(i for i in items if i is not None), span)
    if isinstance(node, yaml.MappingNode):
        fields = []
        for key, value in node.value:
            shown, content = _node(key, depth + 1), _node(value, depth + 1)
            if isinstance(shown, Scalar) and content is not None:
                fields.append(Field(shown, content))
        return Mapping(tuple(fields), span)
    return None


_SECTION = re.compile(r"^\s*\[+\s*(?P<name>[^\]]+?)\s*\]+")
_PAIR = re.compile(r"^(?P<lead>\s*)(?P<key>[^\s=:#;\[][^=:]*?)\s*[=:]\s*(?P<value>.*?)\s*$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for match in _LINE.finditer(text):
        yield at, match[0].rstrip("\r\n")
        at = match.end()


def _sections(text: str, *, toml: bool) -> Mapping:
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
        field = _pair(text, start, pair, toml=toml)
        (sections[-1][1] if sections else top).append(field)
        inside = field.value.span.end
    if toml:
        return Mapping(
            (*top, *_tables([_Table(n.text.split("."), n, f, s) for n, f, s in sections])), Span(0, end)
        )
    for name, fields, start in sections:
        top.append(Field(name, _section(fields, start)))
    return Mapping(tuple(top), Span(0, end))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of TOML by its path, ``[adobe.claims]``."""

    path: list[str]
    name: Scalar
    fields: list[Field]
    start: int


def _section(fields: Sequence[Field], start: int) -> Mapping:
    return Mapping(tuple(fields), Span(start, fields[-1].value.span.end if fields else start))


def _tables(tables: list[_Table]) -> Iterator[Field]:
    """Tables with those below them inside, by the first part of their paths."""
    for first in dict.fromkeys(table.path[0] for table in tables):
        mine = [t for t in tables if t.path[0] == first]
        own = [field for t in mine if len(t.path) == 1 for field in t.fields]
        below = [_Table(t.path[1:], t.name, t.fields, t.start) for t in mine if len(t.path) > 1]
        yield Field(Scalar(first, mine[0].name.span), _section([*own, *_tables(below)], mine[0].start))


def _pair(text: str, start: int, pair: re.Match[str], *, toml: bool) -> Field:
    key = pair["key"].strip("\"'") if toml else pair["key"].lower()
    name = Scalar(key, Span(start + pair.start("key"), start + pair.end("key")))
    value = pair["value"]
    if toml and value[:1] == "[":
        return Field(name, _array(text, start + pair.start("value")))
    if toml and value[:1] == "{":
        return Field(name, _inline_table(text, start + pair.start("value")))
    if toml and value[:1] in ("'", '"'):
        closing = value.find(value[0], 1)
        value = value[: closing + 1] if closing > 0 else value
    at = start + pair.start("value")
    shown = value[1:-1] if toml and value[:1] in ("'", '"') else value
    return Field(name, Scalar(shown, Span(at, at + len(value))))


_INLINE = re.compile(
    r"\s*[{,]\s*(?P<key>[\w.-]+|\"[^\"\n]*\"|'[^'\n]*')\s*=\s*(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^,}\s]+)"
)


def _inline_table(text: str, start: int) -> Mapping:
    """``{ key = "…", secret = "…" }`` on one line, of plain values."""
    fields: list[Field] = []
    at = start
    while (match := _INLINE.match(text, at)) is not None:
        key, value = Span(*match.span("key")), Span(*match.span("value"))
        fields.append(
            Field(Scalar(match["key"].strip("\"'"), key), Scalar(match["value"].strip("\"'"), value))
        )
        at = match.end()
    end = text.find("}", at)
    return Mapping(tuple(fields), Span(start, end + 1 if end >= 0 else at))


_ELEMENT = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|#[^\n]*|\]")


def _array(text: str, start: int) -> Listing:
    """The strings of an array, which may go on over several lines."""
    items: list[Scalar] = []
    for match in _ELEMENT.finditer(text, start):
        if match[0] == "]":
            return Listing(tuple(items), Span(start, match.end()))
        if not match[0].startswith("#"):
            items.append(Scalar(match[0][1:-1], Span(*match.span())))
    return Listing(tuple(items), Span(start, start + 1))


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
