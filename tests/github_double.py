"""A double of GitHub: one repository, one pull request, and what GitHub refuses.

Every request is checked against GitHub's own descriptions first (``contract.py``); GraphQL is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import contract
from forge import Answer, Asked, Forge, Repository
from graphql import GraphQLError, GraphQLResolveInfo, graphql_sync

BOT = {"__typename": "Bot", "login": "github-actions"}
LIMIT = 65_536
PATH = "/repos/acme/shop"


@dataclass
class Comment:
    """A comment, in the diff or below it."""

    id: int
    body: str
    author: dict[str, str]
    path: str = ""
    line: int | None = None
    start: int | None = None
    commit: str = ""
    """The newest commit that the lines are known at."""
    resolved: bool = False
    minimized: bool = False
    edits: int = 0

    @property
    def node(self) -> str:
        """What GraphQL calls it."""
        return f"C_{self.id}"

    @property
    def ours(self) -> bool:
        """Did the token's owner write it?"""
        return self.author is BOT

    @property
    def shown(self) -> bool:
        """Is it there to be read, neither resolved nor hidden?"""
        return not self.resolved and not self.minimized


class GitHub(Forge):
    """Pull request 7 of acme/shop."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self.open = True
        self.writable = True
        self.may_resolve = False
        """``contents: write``."""
        self.may_hide = True
        self.reviews: list[str] = []
        self.threads: list[Comment] = []
        """The first comment of each."""
        self.comments: list[Comment] = []
        self._ids = count(5_000_000_000)  # more than GraphQL's Int holds

    @property
    def shown(self) -> list[Comment]:
        """The comments in the diff that a reader meets."""
        return [comment for comment in self.threads if comment.shown]

    def push(self, files: dict[str, str | None]) -> str:
        """Push a commit; comments move along with their lines."""
        old = self.repository.head
        new = self.repository.push(files)
        for comment in self.threads:
            if comment.line is not None:
                moved = [
                    line if line is None else self.repository.moved(comment.path, line, old, new)
                    for line in (comment.start, comment.line)
                ]
                lost = comment.start is not None and moved[0] is None
                comment.start, comment.line = (None, None) if lost else (moved[0], moved[1])
                comment.commit = new
        return new

    def say(self, body: str, **details: Any) -> Comment:
        """Let a person comment."""
        comment = Comment(next(self._ids), body, {"__typename": "User", "login": "mallory"}, **details)
        (self.threads if comment.path else self.comments).append(comment)
        return comment

    def commit_suggestion(self, comment: Comment) -> str:
        """Do what the button does: replace the lines of the comment by the suggestion in it."""
        match = re.search(r"^(`{3,})suggestion\n(.*?)^\1$", comment.body, re.MULTILINE | re.DOTALL)
        assert match is not None, "there is no suggestion"
        assert comment.line is not None, "it is outdated"
        lines = self.repository.read(self.repository.head, comment.path).splitlines(keepends=True)
        start = comment.start or comment.line
        before = "".join(lines[start - 1 : comment.line])
        assert before != match[2], "a suggestion has to change something"
        lines[start - 1 : comment.line] = [match[2]]
        return self.push({comment.path: "".join(lines)})

    # -- the API --------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer ghs_CANARYtoken":
            return Answer(401, {"message": "Bad credentials"})
        if asked.path == "/graphql":
            return self._graphql(asked)
        wrong = contract.violations(asked.method, asked.path, asked.query, asked.body)
        self.wrong += [f"{asked.method} {asked.path}: {each}" for each in wrong]
        if asked.method != "GET" and not self.writable:
            return Answer(403, {"message": "Resource not accessible by integration"})
        match asked.method, asked.path.removeprefix(PATH).strip("/").split("/"):
            case "GET", ["pulls", "7"]:
                state = "open" if self.open else "closed"
                return Answer(200, {"number": 7, "state": state, "head": {"sha": self.repository.head}})
            case "GET", ["pulls", "7", "files"]:
                return paged_files(asked, self)
            case "POST", ["pulls", "7", "reviews"]:
                return self._review(asked.body)
            case "POST", ["issues", "7", "comments"]:
                return self._comment(asked.body)
            case (("PATCH" | "DELETE"), [kind, "comments", number]):
                return self._change(asked, self.threads if kind == "pulls" else self.comments, int(number))
        return Answer(404, {"message": "Not Found"})

    def _review(self, body: dict[str, Any]) -> Answer:
        errors = [error for comment in body.get("comments", []) for error in self._misplaced(comment)]
        if body.get("event") is None:
            errors.append("without an event it stays pending, and nobody sees it")
        if not body.get("body") and body.get("event") == "COMMENT":
            errors.append("body is missing")
        if body.get("commit_id") not in self._commits():
            errors.append("commit_id is not part of the pull request")
        if errors:
            return Answer(422, {"message": "Unprocessable Entity", "errors": errors})
        for each in body.get("comments", []):
            comment = Comment(next(self._ids), each["body"], BOT, each["path"], each["line"])
            comment.start = each.get("start_line")
            comment.commit = body["commit_id"]
            self._follow(comment)
            self.threads.append(comment)
        self.reviews.append(body["body"])
        return Answer(200, {"id": next(self._ids), "state": "COMMENTED"})

    def _follow(self, comment: Comment) -> None:
        """A comment on a commit that is not the newest any more moves along at once."""
        head = self.repository.head
        if comment.commit != head and comment.line is not None:
            comment.line = self.repository.moved(comment.path, comment.line, comment.commit, head)

    def _misplaced(self, comment: dict[str, Any]) -> Iterator[str]:
        if not comment["body"] or len(comment["body"]) > LIMIT:
            yield "body is too long (maximum is 65536 characters)"
        if comment.get("side") != "RIGHT" or "position" in comment:
            yield "this double knows the right side only"
        pieces = self.repository.diff().get(comment["path"], [])
        start, line = comment.get("start_line", comment["line"]), comment["line"]
        holding = [piece for piece in pieces if line in piece.lines]
        if not holding:
            yield "pull_request_review_thread.line must be part of the diff"
        elif not any(start in piece.lines for piece in holding):
            yield "pull_request_review_thread.start_line must be part of the same hunk as the line."
        if "start_line" in comment and not start < line:
            yield "start_line must precede the end line."
        if ("start_line" in comment) != ("start_side" in comment):
            yield "start_side goes with start_line"

    def _comment(self, body: dict[str, Any]) -> Answer:
        if not body["body"] or len(body["body"]) > LIMIT:
            return Answer(422, {"message": "Validation Failed"})
        comment = Comment(next(self._ids), body["body"], BOT)
        self.comments.append(comment)
        return Answer(201, {"id": comment.id})

    def _change(self, asked: Asked, comments: list[Comment], number: int) -> Answer:
        found = next((comment for comment in comments if comment.id == number), None)
        if found is None:
            return Answer(404, {"message": "Not Found"})
        if asked.method == "DELETE":
            comments.remove(found)
            return Answer(204)
        if len(asked.body["body"]) > LIMIT:
            return Answer(422, {"message": "Validation Failed"})
        found.body = asked.body["body"].strip()
        found.edits += 1
        return Answer(200, {"id": found.id})

    def _commits(self) -> set[str]:
        from forge import git

        listed = git(self.repository.root, "rev-list", f"{self.repository.base}..HEAD")
        return set(listed.split("\n"))

    # -- GraphQL ----------------------------------------------------------------------------------------

    def _graphql(self, asked: Asked) -> Answer:
        root = {
            "viewer": {"login": "github-actions[bot]"},
            "repository": self._repository,
            "resolveReviewThread": self._resolve,
            "minimizeComment": self._minimize,
        }
        answer = graphql_sync(
            contract.schema(), asked.body["query"], root, variable_values=asked.body.get("variables")
        )
        errors = []
        for error in answer.errors or []:
            kind = getattr(error.original_error, "kind", "")
            if not kind:
                self.wrong.append(f"GraphQL: {error.message}")
            errors.append({"type": kind or "undefinedField", "message": error.message})
        return Answer(200, {"data": answer.data, **({"errors": errors} if errors else {})})

    def _repository(self, info: GraphQLResolveInfo, *, owner: str, name: str, **_: object) -> Any:
        return {"pullRequest": self._pull} if (owner, name) == ("acme", "shop") else None

    def _pull(self, info: GraphQLResolveInfo, *, number: int) -> Any:
        if number != 7:
            return None
        return {
            "reviewThreads": lambda info, first, after=None, **_: _page(self.threads, first, after, _thread),
            "comments": lambda info, first, after=None, **_: _page(self.comments, first, after, _node),
        }

    def _resolve(self, info: GraphQLResolveInfo, **given: dict[str, str]) -> Any:
        if not (self.may_resolve and self.writable):
            raise _Forbidden("Resource not accessible by integration")
        comment = next(each for each in self.threads if f"T_{each.id}" == given["input"]["threadId"])
        comment.resolved = True
        return {"thread": {"id": given["input"]["threadId"]}}

    def _minimize(self, info: GraphQLResolveInfo, **given: dict[str, str]) -> Any:
        if not (self.may_hide and self.writable):
            raise _Forbidden("Resource not accessible by integration")
        comment = next(
            each for each in [*self.threads, *self.comments] if each.node == given["input"]["subjectId"]
        )
        comment.minimized = True
        return {"clientMutationId": None}


class _Forbidden(GraphQLError):
    kind = "FORBIDDEN"


def _page(rows: list[Comment], first: int, after: str | None, show: Any) -> dict[str, Any]:
    start = int(after) if after else 0
    part = rows[start : start + first]
    end = str(start + len(part)) if part else None
    info = {"hasNextPage": start + first < len(rows), "endCursor": end}
    return {"pageInfo": info, "nodes": [show(comment) for comment in part]}


def _thread(comment: Comment) -> dict[str, Any]:
    return {
        "id": f"T_{comment.id}",
        "isResolved": comment.resolved,
        "isOutdated": comment.line is None,
        "comments": {"nodes": [_node(comment)]},
    }


def _node(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.node,
        "fullDatabaseId": str(comment.id),
        "body": comment.body,
        "isMinimized": comment.minimized,
        "viewerDidAuthor": comment.ours,
        "author": comment.author,
    }


def paged_files(asked: Asked, forge: GitHub) -> Answer:
    """The files of the pull request, each with the text of its pieces."""
    from forge import paged

    renamed = forge.repository.renamed()
    rows = [
        {
            "filename": path,
            "status": "modified",
            "patch": "\n".join(piece.text for piece in pieces),
            **({"previous_filename": renamed[path]} if path in renamed else {}),
        }
        for path, pieces in forge.repository.diff().items()
    ]
    return paged(asked, rows, forge.address)
