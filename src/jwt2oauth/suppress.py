"""Comments that mark findings as known: ``# jwt2oauth: ignore[rule] reason``.

They work on their line, on any line of the finding, and, alone on a line, on the line below. They
mark and never hide; one that marks nothing is a finding itself.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from .findings import Draft, identify
from .model import Confidence, Finding, Place, Severity, Span
from .records import dataclass

MARK = b"jwt2oauth: ignore"
"""What a file holds if it holds such a comment."""

UNUSED = "unused-ignore"

_COMMENT = re.compile(r"jwt2oauth: ignore(?:\[(?P<rules>[^\[\]\n]*+)\])?")
_OPENING = re.compile(r"(?:^|(?<=[\s\"]))[#;]\s*(?=jwt2oauth: ignore)")


@dataclass(frozen=True, slots=True)
class Comment:
    """One such comment and the line that it speaks of."""

    place: Place
    rules: tuple[str, ...]
    target: int


def comments(path: str, text: str, cell: int = 0) -> tuple[Comment, ...]:
    """Find the comments of one file, or of one cell of a notebook, in order."""
    lines = re.split(r"\r\n|\r|\n", text)
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    return tuple(
        _comment(Place(path, line, column + 1, line, column + 1, Span(0, 0), cell=cell), lines, starts)
        for line, column in _positions(text, lines, python=bool(cell) or path.endswith((".py", ".pyi")))
    )


def mark(findings: Sequence[Finding], given: Sequence[Comment]) -> tuple[list[Finding], list[Comment]]:
    """Mark the findings that a comment speaks of; give them and the comments that marked nothing."""
    used: set[Comment] = set()
    marked: list[Finding] = []
    for finding in findings:
        place = finding.place
        reasons = [
            comment
            for comment in given
            if (comment.place.path, comment.place.cell) == (place.path, place.cell)
            and finding.rule in comment.rules
            and place.line <= comment.target <= place.end_line
        ]
        used.update(reasons)
        marked.append(replace(finding, suppressed=True) if reasons else finding)
    return marked, [comment for comment in given if comment not in used]


def unused(given: Sequence[Comment], known: Collection[str], selected: Collection[str]) -> list[Finding]:
    """Turn comments that marked nothing into findings, unless their rules were not looked for."""
    drafts: list[Draft] = []
    for comment in given:
        strangers = [rule for rule in comment.rules if rule not in known]
        if comment.rules and not strangers and not set(comment.rules) & set(selected):
            continue
        message = _problem(comment, strangers)
        shape = ",".join(comment.rules)
        drafts.append(
            Draft(UNUSED, comment.place, message, Severity.WARNING, Confidence.HIGH, shape=shape, scope="")
        )
    return identify(drafts)


def _problem(comment: Comment, strangers: Sequence[str]) -> str:
    if not comment.rules:
        return "This comment names no rule and so ignores nothing: write ignore[rule]."
    if strangers:
        return "This comment names a rule that does not exist."
    return f"This comment ignores nothing: there is no {' or '.join(comment.rules)} here."


def _positions(text: str, lines: Sequence[str], *, python: bool) -> Iterator[tuple[int, int]]:
    """Give line (from 1) and column (from 0) of the ``#`` of each comment."""
    if python:
        try:
            found = [
                (token.start[0], token.start[1] + match.start())
                for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline)
                if token.type == tokenize.COMMENT and (match := _OPENING.search(token.string))
            ]
        except (tokenize.TokenError, SyntaxError):
            pass  # does not parse: lines have to do
        else:
            yield from found
            return
    for number, line in enumerate(lines, 1):
        for match in _OPENING.finditer(line):
            yield number, match.start()


def _comment(at: Place, lines: Sequence[str], starts: Sequence[int]) -> Comment:
    line, column = at.line, at.column - 1
    match = _COMMENT.search(lines[line - 1], column)
    assert match is not None, "found by the same words"
    rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
    start, end = starts[line - 1] + column, starts[line - 1] + match.end()
    place = replace(at, end_column=match.end() + 1, span=Span(start, end))
    return Comment(place, rules, _target(lines, line, column))


def _target(lines: Sequence[str], line: int, column: int) -> int:
    """A comment alone on its line speaks of the next line that is none."""
    if lines[line - 1][:column].strip(' \t"'):
        return line
    below = line
    while below < len(lines) and lines[below].lstrip().startswith(("#", ";")):
        below += 1
    return below + 1
