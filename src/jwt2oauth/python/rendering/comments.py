"""Comments: with which code they go, and which stay whatever goes."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.syntax import head
from ..writing.changes import Template
from .lines import Lines, outer

_KEEP = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|SPDX|licen[cs]ed?|copyright)\b|(?:^#\s*(?:type:|mypy:|pylint:|ruff:|flake8:|fmt:))",
    re.I,
)
_OURS = re.compile(
    r"jwt|json web token|assertion|private.?key|priv_key|\bsign|\bclaim|payload|metascope"
    r"|\bpem\b|\brsa\b|rs256|\bexp\b|expir",
    re.I,
)
_HEADING = re.compile(r"#{4,}+.*|#++\s*+(?:[-=*~_]{2,}+.*|[A-Z][^a-z]{3,}+)")
"""``# HELPERS``, ``# --- Helpers ---``: above all that follows, and not only what comes next."""
_RULE = re.compile(r"#[-=*#~_+ ]{8,}[-=*#~_+]")
_EVERYWHERE = {"adobe"}
"""Words that say nothing of the code beside them: every value here may be one of Adobe's."""
_WORTH_A_WORD = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|SPDX|licen[cs]ed?|copyright)\b", re.I)
_CODING = re.compile(r"#.*?coding[:=]")
_NEXT = re.compile(
    r"#\s*(?:noinspection\b|pylint:\s*disable-next\b|nosemgrep\b|nosec\b|noqa\b|pyre-(?:ignore|fixme)\b"
    r"|pyright:\s*ignore\b|type:\s*ignore\b|skipcq\b)"
)
"""Silences a checker for what comes right below, and for nothing else."""
_OPENS = re.compile(r"#\s*(fmt|isort|yapf|ruff|pylint):\s*(?:off|disable\b.*)")
_CLOSES = re.compile(r"#\s*(fmt|isort|yapf|ruff|pylint):\s*(?:on|enable\b.*)")


def is_about_the_flow(comment: str) -> bool:
    """Does a comment speak of signing, claims, keys or the assertion?"""
    return _OURS.search(comment) is not None


def silences(comment: str) -> bool:
    """Does a comment only silence a checker for the code beside it?"""
    return _NEXT.match(comment) is not None or re.match(r"#\s*pylint:\s*disable=", comment) is not None


def has_own_meaning(comment: str) -> bool:
    """Must a comment stay whatever becomes of the code beside it: a licence, a to-do, a directive?"""
    if _NEXT.match(comment):
        return False
    return bool(_KEEP.search(comment)) or comment.startswith("#!") or _CODING.match(comment) is not None


def _is_heading(comment: str) -> bool:
    return _HEADING.fullmatch(comment) is not None and not is_about_the_flow(comment)


