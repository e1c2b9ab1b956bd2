"""Files parsed in other processes: several at a time, and what kills its parser kills nobody else.

LibCST overflows the native stack on monstrous expressions (20,000 terms of one sum), which no ``except``
catches. Where a process can be forked, which takes ten milliseconds, every file is parsed in another one;
elsewhere a file that looks like a monster is, and many files are where that pays.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import multiprocessing
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait

from . import syntax as s
from .parse import Unparsable, parse

SECONDS = 60.0
"""How long one file may take."""
FORKS = sys.platform == "linux"
"""Elsewhere a fork is not there, or not safe beside the system's own threads."""
PAYS = 60_000 if FORKS else 400_000
"""Characters from which on several processes are worth their start."""
EACH = 8
"""Processes for each processor, at most: more than one are of little use."""
MEMORY = 4 << 30
"""Bytes that a process may take to parse: a megabyte of code needs about a tenth of a gigabyte."""
NESTED = 10_000
"""Frames that a parser may nest: 400 strings that stand side by side need more than Python's thousand."""
TALL = 400
"""Records that may lie within each other: with more of them nobody could walk the tree."""
USUAL, LENGTHY = 1_000, 8_000
"""Frames that Python gives to everybody, and characters below which no expression is worth a look."""
LONG, DEEP, CHAIN = 1_500, 60, 150
"""Tokens without a comma, open brackets, ``elif``: with more of them a file is parsed elsewhere first."""
DIED = "the parser does not survive it: an expression is too long or nested too deeply"
TOO_DEEP = "an expression is nested too deeply"
NOBODY = "no process could be started that such an expression may end"
TOO_LARGE = "there is not enough memory to parse it"
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
        self._done: dict[str, tuple[str, Parsed | None]] = {}
        self._refused: dict[str, Unparsable] = {}  # by their texts: to be told so again may take a minute
        self._worker: _Worker | None = None

    @property
    def is_parallel(self) -> bool:
        """Are several files parsed at the same time?"""
        return self._jobs > 1

    def announce(self, texts: Mapping[str, str]) -> None:
        """Parse these files now, if other processes would be faster."""
        if self._jobs > 1 and len(texts) > 1 and sum(map(len, texts.values())) >= PAYS:
            with contextlib.suppress(NoProcess):  # one after the other, then
                for path, parsed in parse_all(tuple(texts.items()), self._jobs):
                    self._done[path] = (texts[path], parsed)

    def __call__(self, path: str, text: str) -> s.Source:
        """Give the records of a file; raise ``Unparsable``."""
        known, parsed = self._done.pop(path, ("", None))
        if parsed is None or known != text:
            parsed = self._refused.get(text) or self._alone(path, text)
        parsed = self._good(text, parsed)
        assert parsed is not None, "that is what a check gives"
        return parsed

    def check(self, path: str, text: str) -> None:
        """Raise ``Unparsable`` as ``__call__`` does, without the work for records that nobody asks for."""
        self._good(text, self._refused.get(text) or self._alone(path, text, only_check=FORKS))

    def _good(self, text: str, parsed: Parsed | None) -> s.Source | None:
        if isinstance(parsed, Unparsable):
            self._refused[text] = parsed
            raise parsed.with_traceback(None)
        return parsed

    def _alone(self, path: str, text: str, *, only_check: bool = False) -> Parsed | None:
        try:
            if FORKS:
                self._worker = self._worker or _Worker()
                return self._worker.parse(path, text, only_check=only_check)
            if is_monstrous(text):
                ((_, parsed),) = parse_all(((path, text),), 1)
                return parsed
        except NoProcess:
            if is_monstrous(text):
                return Unparsable(NOBODY, 1)
        try:
            return parse(path, text)
        except Unparsable as error:
            return error

    def close(self) -> None:
        """Let the other process go; another one is started if need be."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None


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


class NoProcess(Exception):
    """The system lets none be started: there are too many, or too many files are open."""


def parse_all(files: Sequence[tuple[str, str]], jobs: int) -> Iterator[tuple[str, Parsed | None]]:
    """Parse files in up to ``jobs`` processes, in any order; raise ``NoProcess`` where there is none left."""
    pending = deque(files)
    crew: list[_Worker] = []
    try:
        for _ in range(min(jobs, len(files), EACH * (os.cpu_count() or 1))):
            try:
                crew.append(_Worker())
            except NoProcess:
                if not crew:
                    raise
                break
        while pending or any(worker.path for worker in crew):
            for worker in [each for each in crew if not each.path][: len(pending)]:
                try:
                    worker.begin(*pending[0])
                    pending.popleft()
                except NoProcess:
                    crew.remove(worker)
                    if not crew:
                        raise
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
        context = multiprocessing.get_context("fork") if FORKS else multiprocessing.get_context("spawn")
        try:
            ours, theirs = context.Pipe()
        except OSError as error:
            raise NoProcess from error
        _OURS.append(ours)
        process = context.Process(target=_serve, args=(theirs, MEMORY), daemon=True)
        try:
            process.start()
        except OSError as error:
            _forget(ours)
            raise NoProcess from error
        finally:
            theirs.close()
        self.connection, self._process = ours, process

    def parse(self, path: str, text: str, *, only_check: bool = False) -> Parsed | None:
        """Parse one file and wait for it; None if it was only to be checked, and is good."""
        self.begin(path, text, only_check=only_check)
        if self.connection.poll(SECONDS):
            return self.end()[1]
        return self.give_up(SLOW)[1]

    def begin(self, path: str, text: str, *, only_check: bool = False) -> None:
        if self.connection.closed:
            self._start()
        self.path, self.deadline = path, time.monotonic() + SECONDS
        with contextlib.suppress(OSError):  # it has died; that is noticed at the end
            self.connection.send((path, text, only_check))

    def end(self) -> tuple[str, Parsed | None]:
        """Take the answer, or notice that there will be none."""
        try:
            parsed: Parsed | None = self.connection.recv()
        except (EOFError, OSError):
            return self.give_up(DIED)
        path, self.path = self.path, ""
        return path, parsed

    def give_up(self, why: str) -> tuple[str, Parsed]:
        path, self.path = self.path, ""
        self.stop()
        with contextlib.suppress(NoProcess):  # who begins with it asks once more
            self._start()
        return path, Unparsable(why, 1)

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        _forget(self.connection)


def _forget(ours: Connection) -> None:
    ours.close()
    if ours in _OURS:
        _OURS.remove(ours)


_OURS: list[Connection] = []
"""Our ends of the pipes: a fork that kept one would never learn that we are gone."""


def _serve(connection: Connection, memory: int) -> None:
    """Parse what comes until nothing comes any more."""
    if FORKS:
        for ours in _OURS:
            ours.close()
    _bound(memory)
    faulthandler.disable()
    _hush()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one stops it, too
    while True:
        try:
            path, text, only_check = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(None if only_check and _is_good(text) else _parsed(path, text))
        except RecursionError:
            connection.send(Unparsable(TOO_DEEP, 1))
        except MemoryError:
            connection.send(Unparsable(TOO_LARGE, 1))
        except OSError:
            return


def _hush() -> None:
    """Say nothing: what a parser cries when it dies is of no use, and may hold a customer's text."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _bound(memory: int) -> None:
    """Take no more memory than this, and leave no core in the customer's tree."""
    sys.setrecursionlimit(max(NESTED, sys.getrecursionlimit()))
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [limit for limit in (soft, _taken() + memory) if limit != resource.RLIM_INFINITY]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))


def _taken() -> int:
    """Bytes that the process has already, most of them shared with the one that it was forked from."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _is_good(text: str) -> bool:
    """Say whether Python's own parser, which takes a tenth of the time, has nothing against a file."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parsed(path: str, text: str) -> Parsed:
    if len(text) > LENGTHY and _is_towering(text):
        return Unparsable(TOO_DEEP, 1)
    try:
        source = parse(path, text)
    except Unparsable as error:
        return error
    return Unparsable(TOO_DEEP, 1) if _height(source) > TALL else source


def _is_towering(text: str) -> bool:
    """Say whether even Python's own parser, with its usual stack, has too little of it: far beyond ``TALL``.

    LibCST takes the square of the length of a sum, and gigabytes for a row of signs, before it gives up.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(USUAL)
    try:
        ast.parse(text)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):
        pass
    finally:
        sys.setrecursionlimit(limit)
    return False


def _height(source: s.Source) -> int:
    """How many records lie within each other, at most."""
    height = 0
    level: list[s.Node] = [source]
    while level:
        height += 1
        level = [child for node in level for child in s.children(node)]
    return height
