"""Values of a file that take other values in: ``%(host)s``, ``${host}``, ``${ims:host}``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from ..model import Span
from .documents import Scalar

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