class Comments(Lines):
    """What becomes of a module's comments."""

    def below(self, stmt: s.Stmt, stop: int) -> int:
        """Where comments end that close the body of ``stmt``, deeper in than it."""
        column = head(stmt) - self.line_start(head(stmt))
        here = stop
        while here < len(self.text):
            line = self.line_of(here)
            rest = line.lstrip(" \t")
            if rest.startswith("#") and len(line) - len(rest) > column:
                stop = self.line_end(here)
            elif rest.strip():
                break
            here = self.line_end(here)
        return stop

    def idle_code(self, gone: Sequence[s.Stmt], stop: int) -> int:
        """Where ``#print(token)`` ends that stands right below ``gone``, which made the ``token``.

        ``#print("JWT:")`` among such lines speaks of the same.
        """
        stores = (node for stmt in gone for node in s.walk(stmt) if isinstance(node, s.Assign))
        made = {
            name.id for each in stores for t in each.targets for name in s.walk(t) if isinstance(name, s.Name)
        }
        indent = self.text[self.line_start(head(gone[-1])) : head(gone[-1])]
        while stop < len(self.text) and made:
            line = self.line_of(stop)
            comment = self.comments.get(stop + len(indent))
            if comment is None or line[: len(indent)] != indent:
                break
            named = _names_in_code(comment.text)
            if not named & made and not (named and is_about_the_flow(comment.text)):
                break
            stop = self.line_end(stop)
        return stop

    def with_directives(self, start: int, stop: int) -> tuple[int, int]:
        """``# fmt: off`` above and ``# fmt: on`` below what goes have nothing left to do."""
        above = self.line_start(start - 1) if start else start
        opening = _OPENS.fullmatch(self.text[above:start].strip())
        closing = _CLOSES.fullmatch(self.line_of(stop).strip())
        if opening is None or closing is None or opening[1] != closing[1]:
            return start, stop
        return above, self.line_end(stop)

    def above(self, stmt: s.Stmt, group: Sequence[s.Stmt] = ()) -> list[int]:
        """Starts of the comment lines right above ``stmt`` that go with it, topmost first.

        They may be above ``group`` as well, which stays.
        """
        pinned = False
        found: list[int] = []
        silencers: list[int] = []
        column_start = self.line_start(head(stmt))
        indent = self.text[column_start : head(stmt)]
        here = column_start
        while here > 0:
            line = self.line_start(here - 1)
            at = line + len(indent)
            comment = self.comments.get(at)
            if comment is None or self.text[line:at] != indent:
                break
            if has_own_meaning(comment.text):
                # What stands right below such a line goes on with it.
                pinned = True
                break
            if _is_heading(comment.text) and self._heads_more(stmt):
                break
            found.insert(0, at)
            here = line
            if len(silencers) == len(found) - 1 and _NEXT.match(comment.text) and not self._is_of_file(line):
                silencers.insert(0, at)
        if len(found) == len(silencers):
            return found
        block = " ".join(self.comments[at].text for at in found)
        # A comment that ends flush against the top of the file is the file's own.
        if self.line_start(found[0]) == 0 and not _OURS.search(block):
            return silencers
        if _OURS.search(block):
            return found
        if group and self.is_amidcode_in(found[0]) and self._shape(group[0]) != self._shape(stmt):
            group = ()  # no heading of a paragraph, but a word on the next line
        return silencers if pinned or (group and not self.speaks_only_of(block, stmt, group)) else found

    def _is_of_file(self, line: int) -> bool:
        """``# type: ignore`` above all code is for all of it."""
        first = self.module.source.body.body[0]
        return line < head(first) and "type:" in self.line_of(line)

    def _heads_more(self, stmt: s.Stmt) -> bool:
        """Does anything stay between ``stmt`` and the next heading of its block?"""
        block = self.module.parents[stmt]
        body = block.body if isinstance(block, s.Block) else ()
        for other in body[body.index(stmt) + 1 :] if stmt in body else ():
            if self.is_headed(self.line_start(head(other))):
                return False
            if other not in self.changes.removed:
                return True
        return False

    def is_headed(self, line: int) -> bool:
        """Is the line right above one that begins at ``line`` a heading?"""
        return line > 0 and _is_heading(self.line_of(self.line_start(line - 1)).strip())

    def keeps_heading(self, start: int, end: int, stmt: s.Stmt) -> bool:
        """Does a heading stand in a range above ``stmt`` which has more below it than that?"""
        headings = (c for at, c in self.comments.items() if start <= at < end and _is_heading(c.text))
        return any(headings) and self._heads_more(stmt)

    def banner(self, start: int, stop: int) -> int:
        """Where a banner begins that heads, a blank line above it, nothing but what goes; else ``start``.

        ``# -------------``, ``# Signing``, ``# -------------``, and below it another banner, or nothing.
        """
        bottom = self._past_blanks(start, -1)
        lines = self._commented(bottom, -1) if bottom < start else []
        texts = [self.comments[at].text for at in lines]
        if not any(map(_RULE.fullmatch, texts)) or any(map(has_own_meaning, texts)):
            return start
        top, below = self.line_start(lines[-1]), self._past_blanks(stop, 1)
        column = lines[-1] - top
        next_line = self.line_of(below) if below < len(self.text) else ""
        ends = len(next_line) - len(next_line.lstrip(" \t")) < column or below >= len(self.text)
        beneath = [self.comments[at].text for at in self._commented(below, 1)]
        return top if top and (ends or any(map(_RULE.fullmatch, beneath))) else start

    def _past_blanks(self, at: int, step: int) -> int:
        """The start of the line where blank lines end that are above ``at``, or begin there."""
        while at > 0 if step < 0 else at < len(self.text):
            line = self.line_start(at - 1) if step < 0 else at
            if self.line_of(line).strip():
                break
            at = line if step < 0 else self.line_end(at)
        return at

    def _commented(self, at: int, step: int) -> list[int]:
        """Where the comments begin that have the lines right above ``at``, or from there, to themselves."""
        found: list[int] = []
        while at > 0 if step < 0 else at < len(self.text):
            line = self.line_start(at - 1) if step < 0 else at
            text = self.line_of(line)
            start = line + len(text) - len(text.lstrip(" \t"))
            if start not in self.comments:
                break
            found.append(start)
            at = line if step < 0 else self.line_end(at)
        return found

    def is_amidcode_in(self, comment: int) -> bool:
        """Does code of the same block stand right above a comment?"""
        line = self.line_start(comment)
        before = self.line_of(self.line_start(line - 1)) if line else ""
        rest = before.removeprefix(self.text[line:comment]).strip()
        return bool(rest) and before.startswith(self.text[line:comment]) and not rest.startswith("#")

    def heads_a_group(self, body: Sequence[s.Stmt], first: int, last: int) -> list[s.Stmt]:
        """Give those of the same kind that follow at once and stay: the comment may speak of them as well.

        One more import is enough; of assignments it takes two; where more go, as many, and alike.
        """
        kind = (s.Import, s.ImportFrom) if isinstance(body[last], s.Import | s.ImportFrom) else s.Assign
        if not isinstance(body[last], kind):
            return []
        found: list[s.Stmt] = []
        for before, here in zip(body[last:], body[last + 1 :], strict=False):
            adjacent = self.line_start(head(here)) == self.line_end(before.span.end)
            if not adjacent or not isinstance(here, kind):
                break
            alike = last == first or kind is not s.Assign or self._shape(here) == self._shape(body[first])
            if here not in self.changes.removed and alike:
                found.append(here)
        needed = 1 if kind is not s.Assign else max(2, last - first + 1)
        return found if len(found) >= needed else []

    def _shape(self, stmt: s.Stmt) -> str:
        """What is asked for a value: ``config.get`` in ``self.key = config.get("app", "key")``."""
        value = stmt.value if isinstance(stmt, s.Assign) else None
        asked = value.func if isinstance(value, s.Call) else None
        asked = value.value if isinstance(value, s.Subscript) else asked
        return self.module.snippet(asked) if asked is not None else type(value).__name__

    def speaks_only_of(self, comment: str, stmt: s.Stmt, group: Sequence[s.Stmt]) -> bool:
        """Does a comment share words with ``stmt``, and none with what follows it?"""
        said = _words(comment) - _EVERYWHERE
        return bool(said & _words(self.module.snippet(stmt))) and not any(
            said & _words(self.said_from_now_on(other)) for other in group
        )

    def said_from_now_on(self, stmt: s.Stmt) -> str:
        """The text of a statement, or of what takes its place."""
        template = self.changes.replaced.get(stmt, (stmt,))
        return "".join(part if isinstance(part, str) else self.module.snippet(part) for part in template)

    def must_keep(self, start: int, end: int) -> bool:
        inside = (c.text for at, c in self.comments.items() if start <= at < end)
        return any(_KEEP.search(text) and not _NEXT.match(text) for text in inside)

    def note_lost(self, start: int, end: int) -> None:
        for at, comment in self.comments.items():
            if start <= at < end and _WORTH_A_WORD.search(comment.text):
                self.changes.lost_comments.append((self.module, comment))

    def note_replaced(self, span: Span, template: Template) -> None:
        """What was written beside that which a template does not take over."""
        at = span.start
        for kept in sorted(outer(part) for part in template if not isinstance(part, str)):
            self.note_lost(at, kept.start)
            at = max(at, kept.end)
        self.note_lost(at, span.end)

    def code_end(self, at: int) -> int:
        """The end of the line that holds ``at``, if only a comment follows there."""
        end = at
        while end < len(self.text) and self.text[end] not in "\r\n":
            end += 1
        rest = self.text[at:end].strip()
        return end if not rest or rest.startswith("#") else at


def _names_in_code(comment: str) -> set[str]:
    """The names in ``#print(token)``; none if it is prose."""
    try:
        parsed = ast.parse(comment.lstrip("#").strip()).body
    except (SyntaxError, ValueError):
        return set()
    code = [
        n
        for n in parsed
        if isinstance(n, ast.Assign) or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Call))
    ]
    return {node.id for stmt in code for node in ast.walk(stmt) if isinstance(node, ast.Name)}


def _words(text: str) -> set[str]:
    """The words of a comment or of code, in pieces of more than three letters."""
    pieces = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)
    return {piece.lower() for piece in pieces if len(piece) > 3}
