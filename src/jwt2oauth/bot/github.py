"""GitHub: a review with comments in the diff, and one comment of the pull request as the summary.

Source of the rules: GitHub's REST and GraphQL references. ``start_line`` and ``line`` must lie in one hunk,
else the whole review is refused. Threads are resolved through GraphQL alone, which asks for the permission
``contents: write`` (github/gh-aw#35726); a token without it may still hide a comment, and in any case change
its text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..history import hunks
from .anchors import Diff
from .client import Client, Failed, Forbidden, Refused, TooFast
from .marks import SUMMARY, marked
from .payload import github_review
from .publish import Known, Moved, Summary, There, Thread
from .render import Note

_OURS = """
query($owner: String!, $name: String!, $number: Int!, $threads: String, $comments: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $threads) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated
          comments(first: 1) {
            nodes { id fullDatabaseId body isMinimized viewerDidAuthor author { __typename login } }
          }
        }
      }
      comments(first: 100, after: $comments) {
        pageInfo { hasNextPage endCursor }
        nodes { id fullDatabaseId body viewerDidAuthor author { __typename login } }
      }
    }
  }
}
"""
_RESOLVE = """
mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { id } } }
"""
_HIDE = """
mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }
"""
_PAGES = 100


@dataclass(slots=True)
class GitHub:
    """One pull request at GitHub."""

    client: Client
    graphql: str
    repository: str
    """``owner/name``."""
    number: int
    head: str
    """The commit that was looked at."""
    _nodes: dict[str, str] = field(default_factory=dict, init=False)
    """What GraphQL calls the comments."""

    def check(self) -> None:
        """Raise ``Moved`` unless the pull request is open and where we looked."""
        page = self.client.get(self._pull())
        if page["state"] != "open":
            raise Moved("the pull request is closed")
        if page["head"]["sha"] != self.head:
            raise Moved(f"the pull request is at {page['head']['sha'][:12]} by now")

    def diff(self) -> Diff:
        """Give what GitHub shows of the pull request; of a file that is too large it shows nothing."""
        files = {page["filename"]: page for page in self.client.pages(f"{self._pull()}/files")}
        return Diff(
            lambda path: tuple(hunks(files.get(path, {}).get("patch", "").encode("utf-8", "replace"))),
            lambda path: files.get(path, {}).get("previous_filename", path),
        )

    def known(self) -> Known:
        """Give what there is of ours; what others wrote with our marker in it is not ours."""
        threads: list[Thread] = []
        summaries: list[Summary] = []
        for us, page in self._pages():
            for node in page["reviewThreads"]["nodes"]:
                threads += self._thread(node, us)
            summaries += [
                Summary(node["fullDatabaseId"], int(node["fullDatabaseId"]), node["body"])
                for node in page["comments"]["nodes"]
                if SUMMARY in node["body"] and _is_by(node, us)
            ]
        return Known(tuple(threads), tuple(summaries))

    def post(self, notes: Sequence[Note], there: There) -> Sequence[Note]:
        """Post one review with all comments: it is taken as a whole, or not at all."""
        try:
            self.client.create(
                f"{self._pull()}/reviews", github_review(notes, self.head), lambda: there(notes)
            )
        except Refused:
            return notes
        return ()

    def edit(self, thread: Thread, body: str) -> None:
        """Change the text of a comment."""
        self.client.change(
            "PATCH", f"/repos/{self.repository}/pulls/comments/{thread.comment}", {"body": body}
        )

    def close(self, thread: Thread) -> None:
        """Resolve the thread; where the token may not, hide the comment."""
        for query, name in ((_RESOLVE, thread.id), (_HIDE, self._nodes[thread.comment])):
            with contextlib.suppress(Forbidden):
                self._ask(query, {"id": name}, changes=True)
                return

    def remove(self, thread: Thread) -> None:
        """Delete a comment."""
        self.client.change("DELETE", f"/repos/{self.repository}/pulls/comments/{thread.comment}")

    def post_summary(self, body: str, done: Callable[[], bool]) -> None:
        """Post a comment of the pull request, which to GitHub is an issue."""
        self.client.create(f"/repos/{self.repository}/issues/{self.number}/comments", {"body": body}, done)

    def edit_summary(self, summary: Summary, body: str) -> None:
        """Change it."""
        self.client.change("PATCH", f"/repos/{self.repository}/issues/comments/{summary.id}", {"body": body})

    def remove_summary(self, summary: Summary) -> None:
        """Delete it."""
        self.client.change("DELETE", f"/repos/{self.repository}/issues/comments/{summary.id}")

    def _pull(self) -> str:
        return f"/repos/{self.repository}/pulls/{self.number}"

    def _thread(self, node: Mapping[str, Any], us: str) -> Iterator[Thread]:
        for comment in node["comments"]["nodes"]:
            known = marked(comment["body"])
            if known is None or not _is_by(comment, us):
                continue
            number = comment["fullDatabaseId"]
            self._nodes[number] = comment["id"]
            yield Thread(
                id=node["id"],
                comment=number,
                order=int(number),
                name=known[0],
                body=comment["body"],
                open=not node["isResolved"] and not comment["isMinimized"],
                outdated=node["isOutdated"],
                closed=known[1],
            )

    def _pages(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Read threads and comments side by side, page by page; also give our own name."""
        owner, _, name = self.repository.partition("/")
        after: dict[str, str | None] = {"threads": None, "comments": None}
        for _ in range(_PAGES):
            data = self._ask(
                _OURS, {"owner": owner, "name": name, "number": self.number, **after}, changes=False
            )
            page = (data["repository"] or {}).get("pullRequest")
            if page is None:
                raise Failed("there is no such pull request, or the token may not see it")
            lists = {"threads": page["reviewThreads"], "comments": page["comments"]}
            yield data["viewer"]["login"], page
            after = {key: each["pageInfo"]["endCursor"] or after[key] for key, each in lists.items()}
            if not any(each["pageInfo"]["hasNextPage"] for each in lists.values()):
                return

    def _ask(self, query: str, variables: Mapping[str, Any], *, changes: bool) -> Any:
        """Ask GraphQL, which reports its errors with a friendly face."""
        page = self.client.ask(self.graphql, {"query": query, "variables": variables}, changes=changes)
        errors = page.get("errors") or []
        kinds = {error.get("type", "") for error in errors}
        if "FORBIDDEN" in kinds or "INSUFFICIENT_SCOPES" in kinds:
            raise Forbidden("the token may not do that")
        if "RATE_LIMITED" in kinds:
            raise TooFast("the rate limit of GitHub's GraphQL is used up")
        if errors:
            raise Failed(
                f"GitHub's GraphQL answers with {', '.join(sorted(filter(None, kinds))) or 'an error'}"
            )
        return page["data"]


def _is_by(comment: Mapping[str, Any], us: str) -> bool:
    """Say whether a comment is ours: what GitHub says, or, of an app, the name of its bot."""
    author = comment["author"] or {}
    is_bot = author.get("__typename") == "Bot" and us.endswith("[bot]")
    return bool(comment["viewerDidAuthor"]) or (is_bot and author["login"] == us.removesuffix("[bot]"))
