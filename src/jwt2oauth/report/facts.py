"""What a report says at a glance: where each flow stands, of what kind it is, sums that add up.

For the formats that people read at leisure (HTML, Markdown); every number and word here comes from the report
and the rules.
"""

from __future__ import annotations

import datetime
import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from ..model import Confidence, FileDiff, Files, Finding, Flow, Place, Report, Rewrite, Safety, Unfixed
from ..records import dataclass
from ..rules.tables import STAGES, Rules, Stage, Step
from .shared import Shared, count, shared


@dataclass(frozen=True, slots=True)
class View:
    """What goes with a report to be shown: what was done, and what the rewrites change."""

    mode: str = "scan"
    """``scan``, ``fix``, ``diff`` or ``patches``."""
    fixed: frozenset[str] = frozenset()
    """The flows that were written."""
    changes: Mapping[str, Sequence[FileDiff]] = field(default_factory=lambda: MappingProxyType({}))
    """By flow; masked."""
    project: str = ""
    """What people call the code: the name of its folder."""
    command: str = ""
    """The options and paths to repeat in a command that the reader may copy."""

    def fix(self, option: str = "") -> str:
        """Give the command that writes what is shown."""
        return " ".join(part for part in ("jwt2oauth fix", option, self.command) if part)


class Standing(enum.Enum):
    """What becomes of a flow: a word for lists, a phrase for sums, a sentence for its card."""

    WRITTEN = ("rewritten", "rewritten", "It was rewritten. Read the change before you merge it.")
    SAFE = ("safe", "ready, safe", "It can be rewritten; nothing that runs can notice the difference.")
    REVIEW = (
        "review",
        "ready to review",
        "It can be rewritten. That changes how the program authenticates: read it before you merge it.",
    )
    LOST = ("not written", "could not be written", "It can be rewritten, but its files could not be written.")
    MANUAL = ("manual", "left for a person", "It was left alone: a person has to decide.")
    KNOWN = ("known", "marked as known", "It was left as it is: a comment or the baseline marks it as known.")

    def __init__(self, word: str, phrase: str, sentence: str) -> None:
        self.word = word
        self.phrase = phrase
        self.sentence = sentence


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SURE = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of a flow on the way from the key to the token."""

    place: Place
    stage: Stage
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """All that is to be said of one flow."""

    number: int
    flow: Flow
    kind: str
    standing: Standing
    confidence: Confidence | None
    """Of its weakest finding; None if none of them was asked for."""
    findings: tuple[Finding, ...]
    stops: tuple[Stop, ...]
    diffs: tuple[FileDiff, ...]
    todos: tuple[str, ...]
    """What only this flow asks for; what several ask for is said once."""

    @property
    def size(self) -> tuple[int, int]:
        """How many lines come, and how many go."""
        signs = Counter(sign for diff in self.diffs for hunk in diff.hunks for sign, _ in hunk.lines)
        return signs["+"], signs["-"]

    @property
    def lines(self) -> Mapping[str, str]:
        """The lines of the diffs that are spoken of, by their label, each with a name to link it by."""
        spoken = {stop.place.label for stop in self.stops}
        words = "\n".join(self.rewrite.notes + self.rewrite.todos) if self.rewrite is not None else ""
        shown = (
            Place.label_of(diff.path, hunk.cell, line)
            for diff in self.diffs
            for hunk in diff.hunks
            for line in range(hunk.before, hunk.before + sum(sign != "+" for sign, _ in hunk.lines))
        )
        found = dict.fromkeys(label for label in shown if label in spoken or label in words)
        return {label: f"{self.flow.id}-{number}" for number, label in enumerate(found, 1)}

    @property
    def way(self) -> tuple[Stop, ...]:
        """The places in the order of their stages."""
        return tuple(sorted(self.stops, key=lambda stop: ("", *STAGES).index(stop.stage)))

    @property
    def rewrite(self) -> Rewrite | None:
        """The rewrite, if it is one that may be written."""
        rewrite = self.flow.rewrite
        return rewrite if rewrite is not None and rewrite.safety > Safety.MANUAL else None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the rewrite touches, or in which the flow lies."""
        if self.rewrite is not None:
            return tuple(sorted({edit.path for edit in self.rewrite.edits}))
        return tuple(sorted({place.path for place in self.flow.trace}))


@dataclass(frozen=True, slots=True)
class Lone:
    """A finding outside of flows, and why it was left."""

    finding: Finding
    reason: Unfixed | None


@dataclass(frozen=True, slots=True)
class Facts:
    """The report, put in order for people."""

    cards: tuple[Card, ...]
    kinds: tuple[tuple[str, tuple[tuple[Standing, int], ...]], ...]
    """For each kind of flow how many stand where, the commonest kind first."""
    standings: tuple[tuple[Standing, int], ...]
    lone: tuple[Lone, ...]
    known: tuple[Finding, ...]
    """What comments or the baseline mark as known, in flows and outside."""
    shared: tuple[Shared, ...]
    """What more than one flow asks for."""
    steps: tuple[tuple[Step, tuple[tuple[str, int], ...]], ...]
    """Adobe's steps, each with the findings that belong to it: title of the rule, number of places."""

    @property
    def ready(self) -> int:
        """How many flows can be rewritten and are not yet."""
        return sum(number for standing, number in self.standings if standing in READY)


READY = (Standing.SAFE, Standing.REVIEW)


