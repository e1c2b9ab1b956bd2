"""From what is on a pull request to what ought to be: post, edit, close, and never twice.

A comment is known by the fingerprint in its marker, not by its line, so shifted code gets no new one. One
that somebody resolved stays resolved. Two runs at a time may both post; afterwards each looks, and both keep
the same one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from .anchors import NOWHERE, Diff
from .client import Missing
from .marks import as_closed, ticked
from .render import Note, Review


class Moved(Exception):
    """The pull request is closed, or is at another commit than the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment of ours in the diff."""

    id: str
    """What the forge calls the thread."""
    comment: str
    """What it calls the comment."""
    order: int
    """The lower, the older."""
    name: str
    """The fingerprint that it is known by."""
    body: str
    open: bool
    """Neither resolved nor hidden."""
    outdated: bool
    """The line that it stands on has changed since."""
    closed: bool
    """By us, and its text says so."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of ours."""

    id: str
    order: int
    body: str


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of ours on a pull request."""

    threads: tuple[Thread, ...]
    summaries: tuple[Summary, ...]


There = Callable[[Sequence[Note]], bool]
"""Says whether comments are there already, of which nobody knows whether they were posted."""


class Host(Protocol):
    """A forge, as far as one pull request goes."""

    def check(self) -> None:
        """Raise ``Moved`` unless the pull request is open and where we looked."""

    def diff(self) -> Diff:
        """Give what the pull request shows."""

    def known(self) -> Known:
        """Give what there is of ours."""

    def post(self, notes: Sequence[Note], there: There) -> Sequence[Note]:
        """Post comments in the diff; give those that the forge does not take."""

    def edit(self, thread: Thread, body: str) -> None:
        """Change the text of a comment."""

    def close(self, thread: Thread) -> None:
        """Resolve a comment, or hide it, as far as the token may."""

    def remove(self, thread: Thread) -> None:
        """Delete a comment that stands there twice."""

    def post_summary(self, body: str, done: Callable[[], bool]) -> None:
        """Post the summary."""

    def edit_summary(self, summary: Summary, body: str) -> None:
        """Change the text of the summary."""

    def remove_summary(self, summary: Summary) -> None:
        """Delete a summary that stands there twice."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was done."""

    posted: int = 0
    edited: int = 0
    closed: int = 0
    summary: str = "unchanged"
    """``unchanged``, ``posted``, ``edited`` or ``none``."""
    refused: int = 0
    """Comments that the forge did not take; the summary has what they say."""


def publish(host: Host, write: Callable[[Diff], Review]) -> Published:
    """Make a pull request say what the review says; ``write`` gives it for the lines that a diff shows.

    Raises ``Moved`` if that is none of our business any more, ``Failed`` if the forge does not do it.
    """
    host.check()
    review = write(host.diff())
    known = host.known()
    plan = _plan(review, known.threads)
    done = Published()
    if plan.new:
        refused = host.post(plan.new, lambda notes: _is_there(host, notes))
        done = replace(done, posted=len(plan.new) - len(refused), refused=len(refused))
        review = write(NOWHERE) if refused else review
    for thread, body in plan.edited:
        host.edit(thread, body)
    for thread, why in plan.closed:
        body = as_closed(thread.body, why)
        if not _says(thread.body, body):
            host.edit(thread, body)
        if thread.open:
            host.close(thread)
    if done.posted:
        _keep_one_of_each(host, {note.name for note in plan.new})
    summary = _summarise(host, review, known)
    return replace(done, edited=len(plan.edited), closed=len(plan.closed), summary=summary)


@dataclass(frozen=True, slots=True)
class _Plan:
    new: list[Note]
    edited: list[tuple[Thread, str]]
    closed: list[tuple[Thread, str]]


def _plan(review: Review, threads: Sequence[Thread]) -> _Plan:
    """Say what is new, what reads otherwise now, and what does not count any more."""
    plan = _Plan([], [], [])
    counted = [thread for thread in threads if not thread.closed]
    plan.closed.extend(
        (thread, "No longer in this pull request.") for thread in counted if thread.name not in review.names
    )
    for note in review.notes:
        ours = [thread for thread in counted if thread.name in note.names]
        if any(not thread.open for thread in ours):
            continue  # somebody has resolved it
        standing = [thread for thread in ours if not thread.outdated]
        if not standing:
            plan.closed.extend(
                (thread, "The code here has changed: see the newer comment.") for thread in ours
            )
            plan.new.append(note)
        elif not _says(standing[0].body, body := ticked(note.body, standing[0].body)):
            plan.edited.append((standing[0], body))
    return plan


def _is_there(host: Host, notes: Sequence[Note]) -> bool:
    """Look whether comments that may not have been posted are there."""
    names = {note.name for note in notes}
    return any(
        thread.open and not thread.outdated and thread.name in names for thread in host.known().threads
    )


def _keep_one_of_each(host: Host, names: set[str]) -> None:
    """Remove what another run has posted at the same time; each run that looks keeps the same one."""
    kept: set[str] = set()
    threads = [thread for thread in host.known().threads if thread.open and not thread.closed]
    for thread in sorted(threads, key=lambda thread: (thread.outdated, thread.order)):
        if thread.name in names and thread.name in kept:
            _gone(partial(host.remove, thread))
        kept.add(thread.name)


def _summarise(host: Host, review: Review, known: Known) -> str:
    """Post or edit the one summary; where there is nothing to say and nothing was said, say nothing."""
    host.check()
    if known.summaries:
        return "edited" if _keep_one(host, known.summaries, review.summary) else "unchanged"
    if not review.found:
        return "none"
    host.post_summary(review.summary, lambda: bool(host.known().summaries))
    _keep_one(host, host.known().summaries, review.summary)
    return "posted"


def _keep_one(host: Host, summaries: Sequence[Summary], body: str) -> bool:
    """Keep the oldest summary, and say whether it had to be changed."""
    ordered = sorted(summaries, key=lambda summary: summary.order)
    for summary in ordered[1:]:
        _gone(partial(host.remove_summary, summary))
    if not ordered:
        return False
    body = ticked(body, ordered[0].body)
    if _says(ordered[0].body, body):
        return False
    host.edit_summary(ordered[0], body)
    return True


def _says(body: str, wanted: str) -> bool:
    """Compare texts as a forge keeps them: with other line ends, without blanks at either end."""
    return body.replace("\r\n", "\n").strip() == wanted.replace("\r\n", "\n").strip()


def _gone(remove: Callable[[], None]) -> None:
    """Remove something that another run may have removed already."""
    with contextlib.suppress(Missing):
        remove()
