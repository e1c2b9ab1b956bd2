"""The nouns of jwt2oauth: small frozen values that every room shares.

Nothing here holds a syntax node or a secret, and the only text of a file is that of a ``FileDiff``, which
is masked; everything can be pickled, compared and sorted. Positions are code points of the decoded text
(a byte order mark not counted); lines and columns count from 1.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import field
from typing import NamedTuple

from .records import dataclass

Progress = Callable[[str, int, int, str], None]
"""Told the stage, how much of it is done, of how much (0: nobody knows), and what it is at."""

VERSION = 1
"""Version of the JSON contract (``--format json``)."""


class Severity(enum.StrEnum):
    """How bad a finding is if it is true."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Confidence(enum.StrEnum):
    """How sure we are that a finding is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Safety(enum.IntEnum):
    """How far a rewrite may be trusted; ordered, so that "at least REVIEW" is one comparison."""

    MANUAL = 0
    """Not written: a person has to do it, and the reason says why."""
    REVIEW = 1
    """Complete and proved, but it changes how the program authenticates: read it first."""
    SAFE = 2
    """Nothing that runs can notice the difference (an import that nothing uses any more)."""

    @property
    def word(self) -> str:
        """The name in reports: ``manual``, ``review`` or ``safe``."""
        return self.name.lower()


class Span(NamedTuple):
    """A half-open range of code points in the decoded text of one file."""

    start: int
    end: int

    def holds(self, inner: Span) -> bool:
        """Tell whether ``inner`` lies in it, or is the same."""
        return self.start <= inner.start and inner.end <= self.end


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of one file in the words of a person: path relative to the root, line and column."""

    path: str
    cell: int = field(default=0, kw_only=True)
    """In a notebook the number of the cell, from 1, in which the lines are counted."""
    line: int
    column: int
    end_line: int
    end_column: int
    span: Span
    note: str = ""
    """What happens there, in a few words; never text of the customer."""

    @property
    def label(self) -> str:
        """``path:line``, or ``path:cell 3:line`` in a notebook."""
        return self.label_of(self.path, self.cell, self.line)

    @staticmethod
    def label_of(path: str, cell: int, line: int) -> str:
        """Give the label of a line; ``cell`` is 0 outside of notebooks."""
        return f"{path}:cell {cell}:{line}" if cell else f"{path}:{line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the JWT credential is used."""

    rule: str
    place: Place
    message: str
    severity: Severity
    confidence: Confidence
    fingerprint: str
    """Stable under shifted lines: see ``findings.py``."""
    flow: str | None = None
    """``Flow.id`` of the flow that it takes part in."""
    related: tuple[Place, ...] = ()
    suppressed: bool = False
    """A comment or the baseline says that it is known: it does not count."""
    known: bool = False
    """It is the baseline that says so."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``span`` of ``path`` by ``text``; an empty span inserts."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """All edits of one flow: every one of them or none."""

    flow: str
    title: str
    """A verb phrase: "Get the token with client_credentials through Authlib"."""
    client: str
    """What sends the request afterwards: ``authlib``, ``keep`` (the HTTP client that did), ``sdk``."""
    safety: Safety
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()
    """For the reviewer: what is worth checking, most important first."""
    todos: tuple[str, ...] = ()
    """For a person: what no patch can do (the console, secrets, deployment)."""
    unread: tuple[str, ...] = ()
    """Variables of the environment and telling keys of the configuration that nothing reads any more."""
    resting: tuple[tuple[str, str], ...] = ()
    """Settings that stay although no flow needs them, each with its file, unless its name says enough."""
    deleted: tuple[str, ...] = ()
    """Modules of which the edits leave nothing, and which nothing imports: the files go."""
    last: tuple[Edit, ...] = ()
    """Those of the edits that hold only after the flows before this one: what no code imports any more."""
    last_notes: tuple[str, ...] = ()
    """Those of the notes that speak of them."""
    instead: tuple[Edit, ...] = ()
    """Edits of the flows that it needs which it makes in its own way, with more."""
    secrets: tuple[str, ...] = ()
    """Client secrets that the code spells: nothing of them may be shown."""


@dataclass(frozen=True, slots=True)
class Joint:
    """What only several flows needed: it goes when all of them are rewritten, with the last."""

    flows: tuple[str, ...]
    """Their ids."""
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()
    todos: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """What nothing reads any more then, as in ``Rewrite``."""


@dataclass(frozen=True, slots=True)
class Unfixed:
    """A flow or a lone finding that was left alone, and why."""

    fingerprint: str
    """Of the finding at which the reason applies."""
    reason: str
    """One of the codes in ``rules/catalog/unfixed.toml``."""
    message: str
    """One sentence: why, in the customer's terms, with the place."""
    next_step: str
    """One sentence: what a person does instead."""
    flow: str | None = None
    todos: tuple[str, ...] = ()
    """What has to change beside it: files that no program reads."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One use of one credential, from the private key to the token's expiry, across files."""

    id: str
    """``flow-`` and eight hex digits, derived from its fingerprints."""
    title: str
    """Where it lives, for people: ``get_token (auth/ims.py)``."""
    findings: tuple[str, ...]
    """Fingerprints, in the order of the trace."""
    trace: tuple[Place, ...]
    """From the key to the token; each place's ``note`` says what happens there."""
    rewrite: Rewrite | None = None
    unfixed: Unfixed | None = None
    keys: tuple[str, ...] = ()
    """Files of the tree that hold its private key."""
    read_from: tuple[str, ...] = ()
    """The paths that its private key is read from, as far as the code says them; they need not be there."""
    variables: tuple[str, ...] = ()
    """Those of the environment that only its JWT credential needs."""
    still_read: tuple[str, ...] = ()
    """Where its rewrite leaves code that reads the private key, for something else."""
    needs: tuple[str, ...] = ()
    """The ids of the flows that must be rewritten first for its rewrite to hold."""
    otherwise: Rewrite | Unfixed | None = None
    """What becomes of it where one of them is left alone."""


