"""Files parsed in other processes: several at a time, and what kills its parser kills nobody else.

LibCST overflows the native stack on monstrous expressions (20,000 terms of one sum), which no ``except``
catches. So a file that looks like one is parsed elsewhere first. Many files are, too, where that pays.
"""

from __future__ import annotations

import multiprocessing
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait

from . import syntax as s
from .parse import Unparsable, parse

SECONDS = 60.0
"""How long one file may take."""
PAYS = 400_000
"""Characters from which on other processes are worth their start."""
LONG, DEEP, CHAIN = 1_500, 60, 150
"""Tokens without a comma, open brackets, ``elif``: with more of them a file is parsed elsewhere first."""
DIED = "the parser does not survive it: an expression is too long or nested too deeply"
SLOW = f"it was not parsed within {SECONDS:.0f} seconds"

Parsed = s.Source | Unparsable
_TOKEN = re.compile(
    r"""(?P<skip>\#[^\n]*|\s+|\\)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)"""
    r"""|(?:[rbufRBUF]{0,2})(?:\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\w+|.""",
    re.DOTALL | re.VERBOSE,
)


class Parser:
    """Parses one file after the other; with ``jobs``, what is announced is parsed at the same time."""

    def __init__(self, jobs: int = 1) -> None:
        """Nothing is started before it is needed."""
        self._jobs = jobs
        self._done: dict[str, tuple[str, Parsed]] = {}

    def announce(self, texts: Mapping[str, str]) -> None:
        """Parse these files now, if other processes would be faster."""
        if self._jobs > 1 and len(texts) > 1 and sum(map(len, texts.values())) >= PAYS:
            for path, parsed in parse_all(tuple(texts.items()), self._jobs):
                if parsed is not None:
                    self._done[path] = (texts[path], parsed)

    def __call__(self, path: str, text: str) -> s.Source:
        """Give the records of a file; raise ``Unparsable``."""
        known, parsed = self._done.pop(path, ("", None))
        if parsed is None or known != text:
            ((_, parsed),) = parse_all(((path, text),), 1) if is_monstrous(text) else ((path, None),)
        if isinstance(parsed, Unparsable):
            raise parsed
        return parsed if parsed is not None else parse(path, text)


def is_monstrous(text: str) -> bool:
    """Say whether a file may be too much for its parser: very long or deep expressions."""
    if text.count("elif ") > CHAIN:
        return True
    run = depth = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "skip":
            if not depth and "\n" in match[0]:
                run = 0
            continue
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        run = 0 if kind == "comma" else run + 1
        if run > LONG or depth > DEEP:
            return True
    return False


def parse_all(files: Sequence[tuple[str, str]], jobs: int) -> Iterator[tuple[str, Parsed | None]]:
    """Parse files in up to ``jobs`` processes, in any order.

    None for a file whose records are too deep to be handed over: it does no harm to parse it here.
    """
    pending = deque(files)
    crew = [_Worker() for _ in range(min(jobs, len(files)))]
    try:
        while pending or any(worker.path for worker in crew):
            for worker in crew:
                if pending and not worker.path:
                    worker.begin(*pending.popleft())
            busy = {worker.connection: worker for worker in crew if worker.path}
            soonest = min(worker.deadline for worker in busy.values()) - time.monotonic()
            for connection in wait(list(busy), max(0.0, soonest)):
                assert isinstance(connection, Connection), "these are what is waited for"
                yield busy[connection].end()
            for worker in busy.values():
                if worker.path and time.monotonic() > worker.deadline:
                    yield worker.give_up(SLOW)
    finally:
        for worker in crew:
            worker.stop()


class _Worker:
    """A process that parses one file at a time, and its successor when it dies."""

    def __init__(self) -> None:
        self.path = ""  # what it is at; empty while it is idle
        self.deadline = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, path: str, text: str) -> None:
        self.path, self.deadline = path, time.monotonic() + SECONDS
        self.connection.send((path, text))

    def end(self) -> tuple[str, Parsed | None]:
        """Take the answer, or notice that there will be none."""
        try:
            parsed: Parsed | None = self.connection.recv()
        except (EOFError, OSError):
            return self.give_up(DIED)
        except RecursionError:
            parsed = None
        path, self.path = self.path, ""
        return path, parsed

    def give_up(self, why: str) -> tuple[str, Parsed]:
        path, self.path = self.path, ""
        self.stop()
        self._start()
        return path, Unparsable(why, 1)

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """Parse what comes until nothing comes any more."""
    while True:
        try:
            path, text = connection.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        try:
            parsed: Parsed | None = parse(path, text)
        except Unparsable as error:
            parsed = error
        try:
            connection.send(parsed)
        except RecursionError:
            connection.send(None)
