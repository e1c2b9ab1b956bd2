"""Where in a TOML file its values stand. ``tomllib`` says what they are; this says where, or nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model import Span
from ..records import dataclass
from ..strict import toml

Path = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_HEADER = re.compile(rf"[ \t]*\[(?P<array>\[)?[ \t]*(?P<keys>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*\]")
_PAIR = re.compile(rf"[ \t]*(?P<keys>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*=[ \t]*")
_SKIP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(r'"{3}(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_BARE = re.compile(r"[^\s,\[\]{}#=]+(?: \d\d:\d\d\S*)?")


@dataclass(frozen=True, slots=True)
class Value:
    """A value where it stands; ``items`` are the elements of an array."""

    span: Span
    line: Span
    """Its key and itself."""
    items: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """What is written behind an equals sign: an array, an inline table or, if it is none, a plain value."""

    span: Span
    items: tuple[Raw, ...] | None = None
    pairs: tuple[Pair, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """An assignment; a dotted key has several parts."""

    keys: tuple[tuple[str, Span], ...]
    value: Raw

    @property
    def path(self) -> Path:
        """The parts of its key."""
        return tuple(key for key, _ in self.keys)


@dataclass(frozen=True, slots=True)
class Header:
    """``[table]``, or ``[[table]]`` where it is one of several; ``start`` is the beginning of its line."""

    keys: tuple[tuple[str, Span], ...]
    several: bool
    start: int


def places(text: str) -> Mapping[Path, Value] | None:
    """Give the place of every value by its path; None if that cannot be said for certain.

    Tables in arrays (``[[…]]``) are left out, and what stands in an inline table.
    """
    statements = scanned(text)
    if statements is None:
        return None
    found: dict[Path, Value] = {}
    table: Path | None = ()
    for each in statements:
        if isinstance(each, Header):
            table = None if each.several else tuple(key for key, _ in each.keys)
        elif table is not None:
            items = tuple(item.span for item in each.value.items or ())
            line = Span(each.keys[0][1].start, each.value.span.end)
            found[(*table, *each.path)] = Value(each.value.span, line, items)
    return found


def scanned(text: str) -> tuple[Header | Pair, ...] | None:
    """Give headers and assignments in their order; None if ``tomllib`` reads anything else in a text."""
    try:
        known = toml(text)
        statements = tuple(_scanned(text))
        return statements if built(text, statements) == known else None
    except (ValueError, RecursionError, LookupError, TypeError):
        return None


def plain(text: str, raw: Raw) -> Any:
    """Give what a value means."""
    if raw.pairs is not None:
        return _with({}, text, raw.pairs)
    if raw.items is not None:
        return [plain(text, item) for item in raw.items]
    return tomllib.loads(f"x = {text[raw.span.start : raw.span.end]}")["x"]


def built(text: str, statements: Sequence[Header | Pair]) -> dict[str, Any]:
    """Put statements together to what they mean."""
    whole: dict[str, Any] = {}
    table = whole
    for each in statements:
        if isinstance(each, Pair):
            _with(table, text, (each,))
            continue
        table = whole
        for key, _ in each.keys[:-1]:
            inner = table.setdefault(key, {})
            table = inner[-1] if isinstance(inner, list) else inner
        last = each.keys[-1][0]
        if each.several:
            table.setdefault(last, []).append({})
            table = table[last][-1]
        else:
            table = table.setdefault(last, {})
    return whole


def _with(table: dict[str, Any], text: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    for pair in pairs:
        inner = table
        for key in pair.path[:-1]:
            inner = inner.setdefault(key, {})
        inner[pair.path[-1]] = plain(text, pair.value)
    return table


class _LostError(ValueError):
    """The scanner met something that it does not know."""


def _scanned(text: str) -> Iterator[Header | Pair]:
    at = 0
    while True:
        at = _past(text, at)
        if at >= len(text):
            return
        header = _HEADER.match(text, at)
        if header is not None:
            start = text.rfind("\n", 0, header.start("keys")) + 1
            several = header["array"] is not None
            yield Header(_keys(text, header), several, start)
            at = header.end() + several
            continue
        pair, at = _pair(text, at)
        yield pair


def _keys(text: str, match: re.Match[str]) -> tuple[tuple[str, Span], ...]:
    return tuple(
        (tomllib.loads(f"x = {key[0]}")["x"] if key[0][0] in "\"'" else key[0], Span(*key.span()))
        for key in re.compile(_KEY).finditer(text, *match.span("keys"))
    )


def _pair(text: str, at: int) -> tuple[Pair, int]:
    match = _PAIR.match(text, at)
    if match is None:
        raise _LostError
    value = _value(text, match.end())
    return Pair(_keys(text, match), value), value.span.end


def _value(text: str, at: int) -> Raw:
    """Give the value that begins at ``at``."""
    if text.startswith("[", at):
        return _array(text, at)
    if text.startswith("{", at):
        return _inline_table(text, at)
    match = _STRING.match(text, at) or _BARE.match(text, at)
    if match is None:
        raise _LostError
    return Raw(Span(*match.span()))


def _array(text: str, start: int) -> Raw:
    items: list[Raw] = []
    at = _past(text, start + 1)
    while not text.startswith("]", at):
        items.append(_value(text, at))
        at = _past(text, items[-1].span.end)
        if text.startswith(",", at):
            at = _past(text, at + 1)
        elif not text.startswith("]", at):
            raise _LostError
    return Raw(Span(start, at + 1), items=tuple(items))


def _inline_table(text: str, start: int) -> Raw:
    pairs: list[Pair] = []
    at = _past(text, start + 1)
    while not text.startswith("}", at):
        pair, at = _pair(text, at)
        pairs.append(pair)
        at = _past(text, at)
        if text.startswith(",", at):
            at = _past(text, at + 1)
    return Raw(Span(start, at + 1), pairs=tuple(pairs))


def _past(text: str, at: int) -> int:
    skipped = _SKIP.match(text, at)
    return skipped.end() if skipped else at
