"""Which modules the files of a tree import, of those that manifests answer for."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping

from ..edits import UnreadableText
from ..notebook import Notebook
from ..paths import is_program
from ..rules.tables import Dependencies
from ..tree.search import Words

_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import\b(?P<names>[^\r\n]*)"
    r"|import[ \t]+(?P<plain>[\w., \t]+))",
    re.MULTILINE,
)
_IN_TEXT = re.compile(r"[\"'](?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[\"']")
_BY_NAME = re.compile(r"import_module|__import__|importorskip|find_spec")
"""What takes the name of a module as text."""
_BY_PATH = re.compile(r"patch|setattr")
"""What takes the dotted name of something in a module."""


def modules_of(rules: Dependencies) -> frozenset[str]:
    """Give the modules that manifests answer for, by their tops."""
    tops = {module.partition(".")[0] for each in rules.libraries for module in each.modules}
    tops |= {need.module.partition(".")[0] for need in rules.needs}
    return frozenset(tops | {need.provides for need in rules.needs if need.provides})


class Imports:
    """Imports by file: as they were, and as they are after the steps that were taken."""

    def __init__(self, words: Words, rules: Dependencies) -> None:
        """Read nothing yet; ``words`` finds the files that may import a module."""
        self._words = words
        self._wanted = modules_of(rules)
        self._before: dict[str, frozenset[str]] = {}
        self._stepped: dict[str, frozenset[str]] = {}

    def step(self, contents: Mapping[str, bytes | None]) -> None:
        """Take the contents of files as they have become; None: the file is gone."""
        for path, data in contents.items():
            if is_program(path):
                self._stepped[path] = self._of(path, data) if data is not None else frozenset()

    def before(self, path: str) -> frozenset[str]:
        """Give what a file imported before all steps, of the modules that count."""
        if path not in self._before:
            self._before[path] = self._of(path, self._words.read(path))
        return self._before[path]

    def now(self, path: str) -> frozenset[str]:
        """Give what a file imports after the steps so far."""
        return self._stepped[path] if path in self._stepped else self.before(path)

    def were_importing(self, module: str) -> Iterator[str]:
        """Give the files that imported a module before all steps."""
        name = module.partition(".")[0].encode()
        for path in self._words.holding((name,)):
            if is_program(path) and module in self.before(path):
                yield path

    def is_there(self, module: str) -> bool:
        """Say whether any file imported a module before all steps; those that were read are asked first."""
        return any(module in each for each in self._before.values()) or any(self.were_importing(module))

    def importing(self, modules: Collection[str]) -> Iterator[str]:
        """Give the files that import one of these now, one after the other; some more than once."""
        yield from (path for path in self._stepped if self.has(path, modules))
        for module in modules:
            yield from (path for path in self.were_importing(module) if path not in self._stepped)

    def dropped(self, path: str, modules: Collection[str]) -> bool:
        """Say whether a file imported one of these and does no more."""
        return bool(self.before(path) & set(modules)) and not self.has(path, modules)

    def gained(self, path: str, module: str) -> bool:
        """Say whether a file imports a module that it did not."""
        return module in self.now(path) and module not in self.before(path)

    def has(self, path: str, modules: Collection[str]) -> bool:
        """Say whether a file imports one of these now."""
        return bool(self.now(path) & set(modules))

    def is_readable(self, path: str) -> bool:
        """Say whether a file is Python of today, and not that of years ago; notebooks count as such."""
        try:
            return path.endswith(Notebook.SUFFIX) or bool(ast.parse(self._words.read(path)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False

    def _of(self, path: str, data: bytes) -> frozenset[str]:
        """Every module that is imported, and those above it, if its top is one that counts."""
        found: set[str] = set()
        for dotted in _imported(_code(path, data)):
            if dotted.partition(".")[0] in self._wanted:
                parts = dotted.split(".")
                found |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        return frozenset(found)


def _code(path: str, data: bytes) -> str:
    if path.endswith(Notebook.SUFFIX):
        try:
            return Notebook(data).text
        except UnreadableText:
            pass  # as lines of JSON: an import begins after a quote
        return data.decode("latin-1").replace('"', '\n"\n')
    return data.decode("latin-1").replace("\r", "\n")  # lines may end in nothing else


def _imported(text: str) -> Iterator[str]:
    for match in _IMPORT.finditer(text):
        if match["module"]:
            yield match["module"]
            yield from (f"{match['module']}.{name}" for name in re.findall(r"\w+", match["names"]))
        else:
            yield from (part.split(" as ")[0].strip() for part in match["plain"].split(","))
    by_name = _BY_NAME.search(text) is not None
    for match in _IN_TEXT.finditer(text) if by_name or _BY_PATH.search(text) else ():
        if by_name or "." in match["module"]:
            yield match["module"]
