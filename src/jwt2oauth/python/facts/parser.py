"""What is asked of the processes that parse: one file after the other, most of them known before they are
needed, so that they are parsed beside what else is done."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable

from . import syntax as s
from . import workers
from .unparsable import Unparsable
from .workers import Asked, Crew, NoProcess, Parsed

PAYS = 100_000 if workers.FORKS else 400_000
"""Characters from which on several processes are worth their start."""
CHECKED = 10
"""A file that is only checked takes as long as another one that is so many times smaller."""
NOBODY = "no process could be started that such an expression may end"


_PREPARED: list[Crew] = []
"""For the first one that parses."""


def prepare() -> None:
    """Let a process get ready for the next ``Parser``, where one can be forked."""
    if workers.FORKS and not _PREPARED:
        with contextlib.suppress(NoProcess):  # that is noticed when it is needed
            crew = Crew()
            crew.grow(1)
            _PREPARED.append(crew)


class Parser:
    """Parses the file that it is asked for; what was announced before is parsed, or being parsed, by then.

    Where a process can be forked, another one parses; elsewhere one does if a file looks like a monster, and
    several where that pays.
    """

    def __init__(self, jobs: int = 1) -> None:
        """``jobs`` processes at most; nothing is started before it is needed."""
        self._jobs = jobs
        self._crew = _PREPARED.pop() if _PREPARED else Crew()
        self._waiting: deque[Asked] = deque()
        self._done: dict[Asked, Parsed] = {}
        self._refused: dict[str, Unparsable] = {}  # by their texts: to be told so again may take a minute

    def start(self) -> None:
        """Let a process get ready to parse."""
        if workers.FORKS:
            with contextlib.suppress(NoProcess):  # that is noticed when it is needed
                self._crew.grow(1)

    def announce(self, files: Iterable[Asked]) -> None:
        """Parse these files in the background; they will be asked for in this order, or perhaps never."""
        files = [each for each in files if each.text not in self._refused]
        size = sum(len(each.text) // (CHECKED if each.only_check else 1) for each in files)
        pays = size >= PAYS and self._jobs > 1
        if not files or not (workers.FORKS or pays):
            return
        self._waiting.extend(files)
        with contextlib.suppress(NoProcess):  # who asks for one of them will parse it
            self._crew.grow(min(self._jobs, len(files)) if pays else 1)
            self._feed()

    def __call__(self, path: str, text: str) -> s.Source:
        """Give the records of a file; raise ``Unparsable``."""
        parsed = self._good(Asked(path, text))
        assert parsed is not None, "it was not only to be checked"
        return parsed

    def check(self, path: str, text: str) -> None:
        """Raise ``Unparsable`` as ``__call__`` does, without the work for records that nobody asks for."""
        self._good(Asked(path, text, only_check=True))

    def _good(self, asked: Asked) -> s.Source | None:
        parsed = self._refused.get(asked.text) or self._parsed(asked)
        if isinstance(parsed, Unparsable):
            self._refused[asked.text] = parsed
            raise parsed.with_traceback(None)
        return parsed

    def _parsed(self, asked: Asked) -> Parsed:
        try:
            if workers.FORKS or asked in self._done or _is_monstrous(asked.text):
                return self._elsewhere(asked)
        except NoProcess:
            self._waiting.clear()
            if _is_monstrous(asked.text):
                return Unparsable(NOBODY, 1)
        try:
            return workers.parse(asked.path, asked.text)
        except Unparsable as error:
            return error

    def _elsewhere(self, asked: Asked) -> Parsed:
        """Wait for the answer of another process; raises ``NoProcess``."""
        if asked not in self._done and not self._crew.is_at(asked):
            with contextlib.suppress(ValueError):  # nobody has announced it
                self._waiting.remove(asked)
            self._waiting.appendleft(asked)
            self._crew.grow(1)
            self._feed()
        while asked not in self._done:
            self._done.update(self._crew.ended())
            self._feed()
        return self._done.pop(asked)

    def _feed(self) -> None:
        while self._waiting and self._crew.begin(self._waiting[0]):
            self._waiting.popleft()

    def close(self) -> None:
        """Let the other processes go; others are started if need be."""
        self._waiting.clear()
        self._done.clear()
        self._crew.stop()


def _is_monstrous(text: str) -> bool:
    from .parser_limits import is_monstrous  # only where no process can be forked

    return is_monstrous(text)
