"""Stand-ins for names that are gone, taken out of the tests where nothing looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Site, name_of
from ..following.effects import Effects
from ..leftovers.temporary_files import ROOTS, forsaken, leave_files, writes_temporary_files
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import makes_fail, only_about, test_around
from .patches import Name, Patch, Patches, recorded
from .places import attributes_of, is_automatic, uses_of
from .rows import emptied

_READING = frozenset(
    {"builtins.open", "io.open", "pathlib.Path.open", "pathlib.Path.read_bytes", "pathlib.Path.read_text"}
)
_ASKING = frozenset({"usefixtures", "getfixturevalue"})


class Pruner:
    """Prunes in one plan's changes."""

    def __init__(self, resolver: Resolver, effects: Effects, patches: Patches, changes: Changes) -> None:
        self.resolver = resolver
        self.effects = effects
        self.patches = patches
        self.changes = changes
        self._hooks = resolver.rules.mocks.tests.hooks
        self._plugins = {name for row in resolver.rules.mocks.fixtures for name in row.names} | ROOTS
        self.orphans: list[tuple[Site, Name]] = []
        """What looks at stand-ins that are gone, from other functions than theirs."""
        self.idle: list[Site] = []
        """Parameters that rows fill for nothing that is still there."""
        self.checks: list[Site] = []
        """What only looked at stand-ins that are gone."""
        self._signing = {name for row in resolver.rules.encoders for name in row.names}
        parsers = (row for row in resolver.rules.key_loaders if row.kind == "parse")
        self._signing.update(name for row in parsers for name in row.names)

    def prune(self, modules: Iterable[Module]) -> bool:
        """Take away what can go; says whether there was anything."""
        before = len(self.changes.removed), len(self.changes.unwrapped)
        for module in modules:
            for patch in self.patches.of(module):
                node = patch.site.node
                of_failure = makes_fail(node) and test_around(module, node) is not None  # it goes as a whole
                if not of_failure and not self.changes.is_dead(module, node) and self.is_over(patch):
                    self._take(module, patch)
            self._empty(module)
        return (len(self.changes.removed), len(self.changes.unwrapped)) != before

    def forsake(self, module: Module, test: s.FuncDef) -> None:
        """Take a test away, with the fixtures that only it asked for."""
        self.changes.remove(module, test)
        for param in test.params:
            self._drop(module, test, param)

    def is_over(self, patch: Patch, aside: Callable[[Site], bool] = lambda _: False) -> bool:
        """Is what the patch replaces gone, or a signing that nothing but what is ``aside`` calls any more?"""
        if self.patches.is_gone(patch.name, self.changes):
            return True
        library = self.patches.library_of(patch.name)
        if library in _READING:
            return not self._is_read(library.rpartition(".")[2])
        return library in self._signing and not self._is_called(library, patch, aside)

    def _is_read(self, method: str) -> bool:
        """Does what tests import still read files so, or did it never?"""
        world = {module.path: module for module in self.resolver.world}
        found = self._reached({path for path, module in world.items() if self.resolver.is_test(module)})
        programs = [m for path in sorted(found) if not self.resolver.is_test(m := world[path])]
        calls = [
            self.changes.is_dead(module, node)
            for module in programs
            for node in (module.each(s.Call) if method in module.text else ())
            if s.last_name(node.func) == method
        ]
        return not all(calls) or not calls

    def _reached(self, paths: set[str]) -> set[str]:
        """Some modules, and what they import, and what that imports."""
        world = {module.path: module for module in self.resolver.world}
        found = new = paths
        while new:
            imported = {path for each in new for path in self.patches.reach.imports(world[each])}
            new = (imported & world.keys()) - found
            found = found | new
        return found

    def _is_called(self, library: str, patch: Patch, aside: Callable[[Site], bool]) -> bool:
        """Does what a test module imports or patches still call the library's function?

        For a conftest, whose stand-ins other modules ask for, does the program?
        """
        last = library.rpartition(".")[2]
        near = {module.path for module in self.resolver.world}
        if not patch.site.module.path.endswith("conftest.py") and patch.name.module is not None:
            near &= self._reached({patch.site.module.path, patch.name.module.path})
        signed = False
        for module in self.resolver.world:
            if self.resolver.is_test(module) or last not in module.text or module.path not in near:
                continue
            for node in module.each(s.Call):
                if any(name_of(v) == library for v in self.resolver.resolve(Site(module, node.func))):
                    if not self.changes.is_dead(module, node) and not aside(Site(module, node)):
                        return True
                    signed = True
        return not signed

    def _take(self, module: Module, patch: Patch) -> None:
        holder = patch.place.holder
        if holder is None or not self._is_harmless(module, patch):
            return
        settings = [(use, self._settings(use)) for use in patch.place.seen]
        own = module.function(holder)
        looks = [use for use, found in settings if found is None]
        if any(use.module.function(use.node) is own for use in looks):
            return
        self.orphans += [(use, patch.name) for use in looks]
        for site in (site for _, found in settings for site in found or ()):
            self._remove(site)
        self._take_records(patch)
        self._let_go(module, holder)
        if own is None or not self.resolver.is_fixture(module, own):  # a fixture may do more: see _drop
            for other, param in patch.place.params:
                if not self._uses(other, param):
                    self.changes.remove(other, param)

    def _let_go(self, module: Module, holder: s.Node) -> None:
        """Take the stand-in away by what holds it, and what holds nothing else with it."""
        self.changes.remove(module, holder)
        loop = emptied(module, holder, self.changes.removed)
        if loop is not None:
            self.changes.remove(module, loop)
        call = module.call_of(holder)
        if call is not None and all(arg in self.changes.removed for arg in attributes_of(call)):
            whole = self.patches.places.of(Site(module, call), has_new=True).holder
            if whole is not None:
                self._let_go(module, whole)
        if isinstance(holder, s.WithItem):
            block = module.parents[holder]
            assert isinstance(block, s.With)
            if all(item in self.changes.removed for item in block.items):
                self.changes.unwrap(module, block, block.body)

    def _remove(self, site: Site) -> None:
        """Take a statement away; of ``yield stand_in`` the ``yield`` stays, for what comes after the test."""
        parent = site.module.parents[site.node]
        if isinstance(parent, s.Yield):
            self.changes.replace(site.module, parent, "yield")
        else:
            self.changes.remove(site.module, site.node)

    def _take_records(self, patch: Patch) -> None:
        """What only looks at what the stand-in has written down goes; what else does is told."""
        for use in [*recorded(self.resolver, self.patches.places, patch), *self._by_path(patch)]:
            if self.changes.is_dead(use.module, use.node):
                continue
            found = only_about(use)
            self.checks += [use.at(check) for check in found or ()]
            for check in found or ():
                self.changes.remove(use.module, check)
            if found is None:
                self.orphans.append((use, patch.name))

    def _by_path(self, patch: Patch) -> Iterator[Site]:
        """``auth.open.assert_called_once_with("k.pem")``: what looks at the stand-in where it was put."""
        module = patch.site.module
        for node in module.attributes.get(patch.name.names[-1], ()):
            if isinstance(module.parents[node], s.Attribute) and node not in patch.aim:
                found = self.patches.path(Site(module, node.value), node.attr)
                if patch.name in found:
                    yield Site(module, node)

    def _is_harmless(self, module: Module, patch: Patch) -> bool:
        node = patch.site.node
        if isinstance(node, s.Call):
            return all(self.effects.harmless(module, a.value) for a in node.args)
        if isinstance(node, s.Assign):
            return node.value is not None and self.effects.harmless(module, node.value)
        if isinstance(node, s.Arg):
            return self.effects.harmless(module, node.value)
        return isinstance(node, s.Expr) and self.effects.harmless(module, node)

    def _settings(self, use: Site) -> list[Site] | None:
        """What only sets the stand-in up, starts, stops or hands it on; None if something looks at it."""
        if self.changes.is_dead(use.module, use.node):
            return []
        stmt = use.module.statement(use.node)
        if self._sets_up(use, stmt):
            return [use.at(stmt)]
        checks = only_about(use)
        if checks is not None:
            self.checks += [use.at(check) for check in checks]
            return [use.at(check) for check in checks]
        started, yielded = self._started(use, stmt), self.patches.places.yielded(use)
        further = yielded if started is None else started
        if further is None:
            return None
        found = [use.at(stmt) if yielded is None else use]
        for inner in further:
            below = self._settings(inner)
            if below is None:
                return None
            found += below
        return found

    def _sets_up(self, use: Site, stmt: s.Stmt) -> bool:
        """``stand_in.return_value = "signed"``"""
        if not isinstance(stmt, s.Assign) or len(stmt.targets) != 1 or stmt.value is None:
            return False
        path = path_of(use.node) if isinstance(use.node, s.Expr) else None
        base = stmt.targets[0]
        while isinstance(base, s.Attribute):
            base = base.value
        of_entry = isinstance(base, s.Subscript) and base is use.node and base is not stmt.targets[0]
        if not of_entry and (path is None or not (path_of(stmt.targets[0]) or "").startswith(f"{path}.")):
            return False
        return self.effects.harmless(use.module, stmt.value)

    def _started(self, use: Site, stmt: s.Stmt) -> list[Site] | None:
        """What sees the stand-in of ``patcher.start()``; None if that is not what happens."""
        module = use.module
        method = module.parents[use.node]
        if not isinstance(method, s.Attribute) or method.attr not in ("start", "stop"):
            return None
        outer = module.parents[method]
        if isinstance(outer, s.Arg):
            # self.addCleanup(patcher.stop)
            call = module.parents[outer]
            return (
                [] if isinstance(stmt, s.ExprStmt) and stmt.value is call and len(_args(call)) == 1 else None
            )
        if isinstance(stmt, s.ExprStmt) and stmt.value is outer:
            return []
        if isinstance(stmt, s.Assign) and stmt.value is outer:
            return self.patches.places.bound(use.at(stmt))
        return None

    def handed_out(self, patch: Patch) -> Iterator[Site]:
        """What reads a stand-in, also of one that a ``patcher`` hands out when it is started."""
        for use in patch.place.seen:
            yield use
            yield from self._started(use, use.module.statement(use.node)) or ()

    # -- what is left empty -----------------------------------------------------------------------------

    def _empty(self, module: Module) -> None:
        """Parameters that only a removed patch used, and fixtures that do nothing any more."""
        for function in module.each(s.FuncDef):
            if self.changes.is_dead(module, function):
                continue
            if function.name in self._hooks and self._is_hollow(module, function.body.body):
                self.changes.remove(module, function)
                continue
            is_fixture = self.resolver.is_fixture(module, function)
            if not is_fixture and not function.name.startswith("test"):
                continue
            leave_files(self.changes, self.effects, module, function)
            for stmt in forsaken(self.changes, self.effects, module, function):
                self.changes.remove(module, stmt)
            self._drop_helpers(module, function)
            for param in function.params:
                if self._is_unused_now(module, param):
                    self._drop(module, function, param)
            if is_fixture and (
                self._is_hollow(module, function.body.body) or self._computes_only(module, function)
            ):
                self._drop_hollow(module, function)
            elif is_fixture and self._is_forsaken(function):
                self.changes.remove(module, function)

    def _drop_helpers(self, module: Module, function: s.FuncDef) -> None:
        """``def encode(claims, key): …`` of a test, and ``seen = {}``, where all that used them is gone."""
        for stmt in reversed(function.body.body):
            if self.changes.is_dead(module, stmt) or not self._is_idle(module, stmt):
                continue
            bound = list(module.bound_by(stmt))
            uses = [use for binding in bound for use in module.uses.get(binding, ())]
            outside = [use for use in uses if stmt not in module.ancestors(use)]
            if outside and all(self.changes.is_dead(module, use) for use in outside):
                self.changes.remove(module, stmt)

    def _is_idle(self, module: Module, stmt: s.Stmt) -> bool:
        """Does a statement only give something a name?"""
        if isinstance(stmt, s.Assign) and len(stmt.targets) == 1 and stmt.value is not None:
            return isinstance(stmt.targets[0], s.Name) and self.effects.harmless(module, stmt.value)
        return isinstance(stmt, s.FuncDef)

    def _drop(self, module: Module, function: s.FuncDef, param: s.Param) -> None:
        """The parameter goes if nobody misses the fixture; the fixture with the last that asked for it."""
        fixtures = list(self.resolver.fixtures_called(param.name, module, function))[:1]
        if not fixtures and param.name not in self._plugins:
            if any(self.resolver.parametrized(module, function, param.name)):
                self.idle.append(Site(module, param))
            return
        if not all(
            self._only_computes(*fixture) or writes_temporary_files(self.effects, *fixture)
            for fixture in fixtures
        ):
            return
        self.changes.remove(module, param)
        for other, fixture in fixtures:
            idle = self._only_computes(other, fixture) and self._has_lost(fixture)
            if not self._is_asked_for(fixture) and (idle or not is_automatic(fixture)):
                self.changes.remove(other, fixture)

    def _only_computes(self, module: Module, fixture: s.FuncDef) -> bool:
        """Does what is left of a fixture nothing that a test would miss?"""
        left = [stmt for stmt in fixture.body.body if stmt not in self.changes.removed]
        return self.effects.pure(module, fixture) or (
            self._has_lost(fixture) and all(self.effects.computes(module, stmt) for stmt in left)
        )

    def _has_lost(self, fixture: s.FuncDef) -> bool:
        return any(stmt in self.changes.removed for stmt in fixture.body.body)

    def _is_forsaken(self, fixture: s.FuncDef) -> bool:
        """Is nobody left who asks for it, of those who did? Then it does not run."""
        asked = self.patches.places.asking(fixture)
        was_asked_for = any(self.changes.is_dead(module, param) for module, param in asked)
        return was_asked_for and not self._is_asked_for(fixture) and not is_automatic(fixture)

    def _is_unused_now(self, module: Module, param: s.Param) -> bool:
        was_used = any(uses_of(module, param))
        return param not in self.changes.removed and was_used and not self._uses(module, param)

    def _is_hollow(self, module: Module, body: Iterable[s.Stmt]) -> bool:
        """Is there nothing left but a docstring and a bare ``yield``, of more than that?"""
        gone = False
        for stmt in body:
            if stmt in self.changes.removed:
                gone = True
            elif stmt in self.changes.unwrapped:
                inner = [s_ for block in self.changes.unwrapped[stmt] for s_ in block.body]
                if not all(self._says_nothing(module, s_) or s_ in self.changes.removed for s_ in inner):
                    return False
                gone = True
            elif not self._says_nothing(module, stmt):
                return False
        return gone

    def _computes_only(self, module: Module, fixture: s.FuncDef) -> bool:
        """Did the fixture set something up that is gone, and is the rest of it for what it gives alone?"""
        body = fixture.body.body
        left = [stmt for stmt in body if stmt not in self.changes.removed]
        return len(left) < len(body) and all(self.effects.computes(module, stmt) for stmt in left)

    def _says_nothing(self, module: Module, stmt: s.Stmt) -> bool:
        """A docstring, or a ``yield`` of nothing."""
        value = stmt.value if isinstance(stmt, s.ExprStmt) else None
        if isinstance(value, s.Yield):
            return value.value is None or self.changes.is_dead(module, value.value)
        return isinstance(value, s.Str)

    def _drop_hollow(self, module: Module, fixture: s.FuncDef) -> None:
        """The fixture goes, with the parameters that ask for it; not where its name is written in a text."""
        asking = [(m, p, self._uses(m, p)) for m, p in self.patches.places.asking(fixture)]
        told = {site.node for site, _ in self.orphans}
        if self._is_written(fixture) or any(use.node not in told for _, _, uses in asking for use in uses):
            return
        for other, param, uses in asking:
            if not uses:
                self.changes.remove(other, param)
        self.changes.remove(module, fixture)

    def _uses(self, module: Module, param: s.Param) -> list[Site]:
        """The loads of a parameter that are still there."""
        return [use for use in uses_of(module, param) if not self.changes.is_dead(module, use.node)]

    def _is_asked_for(self, function: s.FuncDef) -> bool:
        if any(not self.changes.is_dead(m, p) for m, p in self.patches.places.asking(function)):
            return True
        return self._is_written(function)

    def _is_written(self, function: s.FuncDef) -> bool:
        """``usefixtures("no_signing")``"""
        for module in self.resolver.world:
            if not self.resolver.is_test(module) or function.name not in module.text:
                continue
            for node in module.each(s.Str):
                call = module.call_given(node)
                if call is not None and node.value == function.name:
                    name = call.func.attr if isinstance(call.func, s.Attribute) else ""
                    if name in _ASKING and not self.changes.is_dead(module, node):
                        return True
        return False


def _args(node: s.Node) -> tuple[s.Arg, ...]:
    return node.args if isinstance(node, s.Call) else ()