def secrets_of(flows: Iterable[Flow]) -> set[str]:
    """Give the secrets that the code of some flows spells, which nothing may show."""
    return {secret for flow in flows if flow.rewrite is not None for secret in flow.rewrite.secrets}


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that change, and those around them, as they may be shown."""

    before: int
    """The number of its first line before the change, from 1."""
    after: int
    """The number of its first line after the change."""
    lines: tuple[tuple[str, str], ...]
    """Each a sign (a blank, ``-`` or ``+``) and the text with its line ending; what goes stands first."""
    cell: int = 0
    """In a notebook the number of the cell, from 1, in which the lines are counted."""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a rewrite changes in one file, as it may be shown: keys and secrets are masked."""

    path: str
    hunks: tuple[Hunk, ...]
    masked: bool
    """Whether a line of it hides something."""


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A file that was looked past or could not be examined, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Files:
    """What was examined; ``seen`` = ``clean`` + ``parsed`` + ``len(failed)`` + ``len(skipped)``."""

    seen: int = 0
    clean: int = 0
    """Read, and without any needle of the rules."""
    parsed: int = 0
    failed: tuple[Skipped, ...] = ()
    """Could not be read or parsed: they make the exit code 1."""
    skipped: tuple[Skipped, ...] = ()
    """Passed over on purpose (a link out of the root, a binary file)."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run found; sorted, so that the same input gives the same bytes."""

    findings: tuple[Finding, ...]
    flows: tuple[Flow, ...]
    unfixed: tuple[Unfixed, ...]
    """Findings outside any flow that were left alone."""
    files: Files
    written: tuple[str, ...] = ()
    """Paths that ``fix`` replaced, or would replace under ``--diff``."""
    lost: tuple[Skipped, ...] = ()
    """Flows that could not be written (a read-only file, a full disk), by path."""
    stale: tuple[str, ...] = ()
    """Entries of the baseline that nothing was found for: path, rule and fingerprint."""
