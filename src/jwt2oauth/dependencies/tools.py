"""Settings of linters, type checkers and updaters that name a library by its module or distribution."""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterator, Sequence

from ..config.requirements import canonical
from ..rules.tables import Install
from ..tree.walk import Tree
from .installs import lines_of, text_of

_WORD = re.compile(r"[A-Za-z][\w.-]*")


class Tools:
    """Looks through a tree once, when it is first asked."""

    def __init__(self, tree: Tree, rows: Sequence[Install]) -> None:
        """Read nothing yet."""
        self._tree = tree
        self._rows = [(re.compile(row.files), re.compile(row.pattern)) for row in rows]
        self._found: list[tuple[str, str]] | None = None

    def naming(self, names: Collection[str]) -> list[str]:
        """Give the places, as file and line, that name one of these: ``[mypy-jwt.*]``."""
        if self._found is None:
            self._found = list(self._all())
        wanted = {canonical(name) for name in names}
        return list(dict.fromkeys(label for label, name in self._found if name in wanted))

    def _all(self) -> Iterator[tuple[str, str]]:
        for path in self._tree.others:
            patterns = [pattern for files, pattern in self._rows if files.search(path)]
            text = text_of(self._tree, path) if patterns else ""
            ends = lines_of(text)
            for match in (match for pattern in patterns for match in pattern.finditer(text)):
                for word in _WORD.finditer(match["what"]):
                    line = bisect.bisect_right(ends, match.start("what") + word.start()) + 1
                    yield f"{path}:{line}", canonical(word[0].rstrip("."))
