"""JSON: trees with the spans of their values. What is no JSON, but YAML reads it, is left to YAML.

YAML's reader, in Python, takes a hundred times as long for each value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ..model import Span
from .documents import DEPTH, NODES, Field, Listing, Mapping, Scalar, Tree

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*"|[\[\]{}]|[^\s,:\[\]{}"]++')


def tree(text: str) -> Mapping | Listing | None:
    """Give the tree of a file, None where it holds a single value; raise ``ValueError`` for what is none."""
    try:
        json.loads(text)
    except ValueError:
        from . import composed  # trailing commas, comments

        return composed.tree(text)
    tokens = _TOKEN.finditer(text)
    whole = _value(next(tokens), _counted(tokens), 0)
    return whole if isinstance(whole, Mapping | Listing) else None


def _counted(tokens: Iterator[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Each of them, as many as anybody will ask for."""
    for number, token in enumerate(tokens):
        if number > 2 * NODES:
            raise ValueError("too many values")
        yield token


def _value(token: re.Match[str], tokens: Iterator[re.Match[str]], depth: int) -> Tree | None:
    """Give the value that begins with ``token``; None where nobody looks so deep."""
    raw = token[0]
    if raw == "{":
        made: Tree = _mapping(token.start(), tokens, depth)
    elif raw == "[":
        made = _listing(token.start(), tokens, depth)
    else:
        made = _scalar(token)
    return made if depth <= DEPTH else None


def _scalar(token: re.Match[str]) -> Scalar:
    raw = token[0]
    return Scalar(str(json.loads(raw)) if raw.startswith('"') else raw, Span(*token.span()))


def _mapping(start: int, tokens: Iterator[re.Match[str]], depth: int) -> Mapping:
    fields: dict[str, Field] = {}
    for token in tokens:
        if token[0] == "}":
            return Mapping(tuple(fields.values()), Span(start, token.end()))
        key, value = _scalar(token), _value(next(tokens), tokens, depth + 1)
        if value is not None and depth < DEPTH:
            fields[key.text] = Field(key, value)
    raise ValueError("not closed")


def _listing(start: int, tokens: Iterator[re.Match[str]], depth: int) -> Listing:
    items: list[Tree] = []
    for token in tokens:
        if token[0] == "]":
            return Listing(tuple(items), Span(start, token.end()))
        value = _value(token, tokens, depth + 1)
        if value is not None:
            items.append(value)
    raise ValueError("not closed")
