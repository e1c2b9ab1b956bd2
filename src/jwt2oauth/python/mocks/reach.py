"""Which of a project's tests speak of which exchange: those that get to its modules."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..facts import syntax as s
from ..facts.dotted import named_by_path
from ..facts.modules import Module
from ..facts.values import Site
from ..resolve import Resolver
from ..roles.exchange import Exchange
from .places import is_conftest_of

DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
"""A text that may be a dotted name."""


class Reach:
    """Follows imports, and names in texts, from the tests to the program."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._imports: dict[str, frozenset[str]] = {}
        self._found: dict[tuple[str, ...], list[Module]] = {}
        self._count = 0

    def tests_of(self, exchange: Exchange) -> list[Module]:
        """The loaded test modules that get to the exchange, those that they import, their conftests."""
        return self.tests_at([exchange.entry, exchange.sender, *(e.site for e in exchange.encodings)])

    def tests_at(self, sites: Iterable[Site]) -> list[Module]:
        """The loaded test modules that get to one of the ``sites``."""
        loaded = self.resolver.index.loaded
        if self._count != len(loaded):
            self._found.clear()
            self._count = len(loaded)
        hearts = tuple(dict.fromkeys(site.module.path for site in sites))
        if hearts not in self._found:
            self._found[hearts] = self._tests(set(hearts), loaded)
        return self._found[hearts]

    def _tests(self, hearts: set[str], loaded: list[Module]) -> list[Module]:
        reached = set(hearts)
        while True:
            new = {m.path for m in loaded if m.path not in reached and self.imports(m) & reached}
            if not new:
                break
            reached |= new
        tests = {m.path: m for m in loaded if self.resolver.is_test(m)}
        found = reached & tests.keys()
        while True:
            helpers = {p for path in found for p in self.imports(tests[path])} & tests.keys() - found
            helpers |= {path for path in tests if is_conftest_of(path, found)} - found
            helpers |= {path for path in tests.keys() - found if self._asks(path, tests, reached)}
            if not helpers:
                break
            found |= helpers
        return [tests[path] for path in sorted(found)]

    def _asks(self, path: str, tests: Mapping[str, Module], reached: Collection[str]) -> bool:
        """Does a module ask for a fixture of a conftest above it that gets to the program itself?"""
        above = [tests[each] for each in reached if is_conftest_of(each, {path})]
        names = {f.name for each in above for f in each.each(s.FuncDef)}
        return any(p.name in names for p in tests[path].each(s.Param))

    def reads_beside(self, module: Module, word: str, own: Collection[str]) -> bool:
        """Say whether tests import programs that hold ``word`` and are not at the paths ``own``."""
        found = (self.resolver.index.module(path) for path in self.imports(module) - {*own})
        return any(
            each is not None and each.holds(word) and not self.resolver.is_test(each) for each in found
        )

    def imports(self, module: Module) -> frozenset[str]:
        """The paths of the project's modules that ``module`` imports or names in a text."""
        found = self._imports.get(module.path)
        if found is None:
            found = self._imports[module.path] = frozenset(self._imported(module)) - {module.path}
        return found

    def _imported(self, module: Module) -> Iterator[str]:
        index = self.resolver.index
        for node in module.each(s.Import, s.ImportFrom):
            if isinstance(node, s.Import):
                yield from (p for a in node.aliases if (p := index.find(module.path, a.name, 0)))
                continue
            assert isinstance(node, s.ImportFrom)
            own = index.find(module.path, node.module, node.level)
            for alias in node.aliases:
                dotted = f"{node.module}.{alias.name}" if node.module else alias.name
                inner = index.find(module.path, dotted, node.level)
                yield from (p for p in (inner or own,) if p)
            if not node.aliases and own:
                yield own
        if self.resolver.is_test(module):
            for literal in module.each(s.Str):
                if isinstance(literal.value, str):
                    place = self.named(module, literal.value)
                    if place is not None:
                        yield place[0]

    def named(self, module: Module, text: str) -> tuple[str, tuple[str, ...]] | None:
        """The path of the project's module that a dotted name begins with, and the names behind it.

        Or of the one that is named by its path.
        """
        run = named_by_path(text)
        path = self.resolver.index.find(module.path, run, 0) if run else None
        if path is not None:
            return path, ()
        if not DOTTED.fullmatch(text):
            return None
        parts = text.split(".")
        for length in range(len(parts), 0, -1):
            path = self.resolver.index.find(module.path, ".".join(parts[:length]), 0)
            if path is not None:
                return path, tuple(parts[length:])
        return None
