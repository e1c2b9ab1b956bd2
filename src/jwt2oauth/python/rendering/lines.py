"""The lines of a module, and pieces of text put into them."""

from __future__ import annotations

from collections.abc import Iterable

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.changes import Changes, Piece


class Lines:
    """A module's text, by lines."""

    def __init__(self, changes: Changes, module: Module) -> None:
        self.changes = changes
        self.module = module
        self.text = module.text
        self.newline = module.source.newline
        self.comments = {c.span.start: c for c in module.source.comments}
        self.stirred = changes.stirred(module)

    def line_start(self, at: int) -> int:
        """Where the line that holds ``at`` begins."""
        return self.module.line_start(at)

    def line_end(self, at: int) -> int:
        """Just behind the line break of the line that holds ``at``."""
        for index in range(at, len(self.text)):
            if self.text[index] == "\n":
                return index + 1
            if self.text[index] == "\r" and self.text[index + 1 : index + 2] != "\n":
                return index + 1
        return len(self.text)

    def indent_at(self, at: int) -> str:
        """The white space at the beginning of the line that holds ``at``."""
        start = self.line_start(at)
        line = self.text[start:at]
        return line[: len(line) - len(line.lstrip())]

    def line_of(self, start: int) -> str:
        """The line that begins at ``start``, with its end."""
        return self.text[start : self.line_end(start)]

    def apply(self, start: int, end: int, pieces: list[Piece]) -> str:
        """The text between two places, with pieces put into it."""
        text, at = [], start
        for span, new in merged(sorted(pieces, key=lambda p: (p[0].start, p[0].end))):
            text += [self.text[at : max(at, span.start)], new]
            at = max(at, span.end)
        return "".join(text) + self.text[at:end]


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring deletions may overlap in the blank lines between them: join those."""
    found: list[Piece] = []
    for span, new in pieces:
        if found and span.start < found[-1][0].end:
            last, before = found[-1]
            if not new and not before:
                found[-1] = (Span(last.start, max(last.end, span.end)), "")
                continue
            if not before and span.start == span.end:
                found[-1] = (last, new)
                continue
            if not before:
                found[-1] = (Span(last.start, span.start), "")
            elif not new:
                span = Span(last.end, max(last.end, span.end))
        found.append((span, new))
    return [(s_, n) for s_, n in found if s_.start != s_.end or n]


def code_in(rest: str) -> bool:
    """Is there more on the rest of a line than a comment?"""
    stripped = rest.strip()
    return bool(stripped) and not stripped.startswith("#")


def outer(node: s.Node) -> Span:
    """A node with its parentheses."""
    return node.outer if isinstance(node, s.Expr) else node.span
