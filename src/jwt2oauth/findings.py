"""The identity of a finding: one fingerprint, without line numbers, for every output.

It is made of the rule, the path, the shape of the site (identifiers and operators, never the text
of a literal: that may be a secret), the definition around it, and an ordinal among equals.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from .model import Confidence, Finding, Place, Severity
from .records import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before it has its fingerprint."""

    rule: str
    place: Place
    message: str
    severity: Severity
    confidence: Confidence
    shape: str
    """The site's identifiers and operators."""
    scope: str
    """The dotted name of the definition around it."""


def identify(drafts: Iterable[Draft]) -> list[Finding]:
    """Give each draft its fingerprint; the order of the drafts is kept."""
    ordered = list(drafts)
    seen: Counter[tuple[str, str, str, str]] = Counter()
    ordinal: dict[int, int] = {}
    for index in sorted(range(len(ordered)), key=lambda i: (ordered[i].place, ordered[i].rule)):
        draft = ordered[index]
        key = (draft.rule, draft.place.path, draft.shape, draft.scope)
        ordinal[index] = seen[key]
        seen[key] += 1
    return [
        Finding(d.rule, d.place, d.message, d.severity, d.confidence, _fingerprint(d, ordinal[i]))
        for i, d in enumerate(ordered)
    ]


def _fingerprint(draft: Draft, ordinal: int) -> str:
    parts = (draft.rule, draft.place.path, draft.shape, draft.scope, str(ordinal))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]
