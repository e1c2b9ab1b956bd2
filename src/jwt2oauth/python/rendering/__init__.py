"""Changes as edits of the text that leave no scars: lines, commas, comments and blank lines.

It knows nothing of flows: it imports the facts, and the changes of ``writing``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from ...model import Edit, Span
from ...paths import is_program
from ..facts import syntax as s
from ..facts.syntax import head
from ..writing.changes import Changes, Piece, Template
from .comments import Comments, has_own_meaning, is_about_the_flow, silences
from .lines import merged, outer
from .lists import Lists

_LABEL = re.compile(r"\s*=\s*")
_ELSE = re.compile(r"^[ \t]*(?P<word>else)[ \t]*:", re.MULTILINE)
_TEXTS = (s.Str, s.FString)


def edits_of(changes: Changes) -> list[Edit]:
    """All changes as edits in positions of the present text."""
    found: list[Edit] = []
    for module in changes.touched:
        spans = _Renderer(changes, module).module_edits()
        if not is_program(module.path):  # an anchor of YAML stands in for several nodes
            spans = list(dict.fromkeys(spans))
        newline = module.source.newline
        for span, text in spans:
            plain = text.replace("\r\n", "\n")
            found.append(Edit(module.path, span, plain if newline == "\n" else plain.replace("\n", newline)))
    return found


class _Renderer(Comments, Lists):
    """Turns the changes of one module into spans and texts."""

    def module_edits(self) -> list[Piece]:
        body = self.module.source.body
        pieces = sorted(
            [*self.block(body, top=True), *self.changes.patched.get(body, ())],
            key=lambda p: (p[0].start, p[0].end),
        )
        return merged(pieces)

    def block(self, block: s.Block, *, top: bool = False) -> Iterator[Piece]:
        body = block.body
        gone = [stmt in self.changes.removed for stmt in body]
        if all(gone) and not top:
            yield from self.hollow(block)
            return
        for goes, run in itertools.groupby(range(len(body)), gone.__getitem__):
            numbers = [*run]
            if goes:
                yield from self.removal(block, numbers[0], numbers[-1], top=top)
            else:
                for number in numbers:
                    yield from self.statement(body[number])

    def hollow(self, block: s.Block) -> Iterator[Piece]:
        """Every statement of a block that must stay is gone."""
        first, last = block.body[0], block.body[-1]
        start = head(first)
        if not block.inline:
            start = next(iter(self.above(first)), start)
            start = max(self.line_start(start), start) if start != head(first) else start
        self.note_lost(start, last.span.end)
        yield Span(start, last.span.end), "pass"

    def removal(self, block: s.Block, first: int, last: int, *, top: bool) -> Iterator[Piece]:
        body = block.body
        begin, end = head(body[first]), body[last].span.end
        before = body[first - 1] if first else None
        after = body[last + 1] if last + 1 < len(body) else None
        line = self.line_start(begin)
        shares_before = before is not None and line <= before.span.end - 1
        shares_after = after is not None and head(after) < self.line_end(end)
        if block.inline or shares_before or shares_after:
            yield from self.inline_removal(begin, end, before if shares_before else None, after)
            return
        stop = self.idle_code(body[first : last + 1], self.below(body[last], self.line_end(end)))
        for index in range(first, last):
            # Comments between removed statements that must survive split the removal.
            gap_start, gap_end = self.line_end(body[index].span.end), self.line_start(head(body[index + 1]))
            heading = any(gap_start <= at < gap_end for at in self.comments) and self.heads_a_group(
                body, index + 1, last
            )
            kept = self.must_keep(gap_start, gap_end) or self.keeps_heading(
                gap_start, gap_end, body[index + 1]
            )
            if kept or heading:
                yield from self.removal(block, first, index, top=top)
                yield from self.removal(block, index + 1, last, top=top)
                return
        owned = self.above(body[first], self.heads_a_group(body, first, last))
        start = self.line_start(owned[0]) if owned else line
        start, stop = self.with_directives(start, stop)
        start = self.banner(start, stop)
        self.note_lost(start, stop)
        inner = 0
        for index in range(first, last):
            gap_text = self.text[body[index].span.end : self.line_start(head(body[index + 1]))]
            blank = sum(1 for line in gap_text.splitlines()[1:] if not line.strip())
            inner = max(inner, blank)
        documented = isinstance(before, s.ExprStmt) and isinstance(before.value, s.Str)
        if documented and not isinstance(after, s.FuncDef | s.ClassDef):
            inner = -1  # below a docstring: as close as it was
        elif self.is_headed(start):
            inner = -1
        elif not top:
            inner = min(inner, 1)
        yield from self.gap(start, stop, inner, is_first=before is None, is_last=after is None, top=top)

    def inline_removal(
        self, begin: int, end: int, before: s.Stmt | None, after: s.Stmt | None
    ) -> Iterator[Piece]:
        """``a; b`` on one line."""
        if after is not None and head(after) < self.line_end(end):
            yield Span(begin, head(after)), ""
        elif before is not None:
            yield Span(before.span.end, end), ""
        else:
            yield Span(begin, end), "pass"

    def gap(
        self, start: int, stop: int, inner: int, *, is_first: bool, is_last: bool, top: bool
    ) -> Iterator[Piece]:
        """Remove whole lines and give the blank lines around them their due."""
        above, below = start, stop
        blank_above = blank_below = 0
        while above > 0:
            line = self.line_start(above - 1)
            if self.text[line:above].strip():
                break
            above, blank_above = line, blank_above + 1
        while below < len(self.text):
            end = self.line_end(below)
            if self.text[below:end].strip():
                break
            below, blank_below = end, blank_below + 1
        if is_first and (not top or above == 0):
            # After a header the block begins at once; a file does not begin with blank lines.
            yield Span(start, below), ""
        elif is_last and not top:
            yield Span(above, stop), ""
        elif is_last and below >= len(self.text):
            keep = "" if above == 0 else None
            yield Span(above if keep is None or not keep else start, below), ""
        elif inner < 0:
            yield Span(start, below), ""
        elif inner > max(blank_above, blank_below):
            yield Span(above, below), self.newline * inner
        elif blank_above and blank_below and not top:
            fewer = blank_above <= blank_below
            yield Span(start if fewer else above, below if fewer else stop), ""
        elif blank_above >= blank_below:
            yield Span(start, below), ""
        else:
            yield Span(above, stop), ""

    def statement(self, node: s.Stmt) -> Iterator[Piece]:
        if node not in self.stirred:
            return
        for template in self.changes.inserted.get(node, ()):
            start = head(node)
            indent = self.indent_at(start)
            lines = self.fill(template).split("\n")
            text = self.newline.join(lines[:1] + [indent + line if line else line for line in lines[1:]])
            yield Span(start, start), text + self.newline + indent
        if node in self.changes.unwrapped:
            bodies = self.changes.unwrapped[node]
            full = [each for each in bodies if not self.changes.removed >= {*each.body}] or [*bodies[:1]]
            if isinstance(node, s.Try) and len(full) > 1 and full[-1] is node.final:
                yield from self.shifted(node, full)
            else:
                yield self.flattened(node, full)
            return
        yield from self.node(node)

    def shifted(self, node: s.Try, bodies: Sequence[s.Block]) -> Iterator[Piece]:
        """What stood below ``else`` is tried now, for what ``finally`` says must come after it."""
        start, end = self.line_end(head(node)), self.line_start(self.top_of(bodies[0]))
        self.note_lost(start, end)
        yield Span(start, end), ""
        for block in bodies:
            yield from self.block(block)

    def top_of(self, block: s.Block) -> int:
        """Where a block begins, with what is said above its first statement."""
        return next(iter(self.above(block.body[0])), head(block.body[0]))

    def flattened(self, node: s.Stmt, bodies: Sequence[s.Block]) -> Piece:
        """A compound statement of which only bodies remain."""
        outer = self.indent_at(node.span.start)
        texts = []
        for block in bodies:
            inner = self.indent_at(head(block.body[0])) if not block.inline else outer
            start = self.line_start(self.top_of(block)) if not block.inline else block.span.start
            pieces = list(self.block(block))
            stop = self.code_end(block.span.end) if block.span.end < node.span.end else block.span.end
            text = self.apply(start, stop, [*pieces, *self.beside_code(start, stop)])
            if not block.inline and len(inner) > len(outer):
                text = self.dedent(text, block, inner, outer, start)
            texts.append(text[len(outer) :] if text.startswith(outer) and not block.inline else text)
        joint = self.newline + outer
        end = node.span.end
        if all(block.span.end < end for block in bodies):
            end = self.code_end(end)  # what is said beside the last line goes with that line
            self.note_lost(node.span.end, end)
        return Span(node.span.start, end), joint.join(t for t in texts if t.strip())

    def beside_code(self, start: int, stop: int) -> Iterator[Piece]:
        """The changes between two places that belong to no statement: comments that go."""
        for span, text in self.changes.patched.get(self.module.source.body, ()):
            if start <= span.start and span.end <= stop:
                yield span, text

    def dedent(self, text: str, block: s.Block, inner: str, outer: str, start: int) -> str:
        lines = text.splitlines(keepends=True)
        frozen = self.frozen_lines(block, start) if not self.has_changes(block) else set()
        cut = len(inner) - len(outer)
        return "".join(
            line if index in frozen or not line.startswith(inner) else line[cut:]
            for index, line in enumerate(lines)
        )

    def frozen_lines(self, block: s.Block, start: int) -> set[int]:
        """Lines inside triple-quoted strings: their indentation is text."""
        found: set[int] = set()
        for node in s.walk(block):
            if isinstance(node, s.Str | s.FString) and len(node.quote) == 3:
                first = self.text.count("\n", start, node.span.start)
                last = self.text.count("\n", start, node.span.end)
                found.update(range(first + 1, last + 1))
        return found

    def has_changes(self, block: s.Block) -> bool:
        return any(
            n in self.changes.removed or n in self.changes.replaced or n in self.changes.inserted
            for n in s.walk(block)
        )

    def node(self, node: s.Node) -> Iterator[Piece]:
        if node not in self.stirred:
            return
        template = self.changes.replaced.get(node)
        if template is not None:
            # A tuple's own parentheses belong to it.
            span = node.outer if isinstance(node, s.Sequence) and node.kind == "tuple" else node.span
            self.note_replaced(span, template)
            yield span, self.moved(node, template) if len(template) == 1 else self.fill(template)
            return
        yield from self.changes.patched.get(node, ())
        if isinstance(node, s.Block):
            yield from self.block(node)
            return
        if isinstance(node, s.Try):
            yield from self.tried(node)
            return
        if isinstance(node, s.If) and node.test in self.changes.removed:
            yield from self.arm(node)
            return
        if isinstance(node, s.Hole) and node.labelled:
            yield from self.label(node)
        yield from self.lists(node)
        for child in s.children(node):
            if child not in self.changes.removed:
                yield from self.node(child) if not isinstance(child, s.Stmt) else self.statement(child)
            elif isinstance(child, s.Block) and isinstance(node, s.If):  # ``else:`` and its body
                yield Span(self.line_end(node.body.span.end), self.line_end(child.span.end)), ""

    def label(self, node: s.Hole) -> Iterator[Piece]:
        """``{x / 1000=}`` prints its own text: that stays what it was, as text."""
        match = _LABEL.match(self.text, node.value.outer.end)
        written = self.text[node.span.start + 1 : node.value.outer.end]
        if match is None or self.render(node.value) == written:
            return
        shown = (written + match[0]).replace("{", "{{").replace("}", "}}")
        yield Span(node.span.start, node.span.start), shown
        yield Span(node.value.outer.end, match.end()), "!r" if self.text[match.end()] == "}" else ""

    def arm(self, node: s.If) -> Iterator[Piece]:
        """An arm of a chain whose condition is gone: it goes, or it is the ``else`` from now on."""
        gone = node.body in self.changes.removed
        if not gone:
            yield Span(node.span.start, self.text.index(":", node.test.outer.end) + 1), "else:"
            yield from self.block(node.body)
        rest = node.orelse
        if rest is None or rest in self.changes.removed:
            start = self.line_start(node.span.start) if gone else self.line_end(node.body.span.end)
            end = rest.span.end if rest is not None else node.body.span.end
            yield Span(start, max(start, self.line_end(end))), ""
            return
        nested = rest.body[0]
        if isinstance(nested, s.If) and nested.is_elif:
            leads = nested.test not in self.changes.removed and self.is_first(nested)
            yield Span(node.span.start, nested.span.start + (len("el") if leads else 0)), ""
            yield from self.statement(nested)
        else:
            word = _ELSE.search(self.text, node.body.span.end)
            assert word is not None
            yield Span(node.span.start, word.start("word")), ""
            yield from self.block(rest)

    def is_first(self, node: s.If) -> bool:
        """Are all arms before this ``elif`` gone?"""
        while node.is_elif:
            above = self.module.parents[self.module.parents[node]]
            if not isinstance(above, s.If) or above.test not in self.changes.removed:
                return False
            node = above
        return True

    def tried(self, node: s.Try) -> Iterator[Piece]:
        for child in s.children(node):
            if child in self.changes.removed:
                start = self.line_start(child.span.start)
                yield Span(start, self.line_end(child.span.end)), ""
            else:
                yield from self.node(child)

    def fill(self, template: Template) -> str:
        return "".join(part if isinstance(part, str) else self.render(part) for part in template)

    def moved(self, host: s.Node, template: Template) -> str:
        """What stood inside ``host`` takes its place alone: its further lines move to the left with it."""
        text, inner = self.fill(template), template[0]
        if isinstance(inner, str) or "\n" not in text or inner not in set(s.walk(host)):
            return text
        old, new = self.indent_at(outer(inner).start), self.indent_at(host.span.start)
        if not old.startswith(new) or any(isinstance(n, _TEXTS) and len(n.quote) == 3 for n in s.walk(inner)):
            return text
        first, *rest = text.split("\n")
        return "\n".join(
            [first, *(new + line[len(old) :] if line.startswith(old) else line for line in rest)]
        )

    def render(self, node: s.Node) -> str:
        span = outer(node)
        return self.apply(span.start, span.end, list(self.node(node)))


__all__ = ["edits_of", "has_own_meaning", "is_about_the_flow", "silences"]
