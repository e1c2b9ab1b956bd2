"""GitLab: discussions in the diff, and one note of the merge request as the summary.

Source of the rules: GitLab's Discussions API. A comment on an added line names ``new_line`` alone, one on a
line of context both lines; of other lines GitLab takes none. A comment moves along with its line and names
the newest commit, until that line is changed: then it goes on naming the commit that it was made at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote

from ..history import hunks
from .anchors import Diff
from .client import Client, Refused
from .marks import SUMMARY, marked
from .payload import gitlab_discussion
from .publish import Known, Moved, Summary, There, Thread
from .render import Note


@dataclass
class GitLab:
    """One merge request at GitLab."""

    client: Client
    project: str
    """Its number, or its path."""
    number: int
    head: str
    """The commit that was looked at."""

    def check(self) -> None:
        """Raise ``Moved`` unless the merge request is open and where we looked."""
        page = self.client.get(self._request)
        if page["state"] != "opened":
            raise Moved("the merge request is closed")
        if page["sha"] != self.head:
            raise Moved(f"the merge request is at {str(page['sha'])[:12]} by now")

    def diff(self) -> Diff:
        """Give what GitLab shows of the merge request."""
        files = {page["new_path"]: page for page in self.client.pages(f"{self._request}/diffs")}
        return Diff(
            lambda path: tuple(hunks((files.get(path, {}).get("diff") or "").encode("utf-8", "replace"))),
            lambda path: files.get(path, {}).get("old_path", path),
        )

    def known(self) -> Known:
        """Give what there is of ours; what others wrote with our marker in it is not ours."""
        threads: list[Thread] = []
        summaries: list[Summary] = []
        for page in self.client.pages(f"{self._request}/discussions"):
            note = page["notes"][0]
            if note["author"]["id"] != self._us:
                continue
            if SUMMARY in note["body"]:
                summaries.append(Summary(str(note["id"]), note["id"], note["body"]))
            else:
                threads += self._thread(page["id"], note)
        return Known(tuple(threads), tuple(summaries))

    def post(self, notes: Sequence[Note], there: There) -> Sequence[Note]:
        """Post the comments one by one; give those that GitLab does not take."""
        refused = []
        for note in notes:
            try:
                body = gitlab_discussion(note, self._refs)
                self.client.create(f"{self._request}/discussions", body, partial(there, [note]))
            except Refused:
                refused.append(note)
        return refused

    def edit(self, thread: Thread, body: str) -> None:
        """Change the text of a comment."""
        self.client.change("PUT", f"{self._request}/notes/{thread.comment}", {"body": body})

    def close(self, thread: Thread) -> None:
        """Resolve a comment."""
        self.client.change("PUT", f"{self._request}/discussions/{thread.id}", {"resolved": True})

    def remove(self, thread: Thread) -> None:
        """Delete a comment."""
        self.client.change("DELETE", f"{self._request}/notes/{thread.comment}")

    def post_summary(self, body: str, done: Callable[[], bool]) -> None:
        """Post a note."""
        self.client.create(f"{self._request}/notes", {"body": body}, done)

    def edit_summary(self, summary: Summary, body: str) -> None:
        """Change it."""
        self.client.change("PUT", f"{self._request}/notes/{summary.id}", {"body": body})

    def remove_summary(self, summary: Summary) -> None:
        """Delete it."""
        self.client.change("DELETE", f"{self._request}/notes/{summary.id}")

    @property
    def _request(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{self.number}"

    @cached_property
    def _us(self) -> int:
        return int(self.client.get("/user")["id"])

    @cached_property
    def _refs(self) -> dict[str, str]:
        """The three commits that a position names."""
        refs = self.client.get(self._request)["diff_refs"]
        return {name: refs[name] for name in ("base_sha", "start_sha", "head_sha")}

    def _thread(self, name: str, note: Mapping[str, Any]) -> Iterator[Thread]:
        known = marked(note["body"])
        if known is None or not note.get("position"):
            return
        yield Thread(
            id=name,
            comment=str(note["id"]),
            order=note["id"],
            name=known[0],
            body=note["body"],
            open=not note.get("resolved"),
            outdated=note["position"]["head_sha"] != self._refs["head_sha"],
            closed=known[1],
        )
