"""Files of settings that tests write out in a text: the scopes get a line of their own in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ...model import Span
from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.changes import Changes

_OPENING = re.compile(r"[A-Za-z]{0,2}(?:\"\"\"|''')")
_KEY = re.compile(r"([ \t]*)([\"']?)([\w.-]{1,80})\2([ \t]*[:=][ \t]*)")


@dataclass(frozen=True, slots=True)
class _Line:
    """``"client_id": "cid",`` of JSON, or the like of INI, TOML and YAML."""

    start: int
    end: int
    indent: str
    quote: str
    key: str
    between: str
    value: str

    def like(self, key: str, value: str) -> tuple[int, str]:
        """The same for another key: where that line goes, and its text."""
        mark = self.value[:1] if self.value[:1] in ("'", '"') else ""
        text = f"{self.indent}{self.quote}{key}{self.quote}{self.between}{mark}{value}{mark}"
        if self.quote and not self.value.endswith(","):
            return self.start, f"{text},\n"  # the last one of an object
        return self.end, f"\n{text}{',' if self.value.endswith(',') else ''}"


def fill_texts(
    module: Module, changes: Changes, beside: str, entry: str, value: str, asked: Collection[str], enough: int
) -> None:
    """Put ``entry`` below ``beside`` where a text has ``enough`` of the keys that are ``asked``."""
    for node in module.each(s.Str, s.FString):
        if "\n" not in module.snippet(node) or changes.is_dead(module, node) or _is_part(module, node):
            continue
        lines = {line.key: line for line in _lines(module, node)}
        if beside in lines and entry not in lines and len(lines.keys() & asked) >= enough:
            at, text = lines[beside].like(entry, value)
            changes.patch(module, node, Span(at, at), text.replace("\n", module.source.newline))


def _is_part(module: Module, node: s.Node) -> bool:
    return isinstance(module.parents[node], s.FString)


def _lines(module: Module, node: s.Node) -> Iterator[_Line]:
    opening = _OPENING.match(module.snippet(node))
    skipped = opening.end() if opening is not None else 0
    at = node.span.start + skipped
    for line in module.snippet(node)[skipped:].splitlines(keepends=True):
        text = line.rstrip()
        match = _KEY.match(text)
        if match is not None:
            indent, quote, key, between = match.groups()
            yield _Line(at, at + len(text), indent, quote, key, between, text[match.end() :])
        at += len(line)
