"""One review, from the question to the answer: look at both sides, write, and print or post."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine import Outcome, Settings, UsageError, catalog, locate, run
from ..escape import escape
from ..history import History, HistoryError, Hunk
from ..model import Progress, Severity
from ..report.github import command
from ..tree.walk import git_prefix
from .anchors import Diff
from .render import GITHUB, GITLAB, Review, Writer
from .subjects import subjects
from .target import Name, Target, link_of

if TYPE_CHECKING:
    from .client import Clock
    from .publish import Host

_KIND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}

Write = Callable[[Diff], Review]


@dataclass(frozen=True, slots=True)
class Seen:
    """A pull request that was looked at."""

    head: str
    base: str
    diff: Diff
    write: Write

    @property
    def review(self) -> Review:
        """What it is told where git's own diff counts."""
        return self.write(self.diff)


@dataclass(frozen=True, slots=True)
class Posted:
    """How posting ended."""

    said: str
    """For people."""
    fallback: bool = False
    """Nothing, or not everything, was posted: the log has to say it."""
    failed: bool = False
    """And that is an error."""


def look(
    paths: Sequence[Path],
    settings: Settings,
    *,
    base: str,
    head: str | None,
    forge: Name,
    environment: Mapping[str, str],
    progress: Progress | None = None,
) -> Seen:
    """Find what a pull request from ``base`` to ``head`` is to be told.

    What counts is the commit ``head``, whatever the work tree holds: a CI may have merged it with its base.
    Raises ``UsageError`` if git does not know the commits.
    """
    root, _ = locate(paths)
    try:
        here = History(root, head or "HEAD")
        if here.base != here.since:
            raise UsageError(f"{head}: the work tree is not based on this commit: check it out")
        history = History(root, base, here.base)
        now = here.undone(_all)
        outcome = run(paths, settings, progress, instead=now)

        def at_base() -> Outcome:
            return run(paths, settings, progress, instead={**now, **history.undone(_all)})

        found = subjects(outcome, history, at_base)
        failed = [file for file in outcome.report.files.failed if file.path in history.files]
    except HistoryError as error:
        raise UsageError(str(error)) from error
    prefix = git_prefix(outcome.root) or ""
    writer = Writer(
        outcome,
        found,
        catalog(),
        style=GITLAB if forge == "gitlab" else GITHUB,
        prefix=prefix,
        head=history.head,
        base=base[:12] if re.fullmatch(r"[0-9a-f]{40,}", base) else base,
        link=link_of(forge, environment, history.head),
        failed=failed,
    )
    return Seen(history.head, history.base, _diff(history, prefix), writer.review)


def payload(seen: Seen, forge: Name) -> bytes:
    """Give, as JSON, what would be posted if nothing of ours were there yet."""
    from . import payload

    if forge == "gitlab":
        return payload.gitlab(seen.review, seen.base, seen.head)
    return payload.github(seen.review, seen.head)


def post(seen: Seen, target: Target, clock: Clock | None = None) -> Posted:
    """Post, and say how it went; the forge's refusals end here."""
    try:
        from .client import Failed, Forbidden
        from .publish import Moved, publish
    except ModuleNotFoundError as error:
        raise UsageError("to post needs httpx: pip install 'jwt2oauth[bot]'") from error
    try:
        done = publish(_host(seen, target, clock), seen.write)
    except Moved as error:
        return Posted(f"Nothing more is posted: {error}.")
    except Forbidden as error:
        why = "the pull request of a fork, for example, has a token that can only read"
        return Posted(f"Nothing is posted: {error} ({why}). It stands here instead.", fallback=True)
    except Failed as error:
        return Posted(
            f"Not everything is posted: {error}. It stands here instead.", fallback=True, failed=True
        )
    comments = f"comments: {done.posted} posted, {done.edited} edited, {done.closed} closed"
    refused = f", {done.refused} not taken (the summary has them)" if done.refused else ""
    return Posted(f"{comments}{refused}; summary: {done.summary}.")


def log(review: Review, environment: Mapping[str, str]) -> str:
    """Give the review for the log of a CI: as annotations, where that is GitHub's."""
    lines = []
    for notice in review.notices:
        if environment.get("GITHUB_ACTIONS"):
            kind = _KIND[notice.severity]
            line = command(kind, notice.text, file=notice.path, line=notice.line, title=notice.title)
        else:
            line = escape(f"{notice.path}:{notice.line}: {notice.text}")
        lines.append(line.encode("utf-8", "replace").decode())
    return "".join(f"{line}\n" for line in lines)


def note_down(review: Review, environment: Mapping[str, str]) -> None:
    """Put the summary on the page of the run, where GitHub has one."""
    file = environment.get("GITHUB_STEP_SUMMARY")
    if not file or not review.found:
        return
    try:
        with open(file, "a", encoding="utf-8", newline="\n") as page:
            page.write(review.summary + "\n")
    except OSError as error:
        raise UsageError(f"GITHUB_STEP_SUMMARY: {file}: {(error.strerror or 'no file').lower()}") from error


def _host(seen: Seen, target: Target, clock: Clock | None) -> Host:
    from .client import Client
    from .client import Clock as RealClock
    from .github import GitHub
    from .gitlab import GitLab

    clock = clock or RealClock()
    if target.forge == "gitlab":
        client = Client(target.api, target.token, {"PRIVATE-TOKEN": target.token}, clock)
        return GitLab(client, target.repository, target.number, seen.head)
    headers = {
        "Authorization": f"Bearer {target.token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    client = Client(target.api, target.token, headers, clock)
    return GitHub(client, target.graphql, target.repository, target.number, seen.head)


def _diff(history: History, prefix: str) -> Diff:
    """Give git's own diff, by paths from the top of the repository."""
    lead = f"{prefix}/" if prefix else ""

    def hunks(path: str) -> Sequence[Hunk]:
        return history.hunks(path.removeprefix(lead)) if path.startswith(lead) else ()

    def old_path(path: str) -> str | None:
        before = history.old_path(path.removeprefix(lead))
        return None if before is None else lead + before

    return Diff(hunks, old_path)


def _all(_: str) -> bool:
    return True
