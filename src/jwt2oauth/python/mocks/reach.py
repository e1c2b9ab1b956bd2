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

    def of_others(self, module: Module, own: Collection[str]) -> Iterator[s.FuncDef]:
        """Give the tests that name parts of the program of which none gets to the modules ``own``.

        What a fixture of the project's does for a test, or a function of its module, is not seen from here.
        """
        for test in module.each(s.FuncDef):
            asked = (any(self.resolver.fixtures_called(p.name, module, test)) for p in test.params)
            if not test.name.startswith("test") or any(asked):
                continue
            named = self._named_in(module, module.class_of(test) or test)
            if named and not any(self._gets_to(path, own) for path in named):
                yield test

    def _named_in(self, module: Module, whole: s.Node) -> set[str]:
        """The paths of what is named in a test; none where it calls, or looks at, what tests make."""
        found: set[str] = set()
        for node in s.walk(whole):
            place = self.named(module, str(node.value)) if isinstance(node, s.Str) else None
            found |= {place[0]} if place is not None else set()
            for binding in module.scopes.bindings_of(node) if isinstance(node, s.Name) else ():
                if binding.kind == "import":
                    found |= {*self._brought(module, module.parents[binding.node], binding.node)}
                elif binding.scope.is_module and any(
                    isinstance(n, s.Call | s.FuncDef | s.ClassDef) for n in s.walk(binding.node)
                ):
                    return set()
        return found

    def _gets_to(self, path: str, own: Collection[str]) -> bool:
        """Does a module import one of the modules ``own``, be it through others, or is it of a test?"""
        reached, new = set[str](), {path}
        while new:
            reached |= new
            modules = [self.resolver.index.module(each) for each in sorted(new)]
            if new & {*own} or any(each is None or self.resolver.is_test(each) for each in modules):
                return True
            new = {p for each in modules if each is not None for p in self.imports(each)} - reached
        return False

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
            for alias in node.aliases:
                yield from self._brought(module, node, alias)
            if isinstance(node, s.ImportFrom) and not node.aliases:
                own = index.find(module.path, node.module, node.level)
                yield from (own,) if own else ()
        if self.resolver.is_test(module):
            for literal in module.each(s.Str):
                if isinstance(literal.value, str):
                    place = self.named(module, literal.value)
                    if place is not None:
                        yield place[0]

    def _brought(self, module: Module, stmt: s.Node, alias: s.Node) -> Iterator[str]:
        """The path of the module of the project that a part of an import brings, or that it comes from."""
        index, own = self.resolver.index, None
        if isinstance(stmt, s.Import) and isinstance(alias, s.Alias):
            own = index.find(module.path, alias.name, 0)
        elif isinstance(stmt, s.ImportFrom) and isinstance(alias, s.Alias):
            dotted = f"{stmt.module}.{alias.name}" if stmt.module else alias.name
            own = index.find(module.path, dotted, stmt.level) or index.find(
                module.path, stmt.module, stmt.level
            )
        yield from (own,) if own else ()

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
