"""What the doubles of the forges share: a repository that is pushed to, its diff, a server with faults."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

POLL = 0.02
"""Seconds: within what time a server sees that it is to end."""


def git(root: Path, *arguments: str, say: bytes | None = None) -> str:
    """Run git as an author would, whatever this machine is set to."""
    settings = ("user.name=A", "user.email=a@example.com", "core.autocrlf=false", "init.defaultBranch=main")
    command = ["git", *(part for setting in settings for part in ("-c", setting)), *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, input=say)
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """A hunk as a forge shows it: the lines of the new side, and which of the old side each was."""

    text: str
    lines: dict[int, int | None]
    """None for a line that was added."""


@dataclass(slots=True)
class Repository:
    """A clone on a branch that is to go into ``main``."""

    root: Path
    base: str = "main"

    @property
    def head(self) -> str:
        """The branch's last commit."""
        return git(self.root, "rev-parse", "HEAD")

    def push(self, files: dict[str, str | None], message: str = "push") -> str:
        """Commit files (None: removed); give the commit."""
        for name, text in files.items():
            path = self.root / name
            if text is None:
                git(self.root, "rm", "-q", "--", name)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return self.head

    def read(self, commit: str, path: str) -> str:
        """Give a file of a commit."""
        return git(self.root, "show", f"{commit}:{path}") + "\n"

    def diff(self, commit: str | None = None) -> dict[str, list[Piece]]:
        """Give what a pull request shows: since the merge base, by new path."""
        found: dict[str, list[Piece]] = {}
        for path, raw in self._raw(f"{self.base}...{commit or self.head}", 3).items():
            for (old, _, new, _), text in raw:
                lines: dict[int, int | None] = {}
                for line in text[1:]:
                    if line[0] in "+ ":
                        lines[new] = old if line[0] == " " else None
                    new += line[0] in "+ "
                    old += line[0] in "- "
                found.setdefault(path, []).append(Piece("\n".join(text), lines))
        return found

    def renamed(self) -> dict[str, str]:
        """Give the old path of each file that was renamed."""
        listed = git(self.root, "diff", "-M", "--name-status", "-z", f"{self.base}...HEAD").split("\0")
        return {listed[n + 2]: listed[n + 1] for n, word in enumerate(listed) if re.fullmatch(r"R\d+", word)}

    def moved(self, path: str, line: int, old: str, new: str) -> int | None:
        """Give where a line of one commit is in another; None if it was changed."""
        shift = 0
        for (start, length, new_start, new_length), _ in self._raw(f"{old}..{new}", 0).get(path, []):
            if length and start <= line < start + length:
                return None
            if line < start + (length == 0):
                break
            shift = (new_start + new_length + (new_length == 0)) - (start + length + (length == 0))
        return line + shift

    def _raw(self, span: str, context: int) -> dict[str, list[tuple[tuple[int, ...], list[str]]]]:
        found: dict[str, list[tuple[tuple[int, ...], list[str]]]] = {}
        path = ""
        for line in git(self.root, "diff", "-M", f"-U{context}", span).split("\n"):
            match = re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line)
            if line.startswith("diff --git "):
                path = line.rpartition(" b/")[2]
            elif match is not None:
                numbers = tuple(1 if each is None else int(each) for each in match.groups())
                found.setdefault(path, []).append((numbers, [line]))
            elif path in found and line[:1] in ("+", "-", " "):
                found[path][-1][1].append(line)
        return found


@dataclass(slots=True)
class Fault:
    """What goes wrong with a request: an answer of another kind, before or after it has been heard."""

    method: str
    path: str
    """A pattern."""
    status: int
    """0 drops the connection."""
    headers: dict[str, str] = field(default_factory=dict)
    message: str = ""
    heard: bool = False
    """The request does what it asks for, and only then is lost."""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a double says."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What it was asked."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


class Forge:
    """A server on loopback; what it does is said by ``answer`` of a subclass."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.requests: list[Asked] = []
        self.wrong: list[str] = []
        """Requests that the real one describes otherwise."""
        self.faults: list[Fault] = []
        self.before: Callable[[Asked], None] = lambda asked: None
        """Called with each request, before anything else; it may wait."""
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(POLL,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def respond(self, asked: Asked) -> Answer:
        """Answer, or do what a fault says."""
        self.before(asked)
        with self._lock:
            self.requests.append(asked)
            for fault in self.faults:
                if fault.times and fault.method == asked.method and re.fullmatch(fault.path, asked.path):
                    fault.times -= 1
                    if fault.heard:
                        self.answer(asked)
                    return Answer(fault.status, {"message": fault.message}, fault.headers)
            return self.answer(asked)

    def changes(self) -> list[tuple[str, str]]:
        """The requests that were to change something."""
        return [
            (asked.method, asked.path)
            for asked in self.requests
            if asked.method != "GET" and "query(" not in str((asked.body or {}).get("query", ""))
        ]


def _handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _any(self) -> None:
            parts = urlsplit(self.path)
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(data) if data else None
            answer = forge.respond(
                Asked(self.command, parts.path, dict(parse_qsl(parts.query)), body, headers)
            )
            if not answer.status:
                self.close_connection = True
                self.connection.close()
                return
            out = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815 - http.server's own names

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def paged(asked: Asked, rows: list[Any], address: str) -> Answer:
    """Give a page of a list, with the link to the next one."""
    size, number = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
    more = size * number < len(rows)
    link = {"Link": f'<{address}{asked.path}?per_page={size}&page={number + 1}>; rel="next"'} if more else {}
    return Answer(200, rows[size * (number - 1) : size * number], link)