def gather(report: Report, rules: Rules, view: View) -> Facts:
    """Put the report in order."""
    common = shared([flow.rewrite for flow in report.flows])
    cards = tuple(
        _card(number, flow, report, rules, view, common) for number, flow in enumerate(report.flows, 1)
    )
    kinds = Counter(card.kind for card in cards)
    reasons = {reason.fingerprint: reason for reason in report.unfixed}
    outside = [finding for finding in report.findings if finding.flow is None and not finding.suppressed]
    return Facts(
        cards,
        tuple(
            (kind, _standings([card for card in cards if card.kind == kind]))
            for kind in sorted(kinds, key=lambda kind: (-kinds[kind], kind))
        ),
        _standings(cards),
        tuple(Lone(finding, reasons.get(finding.fingerprint)) for finding in outside),
        tuple(finding for finding in report.findings if finding.suppressed),
        common,
        _steps(report, rules, view),
    )


def lead(report: Report, facts: Facts) -> str:
    """Say in a sentence or two how the migration stands."""
    if not report.flows and not report.findings:
        where = "in what could be examined" if report.files.failed else "here"
        return f"Nothing {where} uses Adobe’s Service Account (JWT) credential."
    if not report.flows:
        return (
            "No flow from a private key to a token was found here,"
            f" but {count(len(report.findings), 'place')} to look at."
        )
    parts = joined([f"{number} {standing.phrase}" for standing, number in facts.standings])
    verb = "logs" if len(report.flows) == 1 else "log"
    return f"{count(len(report.flows), 'flow')} {verb} in to Adobe with a signed JWT: {parts}."


def file_sums(files: Files) -> tuple[tuple[str, int], ...]:
    """Give the parts of which ``files.seen`` is the sum."""
    return (
        ("without a trace of the credential", files.clean),
        ("examined closely", files.parsed),
        ("could not be examined", len(files.failed)),
        ("passed over", len(files.skipped)),
    )


def day(date: datetime.date) -> str:
    """``1 March 2026``, in whatever language the machine speaks."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _card(
    number: int, flow: Flow, report: Report, rules: Rules, view: View, common: Sequence[Shared]
) -> Card:
    mine = set(flow.findings)
    elsewhere = {one.text for one in common}
    todos = flow.rewrite.todos if flow.rewrite is not None else ()
    findings = tuple(finding for finding in report.findings if finding.fingerprint in mine)
    return Card(
        number,
        flow,
        _kind(findings, rules),
        _standing(flow, view),
        min((finding.confidence for finding in findings), key=SURE.index, default=None),
        findings,
        _stops(flow, findings, rules),
        tuple(view.changes.get(flow.id, ())),
        tuple(todo for todo in todos if todo not in elsewhere),
    )


def _kind(findings: Sequence[Finding], rules: Rules) -> str:
    """Name a flow after what is in it; one of another credential after the rule that says so."""
    found = [rules.catalog[finding.rule] for finding in findings if finding.rule in rules.catalog]
    stages = {rule.stage for rule in found}
    for rule in found:
        if not rule.stage or rule.names_flow:
            return rule.title
    if "exchange" in stages:
        return "JWT signed and exchanged" if "assertion" in stages else "Ready-made JWT exchanged"
    return "JWT signed, exchanged elsewhere" if "assertion" in stages else "Part of a JWT flow"


def _standing(flow: Flow, view: View) -> Standing:
    if flow.id in view.fixed:
        return Standing.WRITTEN
    if flow.rewrite is not None and flow.rewrite.safety > Safety.MANUAL:
        if view.mode == "fix":
            return Standing.LOST
        return Standing.SAFE if flow.rewrite.safety is Safety.SAFE else Standing.REVIEW
    return Standing.KNOWN if flow.rewrite is None and flow.unfixed is None else Standing.MANUAL


def _standings(cards: Sequence[Card]) -> tuple[tuple[Standing, int], ...]:
    counts = Counter(card.standing for card in cards)
    return tuple((standing, counts[standing]) for standing in Standing if counts[standing])


def _stops(flow: Flow, findings: Sequence[Finding], rules: Rules) -> tuple[Stop, ...]:
    """Give the places of a flow, each with its finding and what the finding's rule says of it."""
    at: dict[tuple[str, int, int], list[Finding]] = {}
    for finding in findings:
        at.setdefault(_spot(finding.place), []).append(finding)
    stops: list[Stop] = []
    for place in flow.trace:
        here = at.get(_spot(place), [])
        mine = here[:1] if len(here) > 1 else list(here)
        if len(here) > 1:
            del here[0]
        stage: Stage = rules.catalog[mine[0].rule].stage if mine and mine[0].rule in rules.catalog else ""
        stops.append(Stop(place, stage, tuple(mine)))
    return tuple(stops)


def _spot(place: Place) -> tuple[str, int, int]:
    return (place.path, place.span.start, place.span.end)


def _steps(report: Report, rules: Rules, view: View) -> tuple[tuple[Step, tuple[tuple[str, int], ...]], ...]:
    """Give each step with the findings that still ask for it."""
    counts: Counter[tuple[int, str]] = Counter()
    for finding in report.findings:
        rule = rules.catalog.get(finding.rule)
        if rule is not None and not finding.suppressed and finding.flow not in view.fixed:
            counts[rule.step, rule.title] += 1
    return tuple(
        (
            step,
            tuple((title, number) for (at, title), number in sorted(counts.items()) if at == step.number),
        )
        for step in rules.provider.steps
    )
