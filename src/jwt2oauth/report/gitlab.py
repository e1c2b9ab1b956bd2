"""``--format gitlab``: GitLab's Code Quality report."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Report, Severity
from ..sources import Source, region_of
from .machine import dumped, entries

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, sources: Mapping[str, Source]) -> bytes:
    """Give the findings that no comment marks. GitLab shows no rule, so the description begins with it."""
    return dumped(
        [
            {
                "description": f"{entry.finding.rule}: {entry.message}",
                "check_name": entry.finding.rule,
                "fingerprint": entry.finding.fingerprint,
                "severity": _SEVERITY[entry.finding.severity],
                "location": {
                    "path": entry.finding.place.path,
                    "lines": {"begin": region_of(entry.finding.place, sources).line},
                },
            }
            for entry in entries(report)
        ]
    )
