"""Where a stand-in is made, what goes if it goes, and where the tests see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ...records import dataclass
from ...rules.tables import Rules
from ...rules.values import Patcher
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Site, name_of
from ..resolve import Resolver, argument_of

_OPTIONS = frozenset({"target", "spec", "create", "spec_set", "autospec", "new_callable"})
"""Keywords of ``patch.multiple`` that name no attribute."""


@dataclass(frozen=True, slots=True)
class Place:
    """``holder`` is what goes if the stand-in goes; None where that is not known."""

    holder: s.Node | None
    seen: tuple[Site, ...] = ()
    """Everything that reads the stand-in."""
    params: tuple[tuple[Module, s.Param], ...] = ()
    """The parameters that it fills."""


class Places:
    """Finds the places of stand-ins; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules, patchers: Mapping[str, Patcher]) -> None:
        self.resolver = resolver
        self.patchers = patchers
        self._objects = {name for library in rules.mocks.libraries for name in library.objects}

    def of(self, site: Site, *, has_new: bool) -> Place:
        """The place of the call at ``site``."""
        module, node = site.module, _started(site)
        parent = module.parents[node]
        if isinstance(parent, s.FuncDef | s.ClassDef) and node in parent.decorators:
            return self._decorator(module, parent, node, has_new=has_new)
        if isinstance(parent, s.WithItem) and parent.value is node:
            return Place(parent, tuple(self._seen(module, parent, parent.target)) if parent.target else ())
        if isinstance(parent, s.ExprStmt):
            return Place(parent)
        if isinstance(parent, s.Assign) and parent.value is node and len(parent.targets) == 1:
            return Place(parent, tuple(self._seen(module, parent, parent.targets[0])))
        stmt = module.statement(node)
        function = module.function(node)
        given = isinstance(parent, s.Return) or (
            isinstance(parent, s.Yield) and isinstance(stmt, s.ExprStmt) and stmt.value is parent
        )
        if given and function is not None and self.resolver.is_fixture(module, function):
            asking = tuple(self.asking(function))
            return Place(stmt, tuple(use for m, p in asking for use in uses_of(m, p)), asking)
        return Place(None)

    def each(self, site: Site, call: s.Call, arg: s.Arg) -> Place:
        """The place of one of the attributes of ``patch.multiple(…)``, which is the call at ``site``."""
        module, parent = site.module, site.module.parents[call]
        if s.last_name(arg.value) != "DEFAULT":
            return Place(arg)
        if isinstance(parent, s.FuncDef):
            params = [param for param in parent.params if param.name == arg.keyword]
            seen = tuple(use for param in params for use in uses_of(module, param))
            return Place(arg, seen, tuple((module, param) for param in params)) if params else Place(None)
        if not isinstance(parent, s.WithItem) or parent.value is not call:
            return Place(None)
        uses = [*self._seen(module, parent, parent.target)] if parent.target else []
        asked = [module.parents[use.node] for use in uses]
        names = [each.index if isinstance(each, s.Subscript) else each for each in asked]
        if not all(isinstance(name, s.Str) for name in names):
            return Place(None)
        mine = [isinstance(name, s.Str) and name.value == arg.keyword for name in names]
        return Place(arg, tuple(Site(module, e) for e, is_it in zip(asked, mine, strict=True) if is_it))

    def _decorator(
        self, module: Module, decorated: s.FuncDef | s.ClassDef, node: s.Node, *, has_new: bool
    ) -> Place:
        if has_new:
            return Place(node)
        tests = [decorated] if isinstance(decorated, s.FuncDef) else _tests_of(decorated)
        filled = [self._filled(module, test, node) for test in tests]
        params = [param for param in filled if param is not None]
        if not params or len(params) < len(filled):
            return Place(None)
        seen = tuple(use for param in params for use in uses_of(module, param))
        return Place(node, seen, tuple((module, param) for param in params))

    def _filled(self, module: Module, function: s.FuncDef, node: s.Node) -> s.Param | None:
        """The parameter in which a decorator's stand-in arrives.

        All patches of a function are one wrapper that passes those nearest the ``def`` first, and those of
        its class last; the objects of mock libraries wrap once more each, and what is outside comes before
        what is inside.
        """
        wrappers: list[list[s.Expr]] = []
        patches: list[s.Expr] | None = None
        cls = module.class_of(function)
        of_class = cls.decorators if cls is not None and function.name.startswith("test") else ()
        for decorator in (*reversed(function.decorators), *reversed(of_class)):
            kind = self._hands_over(module, decorator)
            if kind == "patch" and patches is not None:
                patches.append(decorator)
            elif kind:
                wrappers.append([decorator])
                patches = wrappers[-1] if kind == "patch" else patches
        order = [decorator for wrapper in reversed(wrappers) for decorator in wrapper]
        params = [p for p in function.params if p.kind == ""]
        if cls is not None:
            params = params[1:]
        index = next((i for i, decorator in enumerate(order) if decorator is node), len(params))
        return params[index] if index < len(params) else None

    def _hands_over(self, module: Module, decorator: s.Expr) -> str:
        """``patch`` or ``object`` for a decorator that passes something to the function."""
        if not isinstance(decorator, s.Call):
            return ""
        for value in self.resolver.resolve(Site(module, decorator.func)):
            name = name_of(value) or ""
            row = self.patchers.get(name)
            if row is not None:
                return "patch" if argument_of(decorator, row.new) is None else ""
            if f"{name}()" in self._objects:
                return "object"
        return ""

    def _seen(self, module: Module, holder: s.Node, target: s.Expr) -> Iterator[Site]:
        """The loads of a name or of ``self.patcher`` that was bound by ``holder``."""
        path = path_of(target)
        if isinstance(target, s.Name):
            for bindings in module.scope(holder).bindings.values():
                for binding in bindings:
                    if binding.node is holder:
                        yield from (Site(module, use) for use in module.uses.get(binding, ()))
        elif path is not None:
            owner = next((a for a in module.ancestors(holder) if isinstance(a, s.ClassDef)), module.source)
            for node in s.walk(owner):
                if isinstance(node, s.Attribute) and node is not target and path_of(node) == path:
                    yield Site(module, node)

    def bound(self, site: Site) -> list[Site] | None:
        """The loads of what the assignment at ``site`` binds; None if it binds in another way."""
        node = site.node
        if not isinstance(node, s.Assign) or len(node.targets) != 1:
            return None
        if not isinstance(node.targets[0], s.Name | s.Attribute):
            return None
        return list(self._seen(site.module, node, node.targets[0]))

    def yielded(self, site: Site) -> list[Site] | None:
        """The loads in tests of what a fixture yields; None if it does not just yield what is at ``site``."""
        module, node = site.module, site.node
        parent, function = module.parents[node], module.function(node)
        if not isinstance(parent, s.Yield) or not isinstance(module.parents[parent], s.ExprStmt):
            return None
        if function is None or not self.resolver.is_fixture(module, function):
            return None
        return [use for m, p in self.asking(function) for use in uses_of(m, p)]

    def asking(self, fixture: s.FuncDef) -> Iterator[tuple[Module, s.Param]]:
        """The parameters by which tests ask for a fixture."""
        for module in self.resolver.world:
            if self.resolver.is_test(module) and fixture.name in module.text:
                for node in module.each(s.Param):
                    if node.name == fixture.name:
                        yield module, node


