"""Which modules the files of a tree import, of those that manifests answer for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ..edits import UnreadableText
from ..notebook import Notebook
from ..rules import Dependencies
from ..walk import CODE, Tree

_IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import\b(?P<names>[^\r\n]*)"
    r"|import[ \t]+(?P<plain>[\w., \t]+))",
    re.MULTILINE,
)
_IN_TEXT = re.compile(r"[\"'](?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[\"']")
_BY_NAME = re.compile(r"import_module|__import__|patch|setattr|importorskip|find_spec")
"""What takes the name of a module as text."""


class Imports:
    """Imports by file: as they were, and as they are after the steps that were taken."""

    def __init__(self, tree: Tree, rules: Dependencies) -> None:
        """Read every file that may import one of the modules that count."""
        self._wanted = {module.partition(".")[0] for each in rules.libraries for module in each.modules}
        self._wanted |= {need.module.partition(".")[0] for need in rules.needs}
        self._wanted |= {need.provides for need in rules.needs if need.provides}
        needle = re.compile(b"|".join(re.escape(module.encode()) for module in sorted(self._wanted)))
        self.before: dict[str, frozenset[str]] = {}
        for path in tree.code_paths:
            try:
                data = tree.read(path)
            except OSError:
                continue
            if needle.search(data):
                self.before[path] = self._of(path, data)
        self.now = dict(self.before)

    def step(self, contents: Mapping[str, bytes | None]) -> None:
        """Take the contents of files as they have become; None: the file is gone."""
        for path, data in contents.items():
            if path.endswith(CODE):
                self.now[path] = self._of(path, data) if data is not None else frozenset()

    def dropped(self, path: str, modules: Collection[str]) -> bool:
        """Say whether a file imported one of these and does no more."""
        return bool(self.before.get(path, frozenset()) & set(modules)) and not self.has(path, modules)

    def gained(self, path: str, module: str) -> bool:
        """Say whether a file imports a module that it did not."""
        return module in self.now.get(path, frozenset()) and module not in self.before.get(path, frozenset())

    def has(self, path: str, modules: Collection[str]) -> bool:
        """Say whether a file imports one of these now."""
        return bool(self.now.get(path, frozenset()) & set(modules))

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
    return data.decode("latin-1")


def _imported(text: str) -> Iterator[str]:
    for match in _IMPORT.finditer(text):
        if match["module"]:
            yield match["module"]
            yield from (f"{match['module']}.{name}" for name in re.findall(r"\w+", match["names"]))
        else:
            yield from (part.split(" as ")[0].strip() for part in match["plain"].split(","))
    if _BY_NAME.search(text):
        yield from (match["module"] for match in _IN_TEXT.finditer(text))
