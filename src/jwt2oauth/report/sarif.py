"""``--format sarif``: SARIF 2.1.0, as GitHub's code scanning wants it.

Source of what it wants: GitHub's "SARIF support for code scanning". Suppressed findings are left out, because
GitHub shows them. The primary region is one line, because a pull request shows an alert only if all its lines
are part of the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import __version__
from ..escape import escape
from ..model import Confidence, Edit, Place, Report, Severity
from ..rules.tables import Rule, Rules
from ..sources import Region, Source, region_of
from .machine import HOME, WORST_FIRST, Entry, dumped, edits_that_may_be_shown, entries, uri

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RESULTS, LOCATIONS, STEPS, TEXT = 5_000, 100, 1_000, 1_024
"""What GitHub shows of results a run, related locations a result, steps of a trace, characters of a text."""
_SCORE = {Severity.ERROR: "8.0", Severity.WARNING: "5.0", Severity.NOTE: "2.0"}
"""``security-severity``: high, medium, low."""

Object = dict[str, Any]


def render(report: Report, rules: Rules, sources: Mapping[str, Source]) -> bytes:
    """Give the report as one run; what exceeds GitHub's limits is cut, the worst kept, and said."""
    found = entries(report)
    kept = sorted(found, key=lambda entry: WORST_FIRST[entry.finding.severity])[:RESULTS]
    catalog = list(rules.catalog.values())
    order = {rule.id: number for number, rule in enumerate(catalog)}
    notifications = [*_failures(report)]
    if len(kept) < len(found):
        text = f"{len(found) - len(kept)} of {len(found)} findings are left out: GitHub shows {RESULTS}."
        notifications.append({"level": "warning", "message": {"text": text}})
    run = {
        "tool": {
            "driver": {
                "name": "jwt2oauth",
                "informationUri": HOME,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in catalog],
            }
        },
        "automationDetails": {"id": "jwt2oauth/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": [_result(entry, order[entry.finding.rule], sources) for entry in kept],
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> Object:
    markdown = f"{rule.why.strip()}\n\n**What to do**\n\n{rule.fix.strip()}\n"
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title[:TEXT]},
        "fullDescription": {"text": rule.summary[:TEXT]},
        "helpUri": rule.link,
        "help": {"text": f"{rule.summary} {rule.link}", "markdown": markdown},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "tags": ["security", "adobe", "migration"],
            "precision": rule.confidence.value,
            "problem.severity": _problem(rule.severity),
            "security-severity": _SCORE[rule.severity],
        },
    }


def _problem(severity: Severity) -> str:
    return "recommendation" if severity is Severity.NOTE else severity.value


def _result(entry: Entry, index: int, sources: Mapping[str, Source]) -> Object:
    finding = entry.finding
    source = sources.get(finding.place.path)
    region = _region(finding.place, source, one_line=True)
    result: Object = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity.value,
        "rank": {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}[finding.confidence],
        "message": {"text": _unlinked(entry.message)},
        "locations": [_location(finding.place, region)],
        "partialFingerprints": {
            "primaryLocationLineHash": source.line_hash(region["startLine"]) if source is not None else "",
            "jwt2oauth/v1": finding.fingerprint,
        },
    }
    if source is None:
        del result["partialFingerprints"]["primaryLocationLineHash"]
    related = [
        _location(place, _region(place, sources.get(place.path))) | {"id": number, **_said(place)}
        for number, place in enumerate(finding.related[:LOCATIONS], 1)
    ]
    if related:
        result["relatedLocations"] = related
    if entry.flow is not None and len(entry.flow.trace) > 1:
        result["codeFlows"] = [{"threadFlows": [{"locations": [*_steps(entry.flow.trace, sources)]}]}]
    if entry.leads and entry.flow is not None and entry.flow.rewrite is not None:
        changes = _changes(edits_that_may_be_shown(entry.flow), sources)
        if changes:
            result["fixes"] = [
                {"description": {"text": entry.flow.rewrite.title}, "artifactChanges": changes}
            ]
    return result


def _steps(trace: Sequence[Place], sources: Mapping[str, Source]) -> Iterator[Object]:
    for place in trace[:STEPS]:
        yield {"location": _location(place, _region(place, sources.get(place.path))) | _said(place)}


def _said(place: Place) -> Object:
    return {"message": {"text": _unlinked(escape(place.note))}} if place.note else {}


def _unlinked(text: str) -> str:
    """Give a text in which nothing is a link: SARIF has them as Markdown has."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _location(place: Place, region: Object) -> Object:
    artifact = {"uri": uri(place.path), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _region(place: Place, source: Source | None, *, one_line: bool = False) -> Object:
    """Give a region; whole lines where columns say nothing; the first line only, where that is asked for."""
    known = {place.path: source} if source is not None else {}
    region = region_of(place, known)
    if one_line and source is not None and region.end_line > region.line:
        end = len(source.lines[region.line - 1]) + 1
        region = Region(region.line, region.column, region.line, max(end, region.column + 1))
    return _as_object(region)


def _as_object(region: Region) -> Object:
    if not region.column:
        return {"startLine": region.line, "endLine": region.end_line}
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


def _changes(edits: Sequence[Edit], sources: Mapping[str, Source]) -> list[Object]:
    """Give the edits file by file, all of them or none."""
    files: dict[str, list[Object]] = {}
    for edit in edits:
        source = sources.get(edit.path)
        region = source.edited(edit) if source is not None else None
        if region is None:
            return []
        replacement: Object = {"deletedRegion": _as_object(region), "insertedContent": {"text": edit.text}}
        files.setdefault(edit.path, []).append(replacement)
    return [
        {"artifactLocation": {"uri": uri(path), "uriBaseId": "%SRCROOT%"}, "replacements": replacements}
        for path, replacements in sorted(files.items())
    ]


def _failures(report: Report) -> Iterator[Object]:
    for file in report.files.failed:
        artifact = {"uri": uri(file.path), "uriBaseId": "%SRCROOT%"}
        yield {
            "level": "error",
            "message": {"text": f"The file could not be examined: {file.reason}."},
            "locations": [{"physicalLocation": {"artifactLocation": artifact}}],
        }
