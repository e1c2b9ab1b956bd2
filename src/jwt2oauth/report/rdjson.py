"""``--format rdjson``: reviewdog's Diagnostic Format. Columns are UTF-8 bytes from 1, the end excluded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Place, Report, Severity, secrets_of
from ..rules.tables import Rules
from ..sources import Source, region_of
from .machine import HOME, Entry, dumped, edits_that_may_be_shown, entries, may_be_shown

_SEVERITY = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}

LINES = 40
"""A suggestion of more is a patch, and better read as one."""


def render(report: Report, rules: Rules, sources: Mapping[str, Source]) -> bytes:
    """Give the findings that no comment marks."""
    return dumped(
        {
            "source": {"name": "jwt2oauth", "url": HOME},
            "diagnostics": [_diagnostic(entry, rules, sources) for entry in entries(report)],
        }
    )


def _diagnostic(entry: Entry, rules: Rules, sources: Mapping[str, Source]) -> dict[str, Any]:
    finding = entry.finding
    diagnostic: dict[str, Any] = {
        "message": entry.message,
        "location": _location(finding.place, sources),
        "severity": _SEVERITY[finding.severity],
        "code": {"value": finding.rule, "url": rules.catalog[finding.rule].link},
    }
    if entry.leads:
        suggestion = _suggestion(entry, sources)
        if suggestion is not None:
            diagnostic["suggestions"] = [suggestion]
            diagnostic["location"]["range"] = suggestion["range"]
    if finding.related:
        diagnostic["related_locations"] = [
            {"message": place.note, "location": _location(place, sources)} for place in finding.related
        ]
    diagnostic["original_output"] = f"{finding.rule} {finding.fingerprint}"
    return diagnostic


def _suggestion(entry: Entry, sources: Mapping[str, Source]) -> dict[str, Any] | None:
    """Give the flow's change as one piece of the finding's own file, if it is that and small."""
    place = entry.finding.place
    edits = edits_that_may_be_shown(entry.flow)
    if place.path not in sources or any(edit.path != place.path for edit in edits):
        return None
    block = sources[place.path].block(edits)
    if (
        block is None
        or block.end_line - block.line >= LINES
        or not block.line <= place.line <= block.end_line
        or not may_be_shown(place.path, block, secrets_of([entry.flow] if entry.flow is not None else []))
    ):
        return None
    return {"range": {"start": {"line": block.line}, "end": {"line": block.end_line}}, "text": block.text}


def _location(place: Place, sources: Mapping[str, Source]) -> dict[str, Any]:
    region = region_of(place, sources)
    ends = {"start": (region.line, region.column), "end": (region.end_line, region.end_column)}
    return {
        "path": place.path,
        "range": {
            name: {"line": line, **({"column": sources[place.path].byte_column(line, at)} if at else {})}
            for name, (line, at) in ends.items()
        },
    }
