"""Templates for ``%``, ``str.format`` and ``string.Template``: literals, and the fields between them."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

_PERCENT = re.compile(r"%(?:\((\w++)\))?[#0\- +]*+(?:\d++|\*)?(?:\.(?:\d++|\*))?[hlL]?([diouxXeEfFgGcrsa%])")
_DOLLAR = re.compile(r"\$(?:(\$)|(\w++)|\{(\w++)\})")


def percents(template: str) -> Iterator[tuple[str, str | None]]:
    """Pairs of literal and field name (``""`` for the next positional one, None for no field)."""
    at = 0
    for match in _PERCENT.finditer(template):
        literal = template[at : match.start()]
        at = match.end()
        if match[2] == "%":
            yield literal + "%", None
        else:
            yield literal, match[1] or ""
    yield template[at:], None


def braces(template: str) -> Iterator[tuple[str, str | None]]:
    """The same for ``str.format``; a malformed template is one literal."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        yield template, None
        return
    for literal, field, _, _ in parts:
        yield literal, field


def dollars(template: str) -> Iterator[tuple[str, str | None]]:
    """The same for ``string.Template``."""
    at = 0
    for match in _DOLLAR.finditer(template):
        literal = template[at : match.start()]
        at = match.end()
        if match[1]:
            yield literal + "$", None
        else:
            yield literal, match[2] or match[3]
    yield template[at:], None
