"""What stands between commas: arguments, items, parameters, names that are imported."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from ...model import Span
from ..facts import syntax as s
from ..writing.changes import Piece
from .lines import Lines, code_in, outer

_STAR = re.compile(r"\*\s*,\s*\Z")
_SLASH = re.compile(r"\s*,\s*/")


class Lists(Lines):
    """Takes members out of lists, with their commas."""

    def lists(self, node: s.Node) -> Iterator[Piece]:
        members: Sequence[s.Node] = ()
        if isinstance(node, s.Call):
            members = node.args
        elif isinstance(node, s.Dict | s.Sequence):
            members = node.items
        elif isinstance(node, s.FuncDef | s.Lambda):
            members = node.params
        elif isinstance(node, s.Import | s.ImportFrom):
            members = node.aliases
        elif isinstance(node, s.ClassDef):
            members = node.bases
        elif isinstance(node, s.With):
            members = node.items
        elif isinstance(node, s.Delete):
            members = node.targets
        if isinstance(node, s.FuncDef | s.ClassDef):
            for decorator in node.decorators:
                if decorator in self.changes.removed:
                    start = self.line_start(decorator.outer.start)
                    yield Span(start, self.line_end(decorator.outer.end)), ""
        gone = [m in self.changes.removed for m in members]
        if not any(gone):
            return
        if isinstance(node, s.Lambda) and all(gone):
            yield Span(node.span.start + len("lambda"), self.comma_after(outer(members[-1]).end)), ""
            return
        if isinstance(node, s.Call) and all(gone) and self.opened(node):
            yield Span(node.func.outer.end, node.span.end), "()"
            return
        pieces = list(self.gone_from_list(node, members, gone))
        yield from pieces
        if isinstance(node, s.Sequence) and node.kind == "tuple" and gone.count(False) == 1:
            yield from self.still_tuple(node, members[gone.index(False)], pieces)

    def opened(self, node: s.Call) -> bool:
        """Are the arguments on lines of their own, with nothing between the parentheses besides them?"""
        first, last = outer(node.args[0]), outer(node.args[-1])
        before, after = self.text[node.func.outer.end : first.start], self.text[last.end : node.span.end]
        rest = re.sub(r"[\s,]", "", before + after)
        return "\n" in before + after and rest == "()"

    def gone_from_list(
        self, node: s.Node, members: Sequence[s.Node], gone: Sequence[bool]
    ) -> Iterator[Piece]:
        for index, last in _runs(gone):
            before = members[index - 1] if index else None
            after = members[last + 1] if last + 1 < len(members) else None
            start, end = outer(members[index]).start, outer(members[last]).end
            if isinstance(node, s.FuncDef | s.Lambda):
                start, end = self.with_markers(node, index, last, (start, end))
            yield self.from_list(start, end, before, after)

    def still_tuple(self, node: s.Sequence, left: s.Node, pieces: list[Piece]) -> Iterator[Piece]:
        """``("one",)`` where all others went: without its comma it would be none."""
        parent = self.module.parents[node]
        if isinstance(parent, s.Assign):
            taken_apart = node is not parent.value or any(isinstance(t, s.Sequence) for t in parent.targets)
        else:
            is_target = isinstance(parent, s.For | s.Clause) and node is parent.target
            taken_apart = is_target or isinstance(parent, s.Return | s.Yield | s.Subscript | s.WithItem)
        at = outer(left).end
        behind = [piece for piece in pieces if piece[0].start >= at]
        if not taken_apart and self.apply(at, node.outer.end, behind).lstrip()[:1] != ",":
            yield Span(at, at), ","

    def with_markers(
        self, node: s.FuncDef | s.Lambda, first: int, last: int, at: tuple[int, int]
    ) -> tuple[int, int]:
        """``*`` and ``/`` go with the last parameter that they are there for."""
        start, end = at
        following = node.params[last + 1 : last + 2]
        leads = not first or node.params[first - 1].kind == ""
        if node.params[first].kind == "kw" and leads and not any(p.kind == "kw" for p in following):
            marker = _STAR.search(
                self.text, node.params[first - 1].span.end if first else node.span.start, start
            )
            start = marker.start() if marker else start
        marker = _SLASH.match(self.text, end) if first == 0 else None
        return start, marker.end() if marker else end

    def from_list(self, start: int, end: int, before: s.Node | None, after: s.Node | None) -> Piece:
        comma = self.comma_after(end)
        line, stop = self.line_start(start), self.line_end(comma)
        alone = not self.text[line:start].strip() and not code_in(self.text[comma:stop])
        if alone and (
            comma > end or before is None or self.text[:line].rstrip().endswith((",", "(", "[", "{"))
        ):
            comment_start = line
            while comment_start > 0:
                above = self.line_start(comment_start - 1)
                if not self.text[above:comment_start].strip().startswith("#"):
                    break
                comment_start = above
            return Span(comment_start, stop), ""
        if after is not None:
            following = outer(after).start
            star = _STAR.search(self.text, end, following)
            return Span(start, star.start() if star else following), ""
        if before is not None:
            return Span(outer(before).end, end), ""
        return Span(start, comma), ""

    def comma_after(self, at: int) -> int:
        match = re.compile(r"(?:\s|#[^\n]*\n|\\\r?\n)*,").match(self.text, at)
        return match.end() if match else at


def _runs(gone: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The first and the last of each row of neighbours that go."""
    for goes, run in itertools.groupby(range(len(gone)), gone.__getitem__):
        numbers = [*run]
        if goes:
            yield numbers[0], numbers[-1]
