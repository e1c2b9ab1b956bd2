"""What pytest and decorators pass to the functions of tests: fixtures, by the names of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from .. import syntax as s
from ..index import Module
from ..values import Lib, Site, Value, name_of
from .base import Base


class Fixtures(Base):
    """What pytest and decorators pass to the functions of tests: fixtures, by the names of parameters."""

    def _given(self, site: Site, function: s.FuncDef, name: str) -> Iterator[Value]:
        """What a test or fixture gets by a parameter called ``name``; nothing if that is not known."""
        module = site.module
        if not self.is_test(module) or not (
            function.name.startswith("test") or self.is_fixture(module, function)
        ):
            return
        for other, fixture in self.fixtures_called(name, module, function):
            for node in s.walk(fixture.body):
                if isinstance(node, s.Return | s.Yield) and node.value is not None:
                    yield from self._again(Site(other, node.value))
            return
        given = self._plugin_fixtures.get(name)
        if given is not None:
            yield Lib(given)
            return
        for decorator in function.decorators:
            for value in self._again(Site(module, decorator)):
                made = name_of(value)
                if made in self._mock_objects:
                    yield value

    def fixtures_called(
        self, name: str, module: Module, asking: s.FuncDef
    ) -> Iterator[tuple[Module, s.FuncDef]]:
        """The fixtures of this name for ``asking``: in its module, imported into it, in conftests above."""
        for other in self._places_of_fixtures(module, name):
            if name not in other.text:
                continue
            for node in other.nodes.get(s.FuncDef, ()):
                if (
                    isinstance(node, s.FuncDef)
                    and node is not asking
                    and name in self._fixture_names(other, node)
                ):
                    yield other, node

    def _places_of_fixtures(self, module: Module, name: str) -> Iterator[Module]:
        yield module
        for node in module.nodes.get(s.ImportFrom, ()):
            if isinstance(node, s.ImportFrom) and (node.star or any(a.name == name for a in node.aliases)):
                other = self.index.imported(module.path, node.module, node.level)
                if other is not None:
                    yield other
        folder = module.path.rpartition("/")[0]
        while True:
            above = self.index.beside(folder, "conftest")
            if above is not None and above is not module:
                yield above
            if not folder:
                return
            folder = folder.rpartition("/")[0]

    def _fixture_names(self, module: Module, function: s.FuncDef) -> set[str]:
        found: set[str] = set()
        for decorator in function.decorators:
            bare = decorator.func if isinstance(decorator, s.Call) else decorator
            args = decorator.args if isinstance(decorator, s.Call) else ()
            decorators = self.rules.mocks.tests.fixture_decorators
            if not any(name_of(v) in decorators for v in self._again(Site(module, bare))):
                continue
            named = [a.value for a in args if a.keyword == "name"]
            found.update(n.value for n in named if isinstance(n, s.Str) and isinstance(n.value, str))
            if not named:
                found.add(function.name)
        return found

    def is_fixture(self, module: Module, function: s.FuncDef) -> bool:
        """Is the function's value given to tests that name it?"""
        return bool(self._fixture_names(module, function))
