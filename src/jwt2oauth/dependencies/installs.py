"""Where distributions are installed by name, beside the manifests: in images, CI, scripts, notebooks.

And settings of linters, type checkers and updaters that name a library by its module or distribution.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterator, Sequence

from ..config.requirements import canonical
from ..paths import PYTHON
from ..records import dataclass
from ..rules.tables import Install
from ..tree.walk import Tree

LIMIT = 1024 * 1024
"""Files beyond this size are not looked through."""

_REQUIREMENT = re.compile(
    r"(?<![\w./:@$\\-])(?P<name>[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9])(?:\[[\w,. -]*\])?"
    r"(?P<versions>\s?[<>=!~^]=?=?\s?[\w.*+]+(?:,\s?[<>=!~]=?=?\s?[\w.*+]+)*)?(?![\w./:@=-])"
)
_COMMENT = re.compile(r"(?m)(?:(?<=\s)|^)#[^\n]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that a line installs."""

    path: str
    label: str
    """The file and the line, or the cell of a notebook."""
    name: str
    """As it is written."""
    versions: str = ""
    """In the words of PEP 508; empty: any."""


class Installs:
    """Looks through a tree once, when it is first asked."""

    def __init__(self, tree: Tree, rows: Sequence[Install]) -> None:
        self._tree = tree
        self._rows = [(re.compile(row.files), row.modules, re.compile(row.pattern)) for row in rows]
        self._in_programs = [re.compile(row.pattern) for row in rows if row.programs]
        self._found: tuple[Installed, ...] | None = None

    def of(self, distribution: str, program: str) -> tuple[Installed, ...]:
        """Every line that installs a distribution, by path and place, and those that ``program`` has."""
        if self._found is None:
            self._found = tuple(dict.fromkeys(self._all()))
        text = text_of(self._tree, program) if program.endswith(PYTHON) else ""
        own = (each for pattern in self._in_programs for each in _installed(program, text, pattern))
        found = dict.fromkeys((*self._found, *own))
        wanted = canonical(distribution)
        return tuple(each for each in found if canonical(each.name) == wanted)

    def _all(self) -> Iterator[Installed]:
        scripts = {name for _, modules, _ in self._rows for name in modules}
        modules = (path for name in scripts for path in self._tree.layout.named.get(name, ()))
        for path in sorted({*self._tree.others, *modules}):
            name = path.rpartition("/")[2]
            patterns = [
                pattern
                for files, modules, pattern in self._rows
                if (name in modules if path.endswith(PYTHON) else files.search(path))
            ]
            text = text_of(self._tree, path) if patterns else ""
            for pattern in patterns:
                yield from _installed(path, text, pattern)


def text_of(tree: Tree, path: str) -> str:
    """Give what a file says; nothing where it cannot be read, is no text, or is larger than ``LIMIT``."""
    try:
        data = tree.read(path)
    except OSError:
        return ""
    return "" if len(data) > LIMIT or b"\0" in data else data.decode("utf-8", "replace")


def lines_of(text: str) -> list[int]:
    """Give where the lines of a text end, for ``bisect``."""
    return [match.end() for match in _LINE_END.finditer(text)]


def _installed(path: str, text: str, pattern: re.Pattern[str]) -> Iterator[Installed]:
    is_notebook = path.endswith(".ipynb")
    ends = [match.end() for match in _CELL.finditer(text)] if is_notebook else lines_of(text)
    for match in pattern.finditer(text):
        region = _COMMENT.sub(lambda comment: " " * len(comment[0]), match["what"])
        for each in _REQUIREMENT.finditer(region):
            number = bisect.bisect_right(ends, match.start("what") + each.start())
            label = _cell(path, number) if is_notebook else f"{path}:{number + 1}"
            yield Installed(path, label, each["name"], (each["versions"] or "").strip())


def _cell(path: str, number: int) -> str:
    return f"{path} (cell {number})" if number else path


_CELL, _LINE_END = re.compile('"cell_type"'), re.compile("\n")


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
