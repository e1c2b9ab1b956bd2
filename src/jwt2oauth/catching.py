"""What catches mistakes of ours, and files that nobody comes to the end of: they go, the run goes on."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import TypeVar

from .net import whereabouts
from .python.facts.modules import Module
from .python.facts.values import Site

QUESTIONS = 300_000
"""Questions on values that one step may ask: five times as many as the largest packages for Adobe's services
need. On every machine it is the same file that asks more."""
PATIENCE = 120.0
"""Seconds of the processor that it may take, should it hang without asking."""
PASSES = 8
"""Analyses that mistakes of ours may cost: each finds, as a rule, all files that there is one in."""
GUESSES = 3
"""How many of them may cost the file that a step was last taken for, where nothing says whose the mistake is:
what was given up is told, and the rest of the run is worth it."""
ROOM = 520_000
"""Words, four megabytes: the piece of memory has eight, none of which is taken before it is used."""
Answer = TypeVar("Answer")
NESTED = 10_000
"""Frames: a record in a record, 400 of them at most, takes a few each."""


class Catcher:
    """Catches what goes wrong in one file, as long as it is clear, or likely, which one that was."""

    def __init__(self, begin: Callable[[], None]) -> None:
        """``begin`` is told of every step, see ``watched``."""
        self.aside: dict[str, str] = {}
        self._begin = begin
        self._passes = self._questions = self._guesses = 0
        self._last = ""  # the file that a step was last taken for
        self._given_up: frozenset[str] = frozenset()  # before this pass

    @contextlib.contextmanager
    def over(self, path: str) -> Iterator[None]:
        """Set the file aside that was looked at, innermost; ``path`` is empty around a whole analysis.

        Where one is stuck that analysis ends, for whoever came by again would be stuck again; it does not
        count, since the next one has a file less. What goes wrong around an analysis that begins anew in any
        case may only follow from what its files have lost.
        """
        if not path:
            self._passes += 1
            self._given_up = frozenset(self.aside)
        self._last = path or self._last
        self._begin()
        self._questions = 0
        try:
            yield
        except Exception as error:
            is_stuck = isinstance(error, Stuck)
            if path or len(self.aside) == len(self._given_up):
                self._set_aside(error, path)
            if path and is_stuck:
                raise
            self._passes -= is_stuck

    @contextlib.contextmanager
    def trying(self) -> Iterator[None]:
        """Let nothing out: what is tried concerns many files, and is done file by file where it fails."""
        self._begin()
        self._questions = 0
        with contextlib.suppress(Exception):
            yield

    def count(self) -> None:
        """Raise ``Stuck`` where the step asks more than any file needs."""
        self._questions += 1
        if self._questions > QUESTIONS:
            raise Stuck(f"{QUESTIONS:,} questions")

    def _set_aside(self, error: Exception, path: str) -> None:
        # What lies further out than the block speaks of other files, too.
        told = (blamed(error, outer=2 if path else 0), path)
        at = next((each for each in told if each and each not in self._given_up), "") or self._guess()
        if not at or self._passes > PASSES:
            raise error
        self.aside.setdefault(at, _why_aside(error))

    def _guess(self) -> str:
        self._guesses += 1
        return self._last if self._guesses <= GUESSES and self._last not in self._given_up else ""


def _why_aside(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be followed"
    if isinstance(error, MemoryError):
        return "there is not enough memory to follow it"
    if isinstance(error, Stuck):
        return f"it was not followed within {error}"
    innermost = whereabouts(error).splitlines()
    return f"a mistake of ours, please report it: {innermost[0]} in {innermost[-1].strip()}"


def with_room(answer: Callable[[], Answer]) -> Answer:
    """Give an answer that takes many frames within each other.

    CPython, since 3.11, keeps them in pieces of 16 KiB, got from the system and given back each time that a
    call goes over the end of one: more than half of the time of a deep walk. A frame that says it needs
    ``ROOM`` gets a larger piece, and what is called from it the rest of that.
    """
    if sys.implementation.name != "cpython":
        return answer()
    code = _answered.__code__.replace(co_stacksize=ROOM)
    roomy: Callable[[Callable[[], Answer]], Answer] = FunctionType(code, {})
    return roomy(answer)


def _answered(answer: Callable[[], Answer]) -> Answer:
    return answer()


class Stuck(Exception):
    """Following a file takes for ever; the text says what it was given."""


@contextlib.contextmanager
def watched() -> Iterator[Callable[[], None]]:
    """Let recursion go as deep as a file that can be parsed needs, and no step take for ever.

    What is given begins a step. Seconds are the processor's: a slow machine is none that hangs.
    """
    limit = sys.getrecursionlimit()
    can_watch = hasattr(signal, "SIGVTALRM") and threading.current_thread() is threading.main_thread()

    def stop(*_: object) -> None:
        raise Stuck(f"{PATIENCE:.0f} seconds")

    def begin() -> None:
        if can_watch:
            signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)

    before = signal.signal(signal.SIGVTALRM, stop) if can_watch else None
    sys.setrecursionlimit(max(limit, NESTED))
    try:
        begin()
        yield begin
    finally:
        if can_watch:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        sys.setrecursionlimit(limit)


def blamed(error: BaseException, outer: int = 0) -> str | None:
    """Give the file that was looked at, innermost, when ``error`` was raised; None if there was none.

    The ``outer`` frames are not asked: they may still speak of what was looked at before.
    """
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    for frame in reversed(frames[outer:]):
        for value in frame.f_locals.values():
            with contextlib.suppress(AttributeError):  # one that is just being made
                if isinstance(value, Module):
                    return value.path
                if isinstance(value, Site):
                    return value.module.path
    return None
