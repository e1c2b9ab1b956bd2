"""Processes that parse: several at a time, and what kills its parser kills nobody else.

LibCST overflows the native stack on monstrous expressions (20,000 terms of one sum), which no ``except``
catches. A process that is forked takes ten milliseconds; LibCST a tenth of a second, which the first one
spends while who started it does something else. Who lost one loads it, so that its successors have it.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

from . import syntax as s
from .unparsable import TOO_DEEP, Unparsable

SECONDS = 60.0
"""How long one file may take, on the processor: a machine that is busy is none that hangs."""
PATIENCE = 10
"""How many times as long that may last where others have the processor."""
FORKS = sys.platform == "linux"
"""Elsewhere a fork is not there, or not safe beside the system's own threads."""
EACH = 8
"""Processes for each processor, at most: more than one are of little use."""
MEMORY = 4 << 30
"""Bytes that a process may take to parse: a megabyte of code needs about a tenth of a gigabyte."""
NESTED = 10_000
"""Frames that a parser may nest: 400 strings that stand side by side need more than Python's thousand."""
DIED = "the parser does not survive it: an expression is too long or nested too deeply"
TOO_LARGE = "there is not enough memory to parse it"
SLOW = f"it was not parsed within {SECONDS:.0f} seconds"

Parsed = s.Source | Unparsable | None
"""None of a file that was only to be checked, and is good."""


class Asked(NamedTuple):
    """A file to parse, or only to check, which takes a tenth of the time."""

    path: str
    text: str
    only_check: bool = False


class NoProcess(Exception):
    """The system lets none be started: there are too many, or too many files are open."""


class Crew:
    """Processes that parse one file each at a time."""

    def __init__(self) -> None:
        """There are none before they are needed."""
        self._workers: list[_Worker] = []

    def grow(self, count: int) -> None:
        """Let there be ``count`` of them, or what the system gives; raise ``NoProcess`` if it is nothing."""
        while len(self._workers) < min(count, EACH * (os.cpu_count() or 1)):
            try:
                self._workers.append(_Worker(is_first=not self._workers))
            except NoProcess:
                if not self._workers:
                    raise
                return

    def begin(self, asked: Asked) -> bool:
        """Let somebody parse a file; False if all are busy. Raises ``NoProcess`` if nobody is left."""
        for worker in [each for each in self._workers if each.asked is None]:
            try:
                worker.begin(asked)
            except NoProcess:
                self._workers.remove(worker)
            else:
                return True
        if not self._workers:
            raise NoProcess
        return False

    def is_at(self, asked: Asked) -> bool:
        """Is one of them parsing this?"""
        return any(worker.asked == asked for worker in self._workers)

    def ended(self) -> dict[Asked, Parsed]:
        """Wait until somebody has come to an end, or has been given the time."""
        busy = {worker.connection: worker for worker in self._workers if worker.asked is not None}
        soonest = min(worker.deadline for worker in busy.values()) - time.monotonic()
        done = [
            busy[connection].end()
            for connection in wait(list(busy), max(0.0, soonest))
            if isinstance(connection, Connection)
        ]
        now = time.monotonic()
        late = [worker for worker in busy.values() if worker.asked is not None and worker.is_late(now)]
        return dict([*done, *(worker.give_up(SLOW) for worker in late)])

    def stop(self) -> None:
        """Let them go, whatever they are at."""
        while self._workers:
            self._workers.pop().stop()


class _Worker:
    """A process that parses one file at a time, and its successor when it dies."""

    def __init__(self, *, is_first: bool) -> None:
        self.asked: Asked | None = None  # what it is at
        self.deadline = self._began = self._before = 0.0
        self._start(is_alone=is_first)

    def _start(self, *, is_alone: bool) -> None:
        if FORKS and not is_alone:
            from . import parse  # noqa: F401 (for the forks)
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

    def begin(self, asked: Asked) -> None:
        if self.connection.closed:
            self._start(is_alone=False)
        self.asked, self._began, self._before = asked, time.monotonic(), self._worked()
        self.deadline = self._began + SECONDS
        with contextlib.suppress(OSError):  # it has died; that is noticed at the end
            self.connection.send(tuple(asked))

    def is_late(self, now: float) -> bool:
        """Has it had its time? If not, it is given what it lacks."""
        left = SECONDS - (self._worked() - self._before)
        if now > self.deadline and left > 0 and now < self._began + PATIENCE * SECONDS:
            self.deadline = now + left
        return now > self.deadline

    def _worked(self) -> float:
        """Seconds that it was on the processor, or of the clock where the system does not say."""
        pid = self._process.pid
        try:
            return time.clock_gettime((~pid << 3) | 2) if FORKS and pid is not None else time.monotonic()
        except OSError:  # it is no more
            return time.monotonic()

    def end(self) -> tuple[Asked, Parsed]:
        """Take the answer, or notice that there will be none."""
        try:
            parsed: Parsed = self.connection.recv()
        except (EOFError, OSError):
            return self.give_up(DIED)
        return self._idle(), parsed

    def give_up(self, why: str) -> tuple[Asked, Parsed]:
        self.stop()
        with contextlib.suppress(NoProcess):  # who begins with it asks once more
            self._start(is_alone=False)
        return self._idle(), Unparsable(why, 1)

    def _idle(self) -> Asked:
        asked, self.asked = self.asked, None
        assert asked is not None, "nobody ends what has not begun"
        return asked

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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one stops it, too
    if FORKS:
        for ours in _OURS:
            ours.close()
    faulthandler.disable()
    _hush()
    from . import lean

    lean.load()
    from . import parse  # noqa: F401 (before the memory that it takes is counted)

    _bound(memory)
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


def parse(path: str, text: str) -> s.Source:
    """Parse as ``parse.parse`` does, which loads LibCST where nothing was parsed before."""
    from .parse import parse as parsed

    return parsed(path, text)


def _parsed(path: str, text: str) -> Parsed:
    from .parser_limits import is_towering

    if is_towering(text):
        return Unparsable(TOO_DEEP, 1)
    try:
        return parse(path, text)
    except Unparsable as error:
        return error
