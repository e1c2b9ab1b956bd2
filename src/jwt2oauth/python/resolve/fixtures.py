"""What pytest and decorators pass to the functions of tests: fixtures, by the names of parameters."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Items, Lib, Site, Value, name_of, text_of
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
        given = tuple(self.parametrized(module, function, name))
        if given:
            yield from given
            return
        for other, fixture in self.fixtures_called(name, module, function):
            for node in s.walk(fixture.body):
                if isinstance(node, s.Return | s.Yield) and node.value is not None:
                    yield from self._again(Site(other, node.value))
            return
        if name in self._plugin_fixtures:
            yield Lib(self._plugin_fixtures[name])
            return
        owner = module.class_of(function)
        for decorator in (*function.decorators, *(owner.decorators if owner is not None else ())):
            for value in self._again(Site(module, decorator)):
                made = name_of(value)
                if made in self._mock_objects:
                    yield value

    def parametrized(self, module: Module, function: s.FuncDef, name: str) -> Iterator[Value]:
        """``@pytest.mark.parametrize("expires_in, seconds", [(86400000, 86400)])``"""
        for decorator in function.decorators:
            if not (isinstance(decorator, s.Call) and len(decorator.args) >= 2):
                continue
            if not any(
                (name_of(v) or "").endswith(".parametrize") for v in self._again(Site(module, decorator.func))
            ):
                continue
            names = [n.strip() for n in self._names_of(Site(module, decorator.args[0].value))]
            for rows in self._again(Site(module, decorator.args[1].value)) if name in names else ():
                for row in rows.sites if isinstance(rows, Items) else ():
                    yield from self._cell(row, names.index(name), alone=len(names) == 1)

    def _names_of(self, site: Site) -> list[str]:
        for value in self._again(site):
            if isinstance(value, Items):
                return [text_of(v) or "" for inner in value.sites for v in self._again(inner)]
            return (text_of(value) or "").split(",")
        return []

    def _cell(self, row: Site, index: int, *, alone: bool) -> Iterator[Value]:
        """One value of a row: of a tuple, or of ``pytest.param(…)``."""
        node = row.node
        if isinstance(node, s.Call) and index < len(node.args):
            yield from self._again(row.at(node.args[index].value))
            return
        for value in self._again(row):
            if alone:
                yield value
            elif isinstance(value, Items) and index < len(value.sites):
                yield from self._again(value.sites[index])

    def fixtures_called(
        self, name: str, module: Module, asking: s.FuncDef
    ) -> Iterator[tuple[Module, s.FuncDef]]:
        """The fixtures of this name for ``asking``: in its module, imported into it, in conftests above."""
        for other in self._places_of_fixtures(module, name):
            if name not in other.text:
                continue
            for node in other.each(s.FuncDef):
                if node is not asking and name in self._fixture_names(other, node):
                    yield other, node

    def _places_of_fixtures(self, module: Module, name: str) -> Iterator[Module]:
        yield module
        for node in module.each(s.ImportFrom):
            if node.star or any(a.name == name for a in node.aliases):
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
