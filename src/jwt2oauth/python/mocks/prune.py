"""Stand-ins for names that are gone, taken out of the tests where nothing looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .. import syntax as s
from ..changes import Changes
from ..effects import Effects
from ..index import Module
from ..resolve import Resolver
from ..scopes import Binding, path_of
from ..values import Site, name_of
from .patches import Patch, Patches


class Pruner:
    """Prunes in one plan's changes."""

    def __init__(self, resolver: Resolver, effects: Effects, patches: Patches, changes: Changes) -> None:
        self.resolver = resolver
        self.effects = effects
        self.patches = patches
        self.changes = changes
        self._plugins = {name for row in resolver.rules.mocks.fixtures for name in row.names}
        self._signing = {n for e in resolver.rules.encoders for n in e.names}

    def prune(self, modules: Iterable[Module]) -> bool:
        """Take away what can go; says whether there was anything."""
        before = len(self.changes.removed), len(self.changes.unwrapped)
        for module in modules:
            for patch in self.patches.of(module):
                if not self.changes.is_dead(module, patch.site.node) and self.is_over(patch):
                    self._take(module, patch)
            self._empty(module)
        return (len(self.changes.removed), len(self.changes.unwrapped)) != before

    def is_over(self, patch: Patch, aside: Callable[[Site], bool] = lambda _: False) -> bool:
        """Is what the patch replaces gone, or a signing that nothing but what is ``aside`` calls any more?"""
        if self.patches.is_gone(patch.name, self.changes):
            return True
        library = self.patches.library_of(patch.name)
        return library in self._signing and not self._is_called(library, aside)

    def _is_called(self, library: str, aside: Callable[[Site], bool]) -> bool:
        """Does the program still call the library's function?"""
        last = library.rpartition(".")[2]
        signed = False
        for module in self.resolver.index.loaded:
            if self.resolver.is_test(module) or last not in module.text:
                continue
            for node in module.nodes.get(s.Call, ()):
                assert isinstance(node, s.Call)
                if any(name_of(v) == library for v in self.resolver.resolve(Site(module, node.func))):
                    if not self.changes.is_dead(module, node) and not aside(Site(module, node)):
                        return True
                    signed = True
        return not signed

    def _take(self, module: Module, patch: Patch) -> None:
        if patch.how == "other" or not self._is_harmless(module, patch):
            return
        settings = self._settings(module, patch.seen)
        if settings is None:
            return
        for stmt in settings:
            self.changes.remove(module, stmt)
        self.changes.remove(module, patch.holder)
        if patch.param is not None:
            self.changes.remove(module, patch.param)
        if isinstance(patch.holder, s.WithItem):
            block = module.parents[patch.holder]
            assert isinstance(block, s.With)
            if all(item in self.changes.removed for item in block.items):
                self.changes.unwrap(module, block, block.body)

    def _is_harmless(self, module: Module, patch: Patch) -> bool:
        node = patch.site.node
        if isinstance(node, s.Call):
            return all(self.effects.harmless(module, a.value) for a in node.args)
        return (
            isinstance(node, s.Assign)
            and node.value is not None
            and self.effects.harmless(module, node.value)
        )

    def _settings(self, module: Module, seen: Iterable[Binding]) -> list[s.Stmt] | None:
        """The statements that only set the stand-in up; None if something looks at it."""
        found: list[s.Stmt] = []
        for binding in seen:
            for use in module.uses.get(binding, ()):
                if self.changes.is_dead(module, use):
                    continue
                stmt = module.statement(use)
                if not (
                    isinstance(stmt, s.Assign)
                    and len(stmt.targets) == 1
                    and (path_of(stmt.targets[0]) or "").startswith(f"{binding.path}.")
                    and stmt.value is not None
                    and self.effects.harmless(module, stmt.value)
                ):
                    return None
                found.append(stmt)
        return found

    # -- what is left empty -----------------------------------------------------------------------------

    def _empty(self, module: Module) -> None:
        """Parameters that only a removed patch used, and fixtures that do nothing any more."""
        for function in module.nodes.get(s.FuncDef, ()):
            assert isinstance(function, s.FuncDef)
            if self.changes.is_dead(module, function):
                continue
            is_fixture = self.resolver.is_fixture(module, function)
            if not is_fixture and not function.name.startswith("test"):
                continue
            for param in function.params:
                if self._is_unused_now(module, function, param):
                    self._drop(module, function, param)
            if is_fixture and self._is_hollow(function.body.body):
                self._drop_hollow(module, function)

    def _drop(self, module: Module, function: s.FuncDef, param: s.Param) -> None:
        """The parameter goes if nobody misses the fixture; the fixture with the last that asked for it."""
        fixtures = list(self.resolver.fixtures_called(param.name, module, function))[:1]
        if not fixtures and param.name not in self._plugins:
            return
        if not all(self.effects.pure(*fixture) for fixture in fixtures):
            return
        self.changes.remove(module, param)
        for other, fixture in fixtures:
            if not self._is_asked_for(fixture) and not self._is_automatic(fixture):
                self.changes.remove(other, fixture)

    def _is_automatic(self, fixture: s.FuncDef) -> bool:
        return any(
            isinstance(d, s.Call) and any(a.keyword == "autouse" for a in d.args) for d in fixture.decorators
        )

    def _is_unused_now(self, module: Module, function: s.FuncDef, param: s.Param) -> bool:
        bindings = module.scopes.inner[function].bindings.get(param.name, ())
        was_used = any(b.node is param and module.uses.get(b) for b in bindings)
        return param not in self.changes.removed and was_used and not self._uses(module, param)

    def _is_hollow(self, body: Iterable[s.Stmt]) -> bool:
        """Is there nothing left but a docstring and a bare ``yield``, of more than that?"""
        gone = False
        for stmt in body:
            if stmt in self.changes.removed:
                gone = True
            elif stmt in self.changes.unwrapped:
                inner = [s_ for block in self.changes.unwrapped[stmt] for s_ in block.body]
                if not all(_says_nothing(s_) or s_ in self.changes.removed for s_ in inner):
                    return False
                gone = True
            elif not _says_nothing(stmt):
                return False
        return gone

    def _drop_hollow(self, module: Module, fixture: s.FuncDef) -> None:
        """The fixture goes, with the parameters that ask for it; not where its name is written in a text."""
        asking = [
            (other, param)
            for other in self.resolver.index.loaded
            if self.resolver.is_test(other) and fixture.name in other.text
            for param in other.nodes.get(s.Param, ())
            if isinstance(param, s.Param) and param.name == fixture.name
        ]
        if any(self._uses(other, param) for other, param in asking) or self._is_written(fixture):
            return
        for other, param in asking:
            self.changes.remove(other, param)
        self.changes.remove(module, fixture)

    def _uses(self, module: Module, param: s.Param) -> list[s.Node]:
        """The loads of a parameter that are still there."""
        function = module.parents[param]
        scope = module.scopes.inner.get(function)
        return [
            use
            for binding in (scope.bindings.get(param.name, ()) if scope is not None else ())
            if binding.node is param
            for use in module.uses.get(binding, ())
            if not self.changes.is_dead(module, use)
        ]

    def _is_asked_for(self, function: s.FuncDef) -> bool:
        for module in self.resolver.index.loaded:
            if not self.resolver.is_test(module) or function.name not in module.text:
                continue
            if any(
                isinstance(p, s.Param) and p.name == function.name and not self.changes.is_dead(module, p)
                for p in module.nodes.get(s.Param, ())
            ):
                return True
        return self._is_written(function)

    def _is_written(self, function: s.FuncDef) -> bool:
        """``usefixtures("no_signing")``"""
        return any(
            isinstance(text, s.Str) and text.value == function.name
            for module in self.resolver.index.loaded
            if self.resolver.is_test(module) and function.name in module.text
            for text in module.nodes.get(s.Str, ())
        )


def _says_nothing(stmt: s.Stmt) -> bool:
    """A docstring, or a bare ``yield``."""
    if not isinstance(stmt, s.ExprStmt):
        return False
    return isinstance(stmt.value, s.Str) or (isinstance(stmt.value, s.Yield) and stmt.value.value is None)
