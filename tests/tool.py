"""Call the command line in this process, in a customer's tree."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jwt2oauth.python.facts import parser, workers


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call ended."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def page(self) -> dict[str, Any]:
        """Standard output as the JSON contract."""
        page: dict[str, Any] = json.loads(self.stdout)
        return page

    @property
    def text(self) -> str:
        """All that was said."""
        return (self.stdout + self.stderr).decode(errors="replace")

    @property
    def story(self) -> str:
        """All of it, for the message of a failed test."""
        return f"exit code {self.code}\n{self.text}"


@contextlib.contextmanager
def remembering(known: dict[bytes, Any]) -> Iterator[None]:
    """Analyse the same tree with the same options once: an analysis is a function of both.

    Only the analysis is spared, and the process that gets ready for it: walk, selection, reports, patches and
    writes run at every call.
    """
    from jwt2oauth.project import analysis as project
    from jwt2oauth.python.facts.parser import Parser

    real, start = project.analyse, Parser.start

    def analyse(
        tree: Any,
        hits: Any,
        rules: Any,
        options: Any,
        parser: Any,
        progress: Any = None,
        words: Any = None,
        net: Any = None,
    ) -> Any:
        digest = hashlib.sha256(repr((tuple(hits), options)).encode())
        try:
            for path in tree.paths:
                digest.update(b"%d:%s" % (len(path), path.encode("utf-8", "surrogateescape")))
                digest.update(hashlib.sha256(tree.read(path)).digest())
        except OSError:
            return real(tree, hits, rules, options, parser, progress, words, net)
        key = digest.digest()
        if key not in known:
            known[key] = real(tree, hits, rules, options, parser, progress, words, net)
        return known[key]

    project.analyse, Parser.start = analyse, lambda _: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        project.analyse, Parser.start = real, start  # type: ignore[method-assign]


class Spared:
    """A process that parses, of a whole session: to fork one from a process as large as this takes its time.

    One that a test has lost, or left at work, is not spared.
    """

    def __init__(self, count: int = 1) -> None:
        """Fork it, where one can be forked; with a ``count`` of 0, none."""
        self._crew = workers.Crew()
        self._crew.grow(count if workers.FORKS else 0)
        self._first = [each._process.pid for each in self._crew._workers]

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Let the parsers of the command line have it, one after the other."""
        end = parser.Parser.close

        def close(this: parser.Parser) -> None:
            if this._crew is not self._crew:
                end(this)
                return
            this._waiting.clear()
            this._done.clear()
            this._crew = workers.Crew()
            self._tidy()

        parser.Parser.close = close  # type: ignore[method-assign]
        if self._crew._workers:
            parser._PREPARED.append(self._crew)
        try:
            yield
        finally:
            parser.Parser.close = end  # type: ignore[method-assign]
            parser._PREPARED.clear()

    def _tidy(self) -> None:
        for other in self._crew._workers[1:]:
            other.stop()
        self._crew._workers[1:] = []
        if [each._process.pid for each in self._crew._workers if each.asked is None] == self._first:
            parser._PREPARED.append(self._crew)
        else:
            self._crew.stop()


def jwt2oauth(tree: Path, *args: str) -> Ran:
    """``cd TREE && jwt2oauth ARGS``."""
    from jwt2oauth.cli import main

    streams = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in streams)
    with contextlib.chdir(tree), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(args)
    return Ran(code, *(stream.getvalue() for stream in streams))
