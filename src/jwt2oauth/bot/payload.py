"""What is sent to a forge, as it is sent; and all of it as one JSON document, where nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..report.machine import dumped
from .anchors import Anchor
from .render import Note, Review


def github_review(notes: Sequence[Note], head: str) -> dict[str, Any]:
    """Give the body of the request that posts comments in GitHub's diff."""
    return {
        "commit_id": head,
        "event": "COMMENT",
        "body": "jwt2oauth has found Adobe’s Service Account (JWT) credential in these lines.",
        "comments": [_comment(note) for note in notes],
    }


def gitlab_discussion(note: Note, refs: Mapping[str, str]) -> dict[str, Any]:
    """Give the body of the request that posts a comment in GitLab's diff; ``refs`` are the three commits."""
    return {"body": note.body, "position": {"position_type": "text", **refs, **_lines(note.anchor)}}


def github(review: Review, head: str) -> bytes:
    """Give what GitHub would get, if nothing of ours were there yet."""
    posted = github_review(review.notes, head) if review.notes else None
    return dumped({"comment": _summary(review), "review": posted})


def gitlab(review: Review, base: str, head: str) -> bytes:
    """Give what GitLab would get, if nothing of ours were there yet."""
    refs = {"base_sha": base, "start_sha": base, "head_sha": head}
    return dumped(
        {"note": _summary(review), "discussions": [gitlab_discussion(note, refs) for note in review.notes]}
    )


def _comment(note: Note) -> dict[str, Any]:
    anchor = note.anchor
    lines: dict[str, Any] = {"line": anchor.line, "side": "RIGHT"}
    if anchor.start < anchor.line:
        lines |= {"start_line": anchor.start, "start_side": "RIGHT"}
    return {"path": anchor.path, "body": note.body, **lines}


def _lines(anchor: Anchor) -> dict[str, Any]:
    old = {} if anchor.old_line is None else {"old_line": anchor.old_line}
    return {"old_path": anchor.old_path, "new_path": anchor.path, "new_line": anchor.line, **old}


def _summary(review: Review) -> dict[str, str] | None:
    return {"body": review.summary} if review.found else None
