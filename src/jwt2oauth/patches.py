"""Rewrites as patches: one diff of everything, or one mail for ``git am`` a flow.

No patch shows key material or a secret. A file whose diff would is shown to the reader with those lines
masked, behind a ``#``, and given to git as a binary patch that carries only what is added (``delta.py``).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from email.header import Header
from functools import partial
from pathlib import PurePosixPath

from . import __version__
from .delta import binary_patch
from .edits import masked_diff
from .escape import escape
from .model import Flow, secrets_of
from .records import dataclass
from .redact import Redactor

Files = Mapping[str, tuple[bytes, bytes | None]]
"""Files before and after; None if one goes."""

AUTHOR = "jwt2oauth <jwt2oauth@users.noreply.invalid>"


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes to be shown or written."""

    data: bytes
    masked: tuple[str, ...]
    """Files that a reader sees with masked lines."""
    lost: tuple[str, ...] = ()
    """Those of them whose part does not apply: a line that is new to the file would have to be masked."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The patch of one flow and the name of its file."""

    name: str
    data: bytes
    lost: tuple[str, ...]
    paths: tuple[str, ...]
    """The files that it changes."""


def diff(files: Files, secrets: Iterable[str] = (), *, algorithm: str = "sha1") -> Patch:
    """Give one patch of all files; ``algorithm`` is what the repository names its objects by.

    The ``secrets`` that the code spells are hidden, besides what looks like one.
    """
    redactor = Redactor(
        [(path, data) for path, change in files.items() for data in change if data is not None], secrets
    )
    parts: list[bytes] = []
    masked: list[str] = []
    lost: list[str] = []
    for path, (before, after) in sorted(files.items()):
        part = masked_diff(path, before, after, partial(redactor.lines, path))
        if part.applicable:
            parts.append(part.data)
            continue
        masked.append(path)
        head = part.data.partition(b"--- ")[0]
        hidden = redactor.hidden(path, after) if after is not None else []
        binary = binary_patch(head, before, after, hidden, algorithm=algorithm)
        if binary is None:
            lost.append(path)
            parts.append(part.data)
        else:
            parts += _for_reading(path, part.data), binary
    return Patch(b"".join(parts), tuple(masked), tuple(lost))


def mails(
    flows: Sequence[Flow], changes: Mapping[str, Files], *, algorithm: str = "sha1"
) -> tuple[Mail, ...]:
    """Give a patch for each flow, in the order of ``flows``, each upon the ones before it."""
    secrets = secrets_of(flows)
    patches = [(flow, diff(changes[flow.id], secrets, algorithm=algorithm)) for flow in flows]
    out: list[Mail] = []
    for number, (flow, patch) in enumerate(patches, 1):
        ending = "masked.diff" if patch.lost else "patch"
        name = f"{number:04}-{_slug(_file(flow) or _subject(flow))}.{ending}"
        out.append(Mail(name, _mail(flow, patch, number, len(patches)), patch.lost, tuple(changes[flow.id])))
    return tuple(out)


def _for_reading(path: str, masked: bytes) -> bytes:
    """Give a masked diff as lines that git takes for prose."""
    why = f"Secrets are hidden in {escape(path)}. Git reads the binary patch below, which does this:"
    lines = [why.encode(), b"", *masked.splitlines()[1:]]
    return b"".join((b"# " + line).rstrip() + b"\n" for line in lines)


def message(flow: Flow) -> str:
    """Give the commit message of a flow: why, what, what to check, what comes then."""
    rewrite = flow.rewrite
    assert rewrite is not None, "only rewritten flows have a message"
    why = (
        f"Adobe's Service Account (JWT) credential has ended. {escape(flow.title)} signs an assertion"
        " with a private key and exchanges it for an access token; it now asks for the token with"
        " client_credentials."
    )
    file = PurePosixPath(_file(flow))
    short = file.name if not file.name.startswith("__") else "/".join(file.parts[-2:])
    where = f" ({escape(short)})" if short else ""
    text = "\n\n".join((_subject(flow) + where, _fill(why)))
    for heading, items in (("Check:", rewrite.notes), ("Then:", rewrite.todos)):
        if items:
            text += f"\n\n{heading}\n" + "\n".join(_fill(escape(item), "- ", "  ") for item in items)
    return text + "\n"


def _fill(text: str, first: str = "", further: str = "") -> str:
    return textwrap.fill(
        text,
        72,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _subject(flow: Flow) -> str:
    assert flow.rewrite is not None, "only rewritten flows have a subject"
    return escape(flow.rewrite.title).rstrip(".")


def _file(flow: Flow) -> str:
    """Give the file that a flow is named after; empty if it is named after none."""
    edits = flow.rewrite.edits if flow.rewrite is not None else ()
    paths = {place.path for place in flow.trace} | {edit.path for edit in edits}
    named = [path for path in paths if flow.title == path or flow.title.endswith(f" ({path})")]
    return max(named, key=len, default="")


def _mail(flow: Flow, patch: Patch, number: int, count: int) -> bytes:
    """Lay out what ``git am`` reads; without a date, so that the same flow gives the same bytes."""
    subject, _, body = message(flow).partition("\n\n")
    counted = f"[PATCH {number}/{count}] {' '.join(subject.split())}"
    head = [
        "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001",
        f"From: {AUTHOR}",
        f"Subject: {counted if counted.isascii() else Header(counted, 'utf-8', 998).encode()}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *body.rstrip("\n").split("\n"),
        "---",
        *_notes(patch),
        "",
    ]
    return "\n".join(head).encode() + b"\n" + patch.data + f"-- \njwt2oauth {__version__}\n".encode()


def _notes(patch: Patch) -> list[str]:
    """What stands below the message and is not committed."""
    if not patch.lost:
        return []
    names = ", ".join(escape(path) for path in patch.lost)
    return [f"Secrets are hidden in {names}: this does not apply. Write it with `jwt2oauth fix`."]


def _slug(text: str) -> str:
    """Make a name of it: letters, digits and hyphens; of a long path the end says most."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()
    return words if len(words) <= 60 else words[-60:].partition("-")[2] or words[-60:]
