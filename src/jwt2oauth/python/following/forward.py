"""Forwards from an expression to those who use its value, across names, calls and modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, Scope, path_of
from ..facts.values import (
    Class,
    Fields,
    Function,
    Instance,
    Member,
    ModuleValue,
    Param,
    Result,
    Site,
    Unknown,
    name_of,
)
from ..resolve import Resolver, argument_for, argument_of, filtered, is_target, setter_of


@dataclass(frozen=True, slots=True)
class Use:
    """``node`` holds the value; ``parent`` is what takes it. ``path`` leads there from the start."""

    module: Module
    node: s.Node
    parent: s.Node
    path: tuple[Site, ...] = ()


class Forward:
    """Follows values; one per project."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self._known: list[Module] = []
        """The modules that the rest was made of."""
        self._attributes: dict[str, list[Site]] = {}
        """The loads of attributes, by name."""
        self._imports: dict[tuple[str, str], list[tuple[Module, s.ImportFrom]]] = {}
        """Path of a module, and a name that is taken out of it (with ``*`` all are) → who imports it."""
        self._families: dict[Class, frozenset[Class]] = {}
        """What a class derives from, what derives from it, and what stands beside it."""

    def uses(self, site: Site) -> Iterator[Use]:
        """The places where the value of ``site.node`` is finally used, each once."""
        seen: set[s.Node] = set()
        stack: list[tuple[Module, s.Node, tuple[Site, ...]]] = [(site.module, site.node, ())]
        while stack:
            module, node, path = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            parent = module.parents[node]
            onward = self.onward(module, node, parent)
            if onward is None:
                yield Use(module, node, parent, path)
                continue
            for other, target in onward:
                stack.append((other, target, (*path, Site(module, node))))

    def said(self, site: Site) -> Iterator[Site]:
        """The places that say the text of a literal: itself, and where a constant that it is given to is."""
        yield site
        if isinstance(site.module.parents[site.node], s.Assign):
            yield from (Site(use.module, use.node) for use in self.uses(site))

    def onward(self, module: Module, node: s.Node, parent: s.Node) -> list[tuple[Module, s.Node]] | None:
        """Where the value goes unchanged; None if ``parent`` is a use in its own right."""
        if isinstance(parent, s.Await | s.Starred):
            return [(module, parent)]
        if isinstance(parent, s.Call) and isinstance(node, s.Call) and node is not parent.func:
            return [(module, parent)]  # what is run elsewhere, see Resolver.relayed
        if isinstance(parent, s.Lambda):
            return self._evaluated(module, parent)
        if isinstance(parent, s.Choice) and node is not parent.test:
            return [(module, parent)]
        if isinstance(parent, s.Bool) and node is parent.right:
            return [(module, parent)]
        if isinstance(parent, s.Walrus) and node is parent.value:
            return [(module, parent), *self._stored(module, parent, parent.target)]
        if isinstance(parent, s.Assign) and node is parent.value:
            found = [self._stored(module, parent, target) for target in parent.targets]
            if any(isinstance(t, s.Sequence | s.Subscript) for t in parent.targets):
                return None
            return [place for places in found for place in places]
        if isinstance(parent, s.WithItem) and node is parent.value:
            return self._stored(module, parent, parent.target) if parent.target else None
        if isinstance(parent, s.Param):
            return self._default(module, parent)
        if isinstance(parent, s.Return):
            return self._returned(module, parent)
        if isinstance(parent, s.Sequence) and isinstance(module.parents[parent], s.Return):
            return self._returned_beside(module, parent, parent.items.index(node))
        if isinstance(parent, s.Sequence) and isinstance(module.parents[parent], s.Assign):
            return self._paired(module, parent, node)
        if isinstance(parent, s.Arg):
            return self._passed(module, parent)
        if isinstance(parent, s.Attribute):
            call = module.parents.get(parent)
            clause = module.parents.get(call) if call is not None else None
            copy = module.parents.get(clause) if isinstance(clause, s.Clause) else None
            if isinstance(copy, s.Comprehension) and filtered(copy) is node:
                return [(module, copy)]
            transparent = self.resolver.rules.values.transparent_methods
            if isinstance(call, s.Call) and call.func is parent and parent.attr in transparent:
                return [(module, call)]
        return None

    def _stored(self, module: Module, stmt: s.Node, target: s.Expr | None) -> list[tuple[Module, s.Node]]:
        if not isinstance(target, s.Name | s.Attribute):
            return []
        found: list[tuple[Module, s.Node]] = []
        scope = module.scope(stmt)
        for bindings in scope.bindings.values():
            for binding in bindings:
                if binding.node is stmt and _ends_with(binding, target):
                    found += [(module, use) for use in uses_of(module, binding)]
                    if scope.is_module and "." not in binding.path:
                        found += self.imports_of(module, binding.path)
        if isinstance(target, s.Attribute):
            found += [(p.module, p.node) for p in self.attribute_loads(module, target)]
            found += self._set(module, target)
        elif scope.is_class:
            owner = scope.node
            assert isinstance(owner, s.ClassDef)
            found += [(p.module, p.node) for p in self.reads_of(Class(module, owner), target.id)]
        if isinstance(target, s.Name) and (scope.is_module or scope.is_class):
            found += self.settings_of(module, scope, target.id)
        if isinstance(target, s.Name) and scope.outer_names.get(target.id) == "global":
            top = module.scopes.module
            for node in module.names.get(target.id, ()):
                if node in module.scopes.scope_of:
                    local = module.scopes.reach.get(node)
                    if local is None or any(b.kind == "entry" and b.scope is top for b in local):
                        found.append((module, node))
            found += self.imports_of(module, target.id)
        return found

    def _paired(self, module: Module, values: s.Sequence, node: s.Node) -> list[tuple[Module, s.Node]] | None:
        """``token, lifetime = reply["access_token"], reply["expires_in"]``"""
        stmt = module.parents[values]
        assert isinstance(stmt, s.Assign)
        target = stmt.targets[0]
        if len(stmt.targets) != 1 or not isinstance(target, s.Sequence) or stmt.value is not values:
            return None
        if len(target.items) != len(values.items) or any(
            isinstance(item, s.Starred) for item in (*target.items, *values.items)
        ):
            return None
        inner = target.items[values.items.index(node)]
        return None if isinstance(inner, s.Sequence | s.Subscript) else self._stored(module, stmt, inner)

    def _set(self, module: Module, target: s.Attribute) -> list[tuple[Module, s.Node]]:
        """What a property's setter does with the value that is assigned to it."""
        found: list[tuple[Module, s.Node]] = []
        for value in self.resolver.resolve(Site(module, target.value)):
            for cls in self.resolver.mro(value.cls) if isinstance(value, Instance) else ():
                setter = setter_of(cls, target.attr)
                if setter is None or len(setter.params) != 2:
                    continue
                scope = cls.module.scopes.inner[setter]
                for binding in scope.bindings.get(setter.params[1].name, ()):
                    if binding.node is setter.params[1]:
                        found += [(cls.module, use) for use in uses_of(cls.module, binding)]
        return found

    def loads_after(self, site: Site, target: s.Expr) -> list[Site]:
        """The places that may read what the assignment at ``site`` stores to ``target``."""
        return [Site(module, node) for module, node in self._stored(site.module, site.node, target)]

    def _evaluated(self, module: Module, node: s.Lambda) -> list[tuple[Module, s.Node]] | None:
        """``run_in_executor(None, lambda: …)``: the call that evaluates the lambda."""
        arg = module.parents[node]
        call = module.parents[arg]
        made = self.resolver.relayed(module, call) if isinstance(call, s.Call) else None
        return [(module, call)] if made is not None and made.func is node else None

    def _default(self, module: Module, param: s.Param) -> list[tuple[Module, s.Node]] | None:
        """``def login(config=CONFIG)``: the parameter's uses."""
        function = module.parents.get(param)
        if not isinstance(function, s.FuncDef):
            return None
        found = module.scopes.inner[function].bindings.get(param.name, ())
        return [(module, use) for b in found if b.node is param for use in uses_of(module, b)]

    def _returned(self, module: Module, node: s.Return) -> list[tuple[Module, s.Node]] | None:
        function = module.function(node)
        if function is None:
            return None
        return [(c.module, c.node) for c in self.entries(module, function)] or None

    def entries(self, module: Module, function: s.FuncDef) -> list[Site]:
        """Where ``function`` is entered: its calls, and the readings of a property."""
        found = self.resolver.callers(module, function)
        owner = module.class_of(function)
        if owner is not None and any(is_property(d) for d in function.decorators):
            found = [*found, *self.reads_of(Class(module, owner), function.name)]
        return found

    def _returned_beside(
        self, module: Module, pair: s.Sequence, index: int
    ) -> list[tuple[Module, s.Node]] | None:
        """``return token, lifetime``: where callers take that element out; None if one keeps both."""
        statement = module.parents[pair]
        assert isinstance(statement, s.Return)
        found: list[tuple[Module, s.Node]] = []
        calls = self._returned(module, statement)
        for other, call in calls or ():
            for use in self.uses(Site(other, call)):
                taken = self.element(use, index)
                if taken is None:
                    return None
                found += taken
        return found if calls else None

    def element(self, use: Use, index: int) -> list[tuple[Module, s.Node]] | None:
        """Where ``a, b = use`` or ``use[1]`` takes one of several out; None if they stay together."""
        parent = use.parent
        if isinstance(parent, s.Subscript) and parent.value is use.node and isinstance(parent.index, s.Const):
            return [(use.module, parent)] if parent.index.value == index else []
        target = parent.targets[0] if isinstance(parent, s.Assign) and len(parent.targets) == 1 else None
        if not isinstance(target, s.Sequence) or any(isinstance(i, s.Starred) for i in target.items):
            return None
        item = target.items[index] if index < len(target.items) else None
        return self._stored(use.module, parent, item) if isinstance(item, s.Name | s.Attribute) else None

    def _passed(self, module: Module, arg: s.Arg) -> list[tuple[Module, s.Node]] | None:
        call = module.parents[arg]
        if not isinstance(call, s.Call):
            return None
        site = Site(module, call)
        found: list[tuple[Module, s.Node]] = []
        callees = self.resolver.callees(site)
        for callee in callees:
            param = self.param_of(callee, call, arg)
            if param is None:
                return None
            scope = callee.module.scopes.inner[callee.node]
            for binding in scope.bindings.get(param.name, ()):
                if binding.node is param:
                    found += [(callee.module, use) for use in uses_of(callee.module, binding)]
        if callees:
            return found
        for value in self.resolver.resolve(site.at(call.func)):
            name = name_of(value)
            for transparent in self.resolver.rules.values.transparent:
                if name in transparent.names and argument_of(call, transparent.argument) is arg:
                    return [(module, call)]
            if isinstance(value, Class) and arg.keyword:
                return [(p.module, p.node) for p in self.reads_of(value, arg.keyword)]
        return None

    def param_of(self, callee: Function, call: s.Call, arg: s.Arg) -> s.Param | None:
        """The parameter that ``arg`` fills."""
        for param in callee.node.params:
            if argument_for(callee, call, param) is arg:
                return param
        return None

    # -- attributes and imports ---------------------------------------------------------------

    def loads_of(self, attr: str, module: Module) -> list[Site]:
        """Every load of an attribute with this name where values of ``module`` may come to."""
        self._refresh()
        return self.resolver.near(module, self._attributes.get(attr, ()))

    def _refresh(self) -> None:
        """See whether there are more modules."""
        modules = self.resolver.index.loaded
        if self._known is modules:
            return
        self._known, self._attributes, self._imports, self._families = modules, {}, {}, {}
        for module in modules:
            for node in module.each(s.Attribute):
                if not is_target(module, node):
                    self._attributes.setdefault(node.attr, []).append(Site(module, node))
            for stmt in module.each(s.ImportFrom):
                source = self.resolver.index.find(module.path, stmt.module, stmt.level)
                if source is None or source == module.path:
                    continue
                for name in {"*"} if stmt.star else {alias.name for alias in stmt.aliases}:
                    self._imports.setdefault((source, name), []).append((module, stmt))

    def importing(self, module: Module, name: str) -> Sequence[tuple[Module, s.ImportFrom]]:
        """Where other modules take ``name`` out of this one."""
        self._refresh()
        return self._imports.get((module.path, name), ())

    def attribute_loads(self, module: Module, target: s.Attribute) -> list[Site]:
        """The loads that may see what is stored to ``target`` (``self.x``)."""
        loads = self.loads_of(target.attr, module)
        if not loads or self._is_soon_overwritten(module, target):
            return []
        owners = self.owners(Site(module, target.value))
        found = []
        for site in loads:
            assert isinstance(site.node, s.Attribute)
            local = site.module.scopes.reach.get(site.node, frozenset())
            if local and all(b.kind != "entry" for b in local):
                continue
            if any(self.may_be(site, owner) for owner in owners):
                found.append(site)
        return found

    def owners(self, site: Site) -> list[Class]:
        """The classes that the expression at ``site`` is one of, or an object of."""
        values = (v for v in self.resolver.resolve(site) if isinstance(v, Instance | Class))
        return [v.cls if isinstance(v, Instance) else v for v in values]

    def _is_soon_overwritten(self, module: Module, target: s.Attribute) -> bool:
        """Does the same block store something else there, before anybody who holds the object may look?

        ``self.jwt = {…}; form = {"jwt_token": sign(self.jwt)}; self.jwt = post(form)``: what reads it in
        between is known by its own scope.
        """
        stmt, owner = module.statement(target), target.value
        block = module.parents[stmt]
        if not isinstance(stmt, s.Assign) or not isinstance(owner, s.Name) or not isinstance(block, s.Block):
            return False
        if [t.value if isinstance(t, s.Subscript) else t for t in stmt.targets] != [target]:
            return False
        for later in block.body[block.body.index(stmt) + 1 :]:
            if isinstance(later, s.Assign) and any(path_of(t) == path_of(target) for t in later.targets):
                return later.value is not None and self._shows_nothing(module, later.value, owner.id)
            if not self._shows_nothing(module, later, owner.id):
                return False
        return False

    def _shows_nothing(self, module: Module, part: s.Node, name: str) -> bool:
        """Is the object asked for nothing but plain attributes, and does no other code of the module run?"""
        methods = {node.name for node in module.each(s.FuncDef)}
        for node in s.walk(part):
            if isinstance(node, s.Return | s.Raise | s.Yield | s.Lambda | s.FuncDef | s.ClassDef):
                return False
            if isinstance(node, s.Call):
                if any(callee.module is module for callee in self.resolver.callees(Site(module, node))):
                    return False
            elif isinstance(node, s.Name) and node.id == name:
                around = module.parents[node]
                if not isinstance(around, s.Attribute) or around.attr in methods:
                    return False
        return True

    def reads_of(self, cls: Class, attr: str) -> list[Site]:
        """The loads that may see the attribute of an instance of ``cls``, or of the class."""
        return [site for site in self.loads_of(attr, cls.module) if self.may_be(site, cls)]

    def may_be(self, site: Site, owner: Class) -> bool:
        """May the object of the attribute load at ``site`` be an instance of ``owner``?"""
        assert isinstance(site.node, s.Attribute)
        return self.may_hold(site.at(site.node.value), owner)

    def may_hold(self, site: Site, owner: Class) -> bool:
        """May the expression at ``site`` be an instance of ``owner``, or the class?"""
        values = self.resolver.resolve(site)
        for value in values:
            declared = self.resolver.declared(value.site, value.param) if isinstance(value, Param) else None
            if isinstance(value, Instance | Class):
                if self._are_kin(value.cls if isinstance(value, Instance) else value, owner):
                    return True
            elif declared is not None:
                if any(self._are_kin(cls, owner) for cls in (declared, *self.resolver.subclasses(declared))):
                    return True
            elif isinstance(value, Unknown | Param | Member | Fields) or (
                isinstance(value, Result) and self._is_given(value.site, owner)
            ):
                return True  # a mapping has no such attribute: a model was made of it
        return not values

    def _are_kin(self, cls: Class, owner: Class) -> bool:
        self._refresh()
        family = self._families.get(owner)
        if family is None:
            resolver = self.resolver
            found = (*resolver.mro(owner), *resolver.subclasses(owner), *resolver.beside(owner))
            family = self._families[owner] = frozenset(found)
        return cls in family or owner in self.resolver.mro(cls)

    def _is_given(self, call: Site, cls: Class) -> bool:
        """Does a library get the class, to make an object of it: ``cattrs.structure(raw, Config)``?"""
        node = call.node
        return isinstance(node, s.Call) and any(
            cls in self.resolver.resolve(call.at(arg.value))
            for arg in node.args
            if isinstance(arg.value, s.Name | s.Attribute)
        )

    def imports_of(self, module: Module, name: str) -> list[tuple[Module, s.Node]]:
        """Loads of a module's global in other modules, through re-exports too."""
        found: list[tuple[Module, s.Node]] = []
        seen: set[tuple[str, str]] = set()
        stack = [(module, name)]
        while stack:
            owner, wanted = stack.pop()
            if (owner.path, wanted) in seen:
                continue
            seen.add((owner.path, wanted))
            for other, binding in self.aliases_of(owner, wanted):
                found += [(other, use) for use in other.uses.get(binding, ())]
                if binding.scope.is_module:
                    stack.append((other, binding.path))
            for other in self.starred_by(owner, wanted):
                uses = other.names.get(wanted, ())
                found += [(other, use) for use in uses if not other.scopes.bindings_of(use)]
                stack.append((other, wanted))
            for site in self.loads_of(wanted, owner):
                assert isinstance(site.node, s.Attribute)
                if site.module is not owner and any(
                    isinstance(v, ModuleValue) and v.module is owner
                    for v in self.resolver.resolve(site.at(site.node.value))
                ):
                    found.append((site.module, site.node))
        return found

    def starred_by(self, module: Module, name: str) -> Iterator[Module]:
        """Who gets ``name`` by ``from module import *``."""
        if name.startswith("_"):
            return
        yield from (other for other, _ in self.importing(module, "*"))

    def settings_of(self, module: Module, scope: Scope, name: str) -> list[tuple[Module, s.Node]]:
        """Where a setting is read off an object like ``django.conf.settings``."""
        values, index = self.resolver.rules.values, self.resolver.index
        if not name.isupper() or not index.is_setting(module, scope, values.settings_loaders):
            return []
        asking = index.asking_of({path.rpartition(".")[2] for path in values.settings}, name)
        found: list[tuple[Module, s.Node]] = []
        for other in (each for each in asking if not index.means_another(name, each, module)):
            for node in other.each(s.Attribute, s.Subscript, s.Call):
                base = _asked_for(node, name)
                if base is not None and any(
                    self.resolver.hands_out_settings(v) for v in self.resolver.resolve(Site(other, base))
                ):
                    found.append((other, node))
        return found

    def aliases_of(self, module: Module, name: str) -> list[tuple[Module, Binding]]:
        """The imports ``from module import name`` of other modules."""
        found: list[tuple[Module, Binding]] = []
        for other, node in self.importing(module, name):
            wanted = [alias for alias in node.aliases if alias.name == name]
            for bindings in other.scope(node).bindings.values():
                found += [(other, b) for b in bindings if b.node in wanted]
        return found


