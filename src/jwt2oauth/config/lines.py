"""INI and .env, line by line: trees with the spans of their values.

And values of a file that take other values in: ``%(host)s``, ``${host}``, ``${ims:host}``.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from ..model import Span
from .documents import Field, Mapping, Scalar


def is_ini(text: str) -> bool:
    """Say whether configparser reads a file."""
    if _BLANKS.search(text):
        return False
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the latter: a key without a value goes on in the next line
        return False
    return True


_COMMON = "DEFAULT"
"""Every section has what this one has, where it does not say otherwise."""
_BLANKS = re.compile(r"[^\S\n]{1000}")
"""Who looks for what ends before blanks, as configparser and we do, takes the square of their number."""
_SECTION = re.compile(r"\s*+\[++(?P<name>[^\]]++)\]")
_PAIR = re.compile(r"\s*+(?P<key>[^\s=:#;\[][^=:]*+)[=:](?P<value>.*)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")


def _lines(text: str, at: int = 0) -> Iterator[tuple[int, str]]:
    for match in _LINE.finditer(text, at):
        yield at, match[0].rstrip("\r\n")
        at = match.end()


def sections(text: str) -> Mapping:
    """Give the sections of an INI file, each with its pairs; raise ``ValueError`` for what is none."""
    if not is_ini(text):
        raise ValueError("not well-formed")
    top: list[Field] = []
    sections: list[tuple[Scalar, list[Field], int]] = []
    end = inside = 0
    for start, line in _lines(text):
        end = start + len(line)
        if start < inside:
            continue
        header = _SECTION.match(line)
        if header is not None and not header["name"].isspace():
            sections.append((_trimmed(start, header, "name"), [], start))
            continue
        if line.lstrip().lstrip("[").lstrip().startswith("]"):
            raise ValueError("a section of which only configparser knows the name")  # ``[[]``, ``[ ]``
        pair = _PAIR.match(line)
        if pair is None or line.lstrip().startswith(("#", ";")):
            continue
        field = _continued(text, _indent(line), _pair(start, pair)) if sections else _pair(start, pair)
        (sections[-1][1] if sections else top).append(field)
        inside = field.value.span.end
    common = [field for name, fields, _ in sections if name.text == _COMMON for field in fields]
    for name, fields, start in sections:
        whole = Span(start, fields[-1].value.span.end if fields else start)
        poured = {field.key.text: field for field in [*common, *fields]}
        top.append(Field(name, Mapping(tuple(poured.values()), whole)))
    return Mapping(tuple(_put_together(top)), Span(0, end))


def _put_together(top: list[Field]) -> Iterator[Field]:
    """The same, with the pieces of values that take others in."""
    said = {
        (section.key.text, field.key.text): field.value
        for section in top
        if isinstance(section.value, Mapping)
        for field in section.value.fields
    }
    for section in top:
        if not isinstance(section.value, Mapping):
            yield section
            continue

        def look(other: str, name: str, home: str = section.key.text) -> Scalar | None:
            value = said.get((other or home, name.lower()))
            return value if isinstance(value, Scalar) else None

        fields = tuple(
            replace(field, value=replace(field.value, pieces=taken_in(field.value, look)))
            if isinstance(field.value, Scalar)
            else field
            for field in section.value.fields
        )
        yield replace(section, value=replace(section.value, fields=fields))


def _pair(start: int, pair: re.Match[str]) -> Field:
    key = _trimmed(start, pair, "key")
    return Field(replace(key, text=key.text.lower()), _trimmed(start, pair, "value"))


def _continued(text: str, indent: int, field: Field) -> Field:
    """The same with the lines below that stand further to the right: they go on with its value."""
    value = field.value
    assert isinstance(value, Scalar)
    begin, end, said = value.span.start, value.span.end, [value.text]
    behind = _LINE.match(text, end)
    for at, line in _lines(text, behind.end() if behind is not None else len(text)):
        shown = line.strip()
        if shown and _indent(line) <= indent and not shown.startswith(("#", ";")):
            break
        if shown and not shown.startswith(("#", ";")):
            begin = begin if any(said) else at + len(line) - len(line.lstrip())
            said.append(shown)
            end = at + len(line.rstrip())
    if len(said) == 1:
        return field
    return replace(field, value=replace(value, text="\n".join(said).lstrip("\n"), span=Span(begin, end)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _trimmed(start: int, match: re.Match[str], group: str) -> Scalar:
    """Give what a group holds without the blanks around it; if it holds nothing else, where they end."""
    text = match[group].lstrip()
    at = start + match.end(group) - len(text)
    text = text.rstrip()
    return Scalar(text, Span(at, at + len(text)))


_VARIABLE = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<key>[A-Za-z_][\w.]*)[ \t]*=[ \t]*"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:[^#\r\n \t]++|[ \t]++(?=[^#\r\n \t]))*)"
    r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)",
    re.DOTALL,
)


def variables(text: str) -> Mapping:
    """Give the variables of an .env file; a value in quotes may go on over several lines."""
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


Look = Callable[[str, str], Scalar | None]
"""Gives the value of a name; with a section, where that is said."""
_TAKES = re.compile(r"%\((?P<old>[\w.-]++)\)s|\$\{(?:(?P<section>[\w.-]++):)?(?P<name>[\w.-]++)\}")
_DEEP = 5
"""Values in values in values."""
_MANY = 64
"""Pieces beyond which nobody looks: five lines that each take in the next a hundred times are ten billion."""


def taken_in(value: Scalar, look: Look) -> tuple[Scalar, ...]:
    """The pieces of a value, each where it is written; none where it takes nothing in that is known.

    None of one that has very many, either: it is no address.
    """
    pieces = tuple(islice(_pieces(value, look, _DEEP), _MANY + 1))
    return pieces if len(pieces) <= _MANY and pieces != (value,) else ()


def _pieces(value: Scalar, look: Look, deep: int) -> Iterator[Scalar]:
    if len(value.text) != value.span.end - value.span.start:
        yield value  # in quotes, or over several lines: where a piece stands is not known
        return
    at = 0
    for match in _TAKES.finditer(value.text) if deep else ():
        other = look(match["section"] or "", match["old"] or match["name"])
        if other is None or other == value:
            continue
        yield from _plain(value, at, match.start())
        yield from _pieces(other, look, deep - 1)
        at = match.end()
    yield from _plain(value, at, len(value.text)) if at else (value,)


def _plain(value: Scalar, start: int, end: int) -> Iterator[Scalar]:
    if start < end:
        first = value.span.start
        yield Scalar(value.text[start:end], Span(first + start, first + end))
