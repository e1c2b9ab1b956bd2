"""Where in a TOML file its values stand. ``tomllib`` says what they are; this says where, or nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model import Span

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


def places(text: str) -> Mapping[Path, Value] | None:
    """Give the place of every value by its path; None if that cannot be said for certain.

    Tables in arrays (``[[…]]``) are left out. What is given agrees with ``tomllib``.
    """
    try:
        known = tomllib.loads(text)
        found = dict(_scanned(text))
        return found if all(_agrees(known, path, value, text) for path, value in found.items()) else None
    except (tomllib.TOMLDecodeError, _LostError, RecursionError):
        return None


class _LostError(ValueError):
    """The scanner met something that it does not know."""


def _scanned(text: str) -> Iterator[tuple[Path, Value]]:
    at = 0
    table: Path | None = ()
    while True:
        skipped = _SKIP.match(text, at)
        at = skipped.end() if skipped else at
        if at >= len(text):
            return
        header = _HEADER.match(text, at)
        if header is not None:
            table = None if header["array"] else _keys(header["keys"])
            at = header.end() + (1 if header["array"] else 0)
            continue
        pair = _PAIR.match(text, at)
        if pair is None:
            raise _LostError
        end, items = _value(text, pair.end())
        if table is not None:
            yield (
                (*table, *_keys(pair["keys"])),
                Value(Span(pair.end(), end), Span(pair.start("keys"), end), items),
            )
        at = end


def _keys(text: str) -> Path:
    return tuple(
        tomllib.loads(f"x = {key}")["x"] if key[0] in "\"'" else key for key in re.findall(_KEY, text)
    )


def _value(text: str, at: int) -> tuple[int, tuple[Span, ...]]:
    """Give the end of the value that begins at ``at``, and the elements if it is an array."""
    if text.startswith("[", at):
        return _array(text, at)
    if text.startswith("{", at):
        return _inline_table(text, at), ()
    match = _STRING.match(text, at) or _BARE.match(text, at)
    if match is None:
        raise _LostError
    return match.end(), ()


def _array(text: str, at: int) -> tuple[int, tuple[Span, ...]]:
    items: list[Span] = []
    at = _past(text, at + 1)
    while not text.startswith("]", at):
        end, _ = _value(text, at)
        items.append(Span(at, end))
        at = _past(text, end)
        if text.startswith(",", at):
            at = _past(text, at + 1)
        elif not text.startswith("]", at):
            raise _LostError
    return at + 1, tuple(items)


def _inline_table(text: str, at: int) -> int:
    at = _past(text, at + 1)
    while not text.startswith("}", at):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise _LostError
        end, _ = _value(text, pair.end())
        at = _past(text, end)
        if text.startswith(",", at):
            at = _past(text, at + 1)
    return at + 1


def _past(text: str, at: int) -> int:
    skipped = _SKIP.match(text, at)
    return skipped.end() if skipped else at


def _agrees(known: Any, path: Path, value: Value, text: str) -> bool:
    for key in path:
        if not isinstance(known, Mapping) or key not in known:
            return False
        known = known[key]
    if value.items:
        written = [tomllib.loads(f"x = {text[item.start : item.end]}")["x"] for item in value.items]
        return bool(written == known)
    return bool(tomllib.loads(f"x = {text[value.span.start : value.span.end]}")["x"] == known)
