"""What a docstring says of one parameter, in the manner of Sphinx, Google or NumPy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Span
from . import syntax as s
from .index import Module

_FIELDS = r":(?:param|parameter|arg|argument|key|keyword|type)\b[^:\n]*\b{name}[ \t]*:"
_NAMED = r"{name}[ \t]*(?:\([^)\n]*\))?[ \t]*:"
_SECTION = re.compile(
    r"(?:args|arguments|parameters|keyword args|keyword arguments|params)[ \t]*:?", re.IGNORECASE
)


def entries(module: Module, function: s.FuncDef | s.ClassDef, name: str) -> Iterator[tuple[s.Str, Span]]:
    """Give the lines of a function's docstring, or its class's, that describe the parameter ``name``.

    An entry goes on for as long as its lines are indented deeper than its first.
    """
    doc = s.docstring(function)
    if doc is None or "\n" not in module.snippet(doc):
        return
    field = re.compile(_FIELDS.format(name=re.escape(name)))
    named = re.compile(_NAMED.format(name=re.escape(name)))
    lines = list(_lines(module, doc))
    in_section = False
    for index, (start, end, text) in enumerate(lines):
        shown = text.strip()
        in_section = _SECTION.fullmatch(shown) is not None or (in_section and bool(shown))
        if not field.match(shown) and not (in_section and named.match(shown)):
            continue
        deep = _indent(text)
        for _, further, more in lines[index + 1 :]:
            if not more.strip() or _indent(more) <= deep:
                break
            end = further
        yield doc, Span(start, end)


def _lines(module: Module, doc: s.Str) -> Iterator[tuple[int, int, str]]:
    """The whole lines inside of a docstring, where they begin and end, and their text."""
    here = module.text.find("\n", doc.span.start) + 1
    while here:
        end = module.text.find("\n", here, doc.span.end) + 1
        if not end:
            return
        yield here, end, module.text[here:end]
        here = end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