def _asked_for(node: s.Node, name: str) -> s.Expr | None:
    """The object of ``x.NAME``, ``x["NAME"]``, ``x.get("NAME")`` and ``getattr(x, "NAME")``."""
    if isinstance(node, s.Attribute) and node.attr == name:
        return node.value
    if isinstance(node, s.Subscript) and isinstance(node.index, s.Str) and node.index.value == name:
        return node.value
    if not isinstance(node, s.Call):
        return None
    if any(isinstance(arg.value, s.Str) and arg.value.value == name for arg in node.args):
        if isinstance(node.func, s.Attribute) and node.func.attr == "get":
            return node.func.value
        if isinstance(node.func, s.Name) and node.func.id == "getattr":
            return node.args[0].value
    return None


def _ends_with(binding: Binding, target: s.Name | s.Attribute) -> bool:
    last = target.id if isinstance(target, s.Name) else target.attr
    return binding.path.rpartition(".")[2] == last


def is_property(node: s.Expr) -> bool:
    """Does the decorator make an attribute of a method?"""
    name = node.id if isinstance(node, s.Name) else node.attr if isinstance(node, s.Attribute) else ""
    return name in ("property", "cached_property")


__all__ = ["Forward", "Use"]


def uses_of(module: Module, binding: Binding) -> list[s.Node]:
    """What reads ``binding``, also after something was put into it: it is the same object then."""
    seen = {binding: None}
    for here in (found := [binding]):
        for later in binding.scope.bindings.get(binding.path, ()):
            if later.kind in ("item", "call") and here in later.prev and later not in seen:
                seen[later] = None
                found.append(later)
    return list(dict.fromkeys(use for each in found for use in module.uses.get(each, ())))