def _started(site: Site) -> s.Node:
    """``patch(…).start()`` around the call at ``site``: it gives the stand-in."""
    method = site.module.parents[site.node]
    call = site.module.parents[method]
    starts = isinstance(method, s.Attribute) and method.attr == "start" and isinstance(call, s.Call)
    return call if starts else site.node


def _tests_of(cls: s.ClassDef) -> list[s.FuncDef]:
    """The methods that a patch of the class is for."""
    return [stmt for stmt in cls.body.body if isinstance(stmt, s.FuncDef) and stmt.name.startswith("test")]


def uses_of(module: Module, param: s.Param) -> Iterator[Site]:
    """The loads of a parameter."""
    scope = module.scopes.inner.get(module.parents[param])
    for binding in scope.bindings.get(param.name, ()) if scope is not None else ():
        if binding.node is param:
            yield from (Site(module, use) for use in module.uses.get(binding, ()))


def is_automatic(fixture: s.FuncDef) -> bool:
    """Does a fixture run whether a test asks for it or not?"""
    calls = (decorator for decorator in fixture.decorators if isinstance(decorator, s.Call))
    return any(arg.keyword == "autouse" for call in calls for arg in call.args)


def is_conftest_of(path: str, tests: Collection[str]) -> bool:
    """Is ``path`` a conftest of one of the ``tests``?"""
    folder, _, name = path.rpartition("/")
    return name == "conftest.py" and any(not folder or t.startswith(folder + "/") for t in tests)


def attributes_of(call: s.Call) -> list[s.Arg]:
    """Give the keywords of ``patch.multiple(…)`` that name attributes."""
    return [arg for arg in call.args if arg.keyword is not None and arg.keyword not in _OPTIONS]
