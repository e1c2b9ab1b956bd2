"""A double of GitLab: one project, one merge request, and what GitLab refuses.

Source of the rules: GitLab's pages on the Discussions, Notes and Merge requests APIs; a position that is not
on a line of the diff is answered with 400, ``line_code`` is the field that it complains about.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from forge import Answer, Asked, Forge, Repository, git, paged

BOT, MALLORY = 4, 5
PATH = "/api/v4/projects/42/merge_requests/7"
_POSITION = {
    "position_type", "base_sha", "start_sha", "head_sha", "old_path", "new_path", "new_line", "old_line",
}  # fmt: skip


@dataclass
class Talk:
    """A discussion: its first note, with a position if it is about a line."""

    id: int
    body: str
    author: int
    position: dict[str, Any] | None = None
    resolved: bool = False
    edits: int = 0

    def page(self) -> dict[str, Any]:
        """What the API gives."""
        note = {
            "id": self.id,
            "type": "DiffNote" if self.position else None,
            "body": self.body,
            "author": {"id": self.author, "username": f"user{self.author}"},
            "resolvable": self.position is not None,
            **({"position": self.position, "resolved": self.resolved} if self.position else {}),
        }
        return {"id": f"{self.id:040x}", "individual_note": self.position is None, "notes": [note]}


class GitLab(Forge):
    """Merge request 7 of project 42."""

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self.talks: list[Talk] = []
        self.writable = True
        self._ids = count(300)

    @property
    def threads(self) -> list[Talk]:
        """The comments in the diff."""
        return [talk for talk in self.talks if talk.position is not None]

    @property
    def notes(self) -> list[Talk]:
        """The comments below it."""
        return [talk for talk in self.talks if talk.position is None]

    @property
    def refs(self) -> dict[str, str]:
        """The three commits that positions name."""
        base = git(self.repository.root, "merge-base", self.repository.base, "HEAD")
        return {"base_sha": base, "start_sha": base, "head_sha": self.repository.head}

    def push(self, files: dict[str, str | None]) -> None:
        """Push a commit; positions move along with their lines, and stay behind where those were changed."""
        old = self.repository.head
        self.repository.push(files)
        for talk in self.threads:
            assert talk.position is not None
            if talk.position["head_sha"] == old:
                line = self.repository.moved(
                    talk.position["new_path"], talk.position["new_line"], old, self.repository.head
                )
                if line is not None:
                    talk.position |= {**self.refs, "new_line": line}

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("private-token") != "glpat-CANARYtoken":
            return Answer(401, {"message": "401 Unauthorized"})
        if asked.method != "GET" and not self.writable:
            return Answer(403, {"error": "insufficient_scope"})
        if asked.path == "/api/v4/user":
            return Answer(200, {"id": BOT})
        match asked.method, asked.path.removeprefix(PATH).strip("/").split("/"):
            case "GET", [""]:
                sha = self.repository.head
                return Answer(200, {"iid": 7, "state": "opened", "sha": sha, "diff_refs": self.refs})
            case "GET", ["diffs"]:
                return paged(asked, self._diffs(), self.address)
            case "GET", ["discussions"]:
                return paged(asked, [talk.page() for talk in self.talks], self.address)
            case "POST", ["discussions"]:
                return self._discuss(asked.body)
            case "POST", ["notes"]:
                self.talks.append(Talk(next(self._ids), asked.body["body"], BOT))
                return Answer(201, {"id": self.talks[-1].id})
            case (("PUT" | "DELETE"), ["notes", number]):
                return self._change(asked, int(number))
            case "PUT", ["discussions", name]:
                return self._resolve(asked, int(name, 16))
        return Answer(404, {"message": "404 Not Found"})

    def _diffs(self) -> list[dict[str, Any]]:
        renamed = self.repository.renamed()
        return [
            {
                "old_path": renamed.get(path, path),
                "new_path": path,
                "diff": "\n".join(piece.text for piece in pieces) + "\n",
                "renamed_file": path in renamed,
            }
            for path, pieces in self.repository.diff().items()
        ]

    def _discuss(self, body: dict[str, Any]) -> Answer:
        position = body.get("position", {})
        lines = {
            line: old
            for piece in self.repository.diff().get(position.get("new_path"), [])
            for line, old in piece.lines.items()
        }
        new, old = position.get("new_line"), position.get("old_line")
        renamed = self.repository.renamed().get(position.get("new_path"), position.get("new_path"))
        if (
            position.get("position_type") != "text"
            or {name: position.get(name) for name in self.refs} != self.refs
            or position.keys() - _POSITION
            or position.get("old_path") != renamed
            or new not in lines
            or lines[new] != old
        ):
            return Answer(400, {"message": '400 Bad request - Note {:line_code=>["can\'t be blank"]}'})
        self.talks.append(Talk(next(self._ids), body["body"], BOT, dict(position)))
        return Answer(201, self.talks[-1].page())

    def _change(self, asked: Asked, number: int) -> Answer:
        talk = next((talk for talk in self.talks if talk.id == number), None)
        if talk is None:
            return Answer(404, {"message": "404 Not Found"})
        if asked.method == "DELETE":
            self.talks.remove(talk)
            return Answer(204)
        talk.body = asked.body["body"]
        talk.edits += 1
        return Answer(200, {"id": talk.id})

    def _resolve(self, asked: Asked, number: int) -> Answer:
        talk = next(talk for talk in self.threads if talk.id == number)
        talk.resolved = asked.body["resolved"]
        return Answer(200, talk.page())
