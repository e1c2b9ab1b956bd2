"""What of all that was found is reported: what was asked for, less what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from . import baseline, suppress
from .edits import UnreadableText
from .model import Files, Finding, Flow, Place, Report, Unfixed
from .notebook import Notebook, open_text
from .prefilter import MARK
from .records import dataclass
from .rules.tables import Rules

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


_KEY_FILE = "private-key-file"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for."""

    rules: tuple[str, ...]
    """The names of the rules."""
    per_path: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Rules to leave out, by a pattern as in a .gitignore."""
    known: tuple[baseline.Entry, ...] = ()
    asked: Callable[[str], bool] = lambda _: True
    """Says whether a file is among those that were asked about."""
    whole: bool = True
    """All files were asked about."""


def report(
    findings: Sequence[Finding],
    flows: Sequence[Flow],
    unfixed: Sequence[Unfixed],
    files: Files,
    contents: Mapping[str, bytes],
    rules: Rules,
    choice: Choice,
) -> Report:
    """Select, mark and sort; ``contents`` are the files that may hold a comment of ours."""
    shown = [flow for flow in flows if _takes_part(flow, findings, choice)]
    ids = {flow.id for flow in shown}
    chosen = [
        each
        for each in _by_rule(findings, choice)
        if each.flow in ids or (each.flow is None and choice.asked(each.place.path))
    ]
    marked = _marked(chosen, contents, rules, choice)
    kept = {finding.fingerprint for finding in marked}
    return Report(
        findings=tuple(sorted(marked, key=lambda each: (each.place, each.rule, each.fingerprint))),
        flows=tuple(sorted(_left(shown, marked, rules), key=_order)),
        unfixed=tuple(
            sorted(
                (reason for reason in unfixed if reason.fingerprint in kept),
                key=lambda reason: (reason.fingerprint, reason.reason),
            )
        ),
        files=files,
        stale=tuple(
            f"{entry.path}: {entry.rule} {entry.fingerprint}"
            for entry in (baseline.stale(choice.known, findings) if choice.whole else ())
            if entry.rule in choice.rules
        ),
    )


def _takes_part(flow: Flow, findings: Iterable[Finding], choice: Choice) -> bool:
    """Say whether a file that was asked about has a part in a flow."""
    mine = set(flow.findings)
    paths = {place.path for place in flow.trace}
    paths |= {finding.place.path for finding in findings if finding.fingerprint in mine}
    if flow.rewrite is not None:
        paths |= {edit.path for edit in flow.rewrite.edits}
    return any(choice.asked(path) for path in paths)


def _by_rule(findings: Sequence[Finding], choice: Choice) -> list[Finding]:
    """Leave out the rules that were not asked for, everywhere or at their path."""
    specs = [(_spec(pattern), names) for pattern, names in sorted(choice.per_path.items())]
    return [
        finding
        for finding in findings
        if finding.rule in choice.rules
        and not any(finding.rule in names and spec.match_file(finding.place.path) for spec, names in specs)
    ]


def _spec(pattern: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern])


def _marked(
    findings: Sequence[Finding], contents: Mapping[str, bytes], rules: Rules, choice: Choice
) -> list[Finding]:
    """Mark what a comment or the baseline speaks of; add a finding for every comment that is of no use."""
    given: list[suppress.Comment] = []
    for path, data in sorted(contents.items()):
        if MARK in data:
            given += _comments(path, data)
    marked, useless = suppress.mark(findings, given)
    marked = _with_key_files(marked)
    if suppress.UNUSED in choice.rules:
        useless = [comment for comment in useless if choice.asked(comment.place.path)]
        marked += suppress.unused(useless, rules.catalog.keys(), choice.rules)
    known = {entry.fingerprint for entry in choice.known}
    return [
        replace(finding, suppressed=True, known=True)
        if finding.fingerprint in known and not finding.suppressed
        else finding
        for finding in marked
    ]


def _with_key_files(findings: Sequence[Finding]) -> list[Finding]:
    """A key file can hold no comment: it is marked where all else in its flow is."""
    others = [each for each in findings if each.rule != _KEY_FILE and each.flow is not None]
    marked = {each.flow for each in others if each.suppressed}
    marked -= {each.flow for each in others if not each.suppressed}
    return [
        replace(each, suppressed=True) if each.rule == _KEY_FILE and each.flow in marked else each
        for each in findings
    ]


def _comments(path: str, data: bytes) -> tuple[suppress.Comment, ...]:
    try:
        opened = open_text(path, data)
    except UnreadableText:
        return ()  # reported as failed where it holds a needle
    if not isinstance(opened, Notebook):
        return suppress.comments(path, opened.text)
    return tuple(
        comment for cell in opened.cells for comment in suppress.comments(path, cell.text, cell.number)
    )


def _left(flows: Iterable[Flow], findings: Iterable[Finding], rules: Rules) -> Iterable[Flow]:
    """Give the flows with their findings that are reported, none of them rewritten against a comment.

    What the baseline knows is left as it is, too, until something of the flow is new. A flow that is known in
    whole has neither a rewrite nor a reason; one of which a comment marks a part has a reason.
    """
    reported = {finding.fingerprint: finding for finding in findings}
    for flow in flows:
        mine = [reported[name] for name in flow.findings if name in reported]
        if not mine:
            continue
        flow = replace(flow, findings=tuple(finding.fingerprint for finding in mine))
        by_comment = [finding for finding in mine if finding.suppressed and not finding.known]
        if all(finding.suppressed for finding in mine):
            flow = replace(flow, rewrite=None, unfixed=None)
        elif by_comment:
            flow = replace(
                flow, rewrite=None, unfixed=flow.unfixed or _partly(by_comment[-1], flow.id, rules)
            )
        yield flow


def _partly(finding: Finding, flow: str, rules: Rules) -> Unfixed:
    reason = rules.unfixed["partly-ignored"]
    message = f"{finding.place.label}: {reason.text}"
    return Unfixed(finding.fingerprint, reason.code, message, reason.next_step, flow)


def _order(flow: Flow) -> tuple[str, int, str]:
    first: Place | None = min(flow.trace, default=None)
    return (first.path, first.span.start, flow.id) if first else ("", 0, flow.id)
