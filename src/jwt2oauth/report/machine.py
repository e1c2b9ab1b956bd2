"""What the formats for other programs share: which findings they carry, and words for flows and paths."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..escape import escape
from ..model import Edit, Finding, Flow, Report, Safety, Severity, Unfixed
from ..records import dataclass
from ..redact import Redactor
from ..sources import Block

WORST_FIRST = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
HOME = "https://github.com/jwt2oauth/jwt2oauth"


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding that counts, with what is known of its repair."""

    finding: Finding
    flow: Flow | None
    reason: Unfixed | None

    @property
    def leads(self) -> bool:
        """Is it the one finding of its flow that carries the fix: the last, where the token is asked for?"""
        return self.flow is not None and self.finding.fingerprint == self.flow.findings[-1]

    @property
    def message(self) -> str:
        """What was found, and what mends it; where nothing does, why, and what to do instead.

        Whoever reads it may print it to a terminal.
        """
        return escape(self._message)

    @property
    def _message(self) -> str:
        if self.reason is not None:
            return f"{self.finding.message} {self.reason.message} {self.reason.next_step}"
        rewrite = self.flow.rewrite if self.flow is not None else None
        if rewrite is not None and rewrite.safety > Safety.MANUAL:
            mine = any(edit.path == self.finding.place.path for edit in rewrite.edits)
            return f"{self.finding.message} jwt2oauth fix rewrites {'it' if mine else 'what needs it'}."
        return self.finding.message


def entries(report: Report) -> list[Entry]:
    """Give the findings that no comment marks, in the order of the report."""
    flows = {flow.id: flow for flow in report.flows}
    reasons = {reason.fingerprint: reason for reason in report.unfixed}
    found = []
    for finding in report.findings:
        if not finding.suppressed:
            flow = flows.get(finding.flow or "")
            reason = reasons.get(finding.fingerprint) or (flow.unfixed if flow is not None else None)
            found.append(Entry(finding, flow, reason))
    return found


def edits_that_may_be_shown(flow: Flow | None) -> Sequence[Edit]:
    """Give all edits of a flow's rewrite, or none: if there is none, or if one of them holds a secret."""
    rewrite = flow.rewrite if flow is not None else None
    if rewrite is None or rewrite.safety is Safety.MANUAL:
        return ()
    files = ((edit.path, edit.text.encode("utf-8", "surrogatepass")) for edit in rewrite.edits)
    redactor = Redactor(files, rewrite.secrets)
    for edit in rewrite.edits:
        data = edit.text.encode("utf-8", "surrogatepass")
        if b"".join(redactor.lines(edit.path, data)) != data:
            return ()
    return rewrite.edits


def may_be_shown(path: str, block: Block, secrets: Iterable[str]) -> bool:
    """Say whether whole lines hold none of the ``secrets`` and nothing that looks like one.

    Those of a block that no edit changes may hold one.
    """
    before, text, after = (
        part.encode("utf-8", "surrogatepass") for part in (block.before, block.text, block.after)
    )
    whole = before + text + after
    start, end = len(before), len(before) + len(text)
    hidden = Redactor([(path, whole)], secrets).hidden(path, whole)
    return all(last <= start or end <= first for first, last in hidden)


def uri(path: str) -> str:
    """Give a relative path as a URI reference: percent-encoded UTF-8, with forward slashes."""
    kept = b"/-._~"
    data = path.encode("utf-8", "surrogateescape")
    return "".join(
        chr(byte) if byte < 128 and (chr(byte).isalnum() or byte in kept) else f"%{byte:02X}" for byte in data
    )


def dumped(document: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Give JSON: ASCII, indented, ending in a newline; same document, same bytes."""
    return json.dumps(document, indent=2).encode("ascii") + b"\n"
