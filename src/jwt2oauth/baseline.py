"""The baseline: findings that are known, so that only new ones stop a commit.

A line is a finding: its fingerprint, its rule and its path, sorted by path. No line number, no time and
nothing of the code is in it, so it changes only when a finding comes or goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .escape import escape
from .model import Finding
from .records import dataclass

NAME = "jwt2oauth-baseline.txt"
HEAD = "# Findings of jwt2oauth that are known. Written by `jwt2oauth baseline`.\n"
_LINE = re.compile(r"(?P<fingerprint>\S+) (?P<rule>[a-z0-9-]+) (?P<path>.+)")


class BaselineError(ValueError):
    """A line is none of a baseline's; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One finding that is known; ``path`` and ``rule`` are for the reader."""

    path: str
    rule: str
    fingerprint: str


def render(findings: Iterable[Finding]) -> str:
    """Give the baseline of these findings; those that a comment marks are left out: they are known anyway."""
    entries = {
        Entry(escape(each.place.path), each.rule, each.fingerprint)
        for each in findings
        if each.known or not each.suppressed
    }
    return HEAD + "".join(f"{one.fingerprint} {one.rule} {one.path}\n" for one in sorted(entries))


def parse(text: str) -> tuple[Entry, ...]:
    """Read a baseline; raise ``BaselineError`` for a line that is no entry, comment or blank."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is not None:
            entries.append(Entry(match["path"], match["rule"], match["fingerprint"]))
        elif line.strip() and not line.startswith("#"):
            raise BaselineError(f"line {number} is no entry of a baseline")
    return tuple(entries)


def difference(old: Sequence[Entry], new: Sequence[Entry]) -> str:
    """Say in a sentence what a baseline holds now, and what came and went."""
    count = f"{len(new)} finding{'' if len(new) == 1 else 's'} written down as known"
    come, gone = len({*new} - {*old}), len({*old} - {*new})
    return f"{count} ({come} new, {gone} no longer there)." if old and (come or gone) else f"{count}."


def stale(entries: Sequence[Entry], findings: Iterable[Finding]) -> tuple[Entry, ...]:
    """Give the entries that nothing was found for."""
    found = {finding.fingerprint for finding in findings}
    return tuple(sorted(entry for entry in entries if entry.fingerprint not in found))
