"""``--format json``: the contract for programs; see the README for its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..model import VERSION, Finding, Flow, Place, Report, Rewrite, Safety, Skipped, Unfixed


def render(report: Report) -> bytes:
    """Give the report as JSON: ASCII, indented, ending in a newline; same report, same bytes."""
    flows = {flow.id: flow for flow in report.flows}
    reasons = {reason.fingerprint: reason for reason in report.unfixed}
    unfixed = [flow.unfixed for flow in report.flows if flow.unfixed is not None] + list(report.unfixed)
    document = {
        "version": VERSION,
        "findings": [_finding(finding, flows, reasons) for finding in report.findings],
        "flows": [_flow(flow) for flow in report.flows],
        "unfixed": [_unfixed(reason) for reason in unfixed],
        "files": {
            "seen": report.files.seen,
            "clean": report.files.clean,
            "parsed": report.files.parsed,
            "failed": [_skipped(file) for file in report.files.failed],
            "skipped": [_skipped(file) for file in report.files.skipped],
        },
        "written": list(report.written),
        "lost": [_skipped(file) for file in report.lost],
        "stale": list(report.stale),
    }
    return json.dumps(document, indent=2).encode("ascii") + b"\n"


def _finding(finding: Finding, flows: Mapping[str, Flow], reasons: Mapping[str, Unfixed]) -> dict[str, Any]:
    flow = flows.get(finding.flow or "")
    reason = reasons.get(finding.fingerprint) or (flow.unfixed if flow is not None else None)
    return {
        "rule": finding.rule,
        **_place(finding.place),
        "message": finding.message,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        "flow": finding.flow,
        "suppressed": finding.suppressed,
        "known": finding.known,
        "related": [{**_place(place), "note": place.note} for place in finding.related],
        "fix": _fix(flow.rewrite) if flow is not None else None,
        "unfixed": reason.reason if reason is not None else None,
    }


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        "id": flow.id,
        "title": flow.title,
        "findings": list(flow.findings),
        "trace": [{**_place(place), "note": place.note} for place in flow.trace],
        "fix": _fix(flow.rewrite),
        "unfixed": _unfixed(flow.unfixed) if flow.unfixed is not None else None,
    }


def _fix(rewrite: Rewrite | None) -> dict[str, Any] | None:
    if rewrite is None or rewrite.safety is Safety.MANUAL:
        return None
    return {
        "title": rewrite.title,
        "client": rewrite.client,
        "safety": rewrite.safety.word,
        "files": sorted({edit.path for edit in rewrite.edits}),
        "notes": list(rewrite.notes),
        "todo": list(rewrite.todos),
    }


def _unfixed(reason: Unfixed) -> dict[str, Any]:
    return {
        "fingerprint": reason.fingerprint,
        "flow": reason.flow,
        "reason": reason.reason,
        "message": reason.message,
        "next_step": reason.next_step,
        "todo": list(reason.todos),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": place.path,
        **({"cell": place.cell} if place.cell else {}),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _skipped(file: Skipped) -> dict[str, str]:
    return {"path": file.path, "reason": file.reason}
