"""What a pull request is to be told: the flows and findings that it touches or brings in.

A flow is touched if one of its findings, or a step of its trace, lies in a line that was added or changed. It
is brought in if none of its findings is there at the merge base, though their lines are: then something else
made it one (a constant elsewhere, an import). The tree at the merge base is analysed only if that is in
question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..engine import Outcome
from ..history import History
from ..model import Finding, Flow, Place, Severity, Unfixed
from ..paths import is_examined
from ..report.machine import WORST_FIRST, Entry, entries
from ..series import is_rewritten
from ..sources import Region, Source, region_of, sources

_LONE_CR = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Spot:
    """Lines of a file that belong to a subject, and those of them that the pull request touches."""

    path: str
    line: int
    end_line: int
    touched: tuple[int, ...]

    @property
    def lines(self) -> range:
        """All of them."""
        return range(self.line, self.end_line + 1)


@dataclass(frozen=True, slots=True)
class Subject:
    """A flow, or a finding outside of any, that is the pull request's business."""

    lead: Finding
    """Its identity: of a flow, the last of its worst findings, as a rule where the token is asked for."""
    flow: Flow | None
    reason: Unfixed | None
    names: frozenset[str]
    """The fingerprints of all its findings."""
    spots: tuple[Spot, ...]
    """Where to speak of it, the best place first."""

    @property
    def rewritten(self) -> bool:
        """Is there a rewrite that may be written?"""
        return self.flow is not None and is_rewritten(self.flow)


def subjects(outcome: Outcome, history: History, base: Callable[[], Outcome]) -> list[Subject]:
    """Give what a pull request is to be told, the worst first.

    ``outcome`` is of the new side of ``history``; ``base`` gives the same of the merge base, and is asked
    only if the answer depends on it.
    """
    return list(_Selection(outcome, history, base).subjects())


class _Selection:
    def __init__(self, outcome: Outcome, history: History, base: Callable[[], Outcome]) -> None:
        self._outcome = outcome
        self._history = history
        self._ask_base = base
        self._sources = sources(outcome.originals)

    def subjects(self) -> Iterator[Subject]:
        found = entries(self._outcome.report)
        grouped: dict[str, list[Entry]] = {}
        for entry in found:
            grouped.setdefault(entry.finding.flow or entry.finding.fingerprint, []).append(entry)
        chosen = [subject for group in grouped.values() if (subject := self._subject(group)) is not None]
        yield from sorted(chosen, key=lambda subject: WORST_FIRST[subject.lead.severity])

    def _subject(self, group: list[Entry]) -> Subject | None:
        flow = group[0].flow
        by_name = {entry.finding.fingerprint: entry for entry in group}
        order = [by_name[name] for name in flow.findings if name in by_name] if flow is not None else group
        lead = _lead(order)
        places = [
            lead.finding.place,
            *(entry.finding.place for entry in reversed(order) if entry is not lead),
        ]
        steps = reversed(flow.trace) if flow is not None else ()
        spots = [self._spot(place) for place in (*places, *(place for place in steps if place not in places))]
        if not any(spot.touched for spot in spots) and not (flow is not None and self._is_brought_in(order)):
            return None
        spots.sort(key=lambda spot: not spot.touched)
        return Subject(lead.finding, flow, lead.reason, frozenset(by_name), tuple(spots))

    def _spot(self, place: Place) -> Spot:
        region = self._region(place)
        touched = self._history.touched(place.path)
        if _LONE_CR.search(self._outcome.originals.get(place.path, b"")):  # git has other lines than we
            return Spot(place.path, 0, -1, tuple(sorted(touched))[:1])
        lines = range(region.line, region.end_line + 1)
        return Spot(place.path, lines[0], lines[-1], tuple(line for line in lines if line in touched))

    def _region(self, place: Place) -> Region:
        return region_of(place, self._sources)

    def _is_brought_in(self, order: list[Entry]) -> bool:
        """Say whether none of some findings, whose lines are all old, was one at the merge base."""
        changed = (*self._history.files, *self._history.deleted)
        return any(map(is_examined, changed)) and not any(self._was_there(entry.finding) for entry in order)

    def _was_there(self, finding: Finding) -> bool:
        before = self._history.old_path(finding.place.path)
        line = self._history.old_line(finding.place.path, self._region(finding.place).line)
        return before is not None and line is not None and (finding.rule, before, line) in self._base

    @cached_property
    def _base(self) -> frozenset[tuple[str, str, int]]:
        """Where at the merge base there was a finding, and of which rule."""
        outcome = self._ask_base()
        known: Mapping[str, Source] = sources(outcome.originals)
        return frozenset(
            (finding.rule, finding.place.path, region_of(finding.place, known).line)
            for finding in outcome.report.findings
        )


def _lead(order: list[Entry]) -> Entry:
    errors = [entry for entry in order if entry.finding.severity is Severity.ERROR]
    return (errors or order)[-1]
